"""What is under us is away: the database cannot be reached, is held by somebody else, is full, or
cannot be written. Told from our own mistakes, and said in words.

A mistake of ours (a table that is not there, a reader that writes) is none of these: it stays what
it is, and is looked into.
"""

import sqlite3
from typing import Any

from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from timebank.errors import Unavailable
from timebank.say import Said, say

AWAY = say(
    "The time bank’s records cannot be reached just now. Try again in a minute: nothing you send"
    " is done twice."
)
BUSY = say(
    "The time bank is busy just now. Wait a moment, then try again: nothing you send is done twice."
)
FULL = say(
    "The time bank has no room left to write in, so nothing was changed. What is there can still be"
    " read. Tell the people who run it."
)
READ_ONLY = say(
    "The time bank can be read just now, but nothing can be written, so nothing was changed. Try"
    " again in a few minutes."
)

_SECONDS = {AWAY: 30, BUSY: 5, FULL: 300, READ_ONLY: 120}
"""When it may be worth while to try again."""

_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_IOERR: AWAY,
    sqlite3.SQLITE_NOMEM: AWAY,
}
_POSTGRESQL = {
    "53100": FULL,
    # Out of memory, connections or other means.
    "53": BUSY,
    # A lock that was not to be had in time, and a statement that took too long.
    "55P03": BUSY,
    "57014": BUSY,
    # Two that wait for each other, one of whom had to give way.
    "40": BUSY,
    # Stopped by its administrator, starting, or lost on the way.
    "57P": AWAY,
    "08": AWAY,
    # The disk under the server.
    "58": AWAY,
    # A transaction that stood still for too long.
    "25P": AWAY,
}


def of(error: BaseException, *, writing: bool) -> Unavailable | None:
    """The refusal that says what stands in the way; None where it is a mistake of ours.

    `writing` says whether it was in a transaction that may write: in another one, the database's
    word that it is read-only is about us.
    """
    words = _words(error, writing)
    return None if words is None else Unavailable(words, seconds=_SECONDS[words])


def is_lost(error: BaseException) -> bool:
    """Whether the connection was cut: on a new one, what only reads may be tried again."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _words(error: BaseException, writing: bool) -> Said | None:
    if isinstance(error, PoolTimeout):
        return BUSY
    if isinstance(error, DisconnectionError) or is_lost(error):
        return AWAY
    if not isinstance(error, DBAPIError):
        return None
    return _sqlite(error.orig, writing) if _is_sqlite(error) else _postgresql(error, writing)


def _is_sqlite(error: DBAPIError) -> bool:
    return isinstance(error.orig, sqlite3.Error)


def _sqlite(error: Any, writing: bool) -> Said | None:
    # The lowest byte says what it is, the others more exactly.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_READONLY:
        return READ_ONLY if writing else None
    return _SQLITE.get(code)


def _postgresql(error: DBAPIError, writing: bool) -> Said | None:
    code = getattr(error.orig, "sqlstate", None) or ""
    if code == "25006":
        return READ_ONLY if writing else None
    if not code:
        # The driver's own word, for want of one from the server: it could not be reached.
        connecting = isinstance(error, InterfaceError) or (
            type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")
        )
        return AWAY if connecting else None
    return next((_POSTGRESQL[code[:n]] for n in (5, 3, 2) if code[:n] in _POSTGRESQL), None)
