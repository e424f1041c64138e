"""Gifts of hours: given and taken back. The caller commits. They are no exchange of help, and move
at once."""

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.errors import NotAllowed, NotFound, together
from timebank.exchanges import letters, rules, steps
from timebank.exchanges.errors import SameParty, TooLate, WrongMoment
from timebank.exchanges.models import Gift
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import Leg, NewEntry, Provenance
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.say import say


def give(
    session: Session,
    bank: Bank,
    act: Act,
    *,
    from_id: int,
    to_id: int,
    minutes: int,
    message: str = "",
    decided_by: str | None = None,
) -> Gift:
    """Give hours from one account to another: a member's, an organisation's, a group's or the
    chest.

    The chest's own are given by brokers. They are a grant, of which everybody in the bank can read
    who decided (`decided_by`) and why (`message`). Raises Invalid, SameParty, CannotTakePart,
    NotAllowed; PastFloor and PastCeiling from the ledger.
    """
    rules.check_word(act.word, is_broker=act.by.is_broker, is_system=act.by.role == "system")
    chest = ledger.chest(session, bank)
    _, (kept, decided), (giver, receiver) = together(
        lambda: rules.check_gift(minutes, rounding=bank.rounding),
        lambda: rules.gift_words(message, decided_by, from_chest=from_id == chest.id),
        lambda: check_sides(session, bank, from_id, to_id, by=act.by),
    )
    own = giver.account_id == act.by.account_id
    gift = Gift(
        bank_id=bank.id,
        from_id=from_id,
        to_id=to_id,
        minutes=minutes,
        message=kept,
        decided_by=decided,
        by=act.by.key,
        on_word_of=None if own else giver.key,
        channel=act.word.channel,
        given_at=act.now,
    )
    session.add(gift)
    session.flush()
    provenance = Provenance(by=act.by.key, channel=gift.channel, on_word_of=gift.on_word_of)
    entry = NewEntry(
        f"gift:{gift.id}",
        "gift",
        steps.today(bank, act.now),
        [Leg(from_id, to_id, minutes)],
        provenance,
    )
    gift.entry_id = steps.moved(
        bank,
        (giver, receiver),
        act.by,
        lambda: ledger_service.post(session, bank, entry),
    )
    session.flush()
    steps.tell_party(
        session,
        bank,
        receiver,
        letters.gift(_name(giver), minutes, kept),
        act,
        cause=entry.cause,
    )
    return gift


def check_sides(
    session: Session, bank: Bank, from_id: int, to_id: int, *, by: Actor
) -> tuple[Party, Party]:
    """Whose hours a gift would take and whose they would become, when `by` may give it.

    Raises NotFound, SameParty, CannotTakePart, NotAllowed.
    """
    if from_id == to_id:
        raise SameParty
    found = members.parties(session, bank, [from_id, to_id])
    if len(found) < 2:
        raise NotFound(say("There is no such account here."))
    giver, receiver = found[from_id], found[to_id]
    _check_giving(session, bank, giver, receiver, by=by)
    steps.check_taking_part(session, bank, giver)
    steps.check_taking_part(session, bank, receiver)
    return giver, receiver


def take_back(session: Session, bank: Bank, gift_id: int, act: Act, *, undo_minutes: int) -> Gift:
    """Take a gift back: whoever gave it within so many minutes, a broker at any time.

    Raises WrongMoment, TooLate, NotAllowed; PastFloor when the hours have been spent since.
    """
    mine = select(Gift).where(Gift.bank_id == bank.id, Gift.id == gift_id).with_for_update()
    gift = session.execute(mine.execution_options(populate_existing=True)).scalar_one_or_none()
    if gift is None:
        raise NotFound(say("There is no such gift here."))
    if gift.by != act.by.key and not act.by.is_broker:
        raise NotAllowed(say("Only the person who gave this may take it back, or a broker."))
    if gift.reversal_id is not None:
        raise WrongMoment(say("This gift was taken back already."))
    if not act.by.is_broker and act.now > rules.undo_ends(gift.given_at, undo_minutes):
        raise TooLate(
            say(
                "That could be undone for %(undo_minutes)s minutes. Ring your broker: it can still"
                " be taken back.",
                undo_minutes=undo_minutes,
            )
        )
    found = members.parties(session, bank, [gift.from_id, gift.to_id])
    giver, receiver = found[gift.from_id], found[gift.to_id]
    entry_id, on, provenance = (
        cast(int, gift.entry_id),
        steps.today(bank, act.now),
        Provenance(act.by.key),
    )
    gift.reversal_id = steps.moved(
        bank,
        (giver, receiver),
        act.by,
        lambda: ledger_service.reverse(session, bank, entry_id, occurred_on=on, by=provenance),
    )
    session.flush()
    letter = letters.gift_taken_back(_name(giver), gift.minutes)
    steps.tell_party(session, bank, receiver, letter, act, cause=f"gift:{gift.id}:taken_back")
    return gift


def _check_giving(
    session: Session, bank: Bank, giver: Party, receiver: Party, *, by: Actor
) -> None:
    """Who may give whose hours away. Nobody gives somebody else's to themselves."""
    if giver.account_id == by.account_id or by.role == "system":
        return
    if not by.is_broker and giver.account_id not in members.may_act_for(session, bank, by):
        raise NotAllowed(
            say(
                "Those are somebody else’s hours. Only they, those who act for them, and brokers"
                " may give them."
            )
        )
    if receiver.account_id == by.account_id:
        raise NotAllowed(
            say(
                "You would be giving yourself somebody else’s hours. Another broker has to do this."
            )
        )


def _name(giver: Party) -> str | None:
    """Whose gift it is; None for the chest's."""
    return None if giver.kind == "chest" else giver.name
