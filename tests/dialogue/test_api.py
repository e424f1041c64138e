"""What programs send that is wrong is refused in words, with what to do, and nothing is done."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.dialogue.asking import make_audit, staff
from tests.dialogue.scene import TODAY, make_scene
from tests.factories import NOW, make_activity, make_bank, make_meeting, make_member
from timebank import clock
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.dialogue import audits, conversations
from timebank.members import service as members_service

Call = Callable[..., Any]
PAST, LATER = ((TODAY + timedelta(days=n)).isoformat() for n in (-1, 40))


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def made(app: Flask) -> dict[str, int]:
    """Ids of a partnership, an open conversation with two options and a meeting, a promise of
    Joan's, and an audit that is asked."""
    with app.app_context(), transaction() as session:
        scene = make_scene(session)
        talk, options = scene.talk(options=2)
        activity = make_activity(session, scene.bank, act=scene.act(), payer_id=None, rule="none")
        meeting, other = (
            make_meeting(
                session, scene.bank, activity, starts_at=NOW - timedelta(days=n), act=scene.act()
            ).id
            for n in (1, 2)
        )
        conversations.add_meeting(session, scene.bank, talk.id, meeting, scene.act())
        elsewhere = make_bank(session, slug="elsewhere")
        people = ("joan", "rosa", "lloyd", "nell", "maggie")
        return {
            **{name: getattr(scene, name).id for name in people},
            "stranger": make_member(session, elsewhere, "Ida", role="coordinator").id,
            "place": scene.place_id,
            "talk": talk.id,
            "option": options[0].id,
            "other": options[1].id,
            "meeting": meeting,
            "elsewhere": other,
            "promise": scene.promise().id,
            "audit": make_audit(session, scene.bank).id,
        }


@pytest.fixture
def call(app: Flask, made: dict[str, int], bearer: Callable[..., dict[str, str]]) -> Call:
    """`call(who, method, path, what is sent, status, words)`: the answer."""
    keys: dict[str, dict[str, str]] = {}

    def called(
        who: str, method: str, path: str, sent: Any = None, status: int = 200, words: str = ""
    ) -> Any:
        headers = keys.setdefault(who, bearer(made[who]))
        got = app.test_client().open(f"/api/v1/{path}", method=method, json=sent, headers=headers)
        assert got.status_code == status, (path, sent, got.text)
        answer = got.json if got.data else None
        said = json.dumps(answer, ensure_ascii=False)
        assert words in said, (path, sent, said)
        return answer

    return called


def test_promises_that_cannot_be(app: Flask, made: dict[str, int], call: Call) -> None:
    mine = {"words": "Tea", "due_on": LATER, "member": f"member:{made['joan']}"}
    for wrong, status, words in (
        ({"words": " "}, 422, "words"),
        ({"words": "x" * 5_000}, 422, "words"),
        ({"due_on": PAST}, 422, "due_on"),
        ({"due_on": "2027-02-30"}, 422, "due_on"),
        ({"due_on": None}, 422, "due_on"),
        ({"member": None}, 422, ""),
        ({"member": "member:99999"}, 422, "nobody here"),
        ({"member": f"member:{made['stranger']}"}, 422, "nobody here"),
        ({"member": f"member:{made['rosa']}"}, 403, "for yourself"),
        ({"priority_id": 99}, 404, ""),
        ({"option_id": made["option"]}, 409, "not agreed"),
    ):
        call("joan", "POST", "promises", mine | wrong, status, words)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        act = staff(bank)
        members_service.leave(session, bank, made["nell"], act, settle=False)
    gone = mine | {"member": f"member:{made['nell']}"}
    call("maggie", "POST", "promises", gone, 422, "Name another owner")
    at = f"promises/{made['promise']}"
    for wrong, words in (
        ({}, "Choose what has become of it."),
        ({"kind": "promised"}, "kind"),
        ({"kind": "handed"}, "kind"),
        ({"kind": "moved", "words": "Rain"}, "due_on"),
        ({"kind": "moved", "words": "Rain", "due_on": PAST}, "due_on"),
        ({"kind": "moved", "due_on": LATER}, "words"),
        ({"kind": "dropped"}, "words"),
        ({"kind": "done"}, "words"),
        ({"kind": "done", "words": "It stands.", "happened_on": LATER}, "happened_on"),
    ):
        call("joan", "POST", f"{at}/steps", wrong, 422, words)
    call("rosa", "POST", f"{at}/steps", {"kind": "done", "words": "It stands."}, 403)
    call("rosa", "POST", f"{at}/steps", {"kind": "confirmed"}, 409)
    call("stranger", "POST", f"{at}/steps", {"kind": "done", "words": "x"}, 404)
    call("joan", "POST", f"{at}/steps", {"kind": "done", "words": "It stands."}, 201)
    call("joan", "POST", f"{at}/steps", {"kind": "done", "words": "Again."}, 409)
    call("joan", "POST", f"{at}/steps", {"kind": "confirmed"}, 403)
    call("rosa", "POST", f"{at}/steps", {"kind": "confirmed"}, 201)


def test_conversations_that_cannot_be(made: dict[str, int], call: Call) -> None:
    at = f"partnerships/{made['place']}/dialogues"
    call("maggie", "POST", at, {"title": " "}, 422, "title")
    empty = call("maggie", "POST", at, {"title": "Debt"}, 201)["id"]
    call("maggie", "POST", f"dialogues/{empty}/opening", None, 409)
    call("nell", "POST", f"dialogues/{empty}/opening", None, 403)
    talk = f"dialogues/{made['talk']}"
    for wrong, words in (
        ({"words": "Leaflets"}, "not known"),
        ({"words": "Leaflets", "minutes": 60}, "not known"),
        ({"words": "Leaflets", "minutes": -1, "pence": 5}, "minutes"),
        ({"words": "Leaflets", "minutes": 60, "pence": -5}, "pence"),
        ({"words": " ", "not_known": True}, "words"),
    ):
        call("joan", "POST", f"{talk}/options", wrong, 422, words)
    call("nell", "POST", f"{talk}/options", {"words": "Leaflets", "not_known": True}, 403)
    for wrong in ({"kind": "shout", "words": "No"}, {"kind": "for", "words": " "}, {}):
        call("joan", "POST", f"{talk}/points", wrong, 422)
    call("nell", "POST", f"{talk}/points", {"kind": "for", "words": "Yes"}, 403)
    option = f"dialogues/options/{made['option']}"
    call("joan", "PUT", f"{option}/sounding", {"answer": "perhaps"}, 422)
    call("joan", "PUT", f"{option}/sounding", {}, 422, "Choose one of the three.")
    call("nell", "PUT", f"{option}/sounding", {"answer": "yes"}, 403)
    hands = {"session_id": made["meeting"], "part": "resident", "yes": 3}
    for wrong in (
        {"yes": -1},
        {"session_id": made["elsewhere"]},
        {"part": "council"},
        {"session_id": None},
    ):
        call("maggie", "PUT", f"{option}/hands", hands | wrong, 422)
    meetings = f"{talk}/meetings"
    call("maggie", "POST", meetings, {"session_id": made["meeting"]}, 409, "already")
    call("maggie", "POST", meetings, {"session_id": 9_999}, 404)
    call("maggie", "POST", meetings, {}, 422, "Choose one of the sessions.")
    call("maggie", "PUT", f"{option}/answer", {"answer": "agreed"}, 422, "Write the reason")
    call("maggie", "PUT", f"{option}/answer", {"answer": "later", "reason": "x"}, 422)
    call("joan", "PUT", f"{option}/answer", {"answer": "no", "reason": "x"}, 403)
    call("maggie", "POST", f"{talk}/closing", None, 409, "Option 0")
    call("maggie", "PUT", f"{option}/answer", {"answer": "no", "reason": "It rains."})
    call("maggie", "POST", f"{talk}/closing", None, 409, "Option 1")
    other = f"dialogues/options/{made['other']}"
    call("maggie", "PUT", f"{other}/answer", {"answer": "agreed", "reason": "It fits."})
    call("maggie", "POST", f"{talk}/closing", None)
    call("maggie", "POST", f"{talk}/closing", None, 409)
    call("joan", "PUT", f"{option}/sounding", {"answer": "yes"}, 409)
    asked = call("maggie", "POST", f"{talk}/evaluation", None, 201)["id"]
    call("maggie", "POST", f"{talk}/evaluation", None, 409, "asked already")
    answers = f"evaluations/{asked}/answers"
    call("joan", "POST", answers, {"could_say": 4}, 403, "not on the register")
    for wrong in ({}, {"could_say": 6}, {"could_say": 0}, {"ladder": 8}, {"could_say": "much"}):
        call("maggie", "POST", f"evaluations/{asked}/sheets", wrong, 422)
    full = "as many sheets as people"
    call("maggie", "POST", f"evaluations/{asked}/sheets", {"could_say": 4}, 409, full)
    call("maggie", "GET", f"evaluations/{asked}/outcome", None, 409, "once it has closed")
    call("maggie", "POST", f"evaluations/{asked}/closing", None)
    call("maggie", "POST", f"evaluations/{asked}/closing", None, 409)


def test_asking_that_cannot_be(app: Flask, made: dict[str, int], call: Call) -> None:
    at = f"audits/{made['audit']}"
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        (code,) = audits.print_codes(session, bank, made["audit"], 1, staff(bank))
    call("maggie", "GET", f"{at}/results", None, 409, "is told once")
    for wrong in (
        {},
        {"way": "swimming", "wishes": ["Debt"]},
        {"way": "door", "wishes": ["Debt"] * 4},
        {"way": "door", "wishes": ["Debt"], "closed": {"1": 9}},
        {"way": "door", "wishes": ["Debt"], "closed": {"7": 1}},
        {"way": "door", "wishes": ["Debt"], "area": "The moon"},
    ):
        call("maggie", "POST", f"{at}/sheets", wrong, 422)
    call("nell", "POST", f"{at}/sheets", {"way": "door", "wishes": ["Debt"]}, 403)
    # All sheets of a stack come in, or none.
    stack = [{"way": "door", "wishes": ["Debt"]}, {"way": "door", "area": "The moon"}]
    call("maggie", "POST", f"{at}/stack", {"sheets": stack}, 422)
    call("maggie", "POST", f"{at}/stack", {"sheets": []}, 422, "from 1 to 1,000")
    printed = {"way": "paper", "wishes": ["Ring me on 01632 960142"], "code": code}
    call("maggie", "POST", f"{at}/sheets", printed, 201)
    call("maggie", "POST", f"{at}/sheets", printed, 409, "is in already")
    unknown = printed | {"code": "ABCD-EFGH-JKMN"}
    call("maggie", "POST", f"{at}/sheets", unknown, 422, "No sheet has that code")
    for _ in range(3):
        call("maggie", "POST", f"{at}/sheets", {"way": "door", "wishes": ["Debt"]}, 201)
    call("maggie", "POST", f"{at}/themes", {"words": ""}, 422)
    call("maggie", "POST", f"{at}/closing", None, 409)
    call("maggie", "POST", f"{at}/themes", {"words": "Debt\nA call"}, 201)
    themes = {one["words"]: one["id"] for one in call("maggie", "GET", f"{at}/themes")["items"]}
    call("maggie", "POST", f"{at}/themes/{themes['Debt']}/joining", {"to_id": 99}, 422)
    put: dict[str, Any] = {}
    while answer := call("maggie", "GET", f"{at}/unsorted"):
        theme = "A call" if "960142" in answer["words"] else "Debt"
        # Marked, and not refused.
        assert bool(answer["signs"]) == (theme == "A call")
        put = {"key": answer["key"], "place": answer["place"], "themes": [themes[theme]]}
        for wrong in ([], [99], [*themes.values(), 99]):
            call("maggie", "POST", f"{at}/sorted", put | {"themes": wrong}, 422)
        call("maggie", "POST", f"{at}/sorted", put, 204)
    call("nell", "POST", f"{at}/sorted", put, 403)
    # Two at one answer: both are kept, and the difference is shown.
    second = put | {"themes": [next(id_ for id_ in themes.values() if id_ not in put["themes"])]}
    call("rosa", "POST", f"{at}/sorted", second, 403)
    call("maggie", "POST", f"{at}/closing", None, 409, "by one person alone")
    joined = {"to_id": themes["Debt"]}
    call("maggie", "POST", f"{at}/themes/{themes['A call']}/joining", joined)
    call("maggie", "POST", f"{at}/closing", None)
    call("maggie", "POST", f"{at}/sorted", put, 409)
    call("maggie", "POST", f"{at}/sheets", {"way": "door", "wishes": ["Debt"]}, 409)
    told = call("nell", "GET", f"{at}/results")
    assert (told["people"], told["themes"]) == (None, [])


def test_partnerships_that_cannot_be(made: dict[str, int], call: Call) -> None:
    at = f"partnerships/{made['place']}"
    call("maggie", "POST", "partnerships", {"name": " "}, 422, "name")
    call("maggie", "POST", "partnerships", {"name": "Estate"}, 422, "of that name")
    call("joan", "POST", "partnerships", {"name": "Mine"}, 403)
    rosa, lloyd = (f"member:{made[name]}" for name in ("rosa", "lloyd"))
    call("maggie", "POST", f"{at}/partners", {"member": rosa}, 409)
    call("maggie", "POST", f"{at}/partners", {}, 422)
    call("maggie", "POST", f"{at}/partners", {"member": "member:99999"}, 422)
    reached = {"step": 1, "words": "Six came.", "resident": rosa, "professional": lloyd}
    for wrong in (
        {"step": 9},
        {"step": None},
        {"words": ""},
        {"reached_on": LATER},
        {"professional": rosa},
        {"resident": lloyd},
        {"professional": None},
    ):
        call("joan", "POST", f"{at}/milestones", reached | wrong, 422)
    call("nell", "POST", f"{at}/milestones", reached, 403)
    call("joan", "POST", f"{at}/milestones/lost", {"step": 1, "words": "They moved."}, 409)
    call("joan", "POST", f"{at}/milestones", reached, 201)
    call("joan", "POST", f"{at}/milestones/lost", {"step": 1, "words": " "}, 422, "words")
    call("joan", "PUT", f"{at}/priorities", {"priorities": []}, 422, "between 1 and 20")
    call("joan", "PUT", f"{at}/priorities", {"priorities": [{"words": " "}]}, 422)
    call("stranger", "GET", at, None, 404)
