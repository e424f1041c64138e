"""Reads of kinds, checks, doorsteps and concerns. What is about a concern is given to coordinators
and to whoever wrote it down, and to nobody else."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, literal, or_, select
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import Some, held, one_or_refuse, some
from timebank.errors import Invalid, NotAllowed
from timebank.members import queries as members
from timebank.members import rules as members_rules
from timebank.members.models import Member
from timebank.members.queries import TAKING_PART
from timebank.room import Room
from timebank.safeguarding import rules
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
from timebank.safeguarding.rules import REASONED, SOON, Ending, Kind, State, Wanted
from timebank.say import Said, say


@dataclass(frozen=True)
class Row:
    """A line of the list: whose check, of which kind, and how it stands; without `check` it is
    missing. `day` is when the new paper is brought, where that is booked."""

    member: Member
    kind: Kind
    state: State
    check: HeldCheck | None = None
    seen_by: str | None = None
    day: CheckDay | None = None


@dataclass(frozen=True)
class Count:
    """How many checks of a kind are in each state."""

    kind: Kind
    by_state: Mapping[State, int]

    @property
    def in_order(self) -> int:
        """How many do not end soon."""
        return self.by_state[State.IN_ORDER]

    @property
    def ends_soon(self) -> int:
        """How many end soon."""
        return self.by_state[State.ENDS_SOON]

    @property
    def run_out(self) -> int:
        """How many have run out."""
        return self.by_state[State.RUN_OUT]

    @property
    def missing(self) -> int:
        """How many people need one and hold none."""
        return self.by_state[State.MISSING]


@dataclass(frozen=True)
class Past:
    """A check that was renewed or ended, with who did so."""

    check: HeldCheck
    kind: Kind
    seen_by: str | None
    ended_by: str | Said


@dataclass(frozen=True)
class File:
    """What is kept of somebody's checks: what stands or is missing, and what was before, the newest
    first."""

    member: Member
    rows: Sequence[Row]
    past: Sequence[Past]


@dataclass(frozen=True)
class Read:
    """Who read a concern, and when."""

    name: str | Said
    at: datetime


@dataclass(frozen=True)
class Worry:
    """A concern with whom it is about, who wrote it down, and who has read it, the first first."""

    concern: Concern
    about: Member
    by: str | Said
    readings: Sequence[Read] = field(default=())


# ---- Kinds ----


def kinds(session: Session, bank: Bank, *, retired: bool = False) -> Sequence[CheckKind]:
    """The bank's kinds of checks by name, those not in use left out unless asked for."""
    statement = select(CheckKind).where(CheckKind.bank_id == bank.id)
    if not retired:
        statement = statement.where(CheckKind.retired_at.is_(None))
    return session.execute(statement.order_by(CheckKind.name, CheckKind.id)).scalars().all()


def kind(session: Session, bank: Bank, kind_id: int) -> CheckKind:
    """Raises NotFound when the bank has no such kind."""
    return one_or_refuse(
        session,
        select(CheckKind).where(CheckKind.bank_id == bank.id, CheckKind.id == kind_id),
        say("There is no such kind of check here."),
    )


def kind_called(session: Session, bank: Bank, code: str) -> CheckKind:
    """The kind of this code. Raises Invalid on `kind` when the bank has none."""
    kind = session.execute(
        select(CheckKind).where(CheckKind.bank_id == bank.id, CheckKind.code == code)
    ).scalar_one_or_none()
    if kind is None:
        raise Invalid.on("kind", _no_such_kind(session, bank))
    return kind


def kinds_called(
    session: Session, bank: Bank, codes: Collection[str], *, had: Iterable[CheckKind] = ()
) -> list[CheckKind]:
    """The kinds of these codes. Raises Invalid on `needs_checks` for a code that the bank has not,
    and for one not in use any more, unless it is one of those there were (`had`)."""
    offered = {one.code: one for one in (*kinds(session, bank), *had)}
    if not offered.keys() >= set(codes):
        raise Invalid.on("needs_checks", _no_such_kind(session, bank))
    return [offered[code] for code in sorted(set(codes))]


def to_choose(
    session: Session, bank: Bank, *, had: Iterable[CheckKind] = ()
) -> list[tuple[str, str]]:
    """The kinds that can be chosen, as codes and names: those in use, and those there were."""
    every = {one.id: one for one in (*kinds(session, bank), *had)}
    return [(one.code, one.name) for one in sorted(every.values(), key=lambda one: one.name)]


def _no_such_kind(session: Session, bank: Bank) -> Said:
    return say(
        "Choose from the bank’s own checks: %(codes)s.",
        codes=", ".join(one.code for one in kinds(session, bank)),
    )


# ---- Checks ----


def stands(bank: Bank) -> tuple[ColumnElement[bool], ...]:
    """Whether a check of the bank stands: it was neither renewed nor ended, though it may have run
    out."""
    return HeldCheck.bank_id == bank.id, HeldCheck.ended_at.is_(None)


def check(session: Session, bank: Bank, check_id: int, *, lock: bool = False) -> HeldCheck:
    """Raises NotFound when the bank has no such check. With `lock` nobody else changes it until
    this transaction ends."""
    statement = select(HeldCheck).where(HeldCheck.bank_id == bank.id, HeldCheck.id == check_id)
    return one_or_refuse(
        session, held(statement) if lock else statement, say("There is no such check here.")
    )


def standing(
    session: Session, bank: Bank, member_ids: Collection[int]
) -> dict[int, dict[int, date | None]]:
    """The last days of the checks that stand, by member and kind, whether they have run out or not;
    who holds none is left out."""
    statement = select(HeldCheck.member_id, HeldCheck.kind_id, HeldCheck.expires_on).where(
        *stands(bank), HeldCheck.member_id.in_(member_ids)
    )
    by_member: dict[int, dict[int, date | None]] = {}
    for member_id, kind_id, expires_on in session.execute(statement):
        by_member.setdefault(member_id, {})[kind_id] = expires_on
    return by_member


def holds(account_id: Any, kind_id: Any, *, on: date) -> ColumnElement[bool]:
    """Whether the member whose account stands in one column holds a check of the kind in another on
    that day."""
    good = or_(HeldCheck.expires_on.is_(None), HeldCheck.expires_on >= on)
    whose = and_(Member.bank_id == HeldCheck.bank_id, Member.id == HeldCheck.member_id)
    return exists(
        select(HeldCheck.id)
        .join(Member, whose)
        .where(
            HeldCheck.ended_at.is_(None),
            good,
            Member.account_id == account_id,
            HeldCheck.kind_id == kind_id,
        )
    )


def ending(
    session: Session, bank: Bank, *wanted: ColumnElement[bool], on: date, limit: int
) -> Some[Row]:
    """The checks of those who take part that have run out or end soon, the earliest first. `wanted`
    are more conditions on `Member`."""
    statement = (
        _whose(bank)
        .where(*stands(bank), *wanted, HeldCheck.expires_on <= on + SOON)
        .order_by(HeldCheck.expires_on, HeldCheck.id)
    )
    checks = some(session, statement, limit)
    return Some([_row(row, None, on) for row in checks.shown], checks.total)


def ids(
    bank: Bank,
    *,
    state: State | None = None,
    kind: str | None = None,
    whose: ColumnElement[bool] | None = None,
    on: date,
    by_surname: bool = True,
) -> Select[Any]:
    """A query for the ids of the checks that stand, of those who take part, narrowed by how they
    stand on a day, by the code of their kind and by conditions on `Member`: by surname, or those
    that end first. (What is missing has no id: see `register`.)"""
    soon, ends = on + SOON, HeldCheck.expires_on
    by_state = {
        State.IN_ORDER: or_(ends.is_(None), ends > soon),
        State.ENDS_SOON: ends.between(on, soon),
        State.RUN_OUT: ends < on,
        State.MISSING: false(),
    }
    narrowed = [*stands(bank), *([] if whose is None else [whose])]
    if state:
        narrowed.append(by_state[state])
    if kind is not None:
        narrowed.append(CheckKind.code == kind)
    # Without a day to end on they come last on either engine.
    order = (Member.surname_key,) if by_surname else (ends.is_(None), ends)
    statement = _whose(bank).with_only_columns(HeldCheck.id).where(*narrowed)
    return statement.order_by(*order, HeldCheck.id)


def by_ids(session: Session, bank: Bank, check_ids: Collection[int], *, on: date) -> list[Row]:
    """These checks; those the bank has not, and those of who has left, are left out."""
    rows = session.execute(_whose(bank).where(HeldCheck.id.in_(check_ids)))
    return [_row(row, None, on) for row in rows]


def _whose(bank: Bank) -> Select[HeldCheck, Member, CheckKind, CheckDay]:
    on_day = and_(CheckDay.bank_id == HeldCheck.bank_id, CheckDay.check_id == HeldCheck.id)
    return (
        select(HeldCheck, Member, CheckKind, CheckDay)
        .join(Member, and_(Member.bank_id == HeldCheck.bank_id, Member.id == HeldCheck.member_id))
        .join(
            CheckKind,
            and_(CheckKind.bank_id == HeldCheck.bank_id, CheckKind.id == HeldCheck.kind_id),
        )
        .outerjoin(CheckDay, on_day)
        .where(HeldCheck.bank_id == bank.id, Member.status.in_(TAKING_PART))
    )


def _row(row: Any, seen_by: str | None, on: date) -> Row:
    check, member, kind, day = row
    state = rules.state_of(check.expires_on, on=on)
    return Row(member, kind.value, state, check, seen_by, day)


def day_of(session: Session, bank: Bank, check_id: int) -> CheckDay | None:
    """When the new paper of a check is brought, where that is booked."""
    of_it = (CheckDay.bank_id == bank.id, CheckDay.check_id == check_id)
    return session.execute(select(CheckDay).where(*of_it)).scalar_one_or_none()


def days(
    session: Session, bank: Bank, *wanted: ColumnElement[bool]
) -> list[tuple[CheckDay, HeldCheck, Member, CheckKind]]:
    """The days that are booked for checks that stand, the earliest first; `wanted` are conditions
    on these."""
    statement = (
        _whose(bank)
        .with_only_columns(CheckDay, HeldCheck, Member, CheckKind, maintain_column_froms=True)
        .where(*stands(bank), CheckDay.day.is_not(None), *wanted)
    )
    rows = session.execute(statement.order_by(CheckDay.day, HeldCheck.id))
    return [(day, check, member, kind) for day, check, member, kind in rows]


# ---- What was done with checks ----


@dataclass(frozen=True)
class Done:
    """What somebody did with a check last: they wrote it down, in the place of the one `before`
    where it renewed that, or `ended` it; and why that stays so, None: it can be undone."""

    check: HeldCheck
    member: Member
    kind: CheckKind
    at: datetime
    ended: bool
    before: HeldCheck | None
    stays: Said | None


def done_by(session: Session, bank: Bank, by: str, *, since: datetime) -> list[Done]:
    """What somebody did with checks since an instant, as far as it was not undone."""
    wrote = and_(HeldCheck.by == by, HeldCheck.at >= since)
    ended = and_(
        HeldCheck.ended_by == by, HeldCheck.ended_at >= since, HeldCheck.ending.in_(REASONED)
    )
    return _done(session, bank, or_(wrote, ended), by)


def done_last(session: Session, bank: Bank, check: HeldCheck, *, by: str) -> Done:
    """What was done with a check last, and why it stays so if it does. What somebody else did is
    theirs to undo."""
    done = _done(session, bank, HeldCheck.id == check.id, by)
    if done:
        return done[0]
    member = members.member(session, bank, check.member_id)
    stays = say("This was undone already, or stands here since something else was undone.")
    kind_of_it = kind(session, bank, check.kind_id)
    return Done(check, member, kind_of_it, check.at, False, None, stays)


def _done(session: Session, bank: Bank, wanted: ColumnElement[bool], by: str) -> list[Done]:
    undone = exists().where(
        CheckUndone.bank_id == bank.id,
        or_(CheckUndone.undoes_id == HeldCheck.id, CheckUndone.instead_id == HeldCheck.id),
    )
    statement = (
        select(HeldCheck, Member, CheckKind)
        .join(Member, and_(Member.bank_id == HeldCheck.bank_id, Member.id == HeldCheck.member_id))
        .join(
            CheckKind,
            and_(CheckKind.bank_id == HeldCheck.bank_id, CheckKind.id == HeldCheck.kind_id),
        )
        .where(HeldCheck.bank_id == bank.id, wanted, ~undone)
    )
    rows = session.execute(statement.order_by(HeldCheck.id)).all()
    of_these = (
        HeldCheck.bank_id == bank.id,
        HeldCheck.member_id.in_({member.id for _, member, _ in rows}),
    )
    every = session.execute(select(HeldCheck).where(*of_these)).scalars().all()
    renewed = {
        (one.member_id, one.kind_id, one.ended_at): one
        for one in every
        if one.ending == Ending.RENEWED
    }
    standing_now = {(one.member_id, one.kind_id) for one in every if one.ended_at is None}
    done: list[Done] = []
    for check, member, kind_of_it in rows:
        of_kind = (check.member_id, check.kind_id)
        ended = check.ended_by == by and check.ending in REASONED
        stays = None
        if ended and of_kind in standing_now:
            stays = say("Another was written down since.")
        elif not ended and check.ended_at is not None:
            stays = say("Something else was done with it since.")
        elif not ended and check.by != by:
            stays = say("Only the one who did it may undo it.")
        at = check.ended_at if ended and check.ended_at is not None else check.at
        before = renewed.get((*of_kind, check.at))
        done.append(Done(check, member, kind_of_it, at, ended, before, stays))
    return done


def to_remind(session: Session, bank: Bank, *, on: date) -> list[Row]:
    """The checks that stand and have run out or end soon, of those who take part."""
    return list(ending(session, bank, on=on, limit=2**31 - 1).shown)


def reminded(session: Session, bank: Bank, check_ids: Collection[int]) -> set[tuple[int, int]]:
    """Which reminders of these checks were given, as their ids and days."""
    statement = select(CheckReminder.check_id, CheckReminder.days).where(
        CheckReminder.bank_id == bank.id, CheckReminder.check_id.in_(check_ids)
    )
    return {(check_id, days) for check_id, days in session.execute(statement)}


def register(
    session: Session, bank: Bank, rooms: Iterable[Room], wanted: Wanted, *, on: date
) -> list[Row]:
    """The list of checks of those who take part, by name and kind: what stands, and what somebody
    needs for what they do in the rooms and does not hold. `wanted` narrows it.

    Raises Invalid for a kind that the bank has not.
    """
    if wanted.kind is not None:
        kind_called(session, bank, wanted.kind)
    seen = {one.id: one.name for one in members.staff(session, bank)}
    rows = [
        _row(row, seen.get(row.HeldCheck.seen_by_id), on)
        for row in session.execute(_whose(bank).where(*stands(bank)))
    ]
    there = {(row.member.id, row.kind.id) for row in rows}
    lacking = _all_needed(session, bank, rooms, on=on) - there
    people = members.by_ids(session, bank, {member_id for member_id, _ in lacking})
    names = {one.id: one.value for one in kinds(session, bank, retired=True)}
    rows += [
        Row(people[member_id], names[kind_id], State.MISSING)
        for member_id, kind_id in lacking
        if people[member_id].status in TAKING_PART
    ]
    wanted_rows = [
        row
        for row in rows
        if wanted.kind in (None, row.kind.code) and wanted.state in (None, row.state)
    ]
    return sorted(wanted_rows, key=lambda row: (row.member.name_key, row.member.id, row.kind))


def _all_needed(
    session: Session, bank: Bank, rooms: Iterable[Room], *, on: date
) -> set[tuple[int, int]]:
    return {
        (member_id, kind_id)
        for room in rooms
        if room.checks is not None
        for member_id, kind_ids in room.checks(session, bank, on).items()
        for kind_id in kind_ids
    }


def counts(session: Session, bank: Bank, rooms: Iterable[Room], *, on: date) -> list[Count]:
    """How many checks there are in each state, by kind; those in use stand there with none too."""
    rows = register(session, bank, rooms, Wanted(), on=on)
    counted = Counter((row.kind, row.state) for row in rows)
    every = {one.value for one in kinds(session, bank)} | {row.kind for row in rows}
    return [Count(kind, {state: counted[kind, state] for state in State}) for kind in sorted(every)]


def file_of(
    session: Session, bank: Bank, member_id: int, rooms: Iterable[Room], *, by: Actor, on: date
) -> File:
    """What is kept of somebody's checks. Raises NotFound; NotAllowed for whoever is neither the
    member nor of the staff."""
    member = members.member(session, bank, member_id)
    if not members_rules.may_see(by, member_id):
        raise NotAllowed(
            say("Only the member and the staff of the time bank see what stands here.")
        )
    every = {one.id: one.value for one in kinds(session, bank, retired=True)}
    checks = (
        session.execute(
            select(HeldCheck)
            .where(HeldCheck.bank_id == bank.id, HeldCheck.member_id == member_id)
            .order_by(HeldCheck.id.desc())
        )
        .scalars()
        .all()
    )
    seen = _names(session, bank, {one.seen_by_id for one in checks})
    booked = {
        day.check_id: day for day, *_ in days(session, bank, HeldCheck.member_id == member_id)
    }
    ended_by = members.who(session, bank, [one.ended_by or "" for one in checks])
    rows = [
        Row(
            member,
            every[one.kind_id],
            rules.state_of(one.expires_on, on=on),
            one,
            seen.get(one.seen_by_id),
            booked.get(one.id),
        )
        for one in checks
        if one.ended_at is None
    ]
    there = {row.kind.id for row in rows}
    rows += [
        Row(member, every[kind_id], State.MISSING)
        for whose, kind_id in _all_needed(session, bank, rooms, on=on)
        if whose == member_id and kind_id not in there and member.status in TAKING_PART
    ]
    past = [
        Past(
            one,
            every[one.kind_id],
            seen.get(one.seen_by_id),
            ended_by.get(one.ended_by or "", members.ITSELF),
        )
        for one in checks
        if one.ended_at is not None
    ]
    return File(member, sorted(rows, key=lambda row: row.kind), past)


def _names(session: Session, bank: Bank, ids: Collection[int | None]) -> dict[int | None, str]:
    people = members.by_ids(session, bank, {one for one in ids if one is not None})
    return {member_id: one.name for member_id, one in people.items()}


def of_member(session: Session, bank: Bank, member_id: int, *, on: date) -> list[Row]:
    """The checks of somebody that have run out or end soon, the earliest first."""
    return list(ending(session, bank, Member.id == member_id, on=on, limit=20).shown)


# ---- Doorsteps ----


def doorstep(session: Session, bank: Bank, member_id: int) -> rules.Doorstep:
    """Whom to ring for a member in need and what to do when nobody answers, whoever asks; all of it
    empty when they have said nothing."""
    row = session.get(Doorstep, member_id)
    if row is None or row.bank_id != bank.id:
        return rules.Doorstep()
    return rules.Doorstep(
        row.contact_name, row.contact_relation, row.contact_phone, row.no_answer, row.on_visits
    )


def doorstep_for(session: Session, bank: Bank, member_id: int, *, by: Actor) -> rules.Doorstep:
    """The same, for whoever may see it: the member, those who act for them, and the staff. Raises
    NotFound, NotAllowed."""
    members.member(session, bank, member_id)
    if not by.is_broker and not members.acts_for(session, bank, by, member_id):
        raise NotAllowed(say("Only the member, those who act for them, and the staff see this."))
    return doorstep(session, bank, member_id)


def doorstep_on_visit(session: Session, bank: Bank, member_id: int) -> rules.Doorstep | None:
    """The same, for whoever has an agreed visit with the member (which the caller knows); None
    unless the member lets them see it."""
    written = doorstep(session, bank, member_id)
    return written if written.says_something and written.on_visits else None


# ---- Concerns ----


def concerns(
    session: Session,
    bank: Bank,
    *,
    by: Actor,
    about: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Worry]:
    """Up to `limit + 1` concerns, the newest first, those older than the concern `before`: for a
    coordinator all but those about themselves, for anybody else those they wrote down."""
    statement = select(Concern).where(*_for(bank, by))
    if about is not None:
        about_ids = members.all_ids_of(session, bank, about)
        statement = statement.where(Concern.about_id.in_(about_ids))
    if before is not None:
        statement = statement.where(Concern.id < before)
    rows = session.execute(statement.order_by(Concern.id.desc()).limit(limit + 1)).scalars().all()
    return _worries(session, bank, rows)


def concern(session: Session, bank: Bank, concern_id: int, *, by: Actor) -> Worry:
    """One of them. Raises NotFound for one that is not for this reader, as if it were not there."""
    statement = select(Concern).where(*_for(bank, by), Concern.id == concern_id)
    concern = one_or_refuse(session, statement, say("There is nothing of that kind here."))
    return _worries(session, bank, [concern])[0]


def unread(session: Session, bank: Bank, *, by: Actor, limit: int) -> Some[Worry]:
    """The concerns that this coordinator has not read yet, the oldest first."""
    read = exists().where(
        ConcernReading.bank_id == bank.id,
        ConcernReading.concern_id == Concern.id,
        ConcernReading.by == by.key,
    )
    others = (*_for(bank, by), Concern.by != by.key, ~read)
    unread_ones = some(session, select(Concern).where(*others).order_by(Concern.id), limit)
    return Some(_worries(session, bank, unread_ones.shown), unread_ones.total)


def _for(bank: Bank, by: Actor) -> tuple[ColumnElement[bool], ...]:
    """The concerns that somebody may know of."""
    own = Concern.by == by.key if by.is_broker else literal(False)
    others = Concern.about_id != (by.member_id or 0)
    readable = or_(own, others) if by.is_coordinator else own
    return Concern.bank_id == bank.id, readable


def _worries(session: Session, bank: Bank, rows: Sequence[Concern]) -> list[Worry]:
    readings = (
        session.execute(
            select(ConcernReading)
            .where(
                ConcernReading.bank_id == bank.id,
                ConcernReading.concern_id.in_([one.id for one in rows]),
            )
            .order_by(ConcernReading.id)
        )
        .scalars()
        .all()
    )
    names = members.who(session, bank, [one.by for one in (*rows, *readings)])
    people = members.by_ids(session, bank, {one.about_id for one in rows})
    return [
        Worry(
            one,
            people[one.about_id],
            names.get(one.by, members.ITSELF),
            [
                Read(names.get(read.by, members.ITSELF), read.at)
                for read in readings
                if read.concern_id == one.id
            ],
        )
        for one in rows
    ]
