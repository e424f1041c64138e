"""Taking a file back: all of it while nothing was built on it, and what was is named."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_logged_exchange, system
from tests.imports.files import MEMBERS, balance, bring_in
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.errors import NotAllowed
from timebank.imports import undoing
from timebank.imports.errors import NotReady
from timebank.ledger.check import check
from timebank.members import queries as members

OPENED = "number,name,opening_balance\n1,Ana Silva,120\n2,Ben Okoro,-90\n3,Cy Young,\n"
HOURS = (
    "reference,occurred_on,giver,receiver,minutes,description\n"
    "R1,2026-10-01,1,2,60,Hedge\nR2,2026-10-02,2,3,30,Lift\n"
)
GIFTS = "reference,given_on,from,to,minutes\nG1,2026-10-03,1,3,15\n"
OFFERS = "reference,member,title\nO1,1,Taps\nO2,2,Lifts\n"


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


def brought(session: Session, bank: Bank, text: str, kind: str) -> int:
    upload_id = bring_in(session, bank, text, kind).upload_id
    assert upload_id is not None
    return upload_id


def back(session: Session, bank: Bank, upload_id: int) -> undoing.Prospect:
    return undoing.take_back(session, bank, upload_id, FEATURES, Act(system(bank), NOW))


def test_a_file_goes_as_it_came_and_can_come_again(session: Session, bank: Bank) -> None:
    files = ((OPENED, "members"), (HOURS, "hours"), (GIFTS, "gifts"), (OFFERS, "offers"))
    ids = {kind: brought(session, bank, text, kind) for text, kind in files}
    assert (balance(session, bank, "1"), balance(session, bank, "3")) == (165, -15)
    for kind in ("offers", "gifts", "hours"):
        assert back(session, bank, ids[kind]).stays == []
    assert [balance(session, bank, number) for number in "123"] == [120, -90, 0]
    gone = back(session, bank, ids["members"])
    assert (list(map(str, gone.stays)), len(gone.members)) == ([], 3)
    assert list(members.members(session, bank)) == []
    with pytest.raises(NotReady):
        back(session, bank, ids["hours"])
    # Put right, the same numbers and references come in once more.
    later = HOURS.replace(",60,", ",90,")
    for text, kind in ((OPENED, "members"), (later, "hours"), (GIFTS, "gifts"), (OFFERS, "offers")):
        assert bring_in(session, bank, text, kind).new == text.count("\n") - 1
    assert [balance(session, bank, number) for number in "123"] == [195, -150, -15]
    assert bring_in(session, bank, later, "hours").unchanged == 2
    assert check(session, only=bank).faults == []


def test_what_something_was_built_on_stays_and_is_named(session: Session, bank: Bank) -> None:
    upload_id = brought(session, bank, MEMBERS, "members")
    ana, ben = (members.by_number(session, bank, number) for number in "12")
    make_logged_exchange(session, bank, ana, ben)
    act = Act(system(bank), NOW)
    seen = undoing.prospect(session, bank, upload_id, FEATURES, act)
    assert sorted(map(str, seen.stays)) == [
        "Ana Silva has helped or was helped since.",
        "Ben Okoro has helped or was helped since.",
    ]
    assert len(back(session, bank, upload_id).members) == 1
    assert {one.name for one in members.members(session, bank)} == {"Ana Silva", "Ben Okoro"}


def test_only_a_coordinator_takes_a_file_back_and_only_for_a_while(
    session: Session, bank: Bank
) -> None:
    upload_id = brought(session, bank, MEMBERS, "members")
    ana = members.by_number(session, bank, "1")
    with pytest.raises(NotAllowed):
        undoing.prospect(session, bank, upload_id, FEATURES, Act(actor(ana), NOW))
    late = Act(system(bank), NOW + undoing.FOR + timedelta(days=1))
    with pytest.raises(NotReady):
        undoing.take_back(session, bank, upload_id, FEATURES, late)
