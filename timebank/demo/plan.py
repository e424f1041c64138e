"""What happened in the demonstration bank: people, organisations and eighteen months of help, drawn
from a seed.

Pure: the same members, months, seed and day give the same plan. It keeps its own tally so that what
it plans stays within the limits that the ledger enforces.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from timebank.demo.people import (
    AREAS,
    FIRST_NAMES,
    LAST_NAMES,
    ORGANISATIONS,
    PASTIMES,
    REASONS,
    Pastime,
)

Habit = Literal["both", "gives", "receives", "quiet"]
Ending = Literal[
    "confirmed",
    "put_right",
    "taken_back",
    "disputed",
    "settled",
    "waiting",
    "agreed",
    "proposed",
    "declined",
]

_FLOOR = -600
_STEP = 15
_BAND = 5
"""Within a bank people help those nearby in the membership list as well as in the street: some
pairs meet again and again."""

# Parties that are not people, as the negative numbers that stand for them in a plan.
CHEST = -1
FIRST_ORGANISATION = -2


@dataclass(frozen=True)
class Person:
    """A member to be."""

    name: str
    area: str
    born_on: date
    capacity: str
    role: str
    joined_on: date
    email: str | None
    phone: str | None
    habit: Habit
    gives: tuple[Pastime, ...]


@dataclass(frozen=True)
class Help:
    """One person's time given to another: indexes of people, or a negative number for an
    organisation."""

    on: date
    giver: int
    receiver: int
    minutes: int
    skill: str
    title: str
    channel: str
    slip: str | None
    ending: Ending
    thanks: str


@dataclass(frozen=True)
class Present:
    """Hours given away, by a person or from the chest."""

    on: date
    giver: int
    receiver: int
    minutes: int
    message: str


@dataclass(frozen=True)
class Entry:
    """What stands in the directory: an offer or a request of one of the people."""

    kind: Literal["offer", "request"]
    holder: int
    pastime: Pastime
    posted_on: date
    ends_on: date
    times: int


@dataclass(frozen=True)
class Plan:
    """The whole bank. `happenings` are in order of their dates."""

    people: tuple[Person, ...]
    organisations: tuple[tuple[str, str], ...]
    happenings: tuple[Help | Present, ...]
    directory: tuple[Entry, ...]


def make_plan(*, members: int, months: int, seed: int, today: date) -> Plan:
    """A plan for a bank of `members` people (at least 8) that has been going for `months` until
    `today`."""
    draw = Random(seed)  # noqa: S311  (a demonstration has to be the same again, not hard to guess)
    start = today - timedelta(days=30 * months)
    people = _people(draw, members, start, today)
    happenings = tuple(_happenings(draw, people, start, today))
    return Plan(tuple(people), ORGANISATIONS, happenings, tuple(_directory(draw, people, today)))


def _directory(draw: Random, people: list[Person], today: date) -> Iterator[Entry]:
    """Most of what people do they also offer; one in five asks for something, most of it lately."""
    for index, person in enumerate(people):
        if person.habit in ("both", "gives"):
            for pastime in person.gives:
                if draw.random() < 0.8 or index == 0:
                    since = min(draw.randrange(300), (today - person.joined_on).days)
                    ends_on = today + timedelta(days=draw.choice((5, 40, 90, 200, 300)))
                    yield Entry(
                        "offer",
                        index,
                        pastime,
                        today - timedelta(days=since),
                        ends_on,
                        _times(draw),
                    )
        if person.habit in ("both", "receives") and draw.random() < 0.22:
            pastime = draw.choice([one for one in PASTIMES if one not in person.gives])
            since = min(draw.randrange(25), (today - person.joined_on).days)
            ends_on = today + timedelta(days=draw.randrange(3, 40))
            yield Entry(
                "request", index, pastime, today - timedelta(days=since), ends_on, _times(draw)
            )


def _times(draw: Random) -> int:
    """Times of the week that suit: not said, weekday mornings, weekends, or a few of them."""
    weekday_mornings, weekends = sum(1 << 3 * day for day in range(5)), 0b111111 << 15
    return draw.choice(
        (0, 0, weekday_mornings, weekends, sum(1 << part for part in draw.sample(range(21), 4)))
    )


def _people(draw: Random, members: int, start: date, today: date) -> list[Person]:
    people = [
        _known(
            draw, "Joan Whitlock", "Tannery Court", date(1947, 5, 9), start, phone="01632 960187"
        ),
        _known(
            draw,
            "Maggie Dunne",
            "Mill Lane",
            date(1978, 2, 21),
            start,
            phone="01632 960142",
            role="broker",
        ),
        _known(
            draw,
            "Owen Pritchard",
            "Alder Row",
            date(1984, 9, 3),
            start,
            phone="01632 960140",
            role="coordinator",
        ),
        _known(draw, "Derek Cole", "Mill Lane", date(1953, 7, 30), start, phone="07700 900208"),
    ]
    for number in range(len(people), members):
        age = draw.choice((24, 31, 38, 46, 55, 63, 68, 71, 74, 77, 81, 86)) + draw.randrange(-3, 4)
        first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
        # The older, the fewer have e-mail; some have no phone either and are called on at the door,
        # as the last one always is.
        has_email = draw.random() < (0.9 if age < 60 else 0.35) and number < members - 1
        has_phone = draw.random() < 0.93 and number < members - 1
        joined = (
            start
            if number < members // 3
            else start + timedelta(days=draw.randrange(max(1, (today - start).days - 20)))
        )
        people.append(
            Person(
                name=f"{first} {last}",
                area=draw.choice(AREAS),
                born_on=date(today.year - age, draw.randrange(1, 13), draw.randrange(1, 29)),
                capacity=draw.choices(("resident", "practitioner", "planner"), (92, 6, 2))[0],
                role="member",
                joined_on=joined,
                email=f"{first}.{number}@alder-row.example".lower() if has_email else None,
                phone=f"07700 900{number % 1000:03d}" if has_phone else None,
                habit=draw.choices(("both", "gives", "receives", "quiet"), (62, 12, 12, 14))[0],
                gives=tuple(draw.sample(PASTIMES, draw.randrange(1, 4))),
            )
        )
    return people


def _known(
    draw: Random,
    name: str,
    area: str,
    born_on: date,
    joined_on: date,
    *,
    phone: str,
    role: str = "member",
) -> Person:
    mailbox = name.split()[0].lower()
    return Person(
        name=name,
        area=area,
        born_on=born_on,
        capacity="practitioner" if role == "coordinator" else "resident",
        role=role,
        joined_on=joined_on,
        email=f"{mailbox}@alder-row.example",
        phone=phone,
        habit="both",
        gives=tuple(draw.sample(PASTIMES, 2)),
    )


def _happenings(
    draw: Random, people: list[Person], start: date, today: date
) -> list[Help | Present]:
    happenings: list[Help | Present] = []
    tally: dict[int, int] = defaultdict(int)
    slips = 2000
    givers = [index for index, person in enumerate(people) if person.habit in ("both", "gives")]
    receivers = [
        index for index, person in enumerate(people) if person.habit in ("both", "receives")
    ]
    days = (today - start).days
    for day in range(1, days):
        on = start + timedelta(days=day)
        # The bank grows: some four tries per member and quarter in the beginning, seven in the end;
        # about half come off.
        expected = len(people) * (4 + 3 * day / days) / 90
        for _ in range(int(expected) + (draw.random() < expected % 1)):
            helped = _help(draw, people, givers, receivers, tally, on, today)
            if helped is None:
                continue
            if helped.channel == "paper":
                slips += 1
                helped = Help(**{**vars(helped), "slip": str(slips)})
            happenings.append(helped)
            if helped.ending in ("confirmed", "put_right", "settled"):
                tally[helped.giver] += helped.minutes
                tally[helped.receiver] -= helped.minutes
        if draw.random() < len(people) / 1200:
            happenings.extend(_present(draw, givers, receivers, people, tally, on))
    return happenings


def _help(
    draw: Random,
    people: list[Person],
    givers: list[int],
    receivers: list[int],
    tally: dict[int, int],
    on: date,
    today: date,
) -> Help | None:
    giver = draw.choice(givers)
    pastime = draw.choice(people[giver].gives)
    if draw.random() < 0.04:
        receiver = FIRST_ORGANISATION - draw.randrange(len(ORGANISATIONS))
    elif draw.random() < 0.5:
        receiver = (giver + draw.choice([step for step in range(-_BAND, _BAND + 1) if step])) % len(
            people
        )
    else:
        receiver = draw.choice(receivers)
    minutes = draw.randrange(pastime.shortest, pastime.longest + 1, _STEP)
    if receiver == giver:
        return None
    if receiver >= 0 and (
        people[receiver].habit not in ("both", "receives") or people[receiver].joined_on >= on
    ):
        return None
    # A margin of two hours below what the plan knows of: what still waits may be confirmed by
    # whoever tries the demo. The first of the people is the resident to sign in as: she is left
    # with hours to spend.
    lowest = _FLOOR + 120 if receiver else 240
    if people[giver].joined_on >= on or tally[receiver] - minutes < lowest:
        return None
    return Help(
        on=on,
        giver=giver,
        receiver=receiver,
        minutes=minutes,
        skill=pastime.skill,
        title=draw.choice(pastime.titles),
        channel=draw.choices(("web", "phone", "paper", "in_person"), (35, 30, 25, 10))[0]
        if receiver >= 0
        else "phone",
        slip=None,
        ending=_ending(draw, (today - on).days) if receiver >= 0 else "confirmed",
        thanks=draw.choice(
            ("", "", "", "Thank you, you made my week.", "Just the job.", "Come again!")
        ),
    )


def _ending(draw: Random, days_ago: int) -> Ending:
    """Most help is confirmed; what is recent may still be on its way."""
    if days_ago <= 10:
        return draw.choices(
            ("confirmed", "waiting", "agreed", "proposed", "disputed"), (56, 22, 8, 7, 7)
        )[0]
    if days_ago <= 25:
        return draw.choices(("confirmed", "waiting", "disputed", "declined"), (86, 6, 6, 2))[0]
    return draw.choices(
        ("confirmed", "put_right", "taken_back", "settled", "declined"), (946, 18, 8, 14, 14)
    )[0]


def _present(
    draw: Random,
    givers: list[int],
    receivers: list[int],
    people: list[Person],
    tally: dict[int, int],
    on: date,
) -> list[Present]:
    """A gift from somebody with hours to spare, mostly to the chest, which passes some on to
    whoever needs them most."""
    rich = [index for index in givers if tally[index] >= 240 and people[index].joined_on < on]
    found: list[Present] = []
    if rich:
        giver = draw.choice(rich)
        to_chest = draw.random() < 0.8
        receiver = CHEST if to_chest else draw.choice(receivers)
        if receiver != giver and (to_chest or people[receiver].joined_on < on):
            found.append(Present(on, giver, receiver, 60, "" if to_chest else "For all you do."))
    poor = [index for index in receivers if tally[index] <= -240 and people[index].joined_on < on]
    if poor and tally[CHEST] >= 120:
        found.append(
            Present(on, CHEST, draw.choice(poor), 120, REASONS[on.toordinal() % len(REASONS)])
        )
    for present in found:
        tally[present.giver] -= present.minutes
        tally[present.receiver] += present.minutes
    return found
