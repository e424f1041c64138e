"""Anything that can be asked of the ledger, in any order, against a dictionary of balances."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

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
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.ledger.books import BY, NOW, ON, REASON, give, make_bank, open_account
from timebank.db import WRITING
from timebank.ledger import queries, service
from timebank.ledger.check import check
from timebank.ledger.errors import (
    AboveCeiling,
    AccountClosed,
    AlreadyReversed,
    BelowFloor,
    CauseUsedForAnother,
    OutsideLimits,
)
from timebank.ledger.rules import Leg, NewEntry

ACCOUNTS = 4
Move = tuple[int, int, int]

sides = st.permutations(range(ACCOUNTS)).map(lambda order: tuple(order[:2]))
legs = st.lists(
    st.tuples(sides, st.integers(1, 90)).map(lambda drawn: (*drawn[0], drawn[1])),
    min_size=1,
    max_size=4,
)
limits = st.none() | st.integers(-120, 120)


class Ledger(RuleBasedStateMachine):
    """The books and, beside them, what plain arithmetic says of them. Accounts are known by their
    place in a list."""

    session: Session

    @initialize()
    def begin(self) -> None:
        self.bank = make_bank(self.session)
        self.ids = [open_account(self.session, self.bank, floor=None) for _ in range(ACCOUNTS)]
        self.balances = [0] * ACCOUNTS
        self.floors: list[int | None] = [None] * ACCOUNTS
        self.ceilings: list[int | None] = [None] * ACCOUNTS
        self.closed: set[int] = set()
        self.posted: dict[str, tuple[int, list[Move]]] = {}
        self.reversed: dict[str, int] = {}

    def refusal(self, moves: list[Move]) -> type[Exception] | None:
        """What must come of these legs, taken in order; None when they can be posted."""
        balances = list(self.balances)
        for payer, payee, minutes in moves:
            for side, change in sorted(((payer, -minutes), (payee, minutes))):
                refused = self.refused(side, balances[side], change)
                if refused:
                    return refused
                balances[side] += change
        return None

    def refused(self, side: int, balance: int, change: int) -> type[Exception] | None:
        floor, ceiling = self.floors[side], self.ceilings[side]
        if side in self.closed:
            return AccountClosed
        if change < 0 and floor is not None and balance + change < floor:
            return BelowFloor
        if change > 0 and ceiling is not None and balance + change > ceiling:
            return AboveCeiling
        return None

    def move(self, moves: list[Move]) -> None:
        for payer, payee, minutes in moves:
            self.balances[payer] -= minutes
            self.balances[payee] += minutes

    @contextmanager
    def undone(self, expected: tuple[type[Exception], ...]) -> Generator[None]:
        """A refusal, after which the transaction goes back to where it was."""
        nested = self.session.begin_nested()
        with pytest.raises(expected):
            yield
        nested.rollback()

    def postings(self, moves: list[Move]) -> list[Leg]:
        return [Leg(self.ids[payer], self.ids[payee], minutes) for payer, payee, minutes in moves]

    @rule(moves=legs, many=st.booleans())
    def post(self, moves: list[Move], many: bool) -> None:
        cause = f"exchange:{len(self.posted)}"
        if self.refusal(moves):
            # Which of an entry's refusals comes first is the engine's own affair.
            with self.undone((BelowFloor, AboveCeiling, AccountClosed)):
                give(self.session, self.bank, cause, *self.postings(moves))
            return
        if many:
            entry = NewEntry(cause, "exchange", ON, self.postings(moves), BY)
            number = service.post_many(self.session, self.bank, [entry])[0]
        else:
            number = give(self.session, self.bank, cause, *self.postings(moves))
        self.posted[cause] = (number, moves)
        self.move(moves)

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        cause = data.draw(st.sampled_from(sorted(self.posted)))
        number, moves = self.posted[cause]
        assert give(self.session, self.bank, cause, *self.postings(moves)) == number

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def send_something_else(self, data: st.DataObject) -> None:
        cause = data.draw(st.sampled_from(sorted(self.posted)))
        payer, payee, minutes = self.posted[cause][1][0]
        with self.undone((CauseUsedForAnother,)):
            give(self.session, self.bank, cause, *self.postings([(payer, payee, minutes + 1)]))

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        cause = data.draw(st.sampled_from(sorted(self.posted)))
        number, moves = self.posted[cause]
        mirror = [(payee, payer, minutes) for payer, payee, minutes in moves]
        if cause in self.reversed:
            assert (
                service.reverse(
                    self.session, self.bank, number, occurred_on=ON, by=BY, reason=REASON
                )
                == self.reversed[cause]
            )
            with self.undone((AlreadyReversed,)):
                service.reverse(
                    self.session,
                    self.bank,
                    number,
                    occurred_on=ON + timedelta(1),
                    by=BY,
                    reason=REASON,
                )
        elif self.refusal(mirror):
            with self.undone((BelowFloor, AboveCeiling, AccountClosed)):
                service.reverse(
                    self.session, self.bank, number, occurred_on=ON, by=BY, reason=REASON
                )
        else:
            self.reversed[cause] = service.reverse(
                self.session, self.bank, number, occurred_on=ON, by=BY, reason=REASON
            )
            self.move(mirror)

    @rule(account=st.integers(0, ACCOUNTS - 1), floor=limits, ceiling=limits)
    def change_limits(self, account: int, floor: int | None, ceiling: int | None) -> None:
        balance = self.balances[account]
        if (floor is not None and balance < floor) or (ceiling is not None and balance > ceiling):
            with self.undone((OutsideLimits,)):
                service.set_limits(
                    self.session,
                    self.bank,
                    self.ids[account],
                    floor=floor,
                    ceiling=ceiling,
                    why="So that it fits.",
                    by="member:1",
                )
            return
        service.set_limits(
            self.session,
            self.bank,
            self.ids[account],
            floor=floor,
            ceiling=ceiling,
            why="So that it fits.",
            by="member:1",
        )
        self.floors[account], self.ceilings[account] = floor, ceiling

    @precondition(lambda self: len(self.closed) < ACCOUNTS - 2)
    @rule(account=st.integers(0, ACCOUNTS - 1))
    def close(self, account: int) -> None:
        service.close_account(self.session, self.bank, self.ids[account], now=NOW)
        self.closed.add(account)

    @rule()
    def seal(self) -> None:
        service.seal(self.session, self.bank, now=NOW)

    @invariant()
    def balances_agree(self) -> None:
        assert [
            queries.balance(self.session, self.bank, number) for number in self.ids
        ] == self.balances

    def teardown(self) -> None:
        assert check(self.session).faults == []
        self.session.rollback()


def test_the_books_agree_with_plain_arithmetic(engine: Engine) -> None:
    def machine() -> Ledger:
        made = Ledger()
        made.session = Session(engine)
        made.session.connection(execution_options=WRITING)
        return made

    bounds = settings(
        max_examples=15,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=bounds)
