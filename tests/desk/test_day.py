"""What a broker's day is made of, on both engines."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member, system
from timebank.banks.models import Bank
from timebank.base import Some
from timebank.desk import day
from timebank.exchanges import service as exchanges
from timebank.members import service as members
from timebank.members.models import Member
from timebank.notices import service as notices

OLD = date(2026, 1, 5)


@dataclass
class People:
    bank: Bank
    ana: Member
    ben: Member
    bo: Member


@pytest.fixture
def people(session: Session) -> People:
    """Ana and Ben have been members for long, and gave each other nothing lately; Bo is a broker."""
    bank = make_bank(session)
    ana = make_member(session, bank, "Ana", phone="01632 960 101", joined_on=OLD)
    ben = make_member(session, bank, "Ben", joined_on=OLD)
    return People(bank, ana, ben, make_member(session, bank, "Bo", role="broker", joined_on=OLD))


def names_of_the_quiet(session: Session, people: People) -> list[str]:
    return [one.member.name for one in day.today(session, people.bank, now=NOW).quiet.shown]


def test_a_day_without_anything_is_empty(session: Session) -> None:
    today = day.today(session, make_bank(session), now=NOW)
    lists = [value for value in vars(today).values() if isinstance(value, Some)]
    assert len(lists) == 13
    assert not any(one.total or one.shown for one in lists)
    assert today.logged == 0


def test_what_has_waited_too_long_is_told_from_what_waits(session: Session, people: People) -> None:
    make_logged_exchange(session, people.bank, people.ana, people.ben)
    before = NOW - timedelta(days=people.bank.waiting_days, minutes=1)
    old = make_logged_exchange(session, people.bank, people.ana, people.ben, now=before, occurred_on=before.date())
    today = day.today(session, people.bank, now=NOW)
    assert [shown.exchange.id for shown in today.overdue.shown] == [old.id]
    assert (today.logged, today.overdue.total) == (2, 1)


def test_what_is_disputed_waits_for_a_broker(session: Session, people: People) -> None:
    logged = make_logged_exchange(session, people.bank, people.ana, people.ben)
    exchanges.dispute(session, people.bank, logged.id, note="It was less", by=actor(people.ben), now=NOW)
    today = day.today(session, people.bank, now=NOW)
    assert [shown.exchange.id for shown in today.disputed.shown] == [logged.id]
    assert today.logged == 0


def test_everything_for_one_person_is_one_call(session: Session, people: People) -> None:
    for member, cause in ((people.ben, "a"), (people.ana, "b"), (people.ben, "c")):
        notices.write(
            session,
            people.bank,
            addressee=f"member:{member.id}",
            name=member.name,
            email=None,
            subject=f"About {cause}",
            body="Words.",
            cause=cause,
            now=NOW,
        )
    today = day.today(session, people.bank, now=NOW)
    told = [(call.name, call.phone, [notice.subject for notice in call.notices]) for call in today.calls.shown]
    assert told == [("Ben", None, ["About a", "About c"]), ("Ana", "01632 960 101", ["About b"])]
    assert today.calls.total == 2
    for notice in today.calls.shown[0].notices:
        notices.mark_told(session, people.bank, notice.id, by=actor(people.bo), now=NOW)
    assert [call.name for call in day.today(session, people.bank, now=NOW).calls.shown] == ["Ana"]


def test_applications_wait_for_an_answer(session: Session, people: People) -> None:
    members.join(session, people.bank, name="Zoë", now=NOW)
    today = day.today(session, people.bank, now=NOW)
    assert [one.name for one in today.applications.shown] == ["Zoë"]
    assert today.applications.total == 1


@pytest.mark.parametrize(("minutes", "left"), [(480, None), (495, 105), (600, 0)])
def test_somebody_near_their_floor_is_listed_with_what_is_left(
    session: Session, people: People, minutes: int, left: int | None
) -> None:
    logged = make_logged_exchange(session, people.bank, people.ana, people.ben, minutes=minutes)
    exchanges.confirm(session, people.bank, logged.id, by=actor(people.ben), now=NOW)
    low = day.today(session, people.bank, now=NOW).low.shown
    assert [(one.party.name, one.left) for one in low] == ([] if left is None else [("Ben", left)])


def test_the_quiet_are_those_who_neither_gave_nor_received_lately(session: Session, people: People) -> None:
    assert names_of_the_quiet(session, people) == ["Ben", "Ana"]
    make_logged_exchange(session, people.bank, people.ana, make_member(session, people.bank, "Cy", joined_on=NOW.date()))
    assert names_of_the_quiet(session, people) == ["Ben"]


def test_help_long_ago_leaves_somebody_quiet_since_then(session: Session, people: People) -> None:
    before = NOW - timedelta(days=61)
    logged = make_logged_exchange(session, people.bank, people.ana, people.ben, now=before, occurred_on=before.date())
    exchanges.confirm(session, people.bank, logged.id, by=actor(people.ben), now=before)
    quiet = day.today(session, people.bank, now=NOW).quiet.shown
    assert {one.member.name: one.last for one in quiet} == {"Ana": before.date(), "Ben": before.date()}


def test_newcomers_the_paused_and_the_staff_are_left_in_peace(session: Session, people: People) -> None:
    make_member(session, people.bank, "New", joined_on=NOW.date() - timedelta(days=13))
    members.pause(session, people.bank, people.ana.id, by=system(people.bank), now=NOW)
    assert names_of_the_quiet(session, people) == ["Ben"]


def test_nothing_of_another_bank_is_on_the_desk(session: Session, people: People) -> None:
    elsewhere = make_bank(session, name="Leith", slug="leith")
    members.join(session, elsewhere, name="Zoë", now=NOW)
    one, two = (make_member(session, elsewhere, name, joined_on=OLD) for name in ("Di", "Ed"))
    make_logged_exchange(session, elsewhere, one, two)
    today = day.today(session, people.bank, now=NOW)
    assert (today.applications.total, today.calls.total, today.logged) == (0, 0, 0)
    assert {quiet.member.name for quiet in today.quiet.shown} == {"Ana", "Ben"}


def test_staff_without_a_second_factor_are_named(session: Session, people: People) -> None:
    assert [one.name for one in day.staff_without_second_factor(session, people.bank)] == ["Bo"]
