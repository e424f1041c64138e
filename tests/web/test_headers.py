"""What every answer says to the browser."""

import re

import pytest
from flask import Flask


@pytest.mark.parametrize("address", ["/help", "/nowhere", "/static/look.css", "/api/v1/me"])
def test_every_answer_forbids_what_is_not_ours(address: str, app: Flask):
    with app.test_client().get(address) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_is_kept_by_no_shared_computer(app: Flask):
    assert app.test_client().get("/help").headers["Cache-Control"] == "no-store"


def test_the_stylesheet_is_kept_under_an_address_that_changes_with_it(app: Flask):
    client = app.test_client()
    address = re.search(r'"(/static/look\.css\?v=\w+)"', client.get("/help").text)
    assert address
    with client.get(address[1]) as answer:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    with client.get("/static/look.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]
