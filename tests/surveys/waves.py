"""Waves, and answers to them."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories import NOW, actor, system
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.members.models import Member
from timebank.surveys import answering
from timebank.surveys import service as surveys_service
from timebank.surveys.models import Wave
from timebank.surveys.rules import Answers, Asked, NewWave

TODAY = NOW.date()
SPRING, LATER = date(2026, 5, 1), NOW + timedelta(days=60)


def make_wave(session: Session, bank: Bank, **details: Any) -> Wave:
    """A wave that is open, to which everybody is invited."""
    plain = {
        "title": "Autumn",
        "opens_on": TODAY,
        "closes_on": TODAY + timedelta(days=20),
        "instruments": ["ons4"],
    }
    wanted = {**plain, **details}
    planned = min(NOW, NOW - (TODAY - wanted["opens_on"]))
    wave = surveys_service.open_wave(session, bank, NewWave(**wanted), Act(system(bank), planned))
    surveys_service.invite(session, bank, wave.id, Asked(), Act(system(bank), first_day(wave)))
    return wave


def first_day(wave: Wave) -> datetime:
    """An instant on it."""
    return NOW - (TODAY - wave.opens_on)


def answer(
    session: Session, bank: Bank, wave: Wave, member: Member, *, link: bool = True, **said: Any
) -> None:
    """The member's answers, on the wave's first day."""
    given = {name: str(value) for name, value in (said or {"q0_0": 7}).items()}
    answering.answer(
        session,
        bank,
        wave.id,
        Answers(answers=given, link=link),
        Act(actor(member), first_day(wave)),
    )
