"""What people of the demonstration bank were asked, twice, half a year apart, and what they said of
themselves.

Who takes part fares a little better the second time, as the stories of such banks have it; that is
made up, like all here.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.demo.people import Person
from timebank.members.models import Member
from timebank.surveys import answering, equality
from timebank.surveys import service as surveys_service
from timebank.surveys.models import Wave
from timebank.surveys.rules import (
    NOT_SAID,
    Answers,
    Asked,
    EqualityAnswers,
    EqualityAsked,
    NewWave,
    WhoIsAsked,
    field,
)

_ASKED = 40
"""So many members are asked; the others go on as they did."""

_DAYS = (240, 60)
"""How many days ago the two waves opened."""

_OPEN = 28  # days
_ANSWER, _LINK, _OF_THEMSELVES = 0.8, 0.9, 0.75
"""How likely somebody asked answers, lets their answers be linked, and says something of
themselves."""


def ask_people(
    session: Session,
    bank: Bank,
    people: Sequence[tuple[Person, Member]],
    act: Act,
    *,
    seed: int,
    went_on: Callable[[], None],
) -> None:
    """Two waves that are over, to those who were there for both, and equality answers.

    It is a coordinator's act. `went_on` is called after each of the people.
    """
    draw = Random(seed)  # noqa: S311  (the same bank again, not a secret)
    first = (act.now - timedelta(days=_DAYS[0])).date()
    asked = [member for person, member in people if person.joined_on <= first][:_ASKED]
    before: Wave | None = None
    for days, title in zip(
        _DAYS if asked else (),
        ("How are you? First time", "How are you? Second time"),
        strict=False,
    ):
        then = act.now - timedelta(days=days)
        wave = surveys_service.open_wave(
            session,
            bank,
            NewWave(
                title=title,
                opens_on=then.date(),
                closes_on=then.date() + timedelta(days=_OPEN),
                instruments=["ons4", "loneliness"],
                follows_id=before.id if before else None,
            ),
            Act(act.by, then),
        )
        _answer(
            session, bank, wave, asked, draw, by=act.by, then=then, better=int(before is not None)
        )
        before = wave
    equality.ask(session, bank, EqualityAsked(["age", "ethnic", "carer"], []), act)
    for person, member in people:
        if draw.random() < _OF_THEMSELVES:
            equality.answer(
                session,
                bank,
                member.id,
                EqualityAnswers(_of_themselves(person, draw, act.now.date())),
                Act(_actor(bank, member), act.now),
            )
        went_on()
    equality.count(session, bank, act)


def _answer(
    session: Session,
    bank: Bank,
    wave: Wave,
    asked: Sequence[Member],
    draw: Random,
    *,
    by: Actor,
    then: datetime,
    better: int,
) -> None:
    numbers = [str(member.number) for member in asked]
    surveys_service.invite(
        session, bank, wave.id, Asked(WhoIsAsked.NUMBERS, numbers=numbers), Act(by, then)
    )
    for place, member in enumerate(asked):
        mood = place % 4 + better
        if draw.random() < _ANSWER:
            given = {field(0, item): str(min(10, draw.randrange(4, 7) + mood)) for item in range(3)}
            given[field(0, 3)] = (
                NOT_SAID if draw.random() < 0.1 else str(max(0, draw.randrange(3, 7) - mood))
            )
            given |= {
                field(1, item): str(draw.choice((1, 1, 2) if mood > 2 else (1, 2, 3)))
                for item in range(3)
            }
            given[field(1, 3)] = str(min(5, draw.randrange(2, 4) + mood // 2))
            link = draw.random() < _LINK
            answering.answer(
                session,
                bank,
                wave.id,
                Answers(answers=given, link=link),
                Act(_actor(bank, member), then),
            )


def _of_themselves(person: Person, draw: Random, on: date) -> dict[str, str]:
    answers = {"carer": draw.choice(("Yes", "No", "No", "No")), "ethnic": "White"}
    if draw.random() < 0.3:
        answers["ethnic"] = draw.choice(
            ("Asian or Asian British", "Black, Black British, Caribbean or African", NOT_SAID)
        )
    age = (on - person.born_on).days // 365
    bands = (
        (25, "Under 25"),
        (45, "25 to 44"),
        (65, "45 to 64"),
        (80, "65 to 79"),
        (200, "80 or over"),
    )
    return answers | {"age": next(words for below, words in bands if age < below)}


def _actor(bank: Bank, member: Member) -> Actor:
    return Actor(bank.id, member.name, member.role, member.id, member.account_id)
