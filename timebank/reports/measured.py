"""Which of a bank's figures belong into which report, and what they look like as text."""

from datetime import date, datetime
from typing import Any, Literal, cast, get_args

from sqlalchemy.orm import Session

from timebank import hours
from timebank.banks.models import Bank

Name = Literal["reciprocity", "participation", "activities"]
NAMES: tuple[Name, ...] = get_args(Name)

_BEGIN: dict[Name, tuple[str, ...]] = {
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
        "retention_12m",
        "median_days_to_first",
        "partners_per_active",
        "exchanges_per_active",
    ),
    "activities": ("codelivery_",),
}
"""How the ids of a report's figures begin."""


def measured(
    session: Session, bank: Bank, name: Name, start: date, end: date, *, by: str | None, as_of: datetime | None
) -> dict[str, Any]:
    """The figures of a report, for the bank's own staff, as JSON has them. Raises Invalid for a range that cannot be."""
    from timebank.measures import service as measures  # noqa: PLC0415  (heavy, and few starts measure anything)

    made = measures.measure(session, bank, start, end, as_of=as_of, by=cast(Any, by)).dump()
    for window in made["windows"]:
        window["measures"] = [one for one in window["measures"] if one["id"].startswith(_BEGIN[name])]
    return {**made, "report": name}


def in_words(report: dict[str, Any]) -> str:
    """A report to be read on a terminal: each figure with whom it is of, its interval and what it is, or why it is withheld."""
    lines = [f"{report['report'].capitalize()} of {report['bank']}, {report['from']} to {report['to']}"]
    for window in report["windows"]:
        lines += ["", f"{window['from']} to {window['to']}"]
        for one in window["measures"]:
            lines += [f"  {one['id']}: {_value(one)}", f"      {one['definition']}"]
    return "\n".join([*lines, "", *report["notes"], _books(report["ledger"])])


def _value(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return one["withheld"]
    said = f"{_number(one['value'], one['unit'])} (of {one['n']})"
    if one["interval"]:
        said += f", between {' and '.join(_number(bound, one['unit']) for bound in one['interval'])}"
    if one["change"] is not None:
        said += f"; {'+' if one['change'] > 0 else ''}{_number(one['change'], one['unit'])} since the first window"
    return said


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.1%}"
    if unit == "minutes":
        return hours.table(round(value))
    return f"{value:g}" if isinstance(value, int) else f"{value:.3g}"


def _books(ledger: dict[str, Any]) -> str:
    return f"From the books as far as {ledger['entries']:,} entries sealed under {ledger['hash'] or 'no hash yet'}."
