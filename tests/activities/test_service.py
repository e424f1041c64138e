"""Activities and sessions, who signs up, and what is agreed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

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
from timebank.activities import leaving, posting, queries, register, service, signing
from timebank.activities.errors import WrongMoment
from timebank.activities.models import Activity
from timebank.activities.rules import (
    Newcomer,
    NewOutcome,
    NewSponsorship,
    Occasion,
    Plan,
    Repeat,
    Result,
    Rule,
)
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.notices.models import Notice

TOMORROW = NOW + timedelta(days=1)


def told(session: Session, member_id: int) -> list[str]:
    rows = session.query(Notice).filter_by(addressee=f"member:{member_id}").order_by(Notice.id)
    return [row.subject for row in rows]


# ---- Activities ----


def test_everything_wrong_with_an_activity_is_said_at_once(session: Session) -> None:
    bank = make_bank(session)
    nurse = make_member(session, bank, "Nurse", capacity="practitioner")
    with pytest.raises(Invalid) as refusal:
        make_activity(
            session,
            bank,
            title=" ",
            purpose="",
            payer_id=None,
            resident_lead_id=nurse.id,
            places=0,
        )
    assert set(refusal.value.fields) == {
        "title",
        "purpose",
        "payer",
        "resident_lead",
        "places",
    }


@pytest.mark.parametrize(("rule", "kind"), [("sponsored", "member"), ("working_bee", "chest")])
def test_who_pays_has_to_fit_the_rule(session: Session, rule: str, kind: str) -> None:
    bank = make_bank(session)
    payer = {"payer_id": make_member(session, bank).account_id} if kind == "member" else {}
    with pytest.raises(Invalid) as refusal:
        make_activity(session, bank, rule=rule, **payer)
    assert "payer" in refusal.value.fields


def test_a_lead_runs_the_activity_and_the_staff_say_who_pays(session: Session) -> None:
    bank = make_bank(session)
    lead, other = make_member(session, bank, "Bea"), make_member(session, bank, "Cy")
    activity = make_activity(session, bank, resident_lead_id=lead.id)

    def change(by: Member, **changes) -> Activity:
        details = replace(queries.details(activity), **changes)
        return service.change(session, bank, activity.id, details, Act(actor(by), NOW))

    def plan(by: Member, minutes: int) -> None:
        service.plan(session, bank, activity.id, Plan(TOMORROW, minutes), Act(actor(by), NOW))

    assert change(lead, place="The hall").place == "The hall"
    plan(lead, 60)
    with pytest.raises(NotAllowed):
        change(lead, rule=Rule.NONE)
    for attempt in (
        lambda: change(other, place="Mine"),
        lambda: plan(other, 90),
        lambda: make_activity(session, bank, act=Act(actor(lead), NOW)),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_nothing_of_another_bank_is_found(session: Session) -> None:
    here, there = make_bank(session), make_bank(session, name="Elsewhere")
    meeting = make_meeting(session, here)
    for attempt in (
        lambda: queries.activity(session, there, meeting.activity_id),
        lambda: queries.meeting(session, there, meeting.id),
        lambda: service.call_off(session, there, meeting.id, Act(system(there), NOW)),
        lambda: make_activity(session, there, payer_id=make_organisation(session, here).account_id),
        lambda: make_activity(session, there, resident_lead_id=make_member(session, here).id),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_an_activity_ends_when_nothing_is_to_come(session: Session) -> None:
    bank = make_bank(session)
    activity = make_activity(session, bank)
    meeting = make_meeting(session, bank, activity, starts_at=TOMORROW)
    with pytest.raises(WrongMoment):
        service.end(session, bank, activity.id, Act(system(bank), NOW))
    service.call_off(session, bank, meeting.id, Act(system(bank), NOW))
    service.end(session, bank, activity.id, Act(system(bank), NOW))
    assert queries.activities(session, bank) == []
    with pytest.raises(WrongMoment):
        make_meeting(session, bank, activity, starts_at=TOMORROW)


# ---- Sessions ----


def test_an_activity_meets_every_week(session: Session) -> None:
    bank = make_bank(session)
    activity = make_activity(session, bank)
    planned = service.plan(
        session,
        bank,
        activity.id,
        Plan(TOMORROW, 90, repeat=Repeat.WEEKLY, count=3),
        Act(system(bank), NOW),
    )
    assert [queries.held_on(bank, one).isoformat() for one in planned] == [
        "2026-11-13",
        "2026-11-20",
        "2026-11-27",
    ]
    with pytest.raises(WrongMoment):
        make_meeting(session, bank, activity, starts_at=planned[1].starts_at)


@pytest.mark.parametrize(("minutes", "places"), [(0, None), (1441, None), (60, 0)])
def test_a_session_that_cannot_be_is_refused(
    session: Session, minutes: int, places: int | None
) -> None:
    bank = make_bank(session)
    with pytest.raises(Invalid):
        make_meeting(session, bank, minutes=minutes, places=places)


def test_whoever_means_to_come_is_told_of_another_time_and_of_calling_off(session: Session) -> None:
    bank = make_bank(session)
    ida = make_member(session, bank, "Ida", email="ida@example.org")
    meeting = make_meeting(session, bank, starts_at=TOMORROW)
    signing.sign_up(session, bank, meeting.id, ida.id, Act(actor(ida), NOW))
    service.change_session(
        session,
        bank,
        meeting.id,
        Occasion(TOMORROW + timedelta(hours=1), 60),
        Act(system(bank), NOW),
    )
    service.call_off(session, bank, meeting.id, Act(system(bank), NOW), why="The hall is cold.")
    assert told(session, ida.id) == [
        "Repair café: another time or place",
        "Called off: Repair café",
    ]
    with pytest.raises(WrongMoment):
        signing.sign_up(session, bank, meeting.id, ida.id, Act(actor(ida), NOW))


# ---- Signing up ----


def test_places_go_in_the_order_of_asking(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (
        make_member(session, bank, name, email=f"{name}@example.org")
        for name in ("ana", "ben", "cy")
    )
    meeting = make_meeting(session, bank, starts_at=TOMORROW, places=1)
    said = [
        signing.sign_up(
            session, bank, meeting.id, one.id, Act(actor(one), NOW + timedelta(seconds=place))
        ).status
        for place, one in enumerate((ana, ben, cy))
    ]
    assert said == ["coming", "waiting", "waiting"]
    signing.withdraw(session, bank, meeting.id, ana.id, Act(actor(ana), NOW))
    assert {one.member.id: one.row.status for one in queries.comers(session, bank, meeting.id)} == {
        ben.id: "coming",
        cy.id: "waiting",
    }
    assert told(session, ben.id) == ["You have a place: Repair café"]
    again = signing.sign_up(
        session, bank, meeting.id, ana.id, Act(actor(ana), NOW + timedelta(minutes=1))
    )
    assert again.status == "waiting"


def test_signing_up_again_changes_nothing(session: Session) -> None:
    bank = make_bank(session)
    ana = make_member(session, bank)
    meeting = make_meeting(session, bank, starts_at=TOMORROW, places=1)
    first = signing.sign_up(session, bank, meeting.id, ana.id, Act(actor(ana), NOW))
    again = signing.sign_up(
        session, bank, meeting.id, ana.id, Act(actor(ana), NOW + timedelta(hours=1))
    )
    assert (again.id, again.status, again.at) == (first.id, "coming", NOW)


def test_nobody_signs_up_somebody_else(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, broker = (
        make_member(session, bank),
        make_member(session, bank, "Ben"),
        make_member(session, bank, role="broker"),
    )
    meeting = make_meeting(session, bank, starts_at=TOMORROW)
    with pytest.raises(NotAllowed):
        signing.sign_up(session, bank, meeting.id, ana.id, Act(actor(ben), NOW))
    row = signing.sign_up(
        session, bank, meeting.id, ana.id, Act(actor(broker), NOW), channel="phone"
    )
    assert (row.by, row.channel) == (actor(broker).key, "phone")


def test_fewer_places_than_people_who_come_are_refused(session: Session) -> None:
    bank = make_bank(session)
    meeting = make_meeting(session, bank, starts_at=TOMORROW)
    for name in ("Ana", "Ben"):
        one = make_member(session, bank, name)
        signing.sign_up(session, bank, meeting.id, one.id, Act(actor(one), NOW))
    with pytest.raises(Invalid) as refusal:
        service.change_session(
            session,
            bank,
            meeting.id,
            Occasion(TOMORROW, 60, places=1),
            Act(system(bank), NOW),
        )
    assert "places" in refusal.value.fields


# ---- What is agreed ----


def test_an_outcome_is_agreed_with_somebody_and_its_result_recorded(session: Session) -> None:
    bank = make_bank(session)
    activity = make_activity(session, bank)
    with pytest.raises(Invalid) as refusal:
        service.agree_outcome(
            session, bank, activity.id, NewOutcome("", "", target=0), Act(system(bank), NOW)
        )
    assert set(refusal.value.fields) == {"words", "partner", "target"}
    agreed = service.agree_outcome(
        session,
        bank,
        activity.id,
        NewOutcome("People who feel less alone", "Surgery", target=12),
        Act(system(bank), NOW),
    )
    service.record_result(
        session, bank, agreed.id, Result(9, "Asked in March."), Act(system(bank), NOW)
    )
    assert [
        (one.target, one.reached, one.result)
        for one in queries.outcomes(session, bank, activity.id)
    ] == [(12, 9, "Asked in March.")]


def test_a_sponsorship_is_the_coordinators_to_write_down(session: Session) -> None:
    bank = make_bank(session)
    broker, surgery = make_member(session, bank, role="broker"), make_organisation(session, bank)
    new = NewSponsorship(surgery.id, 600, date(2026, 1, 1), date(2026, 12, 31), "The café")
    with pytest.raises(NotAllowed):
        service.sponsor(session, bank, new, Act(actor(broker), NOW))
    with pytest.raises(Invalid) as refusal:
        backwards = NewSponsorship(surgery.id, 0, new.ends_on, new.starts_on, "")
        service.sponsor(session, bank, backwards, Act(system(bank), NOW))
    assert set(refusal.value.fields) == {"minutes", "terms", "ends_on"}


def test_who_leaves_means_to_come_to_nothing_more(session: Session) -> None:
    bank = make_bank(session)
    ida = make_member(session, bank, "Ida")
    activity = make_activity(session, bank, resident_lead_id=ida.id)
    meeting = make_meeting(session, bank, activity, starts_at=TOMORROW)
    signing.sign_up(session, bank, meeting.id, ida.id, Act(actor(ida), NOW))
    leaving.forget(session, bank, ida, Act(system(bank), NOW))
    assert queries.comers(session, bank, meeting.id) == []
    assert activity.resident_lead_id is None


def test_who_came_as_a_newcomer_and_leaves_is_no_longer_named_by_a_posted_register(
    session: Session,
) -> None:
    bank = make_bank(session)
    meeting = make_meeting(session, bank)
    register.add_newcomer(session, bank, meeting.id, Newcomer("Dee Fox"), Act(system(bank), NOW))
    posting.post(session, bank, meeting.id, Act(system(bank), NOW))
    posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why="Somebody is missing.")
    posting.post(session, bank, meeting.id, Act(system(bank), NOW))
    dee = session.query(Member).filter_by(name="Dee Fox").one()
    members_service.approve(session, bank, dee.id, Act(system(bank), NOW))
    leaving.forget(session, bank, dee, Act(system(bank), NOW))
    (row,) = queries.contributions(session, bank, meeting.id)
    assert "Dee" not in f"{row.guest} {row.guest_key}"
