"""The page that a letter's link opens, from the letter to the answer."""

import json
import pathlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    change_details,
    make_bank,
    make_logged_exchange,
    make_member,
    system,
)
from tests.letters import html, plain, received
from tests.test_pseudo import beside_people, forgotten
from timebank import clock, voices
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import Base
from timebank.db import reading, transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange
from timebank.jobs.worker import Worker
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Wishes
from timebank.notices import mail
from timebank.notices import service as notices_service
from timebank.notices.rules import Addressee, Letter, NoticeChannel
from timebank.notices.service import Digest
from timebank.replies.models import ReplyLink
from timebank.say import say

SignIn = Callable[..., Browser]
ONE_CLICK = {"data": {"List-Unsubscribe": "One-Click"}}


@dataclass
class World:
    app: Flask
    slug: str
    ben: int
    joan: int
    exchange: int


def build(app: Flask, language: str = "en") -> World:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife", contact_phone="01592 555 010")
        bank.language = bank.languages = language
        ben = make_member(session, bank, "Ben Okri", email="ben@example.org", phone="07700 900035")
        joan = make_member(session, bank, "Joan Whitlock", email="joan@example.org")
        now = clock.now()
        made = make_logged_exchange(
            session,
            bank,
            ben,
            joan,
            title="Cutting the hedge",
            occurred_on=now.date(),
            act=Act(actor(ben), now),
        )
        return World(app, bank.slug, ben.id, joan.id, made.id)


@pytest.fixture
def world(app: Flask) -> World:
    return build(app)


def send(app: Flask) -> list[EmailMessage]:
    """What a worker sends just now."""
    sent: list[EmailMessage] = []
    app.config["TIMEBANK"] = replace(app.config["TIMEBANK"], mail_server="mail.example")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "_hand_over", lambda message: sent.append(received(message)))
        Worker(app, [job for feature in FEATURES for job in feature.jobs]).run_due()
    return sent


def letter_to(app: Flask, address: str) -> EmailMessage:
    return next(letter for letter in send(app) if address in letter["To"])


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"http://localhost(/a/\S+)", plain(letter))
    assert found is not None
    return found[1]


def link(world: World) -> str:
    return link_in(letter_to(world.app, "joan@example.org"))


def everything(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """All that the database holds."""
    with app.app_context():
        reading().rollback()
        return {
            table.name: sorted(map(tuple, reading().execute(select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
        }


def status(world: World) -> str:
    with world.app.app_context():
        reading().rollback()
        return reading().get_one(Exchange, world.exchange).status


def thought(world: World) -> int | None:
    with world.app.app_context():
        reading().rollback()
        return reading().get_one(Exchange, world.exchange).thought_minutes


def test_a_letter_that_asks_carries_one_link_and_the_page_shows_what_it_said(
    world: World, sign_in: SignIn
):
    letter = letter_to(world.app, "joan@example.org")
    assert len(re.findall(r"/a/", plain(letter))) == 1
    assert len(re.findall(r'href="http://localhost/a/', html(letter))) == 1
    page = sign_in().get(link_in(letter))
    assert page.status_code == 200
    assert "<h1>Is this right? 1 hour with Ben Okri</h1>" in page.text
    assert "Ben Okri gave you 1 hour on" in page.text
    assert "Cutting the hedge" in page.text
    assert "Yes, that’s right" in page.text
    # No more than the letter said, and nobody is signed in.
    for other in ("ben@example.org", "07700", "joan@example.org", "Signed in as"):
        assert other not in page.text


def test_looking_changes_nothing_however_often_and_by_whatever_it_is_done(
    world: World, sign_in: SignIn
):
    address = link(world)
    before = everything(world.app)
    scanner = sign_in()
    for _ in range(2):
        assert scanner.get(address).status_code == 200
        assert scanner.head(address).status_code == 200
        prefetching = {"Sec-Purpose": "prefetch", "Purpose": "prefetch"}
        assert scanner.get(address, headers=prefetching).status_code == 200
        assert scanner.get(f"{address}/by-program").status_code == 302
    assert scanner.options(address).status_code == 200
    assert everything(world.app) == before


def test_one_press_answers_and_says_so_and_signs_nobody_in(world: World, sign_in: SignIn):
    address, browser = link(world), sign_in()
    answer = browser.post(address, data={"reply": "right"})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    page = browser.get(address)
    assert "the hours have moved" in page.text
    assert "Cutting the hedge" not in page.text
    assert status(world) == "confirmed"
    assert browser.get(f"/b/fife/exchanges/{world.exchange}").status_code == 302
    assert browser.post(address, data={"reply": "wrong", "note": "No"}).status_code == 409
    assert status(world) == "confirmed"


def test_a_forged_form_answers_nothing(world: World, app: Flask):
    address = link(world)
    app.test_client_class = None
    assert app.test_client().post(address, data={"reply": "right"}).status_code == 400
    assert app.test_client().post(f"{address}/by-program", **ONE_CLICK).status_code == 404
    assert status(world) == "logged"


def test_what_is_wrong_has_to_be_said_and_what_was_written_is_kept(world: World, sign_in: SignIn):
    address, browser = link(world), sign_in()
    page = browser.post(address, data={"reply": "wrong", "note": " "})
    assert page.status_code == 422
    said = '<p class="error" id="note-error">Write how long it was, or what is wrong.</p>'
    assert said in page.text
    long = browser.post(address, data={"reply": "wrong", "note": "x" * 1001})
    assert long.status_code == 422
    assert "x" * 1001 in long.text
    absurd = browser.post(address, data={"reply": "wrong", "minutes": "soon", "note": "Half."})
    assert (absurd.status_code, "Half." in absurd.text) == (422, True)
    assert (
        browser.post(address, data={"reply": "wrong", "minutes": "half an hour"}).status_code == 303
    )
    assert (status(world), thought(world)) == ("disputed", 30)


def test_somebody_else_who_is_signed_in_learns_nothing_and_answers_nothing(
    world: World, sign_in: SignIn
):
    address, ben = link(world), sign_in(world.ben)
    for page in (ben.get(address), ben.post(address, data={"reply": "right"})):
        assert page.status_code == 403
        assert "This link is somebody else’s" in page.text
        assert "Joan" not in page.text
        assert "hedge" not in page.text
        assert 'action="/sign-out"' in page.text
    assert status(world) == "logged"


def test_its_member_may_be_signed_in(world: World, sign_in: SignIn):
    address, joan = link(world), sign_in(world.joan)
    assert joan.get(address).status_code == 200
    assert joan.post(address, data={"reply": "right"}).status_code == 303
    assert status(world) == "confirmed"


def test_a_link_that_is_one_letter_off_says_where_to_go(world: World, sign_in: SignIn):
    address = link(world)
    off = f"{address[:-1]}{'1' if address[-1] != '1' else '2'}"
    for page in (sign_in().get(off), sign_in().post(off, data={"reply": "right"})):
        assert page.status_code == 404
        assert "This link opens nothing" in page.text
        assert 'href="/sign-in' in page.text
    assert status(world) == "logged"


def test_what_was_called_off_meanwhile_is_said(world: World, sign_in: SignIn):
    address = link(world)
    assert sign_in(world.ben).post(f"/b/fife/exchanges/{world.exchange}/cancel").status_code == 303
    page = sign_in().get(address)
    assert page.status_code == 200
    assert "There is nothing to answer any more" in page.text
    assert "This was called off." in page.text
    assert "hedge" not in page.text


def test_too_late_leads_to_its_page(world: World, sign_in: SignIn, monkeypatch):
    address = link(world)
    with world.app.app_context():
        end = reading().execute(select(ReplyLink.expires_at)).scalar_one()
    monkeypatch.setattr(clock, "now", lambda: end)
    page = sign_in().get(address)
    assert page.status_code == 410
    assert f"/b/fife/exchanges/{world.exchange}" in page.text
    assert sign_in().post(address, data={"reply": "right"}).status_code == 409
    assert status(world) == "logged"


def test_the_page_that_is_wanted_survives_the_link_that_signs_in(world: World, sign_in: SignIn):
    """Somebody whose letter leads to a page has it opened after the one-time link."""
    wanted = f"/b/fife/exchanges/{world.exchange}"
    send(world.app)
    browser = sign_in()
    to_sign_in = browser.get(wanted).headers["Location"]
    page = browser.get(to_sign_in).text
    # Its second button asks for a link instead, with what the form holds.
    assert re.search(rf'name="next"\s+value="{wanted}"', page)
    assert 'formaction="/sign-in/link"' in page
    data = {"name": "joan@example.org", "next": wanted, "to": "fife"}
    assert browser.post("/sign-in/link", data=data).status_code == 303
    letter = next(one for one in send(world.app) if "/sign-in/link/" in plain(one))
    found = re.search(r"http://localhost(/sign-in/link/\S+)", plain(letter))
    assert found is not None
    assert browser.post(found[1]).headers["Location"] == wanted
    assert browser.get(wanted).status_code == 200


def test_a_text_carries_the_same_link_in_short(
    world: World, app: Flask, sign_in: SignIn, tmp_path: pathlib.Path, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    app.config["TIMEBANK"] = replace(
        app.config["TIMEBANK"], text_driver="file", text_folder=str(tmp_path)
    )
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        ben, joan = (session.get_one(Member, one) for one in (world.ben, world.joan))
        change_details(session, bank, joan.id, Act(system(bank), NOW), phone="07700 900123")
        wishes = Wishes(NoticeChannel.TEXT)
        members_service.set_preference(session, bank, joan.id, wishes, Act(system(bank), NOW))
        helped = make_logged_exchange(session, bank, ben, joan, title="Raking leaves").id
    send(app)
    texts = [json.loads(path.read_text())["text"] for path in tmp_path.glob("*.json")]
    (text,) = [text for text in texts if "1 hour with Ben" in text]
    found = re.search(r"http://localhost(/a/[-0-9a-z]{19}) ", text)
    assert found is not None
    assert len(text) <= 306
    assert sign_in().post(found[1], data={"reply": "right"}).status_code == 303
    with app.app_context():
        assert reading().get_one(Exchange, helped).status == "confirmed"


def weekly(app: Flask, world: World) -> EmailMessage:
    with app.app_context(), transaction() as session:
        bank = session.execute(select(Bank)).scalar_one()
        joan = session.get_one(Member, world.joan)
        to = Addressee(f"member:{joan.id}", joan.name, email=joan.email)
        letter = Letter(say("Your week"), say("You have an hour to spend."), "home.weekly")
        digest = Digest(to, NoticeChannel.EMAIL, letter, joan.id)
        notices_service.write_digests(session, bank, [digest], week="2026-W46", now=clock.now())
    return next(one for one in send(app) if one["Subject"] == "Your week")


def wants_it(world: World) -> bool:
    with world.app.app_context():
        reading().rollback()
        bank = banks.by_slug(reading(), world.slug)
        return members.preference(reading(), bank, world.joan).digest


def test_a_mail_program_ends_the_weekly_letter_with_one_post(world: World, app: Flask):
    letter = weekly(app, world)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = letter["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    # It stands in the head alone: whom the letter is passed on to cannot end it.
    assert address not in plain(letter) + html(letter)
    app.test_client_class = None
    program = app.test_client()
    looked_at = program.get(address)
    assert looked_at.status_code == 302
    assert "Get it no more" in program.get(looked_at.headers["Location"]).text
    assert wants_it(world)
    for _ in range(2):
        ended = program.post(address, **ONE_CLICK)
        assert ended.status_code == 200
        assert "You get this letter no more" in ended.text
    assert not wants_it(world)


def test_only_the_weekly_letter_has_it_in_its_head(world: World):
    letter = letter_to(world.app, "joan@example.org")
    assert letter["List-Unsubscribe"] is None


def test_every_page_of_a_link_is_in_the_language_of_its_letter(app: Flask, sign_in: SignIn):
    world = build(app, voices.PSEUDO)
    address = link(world)
    with app.app_context(), transaction() as session:
        says = beside_people(session)
    pages = [sign_in().get(address), sign_in(world.ben).get(address)]
    pages.append(sign_in().post(address, data={"reply": "wrong"}))
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        act = Act(actor(session.get_one(Member, world.ben)), clock.now())
        exchanges_service.cancel(session, bank, world.exchange, act)
    pages.append(sign_in().get(address))
    pages.append(sign_in(world.joan).get(f"{address[:-1]}{'1' if address[-1] != '1' else '2'}"))
    assert [page.status_code for page in pages] == [200, 403, 422, 200, 404]
    faults = [forgotten(page.text, says) for page in pages]
    assert [{*fault["page"], *fault["frame"]} for fault in faults] == [set()] * len(pages)


def test_nothing_of_a_link_is_shown_to_the_staff_or_taken_along(
    world: World, app: Flask, sign_in: SignIn
):
    address = link(world)
    code = address.removeprefix("/a/")
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        owen = make_member(session, bank, "Owen", role="coordinator", email="owen@example.org").id
    staff = sign_in(owen)
    for page in (
        f"/b/fife/members/{world.joan}",
        f"/b/fife/desk/people/{world.joan}",
        "/b/fife/desk",
        f"/b/fife/exchanges/{world.exchange}",
    ):
        answer = staff.get(page)
        assert answer.status_code == 200, page
        assert code not in answer.text
