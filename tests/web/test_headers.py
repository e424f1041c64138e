"""What every answer says to the browser."""

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


def test_fonts_are_taken_from_here_alone(app: Flask):
    policy = app.test_client().get("/help").headers["Content-Security-Policy"]
    assert "font-src 'self'" in policy
