"""What was only to be read is read once more when the connection to the database was cut under
it."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from timebank.http import LOST

Answer = Iterable[bytes]
Application = Callable[[Any, Any], Answer]


def install(app: Flask) -> None:
    """Answer a request that reads, and lost its connection, by answering it again from the
    beginning.

    A server of PostgreSQL that was started again has cut every connection that rests in the pool,
    and nobody is to be told so who would find it well a moment later. What writes is not repeated:
    nobody knows what became of it.
    """
    app.wsgi_app = _once_more(app.wsgi_app)  # pyright: ignore[reportAttributeAccessIssue]


def _once_more(inner: Application) -> Application:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Answer:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return inner(environ, start_response)
        started: list[tuple[Any, ...]] = []

        def start(*words: Any) -> Callable[[bytes], Any]:
            started.append(words)
            return _nobody_writes_so

        body = inner(environ, start)
        if environ.pop(LOST, False):
            close = getattr(body, "close", None)
            if close:
                close()
            return inner(environ, start_response)
        start_response(*started[-1])
        return body

    return answer


def _nobody_writes_so(data: bytes) -> None:
    raise NotImplementedError("Answers are returned, not written.")
