"""What the books and the registers say of windows: read once for all windows, the same on both
engines.

Help is what entries of exchanges and sessions moved, from the account credited (who helped) to the
one debited. An entry that was taken back by `as_of` is left out with its correction, on whatever
day either happened: so a wrong amount counts nowhere. Attributes of people (area, capacity, role,
date of birth) are those of today, since they keep no history; and so are registers of sessions, of
which those count whose hours were posted by then and still stand.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.ledger.models import Account, Entry, Posting
from timebank.measures import rules
from timebank.measures.arrays import Mask, Whole
from timebank.measures.figures import RECENT, Among, Attribute, Left
from timebank.measures.measuring import Facts
from timebank.measures.participation import NEVER, People
from timebank.measures.windows import Window, later
from timebank.members.models import Member

HELP = ("exchange", "session")
"""The kinds of entries by which somebody helped somebody. Gifts, settlements and opening balances
are none."""

KINDS: Mapping[Among, tuple[str, ...]] = {
    Among.PEOPLE: ("member",),
    Among.WITHOUT_STAFF: ("member",),
    Among.EVERYBODY: ("member", "organisation", "group", "chest"),
}
"""The kinds of accounts whose help is looked at."""

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

    def in_windows(self, windows: Sequence[Window]) -> "_Movements":
        """Those up to the end of the last window, told apart by window."""
        starts = np.array([window.start.toordinal() for window in windows])
        ends = np.array([window.end.toordinal() for window in windows])
        known = self.day <= ends[-1]
        day = self.day[known]
        # Windows do not overlap: a day is in the first that ends on it or later, or before that
        # one begins.
        window = np.searchsorted(ends, day)
        return replace(
            self,
            entry=self.entry[known],
            day=day,
            payee=self.payee[known],
            payer=self.payer[known],
            minutes=self.minutes[known],
            kind=self.kind[known],
            back=self.back[known],
            helped=self.helped[known],
            counted=self.counted[known],
            window=window,
            within=day >= starts[window],
        )


def facts(
    session: Session,
    bank: Bank,
    windows: Sequence[Window],
    *,
    as_of: datetime | None = None,
    among: Among = Among.PEOPLE,
) -> list[Facts]:
    """Everything that figures are made from, for each of the windows, which are in order and do not
    overlap.

    As recorded at `as_of`; None: so far.
    """
    return facts_of_each(session, bank, [windows], as_of=as_of, among=among)[0]


def facts_of_each(
    session: Session,
    bank: Bank,
    series: Sequence[Sequence[Window]],
    *,
    as_of: datetime | None = None,
    among: Among = Among.PEOPLE,
) -> list[list[Facts]]:
    """The same for several lists of windows, from one reading of the books."""
    moved = _movements(session, bank, max(windows[-1].end for windows in series), as_of, among)
    return [
        _facts(session, bank, windows, moved.in_windows(windows), as_of, among)
        for windows in series
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
    attributes = _attributes(session, bank)
    held = activities.held(session, bank, windows[0].start, windows[-1].end, as_of=as_of)
    facts_of_windows: list[Facts] = []
    for number, window in enumerate(windows):
        helps = moved.counted & moved.within & (moved.window == number)
        sessions = [meeting for meeting in held if window.start <= meeting.day <= window.end]
        facts_of_windows.append(
            Facts(
                window=window,
                help=rules.aggregate(moved.payee[helps], moved.payer[helps], moved.minutes[helps]),
                acts=len(np.unique(moved.entry[helps])),
                left_out=left_out[number],
                balances=balances[number],
                groupings=_groupings(attributes, window.end),
                people=people[number],
                led={str(who): number for who, number in activities.led(sessions).items()},
                sessions=len(sessions),
            )
        )
    return facts_of_windows


def active_between(session: Session, bank: Bank, start: date, end: date) -> set[int]:
    """Accounts of members who gave or received help between two days, both included, also of or for
    an organisation."""
    moved = _movements(session, bank, end, None, Among.EVERYBODY).in_windows([Window(start, end)])
    helped = moved.helped & moved.within
    sides = np.concatenate([moved.payee[helped], moved.payer[helped]])
    return {account for account in np.unique(sides).tolist() if moved.kinds[account] == "member"}


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
    kind, (entry, day, payee, payer, minutes) = _postings(
        session, *known, Entry.kind != "reversal", Entry.occurred_on <= until
    )
    taken_back = (
        session.execute(select(Entry.reverses_id).where(*known, Entry.reverses_id.is_not(None)))
        .scalars()
        .all()
    )
    back = np.isin(entry, np.array(taken_back, np.int64))
    helped = np.array([name in HELP for name in kind], bool) & ~back
    accounts = session.execute(select(Account.id, Account.kind).where(Account.bank_id == bank.id))
    kinds = {row[0]: row[1] for row in accounts}
    staff = set(session.execute(_staff(bank)).scalars() if among is Among.WITHOUT_STAFF else ())
    looked_at = np.array(
        [
            account
            for account, of_kind in kinds.items()
            if of_kind in KINDS[among] and account not in staff
        ],
        np.int64,
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


def _postings(
    session: Session, *wanted: ColumnElement[bool]
) -> tuple[list[str], NDArray[np.int64]]:
    """The kinds of the entries, a posting each, and in five rows entry, day, payee, payer and
    minutes of the same postings."""
    columns = (
        Entry.kind,
        Entry.id,
        Entry.occurred_on,
        Posting.payee_id,
        Posting.payer_id,
        Posting.minutes,
    )
    rows = session.execute(
        select(*columns).join(Posting, Posting.entry_id == Entry.id).where(*wanted)
    )
    kind: list[str] = []
    parts = [np.zeros((5, 0), np.int64)]
    # Made into numbers part by part: as objects of Python the postings of many years would take
    # several times the room.
    for part in rows.partitions(_AT_ONCE):
        kind.extend(row[0] for row in part)
        parts.append(np.array([(row[1], row[2].toordinal(), *row[3:]) for row in part], np.int64).T)
    return kind, np.concatenate(parts, axis=1)


def _staff(bank: Bank) -> Select[int | None]:
    return select(Member.account_id).where(
        Member.bank_id == bank.id, Member.role != "member", Member.account_id.is_not(None)
    )


def _left_out(moved: _Movements, windows: Sequence[Window], among: Among) -> list[dict[str, Left]]:
    """What moved in each window and is no help among those looked at, by why it is none."""
    acts: list[Counter[str]] = [Counter() for _ in windows]
    minutes: list[Counter[str]] = [Counter() for _ in windows]
    for place in np.flatnonzero(moved.within & ~moved.counted).tolist():
        sides = {int(moved.payee[place]), int(moved.payer[place])}
        others = {moved.kinds[side] for side in sides} - set(KINDS[among])
        reason = _reason(str(moved.kind[place]), bool(moved.back[place]), others)
        number = int(moved.window[place])
        acts[number][reason] += 1
        minutes[number][reason] += int(moved.minutes[place])
    return [
        {
            reason: Left(acts=of_window[reason], minutes=minutes[number][reason])
            for reason in sorted(of_window)
        }
        for number, of_window in enumerate(acts)
    ]


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
    looked_at = np.isin(account, moved.looked_at)
    who, place = np.unique(account[looked_at], return_inverse=True)
    change, window = change[looked_at], window[looked_at]
    upto = np.zeros(len(who), np.int64)
    began = np.zeros(len(who), bool)
    balances: list[dict[int, int]] = []
    for number in range(len(windows)):
        now = window == number
        np.add.at(upto, place[now], change[now])
        began[place[now]] = True
        balances.append(dict(zip(who[began].tolist(), upto[began].tolist(), strict=True)))
    return balances


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

    sides = np.concatenate([moved.payee[moved.helped], moved.payer[moved.helped]])
    when = np.concatenate([moved.day[moved.helped]] * 2)
    active, place = np.unique(sides, return_inverse=True)
    first = np.full(len(active), NEVER)
    np.minimum.at(first, place, when)

    def recent(end: date) -> Mask:
        last = end.toordinal()
        return np.isin(account, sides[(when > last - RECENT) & (when <= last)])

    began = dict(zip(active.tolist(), first.tolist(), strict=True))
    first_of = np.array([began.get(number, NEVER) for number in account.tolist()], np.int64)
    return [
        People(
            account,
            applied=_days(earlier),
            joined=_days(joined),
            left=_days([row.left_on for row in members]),
            first=first_of,
            recent=recent(window.end),
            year_before=recent(later(window.end, -12)),
        )
        for window in windows
    ]


def _days(days: Sequence[date | None]) -> Whole:
    return np.array([NEVER if day is None else day.toordinal() for day in days], np.int64)


class _Known(NamedTuple):
    """What is known of somebody today, by their account."""

    account_id: int
    area: str | None
    capacity: str
    date_of_birth: date | None


def _attributes(session: Session, bank: Bank) -> list[_Known]:
    columns = (Member.account_id, Member.area, Member.capacity, Member.date_of_birth)
    rows = session.execute(
        select(*columns).where(Member.bank_id == bank.id, Member.account_id.is_not(None))
    )
    return [_Known(row[0] or 0, *row[1:]) for row in rows]


def _groupings(members: Sequence[_Known], on: date) -> dict[Attribute, dict[int, str]]:
    """Everybody's group by account, of each attribute; without those of whom it is not known."""
    return {
        Attribute.AGE_BAND: {
            member.account_id: _band(member.date_of_birth, on)
            for member in members
            if member.date_of_birth is not None
        },
        Attribute.AREA: {member.account_id: member.area for member in members if member.area},
        Attribute.CAPACITY: {member.account_id: member.capacity for member in members},
    }


def _band(born: date, on: date) -> str:
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return next(words for below, words in BANDS if age < below)
