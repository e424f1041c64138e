"""Reading events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import table_of
from timebank.events.errors import EventsGone
from timebank.events.models import Event
from timebank.events.rules import Audience
from timebank.members import meeting
from timebank.members import queries as members
from timebank.skills import queries as skills


@dataclass(frozen=True)
class Told:
    """One event. `parties` are whose it is, as programs name them."""

    number: int
    at: datetime
    kind: str
    of: str
    by: str | None
    parties: Sequence[str]


@dataclass(frozen=True)
class Events:
    """Some events, the earliest first; `next` is where to go on from, and `more` says that there is
    more at once."""

    items: Sequence[Told]
    next: int
    more: bool


def are_unnumbered(session: Session, bank: Bank) -> bool:
    """Whether something happened that has no number yet."""
    waiting = select(Event.id).where(Event.bank_id == bank.id, Event.number.is_(None)).limit(1)
    return session.execute(waiting).first() is not None


def after(
    session: Session, bank: Bank, number: int | None, *, limit: int, by: Actor, on: date
) -> Events:
    """What `by` may read of, after that number; None: from the earliest that is kept.

    A member reads their own alone, what everybody may, and of the offers and requests that they
    are shown on that day; nothing of what is between them and somebody from whom they are kept
    apart. Raises EventsGone.
    """
    # Everything up to the last number is there, whatever others commit from here on.
    first, last = session.execute(
        select(func.min(Event.number), func.max(Event.number)).where(Event.bank_id == bank.id)
    ).one()
    last = last or 0
    if number is not None and not (first or 1) - 1 <= number <= last:
        raise EventsGone
    start = number or 0
    rows = (
        session.execute(
            select(Event)
            .where(Event.bank_id == bank.id, Event.number > start, Event.number <= last)
            .where(_readable(bank, by, on))
            .order_by(Event.number)
            .limit(limit + 1)
        )
        .scalars()
        .all()
    )
    shown, more = rows[:limit], len(rows) > limit
    return Events(_told(session, bank, shown), shown[-1].number or 0 if more else last, more)


def _readable(bank: Bank, by: Actor, on: date) -> ColumnElement[bool]:
    if by.is_coordinator:
        return Event.id.is_not(None)
    if by.is_broker:
        return Event.audience != Audience.COORDINATORS
    columns = table_of(Event).c
    own = or_(Event.account_id == by.account_id, Event.other_id == by.account_id)
    apart = and_(
        columns.other_id.is_not(None), meeting.are_apart(bank, columns.account_id, columns.other_id)
    )
    shown = or_(Event.account_id.is_(None), Event.of.in_(skills.references(bank, by, on)))
    return or_(
        and_(Event.audience == Audience.MEMBERS, or_(own, shown)),
        and_(Event.audience == Audience.SIDES, own, ~apart),
    )


def _told(session: Session, bank: Bank, rows: Sequence[Event]) -> list[Told]:
    sides = {side for row in rows for side in (row.account_id, row.other_id) if side is not None}
    parties = members.parties(session, bank, sides)
    return [
        Told(
            row.number or 0,
            row.at,
            row.kind,
            row.of,
            row.by,
            [parties[side].reference for side in (row.account_id, row.other_id) if side in parties],
        )
        for row in rows
    ]
