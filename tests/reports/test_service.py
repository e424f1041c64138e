"""What exports say: the books as recorded at an instant, each hour once, nobody who has left by
name."""

import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
import python_calamine as calamine
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    limit,
    make_bank,
    make_entry,
    make_group,
    make_logged_exchange,
    make_member,
    make_organisation,
    system,
)
from tests.reports.exports import items, prepare, rows, text
from timebank.act import Act, Channel, Word
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.exchanges import gifts
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange
from timebank.exchanges.rules import NewGift, NewLog
from timebank.imports import service as imports_service
from timebank.imports.rules import Imported
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.ledger import queries as ledger
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Details
from timebank.reports.rules import Format, mark


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


@pytest.fixture
def people(session: Session, bank: Bank) -> tuple[Member, Member]:
    """Ana, number 11, and Ben, number 12."""
    return make_member(session, bank, "Ana Silva", number="11"), make_member(
        session, bank, "Ben Okoro", number="12"
    )


def confirmed(
    session: Session, bank: Bank, giver: Member, receiver: Member, minutes: int = 60, **details
) -> Exchange:
    exchange = make_logged_exchange(session, bank, giver, receiver, minutes, **details)
    return exchanges_service.confirm(session, bank, exchange.id, Act(actor(receiver), NOW)).exchange


def reversed_(session: Session, bank: Bank, exchange: Exchange) -> None:
    word = Word(Channel.PHONE, exchange.giver_id)
    exchanges_service.reverse(
        session, bank, exchange.id, Act(system(bank), NOW, word), note="Wrong day"
    )


# ---- Hours ----


def test_a_confirmed_hour_is_a_row_with_its_provenance(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    ana, ben = people
    exchange = confirmed(session, bank, ana, ben, 90, title="Shelf", skill="repairs")
    row = rows(session, bank)[0]
    assert row["reference"] == f"{mark(bank.id, bank.created_at)}-{exchange.id}"
    assert (row["occurred_on"], row["giver"], row["receiver"], row["minutes"]) == (
        "2026-11-12",
        "11",
        "12",
        "90",
    )
    assert (row["skill"], row["description"], row["channel"]) == ("repairs", "Shelf", "web")
    assert (row["recorded_by"], row["on_word_of"]) == ("12", "")
    assert row["entry"] == str(exchange.entry_id)
    assert (row["reverses"], row["reversed_by"]) == ("", "")
    assert datetime.fromisoformat(row["recorded_at"]).tzinfo == UTC


def test_what_is_not_confirmed_is_not_in_the_file(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    make_logged_exchange(session, bank, *people)
    assert rows(session, bank) == []


def test_hours_taken_back_stand_there_twice_and_add_up_to_nothing(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    first = confirmed(session, bank, *people, 60, occurred_on=date(2026, 3, 31))
    confirmed(session, bank, *people, 30)
    reversed_(session, bank, first)
    found = rows(session, bank)
    taken, stands, back = found
    assert [row["minutes"] for row in found] == ["60", "30", "-60"]
    assert (taken["reversed_by"], back["reverses"]) == (back["entry"], taken["entry"])
    assert back["occurred_on"] == "2026-03-31"
    assert len({row["reference"] for row in found}) == 3
    about = items(session, bank)["meta"]
    assert (about["rows"], about["minutes"]) == (3, 30)
    assert stands["reversed_by"] == ""


def test_a_range_holds_both_halves_of_a_correction_or_neither(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    exchange = confirmed(session, bank, *people, occurred_on=date(2026, 3, 31))
    reversed_(session, bank, exchange)
    assert len(rows(session, bank, start=date(2026, 1, 1), end=date(2026, 3, 31))) == 2
    assert rows(session, bank, start=date(2026, 4, 1)) == []
    assert rows(session, bank, end=date(2026, 3, 30)) == []


def test_an_export_as_of_an_instant_is_the_same_file_later(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    exchange = confirmed(session, bank, *people)
    then = prepare(session, bank).wanted.as_of
    before = text(session, bank, as_of=then)
    reversed_(session, bank, exchange)
    confirmed(session, bank, *people, 30)
    assert text(session, bank, as_of=then) == before
    assert before.count("\n") == 2
    assert len(rows(session, bank)) == 3


def test_an_instant_still_to_come_is_refused(session: Session, bank: Bank):
    with pytest.raises(Invalid, match="still to come"):
        prepare(session, bank, as_of=datetime.now(UTC) + timedelta(minutes=5))


def test_the_books_are_sealed_up_to_the_last_row(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people)
    last = confirmed(session, bank, *people, 30)
    about = items(session, bank)["meta"]
    position = ledger.position(session, bank)
    assert about["ledger"] == {"entries": 2, "last": last.entry_id, "hash": position.hash}
    assert position.unsealed == 0


def test_organisations_groups_and_the_chest_are_called_by_name(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    ana, _ = people
    surgery, choir = (
        make_organisation(session, bank, "St Anne’s"),
        make_group(session, bank, "Choir"),
    )
    chest = ledger.chest(session, bank)
    limit(session, bank, chest.id)
    for receiver_id in (surgery.account_id, choir.account_id, chest.id):
        details = {
            "giver_id": ana.account_id,
            "receiver_id": receiver_id,
            "occurred_on": NOW.date(),
            "minutes": 60,
        }
        exchange = exchanges_service.log_new(
            session, bank, NewLog(**details, title="Help"), Act(actor(ana), NOW)
        ).exchange
        exchanges_service.confirm(
            session, bank, exchange.id, Act(system(bank), NOW, Word(Channel.PHONE, receiver_id))
        )
    assert [row["receiver"] for row in rows(session, bank)] == ["St Anne’s", "Choir", "chest"]


def test_nobody_is_named_and_who_has_left_has_only_a_number_that_they_never_had(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people, title="Shelf for Ana Silva")
    leaving_service.leave(session, bank, people[0].id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert "Ana" not in text(session, bank) + text(session, bank, "members") + text(
        session, bank, "postings"
    )
    assert rows(session, bank)[0]["giver"] == "13"
    (former,) = [row for row in rows(session, bank, "members") if row["status"] == "left"]
    assert (former["number"], former["name"]) == ("13", "Former member")


def test_other_banks_are_not_in_the_file(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    elsewhere = make_bank(session, name="Elsewhere")
    theirs = [make_member(session, elsewhere, name) for name in ("Cy", "Di")]
    confirmed(session, elsewhere, *theirs)
    for kind in ("hours", "postings"):
        assert rows(session, bank, kind) == []
    assert [row["number"] for row in rows(session, bank, "members")] == ["11", "12"]


def test_text_that_would_be_a_formula_is_guarded_in_csv_and_left_alone_in_json(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people, title="=HYPERLINK(1)")
    assert rows(session, bank)[0]["description"] == "'=HYPERLINK(1)"
    assert items(session, bank)["items"][0]["description"] == "=HYPERLINK(1)"


# ---- Members, gifts, postings ----


def test_members_are_listed_with_what_they_brought_and_not_with_what_they_have(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    ana, _ = people
    opening = ledger.opening(session, bank).id
    make_entry(session, bank, "opening:11", (opening, ana.account_id, 120), kind="opening")
    confirmed(session, bank, *people)
    found = rows(session, bank, "members")
    assert [(row["number"], row["name"], row["opening_balance"]) for row in found] == [
        ("11", "Ana Silva", "120"),
        ("12", "Ben Okoro", "0"),
    ]


def test_applicants_are_no_members_yet(session: Session, bank: Bank):
    members_service.join(session, bank, Details("Eileen"), now=NOW)
    assert rows(session, bank, "members") == []


def test_gifts_have_a_file_of_their_own(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    ana, ben = people
    chest = ledger.chest(session, bank).id
    ours, act = ana.account_id or 0, Act(actor(ana), NOW)
    gifts.give(session, bank, NewGift(ours, chest, 60), act)
    back = gifts.give(session, bank, NewGift(ours, ben.account_id or 0, 30), act)
    gifts.take_back(session, bank, back.id, Act(actor(ana), NOW), undo_minutes=10)
    found = rows(session, bank, "gifts")
    assert [(row["from"], row["to"], row["minutes"]) for row in found] == [
        ("11", "chest", "60"),
        ("11", "12", "30"),
        ("11", "12", "-30"),
    ]
    assert rows(session, bank) == []


def test_what_is_settled_with_the_chest_at_leaving_is_among_the_gifts(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people)
    leaving_service.leave(session, bank, people[0].id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert [(row["from"], row["to"], row["minutes"]) for row in rows(session, bank, "gifts")] == [
        ("13", "chest", "60")
    ]


def test_postings_are_the_journal_with_the_balances_after_each(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    exchange = confirmed(session, bank, *people)
    reversed_(session, bank, exchange)
    there, back = rows(session, bank, "postings")
    assert (there["payer"], there["payee"], there["payer_balance"], there["payee_balance"]) == (
        "12",
        "11",
        "-60",
        "60",
    )
    assert (back["payer"], back["payee"], back["kind"]) == ("11", "12", "reversal")
    assert (there["reversed_by"], back["reverses"]) == (back["entry"], there["entry"])
    assert there["cause"] == f"exchange:{exchange.id}"


# ---- Files ----


def test_the_totals_describe_the_file_in_csvw(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people)
    export = prepare(session, bank, start=date(2026, 1, 1))
    content = b"".join(export.pieces(session, Format.CSV))
    about = json.loads(json.dumps(export.about(Format.CSV, "hours.csv")))
    header = content.decode().splitlines()[0].split(",")
    assert about["@context"] == "http://www.w3.org/ns/csvw"
    assert [column["name"] for column in about["tableSchema"]["columns"]] == header
    types = {column["name"]: column["datatype"] for column in about["tableSchema"]["columns"]}
    assert (types["minutes"], types["occurred_on"], types["recorded_at"]) == (
        "integer",
        "date",
        "datetime",
    )
    assert (about["url"], about["rows"], about["minutes"]) == ("hours.csv", 1, 60)
    assert (about["from"], about["to"]) == ("2026-01-01", None)
    assert about["sha256"] == hashlib.sha256(content).hexdigest()
    assert set(about) >= {"as_of", "ledger", "version"}


def test_a_file_has_no_total_row(session: Session, bank: Bank, people: tuple[Member, Member]):
    confirmed(session, bank, *people)
    assert len(text(session, bank).splitlines()) == 2


def test_an_export_of_nothing_is_a_header(session: Session, bank: Bank):
    assert text(session, bank, "gifts").count("\n") == 1
    assert items(session, bank, "gifts")["items"] == []


def test_a_spreadsheet_holds_numbers_and_dates_and_no_formulas(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people, title="=1+1")
    out = io.BytesIO()
    export = prepare(session, bank)
    export.write(session, Format.XLSX, out)
    with zipfile.ZipFile(out) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        about = book.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1" in sheet
    assert "<v>60</v>" in sheet
    assert "<v>60</v>" in about
    assert export.totals.minutes == 60


def test_a_treasurer_can_work_with_the_spreadsheet(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    first = confirmed(session, bank, *people, 75, occurred_on=date(2026, 3, 31))
    confirmed(session, bank, *people, 90, title="Nobody would read this in a narrow column")
    reversed_(session, bank, first)
    out = io.BytesIO()
    prepare(session, bank).write(session, Format.XLSX, out)
    out.seek(0)
    with zipfile.ZipFile(out) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    out.seek(0)
    table = list(calamine.load_workbook(out).get_sheet_by_index(0).to_python())
    places = {name: place for place, name in enumerate(table[0])}
    hours = [row[places["hours"]] for row in table[1:]]
    assert hours == [1.25, 1.5, -1.25]
    assert [row[places["minutes"]] for row in table[1:]] == [75, 90, -75]
    assert table[1][places["occurred_on"]] == date(2026, 3, 31)
    assert "#,##0.00&quot; h&quot;" in styles
    assert '<pane ySplit="1"' in sheet
    assert '<autoFilter ref="A1:' in sheet
    widths = [float(width) for width in re.findall(r'<col [^>]*width="([\d.]+)"', sheet)]
    assert len(widths) == len(table[0])
    assert widths[places["description"]] > 40 > 15 > widths[places["giver"]]


def test_the_spreadsheet_is_brought_in_again_without_a_question(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people, 75)
    out = io.BytesIO()
    prepare(session, bank).write(session, Format.XLSX, out)
    out.seek(0)
    other = make_bank(session, name="Other", slug="other")
    for number, name in (("11", "Ana"), ("12", "Ben")):
        make_member(session, other, name, number=number)
    result = imports_service.check(
        session, other, imports_service.Source(out, Imported.HOURS), now=NOW
    )
    assert (result.new, result.bad, result.minutes) == (1, 0, 75)


def test_the_same_spreadsheet_is_the_same_file(
    session: Session, bank: Bank, people: tuple[Member, Member]
):
    confirmed(session, bank, *people)
    as_of = prepare(session, bank).wanted.as_of
    made = []
    for _ in range(2):
        out = io.BytesIO()
        prepare(session, bank, as_of=as_of).write(session, Format.XLSX, out)
        made.append(out.getvalue())
    assert made[0] == made[1]
