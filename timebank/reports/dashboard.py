"""What the staff's pages show of a stretch of days: everything from one reading of the books, kept
while nothing changes."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import Topic
from timebank.measures.windows import Period, ended, later
from timebank.measures.windows import Window as Days
from timebank.reports import builder, kept
from timebank.reports.cache import cached
from timebank.reports.figures import Comparison, Report, as_json, from_json
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


@dataclass(frozen=True)
class Everything:
    """What the dashboard of a stretch of days is kept as."""

    start: date
    end: date

    @property
    def name(self) -> str:
        return f"everything {self.start} {self.end}"

    def make(self, session: Session, bank: Bank, *, now: datetime) -> Dashboard:
        return _made(session, bank, self.start, self.end, now)

    def as_json(self, made: Dashboard) -> Any:
        help_ = made.help
        return {
            "reports": [as_json(report) for report in made.reports.values()],
            "to_act_on": asdict(made.to_act_on),
            "help": {
                **{name: getattr(help_, name).tolist() for name in _ARRAYS},
                "left_out": help_.left_out,
            },
            "growth": made.growth and as_json(made.growth),
        }

    def from_json(self, content: Any) -> Dashboard:
        import numpy as np  # noqa: PLC0415  (heavy)

        from timebank.measures.rules import Help  # noqa: PLC0415  (heavy)
        from timebank.measures.service import ToActOn  # noqa: PLC0415  (heavy)

        reports = [from_json(report) for report in content["reports"]]
        lists = dict(content["to_act_on"])
        why = lists.pop("why")
        arrays = {name: np.array(content["help"][name], np.int64) for name in _ARRAYS}
        return Dashboard(
            {report.topic: report for report in reports},
            ToActOn(**{name: tuple(some) for name, some in lists.items()}, why=why),
            Help(**arrays, left_out=content["help"]["left_out"]),
            content["growth"] and from_json(content["growth"]),
        )


_ARRAYS = ("who", "giver", "receiver", "minutes")


@dataclass(frozen=True)
class OverTime:
    """What the figures of a topic over windows are kept as."""

    topic: Topic
    start: date
    end: date
    by: Period

    @property
    def name(self) -> str:
        return f"growth {self.topic} {self.start} {self.end} {self.by}"

    def make(self, session: Session, bank: Bank, *, now: datetime) -> Report:
        from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy)

        series = measures_service.measure(session, bank, self.start, self.end, by=self.by)
        books = builder.books_of(series.books, bank)
        asked = Asked(self.topic, self.start, self.end, self.by)
        return builder.of_figures(asked, series, as_of=now, books=books)

    def as_json(self, made: Report) -> Any:
        return as_json(made)

    def from_json(self, content: Any) -> Report:
        return from_json(content)


def kind_of(name: str) -> kept.Kind[Any]:
    """What a name stands for."""
    what, *words = name.split()
    if what == "everything":
        return Everything(*map(date.fromisoformat, words))
    topic, start, end, by = words
    return OverTime(Topic(topic), date.fromisoformat(start), date.fromisoformat(end), Period(by))


def last_year(on: date) -> tuple[date, date]:
    """The days that the first page is about: four whole quarters."""
    return quarters_back(on, 12)


def quarters_back(on: date, months: int) -> tuple[date, date]:
    """So many months up to the end of the quarter that ended last."""
    end = ended(Period.QUARTER, on + timedelta(days=1))
    return later(end + timedelta(days=1), -months), end


def year_to(on: date) -> tuple[date, date]:
    """The days that the lists of whom to ring are about."""
    return on - timedelta(days=365), on


def usual(on: date) -> list[kept.Kind[Any]]:
    """What the pages show to whoever chooses nothing."""
    growing = quarters_back(on, GROWING)
    topic = cast(Topic, FIGURES[NOT_RETURNED].topic)
    return [
        Everything(*last_year(on)),
        Everything(*year_to(on)),
        OverTime(topic, *growing, Period.QUARTER),
    ]


GROWING = 36
"""Months, on the page of growth."""


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
