"""Who shows themselves to whom, how somebody is asked, and whose thanks are shown."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import (
    actor,
    make_bank,
    make_logged_exchange,
    make_member,
    post_listing,
    system,
)
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges import thanks
from timebank.exchanges.models import Exchange, Thanks
from timebank.leaving import queries as leaving
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members import helping, sayings
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Showing
from timebank.notices.models import Notice

HERE = "/b/fife"
EVERYTHING = Showing(
    page=True, surname=True, write=True, about=True, languages=True, helped=True, thanks=True
)


@dataclass
class Close:
    """Rosa, who has a page, offers plumbing and has helped Joan; Nell, who has to do with neither;
    Maggie, a broker; Sy, of another bank. By id, and what the account of Rosa is."""

    rosa: int
    joan: int
    nell: int
    maggie: int
    sy: int
    account: int
    offer: int
    help: int


@pytest.fixture
def close(app: Flask) -> Close:
    with app.app_context(), transaction() as session:
        bank, now = make_bank(session, slug="fife", contact_name="Maggie"), clock.now()
        rosa = make_member(session, bank, "Rosa Whitehead", area="Canal Street", about="Two cats.")
        joan, nell = (make_member(session, bank, name) for name in ("Joan Whitlock", "Nell Ashby"))
        maggie = make_member(session, bank, "Maggie Dunne", role="broker")
        sy = make_member(session, make_bank(session, slug="leith", name="Leith"), "Sy Booth")
        members_service.set_showing(session, bank, rosa.id, EVERYTHING, Act(actor(rosa), now))
        offer = post_listing(
            session,
            bank,
            "offer",
            Act(actor(rosa), now),
            holder_id=rosa.account_id,
            title="Small plumbing jobs",
        )
        help_ = make_logged_exchange(
            session,
            bank,
            rosa,
            joan,
            title="Tap",
            thanks="She would not let me carry the bag.",
            occurred_on=now.date(),
            act=Act(actor(joan), now),
        )
        exchanges_service.confirm(session, bank, help_.id, Act(actor(rosa), now))
        people = (rosa, joan, nell, maggie, sy)
        ids = (one.id for one in people)
        return Close(*ids, account=rosa.account_id or 0, offer=offer.id, help=help_.id)


def test_a_page_shows_what_its_owner_chose_and_what_can_be_done(
    app: Flask, close: Close, sign_in: Callable[..., Browser]
) -> None:
    nell = sign_in(close.nell)
    page = nell.get(f"{HERE}/neighbours/{close.rosa}").text
    for words in ("Two cats.", "helped 1 neighbour", "Small plumbing jobs", "Canal Street"):
        assert words in page
    for there in (f"/exchanges/ask/{close.account}", f"/exchanges/new?who_id={close.account}"):
        assert there in page
    rosa = sign_in(close.rosa)
    kept = rosa.post(f"{HERE}/members/{close.rosa}/page", data={"page": "yes", "once": "1"})
    assert kept.status_code == 303
    page = nell.get(f"{HERE}/neighbours/{close.rosa}").text
    assert "Small plumbing jobs" in page
    assert "Two cats." not in page
    assert "helped 1" not in page
    ignored = rosa.post(f"{HERE}/members/{close.rosa}/page", data={"about": "yes", "once": "2"})
    assert ignored.status_code == 422
    assert "Say that you want one, or untick the rest." in ignored.text
    assert nell.post(f"{HERE}/members/{close.rosa}/page", data={"once": "3"}).status_code == 403


@pytest.mark.parametrize("why", ["hides", "pauses", "left", "apart", "never", "another_bank"])
def test_whoever_is_not_to_be_seen_is_as_if_there_were_nobody(
    app: Flask,
    close: Close,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
    why: str,
) -> None:
    gone = close.nell if why == "never" else close.rosa
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        act = Act(system(bank), clock.now())
        if why == "hides":
            members_service.set_showing(session, bank, gone, Showing(), act)
        if why == "pauses":
            members_service.pause(session, bank, gone, act)
        if why == "left":
            leaving_service.leave(session, bank, gone, FEATURES, Farewell(), act)
        if why == "apart":
            helping.keep_apart(session, bank, gone, close.joan, act)
    reader = close.sy if why == "another_bank" else close.joan
    joan, key = sign_in(reader), bearer(reader)
    answer = joan.get(f"{HERE}/neighbours/{gone}")
    nobody = joan.get(f"{HERE}/neighbours/999999")
    assert (answer.status_code, nobody.status_code) == (404, 404)
    said = [re.sub(r"neighbours/\d+|value=\S+", "", page.text) for page in (answer, nobody)]
    assert said[0] == said[1]
    told = joan.get(f"/api/v1/neighbours/{gone}", headers=key)
    unknown = joan.get("/api/v1/neighbours/999999", headers=key)
    assert (told.status_code, told.json) == (404, unknown.json)
    for page in () if why in ("never", "another_bank") else ("", "/thanks"):
        assert "Rosa" not in joan.get(f"{HERE}/neighbours{page}").text


def test_a_page_has_the_first_name_until_its_owner_says_more(
    app: Flask, close: Close, sign_in: Callable[..., Browser]
) -> None:
    """Who has helped or been helped knows the whole name, and so do the staff."""
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        mo = make_member(session, bank, "Mo Farouk", area="Mill Lane")
        act = Act(actor(mo), clock.now())
        members_service.set_showing(session, bank, mo.id, Showing(page=True), act)
        joan = session.get_one(Member, close.joan)
        help_ = make_logged_exchange(session, bank, mo, joan)
        exchanges_service.confirm(session, bank, help_.id, Act(actor(joan), clock.now()))
        broker, mo_id = make_member(session, bank, "Bo", "broker").id, mo.id
    page = f"{HERE}/neighbours/{mo_id}"
    nell = sign_in(close.nell)
    for address in (page, f"{HERE}/neighbours"):
        assert "Mo" in nell.get(address).text
        assert "Farouk" not in nell.get(address).text
    assert "/messages/neighbour/" not in nell.get(page).text
    for reader in (close.joan, broker):
        assert "Mo Farouk" in sign_in(reader).get(page).text
    given = {"page": "yes", "surname": "yes", "write": "yes", "once": "1"}
    assert sign_in(mo_id).post(f"{HERE}/members/{mo_id}/page", data=given).status_code == 303
    assert "Mo Farouk" in nell.get(page).text
    there = f"{HERE}/messages/neighbour/{mo_id}"
    assert there in nell.get(page).text
    sent = nell.post(there, data={"words": "Hello!", "once": "2"})
    assert sent.status_code == 303
    talk = sign_in(mo_id).get(sent.headers["Location"]).text
    assert "Hello!" in talk
    assert "Report this" in talk
    assert "Keep us apart" in talk


def test_neighbours_are_found_by_part_of_town_and_by_name(
    close: Close, sign_in: Callable[..., Browser]
) -> None:
    nell = sign_in(close.nell)
    assert "Rosa Whitehead" in nell.get(f"{HERE}/neighbours?area=canal+street").text
    assert "Rosa Whitehead" not in nell.get(f"{HERE}/neighbours?area=Mill+Lane").text
    assert f"/neighbours/{close.rosa}" not in sign_in(close.rosa).get(f"{HERE}/neighbours").text
    log = {"who": "Rosa Whitehed", "then": "check", "side": "got"}
    offered = nell.post(f"{HERE}/exchanges/new", data=log)
    assert "Rosa Whitehead" in offered.text


def test_somebody_is_asked_in_ones_own_words_and_has_two_answers(
    app: Flask, close: Close, sign_in: Callable[..., Browser]
) -> None:
    nell, where = sign_in(close.nell), f"{HERE}/exchanges/ask/{close.account}"
    assert "Ask Rosa" in nell.get(f"{where}?listing_id={close.offer}").text
    words = "My kitchen tap drips all night.\n\n" + "It is the cold one, since Sunday. " * 4
    empty = nell.post(where, data={"once": "1", "planned_on": "2099-01-01", "when": "any"})
    assert empty.status_code == 422
    assert "Write it in your own words." in empty.text
    assert "Choose “Another day”, or empty that field." in empty.text
    sent = nell.post(where, data={"words": words, "listing_id": close.offer, "once": "2"})
    assert sent.status_code == 303
    before = nell.get(sent.location).text
    assert "You asked Rosa Whitehead" in before
    assert "Take it back" in before
    for too_early in ("/log", "messages/exchange", "Yes, let", "/report"):
        assert too_early not in before
    rosa = sign_in(close.rosa)
    asked = rosa.get(sent.location).text
    assert "It is the cold one" in asked
    for answer in ("/agree", "/decline", "/report"):
        assert answer in asked
    for too_early in ("/log", "/cancel", "messages/exchange"):
        assert too_early not in asked
    with app.app_context(), transaction() as session:
        told = session.execute(select(Notice).order_by(Notice.id.desc()).limit(1)).scalar_one()
        assert "It is the cold one" in told.body
    assert rosa.post(f"{sent.location}/agree", data={"once": "3"}).status_code == 303
    assert "/log" in nell.get(sent.location).text


def test_what_bothers_is_told_to_the_brokers_and_whoever_asked_reads_no_more_of_it(
    app: Flask, close: Close, sign_in: Callable[..., Browser]
) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        maggie = make_member(session, bank, "Maggie Dunne", role="broker").id
    nell, rosa = sign_in(close.nell), sign_in(close.rosa)
    where = f"{HERE}/exchanges/ask/{close.account}"
    sent = nell.post(where, data={"words": "Come at midnight.", "once": "1"})
    assert nell.post(f"{sent.location}/report", data={"once": "2"}).status_code == 403
    bothered = {"why": "I do not know him.", "apart": "yes", "once": "3"}
    assert rosa.post(f"{sent.location}/report", data=bothered).status_code == 303
    with app.app_context(), transaction() as session:
        notices = {row.addressee: row.body for row in session.execute(select(Notice)).scalars()}
        assert "I do not know him." in notices[f"member:{maggie}"]
        # Those who are kept apart are written nothing of one another, not even the no.
        assert f"member:{close.nell}" not in notices
    assert nell.get(sent.location).status_code == 404
    assert nell.get(where).status_code == 404


def test_thanks_are_shown_once_both_say_so_and_until_one_takes_it_back(
    app: Flask, close: Close, sign_in: Callable[..., Browser], bearer: Callable[..., dict[str, str]]
) -> None:
    nell, joan, rosa = (sign_in(who) for who in (close.nell, close.joan, close.rosa))
    words = "She would not let me carry the bag."
    places = (f"{HERE}/neighbours/thanks", f"{HERE}/neighbours/{close.rosa}")
    about = f"{HERE}/exchanges/{close.help}"

    def seen() -> list[bool]:
        return [words in nell.get(place).text for place in places]

    assert nell.post(f"{about}/thanks", data={"once": "1"}).status_code == 404
    assert joan.post(f"{about}/thanks", data={"once": "2"}).status_code == 303
    assert seen() == [False, False]
    asked = "Joan Whitlock would like these thanks to be shown."
    assert asked in rosa.get(f"{HERE}/").text
    key = bearer(close.rosa)
    both = rosa.put(f"/api/v1/exchanges/{close.help}/thanks", headers=key)
    assert both.json == {"own": True, "shown": True}
    assert asked not in rosa.get(f"{HERE}/").text
    assert seen() == [True, True]
    assert "Joan to" in nell.get(places[0]).text
    with app.app_context(), transaction() as session:
        # What was said counts for those words alone.
        exchange = session.get_one(Exchange, close.help)
        exchange.thanks = "Something else."
    assert "Something else." not in nell.get(places[0]).text
    assert seen() == [False, False]
    with app.app_context(), transaction() as session:
        session.get_one(Exchange, close.help).thanks = words
    assert seen() == [True, True]
    assert joan.post(f"{about}/thanks/hide", data={"once": "3"}).status_code == 303
    assert seen() == [False, False]


def test_who_leaves_takes_page_and_thanks_along(app: Flask, close: Close) -> None:
    with app.app_context(), transaction() as session:
        bank, now = banks.by_slug(session, "fife"), clock.now()
        rosa = session.get_one(Member, close.rosa)
        thanks.let_show(session, bank, close.help, Act(actor(rosa), now))
        taken = leaving.held(session, bank, rosa.id, FEATURES, now=now)
        assert taken["shown_to_members"]["about"] is True
        assert taken["thanks_to_be_shown"][0]["exchange"] == close.help
        leaving_service.leave(session, bank, rosa.id, FEATURES, Farewell(), Act(actor(rosa), now))
        assert members.showing(session, bank, close.rosa) == Showing()
        assert session.execute(select(Thanks)).first() is None


def test_what_somebody_says_to_anybody_stands_on_the_front_page_and_names_nobody_whole(
    app: Flask, close: Close, sign_in: Callable[..., Browser]
) -> None:
    own, stranger = sign_in(close.rosa), sign_in()
    form = f"{HERE}/members/{close.rosa}/page"
    assert "What neighbours say" not in stranger.get(f"{HERE}/").text
    too_long = own.post(form, data={"page": "yes", "street": "a" * 201})
    assert (too_long.status_code, "at most 200" in too_long.text) == (422, True)
    without = own.post(form, data={"street": "I am asked."})
    assert (without.status_code, "I am asked." in without.text) == (422, True)
    own.post(form, data={"page": "yes", "street": "Joan Whitlock\n taught me chess."})
    assert "taught me chess" not in stranger.get(f"{HERE}/").text
    assert "once a broker has read it" in own.get(f"{HERE}/me").text
    words = {"words": "Joan Whitlock taught me chess."}
    stand = f"{HERE}/members/{close.rosa}/street/stand"
    assert own.post(stand, data=words).status_code == 403
    assert sign_in(close.maggie).post(stand, data=words).status_code == 303
    front = stranger.get(f"{HERE}/").text
    assert "Joan taught me chess." in front
    assert re.search(r"Rosa,\s+Canal Street", front)
    assert "Whitehead" not in front
    assert "Whitlock" not in front
    assert (
        "Joan Whitlock taught me chess."
        in sign_in(close.nell).get(f"{HERE}/neighbours/{close.rosa}").text
    )
    own.post(form, data={"page": "yes"})
    assert "taught me chess" not in stranger.get(f"{HERE}/").text


def test_those_who_say_something_have_their_turn_and_who_left_has_none(
    app: Flask, close: Close
) -> None:
    with app.app_context(), transaction() as session:
        bank = session.get_one(Member, close.joan).bank_id
        here, now = session.get_one(Bank, bank), clock.now()
        for n in range(7):
            member = make_member(session, here, f"Sayer {n}")
            showing = Showing(page=True, street=f"Sentence {n}.")
            members_service.set_showing(session, here, member.id, showing, Act(actor(member), now))
            sayings.let_stand(session, here, member.id, showing.street, Act(system(here), now))
        today = date(2026, 11, 12)
        turns = [
            members.street_words(session, here, today + timedelta(days=n), limit=3)
            for n in range(7)
        ]
        assert all(len(turn) == 3 for turn in turns)
        assert {one.words for turn in turns for one in turn} == {f"Sentence {n}." for n in range(7)}
        gone = turns[0][0].member_id
        members_service.leave(session, here, gone, Act(system(here), now))
        left = members.street_words(session, here, today, limit=9)
        assert (len(left), gone in {one.member_id for one in left}) == (6, False)
