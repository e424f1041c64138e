"""Banks and their members: one function per use case. The caller commits.

Functions raise NotFound for people of another bank, and NotAllowed when it is not `act.by`'s to do.
What was done is kept in the audit trail, without personal data.
"""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Role
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.banks.rules import NewBank, check_new
from timebank.base import columns_of, insert_of
from timebank.errors import Invalid, NotAllowed
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import AccountKind, Limits
from timebank.members import acts, helping, meeting, partners, queries, rules, sayings
from timebank.members.errors import (
    KnownAlready,
    NameTaken,
    NotInThatState,
    NotTakingApplications,
    NumberTaken,
)
from timebank.members.models import (
    Contact,
    GroupMember,
    Helper,
    KeptApart,
    Member,
    OwnAddress,
    Page,
    Picture,
    Profile,
)
from timebank.members.rules import (
    Addresses,
    AddressKind,
    Details,
    NewLimits,
    NewMember,
    Showing,
    Status,
    Suiting,
    Traits,
    Wishes,
)
from timebank.notices import service as notices_service
from timebank.notices.models import Preference
from timebank.notices.rules import (
    Addressee,
    Letter,
    NewNotice,
    NoticeChannel,
    can_be_texted,
)
from timebank.say import Either, say

_MAY_BE_ENROLLED = (Status.ACTIVE, Status.PAUSED, Status.LEFT)
_ERASED = ("email", "phone", "address", "area", "date_of_birth", "about")


class Enrolled(NamedTuple):
    """Who was written in: the member's id and their account's."""

    id: int
    account_id: int


FIRST_OFFER = "directory.first_offer"
"""What a welcome asks, by the kind of a question of the room where one offers something."""

# ---- Banks ----


def open_bank(session: Session, new: NewBank, *, now: datetime) -> Bank:
    """Make a bank and open its books. `now` is UTC.

    Raises Invalid for an address, a name or a time zone that cannot be, NameTaken for an address
    another bank has.
    """
    check_new(new)
    slug = new.slug if new.slug is not None else _free_slug(session, new.name)
    if _slug_taken(session, slug):
        raise _slug_is_taken(slug)
    bank = Bank(
        slug=slug,
        name=new.name.strip(),
        timezone=new.timezone,
        language=new.language,
        languages=new.language,
        created_at=now,
    )
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
    sentence = say("Another bank has the address “%(slug)s”.", slug=slug)
    return NameTaken(sentence, fields={"slug": sentence})


def _slug_taken(session: Session, slug: str) -> bool:
    return session.execute(select(Bank.id).where(Bank.slug == slug)).first() is not None


# ---- Joining ----


def join(session: Session, bank: Bank, details: Details, *, now: datetime) -> Member:
    """Somebody asks to join: an application, for a broker to answer, and a letter of what comes
    next, the way they can be reached. No account, number or login yet. `now` is UTC.

    The same sent again is the same application. Whoever stands before a broker may have no way to
    be reached; the page asks for one, see `rules.check_reachable`. Raises NotTakingApplications;
    Invalid naming each detail that is wrong. Whether the bank knows the person already is told to
    nobody here: see `queries.look_alikes`.
    """
    if not bank.joining_open:
        raise NotTakingApplications(
            say("%(name)s is taking no applications just now.", name=bank.name)
        )
    act = Act(Actor.system(bank.id, "join"), now)
    checked = rules.checked(details, today=acts.today(bank, act))
    columns = _columns(checked)
    one_at_a_time(session, bank)
    for earlier in queries.applications(session, bank):
        if all(getattr(earlier, name) == value for name, value in columns.items()):
            return earlier
    member = Member(bank_id=bank.id, status=Status.APPLIED, created_at=now, **columns)
    session.add(member)
    session.flush()
    acts.record(session, member, act, "applied")
    way = _first_way(member)
    if way is not None:
        notice = NewNotice(_thanks(bank), f"member:{member.id}:applied", through=way)
        acts.tell(session, bank, member.id, notice, now=now)
    return member


def _first_way(member: Member) -> NoticeChannel | None:
    """How somebody is answered of whom no more is known than what they have just written; None:
    they are spoken with."""
    if member.email:
        return NoticeChannel.EMAIL
    if member.phone:
        return NoticeChannel.TEXT if can_be_texted(member.phone) else None
    return NoticeChannel.LETTER if member.address else None


def approve(
    session: Session, bank: Bank, member_id: int, act: Act, *, another: bool = False
) -> Member:
    """Take the applicant in: an account with the bank's limits, the next number, and a welcome.
    Raises NotInThatState; KnownAlready when they may be here already, unless it is said that it is
    `another`."""
    rules.require_broker(act.by)
    one_at_a_time(session, bank)
    member = queries.applicant(session, bank, member_id)
    if not another:
        _ask_if_known(session, bank, queries.traits(member), but=member.id)
    member.number = member.number or queries.next_number(session, bank)
    member.joined_on = acts.today(bank, act)
    _open_account(session, bank, member, Status.ACTIVE, act)
    acts.record(session, member, act, "approved")
    cause = f"member:{member.id}:approved"
    notice = NewNotice(_welcome(bank, member), cause, about=member.id)
    acts.tell(session, bank, member.id, notice, now=act.now)
    return member


def decline(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Turn the application down and erase it, whole. Raises NotInThatState."""
    rules.require_broker(act.by)
    member = queries.applicant(session, bank, member_id)
    for event in queries.events(session, bank, member.id):
        session.delete(event)
    notices_service.forget(session, bank, f"member:{member.id}")
    session.flush()
    session.delete(member)
    session.flush()


def enrol(
    session: Session, bank: Bank, new: NewMember, act: Act, *, another: bool = False
) -> Member:
    """A broker writes a member in: an account with the bank's limits, their number or the next one.
    Nobody is told.

    The account of one who has left is open, so that their hours can still be brought in. Raises
    Invalid naming each detail that is wrong, NumberTaken; KnownAlready when they may be here
    already, unless it is said that it is `another`; only a coordinator may enrol staff.
    """
    checked = _may_be_written_in(bank, new, act)
    one_at_a_time(session, bank)
    if not another:
        _ask_if_known(session, bank, Traits.of(checked))
    (enrolled,) = _write_in(session, bank, [checked], act)
    return queries.member(session, bank, enrolled.id)


def enrol_many(session: Session, bank: Bank, new: Sequence[NewMember], act: Act) -> list[Enrolled]:
    """The same for many, of whom it is known that they are nobody who is here: for imports, at a
    small part of the cost of one by one. In the order in which they are given."""
    checked = [_may_be_written_in(bank, each, act) for each in new]
    one_at_a_time(session, bank)
    return _write_in(session, bank, checked, act) if checked else []


def _may_be_written_in(bank: Bank, new: NewMember, act: Act) -> NewMember:
    """Whoever is to be written in, with details as they are kept."""
    rules.require_broker(act.by)
    if new.role != Role.MEMBER and not act.by.is_coordinator:
        raise NotAllowed(say("Only a coordinator may make somebody broker or coordinator."))
    if new.role not in rules.ROLES:
        raise Invalid.on("role", say("Choose one of: %(roles)s.", roles=Either(rules.ROLES)))
    if new.status not in _MAY_BE_ENROLLED:
        choices = Either(_MAY_BE_ENROLLED)
        raise Invalid.on("status", say("Choose one of: %(choices)s.", choices=choices))
    return rules.checked(new, today=acts.today(bank, act))


def _write_in(session: Session, bank: Bank, new: Sequence[NewMember], act: Act) -> list[Enrolled]:
    """Accounts, people, and what was done to them: one statement each, however many they are."""
    numbers = _numbers_for(session, bank, [each.number for each in new])
    limits = Limits(bank.member_floor, bank.member_ceiling)
    names = [each.name for each in new]
    account_ids = ledger_service.open_accounts(
        session, bank, AccountKind.MEMBER, names, limits, now=act.now
    )
    rows: list[dict[str, Any]] = []
    for each, number, account_id in zip(new, numbers, account_ids, strict=True):
        # A row that is not held yet: its keys are made as its details are set.
        member = Member(bank_id=bank.id, created_at=act.now, **_columns(each))
        member.number, member.account_id = number, account_id
        member.joined_on = each.joined_on or acts.today(bank, act)
        rows.append(columns_of(member, leave_out=("id",)))
    written = insert(Member).returning(Member.id, sort_by_parameter_order=True)
    ids = session.execute(written, rows).scalars()
    acts.record_for_accounts(session, bank, account_ids, act, "enrolled", "")
    return [Enrolled(*both) for both in zip(ids, account_ids, strict=True)]


def _numbers_for(session: Session, bank: Bank, numbers: Sequence[str | None]) -> list[str]:
    """The numbers, with the next ones for those without. Raises NumberTaken."""
    given = Counter(number for number in numbers if number)
    there = queries.numbers_taken(session, bank, given)
    taken = [*there, *(one for one, times in given.items() if times > 1)]
    if taken:
        raise NumberTaken(taken[0] or "")
    after = int(queries.next_number(session, bank)) if None in numbers else 0
    free = (number for each in itertools.count(after) if (number := str(each)) not in given)
    return [number or next(free) for number in numbers]


def _ask_if_known(
    session: Session,
    bank: Bank,
    traits: Traits,
    *,
    but: int | None = None,
    before: Traits | None = None,
) -> None:
    """Raises KnownAlready with those who may be the same person, and may not have been `before`."""
    wanted = {traits} if before is None else {traits, before}
    alike = queries.look_alikes(session, bank, wanted, but=but)
    earlier = {member.id for member in alike[before]} if before else set[int]()
    known = [member for member in alike[traits] if member.id not in earlier]
    if known and traits != before:
        raise KnownAlready([_known(member) for member in known])


def _known(member: Member) -> dict[str, object]:
    """Somebody who may be meant, for the staff to tell apart from others."""
    return {
        "party": f"member:{member.id}",
        "member": member.id,
        "name": member.name,
        "number": member.number,
        "area": member.area,
        "born": member.date_of_birth.year if member.date_of_birth else None,
        "status": str(member.status),
    }


def _open_account(session: Session, bank: Bank, member: Member, status: Status, act: Act) -> None:
    member.account_id = ledger_service.open_account(
        session,
        bank,
        AccountKind.MEMBER,
        member.name,
        floor=bank.member_floor,
        ceiling=bank.member_ceiling,
        now=act.now,
    )
    member.status = status
    session.flush()


def _thanks(bank: Bank) -> Letter:
    ring = [say("Ring %(contact)s with any question.", contact=_contact(bank))]
    return Letter(
        say("You asked to join %(bank)s", bank=bank.name),
        [
            say(
                "We have what you sent. Next, somebody of %(bank)s talks with you.", bank=bank.name
            ),
            say(
                "Then you get a member number, and can ask for help before you have given any."
                " If it was not you who asked, you need do nothing."
            ),
            *(ring if _contact(bank) else []),
        ],
    )


def _contact(bank: Bank) -> str:
    return " ".join(filter(None, [bank.contact_name, bank.contact_phone]))


def _welcome(bank: Bank, member: Member) -> Letter:
    contact = _contact(bank)
    # Translators: a person's name, their telephone number, or both.
    ring = [say("Ring %(contact)s with any question.", contact=contact)] if contact else []
    welcome = say(
        "You are a member of %(bank)s now. Your member number is %(number)s.",
        bank=bank.name,
        number=member.number or "",
    )
    next_step = say(
        "A good first step is to say what you could do for a neighbour: an hour of company, a lift,"
        " a shelf. You sign in with your e-mail address or your number, and need no password."
    )
    subject = say("Welcome to %(bank)s", bank=bank.name)
    own = [bank.welcome] if bank.welcome else []
    return Letter(subject, [*own, welcome, next_step, *ring], FIRST_OFFER)


# ---- Details ----


def change(
    session: Session,
    bank: Bank,
    member_id: int,
    details: Details,
    act: Act,
    *,
    another: bool = False,
) -> Member:
    """Change details of a member: what they may say about themselves by themselves too, all of
    `FullDetails` by whoever manages them.

    Raises Invalid naming each detail that is changed and wrong, NumberTaken, NotInThatState for one
    who has left; KnownAlready for the staff when by what is changed they may be somebody who is
    here, unless it is said that that is `another`. (Members are not asked: the question would tell
    them who else is here.)
    """
    member = acts.present(session, bank, member_id)
    if not rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(
            say("Only the member and the staff of the time bank may change these details.")
        )
    before = queries.details(member)
    checked = rules.checked(details, today=acts.today(bank, act), before=before)
    changed = _changed(checked, member)
    addresses = {AddressKind(kind) for kind in AddressKind if kind in changed}
    if addresses and act.by.member_id == member.id:
        raise NotAllowed(
            say(
                "Your e-mail and phone are ways to sign in. Change them on the page “How you sign"
                " in”, where you say again who you are."
            )
        )
    if not act.by.is_broker and not changed.keys() <= {field.name for field in fields(Details)}:
        raise NotAllowed(
            say(
                "Your number, capacity and day of joining are kept by your broker. Ring them to"
                " have one changed."
            )
        )
    if act.by.is_broker and not another:
        _ask_if_known(session, bank, Traits.of(checked), but=member.id, before=Traits.of(before))
    if "number" in changed:
        _give_number(session, bank, member, changed["number"])
    was = {kind: getattr(member, kind) for kind in AddressKind if kind in addresses}
    for field, value in changed.items():
        setattr(member, field, value)
    _forget_claims(session, bank, member, addresses)
    _tell_of_addresses(session, bank, member, was, act)
    if "name" in changed and member.account_id is not None:
        ledger_service.relabel(session, bank, member.account_id, member.name)
    if changed.keys() & {"name", "area"} and not act.by.is_broker:
        # Both stand beside what they say on the front page.
        sayings.read_again(session, bank, member.id)
    if changed:
        names = ", ".join(field.replace("_", " ") for field in changed)
        acts.record(session, member, act, "changed", names)
    return member


def set_addresses(session: Session, bank: Bank, addresses: Addresses, act: Act) -> set[AddressKind]:
    """Change one's own e-mail address and phone, and be told of it the old way; which of them were
    changed to others.

    A new one gets letters at once. It counts for signing in when it is proved, which the caller
    asks for. Raises Invalid naming each that is wrong, NotAllowed for whoever is no member.
    """
    if act.by.member_id is None:
        raise NotAllowed(say("Only the member themselves may do this."))
    one_at_a_time(session, bank)
    member = acts.present(session, bank, act.by.member_id)
    before = queries.details(member)
    new = replace(before, email=addresses.email, phone=addresses.phone)
    checked = rules.checked(new, today=acts.today(bank, act), before=before)
    changed = {kind for kind in AddressKind if getattr(checked, kind) != getattr(member, kind)}
    was = {kind: getattr(member, kind) for kind in AddressKind if kind in changed}
    for kind in changed:
        setattr(member, kind, getattr(checked, kind))
    _forget_claims(session, bank, member, changed)
    session.add_all(
        OwnAddress(
            member_id=member.id,
            kind=kind,
            bank_id=bank.id,
            address=rules.folded_address(kind, getattr(member, kind)),
        )
        for kind in changed
        if getattr(member, kind)
    )
    if changed:
        acts.record(session, member, act, "changed", ", ".join(sorted(changed)))
        _tell_of_addresses(session, bank, member, was, act)
    return {kind for kind in changed if getattr(member, kind)}


def prove_address(
    session: Session,
    bank: Bank,
    member_id: int,
    kind: AddressKind,
    folded: str | None,
    *,
    now: datetime,
) -> None:
    """Take down that a member got what was sent to that address, if it is still theirs."""
    member = queries.member(session, bank, member_id)
    address = getattr(member, kind)
    if not address or rules.folded_address(kind, address) != folded:
        return
    proved = {"address": folded, "proved_at": now}
    row = insert_of(session)(OwnAddress).values(
        member_id=member.id, kind=kind, bank_id=bank.id, **proved
    )
    key = [OwnAddress.member_id, OwnAddress.kind]
    session.execute(row.on_conflict_do_update(index_elements=key, set_=proved))


def _forget_claims(
    session: Session, bank: Bank, member: Member, kinds: Collection[AddressKind]
) -> None:
    """What was known of other addresses of theirs says nothing of these."""
    of_member = (OwnAddress.bank_id == bank.id, OwnAddress.member_id == member.id)
    session.execute(delete(OwnAddress).where(*of_member, OwnAddress.kind.in_(kinds)))


def _tell_of_addresses(
    session: Session,
    bank: Bank,
    member: Member,
    was: Mapping[AddressKind, str | None],
    act: Act,
) -> None:
    """Tell somebody that an address of theirs was changed: at the old one, or through a broker
    where there was none, and at the new one."""
    if not was or member.status not in (Status.ACTIVE, Status.PAUSED):
        return
    own = act.by.member_id == member.id
    for kind, old in was.items():
        letter = _ADDRESS_CHANGED[kind](bank)
        cause = f"address-changed:{member.id}:{kind}:{act.now.isoformat()}"
        if kind == AddressKind.EMAIL and old:
            addressee = Addressee(
                f"member:{member.id}", member.name, language=member.language, email=old
            )
            to_the_old = NewNotice(
                letter, f"{cause}:old", through=NoticeChannel.EMAIL, at_once=True
            )
            notices_service.write(session, bank, addressee, to_the_old, now=act.now)
        # Who had no address before and has one now hears of it from a broker.
        through = NoticeChannel.CALL if own and kind == AddressKind.EMAIL and not old else None
        notice = NewNotice(letter, cause, through=through, worth_a_call=own)
        acts.tell(session, bank, member.id, notice, now=act.now)


_ADDRESS_CHANGED: Mapping[AddressKind, Callable[[Bank], Letter]] = {
    AddressKind.EMAIL: lambda bank: Letter(
        say("Your e-mail address at %(bank)s was changed", bank=bank.name), _NOT_YOU
    ),
    AddressKind.PHONE: lambda bank: Letter(
        say("Your phone number at %(bank)s was changed", bank=bank.name), _NOT_YOU
    ),
}
_NOT_YOU = say(
    "If it was you, or your broker on your word, there is nothing to do. If not, ring your broker"
    " at once."
)


def _columns(details: Details | Suiting | Showing) -> dict[str, Any]:
    return {field.name: getattr(details, field.name) for field in fields(details)}


def _changed(details: Details | Suiting, row: Member | Profile) -> Mapping[str, Any]:
    """What of these details is other than it is kept, by column."""
    return {
        column: value
        for column, value in _columns(details).items()
        if value != getattr(row, column)
    }


def _give_number(session: Session, bank: Bank, member: Member, number: str | None) -> None:
    if number is None and member.status != Status.APPLIED:
        raise Invalid.on("number", say("Every member has a number. Write one."))
    if number is not None:
        one_at_a_time(session, bank)
        _require_free(session, bank, number)


def _require_free(session: Session, bank: Bank, number: str) -> None:
    if queries.numbers_taken(session, bank, [number]):
        raise NumberTaken(number)


def set_role(session: Session, bank: Bank, member_id: int, role: Role, act: Act) -> Member:
    """Make a member broker, coordinator, or member again; a coordinator's to do. Raises
    LastCoordinator, Invalid."""
    rules.require_coordinator(act.by)
    if role not in rules.ROLES:
        raise Invalid.on("role", say("Choose one of: %(roles)s.", roles=Either(rules.ROLES)))
    one_at_a_time(session, bank)
    member = acts.taking_part(session, bank, member_id)
    if role != member.role:
        if role != Role.COORDINATOR:
            acts.keep_a_coordinator(session, bank, member)
        if role == Role.MEMBER:
            acts.hand_over(session, bank, member.id)
        acts.record(session, member, act, "role", f"{member.role} to {role}")
        member.role = role
        session.flush()
    return member


def set_limits(session: Session, bank: Bank, member_id: int, limits: NewLimits, act: Act) -> Member:
    """How far below zero the member's account may go, how much it may hold, and why.

    A coordinator's to do. Raises Invalid for limits that the balance is outside of, or that make no
    sense, and without a reason.
    """
    rules.require_coordinator(act.by)
    member = acts.taking_part(session, bank, member_id)
    acts.limit(session, bank, acts.account_of(member), limits, act)
    acts.record(session, member, act, "limits", rules.limits_in_words(limits))
    return member


def set_language(
    session: Session, bank: Bank, member_id: int, language: str | None, act: Act
) -> Member:
    """Keep the language in which a member reads pages and letters, None for the bank's: they
    themselves say so, or the staff on their word.

    Raises NotAllowed, NotInThatState; Invalid for one that the bank does not offer.
    """
    member = acts.taking_part(session, bank, member_id)
    if not rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(say("Only the member and the staff of the time bank may do this."))
    choice = bank.languages.split()
    if language is not None and language not in choice:
        raise Invalid.on(
            "language", say("Choose one of the bank’s languages: %(choices)s.", choices=choice)
        )
    member.language = language
    acts.record(session, member, act, "language_set", language or "")
    return member


def set_preference(
    session: Session, bank: Bank, member_id: int, wishes: Wishes, act: Act
) -> Preference:
    """Keep how a member likes to be told: they themselves say so, or the staff on their word.

    Raises NotAllowed, NotInThatState; Invalid for a channel without an address, and for hours that
    are none.
    """
    member = acts.taking_part(session, bank, member_id)
    if not rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(say("Only the member and the staff of the time bank may do this."))
    reach = {
        NoticeChannel.EMAIL: member.email,
        NoticeChannel.TEXT: member.phone,
        NoticeChannel.LETTER: member.address,
    }
    rules.check_wishes(wishes, reach=reach)
    preference = notices_service.set_preference(
        session,
        bank,
        f"member:{member.id}",
        channel=wishes.channel,
        quiet_from=wishes.quiet_from,
        quiet_until=wishes.quiet_until,
        digest=wishes.digest,
        letters=wishes.letters,
    )
    acts.record(session, member, act, "notices_set")
    return preference


# ---- What helps to find the right person for somebody ----


def set_profile(
    session: Session, bank: Bank, member_id: int, suiting: Suiting, act: Act
) -> Profile:
    """Keep what helps to find the right person for a member.

    The member's to do, of those who act for them, and of brokers; which broker looks after them
    (`LookedAfter`) only a broker says. Raises Invalid naming each answer that is wrong,
    NotInThatState.
    """
    member = acts.taking_part(session, bank, member_id)
    acts.require_near(session, bank, member.id, act.by)
    checked = rules.checked_suiting(suiting)
    one_at_a_time(session, bank)
    profile = queries.profile(session, bank, member.id)
    changed = _changed(checked, profile)
    if "broker_id" in changed:
        rules.require_broker(act.by)
        _check_looks_after(session, bank, changed["broker_id"])
    for field, value in changed.items():
        setattr(profile, field, value)
    if changed:
        session.add(profile)
        names = {"broker_id": "broker", "access_needs": "access needs"}
        detail = ", ".join(names.get(field, field) for field in changed)
        acts.record(session, member, act, "profile", detail)
    return profile


def set_showing(session: Session, bank: Bank, member_id: int, showing: Showing, act: Act) -> None:
    """Keep what a member shows to all members; without a page, nothing.

    The member's to do, of those who act for them, and of brokers on their word. Words for the front
    page that are new wait for a broker to read them, unless it is one who writes them. Raises
    Invalid for what would stand on no page, NotInThatState.
    """
    member = acts.taking_part(session, bank, member_id)
    acts.require_near(session, bank, member.id, act.by)
    showing = rules.checked_showing(showing)
    one_at_a_time(session, bank)
    before = queries.showing(session, bank, member.id)
    if showing == before:
        return
    changed = showing.street != before.street
    was_read = queries.street_read(session, bank, member.id)
    session.execute(delete(Page).where(Page.bank_id == bank.id, Page.member_id == member.id))
    if showing.page:
        chosen = _columns(showing)
        del chosen["page"]
        read = bool(showing.street) and (act.by.is_broker if changed else was_read)
        session.add(Page(bank_id=bank.id, member_id=member.id, street_read=read, **chosen))
    acts.record(session, member, act, "page_set")


def _check_looks_after(session: Session, bank: Bank, broker_id: int | None) -> None:
    staff = {member.id for member in queries.staff(session, bank)}
    if broker_id is not None and broker_id not in staff:
        raise Invalid.on(
            "broker_id", say("Only a broker or a coordinator can look after somebody.")
        )


# ---- Pausing and leaving ----


def pause(session: Session, bank: Bank, member_id: int, act: Act) -> Member:
    """Set somebody aside for a while. Raises NotInThatState, LastCoordinator."""
    one_at_a_time(session, bank)
    member = acts.managed(session, bank, member_id, act.by)
    if member.status != Status.ACTIVE:
        raise NotInThatState(say("%(name)s is paused already.", name=member.name))
    acts.keep_a_coordinator(session, bank, member)
    return acts.set_status(session, member, Status.PAUSED, act)


def resume(session: Session, bank: Bank, member_id: int, act: Act) -> Member:
    """Have somebody who was paused take part again. Raises NotInThatState."""
    member = acts.managed(session, bank, member_id, act.by)
    if member.status != Status.PAUSED:
        raise NotInThatState(say("%(name)s is not paused.", name=member.name))
    return acts.set_status(session, member, Status.ACTIVE, act)


def leave(session: Session, bank: Bank, member_id: int, act: Act, *, settle: bool = True) -> Member:
    """Take a member out: their personal data is erased here, their number is another, their account
    settled with the chest (if `settle`) and closed.

    What other rooms hold on them is for the room that sees them all: `timebank.leaving`. Raises
    NotInThatState, LastCoordinator, NotAllowed.
    """
    one_at_a_time(session, bank)
    member = acts.taking_part(session, bank, member_id)
    if not rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(say("Only the member and the staff of the time bank may do this."))
    acts.keep_a_coordinator(session, bank, member)
    account_id = acts.account_of(member)
    if settle:
        key = f"member:{member.id}"
        cause = f"leaving:{member.id}"
        acts.settle(session, bank, account_id, act, cause=cause, on_word_of=key)
    ledger_service.relabel(session, bank, account_id, rules.FORMER)
    ledger_service.close_account(session, bank, account_id, now=act.now)
    erase(session, bank, member, act)
    notices_service.forget(session, bank, f"member:{member.id}")
    # With the bank's own list in hand the number would be as good as the name.
    member.number = queries.next_number(session, bank)
    member.name, member.role, member.left_on = rules.FORMER, Role.MEMBER, acts.today(bank, act)
    return acts.set_status(session, member, Status.LEFT, act)


def erase(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """End what ties a member to others, and erase what is written down about them, but for the name
    and the number."""
    _let_go(session, bank, member, act)
    for field in _ERASED:
        setattr(member, field, None)


def _let_go(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """End what ties a member to others, and erase what was kept to find the right person for them,
    and whom to keep them apart from, whoever asked for it."""
    for help_ in [
        *queries.helpers_of(session, bank, member.id),
        *queries.helped_by(session, bank, member.id),
    ]:
        helping.revoke_helper(session, bank, help_.id, act)
    either_side = or_(Helper.member_id == member.id, Helper.helper_id == member.id)
    session.execute(
        update(Helper).where(Helper.bank_id == bank.id, either_side).values(relation="")
    )
    for table in (Contact, OwnAddress, Page, Picture, Profile):
        session.execute(delete(table).where(table.bank_id == bank.id, table.member_id == member.id))
    partners.end_belonging(session, bank, GroupMember.member_id == member.id, act=act)
    either_of_two = or_(KeptApart.member_id == member.id, KeptApart.other_id == member.id)
    session.execute(delete(KeptApart).where(KeptApart.bank_id == bank.id, either_of_two))
    meeting.unname(session, bank, member.id)
    acts.hand_over(session, bank, member.id)
