"""What happens when nobody answers: reminders, telling the brokers, automatic confirmation. Done by
jobs; the caller commits.

Everything here may be run again at any time: what was done is marked where it was done.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Conflict, Refusal
from timebank.exchanges import letters, queries, rules, service, steps
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import Side, Status
from timebank.jobs.service import queue
from timebank.members import meeting
from timebank.members.rules import require_broker
from timebank.say import say

SYSTEM = "waiting_time"
"""What the application is doing when it acts here, for the record."""


def remind(session: Session, bank: Bank, *, now: datetime) -> int:
    """Remind those whose word has been awaited for half of the waiting time, once each. Returns how
    many.

    In a bank that does not confirm automatically, brokers are told, once, of what is past the
    waiting time.
    """
    waiting = queries.to_remind(session, bank, now=now)
    sides = {side.account_id for seen in waiting for side in (seen.giver, seen.receiver)}
    apart = meeting.between(session, bank, sides)
    for seen in waiting:
        # Two who are kept apart hear nothing of each other: the desk shows what is between them.
        if (seen.giver.account_id, seen.receiver.account_id) in apart:
            seen.exchange.reminded_at = now
        else:
            _remind(session, bank, seen, now=now)
    if not bank.confirm_automatically:
        _tell_brokers(session, bank, queries.overdue_untold(session, bank, now=now), now=now)
    return len(waiting)


def queue_confirmations(session: Session, bank: Bank, *, now: datetime) -> int:
    """In a bank that confirms automatically, queue a job for each exchange past the waiting time.
    Returns how many.

    Each is a job of its own: none can hold up the others, and none locks more than its own two
    accounts.
    """
    if not bank.confirm_automatically:
        return 0
    waiting = queries.overdue_untold(session, bank, now=now)
    for seen in waiting:
        row = seen.exchange
        key = f"{row.id}:{_logged_at(seen).isoformat()}"
        queue(
            session,
            "exchanges.confirm_one",
            {"bank": bank.id, "exchange": row.id},
            run_at=now,
            key=key,
        )
    return len(waiting)


def confirm_one(session: Session, bank: Bank, exchange_id: int, *, now: datetime) -> bool:
    """Confirm what nobody objected to in the waiting time. Returns whether that was done.

    Where the hours cannot move it stays as it is, and the brokers are told, once. What has moved on
    since is left alone.
    """
    exchange = steps.locked(session, bank, exchange_id)
    seen = queries.shown(session, bank, [exchange])[0]
    due = bank.confirm_automatically and exchange.status == Status.LOGGED
    if not due or not queries.case(bank, seen, now=now).overdue:
        return False
    try:
        with session.begin_nested():
            service.confirm(session, bank, exchange_id, Act(Actor.system(bank.id, SYSTEM), now))
    except Refusal:
        session.refresh(exchange)
        _tell_brokers(session, bank, [seen], now=now)
        return False
    return True


def remind_now(session: Session, bank: Bank, exchange_id: int, act: Act) -> None:
    """One of the staff has somebody reminded whose word is awaited, at most once a day. Raises
    NotFound; Conflict for what waits to be confirmed by nobody, and for two who are kept apart."""
    require_broker(act.by)
    exchange = steps.locked(session, bank, exchange_id)
    seen = queries.shown(session, bank, [exchange])[0]
    if exchange.status != Status.LOGGED:
        raise Conflict(say("It does not wait to be confirmed."))
    today = local_date(act.now, bank.timezone)
    if exchange.reminded_at and local_date(exchange.reminded_at, bank.timezone) == today:
        raise Conflict(say("They were reminded today."))
    sides = (seen.giver.account_id, seen.receiver.account_id)
    if sides in meeting.between(session, bank, sides):
        raise Conflict(say("The two are kept apart. Speak with each of them."))
    _remind(session, bank, seen, now=act.now, again=today.isoformat())


def _remind(session: Session, bank: Bank, seen: Shown, *, now: datetime, again: str = "") -> None:
    row, logged_at = seen.exchange, _logged_at(seen)
    row.reminded_at = now
    minutes, on = steps.figures(row)
    # What is logged always waits for one of the two: the table has it so.
    side = cast(Side, row.waiting_for)
    until = local_date(rules.waiting_ends(logged_at, bank.waiting_days), bank.timezone)
    across = seen.party(rules.other(side)).name
    letter = letters.reminder(
        side, across, row.title, minutes, on, until, automatic=bank.confirm_automatically
    )
    cause = f"exchange:{row.id}:reminder:{again or logged_at.isoformat()}"
    steps.tell_party(
        session,
        bank,
        seen.party(side),
        letter,
        Act(Actor.system(bank.id, SYSTEM), now),
        cause=cause,
        about=queries.last_step(session, bank, row.id),
    )
    session.flush()


def _tell_brokers(session: Session, bank: Bank, waiting: Sequence[Shown], *, now: datetime) -> None:
    if not waiting:
        return
    lines = [
        letters.line(
            seen.giver.name, seen.receiver.name, seen.exchange.title, *steps.figures(seen.exchange)
        )
        for seen in waiting
    ]
    for seen in waiting:
        seen.exchange.brokers_told_at = now
    session.flush()
    first = waiting[0]
    cause = f"exchange:{first.exchange.id}:overdue:{_logged_at(first).isoformat()}"
    letter = letters.overdue(lines, automatic=bank.confirm_automatically)
    act = Act(Actor.system(bank.id, SYSTEM), now)
    steps.tell_brokers(session, bank, letter, act, cause=cause, about=first.exchange.id)


def _logged_at(seen: Shown) -> datetime:
    return cast(datetime, seen.exchange.logged_at)
