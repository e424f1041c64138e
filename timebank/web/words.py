"""Words for the templates: hours, dates and instants as a neighbour would say them."""

import math
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, g

from timebank import clock, hours
from timebank.times import DAYS, PARTS, times_in_words


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


def local_day(value: datetime) -> date:
    """The date of an instant where the bank is."""
    return value.astimezone(_zone()).date()


def today() -> date:
    """Today's date where the bank is."""
    return clock.now().astimezone(_zone()).date()


def spelt(number: int) -> str:
    """A count as it is written in a sentence: one to nine as words, more as figures."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[number] if 0 <= number < len(words) else str(number)


def dialled(phone: str) -> str:
    """A telephone number as a link wants it: "01632 960 142" → "01632960142"."""
    return "".join(sign for sign in phone if sign.isdigit() or sign == "+")


def begun(words: str) -> str:
    """The words as a sentence begins: the first letter large, and names within them left as they
    are."""
    return words[:1].upper() + words[1:]


def paragraphs(text: str) -> list[str]:
    """What somebody wrote, as the paragraphs they left empty lines between."""
    return [
        part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()
    ]


def week() -> list[tuple[str, list[tuple[int, str]]]]:
    """The days, each with its parts and the numbers they go by, for choosing times of the week."""
    return [
        (day, [(len(PARTS) * place + at, part) for at, part in enumerate(PARTS)])
        for place, day in enumerate(DAYS)
    ]


def greeting() -> str:
    """By the bank's clock."""
    hour = clock.now().astimezone(_zone()).hour
    return "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"


def part_of_disc(minutes: int) -> str:
    """The SVG path of part of an hour, of 1 to 59 minutes, within a 24 × 24 disc: filled from the
    top, leftwards."""
    angle = minutes / 60 * math.tau
    x, y = 12 - 11 * math.sin(angle), 12 - 11 * math.cos(angle)
    return f"M12 12V1A11 11 0 {int(minutes > 30)} 0 {x:.2f} {y:.2f}z"


def _zone() -> ZoneInfo:
    bank = g.get("bank")
    return ZoneInfo(bank.timezone if bank is not None else "UTC")


def install(app: Flask) -> None:
    """Give the templates their filters."""
    app.add_template_filter(hours.table, "hours")
    app.add_template_filter(hours.words, "hours_in_words")
    app.add_template_filter(hours.whole, "whole_hours")
    app.add_template_filter(times_in_words)
    for word in (
        day,
        local_day,
        weekday,
        moment,
        time,
        spelt,
        dialled,
        begun,
        paragraphs,
        part_of_disc,
    ):
        app.add_template_filter(word)
    app.add_template_global(today)
    app.add_template_global(week)
    app.add_template_global(greeting)
