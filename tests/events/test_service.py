"""Events: written where things happen, numbered once committed, erased when they are old."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    change_listing,
    limit,
    make_activity,
    make_bank,
    make_logged_exchange,
    make_meeting,
    make_member,
    post_listing,
    system,
)
from tests.races import outcome_behind
from timebank import clock
from timebank.act import Act
from timebank.activities import posting, register, signing
from timebank.activities.rules import Mark, Part
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.events import queries, service
from timebank.events.errors import EventsGone
from timebank.events.models import Event
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewGift
from timebank.members import helping
from timebank.members.models import Member
from timebank.skills import service as skills_service


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        yield session
        session.commit()


def told(session: Session, bank: Bank, by: Member, after: int | None = None) -> list[str]:
    service.number(session, bank)
    events = queries.after(session, bank, after, limit=1000, by=actor(by), on=NOW.date())
    return [event.kind for event in events.items]


def last(session: Session, bank: Bank) -> int:
    """The number of what happened last."""
    service.number(session, bank)
    return queries.after(session, bank, None, limit=1000, by=system(bank), on=NOW.date()).next


def happen(engine: Engine, bank_id: int, kind: str) -> Session:
    """A transaction of its own, not yet committed, in which something happened."""
    session = Session(engine)
    session.connection(execution_options=WRITING)
    session.add(Event(bank_id=bank_id, kind=kind, of="session:1", audience="members"))
    session.flush()
    return session


def read(engine: Engine, bank_id: int, after: int) -> tuple[list[str], int]:
    """What a program is told: as the API does it."""
    with writing(engine) as session:
        bank = session.get_one(Bank, bank_id)
        if queries.are_unnumbered(session, bank):
            service.number(session, bank)
        by = system(bank)
        events = queries.after(session, bank, after or None, limit=2, by=by, on=NOW.date())
        return [event.kind for event in events.items], events.next


def test_who_commits_late_is_not_skipped_and_nothing_comes_twice(engine: Engine) -> None:
    with writing(engine) as session:
        bank_id = make_bank(session).id
    early = happen(engine, bank_id, "early") if engine.dialect.name == "postgresql" else None
    # SQLite lets nobody write meanwhile: there the first to write is the first to commit.
    late = happen(engine, bank_id, "late")
    late.commit()
    first, after = read(engine, bank_id, 0)
    assert first == ["late"]
    if early is not None:
        early.commit()
    else:
        happen(engine, bank_id, "early").commit()
    second, after = read(engine, bank_id, after)
    assert second == ["early"]
    assert read(engine, bank_id, after) == ([], after)
    with writing(engine) as session:
        numbers = session.execute(select(Event.kind, Event.number).order_by(Event.number))
        assert [tuple(row) for row in numbers] == [("late", 1), ("early", 2)]


def test_two_who_number_at_once_give_each_number_once(engine: Engine) -> None:
    with writing(engine) as session:
        bank_id = make_bank(session).id
    for n in range(3):
        happen(engine, bank_id, f"event {n}").commit()

    def number(session: Session) -> None:
        service.number(session, session.get_one(Bank, bank_id))

    assert outcome_behind(engine, number, number) == "done"
    assert read(engine, bank_id, 0) == (["event 0", "event 1"], 2)
    assert read(engine, bank_id, 2) == (["event 2"], 3)


def test_what_happens_is_told_to_those_whose_it_is(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy, maggie, owen = (
        make_member(session, bank, name, role)
        for name, role in (
            ("Ana", "member"),
            ("Ben", "member"),
            ("Cy", "member"),
            ("Maggie", "broker"),
            ("Owen", "coordinator"),
        )
    )
    exchange = make_logged_exchange(session, bank, ana, ben)
    exchanges_service.confirm(session, bank, exchange.id, Act(actor(ben), NOW))
    exchanges_service.reverse(session, bank, exchange.id, Act(actor(maggie), NOW), note="No.")
    new = NewGift(ana.account_id or 0, cy.account_id or 0, 15)
    gift = exchanges_service.give(session, bank, new, Act(actor(ana), NOW))
    exchanges_service.take_back(session, bank, gift.id, Act(actor(ana), NOW), undo_minutes=10)
    meeting = make_meeting(session, bank, starts_at=NOW + timedelta(days=3))
    signing.sign_up(session, bank, meeting.id, cy.id, Act(actor(cy), NOW))
    between = ["exchange.logged", "exchange.confirmed", "exchange.reversed"]
    given = ["gift.given", "gift.taken_back"]
    assert told(session, bank, ben) == ["member.enrolled", *between, "session.planned"]
    assert told(session, bank, cy) == [
        "member.enrolled",
        *given,
        "session.planned",
        "sign_up.coming",
    ]
    everything = told(session, bank, maggie)
    assert everything == told(session, bank, owen)
    assert [kind for kind in everything if kind != "member.enrolled"] == [
        *between,
        *given,
        "session.planned",
        "sign_up.coming",
    ]


def test_changed_limits_are_told_to_coordinators_alone(session: Session) -> None:
    bank = make_bank(session)
    ana, maggie, owen = (
        make_member(session, bank, name, role)
        for name, role in (("Ana", "member"), ("Maggie", "broker"), ("Owen", "coordinator"))
    )
    limit(session, bank, ana.account_id or 0, floor=-60)
    assert "limits.changed" in told(session, bank, owen)
    assert "limits.changed" not in told(session, bank, maggie)
    assert "limits.changed" not in told(session, bank, ana)


def test_nothing_is_told_of_what_is_between_two_who_are_kept_apart(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, maggie = (
        make_member(session, bank, name, role)
        for name, role in (("Ana", "member"), ("Ben", "member"), ("Maggie", "broker"))
    )
    make_logged_exchange(session, bank, ana, ben)
    assert "exchange.logged" in told(session, bank, ben)
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    assert "exchange.logged" not in told(session, bank, ben)
    assert "exchange.logged" not in told(session, bank, ana)
    assert "exchange.logged" in told(session, bank, maggie)
    # That it was asked for is Ana's own.
    assert "member.kept_apart" in told(session, bank, ana)
    assert "member.kept_apart" not in told(session, bank, ben)


def test_of_a_session_whose_hours_are_posted_everybody_on_its_register_is_told(
    session: Session,
) -> None:
    bank = make_bank(session)
    ana, ben, maggie = (
        make_member(session, bank, name, role)
        for name, role in (("Ana", "member"), ("Ben", "member"), ("Maggie", "broker"))
    )
    by = Act(actor(maggie), NOW)
    walk = make_activity(session, bank, rule="none", payer_id=None)
    hours = iter((2, 4))
    told_so = ["session.posted", "session.taken_back"]
    for marks in ([Mark(member_id=ana.id, part=Part.ATTENDED)], [Mark(guest="Lou", part=Part.LED)]):
        held = make_meeting(session, bank, walk, starts_at=NOW - timedelta(hours=next(hours)))
        after = last(session, bank)
        register.mark(session, bank, held.id, marks, by)
        posting.post(session, bank, held.id, by)
        posting.take_back(session, bank, held.id, by, why="The wrong day.")
        # Where nobody on it has an account, the staff are told all the same.
        assert told(session, bank, maggie, after) == told_so
        assert told(session, bank, ana, after) == (told_so if marks[0].member_id else [])
        assert told(session, bank, ben, after) == []


def test_offers_and_requests_are_told_to_whoever_is_shown_them(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy, maggie = (
        make_member(session, bank, name, role)
        for name, role in (
            ("Ana", "member"),
            ("Ben", "member"),
            ("Cy", "member"),
            ("Maggie", "broker"),
        )
    )
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    after, by = last(session, bank), Act(actor(ana), NOW)
    lifts = post_listing(session, bank, "offer", by, holder_id=ana.account_id, title="Lifts")
    posted = ["offer.posted"]
    assert [told(session, bank, who, after) for who in (ana, cy, maggie)] == [posted] * 3
    assert told(session, bank, ben, after) == []
    later = Act(actor(ana), NOW + timedelta(minutes=1))
    change_listing(session, bank, lifts.id, later, title="Lifts to town")
    assert told(session, bank, cy, after) == [*posted, "offer.changed"]
    skills_service.withdraw(session, bank, lifts.id, later)
    # What is gone is shown to nobody but its holder and the staff.
    every = [*posted, "offer.changed", "offer.withdrawn"]
    assert [told(session, bank, who, after) for who in (ana, maggie)] == [every] * 2
    assert [told(session, bank, who, after) for who in (ben, cy)] == [[], []]


def test_another_bank_hears_nothing(session: Session) -> None:
    here, there = make_bank(session), make_bank(session, name="There")
    make_member(session, here, "Ana")
    eve = make_member(session, there, "Eve", role="coordinator")
    assert told(session, there, eve) == ["member.enrolled"]


def test_what_was_told_stays_as_it_is(session: Session) -> None:
    bank = make_bank(session)
    make_member(session, bank)
    service.number(session, bank)
    for statement in (
        "UPDATE event SET kind = 'another'",
        "UPDATE event SET number = number + 1",
        "UPDATE event SET number = NULL",
        "DELETE FROM event",
    ):
        with pytest.raises(DBAPIError, match="event_"), session.begin_nested():
            session.execute(text(statement))


def test_old_events_go_and_a_program_that_is_too_late_is_told_so(session: Session) -> None:
    bank = make_bank(session)
    for name in ("Ana", "Ben", "Cy"):
        make_member(session, bank, name)
    by = actor(make_member(session, bank, "Owen", role="coordinator"))
    service.number(session, bank)
    service.expire(session, bank, clock.now())
    assert len(queries.after(session, bank, None, limit=10, by=by, on=NOW.date()).items) == 4
    service.expire(session, bank, clock.now() + timedelta(days=400))
    assert [
        event.number
        for event in queries.after(session, bank, None, limit=10, by=by, on=NOW.date()).items
    ] == [4]
    with pytest.raises(EventsGone):
        queries.after(session, bank, 2, limit=10, by=by, on=NOW.date())
    # A number that this database never gave: an older copy was brought back.
    with pytest.raises(EventsGone):
        queries.after(session, bank, 5, limit=10, by=by, on=NOW.date())
    assert queries.after(session, bank, 3, limit=10, by=by, on=NOW.date()).next == 4
