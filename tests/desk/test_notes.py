"""Notes after a call: who writes and reads them, when they come due, and that they are
forgotten."""

import json
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member, post_listing, system
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.desk import day, queries, service
from timebank.desk.models import CallNote
from timebank.desk.rules import NewNote
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.leaving import queries as leaving
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.matching import service as matching_service
from timebank.matching.rules import NewIntroduction
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Details
from timebank.skills.models import Listing

TODAY = NOW.date()
LATER = NOW + timedelta(days=7)


@dataclass
class Desk:
    """Ana and Ben, about whom Bo, a broker, writes notes."""

    session: Session
    bank: Bank
    ana: Member
    ben: Member
    bo: Member

    def note(self, member: Member, words: str = "Rang.", *, at: Any = NOW, **more: Any) -> CallNote:
        act = more.pop("act", None) or Act(actor(self.bo), at)
        return service.note_call(self.session, self.bank, member.id, NewNote(words, **more), act)

    def ask(self, member: Member, title: str = "My tap is dripping") -> Listing:
        given = {"holder_id": member.account_id, "title": title, "act": Act(actor(member), NOW)}
        return post_listing(self.session, self.bank, "request", **given)

    def to_ring(self, at: Any = LATER) -> list[tuple[str, str]]:
        """Who is on the list of those to ring again, and what about."""
        found = day.today(self.session, self.bank, now=at).ring_again
        assert found.total == len(found.shown)
        return [(one.member.name, one.noted.about) for one in found.shown]


@pytest.fixture
def desk(session: Session) -> Desk:
    bank = make_bank(session)
    ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
    return Desk(session, bank, ana, ben, make_member(session, bank, "Bo", role="broker"))


def test_notes_stand_with_the_newest_first_by_whom_and_about_what(desk: Desk) -> None:
    tap = desk.ask(desk.ana)
    made = matching_service.introduce(
        desk.session,
        desk.bank,
        tap.id,
        NewIntroduction(giver_id=desk.ben.account_id or 0),
        Act(actor(desk.bo), NOW),
    )
    desk.note(desk.ben, "  First. ")
    desk.note(desk.ben, "Would he?", request_id=tap.id)
    desk.note(desk.ben, "Gladly.", introduction_id=made.id)
    desk.note(desk.ana, "Of somebody else.")
    found = queries.notes(desk.session, desk.bank, desk.ben.id)
    assert [(one.note.words, one.by, one.about) for one in found] == [
        ("Gladly.", "Bo", tap.title), ("Would he?", "Bo", tap.title), ("First.", "Bo", ""),
    ]  # fmt: skip
    older = queries.notes(desk.session, desk.bank, desk.ben.id, before=found[0].note.id, limit=1)
    assert [one.note.words for one in older] == ["Would he?"]


def test_a_call_comes_due_on_its_day_and_is_done_once(desk: Desk) -> None:
    tap = desk.ask(desk.ana)
    note = desk.note(desk.ben, next_on=LATER.date(), request_id=tap.id)
    assert desk.to_ring(LATER - timedelta(days=1)) == []
    assert desk.to_ring() == [("Ben", tap.title)]
    service.done(desk.session, desk.bank, note.id, Act(actor(desk.bo), LATER))
    service.done(
        desk.session, desk.bank, note.id, Act(system(desk.bank), LATER + timedelta(days=1))
    )
    assert (desk.to_ring(), note.done_at) == ([], LATER)


def test_a_new_note_makes_the_call_that_was_due_and_no_later_one(desk: Desk) -> None:
    for days in (1, 30):
        desk.note(desk.ana, next_on=TODAY + timedelta(days=days))
    desk.note(desk.ben, next_on=TODAY)
    assert desk.to_ring() == [("Ben", ""), ("Ana", "")]
    desk.note(desk.ana, "Nobody there.", at=LATER, next_on=LATER.date() + timedelta(days=1))
    assert desk.to_ring() == [("Ben", "")]
    assert desk.to_ring(LATER + timedelta(days=1)) == [("Ben", ""), ("Ana", "")]
    assert len(desk.to_ring(NOW + timedelta(days=30))) == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"words": " \n "}, "words"),
        ({"words": "x" * 2001}, "words"),
        ({"next_on": TODAY - timedelta(days=1)}, "next_on"),
        ({"next_on": date(2126, 11, 12)}, "next_on"),
    ],
)
def test_what_cannot_be_noted_is_named(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.note(desk.ana, **wrong)
    assert list(refused.value.fields) == [field]
    assert queries.notes(desk.session, desk.bank, desk.ana.id) == []


def test_a_note_is_about_a_request_or_introduction_of_the_bank(desk: Desk) -> None:
    offer = post_listing(
        desk.session,
        desk.bank,
        "offer",
        Act(actor(desk.ana), NOW),
        holder_id=desk.ana.account_id or 0,
        title="Jam",
    )
    with pytest.raises(Invalid, match="That is an offer"):
        desk.note(desk.ana, request_id=offer.id)
    for wrong in ({"request_id": 9999}, {"introduction_id": 9999}):
        with pytest.raises(NotFound):
            desk.note(desk.ana, **wrong)


def test_notes_are_about_those_who_take_part(desk: Desk) -> None:
    applicant = members_service.join(desk.session, desk.bank, Details("Zoë"), now=NOW)
    stranger = make_member(desk.session, make_bank(desk.session, name="Leith", slug="leith"), "Di")
    leaving_service.leave(
        desk.session, desk.bank, desk.ben.id, FEATURES, Farewell(), Act(actor(desk.ben), NOW)
    )
    for nobody in (applicant, stranger, desk.ben):
        with pytest.raises(NotFound):
            desk.note(nobody)


def test_only_the_staff_have_to_do_with_notes(desk: Desk) -> None:
    note, by = desk.note(desk.ana, next_on=TODAY), actor(desk.ana)
    with pytest.raises(NotAllowed):
        desk.note(desk.ana, act=Act(by, NOW))
    with pytest.raises(NotAllowed):
        service.done(desk.session, desk.bank, note.id, Act(by, NOW))
    with pytest.raises(NotAllowed):
        service.record_reading(desk.session, desk.bank, desk.ana.id, Act(by, NOW))
    with pytest.raises(NotFound):
        service.done(
            desk.session, make_bank(desk.session, name="Leith"), note.id, Act(actor(desk.bo), NOW)
        )


def test_what_is_noted_and_who_read_it_is_the_members_to_take_away(desk: Desk) -> None:
    desk.note(desk.ana, "Likes a call before ten.", next_on=TODAY)
    service.record_reading(desk.session, desk.bank, desk.ana.id, Act(actor(desk.bo), NOW))
    held = leaving.held(desk.session, desk.bank, desk.ana.id, FEATURES, now=NOW)
    (note,) = held["notes_after_calls"]
    assert (note["words"], note["by"], note["next_on"]) == (
        "Likes a call before ten.",
        "Bo",
        TODAY.isoformat(),
    )
    assert held["notes_read"] == [{"by": "Bo", "at": NOW.isoformat()}]
    assert "before ten" not in json.dumps(
        leaving.held(desk.session, desk.bank, desk.ben.id, FEATURES, now=NOW)
    )


def test_who_leaves_is_in_no_note_any_more(desk: Desk) -> None:
    tap = desk.ask(desk.ana)
    desk.note(desk.ben, "Rang about her husband.", request_id=tap.id)
    desk.note(desk.ben, "Ana asked for him; Anabel did not.", next_on=TODAY)
    desk.note(desk.ana, "Goes to live with her daughter.")
    service.record_reading(desk.session, desk.bank, desk.ana.id, Act(actor(desk.bo), NOW))
    leaving_service.leave(
        desk.session, desk.bank, desk.ana.id, FEATURES, Farewell(), Act(actor(desk.ana), NOW)
    )
    assert queries.readings(desk.session, desk.bank, desk.ana.id) == []
    desk.session.expire_all()
    left = desk.session.execute(select(CallNote)).scalars().all()
    assert [(one.member_id, one.words) for one in left] == [
        (desk.ben.id, "Former member asked for him; Anabel did not.")
    ]


def test_a_note_and_a_leave_at_once_leave_no_note_behind(engine: Engine) -> None:
    """Two connections: whichever comes second waits for the first, and nothing is noted about
    somebody who has gone."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, bo = make_member(session, bank, "Ana"), make_member(session, bank, "Bo", role="broker")
        bank_id, ana_id, hers, his = bank.id, ana.id, actor(ana), actor(bo)
        session.commit()
    ready = threading.Barrier(2)

    def run(step: Any) -> None:
        with Session(engine) as session:
            ready.wait(20)
            session.connection(execution_options=WRITING)
            try:
                step(session, session.get_one(Bank, bank_id))
                session.commit()
            except NotFound:
                session.rollback()

    steps = [
        lambda session, bank: service.note_call(
            session, bank, ana_id, NewNote(words="Rang."), Act(his, NOW)
        ),
        lambda session, bank: leaving_service.leave(
            session, bank, ana_id, FEATURES, Farewell(), Act(hers, NOW)
        ),
    ]
    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with Session(engine) as session:
        assert session.get_one(Member, ana_id).status == "left"
        assert session.execute(select(CallNote)).all() == []
