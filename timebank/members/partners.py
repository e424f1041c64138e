"""Organisations and those who speak for them, groups and who is in them. The caller commits.

Functions raise NotFound for what is another bank's, and NotAllowed when it is not `act.by`'s to do.
"""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import one_or_refuse
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import AccountKind
from timebank.members import acts, meeting, queries, rules
from timebank.members.errors import NameTaken, NotInThatState
from timebank.members.models import Contact, Group, GroupMember, Organisation
from timebank.members.rules import NewContact, NewLimits, SharedDetails
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say

Shared = TypeVar("Shared", Organisation, Group)
"""Those whose account is not one person's."""


# ---- Organisations ----


def add_organisation(
    session: Session, bank: Bank, details: SharedDetails, act: Act
) -> Organisation:
    """Take in a partner, with an account under the bank's limits. A broker's to do.

    Raises NameTaken, Invalid.
    """
    return _open_shared(session, bank, Organisation, AccountKind.ORGANISATION, details, act)


def change_organisation(
    session: Session, bank: Bank, organisation_id: int, details: SharedDetails, act: Act
) -> Organisation:
    """Change what a partner is called and what is said about it. A broker's to do.

    Raises NameTaken, Invalid, NotInThatState.
    """
    rules.require_broker(act.by)
    organisation = _partner(session, bank, organisation_id)
    return _change_shared(session, bank, organisation, details, act)


def add_contact(
    session: Session, bank: Bank, organisation_id: int, new: NewContact, act: Act
) -> Contact:
    """Name somebody who speaks for an organisation. A member may act for it, and need not be named
    again. A broker's to do.

    Raises Invalid; KeptApart; NotInThatState for an organisation that is closed or a member who has
    left.
    """
    rules.require_broker(act.by)
    organisation = _partner(session, bank, organisation_id)
    member = acts.taking_part(session, bank, new.member_id) if new.member_id is not None else None
    one_at_a_time(session, bank)
    contacts = queries.contacts(session, bank, organisation.id)
    if member and any(contact.member_id == member.id for contact in contacts):
        already = say(
            "%(name)s speaks for %(organisation)s already.",
            name=member.name,
            organisation=organisation.name,
        )
        raise Invalid.on("member", already)
    if member:
        others = {contact.member_id for contact in contacts}
        _bring(session, bank, member.id, others, act, what=f"organisation:{organisation.id}")
    name = new.name or (member.name if member else None)
    details = rules.checked(
        NewContact(name, new.phone, new.email, new.member_id), today=acts.today(bank, act)
    )
    contact = Contact(
        bank_id=bank.id,
        organisation_id=organisation.id,
        member_id=details.member_id,
        name=details.name or "",
        phone=details.phone,
        email=details.email,
    )
    session.add(contact)
    session.flush()
    if member:
        acts.record(session, member, act, "became_contact", f"organisation:{organisation.id}")
    return contact


def remove_contact(session: Session, bank: Bank, contact_id: int, act: Act) -> None:
    """Somebody no longer speaks for an organisation: what was kept of them as its contact is
    erased. A broker's to do."""
    one_at_a_time(session, bank)
    rules.require_broker(act.by)
    contact = one_or_refuse(
        session,
        select(Contact).where(Contact.bank_id == bank.id, Contact.id == contact_id),
        say("There is no such contact here."),
    )
    if contact.member_id is not None:
        member = queries.member(session, bank, contact.member_id)
        acts.record(
            session, member, act, "contact_ended", f"organisation:{contact.organisation_id}"
        )
    session.delete(contact)
    session.flush()


def close_organisation(
    session: Session, bank: Bank, organisation_id: int, act: Act, *, settle: bool = True
) -> Organisation:
    """End a partnership: the account is settled with the chest (if `settle`) and closed, the
    contacts are erased.

    A coordinator's to do. Raises NotInThatState.
    """
    rules.require_coordinator(act.by)
    organisation = _partner(session, bank, organisation_id)
    session.execute(
        delete(Contact).where(
            Contact.bank_id == bank.id, Contact.organisation_id == organisation.id
        )
    )
    key = f"organisation:{organisation.id}"
    return _close_shared(session, bank, organisation, key, act, settle=settle)


def _partner(session: Session, bank: Bank, organisation_id: int) -> Organisation:
    organisation = queries.organisation(session, bank, organisation_id)
    if organisation.closed_at is not None:
        raise NotInThatState(say("%(name)s is no longer a partner.", name=organisation.name))
    return organisation


# ---- Groups ----


def open_group(session: Session, bank: Bank, details: SharedDetails, act: Act) -> Group:
    """Make a group of members with an account they share, under the bank's limits. A broker's to
    do.

    Raises NameTaken, Invalid.
    """
    return _open_shared(session, bank, Group, AccountKind.GROUP, details, act)


def change_group(
    session: Session, bank: Bank, group_id: int, details: SharedDetails, act: Act
) -> Group:
    """Change what a group is called and what is said about it. A broker's to do. Raises NameTaken,
    Invalid, NotInThatState."""
    rules.require_broker(act.by)
    return _change_shared(session, bank, _open(session, bank, group_id), details, act)


def set_group_limits(
    session: Session, bank: Bank, group_id: int, limits: NewLimits, act: Act
) -> Group:
    """How far below zero a group's account may go, how much it may hold, and why.

    A coordinator's to do. Raises Invalid for limits that the balance is outside of, or that make no
    sense, and without a reason; NotInThatState.
    """
    rules.require_coordinator(act.by)
    group = _open(session, bank, group_id)
    acts.limit(session, bank, group.account_id, limits, act)
    return group


def add_to_group(
    session: Session, bank: Bank, group_id: int, member_id: int, act: Act
) -> GroupMember:
    """Take a member into a group, which they may act for from now on; they are told. A broker's to
    do.

    Raises Invalid for one who is in it already, KeptApart, NotInThatState for a group that is
    closed or a member who has left.
    """
    rules.require_broker(act.by)
    one_at_a_time(session, bank)
    group = _open(session, bank, group_id)
    member = acts.taking_part(session, bank, member_id)
    people = queries.people_of(session, bank, [group.id])[group.id]
    if any(person.member.id == member.id for person in people):
        already = say("%(name)s is in %(group)s already.", name=member.name, group=group.name)
        raise Invalid.on("member", already)
    others = {person.member.id for person in people}
    _bring(session, bank, member.id, others, act, what=f"group:{group.id}")
    belonging = GroupMember(
        bank_id=bank.id, group_id=group.id, member_id=member.id, by=act.by.key, joined_at=act.now
    )
    session.add(belonging)
    session.flush()
    acts.record(session, member, act, "joined_group", f"group:{group.id}")
    if act.by.member_id != member.id:
        letter = Letter(
            say("You are in %(name)s", name=group.name),
            say(
                "You are in the group %(name)s now. You may log, confirm and give its hours, and"
                " leave it on its page.",
                name=group.name,
            ),
        )
        notice = NewNotice(letter, cause=f"belonging:{belonging.id}:joined")
        acts.tell(session, bank, member.id, notice, now=act.now)
    return belonging


def leave_group(session: Session, bank: Bank, group_id: int, member_id: int, act: Act) -> None:
    """A member is in a group no more: they say so themselves, who acts for them does, or a broker.

    What was done for the group stays as it is. Raises NotAllowed; NotFound for one who is not in
    it.
    """
    group = queries.group(session, bank, group_id)
    member = queries.member(session, bank, member_id)
    if not rules.may_leave_group(
        act.by, member.id, acts_for=queries.acts_for(session, bank, act.by, member.id)
    ):
        raise NotAllowed(
            say(
                "Only the member, those who act for them, and the staff of the time bank may do"
                " this."
            )
        )
    belonging = (GroupMember.group_id == group.id, GroupMember.member_id == member.id)
    if not end_belonging(session, bank, *belonging, act=act):
        raise NotFound(say("%(name)s is not in %(group)s.", name=member.name, group=group.name))
    acts.record(session, member, act, "left_group", f"group:{group.id}")


def close_group(
    session: Session, bank: Bank, group_id: int, act: Act, *, settle: bool = True
) -> Group:
    """End a group: the account is settled with the chest (if `settle`) and closed, and nobody is in
    it any more.

    A coordinator's to do. Raises NotInThatState.
    """
    rules.require_coordinator(act.by)
    one_at_a_time(session, bank)
    group = _open(session, bank, group_id)
    end_belonging(session, bank, GroupMember.group_id == group.id, act=act)
    return _close_shared(session, bank, group, f"group:{group.id}", act, settle=settle)


def end_belonging(session: Session, bank: Bank, *whose: ColumnElement[bool], act: Act) -> int:
    """End these memberships of groups, as many as are in force, and say how many that were."""
    in_force = (GroupMember.bank_id == bank.id, GroupMember.left_at.is_(None), *whose)
    ended = session.execute(
        update(GroupMember).where(*in_force).values(left_at=act.now).returning(GroupMember.id)
    )
    return len(ended.all())


def _bring(
    session: Session,
    bank: Bank,
    member_id: int,
    others: Collection[int | None],
    act: Act,
    *,
    what: str,
) -> None:
    """See to it that a member may come to where these others are, by what."""
    newcomer = queries.accounts_of(session, bank, [member_id])
    there = queries.accounts_of(session, bank, others)
    meeting.bring(session, bank, newcomer, there, act, what=what)


def _open(session: Session, bank: Bank, group_id: int) -> Group:
    group = queries.group(session, bank, group_id)
    if group.closed_at is not None:
        raise NotInThatState(say("The group %(name)s is closed.", name=group.name))
    return group


# ---- What both share ----


def _open_shared(
    session: Session,
    bank: Bank,
    table: type[Shared],
    kind: AccountKind,
    details: SharedDetails,
    act: Act,
) -> Shared:
    rules.require_broker(act.by)
    checked = rules.checked(details, today=acts.today(bank, act))
    one_at_a_time(session, bank)
    _require_free_name(session, bank, checked.name)
    account_id = ledger_service.open_account(
        session,
        bank,
        kind,
        checked.name,
        floor=bank.member_floor,
        ceiling=bank.member_ceiling,
        now=act.now,
    )
    opened = table(
        bank_id=bank.id,
        name=checked.name,
        about=checked.about,
        account_id=account_id,
        created_at=act.now,
    )
    session.add(opened)
    session.flush()
    return opened


def _change_shared(
    session: Session, bank: Bank, shared: Shared, details: SharedDetails, act: Act
) -> Shared:
    checked = rules.checked(details, today=acts.today(bank, act))
    if checked.name != shared.name:
        one_at_a_time(session, bank)
        _require_free_name(session, bank, checked.name)
        ledger_service.relabel(session, bank, shared.account_id, checked.name)
    shared.name, shared.about = checked.name, checked.about
    session.flush()
    return shared


def _close_shared(
    session: Session, bank: Bank, shared: Shared, key: str, act: Act, *, settle: bool
) -> Shared:
    if settle:
        acts.settle(session, bank, shared.account_id, act, cause=f"closing:{key}", on_word_of=key)
    ledger_service.close_account(session, bank, shared.account_id, now=act.now)
    shared.closed_at = act.now
    session.flush()
    return shared


def _require_free_name(session: Session, bank: Bank, name: str) -> None:
    """An organisation and a group are not told apart by their names alone, so none is given
    twice."""
    taken = {
        Organisation: say("There is an organisation called %(name)s already.", name=name),
        Group: say("There is a group called %(name)s already.", name=name),
    }
    for table, sentence in taken.items():
        same = (table.bank_id == bank.id, table.name == name)
        if session.execute(select(table.id).where(*same)).first():
            raise NameTaken(sentence, fields={"name": sentence})
