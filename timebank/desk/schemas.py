"""What the desk's forms take."""

from marshmallow import fields, validate

from timebank.api.paging import PageIn
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


class WaitingIn(PageIn):
    """Which of the notices that wait to be passed on: by `call`, by `letter`, or both."""

    channel = fields.String(
        load_default=None, validate=validate.OneOf(("call", "letter"), error="Choose one of: call, letter.")
    )


class NoticeOut(Schema):
    """What somebody is to be told, and where they are reached. `told_at` is when it was passed on."""

    id = fields.Integer(attribute="notice.id")
    channel = fields.String(attribute="notice.channel")
    member = fields.Integer(attribute="member_id", allow_none=True)
    name = fields.String(attribute="notice.name")
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    subject = fields.String(attribute="notice.subject")
    body = fields.String(attribute="notice.body")
    why = fields.String(attribute="notice.error", allow_none=True)
    created_at = fields.DateTime(attribute="notice.created_at")
    told_at = fields.DateTime(attribute="notice.sent_at", allow_none=True)
