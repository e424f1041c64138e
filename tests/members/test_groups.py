"""Groups of members with a shared account: made, joined, left and closed."""

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_entry,
    make_group,
    make_member,
    make_organisation,
    system,
)
from tests.races import outcome_behind
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.ledger import queries as ledger
from timebank.members import helping, partners, queries, service
from timebank.members.errors import NameTaken, NotInThatState
from timebank.members.models import Member, MemberEvent
from timebank.members.queries import Party
from timebank.members.rules import NewContact, NewLimits, SharedDetails
from timebank.notices.models import Notice


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


def give(session: Session, bank: Bank, payer: int, payee: int, minutes: int) -> None:
    make_entry(session, bank, "test", (payer, payee, minutes), kind="gift")


def names(session: Session, bank: Bank, group_id: int) -> list[str]:
    return [one.member.name for one in queries.people_of(session, bank, [group_id])[group_id]]


def kinds(session: Session, member: Member) -> list[str]:
    found = (
        select(MemberEvent.kind).where(MemberEvent.member_id == member.id).order_by(MemberEvent.id)
    )
    return list(session.execute(found).scalars())


def test_a_group_has_an_account_under_the_banks_limits_and_a_name_of_its_own(
    session: Session,
) -> None:
    bank = make_bank(session, member_floor=-300, member_ceiling=900)
    bo = make_member(session, bank, "Bo", role="broker")
    choir = partners.open_group(
        session, bank, SharedDetails(" Choir ", about="We sing."), Act(actor(bo), NOW)
    )
    account = ledger.account(session, bank, choir.account_id)
    assert (choir.name, account.kind, account.floor, account.ceiling) == (
        "Choir",
        "group",
        -300,
        900,
    )
    make_organisation(session, bank, "Surgery")
    for taken in ("Choir", "Surgery"):
        with pytest.raises(NameTaken, match=taken):
            partners.open_group(session, bank, SharedDetails(taken), Act(actor(bo), NOW))
    with pytest.raises(NameTaken, match="a group called Choir"):
        make_organisation(session, bank, "Choir")
    with pytest.raises(Invalid):
        partners.open_group(session, bank, SharedDetails(" "), Act(actor(bo), NOW))
    assert make_group(session, make_bank(session, slug="leith"), "Choir").name == "Choir"


def test_whoever_is_in_a_group_acts_for_it_and_is_told(session: Session, bank: Bank) -> None:
    ana, ben = (
        make_member(session, bank),
        make_member(session, bank, "Ben", email="ben@example.org"),
    )
    choir, walkers = make_group(session, bank, "Choir", [ben]), make_group(session, bank, "Walkers")
    assert queries.may_act_for(session, bank, actor(ben)) == {ben.account_id, choir.account_id}
    assert queries.may_act_for(session, bank, actor(ana)) == {ana.account_id}
    assert queries.acting_for(session, bank, [ana.id, ben.id]) == {ben.id: {choir.account_id}}
    assert queries.groups_of(session, bank, ben.id) == [choir]
    assert list(queries.groups(session, bank)) == [choir, walkers]
    assert queries.people_of(session, bank, [choir.id, walkers.id])[walkers.id] == []
    assert kinds(session, ben) == ["enrolled", "joined_group"]
    told = session.execute(
        select(Notice).where(Notice.addressee == f"member:{ben.id}")
    ).scalar_one()
    assert told.subject == "You are in Choir"
    assert queries.history(session, bank, ben.id)[0].detail == "Choir"


def test_a_group_is_a_party_like_any_other(session: Session, bank: Bank) -> None:
    ben, cy = make_member(session, bank, "Ben"), make_member(session, bank, "Cy")
    choir = make_group(session, bank, "Canal choir", [cy, ben])
    party = queries.party(session, bank, choir.account_id)
    assert party == Party(choir.account_id, "group", "Canal choir", group_id=choir.id)
    assert party.key == f"group:{choir.id}"
    assert queries.who(session, bank, [f"group:{choir.id}"]) == {f"group:{choir.id}": "Canal choir"}
    assert queries.find_parties(session, bank, "choir", within=queries.EVERYBODY) == [party]
    assert (
        queries.named(session, bank, "canal choir", field="who", within=queries.EVERYBODY) == party
    )
    with pytest.raises(Invalid):
        queries.member_named(session, bank, "canal", field="member", within=queries.EVERYBODY)
    assert queries.speakers(session, bank, party) == [cy.id, ben.id]
    chest = ledger.chest(session, bank)
    assert queries.speakers(session, bank, queries.party(session, bank, chest.id)) == []
    assert queries.party(session, bank, chest.id).key is None


def test_an_organisation_is_spoken_for_by_those_contacts_who_are_members(
    session: Session, bank: Bank
) -> None:
    ana, surgery = make_member(session, bank), make_organisation(session, bank)
    partners.add_contact(session, bank, surgery.id, NewContact("Dr Lane"), Act(system(bank), NOW))
    partners.add_contact(
        session, bank, surgery.id, NewContact(member_id=ana.id), Act(system(bank), NOW)
    )
    party = queries.party(session, bank, surgery.account_id)
    assert (queries.speakers(session, bank, party), party.key) == (
        [ana.id],
        f"organisation:{surgery.id}",
    )


def test_brokers_take_people_in_and_nobody_twice(session: Session, bank: Bank) -> None:
    ana, bo = make_member(session, bank), make_member(session, bank, "Bo", role="broker")
    choir = make_group(session, bank, "Choir", [bo])
    with pytest.raises(NotAllowed):
        partners.add_to_group(session, bank, choir.id, ana.id, Act(actor(ana), NOW))
    partners.add_to_group(session, bank, choir.id, ana.id, Act(actor(bo), NOW))
    with pytest.raises(Invalid, match="Ana is in Choir already"):
        partners.add_to_group(session, bank, choir.id, ana.id, Act(actor(bo), NOW))
    other = make_bank(session, slug="leith")
    stranger = make_member(session, other, "Eve", role="coordinator")
    for here, who, by in ((bank, stranger, bo), (other, stranger, stranger)):
        with pytest.raises(NotFound):
            partners.add_to_group(session, here, choir.id, who.id, Act(actor(by), NOW))
    service.leave(session, bank, ana.id, Act(actor(ana), NOW))
    with pytest.raises(NotInThatState):
        partners.add_to_group(session, bank, choir.id, ana.id, Act(actor(bo), NOW))


def test_one_leaves_by_oneself_and_may_come_back(session: Session, bank: Bank) -> None:
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    bo = make_member(session, bank, "Bo", role="broker")
    choir = make_group(session, bank, "Choir", [ana, ben])
    helping.grant_helper(session, bank, ana.id, cy.id, Act(actor(ana), NOW))
    with pytest.raises(NotAllowed):
        partners.leave_group(session, bank, choir.id, ana.id, Act(actor(ben), NOW))
    partners.leave_group(session, bank, choir.id, ana.id, Act(actor(cy), NOW))
    assert queries.may_act_for(session, bank, actor(ana)) == {ana.account_id}
    with pytest.raises(NotFound, match="Ana is not in Choir"):
        partners.leave_group(session, bank, choir.id, ana.id, Act(actor(ana), NOW))
    partners.add_to_group(session, bank, choir.id, ana.id, Act(actor(bo), NOW))
    partners.leave_group(session, bank, choir.id, ana.id, Act(actor(ana), NOW))
    partners.leave_group(session, bank, choir.id, ben.id, Act(actor(bo), NOW))
    assert names(session, bank, choir.id) == []
    assert kinds(session, ana)[-2:] == ["joined_group", "left_group"]


def test_who_leaves_the_bank_leaves_its_groups(session: Session, bank: Bank) -> None:
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    choir = make_group(session, bank, "Choir", [ana, ben])
    service.leave(session, bank, ana.id, Act(actor(ana), NOW))
    assert names(session, bank, choir.id) == ["Ben"]
    assert queries.may_act_for(session, bank, actor(ana)) == {ana.account_id}


def test_a_group_is_renamed_with_its_account(session: Session, bank: Bank) -> None:
    choir, ana = make_group(session, bank, "Choir"), make_member(session, bank)
    with pytest.raises(NotAllowed):
        partners.change_group(session, bank, choir.id, SharedDetails("Band"), Act(actor(ana), NOW))
    partners.change_group(
        session, bank, choir.id, SharedDetails("Band", about="Louder."), Act(system(bank), NOW)
    )
    assert (choir.name, choir.about, ledger.account(session, bank, choir.account_id).label) == (
        "Band",
        "Louder.",
        "Band",
    )


def test_a_coordinator_sets_a_groups_limits(session: Session, bank: Bank) -> None:
    choir, bo = make_group(session, bank, "Choir"), make_member(session, bank, "Bo", role="broker")
    with pytest.raises(NotAllowed):
        partners.set_group_limits(
            session, bank, choir.id, NewLimits(0, None, "So."), Act(actor(bo), NOW)
        )
    with pytest.raises(Invalid):
        partners.set_group_limits(
            session, bank, choir.id, NewLimits(60, None, "So."), Act(system(bank), NOW)
        )
    partners.set_group_limits(
        session, bank, choir.id, NewLimits(-1200, 600, "So."), Act(system(bank), NOW)
    )
    account = ledger.account(session, bank, choir.account_id)
    assert (account.floor, account.ceiling) == (-1200, 600)


@pytest.mark.parametrize(("settle", "left", "in_the_chest"), [(True, 0, 90), (False, 90, 0)])
def test_a_coordinator_closes_a_group_and_its_hours_go_to_the_chest(
    session: Session, bank: Bank, settle: bool, left: int, in_the_chest: int
) -> None:
    bo = make_member(session, bank, "Bo", role="broker")
    choir = make_group(session, bank, "Choir", [bo])
    give(session, bank, bo.account_id or 0, choir.account_id, 90)
    with pytest.raises(NotAllowed):
        partners.close_group(session, bank, choir.id, Act(actor(bo), NOW))
    partners.close_group(session, bank, choir.id, Act(system(bank), NOW), settle=settle)
    assert ledger.balance(session, bank, choir.account_id) == left
    assert ledger.chest(session, bank).balance == in_the_chest
    assert queries.party(session, bank, choir.account_id).closed
    assert queries.may_act_for(session, bank, actor(bo)) == {bo.account_id}
    assert (
        list(queries.groups(session, bank)),
        list(queries.groups(session, bank, closed=True)),
    ) == ([], [choir])
    for again in (
        lambda: partners.close_group(session, bank, choir.id, Act(system(bank), NOW)),
        lambda: partners.change_group(
            session, bank, choir.id, SharedDetails("Band"), Act(system(bank), NOW)
        ),
        lambda: partners.add_to_group(session, bank, choir.id, bo.id, Act(system(bank), NOW)),
        lambda: partners.set_group_limits(
            session, bank, choir.id, NewLimits(0, None, "So."), Act(system(bank), NOW)
        ),
    ):
        with pytest.raises(NotInThatState):
            again()


def test_of_two_at_once_the_second_is_told_what_the_first_did(engine: Engine) -> None:
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, choir = make_member(session, bank), make_group(session, bank, "Choir")
        session.commit()
    by = Act(system(bank), NOW)

    def take_in(session: Session) -> None:
        partners.add_to_group(session, bank, choir.id, ana.id, act=by)

    def close(session: Session) -> None:
        partners.close_group(session, bank, choir.id, act=by)

    def open_another(session: Session) -> None:
        partners.open_group(session, bank, SharedDetails("Band"), by)

    assert outcome_behind(engine, take_in, take_in) == "Invalid"
    assert outcome_behind(engine, open_another, open_another) == "NameTaken"
    assert outcome_behind(engine, close, take_in) == "NotInThatState"


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO group_member (bank_id, group_id, member_id, by, joined_at)"
            " SELECT bank_id, group_id, member_id, by, joined_at FROM group_member"
        ),
        "UPDATE group_member SET bank_id = :other",
        "UPDATE group_member SET member_id = :stranger",
        "UPDATE member_group SET bank_id = :other",
        "UPDATE member_group SET name = 'Walkers'",
        "UPDATE member_group SET name = ''",
        "UPDATE member_group SET account_id = :anas WHERE name = 'Choir'",
        (
            "UPDATE member_group SET account_id = (SELECT account_id FROM member_group WHERE name ="
            " 'Walkers')"
        ),
    ],
)
def test_the_database_keeps_groups_in_order(session: Session, bank: Bank, statement: str) -> None:
    ana = make_member(session, bank)
    make_group(session, bank, "Choir", [ana])
    make_group(session, bank, "Walkers")
    other = make_bank(session, slug="leith")
    stranger = make_member(session, other, "Eve")
    values = {"other": other.id, "stranger": stranger.id, "anas": stranger.account_id}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(statement), used)
