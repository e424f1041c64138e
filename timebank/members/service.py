"""Members, organisations, groups and helpers: one function per use case. The caller commits.

`now` is UTC and `by` whoever does it. Every function raises NotFound for people of another bank and
NotAllowed when it is not `by`'s to do. What was done is kept as an event, without personal data.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Role
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.banks.rules import is_slug, is_timezone
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import Leg, NewEntry, Provenance
from timebank.members import queries, rules
from timebank.members.errors import (
    LastCoordinator,
    NameTaken,
    NotInThatState,
    NotTakingApplications,
    NumberTaken,
)
from timebank.members.models import (
    Contact,
    Group,
    GroupMember,
    Helper,
    KeptApart,
    Member,
    MemberCheck,
    MemberEvent,
    Organisation,
    Profile,
)
from timebank.notices import service as notices_service
from timebank.notices.models import Preference
from timebank.notices.rules import Addressee, Letter, NewNotice
from timebank.say import say

Shared = TypeVar("Shared", Organisation, Group)
"""Those whose account is not one person's."""


def open_bank(
    session: Session,
    *,
    name: str,
    slug: str | None = None,
    timezone: str = "Europe/London",
    now: datetime,
) -> Bank:
    """Make a bank and open its books. Without a `slug` the address is made from the name.

    Raises Invalid for an address or a time zone that cannot be, NameTaken for an address another
    bank has.
    """
    if not is_timezone(timezone):
        raise Invalid.on(
            "timezone",
            say(
                "“%(timezone)s” is no time zone. Write one such as Europe/London.",
                timezone=timezone,
            ),
        )
    if not name.strip() or len(name) > 120:
        raise Invalid.on("name", say("Write the bank's name, at most 120 characters."))
    if slug is None:
        slug = _free_slug(session, name)
    elif not is_slug(slug):
        raise Invalid.on(
            "slug",
            say("The address is made of small letters a to z, digits and hyphens, at most 60."),
        )
    elif _slug_taken(session, slug):
        raise _slug_is_taken(slug)
    bank = Bank(slug=slug, name=name.strip(), timezone=timezone, created_at=now)
    try:
        with session.begin_nested():
            session.add(bank)
            session.flush()
    except IntegrityError:  # Somebody else was faster.
        raise _slug_is_taken(slug) from None
    ledger_service.open_books(session, bank, now=now)
    return bank


def _free_slug(session: Session, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("-") or "bank"
    slug, n = stem, 1
    while _slug_taken(session, slug):
        n += 1
        slug = f"{stem}-{n}"
    return slug


def _slug_is_taken(slug: str) -> NameTaken:
    words = say("Another bank has the address “%(slug)s”.", slug=slug)
    return NameTaken(words, fields={"slug": words})


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
    """Somebody asks to join: an application, for a broker to answer. No account, number or login
    yet.

    Raises NotTakingApplications; Invalid naming each detail that is wrong. Whether the bank knows
    the person already is told to nobody here: see `queries.look_alikes`.
    """
    if not bank.joining_open:
        raise NotTakingApplications(
            say("%(name)s is taking no applications just now.", name=bank.name)
        )
    details = {"name": name, "email": email, "phone": phone, "address": address, "area": area}
    details |= {"date_of_birth": date_of_birth, "about": about}
    member = Member(
        bank_id=bank.id,
        status="applied",
        created_at=now,
        **rules.checked(details, today=_today(bank, now)),
    )
    session.add(member)
    session.flush()
    _record(session, member, Act(Actor.system(bank.id, "join"), now), "applied")
    return member


def approve(session: Session, bank: Bank, member_id: int, act: Act) -> Member:
    """Take the applicant in: an account with the bank's limits, the next number, and a welcome.
    Raises NotInThatState."""
    rules.require_broker(act.by)
    one_at_a_time(session, bank)
    member = queries.applicant(session, bank, member_id)
    member.number = member.number or queries.next_number(session, bank)
    member.joined_on = _today(bank, act.now)
    _open_account(session, bank, member, status="active", now=act.now)
    _record(session, member, act, "approved")
    notice = NewNotice(_welcome(bank, member), cause=f"member:{member.id}:approved")
    tell(session, bank, member.id, notice, now=act.now)
    return member


def decline(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Turn the application down and erase it, whole. Raises NotInThatState."""
    rules.require_broker(act.by)
    member = queries.applicant(session, bank, member_id)
    for event in queries.events(session, bank, member.id):
        session.delete(event)
    session.flush()
    session.delete(member)
    session.flush()


def enrol(
    session: Session,
    bank: Bank,
    act: Act,
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
) -> Member:
    """A broker writes a member in: an account with the bank's limits, `number` or the next one.
    Nobody is told.

    `status` is active, paused or left; the account of one who has left is open, so that their hours
    can still be brought in. Raises Invalid naming each detail that is wrong, NumberTaken; only a
    coordinator may enrol staff.
    """
    rules.require_broker(act.by)
    if role != "member" and not act.by.is_coordinator:
        raise NotAllowed(say("Only a coordinator may make somebody broker or coordinator."))
    if status not in {"active", "paused", "left"}:
        raise Invalid.on("status", say("Choose one of: active, paused, left."))
    details = {
        "name": name,
        "number": number,
        "email": email,
        "phone": phone,
        "address": address,
        "area": area,
    }
    details |= {
        "date_of_birth": date_of_birth,
        "about": about,
        "capacity": capacity,
        "role": role,
        "joined_on": joined_on,
    }
    kept = rules.checked(details, today=_today(bank, act.now))
    one_at_a_time(session, bank)
    if kept["number"] is None:
        kept["number"] = queries.next_number(session, bank)
    _require_free(session, bank, kept["number"])
    kept["joined_on"] = kept["joined_on"] or _today(bank, act.now)
    member = Member(bank_id=bank.id, status="applied", created_at=act.now, **kept)
    session.add(member)
    _open_account(session, bank, member, status=status, now=act.now)
    _record(session, member, act, "enrolled")
    return member


def change(session: Session, bank: Bank, member_id: int, act: Act, **details: Any) -> Member:
    """Change details of a member: any of `rules.ALL_DETAILS` by whoever manages them, of
    `rules.OWN_DETAILS` by themselves.

    Raises Invalid naming each detail that is wrong, NumberTaken, NotInThatState for one who has
    left.
    """
    member = _present(session, bank, member_id)
    if not rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(
            say("Only the member and the staff of the time bank may change these details.")
        )
    if not act.by.is_broker and not details.keys() <= set(rules.OWN_DETAILS):
        raise NotAllowed(
            say(
                "Your number, capacity and day of joining are kept by your broker. Ring them to"
                " have one changed."
            )
        )
    kept = rules.checked(details, today=_today(bank, act.now))
    changed = [field for field, value in kept.items() if value != getattr(member, field)]
    if "number" in changed:
        _give_number(session, bank, member, kept["number"])
    for field in changed:
        setattr(member, field, kept[field])
    if "name" in changed and member.account_id is not None:
        ledger_service.relabel(session, bank, member.account_id, member.name)
    if changed:
        _record(
            session, member, act, "changed", ", ".join(field.replace("_", " ") for field in changed)
        )
    return member


def set_role(session: Session, bank: Bank, member_id: int, role: str, act: Act) -> Member:
    """Make a member broker, coordinator, or member again; a coordinator's to do. Raises
    LastCoordinator, Invalid."""
    rules.require_coordinator(act.by)
    rules.checked({"role": role}, today=_today(bank, act.now))
    one_at_a_time(session, bank)
    member = _taking_part(session, bank, member_id)
    if role != member.role:
        if role != "coordinator":
            _keep_a_coordinator(session, bank, member)
        if role == "member":
            _hand_over(session, bank, member.id)
        _record(session, member, act, "role", f"{member.role} to {role}")
        member.role = Role(role)
        session.flush()
    return member


def set_limits(
    session: Session,
    bank: Bank,
    member_id: int,
    act: Act,
    *,
    floor: int | None,
    ceiling: int | None,
) -> Member:
    """How far below zero the member's account may go, and how much it may hold, in minutes; None:
    no bound.

    A coordinator's to do. Raises Invalid for limits that the balance is outside of, or that make no
    sense.
    """
    rules.require_coordinator(act.by)
    member = _taking_part(session, bank, member_id)
    account_id = _account_id(member)
    rules.check_limits(floor, ceiling, balance=ledger.balance(session, bank, account_id))
    ledger_service.set_limits(session, bank, account_id, floor=floor, ceiling=ceiling)
    _record(session, member, act, "limits", rules.limits_in_words(floor, ceiling))
    return member


def pause(session: Session, bank: Bank, member_id: int, act: Act) -> Member:
    """Set somebody aside for a while. Raises NotInThatState, LastCoordinator."""
    one_at_a_time(session, bank)
    member = _managed(session, bank, member_id, act.by)
    if member.status != "active":
        raise NotInThatState(say("%(name)s is paused already.", name=member.name))
    _keep_a_coordinator(session, bank, member)
    return _set_status(session, member, "paused", act)


def resume(session: Session, bank: Bank, member_id: int, act: Act) -> Member:
    """Have somebody who was paused take part again. Raises NotInThatState."""
    member = _managed(session, bank, member_id, act.by)
    if member.status != "paused":
        raise NotInThatState(say("%(name)s is not paused.", name=member.name))
    return _set_status(session, member, "active", act)


def leave(session: Session, bank: Bank, member_id: int, act: Act, *, settle: bool = True) -> Member:
    """Take a member out: their personal data is erased here, their account settled with the chest
    (if `settle`) and closed.

    What other rooms hold on them is for the room that sees them all: `timebank.leaving`. Raises
    NotInThatState, LastCoordinator, NotAllowed.
    """
    one_at_a_time(session, bank)
    member = _taking_part(session, bank, member_id)
    if not rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(say("Only the member and the staff of the time bank may do this."))
    _keep_a_coordinator(session, bank, member)
    account_id = _account_id(member)
    if settle:
        _settle(
            session,
            bank,
            account_id,
            act,
            cause=f"leaving:{member.id}",
            on_word_of=f"member:{member.id}",
        )
    ledger_service.relabel(session, bank, account_id, rules.FORMER)
    ledger_service.close_account(session, bank, account_id, now=act.now)
    for help_ in [
        *queries.helpers_of(session, bank, member.id),
        *queries.helped_by(session, bank, member.id),
    ]:
        revoke_helper(session, bank, help_.id, act)
    mine = (
        Helper.bank_id == bank.id,
        or_(Helper.member_id == member.id, Helper.helper_id == member.id),
    )
    session.execute(update(Helper).where(*mine).values(relation=""))
    session.execute(
        delete(Contact).where(Contact.bank_id == bank.id, Contact.member_id == member.id)
    )
    _end_belonging(session, bank, GroupMember.member_id == member.id, now=act.now)
    _forget_profile(session, bank, member.id)
    notices_service.forget(session, bank, f"member:{member.id}")
    for field in ("email", "phone", "address", "area", "date_of_birth", "about"):
        setattr(member, field, None)
    member.name, member.role, member.left_on = rules.FORMER, Role.MEMBER, _today(bank, act.now)
    return _set_status(session, member, "left", act)


def grant_helper(
    session: Session, bank: Bank, member_id: int, helper_id: int, act: Act, *, relation: str = ""
) -> Helper:
    """Let `helper_id` act for `member_id` until it is revoked; both are told. `relation`:
    "daughter", "neighbour".

    Raises Invalid for oneself, Conflict when it is so already, NotInThatState when either has left.
    """
    if not rules.may_grant_help(act.by, member_id):
        raise NotAllowed(
            say("Only the member, or a broker on their word, may name a helper for them.")
        )
    kept = rules.checked({"relation": relation}, today=_today(bank, act.now))
    one_at_a_time(session, bank)
    member, helper = _taking_part(session, bank, member_id), _taking_part(session, bank, helper_id)
    if member.id == helper.id:
        raise Invalid.on(
            "helper", say("Nobody needs naming as their own helper. Choose somebody else.")
        )
    if any(help_.helper.id == helper.id for help_ in queries.helpers_of(session, bank, member.id)):
        raise Invalid.on(
            "helper",
            say("%(name)s may act for %(name_2)s already.", name=helper.name, name_2=member.name),
        )
    grant = Helper(
        bank_id=bank.id,
        member_id=member.id,
        helper_id=helper.id,
        relation=kept["relation"] or "",
        granted_by=act.by.key,
        granted_at=act.now,
    )
    session.add(grant)
    session.flush()
    _record(session, member, act, "helper_named", f"member:{helper.id}")
    _record(session, helper, act, "became_helper", f"member:{member.id}")
    _tell_both(
        session,
        bank,
        grant,
        "granted",
        Letter(
            say("%(helper)s may act for %(name)s", helper=helper.name, name=member.name),
            say(
                "%(helper)s may now log, confirm and give hours for %(name)s. Either of you can end"
                " this on the page “Me”.",
                helper=helper.name,
                name=member.name,
            ),
        ),
        now=act.now,
    )
    return grant


def revoke_helper(session: Session, bank: Bank, helper_grant_id: int, act: Act) -> None:
    """End a helper relation, from either side or by a broker; both are told. A second time changes
    nothing."""
    statement = select(Helper).where(Helper.bank_id == bank.id, Helper.id == helper_grant_id)
    grant = session.execute(statement).scalar_one_or_none()
    if grant is None or not (rules.may_revoke_help(act.by, grant.member_id, grant.helper_id)):
        raise NotFound(say("There is no such helper here."))
    if grant.revoked_at is not None:
        return
    grant.revoked_at = act.now
    member, helper = (
        queries.member(session, bank, side) for side in (grant.member_id, grant.helper_id)
    )
    _record(session, member, act, "helper_ended", f"member:{helper.id}")
    _record(session, helper, act, "helping_ended", f"member:{member.id}")
    _tell_both(
        session,
        bank,
        grant,
        "revoked",
        Letter(
            say("%(helper)s no longer acts for %(name)s", helper=helper.name, name=member.name),
            say(
                "%(helper)s can no longer act for %(name)s. What was done so far stays as it is.",
                helper=helper.name,
                name=member.name,
            ),
        ),
        now=act.now,
    )


def set_profile(session: Session, bank: Bank, member_id: int, act: Act, **profile: Any) -> Profile:
    """Keep what helps to find the right person for a member: any of `languages`, `access_needs`,
    `times`, `broker_id`.

    The member's to do, of those who act for them, and of brokers; which broker looks after them
    only a broker says. Raises Invalid naming each answer that is wrong, NotInThatState.
    """
    member = _taking_part(session, bank, member_id)
    if not act.by.is_broker and not queries.acts_for(session, bank, act.by, member.id):
        raise NotAllowed(
            say("Only the member, those who act for them, and the staff may change this.")
        )
    kept = rules.checked_profile(profile)
    one_at_a_time(session, bank)
    found = queries.profile(session, bank, member.id)
    changed = [field for field, value in kept.items() if value != getattr(found, field)]
    if "broker_id" in changed:
        rules.require_broker(act.by)
        _check_looks_after(session, bank, kept["broker_id"])
    for field in changed:
        setattr(found, field, kept[field])
    if changed:
        session.add(found)
        words = {"broker_id": "broker", "access_needs": "access needs"}
        _record(
            session, member, act, "profile", ", ".join(words.get(field, field) for field in changed)
        )
    return found


def _check_looks_after(session: Session, bank: Bank, broker_id: int | None) -> None:
    if broker_id is not None and broker_id not in {one.id for one in queries.staff(session, bank)}:
        raise Invalid.on(
            "broker_id", say("Only a broker or a coordinator can look after somebody.")
        )


def record_check(
    session: Session,
    bank: Bank,
    member_id: int,
    kind: str,
    act: Act,
    *,
    held_since: date,
    expires_on: date | None = None,
) -> MemberCheck:
    """Write down that somebody holds a check (see `rules.CHECKS`), or that it was renewed. A
    broker's to do.

    `expires_on` is its last day; None: it does not run out. Raises Invalid, NotInThatState.
    """
    rules.require_broker(act.by)
    member = _taking_part(session, bank, member_id)
    if kind not in rules.CHECKS:
        raise Invalid.on("kind", say("Choose one of: %(checks)s.", checks=", ".join(rules.CHECKS)))
    rules.check_dates(held_since, expires_on, today=_today(bank, act.now))
    one_at_a_time(session, bank)
    held = next(
        (check for check in queries.checks(session, bank, member.id) if check.kind == kind), None
    )
    check = held or MemberCheck(bank_id=bank.id, member_id=member.id, kind=kind)
    check.held_since, check.expires_on, check.by, check.at = (
        held_since,
        expires_on,
        act.by.key,
        act.now,
    )
    session.add(check)
    until = f" until {expires_on.isoformat()}" if expires_on else ""
    _record(session, member, act, "check_held", f"{rules.CHECK_WORDS[kind]}{until}")
    return check


def drop_check(session: Session, bank: Bank, member_id: int, check_id: int, act: Act) -> None:
    """Somebody no longer holds a check. A broker's to do."""
    rules.require_broker(act.by)
    member = _present(session, bank, member_id)
    check = next(
        (one for one in queries.checks(session, bank, member.id) if one.id == check_id), None
    )
    if check is None:
        raise NotFound(say("There is no such check here."))
    _record(session, member, act, "check_dropped", rules.CHECK_WORDS[check.kind])
    session.delete(check)
    session.flush()


def keep_apart(session: Session, bank: Bank, member_id: int, other_id: int, act: Act) -> KeptApart:
    """See to it that a member is neither introduced to another nor written to by them. The other is
    told nothing.

    The member's to do, of those who act for them, and of brokers on their word. Raises Invalid for
    oneself and for what is so already, NotInThatState when either has left.
    """
    _require_may_keep_apart(session, bank, member_id, act.by)
    one_at_a_time(session, bank)
    member, other = _taking_part(session, bank, member_id), _taking_part(session, bank, other_id)
    if member.id == other.id:
        raise Invalid.on(
            "other", say("Nobody can be kept apart from themselves. Choose somebody else.")
        )
    if any(one.other.id == other.id for one in queries.apart(session, bank, member.id)):
        raise Invalid.on("other", say("%(name)s is on this list already.", name=other.name))
    made = KeptApart(
        bank_id=bank.id, member_id=member.id, other_id=other.id, by=act.by.key, at=act.now
    )
    session.add(made)
    # Nothing is written into the other's own history: they are not to know.
    _record(session, member, act, "kept_apart", f"member:{other.id}")
    return made


def end_keeping_apart(
    session: Session, bank: Bank, member_id: int, apart_id: int, act: Act
) -> None:
    """Let the two be brought together again, for whoever may ask for the contrary. A second time
    changes nothing.

    What the other one asked for is not touched by it.
    """
    _require_may_keep_apart(session, bank, member_id, act.by)
    mine = (
        KeptApart.bank_id == bank.id,
        KeptApart.id == apart_id,
        KeptApart.member_id == member_id,
    )
    found = session.execute(select(KeptApart).where(*mine)).scalar_one_or_none()
    if found is None:
        raise NotFound(say("There is nobody of that kind on this list."))
    if found.ended_at is None:
        found.ended_at = act.now
        member = queries.member(session, bank, member_id)
        _record(session, member, act, "apart_ended", f"member:{found.other_id}")


def _require_may_keep_apart(session: Session, bank: Bank, member_id: int, by: Actor) -> None:
    if not rules.may_keep_apart(
        by, member_id, acts_for=queries.acts_for(session, bank, by, member_id)
    ):
        raise NotAllowed(
            say("Only the member, those who act for them, and brokers on their word may do this.")
        )


def _forget_profile(session: Session, bank: Bank, member_id: int) -> None:
    """Erase what was kept to find the right person for somebody, and whom to keep them apart from,
    whoever asked for it."""
    session.execute(
        delete(Profile).where(Profile.bank_id == bank.id, Profile.member_id == member_id)
    )
    session.execute(
        delete(MemberCheck).where(
            MemberCheck.bank_id == bank.id, MemberCheck.member_id == member_id
        )
    )
    either = or_(KeptApart.member_id == member_id, KeptApart.other_id == member_id)
    session.execute(delete(KeptApart).where(KeptApart.bank_id == bank.id, either))
    _hand_over(session, bank, member_id)


def _hand_over(session: Session, bank: Bank, broker_id: int) -> None:
    """Nobody is looked after by somebody who is no broker any more."""
    theirs = (Profile.bank_id == bank.id, Profile.broker_id == broker_id)
    session.execute(update(Profile).where(*theirs).values(broker_id=None))


def add_organisation(
    session: Session, bank: Bank, act: Act, *, name: str, about: str = ""
) -> Organisation:
    """Take in a partner, with an account under the bank's limits. Raises NameTaken, Invalid."""
    return _open_shared(session, bank, Organisation, "organisation", name, about, act)


def change_organisation(
    session: Session, bank: Bank, organisation_id: int, act: Act, *, name: str, about: str = ""
) -> Organisation:
    """Change what a partner is called and what is said about it. Raises NameTaken, Invalid,
    NotInThatState."""
    rules.require_broker(act.by)
    return _change_shared(
        session, bank, _partner(session, bank, organisation_id), name, about, now=act.now
    )


def add_contact(
    session: Session,
    bank: Bank,
    organisation_id: int,
    act: Act,
    *,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    member_id: int | None = None,
) -> Contact:
    """Name somebody who speaks for an organisation. With a `member_id` that member may act for it,
    and `name` may be left out.

    Raises Invalid; NotInThatState for an organisation that is closed or a member who has left.
    """
    rules.require_broker(act.by)
    organisation = _partner(session, bank, organisation_id)
    member = _taking_part(session, bank, member_id) if member_id is not None else None
    if member and any(
        contact.member_id == member.id
        for contact in queries.contacts(session, bank, organisation.id)
    ):
        raise Invalid.on(
            "member",
            say(
                "%(name)s speaks for %(name_2)s already.",
                name=member.name,
                name_2=organisation.name,
            ),
        )
    details = {"name": name or (member.name if member else ""), "phone": phone, "email": email}
    contact = Contact(
        bank_id=bank.id,
        organisation_id=organisation.id,
        member_id=member_id,
        **rules.checked(details, today=_today(bank, act.now)),
    )
    session.add(contact)
    session.flush()
    if member:
        _record(session, member, act, "became_contact", f"organisation:{organisation.id}")
    return contact


def remove_contact(session: Session, bank: Bank, contact_id: int, act: Act) -> None:
    """Somebody no longer speaks for an organisation: what was kept of them as its contact is
    erased."""
    rules.require_broker(act.by)
    found = session.execute(
        select(Contact).where(Contact.bank_id == bank.id, Contact.id == contact_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(say("There is no such contact here."))
    if found.member_id is not None:
        member = queries.member(session, bank, found.member_id)
        _record(session, member, act, "contact_ended", f"organisation:{found.organisation_id}")
    session.delete(found)
    session.flush()


def close_organisation(
    session: Session, bank: Bank, organisation_id: int, act: Act, *, settle: bool = True
) -> Organisation:
    """End a partnership: the account is settled with the chest (if `settle`) and closed, the
    contacts are erased.

    A coordinator's to do. Raises NotInThatState.
    """
    rules.require_coordinator(act.by)
    organisation = _partner(session, bank, organisation_id)
    session.execute(
        delete(Contact).where(
            Contact.bank_id == bank.id, Contact.organisation_id == organisation.id
        )
    )
    return _close_shared(
        session,
        bank,
        organisation,
        f"organisation:{organisation.id}",
        act,
        settle=settle,
    )


def open_group(session: Session, bank: Bank, act: Act, *, name: str, about: str = "") -> Group:
    """Make a group of members with an account they share, under the bank's limits. A broker's to
    do.

    Raises NameTaken, Invalid.
    """
    return _open_shared(session, bank, Group, "group", name, about, act)


def change_group(
    session: Session, bank: Bank, group_id: int, act: Act, *, name: str, about: str = ""
) -> Group:
    """Change what a group is called and what is said about it. A broker's to do. Raises NameTaken,
    Invalid, NotInThatState."""
    rules.require_broker(act.by)
    return _change_shared(
        session, bank, _open_one(session, bank, group_id), name, about, now=act.now
    )


def set_group_limits(
    session: Session,
    bank: Bank,
    group_id: int,
    *,
    floor: int | None,
    ceiling: int | None,
    by: Actor,
) -> Group:
    """How far below zero a group's account may go, and how much it may hold, in minutes; None: no
    bound.

    A coordinator's to do. Raises Invalid as `set_limits` does, NotInThatState.
    """
    rules.require_coordinator(by)
    group = _open_one(session, bank, group_id)
    rules.check_limits(floor, ceiling, balance=ledger.balance(session, bank, group.account_id))
    ledger_service.set_limits(session, bank, group.account_id, floor=floor, ceiling=ceiling)
    return group


def add_to_group(
    session: Session, bank: Bank, group_id: int, member_id: int, act: Act
) -> GroupMember:
    """Take a member into a group, which they may act for from now on; they are told. A broker's to
    do.

    Raises Invalid for one who is in it already, NotInThatState for a group that is closed or a
    member who has left.
    """
    rules.require_broker(act.by)
    one_at_a_time(session, bank)
    group = _open_one(session, bank, group_id)
    member = _taking_part(session, bank, member_id)
    if any(
        one.member.id == member.id for one in queries.people_of(session, bank, [group.id])[group.id]
    ):
        raise Invalid.on(
            "member", say("%(name)s is in %(name_2)s already.", name=member.name, name_2=group.name)
        )
    belonging = GroupMember(
        bank_id=bank.id, group_id=group.id, member_id=member.id, by=act.by.key, joined_at=act.now
    )
    session.add(belonging)
    session.flush()
    _record(session, member, act, "joined_group", f"group:{group.id}")
    if act.by.member_id != member.id:
        letter = Letter(
            say("You are in %(name)s", name=group.name),
            say(
                "You are in the group %(name)s now. You may log, confirm and give its hours, and"
                " leave it on its page.",
                name=group.name,
            ),
        )
        notice = NewNotice(letter, cause=f"belonging:{belonging.id}:joined")
        tell(session, bank, member.id, notice, now=act.now)
    return belonging


def leave_group(session: Session, bank: Bank, group_id: int, member_id: int, act: Act) -> None:
    """A member is in a group no more: they say so themselves, who acts for them does, or a broker.

    What was done for the group stays as it is. Raises NotAllowed; NotFound for one who is not in
    it.
    """
    group = queries.group(session, bank, group_id)
    member = queries.member(session, bank, member_id)
    if not rules.may_leave_group(
        act.by, member.id, acts_for=queries.acts_for(session, bank, act.by, member.id)
    ):
        raise NotAllowed(
            say(
                "Only the member, those who act for them, and the staff of the time bank may do"
                " this."
            )
        )
    if not _end_belonging(
        session,
        bank,
        GroupMember.group_id == group.id,
        GroupMember.member_id == member.id,
        now=act.now,
    ):
        raise NotFound(say("%(name)s is not in %(name_2)s.", name=member.name, name_2=group.name))
    _record(session, member, act, "left_group", f"group:{group.id}")


def close_group(
    session: Session, bank: Bank, group_id: int, act: Act, *, settle: bool = True
) -> Group:
    """End a group: the account is settled with the chest (if `settle`) and closed, and nobody is in
    it any more.

    A coordinator's to do. Raises NotInThatState.
    """
    rules.require_coordinator(act.by)
    one_at_a_time(session, bank)
    group = _open_one(session, bank, group_id)
    _end_belonging(session, bank, GroupMember.group_id == group.id, now=act.now)
    return _close_shared(session, bank, group, f"group:{group.id}", act, settle=settle)


def _open_shared(
    session: Session, bank: Bank, table: type[Shared], kind: str, name: str, about: str, act: Act
) -> Shared:
    rules.require_broker(act.by)
    kept = rules.checked({"name": name, "about": about}, today=_today(bank, act.now))
    one_at_a_time(session, bank)
    _require_free_name(session, bank, kept["name"])
    limits = {"floor": bank.member_floor, "ceiling": bank.member_ceiling}
    account_id = ledger_service.open_account(
        session, bank, kind, kept["name"], **limits, now=act.now
    )
    opened = table(
        bank_id=bank.id,
        name=kept["name"],
        about=kept["about"] or "",
        account_id=account_id,
        created_at=act.now,
    )
    session.add(opened)
    session.flush()
    return opened


def _change_shared(
    session: Session, bank: Bank, shared: Shared, name: str, about: str, *, now: datetime
) -> Shared:
    kept = rules.checked({"name": name, "about": about}, today=_today(bank, now))
    if kept["name"] != shared.name:
        one_at_a_time(session, bank)
        _require_free_name(session, bank, kept["name"])
        ledger_service.relabel(session, bank, shared.account_id, kept["name"])
    shared.name, shared.about = kept["name"], kept["about"] or ""
    session.flush()
    return shared


def _close_shared(
    session: Session, bank: Bank, shared: Shared, key: str, act: Act, *, settle: bool
) -> Shared:
    if settle:
        _settle(session, bank, shared.account_id, act, cause=f"closing:{key}", on_word_of=key)
    ledger_service.close_account(session, bank, shared.account_id, now=act.now)
    shared.closed_at = act.now
    session.flush()
    return shared


def _end_belonging(session: Session, bank: Bank, *whose: ColumnElement[bool], now: datetime) -> int:
    """End these memberships of groups, as many as are in force, and say how many that were."""
    in_force = (GroupMember.bank_id == bank.id, GroupMember.left_at.is_(None), *whose)
    ended = session.execute(
        update(GroupMember).where(*in_force).values(left_at=now).returning(GroupMember.id)
    )
    return len(ended.all())


def tell(
    session: Session,
    bank: Bank,
    member_id: int,
    notice: NewNotice,
    *,
    now: datetime,
) -> None:
    """Tell a member something in their language, the way they like to be told; when that cannot be,
    another, at last through a broker's call. Who has left is told nothing."""
    member = queries.member(session, bank, member_id)
    if member.status == "left":
        return
    addressee = Addressee(
        key=f"member:{member.id}",
        name=member.name,
        language=member.language,
        email=member.email,
        phone=member.phone,
        postal=member.address,
    )
    notices_service.write(session, bank, addressee, notice, now=now)


def set_preference(
    session: Session,
    bank: Bank,
    member_id: int,
    act: Act,
    *,
    channel: str | None = None,
    quiet_from: int | None = None,
    quiet_until: int | None = None,
    digest: bool = True,
) -> Preference:
    """Keep how a member likes to be told: they themselves say so, or the staff on their word.

    `channel` is one of the notices' channels, None for "as suits"; nothing goes out by itself
    between `quiet_from` and `quiet_until` (minutes after midnight where the bank is), which may
    reach past midnight; `digest` asks for the weekly letter. Raises NotAllowed, NotInThatState;
    Invalid for a channel without an address, and for hours that are none.
    """
    member = _taking_part(session, bank, member_id)
    if not rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(say("Only the member and the staff of the time bank may do this."))
    rules.check_preference(
        channel,
        (quiet_from, quiet_until),
        reach={"email": member.email, "text": member.phone, "letter": member.address},
    )
    wishes = {
        "channel": channel,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "digest": digest,
    }
    kept = notices_service.set_preference(session, bank, f"member:{member.id}", **wishes)
    _record(session, member, act, "notices_set")
    return kept


def _open_account(
    session: Session, bank: Bank, member: Member, *, status: str, now: datetime
) -> None:
    limits = {"floor": bank.member_floor, "ceiling": bank.member_ceiling}
    member.account_id = ledger_service.open_account(
        session, bank, "member", member.name, **limits, now=now
    )
    member.status = status
    session.flush()


def _welcome(bank: Bank, member: Member) -> Letter:
    contact = " ".join(filter(None, [bank.contact_name, bank.contact_phone]))
    # Translators: a person's name, their telephone number, or both.
    ring = [say("Ring %(contact)s with any question.", contact=contact)] if contact else []
    words = say(
        "You are a member of %(bank)s now. Your member number is %(number)s.",
        bank=bank.name,
        number=str(member.number),
    )
    return Letter(say("Welcome to %(bank)s", bank=bank.name), [words, *ring])


def _settle(
    session: Session, bank: Bank, account_id: int, act: Act, *, cause: str, on_word_of: str
) -> None:
    """Bring an account to zero over the chest, as `rules.settlement` says."""
    chest = ledger.chest(session, bank)
    balance = ledger.balance(session, bank, account_id)
    minutes = rules.settlement(balance, chest_balance=chest.balance, chest_floor=chest.floor)
    if minutes == 0:
        return
    payer, payee = (account_id, chest.id) if minutes > 0 else (chest.id, account_id)
    by = Provenance(
        act.by.key, Channel.SYSTEM if act.by.role == Role.SYSTEM else Channel.WEB, on_word_of
    )
    legs = [Leg(payer, payee, abs(minutes))]
    entry = NewEntry(cause, "settlement", _today(bank, act.now), legs, by)
    ledger_service.post(session, bank, entry)


def _tell_both(
    session: Session,
    bank: Bank,
    grant: Helper,
    what: str,
    letter: Letter,
    *,
    now: datetime,
) -> None:
    notice = NewNotice(letter, cause=f"helper:{grant.id}:{what}")
    for side in (grant.member_id, grant.helper_id):
        tell(session, bank, side, notice, now=now)


def _set_status(session: Session, member: Member, status: str, act: Act) -> Member:
    member.status = status
    _record(session, member, act, {"active": "resumed"}.get(status, status))
    return member


def _present(session: Session, bank: Bank, member_id: int) -> Member:
    member = queries.member(session, bank, member_id)
    if member.status == "left":
        raise NotInThatState(
            say("This member has left; nothing is kept of them that could be changed.")
        )
    return member


def _taking_part(session: Session, bank: Bank, member_id: int) -> Member:
    member = _present(session, bank, member_id)
    if member.status == "applied":
        raise NotInThatState(
            say("%(name)s has asked to join. Answer the application first.", name=member.name)
        )
    return member


def _managed(session: Session, bank: Bank, member_id: int, by: Actor) -> Member:
    rules.require_broker(by)
    member = _taking_part(session, bank, member_id)
    if not rules.may_manage(by, member.role):
        raise NotAllowed(say("Only a coordinator may do this to one of the staff."))
    return member


def _keep_a_coordinator(session: Session, bank: Bank, member: Member) -> None:
    """Raises LastCoordinator when the bank would have none without this one. The bank is locked by
    the caller."""
    if member.role == "coordinator" and not set(queries.coordinators(session, bank)) - {member.id}:
        raise LastCoordinator


def _give_number(session: Session, bank: Bank, member: Member, number: str | None) -> None:
    if number is None and member.status != "applied":
        raise Invalid.on("number", say("Every member has a number. Write one."))
    if number is not None:
        one_at_a_time(session, bank)
        _require_free(session, bank, number)


def _account_id(member: Member) -> int:
    if member.account_id is None:
        raise NotInThatState(say("%(name)s has no account yet.", name=member.name))
    return member.account_id


def _partner(session: Session, bank: Bank, organisation_id: int) -> Organisation:
    organisation = queries.organisation(session, bank, organisation_id)
    if organisation.closed_at is not None:
        raise NotInThatState(say("%(name)s is no longer a partner.", name=organisation.name))
    return organisation


def _open_one(session: Session, bank: Bank, group_id: int) -> Group:
    group = queries.group(session, bank, group_id)
    if group.closed_at is not None:
        raise NotInThatState(say("The group %(name)s is closed.", name=group.name))
    return group


def _record(session: Session, member: Member, act: Act, kind: str, detail: str = "") -> None:
    session.add(
        MemberEvent(
            bank_id=member.bank_id,
            member_id=member.id,
            kind=kind,
            detail=detail,
            by=act.by.key,
            at=act.now,
        )
    )
    session.flush()


def _require_free(session: Session, bank: Bank, number: str) -> None:
    if session.execute(
        select(Member.id).where(Member.bank_id == bank.id, Member.number == number)
    ).first():
        raise NumberTaken(number)


def _require_free_name(session: Session, bank: Bank, name: str) -> None:
    for what, table in (("an organisation", Organisation), ("a group", Group)):
        if session.execute(
            select(table.id).where(table.bank_id == bank.id, table.name == name)
        ).first():
            words = say("There is %(what)s called %(name)s already.", what=what, name=name)
            raise NameTaken(words, fields={"name": words})


def _today(bank: Bank, now: datetime) -> date:
    return local_date(now, bank.timezone)
