"""What tests are about, made through the services as the application makes them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Role
from timebank.activities import service as activities_service
from timebank.activities.models import Activity, ActivitySession
from timebank.activities.rules import Details, Plan
from timebank.banks.models import Bank
from timebank.banks.rules import NewBank
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange
from timebank.exchanges.rules import NewLog
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Leg, Limits, NewEntry, Provenance
from timebank.members import partners
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Group, Member, Organisation, Profile
from timebank.members.rules import Capacity, NewMember, SharedDetails, Status
from timebank.notices import service as notices_service
from timebank.notices.rules import Addressee, Letter, NewNotice
from timebank.safeguarding import service as safeguarding_service
from timebank.safeguarding.models import HeldCheck
from timebank.safeguarding.rules import NewCheck
from timebank.say import say
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.models import Listing
from timebank.skills.rules import ListingKind, NewListing

NOW = datetime(2026, 11, 12, 10, 42, tzinfo=UTC)
"""When tests happen, unless they say otherwise: a Thursday."""


def make_bank(session: Session, **rules: Any) -> Bank:
    """A bank with its books open. `rules` are columns of the bank, such as `rounding=5`; `name` and
    `slug` too."""
    first = {
        name: rules.pop(name) for name in ("name", "slug", "timezone", "language") if name in rules
    }
    bank = members_service.open_bank(
        session, NewBank(**{"name": "Fife Time Bank", **first}), now=NOW
    )
    set_rules(session, bank, **rules)
    return bank


def set_rules(session: Session, bank: Bank, **rules: Any) -> None:
    """Change columns of the bank, whatever they are, with a reason for those that need one."""
    by_kind = {
        InterventionKind.DEFAULT_LIMITS: ("member_floor", "member_ceiling"),
        InterventionKind.LOG_RANGE: ("smallest_log", "largest_log"),
    }
    for kind, names in by_kind.items():
        old = Limits(*(getattr(bank, name) for name in names))
        new = Limits(*(rules.get(name, getattr(bank, name)) for name in names))
        ledger_service.set_default(
            session, bank, kind, old=old, new=new, why="A test.", by="system:test"
        )
    if "chest_floor" in rules:
        limit(session, bank, ledger.chest(session, bank).id, floor=rules["chest_floor"])
    for name, value in rules.items():
        setattr(bank, name, value)
    session.flush()


def limit(
    session: Session,
    bank: Bank,
    account_id: int,
    *,
    floor: int | None = None,
    ceiling: int | None = None,
) -> None:
    """Give an account other limits, for a reason of the test's own."""
    ledger_service.set_limits(
        session, bank, account_id, floor=floor, ceiling=ceiling, why="A test.", by="system:test"
    )


def make_check(
    session: Session,
    bank: Bank,
    member: Member,
    kind: str = "driving",
    *,
    since: date = date(2025, 1, 1),
    until: date | None = None,
    act: Act | None = None,
    number: str = "",
) -> HeldCheck:
    """A check that a member holds, in a bank with the kinds that banks begin with."""
    safeguarding_service.plant_kinds(session, bank)
    new = NewCheck(since, until, number, kind=kind)
    return safeguarding_service.record(session, bank, member.id, new, act or Act(system(bank), NOW))


def make_member(
    session: Session,
    bank: Bank | None = None,
    name: str = "Ana",
    role: str = "member",
    **details: Any,
) -> Member:
    """An active member with an account; without a bank, in the session's only one (made if there is
    none)."""
    bank = bank or session.execute(select(Bank)).scalar_one_or_none() or make_bank(session)
    act = act_of(system(bank), details)
    codes = {"status": Status, "capacity": Capacity}
    chosen = {field: code(details[field]) for field, code in codes.items() if field in details}
    new = NewMember(name, role=Role(role), **{**details, **chosen})
    return members_service.enrol(session, bank, new, act, another=True)


def change_details(
    session: Session, bank: Bank, member_id: int, act: Act, **changes: Any
) -> Member:
    """Change some details of a member, and leave the others as they are."""
    details = replace(members.details(members.member(session, bank, member_id)), **changes)
    return members_service.change(session, bank, member_id, details, act)


def set_profile(session: Session, bank: Bank, member_id: int, act: Act, **changes: Any) -> Profile:
    """Change some of what helps to find the right person for somebody."""
    suiting = replace(members.suiting(session, bank, member_id), **changes)
    return members_service.set_profile(session, bank, member_id, suiting, act)


def make_organisation(
    session: Session, bank: Bank | None = None, name: str = "Surgery", **details: Any
) -> Organisation:
    """A partner with an account; the bank as in `make_member`."""
    bank = bank or session.execute(select(Bank)).scalar_one_or_none() or make_bank(session)
    act = act_of(system(bank), details)
    return partners.add_organisation(session, bank, SharedDetails(name, **details), act)


def make_group(
    session: Session, bank: Bank, name: str = "Lunch club", people: Sequence[Member] = ()
) -> Group:
    """A group with an account, and these members in it."""
    group = partners.open_group(session, bank, SharedDetails(name), Act(system(bank), NOW))
    for one in people:
        partners.add_to_group(session, bank, group.id, one.id, Act(system(bank), NOW))
    return group


def make_entry(
    session: Session,
    bank: Bank,
    cause: str,
    *legs: tuple[int | None, int | None, int],
    kind: str = "exchange",
    on: date | None = None,
) -> int:
    """An entry that moves (payer, payee, minutes), whatever it may be for; its number."""
    entry = NewEntry(
        cause, kind, on or NOW.date(), [Leg(*leg) for leg in legs], Provenance("system:test")
    )
    return ledger_service.post(session, bank, entry)


def make_notice(subject: str, body: str = "Is that right?", **details: Any) -> NewNotice:
    """A notice in words of the test's own, not yet written."""
    letter = Letter(say("%(words)s", words=subject), [body])
    return NewNotice(letter, **{"cause": "test", **details})


def write_notice(session: Session, bank: Bank, **details: Any) -> None:
    """A notice to Joan that Ben logged an hour, unless `details` say otherwise."""
    values = {
        "addressee": "member:12",
        "name": "Joan Keane",
        "email": "joan@example.org",
        "subject": "Ben logged an hour",
        "cause": "exchange:7:logged",
        "now": NOW,
        **details,
    }
    now, key = values.pop("now"), values.pop("addressee")
    reached = ("name", "language", "email", "phone", "postal")
    addressee = Addressee(key, **{name: values.pop(name) for name in reached if name in values})
    notices_service.write(session, bank, addressee, make_notice(**values), now=now)


def actor(member: Member) -> Actor:
    """The member as somebody who does things."""
    return Actor(
        bank_id=member.bank_id,
        name=member.name,
        role=member.role,
        member_id=member.id,
        account_id=member.account_id,
    )


def act_of(usual: Actor, details: dict[str, Any]) -> Act:
    """Who does it, when and on whose word, out of `act`, or of `by`, `now` and `word`."""
    parts = {name: details.pop(name) for name in ("by", "now", "word") if name in details}
    return details.pop("act", None) or Act(**{"by": usual, "now": NOW, **parts})


def system(bank: Bank) -> Actor:
    """The application itself, which may do anything."""
    return Actor.system(bank.id, "test")


def post_listing(session: Session, bank: Bank, kind: str, act: Act, **details: Any) -> Listing:
    """An offer or a request of whoever does it, unless `holder_id` says otherwise."""
    return skills_service.post(session, bank, ListingKind(kind), NewListing(**details), act)


def change_listing(
    session: Session, bank: Bank, listing_id: int, act: Act, **changes: Any
) -> Listing:
    """Change some of what a listing says."""
    details = replace(skills.details(skills.listing(session, bank, listing_id)), **changes)
    return skills_service.change(session, bank, listing_id, details, act)


def make_logged_exchange(
    session: Session, bank: Bank, giver: Member, receiver: Member, minutes: int = 60, **details: Any
) -> Exchange:
    """Help logged by its giver today, waiting for the receiver's word."""
    assert giver.account_id is not None
    assert receiver.account_id is not None
    act = act_of(actor(giver), details)
    given = {"occurred_on": NOW.date(), "title": "Hedge", "another": True, **details}
    return exchanges_service.log_new(
        session,
        bank,
        NewLog(
            giver_id=giver.account_id, receiver_id=receiver.account_id, minutes=minutes, **given
        ),
        act=act,
    ).exchange


def make_activity(session: Session, bank: Bank, **details: Any) -> Activity:
    """A repair café, its hours paid by the chest unless `details` say otherwise."""
    chest = ledger.chest(session, bank).id
    act = act_of(system(bank), details)
    plain = {
        "title": "Repair café",
        "purpose": "To mend things together.",
        "rule": "sponsored",
        "payer_id": chest,
    }
    return activities_service.open_activity(session, bank, Details(**{**plain, **details}), act)


def make_meeting(
    session: Session,
    bank: Bank,
    activity: Activity | None = None,
    minutes: int = 60,
    **details: Any,
) -> ActivitySession:
    """A session of it (or of a new one) that began an hour before `NOW`."""
    activity = activity or make_activity(session, bank)
    act = act_of(system(bank), details)
    plain = {"starts_at": NOW - timedelta(hours=1)}
    plan = Plan(minutes=minutes, **{**plain, **details})
    return activities_service.plan(session, bank, activity.id, plan, act)[0]
