"""No page holds more than fifty rows of a list: the first of them, and the ways to the others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from flask import Flask, current_app, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from timebank.web.paths import inside

MOST = 50
STOOD = "stood"
"""The field of a form on a page that was drawn again: the address at which that page stands."""

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
    page = _standing()
    if page is None:
        # Nobody could say where the rest is to be found: then all of it is here.
        return Part(rows)
    path, query = page
    g.long_lists = number = g.get("long_lists", 0) + 1
    asked = re.fullmatch(r"(\d{1,4})\.(\d{1,9})", dict(query).get(_WHERE, ""), re.ASCII)
    start = int(asked[2]) if asked and int(asked[1]) == number else 0
    if start >= len(rows):
        start = 0

    def address(first: int) -> str:
        others = [(name, value) for name, value in query if name != _WHERE]
        asked_for = urlencode([*others, (_WHERE, f"{number}.{first}")])
        return f"{path}?{asked_for}#rows-{number}"

    return Part(
        rows[start : start + MOST],
        f"rows-{number}",
        address(max(start - MOST, 0)) if start else None,
        address(start + MOST) if len(rows) > start + MOST else None,
    )


def _standing() -> tuple[str, list[tuple[str, str]]] | None:
    """The path of the page, empty for the one that is asked for, and its query. None for a page
    that was drawn again by who does not say where it stood."""
    if not _only_posted_to():
        return "", list(request.args.items(multi=True))
    parts = urlsplit(stood())
    return (parts.path, parse_qsl(parts.query)) if parts.path else None


def stood() -> str:
    """Where the page stands that is drawn again by an address to which one can only post: said by
    its form when it was drawn again before, else by the browser. Empty for every other page."""
    if not _only_posted_to():
        return ""
    addresses = (inside(request.form.get(STOOD)), inside(request.referrer))
    return next((address for address in addresses if address and _opens(address)), "")


def _only_posted_to() -> bool:
    return request.url_rule is not None and "GET" not in (request.url_rule.methods or ())


def _opens(address: str) -> bool:
    """Whether there is a page at an address of ours."""
    adapter = current_app.create_url_adapter(request)
    try:
        return bool(adapter and adapter.match(unquote(urlsplit(address).path), method="GET"))
    except (HTTPException, RequestRedirect):
        return False


def install(app: Flask) -> None:
    """Pages cut their lists by it."""
    app.add_template_global(fifty)
    app.add_template_global(stood)
