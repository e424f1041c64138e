"""Reading members' calendars."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from timebank import voices
from timebank.access import queries as access
from timebank.banks.models import Bank
from timebank.base import one_or_refuse
from timebank.calendars import rules
from timebank.calendars.models import CalendarAddress
from timebank.members import queries as members
from timebank.room import Appointment, Room, appointments
from timebank.say import Said, Voice, say


@dataclass(frozen=True)
class OwnCalendar:
    """What a member's calendar is called and holds, in their language."""

    name: Said
    appointments: Sequence[Appointment]
    voice: Voice


def key_hash(key: str) -> str:
    """How the key of an address is kept. It is long and random, so that a plain digest is
    enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def made_at(session: Session, bank: Bank, member_id: int) -> datetime | None:
    """Since when a member's calendar has an address; None: it has none."""
    statement = select(CalendarAddress.made_at).where(*_of(bank, member_id), _stands(bank))
    return session.execute(statement).scalar_one_or_none()


def calendar(
    session: Session, bank: Bank, key: str, rooms: Sequence[Room], *, on: date
) -> OwnCalendar:
    """What stands on a day under the address with this key. Raises NotFound for one that was never
    there, has been changed or has ended."""
    with_key = (CalendarAddress.bank_id == bank.id, CalendarAddress.key_hash == key_hash(key))
    member_id = one_or_refuse(
        session,
        select(CalendarAddress.member_id).where(*with_key, _stands(bank)),
        say("There is no calendar at this address any more."),
    )
    member = members.member(session, bank, member_id)
    return OwnCalendar(
        say("%(bank)s: yours", bank=bank.name),
        appointments(session, bank, rooms, member_id, since=on - rules.BEHIND),
        voices.voice(member.language or bank.language),
    )


def address(session: Session, bank: Bank, member_id: int) -> CalendarAddress | None:
    """The row of a member's address, if there is one."""
    return session.execute(
        select(CalendarAddress).where(*_of(bank, member_id))
    ).scalar_one_or_none()


def _stands(bank: Bank) -> ColumnElement[bool]:
    """Whoever made an address while they were let in as somebody else is let in by it no longer
    than by anything else."""
    return access.still_let_in(bank, CalendarAddress.member_id, CalendarAddress.made_at)


def _of(bank: Bank, member_id: int) -> tuple[Any, ...]:
    return CalendarAddress.bank_id == bank.id, CalendarAddress.member_id == member_id
