"""What the staff's pages show of a stretch of days: everything from one reading of the books, kept
while nothing changes."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid
from timebank.measures.figures import Topic
from timebank.measures.windows import Period, ended, later
from timebank.measures.windows import Window as Days
from timebank.reports import builder
from timebank.reports.cache import cached
from timebank.reports.figures import Comparison, Report
from timebank.reports.rules import Asked
from timebank.say import say

if TYPE_CHECKING:  # Heavy, and few starts measure anything.
    from timebank.measures.rules import Help
    from timebank.measures.service import ToActOn

QUARTERS = 8
"""Of growth, on the first page."""

NOT_RETURNED = "split_not_returned"
"""The figure whose growth the first page shows."""


@dataclass(frozen=True, eq=False)
class Dashboard:
    """The staff's version of every report, whom to ring, the network, and how much came back
    quarter by quarter."""

    reports: dict[Topic, Report]
    to_act_on: "ToActOn"
    help: "Help"
    growth: Report | None


def dashboard(session: Session, bank: Bank, start: date, end: date, *, now: datetime) -> Dashboard:
    """Raises Invalid for a range the wrong way round."""
    return cached(
        session, bank, ("dashboard", start, end), lambda: _made(session, bank, start, end, now)
    )


def _made(session: Session, bank: Bank, start: date, end: date, now: datetime) -> Dashboard:
    from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy)

    last = ended(Period.QUARTER, end + timedelta(days=1))
    first = later(last + timedelta(days=1), -Period.QUARTER.months * QUARTERS)
    observed = measures_service.observe(
        session, bank, start, end, growing=Days(first, last), by=Period.QUARTER
    )
    books = builder.books_of(observed.series.books, bank)
    reports = {
        topic: builder.of_series(
            session, bank, Asked(topic, start, end), observed.series, as_of=now, books=books
        )
        for topic in Topic
    }
    growing = Asked(Topic.RECIPROCITY, first, last, Period.QUARTER)
    growth = builder.of_figures(growing, observed.growth, as_of=now, books=books)
    return Dashboard(reports, observed.to_act_on, observed.help, _known(growth))


def _known(growth: Report) -> Report | None:
    """The windows between the first and the last of which something can be said; None where there
    are fewer than two."""
    known = [
        number
        for number, window in enumerate(growth.windows)
        if window[NOT_RETURNED].value is not None
    ]
    if len(known) < 2:
        return None
    return replace(growth, windows=growth.windows[known[0] : known[-1] + 1])


def before_and_after(
    session: Session, bank: Bank, day: date, months: int, *, now: datetime
) -> Comparison:
    """The windows of so many months up to a day and from it on. Raises Invalid for fewer than one
    month, and where those after are not over."""

    def compare() -> Comparison:
        from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy)

        series = measures_service.before_and_after(session, bank, day, months=months)
        before, after = map(builder.window, series.windows)
        if after.end >= local_date(now, bank.timezone):
            raise Invalid.on(
                "day",
                say(
                    "What comes after that day is not over before %(end)s. Choose an earlier day,"
                    " or fewer months.",
                    end=after.end.isoformat(),
                ),
            )
        return Comparison(before, after, series.notes)

    return cached(session, bank, ("before", day, months), compare)


def over_time(session: Session, bank: Bank, asked: Asked, *, now: datetime) -> Report:
    """The figures of a report over windows, for the staff's page of growth. Raises Invalid for a
    range that cannot be."""

    def measured() -> Report:
        from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy)

        series = measures_service.measure(session, bank, asked.start, asked.end, by=asked.by)
        books = builder.books_of(series.books, bank)
        return builder.of_figures(asked, series, as_of=now, books=books)

    return cached(session, bank, ("over time", asked), measured)
