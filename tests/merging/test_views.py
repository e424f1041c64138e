"""Two members who are one person, in a browser and for programs."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.errors import NotFound
from timebank.exchanges import service as exchanges_service
from timebank.ledger import queries as ledger
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.merging.cli import merging

SignIn = Callable[..., Browser]


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: joan, who is written in twice, the second time as twin, with an hour of hers; ben; bo, a
    broker; co, a coordinator. eve is a coordinator of another bank."""
    with app.app_context(), transaction() as session:
        bank, other = make_bank(session, slug="fife"), make_bank(session, slug="leith")
        made = {
            "joan": make_member(session, bank, "Joan Whitlock", number="1", phone="01632 960 101"),
            "twin": make_member(session, bank, "Joan Whitlock", number="7", phone="01632 960 101"),
            "ben": make_member(session, bank, "Ben Cole", number="2"),
            "bo": make_member(session, bank, "Bo", role="broker"),
            "co": make_member(session, bank, "Co", role="coordinator"),
            "eve": make_member(session, other, "Eve", role="coordinator"),
        }
        tea = make_logged_exchange(session, bank, made["twin"], made["ben"], 60, title="Tea")
        exchanges_service.confirm(session, bank, tea.id, Act(actor(made["ben"]), NOW))
        return {name: member.id for name, member in made.items()}


def balance(app: Flask, member_id: int) -> int:
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        member = session.get_one(Member, member_id)
        return ledger.balance(session, fife, member.account_id or 0)


def test_from_the_members_page_to_one_and_back(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    joan, twin = people["joan"], people["twin"]
    browser = sign_in(people["co"])
    shown = browser.get(f"/b/fife/members/{joan}").text
    assert "The same person is written in twice" in shown
    asked = browser.get(f"/b/fife/merging/{joan}").text
    address = f"/b/fife/merging/{twin}/{joan}"
    assert address in asked
    preview = browser.get(address).text
    assert "1 exchange" in preview
    assert "The balance of Joan Whitlock is 1 h then." in preview
    assert balance(app, twin) == 60

    unsaid = browser.post(address, data={"stays": joan, "why": ""})
    assert unsaid.status_code == 422
    assert "Write how you know that they are one person" in unsaid.text
    done = browser.post(address, data={"stays": joan, "why": "She has one telephone."})
    assert done.status_code == 303
    page = browser.get(done.location).text
    assert "Done: number 7 is Joan Whitlock, number 1, from now on." in page
    assert "Number 7 is this member too" in page
    assert (balance(app, joan), balance(app, twin)) == (60, 0)
    assert "Turned out to be the same person as" in browser.get(f"/b/fife/members/{twin}").text
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        (merge,) = members.merges(session, fife)
        undo = f"/b/fife/merging/undo/{merge.id}"
    assert "two people after all" in browser.get(undo).text
    back = browser.post(undo)
    assert back.status_code == 303
    assert "Joan Whitlock is number 7 again." in browser.get(back.location).text
    assert (balance(app, joan), balance(app, twin)) == (0, 60)
    assert browser.post(undo).status_code == 409


def test_whoever_is_written_there_is_found_and_the_other_way_round_is_a_link(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    joan, ben, co = people["joan"], people["ben"], people["co"]
    browser = sign_in(co)
    found = browser.post(f"/b/fife/merging/{joan}", data={"who": "2"})
    assert found.location.endswith(f"/b/fife/merging/{ben}/{joan}")
    assert browser.post(f"/b/fife/merging/{joan}", data={"who": "nobody"}).status_code == 422
    staff = browser.get(f"/b/fife/merging/{people['bo']}/{joan}").text
    assert "is one of the staff" in staff
    assert f"/b/fife/merging/{joan}/{people['bo']}" in staff


def test_nobody_but_a_coordinator_of_the_bank_may(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    joan, twin = people["joan"], people["twin"]
    address = f"/b/fife/merging/{twin}/{joan}"
    for who, status in (("bo", 403), ("ben", 403), ("eve", 404)):
        browser = sign_in(people[who])
        assert browser.get(address).status_code == status
        assert browser.post(address, data={"stays": joan, "why": "So."}).status_code == status
    assert balance(app, twin) == 60


def test_programs_look_do_and_undo(app: Flask, people: dict[str, int], bearer) -> None:
    client, joan, twin = app.test_client(), people["joan"], people["twin"]
    by = bearer(people["co"])
    seen = client.get(f"/api/v1/members/{twin}/merge/{joan}", headers=by).json
    assert seen == {
        "refused": [],
        "merged": {
            "goes": twin,
            "stays": joan,
            "number": "7",
            "carried": ["1 exchange"],
            "rebooked": 1,
            "stayed": 0,
            "balance": 60,
        },
    }
    order = {"stays": joan, "why": "One telephone."}
    address = f"/api/v1/members/{twin}/merge"
    assert client.post(address, json=order, headers=bearer(people["bo"])).status_code == 403
    done = client.post(address, json=order, headers=by)
    assert done.status_code == 200
    again = client.post(address, json=order, headers=by)
    assert again.status_code == 409
    undone = client.post(f"/api/v1/merges/{done.json['id']}/undoing", headers=by).json
    assert undone == {"goes": twin, "number": "7", "lost": {}}


def test_on_the_command_line(app: Flask, people: dict[str, int]) -> None:
    def run(*words: str) -> Result:
        with app.app_context():
            return app.test_cli_runner().invoke(merging, [*words, "--bank", "fife"])

    tried = run("merge", "7", "--into", "1", "--dry-run").output
    assert "Would make number 7 one with Joan Whitlock" in tried
    assert balance(app, people["twin"]) == 60
    done = run("merge", "7", "--into", "1", "--why", "One telephone.").output
    assert "balance 1 h, entries booked anew 1" in done
    assert balance(app, people["joan"]) == 60
    assert "Joan Whitlock is number 7 again." in run("undo", "7").output
    assert isinstance(run("undo", "7").exception, NotFound)
