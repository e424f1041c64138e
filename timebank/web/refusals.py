"""Refusals as pages: what happened, in words, and what to do next."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from timebank.errors import Refusal
from timebank.http import away, headers_of, note_refusal, request_id, status_of
from timebank.say import Said, say
from timebank.web.paths import inside

_WORDS = {
    403: (
        say("You cannot open this page"),
        say(
            "It is for other people of the time bank. If you think it should be yours, ring your"
            " broker."
        ),
    ),
    404: (
        say("There is no such page"),
        say("The address may be mistyped, or what stood here is gone. Nothing of yours is lost."),
    ),
    405: (say("That cannot be done here"), say("Go back and use the buttons on the page.")),
    413: (
        say("That is too large"),
        say("Go back and send less, or choose a smaller file. Nothing was changed."),
    ),
    500: (
        say("Something went wrong on our side"),
        say("Nothing you wrote has been half done. Try again, or ring your broker."),
    ),
    503: (say("That cannot be done just now"), say("Try again in a minute.")),
}
_OTHERWISE = (say("That could not be done"), say("Nothing was changed. Go back and try again."))
_SECRET = ("password", "current", "code", "secret", "csrf_token")


def install(app: Flask) -> None:
    """Answer refusals and errors with pages. (The API answers its own: see `timebank.api`.)"""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        status = status_of(refusal)
        note_refusal(refusal.code, refusal.fields)
        title, _ = _WORDS.get(status, _OTHERWISE)
        return _page(title, refusal.message, status, headers_of(refusal))

    @app.errorhandler(SQLAlchemyError)
    def in_the_way(error: SQLAlchemyError) -> Response:
        return refused(away(error))

    @app.errorhandler(CSRFError)
    def stale(_: CSRFError) -> Response:
        return send_again()

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        status = error.code or 500
        title, words = _WORDS.get(status, _OTHERWISE)
        headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
        return _page(title, words, status, headers)


def send_again() -> Response:
    """The page for a form that was open too long, or after its sender was signed out: what they
    wrote, ready to be sent again.

    Only a form that one of our own pages sent is offered again; from elsewhere it may be one that
    nobody here meant to send. Passwords and files are never sent back.
    """
    again = written_fields() if sent_from_here() else None
    return make_response(
        render_template("errors/stale.html", again=again, address=request.full_path.rstrip("?")),
        400,
    )


def written_fields() -> list[tuple[str, str]]:
    """What this request's form holds that may be sent back: no passwords, codes and files."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not name.endswith(_SECRET)
    ]


def sent_from_here() -> bool:
    """Whether one of our own pages sent this form: browsers say so, and no other site can make
    them."""
    origin = request.headers.get("Origin")
    return bool(origin) and inside(f"{origin}/") is not None


def _page(
    title: Said, words: Said, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    shown: dict[str, Any] = {"heading": title, "words": words, "back": inside(request.referrer)}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        shown["reference"] = request_id()
    if status == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "POST" and sent_from_here():
        # What somebody wrote is not lost because something under us is away. Sent again, it has the
        # key it had, and is done once.
        shown["again"] = written_fields()
        shown["address"] = request.full_path.rstrip("?")
    try:
        html = render_template("errors/refused.html", **shown)
    except SQLAlchemyError:
        # The database is what went wrong, and even the bank's name cannot be read.
        g.bank = g.actor = None
        html = render_template("errors/refused.html", **shown)
    return make_response(html, status, headers or {})
