"""Promises: held against a list that says what became of each, whatever is tried with them; who may
say what; and owners who have left."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.atoms import ATOM, faults, read
from tests.dialogue.scene import TODAY, Scene, make_scene
from timebank import atom
from timebank.app import FEATURES
from timebank.dialogue import (
    commitments,
    evidence,
    lists,
    partnerships,
    promise_queries,
    queries,
    said,
)
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.rules import (
    FOLLOWS,
    UNDER_WAY,
    NewCommitment,
    NewPartner,
    NewStep,
    Owner,
    Sounded,
    StepKind,
    apart_by,
    common_ground,
)
from timebank.errors import Invalid, NotAllowed, Refusal
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members import helping
from timebank.members.rules import Capacity
from timebank.room import Reach
from timebank.say import ENGLISH

KINDS = [StepKind.MOVED, StepKind.DONE, StepKind.CONFIRMED, StepKind.DROPPED, StepKind.MISTAKEN]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    tried=st.lists(
        st.tuples(
            st.sampled_from(KINDS), st.integers(-2, 4), st.sampled_from(["", "why"]), st.booleans()
        ),
        max_size=9,
    )
)
def test_whatever_is_tried_a_promise_is_what_a_list_of_its_steps_says(
    scene: Scene, tried: list[tuple[StepKind, int, str, bool]]
) -> None:
    """The list knows the rules in another way: what is refused leaves it, and the promise, as they
    were; due on and state are always those of its last line."""
    row = scene.promise()
    model = [(StepKind.PROMISED, TODAY + timedelta(days=10))]
    for kind, days, words, by_rosa in tried:
        state, due_on = model[-1]
        new_day = due_on + timedelta(days=days)
        step = NewStep(
            kind,
            words,
            new_day if kind == StepKind.MOVED else None,
            confirmed_id=(scene.rosa if by_rosa else scene.joan).id
            if kind == StepKind.CONFIRMED
            else None,
        )
        goes = (
            kind in FOLLOWS[state]
            and (words != "" or kind == StepKind.CONFIRMED)
            and (kind != StepKind.MOVED or (days != 0 and new_day >= TODAY))
            and (kind != StepKind.CONFIRMED or by_rosa)
        )
        try:
            commitments.take_step(scene.session, scene.bank, row.id, step, scene.act(heard="phone"))
        except Refusal:
            assert not goes
        else:
            assert goes
            model.append((kind, new_day if kind == StepKind.MOVED else due_on))
    promise = promise_queries.promise(scene.session, scene.bank, row.id, by=None)
    assert [(step.kind, step.due_on) for step in promise.steps] == model
    assert [step.n for step in promise.steps] == list(range(1, len(model) + 1))
    late = model[-1][0] in UNDER_WAY
    assert promise.late(model[-1][1] + timedelta(days=12)) == (12 if late else 0)


def test_only_the_owner_says_what_became_of_a_promise_and_only_a_neighbour_confirms_it(
    scene: Scene,
) -> None:
    session, bank = scene.session, scene.bank
    row = scene.promise()
    done = NewStep(StepKind.DONE, "Three benches stand.")
    confirmed = NewStep(StepKind.CONFIRMED)
    for other in (scene.rosa, scene.lloyd, scene.nell):
        with pytest.raises(NotAllowed):
            commitments.take_step(session, bank, row.id, done, scene.act(other))
    commitments.take_step(session, bank, row.id, done, scene.act(scene.joan))
    for other in (scene.joan, scene.lloyd, scene.nell):
        with pytest.raises(NotAllowed):
            commitments.take_step(session, bank, row.id, confirmed, scene.act(other))
    step = commitments.take_step(session, bank, row.id, confirmed, scene.act(scene.rosa))
    assert step.confirmed_id == scene.rosa.id
    assert step.on_word_of is None


def test_a_broker_enters_anything_on_somebodys_word_with_the_channel_kept(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    owner = Owner(body="The council, parks", contact_name="Ms Hall", contact_phone="01632 960 100")
    row = scene.promise(owner)
    moved = NewStep(StepKind.MOVED, "The builder left.", TODAY + timedelta(days=30))
    step = commitments.take_step(session, bank, row.id, moved, scene.act(heard="phone"))
    assert (step.channel, step.by) == ("phone", f"member:{scene.maggie.id}")
    done = NewStep(StepKind.DONE, "They stand.")
    commitments.take_step(session, bank, row.id, done, scene.act(heard="phone"))
    confirmed = NewStep(StepKind.CONFIRMED, confirmed_id=scene.rosa.id)
    step = commitments.take_step(session, bank, row.id, confirmed, scene.act(heard="in_person"))
    assert (step.on_word_of, step.channel) == (f"member:{scene.rosa.id}", "in_person")


@pytest.mark.parametrize(
    ("owner", "days", "field"),
    [
        (lambda scene: Owner(member_id=scene.joan.id), -1, "due_on"),
        (lambda scene: Owner(), 5, "member"),
        (lambda scene: Owner(scene.joan.id, scene.surgery.id), 5, "member"),
        (lambda scene: Owner(body="The council"), 5, "contact_name"),
    ],
)
def test_a_promise_needs_one_owner_and_a_day_to_come(
    scene: Scene, owner: Callable[[Scene], Owner], days: int, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        scene.promise(owner(scene), due_on=TODAY + timedelta(days=days))
    assert field in refused.value.fields


def test_feed_readers_are_told_each_step_but_mistakes_and_nobody_who_did_not_agree(
    scene: Scene,
) -> None:
    session, bank = scene.session, scene.bank
    row = scene.promise()
    # A control character, as comes with what is pasted, is in no document of XML.
    for kind, words in ((StepKind.DONE, "Three\x0b stand."), (StepKind.MISTAKEN, "They do not.")):
        commitments.take_step(session, bank, row.id, NewStep(kind, words), scene.act(scene.joan))
    place = queries.partnership(session, bank, scene.place_id)
    feed = said.feed(
        bank,
        place,
        promise_queries.promises_of(session, bank, place.id, by=None),
        own="https://timebank.example/feed",
        page="https://timebank.example/said-done",
        url=lambda one: f"https://timebank.example/promises/{one.row.id}",
    )
    content = atom.written(feed, ENGLISH)
    assert faults(content) == []
    titles = [one.findtext("a:title", "", ATOM) for one in read(content).findall("a:entry", ATOM)]
    assert titles == ["Said to be done: Benches", "Promised: Benches"]
    assert "Joan" not in content.decode()


def test_members_promise_for_themselves_alone(scene: Scene) -> None:
    new = NewCommitment(
        "Tea", TODAY + timedelta(days=3), Owner(member_id=scene.joan.id), scene.place_id
    )
    with pytest.raises(NotAllowed):
        commitments.promise(scene.session, scene.bank, new, scene.act(scene.rosa))
    commitments.promise(scene.session, scene.bank, new, scene.act(scene.joan))


def test_what_is_late_stands_on_the_desk_and_who_left_is_replaced(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    row = scene.promise(Owner(member_id=scene.lloyd.id))
    later = scene.act(days=15)
    late, gone, _ = lists.waiting(session, bank, Reach(), later)
    assert [line.title for line in late.lines] == ["Benches"]
    assert gone.total == 0
    leaving_service.leave(
        session, bank, scene.lloyd.id, FEATURES, Farewell(), scene.act(scene.lloyd)
    )
    _, gone, _ = lists.waiting(session, bank, Reach(), later)
    assert gone.total == 1
    with pytest.raises(Invalid):
        owner = Owner(member_id=scene.lloyd.id)
        commitments.hand_over(session, bank, row.id, owner, "", scene.act(heard="phone"))
    rosa = Owner(member_id=scene.rosa.id)
    commitments.hand_over(session, bank, row.id, rosa, "", scene.act(heard="phone"))
    promise = promise_queries.promise(session, bank, row.id, by=None)
    assert (promise.owner, promise.state) == ("Rosa", StepKind.HANDED)
    _, gone, _ = lists.waiting(session, bank, Reach(), later)
    assert gone.total == 0


def test_evidence_tells_of_an_owner_as_they_were_then(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    row = scene.promise(Owner(member_id=scene.lloyd.id))
    surgery = Owner(organisation_id=scene.surgery.id, part=Capacity.PLANNER)
    for days, owner in ((2, surgery), (4, Owner(member_id=scene.rosa.id))):
        commitments.hand_over(session, bank, row.id, owner, "", scene.act(days=days, heard="phone"))

    def owned(days: int) -> tuple[str, str]:
        as_of = scene.act(days=days).now
        (promise,) = evidence.promises_as_of(session, bank, as_of)
        return promise.owner_kind, promise.part

    assert [owned(days) for days in (1, 3, 5)] == [
        ("member", "practitioner"),
        ("organisation", "planner"),
        ("member", "resident"),
    ]


def test_a_mistake_is_marked_and_stays(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    row = scene.promise()
    wrong = NewStep(StepKind.MISTAKEN, "It was another promise.")
    commitments.take_step(session, bank, row.id, wrong, scene.act(scene.joan))
    with pytest.raises(NotInThatState):
        again = NewStep(StepKind.DONE, "x")
        commitments.take_step(session, bank, row.id, again, scene.act(scene.joan))
    found = promise_queries.promises_of(session, bank, scene.place_id, by=None)
    assert [one.row.id for one in found] == [row.id]
    assert promise_queries.sums(found, today=TODAY).promised == 0


def test_partners_hear_of_it_in_the_weekly_letter(scene: Scene) -> None:
    row = scene.promise()
    since, now = scene.act(days=-1).now, scene.act(days=1).now
    (part,) = lists.digest(scene.session, scene.bank, [scene.rosa.id, scene.nell.id], since, now)
    assert [str(one.words) for one in part.news[scene.rosa.id]] == ["Promised: Benches"]
    assert part.news[scene.rosa.id][0].path == f"/dialogue/promises/{row.id}"
    assert scene.nell.id not in part.news


def test_who_is_kept_apart_meets_in_no_partnership_unless_the_staff_say_why(
    session: Session,
) -> None:

    scene = make_scene(session)
    helping.keep_apart(session, scene.bank, scene.joan.id, scene.nell.id, scene.act())
    with pytest.raises(Refusal):
        new = NewPartner(scene.nell.id)
        partnerships.add_partner(session, scene.bank, scene.place_id, new, scene.act())


def test_common_ground_is_the_lower_smoothed_share_and_apart_the_gap() -> None:
    """(a + 1) / (n + 2): 9 of 10 residents, 1 of 2 professionals."""
    residents, professionals = Sounded(6, 3, 1), Sounded(1, 0, 1)
    assert common_ground(residents, professionals) == 0.5
    assert apart_by(residents, professionals) == pytest.approx(10 / 12 - 0.5)
    assert common_ground(Sounded(), Sounded()) == 0.5
