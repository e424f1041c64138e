"""The community chest as everybody in the bank may see it: what it holds, what moved in a year,
what was granted and why."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.exchanges import queries as exchanges
from timebank.ledger import queries as ledger
from timebank.ledger.queries import AccountState, Turnover
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.statement.queries import Reader

_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Chest:
    """The chest and its last twelve months, from `since` on, in minutes.

    What it held before (`began`), gifts and what else was added, less grants and what else was
    taken off, is the balance. Neither a gift nor a grant that was taken back is in them.
    """

    account: AccountState
    since: date
    began: int
    gifts: int
    added: int
    grants: int
    taken_off: int

    @property
    def room(self) -> int | None:
        """How much can be granted just now; None: there is no bound."""
        return None if self.account.floor is None else self.account.balance - self.account.floor


@dataclass(frozen=True)
class Grant:
    """Hours given out of the chest. `decided_by` and `reason` are empty for those from before that
    was kept.

    `to` is there for a reader who may be told who it was.
    """

    id: int
    given_on: date
    minutes: int
    decided_by: str
    reason: str
    to: Party | None


def chest(session: Session, bank: Bank, *, now: datetime) -> Chest:
    """The chest as it stands, and the twelve months up to `now` (UTC)."""
    account = ledger.chest(session, bank)
    since = local_date(now, bank.timezone) - _YEAR
    moved = ledger.turnover(session, bank, account.id, since)
    gifts = moved.pop("gift", Turnover(0, 0))
    added, taken_off = (
        sum(getattr(one, name) for one in moved.values()) for name in ("added", "taken_off")
    )
    began = account.balance - gifts.added - added + gifts.taken_off + taken_off
    return Chest(account, since, began, gifts.added, added, gifts.taken_off, taken_off)


def grants(
    session: Session, bank: Bank, reader: Reader, *, before: int | None = None, limit: int = 20
) -> list[Grant]:
    """Up to `limit + 1` grants that were not taken back, the latest first, those before the grant
    `before`.

    `reader` is a reader of the chest's statement. Raises NotFound when there is no such grant.
    """
    rows = exchanges.gifts_from(session, bank, reader.account.id, before=before, limit=limit)
    parties = members.parties(session, bank, {row.to_id for row in rows})
    return [
        Grant(
            id=row.id,
            given_on=local_date(row.given_at, bank.timezone),
            minutes=row.minutes,
            decided_by=row.decided_by or "",
            reason=row.message if row.decided_by else "",
            to=parties[row.to_id] if reader.knows(parties[row.to_id]) else None,
        )
        for row in rows
    ]
