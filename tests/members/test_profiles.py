"""What helps to find the right person for somebody: what suits them, and whom to keep them apart
from."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_group, make_member, set_profile, system
from timebank.act import Act
from timebank.db import transaction
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.members import helping, meeting, queries, service
from timebank.members.models import KeptApart, Profile
from timebank.times import times_of

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


# ---- What suits somebody ----


def test_a_profile_says_what_suits_and_is_in_the_history(session: Session):
    bank = make_bank(session)
    ana, bo = make_member(session, bank, "Ana"), make_member(session, bank, "Bo", role="broker")
    assert queries.profile(session, bank, ana.id).languages == ""
    set_profile(
        session,
        bank,
        ana.id,
        Act(actor(ana), NOW),
        languages="english,  urdu, English",
        times=times_of([3]),
    )
    set_profile(session, bank, ana.id, Act(actor(bo), NOW), broker_id=bo.id)
    found = queries.profiles(session, bank, [ana.id, bo.id])[ana.id]
    assert (found.languages, found.times, found.broker_id) == ("English, Urdu", 8, bo.id)
    assert [event.detail for event in queries.history(session, bank, ana.id)][:2] == [
        "broker",
        "languages, times",
    ]


def test_a_helper_may_say_what_suits_and_nobody_else(session: Session):
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    helping.grant_helper(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    set_profile(session, bank, ana.id, Act(actor(ben), NOW), access_needs="Steps are hard")
    with pytest.raises(NotAllowed):
        set_profile(session, bank, ana.id, Act(actor(cy), NOW), access_needs="")
    with pytest.raises(NotAllowed):
        set_profile(session, bank, ana.id, Act(actor(ana), NOW), broker_id=ben.id)


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        ({"languages": "x" * 201}, "languages"),
        ({"access_needs": "a\x07"}, "access_needs"),
        ({"times": 2**21}, "times"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_by_name(
    session: Session, profile: dict[str, object], field: str
):
    bank = make_bank(session)
    ana = make_member(session, bank)
    with pytest.raises(Invalid) as refused:
        set_profile(session, bank, ana.id, Act(actor(ana), NOW), **profile)
    assert field in refused.value.fields


def test_only_staff_look_after_members_and_only_while_they_are_staff(session: Session):
    bank = make_bank(session)
    ana, bo = make_member(session, bank, "Ana"), make_member(session, bank, "Bo", role="broker")
    with pytest.raises(Invalid):
        set_profile(session, bank, bo.id, Act(actor(bo), NOW), broker_id=ana.id)
    set_profile(session, bank, ana.id, Act(actor(bo), NOW), broker_id=bo.id)
    service.set_role(session, bank, bo.id, "member", Act(system(bank), NOW))
    session.expire_all()
    assert queries.profile(session, bank, ana.id).broker_id is None


# ---- Keeping apart ----


def test_two_are_kept_apart_whichever_of_them_asked_until_it_is_ended(session: Session):
    bank = make_bank(session)
    ana, ben, bo = (make_member(session, bank, name) for name in ("Ana", "Ben", "Bo"))
    kept = helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    both = {(ana.account_id, ben.account_id), (ben.account_id, ana.account_id)}
    accounts = [one.account_id or 0 for one in (ana, ben, bo)]
    assert meeting.among(session, bank, accounts, what="tea").keys() == both
    assert [one.other.id for one in queries.apart(session, bank, ana.id)] == [ben.id]
    assert queries.apart(session, bank, ben.id) == []
    assert [event.kind for event in queries.history(session, bank, ben.id)] == ["enrolled"]
    with pytest.raises(NotAllowed):
        helping.end_keeping_apart(session, bank, ana.id, kept.id, Act(actor(ben), NOW))
    with pytest.raises(NotFound):
        helping.end_keeping_apart(session, bank, ben.id, kept.id, Act(actor(ben), NOW))
    helping.end_keeping_apart(session, bank, ana.id, kept.id, Act(actor(ana), NOW))
    assert not meeting.among(session, bank, accounts, what="tea")
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))


def test_who_may_ask_for_it_and_what_makes_no_sense(session: Session):
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    helping.grant_helper(session, bank, ana.id, cy.id, Act(actor(ana), NOW))
    with pytest.raises(NotAllowed):
        helping.keep_apart(session, bank, ana.id, cy.id, Act(actor(ben), NOW))
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(cy), NOW))
    with pytest.raises(Invalid):
        helping.keep_apart(session, bank, ana.id, ben.id, Act(system(bank), NOW))
    with pytest.raises(Invalid):
        helping.keep_apart(session, bank, ana.id, ana.id, Act(actor(ana), NOW))


def test_who_leaves_takes_it_all_along(session: Session):
    bank = make_bank(session)
    ana, ben = make_member(session, bank, "Ana"), make_member(session, bank, "Ben", role="broker")
    for one in (ana, ben):
        set_profile(
            session, bank, one.id, Act(system(bank), NOW), languages="Urdu", broker_id=ben.id
        )
    helping.keep_apart(session, bank, ana.id, ben.id, Act(actor(ana), NOW))
    service.leave(session, bank, ben.id, Act(system(bank), NOW))
    session.expire_all()
    assert [row.member_id for row in session.execute(select(Profile)).scalars()] == [ana.id]
    assert queries.profile(session, bank, ana.id).broker_id is None
    assert session.execute(select(KeptApart)).all() == []


# ---- The pages ----


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, name="Fife", slug="fife")
        made = {
            name: make_member(session, bank, name.capitalize()) for name in ("ana", "ben", "cy")
        }
        made["bo"] = make_member(session, bank, "Bo", role="broker")
        make_group(session, bank, "Walkers", [made["ana"], made["ben"]])
        return {name: member.id for name, member in made.items()}


def test_a_member_writes_what_suits_on_their_own_page(
    people: dict[str, int], sign_in: Callable[..., Browser]
):
    browser, address = sign_in(people["ana"]), f"/b/fife/members/{people['ana']}/profile"
    answer = browser.post(
        address, data={"languages": "urdu", "times": ["3", "4"]}, follow_redirects=True
    )
    assert "Urdu" in answer.text
    assert "Tuesday mornings and afternoons" in answer.text
    assert browser.get(address).text.count(" checked") == 2
    assert sign_in(people["ben"]).get(address).status_code == 403


def test_whom_one_keeps_apart_from_is_seen_by_oneself_and_the_staff(
    people: dict[str, int], sign_in: Callable[..., Browser]
):
    address = f"/b/fife/members/{people['ana']}/apart"
    answer = sign_in(people["ana"]).post(address, data={"other": "Ben"}, follow_redirects=True)
    assert "Ben" in answer.text
    assert "Ben" in sign_in(people["bo"]).get(address).text
    assert sign_in(people["ben"]).get(address).status_code == 403
    assert "Ana" not in sign_in(people["ben"]).get("/b/fife/me").text


def test_programs_read_and_change_a_profile(
    people: dict[str, int], sign_in: Callable[..., Browser], bearer: Callable[..., dict[str, str]]
):
    browser, address = sign_in(), f"/api/v1/members/{people['ana']}/profile"
    mine, others = bearer(people["ana"]), bearer(people["ben"])
    changed = browser.patch(
        address, json={"times": [3], "languages": "Urdu, english"}, headers=mine
    )
    assert changed.json == {
        "languages": ["Urdu", "English"],
        "access_needs": "",
        "times": [3],
        "broker": None,
    }
    assert browser.patch(address, json={"access_needs": "Steps"}, headers=mine).json["times"] == [3]
    assert browser.get(address, headers=others).status_code == 403
    assert browser.patch(address, json={"times": [21]}, headers=mine).status_code == 422
