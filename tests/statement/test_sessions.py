"""What statements say of the hours of activities: to those who led and came, to the chest and to
who sponsors them."""

from datetime import timedelta

from sqlalchemy.orm import Session

from tests.activities.test_posting import post
from tests.activities.test_register import mark
from tests.factories import (
    NOW,
    actor,
    make_activity,
    make_bank,
    make_meeting,
    make_member,
    make_organisation,
    system,
)
from timebank.act import Act
from timebank.activities import posting
from timebank.activities import service as activities_service
from timebank.activities.rules import Mark, NewSponsorship
from timebank.banks.models import Bank
from timebank.ledger import queries as ledger
from timebank.members.models import Member
from timebank.statement import queries


def told(
    session: Session, bank: Bank, account_id: int | None, by: Member
) -> list[tuple[str, str, int]]:
    """What happened, what is said of it, and the minutes; the newest first."""
    reader = queries.reader(session, bank, account_id, by=actor(by))
    return [
        (str(line.happened), str(line.what), line.minutes)
        for line in queries.newest(session, bank, reader).lines
    ]


def test_who_led_who_came_and_the_chest_read_which_session_it_was(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee, ana, cy = (make_member(session, bank, name) for name in ("Lee", "Ana", "Cy"))
    walk = make_activity(session, bank, title="Walking group", rule="attendees_pay", payer_id=None)
    meeting = make_meeting(session, bank, walk)
    mark(
        session,
        bank,
        meeting.id,
        Mark(lee.id, part="led"),
        Mark(ana.id, part="attended"),
        Mark(cy.id, part="attended"),
    )
    post(session, bank, meeting)
    which = "Walking group, 12 November 2026"
    chest = ledger.chest(session, bank).id
    assert sorted(told(session, bank, lee.account_id, lee)) == [
        (which, "From Ana, for the time you gave", 30),
        (which, "From Cy, for the time you gave", 30),
    ]
    assert sorted(told(session, bank, ana.account_id, ana)) == [
        (which, "To Lee, for the time they gave", -30),
        (which, "To the community chest, for coming", -30),
    ]
    assert sorted(told(session, bank, chest, ana)) == [
        (which, "From a member, for coming", 30),
        (which, "From you, for coming", 30),
    ]
    reader = queries.reader(session, bank, lee.account_id, by=actor(lee))
    assert {line.session_id for line in queries.newest(session, bank, reader).lines} == {meeting.id}


def test_a_sponsor_reads_to_whom_its_hours_went(session: Session) -> None:
    bank = make_bank(session)
    surgery, lee = make_organisation(session, bank), make_member(session, bank, "Lee")
    bo = make_member(session, bank, "Bo", role="broker")
    new = NewSponsorship(surgery.id, 600, NOW.date(), NOW.date(), "All of it")
    activities_service.sponsor(session, bank, new, Act(system(bank), NOW))
    meeting = make_meeting(session, bank, make_activity(session, bank, payer_id=surgery.account_id))
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    post(session, bank, meeting)
    assert told(session, bank, surgery.account_id, bo) == [
        ("Repair café, 12 November 2026", "To Lee, for the time they gave", -60)
    ]


def test_what_was_taken_back_and_posted_anew_says_so(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee, meeting = (
        make_member(session, bank, "Lee"),
        make_meeting(session, bank, starts_at=NOW - timedelta(days=2)),
    )
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    post(session, bank, meeting)
    posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why="Shorter")
    mark(session, bank, meeting.id, Mark(lee.id, part="led", minutes=45))
    post(session, bank, meeting)
    which, chest = (
        "Repair café, 10 November 2026",
        "From the community chest, for the time you gave",
    )
    # By the day on which it happened, and within a day as it was written down; wherever it stands.
    latest_first = [
        ("Corrected", "Taken back: Repair café, 10 November 2026", -60),
        (which, f"{chest}. Posted anew", 45),
        (which, f"{chest}. Taken back on 12 November 2026", 60),
    ]
    assert told(session, bank, lee.account_id, lee) == latest_first
    reader = queries.reader(session, bank, lee.account_id, by=actor(lee))
    lines = queries.between(session, bank, reader, None, None).lines
    of_days = [(str(line.happened), str(line.what), line.minutes) for line in lines]
    assert of_days == latest_first[::-1]
