"""What anybody reads of what the bank does together: the feed, the frame on other sites, and that
no last name is in either."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.atoms import ATOM, faults, read
from tests.factories import NOW, actor, make_activity, make_bank, make_meeting, make_member, system
from timebank import atom, clock
from timebank.act import Act
from timebank.activities import feed as feeds
from timebank.activities import queries, service
from timebank.activities.rules import Occasion
from timebank.banks import queries as banks
from timebank.banks import service as banks_service
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.errors import Invalid
from timebank.say import ENGLISH


def written(session: Session, bank: Bank) -> bytes:
    feed = feeds.feed(
        session,
        bank,
        own="https://timebank.example/feed",
        page="https://timebank.example/public",
        url=lambda one: f"https://timebank.example/{one.activity.id}",
        now=NOW,
    )
    return atom.written(feed, ENGLISH)


def told(content: bytes) -> dict[str, tuple[str, str]]:
    """The id and the last change of each entry, by title."""
    return {
        entry.findtext("a:title", "", ATOM): (
            entry.findtext("a:id", "", ATOM),
            entry.findtext("a:updated", "", ATOM),
        )
        for entry in read(content).iterfind("a:entry", ATOM)
    }


def test_an_entry_keeps_its_id_and_says_when_it_changed(session: Session) -> None:
    bank = make_bank(session, timezone="Europe/London")
    activity = make_activity(session, bank, title="Tea & cake <b>", public=True, place="The hall")
    row = make_meeting(session, bank, activity, starts_at=NOW + timedelta(days=1))
    make_meeting(session, bank, starts_at=NOW + timedelta(days=1))
    before = written(session, bank)
    assert faults(before) == []
    feed = read(before)
    assert feed.findtext("a:author/a:name", "", ATOM) == bank.name
    assert list(told(before)) == ["Tea & cake <b>"]
    summary = feed.findtext("a:entry/a:summary", "", ATOM)
    assert "The hall" in summary
    act = Act(system(bank), NOW + timedelta(minutes=1))
    service.change_session(session, bank, row.id, Occasion(NOW + timedelta(days=3), 60), act)
    moved = written(session, bank)
    (first, changed), (again, since) = told(before).popitem()[1], told(moved).popitem()[1]
    assert (first == again, changed < since) == (True, True)
    assert read(moved).findtext("a:updated", "", ATOM) == since
    service.call_off(session, bank, row.id, Act(system(bank), NOW + timedelta(minutes=2)))
    (title, (last, _)) = told(written(session, bank)).popitem()
    assert (title, last) == ("Called off: Tea & cake <b>", first)


def test_no_last_name_of_a_member_is_in_it(session: Session) -> None:
    bank = make_bank(session)
    make_member(session, bank, "Rosa Whitehead")
    make_member(session, bank, "Derek O’Neill")
    make_member(session, bank, "Ann Baker")
    activity = make_activity(
        session,
        bank,
        title="Taps with Rosa Whitehead, the baker",
        public=True,
        place="Mr O'Neill’s garden",
    )
    make_meeting(session, bank, activity, starts_at=NOW + timedelta(days=1))
    (one,) = feeds.shown(session, bank, now=NOW)
    assert (one.title, one.place) == ("Taps with Rosa, the baker", "Derek’s garden")


def test_nothing_leaves_unless_the_bank_says_so_and_for_whom(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        activity = make_activity(session, bank, title="Choir", public=True)
        make_meeting(session, bank, activity, starts_at=clock.now() + timedelta(days=1))
    visitor = app.test_client()
    here = "/b/fife/activities"
    assert [visitor.get(f"{here}/{page}").status_code for page in ("feed", "embed")] == [404, 404]
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        bank.feed, bank.embeds = True, "https://council.example https://other.example:8443"
    feed = visitor.get(f"{here}/feed")
    assert (feed.status_code, feed.mimetype) == (200, "application/atom+xml")
    again = {"If-None-Match": feed.headers["ETag"]}
    assert visitor.get(f"{here}/feed", headers=again).status_code == 304
    since = {"If-Modified-Since": feed.headers["Last-Modified"]}
    assert visitor.get(f"{here}/feed", headers=since).status_code == 304
    frame = visitor.get(f"{here}/embed")
    assert frame.mimetype == "text/html"
    assert "Choir" in frame.text
    assert "<form" not in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://council.example https://other.example:8443")
    elsewhere = visitor.get(f"{here}/public")
    assert elsewhere.headers["Content-Security-Policy"] == policy.rpartition("frame-ancestors")[
        0
    ] + ("frame-ancestors 'none'")
    assert "application/atom+xml" in elsewhere.text


@pytest.mark.parametrize(
    "site",
    [
        "http://council.example",
        "https://*.example",
        "*",
        "https://council.example/page",
        "https://council.example; script-src *",
        "https://council",
        "'self'",
    ],
)
def test_a_site_is_an_address_and_nothing_else(session: Session, site: str) -> None:
    bank = make_bank(session)
    settings = banks.settings(bank)
    with pytest.raises(Invalid) as refused:
        banks_service.change(session, bank, type(settings)(**{**vars(settings), "embeds": site}))
    assert refused.value.fields.keys() == {"embeds"}


def test_a_change_by_its_lead_counts_and_none_does_not(session: Session) -> None:
    bank = make_bank(session)
    lead = make_member(session, bank, "Joan")
    activity = make_activity(session, bank, public=True, resident_lead_id=lead.id)
    details = queries.details(activity)
    later = Act(actor(lead), NOW + timedelta(hours=1))
    before = activity.changed_at
    service.change(session, bank, activity.id, details, later)
    assert activity.changed_at == before
    service.change(session, bank, activity.id, replace(details, place="Elsewhere"), later)
    assert activity.changed_at == NOW + timedelta(hours=1)
