"""Two at once: the same invitation answered, by its owner and from paper; a link that is given in
two waves."""

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member, system
from tests.races import outcome_behind
from tests.surveys.waves import make_wave
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.members.models import Member
from timebank.surveys import answering, equality
from timebank.surveys.rules import Answers, EqualityAnswers, EqualityAsked


def town(engine: Engine, waves: int = 1) -> list[int]:
    """Ids of waves that Ana is asked in, and is to say her sex."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        make_member(session, bank)
        equality.ask(session, bank, EqualityAsked(["sex"], []), Act(system(bank), NOW))
        made = [make_wave(session, bank, title=f"Wave {number}").id for number in range(waves)]
        session.commit()
        return made


def answer(wave_id: int):
    def step(session: Session) -> None:
        bank, ana = session.query(Bank).one(), session.query(Member).one()
        answering.answer(
            session, bank, wave_id, Answers(answers={"q0_0": "7"}, link=True), Act(actor(ana), NOW)
        )

    return step


def say(sex: str):
    def step(session: Session) -> None:
        bank, ana = session.query(Bank).one(), session.query(Member).one()
        equality.answer(session, bank, ana.id, EqualityAnswers({"sex": sex}), Act(actor(ana), NOW))

    return step


def counted(engine: Engine, table: str) -> int:
    with Session(engine) as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_an_invitation_answered_by_two_at_once_is_answered_once(engine: Engine) -> None:
    (wave,) = town(engine)
    assert outcome_behind(engine, answer(wave), answer(wave)) == "AnsweredAlready"
    assert (counted(engine, "survey_sheet"), counted(engine, "survey_answer")) == (1, 4)


def test_answers_to_two_waves_at_once_share_one_link(engine: Engine) -> None:
    one, other = town(engine, waves=2)
    assert outcome_behind(engine, answer(one), answer(other)) == "done"
    assert (counted(engine, "survey_sheet"), counted(engine, "survey_link")) == (2, 1)


def test_of_two_equality_answers_at_once_the_second_stands(engine: Engine) -> None:
    town(engine)
    assert outcome_behind(engine, say("Female"), say("Male")) == "done"
    assert (counted(engine, "equality_link"), counted(engine, "equality_answer")) == (1, 1)
