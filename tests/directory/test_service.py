"""Who is told that an offer or a request ends, when, and how often."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.directory import service
from timebank.members import partners
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import NewContact
from timebank.notices.models import Notice
from timebank.skills import service as skills_service
from timebank.skills.models import Listing

TODAY = NOW.date()
LAST = TODAY + timedelta(days=30)


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, slug="fife", contact_name="Maggie", contact_phone="01632 960 140")


@pytest.fixture
def ana(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, email="ana@example.org")


def post(
    session: Session, bank: Bank, holder: Member, kind: str = "offer", **details: Any
) -> Listing:
    given = {
        "holder_id": holder.account_id,
        "title": "Mending taps",
        "ends_on": LAST,
        "act": Act(actor(holder), NOW),
    }
    return post_listing(session, bank, kind, **{**given, **details})


def told(
    session: Session, bank: Bank, days_before: int, last: Any = LAST
) -> list[tuple[str, str, str]]:
    """The notices there are once the job has run so many days before the last one: to whom, how,
    and of what."""
    now = NOW + (last - TODAY) - timedelta(days=days_before)
    service.tell_of_endings(session, bank, now=now)
    rows = session.execute(
        select(Notice).where(Notice.cause.startswith("listing:")).order_by(Notice.id)
    ).scalars()
    return [(row.name, row.channel, row.cause) for row in rows]


def test_the_holder_is_told_a_week_before_and_once(
    session: Session, bank: Bank, ana: Member
) -> None:
    listing = post(session, bank, ana)
    assert told(session, bank, 8) == []
    once = [("Ana", "email", f"listing:{listing.id}:ends:{LAST.isoformat()}")]
    assert [told(session, bank, days) for days in (7, 7, 6, 0)] == [once] * 4
    notice = session.execute(select(Notice).where(Notice.cause.startswith("listing:"))).scalar_one()
    assert notice.subject == "Your offer “Mending taps” ends soon"
    assert "until Saturday 12 December 2026. Do you still offer it?" in notice.body
    assert (notice.asks, notice.about) == ("directory.ending", listing.id)
    assert "Maggie 01632 960 140" in notice.body


def test_a_day_on_which_nothing_ran_is_made_up_for_until_it_has_ended(
    session: Session, bank: Bank, ana: Member
) -> None:
    post(session, bank, ana, "request")
    post(session, bank, ana, "request", ends_on=LAST - timedelta(days=4))
    assert len(told(session, bank, 3)) == 1


def test_a_new_last_day_is_told_of_in_its_turn(session: Session, bank: Bank, ana: Member) -> None:
    listing = post(session, bank, ana)
    told(session, bank, 7)
    skills_service.renew(session, bank, listing.id, Act(actor(ana), NOW + timedelta(days=24)))
    assert len(told(session, bank, 0)) == 1
    again = told(session, bank, 7, listing.ends_on)
    assert [cause.rpartition(":")[2] for _, _, cause in again] == [
        LAST.isoformat(),
        listing.ends_on.isoformat(),
    ]


def test_without_an_address_it_is_a_broker_s_call(session: Session, bank: Bank) -> None:
    post(session, bank, make_member(session, bank, "Nell"))
    assert [row[:2] for row in told(session, bank, 7)] == [("Nell", "call")]


def test_an_organisation_is_told_through_whoever_speaks_for_it(
    session: Session, bank: Bank, ana: Member
) -> None:
    partner = make_organisation(session, bank)
    partners.add_contact(
        session, bank, partner.id, NewContact(member_id=ana.id), Act(system(bank), NOW)
    )
    post(session, bank, ana, "request", holder_id=partner.account_id)
    assert [row[:2] for row in told(session, bank, 7)] == [("Ana", "email")]


def test_nobody_is_told_of_what_is_closed_or_short_or_of_somebody_who_pauses(
    session: Session, bank: Bank, ana: Member
) -> None:
    cy = make_member(session, bank, "Cy")
    skills_service.withdraw(session, bank, post(session, bank, ana).id, Act(actor(ana), NOW))
    skills_service.mark_met(session, bank, post(session, bank, ana).id, Act(actor(ana), NOW))
    post(session, bank, ana, ends_on=TODAY + timedelta(days=7))
    post(session, bank, cy)
    members_service.pause(session, bank, cy.id, Act(system(bank), NOW))
    assert told(session, bank, 3, TODAY + timedelta(days=7)) == []
    assert told(session, bank, 7) == []


def test_the_bank_s_own_day_counts(session: Session) -> None:
    """Late in the evening in London it is the next day in Auckland."""
    evening = datetime(2026, 12, 4, 22, tzinfo=UTC)
    for timezone, number in (("Europe/London", 0), ("Pacific/Auckland", 1)):
        bank = make_bank(session, name=timezone, timezone=timezone)
        post(session, bank, make_member(session, bank))
        assert service.tell_of_endings(session, bank, now=evening) == number


def test_banks_are_told_apart(session: Session, bank: Bank, ana: Member) -> None:
    post(session, bank, ana)
    elsewhere = make_bank(session, name="Elsewhere")
    assert told(session, elsewhere, 7) == []
