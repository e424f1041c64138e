"""Notices to devices: web push (RFC 8030), sealed so that the device alone reads them (RFC 8291),
and signed as ours (VAPID, RFC 8292).

What is sent stands on locked screens, where anybody may read it, and passes through a company that
sees when it comes. So it says whose it is and whether a word is wanted, and nothing else: no name,
no hours, no words of anybody, and no way to answer without signing in.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException

from flask import current_app
from sqlalchemy.orm import Session

from timebank import clock, voices
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.jobs.errors import TryLater
from timebank.notices import outbox, queries, rules, service
from timebank.notices.devices import Signer, bytes_of, may_hand_over, sealed
from timebank.notices.models import Notice, PushDevice
from timebank.notices.outbox import Refused
from timebank.notices.rules import Words
from timebank.notices.text import NoRedirect
from timebank.say import say

_TIMEOUT_SECONDS = 20
_ANSWER_BYTES = 2000
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_OPENER = urllib.request.build_opener(NoRedirect)


def send(session: Session, payload: dict[str, object], now: datetime) -> dict[str, object]:
    """Send the notice to the devices of its addressee and say what came of it (see `outbox.send`).
    What none of them took is refused, and goes the next way. Raises TryLater."""
    return outbox.send(_by_push, session, payload, now)


def _by_push(notice: Notice, bank: Bank, words: Words) -> Callable[[], None]:
    config: Config = current_app.config["TIMEBANK"]
    try:
        signer = Signer.of(config)
    except ValueError:
        raise TryLater("TIMEBANK_PUSH_KEY is no key: `timebank phones new-key` makes one") from None
    if signer is None:
        raise Refused(say("notices to devices are not set up here"))
    devices = [
        _Device.of(one)
        for one in queries.devices(reading(), bank, notice.addressee)
        if one.server_key == signer.public and may_hand_over(one.endpoint, config.push_services)
    ]
    voice = voices.voice(notice.language)
    shown = say("Something waits for your word.") if notice.asks else say("There is news for you.")
    message = {
        "title": bank.name,
        "body": shown.render(voice),
        "url": f"/b/{bank.slug}/",
        # A repeat takes the place of the first.
        "tag": f"notice-{notice.id}",
    }
    content = json.dumps(message, ensure_ascii=False).encode()
    return lambda: _hand_over(devices, content, signer, str(message["tag"]))


@dataclass(frozen=True)
class _Device:
    """A device, apart from the session it was read in."""

    id: int
    endpoint: str
    p256dh: bytes
    auth: bytes

    @classmethod
    def of(cls, row: PushDevice) -> "_Device":
        return cls(row.id, row.endpoint, bytes_of(row.p256dh), bytes_of(row.auth))


def _hand_over(devices: list[_Device], content: bytes, signer: Signer, topic: str) -> None:
    now = clock.now()
    answers = {device.id: _answer(device, content, signer, topic, now) for device in devices}
    reached = [id_ for id_, answer in answers.items() if answer is not None and answer < 300]
    gone = [id_ for id_, answer in answers.items() if answer in _GONE]
    if reached or gone:
        with transaction() as session:
            service.note_devices(session, reached=reached, gone=gone, now=now)
    if reached:
        return
    if any(answer is None or answer >= 500 or answer in _LATER for answer in answers.values()):
        raise TryLater("no service for devices takes messages just now")
    raise Refused(say("none is left, or none takes messages"))


def _answer(
    device: _Device, content: bytes, signer: Signer, topic: str, now: datetime
) -> int | None:
    """What the service of a device said, as a status of HTTP; None where it said nothing."""
    headers = {
        "Authorization": signer.authorization(device.endpoint, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(rules.STALE.total_seconds())),
        "Topic": topic,
        "Urgency": "normal",
    }
    body = sealed(content, device.p256dh, device.auth)
    asked = urllib.request.Request(device.endpoint, data=body, headers=headers, method="POST")  # noqa: S310  (see `may_hand_over`)
    try:
        with _OPENER.open(asked, timeout=_TIMEOUT_SECONDS) as answer:
            answer.read(_ANSWER_BYTES)
            return answer.status
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code
    except (OSError, HTTPException, ValueError):
        return None
