"""What becomes of activities when somebody goes who leads them, comes to them or pays for them, and
what a member is given of theirs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.activities import queries, service, signing
from timebank.activities.models import (
    Activity,
    ActivitySession,
    Contribution,
    Quote,
    SessionPosting,
    SignUp,
)
from timebank.activities.rules import SignUpStatus
from timebank.archive import SECRET, Archive, Behind
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import FORMER
from timebank.notices.rules import part_to_look_for, renamed
from timebank.room import Carry, Change, Merging, Rebooked, Trace, Two
from timebank.say import Said, count, say

TRACES = (
    Trace("activity.payer_id", stays=True),
    Trace("activity.resident_lead_id", "activities"),
    Trace("activity.professional_lead_id", "activities"),
    Trace("activity.by", stays=True),
    Trace("activity_session.registered_by", stays=True),
    Trace("contribution.member_id", "activities", stays=True),
    Trace("contribution.newcomer_id", "activities"),
    Trace("contribution.by", "activities", stays=True),
    Trace("outcome.by", stays=True),
    Trace("photo.by", stays=True),
    Trace("quote.said_by"),
    Trace("quote.by", stays=True),
    Trace("session_posting.by", stays=True),
    Trace("session_posting.undone_by", stays=True),
    Trace("sign_up.member_id", "activities"),
    Trace("sign_up.by", "activities", stays=True),
    Trace("sponsorship.by", stays=True),
)

ARCHIVE = Archive(
    keeps=(
        *("activity", "outcome", "activity_session", "sign_up", "contribution", "sponsorship"),
        *("session_posting", "photo", "quote"),
    ),
    behind=[Behind("activity_session.door_key", SECRET, instead=service.new_door_key)],
    keys={"activity": "activity", "session": "activity_session"},
)

_LEADS = {"resident": "resident_lead_id", "professional": "professional_lead_id"}


def unposted(session: Session, bank: Bank, account_id: int) -> int:
    """How many sessions have yet to be posted with hours of this account's holder, which would not
    move if they went."""
    stands = select(SessionPosting.id).where(
        SessionPosting.bank_id == bank.id,
        SessionPosting.session_id == Contribution.session_id,
        SessionPosting.undone_at.is_(None),
    )
    there = and_(Member.bank_id == Contribution.bank_id, Member.id == Contribution.member_id)
    statement = (
        select(func.count(Contribution.session_id.distinct()))
        .join(Member, there)
        .where(Contribution.bank_id == bank.id, Member.account_id == account_id)
        .where(Contribution.without_hours.is_(False), ~stands.exists())
    )
    return session.execute(statement).scalar_one()


def wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """An organisation that is no partner any more sponsors nothing more."""
    organisation_id = members.party(session, bank, account_id).organisation_id
    if organisation_id is None:
        return
    for agreement in queries.sponsorships(session, bank, organisation_id):
        if agreement.ended_at is None:
            service.end_sponsorship(session, bank, agreement.id, act)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """The member means to come to nothing more and leads nothing more, no guest has their name, and
    whoever waits for a place of theirs has it.

    What they took part in stays counted.
    """
    to_come = queries.to_come(session, bank, member.id, since=act.now)
    session.execute(delete(SignUp).where(SignUp.bank_id == bank.id, SignUp.member_id == member.id))
    # Who came as a newcomer, and was taken in only after the hours were posted, stands there as a
    # guest.
    as_newcomer = (Contribution.bank_id == bank.id, Contribution.newcomer_id == member.id)
    for row in session.execute(select(Contribution).where(*as_newcomer)).scalars():
        row.guest, row.newcomer_id = f"Guest {row.id}", None
    # So does whoever was written down at the door by the name of the member they belong to.
    part = part_to_look_for(member.name)
    named = (Contribution.bank_id == bank.id, Contribution.guest.icontains(part, autoescape=True))
    for row in session.execute(select(Contribution).where(*named)).scalars():
        if row.guest and renamed(row.guest, member.name, FORMER) != row.guest:
            row.guest = f"Guest {row.id}"
    for lead in _LEADS.values():
        led = (Activity.bank_id == bank.id, getattr(Activity, lead) == member.id)
        session.execute(update(Activity).where(*led).values({lead: None}))
    for meeting, _ in to_come:
        service.hold(session, bank, meeting.row.id)
        signing.fill(session, bank, meeting.row.id, now=act.now)


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """What the member leads, said they would come to, and took part in."""
    led = [
        {"activity": title, "as": side}
        for side, lead in _LEADS.items()
        for title in session.execute(
            select(Activity.title).where(
                Activity.bank_id == bank.id, getattr(Activity, lead) == member.id
            )
        ).scalars()
    ]
    there = or_(Contribution.member_id == member.id, Contribution.newcomer_id == member.id)
    return {
        "activities": {
            "you_lead": led,
            "you_meant_to_come_to": _of_sessions(
                session, bank, SignUp, SignUp.member_id == member.id
            ),
            "you_took_part_in": _of_sessions(session, bank, Contribution, there),
            "you_are_quoted": _quoted(session, bank, member.name),
            "guests_by_your_name": _guests(session, bank, member.name),
        }
    }


def _quoted(session: Session, bank: Bank, name: str) -> list[dict[str, Any]]:
    """What is quoted as theirs, or names them, of each activity."""
    part = part_to_look_for(name)
    activity = and_(Activity.bank_id == bank.id, Activity.id == Quote.activity_id)
    statement = (
        select(Quote.words, Quote.said_by, Activity.title)
        .join(Activity, activity)
        .where(Quote.bank_id == bank.id)
        .where(
            or_(
                Quote.words.icontains(part, autoescape=True),
                Quote.said_by.icontains(part, autoescape=True),
            )
        )
        .order_by(Quote.id)
    )
    return [
        {"activity": row.title, "words": row.words, "said_by": row.said_by}
        for row in session.execute(statement)
        if any(renamed(text or "", name, "") != (text or "") for text in (row.words, row.said_by))
    ]


def _guests(session: Session, bank: Bank, name: str) -> list[str]:
    """Who was written down at the door by their name."""
    named = Contribution.guest.icontains(part_to_look_for(name), autoescape=True)
    guests = select(Contribution.guest).where(Contribution.bank_id == bank.id, named)
    return [
        guest
        for guest in session.execute(guests.order_by(Contribution.id)).scalars()
        if guest and renamed(guest, name, "") != guest
    ]


_LEFT_OUT = ("id", "bank_id", "session_id", "member_id", "guest_key", "newcomer_id")


def _of_sessions(
    session: Session, bank: Bank, table: Any, theirs: ColumnElement[bool]
) -> list[dict[str, Any]]:
    """Rows of a table with the title of the activity and the day of the session, in the order of
    the sessions."""
    meeting = and_(ActivitySession.bank_id == bank.id, ActivitySession.id == table.session_id)
    activity = and_(Activity.bank_id == bank.id, Activity.id == ActivitySession.activity_id)
    statement = (
        select(table, ActivitySession, Activity.title)
        .join(ActivitySession, meeting)
        .join(Activity, activity)
        .where(table.bank_id == bank.id, theirs)
        .order_by(ActivitySession.starts_at, table.id)
    )
    return [
        {
            "activity": title,
            "on": queries.held_on(bank, held),
            **columns_of(row, leave_out=_LEFT_OUT),
        }
        for row, held, title in session.execute(statement)
    ]


def refuses(session: Session, bank: Bank, two: Two, act: Act) -> Iterable[Said]:
    """Nobody is twice in a register, nor on a list of who comes."""
    for table, words in (
        (
            Contribution,
            lambda title, day: say(
                "Both stand in the register of “%(title)s” on %(day)s. Take one of them out of it"
                " first, if they are one person.",
                title=title,
                day=day,
            ),
        ),
        (
            SignUp,
            lambda title, day: say(
                "Both mean to come to “%(title)s” on %(day)s. Take one of them off the list first.",
                title=title,
                day=day,
            ),
        ),
    ):
        both = [
            select(table.session_id).where(table.bank_id == bank.id, table.member_id == member.id)
            for member in (two.goes, two.stays)
        ]
        if table is SignUp:
            both = [each.where(SignUp.status != SignUpStatus.WITHDRAWN) for each in both]
        same = ActivitySession.id.in_(both[0]) & ActivitySession.id.in_(both[1])
        if table is SignUp:
            same = same & (ActivitySession.starts_at > act.now)
        for meeting in queries.meetings(session, bank, same):
            yield words(meeting.activity.title, queries.held_on(bank, meeting.row))


def entries(session: Session, bank: Bank, two: Two) -> Collection[int]:
    """The entries of the sessions in whose registers they stand, and of those for which their
    account pays."""
    standing = [posting.entry_id for posting in _postings(session, bank, two)]
    return {entry_id for entry_id in standing if entry_id is not None}


def _postings(session: Session, bank: Bank, two: Two) -> Sequence[SessionPosting]:
    """The postings that stand and close the registers that they stand in."""
    there = _registered(two, bank)
    sessions = select(Contribution.session_id).where(*there)
    paid = select(ActivitySession.id).join(
        Activity,
        and_(
            Activity.bank_id == ActivitySession.bank_id, Activity.id == ActivitySession.activity_id
        ),
    )
    paid = paid.where(Activity.bank_id == bank.id, Activity.payer_id == two.goes.account_id)
    ids = two.of("activity")
    if ids is not None:
        paid = paid.where(Activity.id.in_(ids))
    statement = select(SessionPosting).where(
        SessionPosting.bank_id == bank.id,
        SessionPosting.undone_at.is_(None),
        or_(SessionPosting.session_id.in_(sessions), SessionPosting.session_id.in_(paid)),
    )
    return session.execute(statement.order_by(SessionPosting.id)).scalars().all()


def _registered(two: Two, bank: Bank) -> tuple[ColumnElement[bool], ...]:
    there = (Contribution.bank_id == bank.id, Contribution.member_id == two.goes.id)
    ids = two.of("contribution")
    return there if ids is None else (*there, Contribution.id.in_(ids))


def move(
    session: Session, bank: Bank, two: Two, rebooked: Mapping[int, Rebooked], act: Act, why: str
) -> Sequence[Change]:
    """Registers are closed while their hours stand: the posting is taken back as its entry was,
    the register changed, and the entry that was posted again stands for it. Of a register whose
    hours could not be rebooked nothing is changed."""
    open_again: list[tuple[SessionPosting, int | None]] = []
    closed: set[int] = set()
    for posting in _postings(session, bank, two):
        done = rebooked.get(posting.entry_id or 0)
        if posting.entry_id is not None and done is None:
            closed.add(posting.session_id)
            continue
        posting.reversal_id = done.reversal_id if done else None
        posting.undone_by, posting.undone_at, posting.why_undone = act.by.key, act.now, why
        open_again.append((posting, done.again_id if done else None))
    session.flush()
    changes: list[Change] = []
    before, after = {"member_id": two.goes.id}, {"member_id": two.stays.id}
    rows = session.execute(select(Contribution).where(*_registered(two, bank)))
    for row in rows.scalars().all():
        if row.session_id not in closed:
            row.member_id = two.stays.id
            changes.append(Change("contribution", {"id": row.id}, before, after))
    session.flush()
    for posting, entry_id in open_again:
        session.add(
            SessionPosting(
                bank_id=bank.id,
                session_id=posting.session_id,
                n=len(queries.postings(session, bank, posting.session_id)) + 1,
                rule=posting.rule,
                entry_id=entry_id,
                sponsorship_id=posting.sponsorship_id,
                sponsored=posting.sponsored,
                by=act.by.key,
                at=act.now,
            )
        )
        session.flush()
    return changes


_BY = "It says who wrote it down or did it."

MERGING = Merging(
    carries=(
        Carry("activity.payer_id"),
        Carry(
            "activity.resident_lead_id",
            lambda n: count("%(n)s activity that they lead", "%(n)s activities that they lead", n),
        ),
        Carry("activity.professional_lead_id"),
        Carry("contribution.newcomer_id"),
        Carry(
            "sign_up.member_id",
            lambda n: count(
                "%(n)s session that they mean to come to",
                "%(n)s sessions that they mean to come to",
                n,
            ),
            once=("session_id",),
        ),
    ),
    by_hand=("contribution.member_id",),
    leaves={
        **dict.fromkeys(
            (
                *("activity.by", "activity_session.registered_by", "contribution.by"),
                *("outcome.by", "photo.by", "quote.by", "session_posting.by", "sign_up.by"),
                *("session_posting.undone_by", "sponsorship.by"),
            ),
            _BY,
        ),
        "quote.said_by": "It is a name, as they wished it to be written.",
    },
    refuses=refuses,
    entries=entries,
    move=move,
    counts={
        "contribution": lambda n: count(
            "%(n)s line in the registers of sessions",
            "%(n)s lines in the registers of sessions",
            n,
        )
    },
)
