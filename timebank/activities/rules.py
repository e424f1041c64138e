"""How the hours of a session move: the four rules real banks use, and what an activity says of
itself. Pure decisions.

Amounts are whole minutes, people are accounts. Each rule says what every account is owed or owes;
`pair` then puts together who helped whom, so that the session is one entry that balances to the
minute.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from timebank.act import Actor
from timebank.errors import Invalid
from timebank.say import Said, say
from timebank.text import tidy as tidied

STAGES = (
    "assess_needs",
    "map_assets",
    "agree_outcomes",
    "plan_resources",
    "design",
    "deliver",
    "evaluate",
)
"""The co-production cycle, in its order."""

STAGE_WORDS = {
    "assess_needs": "Assess needs",
    "map_assets": "Map assets",
    "agree_outcomes": "Agree outcomes",
    "plan_resources": "Plan resources",
    "design": "Design",
    "deliver": "Deliver",
    "evaluate": "Evaluate",
}

IN_THE_ROOM = ("led", "co_led", "helped", "attended")
"""The parts of which a person has at most one in a session."""

PARTS = (*IN_THE_ROOM[:2], "prepared", *IN_THE_ROOM[2:])
PART_WORDS = {
    "led": "Led",
    "co_led": "Co-led",
    "prepared": "Prepared",
    "helped": "Helped",
    "attended": "Came",
}
GIVING = ("led", "co_led", "prepared", "helped")
"""The parts by which somebody gives their time; who attended was given it."""

POSTING_RULES = ("sponsored", "attendees_pay", "shared_cost", "working_bee", "none")
RULE_WORDS = {
    "sponsored": "Leaders and helpers get their time from a sponsor; coming costs nothing.",
    "attendees_pay": (
        "Whoever comes pays for the time they are there; the chest takes what is over, and pays"
        " what is short."
    ),
    "shared_cost": "The time of leaders and helpers is split among those who come.",
    "working_bee": (
        "Everybody gives their time to one receiver, who pays for all of it or a part; the chest"
        " pays the rest."
    ),
    "none": "No hours move. Who took part is still counted.",
}

CHANNELS = ("web", "scan", "paper", "phone", "in_person", "text", "import", "system")
"""How it came to be known that somebody was there, or means to come."""

SIGN_UPS = ("coming", "waiting", "withdrawn")
SESSION_STATUSES = ("planned", "registered", "posted", "cancelled")
LED_BY = ("resident", "professional", "together", "nobody")
"""Who led a session: residents alone, professionals alone, both, or nobody that is named."""

REPEATS = {"once": 0, "weekly": 7, "fortnightly": 14, "four_weekly": 28}
"""How often an activity meets, in days."""

LONGEST = {
    "title": 120,
    "purpose": 2000,
    "place": 200,
    "access_notes": 1000,
    "lessons": 4000,
    "done": 4000,
    "words": 500,
    "partner": 120,
    "result": 1000,
    "said_by": 120,
    "guest": 120,
    "terms": 500,
    "why": 1000,
    "alt": 200,
}
"""The longest text of each kind, in characters."""

LONGEST_SESSION = 24 * 60
EARLIEST = date(1980, 1, 1)
"""Before this day there were no time banks, so an earlier date is a slip of the pen."""

MOST_SESSIONS = 104
"""A weekly group for two years; more is a slip of the pen."""


_CLOCK = re.compile(r"(\d{1,2})(?:[:.]([0-5]\d))?\s*(am|pm)?")


@dataclass(frozen=True)
class Contribution:
    """One part of one person, as far as the hours are concerned. `account` is None for guests and
    newcomers."""

    account: int | None
    part: str
    minutes: int
    without_hours: bool = False

    @property
    def moves_hours(self) -> bool:
        return self.account is not None and not self.without_hours


class Leg(NamedTuple):
    """`minutes` from the account `payer` (who was helped) to the account `payee` (who helped)."""

    payer: int
    payee: int
    minutes: int


@dataclass(frozen=True)
class Terms:
    """By which rule a session's hours move. `sponsor` pays for a sponsored one, `receiver` for
    `percent` of a working bee."""

    rule: str
    chest: int
    sponsor: int | None = None
    receiver: int | None = None
    percent: int = 100


def share(total: int, weights: Sequence[int]) -> list[int]:
    """`total` split in proportion to `weights` (not all 0), in whole numbers that add up to it
    exactly.

    Everybody gets the whole part of their share. The units left over go one each to those with the
    largest fractions; where fractions are equal, to whoever comes first (largest remainder,
    Hamilton's method).
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    fractions = [total * weight % whole for weight in weights]
    for place in sorted(range(len(weights)), key=lambda place: -fractions[place])[
        : total - sum(shares)
    ]:
        shares[place] += 1
    return shares


def pair(payers: Sequence[tuple[int, int]], payees: Sequence[tuple[int, int]]) -> list[Leg]:
    """Legs by which each payer pays, and each payee is paid, exactly their minutes. Both sides come
    to the same.

    Every payer pays every payee in proportion to what that one is still owed, by `share`: nobody is
    somebody's helper by the accident of an order.
    """
    legs: list[Leg] = []
    owed = [minutes for _, minutes in payees]
    for payer, minutes in payers:
        for place, part in enumerate(share(minutes, owed) if minutes else ()):
            owed[place] -= part
            if part:
                legs.append(Leg(payer, payees[place][0], part))
    return legs


def legs(terms: Terms, contributions: Sequence[Contribution]) -> list[Leg]:
    """The postings of a session, the same for the same register in whatever order it was written.

    Nobody is paid more than the minutes of their own parts. Who both owes and is owed is charged or
    paid the difference.
    """
    owes, owed = _sides(terms, sorted(_with_hours(contributions)))
    net = Counter(owed)
    net.subtract(owes)
    payers = [(account, -minutes) for account, minutes in sorted(net.items()) if minutes < 0]
    payees = [(account, minutes) for account, minutes in sorted(net.items()) if minutes > 0]
    return pair(payers, payees)


def _with_hours(contributions: Iterable[Contribution]) -> list[tuple[int, str, int]]:
    return [
        (one.account, one.part, one.minutes)
        for one in contributions
        if one.account is not None and one.moves_hours
    ]


def _sides(
    terms: Terms, register: Sequence[tuple[int, str, int]]
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """What each account owes, and what each is owed; the two come to the same."""
    given: Counter[int] = Counter()
    attended: Counter[int] = Counter()
    for account, part, minutes in register:
        (given if part in GIVING else attended)[account] += minutes
    match terms.rule:
        case "none":
            return {}, {}
        case "sponsored":
            return {_named(terms.sponsor): given.total()}, given
        case "attendees_pay":
            over = attended.total() - given.total()
            if over >= 0:
                return attended, given + Counter({terms.chest: over})
            return attended + Counter({terms.chest: -over}), given
        case "shared_cost":
            if not attended:
                # With nobody to share it there is no hour to move.
                return {}, {}
            people = sorted(attended)
            shares = share(given.total(), [attended[account] for account in people])
            return dict(zip(people, shares, strict=True)), given
        case "working_bee":
            receiver = _named(terms.receiver)
            # Work in one's own garden is counted, and is no help to anybody else.
            given.pop(receiver, None)
            paid = given.total() * terms.percent // 100
            return Counter({receiver: paid}) + Counter({terms.chest: given.total() - paid}), given
    raise ValueError(terms.rule)


def _named(account: int | None) -> int:
    if account is None:
        raise Invalid(
            say("Say first who pays for the hours of this activity."),
            fields={"payer": say("Choose who pays.")},
        )
    return account


def moved(legs: Iterable[Leg]) -> dict[int, int]:
    """What each account gains (above 0) or loses by the legs."""
    changes: Counter[int] = Counter()
    for leg in legs:
        changes[leg.payer] -= leg.minutes
        changes[leg.payee] += leg.minutes
    return dict(sorted(changes.items()))


# ---- What activities and sessions say ----


def check_terms(rule: str, *, payer_id: int | None, percent: int) -> None:
    """Raises Invalid for a rule that lacks what it needs."""
    if rule not in POSTING_RULES:
        raise Invalid.on(
            "rule", say("Choose one of: %(posting_rules)s.", posting_rules=", ".join(POSTING_RULES))
        )
    if rule in ("sponsored", "working_bee") and payer_id is None:
        words = (
            say("Choose who pays: the chest or an organisation.")
            if rule == "sponsored"
            else say("Write who receives the work.")
        )
        raise Invalid.on("payer", words)
    if not 0 <= percent <= 100:
        raise Invalid.on("percent", say("Write a share from 0 to 100 of every hundred."))


def clock_time(words: str) -> time:
    """A time of the day, from "10:00", "10.30", "9", "2 pm" or "2:30pm". Raises Invalid."""
    match = _CLOCK.fullmatch(words.strip().lower())
    hour, minute, half = match.groups() if match else ("99", None, None)
    number = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
    if not match or number > 23 or (half and not 1 <= int(hour) <= 12):
        raise Invalid.on("starts_time", say("Write a time of the day, such as 10:00 or 2:30 pm."))
    return time(number, int(minute or 0))


def check_minutes(minutes: int) -> None:
    """Raises Invalid for a length that no session can have."""
    if not 1 <= minutes <= LONGEST_SESSION:
        raise Invalid.on("minutes", say("Write how long it lasts: from one minute to a day."))


def check_day(day: date, *, today: date) -> None:
    """Raises Invalid for a day on which no session can be, both in the bank's time zone."""
    if not EARLIEST <= day <= today + timedelta(days=365 * 3):
        raise Invalid.on("starts_on", say("Check the year of that date."))


def repeated(first: datetime, repeat: str, count: int, *, timezone: str) -> list[datetime]:
    """The starts of `count` sessions, at the same time on the clock of `timezone`, whatever summer
    time does between them."""
    check_repeat(repeat, count)
    local = first.astimezone(ZoneInfo(timezone))
    return [local + timedelta(days=REPEATS[repeat] * number) for number in range(count)]


def check_repeat(repeat: str, count: int) -> None:
    """Raises Invalid for a number of sessions, or a way to repeat them, that cannot be."""
    if repeat not in REPEATS:
        raise Invalid.on("repeat", say("Choose one of the answers."))
    if not 1 <= count <= MOST_SESSIONS:
        raise Invalid.on(
            "count",
            say("Write how many times: from 1 to %(most_sessions)s.", most_sessions=MOST_SESSIONS),
        )
    if repeat == "once" and count > 1:
        raise Invalid.on("repeat", say("Choose how often it meets, or write 1 for how many times."))


def check_places(places: int | None) -> None:
    """Raises Invalid for a number of places that cannot be; None: as many as come."""
    if places is not None and not 1 <= places <= 10_000:
        raise Invalid.on("places", say("Write how many can come, or leave it empty."))


def check_part(part: str, minutes: int, *, session_minutes: int, name: str) -> None:
    """Raises Invalid for a part that cannot be, or minutes that a session has not got."""
    if part not in PARTS:
        raise Invalid(
            say("Choose for %(name)s one of: %(parts)s.", name=name, parts=", ".join(PARTS))
        )
    if minutes < 1:
        raise Invalid(say("Write for %(name)s at least one minute.", name=name))
    if part != "prepared" and minutes > session_minutes:
        raise Invalid(
            say(
                "%(name)s: %(minutes)s minutes is longer than the session, which lasted"
                " %(session_minutes)s.",
                name=name,
                minutes=minutes,
                session_minutes=session_minutes,
            )
        )
    if minutes > LONGEST_SESSION:
        raise Invalid(
            say(
                "%(name)s: more than a day of preparing is a slip of the pen. Check the number.",
                name=name,
            )
        )


def tidy(kind: str, words: str | None, *, required: Said | None = None) -> str:
    """Text as it is kept, no longer than `LONGEST[kind]`. Raises Invalid."""
    return tidied(kind, words, LONGEST[kind], required=required)


def may_run(by: Actor, leads: Iterable[int | None]) -> bool:
    """Who may plan an activity and keep its register: its leads and the staff."""
    return by.is_broker or (by.member_id is not None and by.member_id in set(leads))


def led_by(leaders: Iterable[str]) -> str:
    """Who led, by the capacities of those who led or co-led: residents, professionals, together, or
    nobody named."""
    sides = {"resident" if capacity == "resident" else "professional" for capacity in leaders}
    return "together" if len(sides) == 2 else sides.pop() if sides else "nobody"
