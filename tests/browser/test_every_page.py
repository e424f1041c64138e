"""Every page, by whoever may open it: for people who hear it, see little, hold a telephone, or have switched scripts off."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browsers import Browser
from tests.pages import pages
from tests.town import Town
from timebank.http import access_of

LARGEST_PAGE = 50_000
NARROW = (320, 360)
TARGETS = ".button, .input, .choice label, .nav a, .helpline a, summary"

SEEN_BY = {"visitor": {"public"}, "member": {"member"}, "coordinator": {"member", "broker", "coordinator"}}
"""Whose pages each of them looks at. Staff look at the members' pages too, which are not the same for them."""


@pytest.fixture(params=SEEN_BY)
def role(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def every_page(app: Flask, town: Town, role: str, sign_in: Callable[..., Browser]) -> dict[str, str]:
    """Address and HTML of every page for this role: what something looks like in all its states, the rest once."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for rule, address, html in pages(app, town, role, sign_in(town.people.get(role))):
        mark = access_of(app.view_functions[rule.endpoint])
        wanted = (mark and mark.level in SEEN_BY[role]) or rule.endpoint == "home.bank"
        if wanted and (rule.endpoint.endswith(".show") or rule.rule not in seen):
            seen.add(rule.rule)
            found[address] = html
    return found


def test_axe_finds_nothing_wrong_in_light_and_dark(
    every_page: dict[str, str], role: str, visit: Callable[..., Page], axe: Callable[..., list[str]]
):
    page = visit(role, reduced_motion="reduce")
    faults: list[str] = []
    for address in every_page:
        page.emulate_media(color_scheme="light")
        page.goto(address)
        faults += [f"{address}: {fault}" for fault in axe(page)]
        page.emulate_media(color_scheme="dark")
        faults += [f"{address} in the dark: {fault}" for fault in axe(page, "color-contrast")]
    assert not faults, "\n".join(faults)


def test_a_telephone_shows_it_all_and_a_thumb_can_touch_it(every_page: dict[str, str], role: str, visit: Callable[..., Page]):
    page = visit(role, has_touch=True)
    faults: list[str] = []
    for address in every_page:
        page.goto(address)
        for width in NARROW:
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                faults.append(f"{address} is {wide} wide on {width}")
        small = page.evaluate(
            """(targets) => [...document.querySelectorAll(targets)]
                 .filter(element => element.checkVisibility() && !element.closest(".foot"))
                 .map(element => [element.outerHTML.slice(0, 120), element.getBoundingClientRect().height])
                 .filter(([_, height]) => height < 47.5)""",
            TARGETS,
        )
        faults += [f"{address}: {height} px high: {html}" for html, height in small]
    assert not faults, "\n".join(faults)


def test_pages_are_light(every_page: dict[str, str]):
    heavy = {address: len(html.encode()) for address, html in every_page.items() if len(html.encode()) > LARGEST_PAGE}
    assert not heavy


def test_a_form_sent_empty_says_what_to_put_right(
    every_page: dict[str, str], role: str, visit: Callable[..., Page], axe: Callable[..., list[str]]
):
    page = visit(role)
    faults: list[str] = []
    for address in every_page:
        page.goto(address)
        form = page.locator("main form[method=post]:has(.field)").first
        if not form.count():
            continue
        for box in form.locator("input.input:not([type=file]):visible, textarea:visible").all():
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
