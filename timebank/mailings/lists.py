"""The announcements on everybody's first page and in the weekly letter."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.mailings import queries
from timebank.mailings.models import Announcement
from timebank.room import ROWS, FirstPage, Link, News, Part, Row
from timebank.say import as_written, say


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """What the bank announces."""
    on = local_date(act.now, bank.timezone)
    rows = queries.standing(session, bank, on=on, limit=ROWS)
    return FirstPage(news=[_row(row) for row in rows])


def _row(row: Announcement) -> Row:
    first = row.words.strip().splitlines()[0]
    page = Link("mailings.announcement", {"announcement_id": row.id})
    return Row(row.title, page, first, icon="letter", at=_since(row))


def _since(row: Announcement) -> datetime:
    begins = datetime.combine(row.starts_on, time.min, tzinfo=UTC)
    return max(begins, row.at)


def digest(
    session: Session, bank: Bank, member_ids: Sequence[int], since: datetime, now: datetime
) -> Sequence[Part]:
    """What was announced since the last weekly letter, the same to everybody."""
    on = local_date(now, bank.timezone)
    news = [
        News(as_written(row.title), f"/mailings/announcements/{row.id}", _since(row))
        for row in queries.standing(session, bank, on=on, limit=ROWS)
        if _since(row) > since
    ]
    if not news:
        return []
    return [Part(say("From your time bank"), dict.fromkeys(member_ids, news), "/")]
