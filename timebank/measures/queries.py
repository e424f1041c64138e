"""What the books and the registers say of windows: read once for all windows, the same on both
engines.

Help is what entries of exchanges and sessions moved, from the account credited (who helped) to the
one debited. An entry that was taken back by `as_of` is left out with its correction, on whatever
day either happened: so a wrong amount counts nowhere. Attributes of people (area, capacity, role,
date of birth) are those of today, since they keep no history; and so are registers of sessions, of
which those count whose hours were posted by then and still stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.ledger.models import Account, Entry, Posting
from timebank.measures import rules
from timebank.measures.measuring import Facts, Left
from timebank.measures.participation import NEVER, RECENT, Mask, People, Whole
from timebank.measures.windows import Window, later
from timebank.members.models import Member

HELP = ("exchange", "session")
"""The kinds of entries by which somebody helped somebody. Gifts, settlements and opening balances
are none."""

Among = Literal["people", "without_staff", "everybody"]
"""Whose help is looked at: members; members who are no staff; or organisations, groups and the
chest too."""

KINDS: Mapping[Among, tuple[str, ...]] = {
    "people": ("member",),
    "without_staff": ("member",),
    "everybody": ("member", "organisation", "group", "chest"),
}
BANDS = ((25, "0–24"), (45, "25–44"), (65, "45–64"), (80, "65–79"), (200, "80 and over"))
"""Age bands, by the age that each is below, in years."""

_AT_ONCE = 20_000
"""Rows made into arrays at one time: as Python holds them they are many times as large."""


@dataclass(frozen=True, eq=False)
class _Movements:
    """What moved up to the end of the last window, one element a movement from payer to payee;
    corrections are left aside.

    `window` is the number of the window that `day` (an ordinal) is in, or else of the next one;
    `within` whether it is in it. `helped` is what is help and was not taken back, `counted` such
    help among those looked at, and `looked_at` the accounts of those. `kinds` are those of all
    accounts.
    """

    entry: Whole
    day: Whole
    payee: Whole
    payer: Whole
    minutes: Whole
    kind: NDArray[np.str_]
    back: Mask
    helped: Mask
    counted: Mask
    window: Whole
    within: Mask
    looked_at: Whole
    kinds: Mapping[int, str]


_EACH = ("entry", "day", "payee", "payer", "minutes", "kind", "back", "helped", "counted")


def facts(
    session: Session,
    bank: Bank,
    windows: Sequence[Window],
    *,
    as_of: datetime | None = None,
    among: Among = "people",
) -> list[Facts]:
    """Everything that figures are made from, for each of the windows, which are in order and do not
    overlap.

    As recorded at `as_of`; None: so far.
    """
    return facts_of_each(session, bank, [windows], as_of=as_of, among=among)[0]


def facts_of_each(
    session: Session,
    bank: Bank,
    several: Sequence[Sequence[Window]],
    *,
    as_of: datetime | None = None,
    among: Among = "people",
) -> list[list[Facts]]:
    """The same for several lists of windows, from one reading of the books."""
    read = _movements(session, bank, max(windows[-1].end for windows in several), as_of, among)
    return [
        _facts(session, bank, windows, _in_windows(read, windows), as_of, among)
        for windows in several
    ]


def _facts(
    session: Session,
    bank: Bank,
    windows: Sequence[Window],
    moved: _Movements,
    as_of: datetime | None,
    among: Among,
) -> list[Facts]:
    left_out = _left_out(moved, windows, among)
    balances = _balances(moved, windows)
    people = _people(session, bank, windows, moved, as_of)
    known = _attributes(session, bank)
    held = activities.held(session, bank, windows[0].start, windows[-1].end, as_of=as_of)
    found = []
    for number, window in enumerate(windows):
        mine = moved.counted & moved.within & (moved.window == number)
        led = [one for one in held if window.start <= one.day <= window.end]
        found.append(
            Facts(
                window=window,
                help=rules.aggregate(moved.payee[mine], moved.payer[mine], moved.minutes[mine]),
                acts=len(np.unique(moved.entry[mine])),
                left_out=left_out[number],
                balances=balances[number],
                groupings=_groupings(known, window.end),
                people=people[number],
                led=activities.led(led),
                sessions=len(led),
            )
        )
    return found


def active_between(session: Session, bank: Bank, start: date, end: date) -> set[int]:
    """Accounts of members who gave or received help between two days, both included, also of or for
    an organisation."""
    found = _in_windows(_movements(session, bank, end, None, "everybody"), [Window(start, end)])
    helped = found.helped & found.within
    sides = np.concatenate([found.payee[helped], found.payer[helped]])
    return {one for one in np.unique(sides).tolist() if found.kinds[one] == "member"}


def _in_windows(read: _Movements, windows: Sequence[Window]) -> _Movements:
    """Those up to the end of the last window, told apart by window."""
    starts, ends = (
        np.array([getattr(one, edge).toordinal() for one in windows]) for edge in ("start", "end")
    )
    known = read.day <= ends[-1]
    each = {name: getattr(read, name)[known] for name in _EACH}
    window = np.searchsorted(ends, each["day"])
    return replace(read, **each, window=window, within=each["day"] >= starts[window])


def _movements(
    session: Session, bank: Bank, until: date, as_of: datetime | None, among: Among
) -> _Movements:
    """Read once, and told apart here: each further question to the database would read the same
    rows again."""
    known = (
        [Entry.bank_id == bank.id]
        if as_of is None
        else [Entry.bank_id == bank.id, Entry.recorded_at <= as_of]
    )
    columns = (
        Entry.kind,
        Entry.id,
        Entry.occurred_on,
        Posting.payee_id,
        Posting.payer_id,
        Posting.minutes,
    )
    rows = session.execute(
        select(*columns)
        .join(Posting, Posting.entry_id == Entry.id)
        .where(*known, Entry.kind != "reversal", Entry.occurred_on <= until)
    )
    kind: list[str] = []
    parts = [np.zeros((5, 0), np.int64)]
    for some in rows.partitions(_AT_ONCE):
        of_entries, entries, days, *others = zip(*some, strict=True)
        kind.extend(of_entries)
        parts.append(np.array([entries, [day.toordinal() for day in days], *others], np.int64))
    entry, day, payee, payer, minutes = np.concatenate(parts, axis=1)

    taken_back = (
        session.execute(select(Entry.reverses_id).where(*known, Entry.reverses_id.is_not(None)))
        .scalars()
        .all()
    )
    back = np.isin(entry, np.array(taken_back, np.int64))
    helped = np.array([one in HELP for one in kind], bool) & ~back
    accounts = session.execute(select(Account.id, Account.kind).where(Account.bank_id == bank.id))
    kinds = {row[0]: row[1] for row in accounts}
    staff = set(session.execute(_staff(bank)).scalars() if among == "without_staff" else ())
    looked_at = np.array(
        [one for one, of in kinds.items() if of in KINDS[among] and one not in staff], np.int64
    )

    return _Movements(
        entry=entry,
        day=day,
        payee=payee,
        payer=payer,
        minutes=minutes,
        kind=np.array(kind, str),
        back=back,
        helped=helped,
        counted=helped & np.isin(payee, looked_at) & np.isin(payer, looked_at),
        window=np.zeros_like(day),
        within=np.zeros_like(back),
        looked_at=looked_at,
        kinds=kinds,
    )


def _staff(bank: Bank) -> Select[Any]:
    return select(Member.account_id).where(
        Member.bank_id == bank.id, Member.role != "member", Member.account_id.is_not(None)
    )


def _left_out(moved: _Movements, windows: Sequence[Window], among: Among) -> list[dict[str, Left]]:
    """What moved in each window and is no help among those looked at, by why it is none."""
    sums: list[dict[str, Left]] = [{} for _ in windows]
    for place in np.flatnonzero(moved.within & ~moved.counted).tolist():
        sides = {int(moved.payee[place]), int(moved.payer[place])}
        others = {moved.kinds[side] for side in sides} - set(KINDS[among])
        reason = _reason(str(moved.kind[place]), bool(moved.back[place]), others)
        mine = sums[moved.window[place]]
        so_far = mine.get(reason, Left(0, 0))
        mine[reason] = Left(so_far.acts + 1, so_far.minutes + int(moved.minutes[place]))
    return [dict(sorted(one.items())) for one in sums]


def _reason(kind: str, taken_back: bool, others: set[str]) -> str:
    """Why a movement is left out: it is no help, was taken back, or has somebody else on a side, if
    only one of the staff."""
    if kind not in HELP:
        return kind
    if taken_back:
        return "taken_back"
    return min(others, default="staff")


def _balances(moved: _Movements, windows: Sequence[Window]) -> list[dict[int, int]]:
    """Balances at each window's end by account, in minutes, of those looked at who ever had any
    movement by then."""
    stands = ~moved.back
    account = np.concatenate([moved.payee[stands], moved.payer[stands]])
    change = np.concatenate([moved.minutes[stands], -moved.minutes[stands]])
    window = np.concatenate([moved.window[stands]] * 2)
    ours = np.isin(account, moved.looked_at)
    who, place = np.unique(account[ours], return_inverse=True)
    change, window = change[ours], window[ours]
    upto = np.zeros(len(who), np.int64)
    began = np.zeros(len(who), bool)
    found = []
    for number in range(len(windows)):
        now = window == number
        np.add.at(upto, place[now], change[now])
        began[place[now]] = True
        found.append(dict(zip(who[began].tolist(), upto[began].tolist(), strict=True)))
    return found


def _people(
    session: Session,
    bank: Bank,
    windows: Sequence[Window],
    moved: _Movements,
    as_of: datetime | None,
) -> list[People]:
    """Who took part, as each window's end shows it. Any help counts, also of or for an
    organisation, a group or the chest."""
    columns = (Member.account_id, Member.created_at, Member.joined_on, Member.left_on)
    known = [] if as_of is None else [Member.created_at <= as_of]
    members = session.execute(
        select(*columns).where(Member.bank_id == bank.id, *known).order_by(Member.id)
    ).all()
    account = np.array([row.account_id or 0 for row in members], np.int64)
    applied = [local_date(row.created_at, bank.timezone) for row in members]
    joined = [
        row.joined_on or (day if row.account_id else None)
        for row, day in zip(members, applied, strict=True)
    ]
    earlier = [min(day, on or day) for day, on in zip(applied, joined, strict=True)]
    days = [_days(one) for one in (earlier, joined, [row.left_on for row in members])]

    sides = np.concatenate([moved.payee[moved.helped], moved.payer[moved.helped]])
    when = np.concatenate([moved.day[moved.helped]] * 2)
    active, place = np.unique(sides, return_inverse=True)
    first = np.full(len(active), NEVER)
    np.minimum.at(first, place, when)

    def recent(end: date) -> Mask:
        last = end.toordinal()
        return np.isin(account, sides[(when > last - RECENT) & (when <= last)])

    began = dict(zip(active.tolist(), first.tolist(), strict=True))
    first_of = np.array([began.get(one, NEVER) for one in account.tolist()], np.int64)
    return [
        People(
            account,
            *days,
            first=first_of,
            recent=recent(one.end),
            year_before=recent(later(one.end, -12)),
        )
        for one in windows
    ]


def _days(days: Sequence[date | None]) -> Any:
    return np.array([NEVER if day is None else day.toordinal() for day in days], np.int64)


def _attributes(session: Session, bank: Bank) -> Sequence[Any]:
    columns = (Member.account_id, Member.area, Member.capacity, Member.date_of_birth)
    return session.execute(
        select(*columns).where(Member.bank_id == bank.id, Member.account_id.is_not(None))
    ).all()


def _groupings(known: Sequence[Any], on: date) -> dict[str, dict[int, str]]:
    """Everybody's group by account, of each attribute; without those of whom it is not known."""
    return {
        "age_band": {
            row.account_id: _band(row.date_of_birth, on)
            for row in known
            if row.date_of_birth is not None
        },
        "area": {row.account_id: row.area for row in known if row.area},
        "capacity": {row.account_id: row.capacity for row in known},
    }


def _band(born: date, on: date) -> str:
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return next(words for below, words in BANDS if age < below)
