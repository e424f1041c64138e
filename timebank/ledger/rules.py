"""What an entry is, before it is written. Amounts are whole minutes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from timebank import hours
from timebank.act import Channel
from timebank.ledger.errors import BadPosting
from timebank.say import say


class AccountKind(StrEnum):
    """Whose an account is. A bank has one chest and one account that opening balances come from."""

    MEMBER = "member"
    ORGANISATION = "organisation"
    GROUP = "group"
    CHEST = "chest"
    CLEARING = "clearing"
    OPENING = "opening"


class Leg(NamedTuple):
    """`minutes` from the account `payer_id` (who received help) to the account `payee_id` (who gave
    it)."""

    payer_id: int
    payee_id: int
    minutes: int


ENTRY_KINDS = ("exchange", "session", "gift", "settlement", "opening", "reversal")
"""What an entry of the books can be of."""


@dataclass(frozen=True)
class Provenance:
    """Who recorded something, on whose word, and how the word came. People are named by their
    keys: `member:12`."""

    by: str
    channel: Channel = Channel.WEB
    on_word_of: str | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be written, with its legs in order.

    `cause` says what it is made for, such as `exchange:12`, and is its idempotency key: the bank's
    books hold one entry of each cause, for good.
    """

    cause: str
    kind: str
    occurred_on: date
    legs: Sequence[Leg]
    by: Provenance


@dataclass(frozen=True, slots=True)
class PreparedEntry:
    """An entry that may be written, as far as can be told without the books.

    `content` identifies what it says, so that the same cause with other content is noticed.
    """

    cause: str
    kind: str
    occurred_on: date
    legs: tuple[Leg, ...]
    by: Provenance
    reverses_id: int | None
    content: str


def prepare(entry: NewEntry, *, reverses_id: int | None = None) -> PreparedEntry:
    """Raises BadPosting, in words, for an entry that could never be right."""
    legs = tuple(entry.legs)
    check_legs(legs)
    facts = [entry.kind, entry.occurred_on.isoformat(), legs, reverses_id]
    content = hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()
    return PreparedEntry(
        entry.cause, entry.kind, entry.occurred_on, legs, entry.by, reverses_id, content
    )


def check_legs(legs: Sequence[Leg]) -> None:
    """Raises BadPosting, in words, for an entry that could never be right."""
    if not legs:
        raise BadPosting(
            say("Nothing was to be moved. Say who gave the help and how long it took.")
        )
    for leg in legs:
        if leg.minutes <= 0:
            raise BadPosting(
                say("Write how long it took: at least one minute."),
                fields={"minutes": say("Write at least one minute.")},
            )
        if leg.minutes > hours.LARGEST:
            raise BadPosting(
                say("That is more time than anybody has. Check the number."),
                fields={"minutes": say("Check the number.")},
            )
        if leg.payer_id == leg.payee_id:
            raise BadPosting(say("Giver and receiver are the same. Choose two different people."))
