"""A register at the door: kept where the connection comes and goes, and where there is no script at
all."""

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect

from tests.town import Town
from timebank.activities.models import Contribution
from timebank.db import reading

PHONE = {"viewport": {"width": 360, "height": 740}}


def open_register(visit: Callable[..., Page], town: Town, **options: object) -> Page:
    """As Joan, who leads the café, on a phone: the register of the session that goes on. Without
    the worker of the site, past which the browser sends while it plays at having no line.
    """
    page = visit("member", **PHONE, service_workers="block", **options)
    page.goto(f"/b/{town.slug}/activities/sessions/{town.examples['session_id'][2]}/register")
    return page


def part_of_ravi(app: Flask, town: Town) -> list[str]:
    with app.app_context():
        rows = reading().query(Contribution).filter_by(session_id=town.examples["session_id"][2])
        return [row.part for row in rows if row.member_id == 2 and row.part != "prepared"]


def test_what_was_ticked_without_a_connection_is_sent_when_it_is_back_and_once(app, town, visit):
    page = open_register(visit, town)
    page.context.set_offline(True)
    page.get_by_role("group", name="Ravi Mehta").get_by_label("Helped").check()
    page.get_by_role("button", name="Save the register").click()
    expect(page.get_by_text("kept on this phone")).to_be_visible()
    assert part_of_ravi(app, town) == ["attended"]
    page.context.set_offline(False)
    expect(page.get_by_text("Done: 3 here.")).to_be_visible(timeout=20_000)
    assert part_of_ravi(app, town) == ["helped"]
    kept = page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('register:'))")
    assert kept == []


def test_what_is_kept_on_the_phone_outlives_a_closed_page(app, town, visit):
    page = open_register(visit, town)
    page.context.set_offline(True)
    page.get_by_role("group", name="Ravi Mehta").get_by_label("Led", exact=True).check()
    page.get_by_role("button", name="Save the register").click()
    expect(page.get_by_text("kept on this phone")).to_be_visible()
    address, context = page.url, page.context
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    expect(again.get_by_text("Done: 3 here.")).to_be_visible(timeout=20_000)
    assert part_of_ravi(app, town) == ["led"]


def test_somebody_is_added_and_what_is_wrong_is_shown(app, town, visit):
    page = open_register(visit, town)
    page.get_by_label("Somebody not on the list").fill("Zed")
    page.get_by_role("group", name="Ravi Mehta").get_by_label("Helped").check()
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    page.get_by_role("button", name="Add a member").click()
    expect(page.get_by_role("alert")).to_contain_text("Zed")
    expect(page.get_by_role("group", name="Ravi Mehta").get_by_label("Helped")).to_be_checked()
    page.get_by_label("Somebody not on the list").fill("Zed Fox")
    page.get_by_role("button", name="Add a guest").click()
    expect(page.get_by_text("Zed Fox is added")).to_be_visible()
    assert part_of_ravi(app, town) == ["helped"]


def test_without_any_script_the_register_is_a_form_like_any_other(app, town, visit):
    page = open_register(visit, town, java_script_enabled=False)
    page.get_by_role("group", name="Ravi Mehta").get_by_label("Not here").check()
    page.get_by_role("button", name="Save the register").click()
    expect(page.get_by_text("Done: 2 here.")).to_be_visible()
    assert part_of_ravi(app, town) == []


def test_names_typed_one_after_the_other_are_all_written_down(app, town, visit):
    page = open_register(visit, town)
    page.get_by_label("Somebody not on the list").click()
    for name in ("Zed Fox", "Yan Orr", "Xia Low"):
        page.keyboard.type(name)
        page.evaluate(
            "document.querySelector('main form').requestSubmit("
            "document.querySelector('[name=do][value=guest]'))"
        )
    for name in ("Zed Fox", "Yan Orr", "Xia Low"):
        expect(page.get_by_role("group", name=name)).to_be_visible(timeout=20_000)
    expect(page.get_by_label("Somebody not on the list")).to_be_focused()
