"""What a notice looks like on its way out. Pure decisions."""

import re
from datetime import UTC, datetime, timedelta

CHANNELS = ("email", "text", "letter", "call")
"""How somebody can be told: by e-mail, by text message, on paper, or by a person who rings or calls round."""

NAME, ADDRESS, SUBJECT, CAUSE = 120, 500, 200, 200
"""The longest a name, an address, a subject and a cause may be, in characters."""

STALE = timedelta(days=14)
"""A notice that has waited this long for a mail server is not news any more: somebody had better ring."""


_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+", re.ASCII)


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain address. Other letters than ASCII may stand behind the @ only."""
    name, _, domain = text.rpartition("@")
    try:
        return bool(_ADDRESS.fullmatch(name)) and bool(re.fullmatch(r"[\w.-]+", domain)) and bool(domain.encode("idna"))
    except UnicodeError:
        return False


def one_line(text: str, longest: int) -> str:
    """`text` as one line of at most `longest` characters: what stands in a header can start no other header."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def message_id(notice_id: int, created_at: datetime, sender: str) -> str:
    """The Message-ID of a notice, the same however often it is sent, so that mail systems fold a repeat into the first.

    `created_at` (aware) tells apart two installations that count their notices from 1 under one sender's domain.
    """
    moment = created_at.astimezone(UTC)
    return f"<notice-{notice_id}-{moment:%Y%m%dT%H%M%S%f}@{sender.rpartition('@')[2] or 'localhost'}>"


def letter(body: str, *, bank: str, contact_name: str, contact_phone: str, contact_email: str) -> str:
    """The whole text of an e-mail: what is said, who says it, and how to reach a person."""
    ways = [
        way for way, known in ((f"ring {contact_phone}", contact_phone), (f"write to {contact_email}", contact_email)) if known
    ]
    who = contact_name or "your broker"
    help_line = f"Is anything unclear? To reach {who}, {' or '.join(ways)}." if ways else f"Is anything unclear? Ask {who}."
    return f"{body.strip()}\n\n-- \n{bank}\n{help_line}\n"
