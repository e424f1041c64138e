"""Seals on the seeds of second factors: what is kept says nothing without a key of its own.

(Fernet: AES-128-CBC with HMAC-SHA256. Every seal is made with the first key and opened with either,
so that a key can be changed while everybody goes on signing in.)
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from timebank.config import Config

_SEALED = "gAAAA"
"""How every sealed seed begins. No seed does, which has no small letters."""


class Seals:
    """Seals and opens under the keys of an installation: the one of today, and one from before."""

    def __init__(self, key: str, *before: str):
        self._keys = MultiFernet([_fernet(one) for one in (key, *before) if one])

    @classmethod
    def of(cls, config: Config) -> "Seals":
        """Those of the settings. Without a key of their own, the secret key stands in."""
        return cls(config.seed_key or config.secret_key, config.seed_key_before)

    def seal(self, seed: str) -> str:
        """The seed as it is kept."""
        return self._keys.encrypt(seed.encode()).decode()

    def open(self, kept: str) -> str | None:
        """The seed; None when none of the keys opens it. One from before there were seals is kept
        as it is until a worker seals it."""
        if not is_sealed(kept):
            return kept
        try:
            return self._keys.decrypt(kept.encode()).decode()
        except InvalidToken:
            return None


def is_sealed(kept: str) -> bool:
    """Whether a seed is kept under a seal."""
    return kept.startswith(_SEALED)


def _fernet(key: str) -> Fernet:
    digest = hashlib.sha256(b"seeds of second factors\0" + key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
