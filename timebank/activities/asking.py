"""What notices ask those who signed up for a session, and how it is answered by the link that they
carry."""

from sqlalchemy.orm import Session

from timebank.act import Act, Channel
from timebank.activities import letters, queries, signing
from timebank.activities.rules import Source
from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.room import Asked, Link, Question, Reply, Written
from timebank.say import say


def _look(session: Session, bank: Bank, session_id: int, act: Act) -> Asked:
    meeting = queries.meeting(session, bank, session_id)
    become = None
    if meeting.row.cancelled_at is not None:
        become = say("This session was called off.")
    elif meeting.posting is not None or meeting.ends_at <= act.now:
        become = say("That session is over.")
    elif not queries.signed_up(session, bank, [_member_id(act)], [session_id]):
        become = say("You are not on the list any more.")
    page = Link("activities.show_session", {"session_id": session_id})
    return Asked(page, act.by.account_id, become)


def _come(session: Session, bank: Bank, session_id: int, act: Act, written: Written) -> object:
    return signing.sign_up(session, bank, session_id, _member_id(act), act, channel=_source(act))


def _stay_away(session: Session, bank: Bank, session_id: int, act: Act, written: Written) -> object:
    return signing.withdraw(session, bank, session_id, _member_id(act), act, channel=_source(act))


def _member_id(act: Act) -> int:
    """Whoever answers for themselves is a member."""
    if act.by.member_id is None:
        raise NotFound(say("There is no such session here."))
    return act.by.member_id


def _source(act: Act) -> Source:
    return Source.LINK if act.word.channel == Channel.LINK else Source.WEB


QUESTIONS = {
    letters.COMING: Question(
        say("Say whether you come"),
        _look,
        {
            "come": Reply(say("I come"), say("You said that you mean to come."), _come, main=True),
            "not": Reply(
                say("I cannot come"),
                say("You said that you cannot come. Thank you for saying so."),
                _stay_away,
            ),
        },
        latest=True,
    ),
}
"""By the kinds of `letters`."""
