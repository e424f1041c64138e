"""What the database keeps of the dialogue whoever writes: each attack with plain SQL is refused,
and goes through once the guard is taken away."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.dialogue.scene import TODAY, Scene
from tests.factories import NOW, make_activity, make_meeting
from timebank.activities import register
from timebank.activities.rules import Mark
from timebank.dialogue import commitments, conversations, evaluations, partnerships
from timebank.dialogue.audit_models import (
    Audit,
    AuditAnswer,
    AuditCode,
    AuditSheet,
    Theme,
    Wording,
)
from timebank.dialogue.rules import (
    Decision,
    EvaluationAnswers,
    EvaluationItem,
    NewPoint,
    NewSounding,
    NewStep,
    NewVerdict,
    PointKind,
    Reached,
    Sound,
    StepKind,
)

LATER = TODAY + timedelta(days=40)


def _step(scene: Scene, commitment_id: int, n: int, kind: str, **more: object) -> str:
    values = {"due_on": "NULL", "words": "'why'", "confirmed_id": "NULL"} | more
    return (
        "INSERT INTO commitment_step (bank_id, commitment_id, n, kind, due_on, words,"
        " confirmed_id, shown, by, channel, happened_on, at) VALUES"
        f" ({scene.bank.id}, {commitment_id}, {n}, '{kind}', '{values['due_on']}',"
        f" {values['words']}, {values['confirmed_id']}, FALSE, 'system:raw', 'web', '{TODAY}',"
        " '2026-11-12 12:00:00+00:00')"
    )


def _milestone(scene: Scene, resident: int, professional: int, step: int = 1) -> str:
    return (
        "INSERT INTO milestone (bank_id, partnership_id, step, reached_on, words, resident_id,"
        f" professional_id, by, at) VALUES ({scene.bank.id}, {scene.place_id}, {step}, '{TODAY}',"
        f" 'x', {resident}, {professional}, 'system:raw', '2026-11-12 12:00:00+00:00')"
    )


def _reached(scene: Scene) -> None:
    reached = Reached(1, scene.joan.id, scene.lloyd.id, "14 came.")
    partnerships.reach_step(scene.session, scene.bank, scene.place_id, reached, scene.act())


def _done(scene: Scene) -> int:
    row = scene.promise()
    commitments.take_step(
        scene.session,
        scene.bank,
        row.id,
        NewStep(StepKind.DONE, "There."),
        scene.act(heard="phone"),
    )
    return row.id


DUE = TODAY + timedelta(days=10)


def _attacks() -> dict[str, tuple[str, Callable[[Scene], str]]]:
    """By what is promised: the trigger that keeps it, and what makes the attack."""

    def milestone_changed(scene: Scene) -> str:
        _reached(scene)
        return "UPDATE milestone SET words = 'Nobody came.'"

    def milestone_gone(scene: Scene) -> str:
        _reached(scene)
        return "DELETE FROM milestone"

    def reached_twice(scene: Scene) -> str:
        _reached(scene)
        return _milestone(scene, scene.joan.id, scene.lloyd.id)

    def one_word(scene: Scene) -> str:
        return _milestone(scene, scene.joan.id, scene.rosa.id)

    def promise_changed(scene: Scene) -> str:
        scene.promise()
        return "UPDATE commitment SET words = 'One bench'"

    def promise_gone(scene: Scene) -> str:
        _done(scene)
        return "DELETE FROM commitment_step WHERE n = 2"

    def owner_changed(scene: Scene) -> str:
        scene.promise()
        return f"UPDATE commitment SET member_id = {scene.rosa.id}"

    def step_changed(scene: Scene) -> str:
        scene.promise()
        return f"UPDATE commitment_step SET due_on = '{LATER}'"

    def done_twice(scene: Scene) -> str:
        return _step(scene, _done(scene), 3, "done", due_on=DUE)

    def gap(scene: Scene) -> str:
        return _step(scene, scene.promise().id, 3, "done", due_on=DUE)

    def due_changed(scene: Scene) -> str:
        return _step(scene, scene.promise().id, 2, "done", due_on=LATER)

    def handed(scene: Scene) -> str:
        return _step(scene, scene.promise().id, 2, "handed", due_on=DUE)

    def evaluation_opened_again(scene: Scene) -> str:
        talk, _ = scene.talk()
        row = evaluations.evaluate_conversation(scene.session, scene.bank, talk.id, scene.act())
        evaluations.close(scene.session, scene.bank, row.id, scene.act())
        return "UPDATE evaluation SET closed_on = NULL, closed_at = NULL, people = NULL"

    def closed_at_another_moment(scene: Scene) -> str:
        evaluation_opened_again(scene)
        return "UPDATE evaluation SET closed_at = '2026-01-01 12:00:00+00:00'"

    def closed_at_no_moment(scene: Scene) -> str:
        talk, _ = scene.talk()
        evaluations.evaluate_conversation(scene.session, scene.bank, talk.id, scene.act())
        return "UPDATE evaluation SET closed_on = opened_on, people = 0"

    def confirmed_by(who: Callable[[Scene], int]) -> Callable[[Scene], str]:
        return lambda scene: _step(
            scene, _done(scene), 3, "confirmed", due_on=DUE, confirmed_id=who(scene)
        )

    def reframed(scene: Scene) -> str:
        scene.talk()
        return "UPDATE dialogue SET there_limit = 'Less.'"

    def closed_unanswered(scene: Scene) -> str:
        scene.talk()
        return "UPDATE dialogue SET closed_at = '2026-11-12 12:00:00+00:00'"

    def _closed(scene: Scene) -> tuple[int, int]:
        talk, (option,) = scene.talk()
        answer = NewVerdict(Decision.NO, "No money.")
        point = NewPoint(PointKind.FOR, "Near.", member_id=scene.rosa.id)
        sounding = NewSounding(Sound.YES, member_id=scene.rosa.id)
        conversations.speak(scene.session, scene.bank, talk.id, point, scene.act(heard="phone"))
        conversations.sound(
            scene.session, scene.bank, option.id, sounding, scene.act(heard="phone")
        )
        conversations.give_verdict(scene.session, scene.bank, option.id, answer, scene.act())
        conversations.close(scene.session, scene.bank, talk.id, scene.act())
        return talk.id, option.id

    def option_late(scene: Scene) -> str:
        talk_id, _ = _closed(scene)
        return (
            "INSERT INTO dialogue_option (bank_id, dialogue_id, words, about, from_residents,"
            " from_practitioners, from_planners, gains, loses, given_up, by, at) VALUES"
            f" ({scene.bank.id}, {talk_id}, 'x', '', '', '', '', '', '', '', 'system:raw',"
            " '2026-11-12 12:00:00+00:00')"
        )

    def point_late(scene: Scene) -> str:
        talk_id, _ = _closed(scene)
        return (
            "INSERT INTO dialogue_point (bank_id, dialogue_id, kind, words, part, channel, at)"
            f" VALUES ({scene.bank.id}, {talk_id}, 'for', 'x', 'resident', 'web',"
            " '2026-11-12 12:00:00+00:00')"
        )

    def point_changed(scene: Scene) -> str:
        _closed(scene)
        return "UPDATE dialogue_point SET words = 'Far.'"

    def sounding_late(scene: Scene) -> str:
        _closed(scene)
        return "UPDATE sounding SET answer = 'no'"

    def verdict_late(scene: Scene) -> str:
        _closed(scene)
        return "UPDATE verdict SET answer = 'agreed'"

    def option_gone(scene: Scene) -> str:
        scene.talk()
        return "DELETE FROM dialogue_option"

    return {
        "milestones are not changed": ("milestone_kept_update", milestone_changed),
        "milestones are not erased": ("milestone_kept_delete", milestone_gone),
        "a step is reached once": ("milestone_follows", reached_twice),
        "a professional says so too": ("milestone_two_words", one_word),
        "a promise stays as made": ("commitment_kept_update", promise_changed),
        "no owner without a step": ("commitment_kept_update", owner_changed),
        "steps are not erased": ("commitment_step_kept_delete", promise_gone),
        "steps are not changed": ("commitment_step_kept_update", step_changed),
        "done is not said twice": ("commitment_step_follows", done_twice),
        "no step is left out": ("commitment_step_follows", gap),
        "the day changes by moving": ("commitment_step_due", due_changed),
        "a step that hands it on says whose it was": ("commitment_step_handed", handed),
        "an evaluation closes once": ("evaluation_closed", evaluation_opened_again),
        "it closes at a moment": ("evaluation_moment", closed_at_no_moment),
        "the moment stays": ("evaluation_moment", closed_at_another_moment),
        "nobody confirms their own": (
            "commitment_step_confirmed",
            confirmed_by(lambda scene: scene.joan.id),
        ),
        "no professional confirms": (
            "commitment_step_confirmed",
            confirmed_by(lambda scene: scene.lloyd.id),
        ),
        "nobody from outside confirms": (
            "commitment_step_confirmed",
            confirmed_by(lambda scene: scene.nell.id),
        ),
        "an open frame stays": ("dialogue_framed", reframed),
        "it closes answered": ("dialogue_answered", closed_unanswered),
        "no option once closed": ("dialogue_option_open", option_late),
        "options are not erased": ("dialogue_option_kept", option_gone),
        "nothing is said once closed": ("dialogue_point_open", point_late),
        "what was said stays": ("dialogue_point_kept", point_changed),
        "soundings stay once closed": ("sounding_open_update", sounding_late),
        "answers stay once closed": ("verdict_open_update", verdict_late),
        **_of_audits(),
    }


def _audit(scene: Scene, *, closed: bool = True) -> Audit:
    """An audit of one sheet, with one answer and another wording of it."""
    audit = Audit(
        bank_id=scene.bank.id,
        title="Spring",
        question="What?",
        opens_on=TODAY,
        closes_on=TODAY,
        by="system:test",
        at=NOW,
    )
    scene.session.add(audit)
    scene.session.flush()
    own = {"bank_id": scene.bank.id, "audit_id": audit.id}
    theme = Theme(**own, words="Debt", by="system:test")
    scene.session.add_all([AuditSheet(**own, key="k", way="door"), theme])
    scene.session.flush()
    answer = {**own, "key": "k", "question": 0, "place": 1}
    scene.session.add(AuditAnswer(**answer, words="Ann at 4 owes money"))
    scene.session.add(AuditAnswer(**{**answer, "place": 2}, words="Benches"))
    scene.session.add(AuditCode(**own, code_hash="h", used=True))
    scene.session.flush()
    scene.session.add(Wording(**answer, words="Somebody owes money", by="system:test"))
    scene.session.flush()
    if closed:
        audit.closed_at = NOW
        scene.session.flush()
    return audit


def _of_audits() -> dict[str, tuple[str, Callable[[Scene], str]]]:
    def sheet(scene: Scene) -> str:
        audit = _audit(scene)
        return (
            "INSERT INTO audit_sheet (bank_id, audit_id, key, way)"
            f" VALUES ({scene.bank.id}, {audit.id}, 'late', 'door')"
        )

    def attack(statement: str, *, closed: bool = True) -> Callable[[Scene], str]:
        def make(scene: Scene) -> str:
            _audit(scene, closed=closed)
            return statement

        return make

    def sorting(scene: Scene) -> str:
        audit = _audit(scene)
        theme_id = scene.session.execute(text("SELECT id FROM theme")).scalar_one()
        return (
            "INSERT INTO sorted_as (bank_id, audit_id, key, question, place, sorter_id, n,"
            f" theme_id) VALUES ({scene.bank.id}, {audit.id}, 'k', 0, 1, {scene.joan.id}, 1,"
            f" {theme_id})"
        )

    return {
        "no sheet once closed": ("audit_sheet_open", sheet),
        "no sorting once closed": ("sorted_as_open_insert", sorting),
        "sheets stay": ("audit_sheet_kept", attack("UPDATE audit_sheet SET age = 'under 25'")),
        "sheets are not erased": (
            "audit_answer_kept_delete",
            attack("DELETE FROM audit_answer WHERE place = 2"),
        ),
        "answers stay": (
            "audit_answer_kept",
            attack("UPDATE audit_answer SET words = 'All is well'"),
        ),
        "no wording before it closes": (
            "audit_answer_kept",
            attack(
                "UPDATE audit_answer SET words = 'Somebody owes money', shortened = TRUE"
                " WHERE place = 1",
                closed=False,
            ),
        ),
        "a used code stays used": ("audit_code_once", attack("UPDATE audit_code SET used = FALSE")),
        "the question stays": ("audit_kept", attack("UPDATE audit SET question = 'Why?'")),
    }


ATTACKS = _attacks()


@pytest.mark.parametrize("promise", ATTACKS)
def test_the_database_refuses_and_gives_way_without_its_guard(
    scene: Scene, session: Session, promise: str
) -> None:
    guard, make = ATTACKS[promise]
    attack = make(scene)
    session.flush()
    with (
        pytest.raises(DBAPIError, match=r"dialogue|commitment|milestone|audit|evaluation"),
        session.begin_nested(),
    ):
        session.execute(text(attack))
    _take_away(session, guard)
    session.execute(text(attack))


def _take_away(session: Session, guard: str) -> None:
    """The guard, and on PostgreSQL its function."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"DROP TRIGGER {guard}"))
    else:
        session.execute(text(f"DROP FUNCTION {guard}() CASCADE"))


def test_a_shortened_wording_takes_the_place_of_the_first_once(
    scene: Scene, session: Session
) -> None:
    _audit(scene)
    replace_it = "UPDATE audit_answer SET words = 'Somebody owes money', shortened = TRUE"
    session.execute(text(f"{replace_it} WHERE place = 1"))
    for attack in (
        "UPDATE audit_answer SET words = 'x' WHERE place = 1",
        f"{replace_it} WHERE place = 2",
    ):
        with pytest.raises(DBAPIError, match="audit_sheet_kept"), session.begin_nested():
            session.execute(text(attack))


def test_a_promise_without_its_first_step_is_never_committed(
    scene: Scene, session: Session
) -> None:
    session.execute(
        text(
            "INSERT INTO commitment (bank_id, first_step, words, part, answers_to, owner_kind,"
            " member_id, body, contact_name, shown, by, at) VALUES"
            f" ({scene.bank.id}, 1, 'x', 'resident', '', 'member', {scene.joan.id}, '', '',"
            " FALSE, 'system:raw', '2026-11-12 12:00:00+00:00')"
        )
    )
    with pytest.raises(DBAPIError):
        session.commit()
    session.rollback()


def test_there_are_no_more_sheets_than_people_on_the_register(
    scene: Scene, session: Session
) -> None:
    activity = make_activity(session, scene.bank, act=scene.act(), payer_id=None, rule="none")
    meeting = make_meeting(
        session, scene.bank, activity, starts_at=NOW - timedelta(hours=2), act=scene.act()
    )
    marks = [Mark(scene.joan.id, part="led"), Mark(guest="Cy", part="attended")]
    register.mark(session, scene.bank, meeting.id, marks, scene.act())
    row = evaluations.evaluate_session(session, scene.bank, meeting.id, scene.act())
    answers = EvaluationAnswers({EvaluationItem.COULD_SAY: 4}, {})
    for _ in range(2):
        evaluations.answer_on_paper(session, scene.bank, row.id, answers, scene.act())
    attack = text(
        "INSERT INTO evaluation_sheet (bank_id, evaluation_id, key)"
        f" VALUES ({scene.bank.id}, {row.id}, 'third')"
    )
    with pytest.raises(DBAPIError, match="evaluation_register"), session.begin_nested():
        session.execute(attack)
    _take_away(session, "evaluation_sheet_register")
    session.execute(attack)
