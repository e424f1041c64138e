"""Nothing that is kept says how somebody voted: ballots held against electors by what stands in
them, by the transaction that wrote them and by the order in which they lie, on both engines."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.fund import rounds
from tests.fund.rounds import make_town, ticks
from timebank import clock
from timebank.apart import MIXED
from timebank.codes import folded_code
from timebank.db import reading, transaction
from timebank.fund import queries, voting
from timebank.fund.models import Ballot, Elector

VOTERS = 24
_ROWS = "SELECT {} FROM fund_ballot"


def test_ballots_and_electors_cannot_be_joined_once_a_vote_has_closed(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            town = make_town(session, VOTERS)
            round_ = rounds.open_round(town)
            bank, round_id = town.bank, round_.id
            acts = [town.act(voter) for voter in town.voters]
            wanted = [ticks(town, round_, "Pond" if n % 2 else "Welsh") for n in range(VOTERS)]
            by = town.by
        cast: list[str] = []
        sqlite = reading().get_bind().dialect.name == "sqlite"
        told = 0
        for n, (act, one) in enumerate(zip(acts, wanted, strict=True)):
            with transaction() as session:
                receipt = voting.vote(session, bank, round_id, one, act)
            cast.append(queries.receipt_hash(folded_code(receipt)))
            if not sqlite and n >= MIXED:
                told += _is_told_among_eight(reading(), cast[-1])
                reading().rollback()
        # Of 17 one in eight is guessed.
        assert told <= (VOTERS - MIXED) // 2 + 3
        with transaction() as session:
            voting.close(session, bank, round_id, None, by)
        _share_no_value(reading())
        lying = list(reading().execute(text(_ROWS.format("receipt_hash"))).scalars())
        assert sorted(lying) == sorted(cast)
        assert lying not in (cast, cast[::-1])
        if sqlite:
            with pytest.raises(OperationalError, match="rowid"):
                reading().execute(text(_ROWS.format("rowid")))
        else:
            _were_written_together(reading())


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
