"""What a notice of a survey asks: answered by whoever has signed in, since what is answered is kept
apart from their name by the code that is theirs alone."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.room import Asked, Link, Question
from timebank.say import say
from timebank.surveys import rules


def _wave(session: Session, bank: Bank, wave_id: int, act: Act) -> Asked:
    return Asked(Link("surveys.answer", {"wave_id": wave_id}))


QUESTIONS = {rules.ANSWER: Question(say("Answer the questions"), _wave)}
"""By the kind of `rules`."""
