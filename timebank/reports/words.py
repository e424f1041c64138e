"""Figures in words: what each is called and tells, and the sentences that a report says."""

from collections.abc import Mapping, Sequence

from timebank import hours
from timebank.activities.rules import STAGE_WORDS, Part
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import RECENT, Among, Attribute, Measure, Topic
from timebank.measures.windows import Period
from timebank.reports import formatting
from timebank.reports.figures import Cell, Comparison, Report, Table, Window
from timebank.reports.formatting import day, value
from timebank.say import Gap, Said, count, one_after_another, say
from timebank.surveys.categories import CATEGORIES, Category
from timebank.surveys.instruments import EMBEDDED

LISTS: Mapping[str, tuple[Said, Said]] = {
    "never_traded": (
        say("Have never given or been helped"),
        say("Ask what they came for. A first exchange is easiest with somebody they know."),
    ),
    "only_give": (
        say("Gave, and have had nothing back"),
        say("Ask what would make their life easier. Giving alone tires people."),
    ),
    "only_receive": (
        say("Were helped, and have not given"),
        say("It is no fault. Ask what they could share; an hour of company counts like any other."),
    ),
    "gone_quiet": (
        say("Have gone quiet"),
        say("They exchanged once, but not in the last 90 days. Ask how they are."),
    ),
    "bridges": (
        say("Hold others together"),
        say(
            "Without them some would no longer reach each other. Bring those around them together,"
            " before they move away."
        ),
    ),
}
"""The lists to act on, what each is called, and what to do about it."""

_CAPACITIES: Mapping[str, Said] = {
    "resident": say("Residents"),
    "practitioner": say("Practitioners"),
    "planner": say("Planners"),
}
_PARTS: Mapping[Part, Said] = {
    Part.LED: say("led", context="what people did in sessions"),
    Part.CO_LED: say("co-led", context="what people did in sessions"),
    Part.PREPARED: say("prepared", context="what people did in sessions"),
    Part.HELPED: say("helped", context="what people did in sessions"),
    Part.ATTENDED: say("came", context="what people did in sessions"),
}
_PLACES: Mapping[str, Said] = {
    "one_to_one": say("One to one, between members"),
    "in_activities": say("In activities, between members"),
    "with_organisations_and_groups": say("With organisations and groups"),
    "with_the_chest": say("With the community chest"),
    "gifts": say("Given away as gifts"),
    "no skill named": say("No skill named"),
    "mean": say("Mean"),
    "mean_low": say("Lowest likely"),
    "mean_high": say("Highest likely"),
    "mean_of": say("People"),
    "change": say("Changed by"),
    "change_low": say("at least", context="a change"),
    "change_high": say("at most", context="a change"),
    "change_of": say("of people", context="a change"),
    **_CAPACITIES,
    **STAGE_WORDS,
    **{
        str(measure.words): measure.words
        for instrument in EMBEDDED.values()
        for measure in instrument.measures
        if isinstance(measure.words, Said)
    },
}
"""What rows and columns of breakdowns are called, by what a report keeps of them."""

TOPICS: Mapping[Topic, Said] = {
    Topic.RECIPROCITY: say("Reciprocity"),
    Topic.PARTICIPATION: say("Participation"),
    Topic.ACTIVITIES: say("Activities"),
}
"""What a report is called."""

PERIODS: Mapping[Period, Said] = {
    Period.MONTH: say("every month"),
    Period.QUARTER: say("every quarter"),
    Period.YEAR: say("every year"),
}
"""How often a report is sent."""

FILES: Mapping[str, Said] = {
    "hours": say("Hours"),
    "members": say("Members"),
    "gifts": say("Gifts"),
    "offers": say("Offers"),
    "requests": say("Requests"),
    "activities": say("Activities"),
    "awards": say("Awards"),
    "money": say("The book of money"),
    "postings": say("The journal"),
}
"""What an export is called, by its kind."""

_AMONG: Mapping[Among, Said] = {
    Among.WITHOUT_STAFF: say("Hours of the staff are left out."),
    Among.EVERYBODY: say("Organisations, groups and the chest count like people."),
}


def name(id_: str) -> Said:
    """What a figure is called."""
    return FIGURES[id_].name


def meaning(id_: str) -> Said:
    """What it tells, for somebody without statistics."""
    return FIGURES[id_].meaning


def meanings(report: Report) -> list[tuple[Said, Said]]:
    """What each figure of a report is called and tells; what is told in percent and in hours, once
    for both."""
    ids = dict.fromkeys(measure.id for window in report.windows for measure in window.measures)
    in_hours = {id_ for id_ in ids if id_.removesuffix("_minutes") in ids.keys() - {id_}}
    return [(name(id_), meaning(id_)) for id_ in ids if id_ not in in_hours]


def opening(report: Report) -> Said | str:
    """How much help there was in all, and of how many people; empty where that is not told."""
    people, minutes = report.totals.active_people, report.totals.minutes
    if people is None:
        return ""
    return count(
        "%(hours)s of help in all; %(n)s person gave or was helped.",
        "%(hours)s of help in all; %(n)s people gave or were helped.",
        people,
        hours=hours.words(minutes),
    )


def choices() -> list[tuple[str, Said]]:
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


def lists() -> list[tuple[str, Said]]:
    """The lists to act on, to choose from."""
    return [(id_, title) for id_, (title, _) in LISTS.items()]


def title(report: Report) -> Said:
    """What the report is called."""
    return say(
        "%(topic)s: %(bank)s, %(first)s to %(last)s",
        topic=TOPICS[report.topic],
        bank=report.name,
        first=report.start,
        last=report.end,
    )


def place(row: str, table: Table | None = None) -> Said | str:
    """What a row or a column of a breakdown is called; a string in its own words, or those it was
    published in."""
    category = category_of(table) if table else None
    if category is not None:
        return category.said(row)
    capacity, _, part = row.partition(" ")
    if capacity in _CAPACITIES and part in tuple(Part):
        return say(
            "%(capacity)s: %(part)s", capacity=_CAPACITIES[capacity], part=_PARTS[Part(part)]
        )
    return _PLACES.get(row, row)


def category_of(table: Table) -> Category | None:
    """The equality question that a breakdown is of; None for any other."""
    kind, _, key = table.id.partition(":")
    if kind != "equality":
        return None
    return next(category for category in CATEGORIES if category.key == key)


def chance(measure: Measure) -> Said | str:
    """What to make of a change whose interval holds 0."""
    within = measure.change_interval
    return say("That may be chance.") if within and within[0] <= 0 <= within[1] else ""


def left_out(measure: Measure) -> list[Said]:
    """What was left out of a figure: "Hours with the chest (12 h)", "Gifts (3 h)"."""
    parts: list[Said] = []
    for reason, left in measure.excluded.items():
        people, minutes = left.get("people"), left.get("minutes")
        if people:
            parts.append(
                count(
                    "%(n)s person of whom it is not known",
                    "%(n)s people of whom it is not known",
                    people,
                )
            )
        elif minutes:
            parts.append(_left(reason, formatting.minutes(minutes)))
    return parts


def _left(reason: str, time: Said) -> Said:
    """One kind of what was left out."""
    return {
        "chest": say("Hours with the chest (%(time)s)", time=time),
        "organisation": say("Hours with organisations (%(time)s)", time=time),
        "group": say("Hours with groups (%(time)s)", time=time),
        "gift": say("Gifts (%(time)s)", time=time),
        "grant": say("Grants (%(time)s)", time=time),
        "opening": say("Opening balances (%(time)s)", time=time),
        "settlement": say("What was settled when somebody left (%(time)s)", time=time),
        "taken_back": say("Hours taken back (%(time)s)", time=time),
        "staff": say("Hours of the staff (%(time)s)", time=time),
        "nobody_led": say("Hours of sessions that nobody led (%(time)s)", time=time),
    }[reason]


def bridging_sentence(index: Measure, z: Measure) -> Said | str:
    """How many hours go across, and whether that is more than chance would give."""
    if index.value is None:
        return index.withheld or ""
    sentence = _across(FIGURES[index.id].attribute, round((index.value + 1) * 5))
    if z.value is None:
        return sentence
    if abs(z.value) < 2:
        against = say("That is about what chance would give.")
    elif z.value > 0:
        against = say("That is more than chance would give.")
    else:
        against = say("That is less than chance would give.")
    return one_after_another([sentence, against])


def _across(attribute: Attribute | None, hours: int) -> Said:
    if attribute is Attribute.AGE_BAND:
        return say("%(hours)s of 10 hours go to somebody of another age.", hours=hours)
    if attribute is Attribute.AREA:
        return say("%(hours)s of 10 hours go to somebody of another area.", hours=hours)
    return say("%(hours)s of 10 hours go to somebody of another role.", hours=hours)


def whose(report: Report) -> Said:
    """For whom the report is."""
    if report.shared:
        sentences = [
            say(
                "For sharing. Numbers of fewer than %(few)s people are withheld, others rounded.",
                few=report.shared,
            )
        ]
    else:
        sentences = [
            say("For the staff of the time bank: figures are exact, and must not be handed on.")
        ]
    if report.among in _AMONG:
        sentences.append(_AMONG[report.among])
    if report.topic is Topic.PARTICIPATION and not report.shared:
        sentences.append(say("What members said of themselves is rounded all the same."))
    return one_after_another(sentences)


def proof(report: Report) -> Said:
    """From which state of the books it was made."""
    made, books = report.as_of, report.books
    digits = " ".join((books.hash or "")[start : start + 4] for start in (0, 4, 8)).strip()
    if not digits:
        return say(
            "From what was recorded by %(moment)s UTC: ledger position %(entries)s. The same dates"
            " and moment always give these figures again.",
            moment=made,
            entries=books.entries,
        )
    return say(
        "From what was recorded by %(moment)s UTC: ledger position %(entries)s (check %(check)s)."
        " The same dates and moment always give these figures again.",
        moment=made,
        entries=books.entries,
        check=digits,
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


def sentence(report: Report) -> Said | str:
    """The headline of the last window: "Of every 10 hours given, 4 came back from the same person,
    …"; empty for others."""
    if report.topic is Topic.RECIPROCITY:
        return split_sentence(report.last)
    if report.topic is Topic.PARTICIPATION:
        active = report.last["active_90d"].value
        if active is None:
            return ""
        return say(
            "%(people)s of 10 members gave or were helped in the last %(days)s days.",
            people=round(active * 10),
            days=RECENT,
        )
    together = report.last["codelivery_together"].value
    if together is None:
        return ""
    return say(
        "Of every 10 hours spent in activities, %(hours)s were led by residents and professionals"
        " together.",
        hours=round(together * 10),
    )


def split_sentence(window: Window) -> Said | str:
    """What became of every ten hours, or why that cannot be said."""
    shares = parts(window, SPLIT)
    if not shares:
        return window[SPLIT[0]].withheld or ""
    direct, others, none = tenths(shares)
    if none == 1:
        return say(
            "Of every 10 hours given, %(same)s came back from the same person, %(others)s from"
            " somebody else, and 1 has not come back yet.",
            same=_of_ten(direct),
            others=_of_ten(others),
        )
    return say(
        "Of every 10 hours given, %(same)s came back from the same person, %(others)s from somebody"
        " else, and %(open)s have not come back yet.",
        same=_of_ten(direct),
        others=_of_ten(others),
        open=_of_ten(none),
    )


def _of_ten(hours: int) -> Gap:
    if hours in (0, 10):
        return say("all 10", context="hours") if hours else say("none", context="hours")
    return hours


# ---- To be read on a terminal ----


def in_words(report: Report) -> str:
    """A report: each figure with whom it is of, its interval and what it is; and of those that
    there are not, one reason for all that have it."""
    lines = [
        f"{TOPICS[report.topic]} of {report.name}, {day(report.start)} to {day(report.end)}",
        str(whose(report)),
    ]
    for window in report.windows:
        lines += ["", f"{day(window.start)} to {day(window.end)}"]
        withheld: dict[str, list[str]] = {}
        for measure in window.measures:
            if measure.value is None:
                withheld.setdefault(str(value(measure)), []).append(measure.id)
            else:
                lines += [f"  {measure.id}: {_measure(measure)}", f"      {measure.definition}"]
        for why, ids in withheld.items():
            lines += [f"  {why}", f"      {', '.join(ids)}"]
        for table in window.tables:
            lines += [f"  {table.title}"] if table.cells else []
            lines += [f"      {_cell(table, cell)}" for cell in table.cells]
    return "\n".join([*lines, "", *map(str, report.notes), str(proof(report))])


def _measure(measure: Measure) -> str:
    words = f"{value(measure)} (of {formatting.people(measure)})"
    if measure.interval:
        low, high = (formatting.number(bound, measure.unit) for bound in measure.interval)
        words += f", between {low} and {high}"
    if measure.change is not None:
        words += f"; {formatting.change(measure)} since the first window"
    return words


def _cell(table: Table, cell: Cell) -> str:
    separator = " to " if table.unit == "minutes" else ", "
    names = separator.join(str(place(side)) for side in (cell.row, cell.column) if side)
    return f"{names}: {formatting.amount(cell.value, table.unit)}"


def compared_in_words(comparison: Comparison) -> str:
    """Two windows side by side, with the caution first."""
    before, after = comparison.before, comparison.after
    lines = [
        *map(str, comparison.notes),
        "",
        f"{day(before.start)} to {day(before.end)}, then {day(after.start)} to {day(after.end)}",
    ]
    for measure in shown(after.measures):
        change = str(formatting.change(measure))
        lines.append(
            f"  {measure.id}: {value(before[measure.id])}, then {value(measure)}"
            f"{'; ' + change if change else ''}"
        )
    return "\n".join(lines)
