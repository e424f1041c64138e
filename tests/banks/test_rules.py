"""What a bank's rules of exchange may be, and what they let be logged."""

from dataclasses import replace

import pytest

from timebank.banks import rules
from timebank.errors import Invalid

SOUND = rules.Settings(
    name="Fife Time Bank",
    timezone="Europe/London",
    contact_name="Maggie",
    contact_phone="01632 960 142",
    rounding=15,
    smallest_log=15,
    largest_log=720,
    member_floor=-600,
    chest_floor=0,
    waiting_days=14,
    few=8,
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rounding": 1, "smallest_log": 1, "largest_log": 1440},
        {"rounding": 60, "smallest_log": 60, "largest_log": 60},
        {"member_floor": 0, "member_ceiling": 60},
        {"chest_floor": -6000},
        {"timezone": "America/Argentina/Buenos_Aires"},
        {"contact_email": "broker@example.org"},
        {"waiting_days": 365},
        {"few": 5},
    ],
)
def test_rules_that_make_sense_are_taken(change):
    rules.check(replace(SOUND, **change))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": "   "}, "name", "Write the bank’s name"),
        ({"name": "x" * 121}, "name", "at most 120"),
        ({"timezone": "Fife"}, "timezone", "is no time zone"),
        ({"timezone": "Europe"}, "timezone", "is no time zone"),
        ({"timezone": "../etc/passwd"}, "timezone", "is no time zone"),
        ({"timezone": ""}, "timezone", "is no time zone"),
        ({"contact_email": "maggie"}, "contact_email", "whole e-mail address"),
        ({"rounding": 7}, "rounding", "do not make whole hours"),
        ({"rounding": 0}, "rounding", "do not make whole hours"),
        ({"smallest_log": 20}, "smallest_log", "steps of 15 minutes"),
        ({"smallest_log": 0}, "smallest_log", "one or more steps"),
        ({"largest_log": 100}, "largest_log", "whole steps"),
        ({"largest_log": 1500}, "largest_log", "24 hours of a day"),
        ({"smallest_log": 60, "largest_log": 30}, "largest_log", "smaller than the smallest"),
        ({"member_floor": 600}, "member_floor", "below zero"),
        ({"member_floor": -10}, "member_floor", "an hour or more"),
        ({"chest_floor": 60}, "chest_floor", "below zero"),
        ({"member_ceiling": 0}, "member_ceiling", "such as 100 h"),
        ({"waiting_days": 0}, "waiting_days", "from 1 to 365"),
        ({"waiting_days": 366}, "waiting_days", "from 1 to 365"),
        ({"few": 1}, "few", "5, 8 or 10"),
    ],
)
def test_nonsense_is_refused_in_words_beside_its_field(change, field, words):
    with pytest.raises(Invalid) as refused:
        rules.check(replace(SOUND, **change))
    assert list(refused.value.fields) == [field]
    assert words in str(refused.value.fields[field])


def test_everything_wrong_is_said_at_once():
    with pytest.raises(Invalid) as refused:
        rules.check(replace(SOUND, name="", rounding=7, waiting_days=0))
    assert set(refused.value.fields) == {"name", "rounding", "waiting_days"}


@pytest.mark.parametrize("minutes", [15, 90, 720])
def test_a_log_within_the_rules_is_taken(minutes):
    rules.LogRules(15, 15, 720).check(minutes)


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "from 15 minutes to 12 hours"), (735, "from 15 minutes to 12 hours")]
)
def test_a_log_too_short_or_too_long_names_what_would_do(minutes, words):
    with pytest.raises(Invalid, match=words):
        rules.LogRules(15, 15, 720).check(minutes)


def test_a_log_between_two_steps_names_both():
    with pytest.raises(Invalid, match=r"2¾ hours and 3 hours"):
        rules.LogRules(15, 15, 720).check(170)


@pytest.mark.parametrize(
    ("slug", "is_one"),
    [("fife-2", True), ("Fife", False), ("a--b", False), ("\0", False), ("x" * 61, False)],
)
def test_an_address_is_small_letters_digits_and_hyphens(slug, is_one):
    assert rules.is_slug(slug) is is_one
