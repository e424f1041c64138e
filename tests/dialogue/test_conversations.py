"""Conversations open framed, are spoken in by those in the partnership, and close answered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.dialogue.scene import TODAY, Scene
from tests.factories import NOW, make_activity, make_meeting, make_member
from tests.town import FRAME
from timebank.activities import register
from timebank.activities.rules import Mark
from timebank.app import FEATURES
from timebank.dialogue import (
    commitments,
    conversation_queries,
    conversations,
    evaluation_queries,
    evaluations,
    lists,
    partnerships,
)
from timebank.dialogue.errors import NotFramed, NotInThatState, TooManySheets, Unanswered
from timebank.dialogue.rules import (
    Decision,
    EvaluationAnswers,
    EvaluationItem,
    Hands,
    NewCommitment,
    NewOption,
    NewPartner,
    NewPoint,
    NewSounding,
    NewVerdict,
    Owner,
    PointKind,
    Sound,
    Sounded,
)
from timebank.errors import Conflict, Invalid, NotAllowed
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members.rules import Capacity
from timebank.room import Reach


@pytest.mark.parametrize(
    "gap", ["can_change", "fixed", "decides", "there_is", "there_limit", "last_year", "answers_on"]
)
def test_it_does_not_open_with_a_gap_in_its_frame(scene: Scene, gap: str) -> None:
    whole = replace(FRAME, answers_on=TODAY + timedelta(days=9))
    frame = replace(whole, **{gap: None if gap == "answers_on" else ""})
    talk = conversations.plan(scene.session, scene.bank, scene.place_id, frame, scene.act())
    with pytest.raises(NotFramed) as refused:
        conversations.open_conversation(scene.session, scene.bank, talk.id, scene.act())
    assert list(refused.value.fields) == [gap]


def test_an_option_says_what_it_costs_or_that_it_is_not_known(scene: Scene) -> None:
    talk, _ = scene.talk()
    with pytest.raises(Invalid) as refused:
        new = NewOption("Benches", minutes=60)
        conversations.add_option(scene.session, scene.bank, talk.id, new, scene.act())
    assert list(refused.value.fields) == ["pence"]
    new = NewOption("Benches", minutes=60, not_known=True)
    option = conversations.add_option(scene.session, scene.bank, talk.id, new, scene.act())
    assert (option.minutes, option.pence) == (60, None)


def test_those_in_the_partnership_speak_and_nobody_else(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    talk, (option,) = scene.talk()
    point = NewPoint(PointKind.ONLY_IF, "Only if there is a back to lean on.", option.id)
    conversations.speak(session, bank, talk.id, point, scene.act(scene.rosa))
    with pytest.raises(NotAllowed):
        conversations.speak(session, bank, talk.id, point, scene.act(scene.nell))
    with pytest.raises(NotAllowed):
        for_joan = replace(point, member_id=scene.joan.id)
        conversations.speak(session, bank, talk.id, for_joan, scene.act(scene.rosa))
    at_a_table = replace(point, part=Capacity.PLANNER)
    conversations.speak(session, bank, talk.id, at_a_table, scene.act(heard="in_person"))
    lines = conversation_queries.points(session, bank, talk.id, by=None)
    assert [(line.name, line.point.part) for line in lines] == [
        ("Rosa", "resident"),
        ("", "planner"),
    ]


def test_the_last_word_counts_and_hands_are_counted_by_part(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    bank.few = 5
    talk, (option,) = scene.talk()
    meeting = _meeting(scene, talk.id)
    for answer in (Sound.NO, Sound.YES):
        new = NewSounding(answer, "Too far." if answer == Sound.NO else "")
        conversations.sound(session, bank, option.id, new, scene.act(scene.rosa))
    hands = Hands(meeting, Capacity.PRACTITIONER, yes=1, no=2)
    for _ in range(2):
        conversations.count_hands(session, bank, option.id, hands, scene.act())
    (line,) = conversation_queries.options(session, bank, talk.id)
    assert line.professionals == Sounded(1, 0, 2)
    # One resident alone is not told apart; five are.
    assert (line.residents, line.withheld) == (Sounded(), 1)
    for n in range(4):
        other = make_member(session, bank, f"Other {n}")
        partnerships.add_partner(session, bank, scene.place_id, NewPartner(other.id), scene.act())
        live = NewSounding(Sound.CAN_LIVE)
        conversations.sound(session, bank, option.id, live, scene.act(other))
    (line,) = conversation_queries.options(session, bank, talk.id)
    assert (line.residents, line.withheld) == (Sounded(1, 4, 0), 0)
    with pytest.raises(Invalid):
        wrong = replace(hands, session_id=meeting + 1)
        conversations.count_hands(session, bank, option.id, wrong, scene.act())


def _meeting(scene: Scene, talk_id: int) -> int:
    activity = make_activity(scene.session, scene.bank, act=scene.act(), payer_id=None, rule="none")
    meeting = make_meeting(
        scene.session,
        scene.bank,
        activity,
        starts_at=NOW - timedelta(hours=2),
        act=scene.act(),
    )
    conversations.add_meeting(scene.session, scene.bank, talk_id, meeting.id, scene.act())
    return meeting.id


def test_it_closes_once_every_option_has_an_answer_and_what_was_agreed_is_promised_in_one_step(
    scene: Scene,
) -> None:
    session, bank = scene.session, scene.bank
    talk, (first, second) = scene.talk(options=2)
    late = scene.act(days=25)
    _, _, waiting = lists.waiting(session, bank, Reach(), late)
    assert [line.title for line in waiting.lines] == ["Debt"]
    agreed = NewVerdict(Decision.AGREED, "It costs little.")
    with pytest.raises(NotAllowed):
        conversations.give_verdict(session, bank, first.id, agreed, scene.act(scene.joan))
    conversations.give_verdict(session, bank, first.id, agreed, scene.act())
    with pytest.raises(Unanswered, match="Option 1"):
        conversations.close(session, bank, talk.id, scene.act())
    due, owner = TODAY + timedelta(days=9), Owner(member_id=scene.joan.id)
    with pytest.raises(NotInThatState):
        new = NewCommitment("x", due, owner, option_id=second.id)
        commitments.promise(session, bank, new, scene.act(heard="phone"))
    no = NewVerdict(Decision.NO, "No money before May.")
    conversations.give_verdict(session, bank, second.id, no, scene.act())
    conversations.close(session, bank, talk.id, scene.act())
    new = NewCommitment(first.words, due, owner, option_id=first.id)
    row = commitments.promise(session, bank, new, scene.act(heard="phone"))
    assert row.partnership_id == scene.place_id
    with pytest.raises(NotInThatState):
        conversations.add_option(session, bank, talk.id, NewOption("x", 0, 0), scene.act())
    refused = conversation_queries.refused_options(session, bank, scene.place_id)
    assert [(option.words, verdict.reason) for _, option, verdict in refused] == [
        ("Option 1", "No money before May.")
    ]


def test_who_leaves_takes_their_name_and_leaves_the_count(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    talk, (option,) = scene.talk()
    point = NewPoint(PointKind.FOR, "Near.")
    conversations.speak(session, bank, talk.id, point, scene.act(scene.rosa))
    conversations.sound(session, bank, option.id, NewSounding(Sound.NO), scene.act(scene.rosa))
    yes = NewVerdict(Decision.NO, "No.")
    conversations.give_verdict(session, bank, option.id, yes, scene.act())
    conversations.close(session, bank, talk.id, scene.act())
    leaving_service.leave(session, bank, scene.rosa.id, FEATURES, Farewell(), scene.act(scene.rosa))
    (line,) = conversation_queries.points(session, bank, talk.id, by=None)
    assert (line.name, line.point.words) == ("", "Near.")
    (found,) = conversation_queries.options(session, bank, talk.id)
    assert found.withheld == 1
    assert conversation_queries.own_soundings(session, bank, talk.id, scene.rosa.id) == {}


def test_an_evaluation_names_nobody_and_is_of_those_who_were_there(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    talk, _ = scene.talk()
    meeting = _meeting(scene, talk.id)
    marks = [Mark(scene.rosa.id, part="attended"), Mark(guest="Cy", part="attended")]
    register.mark(session, bank, meeting, marks, scene.act())
    row = evaluations.evaluate_conversation(session, bank, talk.id, scene.act())
    answers = EvaluationAnswers(
        {EvaluationItem.COULD_SAY: 4}, {EvaluationItem.HEALTH: "Somebody to talk to."}
    )
    with pytest.raises(NotAllowed):
        evaluations.answer(session, bank, row.id, answers, scene.act(scene.joan))
    evaluations.answer(session, bank, row.id, answers, scene.act(scene.rosa))
    with pytest.raises(Conflict):
        evaluations.answer(session, bank, row.id, answers, scene.act(scene.rosa))
    evaluations.answer_on_paper(session, bank, row.id, answers, scene.act())
    with pytest.raises(TooManySheets):
        evaluations.answer_on_paper(session, bank, row.id, answers, scene.act())
    with pytest.raises(Conflict):
        evaluation_queries.outcome(session, bank, row.id)
    evaluations.close(session, bank, row.id, scene.act())
    outcome = evaluation_queries.outcome(session, bank, row.id)
    assert (outcome.sheets, outcome.people) == (2, 2)
    # The register is put right later, and what was told stays.
    more = [*marks, Mark(guest="Dee", part="attended")]
    register.mark(session, bank, meeting, more, scene.act())
    assert evaluation_queries.outcome(session, bank, row.id) == outcome
    # Two are too few people to say anything of.
    assert set(outcome.means.values()) == {None}
    assert outcome.words == {}
