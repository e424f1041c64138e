"""Forms: shown, checked, done exactly once, and shown again with what the person wrote."""

import io
import re
from typing import Any

import pytest
from flask import Flask, redirect, render_template_string
from marshmallow import fields
from sqlalchemy.orm import Session

from tests.browsers import Browser
from timebank.app import create_app
from timebank.config import Config
from timebank.errors import Conflict
from timebank.http import access
from timebank.schema import Day, Minutes, Schema, Text
from timebank.web.forms import Form, submit

PAGE = """
{% extends "layout/base.html" %}
{% import "parts/form.html" as f %}
{% block title %}Log hours{% endblock %}
{% block main %}
  {{ f.summary(form) }}
  <h1>Log hours</h1>
  {% call f.form(form, upload=true) %}
    {{ f.text(form, "who", "Who helped you?", hint="A name or a number.") }}
    {{ f.minutes(form, "minutes", "How long?") }}
    {{ f.date(form, "day", "When?") }}
    {{ f.choices(form, "side", "Who gave?", [("gave", "I did"), ("got", "They did")]) }}
    {{ f.checks(form, "skills", "Which?", [("garden", "Garden"), ("lifts", "Lifts")]) }}
    {{ f.check(form, "sure", "I am sure") }}
    {{ f.area(form, "thanks", "Thank you?", optional=true) }}
    {{ f.text(form, "password", "Password", type="password") }}
    {{ f.file(form, "slip", "A picture of the slip") }}
    {{ f.buttons("Send") }}
  {% endcall %}
{% endblock %}
"""


class LogIn(Schema):
    who = Text(40, required=True)
    minutes = Minutes(required=True)
    day = Day()
    side = fields.String()
    skills = fields.List(fields.String(), load_default=list)
    sure = fields.Boolean(load_default=False)
    thanks = Text(200)
    slip = fields.Raw()


DONE: list[dict[str, Any]] = []


def do(session: Session, values: dict[str, Any]):
    if values["who"] == "Nobody":
        raise Conflict("That would take you past what your account allows.")
    DONE.append(values)
    return redirect(f"/done/{len(DONE)}", 303)


@access("public")
def show():
    return submit(
        LogIn(),
        do,
        lambda form: render_template_string(PAGE, form=form),
        initial={"side": "gave"},
    )


@pytest.fixture(scope="module")
def _lent_app() -> Flask:
    """An application with one form more."""
    config = Config(
        database_url="sqlite://", secret_key="for tests only " * 4, secure_cookies=False
    )
    app = create_app(config)
    app.add_url_rule("/try", view_func=show, methods=["GET", "POST"])
    return app


@pytest.fixture
def done(app: Flask) -> list[dict[str, Any]]:
    """What the form at /try has done, in order."""
    DONE.clear()
    return DONE


@pytest.fixture
def browser(app: Flask, done: list[dict[str, Any]]) -> Browser:
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


RIGHT = {"who": "Joan", "minutes": "1 h 30"}


def test_a_right_form_is_done_and_leads_on(browser: Browser, done: list[dict[str, Any]]):
    answer = browser.post(
        "/try",
        data={**RIGHT, "skills": ["garden", "lifts"], "sure": "yes", "thanks": " Bless you. "},
    )
    assert (answer.status_code, answer.location) == (303, "/done/1")
    assert done == [
        {
            "who": "Joan",
            "minutes": 90,
            "skills": ["garden", "lifts"],
            "sure": True,
            "thanks": "Bless you.",
        },
    ]


def test_a_form_sent_twice_is_done_once(browser: Browser, done: list[dict[str, Any]]):
    key = re.search(r'name="once"\s+value="(\w+)"', browser.get("/try").text)
    assert key
    first, second = (browser.post("/try", data={**RIGHT, "once": key[1]}) for _ in range(2))
    assert len(done) == 1
    assert first.location == second.location == "/done/1"


def test_two_forms_with_the_same_words_are_done_twice(browser: Browser, done: list[dict[str, Any]]):
    for key in ("a", "b"):
        browser.post("/try", data={**RIGHT, "once": key})
    assert len(done) == 2


def test_a_form_with_a_key_that_no_page_gave_it_is_done(
    browser: Browser, done: list[dict[str, Any]]
):
    for key in ("", "a\0"):
        assert browser.post("/try", data={**RIGHT, "once": key}).status_code == 303
    assert len(done) == 2


def test_a_form_sent_again_with_other_words_is_refused_and_shown(
    browser: Browser, done: list[dict[str, Any]]
):
    browser.post("/try", data={**RIGHT, "once": "a"})
    answer = browser.post("/try", data={"who": "Tom", "minutes": "30", "once": "a"})
    assert answer.status_code == 409
    assert "with other answers" in answer.text
    assert len(done) == 1


def test_a_form_sent_again_with_another_file_is_refused(
    browser: Browser, done: list[dict[str, Any]]
):
    for words in (b"first", b"second"):
        answer = browser.post(
            "/try", data={**RIGHT, "once": "a", "slip": (io.BytesIO(words), "slip.png")}
        )
    assert answer.status_code == 409
    assert len(done) == 1


def test_a_file_arrives_whole(browser: Browser, done: list[dict[str, Any]]):
    browser.post("/try", data={**RIGHT, "once": "a", "slip": (io.BytesIO(b"first"), "slip.png")})
    assert done[0]["slip"].filename == "slip.png"


def test_a_refused_form_can_be_put_right_and_sent_again(
    browser: Browser, done: list[dict[str, Any]]
):
    assert browser.post("/try", data={**RIGHT, "who": "Nobody", "once": "a"}).status_code == 409
    assert browser.post("/try", data={**RIGHT, "once": "a"}).status_code == 303
    assert len(done) == 1


def test_what_was_written_is_still_there(browser: Browser, done: list[dict[str, Any]]):
    wrote = {
        "who": "",
        "minutes": "for ever",
        "day": "31/2/2026",
        "side": "got",
        "skills": "lifts",
        "sure": "yes",
    }
    html = browser.post(
        "/try", data={**wrote, "thanks": "<b>Bless</b>\nyou", "password": "open sesame"}
    ).text
    assert 'value="for ever"' in html
    assert 'value="31/2/2026"' in html
    assert re.search(r'value="got"\s+checked', html)
    assert not re.search(r'value="gave"\s+checked', html)
    assert re.search(r'value="lifts"\s+checked', html)
    assert re.search(r'value="yes"\s+checked', html)
    assert "&lt;b&gt;Bless&lt;/b&gt;\nyou</textarea>" in html
    assert "open sesame" not in html


def test_a_day_that_is_none_is_shown_as_it_was_written(
    browser: Browser, done: list[dict[str, Any]]
):
    assert re.search(r'id="day"\s+name="day"\s+type="date"', browser.get("/try").text)
    wrong = browser.post("/try", data={**RIGHT, "day": "yesterday"}).text
    assert re.search(r'id="day"\s+name="day"\s+type="text"\s+value="yesterday"', wrong)


def test_the_page_says_what_to_put_right_and_leads_there(
    browser: Browser, done: list[dict[str, Any]]
):
    answer = browser.post("/try", data={"minutes": "for ever"})
    assert answer.status_code == 422
    assert "<title>2 things to correct: Log hours – Timebank</title>" in answer.text
    assert "Two things to correct" in answer.text
    assert re.search(r'<a href="#who">Fill this in\.</a>', answer.text)
    assert re.search(
        r'id="who"[^>]*aria-describedby="who-hint who-error"[^>]*aria-invalid="true"', answer.text
    )
    assert 'id="who-error">Fill this in.</p>' in answer.text
    assert "Everything you wrote is still here." in answer.text


def test_a_refusal_of_the_whole_form_is_told_in_its_own_words(
    browser: Browser, done: list[dict[str, Any]]
):
    answer = browser.post("/try", data={**RIGHT, "who": "Nobody"})
    assert "One thing to correct" in answer.text
    assert "<li>That would take you past what your account allows.</li>" in answer.text
    assert 'value="Nobody"' in answer.text


def test_a_file_that_cannot_be_kept_is_asked_for_again(
    browser: Browser, done: list[dict[str, Any]]
):
    answer = browser.post(
        "/try", data={"who": "", "minutes": "30", "slip": (io.BytesIO(b"x"), "slip.png")}
    )
    assert "The file has to be chosen again" in answer.text


def test_another_browser_may_use_the_same_key(
    app: Flask, browser: Browser, done: list[dict[str, Any]]
):
    other = app.test_client()
    for client in (browser, other):
        client.post("/try", data={**RIGHT, "once": "a"})
    assert len(done) == 2


def test_a_form_without_its_token_does_nothing(
    app: Flask, browser: Browser, done: list[dict[str, Any]]
):
    del browser.environ_base["HTTP_X_CSRFTOKEN"]
    assert browser.post("/try", data=RIGHT).status_code == 400
    assert done == []


def test_a_stale_form_of_ours_is_ready_to_be_sent_again(
    browser: Browser, done: list[dict[str, Any]]
):
    browser.environ_base["HTTP_X_CSRFTOKEN"] = "stale"
    sent = {**RIGHT, "thanks": '"Bless" you', "password": "open sesame"}
    answer = browser.post("/try?from=home", data=sent, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    assert 'action="/try?from=home"' in answer.text
    assert re.search(r'name="thanks" value="&#34;Bless&#34; you"', answer.text)
    assert "open sesame" not in answer.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert token
    del browser.environ_base["HTTP_X_CSRFTOKEN"]
    assert browser.post("/try", data={**RIGHT, "csrf_token": token[1]}).status_code == 303
    assert len(done) == 1


@pytest.mark.parametrize(
    "origin", [{}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}]
)
def test_a_form_forged_elsewhere_is_not_offered_again(
    browser: Browser, done: list[dict[str, Any]], origin: dict[str, str]
):
    browser.environ_base["HTTP_X_CSRFTOKEN"] = "forged"
    answer = browser.post("/try", data=RIGHT, headers=origin)
    assert answer.status_code == 400
    assert "Joan" not in answer.text
    assert "Send it again" not in answer.text


def test_a_form_knows_what_was_chosen_before():
    form = Form({"skills": ["garden", "lifts"], "minutes": 90, "nothing": None})
    assert form.values("skills") == ["garden", "lifts"]
    assert form.value("minutes") == "90"
    assert form.value("nothing") == form.value("never heard of") == ""
