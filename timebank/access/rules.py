"""What makes a password, a code and a name. Pure decisions."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pyotp.hotp import HOTP

from timebank import hours
from timebank.access.errors import PasswordRefused
from timebank.codes import CODE_LETTERS
from timebank.say import Said, count, say

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 500
RECOVERY_CODES = 10
LONGEST_KEY_DAYS = 365


class Scope(StrEnum):
    """What a bearer token may do; to write is to read too."""

    READ = "read"
    WRITE = "write"


class Purpose(StrEnum):
    """What opening a one-time link does: sign somebody in, or prove an address they have written
    for themselves."""

    SIGN_IN = "sign_in"
    ADDRESS = "address"


class SignedInBy(StrEnum):
    """What a session began with."""

    PASSWORD = "password"  # noqa: S105  (the word for it)
    LINK = "link"
    PASSKEY = "passkey"


class Because(StrEnum):
    """Why a key for programs was ended."""

    OWNER = "owner"
    COORDINATOR = "coordinator"
    PASSWORD = "password"  # noqa: S105  (the word for it)
    SECOND_FACTOR = "second_factor"
    EVERYWHERE = "everywhere"
    ROLE = "role"


@dataclass(frozen=True)
class NewToken:
    """A token to be made, with what it is for in its owner's words."""

    name: str
    scope: Scope
    days: int = LONGEST_KEY_DAYS


@dataclass(frozen=True)
class NewCommissioner:
    """Somebody outside the bank who may read the figures it shares."""

    name: str
    email: str
    organisation: str


LINKS_AT_ONCE = 3
"""How many one-time links a member can have asked for that are still good; more are not sent."""

DIGITS = 6
GUESSES = 3
"""How often the six digits of a letter may be typed wrong before they are good no more. The link
beside them still is."""

WRONG_DIGITS = say(
    "Those digits do not fit. They work where the link was asked for alone, three times at most."
    " Compare them with what you were sent, or press the link beside them."
)

UNKNOWN_SHARE = 10
"""How many times the failures of one unknown device all of them together may have, for one person
and in a day: guessing from many places is held back too, and a device that has signed in before is
not."""

LASTS = timedelta(days=1)
"""How long failures from unknown devices count together."""

SENT_LINK_STALE = timedelta(days=1)
"""A link that could not be sent for so long is wanted no more."""


DEVICE_KEPT = timedelta(days=400)
"""How long a device is known after somebody has signed in on it."""


@dataclass(frozen=True)
class Ration:
    """How much of something one address, or one person, may ask for within a while."""

    most: int
    within: timedelta


RATIONS = {
    "link": Ration(50, timedelta(minutes=15)),
    "join": Ration(20, timedelta(hours=1)),
    "audit": Ration(40, timedelta(hours=1)),
    "passkey": Ration(300, timedelta(minutes=15)),
}
"""What is rationed, by the word in `@access(…, ration=…)`, and by whoever is signed in or else by
address, where a library or a sheltered house is many people. Messages are rationed in their own
room."""


@dataclass(frozen=True)
class Lasting:
    """How long sessions last: without use, and however much they are used. Those of the staff are
    shorter, and those of members who asked to stay signed in last `stay`."""

    idle: timedelta
    absolute: timedelta
    stay: timedelta
    staff_idle: timedelta
    staff_absolute: timedelta

    def end(self, began_at: datetime, *, stays: bool, staff: bool) -> datetime:
        """When a session is over however much it is used."""
        if staff:
            return began_at + self.staff_absolute
        return began_at + (self.stay if stays else self.absolute)

    def is_over(
        self,
        began_at: datetime,
        last_used_at: datetime,
        *,
        stays: bool,
        staff: bool,
        now: datetime,
    ) -> bool:
        """Whether a session is over, by today's role of whoever is in it."""
        if now >= self.end(began_at, stays=stays, staff=staff):
            return True
        if stays and not staff:
            return False
        return now >= last_used_at + (self.staff_idle if staff else self.idle)


_STEP_SECONDS = 30

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
    """Raises PasswordRefused for one that is too short or too long, among the commonest, or one of
    the details that anybody can read, the member's `own` and the bank's.

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
                "Do not use your own name, number, phone or e-mail address, or the name of the time"
                " bank, as the password: others know them."
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


def is_digits(code: str) -> bool:
    """Whether a folded code is the six digits of a letter, and not the code of a link."""
    return len(code) == DIGITS and code.isdecimal()


def fault_of_code(code: str, letters: int) -> Said | None:
    """What is wrong with how a folded code is written; None when it can be one."""
    strange = [sign for sign in code if sign not in CODE_LETTERS]
    if strange:
        return say(
            "There is no letter %(letter)s in a code. Compare it with what you were given.",
            letter=strange[0].upper(),
        )
    if len(code) not in (DIGITS, letters):
        return say(
            "A code has six digits, or sixteen letters and digits; this has %(number)s. Compare it"
            " with what you were given.",
            number=len(code),
        )
    return None


def device_words(agent: str) -> str:
    """What a browser says of itself, kept in as few words as name it: “Firefox, Windows”. Browser
    and system are names, the same in every language."""
    named = [next((word for sign, word in signs if sign in agent), "") for signs in _DEVICES]
    return ", ".join(word for word in named if word)


_DEVICES = (
    (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ),
    (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ),
)
"""Signs of browsers and systems, in the order in which one hides behind another."""


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
