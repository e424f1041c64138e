"""What a database holds, in numbers: what is said when a copy is put back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Holdings:
    """How many banks, people who have joined, and entries in the books there are, and when the last
    entry was recorded, in UTC."""

    banks: int
    members: int
    entries: int
    last_entry_at: datetime | None


def of(session: Session) -> Holdings:
    """What is in this database."""
    banks, members, entries, last = session.execute(
        text(
            "SELECT (SELECT count(*) FROM bank),"
            " (SELECT count(*) FROM member WHERE status NOT IN ('applied', 'left')),"
            " (SELECT count(*) FROM entry), (SELECT max(recorded_at) FROM entry)"
        )
    ).one()
    return Holdings(banks, members, entries, datetime.fromisoformat(str(last)) if last else None)
