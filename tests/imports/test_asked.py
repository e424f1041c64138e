"""Rows of a file that may be here already: asked about by their line, in whatever face."""

import io
from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member, system
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.imports import service
from timebank.imports.errors import BadRows
from timebank.imports.result import Result
from timebank.imports.rules import Answers, Files, How, Imported, ImportState, NewUpload
from timebank.members import queries as members

PEOPLE = b"""number,name,phone,email
20,Mrs Joan O'Neill,01632 960187,
21,Joan Low,,joan@example.org
22,Una Low,,JOAN@example.org
23,Pat Orr,,
"""


@pytest.fixture
def bank(session: Session) -> Bank:
    bank = make_bank(session)
    make_member(
        session,
        bank,
        "Joan O’Neill",
        number="7",
        phone="+44 1632 960187",
        area="Old Town",
        date_of_birth=date(1948, 1, 2),
    )
    return bank


def source(kind: Imported, file: bytes, **answers: frozenset[int]) -> service.Source:
    return service.Source(io.BytesIO(file), kind, answers=Answers(**answers))


def asked(result: Result) -> list[int]:
    return [one.line for one in result.asked]


def test_the_same_person_is_asked_about_and_nothing_is_written(
    session: Session, bank: Bank
) -> None:
    result = service.check(session, bank, source(Imported.MEMBERS, PEOPLE), now=NOW)
    assert asked(result) == [2, 4]
    assert "Joan O’Neill (number 7, Old Town, born 1948)" in str(result.asked[0].words)
    assert "Joan Low (line 3)" in str(result.asked[1].words)
    assert (result.new, result.bad) == (2, 2)
    with pytest.raises(BadRows):
        service.bring_in(session, bank, source(Imported.MEMBERS, PEOPLE), Act(system(bank), NOW))
    assert members.members(session, bank, text="Pat") == []


def test_each_line_is_answered_either_way(session: Session, bank: Bank) -> None:
    answered = source(Imported.MEMBERS, PEOPLE, same=frozenset({2}), other=frozenset({4}))
    result = service.bring_in(session, bank, answered, Act(system(bank), NOW))
    assert (result.new, result.unchanged, asked(result)) == (3, 1, [])
    numbers = {one.number for one in members.members(session, bank)}
    assert numbers == {"7", "21", "22", "23"}


def test_what_was_answered_is_kept_with_the_file(session: Session, bank: Bank) -> None:
    act = Act(system(bank), NOW)
    new = NewUpload(How(Imported.MEMBERS), Files("people.csv", PEOPLE))
    upload = service.hand_in(session, bank, new, act)
    assert upload.result is not None
    assert [one["line"] for one in upload.result["asked"]] == [2, 4]
    service.answer(session, bank, upload.id, Answers(frozenset({2})), act)
    assert [one["line"] for one in upload.result["asked"]] == [4]
    service.answer(session, bank, upload.id, Answers(other=frozenset({4})), act)
    assert (upload.result["asked"], upload.state) == ([], ImportState.CHECKED)
    with pytest.raises(Invalid):
        service.answer(session, bank, upload.id, Answers(frozenset({2}), frozenset({2})), act)


def test_rows_of_one_file_that_say_the_same_are_asked_about(session: Session, bank: Bank) -> None:
    for name, number in (("Ana", "1"), ("Ben", "2")):
        make_member(session, bank, name, number=number)
    day = NOW.date().isoformat()
    file = (
        "reference,occurred_on,giver,receiver,minutes,description\n"
        f"a,{day},1,2,60,Hedge\nb,{day},1,2,60,Hedge\n"
        f"c,{day},1,2,60,Shopping\nd,{day},2,1,60,Hedge\n"
    ).encode()
    checked = service.check(session, bank, source(Imported.HOURS, file), now=NOW)
    assert asked(checked) == [3]
    assert "Line 2 says the same" in str(checked.asked[0].words)
    left_out = source(Imported.HOURS, file, same=frozenset({3}))
    assert service.check(session, bank, left_out, now=NOW).new == 3
    both = source(Imported.HOURS, file, other=frozenset({3}))
    assert service.bring_in(session, bank, both, Act(system(bank), NOW)).new == 4
    # What is here is known by its reference, and nothing is asked again.
    again = service.check(session, bank, source(Imported.HOURS, file), now=NOW)
    assert (asked(again), again.unchanged) == ([], 4)


def test_hours_that_were_written_down_here_are_asked_about(session: Session, bank: Bank) -> None:
    ana, ben = (
        make_member(session, bank, name, number=number)
        for name, number in (("Ana", "1"), ("Ben", "2"))
    )
    make_logged_exchange(session, bank, ana, ben)
    assert actor(ana).account_id is not None
    day = NOW.date().isoformat()
    file = (
        "reference,occurred_on,giver,receiver,minutes,description\n"
        f"a,{day},1,2,60,Hedge\nb,{day},2,1,60,Hedge\n"
    ).encode()
    checked = service.check(session, bank, source(Imported.HOURS, file), now=NOW)
    assert asked(checked) == [2]
    left_out = source(Imported.HOURS, file, same=frozenset({2}))
    assert service.check(session, bank, left_out, now=NOW).new == 1
    written = source(Imported.HOURS, file, other=frozenset({2}))
    assert service.bring_in(session, bank, written, Act(system(bank), NOW)).new == 2
