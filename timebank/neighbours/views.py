"""Pages of neighbours: who they are, one of them, and the thanks."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from timebank.api.paging import PageIn, page
from timebank.db import reading
from timebank.exchanges import thanks
from timebank.http import access
from timebank.members import circle
from timebank.members.current import actor, bank, today
from timebank.neighbours import queries
from timebank.neighbours.schemas import ListIn
from timebank.schema import load
from timebank.skills import queries as skills
from timebank.web.forms import Form

pages = Blueprint("neighbours", __name__, url_prefix="/b/<bank>/neighbours")

_AT_ONCE = 24  # people, or thanks, on a page


@pages.get("")
@access("member")
def index() -> str:
    """Those who have a page, by part of town and by what they offer."""
    wanted = load(ListIn(), {"limit": _AT_ONCE, **_asked()}, unknown="exclude")
    rows = queries.neighbours(
        reading(),
        bank(),
        by=actor(),
        on=today(),
        area=wanted["area"],
        category_id=wanted["category"],
        after=wanted["cursor"],
        limit=wanted["limit"],
    )
    listed = page(rows, wanted["limit"])
    filters = {"area": wanted["area"] or None, "category": wanted["category"]}
    return render_template(
        "neighbours/index.html",
        people=listed["items"],
        form=Form(request.args),
        areas=circle.areas_with_page(reading(), bank(), actor()),
        categories=[branch.category for branch in skills.tree(reading(), bank())],
        filtered=any(filters.values()),
        more=url_for(".index", **filters, cursor=listed["next"]) if listed["next"] else "",
    )


@pages.get("/<int:member_id>")
@access("member")
def show(member_id: int) -> str:
    """One of them, and what one can do with them."""
    neighbour = queries.neighbour(reading(), bank(), member_id, by=actor(), on=today())
    return render_template("neighbours/show.html", neighbour=neighbour, party=neighbour.party)


@pages.get("/thanks")
@access("member")
def wall() -> str:
    """The thanks that both sides let be shown."""
    wanted: dict[str, Any] = load(PageIn(), {"limit": _AT_ONCE, **_asked()}, unknown="exclude")
    rows = thanks.wall(
        reading(), bank(), by=actor(), before=wanted["cursor"], limit=wanted["limit"]
    )
    listed = page(rows, wanted["limit"])
    more = url_for(".wall", cursor=listed["next"]) if listed["next"] else ""
    return render_template("neighbours/wall.html", thanks=listed["items"], more=more)


def _asked() -> dict[str, str]:
    return {name: text for name, text in request.args.items() if text}
