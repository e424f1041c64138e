"""Lists a page at a time: `limit`, `cursor` in; `items`, `next` out. A cursor is the last id
seen."""

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
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
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.Integer(required=True, allow_none=True),
        },
    )


def cut(
    rows: Sequence[Any], wanted: dict[str, Any], *, key: Callable[[Any], int] = attrgetter("id")
) -> dict[str, Any]:
    """One page of a list that is short enough to be read whole, after the row of the cursor; a
    cursor that is none of it begins anew."""
    after = wanted["cursor"]
    start = next((place + 1 for place, row in enumerate(rows) if key(row) == after), 0)
    shown = rows[start : start + wanted["limit"]]
    more = len(rows) > start + wanted["limit"]
    return {"items": shown, "next": key(shown[-1]) if more else None}


def cut_by_place(rows: Sequence[Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The same of rows that have no number of their own: the cursor is how many were before."""
    start = max(wanted["cursor"] or 0, 0)
    end = start + wanted["limit"]
    return {"items": rows[start:end], "next": end if len(rows) > end else None}


def page(rows: Sequence[Any], limit: int, *, key: str = "id") -> dict[str, Any]:
    """One page from `limit + 1` rows read: the extra one says that there is more. `key` is the
    attribute that the next page is asked for by, dotted where it lies deeper: `report.id`."""
    shown = list(rows[:limit])
    more = len(rows) > limit and shown
    return {"items": shown, "next": attrgetter(key)(shown[-1]) if more else None}
