"""Sheets that are in: brought in twice, taken back, put right, taken out; sorted and unsorted."""

import io
from collections import Counter
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from tests.dialogue.asking import (
    TODAY,
    ask,
    make_audit,
    make_broker,
    name_themes,
    sort_all,
    staff,
)
from tests.dialogue.scene import make_scene
from tests.factories import NOW, actor, make_bank, make_member
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits, evaluations, results, sheets, sorting
from timebank.dialogue.audit_rules import NewAudit, NewRound, NewSheet, Sorting, picked
from timebank.dialogue.errors import AuditClosed, NotInThatState, SheetsAgain
from timebank.dialogue.rules import EvaluationAnswers, EvaluationItem, Way
from timebank.errors import Invalid, NotAllowed, NotFound

HOME = "/b/fife-time-bank/dialogue"
FILE = [NewSheet(Way.DOOR, ["A bench"], age="Under 25"), NewSheet(Way.PHONE, closed={1: 4})]


def bring(session, bank, audit, *many, another=False):
    return audits.take_sheets(session, bank, audit.id, many, staff(bank), another=another)


def wholes(session, bank, audit):
    return queries.whole_sheets(session, bank, audit.id)


# ---- The same again ----


def test_a_file_that_is_in_already_is_asked_about_and_said_to_be_another(session, bank, audit):
    assert bring(session, bank, audit, *FILE) == 2
    with pytest.raises(SheetsAgain, match=r"says what file 1 says, which holds 2 sheets"):
        bring(session, bank, audit, *reversed(FILE))
    # Short questions alone are answered alike by many; but not by all of one file again.
    short = [NewSheet(Way.DOOR, closed={1: 4})]
    assert bring(session, bank, audit, *short) == 1
    with pytest.raises(SheetsAgain, match=r"file 2 says, which holds 1 sheet\."):
        bring(session, bank, audit, *short)
    with pytest.raises(SheetsAgain, match="1 sheet of this file is in already, word for word"):
        bring(session, bank, audit, FILE[0], NewSheet(Way.DOOR, ["Buses"]))
    assert queries.people(session, bank, audit.id) == 3
    assert bring(session, bank, audit, *FILE, another=True) == 2
    assert queries.stacks(session, bank, audit.id) == {
        1: Counter(door=1, phone=1),
        2: Counter(door=1),
        3: Counter(door=1, phone=1),
    }


def test_what_was_said_shorter_for_others_is_still_seen_to_be_the_same(session, bank, audit):
    maggie = make_broker(session, bank, "Maggie")
    themes = name_themes(session, bank, audit, "Ramps")
    ramp = NewSheet(Way.DOOR, ["A ramp for Mrs Whitlock"])
    bring(session, bank, audit, ramp)
    answer = sorting.next_answer(session, bank, audit.id, actor(maggie))
    put = Sorting(answer.key, 1, [themes["Ramps"].id], "A ramp for a neighbour")
    sorting.sort(session, bank, audit.id, put, Act(actor(maggie), NOW))
    with pytest.raises(SheetsAgain):
        bring(session, bank, audit, ramp)


def test_a_file_is_taken_back_as_a_whole_until_it_closes(session, bank, audit):
    maggie = make_broker(session, bank, "Maggie")
    ask(session, bank, audit, "Debt")
    bring(session, bank, audit, *(replace(one, wishes=["Debt"]) for one in FILE))
    name_themes(session, bank, audit, "Debt")
    sort_all(session, bank, audit, maggie)
    with pytest.raises(NotAllowed):
        sheets.take_back(session, bank, audit.id, 1, Act(actor(maggie), NOW))
    assert sheets.take_back(session, bank, audit.id, 1, staff(bank)) == 2
    with pytest.raises(NotFound):
        sheets.take_back(session, bank, audit.id, 1, staff(bank))
    (left,) = wholes(session, bank, audit)
    assert (left.wishes, left.stack) == (("Debt",), None)
    bring(session, bank, audit, *(replace(one, wishes=["Debt"]) for one in FILE))
    sort_all(session, bank, audit, maggie)
    audits.close_audit(session, bank, audit.id, staff(bank))
    with pytest.raises(AuditClosed):
        sheets.take_back(session, bank, audit.id, 1, staff(bank))
    # Once nothing can be taken back, nobody has to know which came in together.
    assert session.execute(text("SELECT DISTINCT stack FROM audit_sheet")).all() == [(None,)]


# ---- Put right, taken out ----


def test_a_sheet_is_put_right_and_what_was_sorted_of_it_goes_along(session, bank, audit):
    maggie = make_broker(session, bank, "Maggie")
    themes = name_themes(session, bank, audit, "Ramps", "Benches")
    bring(
        session, bank, audit, NewSheet(Way.DOOR, ["Mrs Whitlock's ramp", "Benhces"], closed={1: 2})
    )
    for number in range(9):
        ask(session, bank, audit, closed={1: 1 + number % 5})
    for answer in sorted(queries.wishes(session, bank, audit.id).items()):
        (key, place), words = answer
        ramp = "ramp" in words
        put = Sorting(
            *(key, place, [themes["Ramps" if ramp else "Benches"].id]),
            "A ramp" if ramp else "",
        )
        sorting.sort(session, bank, audit.id, put, Act(actor(maggie), NOW))
    (before,) = [one for one in wholes(session, bank, audit) if one.wishes]
    assert before.wishes == ("A ramp", "Benhces")
    right = NewSheet(Way.EVENT, ["Benches", "A ramp"], ["Singing"], {2: 1}, area="Alder Row")
    sheets.put_right(session, bank, audit.id, before.key, right, Act(actor(maggie), NOW))
    (after,) = [one for one in wholes(session, bank, audit) if one.wishes]
    assert after.key != before.key
    assert (after.way, after.stack, after.area) == (Way.EVENT, 1, "Alder Row")
    assert (after.wishes, after.assets, after.closed) == (
        ("Benches", "A ramp"),
        ("Singing",),
        {2: 1},
    )
    # The first wording is neither shown nor lost; what is new in words is to be sorted.
    assert after.first == ("Benches", "Mrs Whitlock's ramp")
    put = queries.choices(session, bank, audit.id)
    assert {place: choice[0].themes for (_, place), choice in put.items()} == {
        2: (themes["Ramps"].id,)
    }
    with pytest.raises(Invalid, match="Nothing is answered"):
        sheets.put_right(session, bank, audit.id, after.key, NewSheet(), staff(bank))
    assert after in wholes(session, bank, audit)


def test_who_may_put_right_and_what_stays_as_it_was_sent(session, bank, audit):
    tom = make_member(session, bank, "Tom")
    audits.add_round(session, bank, audit.id, NewRound("Canal Street", "Tom"), staff(bank))
    bring(session, bank, audit, NewSheet(Way.LINK, ["Buses"]))
    (link,) = wholes(session, bank, audit)
    for refused in (
        lambda by: sheets.put_right(session, bank, audit.id, link.key, FILE[0], by),
        lambda by: sheets.take_out(session, bank, audit.id, link.key, by),
    ):
        with pytest.raises(NotAllowed):
            refused(Act(actor(tom), NOW))
    with pytest.raises(NotInThatState, match="wrote it themselves"):
        sheets.put_right(session, bank, audit.id, link.key, FILE[0], staff(bank))
    other = make_bank(session, slug="other", name="Other")
    with pytest.raises(NotFound):
        sheets.take_out(session, other, audit.id, link.key, staff(other))
    sheets.take_out(session, bank, audit.id, link.key, staff(bank))
    with pytest.raises(NotFound, match="mixed again"):
        sheets.take_out(session, bank, audit.id, link.key, staff(bank))
    assert not session.execute(text("SELECT * FROM audit_answer")).all()


def test_no_sheet_goes_that_somebody_has_said_how_it_was_of(session, bank, audit):
    ask(session, bank, audit, "Debt")
    ask(session, bank, audit, "Debt")
    row = evaluations.evaluate_audit(session, bank, audit.id, staff(bank))
    answers = EvaluationAnswers({EvaluationItem.COULD_SAY: 4}, {})
    for _ in range(2):
        evaluations.answer_on_paper(session, bank, row.id, answers, staff(bank))
    with pytest.raises(NotInThatState, match="2 people have said"):
        sheets.take_out(session, bank, audit.id, wholes(session, bank, audit)[0].key, staff(bank))


# ---- What is asked ----


def test_what_is_asked_changes_until_the_first_sheet_is_in(session, bank, audit):
    new = NewAudit("Summer", TODAY, audit.closes_on, "What now?", questions=["Do you rent?"])
    audits.change_audit(session, bank, audit.id, new, staff(bank))
    changed = queries.planned(session, bank, queries.audit(session, bank, audit.id))
    assert (changed.title, changed.question) == ("Summer", "What now?")
    assert (list(changed.questions), list(changed.areas)) == (["Do you rent?"], [])
    # What is planned is written as it is read.
    back = replace(changed, questions=["Do you rent? Yes / No"], areas=["Canal Street = 120"])
    audits.change_audit(session, bank, audit.id, back, staff(bank))
    assert queries.planned(session, bank, queries.audit(session, bank, audit.id)) == back
    ask(session, bank, audit, closed={1: 2})
    with pytest.raises(NotInThatState, match="all answer the same"):
        audits.change_audit(session, bank, audit.id, new, staff(bank))
    with pytest.raises(NotAllowed):
        audits.change_audit(
            session, bank, audit.id, new, Act(actor(make_broker(session, bank, "Eve")), NOW)
        )


# ---- Sorting, and back ----


def test_the_last_one_sorted_is_taken_back_with_its_wording(session, bank, audit):
    maggie, owen = make_broker(session, bank, "Maggie"), make_broker(session, bank, "Owen")
    by = Act(actor(maggie), NOW)
    themes = name_themes(session, bank, audit, "Ramps", "Benches")
    ask(session, bank, audit, "A ramp for Mrs Whitlock", "A bench")
    with pytest.raises(NotInThatState, match="nothing of yours"):
        sorting.unsort(session, bank, audit.id, by)
    first = sorting.next_answer(session, bank, audit.id, by.by)
    both = [themes["Ramps"].id, themes["Benches"].id]
    sorting.sort(session, bank, audit.id, Sorting(first.key, first.place, both, "Shorter"), by)
    latest = queries.latest(session, bank, audit, by.by)
    assert (latest.words, latest.themes) == ("Shorter", ("Ramps", "Benches"))
    # Another's sheet comes in meanwhile, and another sorts: it is still mine.
    ask(session, bank, audit, "Buses")
    assert queries.latest(session, bank, audit, actor(owen)) is None
    sorting.unsort(session, bank, audit.id, by)
    assert queries.choices(session, bank, audit.id) == {}
    assert "Shorter" not in queries.wishes(session, bank, audit.id).values()
    assert queries.latest(session, bank, audit, by.by) is None
    # Of two that were sorted, the second alone is the last.
    for _ in range(2):
        answer = sorting.next_answer(session, bank, audit.id, by.by)
        put = Sorting(answer.key, answer.place, both[:1])
        sorting.sort(session, bank, audit.id, put, by)
    sorting.unsort(session, bank, audit.id, by)
    assert len(queries.choices(session, bank, audit.id)) == 1
    with pytest.raises(NotInThatState):
        sorting.unsort(session, bank, audit.id, by)


def test_what_fits_no_theme_is_sorted_and_counts_as_none(session, bank, audit):
    maggie, owen = make_broker(session, bank, "Maggie"), make_broker(session, bank, "Owen")
    themes = name_themes(session, bank, audit, "Debt")
    many = [NewSheet(Way.DOOR, ["Debt"]), NewSheet(Way.DOOR, ["Hello"])] * 10
    bring(session, bank, audit, *many)
    debt = [themes["Debt"].id]
    put = [
        Sorting(*answer, debt if words == "Debt" else [], none=words != "Debt")
        for answer, words in queries.wishes(session, bank, audit.id).items()
    ]
    sorting.sort_many(session, bank, audit.id, put, Act(actor(maggie), NOW))
    wrong = replace(put[0], themes=debt, none=True)
    with pytest.raises(Invalid, match="fits none"):
        sorting.sort(session, bank, audit.id, wrong, Act(actor(owen), NOW))
    hello = next(one for one in put if one.none)
    other = replace(hello, themes=debt, none=False)
    sorting.sort(session, bank, audit.id, other, Act(actor(owen), NOW))
    # It is a difference between two, and no theme: it can be neither joined nor named.
    ((*_, choices),) = sorting.differences(session, bank, audit.id, actor(owen))
    words = queries.theme_words(session, bank, audit)
    assert [str(words[one.themes[0]]) for one in choices] == ["None of these", "Debt"]
    assert [one.words for one in queries.themes(session, bank, audit.id, joined=True)] == ["Debt"]
    sorting.unsort(session, bank, audit.id, Act(actor(owen), NOW))
    audits.close_audit(session, bank, audit.id, staff(bank))
    outcome = results.results(session, bank, audit)
    assert [(one.words, one.standing.people) for one in outcome.named] == [("Debt", 10)]
    assert outcome.rare == ()


# ---- The pages ----


@pytest.fixture
def made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context(), transaction() as session:
        scene = make_scene(session)
        audit = make_audit(session, scene.bank)
        audits.add_round(
            session, scene.bank, audit.id, NewRound("Canal Street", "Rosa"), scene.act()
        )
        return {"audit": audit.id, "maggie": scene.maggie.id, "rosa": scene.rosa.id}


def test_a_stack_is_typed_with_numbers_and_words_and_enter_from_anywhere(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"
    page = maggie.get(f"{at}/sheets").text
    form = page[page.index('name="once"') : page.index("Keep it, next sheet")]
    # The code first; and nothing from which Enter does not send the form.
    assert form.index('name="code"') < form.index('name="wishes"')
    assert 'id="code"' in form[: form.index("autofocus")].rsplit("<input", 1)[1]
    assert "<select" not in form
    assert 'type="radio"' not in form
    typed = {
        **{"wishes": ["A bench", "Buses"], "q1": "4", "q2": "n", "age": "2"},
        **{"area": "canal", "part": "Works with people here", "way": "3", "round_id": "1"},
    }
    answer = maggie.post(f"{at}/sheets", data=typed, follow_redirects=True)
    assert "4 answers of that sheet are kept. 1 sheet is in." in answer.text
    for same in ("By phone", "Canal Street"):
        assert f'value="{same}"' in answer.text
    (sheet,) = _wholes(app, made)
    assert (sheet.way, sheet.age, sheet.area, sheet.part) == (
        *("phone", "25 to 44", "Canal Street"),
        "practitioner",
    )
    assert (sheet.closed, sheet.round_id is not None) == ({1: 4, 2: 2}, True)


def _wholes(app, made):
    with app.app_context():
        bank = banks.by_slug(reading(), "fife-time-bank")
        return queries.whole_sheets(reading(), bank, made["audit"])


def test_after_a_mistake_every_field_is_kept_and_the_cursor_stands_in_it(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"
    typed = {"wishes": ["A bench"], "q1": "9", "q2": "maybe", "age": "2", "way": "At the door"}
    page = maggie.post(f"{at}/sheets", data=typed)
    assert page.status_code == 422
    assert "“maybe” is none of these" in page.text
    assert "1 Yes · 2 No" in page.text
    for value in ("A bench", "9", "maybe", "2", "At the door"):
        assert f'value="{value}"' in page.text
    assert page.text.count("autofocus") == 1
    assert 'id="q1"' in page.text[: page.text.index("autofocus")].rsplit("<input", 1)[1]


def test_enter_too_early_and_back_loses_nothing_without_a_word(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"
    typed = {"wishes": ["A bench"], "way": "door", "once": "a" * 32}
    assert maggie.post(f"{at}/sheets", data=typed).status_code == 303
    more = maggie.post(f"{at}/sheets", data={**typed, "q1": "4"}, follow_redirects=True)
    assert "look for it among the sheets that are in" in more.text
    (sheet,) = _wholes(app, made)
    right = f"{at}/in/{sheet.key}"
    assert 'value="A bench"' in maggie.get(right).text
    assert maggie.post(right, data={"wishes": ["A bench"], "q1": "4"}).status_code == 303
    (sheet,) = _wholes(app, made)
    assert sheet.closed == {1: 4}
    # Of a sheet that was mixed meanwhile, what was typed stays to be read.
    late = maggie.post(right, data={"wishes": ["Two benches"]})
    assert late.status_code == 404
    assert "Two benches" in late.text


def test_a_file_brought_in_twice_is_asked_about_listed_and_taken_back(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"

    def send(**more: str):
        file = io.BytesIO(b"wish1,way\nBenches,door\nBuses,phone\n"), "sheets.csv"
        return maggie.post(f"{at}/stack", data={"file": file, **more})

    assert send().status_code == 303
    again = send()
    assert again.status_code == 409
    assert "which holds 2 sheets" in again.text
    assert 'name="another"' in again.text
    assert send(another="yes").status_code == 303
    listed = maggie.get(f"{at}/in").text
    assert "4 sheets are in." in listed
    assert "File 2" in listed
    assert "Buses" in listed
    found = maggie.get(f"{at}/in?words=bUs").text
    assert "Buses" in found
    assert "Benches" not in found
    assert sign_in(made["rosa"]).get(f"{at}/in").status_code == 403
    back = maggie.post(f"{at}/stacks/2/back", follow_redirects=True).text
    assert "its 2 sheets are out" in back
    assert "2 sheets are in." in back
    (sheet, _) = _wholes(app, made)
    assert maggie.post(f"{at}/in/{sheet.key}/out").status_code == 303
    assert len(_wholes(app, made)) == 1


def test_what_is_asked_says_that_it_stays_once_a_sheet_is_in(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"
    assert f"{at}/edit" in maggie.get(at).text
    page = maggie.get(f"{at}/edit").text
    assert "Do you rent? Yes / No" in page
    assert "Canal Street = 120" in page
    plan = {"title": "May", "opens_on": TODAY.isoformat(), "closes_on": "2027-01-01"}
    assert maggie.post(f"{at}/edit", data={**plan, "questions": "How?"}).status_code == 303
    assert maggie.post(f"{at}/sheets", data={"q1": "2", "way": "door"}).status_code == 303
    assert "all answer the same" in maggie.get(f"{at}/edit").text
    assert "What is asked stays as it is: sheets are in." in maggie.get(at).text
    assert maggie.post(f"{at}/edit", data=plan).status_code == 409


def test_the_limit_for_small_groups_is_told_before_it_is_too_late(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"
    assert "Of fewer than 8 people nothing is told" in maggie.get(f"{HOME}/audits/new").text
    assert maggie.post(f"{at}/sheets", data={"q1": "2", "way": "door"}).status_code == 303
    page = maggie.get(at).text
    assert "1 is in so far" in page
    assert "Only 1 is in. Of fewer than 8 nothing is told" in page
    for n in range(7):
        maggie.post(f"{at}/sheets", data={"q1": str(1 + n % 5), "way": "door"})
    page = maggie.get(at).text
    assert "8 are in" in page
    assert "Only" not in page


def test_sorting_has_none_of_these_and_a_way_back(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"
    maggie.post(f"{at}/sheets", data={"wishes": "Hello", "way": "door"})
    maggie.post(f"{at}/themes", data={"words": "Debt"})
    (sheet,) = _wholes(app, made)
    put = {"key": sheet.key, "place": "1", "numbers": "x"}
    wrong = maggie.post(f"{at}/sort", data=put)
    assert wrong.status_code == 422
    assert 'id="numbers"' in wrong.text[: wrong.text.index("autofocus")].rsplit("<input", 1)[1]
    done = maggie.post(f"{at}/sort", data={**put, "numbers": "0"}, follow_redirects=True).text
    assert "“Hello”, put under none of these" in done
    assert "Nothing is left for you to sort." in done
    back = maggie.post(f"{at}/sort/back", follow_redirects=True).text
    assert "1 answer to sort" in back
    assert "Your last" not in back
    assert maggie.post(f"{at}/sort/back").status_code == 409


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("2", "b"), ("yes, often", "a"), ("NO", "b"), ("y", "a"), ("3", "c"), ("c", "c")],
)
def test_a_choice_is_typed_by_its_number_or_its_words(typed, meant):
    options = [("a", "Yes, often"), ("b", "No"), ("c", "No idea")]
    assert picked("q1", options, typed) == meant


@pytest.mark.parametrize("typed", ["4", "0", "n", "maybe", "no i dea"])
def test_what_could_mean_several_or_nothing_is_asked_about(typed):
    with pytest.raises(Invalid, match="1 Yes · 2 No · 3 No idea") as refusal:
        picked("q1", [(1, "Yes"), (2, "No"), (3, "No idea")], typed)
    assert list(refusal.value.fields) == ["q1"]


def test_programs_do_with_sheets_what_the_pages_do(app, made, bearer):
    web, maggie, rosa = app.test_client(), bearer(made["maggie"]), bearer(made["rosa"])
    at = f"/api/v1/audits/{made['audit']}"
    plan = {"title": "May", "opens_on": TODAY.isoformat(), "closes_on": "2027-01-01"}
    changed = web.put(at, json={**plan, "questions": "How?"}, headers=maggie)
    assert (changed.status_code, changed.json["title"]) == (200, "May")
    stack = {"sheets": [{"wishes": ["Debt"], "way": "door"}, {"wishes": ["Hello"], "way": "door"}]}
    assert web.post(f"{at}/stack", json=stack, headers=maggie).status_code == 201
    assert web.put(at, json=plan, headers=maggie).status_code == 409
    again = web.post(f"{at}/stack", json=stack, headers=maggie)
    assert (again.status_code, again.json["code"]) == (409, "sheets_again")
    another = web.post(f"{at}/stack", json={**stack, "another": True}, headers=maggie)
    assert another.status_code == 201
    files = web.get(f"{at}/stacks", headers=maggie).json["items"]
    assert files == [{"stack": n, "people": 2, "ways": {"door": 2}} for n in (1, 2)]
    assert web.delete(f"{at}/stacks/2", headers=maggie).json == {"taken": 2}
    items = web.get(f"{at}/sheets", headers=maggie).json["items"]
    assert sorted((one["wishes"], one["stack"]) for one in items) == [(["Debt"], 1), (["Hello"], 1)]
    one = f"{at}/sheets/{items[0]['key']}"
    for method, path in (("get", f"{at}/sheets"), ("get", f"{at}/stacks"), ("delete", one)):
        assert getattr(web, method)(path, headers=rosa).status_code == 403
    right = {"wishes": ["Debt"], "way": "phone", "closed": {"1": 5}}
    assert web.put(one, json=right, headers=maggie).status_code == 204
    assert web.delete(one, headers=maggie).status_code == 404
    # Sorted as none of the themes, and taken back.
    web.post(f"{at}/themes", json={"words": "Debt"}, headers=rosa)
    answer = web.get(f"{at}/unsorted", headers=rosa).json
    put = {"key": answer["key"], "place": answer["place"], "none": True}
    assert web.post(f"{at}/sorted", json=put, headers=rosa).status_code == 204
    assert web.get(f"{at}/unsorted", headers=rosa).json["left"] == 1
    latest = web.get(f"{at}/sorted", headers=rosa).json
    assert latest == {"words": answer["words"], "themes": []}
    assert web.get(f"{at}/sorted", headers=maggie).json == {}
    assert web.delete(f"{at}/sorted", headers=rosa).status_code == 204
    assert web.delete(f"{at}/sorted", headers=rosa).status_code == 409
    assert web.get(f"{at}/unsorted", headers=rosa).json["left"] == 2
    # How being asked was: as many forms as people, and no more.
    assert web.post(f"{at}/evaluation", headers=rosa).status_code == 403
    asked = web.post(f"{at}/evaluation", headers=maggie)
    assert (asked.status_code, asked.json["audit_id"]) == (201, made["audit"])
    assert web.post(f"{at}/evaluation", headers=maggie).status_code == 409
    forms = f"/api/v1/evaluations/{asked.json['id']}/sheets"
    statuses = [
        web.post(forms, json={"could_say": 4}, headers=maggie).status_code for _ in range(3)
    ]
    assert statuses == [204, 204, 409]


def test_those_who_were_asked_are_asked_how_that_was(app, made, sign_in):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/audits/{made['audit']}"
    maggie.post(f"{at}/sheets", data={"q1": "2", "way": "door"})
    assert "Ask how it was to be asked" in maggie.get(at).text
    assert "Ask how it was to be asked" not in sign_in(made["rosa"]).get(at).text
    assert sign_in(made["rosa"]).post(f"{at}/evaluation").status_code == 403
    page = maggie.post(f"{at}/evaluation", follow_redirects=True).text
    assert "0 of 1 people who were asked have said how that was, on paper." in page
    paper = page[page.index("/evaluations/") :].split("/paper")[0].rsplit("/", 1)[1]
    form = f"{HOME}/evaluations/{paper}/paper"
    assert maggie.post(form, data={"could_say": "4"}).status_code == 303
    full = maggie.post(form, data={"could_say": "4"})
    assert full.status_code == 409
    assert "as many sheets as people were asked" in full.text
    assert "How was it to be asked?" in maggie.get(at).text
    assert maggie.post(f"{at}/evaluation").status_code == 409
