"""Clients made from the description by others' tools are well typed, and do what people do."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from datetime import timedelta

import pytest
from flask import Flask

from tests.factories import actor, make_bank, make_member, post_listing
from tests.served import served
from timebank import clock
from timebank.act import Act
from timebank.db import transaction

CLIENTS = pathlib.Path(__file__).parent / "clients"


@pytest.fixture
def site(app: Flask) -> Generator[str]:
    """The address of the application, served for the length of a test."""
    with served(app) as address:
        yield address


@pytest.fixture
def settings(app: Flask, site: str, bearer: Callable[..., dict[str, str]]) -> dict[str, str]:
    """What the clients are told: where to call, and the keys of two members and a coordinator."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ben = make_member(session, bank, "Ben")
        # What he asks for shows him to the members.
        post_listing(session, bank, "request", Act(actor(ben), clock.now()), title="Shelves put up")
        people = {
            "GIVER": make_member(session, bank, "Ana").id,
            "RECEIVER": ben.id,
            "STAFF": make_member(session, bank, "Owen", role="coordinator").id,
        }
    today = clock.now().date()
    keys = {name: bearer(who)["Authorization"].split()[1] for name, who in people.items()}
    days = {"TODAY": today.isoformat(), "FIRST": (today - timedelta(days=30)).isoformat()}
    return {"SITE": site, **keys, **days}


def run(*command: object, folder: pathlib.Path, settings: dict[str, str] | None = None) -> str:
    """What the command printed; the test fails with it when the command does."""
    made = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **(settings or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


def tool(name: str) -> str:
    """A program that is installed beside this Python."""
    return str(pathlib.Path(sys.executable).with_name(name))


def describe(app: Flask, folder: pathlib.Path) -> None:
    described = app.test_client().get("/api/v1/openapi.json").get_data(as_text=True)
    (folder / "openapi.json").write_text(described)


def test_a_python_client_takes_an_hour_from_proposal_to_report(app, settings, tmp_path):
    describe(app, tmp_path)
    shutil.copy(CLIENTS / "lifecycle.py", tmp_path)
    said = run(
        *(tool("openapi-python-client"), "generate", "--path", "openapi.json"),
        *("--output-path", "timebank_client", "--meta", "none"),
        *("--config", CLIENTS / "generator.yml"),
        folder=tmp_path,
    )
    assert "WARNING" not in said, said
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "basic"}))
    # Of this environment, whichever Python the machine would find first.
    here = ("--pythonpath", sys.executable)
    run(tool("basedpyright"), "--level", "error", *here, "lifecycle.py", folder=tmp_path)
    assert run(sys.executable, "lifecycle.py", folder=tmp_path, settings=settings) == "done\n"


@pytest.fixture(scope="session")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the TypeScript tools, as the lock file pins them."""
    folder = tmp_path_factory.mktemp("typescript")
    if shutil.which("npm") is None:
        pytest.skip("There is no npm here to install the TypeScript tools with.")
    shutil.copytree(CLIENTS / "typescript", folder, dirs_exist_ok=True)
    made = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"],  # noqa: S607
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"npm cannot install the TypeScript tools here: {made.stderr[-200:]}")
    return folder


def test_a_typescript_client_takes_an_hour_from_proposal_to_report(app, settings, typescript):
    describe(app, typescript)
    made = typescript / "node_modules" / ".bin"
    run(made / "openapi-typescript", "openapi.json", "-o", "schema.d.ts", folder=typescript)
    run(made / "tsc", "-p", ".", folder=typescript)
    assert run("node", "made/lifecycle.js", folder=typescript, settings=settings) == "done\n"
