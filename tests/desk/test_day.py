"""What a broker's day is made of, on both engines."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    change_details,
    make_activity,
    make_bank,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_notice,
    post_listing,
    set_profile,
    system,
    write_notice,
)
from timebank.act import Act
from timebank.activities import posting, register
from timebank.activities import service as activities_service
from timebank.activities.rules import Mark
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.base import Some
from timebank.desk import day, rules
from timebank.desk import service as desk_service
from timebank.desk.caseload import caseloads
from timebank.desk.rules import NewNote
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import Side
from timebank.matching import service as matching_service
from timebank.matching.models import Introduction
from timebank.matching.rules import NO_ANSWER, Answer, FollowUp, NewIntroduction, Says
from timebank.members import acts
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Details
from timebank.notices import service as notices_service
from timebank.room import Reach, Urgency, Waiting, all_waiting
from timebank.skills import service as skills_service
from timebank.skills.models import Listing
from timebank.skills.rules import Carer

OLD = date(2026, 1, 5)
WEEK = timedelta(days=7)


@dataclass
class People:
    bank: Bank
    ana: Member
    ben: Member
    bo: Member


@pytest.fixture
def people(session: Session) -> People:
    """Ana and Ben have been members for long, and gave each other nothing lately; Bo is a
    broker."""
    bank = make_bank(session)
    ana = make_member(session, bank, "Ana", phone="01632 960 101", joined_on=OLD)
    ben = make_member(session, bank, "Ben", joined_on=OLD)
    return People(bank, ana, ben, make_member(session, bank, "Bo", role="broker", joined_on=OLD))


def in_rooms(session: Session, people: People, *, mine: bool = False) -> dict[str, Waiting]:
    """What the rooms, but for the desk itself, say that waits for Bo to do, by kind."""
    act, rooms = Act(actor(people.bo), NOW), [room for room in FEATURES if room.name != "desk"]
    lists = all_waiting(session, people.bank, rooms, Reach(mine), act)
    return {waiting.kind: waiting for waiting in lists}


def names_of_the_quiet(session: Session, people: People) -> list[str]:
    return [one.member.name for one in day.today(session, people.bank, now=NOW).quiet.shown]


def test_a_day_without_anything_is_empty(session: Session) -> None:
    today = day.today(session, make_bank(session), now=NOW)
    lists = [value for value in vars(today).values() if isinstance(value, Some)]
    assert len(lists) == 13
    assert not any(one.total or one.shown for one in lists)
    assert today.logged == 0


def test_what_has_waited_too_long_is_told_from_what_waits(session: Session, people: People) -> None:
    make_logged_exchange(session, people.bank, people.ana, people.ben)
    before = NOW - timedelta(days=people.bank.waiting_days, minutes=1)
    old = make_logged_exchange(
        session, people.bank, people.ana, people.ben, now=before, occurred_on=before.date()
    )
    today = day.today(session, people.bank, now=NOW)
    assert [shown.exchange.id for shown in today.overdue.shown] == [old.id]
    assert (today.logged, today.overdue.total) == (2, 1)


def test_what_is_disputed_waits_for_a_broker(session: Session, people: People) -> None:
    logged = make_logged_exchange(session, people.bank, people.ana, people.ben)
    exchanges_service.dispute(
        session, people.bank, logged.id, Act(actor(people.ben), NOW), note="It was less"
    )
    today = day.today(session, people.bank, now=NOW)
    assert [shown.exchange.id for shown in today.disputed.shown] == [logged.id]
    assert today.logged == 0


def test_everything_for_one_person_is_one_call(session: Session, people: People) -> None:
    for member, cause in ((people.ben, "a"), (people.ana, "b"), (people.ben, "c")):
        write_notice(
            session,
            people.bank,
            addressee=f"member:{member.id}",
            name=member.name,
            email=None,
            subject=f"About {cause}",
            cause=cause,
        )
    today = day.today(session, people.bank, now=NOW)
    told = [
        (call.name, call.phone, [notice.subject for notice in call.notices])
        for call in today.calls.shown
    ]
    assert told == [("Ben", None, ["About a", "About c"]), ("Ana", "01632 960 101", ["About b"])]
    assert today.calls.total == 2
    for notice in today.calls.shown[0].notices:
        notices_service.mark_told(session, people.bank, notice.id, by=actor(people.bo), now=NOW)
    assert [call.name for call in day.today(session, people.bank, now=NOW).calls.shown] == ["Ana"]


def test_applications_wait_for_an_answer(session: Session, people: People) -> None:
    members_service.join(session, people.bank, Details("Zoë"), now=NOW)
    today = day.today(session, people.bank, now=NOW)
    assert [one.name for one in today.applications.shown] == ["Zoë"]
    assert today.applications.total == 1


@pytest.mark.parametrize(("minutes", "left"), [(480, None), (495, 105), (600, 0)])
def test_somebody_near_their_floor_is_listed_with_what_is_left(
    session: Session, people: People, minutes: int, left: int | None
) -> None:
    logged = make_logged_exchange(session, people.bank, people.ana, people.ben, minutes=minutes)
    exchanges_service.confirm(session, people.bank, logged.id, Act(actor(people.ben), NOW))
    low = day.today(session, people.bank, now=NOW).low.shown
    assert [(one.member.name, one.left) for one in low] == ([] if left is None else [("Ben", left)])


def test_the_quiet_are_those_who_neither_gave_nor_received_lately(
    session: Session, people: People
) -> None:
    assert names_of_the_quiet(session, people) == ["Ben", "Ana"]
    make_logged_exchange(
        session,
        people.bank,
        people.ana,
        make_member(session, people.bank, "Cy", joined_on=NOW.date()),
    )
    assert names_of_the_quiet(session, people) == ["Ben"]


def test_help_long_ago_leaves_somebody_quiet_since_then(session: Session, people: People) -> None:
    before = NOW - timedelta(days=61)
    logged = make_logged_exchange(
        session, people.bank, people.ana, people.ben, now=before, occurred_on=before.date()
    )
    exchanges_service.confirm(session, people.bank, logged.id, Act(actor(people.ben), before))
    quiet = day.today(session, people.bank, now=NOW).quiet.shown
    assert {one.member.name: one.last for one in quiet} == {
        "Ana": before.date(),
        "Ben": before.date(),
    }


def test_who_was_at_a_session_lately_is_not_quiet(session: Session, people: People) -> None:
    for days, left in ((61, ["Ben", "Ana"]), (2, ["Ana"])):
        meeting = make_meeting(session, people.bank, starts_at=NOW - timedelta(days=days))
        register.mark(
            session,
            people.bank,
            meeting.id,
            [Mark(people.ben.id, part="attended")],
            Act(system(people.bank), NOW),
        )
        assert names_of_the_quiet(session, people) == left


def test_newcomers_the_paused_and_the_staff_are_left_in_peace(
    session: Session, people: People
) -> None:
    make_member(session, people.bank, "New", joined_on=NOW.date() - timedelta(days=13))
    members_service.pause(session, people.bank, people.ana.id, Act(system(people.bank), NOW))
    assert names_of_the_quiet(session, people) == ["Ben"]


# ---- Requests and introductions ----


def ask(
    session: Session, people: People, title: str = "My tap is dripping", **details: Any
) -> Listing:
    given = {
        "holder_id": people.ana.account_id,
        "title": title,
        "act": Act(actor(people.ana), NOW),
        **details,
    }
    return post_listing(session, people.bank, "request", **given)


def introduce(session: Session, people: People, request: Listing) -> Introduction:
    giver_id = people.ben.account_id or 0
    return matching_service.introduce(
        session,
        people.bank,
        request.id,
        NewIntroduction(giver_id=giver_id),
        Act(actor(people.bo), NOW),
    )


def test_a_request_waits_until_somebody_is_introduced_for_it_and_again_when_nothing_comes_of_it(
    session: Session, people: People
) -> None:
    def waiting() -> list[str]:
        found = day.today(session, people.bank, now=NOW).requests
        return [one.listing.title for one in found.shown]

    tap, bulbs = ask(session, people), ask(session, people, "Bulbs to plant")
    skills_service.withdraw(
        session, people.bank, ask(session, people, "A lift").id, Act(actor(people.ana), NOW)
    )
    assert waiting() == ["My tap is dripping", "Bulbs to plant"]
    made = introduce(session, people, tap)
    assert waiting() == ["Bulbs to plant"]
    matching_service.answer(
        session,
        people.bank,
        made.id,
        Answer(side=Side.GIVER, says=Says.NO),
        Act(actor(people.ben), NOW),
    )
    assert waiting() == ["My tap is dripping", "Bulbs to plant"]
    ended = NOW + timedelta(days=61)
    assert day.today(session, people.bank, now=ended).requests.total == 0
    assert bulbs.status == "open"


def test_an_introduction_is_asked_about_when_nobody_answers_and_when_its_day_comes(
    session: Session, people: People
) -> None:
    made = introduce(session, people, ask(session, people))

    def listed(days: int) -> tuple[int, int]:
        found = day.today(session, people.bank, now=NOW + timedelta(days=days, minutes=1))
        assert [
            one.introduction.id for one in (*found.unanswered.shown, *found.follow_ups.shown)
        ] in ([], [made.id])
        return found.unanswered.total, found.follow_ups.total

    assert [listed(days) for days in (0, 2, 3, 6, 7)] == [(0, 0), (0, 0), (1, 0), (1, 0), (0, 1)]
    for side in ("giver", "receiver"):
        matching_service.answer(
            session,
            people.bank,
            made.id,
            Answer(side=side, says=Says.YES),
            Act(actor(people.bo), NOW),
        )
    assert [listed(days) for days in (3, 7)] == [(0, 0), (0, 1)]
    matching_service.follow_up(
        session,
        people.bank,
        made.id,
        FollowUp(follow_up_on=NOW.date() + timedelta(days=9)),
        Act(actor(people.bo), NOW),
    )
    assert [listed(days) for days in (8, 9)] == [(0, 0), (0, 1)]


def test_what_ends_within_a_week_is_listed_the_first_to_end_first(
    session: Session, people: People
) -> None:
    for days in (8, 7, 0):
        ask(session, people, f"In {days} days", ends_on=NOW.date() + timedelta(days=days))
    ending = day.today(session, people.bank, now=NOW).ending
    assert [one.listing.title for one in ending.shown] == ["In 0 days", "In 7 days"]


# ---- People ----


def test_birthdays_of_the_week_come_in_their_order_with_the_age(
    session: Session, people: People
) -> None:
    born = {
        "Ivy": date(1936, 11, 18),
        "Ida": date(1950, 11, 12),
        "Isa": date(1960, 11, 19),
        "Ira": date(1970, 11, 11),
    }
    for name, birthday in born.items():
        make_member(session, people.bank, name, date_of_birth=birthday)
    found = day.today(session, people.bank, now=NOW).birthdays
    assert [(one.member.name, one.on, one.age) for one in found.shown] == [
        ("Ida", date(2026, 11, 12), 76), ("Ivy", date(2026, 11, 18), 90),
    ]  # fmt: skip


def test_a_birthday_over_new_year_is_in_the_new_year(session: Session, people: People) -> None:
    make_member(session, people.bank, "Ivy", date_of_birth=date(1936, 1, 2))
    found = day.today(session, people.bank, now=datetime(2026, 12, 30, 12, tzinfo=UTC)).birthdays
    assert [(one.on, one.age) for one in found.shown] == [(date(2027, 1, 2), 91)]


def test_lists_are_short_and_say_how_many_there_are(session: Session, people: People) -> None:
    for number in range(10):
        ask(session, people, f"Request {number}")
    found = day.today(session, people.bank, now=NOW).requests
    assert (len(found.shown), found.total) == (8, 10)


def test_the_day_takes_as_many_questions_in_a_large_bank_as_in_a_small_one(
    session: Session, people: People
) -> None:
    asked: list[str] = []
    event.listen(
        session.connection().engine, "before_cursor_execute", lambda *given: asked.append(given[2])
    )

    def questions() -> int:
        session.flush()
        session.expire_all()
        _ = people.bank.id, people.bank.timezone, people.bank.waiting_days
        asked.clear()
        day.today(session, people.bank, now=NOW + timedelta(days=7))
        return len(asked)

    def one_more_of_each(name: str) -> None:
        other = make_member(
            session, people.bank, name, joined_on=OLD, date_of_birth=date(1950, 11, 20)
        )
        introduce(session, people, ask(session, people, f"Taken {name}"))
        ask(session, people, f"Open {name}", ends_on=NOW.date() + timedelta(days=8))
        make_logged_exchange(
            session, people.bank, people.ben, other, occurred_on=OLD, now=NOW - timedelta(days=20)
        )
        desk_service.note_call(
            session,
            people.bank,
            other.id,
            NewNote(words="Rang.", next_on=NOW.date()),
            Act(actor(people.bo), NOW),
        )

    one_more_of_each("Cy")
    few = questions()
    for name in ("Di", "Ed", "Flo", "Gus"):
        one_more_of_each(name)
    assert questions() == few


# ---- Caseloads ----


@pytest.fixture
def caseload(session: Session, people: People) -> People:
    """Bo looks after Ben, and after a request of Ana's; Co, a coordinator, after nobody."""
    co = make_member(session, people.bank, "Co", role="coordinator", joined_on=OLD)
    set_profile(session, people.bank, people.ben.id, Act(actor(co), NOW), broker_id=people.bo.id)
    skills_service.take_on(
        session,
        people.bank,
        ask(session, people, "Bo’s tap").id,
        Carer(people.bo.id),
        Act(actor(co), NOW),
    )
    return people


def test_a_broker_may_see_only_what_they_look_after(session: Session, caseload: People) -> None:
    bank, ana, ben = caseload.bank, caseload.ana, caseload.ben
    cy = make_member(session, bank, "Cy", date_of_birth=date(1960, 11, 13), joined_on=OLD)
    change_details(
        session, bank, ben.id, Act(actor(caseload.bo), NOW), date_of_birth=date(1950, 11, 14)
    )
    members_service.join(session, bank, Details("Zoë"), now=NOW)
    for one in (ana, ben):
        acts.tell(session, bank, one.id, make_notice("News"), now=NOW)
        desk_service.note_call(
            session,
            bank,
            one.id,
            NewNote(words="Rang.", next_on=NOW.date()),
            Act(actor(caseload.bo), NOW),
        )
    ask(session, caseload, "Nobody’s tap", ends_on=NOW.date() + timedelta(days=1))
    post_listing(
        session,
        bank,
        "request",
        Act(actor(ben), NOW),
        holder_id=ben.account_id or 0,
        title="Ben’s tap",
    )
    before = NOW - timedelta(days=30)
    for receiver in (ana, ben):
        make_logged_exchange(session, bank, cy, receiver, now=before, occurred_on=before.date())
    mine = day.today(session, bank, broker_id=caseload.bo.id, now=NOW)
    assert [call.name for call in mine.calls.shown] == ["Ben"]
    assert [one.member.name for one in mine.ring_again.shown] == ["Ben"]
    assert [one.listing.title for one in mine.requests.shown] == ["Bo’s tap", "Ben’s tap"]
    assert [one.receiver.name for one in mine.overdue.shown] == ["Ben"]
    assert [one.member.name for one in mine.birthdays.shown] == ["Ben"]
    assert (
        mine.calls.total,
        mine.logged,
        mine.overdue.total,
        mine.ending.total,
        mine.applications.total,
    ) == (1, 1, 1, 0, 0)
    everybodys = day.today(session, bank, now=NOW)
    assert (everybodys.calls.total, everybodys.requests.total, everybodys.overdue.total) == (
        2,
        3,
        2,
    )
    assert (everybodys.ring_again.total, everybodys.birthdays.total, everybodys.ending.total) == (
        2,
        2,
        1,
    )
    assert everybodys.applications.total == 1


def test_the_lists_of_the_rooms_are_those_that_programs_are_given(
    session: Session, caseload: People
) -> None:
    bank, ana, ben = caseload.bank, caseload.ana, caseload.ben
    members_service.join(session, bank, Details("Zoë"), now=NOW)
    ask(session, caseload, "Nobody’s tap", ends_on=NOW.date() + timedelta(days=1))
    introduce(session, caseload, ask(session, caseload, "Taken tap")).introduced_at = NOW - 2 * WEEK
    before = NOW - timedelta(days=30)
    late, wrong = (
        make_logged_exchange(session, bank, ana, ben, now=before, occurred_on=before.date())
        for _ in range(2)
    )
    exchanges_service.dispute(session, bank, wrong.id, Act(actor(ben), NOW), note="It was less.")
    for mine, broker_id in ((False, None), (True, caseload.bo.id)):
        lists = in_rooms(session, caseload, mine=mine)
        today = day.today(session, bank, broker_id=broker_id, now=NOW)
        counted = {
            "requests": today.requests.total,
            "unanswered": today.unanswered.total,
            "follow-ups": today.follow_ups.total,
            "disputed": today.disputed.total,
            "overdue": today.overdue.total,
            "joining": today.applications.total,
            "ending": today.ending.total,
            "logged": today.logged,
        }
        counted = {kind: number for kind, number in counted.items() if number}
        assert {kind: waiting.total for kind, waiting in lists.items()} == counted
        urgent = [waiting.urgency for waiting in lists.values()]
        assert urgent == sorted(urgent)
    everybodys = in_rooms(session, caseload)
    assert len(everybodys) == 7
    (overdue,) = everybodys["overdue"].lines
    assert [str(answer.words) for answer in overdue.answers] == ["That’s right", "Not right"]
    assert overdue.answers[0].fields == {"on_word_of": ben.account_id, "channel": "phone"}
    assert overdue.link.values == {"exchange_id": late.id}
    who = everybodys["disputed"].lines[0].who
    assert who is not None
    assert who.name == "Ben"
    assert everybodys["disputed"].urgency == Urgency.NOW


def test_introductions_go_with_the_request(session: Session, caseload: People) -> None:
    bos = (
        day.today(session, caseload.bank, broker_id=caseload.bo.id, now=NOW)
        .requests.shown[0]
        .listing
    )
    made = introduce(session, caseload, bos)
    introduce(session, caseload, ask(session, caseload))
    later = NOW + timedelta(days=4)
    mine = day.today(session, caseload.bank, broker_id=caseload.bo.id, now=later)
    assert [one.introduction.id for one in mine.unanswered.shown] == [made.id]
    assert day.today(session, caseload.bank, now=later).unanswered.total == 2


def test_caseloads_count_what_each_looks_after_and_what_nobody_does(
    session: Session, caseload: People
) -> None:
    introduce(session, caseload, ask(session, caseload))
    found = caseloads(session, caseload.bank, on=NOW.date(), limit=5)
    counted = [
        (one.broker.name if one.broker else None, one.members, one.requests, one.nobody_yet)
        for one in found.loads
    ]
    assert counted == [("Bo", 1, 1, 1), ("Co", 0, 0, 0), (None, 3, 1, 0)]
    assert [one.name for one in found.unclaimed.shown] == ["Ana"]


def test_nothing_of_another_bank_is_on_the_desk(session: Session, people: People) -> None:
    elsewhere = make_bank(session, name="Leith", slug="leith")
    members_service.join(session, elsewhere, Details("Zoë"), now=NOW)
    one, two = (make_member(session, elsewhere, name, joined_on=OLD) for name in ("Di", "Ed"))
    make_logged_exchange(session, elsewhere, one, two)
    theirs = People(elsewhere, one, two, make_member(session, elsewhere, "Flo", role="broker"))
    made = introduce(session, theirs, ask(session, theirs))
    made.follow_up_on = None
    later = NOW + NO_ANSWER + timedelta(minutes=1)
    assert day.today(session, elsewhere, now=later).unanswered.total == 1
    assert day.today(session, people.bank, now=later).unanswered.total == 0
    today = day.today(session, people.bank, now=NOW)
    assert (today.applications.total, today.calls.total, today.logged) == (0, 0, 0)
    assert {quiet.member.name for quiet in today.quiet.shown} == {"Ana", "Ben"}


def test_sessions_whose_hours_are_not_in_the_books_are_on_everybody_s_list(
    session: Session, people: People
) -> None:
    by = Act(system(people.bank), NOW)
    posted, waits, off, _ = (
        make_meeting(
            session,
            people.bank,
            make_activity(session, people.bank, rule="none", payer_id=None),
            **when,
        )
        for when in ({}, {}, {}, {"starts_at": NOW + timedelta(hours=1)})
    )
    register.mark(session, people.bank, posted.id, [Mark(people.ana.id, part="led")], act=by)
    posting.post(session, people.bank, posted.id, act=by)
    activities_service.call_off(session, people.bank, off.id, act=by)
    (line,) = in_rooms(session, people)["sessions"].lines
    assert line.link.values == {"session_id": waits.id}
    for _ in range(rules.SHOWN):
        make_meeting(session, people.bank, make_activity(session, people.bank))
    sessions = in_rooms(session, people)["sessions"]
    assert (len(sessions.lines), sessions.total) == (rules.SHOWN, rules.SHOWN + 1)
    assert "sessions" not in in_rooms(session, people, mine=True)
