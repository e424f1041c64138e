"""What the pages and the API of matching take and give."""

from typing import Any, cast

from marshmallow import fields, post_load

from timebank.act import Channel, Entered, Word
from timebank.api.paging import PageIn, page_of
from timebank.api.schemas import Spoken
from timebank.exchanges.rules import LONGEST, SPOKEN, Note, Side
from timebank.matching.rules import (
    Answer,
    BoardFilters,
    FollowUp,
    IntroductionStatus,
    NewIntroduction,
    Outcome,
    Route,
    Says,
    Searched,
    SkillNamed,
    Weights,
)
from timebank.members.schemas import Party, PartyOut, despite
from timebank.say import say
from timebank.schema import Choice, Code, Day, Makes, Minutes, Range, Schema, Text
from timebank.skills.rules import Carer, ListingKind
from timebank.skills.schemas import ListingOut

_CHANNELS = (Channel.WEB, *SPOKEN)


def _weight() -> fields.Integer:
    words = say("Choose a number from 0 to 10.")
    messages = cast(Any, {"required": words, "invalid": words})
    return fields.Integer(required=True, validate=Range(0, 10, words), error_messages=messages)


class IntroductionIn(Makes[NewIntroduction]):
    """Whom to introduce over a request: the giver, the offer if there is one, and when to ask how
    it went."""

    giver_id: fields.Field[Any] = Party(required=True, data_key="giver")
    offer_id = fields.Integer(load_default=None, allow_none=True, data_key="offer")
    channel = Choice("Channel", _CHANNELS, load_default=Channel.PHONE)
    follow_up_on = Day(load_default=None, allow_none=True)
    receiver_agrees = fields.Boolean(load_default=False)
    despite = despite()


class IntroductionForm(IntroductionIn):
    """The same as a page posts it, with the account of the giver who was chosen."""

    giver_id = fields.Integer(required=True, data_key="giver")


class CarerForm(Makes[Carer]):
    """Which broker looks after a listing; none: nobody in particular."""

    broker_id = fields.Integer(load_default=None, allow_none=True, data_key="broker")


class AnswerIn(Makes[Answer]):
    """What one side says, and with a yes by what the other may reach them."""

    side = Code(Side, required=True)
    says = Code(Says, required=True)
    phone = fields.Boolean(load_default=False)
    email = fields.Boolean(load_default=False)
    despite = despite()


class WithdrawIn(Makes[Note]):
    """A few words for the staff on why it is called off."""

    note = Text(LONGEST["note"], load_default="")


class FollowUpIn(Makes[FollowUp]):
    """When to ask how it went; empty: not at all."""

    follow_up_on = Day(load_default=None, allow_none=True)


class FinishIn(Makes[Entered[Outcome]]):
    """How it ended: hours to be logged on the word of one of the two, or none."""

    occurred_on = Day(load_default=None, allow_none=True)
    minutes = Minutes(load_default=None, allow_none=True)
    on_word_of: fields.Field[Any] = Party(load_default=None, allow_none=True)
    channel = Choice("SpokenChannel", SPOKEN, load_default=Channel.PHONE)
    despite = despite()
    another = fields.Boolean(load_default=False)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Outcome]:
        """The hours, and on whose word they are."""
        word = Word(Channel(values["channel"]), values["on_word_of"], despite=values["despite"])
        occurred_on, minutes = values["occurred_on"], values["minutes"]
        return Entered(Outcome(occurred_on, minutes, another=values["another"]), word)


class FinishForm(FinishIn):
    """The same as a page posts it, with the account of whoever told."""

    on_word_of = fields.Integer(load_default=None, allow_none=True)


class WeightsIn(Makes[Weights]):
    """How much each reason counts, 0 to 10."""

    meaning = _weight()
    skill = _weight()
    near = _weight()
    times = _weight()
    language = _weight()
    fairness = _weight()
    known = _weight()
    hours = _weight()


class WeightsOut(Schema):
    """How much each reason counts, 0 to 10."""

    meaning = fields.Integer(required=True)
    skill = fields.Integer(required=True)
    near = fields.Integer(required=True)
    times = fields.Integer(required=True)
    language = fields.Integer(required=True)
    fairness = fields.Integer(required=True)
    known = fields.Integer(required=True)
    hours = fields.Integer(required=True)


class ReasonOut(Schema):
    """A reason in words, for somebody or against."""

    words = Spoken(required=True)
    speaks_for = fields.Boolean(required=True)


class CandidateOut(Schema):
    """Somebody who could help. `offer` is the id of the offer that answers the request; null: they
    gave such help before."""

    party = fields.Nested(PartyOut, required=True)
    request = fields.Integer(required=True, attribute="request.listing.id")
    offer = fields.Integer(
        required=True, allow_none=True, attribute="offer.listing.id", dump_default=None
    )
    score = fields.Float(required=True)
    reasons = fields.List(fields.Nested(ReasonOut), required=True)


class MatchesOut(Schema):
    """A shortlist, the best first; where nobody fits, who comes `nearest`. `route` is "words" where
    no model reads the bank's language."""

    items = fields.List(fields.Nested(CandidateOut), required=True)
    nearest = fields.List(fields.Nested(CandidateOut), required=True)
    route = Code(Route, required=True)


class ContactOut(Schema):
    """How somebody is reached."""

    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)


class IntroductionOut(Schema):
    """An introduction. What a side says is told to that side and the staff; how to reach the other,
    once both have said yes, as far as they allow it."""

    id = fields.Integer(required=True)
    status = Code(IntroductionStatus, required=True)
    request = fields.Integer(required=True)
    title = fields.String(required=True)
    offer = fields.Integer(required=True, allow_none=True)
    giver = fields.Nested(PartyOut, required=True)
    receiver = fields.Nested(PartyOut, required=True)
    giver_says = Code(Says, allow_none=True)
    receiver_says = Code(Says, allow_none=True)
    giver_contacts = fields.List(fields.Nested(ContactOut))
    receiver_contacts = fields.List(fields.Nested(ContactOut))
    introduced_at = fields.AwareDateTime(required=True)
    follow_up_on = fields.Date(allow_none=True)
    exchange = fields.Integer(required=True, allow_none=True)


class IntroductionsIn(PageIn):
    """Which introductions are wanted: of a broker all of the bank, of others their own and of those
    they act for."""

    under_way = fields.Boolean(load_default=False)


class SkillNamedIn(Makes[SkillNamed]):
    """The skill under which a listing is to stand."""

    skill_id = fields.Integer(required=True)


class BoardIn(Makes[BoardFilters]):
    """Which of the open requests are looked at, and after which of them."""

    mine = fields.Boolean(load_default=False)
    category = fields.Integer(load_default=None, allow_none=True)
    area = Text(80, load_default="")
    nobody = fields.Boolean(load_default=False)
    cursor = fields.Integer(load_default=None, allow_none=True)


class ProposalOut(Schema):
    """An open request, and who should be asked: null where nobody fits, or where it was not looked
    at yet."""

    request = fields.Nested(ListingOut, required=True)
    candidate = fields.Nested(CandidateOut, required=True, allow_none=True)
    looked_at = fields.Boolean(required=True)


class BoardOut(page_of(ProposalOut)):
    """A page of the board, how many requests there are in all, and when the worker last looked."""

    total = fields.Integer(required=True)
    made_at = fields.AwareDateTime(required=True, allow_none=True)


# ---- Search ----


class SearchIn(Schema):
    """What to look for: one or two words, or a sentence as one would say it."""

    q = fields.String(
        required=True,
        error_messages=cast(Any, {"required": say("Write what you are looking for.")}),
    )
    kind = Code(
        Searched,
        load_default=None,
        words=say(
            "Choose one of: %(choices)s, or leave it out for both.", choices=", ".join(Searched)
        ),
    )
    limit = fields.Integer(
        load_default=3, validate=Range(1, 50, say("Choose a number from 1 to 50."))
    )


class HitOut(Schema):
    """A listing that was found, and why. `member` is its holder's number, a partner's name where it
    has none; `party` names the holder as other calls take it."""

    id = fields.Integer(attribute="shown.listing.id")
    kind = Code(ListingKind, attribute="shown.listing.kind")
    title = fields.String(attribute="shown.listing.title")
    party = fields.String(attribute="shown.party.reference")
    member = fields.Function(lambda hit: _holder(hit), metadata={"type": "string"})
    score = fields.Float()
    reasons = fields.List(Spoken())


class FoundOut(Schema):
    """What a search found, the likest first. `route` is "words" or "meaning": of a sentence it is
    "words" where no model reads the bank's language."""

    query = fields.String()
    route = Code(Route)
    results = fields.List(fields.Nested(HitOut), attribute="hits")


def _holder(hit: Any) -> Any:
    return hit.shown.party.number or hit.shown.party.name
