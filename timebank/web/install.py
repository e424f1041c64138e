"""Everything the pages share, put into the application."""

from flask import Flask
from flask_wtf import CSRFProtect

from timebank.config import Config
from timebank.web import appearance, forms, headers, navigation, refusals, words


def install(app: Flask, config: Config) -> CSRFProtect:
    """Sessions, forged-form protection, headers, words and refusals."""
    app.config.update(
        MAX_CONTENT_LENGTH=config.upload_megabytes * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        PERMANENT_SESSION_LIFETIME=config.session_hours * 3600,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    headers.install(app)
    words.install(app)
    forms.install(app)
    navigation.install(app)
    appearance.install(app)
    refusals.install(app)
    return CSRFProtect(app)
