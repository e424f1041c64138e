"""Members, organisations and groups for programs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.act import Entered, Word
from timebank.api.paging import PageIn, page, page_of
from timebank.banks.queries import one_at_a_time
from timebank.db import reading, transaction
from timebank.errors import NotAllowed, NotFound
from timebank.http import access
from timebank.ledger import queries as ledger
from timebank.ledger.queries import AccountState
from timebank.members import (
    acts,
    helping,
    meeting,
    partners,
    portraits,
    queries,
    rules,
    sayings,
    service,
)
from timebank.members.current import act, actor, bank, entered, knows, understood
from timebank.members.rules import (
    Another,
    Known,
    LookedAfter,
    NewContact,
    NewLimits,
    NewMember,
    NewPicture,
    SharedDetails,
    Showing,
    Status,
    StreetOff,
)
from timebank.members.schemas import (
    AnotherIn,
    ApartOut,
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
    MetOut,
    NamedApartIn,
    NamedHelperIn,
    NewMemberIn,
    OrganisationIn,
    OrganisationOut,
    PartnerPatchIn,
    PersonIn,
    PictureFileIn,
    PictureIn,
    PictureOut,
    PreferenceOut,
    PreferencePatchIn,
    ProfileOut,
    ShowingIn,
    ShowingOut,
    SpeakerIn,
    SpeakerOut,
    StaffProfileIn,
    StreetIn,
    StreetOffIn,
    StreetOut,
    ToHelperIn,
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
def index(filters: dict[str, Any]) -> dict[str, Any]:
    """Members by name."""
    listed = page(
        queries.members(
            reading(),
            bank(),
            text=filters["q"],
            status=filters["status"],
            role=filters["role"],
            capacity=filters["capacity"],
            after=filters["cursor"],
            limit=filters["limit"],
        ),
        filters["limit"],
    )
    accounts = queries.standing(reading(), bank(), listed["items"])
    members = [_out(member, accounts.get(member.id)) for member in listed["items"]]
    return {**listed, "items": members}


@members.route("", methods=["POST"])
@access("broker", scope="write")
@members.arguments(NewMemberIn)
@members.response(201, MemberOut)
def new(written: Known[NewMember]) -> dict[str, Any]:
    """Write a member in. Without a number they are given the next one.

    Where somebody here may be the same person, that is asked first (409, `known_already`, with
    `candidates`); `another` says that it is somebody else.
    """
    with transaction() as session:
        made = service.enrol(session, bank(), written.value, act(), another=written.another)
        return _shown(session, made)


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

    All of it, or nothing. The staff are asked when by their new details they may be somebody who is
    here (409 with `candidates`); `another` says that it is somebody else.
    """
    here, acting = bank(), act()
    role, status = details.pop("role", None), details.pop("status", None)
    why, another = details.pop("why", ""), details.pop("another", False)
    limits = {name: details.pop(name) for name in ("floor", "ceiling") if name in details}
    with transaction() as session:
        changed = replace(queries.details(queries.hold(session, here, member_id)), **details)
        member = service.change(session, here, member_id, changed, acting, another=another)
        if role is not None:
            service.set_role(session, here, member_id, role, acting)
        if limits:
            account = queries.standing(session, here, [member]).get(member_id)
            before = NewLimits(account.floor, account.ceiling, why) if account else NewLimits()
            service.set_limits(session, here, member_id, replace(before, **limits), acting)
        if status not in (None, member.status):
            step = service.pause if status == Status.PAUSED else service.resume
            step(session, here, member_id, acting)
        return _shown(session, member)


@members.route("/<int:member_id>/profile", methods=["GET"])
@access("member")
@members.response(200, ProfileOut)
def profile(member_id: int) -> dict[str, Any]:
    """Languages, access needs and times that suit: for the member, those who act for them, and the
    staff."""
    _require_near(member_id)
    return _profile(queries.suiting(reading(), bank(), member_id))


@members.route("/<int:member_id>/profile", methods=["PATCH"])
@access("member", scope="write")
@members.arguments(StaffProfileIn(partial=True))
@members.response(200, ProfileOut)
def set_profile(values: dict[str, Any], member_id: int) -> dict[str, Any]:
    """Change them; what is left out stays. Which broker looks after a member only the staff say."""
    with transaction() as session:
        given = understood(session, values)
        queries.hold(session, bank(), member_id)
        suiting = replace(queries.suiting(session, bank(), member_id), **given)
        service.set_profile(session, bank(), member_id, suiting, act())
        return _profile(queries.suiting(session, bank(), member_id))


@members.route("/<int:member_id>/page", methods=["GET"])
@access("member")
@members.response(200, ShowingOut)
def own_page(member_id: int) -> Showing:
    """What a member shows to all members: for them, those who act for them, and the staff."""
    _require_near(member_id)
    return queries.showing(reading(), bank(), member_id)


@members.route("/<int:member_id>/page", methods=["PUT"])
@access("member", scope="write")
@members.arguments(ShowingIn)
@members.response(200, ShowingOut)
def set_own_page(showing: Showing, member_id: int) -> Showing:
    """Say what a member shows to all members."""
    with transaction() as session:
        service.set_showing(session, bank(), member_id, showing, act())
        return queries.showing(session, bank(), member_id)


@members.route("/<int:member_id>/street", methods=["PUT"])
@access("broker", scope="write")
@members.arguments(StreetIn)
@members.response(200, StreetOut)
def let_street_stand(words: str, member_id: int) -> dict[str, Any]:
    """Have what a member says stand on the bank's front page, in the words that were read."""
    with transaction() as session:
        sayings.let_stand(session, bank(), member_id, words, act())
        return {"words": words, "read": True}


@members.route("/<int:member_id>/street", methods=["GET"])
@access("member")
@members.response(200, StreetOut)
def street(member_id: int) -> dict[str, Any]:
    """What a member says on the bank's front page, and whether a broker has read it: for them,
    those who act for them, and the staff."""
    _require_near(member_id)
    words = queries.showing(reading(), bank(), member_id).street
    return {"words": words, "read": queries.street_read(reading(), bank(), member_id)}


@members.route("/<int:member_id>/street/removal", methods=["POST"])
@access("broker", scope="write")
@members.arguments(StreetOffIn)
@members.response(204)
def take_street_off(off: StreetOff, member_id: int) -> None:
    """Take what a member says off the bank's front page, and tell them why."""
    with transaction() as session:
        sayings.take_off(session, bank(), member_id, off, act())


@members.route("/<int:member_id>/picture", methods=["GET"])
@access("member")
@members.response(200, PictureOut)
def picture(member_id: int) -> Any:
    """That a member has a picture, for who may see it, and who that is."""
    return _picture(member_id)


@members.route("/<int:member_id>/picture", methods=["PUT"])
@access("member", scope="write")
@members.arguments(PictureIn, location="form")
@members.arguments(PictureFileIn, location="files")
@members.response(200, PictureOut)
def put_picture(values: dict[str, Any], files: dict[str, Any], member_id: int) -> Any:
    """Give a picture of a member, made square and small and freed of what the camera wrote into
    it, or say anew who sees the one there is."""
    data = files["photo"].read() if files["photo"] else b""
    with transaction() as session:
        new = NewPicture(data, values["shown_to"])
        return portraits.put(session, bank(), member_id, new, act())


@members.route("/<int:member_id>/picture", methods=["DELETE"])
@access("member", scope="write")
@members.response(204)
def take_picture_away(member_id: int) -> None:
    """Take somebody's picture away."""
    with transaction() as session:
        portraits.take_away(session, bank(), member_id, act())


@members.route("/<int:member_id>/picture/file", methods=["GET"])
@access("member")
@members.response(200, {"format": "binary", "type": "string"}, content_type="image/jpeg")
def picture_file(member_id: int) -> Response:
    """The picture itself."""
    return Response(_picture(member_id).jpeg, mimetype="image/jpeg")


def _picture(member_id: int) -> Any:
    known = knows(queries.member(reading(), bank(), member_id).account_id or 0)
    return portraits.seen(reading(), bank(), member_id, by=actor(), knows=known)


def _profile(suiting: LookedAfter) -> dict[str, Any]:
    return {
        "languages": rules.languages_of(suiting.languages),
        "access_needs": suiting.access_needs,
        "times": parts_of(suiting.times),
        "broker": f"member:{suiting.broker_id}" if suiting.broker_id else None,
    }


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
@members.arguments(PreferencePatchIn(partial=True))
@members.response(200, PreferenceOut)
def set_preference(values: dict[str, Any], member_id: int) -> Any:
    """Say how a member likes to be told; what is left out stays. By themselves, and by the staff on
    their word."""
    with transaction() as session:
        queries.hold(session, bank(), member_id)
        wishes = replace(queries.preference(session, bank(), member_id), **values)
        return service.set_preference(session, bank(), member_id, wishes, act())


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


# ---- Joining ----


@members.route("/<int:member_id>/approval", methods=["POST"])
@access("broker", scope="write")
@members.arguments(AnotherIn)
@members.response(200, MemberOut)
def approve(answer: Another, member_id: int) -> dict[str, Any]:
    """Take in somebody who has asked to join: they are a member from now on, and are told.

    Where somebody here may be the same person, that is asked first, as when one is written in.
    """
    with transaction() as session:
        taken_in = service.approve(session, bank(), member_id, act(), another=answer.another)
        return _shown(session, taken_in)


@members.route("/<int:member_id>/refusal", methods=["POST"])
@access("broker", scope="write")
@members.response(204)
def decline(member_id: int) -> None:
    """Do not take in somebody who has asked to join: what they wrote is erased."""
    with transaction() as session:
        service.decline(session, bank(), member_id, act())


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
        helper_id, relation = given["helper_id"], given["relation"]
        by_word = act(Word(despite=given["despite"]))
        grant = helping.grant_helper(
            session, bank(), member_id, helper_id, by_word, relation=relation
        )
        helpers = queries.helpers_of(session, bank(), member_id)
        return next(help_ for help_ in helpers if help_.id == grant.id)


@members.route("/<int:member_id>/helpers/<int:grant_id>", methods=["PATCH"])
@access("member", scope="write")
@members.arguments(ToHelperIn)
@members.response(200, HelpOut)
def set_told(values: dict[str, Any], member_id: int, grant_id: int) -> Any:
    """Say whether a helper reads what the member is told: by the member, and by the staff on their
    word."""
    with transaction() as session:
        helpers = queries.helpers_of(session, bank(), member_id)
        if grant_id not in {each.id for each in helpers}:
            raise NotFound(say("There is no such helper here."))
        helping.set_notices(session, bank(), grant_id, act(), wanted=values["notices"])
        return next(
            each for each in queries.helpers_of(session, bank(), member_id) if each.id == grant_id
        )


@members.route("/<int:member_id>/helpers/<int:grant_id>", methods=["DELETE"])
@access("member", scope="write")
@members.response(204)
def end_helping(member_id: int, grant_id: int) -> None:
    """Let a helper act no more: by either of the two, and by the staff."""
    with transaction() as session:
        if grant_id not in {each.id for each in queries.helpers_of(session, bank(), member_id)}:
            raise NotFound(say("There is no such helper here."))
        helping.revoke_helper(session, bank(), grant_id, act())


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
        pair_apart = helping.keep_apart(session, bank(), member_id, other_id, act())
        pairs = queries.apart(session, bank(), member_id)
        return next(pair for pair in pairs if pair.id == pair_apart.id)


@members.route("/<int:member_id>/apart/<int:apart_id>", methods=["DELETE"])
@access("member", scope="write")
@members.response(204)
def end_keeping_apart(member_id: int, apart_id: int) -> None:
    """They may be brought together again."""
    with transaction() as session:
        helping.end_keeping_apart(session, bank(), member_id, apart_id, act())


@members.route("/kept-apart", methods=["GET"])
@access("coordinator")
@members.arguments(PageIn, location="query")
@members.response(200, page_of(MetOut))
def met(wanted: dict[str, Any]) -> dict[str, Any]:
    """Whom the staff let meet though they are kept apart, the latest first."""
    rows = meeting.met(reading(), bank(), limit=wanted["limit"], before=wanted["cursor"])
    return page(rows, wanted["limit"])


def _require_near(member_id: int) -> None:
    """Raises NotAllowed for others than the member, those who act for them, and the staff."""
    queries.member(reading(), bank(), member_id)
    acts.require_near(reading(), bank(), member_id, actor())


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
def all_partners() -> dict[str, Any]:
    """The bank's partners, all of them, by name. There are never so many that they come in
    pages."""
    return {"items": queries.organisations(reading(), bank()), "next": None}


@organisations.route("", methods=["POST"])
@access("broker", scope="write")
@organisations.arguments(OrganisationIn)
@organisations.response(201, OrganisationOut)
def new_partner(details: SharedDetails) -> Any:
    """Take in a partner."""
    with transaction() as session:
        return partners.add_organisation(session, bank(), details, act())


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
def change_partner(values: dict[str, Any], organisation_id: int) -> Any:
    """Change a partner's name and what is said about it."""
    with transaction() as session:
        one_at_a_time(session, bank())
        organisation = queries.organisation(session, bank(), organisation_id)
        details = replace(SharedDetails(organisation.name, organisation.about), **values)
        return partners.change_organisation(session, bank(), organisation_id, details, act())


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
def add_contact(sent: Entered[NewContact], organisation_id: int) -> Any:
    """Write down who speaks for a partner."""
    with transaction() as session:
        new, by_word = entered(session, sent)
        return partners.add_contact(session, bank(), organisation_id, new, by_word)


@organisations.route("/<int:organisation_id>/contacts/<int:contact_id>", methods=["DELETE"])
@access("broker", scope="write")
@organisations.response(204)
def remove_contact(organisation_id: int, contact_id: int) -> None:
    """They speak for it no more."""
    with transaction() as session:
        known = queries.contacts(session, bank(), organisation_id)
        if contact_id not in {contact.id for contact in known}:
            raise NotFound(say("There is no such contact here."))
        partners.remove_contact(session, bank(), contact_id, act())


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
def open_group(details: SharedDetails) -> dict[str, Any]:
    """Make a group."""
    with transaction() as session:
        return _groups(session, [partners.open_group(session, bank(), details, act())])[0]


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
def change_group(values: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Change a group: its name and what is said about it by the staff, its limits by a coordinator.
    All of it, or nothing."""
    limits = {name: values.pop(name) for name in ("floor", "ceiling") if name in values}
    why = values.pop("why", "")
    with transaction() as session:
        one_at_a_time(session, bank())
        group = queries.group(session, bank(), group_id)
        details = replace(SharedDetails(group.name, group.about), **values)
        partners.change_group(session, bank(), group_id, details, act())
        if limits:
            account = ledger.account(session, bank(), group.account_id)
            changed = replace(NewLimits(account.floor, account.ceiling, why), **limits)
            partners.set_group_limits(session, bank(), group_id, changed, act())
        return _groups(session, [group])[0]


@groups.route("/<int:group_id>/people", methods=["GET"])
@access("member")
@groups.response(200, page_of(InGroupOut))
def people(group_id: int) -> dict[str, Any]:
    """Who is in a group, all of them: for those who are in it, and the staff."""
    group = queries.group(reading(), bank(), group_id)
    if not actor().is_broker and group.account_id not in queries.may_act_for(
        reading(), bank(), actor()
    ):
        raise NotAllowed(say("Who is in a group is for those who are in it, and the staff."))
    everybody = queries.people_of(reading(), bank(), [group.id])[group.id]
    people = meeting.leave_out(reading(), bank(), everybody, lambda one: one.member.id, by=actor())
    return {"items": people, "next": None}


@groups.route("/<int:group_id>/people", methods=["POST"])
@access("broker", scope="write")
@groups.arguments(PersonIn)
@groups.response(201, InGroupOut)
def add_person(values: dict[str, Any], group_id: int) -> Any:
    """Take somebody into a group."""
    with transaction() as session:
        queries.group(session, bank(), group_id)
        member_id = understood(session, values)["member_id"]
        by_word = act(Word(despite=values["despite"]))
        belonging = partners.add_to_group(session, bank(), group_id, member_id, by_word)
        return queries.InGroup(queries.member(session, bank(), member_id), belonging.joined_at)


@groups.route("/<int:group_id>/people/<int:member_id>", methods=["DELETE"])
@access("member", scope="write")
@groups.response(204)
def remove_person(group_id: int, member_id: int) -> None:
    """Somebody is in a group no more: by themselves, those who act for them, and the staff."""
    with transaction() as session:
        partners.leave_group(session, bank(), group_id, member_id, act())


def _groups(session: Session, groups: Sequence[Any]) -> list[dict[str, Any]]:
    """Groups as the caller may see them."""
    states = ledger.accounts(session, bank(), [group.account_id for group in groups])
    known = states.keys() if actor().is_broker else queries.may_act_for(session, bank(), actor())

    def out(group: Any) -> dict[str, Any]:
        state = states[group.account_id] if group.account_id in known else None
        amounts = {name: getattr(state, name, None) for name in ("balance", "floor", "ceiling")}
        return {
            "id": group.id,
            "party": f"group:{group.id}",
            "name": group.name,
            "about": group.about,
            "account_id": group.account_id,
            "closed_at": group.closed_at,
            **amounts,
        }

    return [out(group) for group in groups]
