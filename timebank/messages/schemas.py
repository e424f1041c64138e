"""What the pages and the API of messages take and give."""

from typing import Any, Generic, TypeVar, cast

from marshmallow import fields, post_load, validates_schema

from timebank.act import Channel, Entered, Word
from timebank.api.paging import PageIn
from timebank.members.rules import LONGEST as NAMES
from timebank.members.schemas import Party, PersonOut, despite
from timebank.messages.rules import (
    CHANNELS,
    LONGEST,
    Complaint,
    NewConversation,
    Outcome,
    Words,
    WrittenWords,
)
from timebank.say import say
from timebank.schema import Choice, Makes, Schema, Text, wrong

_SAY = cast(Any, {"required": say("Write what you would like to say.")})


Said = TypeVar("Said", bound=Words)


class _WordsFields(Schema):
    words = Text(LONGEST["words"], required=True, error_messages=_SAY)
    on_word_of: fields.Field[Any] = Party(load_default=None, allow_none=True)
    channel = Choice("Channel", CHANNELS, load_default=Channel.WEB)
    despite = despite()


class _WordsIn(_WordsFields, Makes[Entered[Said]], Generic[Said]):
    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Said]:
        """What is said, and the word it is entered on."""
        channel, on_word_of = Channel(values.pop("channel")), values.pop("on_word_of")
        word = Word(channel, on_word_of, despite=values.pop("despite"))
        return Entered(self.made(**values), word)


class WordsIn(_WordsIn[Words]):
    """Something to say. `on_word_of` is whoever says it, where somebody else writes it down."""


class NewConversationIn(_WordsIn[NewConversation]):
    """Something to say about an offer or a request, about an exchange, or to a neighbour who lets
    others write to them: one of the three."""

    listing_id = fields.Integer(load_default=None, allow_none=True)
    exchange_id = fields.Integer(load_default=None, allow_none=True)
    neighbour_id = fields.Integer(load_default=None, allow_none=True)

    @validates_schema
    def about_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        named = ("listing_id", "exchange_id", "neighbour_id")
        if sum(data.get(name) is not None for name in named) != 1:
            words = say(
                "Say what it is about: a listing_id or an exchange_id, or to whom: a neighbour_id."
            )
            raise wrong(words, "listing_id")


class WordsForm(WordsIn):
    """The same as a page posts it, with the account of whoever says it."""

    on_word_of = fields.Integer(load_default=None, allow_none=True)


class NewWordsForm(_WordsFields, Makes[WrittenWords]):
    """The same where a broker writes whose words they are by name or number."""

    teller = Text(NAMES["name"], load_default="")
    on_word_of = fields.Integer(load_default=None, allow_none=True)


class ReportIn(Makes[Complaint]):
    """That a message bothers somebody. `apart`: neither is to write to the other any more."""

    why = Text(LONGEST["why"], load_default="")
    apart = fields.Boolean(load_default=False)


class OutcomeIn(Makes[Outcome]):
    """What came of a report, for whoever made it to read."""

    outcome = Text(
        LONGEST["outcome"],
        required=True,
        error_messages=cast(
            Any, {"required": say("Write what came of it, for whoever reported it to read.")}
        ),
    )
    apart = fields.Boolean(load_default=False)


class ConversationsIn(PageIn):
    """Which conversations are wanted. A cursor is the id of a conversation's last message."""


# ---- Answers ----


class MessageOut(Schema):
    """A message. `entered_by` is empty where somebody wrote for themselves; the words are, where
    one of the two has left."""

    id = fields.Integer(required=True, attribute="message.id")
    from_member = fields.Integer(required=True, attribute="message.from_id", data_key="from")
    name = fields.String(required=True, attribute="writer")
    entered_by = fields.String(required=True)
    channel = Choice("Channel", CHANNELS, required=True, attribute="message.channel")
    words = fields.String(required=True, attribute="message.words")
    sent_at = fields.AwareDateTime(required=True, attribute="message.sent_at")
    read_at = fields.AwareDateTime(required=True, allow_none=True, attribute="message.read_at")


class ConversationOut(Schema):
    """A conversation: its two people, what it is about, and how many messages wait for you."""

    id = fields.Integer(required=True)
    between = fields.List(fields.Nested(PersonOut), required=True)
    listing = fields.Integer(required=True, allow_none=True, attribute="conversation.listing_id")
    exchange = fields.Integer(required=True, allow_none=True, attribute="conversation.exchange_id")
    title = fields.String(required=True)
    unread = fields.Integer(required=True)
    last_message = fields.Integer(required=True, attribute="last.id")
    last_at = fields.AwareDateTime(required=True, attribute="last.sent_at")


class OneConversationOut(ConversationOut):
    """A conversation with a page of its messages, the newest first; `next` is the cursor of older
    ones."""

    messages = fields.List(fields.Nested(MessageOut), required=True)
    next = fields.Integer(required=True, allow_none=True)


class ReportOut(Schema):
    """A report of a message."""

    id = fields.Integer(required=True, attribute="report.id")
    message = fields.Integer(required=True, attribute="report.message_id")
    conversation = fields.Integer(required=True, attribute="message.conversation_id")
    reporter = fields.Nested(PersonOut, required=True)
    writer = fields.Nested(PersonOut, required=True)
    why = fields.String(required=True, attribute="report.why")
    at = fields.AwareDateTime(required=True, attribute="report.at")
    settled_at = fields.AwareDateTime(required=True, allow_none=True, attribute="report.settled_at")
    outcome = fields.String(required=True, attribute="report.outcome")


class MadeReportOut(Schema):
    """A report, as whoever made it sees it."""

    id = fields.Integer(required=True)
    message = fields.Integer(required=True, attribute="message_id")
    at = fields.AwareDateTime(required=True)
