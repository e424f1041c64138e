"""What the desk's forms take."""

from marshmallow import fields, validate

from timebank.exchanges.rules import LONGEST as WORDS
from timebank.members.rules import LONGEST as NAMES
from timebank.schema import Day, Minutes, Schema, Text


class ToldIn(Schema):
    """Notices that were passed on: in one call, or of a whole stack."""

    notices = fields.List(
        fields.Integer(), required=True, validate=validate.Length(min=1, error="Tick whom you have told, then send this again.")
    )


class SlipIn(Schema):
    """A paper slip: who helped whom, by number or letters of the name, when, how long, and at what."""

    slip = Text(WORDS["slip"], required=True)
    occurred_on = Day(required=True)
    giver = Text(NAMES["name"], required=True)
    receiver = Text(NAMES["name"], required=True)
    minutes = Minutes(required=True)
    title = Text(WORDS["title"], required=True)
    another = fields.Boolean(load_default=False)
