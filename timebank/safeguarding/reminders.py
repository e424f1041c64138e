"""Reminding members of checks that end. Done by a job; the caller commits."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.clock import local_date
from timebank.errors import Conflict
from timebank.members import acts
from timebank.members.rules import require_broker
from timebank.notices.rules import Letter, NewNotice
from timebank.safeguarding import queries, rules
from timebank.safeguarding.models import CheckReminder, HeldCheck
from timebank.safeguarding.rules import State
from timebank.say import Weekday, say


def remind(session: Session, bank: Bank, *, now: datetime) -> int:
    """Remind those whose checks end or have ended, of each reminder once. Returns how many.

    It may be run at any time and by several at once: the table lets each reminder through once.
    After days on which nobody ran it the last one due is given, and those before it are not made up
    for: they would say what is true no more.
    """
    on, given = local_date(now, bank.timezone), 0
    for row in queries.to_remind(session, bank, on=on):
        check, expires_on = row.check, row.check.expires_on if row.check else None
        if check is None or expires_on is None:
            continue
        written_on = local_date(check.at, bank.timezone)
        days = rules.reminder_due(expires_on, written_on=written_on, on=on)
        if days is None or not _first(session, check, days, now):
            continue
        notice = NewNotice(letter(row.kind.name, expires_on, on), f"check:{check.id}:{days}")
        acts.tell(session, bank, check.member_id, notice, now=now)
        given += 1
    return given


def remind_now(session: Session, bank: Bank, check_id: int, act: Act) -> None:
    """One of the staff has a member reminded of a check that ends soon or has run out, at most once
    a day. Raises NotFound, Conflict."""
    require_broker(act.by)
    check = queries.check(session, bank, check_id, lock=True)
    on = local_date(act.now, bank.timezone)
    if check.ended_at is not None or rules.state_of(check.expires_on, on=on) == State.IN_ORDER:
        raise Conflict(say("This check is in order: there is nothing to remind of."))
    kind = queries.kind(session, bank, check.kind_id)
    words = letter(kind.name, check.expires_on or on, on)
    notice = NewNotice(words, f"check:{check.id}:asked:{on.isoformat()}")
    acts.tell(session, bank, check.member_id, notice, now=act.now)


def _first(session: Session, check: HeldCheck, days: int, now: datetime) -> bool:
    """Whether nobody has given this reminder yet."""
    reminder = insert_of(session)(CheckReminder).values(
        bank_id=check.bank_id, check_id=check.id, days=days, at=now
    )
    once = reminder.on_conflict_do_nothing().returning(CheckReminder.days)
    return session.execute(once).first() is not None


def letter(kind: str, expires_on: date, on: date) -> Letter:
    """What a member is told of their own check; `kind` is what the bank calls it."""
    if expires_on < on:
        return Letter(
            # Translators: the kind of check is the bank's own name for it: "First aid certificate".
            say("Your check has run out: %(kind)s", kind=kind),
            [
                say(
                    "“%(kind)s” was good until %(day)s. Until a new one is written down, nobody is"
                    " introduced to you for help that needs it.",
                    kind=kind,
                    day=expires_on,
                ),
                say("Show your broker the new paper, or say that you need it no more."),
            ],
        )
    subject = (
        say("Your check ends today: %(kind)s", kind=kind)
        if expires_on == on
        else say("Your check ends soon: %(kind)s", kind=kind)
    )
    return Letter(
        subject,
        [
            say(
                "“%(kind)s” is good until %(day)s. After that day nobody is introduced to you for"
                " help that needs it.",
                kind=kind,
                day=Weekday(expires_on),
            ),
            say("Show your broker the new paper before then, or say that you need it no more."),
        ],
    )
