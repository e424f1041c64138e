"""What processes of their own do in a round: killed at any moment, or two at the same one."""

import json
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import NOW, actor
from tests.fund import rounds
from tests.fund.rounds import Town
from tests.processes import made_over, starting
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.errors import Refusal
from timebank.fund import awards, queries, voting
from timebank.fund.rules import Ticks
from timebank.members import queries as members

IDEAS = {f"Idea {n}": 50 for n in range(1, 21)}
"""All of them fit into the budget, so that each is awarded."""

PAPERS = 100


def work(url: str, kind: str, who: int, round_id: int, whom: Sequence[Any], line: Connection):
    """As that member do one thing after another once told to, and say of each that it was
    committed, or what refused it."""
    app = made_over(Config(database_url=url, secret_key="for tests only " * 4))
    with app.app_context():
        # What the first question of a process takes is no part of what is tried.
        queries.rounds(reading(), bank_of(reading()))
        reading().rollback()
        line.send("ready")
        line.recv()
        for one in whom:
            try:
                with transaction() as session:
                    _do(session, kind, who, round_id, one)
            except Refusal as refusal:
                line.send(type(refusal).__name__)
            else:
                line.send(one)
    line.close()


def _do(session: Session, kind: str, who: int, round_id: int, one: Any) -> None:
    bank = bank_of(session)
    by = Act(actor(members.member(session, bank, who)), NOW)
    if kind == "vote":
        voting.vote_by_code(session, bank, round_id, one[0], Ticks([one[1]]), now=NOW)
    elif kind == "cast":
        voting.vote(session, bank, round_id, Ticks(none=True), by)
    elif kind == "close":
        voting.close(session, bank, round_id, None, by)
    elif kind == "count":
        voting.count_job(session, {"bank": bank.id, "round": round_id}, NOW)
    elif kind == "same":
        voting.say_same(session, bank, round_id, by)
    elif kind == "announce":
        voting.announce(session, bank, round_id, by)
    else:
        awards.award(session, bank, one, "", by)


def bank_of(session: Session) -> Bank:
    return session.execute(select(Bank)).scalar_one()


class Worker:
    """A process that does that, once it is ready and told to go."""

    def __init__(self, url: str, kind: str, who: int, round_id: int, whom: Sequence[Any]):
        self.line, other = starting().Pipe()
        self.process = starting().Process(target=work, args=(url, kind, who, round_id, whom, other))
        self.process.start()
        other.close()
        assert self.line.recv() == "ready"

    def go(self) -> None:
        self.line.send("go")

    def said(self) -> list[Any]:
        """What it came to, one by one, until it ends."""
        said: list[Any] = []
        try:
            while True:
                said.append(self.line.recv())
        except (EOFError, ConnectionResetError):
            self.process.join()
        return said


def set_up(app: Flask, town: Town, kind: str) -> tuple[int, list[Any]]:
    """A round at the point at which that is done, and to whom."""
    with app.app_context(), transaction() as session:
        bank = bank_of(session)
        here = _again(session, bank, town)
        round_ = rounds.open_round(here, IDEAS, largest=100 * rounds.POUND)
        ideas = [one.id for one in queries.on_ballot(session, bank, round_)]
        if kind == "vote":
            papers = voting.hand_out(session, bank, round_.id, PAPERS, here.by)
            return round_.id, [
                (paper.code, ideas[n % len(ideas)]) for n, paper in enumerate(papers)
            ]
        for voter in here.voters:
            voting.vote(session, bank, round_.id, Ticks(ideas), here.act(voter))
        if kind == "close":
            return round_.id, ["closed"]
        voting.close(session, bank, round_.id, None, here.by)
        if kind == "count":
            return round_.id, ["counted"]
        count = voting.count_round(session, bank, round_.id, now=NOW)
        if kind == "same":
            return round_.id, ["the same"]
        rounds.both_say_same(here, round_)
        if kind == "announce":
            return round_.id, ["announced"]
        voting.announce(session, bank, round_.id, here.by)
        return round_.id, [int(one) for one in json.loads(count.content)["funded"]]


def _again(session: Session, bank: Bank, town: Town) -> Town:
    """The same people, in another session."""
    names = ("owen", "pat", "rosa", "dr_lee", "kwame", "anne")
    people = {name: members.member(session, bank, getattr(town, name).id) for name in names}
    voters = [members.member(session, bank, one.id) for one in town.voters]
    return Town(session, bank, **people, voters=voters)
