"""Every page and every letter in the language of accents and brackets: what stands there without
brackets, and is nobody's own words, has been forgotten by whoever marks sentences."""

import csv
import inspect
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String, Text, select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import NOW, make_activity, make_bank, make_meeting
from tests.pages import ROLES, pages
from tests.town import Town, build
from timebank import voices
from timebank.activities import letters as activities_letters
from timebank.base import Base
from timebank.db import transaction
from timebank.exchanges import letters as exchanges_letters
from timebank.imports.models import Upload
from timebank.matching import letters as matching_letters
from timebank.members.rules import surname_first
from timebank.notices.models import Notice
from timebank.notices.rules import Letter
from timebank.say import Said, say

_FOR_PROGRAMMERS = ("home.api", "home.api_calls", "home.api_call", "home.api_codes")
"""What they say is the description of the API, which is in English."""

_SPOKEN_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder", "data-label")
_CODE = re.compile(r"[a-z0-9_.:-]*")
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W\d_]{2,}")


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    """The town, whose bank speaks the language of accents and brackets from its first day."""
    return build(app, language=voices.PSEUDO)


class Spoken(HTMLParser):
    """What a page says: (where, words), the frame of the page told apart from what is in it."""

    def __init__(self, html: str):
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._depth = 0
        self._not_said = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in ("input", "img", "br", "meta", "link", "hr"):
            self._open.append(tag)
        # The letters of a face are those of somebody's name; words whose language stands beside
        # them were published, or listed by a bank, in that language. What is not to be translated
        # is a name that is the same in every language, such as that of a kind of file.
        own = "lang" in values or values.get("translate") == "no"
        nobodys = "disc" in values.get("class", "").split() or own
        if nobodys and tag != "html" and not self._not_said:
            self._not_said = len(self._open)
        for name in _SPOKEN_ATTRIBUTES:
            if values.get(name):
                self.said.append((self._where(), unbracketed(values[name])))
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.said.append((self._where(), unbracketed(values.get("value", ""))))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if len(self._open) < self._not_said:
            self._not_said = 0

    def handle_data(self, data: str) -> None:
        # Codes are for programs.
        if self._not_said or {"script", "style", "textarea", "code"} & {*self._open}:
            return
        # A sentence may hold tags, so that its brackets stand in different pieces of text.
        plain: list[str] = []
        for sign in data:
            self._depth += sign == "⟦"
            if self._depth == 0:
                plain.append(sign)
            self._depth -= sign == "⟧"
        self.said.append((self._where(), "".join(plain)))

    def _where(self) -> str:
        return "page" if {"main", "title"} & {*self._open} else "frame"


def unbracketed(text: str) -> str:
    """The text without what stands in brackets, however deep."""
    while (less := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = less
    return text


Says = Callable[[str], bool]
"""Whether a text says something that is nobody's own."""


def beside(people: re.Pattern[str]) -> Says:
    """What is said beside the words of people. They are long to look for, and most of what a page
    says stands on every other page too."""

    @cache
    def says(words: str) -> bool:
        plain = _ADDRESS.sub(" ", words)
        return bool(_WORD.search(plain) and _WORD.search(people.sub(" ", plain)))

    return says


def beside_people(session: Session, *, but: str = "") -> Says:
    """What is said beside what people of the fixture have written, wherever it is kept `but` in one
    table; codes are nobody's words."""
    found: set[str] = {"Timebank"}
    for table in Base.metadata.tables.values():
        if table.name == but:
            continue
        columns = [one for one in table.columns if isinstance(one.type, String | Text)]
        for row in session.execute(select(*columns)) if columns else ():
            for value in row:
                if value and not _CODE.fullmatch(value):
                    found |= {value, *value.splitlines(), *value.split()[:1], surname_first(value)}
    for name, file in session.execute(select(Upload.file_name, Upload.file)):
        # What a file says is told as it is written there.
        rows = csv.reader((file or b"").decode().splitlines())
        found |= {name, *(cell for row in rows for cell in row if len(cell) > 1)}
    longest_first = sorted((one.strip() for one in found if one.strip()), key=len, reverse=True)
    return beside(re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in longest_first)))


def forgotten(html: str, says: Says) -> dict[str, set[str]]:
    """By where they stand, words of a page that are neither in brackets nor anybody's own."""
    found: dict[str, set[str]] = {"page": set(), "frame": set()}
    for where, words in Spoken(html).said:
        if says(words):
            found[where].add(" ".join(words.split()))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_no_sentence_of_a_page_is_forgotten(
    role: str, app: Flask, town: Town, sign_in: Callable[..., Browser]
) -> None:
    with app.app_context(), transaction() as session:
        says = beside_people(session)
    faults: list[str] = []
    for rule, address, html in pages(app, town, role, sign_in(town.people.get(role))):
        if not address.startswith("/b/"):
            continue  # What is no bank's is in English, or in what the browser asks for.
        found = forgotten(html, says)
        faults += [f"{address}, around the page: {words}" for words in found["frame"]]
        if rule.endpoint not in _FOR_PROGRAMMERS:
            faults += [f"{address}: {words}" for words in found["page"]]
    assert not faults, "\n".join(sorted(set(faults)))


def test_the_letters_of_a_town_are_in_the_language_of_their_readers(app: Flask, town: Town) -> None:
    with app.app_context(), transaction() as session:
        says = beside_people(session, but=Notice.__tablename__)
        written = session.execute(select(Notice)).scalars().all()
        assert len(written) > 5
        assert {notice.language for notice in written} == {voices.PSEUDO}
        faults = [
            line
            for notice in written
            for line in (notice.subject, *notice.body.splitlines())
            if is_forgotten(line, says)
        ]
    assert not faults, "\n".join(faults)


def is_forgotten(line: str, says: Says) -> bool:
    """Whether a line of a letter says something outside of brackets that is no address and nobody's
    words."""
    return says(unbracketed(line))


_MADE_UP: dict[str, Any] = {
    "title": "12",
    "who": "34",
    "by": "34",
    "note": "56",
    "thanks": "56",
    "why": "56",
    "message": "56",
    "place": "78",
    "slip": "2214",
    "other": "34",
    "giver": "34",
    "receiver": "34",
    "reached": ["01632 960 142"],
    "minutes": 80,
    "on": date(2026, 11, 12),
    "planned_on": date(2026, 11, 12),
    "thought_minutes": 45,
    "until": date(2026, 11, 26),
    "exchange": say("%(words)s", words="90"),
    "lines": [say("%(words)s", words="90")],
    "site": "https://tb.example/b/fife",
}
_CHOICES: dict[str, tuple[Any, ...]] = {
    "to": ("giver", "receiver"),
    "side": ("giver", "receiver"),
    "automatic": (True, False),
    "on_nobodys_word": (True, False),
}


def letters_of(module: Any, more: dict[str, Any]) -> Iterator[tuple[str, Letter]]:
    """Every letter that a module can write, about made-up things that are written in figures."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ != module.__name__ or name.startswith("_"):
            continue
        wanted = inspect.signature(function).parameters
        cases: list[dict[str, Any]] = [{}]
        for parameter in wanted:
            values = _CHOICES.get(parameter) or ({**_MADE_UP, **more}[parameter],)
            cases = [{**case, parameter: value} for case in cases for value in values]
        for case in cases:
            letter = function(**case)
            if isinstance(letter, Letter):
                yield f"{module.__name__}.{name}", letter


@pytest.mark.parametrize("bare", [False, True], ids=["full", "bare"])
def test_no_sentence_of_a_letter_is_forgotten(session: Session, bare: bool) -> None:
    """`bare`: without what may be left out of a letter."""
    bank = make_bank(session)
    row = make_meeting(session, bank, make_activity(session, bank), starts_at=NOW)
    more: dict[str, Any] = {"bank": bank, "row": row}
    if bare:
        more |= {"note": "", "thanks": "", "why": "", "message": "", "place": "", "reached": ()}
        more |= {"planned_on": None, "who": "34", "minutes": -60}
    nothing = beside(re.compile("$^"))
    voice = voices.voice(voices.PSEUDO)
    faults = [
        f"{name}: {line}"
        for module in (exchanges_letters, activities_letters, matching_letters)
        for name, letter in letters_of(module, more)
        for text in letter.render(voice)
        for line in text.splitlines()
        if is_forgotten(line, nothing)
    ]
    assert not faults, "\n".join(faults)


def test_a_page_with_a_forgotten_word_is_found() -> None:
    says = beside(re.compile("Joan"))
    html = "<main><p>⟦Héllo <b>Joan</b> ⟦x⟧⟧</p><p>Joan</p><p aria-label='Close'>7 days</p></main>"
    assert forgotten(html, says) == {"page": {"Close", "7 days"}, "frame": set()}


def test_published_words_are_nobody_s_to_translate() -> None:
    html = "<html lang='en-XA'><main><p><b lang='en-GB'>How happy</b> were you?</p></main></html>"
    assert forgotten(html, beside(re.compile("$^"))) == {"page": {"were you?"}, "frame": set()}


def test_the_name_of_a_kind_of_file_is_the_same_in_every_language() -> None:
    html = "<main><a translate='no'>CSV</a> <a>Totals</a></main>"
    assert forgotten(html, beside(re.compile("$^"))) == {"page": {"Totals"}, "frame": set()}


def test_a_gap_alone_is_nobody_s_to_translate() -> None:
    voice = voices.voice(voices.PSEUDO)
    assert Said("%(words)s", gaps={"words": "Bread"}).render(voice) == "Bread"
    assert "⟦" in say("Bread").render(voice)
