"""What every answer says to the browser: nothing runs here but what we serve."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Flask, request
from werkzeug.wrappers import Response

from timebank.http import voice

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src"
    " 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri"
    " 'none'; frame-ancestors {}"
)

_NOTHING_OF_THE_MACHINE = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "autoplay", "camera", "display-capture", "fullscreen", "geolocation"),
        *("gyroscope", "magnetometer", "microphone", "midi", "payment", "serial", "usb"),
    )
)
"""No page uses any of it, so nothing that found its way into one can."""

_HTTPS_FOR_A_YEAR = "max-age=31536000; includeSubDomains"
_RETRY_SECONDS = "30"


def framed_by(response: Response, sites: Sequence[str]) -> Response:
    """The answer for a frame on these sites alone. They may be nothing but addresses: whoever
    settles them has seen to it (`banks.rules.check`)."""
    response.headers["Content-Security-Policy"] = _POLICY.format(" ".join(sites))
    return response


def install(app: Flask, *, https: bool) -> None:
    """Add the headers to every answer.

    `https` says that people reach us by nothing else: browsers are told to keep to it.
    """

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY.format("'none'"))
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = _NOTHING_OF_THE_MACHINE
        if https:
            response.headers["Strict-Transport-Security"] = _HTTPS_FOR_A_YEAR
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers.setdefault("Retry-After", _RETRY_SECONDS)
        if request.endpoint != "static":
            response.headers.setdefault("Content-Language", voice().language)
            response.vary.update(("Accept-Language", "Cookie"))
            # Pages are about people: no shared computer or proxy keeps them, unless the page says
            # what may be kept of it.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
