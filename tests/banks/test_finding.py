"""A bank is found among many by its name or its place."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import make_bank
from timebank.banks import queries as banks
from timebank.banks.queries import FEW_ENOUGH
from timebank.db import transaction


@pytest.fixture
def many(app: Flask) -> None:
    """More banks than can be listed, and two in towns of their own."""
    with app.app_context(), transaction() as session:
        for number in range(FEW_ENOUGH):
            make_bank(session, name=f"Valley Time Bank {number}", slug=f"valley-{number}")
        make_bank(session, name="Godziny dla sąsiada", slug="lodz", place="Łódź")
        make_bank(session, name="100% Leith", slug="leith", place="Edinburgh")


def test_few_are_listed_whatever_is_looked_for(session: Session):
    leith = make_bank(session, name="Leith", slug="leith")
    assert banks.choice(session).only is leith
    assert banks.choice(session, "Fife").banks == [leith]
    fife = make_bank(session, name="Fife", slug="fife")
    choice = banks.choice(session)
    assert (choice.banks, choice.many, choice.only) == ([fife, leith], False, None)


@pytest.mark.parametrize("page", ["/", "/sign-in", "/sign-in/link"])
@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        ("lodz", ["lodz"]),
        ("ŁÓDŹ sasiada", ["lodz"]),
        ("edinburgh", ["leith"]),
        ("%", ["leith"]),
        ("_", []),
        ("Perth", []),
    ],
)
def test_among_many_one_is_found_by_name_or_place(
    app: Flask, many: None, page: str, wanted: str, slugs: list[str]
):
    html = app.test_client().get(page, query_string={"q": wanted}).text
    addresses = [slug for slug in ("lodz", "leith", "valley-1") if leads_to(html, slug)]
    assert addresses == slugs
    assert f'value="{wanted}"' in html
    assert ("Write less of its name" in html) == (not slugs)


def leads_to(html: str, slug: str) -> bool:
    return f'href="/b/{slug}/"' in html or f"?to={slug}" in html


def test_many_are_not_listed_and_more_are_told_of(app: Flask, many: None):
    browser = app.test_client()
    assert "valley-1" not in browser.get("/").text
    html = browser.get("/?q=valley time").text
    assert html.count('href="/b/valley-') == FEW_ENOUGH
    assert "There are more" not in html
    with app.app_context(), transaction() as session:
        make_bank(session, name="Valley Time Bank, lower end", slug="lower")
    assert "There are more" in browser.get("/?q=valley time").text


def test_what_was_wanted_is_kept_while_a_bank_is_looked_for(app: Flask, many: None):
    html = app.test_client().get("/sign-in?q=lodz&next=/b/lodz/statement/").text
    assert '<input type="hidden" name="next" value="/b/lodz/statement/">' in html
    assert "/sign-in?to=lodz&amp;next=/b/lodz/statement/" in html


def test_what_a_bank_is_found_by_follows_its_settings(session: Session):
    bank = make_bank(session, name="Leith", slug="leith")
    for number in range(FEW_ENOUGH):
        make_bank(session, name=f"Bank {number}", slug=f"bank-{number}")
    bank.place = "Granton"
    session.flush()
    assert banks.choice(session, "granton").banks == [bank]
    bank.name, bank.place = "Forth", ""
    session.flush()
    assert banks.choice(session, "granton").banks == []
    assert banks.choice(session, "forth").banks == [bank]
