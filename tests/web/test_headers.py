"""What every answer says to the browser."""

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.factories import make_bank
from timebank.db import transaction

STATIC = Path(__file__).parents[2] / "timebank" / "static"


@pytest.mark.parametrize("address", ["/help", "/nowhere", "/static/look.css", "/api/v1/me"])
def test_every_answer_forbids_what_is_not_ours(address: str, app: Flask):
    with app.test_client().get(address) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        for one in ("base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
            assert one in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ["/help", "/api/v1/me", "/api/v1/openapi.json"])
def test_no_other_site_may_read_an_answer(address: str, app: Flask):
    for method in ("GET", "OPTIONS"):
        answer = app.test_client().open(
            address, method=method, headers={"Origin": "https://elsewhere.example"}
        )
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_nobody_is_shown_what_they_sent_by_trace(app: Flask):
    assert app.test_client().open("/help", method="TRACE").status_code == 405


def test_an_answer_says_what_kind_it_is_and_how_it_is_written(app: Flask):
    client = app.test_client()
    assert client.get("/help").content_type == "text/html; charset=utf-8"
    assert client.get("/api/v1/me").content_type == "application/json"


def test_a_script_of_ours_makes_no_page_or_program_out_of_words():
    """The register's script shows the answer that the server gave to its own form, whole, and
    nothing else of ours writes a page."""
    scripts = sorted(STATIC.glob("*.js"))
    assert scripts
    for script in scripts:
        written = script.read_text(encoding="utf-8").replace("document.write(page)", "")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in written, script.name


def test_fonts_are_taken_from_here_alone(app: Flask):
    policy = app.test_client().get("/help").headers["Content-Security-Policy"]
    assert "font-src 'self'" in policy


def test_no_template_takes_what_people_wrote_for_a_page():
    """`safe` switches escaping off: it stands behind words of the template's own alone."""
    templates = sorted((STATIC.parents[1] / "templates").rglob("*.html"))
    assert templates
    for template in templates:
        written = template.read_text(encoding="utf-8")
        assert not re.search(r"[^'\"]\|\s*safe\b|autoescape", written), template.name


def test_a_password_is_typed_unseen_and_may_be_pasted_and_kept(app: Flask):
    with app.app_context(), transaction() as session:
        make_bank(session)
    page = app.test_client().get("/sign-in").text
    (field,) = re.findall(r"<input[^>]*name=\"password\"[^>]*>", page)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert "onpaste" not in page
