"""Figures as they are handed on: each with what it is, of how many, what was left out, how far it
may be off, or why not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from statistics import median
from typing import Any, Literal

import numpy as np

from timebank.measures import brokerage, rules, spread
from timebank.measures.participation import RECENT, Participation, People, participation
from timebank.measures.rules import ENOUGH, Bridging, Help, Split, Whole
from timebank.measures.spread import Contributions, Formula, Interval
from timebank.measures.windows import Window

Unit = Literal["share", "index", "deviations", "minutes", "people", "days", "per_year", "each"]
Value = float | int | None

CHANGED_NOT_CAUSED = (
    "What changed after that day did not have to change because of it: the season, who joined or"
    " left, and other things that began then are in the difference too. A difference whose interval"
    " holds 0 may be chance."
)
"""What belongs beside every comparison of before and after."""

NO_HELP = "No help was given in this window."

_SPLIT = "of all minutes of help between people"
_BELONG = (
    f"on the books at the end of the window; active: gave or received in the {RECENT} days up to it"
)
DEFINITIONS: Mapping[str, tuple[Unit, str]] = {
    "split_direct": (
        "share",
        (
            f"Returned directly: the share {_SPLIT} that the same person gave back; Σ min(w_ij,"
            " w_ji) / W."
        ),
    ),
    "split_through_others": (
        "share",
        (
            f"Returned through others: the further share {_SPLIT} that can come round to whoever"
            " gave, by way of other people; the largest circulation less what was returned"
            " directly."
        ),
    ),
    "split_not_returned": (
        "share",
        f"Not returned: the share {_SPLIT} that cannot come round in this window.",
    ),
    "split_ceiling": (
        "share",
        (
            f"Ceiling: the share {_SPLIT} that could come round at most, given how much each person"
            " gave and received; Σ min(o, n) / W."
        ),
    ),
    "split_direct_minutes": ("minutes", "Minutes returned directly by the same person."),
    "split_through_others_minutes": ("minutes", "Minutes that come round by way of other people."),
    "split_not_returned_minutes": ("minutes", "Minutes that cannot come round in this window."),
    "split_ceiling_minutes": ("minutes", "Minutes that could come round at most."),
    "weighted_reciprocity": (
        "share",
        "The same as returned directly, under the name it has in publications.",
    ),
    "arc_reciprocity": (
        "share",
        "Of all links from a giver to a receiver, the share that has one the other way; L↔ / L.",
    ),
    "reciprocity_rho": (
        "index",
        (
            "Reciprocity of links beyond chance, from below 0 (less than chance) to 1; (r − ā) / (1"
            " − ā), Garlaschelli & Loffredo 2004."
        ),
    ),
    "giver_only": ("share", "Of active people, the share who only gave."),
    "receiver_only": ("share", "Of active people, the share who only received."),
    "both": ("share", "Of active people, the share who gave and received."),
    "strong_component_share": (
        "share",
        (
            f"The share {_SPLIT} that lies between two who can reach each other both ways along"
            " help given."
        ),
    ),
    "gini_given": (
        "index",
        (
            "How unequally giving is spread over active people: 0 all the same, near 1 a single"
            " giver (Gini)."
        ),
    ),
    "gini_received": ("index", "How unequally receiving is spread over active people (Gini)."),
    "top_tenth_given": ("share", "The share of all minutes that the tenth who gave most gave."),
    "top_tenth_received": (
        "share",
        "The share of all minutes that the tenth who received most received.",
    ),
    "velocity": (
        "per_year",
        (
            "How often a year hours change hands: minutes of help a year / people's balances above"
            " 0 at the end of the window."
        ),
    ),
    "applied": ("people", "Everybody who has applied and can still be told, whatever came of it."),
    "joined": (
        "people",
        "Everybody who had joined by the end of the window, also those who have left since.",
    ),
    "members": ("people", "On the books at the end of the window."),
    "traded": ("people", "Of those on the books, who ever gave or received help."),
    "active_90d_people": (
        "people",
        f"Of those on the books, who gave or received in the {RECENT} days up to the window's end.",
    ),
    "dormant": (
        "people",
        (
            "Of those on the books, who have given or received before, but not in the last"
            f" {RECENT} days."
        ),
    ),
    "new": ("people", "Who joined in the window."),
    "gone": ("people", "Who left in the window."),
    "active_90d": ("share", f"The share who are active of those {_BELONG}."),
    "retention_12m": (
        "share",
        (
            f"Of those active a year before (in the {RECENT} days up to the same day), the share"
            " still on the books and active."
        ),
    ),
    "median_days_to_first": (
        "days",
        (
            "Days from joining to the first exchange, the middle one of members who had their first"
            " in this window. Who never had one is not in it."
        ),
    ),
    "partners_per_active": (
        "each",
        "Different people whom an active person helped or was helped by, on average.",
    ),
    "exchanges_per_active": (
        "each",
        "Exchanges and sessions between people, for each active person.",
    ),
    "ei_index": (
        "index",
        (
            "From −1 (all help within groups) to 1 (all between them): (E − I) / (E + I) over"
            " minutes, Krackhardt & Stern 1988."
        ),
    ),
    "ei_z": (
        "deviations",
        (
            "How many standard deviations the E–I index lies above that of the same groups dealt"
            " out at random."
        ),
    ),
    "constraint": (
        "index",
        (
            "Burt's constraint, the middle one of active people: the lower, the more people bridge"
            " gaps."
        ),
    ),
    "core": (
        "each",
        "The largest k for which there are people with k partners each among themselves (k-core).",
    ),
    "codelivery_resident": (
        "share",
        "Of the minutes on registers of sessions, the share in sessions led by residents alone.",
    ),
    "codelivery_professional": (
        "share",
        "Of the minutes on registers, the share in sessions led by professionals alone.",
    ),
    "codelivery_together": (
        "share",
        "Of the minutes on registers, the share in sessions that both led together.",
    ),
}
"""What each figure is, and its unit. `per_year` is times a year, `each` a number for every
person."""

STAFF_ONLY = frozenset({"constraint", "core"})
"""About single people when all is said: on the staff's screens, never in a file."""

_RATIOS: Mapping[str, Formula] = {
    "split_direct": lambda s: s["direct"] / s["minutes"],
    "split_through_others": lambda s: (s["round"] - s["direct"]) / s["minutes"],
    "split_not_returned": lambda s: 1 - s["round"] / s["minutes"],
    "split_ceiling": lambda s: s["ceiling"] / s["minutes"],
    "weighted_reciprocity": lambda s: s["direct"] / s["minutes"],
    "arc_reciprocity": lambda s: s["returned"] / s["links"],
    "reciprocity_rho": lambda s: _rho(
        s["returned"] / s["links"], s["links"] / (s["people"] * (s["people"] - 1))
    ),
    "giver_only": lambda s: s["giver_only"] / s["people"],
    "receiver_only": lambda s: s["receiver_only"] / s["people"],
    "both": lambda s: s["both"] / s["people"],
    "strong_component_share": lambda s: s["inside"] / s["minutes"],
    "gini_given": lambda s: s["gini_given"],
    "gini_received": lambda s: s["gini_received"],
    "top_tenth_given": lambda s: s["top_tenth_given"],
    "top_tenth_received": lambda s: s["top_tenth_received"],
    "partners_per_active": lambda s: (2 * s["links"] - s["returned"]) / s["people"],
}


def _rho(r: spread.Real, density: spread.Real) -> spread.Real:
    return (r - density) / (1 - density)


@dataclass(frozen=True)
class Left:
    """What was left out of a figure: so many acts of help, or movements of another kind, and their
    minutes."""

    acts: int
    minutes: int


@dataclass(frozen=True, eq=False)
class Facts:
    """What the books and registers say of one window, of one bank or several.

    `balances` are people's, in minutes, at its end, by the numbers that `help.who` has; `groupings`
    everybody's group, for each attribute. `led` are minutes on registers by who led their session.
    """

    window: Window
    help: Help
    acts: int
    left_out: Mapping[str, Left]
    balances: Mapping[int, int]
    groupings: Mapping[str, Mapping[int, str]]
    people: People
    led: Mapping[str, int]
    sessions: int


@dataclass(frozen=True)
class Measure:
    """One figure. `value` None: it cannot be said, and `why` says why not.

    `n` are the people (for co-delivery, the sessions) that it is of. `interval` is of 95 %;
    `change` is since the first window of a series in which it can be said, with an interval of its
    own.
    """

    id: str
    value: Value
    n: int
    unit: Unit
    definition: str
    why: str | None = None
    interval: Interval | None = None
    excluded: Mapping[str, Any] = field(default_factory=dict)
    change: Value = None
    change_interval: Interval | None = None

    @property
    def staff_only(self) -> bool:
        """Whether it has to stay on the staff's screens."""
        return self.id in STAFF_ONLY

    def dump(self) -> dict[str, Any]:
        """As JSON has it, numbers to six places."""
        return {
            "id": self.id,
            "value": _rounded(self.value),
            "n": self.n,
            "unit": self.unit,
            "interval": _pair(self.interval),
            "change": _rounded(self.change),
            "change_interval": _pair(self.change_interval),
            "definition": self.definition,
            "excluded": {
                name: vars(one) if isinstance(one, Left) else one
                for name, one in self.excluded.items()
            },
            "withheld": self.why,
        }


@dataclass(frozen=True, eq=False)
class WindowFigures:
    """All figures of a window, in the order of DEFINITIONS; `split`, `participation` and `bridging`
    (by attribute) in full.

    `split` is None where the figures of the network are withheld.
    """

    window: Window
    totals: Mapping[str, int]
    measures: tuple[Measure, ...]
    split: Split | None
    participation: Participation
    bridging: Mapping[str, Bridging]
    led: Mapping[str, int]

    def __getitem__(self, id_: str) -> Measure:
        """Raises KeyError."""
        for one in self.measures:
            if one.id == id_:
                return one
        raise KeyError(id_)

    def dump(self) -> dict[str, Any]:
        """As JSON has it, without what has to stay with the staff."""
        return {
            "from": self.window.start.isoformat(),
            "to": self.window.end.isoformat(),
            "totals": dict(self.totals),
            "measures": [one.dump() for one in self.measures if not one.staff_only],
        }


@dataclass(frozen=True, eq=False)
class Report:
    """Figures over one window or several. `bank` is its slug, None for all banks of the
    installation together.

    `as_of` None: everything recorded so far. `ledger` says how far the books were sealed. `notes`
    belong beside the figures.
    """

    bank: str | None
    start: date
    end: date
    as_of: datetime | None
    ledger: Mapping[str, Any]
    totals: Mapping[str, int]
    windows: tuple[WindowFigures, ...]
    notes: tuple[str, ...] = ()
    name: str = "reciprocity"

    def dump(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "report": self.name,
            "bank": self.bank,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "ledger": dict(self.ledger),
            "totals": dict(self.totals),
            "windows": [one.dump() for one in self.windows],
            "notes": list(self.notes),
        }


def figures(facts: Sequence[Facts], *, draws: int = spread.DRAWS) -> tuple[WindowFigures, ...]:
    """Everything that can be said of each window; with the change since the first window in which
    it could be said.

    `draws` is how often members are drawn for the intervals; 0: there are none.
    """
    made = [_Window(one) for one in facts]
    parts, formulas = [one.contributions for one in made], [one.formulas for one in made]
    rows = spread.drawn(parts, formulas, draws=draws)
    found: list[WindowFigures] = []
    first: dict[str, tuple[Measure, Mapping[str, spread.Real]]] = {}
    for one, those, row in zip(made, formulas, rows, strict=True):
        drawn = {name: row[:, place] for place, name in enumerate(those)}
        measures = [_with_interval(measure, drawn) for measure in one.measures()]
        measures = [
            _with_change(measure, drawn, *first[measure.id]) if measure.id in first else measure
            for measure in measures
        ]
        found.append(one.figures(tuple(measures)))
        for measure in measures:
            if measure.value is not None:
                first.setdefault(measure.id, (measure, drawn))
    return tuple(found)


def _with_interval(measure: Measure, drawn: Mapping[str, spread.Real]) -> Measure:
    if measure.value is None or measure.interval or measure.id not in drawn:
        return measure
    return replace(measure, interval=spread.interval(drawn[measure.id]))


def _with_change(
    measure: Measure,
    drawn: Mapping[str, spread.Real],
    first: Measure,
    before: Mapping[str, spread.Real],
) -> Measure:
    if measure.value is None or first.value is None:
        return measure
    within = None
    if measure.id in drawn and measure.id in before:
        within = spread.interval(drawn[measure.id] - before[measure.id])
    return replace(measure, change=measure.value - first.value, change_interval=within)


class _Window:
    """One window's figures in the making."""

    def __init__(self, facts: Facts):
        self.facts, self.help = facts, facts.help
        self.taking_part = participation(facts.people, facts.window)
        self.why = NO_HELP if not self.help.people else None
        if self.help.people and self.help.people < ENOUGH:
            self.why = (
                f"Too few people to say: {self.help.people} were active, and of fewer than {ENOUGH}"
                " a network says nothing."
            )
        self.places = {name: _places(self.help, of) for name, of in facts.groupings.items()}
        self.bridging = {
            name: rules.bridging(self.help, *placed) for name, placed in self.places.items()
        }
        of_active = np.array(
            [max(facts.balances.get(who, 0), 0) for who in self.help.who.tolist()], np.int64
        )
        self.positive = sum(minutes for minutes in facts.balances.values() if minutes > 0)
        self.contributions: Contributions = spread.contributions(
            self.help,
            positive=of_active,
            resting=self.positive - int(of_active.sum()),
            groupings={name: of for name, (_, of) in self.places.items()},
        )
        self.split = rules.split(self.help) if self.why is None else None

    @property
    def formulas(self) -> dict[str, Formula]:
        years = self.facts.window.years
        some: dict[str, Formula] = {
            **_RATIOS,
            "velocity": lambda s: s["minutes"] / years / s["positive"],
        }
        return some | {f"ei_index:{name}": _ei(name) for name in self.places}

    def figures(self, measures: tuple[Measure, ...]) -> WindowFigures:
        totals = {
            "exchanges": self.facts.acts,
            "minutes": self.help.total,
            "active_people": self.help.people,
        }
        bridging = self.bridging if self.why is None else {}
        return WindowFigures(
            self.facts.window,
            totals,
            measures,
            self.split,
            self.taking_part,
            bridging,
            self.facts.led,
        )

    def measures(self) -> Iterator[Measure]:
        yield from self._network()
        yield from self._velocity()
        yield from self._taking_part()
        yield from self._bridging()
        yield from self._brokerage()
        yield from self._codelivery()

    def _said(
        self, id_: str, value: Value, why: str | None = None, *, n: int | None = None, **more: Any
    ) -> Measure:
        """A figure; without a value it says why. Those of a network are of its people, and say what
        was left out of it."""
        unit, definition = DEFINITIONS[id_.partition(":")[0]]
        of_network = n is None
        more.setdefault("excluded", self.facts.left_out if of_network else {})
        reason = (why or self.why or NO_HELP) if value is None else None
        return Measure(
            id_, value, self.help.people if n is None else n, unit, definition, reason, **more
        )

    def _network(self) -> Iterator[Measure]:
        if self.split is None:
            names = [*_RATIOS, *(f"{name}_minutes" for name in _RATIOS if name.startswith("split"))]
            yield from (
                self._said(name, None)
                for name in DEFINITIONS
                if name in names and name != "partners_per_active"
            )
            return
        split, total = self.split, self.split.total
        minutes = {
            "split_direct": split.direct,
            "split_through_others": split.through_others,
            "split_not_returned": split.not_returned,
            "split_ceiling": split.ceiling,
        }
        for name, some in minutes.items():
            yield self._said(name, some / total)
        for name, some in minutes.items():
            yield self._said(f"{name}_minutes", some)
        yield self._said("weighted_reciprocity", split.direct / total)
        yield self._said("arc_reciprocity", rules.arc_reciprocity(self.help))
        everybody = "Everybody helped everybody, which leaves nothing to compare with."
        yield self._said("reciprocity_rho", rules.rho(self.help), everybody)
        shares = rules.balance(self.help)
        for name in ("giver_only", "receiver_only", "both"):
            some = int(getattr(shares, name).sum())
            yield self._said(
                name, some / self.help.people, interval=spread.of_share(some, self.help.people)
            )
        yield self._said("strong_component_share", rules.component_share(self.help))
        yield self._said("gini_given", rules.gini(self.help.given))
        yield self._said("gini_received", rules.gini(self.help.received))
        yield self._said("top_tenth_given", rules.top_tenth(self.help.given))
        yield self._said("top_tenth_received", rules.top_tenth(self.help.received))

    def _velocity(self) -> Iterator[Measure]:
        a_year = self.help.total / self.facts.window.years
        nobody = "Nobody had hours to spend at the end of this window."
        yield self._said("velocity", a_year / self.positive if self.positive else None, nobody)

    def _taking_part(self) -> Iterator[Measure]:
        part = self.taking_part
        counts = {
            "applied": part.applied,
            "joined": part.joined,
            "members": part.members,
            "traded": part.traded,
        }
        counts |= {
            "active_90d_people": part.active,
            "dormant": part.dormant,
            "new": part.new,
            "gone": part.gone,
        }
        for name, count in counts.items():
            yield self._said(name, count, n=part.members)
        nobody = "Nobody belonged to the time bank at the end of this window."
        yield self._share("active_90d", part.active, part.members, nobody)
        gone = f"Nobody was active in the {RECENT} days up to a year before."
        yield self._share("retention_12m", part.stayed, part.before, gone)
        days, first = (
            part.days_to_first,
            "Nobody gave or received for the first time in this window.",
        )
        middle, within = (float(median(days)), spread.of_median(days)) if days else (None, None)
        yield self._said("median_days_to_first", middle, first, n=len(days), interval=within)
        people, links = self.help.people, len(self.help.minutes)
        partners = (2 * links - int((self.help.back > 0).sum())) / people if people else None
        yield self._said("partners_per_active", partners, NO_HELP)
        yield self._said(
            "exchanges_per_active", self.facts.acts / people if people else None, NO_HELP
        )

    def _share(self, id_: str, some: int, all_: int, why: str) -> Measure:
        return self._said(
            id_, some / all_ if all_ else None, why, n=all_, interval=spread.of_share(some, all_)
        )

    def _bridging(self) -> Iterator[Measure]:
        for name, found in self.bridging.items():
            why, index, z = self.why, found.index, found.z
            if why is None and found.people < ENOUGH:
                why = (
                    f"Too few people to say: of {found.people} active people it is known, and this"
                    f" needs {ENOUGH}."
                )
            elif why is None and index is None:
                why = (
                    "Everybody of whom it is known is in one group, or nobody helped anybody of"
                    " whom it is known."
                )
            if why is not None:
                index = z = None
            left = {**self.facts.left_out, "unknown": {"people": found.unknown}}
            yield self._said(f"ei_index:{name}", index, why, n=found.people, excluded=left)
            dealt = why or "Every way of dealing the groups out comes to the same."
            yield self._said(f"ei_z:{name}", z, dealt, n=found.people, excluded=left)

    def _brokerage(self) -> Iterator[Measure]:
        fine = self.why is None
        yield self._said(
            "constraint", float(np.median(brokerage.constraint(self.help))) if fine else None
        )
        yield self._said("core", int(brokerage.cores(self.help).max()) if fine else None)

    def _codelivery(self) -> Iterator[Measure]:
        total = sum(self.facts.led.values())
        none = "No session's hours were posted in this window."
        left = {"nobody_led": {"minutes": self.facts.led.get("nobody", 0)}}
        for who in ("resident", "professional", "together"):
            share = self.facts.led.get(who, 0) / total if total else None
            yield self._said(f"codelivery_{who}", share, none, n=self.facts.sessions, excluded=left)


def _ei(name: str) -> Formula:
    return lambda s: (2 * s[f"between:{name}"] - s[f"known:{name}"]) / s[f"known:{name}"]


def _places(help_: Help, of: Mapping[int, str]) -> tuple[tuple[str, ...], Whole]:
    """The groups there are, in order, and each active person's place among them, −1 where none is
    known."""
    names = [of.get(who) for who in help_.who.tolist()]
    groups = tuple(sorted({name for name in names if name is not None}))
    place: dict[str | None, int] = {name: number for number, name in enumerate(groups)}
    return groups, np.array([place.get(name, -1) for name in names], np.int64)


def _rounded(value: Value) -> Value:
    return round(value, 6) if isinstance(value, float) else value


def _pair(interval: Interval | None) -> list[Value] | None:
    return None if interval is None else [_rounded(value) for value in interval]
