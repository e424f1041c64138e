"""Surveys, as programs see them."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories import NOW, make_bank, make_member, system
from tests.surveys.waves import make_wave
from timebank import clock
from timebank.act import Act
from timebank.db import reading, transaction
from timebank.surveys import equality
from timebank.surveys.rules import EqualityAsked

API = "/api/v1"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def town(app):
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        ana, owen = (
            make_member(session, bank, "Ana"),
            make_member(session, bank, "Owen", "coordinator"),
        )
        wave = make_wave(session, bank)
        equality.ask(session, bank, EqualityAsked(["sex"], []), Act(system(bank), NOW))
        return {"ana": ana.id, "owen": owen.id, "wave": wave.id}


@pytest.fixture
def call(app, town, bearer):
    heads = {name: bearer(town[name]) for name in ("ana", "owen")}

    def made(name, method, path="/surveys", headers=(), **body):
        return app.test_client().open(
            f"{API}{path}", method=method, headers={**heads[name], **dict(headers)}, **body
        )

    return made


def test_a_coordinator_plans_lists_and_reads_results(call, town, monkeypatch):
    days = {"opens_on": "2026-11-12", "closes_on": "2026-11-20"}
    made = call("owen", "POST", json={"title": "Spring", "instruments": ["ladder"], **days})
    assert (made.status_code, made.json["asked"]) == (201, 0)
    assert {one["title"]: one["asked"] for one in call("owen", "GET").json["items"]} == {
        "Spring": 0,
        "Autumn": 2,
    }
    early = call("owen", "GET", f"/surveys/{town['wave']}/results")
    assert (early.status_code, early.json["code"]) == (409, "not_open")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=60))
    found = call("owen", "GET", f"/surveys/{town['wave']}/results").json
    assert (found["asked"], found["answered"]) == (2, 0)
    assert {one["mean"] for one in found["measures"]} == {None}
    assert call("ana", "GET").status_code == 403


def test_a_wave_that_cannot_be_is_refused_field_by_field(call):
    days = {"opens_on": "2026-11-12", "closes_on": "2026-11-01"}
    refused = call("owen", "POST", json={"title": "A", "instruments": [], **days})
    assert (refused.status_code, sorted(refused.json["fields"])) == (
        422,
        ["closes_on", "instruments"],
    )


def test_a_member_answers_once(app, call, town):
    path = f"/surveys/{town['wave']}"
    asked = call("ana", "GET", f"{path}/questions").json
    assert (len(asked["questions"]), asked["answered"]) == (4, False)
    wrong = call("ana", "POST", f"{path}/answers", json={"answers": {"q0_0": "11"}})
    assert (wrong.status_code, list(wrong.json["fields"])) == (422, ["q0_0"])
    given = {"json": {"answers": {"q0_0": "7"}, "link": True}}
    assert call("ana", "POST", f"{path}/answers", **given).status_code == 204
    again = call("ana", "POST", f"{path}/answers", **given)
    assert (again.status_code, again.json["code"]) == (409, "answered_already")
    assert call("ana", "GET", f"{path}/questions").json["answered"] is True
    assert (
        call("owen", "POST", f"{path}/answers", json={"answers": {"q0_0": "x"}}).status_code == 422
    )


def test_a_call_with_a_key_is_remembered_in_a_form_nobody_can_guess(app, call, town):
    """The same call elsewhere, under another secret, is remembered differently: to try out answers
    one needs the secret."""
    path, given = f"/surveys/{town['wave']}/answers", {"json": {"answers": {"q0_0": "7"}}}
    for _ in range(2):
        assert (
            call("ana", "POST", path, headers={"Idempotency-Key": "k"}, **given).status_code == 204
        )
    with app.app_context():
        kept = reading().execute(text("SELECT * FROM request_once")).mappings().all()
    (digest,) = [
        value
        for row in kept
        for value in row.values()
        if isinstance(value, str) and len(value) == 64
    ]
    body = b'{"answers": {"q0_0": "7"}}'
    assert (
        digest != hashlib.sha256(b"\0".join([b"POST", f"{API}{path}?".encode(), body])).hexdigest()
    )


def test_equality_counts_leave_out_few(call):
    assert call("owen", "GET", "/equality").json == {
        "threshold": 8,
        "tables": [],
        "counted_on": None,
    }
    assert call("owen", "POST", "/equality").status_code == 201
    assert call("owen", "POST", "/equality").status_code == 409
    found = call("owen", "GET", "/equality").json
    assert found["counted_on"]
    assert {one["people"] for one in found["tables"][0]["counts"]} == {0, None}
    assert call("ana", "GET", "/equality").status_code == 403


def test_a_coordinator_asks_moves_the_last_day_and_closes(call, town):
    days = {"opens_on": "2026-11-12", "closes_on": "2026-12-20"}
    wave = call("owen", "POST", json={"title": "Winter", "instruments": ["ladder"], **days}).json[
        "id"
    ]
    assert call("owen", "POST", f"/surveys/{wave}/invitations", json={}).json == {"asked": 2}
    assert call("owen", "POST", f"/surveys/{wave}/invitations", json={}).json == {"asked": 0}
    assert (
        call("owen", "PUT", f"/surveys/{wave}/closing", json={"closes_on": "2026-12-24"}).json[
            "closes_on"
        ]
        == "2026-12-24"
    )
    assert (
        call(
            "owen", "PUT", f"/surveys/{wave}/closing", json={"closes_on": "2026-01-01"}
        ).status_code
        == 422
    )
    assert call("owen", "POST", f"/surveys/{wave}/closing").json["closed_on"]
    assert call("owen", "POST", f"/surveys/{wave}/closing").status_code == 409


def test_a_scale_of_ones_own_is_added_listed_and_taken_out(call):
    ours = {
        "title": "Ours",
        "licence": "Our own.",
        "items": "I sing.\nI dance.",
        "lowest": 1,
        "highest": 5,
    }
    ours |= {"lowest_words": "never", "highest_words": "always"}
    made = call("owen", "POST", "/scales", json=ours)
    assert (made.status_code, made.json["items"]) == (201, ["I sing.", "I dance."])
    assert call("owen", "GET", "/scales").json["items"] == [made.json]
    assert call("owen", "POST", "/scales", json=ours | {"highest": 0}).status_code == 422
    assert call("owen", "DELETE", f"/scales/{made.json['id']}").status_code == 204
    assert call("owen", "GET", "/scales").json["items"] == []


def test_equality_answers_are_ones_own_to_give_read_and_erase(call):
    assert (
        call("owen", "PUT", "/equality/questions", json={"questions": ["sex", "carer"]}).status_code
        == 204
    )
    assert call("ana", "PUT", "/equality/own", json={"answers": {"sex": "Female"}}).json == {
        "answers": {"sex": "Female"}
    }
    assert call("owen", "GET", "/equality/own").json == {"answers": {}}
    assert call("ana", "PUT", "/equality/own", json={"answers": {"sex": "x"}}).status_code == 422
    assert call("ana", "DELETE", "/equality/own").status_code == 204
    assert call("ana", "GET", "/equality/own").json == {"answers": {}}


def test_consent_is_taken_back(app, call, town):
    call(
        "ana",
        "POST",
        f"/surveys/{town['wave']}/answers",
        json={"answers": {"q0_0": "7"}, "link": True},
    )
    assert call("ana", "DELETE", "/surveys/link").status_code == 204
    with app.app_context():
        assert reading().execute(text("SELECT count(*) FROM survey_link")).scalar_one() == 0
