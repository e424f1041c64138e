"""What the desk's forms take."""

from marshmallow import fields

from timebank.desk.rules import LONGEST_NOTE
from timebank.exchanges.rules import LONGEST as WORDS
from timebank.members.rules import LONGEST as NAMES
from timebank.schema import Day, Minutes, Schema, Text


class ToldIn(Schema):
    """Notices that were passed on in one call."""

    notices = fields.List(fields.Integer(), required=True)


class NoteIn(Schema):
    """What came of a call, when to ring again, and what it was about: a request, or an introduction."""

    words = Text(LONGEST_NOTE, required=True, error_messages={"required": "Write in a few words what came of the call."})
    next_on = Day(load_default=None, allow_none=True)
    request_id = fields.Integer(load_default=None, allow_none=True, data_key="request")
    introduction_id = fields.Integer(load_default=None, allow_none=True, data_key="introduction")


class BrokerIn(Schema):
    """Which broker looks after somebody; none: nobody in particular."""

    broker_id = fields.Integer(load_default=None, allow_none=True)


class SlipIn(Schema):
    """A paper slip: who helped whom, by number or letters of the name, when, how long, and at what."""

    slip = Text(WORDS["slip"], required=True)
    occurred_on = Day(required=True)
    giver = Text(NAMES["name"], required=True)
    receiver = Text(NAMES["name"], required=True)
    minutes = Minutes(required=True)
    title = Text(WORDS["title"], required=True)
    another = fields.Boolean(load_default=False)
