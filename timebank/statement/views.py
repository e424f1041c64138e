"""The statement as a page, to read and to print."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from timebank import clock
from timebank.api.paging import PageIn, page
from timebank.db import reading
from timebank.errors import Invalid, NotFound
from timebank.exchanges import queries as exchanges
from timebank.http import access
from timebank.ledger import queries as ledger
from timebank.members.current import actor, bank
from timebank.say import Said, say
from timebank.schema import Schema, load
from timebank.statement import chest as common
from timebank.statement import queries
from timebank.statement.queries import Reader
from timebank.statement.schemas import DatesIn
from timebank.web.forms import Form
from timebank.web.paths import row_id
from timebank.web.words import today

_GRANTS = 10
"""So many of the latest grants stand above the lines."""

pages = Blueprint("statement", __name__, url_prefix="/b/<bank>/statement")


@pages.get("")
@access("member")
def show() -> Response:
    """One's own statement, or with `account` that of another account one may see; newest first, or
    between two dates."""
    account = request.args.get("account", type=row_id)
    if account is None and request.args.get("account"):
        raise NotFound(say("There is no such account here."))
    reader = queries.reader(reading(), bank(), account, by=actor())
    form = Form(request.args)
    try:
        dates = _asked(DatesIn())
        if dates["start"] or dates["end"]:
            whole = queries.between(reading(), bank(), reader, dates["start"], dates["end"])
            return _shown(reader, form, statement=whole, lines=whole.lines, **dates)
    except Invalid as refusal:
        form.refused(refusal)
    wanted = _asked(PageIn())
    whole = queries.newest(
        reading(), bank(), reader, before=wanted["cursor"], limit=wanted["limit"]
    )
    listed = page(whole.lines, wanted["limit"], key="seq")
    more = url_for(".show", account=account, cursor=listed["next"]) if listed["next"] else None
    return _shown(
        reader,
        form,
        statement=None,
        lines=listed["items"],
        more=more,
        older=wanted["cursor"] is not None,
    )


@pages.get("/chest")
@access("member")
def chest() -> Response:
    """The same address in every bank: it leads to the statement of the chest."""
    account_id = ledger.chest(reading(), bank()).id
    return redirect(url_for(".show", account=account_id), 303)


def _asked(schema: Schema) -> dict[str, Any]:
    return load(
        schema,
        {name: value for name, value in request.args.items() if value.strip()},
        unknown="exclude",
    )


def _shown(reader: Reader, form: Form, **shown: Any) -> Response:
    account_id = reader.account.id
    html = render_template(
        "statement/show.html",
        form=form,
        reader=reader,
        address=reader.address,
        others=reader.others,
        waiting=_waiting(reader),
        **_chest(reader),
        seal=ledger.last_block(reading(), bank()),
        spans=_spans(today()),
        large=request.args.get("print") == "large",
        until=min(shown.get("end") or today(), today()),
        account=None if account_id == actor().account_id else account_id,
        **shown,
    )
    # Dates that cannot be read are refused, and the page still shows what it can.
    return make_response(html, 422 if form.errors else 200)


def _chest(reader: Reader) -> dict[str, Any]:
    """What stands above the lines of the chest's statement: nothing above those of others."""
    if reader.account.kind != "chest":
        return {"chest": None}
    grants = common.grants(reading(), bank(), reader, limit=_GRANTS)
    return {"chest": common.chest(reading(), bank(), now=clock.now()), "grants": grants[:_GRANTS]}


def _waiting(reader: Reader) -> list[exchanges.Shown]:
    """What will be a line of the statement once its holder says so."""
    if reader.account.id not in reader.acting_for:
        return []
    awaited = exchanges.waiting_for(reading(), bank(), [reader.account.id], by=actor())
    return [shown for shown in awaited if shown.exchange.status == "logged"]


def _spans(day: date) -> list[tuple[Said, date, date]]:
    """Stretches of time people ask for, as of a day: their names, first and last days."""
    this_month = day.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    years = [day.year, day.year - 1]
    return [
        (say("This month, so far"), this_month, day),
        (say("Last month"), last_month, this_month - timedelta(days=1)),
        *(
            (say("All of %(year)s", year=f"{year}"), date(year, 1, 1), date(year, 12, 31))
            for year in years
        ),
    ]
