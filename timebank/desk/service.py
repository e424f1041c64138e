"""Noting what came of a call, and entering what comes to the desk on paper. The caller commits.

`now` is UTC and `by` whoever does it. What has to do with notes is a broker's: everybody else gets
NotAllowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act, Channel
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.desk import queries, rules
from timebank.desk.errors import SlipEntered
from timebank.desk.models import CallNote, CallTry, NoteReading
from timebank.desk.queries import Questions
from timebank.desk.rules import NewNote, Slip
from timebank.errors import Invalid, NotAllowed, Refusal
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import NewLog, Side
from timebank.ledger import queries as ledger
from timebank.matching import queries as matching
from timebank.members import queries as members
from timebank.members.errors import WhoIsMeant
from timebank.members.queries import Party
from timebank.members.rules import require_broker
from timebank.notices import service as notices_service
from timebank.replies.rules import Given
from timebank.room import Written
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.rules import ListingKind

# ---- Notes after a call ----


def note_call(session: Session, bank: Bank, member_id: int, new: NewNote, act: Act) -> CallNote:
    """Note what came of a call with a member, and the day to ring again, if any.

    A call to them that was due by today counts as made. What it was about may be anybody's request
    or introduction: a possible helper is rung about somebody else's. Raises NotFound for who does
    not take part and for what is not in the bank, Invalid.
    """
    require_broker(act.by)
    one_at_a_time(session, bank)
    member = queries.taking_part(session, bank, member_id)
    today = local_date(act.now, bank.timezone)
    words = rules.check_note(new, today=today)
    request_id, introduction_id = new.request_id, new.introduction_id
    if (
        request_id is not None
        and skills.listing(session, bank, request_id).kind != ListingKind.REQUEST
    ):
        wrong = say("That is an offer. A note is about a request, an introduction, or neither.")
        raise Invalid.on("request", wrong)
    if introduction_id is not None:
        matching.introduction(session, bank, introduction_id)
    for earlier in queries.due(session, bank, member.id, on=today):
        earlier.done_at = act.now
    spoken_to(session, bank, member.id, act)
    note = CallNote(
        bank_id=bank.id,
        member_id=member.id,
        words=words,
        by=act.by.key,
        at=act.now,
        next_on=new.next_on,
        request_id=request_id,
        introduction_id=introduction_id,
    )
    session.add(note)
    session.flush()
    return note


def done(session: Session, bank: Bank, note_id: int, act: Act) -> CallNote:
    """The call that a note asked for was made, or is not needed any more. A second time changes
    nothing. Raises NotFound."""
    require_broker(act.by)
    note = queries.note(session, bank, note_id)
    note.done_at = note.done_at or act.now
    session.flush()
    return note


def record_reading(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Take down that `by` reads what is noted about a member."""
    require_broker(act.by)
    session.add(NoteReading(bank_id=bank.id, member_id=member_id, by=act.by.key, at=act.now))
    session.flush()


# ---- Calls that nobody answers, and answers on the phone ----


def no_answer(session: Session, bank: Bank, member_id: int, act: Act) -> CallTry:
    """Take down that a member was rung and nobody answered: they are rung again tomorrow. Raises
    NotFound for who does not take part."""
    require_broker(act.by)
    member = queries.taking_part(session, bank, member_id)
    call = CallTry(bank_id=bank.id, member_id=member.id, by=act.by.key, at=act.now)
    session.add(call)
    session.flush()
    return call


def take_back_try(session: Session, bank: Bank, try_id: int, act: Act) -> CallTry:
    """Somebody did answer after all: the call is wiped out, by whoever wrote it down. Raises
    NotFound, NotAllowed."""
    require_broker(act.by)
    call = queries.try_of(session, bank, try_id)
    if call.by != act.by.key:
        raise NotAllowed(say("Only the one who wrote a call down may take it back."))
    session.delete(call)
    session.flush()
    return call


def spoken_to(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Somebody has been reached: the calls that they did not answer are over."""
    open_ = (
        CallTry.bank_id == bank.id,
        CallTry.member_id == member_id,
        CallTry.done_at.is_(None),
    )
    session.execute(update(CallTry).where(*open_).values(done_at=act.now))


@dataclass(frozen=True)
class Answered:
    """What came of an answer on the phone: whose it was, what they said, and what has become of the
    question where it had been settled before; then nothing was done."""

    name: str
    said: Said | None = None
    become: Said | None = None


def answer_told(
    session: Session, bank: Bank, notice_id: int, given: Given, questions: Questions, act: Act
) -> Answered:
    """Take down what somebody said when they were told what a notice says, on their word, by phone:
    the use case of that answer is done, and the notice is told.

    Raises NoSuchNotice, NothingToAnswer; Invalid for an answer that is none of the question's; and
    what the use case raises.
    """
    require_broker(act.by)
    asked = queries.asked_by(session, bank, notice_id, questions, now=act.now)
    notices_service.mark_told(session, bank, notice_id, by=act.by, now=act.now)
    spoken_to(session, bank, asked.member.id, act)
    if asked.become is not None:
        return Answered(asked.member.name, become=asked.become)
    reply = asked.replies.get(given.reply)
    if reply is None:
        raise Invalid.on("reply", say("Choose one of the answers."))
    written = Written(given.note if reply.words else "", given.minutes if reply.minutes else None)
    word = replace(act.word, channel=Channel.PHONE, on_word_of=asked.member.account_id)
    reply.give(session, bank, asked.about, replace(act, word=word), written)
    return Answered(asked.member.name, said=reply.label)


# ---- Slips ----


@dataclass(frozen=True)
class Entered:
    """What came of a slip of a stack: who was found to be meant and the exchange it became, or why
    it was refused."""

    giver: Party | None = None
    receiver: Party | None = None
    exchange_id: int | None = None
    refusal: Refusal | None = None


def enter_slips(session: Session, bank: Bank, slips: Sequence[Slip], act: Act) -> list[Entered]:
    """Enter the slips of a stack in order, each as `enter_slip` takes it, and say of each what came
    of it.

    A slip that is refused leaves nothing behind and takes nothing from the others.
    """
    return _enter_all(session, bank, slips, act)


def _enter_all(
    session: Session, bank: Bank, slips: Sequence[Slip], act: Act, *, near: bool = False
) -> list[Entered]:
    _hold_all(session, bank, slips)
    entries: list[Entered] = []
    numbered: dict[str, Slip] = {}
    for slip in slips:
        try:
            number = " ".join(slip.slip.split())
            if number and numbered.setdefault(number, slip) is not slip:
                raise _twice_on_sheet(number, numbered[number])
            with session.begin_nested():
                seen = enter_slip(session, bank, slip, act, near=near)
            entries.append(Entered(seen.giver, seen.receiver, seen.exchange.id))
        except Refusal as refusal:
            entries.append(Entered(refusal=refusal))
    return entries


def check_slips(session: Session, bank: Bank, slips: Sequence[Slip], act: Act) -> list[Entered]:
    """What would come of entering them: they are entered, one after another, and all of it is
    undone. Whose name alone begins as it is written is taken to be meant, for it is written out
    then and looked at."""
    trial = session.begin_nested()
    try:
        return _enter_all(session, bank, slips, act, near=True)
    finally:
        trial.rollback()


def _hold_all(session: Session, bank: Bank, slips: Sequence[Slip]) -> None:
    """Lock everybody's account at once, in the order in which postings lock them, so that nobody
    waits in a ring."""
    names = {name for slip in slips for name in (slip.giver, slip.receiver)}
    meant = [members.candidates(session, bank, name, within=members.EVERYBODY) for name in names]
    ledger.accounts(
        session, bank, [found[0].account_id for found in meant if len(found) == 1], hold=True
    )


def enter_slip(session: Session, bank: Bank, slip: Slip, act: Act, *, near: bool = False) -> Shown:
    """Enter a signed slip as it is written: who is meant is found out (see `members.named`), and
    what is in the books already is noticed.

    Raises WhoIsMeant, SlipEntered, EnteredAlready; Invalid, SameParty, CannotTakePart and PastFloor
    as exchanges do.
    """
    everybody = members.EVERYBODY
    gave = members.named(session, bank, slip.giver, field=Side.GIVER, within=everybody, near=near)
    received = members.named(
        session, bank, slip.receiver, field=Side.RECEIVER, within=everybody, near=near
    )
    if gave.account_id == received.account_id:
        raise WhoIsMeant(
            say("Giver and receiver are the same. Look at the slip again."), field="receiver"
        )
    rules.check_slip_number(bank.slip_numbers, slip.slip)
    _check_number(session, bank, slip.slip)
    new = NewLog(
        giver_id=gave.account_id,
        receiver_id=received.account_id,
        occurred_on=slip.occurred_on,
        minutes=slip.minutes,
        title=slip.title,
        another=slip.another,
    )
    return exchanges_service.enter_slip(session, bank, new, act, slip=slip.slip or None)


def _check_number(session: Session, bank: Bank, number: str) -> None:
    entered = exchanges.by_slip(session, bank, number) if number else None
    if entered is not None:
        seen = exchanges.shown(session, bank, [entered])[0]
        on = local_date(entered.logged_at or entered.proposed_at, bank.timezone)
        raise SlipEntered(
            say(
                "Slip %(slip)s was entered on %(on)s: %(giver)s helped %(receiver)s, %(time)s."
                " Check the number on the paper.",
                slip=number,
                on=on,
                giver=seen.giver.name,
                receiver=seen.receiver.name,
                time=hours.words(seen.exchange.minutes or 0),
            )
        )


def _twice_on_sheet(number: str, first: Slip) -> SlipEntered:
    return SlipEntered(
        say(
            "Slip %(slip)s stands on this sheet twice, first with %(giver)s and %(receiver)s. Look"
            " at the two papers.",
            slip=number,
            giver=str(first.giver),
            receiver=str(first.receiver),
        )
    )
