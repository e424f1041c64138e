"""Who may be introduced, and what counts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.errors import Invalid
from timebank.matching import rules
from timebank.matching.rules import REASONS, Fit, Helper, Weights, Wish
from timebank.safeguarding.rules import Kind
from timebank.times import times_of

TODAY = date(2026, 11, 12)
CARE, DRIVING = Kind("Care check", "care", 1), Kind("Driving licence", "driving", 2)
WISH = Wish(
    account_id=1,
    member_id=1,
    name="Joan",
    active=True,
    open=True,
    ends_on=TODAY + timedelta(days=9),
)
HELPER = Helper(account_id=2, member_id=2, name="Ben", active=True)

days = st.dates(TODAY - timedelta(days=60), TODAY + timedelta(days=60))
few_words = st.sampled_from(["", "English", "Urdu, English"])
wishes = st.builds(
    Wish,
    account_id=st.just(1),
    member_id=st.just(1),
    name=st.just("Joan"),
    active=st.booleans(),
    open=st.booleans(),
    ends_on=days,
    place=st.sampled_from(["any", "remote"]),
    times=st.integers(0, 2**21 - 1),
    languages=few_words,
    needs=st.frozensets(st.sampled_from([CARE, DRIVING])),
)
helpers = st.builds(
    Helper,
    account_id=st.integers(1, 2),
    member_id=st.integers(1, 2),
    name=st.just("Ben"),
    active=st.booleans(),
    times=st.integers(0, 2**21 - 1),
    languages=few_words,
    access_needs=st.sampled_from(["", "Steps are hard"]),
    checks=st.dictionaries(
        st.sampled_from([CARE.id, DRIVING.id]),
        st.none() | st.dates(TODAY, TODAY + timedelta(days=900)),
    ),
    balance=st.integers(-1200, 6000),
    given_lately=st.integers(0, 6000),
    given_this_month=st.integers(0, 3000),
    people_helped=st.integers(0, 9),
    last_gave_on=st.none() | days,
    under_way=st.integers(0, 4),
)
fits = st.builds(
    Fit,
    likeness=st.floats(0, 1),
    title=st.sampled_from(["", "Taps"]),
    same_skill=st.sampled_from(["", "Plumbing"]),
    same_category=st.sampled_from(["", "Around the house"]),
    gave_skill=st.sampled_from(["", "Plumbing"]),
    offer_times=st.integers(0, 2**21 - 1),
    steps=st.sampled_from([0, 1, None]),
    known=st.booleans(),
)
weights = st.builds(Weights, **dict.fromkeys(REASONS, st.integers(0, 10)))


def score(wish: Wish, helper: Helper, fit: Fit, counting: dict[str, int]) -> float:
    return rules.score(rules.strengths(wish, helper, fit, on=TODAY), counting)


@given(wishes, helpers)
def test_nobody_is_introduced_past_a_hard_rule(wish: Wish, helper: Helper):
    allowed = (
        wish.open
        and wish.ends_on >= TODAY
        and wish.active
        and helper.active
        and wish.account_id != helper.account_id
        and {need.id for need in wish.needs} <= set(helper.checks)
    )
    assert (rules.barred(wish, helper, on=TODAY) == []) is allowed


@given(wishes, helpers, fits, weights)
def test_a_score_is_from_nought_to_one(
    wish: Wish, helper: Helper, fit: Fit, counting: dict[str, int]
):
    assert 0 <= score(wish, helper, fit, counting) <= 1


@given(wishes, helpers, fits, weights)
def test_a_reason_more_never_puts_anybody_further_down(
    wish: Wish, helper: Helper, fit: Fit, counting: dict[str, int]
):
    before = score(wish, helper, fit, counting)
    more = {"same_skill": "Plumbing", "known": True, "steps": 0, "likeness": 1.0, "title": "Taps"}
    for name, value in more.items():
        assert score(wish, helper, replace(fit, **{name: value}), counting) >= before
    if wish.times:
        assert score(wish, helper, replace(fit, offer_times=wish.times), counting) >= before
    assert score(wish, replace(helper, languages=wish.languages), fit, counting) >= (
        before if wish.languages else 0
    )


@given(wishes, helpers, fits, weights)
def test_names_and_numbers_count_for_nothing(
    wish: Wish, helper: Helper, fit: Fit, counting: dict[str, int]
):
    other = replace(helper, account_id=99, member_id=98, name="Zed")
    assert score(wish, helper, fit, counting) == score(wish, other, fit, counting)


@given(helpers, st.integers(0, 3000))
def test_who_has_given_more_lately_is_never_asked_sooner_for_it(helper: Helper, more: int):
    only = Weights(**dict.fromkeys(REASONS, 0) | {"fairness": 10})
    tired = replace(helper, given_lately=helper.given_lately + more)
    assert score(WISH, tired, Fit(), only) <= score(WISH, helper, Fit(), only)


@pytest.mark.parametrize(
    ("wish", "helper", "words"),
    [
        (
            replace(WISH, needs=frozenset({CARE})),
            HELPER,
            "Ben does not hold what this needs: Care check.",
        ),
        (WISH, replace(HELPER, active=False), "Ben does not take part"),
        (replace(WISH, active=False), HELPER, "Joan does not take part"),
        (
            replace(WISH, ends_on=date(2026, 11, 11)),
            HELPER,
            "it ended on 11 November 2026. Renew it first.",
        ),
        (replace(WISH, open=False), HELPER, "no longer open"),
        (WISH, replace(HELPER, account_id=1), "introduced to themselves"),
    ],
)
def test_every_hard_rule_has_its_words(wish: Wish, helper: Helper, words: str):
    (fault,) = rules.barred(wish, helper, on=TODAY)
    assert words in str(fault)


def test_the_reasons_are_said_as_a_neighbour_would():
    wish = replace(WISH, times=times_of([3, 9]), languages="Urdu", needs=frozenset({CARE, DRIVING}))
    helper = replace(
        HELPER,
        languages="English, urdu",
        checks={CARE.id: date(2026, 11, 30), DRIVING.id: date(2027, 5, 1)},
        given_this_month=540,
        given_lately=540,
        people_helped=3,
        last_gave_on=TODAY,
        under_way=1,
    )
    fit = Fit(
        same_skill="Plumbing",
        offer_times=times_of([3, 20]),
        steps=0,
        likeness=0.9,
        title="Taps",
        known=True,
    )
    said = rules.in_words(rules.strengths(wish, helper, fit, on=TODAY))
    assert {str(one.words) for one in said if one.speaks_for} == {
        "offers Plumbing",
        "lives in the same area",
        "free at the right times: Tuesday mornings",
        "speaks Urdu",
        "Driving licence good until 1 May 2027",
        "Joan and Ben have helped each other before",
        "has helped 3 people",
        "has hours to earn",
    }
    assert [str(one.words) for one in said if not one.speaks_for] == [
        "Care check ends on 30 November 2026",
        "has given 9 hours this month already",
        "has 1 introduction under way",
    ]


def test_a_weight_is_from_nought_to_ten_and_has_a_reason():
    rules.check_weights(Weights(meaning=0, near=10))
    with pytest.raises(Invalid) as refused:
        rules.check_weights(Weights(meaning=11, near=-1))
    assert set(refused.value.fields) == {"meaning", "near"}
    assert set(rules.WEIGHT_WORDS) == set(REASONS)


@pytest.mark.parametrize(
    ("wanted", "near", "needs", "held", "how_well"),
    [
        ((1, 10), False, (), (), 3),
        ((2, 10), False, (), (), 2),
        ((3, 30), True, (), (), 1),
        ((3, 30), False, (), (), 0),
        (None, True, (), (), 1),
        ((1, 10), True, (7, 8), (7,), 0),
        ((1, 10), True, (7, 8), (7, 8, 9), 3),
    ],
)
def test_a_request_suits_by_skill_then_category_then_area(wanted, near, needs, held, how_well):
    offered = rules.Offered({(1, 10), (4, 40)}, held)
    assert offered.suits(wanted, needs, near=near) == how_well
