"""Two processes that do something in a round at the same moment: it is done once, and nothing is
lost between them."""

from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask

from tests.fund.rounds import make_town
from tests.fund.working import Worker, bank_of, set_up
from timebank.db import snapshot, transaction
from timebank.fund import proof, queries, voting

TURNS = 3


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        ("vote", "VotedAlready"),
        ("close", "NotOpen"),
        ("count", ""),  # Whoever comes second finds it counted.
        ("announce", "NotOpen"),
        ("award", "Conflict"),
    ],
)
def test_two_at_once_do_it_once(app: Flask, database: str, kind: str, refusal: str) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 3)
        owen = town.owen.id
    for _ in range(TURNS):
        round_id, whom = set_up(app, town, kind)
        outcomes = _both(database, round_id, (kind, owen, whom[0]), (kind, owen, whom[0]))
        assert sorted(map(str, outcomes)) == sorted(map(str, (whom[0], refusal or whom[0])))
        with app.app_context(), snapshot() as session:
            bank = bank_of(session)
            assert proof.faults(session, bank) == []
            assert queries.turnout(session, bank, round_id).voted == (1 if kind == "vote" else 3)
            assert len(queries.counts(session, bank, round_id)) == (kind not in ("vote", "close"))
            assert len(queries.awards(session, bank, round_id)) == (kind == "award")


def test_a_vote_while_somebody_closes_is_counted_or_refused(app: Flask, database: str) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 3)
        owen, kwame = town.owen.id, town.kwame.id
    for _ in range(TURNS):
        round_id, _ = set_up(app, town, "close")
        closed, cast = _both(database, round_id, ("close", owen, "closed"), ("cast", kwame, "cast"))
        assert closed == "closed"
        assert cast in ("cast", "NotOpen")
        with app.app_context(), snapshot() as session:
            bank = bank_of(session)
            assert proof.faults(session, bank) == []
            assert len(queries.ballots(session, bank, round_id)) == 3 + (cast == "cast")


def test_both_who_check_a_count_say_so_at_once(app: Flask, database: str) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 3)
        kwame, anne = town.kwame.id, town.anne.id
    for _ in range(TURNS):
        round_id, _ = set_up(app, town, "same")
        assert _both(database, round_id, ("same", kwame, "one"), ("same", anne, "other")) == [
            "one",
            "other",
        ]
        with app.app_context(), snapshot() as session:
            bank = bank_of(session)
            (made,) = queries.counts(session, bank, round_id)
            assert voting.not_said(queries.round_of(session, bank, round_id), made) == []


def _both(database: str, round_id: int, *two: tuple[str, int, Any]) -> Sequence[Any]:
    """What becomes of each of two that begin at once."""
    workers = [Worker(database, kind, who, round_id, [one]) for kind, who, one in two]
    for worker in workers:
        worker.go()
    return [outcome for worker in workers for outcome in worker.said()]
