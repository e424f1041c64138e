"""Conversations, messages and reports for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.act import Entered
from timebank.api.paging import PageIn, page, page_of
from timebank.db import reading, transaction
from timebank.http import access
from timebank.members.current import act, actor, bank, entered
from timebank.messages import queries, service
from timebank.messages.rules import Complaint, NewConversation, Outcome, Words
from timebank.messages.schemas import (
    ConversationOut,
    ConversationsIn,
    MadeReportOut,
    MessageOut,
    NewConversationIn,
    OneConversationOut,
    OutcomeIn,
    ReportIn,
    ReportOut,
    WordsIn,
)

conversations = Blueprint(
    "conversations",
    __name__,
    url_prefix="/api/v1/conversations",
    description="What two people write to each other",
)
messages = Blueprint(
    "messages", __name__, url_prefix="/api/v1/messages", description="Single messages"
)
reports = Blueprint(
    "message-reports",
    __name__,
    url_prefix="/api/v1/message-reports",
    description="Messages that bother people",
)


@conversations.route("", methods=["GET"])
@access("member")
@conversations.arguments(ConversationsIn, location="query")
@conversations.response(200, page_of(ConversationOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """Yours and those of whom you help, the last written in first."""
    mine = queries.speaks_as(reading(), bank(), actor())
    talks = queries.mine(
        reading(), bank(), mine, by=actor(), before=wanted["cursor"], limit=wanted["limit"]
    )
    return page(talks, wanted["limit"], key="last.id")


@conversations.route("", methods=["POST"])
@access("member", scope="write")
@conversations.arguments(NewConversationIn)
@conversations.response(201, ConversationOut)
@conversations.alt_response(429, "TOO_MANY_REQUESTS")
def new(sent: Entered[NewConversation]) -> Any:
    """Write to the holder of an offer or a request, to the other side of an exchange, or to a
    neighbour who lets others write to them."""
    with transaction() as session:
        new, by_word = entered(session, sent)
        if new.listing_id is not None:
            made = service.write_about_listing(session, bank(), new.listing_id, new, by_word)
        elif new.exchange_id is not None:
            made = service.write_about_exchange(session, bank(), new.exchange_id, new, by_word)
        else:
            neighbour_id = new.neighbour_id or 0
            made = service.write_to_neighbour(session, bank(), neighbour_id, new, by_word)
        begun = queries.conversation(session, bank(), made.conversation_id)
        mine = queries.speaks_as(session, bank(), actor())
        return queries.shown(session, bank(), [begun], mine, by=actor())[0]


@conversations.route("/<int:conversation_id>", methods=["GET"])
@access("member")
@conversations.arguments(PageIn, location="query")
@conversations.response(200, OneConversationOut)
def show(wanted: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """One conversation: for the two, who helps them, and, while a report of it is open, brokers,
    whose reading is recorded."""
    with transaction() as session:
        seen = queries.show(session, bank(), conversation_id, by=actor())
        if not queries.speaks_as(session, bank(), actor()) & {seen.first.id, seen.second.id}:
            service.record_reading(session, bank(), conversation_id, act())
        written_there = queries.messages(
            session, bank(), seen, before=wanted["cursor"], limit=wanted["limit"]
        )
        written = page(written_there, wanted["limit"], key="message.id")
        return {
            **{
                name: getattr(seen, name)
                for name in ("id", "between", "conversation", "title", "unread", "last")
            },
            "messages": written["items"],
            "next": written["next"],
        }


@conversations.route("/<int:conversation_id>/messages", methods=["POST"])
@access("member", scope="write")
@conversations.arguments(WordsIn)
@conversations.response(201, MessageOut)
@conversations.alt_response(429, "TOO_MANY_REQUESTS")
def answer(sent: Entered[Words], conversation_id: int) -> Any:
    """Write on. What the other wrote before counts as read."""
    with transaction() as session:
        words, by_word = entered(session, sent)
        made = service.answer(session, bank(), conversation_id, words, by_word)
        return queries.written(session, bank(), [made])[0]


@conversations.route("/<int:conversation_id>/reading", methods=["POST"])
@access("member", scope="write")
@conversations.response(204)
def read(conversation_id: int) -> None:
    """Say that you have read what waited for you there."""
    with transaction() as session:
        service.mark_read(session, bank(), conversation_id, act())


@conversations.route("/<int:conversation_id>/parting", methods=["POST"])
@access("member", scope="write")
@conversations.response(204)
def keep_apart(conversation_id: int) -> None:
    """Write to one another no more, whoever of the two says so."""
    with transaction() as session:
        service.keep_apart(session, bank(), conversation_id, act=act())


@messages.route("/<int:message_id>/report", methods=["POST"])
@access("member", scope="write")
@messages.arguments(ReportIn)
@messages.response(201, MadeReportOut)
def report(complaint: Complaint, message_id: int) -> Any:
    """Tell the brokers that a message bothers you; with `apart`, neither of you can write to the
    other any more."""
    with transaction() as session:
        return service.report(session, bank(), message_id, complaint, act())


@reports.route("", methods=["GET"])
@access("broker")
@reports.arguments(PageIn, location="query")
@reports.response(200, page_of(ReportOut))
def to_settle(wanted: dict[str, Any]) -> dict[str, Any]:
    """What waits to be settled, the oldest first; nothing that you wrote yourself."""
    complaints = queries.reports_to_settle(
        reading(),
        bank(),
        unless_by=actor().member_id,
        after=wanted["cursor"],
        limit=wanted["limit"],
    )
    return page(complaints, wanted["limit"], key="report.id")


@reports.route("/<int:report_id>/settlement", methods=["POST"])
@access("broker", scope="write")
@reports.arguments(OutcomeIn)
@reports.response(200, ReportOut)
def settle(outcome: Outcome, report_id: int) -> Any:
    """Say what came of it. Whoever reported it is told."""
    with transaction() as session:
        done = service.settle(session, bank(), report_id, outcome, act())
        return queries.reported(session, bank(), [done])[0]
