"""A bank's rules of exchange, applied, and what they may be. Amounts are minutes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from timebank import hours, voices
from timebank.errors import Invalid
from timebank.say import Said, say

STEPS = (1, 5, 6, 10, 12, 15, 20, 30, 60)
"""The rounding steps that make whole hours."""

FEW = (5, 8, 10)
"""Below how many people a count may be withheld in figures that leave the staff."""

LONGEST = {
    "name": 120,
    "about": 2000,
    "contact_name": 120,
    "contact_phone": 40,
    "contact_email": 254,
    "timezone": 60,
}
"""The longest text each of a bank's details may be, in characters."""

_DAY = 24 * 60
_LONGEST_WAIT = 365
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class LogRules:
    """What may be logged at once: multiples of `rounding`, from `smallest` to `largest` minutes."""

    rounding: int
    smallest: int
    largest: int

    def check(self, minutes: int) -> None:
        """Raises Invalid, naming the nearest amounts that would do; nothing is rounded for
        anybody."""
        if minutes < self.smallest or minutes > self.largest:
            shortest, longest = hours.words(self.smallest), hours.words(self.largest)
            raise _wrong(
                f"You wrote {hours.words(minutes)}. One log is from {shortest} to {longest}."
            )
        if minutes % self.rounding:
            below = minutes - minutes % self.rounding
            near = [hours.words(amount) for amount in (below, below + self.rounding) if amount]
            step = hours.words(self.rounding)
            raise _wrong(
                f"You wrote {hours.words(minutes)}. We count in steps of {step}: the nearest are"
                f" {' and '.join(near)}."
            )


def _wrong(words: str) -> Invalid:
    return Invalid.on("minutes", words)


def is_slug(text: str) -> bool:
    """Whether a bank can have this address: small letters a to z, digits and hyphens between them,
    at most 60."""
    return len(text) <= 60 and _SLUG.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether this may be a whole e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def is_timezone(name: str) -> bool:
    """Whether this is the name of an IANA time zone, such as Europe/London."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # Not known, not a name, the name of a folder of them.
        return False
    return True


def reads_english(language: str) -> bool:
    """Whether what people write in a bank of this language can be understood by what was learned
    from English."""
    return language.partition("-")[0] == "en"


def check(rules: Mapping[str, Any]) -> None:
    """Raises Invalid with a sentence for each of a bank's details and rules of exchange that cannot
    be so.

    `rules` are columns of the bank, complete: a limit is judged by the one it stands beside.
    """
    wrong = {
        **_faults_of_details(rules),
        **_faults_of_languages(rules["language"], rules["languages"].split()),
        **_faults_of_logs(rules),
        **_faults_of_limits(rules),
    }
    if not 1 <= rules["waiting_days"] <= _LONGEST_WAIT:
        wrong["waiting_days"] = say(
            "Write a number of days from 1 to %(longest_wait)s.", longest_wait=_LONGEST_WAIT
        )
    if rules["few"] not in FEW:
        wrong["few"] = say("Choose 5, 8 or 10 people.")
    if wrong:
        raise Invalid.of(wrong)


def _faults_of_details(rules: Mapping[str, Any]) -> dict[str, str]:
    wrong = {
        name: f"Write at most {longest} characters; this has {len(rules[name])}."
        for name, longest in LONGEST.items()
        if len(rules[name]) > longest
    }
    if not rules["name"].strip():
        wrong["name"] = say("Write the bank’s name.")
    if rules["contact_email"] and not is_email(rules["contact_email"]):
        wrong["contact_email"] = say(
            "Write a whole e-mail address, such as broker@example.org, or leave it empty."
        )
    if not is_timezone(rules["timezone"]):
        wrong["timezone"] = say(
            "“%(rules)s” is no time zone. Write one such as Europe/London.", rules=rules["timezone"]
        )
    return wrong


def _faults_of_languages(language: str, choice: Sequence[str]) -> dict[str, Said]:
    spoken = voices.offered()
    unknown = [code for code in (language, *choice) if code not in spoken]
    if unknown:
        words = say(
            "“%(code)s” is not spoken here. Choose among %(choices)s.",
            code=unknown[0],
            choices=list(spoken),
        )
        return {"language" if unknown[0] == language else "languages": words}
    if language not in choice:
        return {
            "languages": say("The bank’s own language has to be among those that may be chosen.")
        }
    return {}


def _faults_of_logs(rules: Mapping[str, Any]) -> dict[str, str]:
    rounding, smallest, largest = rules["rounding"], rules["smallest_log"], rules["largest_log"]
    if rounding not in STEPS:
        return {
            "rounding": (
                f"Steps of {rounding} minutes do not make whole hours. Choose one of the steps."
            )
        }
    wrong: dict[str, Said] = {}
    step = hours.words(rounding)
    if smallest <= 0 or smallest % rounding:
        wrong["smallest_log"] = say(
            "The smallest log has to be one or more steps of %(step)s.", step=step
        )
    if largest > _DAY or largest % rounding:
        wrong["largest_log"] = say(
            "The largest log has to be whole steps of %(step)s, and no more than the 24 hours of a"
            " day.",
            step=step,
        )
    elif largest < smallest:
        wrong["largest_log"] = say(
            "The largest log is smaller than the smallest, %(time)s.", time=hours.words(smallest)
        )
    return wrong


def _faults_of_limits(rules: Mapping[str, Any]) -> dict[str, str]:
    """A limit of less than an hour is taken for a slip of the pen: hours written without their
    h."""
    wrong = {
        name: "Write how far below zero it may go: 0, or an hour or more, such as 10 h."
        for name in ("member_floor", "chest_floor")
        if rules[name] != 0 and not 60 <= -rules[name] <= hours.LARGEST
    }
    if rules["member_ceiling"] is not None and not 60 <= rules["member_ceiling"] <= hours.LARGEST:
        wrong["member_ceiling"] = say(
            "Write how much an account may hold, such as 100 h, or leave it empty for no limit."
        )
    return wrong
