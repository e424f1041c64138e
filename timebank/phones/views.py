"""What a browser asks for to install the site, what it shows without a connection, and the page
about this device."""

import json
from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from timebank.config import STATIC
from timebank.http import access, shown, voice
from timebank.members.current import bank
from timebank.say import say
from timebank.web.forms import Form

pages = Blueprint("phones", __name__, url_prefix="/b/<bank>/phones")

_PAPER, _DAMSON = "#fdfcf9", "#581a44"
_ICONS = (
    ("icon-192.png", 192, "any"),
    ("icon-512.png", 512, "any"),
    ("icon-full.png", 512, "maskable"),
)
_LONGEST_SHORT_NAME = 12

_WORKER = (STATIC / "worker.js").read_text(encoding="utf-8")


@pages.get("/manifest.webmanifest")
@access("public")
def manifest() -> Response:
    """What the site is called and looks like once it is installed (W3C, Web Application
    Manifest)."""
    home = url_for("home.bank")
    name = bank().name
    described: dict[str, Any] = {
        "id": home,
        "start_url": home,
        "scope": home,
        "name": name,
        "short_name": name if len(name) <= _LONGEST_SHORT_NAME else name.split()[0],
        "lang": voice().language,
        "dir": "rtl" if voice().right_to_left else "ltr",
        "display": "standalone",
        "background_color": _PAPER,
        "theme_color": _DAMSON,
        "icons": [
            {
                "src": url_for("static", filename=filename),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for filename, size, purpose in _ICONS
        ],
        "shortcuts": [{"name": shown(say("Log hours")), "url": url_for("exchanges.new")}],
    }
    answer = Response(json.dumps(described), mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.get("/worker.js")
@access("public")
def worker() -> Response:
    """The script that stands in where there is no connection, with the files it keeps for that."""
    page = url_for(".offline")
    files = ("look.css", "serif.woff2", "icons.svg", "favicon.svg", "phone.js")
    kept = {"page": page, "files": [url_for("static", filename=name) for name in files]}
    answer = Response(f"const KEPT = {json.dumps(kept)};\n{_WORKER}", mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = url_for("home.bank")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@pages.get("/offline")
@access("public")
def offline() -> str:
    """What is shown where there is no connection. It is kept on devices as a visitor sees it."""
    return render_template("phones/offline.html", form=Form())


@pages.get("")
@access("member")
def index() -> str:
    """What this device can do: keep the site at hand, and log hours without a connection."""
    return render_template("phones/index.html")
