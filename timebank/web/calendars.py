"""Calendars (RFC 5545) for phones and computers."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from timebank import clock
from timebank.room import Appointment, Bank, Stands
from timebank.say import Said, Voice, say, spoken

_ASK_AGAIN = timedelta(hours=1)


def calendar(
    bank: Bank,
    appointments: Iterable[Appointment],
    *,
    url: Callable[[Appointment], str],
    voice: Voice,
    name: Said | str = "",
) -> bytes:
    """The appointments as an .ics file, called as the bank is unless `name` says otherwise. `url`
    says where the page of one is.

    Each keeps its UID whatever becomes of it, so that a calendar moves it or strikes it out and
    never shows it twice.
    """
    import icalendar  # noqa: PLC0415  (heavy, and few requests are for a calendar)

    book = icalendar.Calendar()
    for key, value in {
        "PRODID": "-//Timebank//Activities//EN",
        "VERSION": "2.0",
        "METHOD": "PUBLISH",
        "X-WR-CALNAME": spoken(name, voice) or bank.name,
        "X-WR-TIMEZONE": bank.timezone,
    }.items():
        book.add(key, value)
    # RFC 7986, 5.7, and what is older than it: how often a calendar should look again.
    book.add("REFRESH-INTERVAL", _ASK_AGAIN, parameters={"VALUE": "DURATION"})
    book.add("X-PUBLISHED-TTL", "PT1H")
    for appointment in appointments:
        event = icalendar.Event()
        for key, value in _lines(bank, appointment, url(appointment), voice).items():
            if value != "":
                event.add(key, value)
        book.add_component(event)
    return book.to_ical()


def _lines(bank: Bank, appointment: Appointment, url: str, voice: Voice) -> dict[str, Any]:
    title = spoken(appointment.title, voice)
    if appointment.stands == Stands.CANCELLED:
        title = spoken(say("Called off: %(title)s", title=title), voice)
    begins, ends = _span(appointment)
    return {
        "UID": f"{appointment.key}.{bank.lasting_name}",
        "DTSTAMP": clock.now(),
        "DTSTART": begins,
        "DTEND": ends,
        "SUMMARY": title,
        "LOCATION": appointment.place,
        "DESCRIPTION": appointment.about,
        "URL": url,
        "STATUS": appointment.stands.upper(),
        "SEQUENCE": appointment.sequence,
    }


def _span(appointment: Appointment) -> tuple[date, date]:
    if isinstance(appointment.at, datetime):
        begins = appointment.at.astimezone(UTC)
        return begins, begins + timedelta(minutes=appointment.minutes)
    # A whole day ends where the next one begins (3.6.1).
    return appointment.at, appointment.at + timedelta(days=1)
