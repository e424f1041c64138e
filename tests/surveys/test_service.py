"""Waves, scales, invitations, results: on both engines."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member, system
from tests.surveys.waves import LATER, SPRING, TODAY, answer, make_wave
from timebank.act import Act
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.exchanges import service as exchanges_service
from timebank.surveys import answering, queries
from timebank.surveys import service as surveys_service
from timebank.surveys.errors import AnsweredAlready, InUse, NotOpen
from timebank.surveys.rules import Answers, Asked, Closing, NewScale, NewWave

ENDS = {"lowest": 1, "highest": 5, "lowest_words": "never", "highest_words": "always"}


def make_scale(session, bank, **details):
    plain = {"title": "Ours", "licence": "Our own.", "items": ["I sing.", "I dance."], **ENDS}
    new = NewScale(**{**plain, **details})
    return surveys_service.add_scale(session, bank, new, Act(system(bank), NOW))


def pair(session, bank, **details):
    """A wave of spring, and one of autumn that follows it."""
    first = make_wave(
        session,
        bank,
        title="Spring",
        opens_on=SPRING,
        closes_on=SPRING + timedelta(days=20),
        **details,
    )
    return first, make_wave(session, bank, instruments=(), follows_id=first.id)


def outcome(session, bank, wave):
    return surveys_service.outcome(session, bank, wave.id, Act(system(bank), LATER))


# ---- Waves ----


def test_what_cannot_be_a_wave_is_said_together(session, bank):
    with pytest.raises(Invalid) as refusal:
        make_wave(session, bank, title=" ", closes_on=TODAY - timedelta(days=1), instruments=[])
    assert refusal.value.fields.keys() == {"title", "closes_on", "instruments"}
    for unknown in ("wemwbs", "scale:1", "scale:x", "scale:99999999999"):
        with pytest.raises(Invalid, match="listed"):
            make_wave(session, bank, instruments=[unknown])


def test_only_coordinators_plan_ask_and_see(session, bank):
    maggie, wave = (
        actor(make_member(session, bank, "Maggie", role="broker")),
        make_wave(session, bank),
    )
    days = {"opens_on": TODAY, "closes_on": TODAY}
    for step in (
        lambda: surveys_service.open_wave(
            session, bank, NewWave("A", **days, instruments=["ons4"]), Act(maggie, NOW)
        ),
        lambda: surveys_service.invite(session, bank, wave.id, Asked(), Act(maggie, NOW)),
        lambda: surveys_service.close(session, bank, wave.id, Act(maggie, NOW)),
        lambda: surveys_service.outcome(session, bank, wave.id, Act(maggie, LATER)),
        lambda: surveys_service.add_scale(
            session, bank, NewScale("A", "B", ["C"], **ENDS), Act(maggie, NOW)
        ),
    ):
        with pytest.raises(NotAllowed):
            step()


def test_nothing_of_another_bank_is_there(session, bank):
    wave, scale = make_wave(session, bank), make_scale(session, bank)
    other = make_bank(session, name="Other", slug="other")
    for step in (
        lambda: queries.wave(session, other, wave.id),
        lambda: queries.scale(session, other, scale.id),
    ):
        with pytest.raises(NotFound):
            step()
    with pytest.raises(Invalid):
        make_wave(session, other, instruments=[f"scale:{scale.id}"])


def test_a_wave_that_follows_asks_the_same(session, bank):
    first, second = pair(session, bank)
    assert [one.key for one in queries.instruments(session, bank, second.id)] == ["ons4"]
    with pytest.raises(Invalid, match="same questions"):
        make_wave(session, bank, instruments=["ladder"], follows_id=first.id)
    with pytest.raises(Invalid, match="after that one has closed"):
        make_wave(session, bank, instruments=(), follows_id=second.id)
    make_wave(
        session,
        bank,
        instruments=(),
        follows_id=second.id,
        opens_on=date(2027, 1, 1),
        closes_on=date(2027, 2, 1),
    )
    with pytest.raises(Invalid, match="opens on 1 January 2027"):
        surveys_service.move_closing(
            session, bank, second.id, Closing(date(2027, 1, 1)), Act(system(bank), NOW)
        )


def test_people_are_asked_once_and_told_as_they_like(session, bank, people):
    wave = make_wave(session, bank)
    assert queries.progress(session, bank, [wave.id])[wave.id].asked == 20
    assert surveys_service.invite(session, bank, wave.id, Asked(), Act(system(bank), NOW)) == 0
    told = session.execute(
        text("SELECT count(*) FROM notice WHERE cause = :cause"),
        {"cause": f"survey:{wave.id}:asked"},
    )
    assert told.scalar_one() == 20


def test_those_who_took_part_or_are_named_can_be_asked_alone(session, bank, people):
    ana, ben, cy = people[:3]
    helped = make_logged_exchange(session, bank, ana, ben)
    exchanges_service.confirm(session, bank, helped.id, Act(actor(ben), NOW))
    days = {"title": "A", "opens_on": TODAY, "closes_on": TODAY, "instruments": ["ons4"]}
    wave = surveys_service.open_wave(session, bank, NewWave(**days), Act(system(bank), NOW))
    by = Act(system(bank), NOW)
    assert surveys_service.invite(session, bank, wave.id, Asked(who="since", since=TODAY), by) == 2
    assert (
        surveys_service.invite(
            session, bank, wave.id, Asked(who="numbers", numbers=[str(cy.number), " "]), by
        )
        == 1
    )
    with pytest.raises(Invalid, match="number 999"):
        surveys_service.invite(session, bank, wave.id, Asked(who="numbers", numbers=["999"]), by)
    for wrong in (
        {"who": "numbers"},
        {"who": "since"},
        {"who": "since", "since": TODAY + timedelta(1)},
    ):
        with pytest.raises(Invalid):
            surveys_service.invite(session, bank, wave.id, Asked(**wrong), by)


def test_a_wave_is_closed_for_good(session, bank, people):
    wave, by = make_wave(session, bank), Act(system(bank), NOW)
    surveys_service.move_closing(session, bank, wave.id, Closing(TODAY + timedelta(days=2)), by)
    with pytest.raises(Invalid):
        surveys_service.move_closing(session, bank, wave.id, Closing(TODAY - timedelta(days=1)), by)
    surveys_service.close(session, bank, wave.id, act=by)
    with pytest.raises(NotOpen):
        surveys_service.move_closing(session, bank, wave.id, Closing(TODAY + timedelta(days=9)), by)
    with pytest.raises(NotOpen):
        answer(session, bank, wave, people[0])
    with pytest.raises(NotOpen):
        answering.print_forms(session, bank, wave.id, act=by)


def test_a_wave_to_come_takes_no_answers(session, bank, people):
    wave = make_wave(session, bank, opens_on=TODAY + timedelta(days=1))
    with pytest.raises(NotOpen, match="open on 13 November 2026"):
        answering.answer(
            session,
            bank,
            wave.id,
            Answers(answers={"q0_0": "1"}, link=False),
            Act(actor(people[0]), NOW),
        )


# ---- What the database keeps ----


def refused(session, statement: str, words: str) -> None:
    with pytest.raises(IntegrityError, match=words), session.begin_nested():
        session.execute(text(statement))


def test_one_answer_to_an_invitation(session, bank, people):
    wave = make_wave(session, bank)
    answer(session, bank, wave, people[0])
    with pytest.raises(AnsweredAlready):
        answer(session, bank, wave, people[0])
    refused(
        session,
        "UPDATE survey_invitation SET answered = TRUE WHERE answered",
        "survey_answered_once",
    )
    refused(
        session,
        "UPDATE survey_invitation SET answered = FALSE WHERE answered",
        "survey_answered_once",
    )
    refused(session, "DELETE FROM survey_invitation WHERE answered", "survey_answered_once")
    sheet = (
        f"INSERT INTO survey_sheet (bank_id, wave_id, respondent) VALUES ({bank.id}, {wave.id},"
        " 'second')"
    )
    refused(session, sheet, "survey_invited_only")


def test_answers_stay_and_so_does_what_was_asked(session, bank, people):
    scale = make_scale(session, bank)
    wave = make_wave(session, bank, instruments=["ons4", f"scale:{scale.id}"])
    answer(session, bank, wave, people[0])
    refused(session, "UPDATE survey_answer SET value = 9 WHERE value = 7", "survey_answer_kept")
    refused(session, "DELETE FROM survey_answer", "survey_answer_kept")
    for change in ("title = 'x'", "opens_on = '2026-01-01'"):
        refused(session, f"UPDATE survey_wave SET {change}", "survey_wave_kept")
    refused(session, "DELETE FROM survey_chosen", "survey_wave_kept")
    refused(session, "UPDATE survey_chosen SET embedded = 'ladder' WHERE n = 0", "survey_wave_kept")
    refused(session, "UPDATE survey_scale SET highest = 9", "survey_scale_kept")
    refused(session, "UPDATE survey_scale_item SET words = 'x'", "survey_scale_kept")
    refused(session, "DELETE FROM survey_scale_item", "survey_scale_kept")
    session.execute(text("UPDATE survey_wave SET closes_on = '2026-12-24'"))


def test_a_scale_is_copied_or_taken_out_but_never_changed(session, bank):
    used, spare = make_scale(session, bank), make_scale(session, bank, title="Spare")
    make_wave(session, bank, instruments=[f"scale:{used.id}"])
    with pytest.raises(InUse, match="Make a copy"):
        surveys_service.remove_scale(session, bank, used.id, Act(system(bank), NOW))
    surveys_service.remove_scale(session, bank, spare.id, Act(system(bank), NOW))
    assert [one.title for one in queries.scales(session, bank)] == ["Ours"]
    with pytest.raises(Invalid, match="another name"):
        make_scale(session, bank)


def test_what_is_wrong_with_a_scale_is_said_together(session, bank):
    with pytest.raises(Invalid) as refusal:
        make_scale(
            session,
            bank,
            title="",
            licence="",
            items=["", " "],
            lowest=5,
            highest=1,
            lowest_words="",
        )
    assert refusal.value.fields.keys() == {
        "title",
        "licence",
        "items",
        "highest",
        "lowest_words",
    }


# ---- Apart from names ----


def test_no_table_but_the_links_holds_a_respondent_and_a_member(session, bank, people):
    wave = make_wave(session, bank)
    answer(session, bank, wave, people[0], link=True, q0_0=3)
    answer(session, bank, wave, people[1], link=False, q0_0=4)
    keys = {row[0] for row in session.execute(text("SELECT respondent FROM survey_sheet"))}
    linked = session.execute(text("SELECT member_id, respondent FROM survey_link")).all()
    assert [row[0] for row in linked] == [people[0].id]
    (thrown_away,) = keys - {linked[0][1]}
    holding = [name for name in _tables(session) if thrown_away in _everything(session, name)]
    assert sorted(holding) == ["survey_answer", "survey_sheet"]
    for name in holding:
        columns = session.execute(text(f"SELECT * FROM {name}")).keys()
        assert not {"member_id", "by", "at", "invitation_id"} & set(columns)


def _tables(session):
    wanted = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    return session.execute(text(wanted[session.get_bind().dialect.name])).scalars().all()


def _everything(session, table: str) -> str:
    return str(session.execute(text(f'SELECT * FROM "{table}"')).all())


def test_a_sheet_hides_among_others_that_come_in_with_it(session, bank, people):
    """So that neither the order of rows nor the transaction that wrote them tells whose it is;
    linked ones keep their key."""
    wave = make_wave(session, bank)
    answer(session, bank, wave, people[0], link=True)
    for member in people[1:9]:
        answer(session, bank, wave, member, link=False)
    before = keys(session)
    answer(session, bank, wave, people[9], link=False, q0_0=3)
    after = keys(session)
    assert (len(before), len(after), len(before & after)) == (9, 10, 2)
    assert session.execute(text("SELECT respondent FROM survey_link")).scalar_one() in after
    assert (
        session.execute(text("SELECT count(*) FROM survey_answer WHERE value = 7")).scalar_one()
        == 9
    )


def keys(session) -> set[str]:
    return set(session.execute(text("SELECT respondent FROM survey_sheet")).scalars())


def test_consent_that_is_taken_back_leaves_nothing_linked(session, bank, people):
    first, second = pair(session, bank)
    for wave in (first, second):
        answer(session, bank, wave, people[0])
    assert (
        session.execute(text("SELECT count(DISTINCT respondent) FROM survey_sheet")).scalar_one()
        == 1
    )
    answering.withdraw(session, bank, people[0].id)
    answering.withdraw(session, bank, people[0].id)
    assert session.execute(text("SELECT count(*) FROM survey_link")).scalar_one() == 0
    assert (
        session.execute(text("SELECT count(DISTINCT respondent) FROM survey_sheet")).scalar_one()
        == 2
    )
    assert (
        session.execute(text("SELECT count(*) FROM survey_answer WHERE value = 7")).scalar_one()
        == 2
    )
    assert not queries.held(session, bank, people[0].id)["linked_answers"]


def test_one_can_take_away_what_is_linked_to_one(session, bank, people):
    wave = make_wave(session, bank)
    answer(session, bank, wave, people[0], q0_0=3, q0_1="not_said")
    held = queries.held(session, bank, people[0].id)
    assert held["asked"] == [{"wave": "Autumn", "answered": True}]
    assert [one["answer"] for one in held["linked_answers"]] == [
        3,
        "not_said",
        "left_out",
        "left_out",
    ]
    assert queries.held(session, bank, people[1].id)["linked_answers"] == []


# ---- Paper ----


def test_a_form_on_paper_is_typed_in_by_its_code_once(session, bank, people):
    wave, maggie = make_wave(session, bank), make_member(session, bank, "Maggie", role="broker")
    forms = answering.print_forms(session, bank, wave.id, Act(actor(maggie), NOW))
    again = answering.print_forms(session, bank, wave.id, Act(actor(maggie), NOW))
    assert len(forms) == len(again) == 20
    kept = _everything(session, "survey_paper_code")
    assert not any(form.code in kept or form.code.replace("-", "") in kept for form in forms)
    typed = f" {forms[0].code.replace('-', '').upper()} "
    answering.answer_by_code(
        session, bank, typed, Answers(answers={"q0_0": "2"}, link=False), now=NOW
    )
    for code in (forms[0].code, again[0].code):
        with pytest.raises(AnsweredAlready):
            answering.answer_by_code(
                session, bank, code, Answers(answers={"q0_0": "2"}, link=False), now=NOW
            )
    with pytest.raises(Invalid, match="No form has that code"):
        answering.answer_by_code(
            session,
            bank,
            "0000-0000-0000-0000",
            Answers(answers={"q0_0": "2"}, link=False),
            now=NOW,
        )
    with pytest.raises(NotAllowed):
        answering.print_forms(session, bank, wave.id, Act(actor(people[0]), NOW))


# ---- Results ----


def test_results_are_told_once_it_is_closed(session, bank, people):
    wave = make_wave(session, bank)
    with pytest.raises(NotOpen):
        surveys_service.outcome(session, bank, wave.id, Act(system(bank), NOW))
    days = (TODAY, date(2027, 1, 1))
    assert surveys_service.outcomes(session, bank, *days, today=wave.closes_on) == ()
    after = surveys_service.outcomes(session, bank, *days, today=wave.closes_on + timedelta(days=1))
    assert [told.wave_id for told in after] == [wave.id]


def test_a_wave_that_was_closed_early_is_told_from_that_day_on(session, bank, people):
    wave = make_wave(session, bank)
    closed = surveys_service.close(session, bank, wave.id, Act(system(bank), NOW)).closed_on
    days = (TODAY, date(2027, 1, 1))
    before = closed - timedelta(days=1)
    assert surveys_service.outcomes(session, bank, *days, today=before) == ()
    assert len(surveys_service.outcomes(session, bank, *days, today=closed)) == 1


def test_of_too_few_no_mean_is_told_to_anybody(session, bank, people):
    wave = make_wave(session, bank)
    for member in people[:7]:
        answer(session, bank, wave, member)
    found = outcome(session, bank, wave)
    assert (found.asked, found.answered, found.share) == (20, 7, 0.35)
    assert [one.mean for one in found.measures] == [None] * 4


def test_means_and_changes_of_those_who_were_active_and_of_the_others(session, bank, people):
    first, second = pair(session, bank)
    for helped in zip(people[0:10:2], people[1:10:2], strict=True):
        exchange = make_logged_exchange(
            session, bank, *helped, occurred_on=SPRING + timedelta(days=60)
        )
        exchanges_service.confirm(session, bank, exchange.id, Act(actor(helped[1]), NOW))
    for number, member in enumerate(people):
        answer(session, bank, first, member, q0_0=4 + number % 3)
        answer(
            session, bank, second, member, q0_0=6 + number % 3 - (number >= 10), link=number != 19
        )
    satisfied = outcome(session, bank, second).measures[0]
    assert (satisfied.mean.n, satisfied.mean.mean) == (20, 6.5)
    assert satisfied.mean.low < 6.5 < satisfied.mean.high
    change = satisfied.change
    assert (change.everybody.n, change.active.n, change.others.n) == (19, 10, 9)
    assert (change.active.mean, change.others.mean, change.everybody.mean) == (2.0, 1.0, 1.5)
    found = outcome(session, bank, second)
    assert (found.after, found.asked_both, found.both) == ("Spring", 20, 19)
    assert "no proof" in str(found.caution)


def test_where_few_were_active_the_others_are_not_told_either(session, bank, people):
    first, second = pair(session, bank)
    exchange = make_logged_exchange(
        session, bank, *people[:2], occurred_on=SPRING + timedelta(days=60)
    )
    exchanges_service.confirm(session, bank, exchange.id, Act(actor(people[1]), NOW))
    for member in people:
        answer(session, bank, first, member)
        answer(session, bank, second, member)
    change = outcome(session, bank, second).measures[0].change
    assert change.everybody.n == 20
    assert (change.active, change.others) == (None, None)


def test_an_own_scale_is_scored_as_it_says(session, bank, people):
    scale = make_scale(session, bank, scoring="sum", better="lower")
    wave = make_wave(session, bank, instruments=["ladder", f"scale:{scale.id}"])
    for number, member in enumerate(people[:10]):
        answer(
            session, bank, wave, member, q1_0=2, q1_1="not_said" if number == 9 else 3, link=False
        )
    ladder, ours = outcome(session, bank, wave).measures
    assert ladder.mean is None
    assert (ours.mean.n, ours.mean.mean, ours.better, ours.lowest, ours.highest) == (
        9,
        5.0,
        "lower",
        2,
        10,
    )


def test_what_is_published_is_rounded(session, bank, people):
    wave = make_wave(session, bank, opens_on=SPRING, closes_on=SPRING + timedelta(days=20))
    for member in people[:11]:
        answer(session, bank, wave, member)
    (found,) = surveys_service.outcomes(session, bank, SPRING, TODAY, today=TODAY)
    assert (found.asked, found.answered, found.share) == (20, 10, 0.5)
    assert (found.measures[0].mean.n, found.measures[0].mean.mean) == (10, 7.0)
    assert (
        surveys_service.outcomes(session, bank, SPRING + timedelta(days=1), TODAY, today=TODAY)
        == ()
    )
