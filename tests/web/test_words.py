"""Words for the templates."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask, g

from timebank import clock
from timebank.banks.models import Bank
from timebank.web import words


@pytest.fixture
def in_fife(monkeypatch: pytest.MonkeyPatch):
    """A request to a bank in Scotland, on a summer evening that is already the next day in Fiji."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 14, 16, 30, tzinfo=UTC))
    with Flask(__name__).test_request_context():
        g.bank = Bank(timezone="Europe/London", language="en", languages="en")
        yield


def test_a_date_is_said_with_its_year():
    assert words.day(date(2026, 11, 3)) == "3 November 2026"
    assert words.day(None) == ""


def test_a_weekday_has_a_year_only_when_it_is_another(in_fife: None):
    assert words.weekday(date(2026, 11, 12)) == "Thursday 12 November"
    assert words.weekday(date(2025, 11, 12)) == "Wednesday 12 November 2025"
    assert words.weekday(None) == ""


def test_a_moment_is_told_by_the_bank_s_clock(in_fife: None):
    late = datetime(2026, 7, 14, 23, 5, tzinfo=UTC)
    assert words.moment(late) == "15 July 2026, 00:05"
    assert words.time(late) == "00:05"
    assert words.moment(None) == words.time(None) == ""


def test_today_is_the_bank_s_day(in_fife: None):
    assert words.today() == date(2026, 7, 14)
    g.bank.timezone = "Pacific/Fiji"
    assert words.today() == date(2026, 7, 15)


@pytest.mark.parametrize(
    ("zone", "greeting"),
    [
        ("America/New_York", "Good afternoon"),
        ("Pacific/Honolulu", "Good morning"),
        ("Asia/Kolkata", "Good evening"),
    ],
)
def test_the_greeting_goes_by_the_bank_s_clock(in_fife: None, zone: str, greeting: str):
    g.bank.timezone = zone
    assert str(words.greeting()) == greeting


def test_small_counts_are_spelt():
    assert [words.spelt(number) for number in (0, 1, 9, 10)] == ["no", "one", "nine", "10"]


def test_a_telephone_number_is_dialled_without_its_spaces():
    assert words.dialled("+44 (0)1632 960-142") == "+4401632960142"


def test_paragraphs_are_parted_by_empty_lines():
    assert words.paragraphs("One\nline.\r\n\r\n \nTwo.\n") == ["One\nline.", "Two."]
    assert words.paragraphs("") == []


@pytest.mark.parametrize(
    ("minutes", "path"),
    [
        (15, "M12 12V1A11 11 0 0 0 1.00 12.00z"),
        (30, "M12 12V1A11 11 0 0 0 12.00 23.00z"),
        (45, "M12 12V1A11 11 0 1 0 23.00 12.00z"),
    ],
)
def test_a_quarter_is_a_quarter_of_a_disc(minutes: int, path: str):
    assert words.part_of_disc(minutes) == path
