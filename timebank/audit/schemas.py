"""What of the audit trail is asked for, and what is given."""

from marshmallow import fields

from timebank.api.paging import PageIn
from timebank.audit.queries import Asked
from timebank.ledger.rules import InterventionKind
from timebank.schema import Code, Day, Makes, Schema, Text


class _Filter(Schema):
    kind = Code(InterventionKind, load_default=None, allow_none=True)
    by = Text(40, load_default="")
    start = Day(data_key="from", load_default=None, allow_none=True)
    end = Day(data_key="to", load_default=None, allow_none=True)


class FilterIn(_Filter, Makes[Asked]):
    """What of the audit trail is wanted: of one kind, by one person, from one day to another."""


class TrailIn(FilterIn, PageIn):
    """What of the audit trail is wanted, and which page of it."""


class DoneOut(Schema):
    """One thing that was done to the books besides posting. Limits are minutes, before and after;
    null: no bound, or none that changed."""

    id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    kind = Code(InterventionKind, required=True)
    of = fields.String(required=True)
    why = fields.String(required=True, allow_none=True)
    by = fields.String(required=True)
    account = fields.String(required=True, allow_none=True, attribute="whose")
    floor_before = fields.Integer(required=True, allow_none=True, attribute="old.floor")
    floor_after = fields.Integer(required=True, allow_none=True, attribute="new.floor")
    ceiling_before = fields.Integer(required=True, allow_none=True, attribute="old.ceiling")
    ceiling_after = fields.Integer(required=True, allow_none=True, attribute="new.ceiling")
