"""What a member is given of what is held on them here. Their own row is erased by
`members.service.leave`, the last thing to be forgotten: until then the other rooms know their name.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from timebank import once
from timebank.act import Act, Actor, Role
from timebank.archive import Archive
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.base import columns_of
from timebank.members import meeting, queries, service
from timebank.members.models import (
    Contact,
    Group,
    GroupMember,
    Helper,
    KeptApart,
    Member,
    OwnAddress,
    Picture,
)
from timebank.members.queries import Help
from timebank.room import Carry, Merging, Trace, Two
from timebank.say import Said, count, say

TRACES = (
    Trace("contact.member_id", "speaks_for"),
    Trace("group_member.member_id", "groups", stays=True),
    Trace("group_member.by", stays=True),
    Trace("helper.member_id", "may_act_for_you", stays=True),
    Trace("helper.helper_id", "you_may_act_for", stays=True),
    Trace("helper.granted_by", stays=True),
    Trace("kept_apart.member_id", "kept_apart_from"),
    # Whom they bothered is told of nobody.
    Trace("kept_apart.other_id"),
    Trace("kept_apart.by", stays=True),
    # Why the staff let two meet is for coordinators: it speaks of both.
    Trace("despite_apart.member_id"),
    Trace("despite_apart.other_id"),
    Trace("despite_apart.by", stays=True),
    Trace("member.account_id", "details", stays=True),
    Trace("member_event.member_id", "history", stays=True),
    Trace("member_event.by", "history", stays=True),
    Trace("member_group.account_id", stays=True),
    Trace("member_merge.goes_id", stays=True),
    Trace("member_merge.stays_id", stays=True),
    Trace("member_merge.by", stays=True),
    Trace("member_merge.undone_by", stays=True),
    Trace("organisation.account_id", stays=True),
    Trace("member_page.member_id", "shown_to_members"),
    Trace("member_picture.member_id", "picture"),
    Trace("member_picture.by", stays=True),
    Trace("own_address.member_id", "proved_addresses"),
    Trace("profile.member_id", "what_suits"),
    Trace("profile.broker_id", "what_suits"),
    Trace("request_once.owner", stays=True),
)

ARCHIVE = Archive(
    keeps=(
        *("member", "own_address", "profile", "member_page", "member_picture", "member_event"),
        *("member_merge", "kept_apart", "despite_apart", "helper", "organisation", "contact"),
        *("member_group", "group_member"),
    ),
    keys={
        "member": "member",
        "leaving": "member",
        "organisation": "organisation",
        "group": "member_group",
        "helper": "helper",
        "merge": "member_merge",
    },
    named=("member_event.detail", "despite_apart.what"),
)


def causes(session: Session, bank: Bank, member: Member) -> list[str]:
    """What notices about who acts for whom go by."""
    of_member = or_(Helper.member_id == member.id, Helper.helper_id == member.id)
    grants = select(Helper.id).where(Helper.bank_id == bank.id, of_member)
    return [f"helper:{grant_id}" for grant_id in session.execute(grants).scalars()]


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Programs of the bank may have been answered with the member's details, and the answers kept
    to be given again: not any more."""
    people = select(Member.id).where(Member.bank_id == bank.id)
    owners = [f"member:{member_id}" for member_id in session.execute(people).scalars()]
    once.forget_answers(session, owners)


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase applications that nobody has answered for too long."""
    act = Act(Actor.system(bank.id, "expire"), now)
    before = expired(now, bank.keep_applications)
    for applicant in queries.applications(session, bank):
        if applicant.created_at < before:
            service.decline(session, bank, applicant.id, act)


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """Who the member is, whom they have to do with, and what was done with their membership."""
    left_out = ("bank_id", "member_id")
    return {
        "details": columns_of(member, leave_out=("bank_id", "name_key")),
        "may_act_for_you": [
            _help(help_, help_.helper) for help_ in queries.helpers_of(session, bank, member.id)
        ],
        "you_may_act_for": [
            _help(help_, help_.member) for help_ in queries.helped_by(session, bank, member.id)
        ],
        "what_suits": columns_of(queries.profile(session, bank, member.id), leave_out=left_out),
        "shown_to_members": asdict(queries.showing(session, bank, member.id)),
        "picture": _picture(queries.picture(session, bank, member.id)),
        "kept_apart_from": [
            {"name": apart.other.name, "since": apart.since}
            for apart in queries.apart(session, bank, member.id)
        ],
        "speaks_for": _contacts(session, bank, member),
        "groups": _groups(session, bank, member),
        "history": [asdict(event) for event in queries.history(session, bank, member.id)],
        "proved_addresses": [
            columns_of(row, leave_out=left_out) for row in _addresses(session, bank, member)
        ],
        "how_to_be_told": asdict(queries.preference(session, bank, member.id)),
    }


def _help(relation: Help, other: Member) -> dict[str, Any]:
    return {"name": other.name, "relation": relation.relation, "since": relation.grant.granted_at}


def _picture(picture: Picture | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    columns = {"shown_to": picture.shown_to, "by": picture.by, "at": picture.at}
    return {**columns, "jpeg": b64encode(picture.jpeg).decode()}


def _contacts(session: Session, bank: Bank, member: Member) -> list[dict[str, Any]]:
    rows: Sequence[Contact] = (
        session.execute(
            select(Contact).where(Contact.bank_id == bank.id, Contact.member_id == member.id)
        )
        .scalars()
        .all()
    )
    names = {partner.id: partner.name for partner in queries.speaks_for(session, bank, member.id)}
    return [
        {
            "organisation": names[row.organisation_id],
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
        }
        for row in rows
    ]


def _addresses(session: Session, bank: Bank, member: Member) -> Sequence[OwnAddress]:
    of_member = (OwnAddress.bank_id == bank.id, OwnAddress.member_id == member.id)
    return session.execute(select(OwnAddress).where(*of_member)).scalars().all()


def _groups(session: Session, bank: Bank, member: Member) -> list[dict[str, Any]]:
    """The groups the member is in and was in, from when to when."""
    belonging = and_(GroupMember.group_id == Group.id, GroupMember.bank_id == Group.bank_id)
    statement = (
        select(Group.name, GroupMember.joined_at, GroupMember.left_at)
        .join(GroupMember, belonging)
        .where(GroupMember.bank_id == bank.id, GroupMember.member_id == member.id)
        .order_by(GroupMember.id)
    )
    return [{**row} for row in session.execute(statement).mappings()]


def refuses(session: Session, bank: Bank, two: Two, act: Act) -> Iterable[Said]:
    """Two who take part, neither kept apart from the other nor acting for them; and nobody of the
    staff goes."""
    goes, stays = two.goes, two.stays
    both = (goes.id, stays.id)
    parted = select(KeptApart.id).where(
        KeptApart.bank_id == bank.id,
        KeptApart.ended_at.is_(None),
        KeptApart.member_id.in_(both),
        KeptApart.other_id.in_(both),
    )
    if session.execute(parted.limit(1)).first() is not None:
        yield say(
            "%(stays)s and %(goes)s are kept apart from each other. If they are one person, end"
            " that first: this does not decide it for you.",
            stays=stays.name,
            goes=goes.name,
        )
    if queries.helping_between(session, bank, goes.id, stays.id):
        yield say(
            "One of %(stays)s and %(goes)s may act for the other, as one person does for another."
            " If they are the same, end that first.",
            stays=stays.name,
            goes=goes.name,
        )
    for merge in queries.merges_into(session, bank, goes.id):
        if merge.forgotten_at is None:
            yield say(
                "Number %(former)s turned out to be number %(number)s only now, which can be undone"
                " for a day. Undo that first, or wait.",
                former=merge.number,
                number=goes.number or "",
            )
    if goes.role != Role.MEMBER:
        yield say(
            "Number %(number)s is one of the staff. Let them be the one who stays, or make them a"
            " member first.",
            number=goes.number or "",
        )
    hidden = meeting.hidden(session, bank, both)
    if any(
        hidden.get(of.id, frozenset()) & _helps(session, bank, other)
        for of, other in ((stays, goes), (goes, stays))
    ):
        yield say(
            "Somebody from whom the one is kept apart may act for the other, or the other way"
            " round. End that first."
        )


def _helps(session: Session, bank: Bank, member: Member) -> frozenset[int]:
    """The accounts of those who act for a member, and for whom they act."""
    near = [
        *(help_.helper for help_ in queries.helpers_of(session, bank, member.id)),
        *(help_.member for help_ in queries.helped_by(session, bank, member.id)),
    ]
    return frozenset(person.account_id for person in near if person.account_id is not None)


_DONE = "It says who did it."

MERGING = Merging(
    carries=(
        Carry("contact.member_id", once=("organisation_id",)),
        Carry(
            "group_member.member_id",
            lambda n: count("%(n)s place in a group", "%(n)s places in groups", n),
            once=("group_id",),
            live="left_at",
        ),
        Carry(
            "helper.member_id",
            lambda n: count(
                "%(n)s person who may act for them", "%(n)s people who may act for them", n
            ),
            once=("helper_id",),
            live="revoked_at",
            other="helper_id",
        ),
        Carry(
            "helper.helper_id",
            lambda n: count(
                "%(n)s person for whom they may act", "%(n)s people for whom they may act", n
            ),
            once=("member_id",),
            live="revoked_at",
            other="member_id",
        ),
        Carry(
            "kept_apart.member_id",
            lambda n: count(
                "%(n)s person from whom they asked to be kept apart",
                "%(n)s people from whom they asked to be kept apart",
                n,
            ),
            once=("other_id",),
            live="ended_at",
            other="other_id",
        ),
        Carry(
            "kept_apart.other_id",
            lambda n: count(
                "%(n)s person who asked to be kept apart from them",
                "%(n)s people who asked to be kept apart from them",
                n,
            ),
            once=("member_id",),
            live="ended_at",
            other="member_id",
        ),
        Carry("despite_apart.member_id", other="other_id"),
        Carry("despite_apart.other_id", other="member_id"),
        Carry("member_merge.stays_id", other="goes_id"),
        Carry("member_page.member_id", once=()),
        Carry("member_picture.member_id", once=()),
        Carry("profile.member_id", once=()),
        Carry("profile.broker_id"),
    ),
    leaves={
        **dict.fromkeys(
            (
                *("group_member.by", "helper.granted_by", "kept_apart.by", "despite_apart.by"),
                *("member_event.by", "member_merge.by", "member_merge.undone_by"),
                "member_picture.by",
            ),
            _DONE,
        ),
        "member.account_id": "Each row keeps its account, and the one that goes is closed.",
        "member_event.member_id": "It says what was done to each while there were two.",
        "member_group.account_id": "It is the account of a group.",
        "organisation.account_id": "It is the account of an organisation.",
        "member_merge.goes_id": "It says which of the two went.",
        "own_address.member_id": "An address is proved by each for themselves.",
        "request_once.owner": "It is a form that was sent in.",
    },
    refuses=refuses,
)
