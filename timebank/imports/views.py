"""Pages by which a coordinator brings files in: handed in, checked, confirmed."""

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from timebank.db import reading
from timebank.errors import Invalid, NotFound
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.imports import queries, service, undoing
from timebank.imports.columns import FIELDS
from timebank.imports.errors import NotReady
from timebank.imports.result import as_workbook, template
from timebank.imports.rules import (
    Answers,
    Confirmation,
    Imported,
    ImportFormat,
    ImportState,
    NewUpload,
    Reading,
)
from timebank.imports.schemas import ENCODINGS, ConfirmIn, UploadIn
from timebank.members.current import act, bank
from timebank.reports.rules import CONTENT_TYPES, Format
from timebank.say import say
from timebank.web.forms import Form, submit

pages = Blueprint("imports", __name__, url_prefix="/b/<bank>/imports")

_LOOK_AGAIN = 3
"""Seconds after which a page about work under way shows itself anew."""


@pages.get("")
@access("coordinator")
def index() -> str:
    """Files in and out."""
    return render_template("imports/index.html", uploads=queries.uploads(reading(), bank()))


@pages.route("/new", methods=["GET", "POST"])
@access("coordinator")
def new() -> AnyResponse:
    """Hand a file in. It is checked, and nothing is written yet."""

    def do(session: Session, new: NewUpload) -> AnyResponse:
        upload = service.hand_in(session, bank(), new, act())
        return redirect(url_for(".show", upload_id=upload.id), 303)

    def page(form: Form) -> str:
        encodings = [
            ("", shown(say("Find out from the file"))),
            *((name, shown(say("In %(encoding)s", encoding=name))) for name in ENCODINGS),
        ]
        formats = [
            ("", shown(say("Find out from the file"))),
            (ImportFormat.TIMEBANK, shown(say("Timebank"))),
            (ImportFormat.TIMEOVERFLOW, shown(say("TimeOverflow, without headings"))),
        ]
        return render_template("imports/new.html", form=form, encodings=encodings, formats=formats)

    return submit(UploadIn(), do, page, initial={"kind": "members"})


@pages.get("/<int:upload_id>")
@access("coordinator")
def show(upload_id: int) -> AnyResponse:
    """A file that was handed in: how far it is, what it comes to, what to mend."""
    return _show(upload_id)


def _show(upload_id: int, form: Form | None = None) -> AnyResponse:
    upload = queries.upload(reading(), bank(), upload_id)
    page = make_response(
        render_template(
            "imports/show.html",
            upload=upload,
            result=upload.result or {},
            gone=undoing.in_words(upload.back) if upload.back else [],
            fields=[(one.name, shown(one.label)) for one in FIELDS[upload.kind].values()],
            form=form,
            filled=form or Form(),
        )
    )
    if upload.state in {ImportState.CHECKING, ImportState.IMPORTING} or upload.taking_back_at:
        page.headers["Refresh"] = str(_LOOK_AGAIN)
    return page


@pages.post("/<int:upload_id>/confirm")
@access("coordinator")
def confirm(upload_id: int) -> AnyResponse:
    """Bring the file in."""

    def do(session: Session, confirmation: Confirmation) -> AnyResponse:
        upload = service.confirm(session, bank(), upload_id, confirmation, act())
        if upload.state == ImportState.DONE:
            flash(shown(say("Done: %(name)s is in the books.", name=upload.file_name)))
        return redirect(url_for(".show", upload_id=upload_id), 303)

    def page(form: Form) -> str:
        return _show(upload_id, form).get_data(as_text=True)

    return submit(ConfirmIn(), do, page)


@pages.post("/<int:upload_id>/read")
@access("coordinator")
def read_as(upload_id: int) -> AnyResponse:
    """Say what the columns of the file are, and answer what was asked of it."""

    def do(session: Session, _: dict[str, Any]) -> AnyResponse:
        upload = service.read_as(session, bank(), upload_id, _reading(upload_id), act())
        return redirect(url_for(".show", upload_id=upload.id), 303)

    def page(form: Form) -> str:
        return _show(upload_id, form).get_data(as_text=True)

    return submit(None, do, page)


def _reading(upload_id: int) -> Reading:
    """What was chosen for each column, and beside each question."""
    read = (queries.upload(reading(), bank(), upload_id).result or {}).get("reading", {})
    there = read.get("columns", ())
    columns = {
        one["heading"]: request.form.get(f"column-{place}", "") for place, one in enumerate(there)
    }
    answers = {
        key.removeprefix("ask-"): value
        for key, value in request.form.items()
        if key.startswith("ask-") and value
    }
    as_it_was = all(
        one["sure"] and (one["field"] or "") == columns[one["heading"]] for one in there
    )
    return Reading(None if as_it_was else columns, answers)


@pages.post("/<int:upload_id>/answer")
@access("coordinator")
def answer(upload_id: int) -> AnyResponse:
    """Say of rows that may be here already whether they are."""

    def do(session: Session, _: dict[str, Any]) -> AnyResponse:
        upload = service.answer(session, bank(), upload_id, _answers(request.form), act())
        return redirect(url_for(".show", upload_id=upload.id), 303)

    def page(form: Form) -> str:
        return _show(upload_id, form).get_data(as_text=True)

    return submit(None, do, page)


def _answers(form: Mapping[str, str]) -> Answers:
    """What was chosen beside each line."""
    lines: dict[str, set[int]] = {"same": set(), "other": set()}
    for name, choice in form.items():
        number = name.removeprefix("line-")
        if name.startswith("line-") and number.isdecimal() and len(number) < 10 and choice in lines:
            lines[choice].add(int(number))
    if not lines["same"] | lines["other"]:
        raise Invalid.on("asked", say("Choose one of the two beside a line."))
    return Answers(frozenset(lines["same"]), frozenset(lines["other"]))


@pages.route("/<int:upload_id>/take-back", methods=["GET", "POST"])
@access("coordinator")
def take_back(upload_id: int) -> AnyResponse:
    """Take a file back: first what would go and what would stay."""

    def do(session: Session, _: dict[str, Any]) -> AnyResponse:
        taken = undoing.take_back(session, bank(), upload_id, plugged_in(), act())
        if not taken.under_way:
            flash(shown(say("Done: %(those)s taken back.", those=taken.goes)))
        return redirect(url_for(".show", upload_id=upload_id), 303)

    def page(form: Form) -> str:
        prospect, why = undoing.Prospect(), None
        upload = queries.upload(reading(), bank(), upload_id)
        try:
            prospect = undoing.prospect(reading(), bank(), upload_id, plugged_in(), act())
        except NotReady as refusal:
            why = refusal.message
        return render_template(
            "imports/take_back.html", form=form, found=prospect, upload=upload, why=why
        )

    return submit(None, do, page)


@pages.post("/<int:upload_id>/discard")
@access("coordinator")
def discard(upload_id: int) -> AnyResponse:
    """Throw the file away."""

    def do(session: Session, _: dict[str, Any]) -> AnyResponse:
        service.discard(session, bank(), upload_id)
        flash(shown(say("Done: the file is thrown away.")))
        return redirect(url_for(".index"), 303)

    def page(form: Form) -> str:
        return _show(upload_id, form).get_data(as_text=True)

    return submit(None, do, page)


@pages.get("/<int:upload_id>/to-mend")
@access("coordinator")
def to_mend(upload_id: int) -> Response:
    """The rows that have to be mended, as a file."""
    upload = queries.upload(reading(), bank(), upload_id)
    if upload.bad_rows is None:
        raise NotFound(say("No row of this file has to be mended, or they are kept no longer."))
    name = f"{upload.kind}-to-mend"
    if request.args.get("as") == "xlsx":
        return _file(as_workbook(upload.bad_rows, "to mend"), f"{name}.xlsx", Format.XLSX)
    return _file(upload.bad_rows, f"{name}.csv", Format.CSV)


@pages.get("/empty")
@access("coordinator")
def empty() -> Response:
    """An empty spreadsheet with our headings."""
    kind = request.args.get("kind", "members")
    if kind not in list(Imported):
        raise NotFound(say("There is no such kind of file."))
    return _file(template(Imported(kind)), f"{kind}.xlsx", Format.XLSX)


def _file(content: bytes, name: str, kind: Format) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=CONTENT_TYPES[kind], headers=headers)
