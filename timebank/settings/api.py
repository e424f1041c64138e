"""The bank's rules for programs. Amounts are whole minutes, floors zero or below."""

from dataclasses import asdict, replace
from typing import Any

from flask_smorest import Blueprint

from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.http import access
from timebank.members.current import act, bank
from timebank.settings import service
from timebank.settings.rules import NewSettings
from timebank.settings.schemas import SettingsOut, SettingsPatchIn

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
