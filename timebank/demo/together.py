"""What people of the demonstration bank did together, through the services that pages use.

Who was there the plan says; here are the activities themselves, and how a session is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.activities import evidence, posting, register, signing
from timebank.activities import service as activities_service
from timebank.activities.models import Activity
from timebank.activities.rules import (
    Details,
    Mark,
    NewOutcome,
    NewPhoto,
    NewQuote,
    NewSponsorship,
    Plan,
    Result,
    Rule,
    Source,
    Stage,
)
from timebank.banks.models import Bank
from timebank.demo import scenes
from timebank.demo.gatherings import SINCE, Gathering, There, Which, mender, professional
from timebank.demo.people import DEREK, JOAN, MAGGIE, OWEN, Person
from timebank.demo.tally import CHEST, HALL, PAYERS, PAYERS_FLOOR, SURGERY
from timebank.ledger import service as ledger_service
from timebank.members.models import Member


class Together:
    """Opens the activities, and holds their sessions as the days go by."""

    def __init__(
        self,
        session: Session,
        bank: Bank,
        people: Sequence[tuple[Person, Member]],
        accounts: Mapping[int, int],
        *,
        start: date,
        now: datetime,
        seed: int,
    ):
        """`accounts` are those of the plan's parties; `start` is the bank's first day."""
        self.session, self.bank, self.people, self.now = session, bank, people, now
        self.accounts = accounts
        self.today = now.date()
        self.start = max(start, self.today - timedelta(days=SINCE))
        self.draw = Random(seed)  # noqa: S311  (the same bank again, not a secret)
        self.activities: dict[Which, Activity] = {}

    def open(self, *, sponsor_id: int) -> None:
        """Open the activities, plan the sessions to come, and let those who pay go as low as the
        plan has them. `sponsor_id` is the surgery's."""
        for party in PAYERS:
            ledger_service.set_limits(
                self.session,
                self.bank,
                self.accounts[party],
                floor=PAYERS_FLOOR,
                ceiling=None,
                why="What pays for what everybody does may go this low.",
                by="system:demo",
            )
        self.bank.chest_floor = PAYERS_FLOOR
        self.session.flush()
        cafe, walk = self._cafe(), self._walk()
        consultation, bee = self._consultation(sponsor_id), self._bee()
        self.activities = {"cafe": cafe, "walk": walk, "consultation": consultation, "bee": bee}
        for which, activity in self.activities.items():
            drawn, alt = scenes.draw(which)
            self._shown(activity, NewPhoto(drawn, alt, consent=True))
        self._sign_up(cafe, days=23, hour=14, minutes=90, who=6)
        self._sign_up(walk, days=4, hour=10, minutes=60, who=10)
        self._to_come(consultation, days=12, hour=11, minutes=90)
        self._to_come(bee, days=17, hour=10, minutes=180)

    def hold(self, gathering: Gathering) -> None:
        """Plan a session, keep its register, and post its hours the day after."""
        session_id = self._plan(
            self.activities[gathering.which],
            gathering.on,
            gathering.hour,
            gathering.minutes,
            gathering.stage,
        )
        evening = self._noon(gathering.on) + timedelta(hours=7)
        by, keys = self._actor(MAGGIE), (self.session, self.bank, session_id)
        marks = [self._mark(there) for there in gathering.there]
        register.mark(*keys, marks, channel=Source.PAPER, act=Act(by, evening))
        if gathering.done:
            activities_service.write_up(*keys, Act(by, evening), done=gathering.done)
        if gathering.fate == "waits":
            return
        posting.post(*keys, act=Act(by, evening + timedelta(days=1)))
        if gathering.fate == "put_right":
            later = Act(by, evening + timedelta(days=2))
            why = "The sheet was read wrongly: the lead prepared an hour."
            posting.take_back(*keys, why=why, act=later)
            corrected = [self._mark(gathering.corrected)]
            register.mark(*keys, corrected, channel=Source.PAPER, act=later)
            posting.post(*keys, act=later)

    def _mark(self, there: There) -> Mark:
        return Mark(
            member_id=None if there.person is None else self._person(there.person).id,
            guest=there.guest,
            part=there.part,
            minutes=there.minutes,
            prepared=there.prepared,
            without_hours=there.without_hours,
        )

    # ---- The four activities ----

    def _cafe(self) -> Activity:
        lead = self._person(mender([person for person, _ in self.people]))
        cafe = self._opened(
            Details(
                title="Repair café",
                purpose=(
                    "To mend things together instead of throwing them away, and to have"
                    " tea meanwhile."
                ),
                rule=Rule.SPONSORED,
                payer_id=self.accounts[CHEST],
                resident_lead_id=lead.id,
                place="St Anne’s Hall",
                access_notes="Level from the side door. Tea is free.",
                public=True,
                lessons=(
                    "Two menders at one table get more done than three at three. Have a"
                    " spare kettle."
                ),
            )
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
        return cafe

    def _walk(self) -> Activity:
        derek = self._person(DEREK)
        walk = self._opened(
            Details(
                title="Walking group",
                purpose="An hour along the canal at the pace of the slowest, for legs and company.",
                rule=Rule.ATTENDEES_PAY,
                resident_lead_id=derek.id,
                place="The bridge at Canal Street",
                access_notes="Flat all the way; benches every quarter of a mile.",
                places=8,
                public=True,
            )
        )
        self._agreed(
            walk,
            "People who walk every week who did not before",
            "Tannery Court Surgery",
            10,
            12,
            "",
        )
        return walk

    def _consultation(self, sponsor_id: int) -> Activity:
        nurse = self._person(professional([person for person, _ in self.people]))
        joan = self._person(JOAN)
        together = self._opened(
            Details(
                title="Breathing easier",
                purpose=(
                    "A group consultation for people short of breath, planned, led and judged"
                    " with those who are."
                ),
                rule=Rule.SPONSORED,
                payer_id=self.accounts[SURGERY],
                resident_lead_id=joan.id,
                professional_lead_id=nurse.id,
                place="Tannery Court Surgery, upper room",
                access_notes="There is a lift. Bring your inhaler.",
                lessons=(
                    "Asking first what people were afraid of changed what the sessions were about."
                ),
                public=True,
            )
        )
        sponsorship = NewSponsorship(
            sponsor_id,
            minutes=200 * 60,
            starts_on=self.start,
            ends_on=self.today + timedelta(days=180),
            terms="Group consultations, agreed with the practice manager.",
            activity_id=together.id,
        )
        signed = Act(self._actor(OWEN), self._noon(self.start))
        activities_service.sponsor(self.session, self.bank, sponsorship, signed)
        self._agreed(
            together,
            "Fewer visits because of breathlessness",
            "Tannery Court Surgery",
            20,
            31,
            "Counted by the surgery.",
        )
        return together

    def _bee(self) -> Activity:
        return self._opened(
            Details(
                title="Garden bee at St Anne’s",
                purpose="To keep the garden behind the hall in use for everybody.",
                rule=Rule.WORKING_BEE,
                payer_id=self.accounts[HALL],
                percent=50,
                resident_lead_id=self._person(DEREK).id,
                place="Behind St Anne’s Hall",
                public=True,
            )
        )

    # ---- What they have in common ----

    def _opened(self, details: Details) -> Activity:
        when = Act(self._actor(MAGGIE), self._noon(self.start))
        return activities_service.open_activity(self.session, self.bank, details, when)

    def _agreed(
        self, activity: Activity, words: str, partner: str, target: int, reached: int, result: str
    ) -> None:
        when = Act(self._actor(MAGGIE), self.now - timedelta(days=30))
        agreed = NewOutcome(words, partner, target, self.start)
        outcome = activities_service.agree_outcome(
            self.session, self.bank, activity.id, agreed, when
        )
        activities_service.record_result(
            self.session, self.bank, outcome.id, Result(reached, result), when
        )

    def _quoted(self, activity: Activity, *quotes: tuple[str, str]) -> None:
        for words, said_by in quotes:
            quote = NewQuote(words, said_by, consent=True)
            when = Act(self._actor(MAGGIE), self.now)
            evidence.add_quote(self.session, self.bank, activity.id, quote, when)

    def _shown(self, activity: Activity, photo: NewPhoto) -> None:
        when = Act(self._actor(MAGGIE), self._noon(self.start))
        evidence.add_photo(self.session, self.bank, activity.id, photo, when)

    def _to_come(self, activity: Activity, *, days: int, hour: int, minutes: int) -> int:
        return self._plan(activity, self.today + timedelta(days=days), hour, minutes)

    def _plan(
        self, activity: Activity, on: date, hour: int, minutes: int, stage: Stage | None = None
    ) -> int:
        """A session on that day, planned by then. Returns its id."""
        starts_at = datetime.combine(on, time(hour), ZoneInfo(self.bank.timezone))
        (meeting,) = activities_service.plan(
            self.session,
            self.bank,
            activity.id,
            Plan(starts_at, minutes, stage),
            Act(self._actor(MAGGIE), min(self.now, self._noon(on))),
        )
        return meeting.id

    def _sign_up(self, activity: Activity, *, days: int, hour: int, minutes: int, who: int) -> None:
        """A session to come, with so many who mean to come; Joan is the first."""
        session_id = self._to_come(activity, days=days, hour=hour, minutes=minutes)
        joan = self._person(JOAN)
        for member in (joan, *self._some(self.today, who - 1, without={joan.id})):
            when = Act(self._actor(MAGGIE), self.now - timedelta(days=2))
            signing.sign_up(
                self.session, self.bank, session_id, member.id, when, channel=Source.PHONE
            )
            if member.id % 3:
                own = Act(self._by(member), when.now)
                signing.let_show(self.session, self.bank, session_id, member.id, True, own)

    # ---- Who ----

    def _person(self, index: int) -> Member:
        return self.people[index][1]

    def _actor(self, index: int) -> Actor:
        return self._by(self._person(index))

    def _by(self, member: Member) -> Actor:
        return Actor(self.bank.id, member.name, member.role, member.id, member.account_id)

    def _some(self, on: date, number: int, *, without: set[int]) -> list[Member]:
        """So many members who had joined by that day, or as many as there are."""
        there = [
            member
            for person, member in self.people
            if person.joined_on < on and member.id not in without
        ]
        return self.draw.sample(there, min(number, len(there)))

    def _noon(self, on: date) -> datetime:
        return datetime.combine(on, time(12), UTC)
