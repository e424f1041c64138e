"""The export of activities: who did what, every minute once, and what cannot be added up among the
totals."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.activities.test_posting import post
from tests.activities.test_register import mark
from tests.factories import (
    NOW,
    make_activity,
    make_bank,
    make_meeting,
    make_member,
    make_organisation,
    system,
)
from tests.reports.exports import items, prepare, rows, text
from timebank.act import Act
from timebank.activities import posting
from timebank.activities.models import ActivitySession
from timebank.activities.rules import Mark
from timebank.banks.models import Bank
from timebank.reports.rules import Format


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, chest_floor=-60_000)


@pytest.fixture
def cafe(session: Session, bank: Bank) -> list[ActivitySession]:
    """Two sessions of a café, posted: one led by a resident and a nurse, the other by the resident
    alone."""
    ana, nurse = (
        make_member(session, bank),
        make_member(session, bank, "Nurse Bell", capacity="practitioner"),
    )
    activity = make_activity(session, bank, title="=Café")
    first = make_meeting(session, bank, activity, starts_at=NOW - timedelta(days=8))
    second = make_meeting(session, bank, activity, stage="design")
    together = [
        Mark(ana.id, part="led", prepared=30),
        Mark(nurse.id, part="co_led"),
        Mark(guest="Cy", part="attended"),
    ]
    mark(session, bank, first.id, *together, Mark(guest="Di", part="attended", minutes=20))
    mark(
        session,
        bank,
        second.id,
        Mark(ana.id, part="led"),
        Mark(guest="Cy", part="attended", without_hours=True),
    )
    for meeting in (first, second):
        post(session, bank, meeting)
    return [first, second]


def told(
    session: Session, bank: Bank, **wanted
) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """Sessions, people and minutes by stage, capacity and part."""
    found = items(session, bank, "activities", **wanted)["items"]
    return {
        (row["stage"], row["capacity"], row["part"]): (
            row["sessions"],
            row["people"],
            row["minutes"],
        )
        for row in found
    }


def test_every_minute_is_in_one_row_and_the_totals_count_people_and_sessions_once(
    session: Session, bank: Bank, cafe: list[ActivitySession]
) -> None:
    assert told(session, bank) == {
        ("deliver", "resident", "led"): (1, 1, 60),
        ("deliver", "resident", "prepared"): (1, 1, 30),
        ("deliver", "resident", "attended"): (1, 2, 80),
        ("deliver", "practitioner", "co_led"): (1, 1, 60),
        ("design", "resident", "led"): (1, 1, 60),
        ("design", "resident", "attended"): (1, 1, 60),
    }
    about = items(session, bank, "activities")["meta"]
    assert (about["rows"], about["minutes"], about["sessions"], about["people"]) == (6, 350, 2, 4)
    assert about["led_by"] == {"resident": 120, "professional": 0, "together": 230, "nobody": 0}
    assert sum(about["led_by"].values()) == about["minutes"]


def test_a_row_says_which_activity_and_nobody_s_name(
    session: Session, bank: Bank, cafe: list[ActivitySession]
) -> None:
    row = rows(session, bank, "activities")[0]
    assert (row["activity"], row["title"], row["rule"]) == (
        f"{cafe[0].activity_id}",
        "'=Café",
        "sponsored",
    )
    assert not any(
        name in text(session, bank, "activities") for name in ("Ana", "Bell", "Cy", "Di")
    )


def test_a_range_is_about_the_day_of_the_session(
    session: Session, bank: Bank, cafe: list[ActivitySession]
) -> None:
    assert {stage for stage, _, _ in told(session, bank, start=date(2026, 11, 5))} == {"design"}
    assert {stage for stage, _, _ in told(session, bank, end=date(2026, 11, 4))} == {"deliver"}
    assert told(session, bank, start=date(2026, 11, 5), end=date(2026, 11, 11)) == {}
    about = items(session, bank, "activities", start=date(2026, 11, 13))["meta"]
    assert (about["rows"], about["minutes"], about["sessions"], about["people"]) == (0, 0, 0, 0)


def test_what_is_not_posted_or_was_taken_back_is_not_counted(
    session: Session, bank: Bank, cafe: list[ActivitySession]
) -> None:
    assert told(session, bank, as_of=NOW - timedelta(minutes=1)) == {}
    as_of = prepare(session, bank, "activities").wanted.as_of
    before = text(session, bank, "activities", as_of=as_of)
    later = make_meeting(session, bank, starts_at=NOW - timedelta(days=1))
    mark(session, bank, later.id, Mark(guest="Ed", part="attended"))
    assert text(session, bank, "activities") == before
    posting.post(session, bank, later.id, Act(system(bank), as_of + timedelta(hours=1)))
    assert text(session, bank, "activities", as_of=as_of) == before
    posting.take_back(session, bank, cafe[1].id, Act(system(bank), NOW), why="Wrong")
    assert {stage for stage, _, _ in told(session, bank, as_of=as_of)} == {"deliver"}


def test_other_banks_and_other_payers_are_told_apart(
    session: Session, bank: Bank, cafe: list[ActivitySession]
) -> None:
    elsewhere = make_bank(session, name="Elsewhere")
    assert told(session, elsewhere) == {}
    bee = make_activity(
        session,
        bank,
        title="Bee",
        rule="working_bee",
        payer_id=make_organisation(session, bank, "Hall").account_id,
    )
    meeting = make_meeting(session, bank, bee, starts_at=NOW - timedelta(days=2))
    mark(session, bank, meeting.id, Mark(guest="Ed", part="helped"))
    post(session, bank, meeting)
    assert [row["rule"] for row in rows(session, bank, "activities")][-1] == "working_bee"


def test_the_spreadsheet_carries_who_led_beside_the_rows(
    session: Session, bank: Bank, cafe: list[ActivitySession]
) -> None:
    out = io.BytesIO()
    prepare(session, bank, "activities").write(session, Format.XLSX, out)
    with zipfile.ZipFile(out) as book:
        about = book.read("xl/worksheets/sheet2.xml").decode()
    assert "led_by together" in about
    assert "<v>230</v>" in about
