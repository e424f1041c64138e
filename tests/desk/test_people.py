"""Somebody on the phone: found, noted, looked after, and from the call to hours on somebody's
word."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import (
    actor,
    make_bank,
    make_group,
    make_member,
    make_organisation,
    post_listing,
)
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.desk.models import CallNote, NoteReading
from timebank.desk.rules import NewNote
from timebank.desk.service import note_call
from timebank.exchanges.models import Exchange
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.skills.models import Listing

SignIn = Callable[..., Browser]
DESK = "/b/fife/desk"


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: joan and ben, bo, a broker, and co, a coordinator; eve is a broker of another bank. Ben
    offers to mend taps."""
    with app.app_context(), transaction() as session:
        bank, other = (
            make_bank(session, name="Fife", slug="fife"),
            make_bank(session, name="Leith", slug="leith"),
        )
        made = {
            "joan": make_member(
                session, bank, "Joan Whitlock", phone="01632 960 187", area="Mill Lane"
            ),
            "ben": make_member(
                session, bank, "Ben Okafor", phone="01632 960 101", area="Mill Lane"
            ),
            "bo": make_member(session, bank, "Bo", role="broker"),
            "co": make_member(session, bank, "Co", role="coordinator"),
            "eve": make_member(session, other, "Eve", role="broker"),
        }
        make_organisation(session, bank, "Joan of Arc school")
        make_group(session, bank, "Joan’s choir")
        ben = made["ben"]
        given = {
            "holder_id": ben.account_id or 0,
            "title": "Dripping taps mended",
            "act": Act(actor(ben), clock.now()),
        }
        post_listing(session, bank, "offer", **given)
        return {name: member.id for name, member in made.items()}


def link(page: str, words: str) -> str:
    """Where the first link that begins with these words leads."""
    found = re.search(rf'<a\s[^>]*href="([^"]*)"[^>]*>\s*{re.escape(words)}', page)
    assert found, f"There is no link “{words}”"
    return html.unescape(found[1])


def button(page: str, words: str) -> tuple[str, dict[str, str]]:
    """Where the form of the first button that begins with these words leads, and what it sends
    along."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if re.search(rf"<button[^>]*>\s*{re.escape(words)}", form):
            action = re.search(r'<form[^>]*action="([^"]*)"', form)
            hidden = re.findall(r'<input type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"', form)
            return html.unescape(action[1]) if action else "", {
                name: html.unescape(value) for name, value in hidden
            }
    raise AssertionError(f"There is no button “{words}”")


def told(app: Flask, member_id: int) -> list[str]:
    """What the member is told about the tap."""
    with app.app_context(), transaction() as session:
        theirs = (
            select(Notice.body).where(Notice.addressee == f"member:{member_id}").order_by(Notice.id)
        )
        return [body for body in session.execute(theirs).scalars() if "tap" in body]


def number_of(app: Flask, member_id: int) -> str:
    with app.app_context(), transaction() as session:
        return session.get_one(Member, member_id).number or ""


def test_from_a_call_to_hours_on_somebodys_word(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    """As a broker walks it, by the links and buttons of the pages: five screens from the call to
    the helper being asked."""
    broker = sign_in(people["bo"])
    field = re.search(r'action="([^"]*)"\s+role="search"', broker.get(DESK).text)
    assert field
    call = field[1]
    person = broker.get(call, query_string={"who": "whitl"}, follow_redirects=True).text
    assert "01632 960 187" in person
    request = link(person, "They need help")
    assert f'value="{number_of(app, people["joan"])}"' in broker.get(request).text
    form = {
        "who": number_of(app, people["joan"]),
        "channel": "phone",
        "title": "My tap is dripping",
    }
    shortlist = broker.post(request, data=form, follow_redirects=True).text
    assert "Who could help?" in shortlist
    assert "Ben Okafor" in shortlist
    assert told(app, people["joan"]) == told(app, people["ben"]) == []
    address = link(shortlist, "Introduce them")
    both = broker.get(address).text
    assert "Introduce Ben Okafor and Joan Whitlock?" in both
    _, sent = button(both, "Ask Ben Okafor")
    introduction = broker.post(address, data=sent, follow_redirects=True).text
    assert told(app, people["joan"]) == []
    (to_ben,) = told(app, people["ben"])
    assert "01632 960 187" not in to_ben
    assert "01632 960 101" in introduction
    later, finish = (
        button(introduction, "Keep this day")[0],
        link(introduction, "The help was given"),
    )
    broker.post(later, data={"follow_up_on": clock.now().date().isoformat()})
    assert "How did it go?" in broker.get(DESK).text
    page = broker.get(finish).text
    joans = re.findall(r'name="on_word_of"\s+value="(\d+)"\s+checked', page)[0]
    hours = {
        "occurred_on": clock.now().date().isoformat(),
        "minutes": "1 h",
        "on_word_of": joans,
        "channel": "phone",
    }
    done = broker.post(finish, data=hours, follow_redirects=True).text
    assert "The hours that came of it" in done
    with app.app_context(), transaction() as session:
        logged = session.execute(select(Exchange)).scalar_one()
        listing = session.execute(select(Listing).where(Listing.kind == "request")).scalar_one()
        assert (logged.minutes, logged.status, logged.title) == (60, "logged", "My tap is dripping")
        assert (listing.status, listing.channel, listing.on_word_of) == (
            "met",
            "phone",
            f"member:{people['joan']}",
        )
        assert listing.broker_id == people["bo"]
    assert "How did it go?" not in broker.get(DESK).text


def test_somebody_who_left_while_the_shortlist_was_read_is_not_introduced(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    broker = sign_in(people["bo"])
    form = {"who": "Joan Whitlock", "channel": "phone", "title": "My tap is dripping"}
    shortlist = broker.post("/b/fife/directory/requests/new", data=form, follow_redirects=True).text
    address = link(shortlist, "Introduce them")
    _, sent = button(broker.get(address).text, "Ask ")
    with app.app_context(), transaction() as session:
        ben = session.get_one(Member, people["ben"])
        leaving_service.leave(
            session,
            banks.by_slug(session, "fife"),
            ben.id,
            FEATURES,
            Farewell(),
            Act(actor(ben), clock.now()),
        )
    answer = broker.post(address, data=sent)
    assert answer.status_code == 409
    assert "does not take part in the time bank just now" in answer.text
    assert told(app, people["joan"]) == []


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("joan", "Joan of Arc school"),
        ("joan", "Joan’s choir"),
        ("nobody", "We know nobody called “nobody”"),
        ("", "Who is ringing?"),
    ],
)
def test_who_is_not_clear_is_asked_about(
    people: dict[str, int], sign_in: SignIn, who: str, words: str
) -> None:
    answer = sign_in(people["bo"]).get(f"{DESK}/call", query_string={"who": who})
    assert answer.status_code == 200
    assert words in answer.text


def test_a_number_leads_to_the_one_who_has_it(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    answer = sign_in(people["bo"]).get(
        f"{DESK}/call", query_string={"who": number_of(app, people["ben"])}
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{DESK}/people/{people['ben']}"


def test_hours_that_somebody_tells_of_are_theirs(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    broker = sign_in(people["bo"])
    hours = broker.get(
        link(broker.get(f"{DESK}/people/{people['joan']}").text, "They tell of hours")
    ).text
    teller = re.search(r'name="teller"[^>]*value="([^"]*)"', hours)
    assert teller
    assert teller[1] == number_of(app, people["joan"])


def test_a_note_is_kept_comes_due_and_is_done(people: dict[str, int], sign_in: SignIn) -> None:
    broker, page = sign_in(people["bo"]), f"{DESK}/people/{people['joan']}"
    note = {"words": "Nobody there.\nTry after ten.", "next_on": clock.now().date().isoformat()}
    answer = broker.post(page, data=note, follow_redirects=True).text
    assert "Try after ten." in answer
    listed = broker.get(DESK).text
    assert "Bo wanted to ring again." in listed
    assert "Try after ten" not in listed
    address, sent = button(answer, "Done")
    assert "off the list" in broker.post(address, data=sent, follow_redirects=True).text
    assert "wanted to ring again" not in broker.get(DESK).text


def test_a_note_that_cannot_be_is_shown_again_with_its_words(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    yesterday = clock.now().date() - timedelta(days=2)
    answer = sign_in(people["bo"]).post(
        f"{DESK}/people/{people['joan']}",
        data={"words": "Ring soon.", "next_on": yesterday.isoformat()},
    )
    assert answer.status_code == 422
    assert "That day is past." in answer.text
    assert "Ring soon." in answer.text
    with app.app_context(), transaction() as session:
        assert session.execute(select(CallNote)).all() == []


def test_that_notes_were_read_is_written_down(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    broker, page = sign_in(people["bo"]), f"{DESK}/people/{people['joan']}"
    broker.get(page)
    broker.post(page, data={"words": "Rang."})
    sign_in(people["co"]).get(page)
    sign_in(people["joan"]).get(page)
    with app.app_context(), transaction() as session:
        read = session.execute(select(NoteReading.by, NoteReading.member_id)).all()
        assert [tuple(row) for row in read] == [(f"member:{people['co']}", people["joan"])]
    data = sign_in(people["joan"]).get("/b/fife/me/data").json
    assert [one["words"] for one in data["notes_after_calls"]] == ["Rang."]
    assert [one["by"] for one in data["notes_read"]] == ["Co"]


@pytest.mark.parametrize(("who", "status"), [("joan", 403), ("bo", 200), ("co", 200), ("eve", 404)])
@pytest.mark.parametrize("path", ["/people/{joan}", "/call", "/caseloads"])
def test_these_pages_are_for_the_staff(
    people: dict[str, int], sign_in: SignIn, path: str, who: str, status: int
) -> None:
    assert sign_in(people[who]).get(DESK + path.format(**people)).status_code == status


def test_a_broker_is_said_to_look_after_somebody_and_sees_their_own_list(
    people: dict[str, int], sign_in: SignIn
) -> None:
    broker, page = sign_in(people["bo"]), f"{DESK}/people/{people['joan']}"
    wrong = broker.post(f"{page}/broker", data={"broker_id": people["ben"]})
    assert wrong.status_code == 422
    assert "Only a broker or a coordinator can look after somebody." in wrong.text
    for name in ("joan", "ben"):
        broker.post(
            f"{DESK}/people/{people[name]}",
            data={"words": "Rang.", "next_on": clock.now().date().isoformat()},
        )
    broker.post(f"{page}/broker", data={"broker_id": people["bo"]})
    everybodys = broker.get(DESK).text
    mine = broker.get(link(everybodys, "My list")).text
    assert "Ben Okafor" in everybodys
    assert "Ben Okafor" not in mine
    assert "Joan Whitlock" in mine
    address, sent = button(mine, "Rung")
    after = broker.post(address, data=sent)
    assert after.headers["Location"].startswith(f"{DESK}?whose=mine")
    caseloads = broker.get(link(mine, "Who looks after whom")).text
    assert re.search(r"Bo<.*?data-label=\"Members\"[^>]*>1<", caseloads, re.DOTALL)
    assert 'href="/b/fife/lists?broker=0"' in caseloads


def test_a_request_is_handed_on_to_another_broker(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    broker = sign_in(people["bo"])
    form = {"who": "Joan Whitlock", "channel": "phone", "title": "My tap is dripping"}
    shortlist = broker.post("/b/fife/directory/requests/new", data=form).headers["Location"]
    assert "My tap is dripping" in broker.get(f"{DESK}?whose=mine").text
    assert broker.post(f"{shortlist}/broker", data={"broker": people["ben"]}).status_code == 422
    broker.post(f"{shortlist}/broker", data={"broker": people["co"]})
    assert "My tap is dripping" not in broker.get(f"{DESK}?whose=mine").text
    assert "My tap is dripping" in sign_in(people["co"]).get(f"{DESK}?whose=mine").text


# ---- For programs ----


@pytest.fixture
def program(app: Flask, bearer: Callable[..., dict[str, str]]) -> Callable[..., Any]:
    """`program(member_id, method, path, …)`: a call by a program of that member."""
    app.test_client_class = Browser

    def call(member_id: int, method: str, path: str, **more: Any) -> Any:
        return app.test_client().open(
            f"/api/v1{path}", method=method, headers=bearer(member_id), **more
        )

    return call


def test_programs_note_calls_read_notes_and_do_what_is_due(
    people: dict[str, int], program: Callable[..., Any]
) -> None:
    path, today = f"/members/{people['joan']}/notes", clock.now().date().isoformat()
    made = program(people["bo"], "POST", path, json={"words": "Rang.", "next_on": today})
    assert (made.status_code, made.json["by"], made.json["next_on"]) == (201, "Bo", today)
    program(
        people["bo"],
        "POST",
        f"/members/{people['ben']}/notes",
        json={"words": "Rang.", "next_on": today},
    )
    again = program(people["co"], "GET", "/desk").json["ring_again"]
    assert (again["total"], again["items"][0]["member"]["name"]) == (2, "Joan Whitlock")
    assert program(people["co"], "GET", "/desk?whose=mine").json["ring_again"] == {
        "total": 0,
        "items": [],
    }
    done = program(people["bo"], "POST", f"/notes/{made.json['id']}/done")
    assert done.json["done_at"]
    program(people["bo"], "POST", path, json={"words": "Later."})
    first = program(people["bo"], "GET", f"{path}?limit=1").json
    assert [one["words"] for one in first["items"]] == ["Later."]
    rest = program(people["bo"], "GET", f"{path}?cursor={first['next']}").json
    assert ([one["words"] for one in rest["items"]], rest["next"]) == (["Rang."], None)
    assert program(people["joan"], "GET", path).status_code == 403
    assert program(people["eve"], "GET", path).status_code == 404
    assert program(people["bo"], "POST", path, json={"words": " "}).status_code == 422


def test_reading_notes_by_a_program_is_written_down_too(
    app: Flask, people: dict[str, int], program: Callable[..., Any]
) -> None:
    with app.app_context(), transaction() as session:
        bo = session.get_one(Member, people["bo"])
        note_call(
            session,
            banks.by_slug(session, "fife"),
            people["joan"],
            NewNote(words="Rang."),
            Act(actor(bo), clock.now()),
        )
    program(people["co"], "GET", f"/members/{people['joan']}/notes")
    program(people["co"], "GET", f"/members/{people['ben']}/notes")
    with app.app_context(), transaction() as session:
        assert session.execute(select(NoteReading.by)).scalars().all() == [f"member:{people['co']}"]
