"""Voting, changing a vote and closing, in any order, against a dictionary; and that a count is the
same bytes whatever holds the ballots, and whatever their keys."""

import random
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.conftest import Databases
from tests.factories import NOW
from tests.fund import rounds
from tests.fund.rounds import make_town
from timebank import apart
from timebank.act import Act
from timebank.db import WRITING
from timebank.errors import Conflict, NotFound, Refusal
from timebank.fund import proof, queries, service, voting
from timebank.fund.errors import NotOpen, VotedAlready
from timebank.fund.models import Ballot
from timebank.fund.rules import Accounted, RoundState, Ticks

VOTERS = 4
PAPERS = 2
IDEAS = {"Benches": 400, "Pond": 350, "Welsh": 280}
ticked = st.frozensets(st.integers(0, len(IDEAS) - 1))
voters = st.integers(0, VOTERS - 1)
papers = st.integers(0, PAPERS - 1)


class Vote(RuleBasedStateMachine):
    """A vote and, beside it, a dictionary: of each that stands by its receipt, what it ticks.
    Whoever has voted is known by their place in a list."""

    session: Session

    @initialize()
    def begin(self) -> None:
        self.town = make_town(self.session, VOTERS)
        self.round = rounds.open_round(self.town, IDEAS)
        bank = self.town.bank
        handed = voting.hand_out(self.session, bank, self.round.id, PAPERS, self.town.by)
        self.codes = [paper.code for paper in handed]
        self.ideas = [one.id for one in queries.on_ballot(self.session, bank, self.round)]
        self.stands: dict[str, frozenset[int]] = {}
        self.replaced: set[str] = set()
        self.voted: set[str] = set()
        self.open = True

    def ticks(self, chosen: frozenset[int]) -> Ticks:
        return Ticks([self.ideas[n] for n in sorted(chosen)], none=not chosen)

    @contextmanager
    def refused(self, *why: type[Refusal]) -> Generator[None]:
        """What is refused leaves nothing behind."""
        undo = self.session.begin_nested()
        with pytest.raises(why):
            yield
        undo.rollback()

    @rule(voter=voters, chosen=ticked)
    def vote(self, voter: int, chosen: frozenset[int]) -> None:
        by = self.town.act(self.town.voters[voter])
        cast = (self.session, self.town.bank, self.round.id, self.ticks(chosen), by)
        who = f"voter {voter}"
        if self.open and who not in self.voted:
            self.stands[voting.vote(*cast)] = chosen
            self.voted.add(who)
        else:
            with self.refused(VotedAlready if self.open else NotOpen):
                voting.vote(*cast)

    @rule(paper=papers, chosen=ticked)
    def type_in(self, paper: int, chosen: frozenset[int]) -> None:
        code = self.codes[paper]
        cast = (self.session, self.town.bank, self.round.id, code, self.ticks(chosen))
        if self.open and code not in self.voted:
            voting.vote_by_code(*cast, now=NOW)
            self.stands[code] = chosen
            self.voted.add(code)
        else:
            with self.refused(VotedAlready if self.open else NotOpen):
                voting.vote_by_code(*cast, now=NOW)

    @precondition(lambda self: self.stands)
    @rule(data=st.data(), chosen=ticked)
    def change(self, data: st.DataObject, chosen: frozenset[int]) -> None:
        receipt = data.draw(st.sampled_from(sorted(self.stands)))
        anew = (self.session, self.town.bank, receipt, self.ticks(chosen))
        if not self.open:
            with self.refused(NotOpen):
                voting.change_by_receipt(*anew, now=NOW)
            return
        mine = voting.change_by_receipt(*anew, now=NOW)
        del self.stands[receipt]
        self.replaced.add(receipt)
        self.stands[mine] = chosen

    @precondition(lambda self: self.replaced)
    @rule(data=st.data())
    def change_what_was_changed(self, data: st.DataObject) -> None:
        receipt = data.draw(st.sampled_from(sorted(self.replaced)))
        with self.refused(NotFound, Conflict):
            voting.change_by_receipt(
                self.session, self.town.bank, receipt, self.ticks(frozenset()), now=NOW
            )

    @rule(chosen=ticked)
    def vote_on_the_day_after(self, chosen: frozenset[int]) -> None:
        late = NOW + timedelta(days=1)
        by = Act(self.town.act(self.town.voters[0]).by, late)
        with self.refused(NotOpen):
            voting.vote(self.session, self.town.bank, self.round.id, self.ticks(chosen), by)

    @rule()
    def close(self) -> None:
        out = Accounted(PAPERS, 0)
        ended = (self.session, self.town.bank, self.round.id, out, self.town.by)
        if self.open:
            voting.close(*ended)
            self.open = False
        else:
            with self.refused(NotOpen):
                voting.close(*ended)

    @invariant()
    def what_counts_is_what_the_dictionary_says(self) -> None:
        cast = queries.ballots(self.session, self.town.bank, self.round.id)
        held = [tuple(self.ideas[n] for n in chosen) for chosen in self.stands.values()]
        assert Counter(tuple(sorted(one)) for one in cast) == Counter(
            tuple(sorted(one)) for one in held
        )
        turnout = queries.turnout(self.session, self.town.bank, self.round.id)
        assert turnout.voted == len(self.voted)
        for receipt, chosen in self.stands.items():
            standing = voting.standing(self.session, self.town.bank, receipt, now=NOW)
            assert set(standing.choices) == {self.ideas[n] for n in chosen}
            assert standing.open == self.open

    def teardown(self) -> None:
        if hasattr(self, "round"):
            if self.round.state == RoundState.COUNTED:
                voting.count_round(self.session, self.town.bank, self.round.id, now=NOW)
            assert proof.faults(self.session, self.town.bank) == []
        self.session.rollback()


def test_votes_agree_with_a_dictionary(engine: Engine) -> None:
    def machine() -> Vote:
        made = Vote()
        made.session = Session(engine)
        made.session.connection(execution_options=WRITING)
        return made

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_count_is_the_same_bytes_on_both_engines_and_with_other_keys(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []
    for dialect in ("sqlite", "postgresql"):
        url = databases.new(dialect)
        # The same lot is drawn for both.
        drawn = SimpleNamespace(SystemRandom=lambda: random.Random(1))  # noqa: S311
        monkeypatch.setattr(service, "secrets", drawn)
        with Session(databases.engine(url)) as session:
            session.connection(execution_options=WRITING)
            town = make_town(session)
            round_ = rounds.open_round(town)
            rounds.all_vote(town, round_)
            mine = (Ballot.bank_id == town.bank.id, Ballot.round_id == round_.id)
            for _ in range(3):
                made.append(voting.recounted(session, town.bank, round_))
                before = set(session.scalars(select(Ballot.key).where(*mine)))
                apart.mix_all(session, Ballot.key, *mine)
                session.expire_all()
                assert not before & set(session.scalars(select(Ballot.key).where(*mine)))
            voting.close(session, town.bank, round_.id, None, town.by)
            kept = voting.count_round(session, town.bank, round_.id, now=NOW)
            made.append(kept.content.encode())
            session.rollback()
        databases.drop(url)
    assert len(made) == 8
    assert len(set(made)) == 1
