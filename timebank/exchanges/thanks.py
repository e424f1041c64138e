"""Thanks that all members may read: the words that stand with an exchange, once both of its sides
have said that they may be shown. The caller commits.

What was said counts for those words alone: where they are written anew, nobody has said anything
of them yet.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel
from timebank.banks.models import Bank
from timebank.base import table_of
from timebank.errors import NotAllowed
from timebank.exchanges import queries, rules, steps
from timebank.exchanges.errors import WrongMoment
from timebank.exchanges.models import Exchange, Step, Thanks
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import SIDES, Side, Status, StepKind
from timebank.members import meeting
from timebank.members.queries import Party
from timebank.say import say


@dataclass(frozen=True)
class Consent:
    """Which sides have said that the thanks of an exchange may be shown, and for which sides `by`
    may say so."""

    given: frozenset[Side] = frozenset()
    sides: frozenset[Side] = frozenset()

    @property
    def own(self) -> bool:
        """Whether `by` has said so."""
        return bool(self.given & self.sides)

    @property
    def both(self) -> bool:
        """Whether they are shown."""
        return self.given == frozenset(SIDES)


@dataclass(frozen=True)
class Thanked:
    """Thanks that are shown: who says them, to whom, and on which day the help was given."""

    id: int
    words: str
    by: Party
    to: Party
    on: date


def consent(session: Session, bank: Bank, shown: Shown, sides: frozenset[Side]) -> Consent:
    """How it stands with the thanks of an exchange, for somebody who speaks for these `sides`."""
    if not _may_be_shown(shown):
        return Consent()
    row = _row(session, bank, shown.exchange)
    given = frozenset(side for side in SIDES if row is not None and _said(row, side))
    return Consent(given, sides)


def let_show(session: Session, bank: Bank, exchange_id: int, act: Act) -> Consent:
    """Say that the thanks may be shown, for one's own side or for those one acts for. A second time
    changes nothing.

    Raises NotFound, NotAllowed for who is no side; WrongMoment where there are no thanks, or the
    hours have not moved.
    """
    shown, sides = _as_side(session, bank, exchange_id, act.by)
    if not _may_be_shown(shown):
        raise WrongMoment(say("There are no thanks here that could be shown."))
    exchange = steps.locked(session, bank, exchange_id)
    row = _row(session, bank, exchange)
    if row is None:
        _forget(session, bank, exchange)
        row = Thanks(
            exchange_id=exchange.id,
            bank_id=bank.id,
            thanked=_thanked(session, bank, shown),
            words=exchange.thanks,
        )
    for side in sides:
        if not _said(row, side):
            setattr(row, f"{side}_at", act.now)
    session.add(row)
    session.flush()
    return consent(session, bank, shown, sides)


def hide(session: Session, bank: Bank, exchange_id: int, act: Act) -> Consent:
    """Take that back: they are shown no more. Raises NotFound, NotAllowed for who is no side."""
    shown, sides = _as_side(session, bank, exchange_id, act.by)
    row = _row(session, bank, steps.locked(session, bank, exchange_id))
    if row is not None:
        rest = [side for side in SIDES if side not in sides and _said(row, side)]
        if rest:
            for side in sides:
                setattr(row, f"{side}_at", None)
        else:
            session.delete(row)
        session.flush()
    return consent(session, bank, shown, sides)


def wall(
    session: Session,
    bank: Bank,
    *,
    by: Actor,
    to: int | None = None,
    before: int | None = None,
    limit: int = 20,
) -> list[Thanked]:
    """Up to `limit + 1` thanks that are shown, the newest first, those before the exchange
    `before`; with `to`, those said to this account. `by` is who reads them: nothing is shown of
    anybody who is kept apart from them, nor between two who are kept apart."""
    columns = table_of(Exchange).c
    wanted = [
        Thanks.giver_at.is_not(None),
        Thanks.receiver_at.is_not(None),
        Exchange.status == Status.CONFIRMED,
        ~meeting.are_apart(bank, columns.giver_id, columns.receiver_id),
    ]
    hidden = meeting.hidden_from(bank, by)
    if hidden is not None:
        wanted += [Exchange.giver_id.not_in(hidden), Exchange.receiver_id.not_in(hidden)]
    if to is not None:
        given = (Thanks.thanked == Side.GIVER) & (Exchange.giver_id == to)
        wanted.append(given | ((Thanks.thanked == Side.RECEIVER) & (Exchange.receiver_id == to)))
    if before is not None:
        wanted.append(Exchange.id < before)
    statement = (
        queries.SHOWN.add_columns(Thanks.words, Thanks.thanked)
        .join(Thanks, queries.SAID)
        .where(Exchange.bank_id == bank.id, *wanted)
    )
    rows = session.execute(statement.order_by(Exchange.id.desc()).limit(limit + 1))
    return [_as_shown(Shown(*sides), words, thanked) for *sides, words, thanked in rows]


def _as_shown(shown: Shown, words: str, thanked: Side) -> Thanked:
    _, on = steps.figures(shown.exchange)
    by = shown.party(rules.other(thanked))
    return Thanked(shown.id, words, by, shown.party(thanked), on)


def _as_side(
    session: Session, bank: Bank, exchange_id: int, by: Actor
) -> tuple[Shown, frozenset[Side]]:
    """The exchange, and the sides that `by` speaks for: their own where they are one."""
    seen = queries.seen(session, bank, exchange_id, by=by)
    if not seen.relation.foremost:
        raise NotAllowed(say("Only the two of them, and those who act for them, may say that."))
    return seen.shown, seen.relation.foremost


def _may_be_shown(shown: Shown) -> bool:
    """Whether there are thanks of two who have a word of their own, and the hours have moved."""
    chest = "chest" in (shown.giver.kind, shown.receiver.kind)
    return bool(shown.exchange.thanks) and shown.exchange.status == Status.CONFIRMED and not chest


def _row(session: Session, bank: Bank, exchange: Exchange) -> Thanks | None:
    """What has been said of the thanks as they stand now."""
    these = (Thanks.bank_id == bank.id, Thanks.exchange_id == exchange.id)
    words = Thanks.words == exchange.thanks
    return session.execute(select(Thanks).where(*these, words)).scalar_one_or_none()


def _forget(session: Session, bank: Bank, exchange: Exchange) -> None:
    """Erase what was said of other words."""
    these = (Thanks.bank_id == bank.id, Thanks.exchange_id == exchange.id)
    session.execute(delete(Thanks).where(*these))


def _said(row: Thanks, side: Side) -> bool:
    return (row.giver_at if side == Side.GIVER else row.receiver_at) is not None


def _thanked(session: Session, bank: Bank, shown: Shown) -> Side:
    """Whom the thanks are said to: whoever gave the help, unless they wrote them down themselves.
    What is on a slip both have signed, and thanks are said by whoever was helped."""
    last = (
        session.execute(
            select(Step)
            .where(
                Step.bank_id == bank.id,
                Step.exchange_id == shown.id,
                Step.step == StepKind.LOGGED,
            )
            .order_by(Step.id.desc())
            .limit(1)
        )
        .scalars()
        .first()
    )
    gave = (
        last is not None
        and last.channel != Channel.PAPER
        and (last.on_word_of or last.by) == shown.giver.key
    )
    return Side.RECEIVER if gave else Side.GIVER
