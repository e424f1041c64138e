"""What a browser says of the device it would like to be told on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subscription:
    """Where messages for a device are handed over, and its two keys, in base64url (W3C, Push
    API)."""

    endpoint: str
    p256dh: str
    auth: str
