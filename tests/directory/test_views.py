"""The directory's pages: what members find there, and what they never do."""

import html
import re
from datetime import timedelta

import pytest
from flask import Flask

from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.members import helping
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.models import Listing
from timebank.skills.rules import Frequency
from timebank.times import times_of


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    """Ids: Ana offers taps and soup, and is helped by Ben; Maggie is the broker."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        skills_service.plant_tree(session, bank)
        ana = make_member(
            session,
            bank,
            email="ana@example.org",
            phone="01632 960 999",
            area="Mill Lane",
            number="A1",
        )
        ben, maggie = (
            make_member(session, bank, "Ben Okoro", number="B2"),
            make_member(session, bank, "Maggie", "broker"),
        )
        make_organisation(session, bank, "Surgery")
        plumbing = skills.tree(session, bank)[0].skills[0]
        given = {"holder_id": ana.account_id, "act": Act(actor(ana), NOW)}
        taps = post_listing(
            session,
            bank,
            "offer",
            title="Mending taps",
            skill_id=plumbing.id,
            times=0b1000,
            **given,
        )
        lift = post_listing(session, bank, "request", title="A lift", ends_on=NOW.date(), **given)
        return {
            "ana": ana.id,
            "ben": ben.id,
            "maggie": maggie.id,
            "taps": taps.id,
            "lift": lift.id,
            "skill": plumbing.id,
        }


def listings(app: Flask) -> list[Listing]:
    with app.app_context():
        return list(reading().query(Listing).order_by(Listing.id))


HOME = "/b/fife-time-bank/directory"
SEARCH = f"{HOME}/search"


def test_members_find_what_is_offered_and_wanted_without_anybody_s_details(town, sign_in):
    browser = sign_in(town["ben"])
    pages = [
        browser.get(address).text
        for address in (HOME, f"{HOME}?kind=requests", f"{HOME}/print", f"{HOME}/{town['taps']}")
    ]
    assert "Mending taps" in pages[0]
    assert "A lift" in pages[1]
    assert "A lift" in pages[2]
    assert "Tuesday mornings" in pages[3]
    assert not [page for page in pages if "960 999" in page or "ana@example.org" in page]


def test_what_is_needed_is_found_as_it_is_said_with_reasons_and_without_details(town, sign_in):
    browser = sign_in(town["ben"])
    for words in ("plumbing", "plumbign", "water keeps dripping from the pipe under my sink"):
        page = browser.get(SEARCH, query_string={"q": words}).text
        assert "Mending taps" in page
        assert "One neighbour does this." in page
        assert (
            "Is listed under Plumbing" in page
            or "Says “" in page
            or "is close to what you wrote" in page
        )
        assert "960 999" not in page
    wanted = browser.get(SEARCH, query_string={"q": "lift", "kind": "requests"}).text
    assert "A lift" in wanted
    assert "Mending taps" not in wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "Write what you are looking for"), ("?! 🪴", "Write what"), ("a" * 10_000, "10,000")],
)
def test_a_search_that_says_nothing_or_too_much_is_told_so_and_kept(town, sign_in, text, says):
    answer = sign_in(town["ben"]).get(SEARCH, query_string={"q": text})
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{text}"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE listing; --",
        "tap AND NOT (a OR b)*",
        '"tap" NEAR/2 ^x:',
        "水が漏れる",
        "100%_tap",
        "<b>tap</b>",
    ],
)
def test_operators_and_other_scripts_are_only_words(town, sign_in, text):
    answer = sign_in(town["ben"]).get(SEARCH, query_string={"q": text})
    assert answer.status_code == 200
    assert "Nobody offers this yet" in answer.text or "Mending taps" in answer.text
    assert "<b>tap</b>" not in answer.text


def test_what_was_looked_for_becomes_a_request_without_being_typed_again(town, sign_in):
    browser = sign_in(town["ben"])
    for text, field in (
        ("somebody to read me the paper", "title"),
        ("so much to say " * 20, "description"),
    ):
        page = browser.get(SEARCH, query_string={"q": text}).text
        link = html.unescape(re.search(r'href="([^"]*requests/new[^"]*)"', page)[1])  # pyright: ignore[reportOptionalSubscript]
        assert f"{field}=" in link
        assert " ".join(text.split()) in html.unescape(browser.get(link).text)


@pytest.mark.parametrize(
    "text", ["мой кран течёт", "水が漏れる", "zzzqqq", "an astrolabe to borrow"]
)
def test_what_nobody_offers_is_said_so_first_and_no_nonsense_follows(town, sign_in, text):
    page = sign_in(town["ben"]).get(f"{HOME}/search", query_string={"q": text}).text
    assert "Nobody offers this yet" in page
    assert "Mending taps" not in page


def test_names_within_a_line_keep_their_capitals(town, sign_in, app):
    with app.app_context(), transaction() as session:
        listing = skills.listing(session, fife(), town["taps"])
        listing.times, listing.frequency = times_of([3, 4, 20]), Frequency.WEEKLY
    said = "Tuesday mornings and afternoons, Sunday evenings"
    browser = sign_in(town["ben"])
    assert f"{said}, every week." in browser.get(HOME).text
    page = browser.get(f"{HOME}/{town['taps']}").text
    assert said in page
    assert "Every week" in page


def test_a_category_holds_its_own(town, sign_in, app):
    with app.app_context():
        category = skills.skill(reading(), fife(), town["skill"]).category_id
    browser = sign_in(town["ben"])
    assert "Mending taps" in browser.get(f"{HOME}?category={category}").text
    other = browser.get(f"{HOME}?category={category + 1}").text
    assert "Mending taps" not in other
    assert "Nobody offers anything here yet" in other


def test_all_of_it_is_looked_through_by_street_by_day_and_for_what_is_new(town, sign_in):
    browser = sign_in(town["ben"])
    for narrowed in ("area=Mill+Lane", "new=true", "day=1&area=mill+lane"):
        assert "Mending taps" in browser.get(f"{HOME}?{narrowed}").text
    elsewhere = browser.get(f"{HOME}?area=Canal+Street").text
    assert "Mending taps" not in elsewhere
    assert "Nothing fits with these filters" in elsewhere
    wrong = browser.get(f"{HOME}?day=9")
    assert (wrong.status_code, "Choose a day of the week." in wrong.text) == (422, True)
    # Whoever writes nothing to look for sees all of it, narrowed.
    nothing = browser.get(SEARCH, query_string={"q": " ", "day": "3"})
    assert nothing.status_code == 302
    assert nothing.headers["Location"].endswith("?kind=offers&day=3")


def fife() -> Bank:
    return banks.by_slug(reading(), "fife-time-bank")


def test_a_member_offers_something(town, sign_in, app):
    answer = sign_in(town["ben"]).post(
        f"{HOME}/offers/new", data={"title": "Soup", "times": ["3", "20"], "minutes": "1:30"}
    )
    assert answer.status_code == 303
    made = listings(app)[-1]
    assert (made.title, made.times, made.minutes, made.channel, made.on_word_of) == (
        "Soup",
        1 << 3 | 1 << 20,
        90,
        "web",
        None,
    )


def test_a_broker_writes_down_what_somebody_says_on_the_phone(town, sign_in, app):
    browser = sign_in(town["maggie"])
    data = {"title": "Company", "who": "B2", "channel": "phone"}
    assert browser.post(f"{HOME}/requests/new", data=data).status_code == 303
    made = listings(app)[-1]
    assert (made.kind, made.by, made.on_word_of, made.channel) == (
        "request",
        f"member:{town['maggie']}",
        f"member:{town['ben']}",
        "phone",
    )
    nobody = browser.post(f"{HOME}/requests/new", data=data | {"who": "Zoltan"})
    assert nobody.status_code == 422
    assert "We know nobody called “Zoltan”" in nobody.text


def test_a_bad_form_keeps_what_was_written_and_says_what_to_mend(town, sign_in, app):
    before = len(listings(app))
    data = {"title": "Soup", "ends_on": "2026-11-01", "minutes": "ages", "times": "5"}
    answer = sign_in(town["ben"]).post(f"{HOME}/offers/new", data=data)
    assert answer.status_code == 422
    assert "is not a length of time" in answer.text
    assert 'value="Soup"' in answer.text
    late = sign_in(town["ben"]).post(f"{HOME}/offers/new", data=data | {"minutes": ""})
    assert "That day is past" in late.text
    assert len(listings(app)) == before


def test_somebody_else_s_cannot_be_changed(town, sign_in, app):
    browser = sign_in(town["ben"])
    for step in ("renew", "withdraw", "met"):
        assert browser.post(f"{HOME}/{town['taps']}/{step}").status_code == 403
    assert (
        browser.post(f"{HOME}/{town['taps']}/edit", data={"title": "Mine now"}).status_code == 403
    )
    assert listings(app)[0].title == "Mending taps"


def test_its_holder_changes_it_renews_it_and_takes_it_out(town, sign_in, app):
    browser = sign_in(town["ana"])
    page = browser.get(f"{HOME}/{town['taps']}/edit").text
    assert 'value="Mending taps"' in page
    browser.post(f"{HOME}/{town['taps']}/edit", data={"title": "Taps and drains"})
    browser.post(f"{HOME}/{town['lift']}/renew")
    browser.post(f"{HOME}/{town['taps']}/withdraw")
    taps, lift = listings(app)
    assert (taps.title, taps.status, lift.ends_on) == (
        "Taps and drains",
        "withdrawn",
        NOW.date() + timedelta(days=60),
    )


def test_what_has_ended_or_was_taken_out_is_there_for_its_holder_alone(town, sign_in, app):
    with app.app_context(), transaction() as session:
        bank = fife()
        members_service.pause(session, bank, town["ana"], Act(system(bank), NOW))
    assert sign_in(town["ben"]).get(f"{HOME}/{town['taps']}").status_code == 404
    assert sign_in(town["maggie"]).get(f"{HOME}/{town['taps']}").status_code == 200
    assert "Mending taps" in sign_in(town["ana"]).get(f"{HOME}/mine").text


def test_where_nothing_is_offered_yet_the_words_are_kept_for_a_request(app, sign_in):
    with app.app_context(), transaction() as session:
        new = make_bank(session, name="New", slug="new")
        ida = make_member(session, new, "Ida").id
    page = sign_in(ida).get("/b/new/directory/search", query_string={"q": "a ride to town"}).text
    assert "Nobody offers this yet" in page
    assert "requests/new?title=a+ride+to+town" in page


def test_who_is_kept_apart_finds_nothing_of_the_other_in_any_list(town, sign_in, bearer, app):
    with app.app_context(), transaction() as session:
        bank = session.query(Bank).one()
        helping.keep_apart(session, bank, town["ana"], town["ben"], Act(system(bank), clock.now()))
    ben, broker = sign_in(town["ben"]), sign_in(town["maggie"])
    lists = (HOME, f"{HOME}?kind=requests", f"{HOME}/print", f"{SEARCH}?q=taps")
    for browser, there in ((ben, False), (broker, True)):
        told = "".join(browser.get(address).text for address in lists)
        assert ("Mending taps" in told, "A lift" in told) == (there, there)
    assert ben.get(f"{HOME}/{town['taps']}").status_code == 404
    program, key = app.test_client(), bearer(town["ben"])
    for address, items in (
        ("offers", "items"),
        ("requests", "items"),
        ("search?q=taps", "results"),
    ):
        assert program.get(f"/api/v1/{address}", headers=key).json[items] == []
    assert program.get(f"/api/v1/offers/{town['taps']}", headers=key).status_code == 404


def test_a_name_is_found_by_whom_its_owner_shows_themselves_to_alone(town, sign_in, app):
    with app.app_context(), transaction() as session:
        bank = session.query(Bank).one()
        name = session.get_one(Member, town["ana"]).name
        address = f"{SEARCH}?q={name}"
        assert "People of this name" in sign_in(town["ben"]).get(address).text
        helping.keep_apart(session, bank, town["ana"], town["ben"], Act(system(bank), clock.now()))
    page = sign_in(town["ben"]).get(address).text
    assert "People of this name" not in page
    assert "Nobody offers this yet" in page


@pytest.mark.parametrize("query", ["day=9", "day=x", "new=perhaps"])
def test_a_filter_that_is_none_is_refused_and_the_words_kept(town, sign_in, query):
    answer = sign_in(town["ben"]).get(f"{SEARCH}?q=taps&{query}")
    assert answer.status_code == 422
    assert 'value="taps"' in answer.text
