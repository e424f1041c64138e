"""What may be written, how much, and of what somebody is told."""

import pytest

from timebank.act import Channel
from timebank.errors import Invalid, NotAllowed
from timebank.messages import rules
from timebank.messages.errors import CannotWrite, TooManyMessages, WordNeeded


def between(**given):
    return {
        "writer_status": "active",
        "other_status": "active",
        "apart": False,
        "ring": "Maggie",
        **given,
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("  \n ", "Write what"),
        ("a" * 10_000, "at most 2,000 characters; this has 10,000"),
        ("ring\x07ring", "cannot be read"),
        ("\ud800", "cannot be read"),
    ],
)
def test_words_that_cannot_be_are_refused_with_what_to_do(words, says):
    with pytest.raises(Invalid, match=says) as refusal:
        rules.tidy("words", words, required="Write what you would like to say.")
    assert set(refusal.value.fields) == {"words"}


def test_words_in_any_script_are_kept_as_they_were():
    assert (
        rules.tidy("words", " Здравствуйте 🌷\r\nwie geht’s?\t") == "Здравствуйте 🌷\nwie geht’s?"
    )


def test_being_kept_apart_reads_like_a_break():
    with pytest.raises(CannotWrite) as apart:
        rules.check_between(**between(apart=True))
    with pytest.raises(CannotWrite) as paused:
        rules.check_between(**between(other_status="paused"))
    assert str(apart.value) == str(paused.value)
    rules.check_between(**between())


def test_who_writes_for_others_says_how_they_heard():
    rules.check_channel(Channel.PHONE, own=False, is_broker=True)
    with pytest.raises(WordNeeded):
        rules.check_channel(Channel.WEB, own=False, is_broker=True)
    with pytest.raises(NotAllowed):
        rules.check_channel(Channel.PHONE, own=True, is_broker=False)
    with pytest.raises(Invalid):
        rules.check_channel(Channel.IMPORT, own=True, is_broker=True)


def test_the_pace_has_an_end():
    rules.check_pace(rules.AN_HOUR - 1)
    with pytest.raises(TooManyMessages, match="Wait a while"):
        rules.check_pace(rules.AN_HOUR)


def test_after_an_email_the_rest_is_read_on_the_page_and_who_is_rung_is_told_of_each():
    assert rules.is_news(set())
    assert rules.is_news({"call"})
    assert not rules.is_news({"email"})
