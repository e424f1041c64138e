"""What becomes of tags, own fields and what was done from lists when somebody goes, and what a
member is given of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.lists import queries
from timebank.lists.models import FieldValue, ListRun, MemberTag, RunLine
from timebank.lists.rules import ASKED_FOR, RunState
from timebank.members.models import Member
from timebank.room import Carry, Merging, Trace
from timebank.say import ENGLISH, count, say, spoken

TRACES = (
    Trace("member_tag.member_id", "tags"),
    Trace("member_tag.by", stays=True),
    Trace("field_value.member_id", "fields_of_the_bank"),
    Trace("saved_list.by", stays=True),
    Trace("list_run.broker_id"),
    Trace("list_run.by", stays=True),
    Trace("list_run.undone_by", stays=True),
    Trace("run_line.member_id", "done_from_lists"),
)

_ALL = 1000

_OF_ONE_MORNING = say("What was done from lists stands on each member; the lists of it stay.")

ARCHIVE = Archive(
    keeps=("tag", "member_tag", "own_field", "field_value"),
    behind=(
        Behind("saved_list", say("What it asks for names people and tags by their numbers here.")),
        Behind("list_run", _OF_ONE_MORNING),
        Behind("run_line", _OF_ONE_MORNING),
    ),
)

_STAFF = "It says which of the staff did it, and to whom it was done then."

MERGING = Merging(
    carries=(
        Carry(
            "member_tag.member_id", lambda n: count("%(n)s tag", "%(n)s tags", n), once=("tag_id",)
        ),
        Carry(
            "field_value.member_id",
            lambda n: count(
                "%(n)s answer in a field of the bank’s own",
                "%(n)s answers in fields of the bank’s own",
                n,
            ),
            once=("field_id",),
        ),
    ),
    leaves=dict.fromkeys(
        (
            *("member_tag.by", "saved_list.by", "list_run.broker_id", "list_run.by"),
            *("list_run.undone_by", "run_line.member_id"),
        ),
        _STAFF,
    ),
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase the member's tags, what stands in the bank's fields, and their lines of what was done;
    who was to be looked after by them has been handed over."""
    for table in (MemberTag, FieldValue, RunLine):
        session.execute(delete(table).where(table.bank_id == bank.id, table.member_id == member.id))
    session.execute(
        update(ListRun)
        .where(ListRun.bank_id == bank.id, ListRun.broker_id == member.id)
        .values(broker_id=None)
    )


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase what was ticked and never done anything to."""
    old = select(ListRun.id).where(
        ListRun.bank_id == bank.id, ListRun.state == RunState.ASKED, ListRun.at < now - ASKED_FOR
    )
    ids = session.execute(old).scalars().all()
    for start in range(0, len(ids), _ALL):
        part = ids[start : start + _ALL]
        session.execute(delete(RunLine).where(RunLine.bank_id == bank.id, RunLine.run_id.in_(part)))
        session.execute(delete(ListRun).where(ListRun.bank_id == bank.id, ListRun.id.in_(part)))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The member's tags, what stands in the bank's own fields, and what was done to them and to
    what is theirs from lists."""
    names = {one.id: one.name for one in queries.own_fields(session, bank)}
    words = queries.words_of(session, bank, [member.id]).get(member.id, {})
    return {
        "tags": [
            {"name": one.name, "at": one.at} for one in queries.tags_of(session, bank, member.id)
        ],
        "fields_of_the_bank": {names[field_id]: text for field_id, text in words.items()},
        "done_from_lists": [
            {
                "what": one.run.verb,
                "at": one.run.began_at,
                "by": spoken(one.by, ENGLISH),
                "what_came_of_it": one.state,
            }
            for one in queries.done_to(session, bank, member.id, limit=_ALL)
        ],
    }
