"""What the pages and the API of the dialogue take and give."""

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields, post_load

from timebank import money
from timebank.act import Channel, Entered, Word
from timebank.dialogue.rules import (
    LARGEST_MINUTES,
    LARGEST_PENCE,
    LONGEST,
    OPEN_ITEMS,
    SPOKEN,
    STATEMENTS,
    Decision,
    EvaluationAnswers,
    EvaluationItem,
    Frame,
    Hands,
    Lost,
    MeetingHands,
    NewCommitment,
    NewOption,
    NewPartner,
    NewPartnership,
    NewPoint,
    NewPriority,
    NewSounding,
    NewStep,
    NewVerdict,
    OptionHands,
    Owner,
    PointKind,
    Priorities,
    Reached,
    Sound,
    StepKind,
)
from timebank.http import shown
from timebank.members.rules import Capacity
from timebank.members.schemas import Party, despite
from timebank.say import Said, say
from timebank.schema import Choice, Code, Day, Length, Makes, Minutes, Range, Schema, Text, wrong

_WHO = 120
_PHONE, _EMAIL = 40, 254


def _asked(sentence: Said) -> Any:
    """What is said where a field was left out."""
    return cast(Any, {"required": sentence, "null": sentence})


def _id() -> fields.Integer:
    return fields.Integer(load_default=None, allow_none=True)


def _channel() -> Choice:
    """How the staff heard it; on a page where it is one's own word."""
    return Choice("Channel", (Channel.WEB, *SPOKEN), load_default=Channel.WEB)


# ---- Partnerships ----


class _PartnershipFields(Schema):
    name = Text(
        LONGEST["name"], required=True, error_messages=_asked(say("Write what it is called."))
    )
    about = Text(LONGEST["about"], load_default="")
    place = Text(LONGEST["place"], load_default="")
    formed_on = Day(load_default=None, allow_none=True)


class PartnershipIn(_PartnershipFields, Makes[NewPartnership]):
    """A place or a concern, and the resident who chairs it."""

    chair_id = Party("member", load_default=None, allow_none=True, data_key="chair")


@dataclass(frozen=True)
class WrittenPartnership:
    """The same with the chair by name or number."""

    name: str
    about: str
    place: str
    formed_on: Any
    chair: str


class PartnershipForm(_PartnershipFields, Makes[WrittenPartnership]):
    """The same as written by people: who chairs it by name or number."""

    chair = Text(_WHO, load_default="")


class _PartnerFields(Schema):
    part = Code(Capacity, load_default=None, allow_none=True)
    despite = despite()


class PartnerIn(_PartnerFields, Makes[Entered[NewPartner]]):
    """A member, or an organisation and its part."""

    member_id = Party("member", load_default=None, allow_none=True, data_key="member")
    organisation_id = Party(
        "organisation", load_default=None, allow_none=True, data_key="organisation"
    )

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewPartner]:
        """Who, and why they meet somebody all the same."""
        word = Word(despite=values.pop("despite"))
        return Entered(NewPartner(**values), word)


@dataclass(frozen=True)
class WrittenPartner:
    """Somebody by name or number, or one of the organisations."""

    who: str
    organisation_id: int | None
    part: Capacity | None
    despite: str


class PartnerForm(_PartnerFields, Makes[WrittenPartner]):
    """The same as written by people."""

    who = Text(_WHO, load_default="", data_key="member")
    organisation_id = fields.Integer(load_default=None, allow_none=True, data_key="organisation")


class ReachedIn(Makes[Entered[Reached]]):
    """A step reached: who says so, and what shows it; and why the two meet all the same."""

    step = fields.Integer(required=True, error_messages=_asked(say("Choose one of the steps.")))
    reached_on = Day(load_default=None, allow_none=True)
    words = Text(LONGEST["reason"], load_default="")
    resident_id = Party(
        "member",
        required=True,
        data_key="resident",
        error_messages=_asked(say("Choose a resident of the partnership who says so.")),
    )
    professional_id = Party(
        "member",
        required=True,
        data_key="professional",
        error_messages=_asked(say("Choose a professional of the partnership who says so.")),
    )
    session_id = _id()
    audit_id = _id()
    commitment_id = _id()
    despite = despite()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Reached]:
        """The step, and why the two meet."""
        word = Word(despite=values.pop("despite"))
        return Entered(Reached(**values), word)


class LostIn(Makes[Lost]):
    """A step lost again, and why."""

    step = fields.Integer(required=True, error_messages=_asked(say("Choose one of the steps.")))
    lost_on = Day(load_default=None, allow_none=True)
    words = Text(LONGEST["reason"], load_default="")


@dataclass(frozen=True)
class StepName:
    """A bank's own words for a step; empty: those of Timebank."""

    words: str


class StepNameIn(Makes[StepName]):
    """A bank's own words for a step; empty: those of Timebank."""

    words = Text(LONGEST["words"], load_default="")


class NewPriorityIn(Makes[NewPriority]):
    """Something that matters, in words or by its theme, and why it stands where it does."""

    words = Text(LONGEST["words"], load_default="")
    theme_id = _id()
    reason = Text(LONGEST["reason"], load_default="")
    evidence = Text(LONGEST["reason"], load_default="")
    going_on = Text(LONGEST["reason"], load_default="")
    touches = Text(LONGEST["reason"], load_default="")


class PrioritiesIn(Makes[Priorities]):
    """What matters, the first first."""

    priorities = fields.List(
        fields.Nested(NewPriorityIn),
        required=True,
        validate=Length(1, 20, say("Write between 1 and 20 things that matter.")),
    )
    audit_id = _id()
    session_id = _id()
    set_on = Day(load_default=None, allow_none=True)


# ---- Promises ----


class _OwnerFields(Schema):
    member_id = Party("member", load_default=None, allow_none=True, data_key="member")
    organisation_id = Party(
        "organisation", load_default=None, allow_none=True, data_key="organisation"
    )
    body = Text(LONGEST["contact"], load_default="")
    contact_name = Text(LONGEST["contact"], load_default="")
    contact_phone = Text(_PHONE, load_default=None, allow_none=True)
    contact_email = Text(_EMAIL, load_default=None, allow_none=True)
    commissioner_id = _id()
    part = Code(Capacity, load_default=None, allow_none=True)
    shown = fields.Boolean(load_default=False)
    channel = _channel()
    despite = despite()


_OWNER = tuple(Owner.__dataclass_fields__)


def _word(values: dict[str, Any]) -> Word:
    """How it was heard, and why people meet by it; both are taken out."""
    return Word(Channel(values.pop("channel")), despite=values.pop("despite"))


def _owner(values: dict[str, Any]) -> Owner:
    """The owner, whose values are taken out."""
    return Owner(**{name: values.pop(name) for name in _OWNER})


class CommitmentIn(_OwnerFields, Makes[Entered[NewCommitment]]):
    """A promise: what, by whom, by when; for which priority or option, and which plan it answers
    to."""

    words = Text(
        LONGEST["promise"], required=True, error_messages=_asked(say("Write what is promised."))
    )
    due_on = Day(required=True, error_messages=_asked(say("Choose the day it is promised for.")))
    partnership_id = _id()
    priority_id = _id()
    option_id = _id()
    answers_to = Text(LONGEST["words"], load_default="")

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewCommitment]:
        """The promise, and how it was heard."""
        word = _word(values)
        owner = _owner(values)
        return Entered(NewCommitment(owner=owner, **values), word)


@dataclass(frozen=True)
class HandedOver:
    """Another owner, and why."""

    owner: Owner
    words: str


class HandIn(_OwnerFields, Makes[Entered[HandedOver]]):
    """Another owner of a promise, and why."""

    words = Text(LONGEST["reason"], load_default="")

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[HandedOver]:
        """The owner, and how it was heard."""
        word = _word(values)
        owner = _owner(values)
        return Entered(HandedOver(owner, values["words"]), word)


class StepIn(Makes[Entered[NewStep]]):
    """What has become of a promise."""

    kind = Choice(
        "PromiseStepTaken",
        (
            StepKind.MOVED,
            StepKind.DONE,
            StepKind.CONFIRMED,
            StepKind.DROPPED,
            StepKind.MISTAKEN,
        ),
        required=True,
        error_messages=_asked(say("Choose what has become of it.")),
    )
    words = Text(LONGEST["reason"], load_default="")
    due_on = Day(load_default=None, allow_none=True)
    happened_on = Day(load_default=None, allow_none=True)
    confirmed_id = Party("member", load_default=None, allow_none=True, data_key="confirmed_by")
    shown = fields.Boolean(load_default=False)
    channel = _channel()
    despite = despite()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewStep]:
        """The step, and how it was heard."""
        word = _word(values)
        return Entered(NewStep(**values), word)


@dataclass(frozen=True)
class Shown:
    """Whether the owner may be named where everybody can read it."""

    shown: bool


class NameShownIn(Makes[Shown]):
    """Whether the owner may be named where everybody can read it."""

    shown = fields.Boolean(load_default=False)


# ---- Conversations ----


class _FrameFields(Schema):
    title = Text(
        LONGEST["name"], required=True, error_messages=_asked(say("Write what it is about."))
    )
    can_change = Text(LONGEST["about"], load_default="")
    fixed = Text(LONGEST["about"], load_default="")
    decides = Text(LONGEST["words"], load_default="")
    decider_id = Party("member", load_default=None, allow_none=True, data_key="decider")
    answers_on = Day(load_default=None, allow_none=True)
    there_is = Text(LONGEST["about"], load_default="")
    there_limit = Text(LONGEST["about"], load_default="")
    last_year = Text(LONGEST["about"], load_default="")
    despite = despite()


class FrameIn(_FrameFields, Makes[Entered[Frame]]):
    """What a conversation says before it opens. What is left out can be written later."""

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Frame]:
        """The frame, and why who answers meets the partners."""
        word = Word(despite=values.pop("despite"))
        return Entered(Frame(**values), word)


@dataclass(frozen=True)
class Planned:
    """The frame of a new conversation, and the priority it is on."""

    frame: Frame
    priority_id: int | None


class PlanIn(_FrameFields, Makes[Entered[Planned]]):
    """A new conversation: its frame, and the priority it is on."""

    priority_id = _id()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Planned]:
        """The frame and the priority, and why who answers meets the partners."""
        word = Word(despite=values.pop("despite"))
        priority_id = values.pop("priority_id")
        return Entered(Planned(Frame(**values), priority_id), word)


class Pence(fields.Field[int]):
    """Money in pounds as people write it, `250` or `£12.50`; a program sends whole pence as a
    number."""

    def __init__(self, **kwargs: Any):
        super().__init__(metadata={"type": "integer", "example": 25000}, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            amount = value
        else:
            amount = money.pence(str(value).strip())
            if amount is None:
                raise wrong(say("Write the money in pounds, such as 250, 1,250 or 12.50."))
        if not 0 <= amount <= LARGEST_PENCE:
            raise wrong(say("That is too much money for one option."))
        return amount


class OptionIn(Makes[NewOption]):
    """What could be done, and what it takes."""

    words = Text(
        LONGEST["words"], required=True, error_messages=_asked(say("Write what could be done."))
    )
    about = Text(LONGEST["about"], load_default="")
    minutes = Minutes(
        large=True,
        load_default=None,
        allow_none=True,
        validate=Range(0, LARGEST_MINUTES, say("That is too many hours for one option.")),
    )
    pence = Pence(load_default=None, allow_none=True)
    not_known = fields.Boolean(load_default=False)
    from_residents = Text(LONGEST["reason"], load_default="")
    from_practitioners = Text(LONGEST["reason"], load_default="")
    from_planners = Text(LONGEST["reason"], load_default="")
    gains = Text(LONGEST["reason"], load_default="")
    loses = Text(LONGEST["reason"], load_default="")
    given_up = Text(LONGEST["reason"], load_default="")


class PointIn(Makes[Entered[NewPoint]]):
    """Something said: by whom, or in which part at a table."""

    kind = Code(PointKind, required=True, error_messages=_asked(say("Choose what it is.")))
    words = Text(
        LONGEST["point"], required=True, error_messages=_asked(say("Write what was said."))
    )
    option_id = _id()
    member_id = Party("member", load_default=None, allow_none=True, data_key="member")
    part = Code(Capacity, load_default=None, allow_none=True)
    channel = _channel()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewPoint]:
        """What was said, and how it was heard."""
        word = Word(Channel(values.pop("channel")))
        return Entered(NewPoint(**values), word)


class SoundingIn(Makes[Entered[NewSounding]]):
    """How somebody finds an option."""

    answer = Code(Sound, required=True, error_messages=_asked(say("Choose one of the three.")))
    why = Text(LONGEST["reason"], load_default="")
    member_id = Party("member", load_default=None, allow_none=True, data_key="member")
    channel = _channel()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewSounding]:
        """The answer, and how it was heard."""
        word = Word(Channel(values.pop("channel")))
        return Entered(NewSounding(**values), word)


@dataclass(frozen=True)
class WrittenSounding:
    """How somebody finds an option, with who says so by name or number, and how it was heard."""

    member: str
    answer: Sound
    why: str
    channel: Channel


class SoundingForm(Makes[WrittenSounding]):
    """The same as written by who enters it."""

    member = Text(_WHO, required=True, error_messages=_asked(say("Write who says so.")))
    answer = Code(Sound, required=True, error_messages=_asked(say("Choose one of the three.")))
    why = Text(LONGEST["reason"], load_default="")
    channel = Choice(
        "Channel", SPOKEN, required=True, error_messages=_asked(say("Choose how you heard it."))
    )


@dataclass(frozen=True)
class SaidBy:
    """Whose answer is taken back; None: one's own."""

    member_id: int | None


class SaidByIn(Makes[SaidBy]):
    """Whose answer is taken back on their word; left out, one's own."""

    member_id = Party("member", load_default=None, allow_none=True, data_key="member")


class SoundingOut(Schema):
    """How somebody finds an option, as it was entered on their word."""

    member_id = fields.Integer(attribute="sounding.member_id")
    name = fields.String()
    answer = Code(Sound, attribute="sounding.answer")
    why = fields.String(attribute="sounding.why")
    channel = fields.String(attribute="sounding.channel")
    entered_by = fields.Function(lambda line: shown(line.entered_by), metadata={"type": "string"})


class HandsIn(Makes[Hands]):
    """Hands counted at a meeting in one part."""

    session_id = fields.Integer(
        required=True, error_messages=_asked(say("Choose one of its meetings."))
    )
    part = Code(Capacity, required=True, error_messages=_asked(say("Choose whose hands.")))
    yes = fields.Integer(load_default=None)
    can_live = fields.Integer(load_default=None)
    no = fields.Integer(load_default=None)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Hands:
        """The hands, none where nothing is written; refused where nothing is at all."""
        hands = {name: values[name] for name in ("yes", "can_live", "no")}
        if set(hands.values()) == {None}:
            raise wrong(say("Write how many hands there were, 0 where there were none."), "yes")
        return Hands(**{**values, **{name: number or 0 for name, number in hands.items()}})


class OptionHandsIn(Makes[OptionHands]):
    """Hands counted for one option, in one part; what is left out is none."""

    option_id = fields.Integer(required=True)
    part = Code(Capacity, required=True, error_messages=_asked(say("Choose whose hands.")))
    yes = fields.Integer(load_default=0)
    can_live = fields.Integer(load_default=0)
    no = fields.Integer(load_default=0)


class MeetingHandsIn(Makes[MeetingHands]):
    """All the hands of a meeting: they take the place of what was entered of it before."""

    hands = fields.List(
        fields.Nested(OptionHandsIn),
        required=True,
        validate=Length(1, 500, say("Write how many hands there were, 0 where there were none.")),
    )


class VerdictIn(Makes[NewVerdict]):
    """The answer to an option, and its reason."""

    answer = Code(Decision, required=True, error_messages=_asked(say("Choose the answer.")))
    reason = Text(
        LONGEST["reason"],
        required=True,
        error_messages=_asked(say("Write the reason: everybody can read it.")),
    )


@dataclass(frozen=True)
class MeetingOf:
    """A session of an activity."""

    session_id: int


class MeetingIn(Makes[MeetingOf]):
    """A session of an activity that is a meeting of a conversation."""

    session_id = fields.Integer(
        required=True, error_messages=_asked(say("Choose one of the sessions."))
    )


class DialogueMeetingOut(Schema):
    """A meeting of a conversation: the session of an activity."""

    session_id = fields.Integer(attribute="row.id")
    activity_id = fields.Integer(attribute="activity.id")
    starts_at = fields.AwareDateTime(attribute="row.starts_at")
    minutes = fields.Integer(attribute="row.minutes")


# ---- Evaluations ----

_ITEMS = (*STATEMENTS, EvaluationItem.LADDER)


class EvaluationIn(Makes[EvaluationAnswers]):
    """Answers to the statements (1 to 5), the ladder (1 to 7), and two open questions."""

    knew_what_for = fields.Integer(load_default=None, allow_none=True)
    told_what_changes = fields.Integer(load_default=None, allow_none=True)
    had_what_needed = fields.Integer(load_default=None, allow_none=True)
    could_say = fields.Integer(load_default=None, allow_none=True)
    listened_to = fields.Integer(load_default=None, allow_none=True)
    different_people = fields.Integer(load_default=None, allow_none=True)
    something_comes = fields.Integer(load_default=None, allow_none=True)
    worth_my_time = fields.Integer(load_default=None, allow_none=True)
    ladder = fields.Integer(load_default=None, allow_none=True)
    better = Text(LONGEST["point"], load_default="")
    health = Text(LONGEST["point"], load_default="")

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> EvaluationAnswers:
        """What was answered, by item."""
        return EvaluationAnswers(
            {item: values[item] for item in _ITEMS if values[item] is not None},
            {item: values[item] for item in OPEN_ITEMS if values[item]},
        )


# ---- What comes out ----


class PartnerOut(Schema):
    """Somebody in a partnership."""

    id = fields.Integer(attribute="partner.id")
    party = fields.String()
    name = fields.String()
    part = Code(Capacity, attribute="partner.part")
    since = fields.Date(attribute="partner.since")


class PartnershipOut(Schema):
    """A place or a concern."""

    id = fields.Integer()
    name = fields.String()
    about = fields.String()
    place = fields.String()
    formed_on = fields.Date()
    ended_on = fields.Date(allow_none=True)


class MilestoneOut(Schema):
    """That a step was reached or lost."""

    id = fields.Integer()
    step = fields.Integer()
    reached_on = fields.Date(allow_none=True)
    lost_on = fields.Date(allow_none=True)
    words = fields.String()


class PriorityOut(Schema):
    """What matters, and where it stands."""

    id = fields.Integer()
    place = fields.Integer()
    words = fields.String()
    reason = fields.String()
    evidence = fields.String()
    going_on = fields.String()
    touches = fields.String()
    set_on = fields.Date()


class PromiseStepOut(Schema):
    """A step of a promise."""

    n = fields.Integer()
    kind = Choice("PromiseStep", tuple(StepKind))
    due_on = fields.Date()
    happened_on = fields.Date()
    words = fields.String()


class PromiseHeardOut(Schema):
    """Of a step that was written down on another's word: on whose, how it came, and by whom."""

    n = fields.Integer()
    channel = Choice("Channel", (Channel.WEB, *SPOKEN))
    said_by = fields.String()
    entered_by = fields.String()


class PromiseOut(Schema):
    """A promise as it stands, with all its steps."""

    id = fields.Integer(attribute="row.id")
    words = fields.String(attribute="row.words")
    owner = fields.String()
    owner_kind = fields.String(attribute="row.owner_kind")
    partnership_id = fields.Integer(attribute="row.partnership_id", allow_none=True)
    priority_id = fields.Integer(attribute="row.priority_id", allow_none=True)
    option_id = fields.Integer(attribute="row.option_id", allow_none=True)
    answers_to = fields.String(attribute="row.answers_to")
    state = Choice("PromiseStep", tuple(StepKind))
    due_on = fields.Date()
    steps = fields.List(fields.Nested(PromiseStepOut))
    heard = fields.List(fields.Nested(PromiseHeardOut))


class SoundedOut(Schema):
    """How many said what."""

    yes = fields.Integer()
    can_live = fields.Integer()
    no = fields.Integer()


class OptionOut(Schema):
    """An option, how it is found, and its answer."""

    id = fields.Integer(attribute="option.id")
    words = fields.String(attribute="option.words")
    about = fields.String(attribute="option.about")
    minutes = fields.Integer(attribute="option.minutes", allow_none=True)
    pence = fields.Integer(attribute="option.pence", allow_none=True)
    residents = fields.Nested(SoundedOut)
    professionals = fields.Nested(SoundedOut)
    withheld = fields.Integer()
    answer = fields.String(attribute="verdict.answer", allow_none=True, dump_default=None)
    reason = fields.String(attribute="verdict.reason", allow_none=True, dump_default=None)


class DialogueOut(Schema):
    """A conversation and its frame."""

    id = fields.Integer()
    partnership_id = fields.Integer(allow_none=True)
    priority_id = fields.Integer(allow_none=True)
    title = fields.String()
    can_change = fields.String()
    fixed = fields.String()
    decides = fields.String()
    answers_on = fields.Date(allow_none=True)
    there_is = fields.String()
    there_limit = fields.String()
    last_year = fields.String()
    opened_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)


class PointOut(Schema):
    """Something said."""

    id = fields.Integer(attribute="point.id")
    kind = Code(PointKind, attribute="point.kind")
    words = fields.String(attribute="point.words")
    option_id = fields.Integer(attribute="point.option_id", allow_none=True)
    part = Code(Capacity, attribute="point.part")


class EvaluationOut(Schema):
    """That people are asked how the asking was."""

    id = fields.Integer()
    session_id = fields.Integer(allow_none=True)
    audit_id = fields.Integer(allow_none=True)
    dialogue_id = fields.Integer(allow_none=True)
    opened_on = fields.Date()
    closed_on = fields.Date(allow_none=True)


class MeanOut(Schema):
    """The mean of a statement; null where it is of too few people."""

    item = Code(EvaluationItem)
    mean = fields.Float(allow_none=True)
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)


class EvaluationOutcomeOut(Schema):
    """What was answered to an evaluation."""

    sheets = fields.Integer()
    people = fields.Integer()
    means = fields.List(fields.Nested(MeanOut))
    words = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
