"""Words for the templates: hours, dates and instants as a neighbour would say them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, g

from timebank import clock, hours


def day(value: date | None) -> str:
    """12 November 2026; nothing for no date."""
    return f"{value.day} {value:%B %Y}" if value else ""


def weekday(value: date | None) -> str:
    """Thursday 12 November, with the year when it is another one."""
    if value is None:
        return ""
    year = "" if value.year == today().year else f" {value.year}"
    return f"{value:%A} {value.day} {value:%B}{year}"


def moment(value: datetime | None) -> str:
    """12 November 2026, 10:42, in the bank's own time."""
    if value is None:
        return ""
    local = value.astimezone(_zone())
    return f"{day(local.date())}, {local:%H:%M}"


def time(value: datetime | None) -> str:
    """10:42, in the bank's own time."""
    return f"{value.astimezone(_zone()):%H:%M}" if value else ""


def today() -> date:
    """Today's date where the bank is."""
    return clock.now().astimezone(_zone()).date()


def _zone() -> ZoneInfo:
    bank = g.get("bank")
    return ZoneInfo(bank.timezone if bank is not None else "UTC")


def install(app: Flask) -> None:
    """Give the templates their filters."""
    app.add_template_filter(hours.table, "hours")
    app.add_template_filter(hours.words, "hours_in_words")
    for word in (day, weekday, moment, time):
        app.add_template_filter(word)
    app.add_template_global(today)
