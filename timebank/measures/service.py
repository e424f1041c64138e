"""The figures of a bank, or of all banks of the installation together. Nothing is written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

import numpy as np
from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.ledger import queries as ledger
from timebank.measures import brokerage, participation, queries, rules, spread
from timebank.measures.arrays import Mask, Whole
from timebank.measures.figures import CHANGED_NOT_CAUSED, Among, Attribute, Left, Position, Totals
from timebank.measures.measuring import Facts, Series, figures
from timebank.measures.participation import People
from timebank.measures.windows import Period, Window, around, left_over, windows
from timebank.say import Said, say


def measure(
    session: Session,
    bank: Bank,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
    by: Period | None = None,
    among: Among = Among.PEOPLE,
    draws: int = spread.DRAWS,
) -> Series:
    """The bank's figures from `start` to `end`, both included, as recorded at `as_of` (None: so
    far).

    With `by` there is a window for each whole month, quarter or year, with the change since the
    first. `draws` is how often members are drawn for the intervals; 0 leaves them out. Raises
    Invalid for a range the wrong way round, or without a whole one of those windows.
    """
    chosen = windows(start, end, by)
    facts = queries.facts(session, bank, chosen, as_of=as_of, among=among)
    books = {bank.slug: _position(session, bank)}
    return _series(facts, Window(start, end), as_of=as_of, books=books, draws=draws)


def measure_all(
    session: Session,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
    by: Period | None = None,
    among: Among = Among.PEOPLE,
    draws: int = spread.DRAWS,
) -> Series:
    """The figures of all banks of the installation as one network; somebody in two banks is two
    people. Else as `measure`."""
    chosen = windows(start, end, by)
    every = banks.all_banks(session)
    of_banks = [queries.facts(session, bank, chosen, as_of=as_of, among=among) for bank in every]
    facts = [
        _together(window, [of_bank[number] for of_bank in of_banks])
        for number, window in enumerate(chosen)
    ]
    books = {bank.slug: _position(session, bank) for bank in every}
    return _series(facts, Window(start, end), as_of=as_of, books=books, draws=draws)


def before_and_after(
    session: Session,
    bank: Bank,
    day: date,
    *,
    months: int = 12,
    as_of: datetime | None = None,
    among: Among = Among.PEOPLE,
    draws: int = spread.DRAWS,
) -> Series:
    """Two windows of so many months, the one up to the day before `day` and the one from it on,
    with what changed between them.

    The report's notes hold the caution that belongs beside it. Raises Invalid for fewer than one
    month.
    """
    chosen = around(day, months)
    facts = queries.facts(session, bank, chosen, as_of=as_of, among=among)
    return _series(
        facts,
        Window(chosen[0].start, chosen[-1].end),
        as_of=as_of,
        books={bank.slug: _position(session, bank)},
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
    why: Said | None = None


@dataclass(frozen=True, eq=False)
class Observed:
    """What a coordinator looks at: the figures of one window, whom to ring, the network they are
    of, and how it grew."""

    series: Series
    to_act_on: ToActOn
    help: rules.Help
    growth: Series


def observe(
    session: Session, bank: Bank, start: date, end: date, *, growing: Window, by: Period
) -> Observed:
    """All of it from one reading of the books, as they are now; `growing` are the days of the
    growth, in windows of `by`.

    Raises Invalid for a range the wrong way round.
    """
    once, each = queries.facts_of_each(
        session, bank, [windows(start, end), windows(growing.start, growing.end, by)]
    )
    books = {bank.slug: _position(session, bank)}
    return Observed(
        _series(once, Window(start, end), books=books),
        _to_act_on(once[0]),
        once[0].help,
        _series(each, growing, books=books),
    )


def to_act_on(
    session: Session, bank: Bank, start: date, end: date, *, as_of: datetime | None = None
) -> ToActOn:
    """The people behind the figures of one window. Raises Invalid for a range the wrong way
    round."""
    return _to_act_on(queries.facts(session, bank, windows(start, end), as_of=as_of)[0])


def _to_act_on(facts: Facts) -> ToActOn:
    window = facts.window
    shares, who = rules.balance(facts.help), facts.help.who
    few = facts.help.people < rules.ENOUGH
    bridges = who[:0] if few else who[brokerage.bridge_people(facts.help)]
    return ToActOn(
        never_traded=_accounts(participation.never_traded(facts.people, window)),
        only_give=_accounts(who[shares.giver_only]),
        only_receive=_accounts(who[shares.receiver_only]),
        gone_quiet=_accounts(participation.gone_quiet(facts.people, window)),
        bridges=_accounts(bridges),
        why=say(
            "Fewer than %(enough)s people were active: a network of so few says nothing.",
            enough=rules.ENOUGH,
        )
        if few
        else None,
    )


def _accounts(accounts: Whole) -> tuple[int, ...]:
    return tuple(np.sort(accounts).tolist())


def _position(session: Session, bank: Bank) -> Position:
    """How far the bank's books are sealed."""
    position = ledger.position(session, bank)
    return Position(position.entries, position.hash, position.unsealed)


def _series(
    facts: Sequence[Facts],
    asked: Window,
    *,
    books: Mapping[str, Position],
    as_of: datetime | None = None,
    draws: int = spread.DRAWS,
    notes: tuple[Said, ...] = (),
) -> Series:
    """The figures of each window, and what they come to together. Somebody active in two windows
    is one person."""
    measured = figures(facts, draws=draws)
    active = set(chain.from_iterable(of_window.help.who.tolist() for of_window in facts))
    totals = Totals(
        exchanges=sum(of_window.acts for of_window in facts),
        minutes=sum(of_window.help.total for of_window in facts),
        active_people=len(active),
    )
    left = left_over(asked.start, asked.end, [of_window.window for of_window in facts])
    return Series(
        asked.start,
        asked.end,
        as_of,
        books,
        totals,
        measured,
        (left, *notes) if left else notes,
    )


def _together(window: Window, of_banks: Sequence[Facts]) -> Facts:
    """Several banks' facts of one window as those of one. Accounts are numbered across banks."""
    helps = [facts.help for facts in of_banks]
    people = [facts.people for facts in of_banks]
    return Facts(
        window=window,
        help=rules.aggregate(
            _joined(help_.who[help_.giver] for help_ in helps),
            _joined(help_.who[help_.receiver] for help_ in helps),
            _joined(help_.minutes for help_ in helps),
        ),
        acts=sum(facts.acts for facts in of_banks),
        left_out=_left_out(of_banks),
        balances=dict(chain.from_iterable(facts.balances.items() for facts in of_banks)),
        groupings=_groupings(of_banks),
        people=People(
            account=_joined(some.account for some in people),
            applied=_joined(some.applied for some in people),
            joined=_joined(some.joined for some in people),
            left=_joined(some.left for some in people),
            first=_joined(some.first for some in people),
            recent=_joined_masks(some.recent for some in people),
            year_before=_joined_masks(some.year_before for some in people),
        ),
        led=_led(of_banks),
        sessions=sum(facts.sessions for facts in of_banks),
    )


def _joined(arrays: Iterable[Whole]) -> Whole:
    """One after the other; there may be none."""
    return np.concatenate([np.zeros(0, np.int64), *arrays])


def _joined_masks(arrays: Iterable[Mask]) -> Mask:
    return np.concatenate([np.zeros(0, np.bool_), *arrays])


def _left_out(of_banks: Sequence[Facts]) -> dict[str, Left]:
    acts: Counter[str] = Counter()
    minutes: Counter[str] = Counter()
    for reason, left in chain.from_iterable(facts.left_out.items() for facts in of_banks):
        acts[reason] += left.get("acts") or 0
        minutes[reason] += left.get("minutes") or 0
    return {reason: Left(acts=acts[reason], minutes=minutes[reason]) for reason in sorted(acts)}


def _groupings(of_banks: Sequence[Facts]) -> dict[Attribute, dict[int, str]]:
    groupings: dict[Attribute, dict[int, str]] = {attribute: {} for attribute in Attribute}
    for attribute, groups in chain.from_iterable(facts.groupings.items() for facts in of_banks):
        groupings[attribute].update(groups)
    return groupings


def _led(of_banks: Sequence[Facts]) -> dict[str, int]:
    minutes: Counter[str] = Counter()
    for facts in of_banks:
        minutes.update(facts.led)
    return dict(minutes)
