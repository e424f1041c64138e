"""Forms: shown, checked, done exactly once, and shown again with the person's own words when
something is wrong."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from http import HTTPStatus
from operator import itemgetter
from typing import Any, overload

from flask import Flask, flash, g, make_response, redirect, request
from flask import session as browser
from marshmallow import EXCLUDE, fields
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.wrappers import Response

from timebank import clock, once
from timebank.db import transaction
from timebank.errors import Conflict, Refusal
from timebank.http import note_refusal, shown, spend_ration, status_of
from timebank.room import MAILED
from timebank.say import say
from timebank.schema import Also, Made, Makes, MinutesChosen, Schema, load
from timebank.web.fifty import STOOD
from timebank.web.words import mail_leaves

_HIDDEN = ("csrf_token", "once", STOOD)


def install(app: Flask) -> None:
    """Give the templates what the form macros need."""
    app.add_template_global(once_key)


class Form:
    """What a person wrote and what is wrong with it, for the macros of `parts/form.html`."""

    def __init__(self, values: Mapping[str, Any] | None = None):
        self._values = values if isinstance(values, MultiDict) else MultiDict(values or {})
        self.errors: dict[str, str] = {}
        self.message = ""
        self.asks: Sequence[Mapping[str, Any]] = ()
        self.once = self._values.get("once") or once_key()
        self.typed = False

    def value(self, name: str) -> str:
        """What was written in a field; empty if nothing was."""
        value = self._values.get(name)
        return "" if value is None else str(value)

    def values(self, name: str) -> list[str]:
        """What was chosen in a field that takes several."""
        return [str(value) for value in self._values.getlist(name)]

    def error(self, name: str) -> str:
        """What is wrong with a field; empty if nothing is."""
        return self.errors.get(name, "")

    def holds_date(self, name: str) -> bool:
        """Whether a calendar can show what was written in a field: a date, or nothing. Other words
        would vanish in it."""
        try:
            return not self.value(name) or bool(date.fromisoformat(self.value(name)))
        except ValueError:
            return False

    @property
    def cursor(self) -> str:
        """The field in which writing goes on, where somebody types one form after the other
        (`typed`): the first that has to be put right. Elsewhere the list of what is wrong comes
        first, and this is empty."""
        return next((name for name, _ in self.wrong if name), "") if self.typed else ""

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """What has to be put right: (field, words), the field empty where it is about the form as a
        whole."""
        whole = [("", self.message)] if self.message and not self.errors else []
        return whole + [
            ("" if name == "form" else name, words) for name, words in self.errors.items()
        ]

    def refused(self, refusal: Refusal) -> None:
        """Take down why the form was refused: for the page, and for the log."""
        note_refusal(refusal.code, refusal.fields)
        self.errors = {name: shown(sentence) for name, sentence in refusal.fields.items()}
        self.message, self.asks = shown(refusal.message), refusal.asks


def once_key() -> str:
    """A key for a form about to be shown; whatever comes back with it is done once."""
    return uuid.uuid4().hex


@overload
def submit(  # pyright: ignore[reportOverlappingOverload]  (what a schema makes is for it to say)
    schema: Makes[Made],
    do: Callable[[Session, Made], Response],
    page: Callable[[Form], str],
    *,
    initial: Mapping[str, Any] | None = None,
    also: Also | None = None,
) -> Response: ...
@overload
def submit(
    schema: Schema | None,
    do: Callable[[Session, dict[str, Any]], Response],
    page: Callable[[Form], str],
    *,
    initial: Mapping[str, Any] | None = None,
    also: Also | None = None,
) -> Response: ...
def submit(
    schema: Schema | None,
    do: Callable[[Session, Any], Response],
    page: Callable[[Form], str],
    *,
    initial: Mapping[str, Any] | None = None,
    also: Also | None = None,
) -> Response:
    """Serve a form: `page(form)` shows it; a valid POST runs `do(session, what the schema makes)`
    in one transaction and returns its redirect.

    `do` runs exactly once for a form, however often it is sent. A Refusal from the schema or from
    `do` undoes everything and shows the page again with what the person wrote, under the refusal's
    status. `also` looks at what the schema cannot know (see `timebank.schema.load`), so that
    everything there is to put right is said at once.
    """
    if request.method != "POST":
        return make_response(page(Form(initial)))
    form = Form(request.form)
    try:
        values: Any = load(schema, written(schema), unknown=EXCLUDE, also=also) if schema else {}
        spend_ration()
        with transaction() as session:
            answer = _once(session, lambda: _back(do(session, values)))
            _say_what_waits(session)
            return answer
    except Refusal as refusal:
        form.refused(refusal)
        return shown_again(page(form), status_of(refusal))


def _say_what_waits(session: Session) -> None:
    """Where somebody is written to by e-mail and none can go, whoever did it is told, whatever else
    the page says. (The staff read so on every page.)"""
    mailed = session.info.pop(MAILED, False)
    by = g.get("actor")
    if mailed and not mail_leaves() and not (by is not None and by.is_broker):
        words = say("What would go by e-mail waits: no e-mail leaves this time bank just now.")
        flash(shown(words))


def _back(answer: Response) -> Response:
    """Back to the list in which the button stood, where the form says so (`back`) and that is a
    page of the bank it is about."""
    back, bank = request.form.get("back", ""), g.get("bank")
    if answer.status_code != HTTPStatus.SEE_OTHER or bank is None:
        return answer
    if back.startswith(f"/b/{bank.slug}/") and "\\" not in back and back.isprintable():
        answer.headers["Location"] = back
    return answer


def shown_again(html: str, status: int = HTTPStatus.OK) -> Response:
    """The answer to what was posted that is a page with what was written. The browser alone may
    keep it, so that Back shows it once more and does not ask whether to send everything again."""
    answer = make_response(html, status)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def kept_nowhere(answer: Response) -> Response:
    """For rooms whose forms hold what not even the browser may keep: called after each request."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


def written(schema: Schema) -> dict[str, Any]:
    """The request's fields as the schema wants them: an empty field is no field; a list keeps all
    its values."""
    values: dict[str, Any] = {}
    for name, field in schema.fields.items():
        key = field.data_key or name
        several = [value.strip() for value in request.form.getlist(key) if value.strip()]
        if isinstance(field, fields.List):
            values[key] = several
        elif several:
            values[key] = several[-1]
        elif key in request.files and request.files[key].filename:
            values[key] = request.files[key]
        if isinstance(field, MinutesChosen) and field.chosen in request.form:
            values[field.chosen] = request.form[field.chosen]
    return values


def owner() -> str:
    """Whose requests these are: the person signed in, else this browser."""
    actor = g.get("actor")
    if actor is not None:
        return actor.key
    return f"guest:{browser.setdefault('guest', uuid.uuid4().hex)}"


def _once(session: Session, do: Callable[[], Response]) -> Response:
    key = request.form.get("once", "")[:100]
    if not key or not key.isprintable():
        # None of ours: the database might not even take it.
        return do()
    content = [
        (name, value)
        for name, value in sorted(request.form.items(multi=True))
        if name not in _HIDDEN
    ]
    files = [
        (name, file.filename, _digest(file))
        for name, file in sorted(request.files.items(multi=True), key=itemgetter(0))
    ]
    digest = hashlib.sha256(json.dumps([request.path, content, files]).encode()).hexdigest()
    try:
        earlier = once.claim(session, owner(), f"form:{key}", digest, now=clock.now())
    except once.KeyUsedForAnother:
        raise Conflict(
            say(
                "This form was sent before, with other answers, and those were kept. Look at what"
                " is there now, then start a new form if there is more to say."
            )
        ) from None
    if earlier:
        flash(shown(say("That was sent already. It was done once.")))
        return redirect(earlier.body, 303)
    answer = do()
    once.settle(
        session,
        owner(),
        f"form:{key}",
        status=answer.status_code,
        body=answer.headers.get("Location", "/"),
    )
    return answer


def _digest(file: FileStorage) -> str:
    digest = hashlib.file_digest(file.stream, "sha256").hexdigest()  # pyright: ignore[reportArgumentType]
    file.stream.seek(0)
    return digest
