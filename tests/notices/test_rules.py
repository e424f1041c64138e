from datetime import UTC, datetime

import pytest

from timebank.notices import rules

AT = datetime(2026, 11, 12, 10, 42, 7, 123456, tzinfo=UTC)


def letter(**contact):
    return rules.letter(
        "Ben logged an hour.\n",
        bank="Fife Time Bank",
        **{"contact_name": "", "contact_phone": "", "contact_email": "", **contact},
    )


def test_a_line_stays_one_line_whatever_it_holds():
    assert rules.one_line("Ana\r\nBcc: all@example.org\x00\u2028 Lee ", 80) == "Ana Bcc: all@example.org Lee"


def test_a_line_that_is_too_long_is_cut_and_says_so():
    assert rules.one_line("a" * 20, 20) == "a" * 20
    assert rules.one_line("a" * 21, 20) == "a" * 19 + "…"


@pytest.mark.parametrize("text", ["joan@example.org", "j.o'neill+bank@example.org", "joan@münchen.example", "root@host"])
def test_an_address_is_known_when_it_is_seen(text):
    assert rules.is_address(text)


@pytest.mark.parametrize(
    "text", ["", "joan", "joan@", "@x.org", "a b@x.org", "jörg@x.org", "a@x.org, b@x.org", "a@x.org\n", "a@b@x.org", "a@..org"]
)
def test_anything_else_is_no_address(text):
    assert not rules.is_address(text)


def test_the_message_id_is_the_same_each_time_and_another_for_each_notice():
    one = rules.message_id(7, AT, "bank@fife.example")
    assert one == rules.message_id(7, AT, "bank@fife.example") == "<notice-7-20261112T104207123456@fife.example>"
    assert one != rules.message_id(8, AT, "bank@fife.example")
    assert one != rules.message_id(7, AT.replace(microsecond=0), "bank@fife.example")


def test_a_letter_ends_with_how_to_reach_the_broker():
    ring, write = {"contact_phone": "01592 555 010"}, {"contact_email": "maggie@fife.example"}
    both = letter(contact_name="Maggie Reid", **ring, **write)
    assert both.startswith("Ben logged an hour.\n")
    assert "Fife Time Bank" in both
    assert "To reach Maggie Reid, ring 01592 555 010 or write to maggie@fife.example.\n" in both
    assert "To reach your broker, ring 01592 555 010.\n" in letter(**ring)
    assert "Ask your broker.\n" in letter()
