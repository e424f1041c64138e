"""Nonsense in an address breaks no page, on either database: they differ in what they take for a
number and for text."""

import itertools
from collections.abc import Callable

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.pages import addresses
from tests.town import build

QUESTIONS = (
    "account", "area", "as_of", "by", "cursor", "for", "format", "from", "group", "introduction",
    "kind", "limit", "month", "next", "one", "page", "person", "q", "report", "request", "role",
    "side", "skill_id", "status", "teller", "text", "to", "who", "whose",
)  # fmt: skip
"""What pages are asked for behind the question mark of their address."""


NONSENSE = ("9" * 60, "-1", "2026-02-30")


def test_no_page_breaks_on_what_it_is_asked_for(
    app: Flask, sign_in: Callable[..., Browser], pytestconfig: pytest.Config
):
    """Each page is asked for one kind of nonsense after the other; in the long run for all."""
    town = build(app)
    browser = sign_in(town.people["coordinator"])
    kinds = itertools.cycle([NONSENSE] if pytestconfig.getoption("--long") else zip(NONSENSE))
    for _, examples in addresses(app, town, "coordinator"):
        for nonsense in next(kinds):
            answer = browser.get(
                examples[0], query_string=dict.fromkeys(QUESTIONS, nonsense), buffered=True
            )
            assert answer.status_code < 500, f"{examples[0]} asked for {nonsense}"


@pytest.mark.parametrize(
    "address", ["/b/{slug}/desk/call?who=Jo%00an", "/b/{slug}%00/", "/api/v1/members?text=Jo%00an"]
)
def test_no_address_holds_what_postgresql_cannot_keep(
    app: Flask, sign_in: Callable[..., Browser], address: str
):
    town = build(app)
    browser = sign_in(town.people["coordinator"])
    assert browser.get(address.format(slug=town.slug)).status_code == 404
