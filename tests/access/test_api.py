"""Keys and sign-ins by the API: seen and ended by whose they are, and keys by a coordinator."""

from datetime import timedelta

import pytest

from tests.factories import actor, make_bank, make_member
from timebank import clock
from timebank.access import service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act, Role
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.members import service as members_service
from timebank.members.models import Member


@pytest.fixture
def people(app) -> dict[str, int]:
    """Joan and Tom, a broker, a coordinator, and the coordinator of another bank."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        other = make_bank(session, name="Other", slug="other")
        return {
            "bank": bank.id,
            "joan": make_member(session, bank, "Joan", number="1").id,
            "tom": make_member(session, bank, "Tom").id,
            "ben": make_member(session, bank, "Ben", role="broker").id,
            "owen": make_member(session, bank, "Owen", role="coordinator").id,
            "ida": make_member(session, other, "Ida", role="coordinator").id,
        }


@pytest.fixture
def client(app):
    return app.test_client()


def plain_key(app, member_id) -> dict[str, str]:
    """A key made without a second factor."""
    with app.app_context(), transaction() as session:
        member = session.get_one(Member, member_id)
        bank, act = session.get_one(Bank, member.bank_id), Act(actor(member), clock.now())
        secret = service.make_token(
            session, bank, member.id, NewToken("x", Scope.WRITE), act, staff=False
        )
    return {"Authorization": f"Bearer {secret}"}


def test_ones_own_keys_are_listed_and_ended(client, people, bearer):
    one, another = bearer(people["joan"]), bearer(people["joan"])
    keys = client.get("/api/v1/me/keys", headers=one).json["items"]
    assert len(keys) == 2
    assert {key["scope"] for key in keys} == {"write"}
    assert "token_hash" not in keys[0]
    for who, status in (("tom", 404), ("ben", 404), ("ida", 404)):
        answer = client.delete(f"/api/v1/me/keys/{keys[1]['id']}", headers=bearer(people[who]))
        assert answer.status_code == status, who
    assert client.delete(f"/api/v1/me/keys/{keys[1]['id']}", headers=another).status_code == 204
    refused = client.get("/api/v1/me", headers=one)
    assert refused.status_code == 401
    assert "taken away by its owner" in refused.json["message"]
    assert client.get("/api/v1/me", headers=another).status_code == 200


def test_a_coordinator_sees_and_ends_everybodys_keys(client, people, bearer):
    hers, owens = bearer(people["joan"]), bearer(people["owen"])
    keys = client.get("/api/v1/keys", headers=owens).json["items"]
    assert [key["member"]["name"] for key in keys] == ["Joan", "Owen"]
    assert client.get("/api/v1/keys", headers=bearer(people["ben"])).status_code == 403
    elsewhere = client.delete(f"/api/v1/keys/{keys[0]['id']}", headers=bearer(people["ida"]))
    assert elsewhere.status_code == 404
    assert client.delete(f"/api/v1/keys/{keys[0]['id']}", headers=owens).status_code == 204
    assert "coordinator" in client.get("/api/v1/me", headers=hers).json["message"]


def test_a_key_that_has_run_out_is_refused_in_words(client, people, bearer, monkeypatch):
    headers, later = bearer(people["joan"]), clock.now() + timedelta(days=366)
    monkeypatch.setattr(clock, "now", lambda: later)
    refused = client.get("/api/v1/me", headers=headers)
    assert refused.status_code == 401
    assert "time of this key has run out" in refused.json["message"]


def test_a_members_key_is_not_a_brokers_after_a_promotion(app, client, people, bearer):
    hers = bearer(people["joan"])
    with app.app_context(), transaction() as session:
        bank, owen = session.get_one(Bank, people["bank"]), session.get_one(Member, people["owen"])
        act = Act(actor(owen), clock.now())
        members_service.set_role(session, bank, people["joan"], Role.BROKER, act)
    refused = client.get("/api/v1/members", headers=hers)
    assert refused.status_code == 401
    assert "role changed" in refused.json["message"]


def test_a_key_of_the_staff_made_without_a_second_factor_is_a_members(app, client, people):
    headers = plain_key(app, people["ben"])
    assert client.get("/api/v1/me", headers=headers).json["role"] == "member"
    refused = client.get("/api/v1/members", headers=headers)
    assert refused.status_code == 403
    assert "without a second factor" in refused.json["message"]
    assert client.get(f"/api/v1/members/{people['joan']}", headers=headers).status_code == 403


def test_ones_sign_ins_are_listed_and_ended(client, people, bearer, sign_in):
    browser, headers = sign_in(people["joan"]), bearer(people["joan"])
    (one,) = client.get("/api/v1/me/sign-ins", headers=headers).json["items"]
    assert one["how"] == "password"
    where = f"/api/v1/me/sign-ins/{one['id']}"
    for who in ("tom", "owen", "ida"):
        assert client.delete(where, headers=bearer(people[who])).status_code == 404, who
    assert client.delete(where, headers=headers).status_code == 204
    assert client.delete(where, headers=headers).status_code == 404
    assert browser.get("/b/fife/me").headers["Location"].startswith("/sign-in")


# ---- Rations ----


def test_applications_are_rationed_and_what_was_written_is_kept(client, people, sign_in):
    browser = sign_in()
    for number in range(20):
        asked = {"name": f"Nan {number}", "phone": "01592 000 000"}
        assert browser.post("/b/fife/join", data=asked).status_code == 303
    last = {"name": "Nan the last", "phone": "01592 000 001"}
    answer = browser.post("/b/fife/join", data=last)
    assert answer.status_code == 429
    assert 'value="Nan the last"' in answer.text
    assert 'value="01592 000 001"' in answer.text
    assert "ring your broker" in answer.text
    elsewhere = browser.post(
        "/b/fife/join", data=last, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert elsewhere.status_code == 303
