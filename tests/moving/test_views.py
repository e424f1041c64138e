"""The page from which a coordinator takes the bank along."""

import io
import zipfile
from collections.abc import Callable

from flask import Flask

from tests.browsers import Browser
from tests.factories import make_bank, make_member
from tests.town import build
from timebank.db import transaction


def test_a_coordinator_takes_everything_along_and_nobody_else_does(
    app: Flask, sign_in: Callable[..., Browser]
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="small")
        owen = make_member(session, bank, "Owen", role="coordinator").id
        maggie = make_member(session, bank, "Maggie", role="broker").id
    browser = sign_in(owen)
    page = browser.get("/b/small/moving").get_data(as_text=True)
    assert "It lets somebody in" in page
    assert "equality_answer" in page
    answer = browser.get("/b/small/moving/archive")
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        assert archive.read("rows/member.jsonl").count(b"\n") == 2
    assert answer.mimetype == "application/zip"
    answer.close()
    assert sign_in(maggie).get("/b/small/moving/archive").status_code == 403


def test_it_says_what_has_to_end_first(app: Flask, sign_in: Callable[..., Browser]) -> None:
    town = build(app)
    browser = sign_in(town.people["coordinator"])
    page = browser.get(f"/b/{town.slug}/moving").get_data(as_text=True)
    assert "is still open" in page
    assert "moving/archive" not in page
    answer = browser.get(f"/b/{town.slug}/moving/archive")
    assert answer.status_code == 303
    assert answer.location.endswith("/moving")
