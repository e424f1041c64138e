"""What a bank has kept for as long as it settled is erased at night; what is younger, or still to
be done, stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_member,
    post_listing,
    system,
    write_notice,
)
from timebank import clock
from timebank.act import Act, Channel, Word
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.db import transaction
from timebank.desk import service as desk_service
from timebank.desk.models import CallNote
from timebank.desk.rules import NewNote
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange
from timebank.exchanges.rules import NewLog
from timebank.jobs.worker import Worker
from timebank.leaving import feature
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Details
from timebank.messages import service as messages_service
from timebank.messages.models import Message
from timebank.messages.rules import Words
from timebank.notices.models import Notice


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, keep_messages=2, keep_notes=3, keep_notices=4, keep_applications=5)


def expire(session: Session, months: int) -> None:
    """The night in which what was done at NOW is so many months old, and a minute."""
    now = NOW + timedelta(days=31 * months, minutes=1)
    bank = session.execute(select(Bank)).scalar_one()
    for room in FEATURES:
        if room.expire is not None:
            room.expire(session, bank, now)


def count(session: Session, model: type, *where: object) -> int:
    return session.execute(select(func.count()).select_from(model).where(*where)).scalar_one()


def test_messages_lose_their_words(session: Session, bank: Bank) -> None:
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    by = Act(actor(ana), NOW)
    taps = post_listing(session, bank, "offer", by, holder_id=ana.account_id, title="Taps")
    words = Words("It drips.")
    messages_service.write_about_listing(session, bank, taps.id, words, Act(actor(ben), NOW))
    expire(session, 1)
    assert count(session, Message, Message.words == "It drips.") == 1
    expire(session, 2)
    assert count(session, Message, Message.words == "It drips.") == 0
    assert count(session, Message) == 1


def test_notes_go_when_nothing_is_to_be_done_about_them(session: Session, bank: Bank) -> None:
    ana, bo = make_member(session, bank), make_member(session, bank, "Bo", "broker")
    by = Act(actor(bo), NOW)
    desk_service.note_call(session, bank, ana.id, NewNote("Rang."), by)
    later = NOW.date() + timedelta(days=1)
    desk_service.note_call(session, bank, ana.id, NewNote("Ring again.", next_on=later), by)
    expire(session, 2)
    assert count(session, CallNote) == 2
    expire(session, 3)
    assert [note.words for note in session.execute(select(CallNote)).scalars()] == ["Ring again."]


def test_what_people_were_told_goes_and_what_they_have_yet_to_be_told_stays(
    session: Session, bank: Bank
) -> None:
    write_notice(session, bank, cause="told")
    write_notice(session, bank, cause="to be told")
    told = session.execute(select(Notice).where(Notice.cause == "told")).scalar_one()
    told.sent_at = NOW
    session.flush()
    expire(session, 3)
    assert count(session, Notice) == 2
    expire(session, 4)
    assert [notice.cause for notice in session.execute(select(Notice)).scalars()] == ["to be told"]


def test_applications_that_nobody_answered_go(session: Session, bank: Bank) -> None:
    members_service.join(session, bank, Details("Joan Whitlock"), now=NOW)
    make_member(session, bank)
    expire(session, 4)
    assert count(session, Member) == 2
    expire(session, 5)
    assert [member.name for member in session.execute(select(Member)).scalars()] == ["Ana"]


def test_numbers_of_slips_that_are_shredded_go(session: Session) -> None:
    bank = make_bank(session, keep_slips=6)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    for giver, slip in ((ana, "17"), (cy, "18")):
        word = Word(Channel.PAPER, giver.account_id, slip)
        new = NewLog(giver.account_id or 0, ben.account_id or 0, NOW.date(), 60, "Hedge")
        act = Act(system(bank), NOW, word)
        exchange = exchanges_service.log_new(session, bank, new, act).exchange
        if slip == "17":
            exchanges_service.confirm(session, bank, exchange.id, Act(actor(ben), NOW))
    expire(session, 5)
    assert count(session, Exchange, Exchange.slip.is_not(None)) == 2
    # What is not settled yet may have to be looked up on its slip.
    expire(session, 6)
    left = session.execute(select(Exchange.slip).where(Exchange.slip.is_not(None))).scalars()
    assert list(left) == ["18"]


def test_the_worker_does_it_every_night_for_every_bank(app: Flask) -> None:
    old = expired(clock.now(), 12) - timedelta(days=1)
    with app.app_context(), transaction() as session:
        for slug in ("fife", "leith"):
            bank = make_bank(session, slug=slug, name=slug)
            write_notice(session, bank, now=old)
        for notice in session.execute(select(Notice)).scalars():
            notice.sent_at = old
    Worker(app, feature.feature.jobs).run_due()
    with app.app_context(), transaction() as session:
        assert count(session, Notice) == 0


def test_a_coordinator_settles_it_and_everybody_can_read_it(
    app: Flask, sign_in: Callable[..., Browser]
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        olga = make_member(session, bank, "Olga", "coordinator").id
    browser = sign_in(olga)
    page = browser.get("/b/fife/settings").text
    assert 'name="keep_messages"' in page
    form = {
        **{"name": "Fife", "timezone": "Europe/London", "rounding": "15", "smallest_log": "15 min"},
        **{"largest_log": "12 h", "member_floor": "10 h", "chest_floor": "0", "waiting_days": "14"},
        **{"few": "8", "language": "en", "languages": "en"},
        **{"keep_messages": "7", "keep_notes": "1", "keep_notices": "12", "keep_slips": "240"},
        **{"keep_applications": "6", "privacy": "Write to the <b>trust</b>.\n\nOr ring."},
    }
    wrong = browser.post("/b/fife/settings", data={**form, "keep_messages": "241"})
    assert wrong.status_code == 422
    assert "from 1 to 240" in wrong.text
    assert browser.post("/b/fife/settings", data=form).status_code == 303
    read = sign_in().get("/b/fife/privacy").text
    assert "Messages between members: 7 months" in read
    assert "Notes after calls: 1 month<" in read
    assert "What Fife adds" in read
    assert "Write to the &lt;b&gt;trust&lt;/b&gt;." in read
