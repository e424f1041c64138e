"""What the bank does together next as an Atom feed (RFC 4287), for other sites and feed readers. It
has what, when and where, and no member's last name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from timebank import atom
from timebank.activities import letters, queries
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.members import queries as members
from timebank.say import Said, say

_AT_ONCE = 40


@dataclass(frozen=True)
class Shown:
    """A session as anybody may read of it: what it is, and where, without a member's last name."""

    meeting: Meeting
    title: str
    place: str


def shown(
    session: Session, bank: Bank, *, now: datetime, limit: int = _AT_ONCE, called_off: bool = False
) -> list[Shown]:
    """The next sessions that anybody may read of; those called off only if they are asked for."""
    meetings = queries.shown_to_all(session, bank, since=now, limit=limit, called_off=called_off)
    texts = [text for one in meetings for text in (one.activity.title, one.place)]
    nameless = iter(members.without_surnames(session, bank, texts))
    return [Shown(meeting, next(nameless), next(nameless)) for meeting in meetings]


def feed(
    session: Session,
    bank: Bank,
    *,
    own: str,
    page: str,
    url: Callable[[Meeting], str],
    now: datetime,
) -> atom.Feed:
    """What stands in the feed now, changed too when a session is over and goes. `own` is its
    address, `page` that of the same for people, and `url` says where the page of an activity is."""
    coming = shown(session, bank, now=now, called_off=True)
    begun = queries.last_begun(session, bank, before=now)
    changes = [one.meeting.changed_at for one in coming]
    return atom.Feed(
        names=bank.lasting_name,
        key="activities",
        title=say("What %(bank)s does together next", bank=bank.name),
        author=bank.name,
        updated=max([bank.created_at, *changes, *([begun] if begun else [])]),
        own=own,
        page=page,
        entries=[_entry(bank, one, url(one.meeting)) for one in coming],
    )


def _entry(bank: Bank, shown: Shown, page: str) -> atom.Entry:
    row = shown.meeting.row
    title: Said | str = shown.title
    if row.cancelled_at is not None:
        title = say("Called off: %(title)s", title=shown.title)
    return atom.Entry(
        key=f"session-{row.id}",
        title=title,
        updated=shown.meeting.changed_at,
        page=page,
        summary=[letters.when(bank, row), *([shown.place] if shown.place else [])],
    )
