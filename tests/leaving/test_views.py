"""Leaving, and taking one's data away, in a browser."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_group, make_member, make_organisation
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewGift
from timebank.ledger import queries as ledger
from timebank.members.models import Member

SignIn = Callable[..., Browser]


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: ana, who was given an hour and a half by ben; bo, a broker; co, a coordinator. eve is of
    another bank."""
    with app.app_context(), transaction() as session:
        bank, other = make_bank(session, slug="fife"), make_bank(session, slug="leith")
        made = {
            "ana": make_member(session, bank, "Ana Ray", phone="01632 960 101"),
            "ben": make_member(session, bank, "Ben"),
            "bo": make_member(session, bank, "Bo", role="broker"),
            "co": make_member(session, bank, "Co", role="coordinator"),
            "eve": make_member(session, other, "Eve", role="coordinator"),
        }
        ben, ana = made["ben"], made["ana"]
        from_id, to_id = ben.account_id or 0, ana.account_id or 0
        exchanges_service.give(
            session, bank, NewGift(from_id=from_id, to_id=to_id, minutes=90), Act(actor(ben), NOW)
        )
        return {name: member.id for name, member in made.items()} | {
            "partner": make_organisation(session, bank).id
        }


def _left(app: Flask, member_id: int) -> bool:
    with app.app_context(), transaction() as session:
        return session.get_one(Member, member_id).status == "left"


def _chest(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        return ledger.chest(session, fife).balance


@pytest.mark.parametrize(("hours", "in_the_chest"), [("chest", 90), ("stay", 0)])
def test_a_member_leaves_and_is_signed_out(
    app: Flask, people: dict[str, int], sign_in: SignIn, hours: str, in_the_chest: int
) -> None:
    browser = sign_in(people["ana"])
    page = browser.get("/b/fife/me/leave").text
    assert "What stays" in page
    assert "your 1½ hours" in page
    assert not _left(app, people["ana"])
    answer = browser.post("/b/fife/me/leave", data={"hours": hours}, follow_redirects=True)
    assert "Goodbye" in answer.text
    assert "Signed in as" not in answer.text
    assert _left(app, people["ana"])
    assert _chest(app) == in_the_chest
    assert "/sign-in" in browser.get("/b/fife/me").headers["Location"]


def test_hours_with_no_such_fate_are_asked_again(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    answer = sign_in(people["ana"]).post("/b/fife/me/leave", data={"hours": "burnt"})
    assert answer.status_code == 422
    assert "Choose what becomes of the hours" in answer.text
    assert not _left(app, people["ana"])


def test_the_last_coordinator_is_told_what_to_do_first(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    answer = sign_in(people["co"]).post("/b/fife/me/leave")
    assert answer.status_code == 409
    assert "Make somebody else coordinator first" in answer.text
    assert sign_in(people["co"]).get("/b/fife/me").status_code == 200


def test_who_takes_out_whom(app: Flask, people: dict[str, int], sign_in: SignIn) -> None:
    for who, whom, status in (
        ("ben", "ana", 403),
        ("eve", "ana", 404),
        ("bo", "co", 403),
        ("bo", "ana", 303),
        ("co", "bo", 303),
    ):
        answer = sign_in(people[who]).post(f"/b/fife/members/{people[whom]}/leave")
        assert answer.status_code == status, (who, whom)
    again = sign_in(people["co"]).get(f"/b/fife/members/{people['ana']}")
    assert "Former member" in again.text
    assert "Ana" not in again.text


def test_a_partnership_is_ended_by_a_coordinator(people: dict[str, int], sign_in: SignIn) -> None:
    url = f"/b/fife/organisations/{people['partner']}/close"
    for who, status in {"ben": 403, "bo": 403, "eve": 404, "co": 303}.items():
        assert sign_in(people[who]).post(url).status_code == status, who
    page = sign_in(people["bo"]).get(f"/b/fife/organisations/{people['partner']}").text
    assert "No longer a partner" in page


def test_ones_data_is_a_file_of_ones_own(people: dict[str, int], sign_in: SignIn) -> None:
    answer = sign_in(people["ana"]).get("/b/fife/me/data")
    assert answer.mimetype == "application/json"
    assert "fife-my-data.json" in answer.headers["Content-Disposition"]
    held = json.loads(answer.text)
    assert held["details"]["phone"] == "01632 960 101"
    assert held["gifts"][0]["from"] == "Ben"
    assert held["account"]["balance"] == 90
    assert "01632 960 101" not in sign_in(people["ben"]).get("/b/fife/me/data").text
    assert sign_in(people["eve"]).get("/b/fife/me/data").status_code == 404
    assert sign_in().get("/b/fife/me/data").status_code == 302


def test_a_group_is_closed_by_a_coordinator(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        group_id = make_group(session, fife, "Choir").id
    url = f"/b/fife/groups/{group_id}/close"
    assert "Close Choir?" in sign_in(people["co"]).get(url).text
    for who, status in {"ben": 403, "bo": 403, "eve": 404, "co": 303}.items():
        assert sign_in(people[who]).post(url).status_code == status, who
    assert "Closed, since" in sign_in(people["bo"]).get(f"/b/fife/groups/{group_id}").text
    assert "Choir" not in sign_in(people["ben"]).get("/b/fife/groups").text
