"""Registers: who was there, kept by several people at once, and never silently changed."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_activity, make_bank, make_meeting, make_member, system
from timebank.act import Act
from timebank.activities import posting, queries, register
from timebank.activities.errors import MarkedMeanwhile, WrongMoment
from timebank.activities.models import Contribution
from timebank.activities.rules import Mark, Newcomer
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.members import service as members_service
from timebank.members.models import Member


def lines(session: Session, bank: Bank, session_id: int) -> dict[str, str]:
    """What the register says of everybody on it, by name."""
    found = queries.register(session, bank, queries.meeting(session, bank, session_id))
    return {line.name: line.state for line in found if line.here}


def mark(
    session: Session, bank: Bank, session_id: int, *marks: Mark, by: Member | None = None
) -> None:
    register.mark(session, bank, session_id, marks, Act(actor(by) if by else system(bank), NOW))


def test_people_are_marked_with_their_part_and_the_whole_time(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    meeting = make_meeting(session, bank)
    mark(
        session,
        bank,
        meeting.id,
        Mark(ana.id, part="led", prepared=30),
        Mark(ben.id, part="attended"),
        Mark(guest=" Cy  Ray "),
    )
    assert lines(session, bank, meeting.id) == {"Ana": "led 60 30 0", "Ben": "attended 60 0 0"}
    mark(session, bank, meeting.id, Mark(guest=" Cy  Ray ", part="attended"), Mark(ben.id))
    assert lines(session, bank, meeting.id) == {"Ana": "led 60 30 0", "Cy Ray": "attended 60 0 0"}
    mark(session, bank, meeting.id, Mark(ana.id, part="helped", minutes=45, without_hours=True))
    assert lines(session, bank, meeting.id)["Ana"] == "helped 45 0 1"


def test_everything_wrong_on_a_register_is_said_by_name_and_nothing_is_written(
    session: Session,
) -> None:
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    meeting = make_meeting(session, bank)
    wrong = [
        Mark(ana.id, part="led", minutes=61),
        Mark(ben.id, part="attended", minutes=0),
        Mark(cy.id, part="attended"),
    ]
    with pytest.raises(Invalid) as refusal:
        mark(session, bank, meeting.id, *wrong)
    assert set(refusal.value.fields) == {f"m{ana.id}", f"m{ben.id}"}
    assert "Ana" in str(refusal.value)
    assert lines(session, bank, meeting.id) == {}


def test_a_person_stands_on_a_register_once(session: Session) -> None:
    bank = make_bank(session)
    ana, meeting = make_member(session, bank), make_meeting(session, bank)
    for twice in (
        [Mark(ana.id, part="led"), Mark(ana.id, part="attended")],
        [Mark(guest="Cy"), Mark(guest="CY ")],
    ):
        with pytest.raises(Invalid, match="twice"):
            mark(session, bank, meeting.id, *twice)


def test_two_people_keep_one_register(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, lead = (make_member(session, bank, name) for name in ("Ana", "Ben", "Lee"))
    broker = make_member(session, bank, "Maggie", role="broker")
    meeting = make_meeting(session, bank, make_activity(session, bank, resident_lead_id=lead.id))
    mark(session, bank, meeting.id, Mark(ana.id, part="attended", was=""), by=lead)
    # The broker's page was opened before, and says nothing new of Ana.
    mark(
        session,
        bank,
        meeting.id,
        Mark(ana.id, was=""),
        Mark(ben.id, part="attended", was=""),
        by=broker,
    )
    assert set(lines(session, bank, meeting.id)) == {"Ana", "Ben"}
    with pytest.raises(MarkedMeanwhile, match="Ana") as refusal:
        mark(session, bank, meeting.id, Mark(ana.id, part="helped", was=""), by=broker)
    assert set(refusal.value.fields) == {f"m{ana.id}"}
    mark(session, bank, meeting.id, Mark(ana.id, part="attended", was=""), by=broker)
    mark(session, bank, meeting.id, Mark(ana.id, part="helped", was="attended 60 0 0"), by=broker)
    assert lines(session, bank, meeting.id)["Ana"] == "helped 60 0 0"


def test_the_register_belongs_to_those_who_run_the_activity(session: Session) -> None:
    bank, elsewhere = make_bank(session), make_bank(session, name="Elsewhere")
    ana, meeting = make_member(session, bank), make_meeting(session, bank)
    with pytest.raises(NotAllowed):
        mark(session, bank, meeting.id, Mark(ana.id, part="attended"), by=ana)
    with pytest.raises(NotFound):
        mark(session, elsewhere, meeting.id, Mark(guest="Cy", part="attended"))
    with pytest.raises(NotFound):
        mark(session, bank, meeting.id, Mark(make_member(session, elsewhere).id, part="attended"))


def test_a_register_opens_two_hours_before(session: Session) -> None:
    bank = make_bank(session)
    early, late = (
        make_meeting(session, bank, starts_at=NOW + timedelta(hours=hours)) for hours in (1, 3)
    )
    mark(session, bank, early.id, Mark(guest="Cy", part="attended"))
    with pytest.raises(WrongMoment, match="still to come"):
        mark(session, bank, late.id, Mark(guest="Cy", part="attended"))


def test_a_newcomer_is_counted_today_and_asks_to_join(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    meeting = make_meeting(session, bank)
    dee = Newcomer("Dee Fox", "01632 960 123")
    register.add_newcomer(session, bank, meeting.id, dee, Act(system(bank), NOW))
    applicant = session.execute(select(Member).where(Member.status == "applied")).scalar_one()
    assert (applicant.name, applicant.phone) == ("Dee Fox", "01632 960 123")
    members_service.approve(session, bank, applicant.id, Act(system(bank), NOW))
    mark(session, bank, meeting.id, Mark(guest="Dee Fox", part="helped"))
    posting.post(session, bank, meeting.id, Act(system(bank), NOW))
    assert [row.member_id for row in queries.contributions(session, bank, meeting.id)] == [
        applicant.id
    ]


def test_a_newcomer_who_is_turned_down_stays_a_guest(session: Session) -> None:
    bank = make_bank(session)
    meeting = make_meeting(session, bank)
    register.add_newcomer(session, bank, meeting.id, Newcomer("Dee Fox"), Act(system(bank), NOW))
    applicant = session.execute(select(Member).where(Member.status == "applied")).scalar_one()
    members_service.decline(session, bank, applicant.id, Act(system(bank), NOW))
    session.expire_all()
    assert [
        (row.guest, row.newcomer_id) for row in queries.contributions(session, bank, meeting.id)
    ] == [("Dee Fox", None)]


def test_no_register_names_a_newcomer_of_another_bank(session: Session) -> None:
    bank = make_bank(session)
    meeting = make_meeting(session, bank)
    register.add_newcomer(session, bank, meeting.id, Newcomer("Dee Fox"), Act(system(bank), NOW))
    stranger = make_member(session, make_bank(session, slug="leith", name="Leith"))
    rename = text("UPDATE contribution SET newcomer_id = :stranger")
    with pytest.raises(IntegrityError, match="contribution_newcomer"), session.begin_nested():
        session.execute(rename, {"stranger": stranger.id})


# ---- The code at the door ----


def test_a_member_scans_in_once(session: Session) -> None:
    bank = make_bank(session)
    ana, meeting = make_member(session, bank), make_meeting(session, bank)
    assert register.check_in(session, bank, meeting.id, Act(actor(ana), NOW), key=meeting.door_key)
    assert not register.check_in(
        session, bank, meeting.id, Act(actor(ana), NOW), key=meeting.door_key
    )
    (row,) = queries.contributions(session, bank, meeting.id)
    assert (row.member_id, row.part, row.minutes, row.channel) == (ana.id, "attended", 60, "scan")


def test_a_newcomer_of_a_posted_session_can_be_turned_down_and_forgotten(session: Session) -> None:
    bank = make_bank(session)
    meeting = make_meeting(session, bank)
    register.add_newcomer(session, bank, meeting.id, Newcomer("Dee Fox"), Act(system(bank), NOW))
    posting.post(session, bank, meeting.id, Act(system(bank), NOW))
    applicant = session.execute(select(Member).where(Member.status == "applied")).scalar_one()
    members_service.decline(session, bank, applicant.id, Act(system(bank), NOW))
    session.execute(text("UPDATE contribution SET guest = 'A guest', guest_key = 'a guest'"))
    session.expire_all()
    assert [
        (row.guest, row.newcomer_id) for row in queries.contributions(session, bank, meeting.id)
    ] == [("A guest", None)]


@pytest.mark.parametrize("hours", [-4, 4])
def test_the_code_works_on_the_day_alone(session: Session, hours: int) -> None:
    bank = make_bank(session)
    ana, meeting = make_member(session, bank), make_meeting(session, bank)
    with pytest.raises(WrongMoment):
        register.check_in(
            session,
            bank,
            meeting.id,
            Act(actor(ana), NOW + timedelta(hours=hours)),
            key=meeting.door_key,
        )


def test_another_code_lets_nobody_in(session: Session) -> None:
    bank = make_bank(session)
    ana, meeting, other = (
        make_member(session, bank),
        make_meeting(session, bank),
        make_meeting(session, bank),
    )
    for key in ("", other.door_key, "ü"):
        with pytest.raises(NotAllowed):
            register.check_in(session, bank, meeting.id, Act(actor(ana), NOW), key=key)


# ---- What the database itself keeps ----


def refused(session: Session, statement: str, rule: str, **values: object) -> None:
    """The database refuses the statement by the rule, and by no other."""
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        session.execute(text(statement), values)
    assert rule in str(error.value.orig)


def test_the_database_keeps_people_on_a_register_once_and_within_the_session(
    session: Session,
) -> None:
    bank = make_bank(session)
    ana, meeting = make_member(session, bank), make_meeting(session, bank)
    mark(
        session, bank, meeting.id, Mark(ana.id, part="attended"), Mark(guest="Cy", part="attended")
    )
    copy = "INSERT INTO contribution SELECT {} FROM contribution WHERE id = :id"
    columns = [column.key for column in Contribution.__table__.columns]
    for row in queries.contributions(session, bank, meeting.id):
        other_part = [
            (
                "(SELECT max(id) + 1 FROM contribution)"
                if name == "id"
                else "'led'"
                if name == "part"
                else name
            )
            for name in columns
        ]
        rule = (
            "contribution.session_id"
            if session.get_bind().dialect.name == "sqlite"
            else "uq_contribution"
        )
        refused(session, copy.format(", ".join(other_part)), rule, id=row.id)
        refused(
            session,
            "UPDATE contribution SET minutes = 61 WHERE id = :id",
            "activities_longer_than_session",
            id=row.id,
        )
    shorter = "UPDATE activity_session SET minutes = 59 WHERE id = :id"
    refused(session, shorter, "activities_longer_than_session", id=meeting.id)


def test_the_database_closes_the_register_of_a_posted_session(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    ana, meeting = make_member(session, bank), make_meeting(session, bank)
    mark(session, bank, meeting.id, Mark(ana.id, part="led"))
    posting.post(session, bank, meeting.id, Act(system(bank), NOW))
    (row,) = queries.contributions(session, bank, meeting.id)
    insert = (
        "INSERT INTO contribution (bank_id, session_id, guest, guest_key, capacity, part, minutes,"
        " without_hours, by, channel, at) SELECT bank_id, session_id, 'Cy', 'cy', capacity, part,"
        " minutes, without_hours, by, channel, at FROM contribution"
    )
    for statement in (
        "UPDATE contribution SET minutes = 30 WHERE id = :id",
        "UPDATE contribution SET member_id = NULL, guest = 'Ana', guest_key = 'ana' WHERE id = :id",
        "DELETE FROM contribution WHERE id = :id",
        insert,
    ):
        refused(session, statement, "activities_register_closed", id=row.id)
    for change in ("minutes = 70", "starts_at = registered_at", "cancelled_at = starts_at"):
        statement = f"UPDATE activity_session SET {change} WHERE id = :id"
        refused(session, statement, "activities_register_closed", id=meeting.id)
