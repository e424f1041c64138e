"""What a bank does together, in a frame on another site."""

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.town import Town
from timebank.banks.queries import by_slug
from timebank.db import transaction

BANK, COUNCIL, STRANGER = (f"https://{name}.example" for name in ("bank", "council", "stranger"))
"""Where the site is seen, since no browser lets a public site show what runs on one's own machine;
a site that the bank names, and one that it does not."""


def test_the_list_is_shown_where_the_bank_says_and_nothing_else_of_it_is(
    app: Flask,
    town: Town,
    visit: Callable[..., Page],
    site: str,
    axe: Callable[..., list[str]],
) -> None:
    with app.app_context(), transaction() as session:
        by_slug(session, town.slug).embeds = COUNCIL
    page = visit(viewport={"width": 360, "height": 740})
    page.route(f"{BANK}/**", lambda route: _answer(route, site))
    for other in (COUNCIL, STRANGER):
        page.route(f"{other}/**", lambda route: _show(route, town))
    shown = _framed(page, f"{COUNCIL}/embed")
    expect(shown.get_by_role("listitem").first).to_be_visible()
    assert axe(page, "wcag2a", "wcag2aa") == []
    wide = shown.locator("html").evaluate("element => element.scrollWidth <= 320")
    assert wide
    for elsewhere in (f"{STRANGER}/embed", f"{COUNCIL}/public"):
        expect(_framed(page, elsewhere).get_by_role("listitem")).to_have_count(0)


def _answer(route: Route, site: str) -> None:
    """What the site answers, with all that it says to the browser."""
    route.fulfill(response=route.fetch(url=route.request.url.replace(BANK, site)))


def _show(route: Route, town: Town) -> None:
    """A page of another site, with one of the bank's in a frame."""
    wanted = route.request.url.rpartition("/")[2]
    frame = (
        f'<iframe title="The time bank" src="{BANK}/b/{town.slug}/activities/{wanted}"'
        ' width="320" height="600"></iframe>'
    )
    page = f'<!doctype html><html lang="en"><title>News</title><h1>What is on</h1>{frame}</html>'
    route.fulfill(content_type="text/html", body=page)


def _framed(page: Page, address: str) -> FrameLocator:
    page.goto(address)
    return page.frame_locator("iframe")
