"""The page of settings."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import hours, voices
from timebank.banks import queries as banks
from timebank.banks import rules as banks_rules
from timebank.banks.rules import Settings
from timebank.db import reading
from timebank.errors import NotFound
from timebank.http import access, shown
from timebank.members.current import act, bank
from timebank.say import Said, count, say
from timebank.settings import service
from timebank.settings.rules import NewBankPicture, NewSettings
from timebank.settings.schemas import BankPictureForm, SettingsIn
from timebank.web.forms import Form, submit

pages = Blueprint("settings", __name__)

_LOGS = ("rounding", "smallest_log", "largest_log")


@pages.route("/b/<bank>/settings", methods=["GET", "POST"])
@access("coordinator")
def show() -> Response:
    """See and change what is settled for the bank."""

    def do(session: Session, new: NewSettings) -> Response:
        carried = service.change(session, bank(), new, act())
        flash(" ".join(shown(sentence) for sentence in _done(carried)))
        return redirect(url_for("settings.show"), 303)

    def page(form: Form) -> str:
        steps = [(step, hours.words(step)) for step in banks_rules.STEPS]
        spoken = [(code, voices.own_name(code)) for code in voices.offered()]
        return render_template("settings/show.html", form=form, steps=steps, spoken=spoken)

    settings = banks.settings(bank())
    return submit(
        SettingsIn(),
        do,
        page,
        initial=_written(settings),
        also=lambda values: banks_rules.check(_as_far_as_read(settings, values)),
    )


@pages.route("/b/<bank>/settings/picture", methods=["GET", "POST"])
@access("coordinator")
def picture() -> Response:
    """Give the front page a picture of the bank's own."""
    before = banks.picture(reading(), bank())

    def do(session: Session, new: NewBankPicture) -> Response:
        service.put_picture(session, bank(), new, act())
        flash(shown(say("Done: the picture stands on the front page. You can take it away.")))
        return redirect(url_for(".picture"), 303)

    return submit(
        BankPictureForm(), do, _picture_page, initial={"alt": before.alt} if before else None
    )


@pages.post("/b/<bank>/settings/picture/remove")
@access("coordinator")
def remove_picture() -> Response:
    """Take the picture from the front page."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.take_picture_away(session, bank(), act())
        flash(shown(say("Done: the picture is gone, and the street stands in its place.")))
        return redirect(url_for(".picture"), 303)

    return submit(None, do, _picture_page)


def _picture_page(form: Form) -> str:
    picture = banks.picture(reading(), bank())
    return render_template("settings/picture.html", form=form, picture=picture)


@pages.get("/b/<bank>/settings/picture/<mark>")
@access("public")
def picture_file(mark: str) -> Response:
    """The picture on the front page. Its address is another one for each picture, so that a browser
    may keep it for a day."""
    picture = banks.picture(reading(), bank())
    if picture is None or picture.mark != mark:
        raise NotFound(say("There is no such picture here."))
    answer = Response(picture.jpeg, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _as_far_as_read(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with what could be read of a form in the place of what is there.

    Lengths of logs are judged by one another, so by those that are written only when all three can
    be read.
    """
    logs = {} if values.keys() >= {*_LOGS} else dict.fromkeys(_LOGS)
    right = {
        name: value
        for name, value in values.items()
        if name not in logs and hasattr(settings, name)
    }
    return replace(settings, **right)


def _written(settings: Settings) -> dict[str, Any]:
    """The settings as the form shows them."""
    values = asdict(settings)
    values["languages"] = settings.languages.split()
    for name in ("smallest_log", "largest_log", "member_floor", "chest_floor", "member_ceiling"):
        minutes = values[name]
        values[name] = "" if minutes is None else shown(hours.table(abs(minutes)))
    for name in ("joining_open", "confirm_automatically", "feed"):
        values[name] = "yes" if values[name] else ""
    return values


def _done(carried: service.Carried) -> list[Said]:
    sentences = [say("Done: these are the bank’s settings from now on.")]
    if carried.changed or carried.kept:
        sentences.append(
            count(
                "%(n)s member now has the new limits.",
                "%(n)s members now have the new limits.",
                carried.changed,
            )
        )
    if carried.kept:
        sentences.append(
            count(
                "%(n)s member keeps the old ones, being outside the new.",
                "%(n)s members keep the old ones, being outside the new.",
                carried.kept,
            )
        )
    return sentences
