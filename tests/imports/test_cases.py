"""Files that people met elsewhere and that were misread there: each goes in, or is answered with
what is to be done."""

import pathlib
from collections.abc import Mapping

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_member
from tests.imports.files import balance, bring_in, check, words
from timebank.banks.models import Bank
from timebank.imports.result import Result
from timebank.imports.rules import Imported, Reading
from timebank.members import queries as members

CASES = pathlib.Path(__file__).parent / "cases"
MEMBERS, HOURS = Imported.MEMBERS, Imported.HOURS


@pytest.fixture
def bank(session: Session) -> Bank:
    bank = make_bank(session)
    people = {"1": "Hermelinda Vale", "2": "Ada Row", "10": "Ada Row", "11": "Bea"}
    for number, name in people.items():
        make_member(session, bank, name, number=number)
    return bank


def checked(session: Session, bank: Bank, name: str, kind: Imported, **told: str) -> Result:
    return check(session, bank, (CASES / name).read_bytes(), kind, reading=reading(told))


def reading(told: Mapping[str, str]) -> Reading:
    return Reading(answers={key.replace("__", ":"): answer for key, answer in told.items()})


def first(result: Result) -> list[list[str]]:
    return [[str(cell) for cell in cells] for _, cells in result.shown.first]


def test_every_case_is_tried() -> None:
    tried = pathlib.Path(__file__).read_text(encoding="utf-8")
    assert [one.name for one in CASES.iterdir() if f'"{one.name}"' not in tried] == []


def test_a_day_that_could_be_either_is_asked_about(session: Session, bank: Bank) -> None:
    case = "day-first.csv"
    (question,) = checked(session, bank, case, MEMBERS).shown.open
    assert [str(one.words) for one in question.options] == ["2 January 2020", "1 February 2020"]
    assert (
        first(checked(session, bank, case, MEMBERS, day="month-first"))[0][2] == "1 February 2020"
    )


def test_what_a_spreadsheet_has_shortened_is_never_taken(session: Session, bank: Bank) -> None:
    result = checked(session, bank, "long-numbers.csv", MEMBERS)
    assert (result.new, result.bad) == (0, 1)
    assert [one.column for one in result.causes.values()] == ["number", "phone"]


def test_a_column_of_two_units_is_asked_about(session: Session, bank: Bank) -> None:
    result = checked(session, bank, "minutes-mixed.csv", HOURS)
    assert [one.key for one in result.shown.open] == ["unit:minutes", "comma:minutes"]


@pytest.mark.parametrize(
    ("name", "new"), [("sep-line.csv", 1), ("leeming.csv", 2), ("two-members.csv", 0)]
)
def test_plain_lists_of_members_go_in(session: Session, bank: Bank, name: str, new: int) -> None:
    result = checked(session, bank, name, MEMBERS)
    assert (result.new, result.bad, result.shown.open) == (new, 0, [])


def test_letters_inside_of_a_name_are_nobody(session: Session, bank: Bank) -> None:
    bring_in(session, bank, (CASES / "leeming.csv").read_bytes(), MEMBERS)
    text = "occurred_on,giver,receiver,minutes\n2026-10-01,Ann Lee,71,60\n"
    result = check(session, bank, text)
    assert (result.shown.open, result.bad) == ([], 1)
    assert "No member has this number or this name" in words(result)


def test_timeoverflow_s_downloads_are_known_in_any_language(session: Session, bank: Bank) -> None:
    other = make_bank(session, slug="leith", name="Leith")
    result = checked(session, other, "timeoverflow-members-download.csv", MEMBERS)
    assert (result.format, result.new) == ("timeoverflow", 1)
    assert first(result)[0] == [
        "1",
        "Hermelinda Vale",
        "herm@example.org",
        "622000000",
        "30 January 2018",
        "3½ hours",
    ]
    bring_in(session, bank, (CASES / "timeoverflow-transfers-download.csv").read_bytes())
    # Who stands first paid, so was helped.
    assert (balance(session, bank, "1"), balance(session, bank, "2")) == (-90, 90)


def test_odd_seconds_are_said_once_and_never_rounded(session: Session, bank: Bank) -> None:
    result = checked(session, bank, "timeoverflow-odd-seconds.csv", HOURS)
    assert [str(one.mend) for one in result.problems] == [
        "3599 seconds are no whole number of minutes. Write 3540 (59 min) or 3600 (60 min)."
    ]


PEERS = {
    ("timebank_cc", "hours"): (
        "Nr.,Date,Amount,Amount in minutes,Debit/Credit,Account nr.,Account name,Acc. holder,"
        "Acc. holder full name,Counter acc. nr.,Counter acc. name,Relation name,Relation full name,"
        "Description\n"
        "8,2026-03-01 10:00:00,H 1:30,90,Debit,4,work,Hermelinda Vale,,5,work,Bea,,Lamp\n"
    ),
    ("wadobo", "members"): (
        "username,fullname,birth_date,age,balance,trec,tgiv,hrec,hgiv,last_login\n"
        "eva,Eva Pons,03/04/1950,76,90,1,1,1,1,01/02/2026\n"
    ),
    ("timeoverflow", "offers"): (
        ",Oferta,Etiquetas,Usuario,Creado\n,Hogar,,,\n"
        "55,Planchar,casa,Bea (11),2026-01-02 10:00:00 UTC\n"
    ),
}


@pytest.mark.parametrize(("peer", "kind"), PEERS)
def test_files_of_other_programs_are_known(
    session: Session, bank: Bank, peer: str, kind: str
) -> None:
    told = {"unit": "minutes"} if peer == "wadobo" else {}
    text = PEERS[peer, kind]
    result = check(session, bank, text, kind, reading=reading(told))
    assert (result.format, result.new, result.bad, result.shown.open) == (peer, 1, 0, []), words(
        result
    )
    if peer == "timebank_cc":
        bring_in(session, bank, text)
        assert (balance(session, bank, "1"), balance(session, bank, "11")) == (-90, 90)
        back = text.replace("Debit,", "Credit,").replace("\n8,", "\n9,")
        bring_in(session, bank, back)
        assert balance(session, bank, "11") == 0


def test_a_number_without_its_noughts_is_asked_about(session: Session, bank: Bank) -> None:
    make_member(session, bank, "Dora Quinn", number="007")
    result = check(session, bank, "number,name\n7,Dora Quinn\n", "members")
    assert [str(one.words) for one in result.asked] == [
        "Do we know Dora Quinn? It may be Dora Quinn (number 007)."
    ]
    assert members.by_number(session, bank, "007").name == "Dora Quinn"
