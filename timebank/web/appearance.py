"""How a person wants the pages to look: text size and colours, kept in this browser and nowhere
else."""

from dataclasses import dataclass

from flask import Flask, request
from werkzeug.wrappers import Response

from timebank.config import Config
from timebank.http import cookie

THEMES = ("auto", "light", "dark")
TEXTS = ("normal", "large", "largest")

_KEPT_SECONDS = 2 * 365 * 24 * 3600


@dataclass(frozen=True)
class Appearance:
    """`theme` auto follows the device; `text` is the size."""

    theme: str = "auto"
    text: str = "normal"

    @property
    def attributes(self) -> dict[str, str | None]:
        """For the html element; what is as usual is not said."""
        return {
            "data-theme": self.theme if self.theme != "auto" else None,
            "data-text": self.text if self.text != "normal" else None,
        }


def appearance() -> Appearance:
    """What this browser asks for; what it cannot have meant is left out."""
    theme, text = (request.cookies.get(cookie(name), "") for name in ("theme", "text"))
    return Appearance(theme if theme in THEMES else "auto", text if text in TEXTS else "normal")


def keep(response: Response, wanted: Appearance, config: Config) -> None:
    """Have this browser ask for it from now on."""
    for name, value in (("theme", wanted.theme), ("text", wanted.text)):
        response.set_cookie(
            cookie(name),
            value,
            max_age=_KEPT_SECONDS,
            secure=config.secure_cookies,
            httponly=True,
            samesite="Lax",
        )


def install(app: Flask) -> None:
    """Let the layout ask."""
    app.add_template_global(appearance)
