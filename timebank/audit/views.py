"""The audit trail, as a page and as a file."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from timebank.api.paging import page as page_of
from timebank.audit import queries, rules
from timebank.audit.queries import Asked
from timebank.audit.schemas import FilterIn, TrailIn
from timebank.db import reading
from timebank.http import access, shown
from timebank.members.current import bank
from timebank.web.forms import Form, load
from timebank.web.tables import FORMATS, table_file

pages = Blueprint("audit", __name__, url_prefix="/b/<bank>/audit")

COLUMNS = (
    *("id", "at", "kind", "of", "why", "by", "account"),
    *("floor_before", "floor_after", "ceiling_before", "ceiling_after"),
)
"""The columns of the file."""


def _filters() -> dict[str, str]:
    return {name: text for name, text in request.args.items() if text and name != "cursor"}


@pages.get("")
@access("coordinator")
def index() -> str:
    """What was done to the books besides posting, by whom and why."""
    filters: dict[str, Any] = _filters()
    asked: Asked = load(TrailIn(), {**filters, "cursor": request.args.get("cursor")})
    listed = page_of(queries.trail(reading(), bank(), asked), asked.limit or 0)
    return render_template(
        "audit/index.html",
        done=listed["items"],
        more=url_for(".index", **filters, cursor=listed["next"]) if listed["next"] else None,
        filters=filters,
        form=Form(request.args),
        kinds=[(str(kind), shown(words)) for kind, words in rules.KINDS.items()],
        words={str(kind): shown(words) for kind, words in rules.KINDS.items()},
        staff=queries.staff(reading(), bank()),
    )


@pages.get(f"/trail.<{FORMATS}:table_format>")
@access("coordinator")
def trail(table_format: str) -> Response:
    """All of it that is asked for, as a file."""
    asked: Asked = load(FilterIn(), _filters())
    rows = [
        (
            *(done.id, done.at, done.kind, done.of, done.why or "", done.by, done.whose),
            *(*done.old[:1], *done.new[:1], *done.old[1:], *done.new[1:]),
        )
        for done in queries.trail(reading(), bank(), asked)
    ]
    return table_file("audit-trail", COLUMNS, rows, table_format)
