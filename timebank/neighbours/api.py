"""What members show of themselves, for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import PageIn, page, page_of
from timebank.db import reading
from timebank.exchanges import thanks
from timebank.http import access
from timebank.members.current import actor, bank, today
from timebank.neighbours import queries
from timebank.neighbours.queries import Neighbour
from timebank.neighbours.schemas import ListIn, NeighbourOut, OnePageOut, ThankedOut

neighbours = Blueprint(
    "neighbours",
    __name__,
    url_prefix="/api/v1/neighbours",
    description="What members show of themselves",
)


@neighbours.route("", methods=["GET"])
@access("member")
@neighbours.arguments(ListIn, location="query")
@neighbours.response(200, page_of(NeighbourOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """Those who have a page, by name."""
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
    return page(rows, wanted["limit"])


@neighbours.route("/<int:member_id>", methods=["GET"])
@access("member")
@neighbours.response(200, OnePageOut)
def show(member_id: int) -> Neighbour:
    """One of them. Who has no page, has left or is kept apart from you is not found."""
    return queries.neighbour(reading(), bank(), member_id, by=actor(), on=today())


@neighbours.route("/thanks", methods=["GET"])
@access("member")
@neighbours.arguments(PageIn, location="query")
@neighbours.response(200, page_of(ThankedOut))
def wall(wanted: dict[str, Any]) -> dict[str, Any]:
    """The thanks that both sides let be shown, the newest first."""
    rows = thanks.wall(
        reading(), bank(), by=actor(), before=wanted["cursor"], limit=wanted["limit"]
    )
    return page(rows, wanted["limit"])
