"""`timebank dialogue`, and sheets from a file."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from tests.dialogue.asking import TODAY, make_audit, make_broker, name_themes, sort_all, staff
from tests.factories import NOW, make_bank
from timebank import clock
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits, stack
from timebank.dialogue.audit_queries import Asked
from timebank.dialogue.cli import dialogue
from timebank.dialogue.rules import Way
from timebank.errors import Invalid
from timebank.members.rules import Capacity
from timebank.say import English, Said

ASKED = [Asked(1, "Do you rent?", ((1, "Yes"), (2, "No")))]


def run(app: Flask, *words: str) -> Result:
    with app.app_context():
        return CliRunner().invoke(dialogue, [*words, "--bank", "fife"])


def test_a_round_of_asking_comes_from_a_file_and_is_ranked(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    file = tmp_path / "sheets.csv"
    lines = ["door;Debt;;No"] * 20 + ["event;Benches;Debt;yes"] * 12 + [";Young;;2"] * 3
    file.write_text("\n".join(["Way;Wish1;Wish2;Q2", *lines]), "utf-8-sig")
    with app.app_context(), transaction() as session:
        audit_id = make_audit(session, make_bank(session, slug="fife")).id
    asked = ("import", str(audit_id), str(file))
    assert run(app, *asked, "--dry-run").output == "35 sheets can be taken.\n"
    assert json.loads(run(app, "audits", "--json").output)[0]["people"] == 0
    assert run(app, *asked).output == "35 sheets are in.\n"
    found = json.loads(run(app, "show", str(audit_id), "--json").output)
    assert found["ways"] == {"door": 20, "event": 12, "paper": 3}
    assert found["to_do"] == ["47 answers are not sorted yet."]
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        audit = queries.audit(session, bank, audit_id)
        name_themes(session, bank, audit, "Debt", "Benches", "Young")
        sort_all(session, bank, audit, make_broker(session, bank, "Maggie"))
        audits.close_audit(session, bank, audit_id, staff(bank))
    ranked = run(app, "rank", str(audit_id)).output
    assert "1st\t32 of 35" not in ranked  # All but three: nothing is told of it.
    assert "2nd\t12 of 35, 34 % (21–51)\tBenches" in ranked
    assert f"{TODAY} to" in run(app, "audits").output
    assert run(app, "check").output == "All well.\n"
    with app.app_context(), transaction() as session:
        session.execute(text("DROP TRIGGER sorted_as_open_delete"))
        session.execute(text("DELETE FROM sorted_as WHERE place = 2"))
    fault = run(app, "check")
    assert (fault.exit_code, fault.output) == (
        1,
        f"audit {audit_id}: it is closed, and 12 answers are not sorted\n",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "not a table"),
        (b"wish1,name\nDebt,Joan", "“name” is no heading"),
        (b"wish1,wish1\nDebt,", "twice"),
        (b"wish1,q2\nDebt,1", "“q2” is no heading"),
        (b"wish1,way\n", "no sheet below"),
        (b'wish1\n"Debt', "never closed"),
    ],
)
def test_a_file_that_is_no_stack_of_sheets_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        stack.read(io.BytesIO(content), ASKED)
    assert words in str(refusal.value.message)


def test_every_sheet_that_has_to_be_put_right_is_named_by_its_number() -> None:
    rows = ("Debt,door,1,", "Debt,link,,", "Debt,,Maybe,", "Debt,,,mayor", "a,,,,x", "x" * 501)
    with pytest.raises(Invalid) as refusal:
        stack.read(io.BytesIO("\n".join(["wish1,way,q1,part", *rows]).encode()), ASKED)
    assert list(refusal.value.fields) == [f"sheets.{n}" for n in range(2, 7)]
    said = str(refusal.value.fields["sheets.3"])
    assert said == "Sheet 3: “Maybe” is no answer to “Do you rent?”. These are: Yes, No."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("resident", Capacity.RESIDENT),
        ("Neighbour", Capacity.RESIDENT),
        ("lives here", Capacity.RESIDENT),
        ("PROFESSIONAL", Capacity.PRACTITIONER),
        ("Works with people here", Capacity.PRACTITIONER),
        ("commissioner", Capacity.PLANNER),
        ("", None),
    ],
)
def test_a_part_is_understood_by_what_the_field_calls_it(
    written: str, meant: Capacity | None
) -> None:
    (sheet,) = stack.read(io.BytesIO(f"wish1,part\nDebt,{written}\n".encode()), ASKED)
    assert sheet.part == meant


def test_a_part_in_the_words_of_a_form_in_another_language_is_understood() -> None:
    class Loud(English):
        """Says everything aloud."""

        def template(self, said: Said) -> str:
            return super().template(said).upper() + "!"

    (sheet,) = stack.read(io.BytesIO(b"wish1,part\nDebt,lives here!\n"), ASKED, Loud())
    assert sheet.part == Capacity.RESIDENT


def test_a_part_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(Invalid) as refusal:
        stack.read(io.BytesIO(b"wish1,part\nDebt,mayor\n"), ASKED)
    words = str(refusal.value.fields["sheets.1"])
    assert words.startswith("Sheet 1: “mayor” is no “part” that is known here. These are: resident")
    for known in ("neighbour", "practitioner", "professional", "planner", "commissioner"):
        assert known in words


def test_a_sheet_is_read_as_it_stands() -> None:
    (sheet,) = stack.read(io.BytesIO("part,glad2,q1\nplanner,“Sing”,NO\n".encode()), ASKED)
    assert (sheet.way, sheet.part, sheet.closed) == (Way.PAPER, Capacity.PLANNER, {1: 2})
    assert (sheet.wishes, sheet.assets) == ([], ["“Sing”"])
