"""No page holds more than fifty rows of a list: the first of them, and the ways to the others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request

MOST = 50
_WHERE = "rows"
"""The parameter of an address that says from which row on a list is shown: `2.50`, of the second
long list of the page from the fifty-first on."""


@dataclass(frozen=True)
class Part:
    """The rows of a list that a page shows, the place on the page, and the addresses of the part
    before and after it; None where there is none."""

    rows: Sequence[Any]
    place: str = ""
    before: str | None = None
    after: str | None = None


def fifty(rows: Sequence[Any]) -> Part:
    """The part of a list that the address asks for. A place beyond its end, or none of ours, is its
    beginning."""
    if len(rows) <= MOST:
        return Part(rows)
    g.long_lists = number = g.get("long_lists", 0) + 1
    asked = re.fullmatch(r"(\d{1,4})\.(\d{1,9})", request.args.get(_WHERE, ""), re.ASCII)
    start = int(asked[2]) if asked and int(asked[1]) == number else 0
    if start >= len(rows):
        start = 0

    def address(first: int) -> str:
        others = [(name, value) for name, value in request.args.items(multi=True) if name != _WHERE]
        asked_for = urlencode([*others, (_WHERE, f"{number}.{first}")])
        return f"?{asked_for}#rows-{number}"

    return Part(
        rows[start : start + MOST],
        f"rows-{number}",
        address(max(start - MOST, 0)) if start else None,
        address(start + MOST) if len(rows) > start + MOST else None,
    )


def install(app: Flask) -> None:
    """Pages cut their lists by it."""
    app.add_template_global(fifty)
