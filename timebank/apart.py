"""What keeps answers apart from names, for every room that asks: random keys, and rows mixed so
that neither their order nor the transaction that wrote them tells who they are from, in the tables
or in the database's own log.

Codes on paper are drawn and kept by `codes`. People who are kept apart from one another are another
matter: see `members.meeting`.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from timebank.base import leave_no_log

MIXED = 7
"""So many other rows each one that comes in is hidden among: with its own they are eight, of whom a
bank tells figures by default."""


def new_key() -> str:
    """A random key for what somebody answered; 32 signs that say nothing of them."""
    return secrets.token_hex(16)


def hide(
    session: Session, key: InstrumentedAttribute[str], own: str, *among: ColumnElement[bool]
) -> None:
    """Hide the row that just came in with the key `own` among seven others: all of them get new
    keys, in random order.

    `among` are the conditions for rows that may get one: never one whose key is kept elsewhere.
    Its own row is one of them, as a row that is changed can be told from one that came in, and the
    first command of a transaction from the next.
    """
    others = session.execute(select(key).where(*among, key != own)).scalars().all()
    chance = secrets.SystemRandom()
    keys = [own, *chance.sample(others, min(len(others), MIXED))]
    _give_new_keys(session, key, chance.sample(keys, len(keys)), *among)


def mix_all(session: Session, key: InstrumentedAttribute[str], *among: ColumnElement[bool]) -> None:
    """Give all rows of a table for which `among` holds new keys, in random order."""
    keys = session.execute(select(key).where(*among)).scalars().all()
    _give_new_keys(session, key, secrets.SystemRandom().sample(keys, len(keys)), *among)


def _give_new_keys(
    session: Session,
    key: InstrumentedAttribute[str],
    keys: Sequence[str],
    *among: ColumnElement[bool],
) -> None:
    """Give rows new keys, as if they came in now, in this order: that in which they are laid down.

    What hangs on a key follows it by its foreign key. Else the order of the rows, as a backup has
    them, and the transaction that wrote them would tell which row came in with which act.
    """
    leave_no_log(session)
    if keys:
        table: Any = key.class_
        given = update(table.__table__).where(*among, key == bindparam("before"))
        session.connection().execute(
            given.values({key.key: bindparam("after")}),
            [{"before": before, "after": new_key()} for before in keys],
        )
    session.expire_all()
