"""Passkeys in a real browser, with an authenticator that it plays itself."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import CDPSession, Page, expect

from tests.town import Town
from timebank.access import queries as access
from timebank.banks import queries as banks
from timebank.db import reading


@pytest.fixture
def here(app: Flask, site: str) -> str:
    """The site by a name: browsers keep no passkeys for bare numbers."""
    address = site.replace("127.0.0.1", "localhost")
    app.config["TIMEBANK"] = replace(app.config["TIMEBANK"], base_url=address)
    return address


def authenticator(page: Page) -> CDPSession:
    """A phone's own authenticator, whose owner always says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return devtools


def signed_in(page: Page, here: str) -> None:
    """Take the cookie along to the site's name."""
    (cookie,) = page.context.cookies()
    page.context.add_cookies([{**cookie, "domain": "localhost"}])


def test_a_passkey_is_made_signed_in_with_and_ended(
    app: Flask, town: Town, here: str, visit: Callable[..., Page], axe: Callable[..., list[str]]
):
    page = visit("broker")
    signed_in(page, here)
    authenticator(page)
    page.goto(f"{here}/b/{town.slug}/me/sign-in")
    assert axe(page) == []
    page.get_by_role("link", name="Make a passkey").click()
    page.get_by_label("What is it on?").fill("my phone")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("status").first).to_contain_text("the passkey my phone")
    with app.app_context():
        bank = banks.by_slug(reading(), town.slug)
        (passkey,) = access.passkeys(reading(), bank, town.people["broker"])
        assert passkey.name == "my phone"

    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.goto(f"{here}/sign-in?to={town.slug}")
    assert axe(page) == []
    page.get_by_role("button", name="Sign in with a passkey").click()
    # It is a second factor too: one of the staff is asked for no other.
    page.wait_for_url(f"{here}/b/{town.slug}/**")
    page.goto(f"{here}/b/{town.slug}/lists")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Members")

    page.goto(f"{here}/b/{town.slug}/me/sign-in")
    page.get_by_role("button", name="Take away my phone").click()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.goto(f"{here}/sign-in?to={town.slug}")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("main")).to_contain_text("That passkey does not open anything here")


def test_without_scripts_the_page_is_as_good_as_ever(
    town: Town, here: str, visit: Callable[..., Page]
):
    page = visit("visitor", java_script_enabled=False)
    page.goto(f"{here}/sign-in?to={town.slug}")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
