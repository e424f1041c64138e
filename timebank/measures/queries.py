"""What the books and the registers say of windows: read in sets, all windows at once, the same on both engines.

Help is what entries of exchanges and sessions moved, from the account credited (who helped) to the one debited. An entry that
was taken back by `as_of` is left out with its correction, on whatever day either happened: so a wrong amount counts nowhere.
Attributes of people (area, capacity, role, date of birth) are those of today, since they keep no history; and so are registers
of sessions, of which those count whose hours were posted by then and still stand.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, false, func, or_, select, text, union_all
from sqlalchemy.orm import Session, aliased

from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.ledger.models import Account, Entry, Posting
from timebank.measures import rules
from timebank.measures.figures import Facts, Left
from timebank.measures.participation import NEVER, RECENT, People
from timebank.measures.windows import Window, later
from timebank.members.models import Member

HELP = ("exchange", "session")
"""The kinds of entries by which somebody helped somebody. Gifts, settlements and opening balances are none."""

Among = Literal["people", "without_staff", "everybody"]
"""Whose help is looked at: members; members who are no staff; or organisations, groups and the chest too."""

KINDS: Mapping[Among, tuple[str, ...]] = {
    "people": ("member",),
    "without_staff": ("member",),
    "everybody": ("member", "organisation", "group", "chest"),
}
BANDS = ((25, "0–24"), (45, "25–44"), (65, "45–64"), (80, "65–79"), (200, "80 and over"))
"""Age bands, by the age that each is below, in years."""

_GIVER, _RECEIVER, _BACK = aliased(Account), aliased(Account), aliased(Entry)


def facts(
    session: Session, bank: Bank, windows: Sequence[Window], *, as_of: datetime | None = None, among: Among = "people"
) -> list[Facts]:
    """Everything that figures are made from, for each of the windows, which are in order and do not overlap.

    As recorded at `as_of`; None: so far.
    """
    arcs = _arcs(session, bank, windows, as_of, among)
    acts = _acts(session, bank, windows, as_of, among)
    left_out = _left_out(session, bank, windows, as_of, among)
    balances = _balances(session, bank, windows, as_of, among)
    people = _people(session, bank, windows, as_of)
    known = _attributes(session, bank)
    found = []
    for number, window in enumerate(windows):
        mine = arcs[arcs[:, 0] == number]
        codelivery = activities.codelivery(session, bank, start=window.start, end=window.end, as_of=as_of)
        found.append(
            Facts(
                window=window,
                help=rules.aggregate(mine[:, 1], mine[:, 2], mine[:, 3]),
                acts=acts.get(number, 0),
                left_out=left_out[number],
                balances=balances[number],
                groupings=_groupings(known, window.end),
                people=people[number],
                led=codelivery.led,
                sessions=codelivery.sessions,
            )
        )
    return found


def active_between(session: Session, bank: Bank, start: date, end: date) -> set[int]:
    """Accounts of members who gave or received help between two days, both included, also of or for an organisation."""
    window = [Window(start, end)]
    found: set[int] = set()
    for account in (_GIVER, _RECEIVER):
        theirs = _help(bank, account.id, windows=window, as_of=None, among="everybody").where(account.kind == "member")
        found |= set(session.execute(theirs.distinct()).scalars())
    return found


def _staff(bank: Bank) -> Select[Any]:
    return select(Member.account_id).where(Member.bank_id == bank.id, Member.role != "member", Member.account_id.is_not(None))


def _left_aside(bank: Bank, among: Among) -> ColumnElement[bool]:
    """Whether a movement has one of the staff on a side, where they are not looked at."""
    if among != "without_staff":
        return false()
    staff = _staff(bank)
    return or_(Posting.payee_id.in_(staff), Posting.payer_id.in_(staff))


def _within(windows: Sequence[Window]) -> ColumnElement[bool]:
    """Whether an entry happened in one of them."""
    return or_(*(Entry.occurred_on.between(one.start, one.end) for one in windows))


def _which(windows: Sequence[Window]) -> Any:
    """The number of the window that an entry happened in."""
    return case(*((Entry.occurred_on.between(one.start, one.end), number) for number, one in enumerate(windows)))


def _movements(bank: Bank, *columns: Any, as_of: datetime | None) -> Select[*tuple[Any, ...]]:
    """Postings with both their accounts, and the entry that took theirs back, if any did by then."""
    known = [] if as_of is None else [Entry.recorded_at <= as_of]
    by_then = [] if as_of is None else [_BACK.recorded_at <= as_of]
    return (
        select(*columns)
        .select_from(Entry)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(_GIVER, _GIVER.id == Posting.payee_id)
        .join(_RECEIVER, _RECEIVER.id == Posting.payer_id)
        .outerjoin(_BACK, and_(_BACK.reverses_id == Entry.id, *by_then))
        .where(Entry.bank_id == bank.id, *known)
    )


def _help(
    bank: Bank, *columns: Any, windows: Sequence[Window], as_of: datetime | None, among: Among
) -> Select[*tuple[Any, ...]]:
    """Help that still holds, among those looked at."""
    kinds = KINDS[among]
    found = _movements(bank, *columns, as_of=as_of).where(
        Entry.kind.in_(HELP),
        _BACK.id.is_(None),
        _within(windows),
        _GIVER.kind.in_(kinds),
        _RECEIVER.kind.in_(kinds),
    )
    return found.where(~_left_aside(bank, among)) if among == "without_staff" else found


def _sum(minutes: Any) -> Any:
    # PostgreSQL sums whole numbers into decimals.
    return cast(func.sum(minutes), BigInteger)


def _arcs(session: Session, bank: Bank, windows: Sequence[Window], as_of: datetime | None, among: Among) -> Any:
    """Window, giver, receiver, minutes: one row for each pair in each window."""
    which = _which(windows).label("n")
    columns = (which, Posting.payee_id, Posting.payer_id, _sum(Posting.minutes))
    found = _help(bank, *columns, windows=windows, as_of=as_of, among=among)
    rows = session.execute(found.group_by(text("n"), Posting.payee_id, Posting.payer_id))
    return np.array([tuple(row) for row in rows], np.int64).reshape(-1, 4)


def _acts(session: Session, bank: Bank, windows: Sequence[Window], as_of: datetime | None, among: Among) -> dict[int, int]:
    """Exchanges and sessions between them, by window."""
    which = _which(windows).label("n")
    found = _help(bank, which, func.count(Entry.id.distinct()), windows=windows, as_of=as_of, among=among)
    return {row[0]: row[1] for row in session.execute(found.group_by(text("n")))}


def _left_out(
    session: Session, bank: Bank, windows: Sequence[Window], as_of: datetime | None, among: Among
) -> list[dict[str, Left]]:
    """What moved in each window and is no help among those looked at, by why it is none."""
    which, staff = _which(windows).label("n"), case((_left_aside(bank, among), 1), else_=0).label("staff")
    back = _BACK.id.is_not(None).label("back")
    by = (which, Entry.kind, back, _GIVER.kind, _RECEIVER.kind, staff)
    grouped = (text("n"), Entry.kind, text("back"), _GIVER.kind, _RECEIVER.kind, text("staff"))
    found = _movements(bank, *by, func.count(), _sum(Posting.minutes), as_of=as_of).where(
        Entry.kind != "reversal", _within(windows)
    )
    sums: list[dict[str, Left]] = [{} for _ in windows]
    for window, kind, taken_back, giver, receiver, of_staff, acts, minutes in session.execute(found.group_by(*grouped)):
        reason = _reason(kind, bool(taken_back), {giver, receiver} - set(KINDS[among]), bool(of_staff))
        if reason:
            so_far = sums[window].get(reason, Left(0, 0))
            sums[window][reason] = Left(so_far.acts + acts, so_far.minutes + minutes)
    return [dict(sorted(one.items())) for one in sums]


def _reason(kind: str, taken_back: bool, others: set[str], staff: bool) -> str | None:
    """Why a movement is left out: it is no help, was taken back, or has somebody else on a side. None: it is not."""
    if kind not in HELP:
        return kind
    if taken_back:
        return "taken_back"
    return min(others) if others else "staff" if staff else None


def _balances(
    session: Session, bank: Bank, windows: Sequence[Window], as_of: datetime | None, among: Among
) -> list[dict[int, int]]:
    """Balances at each window's end by account, in minutes, of those looked at who ever had any movement by then."""
    which = case(*((Entry.occurred_on <= one.end, number) for number, one in enumerate(windows))).label("n")
    sides = [
        _movements(bank, which, account.id.label("account"), minutes.label("minutes"), as_of=as_of).where(
            Entry.kind != "reversal",
            _BACK.id.is_(None),
            Entry.occurred_on <= windows[-1].end,
            account.kind.in_(KINDS[among]),
            *([account.id.not_in(_staff(bank))] if among == "without_staff" else []),
        )
        for account, minutes in ((_GIVER, Posting.minutes), (_RECEIVER, -Posting.minutes))
    ]
    lines = union_all(*sides).subquery()
    columns = (lines.c.n, lines.c.account, _sum(lines.c.minutes))
    changes: list[dict[int, int]] = [{} for _ in windows]
    for window, account, minutes in session.execute(select(*columns).group_by(lines.c.n, lines.c.account)):
        changes[window][account] = minutes
    upto: dict[int, int] = {}
    found = []
    for change in changes:
        for account, minutes in change.items():
            upto[account] = upto.get(account, 0) + minutes
        found.append(dict(upto))
    return found


def _people(session: Session, bank: Bank, windows: Sequence[Window], as_of: datetime | None) -> list[People]:
    """Who took part, as each window's end shows it. Any help counts, also of or for an organisation, a group or the chest."""
    columns = (Member.account_id, Member.created_at, Member.joined_on, Member.left_on)
    known = [] if as_of is None else [Member.created_at <= as_of]
    members = session.execute(select(*columns).where(Member.bank_id == bank.id, *known).order_by(Member.id)).all()
    first, recent = _activity(session, bank, windows, as_of)
    account = np.array([row.account_id or 0 for row in members], np.int64)
    applied = [local_date(row.created_at, bank.timezone) for row in members]
    joined = [row.joined_on or (day if row.account_id else None) for row, day in zip(members, applied, strict=True)]
    earlier = [min(day, on or day) for day, on in zip(applied, joined, strict=True)]
    days = [_days(one) for one in (earlier, joined, [row.left_on for row in members])]
    began = np.array([first.get(one, NEVER) for one in account.tolist()], np.int64)
    return [
        People(account, *days, first=began, recent=np.isin(account, now), year_before=np.isin(account, then))
        for now, then in recent
    ]


def _activity(
    session: Session, bank: Bank, windows: Sequence[Window], as_of: datetime | None
) -> tuple[dict[int, int], list[tuple[list[int], list[int]]]]:
    """The day of each account's first help; and for each window, which accounts were active lately, and a year before."""
    sides = [
        _movements(bank, account.id.label("account"), Entry.occurred_on.label("day"), as_of=as_of).where(
            Entry.kind.in_(HELP), _BACK.id.is_(None), account.kind == "member"
        )
        for account in (_GIVER, _RECEIVER)
    ]
    lines = union_all(*sides).subquery()
    ends = [end for window in windows for end in (window.end, later(window.end, -12))]
    lately = [lines.c.day.between(end - timedelta(days=RECENT - 1), end) for end in ends]
    flags = [func.max(case((within, 1), else_=0)) for within in lately]
    columns: tuple[Any, ...] = (lines.c.account, func.min(lines.c.day), *flags)
    rows = session.execute(select(*columns).group_by(lines.c.account)).all()
    first = {row[0]: row[1].toordinal() for row in rows}
    active = [[row[0] for row in rows if row[2 + number]] for number in range(len(ends))]
    return first, list(zip(active[::2], active[1::2], strict=True))


def _days(days: Sequence[date | None]) -> Any:
    return np.array([NEVER if day is None else day.toordinal() for day in days], np.int64)


def _attributes(session: Session, bank: Bank) -> Sequence[Any]:
    columns = (Member.account_id, Member.area, Member.capacity, Member.date_of_birth)
    return session.execute(select(*columns).where(Member.bank_id == bank.id, Member.account_id.is_not(None))).all()


def _groupings(known: Sequence[Any], on: date) -> dict[str, dict[int, str]]:
    """Everybody's group by account, of each attribute; without those of whom it is not known."""
    return {
        "age_band": {row.account_id: _band(row.date_of_birth, on) for row in known if row.date_of_birth is not None},
        "area": {row.account_id: row.area for row in known if row.area},
        "capacity": {row.account_id: row.capacity for row in known},
    }


def _band(born: date, on: date) -> str:
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return next(words for below, words in BANDS if age < below)
