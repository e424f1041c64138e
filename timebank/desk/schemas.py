"""What the desk's forms take."""

from functools import cache
from typing import Any, cast

from marshmallow import fields

from timebank.api.paging import PageIn
from timebank.api.schemas import Spoken
from timebank.desk.queue import Wanted
from timebank.desk.rules import (
    LONGEST,
    LONGEST_NOTE,
    MOST_PAGES,
    NewNote,
    Slip,
    Stack,
    Told,
    Whose,
)
from timebank.exchanges.rules import LONGEST as WORDS
from timebank.exchanges.schemas import ExchangeOut
from timebank.members.rules import LONGEST as NAMES
from timebank.members.schemas import Party, PartyOut, despite
from timebank.notices.rules import BY_HAND, NoticeChannel
from timebank.safeguarding.rules import State
from timebank.say import say
from timebank.schema import Choice, Code, Day, Length, Makes, Minutes, Range, Schema, Text
from timebank.skills.rules import Carer
from timebank.skills.schemas import ListingOut


class ToldIn(Makes[Told]):
    """Notices that were passed on: in one call, or of a whole stack."""

    notices = fields.List(
        fields.Integer(),
        required=True,
        validate=Length(1, None, say("Tick whom you have told, then send this again.")),
    )


class CallNoteIn(Makes[NewNote]):
    """What came of a call, when to ring again, and what it was about: a request, or an
    introduction."""

    words = Text(
        LONGEST_NOTE,
        required=True,
        error_messages=cast(Any, {"required": say("Write in a few words what came of the call.")}),
    )
    next_on = Day(load_default=None, allow_none=True)
    request_id = fields.Integer(load_default=None, allow_none=True, data_key="request")
    introduction_id = fields.Integer(load_default=None, allow_none=True, data_key="introduction")


class BrokerIn(Makes[Carer]):
    """Which broker looks after somebody; none: nobody in particular."""

    broker_id = fields.Integer(load_default=None, allow_none=True)


class WhoseIn(Schema):
    """Whose day is wanted: everybody's, or `mine`, the caller's own caseload."""

    whose = Code(Whose, load_default=Whose.EVERYBODY)


class QueueIn(Makes[Wanted]):
    """Which part of the queue is wanted: whose, of which kind, and which page of it."""

    whose = Code(Whose, load_default=Whose.EVERYBODY)
    kind = Text(40, load_default="")
    page = fields.Integer(
        load_default=1,
        validate=Range(1, MOST_PAGES, say("Choose a page from 1 to %(most)s.", most=MOST_PAGES)),
    )


class _SlipFields(Schema):
    slip = Text(WORDS["slip"], load_default="")
    occurred_on = Day(required=True)
    giver: fields.Field[Any] = Party(required=True)
    receiver: fields.Field[Any] = Party(required=True)
    minutes = Minutes(required=True)
    title = Text(WORDS["title"], required=True)
    another = fields.Boolean(load_default=False)


class SlipIn(_SlipFields, Makes[Slip]):
    """A paper slip: who helped whom, when, how long, and at what."""


class SlipForm(_SlipFields, Makes[Slip]):
    """A slip as it is typed: who, by number or letters of the name."""

    giver = Text(NAMES["name"], required=True)
    receiver = Text(NAMES["name"], required=True)


class StackIn(Makes[Stack]):
    """A stack of slips, in their order."""

    slips = fields.List(
        fields.Nested(SlipIn),
        required=True,
        validate=Length(1, LONGEST, say("Send 1 to %(longest)s slips at a time.", longest=LONGEST)),
    )
    despite = despite()


class WaitingIn(PageIn):
    """Which of the notices that wait to be passed on: by `call`, by `letter`, or both."""

    channel = Choice("ByHand", BY_HAND, load_default=None)


# ---- Answers ----


class NoticeOut(Schema):
    """What somebody is to be told, and where they are reached. `told_at` is when it was passed
    on."""

    id = fields.Integer(attribute="notice.id")
    channel = Code(NoticeChannel, attribute="notice.channel")
    member = fields.Integer(attribute="member_id", allow_none=True)
    name = fields.String(attribute="notice.name")
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    subject = fields.String(attribute="notice.subject")
    body = fields.String(attribute="notice.body")
    why = fields.String(attribute="notice.error", allow_none=True)
    created_at = fields.DateTime(attribute="notice.created_at")
    told_at = fields.DateTime(attribute="notice.sent_at", allow_none=True)


class EnteredOut(Schema):
    """What came of a slip: the exchange it became, or why it was refused, in the words of any
    refusal."""

    exchange = fields.Integer(required=True, allow_none=True, attribute="exchange_id")
    giver = fields.Nested(PartyOut, required=True, allow_none=True)
    receiver = fields.Nested(PartyOut, required=True, allow_none=True)
    code = fields.String(attribute="refusal.code", dump_default=None, allow_none=True)
    message = Spoken(attribute="refusal.message", dump_default=None, allow_none=True)
    fields_ = fields.Dict(
        values=Spoken(), data_key="fields", attribute="refusal.fields", dump_default={}
    )


class StackOut(Schema):
    """What came of each slip of a stack, in their order."""

    items = fields.List(fields.Nested(EnteredOut), required=True)


class CallNoteOut(Schema):
    """A note of a call: by whom, when to ring again, and whether that was done."""

    id = fields.Integer(required=True, attribute="note.id")
    member = fields.Integer(required=True, attribute="note.member_id")
    words = fields.String(required=True, attribute="note.words")
    by = fields.String(required=True)
    at = fields.AwareDateTime(required=True, attribute="note.at")
    next_on = fields.Date(required=True, allow_none=True, attribute="note.next_on")
    done_at = fields.AwareDateTime(required=True, allow_none=True, attribute="note.done_at")
    request = fields.Integer(required=True, allow_none=True, attribute="note.request_id")
    introduction = fields.Integer(required=True, allow_none=True, attribute="note.introduction_id")


class CallTryOut(Schema):
    """A call that nobody answered: whom, and when."""

    id = fields.Integer(required=True)
    member = fields.Integer(required=True, attribute="member_id")
    at = fields.AwareDateTime(required=True)


class AnsweredOut(Schema):
    """What came of an answer on the phone: whose it was and what they said; or what had become of
    the question before, and then nothing was done."""

    name = fields.String(required=True)
    said = Spoken(required=True, allow_none=True)
    become = Spoken(required=True, allow_none=True)


class ToReachOut(Schema):
    """A member to get in touch with."""

    id = fields.Integer(required=True)
    party = fields.Function(
        lambda member: f"member:{member.id}", required=True, metadata={"type": "string"}
    )
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)


class ToTellOut(Schema):
    """A notice that somebody has to be told of."""

    id = fields.Integer(required=True)
    subject = fields.String(required=True)
    body = fields.String(required=True)


class CallOut(Schema):
    """Somebody to ring or call on, and what to tell them. `member` is null for others than
    members."""

    member = fields.Integer(required=True, allow_none=True, attribute="member_id")
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    since = fields.Date(required=True)
    notices = fields.List(fields.Nested(ToTellOut), required=True)


class AgainOut(Schema):
    """Somebody to ring again. What the note says is read at the member's notes, which is
    recorded."""

    note = fields.Integer(required=True, attribute="noted.note.id")
    member = fields.Nested(ToReachOut, required=True)
    next_on = fields.Date(required=True, attribute="noted.note.next_on")
    about = fields.String(required=True, attribute="noted.about")


class IntroducedOut(Schema):
    """An introduction to hear of."""

    id = fields.Integer(required=True, attribute="introduction.id")
    request = fields.Integer(required=True, attribute="introduction.request_id")
    title = fields.String(required=True, attribute="request.listing.title")
    giver = fields.Nested(PartyOut, required=True)
    receiver = fields.Nested(PartyOut, required=True)
    introduced_at = fields.AwareDateTime(required=True, attribute="introduction.introduced_at")
    follow_up_on = fields.Date(
        required=True, allow_none=True, attribute="introduction.follow_up_on"
    )


class BirthdayOut(Schema):
    """A birthday, and how old the member becomes."""

    member = fields.Nested(ToReachOut, required=True)
    on = fields.Date(required=True)
    age = fields.Integer(required=True)


class QuietOut(Schema):
    """Somebody not heard from; `last` is the day of their last help, null when there was none."""

    member = fields.Nested(ToReachOut, required=True)
    last = fields.Date(required=True, allow_none=True)


class LowOut(Schema):
    """Somebody near the floor of their account: so many minutes are left above it."""

    member = fields.Nested(ToReachOut, required=True)
    left = fields.Integer(required=True)


class CheckEndingOut(Schema):
    """A check that has run out or ends soon."""

    member = fields.Nested(ToReachOut, required=True)
    check = fields.Integer(required=True, attribute="check.id")
    kind = fields.String(required=True, attribute="kind.code")
    state = Code(State, required=True)
    expires_on = fields.Date(required=True, attribute="check.expires_on")


@cache
def _some_of(item: type[Schema]) -> type[Schema]:
    items = fields.List(fields.Nested(item), attribute="shown", required=True)
    return type(
        f"Some{item.__name__}", (Schema,), {"items": items, "total": fields.Integer(required=True)}
    )


def _some(item: type[Schema]) -> fields.Nested:
    """The first few of a list, and how many there are in all."""
    return fields.Nested(_some_of(item), required=True)


class TodayOut(Schema):
    """What waits for the brokers: of each list the first few and the number of all. `logged` counts
    hours to be confirmed, `to_post` people to be written to on paper."""

    calls = _some(CallOut)
    ring_again = _some(AgainOut)
    requests = _some(ListingOut)
    unanswered = _some(IntroducedOut)
    follow_ups = _some(IntroducedOut)
    logged = fields.Integer(required=True)
    overdue = _some(ExchangeOut)
    disputed = _some(ExchangeOut)
    applications = _some(ToReachOut)
    ending = _some(ListingOut)
    birthdays = _some(BirthdayOut)
    quiet = _some(QuietOut)
    low = _some(LowOut)
    checks = _some(CheckEndingOut)
    to_post = fields.Integer(required=True)
