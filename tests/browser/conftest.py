"""A real browser on a real server. Without an installed Chromium these tests are skipped, and say
so."""

import json
import pathlib
import shutil
from collections.abc import Callable, Generator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.browsers import Browser
from tests.served import served
from tests.town import Town, build

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_AXE = pathlib.Path(__file__).parent / "vendor" / "axe.min.js"


@pytest.fixture(scope="session")
def chromium() -> Generator[Chromium]:
    """The system's own Chromium: browsers are not downloaded."""
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        pytest.skip("No Chromium is installed. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def database(databases) -> Generator[str]:
    """Browsers see the same on both engines: one is enough here."""
    url = databases.new("sqlite")
    yield url
    databases.drop(url)


@pytest.fixture
def town(app: Flask) -> Town:
    return build(app)


@pytest.fixture
def site(app: Flask, town: Town) -> Generator[str]:
    """The address of the application, served for the length of a test by the server that serves
    real banks."""
    with served(app) as address:
        yield address


@pytest.fixture
def visit(
    chromium: Chromium, site: str, town: Town, sign_in: Callable[..., Browser]
) -> Generator[Callable[..., Page]]:
    """`visit("member")`: a page of a browser in which that person of the town is signed in;
    "visitor" is nobody.

    More is handed on to the browser context, such as `java_script_enabled=False` or
    `viewport={"width": 360, "height": 800}`.
    """
    contexts: list[BrowserContext] = []

    def open_one(role: str = "visitor", **options: Any) -> Page:
        context = chromium.new_context(base_url=site, **options)
        contexts.append(context)
        cookie = sign_in(town.people.get(role)).get_cookie("session")
        if cookie is not None and role != "visitor":
            context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """`axe(page)`: what axe-core finds wrong with the page as it stands, one line each; `axe(page,
    rule)`: by one rule."""
    source = _AXE.read_text()

    def run(page: Page, *rules: str) -> list[str]:
        if not page.evaluate("typeof axe == 'object'"):
            # Evaluated, not linked: the pages let no script of anybody's run.
            page.evaluate(f"{source};0")
        only = {"runOnly": list(rules)} if rules else {}
        found = page.evaluate(
            "options => axe.run(document, options)", {"resultTypes": ["violations"], **only}
        )
        return [
            f"{violation['id']}: {node['html'][:160]} {json.dumps(node['failureSummary'])[:300]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return run
