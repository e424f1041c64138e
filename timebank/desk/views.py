"""The broker's pages: the day's list, and entering slips."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, hours
from timebank.config import Config
from timebank.db import reading
from timebank.desk import queries, rules, service
from timebank.desk.schemas import SlipIn, ToldIn
from timebank.exchanges import queries as exchanges
from timebank.http import access
from timebank.ledger import queries as ledger
from timebank.members.current import actor, bank
from timebank.notices import queries as notice_queries
from timebank.notices import service as notices
from timebank.web.forms import Form, submit
from timebank.web.words import time

pages = Blueprint("desk", __name__, url_prefix="/b/<bank>/desk")


@pages.get("")
@access("broker")
def today() -> str:
    """What waits for a broker."""
    return _today()


@pages.post("/told")
@access("broker")
def told() -> Response:
    """Take down that somebody was told what they were to be told."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        now = clock.now()
        for notice_id in values["notices"]:
            notices.mark_told(session, bank(), notice_id, by=actor(), now=now)
        names = {notice_queries.notice(session, bank(), notice_id).name for notice_id in values["notices"]}
        flash(f"Done: {' and '.join(sorted(names)) or 'nobody'} {'has' if len(names) < 2 else 'have'} been told.")
        return redirect(url_for(".today", _anchor="calls"), 303)

    return submit(ToldIn(), do, _today)


def _today(form: Form | None = None) -> str:
    now = clock.now()
    books = None
    if actor().is_coordinator:
        books = {
            "position": ledger.position(reading(), bank()),
            "block": ledger.last_block(reading(), bank()),
            "without_factor": queries.staff_without_second_factor(reading(), bank()),
        }
    return render_template(
        "desk/today.html",
        form=form,
        day=queries.today(reading(), bank(), now=now),
        books=books,
        quiet_days=rules.QUIET_DAYS,
    )


@pages.route("/slip", methods=["GET", "POST"])
@access("broker")
def slip() -> Response:
    """Enter one signed slip after another."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        by, now = actor(), clock.now()
        entered = service.enter_slip(session, bank(), **values, by=by, now=now)
        seen = exchanges.shown(session, bank(), [entered])[0]
        done = f"Done: slip {entered.slip}. {seen.giver.name} helped {seen.receiver.name}, {hours.words(entered.minutes or 0)}."
        flash(f"{done} {_until_when(now)}", "undo:" + url_for("exchanges.undo", exchange_id=entered.id))
        return redirect(url_for(".slip", on=values["occurred_on"].isoformat()), 303)

    def page(form: Form) -> str:
        several = {side: queries.several(reading(), bank(), form.value(side)) for side in ("giver", "receiver")}
        return render_template("desk/slip.html", form=form, several=several)

    return submit(SlipIn(), do, page, initial={"occurred_on": request.args.get("on", "")})


def _until_when(now: datetime) -> str:
    config: Config = current_app.config["TIMEBANK"]
    return f"You can undo this until {time(now + timedelta(minutes=config.undo_minutes))}."
