"""A stack of fifty slips, entered with the keyboard alone and without any script."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from tests.factories import make_member
from tests.town import Town
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges.models import Exchange

SLIPS = 50


@pytest.fixture
def street(app: Flask, town: Town) -> None:
    """Enough people that fifty slips take nobody past their floor: Adam 101 to Yara 110, and two
    called Pat."""
    names = (
        "Adam",
        "Bela",
        "Cora",
        "Dina",
        "Emil",
        "Faye",
        "Gwen",
        "Hugo",
        "Ines",
        "Yara",
        "Pat Ellison",
        "Pat Moran",
    )
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, town.slug)
        for number, name in enumerate(names, start=101):
            make_member(session, bank, name, number=str(number))


class Typist:
    """Somebody at a keyboard, who never touches anything else. `keys` counts what was pressed."""

    def __init__(self, page: Page):
        self.page = page
        self.keys = 0

    def line(self, *cells: str) -> None:
        """A line of the sheet, each cell left with the tab key."""
        for cell in cells:
            self.page.keyboard.type(cell)
            self.press("Tab")
            self.keys += len(cell)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def check(self) -> None:
        """From any cell: the sheet is looked at."""
        with self.page.expect_navigation():
            self.press("Enter")

    def over(self, text: str) -> None:
        """Something else in the cell that has the keyboard."""
        self.press("Control+a")
        self.line(text)

    def enter(self) -> None:
        """From the first empty line on: to the button that enters the sheet."""
        while self.page.evaluate("document.activeElement.value") != "enter":
            self.press("Tab")
        with self.page.expect_navigation():
            self.press("Enter")

    @property
    def at(self) -> str:
        """The id of the cell that has the keyboard."""
        return self.page.evaluate("document.activeElement.id")


def type_slip(typist: Typist, number: int) -> None:
    """A slip as somebody at a desk types it: numbers, a few letters, and ditto marks where they
    save something."""
    giver, receiver = 101 + number % 10, 101 + (number // 10 + number + 1) % 10
    day = "1" if number % 5 == 0 else '"'
    title = "Shopping" if number % 5 == 0 else '"'
    typist.line(
        str(3000 + number), day, str(giver), str(receiver), "1:30" if number % 2 else "1", title
    )


def test_fifty_slips_go_in_by_keyboard_alone(app: Flask, visit: Callable[..., Page], street: None):
    page = visit("broker", java_script_enabled=True, viewport={"width": 1280, "height": 900})
    page.goto("/b/alder-row/desk/slips")
    typist = Typist(page)
    assert typist.at == "slip-1"
    for number in range(20):
        type_slip(typist, number)
    typist.check()
    expect(page.locator(".savebar")).to_contain_text("20 slips, 25 hours. 20 ready")
    # A full sheet gets ten more lines, and writing goes on at the first of them.
    assert typist.at == "slip-21"
    for number in range(20, 30):
        type_slip(typist, number)
    typist.enter()
    expect(page.get_by_role("status")).to_contain_text("Done: 30 slips, 37½ hours")
    assert typist.at == "slip-1"
    for number in range(30, 48):
        type_slip(typist, number)
    typist.line("3000", "1", "104", "103", "1", "Shopping")
    typist.line("3049", '"', "Pat", "101", "1:30", "Hedge")
    typist.enter()
    expect(page.locator(".savebar")).to_contain_text("50 slips, 62½ hours.")
    expect(page).to_have_title(re.compile("^2 things to correct: "))
    # The two bad ones are still there, and the keyboard is at the first: its number was misread.
    assert typist.at == "slip-1"
    expect(page.locator("#slip-1-error")).to_contain_text("Slip 3000 was entered on")
    typist.over("3048")
    typist.check()
    assert typist.at == "giver-2"
    expect(page.locator("#giver-2-error")).to_contain_text(
        "could be Pat Ellison (Number 111) or Pat Moran (Number 112)."
        " Write the number of the one you mean."
    )
    typist.over("112")
    typist.enter()
    expect(page.get_by_role("status")).to_contain_text("Done: 2 slips, 2½ hours")
    with app.app_context(), transaction() as session:
        typed = (Exchange.slip.like("30%"), Exchange.status == "confirmed")
        count, minutes = session.execute(
            select(func.count(), func.sum(Exchange.minutes)).where(*typed)
        ).one()
    assert (count, minutes) == (SLIPS, 62 * 60 + 30)
    # At 200 keys a minute, which is no fast typist's speed, thirty slips take a minute only where a
    # slip takes few keys.
    assert typist.keys / SLIPS < 25, typist.keys


def test_a_sheet_with_something_wrong_reads_well(
    visit: Callable[..., Page], street: None, axe: Callable[..., list[str]]
):
    page = visit("broker", viewport={"width": 360, "height": 800})
    page.goto("/b/alder-row/desk/slips")
    typist = Typist(page)
    typist.line("1", "1", "Pat", "101", "1", "Lift")
    typist.check()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
