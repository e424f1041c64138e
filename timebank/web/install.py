"""Everything the pages share, put into the application."""

from flask import Flask
from flask_wtf import CSRFProtect

from timebank.config import Config
from timebank.web import appearance, forms, headers, languages, navigation, refusals, words

_MEGABYTE = 1024 * 1024
_REST_OF_A_FORM = 2 * _MEGABYTE


def install(app: Flask, config: Config) -> CSRFProtect:
    """Sessions, forged-form protection, headers, words and refusals."""
    app.config.update(
        # A file of the largest size comes with the rest of its form, which can then say what is
        # wrong and keep it all.
        MAX_CONTENT_LENGTH=config.upload_megabytes * _MEGABYTE + _REST_OF_A_FORM,
        MAX_FORM_MEMORY_SIZE=_REST_OF_A_FORM,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        PERMANENT_SESSION_LIFETIME=config.stay_days * 24 * 3600,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.jinja_options = {**app.jinja_options, "finalize": words.finalized}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    headers.install(app)
    words.install(app)
    forms.install(app)
    navigation.install(app)
    appearance.install(app)
    languages.install(app)
    refusals.install(app)
    return CSRFProtect(app)
