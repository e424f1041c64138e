"""What a browser asks for to install the site, what it shows without a connection, and the page
about this device."""

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.access.rules import device_words
from timebank.config import STATIC
from timebank.db import reading
from timebank.http import access, shown, voice
from timebank.members.current import act, actor, bank, config
from timebank.notices import queries as notices
from timebank.notices.devices import Signer
from timebank.notices.rules import NewDevice
from timebank.phones import service
from timebank.phones.rules import Subscription
from timebank.phones.schemas import SubscriptionForm
from timebank.say import say
from timebank.web.forms import Form, submit

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
        "theme_color": bank().colour or _DAMSON,
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
    stored = {"page": page, "files": [url_for("static", filename=name) for name in files]}
    answer = Response(f"const KEPT = {json.dumps(stored)};\n{_WORKER}", mimetype="text/javascript")
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
    """What this device can do: keep the site at hand, log hours without a connection, tell."""
    return _index()


def _index(form: Form | None = None) -> str:
    signer = Signer.of(config())
    return render_template(
        "phones/index.html",
        form=form,
        push_key=signer.public if signer else "",
        devices=notices.devices(reading(), bank(), f"member:{actor().member_id}"),
    )


@pages.post("/devices")
@access("member")
def tell_here() -> Response:
    """Be told on this device."""

    def do(session: Session, told: Subscription) -> Response:
        name = device_words(request.user_agent.string)
        new = NewDevice(name, told.endpoint, told.p256dh, told.auth)
        service.tell_here(
            session,
            bank(),
            new,
            act(),
            signer=Signer.of(config()),
            services=config().push_services,
        )
        flash(shown(say("Done: from now on we tell you here first.")))
        return redirect(url_for(".index"), 303)

    return submit(SubscriptionForm(), do, _index)


@pages.post("/devices/<int:device_id>/end")
@access("member")
def tell_no_more(device_id: int) -> Response:
    """Be told nothing more on a device."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.tell_no_more(session, bank(), device_id, act())
        flash(shown(say("Done: nothing more is told there.")))
        return redirect(url_for(".index"), 303)

    return submit(None, do, _index)
