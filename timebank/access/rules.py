"""What makes a password, a code and a name. Pure decisions."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pyotp.hotp import HOTP

from timebank import hours
from timebank.access.errors import PasswordRefused
from timebank.say import Said, count, say

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 500
RECOVERY_CODES = 10


class Scope(StrEnum):
    """What a bearer token may do; to write is to read too."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True)
class NewToken:
    """A token to be made, with what it is for in its owner's words."""

    name: str
    scope: Scope


@dataclass(frozen=True)
class NewCommissioner:
    """Somebody outside the bank who may read the figures it shares."""

    name: str
    email: str
    organisation: str


LINKS_AT_ONCE = 3
"""How many one-time links a member can have asked for that are still good; more are not sent."""

ADDRESS_SHARE = 5
"""How many times the failures of one name an address may have: a library's computers share one."""

CODE_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that is taken for a digit when a code is read out or written
down."""

PHONE_SIGNS = "+-/(). "
"""What people write between the digits of a phone number."""

_DIGITS = "0123456789"
_MISREAD = str.maketrans("oil", "011")
_STEP_SECONDS = 30
_SHORTEST_PHONE, _PHONE_TAIL = 6, 9

_COMMON_WORDS = """
    1234567890 0123456789 0987654321 12345678910 1q2w3e4r5t 1qaz2wsx3edc q1w2e3r4t5 qwertyuiop
    qwertyuiop1 qwerty1234 qwerty12345 qwerty123456 asdfghjkl1 abcd123456 abcdefghij abc1234567
    password12 password123 password1234 password12345 password123456 passwordpassword mypassword
    letmein123 welcome123 welcome1234 iloveyou12 iloveyou123 football123 liverpool1 liverpool123
    sunshine123 princess123 changeme123 administrator superman123 charlie123 trustno1234
    timebank123 timebank1234 timebanking thetimebank anhourisanhour
"""
_COMMONEST = frozenset(_COMMON_WORDS.split())
"""The commonest passwords of ten letters and more, by the public lists of broken ones, and those
this place suggests."""


def plain(password: str) -> str:
    """The password as it is hashed: two keyboards that show the same letters mean the same
    password."""
    return unicodedata.normalize("NFKC", password).strip()


def check_password(password: str, own: Iterable[str | None]) -> None:
    """Raises PasswordRefused for one that is too short or too long, among the commonest, or the
    member's `own` details.

    Length is what makes a password hard to guess, so nothing else is asked of it.
    """
    hashed = plain(password)
    if len(hashed) < SHORTEST_PASSWORD:
        raise PasswordRefused(
            say(
                "Use at least %(shortest)s characters. Three or four words in a row are a good"
                " password.",
                shortest=SHORTEST_PASSWORD,
            )
        )
    if len(hashed) > LONGEST_PASSWORD:
        raise PasswordRefused(say("Use at most %(longest)s characters.", longest=LONGEST_PASSWORD))
    if hashed.casefold() in _COMMONEST or len(set(hashed.casefold())) == 1:
        raise PasswordRefused(
            say("That is one of the first passwords anybody would try. Choose another.")
        )
    if _letters(hashed) in {_letters(detail) for detail in own if detail}:
        raise PasswordRefused(
            say(
                "Do not use your own name, number, phone or e-mail address as the password: others"
                " know them."
            )
        )


def _letters(text: str) -> str:
    """What is left of a text when it has no letters but digits: those; else its letters alone, so
    that Joan1950 is Joan."""
    signs = [sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum()]
    letters = [sign for sign in signs if sign.isalpha()]
    return "".join(letters or signs)


def good_for(minutes: int) -> Said:
    """How long a link is good, in a sentence: "within" so long."""
    days, rest = divmod(minutes, 24 * 60)
    if rest or not days:
        return hours.words(minutes)
    if days in (1, 7):
        return say("a day") if days == 1 else say("a week")
    return count("%(n)s day", "%(n)s days", days)


def counted(key: str, kind: str, *what: object) -> str:
    """What failures are counted against, such as a name or an address, so that nobody can read it
    back without `key`."""
    return hmac.new(
        key.encode(), "\0".join([kind, *map(str, what)]).encode(), hashlib.sha256
    ).hexdigest()


def folded_name(name: str) -> str:
    """A name for signing in, whatever its case and spaces."""
    return "".join(name.casefold().split())


def phone_tail(text: str) -> str | None:
    """The last digits of what may be a phone number, the same with and without its country's; None
    for anything else."""
    if not all(sign in _DIGITS or sign in PHONE_SIGNS for sign in text):
        return None
    digits = "".join(sign for sign in text if sign in _DIGITS)
    return digits[-_PHONE_TAIL:] if len(digits) >= _SHORTEST_PHONE else None


def folded_code(text: str) -> str:
    """A code as it is kept, from how somebody typed it: case, spaces and hyphens do not matter, nor
    o for 0 or l for 1."""
    return "".join(sign for sign in text.casefold().translate(_MISREAD) if sign.isalnum())


def grouped(code: str, size: int = 4) -> str:
    """A code as it is shown: in groups."""
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


def matching_step(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """The half minute a second-factor code belongs to: this one, the one before or the next, and
    later than `after`.

    None for a code that fits none of them. (RFC 6238, with the window of its section 5.2.)
    """
    typed = "".join(code.split())
    this = int(now.timestamp()) // _STEP_SECONDS
    codes = HOTP(secret)
    fitting = [
        step
        for step in (this - 1, this, this + 1)
        if hmac.compare_digest(codes.at(step).encode(), typed.encode())
    ]
    return next((step for step in fitting if step > after), None)
