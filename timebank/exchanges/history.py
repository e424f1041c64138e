"""Hours and gifts from earlier books, written down as they were: confirmed at once, by the hundred,
and nobody is told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel
from timebank.banks.models import Bank
from timebank.base import Base, table_of
from timebank.exchanges.models import Exchange, Gift, Step
from timebank.exchanges.rules import Status, StepKind
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import (
    InterventionKind,
    Leg,
    NewEntry,
    Provenance,
    Reason,
    brought_in,
)


@dataclass(frozen=True, slots=True)
class Past:
    """Minutes given in the past: of help, from `giver_id` to `receiver_id`. Ids are of accounts.

    `cause` names it in the books for good; `channel` is how the word of it came.
    """

    cause: str
    occurred_on: date
    giver_id: int
    receiver_id: int
    minutes: int
    channel: Channel
    reference: str
    title: str = ""
    skill: str | None = None
    activity: str | None = None


@dataclass(frozen=True, slots=True)
class PastGift:
    """Minutes given away in the past. Ids are of accounts."""

    cause: str
    given_on: date
    from_id: int
    to_id: int
    minutes: int
    channel: Channel


def record_hours(session: Session, bank: Bank, hours: Sequence[Past], act: Act) -> list[int]:
    """Write confirmed exchanges with their entries and return their ids, in order. Raises what the
    ledger refuses."""
    posted = [
        NewEntry(
            past.cause,
            "exchange",
            past.occurred_on,
            [Leg(past.receiver_id, past.giver_id, past.minutes)],
            Provenance(act.by.key, past.channel),
        )
        for past in hours
    ]
    entry_ids = ledger_service.post_many(session, bank, posted)
    rows = [
        {
            "bank_id": bank.id,
            "giver_id": past.giver_id,
            "receiver_id": past.receiver_id,
            "status": Status.CONFIRMED,
            "title": past.title,
            "skill": past.skill,
            "activity": past.activity,
            "occurred_on": past.occurred_on,
            "minutes": past.minutes,
            "thanks": "",
            "reference": past.reference,
            "proposed_at": act.now,
            "logged_at": act.now,
            "confirmed_at": act.now,
            "entry_id": entry_id,
        }
        for past, entry_id in zip(hours, entry_ids, strict=True)
    ]
    _insert(session, Exchange, rows)
    columns = (Exchange.entry_id, Exchange.id)
    id_of = {
        row.entry_id: row.id
        for row in session.execute(select(*columns).where(Exchange.entry_id.in_(entry_ids)))
    }
    ids = [id_of[entry_id] for entry_id in entry_ids]
    taken = zip(ids, [past.channel for past in hours], entry_ids, strict=True)
    _record_steps(session, bank, taken, StepKind.CONFIRMED, act)
    return ids


def take_back_hours(
    session: Session,
    bank: Bank,
    channels: Mapping[int, Channel],
    act: Act,
    *,
    why: str | None = None,
) -> None:
    """Reverse exchanges that were confirmed, as their earlier books did, or because of `why`; then
    their references are free again. Raises what the ledger refuses.

    `channels` says of each, by its id, how the word of it came.
    """
    columns = (Exchange.id, Exchange.entry_id, Exchange.occurred_on)
    confirmed = (
        Exchange.bank_id == bank.id,
        Exchange.id.in_(channels),
        Exchange.status == Status.CONFIRMED,
    )
    rows: list[Any] = list(
        session.execute(select(*columns).where(*confirmed).order_by(Exchange.id))
    )
    taken: list[tuple[int, Channel, int]] = []
    for row in rows:
        provenance = Provenance(act.by.key, channels[row.id])
        reversal_id = ledger_service.reverse(
            session,
            bank,
            row.entry_id,
            occurred_on=row.occurred_on,
            by=provenance,
            reason=_reason(f"exchange:{row.id}", why),
        )
        freed = {"reference": None} if why else {}
        change = (
            update(Exchange)
            .where(Exchange.id == row.id)
            .values(status=Status.REVERSED, reversal_id=reversal_id, **freed)
        )
        session.execute(change, execution_options={"synchronize_session": False})
        taken.append((row.id, channels[row.id], reversal_id))
    _record_steps(session, bank, taken, StepKind.REVERSED, act)


def record_gifts(
    session: Session, bank: Bank, gifts: Sequence[PastGift], *, by: Actor
) -> list[int]:
    """Write gifts with their entries and return the ids of the entries, in order. Raises what the
    ledger refuses."""
    posted = [
        NewEntry(
            past.cause,
            "gift",
            past.given_on,
            [Leg(past.from_id, past.to_id, past.minutes)],
            Provenance(by.key, past.channel),
        )
        for past in gifts
    ]
    entry_ids = ledger_service.post_many(session, bank, posted)
    chest_id = ledger.chest(session, bank).id
    granted = [
        (brought_in(f"entry:{entry_id}"), entry_id)
        for past, entry_id in zip(gifts, entry_ids, strict=True)
        if past.from_id == chest_id
    ]
    ledger_service.intervene(session, bank, granted, by=by.key)
    zone = ZoneInfo(bank.timezone)
    rows = [
        {
            "bank_id": bank.id,
            "from_id": past.from_id,
            "to_id": past.to_id,
            "minutes": past.minutes,
            "message": "",
            "by": by.key,
            "channel": past.channel,
            # The hour is not known: noon is on the right day wherever it is read.
            "given_at": datetime.combine(past.given_on, time(12), zone).astimezone(UTC),
            "entry_id": entry_id,
        }
        for past, entry_id in zip(gifts, entry_ids, strict=True)
    ]
    _insert(session, Gift, rows)
    return entry_ids


def take_back_gifts(
    session: Session,
    bank: Bank,
    channels: Mapping[int, Channel],
    *,
    by: Actor,
    why: str | None = None,
) -> None:
    """Reverse gifts, as their earlier books did, or because of `why`. Raises what the ledger
    refuses.

    `channels` says of each, by its entry, how the word of it came.
    """
    statement = select(Gift.id, Gift.entry_id, Gift.given_at).where(
        Gift.bank_id == bank.id, Gift.entry_id.in_(channels)
    )
    rows: list[Any] = list(session.execute(statement.order_by(Gift.id)))
    for row in rows:
        given_on = row.given_at.astimezone(ZoneInfo(bank.timezone)).date()
        provenance = Provenance(by.key, channels[row.entry_id])
        reversal_id = ledger_service.reverse(
            session,
            bank,
            row.entry_id,
            occurred_on=given_on,
            by=provenance,
            reason=_reason(f"gift:{row.id}", why),
        )
        change = (
            update(Gift)
            .where(Gift.bank_id == bank.id, Gift.entry_id == row.entry_id)
            .values(reversal_id=reversal_id)
        )
        session.execute(change, execution_options={"synchronize_session": False})


def _reason(of: str, why: str | None) -> Reason:
    return brought_in(of) if why is None else Reason(InterventionKind.REVERSAL, of, why)


class Standing(NamedTuple):
    """Minutes that still stand as they were brought in: the exchange's id, or of a gift its
    entry's, and the accounts."""

    id: int
    payer_id: int
    payee_id: int
    minutes: int


def hours_standing(session: Session, bank: Bank, exchange_ids: Collection[int]) -> list[Standing]:
    """Those of these exchanges that nobody has taken back or put right."""
    columns = (Exchange.id, Exchange.receiver_id, Exchange.giver_id, Exchange.minutes)
    rows = session.execute(
        select(*columns)
        .where(Exchange.bank_id == bank.id, Exchange.id.in_(exchange_ids))
        .where(Exchange.status == Status.CONFIRMED)
        .order_by(Exchange.id)
    )
    return [Standing(row.id, row.receiver_id, row.giver_id, row.minutes or 0) for row in rows]


def gifts_standing(session: Session, bank: Bank, entry_ids: Collection[int]) -> list[Standing]:
    """Those of these gifts, by their entries, that nobody has taken back."""
    columns = (Gift.entry_id, Gift.from_id, Gift.to_id, Gift.minutes)
    rows = session.execute(
        select(*columns)
        .where(Gift.bank_id == bank.id, Gift.entry_id.in_(entry_ids), Gift.reversal_id.is_(None))
        .order_by(Gift.id)
    )
    return [Standing(*row) for row in rows]


def accounts_in_use(session: Session, bank: Bank, account_ids: Collection[int]) -> set[int]:
    """Those of these accounts that have given or received help or a gift that is not taken back, or
    are asked to."""
    used: set[int] = set()
    for column, still in (
        (Exchange.giver_id, Exchange.status != Status.REVERSED),
        (Exchange.receiver_id, Exchange.status != Status.REVERSED),
        (Gift.from_id, Gift.reversal_id.is_(None)),
        (Gift.to_id, Gift.reversal_id.is_(None)),
    ):
        table = Exchange if column.class_ is Exchange else Gift
        there = select(column).where(table.bank_id == bank.id, column.in_(account_ids), still)
        used |= set(session.execute(there.distinct()).scalars())
    return used


def _record_steps(
    session: Session,
    bank: Bank,
    taken: Iterable[tuple[int, Channel, int]],
    step: StepKind,
    act: Act,
) -> None:
    """The same step of many: each exchange, how the word came, and the entry of it."""
    rows = [
        {
            "bank_id": bank.id,
            "exchange_id": exchange_id,
            "step": step,
            "by": act.by.key,
            "channel": channel,
            "entry_id": entry_id,
            "note": "",
            "at": act.now,
        }
        for exchange_id, channel, entry_id in taken
    ]
    _insert(session, Step, rows)


def _insert(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    """Straight into the table: by the thousand, the unit of work would cost more than all the
    rest."""
    session.execute(insert(table_of(model)), rows)
