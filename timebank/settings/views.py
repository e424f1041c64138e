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
from timebank.banks.models import Bank
from timebank.banks.rules import Settings
from timebank.db import reading
from timebank.errors import NotFound
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.members.current import act, bank
from timebank.room import first_day as first_day_of
from timebank.say import Said, count, say
from timebank.settings import service
from timebank.settings.rules import NewBankPicture, NewSettings, stylesheet
from timebank.settings.schemas import BankPictureForm, LogoForm, SettingsIn
from timebank.web.forms import Form, submit
from timebank.web.navigation import first_page
from timebank.web.words import mail_leaves

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
        few = [
            (people, count("%(n)s person", "%(n)s people", people)) for people in banks_rules.FEW
        ]
        spoken = [(code, voices.own_name(code)) for code in voices.offered()]
        return render_template("settings/show.html", form=form, steps=steps, few=few, spoken=spoken)

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
    return _kept_for_a_day(Response(picture.jpeg, mimetype="image/jpeg"))


@pages.get("/b/<bank>/settings/first-day")
@access("coordinator")
def first_day() -> str:
    """What a new bank has to have, ticked by what is really there."""
    return _first_day_page(Form())


def _first_day_page(form: Form) -> str:
    steps = first_day_of(reading(), bank(), plugged_in(), act())
    return render_template("settings/first_day.html", form=form, steps=steps)


@pages.post("/b/<bank>/settings/first-day/aside")
@access("coordinator")
def set_aside() -> Response:
    """Show the list on the desk no more."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.set_first_day_aside(session, bank(), act())
        words = say(
            "Done: the list is set aside. It stands under Settings, and can be brought back."
        )
        flash(shown(words), "undo:" + url_for(".bring_back"))
        return redirect(first_page(), 303)

    return submit(None, do, _first_day_page)


@pages.post("/b/<bank>/settings/first-day/back")
@access("coordinator")
def bring_back() -> Response:
    """Show the list on the desk again."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.bring_first_day_back(session, bank(), act())
        flash(shown(say("Done: the list stands on the desk again, as long as something is left.")))
        return redirect(url_for(".first_day"), 303)

    return submit(None, do, _first_day_page)


@pages.post("/b/<bank>/settings/trial-letter")
@access("coordinator")
def trial_letter() -> Response:
    """Send oneself a letter, to see whether e-mail leaves."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.send_trial(session, bank(), act())
        words = (
            say("Done: the letter is on its way. Look at the list again in a minute.")
            if mail_leaves()
            else say("The letter waits: no e-mail leaves this time bank yet.")
        )
        flash(shown(words))
        return redirect(url_for(".first_day"), 303)

    return submit(None, do, _first_day_page)


@pages.route("/b/<bank>/settings/logo", methods=["GET", "POST"])
@access("coordinator")
def logo() -> Response:
    """Give the bank a sign of its own, beside its name."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        file = values["photo"]
        service.put_logo(session, bank(), file.read() if file else b"", act())
        flash(shown(say("Done: the logo stands beside the name. You can take it away.")))
        return redirect(url_for(".logo"), 303)

    return submit(LogoForm(), do, _logo_page)


@pages.post("/b/<bank>/settings/logo/remove")
@access("coordinator")
def remove_logo() -> Response:
    """Take the logo away."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.take_logo_away(session, bank(), act())
        flash(shown(say("Done: the logo is gone.")))
        return redirect(url_for(".logo"), 303)

    return submit(None, do, _logo_page)


def _logo_page(form: Form) -> str:
    return render_template("settings/logo.html", form=form)


@pages.get("/b/<bank>/settings/logo/<logo_mark>")
@access("public")
def logo_file(logo_mark: str) -> Response:
    """The logo. Its address is another one for each, so that a browser may keep it for a day."""
    logo = banks.logo(reading(), bank())
    if logo is None or logo.mark != logo_mark:
        raise NotFound(say("There is no such picture here."))
    return _kept_for_a_day(Response(logo.png, mimetype="image/png"))


@pages.get("/b/<bank>/settings/colours/<palette>.css")
@access("public")
def colours(palette: str) -> Response:
    """What takes the place of damson, for those who ask for no stronger contrast. Its address is
    another one for each choice (see `own_colours`)."""
    if not bank().colour or palette != _palette(bank()):
        raise NotFound(say("There is no such page here."))
    light, dark = banks_rules.palettes(bank().colour, bank().colour_dark)
    return _kept_for_a_day(Response(stylesheet(light, dark), mimetype="text/css"))


def own_colours(of: Bank | None) -> str | None:
    """The address of the stylesheet of the bank's own colours, if it has any."""
    if of is None or not of.colour:
        return None
    return url_for("settings.colours", bank=of.slug, palette=_palette(of))


def _palette(of: Bank) -> str:
    return "".join((of.colour, of.colour_dark)).replace("#", "")


def _kept_for_a_day(answer: Response) -> Response:
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
