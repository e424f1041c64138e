"""Figures of a large bank, counted by the worker once writing has settled and kept until they are
counted anew: what is shown says as of when it is.

In a small bank they are counted whenever somebody looks and something has changed (`cache.py`):
that takes less than a second there. In a large one it takes many, so that a page shows what was
counted last, unless that is older than the bank's setting allows.
"""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.db import transaction
from timebank.reports import queries
from timebank.reports.cache import cached, remembered, state
from timebank.reports.models import KeptFigures

LARGE = 1000
"""From so many accounts on a bank's figures are kept."""

_SETTLED = timedelta(minutes=2)
"""The worker waits until nobody has written for so long, or until half of the time for which
figures may be shown is over."""

_LOOKED_AT = timedelta(days=14)
"""What nobody has looked at for so long is not counted any more."""

Made = TypeVar("Made")


class Kind(Protocol[Made]):
    """What is counted, under a name that says all that was asked for, and how it becomes JSON."""

    @property
    def name(self) -> str:
        """At most 80 characters."""
        ...

    def make(self, session: Session, bank: Bank, *, now: datetime) -> Made:
        """Count it. Raises Invalid."""
        ...

    def as_json(self, made: Made) -> Any:
        """What is kept of it."""
        ...

    def from_json(self, content: Any) -> Made:
        """The same again."""
        ...


KindOf = Callable[[str], Kind[Any]]
"""What a name stands for."""


def shown(
    session: Session, bank: Bank, kind: Kind[Made], *, now: datetime
) -> tuple[Made, datetime]:
    """What is to be shown, and as of when. It is counted here where it never was, or longer ago
    than the bank's setting allows. Raises Invalid."""
    if not is_large(session, bank):
        return cached(session, bank, (kind.name,), lambda: kind.make(session, bank, now=now)), now
    of = (KeptFigures.bank_id == bank.id, KeptFigures.name == kind.name)
    dates = select(KeptFigures.made_at, KeptFigures.looked_on).where(*of)
    row = session.execute(dates).one_or_none()
    if row is None or now - row.made_at > _oldest(bank):
        made = kind.make(session, bank, now=now)
        counted = Counted(kind.name, state(session, bank), packed(kind.as_json(made)))
        with transaction() as writing:
            keep(writing, bank, [counted], looked_on=now.date(), now=now)
        return made, now
    if row.looked_on < now.date():
        with transaction() as writing:
            writing.execute(update(KeptFigures).where(*of).values(looked_on=now.date()))

    def read() -> Made:
        content = session.execute(select(KeptFigures.content).where(*of)).scalar_one()
        return kind.from_json(json.loads(zlib.decompress(content)))

    return remembered(session, (bank.id, kind.name, row.made_at), read), row.made_at


def is_large(session: Session, bank: Bank) -> bool:
    """Whether figures of the bank are kept."""
    return queries.accounts_up_to(session, bank, LARGE) >= LARGE


def _oldest(bank: Bank) -> timedelta:
    return timedelta(minutes=bank.figures_minutes)


# ---- The worker's part ----


@dataclass(frozen=True)
class Counted:
    """What was counted, packed, and a digest of everything it was made from; no content: what is
    kept is still so."""

    name: str
    state: str
    content: bytes | None


def packed(content: Any) -> bytes:
    """As it is kept."""
    return zlib.compress(json.dumps(content, ensure_ascii=False).encode())


def banks_looked_at(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    """The ids of the next banks, above `after`, in which somebody looks at figures that are
    kept."""
    since = (now - _LOOKED_AT).date()
    looked = exists().where(KeptFigures.bank_id == Bank.id, KeptFigures.looked_on >= since)
    return banks.ids_after(session, after, limit, looked)


def count(
    session: Session, bank: Bank, usual: Sequence[Kind[Any]], kind_of: KindOf, *, now: datetime
) -> list[Counted]:
    """Count what is to be counted anew: what is usually looked at and what somebody looked at since
    yesterday, once writing has settled, and before it is too old to be shown. It only reads."""
    rows = session.execute(
        select(KeptFigures.name, KeptFigures.made_at, KeptFigures.state, KeptFigures.looked_on)
        .where(KeptFigures.bank_id == bank.id)
        .order_by(KeptFigures.name)
    ).all()
    there = {row.name: row for row in rows}
    yesterday = now.date() - timedelta(days=1)
    names = {kind.name for kind in usual} | {row.name for row in rows if row.looked_on >= yesterday}
    written = queries.last_written(session, bank)
    settled = written is None or now - written >= _SETTLED
    due = [
        name
        for name in sorted(names)
        if name not in there
        or now - there[name].made_at > _oldest(bank) / 2
        or (settled and written is not None and written > there[name].made_at)
    ]
    if not due:
        return []
    of_now = state(session, bank)
    counted: list[Counted] = []
    for name in due:
        if name in there and there[name].state == of_now:
            counted.append(Counted(name, of_now, None))
            continue
        kind = kind_of(name)
        content = packed(kind.as_json(kind.make(session, bank, now=now)))
        counted.append(Counted(name, of_now, content))
    return counted


def keep(
    session: Session, bank: Bank, counted: Sequence[Counted], *, looked_on: date, now: datetime
) -> None:
    """Keep what was counted as of `now`, in the place of what was kept of it."""
    for figures in counted:
        values: dict[str, Any] = {"made_at": now, "state": figures.state}
        of = (KeptFigures.bank_id == bank.id, KeptFigures.name == figures.name)
        if figures.content is None:
            session.execute(update(KeptFigures).where(*of).values(**values))
            continue
        values["content"] = figures.content
        insert = insert_of(session)(KeptFigures).values(
            bank_id=bank.id, name=figures.name, looked_on=looked_on, **values
        )
        session.execute(
            insert.on_conflict_do_update(index_elements=["bank_id", "name"], set_=values)
        )


def tidy(session: Session, bank: Bank, *, now: datetime) -> date | None:
    """Drop what nobody has looked at for long; the day on which somebody last looked at
    anything."""
    old = (now - _LOOKED_AT).date()
    session.execute(
        delete(KeptFigures).where(KeptFigures.bank_id == bank.id, KeptFigures.looked_on < old)
    )
    return session.execute(
        select(func.max(KeptFigures.looked_on)).where(KeptFigures.bank_id == bank.id)
    ).scalar()


def let_go(session: Session, bank: Bank) -> None:
    """Keep nothing of a bank any more: it is counted when somebody looks."""
    session.execute(delete(KeptFigures).where(KeptFigures.bank_id == bank.id))
