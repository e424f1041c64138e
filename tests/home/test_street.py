"""What a bank shows of itself to whoever comes by."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    change_listing,
    make_bank,
    make_logged_exchange,
    make_member,
    post_listing,
    system,
)
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.errors import Invalid, NotAllowed
from timebank.exchanges import service as exchanges_service
from timebank.home import queries
from timebank.members import helping
from timebank.members.models import Member
from timebank.skills import service as skills_service
from timebank.skills.models import Listing


def offer(session: Session, bank: Bank, member: Member, title: str) -> Listing:
    return post_listing(
        session, bank, "offer", Act(actor(member), NOW), holder_id=member.account_id, title=title
    )


def shown(session: Session, bank: Bank) -> list[str]:
    return [one.title for one in queries.street(session, bank, now=NOW).examples]


def test_numbers_of_few_people_are_not_told(session: Session) -> None:
    bank = make_bank(session, few=5)
    people = [make_member(session, bank, f"Member {n}") for n in range(4)]
    for giver, receiver in pairwise(people):
        help_ = make_logged_exchange(
            session,
            bank,
            giver,
            receiver,
            minutes=600,
            occurred_on=NOW.date(),
            act=Act(actor(giver), NOW),
        )
        exchanges_service.confirm(session, bank, help_.id, Act(actor(receiver), NOW))
        offer(session, bank, giver, "Shelves")
    found = queries.street(session, bank, now=NOW)
    assert (found.neighbours, found.hours, found.offers) == (None, None, None)
    people += [make_member(session, bank, f"Member {n}") for n in range(4, 8)]
    found = queries.street(session, bank, now=NOW)
    # Eight, as a round number; still few who helped or offer.
    assert (found.neighbours, found.hours, found.offers) == (10, None, None)
    for giver in people[4:]:
        offer(session, bank, giver, "Jam")
    assert queries.street(session, bank, now=NOW).offers == 5


def test_an_offer_is_an_example_when_its_holder_says_so(session: Session) -> None:
    bank = make_bank(session)
    rosa, ruth = make_member(session, bank, "Rosa Whitehead"), make_member(session, bank, "Ruth")
    taps = offer(session, bank, rosa, "Taps, by Rosa Whitehead")
    offer(session, bank, ruth, "Jam")
    assert shown(session, bank) == []
    for other in (actor(ruth), system(bank)):
        with pytest.raises(NotAllowed):
            skills_service.let_stand_on_street(session, bank, taps.id, True, Act(other, NOW))
    skills_service.let_stand_on_street(session, bank, taps.id, True, Act(actor(rosa), NOW))
    assert shown(session, bank) == ["Taps, by Rosa"]
    # What somebody else writes for them they have not let anybody see.
    change_listing(session, bank, taps.id, Act(system(bank), NOW), title="Pipes")
    assert shown(session, bank) == []
    helping.grant_helper(session, bank, rosa.id, ruth.id, Act(actor(rosa), NOW))
    skills_service.let_stand_on_street(session, bank, taps.id, True, Act(actor(ruth), NOW))
    assert shown(session, bank) == ["Pipes"]
    skills_service.withdraw(session, bank, taps.id, Act(actor(rosa), NOW))
    assert shown(session, bank) == []


def test_a_request_stands_on_no_front_page(session: Session) -> None:
    bank = make_bank(session)
    rosa = make_member(session, bank, "Rosa")
    by = Act(actor(rosa), NOW)
    wanted = post_listing(session, bank, "request", by, holder_id=rosa.account_id, title="A lift")
    with pytest.raises(Invalid):
        skills_service.let_stand_on_street(session, bank, wanted.id, True, by)
    with pytest.raises(IntegrityError, match="ck_listing_on_street"):
        session.execute(text("UPDATE listing SET on_street = true"))


def test_the_front_page_names_nobody_and_can_be_kept(
    app: Flask, sign_in: Callable[..., Browser]
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife", contact_phone="01632 960 142")
        rosa = make_member(session, bank, "Rosa Whitehead", area="Canal Street")
        listing, owner = offer(session, bank, rosa, "Small plumbing jobs").id, rosa.id
    page = sign_in(owner).post(f"/b/fife/directory/{listing}/street", data={"on_street": "true"})
    assert page.status_code == 303
    visitor = app.test_client()
    with visitor.session_transaction() as cookie:
        cookie.clear()
    front = visitor.get("/b/fife/")
    assert "Small plumbing jobs" in front.text
    assert "Canal Street" not in front.text
    assert "Rosa" not in front.text
    assert front.headers["ETag"]
    with app.app_context(), transaction() as session:
        later = clock.now() + timedelta(days=800)
        assert queries.street(session, banks.by_slug(session, "fife"), now=later).examples == []
