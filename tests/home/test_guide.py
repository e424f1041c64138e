"""The page for those who write programs: what it shows can be called, and it leaves nothing out."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.factories import make_bank, make_member
from tests.served import served
from timebank import clock
from timebank.api.install import described
from timebank.db import transaction
from timebank.home import guide
from timebank.home.examples import PYTHON, examples


@pytest.fixture
def settings(app, bearer):
    """The keys that the examples speak of. Their ids and numbers are those that stand there."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        people = {
            "GIVER": make_member(session, bank, "Ana", number="16"),
            "RECEIVER": make_member(session, bank, "Ben", number="17"),
            "BROKER": make_member(session, bank, "Bo", role="broker"),
            "COORDINATOR": make_member(session, bank, "Owen", role="coordinator"),
        }
        ids = {name: member.id for name, member in people.items()}
    return {name: bearer(who)["Authorization"].split()[1] for name, who in ids.items()}


@pytest.mark.skipif(not shutil.which("curl"), reason="There is no curl here.")
def test_every_example_with_curl_does_what_it_says(app, settings):
    with served(app) as site:
        for example in examples(clock.now().date()):
            made = subprocess.run(
                ["sh", "-c", example.curl.replace("curl -s", "curl -s --fail-with-body")],  # noqa: S607
                env={**os.environ, **settings, "SITE": site},
                capture_output=True,
                text=True,
                check=False,
            )
            assert made.returncode == 0, f"{example.title}: {made.stdout}{made.stderr}"
            assert made.stdout


def test_every_example_in_python_does_what_it_says(app, settings):
    calls = "\n".join(
        f"print({example.python} is not None)" for example in examples(clock.now().date())
    )
    with served(app) as site:
        made = subprocess.run(
            [sys.executable, "-c", f"{PYTHON}\n\n{calls}"],
            env={**os.environ, **settings, "SITE": site},
            capture_output=True,
            text=True,
            check=False,
        )
    assert made.returncode == 0, made.stderr
    assert set(made.stdout.split()) == {"True"}


def test_the_page_stands_on_the_description_and_shows_every_example(app, sign_in):
    page = sign_in().get("/help/api")
    assert page.status_code == 200
    for example in examples(clock.now().date()):
        assert example.title in page.text
    assert "member:4" in page.text
    for tag in described(app)["tags"]:
        assert f"/help/api/{tag['name']}" in page.text


def test_a_part_shows_each_call_with_what_it_takes_and_answers(app, sign_in):
    browser = sign_in()
    part = browser.get("/help/api/exchanges").text
    assert "POST /api/v1/exchanges/{exchange_id}/confirmation" in part
    (address,) = re.findall(r'href="(/help/api/exchanges/[^"]*confirm[^"]*)"', part)
    page = browser.get(address).text
    assert "On whose word a broker enters this" in page
    assert "one of: proposed, agreed, logged" in page
    assert "PartyOut" in page
    assert browser.get("/help/api/nothing").status_code == 404
    assert browser.get("/help/api/exchanges/nothing").status_code == 404


def test_every_part_has_its_calls_and_every_call_stands_in_one(app):
    found = guide.tags(described(app))
    names = [call.name for tag in found for call in tag.calls]
    assert len(names) == len(set(names)) > 140
    assert all(tag.calls and tag.words for tag in found)


def test_every_code_has_words_and_something_to_do():
    found = guide.codes()
    assert {"below_floor", "wrong_moment", "not_found", "invalid"} <= {code.code for code in found}
    for code in found:
        assert code.words, code
        assert code.status in guide.WHAT_TO_DO, code


@pytest.mark.parametrize("address", ["/api", "/api/v1"])
def test_whoever_looks_for_the_api_at_its_root_finds_the_page(sign_in, address):
    answer = sign_in().get(address)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/help/api")
