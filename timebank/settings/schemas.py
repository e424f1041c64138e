"""What the settings page takes: every rule as a coordinator writes it."""

from collections.abc import Mapping
from typing import Any

from flask_smorest.fields import Upload
from marshmallow import fields, post_load
from werkzeug.datastructures import FileStorage

from timebank.api.schemas import Spoken
from timebank.banks.rules import LONGEST, SlipNumbers
from timebank.ledger.rules import LONGEST_WHY
from timebank.members.schemas import BelowZero
from timebank.schema import Code, File, Makes, Minutes, Schema, Text
from timebank.settings.rules import LONGEST_ALT, NewBankPicture, NewSettings


class Languages(fields.List[str]):
    """Tags of languages; kept as one text, parted by spaces."""

    def __init__(self, **kwargs: Any):
        super().__init__(fields.String(), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        codes: Any = super()._deserialize(  # pyright: ignore[reportUnknownMemberType]
            value, attr, data, **kwargs
        )
        return " ".join(dict.fromkeys(codes))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value.split()


class Colour(Text):
    """A colour such as `#66204f`; large letters are as good as small ones."""

    def __init__(self) -> None:
        super().__init__(20, load_default="")

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        return super()._deserialize(value, attr, data, **kwargs).lower()


class _Written(Schema):
    name = Text(LONGEST["name"], required=True)
    place = Text(LONGEST["place"], load_default="")
    about = Text(LONGEST["about"], load_default="")
    timezone = Text(LONGEST["timezone"], required=True)
    language = fields.String(load_default="en")
    languages = Languages(load_default="en")
    contact_name = Text(LONGEST["contact_name"], load_default="")
    contact_phone = Text(LONGEST["contact_phone"], load_default="")
    contact_email = Text(LONGEST["contact_email"], load_default="")
    joining_open = fields.Boolean(load_default=False)
    feed = fields.Boolean(load_default=False)
    embeds = Text(LONGEST["embeds"], load_default="")
    rounding = fields.Integer(required=True)
    smallest_log = Minutes(required=True)
    largest_log = Minutes(required=True)
    member_floor = BelowZero(required=True, large=True)
    member_ceiling = Minutes(load_default=None, large=True)
    chest_floor = BelowZero(required=True, large=True)
    carry_over = fields.Boolean(load_default=False)
    why = Text(LONGEST_WHY, load_default="")
    waiting_days = fields.Integer(required=True)
    confirm_automatically = fields.Boolean(load_default=False)
    few = fields.Integer(required=True)
    figures_minutes = fields.Integer(load_default=60)
    privacy = Text(LONGEST["privacy"], load_default="")
    keep_messages = fields.Integer(load_default=24)
    keep_notes = fields.Integer(load_default=24)
    keep_notices = fields.Integer(load_default=12)
    keep_applications = fields.Integer(load_default=6)
    keep_slips = fields.Integer(load_default=24)
    keep_checks = fields.Integer(load_default=12)
    keep_concerns = fields.Integer(load_default=72)
    welcome = Text(LONGEST["welcome"], load_default="")
    colour = Colour()
    colour_dark = Colour()
    slip_numbers = Code(SlipNumbers, load_default=SlipNumbers.OPTIONAL)


class SettingsIn(_Written, Makes[NewSettings]):
    """The bank's details and rules."""


class SettingsPatchIn(_Written):
    """What is to change of the bank's details and rules; what is left out stays."""

    member_floor = Minutes(large=True)
    chest_floor = Minutes(large=True)


class SettingsOut(Schema):
    """The bank's details and rules."""

    name = fields.String(required=True)
    place = fields.String(required=True)
    about = fields.String(required=True)
    timezone = fields.String(required=True)
    language = fields.String(required=True)
    languages = Languages(required=True)
    contact_name = fields.String(required=True)
    contact_phone = fields.String(required=True)
    contact_email = fields.String(required=True)
    joining_open = fields.Boolean(required=True)
    feed = fields.Boolean(required=True)
    embeds = fields.String(required=True)
    rounding = fields.Integer(required=True)
    smallest_log = fields.Integer(required=True)
    largest_log = fields.Integer(required=True)
    member_floor = fields.Integer(required=True)
    member_ceiling = fields.Integer(required=True, allow_none=True)
    chest_floor = fields.Integer(required=True)
    waiting_days = fields.Integer(required=True)
    confirm_automatically = fields.Boolean(required=True)
    few = fields.Integer(required=True)
    figures_minutes = fields.Integer(required=True)
    privacy = fields.String(required=True)
    keep_messages = fields.Integer(required=True)
    keep_notes = fields.Integer(required=True)
    keep_notices = fields.Integer(required=True)
    keep_applications = fields.Integer(required=True)
    keep_slips = fields.Integer(required=True)
    keep_checks = fields.Integer(required=True)
    keep_concerns = fields.Integer(required=True)
    welcome = fields.String(required=True)
    colour = fields.String(required=True)
    colour_dark = fields.String(required=True)
    slip_numbers = Code(SlipNumbers, required=True)


class StepOut(Schema):
    """Something a new bank has to have, whether it is there, and what to do about it if not."""

    kind = fields.String(required=True)
    title = Spoken(required=True)
    done = fields.Boolean(required=True)
    to_do = Spoken(required=True)


class FirstDayOut(Schema):
    """What a new bank has to have, and when a coordinator set the list aside, if one did."""

    steps: fields.List[Any] = fields.List(fields.Nested(StepOut), required=True)
    set_aside_at = fields.AwareDateTime(required=True, allow_none=True)


class FirstDayIn(Schema):
    """Whether the list is set aside."""

    set_aside = fields.Boolean(required=True)


class LogoForm(Schema):
    """The bank's sign."""

    photo = File()


class LogoFileIn(Schema):
    """The sign, as a file of a multipart request."""

    photo = Upload(load_default=None)


class LogoOut(Schema):
    """The sign beside the bank's name."""

    mark = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)


class BankPictureForm(Makes[NewBankPicture]):
    """A picture for the front page, and what is to be seen."""

    photo = File()
    alt = Text(LONGEST_ALT, load_default="")

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> NewBankPicture:
        """The picture as it came. Its file is left as it was found, for others to read."""
        file: FileStorage | None = values["photo"]
        data = file.read() if file else b""
        if file:
            file.seek(0)
        return NewBankPicture(data, values["alt"])


class BankPictureIn(Schema):
    """What is to be seen on the picture; the picture itself comes as the file `photo`, and can be
    left out to describe the one there is anew."""

    alt = Text(LONGEST_ALT, load_default="")


class BankPictureFileIn(Schema):
    """The picture, as a file of a multipart request."""

    photo = Upload(load_default=None)


class BankPictureOut(Schema):
    """The picture on the front page."""

    mark = fields.String(required=True)
    alt = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
