"""The pages of messages, and what programs do with them."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.factories import actor, make_bank, make_member, post_listing
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.messages import queries

HERE = "/b/fife/messages"
NEW = '<b class="badge">1<span class="vh"> new</span></b>'
SignIn = Callable[..., Browser]


@dataclass
class Lane:
    joan: int
    ravi: int
    cy: int
    bo: int
    eve: int
    taps: int


@pytest.fixture
def lane(app: Flask) -> Lane:
    with app.app_context(), transaction() as session:
        bank, now = make_bank(session, slug="fife", contact_name="Maggie Dunne"), clock.now()
        joan = make_member(
            session,
            bank,
            "Joan",
            email="joan@example.org",
            phone="01632 960 187",
            address="4 Mill Lane",
        )
        ravi, cy = (
            make_member(session, bank, "Ravi", email="ravi@example.org"),
            make_member(session, bank, "Cy"),
        )
        bo = make_member(session, bank, "Bo", "broker")
        eve = make_member(session, make_bank(session, slug="leith"), "Eve", "coordinator")
        given = {
            "holder_id": joan.account_id,
            "title": "Small plumbing jobs",
            "act": Act(actor(joan), now),
        }
        taps = post_listing(session, bank, "offer", **given)
        return Lane(joan.id, ravi.id, cy.id, bo.id, eve.id, taps.id)


def written(app: Flask, lane: Lane) -> list[str]:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        by = actor(session.get_one(Member, lane.joan))
        talks = queries.mine(session, bank, {lane.joan}, by=by)
        return [
            one.message.words for talk in talks for one in queries.messages(session, bank, talk)
        ]


def test_from_the_listing_to_an_answer_without_an_address(app: Flask, lane: Lane, sign_in: SignIn):
    ravi, joan = sign_in(lane.ravi), sign_in(lane.joan)
    begin = f"{HERE}/listing/{lane.taps}"
    assert begin in ravi.get(f"/b/fife/directory/{lane.taps}").text
    assert "Write to Joan" in ravi.get(begin).text
    sent = ravi.post(begin, data={"words": "My tap drips.", "once": "a"})
    assert sent.status_code == 303
    assert ravi.post(begin, data={"words": "My tap drips.", "once": "a"}).location == sent.location
    assert written(app, lane) == ["My tap drips."]
    assert ravi.get(begin).location.endswith(sent.location)
    assert NEW in joan.get("/b/fife/").text
    assert "Ravi" in joan.get(HERE).text
    page = joan.get(sent.location).text
    assert "My tap drips." in page
    assert NEW not in joan.get("/b/fife/").text
    assert joan.post(sent.location, data={"words": "On Thursday."}).status_code == 303
    page += ravi.get(sent.location).text
    assert "On Thursday." in page
    for private in ("joan@example.org", "01632 960 187", "4 Mill Lane", "ravi@example.org"):
        assert private not in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "Write what you would like to say."),
        ("é" * 10_000, "at most 2,000"),
        ("a\x07b", "cannot be read"),
    ],
)
def test_what_cannot_be_sent_is_kept_on_the_page(
    app: Flask, lane: Lane, sign_in: SignIn, words: str, says: str
):
    answer = sign_in(lane.ravi).post(f"{HERE}/listing/{lane.taps}", data={"words": words})
    assert answer.status_code == 422
    assert says in answer.text
    assert words in answer.text
    assert written(app, lane) == []


def test_a_message_is_reported_read_by_a_broker_and_settled(
    lane: Lane, sign_in: SignIn, app: Flask
):
    ravi, joan, bo = sign_in(lane.ravi), sign_in(lane.joan), sign_in(lane.bo)
    there = ravi.post(f"{HERE}/listing/{lane.taps}", data={"words": "Hurry up!"}).location
    assert {sign_in(one).get(there).status_code for one in (lane.cy, lane.bo, lane.eve)} == {404}
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        by = actor(session.get_one(Member, lane.joan))
        (talk,) = queries.mine(session, bank, {lane.joan}, by=by)
        message = queries.messages(session, bank, talk)[0].message.id
    address = f"{HERE}/report/{message}"
    assert (sign_in(lane.cy).get(address).status_code, ravi.get(address).status_code) == (404, 403)
    assert "Hurry up!" in joan.get(address).text
    assert joan.post(address, data={"why": "Rude", "apart": "yes"}).status_code == 303
    assert "cannot be written to just now" in ravi.get(there).text
    assert ravi.post(there, data={"words": "Well?"}).status_code == 409
    assert "Joan is bothered by Ravi" in bo.get(f"{HERE}/reports").text
    assert "Hurry up!" in bo.get(there).text
    assert "Read after a report" in joan.get(there).text
    assert "Read after a report" not in ravi.get(there).text
    report = bo.get(f"{HERE}/reports").text.partition('id="report-')[2].partition('"')[0]
    settle = f"{HERE}/reports/{report}/settle"
    assert "Write what came of it" in bo.post(settle, data={"outcome": ""}).text
    assert bo.post(settle, data={"outcome": "I rang Ravi."}).status_code == 303
    assert "I rang Ravi." in bo.get(f"{HERE}/reports").text
    assert bo.get(there).status_code == 404


def test_a_broker_passes_on_what_is_said_on_the_telephone(lane: Lane, sign_in: SignIn, app: Flask):
    bo = sign_in(lane.bo)
    said = {"teller": "Cy", "channel": "phone", "words": "Could you come?"}
    assert bo.post(f"{HERE}/listing/{lane.taps}", data=said).status_code == 303
    there = sign_in(lane.joan).post(f"{HERE}/1", data={"words": "Yes, on Friday."}).location
    assert "Write down the answer" in bo.get(HERE).text
    assert "Yes, on Friday" not in bo.get(f"{HERE}/1/answer").text
    assert (
        bo.post(f"{HERE}/1/answer", data={"words": "Friday it is.", "channel": "phone"}).status_code
        == 422
    )
    with app.app_context(), transaction() as session:
        cy = members.member(session, banks.by_slug(session, "fife"), lane.cy).account_id
    answered = {"words": "Friday it is.", "on_word_of": cy, "channel": "phone"}
    assert bo.post(f"{HERE}/1/answer", data=answered).status_code == 303
    assert "entered by Bo, by phone" in sign_in(lane.joan).get(there.partition("#")[0]).text


def test_programs_write_read_and_report(
    lane: Lane, bearer: Callable[..., dict[str, str]], app: Flask
):
    client, ravi, joan = app.test_client(), bearer(lane.ravi), bearer(lane.joan)
    begin = {"listing_id": lane.taps, "words": "My tap drips."}
    keyed = {**ravi, "Idempotency-Key": "k"}
    first, second = (client.post("/api/v1/conversations", json=begin, headers=keyed) for _ in "ab")
    assert (first.status_code, first.json) == (201, second.json)
    there = f"/api/v1/conversations/{first.json['id']}"
    for who, status in ((lane.cy, 404), (lane.bo, 404), (lane.eve, 404)):
        assert client.get(there, headers=bearer(who)).status_code == status
        answer = client.post(f"{there}/messages", json={"words": "Hm"}, headers=bearer(who))
        assert answer.status_code == (422 if who == lane.bo else 404)
    assert client.get("/api/v1/conversations", headers=joan).json["items"][0]["unread"] == 1
    assert (
        client.post(f"{there}/messages", json={"words": "On Thursday."}, headers=joan).status_code
        == 201
    )
    seen = client.get(there, headers=ravi).json
    assert [(one["name"], one["words"]) for one in seen["messages"]] == [
        ("Joan", "On Thursday."),
        ("Ravi", "My tap drips."),
    ]
    assert client.post(f"{there}/reading", json={}, headers=ravi).status_code == 204
    for wrong in (
        {"words": "Hm"},
        {**begin, "exchange_id": 1},
        {**begin, "words": ""},
        {**begin, "words": "a" * 10_000},
    ):
        assert client.post("/api/v1/conversations", json=wrong, headers=ravi).status_code == 422
    reported = f"/api/v1/messages/{seen['messages'][0]['id']}/report"
    assert client.post(reported, json={"why": "Short"}, headers=joan).status_code == 403
    assert client.post(reported, json={"why": "Short"}, headers=ravi).status_code == 201
    bo = bearer(lane.bo)
    (report,) = client.get("/api/v1/message-reports", headers=bo).json["items"]
    assert (report["reporter"]["name"], report["writer"]["name"], report["why"]) == (
        "Ravi",
        "Joan",
        "Short",
    )
    settled = f"/api/v1/message-reports/{report['id']}/settlement"
    assert client.post(settled, json={"outcome": "It was meant kindly."}, headers=bo).json[
        "outcome"
    ]
    assert client.post(settled, json={"outcome": "Again"}, headers=bo).status_code == 409
