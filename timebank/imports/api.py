"""Imports for programs."""

import io
from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.db import reading, transaction
from timebank.http import access
from timebank.imports import queries, service
from timebank.imports.schemas import FilesIn, ImportIn, ImportOut
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

    A large file is brought in afterwards (202). Rows that have to be mended are named in `fields`
    of the refusal, as `line 5, minutes`.
    """
    dry_run, good_rows = wanted.pop("dry_run"), wanted.pop("good_rows")
    file = files["file"].read()
    posts = files["posts"].read() if files["posts"] else None
    streams = {"file": io.BytesIO(file), "posts": io.BytesIO(posts) if posts else None}
    source = service.Source(**wanted, **streams, good_rows=good_rows)
    if dry_run:
        result = service.check(reading(), bank(), source, now=clock.now())
        return {"id": None, "state": "checked", "result": result.to_json()}
    with transaction() as session:
        if len(file) <= service.SMALL:
            result = service.bring_in(session, bank(), source, now=clock.now())
            return {"id": None, "state": "done", "result": result.to_json()}
        upload = service.queue(
            session,
            bank(),
            act(),
            **wanted,
            file=file,
            posts=posts,
            file_name=files["file"].filename or "file",
            good_rows=good_rows,
        )
        return {"id": upload.id, "state": upload.state, "result": None}, 202


@imports.route("/<int:upload_id>", methods=["GET"])
@access("coordinator")
@imports.response(200, ImportOut)
def show(upload_id: int) -> Any:
    """How far a file has come."""
    return queries.upload(reading(), bank(), upload_id)
