"""What is logged of each request, and what of them goes into the audit trail: ids and kinds, never
a name, an address, or a word that somebody sent.

Two channels of the log: `timebank.request` has one line for each request. `timebank.audit` has one
for each that somebody may have to answer for: signing in and whatever else is done about ways in,
what is done by staff, and every refusal of somebody. Both say why a request was refused, by its
code and the names of the inputs that were wrong, never by what was in them. The two are joined by
the request's id, which the answer carries too.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import structlog
from flask import Flask, g, request
from sqlalchemy import inspect
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from timebank import faults
from timebank.act import STAFF
from timebank.http import LOST, request_id
from timebank.schema import names_of_fields

log = structlog.get_logger("timebank.request")
audit = structlog.get_logger("timebank.audit")

ID_HEADER = "X-Request-Id"

_READS = ("GET", "HEAD", "OPTIONS")
_REFUSED = (401, 403, 429)
_WAYS_IN = "access"


class Address(Rule):
    """An address that is made ready to be written when somebody first writes it: for all of them at
    once that is a third of what it takes to make the application, and few are written in a process
    that does not live long."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder
        ready: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not ready:
                ready.append(compiled(append_unknown))
            return ready[0](rule, **values)

        return build


class Application(Flask):
    """Flask, but for what it says of an error that nobody foresaw (where it was, not its words),
    and for when addresses are made ready."""

    url_rule_class = Address

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        error = exc_info[1]
        if error is not None:
            log.error("fault", id=request_id(), route=_route(), error=faults.story(error))


def install(app: Flask) -> None:
    """Log every request. To be installed first: what comes later is then seen as it was
    answered."""

    if not structlog.is_configured():
        # Whoever uses the application without serving it (see `timebank.running.logs`) finds its
        # lines where Python's logging has them, and none among what they print.
        structlog.configure(
            processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[ID_HEADER] = request_id()
        line: dict[str, Any] = {
            "id": request_id(),
            "method": request.method,
            "route": _route(),
            "status": response.status_code,
            "bank": _bank(),
            "caller": _role(),
        }
        line |= _refused()
        log.info("request", **line, ms=_milliseconds(), again=bool(request.environ.get(LOST)))
        if _is_to_be_answered_for(response.status_code):
            actor = g.get("actor")
            audit.info("act", **line, by=actor.key if actor else None, of=_ids())
        return response


def _is_to_be_answered_for(status: int) -> bool:
    if status in _REFUSED:
        return True
    if request.method in _READS:
        return False
    return _role() in STAFF or _WAYS_IN in request.blueprints


def _refused() -> dict[str, Any]:
    """Why it was refused, if it was: the code, and the names of the inputs that were wrong. A name
    that is none of ours is a word of whoever sent it, and is not told."""
    code, fields = g.get("refused", (None, ()))
    if code is None:
        return {}
    known = names_of_fields()
    parts = [
        ".".join(part if part in known or part.isdecimal() else "?" for part in name.split("."))
        for name in fields
    ]
    return {"refused": code, "fields": parts}


def _route() -> str | None:
    """The address as a pattern: what stands in it may be a one-time code."""
    return request.url_rule.rule if request.url_rule else None


def _ids() -> dict[str, int]:
    return {
        name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)
    }


def _role() -> str:
    actor = g.get("actor")
    return str(actor.role) if actor else "visitor"


def _bank() -> int | None:
    bank = g.get("bank")
    # Not `bank.id`, which may have to be read again, and from a database that is away.
    identity = inspect(bank).identity if bank is not None else None
    return identity[0] if identity else None


def _milliseconds() -> int:
    return round(1000 * (time.monotonic() - g.get("began", time.monotonic())))
