"""Writing, reporting, settling: one function per use case. The caller commits.

`now` is UTC and `by` whoever does it. Every function raises NotFound for what is not in the bank or
not `by`'s to know of.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.rules import whom_to_ring
from timebank.base import insert_of
from timebank.clock import local_date
from timebank.errors import NotAllowed, NotFound
from timebank.exchanges import steps
from timebank.members import acts, helping, meeting
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import require_broker
from timebank.messages import queries, rules
from timebank.messages.errors import ReportedAlready, SettledAlready
from timebank.messages.models import Conversation, Message, Reading, Report
from timebank.messages.queries import Pen
from timebank.messages.rules import Complaint, Outcome, Words
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say

# ---- Writing ----


def write_about_listing(
    session: Session, bank: Bank, listing_id: int, message: Words, act: Act
) -> Message:
    """Write to whoever offers or asks for something; the conversation begins if there is none.

    The act's word is whose words they are, where `by` writes for somebody else, and how they came.
    Raises Invalid for words that cannot be; CannotWrite,
    TooManyMessages, WordNeeded, NotAllowed.
    """
    words = _tidy(message)
    pen = queries.about_listing(
        session,
        bank,
        listing_id,
        by=act.by,
        on_word_of=act.word.on_word_of,
        on=local_date(act.now, bank.timezone),
    )
    return _write(session, bank, pen, words, {"listing_id": listing_id}, act)


def write_about_exchange(
    session: Session, bank: Bank, exchange_id: int, message: Words, act: Act
) -> Message:
    """Write to the other side of an exchange. As `write_about_listing` otherwise."""
    words = _tidy(message)
    pen = queries.about_exchange(
        session, bank, exchange_id, by=act.by, on_word_of=act.word.on_word_of
    )
    return _write(session, bank, pen, words, {"exchange_id": exchange_id}, act)


def write_to_neighbour(
    session: Session, bank: Bank, member_id: int, message: Words, act: Act
) -> Message:
    """Write to somebody whose page says that neighbours may, about nothing that is listed or
    agreed. Until they answer there is one message; and a few such neighbours a day. As
    `write_about_listing` otherwise."""
    words = _tidy(message)
    pen = queries.to_neighbour(session, bank, member_id, by=act.by, on_word_of=act.word.on_word_of)
    return _write(session, bank, pen, words, {}, act)


def answer(session: Session, bank: Bank, conversation_id: int, message: Words, act: Act) -> Message:
    """Write on in a conversation; what the other wrote before counts as read. As
    `write_about_listing` otherwise."""
    words = _tidy(message)
    pen = queries.answering(
        session, bank, conversation_id, by=act.by, on_word_of=act.word.on_word_of
    )
    return _write(session, bank, pen, words, {}, act)


def mark_read(session: Session, bank: Bank, conversation_id: int, act: Act) -> None:
    """Take down that `by` has read what waited for them, or for whom they help."""
    conversation = queries.conversation(session, bank, conversation_id)
    mine = queries.speaks_as(session, bank, act.by) & {
        conversation.first_id,
        conversation.second_id,
    }
    if not mine:
        raise NotFound(say("There is no such conversation here."))
    for member_id in mine:
        _mark_read(session, bank, conversation, member_id, act.now)


def record_reading(session: Session, bank: Bank, conversation_id: int, act: Act) -> None:
    """Take down that one of the staff reads a conversation that was reported."""
    conversation = queries.show(session, bank, conversation_id, by=act.by)
    session.add(
        Reading(bank_id=bank.id, conversation_id=conversation.id, by=act.by.key, at=act.now)
    )
    session.flush()


def _tidy(message: Words) -> str:
    return rules.tidy("words", message.words, required=say("Write what you would like to say."))


def _write(
    session: Session, bank: Bank, pen: Pen, words: str, about: dict[str, int], act: Act
) -> Message:
    rules.check_channel(act.word.channel, own=pen.own, is_broker=act.by.is_broker)
    # Two messages of one member come one after the other, so that none slips past the count.
    session.execute(
        select(Member.id).where(Member.id == pen.writer.id).with_for_update(key_share=True)
    )
    apart = queries.apart(session, bank, pen)
    rules.check_between(
        pen.writer.status,
        pen.other.status,
        apart=bool(apart) and not act.by.is_broker,
        ring=whom_to_ring(bank.contact_name),
    )
    if apart:
        meeting.insist_of(session, bank, apart, act)
    rules.check_pace(
        queries.written_since(session, bank, pen.writer.id, act.now - timedelta(hours=1))
    )
    if pen.title == "":
        _check_neighbourly(session, bank, pen, act.now)
    conversation = pen.conversation or _begin(session, bank, pen, about, act.now)
    meeting.record(session, bank, apart, act, what=f"conversation:{conversation.id}")
    _mark_read(session, bank, conversation, pen.writer.id, act.now)
    news = rules.is_news(queries.told_through(session, bank, conversation.id, to=pen.other))
    message = Message(
        bank_id=bank.id,
        conversation_id=conversation.id,
        from_id=pen.writer.id,
        by=act.by.key,
        channel=act.word.channel,
        words=words,
        sent_at=act.now,
    )
    session.add(message)
    session.flush()
    if news:
        _tell(session, bank, pen, message, act.now)
    return message


def _check_neighbourly(session: Session, bank: Bank, pen: Pen, now: datetime) -> None:
    """Of what is about nothing in particular: nobody is written to twice before they answer, nor
    many by one."""
    # Looked for again, since somebody may have pressed twice.
    conversation = queries.about_neither(session, bank, pen.writer, pen.other)
    if conversation is None:
        begun = queries.begun_since(session, bank, pen.writer.id, now - timedelta(days=1))
        rules.check_strangers(begun)
    else:
        waits = not queries.has_answered(session, bank, conversation.id, pen.other.id)
        rules.check_answered(waits=waits, name=pen.other.name)


def _begin(
    session: Session, bank: Bank, pen: Pen, about: dict[str, int], now: datetime
) -> Conversation:
    """The conversation, whichever of two that begin it at once is faster."""
    first_id, second_id = sorted((pen.writer.id, pen.other.id))
    two = {"bank_id": bank.id, "listing_id": None, "exchange_id": None, **about}
    two |= {"first_id": first_id, "second_id": second_id}
    session.execute(
        insert_of(session)(Conversation).values(**two, begun_at=now).on_conflict_do_nothing()
    )
    return session.execute(select(Conversation).filter_by(**two)).scalar_one()


def _tell(session: Session, bank: Bank, pen: Pen, message: Message, now: datetime) -> None:
    about = {"name": pen.writer.name, "title": pen.title}
    subject, opening = (
        (
            say("%(name)s has written to you: %(title)s", **about),
            say("%(name)s writes, about “%(title)s”:", **about),
        )
        if pen.title
        else (
            say("%(name)s has written to you", name=pen.writer.name),
            say("%(name)s writes:", name=pen.writer.name),
        )
    )
    letter = Letter(
        subject,
        [
            opening,
            message.words,
            say(
                "Answer on the page “Messages”, or through your broker. Nobody is shown your"
                " address or number."
            ),
        ],
        rules.ANSWER,
    )
    about_id = message.conversation_id
    notice = NewNotice(letter, cause=f"message:{message.id}", about=about_id, to_helpers=True)
    acts.tell(session, bank, pen.other.id, notice, now=now)


def _mark_read(
    session: Session, bank: Bank, conversation: Conversation, member_id: int, now: datetime
) -> None:
    to_member = (
        Message.bank_id == bank.id,
        Message.conversation_id == conversation.id,
        Message.from_id != member_id,
    )
    session.execute(
        update(Message).where(*to_member, Message.read_at.is_(None)).values(read_at=now)
    )


# ---- Being bothered ----


def report(session: Session, bank: Bank, message_id: int, complaint: Complaint, act: Act) -> Report:
    """Tell the brokers that a message bothers whom it was written to; if they wish, neither can
    write to the other any more.

    For them, those who help them, and brokers to whom it fell to pass it on. Its writer learns
    nothing of it. Raises Invalid; NotAllowed for one's own message; ReportedAlready.
    """
    reason = rules.tidy("why", complaint.why)
    message = queries.message(session, bank, message_id)
    seen = queries.reportable(session, bank, message, by=act.by)
    bothered = seen.across(message.from_id).id
    made = session.execute(
        insert_of(session)(Report)
        .values(
            bank_id=bank.id,
            message_id=message.id,
            member_id=bothered,
            by=act.by.key,
            why=reason,
            outcome="",
            at=act.now,
        )
        .on_conflict_do_nothing()
        .returning(Report.id)
    ).scalar_one_or_none()
    if made is None:
        raise ReportedAlready(say("This message was reported already. The brokers know of it."))
    if complaint.apart:
        _keep_apart(session, bank, bothered, message.from_id, act)
    letter = Letter(
        say("A message was reported"),
        say("Somebody is bothered by a message. What it says is on the page “Reports”."),
        rules.SETTLE,
    )
    cause = f"report:{made}"
    steps.tell_brokers(session, bank, letter, act, cause=cause, about=made, but=message.from_id)
    return queries.report(session, bank, made)


def settle(session: Session, bank: Bank, report_id: int, outcome: Outcome, act: Act) -> Report:
    """A broker says what came of a report; whoever made it is told, and the two are kept apart from
    now on if it says so.

    Raises NotAllowed for who is no broker or one of the two; Invalid; SettledAlready.
    """
    require_broker(act.by)
    outcome_words = rules.tidy(
        "outcome",
        outcome.outcome,
        required=say("Write what came of it, for whoever reported it to read."),
    )
    report = queries.report(session, bank, report_id)
    session.refresh(report, with_for_update=True)
    message = queries.message(session, bank, report.message_id)
    if act.by.member_id in (report.member_id, message.from_id):
        raise NotAllowed(say("You are one of the two. Another broker has to settle this."))
    if report.settled_at is not None:
        raise SettledAlready(
            say("Another broker has settled this already. Look at what they wrote.")
        )
    report.settled_at, report.settled_by, report.outcome = act.now, act.by.key, outcome_words
    session.flush()
    if outcome.apart:
        _keep_apart(session, bank, report.member_id, message.from_id, act)
    outcome_told = Letter(
        say("What came of the message you reported"),
        [
            say(
                "You reported a message. %(name)s has looked into it, and writes:",
                name=act.by.name,
            ),
            outcome_words,
        ],
    )
    notice = NewNotice(outcome_told, cause=f"report:{report.id}:settled")
    acts.tell(session, bank, report.member_id, notice, now=act.now)
    return report


def keep_apart(session: Session, bank: Bank, conversation_id: int, act: Act) -> None:
    """Have `by`, or whom they help, kept apart from the other of the two, who is told nothing.

    A second time changes nothing.
    """
    pen = queries.answering(session, bank, conversation_id, by=act.by)
    _keep_apart(session, bank, pen.writer.id, pen.other.id, act)


def _keep_apart(session: Session, bank: Bank, member_id: int, other_id: int, act: Act) -> None:
    if all(one.other.id != other_id for one in members.apart(session, bank, member_id)):
        helping.keep_apart(session, bank, member_id, other_id, act)
