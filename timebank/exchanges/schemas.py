"""What the pages and the API of exchanges take and give. Amounts are whole minutes, parties are
accounts."""

from typing import Any

from marshmallow import fields, post_load, validate

from timebank.act import Word
from timebank.api.paging import PageIn
from timebank.exchanges.rules import LONGEST, SIDES, SPOKEN, STATUSES, WHO_DECIDED, WHY
from timebank.members.schemas import Party, PartyOut
from timebank.schema import Choice, Day, Minutes, Schema, Text

_WHO = 120
_CHANNELS = ("web", *SPOKEN)


class WordIn(Schema):
    """How the word came, for steps that a broker enters: on whose, through which channel, from
    which slip."""

    on_word_of: fields.Field[Any] = Party(load_default=None, allow_none=True)
    channel = Choice("Channel", _CHANNELS, load_default="web")
    slip = Text(LONGEST["slip"], load_default=None, allow_none=True)


class NoteIn(WordIn):
    """A step with a few words."""

    note = Text(LONGEST["note"], load_default="")


class FiguresIn(WordIn):
    """When help was given, how long it took, and what is said about it."""

    occurred_on = Day(required=True)
    minutes = Minutes(required=True)
    thanks = Text(LONGEST["thanks"], load_default="")
    title = Text(LONGEST["title"], load_default=None, allow_none=True)
    skill = Text(LONGEST["skill"], load_default=None, allow_none=True)


class ExchangeIn(WordIn):
    """A new exchange. With `occurred_on` and `minutes` it is logged at once, without proposed."""

    giver_id = Party(required=True, data_key="giver")
    receiver_id = Party(required=True, data_key="receiver")
    title = Text(
        LONGEST["title"],
        required=True,
        error_messages={"required": "Write in a few words what it is."},
    )
    skill = Text(LONGEST["skill"], load_default=None, allow_none=True)
    planned_on = Day(load_default=None, allow_none=True)
    occurred_on = Day(load_default=None, allow_none=True)
    minutes = Minutes(load_default=None, allow_none=True)
    thanks = Text(LONGEST["thanks"], load_default="")


class SettlementIn(NoteIn):
    """How a dispute is settled: so many minutes move, or none."""

    note = Text(LONGEST["note"], required=True)
    minutes = Minutes(load_default=None, allow_none=True)


class GiftIn(WordIn):
    """A gift of hours.

    Out of the chest, `decided_by` says who decided on it and `message` why, for everybody in the
    bank to read: name nobody.
    """

    from_id = Party(required=True, data_key="from")
    to_id = Party(required=True, data_key="to")
    minutes = Minutes(required=True)
    message = Text(LONGEST["message"], load_default="")
    decided_by = Text(LONGEST["decided_by"], load_default=None, allow_none=True)


class ListIn(PageIn):
    """Which exchanges are wanted: at one status, or of one party."""

    status = Choice("ExchangeStatus", STATUSES, load_default=None)
    party = Party(load_default=None, allow_none=True)


# ---- Forms ----


class WordForm(WordIn):
    """The word as a page posts it: of the account that stands beside the button, and handed on as
    one."""

    on_word_of = fields.Integer(load_default=None, allow_none=True)

    @post_load
    def take_word(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the three on as one."""
        word = Word(data.pop("channel"), data.pop("on_word_of"), data.pop("slip"))
        return {**data, "word": word}


class NoteForm(WordForm, NoteIn):
    """A step with a few words."""


class FiguresForm(WordForm, FiguresIn):
    """When help was given and how long it took."""


class SettlementForm(WordForm, SettlementIn):
    """How a dispute is settled."""


class _PersonIn(Schema):
    """Somebody, by number or letters of the name, and the account chosen where those can mean
    several."""

    who = Text(_WHO, load_default="")
    who_id = fields.Integer(load_default=None, allow_none=True)


class _TellerIn(_PersonIn):
    """On whose behalf the form is filled in: an account one may act for, or, for brokers, whoever
    is telling them."""

    for_id = fields.Integer(load_default=None, allow_none=True)
    teller = Text(_WHO, load_default="")
    teller_id = fields.Integer(load_default=None, allow_none=True)
    channel = fields.String(
        load_default="phone", validate=validate.OneOf(SPOKEN, error="Choose how you heard.")
    )
    slip = Text(LONGEST["slip"], load_default=None, allow_none=True)
    side = fields.String(
        required=True, validate=validate.OneOf(("gave", "got"), error="Choose one of the two.")
    )
    title = Text(
        LONGEST["title"],
        required=True,
        error_messages={"required": "Write in a few words what it is."},
    )


class LogForm(_TellerIn):
    """Hours to be logged out of the blue."""

    day = fields.String(load_default="other")
    occurred_on = Day(load_default=None, allow_none=True)
    hours = Text(20, load_default="")
    minutes = Text(20, load_default="")
    thanks = Text(LONGEST["thanks"], load_default="")


class ProposeForm(_TellerIn):
    """Help to be agreed on first."""

    planned_on = Day(load_default=None, allow_none=True)


class _GiftForm(_PersonIn):
    """How much is given, and what is said with it."""

    minutes = Minutes(required=True)
    message = Text(LONGEST["message"], load_default="")


class ChestForm(_GiftForm):
    """Hours to be given from the chest: who decided on it, and why."""

    decided_by = Text(
        LONGEST["decided_by"], required=True, error_messages={"required": WHO_DECIDED}
    )
    message = Text(LONGEST["message"], required=True, error_messages={"required": WHY})


class GiveForm(_GiftForm):
    """Hours to be given away."""

    for_id = fields.Integer(load_default=None, allow_none=True)
    to = fields.String(
        required=True,
        validate=validate.OneOf(("chest", "somebody"), error="Choose one of the two."),
    )


# ---- Answers ----


class ExchangeOut(Schema):
    """An exchange. `waiting_for` is the side whose word is awaited; null where none is."""

    id = fields.Integer(required=True, attribute="exchange.id")
    status = Choice("ExchangeStatus", STATUSES, required=True, attribute="exchange.status")
    waiting_for = Choice(
        "Side", SIDES, required=True, allow_none=True, attribute="exchange.waiting_for"
    )
    giver = fields.Nested(PartyOut, required=True)
    receiver = fields.Nested(PartyOut, required=True)
    title = fields.String(required=True, attribute="exchange.title")
    skill = fields.String(required=True, allow_none=True, attribute="exchange.skill")
    planned_on = fields.Date(required=True, allow_none=True, attribute="exchange.planned_on")
    occurred_on = fields.Date(required=True, allow_none=True, attribute="exchange.occurred_on")
    minutes = fields.Integer(required=True, allow_none=True, attribute="exchange.minutes")
    thanks = fields.String(required=True, attribute="exchange.thanks")
    slip = fields.String(required=True, allow_none=True, attribute="exchange.slip")
    reference = fields.String(required=True, allow_none=True, attribute="exchange.reference")
    proposed_at = fields.AwareDateTime(required=True, attribute="exchange.proposed_at")
    logged_at = fields.AwareDateTime(required=True, allow_none=True, attribute="exchange.logged_at")
    confirmed_at = fields.AwareDateTime(
        required=True, allow_none=True, attribute="exchange.confirmed_at"
    )
    entry = fields.Integer(required=True, allow_none=True, attribute="exchange.entry_id")
    reversal = fields.Integer(required=True, allow_none=True, attribute="exchange.reversal_id")
    replaces = fields.Integer(required=True, allow_none=True, attribute="exchange.replaces_id")


class GiftOut(Schema):
    """A gift; `entry` and `reversal` are where the books hold it, `decided_by` is there for those
    out of the chest."""

    id = fields.Integer(required=True)
    giver = fields.Nested(PartyOut, required=True, data_key="from")
    receiver = fields.Nested(PartyOut, required=True, data_key="to")
    minutes = fields.Integer(required=True)
    message = fields.String(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    given_at = fields.AwareDateTime(required=True)
    entry = fields.Integer(required=True, allow_none=True, attribute="entry_id")
    reversal = fields.Integer(required=True, allow_none=True, attribute="reversal_id")
