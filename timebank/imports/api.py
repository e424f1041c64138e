"""Imports for programs."""

import io
from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.db import reading, transaction
from timebank.http import access
from timebank.imports import queries, service
from timebank.imports.schemas import ConfirmIn, FilesIn, ImportIn, ImportOut
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
def new(wanted: dict[str, Any], files: dict[str, Any]) -> Any:
    """Bring a file in, all of it or nothing, or with `dry_run` say what it would come to.

    With `look_over` it is checked and kept, and brought in when that is confirmed. A large file is
    brought in afterwards (202), batch by batch, once every row has been found good. Rows that have
    to be mended are named in `fields` of the refusal, as `line 5, minutes`.
    """
    dry_run, look_over = wanted.pop("dry_run"), wanted.pop("look_over")
    good_rows = wanted.pop("good_rows")
    file = files["file"].read()
    posts = files["posts"].read() if files["posts"] else None
    streams = {"file": io.BytesIO(file), "posts": io.BytesIO(posts) if posts else None}
    source = service.Source(**wanted, **streams, good_rows=good_rows)
    if dry_run:
        result = service.check(reading(), bank(), source, now=clock.now())
        return {"id": None, "state": "checked", "result": result.to_json()}
    kept = {"file": file, "posts": posts, "file_name": files["file"].filename or "file"}
    with transaction() as session:
        if look_over:
            upload = service.hand_in(session, bank(), **wanted, **kept, act=act())
            return upload, 202
        if len(file) <= service.SMALL:
            result = service.bring_in(session, bank(), source, now=clock.now())
            return {"id": None, "state": "done", "result": result.to_json()}
        upload = service.queue(
            session,
            bank(),
            act(),
            **wanted,
            **kept,
            good_rows=good_rows,
        )
        return {"id": upload.id, "state": upload.state, "result": None}, 202


@imports.route("/<int:upload_id>/confirmation", methods=["POST"])
@access("coordinator", scope="write")
@imports.arguments(ConfirmIn)
@imports.response(200, ImportOut)
def confirm(wanted: dict[str, Any], upload_id: int) -> Any:
    """Bring in a file that was looked over."""
    with transaction() as session:
        return service.confirm(session, bank(), upload_id, **wanted, now=clock.now())


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
