"""How the asking itself felt: sheets without names, no more than people were there. The caller
commits."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank import apart
from timebank.act import Act
from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import (
    audit_queries,
    conversation_queries,
    evaluation_queries,
    partnerships,
    queries,
)
from timebank.dialogue.errors import NotInThatState, TooManySheets
from timebank.dialogue.models import (
    Dialogue,
    Evaluated,
    Evaluation,
    EvaluationAnswer,
    EvaluationSheet,
)
from timebank.dialogue.rules import STATEMENTS, EvaluationAnswers, EvaluationItem
from timebank.errors import Conflict, Invalid, NotAllowed
from timebank.say import say


def evaluate_conversation(session: Session, bank: Bank, dialogue_id: int, act: Act) -> Evaluation:
    """Ask those who were at its meetings how a conversation was. Raises NotFound, NotAllowed,
    Conflict."""
    talk: Dialogue = conversation_queries.dialogue(session, bank, dialogue_id)
    partnership = (
        queries.partnership(session, bank, talk.partnership_id) if talk.partnership_id else None
    )
    partnerships.require_run(partnership, act.by)
    return _ask(session, bank, act, dialogue_id=talk.id)


def evaluate_session(session: Session, bank: Bank, session_id: int, act: Act) -> Evaluation:
    """Ask those on the register how a meeting was. Raises NotFound, NotAllowed, Conflict."""
    meeting = activities.meeting(session, bank, session_id)
    partnerships.require_run(None, act.by)
    return _ask(session, bank, act, session_id=meeting.row.id)


def evaluate_audit(session: Session, bank: Bank, audit_id: int, act: Act) -> Evaluation:
    """Ask those who were asked how being asked was. Raises NotFound, NotAllowed, Conflict."""
    partnerships.require_run(None, act.by)
    audit_queries.audit(session, bank, audit_id)
    return _ask(session, bank, act, audit_id=audit_id)


def _ask(session: Session, bank: Bank, act: Act, **of: int) -> Evaluation:
    asked = Conflict(say("They are asked already."))
    if evaluation_queries.evaluation_of(session, bank, **of) is not None:
        raise asked
    row = Evaluation(
        bank_id=bank.id,
        opened_on=local_date(act.now, bank.timezone),
        by=act.by.key,
        at=act.now,
        **of,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # Somebody else was faster.
        raise asked from None
    return row


def answer(
    session: Session, bank: Bank, evaluation_id: int, answers: EvaluationAnswers, act: Act
) -> None:
    """Somebody who was there answers on screen, once. Raises NotFound; NotAllowed unless they are
    on the register; Conflict when they have answered; else as `answer_on_paper`."""
    row = evaluation_queries.evaluation(session, bank, evaluation_id, lock=True)
    if act.by.member_id is None or not evaluation_queries.was_there(
        session, bank, row, act.by.member_id
    ):
        raise NotAllowed(say("Those who were there are asked. You are not on the register."))
    if session.get(Evaluated, (bank.id, row.id, act.by.member_id)) is not None:
        raise Conflict(say("You have answered already. Thank you."))
    session.add(Evaluated(bank_id=bank.id, evaluation_id=row.id, member_id=act.by.member_id))
    _take(session, bank, row, answers)


def answer_on_paper(
    session: Session, bank: Bank, evaluation_id: int, answers: EvaluationAnswers, act: Act
) -> None:
    """A sheet of paper is typed in. Raises NotFound, NotAllowed; NotInThatState once it has closed;
    Invalid when nothing is answered; TooManySheets when there are as many as people there."""
    partnerships.require_run(None, act.by)
    _take(
        session,
        bank,
        evaluation_queries.evaluation(session, bank, evaluation_id, lock=True),
        answers,
    )


def _take(session: Session, bank: Bank, row: Evaluation, answers: EvaluationAnswers) -> None:
    if row.closed_on is not None:
        raise NotInThatState(say("It has closed and takes no more answers."))
    highest = dict.fromkeys(STATEMENTS, 5) | {EvaluationItem.LADDER: 7}
    if not all(1 <= value <= highest.get(item, 0) for item, value in answers.values.items()):
        raise Invalid(say("Choose from what stands beside each sentence."))
    words = {item: said for item, said in answers.words.items() if said}
    if not answers.values and not words:
        raise Invalid(say("Nothing is answered yet. Answer at least one."))
    if evaluation_queries.sheets(session, bank, row.id) >= evaluation_queries.people_there(
        session, bank, row
    ):
        raise TooManySheets(
            say("There are as many sheets as people were asked. Type in theirs first.")
            if row.audit_id is not None
            else say(
                "There are as many sheets as people on the register. Put the register right first."
            )
        )
    key = apart.new_key()
    session.add(EvaluationSheet(bank_id=bank.id, evaluation_id=row.id, key=key))
    session.flush()
    own = {"bank_id": bank.id, "evaluation_id": row.id, "key": key}
    session.add_all(
        [
            *(
                EvaluationAnswer(**own, item=item, value=value)
                for item, value in answers.values.items()
            ),
            *(EvaluationAnswer(**own, item=item, words=said) for item, said in words.items()),
        ]
    )
    session.flush()
    apart.hide(
        session,
        EvaluationSheet.key,
        key,
        EvaluationSheet.bank_id == bank.id,
        EvaluationSheet.evaluation_id == row.id,
    )


def close(session: Session, bank: Bank, evaluation_id: int, act: Act) -> Evaluation:
    """Take no more answers; what was answered can be read from now on. Raises NotFound, NotAllowed,
    NotInThatState."""
    partnerships.require_run(None, act.by)
    row = evaluation_queries.evaluation(session, bank, evaluation_id, lock=True)
    if row.closed_on is not None:
        raise NotInThatState(say("It has closed already."))
    row.people = evaluation_queries.people_there(session, bank, row)
    row.closed_on, row.closed_at = local_date(act.now, bank.timezone), act.now
    session.flush()
    return row
