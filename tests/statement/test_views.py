"""The statement as a page."""

import pytest
from flask import Flask

from tests.factories import NOW, limit, system
from tests.statement.books import gift, help_given
from tests.statement.conftest import MAY_SEE, Books, SignIn
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewGift
from timebank.members.models import Member


@pytest.mark.parametrize(("who", "whose", "may"), MAY_SEE)
def test_a_statement_is_for_those_it_concerns(
    books: Books, sign_in: SignIn, who: str, whose: str, may: bool
) -> None:
    answer = sign_in(books.people[who]).get(f"/b/fife/statement?account={books.accounts[whose]}")
    assert answer.status_code == (200 if may else 404)
    assert may or "Put up a shelf" not in answer.text


@pytest.mark.parametrize("account", ["Joan", "0", "9" * 60])
def test_there_is_no_account_of_a_number_that_none_can_have(
    books: Books, sign_in: SignIn, account: str
) -> None:
    answer = sign_in(books.people["Joan"]).get(f"/b/fife/statement?account={account}")
    assert answer.status_code == 404
    assert "no such account" in answer.text


def test_a_visitor_is_asked_to_sign_in_first(books: Books, sign_in: SignIn) -> None:
    answer = sign_in().get("/b/fife/statement")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


def test_ones_own_statement_says_who_helped_whom(books: Books, sign_in: SignIn) -> None:
    page = sign_in(books.people["Joan"]).get("/b/fife/statement").text
    for words in (
        "Your hours",
        "Tom helped you",
        "Put up a shelf",
        "1 h 30",
        "−1 h 30",
        "4 Tannery Court",
        "01632 960 140",
    ):
        assert words in page


def test_a_helper_reads_the_name_and_not_the_address(books: Books, sign_in: SignIn) -> None:
    page = (
        sign_in(books.people["Hana"])
        .get(f"/b/fife/statement?account={books.accounts['Joan']}")
        .text
    )
    assert "Joan’s hours" in page
    assert "Tom helped Joan" in page
    assert "Tannery" not in page


def test_a_helper_finds_the_statements_they_may_read(books: Books, sign_in: SignIn) -> None:
    page = sign_in(books.people["Hana"]).get("/b/fife/statement").text
    for whose in ("Joan", "Surgery", "chest"):
        assert f"account={books.accounts[whose]}" in page
    assert f"account={books.accounts['Tom']}" not in page


def test_an_empty_statement_says_what_will_stand_there(books: Books, sign_in: SignIn) -> None:
    page = sign_in(books.people["Cy"]).get("/b/fife/statement").text
    assert "No hours have moved yet" in page
    assert "Older lines" not in page


def test_between_dates_it_carries_the_hours_from_start_to_end(
    books: Books, sign_in: SignIn
) -> None:
    browser = sign_in(books.people["Joan"])
    page = browser.get("/b/fife/statement?from=2026-11-01&to=2026-11-30").text
    assert "Brought forward" in page
    assert "Carried forward" in page
    assert "Put up a shelf" in page
    before = browser.get("/b/fife/statement?from=2026-10-01&to=2026-10-31").text
    assert "Put up a shelf" not in before


@pytest.mark.parametrize(
    "dates",
    ["from=2026-11-09&to=2026-11-01", "from=nonsense", "to=2026-02-31"],
    ids=["wrong way round", "no date", "no day"],
)
def test_dates_that_cannot_be_are_named_and_kept(books: Books, sign_in: SignIn, dates: str) -> None:
    answer = sign_in(books.people["Joan"]).get(f"/b/fife/statement?{dates}")
    assert answer.status_code == 422
    assert "to correct" in answer.text
    assert dates.split("=")[-1] in answer.text
    assert "Tom helped you" in answer.text


def test_a_long_history_comes_a_page_at_a_time(app: Flask, books: Books, sign_in: SignIn) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        limit(session, bank, books.accounts["Joan"])
        for number in range(50):
            help_given(
                session,
                bank,
                books.accounts["Tom"],
                books.accounts["Joan"],
                15,
                title=f"Walk {number}.",
            )
    browser = sign_in(books.people["Joan"])
    first = browser.get("/b/fife/statement").text
    assert first.count("Tom helped you") == 50
    assert "Put up a shelf" not in first
    older = (
        first.partition('rel="next"')[2]
        .partition('href="')[2]
        .partition('"')[0]
        .replace("&amp;", "&")
    )
    second = browser.get(older).text
    assert second.count("Tom helped you") == 1
    assert "Put up a shelf" in second


def test_the_chest_names_nobody_else_to_members(app: Flask, books: Books, sign_in: SignIn) -> None:
    with app.app_context(), transaction() as session:
        tom = session.get_one(Member, books.people["Tom"])
        gift(session, banks.by_slug(session, "fife"), tom, books.accounts["chest"])
    address = f"/b/fife/statement?account={books.accounts['chest']}"
    page = sign_in(books.people["Cy"]).get(address).text
    assert "Gift from a member" in page
    assert "Tom" not in page
    assert "Gift from Tom" in sign_in(books.people["Bo"]).get(address).text


def _granted(app: Flask, books: Books) -> None:
    """Tom fills the chest, and it gives to Joan."""
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        gift(
            session, bank, session.get_one(Member, books.people["Tom"]), books.accounts["chest"], 90
        )
        said = {
            "message": "Home from hospital",
            "decided_by": "The steering group",
        }
        both = {"from_id": books.accounts["chest"], "to_id": books.accounts["Joan"]}
        exchanges_service.give(
            session, bank, NewGift(**both, minutes=30, **said), Act(system(bank), NOW)
        )


def test_the_chest_shows_everybody_what_it_holds_and_why_it_gave(
    app: Flask, books: Books, sign_in: SignIn
) -> None:
    _granted(app, books)
    cy, bo = (
        sign_in(books.people[who]).get("/b/fife/statement/chest", follow_redirects=True).text
        for who in ("Cy", "Bo")
    )
    for page in (cy, bo):
        for words in (
            "Home from hospital",
            "The steering group",
            "cannot go below zero",
            "1 hour",
            "−30 min",
            "1 h 30",
        ):
            assert words in page
    assert ("Joan" in cy, "Joan" in bo) == (False, True)
    assert ("give-from-chest" in cy, "give-from-chest" in bo) == (False, True)
    assert "How the chest stands" not in sign_in(books.people["Joan"]).get("/b/fife/statement").text


@pytest.mark.parametrize(
    ("floor", "balance", "words", "bar"),
    [
        (None, 0, "without a limit", False),
        (0, 0, "only what was given", False),
        (-600, 0, "10 hours below zero", True),
        (-600, -90, "<b>8½ hours</b> can be granted", True),
    ],
)
def test_how_far_the_chest_may_go_is_said_and_drawn(
    app: Flask,
    books: Books,
    sign_in: SignIn,
    floor: int | None,
    balance: int,
    words: str,
    bar: bool,
) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        limit(session, bank, books.accounts["chest"], floor=floor)
        if balance:
            help_given(session, bank, books.accounts["Tom"], books.accounts["chest"], -balance)
    page = (
        sign_in(books.people["Cy"]).get(f"/b/fife/statement?account={books.accounts['chest']}").text
    )
    assert (words in page, 'class="bar"' in page) == (True, bar)


def test_ones_own_page_and_the_help_lead_to_the_chest(books: Books, sign_in: SignIn) -> None:
    for page in ("/b/fife/", "/b/fife/help"):
        assert "/b/fife/statement/chest" in sign_in(books.people["Cy"]).get(page).text
    assert "/statement/chest" not in sign_in().get("/b/fife/help").text
