"""The tree, listings and areas."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    act_of,
    actor,
    change_listing,
    make_bank,
    make_group,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from tests.races import outcome_behind
from timebank.act import Act, Channel, Word
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.members import helping, partners
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import NewContact
from timebank.safeguarding import service as safeguarding_service
from timebank.skills import queries, service
from timebank.skills.errors import ListingClosed, NameTaken, StillUsed
from timebank.skills.models import Listing
from timebank.skills.rules import CategoryDetails, NewCategory, SkillDetails, TwoAreas
from timebank.skills.tree import TREE

TODAY = NOW.date()


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


def post(
    session: Session, bank: Bank, holder: Member, kind: str = "offer", **details: Any
) -> Listing:
    act = act_of(actor(holder), details)
    given = {"holder_id": holder.account_id, "title": "Mending taps", **details}
    return post_listing(session, bank, kind, act, **given)


def standing(session: Session, bank: Bank, on: date = TODAY, **wanted: Any) -> list[str]:
    return [one.title for one in queries.open_listings(session, bank, on=on, **wanted)]


# ---- Listings ----


def test_what_is_posted_stands_in_the_directory_until_its_last_day(session: Session, bank: Bank):
    ana = make_member(session, bank)
    post(session, bank, ana, ends_on=TODAY + timedelta(days=3))
    assert standing(session, bank, TODAY + timedelta(days=3)) == ["Mending taps"]
    assert standing(session, bank, TODAY + timedelta(days=4)) == []


def test_those_who_may_post_for_somebody_are_they_their_helpers_and_brokers(
    session: Session, bank: Bank
):
    ana, ben, maggie = (
        make_member(session, bank),
        make_member(session, bank, "Ben"),
        make_member(session, bank, "Maggie", "broker"),
    )
    with pytest.raises(NotAllowed):
        post(session, bank, ana, by=actor(ben))
    helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(maggie), NOW), relation="son")
    assert post(session, bank, ana, by=actor(ben)).by == f"member:{ben.id}"
    told = post(session, bank, ana, by=actor(maggie), word=Word(Channel.PHONE))
    assert (told.by, told.on_word_of, told.channel, told.broker_id) == (
        f"member:{maggie.id}",
        f"member:{ana.id}",
        Channel.PHONE,
        maggie.id,
    )


def test_what_a_file_brings_in_is_on_nobodys_word_and_nobody_in_particular_looks_after_it(
    session: Session, bank: Bank
):
    ana, maggie = make_member(session, bank), make_member(session, bank, "Maggie", "broker")
    brought = post(session, bank, ana, by=actor(maggie), word=Word(Channel.IMPORT))
    assert (brought.on_word_of, brought.broker_id) == (None, None)


def test_an_organisation_asks_through_whoever_speaks_for_it(session: Session, bank: Bank):
    ana, partner = make_member(session, bank), make_organisation(session, bank)
    with pytest.raises(NotAllowed):
        post(session, bank, ana, holder_id=partner.account_id)
    partners.add_contact(
        session, bank, partner.id, NewContact(member_id=ana.id), Act(system(bank), NOW)
    )
    post(session, bank, ana, "request", holder_id=partner.account_id, title="Serving lunch")
    assert standing(session, bank, kind="request") == ["Serving lunch"]
    partners.close_organisation(session, bank, partner.id, Act(system(bank), NOW))
    assert standing(session, bank) == []


def test_a_group_asks_through_whoever_is_in_it(session: Session, bank: Bank):
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    choir = make_group(session, bank, "Choir", [ben])
    with pytest.raises(NotAllowed):
        post(session, bank, ana, holder_id=choir.account_id)
    told = post(session, bank, ben, "request", holder_id=choir.account_id, title="A piano")
    assert standing(session, bank, kind="request") == ["A piano"]
    assert told.on_word_of == f"group:{choir.id}"
    partners.close_group(session, bank, choir.id, Act(system(bank), NOW))
    assert standing(session, bank) == []


def test_whoever_pauses_is_not_in_the_directory_and_can_post_nothing(session: Session, bank: Bank):
    ana = make_member(session, bank)
    post(session, bank, ana)
    members_service.pause(session, bank, ana.id, Act(system(bank), NOW))
    assert standing(session, bank) == []
    with pytest.raises(Invalid, match="taking a break"):
        post(session, bank, ana)


def test_nothing_of_another_bank_can_be_named(session: Session, bank: Bank):
    elsewhere = make_bank(session, name="Elsewhere")
    service.plant_tree(session, elsewhere)
    ana, zoe = make_member(session, bank), make_member(session, elsewhere, "Zoe")
    theirs = post(session, elsewhere, zoe)
    skill = queries.tree(session, elsewhere)[0].skills[0]
    with pytest.raises(NotFound):
        post(session, bank, ana, skill_id=skill.id)
    with pytest.raises(NotFound):
        service.withdraw(session, bank, theirs.id, Act(system(bank), NOW))
    assert standing(session, bank) == []


def test_one_tap_renews_what_ended(session: Session, bank: Bank):
    ana = make_member(session, bank)
    listing = post(session, bank, ana, "request", ends_on=TODAY)
    later = NOW + timedelta(days=30)
    assert standing(session, bank, later.date()) == []
    service.renew(session, bank, listing.id, Act(actor(ana), later))
    assert listing.ends_on == later.date() + timedelta(days=60)
    assert standing(session, bank, later.date()) == ["Mending taps"]


@pytest.mark.parametrize("end", [service.withdraw, service.mark_met])
def test_what_was_closed_stays_closed(session: Session, bank: Bank, end: Any):
    ana = make_member(session, bank)
    listing = post(session, bank, ana)
    end(session, bank, listing.id, Act(actor(ana), NOW))
    assert standing(session, bank) == []
    for again in (service.withdraw, service.renew, change_listing):
        with pytest.raises(ListingClosed):
            again(session, bank, listing.id, act=Act(actor(ana), NOW))


def test_a_change_keeps_what_it_does_not_name(session: Session, bank: Bank):
    ana, later = make_member(session, bank), NOW + timedelta(hours=1)
    listing = post(session, bank, ana, description="Drips", minutes=30)
    change_listing(session, bank, listing.id, Act(actor(ana), later), title="Taps and drains")
    assert (listing.title, listing.description, listing.minutes, listing.changed_at) == (
        "Taps and drains",
        "Drips",
        30,
        later,
    )


def test_a_listing_ending_soon_is_found_by_its_end(session: Session, bank: Bank):
    ana = make_member(session, bank)
    for days in (6, 7, 8):
        post(session, bank, ana, title=str(days), ends_on=TODAY + timedelta(days=days))
    found = queries.ending(session, bank, first=TODAY, last=TODAY + timedelta(days=7))
    assert [one.title for one in found] == ["6", "7"]


# ---- The tree ----


def test_a_new_bank_begins_with_the_whole_tree_once(session: Session, bank: Bank):
    service.plant_tree(session, bank)
    service.plant_tree(session, bank)
    found = queries.tree(session, bank)
    assert [branch.category.name for branch in found] == [name for name, _ in TREE]
    assert (
        sum(len(branch.skills) for branch in found) == sum(len(skills) for _, skills in TREE) >= 80
    )


def test_the_tree_is_the_coordinator_s(session: Session, bank: Bank):
    broker = actor(make_member(session, bank, "Maggie", "broker"))
    with pytest.raises(NotAllowed):
        service.add_category(session, bank, NewCategory("Water"), Act(broker, NOW))


def test_the_tree_is_changed_skill_by_skill(session: Session, bank: Bank):
    by = system(bank)
    water, fire = (
        service.add_category(session, bank, NewCategory(name), Act(by, NOW))
        for name in ("Water", "Fire")
    )
    taps = service.add_skill(
        session, bank, SkillDetails("Taps", water.id, synonyms="drip,  leak, drip"), Act(by, NOW)
    )
    assert taps.synonyms == "drip, leak"
    with pytest.raises(NameTaken):
        service.add_skill(session, bank, SkillDetails("TAPS", fire.id), Act(by, NOW))
    with pytest.raises(StillUsed):
        service.remove_category(session, bank, water.id, Act(by, NOW))
    safeguarding_service.plant_kinds(session, bank)
    moved = SkillDetails("Taps", fire.id, needs_checks=("driving", "references"))
    service.change_skill(session, bank, taps.id, moved, Act(by, NOW))
    service.remove_category(session, bank, water.id, Act(by, NOW))
    assert [
        (branch.category.name, [one.name for one in branch.skills])
        for branch in queries.tree(session, bank)
    ] == [("Fire", ["Taps"])]
    assert queries.skill(session, bank, taps.id).needs_checks == ("driving", "references")


def test_a_retired_skill_stays_with_what_has_it_and_is_offered_to_nothing_new(
    session: Session, bank: Bank
):
    by, ana = system(bank), make_member(session, bank)
    skill = service.add_skill(
        session,
        bank,
        SkillDetails(
            "Taps", service.add_category(session, bank, NewCategory("Water"), Act(by, NOW)).id
        ),
        Act(by, NOW),
    )
    listing = post(session, bank, ana, skill_id=skill.id)
    service.retire_skill(session, bank, skill.id, Act(by, NOW))
    assert queries.shown(session, bank, [listing])[0].skill is skill
    with pytest.raises(Invalid):
        post(session, bank, ana, skill_id=skill.id)
    change_listing(session, bank, listing.id, Act(actor(ana), NOW), title="Taps still")


# ---- Areas ----


def test_areas_are_the_same_next_to_each_other_or_far(session: Session, bank: Bank):
    service.link_areas(session, bank, TwoAreas("Mill Lane", "alder row"), Act(system(bank), NOW))
    steps = queries.steps_between(session, bank)
    pairs = [
        ("Mill Lane", " mill  lane"),
        ("Alder Row", "Mill Lane"),
        ("Mill Lane", "Canal Street"),
        (None, "Mill Lane"),
    ]
    assert [steps(*pair) for pair in pairs] == [0, 1, None, None]
    service.unlink_areas(session, bank, TwoAreas("Alder Row", "Mill Lane"), Act(system(bank), NOW))
    assert queries.steps_between(session, bank)("Alder Row", "Mill Lane") is None


# ---- Two coordinators at once ----


def test_of_two_who_change_the_tree_at_once_the_second_is_told_what_the_first_did(engine: Engine):
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        maggie = actor(make_member(session, bank, "Maggie", role="coordinator"))
        home, spare = (
            service.add_category(session, bank, NewCategory(name), Act(maggie, NOW)).id
            for name in ("Home", "Spare")
        )
        mending = service.add_skill(
            session, bank, SkillDetails("Mending", home), Act(maggie, NOW)
        ).id
        session.commit()

    def both(first: Any, second: Any) -> str:
        return outcome_behind(
            engine, lambda session: first(session, bank), lambda session: second(session, bank)
        )

    def change_skill(session: Session, bank: Bank) -> None:
        details = SkillDetails("Ironing", home)
        service.change_skill(session, bank, mending, details, Act(maggie, NOW))

    def add_skill(session: Session, bank: Bank) -> None:
        service.add_skill(session, bank, SkillDetails("Taps", home), Act(maggie, NOW))

    assert (
        both(
            *2
            * [
                lambda session, bank: service.add_category(
                    session, bank, NewCategory("Garden"), Act(maggie, NOW)
                )
            ]
        )
        == "NameTaken"
    )
    allotment = partial(service.add_category, new=NewCategory("Allotment"), act=Act(maggie, NOW))
    rename = partial(
        service.change_category,
        category_id=spare,
        details=CategoryDetails("Allotment", 0),
        act=Act(maggie, NOW),
    )
    assert both(allotment, rename) == "NameTaken"
    from_file = partial(service.add_from_file, name="Taps", by=maggie)
    assert both(from_file, add_skill) == "NameTaken"
    assert (
        both(*2 * [lambda session, bank: service.add_from_file(session, bank, "Baking", by=maggie)])
        == "done"
    )
    assert (
        both(
            *2
            * [
                lambda session, bank: service.link_areas(
                    session, bank, TwoAreas("North", "South"), Act(maggie, NOW)
                )
            ]
        )
        == "done"
    )
    into_spare = partial(
        service.add_skill, details=SkillDetails("Felting", spare), act=Act(maggie, NOW)
    )
    assert (
        both(
            into_spare,
            lambda session, bank: service.remove_category(session, bank, spare, Act(maggie, NOW)),
        )
        == "StillUsed"
    )
    add_ironing = partial(
        service.add_skill, details=SkillDetails("ironing", home), act=Act(maggie, NOW)
    )
    assert both(add_ironing, change_skill) == "NameTaken"
