"""The tree of skills, offers and requests for programs."""

from dataclasses import replace
from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import page, page_of
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.db import reading, transaction
from timebank.http import access
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, today, understood
from timebank.skills import queries, service
from timebank.skills.queries import Shown
from timebank.skills.rules import (
    Carer,
    CategoryDetails,
    ListingKind,
    ListingStatus,
    NewCategory,
    NewListing,
    SkillDetails,
    TwoAreas,
)
from timebank.skills.schemas import (
    AreasIn,
    CarerIn,
    CategoryIn,
    CategoryOut,
    CategoryPatchIn,
    FilterIn,
    ListingOut,
    ListingPatchIn,
    NeighboursOut,
    NewListingIn,
    OnStreetIn,
    SkillIn,
    SkillOut,
    SkillPatchIn,
)

skills = Blueprint(
    "skills", __name__, url_prefix="/api/v1/skills", description="The bank's tree of skills"
)
categories = Blueprint(
    "categories", __name__, url_prefix="/api/v1/categories", description="What skills stand under"
)
areas = Blueprint("areas", __name__, url_prefix="/api/v1/areas", description="The parts of town")
offers = Blueprint(
    "offers", __name__, url_prefix="/api/v1/offers", description="What members offer"
)
requests = Blueprint(
    "requests", __name__, url_prefix="/api/v1/requests", description="What members ask for"
)


@skills.route("", methods=["GET"])
@access("member")
@skills.response(200, page_of(CategoryOut))
def tree() -> dict[str, Any]:
    """Categories in order, each with its skills: all of them, in one page."""
    return {"items": queries.tree(reading(), bank(), needs=True), "next": None}


@skills.route("", methods=["POST"])
@access("coordinator", scope="write")
@skills.arguments(SkillIn)
@skills.response(201, SkillOut)
def new_skill(details: SkillDetails) -> Any:
    """Add a skill to a category."""
    with transaction() as session:
        return service.add_skill(session, bank(), details, act())


@skills.route("/<int:skill_id>", methods=["PATCH"])
@access("coordinator", scope="write")
@skills.arguments(SkillPatchIn(partial=True))
@skills.response(200, SkillOut)
def change_skill(changes: dict[str, Any], skill_id: int) -> Any:
    """Change a skill, move it to another category, take it out of use or bring it back."""
    retired, acting = changes.pop("retired", None), act()
    with transaction() as session:
        # What is left out stays as it is once nobody else changes the tree.
        one_at_a_time(session, bank())
        skill = queries.skill(session, bank(), skill_id)
        details = replace(queries.skill_details(skill), **changes)
        if retired is not None:
            step = service.retire_skill if retired else service.bring_back_skill
            step(session, bank(), skill_id, acting)
        return service.change_skill(session, bank(), skill_id, details, acting)


@categories.route("", methods=["POST"])
@access("coordinator", scope="write")
@categories.arguments(CategoryIn)
@categories.response(201, CategoryOut)
def new_category(new: NewCategory) -> Any:
    """Add a category at the end of the tree."""
    with transaction() as session:
        return _branch(service.add_category(session, bank(), new, act()))


@categories.route("/<int:category_id>", methods=["PATCH"])
@access("coordinator", scope="write")
@categories.arguments(CategoryPatchIn)
@categories.response(200, CategoryOut)
def change_category(changes: dict[str, Any], category_id: int) -> Any:
    """Rename a category, or put it into another place among the others."""
    with transaction() as session:
        one_at_a_time(session, bank())
        category = queries.category(session, bank(), category_id)
        details = replace(CategoryDetails(category.name, category.position), **changes)
        return _branch(service.change_category(session, bank(), category_id, details, act()))


@categories.route("/<int:category_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@categories.response(204)
def remove_category(category_id: int) -> None:
    """Take an empty category out of the tree."""
    with transaction() as session:
        service.remove_category(session, bank(), category_id, act())


def _branch(category: Any) -> Any:
    return next(
        one
        for one in queries.tree(reading(), bank(), retired=True, needs=True)
        if one.category.id == category.id
    )


def _index(kind: ListingKind, wanted: dict[str, Any]) -> dict[str, Any]:
    on = today()
    before, limit = wanted["cursor"], wanted["limit"]
    if wanted["mine"]:
        mine = members.may_act_for(reading(), bank(), actor())
        rows = queries.held_by(
            reading(),
            bank(),
            mine,
            kind=kind,
            category_id=wanted["category"],
            before=before,
            limit=limit,
        )
    else:
        category_id = wanted["category"]
        among = [] if category_id is None else [queries.of_category(bank(), category_id)]
        rows = queries.directory(
            reading(),
            bank(),
            kind=kind,
            on=on,
            among=among,
            by=actor(),
            before=before,
            limit=limit,
        )
    return page(rows, limit, key="listing.id")


def _show(kind: ListingKind, listing_id: int) -> Shown:
    return queries.show(
        reading(),
        bank(),
        listing_id,
        kind=kind,
        by=actor(),
        on=today(),
    )


def _new(kind: ListingKind, new: NewListing) -> Shown:
    with transaction() as session:
        return _of(service.post(session, bank(), kind, understood(session, new), act()))


def _change(kind: ListingKind, listing_id: int, changes: dict[str, Any]) -> Shown:
    status, renewed = changes.pop("status", None), changes.pop("renew", False)
    steps = {ListingStatus.MET: service.mark_met, ListingStatus.WITHDRAWN: service.withdraw}
    acting = act()
    with transaction() as session:
        on = local_date(acting.now, bank().timezone)
        queries.show(session, bank(), listing_id, kind=kind, by=actor(), on=on)
        if renewed:
            service.renew(session, bank(), listing_id, acting)
        written = queries.details(queries.listing(session, bank(), listing_id, lock=True))
        listing = service.change(session, bank(), listing_id, replace(written, **changes), acting)
        return _of(steps[status](session, bank(), listing_id, acting) if status else listing)


def _undo(kind: ListingKind, listing_id: int) -> Shown:
    acting = act()
    with transaction() as session:
        on = local_date(acting.now, bank().timezone)
        queries.show(session, bank(), listing_id, kind=kind, by=actor(), on=on)
        return _of(service.undo(session, bank(), listing_id, acting))


@offers.route("/<int:listing_id>/street", methods=["PUT"])
@access("member", scope="write")
@offers.arguments(OnStreetIn)
@offers.response(200, ListingOut)
def let_stand_on_street(values: dict[str, Any], listing_id: int) -> Shown:
    """Let an offer be among the examples on the bank's front page, without its holder's name, or no
    longer. For its holder and those who act for them."""
    acting = act()
    with transaction() as session:
        on = local_date(acting.now, bank().timezone)
        queries.show(session, bank(), listing_id, kind=ListingKind.OFFER, by=actor(), on=on)
        return _of(
            service.let_stand_on_street(session, bank(), listing_id, values["on_street"], acting)
        )


def _of(listing: Any) -> Shown:
    return queries.shown(reading(), bank(), [listing])[0]


# ---- Areas ----


@areas.route("", methods=["GET"])
@access("member")
@areas.response(200, page_of(NeighboursOut))
def all_areas() -> dict[str, Any]:
    """The areas that members live in, all of them by name, each with those next to it."""
    return {"items": queries.neighbourhood(reading(), bank()), "next": None}


@areas.route("/links", methods=["POST"])
@access("coordinator", scope="write")
@areas.arguments(AreasIn)
@areas.response(204)
def link_areas(two: TwoAreas) -> None:
    """Say that two areas lie next to each other."""
    with transaction() as session:
        service.link_areas(session, bank(), two, act())


@areas.route("/partings", methods=["POST"])
@access("coordinator", scope="write")
@areas.arguments(AreasIn)
@areas.response(204)
def part_areas(two: TwoAreas) -> None:
    """Say that they do not."""
    with transaction() as session:
        service.unlink_areas(session, bank(), two, act())


# ---- Offers and requests ----


@offers.route("", methods=["GET"])
@access("member")
@offers.arguments(FilterIn, location="query")
@offers.response(200, page_of(ListingOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is offered, the newest first."""
    return _index(ListingKind.OFFER, wanted)


@offers.route("", methods=["POST"])
@access("member", scope="write")
@offers.arguments(NewListingIn)
@offers.response(201, ListingOut)
def new(new: NewListing) -> Shown:
    """Offer something. Brokers do it for anybody, others for themselves and whom they act for."""
    return _new(ListingKind.OFFER, new)


@offers.route("/<int:listing_id>", methods=["GET"])
@access("member")
@offers.response(200, ListingOut)
def show(listing_id: int) -> Shown:
    """One offer."""
    return _show(ListingKind.OFFER, listing_id)


@offers.route("/<int:listing_id>", methods=["PATCH"])
@access("member", scope="write")
@offers.arguments(ListingPatchIn(partial=True))
@offers.response(200, ListingOut)
def change(changes: dict[str, Any], listing_id: int) -> Shown:
    """Change an offer, renew it, or take it out of the directory."""
    return _change(ListingKind.OFFER, listing_id, changes)


@offers.route("/<int:listing_id>/undo", methods=["POST"])
@access("member", scope="write")
@offers.response(200, ListingOut)
def undo(listing_id: int) -> Shown:
    """Take back that an offer was renewed, met or taken out, while nothing else was done with
    it."""
    return _undo(ListingKind.OFFER, listing_id)


@offers.route("/<int:listing_id>/broker", methods=["PUT"])
@access("broker", scope="write")
@offers.arguments(CarerIn)
@offers.response(200, ListingOut)
def take_on(carer: Carer, listing_id: int) -> Shown:
    """Say which broker looks after an offer."""
    return _take_on(ListingKind.OFFER, listing_id, carer)


@requests.route("/<int:listing_id>/undo", methods=["POST"])
@access("member", scope="write")
@requests.response(200, ListingOut)
def undo_request(listing_id: int) -> Shown:
    """Take back that a request was renewed, met or taken out, while nothing else was done with
    it."""
    return _undo(ListingKind.REQUEST, listing_id)


@requests.route("/<int:listing_id>/broker", methods=["PUT"])
@access("broker", scope="write")
@requests.arguments(CarerIn)
@requests.response(200, ListingOut)
def take_on_request(carer: Carer, listing_id: int) -> Shown:
    """Say which broker looks after a request."""
    return _take_on(ListingKind.REQUEST, listing_id, carer)


def _take_on(kind: ListingKind, listing_id: int, carer: Carer) -> Shown:
    _show(kind, listing_id)
    with transaction() as session:
        service.take_on(session, bank(), listing_id, understood(session, carer), act())
        return _show(kind, listing_id)


@requests.route("", methods=["GET"])
@access("member")
@requests.arguments(FilterIn, location="query")
@requests.response(200, page_of(ListingOut))
def wanted(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is asked for, the newest first."""
    return _index(ListingKind.REQUEST, wanted)


@requests.route("", methods=["POST"])
@access("member", scope="write")
@requests.arguments(NewListingIn)
@requests.response(201, ListingOut)
def ask(new: NewListing) -> Shown:
    """Ask for help. Brokers do it for anybody, others for themselves and whom they act for."""
    return _new(ListingKind.REQUEST, new)


@requests.route("/<int:listing_id>", methods=["GET"])
@access("member")
@requests.response(200, ListingOut)
def show_request(listing_id: int) -> Shown:
    """One request."""
    return _show(ListingKind.REQUEST, listing_id)


@requests.route("/<int:listing_id>", methods=["PATCH"])
@access("member", scope="write")
@requests.arguments(ListingPatchIn(partial=True))
@requests.response(200, ListingOut)
def change_request(changes: dict[str, Any], listing_id: int) -> Shown:
    """Change a request, renew it, or close it."""
    return _change(ListingKind.REQUEST, listing_id, changes)
