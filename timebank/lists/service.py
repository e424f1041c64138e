"""Ticking lines, doing something to all of them and undoing it; tags, fields of the bank's own, and
saved lists. The caller commits.

All of it is the staff's. What is done to a line goes through the use case of the room it is from,
which keeps its own rules; a line that is refused takes nothing from the others.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from timebank import voices
from timebank.access.queries import actor_of
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import table_of
from timebank.clock import local_date
from timebank.errors import Conflict, Invalid, Refusal
from timebank.jobs.service import queue
from timebank.lists import acting, queries, rules, sources
from timebank.lists.acting import Step
from timebank.lists.models import FieldValue, ListRun, MemberTag, OwnField, RunLine, SavedList, Tag
from timebank.lists.rules import (
    AT_ONCE,
    Doing,
    Kept,
    LineState,
    NewName,
    RunState,
    Ticked,
    Verb,
    Wanted,
)
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import require_broker, require_coordinator
from timebank.say import Said, say, spoken
from timebank.text import folded

GO_ON = "lists.go_on"
"""The kind of the job that goes on with a run."""


# ---- Ticking, doing, undoing ----


def tick(session: Session, bank: Bank, wanted: Wanted, ticked: Ticked, act: Act) -> ListRun:
    """Keep what was ticked, to be asked about before anything is done to it.

    A broker's to do. Raises Invalid when nothing is ticked, or for what cannot be done to it.
    """
    require_broker(act.by)
    rules.check_verb(wanted.kind, ticked.verb)
    on = local_date(act.now, bank.timezone)
    if ticked.all:
        ids: Sequence[int] = sources.all_ids(session, bank, wanted, on=on)
    else:
        ids = list(dict.fromkeys(ticked.ids))
    lines = sources.lines(session, bank, wanted.kind, ids, on=on)
    if not lines:
        raise Invalid.on("ids", say("Nothing is ticked. Tick at least one line, or all of them."))
    run = ListRun(
        bank_id=bank.id,
        kind=wanted.kind,
        verb=ticked.verb,
        state=RunState.ASKED,
        by=act.by.key,
        at=act.now,
    )
    session.add(run)
    session.flush()
    session.execute(
        insert(table_of(RunLine)),
        [
            {
                "bank_id": bank.id,
                "run_id": run.id,
                "place": place,
                "subject_id": line.id,
                "member_id": line.member_id,
                "state": LineState.WAITING,
            }
            for place, line in enumerate(lines)
        ],
    )
    return run


def do(session: Session, bank: Bank, run_id: int, doing: Doing, act: Act) -> ListRun:
    """Do it: at once where it is short, else by a job. Raises NotFound, Conflict when it was begun
    already; Invalid for a tag or a broker that is missing or not there."""
    require_broker(act.by)
    run = queries.run(session, bank, run_id, lock=True)
    if run.state != RunState.ASKED:
        raise Conflict(say("That was begun already. This is what became of it."))
    if run.verb == Verb.WRITE:
        raise Conflict(say("Nothing is done here: write the letter, and look at it first."))
    if run.verb in (Verb.TAG, Verb.UNTAG):
        run.tag_id = _tag_meant(session, bank, run.verb, doing)
    if run.verb == Verb.BROKER:
        run.broker_id = _broker_meant(session, bank, doing)
    run.state, run.began_at, run.by = RunState.RUNNING, act.now, act.by.key
    _go(session, bank, run, act)
    return run


def _tag_meant(session: Session, bank: Bank, verb: Verb, doing: Doing) -> int:
    name = rules.one_line(doing.tag_name)
    if name and doing.tag is not None:
        raise Invalid.on("tag_name", say("Choose a tag, or write a new one: not both."))
    if doing.tag is not None:
        return queries.tag(session, bank, doing.tag).id
    if not name:
        raise Invalid.on("tag", say("Say which tag."))
    if verb == Verb.TAG:
        return tag_called(session, bank, name).id
    there = _tag_by_key(session, bank, folded(name))
    if there is None:
        raise Invalid.on("tag_name", say("There is no such tag here."))
    return there.id


def _broker_meant(session: Session, bank: Bank, doing: Doing) -> int | None:
    if doing.broker is None:
        raise Invalid.on("broker", say("Say who looks after them, or that nobody does."))
    if doing.broker == rules.NOBODY:
        return None
    if doing.broker not in {one.id for one in members.staff(session, bank)}:
        raise Invalid.on("broker", say("Only a broker or a coordinator can look after somebody."))
    return doing.broker


def undo(session: Session, bank: Bank, run_id: int, act: Act) -> ListRun:
    """Undo a run, as far as nothing was changed again since. Raises NotFound; Conflict for what
    cannot be undone, or was, or was done too long ago."""
    require_broker(act.by)
    run = queries.run(session, bank, run_id, lock=True)
    if not queries.may_be_undone(run, act.now):
        raise Conflict(say("This cannot be undone any more."))
    run.state, run.undone_by = RunState.UNDOING, act.by.key
    _go(session, bank, run, act)
    return run


def _go(session: Session, bank: Bank, run: ListRun, act: Act) -> None:
    """Do what there is to do at once if it is short, and leave it to a job if it is not."""
    waits = _waits(run)
    count = select(func.count()).where(
        RunLine.bank_id == bank.id, RunLine.run_id == run.id, RunLine.state == waits
    )
    if session.execute(count).scalar_one() <= AT_ONCE:
        _a_part(session, bank, run, act)
    else:
        _queue(session, bank, run, -1, act.now)


def _waits(run: ListRun) -> LineState:
    return LineState.DONE if run.state == RunState.UNDOING else LineState.WAITING


def _queue(session: Session, bank: Bank, run: ListRun, after: int, now: datetime) -> None:
    payload = {"bank": bank.id, "run": run.id, "after": after}
    queue(session, GO_ON, payload, run_at=now, key=f"{run.id}:{run.state}:{after}")


def go_on(session: Session, bank: Bank, run_id: int, after: int, *, now: datetime) -> None:
    """Do the next part of a run, by whoever began it, as far as they still may: a job's work."""
    run = queries.run(session, bank, run_id, lock=True)
    if run.state not in (RunState.RUNNING, RunState.UNDOING):
        return
    key = run.undone_by if run.state == RunState.UNDOING else run.by
    by = members.member(session, bank, int((key or "").rpartition(":")[2]))
    _a_part(session, bank, run, Act(actor_of(by), now), after=after)


def _a_part(session: Session, bank: Bank, run: ListRun, act: Act, *, after: int = -1) -> None:
    """The next lines of a run after the place `after`; the rest is left to a job."""
    undoing = run.state == RunState.UNDOING
    lines = queries.lines_of(
        session, bank, run.id, states=[_waits(run)], after=after, limit=AT_ONCE
    )
    do_one = (acting.UNDOES if undoing else acting.DOES)[run.kind][run.verb]
    for line in lines:
        _a_line(Step(session, bank, run, line, act), do_one, undoing=undoing)
    session.flush()
    if len(lines) == AT_ONCE:
        _queue(session, bank, run, lines[-1].place, act.now)
    else:
        run.state = RunState.UNDONE if undoing else RunState.DONE


def _a_line(step: Step, do_one: Callable[[Step], str], *, undoing: bool) -> None:
    line = step.line
    try:
        with step.session.begin_nested():
            require_broker(step.act.by)
            was = do_one(step)
    except Refusal as refusal:
        line.state = LineState.STAYS if undoing else LineState.REFUSED
        line.why = spoken(refusal.message, voices.voice(step.bank.language))
        return
    if undoing:
        line.state = LineState.UNDONE
    else:
        line.state, line.was = LineState.DONE, was


# ---- Saved lists ----


def save_list(session: Session, bank: Bank, wanted: Wanted, new: NewName, act: Act) -> SavedList:
    """Keep what a list asks for under a name, for all of the staff. A name that is there is given
    what is asked for now. Raises Invalid."""
    require_broker(act.by)
    sources.check(session, bank, wanted)
    name = _named(new.name)
    one_at_a_time(session, bank)
    same = (SavedList.bank_id == bank.id, SavedList.name_key == folded(name))
    saved = session.execute(select(SavedList).where(*same)).scalar_one_or_none()
    if saved is None:
        _require_room(session, bank, SavedList, rules.SAVED)
        saved = SavedList(bank_id=bank.id, name_key=folded(name))
        session.add(saved)
    saved.kind, saved.name, saved.wanted = wanted.kind, name, json.dumps(wanted.asked())
    saved.by, saved.at = act.by.key, act.now
    session.flush()
    return saved


def drop_saved(session: Session, bank: Bank, saved_id: int, act: Act) -> None:
    """Keep a saved list no more; nobody who is on it is touched. Raises NotFound."""
    require_broker(act.by)
    one_at_a_time(session, bank)
    session.delete(queries.saved_list(session, bank, saved_id))
    session.flush()


# ---- Tags and fields ----


def tag_called(session: Session, bank: Bank, name: str) -> Tag:
    """The tag of that name, which is made where there is none. Raises Invalid."""
    name = _named(name)
    one_at_a_time(session, bank)
    there = _tag_by_key(session, bank, folded(name))
    if there is not None:
        return there
    _require_room(session, bank, Tag, rules.TAGS)
    made = Tag(bank_id=bank.id, name=name, name_key=folded(name))
    session.add(made)
    session.flush()
    return made


def _tag_by_key(session: Session, bank: Bank, key: str) -> Tag | None:
    same = select(Tag).where(Tag.bank_id == bank.id, Tag.name_key == key)
    return session.execute(same).scalar_one_or_none()


def drop_tag(session: Session, bank: Bank, tag_id: int, act: Act) -> None:
    """Take a tag off everybody, for good. A coordinator's to do. Raises NotFound; Conflict while a
    saved list asks for it."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    tag = queries.tag(session, bank, tag_id)
    asking = _saved_that_ask(session, bank, lambda wanted: wanted.tag == tag.id)
    if asking:
        raise Conflict(
            say("The saved list “%(name)s” asks for this tag. Drop that first.", name=asking[0])
        )
    session.execute(
        update(ListRun)
        .where(ListRun.bank_id == bank.id, ListRun.tag_id == tag.id)
        .values(tag_id=None)
    )
    session.execute(
        delete(MemberTag).where(MemberTag.bank_id == bank.id, MemberTag.tag_id == tag.id)
    )
    session.delete(tag)
    session.flush()


def add_field(session: Session, bank: Bank, new: NewName, act: Act) -> OwnField:
    """Keep something more of every member. A coordinator's to do. Raises Invalid."""
    require_coordinator(act.by)
    name = _named(new.name)
    one_at_a_time(session, bank)
    same = select(OwnField.id).where(OwnField.bank_id == bank.id, OwnField.name_key == folded(name))
    if session.execute(same).first():
        raise Invalid.on("name", say("There is a field of that name already."))
    _require_room(session, bank, OwnField, rules.OWN_FIELDS)
    field = OwnField(bank_id=bank.id, name=name, name_key=folded(name))
    session.add(field)
    session.flush()
    return field


def _saved_that_ask(session: Session, bank: Bank, asks: Callable[[Wanted], bool]) -> list[str]:
    """The names of the saved lists that ask for something."""
    return [saved.name for saved in queries.saved_lists(session, bank) if asks(saved.wanted)]


def drop_field(session: Session, bank: Bank, field_id: int, act: Act) -> None:
    """Keep a field no more, and erase what stands in it, for good. A coordinator's to do. Raises
    NotFound; Conflict while a saved list asks for it."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    field = queries.own_field(session, bank, field_id)
    asking = _saved_that_ask(session, bank, lambda wanted: wanted.own_field == field.id)
    if asking:
        raise Conflict(
            say("The saved list “%(name)s” asks for this field. Drop that first.", name=asking[0])
        )
    of_field = (FieldValue.bank_id == bank.id, FieldValue.field_id == field.id)
    session.execute(delete(FieldValue).where(*of_field))
    session.delete(field)
    session.flush()


def keep(session: Session, bank: Bank, member_id: int, kept: Kept, act: Act) -> None:
    """Keep which tags a member has, and what stands in the bank's own fields of theirs. A broker's
    to do. Raises NotFound, NotInThatState; Invalid."""
    require_broker(act.by)
    members.hold(session, bank, member_id)
    member = acts.taking_part(session, bank, member_id)
    wanted = {queries.tag(session, bank, one).id for one in kept.tags}
    wanted |= {tag_called(session, bank, name).id for name in kept.new_tags}
    had = {one.id for one in queries.tags_of(session, bank, member.id)}
    of_member = (MemberTag.bank_id == bank.id, MemberTag.member_id == member.id)
    session.execute(delete(MemberTag).where(*of_member, MemberTag.tag_id.in_(had - wanted)))
    session.add_all(
        MemberTag(bank_id=bank.id, member_id=member.id, tag_id=tag_id, by=act.by.key, at=act.now)
        for tag_id in sorted(wanted - had)
    )
    written = {
        queries.own_field(session, bank, word.field).id: rules.one_line(word.words)
        for word in kept.words
    }
    before = dict(queries.words_of(session, bank, [member.id]).get(member.id, {}))
    after = {**before, **written}
    session.execute(
        delete(FieldValue).where(FieldValue.bank_id == bank.id, FieldValue.member_id == member.id)
    )
    session.add_all(
        FieldValue(bank_id=bank.id, member_id=member.id, field_id=field_id, words=words)
        for field_id, words in sorted(after.items())
        if words
    )
    if had - wanted:
        acts.record(session, member, act, "untagged")
    if wanted - had:
        acts.record(session, member, act, "tagged")
    if {key: words for key, words in after.items() if words} != before:
        acts.record(session, member, act, "own_fields")
    session.flush()


def _named(name: str) -> str:
    name = rules.one_line(name)
    if not name or not folded(name):
        raise Invalid.on("name", say("Give it a name."))
    return name


def _require_room(
    session: Session, bank: Bank, table: type[Tag] | type[OwnField] | type[SavedList], most: int
) -> None:
    there = select(func.count()).select_from(table).where(table.bank_id == bank.id)
    if session.execute(there).scalar_one() >= most:
        raise Invalid.on("name", _FULL[table.__name__](most))


_FULL: dict[str, Callable[[int], Said]] = {
    "Tag": lambda most: say("There are %(most)s tags already. Drop one first.", most=most),
    "OwnField": lambda most: say("There are %(most)s fields already. Drop one first.", most=most),
    "SavedList": lambda most: say(
        "There are %(most)s saved lists already. Drop one first.", most=most
    ),
}
