"""What becomes of conversations when one of the two goes, and what a member is given of theirs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.base import columns_of
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.messages.models import Conversation, Message, Reading, Report
from timebank.room import Change, Merging, Rebooked, Trace, Two
from timebank.say import count, say

TRACES = (
    Trace("conversation.first_id", "conversations", stays=True),
    Trace("conversation.second_id", "conversations", stays=True),
    Trace("conversation_reading.by"),
    Trace("message.from_id", "conversations", stays=True),
    Trace("message.by", "conversations", stays=True),
    Trace("message_report.member_id", "reports_of_messages", stays=True),
    Trace("message_report.by", "reports_of_messages", stays=True),
    Trace("message_report.settled_by", "reports_of_messages", stays=True),
)

_BETWEEN_TWO = say("What two members write to each other is theirs, and read by nobody else.")
ARCHIVE = Archive(
    behind=[
        Behind(table, _BETWEEN_TWO)
        for table in ("conversation", "message", "message_report", "conversation_reading")
    ],
    keys={"conversation": "conversation"},
)


def _conversations(bank: Bank, member: Member) -> Select[Any]:
    with_member = or_(Conversation.first_id == member.id, Conversation.second_id == member.id)
    return select(Conversation).where(Conversation.bank_id == bank.id, with_member)


def _written(bank: Bank, member: Member) -> Select[Any]:
    ids = _conversations(bank, member).with_only_columns(Conversation.id)
    return select(Message.id).where(Message.bank_id == bank.id, Message.conversation_id.in_(ids))


def causes(session: Session, bank: Bank, member: Member) -> list[str]:
    """What notices about a member's messages, and reports of them, go by."""
    written = _written(bank, member)
    reports = select(Report.id).where(Report.bank_id == bank.id, Report.message_id.in_(written))
    return [
        *(f"message:{message_id}" for message_id in session.execute(written).scalars()),
        *(f"report:{report_id}" for report_id in session.execute(reports).scalars()),
    ]


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase the words of messages that are too old, and of reports of them that were settled."""
    old = (Message.bank_id == bank.id, Message.sent_at < expired(now, bank.keep_messages))
    session.execute(update(Message).where(*old, Message.words != "").values(words=""))
    of_old = Report.message_id.in_(select(Message.id).where(*old))
    settled = (Report.bank_id == bank.id, Report.settled_at.is_not(None), of_old)
    session.execute(update(Report).where(*settled).values(why="", outcome=""))


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase what was written to, by and about the member. What was reported is settled by it."""
    written = _written(bank, member)
    session.execute(
        update(Message).where(Message.bank_id == bank.id, Message.id.in_(written)).values(words="")
    )
    reports = (Report.bank_id == bank.id, Report.message_id.in_(written))
    settled = {"settled_at": act.now, "settled_by": act.by.key}
    session.execute(update(Report).where(*reports, Report.settled_at.is_(None)).values(**settled))
    session.execute(update(Report).where(*reports).values(why="", outcome=""))
    ids = _conversations(bank, member).with_only_columns(Conversation.id)
    session.execute(
        delete(Reading).where(Reading.bank_id == bank.id, Reading.conversation_id.in_(ids))
    )


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """Each of the member's conversations with the other's name and what the two wrote, and what
    they were bothered by and said so."""
    rows = session.execute(_conversations(bank, member).order_by(Conversation.id)).scalars().all()
    reports = session.execute(
        select(Report)
        .where(Report.bank_id == bank.id, Report.member_id == member.id)
        .order_by(Report.id)
    ).scalars()
    return {
        "conversations": [_conversation(session, bank, row, member) for row in rows],
        "reports_of_messages": [
            columns_of(report, leave_out=("id", "bank_id", "member_id")) for report in reports
        ],
    }


def _conversation(
    session: Session, bank: Bank, conversation: Conversation, member: Member
) -> dict[str, Any]:
    sides = {conversation.first_id, conversation.second_id}
    other = members.member(session, bank, (sides - {member.id}).pop())
    written = (
        select(Message)
        .where(Message.bank_id == bank.id, Message.conversation_id == conversation.id)
        .order_by(Message.id)
    )
    left_out = ("id", "bank_id", "conversation_id", "from_id")
    return {
        "with": other.name,
        **columns_of(conversation, leave_out=("bank_id", "first_id", "second_id")),
        "messages": [
            {
                "from": "you" if message.from_id == member.id else other.name,
                **columns_of(message, leave_out=left_out),
            }
            for message in session.execute(written).scalars()
        ],
    }


def move(
    session: Session, bank: Bank, two: Two, rebooked: Mapping[int, Rebooked], act: Act, why: str
) -> Sequence[Change]:
    """What the one who goes wrote with others is the other's, in the same conversation where the
    other has one about the same already. What the two wrote to each other stays."""
    if two.rows is not None:
        return ()
    goes, stays = two.goes.id, two.stays.id
    changes: list[Change] = []

    def change(row: Any, **values: int) -> None:
        before = {name: getattr(row, name) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        changes.append(Change(row.__tablename__, {"id": row.id}, before, values))

    rows = session.execute(_conversations(bank, two.goes).order_by(Conversation.id)).scalars().all()
    for conversation in rows:
        others_id = (
            conversation.second_id if conversation.first_id == goes else conversation.first_id
        )
        if others_id == stays:
            continue
        of_it = (Message.bank_id == bank.id, Message.conversation_id == conversation.id)
        messages = session.execute(select(Message).where(*of_it).order_by(Message.id))
        written = messages.scalars().all()
        first, second = sorted((stays, others_id))
        same = session.execute(
            select(Conversation.id).where(
                Conversation.bank_id == bank.id,
                Conversation.first_id == first,
                Conversation.second_id == second,
                Conversation.listing_id.is_not_distinct_from(conversation.listing_id),
                Conversation.exchange_id.is_not_distinct_from(conversation.exchange_id),
            )
        ).scalar_one_or_none()
        if same is None:
            change(conversation, first_id=first, second_id=second)
        for message in written:
            if same is not None:
                change(message, conversation_id=same)
            if message.from_id == goes:
                change(message, from_id=stays)
        reports = select(Report).where(
            Report.bank_id == bank.id,
            Report.member_id == goes,
            Report.message_id.in_([message.id for message in written]),
        )
        for report in session.execute(reports).scalars().all():
            change(report, member_id=stays)
    return changes


_BY = "It says who entered, read or settled it."

MERGING = Merging(
    by_hand=(
        *("conversation.first_id", "conversation.second_id", "message.from_id"),
        "message_report.member_id",
    ),
    leaves=dict.fromkeys(
        (
            *("conversation_reading.by", "message.by", "message_report.by"),
            "message_report.settled_by",
        ),
        _BY,
    ),
    move=move,
    counts={"message": lambda n: count("%(n)s message", "%(n)s messages", n)},
)
