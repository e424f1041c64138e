"""What programs see of the calls and letters that wait, and say of them."""

import pytest

from tests.factories import make_bank, make_member, make_notice, system
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.members import acts
from timebank.members import service as members_service
from timebank.members.rules import Wishes


@pytest.fixture
def people(app):
    """Ids: joan is rung, tom written to; bo is a broker."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        made = {
            "joan": make_member(session, bank, "Joan", phone="01632 960 187"),
            "tom": make_member(session, bank, "Tom", address="2 Bow Street"),
            "bo": make_member(session, bank, "Bo", role="broker", email="bo@example.org"),
        }
        members_service.set_preference(
            session, bank, made["tom"].id, Wishes(channel="letter"), Act(system(bank), clock.now())
        )
        for name in ("joan", "tom"):
            notice = make_notice(f"Dear {name}", "Ana said yes.")
            acts.tell(session, bank, made[name].id, notice, now=clock.now())
        return {name: member.id for name, member in made.items()}


def waiting(client, headers, query=""):
    answer = client.get(f"/api/v1/notices{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_calls_and_letters_that_wait_say_where_people_are_reached(sign_in, bearer, people):
    client, headers = sign_in(), bearer(people["bo"])
    call, letter = waiting(client, headers)["items"]
    assert [
        call[part]
        for part in ("channel", "member", "name", "phone", "address", "subject", "body", "told_at")
    ] == [
        *("call", people["joan"], "Joan", "01632 960 187", None, "Dear joan", "Ana said yes.", None)
    ]
    assert [letter[part] for part in ("channel", "member", "phone", "address")] == [
        "letter",
        people["tom"],
        None,
        "2 Bow Street",
    ]
    assert waiting(client, headers, "?channel=letter")["items"] == [letter]
    first = waiting(client, headers, "?limit=1")
    assert first == {"items": [call], "next": call["id"]}
    assert waiting(client, headers, f"?limit=1&cursor={first['next']}") == {
        "items": [letter],
        "next": None,
    }
    assert client.get("/api/v1/notices?channel=email", headers=headers).status_code == 422


def test_what_was_told_is_off_the_list_and_the_first_word_counts(app, sign_in, bearer, people):
    client, headers = sign_in(), bearer(people["bo"])
    call, letter = waiting(client, headers)["items"]
    answers = [client.post(f"/api/v1/notices/{call['id']}/told", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json["told_at"] == answers[1].json["told_at"] is not None
    assert waiting(client, headers)["items"] == [letter]


def test_an_email_is_nobodys_to_pass_on(app, sign_in, bearer, people):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        cy = make_member(session, bank, "Cy", email="cy@example.org")
        acts.tell(session, bank, cy.id, make_notice("Hello"), now=clock.now())
    client, headers = sign_in(), bearer(people["bo"])
    call, letter = waiting(client, headers)["items"]
    answer = client.post(
        f"/api/v1/notices/{max(call['id'], letter['id']) + 1}/told", headers=headers
    )
    assert (answer.status_code, answer.json["code"]) == (409, "not_a_call")


def test_a_stack_of_slips_goes_in_each_for_itself(app, sign_in, bearer, people):
    client, headers = sign_in(), bearer(people["bo"])
    slip = {
        "occurred_on": clock.now().date().isoformat(),
        "giver": f"member:{people['joan']}",
        "receiver": f"member:{people['tom']}",
        "minutes": "1:30",
        "title": "Hedge",
    }
    stack = {
        "slips": [
            slip | {"slip": "3001"},
            slip | {"slip": "3002", "giver": "no:999"},
            slip | {"slip": "3001"},
        ]
    }
    items = client.post("/api/v1/slips", json=stack, headers=headers).json["items"]
    assert [one["exchange"] is not None for one in items] == [True, False, False]
    assert (items[0]["giver"]["name"], items[0]["code"], items[0]["fields"]) == ("Joan", None, {})
    assert "We know nobody called “no:999”" in items[1]["fields"]["giver"]
    assert "stands on this sheet twice" in items[2]["message"]
    assert client.post("/api/v1/slips", json={"slips": []}, headers=headers).status_code == 422
    assert (
        client.post("/api/v1/slips", json=stack, headers=bearer(people["tom"])).status_code == 403
    )
