"""Kinds of checks, checks, doorsteps and concerns: one function per use case. The caller commits.

Every function raises NotFound for what is not in the bank, and NotAllowed when it is not `act.by`'s
to do.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import columns_of
from timebank.errors import Invalid, NotAllowed
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import require_broker, require_coordinator
from timebank.notices.rules import NewNotice
from timebank.safeguarding import letters, queries, rules
from timebank.safeguarding.errors import (
    EndedAlready,
    HeldAlready,
    NameTaken,
    NothingToUndo,
    NotInUse,
)
from timebank.safeguarding.models import (
    CheckDay,
    CheckKind,
    CheckReminder,
    CheckUndone,
    Concern,
    ConcernReading,
    Doorstep,
    HeldCheck,
)
from timebank.safeguarding.rules import (
    SHIPPED,
    Booking,
    End,
    Ending,
    KindDetails,
    NewCheck,
    NewConcern,
    Renewal,
)
from timebank.say import say
from timebank.text import folded
from timebank.voices import voice

# ---- Kinds ----


def plant_kinds(session: Session, bank: Bank) -> None:
    """Give a bank that has no kinds of checks yet those that banks begin with, in its language."""
    if queries.kinds(session, bank, retired=True):
        return
    speaking = voice(bank.language)
    for code, name in SHIPPED.items():
        session.add(CheckKind(bank_id=bank.id, code=code, name=name.render(speaking)))
    session.flush()


def add_kind(session: Session, bank: Bank, new: KindDetails, act: Act) -> CheckKind:
    """Name a kind of check that the bank looks at from now on. A coordinator's to do. Raises
    NameTaken, Invalid."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    name = _free_name(session, bank, new.name)
    taken = {one.code for one in queries.kinds(session, bank, retired=True)}
    kind = CheckKind(bank_id=bank.id, code=rules.code_for(name, taken), name=name)
    session.add(kind)
    session.flush()
    return kind


def rename_kind(
    session: Session, bank: Bank, kind_id: int, details: KindDetails, act: Act
) -> CheckKind:
    """Call a kind of check something else; its code stays. A coordinator's to do. Raises NameTaken,
    Invalid."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    kind = queries.kind(session, bank, kind_id)
    kind.name = _free_name(session, bank, details.name, but=kind.id)
    session.flush()
    return kind


def retire_kind(session: Session, bank: Bank, kind_id: int, act: Act) -> CheckKind:
    """Look at checks of a kind no more: it can be chosen for nothing new. What stands stays, and
    what needs it does so until it is taken off. A coordinator's to do."""
    require_coordinator(act.by)
    kind = queries.kind(session, bank, kind_id)
    kind.retired_at = kind.retired_at or act.now
    session.flush()
    return kind


def bring_back_kind(session: Session, bank: Bank, kind_id: int, act: Act) -> CheckKind:
    """Look at checks of a kind again. A coordinator's to do."""
    require_coordinator(act.by)
    kind = queries.kind(session, bank, kind_id)
    kind.retired_at = None
    session.flush()
    return kind


def _free_name(session: Session, bank: Bank, name: str, *, but: int | None = None) -> str:
    tidied = rules.kept_name(name)
    others = (one for one in queries.kinds(session, bank, retired=True) if one.id != but)
    if any(folded(one.name) == folded(tidied) for one in others):
        raise NameTaken(say("There is a check called “%(name)s” already.", name=tidied))
    return tidied


# ---- Checks ----


def record(session: Session, bank: Bank, member_id: int, new: NewCheck, act: Act) -> HeldCheck:
    """Write down that somebody holds a check of a kind of which none of theirs stands. A broker's
    to do.

    Raises Invalid for days and numbers that cannot be, and for a kind that is not the bank's;
    NotInUse; HeldAlready; NotInThatState for somebody who has left.
    """
    require_broker(act.by)
    one_at_a_time(session, bank)
    member = acts.taking_part(session, bank, member_id)
    kind = queries.kind_called(session, bank, new.kind)
    if kind.retired_at is not None:
        raise NotInUse(
            say(
                "“%(kind)s” is not looked at any more. A coordinator can bring it back, or take it"
                " off the skills that need it.",
                kind=kind.name,
            )
        )
    seen_by_id = _looked_at(session, bank, new, act)
    if kind.id in queries.standing(session, bank, [member.id]).get(member.id, {}):
        raise HeldAlready(
            say(
                "“%(kind)s” of %(name)s stands here already. Renew it instead.",
                kind=kind.name,
                name=member.name,
            )
        )
    check = _write(session, bank, member.id, kind.id, new, seen_by_id, act)
    acts.record(session, member, act, "check_held", kind.code)
    return check


def renew(session: Session, bank: Bank, check_id: int, paper: Renewal, act: Act) -> HeldCheck:
    """Write down the paper that takes the place of a check; what it was stays in the history. A
    broker's to do. Raises EndedAlready for one that was renewed or ended before, Invalid."""
    require_broker(act.by)
    check = _standing(session, bank, check_id)
    member = acts.taking_part(session, bank, check.member_id)
    seen_by_id = _looked_at(session, bank, paper, act)
    if paper.held_since < check.held_since:
        words = say("That is before the check that it takes the place of was given.")
        raise Invalid.on("held_since", words)
    _end(session, bank, check, Ending.RENEWED, "", act)
    renewed = _write(session, bank, check.member_id, check.kind_id, paper, seen_by_id, act)
    code = queries.kind(session, bank, check.kind_id).code
    acts.record(session, member, act, "check_renewed", code)
    return renewed


def end(session: Session, bank: Bank, check_id: int, ended: End, act: Act) -> HeldCheck:
    """Write down that a check stands no longer, and why. A broker's to do. Raises EndedAlready,
    Invalid."""
    require_broker(act.by)
    why = rules.check_end(ended)
    check = _standing(session, bank, check_id)
    member = acts.present(session, bank, check.member_id)
    _end(session, bank, check, ended.ending, why, act)
    code = queries.kind(session, bank, check.kind_id).code
    acts.record(session, member, act, "check_dropped", code)
    return check


def _standing(session: Session, bank: Bank, check_id: int) -> HeldCheck:
    """The check, held until this transaction ends."""
    one_at_a_time(session, bank)
    check = queries.check(session, bank, check_id, lock=True)
    if check.ended_at is not None:
        words = (
            say("This check was renewed already. Look at the one that took its place.")
            if check.ending == Ending.RENEWED
            else say("This check was ended already. Write a new one down if there is one.")
        )
        raise EndedAlready(words)
    return check


def _looked_at(session: Session, bank: Bank, paper: Renewal, act: Act) -> int | None:
    """Who of the staff saw the paper. Raises Invalid."""
    rules.check_paper(paper, today=acts.today(bank, act))
    if paper.seen_by_id is None:
        return act.by.member_id
    if paper.seen_by_id not in {one.id for one in members.staff(session, bank)}:
        raise Invalid.on("seen_by", say("Choose who of the staff has seen it."))
    return paper.seen_by_id


def _write(
    session: Session,
    bank: Bank,
    member_id: int,
    kind_id: int,
    paper: Renewal,
    seen_by_id: int | None,
    act: Act,
) -> HeldCheck:
    check = HeldCheck(
        bank_id=bank.id,
        member_id=member_id,
        kind_id=kind_id,
        number=paper.number.strip(),
        seen_by_id=seen_by_id,
        held_since=paper.held_since,
        expires_on=paper.expires_on,
        by=act.by.key,
        at=act.now,
    )
    session.add(check)
    session.flush()
    return check


def _end(
    session: Session, bank: Bank, check: HeldCheck, ending: Ending, why: str, act: Act
) -> None:
    """End a check; with it the day on which its paper was to be brought, unless it was brought."""
    check.ending, check.why, check.ended_by, check.ended_at = ending, why, act.by.key, act.now
    session.flush()
    if ending != Ending.RENEWED:
        _call_day_off(session, bank, check, act)


def undo(session: Session, bank: Bank, check_id: int, act: Act) -> HeldCheck | None:
    """Take back that a check was written down, renewed or ended, by whoever did so and while
    nothing else was done with it. What was there before is written down again, and given back; what
    was wrong stays in the history as a mistake. A broker's to do.

    Raises NothingToUndo with why it stays, NotInThatState for somebody who has left.
    """
    require_broker(act.by)
    one_at_a_time(session, bank)
    check = queries.check(session, bank, check_id, lock=True)
    member = acts.taking_part(session, bank, check.member_id)
    done = queries.done_last(session, bank, check, by=act.by.key)
    if done.stays is not None:
        raise NothingToUndo(done.stays)
    if check.ended_at is None:
        _end(session, bank, check, Ending.MISTAKE, _UNDONE.render(voice(bank.language)), act)
    before = check if done.ended else done.before
    again = _write_again(session, before, act) if before else None
    session.add(
        CheckUndone(
            bank_id=bank.id,
            undoes_id=check.id,
            instead_id=again.id if again else None,
            by=act.by.key,
            at=act.now,
        )
    )
    acts.record(
        session, member, act, "check_undone", queries.kind(session, bank, check.kind_id).code
    )
    return again


_UNDONE = say("Undone by whoever wrote it down.")


def _write_again(session: Session, before: HeldCheck, act: Act) -> HeldCheck:
    """The same check anew, with the reminders that were given of it and the day that is booked."""
    paper = ("bank_id", "member_id", "kind_id", "number", "seen_by_id", "held_since", "expires_on")
    again = HeldCheck(
        **{column: getattr(before, column) for column in paper}, by=act.by.key, at=act.now
    )
    session.add(again)
    session.flush()
    for table in (CheckReminder, CheckDay):
        of_it = (table.bank_id == before.bank_id, table.check_id == before.id)
        for row in session.execute(select(table).where(*of_it)).scalars().all():
            session.add(table(**columns_of(row, leave_out=["check_id"]), check_id=again.id))
    session.flush()
    return again


# ---- Days on which a paper is brought ----


def book(session: Session, bank: Bank, check_id: int, booking: Booking, act: Act) -> CheckDay:
    """Book the day on which somebody brings the new paper of a check that stands, or another
    instead; they are told. Until then the desk shows that it is booked. A broker's to do. Raises
    EndedAlready, Invalid."""
    require_broker(act.by)
    today = acts.today(bank, act)
    words = rules.check_booking(booking, today=today)
    check = _standing(session, bank, check_id)
    acts.taking_part(session, bank, check.member_id)
    day = queries.day_of(session, bank, check.id)
    if day is None:
        day = CheckDay(bank_id=bank.id, check_id=check.id, moves=0)
        session.add(day)
    elif (day.day, day.words) != (booking.day, words):
        day.moves += 1
    else:
        return day
    day.day, day.words, day.by, day.at = booking.day, words, act.by.key, act.now
    session.flush()
    kind = queries.kind(session, bank, check.kind_id).name
    letter = letters.booked(kind, booking.day, words)
    notice = NewNotice(letter, f"check:{check.id}:day:{day.moves}:{act.now.isoformat()}")
    acts.tell(session, bank, check.member_id, notice, now=act.now)
    return day


def unbook(session: Session, bank: Bank, check_id: int, act: Act) -> None:
    """Call the day off on which somebody brings a paper; they are told. A broker's to do. Raises
    NothingToUndo where none is booked."""
    require_broker(act.by)
    check = _standing(session, bank, check_id)
    if not _call_day_off(session, bank, check, act):
        raise NothingToUndo(say("No day is booked for this check."))


def _call_day_off(session: Session, bank: Bank, check: HeldCheck, act: Act) -> bool:
    """Tell somebody that they need not come, if there is a day for it; whether there was."""
    day = queries.day_of(session, bank, check.id)
    if day is None:
        return False
    kind = queries.kind(session, bank, check.kind_id).name
    letter = letters.not_booked(kind, day.day)
    session.delete(day)
    session.flush()
    notice = NewNotice(letter, f"check:{check.id}:no-day:{act.now.isoformat()}")
    acts.tell(session, bank, check.member_id, notice, now=act.now)
    return True


# ---- Doorsteps ----


def set_doorstep(
    session: Session, bank: Bank, member_id: int, doorstep: rules.Doorstep, act: Act
) -> rules.Doorstep:
    """Write down whom to ring for a member in need, and what to do when they do not answer the
    door; nothing at all takes it out. Theirs to do, of those who act for them, and of the staff.
    Raises Invalid, NotInThatState."""
    one_at_a_time(session, bank)
    member = acts.taking_part(session, bank, member_id)
    if not act.by.is_broker and not members.acts_for(session, bank, act.by, member.id):
        raise NotAllowed(
            say("Only the member, those who act for them, and the staff may change this.")
        )
    tidied = rules.check_doorstep(doorstep)
    row = session.get(Doorstep, member.id)
    if not tidied.says_something:
        if row is not None:
            session.delete(row)
    else:
        row = row or Doorstep(bank_id=bank.id, member_id=member.id)
        row.contact_name, row.contact_relation = tidied.contact_name, tidied.contact_relation
        row.contact_phone, row.no_answer = tidied.contact_phone, tidied.no_answer
        row.on_visits, row.by, row.at = tidied.on_visits, act.by.key, act.now
        session.add(row)
    session.flush()
    return tidied


# ---- Concerns ----


def write_concern(session: Session, bank: Bank, new: NewConcern, act: Act) -> Concern:
    """Write down a worry about a member's safety, for coordinators alone. The staff's to do. Raises
    Invalid.

    It leaves no trace in the member's history, which others read.
    """
    require_broker(act.by)
    words = rules.check_concern(new.words)
    about = members.member(session, bank, new.about)
    concern = Concern(bank_id=bank.id, about_id=about.id, words=words, by=act.by.key, at=act.now)
    session.add(concern)
    session.flush()
    return concern


def read_concern(session: Session, bank: Bank, concern_id: int, act: Act) -> queries.Worry:
    """A concern for whoever may know of it. That a coordinator read it is written down, each time;
    raises NotFound for everybody else, as if it were not there."""
    worry = queries.concern(session, bank, concern_id, by=act.by)
    if act.by.is_coordinator and worry.concern.by != act.by.key:
        reading = ConcernReading(bank_id=bank.id, concern_id=concern_id, by=act.by.key, at=act.now)
        session.add(reading)
        session.flush()
        return queries.concern(session, bank, concern_id, by=act.by)
    return worry
