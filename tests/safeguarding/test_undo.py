"""What was done with a check is taken back, and days on which a new paper is brought."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_check, make_member
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Invalid, NotAllowed
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.room import Reach, Urgency
from timebank.safeguarding import leaving, lists, queries, reminders, service
from timebank.safeguarding.errors import EndedAlready, NothingToUndo
from timebank.safeguarding.models import CheckDay, CheckReminder, CheckUndone, HeldCheck
from timebank.safeguarding.rules import Booking, End, Ending, NewCheck, Renewal

TODAY = NOW.date()
MIDNIGHT = NOW - timedelta(hours=6)
END = End(Ending.NOT_NEEDED, "She drives no more.")


def by(member: Member) -> Act:
    return Act(actor(member), NOW)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def done(session: Session, bank: Bank, member: Member) -> list[tuple[str, str]]:
    """What somebody did today, and why each stays; empty where it can be undone."""
    lines = lists.did(session, bank, MIDNIGHT, by(member))
    assert all((line.undo is None) == (line.stays is not None) for line in lines)
    return [(str(line.title), str(line.stays or "")) for line in lines]


def standing(session: Session, bank: Bank, member: Member) -> HeldCheck | None:
    of_member = (*queries.stands(bank), HeldCheck.member_id == member.id)
    return session.execute(select(HeldCheck).where(*of_member)).scalar_one_or_none()


def test_a_check_written_down_by_mistake_stands_no_longer_and_stays_in_the_history(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    new = NewCheck(days(-3), number="D 14", kind="driving")
    check = service.record(session, bank, ana.id, new, by(maggie))
    title = "Ana: “Driving licence and insurance” written down."
    assert done(session, bank, maggie) == [(title, "")]
    assert service.undo(session, bank, check.id, by(maggie)) is None
    assert standing(session, bank, ana) is None
    assert (check.ending, check.why) == ("mistake", "Undone by whoever wrote it down.")
    assert done(session, bank, maggie) == []
    with pytest.raises(NothingToUndo):
        service.undo(session, bank, check.id, by(maggie))


def test_a_renewal_undone_has_the_paper_before_again_and_nobody_is_reminded_twice(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    first = make_check(session, bank, ana, until=days(20), number="A 1", act=by(maggie))
    first_at = session.execute(select(HeldCheck.at)).scalar_one()
    assert first_at == NOW
    session.add(CheckReminder(bank_id=bank.id, check_id=first.id, days=30, at=NOW))
    later = Act(actor(maggie), NOW + timedelta(minutes=5))
    new = service.renew(session, bank, first.id, Renewal(days(0), days(900), "B 2"), later)
    assert [line for line, stays in done(session, bank, maggie) if not stays] == [
        "Ana: “Driving licence and insurance” renewed."
    ]
    again = service.undo(session, bank, new.id, later)
    assert again is not None
    assert standing(session, bank, ana) == again
    assert (again.number, again.held_since, again.expires_on, again.seen_by_id) == (
        first.number,
        first.held_since,
        first.expires_on,
        first.seen_by_id,
    )
    assert queries.reminded(session, bank, [again.id]) == {(again.id, 30)}
    assert reminders.remind(session, bank, now=NOW) == 0
    history = [check.ending for check in session.execute(select(HeldCheck)).scalars()]
    assert sorted(map(str, history)) == ["None", "mistake", "renewed"]
    with pytest.raises(NothingToUndo):
        service.undo(session, bank, again.id, later)


def test_what_was_ended_stands_again_as_it_was_unless_another_took_its_place(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    check = make_check(session, bank, ana, number="A 1")
    service.end(session, bank, check.id, END, by(maggie))
    assert done(session, bank, maggie) == [("Ana: “Driving licence and insurance” ended.", "")]
    again = service.undo(session, bank, check.id, by(maggie))
    assert again is not None
    assert standing(session, bank, ana) == again
    assert (again.number, check.ending) == ("A 1", "not_needed")
    service.end(session, bank, again.id, END, by(maggie))
    make_check(session, bank, ana, number="B 2", act=by(maggie))
    stays = [why for title, why in done(session, bank, maggie) if title.endswith("ended.")]
    assert stays == []
    with pytest.raises(NothingToUndo):
        service.undo(session, bank, again.id, by(maggie))


def test_it_is_whoever_did_it_that_undoes_it(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    bo = make_member(session, bank, "Bo", "broker")
    check = make_check(session, bank, ana, act=by(maggie))
    with pytest.raises(NothingToUndo, match="Only the one who did it"):
        service.undo(session, bank, check.id, by(bo))
    with pytest.raises(NotAllowed):
        service.undo(session, bank, check.id, by(ana))
    service.end(session, bank, check.id, END, by(bo))
    assert done(session, bank, maggie)[0][1] == "Something else was done with it since."
    with pytest.raises(NothingToUndo):
        service.undo(session, bank, check.id, by(maggie))


# ---- A day on which the new paper is brought ----


def line(session: Session, bank: Bank, maggie: Member, on: int = 0) -> tuple[str, str, int, bool]:
    act = Act(actor(maggie), NOW + timedelta(days=on))
    (checks,) = lists.waiting(session, bank, Reach(False, 8), act)
    (only,) = checks.lines
    return str(only.about), str(only.answers[1].words), int(only.urgency or 0), only.late


def told(session: Session, ana: Member) -> list[str]:
    to = select(Notice.subject).where(Notice.addressee == f"member:{ana.id}")
    return [*session.execute(to.order_by(Notice.id)).scalars()]


def test_a_day_is_booked_moved_and_called_off_and_they_are_told_each_time(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    check = make_check(session, bank, ana, until=days(-2))
    assert line(session, bank, maggie) == ("", "Book a day", Urgency.TODAY, True)
    day = service.book(session, bank, check.id, Booking(days(5), " At the  office "), by(maggie))
    assert (day.day, day.words, day.moves) == (days(5), "At the office", 0)
    about, button, urgency, late = line(session, bank, maggie)
    assert about.startswith("The new paper is brought on")
    assert (button, urgency, late) == ("Book another day", 0, False)
    assert len(told(session, ana)) == 1
    service.book(session, bank, check.id, Booking(days(5), "At the office"), by(maggie))
    assert len(told(session, ana)) == 1, "Nothing is new."
    service.book(session, bank, check.id, Booking(days(6), "At the office"), by(maggie))
    assert day.moves == 1
    service.unbook(session, bank, check.id, by(maggie))
    assert len(told(session, ana)) == 3
    assert line(session, bank, maggie)[1] == "Book a day"
    with pytest.raises(NothingToUndo):
        service.unbook(session, bank, check.id, by(maggie))


def test_on_the_day_it_is_for_today_and_late_when_nobody_came(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    check = make_check(session, bank, ana, until=days(30))
    service.book(session, bank, check.id, Booking(days(5)), by(maggie))
    assert line(session, bank, maggie, on=4)[2] == 0
    assert line(session, bank, maggie, on=5)[2] == Urgency.TODAY
    about = line(session, bank, maggie, on=6)[0]
    assert about.startswith("The new paper was to be brought on")


def test_the_day_is_in_their_calendar_and_on_their_first_page(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    check = make_check(session, bank, ana, until=days(30))
    service.book(session, bank, check.id, Booking(days(5), "From ten"), by(maggie))
    (own,) = lists.first_page(session, bank, by(ana)).waiting
    assert str(own.about).startswith("Bring your new paper on")
    (entry,) = lists.appointments(session, bank, ana.id, TODAY)
    assert (entry.at, entry.about) == (days(5), "From ten")
    assert lists.appointments(session, bank, maggie.id, TODAY) == []
    assert lists.appointments(session, bank, ana.id, days(6)) == []


def test_a_booking_of_today_can_be_undone_and_one_that_was_moved_says_why_not(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    check = make_check(session, bank, ana, until=days(30))
    service.book(session, bank, check.id, Booking(days(5)), by(maggie))
    assert [stays for _, stays in done(session, bank, maggie)] == [""]
    service.book(session, bank, check.id, Booking(days(7)), by(maggie))
    assert "another day before" in done(session, bank, maggie)[0][1]


@pytest.mark.parametrize(
    ("day", "field"), [(-1, "day"), (400, "day"), (3, "words")], ids=["past", "far", "long"]
)
def test_a_day_that_cannot_be_is_refused_at_its_field(
    session: Session, bank: Bank, ana: Member, maggie: Member, day: int, field: str
) -> None:
    check = make_check(session, bank, ana, until=days(30))
    words = "x" * 201 if field == "words" else ""
    with pytest.raises(Invalid) as refused:
        service.book(session, bank, check.id, Booking(days(day), words), by(maggie))
    assert [*refused.value.fields] == [field]


def test_no_day_is_booked_for_a_check_that_stands_no_longer_or_by_a_member(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    check = make_check(session, bank, ana, until=days(30))
    with pytest.raises(NotAllowed):
        service.book(session, bank, check.id, Booking(days(3)), by(ana))
    service.end(session, bank, check.id, END, by(maggie))
    with pytest.raises(EndedAlready):
        service.book(session, bank, check.id, Booking(days(3)), by(maggie))
    assert session.execute(select(CheckDay)).all() == []


def test_days_and_what_was_undone_go_with_the_checks_of_who_leaves(
    session: Session, bank: Bank, ana: Member, maggie: Member
) -> None:
    check = make_check(session, bank, ana, until=days(30), act=by(maggie))
    service.end(session, bank, check.id, END, by(maggie))
    again = service.undo(session, bank, check.id, by(maggie))
    assert again is not None
    service.book(session, bank, again.id, Booking(days(3), "From ten"), by(maggie))
    taken = leaving.export(session, bank, ana)["checks"]
    assert [one["undone"] is not None for one in taken] == [True, False]
    assert taken[1]["new_paper_on"]["words"] == "From ten"
    leaving.forget(session, bank, ana, by(maggie))
    for table in (CheckDay, CheckUndone, HeldCheck):
        assert session.execute(select(table)).all() == []


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE check_undone SET by = 'member:9'",
        "INSERT INTO check_undone (bank_id, undoes_id, by, at)"
        " SELECT bank_id, undoes_id, by, at FROM check_undone",
        "INSERT INTO check_undone (bank_id, undoes_id, instead_id, by, at)"
        " SELECT bank_id, instead_id, instead_id, by, at FROM check_undone",
    ],
    ids=["altered", "undone twice", "by itself"],
)
def test_the_database_lets_nothing_be_altered_or_undone_twice(
    session: Session, bank: Bank, ana: Member, maggie: Member, attack: str
) -> None:
    check = make_check(session, bank, ana, act=by(maggie))
    service.end(session, bank, check.id, END, by(maggie))
    service.undo(session, bank, check.id, by(maggie))
    session.flush()
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(attack), execution_options=WRITING)
