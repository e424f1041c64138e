"""What events are asked for, and what is told."""

from marshmallow import fields, validate

from timebank.schema import Schema


class AfterIn(Schema):
    """From where on events are wanted, and how many."""

    after = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, 2**63 - 1)
    )
    limit = fields.Integer(
        load_default=100, validate=validate.Range(1, 1000, error="Ask for 1 to 1000 at a time.")
    )


class EventOut(Schema):
    """Something that happened."""

    number = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    kind = fields.String(required=True)
    of = fields.String(required=True)
    by = fields.String(required=True, allow_none=True)
    parties = fields.List(fields.String(), required=True)


class EventsOut(Schema):
    """Some events, the earliest first, and where to go on from."""

    items = fields.List(fields.Nested(EventOut), required=True)
    next = fields.Integer(required=True)
    more = fields.Boolean(required=True)
