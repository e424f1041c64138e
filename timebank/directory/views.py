"""The directory: browsing, one listing, one's own, writing them, printing them all."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import hours
from timebank.api.paging import page as cut_page
from timebank.db import reading
from timebank.directory import queries
from timebank.directory.queries import Found
from timebank.directory.rules import Filters, WrittenListing
from timebank.directory.schemas import FiltersIn, ListingForm
from timebank.errors import Invalid, NotFound
from timebank.http import access
from timebank.http import shown as spoken
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, circle, today
from timebank.members.queries import Party
from timebank.safeguarding import queries as safeguarding
from timebank.say import say
from timebank.schema import load
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.queries import Shown
from timebank.skills.rules import LONGEST, Details, ListingKind
from timebank.skills.schemas import FilterIn, ListingIn, OnStreetIn
from timebank.times import DAYS, parts_of
from timebank.web.forms import Form, submit

pages = Blueprint("directory", __name__, url_prefix="/b/<bank>/directory")

_KIND = "any(offers, requests):listing_kind"
_AT_ONCE = 20  # listings on a page
_FILTERS = ("day", "area", "new")
_KINDS = {"offers": ListingKind.OFFER, "requests": ListingKind.REQUEST}


@pages.get("")
@access("member")
def index() -> Response:
    """What is offered or wanted, by category, by day, by street and what is new."""
    kind = _KINDS.get(request.args.get("kind", ""), ListingKind.OFFER)
    wanted = load(
        FilterIn(),
        {"limit": _AT_ONCE, **_asked()},
        unknown="exclude",
    )
    form, filters = Form(request.args), Filters()
    try:
        filters = load(FiltersIn(), _asked(), unknown="exclude")
    except Invalid as refusal:
        form.refused(refusal)
    among = queries.only(bank(), filters, act())
    if wanted["category"] is not None:
        among.append(skills.of_category(bank(), wanted["category"]))
    listings = skills.directory(
        reading(),
        bank(),
        kind=kind,
        among=among,
        on=today(),
        by=actor(),
        before=wanted["cursor"],
        limit=wanted["limit"],
    )
    kinds = skills.kinds(reading(), bank(), kind=kind, by=actor(), on=today())
    chosen = next(
        (category for category, _ in kinds.numbers if category.id == wanted["category"]), None
    )
    if wanted["category"] is not None and chosen is None:
        raise NotFound(say("There is no such category here."))
    listed = cut_page(listings, wanted["limit"], key="listing.id")
    words = {
        "kind": f"{kind}s",
        "category": wanted["category"],
        "day": filters.day,
        "area": filters.area or None,
        "new": "true" if filters.new else None,
    }
    content = render_template(
        "directory/index.html",
        form=form,
        filters=filters,
        filtered=filters != Filters(),
        **_to_choose(),
        kind=kind,
        shown=listed["items"],
        chosen=chosen,
        kinds=kinds,
        more=url_for(".index", **words, cursor=listed["next"]) if listed["next"] else "",
    )
    return make_response(content, 422 if form.wrong else 200)


def _asked() -> dict[str, str]:
    return {name: text for name, text in request.args.items() if text}


def _to_choose() -> dict[str, Any]:
    """The days and the streets to look through, and the part of town of whoever reads."""
    areas, own = skills.areas_of(reading(), bank(), actor().member_id)
    return {
        "days": list(enumerate(DAYS)),
        "areas": [(area, area) for area in areas],
        "area": own,
    }


@pages.get("/search")
@access("member")
def search() -> Response:
    """What answers best to the words typed: one or two, or a sentence as one would say it."""
    session, here = reading(), bank()
    kind = _KINDS.get(request.args.get("kind", ""), ListingKind.OFFER)
    form = Form(request.args)
    text = " ".join(form.value("q").split())
    narrowed = {name: words for name, words in _asked().items() if name in _FILTERS}
    if not text and narrowed:
        # Whoever looks for nothing in particular looks through all of it, narrowed as they said.
        given: dict[str, Any] = {"kind": f"{kind}s", **narrowed}
        return redirect(url_for(".index", **given))
    answer, filters = Found([], [], [], [], understood=True), Filters()
    try:
        filters = load(
            FiltersIn(),
            _asked(),
            unknown="exclude",
        )
        answer = queries.find(session, here, text, kind, filters, act(), within=circle(session))
    except Invalid as refusal:
        if "q" in request.args:
            form.refused(refusal)
    content = render_template(
        "directory/search.html",
        form=form,
        kind=kind,
        query=text,
        found=answer,
        filters=filters,
        **_to_choose(),
        told={"title" if len(text) <= LONGEST["title"] else "description": text},
        kinds=skills.kinds(session, here, kind=kind, by=actor(), on=today()),
    )
    return make_response(content, 422 if form.wrong else 200)


@pages.get("/print")
@access("member")
def printed() -> str:
    """Everything that stands in the directory, by category, for paper."""
    listings = skills.shown(
        reading(),
        bank(),
        skills.open_listings(reading(), bank(), by=actor(), to_members=True, on=today()),
    )
    order = [branch.category.name for branch in skills.tree(reading(), bank())]
    places = {name: place for place, name in enumerate(order)}
    groups: dict[tuple[str, str], list[Shown]] = {}
    for shown_listing in sorted(
        listings, key=lambda one: (one.skill.name if one.skill else "", one.party.name)
    ):
        category = (
            shown_listing.category.name if shown_listing.category else spoken(say("Other things"))
        )
        groups.setdefault((shown_listing.listing.kind, category), []).append(shown_listing)
    ordered = sorted(groups.items(), key=lambda group: places.get(group[0][1], len(places)))
    return render_template("directory/printed.html", groups=ordered)


@pages.get("/mine")
@access("member")
def mine() -> str:
    """One's own offers and requests, and those of whom one acts for."""
    accounts = members.may_act_for(reading(), bank(), actor())
    listings = skills.shown(reading(), bank(), skills.of_accounts(reading(), bank(), accounts))
    return render_template("directory/mine.html", listings=listings, on=today())


@pages.get("/<int:listing_id>")
@access("member")
def show(listing_id: int) -> str:
    """One offer or request, and what may be done with it."""
    return _show(listing_id)


def _show(listing_id: int, form: Form | None = None) -> str:
    shown = skills.show(reading(), bank(), listing_id, by=actor(), on=today())
    party = shown.party
    holder = (
        members.member(reading(), bank(), party.member_id) if party.member_id is not None else None
    )
    return render_template(
        "directory/show.html",
        one=shown,
        listing=shown.listing,
        holder=holder,
        mine=party.account_id in members.may_act_for(reading(), bank(), actor()),
        stands=shown.stands(today()),
        lacking=skills.lacking(reading(), bank(), shown, on=today()),
        form=form,
    )


@pages.route(f"/<{_KIND}>/new", methods=["GET", "POST"])
@access("member")
def new(listing_kind: str) -> Response:
    """Offer something, or ask for it."""

    kind = _KINDS[listing_kind]

    def do(session: Session, written: WrittenListing) -> Response:
        new, by_word = queries.meant(session, bank(), written, act())
        listing = skills_service.post(session, bank(), kind, new, by_word)
        words = say(
            "Done: “%(title)s” stands in the directory until %(day)s.",
            title=listing.title,
            day=listing.ends_on,
        )
        flash(spoken(words))
        if actor().is_broker and kind == ListingKind.REQUEST:
            return redirect(url_for("matching.show", listing_id=listing.id), 303)
        return redirect(url_for(".show", listing_id=listing.id), 303)

    start = {
        "for_id": actor().account_id,
        "channel": "phone",
        **{
            name: request.args.get(name, "") for name in ("who", "title", "description", "skill_id")
        },
    }
    return submit(
        ListingForm(),
        do,
        lambda form: _form("directory/new.html", form, kind=kind, caller_is=_caller(form)),
        initial=start,
    )


@pages.route("/<int:listing_id>/edit", methods=["GET", "POST"])
@access("member")
def edit(listing_id: int) -> Response:
    """Change what an offer or a request says."""
    shown = skills.show(reading(), bank(), listing_id, by=actor(), on=today())
    skills.require_holder(reading(), bank(), shown.listing.account_id, actor())

    def do(session: Session, details: Details) -> Response:
        skills_service.change(session, bank(), listing_id, details, act())
        flash(spoken(say("Done: it is changed.")))
        return redirect(url_for(".show", listing_id=listing_id), 303)

    def page(form: Form) -> str:
        return _form("directory/edit.html", form, kind=shown.listing.kind, listing=shown.listing)

    return submit(ListingIn(), do, page, initial=_written(shown))


@pages.post("/<int:listing_id>/renew")
@access("member")
def renew(listing_id: int) -> Response:
    """Let it stand on, with one tap."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        listing = skills_service.renew(session, bank(), listing_id, act())
        done = say("Done: it stands until %(day)s.", day=listing.ends_on)
        flash(spoken(done), "undo:" + url_for(".undo", listing_id=listing_id))
        return redirect(url_for(".show", listing_id=listing_id), 303)

    return submit(None, do, lambda form: _show(listing_id, form))


@pages.post("/<int:listing_id>/withdraw")
@access("member")
def withdraw(listing_id: int) -> Response:
    """Take it out of the directory."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        skills_service.withdraw(session, bank(), listing_id, act())
        done = say("Done: it stands in the directory no more.")
        flash(spoken(done), "undo:" + url_for(".undo", listing_id=listing_id))
        return redirect(url_for(".mine"), 303)

    return submit(None, do, lambda form: _show(listing_id, form))


@pages.post("/<int:listing_id>/undo")
@access("member")
def undo(listing_id: int) -> Response:
    """Take back that it was renewed, met or taken out."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        skills_service.undo(session, bank(), listing_id, act())
        flash(spoken(say("Done: that is undone, and it stands as it did before.")))
        return redirect(url_for(".show", listing_id=listing_id), 303)

    return submit(None, do, lambda form: _show(listing_id, form))


@pages.post("/<int:listing_id>/street")
@access("member")
def street(listing_id: int) -> Response:
    """Let an offer be among the examples on the front page, or no longer."""
    listing = skills.show(reading(), bank(), listing_id, by=actor(), on=today()).listing
    skills_service.require_theirs(reading(), bank(), listing, actor())

    def do(session: Session, values: dict[str, Any]) -> Response:
        wanted: bool = values["on_street"]
        skills_service.let_stand_on_street(session, bank(), listing_id, wanted, act())
        done = (
            say("Done: visitors may read it on the front page, without your name.")
            if wanted
            else say("Done: it stands on the front page no more.")
        )
        flash(spoken(done))
        return redirect(url_for(".show", listing_id=listing_id), 303)

    return submit(OnStreetIn(), do, lambda form: _show(listing_id, form))


@pages.post("/<int:listing_id>/met")
@access("member")
def met(listing_id: int) -> Response:
    """Say that it is done."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        skills_service.mark_met(session, bank(), listing_id, act())
        flash(spoken(say("Done: good to hear. Have the hours been logged?")))
        return redirect(url_for(".mine"), 303)

    return submit(None, do, lambda form: _show(listing_id, form))


# ---- What the forms have in common ----


def _form(template: str, form: Form, **more: Any) -> str:
    branches = skills.tree(reading(), bank())
    return render_template(
        template,
        form=form,
        branches=branches,
        areas=skills.areas(reading(), bank()),
        acting_for=_acting_for(),
        checks=safeguarding.to_choose(
            reading(), bank(), had=more["listing"].needs if "listing" in more else ()
        ),
        **more,
    )


def _caller(form: Form) -> Party | None:
    """Whom somebody of the staff writes for, once that is plain; None else."""
    who = form.value("who")
    if not who or not actor().is_broker or form.error("who"):
        return None
    meant = members.candidates(reading(), bank(), who, within=circle(reading()))
    return meant[0] if len(meant) == 1 and members.is_meant(who, meant[0]) else None


def _acting_for() -> list[Party]:
    parties = members.parties(
        reading(), bank(), members.may_act_for(reading(), bank(), actor())
    ).values()
    return sorted(parties, key=lambda party: (party.account_id != actor().account_id, party.name))


def _written(shown: Shown) -> dict[str, Any]:
    """A listing as the form shows it."""
    values = asdict(skills.details(shown.listing))
    values["needs_checks"] = list(values["needs_checks"])
    values["minutes"] = hours.table(values["minutes"]) if values["minutes"] else ""
    values["times"] = [str(part) for part in parts_of(values["times"])]
    return {name: "" if value is None else value for name, value in values.items()}
