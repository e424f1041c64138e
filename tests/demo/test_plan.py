"""The plan of the demonstration bank: the same again from the same seed, and within the bank's
rules."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timebank.demo.plan import Help, Plan, Present, make_plan

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(members=60, months=18, seed=1, today=TODAY)


def test_the_same_seed_makes_the_same_bank(plan):
    assert make_plan(members=60, months=18, seed=1, today=TODAY) == plan
    assert make_plan(members=60, months=18, seed=2, today=TODAY) != plan


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


def test_some_members_have_neither_email_nor_phone(plan):
    assert any(person.email is None for person in plan.people)
    assert any(person.email is None and person.phone is None for person in plan.people)


@settings(max_examples=15, deadline=None)
@given(members=st.integers(8, 120), months=st.integers(1, 24), seed=st.integers(0, 2**32))
def test_everybody_has_joined_before_they_help_and_nobody_helps_themselves(members, months, seed):
    plan = make_plan(members=members, months=months, seed=seed, today=TODAY)
    assert len(plan.people) == members
    for happening in plan.happenings:
        assert happening.giver != happening.receiver
        assert happening.on < TODAY
        assert happening.minutes > 0
        assert happening.minutes % 15 == 0
        for party in (happening.giver, happening.receiver):
            if party >= 0:
                assert plan.people[party].joined_on < happening.on
