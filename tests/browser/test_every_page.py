"""Every page, by whoever may open it: for people who hear it, see little, hold a telephone, or have
switched scripts off."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browsers import Browser
from tests.pages import pages
from tests.town import Town
from timebank.http import access_of

LARGEST_PAGE = 50_000
NARROW = (320, 360)
EVERY_SIZE = (
    *((width, "") for width in NARROW),
    *((NARROW[-1], text) for text in ("large", "largest", "")),
)
NARROWEST = ((NARROW[0], ""), (NARROW[-1], "largest"), (NARROW[-1], ""))
TARGETS = ".button, .input, .choice label, .nav a, .helpline a, summary"

SEEN_BY = {
    "visitor": {"public"},
    "member": {"member"},
    "coordinator": {"broker", "coordinator"},
}
"""Whose pages each of them looks at. In the long run staff look at the members' pages too, which
are not the same for them."""


@pytest.fixture
def long(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--long"))


@pytest.fixture
def every_page(
    app: Flask, town: Town, role: str, sign_in: Callable[..., Browser], long: bool
) -> dict[str, str]:
    """Address and HTML of every page for this role: what something looks like in all its states,
    the rest once."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    levels = SEEN_BY[role] | ({"member"} if long and role == "coordinator" else set())
    for rule, address, html in pages(app, town, role, sign_in(town.people.get(role))):
        mark = access_of(app.view_functions[rule.endpoint])
        wanted = (mark and mark.level in levels) or rule.endpoint == "home.bank"
        if wanted and (rule.endpoint.endswith(".show") or rule.rule not in seen):
            seen.add(rule.rule)
            found[address] = html
    return found


@pytest.mark.parametrize("role", SEEN_BY)
def test_every_page_serves_everybody(
    every_page: dict[str, str],
    role: str,
    visit: Callable[..., Page],
    axe: Callable[..., list[str]],
    long: bool,
):
    """Axe finds nothing wrong, a telephone shows it all, and a form sent empty says what to put
    right. In the long run axe looks at each page in light and in dark and at what a form sent empty
    is answered; else at every other page in the dark."""
    page = visit(role, has_touch=True, reduced_motion="reduce")
    faults: list[str] = []
    for number, (address, html) in enumerate(every_page.items()):
        page.emulate_media(color_scheme="dark" if number % 2 and not long else "light")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        found = [*axe(page)]
        if long:
            page.emulate_media(color_scheme="dark")
            found += [f"in the dark: {fault}" for fault in axe(page, "color-contrast")]
        found += [*too_wide(page, EVERY_SIZE if long else NARROWEST), *too_small(page)]
        if len(html.encode()) > LARGEST_PAGE:
            found.append(f"{len(html.encode())} bytes are too many")
        looked_at = axe if long else lambda page: []
        found += [f"sent empty: {fault}" for fault in wrong_when_sent_empty(page, looked_at)]
        faults += [f"{address}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def too_wide(page: Page, sizes: Sequence[tuple[int, str]]) -> Iterator[str]:
    """What a narrow screen does not show without being pushed aside, on screens of these widths in
    letters of these sizes. The page is left narrow."""
    for width, text in sizes:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("text => document.documentElement.dataset.text = text", text)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield f"is {wide} wide on {width} {text}"
        if width == NARROW[-1] and page.evaluate(
            "[...document.querySelectorAll('.nav a')].some(a => a.scrollWidth > a.clientWidth)"
        ):
            yield f"has links that do not fit the navigation on {width} {text}"


def too_small(page: Page) -> list[str]:
    """What a thumb misses."""
    small = page.evaluate(
        """(targets) => [...document.querySelectorAll(targets)]
             .filter(element => element.checkVisibility() && !element.closest(".foot"))
             .map(element => [
               element.outerHTML.slice(0, 120), element.getBoundingClientRect().height
             ])
             .filter(([_, height]) => height < 47.5)""",
        TARGETS,
    )
    return [f"{height} px high: {html}" for html, height in small]


def wrong_when_sent_empty(page: Page, axe: Callable[..., list[str]]) -> Iterator[str]:
    """What is wrong with the page's answer when the first form on it is sent with nothing written
    in it."""
    form = page.locator("main form[method=post]:has(.field)").first
    if not form.count():
        return
    for box in form.locator("input.input:not([type=file]):visible, textarea:visible").all():
        box.fill("")
    with page.expect_navigation() as navigation:
        form.locator("button").last.click()
    answer = navigation.value
    if answer is None or answer.status < 400:
        return
    if answer.status >= 500:
        yield f"{answer.status}"
        return
    yield from axe(page)
    if "to correct: " not in page.title():
        yield f"its title is “{page.title()}”"
    for link in page.locator(".summary a").all():
        target = (link.get_attribute("href") or "").removeprefix("#")
        if not page.locator(f"[id='{target}']").count():
            yield f"the summary leads to #{target}, and there is none"
