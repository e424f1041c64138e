"""What the forms of exchanges mean: people by name or number, a day by "today". A form knows who
fills it in and for whom; the services know two accounts and a word."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self, cast

from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Word
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid, together
from timebank.exchanges import rules
from timebank.exchanges.rules import NewGift, NewLog, Proposal
from timebank.ledger import queries as ledger
from timebank.members import queries as members
from timebank.members.errors import WhoIsMeant
from timebank.members.queries import Circle
from timebank.say import say


class Gave(StrEnum):
    """Which of the two whoever the form is filled in for was."""

    GAVE = "gave"
    GOT = "got"


@dataclass(frozen=True)
class People:
    """Those a form is about, as they are written.

    `for_id` is the account it is filled in for, None being the person's own; brokers write instead
    who told them, as `teller`. `who` is the other. Where a name can mean several, `…_id` is the
    account that was chosen. `despite`: why the staff let the two meet who are kept apart.
    """

    who: str = ""
    who_id: int | None = None
    for_id: int | None = None
    teller: str = ""
    teller_id: int | None = None
    despite: str = ""

    @classmethod
    def among(cls, values: Mapping[str, Any]) -> Self:
        """Those of a form's values that are about people, as far as they are right."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names})


@dataclass(frozen=True)
class Written(People):
    """A new exchange as it is written: who gave, what it is, and how the teller's word came."""

    side: str = Gave.GAVE
    title: str = ""
    channel: str = Channel.PHONE
    slip: str | None = None


@dataclass(frozen=True)
class WrittenLog(Written):
    """Hours to be logged. `day` is one of `rules.WhichDay`, `occurred_on` another that is
    written."""

    day: str | None = None
    occurred_on: date | None = None
    minutes: int = 0
    thanks: str = ""
    another: bool = False


@dataclass(frozen=True)
class WrittenProposal(Written):
    """Help to be agreed on first."""

    planned_on: date | None = None


@dataclass(frozen=True)
class WrittenAsk(Written):
    """Help that somebody is asked for, or offered, in one's own words. `when` is a date, "any", or
    "other", which is `planned_on`; `listing_id` is the offer or request that it is about."""

    words: str = ""
    when: str = ""
    planned_on: date | None = None
    listing_id: int | None = None


@dataclass(frozen=True)
class WrittenGift(People):
    """Minutes to be given to somebody, or to the chest."""

    to: str = "somebody"
    minutes: int = 0
    message: str = ""
    decided_by: str | None = None


def log(
    session: Session, bank: Bank, written: WrittenLog, act: Act, *, within: Circle
) -> tuple[NewLog, Act]:
    """What is to be logged, and the act with its word. Raises Invalid for a name that means nobody
    or several, and for a day that is missing."""
    (giver_id, receiver_id), occurred_on = together(
        lambda: sides(session, bank, written, side=written.side, by=act.by, within=within),
        lambda: day(bank, written.day, written.occurred_on, act),
    )
    new = NewLog(
        giver_id=giver_id,
        receiver_id=receiver_id,
        occurred_on=occurred_on,
        minutes=written.minutes,
        title=written.title,
        thanks=written.thanks,
        another=written.another,
    )
    return new, _heard(written, new, act)


def proposal(
    session: Session, bank: Bank, written: WrittenProposal, act: Act, *, within: Circle
) -> tuple[Proposal, Act]:
    """What is to be proposed, and the act with its word. Raises Invalid for a name that means
    nobody or several."""
    giver_id, receiver_id = sides(
        session, bank, written, side=written.side, by=act.by, within=within
    )
    new = Proposal(giver_id, receiver_id, written.title, planned_on=written.planned_on)
    return new, _heard(written, new, act)


def asked(
    session: Session,
    bank: Bank,
    written: WrittenAsk,
    act: Act,
    *,
    account_id: int,
    skill: str | None,
    within: Circle,
) -> tuple[Proposal, Act]:
    """What the holder of this account is asked for, or offered, and the act with its word. Raises
    Invalid for who is telling, where that is nobody or several, and for a day that is missing."""
    own, planned_on = together(
        lambda: _own(session, bank, written, by=act.by, within=within),
        lambda: rules.day_wanted(written.when, written.planned_on),
    )
    title, note = rules.in_short(written.words)
    sides = (own, account_id) if written.side == Gave.GAVE else (account_id, own)
    new = Proposal(*sides, title, skill, planned_on, note)
    return new, _heard(written, new, act)


def gift(
    session: Session,
    bank: Bank,
    written: WrittenGift,
    *,
    by: Actor,
    from_chest: bool,
    within: Circle,
) -> NewGift:
    """What is to be given, `from_chest` or from the account the form is filled in for. Raises
    Invalid for a name that means nobody or several."""
    from_id, to_id = gift_sides(
        session, bank, written, to=written.to, by=by, from_chest=from_chest, within=within
    )
    return NewGift(from_id, to_id, written.minutes, written.message, written.decided_by)


def sides(
    session: Session, bank: Bank, people: People, *, side: str, by: Actor, within: Circle
) -> tuple[int, int]:
    """The accounts of giver and receiver, where `side` says which of them the form is filled in
    for. Raises Invalid for whoever of them means nobody, or several."""
    own, other = together(
        lambda: _own(session, bank, people, by=by, within=within),
        lambda: _other(session, bank, people, within=within),
    )
    return (own, other) if side == Gave.GAVE else (other, own)


def gift_sides(
    session: Session,
    bank: Bank,
    people: People,
    *,
    to: str,
    by: Actor,
    from_chest: bool,
    within: Circle,
) -> tuple[int, int]:
    """The accounts a gift goes from and to. Raises Invalid for a name that means nobody, or
    several, and for somebody beside the chest."""
    chest = ledger.chest(session, bank).id

    def receiver() -> int:
        if to != "chest":
            return _other(session, bank, people, within=within)
        if people.who or people.who_id:
            words = say("You chose the chest and somebody besides. Choose one of the two.")
            raise Invalid.on("to", words)
        return chest

    return together(lambda: chest if from_chest else _whose(session, bank, people, by), receiver)


def day(bank: Bank, choice: str | None, another: date | None, act: Act) -> date:
    """The day that is meant, where the bank is. Raises Invalid as
    `rules.day_meant` does."""
    return rules.day_meant(choice, another, today=local_date(act.now, bank.timezone))


def _own(session: Session, bank: Bank, people: People, *, by: Actor, within: Circle) -> int:
    """The account on whose behalf the form is filled in."""
    if by.is_broker and people.teller:
        pick = ("teller_id", people.teller_id)
        party = members.named(
            session, bank, people.teller, field="teller", within=within, pick=pick
        )
        return party.account_id
    return _whose(session, bank, people, by)


def _whose(session: Session, bank: Bank, people: People, by: Actor) -> int:
    """The account that was chosen; the person's own where they act for nobody else. Raises
    Invalid."""
    if people.for_id is not None:
        return people.for_id
    if len(members.may_act_for(session, bank, by)) > 1:
        raise Invalid.on("for_id", say("Choose whose hours these are."))
    # Whoever fills in a form has an account.
    return cast(int, by.account_id)


def _other(session: Session, bank: Bank, people: People, *, within: Circle) -> int:
    """Whoever was chosen of those offered, or is named. One who is chosen and another who is named
    are a question."""
    chosen = members.found(session, bank, people.who_id, within=within) if people.who_id else None
    if not people.who and within.staff:
        raise WhoIsMeant(say("Write the name or the member number."), "who")
    if not people.who:
        if chosen is None:
            raise WhoIsMeant(say("Choose somebody, or write the name of somebody else."), "who")
        return chosen.account_id
    pick = ("who_id", people.who_id)
    party = members.named(session, bank, people.who, field="who", within=within, pick=pick)
    if chosen is not None and chosen.account_id != party.account_id:
        words = say(
            "You chose %(name)s and wrote “%(text)s”. Choose again, or empty the other.",
            name=chosen.name,
            text=people.who,
        )
        raise WhoIsMeant(words, "who_id")
    return party.account_id


def _heard(written: Written, new: NewLog | Proposal, act: Act) -> Act:
    """The act, on the word of whoever the form is filled in for."""
    own = new.giver_id if written.side == Gave.GAVE else new.receiver_id
    if act.by.is_broker and written.teller:
        word = Word(Channel(written.channel), own, written.slip, written.despite)
    else:
        on_word_of = None if own == act.by.account_id else own
        word = Word(on_word_of=on_word_of, despite=written.despite)
    return replace(act, word=word)
