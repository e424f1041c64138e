"""The record of an activity, to be handed on: what was done, agreed, reached, said and learnt. It
names nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from timebank.activities import queries
from timebank.activities.models import Activity, Outcome, Quote
from timebank.activities.queries import CoDelivery
from timebank.activities.rules import Stage
from timebank.banks.models import Bank


@dataclass(frozen=True)
class RecordedSession:
    """A session. `people` and `minutes` are those on its register, `in_the_books` says whether its
    hours stand posted. Amounts are minutes."""

    held_on: date
    lasted: int
    stage: Stage
    place: str
    people: int
    minutes: int
    in_the_books: bool
    done: str


@dataclass(frozen=True)
class Record:
    """Everything that is kept of an activity but people and pictures."""

    activity: Activity
    outcomes: Sequence[Outcome]
    sessions: Sequence[RecordedSession]
    quotes: Sequence[Quote]
    codelivery: CoDelivery


def record(session: Session, bank: Bank, activity_id: int) -> Record:
    """The record of an activity. Sessions that were called off are left out. Raises NotFound."""
    activity = queries.activity(session, bank, activity_id)
    held = queries.meetings(
        session, bank, *queries.not_called_off(), activity_id=activity_id, limit=10_000
    )
    spent = queries.spent(session, bank, activity_id)
    return Record(
        activity,
        queries.outcomes(session, bank, activity_id),
        [
            RecordedSession(
                held_on=queries.held_on(bank, one.row),
                lasted=one.row.minutes,
                stage=one.stage,
                place=one.place,
                people=one.here,
                minutes=spent.get(one.row.id, 0),
                in_the_books=one.posting is not None,
                done=one.row.done,
            )
            for one in held
        ],
        queries.quotes(session, bank, activity_id),
        queries.codelivery(session, bank, activity_id=activity_id),
    )
