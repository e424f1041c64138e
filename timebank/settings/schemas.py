"""What the settings page takes: every rule as a coordinator writes it."""

from typing import Any

from marshmallow import fields, post_load

from timebank.banks.rules import LONGEST
from timebank.schema import Minutes, Schema, Text


class SettingsIn(Schema):
    """The bank's details and rules. The floors are written as how far below zero an account may go."""

    name = Text(LONGEST["name"], required=True)
    about = Text(LONGEST["about"], load_default="")
    timezone = Text(LONGEST["timezone"], required=True)
    contact_name = Text(LONGEST["contact_name"], load_default="")
    contact_phone = Text(LONGEST["contact_phone"], load_default="")
    contact_email = Text(LONGEST["contact_email"], load_default="")
    joining_open = fields.Boolean(load_default=False)
    rounding = fields.Integer(required=True)
    smallest_log = Minutes(required=True)
    largest_log = Minutes(required=True)
    member_floor = Minutes(required=True)
    member_ceiling = Minutes(load_default=None)
    chest_floor = Minutes(required=True)
    carry_over = fields.Boolean(load_default=False)
    waiting_days = fields.Integer(required=True)
    confirm_automatically = fields.Boolean(load_default=False)

    few = fields.Integer(required=True)

    @post_load
    def _below_zero(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return data | {"member_floor": -data["member_floor"], "chest_floor": -data["chest_floor"]}
