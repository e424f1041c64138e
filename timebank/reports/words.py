"""Figures in words: what each is called, what it tells a coordinator, how it reads on a page and on
paper."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from timebank import hours
from timebank.activities.rules import PART_WORDS, STAGE_WORDS
from timebank.measures.disclosure import SIGN
from timebank.reports.figures import BEGIN, BRIDGES, Result, figure
from timebank.reports.rules import Name

FIGURES: Mapping[str, tuple[str, str]] = {
    "split_direct": (
        "Came back from the same person",
        "I help you, you help me. Of all the hours of help, how many were returned like that.",
    ),
    "split_through_others": (
        "Came back through others",
        "I help you, you help her, she helps me. It is what a time bank is for: nobody has to find one person who needs just what"
        " they can do.",
    ),
    "split_not_returned": (
        "Not come back yet",
        "Given with nothing coming back in these days, not even by way of others. Some always is: people begin, fall ill, give"
        " more than they ask. If it grows, somebody is being left out.",
    ),
    "split_ceiling": (
        "Could have come back at most",
        "Looking only at how much each person gave and was helped. What is missing up to here is a matter of who meets whom.",
    ),
    "split_direct_minutes": ("Came back from the same person, in hours", "The same in hours."),
    "split_through_others_minutes": ("Came back through others, in hours", "The same in hours."),
    "split_not_returned_minutes": ("Not come back yet, in hours", "The same in hours."),
    "split_ceiling_minutes": ("Could have come back at most, in hours", "The same in hours."),
    "weighted_reciprocity": (
        "Weighted reciprocity",
        "The first figure again, under the name it has in scientific papers.",
    ),
    "arc_reciprocity": (
        "Pairs who help both ways",
        "Of all the times that somebody has helped a certain other person, however long, how often that person has helped them too.",
    ),
    "reciprocity_rho": (
        "Both ways, more than by chance",
        "0: as often as if partners were drawn from a hat. Above 0: people do return help to each other. It can be compared"
        " between a small bank and a large one, which the figure before cannot.",
    ),
    "giver_only": (
        "Only gave",
        "Of those who took part, how many gave and were not helped. Ask what would make their life easier.",
    ),
    "receiver_only": (
        "Were only helped",
        "Of those who took part, how many were helped and did not give. It is no fault: ask what they could share.",
    ),
    "both": (
        "Gave and were helped",
        "Of those who took part, how many did both. Most should, in time.",
    ),
    "strong_component_share": (
        "Hours that could come back",
        "Of all hours, those between people who can reach each other both ways. Help outside can never come back, however long"
        " one waits.",
    ),
    "gini_given": (
        "How uneven giving is",
        "0: everybody gives the same. Near 1: a few give everything. A rising figure says that a small core carries the bank.",
    ),
    "gini_received": ("How uneven being helped is", "The same for help received."),
    "top_tenth_given": (
        "Given by the busiest tenth",
        "Of all hours, those given by the tenth of people who gave most.",
    ),
    "top_tenth_received": (
        "Received by the most helped tenth",
        "Of all hours, those that went to the tenth who were helped most.",
    ),
    "velocity": (
        "How often an hour is used",
        "How many times a year the hours that people hold change hands. Low: people save and do not spend.",
    ),
    "applied": ("Asked to join", "Everybody who ever asked, whatever came of it."),
    "joined": (
        "Joined",
        "Everybody who had joined by the last day, also those who have left since.",
    ),
    "members": ("Members", "On the books on the last day."),
    "traded": ("Ever gave or were helped", "Of the members, who has exchanged at all."),
    "active_90d_people": ("Active", "Of the members, who gave or was helped in the last 90 days."),
    "dormant": ("Gone quiet", "Of the members, who did once, but not in the last 90 days."),
    "new": ("New members", "Who joined in these days."),
    "gone": ("Left", "Who left in these days."),
    "active_90d": (
        "Share who are active",
        "Of the members, the share who gave or was helped in the last 90 days.",
    ),
    "retention_12m": (
        "Still active after a year",
        "Of those who were active a year before, the share who still are. It needs a year of history.",
    ),
    "median_days_to_first": (
        "Days until the first exchange",
        "From joining, for those who had their first in these days: half of them waited less, half longer. Long waits lose people.",
    ),
    "partners_per_active": (
        "Different people each met",
        "How many others somebody who took part helped or was helped by, on average.",
    ),
    "exchanges_per_active": ("Exchanges each", "For each person who took part, on average."),
    "ei_index": (
        "Across {}",
        "1: all help goes to people of another {0}; −1: all stays among people of the same {0}; 0: half and half.",
    ),
    "ei_z": (
        "Across {}, against chance",
        "Between −2 and 2: about what chance would give with these people. Below −2: people keep to their own {0}. Above 2: they"
        " reach across more than chance would.",
    ),
    "codelivery_resident": (
        "Led by residents",
        "Of the hours spent in activities, those in sessions that residents led alone.",
    ),
    "codelivery_professional": (
        "Led by professionals",
        "Of the hours spent in activities, those in sessions that practitioners or planners led alone.",
    ),
    "codelivery_together": (
        "Led together",
        "Of the hours spent in activities, those in sessions that both led.",
    ),
}
"""What each figure is called, and what it tells; {} stands for what people are told apart by."""

LISTS = {
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
        "Without them some would no longer reach each other. Bring those around them together, before they move away.",
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
    **STAGE_WORDS,
}


def name(id_: str) -> str:
    """What a figure is called."""
    kind, _, attribute = id_.partition(":")
    return FIGURES[kind][0].format(BRIDGES.get(attribute, attribute))


def meaning(id_: str) -> str:
    """What it tells, for somebody without statistics."""
    kind, _, attribute = id_.partition(":")
    return FIGURES[kind][1].format(BRIDGES.get(attribute, attribute))


def choices() -> list[tuple[str, str]]:
    """Every figure that can be looked at over time, and what it is called."""
    ids = [id_ for id_ in FIGURES if id_ not in ("ei_index", "ei_z", "weighted_reciprocity")]
    return [
        (id_, name(id_))
        for id_ in [
            *ids,
            *(f"{kind}:{attribute}" for kind in ("ei_index", "ei_z") for attribute in BRIDGES),
        ]
    ]


def report_of(id_: str) -> Name:
    """The name of the report that has the figure."""
    return next(one for one, begin in BEGIN.items() if id_.startswith(begin))


def place(row: str) -> str:
    """What a row or a column of a breakdown is called."""
    capacity, _, part = row.partition(" ")
    if capacity in _CAPACITIES and part in PART_WORDS:
        return f"{_CAPACITIES[capacity]}: {PART_WORDS[part].lower()}"
    return _PLACES.get(row, row).strip()


def number(value: float, unit: str, *, sign: bool = False) -> str:
    """A figure as it reads: 40.1 %, 12 h 30, 0.51, 184."""
    size = abs(value)
    if unit == "share":
        said = f"{size * 100:.1f} {'points' if sign else '%'}"
    elif unit == "minutes":
        said = hours.table(round(size))
    else:
        said = f"{size:,.0f}" if unit in ("people", "days") else f"{size:.2f}"
    nothing = not any(digit in said for digit in "123456789")
    before = "" if nothing else "−" if value < 0 else "+" if sign else ""
    return before + said


def value(one: Mapping[str, Any]) -> str:
    """A figure, or why there is none."""
    if one["value"] is None:
        return (
            SIGN if one["withheld"] and one["withheld"].startswith("Withheld") else one["withheld"]
        )
    return number(one["value"], one["unit"])


def amount(found: float | None, unit: str) -> str:
    """What stands in a breakdown."""
    if found is None:
        return SIGN
    if unit == "minutes":
        return hours.table(round(found))
    return f"{found:,}" if isinstance(found, int) else f"{found:.1f}".replace("-", "−")


def interval(one: Mapping[str, Any]) -> str:
    """Between what it lies, nothing where that is not known."""
    if not one["interval"] or one["value"] is None:
        return ""
    low, high = (number(bound, one["unit"]) for bound in one["interval"])
    return f"{low} to {high}"


def people(one: Mapping[str, Any]) -> str:
    """Of how many."""
    return SIGN if one["n"] is None else f"{one['n']:,}"


def change(one: Mapping[str, Any]) -> str:
    """How it changed since the first window, and between what the change lies."""
    if one["change"] is None:
        return ""
    said = number(one["change"], one["unit"], sign=True)
    if one["change_interval"]:
        low, high = (number(bound, one["unit"], sign=True) for bound in one["change_interval"])
        said += f" ({low} to {high})"
    return said


def date_of(text: str) -> date:
    """A day as a result has it."""
    return date.fromisoformat(text)


def chance(one: Mapping[str, Any]) -> str:
    """What to make of a change whose interval holds 0."""
    within = one["change_interval"]
    return "That may be chance." if within and within[0] <= 0 <= within[1] else ""


def day(text: str | date) -> str:
    """1 October 2026."""
    on = date_of(text) if isinstance(text, str) else text
    return f"{on.day} {on:%B %Y}"


NOT_COMPARED = ("constraint", "core", "weighted_reciprocity")
"""Left out of pages: about single people when all is said, or the same again under another name."""

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


def left_out(one: Mapping[str, Any]) -> str:
    """What was left out of a figure: "hours with the chest (12 h), gifts (3 h)"; nothing where
    there is none."""
    said = []
    for reason, left in one["excluded"].items():
        if "people" in left:
            if left["people"]:
                said.append(f"{left['people']} people of whom it is not known")
        elif left["minutes"]:
            said.append(
                f"{_LEFT.get(reason, reason.replace('_', ' '))} ({hours.table(left['minutes'])})"
            )
    return ", ".join(said)


def lists() -> list[tuple[str, str]]:
    """The lists to act on, to choose from."""
    return [(one, title) for one, (title, _) in LISTS.items()]


def cell(table: Mapping[str, Any], row: str, column: str) -> str:
    """A cell of a breakdown, a dash where there is none."""
    found = [one for one in table["cells"] if (one["row"], one["column"]) == (row, column)]
    return amount(found[0]["value"], table["unit"]) if found else "–"


def bridging_sentence(index: Mapping[str, Any], z: Mapping[str, Any]) -> str:
    """How many hours go across, and whether that is more than chance would give."""
    if index["value"] is None:
        return index["withheld"]
    what = BRIDGES.get(index["id"].partition(":")[2], "group")
    across = round((index["value"] + 1) * 5)
    said = f"{across} of 10 hours go to somebody of another {what}."
    if z["value"] is None:
        return said
    if abs(z["value"]) < 2:
        return f"{said} That is about what chance would give."
    return f"{said} That is {'more' if z['value'] > 0 else 'less'} than chance would give."


def whose(result: Result) -> str:
    """For whom the report is."""
    among = {
        "people": "",
        "without_staff": " Hours of the staff are left out.",
        "everybody": " Organisations, groups and the chest count like people.",
    }[result["among"]]
    if result["shared"]:
        return f"For sharing. Numbers of fewer than {result['shared']} people are withheld, others rounded.{among}"
    said = (
        " What members said of themselves is rounded all the same."
        if result["report"] == "participation"
        else ""
    )
    return f"For the staff of the time bank: figures are exact, and must not be handed on.{among}{said}"


def proof(result: Result) -> str:
    """From which state of the books it was made."""
    made = datetime.fromisoformat(result["as_of"])
    books = result["ledger"]
    hash_ = " ".join((books["hash"] or "")[start : start + 4] for start in (0, 4, 8)).strip()
    check = f" (check {hash_})" if hash_ else ""
    return (
        f"From what was recorded by {day(made.date())}, {made:%H:%M} UTC: ledger position {books['entries']:,}{check}. The same"
        " dates and moment always give these figures again."
    )


SPLIT = ("split_direct", "split_through_others", "split_not_returned")


def split(result: Result) -> list[float]:
    """The three parts of all hours in the last window of a report about reciprocity, from 0 to 1;
    nothing where it is not known."""
    if result["report"] != "reciprocity":
        return []
    found = [figure(result["windows"][-1], one)["value"] for one in SPLIT]
    return [] if None in found else found


def tenths(shares: tuple[float, ...]) -> tuple[int, ...]:
    """Shares that add up to 1 as whole tenths that add up to ten: those with the largest remainders
    are rounded up."""
    down = [int(share * 10 + 1e-9) for share in shares]
    short = 10 - sum(down)
    order = sorted(range(len(shares)), key=lambda place: (down[place] - shares[place] * 10, place))
    return tuple(count + (place in order[:short]) for place, count in enumerate(down))


_SMALL = ("none", "1", "2", "3", "4", "5", "6", "7", "8", "9", "all 10")


def sentence(result: Result) -> str:
    """The headline of the last window: "Of every 10 hours given, 4 came back from the same person,
    …"; empty for others."""
    window = result["windows"][-1]
    if result["report"] == "reciprocity":
        return split_sentence(window)
    if result["report"] == "participation":
        found = figure(window, "active_90d")
        if found["value"] is None:
            return ""
        return (
            f"{round(found['value'] * 10)} of 10 members gave or were helped in the last 90 days."
        )
    found = figure(window, "codelivery_together")
    if found["value"] is None:
        return ""
    return f"Of every 10 hours spent in activities, {round(found['value'] * 10)} were led by residents and professionals together."


def split_sentence(window: Mapping[str, Any]) -> str:
    """What became of every ten hours, or why that cannot be said."""
    found = [figure(window, one) for one in SPLIT]
    if any(one["value"] is None for one in found):
        return found[0]["withheld"]
    direct, others, none = tenths(tuple(one["value"] for one in found))
    return (
        f"Of every 10 hours given, {_SMALL[direct]} came back from the same person, {_SMALL[others]} from somebody else, and"
        f" {_SMALL[none]} {'has' if none == 1 else 'have'} not come back yet."
    )


def in_words(result: Result) -> str:
    """A report to be read on a terminal: each figure with whom it is of, its interval and what it
    is, or why there is none."""
    lines = [
        f"{result['report'].capitalize()} of {result['name']}, {result['from']} to {result['to']}",
        whose(result),
    ]
    for window in result["windows"]:
        lines += ["", f"{window['from']} to {window['to']}"]
        for one in window["measures"]:
            lines += [f"  {one['id']}: {_said(one)}", f"      {one['definition']}"]
        for table in window["breakdowns"]:
            lines += [f"  {table['title']}"] if table["cells"] else []
            lines += [f"      {_of_cell(cell, table['unit'])}" for cell in table["cells"]]
    return "\n".join([*lines, "", *result["notes"], proof(result)])


def _said(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return value(one)
    said = f"{value(one)} (of {people(one)})"
    if one["interval"]:
        said += f", between {' and '.join(number(bound, one['unit']) for bound in one['interval'])}"
    if one["change"] is not None:
        said += f"; {change(one)} since the first window"
    return said


def _of_cell(cell: Mapping[str, Any], unit: str) -> str:
    names = (" to " if unit == "minutes" else ", ").join(
        place(cell[side]) for side in ("row", "column") if cell[side]
    )
    return f"{names}: {amount(cell['value'], unit)}"


def compared_in_words(found: Mapping[str, Any]) -> str:
    """Two windows side by side, to be read on a terminal, with the caution first."""
    before, after = found["before"], found["after"]
    lines = [
        *found["notes"],
        "",
        f"{before['from']} to {before['to']}, then {after['from']} to {after['to']}",
    ]
    for one in after["measures"]:
        if one["id"] not in NOT_COMPARED:
            earlier = figure(before, one["id"])
            lines.append(
                f"  {one['id']}: {value(earlier)}, then {value(one)}{'; ' + change(one) if change(one) else ''}"
            )
    return "\n".join(lines)
