"""Pages of what was said and done: to read, to hang up, to send out, to follow."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from timebank import atom
from timebank.db import reading
from timebank.dialogue import (
    papers,
    promise_queries,
    queries,
    rules,
    said,
)
from timebank.dialogue.views import actor_or_none, pages, pdf, runs
from timebank.http import access, voice
from timebank.members.current import bank, today


@pages.get("/<int:partnership_id>/said-done")
@access("public")
def said_done(partnership_id: int) -> str:
    """What people said, what was decided, and what became of it."""
    row = queries.partnership(reading(), bank(), partnership_id)
    account = said.told(reading(), bank(), row, by=actor_or_none(), today=today())
    return render_template(
        "dialogue/said_done.html",
        partnership=row,
        told=account,
        on=today(),
        insider=actor_or_none() is not None,
        runs=runs(row),
        words=rules,
    )


@pages.get("/<int:partnership_id>/feed")
@access("public")
def feed(partnership_id: int) -> Response:
    """What became of the promises of a partnership, the latest first, for feed readers (Atom)."""
    row = queries.partnership(reading(), bank(), partnership_id)
    steps = said.feed(
        bank(),
        row,
        promise_queries.promises_of(reading(), bank(), row.id, by=actor_or_none()),
        own=url_for(".feed", partnership_id=row.id, _external=True),
        page=url_for(".said_done", partnership_id=row.id, _external=True),
        url=lambda one: url_for(".promise", commitment_id=one.row.id, _external=True),
    )
    return Response(atom.written(steps, voice()), mimetype=atom.MIMETYPE)


@pages.get("/<int:partnership_id>/said-done.pdf")
@access("public")
def poster(partnership_id: int) -> Response:
    """The same as a poster, A3."""
    row = queries.partnership(reading(), bank(), partnership_id)
    account = said.told(reading(), bank(), row, by=actor_or_none(), today=today())
    return pdf(papers.poster(bank(), row, account, voice(), today=today()), "poster")


@pages.get("/<int:partnership_id>/letter.pdf")
@access("broker")
def letter(partnership_id: int) -> Response:
    """The same as a letter, for those who left their details and have no e-mail."""
    row = queries.partnership(reading(), bank(), partnership_id)
    account = said.told(reading(), bank(), row, by=actor_or_none(), today=today())
    return pdf(papers.letter(bank(), row, account, voice(), today=today()), "letter")
