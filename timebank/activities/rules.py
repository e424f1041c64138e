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
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from timebank import hours
from timebank.act import Actor
from timebank.errors import Invalid
from timebank.members.rules import Capacity
from timebank.say import Said, say
from timebank.text import folded
from timebank.text import tidy as tidied


class Stage(StrEnum):
    """The co-production cycle, in its order."""

    ASSESS_NEEDS = "assess_needs"
    MAP_ASSETS = "map_assets"
    AGREE_OUTCOMES = "agree_outcomes"
    PLAN_RESOURCES = "plan_resources"
    DESIGN = "design"
    DELIVER = "deliver"
    EVALUATE = "evaluate"


STAGE_WORDS = {
    Stage.ASSESS_NEEDS: say("Assess needs"),
    Stage.MAP_ASSETS: say("Map assets"),
    Stage.AGREE_OUTCOMES: say("Agree outcomes"),
    Stage.PLAN_RESOURCES: say("Plan resources"),
    Stage.DESIGN: say("Design"),
    Stage.DELIVER: say("Deliver"),
    Stage.EVALUATE: say("Evaluate"),
}


class Part(StrEnum):
    """What somebody does in a session, or before it."""

    LED = "led"
    CO_LED = "co_led"
    PREPARED = "prepared"
    HELPED = "helped"
    ATTENDED = "attended"


IN_THE_ROOM = (Part.LED, Part.CO_LED, Part.HELPED, Part.ATTENDED)
"""The parts of which a person has at most one in a session."""

PartInTheRoom: TypeAlias = Part | Literal[""]
"""A part in the room; nothing for somebody who was not there, or has only prepared it."""

PART_WORDS = {
    Part.LED: say("Led"),
    Part.CO_LED: say("Co-led"),
    Part.PREPARED: say("Prepared"),
    Part.HELPED: say("Helped"),
    Part.ATTENDED: say("Came"),
}
GIVING = (Part.LED, Part.CO_LED, Part.PREPARED, Part.HELPED)
"""The parts by which somebody gives their time; who attended was given it."""


class Rule(StrEnum):
    """How the hours of a session move."""

    SPONSORED = "sponsored"
    ATTENDEES_PAY = "attendees_pay"
    SHARED_COST = "shared_cost"
    WORKING_BEE = "working_bee"
    NONE = "none"


NEED_PAYER = (Rule.SPONSORED, Rule.WORKING_BEE)
"""The rules by which somebody named pays: the sponsor, or the receiver of the work."""

RULE_WORDS = {
    Rule.SPONSORED: say("Leaders and helpers get their time from a sponsor; coming costs nothing."),
    Rule.ATTENDEES_PAY: say(
        "Whoever comes pays for the time they are there; the chest takes what is over, and pays"
        " what is short."
    ),
    Rule.SHARED_COST: say("The time of leaders and helpers is split among those who come."),
    Rule.WORKING_BEE: say(
        "Everybody gives their time to one receiver, who pays for all of it or a part; the chest"
        " pays the rest."
    ),
    Rule.NONE: say("No hours move. Who took part is still counted."),
}


class Wanted(StrEnum):
    """What of all that is coming up somebody would like to see."""

    GOING = "going"
    FREE = "free"
    GIVES = "gives"


COSTS = frozenset({Rule.ATTENDEES_PAY, Rule.SHARED_COST})
"""The rules by which whoever comes pays for it."""


def fits(rule: Rule, wanted: Wanted | None, *, going: bool) -> bool:
    """Whether a session is among what is wanted; `going` are those who look."""
    match wanted:
        case Wanted.GOING:
            return going
        case Wanted.FREE:
            return rule not in COSTS
        case Wanted.GIVES:
            return rule == Rule.WORKING_BEE
        case _:
            return True


def coming(rule: Rule, minutes: int) -> Said:
    """What somebody presses to say that they will come: with what it costs or gives."""
    if rule == Rule.ATTENDEES_PAY:
        return say("I’ll come: costs %(time)s", time=hours.words(minutes))
    if rule == Rule.SHARED_COST:
        return say("I’ll come: costs a share")
    if rule == Rule.WORKING_BEE:
        return say("I’ll come: gives %(time)s", time=hours.words(minutes))
    return say("I’ll come: costs nothing")


def cost(rule: Rule, minutes: int) -> Said:
    """What it costs somebody to come to a session of so many minutes, said before they say that
    they will."""
    if rule == Rule.ATTENDEES_PAY:
        return say(
            "This costs you the time you are there: %(time)s, if you stay to the end.",
            time=hours.words(minutes),
        )
    if rule == Rule.SHARED_COST:
        return say(
            "This costs you a share of the time of those who lead and help. How much depends on how"
            " many come."
        )
    if rule == Rule.WORKING_BEE:
        return say("This costs you nothing: you give your time, and it is added to your hours.")
    return say("This costs you nothing.")


class Source(StrEnum):
    """How it came to be known that somebody was there, or means to come."""

    WEB = "web"
    SCAN = "scan"
    PAPER = "paper"
    PHONE = "phone"
    IN_PERSON = "in_person"
    TEXT = "text"
    LINK = "link"
    IMPORT = "import"
    SYSTEM = "system"


SPOKEN = (Source.PHONE, Source.IN_PERSON, Source.TEXT)
"""How a broker hears from somebody who means to come."""


class SignUpStatus(StrEnum):
    """What somebody has said of coming; who waits has the next place that is free."""

    COMING = "coming"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


class MeetingStatus(StrEnum):
    """Where a session stands: registered once somebody is on its register."""

    PLANNED = "planned"
    REGISTERED = "registered"
    POSTED = "posted"
    CANCELLED = "cancelled"


class LedBy(StrEnum):
    """Who led a session: residents alone, professionals alone, both, or nobody that is named."""

    RESIDENT = "resident"
    PROFESSIONAL = "professional"
    TOGETHER = "together"
    NOBODY = "nobody"


class Repeat(StrEnum):
    """How often an activity meets."""

    ONCE = "once"
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    FOUR_WEEKLY = "four_weekly"


_DAYS_BETWEEN = {Repeat.ONCE: 0, Repeat.WEEKLY: 7, Repeat.FORTNIGHTLY: 14, Repeat.FOUR_WEEKLY: 28}

LONGEST = {
    "title": 120,
    "purpose": 2000,
    "place": 200,
    "access_notes": 1000,
    "lessons": 4000,
    "done": 4000,
    "words": 500,
    "partner": 120,
    "result": 2000,
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


# ---- What is said of activities and their sessions ----


@dataclass(frozen=True, kw_only=True)
class About:
    """What an activity says of itself, for its leads to change. `stage` is of the co-production
    cycle, `places` is how many can come; None: as many as like."""

    title: str
    purpose: str
    stage: Stage = Stage.DELIVER
    place: str = ""
    access_notes: str = ""
    places: int | None = None
    lessons: str = ""


@dataclass(frozen=True, kw_only=True)
class Details(About):
    """The same with what is for the staff to say: who pays, who leads, and whether everybody may
    read of it.

    `payer_id` is the account of the sponsor, or of the receiver of a working bee, who pays
    `percent` of every hundred minutes. The leads are members.
    """

    rule: Rule
    payer_id: int | None = None
    percent: int = 100
    resident_lead_id: int | None = None
    professional_lead_id: int | None = None
    public: bool = False


@dataclass(frozen=True)
class Occasion:
    """When a session is, for how many `minutes`, and where; what is None is the activity's."""

    starts_at: datetime
    minutes: int
    stage: Stage | None = None
    place: str | None = None
    places: int | None = None


@dataclass(frozen=True)
class Plan(Occasion):
    """`count` sessions alike, the first of them on the occasion, one every so often."""

    repeat: Repeat = Repeat.ONCE
    count: int = 1


@dataclass(frozen=True)
class NewOutcome:
    """What an activity is to lead to, and with which `partner` that was agreed; today unless said.

    `target` is a number of whatever `words` counts.
    """

    words: str
    partner: str
    target: int | None = None
    agreed_on: date | None = None


@dataclass(frozen=True)
class Result:
    """What an activity has led to: a number beside the target, and words."""

    reached: int | None
    result: str


@dataclass(frozen=True)
class NewSponsorship:
    """That an organisation pays for so many `minutes`, between two days, for one activity or
    any. `sure`: so many are meant, where they are very many."""

    organisation_id: int
    minutes: int
    starts_on: date
    ends_on: date
    terms: str
    activity_id: int | None = None
    sure: bool = False


MANY = 2000 * 60
"""More minutes than this, the working year of somebody, are asked about before they are written
down as paid for."""


@dataclass(frozen=True)
class NewQuote:
    """What somebody said, what they want to be called, and whether they agreed to its being
    shown."""

    words: str
    said_by: str
    consent: bool


@dataclass(frozen=True)
class NewPhoto:
    """A picture as the file it came in, what is to be seen, and whether everybody on it agreed."""

    data: bytes
    alt: str
    consent: bool


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is no member and would like to be one."""

    name: str
    phone: str | None = None


@dataclass(frozen=True)
class Mark:
    """What one person did: a member, or a guest by name. Without `part` and `prepared` they were
    not there.

    `minutes` in the room are the whole session's unless said; `was` is what the writer saw (a
    line's `state`), None where they have looked at nothing.
    """

    member_id: int | None = None
    guest: str = ""
    part: PartInTheRoom = ""
    minutes: int | None = None
    prepared: int = 0
    without_hours: bool = False
    capacity: Capacity | None = None
    was: str | None = None

    @property
    def key(self) -> str:
        """What the register calls the person."""
        return person_key(self.member_id, self.guest)


def person_key(member_id: int | None, name: str) -> str:
    """What a register calls somebody: a member by id, a guest by the folded name."""
    return f"m{member_id}" if member_id is not None else f"g{folded(name)}"


# ---- How hours move ----


@dataclass(frozen=True)
class Contribution:
    """One part of one person, as far as the hours are concerned. `account` is None for guests and
    newcomers."""

    account: int | None
    part: Part
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

    rule: Rule
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


def _with_hours(contributions: Iterable[Contribution]) -> list[tuple[int, Part, int]]:
    return [
        (one.account, one.part, one.minutes)
        for one in contributions
        if one.account is not None and one.moves_hours
    ]


def _sides(
    terms: Terms, register: Sequence[tuple[int, Part, int]]
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """What each account owes, and what each is owed; the two come to the same."""
    given: Counter[int] = Counter()
    attended: Counter[int] = Counter()
    for account, part, minutes in register:
        (given if part in GIVING else attended)[account] += minutes
    match terms.rule:
        case Rule.NONE:
            return {}, {}
        case Rule.SPONSORED:
            return {_named(terms.sponsor): given.total()}, given
        case Rule.ATTENDEES_PAY:
            over = attended.total() - given.total()
            if over >= 0:
                return attended, given + Counter({terms.chest: over})
            return attended + Counter({terms.chest: -over}), given
        case Rule.SHARED_COST:
            if not attended:
                # With nobody to share it there is no hour to move.
                return {}, {}
            people = sorted(attended)
            shares = share(given.total(), [attended[account] for account in people])
            return dict(zip(people, shares, strict=True)), given
        case Rule.WORKING_BEE:
            receiver = _named(terms.receiver)
            # Work in one's own garden is counted, and is no help to anybody else.
            given.pop(receiver, None)
            paid = given.total() * terms.percent // 100
            return Counter({receiver: paid}) + Counter({terms.chest: given.total() - paid}), given


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


def check_terms(rule: Rule, *, payer_id: int | None, percent: int) -> None:
    """Raises Invalid for a rule that lacks what it needs."""
    if rule in NEED_PAYER and payer_id is None:
        if rule == Rule.SPONSORED:
            raise Invalid.on("payer", say("Choose who pays: the chest or an organisation."))
        raise Invalid.on("payer", say("Write who receives the work."))
    if not 0 <= percent <= 100:
        raise Invalid.on("percent", say("Write a share from 0 to 100 of every hundred."))


def clock_time(words: str) -> time:
    """A time of the day, from "10:00", "10.30", "9", "2 pm" or "2:30pm". Raises Invalid."""
    match = _CLOCK.fullmatch(words.strip().lower())
    hour, minute, half = match.groups() if match else ("99", None, None)
    number = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
    if not match or number > 23 or (half and not 1 <= int(hour) <= 12):
        raise Invalid(say("Write a time of the day, such as 10:00 or 2:30 pm."))
    return time(number, int(minute or 0))


def check_minutes(minutes: int) -> None:
    """Raises Invalid for a length that no session can have."""
    if not 1 <= minutes <= LONGEST_SESSION:
        raise Invalid.on("minutes", say("Write how long it lasts: from one minute to a day."))


def check_day(day: date, *, today: date) -> None:
    """Raises Invalid for a day on which no session can be, both in the bank's time zone."""
    if not EARLIEST <= day <= today + timedelta(days=365 * 3):
        raise Invalid.on("starts_on", say("Check the year of that date."))


def repeated(first: datetime, repeat: Repeat, count: int, *, timezone: str) -> list[datetime]:
    """The starts of `count` sessions, at the same time on the clock of `timezone`, whatever summer
    time does between them."""
    check_repeat(repeat, count)
    local = first.astimezone(ZoneInfo(timezone))
    return [
        check_clock(local + timedelta(days=_DAYS_BETWEEN[repeat] * number))
        for number in range(count)
    ]


def check_clock(local: datetime) -> datetime:
    """The same instant. Raises Invalid for a time that the clocks leave out on that day, where
    summer time begins."""
    there = local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None)
    if there == local.replace(tzinfo=None):
        return local
    words = say(
        "On %(day)s the clocks go forward, and there is no such time. Write another.",
        day=local.date(),
    )
    raise Invalid.on("starts_time", words)


def check_repeat(repeat: Repeat, count: int) -> None:
    """Raises Invalid for a number of sessions that cannot be, or not without saying how often."""
    if not 1 <= count <= MOST_SESSIONS:
        raise Invalid.on(
            "count",
            say("Write how many times: from 1 to %(most_sessions)s.", most_sessions=MOST_SESSIONS),
        )
    if repeat == Repeat.ONCE and count > 1:
        raise Invalid.on("repeat", say("Choose how often it meets, or write 1 for how many times."))


def check_places(places: int | None) -> None:
    """Raises Invalid for a number of places that cannot be; None: as many as come."""
    if places is not None and not 1 <= places <= 10_000:
        raise Invalid.on("places", say("Write how many can come, or leave it empty."))


def check_part(part: Part, minutes: int, *, lasts: int, name: str) -> None:
    """Raises Invalid for minutes that a session which `lasts` so many has not got."""
    if minutes < 1:
        raise Invalid(say("Write for %(name)s at least one minute.", name=name))
    if part != Part.PREPARED and minutes > lasts:
        raise Invalid(
            say(
                "%(name)s: %(minutes)s minutes is longer than the session, which lasted"
                " %(session_minutes)s.",
                name=name,
                minutes=minutes,
                session_minutes=lasts,
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


def led_by(leaders: Iterable[Capacity]) -> LedBy:
    """Who led, by the capacities of those who led or co-led: residents, professionals, together, or
    nobody named."""
    sides = {
        LedBy.RESIDENT if capacity == Capacity.RESIDENT else LedBy.PROFESSIONAL
        for capacity in leaders
    }
    return LedBy.TOGETHER if len(sides) == 2 else sides.pop() if sides else LedBy.NOBODY
