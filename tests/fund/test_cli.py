"""`timebank fund`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from timebank.cli import timebank

WARSAW = Path(__file__).parent / "warsaw_2017_plac_wojska_polskiego.pb"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and settings that name a database which is not there."""
    monkeypatch.setenv("TIMEBANK_DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite3")
    return tmp_path


def test_a_file_is_counted_without_a_database(nowhere: Path) -> None:
    answer = CliRunner().invoke(
        timebank, ["fund", "count", "--pb", str(WARSAW), "--json", "--check"]
    )
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert (found["funded"], found["spent"]) == (["427", "915", "2567", "1623"], 44720)
    assert (found["budget"], found["raises"], found["not_funded"]) == (51195, 79, [])
    assert list(nowhere.iterdir()) == []


def test_another_method_another_step_and_who_lost(nowhere: Path) -> None:
    text = WARSAW.read_text().replace("budget;51195", "budget;30000.5")
    file = nowhere / "smaller.pb"
    file.write_text(text)
    found = {}
    for options in (["--method", "votes"], ["--raise-by", "voter"], []):
        answer = CliRunner().invoke(
            timebank, ["fund", "count", "--pb", str(file), *options, "--json"]
        )
        found[" ".join(options)] = json.loads(answer.stdout)
    votes, voter, percent = found.values()
    assert (votes["budget"], votes["funded"]) == (30000.5, ["427", "915", "1623"])
    assert votes["not_funded"] == [{"id": "2567", "cost": 20000, "ticks": 12, "reason": "no_room"}]
    assert (voter["step"], percent["step"]) == (27, 301)
    assert percent["not_funded"][0]["reason"] == "short"
    differs = CliRunner().invoke(timebank, ["fund", "count", "--pb", str(file), "--check"])
    assert differs.exit_code == 1
    assert "differs in: 2567" in differs.stderr
    assert "2567 Aktywny senior - gimnastyka (20000): 12 ticks" in differs.stdout


def test_a_file_that_cannot_be_read_is_refused_in_words(nowhere: Path) -> None:
    file = nowhere / "some.pb"
    file.write_bytes(b"\xff\xfe\x00")
    answer = CliRunner().invoke(timebank, ["fund", "count", "--pb", str(file)])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "not in UTF-8" in answer.stderr
