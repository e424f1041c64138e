"""The tree of skills, offers and requests for programs."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.api.paging import page, page_of
from timebank.clock import local_date
from timebank.db import reading, transaction
from timebank.http import access
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, understood
from timebank.skills import queries, service
from timebank.skills.queries import Shown
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
    return {"items": queries.tree(reading(), bank()), "next": None}


@skills.route("", methods=["POST"])
@access("coordinator", scope="write")
@skills.arguments(SkillIn)
@skills.response(201, SkillOut)
def new_skill(values: dict[str, Any]) -> Any:
    """Add a skill to a category."""
    with transaction() as session:
        return service.add_skill(session, bank(), **values, by=actor())


@skills.route("/<int:skill_id>", methods=["PATCH"])
@access("coordinator", scope="write")
@skills.arguments(SkillPatchIn(partial=True))
@skills.response(200, SkillOut)
def change_skill(changes: dict[str, Any], skill_id: int) -> Any:
    """Change a skill, move it to another category, take it out of use or bring it back."""
    retired = changes.pop("retired", None)
    with transaction() as session:
        found = queries.skill(session, bank(), skill_id)
        kept = {
            name: getattr(found, name)
            for name in ("name", "category_id", "synonyms", "needs_check")
        }
        how = act()
        if retired is not None:
            (service.retire_skill if retired else service.bring_back_skill)(
                session, bank(), skill_id, act=how
            )
        return service.change_skill(session, bank(), skill_id, **{**kept, **changes}, act=how)


@categories.route("", methods=["POST"])
@access("coordinator", scope="write")
@categories.arguments(CategoryIn)
@categories.response(201, CategoryOut)
def new_category(values: dict[str, Any]) -> Any:
    """Add a category at the end of the tree."""
    with transaction() as session:
        return _branch(service.add_category(session, bank(), **values, by=actor()))


@categories.route("/<int:category_id>", methods=["PATCH"])
@access("coordinator", scope="write")
@categories.arguments(CategoryPatchIn)
@categories.response(200, CategoryOut)
def change_category(changes: dict[str, Any], category_id: int) -> Any:
    """Rename a category, or put it into another place among the others."""
    with transaction() as session:
        found = queries.category(session, bank(), category_id)
        kept = {"name": found.name, "position": found.position}
        return _branch(
            service.change_category(session, bank(), category_id, **{**kept, **changes}, by=actor())
        )


@categories.route("/<int:category_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@categories.response(204)
def remove_category(category_id: int) -> None:
    """Take an empty category out of the tree."""
    with transaction() as session:
        service.remove_category(session, bank(), category_id, by=actor())


def _branch(category: Any) -> Any:
    return next(
        one
        for one in queries.tree(reading(), bank(), retired=True)
        if one.category.id == category.id
    )


def _index(kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
    on = local_date(clock.now(), bank().timezone)
    before, limit = wanted["cursor"], wanted["limit"]
    mine = members.may_act_for(reading(), bank(), actor()) if wanted["mine"] else None
    found = page(
        queries.directory(
            reading(),
            bank(),
            kind=kind,
            on=on,
            category_id=wanted["category"],
            account_ids=mine,
            before=before,
            limit=limit,
        ),
        limit,
    )
    return {**found, "items": queries.shown(reading(), bank(), found["items"])}


def _show(kind: str, listing_id: int) -> Shown:
    return queries.show(
        reading(),
        bank(),
        listing_id,
        kind=kind,
        by=actor(),
        on=local_date(clock.now(), bank().timezone),
    )


def _new(kind: str, details: dict[str, Any]) -> Shown:
    with transaction() as session:
        details = understood(session, details)
        account_id = details.pop("holder") or actor().account_id or 0
        word = account_id if account_id != actor().account_id else None
        given = {"account_id": account_id, "on_word_of": word, "act": act()}
        return _of(service.post(session, bank(), kind, **details, **given))


def _change(kind: str, listing_id: int, changes: dict[str, Any]) -> Shown:
    steps: dict[str, Callable[..., Any]] = {"met": service.mark_met, "withdrawn": service.withdraw}
    status, renewed = changes.pop("status", None), changes.pop("renew", False)
    how = act()
    with transaction() as session:
        queries.show(
            session,
            bank(),
            listing_id,
            kind=kind,
            by=actor(),
            on=local_date(clock.now(), bank().timezone),
        )
        if renewed:
            service.renew(session, bank(), listing_id, act=how)
        listing = service.change(session, bank(), listing_id, **changes, act=how)
        return _of(steps[status](session, bank(), listing_id, act=how) if status else listing)


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
def link_areas(values: dict[str, Any]) -> None:
    """Say that two areas lie next to each other."""
    with transaction() as session:
        service.link_areas(session, bank(), values["one"], values["other"], by=actor())


@areas.route("/partings", methods=["POST"])
@access("coordinator", scope="write")
@areas.arguments(AreasIn)
@areas.response(204)
def part_areas(values: dict[str, Any]) -> None:
    """Say that they do not."""
    with transaction() as session:
        service.unlink_areas(session, bank(), values["one"], values["other"], by=actor())


# ---- Offers and requests ----


@offers.route("", methods=["GET"])
@access("member")
@offers.arguments(FilterIn, location="query")
@offers.response(200, page_of(ListingOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is offered, the newest first."""
    return _index("offer", wanted)


@offers.route("", methods=["POST"])
@access("member", scope="write")
@offers.arguments(NewListingIn)
@offers.response(201, ListingOut)
def new(details: dict[str, Any]) -> Shown:
    """Offer something. Brokers do it for anybody, others for themselves and whom they act for."""
    return _new("offer", details)


@offers.route("/<int:listing_id>", methods=["GET"])
@access("member")
@offers.response(200, ListingOut)
def show(listing_id: int) -> Shown:
    """One offer."""
    return _show("offer", listing_id)


@offers.route("/<int:listing_id>", methods=["PATCH"])
@access("member", scope="write")
@offers.arguments(ListingPatchIn(partial=True))
@offers.response(200, ListingOut)
def change(changes: dict[str, Any], listing_id: int) -> Shown:
    """Change an offer, renew it, or take it out of the directory."""
    return _change("offer", listing_id, changes)


@offers.route("/<int:listing_id>/broker", methods=["PUT"])
@access("broker", scope="write")
@offers.arguments(CarerIn)
@offers.response(200, ListingOut)
def take_on(values: dict[str, Any], listing_id: int) -> Shown:
    """Say which broker looks after an offer."""
    return _take_on("offer", listing_id, values)


@requests.route("/<int:listing_id>/broker", methods=["PUT"])
@access("broker", scope="write")
@requests.arguments(CarerIn)
@requests.response(200, ListingOut)
def take_on_request(values: dict[str, Any], listing_id: int) -> Shown:
    """Say which broker looks after a request."""
    return _take_on("request", listing_id, values)


def _take_on(kind: str, listing_id: int, values: dict[str, Any]) -> Shown:
    _show(kind, listing_id)
    with transaction() as session:
        broker_id = understood(session, values)["broker_id"]
        service.take_on(session, bank(), listing_id, broker_id, act=act())
        return _show(kind, listing_id)


@requests.route("", methods=["GET"])
@access("member")
@requests.arguments(FilterIn, location="query")
@requests.response(200, page_of(ListingOut))
def wanted(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is asked for, the newest first."""
    return _index("request", wanted)


@requests.route("", methods=["POST"])
@access("member", scope="write")
@requests.arguments(NewListingIn)
@requests.response(201, ListingOut)
def ask(details: dict[str, Any]) -> Shown:
    """Ask for help. Brokers do it for anybody, others for themselves and whom they act for."""
    return _new("request", details)


@requests.route("/<int:listing_id>", methods=["GET"])
@access("member")
@requests.response(200, ListingOut)
def show_request(listing_id: int) -> Shown:
    """One request."""
    return _show("request", listing_id)


@requests.route("/<int:listing_id>", methods=["PATCH"])
@access("member", scope="write")
@requests.arguments(ListingPatchIn(partial=True))
@requests.response(200, ListingOut)
def change_request(changes: dict[str, Any], listing_id: int) -> Shown:
    """Change a request, renew it, or close it."""
    return _change("request", listing_id, changes)
