"""The desk as one queue: what all the rooms have waiting, the most urgent first, a page at a time.

Each room brings the first of its lines, in its own order. They are merged by how urgent they are,
and of two that are as urgent the one that waits longer, or whose day comes first, goes before. So
the first few of the queue are among the first few of each room, however much waits behind them.
Whoever was rung today and did not answer goes to its end, and is there again tomorrow: nothing
leaves the queue but what is done.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.desk import queries
from timebank.desk.queries import Tried
from timebank.desk.rules import Whose
from timebank.members import queries as members
from timebank.members.queries import Reached
from timebank.room import LINES, Line, Reach, Room, Urgency, Waiting, all_waiting

LATELY = timedelta(days=14)
"""So far back calls that nobody answered still count."""


@dataclass(frozen=True)
class Wanted:
    """Which part of the queue is looked at: of everybody or what one looks after, of all kinds or
    one, and which page of it, from 1."""

    whose: Whose = Whose.EVERYBODY
    kind: str = ""
    page: int = 1

    @property
    def mine(self) -> bool:
        return self.whose == Whose.MINE


@dataclass(frozen=True)
class Entry:
    """A line of the queue with what it is one of, whom to speak to and where they are reached, and
    how often they were rung in vain; `put_off`: today already."""

    waiting: Waiting
    line: Line
    who: Reached | None = None
    tried: Tried | None = None
    put_off: bool = False


@dataclass(frozen=True)
class Queue:
    """A page of the queue, how many pages there are, and how many lines in all; what waits by kind,
    and the kind that is shown alone, if it is one."""

    entries: Sequence[Entry]
    pages: int
    total: int
    kinds: Sequence[Waiting] = ()
    later: Sequence[Waiting] = ()
    alone: Waiting | None = None
    wanted: Wanted = field(default_factory=Wanted)

    @property
    def beyond(self) -> int:
        """How many come after this page."""
        return max(self.total - self.wanted.page * LINES, 0)


def queue(session: Session, bank: Bank, rooms: Iterable[Room], wanted: Wanted, act: Act) -> Queue:
    """What waits for the staff, as far as it is wanted. A page past the last is empty."""
    tried = queries.tried(session, bank, since=act.now - LATELY)
    today = local_date(act.now, bank.timezone)
    put_off = {
        member_id
        for member_id, calls in tried.items()
        if local_date(calls.last, bank.timezone) == today
    }
    # Those put off are passed over before the page is full: somebody stands in a list a few times.
    lines = wanted.page * LINES + len(put_off) * LINES
    waiting = all_waiting(session, bank, rooms, Reach(wanted.mine, lines), act)
    kinds = [one for one in waiting if one.urgency != Urgency.LATER]
    later = [one for one in waiting if one.urgency == Urgency.LATER]
    alone = next((one for one in waiting if one.kind == wanted.kind), None)
    shown = [one for one in ([alone] if alone else kinds) if one.lines]
    if wanted.kind and alone is None:
        shown = []
    total = sum(one.total for one in shown)
    first = (wanted.page - 1) * LINES
    merged = _merged(shown, put_off)[first : first + LINES]
    return Queue(
        entries=_reached(session, bank, merged, tried, put_off),
        pages=-(-total // LINES),
        total=total,
        kinds=kinds,
        later=later,
        alone=alone,
        wanted=wanted,
    )


def _merged(kinds: Sequence[Waiting], put_off: set[int]) -> list[tuple[Waiting, Line]]:
    """The lines of these kinds by urgency, each kind in its own order, those put off at the end."""
    in_order = heapq.merge(
        *([(waiting, line) for line in waiting.lines] for waiting in kinds), key=_urgent
    )
    merged = list(in_order)
    return sorted(merged, key=lambda entry: _member_id(entry[1]) in put_off)


def _urgent(entry: tuple[Waiting, Line]) -> tuple[Any, ...]:
    waiting, line = entry
    return line.urgency or waiting.urgency, line.since or date.max, waiting.place


def _member_id(line: Line) -> int | None:
    return line.who.member_id if line.who else None


def _reached(
    session: Session,
    bank: Bank,
    lines: Sequence[tuple[Waiting, Line]],
    tried: Mapping[int, Tried],
    put_off: set[int],
) -> list[Entry]:
    """The lines with whom to speak to, found in one question."""
    people = [line.who for _, line in lines if line.who is not None]
    reached = members.reached(
        session,
        bank,
        account_ids={who.account_id for who in people},
        member_ids={who.member_id for who in people if who.member_id is not None},
    )
    by_member = {one.party.member_id: one for one in reached}
    by_account = {one.party.account_id: one for one in reached}
    entries: list[Entry] = []
    for waiting, line in lines:
        member_id = _member_id(line)
        who = by_member.get(member_id) if member_id else None
        if who is None and line.who is not None:
            who = by_account.get(line.who.account_id)
        tried_so = tried.get(member_id or 0)
        entries.append(Entry(waiting, line, who, tried_so, (member_id or 0) in put_off))
    return entries
