"""A charity's list as each program saves it, brought in on the page and by the command."""

import html
import io
import pathlib
import re
import zipfile
from collections.abc import Callable, Sequence

import pytest
import xlsxwriter
from click.testing import CliRunner
from flask import Flask

from tests.browsers import Browser
from tests.factories import make_bank, make_member
from tests.imports.files import balance
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.imports.cli import import_
from timebank.members import queries as members

ROWS = (
    ("Members of the Café Rosé time bank", "", "", "", ""),
    ("", "", "", "", ""),
    ("No.", "Name", "Tel", "Joined", "Balance (hrs)"),
    ("1", "Mrs Joan O'Neill", "01632 960187", "27/05/2023", "4.5"),
    ("", "", "", "", ""),
    ("2", "Mr. Zoë Cole", "07700 900208", "03/04/2024", "-2"),
    ("3", "Ann Lee", "", "3 June 2023", "1h30"),
    ("TOTAL", "", "", "", "4"),
)


def as_csv(encoding: str, told: str = "") -> bytes:
    lines = "".join(";".join(row) + "\r\n" for row in ROWS)
    return (told + lines).encode(encoding)


def as_xlsx() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Notes").write(0, 0, "Ring Pat")
        sheet = book.add_worksheet("List")
        for number, row in enumerate(ROWS):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    return file.getvalue()


def as_ods() -> bytes:
    def cell(text: str) -> str:
        inside = f"<text:p>{html.escape(text)}</text:p>"
        return f'<table:table-cell office:value-type="string">{inside}</table:table-cell>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in ROWS)
    spaces = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"'
        for one in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="List">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", MANIFEST)
        packed.writestr("content.xml", content)
    return file.getvalue()


MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
    ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)
FILES: dict[str, Callable[[], bytes]] = {
    "list.xlsx": as_xlsx,
    "list.ods": as_ods,
    "excel.csv": lambda: as_csv("windows-1252"),
    "told.csv": lambda: as_csv("utf-8-sig", "sep=;\r\n"),
    "unicode.csv": lambda: as_csv("utf-16"),
}


def chosen(page: str, wanted: Sequence[str]) -> dict[str, str]:
    """The form of the page as it stands, with those answers chosen that are wanted."""
    radios = re.findall(r'name="(ask-[^"]+)"\s+value="([^"]+)"', page)
    answers = {name: value for name, value in radios if value in wanted}
    for name, inside in re.findall(
        r'<select[^>]*name="(column-\d+)"[^>]*>(.*?)</select>', page, re.S
    ):
        now = re.search(r'value="(\w*)" selected', inside)
        answers[name] = now[1] if now else ""
    return answers


@pytest.mark.parametrize("name", FILES)
def test_a_charity_s_list_goes_in_on_the_page_and_by_the_command(
    app: Flask, sign_in: Callable[..., Browser], tmp_path: pathlib.Path, name: str
) -> None:
    with app.app_context(), transaction() as session:
        for slug in ("page", "command"):
            make_bank(session, slug=slug, name=slug)
        maggie = make_member(
            session, banks.by_slug(session, "page"), "Maggie", "coordinator", number="90"
        )
    content = FILES[name]()
    browser = sign_in(maggie)
    sent = browser.post(
        "/b/page/imports/new",
        data={"kind": "members", "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )
    page = browser.get(sent.location).text
    assert "Nothing is kept until you say so." in page, page
    answers = chosen(page, ("drop", "day-first", "hours", "windows-1252"))
    assert {"ask-names:titles", "ask-day:joined_on", "ask-unit:opening_balance"} <= {*answers}
    browser.post(f"{sent.location}/read", data=answers)
    assert "3 April 2024" in browser.get(sent.location).text
    assert browser.post(f"{sent.location}/confirm").status_code == 303

    path = tmp_path / name
    path.write_bytes(content)
    options = ("--dates", "day-first", "--amounts", "hours", "--answer", "names=drop")
    with app.app_context():
        run = CliRunner().invoke(import_, ["members", str(path), "--bank", "command", *options])
    assert "3 new" in run.output, run.output
    for slug in ("page", "command"):
        with app.app_context():
            bank = banks.by_slug(reading(), slug)
            people = [members.by_number(reading(), bank, number) for number in "123"]
            assert [one.name for one in people] == ["Joan O'Neill", "Zoë Cole", "Ann Lee"]
            assert [balance(reading(), bank, number) for number in "123"] == [270, -120, 90]
