"""Reading the outbox."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.notices.errors import NoSuchNotice
from timebank.notices.models import Notice, Preference, PushDevice
from timebank.notices.rules import BY_HAND, BY_ITSELF, DIGEST, NoticeChannel
from timebank.say import say


def notice(session: Session, bank: Bank, notice_id: int) -> Notice:
    """One notice of the bank. Raises NoSuchNotice."""
    notice = session.execute(
        select(Notice).where(Notice.bank_id == bank.id, Notice.id == notice_id)
    ).scalar_one_or_none()
    if notice is None:
        raise NoSuchNotice(
            say("There is no such notice. It may have been dropped because the person left.")
        )
    return notice


def preference(session: Session, bank: Bank, addressee: str) -> Preference | None:
    """How somebody likes to be told; None when they have said nothing of it."""
    return session.execute(
        _PREFERENCE, {"bank": bank.id, "addressee": addressee}
    ).scalar_one_or_none()


# Put together once: whoever is told anything is asked about, and composing the question costs more
# than answering it.
_PREFERENCE = select(Preference).where(
    Preference.bank_id == bindparam("bank"), Preference.addressee == bindparam("addressee")
)


def is_known(bank: Bank, addressee: str) -> ColumnElement[bool]:
    """Whether somebody has said how they like to be told, or has had a weekly letter, which tells
    them where to say so; a question within another."""
    of_addressee = (Preference.bank_id == bank.id, Preference.addressee == addressee)
    return select(Preference.addressee).where(*of_addressee).exists()


def preferences(session: Session, bank: Bank, addressees: Collection[str]) -> dict[str, Preference]:
    """The same of several, of those who have said something."""
    of_addressees = select(Preference).where(
        Preference.bank_id == bank.id, Preference.addressee.in_(addressees)
    )
    return {one.addressee: one for one in session.execute(of_addressees).scalars()}


Addressees = Collection[str] | Select[Any]
"""Addressees by their keys, or a query that finds them; None means all of the bank."""


def to_tell(
    session: Session,
    bank: Bank,
    limit: int,
    channel: NoticeChannel = NoticeChannel.CALL,
    *,
    addressees: Addressees | None = None,
) -> Sequence[Notice]:
    """Notices that wait for somebody to pass them on by a call, or on paper (`letter`), the oldest
    first."""
    waiting = (
        select(Notice)
        .where(*_to_tell(bank, channel, addressees))
        .order_by(Notice.created_at, Notice.id)
        .limit(limit)
    )
    return session.execute(waiting).scalars().all()


@dataclass(frozen=True)
class ToTell:
    """What waits to be passed on by one channel: all of it of a few people, by addressee, who has
    waited longest first, and where each is `reached`; and how many `people` there are to tell, by a
    `call` and on paper (`letter`)."""

    by_person: Mapping[str, Sequence[Notice]]
    reached: Mapping[str, str | None]
    people: Mapping[str, int]


def to_tell_by_person(
    session: Session,
    bank: Bank,
    people: int,
    channel: NoticeChannel,
    reached: ColumnElement[Any],
    *,
    addressees: Addressees | None = None,
) -> ToTell:
    """All such notices of up to so many people, each one's in order, in one question; `reached` is
    a column that says of an addressee where."""
    counted = (
        select(Notice.channel, func.count(Notice.addressee.distinct()).label("people"))
        .where(*_waiting(bank, addressees))
        .group_by(Notice.channel)
        .subquery()
    )
    first = (
        select(Notice.addressee)
        .where(*_to_tell(bank, channel, addressees))
        .group_by(Notice.addressee)
        .order_by(func.min(Notice.created_at), func.min(Notice.id))
        .limit(people)
    )
    of_person = and_(
        Notice.channel == counted.c.channel, *_to_tell(bank, channel), Notice.addressee.in_(first)
    )
    rows = session.execute(
        select(counted.c.channel, counted.c.people, Notice, reached)
        .select_from(counted)
        .outerjoin(Notice, of_person)
        .order_by(Notice.created_at, Notice.id)
    )
    by_person: dict[str, list[Notice]] = {}
    where: dict[str, str | None] = {}
    numbers: dict[str, int] = {NoticeChannel.CALL: 0, NoticeChannel.LETTER: 0}
    for by, number, notice, place in rows:
        numbers[by] = number
        if notice is not None:
            by_person.setdefault(notice.addressee, []).append(notice)
            where[notice.addressee] = place
    return ToTell(by_person, where, numbers)


def _to_tell(
    bank: Bank, channel: NoticeChannel, addressees: Addressees | None = None
) -> tuple[ColumnElement[bool], ...]:
    return *_waiting(bank, addressees), Notice.channel == channel


def _waiting(bank: Bank, addressees: Addressees | None) -> tuple[ColumnElement[bool], ...]:
    of_addressees = () if addressees is None else (Notice.addressee.in_(addressees),)
    return Notice.bank_id == bank.id, _waits(), *of_addressees


def _waits() -> ColumnElement[bool]:
    """Whether a broker is to pass it on: what the index of waiting notices is of."""
    return and_(Notice.channel.in_(BY_HAND), Notice.sent_at.is_(None))


def to_pass_on(
    session: Session,
    bank: Bank,
    *,
    channel: NoticeChannel | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Sequence[Notice]:
    """Up to `limit + 1` notices that wait for somebody to pass them on, by a call or on paper,
    after the notice `after`."""
    statement = select(Notice).where(Notice.bank_id == bank.id, _waits())
    if channel is not None:
        statement = statement.where(Notice.channel == channel)
    if after is not None:
        statement = statement.where(Notice.id > after)
    return session.execute(statement.order_by(Notice.id).limit(limit + 1)).scalars().all()


def told(session: Session, bank: Bank, addressee: str, limit: int) -> Sequence[Notice]:
    """Everything the bank has told or means to tell one person, the newest first."""
    notices = select(Notice).where(Notice.bank_id == bank.id, Notice.addressee == addressee)
    return session.execute(notices.order_by(Notice.id.desc()).limit(limit)).scalars().all()


def of_cause(
    session: Session, bank: Bank, cause: str, addressees: Collection[str]
) -> Sequence[Notice]:
    """What these were told about an event, in order: of one who was told another way when the first
    failed, the last counts."""
    statement = select(Notice).where(
        Notice.bank_id == bank.id, Notice.addressee.in_(addressees), Notice.cause == cause
    )
    return session.execute(statement.order_by(Notice.id)).scalars().all()


def devices(session: Session, bank: Bank, addressee: str) -> Sequence[PushDevice]:
    """The devices on which somebody is told, the first first."""
    of_addressee = (PushDevice.bank_id == bank.id, PushDevice.addressee == addressee)
    statement = select(PushDevice).where(*of_addressee).order_by(PushDevice.id)
    return session.execute(statement).scalars().all()


def digests(bank: Bank) -> tuple[ColumnElement[bool], ...]:
    """The weekly letters of the bank."""
    return Notice.bank_id == bank.id, Notice.cause.startswith(f"{DIGEST}:")


def a_letter_waits() -> ColumnElement[bool]:
    """Whether a weekly letter of the bank (a row of `Bank`) has still to go out."""
    waits = (Notice.sent_at.is_(None), Notice.failed_at.is_(None))
    of_bank = (Notice.bank_id == Bank.id, Notice.cause.startswith(f"{DIGEST}:"))
    return exists().where(*of_bank, *waits)


def to_send(session: Session, notice_id: int) -> Notice | None:
    """The e-mail or text with that id, of whatever bank, if it has still to go out."""
    return session.execute(
        select(Notice).where(Notice.id == notice_id, _unsent())
    ).scalar_one_or_none()


@dataclass(frozen=True)
class Delivered:
    """How e-mail of a bank went: when a mail server took one last, and why the last did not go
    since, if one did not."""

    sent_at: datetime | None
    error: str | None


def delivered(session: Session, bank: Bank) -> Delivered:
    """Whether e-mail really goes out of the bank."""
    mail = (Notice.bank_id == bank.id, Notice.channel == NoticeChannel.EMAIL)
    sent_at = session.execute(select(func.max(Notice.sent_at)).where(*mail)).scalar_one()
    failed = select(Notice.error).where(*mail, Notice.failed_at.is_not(None))
    if sent_at is not None:
        failed = failed.where(Notice.failed_at > sent_at)
    last = session.execute(failed.order_by(Notice.failed_at.desc()).limit(1)).scalar_one_or_none()
    return Delivered(sent_at, last)


def unsent(session: Session, channel: NoticeChannel) -> int:
    """How many e-mails or texts, of all banks, have still to go out."""
    return session.execute(
        select(func.count()).select_from(Notice).where(Notice.channel == channel, _unsent())
    ).scalar_one()


def _unsent() -> ColumnElement[bool]:
    return and_(Notice.channel.in_(BY_ITSELF), Notice.sent_at.is_(None), Notice.failed_at.is_(None))


def names_of(session: Session, bank: Bank, addressee: str) -> Sequence[str]:
    """The names under which somebody was written to, the latest first."""
    statement = (
        select(Notice.name)
        .where(Notice.bank_id == bank.id, Notice.addressee == addressee)
        .group_by(Notice.name)
        .order_by(func.max(Notice.id).desc())
    )
    return session.execute(statement).scalars().all()
