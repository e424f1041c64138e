"""Answers packed on the way: for whom, and for whom not."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_bank, make_member
from timebank.db import transaction

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def ana(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        return make_member(session, make_bank(session, slug="fife")).id


def test_a_page_goes_packed_to_those_who_can_unpack_it(app: Flask):
    client = app.test_client()
    packed, plain = client.get("/help", headers=GZIP), client.get("/help")
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_nothing_about_anybody_is_packed_when_another_site_asks_for_it(ana: int, sign_in):
    def asked_from(site: str | None, who: int | None) -> str | None:
        headers = {**GZIP, **({"Sec-Fetch-Site": site} if site else {})}
        answer = sign_in(*([who] if who else [])).get("/b/fife/", headers=headers)
        assert answer.status_code == 200
        return answer.headers.get("Content-Encoding")

    for site in ("cross-site", "same-site"):
        assert asked_from(site, ana) is None
        assert asked_from(site, None) == "gzip"
    for site in ("same-origin", "none", None):
        assert asked_from(site, ana) == "gzip"


def test_the_length_of_a_packed_page_says_little(app: Flask):
    client = app.test_client()
    assert len({len(client.get("/help", headers=GZIP).data) for _ in range(12)}) > 3


def test_what_every_visitor_is_shown_is_not_sent_twice(app: Flask):
    client = app.test_client()
    first = client.get("/help", headers=GZIP)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get("/help", headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_about_somebody_is_kept_by_nobody(app: Flask, ana: int, sign_in):
    signed_in, visitor = sign_in(ana), FlaskClient(app, app.response_class)
    seen = visitor.get("/b/fife/help").headers["ETag"]
    for answer in (
        signed_in.get("/b/fife/"),
        signed_in.get("/b/fife/help", headers={"If-None-Match": seen}),
        visitor.get("/b/fife/join"),
        visitor.get("/nowhere"),
    ):
        assert answer.status_code in (200, 404)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
