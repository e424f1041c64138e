"""What ends something for good is asked before, on a page that says what will be over."""

import pathlib
import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.pages import addresses
from tests.town import Town, build

ENDINGS = (
    "dialogue.close_audit",
    "dialogue.close_conversation",
    "dialogue.close_evaluation",
    "dialogue.end",
    "dialogue.erase_details",
    "fund.announce",
    "fund.close",
    "fund.finish",
    "surveys.close",
    "surveys.erase_equality",
    "surveys.erase_own_equality",
    "surveys.withdraw",
)
TEMPLATES = pathlib.Path(__file__).parents[1] / "templates"


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    return build(app)


def _written() -> str:
    return "\n".join(path.read_text() for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("endpoint", ENDINGS)
def test_no_button_of_another_page_ends_it(endpoint: str):
    assert not re.search(rf"f\.(post|form)\([^}}]*[\"']{re.escape(endpoint)}[\"']", _written())
    assert re.search(rf"href=\"{{{{ url_for\('{re.escape(endpoint)}'", _written())


def test_each_page_says_what_is_in_it_and_what_cannot_be_done_afterwards(
    app: Flask, town: Town, sign_in: Callable[..., Browser]
):
    browser = sign_in(town.people["coordinator"])
    opened = set[str]()
    for rule, there in addresses(app, town, "coordinator"):
        if rule.endpoint not in ENDINGS:
            continue
        for page in map(browser.get, there):
            if page.status_code == HTTPStatus.OK:
                opened.add(rule.endpoint)
                _look(rule.endpoint, page.text)
    # Of the town one audit has answers to sort, and one round is on its way to being counted.
    assert set(ENDINGS) - opened <= {"dialogue.close_audit", "fund.announce"}


def _look(endpoint: str, html: str) -> None:
    main = html.partition("<main")[2].partition("</main>")[0]
    for heading in ("What is in it", "What cannot be done afterwards"):
        assert re.search(rf"{heading}</h2>\s*<ul>\s*<li>[^<]+</li>", main), (endpoint, heading)
    assert main.count('<button type="submit"') == 1, endpoint
    assert "Not now" in main, endpoint
