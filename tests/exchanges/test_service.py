"""Exchanges and gifts from the first word to the last, on both databases."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from tests.exchanges.conftest import Neighbours, account, by
from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_group,
    make_logged_exchange,
    make_member,
    make_organisation,
    system,
)
from timebank.act import Act, Channel, Word
from timebank.db import WRITING
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from timebank.exchanges import queries, rules, service
from timebank.exchanges.errors import (
    AskedTooOften,
    LoggedAgain,
    PastCeiling,
    PastFloor,
    SameParty,
    SlipUsed,
    StillWaiting,
    TooLate,
    WordNeeded,
    WrongMoment,
)
from timebank.exchanges.models import Exchange, Gift
from timebank.exchanges.rules import (
    Correction,
    Figures,
    NewGift,
    NewLog,
    Proposal,
    Settlement,
    Status,
)
from timebank.ledger import queries as ledger
from timebank.members import helping, partners
from timebank.members import service as members_service
from timebank.members.errors import CannotTakePart
from timebank.members.models import Member
from timebank.members.rules import NewContact, NewLimits
from timebank.notices import queries as notices

TODAY = NOW.date()


def logged(row: Neighbours, minutes: int = 60, **details: object) -> Exchange:
    return make_logged_exchange(row.session, row.bank, row.ana, row.ben, minutes, **details)


def told(row: Neighbours, member: Member) -> list[str]:
    """The subjects of what a member has been told, the newest first."""
    return [one.subject for one in notices.told(row.session, row.bank, f"member:{member.id}", 20)]


def limit(row: Neighbours, member: Member, *, floor: int, ceiling: int | None) -> None:
    members_service.set_limits(
        row.session,
        row.bank,
        member.id,
        NewLimits(floor, ceiling, "A test."),
        Act(system(row.bank), NOW),
    )


# ---- The way it goes ----


def test_hours_move_when_the_other_side_confirms_and_not_before(row: Neighbours) -> None:
    exchange = logged(row, 90)
    assert (row.balance(row.ana), row.balance(row.ben)) == (0, 0)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    assert (row.balance(row.ana), row.balance(row.ben)) == (90, -90)
    assert exchange.status == "confirmed"


def test_the_receiver_may_log_too_and_then_the_giver_confirms(row: Neighbours) -> None:
    exchange = make_logged_exchange(row.session, row.bank, row.ana, row.ben, by=actor(row.ben))
    assert exchange.waiting_for == "giver"
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ana))
    assert row.balance(row.ana) == 60


def test_nobody_is_asked_without_end(row: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ASKED_AN_HOUR", 2)
    parties = {"giver_id": account(row.ana), "receiver_id": account(row.ben)}

    def ask(act: Act) -> None:
        service.propose(row.session, row.bank, Proposal(**parties, title="Lift"), act=act)

    for _ in range(2):
        ask(by(row.ben))
    with pytest.raises(AskedTooOften, match="You have asked 2 people within an hour"):
        ask(by(row.ben))
    ask(by(row.ana))
    ask(by(row.ben, minutes=61))


def test_help_is_proposed_agreed_logged_and_confirmed(row: Neighbours) -> None:
    parties = {"giver_id": account(row.ana), "receiver_id": account(row.ben)}
    exchange = service.propose(
        row.session, row.bank, Proposal(**parties, title="Lift", planned_on=TODAY), act=by(row.ben)
    ).exchange
    assert (exchange.status, exchange.waiting_for) == ("proposed", "giver")
    service.agree(row.session, row.bank, exchange.id, act=by(row.ana))
    service.log(
        row.session,
        row.bank,
        exchange.id,
        Figures(occurred_on=TODAY, minutes=45, thanks="Ta"),
        act=by(row.ana),
    )
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    assert [step.step for step in queries.steps(row.session, row.bank, exchange.id)] == [
        "proposed",
        "agreed",
        "logged",
        "confirmed",
    ]
    assert row.balance(row.ana) == 45


def test_the_entry_says_who_recorded_it_on_whose_word_and_how(row: Neighbours) -> None:
    exchange = logged(row, occurred_on=TODAY - timedelta(days=3))
    word = Word(Channel.PHONE, account(row.ben))
    service.confirm(row.session, row.bank, exchange.id, act=by(row.maggie, word=word))
    step = queries.steps(row.session, row.bank, exchange.id)[-1]
    assert (step.by, step.on_word_of, step.channel) == ("Maggie", "Ben", "phone")
    assert exchange.entry_id is not None
    assert ledger.entry(row.session, row.bank, exchange.entry_id).occurred_on == TODAY - timedelta(
        days=3
    )


def test_a_skill_is_one_line_as_files_want_it(row: Neighbours) -> None:
    assert logged(row, skill=" Garden\n work ").skill == "Garden work"


def test_both_sides_are_told_what_concerns_them_once(row: Neighbours) -> None:
    exchange = logged(row, 90)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    assert told(row, row.ben) == ["Is this right? 1½ hours with Ana"]
    assert told(row, row.ana) == ["1½ hours with Ben: confirmed"]


def test_somebody_without_email_is_told_through_a_broker(row: Neighbours) -> None:
    dot = make_member(row.session, row.bank, "Dot", phone="01632 960 101")
    make_logged_exchange(row.session, row.bank, row.ana, dot)
    assert [one.name for one in notices.to_tell(row.session, row.bank, 10)] == ["Dot"]


def test_nobody_is_to_be_rung_about_what_a_broker_entered_on_their_word(row: Neighbours) -> None:
    dot, eve = (
        make_member(row.session, row.bank, name, phone="01632 960 101") for name in ("Dot", "Eve")
    )

    def to_ring() -> list[str]:
        return [f"{one.name}: {one.subject}" for one in notices.to_tell(row.session, row.bank, 10)]

    asked = "Eve: Is this right? 1 hour with Dot"
    words = {
        "occurred_on": TODAY,
        "minutes": 60,
        "title": "Hedge",
        "giver_id": account(dot),
        "receiver_id": account(eve),
    }
    said = by(row.maggie, word=Word(Channel.PHONE, account(dot)))
    first, second = (
        service.log_new(row.session, row.bank, NewLog(**words, another=True), said).exchange
        for _ in "ab"
    )
    assert to_ring() == [asked, asked]
    service.confirm(
        row.session, row.bank, first.id, act=by(row.maggie, word=Word(Channel.PHONE, account(eve)))
    )
    assert to_ring() == [asked, "Dot: 1 hour with Eve: confirmed"]
    service.dispute(
        row.session,
        row.bank,
        second.id,
        note="Wrong",
        act=by(row.maggie, word=Word(Channel.PHONE, account(eve))),
    )
    assert to_ring() == ["Dot: 1 hour with Eve: confirmed", "Dot: Eve says something is wrong"]
    service.reverse(
        row.session,
        row.bank,
        first.id,
        note="Dot rang",
        act=by(row.maggie, word=Word(Channel.PHONE, account(dot))),
    )
    assert to_ring() == ["Dot: Eve says something is wrong", "Eve: Taken back: 1 hour with Dot"]


def test_somebody_with_email_is_told_of_what_a_broker_entered_on_their_word(
    row: Neighbours,
) -> None:
    exchange = logged(row)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    service.reverse(
        row.session,
        row.bank,
        exchange.id,
        note="No",
        act=by(row.maggie, word=Word(Channel.PHONE, account(row.ben))),
    )
    assert told(row, row.ben)[0] == "Taken back: 1 hour with Ana"


def test_declined_and_called_off_exchanges_are_over(row: Neighbours) -> None:
    parties = {"giver_id": account(row.ana), "receiver_id": account(row.ben), "title": "Lift"}
    first, second = (
        service.propose(row.session, row.bank, Proposal(**parties), act=by(row.ana)).exchange
        for _ in range(2)
    )
    service.decline(row.session, row.bank, first.id, note="I have a cold.", act=by(row.ben))
    service.cancel(row.session, row.bank, second.id, act=by(row.ana))
    for over in (first, second):
        with pytest.raises(WrongMoment):
            service.log(
                row.session,
                row.bank,
                over.id,
                Figures(occurred_on=TODAY, minutes=60),
                act=by(row.ana),
            )
    assert told(row, row.ana) == ["Ben said no this time"]
    assert told(row, row.ben)[0] == "Called off: Lift"


# ---- Disputes ----


def test_a_dispute_moves_nothing_and_tells_the_logger_and_the_brokers(row: Neighbours) -> None:
    exchange = logged(row, 120)
    service.dispute(row.session, row.bank, exchange.id, note="It was one hour.", act=by(row.ben))
    assert (exchange.status, exchange.waiting_for, row.balance(row.ana)) == ("disputed", "giver", 0)
    assert told(row, row.ana) == ["Ben says something is wrong"]
    assert told(row, row.maggie) == ["To settle: Ben says something is wrong"]


def test_whoever_objects_says_how_long_it_was_and_the_logger_agrees_at_once(
    row: Neighbours,
) -> None:
    exchange = logged(row, 120)
    with pytest.raises(Invalid, match="what is logged"):
        service.dispute(row.session, row.bank, exchange.id, by(row.ben), minutes=120)
    with pytest.raises(Invalid, match="how long it was, or what is wrong"):
        service.dispute(row.session, row.bank, exchange.id, by(row.ben))
    service.dispute(row.session, row.bank, exchange.id, by(row.ben), minutes=60)
    assert told(row, row.ana) == ["Ben thinks it was 1 hour"]
    for nobody in (row.ben, row.cy):
        with pytest.raises(NotAllowed):
            service.accept(row.session, row.bank, exchange.id, by(nobody))
    service.accept(row.session, row.bank, exchange.id, by(row.ana, minutes=1))
    assert (row.balance(row.ana), exchange.status, exchange.minutes) == (60, "confirmed", 60)
    assert exchange.thought_minutes is None
    assert "1 hour with Ana: confirmed" in told(row, row.ben)
    # Undone, it is as it was: two hours were logged, and one is what Ben thinks.
    service.undo(row.session, row.bank, exchange.id, by(row.ana, minutes=2), undo_minutes=10)
    figures = (exchange.status, exchange.waiting_for, exchange.minutes, exchange.thought_minutes)
    assert figures == ("disputed", "giver", 120, 60)
    assert row.balance(row.ana) == 0


def test_without_a_time_there_is_nothing_to_agree_to(row: Neighbours) -> None:
    exchange = logged(row, 120)
    service.dispute(row.session, row.bank, exchange.id, by(row.ben), note="It was yesterday.")
    with pytest.raises(WrongMoment, match="Nobody has said how long"):
        service.accept(row.session, row.bank, exchange.id, by(row.ana))


def test_after_a_dispute_it_is_logged_again_and_the_trail_keeps_both_figures(
    row: Neighbours,
) -> None:
    exchange = logged(row, 120)
    service.dispute(row.session, row.bank, exchange.id, note="It was one hour.", act=by(row.ben))
    service.log(
        row.session, row.bank, exchange.id, Figures(occurred_on=TODAY, minutes=60), act=by(row.ana)
    )
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    assert row.balance(row.ana) == 60
    assert [step.minutes for step in queries.steps(row.session, row.bank, exchange.id)] == [
        120,
        None,
        60,
        60,
    ]


@pytest.mark.parametrize(
    ("minutes", "status", "balance"),
    [(75, "confirmed", 75), (None, "cancelled", 0), (0, "cancelled", 0)],
)
def test_a_broker_settles_a_dispute_for_some_minutes_or_none(
    row: Neighbours, minutes: int | None, status: str, balance: int
) -> None:
    exchange = logged(row, 120)
    service.dispute(row.session, row.bank, exchange.id, note="It was less.", act=by(row.ben))
    service.settle(
        row.session,
        row.bank,
        exchange.id,
        Settlement(minutes=minutes, note="Both agree now."),
        act=by(row.maggie),
    )
    assert (exchange.status, row.balance(row.ana)) == (status, balance)
    for side in (row.ana, row.ben):
        assert told(row, side)[0].startswith("Settled")


def test_a_dispute_says_what_is_wrong(row: Neighbours) -> None:
    exchange = logged(row)
    with pytest.raises(Invalid) as refusal:
        service.dispute(row.session, row.bank, exchange.id, note="  ", act=by(row.ben))
    assert "note" in refusal.value.fields


# ---- Who may not ----


def test_a_stranger_and_a_member_of_another_bank_can_do_nothing(row: Neighbours) -> None:
    exchange = logged(row)
    other = make_bank(row.session, slug="other")
    eve = make_member(row.session, other, "Eve", role="coordinator")
    with pytest.raises(NotAllowed):
        service.confirm(row.session, row.bank, exchange.id, act=by(row.cy))
    with pytest.raises(NotFound):
        service.confirm(row.session, other, exchange.id, act=by(eve))
    with pytest.raises(NotFound):
        queries.show(row.session, row.bank, exchange.id, by=actor(row.cy))


def test_a_helper_acts_on_the_word_of_whom_they_help(row: Neighbours) -> None:
    helping.grant_helper(row.session, row.bank, row.ben.id, row.cy.id, act=by(row.ben))
    exchange = logged(row)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.cy))
    step = queries.steps(row.session, row.bank, exchange.id)[-1]
    assert (step.by, step.on_word_of) == ("Cy", "Ben")


def test_a_helper_does_not_confirm_what_they_logged_themselves(row: Neighbours) -> None:
    helping.grant_helper(row.session, row.bank, row.ben.id, row.ana.id, act=by(row.ben))
    exchange = logged(row)
    with pytest.raises(NotAllowed, match="Ben has to say so"):
        service.confirm(row.session, row.bank, exchange.id, act=by(row.ana))
    assert row.balance(row.ana) == 0


def test_a_contact_acts_for_the_organisation_and_is_told_for_it(row: Neighbours) -> None:
    surgery = make_organisation(row.session, row.bank, "Surgery")
    partners.add_contact(
        row.session, row.bank, surgery.id, NewContact("Cy", member_id=row.cy.id), by(row.maggie)
    )
    parties = {"giver_id": account(row.ana), "receiver_id": surgery.account_id}
    exchange = service.log_new(
        row.session,
        row.bank,
        NewLog(**parties, occurred_on=TODAY, minutes=60, title="Leaflets"),
        act=by(row.ana),
    ).exchange
    assert told(row, row.cy) == ["Is this right? 1 hour with Ana"]
    service.confirm(row.session, row.bank, exchange.id, act=by(row.cy))
    assert queries.steps(row.session, row.bank, exchange.id)[-1].on_word_of == "Surgery"


def test_work_for_the_chest_is_confirmed_by_a_broker_who_did_not_do_it(row: Neighbours) -> None:
    service.give(
        row.session,
        row.bank,
        NewGift(from_id=account(row.ben), to_id=row.chest, minutes=300),
        act=by(row.ben),
    )
    work = {"receiver_id": row.chest, "occurred_on": TODAY, "minutes": 60, "title": "Chairs"}
    ours = service.log_new(
        row.session, row.bank, NewLog(giver_id=account(row.ana), **work), act=by(row.ana)
    ).exchange
    service.confirm(row.session, row.bank, ours.id, act=by(row.maggie))
    assert row.balance(row.ana) == 60
    theirs = service.log_new(
        row.session, row.bank, NewLog(giver_id=account(row.maggie), **work), act=by(row.maggie)
    ).exchange
    with pytest.raises(Refusal):
        service.confirm(row.session, row.bank, theirs.id, act=by(row.maggie))


def test_a_broker_confirms_alone_only_after_the_waiting_time(row: Neighbours) -> None:
    exchange = logged(row)
    with pytest.raises(StillWaiting):
        service.confirm(row.session, row.bank, exchange.id, act=by(row.maggie, days=13.9))
    service.confirm(row.session, row.bank, exchange.id, act=by(row.maggie, days=14))
    step = queries.steps(row.session, row.bank, exchange.id)[-1]
    assert (step.by, step.on_word_of, step.channel) == ("Maggie", "", "waiting_time")
    for side in (row.ana, row.ben):
        assert "confirmed" in told(row, side)[0]


def test_a_broker_says_on_whose_word_hours_are_logged(row: Neighbours) -> None:
    with pytest.raises(WordNeeded):
        logged(row, by=actor(row.maggie))
    exchange = logged(row, by=actor(row.maggie), word=Word(Channel.PHONE, account(row.ana)))
    assert exchange.waiting_for == "receiver"
    with pytest.raises(NotFound, match="neither"):
        logged(row, by=actor(row.maggie), word=Word(Channel.PHONE, account(row.cy)))


# ---- What cannot be written down ----


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": 50}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": -60}, "minutes"),
        ({"minutes": 735}, "minutes"),
        ({"occurred_on": TODAY + timedelta(days=1)}, "occurred_on"),
        ({"occurred_on": date(2020, 1, 1)}, "occurred_on"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"thanks": "x" * 1001}, "thanks"),
    ],
)
def test_a_log_that_cannot_be_right_is_refused_with_the_field(
    row: Neighbours, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        logged(row, **wrong)  # pyright: ignore[reportArgumentType]
    assert field in refusal.value.fields


def test_today_is_the_banks_own(session: Session) -> None:
    """At a quarter to one in the night of the 13th in Auckland it is still the 12th in
    Greenwich."""
    far = make_bank(session, timezone="Pacific/Auckland")
    ana, ben = make_member(session, far, "Ana"), make_member(session, far, "Ben")
    night = NOW.replace(hour=11, minute=45)
    make_logged_exchange(session, far, ana, ben, occurred_on=date(2026, 11, 13), now=night)
    near = make_bank(session, slug="near", timezone="Europe/London")
    ana, ben = make_member(session, near, "Ana"), make_member(session, near, "Ben")
    with pytest.raises(Invalid, match="still to come"):
        make_logged_exchange(session, near, ana, ben, occurred_on=date(2026, 11, 13), now=night)


def test_nobody_helps_themselves_or_an_account_that_is_not_there(row: Neighbours) -> None:
    with pytest.raises(SameParty):
        make_logged_exchange(row.session, row.bank, row.ana, row.ana)
    details = {"occurred_on": TODAY, "minutes": 60, "title": "Hedge"}
    with pytest.raises(NotFound):
        service.log_new(
            row.session,
            row.bank,
            NewLog(giver_id=account(row.ana), receiver_id=10**9, **details),
            by(row.ana),
        )
    eve = make_member(row.session, make_bank(row.session, slug="other"), "Eve")
    with pytest.raises(NotFound):
        service.log_new(
            row.session,
            row.bank,
            NewLog(giver_id=account(row.ana), receiver_id=account(eve), **details),
            by(row.ana),
        )


def test_the_chest_gives_no_help_and_the_opening_account_takes_no_part(row: Neighbours) -> None:
    opening = ledger.opening(row.session, row.bank).id
    details = {"occurred_on": TODAY, "minutes": 60, "title": "Hedge"}
    for giver_id, receiver_id in ((row.chest, account(row.ana)), (account(row.ana), opening)):
        with pytest.raises(CannotTakePart):
            service.log_new(
                row.session,
                row.bank,
                NewLog(giver_id=giver_id, receiver_id=receiver_id, **details),
                by(row.ana),
            )


def test_who_is_paused_or_has_left_begins_nothing_but_what_began_may_be_finished(
    row: Neighbours,
) -> None:
    exchange = logged(row)
    members_service.pause(row.session, row.bank, row.ben.id, act=by(row.maggie))
    with pytest.raises(CannotTakePart, match="Nothing can be arranged with them just now"):
        logged(row)
    with pytest.raises(CannotTakePart, match="Ben is taking a break"):
        new = NewLog(account(row.ana), account(row.ben), TODAY, 60, "Hedge")
        on_anas_word = by(row.maggie, word=Word(Channel.PHONE, account(row.ana)))
        service.log_new(row.session, row.bank, new, on_anas_word)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    members_service.leave(row.session, row.bank, row.ben.id, act=by(row.maggie))
    with pytest.raises(CannotTakePart, match="no longer takes part"):
        logged(row)


def test_hours_cannot_move_to_an_account_that_was_closed_meanwhile(row: Neighbours) -> None:
    exchange = logged(row)
    members_service.leave(row.session, row.bank, row.ana.id, act=by(row.maggie))
    with pytest.raises(CannotTakePart, match="closed"):
        service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))


def test_past_the_floor_the_words_say_what_can_be_done_and_nothing_moves(row: Neighbours) -> None:
    limit(row, row.ben, floor=-30, ceiling=None)
    exchange = logged(row)
    with pytest.raises(PastFloor) as refusal, row.session.begin_nested():
        service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    assert refusal.value.code == "below_floor"
    assert (
        str(refusal.value)
        == "That would take you past what your account allows. Give an hour, ask for a gift from"
        " the chest, or speak to Maggie."
    )


def test_the_giver_hears_whose_account_would_go_past_its_floor_or_ceiling(row: Neighbours) -> None:
    limit(row, row.ben, floor=-30, ceiling=None)
    exchange = make_logged_exchange(row.session, row.bank, row.ana, row.ben, by=actor(row.ben))
    with pytest.raises(PastFloor, match="take Ben past"), row.session.begin_nested():
        service.confirm(row.session, row.bank, exchange.id, act=by(row.ana))
    limit(row, row.ben, floor=-600, ceiling=None)
    limit(row, row.ana, floor=-600, ceiling=30)
    with (
        pytest.raises(PastCeiling, match="more than your account may hold"),
        row.session.begin_nested(),
    ):
        service.confirm(row.session, row.bank, exchange.id, act=by(row.ana))


# ---- Slips ----


def enter(row: Neighbours, slip: str, *, days: float = 0, **details: Any) -> Exchange:
    new = NewLog(account(row.ana), account(row.ben), TODAY, 60, "Hedge")
    return service.enter_slip(
        row.session, row.bank, replace(new, **details), by(row.maggie, days), slip=slip
    ).exchange


def test_a_signed_slip_is_logged_and_confirmed_at_once_on_both_words(row: Neighbours) -> None:
    exchange = enter(row, " 2214 ")
    assert (exchange.slip, exchange.status, row.balance(row.ana)) == ("2214", "confirmed", 60)
    steps = queries.steps(row.session, row.bank, exchange.id)
    assert [(step.step, step.on_word_of, step.channel) for step in steps] == [
        ("logged", "Ana", "paper"),
        ("confirmed", "Ben", "paper"),
    ]


def test_who_signed_a_slip_is_asked_nothing_and_rung_by_nobody(row: Neighbours) -> None:
    dot = make_member(row.session, row.bank, "Dot", phone="01632 960 101")
    enter(row, "2214", receiver_id=account(dot))
    assert told(row, row.ana) == ["Slip 2214 is entered"]
    assert told(row, dot) == []


def test_a_slip_is_entered_once_and_the_words_name_the_day_it_was(row: Neighbours) -> None:
    first = enter(row, "2214", days=-9, occurred_on=TODAY - timedelta(days=9))
    with pytest.raises(
        SlipUsed, match="Slip 2214 was entered on 3 November 2026. Check the number on the paper"
    ) as refusal:
        enter(row, "2214")
    assert refusal.value.exchange_id == first.id
    assert "slip" in refusal.value.fields


def test_a_slip_taken_back_may_be_entered_again(row: Neighbours) -> None:
    first = enter(row, "2214")
    service.reverse(row.session, row.bank, first.id, note="Read wrongly.", act=by(row.maggie))
    again = service.log_again(
        row.session,
        row.bank,
        first.id,
        Correction(minutes=30),
        act=by(row.maggie, word=Word(Channel.PAPER, account(row.ana))),
    ).exchange
    assert (again.slip, again.replaces_id, again.minutes, again.title) == (
        "2214",
        first.id,
        30,
        "Hedge",
    )


def test_two_brokers_with_the_same_slip_at_the_same_moment(engine: Engine) -> None:
    """Both looked, neither saw the other: the database keeps one, and the second hears the same
    words as ever."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, ben, maggie = (
            make_member(session, bank, name, role=role)
            for name, role in (("Ana", "member"), ("Ben", "member"), ("Maggie", "broker"))
        )
        session.commit()
        ids = (bank.id, account(ana), account(ben), actor(maggie))

    def enter_it(session: Session) -> None:
        bank_id, giver_id, receiver_id, broker = ids
        service.enter_slip(
            session,
            session.get_one(type(bank), bank_id),
            NewLog(
                giver_id=giver_id,
                receiver_id=receiver_id,
                occurred_on=TODAY,
                minutes=60,
                title="Hedge",
                another=True,
            ),
            Act(broker, NOW),
            slip="2214",
        )

    outcomes = at_once(engine, [enter_it, enter_it])
    assert sorted(outcomes) == ["SlipUsed", "done"]


# ---- Taking back ----


def test_a_broker_takes_back_and_the_books_get_the_exact_mirror(row: Neighbours) -> None:
    exchange = logged(row, 90)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    service.reverse(
        row.session, row.bank, exchange.id, note="It was Cy.", act=by(row.maggie, days=3)
    )
    assert (row.balance(row.ana), row.balance(row.ben), exchange.status) == (0, 0, "reversed")
    assert exchange.reversal_id is not None
    mirror = ledger.entry(row.session, row.bank, exchange.reversal_id)
    assert (mirror.reverses_id, mirror.occurred_on) == (
        exchange.entry_id,
        TODAY + timedelta(days=3),
    )
    with pytest.raises(WrongMoment):
        service.reverse(row.session, row.bank, exchange.id, note="Again.", act=by(row.maggie))
    with pytest.raises(Refusal):
        service.reverse(row.session, row.bank, exchange.id, note="Mine.", act=by(row.ana))


def test_whoever_confirmed_may_undo_it_for_ten_minutes(row: Neighbours) -> None:
    exchange = logged(row)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    with pytest.raises(NotAllowed):
        service.undo(row.session, row.bank, exchange.id, undo_minutes=10, act=by(row.ana))
    with pytest.raises(TooLate):
        service.undo(
            row.session, row.bank, exchange.id, undo_minutes=10, act=by(row.ben, minutes=11)
        )
    service.undo(row.session, row.bank, exchange.id, undo_minutes=10, act=by(row.ben, minutes=9))
    assert (row.balance(row.ana), exchange.status) == (0, "logged")


def test_what_is_undone_waits_as_it_did_and_each_confirmation_has_its_own_entry(
    row: Neighbours,
) -> None:
    exchange = logged(row)
    for minute in (0, 2):
        service.confirm(row.session, row.bank, exchange.id, by(row.ben, minutes=minute))
        assert (row.balance(row.ana), exchange.status) == (60, "confirmed")
        service.undo(
            row.session, row.bank, exchange.id, by(row.ben, minutes=minute + 1), undo_minutes=10
        )
        assert (row.balance(row.ana), exchange.waiting_for) == (0, "receiver")
        assert exchange.entry_id is None
    service.confirm(row.session, row.bank, exchange.id, by(row.ben, minutes=4))
    taken = queries.steps(row.session, row.bank, exchange.id)
    entries = [step.entry_id for step in taken if step.entry_id]
    causes = [ledger.entry(row.session, row.bank, entry).cause for entry in entries[::2]]
    of_it = f"exchange:{exchange.id}"
    assert causes == [of_it, f"{of_it}:2", f"{of_it}:3"]
    behind = row.session.execute(queries.behind(row.bank, entries)).all()
    assert {one.entry_id: one.id for one in behind} == dict.fromkeys(entries, exchange.id)
    assert "Waits again: 1 hour with Ben" in told(row, row.ana)


def test_a_step_that_moves_hours_names_its_entry(row: Neighbours) -> None:
    exchange = logged(row)
    service.confirm(row.session, row.bank, exchange.id, by(row.ben))
    step = {"bank": row.bank.id, "exchange": exchange.id, "entry": exchange.entry_id}
    for kind, entry in (("reversed", "NULL"), ("logged", ":entry"), ("undone", "999999")):
        insert = text(
            "INSERT INTO exchange_step"
            " (bank_id, exchange_id, step, by, channel, note, at, entry_id)"
            f" VALUES (:bank, :exchange, '{kind}', 'x', 'web', '', CURRENT_TIMESTAMP, {entry})"
        )
        with pytest.raises(DatabaseError, match="names its entry"), row.session.begin_nested():
            row.session.execute(insert, step)


def test_what_the_giver_has_spent_since_cannot_be_taken_back(row: Neighbours) -> None:
    exchange = logged(row)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    limit(row, row.ana, floor=0, ceiling=None)
    service.give(
        row.session,
        row.bank,
        NewGift(from_id=account(row.ana), to_id=account(row.cy), minutes=60),
        act=by(row.ana),
    )
    with pytest.raises(PastFloor, match="Ana"), row.session.begin_nested():
        service.reverse(row.session, row.bank, exchange.id, note="Wrong.", act=by(row.maggie))


def test_what_was_taken_back_is_logged_again_once(row: Neighbours) -> None:
    exchange = logged(row)
    with pytest.raises(WrongMoment, match="Only what was taken back"):
        service.log_again(row.session, row.bank, exchange.id, Correction(), act=by(row.ana))
    service.cancel(row.session, row.bank, exchange.id, act=by(row.ana))
    service.log_again(row.session, row.bank, exchange.id, Correction(minutes=30), act=by(row.ana))
    with pytest.raises(LoggedAgain):
        service.log_again(row.session, row.bank, exchange.id, Correction(), act=by(row.ana))


# ---- Gifts ----


def test_a_gift_moves_at_once_and_is_told(row: Neighbours) -> None:
    gift = service.give(
        row.session,
        row.bank,
        NewGift(from_id=account(row.ana), to_id=account(row.ben), minutes=60),
        act=by(row.ana),
    )
    assert (row.balance(row.ana), row.balance(row.ben)) == (-60, 60)
    assert told(row, row.ben) == ["A gift from Ana"]
    service.take_back(row.session, row.bank, gift.id, undo_minutes=10, act=by(row.ana, minutes=5))
    assert (row.balance(row.ana), row.balance(row.ben)) == (0, 0)
    with pytest.raises(WrongMoment):
        service.take_back(row.session, row.bank, gift.id, undo_minutes=10, act=by(row.ana))


def test_gifts_that_are_refused(row: Neighbours) -> None:
    def give(giver: int, to: int, minutes: int = 60, who: Member = row.ana) -> None:
        service.give(
            row.session, row.bank, NewGift(from_id=giver, to_id=to, minutes=minutes), act=by(who)
        )

    ana, ben = account(row.ana), account(row.ben)
    for refused, call in (
        (SameParty, lambda: give(ana, ana)),
        (Invalid, lambda: give(ana, ben, 50)),
        (Invalid, lambda: give(ana, ben, -60)),
        (NotAllowed, lambda: give(ben, account(row.cy))),
        (NotAllowed, lambda: give(row.chest, ben)),
        (Invalid, lambda: give(row.chest, ben, who=row.maggie)),
        (NotFound, lambda: give(ana, 10**9)),
        (NotAllowed, lambda: give(ben, account(row.maggie), who=row.maggie)),
    ):
        with pytest.raises(refused):
            call()
    with (
        pytest.raises(PastFloor, match="The chest does not hold that much"),
        row.session.begin_nested(),
    ):
        grant(row, row.ben)


def grant(row: Neighbours, to: Member, minutes: int = 60, **words: str | None) -> Gift:
    """Hours out of the chest, given by the broker."""
    said = {"message": "Home from hospital", "decided_by": "The steering group", **words}
    return service.give(
        row.session,
        row.bank,
        NewGift(from_id=row.chest, to_id=account(to), minutes=minutes, **said),
        act=by(row.maggie),
    )


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ({"decided_by": None}, {"decided_by"}),
        ({"decided_by": "  ", "message": " "}, {"decided_by", "message"}),
        ({"message": ""}, {"message"}),
        ({"decided_by": "x" * 121}, {"decided_by"}),
    ],
)
def test_hours_out_of_the_chest_say_who_decided_and_why(
    row: Neighbours, words: dict[str, str | None], wrong: set[str]
) -> None:
    service.give(
        row.session,
        row.bank,
        NewGift(from_id=account(row.ana), to_id=row.chest, minutes=60),
        act=by(row.ana),
    )
    with pytest.raises(Invalid) as refused:
        grant(row, row.ben, **words)
    assert refused.value.fields.keys() == wrong
    made = grant(row, row.ben)
    assert (made.decided_by, made.message, row.balance(row.ben)) == (
        "The steering group",
        "Home from hospital",
        60,
    )


def test_nobody_decides_on_a_gift_that_is_not_out_of_the_chest(row: Neighbours) -> None:
    with pytest.raises(Invalid) as refused:
        service.give(
            row.session,
            row.bank,
            NewGift(from_id=account(row.ana), to_id=row.chest, minutes=60, decided_by="Ana"),
            act=by(row.ana),
        )
    assert refused.value.fields.keys() == {"decided_by"}


@pytest.mark.parametrize(("decided_by", "message"), [("", "Why"), ("The meeting", "")])
def test_the_database_keeps_no_grant_without_its_words(
    row: Neighbours, decided_by: str, message: str
) -> None:
    gift = service.give(
        row.session,
        row.bank,
        NewGift(from_id=account(row.ana), to_id=row.chest, minutes=60),
        act=by(row.ana),
    )
    change = text("UPDATE gift SET decided_by = :decided_by, message = :message WHERE id = :id")
    with pytest.raises(IntegrityError, match="decided"), row.session.begin_nested():
        row.session.execute(change, {"decided_by": decided_by, "message": message, "id": gift.id})


def test_a_group_gives_and_receives_and_whoever_is_in_it_speaks_for_it(row: Neighbours) -> None:
    choir = make_group(row.session, row.bank, "Choir", [row.ben, row.cy])
    now = by(row.ana)
    logged = service.log_new(
        row.session,
        row.bank,
        NewLog(
            giver_id=account(row.ana),
            receiver_id=choir.account_id,
            occurred_on=TODAY,
            minutes=60,
            title="Song sheets",
        ),
        act=now,
    ).exchange
    assert told(row, row.ben)[0] == told(row, row.cy)[0]
    with pytest.raises(NotAllowed):
        service.confirm(
            row.session, row.bank, logged.id, act=by(make_member(row.session, row.bank, "Di"))
        )
    service.confirm(row.session, row.bank, logged.id, act=by(row.cy))
    last = queries.steps(row.session, row.bank, logged.id)[-1]
    assert (last.by, last.on_word_of) == ("Cy", "Choir")
    gift = service.give(
        row.session,
        row.bank,
        NewGift(from_id=choir.account_id, to_id=row.chest, minutes=15),
        act=by(row.ben),
    )
    assert (gift.on_word_of, row.balance(row.ana)) == (f"group:{choir.id}", 60)
    assert ledger.balance(row.session, row.bank, choir.account_id) == -75
    with pytest.raises(NotAllowed, match="giving yourself"):
        service.give(
            row.session,
            row.bank,
            NewGift(from_id=choir.account_id, to_id=account(row.ben), minutes=15),
            act=by(row.ben),
        )
    partners.leave_group(row.session, row.bank, choir.id, row.ben.id, act=by(row.ben))
    with pytest.raises(NotAllowed):
        service.give(
            row.session,
            row.bank,
            NewGift(from_id=choir.account_id, to_id=row.chest, minutes=15),
            act=by(row.ben),
        )


def test_a_helper_gives_on_the_word_of_whom_they_help_but_never_to_themselves(
    row: Neighbours,
) -> None:
    helping.grant_helper(row.session, row.bank, row.ben.id, row.cy.id, act=by(row.ben))
    gift = service.give(
        row.session,
        row.bank,
        NewGift(from_id=account(row.ben), to_id=row.chest, minutes=60),
        act=by(row.cy),
    )
    assert gift.on_word_of == f"member:{row.ben.id}"
    with pytest.raises(NotAllowed, match="giving yourself"):
        service.give(
            row.session,
            row.bank,
            NewGift(from_id=account(row.ben), to_id=account(row.cy), minutes=60),
            act=by(row.cy),
        )


def test_a_gift_may_be_undone_by_its_giver_soon_and_by_a_broker_later(row: Neighbours) -> None:
    first, second = (
        service.give(
            row.session,
            row.bank,
            NewGift(from_id=account(row.ana), to_id=row.chest, minutes=15),
            act=by(row.ana),
        )
        for _ in "ab"
    )
    with pytest.raises(NotAllowed):
        service.take_back(row.session, row.bank, first.id, undo_minutes=10, act=by(row.ben))
    with pytest.raises(TooLate):
        service.take_back(
            row.session, row.bank, second.id, undo_minutes=10, act=by(row.ana, minutes=11)
        )
    late = {"act": by(row.maggie, days=2), "undo_minutes": 10}
    with pytest.raises(Invalid) as unsaid:
        service.take_back(row.session, row.bank, second.id, **late)
    assert "why" in unsaid.value.fields
    service.take_back(row.session, row.bank, second.id, **late, why="Given twice.")
    assert row.balance(row.ana) == -15


# ---- At the same moment ----


def at_once(engine: Engine, calls: list[Callable[[Session], object]]) -> list[str]:
    """What becomes of calls that start together, each in a transaction of its own: `done`, or the
    refusal's name."""
    outcomes: list[str] = []
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[Session], object]) -> None:
        with Session(engine) as session:
            ready.wait()
            session.connection(execution_options=WRITING)
            try:
                call(session)
                session.commit()
                outcomes.append("done")
            except Refusal as refusal:
                outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_people_confirming_at_once_move_the_hours_once(engine: Engine) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
        helping.grant_helper(session, bank, ben.id, cy.id, act=by(ben))
        exchange_id, bank_id = make_logged_exchange(session, bank, ana, ben).id, bank.id
        people, giver_id = [actor(ben), actor(cy)], account(ana)
        session.commit()
    calls = [
        lambda session, who=who: service.confirm(
            session, session.get_one(type(bank), bank_id), exchange_id, Act(who, NOW)
        )
        for who in people
    ]
    assert sorted(at_once(engine, calls)) == ["WrongMoment", "done"]
    with Session(engine) as session:
        assert ledger.balance(session, session.get_one(type(bank), bank_id), giver_id) == 60


# ---- Whatever anybody tries ----

TRIES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "agree",
                "decline",
                "cancel",
                "log",
                "confirm",
                "accept",
                "dispute",
                "settle",
                "dismiss",
                "reverse",
                "undo",
            ]
        ),
        st.sampled_from(["ana", "ben", "cy", "maggie"]),
        st.sampled_from([None, "ana", "ben", "cy"]),
        st.sampled_from([0, 20]),
    ),
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(propose=st.booleans(), tries=TRIES)
def test_from_any_steps_by_anybody_hours_move_once_at_a_time_and_back_no_more_often(
    row: Neighbours, propose: bool, tries: list[tuple[str, str, str | None, int]]
) -> None:
    start = (row.balance(row.ana), row.balance(row.ben))
    if propose:
        parties = {"giver_id": account(row.ana), "receiver_id": account(row.ben)}
        # All examples are of one hour, in which nobody would ask so many.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rules, "ASKED_AN_HOUR", 1000)
            exchange = service.propose(
                row.session, row.bank, Proposal(**parties, title="Lift"), act=by(row.ana)
            ).exchange
    else:
        exchange = logged(row)
    moved = taken_back = 0
    for step, who, word, days in tries:
        before = exchange.status
        if not attempt(row, exchange, step, who, word, days):
            assert exchange.status == before
            continue
        moved += step in ("confirm", "accept", "settle")
        taken_back += step in ("reverse", "undo")
        assert who != "cy"
    assert taken_back <= moved <= taken_back + 1
    due = (exchange.minutes or 0) if moved > taken_back else 0
    assert (row.balance(row.ana), row.balance(row.ben)) == (start[0] + due, start[1] - due)


def attempt(
    row: Neighbours, exchange: Exchange, step: str, who: str, word: str | None, days: int
) -> bool:
    """Try one step; whether it was taken."""
    on_word_of = account(getattr(row, word)) if word and step != "undo" else None
    told = by(getattr(row, who), days=days, word=Word(Channel.WEB, on_word_of))
    value = {
        "log": Figures(TODAY, 60),
        "settle": Settlement("So.", 60),
        "dismiss": Settlement("So."),
    }.get(step)
    given: dict[str, Any] = {
        "dispute": {"note": "No.", "minutes": 30},
        "reverse": {"note": "Wrong."},
        "undo": {"undo_minutes": 10},
    }.get(step, {})
    call = getattr(service, {"dismiss": "settle"}.get(step, step))
    values = [] if value is None else [value]
    try:
        with row.session.begin_nested():
            call(row.session, row.bank, exchange.id, *values, told, **given)
    except Refusal:
        row.session.refresh(exchange)
        return False
    return True


# ---- Reading ----


def test_each_sees_what_waits_for_them_and_what_is_under_way(row: Neighbours) -> None:
    exchange = logged(row)
    ana, ben = {account(row.ana)}, {account(row.ben)}
    as_ana, as_ben = {"by": actor(row.ana)}, {"by": actor(row.ben)}
    waits = queries.waiting_for(row.session, row.bank, ben, **as_ben)
    assert [seen.exchange.id for seen in waits] == [exchange.id]
    assert queries.waiting_for(row.session, row.bank, ana, **as_ana) == []
    under_way = queries.in_progress(row.session, row.bank, ana, **as_ana)
    assert [seen.exchange.id for seen in under_way] == [exchange.id]
    assert queries.in_progress(row.session, row.bank, ben, **as_ben) == []


def test_lists_come_in_pages_the_newest_first(row: Neighbours) -> None:
    ids = [logged(row).id for _ in range(5)]
    first = queries.mine(row.session, row.bank, {account(row.ben)}, by=actor(row.ben), limit=2)
    assert [seen.exchange.id for seen in first] == [ids[4], ids[3], ids[2]]
    broker = actor(row.maggie)
    rest = queries.index(
        row.session, row.bank, status=Status.LOGGED, by=broker, before=ids[3], limit=10
    )
    assert [seen.exchange.id for seen in rest] == [ids[2], ids[1], ids[0]]


def test_who_met_before_is_known_with_the_day(row: Neighbours) -> None:
    exchange = logged(row)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    others = {account(row.ana), account(row.cy)}
    assert queries.known_to(row.session, row.bank, account(row.ben), others) == {
        account(row.ana): TODAY
    }


def test_the_books_hold_one_entry_for_each_exchange(row: Neighbours) -> None:
    exchange = logged(row)
    service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    with pytest.raises(Conflict):
        service.confirm(row.session, row.bank, exchange.id, act=by(row.ben))
    count = row.session.execute(
        select(func.count()).select_from(Exchange).where(Exchange.entry_id.is_not(None))
    ).scalar()
    assert count == 1
    assert system(row.bank).is_broker
