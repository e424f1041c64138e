"""What people write is read as they meant it, or refused in words."""

import io
from datetime import date

import pytest
from marshmallow import fields

from timebank.errors import Invalid
from timebank.schema import Day, File, Minutes, Schema, Text, load


class SlipIn(Schema):
    name = Text(10, required=True)
    minutes = Minutes(required=True)
    on = Day(required=True)
    count = fields.Integer(load_default=1)
    counts = fields.List(fields.Integer())


GOOD = {"name": "Joan", "minutes": "1:30", "on": "2026-11-17"}


def test_words_become_values():
    assert load(SlipIn(), GOOD) == {
        "name": "Joan",
        "minutes": 90,
        "on": date(2026, 11, 17),
        "count": 1,
    }


def test_a_date_may_be_written_the_british_way():
    assert load(SlipIn(), {**GOOD, "on": "7/11/2026"})["on"] == date(2026, 11, 7)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "x" * 11, "Write at most 10 characters; this has 11."),
        ("name", "   ", "Fill this in."),
        ("name", "a\x00b", "Take out the characters that cannot be read."),
        ("name", "a\ud800b", "Take out the characters that cannot be read."),
        ("minutes", 10**30, "more time than anybody has"),
        ("minutes", "soon", "“soon” is not a length of time"),
        ("minutes", True, "Write a length of time"),
        ("minutes", 1.5, "Write a length of time"),
        ("on", "32/1/2026", "Write a date"),
        ("on", "yesterday", "Write a date"),
        ("count", "many", "Write a whole number."),
        ("count", 2**31, "That number is too large."),
        ("count", -(10**30), "That number is too large."),
        ("counts", [1, 2**31], "That number is too large."),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(field, value, words):
    with pytest.raises(Invalid) as refusal:
        load(SlipIn(), {**GOOD, field: value})
    (name, said), *rest = refusal.value.fields.items()
    assert words in str(said)
    assert name.split(".")[0] == field
    assert rest == []


def test_everything_that_is_wrong_is_named_at_once():
    with pytest.raises(Invalid) as refusal:
        load(SlipIn(), {"minutes": "soon"})
    assert set(refusal.value.fields) == {"name", "minutes", "on"}


def test_an_unknown_field_is_refused_unless_it_may_be_there():
    with pytest.raises(Invalid):
        load(SlipIn(), {**GOOD, "extra": 1})
    assert load(SlipIn(), {**GOOD, "extra": 1}, unknown="exclude")["name"] == "Joan"


def test_words_in_the_place_of_a_file_are_none() -> None:
    assert File().deserialize("-1") is None
    file = io.BytesIO(b"1")
    assert File().deserialize(file) is file
