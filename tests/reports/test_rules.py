"""Cells that are no formulas, references that are one bank's own, instants as people write them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timebank.errors import Invalid
from timebank.reports.rules import KINDS, Wanted, as_of_instant, mark
from timebank.text import guarded, unguarded

NOW = datetime(2026, 11, 12, 10, 42, tzinfo=UTC)


@given(st.text())
@example("=1+1")
@example("'=1+1")
@example("''-")
@example("'plain")
def test_a_guarded_cell_is_no_formula_and_gives_its_text_back(text: str):
    assert guarded(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert unguarded(guarded(text)) == text


def test_ordinary_text_is_left_as_it_is():
    assert guarded("Shelf, 6 – 8 cm") == "Shelf, 6 – 8 cm"


def test_banks_have_marks_of_their_own():
    later = NOW.replace(microsecond=1)
    assert len({mark(1, NOW), mark(2, NOW), mark(1, later)}) == 3


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-07-31", "2026-07-31T22:59:59.999999+00:00"),
        ("2026-07-31T18:00", "2026-07-31T17:00:00+00:00"),
        ("2026-07-31T18:00+02:00", "2026-07-31T16:00:00+00:00"),
        ("2026-07-31T18:00Z", "2026-07-31T18:00:00+00:00"),
    ],
)
def test_a_date_is_its_last_moment_and_times_are_the_bank_s(written: str, instant: str):
    assert as_of_instant(written, "Europe/London").astimezone(UTC).isoformat() == instant


@pytest.mark.parametrize("written", ["yesterday", "31/07/2026", "2026-13-01", "9999-12-31"])
def test_what_is_no_moment_is_refused(written: str):
    with pytest.raises(Invalid) as refusal:
        as_of_instant(written, "Europe/London")
    assert "as_of" in refusal.value.fields


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(Invalid, match="Turn the two dates round"):
        Wanted(KINDS["hours"], date(2026, 2, 1), date(2026, 1, 1), NOW)
