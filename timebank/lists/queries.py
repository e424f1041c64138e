"""Reading tags, the bank's own fields, saved lists and runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import held, one_or_refuse
from timebank.lists.models import FieldValue, ListRun, MemberTag, OwnField, RunLine, SavedList, Tag
from timebank.lists.rules import (
    UNDO_WITHIN,
    UNDONE,
    LineState,
    ListKind,
    Quiet,
    Reach,
    RunState,
    Sort,
    Wanted,
)
from timebank.members import queries as members
from timebank.say import Said, say


@dataclass(frozen=True)
class Counted:
    """A tag or a field of the bank's own, and how many members have it."""

    id: int
    name: str
    members: int


def tags(session: Session, bank: Bank) -> list[Counted]:
    """The bank's tags by name."""
    has = and_(MemberTag.bank_id == Tag.bank_id, MemberTag.tag_id == Tag.id)
    rows = session.execute(
        select(Tag.id, Tag.name, func.count(MemberTag.member_id))
        .outerjoin(MemberTag, has)
        .where(Tag.bank_id == bank.id)
        .group_by(Tag.id, Tag.name, Tag.name_key)
        .order_by(Tag.name_key)
    )
    return [Counted(*row) for row in rows]


def tag(session: Session, bank: Bank, tag_id: int) -> Tag:
    """Raises NotFound."""
    statement = select(Tag).where(Tag.bank_id == bank.id, Tag.id == tag_id)
    return one_or_refuse(session, statement, say("There is no such tag here."))


def own_fields(session: Session, bank: Bank) -> list[Counted]:
    """The fields of the bank's own by name."""
    has = and_(FieldValue.bank_id == OwnField.bank_id, FieldValue.field_id == OwnField.id)
    rows = session.execute(
        select(OwnField.id, OwnField.name, func.count(FieldValue.member_id))
        .outerjoin(FieldValue, has)
        .where(OwnField.bank_id == bank.id)
        .group_by(OwnField.id, OwnField.name, OwnField.name_key)
        .order_by(OwnField.name_key)
    )
    return [Counted(*row) for row in rows]


def own_field(session: Session, bank: Bank, field_id: int) -> OwnField:
    """Raises NotFound."""
    statement = select(OwnField).where(OwnField.bank_id == bank.id, OwnField.id == field_id)
    return one_or_refuse(session, statement, say("There is no such field here."))


@dataclass(frozen=True)
class Had:
    """A tag of a member's, who put it there and when."""

    id: int
    name: str
    by: str | Said
    at: datetime


def tags_of(session: Session, bank: Bank, member_id: int) -> list[Had]:
    """The tags that a member has, by name."""
    rows = session.execute(
        select(Tag.id, Tag.name, MemberTag.by, MemberTag.at)
        .join(Tag, and_(Tag.bank_id == MemberTag.bank_id, Tag.id == MemberTag.tag_id))
        .where(MemberTag.bank_id == bank.id, MemberTag.member_id == member_id)
        .order_by(Tag.name_key)
    ).all()
    names = members.who(session, bank, [row.by for row in rows])
    return [Had(row.id, row.name, names.get(row.by, ""), row.at) for row in rows]


def words_of(
    session: Session, bank: Bank, member_ids: Sequence[int]
) -> dict[int, Mapping[int, str]]:
    """What stands in the bank's own fields of these members: by member, and by the field's id."""
    rows = session.execute(
        select(FieldValue.member_id, FieldValue.field_id, FieldValue.words).where(
            FieldValue.bank_id == bank.id, FieldValue.member_id.in_(member_ids)
        )
    )
    by_member: dict[int, dict[int, str]] = {}
    for member_id, field_id, words in rows:
        by_member.setdefault(member_id, {})[field_id] = words
    return {**by_member}


# ---- Saved lists ----


@dataclass(frozen=True)
class Saved:
    """A list that was saved, and what it asks for."""

    id: int
    name: str
    wanted: Wanted


def saved_lists(session: Session, bank: Bank) -> list[Saved]:
    """The bank's saved lists by name."""
    statement = select(SavedList).where(SavedList.bank_id == bank.id).order_by(SavedList.name_key)
    return [saved_of(row) for row in session.execute(statement).scalars()]


def saved_list(session: Session, bank: Bank, saved_id: int) -> SavedList:
    """Raises NotFound."""
    statement = select(SavedList).where(SavedList.bank_id == bank.id, SavedList.id == saved_id)
    return one_or_refuse(session, statement, say("There is no such list here."))


def saved_of(row: SavedList) -> Saved:
    """A saved list as a value."""
    asked = json.loads(row.wanted)
    codes = {"told": Reach, "quiet": Quiet, "sort": Sort}
    values = {name: codes[name](text) if name in codes else text for name, text in asked.items()}
    return Saved(row.id, row.name, Wanted(row.kind, **values))


# ---- Runs ----


def run(session: Session, bank: Bank, run_id: int, *, lock: bool = False) -> ListRun:
    """Raises NotFound. With `lock` nobody else goes on with it until this transaction ends."""
    statement = select(ListRun).where(ListRun.bank_id == bank.id, ListRun.id == run_id)
    words = say("There is no such list of people. What was ticked is kept for one day.")
    return one_or_refuse(session, held(statement) if lock else statement, words)


@dataclass(frozen=True)
class Progress:
    """A run and how far it is: how many lines there are in all, and in each state."""

    run: ListRun
    total: int
    states: Mapping[LineState, int]
    by: str | Said
    about: str | Said

    @property
    def id(self) -> int:
        return self.run.id

    @property
    def gone(self) -> int:
        """How many lines are behind it."""
        still = LineState.DONE if self.run.state == RunState.UNDOING else LineState.WAITING
        return self.total - self.states[still]

    def number(self, state: str) -> int:
        """How many lines are in a state."""
        return self.states[LineState(state)]


def progress(session: Session, bank: Bank, run_id: int) -> Progress:
    """Raises NotFound."""
    this = run(session, bank, run_id)
    rows = session.execute(
        select(RunLine.state, func.count())
        .where(RunLine.bank_id == bank.id, RunLine.run_id == this.id)
        .group_by(RunLine.state)
    )
    states = dict.fromkeys(LineState, 0) | {row[0]: row[1] for row in rows}
    names = members.who(session, bank, [this.by, f"member:{this.broker_id}"])
    about: str | Said = ""
    if this.tag_id is not None:
        about = tag(session, bank, this.tag_id).name
    elif this.broker_id is not None:
        about = names.get(f"member:{this.broker_id}", "")
    return Progress(this, sum(states.values()), states, names.get(this.by, ""), about)


def may_be_undone(this: ListRun, now: datetime) -> bool:
    """Whether a run can be undone."""
    if this.state != RunState.DONE or this.verb not in UNDONE or this.began_at is None:
        return False
    return now - this.began_at <= UNDO_WITHIN


def lines_of(
    session: Session,
    bank: Bank,
    run_id: int,
    *,
    states: Sequence[LineState] = (),
    after: int = -1,
    limit: int,
) -> list[RunLine]:
    """Up to `limit` lines of a run in their order, after the place `after`; in one of these states,
    if any are named."""
    statement = select(RunLine).where(
        RunLine.bank_id == bank.id, RunLine.run_id == run_id, RunLine.place > after
    )
    if states:
        statement = statement.where(RunLine.state.in_(states))
    return list(session.execute(statement.order_by(RunLine.place).limit(limit)).scalars())


def subject_ids(session: Session, bank: Bank, run_id: int) -> list[int]:
    """What the lines of a run are about, in their order."""
    statement = select(RunLine.subject_id).where(
        RunLine.bank_id == bank.id, RunLine.run_id == run_id
    )
    return list(session.execute(statement.order_by(RunLine.place)).scalars())


def member_ids(session: Session, bank: Bank, run_id: int) -> list[int]:
    """Whose the lines of a run are, each once, in their order."""
    statement = (
        select(RunLine.member_id)
        .where(
            RunLine.bank_id == bank.id,
            RunLine.run_id == run_id,
            RunLine.member_id.is_not(None),
        )
        .order_by(RunLine.place)
    )
    return [one for one in dict.fromkeys(session.execute(statement).scalars()) if one is not None]


def runs(session: Session, bank: Bank, *, before: int | None = None, limit: int) -> list[ListRun]:
    """Up to `limit + 1` runs that were begun, the newest first, those before the run `before`."""
    statement = select(ListRun).where(ListRun.bank_id == bank.id, ListRun.began_at.is_not(None))
    if before is not None:
        statement = statement.where(ListRun.id < before)
    return list(session.execute(statement.order_by(ListRun.id.desc()).limit(limit + 1)).scalars())


@dataclass(frozen=True)
class Happened:
    """That something was done to a member from a list: what, when and by whom."""

    run: ListRun
    state: LineState
    by: str | Said


def done_to(session: Session, bank: Bank, member_id: int, *, limit: int) -> list[Happened]:
    """What was done to a member, and to what is theirs, from lists, the latest first."""
    rows = session.execute(
        select(ListRun, RunLine.state)
        .join(RunLine, and_(RunLine.bank_id == ListRun.bank_id, RunLine.run_id == ListRun.id))
        .where(
            ListRun.bank_id == bank.id,
            RunLine.member_id == member_id,
            RunLine.state != LineState.WAITING,
        )
        .order_by(ListRun.id.desc())
        .limit(limit)
    ).all()
    names = members.who(session, bank, [row[0].by for row in rows])
    return [Happened(run_, state, names.get(run_.by, "")) for run_, state in rows]


@dataclass(frozen=True)
class Label:
    """An address as it stands on an envelope."""

    name: str
    lines: Sequence[str]


def labels(session: Session, bank: Bank, run_id: int) -> tuple[list[Label], list[str]]:
    """The labels of a run that was done, in its order, and the names of those without an
    address."""
    this = run(session, bank, run_id)
    ids = subject_ids(session, bank, this.id) if this.kind == ListKind.MEMBERS else []
    people = members.by_ids(session, bank, ids)
    there = [people[one] for one in ids if one in people]
    with_address = [one for one in there if (one.address or "").strip()]
    return (
        [Label(one.name, (one.address or "").splitlines()) for one in with_address],
        [one.name for one in there if one not in with_address],
    )
