"""What becomes of checks, doorsteps and concerns when somebody goes or time goes by, and what a
member is given of theirs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.base import columns_of
from timebank.members.models import Member
from timebank.room import Carry, Change, Merging, Rebooked, Trace, Two
from timebank.safeguarding import queries
from timebank.safeguarding.models import (
    CheckDay,
    CheckReminder,
    CheckUndone,
    Concern,
    ConcernReading,
    Doorstep,
    HeldCheck,
)
from timebank.safeguarding.rules import Ending
from timebank.say import say

TRACES = (
    Trace("held_check.member_id", "checks"),
    Trace("held_check.seen_by_id", "checks", stays=True),
    Trace("held_check.by", "checks", stays=True),
    Trace("held_check.ended_by", "checks", stays=True),
    Trace("check_undone.by", "checks", stays=True),
    Trace("check_day.by", "checks", stays=True),
    Trace("doorstep.member_id", "doorstep"),
    Trace("doorstep.by", "doorstep", stays=True),
    # What was written down for somebody's safety is told to nobody whom it may be about, and
    # outlives their leaving until its time is over: docs/decisions/0043-concerns.md.
    Trace("concern.about_id", stays=True),
    Trace("concern.by", stays=True),
    Trace("concern_reading.by", stays=True),
)

_APART = say("Concerns are for the coordinators who wrote and read them, and are not copied about.")
ARCHIVE = Archive(
    keeps=(
        "check_kind",
        "held_check",
        "check_undone",
        "check_day",
        "check_reminder",
        "doorstep",
    ),
    behind=(Behind("concern", _APART), Behind("concern_reading", _APART)),
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase the checks that the member holds and held, and whom to ring for them. Who saw a paper
    stays a number without a name."""
    of_member = (HeldCheck.bank_id == bank.id, HeldCheck.member_id == member.id)
    ended = {"ending": Ending.LEFT, "ended_by": act.by.key, "ended_at": act.now}
    # One that stands cannot be deleted.
    session.execute(
        update(HeldCheck).where(*of_member, HeldCheck.ended_at.is_(None)).values(**ended)
    )
    _delete_checks(session, bank, select(HeldCheck.id).where(*of_member))
    session.execute(
        delete(Doorstep).where(Doorstep.bank_id == bank.id, Doorstep.member_id == member.id)
    )


def _delete_checks(session: Session, bank: Bank, ids: Any) -> None:
    undone = or_(CheckUndone.undoes_id.in_(ids), CheckUndone.instead_id.in_(ids))
    session.execute(delete(CheckUndone).where(CheckUndone.bank_id == bank.id, undone))
    for of_check in (CheckReminder, CheckDay):
        these = (of_check.bank_id == bank.id, of_check.check_id.in_(ids))
        session.execute(delete(of_check).where(*these))
    session.execute(delete(HeldCheck).where(HeldCheck.bank_id == bank.id, HeldCheck.id.in_(ids)))


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase checks that ended long ago, and concerns that are too old, with who read them."""
    before = expired(now, bank.keep_checks)
    old = select(HeldCheck.id).where(HeldCheck.bank_id == bank.id, HeldCheck.ended_at < before)
    _delete_checks(session, bank, old)
    before = expired(now, bank.keep_concerns)
    past = (Concern.bank_id == bank.id, Concern.at < before)
    readings = ConcernReading.concern_id.in_(select(Concern.id).where(*past))
    session.execute(delete(ConcernReading).where(ConcernReading.bank_id == bank.id, readings))
    session.execute(delete(Concern).where(*past))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The checks that the member holds and held, and whom to ring for them. Concerns are left
    out."""
    every = {one.id: one.name for one in queries.kinds(session, bank, retired=True)}
    of_member = (HeldCheck.bank_id == bank.id, HeldCheck.member_id == member.id)
    checks = session.execute(select(HeldCheck).where(*of_member).order_by(HeldCheck.id)).scalars()
    doorstep = session.get(Doorstep, member.id)
    undone = select(CheckUndone).join(HeldCheck, CheckUndone.undoes_id == HeldCheck.id)
    days = {
        day.check_id: columns_of(day, leave_out=("bank_id", "check_id"))
        for day, *_ in queries.days(session, bank, HeldCheck.member_id == member.id)
    }
    taken_back = {
        one.undoes_id: columns_of(one, leave_out=("id", "bank_id", "undoes_id", "instead_id"))
        for one in session.execute(undone.where(*of_member)).scalars()
    }
    return {
        "checks": [
            {
                "kind": every[check.kind_id],
                **columns_of(check, leave_out=("id", "bank_id", "member_id", "kind_id")),
                "undone": taken_back.get(check.id),
                "new_paper_on": days.get(check.id),
            }
            for check in checks
        ],
        "doorstep": columns_of(doorstep, leave_out=("bank_id", "member_id")) if doorstep else None,
    }


def move(
    session: Session, bank: Bank, two: Two, rebooked: Mapping[int, Rebooked], act: Act, why: str
) -> Sequence[Change]:
    """A check is never altered: where the one who stays has none of its kind, what the other holds
    is written down for them too."""
    if two.rows is not None:
        return ()
    stays = {check.kind_id for check in _standing(session, bank, two.stays)}
    for check in _standing(session, bank, two.goes):
        if check.kind_id not in stays:
            values = columns_of(check, leave_out=("id", "member_id"))
            session.add(HeldCheck(**values, member_id=two.stays.id))
    session.flush()
    return ()


def back(session: Session, bank: Bank, two: Two, act: Act) -> None:
    """What was written down for the one who stayed, since it was the other's, ends."""
    same = {
        (check.kind_id, check.number, check.held_since, check.by, check.at)
        for check in _standing(session, bank, two.stays)
    }
    for check in _standing(session, bank, two.goes):
        if (check.kind_id, check.number, check.held_since, check.by, check.at) in same:
            check.ending, check.why = Ending.MISTAKE, str(_ANOTHERS)
            check.ended_by, check.ended_at = act.by.key, act.now
    session.flush()


_ANOTHERS = say("It is another member’s: two were taken for one person.")


def _standing(session: Session, bank: Bank, member: Member) -> Sequence[HeldCheck]:
    of_member = (HeldCheck.bank_id == bank.id, HeldCheck.member_id == member.id)
    stand = select(HeldCheck).where(*of_member, HeldCheck.ended_at.is_(None))
    return session.execute(stand.order_by(HeldCheck.id)).scalars().all()


_KEPT = "It stays as it was written down."

MERGING = Merging(
    carries=(Carry("doorstep.member_id", once=()),),
    by_hand=("held_check.member_id",),
    leaves={
        **dict.fromkeys(
            (
                *("held_check.seen_by_id", "held_check.by", "held_check.ended_by", "doorstep.by"),
                *("check_undone.by", "check_day.by"),
                *("concern.by", "concern_reading.by"),
            ),
            _KEPT,
        ),
        "concern.about_id": "It is never altered, and is found with the one who stays.",
    },
    move=move,
    back=back,
)
