"""Imports for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.act import Word
from timebank.db import reading, transaction
from timebank.feature import plugged_in
from timebank.http import access
from timebank.imports import queries, service, undoing
from timebank.imports.rules import (
    Answers,
    Confirmation,
    Files,
    ImportState,
    NewUpload,
    Order,
    Reading,
)
from timebank.imports.schemas import (
    ConfirmIn,
    FilesIn,
    ImportIn,
    ImportOut,
    ReadingIn,
    RowAnswersIn,
    TakenBackOut,
)
from timebank.members.current import act, bank

imports = Blueprint(
    "imports", __name__, url_prefix="/api/v1/imports", description="Files from elsewhere"
)


@imports.route("", methods=["POST"])
@access("coordinator", scope="write")
@imports.arguments(ImportIn, location="form")
@imports.arguments(FilesIn, location="files")
@imports.response(200, ImportOut)
@imports.alt_response(202, schema=ImportOut)
def new(order: Order, files: Files) -> Any:
    """Bring a file in, all of it or nothing, or with `dry_run` say what it would come to.

    With `look_over` it is checked and kept, and brought in when that is confirmed. A large file is
    brought in afterwards (202), batch by batch, once every row has been found good. Rows that have
    to be mended are named in `fields` of the refusal, as `line 5, minutes`.

    Hours and gifts between two who are kept apart go in only with `despite`. In a large file that
    comes without it they are found afterwards: it is then `checked`, names them, and waits to be
    confirmed with it.
    """
    upload = NewUpload(order.how, files)
    source = service.source(upload, good_rows=order.good_rows)
    if order.dry_run:
        result = service.check(reading(), bank(), source, now=clock.now())
        return {"id": None, "state": ImportState.CHECKED, "result": result.to_json()}
    with transaction() as session:
        if order.look_over:
            return service.hand_in(session, bank(), upload, act()), 202
        if len(files.file) <= service.SMALL:
            by_word = act(Word(despite=order.despite))
            result = service.bring_in(session, bank(), source, by_word)
            return {"id": result.upload_id, "state": ImportState.DONE, "result": result.to_json()}
        by_word = act(Word(despite=order.despite))
        queued = service.queue(session, bank(), upload, by_word, good_rows=order.good_rows)
        return {"id": queued.id, "state": queued.state, "result": None}, 202


@imports.route("/<int:upload_id>/confirmation", methods=["POST"])
@access("coordinator", scope="write")
@imports.arguments(ConfirmIn)
@imports.response(200, ImportOut)
def confirm(confirmation: Confirmation, upload_id: int) -> Any:
    """Bring in a file that was looked over."""
    with transaction() as session:
        return service.confirm(session, bank(), upload_id, confirmation, act())


@imports.route("/<int:upload_id>/answers", methods=["POST"])
@access("coordinator", scope="write")
@imports.arguments(RowAnswersIn)
@imports.response(200, ImportOut)
def answer(answers: Answers, upload_id: int) -> Any:
    """Say of rows that may be here already whether they are. The file is checked again."""
    with transaction() as session:
        return service.answer(session, bank(), upload_id, answers, act())


@imports.route("/<int:upload_id>/reading", methods=["PUT"])
@access("coordinator", scope="write")
@imports.arguments(ReadingIn)
@imports.response(200, ImportOut)
def read_as(reading: Reading, upload_id: int) -> Any:
    """Say what the columns of the file are, and answer what is asked of it. It is checked again."""
    with transaction() as session:
        return service.read_as(session, bank(), upload_id, reading, act())


@imports.route("/<int:upload_id>/taking-back", methods=["GET"])
@access("coordinator")
@imports.response(200, TakenBackOut)
def to_take_back(upload_id: int) -> Any:
    """What would go and what would stay if the file were taken back."""
    return undoing.prospect(reading(), bank(), upload_id, plugged_in(), act())


@imports.route("/<int:upload_id>/taking-back", methods=["POST"])
@access("coordinator", scope="write")
@imports.response(200, TakenBackOut)
def take_back(upload_id: int) -> Any:
    """Take the file back: its hours by reversal, its offers out of the directory, its people as if
    they had left. What something was built on since stays, and is named. A large file goes back
    afterwards (`under_way`): look at the file again until it is `taken_back`."""
    with transaction() as session:
        return undoing.take_back(session, bank(), upload_id, plugged_in(), act())


@imports.route("/<int:upload_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@imports.response(204)
def discard(upload_id: int) -> None:
    """Throw a file away that was looked over."""
    with transaction() as session:
        service.discard(session, bank(), upload_id)


@imports.route("/<int:upload_id>", methods=["GET"])
@access("coordinator")
@imports.response(200, ImportOut)
def show(upload_id: int) -> Any:
    """How far a file has come."""
    return queries.upload(reading(), bank(), upload_id)
