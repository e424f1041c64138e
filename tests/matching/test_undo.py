"""What one of the staff did with an introduction is taken back, unless others were told of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.factories import NOW, actor, make_member
from timebank.act import Act, Channel, Word
from timebank.db import WRITING
from timebank.errors import NotAllowed
from timebank.exchanges.rules import Note, Side
from timebank.matching import lists, queries, service
from timebank.matching.errors import AlreadyIntroduced, WrongMoment
from timebank.matching.models import Introduction, IntroductionStep
from timebank.matching.rules import Answer, FollowUp, NewIntroduction, Outcome, Says
from timebank.members import helping
from timebank.members import service as members_service
from timebank.notices.models import Notice
from timebank.skills import service as skills_service

TODAY = NOW.date()
WEEK = timedelta(days=7)


@pytest.fixture
def act(row: Any) -> Act:
    return Act(actor(row.bo), NOW)


@pytest.fixture
def made(row: Any, act: Act) -> Introduction:
    tap = row.post("request", row.joan, "My tap is dripping")
    return service.introduce(
        row.session, row.bank, tap.id, NewIntroduction(row.ben.account_id), act
    )


def answer(row: Any, made: Introduction, side: Side, says: Says, act: Act) -> None:
    service.answer(row.session, row.bank, made.id, Answer(side=side, says=says), act)


def undo(row: Any, made: Introduction, act: Act) -> None:
    service.undo(row.session, row.bank, made.id, act)


def done(row: Any, act: Act) -> list[tuple[str, str]]:
    """What the broker did today, and why each stays; empty where it can be undone."""
    lines = lists.did(row.session, row.bank, NOW - timedelta(hours=6), act)
    assert all((line.undo is None) == (line.stays is not None) for line in lines)
    return [(str(line.title), str(line.stays or "")) for line in lines]


def steps(row: Any) -> list[str]:
    return [
        *row.session.execute(select(IntroductionStep.step).order_by(IntroductionStep.id)).scalars()
    ]


def told(row: Any, name: str) -> int:
    to = f"member:{getattr(row, name).id}"
    return len(row.session.execute(select(Notice.id).where(Notice.addressee == to)).all())


def test_who_was_asked_is_told_that_it_is_off_and_the_request_is_open_again(
    row: Any, made: Introduction, act: Act
) -> None:
    assert done(row, act) == [("Ben is asked to help Joan.", "")]
    undo(row, made, act)
    assert made.status == "withdrawn"
    assert told(row, "ben") == 2
    assert told(row, "joan") == 0
    assert queries.under_way_for(row.session, row.bank, made.request_id) is None
    assert done(row, act) == []
    assert steps(row) == ["asked", "undone"]


def test_a_no_that_was_entered_by_mistake_waits_for_an_answer_again(
    row: Any, made: Introduction, act: Act
) -> None:
    due = made.follow_up_on
    answer(row, made, Side.GIVER, Says.NO, act)
    assert done(row, act)[1] == ("Ben says no to meeting Joan.", "")
    undo(row, made, act)
    assert (made.status, made.giver_says, made.giver_said_by) == ("introduced", None, None)
    assert (made.ended_at, made.follow_up_on) == (None, due)
    answer(row, made, Side.GIVER, Says.YES, act)
    assert made.receiver_asked_at == NOW


def test_a_no_of_which_the_other_was_told_stays_and_says_why(
    row: Any, made: Introduction, act: Act
) -> None:
    answer(row, made, Side.GIVER, Says.YES, act)
    answer(row, made, Side.RECEIVER, Says.NO, act)
    stays = "The other one is told that nothing came of it. Introduce them again."
    assert done(row, act)[-1] == ("Joan says no to meeting Ben.", stays)
    with pytest.raises(WrongMoment, match="nothing came of it"):
        undo(row, made, act)
    assert made.status == "declined"


def test_a_yes_stays_for_the_other_is_asked_or_has_the_number(
    row: Any, made: Introduction, act: Act
) -> None:
    answer(row, made, Side.GIVER, Says.YES, act)
    assert "is asked by now" in done(row, act)[-1][1]
    with pytest.raises(WrongMoment, match="asked by now"):
        undo(row, made, act)
    answer(row, made, Side.RECEIVER, Says.YES, act)
    assert "told how to reach the other" in done(row, act)[-1][1]
    with pytest.raises(WrongMoment, match="told how to reach"):
        undo(row, made, act)
    assert made.status == "agreed"


def test_the_day_to_ask_is_what_it_was_and_what_was_called_off_stays(
    row: Any, made: Introduction, act: Act
) -> None:
    due = made.follow_up_on
    later = FollowUp(TODAY + 2 * WEEK)
    service.follow_up(row.session, row.bank, made.id, later, act)
    undo(row, made, act)
    assert made.follow_up_on == due
    service.withdraw(row.session, row.bank, made.id, Note(), act)
    assert "is told" in done(row, act)[-1][1]
    with pytest.raises(WrongMoment):
        undo(row, made, act)


def test_done_without_hours_is_under_way_again_and_its_request_open(
    row: Any, made: Introduction, act: Act
) -> None:
    due = made.follow_up_on
    service.finish(row.session, row.bank, made.id, Outcome(), act)
    assert done(row, act)[-1] == ("Ben helped Joan: it is done.", "")
    undo(row, made, act)
    assert (made.status, made.follow_up_on, made.ended_at) == ("introduced", due, None)
    seen = queries.seen(row.session, row.bank, [made])[0]
    assert seen.request.listing.status == "open"


def test_done_with_hours_stays(row: Any, made: Introduction, act: Act) -> None:
    outcome = Outcome(occurred_on=TODAY, minutes=60)
    word = Act(act.by, NOW, Word(Channel.PHONE, on_word_of=row.joan.account_id))
    service.finish(row.session, row.bank, made.id, outcome, word)
    assert "hours are written down" in done(row, act)[-1][1]
    with pytest.raises(WrongMoment, match="hours are written down"):
        undo(row, made, act)


def test_nothing_is_taken_back_where_somebody_else_holds_the_request_or_it_is_closed(
    row: Any, made: Introduction, act: Act
) -> None:
    answer(row, made, Side.GIVER, Says.NO, act)
    other = service.introduce(
        row.session, row.bank, made.request_id, NewIntroduction(row.cy.account_id), act
    )
    with pytest.raises(AlreadyIntroduced, match="Cy"):
        undo(row, made, act)
    service.withdraw(row.session, row.bank, other.id, Note(), act)
    skills_service.withdraw(row.session, row.bank, made.request_id, act)
    with pytest.raises(WrongMoment, match="closed"):
        undo(row, made, act)
    assert made.status == "declined"


def test_nothing_brings_two_together_who_are_kept_apart_by_now_or_one_who_has_left(
    row: Any, made: Introduction, act: Act
) -> None:
    answer(row, made, Side.GIVER, Says.NO, act)
    apart = helping.keep_apart(row.session, row.bank, row.joan.id, row.ben.id, act)
    with pytest.raises(WrongMoment, match="kept apart"):
        undo(row, made, act)
    helping.end_keeping_apart(row.session, row.bank, row.joan.id, apart.id, act)
    members_service.leave(row.session, row.bank, row.ben.id, act)
    with pytest.raises(WrongMoment, match="does not take part"):
        undo(row, made, act)


def test_what_another_of_the_staff_did_is_theirs_to_undo(row: Any, made: Introduction) -> None:
    di = make_member(row.session, row.bank, "Di", role="broker")
    other = Act(actor(di), NOW)
    assert done(row, other) == []
    with pytest.raises(NotAllowed):
        undo(row, made, other)
    with pytest.raises(NotAllowed):
        undo(row, made, Act(actor(row.joan), NOW))
    assert made.status == "introduced"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE introduction_step SET by = 'member:9'",
        "INSERT INTO introduction_step (bank_id, introduction_id, step, by, at, undoes_id)"
        " SELECT bank_id, introduction_id, 'undone', by, at, undoes_id FROM introduction_step"
        " WHERE step = 'undone'",
        "INSERT INTO introduction_step (bank_id, introduction_id, step, by, at)"
        " SELECT bank_id, introduction_id, 'yes', by, at FROM introduction_step"
        " WHERE step = 'asked'",
    ],
    ids=["altered", "undone twice", "a yes of nobody"],
)
def test_the_database_lets_no_step_be_altered_or_undone_twice(
    row: Any, made: Introduction, act: Act, attack: str
) -> None:
    undo(row, made, act)
    row.session.flush()
    with pytest.raises(DBAPIError), row.session.begin_nested():
        row.session.execute(text(attack), execution_options=WRITING)
