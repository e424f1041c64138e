"""Closing a group, for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.db import transaction
from timebank.feature import plugged_in
from timebank.http import access
from timebank.leaving import service
from timebank.leaving.schemas import LeaveIn
from timebank.members.current import act, bank

closings = Blueprint(
    "closings", __name__, url_prefix="/api/v1/groups", description="Groups that end"
)


@closings.route("/<int:group_id>/closing", methods=["POST"])
@access("coordinator", scope="write")
@closings.arguments(LeaveIn)
@closings.response(204)
def close_group(values: dict[str, Any], group_id: int) -> None:
    """Close a group: what is under way is called off, the hours go to the chest, or stay where
    nobody can use them."""
    with transaction() as session:
        service.close_group(
            session, bank(), group_id, plugged_in(), act(), settle=values["hours"] == "chest"
        )
