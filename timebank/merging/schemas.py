"""What the pages and the API of merging take and give."""

from marshmallow import fields

from timebank.merging.rules import LONGEST_WHY, Wanted
from timebank.schema import Makes, Schema, Text


class MergeIn(Makes[Wanted]):
    """Into whom, and why: a form that stands under the preview of the two."""

    stays = fields.Integer(required=True)
    why = Text(LONGEST_WHY, load_default="")


class WhoForm(Schema):
    """Who is the same person, as it is written on a page: a number or a name."""

    who = Text(120, load_default="")


class WouldMergeOut(Schema):
    """What two becoming one comes to."""

    goes = fields.Integer(required=True, attribute="goes_id")
    stays = fields.Integer(required=True, attribute="stays_id")
    number = fields.String(required=True)
    carried = fields.List(fields.String(), required=True)
    rebooked = fields.Integer(required=True)
    stayed = fields.Integer(required=True)
    balance = fields.Integer(required=True)


class MergedOut(WouldMergeOut):
    """What two becoming one came to."""

    id = fields.Integer(required=True)


class MergePreviewOut(Schema):
    """What making one of two would come to, or why it cannot be."""

    refused = fields.List(fields.String(), required=True)
    merged = fields.Nested(WouldMergeOut(), required=True, allow_none=True)


class UndoneOut(Schema):
    """What having two again came to."""

    goes = fields.Integer(required=True, attribute="came_back.id")
    number = fields.String(required=True, attribute="came_back.number")
    lost = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
