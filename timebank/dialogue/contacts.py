"""How people who were asked can be reached, on rows that nothing links to any sheet, and telling
them what became of it: by e-mail, by letter or by a call, as they left it. The caller commits.

Every function raises NotFound for what is not in the bank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from timebank import apart
from timebank.act import Act
from timebank.apart import new_key
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import audit_queries, letters, queries, results, said
from timebank.dialogue import audit_rules as rules
from timebank.dialogue.audit_models import Audit, ContactLeft
from timebank.dialogue.audit_rules import NewDetails
from timebank.dialogue.audits import not_closed
from timebank.dialogue.results import Results
from timebank.dialogue.said import Told
from timebank.errors import Invalid, together
from timebank.members.rules import require_broker
from timebank.notices import service as notices_service
from timebank.notices.rules import Addressee, Letter, NewNotice, NoticeChannel
from timebank.say import Said, say
from timebank.text import tidy


@dataclass(frozen=True)
class News:
    """What those who left details are told: what people said, and what became of it in the
    partnership that sees to it, if there is one."""

    audit: Audit
    results: Results
    told: Told | None


def news(session: Session, bank: Bank, audit_id: int, *, today: date) -> News:
    """What everybody may read of it. Raises NotInThatState before the audit has closed."""
    audit = audit_queries.audit(session, bank, audit_id)
    outcome = results.results(session, bank, audit)
    place_id = audit_queries.place_of(session, bank, audit)
    if place_id is None:
        return News(audit, outcome, None)
    partnership = queries.partnership(session, bank, place_id)
    return News(audit, outcome, said.told(session, bank, partnership, by=None, today=today))


def leave_details(
    session: Session, bank: Bank, audit_id: int, new: NewDetails, *, now: datetime
) -> None:
    """How somebody can be reached who was asked, on a row that nothing links to any sheet. Raises
    AuditClosed once the audit has been closed; Invalid."""
    audit = not_closed(session, bank, audit_id)
    longest = rules.LONGEST
    name, phone, email, address = together(
        lambda: tidy("name", new.name, longest["name"], required=say("Write your name.")),
        lambda: tidy("phone", new.phone, 40),
        lambda: tidy("email", new.email, 254),
        lambda: tidy("address", new.address, longest["address"]),
    )
    wrong: dict[str, Said] = {}
    if not (phone or email or address):
        wrong["phone"] = say("Write a number, an e-mail address, or where you live.")
    if not (new.hear or new.help or new.join_us):
        wrong["hear"] = say("Tick what we may get in touch about.")
    if wrong:
        raise Invalid.of(wrong)
    row = ContactLeft(
        bank_id=bank.id,
        audit_id=audit.id,
        key=new_key(),
        name=name,
        phone=phone or None,
        email=email or None,
        address=address or None,
        hear=new.hear,
        help=new.help,
        join_us=new.join_us,
    )
    session.add(row)
    session.flush()
    own = ContactLeft.bank_id == bank.id, ContactLeft.audit_id == audit.id
    apart.hide(session, ContactLeft.key, row.key, *own)


def letter(session: Session, bank: Bank, audit_id: int, page: str, *, today: date) -> Letter:
    """What those who left details are told. Raises NotInThatState before the audit has closed."""
    outcome = news(session, bank, audit_id, today=today)
    return letters.what_was_said(
        outcome.audit.title, outcome.results, outcome.told, page, today=today
    )


def tell_by_mail(session: Session, bank: Bank, audit_id: int, page: str, act: Act) -> int:
    """Write to everybody who would like to hear and left an e-mail address, but who was told today
    already; how many. `page` is the address where all of it can be read.

    A broker's to do. Raises NotAllowed; NotInThatState before the audit has closed.
    """
    require_broker(act.by)
    today = local_date(act.now, bank.timezone)
    words = letter(session, bank, audit_id, page, today=today)
    people = by_mail(audit_queries.details(session, bank, audit_id), today)
    for person in people:
        to = Addressee(key=_addressee(person.key), name=person.name, email=person.email)
        cause = f"audit:{audit_id}:told:{today.isoformat()}"
        notice = NewNotice(words, cause, through=NoticeChannel.EMAIL)
        notices_service.write(session, bank, to, notice, now=act.now)
    return mark_told(session, bank, audit_id, [one.key for one in people], act)


def by_mail(left: Sequence[ContactLeft], today: date) -> list[ContactLeft]:
    """Those who can be told by e-mail now."""
    return [one for one in left if one.hear and one.email and one.told_on != today]


def by_letter(left: Sequence[ContactLeft]) -> list[ContactLeft]:
    """Those whom a letter reaches, and no e-mail."""
    return [one for one in left if one.hear and one.address and not one.email]


def by_call(left: Sequence[ContactLeft]) -> list[ContactLeft]:
    """Those whom a call alone reaches."""
    return [one for one in left if one.hear and not one.email and not one.address]


def _addressee(key: str) -> str:
    return f"left:{key}"


def mark_told(session: Session, bank: Bank, audit_id: int, keys: Sequence[str], act: Act) -> int:
    """That these were told what became of it; how many. A broker's to do."""
    require_broker(act.by)
    told_on: date = local_date(act.now, bank.timezone)
    marked = session.execute(
        update(ContactLeft)
        .where(*_left(bank, audit_id), ContactLeft.key.in_(keys))
        .values(told_on=told_on)
        .returning(ContactLeft.key)
    ).all()
    session.expire_all()
    return len(marked)


def erase_details(session: Session, bank: Bank, audit_id: int, key: str, act: Act) -> None:
    """Erase what somebody left to be reached by, and what was written to them. A broker's to do, on
    their word or once it is of no more use."""
    require_broker(act.by)
    notices_service.forget(session, bank, _addressee(key))
    session.execute(delete(ContactLeft).where(*_left(bank, audit_id), ContactLeft.key == key))
    session.expire_all()


def _left(bank: Bank, audit_id: int) -> tuple[Any, ...]:
    return ContactLeft.bank_id == bank.id, ContactLeft.audit_id == audit_id
