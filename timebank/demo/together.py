"""What people of the demonstration bank did together, through the services that pages use.

There is a repair café, a walking group, a consultation at the surgery, and a working bee in a
garden. Sessions are held in their order, between the other happenings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.activities import evidence, posting, register, signing
from timebank.activities import service as activities_service
from timebank.activities.models import Activity
from timebank.activities.register import Mark
from timebank.banks.models import Bank
from timebank.demo.people import GUESTS
from timebank.demo.plan import Person
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.members.models import Member

_PAYERS_FLOOR = -200 * 60
"""How far the chest, the hall and the surgery may go below nothing, in minutes: they pay before
others pay them."""

_SINCE = 540
"""Days back to the first session, however old the bank is."""

_JOAN, _MAGGIE, _OWEN, _DEREK = range(4)


@dataclass(frozen=True)
class _Held:
    """A session that was held on a day, and who was there, asked for when the day comes. `fate` is
    what became of its hours."""

    on: date
    session_id: int
    minutes: int
    marks: Callable[[date], list[Mark]]
    done: str = ""
    fate: str = "posted"


class Together:
    """Opens the activities, and holds their sessions as the days go by."""

    def __init__(
        self,
        session: Session,
        bank: Bank,
        people: Sequence[tuple[Person, Member]],
        organisations: Sequence[tuple[int, int]],
        *,
        start: date,
        now: datetime,
        seed: int,
    ):
        """`organisations` are ids with accounts: the hall, the surgery, the library. `start` is the
        bank's first day."""
        self.session, self.bank, self.people, self.now = session, bank, people, now
        self.hall, self.surgery = organisations[:2]
        self.today = now.date()
        self.start = max(start, self.today - timedelta(days=_SINCE))
        self.draw = Random(seed)  # noqa: S311  (the same bank again, not a secret)
        self.held: list[_Held] = []
        self.have_paid: set[int] = set()

    def open(self) -> None:
        """Open the activities and plan every session, those to come too."""
        chest = ledger.common_account(self.session, self.bank, "chest").id
        self.bank.chest_floor = _PAYERS_FLOOR
        for account_id in (chest, self.hall[1], self.surgery[1]):
            ledger_service.set_limits(
                self.session, self.bank, account_id, floor=_PAYERS_FLOOR, ceiling=None
            )
        cafe = self._cafe(chest)
        walk = self._walk()
        self._consultation()
        self._bee()
        self._sign_up(cafe, days=23, hour=14, minutes=90, who=6)
        self._sign_up(walk, days=4, hour=10, minutes=60, who=10)
        self.held.sort(key=lambda one: (one.on, one.session_id))

    def until(self, day: date) -> None:
        """Hold the sessions before that day which were not held yet."""
        while self.held and self.held[0].on < day:
            self._hold(self.held.pop(0))

    # ---- The four activities ----

    def _cafe(self, chest: int) -> Activity:
        lead = self._mender()
        cafe = self._opened(
            "Repair café",
            "To mend things together instead of throwing them away, and to have tea meanwhile.",
            rule="sponsored",
            payer_id=chest,
            resident_lead_id=lead.id,
            place="St Anne’s Hall",
            access_notes="Level from the side door. Tea is free.",
            public=True,
            lessons=(
                "Two menders at one table get more done than three at three. Have a spare kettle."
            ),
        )
        self._agreed(
            cafe,
            "Things mended instead of thrown away",
            "Alder Row Council",
            100,
            143,
            "Lamps and trousers most of all.",
        )
        words = (("I came for a toaster and went home with four new names.", "a member, 79"),)
        self._quoted(cafe, *words, ("Nobody laughed at my knots.", "Derek"))

        def there(on: date) -> list[Mark]:
            menders = self._some(on, 2, without={lead.id})
            came = self._some(on, 4, without={lead.id, *(one.id for one in menders)})
            return [
                Mark(lead.id, part="led", prepared=30),
                *(Mark(one.id, part="helped", minutes=60) for one in menders),
                *(
                    Mark(one.id, part="attended", minutes=self.draw.choice((45, 60, 90)))
                    for one in came
                ),
                *self._guests(2),
            ]

        for number, days in enumerate(range(5, _SINCE, 28)):
            fate = {0: "waits", 3: "put right"}.get(number, "posted")
            done = self.draw.choice(
                ("Nine things mended, two given up.", "A lamp, two zips and a radio.", "")
            )
            self._planned(cafe, days, 14, 90, there, fate=fate, done=done)
        return cafe

    def _walk(self) -> Activity:
        derek = self._person(_DEREK)
        walk = self._opened(
            "Walking group",
            "An hour along the canal at the pace of the slowest, for legs and company.",
            rule="attendees_pay",
            resident_lead_id=derek.id,
            place="The bridge at Canal Street",
            access_notes="Flat all the way; benches every quarter of a mile.",
            places=8,
            public=True,
        )
        self._agreed(
            walk,
            "People who walk every week who did not before",
            "Tannery Court Surgery",
            10,
            12,
            "",
        )

        def there(on: date) -> list[Mark]:
            payers = self._walkers(on)
            others = self._some(on, 3, without={derek.id, *(one.id for one in payers)})
            return [
                Mark(derek.id, part="led"),
                *(Mark(one.id, part="attended") for one in payers),
                *(Mark(one.id, part="attended", without_hours=True) for one in others),
                *self._guests(1),
            ]

        for days in range(3, 240, 7):
            self._planned(walk, days, 10, 60, there)
        return walk

    def _consultation(self) -> None:
        nurse, joan = self._professional(), self._person(_JOAN)
        organisation_id, account_id = self.surgery
        together = self._opened(
            "Breathing easier",
            "A group consultation for people short of breath, planned, led and judged with those"
            " who are.",
            rule="sponsored",
            payer_id=account_id,
            resident_lead_id=joan.id,
            professional_lead_id=nurse.id,
            place="Tannery Court Surgery, upper room",
            access_notes="There is a lift. Bring your inhaler.",
            lessons="Asking first what people were afraid of changed what the sessions were about.",
        )
        activities_service.sponsor(
            self.session,
            self.bank,
            organisation_id,
            Act(self._actor(_OWEN), self._noon(self.start)),
            activity_id=together.id,
            minutes=200 * 60,
            starts_on=self.start,
            ends_on=self.today + timedelta(days=180),
            terms="Group consultations, agreed with the practice manager.",
        )
        self._agreed(
            together,
            "Fewer visits because of breathlessness",
            "Tannery Court Surgery",
            20,
            31,
            "Counted by the surgery.",
        )

        def there(on: date) -> list[Mark]:
            came = self._some(on, 5, without={nurse.id, joan.id})
            return [
                Mark(nurse.id, part="led", prepared=30),
                Mark(joan.id, part="co_led"),
                *(Mark(one.id, part="attended") for one in came),
            ]

        stages = {255: "assess_needs", 240: "design", 20: "evaluate"}
        for days in (255, 240, 215, 175, 135, 95, 55, 20):
            self._planned(together, days, 11, 90, there, stage=stages.get(days))
        self._to_come(together, 12, 11, 90)

    def _bee(self) -> None:
        derek = self._person(_DEREK)
        bee = self._opened(
            "Garden bee at St Anne’s",
            "To keep the garden behind the hall in use for everybody.",
            rule="working_bee",
            payer_id=self.hall[1],
            percent=50,
            resident_lead_id=derek.id,
            place="Behind St Anne’s Hall",
        )

        def there(on: date) -> list[Mark]:
            hands = self._some(on, 5, without={derek.id})
            return [
                Mark(derek.id, part="led"),
                *(Mark(one.id, part="helped", minutes=120) for one in hands),
                *self._guests(1),
            ]

        for days in (40, 220, 410):
            self._planned(
                bee,
                days,
                10,
                180,
                there,
                done="The long bed is dug, and there is leek soup for next time.",
            )
        self._to_come(bee, 17, 10, 180)

    # ---- What they have in common ----

    def _opened(self, title: str, purpose: str, **details: Any) -> Activity:
        when = Act(self._actor(_MAGGIE), self._noon(self.start))
        return activities_service.open_activity(
            self.session, self.bank, title=title, purpose=purpose, **details, act=when
        )

    def _agreed(
        self, activity: Activity, words: str, partner: str, target: int, reached: int, result: str
    ) -> None:
        when = Act(self._actor(_MAGGIE), self.now - timedelta(days=30))
        agreed = {
            "words": words,
            "partner": partner,
            "target": target,
            "agreed_on": self.start,
            "act": when,
        }
        outcome = activities_service.agree_outcome(self.session, self.bank, activity.id, **agreed)
        activities_service.record_result(
            self.session, self.bank, outcome.id, reached=reached, result=result, act=when
        )

    def _quoted(self, activity: Activity, *quotes: tuple[str, str]) -> None:
        for words, said_by in quotes:
            said = {
                "words": words,
                "said_by": said_by,
                "consent": True,
                "act": Act(self._actor(_MAGGIE), self.now),
            }
            evidence.add_quote(self.session, self.bank, activity.id, **said)

    def _planned(
        self,
        activity: Activity,
        days_ago: int,
        hour: int,
        minutes: int,
        marks: Callable[[date], list[Mark]],
        *,
        stage: str | None = None,
        done: str = "",
        fate: str = "posted",
    ) -> None:
        """A session so many days ago, if there was a bank then, to be held when that day comes."""
        on = self.today - timedelta(days=days_ago)
        if on > self.start + timedelta(days=5):
            session_id = self._to_come(activity, -days_ago, hour, minutes, stage)
            self.held.append(_Held(on, session_id, minutes, marks, done, fate))

    def _to_come(
        self, activity: Activity, days: int, hour: int, minutes: int, stage: str | None = None
    ) -> int:
        on = self.today + timedelta(days=days)
        starts_at = datetime.combine(on, time(hour), ZoneInfo(self.bank.timezone))
        when = {"starts_at": starts_at, "minutes": minutes, "stage": stage}
        planned = Act(self._actor(_MAGGIE), min(self.now, self._noon(on)))
        return activities_service.plan(self.session, self.bank, activity.id, act=planned, **when)[
            0
        ].id

    def _sign_up(self, activity: Activity, *, days: int, hour: int, minutes: int, who: int) -> None:
        """A session to come, with so many who mean to come; Joan is the first."""
        session_id = self._to_come(activity, days, hour, minutes)
        joan = self._person(_JOAN)
        for member in (joan, *self._some(self.today, who - 1, without={joan.id})):
            said = {
                "channel": "phone",
                "act": Act(self._actor(_MAGGIE), self.now - timedelta(days=2)),
            }
            signing.sign_up(self.session, self.bank, session_id, member.id, **said)

    def _hold(self, held: _Held) -> None:
        marks, evening = held.marks(held.on), self._noon(held.on) + timedelta(hours=7)
        by, keys = self._actor(_MAGGIE), (self.session, self.bank, held.session_id)
        register.mark(*keys, marks, channel="paper", act=Act(by, evening))
        if held.done:
            activities_service.write_up(*keys, done=held.done, by=by)
        if held.fate == "waits":
            return
        posting.post(*keys, act=Act(by, evening + timedelta(days=1)))
        if held.fate == "put right":
            later = evening + timedelta(days=2)
            posting.take_back(
                *keys,
                why="The sheet was read wrongly: the lead prepared an hour.",
                act=Act(by, later),
            )
            register.mark(
                *keys,
                [Mark(marks[0].member_id, part="led", prepared=60)],
                channel="paper",
                act=Act(by, later),
            )
            posting.post(*keys, act=Act(by, later))

    # ---- Who ----

    def _person(self, index: int) -> Member:
        return self.people[index][1]

    def _actor(self, index: int) -> Actor:
        member = self._person(index)
        return Actor(self.bank.id, member.name, member.role, member.id, member.account_id)

    def _professional(self) -> Member:
        """A practitioner who is no member of the staff, or else the coordinator, who is one too."""
        found = [
            member
            for person, member in self.people
            if person.role == "member" and person.capacity == "practitioner"
        ]
        return found[0] if found else self._person(_OWEN)

    def _mender(self) -> Member:
        """A resident of the first day who gives and is helped, or else Derek."""
        there = [
            (person, member)
            for person, member in self.people[4:]
            if person.joined_on <= self.start + timedelta(days=2)
        ]
        found = [
            member
            for person, member in there
            if (person.habit, person.capacity) == ("both", "resident")
        ]
        return found[0] if found else self._person(_DEREK)

    def _some(self, on: date, number: int, *, without: set[int]) -> list[Member]:
        """So many members who had joined by that day, or as many as there are."""
        there = [
            member
            for person, member in self.people
            if person.joined_on < on and member.id not in without
        ]
        return self.draw.sample(there, min(number, len(there)))

    def _walkers(self, on: date) -> list[Member]:
        """Up to six who have hours to spend. Who is also helped pays for one walk only: the plan
        knows nothing of it."""
        there = {
            member.account_id or 0: (person, member)
            for person, member in self.people[4:]
            if person.joined_on < on
        }
        states = ledger.accounts(self.session, self.bank, list(there))
        found: list[Member] = []
        for habit, least, most in (("gives", 120, 4), ("both", 300, 2)):
            rich = [
                member
                for account_id, (person, member) in there.items()
                if person.habit == habit
                and states[account_id].balance >= least
                and member.id not in self.have_paid
            ]
            chosen = self.draw.sample(rich, min(most, len(rich)))
            self.have_paid |= {member.id for member in chosen if habit == "both"}
            found += chosen
        return found

    def _guests(self, most: int) -> list[Mark]:
        names = self.draw.sample(GUESTS, self.draw.randrange(most + 1))
        return [Mark(guest=name, part="attended", minutes=45) for name in names]

    def _noon(self, on: date) -> datetime:
        return datetime.combine(on, time(12), UTC)
