"""Sessions for calendars. They name nobody."""

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from timebank.activities import queries
from timebank.activities.queries import Meeting
from timebank.activities.rules import SignUpStatus
from timebank.banks.models import Bank
from timebank.room import Appointment, Link, Stands
from timebank.say import Said, say


def for_everybody(meetings: Iterable[Meeting]) -> list[Appointment]:
    """Sessions of activities that anybody may read of, each with the page of its activity."""
    return [
        appointment(meeting, Link("activities.public", {"activity_id": meeting.activity.id}))
        for meeting in meetings
    ]


def for_members(meetings: Iterable[Meeting]) -> list[Appointment]:
    """Sessions, each with its page."""
    return [appointment(meeting, _page(meeting)) for meeting in meetings]


def appointments(session: Session, bank: Bank, member_id: int, since: date) -> list[Appointment]:
    """The sessions that a member has signed up for, waits for a place in or leads."""
    begins = datetime.combine(since, time.min, ZoneInfo(bank.timezone))
    appointments_there = []
    for meeting, sign_up in queries.attended(session, bank, member_id, since=begins):
        waits = sign_up is not None and sign_up.status == SignUpStatus.WAITING
        title: Said | str = meeting.activity.title
        if waits:
            title = say("%(title)s (you wait for a place)", title=title)
        appointments_there.append(appointment(meeting, _page(meeting), title=title, firm=not waits))
    return appointments_there


def appointment(
    meeting: Meeting, link: Link, *, title: Said | str = "", firm: bool = True
) -> Appointment:
    """A session as a calendar has it; not `firm` while somebody waits for a place."""
    activity = meeting.activity
    if meeting.row.cancelled_at is not None:
        stands = Stands.CANCELLED
    else:
        stands = Stands.CONFIRMED if firm else Stands.TENTATIVE
    return Appointment(
        key=f"session-{meeting.row.id}",
        title=title or activity.title,
        link=link,
        at=meeting.row.starts_at,
        minutes=meeting.row.minutes,
        place=meeting.place,
        about="\n\n".join(filter(None, [activity.purpose, activity.access_notes])),
        sequence=meeting.row.sequence,
        stands=stands,
    )


def _page(meeting: Meeting) -> Link:
    return Link("activities.show_session", {"session_id": meeting.row.id})
