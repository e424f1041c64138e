"""Accounts and statements, as programs see them."""

import pytest
from flask import Flask

from tests.factories import system
from tests.statement.books import gift, help_given
from tests.statement.conftest import MAY_SEE, Bearer, Books
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewGift
from timebank.members.models import Member


@pytest.mark.parametrize(("who", "whose", "may"), MAY_SEE)
def test_accounts_are_for_those_they_concern(
    app: Flask, books: Books, bearer: Bearer, who: str, whose: str, may: bool
) -> None:
    headers = bearer(books.people[who], scope="read")
    for path in ("", "/statement"):
        answer = app.test_client().get(
            f"/api/v1/accounts/{books.accounts[whose]}{path}", headers=headers
        )
        assert answer.status_code == (200 if may else 404)
        assert may or answer.get_json()["code"] == "not_found"


def test_without_a_token_nothing_is_told(app: Flask, books: Books) -> None:
    assert (
        app.test_client().get(f"/api/v1/accounts/{books.accounts['Joan']}/statement").status_code
        == 401
    )


def test_an_account_says_whose_it_is_and_how_it_stands(
    app: Flask, books: Books, bearer: Bearer
) -> None:
    found = (
        app.test_client()
        .get(f"/api/v1/accounts/{books.accounts['Joan']}", headers=bearer(books.people["Joan"]))
        .get_json()
    )
    assert (found["kind"], found["name"], found["balance"], found["floor"], found["closed"]) == (
        "member",
        "Joan",
        -90,
        -600,
        False,
    )


def test_a_statement_gives_every_line_once_over_its_pages(
    app: Flask, books: Books, bearer: Bearer
) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        for minutes in (15, 30):
            help_given(session, bank, books.accounts["Tom"], books.accounts["Joan"], minutes)
    headers, minutes, cursor = bearer(books.people["Tom"]), [], ""
    while cursor is not None:
        address = f"/api/v1/accounts/{books.accounts['Tom']}/statement?limit=2"
        page = (
            app.test_client()
            .get(f"{address}&cursor={cursor}" if cursor else address, headers=headers)
            .get_json()
        )
        assert page["brought_forward"] is None
        minutes += [line["minutes"] for line in page["items"]]
        cursor = page["next"]
    assert minutes == [30, 15, 90]


def test_between_dates_a_statement_gives_its_sums(app: Flask, books: Books, bearer: Bearer) -> None:
    address = f"/api/v1/accounts/{books.accounts['Joan']}/statement?from=2026-11-01&to=2026-11-30"
    found = app.test_client().get(address, headers=bearer(books.people["Joan"])).get_json()
    assert [
        found[name] for name in ("brought_forward", "added", "taken_off", "carried_forward")
    ] == [0, 0, 90, -90]
    (line,) = found["items"]
    assert (line["happened"], line["what"], line["minutes"], line["occurred_on"]) == (
        "Tom helped you",
        "Put up a shelf",
        -90,
        "2026-11-05",
    )
    assert line["other"]["account"] == books.accounts["Tom"]
    assert line["recorded_at"].endswith("+00:00")


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("cursor=x", "cursor"), ("from=2026-13-01", "from")]
)
def test_a_question_that_makes_no_sense_is_named(
    app: Flask, books: Books, bearer: Bearer, query: str, field: str
) -> None:
    address = f"/api/v1/accounts/{books.accounts['Joan']}/statement?{query}"
    answer = app.test_client().get(address, headers=bearer(books.people["Joan"]))
    assert answer.status_code == 422
    assert field in answer.get_json()["fields"]


def test_the_chest_and_its_grants_are_open_to_every_member(
    app: Flask, books: Books, bearer: Bearer
) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        gift(
            session, bank, session.get_one(Member, books.people["Tom"]), books.accounts["chest"], 90
        )
        said = {"decided_by": "The steering group"}
        both = {"from_id": books.accounts["chest"], "to_id": books.accounts["Joan"]}
        for minutes, why in ((30, "Home from hospital"), (15, "A lift")):
            exchanges_service.give(
                session,
                bank,
                NewGift(**both, minutes=minutes, message=why, **said),
                Act(system(bank), clock.now()),
            )
    client = app.test_client()
    assert (
        client.get("/api/v1/chest").status_code
        == client.get("/api/v1/chest/grants").status_code
        == 401
    )
    for who, to in (("Cy", None), ("Joan", "Joan"), ("Hana", "Joan"), ("Bo", "Joan")):
        headers = bearer(books.people[who], scope="read")
        found = client.get("/api/v1/chest", headers=headers).get_json()
        assert (found["account"], found["balance"], found["room"]) == (
            books.accounts["chest"],
            45,
            45,
        )
        assert [found[name] for name in ("began", "gifts", "added", "grants", "taken_off")] == [
            0,
            90,
            0,
            45,
            0,
        ]
        page = client.get("/api/v1/chest/grants?limit=1", headers=headers).get_json()
        older = client.get(
            f"/api/v1/chest/grants?cursor={page['next']}", headers=headers
        ).get_json()
        (one,) = older["items"]
        assert (one["reason"], one["decided_by"], one["minutes"]) == (
            "Home from hospital",
            "The steering group",
            30,
        )
        assert (one["to"] and one["to"]["name"], older["next"]) == (to, None)
    assert (
        client.get("/api/v1/chest/grants", headers=bearer(books.people["Eve"])).get_json()["items"]
        == []
    )
