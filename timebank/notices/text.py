"""Text messages, from the outbox to whoever passes them on to telephones.

A message has a key that is the same every time it is sent. The file driver drops a repeat by it,
and so does a gateway that honours the header Idempotency-Key.
"""

import json
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from flask import current_app
from sqlalchemy.orm import Session

from timebank import voices
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.jobs.errors import TryLater
from timebank.notices import outbox, rules
from timebank.notices.models import Notice
from timebank.notices.outbox import Refused
from timebank.notices.rules import Words
from timebank.say import say

DRIVERS = ("file", "http")

_TIMEOUT_SECONDS = 20
_ANSWER_BYTES = 2000
_OURS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
)
_LATER = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
)


class Message(NamedTuple):
    """A text message: `to` as it is dialled, and the key by which a repeat is known."""

    key: str
    to: str
    text: str


class Driver(Protocol):
    """A way for text messages to go."""

    def send(self, message: Message) -> None:
        """Hand a message over; one handed over before may be handed over again. Raises Refused,
        TryLater."""

    def reach(self) -> None:
        """Find out, without sending anything, whether messages can be handed over. Raises
        TryLater."""


class FileDriver:
    """Lays each message into a folder as a file of JSON named by its key, for another program to
    pass on.

    A file appears whole or not at all, and one that is there is never written again.
    """

    def __init__(self, folder: str):
        self._folder = Path(folder)

    def send(self, message: Message) -> None:
        # A name of its own: whoever writes the same message at the same time must not write into
        # the same file.
        draft = self._folder / f".{message.key}.{secrets.token_hex(4)}"
        try:
            with draft.open("x", encoding="utf-8") as file:
                json.dump(message._asdict(), file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                (self._folder / f"{message.key}.json").hardlink_to(draft)
        except OSError as trouble:
            raise TryLater(
                f"texts cannot be laid into their folder: {type(trouble).__name__}"
            ) from trouble
        finally:
            with suppress(OSError):
                draft.unlink()

    def reach(self) -> None:
        if not (self._folder.is_dir() and os.access(self._folder, os.W_OK)):
            raise TryLater("there is no such folder, or nothing can be written there")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """What was sent elsewhere would take our token along."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


class HttpDriver:
    """Posts each message as JSON (`to`, `text`) to a gateway, with the token as bearer and the key
    as Idempotency-Key."""

    def __init__(self, url: str, token: str):
        self._url = url
        self._token = token
        self._opener = urllib.request.build_opener(NoRedirect)

    def send(self, message: Message) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = json.dumps({"to": message.to, "text": message.text}).encode()
        try:
            asked = urllib.request.Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310  (see `reach`)
            with self._opener.open(asked, timeout=_TIMEOUT_SECONDS) as answer:
                answer.read(_ANSWER_BYTES)
        except urllib.error.HTTPError as answer:
            with answer:
                raise self._refusal(answer) from answer
        except (OSError, HTTPException, ValueError) as trouble:
            raise TryLater(
                f"the text gateway cannot be used: {type(trouble).__name__}"
            ) from trouble

    @staticmethod
    def _refusal(answer: urllib.error.HTTPError) -> Exception:
        """Refused when the gateway will not have this message; else what may pass, or can be put
        right in the settings."""
        if answer.code < 400 or answer.code >= 500 or answer.code in (*_OURS, *_LATER):
            return TryLater(f"the text gateway cannot be used: {answer.code}")
        words = ""
        with suppress(OSError, HTTPException):
            words = answer.read(_ANSWER_BYTES).decode(errors="replace")
        return Refused(rules.one_line(f"{answer.code} {words}", 300))

    def reach(self) -> None:
        """Any answer will do: there is no telling what else a gateway takes than messages."""
        if not self._url.startswith(("https://", "http://")):
            raise TryLater("TIMEBANK_TEXT_URL is no address that begins with https://")
        try:
            asked = urllib.request.Request(self._url, method="HEAD")  # noqa: S310  (looked at above)
            with self._opener.open(asked, timeout=_TIMEOUT_SECONDS):
                pass
        except urllib.error.HTTPError as answer:
            answer.close()
        except (OSError, HTTPException, ValueError) as trouble:
            raise TryLater(f"the gateway does not answer ({type(trouble).__name__})") from trouble


def driver(config: Config) -> Driver | None:
    """The way that the settings name; None when they name none. Raises TryLater for one that there
    is not."""
    if config.text_driver == "file":
        return FileDriver(config.text_folder)
    if config.text_driver == "http":
        return HttpDriver(config.text_url, config.text_token)
    if config.text_driver:
        raise TryLater(f"TIMEBANK_TEXT_DRIVER is none of: {', '.join(DRIVERS)}")
    return None


def send(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Send the notice as a text and say what came of it (see `outbox.send`).

    Without a driver every text is refused, so that a broker rings. Raises TryLater.
    """
    return outbox.send(_by_text, session, payload, now)


def _by_text(notice: Notice, bank: Bank, words: Words) -> Callable[[], None]:
    config: Config = current_app.config["TIMEBANK"]
    way = driver(config)
    if way is None:
        raise Refused(say("text messages are not set up here"))
    if not rules.can_be_texted(notice.address or ""):
        raise Refused(say("that is no telephone number"))
    message = Message(
        key=rules.text_key(
            notice.id, notice.created_at, secrets.token_hex(4) if notice.secret else ""
        ),
        to=rules.dialled(notice.address or ""),
        text=rules.text_message(
            words.short,
            bank=bank.name,
            link=words.link or f"{config.base_url.rstrip('/')}/b/{bank.slug}",
            contact_phone=bank.contact_phone,
            voice=voices.voice(notice.language),
        ),
    )
    return lambda: way.send(message)
