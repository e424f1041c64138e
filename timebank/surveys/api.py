"""Surveys for programs: waves and their results, one's own answers, equality counts."""

from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.db import reading, transaction
from timebank.http import access
from timebank.members.current import actor, bank
from timebank.surveys import answering, queries, rules, service
from timebank.surveys import equality as equalities
from timebank.surveys.queries import Progress
from timebank.surveys.schemas import AnswersIn, EqualityOut, QuestionsOut, WaveIn, WaveOut, WaveOutcomeOut

surveys = Blueprint("surveys", __name__, url_prefix="/api/v1/surveys", description="Questions to members, in waves")


@surveys.route("", methods=["GET"])
@access("coordinator")
@surveys.response(200, WaveOut(many=True))
def index() -> Any:
    """The waves, the latest first."""
    waves = queries.waves(reading(), bank())
    counted = queries.progress(reading(), bank(), [one.id for one in waves])
    return [_with_progress(one, counted.get(one.id)) for one in waves]


@surveys.route("", methods=["POST"])
@access("coordinator", scope="write")
@surveys.arguments(WaveIn)
@surveys.response(201, WaveOut)
def new(values: dict[str, Any]) -> Any:
    """Plan a wave."""
    with transaction() as session:
        return _with_progress(service.open_wave(session, bank(), **values, by=actor(), now=clock.now()))


def _with_progress(wave: Any, progress: Progress | None = None) -> dict[str, Any]:
    return {"wave": wave, "progress": progress or Progress()}


@surveys.route("/<int:wave_id>/results", methods=["GET"])
@access("coordinator")
@surveys.response(200, WaveOutcomeOut)
@surveys.alt_response(409, description="It still takes answers.")
def results(wave_id: int) -> Any:
    """What a wave says, once it is closed. Null: too few people to say."""
    return service.outcome(reading(), bank(), wave_id, by=actor(), now=clock.now())


@surveys.route("/<int:wave_id>/questions", methods=["GET"])
@access("member")
@surveys.response(200, QuestionsOut)
def questions(wave_id: int) -> Any:
    """What a wave asks the caller, who was asked in it."""
    invitation = queries.own_invitation(reading(), bank(), wave_id, actor().member_id or 0)
    wave = queries.wave(reading(), bank(), wave_id)
    asked = [
        {
            "name": rules.field(number, place),
            "words": question.words,
            "options": {str(value): words for value, words in question.options},
        }
        for number, one in enumerate(queries.instruments(reading(), bank(), wave_id))
        for place, question in enumerate(one.questions)
    ]
    return {
        "id": wave.id,
        "title": wave.title,
        "closes_on": wave.closes_on,
        "answered": invitation.answered,
        "questions": asked,
    }


@surveys.route("/<int:wave_id>/answers", methods=["POST"])
@access("member", scope="write")
@surveys.arguments(AnswersIn)
@surveys.response(204)
def answer(values: dict[str, Any], wave_id: int) -> None:
    """The caller's own answers, once."""
    with transaction() as session:
        given = {"given": values["answers"], "link": values["link"]}
        answering.answer(session, bank(), wave_id, **given, by=actor(), now=clock.now())


@surveys.route("/equality", methods=["GET"])
@access("coordinator")
@surveys.response(200, EqualityOut)
def equality() -> Any:
    """How many members gave which equality answer when it was last counted, as it may be published."""
    return service.equality(reading(), bank())


@surveys.route("/equality", methods=["POST"])
@access("coordinator", scope="write")
@surveys.response(201, EqualityOut)
def count_equality() -> Any:
    """Count the answers, once in a quarter."""
    with transaction() as session:
        return equalities.count(session, bank(), by=actor(), now=clock.now())
