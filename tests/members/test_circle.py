"""Whom a resident finds: those they know and those who show themselves; anybody else is as if they
were not there."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_group,
    make_logged_exchange,
    make_member,
)
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.members import circle, helping, queries
from timebank.members.errors import WhoIsMeant
from timebank.members.models import Member
from timebank.members.queries import Circle
from timebank.skills import service as skills_service
from timebank.skills.rules import ListingKind, NewListing

TODAY: date = NOW.date()


def circle_of(session: Session, bank: Bank, member: Member) -> Circle:
    return circle.of(session, bank, FEATURES, actor(member), on=TODAY)


def found(session: Session, bank: Bank, by: Member, text: str) -> list[str]:
    within = circle_of(session, bank, by)
    return [party.name for party in queries.candidates(session, bank, text, within=within)]


def test_a_resident_finds_those_they_know_and_those_who_show_themselves(session: Session) -> None:
    bank = make_bank(session)
    ana, exchanged, grouped, shown, stranger = (
        make_member(session, bank, f"{name} Fielding", number=str(number))
        for number, name in enumerate(("Ana", "Ex", "Grace", "Sam", "Una"), start=10)
    )
    bo = make_member(session, bank, "Bo", role="broker")
    make_logged_exchange(session, bank, exchanged, ana)
    make_group(session, bank, "Choir", [ana, grouped])
    offer = NewListing(title="Bread", holder_id=shown.account_id)
    skills_service.post(session, bank, ListingKind.OFFER, offer, Act(actor(shown), NOW))
    for member in (exchanged, grouped, shown, ana):
        assert found(session, bank, ana, member.name) == [member.name]
        assert found(session, bank, ana, member.number or "") == [member.name]
    for text in ("Una Fielding", "14", "una", "Una Feilding"):
        assert found(session, bank, ana, text) == [], text
    assert found(session, bank, bo, "una") == ["Una Fielding"]
    assert sorted(found(session, bank, ana, "fielding")) == sorted(
        member.name for member in (ana, exchanged, grouped, shown)
    )
    assert stranger.account_id is not None


def test_a_helper_finds_those_whom_the_one_they_help_knows(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    make_logged_exchange(session, bank, ben, cy)
    assert found(session, bank, ana, "Cy") == []
    helping.grant_helper(session, bank, ben.id, ana.id, Act(actor(ben), NOW))
    assert found(session, bank, ana, "Ben") == ["Ben"]
    assert found(session, bank, ana, "Cy") == ["Cy"]


def test_those_known_are_offered_the_latest_first_and_nobody_kept_apart(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy, dee = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy", "Dee"))
    for other in (ben, dee, cy):
        make_logged_exchange(session, bank, other, ana)
    helping.keep_apart(session, bank, dee.id, ana.id, Act(actor(dee), NOW))
    known = circle.known(session, bank, FEATURES, actor(ana))
    assert [each.party.name for each in known] == ["Ben", "Cy"]
    assert circle.known(session, bank, FEATURES, actor(ana), limit=1) == known[:1]


def test_a_name_nearly_right_is_offered_and_never_taken(session: Session) -> None:
    bank = make_bank(session)
    make_member(session, bank, "Margaret Żak", area="Canal Street", number="7")
    make_member(session, bank, "Derek Cole", number="8")
    for written, meant in (("Margret Zak", "Margaret Żak"), ("Derrick Cole", "Derek Cole")):
        with pytest.raises(WhoIsMeant) as refused:
            queries.named(session, bank, written, field="who", within=queries.EVERYBODY, near=True)
        assert [party.name for party in refused.value.candidates] == [meant]


def test_people_are_told_apart_by_area_and_for_the_staff_by_year_of_birth_too(
    session: Session,
) -> None:
    bank = make_bank(session)
    born = date(1952, 3, 14)
    derek = make_member(
        session, bank, "Derek Lee", number="57", area="Canal Street", date_of_birth=born
    )
    party = queries.party(session, bank, derek.account_id or 0)
    assert str(queries.told_apart(party, staff=True)) == "Number 57, Canal Street, born 1952"
    assert str(queries.told_apart(party, staff=False)) == "Canal Street"


def test_the_staff_find_somebody_by_whatever_they_hear(session: Session) -> None:
    bank = make_bank(session)
    make_member(
        session,
        bank,
        "Derek Baker",
        phone="07700 900291",
        email="Derek.B@Example.org",
        address="4 Mill Lane,\nFife",
        area="Old Town",
        date_of_birth=date(1952, 3, 14),
    )
    make_member(session, bank, "Una Low", phone="07700 900292")
    for text in (
        *("07700 900291", "07700900291", "+44 7700 900291", "900291", "0291"),
        *("derek.b@example.org", "mill lane", "Old Town", "derek mill", "14/3/1952", "1952-03-14"),
    ):
        named = [party.name for party in queries.look_up(session, bank, text, limit=5)]
        assert named == ["Derek Baker"], text
        assert [one.name for one in queries.members(session, bank, text=text)] == named, text
    assert queries.look_up(session, bank, "900293", limit=5) == []


@pytest.fixture
def strangers(app: Flask) -> tuple[int, int]:
    """Ana, and Una, whom she does not know and who shows herself nowhere."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ana = make_member(session, bank, "Ana", number="1")
        una = make_member(session, bank, "Una Low", number="17")
        return ana.id, una.id


FORMS = {
    "exchanges/new": {"side": "gave", "day": "today", "long": "60", "title": "Hedge"},
    "exchanges/propose": {"side": "got", "title": "Hedge"},
    "exchanges/give": {"to": "somebody", "minutes": "30"},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_stranger_is_answered_as_nobody_is_on_every_form(
    strangers: tuple[int, int], sign_in: Callable[..., Browser], form: str
) -> None:
    ana = sign_in(strangers[0])
    for there, nowhere in (("Una Low", "Ima Low"), ("17", "71"), ("una", "ima")):
        answers = [
            ana.post(f"/b/fife/{form}", data={**FORMS[form], "who": who, "then": "done"})
            for who in (there, nowhere)
        ]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert f"We know nobody called “{there}”" in answers[0].text
        assert "Una Low" not in answers[0].text.replace("“Una Low”", "").replace(
            'value="Una Low"', ""
        )
    for account_id in ("2", "4", "99999"):
        chosen = {**FORMS[form], "who_id": account_id, "then": "done"}
        answer = ana.post(f"/b/fife/{form}", data=chosen)
        assert (answer.status_code, "Choose somebody" in answer.text) == (422, True), account_id


def test_a_stranger_is_nobody_to_a_program_by_number_and_by_id(
    strangers: tuple[int, int], app: Flask, bearer: Callable[..., dict[str, str]]
) -> None:
    ana, una = strangers
    client, headers = app.test_client(), bearer(ana)

    def given(to: str) -> tuple[int, object]:
        sent = {"from": f"member:{ana}", "to": to, "minutes": 30}
        answer = client.post("/api/v1/gifts", json=sent, headers=headers)
        assert answer.json is not None
        return answer.status_code, str(answer.json).replace(to.partition(":")[2], "#")

    assert given(f"member:{una}") == given("member:99999")
    assert given("no:17") == given("no:71")
    assert given("no:17")[0] == 422
