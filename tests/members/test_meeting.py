"""Who is kept apart from whom comes neither into one group, nor to speak for one organisation, nor
to act for the other, but by the staff and with a reason; which coordinators read."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_group,
    make_member,
    make_notice,
    make_organisation,
    system,
)
from timebank import clock
from timebank.act import Act, Word
from timebank.db import transaction
from timebank.members import helping, meeting, partners, queries
from timebank.members.errors import CannotTakePart, KeptApart
from timebank.members.models import Despite, Member
from timebank.members.rules import NewContact
from timebank.members.service import leave
from timebank.notices import service as notices_service
from timebank.notices.models import Notice
from timebank.notices.rules import Addressee

WHY = "Their daughters asked for it."


@pytest.mark.parametrize("where", ["group", "organisation", "helping"])
def test_the_staff_bring_together_only_with_a_reason(session: Session, where: str) -> None:
    bank = make_bank(session)
    ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
    maggie = make_member(session, bank, "Maggie", role="broker")
    group = make_group(session, bank, "Knitters")
    shop = make_organisation(session, bank, "Shop")

    def bring(member: Member, why: str = "") -> object:
        act = Act(actor(maggie), NOW, Word(despite=why))
        if where == "group":
            return partners.add_to_group(session, bank, group.id, member.id, act)
        if where == "organisation":
            new = NewContact(member_id=member.id)
            return partners.add_contact(session, bank, shop.id, new, act)
        return member is ana or helping.grant_helper(session, bank, ana.id, ben.id, act)

    bring(ana)
    helping.keep_apart(session, bank, ben.id, ana.id, Act(actor(maggie), NOW))
    session.flush()
    with pytest.raises(KeptApart, match="Ben and Ana are kept apart"):
        bring(ben)
    bring(ben, WHY)
    (met,) = meeting.met(session, bank, limit=5)
    assert (met.one.name, met.another.name, met.why, met.by) == ("Ben", "Ana", WHY, "Maggie")


def test_a_member_names_nobody_as_helper_whom_they_are_kept_apart_from(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
    helping.keep_apart(session, bank, ben.id, ana.id, Act(actor(ben), NOW))
    session.flush()
    with pytest.raises(CannotTakePart) as refused:
        helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    assert "apart" not in str(refused.value)


def test_who_is_kept_apart_from_their_helper_has_that_helper_no_more(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
    helping.grant_helper(session, bank, ana.id, ben.id, Act(system(bank), NOW))
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    assert not queries.helpers_of(session, bank, ana.id)


def test_what_waits_to_be_told_of_the_other_goes_out_no_more(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, f"{name} Grey") for name in ("Ana", "Ben", "Cy"))
    for to, told in ((ana, ben), (ben, ana), (ana, cy), (cy, ben)):
        letter = make_notice(f"{told.name} asks for help", "Come round.", cause=f"test:{told.id}")
        notices_service.write(
            session, bank, Addressee(f"member:{to.id}", to.name, "en"), letter, now=NOW
        )
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    waiting = session.execute(select(Notice.name, Notice.subject)).all()
    assert sorted((to.split()[0], subject.split()[0]) for to, subject in waiting) == [
        ("Ana", "Cy"),
        ("Cy", "Ben"),
    ]


@pytest.mark.parametrize("by_what", ["asked", "helper", "helped", "contact", "group"])
def test_what_is_hidden_is_asked_in_one_way_of_one_and_of_many(
    session: Session, by_what: str
) -> None:
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    act, (one, another) = Act(system(bank), NOW), (cy, ben)
    theirs = {ben.account_id}
    if by_what == "asked":
        one = ana
    elif by_what == "helper":
        helping.grant_helper(session, bank, ana.id, cy.id, act)
    elif by_what == "helped":
        helping.grant_helper(session, bank, cy.id, ana.id, act)
    elif by_what == "contact":
        shop, one = make_organisation(session, bank, "Shop"), ana
        partners.add_contact(session, bank, shop.id, NewContact(member_id=ben.id), act)
        theirs.add(shop.account_id)
    else:
        one = ana
        theirs.add(make_group(session, bank, "Knitters", [ben]).account_id)
    helping.keep_apart(session, bank, one.id, another.id, act)
    session.flush()
    accounts = meeting.hidden_from(bank, actor(ana))
    assert accounts is not None
    assert {*session.execute(accounts).scalars()} == theirs
    assert meeting.hidden(session, bank, [ana.id])[ana.id] == theirs
    assert meeting.hidden_people(session, bank, actor(ana)) == {ben.id}
    assert meeting.hides(session, bank, ben.account_id or 0, by=actor(ana))


def test_who_acts_for_somebody_in_a_group_keeps_others_out_of_it(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, dee = (make_member(session, bank, name) for name in ("Ana", "Ben", "Dee"))
    maggie = make_member(session, bank, "Maggie", role="broker")
    helping.grant_helper(session, bank, dee.id, ana.id, Act(actor(maggie), NOW))
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(maggie), NOW))
    group = make_group(session, bank, "Knitters", [dee])
    with pytest.raises(KeptApart, match="Ana and Ben are kept apart"):
        partners.add_to_group(session, bank, group.id, ben.id, Act(actor(maggie), NOW))


def test_why_two_met_goes_with_who_leaves(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
    act = Act(system(bank), NOW, Word(despite=WHY))
    meeting.record(session, bank, [(ana.id, ben.id)], act, what="exchange:1")
    leave(session, bank, ben.id, Act(system(bank), NOW))
    assert session.query(Despite).count() == 0


def test_the_form_and_the_api_ask_why_and_only_coordinators_read_it(
    app: Flask,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
        maggie = make_member(session, bank, "Maggie", role="broker")
        cora = make_member(session, bank, "Cora", role="coordinator")
        make_group(session, bank, "Knitters")
        (group,) = queries.groups(session, bank)
        act = Act(system(bank), clock.now())
        partners.add_to_group(session, bank, group.id, ana.id, act)
        helping.keep_apart(session, bank, ana.id, ben.id, act)
        ids = {
            "group": group.id,
            "ben": ben.id,
            "ana": ana.id,
            "maggie": maggie.id,
            "cora": cora.id,
        }
    here = f"/b/fife/groups/{ids['group']}/people/new"
    desk = sign_in(ids["maggie"])
    stopped = desk.post(here, data={"member": "Ben"})
    assert stopped.status_code == 422
    assert "Ana and Ben are kept apart." in stopped.text
    assert 'name="despite"' in stopped.text
    assert 'value="Ben"' in stopped.text
    body: dict[str, Any] = {"member": f"member:{ids['ben']}"}
    resource = f"/api/v1/groups/{ids['group']}/people"
    refused = app.test_client().post(resource, json=body, headers=bearer(ids["maggie"]))
    assert (refused.status_code, refused.json["code"]) == (422, "kept_apart")
    assert "despite" in refused.json["fields"]
    assert desk.post(here, data={"member": "Ben", "despite": WHY}).status_code == 303
    listed = "/api/v1/members/kept-apart"
    for name, status in (("maggie", 403), ("ana", 403), ("cora", 200)):
        answer = app.test_client().get(listed, headers=bearer(ids[name]))
        assert answer.status_code == status
        assert (WHY in answer.text) is (name == "cora")
    assert WHY in sign_in(ids["cora"]).get("/b/fife/members/kept-apart").text
    assert sign_in(ids["maggie"]).get("/b/fife/members/kept-apart").status_code == 403
