"""Answers are packed on the way, and one that a visitor has already is not sent again.

A packed answer is shorter where it repeats itself. Whoever can see how long answers are, and have
somebody's browser ask for pages with words of their choosing in the address, learns from that what
else is on the page (BREACH). So nothing about anybody is packed that another site has asked for,
and the length of what is packed says little: a name of a random length travels in its head.
"""

import gzip
import io
import secrets
from http import HTTPStatus

from flask import Flask, Response, g, request, session

_PACKED = ("text/", "application/json", "application/problem+json", "image/svg")
_SMALLEST = 1000
"""Bytes. Less travels in one packet anyhow."""

_LEVEL = 6
_PADDING = 128


def install(app: Flask) -> None:
    """To be installed before whatever else changes an answer: this comes last then."""

    @app.after_request
    def pack(response: Response) -> Response:
        if request.endpoint == "static" or response.is_streamed or response.direct_passthrough:
            return response
        if _is_everybodys(response):
            response.headers["Cache-Control"] = "private, no-cache"
            response.add_etag(weak=True)
            response.make_conditional(request)
        if not (response.mimetype or "").startswith(_PACKED):
            return response
        response.vary.add("Accept-Encoding")
        if _may_be_packed(response):
            response.set_data(packed(response.get_data()))
            response.content_encoding = "gzip"
        return response


def _is_everybodys(response: Response) -> bool:
    """Whether this is what any visitor is shown who reads the same language: a page without a form,
    for somebody of whom nothing is known."""
    return (
        request.method in ("GET", "HEAD")
        and response.status_code == HTTPStatus.OK
        and response.mimetype == "text/html"
        and g.get("actor") is None
        and not session
    )


def _may_be_packed(response: Response) -> bool:
    from_elsewhere = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    return (
        "gzip" in request.accept_encodings
        and response.content_encoding is None
        and len(response.get_data()) >= _SMALLEST
        and (g.get("actor") is None or not from_elsewhere)
    )


def packed(content: bytes) -> bytes:
    """The content as gzip has it, of a length that is never quite the same."""
    made = io.BytesIO()
    padding = "-" * secrets.randbelow(_PADDING)
    with gzip.GzipFile(padding, "wb", _LEVEL, made, mtime=0) as file:
        file.write(content)
    return made.getvalue()
