"""Pages for taking one's data away and for leaving."""

import json

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask import session as browser
from flask_login import logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.db import reading
from timebank.errors import NotAllowed
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.leaving import queries, service
from timebank.leaving.rules import Farewell
from timebank.leaving.schemas import LeaveIn
from timebank.members import queries as members
from timebank.members import rules as members_rules
from timebank.members.current import act, actor, bank
from timebank.say import say
from timebank.web.forms import Form, submit

pages = Blueprint("leaving", __name__, url_prefix="/b/<bank>")


@pages.get("/me/data")
@access("member", fresh=True)
def data() -> Response:
    """Everything that is held on whoever asks, as a file."""
    everything = queries.held(
        reading(), bank(), actor().member_id or 0, plugged_in(), now=clock.now()
    )
    answer = make_response(json.dumps(everything, ensure_ascii=False, indent=2))
    answer.mimetype = "application/json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{bank().slug}-my-data.json"'
    return answer


@pages.route("/me/leave", methods=["GET", "POST"])
@access("member", fresh=True)
def me() -> Response:
    """Leave, after a last look at what goes and what stays."""
    member_id = actor().member_id or 0
    parting = queries.parting(reading(), bank(), actor().account_id or 0)

    def do(session: Session, farewell: Farewell) -> Response:
        service.leave(session, bank(), member_id, plugged_in(), farewell, act())
        return redirect(url_for(".gone"), 303)

    def page(form: Form) -> str:
        return render_template("leaving/me.html", form=form, parting=parting)

    answer = submit(LeaveIn(), do, page, initial={"hours": "chest"})
    if answer.status_code == 303:
        logout_user()
        browser.clear()
    return answer


@pages.get("/left")
@access("public")
def gone() -> str:
    """Goodbye."""
    return render_template("leaving/gone.html")


@pages.route("/members/<int:member_id>/leave", methods=["GET", "POST"])
@access("broker")
def member(member_id: int) -> Response:
    """Take a member out, on their word."""
    member = members.member(reading(), bank(), member_id)
    if not members_rules.may_manage(actor(), member.role):
        raise NotAllowed(say("Only a coordinator may take out one of the staff."))
    parting = queries.parting(reading(), bank(), member.account_id or 0)

    def do(session: Session, farewell: Farewell) -> Response:
        name = member.name
        service.leave(session, bank(), member_id, plugged_in(), farewell, act())
        flash(shown(say("Done: %(name)s has left, and is forgotten here.", name=name)))
        return redirect(url_for("lists.index"), 303)

    def page(form: Form) -> str:
        return render_template("leaving/member.html", form=form, member=member, parting=parting)

    return submit(LeaveIn(), do, page, initial={"hours": "chest"})


@pages.route("/organisations/<int:organisation_id>/close", methods=["GET", "POST"])
@access("coordinator")
def organisation(organisation_id: int) -> Response:
    """End a partnership."""
    partner = members.organisation(reading(), bank(), organisation_id)
    parting = queries.parting(reading(), bank(), partner.account_id)

    def do(session: Session, farewell: Farewell) -> Response:
        service.end_partnership(session, bank(), organisation_id, plugged_in(), farewell, act())
        flash(shown(say("Done: %(name)s is no longer a partner.", name=partner.name)))
        return redirect(url_for("members.organisation", organisation_id=organisation_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "leaving/organisation.html", form=form, organisation=partner, parting=parting
        )

    return submit(LeaveIn(), do, page, initial={"hours": "chest"})


@pages.route("/groups/<int:group_id>/close", methods=["GET", "POST"])
@access("coordinator")
def group(group_id: int) -> Response:
    """Close a group."""
    group = members.group(reading(), bank(), group_id)
    parting = queries.parting(reading(), bank(), group.account_id)

    def do(session: Session, farewell: Farewell) -> Response:
        service.close_group(session, bank(), group_id, plugged_in(), farewell, act())
        flash(shown(say("Done: %(name)s is closed.", name=group.name)))
        return redirect(url_for("members.group", group_id=group_id), 303)

    def page(form: Form) -> str:
        return render_template("leaving/group.html", form=form, group=group, parting=parting)

    return submit(LeaveIn(), do, page, initial={"hours": "chest"})
