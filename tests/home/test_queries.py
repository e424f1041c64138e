"""What rooms bring to the first page: whose, in which order, and what is asked of whom is new."""

from datetime import date, timedelta

import pytest

from tests.factories import (
    NOW,
    actor,
    make_activity,
    make_bank,
    make_meeting,
    make_member,
    post_listing,
    system,
)
from timebank.act import Act
from timebank.activities import lists as activities
from timebank.activities import service as activities_service
from timebank.activities import signing
from timebank.errors import NotFound
from timebank.home import queries
from timebank.members import lists as members
from timebank.room import FirstPage, Link, Room, Row, first_page
from timebank.skills import lists as skills


def test_the_next_dates_are_the_sessions_signed_up_for(session):
    bank = make_bank(session)
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    walk, cafe = make_activity(session, bank, title="Walk"), make_activity(session, bank)
    mine, full, off, _ = (
        make_meeting(session, bank, one, starts_at=NOW + timedelta(days=day), places=1)
        for day, one in enumerate((walk, walk, cafe, cafe), start=1)
    )
    past = make_meeting(session, bank, cafe, starts_at=NOW - timedelta(hours=2))
    for member, meetings in ((ana, [mine]), (ben, [full]), (ana, [full, off])):
        for meeting in meetings:
            signing.sign_up(session, bank, meeting.id, member.id, Act(actor(member), NOW))
    activities_service.call_off(session, bank, off.id, Act(system(bank), NOW))
    rows = activities.first_page(session, bank, Act(actor(ana), NOW)).coming
    assert [row.link.values["session_id"] for row in rows] == [mine.id, full.id]
    assert str(rows[1].about) == "You wait for a place"
    assert past.id not in [row.link.values["session_id"] for row in rows]
    signing.withdraw(session, bank, mine.id, ana.id, Act(actor(ana), NOW))
    rows = activities.first_page(session, bank, Act(actor(ana), NOW)).coming
    assert [row.link.values["session_id"] for row in rows] == [full.id]


def test_dates_come_in_order_and_news_the_newest_first_wherever_they_come_from():
    def row(title, at):
        return Row(title, Link("home.bank"), at=at)

    day = date(2026, 11, 19)
    one = FirstPage(coming=[row("lift", day)], news=[row("older", NOW - timedelta(days=3))])
    other = FirstPage(
        coming=[row("later", NOW + timedelta(days=30)), row("café", NOW)],
        news=[row("newer", NOW)],
        waits=2,
    )
    rooms = [Room("one", first_page=lambda *_: one), Room("other", first_page=lambda *_: other)]
    found = first_page(None, None, [*rooms, Room("silent")], None)
    assert [row.title for row in found.coming] == ["café", "lift", "later"]
    assert [row.title for row in found.news] == ["newer", "older"]
    assert found.waits == 2


def test_whoever_is_new_is_asked_three_things_until_they_have_said_them(session):
    bank = make_bank(session)
    ana = make_member(session, bank, joined_on=NOW.date())
    act = Act(actor(ana), NOW)

    def asked(act=act):
        rooms = (skills, members)
        rows = [row for room in rooms for row in room.first_page(session, bank, act).questions]
        return [str(row.title) for row in rows]

    could, like, how = asked()
    assert (could, like, how) == (
        "What could you do for somebody?",
        "What would you like?",
        "How shall we tell you?",
    )
    post_listing(session, bank, "offer", act, title="A lift")
    assert asked() == [like, how]
    assert asked(Act(actor(ana), NOW + timedelta(days=40))) == []


def test_the_news_is_of_others(session):
    bank = make_bank(session)
    ana, ben = make_member(session, bank, "Ana"), make_member(session, bank, "Ben")
    for member in (ana, ben):
        act = Act(actor(member), NOW)
        post_listing(session, bank, "offer", act, title=f"From {member.name}")

    def news(now):
        found = skills.first_page(session, bank, Act(actor(ana), now)).news
        return [str(row.title) for row in found]

    assert news(NOW) == ["Ben offers: From Ben"]
    assert news(NOW + timedelta(days=29)) == []


def test_whoever_has_no_account_has_no_hours_here(session):
    bank = make_bank(session)
    with pytest.raises(NotFound):
        queries.mine(session, bank, system(bank))
