"""The desk as one queue, on both engines."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.desk.test_day import People, ask, people
from tests.factories import NOW, actor, make_logged_exchange
from timebank.act import Act, Channel
from timebank.app import FEATURES
from timebank.desk import service
from timebank.desk.models import CallTry
from timebank.desk.queue import Entry, Queue, Wanted, queue
from timebank.desk.rules import NewNote
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import Status
from timebank.members import service as members_service
from timebank.members.rules import Wishes
from timebank.notices.models import Notice
from timebank.replies.rules import Given
from timebank.room import LINES, Question

__all__ = ["people"]

# The desk itself finds the questions through the application, which is not there.
ROOMS = [room for room in FEATURES if room.name != "desk"]


def question(kind: str) -> Question:
    return next(room.questions[kind] for room in FEATURES if kind in room.questions)


ALL = Wanted()


def look(session: Session, people: People, wanted: Wanted = ALL, *, days: int = 0) -> Queue:
    act = Act(actor(people.bo), NOW + timedelta(days=days))
    return queue(session, people.bank, ROOMS, wanted, act)


def kinds(found: Queue) -> list[str]:
    return [entry.waiting.kind for entry in found.entries]


def whole(session: Session, people: People) -> list[Entry]:
    pages = look(session, people).pages
    return [
        entry
        for page in range(1, pages + 1)
        for entry in look(session, people, Wanted(page=page)).entries
    ]


def test_what_is_wrong_comes_before_what_waits_and_that_before_what_has_a_day_to_come(
    session: Session, people: People
) -> None:
    ask(session, people, "Soon over", ends_on=NOW.date() + timedelta(days=3))
    before = NOW - timedelta(days=40)
    make_logged_exchange(
        session, people.bank, people.ana, people.ben, now=before, occurred_on=before.date()
    )
    wrong = make_logged_exchange(session, people.bank, people.ben, people.ana)
    exchanges_service.dispute(
        session, people.bank, wrong.id, Act(actor(people.ana), NOW), note="", minutes=30
    )
    found = look(session, people)
    assert kinds(found) == ["disputed", "overdue", "requests", "ending"]
    assert [entry.who.party.name for entry in found.entries if entry.who] == [
        "Ana", "Ben", "Ana", "Ana",
    ]  # fmt: skip
    assert kinds(look(session, people, Wanted(kind="ending"))) == ["ending"]
    assert look(session, people, Wanted(kind="nonsense")).entries == []


def test_what_is_behind_the_first_page_is_counted_and_each_of_it_is_on_one_page(
    session: Session, people: People
) -> None:
    for number in range(LINES + 3):
        ask(session, people, f"Request {number}")
    for number in range(LINES + 3):
        ends_on = NOW.date() + timedelta(days=number % 7)
        ask(session, people, f"Ends {number}", ends_on=ends_on)
    first = look(session, people)
    assert (len(first.entries), first.total, first.beyond) == (LINES, 3 * (LINES + 3), 25)
    lines = [(entry.waiting.kind, str(entry.line.name)) for entry in whole(session, people)]
    assert len(lines) == len(set(lines)) == first.total
    service.no_answer(session, people.bank, people.ana.id, Act(actor(people.bo), NOW))
    again = [(entry.waiting.kind, str(entry.line.name)) for entry in whole(session, people)]
    assert sorted(again) == sorted(lines)
    assert look(session, people, Wanted(page=99)).entries == []


def test_who_does_not_answer_is_last_until_tomorrow_and_keeps_their_place_then(
    session: Session, people: People
) -> None:
    ben = people.ben
    ask(session, people, "Ana’s tap")
    ask(session, people, "Ben’s tap", holder_id=ben.account_id, act=Act(actor(ben), NOW))
    bo = Act(actor(people.bo), NOW)
    service.no_answer(session, people.bank, people.ana.id, bo)
    call = service.no_answer(session, people.bank, people.ana.id, bo)

    def names(days: int = 0) -> list[tuple[str, int, bool]]:
        return [
            (entry.line.who.name, entry.tried.times if entry.tried else 0, entry.put_off)
            for entry in look(session, people, days=days).entries
            if entry.line.who
        ]

    assert names() == [("Ben", 0, False), ("Ana", 2, True)]
    assert names(days=1) == [("Ana", 2, False), ("Ben", 0, False)]
    service.take_back_try(session, people.bank, call.id, bo)
    assert names() == [("Ben", 0, False), ("Ana", 1, True)]
    service.note_call(session, people.bank, people.ana.id, NewNote("Spoke to her."), bo)
    assert names() == [("Ana", 0, False), ("Ben", 0, False)]
    assert session.execute(select(CallTry.done_at)).scalar() == NOW


def test_what_ended_without_a_word_is_still_asked_about(session: Session, people: People) -> None:
    ask(session, people, "Over", ends_on=NOW.date())
    (entry,) = look(session, people, Wanted(kind="ending"), days=1).entries
    assert entry.line.late
    assert [str(answer.words) for answer in entry.line.answers] == ["Still wants it", "Take it out"]
    assert look(session, people, Wanted(kind="ending"), days=40).entries == []


def test_an_answer_on_the_phone_is_taken_on_their_word_and_the_notice_is_told(
    session: Session, people: People
) -> None:
    bank, ben, bo = people.bank, people.ben, Act(actor(people.bo), NOW)
    wishes = Wishes(channel="call")
    members_service.set_preference(session, bank, ben.id, wishes, Act(actor(ben), NOW))
    logged = make_logged_exchange(session, bank, people.ana, ben)
    notice = session.execute(
        select(Notice).where(Notice.addressee == f"member:{ben.id}", Notice.asks.is_not(None))
    ).scalar_one()
    answered = service.answer_told(session, bank, notice.id, Given("right"), question, bo)
    assert (answered.name, str(answered.said)) == ("Ben", "Yes, that’s right")
    shown = exchanges.show(session, bank, logged.id, by=bo.by)
    assert shown.exchange.status == Status.CONFIRMED
    assert notice.told_by == f"member:{people.bo.id}"
    steps = exchanges.steps(session, bank, logged.id)
    assert (steps[-1].by, steps[-1].channel) == ("Bo", Channel.PHONE)
