"""What was done to a member, in words."""

import ast
import pathlib

import pytest

import timebank
from timebank import voices
from timebank.members import words
from timebank.members.rules import Limits, limits_in_words
from timebank.say import say


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        ("paused", "", "Paused"),
        ("changed", "name, phone", "Details changed: name and phone"),
        ("profile", "access needs", "What suits them changed: access needs"),
        ("role", "member to broker", "Role changed: member to broker"),
        ("limits", limits_in_words(Limits(-600, None)), "Limits set: floor −10 h and no ceiling"),
        (
            "limits",
            f"new default: {limits_in_words(Limits(None, 90))}",
            "Limits set: new default: no floor and ceiling 1 h 30",
        ),
        ("story_agreed", "in_person", "Agreed that a story is told: in person"),
        ("check_held", "dbs", "Check written down: Criminal record check"),
        ("check_held", "gone", "Check written down: gone"),
        ("became_helper", "Ana", "May act for: Ana"),
        ("merged", say("Timebank itself"), "Turned out to be the same person as: Timebank itself"),
    ],
)
def test_the_trail_of_a_member_is_said_in_words(kind: str, detail: str, said: str) -> None:
    names = {"check_held": {"dbs": "Criminal record check"}}
    assert str(words.happened(kind, detail, names)) == said


@pytest.mark.parametrize("kind", ["changed", "limits", "role", "picture_set"])
def test_what_the_trail_names_by_a_code_is_said_in_the_reader_s_language(kind: str) -> None:
    detail = {
        "changed": "date of birth",
        "limits": limits_in_words(Limits(None, None)),
        "role": "broker to member",
        "picture_set": "known",
    }[kind]
    said = words.happened(kind, detail, {}).render(voices.voice(voices.PSEUDO))
    assert detail not in said


def _written_down() -> set[str]:
    """The kinds that some room writes down of a member, as they stand in its source."""
    names = {"record": 3, "record_for_accounts": 4, "write_down": 0}
    found: set[str] = set()
    for path in pathlib.Path(timebank.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            for kind in node.args[names[name] :][:1] if name in names else ():
                chosen = [kind.body, kind.orelse] if isinstance(kind, ast.IfExp) else [kind]
                values = (one.value for one in chosen if isinstance(one, ast.Constant))
                found |= {value for value in values if isinstance(value, str)}
    return found


def test_whatever_is_written_down_of_a_member_has_words() -> None:
    kinds = _written_down()
    assert len(kinds) > 40
    assert {kind for kind in kinds if str(words.happened(kind, "", {})) == kind} == set()
