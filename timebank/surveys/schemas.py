"""What the pages and the API of surveys take and give."""

from marshmallow import fields, validate

from timebank.schema import Choice, Day, Schema, Text
from timebank.surveys.rules import BETTERS, LONGEST, MOST_ITEMS, SCORINGS
from timebank.surveys.service import WHO

_LONG = 20_000
_KEY = 20


class WaveIn(Schema):
    """A wave: its name, its first and last day, the keys of its instruments, and the wave it
    follows."""

    title = Text(
        LONGEST["title"],
        required=True,
        error_messages={"required": "Write what it is called, such as “Spring 2027”."},
    )
    opens_on = Day(required=True, error_messages={"required": "Choose the first day."})
    closes_on = Day(required=True, error_messages={"required": "Choose the last day."})
    instruments = fields.List(Text(_KEY), load_default=list, validate=validate.Length(max=20))
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


class ClosingIn(Schema):
    """The day on which it is to close."""

    closes_on = Day(required=True, error_messages={"required": "Choose the last day."})


class InviteIn(Schema):
    """Whom to ask: all, those active `since` a day, or those with `numbers`, parted by commas or
    lines."""

    who = Choice("WhoIsAsked", WHO, load_default="all")
    since = Day(load_default=None, allow_none=True)
    numbers = Text(_LONG, load_default="")


class AskedOut(Schema):
    """How many were asked."""

    asked = fields.Integer()


class PaperCodeIn(Schema):
    """The code at the head of a printed form."""

    code = Text(
        60, required=True, error_messages={"required": "Write the code at the head of the form."}
    )


class ScaleIn(Schema):
    """A bank's own scale; `items` one on a line."""

    title = Text(
        LONGEST["title"], required=True, error_messages={"required": "Write what it is called."}
    )
    licence = Text(LONGEST["licence"], load_default="")
    items = Text(MOST_ITEMS * (LONGEST["item"] + 2), load_default="")
    lowest = fields.Integer(required=True)
    highest = fields.Integer(required=True)
    lowest_words = Text(LONGEST["end"], load_default="")
    highest_words = Text(LONGEST["end"], load_default="")
    scoring = Choice("Scoring", SCORINGS, load_default="mean")
    better = Choice("Better", BETTERS, load_default="higher")


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
    scoring = Choice("Scoring", SCORINGS, attribute="scale.scoring")
    better = Choice("Better", BETTERS, attribute="scale.better")


class EqualityOwn(Schema):
    """A member's own equality answers by question: words of the question's, or `not_said`."""

    answers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class EqualityQuestionsIn(Schema):
    """The equality questions that are asked, and the areas to choose from, one on a line."""

    questions = fields.List(Text(_KEY), load_default=list)
    areas = Text(_LONG, load_default="")


class AnswersIn(Schema):
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
    better = Choice("Better", BETTERS)
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
