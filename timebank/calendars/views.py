"""The page of one's own calendar, and the calendar itself."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.calendars import queries, service
from timebank.db import reading
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.members.current import act, actor, bank, config, today
from timebank.say import say
from timebank.web.calendars import calendar as calendar_file
from timebank.web.forms import Form, submit
from timebank.web.paths import path_of

pages = Blueprint("calendars", __name__, url_prefix="/b/<bank>/calendars")


@pages.route("", methods=["GET", "POST"])
@access("member")
def index() -> Response:
    """Whether one's calendar has an address; give it one, or another."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        key = service.make(session, bank(), act())
        base = config().base_url.rstrip("/")
        address = f"{base}{url_for('.calendar', key=key)}"
        return make_response(page(Form(), address=address))

    def page(form: Form, address: str = "") -> str:
        made_at = queries.made_at(reading(), bank(), actor().member_id or 0)
        return render_template("calendars/index.html", form=form, address=address, made_at=made_at)

    return submit(None, do, page)


@pages.post("/end")
@access("member")
def end() -> Response:
    """End the address."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.end(session, bank(), act())
        flash(shown(say("Done: that address leads to nothing any more.")))
        return redirect(url_for(".index"), 303)

    def page(form: Form) -> str:
        made_at = queries.made_at(reading(), bank(), actor().member_id or 0)
        return render_template("calendars/index.html", form=form, address="", made_at=made_at)

    return submit(None, do, page)


@pages.get("/<key>.ics")
@access("public")
def calendar(key: str) -> Response:
    """What a member is to come to and to do, for whoever has the address: a phone, which cannot
    sign in."""
    base = config().base_url.rstrip("/")
    own = queries.calendar(reading(), bank(), key, plugged_in(), on=today())
    file = calendar_file(
        bank(),
        own.appointments,
        url=lambda one: f"{base}{path_of(one.link, bank().slug)}",
        voice=own.voice,
        name=own.name,
    )
    return Response(file, mimetype="text/calendar", headers={"X-Robots-Tag": "noindex"})
