"""The page from which a coordinator takes the whole bank along."""

import tempfile
from contextlib import ExitStack
from typing import IO, cast

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response

from timebank import clock
from timebank.db import reading, snapshot
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.members.current import bank
from timebank.moving import service
from timebank.moving.errors import NotYet

pages = Blueprint("moving", __name__)

_IN_MEMORY = 1 << 20


@pages.route("/b/<bank>/moving")
@access("coordinator")
def index() -> str:
    """What goes along when the bank moves, what stays behind, and what has to end first."""
    return render_template(
        "moving/index.html",
        first=service.under_way(reading(), bank(), plugged_in(), now=clock.now()),
        behind=service.left_behind(plugged_in()),
    )


@pages.route("/b/<bank>/moving/archive")
@access("coordinator")
def archive() -> Response:
    """The whole bank as one file."""
    with ExitStack() as unless_written:
        file = unless_written.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
        try:
            with snapshot() as session:
                service.pack(session, bank(), plugged_in(), cast(IO[bytes], file), now=clock.now())
        except NotYet as refusal:
            flash(shown(refusal.message))
            return redirect(url_for(".index"), 303)
        file.seek(0)
        # From here on the answer closes it.
        unless_written.pop_all()
    name = f"{bank().slug}-{clock.now():%Y-%m-%d}.zip"
    return send_file(
        cast(IO[bytes], file), "application/zip", as_attachment=True, download_name=name
    )
