"""Sessions as a calendar (RFC 5545) for phones and computers to subscribe to. It names nobody."""

from collections.abc import Callable, Iterable
from datetime import UTC

from timebank import clock
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank


def calendar(bank: Bank, meetings: Iterable[Meeting], *, url: Callable[[Meeting], str]) -> bytes:
    """The sessions as an .ics file. `url` says where the page of a session is.

    A session keeps its UID whatever becomes of it, so that a calendar moves it or strikes it out
    and never shows it twice.
    """
    import icalendar  # noqa: PLC0415  (heavy, and few requests are for a calendar)

    book = icalendar.Calendar()
    for name, value in {
        "PRODID": "-//Timebank//Activities//EN",
        "VERSION": "2.0",
        "METHOD": "PUBLISH",
        "X-WR-CALNAME": bank.name,
        "X-WR-TIMEZONE": bank.timezone,
    }.items():
        book.add(name, value)
    for meeting in meetings:
        activity, event = meeting.activity, icalendar.Event()
        cancelled = meeting.row.cancelled_at is not None
        for name, value in {
            "UID": (
                f"session-{meeting.row.id}.bank-{bank.id}.{bank.created_at:%Y%m%dT%H%M%S}@timebank"
            ),
            "DTSTAMP": clock.now(),
            "DTSTART": meeting.row.starts_at.astimezone(UTC),
            "DTEND": meeting.ends_at.astimezone(UTC),
            "SUMMARY": f"{'Called off: ' if cancelled else ''}{activity.title}",
            "LOCATION": meeting.place,
            "DESCRIPTION": "\n\n".join(filter(None, [activity.purpose, activity.access_notes])),
            "URL": url(meeting),
            "STATUS": "CANCELLED" if cancelled else "CONFIRMED",
            "SEQUENCE": meeting.row.sequence,
        }.items():
            if value != "":
                event.add(name, value)
        book.add_component(event)
    return book.to_ical()
