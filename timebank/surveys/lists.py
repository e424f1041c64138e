"""What waits in the surveys."""

from datetime import date

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.room import Answer, FirstPage, Line, Link
from timebank.say import Weekday, say
from timebank.surveys import queries
from timebank.surveys.models import Wave


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """The questions that are open and that a member has not answered."""
    if act.by.member_id is None:
        return FirstPage()
    today = local_date(act.now, bank.timezone)
    waves = queries.to_answer(session, bank, act.by.member_id, today=today)
    return FirstPage(waiting=[_line(wave, today) for wave in waves], waits=len(waves))


def _line(wave: Wave, today: date) -> Line:
    page = Link("surveys.answer", {"wave_id": wave.id})
    return Line(
        wave.title,
        page,
        about=say(
            "Until %(day)s. Whether you answer is up to you.", day=Weekday(wave.closes_on, today)
        ),
        answers=[Answer(say("Answer", context="questions"), page)],
    )
