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
from timebank.desk.models import CallNote, NoteReading
from timebank.matching import leaving as introductions
from timebank.matching.models import Introduction
from timebank.members.models import Member
from timebank.room import Trace
from timebank.skills import leaving as listings

TRACES = (
    Trace("call_note.member_id", "notes_after_calls"),
    Trace("call_note.by", "notes_after_calls", stays=True),
    Trace("note_reading.member_id", "notes_read"),
    Trace("note_reading.by", "notes_read", stays=True),
)

ARCHIVE = Archive(keeps=("call_note", "note_reading"))


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase what was noted about the member, or about their requests and introductions, and who
    read it."""
    account_id = member.account_id or 0
    introduced = select(Introduction.id).where(*introductions.of_party(bank, account_id))
    about = or_(
        CallNote.member_id == member.id,
        CallNote.request_id.in_(listings.ids(session, bank, account_id)),
        CallNote.introduction_id.in_(introduced),
    )
    session.execute(delete(CallNote).where(CallNote.bank_id == bank.id, about))
    session.execute(
        delete(NoteReading).where(
            NoteReading.bank_id == bank.id, NoteReading.member_id == member.id
        )
    )


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase notes that are too old, unless something is still to be done about them, and who read
    about whom."""
    before = expired(now, bank.keep_notes)
    done = or_(CallNote.next_on.is_(None), CallNote.done_at.is_not(None))
    session.execute(delete(CallNote).where(CallNote.bank_id == bank.id, CallNote.at < before, done))
    session.execute(
        delete(NoteReading).where(NoteReading.bank_id == bank.id, NoteReading.at < before)
    )


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """What brokers noted about the member, the newest first, and who read it."""
    left_out = ("id", "bank_id", "member_id", "by")
    return {
        "notes_after_calls": [
            {**columns_of(noted.note, leave_out=left_out), "by": noted.by}
            for noted in queries.notes(session, bank, member.id)
        ],
        "notes_read": [
            {"by": name, "at": at} for name, at in queries.readings(session, bank, member.id)
        ],
    }
