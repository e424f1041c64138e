"""Measuring every figure of the catalogue in windows of days: how much it is, of how many, what was
left out, how far it may be off, or why it cannot be said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median

import numpy as np

from timebank.measures import brokerage, rules, spread
from timebank.measures.arrays import Real, Whole
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import (
    NO_HELP,
    ONE_GROUP,
    Attribute,
    Basis,
    Exact,
    Figure,
    Interval,
    Left,
    Measure,
    Position,
    Totals,
    Value,
    too_few,
    too_few_known,
)
from timebank.measures.participation import People, participation
from timebank.measures.rules import ENOUGH, Bridging, Help
from timebank.measures.windows import Window
from timebank.say import Said

"""What belongs beside every comparison of before and after."""

_LEADERS = ("resident", "professional", "together")


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
    groupings: Mapping[Attribute, Mapping[int, str]]
    people: People
    led: Mapping[str, int]
    sessions: int


@dataclass(frozen=True, eq=False)
class WindowFigures:
    """All figures of a window, in the order of the catalogue, and by attribute the help between
    groups that some of them are made of (none where the figures of the network are withheld)."""

    window: Window
    totals: Totals
    measures: tuple[Measure, ...]
    bridging: Mapping[Attribute, Bridging]

    def __getitem__(self, id_: str) -> Measure:
        """Raises KeyError."""
        for measure in self.measures:
            if measure.id == id_:
                return measure
        raise KeyError(id_)


@dataclass(frozen=True, eq=False)
class Series:
    """Figures over one window or several.

    `as_of` None: everything recorded so far. `books` says by bank how far they were sealed. `notes`
    belong beside the figures.
    """

    start: date
    end: date
    as_of: datetime | None
    books: Mapping[str, Position]
    totals: Totals
    windows: tuple[WindowFigures, ...]
    notes: tuple[Said, ...] = ()


def figures(facts: Sequence[Facts], *, draws: int = spread.DRAWS) -> tuple[WindowFigures, ...]:
    """Everything that can be said of each window; with the change since the first window in which
    it could be said.

    `draws` is how often members are drawn for the intervals; 0: there are none.
    """
    windows = [_Window(of_window) for of_window in facts]
    formulas = {figure.id: figure.formula for figure in FIGURES.values() if figure.drawn}
    rows = spread.drawn([window.contributions for window in windows], formulas, draws=draws)
    measured: list[WindowFigures] = []
    first: dict[str, tuple[Measure, Mapping[str, Real]]] = {}
    for window, row in zip(windows, rows, strict=True):
        drawn = {id_: row[:, place] for place, id_ in enumerate(formulas)}
        measures: list[Measure] = []
        for figure in FIGURES.values():
            measure = _with_interval(window.measure(figure), drawn)
            if figure.id in first:
                measure = _with_change(measure, drawn, *first[figure.id])
            elif measure.value is not None:
                first[figure.id] = (measure, drawn)
            measures.append(measure)
        measured.append(window.figures(tuple(measures)))
    return tuple(measured)


def _with_interval(measure: Measure, drawn: Mapping[str, Real]) -> Measure:
    if measure.value is None or measure.interval or measure.id not in drawn:
        return measure
    return replace(measure, interval=spread.interval(drawn[measure.id]))


def _with_change(
    measure: Measure,
    drawn: Mapping[str, Real],
    first: Measure,
    before: Mapping[str, Real],
) -> Measure:
    if measure.value is None or first.value is None:
        return measure
    within = None
    if measure.id in drawn:
        within = spread.interval(drawn[measure.id] - before[measure.id])
    return replace(measure, change=measure.value - first.value, change_interval=within)


def network_sums(help_: Help) -> dict[str, Value]:
    """What formulas over the network alone are made of, exactly; `spread.contributions` has the
    same sums arc by arc and person by person, to be drawn.

    Of minutes: `minutes` in all, `direct` returned by the same person, in the largest circulation
    (`round`), at most to come round (`ceiling`), inside strongly connected components (`inside`).
    Of arcs: `links`, and of these `returned` ones that have one the other way. Of people: `people`,
    `giver_only`, `receiver_only`, `both`; and how unequal they are.
    """
    split, shares = rules.split(help_), rules.balance(help_)
    return {
        "minutes": split.total,
        "direct": split.direct,
        "round": split.direct + split.through_others,
        "ceiling": split.ceiling,
        "inside": int(help_.minutes[help_.within_components].sum()),
        "links": len(help_.minutes),
        "returned": int((help_.back > 0).sum()),
        "people": help_.people,
        "giver_only": int(shares.giver_only.sum()),
        "receiver_only": int(shares.receiver_only.sum()),
        "both": int(shares.both.sum()),
        "gini_given": rules.gini(help_.given),
        "gini_received": rules.gini(help_.received),
        "top_tenth_given": rules.top_tenth(help_.given),
        "top_tenth_received": rules.top_tenth(help_.received),
    }


class _Window:
    """One window's figures in the making.

    Everything a formula may need is first summed up by name, for the window as it is (`sums`) and
    so that it can be summed again for any draw of its people (`contributions`). A figure is then
    its formula over the one, and its interval the spread of the same formula over the other: what
    makes the sums does not know which figures there are, so that a new one is a record alone.
    """

    def __init__(self, facts: Facts):
        self.facts, self.help = facts, facts.help
        self.part = participation(facts.people, facts.window)
        self.too_few = self._too_few()
        places = {name: _places(self.help, of) for name, of in facts.groupings.items()}
        self.bridging = {
            name: rules.bridging(self.help, *placed) for name, placed in places.items()
        }
        of_active = np.array(
            [max(facts.balances.get(who, 0), 0) for who in self.help.who.tolist()], np.int64
        )
        positive = sum(minutes for minutes in facts.balances.values() if minutes > 0)
        self.sums = {
            **network_sums(self.help),
            "years": facts.window.years,
            "positive": positive,
            **self._members(),
            **self._groups(),
            **self._brokerage(),
            **self._sessions(),
        }
        self.contributions = spread.contributions(
            self.help,
            positive=of_active,
            resting=positive - int(of_active.sum()),
            groupings={name: of for name, (_, of) in places.items()},
            years=facts.window.years,
        )

    def figures(self, measures: tuple[Measure, ...]) -> WindowFigures:
        totals = Totals(self.facts.acts, self.help.total, self.help.people)
        bridging = self.bridging if self.too_few is None else {}
        return WindowFigures(self.facts.window, totals, measures, bridging)

    def measure(self, figure: Figure) -> Measure:
        """The figure in this window, without what draws say of it."""
        why = self._why_not(figure)
        value = figure.value(self.sums) if why is None else None
        n = int(self.sums[figure.of] or 0)
        return Measure(
            id=figure.id,
            value=value,
            n=n,
            unit=figure.unit,
            interval=self._exact(figure, value, n),
            change=None,
            change_interval=None,
            definition=figure.definition,
            excluded=self._excluded(figure),
            withheld=(why or figure.unless) if value is None else None,
        )

    def _too_few(self) -> Said | None:
        """Why nothing can be said of the network, if so."""
        if not self.help.people:
            return NO_HELP
        if self.help.people < ENOUGH:
            return too_few(self.help.people, ENOUGH)
        return None

    def _why_not(self, figure: Figure) -> Said | None:
        """Why the figure cannot be said, whatever it came to."""
        if figure.basis is Basis.NETWORK:
            return self.too_few
        if figure.attribute is None:
            return None
        known = self.bridging[figure.attribute]
        if self.too_few is None and known.people < ENOUGH:
            return too_few_known(known.people, ENOUGH)
        if self.too_few is None and known.index is None:
            return ONE_GROUP
        return self.too_few

    def _exact(self, figure: Figure, value: Value, n: int) -> Interval | None:
        if value is None or figure.exact is None:
            return None
        if figure.exact is Exact.MEDIAN:
            return spread.of_median(self.part.days_to_first)
        return spread.of_share(round(value * n), n)

    def _excluded(self, figure: Figure) -> Mapping[str, Left]:
        if figure.basis is Basis.MEMBERS:
            return {}
        if figure.basis is Basis.SESSIONS:
            return {"nobody_led": Left(minutes=self.facts.led.get("nobody", 0))}
        if figure.attribute is None:
            return self.facts.left_out
        unknown = Left(people=self.bridging[figure.attribute].unknown)
        return {**self.facts.left_out, "unknown": unknown}

    def _members(self) -> dict[str, Value]:
        part, days = self.part, self.part.days_to_first
        return {
            "acts": self.facts.acts,
            "applied": part.applied,
            "joined": part.joined,
            "members": part.members,
            "traded": part.traded,
            "active": part.active,
            "dormant": part.dormant,
            "new": part.new,
            "gone": part.gone,
            "before": part.before,
            "stayed": part.stayed,
            "began": len(days),
            "days_to_first": float(median(days)) if days else None,
        }

    def _groups(self) -> dict[str, Value]:
        sums: dict[str, Value] = {}
        for name, known in self.bridging.items():
            minutes, within = int(known.between.sum()), int(np.trace(known.between))
            sums |= {
                f"grouped:{name}": known.people,
                f"known:{name}": minutes,
                f"between:{name}": minutes - within,
                f"z:{name}": known.z,
            }
        return sums

    def _brokerage(self) -> dict[str, Value]:
        if self.too_few is not None:
            return {}
        return {
            "constraint": float(np.median(brokerage.constraint(self.help))),
            "core": int(brokerage.cores(self.help).max()),
        }

    def _sessions(self) -> dict[str, Value]:
        by_leader = {f"led:{who}": self.facts.led.get(who, 0) for who in _LEADERS}
        return {"sessions": self.facts.sessions, "led": sum(self.facts.led.values()), **by_leader}


def _places(help_: Help, of: Mapping[int, str]) -> tuple[tuple[str, ...], Whole]:
    """The groups there are, in order, and each active person's place among them, −1 where none is
    known."""
    names = [of.get(who) for who in help_.who.tolist()]
    groups = tuple(sorted({name for name in names if name is not None}))
    place: dict[str | None, int] = {name: number for number, name in enumerate(groups)}
    return groups, np.array([place.get(name, -1) for name in names], np.int64)
