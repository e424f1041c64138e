"""On whose word a step is entered: what is offered can be done, and both faces write it down
alike."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import make_bank, make_member, system
from timebank import clock
from timebank.act import Act, Actor, Channel, Word
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.exchanges import service
from timebank.exchanges.models import Exchange, Step
from timebank.exchanges.rules import Figures, NewLog, Proposal
from timebank.ledger.models import Entry
from timebank.members import helping
from timebank.members.models import Member

SignIn = Callable[..., Browser]
Bearer = Callable[..., dict[str, str]]

HERE = "/b/fife/exchanges"

SAID = {
    "decline": {"note": "Not now."},
    "log": {"occurred_on": "2026-01-05", "minutes": "45", "another": "yes"},
    "dispute": {"note": "It was less."},
    "cancel": {"note": "I am ill."},
    "settle": {"minutes": "30", "note": "Both agree."},
    "reverse": {"note": "It was Cy."},
    "again": {"occurred_on": "2026-01-05", "minutes": "30", "another": "yes"},
}
"""What is said with each step besides the word, through either face."""

API = {
    "agree": "agreement",
    "decline": "refusal",
    "log": "log",
    "confirm": "confirmation",
    "accept": "acceptance",
    "dispute": "dispute",
    "cancel": "cancellation",
    "settle": "settlement",
    "reverse": "reversal",
    "again": "again",
}
"""The resource of each page."""

STATUSES = ("proposed", "agreed", "logged", "disputed", "confirmed", "reversed", "cancelled")
WHO = ("joan", "ravi", "helper", "maggie", "owen")


@pytest.fixture
def people(app: Flask) -> dict[str, tuple[int, int]]:
    """Member and account of each: Ravi, who is helped by `helper`; Joan; and the brokers Maggie and
    Owen."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        roles = {"maggie": "broker", "owen": "broker"}
        made = {
            name: make_member(session, bank, name.capitalize(), role=roles.get(name, "member"))
            for name in WHO
        }
        act = Act(system(bank), clock.now())
        helping.grant_helper(session, bank, made["ravi"].id, made["helper"].id, act=act)
        return {name: (member.id, member.account_id or 0) for name, member in made.items()}


def begin(
    session: Session, bank: Bank, status: str, giver: int, receiver: int, *, days: float = 0
) -> int:
    """An exchange that stands so, begun by its giver so many days ago, each step on somebody's
    word."""
    by, then = Actor.system(bank.id, "test"), clock.now() - timedelta(days=days)
    on = clock.local_date(then, bank.timezone)
    giving, receiving = (Act(by, then, Word(Channel.PHONE, one)) for one in (giver, receiver))
    if status in ("proposed", "agreed", "cancelled"):
        seen = service.propose(session, bank, Proposal(giver, receiver, "Lift"), giving)
        if status == "agreed":
            service.agree(session, bank, seen.id, receiving)
        if status == "cancelled":
            service.cancel(session, bank, seen.id, giving)
        return seen.id
    seen = service.log_new(
        session, bank, NewLog(giver, receiver, on, 60, "Hedge", another=True), giving
    )
    if status == "disputed":
        service.dispute(session, bank, seen.id, receiving, note="It was less.")
    if status in ("confirmed", "reversed"):
        service.confirm(session, bank, seen.id, receiving)
    if status == "reversed":
        service.reverse(session, bank, seen.id, Act(by, then), note="It was Cy.")
    return seen.id


@pytest.fixture
def begun(app: Flask, people: dict[str, tuple[int, int]]) -> Callable[..., int]:
    """`begun("logged", "joan", "ravi")`: an exchange between two that stands so; its id."""

    def make(status: str, giver: str, receiver: str, days: float = 0) -> int:
        with app.app_context(), transaction() as session:
            bank = banks.by_slug(session, "fife")
            return begin(session, bank, status, people[giver][1], people[receiver][1], days=days)

    return make


# ---- Both faces write the same ----


def written(app: Flask, exchange_id: int) -> tuple[Any, ...]:
    """How an exchange, or the one logged again in its place, came to stand as it does: its last
    step, its slip, and who recorded its entries on whose word."""
    with app.app_context(), transaction() as session:
        again = select(Exchange).where(Exchange.replaces_id == exchange_id)
        row = session.execute(again).scalar_one_or_none() or session.get_one(Exchange, exchange_id)
        step = session.execute(
            select(Step).where(Step.exchange_id == row.id).order_by(Step.id.desc()).limit(1)
        ).scalar_one()
        entries = [
            session.get_one(Entry, entry_id)
            for entry_id in (row.entry_id, row.reversal_id)
            if entry_id is not None
        ]
        recorded = [(entry.recorded_by, entry.channel, entry.on_word_of) for entry in entries]
        last = (step.step, step.by, step.on_word_of, step.channel, step.note, step.minutes)
        return row.status, row.slip, last, recorded


CASES = [
    # Who does it, between whom, on whose word it is said to be, by which channel.
    ("maggie", "joan", "ravi", "ravi", "phone"),
    ("maggie", "joan", "ravi", "joan", "in_person"),
    ("maggie", "joan", "ravi", None, None),
    ("maggie", "joan", "ravi", None, "phone"),
    ("maggie", "maggie", "ravi", "ravi", "phone"),
    ("maggie", "maggie", "ravi", "ravi", "paper"),
    ("maggie", "maggie", "ravi", "maggie", "phone"),
    ("maggie", "maggie", "ravi", None, None),
    ("maggie", "joan", "maggie", "joan", "text"),
    ("maggie", "joan", "maggie", "maggie", "phone"),
    ("maggie", "joan", "maggie", None, "phone"),
    ("helper", "joan", "ravi", "ravi", None),
    ("helper", "joan", "ravi", None, None),
    ("helper", "helper", "ravi", None, None),
    ("helper", "joan", "ravi", "ravi", "phone"),
    ("ravi", "joan", "ravi", None, None),
    ("ravi", "joan", "ravi", "joan", None),
    ("joan", "joan", "ravi", "joan", None),
]


@pytest.mark.parametrize(("who", "giver", "receiver", "word", "channel"), CASES)
def test_the_page_and_the_api_write_the_same(
    app: Flask,
    people: dict[str, tuple[int, int]],
    begun: Callable[..., int],
    sign_in: SignIn,
    bearer: Bearer,
    who: str,
    giver: str,
    receiver: str,
    word: str | None,
    channel: str | None,
) -> None:
    browser, client, headers = sign_in(people[who][0]), app.test_client(), bearer(people[who][0])
    how = {"channel": channel} if channel else {}
    for status, pages in {
        "proposed": ("agree", "decline", "cancel", "log"),
        "agreed": ("log", "cancel"),
        "logged": ("confirm", "dispute", "cancel"),
        "disputed": ("log", "settle", "cancel"),
        "confirmed": ("reverse",),
        "reversed": ("again",),
    }.items():
        for page in pages:
            first, second = (begun(status, giver, receiver) for _ in range(2))
            before = written(app, first)
            said = SAID.get(page, {})
            on_page = {**said, **how, **({"on_word_of": people[word][1]} if word else {})}
            answer = browser.post(f"{HERE}/{first}/{page}", data=on_page)
            sent = {**said, **how, **({"on_word_of": f"member:{people[word][0]}"} if word else {})}
            resource = f"/api/v1/exchanges/{second}/{API[page]}"
            told = client.post(resource, json=sent, headers=headers)
            done = {303: 200 if page != "again" else 201}
            assert told.status_code == done.get(answer.status_code, answer.status_code), page
            assert written(app, first) == written(app, second), page
            assert (written(app, first) != before) == (answer.status_code == 303), page


def test_hours_logged_out_of_the_blue_are_written_the_same(
    app: Flask, people: dict[str, tuple[int, int]], sign_in: SignIn, bearer: Bearer
) -> None:
    browser, headers = sign_in(people["maggie"][0]), bearer(people["maggie"][0])
    form = {"side": "gave", "who": "Ravi", "day": "today", "long": "60", "title": "Hedge"}
    form["another"] = "yes"
    today = clock.local_date(clock.now(), "Europe/London").isoformat()
    for teller, channel, recorded in (
        ("joan", "phone", "phone"),
        ("joan", "paper", "paper"),
        ("maggie", "phone", "web"),
        ("maggie", "paper", "paper"),
    ):
        slips = [f"{teller}-{n}" if channel == "paper" else "" for n in range(2)]
        told = {"teller": teller.capitalize(), "channel": channel, "slip": slips[0]}
        page = browser.post(f"{HERE}/new", data={**form, **told, "then": "done"})
        assert page.status_code == 303
        party = f"member:{people[teller][0]}"
        sent = {"giver": party, "receiver": f"member:{people['ravi'][0]}", "on_word_of": party}
        sent |= {"channel": channel, "title": "Hedge", "occurred_on": today, "another": True}
        made = app.test_client().post(
            "/api/v1/exchanges",
            json={**sent, "minutes": 60, **({"slip": slips[1]} if slips[1] else {})},
            headers=headers,
        )
        assert made.json is not None
        first, second = (
            written(app, exchange_id)
            for exchange_id in (int(page.location.rpartition("/")[2]), made.json["id"])
        )
        assert (first[0], bool(first[1]), first[2:]) == (second[0], bool(second[1]), second[2:])
        assert first[2][3] == recorded


def test_a_gift_of_ones_own_hours_comes_by_the_web(
    app: Flask, people: dict[str, tuple[int, int]], bearer: Bearer
) -> None:
    sent = {"from": f"member:{people['maggie'][0]}", "to": "chest", "minutes": 30}
    for giver, recorded in (("maggie", "web"), ("joan", "phone")):
        sent |= {"from": f"member:{people[giver][0]}", "channel": "phone"}
        made = app.test_client().post(
            "/api/v1/gifts", json=sent, headers=bearer(people["maggie"][0])
        )
        assert made.json is not None
        with app.app_context(), transaction() as session:
            assert session.get_one(Entry, made.json["entry"]).channel == recorded


# ---- What a page offers can be done ----

_FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.S)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_CHOICE = re.compile(r'name="on_word_of"\s+value="([^"]*)"')


def buttons(html: str, exchange_id: int) -> Iterator[tuple[str, dict[str, str]]]:
    """The buttons by which a page of an exchange takes a step: each its page, and what it sends."""
    for address, inside in _FORM.findall(html):
        page = address.removeprefix(f"{HERE}/{exchange_id}/")
        if page in API or page == "undo":
            sent = {name: value for name, value in _HIDDEN.findall(inside) if name == "on_word_of"}
            yield page, sent | ({"channel": "phone"} if "<select" in inside else {})


def links(html: str, exchange_id: int) -> list[str]:
    """The steps that have a page of their own to which a page of an exchange leads."""
    found = re.findall(rf'href="{HERE}/{exchange_id}/([a-z]+)"', html)
    return [page for page in found if page in API]


@pytest.mark.parametrize("days", [0, 60])
@pytest.mark.parametrize(
    ("who", "giver", "receiver"),
    [
        ("maggie", "maggie", "ravi"),
        ("maggie", "joan", "maggie"),
        ("maggie", "joan", "ravi"),
        ("maggie", "maggie", "owen"),
        ("helper", "joan", "ravi"),
        ("helper", "helper", "ravi"),
        ("ravi", "joan", "ravi"),
        ("joan", "joan", "ravi"),
    ],
)
def test_whatever_a_page_offers_can_be_done(
    people: dict[str, tuple[int, int]],
    begun: Callable[..., int],
    sign_in: SignIn,
    who: str,
    giver: str,
    receiver: str,
    days: float,
) -> None:
    browser = sign_in(people[who][0])
    for status in STATUSES:
        shown = begun(status, giver, receiver, days)
        html = browser.get(f"{HERE}/{shown}").text
        for page, sent in buttons(html, shown):
            fresh = begun(status, giver, receiver, days)
            answer = browser.post(f"{HERE}/{fresh}/{page}", data=sent)
            assert answer.status_code == 303, (status, page, sent)
        for page in links(html, shown):
            form = browser.get(f"{HERE}/{shown}/{page}").text
            for word in _CHOICE.findall(form) or [""]:
                fresh = begun(status, giver, receiver, days)
                sent = {**SAID.get(page, {}), "on_word_of": word, "channel": "phone"}
                sent = sent if word else SAID.get(page, {})
                answer = browser.post(f"{HERE}/{fresh}/{page}", data=sent)
                assert answer.status_code == 303, (status, page, word)


@pytest.mark.parametrize("days", [0, 60])
def test_a_broker_who_gave_the_help_enters_the_others_word(
    app: Flask,
    people: dict[str, tuple[int, int]],
    begun: Callable[..., int],
    sign_in: SignIn,
    days: float,
) -> None:
    maggie, exchange = sign_in(people["maggie"][0]), begun("logged", "maggie", "ravi", days)
    html = maggie.get(f"{HERE}/{exchange}").text
    assert "Ravi has told you" in html
    assert "Yes, that’s right" not in html
    assert "nobody objected" not in html
    dispute = maggie.get(f"{HERE}/{exchange}/dispute").text
    assert _CHOICE.findall(dispute) == [str(people["ravi"][1])]
    word = {"on_word_of": people["ravi"][1], "channel": "phone"}
    assert maggie.post(f"{HERE}/{exchange}/confirm", data=word).status_code == 303
    with app.app_context(), transaction() as session:
        row = session.get_one(Exchange, exchange)
        entry = session.get_one(Entry, row.entry_id)
        ravi = session.get_one(Member, people["ravi"][0])
        assert (entry.channel, entry.on_word_of) == ("phone", f"member:{ravi.id}")


@pytest.mark.parametrize("status", ["agreed", "disputed"])
def test_a_member_who_acts_for_both_is_asked_on_whose_word_it_is(
    app: Flask,
    people: dict[str, tuple[int, int]],
    begun: Callable[..., int],
    sign_in: SignIn,
    status: str,
) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        act = Act(system(bank), clock.now())
        ids = people["joan"][0], people["helper"][0]
        helping.grant_helper(session, bank, *ids, act=act)
    exchange = begun(status, "joan", "ravi")
    form = sign_in(people["helper"][0]).get(f"{HERE}/{exchange}/log").text
    assert _CHOICE.findall(form) == [str(people["joan"][1]), str(people["ravi"][1])]
    assert "How did you hear?" not in form
    sent = {**SAID["log"], "on_word_of": people["joan"][1]}
    answer = sign_in(people["helper"][0]).post(f"{HERE}/{exchange}/log", data=sent)
    assert answer.status_code == 303


def test_a_bank_with_one_broker_is_not_stuck(
    people: dict[str, tuple[int, int]], begun: Callable[..., int], sign_in: SignIn
) -> None:
    """Maggie, the only one who could, calls off, disputes and answers what she is a side of."""
    maggie = sign_in(people["maggie"][0])
    for status, page in (("proposed", "decline"), ("logged", "dispute"), ("reversed", "again")):
        exchange = begun(status, "maggie", "ravi")
        assert "On whose word?" in maggie.get(f"{HERE}/{exchange}/{page}").text
        word = {"on_word_of": people["ravi"][1], "channel": "phone"}
        answer = maggie.post(f"{HERE}/{exchange}/{page}", data={**SAID[page], **word})
        assert answer.status_code == 303


def test_figures_on_somebodys_word_are_kept_with_the_channel(
    app: Flask, people: dict[str, tuple[int, int]]
) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        exchange_id = begin(session, bank, "agreed", people["joan"][1], people["ravi"][1])
        maggie = session.get_one(Member, people["maggie"][0])
        by = Actor(bank.id, maggie.name, maggie.role, maggie.id, maggie.account_id)
        word = Word(Channel.PAPER, people["joan"][1], "77")
        today = clock.local_date(clock.now(), bank.timezone)
        service.log(session, bank, exchange_id, Figures(today, 60), Act(by, clock.now(), word))
    status, slip, step, _ = written(app, exchange_id)
    assert (status, slip, step[3]) == ("logged", "77", "paper")
