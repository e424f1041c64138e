"""Who people are and what they may do. Pure decisions."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from timebank import hours
from timebank.act import Actor, Role
from timebank.errors import Invalid, NotAllowed
from timebank.notices.rules import CHANNELS, can_be_texted
from timebank.say import Said, say
from timebank.times import ALL_TIMES

CAPACITIES = ("resident", "practitioner", "planner")
ROLES = (Role.MEMBER, Role.BROKER, Role.COORDINATOR)
"""What a member of a bank can be."""
STATUSES = ("applied", "active", "paused", "left")

CHECKS = ("care", "children", "driving", "home_visits")
"""What a member may have to hold before an introduction, each with a date on which it runs out."""

CHECK_WORDS = {
    "care": "care check",
    "children": "check for being with children",
    "driving": "driving licence and insurance",
    "home_visits": "check for visits at home",
}
"""The checks in the words of a sentence."""

HOLDERS = ("member", "organisation", "group")
"""The kinds of accounts that somebody speaks for: these give and receive, offer and ask."""

PARTY_KINDS = (*HOLDERS, "chest", "clearing", "opening")
"""Every kind of account."""

FORMER = "Former member"
"""What a member who has left is called, everywhere."""

LONGEST = {
    "name": 120,
    "number": 40,
    "email": 254,
    "phone": 40,
    "address": 500,
    "area": 80,
    "about": 1000,
    "relation": 80,
} | {
    "languages": 200,
    "access_needs": 1000,
}
"""The longest text each detail may be, in characters."""

OWN_DETAILS = ("name", "email", "phone", "address", "area", "date_of_birth", "about")
"""What members may change about themselves."""

ALL_DETAILS = (*OWN_DETAILS, "number", "capacity", "joined_on")
"""What brokers may change about them."""

_OLDEST = 130  # years
_EARLIEST_CHECK = date(1980, 1, 1)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class PartyName:
    """How a program names a party, in the one way in which no kind of id can be taken for another:
    `member:4`, `organisation:2`, `group:3`, `chest`, or a member by the bank's own number, `no:17`.

    `kind` is what stands before the colon. `id` is there for the first three, `number` for the
    last. `only` is the one kind that can be meant, where that is so.
    """

    kind: str
    id: int | None = None
    number: str | None = None
    only: str | None = None

    def __str__(self) -> str:
        detail = self.number if self.id is None else self.id
        return self.kind if detail is None else f"{self.kind}:{detail}"


_FORMS: Mapping[str | None, Said] = {
    None: say(
        "“member:4”, “organisation:2”, “group:3”, “chest”, or a member’s own number as “no:17”"
    ),
    "member": say("“member:4”, or the member’s own number as “no:17”"),
    "organisation": say("“organisation:2”"),
}
_LARGEST_ID = 2**31 - 1


def party_name(text: object, *, only: str | None = None) -> PartyName:
    """What a program wrote, as a party; `only` is the one kind that can be meant, if it is one.

    Raises Invalid with the forms there are. A bare number is refused, since nobody could say
    whether it is a member's, an account's or another's.
    """
    forms = _FORMS[only]
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise Invalid(say("Name somebody as %(forms)s.", forms=forms))
    kind, colon, rest = str(text).strip().partition(":")
    if kind.lstrip("-").isdigit() and not colon:
        raise Invalid(
            say("A number alone does not say whose it is. Name somebody as %(forms)s.", forms=forms)
        )
    if kind == "chest" and not colon and only is None:
        return PartyName(kind)
    if kind == "no" and rest and "\0" not in rest and only in (None, "member"):
        return PartyName(kind, number=rest[: LONGEST["number"]], only=only)
    if kind in HOLDERS and only in (None, kind) and re.fullmatch("[0-9]{1,10}", rest):
        return PartyName(kind, id=min(int(rest), _LARGEST_ID), only=only)
    raise Invalid(
        say(
            "“%(text)s” names nobody that can be meant here. Write %(forms)s.",
            text=str(text)[:40],
            forms=forms,
        )
    )


def require_broker(by: Actor) -> None:
    """Raises NotAllowed for anybody but the staff and the system."""
    if not by.is_broker:
        raise NotAllowed(
            say("This is for the staff of the time bank. Ring your broker if you need it.")
        )


def require_coordinator(by: Actor) -> None:
    """Raises NotAllowed for anybody but coordinators and the system."""
    if not by.is_coordinator:
        raise NotAllowed(say("This is for the coordinator of the time bank."))


def may_manage(actor: Actor, role: str) -> bool:
    """Who may change, pause or take out somebody of this role: brokers the members, coordinators
    the staff too."""
    return actor.is_coordinator or (actor.is_broker and role == "member")


def may_change(actor: Actor, member_id: int, role: str) -> bool:
    """Who may change a member's details: they themselves, and whoever manages them."""
    return actor.member_id == member_id or may_manage(actor, role)


def may_see(actor: Actor, member_id: int) -> bool:
    """Who may see a member's contact details: they themselves and the staff."""
    return actor.member_id == member_id or actor.is_broker


def may_grant_help(actor: Actor, member_id: int) -> bool:
    """Who may name a helper for a member: they themselves, and brokers on their word."""
    return actor.member_id == member_id or actor.is_broker


def may_revoke_help(actor: Actor, member_id: int, helper_id: int) -> bool:
    """Who may end a helper relation: either side of it, and brokers."""
    return actor.member_id in {member_id, helper_id} or actor.is_broker


def may_leave_group(actor: Actor, member_id: int, *, acts_for: bool) -> bool:
    """Who may take a member out of a group: they themselves, whoever acts for them, and brokers."""
    return actor.member_id == member_id or acts_for or actor.is_broker


def may_keep_apart(actor: Actor, member_id: int, *, acts_for: bool) -> bool:
    """Who may ask that a member be kept apart from somebody: they themselves, whoever acts for
    them, brokers on their word."""
    return actor.member_id == member_id or acts_for or actor.is_broker


def languages_of(text: str) -> list[str]:
    """Languages parted by commas or lines, each once and with a capital: "english, urdu" →
    ["English", "Urdu"]."""
    found: dict[str, str] = {}
    for part in re.split(r"[,;\n]", text):
        name = " ".join(part.split())
        if name:
            found.setdefault(folded(name), name[0].upper() + name[1:])
    return list(found.values())


def checked_profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    """What of a profile is given, as it is kept. Raises Invalid with a sentence for everything that
    cannot be right."""
    kept = {**profile}
    wrong: dict[str, Said] = {}
    for field in profile.keys() & {"languages", "access_needs"}:
        kept[field] = (profile[field] or "").strip()
        words = _fault_of_text(field, kept[field])
        if words:
            wrong[field] = words
    if "times" in profile and not 0 <= profile["times"] <= ALL_TIMES:
        wrong["times"] = say("Choose from the days and times listed.")
    if wrong:
        raise Invalid.of(wrong)
    if "languages" in kept:
        kept["languages"] = ", ".join(languages_of(kept["languages"]))
    return kept


def check_dates(held_since: date, expires_on: date | None, *, today: date) -> None:
    """Raises Invalid for days between which nobody can hold a check. `today` is the bank's local
    date."""
    wrong: dict[str, Said] = {}
    if not _EARLIEST_CHECK <= held_since <= today:
        wrong["held_since"] = (
            say("That day is in the future.") if held_since > today else say("Check the year.")
        )
    if expires_on is not None and expires_on < held_since:
        wrong["expires_on"] = say("That is before the check was given. Look at the paper again.")
    if wrong:
        raise Invalid.of(wrong)


def settlement(balance: int, *, chest_balance: int, chest_floor: int | None) -> int:
    """Minutes that go to the chest when an account is wound up; negative: that the chest makes up.

    Hours that are left are a gift to the chest. What is missing the chest makes up, if that keeps
    it above its own floor; else nothing moves, and the account is closed as it stands.
    """
    if balance >= 0 or chest_floor is None or chest_balance + balance >= chest_floor:
        return balance
    return 0


def check_limits(floor: int | None, ceiling: int | None, *, balance: int) -> None:
    """Raises Invalid for limits, in minutes, that make no sense or that the balance is already
    outside of."""
    wrong: dict[str, Said] = {}
    if floor is not None and floor > 0:
        wrong["floor"] = say("Write how far below zero the account may go: zero or more hours.")
    elif floor is not None and balance < floor:
        wrong["floor"] = say(
            "The account is at %(time)s now, which is below that.", time=hours.table(balance)
        )
    if ceiling is not None and ceiling < 0:
        wrong["ceiling"] = say("Write how much the account may hold: zero or more hours.")
    elif ceiling is not None and balance > ceiling:
        wrong["ceiling"] = say(
            "The account holds %(time)s now, which is more than that.", time=hours.table(balance)
        )
    if wrong:
        raise Invalid.of(wrong)


def limits_in_words(floor: int | None, ceiling: int | None) -> str:
    """Limits for the record: "floor −10 h, no ceiling"."""
    lower = "no floor" if floor is None else f"floor {hours.table(floor)}"
    upper = "no ceiling" if ceiling is None else f"ceiling {hours.table(ceiling)}"
    return f"{lower}, {upper}"


def folded(name: str) -> str:
    """A name as it is found and sorted by: without case, accents or doubled spaces."""
    letters = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())[:240]


def checked(details: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """Details as they are kept: spaces trimmed, empty ones None. `today` is the bank's local date.

    Raises Invalid with a sentence for every detail that cannot be right.
    """
    kept: dict[str, Any] = {}
    wrong: dict[str, Said] = {}
    for field, value in details.items():
        kept[field] = (value.strip() or None) if isinstance(value, str) else value
        words = _fault(field, kept[field], today)
        if words:
            wrong[field] = words
    if wrong:
        raise Invalid.of(wrong)
    return kept


def _fault(field: str, value: Any, today: date) -> str | None:
    if value is None:
        return "Write the name." if field == "name" else None
    if isinstance(value, str):
        return _fault_of_text(field, value)
    if field == "date_of_birth" and not date(today.year - _OLDEST, 1, 1) <= value <= today:
        return (
            "That date of birth is in the future." if value > today else "Check the year of birth."
        )
    if field == "joined_on" and value > today:
        return "The day of joining is in the future."
    return None


def fault_of_email(email: str) -> str | None:
    """What is wrong with an e-mail address, if anything; no address is fine."""
    if not email or _EMAIL.fullmatch(email):
        return None
    return "Write a whole e-mail address, such as joan@example.org, or leave it empty."


def _fault_of_text(field: str, value: str) -> str | None:
    longest = LONGEST.get(field)
    if longest and len(value) > longest:
        return f"Write at most {longest} characters; this has {len(value)}."
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t" for letter in value):
        return "Take out the characters that cannot be read."
    if field == "email":
        return fault_of_email(value)
    choices = {"capacity": CAPACITIES, "role": ROLES}.get(field)
    if choices and value not in choices:
        return f"Choose one of: {', '.join(choices)}."
    return None


_MISSING = {
    "email": (
        "There is no e-mail address to write to. Put one into the details first, or choose another"
        " way."
    ),
    "text": (
        "There is no telephone number that takes texts. Put one into the details first, or choose"
        " another way."
    ),
    "letter": (
        "There is no address to post a letter to. Put one into the details first, or choose another"
        " way."
    ),
}


def check_preference(
    channel: str | None, quiet: tuple[int | None, int | None], *, reach: Mapping[str, str | None]
) -> None:
    """Raises Invalid for a way to be told that cannot be, or for quiet hours that are none.

    `quiet` is in minutes after midnight, and `reach` the address for each channel that needs one.
    """
    wrong: dict[str, Said] = {}
    if channel not in (None, *CHANNELS):
        wrong["channel"] = say("Choose one of: %(channels)s.", channels=", ".join(CHANNELS))
    elif channel in _MISSING and not reach[channel]:
        wrong["channel"] = _MISSING[channel]
    elif channel == "text" and not can_be_texted(reach["text"] or ""):
        wrong["channel"] = _MISSING["text"]
    start, end = quiet
    if (start is None) != (end is None):
        missing = "quiet_from" if start is None else "quiet_until"
        wrong[missing] = say("Write both times, or leave both empty.")
    elif start is not None and start == end:
        wrong["quiet_until"] = say(
            "That is the same time twice. Write when it may begin again, or leave both empty."
        )
    elif any(time is not None and not 0 <= time < 24 * 60 for time in quiet):
        wrong["quiet_from"] = say("Write times of the day, such as 21:00 and 08:00.")
    if wrong:
        raise Invalid.of(wrong)
