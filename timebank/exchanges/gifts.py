"""Gifts of hours: given and taken back. The caller commits. They are no exchange of help, and move
at once."""

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Role
from timebank.banks.models import Bank
from timebank.base import held
from timebank.errors import Invalid, NotAllowed, NotFound, together
from timebank.exchanges import letters, queries, rules, steps
from timebank.exchanges.errors import SameParty, TooLate, WrongMoment
from timebank.exchanges.models import Gift
from timebank.exchanges.rules import NewGift
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import (
    InterventionKind,
    Leg,
    NewEntry,
    Provenance,
    Reason,
    said_why,
)
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.say import count, say

WHY_BACK = say("Write why this gift is taken back: coordinators can read it.")


def give(session: Session, bank: Bank, new: NewGift, act: Act) -> Gift:
    """Give hours from one account to another: a member's, an organisation's, a group's or the
    chest.

    The chest's own are given by brokers. They are a grant, of which everybody in the bank can read
    who decided and why. Raises Invalid, SameParty, CannotTakePart, NotAllowed; PastFloor and
    PastCeiling from the ledger.
    """
    rules.check_word(act.word, role=act.by.role)
    chest = ledger.chest(session, bank)
    _, (message, decided_by), (giver, receiver) = together(
        lambda: rules.check_gift(new.minutes, rounding=bank.rounding),
        lambda: rules.gift_words(new.message, new.decided_by, from_chest=new.from_id == chest.id),
        lambda: check_sides(session, bank, new.from_id, new.to_id, by=act.by),
    )
    apart = meeting.insist(session, bank, giver, receiver, act)
    gift = Gift(
        bank_id=bank.id,
        from_id=new.from_id,
        to_id=new.to_id,
        minutes=new.minutes,
        message=message,
        decided_by=decided_by,
        by=act.by.key,
        on_word_of=None if giver.account_id == act.by.account_id else giver.key,
        channel=_channel(session, bank, giver, act),
        given_at=act.now,
    )
    session.add(gift)
    session.flush()
    provenance = Provenance(by=act.by.key, channel=gift.channel, on_word_of=gift.on_word_of)
    entry = NewEntry(
        f"gift:{gift.id}",
        "gift",
        steps.today(bank, act.now),
        [Leg(new.from_id, new.to_id, new.minutes)],
        provenance,
    )
    meeting.record(session, bank, apart, act, what=entry.cause)
    entry_id = steps.moved(
        bank,
        (giver, receiver),
        act.by,
        lambda: ledger_service.post(session, bank, entry),
    )
    if new.from_id == chest.id:
        reason = Reason(InterventionKind.GRANT, entry.cause, message)
        ledger_service.intervene(session, bank, [(reason, entry_id)], by=act.by.key)
    gift.entry_id = entry_id
    session.flush()
    letter = letters.gift(_name(giver), new.minutes, message)
    steps.tell_party(session, bank, receiver, letter, act, cause=entry.cause)
    return gift


def _channel(session: Session, bank: Bank, giver: Party, act: Act) -> Channel:
    """How the word for a gift came, as it is recorded: one's own, or of those one acts for, always
    by the web (see `rules.as_heard`)."""
    if act.by.role == Role.SYSTEM or act.word.channel == Channel.WEB:
        return act.word.channel
    own = giver.kind == "chest" or giver.account_id in members.may_act_for(session, bank, act.by)
    return Channel.WEB if own else act.word.channel


def check_sides(
    session: Session, bank: Bank, from_id: int, to_id: int, *, by: Actor
) -> tuple[Party, Party]:
    """Whose hours a gift would take and whose they would become, when `by` may give it.

    Raises NotFound, SameParty, CannotTakePart, NotAllowed.
    """
    if from_id == to_id:
        raise SameParty
    parties = members.parties(session, bank, [from_id, to_id])
    if len(parties) < 2:
        raise NotFound(say("There is no such account here."))
    giver, receiver = parties[from_id], parties[to_id]
    _check_giving(session, bank, giver, receiver, by=by)
    steps.check_taking_part(session, bank, giver, by=by)
    steps.check_taking_part(session, bank, receiver, by=by)
    return giver, receiver


def check_gift(session: Session, bank: Bank, new: NewGift, act: Act) -> None:
    """Raise what stands in the way of a gift between these two, and write nothing: for a page on
    which it is looked over first."""
    giver, receiver = check_sides(session, bank, new.from_id, new.to_id, by=act.by)
    meeting.insist(session, bank, giver, receiver, act)
    # Without a hold: whoever gives at the same time is met by the ledger itself.
    accounts = ledger.accounts(session, bank, [new.from_id, new.to_id])
    floor, ceiling = accounts[new.from_id].floor, accounts[new.to_id].ceiling
    if floor is not None and accounts[new.from_id].balance - new.minutes < floor:
        raise Invalid.on("minutes", steps.past_floor(bank, giver, act.by))
    if ceiling is not None and accounts[new.to_id].balance + new.minutes > ceiling:
        raise Invalid.on("minutes", steps.past_ceiling(bank, receiver, act.by))


def take_back(
    session: Session, bank: Bank, gift_id: int, act: Act, *, undo_minutes: int, why: str = ""
) -> Gift:
    """Take a gift back: whoever gave it within so many minutes, a broker at any time, and says why.

    Raises WrongMoment, TooLate, NotAllowed, Invalid; PastFloor when the hours have been spent
    since.
    """
    session.execute(held(select(Gift).where(Gift.bank_id == bank.id, Gift.id == gift_id)))
    gift, own = check_back(session, bank, gift_id, act, undo_minutes=undo_minutes)
    parties = members.parties(session, bank, [gift.from_id, gift.to_id])
    giver, receiver = parties[gift.from_id], parties[gift.to_id]
    if not act.by.is_broker:
        meeting.insist(session, bank, giver, receiver, act)
    of = f"gift:{gift.id}"
    reason = (
        Reason(InterventionKind.UNDO, of)
        if own
        else Reason(InterventionKind.REVERSAL, of, said_why(why, WHY_BACK))
    )
    entry_id, today = cast(int, gift.entry_id), steps.today(bank, act.now)
    provenance = Provenance(by=act.by.key, channel=Channel.WEB)
    gift.reversal_id = steps.moved(
        bank,
        (giver, receiver),
        act.by,
        lambda: ledger_service.reverse(
            session, bank, entry_id, occurred_on=today, by=provenance, reason=reason
        ),
    )
    session.flush()
    letter = letters.gift_taken_back(_name(giver), gift.minutes)
    steps.tell_party(session, bank, receiver, letter, act, cause=f"{of}:taken_back")
    return gift


def check_back(
    session: Session, bank: Bank, gift_id: int, act: Act, *, undo_minutes: int
) -> tuple[Gift, bool]:
    """The gift, if it may be taken back by whoever asks, and whether that undoes what they did
    themselves just now. Raises NotFound, WrongMoment, TooLate, NotAllowed."""
    gift = queries.gift(session, bank, gift_id)
    if gift.by != act.by.key and not act.by.is_broker:
        raise NotAllowed(say("Only the person who gave this may take it back, or a broker."))
    if gift.reversal_id is not None:
        raise WrongMoment(say("This gift was taken back already."))
    in_time = act.now <= rules.undo_ends(gift.given_at, undo_minutes)
    if not act.by.is_broker and not in_time:
        raise TooLate(
            count(
                "That could be undone for %(n)s minute. Ring your broker: it can still be taken"
                " back.",
                "That could be undone for %(n)s minutes. Ring your broker: it can still be taken"
                " back.",
                undo_minutes,
            )
        )
    return gift, in_time and gift.by == act.by.key


def _check_giving(
    session: Session, bank: Bank, giver: Party, receiver: Party, *, by: Actor
) -> None:
    """Who may give whose hours away. Nobody gives somebody else's to themselves."""
    if giver.account_id == by.account_id or by.role == Role.SYSTEM:
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
    """Whose gift it is; None: the community chest's."""
    return None if giver.kind == "chest" else giver.name
