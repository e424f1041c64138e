"""Partnerships, conversations and promises for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.act import Entered
from timebank.activities import queries as activities
from timebank.activities.rules import Plan
from timebank.activities.schemas import SessionIn
from timebank.api.paging import PageIn, cut, cut_by_place, page_of
from timebank.db import reading, transaction
from timebank.dialogue import (
    commitments,
    conversation_queries,
    conversations,
    evaluation_queries,
    evaluations,
    partnerships,
    promise_queries,
    queries,
)
from timebank.dialogue.rules import (
    EvaluationAnswers,
    Frame,
    Hands,
    Lost,
    MeetingHands,
    NewCommitment,
    NewOption,
    NewPartner,
    NewPartnership,
    NewPoint,
    NewSounding,
    NewStep,
    NewVerdict,
    Priorities,
    Reached,
)
from timebank.dialogue.schemas import (
    CommitmentIn,
    DialogueMeetingOut,
    DialogueOut,
    EvaluationIn,
    EvaluationOut,
    EvaluationOutcomeOut,
    FrameIn,
    HandedOver,
    HandIn,
    HandsIn,
    LostIn,
    MeetingHandsIn,
    MeetingIn,
    MeetingOf,
    MilestoneOut,
    NameShownIn,
    OptionIn,
    OptionOut,
    PartnerIn,
    PartnerOut,
    PartnershipIn,
    PartnershipOut,
    PlanIn,
    Planned,
    PointIn,
    PointOut,
    PrioritiesIn,
    PriorityOut,
    PromiseOut,
    ReachedIn,
    SaidBy,
    SaidByIn,
    Shown,
    SoundingIn,
    SoundingOut,
    StepIn,
    StepName,
    StepNameIn,
    VerdictIn,
)
from timebank.http import access
from timebank.members.current import act, actor, bank, everybody, understood

partnerships_of = Blueprint(
    "partnerships",
    __name__,
    url_prefix="/api/v1/partnerships",
    description="Places and concerns, who sees to them, how far they are, and what matters first",
)
promises_of = Blueprint(
    "promises",
    __name__,
    url_prefix="/api/v1/promises",
    description="What was promised, by whom, for when, and what became of it",
)
dialogues_of = Blueprint(
    "dialogues",
    __name__,
    url_prefix="/api/v1/dialogues",
    description="Conversations on what matters: their frame, options, what was said, the answers",
)
evaluations_of = Blueprint(
    "evaluations",
    __name__,
    url_prefix="/api/v1/evaluations",
    description="How the asking itself was",
)


@partnerships_of.route("", methods=["GET"])
@access("member")
@partnerships_of.arguments(PageIn, location="query")
@partnerships_of.response(200, page_of(PartnershipOut))
def index(wanted: dict[str, Any]) -> Any:
    """The partnerships there are."""
    return cut(queries.partnerships(reading(), bank()), wanted)


@partnerships_of.route("", methods=["POST"])
@access("broker", scope="write")
@partnerships_of.arguments(PartnershipIn)
@partnerships_of.response(201, PartnershipOut)
def new(new: NewPartnership) -> Any:
    """Form a partnership."""
    with transaction() as session:
        new = understood(session, new, within=everybody())
        return partnerships.form_partnership(session, bank(), new, act())


@partnerships_of.route("/<int:partnership_id>", methods=["GET"])
@access("member")
@partnerships_of.response(200, PartnershipOut)
def show(partnership_id: int) -> Any:
    """One of them."""
    return queries.partnership(reading(), bank(), partnership_id)


@partnerships_of.route("/<int:partnership_id>", methods=["PUT"])
@access("member", scope="write")
@partnerships_of.arguments(PartnershipIn)
@partnerships_of.response(200, PartnershipOut)
def edit(new: NewPartnership, partnership_id: int) -> Any:
    """Change what it says of itself, and who chairs it."""
    with transaction() as session:
        queries.partnership(session, bank(), partnership_id)
        new = understood(session, new, within=everybody())
        return partnerships.change(session, bank(), partnership_id, new, act())


@partnerships_of.route("/<int:partnership_id>/end", methods=["POST"])
@access("member", scope="write")
@partnerships_of.response(200, PartnershipOut)
def end(partnership_id: int) -> Any:
    """End it. What it promised stays to be read."""
    with transaction() as session:
        return partnerships.end(session, bank(), partnership_id, act())


@partnerships_of.route("/<int:partnership_id>/partners", methods=["GET"])
@access("member")
@partnerships_of.arguments(PageIn, location="query")
@partnerships_of.response(200, page_of(PartnerOut))
def partners(wanted: dict[str, Any], partnership_id: int) -> Any:
    """Who is in it."""
    queries.partnership(reading(), bank(), partnership_id)
    return cut(
        queries.partner_lines(reading(), bank(), partnership_id, by=actor()),
        wanted,
        key=lambda one: one.partner.id,
    )


@partnerships_of.route("/<int:partnership_id>/partners", methods=["POST"])
@access("member", scope="write")
@partnerships_of.arguments(PartnerIn)
@partnerships_of.response(201, PartnerOut)
def add_partner(sent: Entered[NewPartner], partnership_id: int) -> Any:
    """Have a member or an organisation take part."""
    with transaction() as session:
        queries.partnership(session, bank(), partnership_id)
        new, heard = _heard(session, sent)
        row = partnerships.add_partner(session, bank(), partnership_id, new, heard)
        lines = queries.partner_lines(session, bank(), partnership_id, by=None)
        return next(line for line in lines if line.partner.id == row.id)


@partnerships_of.route("/partners/<int:partner_id>", methods=["DELETE"])
@access("member", scope="write")
@partnerships_of.response(204)
def end_partner(partner_id: int) -> None:
    """Somebody takes part no more."""
    with transaction() as session:
        partnerships.end_partner(session, bank(), partner_id, act())


@partnerships_of.route("/<int:partnership_id>/milestones", methods=["GET"])
@access("member")
@partnerships_of.arguments(PageIn, location="query")
@partnerships_of.response(200, page_of(MilestoneOut))
def milestones(wanted: dict[str, Any], partnership_id: int) -> Any:
    """The steps that were reached and lost, as they were written down."""
    queries.partnership(reading(), bank(), partnership_id)
    return cut(queries.milestones(reading(), bank(), partnership_id), wanted)


@partnerships_of.route("/<int:partnership_id>/milestones", methods=["POST"])
@access("member", scope="write")
@partnerships_of.arguments(ReachedIn)
@partnerships_of.response(201, MilestoneOut)
def reach_step(sent: Entered[Reached], partnership_id: int) -> Any:
    """A step is reached, on the word of a resident and a professional."""
    with transaction() as session:
        queries.partnership(session, bank(), partnership_id)
        reached, heard = _heard(session, sent)
        return partnerships.reach_step(session, bank(), partnership_id, reached, heard)


@partnerships_of.route("/<int:partnership_id>/milestones/lost", methods=["POST"])
@access("member", scope="write")
@partnerships_of.arguments(LostIn)
@partnerships_of.response(201, MilestoneOut)
def lose_step(lost: Lost, partnership_id: int) -> Any:
    """A step is lost again, and why."""
    with transaction() as session:
        return partnerships.lose_step(session, bank(), partnership_id, lost, act())


@partnerships_of.route("/step-names/<int:step>", methods=["PUT"])
@access("coordinator", scope="write")
@partnerships_of.arguments(StepNameIn)
@partnerships_of.response(204)
def name_step(name: StepName, step: int) -> None:
    """The bank's own words for a step."""
    with transaction() as session:
        partnerships.name_step(session, bank(), step, name.words, act())


@partnerships_of.route("/<int:partnership_id>/priorities", methods=["GET"])
@access("member")
@partnerships_of.arguments(PageIn, location="query")
@partnerships_of.response(200, page_of(PriorityOut))
def priorities(wanted: dict[str, Any], partnership_id: int) -> Any:
    """What matters, the first first."""
    queries.partnership(reading(), bank(), partnership_id)
    return cut(queries.priorities(reading(), bank(), partnership_id), wanted)


@partnerships_of.route("/<int:partnership_id>/priorities", methods=["PUT"])
@access("member", scope="write")
@partnerships_of.arguments(PrioritiesIn)
@partnerships_of.response(200, page_of(PriorityOut))
def set_priorities(set_: Priorities, partnership_id: int) -> Any:
    """What matters, in the order in which a meeting put it."""
    with transaction() as session:
        rows = partnerships.set_priorities(session, bank(), partnership_id, set_, act())
        return {"items": rows, "next": None}


@partnerships_of.route("/<int:partnership_id>/promises", methods=["GET"])
@access("member")
@partnerships_of.arguments(PageIn, location="query")
@partnerships_of.response(200, page_of(PromiseOut))
def promised(wanted: dict[str, Any], partnership_id: int) -> Any:
    """Its promises, those due first in front."""
    queries.partnership(reading(), bank(), partnership_id)
    return cut(
        promise_queries.promises_of(reading(), bank(), partnership_id, by=actor()),
        wanted,
        key=lambda one: one.row.id,
    )


@partnerships_of.route("/<int:partnership_id>/dialogues", methods=["GET"])
@access("member")
@partnerships_of.arguments(PageIn, location="query")
@partnerships_of.response(200, page_of(DialogueOut))
def talks(wanted: dict[str, Any], partnership_id: int) -> Any:
    """Its conversations, the latest first."""
    queries.partnership(reading(), bank(), partnership_id)
    return cut(conversation_queries.dialogues(reading(), bank(), partnership_id), wanted)


@partnerships_of.route("/<int:partnership_id>/dialogues", methods=["POST"])
@access("member", scope="write")
@partnerships_of.arguments(PlanIn)
@partnerships_of.response(201, DialogueOut)
def plan_conversation(sent: Entered[Planned], partnership_id: int) -> Any:
    """Plan a conversation."""
    with transaction() as session:
        queries.partnership(session, bank(), partnership_id)
        planned, heard = _heard(session, sent)
        return conversations.plan(
            session, bank(), partnership_id, planned.frame, heard, priority_id=planned.priority_id
        )


def _heard(session: Any, sent: Entered[Any]) -> Any:
    """What was sent with ids in the place of parties, and the act on the word it came by."""
    return understood(session, sent.value, within=everybody()), act(sent.word)


# ---- Promises ----


@promises_of.route("", methods=["POST"])
@access("member", scope="write")
@promises_of.arguments(CommitmentIn)
@promises_of.response(201, PromiseOut)
def new_promise(sent: Entered[NewCommitment]) -> Any:
    """Promise something, or enter what somebody promised."""
    with transaction() as session:
        new, heard = _heard(session, sent)
        row = commitments.promise(session, bank(), new, heard)
        return promise_queries.promise(session, bank(), row.id, by=actor())


@promises_of.route("/<int:commitment_id>", methods=["GET"])
@access("member")
@promises_of.response(200, PromiseOut)
def promise(commitment_id: int) -> Any:
    """One of them, with all its steps."""
    return promise_queries.promise(reading(), bank(), commitment_id, by=actor())


@promises_of.route("/<int:commitment_id>/steps", methods=["POST"])
@access("member", scope="write")
@promises_of.arguments(StepIn)
@promises_of.response(201, PromiseOut)
def step(sent: Entered[NewStep], commitment_id: int) -> Any:
    """Say what has become of it."""
    with transaction() as session:
        promise_queries.commitment(session, bank(), commitment_id)
        new, heard = _heard(session, sent)
        commitments.take_step(session, bank(), commitment_id, new, heard)
        return promise_queries.promise(session, bank(), commitment_id, by=actor())


@promises_of.route("/<int:commitment_id>/owner", methods=["PUT"])
@access("member", scope="write")
@promises_of.arguments(HandIn)
@promises_of.response(200, PromiseOut)
def hand(sent: Entered[HandedOver], commitment_id: int) -> Any:
    """Give it another owner."""
    with transaction() as session:
        promise_queries.commitment(session, bank(), commitment_id)
        over, heard = _heard(session, sent)
        commitments.hand_over(session, bank(), commitment_id, over.owner, over.words, heard)
        return promise_queries.promise(session, bank(), commitment_id, by=actor())


@promises_of.route("/<int:commitment_id>/name", methods=["PUT"])
@access("member", scope="write")
@promises_of.arguments(NameShownIn)
@promises_of.response(200, PromiseOut)
def show_name(wanted: Shown, commitment_id: int) -> Any:
    """Let the owner's name stand where everybody can read it, or no longer."""
    with transaction() as session:
        commitments.show_name(session, bank(), commitment_id, wanted.shown, act())
        return promise_queries.promise(session, bank(), commitment_id, by=actor())


# ---- Conversations ----


@dialogues_of.route("/<int:dialogue_id>", methods=["GET"])
@access("member")
@dialogues_of.response(200, DialogueOut)
def conversation(dialogue_id: int) -> Any:
    """A conversation and its frame."""
    return conversation_queries.dialogue(reading(), bank(), dialogue_id)


@dialogues_of.route("/<int:dialogue_id>/frame", methods=["PUT"])
@access("member", scope="write")
@dialogues_of.arguments(FrameIn)
@dialogues_of.response(200, DialogueOut)
def frame(sent: Entered[Frame], dialogue_id: int) -> Any:
    """Write the frame of one that has not opened."""
    with transaction() as session:
        conversation_queries.dialogue(session, bank(), dialogue_id)
        written, heard = _heard(session, sent)
        return conversations.set_frame(session, bank(), dialogue_id, written, heard)


@dialogues_of.route("/<int:dialogue_id>/opening", methods=["POST"])
@access("member", scope="write")
@dialogues_of.response(200, DialogueOut)
def open_conversation(dialogue_id: int) -> Any:
    """Open it."""
    with transaction() as session:
        return conversations.open_conversation(session, bank(), dialogue_id, act())


@dialogues_of.route("/<int:dialogue_id>/closing", methods=["POST"])
@access("member", scope="write")
@dialogues_of.response(200, DialogueOut)
def close_conversation(dialogue_id: int) -> Any:
    """Close it, once every option has an answer."""
    with transaction() as session:
        return conversations.close(session, bank(), dialogue_id, act())


@dialogues_of.route("/<int:dialogue_id>/meetings", methods=["POST"])
@access("member", scope="write")
@dialogues_of.arguments(MeetingIn)
@dialogues_of.response(204)
def add_meeting(of: MeetingOf, dialogue_id: int) -> None:
    """A session of an activity is a meeting of it."""
    with transaction() as session:
        conversations.add_meeting(session, bank(), dialogue_id, of.session_id, act())


@dialogues_of.route("/<int:dialogue_id>/meetings/planned", methods=["POST"])
@access("member", scope="write")
@dialogues_of.arguments(SessionIn)
@dialogues_of.response(201, page_of(DialogueMeetingOut))
def plan_meeting(plan: Plan, dialogue_id: int) -> dict[str, Any]:
    """Plan a meeting of it, or several: sessions of the activity in which it met before, else of a
    new one, which is begun by the staff and led by the chair."""
    with transaction() as session:
        planned = conversations.plan_meeting(session, bank(), dialogue_id, plan, act())
        meetings = [activities.meeting(session, bank(), one.id) for one in planned]
        return {"items": meetings, "next": None}


@dialogues_of.route("/<int:dialogue_id>/meetings/<int:session_id>/hands", methods=["PUT"])
@access("member", scope="write")
@dialogues_of.arguments(MeetingHandsIn)
@dialogues_of.response(204)
def all_hands(counted: MeetingHands, dialogue_id: int, session_id: int) -> None:
    """All the hands of a meeting: they take the place of what was entered of it before."""
    with transaction() as session:
        conversations.count_all_hands(session, bank(), dialogue_id, session_id, counted, act())


@dialogues_of.route("/<int:dialogue_id>/options", methods=["GET"])
@access("member")
@dialogues_of.arguments(PageIn, location="query")
@dialogues_of.response(200, page_of(OptionOut))
def options(wanted: dict[str, Any], dialogue_id: int) -> Any:
    """Its options, how they are found, and their answers."""
    conversation_queries.dialogue(reading(), bank(), dialogue_id)
    return cut(
        conversation_queries.options(reading(), bank(), dialogue_id),
        wanted,
        key=lambda one: one.option.id,
    )


@dialogues_of.route("/<int:dialogue_id>/options", methods=["POST"])
@access("member", scope="write")
@dialogues_of.arguments(OptionIn)
@dialogues_of.response(201, OptionOut)
def add_option(new: NewOption, dialogue_id: int) -> Any:
    """Add what could be done."""
    with transaction() as session:
        return _line(session, conversations.add_option(session, bank(), dialogue_id, new, act()))


@dialogues_of.route("/options/<int:option_id>", methods=["PUT"])
@access("member", scope="write")
@dialogues_of.arguments(OptionIn)
@dialogues_of.response(200, OptionOut)
def change_option(new: NewOption, option_id: int) -> Any:
    """Say an option better, or what it costs."""
    with transaction() as session:
        return _line(session, conversations.change_option(session, bank(), option_id, new, act()))


def _line(session: Any, option: Any) -> Any:
    """An option with how it is found, and its answer."""
    lines = conversation_queries.options(session, bank(), option.dialogue_id)
    return next(line for line in lines if line.option.id == option.id)


@dialogues_of.route("/<int:dialogue_id>/points", methods=["GET"])
@access("member")
@dialogues_of.arguments(PageIn, location="query")
@dialogues_of.response(200, page_of(PointOut))
def points(wanted: dict[str, Any], dialogue_id: int) -> Any:
    """What was said in it."""
    conversation_queries.dialogue(reading(), bank(), dialogue_id)
    return cut(
        conversation_queries.points(reading(), bank(), dialogue_id, by=actor()),
        wanted,
        key=lambda one: one.point.id,
    )


@dialogues_of.route("/<int:dialogue_id>/points", methods=["POST"])
@access("member", scope="write")
@dialogues_of.arguments(PointIn)
@dialogues_of.response(201, PointOut)
def speak(sent: Entered[NewPoint], dialogue_id: int) -> Any:
    """Say something."""
    with transaction() as session:
        conversation_queries.dialogue(session, bank(), dialogue_id)
        new, heard = _heard(session, sent)
        point = conversations.speak(session, bank(), dialogue_id, new, heard)
        return conversation_queries.PointLine(point, "")


@dialogues_of.route("/options/<int:option_id>/sounding", methods=["PUT"])
@access("member", scope="write")
@dialogues_of.arguments(SoundingIn)
@dialogues_of.response(204)
def sound(sent: Entered[NewSounding], option_id: int) -> None:
    """How somebody finds an option: the last word counts."""
    with transaction() as session:
        conversation_queries.option_with_talk(session, bank(), option_id)
        new, heard = _heard(session, sent)
        conversations.sound(session, bank(), option_id, new, heard)


@dialogues_of.route("/options/<int:option_id>/sounding", methods=["DELETE"])
@access("member", scope="write")
@dialogues_of.arguments(SaidByIn, location="query")
@dialogues_of.response(204)
def take_back_sounding(sent: SaidBy, option_id: int) -> None:
    """Take back how somebody finds an option: one's own, or a member's on their word."""
    with transaction() as session:
        conversation_queries.option_with_talk(session, bank(), option_id)
        whose = understood(session, sent, within=everybody())
        conversations.take_back_sounding(session, bank(), option_id, whose.member_id, act())


@dialogues_of.route("/options/<int:option_id>/soundings", methods=["GET"])
@access("member")
@dialogues_of.arguments(PageIn, location="query")
@dialogues_of.response(200, page_of(SoundingOut))
def entered_soundings(wanted: dict[str, Any], option_id: int) -> Any:
    """What was entered on the word of members, for who sees to the conversation. The cursor is a
    place in the list."""
    _, talk = conversation_queries.option_with_talk(reading(), bank(), option_id)
    conversations.require_run(reading(), bank(), talk, actor())
    return cut_by_place(
        conversation_queries.entered_soundings(reading(), bank(), option_id, by=actor()), wanted
    )


@dialogues_of.route("/options/<int:option_id>/hands", methods=["PUT"])
@access("member", scope="write")
@dialogues_of.arguments(HandsIn)
@dialogues_of.response(204)
def hands(counted: Hands, option_id: int) -> None:
    """Hands that were counted at a meeting, in one part."""
    with transaction() as session:
        conversations.count_hands(session, bank(), option_id, counted, act())


@dialogues_of.route("/options/<int:option_id>/answer", methods=["PUT"])
@access("member", scope="write")
@dialogues_of.arguments(VerdictIn)
@dialogues_of.response(200, OptionOut)
def verdict(new: NewVerdict, option_id: int) -> Any:
    """Answer an option."""
    with transaction() as session:
        conversations.give_verdict(session, bank(), option_id, new, act())
        option, _ = conversation_queries.option_with_talk(session, bank(), option_id)
        return _line(session, option)


# ---- How the asking was ----


@dialogues_of.route("/<int:dialogue_id>/evaluation", methods=["POST"])
@access("member", scope="write")
@dialogues_of.response(201, EvaluationOut)
def evaluate(dialogue_id: int) -> Any:
    """Ask those who were at its meetings how it was."""
    with transaction() as session:
        return evaluations.evaluate_conversation(session, bank(), dialogue_id, act())


@evaluations_of.route("/sessions/<int:session_id>", methods=["POST"])
@access("broker", scope="write")
@evaluations_of.response(201, EvaluationOut)
def evaluate_session(session_id: int) -> Any:
    """Ask those on the register how a meeting was."""
    with transaction() as session:
        return evaluations.evaluate_session(session, bank(), session_id, act())


@evaluations_of.route("/<int:evaluation_id>", methods=["GET"])
@access("member")
@evaluations_of.response(200, EvaluationOut)
def evaluation(evaluation_id: int) -> Any:
    """One of them."""
    return evaluation_queries.evaluation(reading(), bank(), evaluation_id)


@evaluations_of.route("/<int:evaluation_id>/answers", methods=["POST"])
@access("member", scope="write")
@evaluations_of.arguments(EvaluationIn)
@evaluations_of.response(204)
def answer(answers: EvaluationAnswers, evaluation_id: int) -> None:
    """Say how it was, as one of those who were there."""
    with transaction() as session:
        evaluations.answer(session, bank(), evaluation_id, answers, act())


@evaluations_of.route("/<int:evaluation_id>/sheets", methods=["POST"])
@access("broker", scope="write")
@evaluations_of.arguments(EvaluationIn)
@evaluations_of.response(204)
def answer_on_paper(answers: EvaluationAnswers, evaluation_id: int) -> None:
    """A sheet of paper."""
    with transaction() as session:
        evaluations.answer_on_paper(session, bank(), evaluation_id, answers, act())


@evaluations_of.route("/<int:evaluation_id>/closing", methods=["POST"])
@access("broker", scope="write")
@evaluations_of.response(200, EvaluationOut)
def close_evaluation(evaluation_id: int) -> Any:
    """Take no more answers; it can be read from now on."""
    with transaction() as session:
        return evaluations.close(session, bank(), evaluation_id, act())


@evaluations_of.route("/<int:evaluation_id>/outcome", methods=["GET"])
@access("broker")
@evaluations_of.response(200, EvaluationOutcomeOut)
def outcome(evaluation_id: int) -> Any:
    """What was answered, withheld where it is of too few people."""
    outcome = evaluation_queries.outcome(reading(), bank(), evaluation_id)
    return {
        "sheets": outcome.sheets,
        "people": outcome.people,
        "means": [
            {
                "item": item,
                "mean": one.mean if one else None,
                "low": one.low if one else None,
                "high": one.high if one else None,
            }
            for item, one in outcome.means.items()
        ],
        "words": {str(item): said for item, said in outcome.words.items()},
    }
