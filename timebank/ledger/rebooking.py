"""Entries taken back and posted again with one account in the place of another, because whoever
holds the two is one person. The caller commits."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.ledger import queries, service
from timebank.ledger.queries import AccountState, EntryState
from timebank.ledger.rules import (
    InterventionKind,
    Leg,
    NewEntry,
    Provenance,
    Reason,
    cause_anew,
)
from timebank.room import Rebooked


@dataclass(frozen=True)
class Rebooking:
    """`to` in the place of `of`, both accounts by id; `mark` makes each cause another, such as
    `merged:3`."""

    of: int
    to: int
    mark: str
    on: date
    by: Provenance
    reason: Reason


def rebook(
    session: Session, bank: Bank, entry_ids: Collection[int], what: Rebooking
) -> dict[int, Rebooked]:
    """Take these entries back, each for the reason, and post them again on the day on which they
    happened; what became of each, by its id.

    Each is taken at a moment at which every account can bear it, so that no limit has to move. One
    that no account could bear, that an account is closed to, or that both accounts are in, is left
    as it is, and is not among those given back.
    """
    books = _Books(session, bank, what)
    waiting = [
        entry
        for entry in queries.entries(session, bank, entry_ids)
        if entry.stands and not _is_between(entry, what)
    ]
    accounts = {side for entry in waiting for leg in entry.legs for side in leg[:2]}
    books.states = queries.accounts(session, bank, {*accounts, what.of, what.to}, hold=True)
    books.balances = {account: state.balance for account, state in books.states.items()}
    rebooked: dict[int, Rebooked] = {}
    while waiting:
        later: list[EntryState] = []
        for entry in waiting:
            done = books.rebook(entry)
            if done is None:
                later.append(entry)
            else:
                rebooked[entry.id] = done
        if len(later) == len(waiting):
            break
        waiting = later
    books.say_why_again(rebooked)
    return rebooked


def _is_between(entry: EntryState, what: Rebooking) -> bool:
    return {what.of, what.to} <= {side for leg in entry.legs for side in leg[:2]}


@dataclass
class _Books:
    """The accounts concerned, which are held, and their balances as they move."""

    session: Session
    bank: Bank
    what: Rebooking
    states: dict[int, AccountState] = field(default_factory=dict[int, AccountState])
    balances: dict[int, int] = field(default_factory=dict[int, int])

    def rebook(self, entry: EntryState) -> Rebooked | None:
        """The entry, rebooked; None where some account cannot bear it now."""
        back = [Leg(leg.payee_id, leg.payer_id, leg.minutes) for leg in entry.legs]
        again = [
            Leg(self._instead(leg.payer_id), self._instead(leg.payee_id), leg.minutes)
            for leg in entry.legs
        ]
        if self._bear(back, again):
            reversal_id = self._take_back(entry)
            return Rebooked(reversal_id, self._post(entry, again))
        if self._bear(again, back):
            again_id = self._post(entry, again)
            return Rebooked(self._take_back(entry), again_id)
        return None

    def _instead(self, account: int) -> int:
        return self.what.to if account == self.what.of else account

    def _bear(self, first: Sequence[Leg], second: Sequence[Leg]) -> bool:
        """Whether every account can bear these legs, one after another; if so they are counted."""
        after = Counter(self.balances)
        for leg in (*first, *second):
            after[leg.payer_id] -= leg.minutes
            after[leg.payee_id] += leg.minutes
            payer, payee = self.states[leg.payer_id], self.states[leg.payee_id]
            if payer.closed_at is not None or payee.closed_at is not None:
                return False
            if payer.floor is not None and after[payer.id] < payer.floor:
                return False
            if payee.ceiling is not None and after[payee.id] > payee.ceiling:
                return False
        self.balances = dict(after)
        return True

    def _take_back(self, entry: EntryState) -> int:
        what = self.what
        return service.reverse(
            self.session, self.bank, entry.id, occurred_on=what.on, by=what.by, reason=what.reason
        )

    def _post(self, entry: EntryState, legs: Sequence[Leg]) -> int:
        cause = cause_anew(entry.cause, self.what.mark)
        new = NewEntry(cause, entry.kind, entry.occurred_on, legs, self.what.by)
        return service.post(self.session, self.bank, new)

    def say_why_again(self, rebooked: dict[int, Rebooked]) -> None:
        """What was given or brought in for a reason keeps it."""
        reasons = [
            (Reason(InterventionKind(row.kind), row.of, row.why), rebooked[row.entry_id].again_id)
            for row in queries.explained_by(self.session, self.bank, list(rebooked))
            if row.entry_id is not None
        ]
        service.intervene(self.session, self.bank, reasons, by=self.what.by.by)
