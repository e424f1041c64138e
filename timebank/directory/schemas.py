"""What the pages of the directory take."""

from marshmallow import fields, validate

from timebank.act import Channel
from timebank.directory.rules import Filters, WrittenListing
from timebank.exchanges.rules import SPOKEN
from timebank.schema import Choice, Makes, Text
from timebank.skills.schemas import ListingFields


class ListingForm(ListingFields, Makes[WrittenListing]):
    """The form of a listing: for whom it is, where somebody acts for others, and who told a
    broker."""

    for_id = fields.Integer(load_default=None, allow_none=True)
    who = Text(120, load_default="")
    channel = Choice("SpokenChannel", SPOKEN, load_default=Channel.PHONE)


class FiltersIn(Makes[Filters]):
    """What alone is looked through."""

    day = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 6, error="Choose a day of the week."),
        error_messages={"invalid": "Choose a day of the week."},
    )
    area = Text(80, load_default="")
    new = fields.Boolean(
        load_default=False, error_messages={"invalid": "Tick it, or leave it as it is."}
    )
