"""What the API of matching takes and gives."""

from typing import Any

from marshmallow import fields, validate

from timebank.matching.search import Hit
from timebank.schema import Schema

KINDS = {"offers": "offer", "requests": "request"}
"""What may be searched alone, and the kind of listing it is."""


class SearchIn(Schema):
    """What to look for: one or two words, or a sentence as one would say it."""

    q = fields.String(required=True, error_messages={"required": "Write what you are looking for."})
    kind = fields.String(
        load_default=None, validate=validate.OneOf(KINDS, error=f"Choose one of: {', '.join(KINDS)}, or leave it out for both.")
    )
    limit = fields.Integer(load_default=3, validate=validate.Range(1, 50, error="Choose a number from 1 to 50."))


class HitOut(Schema):
    """A listing that was found, and why. `member` is its holder's number, a partner's name where it has none."""

    id = fields.Integer(attribute="shown.listing.id")
    kind = fields.String(attribute="shown.listing.kind")
    title = fields.String(attribute="shown.listing.title")
    member = fields.Function(lambda hit: _holder(hit), metadata={"type": "string"})
    score = fields.Float()
    reasons = fields.List(fields.String())


class FoundOut(Schema):
    """What a search found, the likest first. `route` is "words" or "meaning"."""

    query = fields.String()
    route = fields.String()
    results = fields.List(fields.Nested(HitOut), attribute="hits")


def _holder(hit: Hit) -> Any:
    return hit.shown.party.number or hit.shown.party.name
