"""Two who are kept apart do not meet in a session: the second waits, whoever that is, and the staff
let both come only with a reason."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    make_activity,
    make_bank,
    make_group,
    make_meeting,
    make_member,
    make_organisation,
)
from timebank.act import Act, Word
from timebank.activities import posting, queries, register, service, signing
from timebank.activities.models import ActivitySession
from timebank.activities.rules import Mark, Part, SignUpStatus
from timebank.banks.models import Bank
from timebank.members import helping, meeting, partners
from timebank.members.errors import CannotTakePart, KeptApart
from timebank.members.models import Member
from timebank.members.rules import NewContact
from timebank.notices.models import Notice

WHY = "The hall is large, and a nurse stays with them."


@dataclass
class Hall:
    """Ana asked to be kept apart from Ben; Cy has nothing to do with it; Maggie is a broker."""

    session: Session
    bank: Bank
    ana: Member
    ben: Member
    cy: Member
    maggie: Member

    def sign_up(
        self, gathering: ActivitySession, member: Member, *, by: Member | None = None, why: str = ""
    ) -> str:
        act = Act(actor(by or member), NOW, Word(despite=why))
        return signing.sign_up(self.session, self.bank, gathering.id, member.id, act).status

    def mark(
        self, gathering: ActivitySession, *there: Member, by: Member | None = None, why: str = ""
    ) -> None:
        marks = [Mark(member_id=member.id, part=Part.ATTENDED) for member in there]
        act = Act(actor(by or self.maggie), NOW, Word(despite=why))
        register.mark(self.session, self.bank, gathering.id, marks, act)


@pytest.fixture
def hall(session: Session) -> Hall:
    bank = make_bank(session, contact_name="Maggie Dunne")
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    maggie = make_member(session, bank, "Maggie", role="broker")
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    return Hall(session, bank, ana, ben, cy, maggie)


def tomorrow(hall: Hall, places: int | None = None, **details: Any) -> ActivitySession:
    activity = make_activity(hall.session, hall.bank, places=places, **details)
    return make_meeting(hall.session, hall.bank, activity, starts_at=NOW + timedelta(days=1))


def told(hall: Hall) -> int:
    return hall.session.query(Notice).count()


@pytest.mark.parametrize("first", ["ana", "ben"])
def test_the_second_waits_and_nobody_else_does(hall: Hall, first: str) -> None:
    gathering, (one, another) = tomorrow(hall, places=5), (hall.ana, hall.ben)
    if first == "ben":
        one, another = another, one
    assert hall.sign_up(gathering, one) == SignUpStatus.COMING
    assert hall.sign_up(gathering, another) == SignUpStatus.WAITING
    assert hall.sign_up(gathering, hall.cy) == SignUpStatus.COMING
    assert not told(hall)


@pytest.mark.parametrize("first", ["dee", "ben"])
def test_who_acts_for_somebody_counts_and_the_desk_hears_before_either(
    hall: Hall, first: str
) -> None:
    dee = make_member(hall.session, hall.bank, "Dee")
    helping.grant_helper(hall.session, hall.bank, dee.id, hall.ana.id, Act(actor(hall.maggie), NOW))
    before = told(hall)
    gathering, (one, another) = tomorrow(hall, places=5), (dee, hall.ben)
    if first == "ben":
        one, another = another, one
    assert hall.sign_up(gathering, one) == SignUpStatus.COMING
    assert hall.sign_up(gathering, another) == SignUpStatus.WAITING
    assert told(hall) == before
    to_see_to = queries.to_see_to(hall.session, hall.bank, now=NOW).apart.shown
    assert [seen.row.id for seen in to_see_to] == [gathering.id]
    with pytest.raises(KeptApart, match="Ana and Ben are kept apart"):
        hall.sign_up(gathering, another, by=hall.maggie)
    assert hall.sign_up(gathering, another, by=hall.maggie, why=WHY) == SignUpStatus.COMING


def test_being_in_one_group_with_somebody_shuts_nobody_out(hall: Hall) -> None:
    make_group(hall.session, hall.bank, "Choir", [hall.cy, hall.ana])
    gathering = tomorrow(hall)
    assert hall.sign_up(gathering, hall.cy) == SignUpStatus.COMING
    assert hall.sign_up(gathering, hall.ben) == SignUpStatus.COMING
    assert hall.sign_up(gathering, hall.ana) == SignUpStatus.WAITING


def test_whoever_comes_to_lead_meets_those_who_come(hall: Hall) -> None:
    activity = make_activity(hall.session, hall.bank, resident_lead_id=hall.cy.id)
    starts_at = NOW + timedelta(days=1)
    gathering = make_meeting(hall.session, hall.bank, activity, starts_at=starts_at)
    hall.sign_up(gathering, hall.ana)
    details = replace(queries.details(activity), resident_lead_id=hall.ben.id)

    def lead(why: str = "") -> None:
        act = Act(actor(hall.maggie), NOW, Word(despite=why))
        service.change(hall.session, hall.bank, activity.id, details, act)

    with pytest.raises(KeptApart):
        lead()
    lead(WHY)
    (met,) = meeting.met(hall.session, hall.bank, limit=5)
    assert (met.what, met.why) == (f"activity:{activity.id}", WHY)


def test_nobody_who_leads_writes_of_whom_they_are_kept_apart_from(hall: Hall) -> None:
    activity = make_activity(hall.session, hall.bank, resident_lead_id=hall.ana.id)
    gathering = make_meeting(hall.session, hall.bank, activity)
    hall.mark(gathering, hall.ben, why=WHY)
    shown = queries.meeting(hall.session, hall.bank, gathering.id)
    names = [
        line.name for line in queries.register(hall.session, hall.bank, shown, by=actor(hall.ana))
    ]
    assert names == ["Ana"]
    with pytest.raises(CannotTakePart):
        hall.mark(gathering, hall.ben, by=hall.ana)


def test_who_waits_moves_up_when_the_other_withdraws(hall: Hall) -> None:
    gathering = tomorrow(hall)
    hall.sign_up(gathering, hall.ana)
    assert hall.sign_up(gathering, hall.ben) == SignUpStatus.WAITING
    hall.sign_up(gathering, hall.cy)
    signing.withdraw(hall.session, hall.bank, gathering.id, hall.cy.id, Act(actor(hall.cy), NOW))
    assert hall.sign_up(gathering, hall.ben) == SignUpStatus.WAITING
    signing.withdraw(hall.session, hall.bank, gathering.id, hall.ana.id, Act(actor(hall.ana), NOW))
    assert hall.sign_up(gathering, hall.ben) == SignUpStatus.COMING


def test_of_two_who_wait_one_moves_up(hall: Hall) -> None:
    gathering = tomorrow(hall, places=1)
    hall.sign_up(gathering, hall.cy)
    for member in (hall.ben, hall.ana):
        assert hall.sign_up(gathering, member) == SignUpStatus.WAITING
    gathering.places = 3
    signing.withdraw(hall.session, hall.bank, gathering.id, hall.cy.id, Act(actor(hall.cy), NOW))
    assert hall.sign_up(gathering, hall.ben) == SignUpStatus.COMING
    assert hall.sign_up(gathering, hall.ana) == SignUpStatus.WAITING


def test_whoever_leads_counts_as_coming(hall: Hall) -> None:
    gathering = tomorrow(hall, resident_lead_id=hall.ben.id)
    assert hall.sign_up(gathering, hall.ana) == SignUpStatus.WAITING


def test_the_staff_let_both_come_with_a_reason(hall: Hall) -> None:
    gathering = tomorrow(hall)
    hall.sign_up(gathering, hall.ben)
    hall.sign_up(gathering, hall.ana)
    with pytest.raises(KeptApart, match="Ana and Ben are kept apart"):
        hall.sign_up(gathering, hall.ana, by=hall.maggie)
    assert hall.sign_up(gathering, hall.ana, by=hall.maggie, why=WHY) == SignUpStatus.COMING
    (met,) = meeting.met(hall.session, hall.bank, limit=10)
    assert (met.one.name, met.another.name) == ("Ana", "Ben")
    assert (met.what, met.why) == (f"session:{gathering.id}", WHY)
    # The two have met by this session now: its register asks nobody again.
    gathering.starts_at = NOW
    hall.mark(gathering, hall.ana, hall.ben)


def test_the_register_brings_nobody_together(hall: Hall) -> None:
    activity = make_activity(hall.session, hall.bank, resident_lead_id=hall.cy.id)
    gathering = make_meeting(hall.session, hall.bank, activity)
    with pytest.raises(KeptApart):
        hall.mark(gathering, hall.ana, hall.ben)
    with pytest.raises(CannotTakePart) as refused:
        hall.mark(gathering, hall.ana, hall.ben, by=hall.cy)
    assert "apart" not in str(refused.value)
    hall.mark(gathering, hall.ana, by=hall.cy)
    with pytest.raises(CannotTakePart):
        hall.mark(gathering, hall.ben, by=hall.cy)
    hall.mark(gathering, hall.ben, why=WHY)
    assert len(meeting.met(hall.session, hall.bank, limit=10)) == 1


def test_the_code_at_the_door_lets_in_nobody_whom_somebody_there_is_kept_apart_from(
    hall: Hall,
) -> None:
    gathering = make_meeting(hall.session, hall.bank)

    def scan(member: Member) -> bool:
        act = Act(actor(member), NOW)
        return register.check_in(hall.session, hall.bank, gathering.id, act, key=gathering.door_key)

    assert scan(hall.ben)
    with pytest.raises(CannotTakePart) as refused:
        scan(hall.ana)
    assert "apart" not in str(refused.value)
    assert scan(hall.cy)


def payer(hall: Hall, kind: str) -> dict[str, Any]:
    """Ben pays for what is done: as a member whose garden it is, or he speaks for who does."""
    if kind == "receiver":
        return {"rule": "working_bee", "payer_id": hall.ben.account_id}
    trust = make_organisation(hall.session, hall.bank, "The Trust")
    contact = NewContact(hall.ben.name, member_id=hall.ben.id)
    partners.add_contact(hall.session, hall.bank, trust.id, contact, Act(actor(hall.maggie), NOW))
    return {
        "rule": "sponsored" if kind == "sponsor" else "working_bee",
        "payer_id": trust.account_id,
    }


@pytest.mark.parametrize("kind", ["sponsor", "organisation", "receiver"])
def test_who_pays_is_met_as_whoever_leads_is(hall: Hall, kind: str) -> None:
    paid_by = payer(hall, kind)
    gathering = tomorrow(hall, **paid_by)
    assert hall.sign_up(gathering, hall.ana) == SignUpStatus.WAITING
    assert hall.sign_up(gathering, hall.cy) == SignUpStatus.COMING
    with pytest.raises(KeptApart, match="Ana and Ben are kept apart"):
        hall.sign_up(gathering, hall.ana, by=hall.maggie)
    held = make_meeting(hall.session, hall.bank, make_activity(hall.session, hall.bank, **paid_by))
    with pytest.raises(KeptApart):
        hall.mark(held, hall.ana)
    hall.mark(held, hall.cy)
    hall.mark(held, hall.ana, why=WHY)
    (met,) = meeting.met(hall.session, hall.bank, limit=5)
    assert met.what == f"session:{held.id}"


def test_who_comes_to_pay_meets_those_who_mean_to_come(hall: Hall) -> None:
    activity = make_activity(hall.session, hall.bank)
    starts_at = NOW + timedelta(days=1)
    hall.sign_up(make_meeting(hall.session, hall.bank, activity, starts_at=starts_at), hall.ana)
    details = replace(queries.details(activity), **payer(hall, "sponsor"))
    with pytest.raises(KeptApart):
        service.change(hall.session, hall.bank, activity.id, details, Act(actor(hall.maggie), NOW))


def test_no_hours_go_between_two_who_came_to_be_kept_apart_since(hall: Hall) -> None:
    activity = make_activity(hall.session, hall.bank, **payer(hall, "receiver"))
    held = make_meeting(hall.session, hall.bank, activity)
    dee = make_member(hall.session, hall.bank, "Dee")
    marks = [Mark(member_id=dee.id, part=Part.HELPED)]
    register.mark(hall.session, hall.bank, held.id, marks, Act(actor(hall.maggie), NOW))
    helping.keep_apart(hall.session, hall.bank, dee.id, hall.ben.id, Act(actor(dee), NOW))

    def post(why: str = "") -> None:
        act = Act(actor(hall.maggie), NOW, Word(despite=why))
        posting.post(hall.session, hall.bank, held.id, act)

    with pytest.raises(KeptApart, match="Dee and Ben are kept apart"):
        post()
    post(WHY)
    (met,) = meeting.met(hall.session, hall.bank, limit=5)
    assert (met.what, met.why) == (f"session:{held.id}", WHY)
