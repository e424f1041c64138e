"""What waits in the dialogue, and what is new of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import letters, promise_queries, queries
from timebank.dialogue.promise_queries import Promise, Waits
from timebank.dialogue.rules import OwnerKind, StepKind
from timebank.members import acts
from timebank.members import queries as members
from timebank.notices import service as notices_service
from timebank.notices.rules import Addressee, NewNotice
from timebank.room import (
    ROWS,
    Answer,
    FirstPage,
    Line,
    Link,
    News,
    Part,
    Reach,
    Row,
    Waiting,
)
from timebank.say import Said, count, say

REMINDED = timedelta(days=14)
"""So long before its day the owner of a promise is reminded."""


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """Promises past their day, promises whose owner has left, and conversations whose answer is
    overdue."""
    if reach.mine:
        return []
    today = local_date(act.now, bank.timezone)
    promises = promise_queries.for_staff(session, bank, today=today, limit=reach.lines)
    late, gone, unanswered = promises.late, promises.without_owner, promises.unanswered
    return [
        Waiting(
            "promises-late",
            say("Promises past their day"),
            count("promise past its day", "promises past their day", late.total),
            [_late(promise) for promise in late.shown],
            late.total,
            place=38,
        ),
        Waiting(
            "promises-without-owner",
            say("Promises whose owner has left"),
            count("promise without an owner", "promises without an owner", gone.total),
            [_without_owner(promise) for promise in gone.shown],
            gone.total,
            place=39,
        ),
        Waiting(
            "conversations-unanswered",
            say("Conversations that wait for an answer"),
            count(
                "conversation without its answer", "conversations without theirs", unanswered.total
            ),
            [_unanswered(talk) for talk in unanswered.shown],
            unanswered.total,
            place=40,
        ),
    ]


def _late(promise: Waits) -> Line:
    page = Link("dialogue.promise", {"commitment_id": promise.id})
    return Line(
        promise.words,
        page,
        since=promise.on,
        about=say("%(who)s promised it for %(day)s", who=promise.who, day=promise.on),
        answers=[Answer(say("Say what became of it"), page, main=True)],
        late=True,
    )


def _without_owner(promise: Waits) -> Line:
    page = Link("dialogue.hand", {"commitment_id": promise.id})
    return Line(
        promise.words,
        Link("dialogue.promise", {"commitment_id": promise.id}),
        since=promise.on,
        about=say("%(who)s promised it for %(day)s, and has left", who=promise.who, day=promise.on),
        answers=[Answer(say("Name another owner"), page, main=True)],
    )


def _unanswered(talk: Waits) -> Line:
    page = Link("dialogue.conversation", {"dialogue_id": talk.id})
    return Line(
        talk.words,
        page,
        since=talk.on,
        about=say("%(who)s was to answer by %(day)s", who=talk.who, day=talk.on),
        answers=[Answer(say("Look at it"), page)],
        late=True,
    )


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """What somebody can confirm, and their own promises that are due within two weeks."""
    if act.by.member_id is None:
        return FirstPage()
    today = local_date(act.now, bank.timezone)
    promises = promise_queries.for_member(
        session, bank, act.by.member_id, until=today + REMINDED, limit=ROWS
    )
    return FirstPage(
        waiting=[_to_confirm(promise) for promise in promises.confirm.shown],
        waits=promises.confirm.total,
        under_way=[
            Row(
                promise.words,
                Link("dialogue.promise", {"commitment_id": promise.id}),
                say("You promised it for %(day)s", day=promise.on),
                icon="date",
            )
            for promise in promises.own.shown
        ],
    )


def _to_confirm(promise: Waits) -> Line:
    page = Link("dialogue.promise", {"commitment_id": promise.id})
    return Line(
        promise.words,
        page,
        about=say("%(owner)s says that it is done. Is it?", owner=promise.who),
        answers=[Answer(say("Look, and say so"), page)],
    )


def digest(
    session: Session, bank: Bank, member_ids: Sequence[int], since: datetime, now: datetime
) -> Sequence[Part]:
    """What became of promises in the partnerships somebody is in, and what has become late."""
    places = queries.partnerships_of(session, bank, member_ids)
    if not places:
        return []
    news: dict[int, list[News]] = {}
    for row, step in promise_queries.steps_since(session, bank, since, now):
        news.setdefault(row.partnership_id or 0, []).append(
            News(_became(row.words, step.kind), f"/dialogue/promises/{row.id}", step.at)
        )
    first = local_date(since, bank.timezone)
    last = local_date(now, bank.timezone) - timedelta(days=1)
    for promise in promise_queries.due_between(session, bank, first, last):
        words = say("Late: %(words)s", words=promise.row.words)
        page = f"/dialogue/promises/{promise.row.id}"
        news.setdefault(promise.row.partnership_id or 0, []).append(News(words, page, now))
    return [
        Part(
            say("You said, we did"),
            {
                member_id: [one for place in sorted(theirs) for one in news.get(place, [])]
                for member_id, theirs in places.items()
            },
            "/dialogue",
        )
    ]


def _became(words: str, kind: StepKind) -> Said:
    return _BECAME[kind](words)


_BECAME = {
    StepKind.PROMISED: lambda words: say("Promised: %(words)s", words=words),
    StepKind.MOVED: lambda words: say("Moved to another day: %(words)s", words=words),
    StepKind.HANDED: lambda words: say("With another owner: %(words)s", words=words),
    StepKind.DONE: lambda words: say("Done, it is said: %(words)s", words=words),
    StepKind.CONFIRMED: lambda words: say("Done, and a neighbour says so: %(words)s", words=words),
    StepKind.DROPPED: lambda words: say("Not done: %(words)s", words=words),
}


def remind(session: Session, bank: Bank, *, now: datetime) -> None:
    """Tell the owners of promises that are due in two weeks, once for each day they are promised
    for."""
    today = local_date(now, bank.timezone)
    for promise in promise_queries.due_between(session, bank, today, today + REMINDED):
        _remind(session, bank, promise, now)


def _remind(session: Session, bank: Bank, promise: Promise, now: datetime) -> None:
    letter = letters.due_soon(promise.row.words, promise.due_on)
    cause = f"commitment:{promise.row.id}:due:{promise.due_on.isoformat()}"
    notice = NewNotice(letter, cause)
    row = promise.row
    if row.owner_kind == OwnerKind.MEMBER and row.member_id is not None:
        acts.tell(session, bank, row.member_id, notice, now=now)
    elif row.organisation_id is not None:
        for contact in members.contacts(session, bank, row.organisation_id):
            if contact.member_id is not None:
                acts.tell(session, bank, contact.member_id, notice, now=now)
    elif row.contact_email or row.contact_phone:
        to = Addressee(
            key=f"commitment:{row.id}",
            name=row.contact_name,
            email=row.contact_email,
            phone=row.contact_phone,
        )
        notices_service.write(session, bank, to, notice, now=now)


def causes(session: Session, bank: Bank, member: Any) -> list[str]:
    """What notices about somebody's promises go by."""
    return [f"commitment:{one}" for one in promise_queries.owned_ids(session, bank, member.id)]
