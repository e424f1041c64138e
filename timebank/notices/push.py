"""Notices to devices: web push (RFC 8030), sealed so that the device alone reads them (RFC 8291),
and signed as ours (VAPID, RFC 8292).

What is sent stands on locked screens, where anybody may read it, and passes through a company that
sees when it comes. So it says whose it is and whether a word is wanted, and nothing else: no name,
no hours, no words of anybody, and no way to answer without signing in.
"""

import base64
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy.orm import Session

from timebank import clock, voices
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.jobs.errors import TryLater
from timebank.notices import outbox, queries, rules, service
from timebank.notices.models import Notice, PushDevice
from timebank.notices.outbox import Refused
from timebank.notices.rules import Words
from timebank.notices.text import NoRedirect
from timebank.say import say

_CURVE = ec.SECP256R1()
_RECORD = 4096  # bytes: RFC 8188, 2.1; a message is one record
_SALT, _POINT = 16, 65  # bytes
_SIGNED_FOR = timedelta(hours=12)  # at most a day: RFC 8292, 2
_TIMEOUT_SECONDS = 20
_ANSWER_BYTES = 2000
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_OURS = ("127.0.0.1", "localhost")
"""Where a service may be reached without https: on this machine, to try it."""

_OPENER = urllib.request.build_opener(NoRedirect)


def bytes_of(text: str) -> bytes:
    """What base64url stands for, with or without its padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def text_of(plain: bytes) -> str:
    """Bytes as base64url, without padding."""
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def new_key() -> str:
    """A private key, as the settings hold it."""
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return text_of(number.to_bytes(32, "big"))


@dataclass(frozen=True)
class Signer:
    """Signs what we hand over, so that a service knows whose it is."""

    private: ec.EllipticCurvePrivateKey
    contact: str

    @classmethod
    def of(cls, config: Config) -> "Signer | None":
        """That of the settings; None where they name none. Raises ValueError for a key that is
        none."""
        if not config.push_key:
            return None
        private = ec.derive_private_key(int.from_bytes(bytes_of(config.push_key), "big"), _CURVE)
        secure = config.base_url.startswith("https://")
        return cls(private, config.base_url if secure else f"mailto:{config.mail_from}")

    @property
    def public(self) -> str:
        """The public key, as devices are told it."""
        return text_of(_point(self.private.public_key()))

    def authorization(self, endpoint: str, now: datetime) -> str:
        """The header that says that a message for this endpoint is ours (RFC 8292, 3)."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + _SIGNED_FOR).timestamp()),
            "sub": self.contact,
        }
        signed = ".".join(
            text_of(json.dumps(part, separators=(",", ":")).encode())
            for part in ({"typ": "JWT", "alg": "ES256"}, claims)
        )
        r, s = utils.decode_dss_signature(
            self.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        )
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return f"vapid t={signed}.{text_of(signature)},k={self.public}"


def sealed(
    message: bytes,
    receiver: bytes,
    auth: bytes,
    *,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The message as the device with these keys alone can read it: one record of `aes128gcm` (RFC
    8291, 3; RFC 8188, 2). A key and a salt are made anew for each message, but for a test. Raises
    ValueError for keys that are none."""
    sender = sender or ec.generate_private_key(_CURVE)
    salt = salt or secrets.token_bytes(_SALT)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, receiver)
    ours = _point(sender.public_key())
    shared = sender.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, auth, b"WebPush: info\0" + receiver + ours, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([_POINT]) + ours
    # The two marks the last record.
    return head + AESGCM(key).encrypt(nonce, message + b"\2", None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def may_hand_over(endpoint: str, services: str) -> bool:
    """Whether this is an address of one of these services: a device says where its messages go,
    and we call nobody else because of it."""
    try:
        parts = urlsplit(endpoint)
        host = (parts.hostname or "").lower()
        _ = parts.port
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _OURS)
    plain = "@" not in parts.netloc and endpoint.isascii() and endpoint.isprintable()
    known = any(host == one or host.endswith(f".{one}") for one in services.split())
    return secure and plain and known


def are_keys(p256dh: str, auth: str) -> bool:
    """Whether these are the two keys of a device."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, bytes_of(p256dh))
        return len(bytes_of(auth)) == _SALT
    except (ValueError, InvalidKey):
        return False


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
