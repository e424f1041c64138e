"""What the weekly letter asks: whether it is wanted. It is answered in its head, by which mail
programs show a button of their own (RFC 8058)."""

from dataclasses import replace

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.home import rules
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.room import Asked, Link, Question, Reply, Written
from timebank.say import say


def _weekly(session: Session, bank: Bank, member_id: int, act: Act) -> Asked:
    wishes = members.preference(session, bank, member_id)
    become = None if wishes.digest else say("You get this letter no more.")
    return Asked(Link("members.notices", {"member_id": member_id}), act.by.account_id, become)


def _stop(session: Session, bank: Bank, member_id: int, act: Act, written: Written) -> object:
    wishes = replace(members.preference(session, bank, member_id), digest=False)
    return members_service.set_preference(session, bank, member_id, wishes, act)


QUESTIONS = {
    rules.WEEKLY: Question(
        say("Your weekly letter"),
        _weekly,
        {
            "stop": Reply(
                say("Get it no more"),
                say("You get this letter no more. Everything else comes as before."),
                _stop,
                main=True,
            )
        },
        days=30,
        by_program="stop",
    ),
}
"""By the kind of `rules`."""
