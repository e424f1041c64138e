"""Reading the audit trail, with people by their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.ledger import queries as ledger
from timebank.ledger.queries import Wanted
from timebank.ledger.rules import InterventionKind, Limits
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.say import Said


@dataclass(frozen=True)
class Asked:
    """What of the trail is asked for: of one kind, by one person (`member:4`, `system:import`), on
    the days from `start` to `end` by the bank's clock; `cursor` and `limit` say which page."""

    kind: InterventionKind | None = None
    by: str = ""
    start: date | None = None
    end: date | None = None
    cursor: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Done:
    """One thing that was done. `account` is whose limits were changed; `old` and `new` are limits
    before and after, the same where none changed. `why` is None where nobody is asked."""

    id: int
    at: datetime
    kind: InterventionKind
    of: str
    why: str | None
    by: str
    name: str | Said
    account: Party | None
    old: Limits
    new: Limits

    @property
    def whose(self) -> str | None:
        """The holder of the account, as programs name them."""
        return self.account.reference if self.account else None


def trail(session: Session, bank: Bank, asked: Asked) -> list[Done]:
    """What was done, the latest first: one more than `limit`, where there are more."""
    wanted = Wanted(
        kind=asked.kind,
        by=asked.by or None,
        start=_midnight(bank, asked.start),
        end=_midnight(bank, asked.end and asked.end + timedelta(days=1)),
        before=asked.cursor,
        limit=asked.limit,
    )
    rows = ledger.interventions(session, bank, wanted)
    names = members.who(session, bank, {row.by for row in rows})
    accounts = {row.account_id for row in rows if row.account_id is not None}
    parties = members.parties(session, bank, accounts)
    return [
        Done(
            row.id,
            row.at,
            row.kind,
            row.of,
            row.why,
            row.by,
            names.get(row.by, row.by),
            parties.get(row.account_id or 0),
            Limits(row.floor_before, row.ceiling_before),
            Limits(row.floor_after, row.ceiling_after),
        )
        for row in rows
    ]


def _midnight(bank: Bank, day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, ZoneInfo(bank.timezone))


def staff(session: Session, bank: Bank) -> Sequence[tuple[str, str]]:
    """Those of the staff whose acts can be looked for, by the keys that records keep, with their
    names."""
    return [(f"member:{member.id}", member.name) for member in members.staff(session, bank)]
