"""The audit trail for programs of a coordinator."""

from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import page, page_of
from timebank.audit import queries
from timebank.audit.queries import Asked
from timebank.audit.schemas import DoneOut, TrailIn
from timebank.db import reading
from timebank.http import access
from timebank.members.current import bank

resources = Blueprint(
    "audit",
    __name__,
    url_prefix="/api/v1/audit",
    description="What was done to the books besides posting, and why",
)


@resources.route("", methods=["GET"])
@access("coordinator")
@resources.arguments(TrailIn, location="query")
@resources.response(200, page_of(DoneOut))
def trail(asked: Asked) -> dict[str, Any]:
    """What was taken back, put right, granted, let be in spite of a rule, and which limits were
    changed, by whom and why, the latest first."""
    return page(queries.trail(reading(), bank(), asked), asked.limit or 0)
