"""Numbering events once they are committed. The caller commits."""

from datetime import datetime

from sqlalchemy import delete, func, literal, select, text, update
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.events.models import Event
from timebank.events.rules import KEPT_MONTHS

AT_ONCE = 10_000
"""Most events that are numbered in one transaction."""

_NUMBERING = 1_214_606_445
"""The class of the advisory locks that let one at a time number a bank's events. Any number that
nothing else uses will do."""


def number(session: Session, bank: Bank) -> None:
    """Number the next events of a bank that are committed, in the order in which they happened.

    One at a time does so in a bank and holds the lock to the end of its transaction. So whoever
    sees a number sees all below it, and an event that is committed late has a number above all that
    were given before. The transaction must be READ COMMITTED.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(:numbering, :bank)"),
            {"numbering": _NUMBERING, "bank": bank.id},
        )
    last = session.execute(
        select(func.coalesce(func.max(Event.number), 0)).where(Event.bank_id == bank.id)
    ).scalar_one()
    place = literal(last) + func.row_number().over(order_by=Event.id)
    waiting = (
        select(Event.id, place.label("number"))
        .where(Event.bank_id == bank.id, Event.number.is_(None))
        .order_by(Event.id)
        .limit(AT_ONCE)
        .subquery()
    )
    numbered = update(Event).where(Event.id == waiting.c.id).values(number=waiting.c.number)
    session.execute(numbered, execution_options={"synchronize_session": False})


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase what was told longer ago than events are kept, but for the last: numbers go on from
    it."""
    last = select(func.max(Event.number)).where(Event.bank_id == bank.id).scalar_subquery()
    old = (Event.bank_id == bank.id, Event.at < expired(now, KEPT_MONTHS), Event.number < last)
    session.execute(delete(Event).where(*old), execution_options={"synchronize_session": False})
