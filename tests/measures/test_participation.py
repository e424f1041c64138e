"""Who takes part, counted."""

from datetime import date

import numpy as np

from timebank.measures.participation import NEVER, People, gone_quiet, never_traded, participation
from timebank.measures.windows import Window

YEAR = Window(date(2026, 1, 1), date(2026, 12, 31))


def day(month: int, number: int = 1, year: int = 2026) -> int:
    return date(year, month, number).toordinal()


def test_from_applying_to_trading() -> None:
    rows = [
        # account, applied, joined, left, first, recent, year before
        (0, day(11), NEVER, NEVER, NEVER, False, False),  # waits for an answer
        (0, day(2, year=2027), NEVER, NEVER, NEVER, False, False),  # had not come yet
        (1, day(1, year=2020), day(1, year=2020), NEVER, day(3, year=2020), True, True),
        (2, day(1, year=2020), day(2, year=2020), NEVER, day(3, year=2021), False, True),
        (3, day(5), day(6), NEVER, day(6, 11), True, False),  # first after ten days
        (4, day(5), day(6), NEVER, day(5), True, False),  # history from before joining
        (5, day(5), day(6), NEVER, NEVER, False, False),
        (6, day(1, year=2020), day(1, year=2020), day(7), day(2, year=2020), True, True),  # left
    ]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    people = People(*columns)
    found = participation(people, YEAR)
    assert (found.applied, found.joined, found.members, found.traded, found.active) == (
        7,
        6,
        5,
        4,
        3,
    )
    assert (found.dormant, found.new, found.before, found.stayed) == (1, 3, 3, 1)
    assert found.days_to_first == (10,)
    assert never_traded(people, YEAR).tolist() == [5]
    assert gone_quiet(people, YEAR).tolist() == [2]


def test_nobody_takes_part_in_nothing() -> None:
    none = np.zeros(0, np.int64)
    found = participation(People(none, none, none, none, none, none > 0, none > 0), YEAR)
    assert (found.applied, found.members, found.days_to_first) == (0, 0, ())
