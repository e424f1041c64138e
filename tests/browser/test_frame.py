"""What a bank does together, in a frame on another site."""

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from tests.town import Town
from timebank.banks.queries import by_slug
from timebank.db import transaction

COUNCIL, STRANGER = "https://council.example", "https://stranger.example"


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
    page.route(
        lambda address: address.startswith((COUNCIL, STRANGER)),
        lambda route: route.fulfill(
            content_type="text/html",
            body='<!doctype html><html lang="en"><title>Council</title><main><h1>What is on</h1>'
            f'<iframe title="The time bank" src="{site}/b/{town.slug}/activities/'
            f'{route.request.url.rpartition("/")[2]}" width="320" height="600"></iframe></main>',
        ),
    )
    shown = _framed(page, f"{COUNCIL}/embed")
    expect(shown.get_by_role("listitem").first).to_be_visible()
    assert axe(page) == []
    wide = shown.locator("html").evaluate("element => element.scrollWidth <= 320")
    assert wide
    for elsewhere in (f"{STRANGER}/embed", f"{COUNCIL}/public"):
        expect(_framed(page, elsewhere).get_by_role("listitem")).to_have_count(0)


def _framed(page: Page, address: str) -> FrameLocator:
    page.goto(address)
    return page.frame_locator("iframe")
