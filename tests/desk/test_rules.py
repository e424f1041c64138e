"""How a sheet of slips is read."""

from datetime import date

import pytest

from timebank.desk import rules
from timebank.errors import Invalid

TODAY = date(2026, 3, 12)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("12", date(2026, 3, 12)),
        ("13", date(2026, 2, 13)),
        ("31", date(2026, 1, 31)),
        ("1/3", date(2026, 3, 1)),
        ("14 Nov", date(2025, 11, 14)),
        ("14 november", date(2025, 11, 14)),
        ("14.11.", date(2025, 11, 14)),
        ("29 Feb", date(2024, 2, 29)),
        ("14/11/2024", date(2024, 11, 14)),
        ("14-11-24", date(2024, 11, 14)),
        ("2026-03-01", date(2026, 3, 1)),
        ("14/11/2027", date(2027, 11, 14)),
    ],
)
def test_a_day_is_the_latest_that_can_be_meant(written: str, day: date) -> None:
    assert rules.day_written(written, today=TODAY) == day


@pytest.mark.parametrize(
    ("written", "language", "day"),
    [
        ("14 noviembre", "es", date(2025, 11, 14)),
        ("14 de noviembre de 2024", "es", date(2024, 11, 14)),
        ("14 nov", "es", date(2025, 11, 14)),
        ("3 ene.", "es", date(2026, 1, 3)),
        ("14 d’abril", "ca", date(2025, 4, 14)),
        ("14 Tachwedd", "cy", date(2025, 11, 14)),
        ("14 décembre", "fr", date(2025, 12, 14)),
        ("14 December", "fr", date(2025, 12, 14)),
    ],
)
def test_a_month_is_read_in_the_languages_of_the_bank(
    written: str, language: str, day: date
) -> None:
    assert rules.day_written(written, today=TODAY, languages=(language,)) == day


def test_a_month_in_a_language_that_the_bank_has_not_or_with_two_meanings_is_refused() -> None:
    for written, languages in (("14 Tachwedd", ()), ("14 jui", ("fr",))):
        with pytest.raises(Invalid):
            rules.day_written(written, today=TODAY, languages=languages)


@pytest.mark.parametrize(
    "written", ["", "Tuesday", "14 Foo", "31/4", "0", "32", "14/13", "²", "9" * 50, "1/2/3/4"]
)
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        rules.day_written(written, today=TODAY)


def test_a_ditto_mark_repeats_what_stands_above_it() -> None:
    lines = [
        {"giver": '"', "title": "Hedge"},
        {"giver": "Joan", "title": '"'},
        {"giver": "", "title": ""},
        {"giver": "”", "title": "“"},
        {"giver": "Tom", "title": "''"},
    ]
    assert [(line["giver"], line["title"]) for line in rules.read_out(lines)] == [
        ("", "Hedge"), ("Joan", "Hedge"), ("", ""), ("Joan", "Hedge"), ("Tom", "Hedge"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("today", "born", "day"),
    [
        (date(2026, 2, 25), 229, date(2026, 2, 28)),
        (date(2028, 2, 25), 229, date(2028, 2, 29)),
        (date(2026, 12, 30), 101, date(2027, 1, 1)),
        (date(2026, 12, 30), 106, None),
    ],
)
def test_a_birthday_falls_on_the_day_it_is_kept(today: date, born: int, day: date | None) -> None:
    assert rules.birthdays_from(today).get(born) == day
