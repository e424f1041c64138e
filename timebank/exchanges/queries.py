"""Reading exchanges and gifts. Parties are shown by name; amounts are minutes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from timebank.act import Act, Actor, Channel
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import Some, one_or_refuse, some_of_each, table_of
from timebank.errors import NotFound
from timebank.exchanges import rules, words
from timebank.exchanges.models import Exchange, Gift, Step, Thanks
from timebank.exchanges.rules import NEW, Action, Case, Offer, Relation, Side, Status, StepKind
from timebank.ledger import queries as ledger
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.room import Near
from timebank.say import Said, say

Accounts = Collection[int] | Select[Any]
"""Accounts by their ids, or a query that finds them; None, where that may be said, means all of the
bank."""


@dataclass(frozen=True)
class Shown:
    """An exchange with its two sides by name."""

    exchange: Exchange
    giver: Party
    receiver: Party

    @property
    def id(self) -> int:
        return self.exchange.id

    def party(self, side: Side) -> Party:
        return self.giver if side == Side.GIVER else self.receiver

    def standing(self, reader_id: int | None) -> Said:
        """Where it stands, and whose word it waits for, as the reader with this account sees it."""
        status, awaited = self.exchange.status, self.awaited
        if awaited is None:
            return words.HOW_IT_STANDS[status]
        return words.waits(status, None if awaited.account_id == reader_id else awaited.name)

    @property
    def awaited(self) -> Party | None:
        """Whose word is awaited."""
        side = self.exchange.waiting_for
        return None if side is None else self.party(side)

    def other(self, account_id: int) -> Party:
        """Who stands across from this account."""
        return self.receiver if account_id == self.giver.account_id else self.giver

    def side(self, account_id: int | None) -> Side | None:
        """The side this account is on, if it is on one."""
        return side_of(account_id, self.giver, self.receiver)


def side_of(account_id: int | None, giver: Party, receiver: Party) -> Side | None:
    """The side an account is on, between these two."""
    if account_id == giver.account_id:
        return Side.GIVER
    return Side.RECEIVER if account_id == receiver.account_id else None


@dataclass(frozen=True)
class StepTaken:
    """A step that was taken, with people by their names. `on_word_of` is empty where somebody spoke
    for themselves."""

    step: StepKind
    at: datetime
    by: str | Said
    on_word_of: str | Said
    channel: Channel
    minutes: int | None
    occurred_on: date | None
    entry_id: int | None
    note: str

    @property
    def title(self) -> Said:
        return words.STEPS[self.step]

    @property
    def came(self) -> Said | None:
        """How the word came, where that is worth saying."""
        return words.CAME.get(self.channel)


def exchange(session: Session, bank: Bank, exchange_id: int) -> Exchange:
    """Raises NotFound when the bank has no such exchange."""
    statement = select(Exchange).where(Exchange.bank_id == bank.id, Exchange.id == exchange_id)
    return one_or_refuse(session, statement, _NO_SUCH_EXCHANGE)


def shown(session: Session, bank: Bank, exchanges: Sequence[Exchange]) -> list[Shown]:
    """The exchanges with their sides by name."""
    if not exchanges:
        return []
    account_ids = {
        account_id for row in exchanges for account_id in (row.giver_id, row.receiver_id)
    }
    parties = members.parties(session, bank, account_ids)
    return [Shown(row, parties[row.giver_id], parties[row.receiver_id]) for row in exchanges]


def finished_by(
    session: Session, bank: Bank, by: str, *, since: datetime
) -> list[tuple[Shown, Step]]:
    """What somebody confirmed or settled since that instant, each with their step, as far as it is
    the last that was taken."""
    later = aliased(Step)
    goes_on = exists().where(
        later.bank_id == bank.id, later.exchange_id == Step.exchange_id, later.id > Step.id
    )
    own = select(Step).where(
        Step.bank_id == bank.id,
        Step.by == by,
        Step.at >= since,
        Step.step.in_((*rules.CONFIRMING, StepKind.DISMISSED)),
        ~goes_on,
    )
    steps = {step.exchange_id: step for step in session.execute(own).scalars()}
    rows = session.execute(select(Exchange).where(Exchange.id.in_(steps))).scalars().all()
    return [(one, steps[one.exchange.id]) for one in shown(session, bank, rows)]


_GIVER, _RECEIVER = members.Holder(), members.Holder()
SHOWN = (
    select(Exchange, _GIVER.party, _RECEIVER.party)
    .join(_GIVER.rows, _GIVER.of(Exchange.bank_id, Exchange.giver_id))
    .join(_RECEIVER.rows, _RECEIVER.of(Exchange.bank_id, Exchange.receiver_id))
)
"""What `Shown` holds, for questions about a few exchanges."""

SAID = and_(
    Thanks.bank_id == Exchange.bank_id,
    Thanks.exchange_id == Exchange.id,
    Thanks.words == Exchange.thanks,
)
"""That what was said of showing thanks was said of the words as they are now."""


def show(session: Session, bank: Bank, exchange_id: int, *, by: Actor) -> Shown:
    """One exchange, for its sides, those who act for them, and brokers. Raises NotFound for
    everybody else."""
    return seen(session, bank, exchange_id, by=by).shown


def case(bank: Bank, shown: Shown, *, now: datetime) -> Case:
    """What a decision about the exchange needs to know of it."""
    row = shown.exchange
    ends = rules.waiting_ends(row.logged_at, bank.waiting_days) if row.logged_at else None
    return Case(
        status=row.status,
        waiting_for=row.waiting_for,
        overdue=ends is not None and now >= ends,
        thought=row.thought_minutes,
        chest=_chest_of(shown.giver, shown.receiver),
        names={Side.GIVER: shown.giver.name, Side.RECEIVER: shown.receiver.name},
    )


def case_of_new(sides: "Sides") -> Case:
    """What a decision about an exchange needs to know that is still to begin."""
    return Case(
        NEW,
        chest=_chest_of(sides.giver, sides.receiver),
        names={Side.GIVER: sides.giver.name, Side.RECEIVER: sides.receiver.name},
    )


def _chest_of(giver: Party, receiver: Party) -> Side | None:
    if giver.kind == "chest":
        return Side.GIVER
    return Side.RECEIVER if receiver.kind == "chest" else None


class Last(NamedTuple):
    """The last step: who took it, and when."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Sides:
    """The two sides of an exchange, what somebody is to it, the last step if one was taken, how
    often its hours have moved so far.

    `may_be_apart` is None where it was not asked. Where it is false the two are not kept apart;
    else `meeting` knows.
    """

    giver: Party
    receiver: Party
    relation: Relation
    last: Last | None
    times_moved: int
    may_be_apart: bool | None = None


def sides(
    session: Session, bank: Bank, ids: tuple[int, int], *, by: Actor, exchange_id: int | None = None
) -> Sides:
    """Everything that a step of `by` has to know of the sides, by their accounts. Raises NotFound.

    Without an `exchange_id` it is about one that is still to begin.
    """
    giver_id, receiver_id = ids
    values = {
        "bank": bank.id,
        "giver": giver_id,
        "receiver": receiver_id,
        "actors": [by.member_id],
        "exchange": exchange_id,
    }
    rows = session.execute(_SIDES, values).all()
    if not {row.account_id for row in rows} >= {*ids}:
        raise NotFound(say("There is no such account here."))
    return replace(_sides(rows, ids, by=by), may_be_apart=rows[0].may_be_apart)


def _sides(rows: Sequence[Any], ids: tuple[int, int], *, by: Actor) -> Sides:
    by_account = {row.account_id: row for row in rows}
    giver, receiver = (Party(*by_account[account_id][: len(fields(Party))]) for account_id in ids)
    own = side_of(by.account_id, giver, receiver)
    speaks: set[Side] = {own} if own else set()
    for side, party in zip(rules.SIDES, (giver, receiver), strict=True):
        acted_for = by_account[party.account_id].acted_for
        if acted_for or (party.kind == "chest" and by.is_broker and own is None):
            speaks.add(side)
    either = rows[0]
    last = Last(either.last_by, either.last_at) if either.last_by else None
    began = either.wrote_by == by.key
    relation = Relation(frozenset(speaks), own, by.is_broker, began)
    return Sides(giver, receiver, relation, last, either.times_moved)


# Put together once: every step asks this, and composing it costs more than answering it.
_LAST_STEP = (Step.bank_id == bindparam("bank"), Step.exchange_id == bindparam("exchange"))
_EITHER = members.PARTIES.add_columns(
    members.ACTED_FOR.label("acted_for"),
    *(
        select(column)
        .where(*_LAST_STEP)
        .order_by(Step.id.desc())
        .limit(1)
        .scalar_subquery()
        .label(f"last_{column.key}")
        for column in (Step.by, Step.at)
    ),
    # Whoever confirms and undoes it has written nothing that the other side is asked about.
    select(Step.by)
    .where(*_LAST_STEP, Step.entry_id.is_(None))
    .order_by(Step.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("wrote_by"),
    select(func.count())
    .where(*_LAST_STEP, Step.step.in_(rules.CONFIRMING))
    .scalar_subquery()
    .label("times_moved"),
)
_SIDES = _EITHER.add_columns(
    meeting.is_anybody_apart(bindparam("bank")).label("may_be_apart")
).where(
    ledger.ACCOUNTS.c.id.in_(
        [bindparam("giver", type_=BigInteger), bindparam("receiver", type_=BigInteger)]
    )
)


@dataclass(frozen=True)
class Seen:
    """An exchange as somebody sees it, with what they are to it, and the exchange that was logged
    again in its place, if one was."""

    shown: Shown
    relation: Relation
    last: Last | None
    replacement: int | None


_REPLACING = aliased(Exchange)
_NO_SUCH_EXCHANGE = say("There is no such exchange here.")

# The two sides, each with the exchange.
_SEEN = _EITHER.add_columns(
    Exchange,
    select(_REPLACING.id)
    .where(_REPLACING.bank_id == Exchange.bank_id, _REPLACING.replaces_id == Exchange.id)
    .scalar_subquery()
    .label("replacement"),
).join(
    Exchange,
    and_(
        Exchange.bank_id == bindparam("bank"),
        Exchange.id == bindparam("exchange"),
        or_(
            Exchange.giver_id == ledger.ACCOUNTS.c.id, Exchange.receiver_id == ledger.ACCOUNTS.c.id
        ),
    ),
)


def seen(session: Session, bank: Bank, exchange_id: int, *, by: Actor) -> Seen:
    """One exchange with everything a page about it has to know, for its sides unless they are kept
    apart, those who act for them, and brokers. Raises NotFound for everybody else."""
    values = {"bank": bank.id, "actors": [by.member_id], "exchange": exchange_id}
    rows = session.execute(_SEEN.where(*_shown_to(bank, by)), values).all()
    if not rows:
        raise NotFound(_NO_SUCH_EXCHANGE)
    exchange: Exchange = rows[0].Exchange
    between = _sides(rows, (exchange.giver_id, exchange.receiver_id), by=by)
    if not between.relation.sides and not by.is_broker:
        raise NotFound(_NO_SUCH_EXCHANGE)
    shown = Shown(exchange, between.giver, between.receiver)
    return Seen(shown, between.relation, between.last, rows[0].replacement)


@dataclass(frozen=True)
class MayDo:
    """What somebody may do about an exchange now: each action with on whose word, what they may log
    again, and whether they may undo their own confirmation.

    `acting`: they are a side themselves, or act for one.
    """

    actions: Mapping[Action, Offer]
    again: Offer
    undo: bool
    acting: bool


def may_do(bank: Bank, seen: Seen, act: Act, *, undo_minutes: int) -> MayDo:
    """What `act.by` may do now. Everything that is offered here can be done, on one of the words it
    is offered for."""
    this = case(bank, seen.shown, now=act.now)
    again = Offer()
    if this.status in (Status.REVERSED, Status.CANCELLED) and seen.replacement is None:
        anew = Case(NEW, chest=this.chest, names=this.names)
        again = rules.offer(Action.LOG, anew, seen.relation)
    last = seen.last
    own = last is not None and last.by == act.by.key
    until = rules.undo_ends(last.at, undo_minutes) if last is not None and own else None
    return MayDo(
        actions={action: rules.offer(action, this, seen.relation) for action in Action},
        again=again,
        undo=this.status == Status.CONFIRMED and until is not None and act.now <= until,
        acting=bool(seen.relation.sides),
    )


@dataclass(frozen=True)
class Before:
    """How an exchange stood before it was confirmed: whose word it waited for, and the minutes that
    were logged; `thought` as whoever objected said."""

    status: Status
    waiting_for: Side
    minutes: int
    thought: int | None


def before_confirmed(
    session: Session, bank: Bank, exchange_id: int, between: Sides
) -> Before | None:
    """How it stood before it was confirmed; None where it was logged by the same act."""
    taken = list(
        session.execute(
            select(Step)
            .where(Step.bank_id == bank.id, Step.exchange_id == exchange_id)
            .order_by(Step.id)
        ).scalars()
    )
    places = [place for place, step in enumerate(taken) if step.step == StepKind.LOGGED]
    if not places:
        return None
    logged, last = taken[places[-1]], taken[-1]
    if (logged.by, logged.at) == (last.by, last.at):
        return None
    is_givers = (logged.on_word_of or logged.by) == between.giver.key
    side = Side.GIVER if is_givers else Side.RECEIVER
    disputed = [one for one in taken[places[-1] :] if one.step == StepKind.DISPUTED]
    minutes = cast(int, logged.minutes)
    if disputed:
        return Before(Status.DISPUTED, side, minutes, disputed[-1].minutes)
    return Before(Status.LOGGED, rules.other(side), minutes, None)


def last_step(session: Session, bank: Bank, exchange_id: int) -> int:
    """The id of the step that was taken last."""
    of_it = (Step.bank_id == bank.id, Step.exchange_id == exchange_id)
    return session.execute(select(func.max(Step.id)).where(*of_it)).scalar_one()


def of_step(session: Session, bank: Bank, step_id: int) -> int:
    """The id of the exchange that a step was taken in. Raises NotFound."""
    this = (Step.bank_id == bank.id, Step.id == step_id)
    return one_or_refuse(session, select(Step.exchange_id).where(*this), _NO_SUCH_EXCHANGE)


def steps(session: Session, bank: Bank, exchange_id: int) -> list[StepTaken]:
    """Everything that was done to an exchange, in order."""
    named: list[Any] = [members.name_of(Step.bank_id, key) for key in (Step.by, Step.on_word_of)]
    statement: Select[*tuple[Any, ...]] = (
        select(Step, *named)
        .where(Step.bank_id == bank.id, Step.exchange_id == exchange_id)
        .order_by(Step.id)
    )
    return [
        StepTaken(
            step=row.step,
            at=row.at,
            by=members.spoken(row.by, name),
            on_word_of=on_word_of or "",
            channel=row.channel,
            minutes=row.minutes,
            occurred_on=row.occurred_on,
            entry_id=row.entry_id,
            note=row.note,
        )
        for row, name, on_word_of in session.execute(statement)
    ]


def replacement(session: Session, bank: Bank, exchange_id: int) -> int | None:
    """The id of the exchange that was logged again in place of this one, if one was."""
    statement = select(Exchange.id).where(
        Exchange.bank_id == bank.id, Exchange.replaces_id == exchange_id
    )
    return session.execute(statement).scalar()


def by_slip(session: Session, bank: Bank, slip: str) -> Exchange | None:
    """The exchange that counts and has this slip number, if there is one."""
    counts = Exchange.status.not_in(rules.NO_LONGER_COUNTS)
    statement = select(Exchange).where(Exchange.bank_id == bank.id, Exchange.slip == slip, counts)
    return session.execute(statement).scalar_one_or_none()


# ---- For other rooms ----


Behind: TypeAlias = Select[int, str, bool, int | None, int | None]


def behind(bank: Bank, entry_ids: Collection[int]) -> Behind:
    """A query for the exchanges behind entries that posted or took back their hours: `id`, `title`,
    `again` for one that was logged again, `entry_id` and `reversal_id`, which are the same: each
    has a step of its own."""
    return (
        select(
            Exchange.id,
            Exchange.title,
            Exchange.replaces_id.is_not(None).label("again"),
            Step.entry_id,
            Step.entry_id.label("reversal_id"),
        )
        .join(Step, and_(Step.bank_id == Exchange.bank_id, Step.exchange_id == Exchange.id))
        .where(Exchange.bank_id == bank.id, Step.entry_id.in_(entry_ids))
    )


def gifts_from(
    session: Session, bank: Bank, account_id: int, *, before: int | None = None, limit: int = 20
) -> Sequence[Gift]:
    """Up to `limit + 1` gifts from an account that were not taken back, the latest first, those
    before the gift `before`. Raises NotFound when there is no such gift."""
    statement = select(Gift).where(
        Gift.bank_id == bank.id, Gift.from_id == account_id, Gift.reversal_id.is_(None)
    )
    if before is not None:
        last = gift(session, bank, before)
        statement = statement.where(tuple_(Gift.given_at, Gift.id) < (last.given_at, last.id))
    latest = statement.order_by(Gift.given_at.desc(), Gift.id.desc()).limit(limit + 1)
    return session.execute(latest).scalars().all()


def titles(session: Session, bank: Bank, exchange_ids: Collection[int]) -> dict[int, str]:
    """What each of these exchanges is, in its own words."""
    rows = session.execute(
        select(Exchange.id, Exchange.title).where(
            Exchange.bank_id == bank.id, Exchange.id.in_(exchange_ids)
        )
    )
    return {row.id: row.title for row in rows}


def on_slips(session: Session, bank: Bank, exchange_ids: Collection[int]) -> list[Shown]:
    """Those of the exchanges that came on a paper slip, in the order they were entered."""
    on_paper = (
        select(Step.id)
        .where(Step.bank_id == Exchange.bank_id, Step.exchange_id == Exchange.id)
        .where(Step.step == StepKind.LOGGED, Step.channel == Channel.PAPER)
    )
    of_these = (Exchange.bank_id == bank.id, Exchange.id.in_(exchange_ids), on_paper.exists())
    rows = session.execute(select(Exchange).where(*of_these).order_by(Exchange.id)).scalars().all()
    return shown(session, bank, rows)


def between(
    session: Session, bank: Bank, giver_id: int, receiver_id: int, *, first: date, last: date
) -> Sequence[Exchange]:
    """The help between these two, so and not the other way round, that counts and was given between
    two days, both included."""
    statement = select(Exchange).where(
        Exchange.bank_id == bank.id,
        Exchange.giver_id == giver_id,
        Exchange.receiver_id == receiver_id,
        Exchange.occurred_on.between(first, last),
        Exchange.status.not_in(rules.NO_LONGER_COUNTS),
    )
    return session.execute(statement.order_by(Exchange.id)).scalars().all()


def on_day(
    session: Session, bank: Bank, pairs: Collection[tuple[int, int]], on: date
) -> Sequence[Exchange]:
    """The help between these givers and receivers that counts and was given on that day."""
    statement = select(Exchange).where(
        Exchange.bank_id == bank.id,
        Exchange.giver_id.in_({giver for giver, _ in pairs}),
        Exchange.occurred_on == on,
        Exchange.status.not_in(rules.NO_LONGER_COUNTS),
    )
    exchanges = session.execute(statement.order_by(Exchange.id)).scalars().all()
    return [one for one in exchanges if (one.giver_id, one.receiver_id) in pairs]


def written_here(
    session: Session,
    bank: Bank,
    giver_ids: Collection[int],
    receiver_ids: Collection[int],
    *,
    first: date,
    last: date,
) -> Sequence[Exchange]:
    """The help of these givers to these receivers that counts, was given between two days, both
    included, and came from no file."""
    statement = select(Exchange).where(
        Exchange.bank_id == bank.id,
        Exchange.giver_id.in_(giver_ids),
        Exchange.receiver_id.in_(receiver_ids),
        Exchange.occurred_on.between(first, last),
        Exchange.status.not_in(rules.NO_LONGER_COUNTS),
        Exchange.reference.is_(None),
    )
    return session.execute(statement.order_by(Exchange.id)).scalars().all()


def last_helped(bank: Bank, account_id: Any) -> list[ScalarSelect[date]]:
    """When this account (a column of another question) last gave help, and when it last received
    some."""
    counts = (Exchange.bank_id == bank.id, Exchange.status == Status.CONFIRMED)
    # A side at a time, so that each is found by its own index.
    return [
        select(func.max(Exchange.occurred_on)).where(side == account_id, *counts).scalar_subquery()
        for side in (Exchange.giver_id, Exchange.receiver_id)
    ]


def helped_since(bank: Bank, account_id: Any, since: date) -> ColumnElement[bool]:
    """Whether this account (a column of another question) gave or received help on that day or
    since, or is about to; what was called off or taken back is left out."""
    under_way = or_(Exchange.occurred_on >= since, Exchange.status.in_(rules.OPEN))
    counts = (
        Exchange.bank_id == bank.id,
        under_way,
        Exchange.status.not_in(rules.NO_LONGER_COUNTS),
    )
    # Who took part of late is found once, whoever is asked about: account by account it would be a
    # look-up for each member of the bank.
    return or_(
        *(
            account_id.in_(select(side).where(*counts))
            for side in (Exchange.giver_id, Exchange.receiver_id)
        )
    )


@dataclass(frozen=True)
class Given:
    """What an account has given: lately and this month in minutes, to how many, and when last."""

    lately: int
    this_month: int
    people: int
    last: date | None


def given(
    session: Session, bank: Bank, account_ids: Collection[int], *, lately: date, month: date
) -> dict[int, Given]:
    """What each of these accounts has given, for those who have: after the day `lately`, and from
    the day `month` on."""
    rows = session.execute(
        select(
            Exchange.giver_id,
            _sum(Exchange.minutes, Exchange.occurred_on > lately),
            _sum(Exchange.minutes, Exchange.occurred_on >= month),
            func.count(Exchange.receiver_id.distinct()),
            func.max(Exchange.occurred_on),
        )
        .where(
            Exchange.bank_id == bank.id,
            Exchange.status == Status.CONFIRMED,
            Exchange.giver_id.in_(account_ids),
        )
        .group_by(Exchange.giver_id)
    )
    return {
        account_id: Given(int(after), int(since), people, last)
        for account_id, after, since, people, last in rows
    }


@dataclass(frozen=True)
class Helped:
    """How much help was given in a bank, in minutes, and how many gave or were given it."""

    minutes: int
    people: int


def helped_since_day(session: Session, bank: Bank, since: date) -> Helped:
    """What has been confirmed of the help that was given from that day on."""
    there = (
        Exchange.bank_id == bank.id,
        Exchange.status == Status.CONFIRMED,
        Exchange.occurred_on >= since,
    )
    minutes = select(func.coalesce(func.sum(Exchange.minutes), 0)).where(*there)
    both = union_all(
        select(Exchange.giver_id.label("account_id")).where(*there),
        select(Exchange.receiver_id).where(*there),
    ).subquery()
    people = select(func.count(both.c.account_id.distinct()))
    return Helped(
        int(session.execute(minutes).scalar_one() or 0), session.execute(people).scalar_one()
    )


def givers_of(
    session: Session, bank: Bank, skills: Collection[str], *, but: Select[Any]
) -> dict[str, set[int]]:
    """The accounts that gave each of these skills, by its name in small letters; `but` those that
    this query finds."""
    name = func.lower(Exchange.skill)
    statement = (
        select(name, Exchange.giver_id)
        .where(Exchange.bank_id == bank.id, Exchange.status == Status.CONFIRMED, name.in_(skills))
        .where(Exchange.giver_id.not_in(but))
        .distinct()
    )
    givers: dict[str, set[int]] = {}
    for skill, giver_id in session.execute(statement):
        givers.setdefault(skill, set()).add(giver_id)
    return givers


def helped_one_another(
    session: Session, bank: Bank, ones: Collection[int], others: Collection[int]
) -> dict[int, set[int]]:
    """Who of the others has helped, or been helped by, each of these accounts."""
    either = or_(
        and_(Exchange.giver_id.in_(ones), Exchange.receiver_id.in_(others)),
        and_(Exchange.receiver_id.in_(ones), Exchange.giver_id.in_(others)),
    )
    rows = session.execute(
        select(Exchange.giver_id, Exchange.receiver_id)
        .where(Exchange.bank_id == bank.id, Exchange.status == Status.CONFIRMED, either)
        .distinct()
    )
    across: dict[int, set[int]] = {account_id: set() for account_id in ones}
    for giver_id, receiver_id in rows:
        if giver_id in across:
            across[giver_id].add(receiver_id)
        if receiver_id in across:
            across[receiver_id].add(giver_id)
    return across


class Posted(NamedTuple):
    """Hours that are in the books, as files tell of them."""

    id: int
    reference: str | None
    occurred_on: date
    receiver_id: int
    giver_id: int
    minutes: int
    skill: str | None
    activity: str | None
    title: str
    status: Status


def posted_under(
    session: Session, bank: Bank, references: Collection[str], exchange_ids: Collection[int]
) -> list[Posted]:
    """The hours in the books under these references, and those of these exchanges that have
    none."""
    either = or_(
        Exchange.reference.in_(references),
        and_(Exchange.id.in_(exchange_ids), Exchange.reference.is_(None)),
    )
    columns = [getattr(Exchange, name) for name in Posted._fields]
    rows = session.execute(
        select(*columns).where(Exchange.bank_id == bank.id, Exchange.entry_id.is_not(None), either)
    )
    return [Posted(*row) for row in rows]


# ---- For the forms ----


def spoken_for(
    session: Session, bank: Bank, account_ids: Collection[int], *, by: Actor
) -> dict[str | None, int]:
    """The last step that somebody took for each of those they act for, by the holder's key; None:
    for themselves."""
    statement = (
        select(Step.on_word_of, func.max(Step.id))
        .join(Exchange, and_(Exchange.bank_id == Step.bank_id, Exchange.id == Step.exchange_id))
        .where(Step.bank_id == bank.id, Step.by == by.key, _of(account_ids))
        .group_by(Step.on_word_of)
    )
    return dict(session.execute(statement).all())


def lately(
    session: Session, bank: Bank, account_id: int | None, others: Collection[int]
) -> dict[int, Said]:
    """What somebody and each of these others last did for each other, in words to the former."""
    if not others or account_id is None:
        return {}
    helped = and_(Exchange.giver_id == account_id, Exchange.receiver_id.in_(others))
    was_helped = and_(Exchange.receiver_id == account_id, Exchange.giver_id.in_(others))
    statement = (
        select(Exchange.giver_id, Exchange.receiver_id, func.max(Exchange.occurred_on))
        .where(
            Exchange.bank_id == bank.id,
            or_(helped, was_helped),
            Exchange.status.in_((Status.LOGGED, Status.CONFIRMED)),
        )
        .group_by(Exchange.giver_id, Exchange.receiver_id)
        .order_by(func.max(Exchange.occurred_on))
    )
    sentences: dict[int, Said] = {}
    for giver_id, receiver_id, last in session.execute(statement):
        on = cast(date, last)
        if giver_id == account_id:
            sentences[receiver_id] = say("You helped them on %(day)s", day=on)
        else:
            sentences[giver_id] = say("They helped you on %(day)s", day=on)
    return sentences


# ---- Lists ----


def mine(
    session: Session,
    bank: Bank,
    account_ids: Collection[int],
    *,
    by: Actor,
    before: int | None = None,
    limit: int = 50,
) -> list[Shown]:
    """Up to `limit + 1` exchanges of these accounts, the newest first, those older than the
    exchange `before`; `by` is who reads them."""
    return _list(session, bank, _of(account_ids), *_shown_to(bank, by), before=before, limit=limit)


def _shown_to(bank: Bank, by: Actor | None) -> list[ColumnElement[bool]]:
    """What is between two who are kept apart is shown to the staff alone. (Hours that moved stand
    in each one's statement, without the other's name.)"""
    if by is None or by.is_broker:
        return []
    columns = table_of(Exchange).c
    return [~meeting.are_apart(bank, columns.giver_id, columns.receiver_id)]


def index(
    session: Session,
    bank: Bank,
    *,
    status: Status | None = None,
    account_ids: Collection[int] | None = None,
    by: Actor,
    before: int | None = None,
    limit: int = 50,
) -> list[Shown]:
    """Up to `limit + 1` of all the bank's exchanges, the newest first, those older than the
    exchange `before`; `by` is who reads them."""
    wanted = _shown_to(bank, by)
    if status:
        wanted.append(Exchange.status == status)
    if account_ids is not None:
        wanted.append(_of(account_ids))
    return _list(session, bank, *wanted, before=before, limit=limit)


def ids(
    bank: Bank,
    *,
    status: str | None = None,
    account_ids: Accounts | None = None,
    newest: bool = True,
) -> Select[Any]:
    """A query for the ids of the bank's exchanges, the newest or the oldest first: for staff."""
    wanted = [Exchange.bank_id == bank.id, *_if_of(account_ids)]
    if status:
        wanted.append(Exchange.status == status)
    return (
        select(Exchange.id).where(*wanted).order_by(Exchange.id.desc() if newest else Exchange.id)
    )


def by_ids(session: Session, bank: Bank, exchange_ids: Collection[int]) -> list[Shown]:
    """These exchanges, for the staff; those the bank has not are left out."""
    statement = SHOWN.where(Exchange.bank_id == bank.id, Exchange.id.in_(exchange_ids))
    return [Shown(*row) for row in session.execute(statement)]


def standing(
    session: Session,
    bank: Bank,
    statuses: Collection[Status],
    *more: ColumnElement[Any],
    account_ids: Accounts | None = None,
) -> list[tuple[Shown, Sequence[Any]]]:
    """All exchanges that stand so, the earliest proposed first, and what `more` says of each: for
    the staff."""
    wanted: list[ColumnElement[bool]] = [Exchange.status.in_(statuses)]
    if account_ids is not None:
        wanted.append(_of(account_ids))
    statement = SHOWN.add_columns(*more).where(Exchange.bank_id == bank.id, *wanted)
    rows = session.execute(statement.order_by(Exchange.id))
    return [(Shown(*row[:3]), row[3:]) for row in rows]


def waiting_for(
    session: Session,
    bank: Bank,
    account_ids: Accounts,
    *,
    by: Actor | None,
    limit: int = 20,
) -> list[Shown]:
    """What waits for the word of these accounts' holders: to be agreed, confirmed, or logged again.
    The oldest first. `by` is who reads it; None: somebody of the staff."""
    return _oldest(session, bank, _awaits(account_ids), *_shown_to(bank, by), limit=limit)


def awaited(
    session: Session, bank: Bank, account_ids: Collection[int]
) -> dict[int, tuple[int, datetime]]:
    """How much waits for the word of each of these accounts' holders, and since when the latest
    does; nothing is left out but what is between two who are kept apart."""
    since = func.coalesce(Exchange.logged_at, Exchange.proposed_at)
    columns = table_of(Exchange).c
    apart = meeting.are_apart(bank, columns.giver_id, columns.receiver_id)
    there = (Exchange.bank_id == bank.id, Exchange.status.in_(rules.OPEN), ~apart)
    columns = {Exchange.giver_id: Side.GIVER, Exchange.receiver_id: Side.RECEIVER}
    awaits = {account: (*there, Exchange.waiting_for == side) for account, side in columns.items()}
    return number_and_latest(session, awaits, since, account_ids)


def number_and_latest(
    session: Session,
    sides: Mapping[InstrumentedAttribute[int], Sequence[ColumnElement[bool]]],
    since: Any,
    account_ids: Collection[int],
) -> dict[int, tuple[int, datetime]]:
    """How many rows there are of each of these accounts, and the latest `since` of them; rows of
    either side are added up.

    `sides` are the columns in which an account can stand, each with what has to hold of its rows.
    """
    numbers: dict[int, tuple[int, datetime]] = {}
    for account, wanted in sides.items():
        counted = (
            select(account, func.count(), func.max(since))
            .where(*wanted, account.in_(account_ids))
            .group_by(account)
        )
        for account_id, number, latest in session.execute(counted):
            before, earlier = numbers.get(account_id, (0, latest))
            numbers[account_id] = (before + number, max(latest, earlier))
    return numbers


def in_progress(
    session: Session,
    bank: Bank,
    account_ids: Accounts,
    *,
    by: Actor | None,
    limit: int = 20,
) -> list[Shown]:
    """What is under way and does not wait for these: agreed and to be logged, or waiting for the
    other side. `by` is who reads it; None: somebody of the staff."""
    awaited = _awaits(account_ids)
    elsewhere = or_(Exchange.waiting_for.is_(None), ~awaited)
    under_way = (_of(account_ids), Exchange.status.in_(rules.OPEN), elsewhere)
    return _oldest(session, bank, *under_way, *_shown_to(bank, by), limit=limit)


def planned(
    session: Session, bank: Bank, account_id: int, *, since: date, limit: int = 500
) -> list[tuple[Shown, int]]:
    """The help that this account's holder has agreed on for a day from `since` on, each with how
    many steps it has taken; with what was called off since. What is between two who are kept apart
    is left out."""
    here = (Step.bank_id == Exchange.bank_id, Step.exchange_id == Exchange.id)
    steps = select(func.count()).select_from(Step).where(*here).scalar_subquery()
    agreed = select(Step.id).where(*here, Step.step == StepKind.AGREED).exists()
    columns = table_of(Exchange).c
    statement = (
        SHOWN.add_columns(steps)
        .where(
            Exchange.bank_id == bank.id,
            _of([account_id]),
            Exchange.planned_on >= since,
            Exchange.status.not_in((Status.PROPOSED, Status.DECLINED)),
            agreed,
            ~meeting.are_apart(bank, columns.giver_id, columns.receiver_id),
        )
        .order_by(Exchange.planned_on, Exchange.id)
        .limit(limit)
    )
    return [(Shown(*sides), number) for *sides, number in session.execute(statement)]


@dataclass(frozen=True)
class Own:
    """Some of what somebody has to do with, and how many there are in all: what waits for their
    word, what else is under way, and what is done and whose thanks the other side alone lets be
    shown, with since when."""

    waiting: Some[Shown]
    under_way: Some[Shown]
    to_be_shown: Sequence[tuple[Shown, datetime]]


def own(session: Session, bank: Bank, account_ids: Accounts, *, by: Actor, limit: int) -> Own:
    """What these accounts' holders have to do with, in one question; what waits and is under way as
    `waiting_for` and `in_progress` have it."""
    is_open = Exchange.status.in_(rules.OPEN)
    theirs_to_say = or_(
        and_(Thanks.giver_at.is_(None), Exchange.giver_id.in_(account_ids)),
        and_(Thanks.receiver_at.is_(None), Exchange.receiver_id.in_(account_ids)),
    )
    since = select(func.coalesce(Thanks.giver_at, Thanks.receiver_at)).where(SAID)
    kinds = {
        "waiting": and_(is_open, _awaits(account_ids)),
        "under_way": and_(is_open, _of(account_ids)),
        "to_be_shown": and_(
            Exchange.status == Status.CONFIRMED,
            select(Thanks.exchange_id).where(SAID, theirs_to_say).exists(),
        ),
    }
    by_kind = some_of_each(
        session,
        SHOWN.add_columns(since.scalar_subquery()),
        kinds,
        *(Exchange.bank_id == bank.id, _by_index(bank, account_ids), *_shown_to(bank, by)),
        key=Exchange.id,
        order=(Exchange.id,),
        limit=limit,
    )
    waiting, under_way = (
        Some([Shown(*sides) for *sides, _ in by_kind[kind].shown], by_kind[kind].total)
        for kind in ("waiting", "under_way")
    )
    return Own(
        waiting, under_way, [(Shown(*sides), at) for *sides, at in by_kind["to_be_shown"].shown]
    )


def _by_index(bank: Bank, account_ids: Accounts) -> ColumnElement[bool]:
    """That these accounts are a side of it, so that they are found each by its index: among
    conditions of several kinds the database would look at every exchange of the bank."""
    sides = table_of(Exchange).alias("sides").c
    of_bank = select(sides.id).where(sides.bank_id == bank.id)
    return Exchange.id.in_(
        union_all(
            of_bank.where(sides.giver_id.in_(account_ids)),
            of_bank.where(sides.receiver_id.in_(account_ids)),
        )
    )


def confirming(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    """The ids of the next banks that confirm automatically, above `after`, and in which something
    waits to be."""
    logged = exists().where(Exchange.bank_id == Bank.id, Exchange.status == Status.LOGGED)
    return banks.ids_after(session, after, limit, Bank.confirm_automatically.is_(True), logged)


def overdue_untold(session: Session, bank: Bank, *, now: datetime, limit: int = 500) -> list[Shown]:
    """What has waited to be confirmed for longer than the bank's waiting time, and no broker has
    been told of yet. The oldest first."""
    return _oldest(
        session, bank, *_overdue(bank, now), Exchange.brokers_told_at.is_(None), limit=limit
    )


def to_remind(session: Session, bank: Bank, *, now: datetime, limit: int = 500) -> list[Shown]:
    """What has waited for half of the waiting time without anybody having been reminded. The oldest
    first."""
    since = now - timedelta(days=bank.waiting_days) / 2
    due = (
        Exchange.status == Status.LOGGED,
        Exchange.logged_at <= since,
        Exchange.reminded_at.is_(None),
    )
    return _oldest(session, bank, *due, limit=limit)


@dataclass(frozen=True)
class ToSeeTo:
    """What the brokers of a bank have to see to, the oldest first: what is under way between two
    who are kept apart, which is for them to settle; what has waited to be confirmed for longer than
    the bank's waiting time; what somebody says is wrong. `logged` counts all others that wait to be
    confirmed."""

    apart: Some[Shown]
    logged: int
    overdue: Some[Shown]
    disputed: Some[Shown]


def to_see_to(
    session: Session,
    bank: Bank,
    *,
    account_ids: Accounts | None = None,
    now: datetime,
    limit: int = 20,
) -> ToSeeTo:
    """What waits for the brokers, with one of these accounts."""
    columns = table_of(Exchange).c
    kinds = {
        "apart": and_(
            Exchange.status.in_(rules.OPEN),
            meeting.are_apart(bank, columns.giver_id, columns.receiver_id),
        ),
        "overdue": and_(*_overdue(bank, now)),
        "logged": Exchange.status == Status.LOGGED,
        "disputed": Exchange.status == Status.DISPUTED,
    }
    by_kind = _some_of_each(session, bank, kinds, *_if_of(account_ids), limit=limit)
    in_all = by_kind["overdue"].total + by_kind["logged"].total
    return ToSeeTo(by_kind["apart"], in_all, by_kind["overdue"], by_kind["disputed"])


def known_to(
    session: Session, bank: Bank, account_id: int, others: Collection[int]
) -> dict[int, date]:
    """When this account's holder and each of the others last helped one another, for those who
    have."""
    between = or_(
        and_(Exchange.giver_id == account_id, Exchange.receiver_id.in_(others)),
        and_(Exchange.receiver_id == account_id, Exchange.giver_id.in_(others)),
    )
    rows = session.execute(
        select(Exchange.giver_id, Exchange.receiver_id, func.max(Exchange.occurred_on))
        .where(Exchange.bank_id == bank.id, Exchange.status == Status.CONFIRMED, between)
        .group_by(Exchange.giver_id, Exchange.receiver_id)
    ).all()
    latest: dict[int, date] = {}
    for giver_id, receiver_id, last in rows:
        across = receiver_id if giver_id == account_id else giver_id
        if last is not None:
            latest[across] = max(last, latest.get(across, last))
    return latest


def latest_between(
    session: Session, bank: Bank, account_id: int, other_id: int, *, by: Actor
) -> Shown | None:
    """The help between these two that was given last and counts; `by` is who reads it."""
    either_way = or_(
        and_(Exchange.giver_id == account_id, Exchange.receiver_id == other_id),
        and_(Exchange.receiver_id == account_id, Exchange.giver_id == other_id),
    )
    there = (Exchange.bank_id == bank.id, Exchange.status == Status.CONFIRMED, either_way)
    statement = SHOWN.where(*there, *_shown_to(bank, by))
    latest = statement.order_by(Exchange.occurred_on.desc(), Exchange.id.desc()).limit(1)
    row = session.execute(latest).one_or_none()
    return Shown(*row) if row else None


def neighbours_helped(session: Session, bank: Bank, account_id: int) -> int:
    """How many members this account has given help to that is confirmed."""
    receiver = members.Holder()
    statement = (
        select(func.count(Exchange.receiver_id.distinct()))
        .join(receiver.rows, receiver.of(Exchange.bank_id, Exchange.receiver_id))
        .where(
            Exchange.bank_id == bank.id,
            Exchange.giver_id == account_id,
            Exchange.status == Status.CONFIRMED,
            receiver.rows.c.member_id.is_not(None),
        )
    )
    return session.execute(statement).scalar_one()


def knows(bank: Bank, near: Near) -> Select[Any]:
    """The other side of every exchange and gift: they have read of one another."""
    when = func.coalesce(Exchange.confirmed_at, Exchange.logged_at, Exchange.proposed_at)
    helped = (
        select(there.label("account_id"), when.label("at")).where(
            Exchange.bank_id == bank.id, here.in_(near.accounts)
        )
        for there, here in (
            (Exchange.giver_id, Exchange.receiver_id),
            (Exchange.receiver_id, Exchange.giver_id),
        )
    )
    given = (
        select(there, Gift.given_at).where(Gift.bank_id == bank.id, here.in_(near.accounts))
        for there, here in ((Gift.from_id, Gift.to_id), (Gift.to_id, Gift.from_id))
    )
    return select(union_all(*helped, *given).subquery())


def _list(
    session: Session, bank: Bank, *wanted: ColumnElement[bool], before: int | None, limit: int
) -> list[Shown]:
    statement = SHOWN.where(Exchange.bank_id == bank.id, *wanted)
    if before is not None:
        statement = statement.where(Exchange.id < before)
    rows = session.execute(statement.order_by(Exchange.id.desc()).limit(limit + 1))
    return [Shown(*row) for row in rows]


def _oldest(session: Session, bank: Bank, *wanted: ColumnElement[bool], limit: int) -> list[Shown]:
    statement = SHOWN.where(Exchange.bank_id == bank.id, *wanted)
    return [Shown(*row) for row in session.execute(statement.order_by(Exchange.id).limit(limit))]


def _some_of_each(
    session: Session,
    bank: Bank,
    kinds: Mapping[str, ColumnElement[bool]],
    *wanted: ColumnElement[bool],
    limit: int,
) -> dict[str, Some[Shown]]:
    there = (Exchange.bank_id == bank.id, *wanted)
    order = (Exchange.id,)
    by_kind = some_of_each(session, SHOWN, kinds, *there, key=Exchange.id, order=order, limit=limit)
    return {
        kind: Some([Shown(*row) for row in rows.shown], rows.total)
        for kind, rows in by_kind.items()
    }


def _of(account_ids: Accounts) -> ColumnElement[bool]:
    return or_(Exchange.giver_id.in_(account_ids), Exchange.receiver_id.in_(account_ids))


def _if_of(account_ids: Accounts | None) -> tuple[ColumnElement[bool], ...]:
    return () if account_ids is None else (_of(account_ids),)


def _awaits(account_ids: Accounts) -> ColumnElement[bool]:
    return or_(
        and_(Exchange.waiting_for == Side.GIVER, Exchange.giver_id.in_(account_ids)),
        and_(Exchange.waiting_for == Side.RECEIVER, Exchange.receiver_id.in_(account_ids)),
    )


def _overdue(bank: Bank, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Exchange.status == Status.LOGGED, Exchange.logged_at <= now - timedelta(
        days=bank.waiting_days
    )


# ---- Gifts, and what it all comes to ----


def proposed_since(
    session: Session, bank: Bank, account_ids: Collection[int], since: datetime, *, by: Actor
) -> int:
    """How often somebody has asked for help or offered it since then, on behalf of one of these
    accounts."""
    of_accounts = or_(Exchange.giver_id.in_(account_ids), Exchange.receiver_id.in_(account_ids))
    statement = (
        select(func.count())
        .select_from(Exchange)
        .join(Step, and_(Step.bank_id == Exchange.bank_id, Step.exchange_id == Exchange.id))
        .where(Exchange.bank_id == bank.id, of_accounts, Exchange.proposed_at > since)
        .where(Step.step == StepKind.PROPOSED, Step.by == by.key)
    )
    return session.execute(statement).scalar_one()


def gift(session: Session, bank: Bank, gift_id: int) -> Gift:
    """Raises NotFound when the bank has no such gift."""
    return one_or_refuse(
        session,
        select(Gift).where(Gift.bank_id == bank.id, Gift.id == gift_id),
        say("There is no such gift here."),
    )


def _sum(minutes: InstrumentedAttribute[Any], *wanted: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(minutes).filter(*wanted), 0)
