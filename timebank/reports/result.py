"""A report as one result, from which every page and every file is made.

A result is JSON: `report`, `bank`, `name` (the bank's), `from`, `to`, `by`, `among`, `as_of`,
`ledger` (`entries`, `hash`), `totals`, `windows`, `notes`, `shared` and `version`. A window has
`from`, `to`, `totals`, `measures` (see `Measure.dump` in `measures.figures`) and `breakdowns`:
tables with `id`, `title`, `unit` (minutes, people or score), `rows`, `columns` (one with an empty
name for a simple list) and `cells`, each with `row`, `column`, `value` and `people`, the fewest on
either side of it. The one of registers has how many `people` were on them in all. `shared` is None
for the staff's own version, else how many people are few.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.activities.rules import STAGES
from timebank.banks.models import Bank
from timebank.config import VERSION
from timebank.reports import queries
from timebank.reports.rules import Asked, Name
from timebank.surveys import service as surveys_service
from timebank.surveys.equality import Counts
from timebank.surveys.results import Outcome

Result = dict[str, Any]

BEGIN: Mapping[Name, tuple[str, ...]] = {
    "reciprocity": (
        "split_",
        "weighted_reciprocity",
        "arc_reciprocity",
        "reciprocity_rho",
        "giver_only",
        "receiver_only",
        "both",
        "strong_component_share",
        "gini_",
        "top_tenth_",
        "velocity",
        "ei_",
    ),
    "participation": (
        "applied",
        "joined",
        "members",
        "traded",
        "active_90d",
        "dormant",
        "new",
        "gone",
        "retention_12m",
        "median_days_to_first",
        "partners_per_active",
        "exchanges_per_active",
    ),
    "activities": ("codelivery_",),
}
"""How the ids of a report's figures begin."""

BRIDGES = {"age_band": "age", "area": "area", "capacity": "role"}
"""What people are told apart by, and what it is called."""


def result(
    session: Session,
    bank: Bank,
    asked: Asked,
    *,
    as_of: datetime,
    ledger: Mapping[str, Any],
) -> Result:
    """The staff's own version of a report, as recorded at `as_of`. Raises Invalid for a range that
    cannot be."""
    # Heavy, and few starts measure anything.
    from timebank.measures import service as measures_service  # noqa: PLC0415

    how: dict[str, Any] = {"as_of": as_of, "by": asked.by, "among": asked.among}
    made = measures_service.measure(session, bank, asked.start, asked.end, **how)
    found = of_report(session, bank, asked, made, as_of=as_of, ledger=ledger)
    return with_surveys(session, bank, found) if asked.name == "participation" else found


def of_report(
    session: Session,
    bank: Bank,
    asked: Asked,
    made: Any,
    *,
    as_of: datetime,
    ledger: Mapping[str, Any],
) -> Result:
    """The same from figures (`measures.figures.Report`) that are there already."""
    found: Result = {
        **of_figures(asked, made, as_of=as_of, ledger=ledger),
        "bank": bank.slug,
        "name": bank.name,
    }
    for window, figures in zip(found["windows"], made.windows, strict=True):
        window["breakdowns"] = list(_breakdowns(session, bank, asked.name, figures, as_of))
    return found


def with_surveys(session: Session, bank: Bank, found: Result) -> Result:
    """The report with what members said, as far as it may be published: waves of its windows,
    equality counts of today."""
    windows = [dict(one) for one in found["windows"]]
    for window in windows:
        start, end = (date.fromisoformat(window[edge]) for edge in ("from", "to"))
        window["breakdowns"] = [
            *window["breakdowns"],
            *_surveys(surveys_service.outcomes(session, bank, start, end)),
        ]
    windows[-1]["breakdowns"] += _equality(surveys_service.equality(session, bank))
    return {**found, "windows": windows}


def of_all_banks(session: Session, asked: Asked, *, as_of: datetime) -> Result:
    """The figures of all banks of the installation as one network, for who runs it; nothing is
    broken down, and nothing kept.

    Its `ledger` holds the position of each bank.
    """
    from timebank.measures import service as measures_service  # noqa: PLC0415

    how: dict[str, Any] = {"as_of": as_of, "by": asked.by, "among": asked.among}
    made = measures_service.measure_all(session, asked.start, asked.end, **how)
    entries = sum(one["entries"] + one["unsealed"] for one in made.ledger["banks"].values())
    return of_figures(
        asked, made, as_of=as_of, ledger={"entries": entries, "hash": None, **made.ledger}
    )


def of_figures(asked: Asked, made: Any, *, as_of: datetime, ledger: Mapping[str, Any]) -> Result:
    """The figures alone, of no bank in particular and broken down by nothing."""
    dumped = made.dump()
    for window in dumped["windows"]:
        window["measures"] = [
            one for one in window["measures"] if one["id"].startswith(BEGIN[asked.name])
        ]
        window["breakdowns"] = []
    return {
        "report": asked.name,
        "bank": "all",
        "name": "All time banks",
        "from": dumped["from"],
        "to": dumped["to"],
        "by": asked.by,
        "among": asked.among,
        "as_of": as_of.isoformat(),
        "ledger": dict(ledger),
        "totals": dumped["totals"],
        "windows": dumped["windows"],
        "notes": [*dumped["notes"], *_not_over(dumped["windows"], as_of)],
        "shared": None,
        "version": VERSION,
    }


def _not_over(windows: Sequence[Mapping[str, Any]], as_of: datetime) -> list[str]:
    """What belongs beside windows that had not ended by `as_of`."""
    today = as_of.date().isoformat()
    late = [window for window in windows if window["to"] >= today]
    if not late:
        return []
    first = late[0]["from"]
    return [
        f"Not over yet: what begins on {first} holds only what was recorded by {today}, and is no"
        " whole window to compare."
    ]


def figure(window: Mapping[str, Any], id_: str) -> dict[str, Any]:
    """A figure of a window. Raises KeyError."""
    for one in window["measures"]:
        if one["id"] == id_:
            return one
    raise KeyError(id_)


def _breakdowns(
    session: Session, bank: Bank, name: Name, figures: Any, as_of: datetime
) -> Iterable[dict[str, Any]]:
    window = figures.window
    if name == "reciprocity":
        for attribute, found in figures.bridging.items():
            places = [
                (row, column)
                for row in range(len(found.groups))
                for column in range(len(found.groups))
            ]
            cells = [
                (
                    found.groups[row],
                    found.groups[column],
                    int(found.between[row, column]),
                    int(found.fewest[row, column]),
                )
                for row, column in places
            ]
            title = (
                f"Hours between people, by {BRIDGES[attribute]}: who gave (rows), who was helped"
                " (columns)"
            )
            yield _table(f"between:{attribute}", title, cells)
    elif name == "participation":
        ways, categories = queries.spent(session, bank, window.start, window.end, as_of)
        yield _table(
            "hours_by_way",
            "Hours by how they were given",
            [(one, "", *rest) for one, *rest in ways],
        )
        yield _table(
            "hours_by_category",
            "Hours between two people, by kind of help",
            [(one, "", *rest) for one, *rest in categories],
        )
    else:
        found = activities.codelivery(
            session, bank, start=window.start, end=window.end, as_of=as_of
        )
        title = "Hours on registers, by capacity and part (rows) and by stage (columns)"
        yield {**_table("codelivery", title, _shared(found.shares)), "people": found.people}


def _surveys(waves: Iterable[Outcome]) -> Iterable[dict[str, Any]]:
    for wave in waves:
        cells: list[tuple[Any, ...]] = []
        for one in wave.measures:
            found = {"mean": one.mean, "change": one.change.everybody if one.change else None}
            for name, estimate in found.items():
                if estimate is not None:
                    ends = {
                        name: estimate.mean,
                        f"{name}_low": estimate.low,
                        f"{name}_high": estimate.high,
                    }
                    cells += [
                        (one.words, column, value, estimate.n) for column, value in ends.items()
                    ]
                    cells.append((one.words, f"{name}_of", estimate.n, estimate.n))
                elif name == "mean":
                    cells.append((one.words, name, None, None))
        yield {
            **_table(f"outcomes:{wave.wave_id}", f"{wave.title}. {wave.caution}", cells),
            "unit": "score",
        }


def _equality(found: Counts) -> Iterable[dict[str, Any]]:
    for one in found.tables:
        cells = [(words, "", count, count) for words, count in one.counts]
        title = f"Members by {one.title.lower()}, as counted on {found.counted_on}"
        yield {**_table(f"equality:{one.key}", title, cells), "unit": "people"}


def _shared(shares: Sequence[Any]) -> list[tuple[str, str, int, int]]:
    """Minutes and people by capacity and part and by stage, of all activities; somebody in two
    counts in the larger."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for one in shares:
        place = (f"{one.capacity} {one.part}", one.stage)
        minutes, people = sums.get(place, (0, 0))
        sums[place] = (minutes + int(one.minutes), max(people, one.people))
    # By stage first, so that the columns come in the order of the stages.
    ordered = sorted(sums.items(), key=lambda item: (STAGES.index(item[0][1]), item[0][0]))
    return [(*place, *found) for place, found in ordered]


def _table(id_: str, title: str, cells: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    names = ("row", "column", "value", "people")
    return {
        "id": id_,
        "title": title,
        "rows": list(dict.fromkeys(cell[0] for cell in cells)),
        "columns": list(dict.fromkeys(cell[1] for cell in cells)),
        "unit": "minutes",
        "cells": [dict(zip(names, cell, strict=True)) for cell in cells],
    }
