"""Two at once: a session posted, its register kept meanwhile, its last place asked for, a sponsor's
last hours."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta

from sqlalchemy import Engine
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
from tests.races import outcome_behind
from timebank.act import Act
from timebank.activities import posting, queries, register, service, signing
from timebank.activities.rules import Mark, NewSponsorship
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.ledger import queries as ledger
from timebank.members.models import Member


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        yield session
        session.commit()


def town(engine: Engine, **details) -> int:
    """The id of a session with an hour of Lee's on its register."""
    with writing(engine) as session:
        bank = make_bank(session, chest_floor=-600)
        lee = make_member(session, bank, "Lee")
        meeting = make_meeting(session, bank, **details)
        if meeting.starts_at < NOW:
            register.mark(
                session, bank, meeting.id, [Mark(lee.id, part="led")], Act(system(bank), NOW)
            )
        return meeting.id


def post(session_id: int):
    def step(session: Session) -> None:
        bank = session.query(Bank).one()
        posting.post(session, bank, session_id, Act(system(bank), NOW))

    return step


def mark(session_id: int, part: str):
    def step(session: Session) -> None:
        bank, lee = session.query(Bank).one(), session.query(Member).filter_by(name="Lee").one()
        marks = [Mark(lee.id, part=part, was="led 60 0 0")]
        register.mark(session, bank, session_id, marks, Act(system(bank), NOW))

    return step


def test_a_session_posted_by_two_at_once_is_posted_once(engine: Engine) -> None:
    meeting = town(engine)
    assert outcome_behind(engine, post(meeting), post(meeting)) == "WrongMoment"
    with Session(engine) as session:
        assert len(queries.postings(session, session.query(Bank).one(), meeting)) == 1


def test_a_register_kept_while_it_is_posted_is_not_changed(engine: Engine) -> None:
    meeting = town(engine)
    assert outcome_behind(engine, post(meeting), mark(meeting, "helped")) == "WrongMoment"


def test_what_is_marked_while_somebody_posts_is_posted(engine: Engine) -> None:
    meeting = town(engine)
    assert outcome_behind(engine, mark(meeting, ""), post(meeting)) == "WrongMoment"
    with Session(engine) as session:
        bank = session.query(Bank).one()
        assert ledger.chest(session, bank).balance == 0


def test_two_who_mark_the_same_person_otherwise_are_told(engine: Engine) -> None:
    meeting = town(engine)
    assert (
        outcome_behind(engine, mark(meeting, "helped"), mark(meeting, "attended"))
        == "MarkedMeanwhile"
    )
    assert outcome_behind(engine, mark(meeting, "helped"), mark(meeting, "helped")) == "done"


def test_the_last_place_goes_to_one(engine: Engine) -> None:
    meeting = town(engine, starts_at=NOW + timedelta(days=1), places=1)
    with writing(engine) as session:
        bank = session.query(Bank).one()
        make_member(session, bank, "Ana")

    def ask(name: str):
        def step(session: Session) -> None:
            bank, one = session.query(Bank).one(), session.query(Member).filter_by(name=name).one()
            signing.sign_up(session, bank, meeting, one.id, Act(actor(one), NOW))

        return step

    assert outcome_behind(engine, ask("Lee"), ask("Ana")) == "done"
    with Session(engine) as session:
        found = queries.meeting(session, session.query(Bank).one(), meeting)
        assert (found.coming, found.waiting) == (1, 1)


def test_a_sponsor_s_last_hours_are_paid_once(engine: Engine) -> None:
    with writing(engine) as session:
        bank = make_bank(session)
        lee, surgery = make_member(session, bank, "Lee"), make_organisation(session, bank)
        cafe = make_activity(session, bank, payer_id=surgery.account_id)
        new = NewSponsorship(surgery.id, 100, date(2026, 1, 1), date(2026, 12, 31), "Café")
        service.sponsor(session, bank, new, Act(system(bank), NOW))
        meetings = [
            make_meeting(session, bank, cafe, starts_at=NOW - timedelta(hours=hours)).id
            for hours in (2, 5)
        ]
        for one in meetings:
            register.mark(session, bank, one, [Mark(lee.id, part="led")], Act(system(bank), NOW))
    assert outcome_behind(engine, post(meetings[0]), post(meetings[1])) == "SponsorshipUsedUp"
