"""What programs send that is wrong is refused in words, with what to do, and nothing is done."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.factories import make_bank, make_member
from tests.fund import rounds
from tests.fund.rounds import POUND, make_town
from timebank import clock
from timebank.db import transaction
from timebank.fund import service, voting
from timebank.fund.rules import Scrutineers, Ticks

Call = Callable[..., Any]


@pytest.fixture
def call(app: Flask, bearer: Callable[..., dict[str, str]]) -> Call:
    """`call(member id, path, what is sent)`: the answer; without what is sent it is a GET."""
    keys: dict[int, dict[str, str]] = {}

    def called(who: int, path: str, sent: Any = None, status: int = 200, words: str = "") -> Any:
        headers = keys.setdefault(who, bearer(who))
        at = f"/api/v1/fund/{path}"
        client = app.test_client()
        got = client.get(at, headers=headers)
        if sent is not None:
            got = client.post(at, json=sent, headers=headers)
        assert got.status_code == status, (path, sent, got.text)
        said = json.dumps(got.json, ensure_ascii=False) if got.is_json else got.text
        assert words in said, (path, sent, said)
        return got.json if got.is_json else got.text

    return called


OPEN = rounds.days_from_today(-20, -19, -18, -17, 0, 60)
"""A vote whose last day is today."""


def test_a_round_that_cannot_be_and_money_that_was_not(app: Flask, call: Call) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 0)
        rounds.put_in(town, 1)
        owen, rosa = town.owen.id, town.rosa.id
    days = {name: str(day) for name, day in vars(OPEN).items()}
    good = {
        **{"title": "Winter", "purpose": "Company", "unit": "pence"},
        **{"budget": 100_000, "smallest": 1_000, "largest": 50_000, **days},
    }
    for wrong, words in (
        ({"budget": 0}, "more than nothing"),
        ({"budget": -5}, "more than nothing"),
        ({"budget": 10**30}, "too large"),
        ({"budget": "£99999999999999999"}, "too large"),
        ({"budget": "twelve"}, "is no amount of money"),
        ({"budget": "£14.505"}, "is no amount of money"),
        ({"budget": 14.5}, "is no amount of money"),
        ({"budget": True}, "is no amount of money"),
        ({"budget": None}, "budget"),
        ({"smallest": 0}, "more than nothing"),
        ({"largest": 10}, "cannot be less than the smallest"),
        ({"largest": 200_000}, "cannot be more than the whole budget"),
        ({"unit": "euros"}, "unit"),
        ({"title": "x" * 81}, "title"),
        ({"title": " "}, "title"),
        ({"voting_on": days["ideas_on"]}, "before the one of the step that comes first"),
        ({"closes_on": "2026-02-30"}, "closes_on"),
    ):
        call(owen, "rounds", good | wrong, 422, words)
    call(rosa, "rounds", good, 403)
    call(owen, "rounds", good, 201)
    put = {"organisation_id": 1, "pence": 100, "occurred_on": str(clock.now().date())}
    call(owen, "money", put | {"pence": 0}, 422, "more than nothing")
    tomorrow = str(clock.now().date() + timedelta(days=2))
    call(owen, "money", put | {"occurred_on": tomorrow}, 422, "still to come")
    call(owen, "money", put | {"organisation_id": 999}, 404)
    call(rosa, "money", put, 403)


def test_ideas_and_findings_that_cannot_be(app: Flask, call: Call) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 0)
        round_ = service.plan_round(session, town.bank, rounds.new_round(days=OPEN), town.by)
        service.open_ideas(session, town.bank, round_.id, town.by)
        beside = rounds.talked_over(town, {"Kiosk": 100, "Swing": 100}, days=OPEN)
        kiosk = rounds.proposals(town, beside)["Kiosk"].id
        ida = make_member(session, make_bank(session, slug="elsewhere"), "Ida")
        foreign = ida.account_id
        owen, rosa, pat, lee, anne, round_id, beside_id = (
            *(one.id for one in (town.owen, town.rosa, town.pat, town.dr_lee, town.anne)),
            *(round_.id, beside.id),
        )
        kwames, stranger = town.kwame.account_id, ida.id
    at = f"rounds/{round_id}/proposals"
    good = {"title": "Benches", "what": "Seats", "cost": 40_000}
    for wrong, words in (
        ({"cost": 0}, "The smallest award of this round is £50"),
        ({"cost": -1}, "The smallest award of this round is £50"),
        ({"cost": 1_000 * POUND + 1}, "Ask for less, or for a part of it"),
        ({"cost": 10_000 * POUND}, "Ask for less, or for a part of it"),
        ({"cost": "£4.5"}, "Write it as £450 or £14.50"),
        ({"cost": 400.5}, "Write it as £450 or £14.50"),
        ({"title": ""}, "title"),
        ({"what": "  "}, "what"),
        ({"what": "x" * 2_001}, "what"),
    ):
        call(pat, at, good | wrong, 422, words)
    call(pat, at, good | {"party_id": foreign}, 404)
    call(pat, at, good | {"party_id": kwames}, 403, "those you act for")
    call(pat, at, good | {"option_id": 77}, 404)
    call(pat, f"rounds/{beside_id}/proposals", good, 409, "takes no ideas now")
    call(pat, "rounds/77/proposals", good, 404)
    call(stranger, at, good, 404)
    mine = call(pat, at, good, 201)["id"]
    two = {"resident_id": rosa, "professional_id": lee, "verdict": "can"}
    call(owen, f"proposals/{mine}/checks", two, 409, "after they were taken")
    call(owen, f"rounds/{round_id}/step", {"state": "talking"}, 409)
    call(owen, f"rounds/{round_id}/step", {"state": "finished"}, 409, "in another way")
    call(owen, f"rounds/{round_id}/step", {"state": "called_off"}, 422, "Write why")
    call(owen, f"rounds/{round_id}/step", {"state": "checking"})
    checks = f"proposals/{mine}/checks"
    for wrong, status, words in (
        ({"resident_id": pat}, 403, "Nobody checks what they proposed themselves"),
        ({"professional_id": rosa}, 422, "Two different people"),
        ({"resident_id": anne}, 422, "takes part as a resident"),
        ({"resident_id": stranger}, 404, ""),
        ({"verdict": "perhaps"}, 422, "verdict"),
        ({"verdict": "cannot"}, 422, "Write why"),
        ({"verdict": "joined"}, 422, "with which other idea"),
        ({"verdict": "can_if", "why": "Less", "cost": 1}, 422, "smallest award"),
    ):
        call(owen, checks, two | wrong, status, words)
    call(pat, f"proposals/{mine}/finding", {"verdict": "can"}, 403, "Nobody checks")
    joined = two | {"verdict": "joined"}
    call(owen, f"proposals/{mine}/joining", joined | {"into_id": mine}, 422, "another idea")
    call(owen, f"proposals/{mine}/joining", joined | {"into_id": kiosk}, 422, "same round")
    call(pat, f"proposals/{mine}/points", {"kind": "shout", "words": "No"}, 422)
    call(pat, f"proposals/{mine}/points", {"kind": "for", "words": " "}, 422)
    call(owen, checks, two)
    call(owen, f"rounds/{round_id}/step", {"state": "talking"})
    # Voting opens with two ideas, two who proposed nothing, and the money.
    opened = {"resident_id": rosa, "other_id": anne}
    call(owen, f"rounds/{round_id}/opening", opened, 409, "two ideas at least")
    opening = f"rounds/{beside_id}/opening"
    for wrong, words in (
        ({"other_id": rosa}, "two different people"),
        ({"resident_id": owen}, "not one of the staff"),
        ({"resident_id": pat}, "proposed something in this round themselves"),
        ({"other_id": pat}, "proposed something in this round themselves"),
    ):
        call(owen, opening, opened | wrong, 422, words)
    call(owen, opening, opened, 409, "is needed")
    call(rosa, opening, opened, 403)


def test_votes_and_closings_that_cannot_be(app: Flask, call: Call) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 3)
        round_ = rounds.talked_over(town, days=OPEN)
        rounds.put_in(town, 1_200)
        two = Scrutineers(town.kwame.id, town.anne.id)
        service.open_voting(session, town.bank, round_.id, two, town.by)
        titles = rounds.proposals(town, round_)
        pond, welsh = titles["Pond"].id, titles["Welsh"].id
        other = rounds.talked_over(town, title="Beside", days=OPEN)
        foreign = rounds.proposals(town, other)["Pond"].id
        voting.hand_out(session, town.bank, round_.id, 3, town.by)
        late = make_member(session, town.bank, "Late").id
        owen, kwame, voter, round_id = (
            *(one.id for one in (town.owen, town.kwame, town.voters[0])),
            round_.id,
        )
    at = f"rounds/{round_id}"
    for wrong, words in (
        ({}, "Nothing is ticked"),
        ({"proposals": []}, "Nothing is ticked"),
        ({"proposals": [pond, pond]}, "ticked twice"),
        ({"proposals": [pond], "none": True}, "Choose one or the other"),
        ({"proposals": [foreign]}, "not on the ballot"),
        ({"proposals": [-1]}, "not on the ballot"),
        ({"proposals": [10**30]}, ""),
        ({"proposals": "all"}, ""),
        ({"proposals": ["Pond"]}, "whole number"),
    ):
        call(voter, f"{at}/ballot", wrong, 422, words)
    call(late, f"{at}/ballot", {"none": True}, 404, "had not joined yet")
    call(voter, f"{at}/ballot", {"proposals": [pond, welsh]}, 201)
    call(voter, f"{at}/ballot", {"none": True}, 409, "cast already")
    call(voter, f"{at}/result", None, 404)
    call(kwame, f"{at}/ballots.pb", None, 404)
    call(kwame, f"{at}/same", {}, 409)
    call(voter, f"{at}/closing", {}, 403)
    call(owen, f"{at}/closing", {}, 409, "3 of the numbered papers did not come back")
    call(owen, f"{at}/closing", {"given_out": 4}, 422, "3 were printed and 0 came back")
    call(owen, f"{at}/closing", {"given_out": 2, "spoilt": 3}, 422, "Only 2 papers")
    call(owen, f"{at}/closing", {"given_out": "some"}, 422, "whole number")
    call(owen, f"{at}/closing", {"given_out": 2, "spoilt": 1})
    call(owen, f"{at}/closing", {"given_out": 2, "spoilt": 1}, 409, "not open")
    call(kwame, f"{at}/ballot", {"none": True}, 409, "closed")
    with app.app_context(), transaction() as session:
        bank = town.bank
        voting.count_round(session, bank, round_id, now=clock.now())
    call(owen, f"{at}/announcement", {}, 409, "before they have counted again")
    call(owen, f"{at}/refusal", {"why": ""}, 422)
    call(voter, f"{at}/same", {}, 403, "Only the two")


def test_awards_that_cannot_be(app: Flask, call: Call) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session)
        round_ = rounds.announced(town)
        found = rounds.proposals(town, round_)
        tea, benches = found["Tea and Tools"].id, found["Benches"].id
        owen, pat, rosa, round_id = (
            *(one.id for one in (town.owen, town.pat, town.rosa)),
            round_.id,
        )
    call(owen, f"proposals/{benches}/award", {}, 409, "does not fund this idea")
    call(rosa, f"proposals/{tea}/award", {}, 403)
    made = call(owen, f"proposals/{tea}/award", {}, 201)["id"]
    call(owen, f"proposals/{tea}/award", {}, 409, "awarded already")
    told = {"words": "We met", "spent": 20_000}
    call(pat, f"awards/{made}/report", told, 409, "not paid yet")
    call(owen, f"awards/{made}/back", {}, 409, "not reported yet")
    call(owen, f"awards/{made}/payments", {}, 201)
    call(owen, f"awards/{made}/payments", {}, 409, "paid already")
    for wrong, words in (
        ({"spent": 300 * POUND + 1}, "at most £300"),
        ({"spent": -1}, "at most £300"),
        ({"spent": "plenty"}, "is no amount of money"),
        ({"reached": -1}, "how many people"),
        ({"words": ""}, "words"),
    ):
        call(pat, f"awards/{made}/report", told | wrong, 422, words)
    call(rosa, f"awards/{made}/report", told, 403)
    call(owen, f"rounds/{round_id}/finishing", {}, 409, "was not awarded yet")
    call(pat, f"awards/{made}/report", told, 201)
    call(pat, f"awards/{made}/report", told, 409, "reported already")
    call(owen, f"awards/{made}/back", {}, 201)
    call(owen, f"awards/{made}/back", {}, 409, "came back already")
    call(owen, "awards/77/payments", {}, 404)


def test_a_receipt_of_another_round_says_which(app: Flask, sign_in) -> None:
    """A receipt finds its own ballot, whichever page it is asked from, and never one of another
    round; a code of nobody finds none."""
    with app.app_context(), transaction() as session:
        town = make_town(session, 1)
        (voter,) = town.voters
        receipts: list[str] = []
        for title in ("The first", "The second"):
            round_ = rounds.talked_over(town, title=title, days=OPEN)
            rounds.put_in(town, 1_200)
            two = Scrutineers(town.kwame.id, town.anne.id)
            service.open_voting(session, town.bank, round_.id, two, town.by)
            by = town.act(voter)
            ticks = Ticks([rounds.proposals(town, round_)["Pond"].id])
            receipts.append(
                voting.vote(session, town.bank, round_.id, ticks, type(by)(by.by, clock.now()))
            )
        at = f"/b/{town.bank.slug}/fund/receipt"
        foreign = rounds.proposals(town, round_)["Welsh"].id
    browser = sign_in()
    for receipt, title in zip(receipts, ("The first", "The second"), strict=True):
        page = browser.post(at, data={"code": receipt}).text
        assert title in page
        assert "Pond" in page
    wrong = {"code": receipts[0], "proposals": [str(foreign)], "step": "cast"}
    refused = browser.post(f"{at}/change", data=wrong)
    assert refused.status_code == 422
    assert "not on the ballot" in refused.text
    assert browser.post(at, data={"code": "0000-0000-0000-0000"}).status_code == 404
