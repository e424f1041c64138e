"""Reading conversations, messages and reports, and finding out who would write to whom."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Word
from timebank.banks.models import Bank
from timebank.banks.rules import whom_to_ring
from timebank.base import one_or_refuse, table_of
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.exchanges import queries as exchanges
from timebank.members import circle, meeting
from timebank.members import queries as members
from timebank.members.meeting import Pair
from timebank.members.models import Member
from timebank.members.queries import Party
from timebank.messages import rules
from timebank.messages.errors import CannotWrite, WordNeeded
from timebank.messages.models import Conversation, Message, Reading, Report
from timebank.messages.rules import Words, WrittenWords
from timebank.notices.models import Notice
from timebank.notices.rules import NoticeChannel
from timebank.room import Near
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.models import Listing
from timebank.skills.rules import ListingStatus

_NOT_HERE = say("There is no such conversation here.")


@dataclass(frozen=True)
class Person:
    """One of the two, as the reader may know them."""

    id: int
    name: str | Said


@dataclass(frozen=True)
class Shown:
    """A conversation with its two people, what it is about, its last message, and how many of them
    wait to be read. `unnamed` are those of the two of whom the reader is shown no more than what
    they wrote."""

    conversation: Conversation
    first: Member
    second: Member
    title: str
    last: Message
    unread: int
    unnamed: frozenset[int] = frozenset()

    @property
    def id(self) -> int:
        return self.conversation.id

    @property
    def between(self) -> tuple[Person, Person]:
        return self._person(self.first), self._person(self.second)

    def across(self, member_id: int) -> Member:
        """The other of the two."""
        return self.second if member_id == self.first.id else self.first

    def name(self, member_id: int) -> str | Said:
        """What one of the two is called."""
        return self._person(self.first if member_id == self.first.id else self.second).name

    def _person(self, member: Member) -> Person:
        return Person(member.id, meeting.SOMEBODY if member.id in self.unnamed else member.name)


@dataclass(frozen=True)
class Written:
    """A message with people by their names. `entered_by` is empty where somebody wrote for
    themselves."""

    message: Message
    writer: str | Said
    entered_by: str | Said


@dataclass(frozen=True)
class Pen:
    """Who would write to whom about what. `own`: `writer` is the person acting, or somebody they
    act for."""

    writer: Member
    other: Member
    title: str
    conversation: Conversation | None
    own: bool


@dataclass(frozen=True)
class Reported:
    """A report with the message, who is bothered by it, and who wrote it."""

    report: Report
    message: Message
    reporter: Member
    writer: Member


def speaks_as(session: Session, bank: Bank, actor: Actor) -> set[int]:
    """The ids of the members whose messages this actor reads and writes: themselves, and whom they
    help."""
    accounts = members.parties(session, bank, members.may_act_for(session, bank, actor)).values()
    return {party.member_id for party in accounts if party.member_id is not None}


def conversation(session: Session, bank: Bank, conversation_id: int) -> Conversation:
    """Raises NotFound when the bank has no such conversation."""
    statement = select(Conversation).where(
        Conversation.bank_id == bank.id, Conversation.id == conversation_id
    )
    return one_or_refuse(session, statement, _NOT_HERE)


def conversations(session: Session, bank: Bank, ids: Collection[int]) -> Sequence[Conversation]:
    """These conversations, those of them that are the bank's."""
    of_bank = select(Conversation).where(Conversation.bank_id == bank.id, Conversation.id.in_(ids))
    return session.execute(of_bank).scalars().all()


def message(session: Session, bank: Bank, message_id: int) -> Message:
    """Raises NotFound when the bank has no such message."""
    return one_or_refuse(
        session,
        select(Message).where(Message.bank_id == bank.id, Message.id == message_id),
        say("There is no such message here."),
    )


def show(session: Session, bank: Bank, conversation_id: int, *, by: Actor) -> Shown:
    """One conversation: for the two, those who help them, and, while a report of it is open, the
    staff. Raises NotFound."""
    talk = conversation(session, bank, conversation_id)
    mine = speaks_as(session, bank, by)
    if not mine & {talk.first_id, talk.second_id} and not (
        by.is_broker and is_reported(session, bank, talk.id)
    ):
        raise NotFound(_NOT_HERE)
    return shown(session, bank, [talk], mine, by=by)[0]


def is_reported(session: Session, bank: Bank, conversation_id: int) -> bool:
    """Whether a report of one of its messages waits to be settled."""
    statement = (
        select(Report.id)
        .join(Message, _of_report())
        .where(Message.conversation_id == conversation_id)
    )
    return (
        session.execute(
            statement.where(Report.bank_id == bank.id, Report.settled_at.is_(None)).limit(1)
        ).first()
        is not None
    )


def messages(
    session: Session, bank: Bank, seen: Shown, *, before: int | None = None, limit: int = 50
) -> list[Written]:
    """Up to `limit + 1` messages of a conversation, the newest first, those older than the message
    `before`, with people by the names that the reader may know."""
    statement = select(Message).where(
        Message.bank_id == bank.id, Message.conversation_id == seen.id
    )
    if before is not None:
        statement = statement.where(Message.id < before)
    rows = session.execute(statement.order_by(Message.id.desc()).limit(limit + 1)).scalars().all()
    return [
        replace(one, writer=seen.name(one.message.from_id), entered_by="")
        if one.message.from_id in seen.unnamed
        else one
        for one in written(session, bank, rows)
    ]


def written(session: Session, bank: Bank, rows: Sequence[Message]) -> list[Written]:
    """Messages with people by their names."""
    names = members.who(
        session, bank, [key for row in rows for key in (row.by, f"member:{row.from_id}")]
    )
    return [
        Written(
            row,
            names[f"member:{row.from_id}"],
            "" if row.by == f"member:{row.from_id}" else names.get(row.by, ""),
        )
        for row in rows
    ]


def mine(
    session: Session,
    bank: Bank,
    member_ids: Collection[int],
    *,
    by: Actor,
    before: int | None = None,
    limit: int = 50,
) -> list[Shown]:
    """Up to `limit + 1` conversations of these members, the last written in first: those last
    written in before `before`. `by` is who reads them.

    `before` is the id of a conversation's last message.
    """
    last = _last(bank, member_ids).subquery()
    statement = select(Conversation).join(last, last.c.conversation_id == Conversation.id)
    if before is not None:
        statement = statement.where(last.c.last_id < before)
    rows = (
        session.execute(statement.order_by(last.c.last_id.desc()).limit(limit + 1)).scalars().all()
    )
    return shown(session, bank, rows, member_ids, by=by)


def unread(session: Session, bank: Bank, member_ids: Collection[int], *, by: Actor) -> list[Shown]:
    """The conversations in which something waits for one of these members to read it, the last
    written in first. `by` is who reads them."""
    waiting = (_for(bank, member_ids), Message.read_at.is_(None))
    last = _last(bank, member_ids).where(*waiting).subquery()
    statement = (
        select(Conversation)
        .join(last, last.c.conversation_id == Conversation.id)
        .order_by(last.c.last_id.desc())
    )
    return shown(session, bank, session.execute(statement).scalars().all(), member_ids, by=by)


def unread_count(session: Session, bank: Bank, actor: Actor) -> int:
    """How many messages wait to be read by this actor, for themselves or for whom they help: the
    members of `speaks_as`, found in the same question."""
    member_ids = members.and_whom_they_help(bank, actor.member_id)
    statement = select(func.count()).select_from(Message).join(Conversation, _of_message())
    return session.execute(
        statement.where(
            Message.bank_id == bank.id, Message.read_at.is_(None), _for(bank, member_ids)
        )
    ).scalar_one()


def awaited(
    session: Session, bank: Bank, member_ids: Collection[int]
) -> dict[int, tuple[int, datetime]]:
    """How many messages wait for each of these members to read them, and when the latest was
    sent."""
    pair = (Conversation.first_id, Conversation.second_id, Message.from_id)
    statement = select(*pair, func.count(), func.max(Message.sent_at)).join(
        Conversation, _of_message()
    )
    statement = statement.where(
        Message.bank_id == bank.id, Message.read_at.is_(None), _for(bank, member_ids)
    )
    by_reader: dict[int, tuple[int, datetime]] = {}
    for first_id, second_id, from_id, number, latest in session.execute(statement.group_by(*pair)):
        reader = second_id if from_id == first_id else first_id
        before, earlier = by_reader.get(reader, (0, latest))
        by_reader[reader] = (before + number, max(latest, earlier))
    return by_reader


def shown(
    session: Session,
    bank: Bank,
    rows: Sequence[Conversation],
    member_ids: Collection[int],
    *,
    by: Actor,
) -> list[Shown]:
    """Conversations as `by` sees them, counting as unread what waits for one of these members."""
    ids = [row.id for row in rows]
    people = members.by_ids(
        session, bank, {one for row in rows for one in (row.first_id, row.second_id)}
    )
    newest = select(func.max(Message.id)).where(
        Message.bank_id == bank.id, Message.conversation_id.in_(ids)
    )
    newest = newest.group_by(Message.conversation_id)
    last = {
        row.conversation_id: row
        for row in session.execute(select(Message).where(Message.id.in_(newest))).scalars()
    }
    waiting = select(Message.conversation_id, func.count()).join(Conversation, _of_message())
    waiting = waiting.where(
        Message.bank_id == bank.id, Message.conversation_id.in_(ids), Message.read_at.is_(None)
    )
    counts = {
        row[0]: row[1]
        for row in session.execute(
            waiting.where(_for(bank, member_ids)).group_by(Message.conversation_id)
        )
    }
    titles = _titles(session, bank, rows)
    unnamed = meeting.hidden_people(session, bank, by)
    return [
        Shown(
            row,
            people[row.first_id],
            people[row.second_id],
            titles[row.id],
            last[row.id],
            counts.get(row.id, 0),
            unnamed & {row.first_id, row.second_id},
        )
        for row in rows
    ]


def told_through(
    session: Session, bank: Bank, conversation_id: int, *, to: Member
) -> set[NoticeChannel]:
    """The channels by which this member was told of messages here that they have still to read."""
    waiting = select(Message.id).where(
        Message.bank_id == bank.id,
        Message.conversation_id == conversation_id,
        Message.from_id != to.id,
        Message.read_at.is_(None),
    )
    causes = [f"message:{one}" for one in session.execute(waiting).scalars()]
    of_reader = (
        Notice.bank_id == bank.id,
        Notice.addressee == f"member:{to.id}",
        Notice.cause.in_(causes),
    )
    return set(
        session.execute(
            select(Notice.channel).where(*of_reader, Notice.failed_at.is_(None))
        ).scalars()
    )


def written_since(session: Session, bank: Bank, member_id: int, since: datetime) -> int:
    """How many messages a member has written since then."""
    by_member = (Message.bank_id == bank.id, Message.from_id == member_id, Message.sent_at > since)
    return session.execute(select(func.count()).select_from(Message).where(*by_member)).scalar_one()


def was_passed_on(session: Session, bank: Bank, message: Message, *, to: int) -> bool:
    """Whether brokers were to ring that member about a message, and so know its words."""
    about_message = (
        Notice.bank_id == bank.id,
        Notice.addressee == f"member:{to}",
        Notice.cause == f"message:{message.id}",
    )
    return (
        session.execute(
            select(Notice.id).where(*about_message, Notice.channel == NoticeChannel.CALL)
        ).first()
        is not None
    )


def passed_on(
    session: Session, bank: Bank, *, since: datetime, limit: int = 50
) -> list[tuple[Notice, Message]]:
    """Messages that brokers are to pass on, or have passed on since then, with the notice, the
    newest first.

    They have been told the words, and may be asked to write down an answer.
    """
    to_ring = (
        Notice.bank_id == bank.id,
        Notice.channel == NoticeChannel.CALL,
        Notice.created_at > since,
        Notice.cause.startswith("message:"),
    )
    rows = (
        session.execute(select(Notice).where(*to_ring).order_by(Notice.id.desc()).limit(limit))
        .scalars()
        .all()
    )
    ids = {int(row.cause.partition(":")[2]): row for row in rows}
    rung_about = session.execute(
        select(Message).where(Message.bank_id == bank.id, Message.id.in_(ids))
    ).scalars()
    return [(ids[one.id], one) for one in sorted(rung_about, key=lambda one: -one.id)]


# ---- Reports ----


def report(session: Session, bank: Bank, report_id: int) -> Report:
    """Raises NotFound when the bank has no such report."""
    return one_or_refuse(
        session,
        select(Report).where(Report.bank_id == bank.id, Report.id == report_id),
        say("There is no such report here."),
    )


def reported(session: Session, bank: Bank, reports: Sequence[Report]) -> list[Reported]:
    """The reports with their messages and people."""
    complained_of = session.execute(
        select(Message).where(
            Message.bank_id == bank.id, Message.id.in_({one.message_id for one in reports})
        )
    ).scalars()
    about = {one.id: one for one in complained_of}
    people = members.by_ids(
        session, bank, {one.member_id for one in reports} | {one.from_id for one in about.values()}
    )
    return [
        Reported(
            one, about[one.message_id], people[one.member_id], people[about[one.message_id].from_id]
        )
        for one in reports
    ]


def reports_to_settle(
    session: Session,
    bank: Bank,
    *,
    unless_by: int | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[Reported]:
    """What somebody is bothered by and no broker has settled, the oldest first; nothing that member
    `unless_by` wrote. With a `limit` up to `limit + 1`, those later than the report `after`."""
    statement = _reports(bank, Report.settled_at.is_(None), unless_by=unless_by).order_by(Report.id)
    if after is not None:
        statement = statement.where(Report.id > after)
    if limit is not None:
        statement = statement.limit(limit + 1)
    return reported(session, bank, session.execute(statement).scalars().all())


def number_to_settle(session: Session, bank: Bank, *, unless_by: int | None = None) -> int:
    """How many of them there are."""
    statement = _reports(bank, Report.settled_at.is_(None), unless_by=unless_by)
    return session.execute(statement.with_only_columns(func.count())).scalar_one()


def settled_reports(
    session: Session,
    bank: Bank,
    *,
    unless_by: int | None = None,
    before: int | None = None,
    limit: int = 20,
) -> list[Reported]:
    """Up to `limit + 1` reports that were settled, the newest first, those older than the report
    `before`."""
    statement = _reports(bank, Report.settled_at.is_not(None), unless_by=unless_by).order_by(
        Report.id.desc()
    )
    if before is not None:
        statement = statement.where(Report.id < before)
    return reported(session, bank, session.execute(statement.limit(limit + 1)).scalars().all())


def readings(
    session: Session, bank: Bank, conversation_id: int, *, to: Collection[int]
) -> list[tuple[str | Said, datetime]]:
    """Who of the staff has read a conversation, and when, in order; `to` are those of the two who
    ask, none for the staff.

    Who was reported learns of it only when the report is settled, who reported at once.
    """
    own = select(Report.id).join(Message, _of_report())
    own = own.where(
        Report.bank_id == bank.id,
        Message.conversation_id == conversation_id,
        Report.member_id.in_(to),
    )
    if (
        to
        and is_reported(session, bank, conversation_id)
        and session.execute(own.limit(1)).first() is None
    ):
        return []
    of_conversation = select(Reading).where(
        Reading.bank_id == bank.id, Reading.conversation_id == conversation_id
    )
    rows = session.execute(of_conversation.order_by(Reading.id)).scalars().all()
    names = members.who(session, bank, [row.by for row in rows])
    return [(names.get(row.by, members.ITSELF), row.at) for row in rows]


def _reports(bank: Bank, *wanted: ColumnElement[bool], unless_by: int | None) -> Select[Report]:
    statement = select(Report).join(Message, _of_report()).where(Report.bank_id == bank.id, *wanted)
    return statement if unless_by is None else statement.where(Message.from_id != unless_by)


def reportable(session: Session, bank: Bank, message: Message, *, by: Actor) -> Shown:
    """The conversation of a message that `by` may report: written to them or to whom they help, or
    theirs to pass on.

    Raises NotFound; NotAllowed for one's own message.
    """
    talk = conversation(session, bank, message.conversation_id)
    bothered = talk.second_id if message.from_id == talk.first_id else talk.first_id
    mine = speaks_as(session, bank, by)
    if bothered not in mine and message.from_id in mine:
        raise NotAllowed(say("You wrote this yourself, or it was written for somebody you help."))
    # A broker knows only of what they were to pass on: nobody opens a conversation by reporting
    # what they have never seen.
    if bothered not in mine and not (
        by.is_broker and was_passed_on(session, bank, message, to=bothered)
    ):
        raise NotFound(say("There is no such message here."))
    return shown(session, bank, [talk], mine, by=by)[0]


# ---- Who would write to whom ----


def about_listing(
    session: Session,
    bank: Bank,
    listing_id: int,
    *,
    by: Actor,
    on_word_of: int | None = None,
    on: date,
) -> Pen:
    """Who would write about an offer or a request, and to whom: its holder, or one who speaks for
    its holder.

    `on_word_of` is the account of whoever writes, unless they do it themselves; `on` the bank's
    date. Raises NotFound; CannotWrite for one's own, for one that stands no more, unless the two
    are in conversation about it, and for a holder for whom no member speaks; NotAllowed for
    somebody else's word.
    """
    listing = skills.listing(session, bank, listing_id)
    if meeting.hides(session, bank, listing.account_id, by=by):
        raise NotFound(say("There is no such offer or request here."))
    writer, own = _writer(session, bank, by, on_word_of)
    holder = members.party(session, bank, listing.account_id)
    if holder.member_id == writer.id:
        raise CannotWrite(say("This is the same person’s own, and nobody writes to themselves."))
    others = _spoken_for(session, bank, holder, unless=writer)
    going = _going_on(session, bank, writer, others, Conversation.listing_id == listing_id)
    if going is None and (listing.status != ListingStatus.OPEN or listing.ends_on < on):
        raise CannotWrite(
            say("This stands in the directory no more, so nobody can be written to about it.")
        )
    other = _other_of(going, others)
    return Pen(writer, other, listing.title, going, own)


def about_exchange(
    session: Session, bank: Bank, exchange_id: int, *, by: Actor, on_word_of: int | None = None
) -> Pen:
    """Who would write about an exchange, and to whom: from one of its sides to the other. As
    `about_listing` otherwise."""
    exchange = exchanges.show(session, bank, exchange_id, by=by)
    sides = (exchange.giver, exchange.receiver)
    if on_word_of is None:
        on_word_of = _meant(session, bank, by, sides)
    writer, own = _writer(session, bank, by, on_word_of)
    at = next(
        (
            place
            for place, side in enumerate(sides)
            if writer.id in members.speakers(session, bank, side)
        ),
        None,
    )
    if at is None:
        raise NotFound(say("That is neither of the two whose exchange this is."))
    others = _spoken_for(session, bank, sides[1 - at], unless=writer)
    going = _going_on(session, bank, writer, others, Conversation.exchange_id == exchange_id)
    return Pen(writer, _other_of(going, others), exchange.exchange.title, going, own)


def to_neighbour(
    session: Session, bank: Bank, member_id: int, *, by: Actor, on_word_of: int | None = None
) -> Pen:
    """Who would write to somebody whose page says that neighbours may. Its title is empty.

    Raises NotFound for whom the reader is shown no page of; CannotWrite where neighbours may not
    write, unless the two are in conversation already, and for oneself.
    """
    other, showing = circle.page_of(session, bank, member_id, by)
    writer, own = _writer(session, bank, by, on_word_of)
    if other.id == writer.id:
        raise CannotWrite(say("This is the same person’s own, and nobody writes to themselves."))
    going = about_neither(session, bank, writer, other)
    if going is None and not showing.write:
        raise CannotWrite(
            say(
                "%(name)s is written to about something: what they offer or ask for, or help"
                " between you.",
                name=other.name.split()[0],
            )
        )
    return Pen(writer, other, "", going, own)


def about_neither(
    session: Session, bank: Bank, writer: Member, other: Member
) -> Conversation | None:
    """What two have to say to each other about nothing that is listed or agreed."""
    neither = and_(Conversation.listing_id.is_(None), Conversation.exchange_id.is_(None))
    return _going_on(session, bank, writer, [other], neither)


def begun_since(session: Session, bank: Bank, member_id: int, since: datetime) -> int:
    """To how many neighbours a member was the first to write, about nothing that is listed or
    agreed."""
    first = (
        select(func.min(Message.id).label("id"))
        .join(Conversation, _of_message())
        .where(
            Message.bank_id == bank.id,
            Conversation.listing_id.is_(None),
            Conversation.exchange_id.is_(None),
            Conversation.begun_at >= since,
            or_(Conversation.first_id == member_id, Conversation.second_id == member_id),
        )
        .group_by(Message.conversation_id)
    )
    statement = select(func.count()).where(
        Message.bank_id == bank.id, Message.id.in_(first), Message.from_id == member_id
    )
    return session.execute(statement).scalar_one()


def has_answered(session: Session, bank: Bank, conversation_id: int, member_id: int) -> bool:
    """Whether this one of the two has written anything."""
    statement = select(Message.id).where(
        Message.bank_id == bank.id,
        Message.conversation_id == conversation_id,
        Message.from_id == member_id,
    )
    return session.execute(statement.limit(1)).first() is not None


def answering(
    session: Session, bank: Bank, conversation_id: int, *, by: Actor, on_word_of: int | None = None
) -> Pen:
    """Who would write in a conversation, and to whom. Raises NotFound for those whose it is not,
    WordNeeded."""
    talk = conversation(session, bank, conversation_id)
    two = {talk.first_id, talk.second_id}
    mine = speaks_as(session, bank, by) & two
    if not mine and not by.is_broker:
        raise NotFound(_NOT_HERE)
    if on_word_of is not None:
        writer, own = _writer(session, bank, by, on_word_of)
        if writer.id not in two:
            raise NotFound(say("That is neither of the two whose conversation this is."))
    else:
        writer, own = members.member(session, bank, _one_of(mine, by)), True
    seen = shown(session, bank, [talk], mine, by=by)[0]
    return Pen(writer, seen.across(writer.id), seen.title, talk, own)


def apart(session: Session, bank: Bank, pen: Pen) -> Sequence[Pair]:
    """Who is kept apart from whom of the two, and of those who act for either."""
    two = (pen.writer.account_id or 0, pen.other.account_id or 0)
    return meeting.between(session, bank, {*two}).get(two, [])


def hindrance(session: Session, bank: Bank, seen: Shown, *, by: Actor) -> Said | None:
    """What keeps `by` from writing on in a conversation; None when nothing does."""
    pen = answering(session, bank, seen.id, by=by)
    # The staff may go on where two are kept apart, and are asked why when they do.
    kept_apart = not by.is_broker and bool(apart(session, bank, pen))
    ring = whom_to_ring(bank.contact_name)
    try:
        rules.check_between(pen.writer.status, pen.other.status, apart=kept_apart, ring=ring)
        if not seen.title:
            answered = has_answered(session, bank, seen.id, pen.other.id)
            rules.check_answered(waits=not answered, name=pen.other.name)
    except CannotWrite as refusal:
        return refusal.message
    return None


def _one_of(mine: Collection[int], by: Actor) -> int:
    if by.member_id is not None and by.member_id in mine:
        return by.member_id
    if len(mine) != 1:
        words = say("Say on whose word you write this.")
        raise WordNeeded(words, fields={"on_word_of": words})
    return next(iter(mine))


def _writer(session: Session, bank: Bank, by: Actor, on_word_of: int | None) -> tuple[Member, bool]:
    """Whoever's words they are, and whether `by` is them or acts for them."""
    if on_word_of is None:
        return members.member(session, bank, by.member_id or 0), True
    party = members.party(session, bank, on_word_of)
    own = on_word_of in members.may_act_for(session, bank, by)
    if not own and not by.is_broker:
        raise NotAllowed(
            say(
                "Those would be somebody else’s words. Only they, those who help them, and brokers"
                " may write them."
            )
        )
    if party.member_id is None:
        words = say("Organisations write through the people who speak for them. Say who it is.")
        raise Invalid.on("on_word_of", words)
    return members.member(session, bank, party.member_id), own


def _meant(session: Session, bank: Bank, by: Actor, sides: Iterable[Party]) -> int | None:
    """The account of whom `by` speaks for in an exchange, having not said so; None: for
    themselves."""
    if any(by.member_id in members.speakers(session, bank, side) for side in sides):
        return None
    acting = members.may_act_for(session, bank, by)
    helped = [side.account_id for side in sides if side.account_id in acting]
    if len(helped) != 1:
        words = say("Say on whose word you write this.")
        raise WordNeeded(words, fields={"on_word_of": words})
    return helped[0]


def _spoken_for(session: Session, bank: Bank, party: Party, *, unless: Member) -> list[Member]:
    """Who could be written to for a party, the one to begin with first: of several, one who may be
    written to."""
    speakers = members.speakers(session, bank, party)
    people = members.by_ids(session, bank, speakers)
    apart = meeting.between(
        session, bank, {one.account_id or 0 for one in (unless, *people.values())}
    )
    writers = [people[one] for one in speakers if one in people and one != unless.id]
    if not writers:
        raise CannotWrite(
            say(
                "No member speaks for %(name)s, so nobody can be written to. Ask your broker to"
                " pass it on.",
                name=party.name,
            )
        )
    return sorted(
        writers,
        key=lambda one: (unless.account_id, one.account_id) in apart or one.status != "active",
    )


def _going_on(
    session: Session,
    bank: Bank,
    writer: Member,
    others: Iterable[Member],
    about: ColumnElement[bool],
) -> Conversation | None:
    ids = [one.id for one in others]
    between = or_(
        and_(Conversation.first_id == writer.id, Conversation.second_id.in_(ids)),
        and_(Conversation.second_id == writer.id, Conversation.first_id.in_(ids)),
    )
    statement = (
        select(Conversation)
        .where(Conversation.bank_id == bank.id, about, between)
        .order_by(Conversation.id)
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none()


def _other_of(going: Conversation | None, others: Sequence[Member]) -> Member:
    if going is None:
        return others[0]
    return next(one for one in others if one.id in (going.first_id, going.second_id))


def _titles(session: Session, bank: Bank, rows: Iterable[Conversation]) -> dict[int, str]:
    """What each conversation is about, by its id; empty where it is about neither a listing nor an
    exchange."""
    rows = list(rows)
    listings = select(Listing.id, Listing.title).where(
        Listing.bank_id == bank.id,
        Listing.id.in_({row.listing_id for row in rows if row.listing_id is not None}),
    )
    of_listings = {row.id: row.title for row in session.execute(listings)}
    of_exchanges = exchanges.titles(
        session, bank, {row.exchange_id for row in rows if row.exchange_id is not None}
    )
    return {
        row.id: (
            of_listings[row.listing_id]
            if row.listing_id is not None
            else of_exchanges[row.exchange_id]
            if row.exchange_id is not None
            else ""
        )
        for row in rows
    }


def _last(bank: Bank, member_ids: Collection[int]) -> Select[int, int]:
    """The last message of each conversation of these members, as `conversation_id` and
    `last_id`."""
    statement = select(Message.conversation_id, func.max(Message.id).label("last_id")).join(
        Conversation, _of_message()
    )
    either = or_(Conversation.first_id.in_(member_ids), Conversation.second_id.in_(member_ids))
    return statement.where(Message.bank_id == bank.id, either).group_by(Message.conversation_id)


def _for(bank: Bank, member_ids: Collection[int] | Select[int]) -> ColumnElement[bool]:
    """Whether a message is for one of these members to read, and from nobody they are kept apart
    from: what such a one wrote stays where it is, and nobody is called to it."""
    columns = table_of(Conversation).c
    return and_(
        or_(
            and_(Conversation.first_id.in_(member_ids), Message.from_id == Conversation.second_id),
            and_(Conversation.second_id.in_(member_ids), Message.from_id == Conversation.first_id),
        ),
        ~meeting.members_apart(bank, columns.first_id, columns.second_id),
    )


def _of_message() -> ColumnElement[bool]:
    return and_(Conversation.bank_id == Message.bank_id, Conversation.id == Message.conversation_id)


def _of_report() -> ColumnElement[bool]:
    return and_(Message.bank_id == Report.bank_id, Message.id == Report.message_id)


def knows(bank: Bank, near: Near) -> Select[Any]:
    """Those with whom one has a conversation."""
    talked = (
        select(Member.account_id.label("account_id"), Conversation.begun_at.label("at"))
        .join(Conversation, and_(Conversation.bank_id == Member.bank_id, there == Member.id))
        .where(Member.bank_id == bank.id, here.in_(near.members), Member.account_id.is_not(None))
        for there, here in (
            (Conversation.first_id, Conversation.second_id),
            (Conversation.second_id, Conversation.first_id),
        )
    )
    return select(union_all(*talked).subquery())


# ---- What a form means ----


def as_told(session: Session, bank: Bank, written: WrittenWords, act: Act) -> tuple[Words, Act]:
    """What is said on a form, and the act on the word of whoever says it. Raises Invalid for a name
    that means nobody or several."""
    word = Word(written.channel, written.on_word_of, despite=written.despite)
    if act.by.is_broker and written.teller:
        teller = members.member_named(
            session, bank, written.teller, field="teller", within=members.EVERYBODY
        )
        word = replace(word, on_word_of=teller.account_id)
    elif written.on_word_of in (None, act.by.account_id):
        word = Word(despite=written.despite)
    return Words(written.words), replace(act, word=word)
