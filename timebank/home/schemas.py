"""What the pages of home take."""

from marshmallow import fields, validate

from timebank.schema import Schema
from timebank.web.appearance import TEXTS, THEMES


class AppearanceIn(Schema):
    """Text size and colours. `then` is the page to go back to."""

    theme = fields.String(
        required=True, validate=validate.OneOf(THEMES, error="Choose one of the three.")
    )
    text = fields.String(
        required=True, validate=validate.OneOf(TEXTS, error="Choose one of the three.")
    )
    then = fields.String(load_default="")
