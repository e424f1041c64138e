"""The calendar of sessions, read back as other programs read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_activity, make_bank, make_meeting, make_member, system
from timebank.act import Act
from timebank.activities import queries, service, signing
from timebank.activities.calendar import for_members
from timebank.activities.rules import Occasion
from timebank.banks.models import Bank
from timebank.say import ENGLISH
from timebank.web.calendars import calendar


def written(session: Session, bank: Bank) -> bytes:
    return calendar(
        bank,
        for_members(queries.meetings(session, bank)),
        url=lambda one: f"https://timebank.example/s/{one.link.values['session_id']}",
        voice=ENGLISH,
    )


def events(session: Session, bank: Bank) -> list[Any]:
    return list(icalendar.Calendar.from_ical(written(session, bank)).walk("VEVENT"))


def test_a_session_says_when_where_what_for_and_how_to_get_in(session: Session) -> None:
    bank = make_bank(session, timezone="Europe/London")
    activity = make_activity(
        session,
        bank,
        title="Tea; cake, and “mending”",
        purpose="To mend\nthings \\ together.",
        access_notes="Ramp, side door",
    )
    starts_at = datetime(2027, 7, 1, 9, 30, tzinfo=UTC)
    row = make_meeting(
        session,
        bank,
        activity,
        90,
        starts_at=starts_at,
        place="St Anne’s Hall, Alder Row; first floor",
    )
    (event,) = events(session, bank)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (
        starts_at,
        starts_at + timedelta(minutes=90),
    )
    assert b"DTSTART:20270701T093000Z" in written(session, bank)
    assert event["SUMMARY"] == "Tea; cake, and “mending”"
    assert event["LOCATION"] == "St Anne’s Hall, Alder Row; first floor"
    assert event["DESCRIPTION"] == "To mend\nthings \\ together.\n\nRamp, side door"
    assert (event["URL"], event["STATUS"]) == (f"https://timebank.example/s/{row.id}", "CONFIRMED")


def test_lines_are_folded_between_letters_and_end_as_the_standard_wants(session: Session) -> None:
    bank = make_bank(session)
    purpose = "Żółć 🫖 " * 100
    make_meeting(session, bank, make_activity(session, bank, purpose=purpose))
    lines = written(session, bank).split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    assert all(line.decode() is not None for line in lines)
    assert events(session, bank)[0]["DESCRIPTION"] == purpose.strip()


def test_what_is_called_off_is_struck_out_under_the_same_name(session: Session) -> None:
    bank, other = make_bank(session), make_bank(session, name="Elsewhere")
    row = make_meeting(session, bank, starts_at=NOW + timedelta(days=1))
    (before,) = events(session, bank)
    service.change_session(
        session,
        bank,
        row.id,
        Occasion(NOW + timedelta(days=2), 60),
        Act(system(bank), NOW),
    )
    (moved,) = events(session, bank)
    assert (moved["UID"], moved["SEQUENCE"]) == (before["UID"], before["SEQUENCE"] + 1)
    assert moved["DTSTART"].dt == NOW + timedelta(days=2)
    service.call_off(session, bank, row.id, Act(system(bank), NOW), why="Joan is ill.")
    (after,) = events(session, bank)
    assert after["UID"] == before["UID"]
    assert (after["STATUS"], after["SEQUENCE"], after["SUMMARY"]) == (
        "CANCELLED",
        2,
        "Called off: Repair café",
    )
    make_meeting(session, other)
    assert {one["UID"] for one in events(session, other)}.isdisjoint({after["UID"]})


def test_it_names_nobody(session: Session) -> None:
    bank = make_bank(session)
    lead, ida = make_member(session, bank, "Bea Quill"), make_member(session, bank, "Ida Moss")
    row = make_meeting(
        session,
        bank,
        make_activity(session, bank, resident_lead_id=lead.id),
        starts_at=NOW + timedelta(days=1),
    )
    signing.sign_up(session, bank, row.id, ida.id, Act(actor(ida), NOW))
    service.call_off(session, bank, row.id, Act(system(bank), NOW), why="Bea Quill is ill.")
    text = written(session, bank).decode()
    assert not any(name in text for name in ("Quill", "Moss", "ATTENDEE", "ORGANIZER"))


def test_a_bank_without_sessions_has_an_empty_calendar(session: Session) -> None:
    bank = make_bank(session)
    book = icalendar.Calendar.from_ical(written(session, bank))
    assert (book["X-WR-CALNAME"], book["METHOD"], events(session, bank)) == (
        "Fife Time Bank",
        "PUBLISH",
        [],
    )
