"""Spreadsheets, printed pages and commands in the language of accents and brackets, as
`test_pseudo` has it of pages and letters.

What is rightly left in English are names of formats: the files for programs (CSV, CSVW, JSON) are
not walked at all, and in a spreadsheet the codes of figures, the names of tables, and the
definitions, which are kept with a report as its method was written down.
"""

import html
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from click import Command
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import actor, make_member, system
from tests.surveys.waves import SPRING, answer, first_day, make_wave
from tests.test_pseudo import Says, beside, beside_people, is_forgotten
from tests.town import Town, build
from timebank import clock, voices
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.matching.cli import search
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import Topic
from timebank.measures.windows import Period
from timebank.reports import archive, evidence, funder, funder_files, publish, publish_pdf
from timebank.reports.archive import Asked
from timebank.reports.rules import Format
from timebank.statement.cli import statement
from timebank.surveys import equality
from timebank.surveys import service as surveys_service
from timebank.surveys.cli import survey
from timebank.surveys.instruments import EMBEDDED
from timebank.surveys.rules import Asked as Invited
from timebank.surveys.rules import EqualityAnswers, EqualityAsked

YEAR = date(2025, 10, 1), date(2026, 9, 30)

_CODE = re.compile(r"[a-z0-9_.:-]*")
_SHARED = re.compile(r"<t[^>]*>([^<]*)</t>")
_SHEET = re.compile(r'<sheet name="([^"]+)"')


@pytest.fixture
def database(databases: Any) -> str:
    """Files are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    """The town, whose bank speaks the language of accents and brackets from its first day."""
    return build(app, language=voices.PSEUDO)


@pytest.fixture
def asked_about(app: Flask, town: Town) -> int:
    """A wave of questions with answers after another, and equality answers counted."""
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, town.slug)
        first = make_wave(
            session, bank, title="First", opens_on=SPRING, closes_on=SPRING + timedelta(days=9)
        )
        second = make_wave(
            session,
            bank,
            title="Second",
            opens_on=SPRING + timedelta(days=30),
            closes_on=SPRING + timedelta(days=39),
            instruments=(),
            follows_id=first.id,
        )
        now = Act(system(bank), clock.now())
        equality.ask(session, bank, EqualityAsked(["age"], []), now)
        for number in range(9):
            member = make_member(session, bank, f"Member {number}")
            said = EqualityAnswers({"age": "25 to 44"})
            equality.answer(session, bank, member.id, said, Act(actor(member), clock.now()))
            for wave in (first, second):
                invited = Invited("numbers", numbers=[str(member.number)])
                act = Act(system(bank), first_day(wave))
                surveys_service.invite(session, bank, wave.id, invited, act)
                answer(session, bank, wave, member, q0_0=5 + (wave is second))
        equality.count(session, bank, now)
        return second.id


def spreadsheet(content: bytes) -> Iterator[str]:
    """The names of its sheets, and every text that stands in one."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        yield from map(html.unescape, _SHEET.findall(book.read("xl/workbook.xml").decode()))
        yield from map(html.unescape, _SHARED.findall(book.read("xl/sharedStrings.xml").decode()))
        yield book.read("docProps/core.xml").decode().partition("<dc:title>")[2].split("<")[0]


def texts(content: Any) -> Iterator[str]:
    """Every text that a layout is filled with."""
    if isinstance(content, dict):
        # What a layout calls its parts is in the keys.
        for name, part in content.items():
            yield from texts(part) if name not in {"language", "region"} else ()
    elif isinstance(content, list):
        for part in content:
            yield from texts(part)
    elif isinstance(content, str):
        yield content


def left(lines: Iterator[str], says: Says) -> list[str]:
    """Texts that say something in nobody's language; codes and the method's definitions do not."""
    definitions = {figure.definition for figure in FIGURES.values()}
    return sorted(
        {
            line
            for line in lines
            if line not in definitions and not _CODE.fullmatch(line) and is_forgotten(line, says)
        }
    )


def reports(session: Session, bank: Bank) -> Iterator[Any]:
    for topic in Topic:
        for share in (False, True):
            asked = Asked(topic, *YEAR, Period.QUARTER if share else None, share)
            yield archive.report(session, bank, asked, now=clock.now())


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the layouts of printed pages were filled with, in place of being printed."""
    pages: list[Any] = []

    def compiled(_layout: object, inputs: dict[str, str], _files: object = None) -> bytes:
        pages.append(json.loads(inputs["page"]))
        return b""

    for module in (publish_pdf, evidence, funder_files):
        monkeypatch.setattr(module, "compiled", compiled)
    return pages


def test_no_words_of_a_spreadsheet_or_a_printed_page_are_forgotten(
    app: Flask, town: Town, asked_about: int, filled: list[Any]
) -> None:
    voice = voices.voice(voices.PSEUDO)
    faults: list[str] = []
    with app.app_context(), transaction() as session:
        says = beside_people(session)
        bank, now = banks.by_slug(session, town.slug), clock.now()
        for report in reports(session, bank):
            sheets = publish.file(report, Format.XLSX, voice=voice)
            faults += left(spreadsheet(sheets), says)
            publish.file(report, Format.PDF, voice=voice)
        made = evidence.evidence(session, bank, *YEAR, "", now=now)
        faults += left(spreadsheet(evidence.file(made, Format.XLSX, voice)), says)
        evidence.file(made, Format.PDF, voice)
        summary = funder.summary(session, bank, *YEAR, "", story=None, now=now)
        faults += left(spreadsheet(funder_files.file(summary, Format.XLSX, voice)), says)
        funder_files.file(summary, Format.PDF, voice)
        assert len(filled) == 2 * len(Topic) + 2
        faults += left(texts(filled), says)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", [*voices.offered(), voices.PSEUDO])
def test_every_column_of_a_spreadsheet_is_called_otherwise(
    app: Flask, town: Town, language: str
) -> None:
    """A table whose columns share a name would be left out of the file, with a warning alone."""
    voice = voices.voice(language)
    with app.app_context(), transaction() as session, warnings.catch_warnings():
        warnings.simplefilter("error")
        bank, now = banks.by_slug(session, town.slug), clock.now()
        for report in reports(session, bank):
            assert publish.file(report, Format.XLSX, voice=voice)
        made = evidence.evidence(session, bank, *YEAR, "", now=now)
        assert evidence.file(made, Format.XLSX, voice)


def test_no_sentence_of_a_command_is_forgotten(app: Flask, town: Town, asked_about: int) -> None:
    commands: list[tuple[Command, list[str]]] = [
        (statement, ["1"]),
        (statement, ["Community chest"]),
        (search, ["bread"]),
        (survey, ["results", str(asked_about)]),
        (survey, ["equality"]),
    ]
    published = {
        str(words)
        for instrument in EMBEDDED.values()
        for measure in instrument.measures
        for words in (measure.words,)
        if isinstance(words, str)
    }
    instruments = beside(re.compile("|".join(map(re.escape, published))))
    with app.app_context():
        says = beside_people(reading())
        for command, words in commands:
            printed = CliRunner().invoke(command, [*words, "--bank", town.slug])
            assert printed.exit_code == 0, printed.exception
            assert "⟦" in printed.output
            # What somebody called an offer is theirs; its kind and id are what commands take.
            lines = re.sub(r"\b(offer|request) (?=\d)", "", printed.output).splitlines()
            faults = [line for line in left(iter(lines), says) if is_forgotten(line, instruments)]
            assert faults == [], words


def test_a_spreadsheet_with_a_forgotten_heading_is_found() -> None:
    nothing = beside(re.compile("$^"))
    assert left(iter(["⟦Cover⟧", "Notes", "split_direct", "2026-11-30"]), nothing) == ["Notes"]
