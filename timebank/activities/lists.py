"""What waits in the activities."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.activities import queries
from timebank.activities.queries import Meeting
from timebank.activities.rules import SignUpStatus
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.room import ROWS, Answer, FirstPage, Line, Link, Reach, Row, Urgency, Waiting
from timebank.say import count, say


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """Sessions to which two mean to come who are kept apart, and those that have begun and whose
    hours are not in the books. They are in nobody's caseload."""
    if reach.mine:
        return []
    to_see_to = queries.to_see_to(session, bank, now=act.now, limit=reach.lines)
    to_post, apart = to_see_to.to_post, to_see_to.apart
    return [
        Waiting(
            "sessions-apart",
            say("Two mean to come who are kept apart"),
            say("two who are kept apart"),
            [_apart(bank, meeting) for meeting in apart.shown],
            apart.total,
            urgency=Urgency.NOW,
            place=36,
        ),
        Waiting(
            "sessions",
            say("Sessions to post"),
            say("to post"),
            [_to_post(bank, meeting) for meeting in to_post.shown],
            to_post.total,
            place=60,
        ),
    ]


def _apart(bank: Bank, meeting: Meeting) -> Line:
    page = _page(meeting)
    return Line(
        say("Two mean to come who are kept apart: %(title)s", title=meeting.activity.title),
        page,
        since=local_date(meeting.row.starts_at, bank.timezone),
        about=meeting.place,
        answers=[Answer(say("See who comes"), page, main=True)],
        name=meeting.activity.title,
    )


def _to_post(bank: Bank, meeting: Meeting) -> Line:
    page = _page(meeting)
    there = count("%(n)s is on the register", "%(n)s are on the register", meeting.here)
    on = local_date(meeting.row.starts_at, bank.timezone)
    return Line(
        say("%(title)s was on %(day)s.", title=meeting.activity.title, day=on),
        page,
        since=on,
        about=there if meeting.here else say("Nobody is on the register yet"),
        answers=[Answer(say("Look over and post"), page, main=True)],
        name=meeting.activity.title,
    )


def _page(meeting: Meeting) -> Link:
    return Link("activities.show_session", {"session_id": meeting.row.id})


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """The next sessions somebody has signed up for."""
    if act.by.member_id is None:
        return FirstPage()
    meetings = queries.to_come(session, bank, act.by.member_id, since=act.now, limit=ROWS)
    return FirstPage(
        coming=[
            _row(meeting, waits=said.status == SignUpStatus.WAITING) for meeting, said in meetings
        ]
    )


def _row(meeting: Meeting, *, waits: bool) -> Row:
    page = Link("activities.show_session", {"session_id": meeting.row.id})
    about = say("You wait for a place") if waits else meeting.place
    return Row(meeting.activity.title, page, about, at=meeting.row.starts_at)
