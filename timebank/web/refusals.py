"""Refusals as pages: what happened, in words, and what to do next."""

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from timebank.errors import Refusal
from timebank.http import status_of

_WORDS = {
    403: (
        "You cannot open this page",
        "It is for other people of the time bank. If you think it should be yours, ring your broker.",
    ),
    404: ("There is no such page", "The address may be mistyped, or what stood here is gone. Nothing of yours is lost."),
    405: ("That cannot be done here", "Go back and use the buttons on the page."),
    413: ("That file is too large", "Send a smaller file, or split it in two."),
    500: ("Something went wrong on our side", "Nothing you wrote has been half done. Try again, or ring your broker."),
}


def install(app: Flask) -> None:
    """Answer refusals and errors with pages. (The API answers its own: see `timebank.api`.)"""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[str, int]:
        status = status_of(refusal)
        title = _WORDS.get(status, ("That could not be done", ""))[0]
        return _page(title, refusal.message, status)

    @app.errorhandler(CSRFError)
    def expired(_: CSRFError) -> tuple[str, int]:
        words = "The page had been open for a long time, or in another browser. Open it again and send it once more."
        return _page("That page was too old to send", words, 400)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> tuple[str, int]:
        status = error.code or 500
        return _page(*_WORDS.get(status, ("That could not be done", error.description or "")), status)


def _page(title: str, words: str, status: int) -> tuple[str, int]:
    return render_template("errors/refused.html", heading=title, words=words, back=request.referrer), status
