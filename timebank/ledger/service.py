"""Writing to the ledger: opening and closing accounts, posting, reversing, sealing. The caller
commits."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from timebank.banks.models import Bank
from timebank.base import insert_of, table_of
from timebank.errors import NotFound
from timebank.ledger import chain, queries, writing
from timebank.ledger.errors import (
    AlreadyReversed,
    BadPosting,
    CauseUsedForAnother,
    OutsideLimits,
    StillWriting,
)
from timebank.ledger.models import Account, Block, Intervention
from timebank.ledger.queries import AccountState
from timebank.ledger.rules import (
    AccountKind,
    InterventionKind,
    Leg,
    Limits,
    NewEntry,
    PreparedEntry,
    Provenance,
    Reason,
    prepare,
    reason_of_limits,
)
from timebank.say import say


def open_account(
    session: Session,
    bank: Bank,
    kind: AccountKind,
    label: str,
    *,
    floor: int | None,
    ceiling: int | None = None,
    now: datetime,
) -> int:
    """Open an empty account and return its id. `floor` and `ceiling` are minutes; None: no
    bound."""
    account = Account(
        bank_id=bank.id, kind=kind, label=label, floor=floor, ceiling=ceiling, opened_at=now
    )
    session.add(account)
    session.flush()
    return account.id


def open_accounts(
    session: Session,
    bank: Bank,
    kind: AccountKind,
    labels: Sequence[str],
    limits: Limits,
    *,
    now: datetime,
) -> list[int]:
    """Open empty accounts that are alike but for their labels, and return their ids in order: for
    imports, in one statement."""
    alike = {"bank_id": bank.id, "kind": kind, **limits._asdict(), "opened_at": now}
    rows = [{**alike, "label": label} for label in labels]
    statement = insert(Account).returning(Account.id, sort_by_parameter_order=True)
    return list(session.execute(statement, rows).scalars()) if rows else []


def open_books(session: Session, bank: Bank, *, now: datetime) -> None:
    """Give a new bank its chest and the account that opening balances come from."""
    chest, opening = AccountKind.CHEST, AccountKind.OPENING
    open_account(session, bank, chest, "Community chest", floor=bank.chest_floor, now=now)
    open_account(session, bank, opening, "Opening balances", floor=None, now=now)


def post(session: Session, bank: Bank, entry: NewEntry) -> int:
    """Write one entry and return its id.

    The same cause with the same content answers with the entry it made the first time. Raises
    BadPosting, BelowFloor, AboveCeiling, AccountClosed, or CauseUsedForAnother when the cause came
    before with other content. After a refusal the transaction is to be rolled back.
    """
    session.flush()
    return writing.one(session.connection(), bank.id, prepare(entry))


def post_many(session: Session, bank: Bank, entries: Sequence[NewEntry]) -> list[int]:
    """Write many entries and return their ids, in order: for imports, at a small part of the cost
    of one by one.

    Refuses as `post` does, all of them together, with the `cause` of the first that cannot be.
    Causes that came before, here or in the books, answer with their entries. The bank's accounts in
    it are locked for the rest of the transaction.
    """
    session.flush()
    ids: list[int] = []
    for start in range(0, len(entries), _AT_A_TIME):
        batch = [prepare(entry) for entry in entries[start : start + _AT_A_TIME]]
        first: dict[str, PreparedEntry] = {}
        for entry in batch:
            if first.setdefault(entry.cause, entry).content != entry.content:
                raise CauseUsedForAnother(entry.cause)
        written = dict(
            zip(
                first,
                writing.many(session.connection(), bank.id, list(first.values())),
                strict=True,
            )
        )
        ids += [written[entry.cause] for entry in batch]
    return ids


def reverse(
    session: Session,
    bank: Bank,
    entry_id: int,
    *,
    occurred_on: date,
    by: Provenance,
    reason: Reason,
) -> int:
    """Undo an entry by its exact mirror, for a reason that is kept, and return the mirror's id. The
    entry itself stays.

    Sent again it answers with the first reversal. Raises NotFound; AlreadyReversed when it was
    reversed on another date; BadPosting for a reversal of a reversal; BelowFloor, AboveCeiling or
    AccountClosed when the hours cannot go back.
    """
    original = queries.entry(session, bank, entry_id)
    if original.reverses_id is not None:
        raise BadPosting(say("That is itself a correction. Log the hours again instead."))
    mirrored = [Leg(leg.payee_id, leg.payer_id, leg.minutes) for leg in original.legs]
    entry = NewEntry(f"reversal:{entry_id}", "reversal", occurred_on, mirrored, by)
    session.flush()
    # Sent again, it has its reason. Who comes second in a race waits for the first, and keeps none.
    if not queries.is_explained(session, entry_id):
        _keep(session, [_row(bank, reason, by.by, reverses_id=entry_id)])
    try:
        return writing.one(session.connection(), bank.id, prepare(entry, reverses_id=entry_id))
    except CauseUsedForAnother as error:
        raise AlreadyReversed from error


def intervene(
    session: Session, bank: Bank, reasons: Sequence[tuple[Reason, int | None]], *, by: str
) -> None:
    """Keep why these were done by `by`, each with the entry that it made, if it made one."""
    _keep(session, [_row(bank, reason, by, entry_id=entry) for reason, entry in reasons])


def keep_reason(
    session: Session, bank: Bank, reason: Reason, by: str, *, reverses_id: int | None
) -> None:
    """Keep why an entry is going to be taken back."""
    _keep(session, [_row(bank, reason, by, reverses_id=reverses_id)])


def set_default(
    session: Session,
    bank: Bank,
    kind: InterventionKind,
    *,
    old: Limits,
    new: Limits,
    why: str,
    by: str,
) -> None:
    """Keep why a default of the bank is to be another from now on, before it is."""
    if old != new:
        row = _row(bank, Reason(kind, "bank", why), by)
        _keep(session, [{**row, **_from_to(old, new)}])


def _row(
    bank: Bank,
    reason: Reason,
    by: str,
    *,
    entry_id: int | None = None,
    reverses_id: int | None = None,
) -> dict[str, Any]:
    about: dict[str, Any] = {"kind": reason.kind, "of": reason.of, "why": reason.why}
    return {"bank_id": bank.id, **about, "by": by, "entry_id": entry_id, "reverses_id": reverses_id}


def _from_to(old: Limits, new: Limits) -> dict[str, int | None]:
    return {
        "floor_before": old.floor,
        "floor_after": new.floor,
        "ceiling_before": old.ceiling,
        "ceiling_after": new.ceiling,
    }


def _keep(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write interventions. One that takes back what somebody else has just taken back is left
    out."""
    if rows:
        once = insert_of(session)(table_of(Intervention)).on_conflict_do_nothing(
            index_elements=[Intervention.reverses_id]
        )
        session.execute(once, rows)


BLOCK = 10_000
"""Most entries in one block, so that sealing takes little memory and does not hold SQLite's write
lock for long."""

_AT_A_TIME = 1_000
_PATIENCE = "5 seconds"
_MILLISECOND = timedelta(milliseconds=1)
_NOW_AND_LAST_ENTRY = (
    "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now'),"
    " (SELECT recorded_at FROM entry ORDER BY id DESC LIMIT 1)"
)
_SEALING = 1_214_606_444
"""The class of the advisory locks that let one sealer at a time work on a bank. Any number that
nothing else uses will do."""


@dataclass(frozen=True)
class Sealed:
    """The books as far as they are sealed: `entries` up to the one numbered `last`, under `hash`
    (None: there are none).

    They hold everything that was ever, and will ever have been, recorded by `as_of`.
    """

    entries: int
    last: int | None
    hash: str | None
    as_of: datetime


def seal(session: Session, bank: Bank, *, now: datetime) -> Sealed:
    """Seal everything in the bank's books, block by block.

    On PostgreSQL it waits a few seconds for transactions that are writing entries, without holding
    any of them up. Raises StillWriting when one of them takes longer. The transaction must be READ
    COMMITTED.
    """
    settled = _settled(session)
    if settled is None:
        raise StillWriting
    while _seal_block(session, bank, settled.number, now):
        pass
    block = queries.last_block(session, bank)
    if block is None:
        return Sealed(0, None, None, settled.as_of)
    return Sealed(block.total, block.last, block.hash, settled.as_of)


def seal_next(session: Session, bank: Bank, *, now: datetime) -> int:
    """Seal the next block of the bank and return how many entries it holds; 0: none.

    When on PostgreSQL somebody takes long to write, it seals nothing this time. The transaction
    must be READ COMMITTED.
    """
    settled = _settled(session)
    return 0 if settled is None else _seal_block(session, bank, settled.number, now)


@dataclass(frozen=True)
class _Settled:
    """The entry number, and the instant, up to which nothing can be added any more."""

    number: int
    as_of: datetime


def _settled(session: Session) -> _Settled | None:
    """How far every bank's books are settled; None when that cannot be told in time."""
    if session.connection().dialect.name == "sqlite":
        return _settled_on_sqlite(session)
    settled = text("SELECT number, instant FROM ledger_settled(CAST(:patience AS interval))")
    number, instant = session.execute(settled, {"patience": _PATIENCE}).one()
    return None if number is None else _Settled(number, instant)


def _settled_on_sqlite(session: Session) -> _Settled:
    """This transaction holds the one write lock, so that no lower number can appear. But entries
    are dated to the millisecond, and others may yet be dated to the one that runs: the books are
    settled up to the one before it."""
    instant, last = session.execute(text(_NOW_AND_LAST_ENTRY)).one()
    as_of = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    if last is None or last < instant:
        return _Settled(queries.last_entry(session), as_of - _MILLISECOND)
    # There is an entry of this very millisecond, which belongs to what is settled: let it pass.
    time.sleep(_MILLISECOND.total_seconds())
    return _Settled(queries.last_entry(session), as_of)


def _seal_block(session: Session, bank: Bank, number: int, now: datetime) -> int:
    """Seal up to `BLOCK` entries, none above `number`, and return how many. A second sealer of the
    bank waits for this one."""
    if session.connection().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(:sealing, :bank)"),
            {"sealing": _SEALING, "bank": bank.id},
        )
    last = queries.last_block(session, bank)
    n, after, total, before = (
        (last.n, last.last, last.total, last.hash) if last else (0, 0, 0, chain.BEGINNING)
    )
    up_to = queries.nth_entry_after(session, bank, after, number, BLOCK)
    if up_to is None:
        return 0
    run = chain.run(session, bank.id, n + 1, before=before, after=after, last=up_to, sealed_at=now)
    block = {
        "bank_id": bank.id,
        "n": n + 1,
        "first": run.first,
        "last": up_to,
        "entries": run.entries,
    }
    session.execute(
        insert(Block).values(**block, total=total + run.entries, hash=run.hash, sealed_at=now)
    )
    return run.entries


def relabel(session: Session, bank: Bank, account_id: int, label: str) -> None:
    """Change what statements call the account."""
    _change(session, bank, account_id, label=label)


def set_limits(
    session: Session,
    bank: Bank,
    account_id: int,
    *,
    floor: int | None,
    ceiling: int | None,
    why: str | None,
    by: str,
) -> None:
    """Change the account's limits, in minutes, and keep why; None: history is brought in that needs
    them so. Raises NotFound, and OutsideLimits when its balance is outside them."""
    set_limits_of_many(session, bank, {account_id: Limits(floor, ceiling)}, why=why, by=by)


def set_limits_of_many(
    session: Session, bank: Bank, limits: Mapping[int, Limits], *, why: str | None, by: str
) -> None:
    """Change the limits of many accounts, by id. Raises NotFound, and OutsideLimits for the first
    whose balance is outside them."""
    account_ids = sorted(limits)
    for start in range(0, len(account_ids), _AT_A_TIME):
        batch = account_ids[start : start + _AT_A_TIME]
        states = queries.accounts(session, bank, batch, hold=True)
        _change_limits(session, bank, {id_: limits[id_] for id_ in batch}, states, why, by)


def _change_limits(
    session: Session,
    bank: Bank,
    limits: Mapping[int, Limits],
    states: Mapping[int, AccountState],
    why: str | None,
    by: str,
) -> None:
    if limits.keys() - states.keys():
        raise NotFound(say("There is no such account here."))
    interventions: list[dict[str, Any]] = []
    for account_id, new in limits.items():
        state = states[account_id]
        old = Limits(state.floor, state.ceiling)
        if new == old:
            continue
        if (new.floor is not None and state.balance < new.floor) or (
            new.ceiling is not None and state.balance > new.ceiling
        ):
            raise OutsideLimits(account_id=account_id, balance=state.balance)
        row = _row(bank, reason_of_limits(account_id, why), by)
        interventions.append({**row, **_from_to(old, new), "account_id": account_id})
    _keep(session, interventions)
    if interventions:
        change = (
            update(table_of(Account))
            .where(Account.bank_id == bank.id, Account.id == bindparam("account"))
            .values(floor=bindparam("new_floor"), ceiling=bindparam("new_ceiling"))
        )
        new_limits = [
            {
                "account": row["account_id"],
                "new_floor": row["floor_after"],
                "new_ceiling": row["ceiling_after"],
            }
            for row in interventions
        ]
        session.connection().execute(change, new_limits)


@dataclass(frozen=True)
class Replaced:
    """The ids of the accounts that have a new limit, and how many keep the old one."""

    changed: Sequence[int] = ()
    unchanged: int = 0


def replace_limit(
    session: Session,
    bank: Bank,
    kind: AccountKind,
    limit: Literal["floor", "ceiling"],
    *,
    old: int | None,
    new: int | None,
    why: str,
    by: str,
) -> Replaced:
    """Give the bank's open accounts of a kind whose `limit` is `old` the limit `new`, in minutes
    (None: no bound), and keep why, of each.

    An account whose balance is outside the new limit keeps the old one. They are taken in the order
    in which postings take them. Accounts are opened one at a time in the bank, which the caller
    holds.
    """
    if old == new:
        return Replaced()
    column: InstrumentedAttribute[int | None] = getattr(Account, limit)
    same = (
        Account.bank_id == bank.id,
        Account.kind == kind,
        Account.closed_at.is_(None),
        column.is_not_distinct_from(old),
    )
    within = _is_within(limit, new)
    after = literal(new) if new is not None else null()
    floor, ceiling = (after, Account.ceiling) if limit == "floor" else (Account.floor, after)
    taken = (
        select(
            Account.bank_id,
            literal(str(InterventionKind.LIMITS)),
            literal("account:") + cast(Account.id, String),
            literal(why),
            literal(by),
            Account.id,
            Account.floor,
            floor,
            Account.ceiling,
            ceiling,
        )
        .where(*same, within)
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )
    columns = ["bank_id", "kind", "of", "why", "by", "account_id"]
    columns += ["floor_before", "floor_after", "ceiling_before", "ceiling_after"]
    explained = insert(table_of(Intervention)).from_select(columns, taken)
    explained = explained.returning(Intervention.account_id)
    changed = [account_id for account_id in session.execute(explained).scalars() if account_id]
    change = update(Account).where(*same, within).values({limit: new})
    session.execute(change, execution_options={"synchronize_session": False})
    unchanged = select(func.count()).select_from(Account).where(*same)
    return Replaced(changed, session.execute(unchanged).scalar_one())


def _is_within(limit: Literal["floor", "ceiling"], new: int | None) -> ColumnElement[bool]:
    """Whether an account's balance is on the right side of a limit."""
    if new is None:
        return true()
    return Account.balance >= new if limit == "floor" else Account.balance <= new


def close_account(session: Session, bank: Bank, account_id: int, *, now: datetime) -> None:
    """Close the account: it keeps its history and takes no more postings."""
    _change(session, bank, account_id, closed_at=now)


def reopen_account(session: Session, bank: Bank, account_id: int) -> None:
    """Open the account again: whose it is has come back."""
    _change(session, bank, account_id, closed_at=None)


def _change(session: Session, bank: Bank, account_id: int, **values: Any) -> None:
    queries.account(session, bank, account_id)
    statement = (
        update(Account).where(Account.bank_id == bank.id, Account.id == account_id).values(values)
    )
    session.execute(statement.execution_options(synchronize_session=False))
