"""The only "now". Everything else is handed the time it needs."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC and aware of it."""
    return datetime.now(UTC)


def local_date(instant: datetime, timezone: str) -> date:
    """The calendar date of `instant` (aware) in the IANA time zone named."""
    return instant.astimezone(ZoneInfo(timezone)).date()
