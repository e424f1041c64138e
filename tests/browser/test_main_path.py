"""The way through it all, on a telephone and without any script: an hour is logged, confirmed and
taken out."""

import csv
import pathlib
import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from pyotp.totp import TOTP

from tests.factories import actor
from tests.town import Town
from timebank import clock
from timebank.access import service as access_service
from timebank.access.seals import Seals
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.members import queries as members
from timebank.members.models import Member

PASSWORD = "four words are enough"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TELEPHONE = {
    "java_script_enabled": False,
    "viewport": {"width": 360, "height": 800},
    "has_touch": True,
}


@pytest.fixture
def passwords(app: Flask, town: Town) -> None:
    """Joan, Ravi and Owen can sign in as people do, Owen with an authenticator app."""
    with app.app_context(), transaction() as session:
        bank, now = banks.by_slug(session, town.slug), clock.now()
        for number in ("1", "2", "5"):
            member = members.by_number(session, bank, number)
            access_service.set_password(session, bank, member.id, PASSWORD, Act(actor(member), now))
        owen = session.get_one(Member, town.people["coordinator"])
        before = TOTP(SEED).at(now, counter_offset=-1)
        seals = Seals.of(app.config["TIMEBANK"])
        access_service.set_up_second_factor(
            session,
            bank,
            owen.id,
            SEED,
            before,
            seals,
            Act(actor(owen), now),
        )


def sign_in(page: Page, name: str) -> None:
    """From the first page to one's own, by the form."""
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail, member number or phone").fill(name)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def follow(page: Page, name: str) -> None:
    """A link of the navigation."""
    menu = page.get_by_role("navigation", name="Main")
    menu.get_by_role("link", name=re.compile(rf"^{name}\b")).click()


def log(page: Page) -> None:
    """An hour and a half given to Ravi today, looked over and sent."""
    follow(page, "Log")
    page.get_by_label("Mine").check()
    page.get_by_label("I helped somebody").check()
    page.get_by_role("radio", name="Ravi Mehta").check()
    page.get_by_label("1½ hours").check()
    page.get_by_label("Today").check()
    page.get_by_label("What was done?").fill("Hung the curtains")
    page.get_by_role("button", name="Check what I wrote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this right?")
    expect(page.locator("main")).to_contain_text("1½ hours")
    page.get_by_role("button", name="Yes, log it").click()


def waiting(page: Page, title: str) -> Locator:
    """What waits for somebody's word, behind the first that does."""
    page.get_by_role("region", name="wait for you").locator("summary").click()
    return page.get_by_role("listitem").filter(has_text=title)


def test_an_hour_is_logged_confirmed_and_taken_out(
    passwords: None, visit: Callable[..., Page], tmp_path: pathlib.Path
):
    joan, ravi, owen = (visit(**TELEPHONE, accept_downloads=True) for _ in range(3))

    sign_in(joan, "joan@example.org")
    expect(joan.get_by_role("heading", level=1)).to_contain_text("Joan")
    expect(joan.locator(".purse")).to_contain_text("4¾ hours to spend")
    log(joan)
    expect(joan.get_by_role("status").first).to_contain_text(
        "Ravi Mehta is asked to say “that’s right”"
    )

    sign_in(ravi, "ravi@example.org")
    asked = waiting(ravi, "Hung the curtains")
    expect(asked).to_contain_text("Joan Whitlock gave you 1½ hours")
    asked.get_by_role("button", name="Yes, that’s right").click()
    expect(ravi.get_by_role("status").first).to_contain_text("Done: 1½ hours went to Joan Whitlock")
    follow(ravi, "Home")
    ravi.locator(".purse").get_by_role("link").click()
    line = ravi.get_by_role("row").filter(has_text="Hung the curtains")
    expect(line.get_by_role("cell").last).to_have_text("−6 h")

    follow(joan, "Home")
    expect(joan.locator(".purse")).to_contain_text("6¼ hours to spend")

    sign_in(owen, "owen@example.org")
    owen.get_by_label(re.compile("[Cc]ode")).fill(TOTP(SEED).now())
    owen.locator("main form button").first.click()
    follow(owen, "More")
    owen.locator("main").get_by_role("link", name="Settings").click()
    owen.get_by_role("link", name="files brought in and taken out").click()
    owen.get_by_role("link", name="Take a file out").click()
    owen.get_by_role("button", name="Make the file").click()
    with owen.expect_download() as download:
        owen.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "hours.csv")
    with (tmp_path / "hours.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [
        (row["giver"], row["receiver"], row["minutes"])
        for row in rows
        if row["description"] == "Hung the curtains"
    ] == [("1", "2", "90")]


def test_a_confirmation_is_undone_with_one_button(passwords: None, visit: Callable[..., Page]):
    joan, ravi = visit(**TELEPHONE), visit(**TELEPHONE)
    sign_in(joan, "joan@example.org")
    log(joan)
    sign_in(ravi, "2")
    asked = waiting(ravi, "Hung the curtains")
    asked.get_by_role("button", name="Yes, that’s right").click()
    ravi.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(ravi.get_by_role("status").first).to_contain_text(
        "Done: that is undone. The hours are where they were before, and so is this."
    )
    follow(joan, "Home")
    expect(joan.locator(".purse")).to_contain_text("4¾ hours to spend")


def test_nothing_written_is_lost_when_something_is_wrong(visit: Callable[..., Page]):
    joan = visit("member", **TELEPHONE)
    joan.goto("/")
    follow(joan, "Log")
    joan.get_by_role("radio", name="Somebody else").check()
    joan.get_by_label("Their name").fill("Nobody of that name")
    joan.get_by_label("Another time").check()
    joan.get_by_label("How long?").fill("2 hours 50")
    joan.get_by_label("Another day").check()
    joan.get_by_label("Which day?").fill("2099-01-01")
    joan.get_by_label("What was done?").fill("Wrote to the council")
    joan.get_by_role("button", name="Check what I wrote").click()
    expect(joan).to_have_title(re.compile(r"^\d things? to correct: "))
    assert joan.get_by_label("What was done?").input_value() == "Wrote to the council"
    for choice, box, kept in (
        ("Somebody else", "Their name", "Nobody of that name"),
        ("Another time", "How long?", "2 hours 50"),
        ("Another day", "Which day?", "2099-01-01"),
    ):
        expect(joan.get_by_role("radio", name=choice)).to_be_checked()
        expect(joan.get_by_label(box)).to_be_visible()
        assert joan.get_by_label(box).input_value() == kept
    summary = joan.get_by_role("alert")
    summary.get_by_role("link").first.click()
    assert "#" in joan.url


def test_larger_words_and_dark_paper_stay_chosen(visit: Callable[..., Page]):
    page = visit(**TELEPHONE)
    page.goto("/b/alder-row/help")
    page.get_by_role("contentinfo").get_by_role("link", name="Text size").click()
    page.get_by_label("Largest").check()
    page.get_by_label("Light words on dark paper").check()
    page.get_by_role("button", name="Show pages like this").click()
    expect(page).to_have_url(re.compile("/b/alder-row/help$"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-text", "largest")
