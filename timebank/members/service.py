"""Members, organisations and helpers: one function per use case. The caller commits.

`now` is UTC and `by` whoever does it. Every function raises NotFound for people of another bank and NotAllowed when it is not
`by`'s to do. What was done is kept as an event, without personal data.
"""

import re
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed
from timebank.ledger import service as ledger
from timebank.members import queries
from timebank.members.errors import NameTaken, NotInThatState, NotTakingApplications, NumberTaken
from timebank.members.models import Member, MemberEvent, Organisation
from timebank.members.rules import Actor, checked
from timebank.notices import service as notices

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def open_bank(session: Session, *, name: str, slug: str | None = None, timezone: str = "Europe/London", now: datetime) -> Bank:
    """Make a bank and open its books. Without a `slug` the address is made from the name.

    Raises Invalid for an address or a time zone that cannot be, NameTaken for an address another bank has.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise _wrong("timezone", f"“{timezone}” is no time zone. Write one such as Europe/London.") from None
    if not name.strip() or len(name) > 120:
        raise _wrong("name", "Write the bank's name, at most 120 characters.")
    if slug is None:
        slug = _free_slug(session, name)
    elif not _SLUG.fullmatch(slug) or len(slug) > 60:
        raise _wrong("slug", "The address is made of small letters a to z, digits and hyphens, at most 60.")
    elif _slug_taken(session, slug):
        words = f"Another bank has the address “{slug}”."
        raise NameTaken(words, fields={"slug": words})
    bank = Bank(slug=slug, name=name.strip(), timezone=timezone, created_at=now)
    session.add(bank)
    session.flush()
    ledger.open_books(session, bank, now=now)
    return bank


def _free_slug(session: Session, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("-") or "bank"
    slug, n = stem, 1
    while _slug_taken(session, slug):
        n += 1
        slug = f"{stem}-{n}"
    return slug


def _slug_taken(session: Session, slug: str) -> bool:
    return session.execute(select(Bank.id).where(Bank.slug == slug)).first() is not None


def join(
    session: Session,
    bank: Bank,
    *,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    area: str | None = None,
    date_of_birth: date | None = None,
    about: str | None = None,
    now: datetime,
) -> Member:
    """Somebody asks to join: an application, for a broker to answer. No account, number or login yet.

    Raises NotTakingApplications; Invalid naming each detail that is wrong. Whether the bank knows the person already is told
    to nobody here: see `queries.look_alikes`.
    """
    if not bank.joining_open:
        raise NotTakingApplications(f"{bank.name} is taking no applications just now.")
    details = {"name": name, "email": email, "phone": phone, "address": address, "area": area}
    details |= {"date_of_birth": date_of_birth, "about": about}
    member = Member(bank_id=bank.id, status="applied", created_at=now, **checked(details, today=_today(bank, now)))
    session.add(member)
    session.flush()
    _record(session, member, "applied", by=Actor.system(bank.id, "join"), now=now)
    return member


def approve(session: Session, bank: Bank, member_id: int, *, by: Actor, now: datetime) -> Member:
    """Take the applicant in: an account with the bank's limits, the next number, and a welcome. Raises NotInThatState."""
    _require_broker(by)
    _one_at_a_time(session, bank)
    member = _applicant(session, bank, member_id)
    member.number = queries.next_number(session, bank)
    member.joined_on = _today(bank, now)
    _open_account(session, bank, member, status="active", now=now)
    _record(session, member, "approved", by=by, now=now)
    tell(
        session,
        bank,
        member.id,
        cause=f"member:{member.id}:approved",
        subject=f"Welcome to {bank.name}",
        body=_welcome(bank, member),
        now=now,
    )
    return member


def decline(session: Session, bank: Bank, member_id: int, *, by: Actor, now: datetime) -> None:
    """Turn the application down and erase it, whole. Raises NotInThatState."""
    _require_broker(by)
    member = _applicant(session, bank, member_id)
    for event in queries.events(session, bank, member.id):
        session.delete(event)
    session.flush()
    session.delete(member)
    session.flush()


def enrol(
    session: Session,
    bank: Bank,
    *,
    name: str,
    number: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    area: str | None = None,
    date_of_birth: date | None = None,
    about: str | None = None,
    capacity: str = "resident",
    role: str = "member",
    status: str = "active",
    joined_on: date | None = None,
    by: Actor,
    now: datetime,
) -> Member:
    """A broker writes a member in: an account with the bank's limits, `number` or the next one. Nobody is told.

    `status` is active, paused or left; the account of one who has left is open, so that their hours can still be brought in.
    Raises Invalid naming each detail that is wrong, NumberTaken; only a coordinator may enrol staff.
    """
    _require_broker(by)
    if role != "member" and not by.is_coordinator:
        raise NotAllowed("Only a coordinator may make somebody broker or coordinator.")
    if status not in {"active", "paused", "left"}:
        raise _wrong("status", "Choose one of: active, paused, left.")
    details = {"name": name, "number": number, "email": email, "phone": phone, "address": address, "area": area}
    details |= {"date_of_birth": date_of_birth, "about": about, "capacity": capacity, "role": role, "joined_on": joined_on}
    kept = checked(details, today=_today(bank, now))
    _one_at_a_time(session, bank)
    if kept["number"] is None:
        kept["number"] = queries.next_number(session, bank)
    _require_free(session, bank, kept["number"])
    kept["joined_on"] = kept["joined_on"] or _today(bank, now)
    member = Member(bank_id=bank.id, status="applied", created_at=now, **kept)
    session.add(member)
    _open_account(session, bank, member, status=status, now=now)
    _record(session, member, "enrolled", by=by, now=now)
    return member


def add_organisation(session: Session, bank: Bank, *, name: str, about: str = "", by: Actor, now: datetime) -> Organisation:
    """Take in a partner, with an account under the bank's limits. Raises NameTaken, Invalid."""
    _require_broker(by)
    kept = checked({"name": name, "about": about}, today=_today(bank, now))
    _one_at_a_time(session, bank)
    _require_free_name(session, bank, kept["name"])
    limits = {"floor": bank.member_floor, "ceiling": bank.member_ceiling}
    account_id = ledger.open_account(session, bank, "organisation", kept["name"], **limits, now=now)
    organisation = Organisation(
        bank_id=bank.id, name=kept["name"], about=kept["about"] or "", account_id=account_id, created_at=now
    )
    session.add(organisation)
    session.flush()
    return organisation


def tell(session: Session, bank: Bank, member_id: int, *, cause: str, subject: str, body: str, now: datetime) -> None:
    """Tell a member something: by e-mail, or through a broker's call when they have no address.

    `cause` names the event (`exchange:12:logged`); a person is told of it once. Who has left is told nothing.
    """
    member = queries.member(session, bank, member_id)
    if member.status == "left":
        return
    notices.write(
        session,
        bank,
        addressee=f"member:{member.id}",
        name=member.name,
        email=member.email,
        subject=subject,
        body=body,
        cause=cause,
        now=now,
    )


def _open_account(session: Session, bank: Bank, member: Member, *, status: str, now: datetime) -> None:
    limits = {"floor": bank.member_floor, "ceiling": bank.member_ceiling}
    member.account_id = ledger.open_account(session, bank, "member", member.name, **limits, now=now)
    member.status = status
    session.flush()


def _welcome(bank: Bank, member: Member) -> str:
    contact = " ".join(filter(None, [bank.contact_name, bank.contact_phone]))
    ring = f" Ring {contact} with any question." if contact else ""
    return f"You are a member of {bank.name} now. Your member number is {member.number}.{ring}"


def _applicant(session: Session, bank: Bank, member_id: int) -> Member:
    member = queries.member(session, bank, member_id)
    if member.status != "applied":
        raise NotInThatState("That application was answered already.")
    return member


def _record(session: Session, member: Member, kind: str, detail: str = "", *, by: Actor, now: datetime) -> None:
    session.add(MemberEvent(bank_id=member.bank_id, member_id=member.id, kind=kind, detail=detail, by=by.key, at=now))
    session.flush()


def _require_broker(by: Actor) -> None:
    if not by.is_broker:
        raise NotAllowed("This is for the staff of the time bank. Ring your broker if you need it.")


def _require_free(session: Session, bank: Bank, number: str) -> None:
    if session.execute(select(Member.id).where(Member.bank_id == bank.id, Member.number == number)).first():
        raise NumberTaken(number)


def _require_free_name(session: Session, bank: Bank, name: str) -> None:
    if session.execute(select(Organisation.id).where(Organisation.bank_id == bank.id, Organisation.name == name)).first():
        words = f"There is an organisation called {name} already."
        raise NameTaken(words, fields={"name": words})


def _one_at_a_time(session: Session, bank: Bank) -> None:
    """Others who give out numbers or roles in this bank wait here until this transaction ends.

    On SQLite there is only ever one writer.
    """
    session.execute(select(Bank.id).where(Bank.id == bank.id).with_for_update(key_share=True))


def _today(bank: Bank, now: datetime) -> date:
    return local_date(now, bank.timezone)


def _wrong(field: str, words: str) -> Invalid:
    return Invalid(words, fields={field: words})
