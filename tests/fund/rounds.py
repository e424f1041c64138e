"""Rounds for tests, taken step by step through the services."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member, make_organisation, system
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.fund import awards, money, queries, service, small, voting
from timebank.fund.models import Proposal, Round, SmallAward
from timebank.fund.rules import (
    Checked,
    Days,
    Finding,
    FundUnit,
    NewCeiling,
    NewProposal,
    NewRound,
    NewSmallAward,
    PotKind,
    PutIn,
    RoundState,
    Scrutineers,
    Ticks,
)
from timebank.members import queries as members
from timebank.members.models import Member

TODAY = date(2026, 11, 12)
DAYS = Days(
    ideas_on=date(2026, 10, 1),
    checking_on=date(2026, 10, 10),
    talking_on=date(2026, 10, 20),
    voting_on=date(2026, 11, 1),
    closes_on=TODAY,
    reports_on=date(2027, 2, 1),
)


def days_from_today(*after: int) -> Days:
    """The days of a round, each so many days from the one on which it all is tried."""
    return Days(*(TODAY + timedelta(days=n) for n in after))


POUND = 100
IDEAS = {
    "Benches": 400,
    "Pond": 350,
    "Tea and Tools": 300,
    "Welsh": 280,
    "Sewing": 260,
}
"""What the twelve of the example wish for, in pounds: seven the first three, five the others."""


@dataclass
class Town:
    """A bank with its people: a coordinator, somebody who proposes, two who check, two
    scrutineers, and twelve voters."""

    session: Session
    bank: Bank
    owen: Member
    pat: Member
    rosa: Member
    dr_lee: Member
    kwame: Member
    anne: Member
    voters: list[Member] = field(default_factory=list)

    @property
    def by(self) -> Act:
        return Act(actor(self.owen), NOW)

    def act(self, member: Member) -> Act:
        return Act(actor(member), NOW)


def make_town(session: Session, voters: int = 12) -> Town:
    bank = make_bank(session)
    return Town(
        session,
        bank,
        owen=make_member(session, bank, "Owen", role="coordinator"),
        pat=make_member(session, bank, "Pat"),
        rosa=make_member(session, bank, "Rosa"),
        dr_lee=make_member(session, bank, "Dr Lee", capacity="practitioner"),
        kwame=make_member(session, bank, "Kwame"),
        anne=make_member(session, bank, "Anne", capacity="planner"),
        voters=[make_member(session, bank, f"Voter {n}") for n in range(1, voters + 1)],
    )


def put_in(town: Town, pounds: int) -> None:
    there = members.organisations(town.session, town.bank)
    council = there[0] if there else make_organisation(town.session, town.bank, "Council")
    money.put_in(town.session, town.bank, council.id, PutIn(pounds * POUND, TODAY), town.by)


def new_round(**changes: Any) -> NewRound:
    values = {
        "title": "The winter fund",
        "purpose": "Things that bring people together.",
        "not_for": "Wages.",
        "unit": FundUnit.PENCE,
        "budget": 1200 * POUND,
        "smallest": 50 * POUND,
        "largest": 1000 * POUND,
        "days": DAYS,
    }
    return NewRound(**{**values, **changes})


def talked_over(town: Town, ideas: dict[str, int] | None = None, **changes: Any) -> Round:
    """A round whose ideas are all checked, ready for the vote."""
    session, bank = town.session, town.bank
    round_ = service.plan_round(session, bank, new_round(**changes), town.by)
    service.open_ideas(session, bank, round_.id, town.by)
    unit = 1 if round_.unit == FundUnit.MINUTES else POUND
    made = [
        service.propose(
            session,
            bank,
            round_.id,
            NewProposal(title, "So we do.", cost * unit),
            town.act(town.pat),
        )
        for title, cost in (IDEAS if ideas is None else ideas).items()
    ]
    service.move_on(session, bank, round_.id, RoundState.CHECKING, "", town.by)
    for one in made:
        found = Checked(town.rosa.id, town.dr_lee.id, Finding.CAN)
        service.check(session, bank, one.id, found, town.by)
    return service.move_on(session, bank, round_.id, RoundState.TALKING, "", town.by)


def open_round(town: Town, ideas: dict[str, int] | None = None, **changes: Any) -> Round:
    """A round that is voted on."""
    round_ = talked_over(town, ideas, **changes)
    if round_.unit == FundUnit.PENCE:
        put_in(town, round_.budget // POUND)
    two = Scrutineers(town.kwame.id, town.anne.id)
    return service.open_voting(town.session, town.bank, round_.id, two, town.by)


def proposals(town: Town, round_: Round) -> dict[str, Proposal]:
    return {one.title: one for one in queries.proposals(town.session, town.bank, round_)}


def ticks(town: Town, round_: Round, *titles: str) -> Ticks:
    found = proposals(town, round_)
    return Ticks([found[title].id for title in titles], none=not titles)


def all_vote(town: Town, round_: Round) -> list[str]:
    """The twelve vote as in the example; their receipts."""
    session, bank = town.session, town.bank
    first = ticks(town, round_, "Benches", "Pond", "Tea and Tools")
    second = ticks(town, round_, "Welsh", "Sewing")
    return [
        voting.vote(session, bank, round_.id, first if n < 7 else second, town.act(voter))
        for n, voter in enumerate(town.voters)
    ]


def counted(town: Town, **changes: Any) -> Round:
    """A round whose vote was counted."""
    round_ = open_round(town, **changes)
    all_vote(town, round_)
    voting.close(town.session, town.bank, round_.id, None, town.by)
    voting.count_round(town.session, town.bank, round_.id, now=NOW)
    return round_


def both_say_same(town: Town, round_: Round) -> None:
    for one in (town.kwame, town.anne):
        voting.say_same(town.session, town.bank, round_.id, town.act(one))


def announced(town: Town, **changes: Any) -> Round:
    round_ = counted(town, **changes)
    both_say_same(town, round_)
    voting.announce(town.session, town.bank, round_.id, town.by)
    return round_


def by_system(town: Town) -> Act:
    return Act(system(town.bank), NOW)


def titles(town: Town, round_: Round, ids: Sequence[str]) -> list[str]:
    by_id = {str(one.id): title for title, one in proposals(town, round_).items()}
    return [by_id[one] for one in ids]


def begin(town: Town, round_: Round) -> Round:
    two = Scrutineers(town.kwame.id, town.anne.id)
    return service.open_voting(town.session, town.bank, round_.id, two, town.by)


def empty_pot(town: Town) -> None:
    money.pot(town.session, town.bank, PotKind.SPENT)


def open_beside(town: Town) -> Round:
    """Another round that is voted on."""
    round_ = talked_over(town, title="Beside")
    put_in(town, 1200)
    return begin(town, round_)


@dataclass(frozen=True)
class Beside:
    award: int
    count: int


def counted_beside(town: Town) -> Beside:
    """Another round with an award that has not reported, and a count that nothing refers to."""
    session, bank = town.session, town.bank
    round_ = open_beside(town)
    all_vote(town, round_)
    voting.close(session, bank, round_.id, None, town.by)
    first = voting.count_round(session, bank, round_.id, now=NOW)
    voting.refuse(session, bank, round_.id, "Again.", town.by)
    voting.count_round(session, bank, round_.id, now=NOW)
    both_say_same(town, round_)
    voting.announce(session, bank, round_.id, town.by)
    tea = proposals(town, round_)["Tea and Tools"].id
    return Beside(awards.award(session, bank, tea, "", town.by).id, first.id)


def settled(town: Town, unit: FundUnit = FundUnit.PENCE, times: int = POUND) -> None:
    """A panel may give 200 at once and 300 in a year."""
    ceiling = NewCeiling(unit, 200 * times, 300 * times)
    small.settle_ceiling(town.session, town.bank, ceiling, town.by)


def small_award(town: Town, **changes: Any) -> SmallAward:
    """Rosa, Kwame and Dr Lee give Pat £120."""
    values = {
        "title": "Paint for the hall",
        "unit": FundUnit.PENCE,
        "amount": 120 * POUND,
        "party_id": town.pat.account_id,
        "why": "The old one peels.",
        "panel": (town.rosa.id, town.kwame.id, town.dr_lee.id),
        "sat_on": TODAY,
        "report_due_on": DAYS.reports_on,
    }
    new = NewSmallAward(**{**values, **changes})
    return small.decide_small(town.session, town.bank, new, town.by)
