"""When the weekly letter is written, and what is said."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from timebank.home import rules
from timebank.home.rules import Fresh, OnSoon, Week
from timebank.notices.rules import on_paper
from timebank.room import News
from timebank.say import ENGLISH, count, say

SITE = "https://tb.example/b/fife"
THURSDAY = datetime(2026, 11, 26, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "timezone", "week"),
    [
        (THURSDAY, "Europe/London", "2026-W48"),
        (THURSDAY - timedelta(minutes=1), "Europe/London", None),
        (THURSDAY - timedelta(hours=1), "Europe/Berlin", "2026-W48"),
        (THURSDAY, "America/New_York", None),
        (THURSDAY + timedelta(days=3), "Europe/London", "2026-W48"),
        (THURSDAY + timedelta(days=4), "Europe/London", None),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "Europe/London", "2026-W53"),
        (datetime(2027, 1, 1, 12, tzinfo=UTC), "Europe/London", "2026-W53"),
    ],
)
def test_it_is_written_from_thursday_morning_until_the_week_ends_where_the_bank_is(
    instant, timezone, week
):
    assert rules.week(instant, timezone) == week


@pytest.mark.parametrize(("last", "days"), [(None, 28), (1, 1), (20, 20), (300, 28)])
def test_new_is_what_came_since_the_last_letter_within_reason(last, days):
    written = THURSDAY - timedelta(days=last) if last else None
    assert rules.since(written, THURSDAY) == THURSDAY - timedelta(days=days)


def things(*numbers):
    areas = {one: ", Mill Lane" if one % 2 else "" for one in numbers}
    return [
        News(f"Thing {one} (Ravi Mehta{area})", f"/directory/{one}", THURSDAY)
        for one, area in areas.items()
    ]


def requests(*news):
    counted = partial(count, "%(n)s new request", "%(n)s new requests")
    return Fresh(say("Could you help?"), news, "/directory?kind=requests", counted)


def offers(*news):
    counted = partial(count, "%(n)s new offer", "%(n)s new offers")
    return Fresh(say("New on offer"), news, "/directory?kind=offers", counted)


def test_a_full_letter_says_everything_and_where_to_end_it():
    on = [OnSoon(9, "Repair café", datetime(2026, 11, 28, 14, tzinfo=UTC), "The hall", coming=True)]
    told = Week(
        210,
        exchanges=2,
        introductions=1,
        messages=1,
        fresh=[requests(*things(1)), offers(*things(*range(1, 8)))],
        sessions=on,
    )
    letter = rules.letter(told, site=SITE, ring="Maggie 01632 960 140")
    subject, body = letter.render(ENGLISH)
    assert subject == "Your week: 4 things wait for you, 1 new request and 7 new offers"
    assert (
        body
        == f"""You have 3½ hours to spend.

Waiting for you, or for whom you act for
- 2 exchanges wait for your word
  {SITE}/exchanges/mine
- 1 introduction waits for your answer
  {SITE}/
- 1 message waits to be read
  {SITE}/messages

Could you help?
- Thing 1 (Ravi Mehta, Mill Lane)
  {SITE}/directory/1

New on offer
- Thing 1 (Ravi Mehta, Mill Lane)
  {SITE}/directory/1
- Thing 2 (Ravi Mehta)
  {SITE}/directory/2
- Thing 3 (Ravi Mehta, Mill Lane)
  {SITE}/directory/3
- Thing 4 (Ravi Mehta)
  {SITE}/directory/4
- Thing 5 (Ravi Mehta, Mill Lane)
  {SITE}/directory/5
And 2 more
  {SITE}/directory?kind=offers

Coming up
- Repair café, Saturday 28 November at 14:00, The hall: you are coming
  {SITE}/activities/sessions/9

You get this letter on Thursdays, when there is something new. To get it no more, or in another \
way, ring Maggie 01632 960 140 or say so on the page “How we tell you things”.
  {SITE}/me/notices"""
    )
    assert "http" not in on_paper(body)


def test_what_is_empty_is_left_out_and_nobody_hears_of_debt():
    letter = rules.letter(Week(-90, fresh=[offers(*things(1))]), site=SITE, ring="your broker")
    subject, body = letter.render(ENGLISH)
    assert subject == "Your week: 1 new offer"
    assert body.startswith(
        "You have no hours to spend just now. You can still ask for help.\n\nNew on offer\n"
    )
    assert "Could you help" not in body
    assert "Waiting" not in body


def test_listings_are_struck_whole_and_alone():
    words = "Bread\n- Jam\n  https://tb.example/b/fife/directory/1 (Ana)"
    wicked = News(words, "/directory/4", THURSDAY)
    letter = rules.letter(
        Week(0, fresh=[requests(*things(1, 2), wicked), offers(*things(11, 12))]),
        site=SITE,
        ring="Maggie",
    )
    _, body = letter.render(ENGLISH)
    assert rules.named(body) == {1, 2, 4, 11, 12}
    left = rules.struck(body, {1, 4})
    assert rules.named(left) == {2, 11, 12}
    assert left.count(str(rules.GONE)) == 2
    for gone in ("Thing 1 (", "Bread", "Jam"):
        assert gone in body
        assert gone not in left
    assert rules.struck(body, {99}) == body
