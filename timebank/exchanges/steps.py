"""How a step is taken: the exchange locked, the decision made, the step recorded, the others told.
Used by the services."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from sqlalchemy import bindparam, insert, inspect, select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Role, Word
from timebank.banks.models import Bank
from timebank.banks.rules import whom_to_ring
from timebank.base import table_of
from timebank.clock import local_date
from timebank.errors import NotFound
from timebank.exchanges import queries, rules
from timebank.exchanges.errors import PastCeiling, PastFloor, SameParty, WrongMoment
from timebank.exchanges.models import Exchange, Step
from timebank.exchanges.queries import Last, Shown, Sides
from timebank.exchanges.rules import AWAITING, Action, Case, Side, StepKind
from timebank.ledger.errors import AboveCeiling, AccountClosed, BelowFloor
from timebank.ledger.rules import Provenance
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.acts import tell
from timebank.members.errors import CannotTakePart
from timebank.members.meeting import Pair
from timebank.members.queries import Party
from timebank.members.rules import HOLDERS
from timebank.notices import service as notices_service
from timebank.notices.rules import Letter, NewNotice
from timebank.say import Said, say

# Put together once: every step needs them, and composing them costs more than answering them.
_LOCKED = (
    select(Exchange, Bank)
    .join(Bank, Bank.id == Exchange.bank_id)
    .where(Exchange.bank_id == bindparam("bank"), Exchange.id == bindparam("exchange"))
    .with_for_update(of=Exchange)
    .execution_options(populate_existing=True)
)
_STEP = insert(table_of(Step)).returning(table_of(Step).c.id)

_SAY_HOW_MUCH = (StepKind.LOGGED, *rules.CONFIRMING)
"""The steps that keep the minutes and the day they said, which later steps may put right."""


@dataclass(frozen=True)
class Turn:
    """A step being taken: where it leads, whose it is, and who takes it when. The act's word is how
    the word came, as it is recorded.

    `side` is None where a broker takes it on nobody's word. `entry_id` is the entry of the step,
    where hours move by it. `apart`: who is kept apart from whom of the two, where the staff let
    them meet. `times_moved`: how often hours have moved before.
    """

    giver: Party
    receiver: Party
    after: rules.Status
    side: Side | None
    act: Act
    apart: Sequence[Pair] = ()
    entry_id: int | None = None
    times_moved: int = 0

    def party(self, side: Side) -> Party:
        return self.giver if side == Side.GIVER else self.receiver

    def name(self, side: Side | None) -> str:
        """What that side is called; without a side, who takes the step."""
        return self.party(side).name if side else self.act.by.name

    def through(self, channel: Channel) -> "Turn":
        """The same step, its word having come through another channel."""
        word = replace(self.act.word, channel=channel, on_word_of=None, slip=None)
        return replace(self, act=replace(self.act, word=word))

    @property
    def spoken_for(self) -> Side:
        """The side, for steps that are always somebody's."""
        return cast(Side, self.side)

    @property
    def on_word_of(self) -> str | None:
        """The key of whoever's word this is, unless it is the person's own."""
        party = self.party(self.side) if self.side else None
        return None if party is None or party.account_id == self.act.by.account_id else party.key

    def shown(self, exchange: Exchange) -> Shown:
        """The exchange with the sides whose turn this is."""
        return Shown(exchange, self.giver, self.receiver)

    @property
    def provenance(self) -> Provenance:
        return Provenance(
            by=self.act.by.key, channel=self.act.word.channel, on_word_of=self.on_word_of
        )


def begin(
    session: Session, bank: Bank, action: Action, giver_id: int, receiver_id: int, act: Act
) -> Turn:
    """The first step of a new exchange. Raises NotFound, SameParty, CannotTakePart, WordNeeded,
    NotAllowed."""
    rules.check_word(act.word, role=act.by.role)
    if giver_id == receiver_id:
        raise SameParty
    sides = queries.sides(session, bank, (giver_id, receiver_id), by=act.by)
    if sides.giver.kind == "chest":
        raise CannotTakePart(
            say(
                "The chest holds hours; it cannot help anybody. To pass some on, make a gift"
                " from it."
            )
        )
    turn = _turn(action, queries.case_of_new(sides), sides, act)
    for party in (sides.giver, sides.receiver):
        check_taking_part(session, bank, party, by=act.by)
    if sides.may_be_apart:
        apart = meeting.insist(session, bank, sides.giver, sides.receiver, act)
        turn = replace(turn, apart=apart)
    return turn


def take(
    session: Session, bank: Bank, exchange_id: int, action: Action, act: Act
) -> tuple[Exchange, Turn]:
    """Lock an exchange and decide whether the action may be taken, and on whose word it is.

    Whoever comes second waits here for whoever came first, and then sees what they did. Raises
    NotFound, WrongMoment, and what `rules.speaker` raises.
    """
    rules.check_word(act.word, role=act.by.role)
    exchange = locked(session, bank, exchange_id)
    sides = queries.sides(
        session, bank, (exchange.giver_id, exchange.receiver_id), by=act.by, exchange_id=exchange.id
    )
    case = queries.case(bank, Shown(exchange, sides.giver, sides.receiver), now=act.now)
    # Before anything is said of the exchange, for that names the other. The staff may part two who
    # are kept apart without saying why.
    apart: Sequence[Pair] = ()
    meets = action not in rules.PARTING if act.by.is_broker else sides.relation.sides
    if sides.may_be_apart and meets:
        apart = meeting.insist(session, bank, sides.giver, sides.receiver, act)
    try:
        turn = _turn(action, case, sides, act)
    except WrongMoment as refusal:
        raise _by_whom(session, bank, refusal, sides.last) from refusal
    return exchange, replace(turn, apart=apart)


def _turn(action: Action, case: Case, sides: Sides, act: Act) -> Turn:
    """The decision on whose behalf an action is taken, and how the word for it came. Raises what
    `rules.speaker` raises; NotFound for the word of somebody who is no side."""
    word, by = act.word, act.by
    side = rules.speaker(action, case, sides.relation, _side_of(word, sides.giver, sides.receiver))
    if by.role != Role.SYSTEM:
        word = rules.as_heard(word, side, sides.relation)
    after = rules.TRANSITIONS[action, case.status].after
    provenance = Act(by, act.now, word)
    return Turn(sides.giver, sides.receiver, after, side, provenance, times_moved=sides.times_moved)


def locked(session: Session, bank: Bank, exchange_id: int) -> Exchange:
    """The exchange as it is now, held until this transaction ends. (SQLite's one writer holds
    everything anyway.)

    The bank's rules come with it, as they are now: a new transaction would read them again by a
    question of their own.
    """
    (bank_id,) = inspect(bank).identity or (bank.id,)
    exchange = session.execute(
        _LOCKED, {"bank": bank_id, "exchange": exchange_id}
    ).scalar_one_or_none()
    if exchange is None:
        raise NotFound(say("There is no such exchange here."))
    return exchange


def record(
    session: Session,
    bank: Bank,
    exchange: Exchange,
    kind: StepKind,
    turn: Turn,
    *,
    note: str = "",
) -> int:
    """Move the exchange to where the step leads, and keep who took it, on whose word, how and when.
    Returns the step's id."""
    exchange.status = turn.after
    if turn.after not in AWAITING:
        exchange.waiting_for = None
    if turn.after != rules.Status.DISPUTED:
        exchange.thought_minutes = None
    session.flush()
    minutes = exchange.minutes if kind in _SAY_HOW_MUCH else None
    if kind == StepKind.DISPUTED:
        minutes = exchange.thought_minutes
    row = {
        "bank_id": exchange.bank_id,
        "exchange_id": exchange.id,
        "step": kind,
        "by": turn.act.by.key,
        "on_word_of": turn.on_word_of,
        "channel": turn.act.word.channel,
        "minutes": minutes,
        "occurred_on": exchange.occurred_on if minutes else None,
        "entry_id": turn.entry_id,
        "note": note,
        "at": turn.act.now,
    }
    meeting.record(session, bank, turn.apart, turn.act, what=f"exchange:{exchange.id}")
    return session.execute(_STEP, row).scalar_one()


def heard(session: Session, bank: Bank, exchange: Exchange, turn: Turn) -> None:
    """Whoever gave a broker their word has been spoken with, and need not be rung any more about
    this exchange."""
    if turn.side is None or turn.on_word_of is None or not turn.act.by.is_broker:
        return
    for member_id in members.speakers(session, bank, turn.party(turn.side)):
        notices_service.mark_told_about(
            session,
            bank,
            f"member:{member_id}",
            f"exchange:{exchange.id}",
            by=turn.act.by,
            now=turn.act.now,
        )


def tell_sides(
    session: Session,
    bank: Bank,
    turn: Turn,
    sides: Iterable[Side],
    letter: Callable[[Side, str], Letter],
    *,
    cause: str,
    about: int,
    worth_a_call: bool = True,
) -> None:
    """Tell these sides, each of the other by name: `letter(to, who)` is what `to` reads about
    `who`, and what it asks is asked about the step `about`.

    The side whose word has just been taken is not worth a call.
    """
    for side in sides:
        tell_party(
            session,
            bank,
            turn.party(side),
            letter(side, turn.party(rules.other(side)).name),
            turn.act,
            cause=cause,
            about=about,
            worth_a_call=worth_a_call and side != turn.side,
        )


def tell_party(
    session: Session,
    bank: Bank,
    party: Party,
    letter: Letter,
    act: Act,
    *,
    cause: str,
    about: int | None = None,
    worth_a_call: bool = True,
) -> None:
    """Tell the members who speak for a party, `members.speakers`; not whoever is doing it, unless
    by a link, behind which is no page that says so. What the letter asks is asked `about` the thing
    with that id.

    Without `worth_a_call` only those whom e-mail or a text reaches.
    """
    for member_id in members.speakers(session, bank, party):
        if member_id != act.by.member_id or act.word.channel == Channel.LINK:
            notice = NewNotice(
                letter, cause, worth_a_call=worth_a_call, about=about, to_helpers=True
            )
            tell(session, bank, member_id, notice, now=act.now)


def tell_brokers(
    session: Session,
    bank: Bank,
    letter: Letter,
    act: Act,
    *,
    cause: str,
    about: int,
    but: int | None = None,
    worth_a_call: bool = False,
) -> None:
    """Tell the staff whom e-mail or a text reaches, `by` and the member `but` left out. What the
    letter asks is asked `about` the thing with that id.

    Nobody is asked to ring a broker where what there is to do is on their desk anyway:
    `worth_a_call` says that it is not.
    """
    for member in members.staff(session, bank):
        if member.id not in (act.by.member_id, but):
            notice = NewNotice(letter, cause, worth_a_call=worth_a_call, about=about)
            tell(session, bank, member.id, notice, now=act.now)


def moved(bank: Bank, parties: Iterable[Party], by: Actor, write: Callable[[], int]) -> int:
    """The entry that `write` makes, with the ledger's refusals said about people.

    Raises PastFloor, PastCeiling, CannotTakePart.
    """
    whose = {party.account_id: party for party in parties}
    try:
        return write()
    except BelowFloor as refusal:
        raise PastFloor(refusal, past_floor(bank, whose[refusal.account_id], by)) from refusal
    except AboveCeiling as refusal:
        raise PastCeiling(refusal, past_ceiling(bank, whose[refusal.account_id], by)) from refusal
    except AccountClosed as refusal:
        raise CannotTakePart(
            say(
                "The account of %(name)s is closed, so no hours can move. Speak to %(broker)s.",
                name=whose[refusal.account_id].name,
                broker=whom_to_ring(bank.contact_name),
            )
        ) from refusal


def past_floor(bank: Bank, party: Party, by: Actor) -> Said:
    """That the party's account would go below what it may."""
    ring = whom_to_ring(bank.contact_name)
    if party.kind == "chest":
        return say(
            "The chest does not hold that much. Somebody has to give to it first; speak to"
            " %(broker)s.",
            broker=ring,
        )
    if party.account_id == by.account_id:
        return say(
            "That would take you past what your account allows. Give an hour, ask for a gift from"
            " the chest, or speak to %(broker)s.",
            broker=ring,
        )
    return say(
        "That would take %(name)s past what the account allows. Giving an hour would help, or a"
        " gift from the chest; or speak to %(broker)s.",
        name=party.name,
        broker=ring,
    )


def past_ceiling(bank: Bank, party: Party, by: Actor) -> Said:
    """That the party's account would hold more than it may."""
    ring = whom_to_ring(bank.contact_name)
    if party.account_id == by.account_id:
        return say(
            "That is more than your account may hold. Spend an hour or give one away first, or"
            " speak to %(broker)s.",
            broker=ring,
        )
    return say(
        "That is more than the account of %(name)s may hold. Spend an hour or give one away first,"
        " or speak to %(broker)s.",
        name=party.name,
        broker=ring,
    )


def check_taking_part(session: Session, bank: Bank, party: Party, *, by: Actor) -> None:
    """Raises CannotTakePart for a party that can begin nothing new. That somebody else pauses is
    told to the staff alone."""
    if party.closed or party.kind not in (*HOLDERS, "chest"):
        raise CannotTakePart(
            say("%(name)s no longer takes part in the time bank.", name=party.name)
        )
    if (
        party.member_id is not None
        and members.member(session, bank, party.member_id).status != "active"
    ):
        if not by.is_broker and party.account_id != by.account_id:
            raise CannotTakePart(meeting.not_just_now(bank))
        raise CannotTakePart(
            say(
                "%(name)s is taking a break from the time bank. A broker can end it.",
                name=party.name,
            )
        )


def figures(exchange: Exchange) -> tuple[int, date]:
    """The minutes and the day of an exchange that has been logged."""
    return cast(int, exchange.minutes), cast(date, exchange.occurred_on)


def today(bank: Bank, now: datetime) -> date:
    """The date where the bank is."""
    return local_date(now, bank.timezone)


def _side_of(word: Word, giver: Party, receiver: Party) -> Side | None:
    """The side whose word it is said to be. Raises NotFound for somebody who is no party to
    this."""
    if word.on_word_of is None:
        return None
    side = queries.side_of(word.on_word_of, giver, receiver)
    if side is None:
        raise NotFound(say("That is neither of the two whose exchange this is."))
    return side


def _by_whom(session: Session, bank: Bank, refusal: WrongMoment, last: Last | None) -> WrongMoment:
    """The refusal with who was faster, for somebody whose page had been open for a while."""
    if last is None:
        return refusal
    name = members.who(session, bank, [last.by]).get(last.by, members.ITSELF)
    return WrongMoment(
        # Translators: a sentence on how the exchange stands comes first.
        say(
            "%(status)s The last step was entered by %(name)s on %(day)s.",
            status=refusal.message,
            name=name,
            day=local_date(last.at, bank.timezone),
        )
    )
