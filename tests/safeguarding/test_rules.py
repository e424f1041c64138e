"""How checks stand, and when somebody is reminded."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.errors import Invalid
from timebank.safeguarding import rules
from timebank.safeguarding.rules import Doorstep, Renewal

LAST = date(2026, 11, 12)
LONG_AGO = date(2025, 1, 1)


def due(days_left: int, written_on: date = LONG_AGO) -> int | None:
    return rules.reminder_due(LAST, written_on=written_on, on=LAST - timedelta(days=days_left))


@pytest.mark.parametrize(
    ("days_left", "stage"),
    [
        (61, None),
        (60, 60),
        (31, 60),
        (30, 30),
        (8, 30),
        (7, 7),
        (1, 7),
        (0, 0),
        (-6, 0),
        (-7, -7),
        (-29, -7),
        (-30, -30),
        (-59, -30),
        (-60, -60),
        (-365, -360),
    ],
)
def test_reminders_come_before_on_the_day_and_after_until_it_is_dealt_with(days_left, stage):
    assert due(days_left) == stage


def test_what_was_due_when_the_check_was_written_down_is_not_told_again():
    assert due(20, written_on=LAST - timedelta(days=25)) is None
    assert due(7, written_on=LAST - timedelta(days=25)) == 7
    assert due(-3, written_on=LAST + timedelta(days=2)) is None
    assert due(-7, written_on=LAST + timedelta(days=2)) == -7


@given(st.integers(-900, 90), st.integers(1, 200))
def test_a_later_day_never_brings_an_earlier_reminder(days_left: int, later: int):
    first, second = due(days_left), due(days_left - later)
    assert first is None or (second is not None and second <= first)


@pytest.mark.parametrize(
    ("days_left", "state"),
    [(61, "in_order"), (60, "ends_soon"), (0, "ends_soon"), (-1, "run_out")],
)
def test_a_check_is_good_to_its_last_day(days_left, state):
    assert rules.state_of(LAST, on=LAST - timedelta(days=days_left)) == state


def test_a_check_without_an_end_is_in_order():
    assert rules.state_of(None, on=LAST) == "in_order"


@pytest.mark.parametrize(
    ("paper", "field", "says"),
    [
        (Renewal(LAST + timedelta(days=1)), "held_since", "in the future"),
        (Renewal(date(1200, 1, 1)), "held_since", "Check the year."),
        (Renewal(LAST, LAST - timedelta(days=1)), "expires_on", "before the check was given"),
        (Renewal(LAST, date(9999, 1, 1)), "expires_on", "Check the year."),
        (Renewal(LAST, number="7" * 5000), "number", "at most 80 characters; this has 5,000"),
        (Renewal(LAST, number="\x00"), "number", "cannot be read"),
    ],
)
def test_no_paper_says_what_cannot_be(paper, field, says):
    with pytest.raises(Invalid) as refused:
        rules.check_paper(paper, today=LAST)
    assert list(refused.value.fields) == [field]
    assert says in str(refused.value.fields[field])


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Doorstep(contact_name="Ruth"), "contact_phone"),
        (Doorstep(contact_phone="01632 960 111"), "contact_name"),
        (Doorstep("Ruth", "daughter", "ask her"), "contact_phone"),
        (Doorstep(no_answer="x" * 1001), "no_answer"),
    ],
)
def test_whom_to_ring_has_a_name_and_a_number(said, field):
    with pytest.raises(Invalid) as refused:
        rules.check_doorstep(said)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    ("name", "taken", "code"),
    [
        ("Food hygiene", (), "food_hygiene"),
        ("Food hygiene!", ("food_hygiene",), "food_hygiene_2"),
        ("Проверка", (), "check"),
    ],
)
def test_a_kind_has_a_code_of_its_own(name, taken, code):
    assert rules.code_for(name, taken) == code
