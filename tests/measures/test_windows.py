"""Calendar windows."""

from datetime import date

import pytest

from timebank.errors import Invalid
from timebank.measures.windows import Period, Window, around, later, left_over, windows


def test_months_quarters_and_years_are_whole_and_in_order() -> None:
    found = windows(date(2025, 12, 15), date(2026, 3, 1), Period.MONTH)
    assert found == [
        Window(date(2026, 1, 1), date(2026, 1, 31)),
        Window(date(2026, 2, 1), date(2026, 2, 28)),
    ]
    quarters = windows(date(2025, 1, 1), date(2025, 12, 31), Period.QUARTER)
    assert [one.start.month for one in quarters] == [1, 4, 7, 10]
    assert quarters[-1].end == date(2025, 12, 31)
    assert windows(date(2023, 1, 1), date(2026, 6, 1), Period.YEAR)[0] == Window(
        date(2023, 1, 1), date(2023, 12, 31)
    )


def test_days_in_no_window_are_said() -> None:
    start, end = date(2025, 12, 15), date(2026, 3, 1)
    words = (
        "Left out, being no whole window: 2025-12-15 to 2025-12-31 and 2026-03-01 to 2026-03-01."
    )
    assert str(left_over(start, end, windows(start, end, Period.MONTH))) == words
    assert left_over(start, end, windows(start, end)) is None


@pytest.mark.parametrize(
    ("start", "end", "by"),
    [
        (date(2026, 2, 1), date(2026, 1, 31), None),
        (date(2026, 1, 2), date(2026, 1, 31), Period.MONTH),
        (date(2026, 1, 1), date(2026, 11, 30), Period.YEAR),
    ],
)
def test_a_range_with_nothing_in_it_is_refused(start: date, end: date, by) -> None:
    with pytest.raises(Invalid):
        windows(start, end, by)


def test_before_and_after_a_day_are_equally_long() -> None:
    before, after = around(date(2026, 3, 31), 1)
    assert before == Window(date(2026, 2, 28), date(2026, 3, 30))
    assert after == Window(date(2026, 3, 31), date(2026, 4, 29))
    with pytest.raises(Invalid, match="at least one"):
        around(date(2026, 3, 31), 0)


def test_the_same_day_of_another_month() -> None:
    assert later(date(2024, 2, 29), -12) == date(2023, 2, 28)
    assert later(date(2026, 11, 30), 3) == date(2027, 2, 28)
    with pytest.raises(Invalid, match="year"):
        later(date(2, 1, 1), -24)


def test_a_year_is_a_year() -> None:
    assert Window(date(2023, 1, 1), date(2026, 12, 31)).years == 4
