"""Nothing that is kept says how somebody voted: ballots held against electors by what stands in
them, by the transaction that wrote them, by what numbers rows, and by the order in which they lie,
in SQLite's files to the byte, on both engines."""

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from operator import eq
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.fund import rounds
from tests.fund.rounds import make_town, ticks
from timebank import clock
from timebank.apart import MIXED
from timebank.base import Base
from timebank.codes import folded_code
from timebank.db import reading, transaction
from timebank.fund import queries, voting
from timebank.fund.models import Ballot, Elector

VOTERS = 60
_ROWS = "SELECT {} FROM fund_ballot"
GUESSED = 9
"""So many of 60 are hardly ever guessed: whoever guesses blindly is right for one, and for more
than nine in one of ten million trials."""


def test_ballots_and_electors_cannot_be_joined(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            town = make_town(session, VOTERS)
            round_ = rounds.open_round(town)
            bank, round_id = town.bank, round_.id
            wanted = [ticks(town, round_, "Pond" if n % 2 else "Welsh") for n in range(VOTERS)]
            by = town.by
            # In an order of their own, as people come.
            people = secrets.SystemRandom().sample(town.voters, VOTERS)
            acts = {voter.id: town.act(voter) for voter in people}
        before = _counts(reading())
        sequences = _sequences(reading())
        reading().rollback()
        cast: list[str] = []
        sqlite = reading().get_bind().dialect.name == "sqlite"
        reading().rollback()
        told = 0
        for n, (act, one) in enumerate(zip(acts.values(), wanted, strict=True)):
            with transaction() as session:
                receipt = voting.vote(session, bank, round_id, one, act)
            cast.append(queries.receipt_hash(folded_code(receipt)))
            if sqlite:
                assert not _log(app)
            elif n >= MIXED:
                told += _is_told_among_eight(reading(), cast[-1])
                reading().rollback()
        # Of 53 one in eight is guessed.
        assert told <= 20
        assert _counts(reading()) == before | {"fund_ballot": VOTERS}
        assert _sequences(reading()) == sequences
        if not sqlite:
            named = _named_by_transaction(reading(), list(acts), cast)
            assert named <= GUESSED
        _lie_in_no_order(app, cast)
        with transaction() as session:
            voting.close(session, bank, round_id, None, by)
        _share_no_value(reading())
        lying = list(reading().execute(text(_ROWS.format("receipt_hash"))).scalars())
        assert sorted(lying) == sorted(cast)
        if sqlite:
            with pytest.raises(OperationalError, match="rowid"):
                reading().execute(text(_ROWS.format("rowid")))
        else:
            _were_written_together(reading())
        reading().rollback()
        _lie_in_no_order(app, cast)


def _lie_in_no_order(app: Flask, cast: Sequence[str]) -> None:
    """Neither the rows as they are read, nor the bytes of SQLite's files, lie as people voted."""
    lying = [list(reading().execute(text(_ROWS.format("receipt_hash"))).scalars())]
    if reading().get_bind().dialect.name == "sqlite":
        reading().rollback()
        assert not _log(app)
        content = _file(app).read_bytes()
        places = {one: [at.start() for at in re.finditer(one.encode(), content)] for one in cast}
        # In the table and in its index, and nowhere else.
        assert {len(found) for found in places.values()} == {2}
        lying += [sorted(cast, key=lambda one, n=n: places[one][n]) for n in (0, 1)]
    else:
        by_age = _ROWS.format("receipt_hash") + " ORDER BY xmin::text::bigint, cmin::text::bigint"
        lying.append(list(reading().execute(text(by_age)).scalars()))
    for order in lying:
        for way in (order, order[::-1]):
            assert sum(map(eq, way, cast)) <= GUESSED


def _file(app: Flask) -> Path:
    return Path(app.config["TIMEBANK"].database_url.removeprefix("sqlite:///"))


def _log(app: Flask) -> bytes:
    """What stands in the write-ahead log, where SQLite says what was written together."""
    log = _file(app).with_name(f"{_file(app).name}-wal")
    return log.read_bytes() if log.exists() else b""


def _counts(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in Base.metadata.sorted_tables
    }


def _sequences(session: Session) -> list[Any]:
    """What numbers rows, and how far it is; SQLite has nothing of the kind."""
    if session.get_bind().dialect.name == "sqlite":
        return []
    wanted = text("SELECT sequencename, last_value FROM pg_sequences ORDER BY sequencename")
    return [tuple(row) for row in session.execute(wanted)]


def _named_by_transaction(session: Session, voters: Sequence[int], cast: Sequence[str]) -> int:
    """Whose ballot is found where one alone is from the transaction in which they were marked as
    having voted."""
    marked = dict(
        session.execute(text("SELECT member_id, xmin::text FROM fund_elector WHERE voted")).all()
    )
    written: dict[str, list[str]] = {}
    for receipt, xmin in session.execute(text(_ROWS.format("receipt_hash, xmin::text"))):
        written.setdefault(xmin, []).append(receipt)
    return sum(
        written.get(marked[voter]) == [receipt] for voter, receipt in zip(voters, cast, strict=True)
    )


def _is_told_among_eight(session: Session, receipt_hash: str) -> bool:
    """While a vote is open the transaction of the last to vote wrote eight ballots; whether it is
    theirs that it wrote first."""
    xmin = text(_ROWS.format("xmin::text") + " WHERE receipt_hash = :hash")
    last = session.execute(xmin, {"hash": receipt_hash}).scalar_one()
    mine = text(
        _ROWS.format("receipt_hash") + " WHERE xmin::text = :last ORDER BY cmin::text::bigint"
    )
    written = list(session.execute(mine, {"last": last}).scalars())
    assert len(written) == MIXED + 1
    electors = text("SELECT count(*) FROM fund_elector WHERE xmin::text = :last")
    assert session.execute(electors, {"last": last}).scalar_one() == 1
    return written[0] == receipt_hash


def _share_no_value(session: Session) -> None:
    """Of a ballot nothing stands with an elector, or the other way round, but whose round it is.
    What it ticks are ids of proposals, which are numbers like any others."""
    apart = {"bank_id", "round_id", "choices"}
    ballots, electors = (
        [
            {str(value) for name, value in row.items() if name not in apart and value is not None}
            for row in session.execute(select(*table.__table__.columns)).mappings()
        ]
        for table in (Ballot, Elector)
    )
    assert len(ballots) == VOTERS
    assert set.union(*ballots).isdisjoint(set.union(*electors) - {"True", "False"})
    assert {column.name for column in Ballot.__table__.columns} == {
        *("bank_id", "round_id", "key", "choices", "receipt_hash", "replaces")
    }


def _were_written_together(session: Session) -> None:
    """All ballots by one transaction, which wrote no elector, and in the order of no vote."""
    (written,) = set(session.execute(text(_ROWS.format("xmin::text"))).scalars())
    electors = session.execute(text("SELECT DISTINCT xmin::text FROM fund_elector")).scalars()
    assert written not in set(electors)


def test_no_answer_is_kept_of_a_vote_that_a_program_casts(app: Flask, bearer) -> None:
    now = clock.now()
    with app.app_context():
        with transaction() as session:
            town = make_town(session, 1)
            days = rounds.Days(
                *((now + timedelta(days=n)).date() for n in (-20, -19, -18, -17, 5, 90)),
            )
            round_ = rounds.open_round(town, days=days)
            round_id, voter = round_.id, town.voters[0]
            pond = rounds.proposals(town, round_)["Pond"].id
            voter_id = voter.id
        headers = bearer(voter_id) | {"Idempotency-Key": "a-vote-of-mine"}
        answer = app.test_client().post(
            f"/api/v1/fund/rounds/{round_id}/ballot", json={"proposals": [pond]}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        kept = reading().execute(text("SELECT * FROM request_once")).all()
        assert not [row for row in kept if "a-vote-of-mine" in map(str, row)]
        code = answer.get_json()["receipt"]
        assert all(code not in str(row) for row in kept)
