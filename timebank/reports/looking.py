"""What the staff's pages show of a stretch of days: everything from one reading of the books, kept
while nothing changes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid
from timebank.measures.windows import ended, later
from timebank.reports import charts
from timebank.reports.result import Result, of_figures, of_report
from timebank.reports.rules import REPORTS, Asked
from timebank.reports.standing import standing

QUARTERS = 8
"""Of growth, on the first page."""


@dataclass(frozen=True, eq=False)
class Look:
    """The staff's version of every report by name, whom to ring, the network, and how much came
    back quarter by quarter."""

    results: dict[str, Result]
    to_act_on: Any
    help: Any
    growth: Result | None


def look(session: Session, bank: Bank, start: date, end: date, *, now: datetime) -> Look:
    """Raises Invalid for a range the wrong way round."""
    return standing(
        session, bank, ("look", start, end), lambda: _look(session, bank, start, end, now)
    )


def _look(session: Session, bank: Bank, start: date, end: date, now: datetime) -> Look:
    # Heavy, and few starts measure anything.
    from timebank.measures import service as measures_service  # noqa: PLC0415

    last = ended("quarter", end + timedelta(days=1))
    first = later(last + timedelta(days=1), -3 * QUARTERS)
    seen = measures_service.observe(session, bank, start, end, growing=(first, last, "quarter"))
    books = seen.report.ledger
    results = {
        name: of_report(
            session, bank, Asked(name, start, end), seen.report, as_of=now, ledger=books
        )
        for name in REPORTS
    }
    growth = of_figures(
        Asked("reciprocity", first, last, "quarter"), seen.growth, as_of=now, ledger=books
    )
    return Look(results, seen.to_act_on, seen.help, _known(growth))


def _known(made: Result) -> Result | None:
    """The windows between the first and the last of which something can be said; None where there
    are fewer than two."""
    known = [
        number
        for number, window in enumerate(made["windows"])
        if charts.plot([window], "split_not_returned")
    ]
    return (
        {**made, "windows": made["windows"][known[0] : known[-1] + 1]} if len(known) > 1 else None
    )


def before_and_after(
    session: Session, bank: Bank, day: date, months: int, *, now: datetime
) -> dict[str, Any]:
    """`before`, `after`, and the `notes` that belong beside them.

    Raises Invalid for fewer than one month, and where those after are not over.
    """

    def compare() -> dict[str, Any]:
        from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy, as above)

        report = measures_service.before_and_after(session, bank, day, months=months)
        before, after = report.dump()["windows"]
        if after["to"] >= local_date(now, bank.timezone).isoformat():
            words = (
                f"What comes after that day is not over before {after['to']}. Choose an earlier"
                " day, or fewer months."
            )
            raise Invalid(words, fields={"day": words})
        return {"before": before, "after": after, "notes": list(report.notes)}

    return standing(session, bank, ("before", day, months), compare)


def series(session: Session, bank: Bank, asked: Asked, *, now: datetime) -> Result:
    """The figures of a report over windows, for the staff's page of growth. Raises Invalid for a
    range that cannot be."""

    def measured() -> Result:
        from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy, as above)

        how: dict[str, Any] = {"by": asked.by}
        made = measures_service.measure(session, bank, asked.start, asked.end, **how)
        return of_figures(asked, made, as_of=now, ledger=made.ledger)

    return standing(
        session, bank, ("series", asked.name, asked.start, asked.end, asked.by), measured
    )
