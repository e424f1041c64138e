"""The statement as a command."""

import json

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.statement.conftest import Books
from timebank.errors import Invalid
from timebank.statement.cli import statement


def run(app: Flask, *words: str) -> Result:
    with app.app_context():
        return CliRunner().invoke(statement, [*words, "--bank", "fife"])


def test_a_statement_is_printed_line_by_line(app: Flask, books: Books) -> None:
    printed = run(app, "Joan")
    assert printed.exit_code == 0
    head, columns, brought, line, carried = printed.output.splitlines()
    assert head == "Joan, member 1, Fife"
    assert "What happened" in columns
    assert brought.split()[:2] == ["Brought", "forward"]
    assert line.startswith("2026-11-05  Tom helped Joan (Put up a shelf)")
    assert line.endswith("−1 h 30")
    assert carried.endswith("−1 h 30")


def test_the_chest_is_named_by_the_word_for_it(app: Flask, books: Books) -> None:
    printed = run(app, "chest")
    assert printed.exit_code == 0
    assert printed.output.startswith("Community chest, Fife")


def test_a_program_reads_it_as_json(app: Flask, books: Books) -> None:
    found = json.loads(run(app, "2", "--from", "2026-11-01", "--to", "2026-11-30", "--json").output)
    assert found["account"] == {"id": books.accounts["Tom"], "name": "Tom", "number": "2"}
    assert (
        found["brought_forward"],
        found["added"],
        found["taken_off"],
        found["carried_forward"],
    ) == (0, 90, 0, 90)
    assert [line["minutes"] for line in found["lines"]] == [90]


def test_dates_bound_what_is_printed(app: Flask, books: Books) -> None:
    assert "shelf" not in run(app, "Joan", "--to", "2026-11-04").output
    assert "shelf" in run(app, "Joan", "--from", "2026-11-05").output


@pytest.mark.parametrize("member", ["Nobody", "a"])
def test_who_is_meant_must_be_clear(app: Flask, books: Books, member: str) -> None:
    assert isinstance(run(app, member).exception, Invalid)


def test_a_date_that_is_none_is_wrong_usage(app: Flask, books: Books) -> None:
    assert run(app, "Joan", "--from", "yesterday").exit_code == 2
