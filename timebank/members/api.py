"""Members, organisations and groups for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from timebank import clock
from timebank.act import Act
from timebank.api.paging import page, page_of
from timebank.db import reading, transaction
from timebank.errors import NotAllowed, NotFound
from timebank.http import access
from timebank.ledger import queries as ledger
from timebank.ledger.queries import AccountState
from timebank.members import queries, rules, service
from timebank.members.current import act, actor, bank, understood
from timebank.members.schemas import (
    ApartOut,
    CheckIn,
    CheckOut,
    GroupIn,
    GroupOut,
    GroupPatchIn,
    HelpOut,
    InGroupOut,
    LanguageIn,
    LanguageOut,
    ListIn,
    MemberOut,
    MemberPatchIn,
    NamedApartIn,
    NamedHelperIn,
    NewMemberIn,
    OrganisationIn,
    OrganisationOut,
    PartnerPatchIn,
    PersonIn,
    PreferenceIn,
    PreferenceOut,
    ProfileOut,
    SpeakerIn,
    SpeakerOut,
    StaffProfileIn,
)
from timebank.say import say
from timebank.times import parts_of

members = Blueprint(
    "members", __name__, url_prefix="/api/v1/members", description="The people of the bank"
)
organisations = Blueprint(
    "organisations", __name__, url_prefix="/api/v1/organisations", description="The bank's partners"
)
groups = Blueprint(
    "groups", __name__, url_prefix="/api/v1/groups", description="Members with a shared account"
)

_OPEN = ("id", "number", "name", "capacity", "role", "status", "joined_on", "left_on", "account_id")
_PRIVATE = ("email", "phone", "address", "area", "date_of_birth", "about")


@members.route("", methods=["GET"])
@access("broker")
@members.arguments(ListIn, location="query")
@members.response(200, page_of(MemberOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """Members by name."""
    wanted["text"], wanted["after"] = wanted.pop("q"), wanted.pop("cursor")
    found = page(queries.members(reading(), bank(), **wanted), wanted["limit"])
    accounts = queries.standing(reading(), bank(), found["items"])
    return {**found, "items": [_out(member, accounts.get(member.id)) for member in found["items"]]}


@members.route("", methods=["POST"])
@access("broker", scope="write")
@members.arguments(NewMemberIn)
@members.response(201, MemberOut)
def new(details: dict[str, Any]) -> dict[str, Any]:
    """Write a member in. Without a number they are given the next one."""
    with transaction() as session:
        member = service.enrol(session, bank(), act(), **details)
        return _shown(session, member)


@members.route("/<int:member_id>", methods=["GET"])
@access("member")
@members.response(200, MemberOut)
def show(member_id: int) -> dict[str, Any]:
    """One member: for themselves, the staff, and those who help them (to whom contact details are
    not given)."""
    member = queries.member(reading(), bank(), member_id)
    if not rules.may_see(actor(), member.id) and member.account_id not in queries.may_act_for(
        reading(), bank(), actor()
    ):
        raise NotAllowed(say("You may look up yourself and the people you help."))
    return _shown(reading(), member)


@members.route("/<int:member_id>", methods=["PATCH"])
@access("member", scope="write")
@members.arguments(MemberPatchIn(partial=True))
@members.response(200, MemberOut)
def change(details: dict[str, Any], member_id: int) -> dict[str, Any]:
    """Change a member: details by themselves and the staff, status by the staff, role and limits by
    a coordinator.

    All of it, or nothing.
    """
    here, by, now = bank(), actor(), clock.now()
    role, status = details.pop("role", None), details.pop("status", None)
    limits = {name: details.pop(name) for name in ("floor", "ceiling") if name in details}
    with transaction() as session:
        member = service.change(session, here, member_id, Act(by, now), **details)
        if role is not None:
            service.set_role(session, here, member_id, role, Act(by, now))
        if limits:
            kept = queries.standing(session, here, [member]).get(member_id)
            as_before = {"floor": kept and kept.floor, "ceiling": kept and kept.ceiling}
            service.set_limits(session, here, member_id, Act(by, now), **{**as_before, **limits})
        if status not in (None, member.status):
            step = service.pause if status == "paused" else service.resume
            step(session, here, member_id, act=Act(by, now))
        return _shown(session, member)


@members.route("/<int:member_id>/profile", methods=["GET"])
@access("member")
@members.response(200, ProfileOut)
def profile(member_id: int) -> dict[str, Any]:
    """Languages, access needs and times that suit: for the member, those who act for them, and the
    staff."""
    _require_near(member_id)
    return _profile(queries.profile(reading(), bank(), member_id))


@members.route("/<int:member_id>/profile", methods=["PATCH"])
@access("member", scope="write")
@members.arguments(StaffProfileIn(partial=True))
@members.response(200, ProfileOut)
def set_profile(values: dict[str, Any], member_id: int) -> dict[str, Any]:
    """Change them; what is left out stays. Which broker looks after a member only the staff say."""
    with transaction() as session:
        given = understood(session, values)
        return _profile(service.set_profile(session, bank(), member_id, **given, act=act()))


def _profile(found: Any) -> dict[str, Any]:
    return {
        "languages": rules.languages_of(found.languages),
        "access_needs": found.access_needs,
        "times": parts_of(found.times),
        "broker": f"member:{found.broker_id}" if found.broker_id else None,
    }


@members.route("/<int:member_id>/checks", methods=["GET"])
@access("broker")
@members.response(200, page_of(CheckOut))
def checks(member_id: int) -> dict[str, Any]:
    """The checks a member holds or held, all of them: there is one of each kind."""
    queries.member(reading(), bank(), member_id)
    return {"items": queries.checks(reading(), bank(), member_id), "next": None}


@members.route("/<int:member_id>/checks", methods=["POST"])
@access("broker", scope="write")
@members.arguments(CheckIn)
@members.response(201, CheckOut)
def record_check(values: dict[str, Any], member_id: int) -> Any:
    """Write down a check that was looked at, in place of an earlier one of its kind."""
    with transaction() as session:
        return service.record_check(session, bank(), member_id, **values, act=act())


@members.route("/<int:member_id>/notices", methods=["GET"])
@access("member")
@members.response(200, PreferenceOut)
def preference(member_id: int) -> Any:
    """How a member likes to be told: for themselves and the staff."""
    member = queries.member(reading(), bank(), member_id)
    if not rules.may_see(actor(), member.id):
        raise NotAllowed(say("You may look up how you like to be told yourself."))
    return queries.preference(reading(), bank(), member.id)


@members.route("/<int:member_id>/notices", methods=["PATCH"])
@access("member", scope="write")
@members.arguments(PreferenceIn(partial=True))
@members.response(200, PreferenceOut)
def set_preference(wishes: dict[str, Any], member_id: int) -> Any:
    """Say how a member likes to be told; what is left out stays. By themselves, and by the staff on
    their word."""
    with transaction() as session:
        kept = asdict(queries.preference(session, bank(), member_id))
        return service.set_preference(session, bank(), member_id, act(), **{**kept, **wishes})


@members.route("/<int:member_id>/language", methods=["GET"])
@access("member")
@members.response(200, LanguageOut)
def language(member_id: int) -> Any:
    """The language in which a member reads pages and letters: for themselves and the staff."""
    member = queries.member(reading(), bank(), member_id)
    if not rules.may_see(actor(), member.id):
        raise NotAllowed(say("You may look up which language you have chosen yourself."))
    return {"language": member.language, "languages": bank().languages.split()}


@members.route("/<int:member_id>/language", methods=["PATCH"])
@access("member", scope="write")
@members.arguments(LanguageIn)
@members.response(200, LanguageOut)
def set_language(values: dict[str, Any], member_id: int) -> Any:
    """Choose one of the bank's languages for a member, or null for the bank's own: by themselves,
    and by the staff on their word."""
    with transaction() as session:
        member = service.set_language(session, bank(), member_id, values["language"], act())
        return {"language": member.language, "languages": bank().languages.split()}


@members.route("/<int:member_id>/checks/<int:check_id>", methods=["DELETE"])
@access("broker", scope="write")
@members.response(204)
def drop_check(member_id: int, check_id: int) -> None:
    """Take out a check that was written down by mistake, or is held no more."""
    with transaction() as session:
        service.drop_check(session, bank(), member_id, check_id, act=act())


# ---- Joining ----


@members.route("/<int:member_id>/approval", methods=["POST"])
@access("broker", scope="write")
@members.response(200, MemberOut)
def approve(member_id: int) -> dict[str, Any]:
    """Take in somebody who has asked to join: they are a member from now on, and are told."""
    with transaction() as session:
        return _shown(session, service.approve(session, bank(), member_id, act=act()))


@members.route("/<int:member_id>/refusal", methods=["POST"])
@access("broker", scope="write")
@members.response(204)
def decline(member_id: int) -> None:
    """Do not take in somebody who has asked to join: what they wrote is erased."""
    with transaction() as session:
        service.decline(session, bank(), member_id, act=act())


# ---- Who may act for somebody, and whom to keep apart ----


@members.route("/<int:member_id>/helpers", methods=["GET"])
@access("member")
@members.response(200, page_of(HelpOut))
def helpers(member_id: int) -> dict[str, Any]:
    """Those who may act for a member, all of them: for the member, those who act for them, and the
    staff."""
    _require_near(member_id)
    return {"items": queries.helpers_of(reading(), bank(), member_id), "next": None}


@members.route("/<int:member_id>/helpers", methods=["POST"])
@access("member", scope="write")
@members.arguments(NamedHelperIn)
@members.response(201, HelpOut)
def name_helper(values: dict[str, Any], member_id: int) -> Any:
    """Let somebody act for a member: by the member, and by the staff on their word."""
    with transaction() as session:
        given = understood(session, values)
        made = service.grant_helper(session, bank(), member_id, **given, act=act())
        named = queries.helpers_of(session, bank(), member_id)
        return next(help_ for help_ in named if help_.id == made.id)


@members.route("/<int:member_id>/helpers/<int:grant_id>", methods=["DELETE"])
@access("member", scope="write")
@members.response(204)
def end_helping(member_id: int, grant_id: int) -> None:
    """Let a helper act no more: by either of the two, and by the staff."""
    with transaction() as session:
        if grant_id not in {each.id for each in queries.helpers_of(session, bank(), member_id)}:
            raise NotFound(say("There is no such helper here."))
        service.revoke_helper(session, bank(), grant_id, act=act())


@members.route("/<int:member_id>/apart", methods=["GET"])
@access("member")
@members.response(200, page_of(ApartOut))
def kept_apart(member_id: int) -> dict[str, Any]:
    """Whom a member asked to be kept apart from, all of them: for the member, those who act for
    them, and the staff. The others are never told."""
    _require_near(member_id)
    return {"items": queries.apart(reading(), bank(), member_id), "next": None}


@members.route("/<int:member_id>/apart", methods=["POST"])
@access("member", scope="write")
@members.arguments(NamedApartIn)
@members.response(201, ApartOut)
def keep_apart(values: dict[str, Any], member_id: int) -> Any:
    """Never bring a member together with somebody."""
    with transaction() as session:
        other_id = understood(session, values)["other_id"]
        made = service.keep_apart(session, bank(), member_id, other_id, act=act())
        kept = queries.apart(session, bank(), member_id)
        return next(pair for pair in kept if pair.id == made.id)


@members.route("/<int:member_id>/apart/<int:apart_id>", methods=["DELETE"])
@access("member", scope="write")
@members.response(204)
def end_keeping_apart(member_id: int, apart_id: int) -> None:
    """They may be brought together again."""
    with transaction() as session:
        service.end_keeping_apart(session, bank(), member_id, apart_id, act=act())


def _require_near(member_id: int) -> None:
    """Raises NotAllowed for others than the member, those who act for them, and the staff."""
    queries.member(reading(), bank(), member_id)
    if not actor().is_broker and not queries.acts_for(reading(), bank(), actor(), member_id):
        raise NotAllowed(say("This is for the member, those who act for them, and the staff."))


def _shown(session: Session, member: Any) -> dict[str, Any]:
    return _out(member, queries.standing(session, bank(), [member]).get(member.id))


def _out(member: Any, account: AccountState | None) -> dict[str, Any]:
    """The member as the caller may see them."""
    shown = _OPEN if not rules.may_see(actor(), member.id) else _OPEN + _PRIVATE
    amounts = (
        {name: getattr(account, name) for name in ("balance", "floor", "ceiling")}
        if account
        else {"balance": None}
    )
    details = {name: getattr(member, name) for name in shown}
    return {**details, "party": f"member:{member.id}"} | amounts


@organisations.route("", methods=["GET"])
@access("member")
@organisations.response(200, page_of(OrganisationOut))
def partners() -> dict[str, Any]:
    """The bank's partners, all of them, by name. There are never so many that they come in
    pages."""
    return {"items": queries.organisations(reading(), bank()), "next": None}


@organisations.route("", methods=["POST"])
@access("broker", scope="write")
@organisations.arguments(OrganisationIn)
@organisations.response(201, OrganisationOut)
def new_partner(details: dict[str, Any]) -> Any:
    """Take in a partner."""
    with transaction() as session:
        return service.add_organisation(session, bank(), act(), **details)


@organisations.route("/<int:organisation_id>", methods=["GET"])
@access("member")
@organisations.response(200, OrganisationOut)
def partner(organisation_id: int) -> Any:
    """One partner."""
    return queries.organisation(reading(), bank(), organisation_id)


@organisations.route("/<int:organisation_id>", methods=["PATCH"])
@access("broker", scope="write")
@organisations.arguments(PartnerPatchIn(partial=True))
@organisations.response(200, OrganisationOut)
def change_partner(details: dict[str, Any], organisation_id: int) -> Any:
    """Change a partner's name and what is said about it."""
    with transaction() as session:
        kept = queries.organisation(session, bank(), organisation_id)
        words = {"name": kept.name, "about": kept.about} | details
        return service.change_organisation(session, bank(), organisation_id, **words, act=act())


@organisations.route("/<int:organisation_id>/contacts", methods=["GET"])
@access("broker")
@organisations.response(200, page_of(SpeakerOut))
def contacts(organisation_id: int) -> dict[str, Any]:
    """Those who speak for a partner, all of them."""
    queries.organisation(reading(), bank(), organisation_id)
    return {"items": queries.contacts(reading(), bank(), organisation_id), "next": None}


@organisations.route("/<int:organisation_id>/contacts", methods=["POST"])
@access("broker", scope="write")
@organisations.arguments(SpeakerIn)
@organisations.response(201, SpeakerOut)
def add_contact(values: dict[str, Any], organisation_id: int) -> Any:
    """Write down who speaks for a partner."""
    with transaction() as session:
        given = understood(session, values)
        return service.add_contact(session, bank(), organisation_id, **given, act=act())


@organisations.route("/<int:organisation_id>/contacts/<int:contact_id>", methods=["DELETE"])
@access("broker", scope="write")
@organisations.response(204)
def remove_contact(organisation_id: int, contact_id: int) -> None:
    """They speak for it no more."""
    with transaction() as session:
        known = queries.contacts(session, bank(), organisation_id)
        if contact_id not in {contact.id for contact in known}:
            raise NotFound(say("There is no such contact here."))
        service.remove_contact(session, bank(), contact_id, act=act())


@groups.route("", methods=["GET"])
@access("member")
@groups.response(200, page_of(GroupOut))
def all_groups() -> dict[str, Any]:
    """The bank's groups, all of them, by name. There are never so many that they come in pages."""
    return {"items": _groups(reading(), queries.groups(reading(), bank())), "next": None}


@groups.route("", methods=["POST"])
@access("broker", scope="write")
@groups.arguments(GroupIn)
@groups.response(201, GroupOut)
def open_group(details: dict[str, Any]) -> dict[str, Any]:
    """Make a group."""
    with transaction() as session:
        return _groups(session, [service.open_group(session, bank(), act(), **details)])[0]


@groups.route("/<int:group_id>", methods=["GET"])
@access("member")
@groups.response(200, GroupOut)
def group(group_id: int) -> dict[str, Any]:
    """One group."""
    return _groups(reading(), [queries.group(reading(), bank(), group_id)])[0]


@groups.route("/<int:group_id>", methods=["PATCH"])
@access("broker", scope="write")
@groups.arguments(GroupPatchIn(partial=True))
@groups.response(200, GroupOut)
def change_group(details: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Change a group: its name and what is said about it by the staff, its limits by a coordinator.
    All of it, or nothing."""
    limits = {name: details.pop(name) for name in ("floor", "ceiling") if name in details}
    with transaction() as session:
        found = queries.group(session, bank(), group_id)
        words = {"name": found.name, "about": found.about} | details
        service.change_group(session, bank(), group_id, act(), **words)
        if limits:
            kept = ledger.account(session, bank(), found.account_id)
            as_before = {"floor": kept.floor, "ceiling": kept.ceiling}
            service.set_group_limits(
                session, bank(), group_id, **{**as_before, **limits}, by=actor()
            )
        return _groups(session, [found])[0]


@groups.route("/<int:group_id>/people", methods=["GET"])
@access("member")
@groups.response(200, page_of(InGroupOut))
def people(group_id: int) -> dict[str, Any]:
    """Who is in a group, all of them: for those who are in it, and the staff."""
    found = queries.group(reading(), bank(), group_id)
    if not actor().is_broker and found.account_id not in queries.may_act_for(
        reading(), bank(), actor()
    ):
        raise NotAllowed(say("Who is in a group is for those who are in it, and the staff."))
    return {"items": queries.people_of(reading(), bank(), [found.id])[found.id], "next": None}


@groups.route("/<int:group_id>/people", methods=["POST"])
@access("broker", scope="write")
@groups.arguments(PersonIn)
@groups.response(201, InGroupOut)
def add_person(values: dict[str, Any], group_id: int) -> Any:
    """Take somebody into a group."""
    with transaction() as session:
        queries.group(session, bank(), group_id)
        member_id = understood(session, values)["member_id"]
        made = service.add_to_group(session, bank(), group_id, member_id, act=act())
        return queries.InGroup(queries.member(session, bank(), member_id), made.joined_at)


@groups.route("/<int:group_id>/people/<int:member_id>", methods=["DELETE"])
@access("member", scope="write")
@groups.response(204)
def remove_person(group_id: int, member_id: int) -> None:
    """Somebody is in a group no more: by themselves, those who act for them, and the staff."""
    with transaction() as session:
        service.leave_group(session, bank(), group_id, member_id, act())


def _groups(session: Session, found: Sequence[Any]) -> list[dict[str, Any]]:
    """Groups as the caller may see them."""
    states = ledger.accounts(session, bank(), [one.account_id for one in found])
    known = states.keys() if actor().is_broker else queries.may_act_for(session, bank(), actor())

    def out(one: Any) -> dict[str, Any]:
        state = states[one.account_id] if one.account_id in known else None
        amounts = {name: getattr(state, name, None) for name in ("balance", "floor", "ceiling")}
        return {
            name: getattr(one, name) for name in ("id", "name", "about", "account_id", "closed_at")
        } | {"party": f"group:{one.id}", **amounts}

    return [out(one) for one in found]
