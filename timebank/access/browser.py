"""The browser's side of signing in: sessions begun and ended, attempts counted before they are
judged, and what a device is known by."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import Flask, after_this_request, g, request
from flask import Response as FlaskResponse
from flask import session as browser
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from timebank import clock
from timebank.access import queries, rules, service, sessions
from timebank.access.errors import TooManyAttempts
from timebank.access.queries import OpenSession
from timebank.access.rules import Ration, SignedInBy
from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.http import cookie
from timebank.members.current import config
from timebank.say import say

Found = TypeVar("Found")

DEVICE_COOKIE = "device"
_STAYS = "stays"
_NONCE = "nonce"


class SignedIn(UserMixin):
    """Flask-Login's user: whoever is in a session, and the token that its cookie holds."""

    def __init__(self, open_session: OpenSession, token: str):
        self.actor = open_session.actor
        self.bank = open_session.bank
        self.session = open_session
        self.token = token

    def get_id(self) -> str:
        return self.token


class Cookies(SecureCookieSessionInterface):
    """Flask's cookies, kept for as long as somebody stays signed in, or for the hours of a sign-in;
    a visitor's until the browser is closed."""

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        if not session.permanent:
            return None
        settings: Config = app.config["TIMEBANK"]
        lasts = sessions.lasting(settings)
        return clock.now() + (lasts.stay if session.get(_STAYS) else lasts.idle)

    def save_session(self, app: Flask, session: SessionMixin, response: FlaskResponse) -> None:
        """As Flask does. What a browser alone may keep of a form that was sent is one answer to one
        sending: it would not know it again if it had to have been sent with the cookie of now."""
        super().save_session(app, session, response)
        if request.method == "POST" and response.headers.get("Cache-Control") != "no-store":
            response.vary.discard("cookie")


def begin(actor: Actor, how: SignedInBy, bank: Bank, *, stays: bool = False) -> None:
    """Sign `actor` in to this browser. Nothing of whoever used it before, or planted something in
    it, is kept, and a session that was open in it ends."""
    now, agent = clock.now(), request.user_agent.string
    before = browser.get("_user_id")
    with transaction() as session:
        if before:
            sessions.end_by_token(session, before)
        token = sessions.begin(
            session, actor, how, sessions.lasting(config()), agent=agent, stays=stays, now=now
        )
        known = request.cookies.get(cookie(DEVICE_COOKIE))
        g.device = sessions.remember_device(session, actor, known, agent=agent, now=now)
    browser.clear()
    open_session = queries.signed_in(reading(), token)
    if open_session is None:
        raise RuntimeError("Whoever has just signed in may not.")
    browser.permanent = True
    if open_session.stays:
        browser[_STAYS] = True
    login_user(SignedIn(open_session, token))
    g.actor, g.bank = open_session.actor, bank


def end() -> None:
    """Sign out of this browser, and out of every copy of its cookie."""
    token = browser.get("_user_id")
    if token:
        with transaction() as session:
            sessions.end_by_token(session, token)
    logout_user()
    browser.clear()
    g.actor = None
    after_this_request(_nothing_kept)


def _nothing_kept(response: Response) -> Response:
    """Have the browser drop the forms it has kept for its Back button, and what waits on the
    device."""
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def keep_device(response: Response) -> Response:
    """Let a browser in which somebody has just signed in keep what it is known by."""
    device = g.pop("device", None)
    if device is not None:
        response.set_cookie(
            cookie(DEVICE_COOKIE),
            device,
            max_age=rules.DEVICE_KEPT,
            httponly=True,
            samesite="Lax",
            secure=config().secure_cookies,
        )
    return response


def open_session() -> OpenSession:
    """The session of whoever is signed in to this browser."""
    return current_user.session


def must_show_second_factor(actor: Actor) -> bool:
    """Whether this person is one of the staff and has not shown the second factor here."""
    return actor.is_broker and config().second_factor == "staff" and not second_factor_shown()


def second_factor_shown() -> bool:
    """Whether the second factor was shown in this session."""
    return current_user.is_authenticated and open_session().second_factor_at is not None


def has_just_proved(*, grace: int = 1) -> bool:
    """Whether whoever is in this session has shown who they are within the last minutes; `grace`
    times as many, for a form that was opened in time."""
    since = clock.now() - open_session().proved_at
    return since < grace * timedelta(minutes=config().fresh_minutes)


def nonce() -> str:
    """A secret that only this browser sends, made when it first asks."""
    return browser.setdefault(_NONCE, secrets.token_hex(16))


@dataclass(frozen=True)
class _Limit:
    """How many failures count against something within a while."""

    counted: str
    most: int
    within: timedelta


def judged(subject: str, person: int | None, judge: Callable[[], Found]) -> Found:
    """What `judge` finds, unless too many attempts on `subject` have failed lately.

    They are counted by device: one on which that person has signed in before has a count of its
    own, and any other shares that of its address, and one of all unknown devices that is larger. So
    nobody is kept out of where they are known by what others do elsewhere. The attempt is committed
    as a failure before it is judged, and taken back when it succeeds, so that attempts made side by
    side cannot outrun the count. Raises TooManyAttempts, and whatever refusal `judge` raises.
    """
    limits = _limits(subject, person)
    _require_no_pause(limits)
    with transaction() as session:
        attempt = service.note_attempt(
            session, [limit.counted for limit in limits], now=clock.now()
        )
    _require_no_pause([_Limit(each.counted, each.most + 1, each.within) for each in limits])
    judgement = judge()
    with transaction() as session:
        service.forget_attempts(session, attempt, [limits[0].counted])
    return judgement


def _limits(subject: str, person: int | None) -> list[_Limit]:
    settings = config()
    key, most = settings.secret_key, settings.sign_in_attempts
    pause = timedelta(minutes=settings.sign_in_pause_minutes)
    device = request.cookies.get(cookie(DEVICE_COOKIE))
    if device and person is not None and queries.knows_device(reading(), person, device):
        return [_Limit(rules.counted(key, "device", subject, device), most, pause)]
    address = request.remote_addr or ""
    return [
        _Limit(rules.counted(key, "address", subject, address), most, pause),
        _Limit(rules.counted(key, "unknown", subject), most * rules.UNKNOWN_SHARE, rules.LASTS),
    ]


def rationed(kind: str) -> None:
    """Count something that is asked for, against whoever is signed in or else this address, which
    may be many people's.

    Raises TooManyAttempts.
    """
    ration: Ration = rules.RATIONS[kind]
    actor = g.get("actor")
    who = actor.key if actor is not None else request.remote_addr or ""
    counted = rules.counted(config().secret_key, kind, who)
    until = queries.paused_until(
        reading(), counted, limit=ration.most, pause=ration.within, now=clock.now()
    )
    if until is not None:
        raise TooManyAttempts(
            say(
                "That was asked for very often from here, so there is a pause until %(time)s. Then"
                " try again, or ring your broker, who can do it for you.",
                time=_on_the_wall(until),
            )
        )
    with transaction() as session:
        service.note_attempt(session, [counted], now=clock.now())


def _require_no_pause(limits: Sequence[_Limit]) -> None:
    for limit in limits:
        until = queries.paused_until(
            reading(), limit.counted, limit=limit.most, pause=limit.within, now=clock.now()
        )
        if until is not None:
            raise TooManyAttempts(
                say(
                    "That went wrong too often, so there is a pause until %(time)s. A one-time link"
                    " signs you in meanwhile: have one sent to you, or ring your broker, who can"
                    " give you one.",
                    time=_on_the_wall(until),
                )
            )


def _on_the_wall(until: datetime) -> time:
    zone = ZoneInfo(g.bank.timezone if g.get("bank") else "UTC")
    return (until.astimezone(zone) + timedelta(minutes=1)).time()
