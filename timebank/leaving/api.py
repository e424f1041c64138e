"""Leaving, ending a partnership and closing a group, for programs."""

from flask_smorest import Blueprint

from timebank.db import transaction
from timebank.feature import plugged_in
from timebank.http import access
from timebank.leaving import service
from timebank.leaving.rules import Farewell
from timebank.leaving.schemas import LeaveIn
from timebank.members.current import act, bank

closings = Blueprint(
    "closings", __name__, url_prefix="/api/v1", description="Leaving, and partnerships that end"
)


@closings.route("/members/<int:member_id>/leaving", methods=["POST"])
@access("member", scope="write")
@closings.arguments(LeaveIn)
@closings.response(204)
def leave(farewell: Farewell, member_id: int) -> None:
    """Leave for good, or take a member out on their word: what is held on them is erased, what is
    under way is called off, the hours go to the chest, or stay where nobody can use them."""
    with transaction() as session:
        service.leave(session, bank(), member_id, plugged_in(), farewell, act())


@closings.route("/organisations/<int:organisation_id>/closing", methods=["POST"])
@access("coordinator", scope="write")
@closings.arguments(LeaveIn)
@closings.response(204)
def end_partnership(farewell: Farewell, organisation_id: int) -> None:
    """End a partnership, as a group is closed."""
    with transaction() as session:
        service.end_partnership(session, bank(), organisation_id, plugged_in(), farewell, act())


@closings.route("/groups/<int:group_id>/closing", methods=["POST"])
@access("coordinator", scope="write")
@closings.arguments(LeaveIn)
@closings.response(204)
def close_group(farewell: Farewell, group_id: int) -> None:
    """Close a group: what is under way is called off, the hours go to the chest, or stay where
    nobody can use them."""
    with transaction() as session:
        service.close_group(session, bank(), group_id, plugged_in(), farewell, act())
