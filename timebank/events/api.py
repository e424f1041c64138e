"""What happens, for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.db import reading, transaction
from timebank.events import queries, service
from timebank.events.queries import Events
from timebank.events.schemas import AfterIn, EventsOut
from timebank.http import access
from timebank.members.current import actor, bank, today

resources = Blueprint(
    "events", __name__, url_prefix="/api/v1/events", description="What happens, in order"
)


@resources.route("", methods=["GET"])
@access("member")
@resources.arguments(AfterIn, location="query")
@resources.response(200, EventsOut)
@resources.alt_response(409, "CONFLICT")
def index(wanted: dict[str, Any]) -> Events:
    """What happened after a number, the earliest first. Send `next` as `after` the next time:
    nothing is skipped, and nothing comes twice.

    A member is told of their own, of what every member may read, and of the offers and requests
    that they are shown; the staff of everything that they may read. Events are kept for twelve
    months; 409 with `events_gone` says that what came after that number is not here any more.
    """
    if queries.are_unnumbered(reading(), bank()):
        with transaction() as session:
            service.number(session, bank())
    on, after = today(), wanted["after"]
    return queries.after(reading(), bank(), after, limit=wanted["limit"], by=actor(), on=on)
