"""Pages of the sheets that are in: which there are, one of them, and taking them out."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.db import reading, transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits, sheets
from timebank.dialogue.audit_rules import WAYS, NewSheet
from timebank.dialogue.rules import Way
from timebank.dialogue.sheet_views import at_desk, in_words, taken, typed
from timebank.dialogue.views import pages
from timebank.http import access, shown
from timebank.members.current import act, bank
from timebank.say import count, say
from timebank.web.forms import Form


@pages.get("/audits/<int:audit_id>/in")
@access("broker")
def sheets_in(audit_id: int) -> str:
    """The sheets that are in, and the files they came with: in no order, as nothing says when one
    came or whose it is."""
    audit = audits.not_closed(reading(), bank(), audit_id)
    files = queries.stacks(reading(), bank(), audit_id)
    everything = queries.whole_sheets(reading(), bank(), audit_id)
    wanted = request.args.get("words", "").strip()
    chosen = [
        one
        for one in everything
        if wanted.casefold() in " ".join(one.words).casefold()
        and request.args.get("file", "") in ("", str(one.stack or 0))
    ]
    return render_template(
        "dialogue/sheets_in.html",
        audit=audit,
        files=files,
        people=len(everything),
        one_by_one=sum(one.stack is None for one in everything),
        sheets=chosen,
        wanted=wanted,
        came=WAYS,
        rounds={one.id: one.words for one, _ in queries.rounds(reading(), bank(), audit_id)},
    )


@pages.route("/audits/<int:audit_id>/in/<sheet_key>", methods=["GET", "POST"])
@access("broker")
def sheet(audit_id: int, sheet_key: str) -> Response:
    """A sheet that is in, to be put right."""
    audit = audits.not_closed(reading(), bank(), audit_id)

    def do(session: Session, new: NewSheet) -> Response:
        sheets.put_right(session, bank(), audit_id, sheet_key, new, act())
        flash(shown(say("Done: the sheet says that now.")))
        return redirect(url_for(".sheets_in", audit_id=audit_id), 303)

    def page(form: Form, by_link: bool = False) -> str:
        return render_template(
            "dialogue/sheet.html",
            sheet_key=sheet_key,
            by_link=by_link,
            **at_desk(audit, form),
        )

    if request.method == "POST":
        # What was typed is kept, even where another sheet came in and the keys are others now.
        return taken(do, page, read=lambda: typed(audit))
    before = queries.whole_sheet(reading(), bank(), audit_id, sheet_key)
    values = {**vars(before), **{f"q{n}": value for n, value in before.closed.items()}}
    by_link = before.way == Way.LINK
    return taken(do, lambda form: page(form, by_link), _written(audit, values))


def _written(audit: Any, values: dict[str, Any]) -> dict[str, Any]:
    """A sheet as it stands in the boxes."""
    lists = {name: list(values[name]) for name in ("wishes", "assets")}
    boxes = ("way", "round_id", "age", "area", "part")
    plain = {name: values[name] for name in values if name in boxes or name[0] == "q"}
    return {**lists, **in_words(audit, plain)}


@pages.post("/audits/<int:audit_id>/in/<sheet_key>/out")
@access("broker")
def take_out(audit_id: int, sheet_key: str) -> Response:
    """Take a sheet out."""
    queries.audit(reading(), bank(), audit_id)
    with transaction() as session:
        sheets.take_out(session, bank(), audit_id, sheet_key, act())
    flash(shown(say("Done: the sheet is out, with all that was answered on it.")))
    return redirect(url_for(".sheets_in", audit_id=audit_id), 303)


@pages.post("/audits/<int:audit_id>/stacks/<int:stack>/back")
@access("coordinator")
def take_back(audit_id: int, stack: int) -> Response:
    """Take back a file of sheets as a whole."""
    queries.audit(reading(), bank(), audit_id)
    with transaction() as session:
        people = sheets.take_back(session, bank(), audit_id, stack, act())
    flash(
        shown(
            count(
                "Done: the file is taken back, and its %(n)s sheet is out.",
                "Done: the file is taken back, and its %(n)s sheets are out.",
                people,
            )
        )
    )
    return redirect(url_for(".sheets_in", audit_id=audit_id), 303)
