"""Somebody about whom there is something in every table that can hold it."""

import base64
import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    change_details,
    make_activity,
    make_bank,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_organisation,
    post_listing,
    system,
    write_notice,
)
from timebank import once
from timebank.access import links
from timebank.access import service as access_service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act
from timebank.activities import evidence, posting, register, signing
from timebank.activities import service as activities_service
from timebank.activities.rules import Mark, NewOutcome, NewQuote, Result
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.desk import service as desk_service
from timebank.desk.rules import NewNote
from timebank.exchanges import service as exchanges_service
from timebank.exchanges import waiting
from timebank.exchanges.rules import NewGift
from timebank.home import service as home_service
from timebank.members import helping, partners
from timebank.members.models import Member
from timebank.members.rules import NewContact
from timebank.messages import service as messages_service
from timebank.messages.rules import Complaint, Words
from timebank.notices import service as notices_service
from timebank.notices.models import Notice
from timebank.skills import service as skills_service

PLANTED = {
    "name": "Philomena Quirke",
    "email": "philomena@quirke.example",
    "phone": "01632 960 777",
    "address": "7 Nettlebed Mews",
    "area": "Nettlebed",
    "about": "Restores harmoniums",
}
BORN = date(1931, 4, 17)
WRITTEN = (
    "Descaling",
    "Marvellous",
    "Overstated",
    "Birthday",
    "Great-niece",
    "Laptop",
    "Threshold",
    "Saucepan",
    "Pestered",
    "Bellows",
    "Wheezing",
    "Knitting",
)
"""Free text by and about her, a word from each."""


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, contact_name="Maggie", contact_phone="01632 960 140")


@pytest.fixture
def leaver(session: Session, bank: Bank) -> Member:
    """Somebody about whom there is something in every table that can hold it."""
    her = make_member(session, bank, number="P9", date_of_birth=BORN, **PLANTED)
    ben = make_member(session, bank, "Ben", email="ben@example.org")
    make_member(session, bank, "Bo", role="broker", email="bo@example.org")
    partner = make_organisation(session, bank)
    by = actor(her)
    change_details(session, bank, her.id, Act(by, NOW), about="Restores harmoniums")
    helping.grant_helper(
        session, bank, her.id, ben.id, Act(by, NOW), relation="Great-niece’s friend"
    )
    helping.grant_helper(session, bank, ben.id, her.id, Act(actor(ben), NOW))
    contact = {"phone": PLANTED["phone"], "email": PLANTED["email"]}
    partners.add_contact(
        session, bank, partner.id, NewContact(member_id=her.id, **contact), Act(system(bank), NOW)
    )
    access_service.set_password(session, bank, her.id, "a long and winding sentence", Act(by, NOW))
    links.make(session, bank, her.id, Act(system(bank), NOW))
    access_service.make_token(
        session, bank, her.id, NewToken("Laptop", Scope.READ), Act(by, NOW), staff=False
    )
    settled = make_logged_exchange(
        session,
        bank,
        her,
        ben,
        90,
        title="Descaling the kettle",
        thanks="Marvellous, Philomena Quirke",
    )
    exchanges_service.confirm(session, bank, settled.id, Act(actor(ben), NOW))
    wrong = make_logged_exchange(session, bank, ben, her, 600, title="Descaling it all")
    exchanges_service.dispute(session, bank, wrong.id, Act(by, NOW), note="Overstated by far")
    exchanges_service.give(
        session,
        bank,
        NewGift(
            from_id=her.account_id or 0, to_id=ben.account_id or 0, minutes=15, message="Birthday"
        ),
        Act(by, NOW),
    )
    make_logged_exchange(session, bank, make_member(session, bank, "Cy"), ben, title="Weeding")
    make_logged_exchange(session, bank, her, ben, title="Threshold swept")
    wrote = messages_service.write_about_exchange(
        session, bank, settled.id, Words(words="Saucepan, Philomena?"), Act(actor(ben), NOW)
    )
    messages_service.answer(
        session, bank, wrote.conversation_id, Words(words="The saucepan too"), Act(by, NOW)
    )
    messages_service.report(
        session, bank, wrote.id, Complaint(why="Pestered about it"), Act(by, NOW)
    )
    waiting.remind(session, bank, now=NOW + timedelta(days=20))
    offered = {"holder_id": her.account_id or 0, "act": Act(by, NOW)}
    post_listing(
        session,
        bank,
        "offer",
        title="Bellows mended",
        description="Wheezing ones",
        area="Nettlebed",
        **offered,
    )
    skills_service.mark_met(
        session,
        bank,
        post_listing(session, bank, "request", title="New bellows", **offered).id,
        Act(by, NOW),
    )
    week = {
        "week": "2026-W46",
        "after": 0,
        "base_url": "https://tb.example",
        "now": NOW + timedelta(minutes=1),
    }
    home_service.write_digests(session, bank.id, FEATURES, **week)
    bo = actor(session.execute(select(Member).where(Member.name == "Bo")).scalar_one())
    desk_service.note_call(
        session,
        bank,
        her.id,
        NewNote(words="Knitting on Tuesdays", next_on=NOW.date()),
        Act(bo, NOW),
    )
    desk_service.note_call(
        session, bank, ben.id, NewNote(words="Rang about Philomena Quirke."), Act(bo, NOW)
    )
    desk_service.record_reading(session, bank, her.id, Act(bo, NOW))
    desk_service.no_answer(session, bank, her.id, Act(bo, NOW))
    _do_things_together(session, bank, her)
    write_notice(
        session,
        bank,
        addressee=f"member:{her.id}",
        name=her.name,
        email=her.email,
        subject="Hello Philomena Quirke",
        cause="x",
    )
    notices_service.mark_sent(
        session, session.execute(select(Notice.id).where(Notice.cause == "x")).scalar_one(), now=NOW
    )
    answer = json.dumps(
        {"headers": {}, "body": base64.b64encode(json.dumps(PLANTED).encode()).decode()}
    )
    for owner in (by.key, f"member:{ben.id}"):
        once.claim(session, owner, "api:k1", "hash", now=NOW)
        once.settle(session, owner, "api:k1", status=201, body=answer)
    session.flush()
    return her


def _do_things_together(session: Session, bank: Bank, her: Member) -> None:
    """She leads an activity that everybody writes about, has led one session of it, and means to
    come to the next."""
    by, named = system(bank), f"Ask for {her.name}."
    activity = make_activity(
        session,
        bank,
        rule="none",
        payer_id=None,
        resident_lead_id=her.id,
        purpose=named,
        access_notes=named,
        lessons=named,
    )
    held = make_meeting(session, bank, activity)
    register.mark(session, bank, held.id, [Mark(her.id, part="led", prepared=15)], Act(by, NOW))
    posting.post(session, bank, held.id, Act(by, NOW))
    activities_service.write_up(session, bank, held.id, Act(by, NOW), done=f"{her.name} made tea.")
    quote = NewQuote("Do come.", her.name, consent=True)
    evidence.add_quote(session, bank, activity.id, quote, Act(by, NOW))
    agreed = activities_service.agree_outcome(
        session, bank, activity.id, NewOutcome(named, partner=her.name), Act(by, NOW)
    )
    activities_service.record_result(session, bank, agreed.id, Result(1, named), Act(by, NOW))
    to_come = make_meeting(session, bank, activity, starts_at=NOW + timedelta(days=1), places=1)
    signing.sign_up(session, bank, to_come.id, her.id, Act(actor(her), NOW))
