"""Finding every page of the application, so that a new one is tested without anybody remembering
to."""

import itertools
from collections.abc import Iterator
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.town import Town
from timebank.http import access_of

FOR_MACHINES = ("/static/", "/api/", "/health", "/metrics")
ROLES = ("visitor", "member", "broker", "coordinator")
LEVELS = {"visitor": "public", "member": "member", "broker": "broker", "coordinator": "coordinator"}

_OPEN_TO = {"public": 0, "member": 1, "broker": 2, "coordinator": 3, "commissioner": 3}


def rules(app: Flask) -> list[Rule]:
    """Every address that people open."""
    opened = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [rule for rule in opened if not rule.rule.startswith(FOR_MACHINES)]


def addresses(app: Flask, town: Town, role: str) -> Iterator[tuple[Rule, list[str]]]:
    """For each page somebody of this role may ask for, its addresses with every example of what
    stands in them.

    Raises KeyError for an address that no example is known for.
    """
    for rule in rules(app):
        mark = access_of(app.view_functions[rule.endpoint])
        if mark is None or _OPEN_TO[mark.level] > _OPEN_TO[LEVELS[role]]:
            continue
        names = sorted(rule.arguments)
        missing = [name for name in names if name not in town.examples]
        if missing:
            raise KeyError(f"tests/town.py has no example of {missing[0]} for {rule.rule}")
        values = itertools.product(*(town.examples[name] for name in names))
        built = [
            rule.build(dict(zip(names, each, strict=True)), append_unknown=False) for each in values
        ]
        yield rule, [address for each in built if each for _, address in [each]]


_FOR_FEW = ("fund.ballots",)
"""What nobody of the town opens: too few of it have voted for anybody but those who check."""


def pages(
    app: Flask, town: Town, role: str, client: FlaskClient
) -> Iterator[tuple[Rule, str, str]]:
    """Rule, address and HTML of every page this person can open; what leads elsewhere or is a file
    is left out.

    Not every example fits every page (an application is no member yet), but one must.
    """
    for rule, examples in addresses(app, town, role):
        # Read to the end: a file may be sent while it is being written.
        answers = {address: client.get(address, buffered=True) for address in examples}
        statuses = {address: answer.status_code for address, answer in answers.items()}
        opens = any(status in (200, 302, 303) for status in statuses.values())
        assert opens or rule.endpoint in _FOR_FEW, f"{role} opens {statuses}"
        assert all(status < 500 for status in statuses.values()), f"{role} opens {statuses}"
        for address, answer in answers.items():
            if answer.status_code == 200 and answer.mimetype == "text/html":
                yield rule, address, answer.text


class Outline(HTMLParser):
    """What a page is made of: its elements with their attributes, its title, its forms and what
    stands in each."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self.forms: list[dict[str, list[str]]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        self._open.append(tag)
        if tag == "form":
            self.forms.append({"method": [values.get("method") or "get"], "fields": []})
        if tag in ("input", "select", "textarea") and self.forms and values.get("name"):
            self.forms[-1]["fields"].append(str(values["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title" and "svg" not in self._open:
            self.title += data

    def count(self, tag: str) -> int:
        """How many elements of that kind there are."""
        return sum(name == tag for name, _ in self.elements)

    def ids(self) -> list[str]:
        """The id of every element that has one, in order."""
        return [str(values["id"]) for _, values in self.elements if values.get("id")]
