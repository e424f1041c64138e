"""A room that nobody below or above knows of is plugged in, and does all that a room does."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, render_template_string
from sqlalchemy import Integer, String, delete, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_group, make_member, system
from timebank.act import Act, Role
from timebank.app import FEATURES, create_app
from timebank.banks.models import Bank
from timebank.base import Base, Instant
from timebank.config import Config
from timebank.db import transaction
from timebank.feature import Feature, Way
from timebank.home import service as home_service
from timebank.http import access
from timebank.leaving import queries as leaving
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members.models import Member
from timebank.moving.plan import plan_of
from timebank.notices.models import Notice
from timebank.room import (
    Answer,
    FirstPage,
    Line,
    Link,
    News,
    Part,
    Reach,
    Row,
    Trace,
    Waiting,
)
from timebank.say import count, say

SignIn = Callable[..., Browser]

# ---- The room: a bank lends tools ----


class ToolBase(DeclarativeBase):
    """Tables that the application has no migration for."""


class Tool(ToolBase):
    """Something that a member or a group lends, by their account; `asked_by` is the member who
    would like to have it."""

    __tablename__ = "tool"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(Integer)
    asked_by: Mapped[int | None] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(80))
    since: Mapped[datetime] = mapped_column(Instant)


pages = Blueprint("tools", __name__, url_prefix="/b/<bank>/tools")


@pages.get("")
@access("member")
def index() -> str:
    """All tools."""
    return render_template_string(
        "{% extends 'layout/base.html' %}{% block title %}Tools{% endblock %}"
        "{% block main %}<h1>Tools</h1>{% endblock %}"
    )


@pages.get("/<int:tool_id>")
@access("member")
def show(tool_id: int) -> str:
    """One of them."""
    return index()


def _theirs(bank: Bank, account_id: int | None) -> tuple[Any, ...]:
    return Tool.bank_id == bank.id, Tool.account_id == account_id


def wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    session.execute(update(Tool).where(*_theirs(bank, account_id)).values(asked_by=None))


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    session.execute(delete(Tool).where(*_theirs(bank, member.account_id)))
    session.execute(update(Tool).where(Tool.asked_by == member.id).values(asked_by=None))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    names = select(Tool.name).where(*_theirs(bank, member.account_id))
    return {"tools": list(session.execute(names).scalars())}


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    asked = select(Tool).where(Tool.bank_id == bank.id, Tool.asked_by.is_not(None))
    if reach.mine:
        return []
    lines = [_line(tool) for tool in session.execute(asked).scalars()]
    heading, counted = (
        say("Tools asked for"),
        count("tool asked for", "tools asked for", len(lines)),
    )
    return [Waiting("tools", heading, counted, lines, len(lines))]


def _line(tool: Tool) -> Line:
    page = Link("tools.show", {"tool_id": tool.id})
    return Line(tool.name, page, tool.since.date(), answers=[Answer(say("Lend it"), page)])


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """What others ask to borrow waits; what one has asked for oneself is under way, and has a day
    on which it comes."""
    tools = session.execute(select(Tool).where(Tool.bank_id == bank.id)).scalars().all()
    lent = [_line(one) for one in tools if one.account_id == act.by.account_id]
    rows = [
        Row(one.name, Link("tools.show", {"tool_id": one.id}), at=one.since)
        for one in tools
        if one.asked_by == act.by.member_id
    ]
    question = Row(say("What could you lend?"), Link("tools.index"), icon="house")
    return FirstPage(lent, len(lent), rows, rows, questions=[question])


def digest(
    session: Session, bank: Bank, member_ids: Sequence[int], since: datetime, now: datetime
) -> Sequence[Part]:
    lately = Tool.since.between(since, now)
    rows = session.execute(select(Tool).where(Tool.bank_id == bank.id, lately))
    news = [News(tool.name, f"/tools/{tool.id}", tool.since) for tool in rows.scalars()]
    return [Part(say("Tools to borrow"), dict.fromkeys(member_ids, news), "/tools")]


TOOLS = Feature(
    "tools",
    pages=[pages],
    navigation=[Way(say("Tools"), "tools.index", {Role.MEMBER: 8})],
    wind_up=wind_up,
    forget=forget,
    export=export,
    waiting=waiting,
    first_page=first_page,
    digest=digest,
    traces=[Trace("tool.account_id", "tools"), Trace("tool.asked_by")],
)
ROOMS = (*FEATURES, TOOLS)

# ---- What becomes of it ----


@pytest.fixture(scope="module")
def _lent_app() -> Flask:
    config = Config(
        database_url="sqlite://",
        secret_key="for tests only " * 4,
        secure_cookies=False,
        base_url="http://localhost",
    )
    return create_app(config, ROOMS)


@pytest.fixture
def app(_lent_app: Flask, lend: Callable[..., Flask]) -> Flask:
    """The application with the room."""
    app = lend(_lent_app)
    with app.app_context(), transaction() as session:
        ToolBase.metadata.create_all(session.connection())
    return app


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: ana lends a drill that ben asks for; bo is a broker; the choir lends a piano that ana
    asks for."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        made = {
            "ana": make_member(session, bank, "Ana", email="ana@example.org"),
            "ben": make_member(session, bank, "Ben"),
            "bo": make_member(session, bank, "Bo", role="broker"),
        }
        choir = make_group(session, bank, "Choir")
        ana, ben = made["ana"], made["ben"]
        for owner, name, by in ((ana, "Drill", ben.id), (choir, "Piano", ana.id)):
            asked = {"account_id": owner.account_id, "asked_by": by, "since": NOW}
            session.add(Tool(bank_id=bank.id, name=name, **asked))
        return {name: member.id for name, member in made.items()} | {"choir": choir.id}


def bank_of(session: Session) -> Bank:
    return session.execute(select(Bank).filter_by(slug="fife")).scalar_one()


def asked_for(session: Session) -> dict[str, int | None]:
    session.expire_all()
    return {tool.name: tool.asked_by for tool in session.execute(select(Tool)).scalars()}


def test_what_waits_in_it_is_on_the_desk_and_on_the_first_page_with_its_answer(
    people: dict[str, int], sign_in: SignIn
) -> None:
    desk = sign_in(people["bo"]).get("/b/fife/desk").text
    assert "tools asked for" in desk
    assert "Drill" in desk
    assert "Piano" in desk
    first = sign_in(people["ana"]).get("/b/fife/").text
    assert "Drill" in first
    assert "Lend it" in first
    assert "/b/fife/tools/1" in first
    assert "1 thing waits for you" in first
    alone = sign_in(people["bo"]).get("/b/fife/desk?kind=tools").text
    assert "Tools asked for" in alone
    assert "Piano" in alone
    assert "Piano" not in sign_in(people["bo"]).get("/b/fife/desk?whose=mine").text
    assert "Lend it" not in sign_in(people["ben"]).get("/b/fife/").text


def test_what_it_brings_stands_in_its_part_of_the_first_page(
    people: dict[str, int], sign_in: SignIn
) -> None:
    page = " ".join(sign_in(people["ana"]).get("/b/fife/").text.split())
    parts = [page.index(f'id="{part}"') for part in ("new", "waiting", "under-way", "dates")]
    assert parts == sorted(parts)
    new, waiting, under_way, dates = parts
    assert new < page.index("What could you lend?") < waiting
    assert waiting < page.index("Lend it") < under_way
    # What has a day to come stands among the days alone.
    assert page.count(">Piano<") == 1
    assert dates < page.index(">Piano<")
    assert '<span class="vh">Thursday 12 November, </span>' in page


def test_it_stands_in_the_navigation_in_its_place(people: dict[str, int], sign_in: SignIn) -> None:
    page = sign_in(people["ana"]).get("/b/fife/tools").text
    assert '<a href="/b/fife/tools" aria-current="page"> <span>Tools</span>' in " ".join(
        page.split()
    )
    assert page.index("<span>Me</span>") < page.index("<span>Tools</span>")
    assert "<span>Tools</span>" not in sign_in(people["bo"]).get("/b/fife/desk").text


def test_what_is_new_in_it_is_in_the_weekly_letter(app: Flask, people: dict[str, int]) -> None:
    with app.app_context(), transaction() as session:
        bank = bank_of(session)
        week = {"week": "2026-W46", "after": 0, "base_url": "https://tb.example"}
        later = NOW + timedelta(minutes=1)
        home_service.write_digests(session, bank.id, ROOMS, **week, now=later)
        letter = session.execute(
            select(Notice).where(Notice.addressee == f"member:{people['ana']}")
        ).scalar_one()
        assert "Tools to borrow\n- Drill\n  https://tb.example/b/fife/tools/1\n" in letter.body
        assert letter.subject == "Your week: 2 other things that are new"


def test_it_is_told_of_to_who_takes_their_data_along_and_forgets_who_leaves(
    app: Flask, people: dict[str, int]
) -> None:
    with app.app_context(), transaction() as session:
        bank = bank_of(session)
        assert leaving.held(session, bank, people["ana"], ROOMS, now=NOW)["tools"] == ["Drill"]
        ana = session.get_one(Member, people["ana"])
        leaving_service.leave(session, bank, ana.id, ROOMS, Farewell(), Act(actor(ana), NOW))
        assert asked_for(session) == {"Piano": None}


def test_it_is_wound_up_with_a_group_that_ends(app: Flask, people: dict[str, int]) -> None:
    with app.app_context(), transaction() as session:
        bank = bank_of(session)
        act = Act(system(bank), NOW)
        leaving_service.close_group(session, bank, people["choir"], ROOMS, Farewell(), act)
        assert asked_for(session) == {"Drill": people["ben"], "Piano": None}


# ---- What goes along when a bank moves ----


def test_every_table_and_column_moves_or_says_why_not() -> None:
    """A new table is named by the `archive` of its room (`timebank/archive.py`): among what it
    `keeps` when the bank moves, or as left `behind` with the reason."""
    plan = plan_of(FEATURES)
    named = [what for room in FEATURES for what in room.archive.keeps]
    left = {one.what for one in plan.behind}
    tables = Base.metadata.tables
    assert len(named) == len(set(named))
    assert sorted({*tables} - {*named} - left) == []
    assert {*named} & left == set()
    for what in left | {*plan.tables}:
        table, _, column = what.partition(".")
        assert not column or column in tables[table].columns, what
        assert not column or table in named, what
    for name, kept in plan.tables.items():
        for column in tables[name].columns:
            if column.name == "bank_id" or f"{name}.{column.name}" in left:
                continue
            assert column.name in kept.columns, f"{name}.{column.name}"
            # An id that no key says whose it is would be somebody else's in another home.
            assert (
                not column.name.endswith("_id")
                or column.name in kept.ids
                or column.name in kept.lists
            ), f"{name}.{column.name}"
            secret = any(word in column.name for word in ("hash", "secret", "token", "password"))
            assert not secret or f"{name}.{column.name}" in {
                "fund_ballot.receipt_hash",
                "block.hash",
            }, f"{name}.{column.name} lets somebody in"
    assert all(str(one.why) for one in plan.behind)
