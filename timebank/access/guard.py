"""The guard before every view: finds the bank and the person, and lets nobody through whom the
view's mark does not name."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from flask import (
    Flask,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import LoginManager, current_user
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from timebank import clock
from timebank.access import queries, service, sessions
from timebank.access.browser import (
    Cookies,
    SignedIn,
    has_just_proved,
    keep_device,
    must_show_second_factor,
    rationed,
)
from timebank.access.rules import Because, Scope
from timebank.act import Actor
from timebank.banks import queries as banks
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.errors import NotAllowed, NotFound, Unavailable
from timebank.http import Access, access, access_of, choose_voice, shown
from timebank.say import Said, say
from timebank.schema import LARGEST_NUMBER
from timebank.web.refusals import send_again, sent_from_here, written_fields

_TOUCHED_EVERY = timedelta(hours=1)
_SESSION_TOUCHED_EVERY = timedelta(minutes=5)


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

    app.session_interface = Cookies()
    app.after_request(keep_device)

    @login.user_loader
    def load(token: str) -> SignedIn | None:
        open_session = queries.signed_in(reading(), token)
        if open_session is None:
            return None
        now = clock.now()
        if sessions.is_over(open_session, sessions.lasting(app.config["TIMEBANK"]), now=now):
            return None
        if open_session.last_used_at < now - _SESSION_TOUCHED_EVERY:
            # A page that only reads must not fail because somebody else is writing for a long time.
            with suppress(Unavailable), transaction() as session:
                sessions.touch(session, open_session.id, now=now)
        return SignedIn(open_session, token)

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
    secret = token.strip() if kind.lower() == "bearer" else ""
    caller = queries.caller(reading(), secret, now=clock.now())
    if caller is None:
        raise Unauthorized(
            shown(_why_no_caller(secret)), www_authenticate=WWWAuthenticate("bearer")
        )
    _touch(caller)
    g.actor, g.scope = caller.actor, caller.scope
    g.bank = caller.bank
    choose_voice()
    if mark.scope == "write" and caller.scope != Scope.WRITE:
        raise NotAllowed(say("This key is for reading. Make one that may write."))
    if caller.plain and mark.level in ("broker", "coordinator", "commissioner"):
        raise NotAllowed(
            say(
                "This key was made without a second factor, and so may do what a member may. Make"
                " another on the page “Keys for programs” once you have shown yours."
            )
        )
    _check_role(mark, caller.actor)


def _why_no_caller(secret: str) -> Said:
    key = queries.ended_token(reading(), secret)
    if key is None:
        return say("Send a bearer token. A member makes one on the page “Me”.")
    if key.ended_because is not None:
        return _ENDED[key.ended_because]
    return say("The time of this key has run out. Make another on the page “Keys for programs”.")


_ENDED: Mapping[Because, Said] = {
    Because.OWNER: say("This key was taken away by its owner."),
    Because.COORDINATOR: say(
        "This key was taken away by a coordinator. Ask them before you go on."
    ),
    Because.PASSWORD: say(
        "This key ended when its owner set a password. They make another on the page “Keys for"
        " programs”."
    ),
    Because.SECOND_FACTOR: say(
        "This key ended when its owner’s second factor was taken off. They make another on the page"
        " “Keys for programs”."
    ),
    Because.EVERYWHERE: say(
        "This key ended when its owner signed out everywhere. They make another on the page “Keys"
        " for programs”."
    ),
    Because.ROLE: say(
        "This key ended when its owner’s role changed. They make another on the page “Keys for"
        " programs”."
    ),
}


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
    choose_voice()
    return actor


def _guard_page(mark: Access) -> Response | None:
    actor = _recognise()
    if g.bank_slug is not None and (g.bank is None or g.bank.slug != g.bank_slug):
        bank = banks.by_slug(reading(), g.bank_slug)
        if actor is not None and mark.level != "public":
            raise NotFound(say("There is no such page in your time bank."))
        # In another bank everybody is a visitor.
        g.actor, g.bank, actor = None, bank, None
        choose_voice()
    if mark.level == "public":
        if actor is not None and (actor.is_commissioner or must_show_second_factor(actor)):
            # Who has not finished signing in is a visitor still, and a commissioner is one
            # everywhere but at the figures.
            g.actor = None
        if mark.ration is not None:
            g.ration = partial(rationed, mark.ration)
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
    if mark.fresh and not has_just_proved(grace=1 if asked_for else 3):
        if not asked_for and sent_from_here():
            page = render_template(
                "access/_send_again.html",
                again=written_fields(),
                address=request.full_path.rstrip("?"),
            )
            return make_response(page, 400)
        return redirect(url_for("access.say_again", next=wanted or request.path))
    if mark.ration is not None:
        g.ration = partial(rationed, mark.ration)
    return None


def _check_role(mark: Access, actor: Actor) -> None:
    if actor.is_commissioner != (mark.level == "commissioner") and not (
        mark.level == "commissioner" and actor.is_coordinator
    ):
        raise NotAllowed(say("This is not for you to see. Ring the time bank if you need it."))
    if mark.level == "coordinator" and actor.is_broker and not actor.is_coordinator:
        raise NotAllowed(say("This is for coordinators to do. Ask one of them."))
    if (mark.level == "coordinator" and not actor.is_coordinator) or (
        mark.level == "broker" and not actor.is_broker
    ):
        raise NotAllowed(
            say("This is for the staff of the time bank. Ring your broker if you need it.")
        )
