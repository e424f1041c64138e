"""Reports that are sent when a month, a quarter or a year has ended."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import actor, make_bank, make_member
from timebank import clock
from timebank.access import commissioners
from timebank.access.rules import NewCommissioner
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.leaving import service as leaving_service
from timebank.measures.figures import Topic
from timebank.measures.windows import Period, ended
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.reports import schedules
from timebank.reports.models import KeptReport, Schedule
from timebank.reports.schedules import NewSchedule, Scheduled

NOVEMBER = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


@pytest.fixture
def owen(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Owen", "coordinator", email="owen@example.org")


def reader(session: Session, bank: Bank, owen: Member) -> commissioners.Commissioner:
    jo = NewCommissioner("Jo", "jo@council.example", "")
    act = Act(actor(owen), NOVEMBER)
    return commissioners.invite(session, bank, jo, act)


def add(session: Session, bank: Bank, owen: Member, **how) -> Scheduled:
    new = NewSchedule(Topic.RECIPROCITY, Period.QUARTER, actor(owen).key)
    return schedules.add(session, bank, replace(new, **how), Act(actor(owen), NOVEMBER))


def send_due(session: Session, now: datetime) -> list[Notice]:
    for one in schedules.due(session, now=now):
        schedules.send(session, one.id, base_url="http://localhost", now=now)
    found = select(Notice).where(Notice.cause.startswith("report:")).order_by(Notice.id)
    return list(session.execute(found).scalars())


@pytest.mark.parametrize(
    ("stride", "last"),
    [
        (Period.MONTH, date(2026, 10, 31)),
        (Period.QUARTER, date(2026, 9, 30)),
        (Period.YEAR, date(2025, 12, 31)),
    ],
)
def test_what_ended_last(stride, last):
    assert ended(stride, date(2026, 11, 26)) == last


def test_nothing_is_sent_of_what_had_ended_before(session, bank, owen):
    add(session, bank, owen)
    assert send_due(session, clock.now()) == []


def test_when_the_quarter_has_ended_its_reader_is_told_once(session, bank, owen):
    add(session, bank, owen)
    after = datetime(2027, 1, 6, 12, tzinfo=UTC)
    # Hours of the last days are still being confirmed.
    assert schedules.due(session, now=after - timedelta(days=3)) == []
    found = send_due(session, after)
    assert [one.address for one in found] == ["owen@example.org"]
    assert "1 October 2026 to 31 December 2026" in found[0].subject
    assert "from=2026-10-01&to=2026-12-31" in found[0].body
    assert send_due(session, after + timedelta(days=1)) == found
    kept = session.execute(select(KeptReport)).scalar_one()
    assert (kept.starts_on, kept.ends_on, kept.shared) == (
        date(2026, 10, 1),
        date(2026, 12, 31),
        False,
    )


def test_a_letter_for_the_staff_holds_no_figure(session, bank, owen):
    add(session, bank, owen)
    assert "Of every" not in send_due(session, datetime(2027, 1, 6, 12, tzinfo=UTC))[0].body


def test_a_commissioner_is_only_ever_sent_what_is_shared(session, bank, owen):
    one = add(session, bank, owen, reader=f"commissioner:{reader(session, bank, owen).id}")
    assert one.shared
    found = send_due(session, datetime(2027, 1, 6, 12, tzinfo=UTC))
    assert [letter.address for letter in found] == ["jo@council.example"]
    assert "/reports/shared?" in found[0].body
    assert session.execute(select(KeptReport.shared)).scalar_one() is True


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"period": Period.MONTH, "shared": True}, Invalid),
        ({"reader": "member:999"}, Invalid),
        ({"reader": "commissioner:999"}, NotFound),
        ({"reader": "commissioner:x"}, NotFound),
        ({"reader": "everybody"}, Invalid),
    ],
)
def test_what_cannot_be_sent_is_refused(session, bank, owen, how, refusal):
    with pytest.raises(refusal):
        add(session, bank, owen, **how)
    assert schedules.schedules(session, bank) == []


def test_the_same_twice_is_refused(session, bank, owen):
    add(session, bank, owen)
    with pytest.raises(Conflict):
        add(session, bank, owen)


def test_who_has_no_address_cannot_be_sent_any(session, bank):
    ola = make_member(session, bank, "Ola", "coordinator")
    with pytest.raises(Invalid):
        add(session, bank, ola)


def test_a_broker_settles_none_of_it(session, bank, owen):
    one, maggie = (
        add(session, bank, owen),
        make_member(session, bank, "Maggie", "broker", email="maggie@example.org"),
    )
    with pytest.raises(NotAllowed):
        add(session, bank, maggie)
    with pytest.raises(NotAllowed):
        schedules.end(session, bank, one.id, by=actor(maggie))


def test_what_was_ended_is_sent_no_more(session, bank, owen):
    schedules.end(session, bank, add(session, bank, owen).id, by=actor(owen))
    assert send_due(session, datetime(2027, 1, 6, 12, tzinfo=UTC)) == []
    with pytest.raises(NotFound):
        schedules.end(session, bank, 1, by=actor(owen))


def test_nothing_is_sent_to_who_has_gone(session, bank, owen):
    make_member(session, bank, "Ola", "coordinator")
    jo = reader(session, bank, owen)
    add(session, bank, owen)
    add(session, bank, owen, reader=f"commissioner:{jo.id}")
    schedules.end_reader(session, bank, jo.id, Act(actor(owen), NOVEMBER))
    leaving_service.leave(session, bank, owen.id, FEATURES, Act(actor(owen), NOVEMBER))
    assert session.execute(select(Schedule)).first() is None


def test_who_is_a_coordinator_no_more_is_sent_no_more(session, bank, owen):
    add(session, bank, owen)
    ola = make_member(session, bank, "Ola", "coordinator")
    members_service.set_role(session, bank, owen.id, "member", Act(actor(ola), NOVEMBER))
    assert send_due(session, datetime(2027, 1, 6, 12, tzinfo=UTC)) == []
    assert schedules.schedules(session, bank) == []


def test_another_banks_schedules_are_its_own(session, bank, owen):
    one = add(session, bank, owen)
    other = make_bank(session, name="Other", slug="other")
    ida = make_member(session, other, "Ida", "coordinator")
    with pytest.raises(NotFound):
        schedules.end(session, other, one.id, by=actor(ida))
    assert schedules.schedules(session, other) == []
