"""Who is kept apart is kept apart everywhere: every page, operation and command is found from the
code and walked."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.browsers import Browser
from tests.factories import actor, make_activity, make_meeting, system
from tests.town import Town, build
from timebank import clock
from timebank.act import Act
from timebank.activities import signing
from timebank.activities.models import Activity, ActivitySession
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.exchanges import gifts
from timebank.exchanges.models import Gift
from timebank.exchanges.rules import NewGift
from timebank.http import access_of
from timebank.members import helping
from timebank.members.models import Member

MARKS = ("Ravi", "Mehta", "ravi@example.org", "0999 000417", "RM-8417")
"""What nobody is to read of Ravi: his name, and how to reach him."""


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    """Joan and Ravi have helped, written to and met one another, and then Ravi asked to be kept
    apart from her."""
    town = build(app)
    with app.app_context(), transaction() as session:
        ravi = session.query(Member).filter_by(name="Ravi Mehta").one()
        bank = banks.by_slug(session, town.slug)
        session.execute(
            update(Member).where(Member.id == ravi.id).values(phone=MARKS[3], number=MARKS[4])
        )
        _meet_more(session, bank, session.get_one(Member, town.people["member"]), ravi)
        helping.keep_apart(
            session, bank, ravi.id, town.people["member"], Act(actor(ravi), clock.now())
        )
        for name, column in (
            ("activity_id", Activity.id),
            ("session_id", ActivitySession.id),
            ("gift_id", Gift.id),
        ):
            town.examples[name] = [*session.execute(select(column)).scalars()]
        accounts = session.execute(
            select(Member.account_id).where(Member.account_id.is_not(None)).order_by(Member.id)
        )
        town.examples |= {"account_id": [*accounts.scalars()], "filename": ["look.css"]}
    return town


def _meet_more(session: Session, bank: Bank, joan: Member, ravi: Member) -> None:
    """What else the two may have to do with one another: an activity that Ravi leads and Joan comes
    to, one that she leads and he comes to, and a gift with a few words."""
    act = Act(system(bank), clock.now())
    for lead, comer in ((ravi, joan), (joan, ravi)):
        circle = make_activity(
            session, bank, title=f"Circle {lead.id}", resident_lead_id=lead.id, act=act
        )
        starts_at = act.now + timedelta(days=5)
        gathering = make_meeting(session, bank, circle, starts_at=starts_at, act=act)
        signing.sign_up(session, bank, gathering.id, comer.id, act)
    gift = NewGift(ravi.account_id or 0, joan.account_id or 0, 15, "For the bulbs.")
    gifts.give(session, bank, gift, Act(actor(ravi), act.now))


def test_nothing_that_a_member_opens_names_who_is_kept_apart_from_them(
    app: Flask,
    town: Town,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
) -> None:
    joan = town.people["member"]
    browser, headers = sign_in(joan), bearer(joan)
    told, opened = set(), 0
    for rule, where in _reads(app, town):
        api = rule.rule.startswith("/api/")
        answer = browser.get(where, headers=headers if api else None, buffered=True)
        opened += answer.status_code == 200
        told |= {(where, mark) for mark in MARKS if mark.encode() in answer.data}
    assert opened > 100
    assert not told, "\n".join(f"{where} says {mark}" for where, mark in sorted(told))


def _reads(app: Flask, town: Town) -> Iterator[tuple[Rule, str]]:
    """Everything that a member may ask to be shown, at every address there is an example of."""
    for rule in app.url_map.iter_rules():
        mark = access_of(app.view_functions[rule.endpoint])
        if "GET" in (rule.methods or ()) and mark and mark.level in ("public", "member"):
            names = sorted(rule.arguments)
            unknown = [name for name in names if name not in town.examples]
            assert not unknown, f"Give `town` in {__name__} some {unknown} for {rule.rule}"
            for values in itertools.product(*(town.examples[name] for name in names)):
                built = rule.build(dict(zip(names, values, strict=True)), append_unknown=False)
                if built:
                    yield rule, built[1]
