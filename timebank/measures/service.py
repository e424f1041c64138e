"""The figures of a bank, or of all banks of the installation together. Nothing is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.ledger import queries as ledger
from timebank.measures import brokerage, participation, queries, rules, spread
from timebank.measures.measuring import (
    CHANGED_NOT_CAUSED,
    Facts,
    Left,
    Report,
    WindowFigures,
    figures,
)
from timebank.measures.participation import People
from timebank.measures.queries import Among
from timebank.measures.windows import By, Window, around, left_over, windows


def measure(
    session: Session,
    bank: Bank,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
    by: By | None = None,
    among: Among = "people",
    draws: int = spread.DRAWS,
) -> Report:
    """The bank's figures from `start` to `end`, both included, as recorded at `as_of` (None: so
    far).

    With `by` there is a window for each whole month, quarter or year, with the change since the
    first. `draws` is how often members are drawn for the intervals; 0 leaves them out. Raises
    Invalid for a range the wrong way round, or without a whole one of those windows.
    """
    chosen = windows(start, end, by)
    found = queries.facts(session, bank, chosen, as_of=as_of, among=among)
    books = _position(session, bank)
    return _report(
        found, (start, end), chosen, bank=bank.slug, as_of=as_of, books=books, draws=draws
    )


def measure_all(
    session: Session,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
    by: By | None = None,
    among: Among = "people",
    draws: int = spread.DRAWS,
) -> Report:
    """The figures of all banks of the installation as one network; somebody in two banks is two
    people. Else as `measure`."""
    chosen = windows(start, end, by)
    every = banks.all_banks(session)
    each = [queries.facts(session, bank, chosen, as_of=as_of, among=among) for bank in every]
    found = [
        _together(window, [of_bank[number] for of_bank in each])
        for number, window in enumerate(chosen)
    ]
    books = {"banks": {bank.slug: _position(session, bank) for bank in every}}
    return _report(found, (start, end), chosen, bank=None, as_of=as_of, books=books, draws=draws)


def before_and_after(
    session: Session,
    bank: Bank,
    day: date,
    *,
    months: int = 12,
    as_of: datetime | None = None,
    among: Among = "people",
    draws: int = spread.DRAWS,
) -> Report:
    """Two windows of so many months, the one up to the day before `day` and the one from it on,
    with what changed between them.

    The report's notes hold the caution that belongs beside it. Raises Invalid for fewer than one
    month.
    """
    chosen = around(day, months)
    found = queries.facts(session, bank, chosen, as_of=as_of, among=among)
    range_, books = (chosen[0].start, chosen[-1].end), _position(session, bank)
    return _report(
        found,
        range_,
        chosen,
        bank=bank.slug,
        as_of=as_of,
        books=books,
        draws=draws,
        notes=(CHANGED_NOT_CAUSED,),
    )


@dataclass(frozen=True)
class ToActOn:
    """Accounts of people whom a broker may want to ring, in ascending order. For the staff's own
    screens only.

    `bridges` are those without whom some would no longer reach each other; `why` says why there are
    none where nothing can be said of the network.
    """

    never_traded: tuple[int, ...]
    only_give: tuple[int, ...]
    only_receive: tuple[int, ...]
    gone_quiet: tuple[int, ...]
    bridges: tuple[int, ...]
    why: str | None = None


@dataclass(frozen=True, eq=False)
class Observed:
    """What a coordinator looks at: the figures of one window, whom to ring, the network they are
    of, and how it grew."""

    report: Report
    to_act_on: ToActOn
    help: rules.Help
    growth: Report


def observe(
    session: Session, bank: Bank, start: date, end: date, *, growing: tuple[date, date, By]
) -> Observed:
    """All of it from one reading of the books, as they are now; `growing` are the days and the
    windows of the growth.

    Raises Invalid for a range the wrong way round.
    """
    range_, by = growing[:2], growing[2]
    once, series = windows(start, end), windows(*range_, by)
    found, each = queries.facts_of_each(session, bank, [once, series])
    how: dict[str, Any] = {
        "bank": bank.slug,
        "as_of": None,
        "books": _position(session, bank),
        "draws": spread.DRAWS,
    }
    report, growth = _report(found, (start, end), once, **how), _report(each, range_, series, **how)
    return Observed(report, _to_act_on(found[0]), found[0].help, growth)


def to_act_on(
    session: Session, bank: Bank, start: date, end: date, *, as_of: datetime | None = None
) -> ToActOn:
    """The people behind the figures of one window. Raises Invalid for a range the wrong way
    round."""
    return _to_act_on(queries.facts(session, bank, windows(start, end), as_of=as_of)[0])


def _to_act_on(found: Facts) -> ToActOn:
    window = found.window
    shares, who = rules.balance(found.help), found.help.who
    few = found.help.people < rules.ENOUGH
    bridges = who[:0] if few else who[brokerage.bridge_people(found.help)]
    return ToActOn(
        never_traded=_accounts(participation.never_traded(found.people, window)),
        only_give=_accounts(who[shares.giver_only]),
        only_receive=_accounts(who[shares.receiver_only]),
        gone_quiet=_accounts(participation.gone_quiet(found.people, window)),
        bridges=_accounts(bridges),
        why=f"Fewer than {rules.ENOUGH} people were active: a network of so few says nothing."
        if few
        else None,
    )


def _accounts(of: Any) -> tuple[int, ...]:
    return tuple(np.sort(of).tolist())


def _position(session: Session, bank: Bank) -> dict[str, Any]:
    """How far the bank's books are sealed."""
    found = ledger.position(session, bank)
    return {"entries": found.entries, "hash": found.hash, "unsealed": found.unsealed}


def _report(
    found: Sequence[Facts],
    range_: tuple[date, date],
    chosen: Sequence[Window],
    *,
    bank: str | None,
    as_of: datetime | None,
    books: Mapping[str, Any],
    draws: int,
    notes: tuple[str, ...] = (),
) -> Report:
    made: tuple[WindowFigures, ...] = figures(found, draws=draws)
    totals = {name: sum(one.totals[name] for one in made) for name in ("exchanges", "minutes")}
    totals["active_people"] = len(set(chain.from_iterable(one.help.who.tolist() for one in found)))
    left = left_over(*range_, chosen)
    return Report(bank, *range_, as_of, books, totals, made, (left, *notes) if left else notes)


def _together(window: Window, of_banks: Sequence[Facts]) -> Facts:
    """Several banks' facts of one window as those of one. Accounts are numbered across banks."""
    helps = [one.help for one in of_banks]

    def joined(array: Callable[[Any], Any], of: Sequence[Any]) -> Any:
        return np.concatenate([np.zeros(0, np.int64), *(array(one) for one in of)])

    people = [one.people for one in of_banks]
    return Facts(
        window=window,
        help=rules.aggregate(
            joined(lambda one: one.who[one.giver], helps),
            joined(lambda one: one.who[one.receiver], helps),
            joined(lambda one: one.minutes, helps),
        ),
        acts=sum(one.acts for one in of_banks),
        left_out=_added(of_banks),
        balances=dict(chain.from_iterable(one.balances.items() for one in of_banks)),
        groupings=_merged(of_banks),
        people=People(
            account=joined(lambda one: one.account, people),
            applied=joined(lambda one: one.applied, people),
            joined=joined(lambda one: one.joined, people),
            left=joined(lambda one: one.left, people),
            first=joined(lambda one: one.first, people),
            recent=joined(lambda one: one.recent, people).astype(bool),
            year_before=joined(lambda one: one.year_before, people).astype(bool),
        ),
        led=_led(of_banks),
        sessions=sum(one.sessions for one in of_banks),
    )


def _added(of_banks: Sequence[Facts]) -> dict[str, Left]:
    sums: dict[str, Left] = {}
    for reason, left in chain.from_iterable(one.left_out.items() for one in of_banks):
        so_far = sums.get(reason, Left(0, 0))
        sums[reason] = Left(so_far.acts + left.acts, so_far.minutes + left.minutes)
    return dict(sorted(sums.items()))


def _merged(of_banks: Sequence[Facts]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for name, of in chain.from_iterable(one.groupings.items() for one in of_banks):
        found.setdefault(name, {}).update(of)
    return found


def _led(of_banks: Sequence[Facts]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for who, minutes in chain.from_iterable(one.led.items() for one in of_banks):
        sums[who] = sums.get(who, 0) + minutes
    return sums
