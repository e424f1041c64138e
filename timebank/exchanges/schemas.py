"""What the pages and the API of exchanges take and give. Amounts are whole minutes. A program names
parties (`member:4`), a page has their accounts."""

from typing import Any, Generic, TypeVar

from marshmallow import fields, post_load

from timebank.act import Channel, Entered, Word
from timebank.api.paging import PageIn
from timebank.exchanges import rules
from timebank.exchanges.meant import Gave, WrittenAsk, WrittenGift, WrittenLog, WrittenProposal
from timebank.exchanges.rules import (
    LONGEST,
    SPOKEN,
    WHAT,
    WHO_DECIDED,
    WHY,
    Bother,
    Correction,
    Figures,
    NewGift,
    NewLog,
    Note,
    Objection,
    Proposal,
    Settlement,
    Side,
    Status,
    WhichDay,
)
from timebank.ledger.rules import LONGEST_WHY
from timebank.members.schemas import Party, PartyOut, despite
from timebank.say import say
from timebank.schema import (
    OTHER,
    Choice,
    Day,
    Made,
    Makes,
    Minutes,
    MinutesChosen,
    Schema,
    Text,
    wrong,
)

_WHO = 120
_CHANNELS = (Channel.WEB, *SPOKEN)
_WHAT = {"required": [WHAT]}
_WHO_HELPS = say("Choose which of the two it is.")
_TO_WHOM = say("Choose to whom: the chest, or somebody.")

Value = TypeVar("Value")


class _WordIn(Makes[Entered[Value]], Generic[Value]):
    """How the word came, for steps that a broker enters: on whose, through which channel, from
    which slip. Whatever else is sent comes out as one value."""

    on_word_of: fields.Field[Any] = Party(load_default=None, allow_none=True)
    channel = Choice("Channel", _CHANNELS, load_default=Channel.WEB)
    slip = Text(LONGEST["slip"], load_default=None, allow_none=True)
    despite = despite()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Value]:
        """The value, and the word."""
        channel = Channel(values.pop("channel"))
        word = Word(channel, values.pop("on_word_of"), values.pop("slip"), values.pop("despite"))
        return Entered(self.value(values), word)

    def value(self, values: dict[str, Any]) -> Value:
        """What was sent besides the word."""
        return self.made(**values)


class WordIn(_WordIn[None]):
    """A step in which nothing is said but the word."""


class NoteIn(_WordIn[Note]):
    """A step with a few words."""

    note = Text(LONGEST["note"], load_default="")


class ObjectionIn(_WordIn[Objection]):
    """What is wrong, or how long one thinks it was."""

    note = Text(LONGEST["note"], load_default="")
    minutes = Minutes(load_default=None, allow_none=True)


class _FiguresFields(Schema):
    occurred_on = Day(required=True)
    minutes = Minutes(required=True)
    thanks = Text(LONGEST["thanks"], load_default="")
    title = Text(LONGEST["title"], load_default=None, allow_none=True)
    skill = Text(LONGEST["skill"], load_default=None, allow_none=True)
    another = fields.Boolean(load_default=False)


class FiguresIn(_FiguresFields, _WordIn[Figures]):
    """When help was given, how long it took, and what is said about it."""


class AgainIn(_FiguresFields, _WordIn[Correction]):
    """What was taken back or called off, put right."""


class ExchangeIn(_WordIn[NewLog | Proposal]):
    """A new exchange. With `occurred_on` and `minutes` it is logged at once, without proposed."""

    giver_id = Party(required=True, data_key="giver")
    receiver_id = Party(required=True, data_key="receiver")
    title = Text(LONGEST["title"], required=True, error_messages=_WHAT)
    skill = Text(LONGEST["skill"], load_default=None, allow_none=True)
    planned_on = Day(load_default=None, allow_none=True)
    occurred_on = Day(load_default=None, allow_none=True)
    minutes = Minutes(load_default=None, allow_none=True)
    thanks = Text(LONGEST["thanks"], load_default="")
    another = fields.Boolean(
        load_default=False,
        metadata={"description": "It is not the help that is written down already."},
    )
    note = Text(
        LONGEST["note"],
        load_default="",
        metadata={"description": "What is said with what is proposed, beside its title."},
    )

    def value(self, values: dict[str, Any]) -> NewLog | Proposal:
        """Help to be logged, or to be agreed on."""
        missing = [name for name in ("occurred_on", "minutes") if values[name] is None]
        if len(missing) == 1:
            both = say("To log help, say both when it was and how long it took.")
            raise wrong(both, missing[0])
        of_a_log = ("occurred_on", "minutes", "thanks", "another")
        left_out = of_a_log if missing else ("planned_on", "note")
        kind = Proposal if missing else NewLog
        return kind(**{name: value for name, value in values.items() if name not in left_out})


class BotherIn(Makes[Bother]):
    """What bothers somebody about what they are asked, and whether the two are to be kept apart."""

    why = Text(LONGEST["note"], load_default="")
    apart = fields.Boolean(load_default=False)


class SettlementIn(_WordIn[Settlement]):
    """How a dispute is settled: so many minutes move, or none."""

    note = Text(LONGEST["note"], required=True)
    minutes = Minutes(load_default=None, allow_none=True)


class BackIn(Schema):
    """Why a gift is taken back: asked of brokers, unless they undo their own."""

    why = Text(LONGEST_WHY, load_default="")


class GiftIn(_WordIn[NewGift]):
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

    status = Choice("ExchangeStatus", Status, load_default=None)
    party = Party(load_default=None, allow_none=True)


# ---- Forms ----


class _ByAccount(Schema):
    """The word as a page posts it: of the account that stands beside the button."""

    on_word_of = fields.Integer(load_default=None, allow_none=True)


class WordForm(_ByAccount, WordIn):
    """A step in which nothing is said but the word."""


class NoteForm(_ByAccount, NoteIn):
    """A step with a few words."""


class ObjectionForm(_ByAccount, ObjectionIn):
    """What is wrong, or how long one thinks it was."""


class FiguresForm(_ByAccount, FiguresIn):
    """When help was given and how long it took."""


class AgainForm(_ByAccount, AgainIn):
    """What was taken back or called off, put right."""


class SettlementForm(_ByAccount, SettlementIn):
    """How a dispute is settled."""


class _Chosen(fields.Integer):
    """The account of somebody who was offered, or None for somebody else."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """The account."""
        field: Any = super()
        return field.deserialize(None if value == OTHER else value, *args, **kwargs)


class _PersonForm(Makes[Made]):
    """Somebody, by number or letters of the name, and the account chosen of those offered, or where
    the letters can mean several."""

    who = Text(_WHO, load_default="")
    who_id = _Chosen(load_default=None, allow_none=True)
    despite = despite()


class _TellingForm(Makes[Made]):
    """On whose behalf the form is filled in: an account one may act for, or, for brokers, whoever
    is telling them."""

    for_id = fields.Integer(load_default=None, allow_none=True)
    teller = Text(_WHO, load_default="")
    teller_id = fields.Integer(load_default=None, allow_none=True)
    channel = Choice(
        "Channel", SPOKEN, words=say("Choose how you heard."), load_default=Channel.PHONE
    )
    slip = Text(LONGEST["slip"], load_default=None, allow_none=True)


class _TellerForm(_TellingForm[Made], _PersonForm[Made]):
    """On whose behalf, who the other is, and what it is."""

    side = Choice(
        "Gave", Gave, words=_WHO_HELPS, required=True, error_messages={"required": [_WHO_HELPS]}
    )
    title = Text(LONGEST["title"], required=True, error_messages=_WHAT)


class AskForm(_TellingForm[WrittenAsk]):
    """What somebody is asked for, or offered."""

    words = Text(
        LONGEST["note"],
        required=True,
        error_messages={"required": [say("Write it in your own words.")]},
    )
    when = fields.String(load_default="")
    planned_on = Day(load_default=None, allow_none=True)
    listing_id = fields.Integer(load_default=None, allow_none=True)
    despite = despite()


class LogForm(_TellerForm[WrittenLog]):
    """Hours to be logged out of the blue."""

    day = Choice("WhichDay", WhichDay, words=rules.WHICH_DAY, load_default=None)
    occurred_on = Day(load_default=None, allow_none=True)
    minutes = MinutesChosen("long")
    thanks = Text(LONGEST["thanks"], load_default="")
    another = fields.Boolean(load_default=False)


class ProposeForm(_TellerForm[WrittenProposal]):
    """Help to be agreed on first."""

    planned_on = Day(load_default=None, allow_none=True)


class ChestForm(_PersonForm[WrittenGift]):
    """Hours to be given from the chest: how much, who decided on it, and why."""

    minutes = Minutes(required=True)
    decided_by = Text(
        LONGEST["decided_by"], required=True, error_messages={"required": [WHO_DECIDED]}
    )
    message = Text(LONGEST["message"], required=True, error_messages={"required": [WHY]})


class GiveForm(_PersonForm[WrittenGift]):
    """Hours to be given away."""

    for_id = fields.Integer(load_default=None, allow_none=True)
    to = Choice(
        "GiftTo",
        ("chest", "somebody"),
        words=_TO_WHOM,
        required=True,
        error_messages={"required": [_TO_WHOM]},
    )
    minutes = Minutes(required=True)
    message = Text(LONGEST["message"], load_default="")


# ---- Answers ----


class ExchangeOut(Schema):
    """An exchange. `waiting_for` is the side whose word is awaited; null where none is."""

    id = fields.Integer(required=True, attribute="exchange.id")
    status = Choice("ExchangeStatus", Status, required=True, attribute="exchange.status")
    waiting_for = Choice(
        "Side", Side, required=True, allow_none=True, attribute="exchange.waiting_for"
    )
    giver = fields.Nested(PartyOut, required=True)
    receiver = fields.Nested(PartyOut, required=True)
    title = fields.String(required=True, attribute="exchange.title")
    skill = fields.String(required=True, allow_none=True, attribute="exchange.skill")
    planned_on = fields.Date(required=True, allow_none=True, attribute="exchange.planned_on")
    occurred_on = fields.Date(required=True, allow_none=True, attribute="exchange.occurred_on")
    minutes = fields.Integer(required=True, allow_none=True, attribute="exchange.minutes")
    thought_minutes = fields.Integer(
        required=True,
        allow_none=True,
        attribute="exchange.thought_minutes",
        metadata={"description": "While it is disputed: how long whoever objects thinks it was."},
    )
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


class ConsentOut(Schema):
    """Whether the thanks of an exchange are shown to all members: whether this side has let them
    be, and whether both have."""

    own = fields.Boolean(required=True)
    shown = fields.Boolean(required=True, attribute="both")


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
