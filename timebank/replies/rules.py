"""What a link to a question is made of, and how it stands. Pure decisions."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from timebank.codes import CODE_LETTERS
from timebank.room import Asked

LETTERS = 16
_BITS_A_LETTER = 5

LONGEST_REPLY, LONGEST_NOTE = 20, 1000
"""The longest that the word of a reply and what is written with it may be, in characters."""

KEPT = timedelta(days=30)
"""How long a link is kept after its end, so that it can say what was answered, or that it is too
late."""


@dataclass(frozen=True)
class Given:
    """The reply that is given, by its word, and what is written with it."""

    reply: str
    note: str = ""
    minutes: int | None = None


class State(StrEnum):
    """How a link stands: it may be answered, was, is too late, was settled in another way, or opens
    nothing at all."""

    OPEN = "open"
    ANSWERED = "answered"
    LATE = "late"
    SETTLED = "settled"
    GONE = "gone"


def code_of(key: str, notice_id: int, created_at: datetime) -> str:
    """The code of a notice's link, signed with the key of the installation: the same however often
    the notice is sent, and nobody's to find out.

    `created_at` (aware) tells apart two installations, or two lives of one, that count their
    notices from 1.
    """
    what = f"reply\0{notice_id}\0{created_at.astimezone(UTC).isoformat()}"
    signed = hmac.new(key.encode(), what.encode(), hashlib.sha256).digest()
    number = int.from_bytes(signed) >> (len(signed) * 8 - LETTERS * _BITS_A_LETTER)
    places = range((LETTERS - 1) * _BITS_A_LETTER, -1, -_BITS_A_LETTER)
    return "".join(CODE_LETTERS[(number >> place) % len(CODE_LETTERS)] for place in places)


def state(
    asked: Asked | None, *, answered: bool, renewed: bool, expires_at: datetime, now: datetime
) -> State:
    """How a link stands whose question stands as `asked` (None: it may not be seen any more).
    `renewed`: a later letter says otherwise."""
    if asked is None:
        return State.GONE
    if answered:
        return State.ANSWERED
    if asked.become is not None or renewed:
        return State.SETTLED
    return State.LATE if now >= expires_at else State.OPEN
