"""How long, how often, how soon again. Pure decisions."""

from datetime import UTC, datetime, timedelta

LEASE = timedelta(seconds=45)
"""How long a worker holds a job that it prepares without saying that it is still at it: what a
worker that was killed had in hand is taken up by another within a minute. Once its transaction has
begun, it holds the job itself, for however long."""

RENEWED = timedelta(seconds=15)
"""How often it says so."""

LONGEST = timedelta(minutes=10)
"""How long it may say so: one that hangs for good lets go at last."""

BEAT = timedelta(seconds=30)
"""How often a worker says that it is alive."""

SILENCE = timedelta(minutes=5)
"""A worker not heard of for so long is taken for gone."""

KEPT = timedelta(days=30)
"""How long done jobs and answered requests are kept."""

ATTEMPTS = 12
"""How often a job is tried before it is given up: some 16 hours, by `pause`."""


FIRST = timedelta(minutes=1)
"""How long to wait after a first failure."""


def pause(attempt: int, first: timedelta = FIRST) -> timedelta:
    """How long to wait after the failure of that attempt (1, 2, …): `first`, doubled each time,
    four hours at most."""
    return min(first * 2 ** min(attempt - 1, 10), timedelta(hours=4))


def period(now: datetime, every: timedelta) -> str:
    """A name for the period of length `every` that `now` falls into, the same for every worker."""
    start = now.timestamp() // every.total_seconds() * every.total_seconds()
    return datetime.fromtimestamp(start, UTC).isoformat()
