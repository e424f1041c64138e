"""What the pages and the API of neighbours take and give."""

from marshmallow import fields

from timebank.api.paging import PageIn
from timebank.members.schemas import PartyOut
from timebank.schema import Schema, Text
from timebank.skills.rules import LONGEST
from timebank.skills.schemas import ListingOut


class ListIn(PageIn):
    """Which neighbours are wanted: of a part of town, or who offer something of a category."""

    area = Text(LONGEST["area"], load_default="")
    category = fields.Integer(
        load_default=None, allow_none=True, metadata={"description": "By its id."}
    )


class NeighbourOut(Schema):
    """Somebody who has a page, and what they offer."""

    neighbour = fields.Nested(PartyOut, required=True, attribute="party")
    area = fields.String(required=True, allow_none=True, attribute="party.area")
    offers = fields.List(fields.String(), required=True)


class ThankedOut(Schema):
    """Thanks that both sides let be shown, and the day of the help they are for."""

    exchange = fields.Integer(required=True, attribute="id")
    words = fields.String(required=True)
    by = fields.Nested(PartyOut, required=True)
    to = fields.Nested(PartyOut, required=True)
    occurred_on = fields.Date(required=True, attribute="on")


class OnePageOut(Schema):
    """What somebody shows of themselves; what they show to nobody is empty. `helped` is how many
    neighbours they have helped."""

    neighbour = fields.Nested(PartyOut, required=True, attribute="party")
    area = fields.String(required=True, allow_none=True, attribute="party.area")
    since = fields.Integer(required=True, allow_none=True)
    about = fields.String(required=True)
    street = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    helped = fields.Integer(required=True, allow_none=True)
    offers = fields.List(fields.Nested(ListingOut), required=True)
    requests = fields.List(fields.Nested(ListingOut), required=True)
    thanks = fields.List(fields.Nested(ThankedOut), required=True)
