"""Nonsense in an address or a form breaks no page, on either database: they differ in what they
take for a number and for text."""

import itertools
import pathlib
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

import timebank
from tests.browsers import Browser
from tests.pages import addresses
from tests.test_apart import read_by
from tests.test_eight_forms import NOT_HERE
from tests.town import Town, build
from timebank.http import access_of

ASKED = frozenset(
    name
    for path in pathlib.Path(timebank.__file__).parent.rglob("*.py")
    for name in re.findall(r'request\.(?:args|values|form)\.get\(\s*"(\w+)"', path.read_text())
)
"""What pages take by hand from their address, or from their form."""

LISTED = {
    *("area", "as_of", "by", "cursor", "format", "from", "group", "limit", "month", "q", "role"),
    *("skill_id", "status", "text", "to"),
}
"""What lists are narrowed by."""

NONSENSE = ("9" * 60, "-1", "2026-02-30")
MORE = (*NONSENSE, "9" * 5000, "٣")


def _kinds(pytestconfig: pytest.Config) -> Iterator[tuple[str, ...]]:
    """One kind of nonsense after the other; in the long run all, each time."""
    return itertools.cycle([MORE] if pytestconfig.getoption("--long") else zip(NONSENSE))


def test_no_page_breaks_on_what_it_is_asked_for(
    app: Flask, sign_in: Callable[..., Browser], pytestconfig: pytest.Config
):
    assert {"listing_id", "giver", "who", "person", "next"} <= ASKED
    town = build(app)
    browser = sign_in(town.people["coordinator"])
    kinds = _kinds(pytestconfig)
    for _, examples in addresses(app, town, "coordinator"):
        for nonsense in next(kinds):
            asked = dict.fromkeys(ASKED | LISTED, nonsense)
            answer = browser.get(examples[0], query_string=asked, buffered=True)
            assert answer.status_code < 500, f"{examples[0]} asked for {nonsense[:20]}"


def test_no_form_breaks_on_what_is_written_in_it(
    app: Flask, sign_in: Callable[..., Browser], pytestconfig: pytest.Config
):
    if not pytestconfig.getoption("--long"):
        pytest.skip("Every form, with each kind of nonsense: in the long run.")
    town = build(app)
    browser = sign_in(town.people["coordinator"])
    for where, fields in _forms(app, town):
        for nonsense in MORE:
            answer = browser.post(where, data=dict.fromkeys(fields, nonsense), buffered=True)
            assert answer.status_code < 500, f"{where} with {nonsense[:20]} in {sorted(fields)}"


def _forms(app: Flask, town: Town) -> list[tuple[str, set[str]]]:
    """Every address that a form is sent to, and its fields, found from the code."""
    found: list[tuple[str, set[str]]] = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        mark = access_of(view)
        if "POST" not in (rule.methods or ()) or rule.rule.startswith("/api/") or mark is None:
            continue
        if rule.endpoint not in NOT_HERE:
            values = {name: (*town.examples.get(name, ()), 1)[0] for name in rule.arguments}
            built = rule.build(values, append_unknown=False)
            assert built is not None, rule
            found.append((built[1], read_by(view) | {"line-" + "9" * 5000}))
    return found


@pytest.mark.parametrize(
    "address", ["/b/{slug}/desk/call?who=Jo%00an", "/b/{slug}%00/", "/api/v1/members?text=Jo%00an"]
)
def test_no_address_holds_what_postgresql_cannot_keep(
    app: Flask, sign_in: Callable[..., Browser], address: str
):
    town = build(app)
    browser = sign_in(town.people["coordinator"])
    assert browser.get(address.format(slug=town.slug)).status_code == 404
