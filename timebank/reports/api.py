"""Exports for programs."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from timebank.errors import NotFound
from timebank.http import access
from timebank.reports.answers import answer, prepared
from timebank.reports.rules import KINDS
from timebank.reports.schemas import FileIn

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
