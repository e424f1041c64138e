"""No list on a page holds more than fifty rows, however much there is."""

import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.crowd import ENOUGH, crowd
from tests.pages import pages
from tests.town import Town, build

MOST = 50

_BALLOT = "what a ballot holds, or is counted from"
_REGISTER = "who came to one session"
_PAPER = "for paper"
_OWN = "one thing's own page: what was said of it and done with it"
_PERSON = "those somebody acts for, helps or is known again by"
_PRODUCT = "what the product has, whatever the bank"

_WHOLE = {
    **dict.fromkeys(("fund.vote", "fund.vote_for", "fund.typing", "fund.join"), _BALLOT),
    **dict.fromkeys(
        (
            "activities.keep_register",
            "activities.times",
            "activities.post",
            "activities.show_session",
        ),
        _REGISTER,
    ),
    **dict.fromkeys(("activities.paper_register", "directory.printed", "reports.agreed"), _PAPER),
    **dict.fromkeys(
        (
            *("members.show", "members.apart", "safeguarding.concern", "exchanges.show"),
            *("activities.show", "activities.public", "neighbours.show", "desk.person"),
            *("dialogue.show", "dialogue.conversation", "dialogue.hands", "dialogue.promise"),
            *("fund.proposal", "fund.from_option", "merging.merge"),
        ),
        _OWN,
    ),
    **dict.fromkeys(
        (
            *("members.application", "members.me", "merging.who", "lists.member"),
            *("statement.show", "home.bank"),
        ),
        _PERSON,
    ),
    **dict.fromkeys(("home.api", "home.api_codes", "moving.index"), _PRODUCT),
}
"""Pages with a list that is whole by its nature, by endpoint, and why."""

_STAFF = "the staff"
_SETTLED = "what the office has settled: no more of it in a larger bank"
_PARTNERS = "whom the office works with"

_CHOSEN = {
    **dict.fromkeys(("broker", "broker_id", "seen_by", "by"), _STAFF),
    **dict.fromkeys(
        (
            *(
                "kind",
                "needs_checks",
                "skill_id",
                "category",
                "category_id",
                "position",
                "one",
                "other",
            ),
            *("area", "age", "tag", "tags", "instruments", "follows_id", "round_id", "to_id"),
            *("story", "activity_id", "session_id", "option_id", "priority_id"),
        ),
        _SETTLED,
    ),
    **dict.fromkeys(
        (
            *("organisation", "organisation_id", "sponsor", "reader", "commissioner_id"),
            *("partnership_id", "decider", "resident", "professional", "member"),
        ),
        _PARTNERS,
    ),
    **dict.fromkeys(("for_id", "party_id"), _PERSON),
}
"""What is chosen from a list that is whole, by the name of its field, and why."""

_SHOWN = {
    **dict.fromkeys(("skills.index", "lists.index", "mailings.index"), _SETTLED),
    "desk.today": _STAFF,
}
"""Pages that show such a list."""

_ROWS = ("tr", "li", "option", "article", "dt", "details", "section", "fieldset")
_TICKED = ("checkbox", "radio")
_VOID = ("input", "br", "hr", "img", "link", "meta", "source", "wbr", "area", "col")


class Lists(HTMLParser):
    """How many rows the longest list of each kind holds: of options and boxes the kind is the name
    of their field, of everything else what its rows are."""

    def __init__(self, html: str):
        super().__init__()
        self.rows = Counter[str]()
        self._ticked = Counter[str]()
        self._open: list[tuple[str, str, Counter[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self._ticked.clear()
        if tag == "input" and given.get("type") in _TICKED:
            self._count(self._ticked, name)
        if tag in _ROWS and self._open:
            _, field, rows = self._open[-1]
            self._count(rows, field or tag)
        if tag not in _VOID:
            inside = self._open[-1][1] if tag == "optgroup" and self._open else ""
            rows = self._open[-1][2] if tag == "optgroup" and self._open else Counter[str]()
            self._open.append((tag, name if tag == "select" else inside, rows))

    def _count(self, rows: Counter[str], name: str) -> None:
        rows[name] += 1
        self.rows[name] = max(self.rows[name], rows[name])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing stands in it."""

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    town = build(app)
    crowd(app)
    return town


@pytest.mark.parametrize("role", ["member", "coordinator"])
def test_no_list_is_longer_than_a_page(
    role: str, app: Flask, town: Town, sign_in: Callable[..., Browser]
):
    browser = sign_in(town.people.get(role))
    long = [
        f"{address}: {number} of “{name}”, {rule.endpoint}"
        for rule, address, html in pages(app, town, role, browser)
        if rule.endpoint not in _WHOLE | _SHOWN
        for name, number in Lists(html).rows.items()
        if number > MOST and name not in _CHOSEN
    ]
    assert not long, "\n".join(long)


def test_a_long_list_is_turned_over(app: Flask, town: Town, sign_in: Callable[..., Browser]):
    """Each of its rows stands on one of its parts, and a place that there is not on the first."""
    browser = sign_in(town.people["coordinator"])
    address = "/b/alder-row/organisations"
    seen: list[str] = []
    html = browser.get(address).text
    while True:
        seen += re.findall(r'href="/b/alder-row/organisations/(\d+)"', html)
        further = re.search(r'rel="next" href="([^"#]+)#rows-1"', html)
        if not further:
            break
        html = browser.get(address + unescape(further[1])).text
    assert len(seen) == len(set(seen)) == 2 * (ENOUGH + 1)
    first = browser.get(address).text
    for nowhere in ("1.999999", "2.50", "1.", "one", "1.-50", "9999999999999.50"):
        rows = re.findall(r'organisations/\d+"', browser.get(f"{address}?rows={nowhere}").text)
        assert rows == re.findall(r'organisations/\d+"', first)
    assert 'rel="prev"' in browser.get(f"{address}?rows=1.50").text
