"""The four rules: whatever the register, what they make balances, and nobody is paid more than
their time."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.activities import rules
from timebank.activities.rules import Contribution, Part, Rule, Terms
from timebank.errors import Invalid

CHEST, SURGERY = 1, 2
PEOPLE = st.integers(10, 19)
PART = st.builds(
    Contribution,
    account=st.none() | PEOPLE,
    part=st.sampled_from(Part),
    minutes=st.integers(1, 1440),
    without_hours=st.booleans(),
)
REGISTER = st.lists(PART, max_size=30)
TERMS = st.one_of(
    st.builds(
        Terms, st.just("sponsored"), st.just(CHEST), sponsor=st.sampled_from((CHEST, SURGERY))
    ),
    st.builds(Terms, st.sampled_from(("attendees_pay", "shared_cost", "none")), st.just(CHEST)),
    st.builds(
        Terms,
        st.just("working_bee"),
        st.just(CHEST),
        receiver=PEOPLE | st.just(SURGERY),
        percent=st.integers(0, 100),
    ),
)


def given_by(register: list[Contribution]) -> Counter[int]:
    """Minutes each account gave, where hours move."""
    total: Counter[int] = Counter()
    for one in register:
        if one.account is not None and not one.without_hours and one.part != "attended":
            total[one.account] += one.minutes
    return total


@given(TERMS, REGISTER)
def test_every_session_balances_and_nobody_is_paid_more_than_their_time(
    terms: Terms, register: list[Contribution]
) -> None:
    legs = rules.legs(terms, register)
    moved = rules.moved(legs)
    assert all(leg.minutes > 0 and leg.payer != leg.payee for leg in legs)
    assert sum(moved.values()) == 0
    for account, minutes in moved.items():
        assert account in (CHEST, SURGERY) or minutes <= given_by(register)[account]
    assert {leg.payer for leg in legs}.isdisjoint(leg.payee for leg in legs)


@given(TERMS, REGISTER, st.randoms())
def test_the_order_of_the_register_makes_no_difference(
    terms: Terms, register: list[Contribution], random
) -> None:
    shuffled = random.sample(register, len(register))
    assert rules.legs(terms, shuffled) == rules.legs(terms, register)


@given(TERMS, REGISTER)
def test_whoever_takes_part_without_hours_is_left_out(
    terms: Terms, register: list[Contribution]
) -> None:
    assert rules.legs(terms, [one for one in register if one.moves_hours]) == rules.legs(
        terms, register
    )


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_shares_add_up_and_are_within_a_minute_of_the_exact_ones(
    total: int, weights: list[int]
) -> None:
    shares = rules.share(total, weights)
    assert sum(shares) == total
    assert all(
        abs(share * sum(weights) - total * weight) < sum(weights)
        for share, weight in zip(shares, weights, strict=True)
    )


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 500)), min_size=1),
    st.lists(st.integers(1, 500), min_size=1),
)
def test_pairs_pay_and_are_paid_exactly(payers: list[tuple[int, int]], wanted: list[int]) -> None:
    total = sum(minutes for _, minutes in payers)
    payees = [(100 + place, minutes) for place, minutes in enumerate(rules.share(total, wanted))]
    legs = rules.pair(payers, payees)
    paid, got = Counter[int](), Counter[int]()
    for leg in legs:
        paid[leg.payer] += leg.minutes
        got[leg.payee] += leg.minutes
    owed = Counter[int]()
    for account, minutes in payers:
        owed[account] += minutes
    assert paid == owed
    assert +got == +Counter(dict(payees))


def test_a_session_that_attendees_pay_for() -> None:
    """+90 the leader, −60 an attendee, −30 the chest."""
    register = [
        Contribution(10, "led", 60),
        Contribution(10, "prepared", 30),
        Contribution(11, "attended", 60),
    ]
    assert rules.moved(rules.legs(Terms("attendees_pay", CHEST), register)) == {
        CHEST: -30,
        10: 90,
        11: -60,
    }


def test_what_attendees_pay_beyond_the_leaders_time_goes_to_the_chest() -> None:
    register = [
        Contribution(10, "led", 60),
        *(Contribution(account, "attended", 60) for account in (11, 12, 13)),
    ]
    legs = rules.legs(Terms("attendees_pay", CHEST), register)
    assert rules.moved(legs) == {CHEST: 120, 10: 60, 11: -60, 12: -60, 13: -60}
    assert {leg.minutes for leg in legs if leg.payee == 10} == {20}


def test_a_sponsor_pays_all_who_give_their_time_and_coming_costs_nothing() -> None:
    register = [
        Contribution(10, "led", 60),
        Contribution(11, "helped", 45),
        Contribution(12, "attended", 60),
    ]
    assert rules.moved(rules.legs(Terms("sponsored", CHEST, sponsor=SURGERY), register)) == {
        SURGERY: -105,
        10: 60,
        11: 45,
    }


def test_the_cost_is_shared_to_the_minute_and_the_remainder_goes_to_the_first() -> None:
    register = [
        Contribution(10, "led", 100),
        *(Contribution(account, "attended", 90) for account in (11, 12, 13)),
    ]
    assert rules.moved(rules.legs(Terms("shared_cost", CHEST), register)) == {
        10: 100,
        11: -34,
        12: -33,
        13: -33,
    }


def test_whoever_was_there_for_half_the_time_pays_half_as_much() -> None:
    register = [
        Contribution(10, "led", 90),
        Contribution(11, "attended", 90),
        Contribution(12, "attended", 45),
    ]
    assert rules.moved(rules.legs(Terms("shared_cost", CHEST), register)) == {
        10: 90,
        11: -60,
        12: -30,
    }


def test_nothing_moves_where_nobody_came_to_share_the_cost() -> None:
    assert rules.legs(Terms("shared_cost", CHEST), [Contribution(10, "led", 100)]) == []


def test_the_receiver_of_a_working_bee_pays_their_part_and_the_chest_the_rest() -> None:
    register = [
        Contribution(10, "helped", 45),
        Contribution(11, "led", 60),
        Contribution(12, "helped", 60),
    ]
    terms = Terms("working_bee", CHEST, receiver=12, percent=50)
    assert rules.moved(rules.legs(terms, register)) == {CHEST: -53, 10: 45, 11: 60, 12: -52}


def test_who_attended_and_prepared_is_charged_the_difference() -> None:
    register = [
        Contribution(10, "led", 60),
        Contribution(11, "attended", 60),
        Contribution(11, "prepared", 40),
    ]
    assert rules.moved(rules.legs(Terms("attendees_pay", CHEST), register)) == {
        CHEST: -40,
        10: 60,
        11: -20,
    }


def test_a_rule_that_says_not_who_pays_is_refused() -> None:
    for rule in ("sponsored", "working_bee"):
        with pytest.raises(Invalid):
            rules.legs(Terms(rule, CHEST), [Contribution(10, "led", 60)])
        with pytest.raises(Invalid):
            rules.check_terms(rule, payer_id=None, percent=100)


def test_a_weekly_session_stays_at_its_time_when_the_clocks_change() -> None:
    first = datetime(2026, 10, 20, 9, tzinfo=UTC)  # 10:00 in summer
    starts = rules.repeated(first, "weekly", 2, timezone="Europe/London")
    assert [start.hour for start in starts] == [10, 10]
    assert [start.astimezone(UTC).hour for start in starts] == [9, 10]


@pytest.mark.parametrize(("repeat", "count"), [("weekly", 0), ("weekly", 105), ("once", 2)])
def test_a_repetition_that_cannot_be_meant_is_refused(repeat: str, count: int) -> None:
    with pytest.raises(Invalid):
        rules.repeated(
            datetime(2026, 11, 12, 10, tzinfo=UTC), repeat, count, timezone="Europe/London"
        )


@pytest.mark.parametrize(
    ("part", "minutes"),
    [("led", 61), ("attended", 0), ("prepared", 1441), ("helped", -5)],
)
def test_parts_that_cannot_be(part: str, minutes: int) -> None:
    with pytest.raises(Invalid, match="Ida"):
        rules.check_part(part, minutes, lasts=60, name="Ida")


def test_who_led() -> None:
    assert rules.led_by(["resident"]) == "resident"
    assert rules.led_by(["planner", "practitioner"]) == "professional"
    assert rules.led_by(["resident", "practitioner"]) == "together"
    assert rules.led_by([]) == "nobody"


@pytest.mark.parametrize("day", [date(1979, 12, 31), date(2031, 1, 1)])
def test_a_session_in_a_year_that_cannot_be_meant_is_refused(day: date) -> None:
    with pytest.raises(Invalid):
        rules.check_day(day, today=date(2026, 11, 12))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule.SPONSORED, "This costs you nothing."),
        (
            Rule.ATTENDEES_PAY,
            "This costs you the time you are there: 1½ hours, if you stay to the end.",
        ),
        (Rule.NONE, "This costs you nothing."),
    ],
)
def test_what_coming_costs_is_said_before(rule: Rule, words: str) -> None:
    assert str(rules.cost(rule, 90)) == words
