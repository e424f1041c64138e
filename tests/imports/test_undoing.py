"""Taking a file back: all of it while nothing was built on it, and what was is named."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_logged_exchange, system
from tests.imports.files import MEMBERS, balance, bring_in
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.errors import NotAllowed
from timebank.imports import queries, undoing
from timebank.imports.errors import NotReady
from timebank.jobs import rules as jobs_rules
from timebank.ledger.check import check
from timebank.members import queries as members
from timebank.running.serving import worker_of

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


def test_a_large_file_goes_back_by_the_worker_and_goes_on_after_a_kill(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "AT_ONCE", 1)
    monkeypatch.setattr(undoing, "_PEOPLE", 1)
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        bank_id = bank.id
        upload_id = brought(session, bank, OPENED, "members")
        brought(session, bank, OFFERS.replace("O2,2,Lifts\n", ""), "offers")
        act = Act(system(bank), clock.now())
        assert undoing.take_back(session, bank, upload_id, FEATURES, act).under_way
        with pytest.raises(NotReady):
            undoing.prospect(session, bank, upload_id, FEATURES, act)
    let_go = undoing._let_go
    with monkeypatch.context() as patch:

        def killed(session: Session, bank: Bank, member_id: int, *rest: Any) -> None:
            if members.member(session, bank, member_id).number == "3":
                raise SystemExit
            let_go(session, bank, member_id, *rest)

        patch.setattr(undoing, "_let_go", killed)
        with pytest.raises(SystemExit):
            worker_of(app).run_due()
    later = clock.now() + jobs_rules.LEASE
    monkeypatch.setattr(clock, "now", lambda: later)
    worker_of(app).run_due()
    with app.app_context():
        bank = banks.by_id(reading(), bank_id)
        upload = queries.upload(reading(), bank, upload_id)
        assert (upload.taken_back_at, upload.taking_back_at) == (later, None)
        assert upload.back is not None
        assert (upload.back["members"], upload.back["stays"]) == (
            2,
            ["Ana Silva has helped or was helped since."],
        )
        assert [one.name for one in members.members(reading(), bank)] == ["Ana Silva"]
        assert balance(reading(), bank, "1") == 120
        assert check(reading(), only=bank).faults == []
