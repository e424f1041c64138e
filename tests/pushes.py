"""A push service that keeps what it is handed, and a device that can read it."""

import base64
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from timebank.notices.rules import NewDevice


class PushService(ThreadingHTTPServer):
    """Takes messages for devices, or answers with the status that stands for a path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, int] = {}

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        service_: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service_.taken.append((self.path, dict(self.headers), body))
        self.send_response(service_.answers.get(self.path, 201))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library’s name)
        pass


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Phone:
    """A device, with the keys it makes for itself."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = b"sixteen bytes it"

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    @property
    def told(self) -> NewDevice:
        return NewDevice("Firefox", self.endpoint, text(self.point), text(self.auth))

    def read(self, body: bytes) -> bytes:
        """What a message says (RFC 8188, 2; RFC 8291, 3.4), from the side of the device."""
        salt, sender = body[:16], body[21 : 21 + body[20]]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        info = b"WebPush: info\0" + self.point + sender
        secret = HKDF(hashes.SHA256(), 32, self.auth, info).derive(shared)
        key, nonce = (
            HKDF(hashes.SHA256(), length, salt, f"Content-Encoding: {name}\0".encode()).derive(
                secret
            )
            for name, length in (("aes128gcm", 16), ("nonce", 12))
        )
        return AESGCM(key).decrypt(nonce, body[21 + body[20] :], None).rstrip(b"\2")


@contextmanager
def running() -> Generator[PushService]:
    """A push service, for as long as it is needed."""
    made = PushService()
    serving = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield made
    finally:
        made.shutdown()
        serving.join()
        made.server_close()
