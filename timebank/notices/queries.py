"""Reading the outbox."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.notices.errors import NoSuchNotice
from timebank.notices.models import Notice


def notice(session: Session, bank: Bank, notice_id: int) -> Notice:
    """One notice of the bank. Raises NoSuchNotice."""
    found = session.execute(select(Notice).where(Notice.bank_id == bank.id, Notice.id == notice_id)).scalar_one_or_none()
    if found is None:
        raise NoSuchNotice("There is no such notice. It may have been dropped because the person left.")
    return found


def to_tell(session: Session, bank: Bank, limit: int) -> Sequence[Notice]:
    """Notices that wait for somebody to pass them on, the oldest first."""
    waiting = select(Notice).where(*_to_tell(bank)).order_by(Notice.created_at, Notice.id).limit(limit)
    return session.execute(waiting).scalars().all()


def people_to_tell(session: Session, bank: Bank) -> int:
    """How many people such notices are for."""
    return session.execute(select(func.count(Notice.addressee.distinct())).where(*_to_tell(bank))).scalar_one()


def _to_tell(bank: Bank) -> tuple[ColumnElement[bool], ...]:
    return Notice.bank_id == bank.id, Notice.channel == "call", Notice.sent_at.is_(None)


def told(session: Session, bank: Bank, addressee: str, limit: int) -> Sequence[Notice]:
    """Everything the bank has told or means to tell one person, the newest first."""
    theirs = select(Notice).where(Notice.bank_id == bank.id, Notice.addressee == addressee)
    return session.execute(theirs.order_by(Notice.id.desc()).limit(limit)).scalars().all()


def to_send(session: Session, notice_id: int) -> Notice | None:
    """The e-mail with that id, of whatever bank, if it has still to go out."""
    return session.execute(select(Notice).where(Notice.id == notice_id, _unsent())).scalar_one_or_none()


def unsent(session: Session) -> int:
    """How many e-mails, of all banks, have still to go out."""
    return session.execute(select(func.count()).select_from(Notice).where(_unsent())).scalar_one()


def _unsent() -> ColumnElement[bool]:
    return and_(Notice.channel == "email", Notice.sent_at.is_(None), Notice.failed_at.is_(None))
