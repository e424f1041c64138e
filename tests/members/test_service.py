"""What happens to people and organisations, through the use cases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    change_details,
    make_bank,
    make_entry,
    make_member,
    make_notice,
    make_organisation,
    set_profile,
    system,
)
from tests.races import outcome_behind
from timebank.act import Act, Role
from timebank.banks.models import Bank
from timebank.banks.rules import NewBank
from timebank.db import WRITING
from timebank.errors import Invalid, NotAllowed, NotFound, Refusal
from timebank.ledger import queries as ledger
from timebank.members import acts, helping, partners, queries, service
from timebank.members.errors import (
    LastCoordinator,
    NameTaken,
    NotInThatState,
    NotTakingApplications,
    NumberTaken,
)
from timebank.members.models import Contact, Helper, Member, MemberEvent
from timebank.members.rules import FORMER, Details, NewContact, NewLimits, NewMember, SharedDetails
from timebank.notices.models import Notice
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say


def give(session: Session, bank: Bank, payer: int, payee: int, minutes: int) -> None:
    """Move minutes in the books, as somebody's help would."""
    make_entry(session, bank, f"test:{payer}:{payee}:{minutes}", (payer, payee, minutes))


def balance(session: Session, bank: Bank, account_id: int | None) -> int:
    assert account_id is not None
    return ledger.balance(session, bank, account_id)


def kinds(session: Session, member: Member) -> list[str]:
    """What was done to a member, in order."""
    found = (
        select(MemberEvent.kind).where(MemberEvent.member_id == member.id).order_by(MemberEvent.id)
    )
    return list(session.execute(found).scalars())


def notices(session: Session, member: Member) -> list[Notice]:
    found = select(Notice).where(Notice.addressee == f"member:{member.id}").order_by(Notice.id)
    return list(session.execute(found).scalars())


# ---- Banks ----


def test_a_bank_opens_with_a_chest_and_an_address_of_its_own(session: Session) -> None:
    slugs = [
        service.open_bank(session, NewBank(name), now=NOW).slug
        for name in ("Äider Row & Co", "Aider Row Co", "李")
    ]
    assert slugs == ["aider-row-co", "aider-row-co-2", "bank"]
    bank = session.execute(select(Bank).where(Bank.slug == "bank")).scalar_one()
    assert ledger.chest(session, bank).balance == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"slug": "No Good"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "fife"}, "slug"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
    ],
)
def test_a_bank_that_cannot_be_is_refused(
    session: Session, wrong: dict[str, str], field: str
) -> None:
    make_bank(session, slug="fife")
    with pytest.raises(Invalid) as refused:
        service.open_bank(session, NewBank(**{"name": "Bank", **wrong}), now=NOW)
    assert list(refused.value.fields) == [field]


# ---- Joining ----


def test_joining_ends_with_an_account_a_number_and_a_welcome(session: Session) -> None:
    bank = make_bank(
        session,
        member_floor=-300,
        member_ceiling=6000,
        contact_name="Maggie",
        contact_phone="01632 960 140",
        welcome="The kettle is on.",
    )
    joan = service.join(session, bank, Details("Joan", email="joan@example.org"), now=NOW)
    assert (joan.status, joan.number, joan.account_id) == ("applied", None, None)
    (thanks,) = notices(session, joan)
    assert (thanks.channel, thanks.subject[:17]) == ("email", "You asked to join")
    bo = make_member(session, bank, "Bo", role="broker")
    service.approve(session, bank, joan.id, Act(actor(bo), NOW))
    account = ledger.account(session, bank, joan.account_id or 0)
    assert (joan.status, joan.number, joan.joined_on) == ("active", "2", date(2026, 11, 12))
    assert (account.balance, account.floor, account.ceiling) == (0, -300, 6000)
    _, welcome = notices(session, joan)
    assert (welcome.channel, welcome.address) == ("email", "joan@example.org")
    assert welcome.body.startswith("The kettle is on.")
    assert "number is 2" in welcome.body
    assert "01632 960 140" in welcome.body
    assert kinds(session, joan) == ["applied", "approved"]


def test_somebody_without_an_address_is_welcomed_by_a_call(session: Session) -> None:
    bank = make_bank(session)
    joan = service.join(session, bank, Details("Joan"), now=NOW)
    service.approve(session, bank, joan.id, Act(system(bank), NOW))
    assert [notice.channel for notice in notices(session, joan)] == ["call"]


def test_the_day_of_joining_is_the_banks_own(session: Session) -> None:
    bank = make_bank(session, timezone="Pacific/Auckland")
    joan = make_member(session, bank, "Joan", joined_on=None, now=NOW.replace(hour=23))
    assert joan.joined_on == date(2026, 11, 13)


def test_an_application_is_answered_once(session: Session) -> None:
    bank = make_bank(session)
    joan = service.join(session, bank, Details("Joan"), now=NOW)
    service.approve(session, bank, joan.id, Act(system(bank), NOW))
    for answer in (service.approve, service.decline):
        with pytest.raises(NotInThatState):
            answer(session, bank, joan.id, Act(system(bank), NOW))


def test_a_declined_application_leaves_nothing_behind(session: Session) -> None:
    bank = make_bank(session)
    joan = service.join(session, bank, Details("Joan", email="joan@example.org"), now=NOW)
    service.decline(session, bank, joan.id, Act(system(bank), NOW))
    for table in (Member, MemberEvent, Notice):
        assert session.execute(select(func.count()).select_from(table)).scalar() == 0


def test_a_bank_may_close_its_door(session: Session) -> None:
    bank = make_bank(session, joining_open=False)
    with pytest.raises(NotTakingApplications):
        service.join(session, bank, Details("Joan"), now=NOW)


def test_numbers_go_on_from_the_largest_of_the_banks_own(session: Session) -> None:
    bank, other = make_bank(session), make_bank(session, name="Other")
    make_member(session, bank, "A", number="0041")
    make_member(session, bank, "B", number="M-99")
    make_member(session, other, "C", number="700")
    assert make_member(session, bank, "D").number == "42"
    make_member(session, other, "E", number="42")
    with pytest.raises(NumberTaken):
        make_member(session, bank, "F", number=" 42 ")


def test_a_number_chosen_for_an_applicant_is_kept(session: Session) -> None:
    bank = make_bank(session)
    joan = service.join(session, bank, Details("Joan"), now=NOW)
    change_details(session, bank, joan.id, Act(system(bank), NOW), number="J7")
    assert service.approve(session, bank, joan.id, Act(system(bank), NOW)).number == "J7"


def test_only_the_staff_answer_and_enrol_and_only_coordinators_make_staff(session: Session) -> None:
    bank = make_bank(session)
    ana, bo = make_member(session, bank), make_member(session, bank, "Bo", role="broker")
    joan = service.join(session, bank, Details("Joan"), now=NOW)
    for answer in (service.approve, service.decline):
        with pytest.raises(NotAllowed):
            answer(session, bank, joan.id, Act(actor(ana), NOW))
    with pytest.raises(NotAllowed):
        service.enrol(session, bank, NewMember("X"), Act(actor(ana), NOW))
    with pytest.raises(NotAllowed):
        service.enrol(session, bank, NewMember("X", role=Role.BROKER), Act(actor(bo), NOW))


# ---- Changing ----


def test_what_was_done_is_kept_without_personal_data(session: Session) -> None:
    bank = make_bank(session)
    ana = make_member(session, bank, phone="01632 960 101")
    change_details(session, bank, ana.id, Act(actor(ana), NOW), name="Ana Ray", area="Canal Street")
    change_details(session, bank, ana.id, Act(actor(ana), NOW), name="Ana Ray")
    (enrolled, changed) = reversed(queries.events(session, bank, ana.id))
    assert (enrolled.kind, enrolled.by) == ("enrolled", "system:test")
    assert (changed.kind, changed.detail, changed.by) == (
        "changed",
        "name, area",
        f"member:{ana.id}",
    )
    assert [event.by for event in queries.history(session, bank, ana.id)] == [
        "Ana Ray",
        queries.ITSELF,
    ]
    assert queries.who(session, bank, ["system:import"]) == {"system:import": say("an import")}


def test_members_keep_a_number(session: Session) -> None:
    ana = make_member(session)
    bank = session.execute(select(Bank)).scalar_one()
    with pytest.raises(Invalid) as refused:
        change_details(session, bank, ana.id, Act(system(bank), NOW), number="")
    assert list(refused.value.fields) == ["number"]


def test_people_of_another_bank_cannot_be_reached(session: Session) -> None:
    here, there = make_bank(session), make_bank(session, name="There")
    ana, eve = make_member(session, here), make_member(session, there, "Eve")
    partner = make_organisation(session, there)
    by = system(here)
    attempts = [
        lambda: change_details(session, here, eve.id, Act(by, NOW), name="X"),
        lambda: service.set_role(session, here, eve.id, "broker", Act(by, NOW)),
        lambda: service.set_limits(
            session, here, eve.id, NewLimits(0, None, "A test."), Act(by, NOW)
        ),
        lambda: service.pause(session, here, eve.id, Act(by, NOW)),
        lambda: service.leave(session, here, eve.id, Act(by, NOW)),
        lambda: helping.grant_helper(session, here, ana.id, eve.id, Act(by, NOW)),
        lambda: helping.grant_helper(session, here, eve.id, ana.id, Act(by, NOW)),
        lambda: partners.close_organisation(session, here, partner.id, Act(by, NOW)),
        lambda: partners.add_contact(session, here, partner.id, NewContact("X"), Act(by, NOW)),
        lambda: acts.tell(session, here, eve.id, make_notice("x"), now=NOW),
        lambda: queries.by_number(session, here, "2"),
        lambda: queries.party(session, here, eve.account_id or 0),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert queries.find_parties(session, here, "Eve", within=queries.EVERYBODY) == []


def test_a_bank_never_loses_its_last_coordinator(session: Session) -> None:
    bank = make_bank(session)
    co = make_member(session, bank, "Co", role="coordinator")
    second = make_member(session, bank, "Di", role="coordinator", status="paused")
    for step in (service.pause, service.leave):
        with pytest.raises(LastCoordinator):
            step(session, bank, co.id, act=Act(system(bank), NOW))
    with pytest.raises(LastCoordinator):
        service.set_role(session, bank, co.id, "broker", Act(actor(co), NOW))
    service.resume(session, bank, second.id, Act(actor(co), NOW))
    service.set_role(session, bank, co.id, "broker", Act(actor(co), NOW))
    assert queries.coordinators(session, bank) == [second.id]


def test_limits_stop_at_the_balance(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    give(session, bank, ana.account_id or 0, ben.account_id or 0, 120)
    with pytest.raises(Invalid) as refused:
        service.set_limits(
            session, bank, ana.id, NewLimits(-60, None, "A test."), Act(system(bank), NOW)
        )
    assert "−2 h" in str(refused.value.fields["floor"])
    service.set_limits(
        session, bank, ana.id, NewLimits(-120, 60, "A test."), Act(system(bank), NOW)
    )
    state = ledger.account(session, bank, ana.account_id or 0)
    assert (state.floor, state.ceiling) == (-120, 60)


def test_pausing_and_coming_back(session: Session) -> None:
    bank = make_bank(session)
    ana = make_member(session, bank)
    service.pause(session, bank, ana.id, Act(system(bank), NOW))
    with pytest.raises(NotInThatState):
        service.pause(session, bank, ana.id, Act(system(bank), NOW))
    service.resume(session, bank, ana.id, Act(system(bank), NOW))
    assert kinds(session, ana) == ["enrolled", "paused", "resumed"]


# ---- Helpers and contacts ----


def test_a_helper_may_act_until_it_is_ended_and_both_are_told(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    grant = helping.grant_helper(
        session, bank, ana.id, ben.id, Act(actor(ana), NOW), relation="son"
    )
    assert queries.may_act_for(session, bank, actor(ben)) == {ana.account_id, ben.account_id}
    assert queries.may_act_for(session, bank, actor(ana)) == {ana.account_id}
    for _ in range(2):
        helping.revoke_helper(session, bank, grant.id, Act(actor(ben), NOW))
    assert queries.may_act_for(session, bank, actor(ben)) == {ben.account_id}
    for side in (ana, ben):
        assert len(notices(session, side)) == 2
    again = helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    assert again.id != grant.id


def test_a_helper_reads_what_the_member_is_told_if_the_member_wishes(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (
        make_member(session, bank, name, email=f"{name.lower()}@example.org")
        for name in ("Ana", "Ben", "Cy")
    )
    grant = helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(ana), NOW))

    def read(helper: Member, cause: str) -> list[Notice]:
        theirs = Notice.addressee == f"member:{helper.id}", Notice.cause == cause
        return list(session.execute(select(Notice).where(*theirs)).scalars())

    def tell(cause: str, **how: Any) -> None:
        asks = "exchanges.agree" if "about" in how else None
        notice = NewNotice(Letter(say("Tea"), say("At four?"), asks), cause, **how)
        acts.tell(session, bank, ana.id, notice, now=NOW)

    tell("one", to_helpers=True)
    assert read(ben, "one") == []
    for by in (ben, cy):
        with pytest.raises(NotFound):
            helping.set_notices(session, bank, grant.id, Act(actor(by), NOW), wanted=True)
    helping.set_notices(session, bank, grant.id, Act(actor(ana), NOW), wanted=True)
    tell("two", to_helpers=True, about=7)
    (copy,) = read(ben, "two")
    assert (copy.subject, copy.about) == ("For Ana: Tea", None)
    assert "At four?" in copy.body
    assert read(ana, "two")[0].about == 7
    # Nothing to sign in with, nothing that nobody said helpers may read, and nothing any more.
    tell("three", to_helpers=True, secret="sign_in_link")
    tell("four")
    helping.set_notices(session, bank, grant.id, Act(actor(ana), NOW), wanted=False)
    tell("five", to_helpers=True)
    assert [read(ben, cause) for cause in ("three", "four", "five")] == [[], [], []]


def test_who_cannot_be_a_helper(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    applicant = service.join(session, bank, Details("Joan"), now=NOW)
    helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    attempts: list[tuple[int, Member, type[Refusal]]] = [
        (ana.id, ana, Invalid),
        (ben.id, ana, Invalid),
        (cy.id, cy, NotAllowed),
        (applicant.id, ana, NotInThatState),
    ]
    for helper_id, by, refusal in attempts:
        with pytest.raises(refusal):
            helping.grant_helper(session, bank, ana.id, helper_id, Act(actor(by), NOW))


def test_a_stranger_to_a_helper_relation_cannot_end_it(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    grant = helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    with pytest.raises(NotFound):
        helping.revoke_helper(session, bank, grant.id, Act(actor(cy), NOW))


def test_speaking_for_an_organisation_ends_with_it(session: Session) -> None:
    bank = make_bank(session)
    ana, partner = make_member(session, bank), make_organisation(session, bank)
    partners.add_contact(
        session, bank, partner.id, NewContact(member_id=ana.id), Act(system(bank), NOW)
    )
    partners.add_contact(session, bank, partner.id, NewContact("Dr Lane"), Act(system(bank), NOW))
    assert queries.may_act_for(session, bank, actor(ana)) == {ana.account_id, partner.account_id}
    partners.close_organisation(session, bank, partner.id, Act(system(bank), NOW))
    assert queries.may_act_for(session, bank, actor(ana)) == {ana.account_id}
    assert queries.contacts(session, bank, partner.id) == []
    with pytest.raises(NotInThatState):
        partners.add_contact(session, bank, partner.id, NewContact("X"), Act(system(bank), NOW))
    with pytest.raises(NameTaken):
        make_organisation(session, bank)


def test_only_a_coordinator_ends_a_partnership_and_its_hours_go_to_the_chest(
    session: Session,
) -> None:
    bank = make_bank(session)
    bo, partner = make_member(session, bank, "Bo", role="broker"), make_organisation(session, bank)
    give(session, bank, bo.account_id or 0, partner.account_id, 90)
    with pytest.raises(NotAllowed):
        partners.close_organisation(session, bank, partner.id, Act(actor(bo), NOW))
    partners.close_organisation(session, bank, partner.id, Act(system(bank), NOW))
    assert balance(session, bank, partner.account_id) == 0
    assert ledger.chest(session, bank).balance == 90
    assert queries.party(session, bank, partner.account_id).closed


# ---- Leaving ----


@pytest.mark.parametrize(
    ("minutes", "chest", "settle", "left", "chest_after"),
    [
        (90, 0, True, 0, 90),
        (90, 0, False, 90, 0),
        (-90, 120, True, 0, 30),
        (-90, 60, True, -90, 60),
        (-90, 120, False, -90, 120),
        (0, 0, True, 0, 0),
    ],
)
def test_leaving_settles_with_the_chest_where_it_can(
    session: Session, minutes: int, chest: int, settle: bool, left: int, chest_after: int
) -> None:
    bank = make_bank(session)
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    common = ledger.chest(session, bank)
    for payer, payee, amount in (
        (ben.account_id, ana.account_id, minutes),
        (ben.account_id, common.id, chest),
    ):
        assert payer is not None
        assert payee is not None
        if amount:
            sides = (payer, payee) if amount > 0 else (payee, payer)
            give(session, bank, *sides, abs(amount))
    service.leave(session, bank, ana.id, Act(actor(ana), NOW), settle=settle)
    assert balance(session, bank, ana.account_id) == left
    assert balance(session, bank, common.id) == chest_after


def test_who_has_left_is_nobody_any_more(session: Session) -> None:
    bank = make_bank(session)
    personal = {
        "email": "ana@example.org",
        "phone": "01632 960 101",
        "address": "1 Row",
        "area": "Row",
        "about": "Knits",
    }
    ana = make_member(
        session, bank, "Ana Ray", **personal, date_of_birth=date(1950, 1, 1), number="A1"
    )
    ben, partner = make_member(session, bank, "Ben"), make_organisation(session, bank)
    helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(ana), NOW), relation="son of Ana")
    helping.grant_helper(session, bank, ben.id, ana.id, Act(actor(ben), NOW))
    partners.add_contact(
        session, bank, partner.id, NewContact(member_id=ana.id), Act(system(bank), NOW)
    )
    service.leave(session, bank, ana.id, Act(actor(ana), NOW))
    assert (ana.status, ana.name, ana.name_key) == ("left", FORMER, "former member")
    assert ana.number not in ("A1", ben.number, None)
    assert [ana.email, ana.phone, ana.address, ana.area, ana.about, ana.date_of_birth] == [None] * 6
    assert ana.left_on == date(2026, 11, 12)
    party = queries.party(session, bank, ana.account_id or 0)
    assert (party.name, party.closed) == (FORMER, True)
    assert queries.may_act_for(session, bank, actor(ana)) == {ana.account_id}
    assert session.execute(select(Helper.relation).where(Helper.revoked_at.is_(None))).all() == []
    assert set(session.execute(select(Helper.relation)).scalars()) == {""}
    assert session.execute(select(Contact)).all() == []
    assert queries.find_parties(session, bank, "A1", within=queries.EVERYBODY) == []
    assert [member.name for member in queries.members(session, bank)] == ["Ben"]
    acts.tell(session, bank, ana.id, make_notice("x", cause="late"), now=NOW)
    assert all(notice.body == "" for notice in notices(session, ana))
    with pytest.raises(NotInThatState):
        service.leave(session, bank, ana.id, Act(system(bank), NOW))


def test_nobody_is_taken_out_by_a_stranger(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, bo = (
        make_member(session, bank),
        make_member(session, bank, "Ben"),
        make_member(session, bank, "Bo", role="broker"),
    )
    with pytest.raises(NotAllowed):
        service.leave(session, bank, ana.id, Act(actor(ben), NOW))
    service.set_role(session, bank, ben.id, "broker", Act(system(bank), NOW))
    with pytest.raises(NotAllowed):
        service.leave(session, bank, ben.id, Act(actor(bo), NOW))


# ---- Two at once ----


def test_of_two_who_change_different_parts_at_once_both_stand(engine: Engine):
    """As programs do that send only what is to change: the rest is what stands by then."""
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana = make_member(session, bank, "Ana", email="ana@example.org", phone="01632 960 101")
        session.commit()
    by = Act(system(bank), NOW)

    def of_details(session: Session, **part: Any) -> None:
        held = queries.details(queries.hold(session, bank, ana.id))
        service.change(session, bank, ana.id, replace(held, **part), by)

    def of_profile(session: Session, **part: Any) -> None:
        queries.hold(session, bank, ana.id)
        suiting = replace(queries.suiting(session, bank, ana.id), **part)
        service.set_profile(session, bank, ana.id, suiting, by)

    def of_wishes(session: Session, **part: Any) -> None:
        queries.hold(session, bank, ana.id)
        wishes = replace(queries.preference(session, bank, ana.id), **part)
        service.set_preference(session, bank, ana.id, wishes, by)

    for change, one, other in (
        (of_details, {"area": "Mill Lane"}, {"about": "Sings"}),
        (of_profile, {"languages": "Urdu"}, {"access_needs": "Steps"}),
        (of_wishes, {"channel": "text"}, {"digest": False}),
    ):
        first, second = partial(change, **one), partial(change, **other)
        assert outcome_behind(engine, first, second) == "done"
    with Session(engine) as session:
        kept = queries.member(session, bank, ana.id)
        suiting = queries.suiting(session, bank, ana.id)
        wishes = queries.preference(session, bank, ana.id)
        assert (kept.area, kept.about) == ("Mill Lane", "Sings")
        assert (suiting.languages, suiting.access_needs) == ("Urdu", "Steps")
        assert (wishes.channel, wishes.digest) == ("text", False)


def test_of_two_who_give_out_the_same_number_or_name_at_once_the_second_is_refused(engine: Engine):
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana = make_member(session, bank, "Ana")
        surgery, shop = make_organisation(session, bank), make_organisation(session, bank, "Shop")
        session.commit()

    def both(do: Callable[[Session], object]) -> str:
        return outcome_behind(engine, do, do)

    by = Act(system(bank), NOW)
    assert (
        both(lambda session: service.enrol(session, bank, NewMember("Ben", number="B7"), by))
        == "NumberTaken"
    )
    assert both(lambda session: service.enrol(session, bank, NewMember("Cy"), by)) == "done"
    assert (
        both(lambda session: partners.add_organisation(session, bank, SharedDetails("Library"), by))
        == "NameTaken"
    )
    assert (
        both(lambda session: set_profile(session, bank, ana.id, by, languages="French")) == "done"
    )
    assert (
        both(lambda session: service.open_bank(session, NewBank("Leith", slug="leith"), now=NOW))
        == "NameTaken"
    )
    names = [(surgery.id, "Clinic"), (shop.id, "Clinic")]
    changes = [
        lambda session, one=one: partners.change_organisation(
            session, bank, one[0], SharedDetails(one[1]), by
        )
        for one in names
    ]
    assert outcome_behind(engine, *changes) == "NameTaken"
