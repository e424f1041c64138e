"""The pages of surveys, as residents, brokers and coordinators use them."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories import NOW, actor, make_bank, make_member, system
from tests.surveys.waves import LATER, TODAY, answer, make_wave
from timebank import clock
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.members.models import Member
from timebank.surveys import answering, equality, queries
from timebank.surveys.models import Wave
from timebank.surveys.rules import EqualityAsked

HOME = "/b/fife-time-bank/surveys"
WAVE = {
    "title": "Spring",
    "opens_on": "2026-11-12",
    "closes_on": "2026-12-01",
    "instruments": ["ons4", "ladder"],
}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    """Ids: Ana and Ben are asked, Maggie is a broker, Owen coordinates; a code on paper is
    Ana's."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        ana, ben = (make_member(session, bank, name, number=name) for name in ("Ana", "Ben"))
        maggie, owen = (
            make_member(session, bank, "Maggie", "broker"),
            make_member(session, bank, "Owen", "coordinator"),
        )
        wave = make_wave(session, bank)
        equality.ask(session, bank, EqualityAsked(["sex"], []), Act(system(bank), NOW))
        return {one.name.lower(): one.id for one in (ana, ben, maggie, owen)} | {"wave": wave.id}


def code_of(app: Flask, wave_id: int, name: str) -> str:
    with app.app_context(), transaction() as session:
        bank = session.query(Bank).one()
        forms = answering.print_forms(session, bank, wave_id, Act(system(bank), NOW))
        return next(one.code for one in forms if one.name == name)


def counted(app: Flask, table: str) -> int:
    with app.app_context():
        return reading().execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_a_member_answers_once_and_can_take_the_link_back(app, town, sign_in):
    ana = sign_in(town["ana"])
    page = ana.get(f"{HOME}/{town['wave']}/answer").text
    assert "Prefer not to say" in page
    said = {"q0_0": "7", "q0_1": "not_said", "link": "yes"}
    assert ana.post(f"{HOME}/{town['wave']}/answer", data=said).status_code == 303
    again = ana.post(f"{HOME}/{town['wave']}/answer", data=said)
    assert again.status_code == 409
    assert "answers once" in again.text
    assert ana.get(f"{HOME}/{town['wave']}/answer").status_code == 409
    assert "Take that back" in ana.get(HOME).text
    ana.post(f"{HOME}/withdraw")
    assert "nothing links any answer to you" in ana.get(HOME).text
    assert (counted(app, "survey_answer"), counted(app, "survey_link")) == (4, 0)


def test_what_was_sent_leaves_no_trace_beside_the_sender(app, town, sign_in):
    before = counted(app, "request_once")
    for address in (
        f"{town['wave']}/answer",
        "equality",
        "paper",
        f"paper/{code_of(app, town['wave'], 'Ben')}",
    ):
        page = sign_in(town["ana"]).get(f"{HOME}/{address}").text
        assert 'name="once"' not in page.partition("<main")[2].partition("</form>")[0]
    sign_in(town["ana"]).post(f"{HOME}/{town['wave']}/answer", data={"q0_0": "7", "once": "k"})
    sign_in(town["ana"]).post(f"{HOME}/equality", data={"sex": "Female", "once": "k"})
    assert counted(app, "request_once") == before
    assert (counted(app, "survey_sheet"), counted(app, "equality_answer")) == (1, 1)


def test_a_wrong_answer_is_said_and_the_others_are_kept(town, sign_in):
    answer = sign_in(town["ana"]).post(
        f"{HOME}/{town['wave']}/answer", data={"q0_0": "11", "q0_1": "3"}
    )
    assert answer.status_code == 422
    assert "Choose one of the answers to “Overall, how satisfied" in answer.text
    assert re.search(r'id="q0_1-3"\s+name="q0_1"\s+value="3"\s+checked', answer.text)
    empty = sign_in(town["ana"]).post(f"{HOME}/{town['wave']}/answer", data={})
    assert "Nothing is answered yet" in empty.text


def test_a_closed_wave_takes_nothing(app, town, sign_in):
    sign_in(town["owen"]).post(f"{HOME}/{town['wave']}/close")
    answer = sign_in(town["ana"]).post(f"{HOME}/{town['wave']}/answer", data={"q0_0": "7"})
    assert answer.status_code == 409
    assert "no more answers are taken" in answer.text


def test_who_was_not_asked_cannot_answer(app, town, sign_in):
    with app.app_context(), transaction() as session:
        late = make_member(session, session.query(Bank).one(), "Cy").id
    assert sign_in(late).get(f"{HOME}/{town['wave']}/answer").status_code == 404


def test_a_form_on_paper_is_typed_in_without_signing_in(app, town, sign_in):
    code, stranger = code_of(app, town["wave"], "Ana"), sign_in()
    wrong = stranger.post(f"{HOME}/paper", data={"code": "1234"})
    assert wrong.status_code == 422
    assert "No form has that code" in wrong.text
    assert 'value="1234"' in wrong.text
    there = stranger.post(f"{HOME}/paper", data={"code": code.upper().replace("-", " ")})
    assert there.status_code == 303
    page = stranger.get(there.headers["Location"])
    assert page.status_code == 200
    assert "Ana" not in page.text
    done = stranger.post(there.headers["Location"], data={"q0_0": "2"})
    assert done.headers["Location"].endswith("/thanks")
    twice = stranger.post(there.headers["Location"], data={"q0_0": "2"})
    assert (twice.status_code, "answers once" in twice.text) == (409, True)
    assert sign_in(town["ana"]).get(f"{HOME}/{town['wave']}/answer").status_code == 409


def test_a_broker_prints_forms_and_types_them_in(app, town, sign_in):
    maggie = sign_in(town["maggie"])
    assert "each of the 4 who" in maggie.get(f"{HOME}/{town['wave']}/forms").text
    printed = maggie.post(f"{HOME}/{town['wave']}/forms").text
    assert "For Ana, member Ana" in printed
    code = re.search(r"Code <b>([^<]+)</b>", printed)[1]
    done = maggie.post(f"{HOME}/paper/{code}", data={"q0_0": "2"})
    assert done.headers["Location"] == f"{HOME}/paper"
    assert maggie.get(f"{HOME}/{town['wave']}").status_code == 403


def test_a_coordinator_plans_asks_and_closes(app, town, sign_in):
    owen = sign_in(town["owen"])
    planned = owen.post(f"{HOME}/new", data=WAVE)
    assert planned.status_code == 303
    invite = planned.headers["Location"]
    wrong = owen.post(invite, data={"who": "numbers", "numbers": "999"})
    assert (wrong.status_code, "number 999" in wrong.text) == (422, True)
    show = owen.post(invite, data={"who": "numbers", "numbers": "Ana, Ben"}).headers["Location"]
    assert "0 of 2 asked" in " ".join(owen.get(show).text.split())
    assert "Results are told once it is closed" in owen.get(show).text
    moved = owen.post(f"{show}/closing", data={"closes_on": "2026-11-01"})
    assert (moved.status_code, "Choose a later last day" in moved.text) == (422, True)
    assert owen.post(f"{show}/closing", data={"closes_on": "2026-12-09"}).status_code == 303
    owen.post(f"{show}/close")
    assert "Too few people to say." in owen.get(show).text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"instruments": []}, "Choose at least one set of questions"),
        ({"instruments": ["wemwbs"]}, "Choose among the questions"),
        ({"closes_on": "2026-11-01"}, "close before it opens"),
        ({"title": ""}, "Write what it is called"),
        ({"opens_on": "soon"}, "Write a date"),
    ],
)
def test_what_is_wrong_with_a_wave_is_said_and_the_rest_kept(town, sign_in, changed, words):
    answer = sign_in(town["owen"]).post(f"{HOME}/new", data={**WAVE, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert "title" in changed or 'value="Spring"' in answer.text


def test_own_scales_are_added_copied_and_taken_out(app, town, sign_in):
    owen = sign_in(town["owen"])
    scale = {
        "title": "Ours",
        "licence": "Our own.",
        "items": "I sing.\nI dance.",
        "lowest": "5",
        "highest": "1",
    }
    scale |= {
        "lowest_words": "never",
        "highest_words": "always",
        "scoring": "sum",
        "better": "higher",
    }
    wrong = owen.post(f"{HOME}/scales/new", data=scale)
    assert (wrong.status_code, "above the lowest" in wrong.text, "I dance." in wrong.text) == (
        422,
        True,
        True,
    )
    owen.post(f"{HOME}/scales/new", data=scale | {"lowest": "1", "highest": "5"})
    copy = owen.get(f"{HOME}/scales/1/copy").text
    assert "Ours, changed" in copy
    owen.post(f"{HOME}/new", data=WAVE | {"instruments": ["scale:1"]})
    kept = owen.post(f"{HOME}/scales/1/removal")
    assert (kept.status_code, "Make a copy" in kept.text) == (409, True)
    owen.post(
        f"{HOME}/scales/1/copy", data=scale | {"title": "Other", "lowest": "1", "highest": "5"}
    )
    assert owen.post(f"{HOME}/scales/2/removal").status_code == 303
    assert counted(app, "survey_scale") == 1


def test_results_and_change_are_shown_with_how_sure_they_are(app, town, sign_in, monkeypatch):
    with app.app_context(), transaction() as session:
        bank = session.query(Bank).one()
        many = [make_member(session, bank, f"Member {number}") for number in range(10)]
        first = make_wave(
            session,
            bank,
            title="May",
            opens_on=TODAY - timedelta(days=90),
            closes_on=TODAY - timedelta(days=60),
        )
        second = make_wave(session, bank, title="Now", instruments=(), follows_id=first.id)
        for number, member in enumerate(many):
            answer(session, bank, first, member, q0_0=4 + number % 3)
            answer(session, bank, second, member, q0_0=6)
        wave_id = second.id
    monkeypatch.setattr(clock, "now", lambda: LATER)
    page = " ".join(sign_in(town["owen"]).get(f"{HOME}/{wave_id}").text.split())
    assert "What changed since “May”" in page
    assert "6.0 (6.0 to 6.0), n 10" in page
    assert "+1.1 (+0.5 to +1.7), n 10" in page
    assert "10 of 14 asked in both (71 %)" in page
    assert "no proof of what brought it about" in page
    assert "nan" not in page.lower().replace("nancy", "")


def test_equality_answers_are_ones_own_to_read(app, town, sign_in):
    ana, maggie = sign_in(town["ana"]), sign_in(town["maggie"])
    ana.post(f"{HOME}/equality", data={"sex": "Female"})
    assert re.search(r'value="Female"\s+checked', ana.get(f"{HOME}/equality").text)
    theirs = f"{HOME}/equality/members/{town['ana']}"
    assert not re.search(r'value="Female"\s+checked', maggie.get(theirs).text)
    wrong = maggie.post(theirs, data={"sex": "Something"})
    assert (wrong.status_code, "Choose one of the answers" in wrong.text) == (422, True)
    assert maggie.post(theirs, data={"sex": "Male"}).status_code == 303
    assert re.search(r'value="Male"\s+checked', ana.get(f"{HOME}/equality").text)
    maggie.post(f"{theirs}/erasure")
    assert counted(app, "equality_answer") == 0
    ana.post(f"{HOME}/equality", data={"sex": "not_said"})
    ana.post(f"{HOME}/equality/erasure")
    assert counted(app, "equality_link") == 0


def test_a_coordinator_chooses_the_questions_and_sees_counts_alone(app, town, sign_in):
    owen = sign_in(town["owen"])
    wrong = owen.post(
        f"{HOME}/equality/questions", data={"questions": ["sex", "area"], "areas": ""}
    )
    assert (wrong.status_code, "List the areas" in wrong.text) == (422, True)
    done = owen.post(
        f"{HOME}/equality/questions", data={"questions": ["sex", "area"], "areas": "AL4\nAL5"}
    )
    where = done.headers["Location"]
    assert "Nothing has been counted yet" in owen.get(where).text
    assert owen.post(f"{where}/count").status_code == 303
    assert owen.get(where).text.count("[c]") >= 4
    assert owen.post(f"{where}/count").status_code == 409
    assert "AL5" in owen.get(f"{HOME}/equality/questions").text


def test_staff_have_no_page_with_one_persons_answers(app, town, sign_in):
    """A well-known answer in words is nowhere to be seen by a coordinator but in the list of what
    can be chosen."""
    with app.app_context(), transaction() as session:
        bank, ana = session.query(Bank).one(), session.get_one(Member, town["ana"])
        answer(session, bank, session.get_one(Wave, town["wave"]), ana, q0_0=9)
        assert queries.held(session, bank, ana.id)["linked_answers"]
        assert actor(ana).member_id == ana.id
    owen = sign_in(town["owen"])
    for address in (f"{HOME}/{town['wave']}", f"/b/fife-time-bank/members/{town['ana']}", HOME):
        assert "9.0" not in owen.get(address).text
        assert "not at all satisfied" not in owen.get(address).text


def test_open_questions_wait_on_the_first_page_until_they_are_answered(town, sign_in):
    ana = sign_in(town["ana"])
    home = HOME.removesuffix("/surveys") + "/"
    assert "Whether you answer is up to you." in ana.get(home).text
    ana.post(f"{HOME}/{town['wave']}/answer", data={"q0_0": "7"})
    assert "Whether you answer is up to you." not in ana.get(home).text
