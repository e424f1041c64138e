"""Answering, agreeing that answers be linked, and taking that back. The caller commits.

Nothing is written down of who did it or when: that would join answers to names.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from timebank import apart
from timebank.act import Act
from timebank.apart import new_key
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.codes import grouped, new_code, secret_hash
from timebank.errors import NotAllowed
from timebank.members.rules import require_broker
from timebank.say import say
from timebank.surveys import queries, rules
from timebank.surveys.errors import AnsweredAlready, NotOpen
from timebank.surveys.models import Answer, Invitation, Link, PaperCode, Sheet, Wave
from timebank.surveys.rules import Answers


class PaperForm(NamedTuple):
    """A form to print: whom it is for, and the code by which it is typed in."""

    name: str
    number: str | None
    code: str


def answer(session: Session, bank: Bank, wave_id: int, given: Answers, act: Act) -> None:
    """A member's own answers. Raises NotFound when they were not asked; AnsweredAlready, NotOpen,
    Invalid."""
    if act.by.member_id is None:
        raise NotAllowed(say("Only a member can answer for themselves."))
    _take(
        session,
        bank,
        queries.own_invitation(session, bank, wave_id, act.by.member_id),
        given,
        now=act.now,
    )


def answer_by_code(
    session: Session, bank: Bank, code: str, given: Answers, *, now: datetime
) -> None:
    """The answers of whoever holds the form with that code, typed by them or by a broker. Else as
    `answer`."""
    _take(session, bank, queries.by_code(session, bank, code), given, now=now)


def _take(
    session: Session,
    bank: Bank,
    invitation: Invitation,
    given: Answers,
    *,
    now: datetime,
) -> None:
    require_open(queries.wave(session, bank, invitation.wave_id), bank, now=now)
    require_unanswered(invitation)
    asked = queries.instruments(session, bank, invitation.wave_id)
    answers = rules.checked(asked, given.answers)
    wave_id, member_id = invitation.wave_id, invitation.member_id
    one_at_a_time(session, bank)
    mine = (
        Invitation.bank_id == bank.id,
        Invitation.id == invitation.id,
        Invitation.answered.is_(False),
    )
    marked = session.execute(
        update(Invitation).where(*mine).values(answered=True).returning(Invitation.id)
    ).first()
    if marked is None:
        raise AnsweredAlready(_ANSWERED)
    respondent = _linked_key(session, bank, member_id) if given.link else new_key()
    session.add(Sheet(bank_id=bank.id, wave_id=wave_id, respondent=respondent))
    session.flush()
    key = {"bank_id": bank.id, "wave_id": wave_id, "respondent": respondent}
    rows = [key | {"n": n, "item": item, **_kept(said)} for (n, item), said in answers.items()]
    session.execute(insert(Answer), rows)
    if not given.link:
        _hide(session, bank, wave_id, respondent)


def _hide(session: Session, bank: Bank, wave_id: int, respondent: str) -> None:
    """Hide a sheet among others that nothing links to anybody.

    Else it could be told which sheet came in with which invitation.
    """
    linked = select(Link.respondent).where(Link.bank_id == bank.id)
    apart.hide(
        session,
        Sheet.respondent,
        respondent,
        Sheet.bank_id == bank.id,
        Sheet.wave_id == wave_id,
        Sheet.respondent.not_in(linked),
    )


def _kept(said: int | str) -> dict[str, int | str | None]:
    return (
        {"value": said, "missing": None}
        if isinstance(said, int)
        else {"value": None, "missing": said}
    )


_ANSWERED = say("These questions were answered already, and each of us answers once. Thank you.")


def require_unanswered(invitation: Invitation) -> None:
    """Raises AnsweredAlready."""
    if invitation.answered:
        raise AnsweredAlready(_ANSWERED)


def require_open(wave: Wave, bank: Bank, *, now: datetime) -> None:
    """Raises NotOpen for a wave that takes no answers yet, or no more."""
    today = local_date(now, bank.timezone)
    if queries.is_over(wave, today):
        raise NotOpen(
            say("These questions are closed: no more answers are taken. Thank you for meaning to.")
        )
    if not queries.is_open(wave, today):
        raise NotOpen(
            say("These questions open on %(opens_on)s. Come back then.", opens_on=wave.opens_on)
        )


def withdraw(session: Session, bank: Bank, member_id: int) -> None:
    """Take back that answers be linked: nobody can tell any more whose they are, nor which belong
    to the same person.

    Each sheet is given a key of its own. Without a link nothing happens.
    """
    link = session.get(Link, (bank.id, member_id))
    if link is None:
        return
    linked = (Sheet.bank_id == bank.id, Sheet.respondent == link.respondent)
    for wave_id in session.execute(select(Sheet.wave_id).where(*linked)).scalars().all():
        session.execute(
            update(Sheet).where(*linked, Sheet.wave_id == wave_id).values(respondent=new_key())
        )
    session.delete(link)
    session.flush()
    session.expire_all()


def print_forms(session: Session, bank: Bank, wave_id: int, act: Act) -> list[PaperForm]:
    """A form with a code of its own for everybody who was asked and has not answered. Codes printed
    before stay good.

    A broker's to do. Raises NotFound, NotAllowed, NotOpen for a wave that is over.
    """
    require_broker(act.by)
    wave = queries.wave(session, bank, wave_id)
    if queries.is_over(wave, local_date(act.now, bank.timezone)):
        raise NotOpen(say("These questions are closed, so there is nothing to print."))
    forms = []
    for invitation, member in queries.unanswered(session, bank, wave.id):
        code = new_code(rules.CODE_LETTERS)
        session.add(
            PaperCode(bank_id=bank.id, code_hash=secret_hash(code), invitation_id=invitation.id)
        )
        forms.append(PaperForm(member.name, member.number, grouped(code)))
    session.flush()
    return forms


def _linked_key(session: Session, bank: Bank, member_id: int) -> str:
    link = session.get(Link, (bank.id, member_id))
    if link is None:
        link = Link(bank_id=bank.id, member_id=member_id, respondent=new_key())
        session.add(link)
    return link.respondent
