"""What waits in the surveys."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.room import Line, Link, Place, Waiting
from timebank.say import Weekday, count, say
from timebank.surveys import queries


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """For a member, the questions that are open and that they have not answered."""
    if place != Place.FIRST_PAGE or act.by.member_id is None:
        return []
    today = local_date(act.now, bank.timezone)
    waves = queries.to_answer(session, bank, act.by.member_id, today=today)
    lines = [
        Line(
            wave.title,
            Link("surveys.answer", {"wave_id": wave.id}),
            about=say(
                "Until %(day)s. Whether you answer is up to you.",
                day=Weekday(wave.closes_on, today),
            ),
        )
        for wave in waves
    ]
    counted = count("set of questions", "sets of questions", len(lines))
    return [Waiting("asked", say("Questions for you"), counted, lines, len(lines), place=20)]
