"""The guard before every view: finds the bank and the person, and lets nobody through whom the
view's mark does not name."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from timebank import clock
from timebank.access import commissioners, queries, service
from timebank.access.browser import SignedIn, must_show_second_factor
from timebank.access.rules import Scope
from timebank.act import Actor
from timebank.banks import queries as banks
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.errors import NotAllowed, NotFound, Unavailable
from timebank.http import Access, access, access_of, choose_voice_again, shown
from timebank.say import say
from timebank.schema import LARGEST_NUMBER
from timebank.web.refusals import send_again, sent_from_here

_TOUCHED_EVERY = timedelta(hours=1)


class RowId(IntegerConverter):
    """A number in an address, no larger than a row's id can be: larger ones are addresses of
    nothing."""

    regex = r"\d{1,10}"

    def to_python(self, value: str) -> int:
        """The number; 0, which no row has, for one that is too large. The address is still one of
        ours, so that it is told as nothing there and not as a method that does not go."""
        number = super().to_python(value)
        return number if number <= LARGEST_NUMBER else 0


def install(app: Flask) -> None:
    """Put the guard before every view."""
    config: Config = app.config["TIMEBANK"]
    app.url_map.converters["int"] = RowId
    if config.proxies:
        # Failures are counted by address, which has to be the visitor's and not the proxy's.
        app.wsgi_app = ProxyFix(
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies
        )
    # Not into every template, where it would be read again on the page that says it cannot be.
    login = LoginManager(app, add_context_processor=False)

    @login.user_loader
    def load(identity: str) -> SignedIn | None:
        kind, number, session_key = identity.split(":", 2)
        find = commissioners.signed_in if kind == "commissioner" else queries.signed_in
        known = find(reading(), int(number), session_key)
        return SignedIn(*known, session_key) if known else None

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
    """Raises when a view carries no mark: it would be open to anybody or to nobody, and neither was
    meant."""
    unmarked = sorted(name for name, view in app.view_functions.items() if access_of(view) is None)
    if unmarked:
        raise RuntimeError(f"These views do not say who may use them: {', '.join(unmarked)}")


def _guard() -> Response | None:
    if request.endpoint is None:
        # There is no such page; the one that says so still knows who is reading it, and whom they
        # can ring.
        if not request.path.startswith("/api/"):
            _recognise()
        return None
    if "\0" in request.path or b"%00" in request.query_string:
        # Nobody types one, and PostgreSQL takes no text that holds it.
        raise NotFound(say("There is nothing at such an address."))
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
    caller = queries.caller(reading(), token.strip()) if kind.lower() == "bearer" else None
    if caller is None:
        sentence = say("Send a bearer token. A member makes one on the page “Me”.")
        raise Unauthorized(shown(sentence), www_authenticate=WWWAuthenticate("bearer"))
    _touch(caller)
    g.actor, g.scope = caller.actor, caller.scope
    g.bank = caller.bank
    choose_voice_again()
    if mark.scope == "write" and caller.scope != Scope.WRITE:
        raise NotAllowed(say("This token is for reading. Make one that may write."))
    _check_role(mark, caller.actor)


def _touch(caller: queries.Caller) -> None:
    """Take down when a token was used, to the hour, so that calls that read hardly ever write."""
    now = clock.now()
    if caller.last_used_at is None or caller.last_used_at < now - _TOUCHED_EVERY:
        # A call that only reads must not fail because somebody else is writing for a long time.
        with suppress(Unavailable), transaction() as session:
            service.touch_token(session, caller.token_id, now=now)


def _recognise() -> Actor | None:
    known = current_user.is_authenticated
    actor, g.bank = (current_user.actor, current_user.bank) if known else (None, None)
    g.actor, g.reads_figures = actor, actor is not None and actor.is_commissioner
    choose_voice_again()
    return actor


def _guard_page(mark: Access) -> Response | None:
    actor = _recognise()
    if g.bank_slug is not None and (g.bank is None or g.bank.slug != g.bank_slug):
        bank = banks.by_slug(reading(), g.bank_slug)
        if actor is not None and mark.level != "public":
            raise NotFound(say("There is no such page in your time bank."))
        # In another bank everybody is a visitor.
        g.actor, g.bank, actor = None, bank, None
        choose_voice_again()
    if mark.level == "public":
        if actor is not None and (actor.is_commissioner or must_show_second_factor(actor)):
            # Who has not finished signing in is a visitor still, and a commissioner is one
            # everywhere but at the figures.
            g.actor = None
        return None
    # Only a page that was asked for can be gone back to. A form that one of our pages sent is
    # offered again instead.
    asked_for = request.method in ("GET", "HEAD")
    wanted = request.full_path.rstrip("?") if asked_for else None
    if actor is None and not asked_for and sent_from_here():
        return send_again()
    if actor is None:
        return redirect(url_for("access.sign_in", next=wanted, to=g.bank_slug))
    if mark.second_factor and must_show_second_factor(actor):
        return redirect(url_for("access.second_factor", next=wanted))
    _check_role(mark, actor)
    return None


def _check_role(mark: Access, actor: Actor) -> None:
    if actor.is_commissioner != (mark.level == "commissioner") and not (
        mark.level == "commissioner" and actor.is_coordinator
    ):
        raise NotAllowed(say("This is not for you to see. Ring the time bank if you need it."))
    if (mark.level == "coordinator" and not actor.is_coordinator) or (
        mark.level == "broker" and not actor.is_broker
    ):
        raise NotAllowed(
            say("This is for the staff of the time bank. Ring your broker if you need it.")
        )
