"""The guard before every view: finds the bank and the person, and lets nobody through whom the view's mark does not name."""

from typing import Any

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from timebank.access import queries
from timebank.banks import queries as banks
from timebank.config import Config
from timebank.db import reading
from timebank.errors import NotAllowed, NotFound
from timebank.http import Access, access, access_of
from timebank.members.rules import Actor


class SignedIn(UserMixin):
    """Flask-Login's user: an actor and the key of the session they are in."""

    def __init__(self, actor: Actor, session_key: str):
        self.actor = actor
        self.session_key = session_key

    def get_id(self) -> str:
        return f"{self.actor.member_id}:{self.session_key}"


def install(app: Flask) -> None:
    """Put the guard before every view. Raises when a view says of nobody that they may use it."""
    login = LoginManager(app)
    login.session_protection = "basic"

    @login.user_loader
    def load(identity: str) -> SignedIn | None:
        member_id, _, session_key = identity.partition(":")
        actor = queries.signed_in(reading(), int(member_id), session_key)
        return SignedIn(actor, session_key) if actor else None

    app.view_functions["static"] = access("public")(app.view_functions["static"])
    app.before_request(_guard)
    app.context_processor(lambda: {"bank": g.get("bank"), "actor": g.get("actor")})

    @app.url_value_preprocessor
    def take_bank(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.bank_slug = values.pop("bank", None) if values else None

    @app.url_defaults
    def give_bank(endpoint: str, values: dict[str, Any]) -> None:
        bank = g.get("bank")
        if bank is not None and app.url_map.is_endpoint_expecting(endpoint, "bank"):
            values.setdefault("bank", bank.slug)


def check_marks(app: Flask) -> None:
    """Raises when a view carries no mark: it would be open to anybody or to nobody, and neither was meant."""
    unmarked = sorted(name for name, view in app.view_functions.items() if access_of(view) is None)
    if unmarked:
        raise RuntimeError(f"These views do not say who may use them: {', '.join(unmarked)}")


def _guard() -> Response | None:
    if request.endpoint is None:
        return None
    mark = access_of(current_app.view_functions[request.endpoint])
    if mark is None:
        raise Forbidden
    if request.path.startswith("/api/"):
        return _guard_api(mark)
    return _guard_page(mark)


def _guard_api(mark: Access) -> None:
    if mark.level == "public":
        return
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found = queries.caller(reading(), token.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise Unauthorized("Send a bearer token. A member makes one on the page “Me”.")
    g.actor, g.scope = found.actor, found.scope
    g.bank = banks.by_id(reading(), found.actor.bank_id)
    if mark.scope == "write" and found.scope != "write":
        raise NotAllowed("This token is for reading. Make one that may write.")
    _check_role(mark, found.actor)


def _guard_page(mark: Access) -> Response | None:
    actor = current_user.actor if current_user.is_authenticated else None
    if g.bank_slug is not None:
        bank = banks.by_slug(reading(), g.bank_slug)
        if actor is not None and actor.bank_id != bank.id:
            if mark.level != "public":
                raise NotFound("There is no such page in your time bank.")
            actor = None
        g.bank = bank
    elif actor is not None:
        g.bank = banks.by_id(reading(), actor.bank_id)
    g.actor = actor
    if mark.level == "public":
        return None
    if actor is None:
        # Only a page that was asked for can be gone back to: a form that was sent cannot be sent again from here.
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("access.sign_in", next=wanted, to=g.bank_slug))
    if mark.second_factor and _must_show_second_factor(actor):
        return redirect(url_for("access.second_factor", next=request.full_path.rstrip("?")))
    _check_role(mark, actor)
    return None


def _must_show_second_factor(actor: Actor) -> bool:
    config: Config = current_app.config["TIMEBANK"]
    return actor.is_broker and config.second_factor == "staff" and not session.get("second_factor")


def _check_role(mark: Access, actor: Actor) -> None:
    if (mark.level == "coordinator" and not actor.is_coordinator) or (mark.level == "broker" and not actor.is_broker):
        raise NotAllowed("This is for the staff of the time bank. Ring your broker if you need it.")
