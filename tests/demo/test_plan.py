"""The plan of the demonstration bank: the same again from the same seed, and within the bank's
rules."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timebank.demo.gatherings import Gathering
from timebank.demo.pastimes import PASTIMES
from timebank.demo.plan import Happening, Help, Plan, Present, make_plan
from timebank.demo.tally import CHEST, FLOOR, HALL, PAYERS_FLOOR, SURGERY, Tally

TODAY = date(2026, 11, 22)

seeds = st.integers(0, 2**32)


def of_months(months: int, *, members: int, seed: int) -> Plan:
    return make_plan(members=members, months=months, seed=seed, today=TODAY)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return of_months(18, members=60, seed=1)


def in_order(plan: Plan) -> tuple[Happening, ...]:
    return *plan.happenings, *plan.shared


def test_the_same_seed_makes_the_same_bank(plan):
    assert of_months(18, members=60, seed=1) == plan
    assert of_months(18, members=60, seed=2) != plan


def test_some_people_only_give_and_some_only_receive(plan):
    people = range(len(plan.people))
    gave = {one.giver for one in plan.happenings if isinstance(one, Help)}
    received = {one.receiver for one in plan.happenings if isinstance(one, Help)}
    assert any(person in gave and person not in received for person in people)
    assert any(person in received and person not in gave for person in people)


def test_there_is_something_of_everything(plan):
    endings = Counter(one.ending for one in plan.happenings if isinstance(one, Help))
    assert {
        "confirmed",
        "put_right",
        "taken_back",
        "disputed",
        "settled",
        "waiting",
        "declined",
    } <= set(endings)
    assert any(isinstance(happening, Present) for happening in plan.happenings)
    gatherings = [one for one in plan.happenings if isinstance(one, Gathering)]
    assert {one.which for one in gatherings} == {"cafe", "walk", "consultation", "bee"}
    assert {one.fate for one in gatherings} == {"posted", "waits", "put_right"}


def test_some_members_have_neither_email_nor_phone(plan):
    assert any(person.email is None for person in plan.people)
    assert any(person.email is None and person.phone is None for person in plan.people)


@settings(max_examples=15, deadline=None)
@given(members=st.integers(8, 120), months=st.integers(1, 24), seed=seeds)
def test_everybody_has_joined_before_they_help_and_nobody_helps_themselves(members, months, seed):
    plan = of_months(months, members=members, seed=seed)
    assert len(plan.people) == members
    for happening in plan.happenings:
        assert happening.on < TODAY
        if isinstance(happening, Gathering):
            parties = [one.person for one in happening.there if one.person is not None]
            assert len(parties) == len(set(parties))
        else:
            parties = [happening.giver, happening.receiver]
            assert happening.giver != happening.receiver
            assert happening.minutes > 0
            assert happening.minutes % 15 == 0
        for party in parties:
            if party >= 0:
                assert plan.people[party].joined_on < happening.on


@settings(max_examples=25, deadline=None)
@given(members=st.integers(8, 150), months=st.integers(1, 30), seed=seeds)
def test_no_step_of_a_plan_passes_a_floor(members, months, seed):
    """Reckoned again from nothing but what each step moves; no account has a ceiling."""
    plan = of_months(months, members=members, seed=seed)
    payers = (CHEST, HALL, SURGERY)
    balances: Counter[int] = Counter()
    for happening in in_order(plan):
        for payer, payee, minutes in happening.moves:
            assert minutes > 0
            balances[payer] -= minutes
            balances[payee] += minutes
            assert balances[payer] >= (PAYERS_FLOOR if payer in payers else FLOOR), happening


@pytest.mark.parametrize("seed", range(1, 4))
def test_no_step_passes_a_floor_in_a_bank_of_a_thousand(seed):
    tally = Tally()
    for happening in in_order(of_months(12, members=1_000, seed=seed)):
        tally.move(happening.moves)


def test_a_step_that_would_pass_a_floor_is_refused():
    tally = Tally()
    tally.move([(0, 1, -FLOOR)])
    with pytest.raises(ValueError, match="Party 0 would be at -601 minutes"):
        tally.move([(0, 1, 1)])


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_whatever_still_waits_can_be_confirmed(seed):
    plan = of_months(18, members=60, seed=seed)
    balances: Counter[int] = Counter()
    for happening in in_order(plan):
        for payer, payee, minutes in happening.moves:
            balances[payer] -= minutes
            balances[payee] += minutes
    for happening in plan.happenings:
        if isinstance(happening, Help) and happening.ending in ("waiting", "disputed", "agreed"):
            balances[happening.receiver] -= happening.minutes
    assert min(balances[person] for person in range(len(plan.people))) >= FLOOR


def test_what_is_put_right_moves_what_was_right_in_the_end():
    (happening, *_) = (
        one
        for one in of_months(18, members=60, seed=1).happenings
        if isinstance(one, Help) and one.ending == "put_right" and one.minutes > 45
    )
    tally = Tally()
    tally.move(happening.moves)
    assert tally.balance(happening.giver) == happening.minutes - 30
    assert tally.balance(happening.receiver) == 30 - happening.minutes


@pytest.mark.parametrize(("members", "seed"), [(60, 1), (60, 2), (60, 3), (300, 1), (1_000, 1)])
def test_everybody_says_what_they_offer_and_ask_for_in_words_of_their_own(members, seed):
    directory = of_months(18, members=members, seed=seed).directory
    titles = [entry.title for entry in directory]
    said = [(entry.title, entry.description) for entry in directory]
    assert len(titles) >= members
    assert [title for title, count in Counter(titles).items() if count > 1] == []
    assert len(set(said)) == len(said)


def test_the_usual_bank_has_texts_enough_for_everybody(plan):
    """No title of the bank most people try is put together: each is as somebody wrote it."""
    written = {title for pastime in PASTIMES for title, _ in (*pastime.offers, *pastime.wishes)}
    assert {entry.title for entry in plan.directory} <= written
    offers = [entry for entry in plan.directory if entry.kind == "offer"]
    assert len(offers) >= 70
    assert len({entry.description for entry in offers}) == len(offers)


def test_a_title_that_names_a_street_or_a_time_is_of_the_one_who_says_it():
    plan = of_months(18, members=1_000, seed=1)
    put_together = [entry for entry in plan.directory if " – " in entry.title]
    assert put_together
    for entry in put_together:
        said = entry.title.partition(" – ")[2]
        street, _, when = said.partition(", ")
        assert street == plan.people[entry.holder].area
        assert f"I live in {street}" in entry.description
        assert not when or (entry.times and when in entry.description)


def test_posted_before_it_ends_and_not_before_joining(plan):
    for entry in plan.directory:
        assert plan.people[entry.holder].joined_on <= entry.posted_on <= TODAY
        assert entry.ends_on > TODAY + timedelta(days=2)
