"""Everything that is held on a member, and what leaving would mean for an account."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, inspect, or_, select
from sqlalchemy.orm import Session

from timebank.access import queries as access
from timebank.activities import queries as activities
from timebank.activities.models import (
    Activity,
    ActivitySession,
    Contribution,
    SessionPosting,
    SignUp,
)
from timebank.banks.models import Bank
from timebank.base import Base
from timebank.desk import queries as desk
from timebank.exchanges.models import Exchange, Gift, Step
from timebank.exchanges.rules import OPEN
from timebank.ledger import queries as ledger
from timebank.matching.models import Introduction
from timebank.members import queries as members
from timebank.members.models import Contact, Group, GroupMember, Helper, Member
from timebank.members.queries import Help
from timebank.members.rules import settlement
from timebank.messages.models import Conversation, Message, Report
from timebank.notices.models import Notice
from timebank.skills import queries as skills
from timebank.skills.models import Listing
from timebank.surveys import equality
from timebank.surveys import queries as surveys
from timebank.times import times_in_words


@dataclass(frozen=True)
class Parting:
    """What becomes of an account when its holder goes: minutes on it, minutes to the chest
    (negative: from it), how many exchanges are under way and would be called off, and how many
    sessions have yet to be posted with hours of theirs, which then would not move.
    """

    balance: int
    to_chest: int
    under_way: int
    unposted: int = 0


def parting(session: Session, bank: Bank, account_id: int) -> Parting:
    """Raises NotFound when the bank has no such account."""
    balance = ledger.balance(session, bank, account_id)
    chest = ledger.chest(session, bank)
    open_ones = (
        select(func.count())
        .select_from(Exchange)
        .where(*of_party(bank, account_id), Exchange.status.in_(OPEN))
    )
    return Parting(
        balance=balance,
        to_chest=settlement(balance, chest_balance=chest.balance, chest_floor=chest.floor),
        under_way=session.execute(open_ones).scalar_one(),
        unposted=session.execute(_unposted(bank, account_id)).scalar_one(),
    )


def _unposted(bank: Bank, account_id: int) -> Select[int]:
    stands = select(SessionPosting.id).where(
        SessionPosting.bank_id == bank.id,
        SessionPosting.session_id == Contribution.session_id,
        SessionPosting.undone_at.is_(None),
    )
    return (
        select(func.count(Contribution.session_id.distinct()))
        .join(
            Member,
            and_(Member.bank_id == Contribution.bank_id, Member.id == Contribution.member_id),
        )
        .where(Contribution.bank_id == bank.id, Member.account_id == account_id)
        .where(Contribution.without_hours.is_(False), ~stands.exists())
    )


def of_party(bank: Bank, account_id: int) -> tuple[ColumnElement[bool], ...]:
    """The exchanges that an account is a side of."""
    return Exchange.bank_id == bank.id, or_(
        Exchange.giver_id == account_id, Exchange.receiver_id == account_id
    )


def gifts_of(bank: Bank, account_id: int) -> tuple[ColumnElement[bool], ...]:
    """The gifts from or to an account."""
    return Gift.bank_id == bank.id, or_(Gift.from_id == account_id, Gift.to_id == account_id)


def introductions_of(bank: Bank, account_id: int) -> tuple[ColumnElement[bool], ...]:
    """The introductions that an account is a side of."""
    either = or_(Introduction.giver_id == account_id, Introduction.receiver_id == account_id)
    return Introduction.bank_id == bank.id, either


def listings_of(session: Session, bank: Bank, account_id: int) -> list[int]:
    """The ids of everything that an account's holder has offered or asked for."""
    theirs = select(Listing.id).where(Listing.bank_id == bank.id, Listing.account_id == account_id)
    return list(session.execute(theirs).scalars())


def causes(session: Session, bank: Bank, member_id: int, account_id: int) -> list[str]:
    """The causes that notices about what a member did with others go by, to whomever they went.

    Those about sessions are not among them: others have yet to read them, and they name nobody but
    in words of their own.
    """
    grants = or_(Helper.member_id == member_id, Helper.helper_id == member_id)
    talks = or_(Conversation.first_id == member_id, Conversation.second_id == member_id)
    conversations = select(Conversation.id).where(Conversation.bank_id == bank.id, talks)
    written = select(Message.id).where(
        Message.bank_id == bank.id, Message.conversation_id.in_(conversations)
    )
    found = {
        "message": written,
        "report": select(Report.id).where(
            Report.bank_id == bank.id, Report.message_id.in_(written)
        ),
        "exchange": select(Exchange.id).where(*of_party(bank, account_id)),
        "introduction": select(Introduction.id).where(*introductions_of(bank, account_id)),
        "gift": select(Gift.id).where(*gifts_of(bank, account_id)),
        "listing": select(Listing.id).where(
            Listing.bank_id == bank.id, Listing.account_id == account_id
        ),
        "helper": select(Helper.id).where(Helper.bank_id == bank.id, grants),
    }
    return [
        f"{kind}:{one}" for kind, ids in found.items() for one in session.execute(ids).scalars()
    ]


def held(session: Session, bank: Bank, member_id: int, *, now: datetime) -> dict[str, Any]:
    """Everything the bank holds on a member, of plain values only. Raises NotFound.

    Amounts are minutes, instants UTC, days the bank's own. Secrets (password, second factor,
    tokens) are kept in a form that says nothing to anybody, so that only whether they are there is
    told.
    """
    member = members.member(session, bank, member_id)
    found = {
        "bank": bank.name,
        "written_at": now,
        "details": _columns(member, leave_out=("bank_id", "name_key")),
        "may_act_for_you": [
            _help(one, one.helper) for one in members.helpers_of(session, bank, member_id)
        ],
        "you_may_act_for": [
            _help(one, one.member) for one in members.helped_by(session, bank, member_id)
        ],
        "what_suits": _columns(
            members.profile(session, bank, member_id), leave_out=("bank_id", "member_id")
        ),
        "checks": [
            _columns(row, leave_out=("bank_id", "member_id"))
            for row in members.checks(session, bank, member_id)
        ],
        "kept_apart_from": [
            {"name": one.other.name, "since": one.since}
            for one in members.apart(session, bank, member_id)
        ],
        "speaks_for": _contacts(session, bank, member_id),
        "groups": _groups(session, bank, member_id),
        "sign_in": _sign_in(session, bank, member_id),
        "history": [asdict(event) for event in members.history(session, bank, member_id)],
        "how_to_be_told": asdict(members.preference(session, bank, member_id)),
        "messages": _messages(session, bank, member_id),
        "conversations": _conversations(session, bank, member_id),
        "reports_of_messages": _reports(session, bank, member_id),
        "notes_after_calls": _notes(session, bank, member_id),
        "activities": _activities(session, bank, member_id),
        "questions": surveys.held(session, bank, member_id),
        "equality": equality.own(session, bank, member_id),
        "notes_read": [
            {"by": name, "at": at} for name, at in desk.readings(session, bank, member_id)
        ],
    }
    if member.account_id is not None:
        found |= {
            "account": asdict(ledger.account(session, bank, member.account_id)),
            "exchanges": _exchanges(session, bank, member.account_id),
            "offers_and_requests": _listings(session, bank, member.account_id),
            "introductions": _introductions(session, bank, member.account_id),
            "gifts": _gifts(session, bank, member.account_id),
            "statement": _statement(session, bank, member.account_id),
        }
    return _plain(found)


def _help(relation: Help, other: Member) -> dict[str, Any]:
    return {"name": other.name, "relation": relation.relation, "since": relation.grant.granted_at}


def _contacts(session: Session, bank: Bank, member_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Contact).where(Contact.bank_id == bank.id, Contact.member_id == member_id)
    ).scalars()
    names = {one.id: one.name for one in members.speaks_for(session, bank, member_id)}
    return [
        {
            "organisation": names[row.organisation_id],
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
        }
        for row in rows
    ]


def _groups(session: Session, bank: Bank, member_id: int) -> list[dict[str, Any]]:
    """The groups the member is in and was in, from when to when."""
    theirs = (
        select(Group.name, GroupMember.joined_at, GroupMember.left_at)
        .join(
            GroupMember,
            and_(GroupMember.group_id == Group.id, GroupMember.bank_id == Group.bank_id),
        )
        .where(GroupMember.bank_id == bank.id, GroupMember.member_id == member_id)
    )
    return [dict(row._mapping) for row in session.execute(theirs.order_by(GroupMember.id))]


def _sign_in(session: Session, bank: Bank, member_id: int) -> dict[str, Any]:
    return {
        "password": access.has_password(session, bank, member_id),
        "second_factor": access.has_second_factor(session, bank, member_id),
        "tokens": [
            _columns(token, leave_out=("bank_id", "member_id", "token_hash"))
            for token in access.tokens(session, bank, member_id)
        ],
    }


def _messages(session: Session, bank: Bank, member_id: int) -> list[dict[str, Any]]:
    theirs = (
        select(Notice)
        .where(Notice.bank_id == bank.id, Notice.addressee == f"member:{member_id}")
        .order_by(Notice.id)
    )
    kept = ("channel", "address", "subject", "body", "created_at", "sent_at", "failed_at")
    return [
        {name: getattr(row, name) for name in kept} for row in session.execute(theirs).scalars()
    ]


def _conversations(session: Session, bank: Bank, member_id: int) -> list[dict[str, Any]]:
    """Each conversation with the other's name and what the two wrote."""
    theirs = or_(Conversation.first_id == member_id, Conversation.second_id == member_id)
    rows = session.execute(
        select(Conversation)
        .where(Conversation.bank_id == bank.id, theirs)
        .order_by(Conversation.id)
    )
    found: list[dict[str, Any]] = []
    for row in rows.scalars():
        other = members.member(
            session, bank, row.second_id if row.first_id == member_id else row.first_id
        )
        written = (
            select(Message)
            .where(Message.bank_id == bank.id, Message.conversation_id == row.id)
            .order_by(Message.id)
        )
        messages = [
            {
                "from": "you" if one.from_id == member_id else other.name,
                **_columns(one, leave_out=("id", "bank_id", "conversation_id", "from_id")),
            }
            for one in session.execute(written).scalars()
        ]
        about = _columns(row, leave_out=("bank_id", "first_id", "second_id"))
        found.append({"with": other.name, **about, "messages": messages})
    return found


def _reports(session: Session, bank: Bank, member_id: int) -> list[dict[str, Any]]:
    """What the member was bothered by and said so."""
    rows = session.execute(
        select(Report)
        .where(Report.bank_id == bank.id, Report.member_id == member_id)
        .order_by(Report.id)
    )
    return [_columns(row, leave_out=("id", "bank_id", "member_id")) for row in rows.scalars()]


def _notes(session: Session, bank: Bank, member_id: int) -> list[dict[str, Any]]:
    """What brokers noted about the member, the newest first."""
    rows = desk.notes(session, bank, member_id)
    return [
        {**_columns(one.note, leave_out=("id", "bank_id", "member_id", "by")), "by": one.by}
        for one in rows
    ]


def _exchanges(session: Session, bank: Bank, account_id: int) -> list[dict[str, Any]]:
    rows = (
        session.execute(select(Exchange).where(*of_party(bank, account_id)).order_by(Exchange.id))
        .scalars()
        .all()
    )
    others = members.parties(
        session, bank, {side for row in rows for side in (row.giver_id, row.receiver_id)}
    )
    taken = session.execute(
        select(Step)
        .join(Exchange, Exchange.id == Step.exchange_id)
        .where(*of_party(bank, account_id))
        .order_by(Step.id)
    ).scalars()
    steps: dict[int, list[dict[str, Any]]] = {row.id: [] for row in rows}
    for step in taken:
        steps[step.exchange_id].append(_columns(step, leave_out=("id", "bank_id", "exchange_id")))
    return [
        {
            "giver": others[row.giver_id].name,
            "receiver": others[row.receiver_id].name,
            **_columns(row, leave_out=("bank_id", "giver_id", "receiver_id")),
            "steps": steps[row.id],
        }
        for row in rows
    ]


def _activities(session: Session, bank: Bank, member_id: int) -> dict[str, Any]:
    """What the member leads, said they would come to, and took part in."""
    leads = (
        ("resident", Activity.resident_lead_id),
        ("professional", Activity.professional_lead_id),
    )
    led = [
        {"activity": title, "as": side}
        for side, lead in leads
        for title in session.execute(
            select(Activity.title).where(Activity.bank_id == bank.id, lead == member_id)
        ).scalars()
    ]
    there = or_(Contribution.member_id == member_id, Contribution.newcomer_id == member_id)
    left_out = ("id", "bank_id", "session_id", "member_id", "guest_key", "newcomer_id")
    return {
        "you_lead": led,
        "you_meant_to_come_to": _of_sessions(
            session, bank, SignUp, SignUp.member_id == member_id, left_out
        ),
        "you_took_part_in": _of_sessions(session, bank, Contribution, there, left_out),
    }


def _of_sessions(
    session: Session, bank: Bank, table: Any, theirs: ColumnElement[bool], left_out: Iterable[str]
) -> list[dict[str, Any]]:
    """Rows of a table with the title of the activity and the day of the session, in the order of
    the sessions."""
    statement = (
        select(table, ActivitySession, Activity.title)
        .join(
            ActivitySession,
            and_(ActivitySession.bank_id == bank.id, ActivitySession.id == table.session_id),
        )
        .join(
            Activity, and_(Activity.bank_id == bank.id, Activity.id == ActivitySession.activity_id)
        )
        .where(table.bank_id == bank.id, theirs)
        .order_by(ActivitySession.starts_at, table.id)
    )
    return [
        {
            "activity": title,
            "on": activities.held_on(bank, meeting),
            **_columns(row, leave_out=left_out),
        }
        for row, meeting, title in session.execute(statement)
    ]


def _listings(session: Session, bank: Bank, account_id: int) -> list[dict[str, Any]]:
    theirs = skills.shown(session, bank, skills.of_accounts(session, bank, [account_id]))
    return [
        {
            "skill": one.skill.name if one.skill else None,
            "suits": times_in_words(one.listing.times),
            **_columns(
                one.listing, leave_out=("bank_id", "account_id", "skill_id", "times", "changed_at")
            ),
        }
        for one in theirs
    ]


def _introductions(session: Session, bank: Bank, account_id: int) -> list[dict[str, Any]]:
    theirs = (
        select(Introduction).where(*introductions_of(bank, account_id)).order_by(Introduction.id)
    )
    rows = session.execute(theirs).scalars().all()
    others = members.parties(
        session, bank, {side for row in rows for side in (row.giver_id, row.receiver_id)}
    )
    # What the other one said is theirs to tell.
    said = ("giver_says", "receiver_says", "giver_said_by", "receiver_said_by")
    left_out = ("bank_id", "giver_id", "receiver_id", "note", *said)
    return [
        {
            "giver": others[row.giver_id].name,
            "receiver": others[row.receiver_id].name,
            "you_said": row.giver_says if row.giver_id == account_id else row.receiver_says,
            **_columns(row, leave_out=left_out),
        }
        for row in rows
    ]


def _gifts(session: Session, bank: Bank, account_id: int) -> list[dict[str, Any]]:
    rows = (
        session.execute(select(Gift).where(*gifts_of(bank, account_id)).order_by(Gift.id))
        .scalars()
        .all()
    )
    others = members.parties(
        session, bank, {side for row in rows for side in (row.from_id, row.to_id)}
    )
    return [
        {
            "from": others[row.from_id].name,
            "to": others[row.to_id].name,
            **_columns(row, leave_out=("bank_id", "from_id", "to_id")),
        }
        for row in rows
    ]


def _statement(session: Session, bank: Bank, account_id: int) -> list[dict[str, Any]]:
    newest = ledger.account(session, bank, account_id).seq
    return [
        asdict(line)
        for line in reversed(ledger.lines(session, bank, account_id, limit=max(newest, 1)))
    ]


def _columns(row: Base, *, leave_out: Iterable[str]) -> dict[str, Any]:
    return {
        column.key: getattr(row, column.key)
        for column in inspect(type(row)).column_attrs
        if column.key not in leave_out
    }


def _plain(value: Any) -> Any:
    """The same with dates and instants as ISO text."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
