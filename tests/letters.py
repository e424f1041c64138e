"""Letters as whoever gets them reads them."""

import email
import email.policy
from email.message import EmailMessage, MIMEPart
from typing import Any


def received(message: Any) -> EmailMessage:
    """A letter that is about to go, as it arrives."""
    found = email.message_from_bytes(message.message().as_bytes(), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def plain(letter: EmailMessage) -> str:
    """Its plain text."""
    return _part(letter, "plain")


def html(letter: EmailMessage) -> str:
    """Its twin."""
    return _part(letter, "html")


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert isinstance(part, MIMEPart)
    return str(part.get_content()).replace("\r\n", "\n")
