"""What the demonstration bank shared out, made up like all here: a round of money, in which one of
the three most wished for got nothing, so that the smaller part of those who voted got something
too; a round of hours that asks for ideas; and a small award whose report is late.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.dialogue.rules import PointKind
from timebank.fund import awards, money, small, voting
from timebank.fund import queries as fund
from timebank.fund import service as fund_service
from timebank.fund.models import Count, Round
from timebank.fund.rules import (
    Checked,
    Days,
    Finding,
    FundUnit,
    NewCeiling,
    NewPoint,
    NewProposal,
    NewReport,
    NewRound,
    NewSmallAward,
    PutIn,
    RoundState,
    Scrutineers,
    Ticks,
)

_POUND = 100
_IDEAS = {
    "Benches by the basin": (400, "Three more, with a back to lean on."),
    "A pond at the school": (350, "Frogs, and something to look at over the fence."),
    "Tea and tools": (300, "A kettle and a bench of tools at the hall, on Saturdays."),
    "Welsh for beginners": (280, "Ten evenings, for anybody who would like to try."),
    "Sewing machines": (260, "Two to borrow, and somebody who shows how."),
}
"""What was wished for: what it costs in pounds, and what it is."""

_VOTED = (("Benches by the basin", "A pond at the school", "Tea and tools"),) * 7 + (
    ("Welsh for beginners", "Sewing machines"),
) * 5
"""What twelve tick. The three first had most votes, and come to £1,050 together."""

_MOST_VOTERS = 36


def share_out(
    session: Session,
    bank: Bank,
    people: Sequence[Actor],
    donor_id: int,
    coordinator: Actor,
    *,
    now: datetime,
) -> Round | None:
    """`people` are residents who are no staff: the first proposes, the next two check and watch the
    count, and by twelves they vote. None where they are too few. The coordinator is a
    professional."""
    if len(people) < len(_VOTED):
        return None

    def days_ago(days: int, by: Actor = coordinator) -> Act:
        return Act(by, now - timedelta(days=days))

    proposer, checker, watcher = people[:3]
    professional_id = coordinator.member_id or 0
    round_ = fund_service.plan_round(session, bank, _planned(now), days_ago(150))
    fund_service.open_ideas(session, bank, round_.id, days_ago(148))
    ideas = {
        title: fund_service.propose(
            session,
            bank,
            round_.id,
            NewProposal(title, what, pounds * _POUND),
            days_ago(140, proposer),
        ).id
        for title, (pounds, what) in _IDEAS.items()
    }
    fund_service.move_on(session, bank, round_.id, RoundState.CHECKING, "", days_ago(130))
    check = Checked(checker.member_id or 0, professional_id, Finding.CAN)
    for idea in ideas.values():
        fund_service.check(session, bank, idea, check, days_ago(125))
    fund_service.move_on(session, bank, round_.id, RoundState.TALKING, "", days_ago(115))
    for kind, words in (
        (PointKind.FOR, "My mother would walk that far if she could sit down."),
        (PointKind.AGAINST, "We have three there already."),
    ):
        point = NewPoint(kind, words)
        fund_service.speak(
            session, bank, ideas["Benches by the basin"], point, days_ago(110, people[3])
        )
    given = PutIn(1200 * _POUND, days_ago(112).now.date(), "For what brings people together")
    money.put_in(session, bank, donor_id, given, days_ago(112))
    two = Scrutineers(watcher.member_id or 0, professional_id)
    fund_service.open_voting(session, bank, round_.id, two, days_ago(100))
    _vote(session, bank, round_, people, ideas, days_ago(95).now)
    voting.close(session, bank, round_.id, None, days_ago(86))
    voting.count_round(session, bank, round_.id, now=days_ago(86).now)
    for one in (watcher, coordinator):
        voting.say_same(session, bank, round_.id, days_ago(86, one))
    count = voting.announce(session, bank, round_.id, days_ago(85))
    _give(session, bank, count, coordinator, now)
    _give_a_little(session, bank, people, coordinator, now)
    _ask_for_ideas(session, bank, people, coordinator, now)
    return round_


def _give_a_little(
    session: Session, bank: Bank, people: Sequence[Actor], coordinator: Actor, now: datetime
) -> None:
    """What came back was given by a panel between rounds, and what came of it is not told yet."""
    ceiling = NewCeiling(FundUnit.PENCE, 100 * _POUND, 600 * _POUND)
    small.settle_ceiling(session, bank, ceiling, Act(coordinator, now - timedelta(days=60)))
    panel = [one.member_id or 0 for one in (people[1], people[2], coordinator)]
    decided = NewSmallAward(
        "A kettle for the walkers",
        FundUnit.PENCE,
        20 * _POUND,
        people[4].account_id or 0,
        "They meet in the cold, and it is little money.",
        panel,
        (now - timedelta(days=12)).date(),
        (now - timedelta(days=3)).date(),
    )
    act = Act(coordinator, now - timedelta(days=12))
    made = small.decide_small(session, bank, decided, act)
    small.pay_small(session, bank, made.id, Act(coordinator, now - timedelta(days=10)))


def _ask_for_ideas(
    session: Session, bank: Bank, people: Sequence[Actor], coordinator: Actor, now: datetime
) -> None:
    """A round of hours of the chest that takes ideas just now."""
    planned = NewRound(
        "Hours for the winter",
        "What neighbours can do for each other when the days are short.",
        "Money, and what somebody is paid for.",
        FundUnit.MINUTES,
        30 * 60,
        60,
        10 * 60,
        _days(now, -6, 8, 15, 24, 38, 140),
    )
    act = Act(coordinator, now - timedelta(days=6))
    round_ = fund_service.plan_round(session, bank, planned, act)
    fund_service.open_ideas(session, bank, round_.id, act)
    for who, title, what, hours in (
        (people[5], "Paths free of snow", "Whoever cannot shovel has it done by eight.", 8),
        (people[6], "Soup on Thursdays", "Two cook, two bring it round.", 10),
    ):
        mine = Act(who, now - timedelta(days=4))
        fund_service.propose(session, bank, round_.id, NewProposal(title, what, hours * 60), mine)


def _days(now: datetime, *after: int) -> Days:
    """The days of a round, each so many days from now."""
    return Days(*((now + timedelta(days=n)).date() for n in after))


def _planned(now: datetime) -> NewRound:
    return NewRound(
        "The summer fund",
        "Things that bring people together round the basin.",
        "Wages, and what the council has to do anyway.",
        FundUnit.PENCE,
        1200 * _POUND,
        50 * _POUND,
        1000 * _POUND,
        _days(now, -148, -130, -115, -100, -86, -20),
    )


def _vote(
    session: Session,
    bank: Bank,
    round_: Round,
    people: Sequence[Actor],
    ideas: Mapping[str, int],
    at: datetime,
) -> None:
    """By twelves, so that the shares are those of `_VOTED`, however many there are."""
    electors = [
        one
        for one in people
        if one.member_id and fund.elector(session, bank, round_.id, one.member_id)
    ]
    voters = electors[: min(len(electors), _MOST_VOTERS) // len(_VOTED) * len(_VOTED)]
    for n, voter in enumerate(voters):
        ticks = Ticks([ideas[title] for title in _VOTED[n % len(_VOTED)]])
        voting.vote(session, bank, round_.id, ticks, Act(voter, at))


def _give(session: Session, bank: Bank, count: Count, coordinator: Actor, now: datetime) -> None:
    """Award, pay and hear of all that is funded; of the first something was left, and came back."""
    left = 1500
    for idea_id in json.loads(count.content)["funded"]:
        made = awards.award(
            session, bank, int(idea_id), "", Act(coordinator, now - timedelta(days=80))
        )
        awards.pay(session, bank, made.id, Act(coordinator, now - timedelta(days=76)))
        report = NewReport("It is there, and it is used every week.", made.amount - left, 25)
        awards.report(session, bank, made.id, report, Act(coordinator, now - timedelta(days=18)))
        if left:
            awards.take_back(session, bank, made.id, Act(coordinator, now - timedelta(days=15)))
        left = 0
    awards.finish(session, bank, count.round_id, Act(coordinator, now - timedelta(days=14)))
