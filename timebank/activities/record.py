"""The record of an activity, to be handed on: what was done, agreed, reached, said and learnt. It
names nobody."""

from typing import Any

from sqlalchemy.orm import Session

from timebank.activities import queries
from timebank.banks.models import Bank


def record(session: Session, bank: Bank, activity_id: int) -> dict[str, Any]:
    """Everything that is kept of an activity but people and pictures, of plain values only. Amounts
    are minutes.

    Sessions that were called off are left out. `people` and `minutes` of a session are those on its
    register, `in_the_books` says whether its hours stand posted. Raises NotFound.
    """
    activity = queries.activity(session, bank, activity_id)
    held = queries.meetings(
        session, bank, *queries.not_called_off(), activity_id=activity_id, limit=10_000
    )
    spent = queries.spent(session, bank, activity_id)
    figures = queries.codelivery(session, bank, activity_id=activity_id)
    told = ("title", "purpose", "stage", "place", "access_notes", "rule", "lessons")
    return {
        "activity": {"id": activity.id, **{name: getattr(activity, name) for name in told}},
        "outcomes": [
            {
                "words": one.words,
                "partner": one.partner,
                "agreed_on": one.agreed_on.isoformat(),
                "target": one.target,
                "reached": one.reached,
                "result": one.result,
            }
            for one in queries.outcomes(session, bank, activity_id)
        ],
        "sessions": [
            {
                "held_on": queries.held_on(bank, one.row).isoformat(),
                "lasted": one.row.minutes,
                "stage": one.stage,
                "place": one.place,
                "people": one.here,
                "minutes": spent.get(one.row.id, 0),
                "in_the_books": one.posting is not None,
                "done": one.row.done,
            }
            for one in held
        ],
        "quotes": [
            {"words": one.words, "said_by": one.said_by}
            for one in queries.quotes(session, bank, activity_id)
        ],
        "codelivery": {
            "sessions": figures.sessions,
            "people": figures.people,
            "minutes": figures.minutes,
            "led": figures.led,
            "shares": [{**vars(one)} for one in figures.shares],
        },
    }
