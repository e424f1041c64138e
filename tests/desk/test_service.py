"""Entering slips, on both engines."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member
from timebank.banks.models import Bank
from timebank.desk import service
from timebank.desk.errors import EnteredAlready, SlipEntered, WhoIsMeant
from timebank.exchanges.models import Exchange
from timebank.ledger import queries as ledger
from timebank.members.models import Member

TODAY = NOW.date()


@dataclass
class Desk:
    """A bank with two people called Pat; Bo enters slips."""

    session: Session
    bank: Bank
    bo: Member
    people: dict[str, Member] = field(default_factory=dict)

    def enter(self, **slip: Any) -> Exchange:
        said = {"slip": "2231", "occurred_on": TODAY, "giver": "Joan", "receiver": "Tom", "minutes": 90, "title": "Shelf"}
        return service.enter_slip(self.session, self.bank, **{**said, **slip}, by=actor(self.bo), now=NOW)

    def balance(self, name: str) -> int:
        return ledger.balance(self.session, self.bank, self.people[name].account_id or 0)


@pytest.fixture
def desk(session: Session) -> Desk:
    bank = make_bank(session)
    made = Desk(session, bank, make_member(session, bank, "Bo", role="broker", number="900"))
    for number, name in enumerate(("Joan Whitlock", "Tom Keane", "Pat Ellison", "Pat Moran"), start=101):
        made.people[name] = make_member(session, bank, name, number=str(number))
    return made


def test_a_signed_slip_moves_the_hours_at_once(desk: Desk) -> None:
    entered = desk.enter()
    assert (entered.status, entered.slip) == ("confirmed", "2231")
    assert (desk.balance("Joan Whitlock"), desk.balance("Tom Keane")) == (90, -90)


@pytest.mark.parametrize("giver", ["101", "joan", "whit jo", "Joan Whitlock"])
def test_a_name_is_a_number_or_letters(desk: Desk, giver: str) -> None:
    assert desk.enter(giver=giver).giver_id == desk.people["Joan Whitlock"].account_id


def test_of_two_people_of_one_name_one_is_chosen(desk: Desk) -> None:
    with pytest.raises(WhoIsMeant, match="You wrote “Pat”, and we know two") as refused:
        desk.enter(giver="Pat")
    assert list(refused.value.fields) == ["giver_id"]
    chosen = desk.people["Pat Moran"].account_id
    assert desk.enter(giver="Pat", giver_id=chosen).giver_id == chosen


def test_a_choice_does_not_outlive_the_name_it_was_made_for(desk: Desk) -> None:
    entered = desk.enter(giver="Joan", giver_id=desk.people["Pat Moran"].account_id)
    assert entered.giver_id == desk.people["Joan Whitlock"].account_id


def test_a_full_name_means_that_person_alone(desk: Desk) -> None:
    make_member(desk.session, desk.bank, "Pat Moranson", number="105")
    assert desk.enter(receiver="pat moran").receiver_id == desk.people["Pat Moran"].account_id


@pytest.mark.parametrize(
    ("slip", "where"), [({"giver": "Nobody"}, "giver"), ({"receiver": "Nobody"}, "receiver"), ({"receiver": "101"}, "receiver")]
)
def test_who_cannot_be_meant_is_named(desk: Desk, slip: dict[str, str], where: str) -> None:
    with pytest.raises(WhoIsMeant) as refused:
        desk.enter(**slip)
    assert list(refused.value.fields) == [where]
    assert desk.balance("Tom Keane") == 0


def test_a_slip_entered_before_is_named_in_a_sentence(desk: Desk) -> None:
    desk.enter()
    with pytest.raises(SlipEntered) as refused:
        desk.enter(giver="103", receiver="104")
    assert refused.value.message == (
        "Slip 2231 was entered on 12 November 2026: Joan Whitlock helped Tom Keane, 1½ hours. Check the number on the paper."
    )
    assert desk.balance("Pat Moran") == 0


def test_help_already_logged_is_noticed_unless_it_was_another_time(desk: Desk) -> None:
    make_logged_exchange(desk.session, desk.bank, desk.people["Joan Whitlock"], desk.people["Tom Keane"])
    with pytest.raises(EnteredAlready, match="Joan Whitlock helped Tom Keane, 1 hour, and waits to be confirmed"):
        desk.enter()
    assert desk.balance("Tom Keane") == 0
    desk.enter(another=True)
    assert desk.balance("Tom Keane") == -90
