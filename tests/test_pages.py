"""What holds for every page: its parts, its name, and that nothing runs in it."""

import pathlib
import re
from collections.abc import Callable

import pytest
from flask import Flask, request, template_rendered
from jinja2 import Template

from tests.browsers import Browser
from tests.pages import ROLES, Outline, pages
from tests.town import Town, build
from timebank.config import TEMPLATES
from timebank.running import letters

SHARED = ("layout", "parts", "errors")


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    return build(app)


def templates() -> list[pathlib.Path]:
    found = sorted(TEMPLATES.rglob("*.html"))
    assert found
    return found


def whole_pages() -> list[pathlib.Path]:
    """The templates of a page each: not the shared ones, not the partials."""
    return [
        path
        for path in templates()
        if path.parent.name not in SHARED and not path.name.startswith("_")
    ]


def name_of(path: pathlib.Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


ALONE = ("notices/_letter.html",)
"""What stands by itself, where no stylesheet of ours is known: a letter, in mail programs."""


@pytest.mark.parametrize(
    "path", [path for path in templates() if name_of(path) not in ALONE], ids=name_of
)
def test_a_template_holds_no_style_or_script_of_its_own(path: pathlib.Path):
    source = re.sub(r"{#.*?#}|{{.*?}}|{%.*?%}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"<script(?! src=)|<style\b|\sstyle=|\son[a-z]+=|javascript:", source)


def layout_of(source: str) -> str:
    """What a page extends in the end: the layout, or what its like have in common and that extends
    it."""
    (name,) = re.findall(r'^{% extends "([^"]+)" %}$', source, flags=re.MULTILINE)
    part = pathlib.PurePosixPath(name).name.startswith("_")
    return layout_of((TEMPLATES / name).read_text()) if part else name


@pytest.mark.parametrize("path", whole_pages(), ids=name_of)
def test_a_page_extends_the_layout_and_says_its_title(path: pathlib.Path):
    source = path.read_text()
    assert layout_of(source) == "layout/base.html"
    assert re.search(r"{% block title %}.*?\S.*?{% endblock", source, flags=re.DOTALL)


def test_a_page_has_the_name_of_its_endpoint(new_app: Flask):
    app, office = new_app, letters.Office()
    letters.show(app, office)
    office.server_close()
    endpoints = [
        ".".join(path.relative_to(TEMPLATES).with_suffix("").parts) for path in whole_pages()
    ]
    assert [one for one in endpoints if one not in app.view_functions] == []
    assert [
        one for one in endpoints if app.view_functions[one].__name__ != one.partition(".")[2]
    ] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_page_keeps_the_rules(
    role: str, app: Flask, town: Town, sign_in: Callable[..., Browser]
):
    """Each is what `faults_of` wants, shows the template of its view's own name, and leads only
    where its reader may go."""
    shown: dict[str, set[str]] = {}

    def note(sender: Flask, template: Template, context: object, **more: object) -> None:
        shown.setdefault(request.path, set()).add(str(template.name))

    faults: list[str] = []
    found: dict[str, str] = {}
    browser = sign_in(town.people.get(role))
    with template_rendered.connected_to(note, app):
        for rule, address, html in pages(app, town, role, browser):
            if rule.endpoint in _FRAMED:
                continue
            faults += [f"{address}: {fault}" for fault in faults_of(html)]
            found |= dict.fromkeys(links_of(html), address)
            if f"{rule.endpoint.replace('.', '/')}.html" not in shown[address]:
                faults.append(f"{address} shows {shown[address]}")
    for link in found.keys() - shown.keys():
        status = browser.get(link, buffered=True).status_code
        faults += (
            [f"{found[link]} leads to {link}, which answers {status}"] if status >= 400 else []
        )
    assert not faults, "\n".join(faults)


_FRAMED = ("activities.embed",)
"""What stands within pages of other sites: a list, and no page of its own."""


def links_of(html: str) -> set[str]:
    """Where the page leads within the site, without the place on the page that is led to."""
    urls = [values.get("href") or "" for tag, values in Outline(html).elements if tag == "a"]
    return {url.partition("#")[0] for url in urls if url.startswith("/")}


def faults_of(html: str) -> list[str]:
    """What is wrong with a page as it reaches the browser."""
    outline = Outline(html)
    ids = outline.ids()
    faults = []
    if outline.count("h1") != 1:
        faults.append(f"{outline.count('h1')} h1")
    if not re.search(r"\S – \S", outline.title):
        faults.append(f"title “{outline.title}”")
    if outline.elements[0] != ("html", {"lang": "en-GB"}):
        faults.append("no language")
    if repeated := {value for value in ids if ids.count(value) > 1}:
        faults.append(f"ids used twice: {repeated}")
    for form in outline.forms:
        if form["method"] == ["post"] and "csrf_token" not in form["fields"]:
            faults.append("a form without its token")
    for tag, values in outline.elements:
        inline = tag == "style" or (
            tag == "script" and not (values.get("src") or "").startswith("/static/")
        )
        if inline or "style" in values or any(name.startswith("on") for name in values):
            faults.append(f"{tag} runs or styles by itself: {values}")
        if tag == "button" and values.get("type") != "submit":
            faults.append(f"a button of no type: {values}")
        for name in ("for", "aria-labelledby", "aria-describedby"):
            faults += [
                f"{tag} {name}={it} leads nowhere"
                for it in (values.get(name) or "").split()
                if it not in ids
            ]
    return faults


@pytest.mark.parametrize("role", ROLES)
def test_navigation_has_room_on_a_telephone_and_says_where_one_is(
    role: str, app: Flask, town: Town, sign_in: Callable[..., Browser]
):
    html = sign_in(town.people.get(role)).get("/b/alder-row/help").text
    menu = html.partition('aria-label="Main"')[2].partition("</nav>")[0]
    links = re.findall(r"<a [^>]*>", menu)
    items = re.findall(r"<li[^>]*>", menu)
    barred = '<nav class="nav wrap thumb"' in html
    # Coordinators have the links of brokers, and two of their own.
    most = 11 if role == "coordinator" else 9
    assert 0 < sum("narrow" not in item for item in items) <= most
    assert not barred or sum("wide" not in item for item in items) == 5
    assert sum("aria-current" in link for link in links) <= 1
