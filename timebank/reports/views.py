"""The page of exports, and the files behind it."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from timebank.errors import Refusal
from timebank.http import access, status_of
from timebank.reports.answers import answer, prepared
from timebank.reports.schemas import ExportIn, RangeIn
from timebank.schema import load
from timebank.web.forms import Form

pages = Blueprint("reports", __name__, url_prefix="/b/<bank>/reports")

_FILES = "any(members, hours, gifts, offers, requests, postings, activities)"


@pages.get("/exports")
@access("coordinator")
def exports() -> tuple[str, int]:
    """Choose what is wanted; then the same choice as CSV, spreadsheet or JSON, with its totals."""
    form = Form({"kind": "hours", **request.args})
    if "kind" not in request.args:
        return render_template("reports/exports.html", form=form, ready=None), 200
    asked = {name: value for name, value in request.args.items() if value and name in ExportIn().fields | {"from": None}}
    try:
        values = load(ExportIn(), asked)
        ready = prepared(values.pop("kind"), values)
    except Refusal as refusal:
        form.refused(refusal)
        return render_template("reports/exports.html", form=form, ready=None), status_of(refusal)
    links = {name: _link(asked, ready.wanted.as_of.isoformat(), name) for name in ("csv", "xlsx", "json", "meta")}
    return render_template("reports/exports.html", form=form, ready=ready, links=links), 200


def _link(asked: dict[str, str], as_of: str, file_format: str) -> str:
    """Where the file is. The moment is named, so that the file and its totals are about the same."""
    wanted: dict[str, Any] = {name: asked[name] for name in ("from", "to") if name in asked}
    return url_for(".file", kind=asked["kind"], file_format=file_format, as_of=as_of, **wanted)


@pages.get(f"/exports/<{_FILES}:kind>.<any(csv, xlsx, json, meta):file_format>")
@access("coordinator")
def file(kind: str, file_format: str) -> Response:
    """One file."""
    wanted: dict[str, Any] = load(RangeIn(), request.args.to_dict())
    return answer(prepared(kind, wanted), file_format)
