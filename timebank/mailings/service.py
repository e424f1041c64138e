"""Writing letters to many and sending them; putting announcements up and taking them down. The
caller commits. All of it is the staff's."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from timebank.access.queries import actor_of
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import table_of
from timebank.clock import local_date
from timebank.errors import Conflict, Invalid
from timebank.jobs.service import queue
from timebank.lists import queries as lists
from timebank.lists import sources
from timebank.lists.rules import ListKind
from timebank.mailings import queries, rules
from timebank.mailings.models import Announcement, Mailing, MailingTo
from timebank.mailings.rules import (
    AT_ONCE,
    Fate,
    MailingState,
    NewAnnouncement,
    NewMailing,
    Recipients,
)
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import require_broker
from timebank.notices.rules import Letter, NewNotice
from timebank.say import as_written, say

GO_ON = "mailings.go_on"
"""The kind of the job that goes on with a letter."""


def write(session: Session, bank: Bank, new: NewMailing, to: Recipients, act: Act) -> Mailing:
    """Write a letter, to be looked at before it goes. Raises Invalid for gaps that cannot be
    filled, and when it is for nobody."""
    require_broker(act.by)
    rules.check(new)
    ids = _meant(session, bank, to, act)
    if not ids:
        raise Invalid.on(
            "members", say("This letter is for nobody. Tick people in the list of members first.")
        )
    letter = Mailing(
        bank_id=bank.id,
        subject=" ".join(new.subject.split()),
        body=new.body,
        calls=new.calls,
        state=MailingState.DRAFT,
        by=act.by.key,
        at=act.now,
    )
    session.add(letter)
    session.flush()
    _address(session, bank, letter, ids)
    return letter


def _meant(session: Session, bank: Bank, to: Recipients, act: Act) -> list[int]:
    """The ids of those a letter is for, each once."""
    if to.run is not None:
        return lists.member_ids(session, bank, lists.run(session, bank, to.run).id)
    if to.saved_list is not None:
        saved = lists.saved_of(lists.saved_list(session, bank, to.saved_list))
        on = local_date(act.now, bank.timezone)
        ids = sources.all_ids(session, bank, saved.wanted, on=on)
        if saved.wanted.kind == ListKind.MEMBERS:
            return list(ids)
        lines = sources.lines(session, bank, saved.wanted.kind, ids, on=on)
        return list(dict.fromkeys(one.member_id for one in lines if one.member_id is not None))
    there = members.by_ids(session, bank, to.members)
    unknown = [one for one in to.members if one not in there]
    if unknown:
        raise Invalid.on("members", say("There is no member %(id)s here.", id=unknown[0]))
    return list(dict.fromkeys(to.members))


def _address(session: Session, bank: Bank, letter: Mailing, ids: Sequence[int]) -> None:
    """Take down for whom a letter is, and what is to become of it."""
    of_letter = (MailingTo.bank_id == bank.id, MailingTo.mailing_id == letter.id)
    session.execute(delete(MailingTo).where(*of_letter))
    rows = [
        {
            "bank_id": bank.id,
            "mailing_id": letter.id,
            "member_id": one.member_id,
            "fate": one.fate,
            "way": one.way,
        }
        for one in queries.prospects(session, bank, ids, calls=letter.calls)
    ]
    session.execute(insert(table_of(MailingTo)), rows)


def change(session: Session, bank: Bank, mailing_id: int, new: NewMailing, act: Act) -> Mailing:
    """Put a letter into other words before it goes. Raises NotFound, Conflict, Invalid."""
    require_broker(act.by)
    rules.check(new)
    letter = _draft(session, bank, mailing_id)
    letter.subject, letter.body = " ".join(new.subject.split()), new.body
    letter.calls = new.calls
    session.flush()
    ids = [one.id for one in queries.got(session, bank, letter.id, limit=2**31 - 2)]
    _address(session, bank, letter, ids)
    return letter


def send(session: Session, bank: Bank, mailing_id: int, act: Act) -> Mailing:
    """Send a letter: at once where it is for few, else by a job. Raises NotFound; Conflict when it
    was sent, or would reach nobody."""
    require_broker(act.by)
    letter = _draft(session, bank, mailing_id)
    # Who wishes for no letters since it was written gets none.
    ids = [one.id for one in queries.got(session, bank, letter.id, limit=2**31 - 2)]
    _address(session, bank, letter, ids)
    if not queries.sum_of(session, bank, letter.id).goes:
        raise Conflict(
            say(
                "It would reach nobody. Look below at why, or let those be rung whom nothing else"
                " reaches."
            )
        )
    letter.state, letter.sent_at, letter.by = MailingState.SENDING, act.now, act.by.key
    _a_part(session, bank, letter, act, part=0)
    return letter


def _draft(session: Session, bank: Bank, mailing_id: int) -> Mailing:
    letter = queries.mailing(session, bank, mailing_id, lock=True)
    if letter.state != MailingState.DRAFT:
        raise Conflict(say("This letter was sent already."))
    return letter


def stop(session: Session, bank: Bank, mailing_id: int, act: Act) -> Mailing:
    """Let a letter go to nobody more. What is in the outbox goes. Raises NotFound, Conflict."""
    require_broker(act.by)
    letter = queries.mailing(session, bank, mailing_id, lock=True)
    if letter.state != MailingState.SENDING:
        raise Conflict(say("It is not on its way: there is nothing to stop."))
    letter.state = MailingState.STOPPED
    session.flush()
    return letter


def go_on(session: Session, bank: Bank, mailing_id: int, part: int, *, now: datetime) -> None:
    """Send the next part of a letter, by whoever sent it, as far as they still may: a job's
    work."""
    letter = queries.mailing(session, bank, mailing_id, lock=True)
    if letter.state != MailingState.SENDING:
        return
    by = members.member(session, bank, int(letter.by.rpartition(":")[2]))
    act = Act(actor_of(by), now)
    if not act.by.is_broker:
        letter.state = MailingState.STOPPED
        return
    _a_part(session, bank, letter, act, part=part)


def _a_part(session: Session, bank: Bank, letter: Mailing, act: Act, *, part: int) -> None:
    rows = queries.waiting(session, bank, letter.id, limit=AT_ONCE)
    people = members.by_ids(session, bank, [row.member_id for row in rows])
    for row in rows:
        _to_one(session, bank, letter, row, people[row.member_id], act)
    session.flush()
    if len(rows) == AT_ONCE:
        payload = {"bank": bank.id, "mailing": letter.id, "part": part + 1}
        queue(session, GO_ON, payload, run_at=act.now, key=f"{letter.id}:{part + 1}")
    else:
        letter.state = MailingState.SENT


def _to_one(
    session: Session, bank: Bank, letter: Mailing, row: MailingTo, member: Member, act: Act
) -> None:
    """Write the letter to one of them, and on them that it was."""
    if member.status not in members.TAKING_PART:
        row.fate, row.way = Fate.GONE, None
        return
    notice = NewNotice(letter_to(bank, letter, member), queries.cause(letter.id), to_helpers=True)
    acts.tell(session, bank, member.id, notice, now=act.now)
    row.fate = Fate.WRITTEN
    acts.record(session, member, act, "written_to")


def letter_to(bank: Bank, letter: Mailing, member: Member) -> Letter:
    """A letter as a member reads it. It never says who else has it."""
    body = rules.filled(letter.body, name=member.name, number=member.number or "")
    return Letter(
        as_written(letter.subject),
        [
            *body.replace("\r\n", "\n").split("\n\n"),
            say(
                "You have this because you are a member of %(bank)s. If you would rather have no"
                " such letters, say so under “How you are told”, or tell your broker.",
                bank=bank.name,
            ),
        ],
    )


# ---- Announcements ----


def announce(session: Session, bank: Bank, new: NewAnnouncement, act: Act) -> Announcement:
    """Put up an announcement. Raises Invalid."""
    require_broker(act.by)
    rules.check_announcement(new, today=local_date(act.now, bank.timezone))
    made = Announcement(
        bank_id=bank.id,
        title=" ".join(new.title.split()),
        words=new.words,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        by=act.by.key,
        at=act.now,
    )
    session.add(made)
    session.flush()
    return made


def take_down(session: Session, bank: Bank, announcement_id: int, act: Act) -> None:
    """Take an announcement down, for good. Raises NotFound."""
    require_broker(act.by)
    one_at_a_time(session, bank)
    session.delete(queries.announcement(session, bank, announcement_id))
    session.flush()
