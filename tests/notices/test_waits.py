"""Nothing says that somebody was written to where no e-mail can go."""

import pytest
from flask import Flask

from tests.factories import make_bank, make_logged_exchange, make_member
from timebank.db import transaction

WAITS = "no e-mail leaves this time bank"


@pytest.mark.parametrize(("server", "waits"), [("", True), ("mail.example", False)])
def test_whoever_writes_by_e_mail_is_told_that_it_waits(
    app: Flask, lend, sign_in, server: str, waits: bool
) -> None:
    lend(app, mail_server=server)
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ana = make_member(session, bank, "Ana", email="ana@example.org")
        ben = make_member(session, bank, "Ben", email="ben@example.org")
        cy = make_member(session, bank, "Cy")
        by_mail = make_logged_exchange(session, bank, ana, ben).id
        by_call = make_logged_exchange(session, bank, cy, ben).id
    browser = sign_in(ben)
    data = {"note": "It was an hour less.", "minutes": "30 min"}
    page = browser.post(
        f"/b/fife/exchanges/{by_mail}/dispute", data=data, follow_redirects=True
    ).text
    assert (WAITS in page) is waits
    page = browser.post(
        f"/b/fife/exchanges/{by_call}/dispute", data=data, follow_redirects=True
    ).text
    assert WAITS not in page, "Cy is rung, and no e-mail is promised."


@pytest.mark.parametrize("server", ["", "mail.example"])
def test_pages_promise_e_mail_only_where_it_goes(app: Flask, lend, sign_in, server: str) -> None:
    lend(app, mail_server=server)
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ana = make_member(session, bank, "Ana", email="ana@example.org")
    visitor, browser = app.test_client(), sign_in(ana)
    pages = [
        visitor.get("/b/fife/help").text.partition("Cannot sign in?")[2].partition("</section>")[0],
        visitor.get("/sign-in/code?to=fife").text.partition("<main")[2],
        browser.get("/b/fife/me/sign-in").text.partition('class="lead"')[2].partition("</p>")[0],
        browser.get("/b/fife/me/password").text.partition('class="lead"')[2].partition("</p>")[0],
    ]
    for page in pages:
        assert ("by e-mail" in page or "was sent to you" in page) is bool(server)
