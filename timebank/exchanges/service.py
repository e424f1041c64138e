"""Exchanges: one function per step. The caller commits.

Every function takes who does it (`by`), how the word came (`word`), and `now` in UTC. `giver_id`
and `receiver_id` are accounts; minutes are whole. All raise NotFound for what is not in the bank,
and what `rules.speaker` raises when the step is not `by`'s to take now. Whoever is on the other
side is told, once. The exchange comes back with its two sides by name.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import cast

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank.act import OWN_WORD, Act, Channel, Word
from timebank.banks.models import Bank
from timebank.banks.rules import LogRules
from timebank.clock import local_date
from timebank.errors import together
from timebank.exchanges import letters, queries, rules, steps
from timebank.exchanges.errors import LoggedAgain, SlipUsed, WrongMoment
from timebank.exchanges.gifts import check_sides, give, take_back
from timebank.exchanges.models import Exchange
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import SIDES, Side
from timebank.exchanges.steps import Turn
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import Leg, NewEntry
from timebank.notices.rules import Letter
from timebank.say import say

__all__ = [
    "agree", "cancel", "check_figures", "check_new", "check_sides", "confirm", "decline", "dispute", "enter_slip", "give",
    "log", "log_again", "log_new", "propose", "reverse", "settle", "take_back", "undo",
]  # fmt: skip

# ---- Agreeing first ----


def propose(
    session: Session,
    bank: Bank,
    act: Act,
    *,
    giver_id: int,
    receiver_id: int,
    title: str,
    skill: str | None = None,
    planned_on: date | None = None,
) -> Shown:
    """One side offers or asks for help; the other is asked whether that is all right.

    Raises Invalid for words or a day that cannot be, SameParty, CannotTakePart.
    """
    _, about, turn = together(
        lambda: rules.check_plan(planned_on, today=steps.today(bank, act.now)),
        lambda: _about(title, skill),
        lambda: steps.begin(session, bank, "propose", giver_id, receiver_id, act),
    )
    exchange = _add(session, bank, turn, planned_on=planned_on, **about)
    session.flush()
    _done(
        session,
        bank,
        exchange,
        turn,
        "proposed",
        lambda to, who: letters.proposed(to, who, exchange.title, planned_on),
    )
    return turn.shown(exchange)


def agree(session: Session, bank: Bank, exchange_id: int, act: Act) -> Shown:
    """The other side says yes."""
    exchange, turn = steps.take(session, bank, exchange_id, "agree", act)
    _done(
        session, bank, exchange, turn, "agreed", lambda _, who: letters.agreed(who, exchange.title)
    )
    return turn.shown(exchange)


def decline(session: Session, bank: Bank, exchange_id: int, act: Act, *, note: str = "") -> Shown:
    """The other side says no."""
    kept = rules.tidy("note", note)
    exchange, turn = steps.take(session, bank, exchange_id, "decline", act)
    _done(
        session,
        bank,
        exchange,
        turn,
        "declined",
        lambda _, who: letters.declined(who, exchange.title, kept),
        note=kept,
    )
    return turn.shown(exchange)


def cancel(session: Session, bank: Bank, exchange_id: int, act: Act, *, note: str = "") -> Shown:
    """Call off what was proposed or agreed, or withdraw what one's own side has logged."""
    kept = rules.tidy("note", note)
    exchange, turn = steps.take(session, bank, exchange_id, "cancel", act)
    letter = letters.cancelled(turn.name(turn.side), exchange.title, kept)
    _done(session, bank, exchange, turn, "cancelled", lambda _, __: letter, note=kept)
    return turn.shown(exchange)


# ---- Logging ----


def log(
    session: Session,
    bank: Bank,
    exchange_id: int,
    act: Act,
    *,
    occurred_on: date,
    minutes: int,
    thanks: str = "",
    title: str | None = None,
    skill: str | None = None,
) -> Shown:
    """Write down what was proposed or agreed, or put right what is disputed. The other side is
    asked to confirm.

    Raises Invalid for a day, an amount or words that the bank does not take; SlipUsed.
    """
    _, (exchange, turn) = together(
        lambda: check_figures(bank, occurred_on, minutes, act),
        lambda: steps.take(session, bank, exchange_id, "log", act),
    )
    about = _about(title or exchange.title, skill or exchange.skill, thanks)
    _log(session, bank, exchange, turn, occurred_on=occurred_on, minutes=minutes, about=about)
    return turn.shown(exchange)


def log_new(
    session: Session,
    bank: Bank,
    act: Act,
    *,
    giver_id: int,
    receiver_id: int,
    occurred_on: date,
    minutes: int,
    title: str,
    skill: str | None = None,
    thanks: str = "",
) -> Shown:
    """Write down help that was given out of the blue. The other side is asked to confirm.

    Raises Invalid for a day, an amount or words that the bank does not take; SameParty;
    CannotTakePart; SlipUsed.
    """
    sides, told = (giver_id, receiver_id), {"act": act}
    turn, about = _begin_log(
        session, bank, sides, occurred_on, minutes, (title, skill, thanks), **told
    )
    exchange = _add(session, bank, turn)
    _log(session, bank, exchange, turn, occurred_on=occurred_on, minutes=minutes, about=about)
    return turn.shown(exchange)


def check_new(
    session: Session,
    bank: Bank,
    act: Act,
    *,
    giver_id: int,
    receiver_id: int,
    occurred_on: date,
    minutes: int,
    title: str,
    thanks: str = "",
) -> None:
    """Raise what `log_new` would, and write nothing: for a page on which it is looked over
    first."""
    sides, told = (giver_id, receiver_id), {"act": act}
    _begin_log(session, bank, sides, occurred_on, minutes, (title, None, thanks), **told)
    entered = queries.by_slip(session, bank, act.word.slip) if act.word.slip else None
    if entered is not None:
        raise _slip_used(bank, entered)


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
    session: Session,
    bank: Bank,
    exchange_id: int,
    act: Act,
    *,
    occurred_on: date | None = None,
    minutes: int | None = None,
    title: str | None = None,
    skill: str | None = None,
    thanks: str | None = None,
) -> Shown:
    """Log anew what was taken back or called off, with what was wrong put right; the new exchange
    names the old one.

    What is left out is as it was. Raises WrongMoment, LoggedAgain, and what `log_new` raises.
    """
    old = steps.locked(session, bank, exchange_id)
    if old.status not in ("reversed", "cancelled"):
        raise WrongMoment(say("Only what was taken back or called off can be logged again."))
    if queries.replacement(session, bank, old.id) is not None:
        raise LoggedAgain(say("This was logged again already. Look at the new one."))
    on, long = (
        occurred_on or old.occurred_on or steps.today(bank, act.now),
        old.minutes or 0 if minutes is None else minutes,
    )
    words = (title or old.title, skill or old.skill, old.thanks if thanks is None else thanks)
    sides, told = (old.giver_id, old.receiver_id), {"act": act}
    turn, about = _begin_log(session, bank, sides, on, long, words, **told)
    exchange = _add(session, bank, turn, replaces_id=old.id, slip=old.slip)
    _log(session, bank, exchange, turn, occurred_on=on, minutes=long, about=about)
    return turn.shown(exchange)


def enter_slip(
    session: Session,
    bank: Bank,
    act: Act,
    *,
    giver_id: int,
    receiver_id: int,
    occurred_on: date,
    minutes: int,
    title: str,
    slip: str,
) -> Shown:
    """Enter a paper slip that both sides have signed: logged on the giver's word and confirmed on
    the receiver's, at once.

    Both know, for they signed; so neither is asked, and only those with e-mail are told. Raises
    what `log_new` and `confirm` raise.
    """
    sides, told = (
        (giver_id, receiver_id),
        {"act": Act(act.by, act.now, Word(Channel.PAPER, giver_id, slip))},
    )
    turn, about = _begin_log(session, bank, sides, occurred_on, minutes, (title, None, ""), **told)
    exchange = _add(session, bank, turn)
    _log(
        session,
        bank,
        exchange,
        turn,
        occurred_on=occurred_on,
        minutes=minutes,
        about=about,
        ask=False,
    )
    countersigned = Word(Channel.PAPER, receiver_id if turn.receiver.kind != "chest" else None)
    exchange, turn = steps.take(
        session, bank, exchange.id, "confirm", Act(act.by, act.now, countersigned)
    )
    _move(session, bank, exchange, turn)
    letter = letters.slip_entered(
        exchange.slip or "",
        turn.giver.name,
        turn.receiver.name,
        exchange.title,
        minutes,
        occurred_on,
    )
    _done(
        session,
        bank,
        exchange,
        turn,
        "confirmed",
        lambda _, __: letter,
        says=True,
        tell=SIDES,
        worth_a_call=False,
    )
    return turn.shown(exchange)


# ---- Answering what was logged ----


def confirm(session: Session, bank: Bank, exchange_id: int, act: Act) -> Shown:
    """Settle a logged exchange: the other side's word moves the minutes.

    A broker confirms on that side's word or, once the waiting time is over, on nobody's. Raises
    WrongMoment when it is not waiting to be confirmed, StillWaiting, WordNeeded; PastFloor,
    PastCeiling or CannotTakePart when the hours cannot move.
    """
    exchange, turn = steps.take(session, bank, exchange_id, "confirm", act)
    if turn.side is None:
        turn = turn.through(Channel.WAITING_TIME)
    _move(session, bank, exchange, turn)
    minutes, _ = steps.figures(exchange)

    def letter(to: Side, who: str) -> Letter:
        return letters.confirmed(
            to, who, exchange.title, minutes, on_nobodys_word=turn.side is None
        )

    _done(session, bank, exchange, turn, "confirmed", letter, says=True)
    return turn.shown(exchange)


def dispute(session: Session, bank: Bank, exchange_id: int, act: Act, *, note: str) -> Shown:
    """The other side says that something is wrong, and what. Nothing moves; brokers are told."""
    kept, (exchange, turn) = together(
        lambda: rules.tidy("note", note, required=say("Write what is wrong, in a few words.")),
        lambda: steps.take(session, bank, exchange_id, "dispute", act),
    )
    exchange.waiting_for = rules.other(turn.spoken_for)
    cause = _done(
        session,
        bank,
        exchange,
        turn,
        "disputed",
        lambda _, who: letters.disputed(who, exchange.title, kept),
        note=kept,
    )
    what = letters.line(
        turn.giver.name, turn.receiver.name, exchange.title, *steps.figures(exchange)
    )
    for_brokers = letters.disputed_for_brokers(turn.name(turn.side), what, kept)
    steps.tell_brokers(session, bank, for_brokers, act, cause=f"{cause}:brokers")
    return turn.shown(exchange)


def settle(
    session: Session, bank: Bank, exchange_id: int, act: Act, *, minutes: int | None, note: str
) -> Shown:
    """A broker settles a dispute: so many minutes move, or (None or 0) none. Both sides are told
    how.

    Raises Invalid for an amount the bank does not take, and what `confirm` raises.
    """
    kept, _ = together(
        lambda: rules.tidy(
            "note", note, required=say("Write how this was settled, for both to read.")
        ),
        lambda: _log_rules(bank).check(minutes) if minutes else None,
    )
    if not minutes:
        exchange, turn = steps.take(session, bank, exchange_id, "dismiss", act)
        _done(
            session,
            bank,
            exchange,
            turn,
            "dismissed",
            lambda _, who: letters.dismissed(who, exchange.title, kept),
            note=kept,
            tell=SIDES,
        )
        return turn.shown(exchange)
    exchange, turn = steps.take(session, bank, exchange_id, "settle", act)
    exchange.minutes = minutes
    _move(session, bank, exchange, turn)

    def letter(to: Side, who: str) -> Letter:
        return letters.settled(to, who, exchange.title, minutes, kept)

    _done(session, bank, exchange, turn, "settled", letter, note=kept, says=True, tell=SIDES)
    return turn.shown(exchange)


# ---- Taking back ----


def reverse(session: Session, bank: Bank, exchange_id: int, act: Act, *, note: str) -> Shown:
    """A broker takes a confirmed exchange back: the books get its exact mirror, and both sides are
    told why.

    Raises PastFloor when the giver has spent the hours since, CannotTakePart when an account is
    closed.
    """
    kept = rules.tidy("note", note, required=say("Write why this is taken back, for both to read."))
    exchange, turn = steps.take(session, bank, exchange_id, "reverse", act)
    _move_back(session, bank, exchange, turn, "reversed", note=kept)
    return turn.shown(exchange)


def undo(session: Session, bank: Bank, exchange_id: int, act: Act, *, undo_minutes: int) -> Shown:
    """Take back one's own confirmation, within so many minutes of it: the same as `reverse`, with
    one button.

    Raises WrongMoment, TooLate, NotAllowed; as `reverse` does.
    """
    exchange = steps.locked(session, bank, exchange_id)
    found = queries.sides(
        session, bank, (exchange.giver_id, exchange.receiver_id), by=act.by, exchange_id=exchange.id
    )
    by_whom, at = found.last or (None, act.now)
    rules.check_undo(
        exchange.status,
        confirmed_by=by_whom,
        by=act.by.key,
        confirmed_at=at,
        minutes=undo_minutes,
        now=act.now,
    )
    turn = Turn(found.giver, found.receiver, "reversed", None, act.by, OWN_WORD, act.now)
    _move_back(session, bank, exchange, turn, "undone")
    return turn.shown(exchange)


# ---- What the steps have in common ----


def _add(session: Session, bank: Bank, turn: Turn, **values: object) -> Exchange:
    exchange = Exchange(
        bank_id=bank.id,
        giver_id=turn.giver.account_id,
        receiver_id=turn.receiver.account_id,
        status=turn.after,
        waiting_for=rules.other(turn.spoken_for),
        proposed_at=turn.now,
        **values,
    )
    session.add(exchange)
    return exchange


def _begin_log(
    session: Session,
    bank: Bank,
    sides: tuple[int, int],
    occurred_on: date,
    minutes: int,
    words: tuple[str, str | None, str],
    act: Act,
) -> tuple[Turn, dict[str, str | None]]:
    """The first step of what is logged out of the blue, and its words as they are kept; whatever is
    wrong is said together.

    `sides` are the accounts of giver and receiver, `words` title, skill and thanks.
    """
    turn, _, about = together(
        lambda: steps.begin(session, bank, "log", *sides, act=act),
        lambda: check_figures(bank, occurred_on, minutes, act),
        lambda: _about(*words),
    )
    return turn, about


def _log(
    session: Session,
    bank: Bank,
    exchange: Exchange,
    turn: Turn,
    *,
    occurred_on: date,
    minutes: int,
    about: dict[str, str | None],
    ask: bool = True,
) -> None:
    for name, value in about.items():
        setattr(exchange, name, value)
    exchange.status, exchange.waiting_for = turn.after, rules.other(turn.spoken_for)
    exchange.occurred_on, exchange.minutes = occurred_on, minutes
    exchange.logged_at, exchange.reminded_at, exchange.brokers_told_at = turn.now, None, None
    _keep_slip(session, bank, exchange, turn.word.slip or exchange.slip)

    def letter(to: Side, who: str) -> Letter:
        return letters.logged(to, who, exchange.title, minutes, occurred_on, exchange.thanks)

    _done(session, bank, exchange, turn, "logged", letter, says=True, tell=None if ask else ())


def _keep_slip(session: Session, bank: Bank, exchange: Exchange, slip: str | None) -> None:
    """Write the exchange with its slip number. Raises SlipUsed when another that counts has it,
    however close the race."""
    kept = rules.tidy("slip", " ".join((slip or "").split())) or None
    exchange.slip = None
    session.flush()
    if kept is None:
        return
    _check_slip(session, bank, exchange, kept)
    try:
        with session.begin_nested():
            exchange.slip = kept
            session.flush()
    except IntegrityError:
        # Whoever was faster has committed by now, and can be named.
        _check_slip(session, bank, exchange, kept)
        raise


def _check_slip(session: Session, bank: Bank, exchange: Exchange, slip: str) -> None:
    earlier = queries.by_slip(session, bank, slip)
    if earlier is not None and earlier.id != exchange.id:
        raise _slip_used(bank, earlier)


def _slip_used(bank: Bank, earlier: Exchange) -> SlipUsed:
    entered_on = local_date(earlier.logged_at or earlier.proposed_at, bank.timezone)
    return SlipUsed(earlier.slip or "", entered_on, earlier.id)


def _move(session: Session, bank: Bank, exchange: Exchange, turn: Turn) -> None:
    """Post the minutes: the receiver's account is debited, the giver's credited."""
    minutes, on = steps.figures(exchange)
    exchange.entry_id = steps.moved(
        bank,
        (turn.giver, turn.receiver),
        turn.by,
        lambda: ledger_service.post(
            session,
            bank,
            NewEntry(
                f"exchange:{exchange.id}",
                "exchange",
                on,
                [Leg(exchange.receiver_id, exchange.giver_id, minutes)],
                turn.provenance,
            ),
        ),
    )
    exchange.confirmed_at = turn.now


def _move_back(
    session: Session, bank: Bank, exchange: Exchange, turn: Turn, step: str, *, note: str = ""
) -> None:
    entry_id, today = cast(int, exchange.entry_id), steps.today(bank, turn.now)
    exchange.reversal_id = steps.moved(
        bank,
        (turn.giver, turn.receiver),
        turn.by,
        lambda: ledger_service.reverse(
            session, bank, entry_id, occurred_on=today, by=turn.provenance
        ),
    )

    def letter(_: Side, who: str) -> Letter:
        return letters.taken_back(who, exchange.title, *steps.figures(exchange), note)

    _done(session, bank, exchange, turn, step, letter, note=note, tell=SIDES)


def _done(
    session: Session,
    bank: Bank,
    exchange: Exchange,
    turn: Turn,
    step: str,
    letter: Callable[[Side, str], Letter],
    *,
    note: str = "",
    says: bool = False,
    tell: Iterable[Side] | None = None,
    worth_a_call: bool = True,
) -> str:
    """Record the step, tell the other side (or those of `tell`), and return the cause they were
    told under."""
    step_id = steps.record(session, exchange, step, turn, note=note, says=says)
    steps.heard(session, bank, exchange, turn)
    across = SIDES if turn.side is None else (rules.other(turn.side),)
    cause = f"exchange:{exchange.id}:{step_id}"
    sides = across if tell is None else tell
    steps.tell_sides(session, bank, turn, sides, letter, cause=cause, worth_a_call=worth_a_call)
    return cause


def _about(title: str, skill: str | None, thanks: str = "") -> dict[str, str | None]:
    """The words of an exchange, as they are kept. Raises Invalid."""
    return {
        "title": rules.tidy("title", title, required=say("Write what was done, in a few words.")),
        "skill": rules.tidy("skill", " ".join((skill or "").split())) or None,
        "thanks": rules.tidy("thanks", thanks),
    }


def _log_rules(bank: Bank) -> LogRules:
    return LogRules(bank.rounding, bank.smallest_log, bank.largest_log)
