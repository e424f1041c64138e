"""The first page, to a visitor, a member and the staff; help and privacy."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_member
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewLog, Proposal
from timebank.members import helping
from timebank.members.models import Member

SignIn = Callable[..., Browser]


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids of Joan, Ravi and Eileen of one bank and of its staff. Joan acts for Eileen."""
    with app.app_context(), transaction() as session:
        bank = make_bank(
            session,
            name="Alder Row Time Bank",
            slug="alder-row",
            contact_name="Maggie",
            contact_phone="01632",
        )
        made = {
            name: make_member(session, bank, name)
            for name in ("Joan Whitlock", "Ravi Mehta", "Eileen Marsh")
        }
        made |= {
            role: make_member(session, bank, role.title(), role=role)
            for role in ("broker", "coordinator")
        }
        by = actor(made["coordinator"])
        helping.grant_helper(
            session, bank, made["Eileen Marsh"].id, made["Joan Whitlock"].id, Act(by, NOW)
        )
        return {name.split()[0]: member.id for name, member in made.items()}


MADE = {exchanges_service.log_new: NewLog, exchanges_service.propose: Proposal}
"""What these services take as one value."""


@pytest.fixture
def act(app: Flask, people: dict[str, int]) -> Callable[..., int]:
    """`act(service, "Joan", …)`: have Joan do something to exchanges; members stand for their
    accounts. Gives the id."""

    def do(service: Callable[..., Any], by: str, *ids: int, **words: Any) -> int:
        with app.app_context(), transaction() as session:
            found = {name: session.get_one(Member, member_id) for name, member_id in people.items()}
            accounts = {
                role: found[name].account_id for role, name in words.items() if role.endswith("_id")
            }
            bank = banks.by_slug(session, "alder-row")
            value = MADE.get(service)
            given = [value(**{**words, **accounts})] if value else []
            done = Act(actor(found[by]), NOW)
            return service(
                session, bank, *ids, *given, done, **({} if value else words)
            ).exchange.id

    return do


LOG = {"occurred_on": date(2026, 11, 11), "minutes": 120, "title": "Mending the garden gate"}


def test_the_only_bank_is_the_first_page(app: Flask, people: dict[str, int]):
    assert app.test_client().get("/").location == "/b/alder-row/"


def test_of_several_banks_one_chooses(app: Flask, people: dict[str, int]):
    with app.app_context(), transaction() as session:
        make_bank(session, name="Fife Time Bank", slug="fife")
    html = app.test_client().get("/").text
    assert '<a href="/b/alder-row/">Alder Row Time Bank</a>' in html
    assert '<a href="/b/fife/">Fife Time Bank</a>' in html


def test_without_a_bank_the_page_says_how_one_is_opened(app: Flask):
    assert "timebank init" in app.test_client().get("/").text


def test_a_visitor_learns_what_the_bank_is_and_whom_to_ring(app: Flask, people: dict[str, int]):
    html = app.test_client().get("/b/alder-row/").text
    assert "Ask to join" in html
    assert 'href="tel:01632"' in html
    assert "Joan" not in html


def test_a_bank_tells_about_itself_in_its_own_words(app: Flask, people: dict[str, int]):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "alder-row")
        bank.about, bank.joining_open = "Six streets <and> a canal.\n\nSince 2019.", False
    html = app.test_client().get("/b/alder-row/").text
    assert '<p class="lead">Six streets &lt;and&gt; a canal.</p>' in html
    assert '<p class="lead">Since 2019.</p>' in html
    assert "Ask to join" not in html
    assert "not taking new members just now" in html


def test_the_balance_is_told_in_words(
    people: dict[str, int], act: Callable[..., int], sign_in: SignIn
):
    exchange_id = act(exchanges_service.log_new, "Joan", giver_id="Joan", receiver_id="Ravi", **LOG)
    act(exchanges_service.confirm, "Ravi", exchange_id)
    html = sign_in(people["Joan"]).get("/b/alder-row/").text
    assert "Good morning, Joan" in html
    assert '<span class="more">You have </span><b>2 hours</b> to spend' in html


def test_nobody_is_told_of_debt(people: dict[str, int], act: Callable[..., int], sign_in: SignIn):
    exchange_id = act(exchanges_service.log_new, "Joan", giver_id="Joan", receiver_id="Ravi", **LOG)
    act(exchanges_service.confirm, "Ravi", exchange_id)
    html = sign_in(people["Ravi"]).get("/b/alder-row/").text
    assert "No hours to spend just now" in html
    assert "What would help you?" in html
    assert 'class="discs' not in html
    words = re.sub(r"<[^>]*>", " ", html)
    assert not any(word in words for word in ("−", "-2", "owe", "debt", "below"))


def test_what_was_logged_waits_for_the_other_side(
    people: dict[str, int], act: Callable[..., int], sign_in: SignIn
):
    exchange_id = act(exchanges_service.log_new, "Ravi", giver_id="Ravi", receiver_id="Joan", **LOG)
    joan, ravi = (
        " ".join(sign_in(people[name]).get("/b/alder-row/").text.split())
        for name in ("Joan", "Ravi")
    )
    assert "Ravi Mehta gave you 2 hours on Wednesday 11 November: Mending the garden gate." in joan
    assert f'action="/b/alder-row/exchanges/{exchange_id}/confirm' in joan
    assert "Waits for Joan Whitlock<" in ravi.replace(" <", "<")
    assert "Yes, that’s right" not in ravi


def test_a_helper_is_asked_for_whom_they_act(
    people: dict[str, int], act: Callable[..., int], sign_in: SignIn
):
    act(exchanges_service.log_new, "Ravi", giver_id="Eileen", receiver_id="Ravi", **LOG)
    joan = " ".join(sign_in(people["Joan"]).get("/b/alder-row/").text.split())
    assert "Eileen Marsh gave Ravi Mehta 2 hours" in joan
    assert "account=" in joan
    assert ">Eileen Marsh</a>" in joan


def test_what_is_proposed_is_answered_from_the_first_page(
    people: dict[str, int], act: Callable[..., int], sign_in: SignIn
):
    act(
        exchanges_service.propose,
        "Ravi",
        giver_id="Joan",
        receiver_id="Ravi",
        title="A lift",
        planned_on=date(2026, 11, 19),
    )
    joan = " ".join(sign_in(people["Joan"]).get("/b/alder-row/").text.split())
    assert "Ravi Mehta asks for your help: A lift, on Thursday 19 November." in joan


def test_a_dispute_comes_back_to_who_logged(
    people: dict[str, int], act: Callable[..., int], sign_in: SignIn
):
    exchange_id = act(exchanges_service.log_new, "Joan", giver_id="Joan", receiver_id="Ravi", **LOG)
    act(exchanges_service.dispute, "Ravi", exchange_id, note="It was an hour.")
    joan, ravi = (
        " ".join(sign_in(people[name]).get("/b/alder-row/").text.split())
        for name in ("Joan", "Ravi")
    )
    assert "Not right, says Ravi Mehta: 2 hours" in joan
    assert "Something is wrong: waits for Joan Whitlock to look at it again" in ravi


def test_a_new_member_is_told_what_to_do_next(people: dict[str, int], sign_in: SignIn):
    html = sign_in(people["Joan"]).get("/b/alder-row/").text
    assert "Welcome. To begin with:" in html
    for question in ("What could you do for somebody?", "What would you like?"):
        assert question in html
    assert f'href="/b/alder-row/members/{people["Joan"]}/notices"' in html
    assert "What would help you?" in html


@pytest.mark.parametrize("role", ["broker", "coordinator"])
def test_staff_come_to_their_desk_and_find_their_own_hours(
    role: str, people: dict[str, int], sign_in: SignIn
):
    browser = sign_in(people[role])
    assert browser.get("/").location == "/b/alder-row/desk"
    assert '<a href="/b/alder-row/">Your own hours</a>' in browser.get("/b/alder-row/desk").text
    assert "Good morning" in browser.get("/b/alder-row/").text


def test_a_member_of_another_bank_is_a_visitor(app: Flask, people: dict[str, int], sign_in: SignIn):
    with app.app_context(), transaction() as session:
        other = make_bank(session, name="Fife Time Bank", slug="fife")
        una = make_member(session, other, "Una").id
    html = sign_in(una).get("/b/alder-row/").text
    assert "Ask to join" in html
    assert "Good morning" not in html


@pytest.mark.parametrize("page", ["help", "privacy"])
def test_help_names_whom_to_ring_where_the_bank_is_known(
    page: str, app: Flask, people: dict[str, int]
):
    client = app.test_client()
    assert "01632" in client.get(f"/b/alder-row/{page}").text
    assert "01632" not in client.get(f"/{page}").text


def test_help_tells_the_bank_s_own_rules(app: Flask, people: dict[str, int]):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "alder-row")
        bank.rounding, bank.waiting_days, bank.confirm_automatically = 30, 7, True
    html = " ".join(app.test_client().get("/b/alder-row/help").text.split())
    assert "We count in steps of 30 minutes." in html
    assert "If nobody says anything for 7 days, we take it that it was right." in html
    assert "For 10 minutes after you say" in html


def test_an_unknown_address_still_knows_who_is_reading(people: dict[str, int], sign_in: SignIn):
    answer = sign_in(people["Joan"]).get("/b/alder-row/nowhere")
    assert answer.status_code == 404
    assert "Signed in as Joan Whitlock" in answer.text
    assert "01632" in answer.text


def test_a_form_sent_after_signing_out_is_not_lost(people: dict[str, int], sign_in: SignIn):
    address, wrote = (
        f"/b/alder-row/members/{people['Joan']}/edit",
        {"name": "Joan W. Whitlock", "about": "I knit."},
    )
    answer = sign_in().post(address, data=wrote, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    assert f'action="{address}"' in answer.text
    assert 'name="about" value="I knit."' in " ".join(answer.text.split())
    assert sign_in().post(address, data=wrote).status_code == 302


def test_navigation_says_which_part_of_the_site_a_page_belongs_to(
    people: dict[str, int], sign_in: SignIn
):
    browser = sign_in(people["coordinator"])
    there = '<a href="/b/alder-row/lists" aria-current="{}">'
    assert there.format("page") in browser.get("/b/alder-row/lists").text
    within = browser.get("/b/alder-row/lists/runs").text
    assert there.format("true") in within
    assert "aria-current" not in browser.get("/b/alder-row/help").text


def test_what_search_engines_and_password_managers_look_for(
    people: dict[str, int], sign_in: SignIn
) -> None:
    stranger = sign_in()
    robots = stranger.get("/robots.txt")
    assert (robots.mimetype, robots.text.splitlines()[-1]) == ("text/plain", "Disallow: /")
    for page in ("", "join", "activities/public"):
        assert stranger.get(f"/b/alder-row/{page}").text.count('<meta name="description"') == 1
    assert stranger.get("/favicon.ico").location.endswith(".svg")
    where = "/.well-known/change-password"
    assert stranger.get(where).location.endswith("/sign-in")
    assert sign_in(people["Joan"]).get(where).location.endswith("/b/alder-row/me/password")
