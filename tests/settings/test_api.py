"""The bank's rules, as programs of its coordinator see and change them."""

from tests.factories import make_bank, make_member
from timebank.db import transaction


def test_a_rule_is_changed_and_the_others_stay(app, bearer):
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        owen = make_member(session, bank, "Owen", role="coordinator").id
        ana = make_member(session, bank, "Ana").id
    client, headers = app.test_client(), bearer(owen)
    before = client.get("/api/v1/settings", headers=headers).json
    change = {"member_floor": -300}
    unsaid = client.patch("/api/v1/settings", json=change, headers=headers)
    assert (unsaid.status_code, list(unsaid.json["fields"])) == (422, ["why"])
    explained = change | {"why": "Ten hours frighten people."}
    after = client.patch("/api/v1/settings", json=explained, headers=headers).json
    assert after == before | {"member_floor": -300}
    wrong = client.patch("/api/v1/settings", json={"member_floor": 300}, headers=headers)
    assert (wrong.status_code, list(wrong.json["fields"])) == (422, ["member_floor", "why"])
    assert client.get("/api/v1/settings", headers=bearer(ana)).status_code == 403


def test_what_counts_when_people_are_matched_is_said_anew(app, bearer):
    with app.app_context(), transaction() as session:
        owen = make_member(session, make_bank(session), "Owen", role="coordinator").id
    client, headers = app.test_client(), bearer(owen)
    weights = client.get("/api/v1/match-weights", headers=headers).json
    changed = client.put("/api/v1/match-weights", json=weights | {"near": 9}, headers=headers)
    assert changed.json == weights | {"near": 9}
    wrong = client.put("/api/v1/match-weights", json=weights | {"near": 11}, headers=headers)
    assert list(wrong.json["fields"]) == ["near"]


def test_areas_are_linked_and_parted(app, bearer):
    with app.app_context(), transaction() as session:
        owen = make_member(session, make_bank(session), "Owen", role="coordinator").id
    client, headers = app.test_client(), bearer(owen)
    pair = {"one": "Mill Lane", "other": "Canal Street"}
    assert client.post("/api/v1/areas/links", json=pair, headers=headers).status_code == 204
    assert client.get("/api/v1/areas", headers=headers).json["items"] == [
        {"name": "Canal Street", "neighbours": ["Mill Lane"]},
        {"name": "Mill Lane", "neighbours": ["Canal Street"]},
    ]
    assert client.post("/api/v1/areas/partings", json=pair, headers=headers).status_code == 204
    assert client.get("/api/v1/areas", headers=headers).json["items"] == []
