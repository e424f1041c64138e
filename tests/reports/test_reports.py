"""The figures of a bank as programs and commands get them."""

import json

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member
from timebank.act import Act
from timebank.cli import timebank
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service

YEAR = {"from": "2026-01-01", "to": "2026-12-31"}


@pytest.fixture
def ring(app: Flask) -> dict[str, int]:
    """Thirty people, each of whom helped the next for an hour; the ids of a coordinator and of one
    of them."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        people = [make_member(session, bank, f"Person {number}") for number in range(30)]
        for giver, receiver in zip(people, people[1:] + people[:1], strict=True):
            logged = make_logged_exchange(session, bank, giver, receiver)
            exchanges_service.confirm(session, bank, logged.id, Act(actor(receiver), NOW))
        return {"owen": make_member(session, bank, "Owen", "coordinator").id, "one": people[0].id}


def figures(report: dict) -> dict[str, dict]:
    return {one["id"]: one for one in report["windows"][0]["measures"]}


def test_help_that_comes_round_through_others_is_told_from_help_returned(app, bearer, ring):
    answer = app.test_client().get(
        "/api/v1/reports/reciprocity", query_string=YEAR, headers=bearer(ring["owen"])
    )
    found = figures(answer.json)
    shares = [
        found[f"split_{name}"]["value"] for name in ("direct", "through_others", "not_returned")
    ]
    assert shares == [0, 1, 0]
    assert found["split_through_others_minutes"]["value"] == 1800
    assert answer.json["totals"] == {"exchanges": 30, "minutes": 1800, "active_people": 30}
    assert not {"constraint", "core", "active_90d"} & set(found)


@pytest.mark.parametrize(
    ("kind", "id_"), [("participation", "active_90d"), ("activities", "codelivery_together")]
)
def test_a_report_holds_its_own_figures(app, bearer, ring, kind, id_):
    answer = app.test_client().get(
        f"/api/v1/reports/{kind}", query_string=YEAR, headers=bearer(ring["owen"])
    )
    assert id_ in figures(answer.json)
    assert "split_direct" not in figures(answer.json)


def test_growth_is_by_whole_months(app, bearer, ring):
    asked = {"from": "2026-10-01", "to": "2026-11-30", "by": "month"}
    answer = app.test_client().get(
        "/api/v1/reports/participation", query_string=asked, headers=bearer(ring["owen"])
    )
    assert [(one["from"], one["to"]) for one in answer.json["windows"]] == [
        ("2026-10-01", "2026-10-31"),
        ("2026-11-01", "2026-11-30"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2026-12-31", "to": "2026-01-01"},
        {"from": "2026-01-01"},
        {**YEAR, "by": "week"},
        {**YEAR, "to": "soon"},
        {"from": "1900-01-01", "to": "2026-12-31", "by": "month"},
    ],
)
def test_a_range_that_cannot_be_is_refused(app, bearer, ring, wrong):
    answer = app.test_client().get(
        "/api/v1/reports/reciprocity", query_string=wrong, headers=bearer(ring["owen"])
    )
    assert answer.status_code == 422


def test_figures_are_for_the_coordinator(app, bearer, ring):
    answer = app.test_client().get(
        "/api/v1/reports/reciprocity", query_string=YEAR, headers=bearer(ring["one"])
    )
    assert answer.status_code == 403


def test_too_few_people_are_told_so_in_words(app, bearer):
    with app.app_context(), transaction() as session:
        owen = make_member(session, make_bank(session), "Owen", "coordinator").id
    answer = app.test_client().get(
        "/api/v1/reports/reciprocity", query_string=YEAR, headers=bearer(owen)
    )
    split = figures(answer.json)["split_direct"]
    assert split["value"] is None
    assert split["withheld"]


def test_the_command_prints_for_people_and_for_programs(app, database, ring):
    words = [
        "report",
        "reciprocity",
        "--bank",
        "fife-time-bank",
        "--from",
        "2026-01-01",
        "--to",
        "2026-12-31",
    ]
    run = CliRunner(
        env={"TIMEBANK_DATABASE_URL": database, "TIMEBANK_SECRET_KEY": "for tests only " * 4},
        catch_exceptions=False,
    )
    said = run.invoke(timebank, words).output
    assert "split_through_others: 100.0 % (of 30)" in said
    assert "Returned through others" in said
    assert (
        figures(json.loads(run.invoke(timebank, [*words, "--json"]).output))["split_direct"][
            "value"
        ]
        == 0
    )


def test_all_banks_of_an_installation_are_one_network_for_who_runs_it(app, database, ring):
    with app.app_context(), transaction() as session:
        other = make_bank(session, name="Other", slug="other")
        ida, bo = (make_member(session, other, name) for name in ("Ida", "Bo"))
        logged = make_logged_exchange(session, other, ida, bo)
        exchanges_service.confirm(session, other, logged.id, Act(actor(bo), NOW))
    run = CliRunner(
        env={"TIMEBANK_DATABASE_URL": database, "TIMEBANK_SECRET_KEY": "for tests only " * 4},
        catch_exceptions=False,
    )
    days = ["--from", "2026-01-01", "--to", "2026-12-31"]
    found = json.loads(
        run.invoke(timebank, ["report", "reciprocity", "--all-banks", *days, "--json"]).output
    )
    assert found["totals"] == {"exchanges": 31, "minutes": 1860, "active_people": 32}
    assert set(found["ledger"]["banks"]) == {"fife-time-bank", "other"}
    assert run.invoke(timebank, ["report", "reciprocity", *days]).exit_code == 2
    assert (
        run.invoke(
            timebank, ["report", "reciprocity", "--bank", "other", "--all-banks", *days]
        ).exit_code
        == 2
    )


@pytest.mark.parametrize(
    ("among", "people"), [("people", 30), ("without_staff", 30), ("everybody", 30)]
)
def test_figures_come_with_and_without(app, bearer, ring, among, people):
    asked = {**YEAR, "among": among}
    answer = app.test_client().get(
        "/api/v1/reports/reciprocity", query_string=asked, headers=bearer(ring["owen"])
    )
    assert (answer.json["among"], answer.json["totals"]["active_people"]) == (among, people)
