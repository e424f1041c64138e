"""Entering slips, on both engines."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.rules import SlipNumbers
from timebank.desk import service
from timebank.desk.errors import SlipEntered
from timebank.desk.rules import Slip
from timebank.errors import Invalid
from timebank.exchanges.errors import EnteredAlready
from timebank.exchanges.models import Exchange
from timebank.ledger import queries as ledger
from timebank.members.errors import WhoIsMeant
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
        said = {
            "slip": "2231",
            "occurred_on": TODAY,
            "giver": "Joan Whitlock",
            "receiver": "Tom Keane",
            "minutes": 90,
            "title": "Shelf",
        }
        return service.enter_slip(
            self.session, self.bank, Slip(**{**said, **slip}), Act(actor(self.bo), NOW)
        ).exchange

    def balance(self, name: str) -> int:
        return ledger.balance(self.session, self.bank, self.people[name].account_id or 0)


@pytest.fixture
def desk(session: Session) -> Desk:
    bank = make_bank(session)
    made = Desk(session, bank, make_member(session, bank, "Bo", role="broker", number="900"))
    for number, name in enumerate(
        ("Joan Whitlock", "Tom Keane", "Pat Ellison", "Pat Moran"), start=101
    ):
        made.people[name] = make_member(session, bank, name, number=str(number))
    return made


def test_a_signed_slip_moves_the_hours_at_once(desk: Desk) -> None:
    entered = desk.enter()
    assert (entered.status, entered.slip) == ("confirmed", "2231")
    assert (desk.balance("Joan Whitlock"), desk.balance("Tom Keane")) == (90, -90)


@pytest.mark.parametrize("giver", ["101", "joan whitlock", "Joan Whitlock 101"])
def test_a_name_is_a_number_or_written_out(desk: Desk, giver: str) -> None:
    assert desk.enter(giver=giver).giver_id == desk.people["Joan Whitlock"].account_id


@pytest.mark.parametrize("giver", ["joan", "whit jo", "Joan W"])
def test_whose_name_only_begins_so_is_offered_and_never_booked(desk: Desk, giver: str) -> None:
    with pytest.raises(WhoIsMeant, match=r"Joan Whitlock \(Number 101\)"):
        desk.enter(giver=giver)
    slip = Slip("1", TODAY, giver, "Tom Keane", 60, "Shelf")
    (looked_at,) = service.check_slips(desk.session, desk.bank, [slip], Act(actor(desk.bo), NOW))
    assert looked_at.giver is not None
    assert looked_at.giver.name == "Joan Whitlock"
    (entered,) = service.enter_slips(desk.session, desk.bank, [slip], Act(actor(desk.bo), NOW))
    assert isinstance(entered.refusal, WhoIsMeant)
    assert desk.balance("Joan Whitlock") == 0


def test_of_two_people_of_one_name_the_number_says_which(desk: Desk) -> None:
    with pytest.raises(
        WhoIsMeant,
        match=r"could be Pat Ellison \(Number 103\) or Pat Moran \(Number 104\). Write the number",
    ) as refused:
        desk.enter(giver="Pat")
    assert list(refused.value.fields) == ["giver"]
    assert desk.enter(giver="104").giver_id == desk.people["Pat Moran"].account_id


def test_a_name_with_its_number_means_that_one_of_two_namesakes(desk: Desk) -> None:
    namesake = make_member(desk.session, desk.bank, "Joan Whitlock", number="205")
    assert desk.enter(giver="Joan Whitlock 205").giver_id == namesake.account_id
    with pytest.raises(WhoIsMeant):
        desk.enter(giver="Joan Whitlock 999")


def test_a_full_name_means_that_person_alone(desk: Desk) -> None:
    make_member(desk.session, desk.bank, "Pat Moranson", number="105")
    assert desk.enter(receiver="pat moran").receiver_id == desk.people["Pat Moran"].account_id


@pytest.mark.parametrize(
    ("slip", "where"),
    [
        ({"giver": "Nobody"}, "giver"),
        ({"receiver": "Nobody"}, "receiver"),
        ({"receiver": "101"}, "receiver"),
    ],
)
def test_who_cannot_be_meant_is_named(desk: Desk, slip: dict[str, str], where: str) -> None:
    with pytest.raises(WhoIsMeant) as refused:
        desk.enter(**slip)
    assert list(refused.value.fields) == [where]
    assert desk.balance("Tom Keane") == 0


@pytest.mark.parametrize(
    ("numbers", "number", "words"),
    [
        (SlipNumbers.REQUIRED, "", "Write the number"),
        (SlipNumbers.NONE, "7", "Leave it empty"),
        (SlipNumbers.REQUIRED, "7", None),
        (SlipNumbers.OPTIONAL, "", None),
        (SlipNumbers.OPTIONAL, "7", None),
        (SlipNumbers.NONE, "", None),
    ],
)
def test_whether_slips_have_numbers_is_the_bank_s_choice(
    desk: Desk, numbers: SlipNumbers, number: str, words: str | None
) -> None:
    desk.bank.slip_numbers = numbers
    if words is None:
        assert desk.enter(slip=number).slip == (number or None)
        return
    with pytest.raises(Invalid) as refused:
        desk.enter(slip=number)
    assert words in str(refused.value.fields["slip"])


def test_a_slip_entered_before_is_named_in_a_sentence(desk: Desk) -> None:
    desk.enter()
    with pytest.raises(SlipEntered) as refused:
        desk.enter(giver="103", receiver="104")
    assert (
        str(refused.value)
        == "Slip 2231 was entered on 12 November 2026: Joan Whitlock helped Tom Keane, 1½ hours."
        " Check the number on the paper."
    )
    assert desk.balance("Pat Moran") == 0


def test_help_already_logged_is_noticed_unless_it_was_another_time(desk: Desk) -> None:
    make_logged_exchange(
        desk.session, desk.bank, desk.people["Joan Whitlock"], desk.people["Tom Keane"]
    )
    with pytest.raises(EnteredAlready, match="Joan Whitlock wrote down 1 hour on 12 November"):
        desk.enter()
    assert desk.balance("Tom Keane") == 0
    desk.enter(another=True)
    assert desk.balance("Tom Keane") == -90


# ---- A stack ----


def slip(number: str, **said: Any) -> Slip:
    written = {
        "slip": number,
        "occurred_on": TODAY,
        "giver": "101",
        "receiver": "102",
        "minutes": 60,
        "title": "Shelf",
        **said,
    }
    return Slip(**written)


def test_a_bad_slip_takes_nothing_from_the_others(desk: Desk) -> None:
    stack = [
        slip("1"),
        slip("2", giver="Pat"),
        slip("1", giver="103"),
        slip("4", giver="103"),
        slip("5", receiver="104"),
    ]
    outcomes = service.enter_slips(desk.session, desk.bank, stack, Act(actor(desk.bo), NOW))
    assert [type(outcome.refusal).__name__ for outcome in outcomes] == [
        "NoneType", "WhoIsMeant", "SlipEntered", "NoneType", "NoneType",
    ]  # fmt: skip
    balances = {name: desk.balance(name) for name in desk.people}
    assert balances == {
        "Joan Whitlock": 120,
        "Tom Keane": -120,
        "Pat Ellison": 60,
        "Pat Moran": -60,
    }


def test_one_slip_of_a_stack_may_be_too_much_for_what_those_before_it_left(desk: Desk) -> None:
    stack = [slip(str(number), minutes=240, another=True) for number in range(3)]
    outcomes = service.enter_slips(desk.session, desk.bank, stack, Act(actor(desk.bo), NOW))
    assert [outcome.refusal is None for outcome in outcomes] == [True, True, False]
    assert desk.balance("Tom Keane") == -480


def test_looking_a_stack_over_says_what_entering_would_and_leaves_nothing(desk: Desk) -> None:
    stack = [slip("1"), slip("2"), slip("3", giver="Pat")]
    checked = service.check_slips(desk.session, desk.bank, stack, Act(actor(desk.bo), NOW))
    assert desk.session.execute(select(func.count()).select_from(Exchange)).scalar_one() == 0
    assert desk.balance("Tom Keane") == 0
    entered = service.enter_slips(desk.session, desk.bank, stack, Act(actor(desk.bo), NOW))
    words = [
        [outcome.refusal.message if outcome.refusal else None for outcome in each]
        for each in (checked, entered)
    ]
    assert words[0] == words[1]
    assert "Joan Whitlock wrote down 1 hour" in str(words[0][1])


def test_slips_need_no_number_and_one_twice_on_a_sheet_is_told_as_that(desk: Desk) -> None:
    stack = [
        slip(""),
        slip("", giver="103", receiver="104"),
        slip("7", giver="104", receiver="103"),
        slip(" 7 ", giver="104", receiver="101"),
    ]
    outcomes = service.check_slips(desk.session, desk.bank, stack, Act(actor(desk.bo), NOW))
    said = [str(one.refusal.message) if one.refusal else "" for one in outcomes]
    assert said[:3] == ["", "", ""]
    assert said[3] == (
        "Slip 7 stands on this sheet twice, first with 104 and 103. Look at the two papers."
    )
