"""The browser's side of signing in: sessions begun and ended, attempts counted before they are
judged."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import g, request
from flask import session as browser
from flask_login import UserMixin, login_user, logout_user

from timebank import clock
from timebank.access import queries, rules, service
from timebank.access.errors import TooManyAttempts
from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.members.current import config
from timebank.say import say

Found = TypeVar("Found")

_SECOND_FACTOR = "second_factor"
_HOW = "signed_in_by"
_NONCE = "nonce"


class SignedIn(UserMixin):
    """Flask-Login's user: an actor, their bank, and the key of the session they are in."""

    def __init__(self, actor: Actor, bank: Bank, session_key: str):
        self.actor = actor
        self.bank = bank
        self.session_key = session_key

    def get_id(self) -> str:
        return f"{self.actor.key}:{self.session_key}"


def begin(actor: Actor, session_key: str, bank: Bank, *, how: str) -> None:
    """Sign `actor` in to this browser. Nothing of whoever used it before, or planted something in
    it, is kept."""
    browser.clear()
    go_on(actor, bank, session_key)
    browser[_HOW] = how
    g.actor, g.bank = actor, bank


def go_on(actor: Actor, bank: Bank, session_key: str) -> None:
    """Stay signed in here under a new key, while sessions under the old one end."""
    browser.permanent = True
    login_user(SignedIn(actor, bank, session_key))


def end() -> None:
    """Sign out of this browser."""
    logout_user()
    browser.clear()
    g.actor = None


def must_show_second_factor(actor: Actor) -> bool:
    """Whether this person is one of the staff and has not shown the second factor here."""
    return actor.is_broker and config().second_factor == "staff" and not second_factor_shown()


def second_factor_shown() -> bool:
    """Whether the second factor was shown in this session."""
    return bool(browser.get(_SECOND_FACTOR))


def show_second_factor() -> None:
    """Take down that the second factor was shown in this session."""
    browser[_SECOND_FACTOR] = True


def signed_in_by_link() -> bool:
    """Whether this session began with a one-time link: that proved who it is without the password
    they may have forgotten."""
    return browser.get(_HOW) == "link"


def nonce() -> str:
    """A secret that only this browser sends, made when it first asks."""
    return browser.setdefault(_NONCE, secrets.token_hex(16))


def judged(subject: str, judge: Callable[[], Found]) -> Found:
    """What `judge` finds, unless too many attempts on `subject` or from this address have failed
    lately.

    The attempt is committed as a failure before it is judged, and taken back when it succeeds, so
    that attempts made side by side cannot outrun the count. Raises TooManyAttempts, and whatever
    refusal `judge` raises.
    """
    settings = config()
    of_subject = rules.counted(settings.secret_key, "subject", subject)
    of_address = rules.counted(settings.secret_key, "address", request.remote_addr or "")
    limits = {
        of_subject: settings.sign_in_attempts,
        of_address: settings.sign_in_attempts * rules.ADDRESS_SHARE,
    }
    _require_no_pause(limits, settings)
    with transaction() as session:
        attempt = service.note_attempt(session, list(limits), now=clock.now())
    _require_no_pause({counted: limit + 1 for counted, limit in limits.items()}, settings)
    judgement = judge()
    with transaction() as session:
        service.forget_attempts(session, attempt, [of_subject])
    return judgement


def rationed(kind: str) -> None:
    """Count something anybody may ask for, and ask of one address no more often than a shared one
    needs.

    Raises TooManyAttempts.
    """
    settings = config()
    of_address = rules.counted(settings.secret_key, kind, request.remote_addr or "")
    _require_no_pause({of_address: settings.sign_in_attempts * rules.ADDRESS_SHARE}, settings)
    with transaction() as session:
        service.note_attempt(session, [of_address], now=clock.now())


def _require_no_pause(limits: dict[str, int], settings: Config) -> None:
    pause = timedelta(minutes=settings.sign_in_pause_minutes)
    for counted, limit in limits.items():
        until = queries.paused_until(reading(), counted, limit=limit, pause=pause, now=clock.now())
        if until is not None:
            zone = ZoneInfo(g.bank.timezone if g.get("bank") else "UTC")
            again = until.astimezone(zone) + timedelta(minutes=1)
            raise TooManyAttempts(
                say(
                    "That went wrong too often, so there is a pause until %(time)s. Then try again,"
                    " or ring your broker, who can give you a one-time link.",
                    time=again.time(),
                )
            )
