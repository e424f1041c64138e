"""Everything the pages share, put into the application."""

from flask import Flask, request
from flask_wtf import CSRFProtect

from timebank.config import Config
from timebank.web import (
    again,
    appearance,
    fifty,
    files,
    forms,
    headers,
    languages,
    navigation,
    packing,
    pictures,
    refusals,
    requests,
    words,
)

_MEGABYTE = 1024 * 1024
_REST_OF_A_FORM = 2 * _MEGABYTE

LARGEST_JSON = _MEGABYTE
"""Bytes of a body that is no form. To read and check more of it would keep a core busy for
seconds."""


def largest_body(config: Config) -> int:
    """Bytes of the largest body that is taken in at all: a file of the largest size with the rest
    of its form, which can then say what is wrong and keep it all."""
    return config.upload_megabytes * _MEGABYTE + _REST_OF_A_FORM


def install(app: Flask, config: Config) -> CSRFProtect:
    """Sessions, forged-form protection, headers, words and refusals."""
    requests.install(app)
    https = config.secure_cookies and config.base_url.startswith("https://")
    app.config.update(
        MAX_CONTENT_LENGTH=largest_body(config),
        MAX_FORM_MEMORY_SIZE=_REST_OF_A_FORM,
        # With this name browsers take it over https alone, for this host alone.
        SESSION_COOKIE_NAME="__Host-session" if https else "session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        PERMANENT_SESSION_LIFETIME=config.stay_days * 24 * 3600,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )

    @app.before_request
    def take_no_more() -> None:
        if request.mimetype not in ("multipart/form-data", "application/x-www-form-urlencoded"):
            request.max_content_length = LARGEST_JSON

    app.jinja_options = {**app.jinja_options, "finalize": words.finalized}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    packing.install(app)
    fifty.install(app)
    headers.install(app, https=https)
    files.install(app)
    again.install(app)
    words.install(app)
    forms.install(app)
    pictures.install(app)
    navigation.install(app)
    appearance.install(app)
    languages.install(app)
    refusals.install(app)
    return CSRFProtect(app)
