"""What waits in the activities."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.activities import queries
from timebank.activities.queries import Meeting
from timebank.activities.rules import SignUpStatus
from timebank.banks.models import Bank
from timebank.room import LINES, ROWS, FirstPage, Line, Link, Place, Row, Waiting
from timebank.say import count, say


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """Sessions to which two mean to come who are kept apart, and those that have begun and whose
    hours are not in the books. They are in nobody's caseload."""
    if place != Place.DESK:
        return []
    to_see_to = queries.to_see_to(session, bank, now=act.now, limit=LINES)
    to_post, apart = to_see_to.to_post, to_see_to.apart
    return [
        Waiting(
            "sessions-apart",
            say("Two mean to come who are kept apart"),
            say("to which two mean to come who are kept apart"),
            [_line(meeting) for meeting in apart.shown],
            apart.total,
            columns=[say("What"), say("When"), say("Register")],
            place=36,
        ),
        Waiting(
            "sessions",
            say("Sessions to post"),
            count("session to post", "sessions to post", to_post.total),
            [_line(meeting) for meeting in to_post.shown],
            to_post.total,
            columns=[say("What"), say("When"), say("Register")],
            place=60,
        ),
    ]


def _line(meeting: Meeting) -> Line:
    there = count("%(n)s there", "%(n)s there", meeting.here)
    return Line(
        meeting.activity.title,
        Link("activities.show_session", {"session_id": meeting.row.id}),
        about=meeting.place,
        cells=[meeting.row.starts_at, there if meeting.here else say("Nobody is on it yet")],
    )


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
