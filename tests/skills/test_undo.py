"""What was done with an offer or a request is taken back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, change_listing, make_bank, make_member, post_listing
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Invalid, NotAllowed
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.skills import lists, queries, service
from timebank.skills.errors import NothingToUndo
from timebank.skills.models import Listing, ListingStep

TODAY = NOW.date()
MIDNIGHT = NOW - timedelta(hours=6)


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


@pytest.fixture
def bo(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Bo", "broker")


@pytest.fixture
def taps(session: Session, bank: Bank) -> Listing:
    ana = make_member(session, bank, "Ana")
    ends = TODAY + timedelta(days=3)
    act = Act(actor(ana), NOW)
    return post_listing(session, bank, "offer", act, title="Mending taps", ends_on=ends)


def by(member: Member) -> Act:
    return Act(actor(member), NOW)


def steps(session: Session, listing: Listing) -> list[str]:
    of_it = select(ListingStep.step).where(ListingStep.listing_id == listing.id)
    return [*session.execute(of_it.order_by(ListingStep.id)).scalars()]


def done(session: Session, bank: Bank, member: Member) -> list[tuple[str, bool, str]]:
    return [
        (str(one.title), one.undo is not None, str(one.stays or ""))
        for one in lists.did(session, bank, MIDNIGHT, by(member))
    ]


def test_a_renewal_undone_ends_on_the_day_it_did_and_both_stay_in_the_history(
    session: Session, bank: Bank, bo: Member, taps: Listing
) -> None:
    before = taps.ends_on
    service.renew(session, bank, taps.id, by(bo))
    until = taps.ends_on
    assert until > before
    (line,) = done(session, bank, bo)
    assert line[0].startswith("Ana: “Mending taps” stands until")
    assert line[1:] == (True, "")
    service.undo(session, bank, taps.id, by(bo))
    assert taps.ends_on == before
    assert steps(session, taps) == ["renewed", "undone"]
    assert done(session, bank, bo) == []
    with pytest.raises(NothingToUndo):
        service.undo(session, bank, taps.id, by(bo))


def test_of_two_renewals_the_last_is_taken_back_and_then_the_one_before(
    session: Session, bank: Bank, bo: Member, taps: Listing
) -> None:
    before = taps.ends_on
    service.renew(session, bank, taps.id, by(bo))
    once = taps.ends_on
    later = Act(actor(bo), NOW + timedelta(days=1))
    service.renew(session, bank, taps.id, later)
    assert [line[1] for line in done(session, bank, bo)] == [False, True]
    service.undo(session, bank, taps.id, later)
    assert taps.ends_on == once
    service.undo(session, bank, taps.id, later)
    assert taps.ends_on == before


@pytest.mark.parametrize("step", ["withdraw", "mark_met"])
def test_what_was_taken_out_or_met_stands_again(
    session: Session, bank: Bank, bo: Member, taps: Listing, step: str
) -> None:
    getattr(service, step)(session, bank, taps.id, by(bo))
    assert queries.open_listings(session, bank, on=TODAY) == []
    service.undo(session, bank, taps.id, by(bo))
    assert (taps.status, taps.closed_at) == ("open", None)
    assert [one.id for one in queries.open_listings(session, bank, on=TODAY)] == [taps.id]


def test_what_was_changed_since_stays_and_the_line_says_so(
    session: Session, bank: Bank, bo: Member, taps: Listing
) -> None:
    service.renew(session, bank, taps.id, by(bo))
    ends = date(TODAY.year + 1, 1, 15)
    change_listing(session, bank, taps.id, by(bo), ends_on=ends)
    assert done(session, bank, bo)[0][1:] == (False, "It was changed again since.")
    with pytest.raises(NothingToUndo):
        service.undo(session, bank, taps.id, by(bo))
    assert taps.ends_on == ends


def test_others_undo_nothing_and_a_holder_not_what_the_broker_did(
    session: Session, bank: Bank, bo: Member, taps: Listing
) -> None:
    holder = session.execute(select(Member).where(Member.name == "Ana")).scalar_one()
    stranger = make_member(session, bank, "Cy")
    service.withdraw(session, bank, taps.id, by(bo))
    for who in (holder, stranger):
        with pytest.raises(NotAllowed):
            service.undo(session, bank, taps.id, by(who))
    assert taps.status == "withdrawn"


def test_nothing_stands_again_of_somebody_who_takes_a_break(
    session: Session, bank: Bank, bo: Member, taps: Listing
) -> None:
    service.withdraw(session, bank, taps.id, by(bo))
    holder = session.execute(select(Member).where(Member.name == "Ana")).scalar_one()
    members_service.pause(session, bank, holder.id, by(bo))
    with pytest.raises(Invalid):
        service.undo(session, bank, taps.id, by(bo))
    assert taps.status == "withdrawn"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE listing_step SET by = 'member:9'",
        "INSERT INTO listing_step (bank_id, listing_id, step, by, at, undoes_id)"
        " SELECT bank_id, listing_id, 'undone', by, at, undoes_id FROM listing_step"
        " WHERE step = 'undone'",
        "INSERT INTO listing_step (bank_id, listing_id, step, by, at)"
        " SELECT bank_id, listing_id, 'undone', by, at FROM listing_step WHERE step = 'renewed'",
        "INSERT INTO listing_step (bank_id, listing_id, step, by, at)"
        " SELECT bank_id, listing_id, 'renewed', by, at FROM listing_step WHERE step = 'renewed'",
    ],
    ids=["altered", "undone twice", "nothing undone", "without days"],
)
def test_the_database_lets_no_step_be_altered_or_undone_twice(
    session: Session, bank: Bank, bo: Member, taps: Listing, attack: str
) -> None:
    service.renew(session, bank, taps.id, by(bo))
    service.undo(session, bank, taps.id, by(bo))
    session.flush()
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(attack), execution_options=WRITING)
