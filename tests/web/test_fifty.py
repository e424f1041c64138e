"""The rest of a long list is found wherever its page was drawn."""

import re
from html import unescape

import pytest
from flask import Flask, render_template_string
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from tests.browsers import Browser
from timebank.app import create_app
from timebank.config import Config
from timebank.errors import Conflict
from timebank.http import access
from timebank.web.forms import Form, submit

PAGE = """
{% extends "layout/base.html" %}
{% import "parts/form.html" as f %}
{% import "parts/table.html" as t %}
{% block title %}Tools{% endblock %}
{% block main %}
  <h1>Tools</h1>
  {% call(one) t.rows(range(1, 121)|list, ["Tool"]) %}{{ t.lead("Tool %03d"|format(one)) }}
  {% endcall %}
  {{ f.post("/tools/3/lend", "Lend") }}
  {% call f.form(form, action="/tools/3/lend") %}{{ f.buttons("Lend") }}{% endcall %}
{% endblock %}
"""
STANDS = "/tools?kind=garden&rows=1.50"


def _page(form: Form) -> str:
    return render_template_string(PAGE, form=form)


def _refuse(_session: Session, _values: object) -> Response:
    raise Conflict("It is lent already.")


@access("public")
def tools() -> str:
    return _page(Form())


@access("public")
def lend(number: int) -> Response:
    return submit(None, _refuse, _page)


@access("public")
def new() -> Response:
    return submit(None, _refuse, _page)


@pytest.fixture(scope="module")
def _lent_app() -> Flask:
    config = Config(
        database_url="sqlite://", secret_key="for tests only " * 4, secure_cookies=False
    )
    app = create_app(config)
    app.add_url_rule("/tools", view_func=tools)
    app.add_url_rule("/tools/<int:number>/lend", view_func=lend, methods=["POST"])
    app.add_url_rule("/tools/new", view_func=new, methods=["GET", "POST"])
    return app


@pytest.fixture
def browser(app: Flask) -> Browser:
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


def _ways(page: TestResponse) -> dict[str, str]:
    """The addresses of the other parts of the list, by what they are to this one."""
    links = re.findall(r'rel="(prev|next)"\s+href="([^"]+)"', page.text)
    return {kind: unescape(address).partition("#")[0] for kind, address in links}


def test_a_page_drawn_again_leads_to_the_rest_of_the_page_it_was(browser: Browser):
    refused = browser.post(
        "/tools/3/lend", data={}, headers={"Referer": f"http://localhost{STANDS}"}
    )
    assert refused.status_code == 409
    assert "Tool 051" in refused.text
    assert "Tool 050" not in refused.text
    ways = _ways(refused)
    assert ways == {
        "prev": "/tools?kind=garden&rows=1.0",
        "next": "/tools?kind=garden&rows=1.100",
    }
    assert "Tool 120" in browser.get(ways["next"]).text


def test_it_does_so_however_often_it_is_refused(browser: Browser):
    """The second time the browser comes from the address to which one can only post."""
    first = browser.post("/tools/3/lend", headers={"Referer": f"http://localhost{STANDS}"})
    said = [unescape(one) for one in re.findall(r'name="stood"\s+value="([^"]+)"', first.text)]
    assert said == [STANDS, STANDS]
    again = browser.post(
        "/tools/3/lend",
        data={"stood": said[0]},
        headers={"Referer": "http://localhost/tools/3/lend"},
    )
    assert _ways(again) == _ways(first)


@pytest.mark.parametrize("stood", ["https://elsewhere.example/tools", "//elsewhere.example", "/no"])
def test_a_page_that_nobody_says_where_it_stood_is_whole(stood: str, browser: Browser):
    for sent in (
        {"headers": {"Referer": stood}},
        {"data": {"stood": stood}},
        {"headers": {"Referer": "http://localhost/tools/3/lend"}},
    ):
        refused = browser.post("/tools/3/lend", **sent)
        assert "Tool 001" in refused.text
        assert "Tool 120" in refused.text
        assert not _ways(refused)


def test_a_page_at_which_one_can_ask_and_send_leads_on_by_itself(browser: Browser):
    refused = browser.post("/tools/new", headers={"Referer": "http://localhost/tools"})
    assert _ways(refused) == {"next": "?rows=1.50"}
    assert 'name="stood"' not in refused.text
    assert 'name="stood"' not in browser.get("/tools").text
