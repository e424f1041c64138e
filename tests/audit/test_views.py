"""The audit trail, as coordinators read it."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member, system
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewGift
from timebank.ledger import queries as ledger
from timebank.members import service as members_service
from timebank.members.rules import NewLimits
from timebank.settings import service as settings_service
from timebank.settings.rules import NewSettings

WHY = "=It was Cy, not Ben."


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """A bank in which something of most kinds was done besides posting."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, chest_floor=-600)
        ana, ben, maggie, owen = (
            make_member(session, bank, name, role)
            for name, role in (
                ("Ana", "member"),
                ("Ben", "member"),
                ("Maggie", "broker"),
                ("Owen", "coordinator"),
            )
        )
        broker, coordinator = Act(actor(maggie), NOW), Act(actor(owen), NOW)
        first = make_logged_exchange(session, bank, ana, ben)
        exchanges_service.confirm(session, bank, first.id, Act(actor(ben), NOW))
        exchanges_service.reverse(session, bank, first.id, broker, note=WHY)
        chest = ledger.chest(session, bank).id
        grant = NewGift(chest, ana.account_id or 0, 60, "For the fete.", decided_by="The committee")
        gift = exchanges_service.give(session, bank, grant, broker)
        later = Act(actor(owen), NOW + timedelta(days=1))
        exchanges_service.take_back(
            session, bank, gift.id, later, undo_minutes=10, why="No fete after all."
        )
        members_service.set_limits(
            session, bank, ana.id, NewLimits(-1200, 6000, "A wheelchair."), coordinator
        )
        new = NewSettings(**vars(banks.settings(bank)), why="It was too little.")
        settings_service.change(session, bank, replace(new, member_floor=-900), coordinator)
        return {member.name: member.id for member in (ana, ben, maggie, owen)}


def test_a_coordinator_reads_who_did_what_and_why(
    people: dict[str, int], sign_in: Callable[..., Browser]
) -> None:
    page = sign_in(people["Owen"]).get("/b/fife-time-bank/audit").text
    for words in (
        "It was Cy, not Ben.",
        "For the fete.",
        "No fete after all.",
        "A wheelchair.",
        "It was too little.",
        "Maggie",
        "Owen",
    ):
        assert words in page
    assert page.count("Taken back") >= 2


@pytest.mark.parametrize("name", ["Maggie", "Ana"])
def test_nobody_else_reads_it(
    people: dict[str, int], sign_in: Callable[..., Browser], bearer: Callable[..., Any], name: str
) -> None:
    for address in ("/b/fife-time-bank/audit", "/b/fife-time-bank/audit/trail.csv"):
        assert sign_in(people[name]).get(address).status_code == 403


def test_it_is_found_by_kind_person_and_day(
    people: dict[str, int], sign_in: Callable[..., Browser]
) -> None:
    owen = sign_in(people["Owen"])
    grants = owen.get("/b/fife-time-bank/audit?kind=grant").text
    assert "For the fete." in grants
    assert "A wheelchair." not in grants
    by_maggie = owen.get(f"/b/fife-time-bank/audit?by=member:{people['Maggie']}").text
    assert "For the fete." in by_maggie
    assert "A wheelchair." not in by_maggie
    tomorrow = clock.now().date() + timedelta(days=2)
    assert "Nothing of the kind" in owen.get(f"/b/fife-time-bank/audit?from={tomorrow}").text
    assert "A wheelchair." in owen.get(f"/b/fife-time-bank/audit?to={tomorrow}&by=").text
    first = owen.get("/b/fife-time-bank/audit?limit=2").text
    assert "Show more" in first


def test_it_comes_as_a_file_that_no_spreadsheet_runs(
    people: dict[str, int], sign_in: Callable[..., Browser]
) -> None:
    answer = sign_in(people["Owen"]).get("/b/fife-time-bank/audit/trail.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    (limits,) = [row for row in rows if row["why"] == "A wheelchair."]
    assert (limits["floor_before"], limits["floor_after"]) == ("-600", "-1200")
    assert (limits["ceiling_before"], limits["ceiling_after"]) == ("", "6000")
    assert limits["account"] == f"member:{people['Ana']}"
    assert f"'{WHY}" in [row["why"] for row in rows]


def test_a_program_of_a_coordinator_reads_it_a_page_at_a_time(
    app: Flask, people: dict[str, int], bearer: Callable[..., Any]
) -> None:
    client, headers = app.test_client(), bearer(people["Owen"])
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"/api/v1/audit?limit=2{cursor}", headers=headers).json
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    kinds = [done["kind"] for done in seen]
    assert kinds[:5] == ["default_limits", "limits", "reversal", "grant", "reversal"]
    assert len({done["id"] for done in seen}) == len(seen)
    assert client.get("/api/v1/audit", headers=bearer(people["Maggie"])).status_code == 403
    only = client.get("/api/v1/audit?kind=grant", headers=headers).json["items"]
    assert [done["why"] for done in only] == ["For the fete."]


def test_a_gift_is_taken_back_later_for_a_reason_alone(
    app: Flask, sign_in: Callable[..., Browser], bearer: Callable[..., Any]
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        ana, ben, maggie, cy = (
            make_member(session, bank, name, role)
            for name, role in (
                ("Ana", "member"),
                ("Ben", "member"),
                ("Maggie", "broker"),
                ("Cy", "member"),
            )
        )
        new = NewGift(ana.account_id or 0, ben.account_id or 0, 30)
        gift = exchanges_service.give(session, bank, new, Act(system(bank), NOW)).id
        broker, stranger = maggie.id, cy.id
    address = f"/b/fife-time-bank/exchanges/gifts/{gift}/take-back"
    assert sign_in(stranger).get(address).status_code == 403
    page = sign_in(broker)
    assert "Ana" in page.get(address).text
    refused = page.post(address, data={"why": " "})
    assert (refused.status_code, "Write why this gift is taken back" in refused.text) == (422, True)
    api = app.test_client().post(f"/api/v1/gifts/{gift}/reversal", json={}, headers=bearer(broker))
    assert (api.status_code, list(api.json["fields"])) == (422, ["why"])
    assert page.post(address, data={"why": "Given twice."}).status_code == 303
