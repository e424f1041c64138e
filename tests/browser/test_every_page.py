"""Every page, by whoever may open it: for people who hear it, see little, hold a telephone, or have switched scripts off."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browsers import Browser
from tests.pages import ROLES, pages
from tests.town import Town

LARGEST_PAGE = 50_000
NARROW = (320, 360)


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def every_page(app: Flask, town: Town, role: str, sign_in: Callable[..., Browser]) -> dict[str, str]:
    """Address and HTML of every page for this role."""
    return dict(pages(app, town, role, sign_in(town.people.get(role))))


def test_axe_finds_nothing_wrong_in_light_and_dark(
    every_page: dict[str, str], role: str, visit: Callable[..., Page], axe: Callable[[Page], list[str]]
):
    page = visit(role)
    faults: list[str] = []
    for address in every_page:
        page.goto(address)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            faults += [f"{address} in {scheme}: {fault}" for fault in axe(page)]
    assert not faults, "\n".join(faults)


def test_nothing_has_to_be_scrolled_sideways_on_a_telephone(every_page: dict[str, str], role: str, visit: Callable[..., Page]):
    page = visit(role)
    faults: list[str] = []
    for address in every_page:
        page.goto(address)
        for width in NARROW:
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                faults.append(f"{address} is {wide} wide on {width}")
    assert not faults, "\n".join(faults)


def test_what_is_touched_is_large_enough_to_touch(every_page: dict[str, str], role: str, visit: Callable[..., Page]):
    page = visit(role, viewport={"width": 360, "height": 800}, has_touch=True)
    faults: list[str] = []
    for address in every_page:
        page.goto(address)
        small = page.evaluate(
            """() => [...document.querySelectorAll(".button, .input, .choice label, .nav a, .helpline a, summary")]
                 .filter(element => element.checkVisibility() && !element.closest(".foot"))
                 .map(element => [element.outerHTML.slice(0, 120), element.getBoundingClientRect().height])
                 .filter(([_, height]) => height < 47.5)"""
        )
        faults += [f"{address}: {height} px high: {html}" for html, height in small]
    assert not faults, "\n".join(faults)


def test_pages_are_light(every_page: dict[str, str]):
    heavy = {address: len(html.encode()) for address, html in every_page.items() if len(html.encode()) > LARGEST_PAGE}
    assert not heavy


def test_a_form_sent_empty_says_what_to_put_right(
    every_page: dict[str, str], role: str, visit: Callable[..., Page], axe: Callable[[Page], list[str]]
):
    page = visit(role)
    faults: list[str] = []
    for address in every_page:
        page.goto(address)
        form = page.locator("main form[method=post]:has(.field)").first
        if not form.count():
            continue
        for box in form.locator("input.input:visible, textarea:visible").all():
            box.fill("")
        with page.expect_navigation() as navigation:
            form.locator("button").last.click()
        answer = navigation.value
        if answer is None or answer.status < 400:
            continue
        if answer.status >= 500:
            faults.append(f"{address}: {answer.status}")
            continue
        faults += [f"{address} sent empty: {fault}" for fault in axe(page)]
        if "to put right: " not in page.title():
            faults.append(f"{address}: its title is “{page.title()}”")
        for link in page.locator(".summary a").all():
            target = (link.get_attribute("href") or "").removeprefix("#")
            if not page.locator(f"[id='{target}']").count():
                faults.append(f"{address}: the summary leads to #{target}, and there is none")
    assert not faults, "\n".join(faults)
