"""Every form of every page, sent by eight at the same moment, as a double click or two tabs do: it
is done once, and nobody meets an error.

The forms are those that the pages show, filled in as a browser would. Calls of the API, and what
each step comes to in the books: `tests/test_eight_at_once.py`.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.pages import pages
from tests.test_eight_at_once import BROKEN, together
from tests.town import Town, build
from timebank.base import Base
from timebank.ledger import check

SEVERAL_ROWS = {
    *("notice", "job", "posting", "member_event", "event", "exchange_step", "recovery_code"),
    *("survey_answer", "failed_sign_in"),
}
"""Tables in which one form may make several rows: what happened by it, who is told, the answers to
one questionnaire, and what is rationed. In any other it makes one, at most."""

_SHOWN_ONCE = "what it makes is shown in the answer alone, so that each press makes another"
SEVERAL = {
    "activities.plan": "as many times as are asked for",
    "imports.confirm": "the rows of a file",
    "desk.slips": "a row each",
    "desk.person": "that notes were read, each time",
    "access.tokens": _SHOWN_ONCE,
    "access.hand_link": _SHOWN_ONCE,
    "surveys.forms": _SHOWN_ONCE,
    "access.send_link": "each asks for a link, as often as the ration allows",
    "access.send_own_code": "each asks for a code, as often as the ration allows",
}
"""Forms of which every press counts, and why."""

LAST = ("leav", "clos", "remov", "end", "withdraw", "take_back", "cancel", "erase", "discard")
"""What such a step is about may be gone afterwards."""

NOT_HERE = {
    "access.password": "it ends every other sign-in; `tests/access/test_races.py`",
    "access.sign_out": "it ends the sign-in of all eight",
    "access.sign_out_everywhere": "it ends the sign-in of all eight",
    "access.end_sign_in": "it may end the sign-in of all eight",
    "leaving.me": "whoever leaves is signed out",
}

WRITTEN = {
    "who": "Ravi Mehta",
    "teller": "Joan Whitlock",
    "member": "Nell Ashby",
    "helper": "Nell Ashby",
    "other": "Nell Ashby",
    "giver": "Joan Whitlock",
    "receiver": "Ravi Mehta",
    "resident_lead": "Joan Whitlock",
    "email": "somebody@example.org",
    "phone": "01632 960 199",
    "channel": "phone",
    "another": "yes",
    "password": "hours-are-hours",
}
"""What is written into a field of that name, where the form holds nothing yet."""

BY_KIND = (
    (r"minutes|long$|length", "1 h"),
    (r"(_on|day|date|from|until|since)$", "2026-11-20"),
    (r"(_at|time|starts)$", "10:00"),
    (r"places|weeks|count|items|number|lowest|highest", "3"),
    ("", "To be written down"),
)
"""The same by what a field is called like."""


@dataclass
class Shown:
    """A form as a page shows it: where it is sent, and each field with what stands in it."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


class Reader(HTMLParser):
    """The forms of a page that are sent by POST."""

    def __init__(self, address: str, html: str):
        super().__init__()
        self.forms: list[Shown] = []
        self._address, self._open = address, False
        self._select: str | None = None
        self._area: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = values.get("method", "").lower() == "post"
            if self._open:
                self.forms.append(Shown(values.get("action") or self._address))
        if self._open:
            self._field(tag, values)

    def _field(self, tag: str, values: dict[str, str]) -> None:
        form, name = self.forms[-1], values.get("name", "")
        kind = values.get("type", "text")
        if tag == "option" and self._select:
            if "value" in values and values["value"] and self._select not in form.fields:
                form.fields[self._select] = [values["value"]]
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            form.empty.add(name)
        elif tag == "button" and name:
            form.fields.setdefault(name, [values.get("value", "")])
        elif tag == "input" and name:
            if kind == "file":
                form.files.add(name)
            elif kind == "radio" and "value" in values:
                if name not in form.fields or "checked" in values:
                    form.fields[name] = [values["value"]]
            elif kind == "checkbox":
                if "checked" in values or name.endswith("[]"):
                    form.fields.setdefault(name, []).append(values.get("value", "on"))
            elif values.get("value"):
                form.fields.setdefault(name, []).append(values["value"])
            else:
                form.empty.add(name)

    def handle_data(self, data: str) -> None:
        if self._open and self._area and data.strip():
            self.forms[-1].fields[self._area] = [data.strip()]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None


def filled(form: Shown) -> dict[str, list[str]]:
    """What a browser sends of it, with something written in every empty field."""
    sent = dict(form.fields)
    for name in form.empty - sent.keys():
        words = WRITTEN.get(name)
        sent[name] = [words or next(text for like, text in BY_KIND if re.search(like, name))]
    return sent


def forms(app: Flask, town: Town, browser: Browser) -> Iterator[tuple[str, Shown]]:
    """The forms of every page a coordinator opens, each with the view it is sent to; of each view
    the first few."""
    adapter = app.url_map.bind("localhost")
    met: Counter[str] = Counter()
    for _, address, html in pages(app, town, "coordinator", browser):
        for form in Reader(address, html).forms:
            path = form.action.partition("#")[0].partition("?")[0]
            endpoint, _ = adapter.match(path, method="POST")
            key = f"{endpoint} {path}"
            if endpoint in NOT_HERE or met[key] or met[endpoint] == FEW:
                continue
            met[endpoint] += 1
            met[key] += 1
            yield endpoint, form


FEW = 1
"""So many forms of one view are tried."""


def test_every_form_is_done_once_though_eight_send_it(
    app: Flask,
    engine: Engine,
    sign_in: Callable[..., Browser],
    pytestconfig: pytest.Config,
) -> None:
    """In the long run: there are some 150 forms. What no page of the town shows is tried through
    the API, which is sent the same."""
    if not pytestconfig.getoption("--long"):
        pytest.skip("All forms, eight times each: in the long run.")
    town = build(app)
    owen = town.people["coordinator"]
    browsers = [sign_in(owen) for _ in range(8)]
    found = sorted(
        forms(app, town, browsers[0]),
        key=lambda one: any(word in one[0].rpartition(".")[2] for word in LAST),
    )
    wrong, done = list[str](), 0
    for endpoint, form in found:
        before = counts(engine)

        def send(number: int, form: Shown = form) -> int:
            files = {name: (io.BytesIO(b"number,name\n"), "a.csv") for name in form.files}
            sent = {**filled(form), **files}
            return browsers[number].post(form.action, data=sent, buffered=True).status_code

        told = Counter(together(send))
        made = {name: number - before[name] for name, number in counts(engine).items()}
        several = {name: more for name, more in made.items() if more > 1}
        done += 303 in told
        if told.keys() & BROKEN:
            wrong.append(f"{endpoint} {form.action} answers {dict(told)}")
        if several and endpoint not in SEVERAL:
            wrong.append(f"{endpoint} {form.action} made {several}")
    assert wrong == [], "\n".join(wrong)
    assert done > 20, "Too few of the forms are done for this to prove anything."
    with Session(engine) as session:
        assert check.check(session).faults == []


def counts(engine: Engine) -> dict[str, int]:
    """How many rows there are of each kind that a form makes one of."""
    names = sorted(Base.metadata.tables.keys() - SEVERAL_ROWS)
    asked = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)
    with Session(engine) as session:
        return dict(row._tuple() for row in session.execute(text(asked)))
