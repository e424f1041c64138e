"""The application with one more resource, on which the API's own promises are tried."""

import itertools
from typing import Any

import pytest
from flask import Flask, Response
from flask_smorest import Blueprint
from marshmallow import fields
from sqlalchemy import text

from tests.factories import make_bank, make_member
from timebank.api.paging import PageIn, page, page_of
from timebank.app import FEATURES, create_app
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.errors import Conflict
from timebank.feature import Feature
from timebank.http import access
from timebank.schema import Minutes, Schema, Text

trial = Blueprint(
    "trial", __name__, url_prefix="/api/v1/trial", description="Only here for the tests"
)


class ThingIn(Schema):
    name = Text(10, required=True)
    minutes = Minutes(load_default=None, allow_none=True)


class ThingOut(Schema):
    name = fields.String(required=True)
    minutes = Minutes(required=True, allow_none=True)
    count = fields.Integer(required=True)


class NumberOut(Schema):
    id = fields.Integer(required=True)


class Number:
    def __init__(self, number: int):
        self.id = number


_made = itertools.count(1)


@trial.route("", methods=["GET"])
@access("member")
@trial.arguments(PageIn, location="query")
@trial.response(200, page_of(NumberOut))
def numbers(wanted: dict[str, Any]) -> dict[str, Any]:
    """The numbers from 1 to 5."""
    rows = [Number(number) for number in range(1, 6) if number > (wanted["cursor"] or 0)]
    return page(rows[: wanted["limit"] + 1], wanted["limit"])


@trial.route("", methods=["POST"])
@access("member", scope="write")
@trial.arguments(ThingIn)
@trial.response(201, ThingOut)
def make(values: dict[str, Any]) -> Any:
    """Make a thing; each one has the next number."""
    with transaction() as session:
        session.execute(text("UPDATE bank SET about = about || 'x'"))
        if values["name"] == "Nobody":
            raise Conflict(
                "There is nobody of that name.", fields={"name": "Nobody is called that."}
            )
    return values | {"count": next(_made)}, 201, {"Location": "/api/v1/trial/7"}


@trial.route("/picture", methods=["POST"])
@access("member", scope="write")
def picture() -> Response:
    """Answer with something that is no text."""
    return Response(b"\x89PNG\x00\xff" + bytes([next(_made)]), mimetype="image/png")


@trial.route("/<int:thing_id>", methods=["GET"])
@access("member")
def broken(thing_id: int) -> None:
    """Break."""
    raise ZeroDivisionError("a detail nobody outside should read")


@pytest.fixture(scope="session")
def _lent_app() -> Flask:
    config = Config(
        database_url="sqlite://",
        secret_key="for tests only " * 4,
        secure_cookies=False,
        base_url="http://localhost",
    )
    return create_app(config, (*FEATURES, Feature("trial", resources=[trial])))


@pytest.fixture
def ana(app: Flask) -> int:
    """A member."""
    with app.app_context(), transaction() as session:
        return make_member(session, make_bank(session, slug="fife"), "Ana").id


@pytest.fixture
def done(app: Flask):
    """`done()`: how many things were made, as the database saw it."""

    def count() -> int:
        with app.app_context():
            return len(
                reading().execute(text("SELECT about FROM bank WHERE slug = 'fife'")).scalar_one()
            )

    return count
