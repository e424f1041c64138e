"""Introductions, from putting two in touch to the hours that come of it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    act_of,
    actor,
    make_check,
    make_group,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from timebank.act import Act, Channel, Word
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.exchanges.models import Exchange
from timebank.exchanges.rules import NewLog, Note, Side
from timebank.leaving import queries as leaving
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.matching import queries, service
from timebank.matching.errors import AlreadyIntroduced, CannotBeIntroduced, WrongMoment
from timebank.matching.models import Introduction
from timebank.matching.rules import Answer, FollowUp, NewIntroduction, Outcome, Says, Weights
from timebank.members import helping, meeting, partners
from timebank.members.errors import KeptApart
from timebank.members.models import Member
from timebank.members.rules import NewContact
from timebank.notices.models import Notice
from timebank.skills import service as skills_service
from timebank.skills.models import Listing

TODAY = NOW.date()


@pytest.fixture
def tap(row: Any) -> Listing:
    return row.post("request", row.joan, "My tap is dripping")


def introduce(row: Any, request: Listing, giver: Member | None = None, **more: Any) -> Introduction:
    giver = giver or row.ben
    act = act_of(actor(row.bo), more)
    new = NewIntroduction(**{"giver_id": giver.account_id, **more})
    return service.introduce(row.session, row.bank, request.id, new, act)


def told(row: Any, member: Member) -> list[str]:
    statement = (
        select(Notice.body).where(Notice.addressee == f"member:{member.id}").order_by(Notice.id)
    )
    return [body for body in row.session.execute(statement).scalars() if "tap" in body]


def say(row: Any, made: Introduction, side: Side, by: Member, **more: Any) -> None:
    answer = Answer(side=side, **{"says": Says.YES, **more})
    service.answer(row.session, row.bank, made.id, answer, Act(actor(by), NOW))


def test_the_helper_is_asked_first_then_the_asker_and_numbers_are_given_after_both_said_yes(
    row: Any, tap: Listing
):
    assert told(row, row.joan) == told(row, row.ben) == []
    made = introduce(row, tap)
    assert (made.status, made.follow_up_on) == ("introduced", TODAY + timedelta(days=7))
    assert told(row, row.joan) == []
    (asked,) = told(row, row.ben)
    assert "Joan could do with your help" in asked
    say(row, made, Side.GIVER, row.ben, phone=True)
    (asked_too,) = told(row, row.joan)
    assert "Ben would help you" in asked_too
    for letter in (asked, asked_too):
        assert "01632" not in letter
        assert "@" not in letter
    for member in (row.joan, row.ben):
        seen = queries.view(row.session, row.bank, made.id, by=actor(member))
        assert not any(seen.contacts.values())
    say(row, made, Side.RECEIVER, row.joan, email=True)
    # Who says the second yes reads it on the page that follows.
    seen = queries.view(row.session, row.bank, made.id, by=actor(row.joan))
    assert [(one.phone, one.email) for one in seen.contacts[Side.GIVER]] == [
        ("01632 960 101", None)
    ]
    assert "Joan: joan@example.org" in told(row, row.ben)[1]
    assert "01632 960 187" not in told(row, row.ben)[1]


def test_taken_back_before_the_yes_nobody_else_has_seen_anything(row: Any, tap: Listing):
    made = introduce(row, tap)
    with pytest.raises(NotFound):
        queries.view(row.session, row.bank, made.id, by=actor(row.joan))
    assert not queries.awaited(row.session, row.bank, [row.joan.account_id])
    service.withdraw(row.session, row.bank, made.id, Note(), Act(actor(row.bo), NOW))
    assert told(row, row.joan) == []
    assert len(told(row, row.ben)) == 2
    with pytest.raises(NotFound):
        queries.view(row.session, row.bank, made.id, by=actor(row.joan))


def test_who_has_told_the_broker_already_is_not_asked_again(row: Any, tap: Listing):
    made = introduce(row, tap, receiver_agrees=True)
    assert (made.receiver_says, made.receiver_said_by) == ("yes", f"member:{row.bo.id}")
    say(row, made, Side.GIVER, row.ben)
    assert made.status == "agreed"
    assert "through your broker" in told(row, row.joan)[0]


def test_who_is_kept_apart_is_introduced_only_with_a_reason_and_says_yes_to_nothing(
    row: Any, tap: Listing
):
    made = introduce(row, tap)
    helping.keep_apart(row.session, row.bank, row.joan.id, row.ben.id, Act(actor(row.joan), NOW))
    row.session.flush()
    for says in Says:
        with pytest.raises(NotFound):
            say(row, made, Side.GIVER, row.ben, says=says)
    assert told(row, row.joan) == []
    assert not queries.introductions(
        row.session, row.bank, account_ids=[row.ben.account_id], by=actor(row.ben)
    )
    service.withdraw(row.session, row.bank, made.id, Note(), Act(actor(row.bo), NOW))
    with pytest.raises(KeptApart, match="Joan and Ben are kept apart"):
        introduce(row, tap)
    introduce(row, tap, despite="They have made it up.")
    (met,) = meeting.met(row.session, row.bank, limit=5)
    assert met.why == "They have made it up."


def test_introductions_are_asked_about(row: Any, tap: Listing):
    made = introduce(row, tap)
    day = timedelta(days=1)
    fresh = queries.to_hear_of(row.session, row.bank, on=TODAY + 6 * day, before=NOW)
    assert (fresh.follow_ups.total, fresh.unanswered.total) == (0, 0)
    silent = queries.to_hear_of(row.session, row.bank, on=TODAY + 6 * day, before=NOW + day)
    assert [one.introduction.id for one in silent.unanswered.shown] == [made.id]
    due = queries.to_hear_of(row.session, row.bank, on=TODAY + 7 * day, before=NOW + day)
    assert (due.follow_ups.total, due.unanswered.total) == (1, 0)


def test_an_organisation_is_introduced_by_those_who_speak_for_it(row: Any):
    surgery = make_organisation(row.session, row.bank)
    partners.add_contact(
        row.session,
        row.bank,
        surgery.id,
        NewContact("Dr Rao", phone="01632 960 555"),
        Act(actor(row.bo), NOW),
    )
    request = post_listing(
        row.session,
        row.bank,
        "request",
        Act(actor(row.bo), NOW),
        holder_id=surgery.account_id,
        title="The tap in the yard",
    )
    made = introduce(row, request, receiver_agrees=True)
    say(row, made, Side.RECEIVER, row.bo, phone=True)
    say(row, made, Side.GIVER, row.bo)
    assert "Dr Rao: 01632 960 555" in told(row, row.ben)[1]


def test_a_group_is_introduced_by_those_who_are_in_it(row: Any):
    choir = make_group(row.session, row.bank, "Choir", [row.joan])
    asked = {
        "holder_id": choir.account_id,
        "title": "The tap in the hall",
        "act": Act(actor(row.bo), NOW),
    }
    made = introduce(row, post_listing(row.session, row.bank, "request", **asked))
    say(row, made, Side.GIVER, row.ben)
    assert told(row, row.joan)
    say(row, made, Side.RECEIVER, row.joan, phone=True)
    assert "Joan: " in told(row, row.ben)[1]


def test_the_second_broker_is_told_who_was_faster(row: Any, tap: Listing):
    introduce(row, tap)
    di = make_member(row.session, row.bank, "Di", role="broker")
    with pytest.raises(
        AlreadyIntroduced, match="Bo has introduced Ben to Joan for this on 12 November 2026"
    ):
        introduce(row, tap, row.cy, by=actor(di))


def test_two_brokers_at_once_have_one_winner(engine: Engine, rows: Callable[[Session], Any]):
    """Two connections: whoever is second waits for the first, and is then told who it was."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        row = rows(session)
        tap = row.post("request", row.joan, "My tap is dripping").id
        both = [(row.bo.id, row.ben.account_id)]
        both.append((make_member(session, row.bank, "Di", role="broker").id, row.cy.account_id))
        bank_id = row.bank.id
        session.commit()
    ready, ended = threading.Barrier(2), []

    def run(broker_id: int, giver_id: int) -> None:
        with Session(engine) as session:
            session.connection()
            broker = session.get_one(Member, broker_id)
            by = actor(broker)
            session.rollback()
            ready.wait(20)
            session.connection(execution_options=WRITING)
            try:
                service.introduce(
                    session,
                    session.get_one(Bank, bank_id),
                    tap,
                    NewIntroduction(giver_id=giver_id),
                    Act(by, NOW),
                )
                session.commit()
                ended.append("done")
            except AlreadyIntroduced as refusal:
                session.rollback()
                ended.append(str(refusal))

    threads = [threading.Thread(target=run, args=one) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ended.sort(key=len)
    assert ended[0] == "done"
    assert "has introduced" in ended[1]
    with Session(engine) as session:
        assert len(session.execute(select(Introduction)).all()) == 1


@pytest.mark.parametrize("goes", ["giver", "receiver"])
def test_nobody_is_introduced_to_somebody_who_leaves_meanwhile(
    engine: Engine, rows: Callable[[Session], Any], goes: str
):
    """Two connections: either the introduction comes first and is called off, or the leaving, and
    it is refused."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        row = rows(session)
        tap = row.post("request", row.joan, "My tap is dripping").id
        leaver = row.ben if goes == "giver" else row.joan
        bank_id, giver_id, leaver_id = row.bank.id, row.ben.account_id, leaver.id
        broker, by = actor(row.bo), actor(leaver)
        session.commit()
    ready, refused = threading.Barrier(2), []

    def run(step: Callable[[Session, Bank], Any]) -> None:
        with Session(engine) as session:
            ready.wait(20)
            session.connection(execution_options=WRITING)
            try:
                step(session, session.get_one(Bank, bank_id))
                session.commit()
            except CannotBeIntroduced as refusal:
                session.rollback()
                refused.append(refusal.message)

    steps = [
        lambda session, bank: service.introduce(
            session, bank, tap, NewIntroduction(giver_id=giver_id), Act(broker, NOW)
        ),
        lambda session, bank: leaving_service.leave(
            session, bank, leaver_id, FEATURES, Farewell(), Act(by, NOW)
        ),
    ]
    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with Session(engine) as session:
        assert session.get_one(Member, leaver_id).status == "left"
        ended = session.execute(select(Introduction.status)).scalars().all()
    assert ended == ([] if refused else ["withdrawn"])


def test_even_past_the_lock_the_database_takes_one_only(
    row: Any, tap: Listing, monkeypatch: pytest.MonkeyPatch
):
    introduce(row, tap)
    real = queries.under_way_for
    answers = iter([None, "look"])
    monkeypatch.setattr(
        queries, "under_way_for", lambda *given: real(*given) if next(answers) == "look" else None
    )
    with pytest.raises(AlreadyIntroduced, match="Bo has introduced Ben"):
        introduce(row, tap, row.cy)


def test_refusals_name_what_stands_in_the_way(row: Any, tap: Listing):
    care = row.post("request", row.joan, "Sit with my husband", needs_checks=("driving",))
    with pytest.raises(CannotBeIntroduced, match="Ben does not hold what this needs: Driving"):
        introduce(row, care)
    make_check(row.session, row.bank, row.ben, until=TODAY - timedelta(days=1))
    with pytest.raises(CannotBeIntroduced, match="ran out for Ben on"):
        introduce(row, care)
    helping.keep_apart(row.session, row.bank, row.cy.id, row.joan.id, Act(actor(row.cy), NOW))
    with pytest.raises(KeptApart, match="kept apart"):
        introduce(row, tap, row.cy)
    with pytest.raises(CannotBeIntroduced, match="ended on"):
        introduce(row, tap, now=NOW + timedelta(days=90))
    offer = row.post("offer", row.ben, "Small jobs")
    skills_service.withdraw(row.session, row.bank, offer.id, Act(actor(row.ben), NOW))
    with pytest.raises(CannotBeIntroduced, match="no longer stands"):
        introduce(row, tap, offer_id=offer.id)
    leaving_service.leave(
        row.session, row.bank, row.ben.id, FEATURES, Farewell(), Act(actor(row.ben), NOW)
    )
    with pytest.raises(CannotBeIntroduced, match="does not take part"):
        introduce(row, tap)
    skills_service.withdraw(row.session, row.bank, tap.id, Act(actor(row.joan), NOW))
    with pytest.raises(CannotBeIntroduced, match="no longer open"):
        introduce(row, tap, row.bo)
    assert row.session.execute(select(Introduction)).all() == []


def test_an_introduction_is_a_brokers_over_a_request(row: Any, tap: Listing):
    with pytest.raises(NotAllowed):
        introduce(row, tap, by=actor(row.ben))
    offer = row.post("offer", row.cy, "Small jobs")
    with pytest.raises(Invalid):
        introduce(row, offer)
    with pytest.raises(Invalid):
        introduce(row, tap, offer_id=offer.id)
    with pytest.raises(Invalid):
        introduce(row, tap, follow_up_on=TODAY - timedelta(days=1))
    with pytest.raises(NotFound):
        service.introduce(
            row.session, row.bank, tap.id, NewIntroduction(giver_id=9999), Act(actor(row.bo), NOW)
        )


def test_two_yeses_make_it_agreed_whoever_enters_them(row: Any, tap: Listing):
    made = introduce(row, tap)
    service.answer(
        row.session,
        row.bank,
        made.id,
        Answer(side=Side.GIVER, says=Says.YES),
        Act(actor(row.ben), NOW),
    )
    assert (made.status, made.giver_said_by) == ("introduced", f"member:{row.ben.id}")
    with pytest.raises(NotAllowed):
        service.answer(
            row.session,
            row.bank,
            made.id,
            Answer(side=Side.RECEIVER, says=Says.YES),
            Act(actor(row.ben), NOW),
        )
    service.answer(
        row.session,
        row.bank,
        made.id,
        Answer(side=Side.RECEIVER, says=Says.YES),
        Act(actor(row.bo), NOW),
    )
    assert (made.status, made.receiver_said_by) == ("agreed", f"member:{row.bo.id}")
    assert "Ben said yes too" in told(row, row.joan)[1]
    with pytest.raises(NotFound):
        service.answer(
            row.session,
            row.bank,
            made.id,
            Answer(side=Side.GIVER, says=Says.NO),
            Act(actor(row.cy), NOW),
        )


def test_a_no_needs_no_reason_names_nobody_and_frees_the_request(row: Any, tap: Listing):
    made = introduce(row, tap)
    service.answer(
        row.session,
        row.bank,
        made.id,
        Answer(side=Side.GIVER, says=Says.NO),
        Act(actor(row.ben), NOW),
    )
    assert (made.status, made.ended_at) == ("declined", NOW)
    assert told(row, row.joan) == []
    assert len(told(row, row.ben)) == 1
    with pytest.raises(WrongMoment):
        service.answer(
            row.session,
            row.bank,
            made.id,
            Answer(side=Side.GIVER, says=Says.YES),
            Act(actor(row.ben), NOW),
        )
    again = introduce(row, tap, row.cy)
    say(row, again, Side.GIVER, row.cy, phone=True)
    say(row, again, Side.GIVER, row.cy, says=Says.NO)
    kindly = told(row, row.joan)[-1]
    assert "did not come about" in kindly
    assert "Cy" not in kindly
    seen = queries.view(row.session, row.bank, again.id, by=actor(row.joan))
    assert "giver" not in seen.says
    assert not any(seen.contacts.values())


def test_calling_it_off_tells_both_and_frees_the_request(row: Any, tap: Listing):
    made = introduce(row, tap)
    say(row, made, Side.GIVER, row.ben)
    with pytest.raises(NotAllowed):
        service.withdraw(row.session, row.bank, made.id, Note(), Act(actor(row.ben), NOW))
    service.withdraw(
        row.session, row.bank, made.id, Note(note="She mended it."), Act(actor(row.bo), NOW)
    )
    assert [len(told(row, one)) for one in (row.joan, row.ben)] == [2, 2]
    assert "mended" not in "".join(told(row, row.ben))
    introduce(row, tap, row.cy)


def test_the_hours_are_logged_and_the_request_is_met_at_once(row: Any, tap: Listing):
    made = introduce(row, tap)
    word = Word(Channel.PHONE, row.joan.account_id)
    service.finish(
        row.session,
        row.bank,
        made.id,
        Outcome(occurred_on=TODAY, minutes=60),
        Act(actor(row.bo), NOW, word),
    )
    hours = row.session.get_one(Exchange, made.exchange_id)
    assert (hours.giver_id, hours.receiver_id, hours.status) == (
        row.ben.account_id,
        row.joan.account_id,
        "logged",
    )
    assert (hours.title, hours.waiting_for) == ("My tap is dripping", "giver")
    assert (made.status, tap.status) == ("done", "met")


def test_hours_that_are_refused_leave_everything_as_it_was(row: Any, tap: Listing):
    made = introduce(row, tap)
    by = Act(actor(row.bo), NOW)
    with pytest.raises(Invalid):
        service.finish(
            row.session,
            row.bank,
            made.id,
            Outcome(occurred_on=TODAY, minutes=7),
            replace(by, word=Word(Channel.PHONE, row.joan.account_id)),
        )
    with pytest.raises(Invalid) as refused:
        service.finish(row.session, row.bank, made.id, Outcome(occurred_on=TODAY), by)
    assert "minutes" in refused.value.fields
    assert (made.status, tap.status) == ("introduced", "open")


def test_hours_that_are_there_already_have_to_be_theirs(row: Any, tap: Listing):
    made = introduce(row, tap)
    on_her_word = Act(actor(row.bo), NOW, Word(Channel.PHONE, row.joan.account_id))
    logged = {"occurred_on": TODAY, "minutes": 60, "title": "Tap"}

    def log(giver: Member) -> int:
        sides = {"giver_id": giver.account_id, "receiver_id": row.joan.account_id}
        return service.exchanges_service.log_new(
            row.session, row.bank, NewLog(**sides, **logged), on_her_word
        ).exchange.id

    with pytest.raises(Invalid):
        service.finish(
            row.session,
            row.bank,
            made.id,
            Outcome(exchange_id=log(row.cy)),
            Act(actor(row.bo), NOW),
        )
    theirs = log(row.ben)
    service.finish(
        row.session, row.bank, made.id, Outcome(exchange_id=theirs), Act(actor(row.bo), NOW)
    )
    again = introduce(row, row.post("request", row.joan, "Another tap"))
    with pytest.raises(Invalid, match="another introduction"):
        service.finish(
            row.session, row.bank, again.id, Outcome(exchange_id=theirs), Act(actor(row.bo), NOW)
        )


def test_who_leaves_ends_what_is_under_way_without_being_named(row: Any, tap: Listing):
    made = introduce(row, tap, receiver_agrees=True)
    service.follow_up(
        row.session, row.bank, made.id, FollowUp(follow_up_on=TODAY), Act(actor(row.bo), NOW)
    )
    assert (
        leaving.held(row.session, row.bank, row.ben.id, FEATURES, now=NOW)["introductions"][0][
            "receiver"
        ]
        == "Joan"
    )
    leaving_service.leave(
        row.session, row.bank, row.ben.id, FEATURES, Farewell(), Act(actor(row.ben), NOW)
    )
    row.session.refresh(made)
    assert (made.status, made.note) == ("withdrawn", "")
    bodies = row.session.execute(select(Notice.body)).scalars().all()
    assert not [body for body in bodies if "01632 960 101" in body or "Ben" in body]
    assert [body for body in bodies if "did not come about" in body]


def test_what_counts_is_a_coordinators_to_say(row: Any):
    with pytest.raises(NotAllowed):
        service.set_weights(row.session, row.bank, Weights(near=1), Act(actor(row.bo), NOW))
    service.set_weights(row.session, row.bank, Weights(near=0), Act(system(row.bank), NOW))
    assert queries.weights(row.session, row.bank).near == 0
    service.set_weights(row.session, row.bank, Weights(), Act(system(row.bank), NOW))
    assert queries.weights(row.session, row.bank).near == 4
