"""Exchanges: one function per step. The caller commits.

Every function takes the `act`: who does it, how the word came, and when. Parties are accounts;
minutes are whole. All raise NotFound for what is not in the bank, and what `rules.speaker` raises
when the step is not the actor's to take now. Whoever is on the other side is told, once. The
exchange comes back with its two sides by name.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act, Channel
from timebank.banks.models import Bank
from timebank.banks.rules import LogRules
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed, together
from timebank.exchanges import letters, queries, rules, steps
from timebank.exchanges.errors import EnteredAlready, LoggedAgain, SlipUsed, WrongMoment
from timebank.exchanges.gifts import check_back, check_gift, check_sides, give, take_back
from timebank.exchanges.models import Exchange
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import (
    SIDES,
    Action,
    Bother,
    Correction,
    Figures,
    Help,
    NewLog,
    Proposal,
    Settlement,
    Side,
    Status,
    StepKind,
)
from timebank.exchanges.steps import Turn
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Leg, NewEntry, Reason
from timebank.members import helping, meeting
from timebank.notices.rules import Letter
from timebank.say import Said, say

__all__ = [
    "accept",
    "agree",
    "cancel",
    "check_back",
    "check_figures",
    "check_gift",
    "check_new",
    "check_sides",
    "confirm",
    "decline",
    "dispute",
    "enter_slip",
    "give",
    "log",
    "log_again",
    "log_new",
    "propose",
    "report",
    "reverse",
    "settle",
    "take_back",
    "undo",
]

# ---- Agreeing first ----


def propose(session: Session, bank: Bank, proposal: Proposal, act: Act) -> Shown:
    """One side offers or asks for help; the other is asked whether that is all right.

    Raises Invalid for words or a day that cannot be, SameParty, CannotTakePart; AskedTooOften for a
    member.
    """
    planned_on = proposal.planned_on
    _, (title, skill), note, turn = together(
        lambda: rules.check_plan(planned_on, today=steps.today(bank, act.now)),
        lambda: _kept_words(proposal.title, proposal.skill),
        lambda: rules.tidy("note", proposal.note),
        lambda: steps.begin(
            session, bank, Action.PROPOSE, proposal.giver_id, proposal.receiver_id, act
        ),
    )
    if not act.by.is_broker:
        pair, hour = {proposal.giver_id, proposal.receiver_id}, act.now - timedelta(hours=1)
        rules.check_pace(queries.proposed_since(session, bank, pair, hour, by=act.by))
    exchange = _add(session, bank, turn)
    exchange.title, exchange.skill, exchange.planned_on = title, skill, planned_on
    session.flush()

    def letter(to: Side, name: str) -> Letter:
        return letters.proposed(to, name, title, planned_on, note)

    _done(session, bank, exchange, turn, StepKind.PROPOSED, letter, note=note)
    return turn.shown(exchange)


def agree(session: Session, bank: Bank, exchange_id: int, act: Act) -> Shown:
    """The other side says yes."""
    exchange, turn = steps.take(session, bank, exchange_id, Action.AGREE, act)

    def letter(_: Side, name: str) -> Letter:
        return letters.agreed(name, exchange.title)

    _done(session, bank, exchange, turn, StepKind.AGREED, letter)
    return turn.shown(exchange)


def decline(session: Session, bank: Bank, exchange_id: int, act: Act, *, note: str = "") -> Shown:
    """The other side says no."""
    note = rules.tidy("note", note)
    exchange, turn = steps.take(session, bank, exchange_id, Action.DECLINE, act)

    def letter(_: Side, name: str) -> Letter:
        return letters.declined(name, exchange.title, note)

    _done(session, bank, exchange, turn, StepKind.DECLINED, letter, note=note)
    return turn.shown(exchange)


def report(session: Session, bank: Bank, exchange_id: int, bother: Bother, act: Act) -> Shown:
    """Say no to what bothers one, and tell the brokers of it; whoever asked reads that it is a no,
    and nothing else. If it is wished, the two are kept apart from then on.

    Raises what `decline` raises, and NotAllowed where there is nobody to be kept apart from.
    """
    why = rules.tidy("note", bother.why)
    shown = decline(session, bank, exchange_id, act)
    relation = queries.seen(session, bank, exchange_id, by=act.by).relation
    side = relation.own or next(iter(relation.sides), None)
    if side is None:
        raise NotAllowed(say("Only who was asked, and those who act for them, may say that."))
    bothered, other = shown.party(side), shown.party(rules.other(side))
    if bother.apart:
        if bothered.member_id is None or other.member_id is None:
            raise NotAllowed(say("Only two members can be kept apart."))
        helping.keep_apart(session, bank, bothered.member_id, other.member_id, act)
    letter = letters.bothers(bothered.name, other.name, shown.exchange.title, why)
    step_id = queries.last_step(session, bank, exchange_id)
    cause = f"exchange:{exchange_id}:{step_id}:brokers"
    steps.tell_brokers(
        session,
        bank,
        letter,
        act,
        cause=cause,
        about=step_id,
        but=other.member_id,
        worth_a_call=True,
    )
    return shown


def cancel(session: Session, bank: Bank, exchange_id: int, act: Act, *, note: str = "") -> Shown:
    """Call off what was proposed or agreed, or withdraw what one's own side has logged."""
    note = rules.tidy("note", note)
    exchange, turn = steps.take(session, bank, exchange_id, Action.CANCEL, act)
    letter = letters.cancelled(turn.name(turn.side), exchange.title, note)

    def same(*_: object) -> Letter:
        return letter

    _done(session, bank, exchange, turn, StepKind.CANCELLED, same, note=note)
    return turn.shown(exchange)


# ---- Logging ----


def log(session: Session, bank: Bank, exchange_id: int, figures: Figures, act: Act) -> Shown:
    """Write down what was proposed or agreed, or put right what is disputed. The other side is
    asked to confirm.

    Raises Invalid for a day, an amount or words that the bank does not take; SlipUsed.
    """
    _, (exchange, turn) = together(
        lambda: check_figures(bank, figures.occurred_on, figures.minutes, act),
        lambda: steps.take(session, bank, exchange_id, Action.LOG, act),
    )
    log = NewLog(
        giver_id=exchange.giver_id,
        receiver_id=exchange.receiver_id,
        occurred_on=figures.occurred_on,
        minutes=figures.minutes,
        title=figures.title or exchange.title,
        skill=figures.skill or exchange.skill,
        thanks=figures.thanks,
        another=figures.another,
    )
    tidied = _kept(log)
    _ask_if_twice(session, bank, tidied, hold=True, but=exchange.id)
    _log(session, bank, exchange, turn, tidied)
    return turn.shown(exchange)


def log_new(session: Session, bank: Bank, new: NewLog, act: Act) -> Shown:
    """Write down help that was given out of the blue. The other side is asked to confirm.

    Raises Invalid for a day, an amount or words that the bank does not take; SameParty;
    CannotTakePart; SlipUsed.
    """
    turn, tidied = _begin_log(session, bank, new, act, hold=True)
    exchange = _add(session, bank, turn)
    _log(session, bank, exchange, turn, tidied)
    return turn.shown(exchange)


def check_new(session: Session, bank: Bank, new: NewLog, act: Act) -> None:
    """Raise what `log_new` would, and write nothing: for a page on which it is looked over
    first."""
    _begin_log(session, bank, new, act, hold=False)


def check_figures(bank: Bank, occurred_on: date | None, minutes: int | None, act: Act) -> None:
    """Raise Invalid for a day or an amount that the bank does not take in a log; None: not said
    yet."""
    together(
        lambda: (
            occurred_on
            and rules.check_day(
                occurred_on, today=steps.today(bank, act.now), is_broker=act.by.is_broker
            )
        ),
        lambda: None if minutes is None else _log_rules(bank).check(minutes),
    )


def log_again(
    session: Session, bank: Bank, exchange_id: int, correction: Correction, act: Act
) -> Shown:
    """Log anew what was taken back or called off, with what was wrong put right; the new exchange
    names the old one.

    What is left out is as it was. Raises NotAllowed, WrongMoment, LoggedAgain, and what `log_new`
    raises.
    """
    old = steps.locked(session, bank, exchange_id)
    sides = queries.sides(session, bank, (old.giver_id, old.receiver_id), by=act.by)
    rules.check_part(sides.relation)
    if old.status not in (Status.REVERSED, Status.CANCELLED):
        raise WrongMoment(say("Only what was taken back or called off can be logged again."))
    if queries.replacement(session, bank, old.id) is not None:
        raise LoggedAgain(say("This was logged again already. Look at the new one."))
    put_right = NewLog(
        giver_id=old.giver_id,
        receiver_id=old.receiver_id,
        occurred_on=correction.occurred_on or old.occurred_on or steps.today(bank, act.now),
        # What was called off before it was logged has no minutes yet, and none is refused.
        minutes=old.minutes or 0 if correction.minutes is None else correction.minutes,
        title=correction.title or old.title,
        skill=correction.skill or old.skill,
        thanks=old.thanks if correction.thanks is None else correction.thanks,
        another=correction.another,
    )
    turn, tidied = _begin_log(session, bank, put_right, act, hold=True)
    exchange = _add(session, bank, turn)
    exchange.replaces_id, exchange.slip = old.id, old.slip
    _log(session, bank, exchange, turn, tidied)
    return turn.shown(exchange)


def enter_slip(session: Session, bank: Bank, new: NewLog, act: Act, *, slip: str | None) -> Shown:
    """Enter a paper slip that both sides have signed: logged on the giver's word and confirmed on
    the receiver's, at once. Not every bank's slips have a number.

    Both know, for they signed; so neither is asked, and only those with e-mail are told. Raises
    what `log_new` and `confirm` raise.
    """
    signed = replace(
        act, word=replace(act.word, channel=Channel.PAPER, on_word_of=new.giver_id, slip=slip)
    )
    turn, tidied = _begin_log(session, bank, new, signed, hold=True)
    exchange = _add(session, bank, turn)
    _log(session, bank, exchange, turn, tidied, ask=False)
    chest = turn.receiver.kind == "chest"
    countersigned = replace(signed.word, on_word_of=None if chest else new.receiver_id)
    exchange, turn = steps.take(
        session, bank, exchange.id, Action.CONFIRM, replace(act, word=countersigned)
    )
    # Why the two meet though they are kept apart was kept with the first step.
    turn = replace(_move(session, bank, exchange, turn), apart=())
    step_id = steps.record(session, bank, exchange, StepKind.CONFIRMED, turn)
    steps.heard(session, bank, exchange, turn)
    letter = letters.slip_entered(
        exchange.slip or "",
        _line(exchange, turn),
    )
    cause = f"exchange:{exchange.id}:{step_id}"

    def same(*_: object) -> Letter:
        return letter

    steps.tell_sides(
        session, bank, turn, SIDES, same, cause=cause, about=step_id, worth_a_call=False
    )
    return turn.shown(exchange)


# ---- Answering what was logged ----


def confirm(session: Session, bank: Bank, exchange_id: int, act: Act) -> Shown:
    """Settle a logged exchange: the other side's word moves the minutes.

    A broker confirms on that side's word or, once the waiting time is over, on nobody's. Raises
    WrongMoment when it is not waiting to be confirmed, StillWaiting, WordNeeded; PastFloor,
    PastCeiling or CannotTakePart when the hours cannot move.
    """
    exchange, turn = steps.take(session, bank, exchange_id, Action.CONFIRM, act)
    if turn.side is None:
        turn = turn.through(Channel.WAITING_TIME)
    turn = _move(session, bank, exchange, turn)
    minutes, _ = steps.figures(exchange)

    def letter(to: Side, name: str) -> Letter:
        return letters.confirmed(
            to, name, exchange.title, minutes, on_nobodys_word=turn.side is None
        )

    _done(session, bank, exchange, turn, StepKind.CONFIRMED, letter)
    return turn.shown(exchange)


def dispute(
    session: Session,
    bank: Bank,
    exchange_id: int,
    act: Act,
    *,
    note: str = "",
    minutes: int | None = None,
) -> Shown:
    """The other side says that something is wrong: what, or how many `minutes` they think it was,
    which the first may accept. Nothing moves; brokers are told.

    Raises Invalid for an amount the bank does not take, and for one that is what was logged.
    """
    thought = minutes or None
    required = say("Write how long it was, or what is wrong.") if thought is None else None
    note, _, (exchange, turn) = together(
        lambda: rules.tidy("note", note, required=required),
        lambda: _log_rules(bank).check(thought) if thought else None,
        lambda: steps.take(session, bank, exchange_id, Action.DISPUTE, act),
    )
    logged, on = steps.figures(exchange)
    if thought == logged:
        raise Invalid.on(
            "minutes", say("That is what is logged. Write another time, or what is wrong.")
        )
    exchange.waiting_for, exchange.thought_minutes = rules.other(turn.spoken_for), thought

    def letter(to: Side, name: str) -> Letter:
        if thought is None:
            return letters.disputed(name, exchange.title, note)
        return letters.thought(to, name, exchange.title, on, logged, thought, note)

    step_id = _done(session, bank, exchange, turn, StepKind.DISPUTED, letter, note=note)
    for_brokers = letters.disputed_for_brokers(turn.name(turn.side), _line(exchange, turn), note)
    cause = f"exchange:{exchange.id}:{step_id}:brokers"
    steps.tell_brokers(session, bank, for_brokers, act, cause=cause, about=step_id)
    return turn.shown(exchange)


def accept(session: Session, bank: Bank, exchange_id: int, act: Act) -> Shown:
    """Whoever logged agrees to the time that the other side thinks it was: so much moves.

    Raises WrongMoment where nobody has said how long it was; what `confirm` raises.
    """
    exchange, turn = steps.take(session, bank, exchange_id, Action.ACCEPT, act)
    minutes = cast(int, exchange.thought_minutes)
    exchange.minutes = minutes
    turn = _move(session, bank, exchange, turn)

    def letter(to: Side, name: str) -> Letter:
        return letters.accepted(to, name, exchange.title, minutes)

    _done(session, bank, exchange, turn, StepKind.ACCEPTED, letter)
    return turn.shown(exchange)


def settle(
    session: Session, bank: Bank, exchange_id: int, settlement: Settlement, act: Act
) -> Shown:
    """A broker settles a dispute: so many minutes move, or none. Both sides are told how.

    Raises Invalid for an amount the bank does not take, and what `confirm` raises.
    """
    minutes = settlement.minutes
    required = say("Write how this was settled, for both to read.")
    note, _ = together(
        lambda: rules.tidy("note", settlement.note, required=required),
        lambda: _log_rules(bank).check(minutes) if minutes else None,
    )
    if minutes:
        return _settle(session, bank, exchange_id, minutes, note, act)
    exchange, turn = steps.take(session, bank, exchange_id, Action.DISMISS, act)
    _put_right(session, bank, exchange, note, act)

    def letter(_: Side, name: str) -> Letter:
        return letters.dismissed(name, exchange.title, note)

    _done(session, bank, exchange, turn, StepKind.DISMISSED, letter, note=note, tell=SIDES)
    return turn.shown(exchange)


def _settle(
    session: Session, bank: Bank, exchange_id: int, minutes: int, note: str, act: Act
) -> Shown:
    exchange, turn = steps.take(session, bank, exchange_id, Action.SETTLE, act)
    _put_right(session, bank, exchange, note, act)
    exchange.minutes = minutes
    turn = _move(session, bank, exchange, turn)

    def letter(to: Side, name: str) -> Letter:
        return letters.settled(to, name, exchange.title, minutes, note)

    _done(session, bank, exchange, turn, StepKind.SETTLED, letter, note=note, tell=SIDES)
    return turn.shown(exchange)


def _put_right(session: Session, bank: Bank, exchange: Exchange, note: str, act: Act) -> None:
    """Keep why the staff settled it so, before the step is."""
    reason = Reason(InterventionKind.CORRECTION, f"exchange:{exchange.id}", note)
    ledger_service.intervene(session, bank, [(reason, None)], by=act.by.key)


# ---- Taking back ----


def reverse(session: Session, bank: Bank, exchange_id: int, act: Act, *, note: str) -> Shown:
    """A broker takes a confirmed exchange back: the books get its exact mirror, and both sides are
    told why.

    Raises PastFloor when the giver has spent the hours since, CannotTakePart when an account is
    closed.
    """
    note = rules.tidy("note", note, required=say("Write why this is taken back, for both to read."))
    exchange, turn = steps.take(session, bank, exchange_id, Action.REVERSE, act)
    reason = Reason(InterventionKind.REVERSAL, f"exchange:{exchange.id}", note)
    turn = _move_back(session, bank, exchange, turn, reason)
    exchange.reversal_id = turn.entry_id
    _taken_back(session, bank, exchange, turn, StepKind.REVERSED, note=note)
    return turn.shown(exchange)


def undo(session: Session, bank: Bank, exchange_id: int, act: Act, *, undo_minutes: int) -> Shown:
    """Take back one's own confirmation, within so many minutes of it. The exchange is as it was
    before: it waits for the same word again, with the figures it had. Of what was logged and
    confirmed by one act, as a slip is, nothing is left to wait.

    Raises WrongMoment, TooLate, NotAllowed; as `reverse` does.
    """
    exchange = steps.locked(session, bank, exchange_id)
    sides = queries.sides(
        session, bank, (exchange.giver_id, exchange.receiver_id), by=act.by, exchange_id=exchange.id
    )
    rules.check_part(sides.relation)
    confirmed_by, confirmed_at = sides.last or (None, act.now)
    rules.check_undo(
        exchange.status,
        confirmed_by=confirmed_by,
        by=act.by.key,
        confirmed_at=confirmed_at,
        minutes=undo_minutes,
        now=act.now,
    )
    if sides.may_be_apart and not act.by.is_broker:
        meeting.insist(session, bank, sides.giver, sides.receiver, act)
    before = queries.before_confirmed(session, bank, exchange_id, sides)
    after = before.status if before else Status.REVERSED
    turn = Turn(sides.giver, sides.receiver, after, None, Act(act.by, act.now))
    reason = Reason(InterventionKind.UNDO, f"exchange:{exchange.id}")
    turn = _move_back(session, bank, exchange, turn, reason)
    if before is None:
        exchange.reversal_id = turn.entry_id
        _taken_back(session, bank, exchange, turn, StepKind.UNDONE)
        return turn.shown(exchange)
    minutes, _ = steps.figures(exchange)
    exchange.entry_id = exchange.confirmed_at = None
    exchange.minutes, exchange.thought_minutes = before.minutes, before.thought
    exchange.waiting_for = before.waiting_for

    def letter(_: Side, name: str) -> Letter:
        return letters.undone(act.by.name, name, exchange.title, minutes)

    _done(session, bank, exchange, turn, StepKind.UNDONE, letter, tell=SIDES)
    return turn.shown(exchange)


# ---- What the steps have in common ----


def _add(session: Session, bank: Bank, turn: Turn) -> Exchange:
    exchange = Exchange(
        bank_id=bank.id,
        giver_id=turn.giver.account_id,
        receiver_id=turn.receiver.account_id,
        status=turn.after,
        waiting_for=rules.other(turn.spoken_for),
        proposed_at=turn.act.now,
    )
    session.add(exchange)
    return exchange


def _begin_log(
    session: Session, bank: Bank, new: NewLog, act: Act, *, hold: bool
) -> tuple[Turn, NewLog]:
    """The first step of what is logged out of the blue, and what is logged as it is kept; whatever
    is wrong is said together. `hold`: it is going to be written."""
    turn, _, tidied = together(
        lambda: steps.begin(session, bank, Action.LOG, new.giver_id, new.receiver_id, act),
        lambda: check_figures(bank, new.occurred_on, new.minutes, act),
        lambda: _kept(new),
    )
    entered = queries.by_slip(session, bank, act.word.slip) if act.word.slip else None
    if entered is not None:
        raise _slip_used(bank, entered)
    _ask_if_twice(session, bank, tidied, hold=hold)
    return turn, tidied


def _ask_if_twice(
    session: Session, bank: Bank, new: NewLog, *, hold: bool, but: int | None = None
) -> None:
    """Ask before what may be the same help is written down a second time, whoever of the two does
    it and by whichever way. `but`: an exchange that this is itself.

    Raises EnteredAlready, unless it is said that it was another time.
    """
    if new.another:
        return
    if hold:
        # Of two who write down the same at once, the second finds what the first has written.
        ledger.accounts(session, bank, [new.giver_id, new.receiver_id], hold=True)
    entered = queries.between(
        session,
        bank,
        new.giver_id,
        new.receiver_id,
        first=new.occurred_on - rules.A_DAY_OFF,
        last=new.occurred_on + rules.A_DAY_OFF,
    )
    logged = Help(new.occurred_on, new.minutes, new.title, new.skill)
    for earlier in entered:
        minutes, on = steps.figures(earlier)
        there = Help(on, minutes, earlier.title, earlier.skill)
        if earlier.id != but and rules.may_be_same(there, logged):
            raise EnteredAlready(_in_words(session, bank, earlier), earlier.id)
    in_session = ledger.moved_on(
        session, bank, "session", new.receiver_id, new.giver_id, new.occurred_on
    )
    if in_session is not None:
        words = say(
            "On %(day)s there is %(time)s between these two already, from a session you were at"
            " together. Is it the same help?",
            day=new.occurred_on,
            time=hours.words(in_session),
        )
        raise EnteredAlready(words, None)


def written_down(
    session: Session, bank: Bank, pairs: Collection[tuple[int, int]], on: date
) -> list[Said]:
    """The help between givers and receivers, so and not the other way round, that counts and was
    given on that day: a question for each."""
    exchanges = queries.on_day(session, bank, pairs, on)
    return [_in_words(session, bank, earlier) for earlier in exchanges]


def _in_words(session: Session, bank: Bank, earlier: Exchange) -> Said:
    """Who wrote it down, how much and when, as a question."""
    minutes, on = steps.figures(earlier)
    logged = [
        step for step in queries.steps(session, bank, earlier.id) if step.step == StepKind.LOGGED
    ]
    time = hours.words(minutes)
    if not logged:
        return say(
            "There is %(time)s on %(day)s already, “%(title)s”. Is it the same help?",
            time=time,
            day=on,
            title=earlier.title,
        )
    return say(
        "%(name)s wrote down %(time)s on %(day)s already, “%(title)s”. Is it the same help?",
        name=logged[-1].on_word_of or logged[-1].by,
        time=time,
        day=on,
        title=earlier.title,
    )


def _log(
    session: Session, bank: Bank, exchange: Exchange, turn: Turn, log: NewLog, *, ask: bool = True
) -> None:
    exchange.title, exchange.skill, exchange.thanks = log.title, log.skill, log.thanks
    exchange.status, exchange.waiting_for = turn.after, rules.other(turn.spoken_for)
    exchange.occurred_on, exchange.minutes = log.occurred_on, log.minutes
    exchange.logged_at, exchange.reminded_at, exchange.brokers_told_at = turn.act.now, None, None
    _keep_slip(session, bank, exchange, turn.act.word.slip or exchange.slip)

    def letter(to: Side, name: str) -> Letter:
        return letters.logged(to, name, log.title, log.minutes, log.occurred_on, log.thanks)

    _done(session, bank, exchange, turn, StepKind.LOGGED, letter, tell=None if ask else ())


def _keep_slip(session: Session, bank: Bank, exchange: Exchange, slip: str | None) -> None:
    """Write the exchange with its slip number. Raises SlipUsed when another that counts has it,
    however close the race."""
    number = rules.tidy("slip", " ".join((slip or "").split())) or None
    exchange.slip = None
    session.flush()
    if number is None:
        return
    _check_slip(session, bank, exchange, number)
    try:
        with session.begin_nested():
            exchange.slip = number
            session.flush()
    except IntegrityError:
        # Whoever was faster has committed by now, and can be named.
        _check_slip(session, bank, exchange, number)
        raise


def _check_slip(session: Session, bank: Bank, exchange: Exchange, slip: str) -> None:
    earlier = queries.by_slip(session, bank, slip)
    if earlier is not None and earlier.id != exchange.id:
        raise _slip_used(bank, earlier)


def _slip_used(bank: Bank, earlier: Exchange) -> SlipUsed:
    entered_on = local_date(earlier.logged_at or earlier.proposed_at, bank.timezone)
    return SlipUsed(earlier.slip or "", entered_on, earlier.id)


def _move(session: Session, bank: Bank, exchange: Exchange, turn: Turn) -> Turn:
    """Post the minutes: the receiver's account is debited, the giver's credited. Each confirmation
    has a cause of its own in the books."""
    minutes, on = steps.figures(exchange)
    cause, earlier = f"exchange:{exchange.id}", turn.times_moved
    entry = NewEntry(
        f"{cause}:{earlier + 1}" if earlier else cause,
        "exchange",
        on,
        [Leg(exchange.receiver_id, exchange.giver_id, minutes)],
        turn.provenance,
    )
    exchange.entry_id = steps.moved(
        bank,
        (turn.giver, turn.receiver),
        turn.act.by,
        lambda: ledger_service.post(session, bank, entry),
    )
    exchange.confirmed_at = turn.act.now
    return replace(turn, entry_id=exchange.entry_id)


def _move_back(
    session: Session, bank: Bank, exchange: Exchange, turn: Turn, reason: Reason
) -> Turn:
    """Post the mirror of what moved."""
    entry_id, today = cast(int, exchange.entry_id), steps.today(bank, turn.act.now)
    reversal_id = steps.moved(
        bank,
        (turn.giver, turn.receiver),
        turn.act.by,
        lambda: ledger_service.reverse(
            session, bank, entry_id, occurred_on=today, by=turn.provenance, reason=reason
        ),
    )
    return replace(turn, entry_id=reversal_id)


def _taken_back(
    session: Session, bank: Bank, exchange: Exchange, turn: Turn, kind: StepKind, *, note: str = ""
) -> None:
    def letter(_: Side, name: str) -> Letter:
        return letters.taken_back(name, exchange.title, *steps.figures(exchange), note)

    _done(session, bank, exchange, turn, kind, letter, note=note, tell=SIDES)


def _done(
    session: Session,
    bank: Bank,
    exchange: Exchange,
    turn: Turn,
    kind: StepKind,
    letter: Callable[[Side, str], Letter],
    *,
    note: str = "",
    tell: Iterable[Side] | None = None,
) -> int:
    """Record the step, tell the other side (or those of `tell`), and return the step's id."""
    step_id = steps.record(session, bank, exchange, kind, turn, note=note)
    steps.heard(session, bank, exchange, turn)
    across = SIDES if turn.side is None else (rules.other(turn.side),)
    cause = f"exchange:{exchange.id}:{step_id}"
    sides = across if tell is None else tell
    steps.tell_sides(session, bank, turn, sides, letter, cause=cause, about=step_id)
    return step_id


def _kept(log: NewLog) -> NewLog:
    """What is logged, its words as they are kept. Raises Invalid."""
    title, skill = _kept_words(log.title, log.skill)
    return replace(log, title=title, skill=skill, thanks=rules.tidy("thanks", log.thanks))


def _kept_words(title: str, skill: str | None) -> tuple[str, str | None]:
    """The title and the skill, as they are kept. Raises Invalid."""
    required = say("Write what was done, in a few words.")
    # A skill is one line, since files give it a cell.
    one_line = " ".join((skill or "").split())
    return rules.tidy("title", title, required=required), rules.tidy("skill", one_line) or None


def _line(exchange: Exchange, turn: Turn) -> Said:
    return letters.line(
        turn.giver.name, turn.receiver.name, exchange.title, *steps.figures(exchange)
    )


def _log_rules(bank: Bank) -> LogRules:
    return LogRules(bank.rounding, bank.smallest_log, bank.largest_log)
