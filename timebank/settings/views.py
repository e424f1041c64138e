"""The page of settings."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import hours, voices
from timebank.banks import rules as banks_rules
from timebank.banks.models import Bank
from timebank.banks.service import CHANGEABLE
from timebank.http import access
from timebank.members.current import act, bank
from timebank.settings import service
from timebank.settings.schemas import SettingsIn
from timebank.web.forms import Form, submit

pages = Blueprint("settings", __name__)

_LOGS = ("rounding", "smallest_log", "largest_log")


@pages.route("/b/<bank>/settings", methods=["GET", "POST"])
@access("coordinator")
def show() -> Response:
    """See and change what is settled for the bank."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        carried = service.change(session, bank(), act(), **values)
        flash("Done: these are the bank’s settings from now on." + _in_words(carried))
        return redirect(url_for("settings.show"), 303)

    def also(values: dict[str, Any]) -> None:
        # Lengths of logs are judged by one another, so by those that are written only when all
        # three can be read.
        right = (
            values
            if values.keys() >= {*_LOGS}
            else {name: value for name, value in values.items() if name not in _LOGS}
        )
        banks_rules.check({name: right.get(name, getattr(bank(), name)) for name in CHANGEABLE})

    def page(form: Form) -> str:
        steps = [(step, hours.words(step).capitalize()) for step in banks_rules.STEPS]
        spoken = [(code, voices.own_name(code)) for code in voices.offered()]
        return render_template("settings/show.html", form=form, steps=steps, spoken=spoken)

    return submit(SettingsIn(), do, page, initial=_written(bank()), also=also)


def _written(bank: Bank) -> dict[str, Any]:
    """The settings as the form shows them."""
    values: dict[str, Any] = {name: getattr(bank, name) for name in CHANGEABLE}
    values["languages"] = bank.languages.split()
    for name in ("smallest_log", "largest_log", "member_floor", "chest_floor", "member_ceiling"):
        values[name] = "" if values[name] is None else hours.table(abs(values[name]))
    for name in ("joining_open", "confirm_automatically"):
        values[name] = "yes" if values[name] else ""
    return values


def _in_words(carried: service.Carried) -> str:
    if not carried.changed and not carried.kept:
        return ""
    changed = (
        f" {_members(carried.changed)} now {'has' if carried.changed == 1 else 'have'} the new"
        " limits."
    )
    kept = (
        f" {_members(carried.kept)} {'keeps' if carried.kept == 1 else 'keep'} the old ones, being"
        " outside the new."
    )
    return changed + (kept if carried.kept else "")


def _members(number: int) -> str:
    return "1 member" if number == 1 else f"{number} members"
