"""The page from which a coordinator takes the whole bank along."""

from typing import IO

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from timebank import clock
from timebank.db import reading, snapshot
from timebank.feature import plugged_in
from timebank.http import access, shown, written
from timebank.members.current import bank
from timebank.moving import service
from timebank.moving.errors import NotYet

pages = Blueprint("moving", __name__)


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
    name = f"{bank().slug}-{clock.now():%Y-%m-%d}.zip"

    def write(file: IO[bytes]) -> None:
        with snapshot() as session:
            service.pack(session, bank(), plugged_in(), file, now=clock.now())

    try:
        return written(write, "application/zip", name)
    except NotYet as refusal:
        flash(shown(refusal.message))
        return redirect(url_for(".index"), 303)
