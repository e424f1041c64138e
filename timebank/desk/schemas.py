"""What the desk's forms take."""

from marshmallow import fields

from timebank.exchanges.rules import LONGEST as WORDS
from timebank.members.rules import LONGEST as NAMES
from timebank.schema import Day, Minutes, Schema, Text


class ToldIn(Schema):
    """Notices that were passed on in one call."""

    notices = fields.List(fields.Integer(), required=True)


class SlipIn(Schema):
    """A paper slip: who helped whom, by number or letters of the name, when, how long, and at what."""

    slip = Text(WORDS["slip"], required=True)
    occurred_on = Day(required=True)
    giver = Text(NAMES["name"], required=True)
    receiver = Text(NAMES["name"], required=True)
    minutes = Minutes(required=True)
    title = Text(WORDS["title"], required=True)
    another = fields.Boolean(load_default=False)
