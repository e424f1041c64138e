"""The documents: what they name is there, where they lead is somewhere, what is drawn is so."""

import pathlib
import re
import runpy
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec

import click
import pytest

from docs import diagrams
from timebank import app as application
from timebank.cli import timebank

ROOT = pathlib.Path(__file__).parent.parent
DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "tests", ROOT / "bench")
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
IN_LINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^()\s]+)\)")
COMMAND = re.compile(r"(?:^|bin/|\btimebank |dev run )timebank((?: [a-z][a-z-]*)+)(.*)$")
DEV = re.compile(r"(?:\./|python )dev(?:\.py)? ([a-z]+)")
PLACE = re.compile(r"^[\w.-]+(?:/[\w.-]+)+(?:\.\w+|/)(?::(\w+))?$")
"""A file or folder of the project, and perhaps a name in it: `exchanges/views.py:confirm`."""

TOPS = ("timebank", "migrations", "templates", "tests", "docs", "bench", "deploy", "requirements")


def ids(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code(text: str) -> Iterator[str]:
    """Every line of a document that is code: those between fences, and what stands in backticks."""
    for block in FENCE.findall(text):
        yield from block.splitlines()[1:-1]
    yield from IN_LINE.findall(FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """Where a link into a document may lead: its headings, as code hosts spell them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_link_within_the_project_leads_somewhere(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    lost = []
    for link in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_file_and_name_that_is_spelt_out_is_there(path: pathlib.Path) -> None:
    """A place is told from the top of the project, or from `timebank/` as in `ledger/check.py`."""
    text = path.read_text(encoding="utf-8")
    missing = []
    for place in IN_LINE.findall(FENCE.sub("", text)):
        match = PLACE.match(place)
        if not match:
            continue
        name, file = match.group(1), place.partition(":")[0]
        rooms = {feature.name for feature in application.FEATURES} | {"web", "api", "running"}
        if file.split("/")[0] not in {*TOPS, *rooms}:
            continue
        found = next(
            (base / file for base in (ROOT, ROOT / "timebank") if (base / file).exists()), None
        )
        if found is None or (name and not defines(found, name)):
            missing.append(place)
    assert missing == []


def defines(path: pathlib.Path, name: str) -> bool:
    """Whether a file of code makes that name: a function, a class, a constant, a trigger."""
    made = rf"\b(?:def|class|TRIGGER|FUNCTION) {name}\b|^\s*{name}\b.*="
    return bool(re.search(made, path.read_text(encoding="utf-8"), re.MULTILINE))


def commands(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Every command that a document shows, with its options: (`ledger`, `check`), (`--json`,)."""
    for line in code(text):
        match = COMMAND.search(line.partition("#")[0].replace("./dev run ", "timebank "))
        if match:
            yield match.group(1).split(), re.findall(r"(?<!\S)--[a-z-]+", match.group(2))


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_command_that_is_shown_can_be_given(path: pathlib.Path) -> None:
    wrong = []
    for words, options in commands(path.read_text(encoding="utf-8")):
        found: click.Command = timebank
        for word in words:
            if isinstance(found, click.Group):
                if word not in found.commands:
                    wrong.append(" ".join(words))
                    break
                found = found.commands[word]
        known = {name for option in found.params for name in (*option.opts, *option.secondary_opts)}
        wrong += [f"{' '.join(words)} {one}" for one in options if one not in {*known, "--help"}]
    assert wrong == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_word_for_dev_is_one_it_knows(path: pathlib.Path) -> None:
    known = set(re.findall(r"\./dev (\w+)", runpy.run_path(str(ROOT / "dev"))["__doc__"]))
    shown = {word for line in code(path.read_text(encoding="utf-8")) for word in DEV.findall(line)}
    assert shown - known == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_module_that_is_run_is_there(path: pathlib.Path) -> None:
    shown = {
        module
        for line in code(path.read_text(encoding="utf-8"))
        for module in re.findall(r"python -m ((?:bench|timebank)[\w.]*)", line)
    }
    assert {module for module in shown if not find_spec(module)} == set()


def test_readme_shows_commands() -> None:
    """So that the tests above look at something."""
    shown = [words for words, _ in commands((ROOT / "README.md").read_text(encoding="utf-8"))]
    assert ["ledger", "check"] in shown
    assert len(shown) > 8


def test_the_map_of_the_house_names_every_room() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    house = next(block for block in FENCE.findall(text) if "from proposal to confirmation" in block)
    # A room stands at the beginning of a line, or of its right half.
    shown = set(re.findall(r"(?:^| {3,})([a-z]+) ", house, re.MULTILINE))
    assert {feature.name for feature in application.FEATURES} <= shown
    firsts = {line.split()[0] for line in house.splitlines()[1:-1]}
    assert {first for first in firsts if not (ROOT / "timebank" / first).is_dir()} == set()


@pytest.mark.parametrize("name", diagrams.PAGES)
def test_a_page_that_is_drawn_is_as_the_code_draws_it(name: str) -> None:
    """`./dev diagrams` draws it again."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == diagrams.PAGES[name]()


def test_decisions_are_numbered_listed_and_argued() -> None:
    index = " ".join((ROOT / "docs/decisions/README.md").read_text(encoding="utf-8").split())
    # Numbers are given out before what is decided is written down, so some may be missing.
    assert len({path.name[:4] for path in DECISIONS}) == len(DECISIONS)
    for path in DECISIONS:
        title, *parts = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert parts == ["Context", "Decision", "What it costs", "What was turned down"], path.name
        number, _, words = title.partition(" · ")
        assert number == path.name[:4]
        assert f"[{words}]({path.name})" in index


VERDICTS = {
    *("met", "by its making", "written down", "partly", "not met"),
    *("the installation's", "n.a."),
}


def test_whatever_is_said_to_be_met_names_tests_that_there_are() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 100
    for row in rows:
        number, verdict, by = row[0].strip("| "), row[2], row[3]
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", by)
        assert verdict in VERDICTS, number
        assert tests or verdict != "met", number
        assert len(tests) == by.count("tests/"), f"{number} names a file and no test of it"
        for file, name in tests:
            assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.M), (
                f"{number}: {file}::{name}"
            )


def test_whatever_is_installed_beside_is_acknowledged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["match"]]
    wanted += project["optional-dependencies"]["server"]
    names = {re.split(r"[\[<>=]", one)[0] for one in wanted}
    acknowledged = (ROOT / "THIRD-PARTY.md").read_text(encoding="utf-8").lower()
    assert {name for name in names if f"`{name}`" not in acknowledged} == set()
