"""Reports are made once and kept: the same question has the same answer for good."""

import csv
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_member, system
from tests.measures.test_service import make_people, record, ring
from timebank import clock, hours
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.ledger import service as ledger_service
from timebank.measures.figures import Topic
from timebank.measures.windows import Period
from timebank.members.models import Member
from timebank.reports import archive, publish, publish_pdf, words
from timebank.reports.figures import Report, as_json, from_json
from timebank.reports.models import KeptReport
from timebank.reports.publish_csv import COLUMNS, about, as_csv
from timebank.reports.rules import REPORT_FORMATS, Asked, Format
from timebank.surveys import service as surveys_service
from timebank.surveys.rules import NewWave

YEAR = Asked(Topic.RECIPROCITY, date(2025, 10, 1), date(2026, 9, 30))
SHARED = Asked(Topic.RECIPROCITY, date(2025, 10, 1), date(2026, 9, 30), Period.QUARTER, True)


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, member_floor=-(10**12), largest_log=1440)


@pytest.fixture
def people(session: Session, bank: Bank) -> list[Member]:
    """Thirty-two who helped each other round in May: by numbers, of three areas and of every
    age."""
    found = make_people(session, bank, 32)
    for number, one in enumerate(found):
        one.area, one.date_of_birth = (
            ("North", "South", "West")[number % 3],
            date(1930 + 2 * number, 1, 1),
        )
    record(session, bank, found, ring(32, 50))
    return found


def make(session: Session, bank: Bank, asked: Asked = YEAR) -> Report:
    session.flush()
    return archive.report(session, bank, asked, now=clock.now())


def again(session: Session, bank: Bank, asked: Asked, first: Report) -> Report:
    return make(session, bank, as_of(asked, first.as_of))


def as_of(asked: Asked, instant: datetime) -> Asked:
    return replace(asked, as_of=instant.isoformat())


def test_the_same_range_and_instant_give_the_same_bytes_after_corrections_and_after_people_leave(
    session, bank, people
):
    for asked in (
        YEAR,
        SHARED,
        Asked(Topic.PARTICIPATION, YEAR.start, YEAR.end),
        Asked(Topic.ACTIVITIES, YEAR.start, YEAR.end),
    ):
        first = make(session, bank, asked)
        files = {one: publish.file(first, one) for one in (*REPORT_FORMATS, Format.META)}
        exchange = session.execute(
            select(Exchange).where(Exchange.status == "confirmed").limit(1)
        ).scalar_one()
        exchanges_service.reverse(
            session, bank, exchange.id, Act(system(bank), clock.now()), note="It was less."
        )
        leaving_service.leave(
            session, bank, people.pop().id, FEATURES, Farewell(), Act(system(bank), clock.now())
        )
        second = again(session, bank, asked, first)
        assert {one: publish.file(second, one) for one in files} == files
        assert make(session, bank, asked).books != first.books


def test_figures_of_the_books_are_the_same_again_even_when_the_report_was_not_kept(
    session, bank, people
):
    """What is read as of an instant does not change with later corrections; attributes of people
    have no history."""
    seal = ledger_service.seal(session, bank, now=clock.now())
    exchange = session.execute(
        select(Exchange).where(Exchange.status == "confirmed").limit(1)
    ).scalar_one()
    now_made = make(session, bank, as_of(YEAR, seal.as_of))
    exchanges_service.reverse(
        session, bank, exchange.id, Act(system(bank), clock.now()), note="It was less."
    )
    other = Asked(Topic.RECIPROCITY, YEAR.start, YEAR.end + timedelta(days=1))
    later = make(session, bank, as_of(other, seal.as_of))
    same = [report.windows[0]["split_through_others_minutes"].value for report in (now_made, later)]
    assert same[0] == same[1] == 32 * 50


def test_a_kept_report_is_never_changed_or_removed(session, bank, people):
    make(session, bank)
    for statement in (
        "UPDATE kept_report SET content = '{}'",
        "DELETE FROM kept_report",
        "INSERT OR REPLACE INTO kept_report SELECT * FROM kept_report"
        if session.get_bind().dialect.name == "sqlite"
        else "TRUNCATE kept_report",
    ):
        with pytest.raises(DBAPIError, match="stays as it was made"), session.begin_nested():
            session.execute(text(statement))
    assert session.execute(select(KeptReport)).scalar_one()


@pytest.mark.parametrize("asked", [YEAR, SHARED])
def test_what_was_kept_is_read_back_and_written_again_letter_by_letter(
    session, bank, people, asked
):
    for topic in Topic:
        make(session, bank, replace(asked, topic=topic))
    for content in session.execute(select(KeptReport.content)).scalars():
        again = as_json(from_json(json.loads(content)))
        assert json.dumps(again, ensure_ascii=False) == content


def test_a_wave_of_questions_is_in_the_reports_as_of_when_it_was_over(session, bank, people):
    """Whenever they are asked for."""
    opened = YEAR.end - timedelta(days=9)
    act = Act(system(bank), datetime(2026, 9, 1, tzinfo=UTC))
    surveys_service.open_wave(
        session,
        bank,
        NewWave(title="Spring", opens_on=opened, closes_on=YEAR.end, instruments=["ons4"]),
        act,
    )
    asked = replace(YEAR, topic=Topic.PARTICIPATION)
    on_the_last_day = datetime(2026, 9, 30, 12, tzinfo=UTC)
    titles = [
        {str(table.title).partition(".")[0] for table in made.last.tables}
        for made in (
            make(session, bank, as_of(asked, on_the_last_day)),
            make(session, bank, as_of(asked, on_the_last_day + timedelta(days=1))),
        )
    ]
    assert titles[1] - titles[0] == {"Spring"}


def test_an_instant_still_to_come_is_refused(session, bank):
    with pytest.raises(Invalid, match="still to come"):
        make(session, bank, as_of(YEAR, clock.now() + timedelta(days=1)))


def test_the_version_for_sharing_is_kept_apart_from_the_staffs(session, bank, people):
    own = make(session, bank)
    outside = again(session, bank, replace(YEAR, share=True), own)
    assert (own.shared, outside.shared) == (None, 8)
    assert own.totals.active_people == 32
    assert outside.totals.active_people == 30


def test_how_many_are_few_is_for_the_bank_to_say(session, bank, people):
    bank.few = 10
    assert make(session, bank, SHARED).shared == 10


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("share", [False, True])
def test_an_empty_bank_has_every_report_in_every_format(session, bank, topic, share):
    result = make(session, bank, Asked(topic, YEAR.start, YEAR.end, Period.QUARTER, share))
    for one in (*REPORT_FORMATS, Format.META):
        assert publish.file(result, one)
    assert "nan" not in json.dumps(as_json(result)).lower()
    said = words.in_words(result).splitlines()
    # A reason that many figures share is said once for each window.
    for window in result.windows:
        withheld = {str(words.value(one)) for one in window.measures if one.value is None}
        for why in withheld:
            assert sum(line.strip() == why for line in said) <= len(result.windows)


@pytest.mark.parametrize("count", [1, 29])
def test_of_too_few_people_nothing_is_said(session, bank, count):
    found = make_people(session, bank, count + 1)
    record(
        session,
        bank,
        found,
        [(number, number + 1, 60) for number in range(count)][: max(count - 1, 1)],
    )
    result = make(session, bank)
    assert "Too few people to say" in str(result.windows[0]["split_direct"].withheld)


def test_minutes_beyond_32_bits_are_exact(session, bank):
    found = make_people(session, bank, 40)
    for day in (4, 5, 6):
        record(session, bank, found, ring(40, hours.LARGEST), on=date(2026, 5, day))
    total = 120 * hours.LARGEST
    assert total > 2**32
    result = make(session, bank)
    assert result.windows[0]["split_through_others_minutes"].value == total
    assert result.totals.minutes == total


# ---- Files ----


def test_the_csv_has_a_row_for_every_figure_and_its_metadata_says_so(session, bank, people):
    result = make(session, bank, SHARED)
    file = as_csv(result)
    meta = about(result, "figures.csv")
    found = list(csv.DictReader(io.StringIO(file.decode(), newline="")))
    assert tuple(found[0]) == tuple(one.name for one in COLUMNS)
    assert len(found) == meta["rows"]
    assert meta["sha256"] == hashlib.sha256(file).hexdigest()
    assert meta["ledger"] == as_json(result)["ledger"]
    assert meta["ledger"]["hash"]
    assert meta["totals"] == as_json(result)["totals"]
    keys = [tuple(row[name] for name in meta["tableSchema"]["primaryKey"]) for row in found]
    assert len(set(keys)) == len(keys)
    withheld = [row for row in found if row["value"] == "[c]"]
    assert withheld
    assert {"name": "value", "null": ["", "[c]"]}.items() <= next(
        one for one in meta["tableSchema"]["columns"] if one["name"] == "value"
    ).items()


def test_no_cell_of_a_file_is_a_formula(session, bank, people):
    for one in people:
        one.area = "=HYPERLINK(1)"
    file = as_csv(make(session, bank)).decode()
    assert "\n=" not in file
    assert ",=" not in file
    assert "'=HYPERLINK(1)" in file


def test_the_spreadsheet_has_a_cover_notes_and_one_table_a_sheet(session, bank, people):
    result = make(session, bank, SHARED)
    with zipfile.ZipFile(io.BytesIO(publish.file(result, Format.XLSX))) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    sheets = re.findall('<sheet name="([^"]+)"', parts["xl/workbook.xml"])
    assert sheets[:3] == ["Cover", "Notes", "Figures"]
    tables = [
        len(re.findall("<tablePart ", parts[f"xl/worksheets/sheet{number + 1}.xml"]))
        for number in range(len(sheets))
    ]
    assert tables == [0] + [1] * (len(sheets) - 1)
    assert not any("mergeCell" in text for text in parts.values())
    assert result.books.hash in parts["xl/sharedStrings.xml"]
    assert f"<v>{result.totals.minutes // 60}</v>" in parts["xl/worksheets/sheet1.xml"]
    for number in range(1, len(sheets)):
        # What a column is called stays in sight, each is as wide as what is in it.
        assert 'state="frozen"' in parts[f"xl/worksheets/sheet{number + 1}.xml"]
        assert "<cols>" in parts[f"xl/worksheets/sheet{number + 1}.xml"]
        assert "<autoFilter " in parts[f"xl/tables/table{number}.xml"]


def test_the_pdf_is_tagged_and_says_what_it_is(session, bank, people):
    file = publish.file(make(session, bank), Format.PDF)
    assert file.startswith(b"%PDF")
    assert b"/MarkInfo" in file or b"/StructTreeRoot" in file
    assert b"Reciprocity: " in file or b"/Title" in file


def test_the_pdf_says_first_how_much_there_was_and_nothing_twice(session, bank, people):
    result = make(session, bank)
    people_, said = result.totals.active_people, str(words.opening(result))
    assert said.endswith(f"of help in all; {people_} people gave or were helped.")
    told = [str(meaning) for _, meaning in words.meanings(result)]
    assert len(told) == len(set(told))
    assert publish_pdf.as_pdf(result) != b""
    without = replace(result.totals, active_people=None)
    assert words.opening(replace(result, totals=without)) == ""


def test_change_has_a_column_where_something_is_compared(session, bank, people, monkeypatch):
    pages: list[dict[str, Any]] = []

    def keep(_: object, inputs: dict[str, str]) -> bytes:
        pages.append(json.loads(inputs["page"]))
        return b""

    for days in (10, 130):
        record(session, bank, people, ring(len(people), 60), YEAR.start + timedelta(days=days))
    monkeypatch.setattr(publish_pdf, "compiled", keep)
    for by in (None, Period.QUARTER):
        asked = Asked(Topic.RECIPROCITY, YEAR.start, YEAR.end, by)
        publish_pdf.as_pdf(make(session, bank, asked))
    alone, each = ([window["columns"] for window in page["windows"]] for page in pages)
    assert ["change" in columns for columns in alone] == [False]
    assert any("change" in columns for columns in each)
    for page in pages:
        for window in page["windows"]:
            assert {len(line) for line in window["figures"]} == {len(window["columns"])}


def test_the_json_is_the_result(session, bank, people):
    result = make(session, bank)
    content = json.loads(publish.file(result, Format.JSON))
    assert content == as_json(result)
    assert from_json(content) == result


def test_a_spreadsheet_is_a_zip_that_is_the_same_each_time(session, bank, people):
    result = make(session, bank)
    assert publish.file(result, Format.XLSX) == publish.file(result, Format.XLSX)
    with zipfile.ZipFile(io.BytesIO(publish.file(result, Format.XLSX))) as book:
        assert book.testzip() is None


def test_breakdowns_add_up_to_what_was_given(session, bank, people):
    window = make(session, bank).windows[0]
    for table in window.tables:
        assert sum(cell.value or 0 for cell in table.cells) == 32 * 50
    participation = make(session, bank, Asked(Topic.PARTICIPATION, YEAR.start, YEAR.end)).windows[0]
    ways = {cell.row: cell.value for cell in participation.tables[0].cells}
    assert ways == {"one_to_one": 32 * 50}


def test_another_banks_reports_are_another_banks(session, bank, people):
    first = make(session, bank)
    other = make_bank(session, name="Other", slug="other")
    make_member(session, other, "Ida")
    assert again(session, other, YEAR, first).totals.exchanges == 0


def test_nothing_is_kept_of_a_report_that_was_refused(session, bank):
    with pytest.raises(Invalid):
        make(
            session, bank, Asked(Topic.RECIPROCITY, date(2026, 1, 2), date(2026, 3, 31), None, True)
        )
    assert session.execute(select(KeptReport)).first() is None
