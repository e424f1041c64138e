"""What becomes of letters to many when somebody goes, and what a member is given of them. The words
of each letter stand among the messages to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.mailings.models import Announcement, Mailing, MailingTo
from timebank.mailings.rules import ASKED_FOR, MailingState
from timebank.members.models import Member
from timebank.room import Carry, Merging, Trace
from timebank.say import say

TRACES = (
    Trace("mailing.by", stays=True),
    Trace("mailing_to.member_id", "letters_to_many"),
    Trace("announcement.by", stays=True),
)

_GONE_OUT = say("Letters that have gone out are kept where they went out.")

ARCHIVE = Archive(
    keeps=("announcement",),
    behind=(Behind("mailing", _GONE_OUT), Behind("mailing_to", _GONE_OUT)),
)

MERGING = Merging(
    carries=(Carry("mailing_to.member_id", once=("mailing_id",)),),
    leaves={
        "mailing.by": "It says who wrote to many.",
        "announcement.by": "It says who announced it.",
    },
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase that letters were for the member."""
    of_member = (MailingTo.bank_id == bank.id, MailingTo.member_id == member.id)
    session.execute(delete(MailingTo).where(*of_member))


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase letters that were never sent, and what was sent or announced too long ago."""
    old = expired(now, bank.keep_notices)
    unsent = and_(Mailing.state == MailingState.DRAFT, Mailing.at < now - ASKED_FOR)
    for over in (unsent, Mailing.sent_at < old):
        ids = select(Mailing.id).where(Mailing.bank_id == bank.id, over)
        session.execute(
            delete(MailingTo).where(MailingTo.bank_id == bank.id, MailingTo.mailing_id.in_(ids))
        )
        session.execute(delete(Mailing).where(Mailing.bank_id == bank.id, over))
    session.execute(
        delete(Announcement).where(
            Announcement.bank_id == bank.id, Announcement.ends_on < old.date()
        )
    )


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """Which letters to many were for the member, and what became of each."""
    of_mailing = and_(Mailing.bank_id == MailingTo.bank_id, Mailing.id == MailingTo.mailing_id)
    rows = session.execute(
        select(Mailing.subject, Mailing.sent_at, MailingTo.fate, MailingTo.way)
        .join(MailingTo, of_mailing)
        .where(
            MailingTo.bank_id == bank.id,
            MailingTo.member_id == member.id,
            Mailing.sent_at.is_not(None),
        )
        .order_by(Mailing.id)
    )
    return {
        "letters_to_many": [
            {"subject": subject, "sent_at": at, "what_came_of_it": fate, "way": way}
            for subject, at, fate, way in rows
        ]
    }
