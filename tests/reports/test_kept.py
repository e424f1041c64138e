"""Figures of a large bank: counted by the worker, kept, and never older than the bank allows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import actor, make_bank, make_logged_exchange, make_member
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.exchanges import service as exchanges_service
from timebank.members.models import Member
from timebank.reports import dashboard, kept, queries
from timebank.reports.feature import count, keep
from timebank.reports.models import KeptFigures


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock so many minutes on."""
    begun = clock.now().replace(hour=12)

    def later(minutes: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: begun + timedelta(minutes=minutes))

    return later


@pytest.fixture
def people(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A bank that counts as large, with a coordinator and two who helped one another."""
    monkeypatch.setattr(kept, "LARGE", 2)
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        owen = make_member(session, bank, "Owen", role="coordinator")
        ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
        helped(session, bank, ana, ben, 60)
        return {"bank": bank.id, "owen": owen.id, "ana": ana.id, "ben": ben.id}


def help_of(app: Flask, people: dict[str, int], minutes: int) -> None:
    with app.app_context(), transaction() as session:
        bank = session.get_one(Bank, people["bank"])
        ana, ben = (session.get_one(Member, people[name]) for name in ("ana", "ben"))
        helped(session, bank, ben, ana, minutes)


@pytest.fixture(autouse=True)
def written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database says by its own clock when something was written: here it is the moment at which
    we confirm."""
    last: list[datetime] = []
    confirm = exchanges_service.confirm

    def confirmed(session: Session, bank: Bank, exchange_id: int, act: Act) -> object:
        last.append(act.now)
        return confirm(session, bank, exchange_id, act)

    monkeypatch.setattr(exchanges_service, "confirm", confirmed)
    monkeypatch.setattr(queries, "last_written", lambda *of: last[-1])


def helped(session: Session, bank: Bank, giver: Member, receiver: Member, minutes: int) -> None:
    now = clock.now()
    logged = make_logged_exchange(
        session, bank, giver, receiver, minutes, now=now, occurred_on=now.date()
    )
    exchanges_service.confirm(session, bank, logged.id, Act(actor(receiver), now))


def work(app: Flask, people: dict[str, int]) -> list[str]:
    """What the worker counts; those that are still so with a star."""
    with app.app_context():
        now = clock.now()
        wanted = kept.banks_looked_at(reading(), now, 0, 10)
        if not wanted:
            return []
        payload = count(reading(), {"bank": people["bank"]}, now)
        with transaction() as session:
            keep(session, payload, now)
        return [
            one.name.partition(" ")[0] + ("*" if one.content is None else "")
            for one in payload["counted"]
        ]


def test_what_was_counted_is_shown_until_it_is_too_old(
    app: Flask, people: dict[str, int], hour, sign_in: Callable[..., Browser]
):
    hour(0)
    browser = sign_in(people["owen"])
    address = "/b/fife/reports/people?which=only_give"

    def shown() -> tuple[bool, str]:
        html = browser.get(address).text
        return "Ana" in html.partition("<main")[2], html.partition("As of ")[2][:40]

    gave, first = shown()
    assert gave
    # Ana was helped back: the page says so once it is counted anew.
    hour(1)
    help_of(app, people, 60)
    hour(2)
    assert shown() == (True, first)
    hour(61)
    gave, then = shown()
    assert not gave
    assert then != first


def test_the_worker_counts_once_writing_has_settled(
    app: Flask, people: dict[str, int], hour, sign_in
):
    hour(0)
    assert work(app, people) == []
    browser = sign_in(people["owen"])
    browser.get("/b/fife/reports/people?which=only_give")
    assert work(app, people) == ["everything", "growth"]
    hour(5)
    help_of(app, people, 60)
    assert work(app, people) == []
    hour(8)
    assert work(app, people) == ["everything", "everything", "growth"]
    assert (
        "Ana"
        not in browser.get("/b/fife/reports/people?which=only_give").text.partition("<main")[2]
    )
    assert work(app, people) == []
    # Nobody wrote since: before it is too old to be shown it is said to be still so.
    hour(8 + 31)
    assert work(app, people) == ["everything*", "everything*", "growth*"]
    # Writing that never settles is not waited for.
    for minute in (45, 55, 65, 70):
        hour(minute)
        help_of(app, people, 15)
    assert work(app, people) == ["everything", "everything", "growth"]


def test_nothing_is_kept_for_nobody(app: Flask, people: dict[str, int], hour, sign_in, monkeypatch):
    hour(0)
    sign_in(people["owen"]).get("/b/fife/reports/")
    with app.app_context():
        assert reading().execute(select(func.count()).select_from(KeptFigures)).scalar() == 1
    hour(15 * 24 * 60)
    assert work(app, people) == []
    # A small bank is counted whenever somebody looks, and says that it is of now.
    monkeypatch.setattr(kept, "LARGE", 1000)
    with app.app_context():
        bank = banks.by_id(reading(), people["bank"])
        everything = dashboard.Everything(*dashboard.year_to(clock.now().date()))
        assert kept.shown(reading(), bank, everything, now=clock.now())[1] == clock.now()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_is_kept_is_what_was_counted(app: Flask, people: dict[str, int], which: int):
    with app.app_context():
        bank = banks.by_id(reading(), people["bank"])
        kind = dashboard.usual(clock.now().date())[which]
        assert dashboard.kind_of(kind.name) == kind
        made = kind.make(reading(), bank, now=clock.now())
        content = kind.as_json(made)
        assert kind.as_json(kind.from_json(content)) == content
