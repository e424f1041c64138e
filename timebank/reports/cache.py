"""What the pages show, kept in memory for as long as nothing that it is made of has changed.

The key is a digest of everything the figures are read from but the entries themselves; of those, of
how many postings every account has had. So a page is never stale, and is quick as long as nobody
writes.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.reports import queries

_MOST = 64
"""Results kept for each database; the one not looked at for longest goes first."""

_Made = TypeVar("_Made")
_Results = OrderedDict[tuple[Hashable, ...], Any]
_of_databases: WeakKeyDictionary[Engine, _Results] = WeakKeyDictionary()
_lock = Lock()


def cached(
    session: Session, bank: Bank, what: tuple[Hashable, ...], make: Callable[[], _Made]
) -> _Made:
    """What `make` makes, as long as the bank's books and people are as they were when it was made
    for `what`."""
    return remembered(session, (bank.id, what, state(session, bank)), make)


def state(session: Session, bank: Bank) -> str:
    """A digest of everything that figures of the bank are made from."""
    digest = hashlib.sha256()
    for row in queries.state(session, bank):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def remembered(session: Session, key: tuple[Hashable, ...], make: Callable[[], _Made]) -> _Made:
    """What was made under this key in this database before, or is made now."""
    engine = cast(Engine, session.get_bind())
    with _lock:
        results = _of_databases.setdefault(engine, OrderedDict())
        if key in results:
            results.move_to_end(key)
            return results[key]
    # Outside of the lock: two who ask for the same may both make it, and nobody waits for another.
    made = make()
    with _lock:
        results[key] = made
        while len(results) > _MOST:
            results.popitem(last=False)
    return made
