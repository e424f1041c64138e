"""The day's list, notes of calls, and what has to be passed on, for programs of the staff."""

from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.act import Word
from timebank.api.paging import PageIn, page, page_of
from timebank.db import reading, transaction
from timebank.desk import day, queries, service
from timebank.desk.rules import NewNote, Stack, Whose
from timebank.desk.schemas import (
    AnsweredOut,
    CallNoteIn,
    CallNoteOut,
    CallTryOut,
    NoticeOut,
    StackIn,
    StackOut,
    TodayOut,
    WaitingIn,
    WhoseIn,
)
from timebank.feature import question_of
from timebank.http import access
from timebank.members.current import act, actor, bank
from timebank.notices import queries as notices_queries
from timebank.notices import service as notices_service
from timebank.replies.rules import Given
from timebank.replies.schemas import GivenIn

desk = Blueprint(
    "desk", __name__, url_prefix="/api/v1/desk", description="What waits for the brokers"
)
notes = Blueprint("notes", __name__, url_prefix="/api/v1", description="Notes after calls")
slips = Blueprint(
    "slips", __name__, url_prefix="/api/v1/slips", description="Signed paper records of hours"
)
notices = Blueprint(
    "notices",
    __name__,
    url_prefix="/api/v1/notices",
    description="What is to be told by a call or on paper",
)


@desk.route("", methods=["GET"])
@access("broker")
@desk.arguments(WhoseIn, location="query")
@desk.response(200, TodayOut)
def today(wanted: dict[str, Any]) -> day.Today:
    """What waits for the brokers, or in the caller's own caseload."""
    broker_id = actor().member_id if wanted["whose"] == Whose.MINE else None
    return day.today(reading(), bank(), broker_id=broker_id, now=clock.now())


@notes.route("/members/<int:member_id>/notes", methods=["GET"])
@access("broker")
@notes.arguments(PageIn, location="query")
@notes.response(200, page_of(CallNoteOut))
def index(wanted: dict[str, Any], member_id: int) -> dict[str, Any]:
    """What is noted about a member, the newest first. That it was read is written down."""
    with transaction() as session:
        queries.taking_part(session, bank(), member_id)
        noted = queries.notes(
            session, bank(), member_id, before=wanted["cursor"], limit=wanted["limit"] + 1
        )
        if noted:
            service.record_reading(session, bank(), member_id, act())
    return page(noted, wanted["limit"], key="note.id")


@notes.route("/members/<int:member_id>/notes", methods=["POST"])
@access("broker", scope="write")
@notes.arguments(CallNoteIn)
@notes.response(201, CallNoteOut)
def note(new: NewNote, member_id: int) -> queries.Noted:
    """Note what came of a call, and when to ring again. A call to them that was due counts as
    made."""
    with transaction() as session:
        made = service.note_call(session, bank(), member_id, new, act())
        return queries.noted(session, bank(), made)


@notes.route("/notes/<int:note_id>/done", methods=["POST"])
@access("broker", scope="write")
@notes.response(200, CallNoteOut)
def done(note_id: int) -> queries.Noted:
    """The call that a note asked for was made, or is not needed any more."""
    with transaction() as session:
        return queries.noted(session, bank(), service.done(session, bank(), note_id, act()))


@notes.route("/members/<int:member_id>/tries", methods=["POST"])
@access("broker", scope="write")
@notes.response(201, CallTryOut)
def no_answer(member_id: int) -> Any:
    """A member was rung and nobody answered: they stand at the end of the desk's queue until
    tomorrow."""
    with transaction() as session:
        return service.no_answer(session, bank(), member_id, act())


@notes.route("/tries/<int:try_id>/undo", methods=["POST"])
@access("broker", scope="write")
@notes.response(200, CallTryOut)
def take_back_try(try_id: int) -> Any:
    """They did answer: the call is wiped out. For the one who wrote it down."""
    with transaction() as session:
        return service.take_back_try(session, bank(), try_id, act())


@slips.route("", methods=["POST"])
@access("broker", scope="write")
@slips.arguments(StackIn)
@slips.response(200, StackOut)
def enter(stack: Stack) -> dict[str, Any]:
    """Enter a stack of signed slips, each for itself: one that is refused takes nothing from the
    others."""
    with transaction() as session:
        by_word = act(Word(despite=stack.despite))
        return {"items": service.enter_slips(session, bank(), stack.slips, by_word)}


@notices.route("", methods=["GET"])
@access("broker")
@notices.arguments(WaitingIn, location="query")
@notices.response(200, page_of(NoticeOut))
def to_pass_on(wanted: dict[str, Any]) -> dict[str, Any]:
    """What waits to be passed on, the oldest first."""
    rows = notices_queries.to_pass_on(
        reading(),
        bank(),
        channel=wanted["channel"],
        after=wanted["cursor"],
        limit=wanted["limit"],
    )
    waiting = page(rows, wanted["limit"])
    return {**waiting, "items": queries.to_pass_on(reading(), bank(), waiting["items"])}


@notices.route("/<int:notice_id>/told", methods=["POST"])
@access("broker", scope="write")
@notices.response(200, NoticeOut)
def told(notice_id: int) -> Any:
    """Say that you have rung, called round, or posted the letter. The first to say so counts."""
    with transaction() as session:
        notices_service.mark_told(session, bank(), notice_id, by=actor(), now=clock.now())
        return queries.to_pass_on(
            session, bank(), [notices_queries.notice(session, bank(), notice_id)]
        )[0]


@notices.route("/<int:notice_id>/answer", methods=["POST"])
@access("broker", scope="write")
@notices.arguments(GivenIn)
@notices.response(200, AnsweredOut)
def answer(given: Given, notice_id: int) -> service.Answered:
    """Take down what somebody says, by phone, to what they are told: it is done on their word, and
    the notice is told."""
    with transaction() as session:
        return service.answer_told(session, bank(), notice_id, given, question_of, act())
