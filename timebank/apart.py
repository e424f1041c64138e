"""What keeps answers apart from names, for every room that asks: random keys, and rows mixed so
that neither their order nor the transaction that wrote them tells who they are from.

Codes on paper are drawn and kept by `codes`. People who are kept apart from one another are another
matter: see `members.meeting`.
"""

import secrets
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

MIXED = 7
"""So many other rows each one that comes in is hidden among: with its own they are eight, of whom a
bank tells figures by default."""


def new_key() -> str:
    """A random key for what somebody answered; 32 signs that say nothing of them."""
    return secrets.token_hex(16)


def mix(
    session: Session,
    key: InstrumentedAttribute[str],
    *among: ColumnElement[bool],
    others: int | None = MIXED,
) -> None:
    """Give some rows of a table new keys, as if they came in now; None: all of them.

    `among` are the conditions for rows that may get one: never the row that just came in, nor one
    whose key is kept elsewhere. What hangs on the key follows it by its foreign key. Else the order
    of the rows, as a backup has them, and the transaction that wrote them would tell which row came
    in with which act.
    """
    table: Any = key.class_
    keys = session.execute(select(key).where(*among)).scalars().all()
    # In random order, all of them too: rows are laid down anew in the order in which they are given
    # their keys.
    number = len(keys) if others is None else min(len(keys), others)
    again = [
        {"before": before, "after": new_key()}
        for before in secrets.SystemRandom().sample(keys, number)
    ]
    if again:
        given = update(table.__table__).where(*among, key == bindparam("before"))
        session.connection().execute(given.values({key.key: bindparam("after")}), again)
    session.expire_all()
