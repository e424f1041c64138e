"""How a file is recognised, and what its columns become."""

import io
from datetime import date

import pytest

from timebank.imports.formats import Layout, recognise
from timebank.imports.rules import EMPTY_READING, Reading, Record, Wanted
from timebank.tables.errors import BadFile
from timebank.tables.opening import Table, opened

TODAY = date(2026, 11, 12)
USER = "7,2014-03-01,Ana,Silva,Peña,1,1950-02-03,0123,0456,ana@example.org\n"
TRANSFER = "7,Member,9,Member,5400,2014-05-01 22:30:00 UTC,Thank you,\n"
POST = "55,Offer,Bicycle repair,I mend bicycles,3,2014-01-02 10:00:00 UTC,,\n"


def recognised(
    text: str,
    kind: str = "hours",
    asked: str | None = None,
    posts: str | None = None,
    reading: Reading = EMPTY_READING,
) -> tuple[Table, Layout]:
    sheet = opened(io.BytesIO(text.encode()))
    given = opened(io.BytesIO(posts.encode())) if posts else None
    wanted = Wanted(kind, asked, reading)
    return sheet, recognise(sheet, wanted, today=TODAY, timezone="Europe/London", posts=given)


def records(
    text: str, kind: str = "hours", asked: str | None = None, posts: str | None = None
) -> list[Record | None]:
    sheet, layout = recognised(text, kind, asked, posts)
    found = [layout.record(row) for row in sheet.rows()]
    return found[1:] if layout.columns else found


def refused(
    text: str, kind: str = "hours", asked: str | None = None, posts: str | None = None
) -> str:
    with pytest.raises(BadFile) as refusal:
        records(text, kind, asked, posts)
    return str(refusal.value)


# ---- Our own format ----


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_stand_in_any_order_and_under_any_case(delimiter: str):
    header, row = "Minutes,Reference,Occurred on,RECEIVER,giver", "90,R1,2026-10-01,2,1"
    record = records(f"{header}\n{row}\n".replace(",", delimiter))[0]
    assert record.values == {
        "minutes": "90",
        "reference": "R1",
        "occurred_on": "2026-10-01",
        "receiver": "2",
        "giver": "1",
    }
    assert record.line == 2


def asked(text: str, kind: str = "hours", reading: Reading = EMPTY_READING) -> list[str]:
    _, layout = recognised(text, kind, reading=reading)
    return [
        " ".join(map(str, filter(None, (one.words, one.hint)))) for one in layout.questions.open
    ]


def test_missing_columns_are_asked_for():
    words = asked("reference,occurred_on,giver,minutes,colour\n")
    assert [one for one in words if "Which column is: Who was helped?" in one]


def test_a_file_of_the_other_kind_is_called_so():
    assert "This looks like a file of members." in asked("number,name,email\n1,Ana,\n")[0]
    header = "reference,occurred_on,giver,receiver,minutes\n"
    assert "This looks like a file of hours." in asked(header, "members")[0]


def test_a_column_that_is_there_twice_is_asked_about():
    assert "“Name (2)”" in asked("number,Name,email,Name\n", "members")[0]


def test_a_misspelt_column_is_not_lost_in_silence():
    assert "What is in “emial”?" in asked("number,name,emial\n", "members")[0]
    told = Reading({"number": "number", "name": "name", "emial": "email"})
    assert asked("number,name,emial\n", "members", told) == []


def test_columns_of_somebody_s_own_are_left_out_and_that_is_said():
    _, layout = recognised("number,name,shoe size\n", "members")
    assert [str(note) for note in layout.notes()] == ["Left out: shoe size."]


def test_the_columns_of_a_file_of_bad_rows_are_passed_over():
    sheet, layout = recognised("number,name,line,mend\n1,Ana,17,name: Write it.\n", "members")
    assert layout.notes() == []
    assert layout.record(list(sheet.rows())[1]).values == {"number": "1", "name": "Ana"}


def test_a_row_with_too_few_or_too_many_values_has_a_problem():
    short, long, padded = records("number,name,email\n1,Ana\n2,Ben,,x,\n3,Cy,,,\n", "members")
    assert "It has 2 columns where the first row has 3." in str(short.problems[0].mend)
    assert "It has 5 columns where the first row has 3." in str(long.problems[0].mend)
    assert padded.problems == []


def test_apostrophes_that_guard_against_formulas_are_taken_off():
    record = records("number,name,phone\n'-1,'Ana,'+44 1632\n", "members")[0]
    assert record.values == {"number": "-1", "name": "'Ana", "phone": "+44 1632"}


def test_a_file_without_a_header_is_not_taken_for_one_of_ours():
    assert "Which column is: Name?" in asked("1,Ana\n2,Ben\n", "members")[0]


# ---- TimeOverflow ----


def test_timeoverflow_s_users_are_members():
    record = records(USER, "members")[0]
    assert record.values == {
        "number": "7",
        "name": "Ana Silva Peña",
        "email": "ana@example.org",
        "phone": "0123 / 0456",
        "joined_on": "2014-03-01",
        "date_of_birth": "1950-02-03",
    }


def test_addresses_that_timeoverflow_made_up_are_left_out():
    sheet, layout = recognised(
        USER.replace("ana@example.org", "user1394444444@example.com"), "members"
    )
    assert layout.record(next(iter(sheet.rows()))).values["email"] == ""
    assert (
        "Addresses that TimeOverflow had made up (user…@example.com) and that were left out: 1."
        in str(layout.notes()[0])
    )


def test_in_a_transfer_the_source_pays_so_it_received_the_help():
    record = records(TRANSFER)[0]
    assert (record.get("receiver"), record.get("giver"), record.get("minutes")) == ("7", "9", "90")


def test_an_instant_in_utc_falls_on_the_bank_s_own_day():
    assert records(TRANSFER)[0].get("occurred_on") == "2014-05-01"
    assert records(TRANSFER.replace("22:30:00", "23:30:00"))[0].get("occurred_on") == "2014-05-02"


@pytest.mark.parametrize(
    "written",
    [
        "2014-05-01",
        "2014-05-01T22:30:00Z",
        "2014-05-01 22:30:00.123456",
        "2014-05-01 23:30:00 +0100",
    ],
)
def test_instants_are_read_as_rails_and_postgresql_write_them(written: str):
    assert (
        records(TRANSFER.replace("2014-05-01 22:30:00 UTC", written))[0].get("occurred_on")
        == "2014-05-01"
    )


def test_the_organisation_is_the_chest():
    record = records("1,Organization,9,Member,3600,2014-05-01,,\n")[0]
    assert (record.get("receiver"), record.get("giver")) == ("chest", "9")


def test_seconds_that_are_no_whole_minutes_are_not_rounded():
    record = records(TRANSFER.replace("5400", "5430"))[0]
    problem = record.problems[0]
    assert (problem.line, problem.column, problem.value) == (1, "amount", "5430")
    assert "Write 5400 (90 min) or 5460 (91 min)." in str(problem.mend)


def test_the_same_row_has_the_same_reference_in_every_export():
    first = [
        record.get("reference") for record in records(TRANSFER + TRANSFER.replace("5400", "3600"))
    ]
    again = [
        record.get("reference")
        for record in records("1,Member,2,Member,60,2013-01-01,,\n" + TRANSFER * 2)
    ]
    assert first[0] == again[1]
    assert len({*first, *again}) == 4


def test_of_transfers_without_dates_the_day_is_asked_once():
    seven = "7,Member,9,Member,5400,Thank you,\n"
    empty = TRANSFER.replace("2014-05-01 22:30:00 UTC", "")
    for text in (seven, empty):
        assert "does not say when" in asked(text)[0]
        under_today = Reading(answers={"undated": "today"})
        sheet, layout = recognised(text, reading=under_today)
        assert layout.questions.open == []
        record = layout.record(next(iter(sheet.rows())))
        assert (record.get("occurred_on"), record.get("giver")) == ("2026-11-12", "9")


def test_whoever_is_no_organisation_is_a_member():
    record = records("7,User,9,Persona,5400,2014-05-01,,\n")[0]
    assert (record.get("receiver"), record.get("giver"), record.problems) == ("7", "9", [])


def test_posts_by_themselves_are_refused_with_what_they_are_good_for():
    assert "hand it over beside the transfers, as posts" in refused(POST)


def test_posts_with_numbers_give_transfers_their_descriptions():
    posts = "41," + POST
    given, bare = records(TRANSFER.replace(",\n", ",41\n") + TRANSFER, posts=posts)
    assert given.get("description") == "Bicycle repair: Thank you"
    assert bare.get("description") == "Thank you"


def test_posts_without_numbers_are_known_by_their_place_and_that_is_said():
    sheet, layout = recognised(
        TRANSFER.replace(",\n", ",2\n"), posts=POST + POST.replace("Bicycle repair", "Lifts")
    )
    assert [layout.record(row).get("description") for row in sheet.rows()] == ["Lifts: Thank you"]
    assert "post 1 was taken to be its first row" in str(layout.notes()[0])


def test_places_that_cannot_be_the_numbers_of_posts_are_noticed():
    later = POST.replace("2014-01-02", "2015-01-02")
    assert "after hours that name it" in refused(TRANSFER.replace(",\n", ",1\n"), posts=later)


def test_a_post_of_several_lines_is_one_post():
    posts = POST.replace("I mend bicycles", '"I mend\nbicycles, all of them"')
    assert (
        records(TRANSFER.replace(",\n", ",1\n"), posts=posts)[0].get("description")
        == "Bicycle repair: Thank you"
    )


def test_users_and_transfers_are_told_apart():
    assert "This is TimeOverflow's file of users. Import it as members." in refused(USER, "hours")
    assert "This is TimeOverflow's file of transfers. Import it as hours." in refused(
        TRANSFER, "members"
    )


def test_what_is_said_to_be_timeoverflow_s_has_to_be():
    assert "none of TimeOverflow's files" in refused(
        "number,name\n1,Ana\n", "members", "timeoverflow"
    )


def test_a_bad_first_row_of_a_file_known_to_be_timeoverflow_s_is_a_bad_row():
    record = records("7,Person,9,Member,an hour,2014-05-01,,\n", asked="timeoverflow")[0]
    assert "whole numbers of seconds" in str(record.problems[0].mend)
