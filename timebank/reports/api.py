"""Exports for programs."""

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint

from timebank import clock
from timebank.db import transaction
from timebank.errors import NotFound
from timebank.http import access
from timebank.members.current import bank
from timebank.reports import keeping, made
from timebank.reports.answers import answer, prepared, report_file
from timebank.reports.rules import KINDS, Name, as_of_instant
from timebank.reports.schemas import FileIn, ReportFileIn

reports = Blueprint(
    "reports", __name__, url_prefix="/api/v1/reports", description="What a bank's figures say, for its own staff"
)
exports = Blueprint("exports", __name__, url_prefix="/api/v1/exports", description="What the bank holds, as files")

_ANSWERS = {"type": "string", "format": "binary"}


@exports.route("/<kind>", methods=["GET"])
@access("coordinator")
@exports.arguments(FileIn, location="query")
@exports.response(200, _ANSWERS, content_type="text/csv")
def show(wanted: dict[str, Any], kind: str) -> Response:
    """Members, hours, gifts, offers, requests, postings or activities as a file.

    The books are sealed first, and the file says the same whenever it is asked for with the same dates and `as_of`.
    """
    if kind not in KINDS:
        raise NotFound(f"There is no such export. There are {', '.join(KINDS)}.")
    return answer(prepared(kind, wanted), wanted["format"])


@reports.route("/reciprocity", methods=["GET"])
@access("coordinator")
@reports.arguments(ReportFileIn, location="query")
@reports.response(200, {"type": "object"})
def reciprocity(wanted: dict[str, Any]) -> Response:
    """Whether help comes round, is shared and mixes: each figure with its definition, window, people, exclusions, interval.

    It is kept as it was made: with the same dates and the `as_of` that it names, the answer is the same for good.
    """
    return _measured("reciprocity", wanted)


@reports.route("/participation", methods=["GET"])
@access("coordinator")
@reports.arguments(ReportFileIn, location="query")
@reports.response(200, {"type": "object"})
def participation(wanted: dict[str, Any]) -> Response:
    """Who takes part, as `reciprocity`."""
    return _measured("participation", wanted)


@reports.route("/activities", methods=["GET"])
@access("coordinator")
@reports.arguments(ReportFileIn, location="query")
@reports.response(200, {"type": "object"})
def activities(wanted: dict[str, Any]) -> Response:
    """Who led what was done together, as `reciprocity`."""
    return _measured("activities", wanted)


def _measured(name: Name, wanted: dict[str, Any]) -> Response:
    as_of = as_of_instant(wanted["as_of"], bank().timezone) if wanted["as_of"] else None
    with transaction() as session:
        found = keeping.report(session, bank(), made.asked(name, wanted), as_of=as_of, now=clock.now())
    if wanted["format"] == "json":
        return jsonify(found)
    return report_file(found, wanted["format"])
