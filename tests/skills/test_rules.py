"""What a listing may say."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank import times
from timebank.errors import Invalid
from timebank.skills import rules

TODAY = date(2026, 11, 12)


def checked(kind: str = "offer", **details: Any) -> rules.Details:
    said = rules.Details(**{"title": "Mending taps", **details})
    return rules.check(rules.ListingKind(kind), said, today=TODAY)


@pytest.mark.parametrize(("kind", "days"), [("offer", 365), ("request", 60)])
def test_without_an_end_it_stands_for_its_usual_time_from_its_first_day(kind: str, days: int):
    assert checked(kind).ends_on == TODAY + timedelta(days=days)
    later = TODAY + timedelta(days=10)
    assert checked(kind, starts_on=later).ends_on == later + timedelta(days=days)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "\x00"}, "description"),
        ({"description": "x" * 2001}, "description"),
        ({"area": "x" * 81}, "area"),
        ({"place": "moon"}, "place"),
        ({"frequency": "hourly"}, "frequency"),
        ({"times": 2**21}, "times"),
        ({"minutes": 0}, "minutes"),
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"ends_on": date(2036, 1, 1)}, "ends_on"),
        ({"starts_on": date(2026, 12, 2), "ends_on": date(2026, 12, 1)}, "ends_on"),
    ],
)
def test_what_cannot_be_so_is_said_of_its_field(details: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refusal:
        checked(**details)
    assert list(refusal.value.fields) == [field]


@given(st.sets(st.integers(0, 20)))
def test_times_of_the_week_come_back_as_they_were_given(parts: set[int]):
    assert times.parts_of(times.times_of(parts)) == sorted(parts)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], ""),
        ([3], "Tuesday mornings"),
        ([3, 4], "Tuesday mornings and afternoons"),
        ([3, 4, 5], "Tuesdays"),
        ([0, 3, 6, 9, 12], "weekday mornings"),
        ([15, 16, 17, 18, 19, 20], "weekends"),
        ([3, 15, 16, 17, 18, 19, 20], "Tuesday mornings, weekends"),
        (list(range(21)), "any time"),
    ],
)
def test_times_of_the_week_in_words(parts: list[int], words: str):
    assert str(times.times_in_words(times.times_of(parts))) == words
