"""What becomes of what was noted about somebody who goes, and what a member is given of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.base import columns_of
from timebank.desk import queries
from timebank.desk.models import CallNote, CallTry, NoteReading
from timebank.matching import leaving as introductions
from timebank.matching.models import Introduction
from timebank.members.models import Member
from timebank.room import Carry, Merging, Trace
from timebank.say import count
from timebank.skills import leaving as listings

TRACES = (
    Trace("call_note.member_id", "notes_after_calls"),
    Trace("call_note.by", "notes_after_calls", stays=True),
    Trace("call_try.member_id", "calls_without_answer"),
    Trace("call_try.by", "calls_without_answer", stays=True),
    Trace("note_reading.member_id", "notes_read"),
    Trace("note_reading.by", "notes_read", stays=True),
)

ARCHIVE = Archive(keeps=("call_note", "call_try", "note_reading"))

_BY = "It says which of the staff it was."

MERGING = Merging(
    carries=(
        Carry(
            "call_note.member_id",
            lambda n: count("%(n)s note of a call", "%(n)s notes of calls", n),
        ),
        Carry("call_try.member_id"),
        Carry("note_reading.member_id"),
    ),
    leaves={"call_note.by": _BY, "call_try.by": _BY, "note_reading.by": _BY},
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase what was noted about the member, or about their requests and introductions, who read
    it, and when they were rung in vain."""
    account_id = member.account_id or 0
    introduced = select(Introduction.id).where(*introductions.of_party(bank, account_id))
    about = or_(
        CallNote.member_id == member.id,
        CallNote.request_id.in_(listings.ids(session, bank, account_id)),
        CallNote.introduction_id.in_(introduced),
    )
    session.execute(delete(CallNote).where(CallNote.bank_id == bank.id, about))
    for kind in (NoteReading, CallTry):
        session.execute(delete(kind).where(kind.bank_id == bank.id, kind.member_id == member.id))


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase notes that are too old, unless something is still to be done about them, who read about
    whom, and calls that nobody answered."""
    before = expired(now, bank.keep_notes)
    done = or_(CallNote.next_on.is_(None), CallNote.done_at.is_not(None))
    session.execute(delete(CallNote).where(CallNote.bank_id == bank.id, CallNote.at < before, done))
    for kind in (NoteReading, CallTry):
        session.execute(delete(kind).where(kind.bank_id == bank.id, kind.at < before))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """What brokers noted about the member, the newest first, who read it, and when nobody answered
    their call."""
    left_out = ("id", "bank_id", "member_id", "by")
    return {
        "notes_after_calls": [
            {**columns_of(noted.note, leave_out=left_out), "by": noted.by}
            for noted in queries.notes(session, bank, member.id)
        ],
        "notes_read": [
            {"by": name, "at": at} for name, at in queries.readings(session, bank, member.id)
        ],
        "calls_without_answer": [
            {"by": name, "at": at} for name, at in queries.calls_tried(session, bank, member.id)
        ],
    }
