"""Every kind of notice: each asks something, and then carries a link to exactly that question, or
stands here with the reason why it asks nothing."""

import ast
import pathlib
from collections.abc import Iterator
from typing import TypeGuard

from flask import Flask

from timebank.app import FEATURES
from timebank.http import access_of

PACKAGE = pathlib.Path(__file__).parents[2] / "timebank"

QUESTIONS = {kind: one for room in FEATURES for kind, one in room.questions.items()}

_DONE = "It says what has been done, and nothing is to be said to it."
_A_WAY_IN = "It carries a way in of its own, or says that there was one."
_RING = "If it is not right, somebody has to be rung at once: there is nothing to press."
_STAFF = "If it is not right, the staff have to put it right: they are named in it."

ASKS_NOTHING = {
    "access.commissioners.fill": _A_WAY_IN,
    "access.commissioners.send_link": _A_WAY_IN,
    "access.links._have_rung": "It is for whoever rings: they make a link and read it out.",
    "access.links._send": _A_WAY_IN,
    "access.links.ask_proof": _A_WAY_IN,
    "access.links.fill": _A_WAY_IN,
    "access.links.fill_proof": _A_WAY_IN,
    "access.service.reset_second_factor": _RING,
    "access.telling.changed": _RING,
    "access.telling.new_device": _RING,
    "activities.letters.called_off": _DONE,
    "activities.letters.hours_back": _DONE,
    "activities.letters.hours_moved": _STAFF,
    "dialogue.letters.what_was_said": _DONE,
    "dialogue.letters.due_soon": "What became of a promise is said in words, on its page.",
    "exchanges.leaving._called_off": _DONE,
    "exchanges.letters.accepted": _DONE,
    "exchanges.letters.agreed": "The help comes first; whoever logs it afterwards asks the other.",
    "exchanges.letters.cancelled": _DONE,
    "exchanges.letters.confirmed": _DONE,
    "exchanges.letters.declined": _DONE,
    "exchanges.letters.dismissed": _DONE,
    "exchanges.letters.gift": _DONE,
    "exchanges.letters.gift_taken_back": _DONE,
    "exchanges.letters.settled": _DONE,
    "exchanges.letters.slip_entered": _STAFF,
    "exchanges.letters.taken_back": _DONE,
    "exchanges.letters.undone": "It waits for whoever has just taken their word back.",
    "fund.small._tell": "Whoever sat on a panel and did not decide so tells the staff.",
    "fund.letters.counted": "A vote has decided, and its page says why.",
    "fund.letters.found": "Whoever has an idea speaks with those who looked it over.",
    "fund.letters.given": "What came of an award is written on its page, or told by phone.",
    "mailings.service.letter_to": "It is in the bank's own words: who is to answer is told how.",
    "matching.letters.agreed": "The two agree on a day between them.",
    "matching.letters.came_to_nothing": _DONE,
    "matching.letters.withdrawn": _DONE,
    "members.helping.grant_helper": _DONE,
    "members.helping.revoke_helper": _DONE,
    "members.partners.add_to_group": _DONE,
    "members.sayings.take_off": _DONE,
    "members.service._ADDRESS_CHANGED": _RING,
    "merging.service._merged_letter": _RING,
    "merging.service._undone_letter": _RING,
    "settings.service.send_trial": _DONE,
    "members.acts._copy": "It is read by who acts for somebody, and answers nothing for them.",
    "members.helping.set_notices": "It tells both what was chosen, and asks nothing.",
    "members.service._thanks": "The staff speak with whoever asks to join.",
    "messages.service.settle": _DONE,
    "safeguarding.letters.booked": "Whoever cannot come tells the broker, who finds another day.",
    "safeguarding.letters.not_booked": _DONE,
    "safeguarding.reminders.letter": "A new paper is shown to the broker, who writes it down.",
    "reports.stories._asking": "Which words and which picture it is about is seen on one’s page.",
    "reports.schedules._tell": "It has the address of its report in its words, and asks nothing.",
}


def letters() -> Iterator[tuple[str, ast.Call]]:
    """Every letter that is made anywhere, by who makes it: `room.module.function`."""
    for path in sorted(PACKAGE.glob("*/*.py")):
        if path.parent.name == "desk":
            continue  # Its letters are those on paper, made of notices.
        for node in ast.parse(path.read_text()).body:
            for call in ast.walk(node):
                if is_call(call, "Letter"):
                    yield f"{path.parent.name}.{path.stem}.{_name(node)}", call


def is_call(node: ast.AST, name: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef):
        return node.name
    target = node.target if isinstance(node, ast.AnnAssign) else node
    return target.id if isinstance(target, ast.Name) else "?"


def asks(call: ast.Call) -> bool:
    """Whether a letter names a question, as its third value or by name."""
    return len(call.args) > 2 or any(word.arg == "asks" for word in call.keywords)


def test_every_kind_of_letter_asks_something_or_says_why_not():
    silent = {name for name, call in letters() if not asks(call)}
    assert silent == ASKS_NOTHING.keys()


def test_every_question_is_asked_by_a_letter_and_answered_by_a_room():
    assert len([name for name, call in letters() if asks(call)]) == 17
    named: set[str] = set()
    for path in PACKAGE.glob("*/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in QUESTIONS:
                named.add(str(node.value))
    assert named == QUESTIONS.keys()
    assert len(QUESTIONS) == len({id(one) for one in QUESTIONS.values()})


def test_a_question_is_named_by_its_room():
    for room in FEATURES:
        assert all(kind.startswith(f"{room.name}.") for kind in room.questions)


def test_every_page_where_a_question_is_answered_is_there_for_members(app: Flask):
    links = [
        call
        for path in PACKAGE.glob("*/asking.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if is_call(call, "Link")
    ]
    assert len(links) >= 10
    for call in links:
        endpoint = ast.literal_eval(call.args[0])
        mark = access_of(app.view_functions[endpoint])
        assert mark is not None
        assert mark.level in ("member", "broker")
        values = call.args[1] if len(call.args) > 1 else ast.Dict([], [])
        assert isinstance(values, ast.Dict)
        given = {ast.literal_eval(key) for key in values.keys if key is not None} | {"bank"}
        assert any(rule.arguments <= given for rule in app.url_map.iter_rules(endpoint)), endpoint


def test_the_answers_of_a_question_fit_their_page():
    """One answer is what most will want at most, one takes words at most, and their words fit."""
    for kind, question in QUESTIONS.items():
        replies = question.replies.values()
        assert len([reply for reply in replies if reply.main]) <= 1, kind
        assert len([reply for reply in replies if reply.words]) <= 1, kind
        assert all(len(word) <= 20 for word in question.replies), kind
        assert question.by_program is None or question.by_program in question.replies, kind
