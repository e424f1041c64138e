"""What both faces share of the web: who may use a view, and how a refusal is answered."""

import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any, Literal, TypeVar, cast

from flask import Response, current_app, g, has_request_context, request, send_file
from sqlalchemy.exc import SQLAlchemyError

from timebank import away as unavailability
from timebank import voices
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, TooOften, Unavailable
from timebank.say import ENGLISH, Said, Voice, spoken

Level = Literal["public", "member", "broker", "coordinator", "commissioner"]
View = TypeVar("View", bound=Callable[..., Any])

STATUS_OF: Mapping[type[Refusal], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    TooOften: 429,
    Unavailable: 503,
}
"""The HTTP status that says the same as each kind of refusal."""


@dataclass(frozen=True)
class Access:
    """Who may use a view: anybody, members of the bank, its brokers, its coordinators; a token
    needs `scope`.

    What is for commissioners is for coordinators too, and commissioners may use nothing else.

    Staff must have shown their second factor, unless `second_factor` is False (the pages where they
    show it). On pages that are `fresh`, whoever signed in a while ago says again who they are. What
    is sent in by a page is rationed by the word `ration`, if there is one. What is sent
    `by_program` has no token against forged forms: its address itself says that it is no forgery.
    """

    level: Level
    scope: Literal["read", "write"] = "read"
    second_factor: bool = True
    fresh: bool = False
    ration: str | None = None
    by_program: bool = False


def access(
    level: Level,
    *,
    scope: Literal["read", "write"] = "read",
    second_factor: bool = True,
    fresh: bool = False,
    ration: str | None = None,
    by_program: bool = False,
) -> Callable[[View], View]:
    """Mark a view with who may use it. A view without a mark cannot be served."""

    def mark(view: View) -> View:
        view.access = Access(level, scope, second_factor, fresh, ration, by_program)  # pyright: ignore[reportFunctionMemberAccess]
        return view

    return mark


def spend_ration() -> None:
    """Count what is sent in against what one may send, if the view is rationed (the guard says
    so). Raises a Refusal when it has been too much."""
    ration: Callable[[], None] | None = g.get("ration")
    if ration is not None:
        ration()


def access_of(view: Callable[..., Any]) -> Access | None:
    """The mark of a view, if it has one."""
    return getattr(view, "access", None)


LANGUAGE_COOKIE = "language"
"""Where a browser keeps what a visitor has chosen in the footer (see `cookie`)."""

_HOST = "__Host-"


def cookie(name: str) -> str:
    """What a cookie is called here: over https with a beginning for which browsers take it over
    https alone, for this host alone."""
    https = cast(str, current_app.config["SESSION_COOKIE_NAME"]).startswith(_HOST)
    return f"{_HOST}{name}" if https else name


def voice() -> Voice:
    """The voice of this request; English outside of one."""
    if not has_request_context():
        return ENGLISH
    if "voice" not in g:
        choose_voice()
    return g.voice


def choose_voice() -> None:
    """The bank or the person of this request is known by now, and with them the language.

    Chosen at once, while the bank can be read: a refusal may have to say that it no longer can.
    """
    g.voice = voices.voice(_language())


def _language() -> str:
    """The person's own, else what this browser has chosen, else what it asks for, else the bank's:
    always one of the bank's."""
    bank, actor = g.get("bank"), g.get("actor")
    choice = bank.languages.split() if bank is not None else list(voices.offered())
    own = bank.language if bank is not None else "en"
    wanted = (
        actor.language if actor is not None else None,
        request.cookies.get(cookie(LANGUAGE_COOKIE)),
    )
    for language in wanted:
        if language and language in choice:
            return language
    return request.accept_languages.best_match([own, *choice], own)


def shown(sentence: Said | str) -> str:
    """A sentence as this request's reader understands it."""
    return spoken(sentence, voice())


def status_of(refusal: Refusal) -> int:
    """The HTTP status that says the same as this refusal; 400 for one of no particular kind."""
    return next((status for kind, status in STATUS_OF.items() if isinstance(refusal, kind)), 400)


def note_refusal(code: str, fields: Iterable[str] = ()) -> None:
    """Take down for the log why this request is refused: the code, and which inputs were wrong."""
    g.refused = (code, tuple(fields))


def headers_of(refusal: Refusal) -> dict[str, str]:
    """The headers that go with this refusal: when to ask again."""
    return {"Retry-After": str(refusal.seconds)} if isinstance(refusal, Unavailable) else {}


_IN_MEMORY = 1 << 20


def written(write: Callable[[IO[bytes]], object], content_type: str, name: str) -> Response:
    """A file of that name as an answer: `write(file)` writes it whole before any of it is sent, on
    the disk once it is large."""
    with ExitStack() as unless_written:
        spooled = unless_written.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
        file = cast(IO[bytes], spooled)
        write(file)
        file.seek(0)
        # From here on the answer closes it.
        unless_written.pop_all()
    return send_file(file, content_type, as_attachment=True, download_name=name)


def request_id() -> str:
    """The number of this request: in the log, in the answer, and on the page that says that
    something went wrong."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return g.request_id


LOST = "timebank.lost"
"""Set in a request's environment when the connection to the database was cut under it."""


def note_if_lost(error: SQLAlchemyError) -> None:
    """Have this request answered once more if it only reads and its connection was cut (see
    `timebank.web.again`)."""
    request.environ[LOST] = unavailability.is_lost(error)


def away(error: SQLAlchemyError) -> Unavailable:
    """The refusal for what the database raised while a page was read. Raises the error again where
    it is a mistake of ours."""
    refusal = unavailability.of(error, writing=False)
    if refusal is None:
        raise error
    note_if_lost(error)
    return refusal


def body_of(refusal: Refusal) -> dict[str, object]:
    """The refusal as the API's error object."""
    return {
        "code": refusal.code,
        "message": shown(refusal.message),
        "fields": {name: shown(sentence) for name, sentence in refusal.fields.items()},
        **({"candidates": list(refusal.asks)} if refusal.asks else {}),
    }
