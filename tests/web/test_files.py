"""Files under names that change with them, and what every page needs kept small."""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

from flask import Flask

from timebank.config import TEMPLATES
from timebank.web import files

STATIC = Path(files.__file__).parents[1] / "static"
FILES = files.read(STATIC)
GZIP = {"Accept-Encoding": "gzip"}


def address(app: Flask, page: str, name: str) -> str:
    found = re.search(rf'"(/static/{name}\.\w{{8}}\.\w+)', app.test_client().get(page).text)
    assert found
    return found[1]


def test_a_file_is_kept_for_a_year_under_a_name_that_changes_with_it(app: Flask):
    answer = app.test_client().get(address(app, "/help", "look"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data == FILES["look.css"].content
    assert answer.content_type == "text/css; charset=utf-8"


def test_a_name_of_another_version_is_refused_and_a_plain_one_is_asked_for_again(app: Flask):
    client = app.test_client()
    assert client.get("/static/look.00000000.css").status_code == 404
    plain = client.get("/static/look.css")
    assert plain.headers["Cache-Control"] == "no-cache"
    again = client.get("/static/look.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_goes_packed_to_those_who_can_unpack_it(app: Flask):
    client = app.test_client()
    packed, plain = client.get("/static/look.css", headers=GZIP), client.get("/static/look.css")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in client.get("/static/serif.woff2", headers=GZIP).headers


def test_the_stylesheet_names_the_fonts_as_they_are_served(app: Flask):
    names = re.findall(rb'url\("([^"]+)"\)', FILES["look.css"].content)
    assert len(names) == 2
    for name in names:
        answer = app.test_client().get(f"/static/{name.decode()}")
        assert (answer.status_code, answer.content_type) == (200, "font/woff2")
        assert "immutable" in answer.headers["Cache-Control"]


def test_what_every_page_needs_is_small():
    packed = {name: len(file.packed or file.content) for name, file in FILES.items()}
    assert packed["look.css"] <= 14_000
    assert packed["icons.svg"] <= 3_000
    assert packed["serif.woff2"] <= 30_000
    assert packed["serif-more.woff2"] <= 30_000


def test_a_first_visit_is_twenty_thousand_bytes_and_the_font_comes_after_it(app: Flask):
    page = app.test_client().get("/help", headers=GZIP)
    assert "serif" not in gzip.decompress(page.data).decode()
    parts = ("look.css", "icons.svg", "favicon.svg")
    files_ = sum(len(FILES[name].packed or b"") for name in parts)
    assert len(page.data) + files_ <= 20_000


# ---- One stylesheet, and nothing in it that no page has ----


def styled() -> set[str]:
    """The classes that the stylesheet knows."""
    css = re.sub(r"/\*.*?\*/", "", (STATIC / "look.css").read_text(), flags=re.DOTALL)
    selectors = re.findall(r"([^{}]+)\{", css)
    return {
        name
        for selector in selectors
        for name in re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r'"[^"]*"', "", selector))
    }


ATTRIBUTE = re.compile(r'class="((?:[^"{}]|\{\{.*?\}\}|\{%.*?%\})*)"', re.DOTALL)
TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
COMPARED = re.compile(r"""(?:==|!=|\bin) *(?:\([^)]*\)|"[^"]*"|'[^']*')""")
QUOTED = re.compile(r"""["']([\w -]*)["']""")
FROM_A_MAP = re.compile(r'"class": (.*?)\}\|xmlattr', re.DOTALL)
BLOCK = re.compile(r"\{% block dense %\}(.*?)\{% endblock %\}", re.DOTALL)
HANDED_ON = re.compile(
    r"""(?:style|width|size)="([\w -]+)"|"state": "(\w+)"|\btag\(["'](\w+)"""
    r"""|, ["'](small|large|w\d+)["']\)"""
)
WORD = re.compile(r"[a-zA-Z][\w-]*")
MADE = {"h": range(6), "i": range(1, 9), "q": range(4)}
"""Classes with a number in them, which code or a template puts together."""


def used() -> tuple[set[str], set[str]]:
    """The classes that templates write: those that are written out, and those that are handed to a
    macro, chosen by an expression, or made with a number."""
    plain: set[str] = set()
    chosen = {f"{letter}{number}" for letter, numbers in MADE.items() for number in numbers}
    for path in TEMPLATES.rglob("*.html"):
        if path.name == "_letter.html":
            continue  # A letter has its styles in itself.
        text = path.read_text()
        for written in ATTRIBUTE.findall(text):
            outside = TAG.sub(" ", written)
            expressions = " ".join(EXPRESSION.findall(outside))
            plain |= _words([EXPRESSION.sub(" ", outside)])
            chosen |= _words(QUOTED.findall(COMPARED.sub("", expressions)))
        for expression in FROM_A_MAP.findall(text):
            chosen |= _words(QUOTED.findall(COMPARED.sub("", expression)))
        for inside in BLOCK.findall(text):
            chosen |= _words(QUOTED.findall(inside) if "{" in inside else [inside])
        chosen |= _words(word for found in HANDED_ON.findall(text) for word in found)
    return plain, chosen


def _words(parts: Iterable[str]) -> set[str]:
    # What is put together of two parts has its first one left over.
    words = {word for part in parts for word in WORD.findall(part)}
    return {word for word in words if word not in MADE and not word.endswith("-")}


def test_every_class_of_a_page_is_in_the_stylesheet_and_the_other_way_round():
    plain, chosen = used()
    assert plain - styled() == set()
    assert styled() - plain - chosen == set()
