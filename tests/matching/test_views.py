"""The pages and the API of matching, as brokers and the two people see them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.factories import make_member
from timebank import clock
from timebank.db import transaction
from timebank.matching import board
from timebank.matching.rules import REASONS


@pytest.fixture
def town(app: Flask, rows: Callable[..., Any]) -> dict[str, Any]:
    with app.app_context(), transaction() as session:
        row = rows(session)
        plumbing = row.skill("Plumbing")
        now = clock.now()
        far = {"now": now}
        tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing, **far)
        offer = row.post("offer", row.ben, "Small plumbing jobs", skill_id=plumbing, **far)
        board.keep(session, row.bank, board.find(session, row.bank, now=now), now=now)
        people = {name: getattr(row, name).id for name in ("joan", "ben", "cy", "bo")}
        people["co"] = make_member(session, row.bank, "Co", role="coordinator").id
        return {**people, "tap": tap.id, "offer": offer.id, "giver": row.ben.account_id}


def introduce(browser: Browser, town: dict[str, Any]) -> str:
    answer = browser.post(
        f"/b/fife/matching/{town['tap']}/introduce",
        data={"giver": town["giver"], "offer": town["offer"]},
    )
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_from_the_shortlist_to_hours_on_somebodys_word(
    town: dict[str, Any], sign_in: Callable[..., Browser]
):
    broker = sign_in(town["bo"])
    listed = broker.get(f"/b/fife/matching/{town['tap']}").text
    assert "Offers Plumbing" in listed
    assert "Lives in the same area" in listed
    address = introduce(broker, town)
    assert "are introduced" in broker.get(f"/b/fife/matching/{town['tap']}").text
    page = broker.get(address).text
    assert "01632 960 101" in page
    ben = sign_in(town["ben"])
    asked = ben.get(address).text
    assert "01632 960 187" not in asked
    assert "By what may Joan reach you" in ben.get(f"{address}/answer?side=giver").text
    answer = {"side": "receiver", "says": "yes", "phone": "yes"}
    broker.post(f"{address}/answer", data=answer)
    mine = ben.post(
        f"{address}/answer", data={"side": "giver", "says": "yes"}, follow_redirects=True
    )
    assert "Both said yes" in mine.text
    assert "01632 960 187" in mine.text
    assert address in sign_in(town["joan"]).get("/b/fife/").text
    wrong = broker.post(f"{address}/finish", data={"occurred_on": "2026-11-12"})
    assert wrong.status_code == 422
    assert "how long it took" in wrong.text
    form = broker.get(f"{address}/finish").text
    assert "Who told you?" in form


def test_what_was_written_about_an_introduction_is_kept(
    town: dict[str, Any], sign_in: Callable[..., Browser]
):
    broker = sign_in(town["bo"])
    address = introduce(broker, town)
    wrong = broker.post(f"{address}/follow-up", data={"follow_up_on": "next week"})
    assert wrong.status_code == 422
    assert 'value="next week"' in wrong.text
    wrong = broker.post(f"{address}/withdraw", data={"note": "n" * 1001})
    assert wrong.status_code == 422
    assert "n" * 1001 in wrong.text


def test_a_request_whose_time_is_over_says_so_once_and_can_stand_on(
    town: dict[str, Any], sign_in: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
):
    later = clock.now() + timedelta(days=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    broker = sign_in(town["bo"])
    page = broker.get(f"/b/fife/matching/{town['tap']}").text
    assert page.count("The time for this request is over") == 1
    assert "Look at the checks" not in page
    broker.post(f"/b/fife/directory/{town['tap']}/renew")
    assert (
        "The time for this request is over"
        not in broker.get(f"/b/fife/matching/{town['tap']}").text
    )


def test_the_board_has_the_numbers_to_ring(town: dict[str, Any], sign_in: Callable[..., Browser]):
    page = sign_in(town["bo"]).get("/b/fife/matching/board").text
    assert "01632 960 101" in page
    assert "01632 960 187" in page


def test_a_no_is_not_told_of_to_the_other(town: dict[str, Any], sign_in: Callable[..., Browser]):
    address = introduce(sign_in(town["bo"]), town)
    ben, joan = sign_in(town["ben"]), sign_in(town["joan"])
    assert joan.get(address).status_code == 404
    ben.post(f"{address}/answer", data={"side": "giver", "says": "yes", "phone": "yes"})
    assert "01632 960 101" not in joan.get(address).text
    ben.post(f"{address}/answer", data={"side": "giver", "says": "no"})
    page = joan.get(address).text
    assert "Nothing came of it" in page
    assert "01632 960 101" not in page
    assert ">No<" not in page.replace(" ", "").replace("\n", "")
    assert "Entered by" not in page
    assert sign_in(town["cy"]).get(address).status_code == 404


def test_the_second_press_is_told_who_was_faster(
    town: dict[str, Any], sign_in: Callable[..., Browser]
):
    broker = sign_in(town["bo"])
    introduce(broker, town)
    again = broker.post(f"/b/fife/matching/{town['tap']}/introduce", data={"giver": town["giver"]})
    assert again.status_code == 409
    assert "Bo has introduced Ben to Joan" in again.text


def test_the_board_proposes_a_pair_that_is_accepted_with_one_press(
    town: dict[str, Any], sign_in: Callable[..., Browser]
):
    broker = sign_in(town["bo"])
    assert "Introduce them" in broker.get("/b/fife/matching/board").text
    looked_over = f"/b/fife/matching/{town['tap']}/introduce?giver={town['giver']}"
    assert "Introduce Ben and Joan?" in broker.get(looked_over).text
    introduce(broker, town)
    assert "Nothing is waiting just now." in broker.get("/b/fife/matching/board").text


def test_a_coordinator_says_what_counts(town: dict[str, Any], sign_in: Callable[..., Browser]):
    coordinator, counting = sign_in(town["co"]), dict.fromkeys(REASONS, "3")
    for written in ("11", "a lot"):
        wrong = coordinator.post("/b/fife/matching/weights", data=counting | {"near": written})
        assert wrong.status_code == 422
        assert "Lives close by: Choose a number from 0 to 10." in wrong.text
        assert f'value="{written}"' in wrong.text
    coordinator.post("/b/fife/matching/weights", data=counting | {"near": "0"})
    assert coordinator.get("/b/fife/matching/weights").text.count('value="3"') == len(REASONS) - 1


def test_programs_see_matches_and_introduce(
    town: dict[str, Any], sign_in: Callable[..., Browser], bearer: Callable[..., dict[str, str]]
):
    program, broker, ben = sign_in(), bearer(town["bo"]), bearer(town["ben"])
    (found,) = program.get(f"/api/v1/requests/{town['tap']}/matches", headers=broker).json["items"]
    assert (found["party"]["name"], found["offer"]) == ("Ben", town["offer"])
    assert {"words": "offers Plumbing", "speaks_for": True} in found["reasons"]
    body = {"giver": found["party"]["party"], "offer": found["offer"]}
    made = program.post(f"/api/v1/requests/{town['tap']}/introductions", json=body, headers=broker)
    assert made.status_code == 201
    again = program.post(f"/api/v1/requests/{town['tap']}/introductions", json=body, headers=broker)
    assert (again.status_code, again.json["code"]) == (409, "already_introduced")
    address = f"/api/v1/introductions/{made.json['id']}"
    said = program.post(f"{address}/answer", json={"side": "giver", "says": "yes"}, headers=ben)
    assert said.json["giver_says"] == "yes"
    assert said.json["receiver_contacts"] == []
    body = {"side": "receiver", "says": "yes", "phone": True}
    program.post(f"{address}/answer", json=body, headers=broker)
    agreed = program.get(address, headers=ben).json
    assert agreed["status"] == "agreed"
    assert [one["phone"] for one in agreed["receiver_contacts"]] == ["01632 960 187"]
    assert agreed["giver_contacts"] == []
    assert program.get(address, headers=bearer(town["cy"])).status_code == 404
    assert (
        program.get(f"/api/v1/requests/{town['offer']}/matches", headers=broker).status_code == 404
    )


def test_a_request_under_no_skill_is_put_under_the_one_it_means_by_one_press(
    app: Flask, town: dict[str, Any], sign_in: Callable[..., Browser]
):
    broker = sign_in(town["bo"])
    asked = {"who": "Joan", "channel": "phone", "title": "The kitchen tap drips all night"}
    address = broker.post("/b/fife/directory/requests/new", data=asked).headers["Location"]
    page = broker.get(address).text
    assert "Is it Plumbing?" in page
    skill = re.search(r'name="skill_id"\s+value="(\d+)"', page)
    assert skill
    assert broker.post(f"{address}/skill", data={"skill_id": "none"}).status_code == 422
    after = broker.post(f"{address}/skill", data={"skill_id": skill[1]}, follow_redirects=True)
    assert "Is it Plumbing?" not in after.text
    assert "Offers Plumbing" in after.text


def test_where_nobody_fits_the_nearest_are_shown_and_called_that(
    town: dict[str, Any], sign_in: Callable[..., Browser]
):
    broker = sign_in(town["bo"])
    asked = {"who": "Joan", "channel": "phone", "title": "Somebody to tune my harp"}
    page = broker.post("/b/fife/directory/requests/new", data=asked, follow_redirects=True).text
    assert "Nobody offers this just now." in page
    near = page.partition("The nearest to it")[2]
    assert ">Ben</a>" in near


def test_what_was_entered_for_somebody_is_undone_from_what_was_done_today(
    town: dict[str, Any], sign_in: Callable[..., Browser]
):
    broker = sign_in(town["bo"])
    address = introduce(broker, town)
    broker.post(f"{address}/answer", data={"side": "giver", "says": "no"})
    done = broker.get("/b/fife/desk/done").text
    assert "Ben says no to meeting Joan." in done
    assert "Something else was done with it since." in done
    (undo,) = re.findall(r'action="([^"]*/undo)"', done)
    assert broker.post(undo).status_code == 303
    assert "says no" not in broker.get("/b/fife/desk/done").text
    assert sign_in(town["ben"]).post(undo).status_code == 403
