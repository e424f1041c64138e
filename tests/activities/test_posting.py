"""A session's hours: looked over, posted as one entry, taken back and posted anew."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.activities.test_register import mark, refused
from tests.factories import (
    NOW,
    actor,
    limit,
    make_activity,
    make_bank,
    make_meeting,
    make_member,
    make_organisation,
    system,
)
from timebank.act import Act
from timebank.activities import posting, queries, service
from timebank.activities.errors import NotEnough, PlanChanged, SponsorshipUsedUp, WrongMoment
from timebank.activities.models import ActivitySession, SessionPosting
from timebank.activities.rules import Mark, NewSponsorship
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotAllowed
from timebank.ledger import check
from timebank.ledger import queries as ledger
from timebank.members import service as members_service
from timebank.members.models import Member


def balance(session: Session, bank: Bank, whose: Member | str) -> int:
    if isinstance(whose, str):
        return ledger.chest(session, bank).balance
    return ledger.balance(session, bank, whose.account_id or 0)


def post(session: Session, bank: Bank, meeting: ActivitySession, **given) -> SessionPosting:
    return posting.post(session, bank, meeting.id, **{"act": Act(system(bank), NOW), **given})


def test_posting_is_what_the_preview_said_in_one_entry(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee, ana = make_member(session, bank, "Lee"), make_member(session, bank)
    meeting = make_meeting(session, bank, make_activity(session, bank, rule="attendees_pay"))
    mark(
        session,
        bank,
        meeting.id,
        Mark(lee.id, part="led", prepared=30),
        Mark(ana.id, part="attended"),
        Mark(guest="Cy", part="helped"),
    )
    plan = posting.preview(session, bank, meeting.id, Act(system(bank), NOW))
    assert {one.party.name: one.minutes for one in plan.changes} == {
        "Lee": 90,
        "Ana": -60,
        "Community chest": -30,
    }
    assert [line.name for line in plan.uncounted] == ["Cy"]
    done = post(session, bank, meeting, digest=plan.digest)
    entry = ledger.entry(session, bank, done.entry_id or 0)
    assert (entry.kind, entry.cause, entry.occurred_on) == (
        "session",
        f"session:{meeting.id}:1",
        NOW.date(),
    )
    assert [balance(session, bank, one) for one in (lee, ana, "chest")] == [90, -60, -30]
    assert queries.meeting(session, bank, meeting.id).status == "posted"
    assert check.check(session).ok


def test_a_session_is_posted_once(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee, meeting = make_member(session, bank, "Lee"), make_meeting(session, bank)
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    post(session, bank, meeting)
    with pytest.raises(WrongMoment):
        post(session, bank, meeting)
    assert balance(session, bank, lee) == 60


def test_what_was_changed_after_looking_is_not_posted_unseen(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee, meeting = make_member(session, bank, "Lee"), make_meeting(session, bank)
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    digest = posting.preview(session, bank, meeting.id, Act(system(bank), NOW)).digest
    mark(session, bank, meeting.id, Mark(lee.id, part="led", minutes=45))
    with pytest.raises(PlanChanged):
        post(session, bank, meeting, digest=digest)
    assert balance(session, bank, lee) == 0


def test_everybody_whose_account_does_not_allow_it_is_named_and_nothing_is_posted(
    session: Session,
) -> None:
    bank = make_bank(session, member_floor=-30)
    lee, ana, ben = (make_member(session, bank, name) for name in ("Lee", "Ana", "Ben"))
    meeting = make_meeting(session, bank, make_activity(session, bank, rule="attendees_pay"))
    mark(
        session,
        bank,
        meeting.id,
        Mark(lee.id, part="led"),
        *(Mark(one.id, part="attended") for one in (ana, ben)),
    )
    with pytest.raises(NotEnough) as refusal:
        post(session, bank, meeting)
    assert set(refusal.value.fields) == {f"account:{one.account_id}" for one in (ana, ben)}
    assert "Ana" in str(refusal.value)
    assert [balance(session, bank, one) for one in (lee, ana, ben, "chest")] == [0, 0, 0, 0]
    assert session.execute(select(func.count()).select_from(SessionPosting)).scalar_one() == 0


def test_the_chest_pays_no_more_than_it_may(session: Session) -> None:
    bank = make_bank(session)
    lee, meeting = make_member(session, bank, "Lee"), make_meeting(session, bank)
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    with pytest.raises(NotEnough, match="The chest"):
        post(session, bank, meeting)


def test_who_left_between_the_session_and_the_posting_is_named(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee, ida, meeting = (
        make_member(session, bank, "Lee"),
        make_member(session, bank, "Ida"),
        make_meeting(session, bank),
    )
    mark(session, bank, meeting.id, Mark(lee.id, part="led"), Mark(ida.id, part="helped"))
    members_service.leave(session, bank, ida.id, Act(system(bank), NOW))
    with pytest.raises(NotEnough, match="left the time bank"):
        post(session, bank, meeting)
    mark(session, bank, meeting.id, Mark(ida.id, part="helped", without_hours=True))
    post(session, bank, meeting)
    assert balance(session, bank, lee) == 60


def test_nothing_is_posted_of_what_is_to_come_or_nobody_came_to(session: Session) -> None:
    bank = make_bank(session)
    for meeting in (
        make_meeting(session, bank),
        make_meeting(session, bank, starts_at=NOW + timedelta(hours=1)),
    ):
        with pytest.raises(WrongMoment):
            post(session, bank, meeting)


def test_hours_are_posted_by_brokers(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee = make_member(session, bank, "Lee")
    meeting = make_meeting(session, bank, make_activity(session, bank, resident_lead_id=lee.id))
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    for step in (posting.preview, posting.post):
        with pytest.raises(NotAllowed):
            step(session, bank, meeting.id, act=Act(actor(lee), NOW))
    with pytest.raises(NotAllowed):
        posting.take_back(session, bank, meeting.id, Act(actor(lee), NOW), why="Mine")


def test_what_was_wrong_is_reversed_and_posted_anew(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600)
    lee, meeting = make_member(session, bank, "Lee"), make_meeting(session, bank)
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    first = post(session, bank, meeting)
    with pytest.raises(WrongMoment, match="in the books"):
        mark(session, bank, meeting.id, Mark(lee.id, part="led", minutes=45))
    with pytest.raises(Invalid):
        posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why=" ")
    posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why="It was shorter.")
    assert balance(session, bank, lee) == 0
    mark(session, bank, meeting.id, Mark(lee.id, part="led", minutes=45))
    second = post(session, bank, meeting)
    assert balance(session, bank, lee) == 45
    assert [
        (one.n, one.undone_at is None) for one in queries.postings(session, bank, meeting.id)
    ] == [(1, False), (2, True)]
    assert ledger.entry(session, bank, first.reversal_id or 0).reverses_id == first.entry_id
    assert second.entry_id != first.entry_id
    assert check.check(session).ok


def test_hours_that_were_spent_since_cannot_be_taken_back(session: Session) -> None:
    bank = make_bank(session, chest_floor=-600, member_floor=0)
    lee, ana, meeting = (
        make_member(session, bank, "Lee"),
        make_member(session, bank),
        make_meeting(session, bank),
    )
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    post(session, bank, meeting)
    cafe = make_activity(session, bank, title="Walk", rule="attendees_pay")
    walk = make_meeting(session, bank, cafe)
    mark(session, bank, walk.id, Mark(ana.id, part="led"), Mark(lee.id, part="attended"))
    post(session, bank, walk)
    with pytest.raises(NotEnough, match="Lee"):
        posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why="Wrong")
    assert queries.meeting(session, bank, meeting.id).status == "posted"


def test_a_session_without_hours_is_closed_without_an_entry(session: Session) -> None:
    bank = make_bank(session)
    meeting = make_meeting(session, bank, make_activity(session, bank, rule="none"))
    mark(session, bank, meeting.id, Mark(guest="Cy", part="attended"))
    assert post(session, bank, meeting).entry_id is None
    posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why="Dee came too.")
    assert queries.meeting(session, bank, meeting.id).status == "registered"


PART = st.tuples(
    st.integers(0, 4),
    st.sampled_from(("led", "helped", "attended")),
    st.integers(1, 60),
    st.integers(0, 60),
)
TERMS = st.sampled_from(("sponsored", "attendees_pay", "shared_cost", "working_bee"))


@given(
    st.lists(PART, min_size=1, max_size=5, unique_by=lambda part: part[0]),
    TERMS,
    st.lists(st.integers(-90, 0), min_size=6),
)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_the_register_floors_are_kept_or_all_concerned_are_named(
    session: Session, register, rule, floors
) -> None:
    with session.begin_nested() as undone:
        bank = make_bank(session, chest_floor=floors[5])
        chest = ledger.chest(session, bank).id
        people = [make_member(session, bank, f"Person {number}") for number in range(5)]
        for one, floor in zip(people, floors, strict=False):
            limit(session, bank, one.account_id or 0, floor=floor)
        payer = {"sponsored": chest, "working_bee": people[0].account_id}.get(rule)
        meeting = make_meeting(
            session, bank, make_activity(session, bank, rule=rule, payer_id=payer, percent=50)
        )
        marks = [
            Mark(people[who].id, part=part, minutes=long, prepared=before)
            for who, part, long, before in register
        ]
        mark(session, bank, meeting.id, *marks)
        floor_of = {
            one.account_id or 0: floor for one, floor in zip(people, floors, strict=False)
        } | {chest: floors[5]}
        wanted = {
            one.party.account_id: one.after
            for one in posting.preview(session, bank, meeting.id, Act(system(bank), NOW)).changes
        }
        concerned = {account for account, after in wanted.items() if after < floor_of[account]}
        refused = {}
        try:
            post(session, bank, meeting)
        except NotEnough as refusal:
            refused, wanted = refusal.fields, {}
        assert set(refused) == {f"account:{account}" for account in concerned}
        found = ledger.accounts(session, bank, list(floor_of))
        assert {account: state.balance for account, state in found.items()} == dict.fromkeys(
            floor_of, 0
        ) | wanted
        undone.rollback()


# ---- Sponsors ----


def sponsored(
    session: Session, bank: Bank, minutes: int, **details
) -> tuple[ActivitySession, int, Member]:
    """A session that the surgery pays for, with one person's hour on its register, and the
    surgery's agreement."""
    surgery = make_organisation(session, bank)
    activity = make_activity(session, bank, payer_id=surgery.account_id)
    window = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), **details}
    new = NewSponsorship(surgery.id, minutes, terms="The café", **window)
    agreed = service.sponsor(session, bank, new, Act(system(bank), NOW))
    lee, meeting = make_member(session, bank, "Lee"), make_meeting(session, bank, activity)
    mark(session, bank, meeting.id, Mark(lee.id, part="led"))
    return meeting, agreed.id, lee


def test_a_sponsor_pays_until_the_agreement_is_used_up(session: Session) -> None:
    bank = make_bank(session)
    meeting, agreed, lee = sponsored(session, bank, 100)
    post(session, bank, meeting)
    assert queries.sponsorship(session, bank, agreed).used == 60
    again = make_meeting(
        session,
        bank,
        queries.activity(session, bank, meeting.activity_id),
        starts_at=NOW - timedelta(hours=5),
    )
    mark(session, bank, again.id, Mark(lee.id, part="led"))
    with pytest.raises(SponsorshipUsedUp, match="40 minutes"):
        post(session, bank, again)
    posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why="Wrong day")
    session.expire_all()
    assert queries.sponsorship(session, bank, agreed).used == 0
    post(session, bank, again)


@pytest.mark.parametrize(
    "window", [{"ends_on": date(2026, 11, 11)}, {"starts_on": date(2026, 11, 13)}]
)
def test_an_agreement_holds_on_its_days_alone(session: Session, window: dict[str, date]) -> None:
    bank = make_bank(session)
    meeting, _, _ = sponsored(session, bank, 600, **window)
    with pytest.raises(SponsorshipUsedUp, match="no agreement"):
        post(session, bank, meeting)


def test_an_agreement_that_was_ended_pays_for_nothing_more(session: Session) -> None:
    bank = make_bank(session)
    meeting, agreed, _ = sponsored(session, bank, 600)
    service.end_sponsorship(session, bank, agreed, Act(system(bank), NOW))
    with pytest.raises(SponsorshipUsedUp):
        post(session, bank, meeting)


def test_an_agreement_for_another_activity_pays_for_that_one(session: Session) -> None:
    bank = make_bank(session)
    other = make_activity(session, bank, title="Walk")
    meeting, _, _ = sponsored(session, bank, 600, activity_id=other.id)
    with pytest.raises(SponsorshipUsedUp):
        post(session, bank, meeting)


# ---- What the database itself keeps ----


def test_the_database_keeps_postings_and_what_sponsors_have_paid(session: Session) -> None:
    bank = make_bank(session)
    meeting, agreed, _ = sponsored(session, bank, 100)
    done = post(session, bank, meeting)
    session.flush()
    for statement in (
        "DELETE FROM session_posting WHERE id = :id",
        "UPDATE session_posting SET sponsored = 10 WHERE id = :id",
        "UPDATE session_posting SET n = 2 WHERE id = :id",
    ):
        refused(session, statement, "activities_posting_kept", id=done.id)
    unreversed = "UPDATE session_posting SET undone_at = at WHERE id = :id"
    refused(session, unreversed, "ck_session_posting_reversal", id=done.id)
    refused(
        session,
        "UPDATE sponsorship SET used = 0 WHERE id = :id",
        "activities_sponsored_by_postings",
        id=agreed,
    )
    refused(
        session,
        "UPDATE sponsorship SET minutes = 59 WHERE id = :id",
        "ck_sponsorship_used",
        id=agreed,
    )
    second = (
        "INSERT INTO session_posting (bank_id, session_id, n, rule, sponsored, by, at, why_undone) "
        "SELECT bank_id, session_id, 2, rule, 0, by, at, '' FROM session_posting"
    )
    kept = (
        "activities_posting_kept"
        if session.get_bind().dialect.name == "sqlite"
        else "uq_session_posting_stands"
    )
    refused(session, second, kept)
    posting.take_back(session, bank, meeting.id, Act(system(bank), NOW), why="Wrong")
    refused(
        session,
        "UPDATE session_posting SET undone_by = 'x' WHERE id = :id",
        "activities_posting_kept",
        id=done.id,
    )
    session.execute(text("UPDATE session_posting SET why_undone = ''"))
    assert queries.sponsorship(session, bank, agreed).used == 0
