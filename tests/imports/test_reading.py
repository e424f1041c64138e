"""Files as a charity has them: what is found out, what is asked once, and what is never guessed."""

import io
from datetime import date

import pytest
import xlsxwriter
from sqlalchemy.orm import Session

from tests.factories import NOW, make_bank, make_member, system
from tests.imports.files import balance, source
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.imports import service
from timebank.imports.errors import Unanswered
from timebank.imports.result import Result
from timebank.imports.rules import (
    Confirmation,
    Files,
    How,
    Imported,
    ImportState,
    NewUpload,
    Reading,
)
from timebank.members import queries as members

MIXED = (
    "reference,occurred_on,giver,receiver,minutes\n"
    'a1,2026-01-05,10,11,1.5\na2,2026-01-06,10,11,2\na3,2026-01-07,10,11,2.0\na5,2026-01-09,10,11,"1,000"\n'
)
CHARITY = (
    "Members of our bank;;;;;\n;;;;;\nNo.;Name;Tel;Joined;Balance (hrs);Colour\n"
    "1;Mrs Joan O’Neill;01632 960187;27/05/2023;4,5;green\n"
    "2;Mr. Derek Cole;07700 900208;03/04/2024;-2;blue\n"
    ";;;;;\n3;Margaret Żak;;3 June 2023;½;\nTOTAL;;;;3;\n"
)


@pytest.fixture
def bank(session: Session) -> Bank:
    bank = make_bank(session)
    for number, name in (("10", "Ada Row"), ("11", "Bea Row")):
        make_member(session, bank, name, number=number)
    return bank


def check(
    session: Session, bank: Bank, text: str | bytes, kind: Imported = Imported.MEMBERS, **told: str
) -> Result:
    reading = Reading(answers={key.replace("__", ":"): answer for key, answer in told.items()})
    return service.check(session, bank, source(text, kind, reading=reading), now=NOW)


def asked(result: Result) -> list[str]:
    return [one.key for one in result.shown.open]


def first(result: Result) -> list[list[str]]:
    return [[str(cell) for cell in cells] for _, cells in result.shown.first]


def test_one_column_has_one_unit_and_it_is_asked(session: Session, bank: Bank) -> None:
    mixed = check(session, bank, MIXED, Imported.HOURS)
    assert asked(mixed) == ["unit:minutes", "comma:minutes"]
    assert (mixed.rows, mixed.new, mixed.clean) == (4, 0, False)
    with pytest.raises(Unanswered) as refusal:
        service.bring_in(session, bank, source(MIXED), Act(system(bank), NOW))
    assert "what does 2 mean?" in str(refusal.value.message)
    read = check(session, bank, MIXED, Imported.HOURS, unit="hours", comma="decimals")
    assert [cells[4] for cells in first(read)] == ["1½ hours", "2 hours", "2 hours", "1 hour"]
    in_minutes = check(session, bank, MIXED, Imported.HOURS, unit="minutes", comma="thousands")
    assert [(cause.cells, cause.lines) for cause in in_minutes.causes.values()] == [(1, [2])]
    assert (in_minutes.new, in_minutes.minutes) == (3, 1004)


def test_a_charity_s_own_list_is_read_once_it_is_asked(session: Session, bank: Bank) -> None:
    sheet = check(session, bank, CHARITY)
    assert asked(sheet) == ["names:titles", "day:joined_on", "unit:opening_balance"]
    assert {one.label: one.field for one in sheet.shown.columns} == {
        "No.": "number",
        "Name": "name",
        "Tel": "phone",
        "Joined": "joined_on",
        "Balance (hrs)": "opening_balance",
        "Colour": None,
    }
    likely = {one.key: one.likely for one in sheet.shown.questions}
    assert (likely["day:joined_on"], likely["unit:opening_balance"]) == ("day-first", "hours")
    answers = {"names": "drop", "day": "day-first", "unit": "hours"}
    read = check(session, bank, CHARITY, **answers)
    assert first(read)[0] == ["1", "Joan O’Neill", "01632 960187", "27 May 2023", "4½ hours"]
    assert first(read)[1][3:] == ["3 April 2024", "minus 2 hours"]
    assert (read.new, read.bad) == (3, 0)
    assert "Lines that add the others up are left out: 8." in map(str, read.notes)
    # Written as Excel on Windows writes it, it is the same.
    western = CHARITY.replace("Ż", "Z").encode("windows-1252")
    assert check(session, bank, western, **answers).new == 3


def test_a_spreadsheet_says_itself_what_is_a_date(session: Session, bank: Bank) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("List")
        book.add_worksheet("Notes").write(0, 0, "Ring Pat")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for column, heading in enumerate(("Name", "Mobile", "Date of birth", "Balance")):
            sheet.write(2, column, heading)
        for row, name in enumerate(("Ann Lee", "Bob Lee"), start=3):
            sheet.write(row, 0, name)
            sheet.write(row, 1, 7700900126 + row)
            sheet.write_datetime(row, 2, date(1948, 4, 3), day)
            sheet.write(row, 3, 1.5 * row)
    read = check(session, bank, file.getvalue())
    assert asked(read) == ["zeros:phone", "unit:opening_balance"]
    answers = {"zeros": "add", "unit": "hours"}
    done = service.bring_in(
        session,
        bank,
        source(file.getvalue(), Imported.MEMBERS, reading=Reading(answers=answers)),
        Act(system(bank), NOW),
    )
    assert (done.new, done.format, done.encoding) == (2, "timebank", "xlsx")
    ann = members.by_number(session, bank, "12")
    assert (ann.name, ann.phone, ann.date_of_birth) == ("Ann Lee", "07700900129", date(1948, 4, 3))
    assert balance(session, bank, "12") == 270
    # How it was read is remembered, and who has no number is known by the name.
    again = check(session, bank, file.getvalue())
    assert (asked(again), again.unchanged, again.new) == ([], 2, 0)


def test_cards_are_people(session: Session, bank: Bank) -> None:
    card = (
        "BEGIN:VCARD\nVERSION:3.0\nN:O'Neill;Joan;;Mrs;\nFN:Joan O'Neill\n"
        "TEL;TYPE=CELL:07700 900126\n"
        "EMAIL:joan@example.org\nADR:;;12 Canal St;Town;;AB1;UK\nBDAY:19480403\nEND:VCARD\n"
    )
    read = check(session, bank, card)
    assert first(read) == [
        [
            "Joan O'Neill",
            "joan@example.org",
            "07700 900126",
            "12 Canal St, Town, AB1, UK",
            "3 April 1948",
            "",
        ]
    ]


def test_what_a_spreadsheet_has_broken_is_not_taken(session: Session, bank: Bank) -> None:
    broken = check(session, bank, "number,name,phone\n1.23E+05,Dan Vale,4.4771E+11\n")
    assert [(problem.column, problem.value) for problem in broken.problems] == [
        ("number", "1.23E+05"),
        ("phone", "4.4771E+11"),
    ]


def test_a_day_without_a_year_is_the_last_that_was(session: Session, bank: Bank) -> None:
    text = "Date,Helper,Helped,Hours,What\n27/11,10,11,1h,Garden\n30/10,11,10,1h,Lift\n"
    read = check(session, bank, text, Imported.HOURS)
    assert [cells[1] for cells in first(read)] == ["27 November 2025", "30 October 2026"]


def test_names_are_asked_about_once_for_all_their_lines(session: Session, bank: Bank) -> None:
    text = (
        "Date,Who helped,Who was helped,Hours,What\n"
        "2026-10-01,Ada Row,Bea Rowe,1h,Garden\n2026-10-02,Bea Rowe,ada row (10),1h,Lift\n"
        "2026-10-03,Zoë Nobody,Ada Row,1h,Walk\n"
    )
    read = check(session, bank, text, Imported.HOURS)
    assert asked(read) == ["person:bea rowe"]
    # Bea Row is offered, and never taken to be meant.
    values = [option.value for option in read.shown.open[0].options]
    assert values[0] == "11"
    known = check(session, bank, text, Imported.HOURS, **{"person:bea rowe": "11"})
    assert (known.new, known.bad) == (2, 1)
    assert [problem.value for problem in known.problems] == ["Zoë Nobody"]
    nobody = check(session, bank, text, Imported.HOURS, **{"person:bea rowe": "nobody"})
    assert (nobody.new, nobody.rows) == (0, 1)


def test_who_helped_whom_is_asked_where_the_headings_leave_it_open(
    session: Session, bank: Bank
) -> None:
    text = "Fecha,De,A,Anuncio,Cantidad\n2026-03-01,Ada Row (10),Bea Row (11),Planchar,1:30\n"
    assert asked(check(session, bank, text, Imported.HOURS)) == ["sides"]
    read = check(session, bank, text, Imported.HOURS, sides="paid")
    giver, receiver = first(read)[0][2:4]
    assert (giver, receiver) == ("Bea Row (11)", "Ada Row (10)")
    turned = check(session, bank, text, Imported.HOURS, sides="helped")
    assert first(turned)[0][2:4] == [receiver, giver]


def test_columns_and_answers_that_there_are_not_are_refused(session: Session, bank: Bank) -> None:
    for columns, words in (
        ({"No.": "number", "Name": "name", "Tel": "name"}, "are both read as Name"),
        ({"Shoe": "name"}, "has no column “Shoe”"),
        ({"Name": "shoe"}, "is nothing that a column can be read as"),
    ):
        reading = Reading(columns)
        with pytest.raises(Invalid) as refusal:
            service.check(
                session, bank, source(CHARITY, Imported.MEMBERS, reading=reading), now=NOW
            )
        assert words in str(refusal.value.fields["columns"])
    with pytest.raises(Invalid):
        check(session, bank, CHARITY, day="backwards")


def test_a_file_waits_for_its_answers(session: Session, bank: Bank) -> None:
    act = Act(system(bank), NOW)
    new = NewUpload(How(Imported.MEMBERS), Files("list.csv", CHARITY.encode()))
    upload = service.hand_in(session, bank, new, act)
    assert upload.state == ImportState.CHECKED
    with pytest.raises(service.NotReady):
        service.confirm(session, bank, upload.id, Confirmation(), act)
    answers = {
        "names:titles": "drop",
        "day:joined_on": "day-first",
        "unit:opening_balance": "hours",
    }
    service.read_as(session, bank, upload.id, Reading(answers=answers), act)
    service.confirm(session, bank, upload.id, Confirmation(), act)
    assert upload.state == ImportState.DONE
    assert members.by_number(session, bank, "1").name == "Joan O’Neill"
    # The next of that shape is read the same way, without another question.
    later = CHARITY.replace("Margaret", "Maggie").replace("\n3;", "\n4;")
    assert asked(check(session, bank, later)) == []


NEXUS = (
    "ID,Date,Hours,Description,Status,Type,Provider,Provider Email,Receiver,Receiver Email,"
    "Category\n"
    "1,2026-03-01,1.5,Garden,completed,x,Ada Row,a@x.org,Bea Row,b@x.org,Garden\n"
    "2,2026-03-02,2,Lift,cancelled,x,Ada Row,a@x.org,Bea Row,b@x.org,Lifts\n"
)
KOMUNITIN = (
    "id,created,updated,state,amount,description,hash,authorization,payer.id,payer.code,payee.id,"
    "payee.code,user.id\n"
    "u-1,2026-03-01T10:00:00.000Z,,committed,90,Garden,,,x,10,y,11,z\n"
)
MUTUAL_CREDIT = "payer,payee,quantity,created\n10,11,1.5,2026-03-01\n"
DESCRIBED = (
    "payer,payee,quantity,created,state,type,description\n10,11,1.5,2026-03-01,1,default,Garden\n"
)


@pytest.mark.parametrize(
    ("text", "format_", "questions"),
    [
        (NEXUS, "nexus", []),
        (KOMUNITIN, "komunitin", ["unit:minutes"]),
        (MUTUAL_CREDIT, "mutual_credit", ["unit:minutes"]),
        (DESCRIBED, "mutual_credit", ["unit:minutes"]),
    ],
)
def test_a_peer_s_hours_went_from_whoever_was_helped(
    session: Session, bank: Bank, text: str, format_: str, questions: list[str]
) -> None:
    read = check(session, bank, text, Imported.HOURS)
    assert (read.format, asked(read)) == (format_, questions)
    unit = "minutes" if format_ == "komunitin" else "hours"
    done = check(session, bank, text, Imported.HOURS, unit=unit)
    assert (done.new, done.minutes) == (1, 90)
    names = [str(one) for one in done.shown.fields]
    row = dict(zip(names, first(done)[0], strict=True))
    assert (row["Who gave the help"], row["Who was helped"]) == ("Bea Row (11)", "Ada Row (10)")
    assert ("Garden" in row.values()) == ("Garden" in text)


def test_a_peer_s_members_are_read(session: Session, bank: Bank) -> None:
    nexus = (
        "ID,Name,Email,Phone,Location,Role,Status,Approved,Joined,Last Login,Balance,XP,Level\n"
        "21,Zed Vale,z@x.org,01632,North,member,active,1,2026-01-02,,1.5,4,2\n"
    )
    cyclos = (
        "name,username,password,email,creationdate,balance,creditlimit,uppercreditlimit\n"
        "Cy Vale,cyvale,secret,c@x.org,2026-01-02,1:30,10,20\n"
    )
    for text, format_ in ((nexus, "nexus"), (cyclos, "cyclos")):
        read = check(session, bank, text)
        assert (read.format, asked(read), read.new, read.minutes) == (format_, [], 1, 90)
    assert "secret" not in str(check(session, bank, cyclos).shown.first)
