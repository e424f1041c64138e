"""Shortlists, the board and introductions for programs."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import NOW
from tests.matching.conftest import Row
from timebank import clock
from timebank.db import transaction
from timebank.matching.board import find, keep


@pytest.fixture
def ids(
    app: Flask, rows: Callable[[Session], Row], monkeypatch: pytest.MonkeyPatch
) -> dict[str, int]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context(), transaction() as session:
        row = rows(session)
        plumbing = row.skill("Plumbing")
        offer = row.post("offer", row.ben, "Small plumbing jobs", skill_id=plumbing)
        tap = row.post("request", row.joan, "My tap drips", skill_id=plumbing)
        alone = row.post("request", row.joan, "A harp to tune")
        keep(session, row.bank, find(session, row.bank, now=NOW), now=NOW)
        people = {name: getattr(row, name).id for name in ("joan", "ben", "cy", "bo")}
        return {"offer": offer.id, "tap": tap.id, "alone": alone.id, **people}


def test_a_request_goes_from_the_board_to_hours_on_somebodys_word(
    app: Flask, ids: dict[str, int], bearer: Callable[..., Any]
):
    client, bo, joan = app.test_client(), bearer(ids["bo"]), bearer(ids["joan"])
    board = client.get("/api/v1/board", headers=bo).json
    proposed = {one["request"]["id"]: one["candidate"] for one in board["items"]}
    assert proposed.keys() == {ids["tap"], ids["alone"]}
    assert proposed[ids["tap"]]["party"]["name"] == "Ben"
    assert (proposed[ids["alone"]], board["total"], board["next"]) == (None, 2, None)
    nobody = client.get("/api/v1/board?nobody=true", headers=bo).json
    assert [one["request"]["id"] for one in nobody["items"]] == [ids["alone"]]
    wanted_by = client.get(f"/api/v1/offers/{ids['offer']}/matches", headers=bo).json["items"]
    assert [one["request"] for one in wanted_by] == [ids["tap"]]
    assert client.get(f"/api/v1/offers/{ids['tap']}/matches", headers=bo).status_code == 404
    made = client.post(
        f"/api/v1/requests/{ids['tap']}/introductions",
        json={"giver": f"member:{ids['ben']}"},
        headers=bo,
    )
    address = f"/api/v1/introductions/{made.json['id']}"
    assert client.get("/api/v1/introductions", headers=joan).json["items"] == []
    said = client.post(f"{address}/answer", json={"side": "giver", "says": "yes"}, headers=bo)
    assert said.status_code == 200
    again = client.post(
        f"/api/v1/requests/{ids['tap']}/introductions",
        json={"giver": f"member:{ids['ben']}"},
        headers=bo,
    )
    assert again.status_code == 409
    assert [
        one["title"] for one in client.get("/api/v1/introductions", headers=joan).json["items"]
    ] == ["My tap drips"]
    assert client.get("/api/v1/introductions", headers=bearer(ids["cy"])).json["items"] == []
    later = client.post(f"{address}/follow-up", json={"follow_up_on": "2026-12-01"}, headers=bo)
    assert later.json["follow_up_on"] == "2026-12-01"
    assert client.post(f"{address}/undo", headers=joan).status_code == 403
    before = client.post(f"{address}/undo", headers=bo).json["follow_up_on"]
    assert before != "2026-12-01"
    asked = client.post(f"{address}/undo", headers=bo)
    assert (asked.status_code, asked.json["code"]) == (409, "wrong_moment")
    assert client.post(f"{address}/finish", json={}, headers=joan).status_code == 403
    hours = {
        "occurred_on": NOW.date().isoformat(),
        "minutes": 60,
        "on_word_of": f"member:{ids['joan']}",
    }
    done = client.post(f"{address}/finish", json=hours, headers=bo).json
    assert (done["status"], done["exchange"] is not None) == ("done", True)
    assert client.post(f"{address}/withdrawal", json={}, headers=bo).status_code == 409
    assert client.get("/api/v1/introductions?under_way=true", headers=bo).json == {
        "items": [],
        "next": None,
    }


def test_introductions_come_a_page_at_a_time(
    app: Flask, ids: dict[str, int], bearer: Callable[..., Any]
):
    client, bo = app.test_client(), bearer(ids["bo"])
    made: list[int] = []
    for _ in range(3):
        one = client.post(
            f"/api/v1/requests/{ids['tap']}/introductions",
            json={"giver": f"member:{ids['ben']}"},
            headers=bo,
        )
        made.append(one.json["id"])
        client.post(
            f"/api/v1/introductions/{made[-1]}/withdrawal", json={"note": "Ill."}, headers=bo
        )
    first = client.get("/api/v1/introductions?limit=2", headers=bo).json
    rest = client.get(f"/api/v1/introductions?limit=2&cursor={first['next']}", headers=bo).json
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next"] is None
