"""`timebank bank`: out of one database and into another."""

import json
import zipfile
from pathlib import Path

from click.testing import CliRunner
from flask import Flask

from tests.factories import make_bank, make_member
from timebank.db import transaction
from timebank.moving.cli import bank as command


def test_a_bank_goes_and_comes(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), transaction() as session:
        make_member(session, make_bank(session, slug="small"), "Ana")
    file = str(tmp_path / "small.zip")
    runner = CliRunner()
    with app.app_context():
        gone = runner.invoke(command, ["export", "small", file])
        assert gone.exit_code == 0, gone.output
        assert "members 1, entries 0" in gone.output
        assert "credential: It lets somebody in." in gone.output
        again = runner.invoke(command, ["export", "small", file])
        assert "--force" in str(again.exception)
        come = runner.invoke(command, ["import", file, "--slug", "second"])
        assert "/b/second: members 1" in come.output, come.exception
        listed = runner.invoke(command, ["list"]).output.splitlines()
        assert [line.split()[0] for line in listed] == ["small", "second"]
        taken = runner.invoke(command, ["import", file])
        assert "There is a bank at /b/small already" in str(taken.exception)
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("manifest.json"))["control_totals"]["members"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["small.zip"]
