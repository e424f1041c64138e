"""Members and organisations, as programs see them."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories import NOW, actor, make_bank, make_group, make_member, make_organisation
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.members import helping, partners
from timebank.members.models import Member
from timebank.members.rules import NewContact

Bearer = Callable[..., dict[str, str]]

CONTACT = {
    "email": "ana@example.org",
    "phone": "01632 960 101",
    "address": "1 Row",
    "date_of_birth": NOW.date().replace(year=1950),
}


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: ana, whom ben helps; cy, a stranger; bo, a broker; co, a coordinator. eve is a
    coordinator of another bank."""
    with app.app_context(), transaction() as session:
        bank, other = make_bank(session, slug="fife"), make_bank(session, slug="leith")
        made = {
            "ana": make_member(session, bank, "Ana", **CONTACT),
            "ben": make_member(session, bank, "Ben"),
            "cy": make_member(session, bank, "Cy"),
            "bo": make_member(session, bank, "Bo", role="broker"),
            "co": make_member(session, bank, "Co", role="coordinator"),
            "eve": make_member(session, other, "Eve", role="coordinator"),
        }
        helping.grant_helper(
            session, bank, made["ana"].id, made["ben"].id, Act(actor(made["ana"]), NOW)
        )
        make_group(session, bank, "Walkers", [made["ana"], made["cy"]])
        return {name: member.id for name, member in made.items()}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_contact_details_go_to_the_member_and_the_staff_only(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    for who, status, told in (
        ("ana", 200, True),
        ("bo", 200, True),
        ("co", 200, True),
        ("ben", 200, False),
        ("cy", 403, False),
        ("eve", 404, False),
    ):
        answer = client.get(f"/api/v1/members/{people['ana']}", headers=bearer(people[who], "read"))
        assert answer.status_code == status, who
        assert ("01632 960 101" in answer.text) == told, who
        assert ("1950" in answer.text) == told, who
    assert client.get(f"/api/v1/members/{people['ana']}").status_code == 401


def test_the_list_is_for_brokers_and_comes_in_pages(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    assert client.get("/api/v1/members", headers=bearer(people["ana"])).status_code == 403
    headers = bearer(people["bo"], "read")
    names: list[str] = []
    url: str | None = "/api/v1/members?limit=2"
    while url:
        page = client.get(url, headers=headers).get_json()
        names += [member["name"] for member in page["items"]]
        url = f"/api/v1/members?limit=2&cursor={page['next']}" if page["next"] else None
    assert names == ["Ana", "Ben", "Bo", "Co", "Cy"]
    assert (
        client.get("/api/v1/members?q=an", headers=headers).get_json()["items"][0]["balance"] == 0
    )
    assert client.get("/api/v1/members?status=dead", headers=headers).status_code == 422
    assert client.get(f"/api/v1/members?cursor={people['eve']}", headers=headers).status_code == 404


def test_a_broker_writes_a_member_in_once_per_key(
    app: Flask, client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    headers = bearer(people["bo"]) | {"Idempotency-Key": "k1"}
    first = client.post("/api/v1/members", json={"name": "Joan", "number": "J1"}, headers=headers)
    again = client.post("/api/v1/members", json={"name": "Joan", "number": "J1"}, headers=headers)
    assert (first.status_code, first.get_json()) == (201, again.get_json())
    assert (first.get_json()["number"], first.get_json()["status"]) == ("J1", "active")
    with app.app_context(), transaction() as session:
        assert (
            session.execute(
                select(func.count()).select_from(Member).where(Member.name == "Joan")
            ).scalar()
            == 1
        )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "J", "date_of_birth": "2026-02-31"}, "date_of_birth"),
        ({"name": "J", "date_of_birth": "2150-01-01"}, "date_of_birth"),
        ({"name": "J", "email": "nowhere"}, "email"),
        ({"name": "J", "capacity": "boss"}, "capacity"),
        ({"name": "J", "number": "1"}, "number"),
        ({"name": "J", "balance": 600}, "balance"),
        ({"name": "J" * 121}, "name"),
    ],
)
def test_what_cannot_be_right_is_named(
    client: FlaskClient, people: dict[str, int], bearer: Bearer, body: dict[str, object], field: str
) -> None:
    answer = client.post("/api/v1/members", json=body, headers=bearer(people["bo"]))
    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]) == [field]


def test_who_may_write_in_and_whom(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    for who, body, status in (
        ("ana", {"name": "J"}, 403),
        ("bo", {"name": "J", "role": "broker"}, 403),
        ("co", {"name": "J", "role": "broker"}, 201),
    ):
        assert (
            client.post("/api/v1/members", json=body, headers=bearer(people[who])).status_code
            == status
        )
    assert (
        client.post(
            "/api/v1/members", json={"name": "J"}, headers=bearer(people["bo"], "read")
        ).status_code
        == 403
    )


def test_who_may_change_what(client: FlaskClient, people: dict[str, int], bearer: Bearer) -> None:
    ana = f"/api/v1/members/{people['ana']}"
    for who, body, status in (
        ("ana", {"about": "Sings."}, 200),
        ("ana", {"phone": "1"}, 403),
        ("ana", {"number": "A1"}, 403),
        ("ana", {"role": "broker"}, 403),
        ("ana", {"floor": None}, 403),
        ("ana", {"status": "paused"}, 403),
        ("ben", {"phone": "2"}, 403),
        ("cy", {}, 403),
        ("cy", {"phone": "2"}, 403),
        ("bo", {"number": "A1", "status": "paused"}, 200),
        ("bo", {"role": "broker"}, 403),
        ("bo", {"floor": -60}, 403),
        ("eve", {"phone": "3"}, 404),
        ("co", {"role": "broker", "status": "active", "floor": -60, "why": "So."}, 200),
        ("bo", {"phone": "4"}, 403),
    ):
        answer = client.patch(ana, json=body, headers=bearer(people[who]))
        assert answer.status_code == status, (who, body, answer.text)
    member = client.get(ana, headers=bearer(people["co"])).get_json()
    wanted = {
        "about": "Sings.",
        "number": "A1",
        "role": "broker",
        "status": "active",
        "floor": -60,
        "ceiling": None,
    }
    assert member | wanted == member
    assert member["email"] == "ana@example.org"


def test_a_change_is_made_whole_or_not_at_all(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    ana = f"/api/v1/members/{people['ana']}"
    answer = client.patch(
        ana, json={"about": "Sings.", "role": "broker"}, headers=bearer(people["ana"])
    )
    assert answer.status_code == 403
    kept = client.get(ana, headers=bearer(people["ana"])).get_json()
    assert kept["about"] is None
    cleared = client.patch(
        ana, json={"phone": None, "email": ""}, headers=bearer(people["bo"])
    ).get_json()
    assert (cleared["phone"], cleared["email"]) == (None, None)


def test_partners_are_known_to_members_of_their_bank(
    app: Flask, client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        partner = make_organisation(session, fife)
        partners.add_contact(
            session,
            fife,
            partner.id,
            NewContact("Dr Lane", phone="01632 1"),
            Act(actor(session.get_one(Member, people["bo"])), NOW),
        )
    answer = client.get("/api/v1/organisations", headers=bearer(people["ana"], "read"))
    assert [partner["name"] for partner in answer.get_json()["items"]] == ["Surgery"]
    assert "Lane" not in answer.text
    assert (
        client.get("/api/v1/organisations", headers=bearer(people["eve"])).get_json()["items"] == []
    )
    assert (
        client.post(
            "/api/v1/organisations", json={"name": "Shop"}, headers=bearer(people["ana"])
        ).status_code
        == 403
    )
    assert (
        client.post(
            "/api/v1/organisations", json={"name": "Shop"}, headers=bearer(people["bo"])
        ).status_code
        == 201
    )
    assert (
        client.post(
            "/api/v1/organisations", json={"name": "Shop"}, headers=bearer(people["bo"])
        ).status_code
        == 422
    )


def test_groups_are_known_to_members_and_their_hours_to_those_in_them(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    here, headers = (
        "/api/v1/groups",
        {name: bearer(member_id) for name, member_id in people.items()},
    )
    assert client.post(here, json={"name": "Choir"}, headers=headers["ana"]).status_code == 403
    made = client.post(
        here, json={"name": "Choir", "about": "We sing."}, headers=headers["bo"]
    ).get_json()
    assert (made["balance"], made["floor"], made["closed_at"]) == (0, -600, None)
    one = f"{here}/{made['id']}"
    assert (
        client.post(f"{one}/people", json={"member": "no:999"}, headers=headers["bo"]).status_code
        == 422
    )
    taken_in = client.post(
        f"{one}/people", json={"member": f"member:{people['ana']}"}, headers=headers["bo"]
    )
    assert (taken_in.status_code, taken_in.get_json()["member"]) == (201, people["ana"])
    for who, balance in {"ana": 0, "cy": None, "bo": 0}.items():
        assert client.get(one, headers=headers[who]).get_json()["balance"] == balance
        assert client.get(here, headers=headers[who]).get_json()["items"][0]["balance"] == balance
        assert client.get(f"{one}/people", headers=headers[who]).status_code == (
            403 if balance is None else 200
        )
    assert [
        person["name"]
        for person in client.get(f"{one}/people", headers=headers["ana"]).get_json()["items"]
    ] == ["Ana"]
    for what in ("", "/people"):
        assert client.get(f"{one}{what}", headers=headers["eve"]).status_code == 404
    assert client.get(here, headers=headers["eve"]).get_json()["items"] == []


def test_a_group_is_changed_left_and_closed(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    here, bo, co = "/api/v1/groups", bearer(people["bo"]), bearer(people["co"])
    group_id = client.post(
        here, json={"name": "Choir", "about": "We sing."}, headers=bo
    ).get_json()["id"]
    one = f"{here}/{group_id}"
    client.post(f"{one}/people", json={"member": f"member:{people['ana']}"}, headers=bo)
    assert client.patch(one, json={"name": "Band", "floor": 0}, headers=bo).status_code == 403
    changed = client.patch(
        one, json={"name": "Band", "floor": 0, "why": "So."}, headers=co
    ).get_json()
    assert (changed["name"], changed["about"], changed["floor"], changed["ceiling"]) == (
        "Band",
        "We sing.",
        0,
        None,
    )
    ana = f"{one}/people/{people['ana']}"
    for who, status in (("cy", 403), ("eve", 404), ("ben", 204), ("ana", 404)):
        assert client.delete(ana, headers=bearer(people[who])).status_code == status, who
    assert client.post(f"{one}/closing", json={}, headers=bo).status_code == 403
    assert client.post(f"{one}/closing", json={"hours": "burnt"}, headers=co).status_code == 422
    assert client.post(f"{one}/closing", json={}, headers=co).status_code == 204
    assert client.get(one, headers=bo).get_json()["closed_at"] is not None
    left = client.get(here, headers=bo).get_json()["items"]
    assert [group["name"] for group in left] == ["Walkers"]
    assert client.post(f"{one}/closing", json={}, headers=co).status_code == 409


def test_a_helper_is_named_listed_and_ended(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    here, ana = f"/api/v1/members/{people['ana']}/helpers", bearer(people["ana"])
    named = client.post(
        here, json={"helper": f"member:{people['cy']}", "relation": "niece"}, headers=ana
    ).get_json()
    assert (named["helper"]["name"], named["relation"]) == ("Cy", "niece")
    listed = client.get(here, headers=ana).get_json()["items"]
    assert named in listed
    assert client.get(here, headers=bearer(people["eve"])).status_code == 404
    elsewhere = f"/api/v1/members/{people['bo']}/helpers/{named['id']}"
    assert client.delete(elsewhere, headers=bearer(people["bo"])).status_code == 404
    assert client.delete(f"{here}/{named['id']}", headers=ana).status_code == 204
    assert named not in client.get(here, headers=ana).get_json()["items"]


def test_somebody_is_kept_apart_and_nobody_else_reads_it(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    here, ana = f"/api/v1/members/{people['ana']}/apart", bearer(people["ana"])
    kept = client.post(here, json={"other": f"member:{people['cy']}"}, headers=ana).get_json()
    assert kept["other"]["party"] == f"member:{people['cy']}"
    assert client.get(here, headers=bearer(people["cy"])).status_code == 403
    assert client.get(here, headers=ana).get_json()["items"] == [kept]
    assert client.delete(f"{here}/{kept['id']}", headers=ana).status_code == 204
    assert client.get(here, headers=ana).get_json()["items"] == []


def test_a_partner_is_changed_and_has_people_who_speak_for_it(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    bo = bearer(people["bo"])
    made = client.post("/api/v1/organisations", json={"name": "Library"}, headers=bo).get_json()
    here = f"/api/v1/organisations/{made['id']}"
    changed = client.patch(here, json={"about": "Open on Mondays."}, headers=bo).get_json()
    assert (changed["name"], changed["about"]) == ("Library", "Open on Mondays.")
    contact = client.post(
        f"{here}/contacts", json={"member": f"member:{people['ana']}"}, headers=bo
    ).get_json()
    assert contact["member"] == people["ana"]
    me = client.get("/api/v1/me", headers=bearer(people["ana"])).get_json()
    assert made["party"] in [party["party"] for party in me["acts_for"]]
    assert client.get(f"{here}/contacts", headers=bearer(people["ana"])).status_code == 403
    assert client.delete(f"{here}/contacts/{contact['id'] + 1}", headers=bo).status_code == 404
    assert client.delete(f"{here}/contacts/{contact['id']}", headers=bo).status_code == 204
    assert client.get(f"{here}/contacts", headers=bo).get_json()["items"] == []


def test_the_staff_are_asked_when_a_change_makes_somebody_who_is_here(
    client: FlaskClient, people: dict[str, int], bearer: Bearer
) -> None:
    cy, bo = f"/api/v1/members/{people['cy']}", bearer(people["bo"])
    change = {"email": CONTACT["email"], "about": "Sings"}
    asked = client.patch(cy, json=change, headers=bo)
    assert (asked.status_code, asked.json["code"]) == (409, "known_already")
    assert [one["party"] for one in asked.json["candidates"]] == [f"member:{people['ana']}"]
    assert client.patch(cy, json=change | {"another": True}, headers=bo).json["about"] == "Sings"
    # What they were alike in before is not asked about anew.
    assert client.patch(cy, json={"area": "Leith"}, headers=bo).status_code == 200
    # Whoever changes their own learns nothing of who else is here.
    name = {"name": "Ben", "date_of_birth": "1950-01-02"}
    assert client.patch(cy, json=name, headers=bearer(people["cy"])).status_code == 200
    ben = f"/api/v1/members/{people['ben']}"
    born = client.patch(ben, json={"date_of_birth": "1950-01-02"}, headers=bo)
    assert born.json["code"] == "known_already"
