"""What a broker has to pass on, for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.api.paging import page_of
from timebank.db import reading, transaction
from timebank.desk import queries
from timebank.desk.schemas import NoticeOut, WaitingIn
from timebank.http import access
from timebank.members.current import actor, bank
from timebank.notices import queries as notice_queries
from timebank.notices import service as notices

resource = Blueprint("notices", __name__, url_prefix="/api/v1/notices", description="What is to be told by a call or on paper")


@resource.route("", methods=["GET"])
@access("broker")
@resource.arguments(WaitingIn, location="query")
@resource.response(200, page_of(NoticeOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """What waits to be passed on, the oldest first."""
    chosen = {"channel": wanted["channel"], "after": wanted["cursor"], "limit": wanted["limit"]}
    found = notice_queries.to_pass_on(reading(), bank(), **chosen)
    shown = found[: wanted["limit"]]
    items = queries.to_pass_on(reading(), bank(), shown)
    return {"items": items, "next": shown[-1].id if len(found) > len(shown) else None}


@resource.route("/<int:notice_id>/told", methods=["POST"])
@access("broker", scope="write")
@resource.response(200, NoticeOut)
def told(notice_id: int) -> Any:
    """Say that you have rung, called round, or posted the letter. The first to say so counts."""
    with transaction() as session:
        notices.mark_told(session, bank(), notice_id, by=actor(), now=clock.now())
        return queries.to_pass_on(session, bank(), [notice_queries.notice(session, bank(), notice_id)])[0]
