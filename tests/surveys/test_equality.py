"""Equality data: kept apart, erased, and told as counts that give nobody away."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories import NOW, actor, make_bank, make_member, system
from tests.surveys.waves import answer, make_wave
from timebank.act import Act
from timebank.app import FEATURES
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.leaving import queries as leaving
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.surveys import equality
from timebank.surveys import service as surveys_service
from timebank.surveys.categories import NO_ANSWER, NOT_SAID
from timebank.surveys.errors import CountedAlready
from timebank.surveys.rules import EqualityAnswers, EqualityAsked


@pytest.fixture
def asked(session, bank) -> None:
    equality.ask(
        session,
        bank,
        EqualityAsked(["sex", "area"], ["Alder Row", " Mill Lane", "", "Alder Row"]),
        Act(system(bank), NOW),
    )


def test_a_coordinator_says_what_is_asked(session, bank, asked):
    sex, area = equality.questions(session, bank)
    assert (sex.key, area.options) == ("sex", ("Alder Row", "Mill Lane"))
    with pytest.raises(Invalid, match="List the areas"):
        equality.ask(session, bank, EqualityAsked(["area"], []), Act(system(bank), NOW))
    with pytest.raises(Invalid):
        equality.ask(session, bank, EqualityAsked(["income"], []), Act(system(bank), NOW))
    with pytest.raises(NotAllowed):
        equality.ask(
            session,
            bank,
            EqualityAsked([], []),
            Act(actor(make_member(session, bank, "Maggie", role="broker")), NOW),
        )


def test_a_member_answers_changes_and_erases(session, bank, people, asked):
    ana = people[0]
    equality.answer(
        session,
        bank,
        ana.id,
        EqualityAnswers({"sex": "Female", "area": "not_said"}),
        Act(actor(ana), NOW),
    )
    assert equality.own(session, bank, ana.id) == {"sex": "Female", "area": "not_said"}
    equality.answer(
        session, bank, ana.id, EqualityAnswers({"area": "Mill Lane"}), Act(actor(ana), NOW)
    )
    assert equality.own(session, bank, ana.id) == {"area": "Mill Lane"}
    equality.erase(session, bank, ana.id, Act(actor(ana), NOW))
    assert equality.own(session, bank, ana.id) == {}
    assert session.execute(text("SELECT count(*) FROM equality_answer")).scalar_one() == 0


def test_a_broker_enters_without_undoing_what_they_cannot_see(session, bank, people, asked):
    ana, maggie = people[0], actor(make_member(session, bank, "Maggie", role="broker"))
    equality.answer(session, bank, ana.id, EqualityAnswers({"sex": "Female"}), Act(actor(ana), NOW))
    equality.answer(session, bank, ana.id, EqualityAnswers({"area": "Mill Lane"}), Act(maggie, NOW))
    assert equality.own(session, bank, ana.id) == {"sex": "Female", "area": "Mill Lane"}


def test_nobody_else_answers_and_nothing_else_is_an_answer(session, bank, people, asked):
    ana, ben = people[:2]
    with pytest.raises(NotAllowed):
        equality.answer(session, bank, ana.id, EqualityAnswers({}), Act(actor(ben), NOW))
    with pytest.raises(NotAllowed):
        equality.erase(session, bank, ana.id, Act(actor(ben), NOW))
    with pytest.raises(Invalid) as refusal:
        equality.answer(session, bank, ana.id, EqualityAnswers({"sex": "x"}), Act(actor(ana), NOW))
    assert refusal.value.fields.keys() == {"sex"}
    other = make_bank(session, name="Other", slug="other")
    with pytest.raises(NotFound):
        equality.answer(session, other, ana.id, EqualityAnswers({}), Act(system(other), NOW))


def test_answers_hang_on_a_key_and_not_on_a_member(session, bank, people, asked):
    equality.answer(
        session, bank, people[0].id, EqualityAnswers({"sex": "Female"}), Act(actor(people[0]), NOW)
    )
    columns = session.execute(text("SELECT * FROM equality_answer")).keys()
    assert set(columns) == {"bank_id", "respondent", "question", "choice"}
    assert set(session.execute(text("SELECT * FROM equality_link")).keys()) == {
        "bank_id",
        "member_id",
        "respondent",
    }


def test_counts_are_rounded_and_few_withheld_with_a_second(session, bank, asked):
    everybody = [make_member(session, bank, f"Member {number}") for number in range(40)]
    for number, member in enumerate(everybody[:33]):
        said = "Female" if number < 18 else "Male" if number < 30 else "not_said"
        equality.answer(
            session, bank, member.id, EqualityAnswers({"sex": said}), Act(actor(member), NOW)
        )
    assert surveys_service.equality(session, bank).tables == ()
    found = equality.count(session, bank, Act(system(bank), NOW))
    assert surveys_service.equality(session, bank) == found
    sex, area = found.tables
    assert found.threshold == 8
    assert (sex.members, dict(sex.counts)) == (
        40,
        {"Female": 20, "Male": 10, NOT_SAID: None, NO_ANSWER: None},
    )
    assert dict(area.counts) == {"Alder Row": 0, "Mill Lane": 0, NOT_SAID: 0, NO_ANSWER: 40}


def test_where_few_have_answered_nothing_is_told_of_them_at_all(session, bank, people, asked):
    for member in people[:5]:
        equality.answer(
            session, bank, member.id, EqualityAnswers({"sex": "Female"}), Act(actor(member), NOW)
        )
    sex, _ = equality.count(session, bank, Act(system(bank), NOW)).tables
    # Not even that nobody is of the other.
    assert {count for _, count in sex.counts} == {None}


def test_it_is_counted_once_in_a_quarter_and_stays_as_it_was_counted(session, bank, people, asked):
    first = equality.count(session, bank, Act(system(bank), NOW))
    equality.answer(
        session, bank, people[0].id, EqualityAnswers({"sex": "Female"}), Act(actor(people[0]), NOW)
    )
    assert surveys_service.equality(session, bank) == first
    with pytest.raises(CountedAlready):
        equality.count(session, bank, Act(system(bank), NOW))
    later = equality.count(session, bank, Act(system(bank), NOW + timedelta(days=92)))
    assert surveys_service.equality(session, bank) == later
    assert later.counted_on > first.counted_on


def test_only_a_coordinator_counts_and_only_what_is_asked(session, bank):
    with pytest.raises(Invalid, match="Nothing is asked"):
        equality.count(session, bank, Act(system(bank), NOW))
    with pytest.raises(NotAllowed):
        equality.count(
            session, bank, Act(actor(make_member(session, bank, "Maggie", role="broker")), NOW)
        )


def test_leaving_erases_both_links_and_the_answers(session, bank, people, asked):
    ana = people[0]
    wave = make_wave(session, bank)
    answer(session, bank, wave, ana)
    equality.answer(session, bank, ana.id, EqualityAnswers({"sex": "Female"}), Act(actor(ana), NOW))
    held = leaving.held(session, bank, ana.id, FEATURES, now=NOW)
    assert held["equality"] == {"sex": "Female"}
    assert held["questions"]["linked_answers"][0]["answer"] == 7
    leaving_service.leave(session, bank, ana.id, FEATURES, Farewell(), Act(actor(ana), NOW))
    for table in ("equality_link", "equality_answer", "survey_link"):
        assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    assert (
        session.execute(text("SELECT count(*) FROM survey_answer WHERE value = 7")).scalar_one()
        == 1
    )
