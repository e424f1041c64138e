"""Which known words a typed one stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.matching import words
from timebank.matching.words import Vocabulary

KNOWN = (
    "plumbing",
    "painting",
    "puncture",
    "piano",
    "gardening",
    "wardrobe",
    "spanish",
    "photographs",
    "tap",
    "baking",
    "lift",
)
letters = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("plumbing", "plumbing"),
        ("plumber", "plumbing"),
        ("plumbign", "plumbing"),
        ("gardner", "gardening"),
        ("punture", "puncture"),
        ("waredrobe", "wardrobe"),
        ("fotografs", "photographs"),
        ("baker", "baking"),
        ("taps", "tap"),
    ],
)
def test_a_word_is_known_by_its_forms_and_when_it_is_misspelt(typed: str, known: str):
    assert Vocabulary(KNOWN).meant(typed)[0][0] == known


@pytest.mark.parametrize("typed", ["zebra", "xx", "ox", "violin"])
def test_another_word_stands_for_none(typed: str):
    assert Vocabulary(KNOWN).meant(typed) == []


def test_case_accents_and_apostrophes_make_no_difference():
    assert words.words("The CAFÉ’s “crêpes”, don't!") == ["the", "cafes", "crepes", "dont"]


def test_what_says_nothing_is_left_out_unless_there_is_nothing_else():
    assert words.telling("Can somebody help me with my garden?") == ["garden"]
    assert words.telling("help me") == ["help", "me"]


def test_one_or_two_words_are_few():
    assert [words.is_few(text) for text in ("tap", "hedge cutting", "cut my hedge")] == [
        True,
        True,
        False,
    ]


@given(letters, letters)
def test_likeness_is_a_share_and_whole_only_for_the_same(one: str, other: str):
    alike = words.likeness(one, other)
    assert 0 <= alike <= 1
    assert words.likeness(one, one) == 1
    assert alike < 1 or one == other


@given(letters, letters, letters)
def test_the_number_of_changes_is_a_distance(one: str, other: str, third: str):
    assert words.steps(one, other) == words.steps(other, one)
    assert (words.steps(one, other) == 0) == (one == other)
    assert words.steps(one, other) <= max(len(one), len(other))


def test_english_words_are_known_from_those_that_are_misspelt():
    assert all(words.is_english(word) for word in ("nettles", "widower", "loaves", "creased"))
    assert not any(words.is_english(word) for word in ("netles", "trowsers", "scowl licence", "#"))
