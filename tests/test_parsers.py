"""Nonsense is refused in words, or read as what it is; it breaks nothing. Every parser with texts
that hypothesis makes up, and where atheris is installed in the long run by that."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_member
from tests.imports.files import HOURS, MEMBERS, check
from tests.parsers import PARSERS
from timebank.db import transaction
from timebank.errors import Refusal
from timebank.imports.rules import Imported

LONG = 100
"""How many times as many texts are tried in the long run."""
SECONDS = 60
"""How long atheris has for each parser."""


def most(pytestconfig: pytest.Config, few: int) -> int:
    return few * LONG if pytestconfig.getoption("--long") else few


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_reads_or_refuses_whatever_is_written(
    name: str, pytestconfig: pytest.Config
) -> None:
    PARSERS[name].trial(most(pytestconfig, 100))()


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_holds_where_its_branches_are_looked_for(
    name: str, pytestconfig: pytest.Config
) -> None:
    if not pytestconfig.getoption("--long"):
        pytest.skip("It takes a minute for each.")
    if find_spec("atheris") is None:
        pytest.skip("atheris is not installed: requirements/fuzz.lock has it.")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, f"-max_total_time={SECONDS}"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done " in done.stderr, done.stderr[-3000:]


_cells = st.one_of(
    st.sampled_from(
        [
            "1",
            "2",
            "3",
            "chest",
            "2026-10-01",
            "2026-13-45",
            "1:30",
            "90",
            "-90",
            "Ana",
            "9" * 40,
            "",
        ]
    ),
    st.text(max_size=12),
)
_rows = st.lists(st.lists(_cells, max_size=11), max_size=4)


def test_a_file_is_read_or_refused_whatever_stands_in_its_rows(
    session: Session, pytestconfig: pytest.Config
) -> None:
    bank = make_bank(session)
    make_member(session, bank)
    headers = {Imported.MEMBERS: MEMBERS.splitlines()[0], Imported.HOURS: HOURS.strip()}

    @given(rows=_rows, kind=st.sampled_from(list(Imported)), own=st.booleans())
    @settings(
        max_examples=most(pytestconfig, 40),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(rows: list[list[str]], kind: Imported, own: bool) -> None:
        lines = [headers.get(kind, "title")] if own else []
        lines += [",".join(cells) for cells in rows]
        try:
            result = check(session, bank, "\n".join(lines).encode("utf-8", "replace"), kind)
        except Refusal:
            return
        assert all(problem.words for problem in result.problems)

    holds()


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["from", "to", "minutes", "message", "giver", "title", "party"]), inner
        ),
    ),
    max_leaves=8,
)
_BODIES = st.one_of(st.binary(max_size=60), _JSON.map(lambda value: json.dumps(value).encode()))
_ASKED = st.one_of(
    st.integers().map(str), st.text(max_size=20), st.sampled_from(["9" * 5000, "-1", "1e9", "٣"])
)


def test_a_call_is_answered_whatever_its_body_and_its_cursor_are(
    app: Flask, bearer: Callable[..., dict[str, str]], pytestconfig: pytest.Config
) -> None:
    with app.app_context(), transaction() as session:
        who = make_member(session, make_bank(session, slug="fife"), role="coordinator").id
    client, headers = app.test_client(), bearer(who)

    @given(body=_BODIES, asked=_ASKED)
    @settings(
        max_examples=most(pytestconfig, 40),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(body: bytes, asked: str) -> None:
        sent = client.post(
            "/api/v1/gifts", data=body, content_type="application/json", headers=headers
        )
        assert sent.status_code in (400, 422), sent.text
        assert sent.json["message"]
        for name in ("cursor", "limit"):
            read = client.get("/api/v1/exchanges", query_string={name: asked}, headers=headers)
            assert read.status_code in (200, 404, 422), read.text

    holds()
