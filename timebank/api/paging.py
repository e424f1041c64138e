"""Lists a page at a time: `limit`, `cursor` in; `items`, `next` out. A cursor is the last id
seen."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from marshmallow import fields, validate

from timebank.schema import Schema


class PageIn(Schema):
    """Which page of a list is wanted."""

    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200, error="Ask for 1 to 200 at a time.")
    )
    cursor = fields.Integer(load_default=None, allow_none=True)


@cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of one page of `item`s."""
    name = item.__name__.removesuffix("Out") + "PageOut"
    return type(
        name,
        (Schema,),
        {"items": fields.List(fields.Nested(item)), "next": fields.Integer(allow_none=True)},
    )


def page(rows: Sequence[Any], limit: int, *, key: str = "id") -> dict[str, Any]:
    """One page from `limit + 1` rows read: the extra one says that there is more."""
    shown = list(rows[:limit])
    more = len(rows) > limit and shown
    return {"items": shown, "next": getattr(shown[-1], key) if more else None}
