"""The bank's rules for programs. Amounts are whole minutes, floors zero or below."""

from dataclasses import asdict, replace
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.feature import plugged_in
from timebank.http import access
from timebank.members.current import act, bank
from timebank.room import first_day as first_day_of
from timebank.settings import service
from timebank.settings.rules import NewBankPicture, NewSettings
from timebank.settings.schemas import (
    BankPictureFileIn,
    BankPictureIn,
    BankPictureOut,
    FirstDayIn,
    FirstDayOut,
    LogoFileIn,
    LogoOut,
    SettingsOut,
    SettingsPatchIn,
)

resources = Blueprint(
    "settings", __name__, url_prefix="/api/v1/settings", description="The bank's rules"
)


@resources.route("", methods=["GET"])
@access("coordinator")
@resources.response(200, SettingsOut)
def show() -> Any:
    """What is settled for the bank."""
    return bank()


@resources.route("", methods=["PATCH"])
@access("coordinator", scope="write")
@resources.arguments(SettingsPatchIn(partial=True))
@resources.response(200, SettingsOut)
def change(values: dict[str, Any]) -> Any:
    """Change it; what is left out stays. With `carry_over` new limits are those of members too who
    had the old ones."""
    with transaction() as session:
        before = NewSettings(**asdict(banks.held_settings(session, bank())))
        new = replace(before, **values)
        service.change(session, bank(), new, act())
        return bank()


@resources.route("/picture", methods=["PUT"])
@access("coordinator", scope="write")
@resources.arguments(BankPictureIn, location="form")
@resources.arguments(BankPictureFileIn, location="files")
@resources.response(200, BankPictureOut)
def put_picture(values: dict[str, Any], files: dict[str, Any]) -> Any:
    """Show a picture on the bank's front page, made small and freed of what the camera wrote into
    it, or describe the one there is anew."""
    data = files["photo"].read() if files["photo"] else b""
    with transaction() as session:
        return service.put_picture(session, bank(), NewBankPicture(data, values["alt"]), act())


@resources.route("/picture", methods=["DELETE"])
@access("coordinator", scope="write")
@resources.response(204)
def take_picture_away() -> None:
    """Show the street that is drawn again."""
    with transaction() as session:
        service.take_picture_away(session, bank(), act())


@resources.route("/logo", methods=["PUT"])
@access("coordinator", scope="write")
@resources.arguments(LogoFileIn, location="files")
@resources.response(200, LogoOut)
def put_logo(files: dict[str, Any]) -> Any:
    """Show a sign beside the bank's name, made small."""
    data = files["photo"].read() if files["photo"] else b""
    with transaction() as session:
        return service.put_logo(session, bank(), data, act())


@resources.route("/logo", methods=["DELETE"])
@access("coordinator", scope="write")
@resources.response(204)
def take_logo_away() -> None:
    """Show the mark of Timebank again."""
    with transaction() as session:
        service.take_logo_away(session, bank(), act())


@resources.route("/first-day", methods=["GET"])
@access("coordinator")
@resources.response(200, FirstDayOut)
def first_day() -> Any:
    """What a new bank has to have, as far as it is really there."""
    return _first_day(reading())


@resources.route("/first-day", methods=["PATCH"])
@access("coordinator", scope="write")
@resources.arguments(FirstDayIn)
@resources.response(200, FirstDayOut)
def set_aside(values: dict[str, Any]) -> Any:
    """Set the list aside, or bring it back to the desk."""
    with transaction() as session:
        if values["set_aside"]:
            service.set_first_day_aside(session, bank(), act())
        else:
            service.bring_first_day_back(session, bank(), act())
        return _first_day(session)


def _first_day(session: Session) -> dict[str, Any]:
    steps = first_day_of(session, bank(), plugged_in(), act())
    return {"steps": steps, "set_aside_at": bank().first_day_over_at}


@resources.route("/trial-letter", methods=["POST"])
@access("coordinator", scope="write")
@resources.response(204)
def trial_letter() -> None:
    """Send the caller a letter by e-mail, to see whether it goes."""
    with transaction() as session:
        service.send_trial(session, bank(), act())
