"""Two members into one and into two again, for programs."""

from flask_smorest import Blueprint

from timebank.db import transaction
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.members.current import act, bank
from timebank.merging import service
from timebank.merging.rules import Wanted
from timebank.merging.schemas import MergedOut, MergeIn, MergePreviewOut, UndoneOut

merges = Blueprint(
    "merges", __name__, url_prefix="/api/v1", description="Members who are one person"
)


@merges.route("/members/<int:member_id>/merge/<int:twin_id>", methods=["GET"])
@access("coordinator")
@merges.response(200, MergePreviewOut)
@merges.alt_response(409, "CONFLICT")
def preview(member_id: int, twin_id: int) -> dict[str, object]:
    """What it would come to if this member were one with the other, who would stay. Nothing is
    done."""
    with transaction() as session:
        seen = service.preview(session, bank(), member_id, twin_id, plugged_in(), act())
        return {
            "refused": [shown(words) for words in seen.refused],
            "merged": _merged(seen.merged) if seen.merged else None,
        }


@merges.route("/members/<int:member_id>/merge", methods=["POST"])
@access("coordinator", scope="write")
@merges.arguments(MergeIn)
@merges.response(200, MergedOut)
def merge(wanted: Wanted, member_id: int) -> dict[str, object]:
    """Make one of two members who are the same person: this one goes, and `stays` is given all that
    they had and did, the hours included."""
    with transaction() as session:
        return _merged(service.merge(session, bank(), member_id, wanted, plugged_in(), act()))


@merges.route("/merges/<int:merge_id>/undoing", methods=["POST"])
@access("coordinator", scope="write")
@merges.response(200, UndoneOut)
def undo(merge_id: int) -> service.Undone:
    """Have both members back, within a day."""
    with transaction() as session:
        return service.undo(session, bank(), merge_id, plugged_in(), act())


def _merged(merged: service.Merged) -> dict[str, object]:
    return {**vars(merged), "carried": [shown(words) for words in merged.carried]}
