"""The demonstration bank: made through the services, on both engines, with books that are right."""

import json
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.demonstration import demonstrate
from tests.factories import NOW
from timebank.access import service as access_service
from timebank.act import Actor
from timebank.activities import queries as activities
from timebank.activities.rules import Part
from timebank.banks.models import Bank
from timebank.demo import service
from timebank.demo.plan import make_plan
from timebank.demo.tally import FLOOR, Tally
from timebank.desk import day
from timebank.dialogue import conversation_queries, evaluation_queries, promise_queries
from timebank.dialogue import queries as dialogue
from timebank.exchanges import queries as exchanges
from timebank.exchanges.models import Step
from timebank.fund import proof
from timebank.fund import queries as fund
from timebank.ledger import check
from timebank.members import queries as members
from timebank.skills import queries as skills
from timebank.surveys import service as surveys_service

LARGE = {"members": 60, "months": 18, "seed": 3}
SMALL = {"members": 8, "months": 1, "seed": 1}


@pytest.fixture
def bank(engine, request) -> Bank:
    """The demonstration bank: a large one unless the test asks for another."""
    demonstrate(engine, **getattr(request, "param", LARGE))
    with Session(engine, expire_on_commit=False) as session:
        return session.execute(select(Bank)).scalar_one()


small = pytest.mark.parametrize("bank", [SMALL], indirect=True, ids=[""])


def test_a_bank_with_a_past_whose_books_are_right(bank, session):
    assert session.execute(text("SELECT sum(balance) FROM account")).scalar_one() == 0
    outside = text("SELECT count(*) FROM account WHERE balance < floor OR balance > ceiling")
    assert session.execute(outside).scalar_one() == 0
    floors = text("SELECT DISTINCT floor FROM account WHERE kind = 'member'")
    assert list(session.execute(floors).scalars()) == [FLOOR]
    assert session.execute(text("SELECT count(*) FROM entry")).scalar_one() > 100
    statuses = set(session.execute(text("SELECT DISTINCT status FROM exchange")).scalars())
    assert {"confirmed", "reversed", "logged", "agreed"} <= statuses
    yet_to_come = select(func.count()).select_from(Step).where(Step.at > NOW)
    assert session.execute(yet_to_come).scalar_one() == 0
    joan = next(
        row
        for row in members.find_parties(session, bank, "Joan Whitlock", within=members.EVERYBODY)
        if row.member_id
    )
    assert exchanges.waiting_for(session, bank, {joan.account_id}, by=None)
    for kind in ("offer", "request"):
        assert skills.open_listings(session, bank, kind=kind, on=NOW.date())
    assert day.today(session, bank, now=NOW).ring_again.total == 2
    (group,) = members.groups(session, bank)
    assert len(members.people_of(session, bank, [group.id])[group.id]) == 4
    granted = session.execute(
        text("SELECT count(*) FROM gift WHERE decided_by <> '' AND message <> ''")
    ).scalar_one()
    assert granted >= 3
    sums = promise_queries.sums(promise_queries.promises(session, bank, by=None), today=NOW.date())
    assert sums == promise_queries.Sums(promised=4, done=1, under_way=1, late=1, dropped=1)
    (place,) = dialogue.partnerships(session, bank)
    talks = {one.title: one for one in conversation_queries.dialogues(session, bank, place.id)}
    assert talks["Help with debt, near home"].closed_at is None
    ended = talks["Somewhere to sit"]
    assert ended.closed_at is not None
    answers = [one.verdict.answer for one in conversation_queries.options(session, bank, ended.id)]
    assert answers == ["agreed", "not_now", "no"]
    asked = evaluation_queries.evaluation_of(session, bank, dialogue_id=ended.id)
    assert evaluation_queries.outcome(session, bank, asked.id).sheets == 6
    asks, round_ = fund.rounds(session, bank)
    assert (asks.unit, asks.state) == ("minutes", "ideas")
    assert len(fund.proposals(session, bank, asks)) == 2
    late = fund.to_see_to(session, bank, NOW.date(), limit=5)
    assert (late.reports.total, late.small.total) == (0, 1)
    count = fund.announced(session, bank, round_.id)
    assert count
    told = json.loads(count.content)
    # One of those that most votes would have funded is not.
    assert set(told["other"]["funded"]) - set(told["funded"])
    assert (round_.state, proof.faults(session, bank)) == ("finished", [])


def test_everybody_has_what_the_plan_says(bank, session):
    """Earlier books, steps and sessions together come to what was planned, to the minute."""
    plan = make_plan(**LARGE, today=NOW.date())
    tally = Tally()
    for happening in (*plan.happenings, *plan.shared):
        tally.move(happening.moves)
    balances = text(
        "SELECT account.balance FROM member JOIN account ON account.id = member.account_id"
        " ORDER BY member.id"
    )
    assert list(session.execute(balances).scalars()) == [
        tally.balance(one) for one in range(LARGE["members"])
    ]
    assert check.check(session).ok
    listings = text("SELECT count(*), count(DISTINCT title) FROM listing")
    posted, titles = session.execute(listings).one()
    assert posted == titles == len(plan.directory) + 1


def test_people_have_done_things_together_and_will_again(bank, session):
    found = {one.title: one for one in activities.activities(session, bank)}
    rules = {"sponsored", "attendees_pay", "working_bee", "none"}
    assert {one.rule for one in found.values()} == rules
    told = activities.codelivery(session, bank)
    assert {share.stage for share in told.shares} == {
        "assess_needs",
        "agree_outcomes",
        "design",
        "deliver",
        "evaluate",
    }
    assert {share.part for share in told.shares} == set(Part)
    assert min(told.led["resident"], told.led["together"]) > 0
    (waits,) = activities.to_see_to(session, bank, now=NOW).to_post.shown
    assert (waits.activity.title, waits.status) == ("Repair café", "registered")
    taken_back = session.execute(
        text("SELECT count(*) FROM session_posting WHERE undone_at IS NOT NULL")
    ).scalar_one()
    assert taken_back == 1
    cafe, surgery = found["Repair café"], found["Breathing easier"]
    assert len(activities.quotes(session, bank, cafe.id)) == 2
    assert cafe.lessons
    assert all(one.reached for one in activities.outcomes(session, bank, surgery.id))
    (agreed,) = activities.sponsorships(session, bank)
    assert 0 < agreed.used < agreed.minutes
    to_come = activities.meetings(session, bank, since=NOW)
    assert {one.activity.title for one in to_come} == set(found) - {"The partnership’s meeting"}
    assert [one.waiting for one in to_come if one.activity.title == "Walking group"] == [2]
    assert check.check(session).ok


def test_people_were_asked_twice_and_what_changed_can_be_told(bank, session):
    first, second = surveys_service.outcomes(
        session, bank, date(2026, 1, 1), NOW.date(), today=NOW.date()
    )
    assert first.asked == second.asked > 20
    assert second.after == first.title
    assert all(one.mean for one in second.measures)
    assert all(one.change.everybody for one in second.measures)
    shown = [
        people
        for table in surveys_service.equality(session, bank).tables
        for _, people in table.counts
    ]
    assert None in shown
    assert max(people for people in shown if people is not None) >= 20


def test_a_bank_of_yesterday_has_something_to_come_and_says_how_far_it_is(session):
    left: list[int] = []
    bank = service.make(
        session,
        members_wanted=8,
        months=1,
        seed=2,
        now=NOW,
        progress=lambda done, of: left.append(of - done),
    )
    assert left[-1] == 0
    assert activities.meetings(session, bank, since=NOW)
    assert check.check(session).ok


@small
def test_those_who_try_it_can_sign_in(bank, session):
    for name, (mailbox, _) in service.SIGN_INS.items():
        assert access_service.recognise(session, bank, mailbox, service.PASSWORD).name == name


@small
def test_its_broker_is_no_more_than_a_broker(bank, session):
    maggie = access_service.recognise(session, bank, "maggie@alder-row.example", service.PASSWORD)
    actor = Actor(bank.id, maggie.name, maggie.role, maggie.id, maggie.account_id)
    assert actor.is_broker
    assert not actor.is_coordinator
