"""The site on a telephone: put among the apps, without a connection, and what is written there."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from flask import Flask
from playwright.sync_api import Page, expect

from tests.factories import write_notice
from tests.pushes import Phone, running
from tests.town import Town
from timebank import clock
from timebank.banks.queries import by_slug
from timebank.db import reading, transaction
from timebank.exchanges.models import Exchange
from timebank.jobs.worker import Worker
from timebank.notices import devices
from timebank.notices import service as notices_service
from timebank.notices.feature import feature as notices
from timebank.notices.rules import NoticeChannel

PHONE = {"viewport": {"width": 360, "height": 740}}


_SENT = "!Object.keys(localStorage).some(name => name.startsWith('hours:'))"


def until(page: Page, condition: str) -> None:
    """Wait for something in the page, half a minute at most. (Playwright's own way has its words
    run by the page, which lets no script run but ours.)"""
    page.evaluate(
        f"""async () => {{
          const end = Date.now() + 30000;
          while (!({condition})) {{
            if (Date.now() > end) throw Error(`It never came: ${{JSON.stringify(localStorage)}}`);
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


def write(
    page: Page, town: Town, who: str, title: str, minutes: str = "an hour", *, days_ago: int = 0
) -> None:
    """Log hours on the page that is shown without a connection."""
    page.goto(f"/b/{town.slug}/statement")
    expect(page.get_by_role("heading", name="No connection just now")).to_be_visible()
    page.get_by_label("I helped somebody").check()
    page.get_by_label("Who was the other person?").fill(who)
    page.get_by_label("How long?").fill(minutes)
    page.get_by_label("What was done?").fill(title)
    if days_ago:
        day = page.locator("[name=occurred_on]")
        day.fill(str(date.fromisoformat(day.input_value()) - timedelta(days=days_ago)))
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
    write(page, town, "Ravi Mehta", "Bread", "3 hours", days_ago=3)
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


SUBSCRIBES = """
  PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
    const server = btoa(String.fromCharCode(...applicationServerKey));
    document.documentElement.dataset.asked = JSON.stringify([userVisibleOnly, server]);
    return { toJSON: () => (%s) };
  };
"""
"""What the browser does once it has reached a push service, which no test can: it hands out where
messages go, and the keys to seal them with."""


def test_somebody_who_allows_it_is_told_on_the_device_and_is_led_in(
    app: Flask, town: Town, visit: Callable[..., Page], site: str
) -> None:
    app.config["TIMEBANK"] = replace(
        app.config["TIMEBANK"], push_key=devices.new_key(), push_services="127.0.0.1"
    )
    page = visit("member", **PHONE)
    page.goto(f"/b/{town.slug}/phones")
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_text("Your browser does not allow it.")).to_be_visible()
    with running() as service:
        phone = Phone(f"{service.site}/joan")
        keys = {"p256dh": phone.told.p256dh, "auth": phone.told.auth}
        subscription = json.dumps({"endpoint": phone.endpoint, "keys": keys})
        page.context.grant_permissions(["notifications"])
        page.add_init_script(SUBSCRIBES % subscription)
        page.reload()
        page.get_by_role("button", name="Tell me on this device").click()
        expect(page.get_by_text("from now on we tell you here first")).to_be_visible()
        _write_to(app, town)
        Worker(app, notices.jobs).run_due()
        ((path, headers, sealed),) = service.taken
    assert (path, headers["Content-Encoding"]) == ("/joan", "aes128gcm")
    told = json.loads(phone.read(sealed))
    assert told["body"] == "There is news for you."
    _deliver(page, site, json.dumps(told))
    until(page, "(await (await navigator.serviceWorker.ready).getNotifications()).length")
    shown = page.evaluate(
        "navigator.serviceWorker.ready.then(it => it.getNotifications())"
        ".then(all => all.map(({ title, body, data }) => [title, body, data.url]))"
    )
    assert shown == [[told["title"], told["body"], f"/b/{town.slug}/"]]


def _write_to(app: Flask, town: Town) -> None:
    """Somebody is told something, at any hour."""
    key = f"member:{town.people['member']}"
    # Quiet where they wish it half a day from now; unless they wish it, it is at night.
    quiet = (clock.now().hour * 60 + 720) % 1440
    with app.app_context(), transaction() as session:
        bank = by_slug(session, town.slug)
        notices_service.set_preference(
            session,
            bank,
            key,
            digest=True,
            channel=NoticeChannel.PUSH,
            quiet_from=quiet,
            quiet_until=quiet + 1,
        )
        write_notice(session, bank, addressee=key, now=clock.now())


def _deliver(page: Page, site: str, message: str) -> None:
    """Hand a message to the worker of the site, as the browser does when its push service brings
    one."""
    browser = page.context.new_cdp_session(page)
    found: list[str] = []
    browser.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    browser.send("ServiceWorker.enable")
    for _ in range(500):
        if found:
            break
        page.wait_for_timeout(20)
    browser.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": site, "registrationId": found[0], "data": message},
    )
