"""The site on a telephone: put among the apps, without a connection, and what is written there."""

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect

from tests.town import Town
from timebank.db import reading
from timebank.exchanges.models import Exchange

PHONE = {"viewport": {"width": 360, "height": 740}}


_SENT = "!Object.keys(localStorage).some(name => name.startsWith('hours:'))"


def until(page: Page, condition: str) -> None:
    """Wait for something in the page, half a minute at most. (Playwright's own way has its words
    run by the page, which lets no script run but ours.)"""
    page.evaluate(
        f"""async () => {{
          const end = Date.now() + 30000;
          while (!({condition})) {{
            if (Date.now() > end) throw Error("It never came.");
            await new Promise(go => setTimeout(go, 50));
          }}
        }}"""
    )


def arrive(visit: Callable[..., Page], town: Town) -> Page:
    """As Joan, on a phone whose worker has taken over."""
    page = visit("member", **PHONE)
    page.goto(f"/b/{town.slug}/")
    until(page, "navigator.serviceWorker.controller")
    return page


def write(page: Page, town: Town, who: str, title: str, minutes: str = "an hour") -> None:
    """Log hours on the page that is shown without a connection."""
    page.goto(f"/b/{town.slug}/statement")
    expect(page.get_by_role("heading", name="No connection just now")).to_be_visible()
    page.get_by_label("I helped somebody").check()
    page.get_by_label("Who was the other person?").fill(who)
    page.get_by_label("How long?").fill(minutes)
    page.get_by_label("What was done?").fill(title)
    page.get_by_role("button", name="Keep it until it can be sent").click()
    expect(page.get_by_text(f"{title}, {who}")).to_be_visible()


def logged(app: Flask, *titles: str) -> list[str]:
    with app.app_context():
        rows = reading().query(Exchange).filter(Exchange.title.in_(titles))
        return sorted(row.title for row in rows)


def waiting(page: Page) -> int:
    """How many logs are kept on the phone."""
    return page.evaluate(
        "Object.keys(localStorage).filter(name => name.startsWith('hours:'))"
        ".reduce((sum, name) => sum + JSON.parse(localStorage[name]).length, 0)"
    )


def test_hours_written_without_a_connection_twice_are_each_sent_once(
    app: Flask, town: Town, visit: Callable[..., Page]
) -> None:
    page = arrive(visit, town)
    page.context.set_offline(True)
    write(page, town, "Ravi Mehta", "Shelves")
    page.context.set_offline(False)
    page.goto(f"/b/{town.slug}/")
    until(page, _SENT)
    page.context.set_offline(True)
    write(page, town, "Ravi Mehta", "Bread", "3 hours")
    # What was kept is sent by two pages at once, and once more by a phone that never heard of it.
    kept = page.evaluate(
        "localStorage[Object.keys(localStorage).find(n => n.startsWith('hours:'))]"
    )
    other = page.context.new_page()
    page.context.set_offline(False)
    for one in (page, other):
        one.goto(f"/b/{town.slug}/")
    until(page, _SENT)
    page.evaluate(
        "([home, kept]) => localStorage.setItem(`hours:${home}`, kept)", [f"/b/{town.slug}/", kept]
    )
    page.reload()
    until(page, _SENT)
    assert logged(app, "Shelves", "Bread") == ["Bread", "Shelves"]


def test_what_is_refused_stays_with_its_reason_until_it_is_thrown_away(
    app: Flask, town: Town, visit: Callable[..., Page]
) -> None:
    page = arrive(visit, town)
    page.context.set_offline(True)
    write(page, town, "Zed Zebedee", "Hedge")
    page.context.set_offline(False)
    page.goto(f"/b/{town.slug}/phones")
    expect(page.get_by_text("Not taken:")).to_contain_text("Zed Zebedee")
    page.reload()
    expect(page.get_by_role("link", name="Write it anew")).to_be_visible()
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_text("Not taken:")).to_be_hidden()
    assert (waiting(page), logged(app, "Hedge")) == (0, [])


def test_nothing_is_left_on_the_device_after_signing_out(
    town: Town, visit: Callable[..., Page]
) -> None:
    page = arrive(visit, town)
    stored = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(async name =>"
        " Promise.all((await (await caches.open(name)).matchAll()).map(one => one.text()))))"
        ".then(all => all.flat().join()))"
    )
    assert "No connection just now" in stored
    assert "Joan" not in stored
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("caches.keys().then(names => names.length)") == 0
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


def test_the_page_without_a_connection_says_whom_to_ring(
    town: Town, visit: Callable[..., Page], axe: Callable[..., list[str]]
) -> None:
    page = arrive(visit, town)
    page.context.set_offline(True)
    page.goto(f"/b/{town.slug}/activities")
    expect(page.get_by_role("main").get_by_role("link", name="01632 960 142")).to_be_visible()
    assert axe(page) == []
