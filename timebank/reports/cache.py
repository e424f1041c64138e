"""What the pages show, kept in memory for as long as nothing that it is made of has changed.

The key is a digest of everything the figures are read from but the entries themselves; of those, of
how many postings every account has had. So a page is never stale, and is quick as long as nobody
writes.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.reports import queries

_MOST = 64
"""Results kept for each database; the one not looked at for longest goes first."""

_Found = TypeVar("_Found")
_kept: WeakKeyDictionary[Engine, OrderedDict[tuple[Any, ...], Any]] = WeakKeyDictionary()
_lock = Lock()


def standing(
    session: Session, bank: Bank, what: tuple[Any, ...], make: Callable[[], _Found]
) -> _Found:
    """What `make` makes, as long as the bank's books and people are as they were when it was made
    for `what`."""
    engine = cast(Engine, session.get_bind())
    digest = hashlib.sha256()
    for row in queries.state(session, bank):
        digest.update(repr(tuple(row)).encode())
    key = (bank.id, what, digest.digest())
    with _lock:
        kept = _kept.setdefault(engine, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    found = make()
    with _lock:
        kept[key] = found
        while len(kept) > _MOST:
            kept.popitem(last=False)
    return found
