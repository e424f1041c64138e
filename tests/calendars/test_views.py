"""A member's own calendar, read as a phone reads it."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import actor, make_activity, make_bank, make_meeting, make_member, system
from timebank import clock
from timebank.access import service as access_service
from timebank.act import Act
from timebank.activities import service as activities_service
from timebank.activities import signing
from timebank.activities.rules import Occasion
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.calendars.models import CalendarAddress
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import Proposal
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members import helping
from timebank.members.models import Member
from timebank.notices.models import Notice

HERE = "/b/fife/calendars"


@dataclass
class Week:
    """Joan, who comes to a walk, waits for a place at a supper with one, leads a choir, and has
    agreed with Tom that he helps her; ids."""

    joan: int
    tom: int
    walk: int
    supper: int
    choir: int
    help: int
    asked: int


@pytest.fixture
def week(app: Flask) -> Week:
    with app.app_context(), transaction() as session:
        bank, now = make_bank(session, slug="fife"), clock.now()
        joan, tom = (make_member(session, bank, name) for name in ("Joan Whitlock", "Tom Keane"))
        walk, supper, choir = (
            make_meeting(
                session,
                bank,
                make_activity(session, bank, title=title, resident_lead_id=lead),
                starts_at=now + timedelta(days=days),
                places=places,
            )
            for title, days, places, lead in (
                ("Walk", 2, None, None),
                ("Supper", 3, 1, None),
                ("Choir", 4, None, joan.id),
            )
        )
        signing.sign_up(session, bank, walk.id, joan.id, Act(actor(joan), now))
        for one in (tom, joan):
            signing.sign_up(session, bank, supper.id, one.id, Act(actor(one), now))
        agreed, asked = (
            exchanges_service.propose(
                session,
                bank,
                Proposal(
                    giver_id=tom.account_id,
                    receiver_id=joan.account_id,
                    title=title,
                    planned_on=now.date() + timedelta(days=5),
                ),
                Act(actor(joan), now),
            )
            for title in ("Kitchen tap", "Not yet")
        )
        exchanges_service.agree(session, bank, agreed.id, Act(actor(tom), now))
        return Week(joan.id, tom.id, walk.id, supper.id, choir.id, agreed.id, asked.id)


def make(browser: Browser) -> str:
    """The path of a new address, as the page says it."""
    page = browser.post(HERE, data={})
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    found = re.search(r"/b/fife/calendars/[\w-]{32}\.ics", page.text)
    assert found
    return found.group()


def events(app: Flask, path: str) -> dict[str, Any]:
    """What a phone that is not signed in reads there, by title."""
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    return {
        str(one["SUMMARY"]): one
        for one in icalendar.Calendar.from_ical(answer.get_data()).walk("VEVENT")
    }


def test_a_phone_reads_all_one_is_to_come_to_and_to_do(
    app: Flask, sign_in: Callable[..., Browser], week: Week
) -> None:
    path = make(sign_in(week.joan))
    found = events(app, path)
    assert {title: one["STATUS"] for title, one in found.items()} == {
        "Walk": "CONFIRMED",
        "Supper (you wait for a place)": "TENTATIVE",
        "Choir": "CONFIRMED",
        "Kitchen tap: Tom helps you": "CONFIRMED",
    }
    day = found["Kitchen tap: Tom helps you"]["DTSTART"].dt
    assert day == clock.now().date() + timedelta(days=5)
    assert "Keane" not in app.test_client().get(path).text
    assert set(events(app, make(sign_in(week.tom)))) == {"Supper", "Kitchen tap: you help Joan"}


def test_what_is_moved_or_called_off_moves_in_the_calendar_that_has_it(
    app: Flask, sign_in: Callable[..., Browser], week: Week
) -> None:
    path = make(sign_in(week.joan))
    before = {one["UID"]: one for one in events(app, path).values()}
    with app.app_context(), transaction() as session:
        bank, now = banks.by_slug(session, "fife"), clock.now()
        staff = Act(system(bank), now)
        moved = Occasion(now + timedelta(days=9), 60)
        activities_service.change_session(session, bank, week.walk, moved, staff)
        activities_service.call_off(session, bank, week.choir, staff, why="Tom Keane is ill.")
        tom = session.get_one(Member, week.tom)
        exchanges_service.cancel(session, bank, week.help, Act(actor(tom), now))
        signing.withdraw(
            session,
            bank,
            week.supper,
            week.joan,
            Act(actor(session.get_one(Member, week.joan)), now),
        )
    found = events(app, path)
    assert {
        title: (one["STATUS"], one["SEQUENCE"] > before[one["UID"]]["SEQUENCE"])
        for title, one in found.items()
    } == {
        "Walk": ("CONFIRMED", True),
        "Called off: Choir": ("CANCELLED", True),
        "Called off: Kitchen tap: Tom helps you": ("CANCELLED", True),
    }
    assert found["Walk"]["DTSTART"].dt.date() == (now + timedelta(days=9)).date()


def test_an_address_is_changed_ended_and_gone_with_its_owner(
    app: Flask, sign_in: Callable[..., Browser], week: Week
) -> None:
    joan = sign_in(week.joan)
    first = make(joan)
    second = make(joan)
    assert app.test_client().get(first).status_code == 404
    assert app.test_client().get(second).status_code == 200
    assert second not in joan.get(HERE).text
    with app.app_context(), transaction() as session:
        row = session.execute(select(CalendarAddress)).scalar_one()
        assert second.split("/")[-1].removesuffix(".ics") not in vars(row).values()
    assert joan.post(f"{HERE}/end", data={}).status_code == 303
    assert app.test_client().get(second).status_code == 404
    third = make(joan)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        by = Act(system(bank), clock.now())
        leaving_service.leave(session, bank, week.joan, FEATURES, Farewell(), by)
        assert session.execute(select(CalendarAddress)).first() is None
    assert app.test_client().get(third).status_code == 404
    assert app.test_client().get("/b/fife/calendars/guessed.ics").status_code == 404


def test_who_made_an_address_while_they_were_let_in_reads_nothing_by_it_afterwards(
    app: Flask, sign_in: Callable[..., Browser], week: Week
) -> None:
    """Whoever knew the password may have."""

    def signed_out(session: Session, bank: Bank, act: Act) -> None:
        access_service.sign_out_everywhere(session, bank, act)

    def other_password(session: Session, bank: Bank, act: Act) -> None:
        access_service.set_password(session, bank, week.joan, "marrows-and-mint", act)

    other = make(sign_in(week.tom))
    for end in (signed_out, other_password):
        path = make(sign_in(week.joan))
        assert events(app, path)
        with app.app_context(), transaction() as session:
            joan, bank = session.get_one(Member, week.joan), banks.by_slug(session, "fife")
            told = select(Notice.subject).where(Notice.addressee == f"member:{joan.id}")
            assert any("has a new address" in one for one in session.execute(told).scalars())
            end(session, bank, Act(actor(joan), clock.now()))
        assert app.test_client().get(path).status_code == 404
        assert "You have none yet." in sign_in(week.joan).get(HERE).text
    assert events(app, make(sign_in(week.joan)))
    assert events(app, other)


def test_the_address_stands_in_no_log(
    app: Flask, sign_in: Callable[..., Browser], week: Week, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = make(sign_in(week.joan))
    app.test_client().get(path)
    app.test_client().get(path + "x")
    key = path.split("/")[-1].removesuffix(".ics")
    assert caplog.records
    assert not any(key in record.getMessage() + str(vars(record)) for record in caplog.records)


def test_what_is_agreed_with_somebody_kept_apart_since_is_in_neither_calendar(
    app: Flask, sign_in: Callable[..., Browser], week: Week
) -> None:
    paths = [make(sign_in(one)) for one in (week.joan, week.tom)]
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        joan = session.get_one(Member, week.joan)
        helping.keep_apart(session, bank, week.joan, week.tom, Act(actor(joan), clock.now()))
    for path in paths:
        assert not any("Kitchen tap" in title for title in events(app, path))
