"""Figures for programs."""

import csv
import io
from typing import Any

import pytest

from tests.reports.test_views import DAYS, town

__all__ = ["town"]

API = "/api/v1/reports"


@pytest.fixture
def ask(app: Any, bearer: Any, town: dict[str, int]) -> Any:
    """As the coordinator."""
    client, headers = app.test_client(), bearer(town["owen"])

    def ask(path: str, method: str = "GET", **how: Any) -> Any:
        return client.open(f"{API}/{path}", method=method, headers=headers, **how)

    return ask


def test_a_report_is_the_same_again_as_of_the_moment_it_names(ask):
    first = ask(f"reciprocity?{DAYS}").json
    again = ask(
        "reciprocity", query_string={name: first[name] for name in ("from", "to", "as_of")}
    ).json
    assert again == first
    assert first["ledger"]["hash"]


def test_a_report_for_sharing_is_rounded_and_holds_whole_quarters(ask):
    found = ask(f"reciprocity?{DAYS}&share=true").json
    assert (found["shared"], found["totals"]["active_people"]) == (8, 35)
    answer = ask("reciprocity?from=2026-01-02&to=2026-03-31&share=true")
    assert answer.status_code == 422
    assert "first day of a quarter" in answer.json["fields"]["from"]


@pytest.mark.parametrize(
    ("file_format", "begins"),
    [("csv", b"from,to,id"), ("xlsx", b"PK"), ("pdf", b"%PDF"), ("meta", b"{")],
)
def test_a_report_is_had_as_a_file(ask, file_format, begins):
    answer = ask(f"participation?{DAYS}&format={file_format}")
    assert answer.data.startswith(begins)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_csv_has_the_figures_of_the_json(ask):
    result = ask(f"reciprocity?{DAYS}").json
    how = {"from": result["from"], "to": result["to"], "as_of": result["as_of"], "format": "csv"}
    rows = list(csv.DictReader(io.StringIO(ask("reciprocity", query_string=how).text)))
    values = {row["id"]: row["value"] for row in rows if not row["row"]}
    for one in result["windows"][0]["measures"]:
        assert values[one["id"]] == ("" if one["value"] is None else str(one["value"]))


def test_before_and_after_carries_its_caution(ask):
    found = ask("before-and-after?day=2026-03-01&months=3").json
    assert found["before"]["to"] == "2026-02-28"
    assert "did not have to change because of it" in found["notes"][0]
    assert ask("before-and-after?day=2026-03-01&months=0").status_code == 422


def test_whom_to_ring_are_members(ask, town):
    found = ask(f"people?{DAYS}").json
    assert found["only_receive"] == [town["helped"]]
    assert found["bridges"]


def test_readers_are_invited_listed_and_ended(ask):
    jo = ask("readers", "POST", json={"name": "Jo", "email": "jo@council.example"})
    assert jo.status_code == 201
    assert [one["email"] for one in ask("readers").json["items"]] == ["jo@council.example"]
    sent = ask(
        "schedules",
        "POST",
        json={"name": "activities", "stride": "year", "reader": f"commissioner:{jo.json['id']}"},
    )
    assert (sent.status_code, sent.json["shared"], sent.json["reader"]) == (201, True, "Jo")
    assert ask(f"readers/{jo.json['id']}", "DELETE").status_code == 204
    assert ask("readers").json["items"] == ask("schedules").json["items"] == []
    assert ask("schedules/99", "DELETE").status_code == 404


def test_a_schedule_is_ended(ask, town):
    sent = ask(
        "schedules",
        "POST",
        json={"name": "activities", "stride": "month", "reader": f"member:{town['owen']}"},
    )
    assert ask(f"schedules/{sent.json['id']}", "DELETE").status_code == 204
    assert ask("schedules").json["items"] == []
