"""Refusals as pages: what happened, and what to do next."""

from typing import NoReturn

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from timebank.app import create_app
from timebank.config import Config
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from timebank.http import access

REFUSALS = {
    "/missing": (NotFound("There is no such exchange."), 404, "There is no such page"),
    "/barred": (NotAllowed("Only the other person can say so."), 403, "You cannot open this page"),
    "/late": (Conflict("It was confirmed already."), 409, "That could not be done"),
    "/wrong": (Invalid("Write a number."), 422, "That could not be done"),
}


@pytest.fixture(scope="module")
def _lent_app() -> Flask:
    """An application with addresses that refuse."""
    app = create_app(
        Config(database_url="sqlite://", secret_key="for tests only " * 4, secure_cookies=False)
    )

    def refusing(refusal: Refusal):
        @access("public")
        def view() -> NoReturn:
            raise refusal

        return view

    for address, (refusal, _, _) in REFUSALS.items():
        app.add_url_rule(address, address, refusing(refusal))

    class Unreadable:
        """A bank whose row cannot be read any more."""

        @property
        def name(self) -> NoReturn:
            raise OperationalError("SELECT", {}, Exception("the disk is gone"))

        contact_phone = language = languages = name

    @access("public")
    def broken() -> NoReturn:
        g.bank = Unreadable()
        raise RuntimeError("a secret of the house")

    app.add_url_rule("/broken", view_func=broken)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("address", REFUSALS)
def test_a_refusal_is_a_page_in_its_own_words(client: FlaskClient, address: str):
    refusal, status, title = REFUSALS[address]
    answer = client.get(address)
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text
    assert refusal.message in answer.text


def test_an_unknown_address_is_told_kindly(client: FlaskClient):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "<h1>There is no such page</h1>" in answer.text


def test_the_way_back_leads_to_our_own_page_only(client: FlaskClient):
    inside = client.get("/late", headers={"Referer": "http://localhost/b/fife/?x=1"}).text
    assert 'href="/b/fife/?x=1">Go back</a>' in inside
    assert (
        "Go back" not in client.get("/late", headers={"Referer": "https://elsewhere.example/"}).text
    )


def test_a_wrong_method_is_told_with_the_right_ones(client: FlaskClient):
    answer = client.delete("/help")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "<h1>That cannot be done here</h1>" in answer.text


def test_our_own_fault_gives_nothing_away_even_without_a_database(app: Flask, client: FlaskClient):
    app.testing = False
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "<h1>Something went wrong on our side</h1>" in answer.text
    assert "secret of the house" not in answer.text
