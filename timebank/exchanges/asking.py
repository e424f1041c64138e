"""What notices about exchanges ask, and how it is answered: on the page of the exchange, or by the
link that the notice carries.

What is asked is asked about a step, so that a link opens what its letter said and nothing that was
put in its place since.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.exchanges import letters, queries, rules, service
from timebank.exchanges.rules import OPEN
from timebank.room import Asked, Link, Question, Reply, Written
from timebank.say import say


def _of_a_side(session: Session, bank: Bank, step_id: int, act: Act) -> Asked:
    """What is asked of the side whose word is awaited. Raises NotFound for anybody but the two and
    those who act for them, and for those who are kept apart."""
    exchange_id = queries.of_step(session, bank, step_id)
    shown = queries.show(session, bank, exchange_id, by=act.by)
    page = Link("exchanges.show", {"exchange_id": exchange_id})
    if queries.last_step(session, bank, exchange_id) == step_id and shown.awaited is not None:
        return Asked(page, shown.awaited.account_id)
    status = shown.exchange.status
    become = say("This was written anew since. The newest letter about it, or its page, asks you.")
    if status not in OPEN or shown.awaited is None:
        become = rules.HOW_IT_STANDS[status]
    return Asked(page, act.by.account_id, become)


def _of_staff(session: Session, bank: Bank, step_id: int, act: Act) -> Asked:
    exchange_id = queries.of_step(session, bank, step_id)
    return Asked(Link("exchanges.show", {"exchange_id": exchange_id}))


def _all_overdue(session: Session, bank: Bank, exchange_id: int, act: Act) -> Asked:
    return Asked(Link("exchanges.index", {"status": rules.Status.LOGGED}))


def _plainly(
    verb: Callable[[Session, Bank, int, Act], object],
) -> Callable[[Session, Bank, int, Act, Written], object]:
    """The use case, for an answer without words."""

    def give(session: Session, bank: Bank, step_id: int, act: Act, written: Written) -> object:
        return verb(session, bank, queries.of_step(session, bank, step_id), act)

    return give


def _dispute(session: Session, bank: Bank, step_id: int, act: Act, written: Written) -> object:
    exchange_id = queries.of_step(session, bank, step_id)
    return service.dispute(
        session, bank, exchange_id, act, note=written.words, minutes=written.minutes
    )


QUESTIONS = {
    letters.AGREE: Question(
        say("Say yes or no"),
        _of_a_side,
        {
            "yes": Reply(
                say("Yes, that is all right"),
                say("You said yes, and they know. Afterwards, one of you logs the hours."),
                _plainly(service.agree),
                main=True,
            ),
            "no": Reply(
                say("No, not this time"),
                say("You said no this time, and they know. Nobody asks why."),
                _plainly(service.decline),
            ),
        },
        by_word=True,
    ),
    letters.CONFIRM: Question(
        say("Say whether that is right"),
        _of_a_side,
        {
            "right": Reply(
                say("Yes, that’s right"),
                say("You said “that’s right”, and the hours have moved."),
                _plainly(service.confirm),
                main=True,
            ),
            "wrong": Reply(
                say("Something is wrong"),
                say("You said that something is wrong. No hours move until it is settled."),
                _dispute,
                words=say("What is wrong?"),
                minutes=say("How long was it, then?"),
            ),
        },
        by_word=True,
    ),
    letters.THOUGHT: Question(
        say("Say whether it was that long"),
        _of_a_side,
        {
            "right": Reply(
                say("Yes, it was that long"),
                say("You said yes, and the hours have moved."),
                _plainly(service.accept),
                main=True,
            )
        },
        by_word=True,
    ),
    letters.DISPUTED: Question(say("Look at it again"), _of_a_side),
    letters.SETTLE: Question(say("Settle it"), _of_staff),
    letters.OVERDUE: Question(say("Look at what waits"), _all_overdue),
}
"""By the kinds of `letters`."""
