"""What the pages for leaving take."""

from marshmallow import fields, validate

from timebank.schema import Schema


class LeaveIn(Schema):
    """What becomes of the hours: `chest`, or `stay` where they are."""

    hours = fields.String(
        load_default="chest",
        validate=validate.OneOf(("chest", "stay"), error="Choose what becomes of the hours."),
    )
