"""What the privacy page says of who sees what: every page is walked as a member of the bank."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.pages import pages
from tests.town import Town, build
from timebank.db import transaction
from timebank.members.models import Helper, Member


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    return build(app)


@pytest.fixture
def strangers(app: Flask, town: Town) -> list[int]:
    """Everybody but the member who looks and those they act for, each with ways to reach them that
    stand nowhere else."""
    reader = town.people["member"]
    with app.app_context(), transaction() as session:
        return _mark(session, reader)


def _mark(session: Session, reader: int) -> list[int]:
    helped = select(Helper.member_id).where(Helper.helper_id == reader)
    others = session.execute(
        select(Member.id).where(Member.id != reader, Member.id.not_in(helped))
    ).scalars()
    marked = list(others)
    for member_id in marked:
        session.execute(
            update(Member)
            .where(Member.id == member_id)
            .values(
                email=f"mark{member_id}@marked.example",
                phone=f"0999 {member_id:06}",
                address=f"{member_id} Marked Lane",
            )
        )
    return marked


def test_no_page_tells_a_member_how_to_reach_another(
    app: Flask, town: Town, sign_in: Callable[..., Browser], strangers: list[int]
) -> None:
    told = {
        (address, mark)
        for _, address, html in pages(app, town, "member", sign_in(town.people["member"]))
        for mark in ("@marked.example", "0999 ", "Marked Lane")
        if mark in html
    }
    assert strangers
    assert told == set()
