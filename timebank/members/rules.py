"""Who people are and what they may do. Pure decisions."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from timebank import hours
from timebank.act import Actor, Role
from timebank.errors import Invalid, NotAllowed
from timebank.ledger.rules import AccountKind
from timebank.notices.rules import NoticeChannel, can_be_texted
from timebank.say import Said, say
from timebank.text import fault_of, folded, tidy
from timebank.times import ALL_TIMES


class Status(StrEnum):
    """Where somebody stands as a member. Who is paused is one still, and is left in peace."""

    APPLIED = "applied"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"


class Capacity(StrEnum):
    """As what somebody takes part."""

    RESIDENT = "resident"
    PRACTITIONER = "practitioner"
    PLANNER = "planner"


class AddressKind(StrEnum):
    """An address somebody can sign in by."""

    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True)
class Addresses:
    """The addresses somebody can sign in by; None where they have none."""

    email: str | None = None
    phone: str | None = None


PHONE_SIGNS = "+-/(). "
"""What people write between the digits of a phone number."""

_DIGITS = "0123456789"
_SHORTEST_PHONE, _PHONE_TAIL = 6, 9

ROLES = (Role.MEMBER, Role.BROKER, Role.COORDINATOR)
"""What a member of a bank can be."""

ROLE_WORDS = {
    Role.MEMBER: say("member"),
    Role.BROKER: say("broker"),
    Role.COORDINATOR: say("coordinator"),
}
"""The roles in the words of a sentence."""

HOLDERS = (AccountKind.MEMBER, AccountKind.ORGANISATION, AccountKind.GROUP)
"""The kinds of accounts that somebody speaks for: these give and receive, offer and ask."""

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
    "despite": 500,
    "relation": 80,
    "street": 200,
    "reason": 500,
} | {
    "languages": 200,
    "access_needs": 1000,
}
"""The longest text each detail may be, in characters."""


@dataclass(frozen=True)
class Details:
    """What a person says about themselves, and may change; only the name is needed."""

    name: str
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    area: str | None = None
    date_of_birth: date | None = None
    about: str | None = None


@dataclass(frozen=True)
class FullDetails(Details):
    """What a broker writes down about a member besides. Without a number the next one is given;
    `joined_on` is a day where the bank is."""

    number: str | None = None
    capacity: Capacity = Capacity.RESIDENT
    joined_on: date | None = None


@dataclass(frozen=True)
class NewMember(FullDetails):
    """A member to be written in, who takes part or has left."""

    role: Role = Role.MEMBER
    status: Status = Status.ACTIVE


@dataclass(frozen=True)
class Another:
    """The answer to "Do we know them?": with `another` it is somebody else."""

    another: bool = False


Written = TypeVar("Written")


@dataclass(frozen=True)
class Known(Another, Generic[Written]):
    """Somebody who is written in, and that answer."""

    value: Written = field(kw_only=True)


@dataclass(frozen=True)
class Limits:
    """How far below zero an account may go (a floor of -600 is ten hours), and how much it may
    hold, in minutes; None: no bound."""

    floor: int | None = None
    ceiling: int | None = None


@dataclass(frozen=True)
class NewLimits(Limits):
    """Limits that an account is to have, and why."""

    why: str = ""


@dataclass(frozen=True)
class Suiting:
    """What helps to find the right person for a member: languages, parted by commas; what a helper
    or a place has to allow for; and the times of the week that suit, as bits."""

    languages: str = ""
    access_needs: str = ""
    times: int = 0


@dataclass(frozen=True)
class LookedAfter(Suiting):
    """The same, and which broker looks after them."""

    broker_id: int | None = None


@dataclass(frozen=True)
class Showing:
    """What a member shows to all members on a page of their own: whether they have one (`page`),
    and what stands on it besides the name, the part of town and what they offer and ask for.

    `helped` is how many neighbours they have helped, `thanks` those that both sides let be shown,
    `surname` their whole name and not the first alone; `write` says that those who open it may
    write to them. `street` are words that anybody may read on the bank's front page, with their
    first name and part of town.
    """

    page: bool = False
    surname: bool = False
    write: bool = False
    about: bool = False
    languages: bool = False
    helped: bool = False
    thanks: bool = False
    street: str = ""


@dataclass(frozen=True)
class StreetOff:
    """A sentence for the front page, as it was read, and why it is taken off."""

    words: str
    reason: str


@dataclass(frozen=True)
class Wishes:
    """How a member likes to be told: by one of the notices' channels (None: as suits), outside the
    quiet hours, which are minutes after midnight where the bank is and may reach past it, and
    whether the weekly letter, and letters that the bank writes to many, are wanted."""

    channel: NoticeChannel | None = None
    quiet_from: int | None = None
    quiet_until: int | None = None
    digest: bool = True
    letters: bool = True


@dataclass(frozen=True)
class SharedDetails:
    """What an organisation or a group is called, and what is said about it."""

    name: str
    about: str = ""


@dataclass(frozen=True)
class NewContact:
    """Somebody who speaks for an organisation: a member, who may then act for it, or somebody by
    name."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    member_id: int | None = None


@dataclass(frozen=True)
class WrittenContact:
    """The same as it is written on a page: the member by number or name, or as chosen of several
    who are called so."""

    member: str | None
    member_pick: int | None
    name: str | None
    phone: str | None
    email: str | None
    despite: str


Texts = TypeVar("Texts", bound=Details | SharedDetails | NewContact)
Suits = TypeVar("Suits", bound=Suiting)

_OLDEST = 130  # years
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


def may_manage(actor: Actor, role: Role) -> bool:
    """Who may change, pause or take out somebody of this role: brokers the members, coordinators
    the staff too."""
    return actor.is_coordinator or (actor.is_broker and role == Role.MEMBER)


def may_change(actor: Actor, member_id: int, role: Role) -> bool:
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
    languages: dict[str, str] = {}
    for part in re.split(r"[,;\n]", text):
        name = " ".join(part.split())
        if name:
            languages.setdefault(folded(name), name[0].upper() + name[1:])
    return list(languages.values())


class Sight(StrEnum):
    """Who sees a member's picture, besides themselves, those who act for them and the staff: all
    members, or those who have had to do with them."""

    MEMBERS = "members"
    KNOWN = "known"


PICTURE_SIDE = 320
"""As many pixels as a member's picture is wide and high: it stands in a round of 96."""


@dataclass(frozen=True)
class NewPicture:
    """A picture of a member: the file as it came, and who is to see it."""

    data: bytes
    shown_to: Sight


def checked_showing(showing: Showing) -> Showing:
    """What somebody shows, as it is kept: words for the front page in one line. Raises Invalid
    where something is to stand on a page that there is not to be, and for words that are too
    long."""
    words = " ".join(tidy("street", showing.street, LONGEST["street"]).split())
    if not showing.page and showing != Showing():
        raise Invalid.on(
            "page",
            say("You chose what a page is to show. Say that you want one, or untick the rest."),
        )
    return replace(showing, street=words)


def checked_suiting(suiting: Suits) -> Suits:
    """What suits somebody, as it is kept. Raises Invalid with a sentence for everything that cannot
    be right."""
    languages, access_needs = suiting.languages.strip(), suiting.access_needs.strip()
    faults = {
        "languages": fault_of(languages, LONGEST["languages"]),
        "access_needs": fault_of(access_needs, LONGEST["access_needs"]),
        "times": None
        if 0 <= suiting.times <= ALL_TIMES
        else say("Choose from the days and times listed."),
    }
    _refuse(faults)
    listed = ", ".join(languages_of(languages))
    return replace(suiting, languages=listed, access_needs=access_needs)


def _refuse(faults: Mapping[str, Said | None]) -> None:
    """Raises Invalid when there is any fault."""
    wrong = {field: fault for field, fault in faults.items() if fault is not None}
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


def check_limits(limits: Limits, *, balance: int) -> None:
    """Raises Invalid for limits that make no sense, or that the balance (in minutes) is already
    outside of."""
    wrong: dict[str, Said] = {}
    floor, ceiling = limits.floor, limits.ceiling
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


def limits_in_words(limits: Limits) -> str:
    """Limits for the record: "floor −10 h, no ceiling"."""
    lower = "no floor" if limits.floor is None else f"floor {hours.table(limits.floor)}"
    upper = "no ceiling" if limits.ceiling is None else f"ceiling {hours.table(limits.ceiling)}"
    return f"{lower}, {upper}"


def by_surname(name: str) -> str:
    """A name as it is sorted by where people are looked up by their surname: the last word first.
    Which of two surnames is the first cannot be known."""
    words = folded(name).split()
    return " ".join([*words[-1:], *words[:-1]])


def surname_first(name: str) -> str:
    """A name as it stands in a list that is sorted by surnames: Whitlock, Joan."""
    *first, last = name.split() or [""]
    return f"{last}, {' '.join(first)}" if first and name != FORMER else name


KEPT_BY = ("email", "phone", "address", "area")
"""The details of which a key is kept beside them, by which somebody is found and known again."""

_SEPARATORS = re.compile(r"[\s,;.]+")
_SHORTEST_TAIL = 4


def key_of(detail: str, text: str | None) -> str | None:
    """One of `KEPT_BY` as it is compared, the same however it was typed; None for nothing.

    Of a phone number its last nine digits count, with or without a country's code and whatever
    stands beside them; of an e-mail address every letter but for its case.
    """
    if not text or not text.strip():
        return None
    if detail == "email":
        return folded_name(unicodedata.normalize("NFKC", text))[: LONGEST["email"]]
    if detail == "phone":
        digits = _digits_of(text)
        return digits[-_PHONE_TAIL:] if len(digits) >= _SHORTEST_PHONE else None
    return folded(_SEPARATORS.sub(" ", text)) or None


def _digits_of(text: str) -> str:
    return "".join(
        str(unicodedata.decimal(sign)) for sign in text if unicodedata.category(sign) == "Nd"
    )


def phone_looked_for(text: str) -> str | None:
    """The end of a telephone number, if that is what somebody writes to find whose it is: four
    digits or more, and nothing beside them but what stands between digits."""
    if not all(unicodedata.category(sign) == "Nd" or sign in PHONE_SIGNS for sign in text):
        return None
    digits = _digits_of(text)
    return digits[-_PHONE_TAIL:] if len(digits) >= _SHORTEST_TAIL else None


_BIRTHDAY = re.compile(r"([0-9]{1,2})\s*[./-]\s*([0-9]{1,2})\s*[./-]\s*([0-9]{4})")


def birthday_looked_for(text: str) -> date | None:
    """The date of birth that somebody writes to find whose it is: 1952-03-14 or 14/3/1952."""
    try:
        match = _BIRTHDAY.fullmatch(text.strip())
        if match:
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


@dataclass(frozen=True)
class Traits:
    """What somebody can be known again by. The keys are as `folded` and `key_of` make them."""

    name_key: str
    email_key: str | None = None
    phone_key: str | None = None
    address_key: str | None = None
    date_of_birth: date | None = None

    @classmethod
    def of(cls, details: Details) -> "Traits":
        """Those of what is written down about somebody."""
        return cls(
            folded(details.name),
            key_of("email", details.email),
            key_of("phone", details.phone),
            key_of("address", details.address),
            details.date_of_birth,
        )


def may_be_same_person(first: Traits, second: Traits) -> bool:
    """Whether two who are written down may be one person: the same e-mail address or telephone
    number; or the same name, and the same address or date of birth."""

    def same(*traits: str) -> bool:
        return any(
            getattr(first, trait) is not None and getattr(first, trait) == getattr(second, trait)
            for trait in traits
        )

    return same("email_key", "phone_key") or (
        first.name_key == second.name_key and same("address_key", "date_of_birth")
    )


Person = TypeVar("Person")


class Acquaintances(Generic[Person]):
    """People by what they are known again by, so that those like one of many are found without
    looking at each."""

    def __init__(self) -> None:
        self._by_trait: dict[tuple[str, str], list[tuple[int, Traits, Person]]] = {}
        self._number = 0

    def add(self, traits: Traits, person: Person) -> None:
        """Somebody more."""
        self._number += 1
        for trait in self._telling(traits):
            self._by_trait.setdefault(trait, []).append((self._number, traits, person))

    def like(self, traits: Traits) -> list[Person]:
        """Those who may be the same person, in the order in which they were added."""
        near = {
            number: person
            for trait in self._telling(traits)
            for number, its, person in self._by_trait.get(trait, ())
            if may_be_same_person(its, traits)
        }
        return [near[number] for number in sorted(near)]

    @staticmethod
    def _telling(traits: Traits) -> list[tuple[str, str]]:
        keys = (
            ("name_key", traits.name_key),
            ("email_key", traits.email_key),
            ("phone_key", traits.phone_key),
        )
        return [(trait, key) for trait, key in keys if key is not None]


def check_reachable(phone: str | None, email: str | None, address: str | None) -> None:
    """Whoever asks to join needs one way to be answered. Raises Invalid."""
    if phone and phone_tail(phone) is None:
        raise Invalid.on("phone", say("Write the whole number, in digits."))
    if not (phone or email or address):
        raise Invalid.on(
            "phone",
            say("Write one way to reach you: a telephone number, an e-mail or your address."),
        )


def checked(details: Texts, *, today: date, before: Texts | None = None) -> Texts:
    """Details as they are kept: spaces trimmed, empty ones None (or "", where they may not be
    missing). `today` is the bank's local date.

    Raises Invalid with a sentence for every detail that cannot be right, and is not so `before`.
    """
    tidied = replace(
        details,
        **{
            field.name: _tidied(getattr(details, field.name), field.default)
            for field in fields(details)
        },
    )
    _refuse(
        {
            field.name: _fault(field.name, getattr(tidied, field.name), today)
            for field in fields(tidied)
            if before is None or getattr(tidied, field.name) != getattr(before, field.name)
        }
    )
    return tidied


def _tidied(value: Any, usual: Any) -> Any:
    if not isinstance(value, str) or isinstance(value, StrEnum):
        return value
    return value.strip() or (None if usual is None else "")


def fault_of_relation(relation: str) -> Said | None:
    """What is wrong with the words for what a helper is to somebody, if anything."""
    return fault_of(relation.strip(), LONGEST["relation"])


def fault_of_despite(why: str) -> Said | None:
    """What is wrong with why two who are kept apart are to meet all the same, if anything."""
    why = why.strip()
    if not why:
        return say("Go on only if you have to, and write why: coordinators can read it.")
    return fault_of(why, LONGEST["despite"])


_UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
"""Kinds of characters that leave no mark on paper."""

_JOINED = re.compile("(?<=[^\x00-\u024f])[\u200c\u200d](?=[^\x00-\u024f])")
"""What joins or parts two letters of scripts, and pictures, in which that is seen."""


def _fault(field: str, value: Any, today: date) -> Said | None:
    if field == "name" and not value:
        return say("Write the name.")
    if field in ("name", "number") and isinstance(value, str):
        unseen = _fault_of_unseen(field, value)
        if unseen:
            return unseen
    if isinstance(value, str) and field in LONGEST:
        return fault_of(value, LONGEST[field]) or (
            fault_of_email(value) if field == "email" else None
        )
    if isinstance(value, date):
        return _fault_of_day(field, value, today)
    return None


def _fault_of_unseen(field: str, value: str) -> Said | None:
    """A name or a number is to be seen, and told from others by looking at it."""
    if value.isascii() and value.isprintable() and any(map(str.isalnum, value)):
        return None
    if any(unicodedata.category(letter) in _UNSEEN for letter in _JOINED.sub("", value)):
        return say("There is a sign in it that nobody can see. Write it anew.")
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in value):
        return say("Write it in letters or digits.")
    if field == "name" and any(len(_scripts(word)) > 1 for word in value.split()):
        return say(
            "Letters of two alphabets that look alike are mixed in one word of it. Write it anew."
        )
    if field == "number" and not (value.isascii() and value.isprintable()):
        # Another spelling of signs that look the same would be another number.
        return say("Write the number with plain digits and letters, such as 17 or A17.")
    return None


_LIKE_ONE_ANOTHER = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Alphabets with letters that cannot be told from those of another by looking at them."""


def _scripts(word: str) -> set[str]:
    """Which of those alphabets the letters of a word are of."""
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha())
    return {name for name in names if name in _LIKE_ONE_ANOTHER}


def _fault_of_day(field: str, day: date, today: date) -> Said | None:
    if field == "joined_on":
        return say("The day of joining is in the future.") if day > today else None
    if day > today:
        return say("That date of birth is in the future.")
    return None if day >= date(today.year - _OLDEST, 1, 1) else say("Check the year of birth.")


def fault_of_email(email: str) -> Said | None:
    """What is wrong with an e-mail address, if anything; no address is fine."""
    if not email or _EMAIL.fullmatch(email):
        return None
    return say("Write a whole e-mail address, such as joan@example.org, or leave it empty.")


_MISSING = {
    NoticeChannel.EMAIL: say(
        "There is no e-mail address to write to. Put one into the details first, or choose another"
        " way."
    ),
    NoticeChannel.TEXT: say(
        "There is no telephone number that takes texts. Put one into the details first, or choose"
        " another way."
    ),
    NoticeChannel.LETTER: say(
        "There is no address to post a letter to. Put one into the details first, or choose another"
        " way."
    ),
}


def check_wishes(wishes: Wishes, *, reach: Mapping[NoticeChannel, str | None]) -> None:
    """Raises Invalid for a way to be told that cannot be, or for quiet hours that are none. `reach`
    is the address for each channel that needs one."""
    _refuse(
        {"channel": _fault_of_channel(wishes.channel, reach)}
        | _faults_of_quiet_hours(wishes.quiet_from, wishes.quiet_until)
    )


def _fault_of_channel(
    channel: NoticeChannel | None, reach: Mapping[NoticeChannel, str | None]
) -> Said | None:
    if channel is None:
        return None
    there_is_a_way = channel not in _MISSING or bool(reach[channel])
    if there_is_a_way and (channel != NoticeChannel.TEXT or can_be_texted(reach[channel] or "")):
        return None
    return _MISSING[channel]


def _faults_of_quiet_hours(start: int | None, end: int | None) -> dict[str, Said | None]:
    if (start is None) != (end is None):
        missing = "quiet_from" if start is None else "quiet_until"
        return {missing: say("Write both times, or leave both empty.")}
    if start is not None and start == end:
        same = say(
            "That is the same time twice. Write when it may begin again, or leave both empty."
        )
        return {"quiet_until": same}
    if any(time is not None and not 0 <= time < 24 * 60 for time in (start, end)):
        return {"quiet_from": say("Write times of the day, such as 21:00 and 08:00.")}
    return {}


# ---- Addresses as ways to sign in ----


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


def folded_address(kind: str, address: str) -> str:
    """An e-mail address or a phone number as it is compared."""
    if kind == AddressKind.PHONE:
        return phone_tail(address) or folded_name(address)
    return folded_name(address)


NEW_FOR = timedelta(days=30)
"""So long after joining somebody is asked what they could do and what they would like."""


def is_new(joined_on: date | None, today: date) -> bool:
    """Whether somebody has joined lately."""
    return joined_on is not None and joined_on >= today - NEW_FOR
