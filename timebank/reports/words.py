"""Figures in words: what each is called and tells, and the sentences that a report says."""

from collections.abc import Mapping, Sequence

from timebank.activities.rules import PART_WORDS, STAGE_WORDS, Part
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import RECENT, Among, Measure, Topic
from timebank.reports import formatting
from timebank.reports.figures import Cell, Comparison, Report, Table, Window
from timebank.reports.formatting import day, value

LISTS: Mapping[str, tuple[str, str]] = {
    "never_traded": (
        "Have never given or been helped",
        "Ask what they came for. A first exchange is easiest with somebody they know.",
    ),
    "only_give": (
        "Gave, and have had nothing back",
        "Ask what would make their life easier. Giving alone tires people.",
    ),
    "only_receive": (
        "Were helped, and have not given",
        "It is no fault. Ask what they could share; an hour of company counts like any other.",
    ),
    "gone_quiet": (
        "Have gone quiet",
        "They exchanged once, but not in the last 90 days. Ask how they are.",
    ),
    "bridges": (
        "Hold others together",
        "Without them some would no longer reach each other. Bring those around them together,"
        " before they move away.",
    ),
}
"""The lists to act on, what each is called, and what to do about it."""

_CAPACITIES = {"resident": "Residents", "practitioner": "Practitioners", "planner": "Planners"}
_PLACES: Mapping[str, str] = {
    "one_to_one": "One to one, between members",
    "in_activities": "In activities, between members",
    "with_organisations_and_groups": "With organisations and groups",
    "with_the_chest": "With the community chest",
    "gifts": "Given away as gifts",
    "no skill named": "No skill named",
    "mean": "Mean",
    "mean_low": "Lowest likely",
    "mean_high": "Highest likely",
    "mean_of": "People",
    "change": "Changed by",
    "change_low": "at least",
    "change_high": "at most",
    "change_of": "of people",
    **_CAPACITIES,
    **{stage: str(name) for stage, name in STAGE_WORDS.items()},
}


TOPICS: Mapping[Topic, str] = {
    Topic.RECIPROCITY: "Reciprocity",
    Topic.PARTICIPATION: "Participation",
    Topic.ACTIVITIES: "Activities",
}
"""What a report is called."""

_AMONG: Mapping[Among, str] = {
    Among.PEOPLE: "",
    Among.WITHOUT_STAFF: " Hours of the staff are left out.",
    Among.EVERYBODY: " Organisations, groups and the chest count like people.",
}


def name(id_: str) -> str:
    """What a figure is called."""
    return FIGURES[id_].name


def meaning(id_: str) -> str:
    """What it tells, for somebody without statistics."""
    return FIGURES[id_].meaning


def choices() -> list[tuple[str, str]]:
    """Every figure that can be looked at over time, and what it is called; those across groups
    last, by what they measure."""
    figures = [figure for figure in FIGURES.values() if figure.topic and not figure.again]
    alone = [figure for figure in figures if figure.attribute is None]
    across = [figure for figure in figures if figure.attribute is not None]
    across.sort(key=lambda figure: figure.id.partition(":")[0])
    return [(figure.id, figure.name) for figure in (*alone, *across)]


def shown(measures: Sequence[Measure]) -> list[Measure]:
    """Those that pages show: without what is another again under a second name."""
    return [measure for measure in measures if not FIGURES[measure.id].again]


def lists() -> list[tuple[str, str]]:
    """The lists to act on, to choose from."""
    return [(id_, title) for id_, (title, _) in LISTS.items()]


def title(report: Report) -> str:
    """What the report is called."""
    days = f"{day(report.start)} to {day(report.end)}"
    return f"{TOPICS[report.topic]}: {report.name}, {days}"


def place(row: str) -> str:
    """What a row or a column of a breakdown is called."""
    capacity, _, part = row.partition(" ")
    if capacity in _CAPACITIES and part in tuple(Part):
        return f"{_CAPACITIES[capacity]}: {str(PART_WORDS[Part(part)]).lower()}"
    return _PLACES.get(row, row).strip()


def chance(measure: Measure) -> str:
    """What to make of a change whose interval holds 0."""
    within = measure.change_interval
    return "That may be chance." if within and within[0] <= 0 <= within[1] else ""


_LEFT = {
    "chest": "hours with the chest",
    "organisation": "hours with organisations",
    "group": "hours with groups",
    "gift": "gifts",
    "grant": "grants",
    "opening": "opening balances",
    "settlement": "what was settled when somebody left",
    "taken_back": "hours taken back",
    "staff": "hours of the staff",
}


def left_out(measure: Measure) -> str:
    """What was left out of a figure: "hours with the chest (12 h), gifts (3 h)"; nothing where
    there is none."""
    parts: list[str] = []
    for reason, left in measure.excluded.items():
        people, minutes = left.get("people"), left.get("minutes")
        if people:
            parts.append(f"{people} people of whom it is not known")
        elif minutes:
            what = _LEFT.get(reason, reason.replace("_", " "))
            parts.append(f"{what} ({formatting.minutes(minutes)})")
    return ", ".join(parts)


def bridging_sentence(index: Measure, z: Measure) -> str:
    """How many hours go across, and whether that is more than chance would give."""
    if index.value is None:
        return index.withheld or ""
    attribute = FIGURES[index.id].attribute
    across = round((index.value + 1) * 5)
    sentence = f"{across} of 10 hours go to somebody of another {attribute and attribute.words}."
    if z.value is None:
        return sentence
    if abs(z.value) < 2:
        return f"{sentence} That is about what chance would give."
    return f"{sentence} That is {'more' if z.value > 0 else 'less'} than chance would give."


def whose(report: Report) -> str:
    """For whom the report is."""
    among = _AMONG[report.among]
    if report.shared:
        return (
            f"For sharing. Numbers of fewer than {report.shared} people are withheld, others"
            f" rounded.{among}"
        )
    of_surveys = (
        " What members said of themselves is rounded all the same."
        if report.topic is Topic.PARTICIPATION
        else ""
    )
    return (
        "For the staff of the time bank: figures are exact, and must not be handed on."
        f"{among}{of_surveys}"
    )


def proof(report: Report) -> str:
    """From which state of the books it was made."""
    made, books = report.as_of, report.books
    digits = " ".join((books.hash or "")[start : start + 4] for start in (0, 4, 8)).strip()
    check = f" (check {digits})" if digits else ""
    return (
        f"From what was recorded by {day(made.date())}, {made:%H:%M} UTC: ledger position"
        f" {books.entries:,}{check}. The same dates and moment always give these figures again."
    )


SPLIT = ("split_direct", "split_through_others", "split_not_returned")
"""The three parts of all hours of help."""


def split(report: Report) -> list[float]:
    """The three parts of all hours in the last window of a report about reciprocity, from 0 to 1;
    nothing where it is not known."""
    return parts(report.last, SPLIT) if report.topic is Topic.RECIPROCITY else []


def parts(window: Window, ids: Sequence[str]) -> list[float]:
    """The values of figures that add up to 1; nothing where one of them is not known."""
    values = [window[id_].value for id_ in ids]
    known = [value for value in values if value is not None]
    return known if len(known) == len(ids) else []


def tenths(shares: Sequence[float]) -> tuple[int, ...]:
    """Shares that add up to 1 as whole tenths that add up to ten: those with the largest remainders
    are rounded up."""
    # A tenth that is a little less than whole in binary, as 0.3, is whole.
    down = [int(share * 10 + 1e-9) for share in shares]
    short = 10 - sum(down)
    order = sorted(range(len(shares)), key=lambda place: (down[place] - shares[place] * 10, place))
    return tuple(count + (place in order[:short]) for place, count in enumerate(down))


_SMALL = ("none", "1", "2", "3", "4", "5", "6", "7", "8", "9", "all 10")


def sentence(report: Report) -> str:
    """The headline of the last window: "Of every 10 hours given, 4 came back from the same person,
    …"; empty for others."""
    if report.topic is Topic.RECIPROCITY:
        return split_sentence(report.last)
    if report.topic is Topic.PARTICIPATION:
        active = report.last["active_90d"].value
        if active is None:
            return ""
        return f"{round(active * 10)} of 10 members gave or were helped in the last {RECENT} days."
    together = report.last["codelivery_together"].value
    if together is None:
        return ""
    return (
        f"Of every 10 hours spent in activities, {round(together * 10)} were led by residents and"
        " professionals together."
    )


def split_sentence(window: Window) -> str:
    """What became of every ten hours, or why that cannot be said."""
    shares = parts(window, SPLIT)
    if not shares:
        return window[SPLIT[0]].withheld or ""
    direct, others, none = tenths(shares)
    return (
        f"Of every 10 hours given, {_SMALL[direct]} came back from the same person,"
        f" {_SMALL[others]} from somebody else, and {_SMALL[none]}"
        f" {'has' if none == 1 else 'have'} not come back yet."
    )


# ---- To be read on a terminal ----


def in_words(report: Report) -> str:
    """A report: each figure with whom it is of, its interval and what it is, or why there is
    none."""
    lines = [
        f"{report.topic.capitalize()} of {report.name}, {day(report.start)} to {day(report.end)}",
        whose(report),
    ]
    for window in report.windows:
        lines += ["", f"{day(window.start)} to {day(window.end)}"]
        for measure in window.measures:
            lines += [f"  {measure.id}: {_measure(measure)}", f"      {measure.definition}"]
        for table in window.tables:
            lines += [f"  {table.title}"] if table.cells else []
            lines += [f"      {_cell(table, cell)}" for cell in table.cells]
    return "\n".join([*lines, "", *report.notes, proof(report)])


def _measure(measure: Measure) -> str:
    if measure.value is None:
        return value(measure)
    words = f"{value(measure)} (of {formatting.people(measure)})"
    if measure.interval:
        low, high = (formatting.number(bound, measure.unit) for bound in measure.interval)
        words += f", between {low} and {high}"
    if measure.change is not None:
        words += f"; {formatting.change(measure)} since the first window"
    return words


def _cell(table: Table, cell: Cell) -> str:
    separator = " to " if table.unit == "minutes" else ", "
    names = separator.join(place(side) for side in (cell.row, cell.column) if side)
    return f"{names}: {formatting.amount(cell.value, table.unit)}"


def compared_in_words(comparison: Comparison) -> str:
    """Two windows side by side, with the caution first."""
    before, after = comparison.before, comparison.after
    lines = [
        *comparison.notes,
        "",
        f"{day(before.start)} to {day(before.end)}, then {day(after.start)} to {day(after.end)}",
    ]
    for measure in shown(after.measures):
        change = formatting.change(measure)
        lines.append(
            f"  {measure.id}: {value(before[measure.id])}, then {value(measure)}"
            f"{'; ' + change if change else ''}"
        )
    return "\n".join(lines)
