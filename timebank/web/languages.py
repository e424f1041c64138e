"""Which language a visitor reads the pages in: chosen at their foot, kept in this browser and
nowhere else."""

from dataclasses import dataclass

from flask import Flask, g
from werkzeug.wrappers import Response

from timebank import voices
from timebank.config import Config
from timebank.http import LANGUAGE_COOKIE, cookie

_KEPT_SECONDS = 2 * 365 * 24 * 3600


@dataclass(frozen=True)
class Language:
    """A language that can be chosen: its tag, and what it calls itself."""

    code: str
    name: str


def languages() -> list[Language]:
    """What a visitor may choose from; nothing where there is no choice. A member's own is among
    what they say of themselves."""
    bank = g.get("bank")
    if bank is None or g.get("actor") is not None:
        return []
    codes = bank.languages.split()
    return [Language(code, voices.own_name(code)) for code in codes] if len(codes) > 1 else []


def keep(response: Response, language: str, config: Config) -> None:
    """Have this browser read it from now on; what cannot be chosen is left out."""
    if language in {choice.code for choice in languages()}:
        response.set_cookie(
            cookie(LANGUAGE_COOKIE),
            language,
            max_age=_KEPT_SECONDS,
            secure=config.secure_cookies,
            httponly=True,
            samesite="Lax",
        )


def install(app: Flask) -> None:
    """Let the layout ask."""
    app.add_template_global(languages)
