"""Pages for two members who turn out to be one person."""

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.db import reading, transaction
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.members import merges
from timebank.members import queries as members
from timebank.members.current import act, bank
from timebank.merging import rules, service
from timebank.merging.rules import Wanted
from timebank.merging.schemas import MergeIn, WhoForm
from timebank.say import count, say
from timebank.web.forms import Form, submit

pages = Blueprint("merging", __name__, url_prefix="/b/<bank>/merging")


@pages.route("/<int:member_id>", methods=["GET", "POST"])
@access("coordinator")
def who(member_id: int) -> Response:
    """Say who is the same person as a member."""
    here = bank()
    member = members.member(reading(), here, member_id)
    traits = members.traits(member)
    alike = members.look_alikes(reading(), here, [traits], but=member.id)[traits]

    def do(session: Session, values: dict[str, str]) -> Response:
        other = members.member_named(
            session, here, values["who"], field="who", within=members.EVERYBODY
        )
        return redirect(url_for(".merge", member_id=other.id, twin_id=member_id), 303)

    def page(form: Form) -> str:
        return render_template("merging/who.html", form=form, member=member, alike=alike)

    return submit(WhoForm(), do, page)


@pages.route("/<int:member_id>/<int:twin_id>", methods=["GET", "POST"])
@access("coordinator", fresh=True)
def merge(member_id: int, twin_id: int) -> Response:
    """Look at what it would do if a member were one with another, who stays; then do it."""

    def do(session: Session, wanted: Wanted) -> Response:
        merged = service.merge(session, bank(), member_id, wanted, plugged_in(), act())
        stays = members.member(session, bank(), wanted.stays)
        done = say(
            "Done: number %(goes)s is %(name)s, number %(number)s, from now on. For a day it can be"
            " undone.",
            goes=merged.number,
            name=stays.name,
            number=stays.number or "",
        )
        flash(shown(done), "undo:" + url_for(".undo", merge_id=merged.id))
        return redirect(url_for("members.show", member_id=stays.id), 303)

    def page(form: Form) -> str:
        with transaction() as session:
            seen = service.preview(session, bank(), member_id, twin_id, plugged_in(), act())
            return render_template("merging/merge.html", form=form, **_shown(session, seen))

    return submit(MergeIn(), do, page, initial={"stays": twin_id})


def _shown(session: Session, seen: service.Preview) -> dict[str, object]:
    """What the page says of a preview, in plain values: what was tried is gone."""
    here = bank()
    goes, stays = seen.two.goes, seen.two.stays
    balances = members.standing(session, here, [goes, stays])
    return {
        "goes": goes,
        "stays": stays,
        "refused": seen.refused,
        "merged": seen.merged,
        "before": {each: state.balance for each, state in balances.items()},
    }


@pages.route("/undo/<int:merge_id>", methods=["GET", "POST"])
@access("coordinator")
def undo(merge_id: int) -> Response:
    """Have both back."""
    row = merges.merge(reading(), bank(), merge_id)

    def do(session: Session, _: dict[str, object]) -> Response:
        undone = service.undo(session, bank(), merge_id, plugged_in(), act())
        done = say(
            "Done: %(name)s is number %(number)s again.",
            name=undone.came_back.name,
            number=undone.came_back.number or "",
        )
        flash(shown(done))
        if undone.lost:
            lost = count(
                "%(n)s thing of theirs was changed or taken away since, and stays so.",
                "%(n)s things of theirs were changed or taken away since, and stay so.",
                sum(undone.lost.values()),
            )
            flash(shown(lost))
        return redirect(url_for("members.show", member_id=undone.came_back.id), 303)

    def page(form: Form) -> str:
        stays = members.member(reading(), bank(), row.stays_id)
        return render_template(
            "merging/undo.html", form=form, merge=row, stays=stays, until=rules.until(row.at)
        )

    return submit(None, do, page)
