"""Skills, offers and requests for programs."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.factories import NOW, make_bank, make_member, system
from timebank import clock
from timebank.act import Act
from timebank.db import transaction
from timebank.members import helping
from timebank.skills import service


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        service.plant_tree(session, bank)
        made = {name: make_member(session, bank, name) for name in ("Ana", "Ben", "Cy")}
        helping.grant_helper(session, bank, made["Ana"].id, made["Ben"].id, Act(system(bank), NOW))
        return {name: one.id for name, one in made.items()} | {
            "ana_account": made["Ana"].account_id or 0
        }


def test_an_offer_is_made_found_changed_renewed_and_closed(app, people, bearer):
    client, ana, ben = app.test_client(), bearer(people["Ana"]), bearer(people["Ben"])
    skill = client.get("/api/v1/skills", headers=ana).json["items"][0]["skills"][0]
    made = client.post(
        "/api/v1/offers", json={"title": "Taps", "skill_id": skill["id"], "times": [3]}, headers=ana
    )
    assert made.status_code == 201
    assert (made.json["skill"], made.json["times"], made.json["holder"]["name"]) == (
        skill["name"],
        [3],
        "Ana",
    )
    address = f"/api/v1/offers/{made.json['id']}"
    assert [one["title"] for one in client.get("/api/v1/offers", headers=ben).json["items"]] == [
        "Taps"
    ]
    changed = client.patch(address, json={"title": "Taps and drains"}, headers=ana)
    assert (changed.json["title"], changed.json["times"]) == ("Taps and drains", [3])
    until = (clock.now() + timedelta(days=365)).date().isoformat()
    assert client.patch(address, json={"renew": True}, headers=ana).json["ends_on"] == until
    assert (
        client.patch(address, json={"status": "withdrawn"}, headers=ana).json["status"]
        == "withdrawn"
    )
    assert client.get(address, headers=bearer(people["Ben"])).status_code == 200
    assert client.get("/api/v1/offers", headers=ben).json["items"] == []
    again = client.patch(address, json={"title": "More"}, headers=ana)
    assert (again.status_code, again.json["code"]) == (409, "listing_closed")
    undo = f"{address}/undo"
    assert client.post(undo.replace("offers", "requests"), headers=ana).status_code == 404
    assert client.post(undo, headers=ana).json["status"] == "open"
    stranger = client.post(undo, headers=bearer(people["Cy"]))
    assert stranger.status_code == 403


def test_a_helper_asks_for_whom_they_help_and_for_nobody_else(app, people, bearer):
    client, ana, ben = app.test_client(), bearer(people["Ana"]), bearer(people["Ben"])
    asked = client.post(
        "/api/v1/requests",
        json={"title": "A lift", "holder": f"member:{people['Ana']}"},
        headers=ben,
    )
    assert asked.json["holder"]["name"] == "Ana"
    assert [
        one["title"] for one in client.get("/api/v1/requests?mine=true", headers=ana).json["items"]
    ] == ["A lift"]
    assert client.get(f"/api/v1/offers/{asked.json['id']}", headers=ana).status_code == 404


def test_a_bad_body_names_its_fields(app, people, bearer):
    answer = app.test_client().post(
        "/api/v1/offers",
        json={"title": " ", "times": [21], "place": "moon", "minutes": -5},
        headers=bearer(people["Ana"]),
    )
    assert answer.status_code == 422
    assert set(answer.json["fields"]) >= {"title", "times.0", "place"}


def test_a_coordinator_tends_the_tree(app, people, bearer):
    with app.app_context(), transaction() as session:
        owen = make_member(session, None, "Owen", role="coordinator").id
    client, headers = app.test_client(), bearer(owen)
    made = client.post("/api/v1/categories", json={"name": "On the water"}, headers=headers)
    assert (made.status_code, made.json["skills"]) == (201, [])
    category = made.json["id"]
    assert (
        client.post(
            "/api/v1/categories", json={"name": "on the WATER"}, headers=headers
        ).status_code
        == 422
    )
    boats = {"name": "Rowing", "category_id": category, "synonyms": "boat, oars"}
    skill = client.post("/api/v1/skills", json=boats, headers=headers)
    assert (skill.status_code, skill.json["synonyms"], skill.json["retired"]) == (
        201,
        "boat, oars",
        False,
    )
    address = f"/api/v1/skills/{skill.json['id']}"
    changed = client.patch(
        address, json={"name": "Rowing and punting", "retired": True}, headers=headers
    ).json
    assert (changed["name"], changed["synonyms"], changed["retired"]) == (
        "Rowing and punting",
        "boat, oars",
        True,
    )
    assert client.patch(address, json={"retired": False}, headers=headers).json["retired"] is False
    first = client.patch(f"/api/v1/categories/{category}", json={"position": 0}, headers=headers)
    assert first.json["name"] == "On the water"
    assert client.get("/api/v1/skills", headers=headers).json["items"][0]["id"] == category
    assert client.delete(f"/api/v1/categories/{category}", headers=headers).status_code == 409
    empty = client.post("/api/v1/categories", json={"name": "In the air"}, headers=headers).json[
        "id"
    ]
    assert client.delete(f"/api/v1/categories/{empty}", headers=headers).status_code == 204
    assert (
        client.post(
            "/api/v1/skills", json=boats | {"needs_checks": ["sailing"]}, headers=headers
        ).status_code
        == 422
    )
    assert (
        client.post(
            "/api/v1/skills", json=boats | {"category_id": 10**6}, headers=headers
        ).status_code
        == 404
    )
