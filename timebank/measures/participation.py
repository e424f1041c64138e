"""Who takes part (measure 8): from applying to trading, and who goes quiet. Pure functions on
arrays.

Days are ordinal numbers of dates (`date.toordinal`).
"""

from dataclasses import dataclass

import numpy as np

from timebank.measures.arrays import Mask, Whole
from timebank.measures.windows import Window

NEVER = 10**7
"""The day of what has not happened: later than any date."""


@dataclass(frozen=True, eq=False)
class People:
    """Everybody who has applied, one element each.

    Their account (0: none yet); the days on which they applied, joined, left and first gave or
    received (NEVER: they did not); whether they were active in the `RECENT` days up to a window's
    end, and up to the same day a year before.
    """

    account: Whole
    applied: Whole
    joined: Whole
    left: Whole
    first: Whole
    recent: Mask
    year_before: Mask


@dataclass(frozen=True)
class Participation:
    """Counts of people at the end of a window; `new`, `gone` and `days_to_first` (ascending) are
    about the window itself.

    `applied` ≥ `joined` ≥ `members` (not left) ≥ `traded` (ever) ≥ `active` (recently). `dormant`
    members have traded, but not recently; `gone` left in the window. Of `before`, active a year
    earlier, `stayed` are active now.
    """

    applied: int
    joined: int
    members: int
    traded: int
    active: int
    dormant: int
    new: int
    gone: int
    before: int
    stayed: int
    days_to_first: tuple[int, ...]


def participation(people: People, window: Window) -> Participation:
    """Who took part, as a window's end shows it. Days to the first exchange are of those who had it
    in the window; history that was brought in from before they joined says nothing of it, and is
    left out.
    """
    start, end = window.start.toordinal(), window.end.toordinal()
    joined = people.joined <= end
    members = on_the_books(people, window)
    traded = members & (people.first <= end)
    active = members & people.recent
    began = (
        joined & (people.first >= start) & (people.first <= end) & (people.first >= people.joined)
    )
    return Participation(
        applied=int((people.applied <= end).sum()),
        joined=int(joined.sum()),
        members=int(members.sum()),
        traded=int(traded.sum()),
        active=int(active.sum()),
        dormant=int((traded & ~people.recent).sum()),
        new=int((joined & (people.joined >= start)).sum()),
        gone=int((joined & (people.left >= start) & (people.left <= end)).sum()),
        before=int(people.year_before.sum()),
        stayed=int((people.year_before & people.recent & (people.left > end)).sum()),
        days_to_first=tuple(np.sort((people.first - people.joined)[began]).tolist()),
    )


def on_the_books(people: People, window: Window) -> Mask:
    """Who had joined by the end of the window and not left."""
    end = window.end.toordinal()
    return (people.joined <= end) & (people.left > end)


def never_traded(people: People, window: Window) -> Whole:
    """Accounts of those on the books who had never given or received by the end of the window."""
    return people.account[on_the_books(people, window) & (people.first > window.end.toordinal())]


def gone_quiet(people: People, window: Window) -> Whole:
    """Accounts of those on the books who had given or received before, but not in the last `RECENT`
    days."""
    return people.account[
        on_the_books(people, window) & (people.first <= window.end.toordinal()) & ~people.recent
    ]
