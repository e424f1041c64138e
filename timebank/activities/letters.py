"""What people are told about activities. Pure: what happened in, a letter out."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from timebank import hours
from timebank.activities.models import ActivitySession
from timebank.banks.models import Bank

_ASK = "Questions? Ring your broker."


class Letter(NamedTuple):
    """Subject and body of a notice."""

    subject: str
    body: str


def moved(bank: Bank, title: str, row: ActivitySession, place: str) -> Letter:
    where = f", {place}" if place else ""
    return Letter(
        f"{title}: another time or place",
        f"{title} is now on {when(bank, row.starts_at)}{where}. {_ASK}",
    )


def called_off(bank: Bank, title: str, row: ActivitySession, why: str) -> Letter:
    words = f"{title} on {when(bank, row.starts_at)} does not happen. {_ASK}"
    return Letter(f"Called off: {title}", f"{words} “{why}”" if why else words)


def place_free(bank: Bank, title: str, row: ActivitySession) -> Letter:
    words = (
        f"A place has come free: you are on the list for {title} on {when(bank, row.starts_at)}."
    )
    return Letter(
        f"You have a place: {title}",
        f"{words} If you cannot come, say so on the page “Activities”, or tell your broker.",
    )


def hours_moved(bank: Bank, title: str, row: ActivitySession, minutes: int) -> Letter:
    """`minutes` above 0 were added to the reader's, below 0 taken off."""
    added = "added to yours" if minutes > 0 else "taken off yours"
    are = "is" if abs(minutes) <= 60 else "are"
    words = f"For {title} on {when(bank, row.starts_at)}, {hours.words(minutes)} {are} {added}."
    return Letter(
        f"{title}: {hours.words(minutes)}", f"{words} If that is not right, tell your broker."
    )


def hours_back(bank: Bank, title: str, row: ActivitySession, why: str) -> Letter:
    words = (
        f"The hours for {title} on {when(bank, row.starts_at)} were taken back, to be put right."
    )
    return Letter(f"{title}: hours taken back", f"{words} “{why}”")


def when(bank: Bank, instant: datetime) -> str:
    """Thursday 12 November 2026 at 10:00, on the clock of the bank."""
    local = instant.astimezone(ZoneInfo(bank.timezone))
    return f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M}"
