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
from timebank.http import access
from timebank.imports import queries, service
from timebank.imports.rules import Answers, Confirmation, ImportState, NewUpload
from timebank.imports.schemas import ENCODINGS, ConfirmIn, UploadIn
from timebank.members.current import act, bank
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
        encodings = [("", "In UTF-8 or UTF-16"), *((name, f"In {name}") for name in ENCODINGS)]
        return render_template("imports/new.html", form=form, encodings=encodings)

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
            form=form,
            filled=form or Form(),
        )
    )
    if upload.state in {ImportState.CHECKING, ImportState.IMPORTING}:
        page.headers["Refresh"] = str(_LOOK_AGAIN)
    return page


@pages.post("/<int:upload_id>/confirm")
@access("coordinator")
def confirm(upload_id: int) -> AnyResponse:
    """Bring the file in."""

    def do(session: Session, confirmation: Confirmation) -> AnyResponse:
        upload = service.confirm(session, bank(), upload_id, confirmation, act())
        if upload.state == ImportState.DONE:
            flash(f"Done: {upload.file_name} is in the books.")
        return redirect(url_for(".show", upload_id=upload_id), 303)

    def page(form: Form) -> str:
        return _show(upload_id, form).get_data(as_text=True)

    return submit(ConfirmIn(), do, page)


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


@pages.post("/<int:upload_id>/discard")
@access("coordinator")
def discard(upload_id: int) -> AnyResponse:
    """Throw the file away."""

    def do(session: Session, _: dict[str, Any]) -> AnyResponse:
        service.discard(session, bank(), upload_id)
        flash("Done: the file is thrown away.")
        return redirect(url_for(".index"), 303)

    def page(form: Form) -> str:
        return _show(upload_id, form).get_data(as_text=True)

    return submit(None, do, page)


@pages.get("/<int:upload_id>/to-mend.csv")
@access("coordinator")
def to_mend(upload_id: int) -> Response:
    """The rows that have to be mended, as a file."""
    upload = queries.upload(reading(), bank(), upload_id)
    if upload.bad_rows is None:
        raise NotFound(say("No row of this file has to be mended, or they are kept no longer."))
    name = f"{upload.kind}-to-mend.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(upload.bad_rows, content_type="text/csv; charset=utf-8", headers=headers)
