"""What notices of messages ask. Who answers signs in first: what somebody writes is theirs, and a
letter is passed on sooner than one thinks."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.messages import rules
from timebank.room import Asked, Link, Question
from timebank.say import say


def _conversation(session: Session, bank: Bank, conversation_id: int, act: Act) -> Asked:
    return Asked(Link("messages.show", {"conversation_id": conversation_id}))


def _reports(session: Session, bank: Bank, report_id: int, act: Act) -> Asked:
    return Asked(Link("messages.reports"))


QUESTIONS = {
    rules.ANSWER: Question(say("Answer the message"), _conversation),
    rules.SETTLE: Question(say("Look at the report"), _reports),
}
"""By the kinds of `rules`."""
