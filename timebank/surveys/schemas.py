"""What the pages and the API of surveys take and give."""

from collections.abc import Mapping
from typing import Any, cast

from marshmallow import fields

from timebank.say import say
from timebank.schema import Code, Day, Length, Makes, Schema, Text
from timebank.surveys.instruments import Better, Scoring
from timebank.surveys.rules import (
    LONGEST,
    MOST_ITEMS,
    Answers,
    Asked,
    Closing,
    EqualityAnswers,
    EqualityAsked,
    NewScale,
    NewWave,
    WhoIsAsked,
)

_LONG = 20_000
_KEY = 20


class Lines(Text):
    """What stands on the lines of a text, each by itself; with `commas`, also between those."""

    def __init__(self, longest: int, *, commas: bool = False, **kwargs: Any):
        super().__init__(longest, **kwargs)
        self.commas = commas

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return (text.replace(",", "\n") if self.commas else text).splitlines()


class WaveIn(Makes[NewWave]):
    """A wave: its name, its first and last day, the keys of its instruments, and the wave it
    follows."""

    title = Text(
        LONGEST["title"],
        required=True,
        error_messages=cast(
            Any, {"required": say("Write what it is called, such as “Spring 2027”.")}
        ),
    )
    opens_on = Day(
        required=True, error_messages=cast(Any, {"required": say("Choose the first day.")})
    )
    closes_on = Day(
        required=True, error_messages=cast(Any, {"required": say("Choose the last day.")})
    )
    instruments = fields.List(
        Text(_KEY),
        load_default=list,
        validate=Length(None, 20, say("Choose at most 20 sets of questions.")),
    )
    follows_id = fields.Integer(load_default=None, allow_none=True)


class WaveOut(Schema):
    """A wave, with how many were asked and how many have answered."""

    id = fields.Integer(attribute="wave.id")
    title = fields.String(attribute="wave.title")
    opens_on = fields.Date(attribute="wave.opens_on")
    closes_on = fields.Date(attribute="wave.closes_on")
    closed_on = fields.Date(attribute="wave.closed_on", allow_none=True)
    follows_id = fields.Integer(attribute="wave.follows_id", allow_none=True)
    asked = fields.Integer(attribute="progress.asked")
    answered = fields.Integer(attribute="progress.answered")


class ClosingIn(Makes[Closing]):
    """The day on which it is to close."""

    closes_on = Day(
        required=True, error_messages=cast(Any, {"required": say("Choose the last day.")})
    )


class InviteIn(Makes[Asked]):
    """Whom to ask: all, those active `since` a day, or those with `numbers`, parted by commas or
    lines."""

    who = Code(WhoIsAsked, load_default=WhoIsAsked.ALL)
    since = Day(load_default=None, allow_none=True)
    numbers = Lines(_LONG, commas=True, load_default=list)


class AskedOut(Schema):
    """How many were asked."""

    asked = fields.Integer()


class PaperCodeIn(Schema):
    """The code at the head of a printed form."""

    code = Text(
        60,
        required=True,
        error_messages=cast(Any, {"required": say("Write the code at the head of the form.")}),
    )


class ScaleIn(Makes[NewScale]):
    """A bank's own scale; `items` one on a line."""

    title = Text(
        LONGEST["title"],
        required=True,
        error_messages=cast(Any, {"required": say("Write what it is called.")}),
    )
    licence = Text(LONGEST["licence"], load_default="")
    items = Lines(MOST_ITEMS * (LONGEST["item"] + 2), load_default=list)
    lowest = fields.Integer(required=True)
    highest = fields.Integer(required=True)
    lowest_words = Text(LONGEST["end"], load_default="")
    highest_words = Text(LONGEST["end"], load_default="")
    scoring = Code(Scoring, load_default=Scoring.MEAN)
    better = Code(Better, load_default=Better.HIGHER)


class ScaleOut(Schema):
    """A bank's own scale, as it is kept."""

    id = fields.Integer(attribute="scale.id")
    title = fields.String(attribute="scale.title")
    licence = fields.String(attribute="scale.licence")
    items = fields.List(fields.String())
    lowest = fields.Integer(attribute="scale.lowest")
    highest = fields.Integer(attribute="scale.highest")
    lowest_words = fields.String(attribute="scale.lowest_words")
    highest_words = fields.String(attribute="scale.highest_words")
    scoring = Code(Scoring, attribute="scale.scoring")
    better = Code(Better, attribute="scale.better")


class EqualityOwn(Schema):
    """A member's own equality answers by question: words of the question's, or `not_said`."""

    answers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class EqualityOwnIn(Makes[EqualityAnswers]):
    """A member's own equality answers by question: words of the question's, or `not_said`."""

    answers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class EqualityQuestionsIn(Makes[EqualityAsked]):
    """The equality questions that are asked, and the areas to choose from, one on a line."""

    questions = fields.List(Text(_KEY), load_default=list)
    areas = Lines(_LONG, load_default=list)


class AnswersIn(Makes[Answers]):
    """Answers by question, such as `q0_1` for the second question of the first instrument: a
    number, or `not_said`.

    With `link` they are linked over time and with how the member takes part.
    """

    answers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    link = fields.Boolean(load_default=False)


class QuestionOut(Schema):
    """A question: its name in `answers`, its words, and the numbers to answer with."""

    name = fields.String()
    words = fields.String()
    options = fields.Dict(keys=fields.String(), values=fields.String())


class QuestionsOut(Schema):
    """What a wave asks the member, and whether they have answered."""

    id = fields.Integer()
    title = fields.String()
    closes_on = fields.Date()
    answered = fields.Boolean()
    questions = fields.List(fields.Nested(QuestionOut))


class EstimateOut(Schema):
    """A mean of `n` people with its 95 % interval."""

    n = fields.Integer()
    mean = fields.Float()
    low = fields.Float()
    high = fields.Float()


class MeanChangeOut(Schema):
    """Later minus earlier: everybody, those active in between, the others. Null: too few people to
    say."""

    everybody = fields.Nested(EstimateOut, allow_none=True)
    active = fields.Nested(EstimateOut, allow_none=True)
    others = fields.Nested(EstimateOut, allow_none=True)


class ScoredOut(Schema):
    """One measure of a wave. Null: too few people to say."""

    instrument = fields.String()
    words = fields.String()
    better = Code(Better)
    lowest = fields.Integer()
    highest = fields.Integer()
    source = fields.String()
    mean = fields.Nested(EstimateOut, allow_none=True)
    change = fields.Nested(MeanChangeOut, allow_none=True)


class WaveOutcomeOut(Schema):
    """What a wave says, and what changed since the wave before it."""

    wave_id = fields.Integer()
    title = fields.String()
    opens_on = fields.Date()
    closes_on = fields.Date()
    asked = fields.Integer(allow_none=True)
    answered = fields.Integer(allow_none=True)
    share = fields.Float(allow_none=True)
    after = fields.String(allow_none=True)
    asked_both = fields.Integer(allow_none=True)
    both = fields.Integer(allow_none=True)
    share_both = fields.Float(allow_none=True)
    measures = fields.List(fields.Nested(ScoredOut))
    caution = fields.String()


class EqualityTableOut(Schema):
    """The counts of one equality question."""

    key = fields.String()
    title = fields.String()
    words = fields.String()
    members = fields.Integer(allow_none=True)
    counts = fields.Function(
        lambda table: [{"answer": answer, "people": people} for answer, people in table.counts],
        metadata={"type": "array", "items": {"type": "object"}},
    )


class EqualityOut(Schema):
    """Counts of members by equality answer, those of 1 to below `threshold` withheld and the others
    rounded to 5."""

    threshold = fields.Integer()
    counted_on = fields.Date(allow_none=True)
    tables = fields.List(fields.Nested(EqualityTableOut))
