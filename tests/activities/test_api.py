"""Activities, as programs see them."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from PIL import Image

from tests.factories import (
    NOW,
    make_activity,
    make_bank,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_organisation,
)
from timebank import clock
from timebank.activities.models import ActivitySession
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.members import queries as members

API = "/api/v1"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    """Ids: Lee leads a café that whoever comes pays for; a session goes on. Maggie is a broker,
    Owen coordinates."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, chest_floor=-600)
        lee, ana = make_member(session, bank, "Lee"), make_member(session, bank, "Ana")
        maggie, owen = (
            make_member(session, bank, "Maggie", "broker"),
            make_member(session, bank, "Owen", "coordinator"),
        )
        surgery = make_organisation(session, bank, "Surgery")
        cafe = make_activity(
            session, bank, rule="attendees_pay", payer_id=None, resident_lead_id=lee.id
        )
        today = make_meeting(session, bank, cafe)
        people = {one.name.lower(): one.id for one in (lee, ana, maggie, owen)}
        return {
            **people,
            "cafe": cafe.id,
            "today": today.id,
            "surgery": surgery.id,
        }


@pytest.fixture
def call(app, town, bearer):
    """`call("maggie", "POST", "/activities", json=…)`: what the API answers to that person's
    program."""
    heads = {name: bearer(town[name]) for name in ("lee", "ana", "maggie", "owen")}

    def ask(who: str, method: str, path: str, **given):
        return app.test_client().open(f"{API}{path}", method=method, headers=heads[who], **given)

    return ask


def test_an_activity_from_opening_to_the_books_and_back(call, town):
    new = {
        "title": "Walk",
        "purpose": "To walk.",
        "rule": "shared_cost",
        "resident_lead": f"member:{town['lee']}",
    }
    walk = call("maggie", "POST", "/activities", json=new).json["id"]
    plan = {"starts_at": (NOW - timedelta(minutes=90)).isoformat(), "minutes": 60}
    (meeting,) = call("lee", "POST", f"/activities/{walk}/sessions", json=plan).json["items"]
    marks = [
        {"member": f"member:{town['lee']}", "part": "led", "prepared": 30},
        {"member": f"member:{town['ana']}", "part": "attended"},
    ]
    marks.append({"guest": "Cy", "part": "helped"})
    here = call(
        "lee", "POST", f"/sessions/{meeting['id']}/contributions", json={"contributions": marks}
    )
    assert (here.json["here"], here.json["status"]) == (3, "registered")
    plan = call("maggie", "GET", f"/sessions/{meeting['id']}/posting").json
    assert sorted((one["name"], one["minutes"]) for one in plan["changes"]) == [
        ("Ana", -90),
        ("Lee", 90),
    ]
    assert [one["name"] for one in plan["uncounted"]] == ["Cy"]
    done = call(
        "maggie", "POST", f"/sessions/{meeting['id']}/posting", json={"digest": plan["digest"]}
    )
    assert (done.status_code, done.json["n"], done.json["entry"] is not None) == (201, 1, True)
    again = call("maggie", "POST", f"/sessions/{meeting['id']}/posting", json={})
    assert (again.status_code, again.json["code"]) == (409, "wrong_moment")
    figures = call("maggie", "GET", f"/activities/{walk}/codelivery").json
    assert (figures["minutes"], figures["led"]["resident"], figures["people"]) == (210, 210, 3)
    back = call("maggie", "POST", f"/sessions/{meeting['id']}/reversal", json={"why": "Wrong day."})
    assert back.json["reversal"] is not None
    assert call("maggie", "GET", f"/activities/{walk}/codelivery").json["minutes"] == 0


def test_what_is_wrong_with_marks_is_said_for_each(call, town):
    marks = [
        {"member": f"member:{town['ana']}", "part": "attended", "minutes": 61},
        {"member": f"member:{town['lee']}", "part": "led"},
    ]
    answer = call(
        "lee", "POST", f"/sessions/{town['today']}/contributions", json={"contributions": marks}
    )
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [f"m{town['ana']}"]
    assert call("lee", "GET", f"/sessions/{town['today']}/contributions").json["items"] == []
    for wrong in (
        [],
        [{"part": "attended"}],
        [{"member": f"member:{town['ana']}", "part": "prepared"}],
        [{"member": "member:1000000", "part": "led"}],
    ):
        answer = call(
            "lee", "POST", f"/sessions/{town['today']}/contributions", json={"contributions": wrong}
        )
        assert answer.status_code in (404, 422), wrong


def test_the_register_is_for_those_who_run_it(call, town):
    assert call("ana", "GET", f"/sessions/{town['today']}/contributions").status_code == 403
    assert (
        call(
            "ana",
            "POST",
            f"/sessions/{town['today']}/contributions",
            json={"contributions": [{"guest": "C"}]},
        ).status_code
        == 403
    )
    assert call("lee", "GET", f"/sessions/{town['today']}/posting").status_code == 403


def test_people_sign_up_and_off(call, town):
    coming = {"starts_at": (NOW + timedelta(days=2)).isoformat(), "minutes": 60, "places": 1}
    planned = call("lee", "POST", f"/activities/{town['cafe']}/sessions", json=coming).json
    (meeting,) = planned["items"]
    assert (
        call("ana", "POST", f"/sessions/{meeting['id']}/sign-ups", json={}).json["status"]
        == "coming"
    )
    assert (
        call("lee", "POST", f"/sessions/{meeting['id']}/sign-ups", json={}).json["status"]
        == "waiting"
    )
    assert (
        call("ana", "POST", f"/sessions/{meeting['id']}/withdrawals", json={}).json["status"]
        == "withdrawn"
    )
    shown = call("ana", "GET", f"/sessions/{meeting['id']}").json
    assert (shown["coming"], shown["waiting"], shown["left"]) == (1, 0, 0)
    lee = {"member": f"member:{town['lee']}"}
    other = call("ana", "POST", f"/sessions/{meeting['id']}/sign-ups", json=lee)
    # Ana knows nobody of that name, and is told no more.
    assert other.status_code == 422
    upcoming = call("ana", "GET", "/sessions").json["items"]
    assert [one["id"] for one in upcoming] == [meeting["id"]]


def test_sessions_come_a_page_at_a_time(call, town):
    plan = {
        "starts_at": (NOW + timedelta(days=1)).isoformat(),
        "minutes": 60,
        "repeat": "weekly",
        "count": 4,
    }
    call("maggie", "POST", f"/activities/{town['cafe']}/sessions", json=plan)
    seen, cursor = [], None
    while True:
        page = call(
            "ana",
            "GET",
            f"/activities/{town['cafe']}/sessions",
            query_string={"limit": 2, "cursor": cursor} if cursor else {"limit": 2},
        ).json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(seen)
    assert len(seen) == 5


def test_a_session_is_changed_called_off_and_written_up(call, town):
    moved = {"starts_at": (NOW + timedelta(days=1)).isoformat(), "minutes": 45, "place": "The barn"}
    assert call("lee", "PUT", f"/sessions/{town['today']}", json=moved).json["place"] == "The barn"
    assert (
        call("lee", "PUT", f"/sessions/{town['today']}/account", json={"done": "Lamps."}).json[
            "done"
        ]
        == "Lamps."
    )
    assert (
        call("lee", "POST", f"/sessions/{town['today']}/cancellation", json={}).json["status"]
        == "cancelled"
    )
    assert (
        call("lee", "POST", f"/sessions/{town['today']}/cancellation", json={}).status_code == 409
    )


def test_a_part_of_an_activity_is_changed_and_the_rest_stays(call, town):
    changed = call("lee", "PATCH", f"/activities/{town['cafe']}", json={"lessons": "Bring fuses."})
    assert (changed.json["lessons"], changed.json["title"]) == ("Bring fuses.", "Repair café")
    assert (
        call("lee", "PATCH", f"/activities/{town['cafe']}", json={"rule": "none"}).status_code
        == 403
    )
    assert (
        call(
            "maggie", "PATCH", f"/activities/{town['cafe']}", json={"rule": "sponsored"}
        ).status_code
        == 422
    )


def test_what_was_agreed(call, town):
    agreed = {"words": "Less thrown away", "partner": "Council", "target": 12}
    outcome = call("lee", "POST", f"/activities/{town['cafe']}/outcomes", json=agreed).json["id"]
    call("lee", "POST", f"/outcomes/{outcome}/result", json={"reached": 9, "result": "In March."})
    (shown,) = call("ana", "GET", f"/activities/{town['cafe']}/outcomes").json["items"]
    assert (shown["target"], shown["reached"]) == (12, 9)


def test_a_sponsor_s_agreement_pays_until_it_is_used_up(call, town):
    agreed = {
        "organisation": f"organisation:{town['surgery']}",
        "minutes": 90,
        "starts_on": "2026-11-01",
        "ends_on": "2026-12-01",
        "terms": "Walks",
    }
    assert call("maggie", "POST", "/sponsorships", json=agreed).status_code == 403
    made = call("owen", "POST", "/sponsorships", json=agreed).json
    call(
        "maggie",
        "PATCH",
        f"/activities/{town['cafe']}",
        json={"rule": "sponsored", "payer": f"organisation:{town['surgery']}"},
    )
    marks = {"contributions": [{"member": f"member:{town['lee']}", "part": "led", "minutes": 60}]}
    call("lee", "POST", f"/sessions/{town['today']}/contributions", json=marks)
    assert (
        call("maggie", "POST", f"/sessions/{town['today']}/posting", json={}).json["sponsored"]
        == 60
    )
    (shown,) = call("maggie", "GET", "/sponsorships").json["items"]
    assert (shown["id"], shown["used"]) == (made["id"], 60)
    assert call("owen", "POST", f"/sponsorships/{made['id']}/end").json["ended_at"]


def test_an_activity_ends(call, town):
    assert call("ana", "POST", f"/activities/{town['cafe']}/end").status_code == 403
    assert call("maggie", "POST", f"/activities/{town['cafe']}/end").json["ended_at"]
    assert call("ana", "GET", "/activities").json["items"] == []


def test_words_and_pictures_with_consent(call, town):
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "plum").save(picture, "PNG")

    def send(**form):
        file = (io.BytesIO(picture.getvalue()), "lamp.png")
        return call(
            "lee",
            "POST",
            f"/activities/{town['cafe']}/photos",
            data={"photo": file, "alt": "A lamp", **form},
        )

    assert send().json["fields"].keys() == {"consent"}
    made = send(consent="true").json
    assert (made["width"], made["height"]) == (60, 40)
    assert call("ana", "GET", f"/photos/{made['id']}").data[:2] == b"\xff\xd8"
    said = {"words": "It works!", "said_by": "a neighbour"}
    assert call("lee", "POST", f"/activities/{town['cafe']}/quotes", json=said).status_code == 422
    quote = call(
        "lee", "POST", f"/activities/{town['cafe']}/quotes", json={**said, "consent": True}
    ).json["id"]
    assert call("ana", "DELETE", f"/quotes/{quote}").status_code == 403
    for path in (f"/quotes/{quote}", f"/photos/{made['id']}"):
        assert call("lee", "DELETE", path).status_code == 204
    for kind in ("quotes", "photos"):
        assert call("ana", "GET", f"/activities/{town['cafe']}/{kind}").json["items"] == []


def test_who_is_at_the_door(call, town, app):
    with app.app_context():
        key = reading().get_one(ActivitySession, town["today"]).door_key
    assert (
        call(
            "ana", "POST", f"/sessions/{town['today']}/check-ins", json={"key": "wrong"}
        ).status_code
        == 403
    )
    assert [
        call("ana", "POST", f"/sessions/{town['today']}/check-ins", json={"key": key}).json["new"]
        for _ in range(2)
    ] == [
        True,
        False,
    ]
    here = call("lee", "POST", f"/sessions/{town['today']}/newcomers", json={"name": "Dee Fox"})
    assert here.json["here"] == 2
    assert call("ana", "GET", f"/sessions/{town['today']}/sign-ups").status_code == 403
    assert call("lee", "GET", f"/sessions/{town['today']}/sign-ups").json["items"] == []
    assert call("maggie", "GET", f"/sessions/{town['today']}/postings").json["items"] == []


def test_help_that_is_written_down_already_is_asked_about_before_hours_go(app, call, town):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        lee, ana = (members.member(session, bank, town[name]) for name in ("lee", "ana"))
        make_logged_exchange(session, bank, lee, ana, title="Mending a lamp")
    came = [
        {"member": f"member:{town[who]}", "part": part}
        for who, part in (("lee", "led"), ("ana", "attended"))
    ]
    here = f"/sessions/{town['today']}"
    call("maggie", "POST", f"{here}/contributions", json={"contributions": came})
    asked = call("maggie", "POST", f"{here}/posting", json={})
    assert (asked.status_code, asked.json["code"]) == (409, "helped_already")
    assert "Mending a lamp" in asked.json["fields"]["another"]
    assert call("maggie", "POST", f"{here}/posting", json={"another": True}).status_code == 201
