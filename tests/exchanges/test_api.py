"""Exchanges and gifts, as programs see them."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.exchanges.conftest import Street, balance

Bearer = Callable[..., dict[str, str]]
HERE = "/api/v1/exchanges"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_other_side_confirms_once_however_often_it_is_sent(
    client: FlaskClient,
    app: Flask,
    street: Street,
    bearer: Bearer,
) -> None:
    headers = {**bearer(street.ben), "Idempotency-Key": "k"}
    first, second = (
        client.post(f"{HERE}/{street.exchange}/confirmation", json={}, headers=headers)
        for _ in "ab"
    )
    assert first.status_code == second.status_code == 200
    assert first.json == second.json
    assert first.json is not None
    assert (first.json["status"], first.json["minutes"]) == ("confirmed", 90)
    assert balance(app, street) == -90


def test_who_may_see_and_confirm(client: FlaskClient, street: Street, bearer: Bearer) -> None:
    for who, sees, confirms in (
        ("cy", 404, 403),
        ("eve", 404, 404),
        ("ana", 200, 403),
        ("maggie", 200, 409),
    ):
        headers = bearer(getattr(street, who))
        assert client.get(f"{HERE}/{street.exchange}", headers=headers).status_code == sees, who
        answer = client.post(f"{HERE}/{street.exchange}/confirmation", json={}, headers=headers)
        assert answer.status_code == confirms, who
    assert client.get(HERE, headers=bearer(street.cy)).json == {"items": [], "next": None}


def test_help_is_logged_proposed_and_refused(
    client: FlaskClient, street: Street, bearer: Bearer
) -> None:
    listed = client.get(HERE, headers=bearer(street.ana)).json
    assert listed is not None
    sides = {
        "giver": listed["items"][0]["giver"]["party"],
        "receiver": f"member:{street.ben}",
        "title": "Lift",
    }
    headers = bearer(street.ana)
    made = client.post(
        HERE, json={**sides, "occurred_on": "2026-01-05", "minutes": 45}, headers=headers
    )
    assert made.status_code == 201
    proposed = client.post(HERE, json=sides, headers=headers)
    assert proposed.json is not None
    assert proposed.json["status"] == "proposed"
    assert (
        client.post(
            f"{HERE}/{proposed.json['id']}/refusal", json={}, headers=bearer(street.ben)
        ).status_code
        == 200
    )
    wrong = client.post(HERE, json={**sides, "minutes": 45}, headers=headers)
    assert wrong.status_code == 422
    assert wrong.json is not None
    assert "occurred_on" in wrong.json["fields"]


def test_a_gift_is_given(client: FlaskClient, app: Flask, street: Street, bearer: Bearer) -> None:
    gift = {"from": f"member:{street.ben}", "to": f"member:{street.ana}", "minutes": 30}
    assert client.post("/api/v1/gifts", json=gift, headers=bearer(street.cy)).status_code == 422
    assert client.post("/api/v1/gifts", json=gift, headers=bearer(street.ben)).status_code == 201
    assert balance(app, street) == -30


def test_brokers_give_from_the_chest(
    client: FlaskClient, app: Flask, street: Street, bearer: Bearer
) -> None:
    ben = f"member:{street.ben}"
    fill = {"from": ben, "to": "chest", "minutes": 60}
    assert client.post("/api/v1/gifts", json=fill, headers=bearer(street.ben)).status_code == 201
    gift = {"from": "chest", "to": ben, "minutes": 30, "message": "Home from hospital"}
    silent = client.post("/api/v1/gifts", json=gift, headers=bearer(street.maggie))
    assert silent.json is not None
    assert (silent.status_code, silent.json["fields"].keys()) == (422, {"decided_by"})
    gift["decided_by"] = "The steering group"
    assert client.post("/api/v1/gifts", json=gift, headers=bearer(street.ben)).status_code == 403
    given = client.post("/api/v1/gifts", json=gift, headers=bearer(street.maggie)).json
    assert given is not None
    assert (given["decided_by"], balance(app, street)) == ("The steering group", -30)
