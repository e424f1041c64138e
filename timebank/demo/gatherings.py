"""What people of the demonstration bank did together: the sessions of four activities, who was
there, and what it moved.

Pure. There is a repair café, a walking group, a consultation at the surgery, and a working bee in a
garden.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Literal

from timebank.activities import rules as activities_rules
from timebank.activities.rules import Part, Rule, Stage, Terms
from timebank.demo.people import DEREK, GUESTS, JOAN, OWEN, Person
from timebank.demo.tally import CHEST, HALL, SURGERY, Move, Tally

Which = Literal["cafe", "walk", "consultation", "bee"]
Fate = Literal["posted", "waits", "put_right"]

TERMS: dict[Which, Terms] = {
    "cafe": Terms(Rule.SPONSORED, CHEST, sponsor=CHEST),
    "walk": Terms(Rule.ATTENDEES_PAY, CHEST),
    "consultation": Terms(Rule.SPONSORED, CHEST, sponsor=SURGERY),
    "bee": Terms(Rule.WORKING_BEE, CHEST, receiver=HALL, percent=50),
}
"""By which rule the hours of each activity move, with parties for accounts."""

SINCE = 540
"""Days back to the first session, however old the bank is."""


@dataclass(frozen=True)
class There:
    """Somebody who was at a session: a person by their place in the plan, or a guest by name."""

    part: Part
    minutes: int
    person: int | None = None
    guest: str = ""
    prepared: int = 0
    without_hours: bool = False


@dataclass(frozen=True)
class Gathering:
    """A session that was held. Whoever leads it comes first in `there`.

    `fate` is what became of its hours: posted, still to be posted, or posted, taken back and posted
    anew with what was wrong put right.
    """

    which: Which
    on: date
    hour: int
    minutes: int
    there: tuple[There, ...]
    stage: Stage | None = None
    done: str = ""
    fate: Fate = "posted"

    @property
    def corrected(self) -> There:
        """What the register says of the lead when it is put right."""
        return replace(self.there[0], prepared=60)

    @property
    def moves(self) -> list[Move]:
        """What is posted of it, in its order."""
        if self.fate == "waits":
            return []
        posted = self._posted(self.there)
        if self.fate == "posted":
            return posted
        back = [(payee, payer, minutes) for payer, payee, minutes in posted]
        return [*posted, *back, *self._posted((self.corrected, *self.there[1:]))]

    def _posted(self, there: Collection[There]) -> list[Move]:
        parts = [
            activities_rules.Contribution(one.person, part, minutes, one.without_hours)
            for one in there
            for part, minutes in ((one.part, one.minutes), (Part.PREPARED, one.prepared))
            if minutes
        ]
        return list(activities_rules.legs(TERMS[self.which], parts))


@dataclass(frozen=True)
class _Dated:
    """A session in the diary, before anybody is there."""

    which: Which
    hour: int
    minutes: int
    stage: Stage | None = None
    fate: Fate = "posted"


class Diary:
    """Every session that was to be held, by its day. Who comes is drawn when the day comes."""

    def __init__(self, draw: Random, people: Sequence[Person], start: date, today: date):
        """`start` is the bank's first day."""
        self._draw, self._people = draw, people
        self._lead = {
            "cafe": mender(people),
            "walk": DEREK,
            "consultation": professional(people),
            "bee": DEREK,
        }
        self._days: dict[date, list[_Dated]] = {}
        first = max(start, today - timedelta(days=SINCE)) + timedelta(days=5)
        for days_ago, dated in _dated():
            on = today - timedelta(days=days_ago)
            if on > first:
                self._days.setdefault(on, []).append(dated)

    def held(self, on: date, tally: Tally) -> list[Gathering]:
        """The sessions of that day, with everybody who was there, after what `tally` knows of."""
        return [self._held(on, dated, tally) for dated in self._days.get(on, [])]

    def _held(self, on: date, dated: _Dated, tally: Tally) -> Gathering:
        came: dict[Which, Callable[[date, Tally], list[There]]] = {
            "cafe": self._at_the_cafe,
            "walk": self._on_the_walk,
            "consultation": self._at_the_surgery,
            "bee": self._in_the_garden,
        }
        lead = There(
            Part.LED,
            dated.minutes,
            self._lead[dated.which],
            prepared=30 if dated.which in ("cafe", "consultation") else 0,
        )
        return Gathering(
            dated.which,
            on,
            dated.hour,
            dated.minutes,
            (lead, *came[dated.which](on, tally)),
            dated.stage,
            self._done(dated.which),
            dated.fate,
        )

    def _done(self, which: Which) -> str:
        """What is written up about a session."""
        if which == "cafe":
            return self._draw.choice(
                ("Nine things mended, two given up.", "A lamp, two zips and a radio.", "")
            )
        return (
            "The long bed is dug, and there is leek soup for next time." if which == "bee" else ""
        )

    def _at_the_cafe(self, on: date, _: Tally) -> list[There]:
        lead = self._lead["cafe"]
        menders = self._some(on, 2, without={lead})
        visitors = self._some(on, 4, without={lead, *menders})
        return [
            *(There(Part.HELPED, 60, one) for one in menders),
            *(There(Part.ATTENDED, self._draw.choice((45, 60, 90)), one) for one in visitors),
            *self._guests(2),
        ]

    def _on_the_walk(self, on: date, tally: Tally) -> list[There]:
        """Up to six who have hours to spend, and a few who need not pay."""
        payers: list[int] = []
        for habit, least, most in (("gives", 120, 4), ("both", 300, 2)):
            rich = [
                index
                for index, person in enumerate(self._people)
                if index > DEREK
                and person.habit == habit
                and person.joined_on < on
                and tally.balance(index) >= least
            ]
            payers += self._draw.sample(rich, min(most, len(rich)))
        others = self._some(on, 3, without={DEREK, *payers})
        return [
            *(There(Part.ATTENDED, 60, one) for one in payers),
            *(There(Part.ATTENDED, 60, one, without_hours=True) for one in others),
            *self._guests(1),
        ]

    def _at_the_surgery(self, on: date, _: Tally) -> list[There]:
        came = self._some(on, 5, without={self._lead["consultation"], JOAN})
        return [There(Part.CO_LED, 90, JOAN), *(There(Part.ATTENDED, 90, one) for one in came)]

    def _in_the_garden(self, on: date, _: Tally) -> list[There]:
        hands = self._some(on, 5, without={DEREK})
        return [*(There(Part.HELPED, 120, one) for one in hands), *self._guests(1)]

    def _some(self, on: date, number: int, *, without: set[int]) -> list[int]:
        """So many people who had joined by that day, or as many as there are."""
        there = [
            index
            for index, person in enumerate(self._people)
            if person.joined_on < on and index not in without
        ]
        return self._draw.sample(there, min(number, len(there)))

    def _guests(self, most: int) -> list[There]:
        names = self._draw.sample(GUESTS, self._draw.randrange(most + 1))
        return [There(Part.ATTENDED, 45, guest=name) for name in names]


def mender(people: Sequence[Person]) -> int:
    """Who leads the repair café: a resident of the first day who gives and is helped, or else
    Derek."""
    return next(
        (
            index
            for index, person in enumerate(people)
            if index > DEREK
            and person.joined_on == people[JOAN].joined_on
            and (person.habit, person.capacity) == ("both", "resident")
        ),
        DEREK,
    )


def professional(people: Sequence[Person]) -> int:
    """Who leads the consultation: a practitioner of the first day who is no member of the staff, or
    else the coordinator, who is one too."""
    return next(
        (
            index
            for index, person in enumerate(people)
            if person.role == "member"
            and person.joined_on == people[JOAN].joined_on
            and person.capacity == "practitioner"
        ),
        OWEN,
    )


def _dated() -> list[tuple[int, _Dated]]:
    """The sessions of a bank that is old enough for all of them, by how many days ago they were."""
    cafe_fates: dict[int, Fate] = {5: "waits", 89: "put_right"}
    stages = {255: Stage.ASSESS_NEEDS, 240: Stage.DESIGN, 20: Stage.EVALUATE}
    return [
        *(
            (days, _Dated("cafe", 14, 90, fate=cafe_fates.get(days, "posted")))
            for days in range(5, SINCE, 28)
        ),
        *((days, _Dated("walk", 10, 60)) for days in range(3, 240, 7)),
        *(
            (days, _Dated("consultation", 11, 90, stages.get(days)))
            for days in (255, 240, 215, 175, 135, 95, 55, 20)
        ),
        *((days, _Dated("bee", 10, 180)) for days in (40, 220, 410)),
    ]
