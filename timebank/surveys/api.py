"""Surveys for programs: waves and their results, one's own answers, equality counts."""

from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import PageIn, cut, page_of
from timebank.db import reading, transaction
from timebank.http import access
from timebank.members.current import act, actor, bank
from timebank.surveys import answering, queries, rules, service
from timebank.surveys import equality as equalities
from timebank.surveys.queries import Progress
from timebank.surveys.rules import (
    Answers,
    Asked,
    Closing,
    EqualityAnswers,
    EqualityAsked,
    NewScale,
    NewWave,
)
from timebank.surveys.schemas import (
    AnswersIn,
    AskedOut,
    ClosingIn,
    EqualityOut,
    EqualityOwn,
    EqualityOwnIn,
    EqualityQuestionsIn,
    InviteIn,
    QuestionsOut,
    ScaleIn,
    ScaleOut,
    WaveIn,
    WaveOut,
    WaveOutcomeOut,
)

surveys = Blueprint(
    "surveys", __name__, url_prefix="/api/v1/surveys", description="Questions to members, in waves"
)

scales_of = Blueprint(
    "scales", __name__, url_prefix="/api/v1/scales", description="A bank's own scales"
)
equality_of = Blueprint(
    "equality",
    __name__,
    url_prefix="/api/v1/equality",
    description="Equality questions, and how many gave which answer",
)


@surveys.route("", methods=["GET"])
@access("coordinator")
@surveys.arguments(PageIn, location="query")
@surveys.response(200, page_of(WaveOut))
def index(wanted: dict[str, Any]) -> Any:
    """The waves, the latest first."""
    listed = cut(queries.waves(reading(), bank()), wanted)
    counted = queries.progress(reading(), bank(), [wave.id for wave in listed["items"]])
    waves = [_with_progress(wave, counted.get(wave.id)) for wave in listed["items"]]
    return {**listed, "items": waves}


@surveys.route("", methods=["POST"])
@access("coordinator", scope="write")
@surveys.arguments(WaveIn)
@surveys.response(201, WaveOut)
def new(new: NewWave) -> Any:
    """Plan a wave."""
    with transaction() as session:
        return _with_progress(service.open_wave(session, bank(), new, act()))


def _with_progress(wave: Any, progress: Progress | None = None) -> dict[str, Any]:
    return {"wave": wave, "progress": progress or Progress()}


@surveys.route("/<int:wave_id>/invitations", methods=["POST"])
@access("coordinator", scope="write")
@surveys.arguments(InviteIn)
@surveys.response(201, AskedOut)
def invite(asked: Asked, wave_id: int) -> Any:
    """Ask people, each told the way they like; who was asked before is not asked again."""
    with transaction() as session:
        return {"asked": service.invite(session, bank(), wave_id, asked, act())}


@surveys.route("/<int:wave_id>/closing", methods=["PUT"])
@access("coordinator", scope="write")
@surveys.arguments(ClosingIn)
@surveys.response(200, WaveOut)
def move_closing(closing: Closing, wave_id: int) -> Any:
    """Let a wave close on another day."""
    with transaction() as session:
        return _with_progress(service.move_closing(session, bank(), wave_id, closing, act()))


@surveys.route("/<int:wave_id>/closing", methods=["POST"])
@access("coordinator", scope="write")
@surveys.response(200, WaveOut)
def close(wave_id: int) -> Any:
    """Close a wave now, for good."""
    with transaction() as session:
        return _with_progress(service.close(session, bank(), wave_id, act()))


@scales_of.route("", methods=["GET"])
@access("coordinator")
@scales_of.arguments(PageIn, location="query")
@scales_of.response(200, page_of(ScaleOut))
def scales(wanted: dict[str, Any]) -> Any:
    """The bank's own scales. A wave asks with one by the key `scale:ID`."""
    listed = cut(queries.scales(reading(), bank()), wanted)
    return {**listed, "items": [_with_items(scale) for scale in listed["items"]]}


@scales_of.route("", methods=["POST"])
@access("coordinator", scope="write")
@scales_of.arguments(ScaleIn)
@scales_of.response(201, ScaleOut)
def new_scale(new: NewScale) -> Any:
    """Add a scale of the bank's own; `items` one on a line."""
    with transaction() as session:
        return _with_items(service.add_scale(session, bank(), new, act()))


@scales_of.route("/<int:scale_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@scales_of.response(204)
def remove_scale(scale_id: int) -> None:
    """Take out a scale that nothing asks with."""
    with transaction() as session:
        service.remove_scale(session, bank(), scale_id, act())


def _with_items(scale: Any) -> dict[str, Any]:
    return {"scale": scale, "items": queries.items(reading(), bank(), scale.id)}


@surveys.route("/<int:wave_id>/results", methods=["GET"])
@access("coordinator")
@surveys.response(200, WaveOutcomeOut)
@surveys.alt_response(409, description="It still takes answers.")
def results(wave_id: int) -> Any:
    """What a wave says, once it is closed. Null: too few people to say."""
    return service.outcome(reading(), bank(), wave_id, act())


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
def answer(given: Answers, wave_id: int) -> None:
    """The caller's own answers, once."""
    with transaction() as session:
        answering.answer(session, bank(), wave_id, given, act())


@surveys.route("/link", methods=["DELETE"])
@access("member", scope="write")
@surveys.response(204)
def withdraw() -> None:
    """Take back that the caller's answers be linked."""
    with transaction() as session:
        answering.withdraw(session, bank(), actor().member_id or 0)


@equality_of.route("/questions", methods=["PUT"])
@access("coordinator", scope="write")
@equality_of.arguments(EqualityQuestionsIn)
@equality_of.response(204)
def ask_equality(asked: EqualityAsked) -> None:
    """Say which equality questions are asked, and the areas to choose from, one on a line."""
    with transaction() as session:
        equalities.ask(session, bank(), asked, act())


@equality_of.route("/own", methods=["GET"])
@access("member")
@equality_of.response(200, EqualityOwn)
def own_equality() -> Any:
    """The caller's own equality answers, for nobody else."""
    return {"answers": equalities.own(reading(), bank(), actor().member_id or 0)}


@equality_of.route("/own", methods=["PUT"])
@access("member", scope="write")
@equality_of.arguments(EqualityOwnIn)
@equality_of.response(200, EqualityOwn)
def answer_equality(given: EqualityAnswers) -> Any:
    """Give them, in the place of all earlier ones."""
    mine = actor().member_id or 0
    with transaction() as session:
        equalities.answer(session, bank(), mine, given, act())
        return {"answers": equalities.own(session, bank(), mine)}


@equality_of.route("/own", methods=["DELETE"])
@access("member", scope="write")
@equality_of.response(204)
def erase_equality() -> None:
    """Erase them."""
    with transaction() as session:
        equalities.erase(session, bank(), actor().member_id or 0, act())


@equality_of.route("", methods=["GET"])
@access("coordinator")
@equality_of.response(200, EqualityOut)
def equality() -> Any:
    """How many members gave which equality answer when it was last counted, as it may be
    published."""
    return service.equality(reading(), bank())


@equality_of.route("", methods=["POST"])
@access("coordinator", scope="write")
@equality_of.response(201, EqualityOut)
def count_equality() -> Any:
    """Count the answers, once in a quarter."""
    with transaction() as session:
        return equalities.count(session, bank(), act())
