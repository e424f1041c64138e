"""What an entry is, before it is written. Amounts are whole minutes."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from timebank import hours
from timebank.act import Channel
from timebank.ledger.errors import BadPosting
from timebank.say import Said, say
from timebank.text import tidy


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


ENTRY_KINDS = ("exchange", "session", "gift", "grant", "settlement", "opening", "reversal")
"""What an entry of the books can be of."""


class InterventionKind(StrEnum):
    """What can be done to the books besides posting. All but the last two say why: what somebody
    takes back at once themselves, and what was brought in from other books, are their own reason.
    """

    REVERSAL = "reversal"
    CORRECTION = "correction"
    GRANT = "grant"
    LIMITS = "limits"
    DEFAULT_LIMITS = "default_limits"
    LOG_RANGE = "log_range"
    OVERRIDE = "override"
    UNDO = "undo"
    IMPORT = "import"


LONGEST_WHY = 1000
WHY_LIMITS = say("Write why the limits change: coordinators can read it as long as the books are.")


class Limits(NamedTuple):
    """How far an account may go, in minutes; None: no bound. Of the `LOG_RANGE`: the least and the
    most that is logged at once."""

    floor: int | None
    ceiling: int | None


@dataclass(frozen=True)
class Reason:
    """Why something is done, and to what: `exchange:12`."""

    kind: InterventionKind
    of: str
    why: str | None = None


def said_why(why: str, words: Said = WHY_LIMITS) -> str:
    """Why something is done, as it is kept. Raises Invalid, with these words for none."""
    return tidy("why", why, LONGEST_WHY, required=words)


def reason_of_limits(account_id: int, why: str | None) -> Reason:
    """The reason of an account's new limits; without words they are those of earlier books."""
    of = f"account:{account_id}"
    return brought_in(of) if why is None else Reason(InterventionKind.LIMITS, of, why)


def brought_in(of: str) -> Reason:
    """The reason of what comes from earlier books."""
    return Reason(InterventionKind.IMPORT, of)


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


def cause_anew(cause: str, mark: str) -> str:
    """The cause of an entry that is posted again under other accounts; `mark`, such as `merged:3`,
    takes the place of an earlier one."""
    return f"{_ANEW.sub('', cause)}:{mark}"


def is_anew(cause: str) -> bool:
    """Whether this is the cause of an entry that was posted again so."""
    return _ANEW.search(cause) is not None


_ANEW = re.compile(r"(:(un)?merged:\d+)+$")


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
