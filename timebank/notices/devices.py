"""What is handed over for a device: sealed so that it alone reads it (RFC 8291), and signed as ours
(VAPID, RFC 8292); and to whom it may be handed over."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from timebank.config import Config

_CURVE = ec.SECP256R1()
_RECORD = 4096  # bytes: RFC 8188, 2.1; a message is one record
_SALT, _POINT = 16, 65  # bytes
_SIGNED_FOR = timedelta(hours=12)  # at most a day: RFC 8292, 2
_OURS = ("127.0.0.1", "localhost")
"""Where a service may be reached without https: on this machine, to try it."""


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
    device_key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, receiver)
    ours = _point(sender.public_key())
    shared = sender.exchange(ec.ECDH(), device_key)
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
