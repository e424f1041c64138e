"""`timebank survey`."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.factories import actor, make_bank, make_member, system
from tests.surveys.waves import SPRING, answer, first_day, make_wave
from timebank import clock
from timebank.act import Act
from timebank.db import transaction
from timebank.errors import NotFound
from timebank.surveys import equality
from timebank.surveys import service as surveys_service
from timebank.surveys.cli import survey
from timebank.surveys.rules import Asked, EqualityAnswers, EqualityAsked


@pytest.fixture
def wave_id(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        first = make_wave(
            session, bank, title="First", opens_on=SPRING, closes_on=SPRING + timedelta(days=9)
        )
        second = make_wave(
            session,
            bank,
            title="Second",
            opens_on=SPRING + timedelta(days=30),
            closes_on=SPRING + timedelta(days=39),
            instruments=(),
            follows_id=first.id,
        )
        equality.ask(session, bank, EqualityAsked(["sex"], []), Act(system(bank), clock.now()))
        for number in range(9):
            member = make_member(session, bank, f"Member {number}")
            equality.answer(
                session,
                bank,
                member.id,
                EqualityAnswers({"sex": "Female"}),
                Act(actor(member), clock.now()),
            )
            for wave in (first, second):
                asked = Asked("numbers", numbers=[str(member.number)])
                surveys_service.invite(
                    session, bank, wave.id, asked, Act(system(bank), first_day(wave))
                )
                answer(session, bank, wave, member, q0_0=5 + (wave is second))
        equality.count(session, bank, Act(system(bank), clock.now()))
        return second.id


def run(app: Flask, *words: str) -> Result:
    with app.app_context():
        return CliRunner().invoke(survey, [*words, "--bank", "fife"])


def test_results_are_printed_in_words_and_for_programs(app, wave_id):
    printed = run(app, "results", str(wave_id)).output
    assert "Asked: 9\nAnswered: 9\n" in printed
    assert "Life satisfaction: 6.0 (95 % interval 6.0 to 6.0, n 9) (higher is better)" in printed
    assert "change: +1.0 (95 % interval +1.0 to +1.0, n 9)" in printed
    assert "of those active: Too few people to say." in printed
    found = json.loads(run(app, "results", str(wave_id), "--json").output)
    assert found["measures"][0]["change"]["everybody"] == {
        "n": 9,
        "mean": 1.0,
        "low": 1.0,
        "high": 1.0,
    }


def test_equality_counts_are_printed(app, wave_id):
    printed = run(app, "equality").output.splitlines()
    assert printed[:3] == ["Sex, of all members: 10", "  Female: 10", "  Male: 0"]
    assert json.loads(run(app, "equality", "--json").output)["tables"][0]["members"] == 10


def test_a_wave_that_there_is_not(app, wave_id):
    assert isinstance(run(app, "results", "99").exception, NotFound)
