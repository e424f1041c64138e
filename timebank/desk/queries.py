"""Reading what is noted about people, what waits for one of them, and what slips mean."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import Some, one_or_refuse, some_of_each
from timebank.clock import local_date
from timebank.desk.models import CallNote, CallTry, NoteReading
from timebank.errors import NotFound
from timebank.exchanges import queries as exchanges
from timebank.exchanges.queries import Shown
from timebank.ledger import queries as ledger
from timebank.matching import queries as matching
from timebank.matching.models import Introduction
from timebank.members import queries as members
from timebank.members.models import Member, Profile
from timebank.members.queries import TAKING_PART
from timebank.notices import queries as notices
from timebank.notices.models import Notice
from timebank.notices.rules import BY_HAND, NoticeChannel, on_paper
from timebank.replies import queries as replies
from timebank.replies.errors import NothingToAnswer
from timebank.room import Question, Reply
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.models import Listing

# ---- Notes after a call ----


@dataclass(frozen=True)
class Noted:
    """A note with who wrote it, and the title of the request that it, or its introduction, is
    about; empty for neither."""

    note: CallNote
    by: str | Said
    about: str


def note(session: Session, bank: Bank, note_id: int) -> CallNote:
    """Raises NotFound when the bank has no such note."""
    return one_or_refuse(
        session,
        select(CallNote).where(CallNote.bank_id == bank.id, CallNote.id == note_id),
        say("There is no such note here."),
    )


def notes(
    session: Session,
    bank: Bank,
    member_id: int,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> list[Noted]:
    """What is noted about a member, the newest first, those older than the note `before`. For the
    staff and the member."""
    of_member = _NOTES.where(CallNote.bank_id == bank.id, CallNote.member_id == member_id)
    if before is not None:
        of_member = of_member.where(CallNote.id < before)
    return [
        _noted(*row) for row in session.execute(of_member.order_by(CallNote.id.desc()).limit(limit))
    ]


def noted(session: Session, bank: Bank, note: CallNote) -> Noted:
    """A note with name and title."""
    this_note = _NOTES.where(CallNote.bank_id == bank.id, CallNote.id == note.id)
    return _noted(*session.execute(this_note).one())


# A note, who wrote it, and the title of the request that it is about.
_NOTES = (
    select(CallNote, members.name_of(CallNote.bank_id, CallNote.by), Listing.title)
    .outerjoin(
        Introduction,
        and_(Introduction.bank_id == CallNote.bank_id, Introduction.id == CallNote.introduction_id),
    )
    .outerjoin(
        Listing,
        and_(
            Listing.bank_id == CallNote.bank_id,
            Listing.id == func.coalesce(CallNote.request_id, Introduction.request_id),
        ),
    )
)


def _noted(note: CallNote, name: str | None, title: str | None) -> Noted:
    return Noted(note, members.spoken(note.by, name), title or "")


@dataclass(frozen=True)
class Again:
    """Somebody whom a broker wanted to ring again. What the note says is read on the page about
    them, which is recorded."""

    member: Member
    noted: Noted


def ring_again(
    session: Session, bank: Bank, *wanted: ColumnElement[bool], on: date, limit: int
) -> Some[Again]:
    """Whom somebody wanted to ring by that day and did not yet, who has waited longest first.
    `wanted` are more conditions on `Member`."""
    of_whom = and_(Member.bank_id == CallNote.bank_id, Member.id == CallNote.member_id)
    there = select(Member.id).where(Member.bank_id == bank.id, *wanted)
    due = (CallNote.next_on <= on, CallNote.done_at.is_(None), CallNote.member_id.in_(there))
    calls_due = some_of_each(
        session,
        _NOTES.add_columns(Member).join(Member, of_whom),
        {"due": and_(CallNote.bank_id == bank.id, *due)},
        key=CallNote.id,
        order=(CallNote.next_on, CallNote.id),
        limit=limit,
    )["due"]
    return Some(
        [Again(member, _noted(*note)) for *note, member in calls_due.shown], calls_due.total
    )


@dataclass(frozen=True)
class About:
    """What a note is going to be about: a request by its title, or an introduction, by that of its
    request."""

    title: str
    request_id: int | None
    introduction_id: int | None


def about(
    session: Session, bank: Bank, request_id: int | None, introduction_id: int | None
) -> About | None:
    """None when it is about neither. Raises NotFound for what is not in the bank."""
    if introduction_id is not None:
        request_id_of = matching.introduction(session, bank, introduction_id).request_id
        return About(skills.listing(session, bank, request_id_of).title, None, introduction_id)
    if request_id is not None:
        return About(skills.listing(session, bank, request_id).title, request_id, None)
    return None


def due(session: Session, bank: Bank, member_id: int, *, on: date) -> Sequence[CallNote]:
    """The notes about a member that ask for a call by that day, which was not made."""
    of_member = (CallNote.bank_id == bank.id, CallNote.member_id == member_id)
    statement = select(CallNote).where(
        *of_member, CallNote.next_on <= on, CallNote.done_at.is_(None)
    )
    return session.execute(statement).scalars().all()


def readings(session: Session, bank: Bank, member_id: int) -> list[tuple[str | Said, datetime]]:
    """Who of the staff read what is noted about a member, and when, the latest first."""
    of_member = (NoteReading.bank_id == bank.id, NoteReading.member_id == member_id)
    rows = session.execute(
        select(NoteReading.by, NoteReading.at).where(*of_member).order_by(NoteReading.id.desc())
    ).all()
    return _named(session, bank, [(row.by, row.at) for row in rows])


def _named(
    session: Session, bank: Bank, rows: Sequence[tuple[str, datetime]]
) -> list[tuple[str | Said, datetime]]:
    names = members.who(session, bank, {by for by, _ in rows})
    return [(names.get(by, members.ITSELF), at) for by, at in rows]


def last_spoken(
    session: Session, bank: Bank, member_ids: Collection[int | None]
) -> dict[int | None, date]:
    """The day on which something was last noted of a call with each of these members; who was never
    spoken to is left out."""
    of_these = (CallNote.bank_id == bank.id, CallNote.member_id.in_([*filter(None, member_ids)]))
    rows = session.execute(
        select(CallNote.member_id, func.max(CallNote.at))
        .where(*of_these)
        .group_by(CallNote.member_id)
    )
    return {member_id: local_date(at, bank.timezone) for member_id, at in rows}


# ---- Calls that nobody answered ----


@dataclass(frozen=True)
class Tried:
    """How often somebody was rung in vain since they were last spoken to, and when last."""

    times: int
    last: datetime


def tried(session: Session, bank: Bank, *, since: datetime) -> dict[int, Tried]:
    """Whom nobody has reached since that instant though they were rung, by their ids."""
    open_ = (CallTry.bank_id == bank.id, CallTry.done_at.is_(None), CallTry.at >= since)
    rows = session.execute(select(CallTry.member_id, CallTry.at).where(*open_).order_by(CallTry.id))
    instants: dict[int, list[datetime]] = {}
    for member_id, at in rows:
        instants.setdefault(member_id, []).append(at)
    return {member_id: Tried(len(at), at[-1]) for member_id, at in instants.items()}


@dataclass(frozen=True)
class Rung:
    """A call of one of the staff that nobody answered."""

    name: str
    member_id: int
    at: datetime
    try_id: int


def rung(session: Session, bank: Bank, by: str, *, since: datetime) -> list[Rung]:
    """Whom somebody rang in vain since that instant."""
    tries = select(Member.name, Member.id, CallTry.at, CallTry.id).join(
        Member, and_(Member.bank_id == CallTry.bank_id, Member.id == CallTry.member_id)
    )
    mine = (CallTry.bank_id == bank.id, CallTry.by == by, CallTry.at >= since)
    return [Rung(*row) for row in session.execute(tries.where(*mine, CallTry.done_at.is_(None)))]


def passed_on(session: Session, bank: Bank, by: str, *, since: datetime) -> Sequence[Notice]:
    """What somebody told others by a call or on paper since that instant."""
    mine = (Notice.bank_id == bank.id, Notice.told_by == by, Notice.sent_at >= since)
    return session.execute(select(Notice).where(*mine)).scalars().all()


def try_of(session: Session, bank: Bank, try_id: int) -> CallTry:
    """Raises NotFound when the bank has no such call."""
    return one_or_refuse(
        session,
        select(CallTry).where(CallTry.bank_id == bank.id, CallTry.id == try_id),
        say("There is no such call here."),
    )


def calls_tried(session: Session, bank: Bank, member_id: int) -> list[tuple[str | Said, datetime]]:
    """Who of the staff rang a member in vain, and when, the latest first."""
    of_member = (CallTry.bank_id == bank.id, CallTry.member_id == member_id)
    rows = session.execute(
        select(CallTry.by, CallTry.at).where(*of_member).order_by(CallTry.id.desc())
    ).all()
    return _named(session, bank, [(row.by, row.at) for row in rows])


# ---- One person ----


@dataclass(frozen=True)
class Person:
    """A member as a broker who has them on the phone needs them, and what waits for them. `balance`
    is in minutes."""

    member: Member
    balance: int
    profile: Profile
    listings: Sequence[skills.Shown]
    introductions: Sequence[matching.Seen]
    waiting: Sequence[Shown]
    in_progress: Sequence[Shown]
    to_tell: Sequence[Notice]


def taking_part(session: Session, bank: Bank, member_id: int) -> Member:
    """Raises NotFound for who is no member, not yet or not any more."""
    member = members.member(session, bank, member_id)
    if member.status not in TAKING_PART:
        raise NotFound(say("They do not take part in the time bank, so there is nothing to note."))
    return member


def person(session: Session, bank: Bank, member_id: int) -> Person:
    """Raises NotFound for who does not take part."""
    member = taking_part(session, bank, member_id)
    account_id = member.account_id or 0
    listings = [
        one for one in skills.of_accounts(session, bank, [account_id]) if one.status == "open"
    ]
    return Person(
        member=member,
        balance=ledger.balance(session, bank, account_id),
        profile=members.profile(session, bank, member.id),
        listings=skills.shown(session, bank, listings),
        introductions=matching.introductions(
            session, bank, account_ids=[account_id], under_way=True
        ),
        waiting=exchanges.waiting_for(session, bank, [account_id], by=None),
        in_progress=exchanges.in_progress(session, bank, [account_id], by=None),
        to_tell=notices.to_tell(session, bank, _TOLD_AT_ONCE, addressees=[f"member:{member.id}"]),
    )


_TOLD_AT_ONCE = 20


# ---- What is asked of somebody who is told ----

Questions = Callable[[str], Question]
"""How a question is found by its kind."""


@dataclass(frozen=True)
class AskedOf:
    """What a notice asks of a member whom the staff have on the phone: about which thing, the
    replies that go for them, and what has become of it, None while it waits."""

    notice: Notice
    member: Member
    about: int
    label: Said
    replies: Mapping[str, Reply]
    become: Said | None


def asked_by(
    session: Session, bank: Bank, notice_id: int, questions: Questions, *, now: datetime
) -> AskedOf:
    """What that notice asks, as it stands for its addressee. Raises NoSuchNotice; NothingToAnswer
    where it asks nothing that the staff may write down."""
    notice = notices.notice(session, bank, notice_id)
    member_id = next(iter(member_ids([notice.addressee])), None)
    question = questions(notice.asks) if notice.asks else None
    if notice.channel not in BY_HAND or notice.sent_at is not None:
        raise NothingToAnswer(say("They were told of that already."))
    if question is None or not question.by_word or notice.about is None or member_id is None:
        raise NothingToAnswer(say("That asks nothing. Say that they were told of it."))
    member = taking_part(session, bank, member_id)
    theirs_to_say = replies.act_of(session, bank, member.id, now)
    asked = replies.as_it_stands(session, bank, question, notice.about, theirs_to_say)
    if asked is None or asked.account_id != member.account_id:
        raise NothingToAnswer(say("There is nothing left for them to answer here."))
    allowed = {word: reply for word, reply in question.replies.items() if word not in asked.barred}
    return AskedOf(notice, member, notice.about, question.label, allowed, asked.become)


# ---- What is to be told on paper ----


@dataclass(frozen=True)
class Letter:
    """Everything that one person is to be told on paper, and the lines of their postal address."""

    name: str
    address: Sequence[str]
    notices: Sequence[Notice]

    @property
    def language(self) -> str:
        """That of what was written last."""
        return self.notices[-1].language

    @property
    def greeting(self) -> Said:
        return say("Dear %(name)s,", name=self.name)

    @property
    def told(self) -> list[tuple[str, str]]:
        """What is said, as subjects and words."""
        return [(notice.subject, on_paper(notice.body)) for notice in self.notices]


def letters(session: Session, bank: Bank, *, limit: int) -> Some[Letter]:
    """The letters to post: one for each of up to `limit` people, who has waited longest first, and
    how many there are.

    They go where the person lives now, or else where they lived when the notice was written.
    """
    address = members.detail_of("address", Notice.bank_id, Notice.addressee)
    to_tell = notices.to_tell_by_person(session, bank, limit, NoticeChannel.LETTER, address)
    letters_to_post: list[Letter] = []
    for key, of_one in to_tell.by_person.items():
        lines = (to_tell.reached[key] or of_one[-1].address or "").splitlines()
        letters_to_post.append(
            Letter(of_one[-1].name, [line for line in lines if line.strip()], of_one)
        )
    return Some(letters_to_post, to_tell.people[NoticeChannel.LETTER])


@dataclass(frozen=True)
class ToPassOn:
    """A notice that waits to be passed on, or was, and where its addressee is reached, if it is a
    member."""

    notice: Notice
    member_id: int | None
    phone: str | None
    address: str | None


def to_pass_on(session: Session, bank: Bank, rows: Sequence[Notice]) -> list[ToPassOn]:
    """The notices with where their addressees are reached now."""
    people = addressees(session, bank, [row.addressee for row in rows])
    reached = [(row, people.get(row.addressee)) for row in rows]
    return [
        ToPassOn(
            row,
            who.id if who else None,
            who.phone if who else None,
            (who.address if who else None) or row.address,
        )
        for row, who in reached
    ]


def addressees(session: Session, bank: Bank, keys: Iterable[str]) -> dict[str, Member]:
    """The members among the addressees of notices, by their keys."""
    people = members.by_ids(session, bank, member_ids(keys))
    return {f"member:{member.id}": member for member in people.values()}


def member_ids(keys: Iterable[str]) -> set[int]:
    """The ids of the members among these keys."""
    parts = [key.partition(":") for key in keys]
    return {int(number) for kind, _, number in parts if kind == "member"}
