"""What happened in the demonstration bank: people, organisations and eighteen months of help, drawn
from a seed.

Pure: the same members, months, seed and day give the same plan. Happenings stand in the order in
which their hours are posted, and none of them takes anybody below their floor: see `tally`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from timebank.demo.gatherings import Diary, Gathering
from timebank.demo.listings import Entry, draw_listings
from timebank.demo.neighbourly import THANKS
from timebank.demo.people import JOAN, ORGANISATIONS, REASONS, Person, draw_people
from timebank.demo.tally import CHEST, GROUP, HALL, LIBRARY, PAYERS, SURGERY, Move, Tally, floor_of
from timebank.demo.tally import ORGANISATIONS as ORGANISATION_PARTIES

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

_STEP = 15
_MARGIN = 120
"""Minutes that everybody keeps above their floor, so that whoever tries the demonstration can enter
an hour for anybody."""

_JOAN_KEEPS = 240
"""The resident to sign in as is left with hours to spend."""

_PAYERS_KEEP = 150 * 60
"""What the hall and the surgery keep above their floor for what is done together."""

_BAND = 5
"""Within a bank people help those nearby in the membership list as well as in the street: some
pairs meet again and again."""

_SHARED = 30
"""Days since the group and the partners gave, and the chest to them."""


@dataclass(frozen=True)
class Help:
    """One person's time given to another: places of people, or the number of another party."""

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

    @property
    def corrected(self) -> int:
        """The minutes that were right in the end, where something was wrong with those logged."""
        return max(_STEP, self.minutes - (30 if self.ending == "put_right" else 15))

    @property
    def moves(self) -> list[Move]:
        """What is posted of it, in its order."""
        there = (self.receiver, self.giver, self.minutes)
        back = (self.giver, self.receiver, self.minutes)
        corrected = (self.receiver, self.giver, self.corrected)
        match self.ending:
            case "confirmed":
                return [there]
            case "taken_back":
                return [there, back]
            case "put_right":
                return [there, back, corrected]
            case "settled":
                return [corrected]
            case _:
                return []


@dataclass(frozen=True)
class Present:
    """Hours given away, by a person, a partner or from the chest."""

    on: date
    giver: int
    receiver: int
    minutes: int
    message: str

    @property
    def moves(self) -> list[Move]:
        """What is posted of it."""
        return [(self.giver, self.receiver, self.minutes)]


Happening = Help | Present | Gathering


@dataclass(frozen=True)
class Plan:
    """The whole bank. `happenings` are in order of their dates; what is `shared` with the group,
    the partners and the chest is posted after them."""

    people: tuple[Person, ...]
    organisations: tuple[tuple[str, str], ...]
    happenings: tuple[Happening, ...]
    shared: tuple[Help | Present, ...]
    directory: tuple[Entry, ...]


def make_plan(*, members: int, months: int, seed: int, today: date) -> Plan:
    """A plan for a bank of `members` people (at least 8) that has been going for `months` until
    `today`."""
    draw = Random(seed)  # noqa: S311  (a demonstration has to be the same again, not hard to guess)
    start = today - timedelta(days=30 * months)
    people = draw_people(draw, members, start, today)
    diary = Diary(draw, people, start, today)
    tally = Tally()
    happenings = tuple(_Years(draw, people, diary, tally).between(start, today))
    shared = tuple(_shared(len(people), tally, today - timedelta(days=_SHARED)))
    directory = tuple(draw_listings(draw, people, today))
    return Plan(tuple(people), ORGANISATIONS, happenings, shared, directory)


class _Years:
    """Draws what happens, day by day, and keeps the tally of it."""

    def __init__(self, draw: Random, people: Sequence[Person], diary: Diary, tally: Tally):
        self._draw, self._people, self._diary, self._tally = draw, people, diary, tally
        self._givers = [
            index for index, person in enumerate(people) if person.habit in ("both", "gives")
        ]
        self._receivers = [
            index for index, person in enumerate(people) if person.habit in ("both", "receives")
        ]
        self._slips = 2000
        self._to_pass_on = 0
        """Minutes people gave to the chest that it has not passed on."""

    def between(self, start: date, today: date) -> list[Happening]:
        """Everything after the first day and before today."""
        happenings: list[Happening] = []
        days = (today - start).days
        for day in range(1, days):
            on = start + timedelta(days=day)
            # The bank grows: some four tries per member and quarter in the beginning, seven in the
            # end; about half come off.
            tries = self._about(len(self._people) * (4 + 3 * day / days) / 90)
            for helped in (self._help(on, today) for _ in range(tries)):
                if helped is not None:
                    self._tally.move(helped.moves)
                    happenings.append(helped)
            if self._draw.random() < len(self._people) / 1200:
                happenings += self._presents(on)
            for gathering in self._diary.held(on, self._tally):
                self._tally.move(gathering.moves)
                happenings.append(gathering)
        return happenings

    def _about(self, expected: float) -> int:
        """A whole number that is `expected` on average."""
        return int(expected) + (self._draw.random() < expected % 1)

    def _help(self, on: date, today: date) -> Help | None:
        """A try to help somebody; None when it does not come off."""
        draw = self._draw
        giver = draw.choice(self._givers)
        pastime = draw.choice(self._people[giver].gives)
        receiver = self._receiver(giver)
        minutes = draw.randrange(pastime.shortest, pastime.longest + 1, _STEP)
        if (
            receiver == giver
            or not self._is_there(giver, on)
            or (receiver >= 0 and not self._is_there(receiver, on))
            or (receiver >= 0 and self._people[receiver].habit not in ("both", "receives"))
            or self._may_spend(receiver) < minutes
        ):
            return None
        ending = _ending(draw, (today - on).days) if receiver >= 0 else "confirmed"
        if ending in ("waiting", "disputed", "agreed", "proposed"):
            # Whoever tries the demonstration may yet confirm it.
            self._tally.promise(receiver, minutes)
        channels = ("web", "phone", "paper", "in_person")
        channel = draw.choices(channels, (35, 30, 25, 10))[0] if receiver >= 0 else "phone"
        self._slips += channel == "paper"
        title = draw.choice(pastime.titles)
        thanks = draw.choice(("", "", "", *THANKS[pastime.skill]))
        return Help(
            on=on,
            giver=giver,
            receiver=receiver,
            minutes=minutes,
            skill=pastime.skill,
            title=title,
            channel=channel,
            slip=str(self._slips) if channel == "paper" else None,
            ending=ending,
            thanks=thanks if ending == "confirmed" else "",
        )

    def _receiver(self, giver: int) -> int:
        """Somebody to help: now and then an organisation, mostly a neighbour or anybody."""
        draw = self._draw
        if draw.random() < 0.04:
            return draw.choice(ORGANISATION_PARTIES)
        if draw.random() < 0.5:
            step = draw.choice([step for step in range(-_BAND, _BAND + 1) if step])
            return (giver + step) % len(self._people)
        return draw.choice(self._receivers)

    def _is_there(self, person: int, on: date) -> bool:
        return self._people[person].joined_on < on

    def _may_spend(self, receiver: int) -> int:
        """The minutes a party can be helped for."""
        if receiver == JOAN:
            keeps = _JOAN_KEEPS - floor_of(JOAN)
        elif receiver in PAYERS:
            keeps = _PAYERS_KEEP
        else:
            keeps = _MARGIN
        return self._tally.spare(receiver) - keeps

    def _presents(self, on: date) -> list[Present]:
        """A gift from somebody with hours to spare, mostly to the chest, which passes what it is
        given on to whoever needs it most."""
        draw, tally = self._draw, self._tally
        presents: list[Present] = []
        rich = [
            index
            for index in self._givers
            if tally.balance(index) >= 240 and self._is_there(index, on)
        ]
        if rich:
            giver = draw.choice(rich)
            to_chest = draw.random() < 0.8
            receiver = CHEST if to_chest else draw.choice(self._receivers)
            if to_chest:
                self._to_pass_on += 60
                presents.append(Present(on, giver, CHEST, 60, ""))
            elif receiver != giver and self._is_there(receiver, on):
                presents.append(Present(on, giver, receiver, 60, "For all you do."))
        poor = [
            index
            for index in self._receivers
            if tally.balance(index) <= -240 and self._is_there(index, on)
        ]
        if poor and self._to_pass_on >= 120:
            self._to_pass_on -= 120
            reason = REASONS[on.toordinal() % len(REASONS)]
            presents.append(Present(on, CHEST, draw.choice(poor), 120, reason))
        for present in presents:
            tally.move(present.moves)
        return presents


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


def _shared(members: int, tally: Tally, then: date) -> list[Help | Present]:
    """The group earns hours together, partners give to the chest, and the chest gives to the group
    and to whoever needs it."""
    lunch = Help(
        on=then,
        giver=GROUP,
        receiver=HALL,
        minutes=120,
        skill="Cooking",
        title="Lunch for the repair café",
        channel="phone",
        slip=None,
        ending="confirmed",
        thanks="",
    )
    poorest = sorted(range(3, members), key=tally.balance)[:2]
    reasons = ("Help in the kitchen at the winter lunches, which are open to everybody.", *REASONS)
    shared: list[Help | Present] = [
        lunch,
        Present(then, SURGERY, CHEST, 120, ""),
        Present(then, LIBRARY, CHEST, 120, ""),
        *(
            Present(then + timedelta(days=5 * number), CHEST, receiver, minutes, reason)
            for number, (receiver, minutes, reason) in enumerate(
                zip((GROUP, *poorest), (90, 75, 60), reasons, strict=False)
            )
        ),
    ]
    for happening in shared:
        tally.move(happening.moves)
    return shared
