"""New rules, and the accounts they are for."""

from dataclasses import replace

import pytest
from sqlalchemy import event, select

from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_entry,
    make_member,
    make_organisation,
    system,
)
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.errors import Invalid, NotAllowed
from timebank.ledger import queries as ledger
from timebank.members import service as members_service
from timebank.members.models import MemberEvent
from timebank.members.rules import NewLimits
from timebank.settings import service
from timebank.settings.rules import NewSettings


@pytest.fixture
def bank(session):
    return make_bank(session)


def limits(session, bank, member):
    state = ledger.account(session, bank, member.account_id)
    return state.floor, state.ceiling


def change(session, bank, **changes):
    return service.change(session, bank, changed(bank, **changes), Act(system(bank), NOW))


def changed(bank, *, carry_over=False, **changes):
    """What is settled for the bank, with some of it changed."""
    settings = replace(banks.settings(bank), **changes)
    return NewSettings(**vars(settings), carry_over=carry_over, why="A test.")


def help_given(session, bank, giver, receiver, minutes):
    leg = (receiver.account_id, giver.account_id, minutes)
    make_entry(session, bank, f"test:{giver.id}:{receiver.id}", leg)


def test_a_new_limit_is_for_new_members_and_leaves_the_others_as_they_are(session, bank):
    joan = make_member(session, bank, "Joan")
    assert change(session, bank, member_floor=-1200, member_ceiling=6000) == service.Carried(0, 0)
    assert limits(session, bank, joan) == (-600, None)
    assert limits(session, bank, make_member(session, bank, "Tom")) == (-1200, 6000)


def test_a_new_limit_can_be_carried_over_to_those_who_have_the_old_default(session, bank):
    joan, own, organisation = (
        make_member(session, bank, "Joan"),
        make_member(session, bank, "Cy"),
        make_organisation(session, bank),
    )
    elsewhere = make_bank(session, name="Another")
    stranger = make_member(session, elsewhere, "Ida")
    members_service.set_limits(
        session, bank, own.id, NewLimits(-300, 1200, "A test."), Act(system(bank), NOW)
    )
    partner = ledger.account(session, bank, organisation.account_id).floor
    assert change(
        session, bank, member_floor=-1200, member_ceiling=6000, carry_over=True
    ) == service.Carried(1, 0)
    assert limits(session, bank, joan) == (-1200, 6000)
    assert limits(session, bank, own) == (-300, 1200)
    assert limits(session, elsewhere, stranger) == (-600, None)
    assert ledger.account(session, bank, organisation.account_id).floor == partner


def test_a_ceiling_of_ones_own_stays_when_the_floor_is_carried_over(session, bank):
    joan = make_member(session, bank, "Joan")
    members_service.set_limits(
        session, bank, joan.id, NewLimits(-600, 1200, "A test."), Act(system(bank), NOW)
    )
    change(session, bank, member_floor=-1200, member_ceiling=6000, carry_over=True)
    assert limits(session, bank, joan) == (-1200, 1200)


def test_who_is_outside_a_new_limit_keeps_the_old_one(session, bank):
    rich, poor, other = (make_member(session, bank, name) for name in ("Rich", "Poor", "Other"))
    help_given(session, bank, rich, poor, 480)
    assert change(
        session, bank, member_floor=-120, member_ceiling=240, carry_over=True
    ) == service.Carried(3, 1)
    assert limits(session, bank, poor) == (-600, 240)
    assert limits(session, bank, rich) == (-120, None)
    assert limits(session, bank, other) == (-120, 240)


def test_who_has_left_is_not_changed(session, bank):
    joan = make_member(session, bank, "Joan")
    members_service.leave(session, bank, joan.id, Act(actor(joan), NOW))
    assert change(session, bank, member_floor=-1200, carry_over=True) == service.Carried(0, 0)


def test_nothing_is_carried_over_when_no_limit_changed(session, bank):
    make_member(session, bank, "Joan")
    assert change(session, bank, waiting_days=7, carry_over=True) == service.Carried(0, 0)


def test_every_member_whose_limits_changed_has_it_on_record(session, bank):
    joan, tom = make_member(session, bank, "Joan"), make_member(session, bank, "Tom")
    members_service.set_limits(
        session, bank, tom.id, NewLimits(-300, None, "A test."), Act(system(bank), NOW)
    )
    change(session, bank, member_floor=-1200, carry_over=True)
    events = session.execute(
        select(MemberEvent.member_id, MemberEvent.detail).where(MemberEvent.kind == "limits")
    ).all()
    assert (joan.id, "new default: floor −20 h, no ceiling") in events
    assert [member_id for member_id, detail in events if detail.startswith("new default")] == [
        joan.id
    ]


def test_accounts_are_changed_by_one_statement_however_many_there_are(session, bank, engine):
    for number in range(20):
        make_member(session, bank, f"Member {number}")
    updates = []
    event.listen(engine, "before_cursor_execute", lambda *args: updates.append(args[2]))
    assert change(session, bank, member_floor=-1200, carry_over=True).changed == 20
    assert len([statement for statement in updates if statement.startswith("UPDATE account")]) == 1


def test_the_chest_goes_as_far_as_the_bank_says(session, bank):
    joan = make_member(session, bank, "Joan")
    change(session, bank, chest_floor=-3000)
    chest = ledger.chest(session, bank)
    make_entry(session, bank, "grant", (chest.id, joan.account_id, 2400), kind="grant")
    with pytest.raises(Invalid, match="40 hours below zero just now") as refused:
        change(session, bank, chest_floor=-1200)
    assert "chest_floor" in refused.value.fields


@pytest.mark.parametrize("role", ["member", "broker"])
def test_only_a_coordinator_settles_anything(session, bank, role):
    with pytest.raises(NotAllowed):
        by = actor(make_member(session, bank, role=role))
        service.change(session, bank, changed(bank, waiting_days=7), Act(by, NOW))
