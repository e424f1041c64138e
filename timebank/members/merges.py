"""Two rows that are one person: who may say so, and what becomes of the rows themselves. The caller
commits. What other rooms hold is for the room that sees them all: `timebank.merging`."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.act import Act, Role
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import one_or_refuse
from timebank.errors import NotAllowed
from timebank.ledger import service as ledger_service
from timebank.members import acts, partners, queries, rules, service
from timebank.members.errors import NotInThatState
from timebank.members.models import GroupMember, Member, Merge
from timebank.members.rules import Status, require_coordinator
from timebank.notices import service as notices_service
from timebank.room import Change, Two
from timebank.say import say

_FILLED = ("email", "phone", "address", "area", "date_of_birth", "about", "language")
"""What whoever stays is given of the other's where they have none."""


def hold_two(session: Session, bank: Bank, goes_id: int, stays_id: int, act: Act) -> Two:
    """The two, whom nobody else merges, moves or takes out until this transaction ends.

    A coordinator's to do. Raises NotFound; NotAllowed, also to whoever is one of the two;
    NotInThatState for the same member twice and for one who takes no part.
    """
    if act.by.role != Role.SYSTEM:
        require_coordinator(act.by)
    one_at_a_time(session, bank)
    goes, stays = (queries.member(session, bank, each) for each in (goes_id, stays_id))
    if goes_id == stays_id:
        raise NotInThatState(say("That is one member already. Choose another as the one who goes."))
    for member in (goes, stays):
        session.refresh(member)
        merged = queries.merge_of(session, bank, member.id)
        if merged is not None:
            into = queries.member(session, bank, merged.stays_id)
            raise NotInThatState(
                say(
                    "Number %(number)s is one with %(name)s, number %(into)s, already.",
                    number=merged.number,
                    name=into.name,
                    into=into.number or "",
                )
            )
        acts.taking_part(session, bank, member.id)
    if act.by.member_id in (goes.id, stays.id):
        raise NotAllowed(say("This is about yourself: another coordinator has to do it."))
    return Two(goes, stays)


def begin(session: Session, bank: Bank, two: Two, why: str, act: Act) -> tuple[Merge, list[Change]]:
    """Take one of the two out, under whose number the other is found from now on; whoever stays is
    given what they lacked. Gives back the merge, and what was changed of the two rows."""
    goes, stays = two.goes, two.stays
    merge = Merge(
        bank_id=bank.id,
        goes_id=goes.id,
        stays_id=stays.id,
        number=goes.number or "",
        why=why,
        by=act.by.key,
        at=act.now,
    )
    session.add(merge)
    filled = {
        name: getattr(goes, name)
        for name in _FILLED
        if getattr(goes, name) is not None and getattr(stays, name) is None
    }
    earlier = [day for day in (goes.joined_on, stays.joined_on) if day is not None]
    if earlier and min(earlier) != stays.joined_on:
        filled["joined_on"] = min(earlier)
    changes = [_change(stays, **filled)] if filled else []
    changes.append(
        _change(
            goes,
            status=Status.LEFT,
            left_on=acts.today(bank, act),
            number=queries.next_number(session, bank),
        )
    )
    session.flush()
    acts.record(session, goes, act, "merged", f"member:{stays.id}")
    acts.record(session, stays, act, "merged_from", f"member:{goes.id}")
    return merge, changes


def _change(member: Member, **values: object) -> Change:
    before = {name: _plain(getattr(member, name)) for name in values}
    for name, value in values.items():
        setattr(member, name, value)
    after = {name: _plain(value) for name, value in values.items()}
    return Change("member", {"id": member.id}, before, after)


def _plain(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def undo(session: Session, bank: Bank, merge: Merge, changes: Sequence[Change], act: Act) -> Two:
    """Have whoever went back, with the number and the details that the two had before, as far as
    nobody changed them since. Gives back the two the other way round, for the rooms."""
    goes, stays = (queries.member(session, bank, each) for each in (merge.goes_id, merge.stays_id))
    merge.undone_by, merge.undone_at = act.by.key, act.now
    session.flush()
    for change in changes:
        member = goes if change.key["id"] == goes.id else stays
        for name, value in change.before.items():
            if _plain(getattr(member, name)) == change.after[name]:
                is_day = name in ("date_of_birth", "left_on", "joined_on")
                day = date.fromisoformat(str(value)) if is_day and value is not None else value
                setattr(member, name, day)
    session.flush()
    acts.record(session, goes, act, "unmerged", f"member:{stays.id}")
    acts.record(session, stays, act, "unmerged", f"member:{goes.id}")
    return Two(stays, goes)


def forget(session: Session, bank: Bank, merge: Merge, act: Act) -> None:
    """Erase what is left of whoever went: from now on they cannot be had back."""
    goes = queries.member(session, bank, merge.goes_id)
    service.erase(session, bank, goes, act)
    ledger_service.relabel(session, bank, acts.account_of(goes), rules.FORMER)
    partners.end_belonging(session, bank, GroupMember.member_id == goes.id, act=act)
    notices_service.forget(session, bank, f"member:{goes.id}")
    goes.name = rules.FORMER
    merge.forgotten_at = act.now
    session.flush()


def forget_numbers(session: Session, bank: Bank, member_id: int) -> None:
    """Whoever has left is found under none of their numbers."""
    into = (Merge.bank_id == bank.id, Merge.stays_id == member_id)
    session.execute(delete(Merge).where(*into))


def held(session: Session, bank: Bank, merge_id: int) -> Merge:
    """A merge as it stands, held until this transaction ends. Raises NotFound."""
    one_at_a_time(session, bank)
    return merge(session, bank, merge_id)


def merge(session: Session, bank: Bank, merge_id: int) -> Merge:
    """That two members became one. Raises NotFound."""
    statement = select(Merge).where(Merge.bank_id == bank.id, Merge.id == merge_id)
    return one_or_refuse(
        session,
        statement.execution_options(populate_existing=True),
        say("No members were made one under that number."),
    )
