"""What the pages and the API of the fund take and give. Amounts are whole: minutes or pence; a text
is read as people write it, “£1,200.50” or “20 hours”."""

# marshmallow's own types leave much of what this overrides unknown.
# pyright: reportUnknownMemberType=false

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from marshmallow import fields, post_load

from timebank import hours, money
from timebank.act import Entered, Word
from timebank.dialogue.rules import PointKind
from timebank.errors import Invalid
from timebank.fund.counting import CountMethod
from timebank.fund.rules import (
    LONGEST,
    Accounted,
    Checked,
    Days,
    Finding,
    Found,
    FundUnit,
    NewCeiling,
    NewPoint,
    NewProposal,
    NewReport,
    NewRound,
    NewSmallAward,
    PutIn,
    RoundState,
    Scrutineers,
    Ticks,
)
from timebank.members.rules import LONGEST as NAMES
from timebank.members.rules import Capacity
from timebank.members.schemas import despite
from timebank.say import Said, say
from timebank.schema import Code, Day, Makes, Schema, Text, wrong

_LARGEST = 10**12


class Amount(fields.Field[int]):
    """A whole number of minutes or pence, or how people write it: with a pound sign, a comma or a
    point it is money; with another word, a length of time. `unit` says which a bare number is;
    without it, the field `unit` beside it does."""

    def __init__(self, unit: FundUnit | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.unit = unit

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return self._of_a_size(value)
        text = str(value).strip()
        unit = self.unit or str((data or {}).get("unit", FundUnit.PENCE))
        if unit == FundUnit.PENCE:
            return self._pence(text)
        try:
            return hours.parse(text, large=True)
        except Invalid as refusal:
            raise wrong(refusal.message) from refusal

    def _pence(self, text: str) -> int:
        amount = money.pence(text)
        if amount is None:
            raise wrong(
                say("“%(text)s” is no amount of money. Write it as £450 or £14.50.", text=text[:40])
            )
        return self._of_a_size(amount)

    @staticmethod
    def _of_a_size(amount: int) -> int:
        if abs(amount) > _LARGEST:
            raise wrong(say("That number is too large."))
        return amount


class RoundIn(Makes[NewRound]):
    """A round with its days; `unit` is what it shares out."""

    title = Text(LONGEST["title"], required=True)
    purpose = Text(LONGEST["words"], required=True)
    not_for = Text(LONGEST["words"], load_default="")
    unit = Code(FundUnit, required=True)
    budget = Amount(required=True)
    smallest = Amount(required=True)
    largest = Amount(required=True)
    method = Code(CountMethod, load_default=CountMethod.SHARES)
    publish_ballots = fields.Boolean(load_default=False)
    ideas_on = Day(required=True)
    checking_on = Day(required=True)
    talking_on = Day(required=True)
    voting_on = Day(required=True)
    closes_on = Day(required=True)
    reports_on = Day(required=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> NewRound:
        """The round, its days as one."""
        days = Days(**{name: values.pop(name) for name in Days.__dataclass_fields__})
        return NewRound(**values, days=days)


class RoundStepIn(Schema):
    """The step that a round goes to, and why where it goes back or ends."""

    state = Code(RoundState, required=True)
    why = Text(LONGEST["reason"], load_default="")


def _asked(sentence: Said) -> Any:
    """What is said where a field was left out."""
    return {"required": sentence, "null": sentence}


_WHO = 120
"""Letters of a name or a number that is written on a page."""


class _IdeaIn(Makes[Entered[NewProposal]]):
    """An idea, without what it costs; and why those meet by it who are kept apart."""

    title = Text(LONGEST["title"], required=True)
    what = Text(LONGEST["words"], required=True)
    whom = Text(LONGEST["words"], load_default="")
    place = Text(LONGEST["place"], load_default="")
    brings = Text(LONGEST["words"], load_default="")
    party_id = fields.Integer(load_default=None, allow_none=True)
    resident_lead_id = fields.Integer(load_default=None, allow_none=True)
    option_id = fields.Integer(load_default=None, allow_none=True)
    priority_id = fields.Integer(load_default=None, allow_none=True)
    despite = despite()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewProposal]:
        """The idea, and why they meet."""
        word = Word(despite=values.pop("despite"))
        return Entered(NewProposal(**values), word)


class IdeaIn(_IdeaIn):
    """An idea that costs pence (or minutes, as a number)."""

    cost = Amount(FundUnit.PENCE, required=True)


class HoursIdeaIn(_IdeaIn):
    """An idea that costs hours."""

    cost = Amount(FundUnit.MINUTES, required=True)


@dataclass(frozen=True)
class WrittenIdea:
    """An idea, with the names of whose it is and of who leads it; empty: nobody is named."""

    idea: Entered[NewProposal]
    whose: str
    resident_lead: str


class _WrittenIn(_IdeaIn):
    """An idea as it is written on a page: whose it is, where the staff write it down, and which
    resident leads it, each by a number or a name."""

    whose = Text(_WHO, load_default="")
    resident_lead = Text(_WHO, load_default="")

    @post_load
    def make(self, values: dict[str, Any], **more: Any) -> Any:
        """The idea, and the two names."""
        names = {name: values.pop(name) for name in ("whose", "resident_lead")}
        return WrittenIdea(super().make(values, **more), **names)


class WrittenIdeaIn(_WrittenIn, IdeaIn):
    """An idea that costs pence, as it is written on a page."""


class HoursWrittenIdeaIn(_WrittenIn, HoursIdeaIn):
    """An idea that costs hours, as it is written on a page."""


class RoundMeetingIn(Schema):
    """A session of an activity at which a round is talked over."""

    session_id = fields.Integer(
        required=True,
        error_messages=_asked(say("Choose one of the sessions.")),
    )


class _FoundIn(Schema):
    """What two people found; `cost` in the round's unit where it changes."""

    resident_id = fields.Integer(required=True)
    professional_id = fields.Integer(required=True)
    verdict = Code(Finding, required=True)
    why = Text(LONGEST["reason"], load_default="")
    cost = Amount(load_default=None, allow_none=True)
    title = Text(LONGEST["title"], load_default="")
    despite = despite()


class IdeaCheckedIn(_FoundIn, Makes[Entered[Checked]]):
    """What two people found; `cost` in the round's unit where it changes."""

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Checked]:
        """What was found, and why they meet."""
        word = Word(despite=values.pop("despite"))
        return Entered(Checked(**values), word)


def _who() -> Text:
    """Somebody, by name or number, as a page asks."""
    return Text(
        NAMES["name"],
        required=True,
        error_messages=cast(Any, {"required": say("Write who it is.")}),
    )


def _picked() -> fields.Integer:
    """The account of one of those whom a name can mean."""
    return fields.Integer(load_default=None, allow_none=True)


class _FoundForm(_FoundIn):
    """What two people found, who are named."""

    resident = _who()
    resident_id = _picked()
    professional = _who()
    professional_id = _picked()


class IdeaCheckedForm(_FoundForm):
    """What two people found of an idea, as a page asks for it."""


class JoinedForm(_FoundForm):
    """What two people found, and the other idea that stands for both."""

    into_id = fields.Integer(required=True)


class FindingIn(Makes[Found]):
    """What one of the two found themselves."""

    verdict = Code(Finding, required=True)
    why = Text(LONGEST["reason"], load_default="")


class JoinedIn(_FoundIn):
    """The same, with the other idea that stands for both."""

    into_id = fields.Integer(required=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Any:
        """The other idea, what was found, and why they meet."""
        word = Word(despite=values.pop("despite"))
        return values.pop("into_id"), Entered(Checked(**values), word)


class IdeaPointIn(Makes[NewPoint]):
    """Something said of an idea; `nobody`: at a meeting, by nobody who is named."""

    kind = Code(PointKind, required=True)
    words = Text(LONGEST["words"], required=True)
    capacity = Code(Capacity, load_default=Capacity.RESIDENT)
    nobody = fields.Boolean(load_default=False)


class IdeaAnswerIn(Schema):
    """An answer, or a reason."""

    words = Text(LONGEST["words"], required=True)


class FundReasonIn(Schema):
    """Why."""

    why = Text(LONGEST["reason"], required=True)


class ConditionsIn(Schema):
    """What an award is given on condition of."""

    conditions = Text(LONGEST["reason"], load_default="")


class ScrutineersIn(Makes[Entered[Scrutineers]]):
    """The two who see the count first, and why they do though they are kept apart."""

    resident_id = fields.Integer(required=True)
    other_id = fields.Integer(required=True)
    despite = despite()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Scrutineers]:
        """The two, and why they meet."""
        word = Word(despite=values.pop("despite"))
        return Entered(Scrutineers(**values), word)


class ScrutineersForm(Schema):
    """The two who see the count first, as a page asks for them."""

    resident = _who()
    resident_id = _picked()
    other = _who()
    other_id = _picked()
    despite = despite()


class TicksIn(Makes[Ticks]):
    """What is ticked, or none of these."""

    proposals = fields.List(fields.Integer(), load_default=list)
    none = fields.Boolean(load_default=False)


class BallotStep(StrEnum):
    """What the pages do with a ballot: read it back, cast it, or show the list to be changed."""

    CHECK = "check"
    CAST = "cast"
    CHANGE = "change"


class BallotIn(TicksIn):
    """What is ticked on a page, and what is done with it."""

    step = Code(BallotStep, load_default=BallotStep.CHECK)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Any:
        """What is done, and the ticks."""
        return values.pop("step"), Ticks(**values)


class ReceiptCodeIn(Schema):
    """The code of a receipt or a paper."""

    code = Text(40, required=True)


class ChangeIn(BallotIn):
    """The code of a receipt or a paper, what is ticked now, and what is done with it."""

    code = Text(40, required=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Any:
        """The code, what is done, and the ticks."""
        return values.pop("code"), values.pop("step"), Ticks(**values)


class VoteClosingIn(Schema):
    """How many of the numbered papers were given out, and how many of those were spoilt; neither
    where all came back, or there were none."""

    given_out = fields.Integer(load_default=None, allow_none=True)
    spoilt = fields.Integer(load_default=0)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> dict[str, Accounted | None]:
        """What became of the papers, as `papers`."""
        given_out, spoilt = values["given_out"], values["spoilt"]
        return {"papers": None if given_out is None else Accounted(given_out, spoilt)}


class AwardReportIn(Makes[NewReport]):
    """What an award led to; `spent` in the round's unit; `activity_id` is an activity that one
    leads, in whose log it stands too."""

    words = Text(LONGEST["words"], required=True)
    spent = Amount(FundUnit.PENCE, required=True)
    reached = fields.Integer(load_default=0)
    lesson = Text(LONGEST["words"], load_default="")
    activity_id = fields.Integer(load_default=None, allow_none=True)


class HoursAwardReportIn(AwardReportIn):
    """The same of hours."""

    spent = Amount(FundUnit.MINUTES, required=True)


class CeilingIn(Makes[NewCeiling]):
    """How much a panel may give, at once and in a year; `unit` is of what."""

    unit = Code(FundUnit, required=True)
    at_once = Amount(required=True)
    a_year = Amount(required=True)


class _SmallAwardIn(Schema):
    title = Text(LONGEST["title"], required=True)
    unit = Code(FundUnit, required=True)
    amount = Amount(required=True)
    why = Text(LONGEST["reason"], required=True)
    sat_on = Day(required=True)
    report_due_on = Day(required=True)
    despite = despite()


class SmallAwardForm(_SmallAwardIn):
    """What a panel decided, as a page asks for it: a place that is left empty is nobody."""

    party = _who()
    party_id = _picked()
    panel = fields.List(Text(NAMES["name"]), required=True)


class SmallAwardIn(_SmallAwardIn, Makes[Entered[NewSmallAward]]):
    """What a panel decided: `panel` are those who sat there, two residents at least and one other;
    and why those meet by it who are kept apart."""

    party_id = fields.Integer(required=True)
    panel = fields.List(fields.Integer(), required=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewSmallAward]:
        """What was decided, and why they meet."""
        word = Word(despite=values.pop("despite"))
        return Entered(NewSmallAward(**values), word)


class PutInIn(Makes[PutIn]):
    """Money that an organisation put in."""

    pence = Amount(FundUnit.PENCE, required=True)
    occurred_on = Day(required=True)
    memo = Text(LONGEST["reason"], load_default="")


class OrganisationPutInIn(PutInIn):
    """The same, with the organisation."""

    organisation_id = fields.Integer(required=True)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Any:
        """The organisation, and what it put in."""
        return values.pop("organisation_id"), PutIn(**values)


class PapersIn(Schema):
    """How many numbered papers; none: one for each member who has no e-mail."""

    number = fields.Integer(load_default=0)


class PaperTypedIn(Schema):
    """A paper as it is typed in: its code, and the numbers of the ticked lines; `again` for the
    second reading."""

    code = Text(40, required=True)
    lines = Text(200, load_default="")
    again = fields.Boolean(load_default=False)


# ---- What is given ----


class RoundOut(Schema):
    """A round; amounts in its unit."""

    id = fields.Integer()
    title = fields.String()
    purpose = fields.String()
    not_for = fields.String()
    unit = Code(FundUnit)
    budget = fields.Integer()
    smallest = fields.Integer()
    largest = fields.Integer()
    method = Code(CountMethod)
    state = Code(RoundState)
    ideas_on = fields.Date()
    checking_on = fields.Date()
    talking_on = fields.Date()
    voting_on = fields.Date()
    closes_on = fields.Date()
    reports_on = fields.Date()
    publish_ballots = fields.Boolean()
    back_why = fields.String()
    off_why = fields.String()
    given_out = fields.Integer(allow_none=True)
    spoilt = fields.Integer(allow_none=True)


class IdeaOut(Schema):
    """An idea; the cost in the round's unit."""

    id = fields.Integer()
    round_id = fields.Integer()
    title = fields.String()
    what = fields.String()
    whom = fields.String()
    place = fields.String()
    cost = fields.Integer()
    brings = fields.String()
    verdict = Code(Finding, allow_none=True)
    why = fields.String()
    agreed = fields.Boolean()
    joined_into = fields.Integer(allow_none=True)


class IdeaPointOut(Schema):
    """Something said of an idea. Who said it is not told, only as what they take part."""

    id = fields.Integer()
    proposal_id = fields.Integer()
    kind = Code(PointKind)
    words = fields.String()
    capacity = Code(Capacity)
    answer = fields.String(allow_none=True)
    hidden_why = fields.String()


class FundCountOut(Schema):
    """A count: its content as canonical JSON, with its SHA-256."""

    n = fields.Integer()
    content = fields.String()
    sha256 = fields.String()
    announced_at = fields.AwareDateTime(allow_none=True)
    refused_why = fields.String(allow_none=True)


class ScrutineerOut(Schema):
    """One of the two who check a count: whether they said that it is the same, and who entered that
    for them; nobody: they did themselves."""

    name = fields.String()
    said = fields.Boolean()
    entered_by = fields.String(allow_none=True)


class FundResultOut(FundCountOut):
    """A count, with the two who check it."""

    checked = fields.List(fields.Nested(ScrutineerOut))


class SameIn(Schema):
    """Whose word it is, where it is not one's own: the id of their account, by a broker."""

    on_word_of = fields.Integer(load_default=None, allow_none=True)


class ReceiptOut(Schema):
    """The receipt of a vote. It is told once."""

    receipt = fields.String()


class AwardOut(Schema):
    """An award; the amount in the round's unit."""

    id = fields.Integer()
    proposal_id = fields.Integer()
    amount = fields.Integer()
    conditions = fields.String()
    report_due_on = fields.Date()


class AwardReportOut(Schema):
    """What an award led to."""

    award_id = fields.Integer()
    words = fields.String()
    spent = fields.Integer()
    reached = fields.Integer()
    lesson = fields.String()


class MoneyOut(Schema):
    """A movement of the book of money, in pence."""

    id = fields.Integer()
    from_pot = fields.Integer()
    to_pot = fields.Integer()
    pence = fields.Integer()
    occurred_on = fields.Date()
    memo = fields.String()
    reverses_id = fields.Integer(allow_none=True)


class CeilingOut(Schema):
    """How much a panel may give of a unit, at once and in a year."""

    unit = Code(FundUnit)
    at_once = fields.Integer()
    a_year = fields.Integer()


class SmallAwardOut(Schema):
    """A small award, in its unit."""

    id = fields.Integer()
    title = fields.String()
    unit = Code(FundUnit)
    amount = fields.Integer()
    party_id = fields.Integer()
    why = fields.String()
    report_due_on = fields.Date()


class SeatOut(Schema):
    """Who sat on a panel, and as what; no name of who has left."""

    name = fields.String()
    capacity = Code(Capacity)


class SmallAwardTold(Schema):
    """A small award with the day on which it was decided, and by whom."""

    id = fields.Integer()
    title = fields.String(attribute="award.title")
    unit = Code(FundUnit, attribute="award.unit")
    amount = fields.Integer(attribute="award.amount")
    party_id = fields.Integer(attribute="award.party_id")
    why = fields.String(attribute="award.why")
    report_due_on = fields.Date(attribute="award.report_due_on")
    sat_on = fields.Date()
    panel = fields.List(fields.Nested(SeatOut))


class SmallReportOut(Schema):
    """What a small award led to."""

    small_id = fields.Integer()
    words = fields.String()
    spent = fields.Integer()
    reached = fields.Integer()
    lesson = fields.String()
