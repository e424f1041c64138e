from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.notices import rules

AT = datetime(2026, 11, 12, 10, 42, 7, 123456, tzinfo=UTC)


def letter(**contact):
    words = rules.Words("An hour", "Ben logged an hour.\n", "")
    return rules.outgoing(words, rules.Contact("Fife Time Bank", **contact)).text


def test_a_line_stays_one_line_whatever_it_holds():
    assert (
        rules.one_line("Ana\r\nBcc: all@example.org\x00\u2028 Lee ", 80)
        == "Ana Bcc: all@example.org Lee"
    )


def test_a_line_that_is_too_long_is_cut_and_says_so():
    assert rules.one_line("a" * 20, 20) == "a" * 20
    assert rules.one_line("a" * 21, 20) == "a" * 19 + "…"


@pytest.mark.parametrize(
    "text", ["joan@example.org", "j.o'neill+bank@example.org", "joan@münchen.example", "root@host"]
)
def test_an_address_is_known_when_it_is_seen(text):
    assert rules.is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "joan",
        "joan@",
        "@x.org",
        "a b@x.org",
        "jörg@x.org",
        "a@x.org, b@x.org",
        "a@x.org\n",
        "a@b@x.org",
        "a@..org",
    ],
)
def test_anything_else_is_no_address(text):
    assert not rules.is_address(text)


def test_the_message_id_is_the_same_each_time_and_another_for_each_notice():
    one = rules.message_id(7, AT, "bank@fife.example")
    assert (
        one
        == rules.message_id(7, AT, "bank@fife.example")
        == "<notice-7-20261112T104207123456@fife.example>"
    )
    assert one != rules.message_id(8, AT, "bank@fife.example")
    assert one != rules.message_id(7, AT.replace(microsecond=0), "bank@fife.example")


def test_a_letter_ends_with_how_to_reach_the_broker():
    ring, write = {"phone": "01592 555 010"}, {"email": "maggie@fife.example"}
    both = letter(name="Maggie Reid", **ring, **write)
    assert both.startswith("Ben logged an hour.\n")
    assert "Fife Time Bank" in both
    assert "To reach Maggie Reid, ring 01592 555 010 or write to maggie@fife.example.\n" in both
    assert "To reach your broker, ring 01592 555 010.\n" in letter(**ring)
    assert "Ask your broker.\n" in letter()


# ---- Which way ----


@pytest.mark.parametrize(
    ("wish", "possible", "taken"),
    [
        (None, {"email", "text", "letter"}, "email"),
        (None, {"text", "letter"}, "call"),
        ("email", {"text"}, "text"),
        ("text", {"text", "email"}, "text"),
        ("text", {"email"}, "email"),
        ("letter", {"letter", "email"}, "letter"),
        ("letter", {"email", "text"}, "call"),
        ("call", {"email", "text", "letter"}, "call"),
        ("text", set(), "call"),
    ],
)
def test_the_way_they_like_or_the_next_and_at_last_a_call(wish, possible, taken):
    assert rules.way(wish, possible) == taken


def test_what_is_not_worth_a_call_goes_by_itself_or_not_at_all():
    assert rules.way("text", {"text"}, worth_a_call=False) == "text"
    assert rules.way("call", {"email"}, worth_a_call=False) is None
    assert rules.way(None, {"letter"}, worth_a_call=False) is None


# ---- Quiet hours ----

ZONES = st.sampled_from(
    [
        "Europe/London",
        "Europe/Lisbon",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "UTC",
    ]
)
HOURS = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(
    lambda hours: hours[0] != hours[1]
)
AROUND_THE_CLOCKS = st.sampled_from(
    [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]
)


@given(day=AROUND_THE_CLOCKS, after=st.integers(0, 3 * 86400), zone=ZONES, hours=HOURS)
def test_nothing_goes_out_in_the_quiet_hours_and_nothing_waits_longer_than_they_last(
    day, after, zone, hours
):
    now = day + timedelta(seconds=after)
    due = rules.not_before(now, zone, hours)
    assert not rules.is_quiet(due, zone, hours)
    assert now <= due <= now + timedelta(hours=25)
    if due > now:
        assert rules.is_quiet(now, zone, hours)
        assert rules.is_quiet(due - timedelta(minutes=1), zone, hours)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ((2026, 11, 12, 20, 59), (2026, 11, 12, 20, 59)),
        ((2026, 11, 12, 21, 0), (2026, 11, 13, 8, 0)),
        ((2026, 11, 13, 7, 59), (2026, 11, 13, 8, 0)),
        (
            (2026, 3, 28, 23, 0),
            (2026, 3, 29, 7, 0),
        ),  # The clocks go forward: eight o'clock comes an hour sooner.
        ((2026, 10, 24, 22, 0), (2026, 10, 25, 8, 0)),
    ],
)
def test_a_text_waits_for_the_morning_where_the_bank_is(now, due):
    hours = rules.quiet_hours("text", (None, None))
    assert rules.not_before(datetime(*now, tzinfo=UTC), "Europe/London", hours) == datetime(
        *due, tzinfo=UTC
    )


def test_email_has_quiet_hours_only_where_somebody_wants_them():
    assert rules.quiet_hours("email", (None, None)) is None
    assert rules.quiet_hours("email", (1, 2)) == rules.quiet_hours("text", (1, 2)) == (1, 2)


# ---- Texts ----


def text(subject, **changes):
    about = {
        "bank": "Fife Time Bank",
        "link": "https://tb.example/b/fife",
        "contact_phone": "01592 555 010",
    }
    return rules.text_message(subject, **{**about, **changes})


def test_a_text_says_who_what_and_what_to_do_in_letters_of_every_telephone():
    said = text("Is this right? 1½ hours with Ben’s sister – ¾ hour")
    assert said == (
        "Fife Time Bank: Is this right? 1.5 hours with Ben's sister - 0.75 hour. "
        "See https://tb.example/b/fife or ring 01592 555 010"
    )
    assert text("Ben said yes", contact_phone="").endswith(
        "said yes. See https://tb.example/b/fife"
    )


@given(
    subject=st.text(max_size=200),
    bank=st.text(min_size=1, max_size=120),
    link=st.text("abc/.:", max_size=200),
    phone=st.text("0123456789 +", max_size=40),
)
def test_a_text_is_never_more_than_two_segments(subject, bank, link, phone):
    said = text(subject, bank=bank, link=link, contact_phone=phone)
    # The stricter alphabet counts in units of UTF-16.
    units = len(said.encode("utf-16-le", "surrogatepass")) // 2
    assert (
        len(said) <= rules.TWO_SEGMENTS[0]
        if rules.is_plain(said)
        else units <= rules.TWO_SEGMENTS[1]
    )


@pytest.mark.parametrize(
    ("phone", "can"),
    [
        ("07700 900 123", True),
        ("+44 (0)7700 900-123", True),
        ("12345", False),
        ("ring next door", False),
        ("01592 555 010 ext 3", False),
        ("", False),
        ("07700 900123 or 01592 555010", False),
    ],
)
def test_what_looks_like_a_number_can_be_texted(phone, can):
    assert rules.can_be_texted(phone) is can


def test_a_number_is_dialled_without_what_people_put_between():
    assert rules.dialled("+44 7700 900-123") == "+447700900123"
    assert rules.dialled("07700 900 123") == "07700900123"


def test_on_paper_nothing_is_left_to_click():
    body = "New on offer\n- Bread (Ana)\n  https://tb.example/b/fife/directory/12\n- Jam\n\nSee:\n\nhttps://tb.example/more"
    assert (
        rules.on_paper(body)
        == "New on offer\n- Bread (Ana)\n- Jam\n\nSee:\n\nhttps://tb.example/more"
    )
