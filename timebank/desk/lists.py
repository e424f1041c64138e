"""What waits at the desk itself: whom to ring, whom to ring again, letters to post, and whom to
think of."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.desk import day, queries, rules
from timebank.desk.day import Birthday, Call, Low, Quiet
from timebank.desk.queries import Again, Questions
from timebank.notices.models import Notice
from timebank.notices.rules import on_paper
from timebank.room import Answer, Did, Line, Link, Member, Person, Reach, Urgency, Waiting
from timebank.say import Said, Weekday, count, say

FEW = 3
"""So many answers stand beside a question; where there are more, or one wants words, they stand on
a page."""


def waiting(
    session: Session, bank: Bank, reach: Reach, act: Act, *, questions: Questions
) -> Sequence[Waiting]:
    """What the desk keeps itself."""
    own = day.own(
        session,
        bank,
        broker_id=act.by.member_id if reach.mine else None,
        limit=reach.lines,
        now=act.now,
    )
    on = local_date(act.now, bank.timezone)
    return [
        Waiting(
            "calls",
            say("To ring"),
            say("to ring"),
            [_call(call, questions) for call in own.calls.shown],
            own.calls.total,
            all=Answer(say("All calls as a sheet, to print"), Link("desk.calls")),
            place=12,
        ),
        Waiting(
            "again",
            say("To ring again"),
            say("ring again"),
            [_again(again, on) for again in own.ring_again.shown],
            own.ring_again.total,
            place=11,
        ),
        Waiting(
            "letters",
            say("Letters to post"),
            count("letter to post", "letters to post", own.to_post),
            [],
            own.to_post,
            all=Answer(say("Print them"), Link("desk.letters")),
            place=95,
        ),
        *_to_think_of(own, on),
    ]


def did(session: Session, bank: Bank, since: datetime, act: Act) -> list[Did]:
    """Whom one of the staff rang in vain, and whom they told what."""
    tries = queries.rung(session, bank, act.by.key, since=since)
    notices = queries.passed_on(session, bank, act.by.key, since=since)
    return [
        *(
            Did(
                say("%(name)s: no answer.", name=one.name),
                one.at,
                Link("desk.person", {"member_id": one.member_id}),
                Link("desk.take_back_try", {"try_id": one.try_id}),
            )
            for one in tries
        ),
        *(
            Did(
                say("%(name)s was told: %(subject)s", name=one.name, subject=one.subject),
                one.sent_at or act.now,
                Link("desk.calls"),
            )
            for one in notices
        ),
    ]


def _to_think_of(own: day.Own, on: date) -> list[Waiting]:
    return [
        Waiting(
            "birthdays",
            say("Birthdays this week"),
            count("birthday this week", "birthdays this week", own.birthdays.total),
            [_birthday(birthday, on) for birthday in own.birthdays.shown],
            own.birthdays.total,
            urgency=Urgency.LATER,
            place=1,
        ),
        Waiting(
            "low",
            say("Can hardly ask any more"),
            say("near their limit"),
            [_low(low) for low in own.low.shown],
            own.low.total,
            urgency=Urgency.LATER,
            closing=say("A gift from the chest, or something they could give, would help."),
            place=2,
        ),
        Waiting(
            "quiet",
            say("Not heard from"),
            say("not heard from"),
            [_quiet(quiet) for quiet in own.quiet.shown],
            own.quiet.total,
            urgency=Urgency.LATER,
            closing=say(
                "They have neither given nor received help for %(days)s days. The latest to join"
                " come first.",
                days=rules.QUIET_DAYS,
            ),
            place=3,
        ),
    ]


def _call(call: Call, questions: Questions) -> Line:
    first, *others = call.notices
    page = Link("desk.calls")
    who = None
    if call.member_id is not None:
        page = Link("desk.person", {"member_id": call.member_id})
        # The account is found with the telephone number, for those whom the page shows.
        who = Person(call.name, 0, call.member_id)
    if others:
        return Line(
            count("%(n)s thing to tell them", "%(n)s things to tell them", len(call.notices)),
            page,
            since=call.since,
            about=first.subject,
            answers=[Answer(say("See what"), page, main=True)],
            name=call.name,
            who=who,
        )
    return Line(
        first.subject,
        page,
        since=call.since,
        about=first.error or "",
        answers=answers(first, questions),
        name=call.name,
        who=who,
        script=on_paper(first.body),
    )


def answers(notice: Notice, questions: Questions) -> list[Answer]:
    """What can be answered to what a notice says, by somebody who is told of it."""
    pass_on = Answer(
        say("Told", context="somebody was told"),
        Link("desk.told"),
        at_once=True,
        fields={"notices": notice.id},
    )
    question = questions(notice.asks) if notice.asks else None
    if question is None or not question.by_word:
        return [pass_on]
    page = Link("desk.answer", {"notice_id": notice.id})
    if len(question.replies) > FEW:
        return [Answer(question.label, page, main=True), pass_on]
    replies: list[Answer] = []
    for word, reply in question.replies.items():
        wants_words = reply.words is not None or reply.minutes is not None
        replies.append(
            Answer(
                reply.label,
                Link(page.endpoint, {**page.values, "reply": word}) if wants_words else page,
                at_once=not wants_words,
                main=reply.main,
                fields={} if wants_words else {"reply": word},
            )
        )
    return replies


def _again(again: Again, on: date) -> Line:
    note = again.noted.note
    by, next_on = again.noted.by, note.next_on or on
    return Line(
        say("%(by)s wanted to ring again.", by=by),
        Link("desk.person", {"member_id": again.member.id}),
        since=next_on,
        about=again.noted.about,
        answers=[
            Answer(say("Rung"), Link("desk.done", {"note_id": note.id}), at_once=True),
        ],
        name=again.member.name,
        who=_person(again.member),
        late=next_on < on,
    )


def _birthday(birthday: Birthday, on: date) -> Line:
    age, day_ = birthday.age, Weekday(birthday.on, on)
    title = (
        say("Is %(age)s today", age=age)
        if birthday.on == on
        else say("Will be %(age)s: %(day)s", age=age, day=day_)
    )
    return _about(birthday.member, title, birthday.on)


def _low(low: Low) -> Line:
    return _about(low.member, say("%(time)s left to ask for", time=hours.words(low.left)), None)


def _quiet(quiet: Quiet) -> Line:
    since = quiet.last
    title = (
        say("Quiet since %(day)s", day=since)
        if since is not None
        else say("Joined on %(day)s, and nothing yet", day=quiet.member.joined_on or "")
    )
    return _about(quiet.member, title, since or quiet.member.joined_on)


def _about(member: Member, title: Said, since: date | None) -> Line:
    page = Link("desk.person", {"member_id": member.id})
    return Line(
        title,
        page,
        since=since,
        answers=[Answer(say("Leave a note"), page)],
        name=member.name,
        who=_person(member),
    )


def _person(member: Member) -> Person:
    return Person(member.name, member.account_id or 0, member.id)
