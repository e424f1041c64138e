"""Scores, means with their intervals, and what may be said of how many people. Pure decisions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import fmean, stdev

from timebank.errors import Invalid
from timebank.measures import disclosure
from timebank.say import Said, say
from timebank.surveys.instruments import Better, Instrument, Measure, Question, Scoring, numbered

NOT_SAID, LEFT_OUT = "not_said", "left_out"
MISSING = (NOT_SAID, LEFT_OUT)
"""Why there is no number: “prefer not to say”, or the question was passed over."""


class WhoIsAsked(StrEnum):
    """Whom to ask: everybody, those who gave or received help since a day, or a list of member
    numbers."""

    ALL = "all"
    SINCE = "since"
    NUMBERS = "numbers"


ANSWER = "surveys.answer"
"""What a notice of a survey asks, by the kind of `asking.QUESTIONS`."""

LONGEST = {"title": 120, "licence": 300, "item": 300, "end": 60, "area": 80}
"""The longest text of each kind, in characters."""


class Stage(StrEnum):
    """How far a wave is."""

    TO_COME = "to_come"
    OPEN = "open"
    CLOSED = "closed"


STAGES: dict[Stage, Said] = {
    Stage.TO_COME: say("to come", context="a wave of questions"),
    Stage.OPEN: say("open", context="a wave of questions"),
    Stage.CLOSED: say("closed", context="a wave of questions"),
}

MOST_ITEMS = 60
LOWEST, HIGHEST = 0, 100
"""The range that the numbers of a scale lie in."""

SURE = 0.95
CODE_LETTERS = 16

TOO_FEW = say("Too few people to say.")
NO_PROOF = say(
    "A change is no proof of what brought it about: other things happened too, and people who take"
    " part may differ from those who do not. Only a comparison group chosen by lot could tell."
)


@dataclass(frozen=True)
class NewWave:
    """A wave: its name, its first and last day, the keys of its instruments, and the wave it
    follows, which asks with the same."""

    title: str
    opens_on: date
    closes_on: date
    instruments: Sequence[str] = ()
    follows_id: int | None = None


@dataclass(frozen=True)
class Closing:
    """The day on which a wave is to close."""

    closes_on: date


@dataclass(frozen=True)
class Asked:
    """Whom to ask: all, those active `since` a day, or those with `numbers`."""

    who: WhoIsAsked = WhoIsAsked.ALL
    since: date | None = None
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class NewScale:
    """A bank's own scale: what it asks, the ends of its numbers with words for them, and how it is
    scored. `licence` is a sentence on who licensed it to whom."""

    title: str
    licence: str
    items: Sequence[str]
    lowest: int
    highest: int
    lowest_words: str
    highest_words: str
    scoring: Scoring = Scoring.MEAN
    better: Better = Better.HIGHER


@dataclass(frozen=True)
class Answers:
    """Answers by `field`: a number, `not_said`, or nothing for a question left out. With `link`
    they may be linked over time and with how the member takes part."""

    answers: Mapping[str, str]
    link: bool = False


@dataclass(frozen=True)
class EqualityAsked:
    """The equality questions that are asked, by their keys, and the areas to choose from."""

    questions: Sequence[str] = ()
    areas: Sequence[str] = ()


@dataclass(frozen=True)
class EqualityAnswers:
    """A member's equality answers by question: words of the question's, or `not_said`."""

    answers: Mapping[str, str]


@dataclass(frozen=True)
class Estimate:
    """A mean of `n` people, with the ends of its 95 % interval."""

    n: int
    mean: float
    low: float
    high: float


def estimate(values: Sequence[float], threshold: int = disclosure.USUAL) -> Estimate | None:
    """The mean with Student's interval, mean ± t(0.975, n − 1) s/√n; None for fewer people than
    `threshold`.

    (Student 1908; any textbook.) The interval takes those who answered for a sample of all who
    could have.
    """
    from scipy.special import stdtrit  # noqa: PLC0415  (heavy, and few requests tell means)

    n = len(values)
    if n < max(threshold, 2):
        return None
    mean = fmean(values)
    reach = float(stdtrit(n - 1, (1 + SURE) / 2)) * stdev(values, mean) / math.sqrt(n)
    return Estimate(n, mean, mean - reach, mean + reach)


def both(
    first: Sequence[float], second: Sequence[float], threshold: int = disclosure.USUAL
) -> tuple[Estimate | None, Estimate | None]:
    """Estimates of the two parts of a group of which an estimate is shown too: both or, where one
    is of too few, neither.

    The mean of few could else be worked out from the mean of all and that of the others. A part of
    nobody hides nobody.
    """
    few = any(0 < len(part) < threshold for part in (first, second))
    return (None, None) if few else (estimate(first, threshold), estimate(second, threshold))


def score(measure: Measure, answers: Mapping[int, int | None]) -> float | None:
    """A person's score from their answers by place; None unless every question that belongs to it
    was answered."""
    values = [answers.get(place) for place in measure.items]
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values):
        return None
    return float(sum(numbers)) if measure.scoring == Scoring.SUM else fmean(numbers)


def scale_instrument(
    key: str,
    title: str,
    licence: str,
    items: Sequence[str],
    ends: "Ends",
    scoring: Scoring,
    better: Better,
) -> Instrument:
    """A bank's own scale as an instrument."""
    options = numbered(ends.lowest, ends.highest, ends.low, ends.high)
    times = len(items) if scoring == Scoring.SUM else 1
    measure = Measure(
        title,
        tuple(range(len(items))),
        better,
        ends.lowest * times,
        ends.highest * times,
        scoring,
    )
    return Instrument(
        key,
        title,
        licence,
        licence,
        tuple(Question(words, options) for words in items),
        (measure,),
        language="",
    )


@dataclass(frozen=True)
class Ends:
    """The lowest and highest number of a scale, and the words for them."""

    lowest: int
    highest: int
    low: str
    high: str


def check_ends(ends: Ends) -> None:
    """Raises Invalid."""
    words = ""
    if not LOWEST <= ends.lowest <= HIGHEST or not LOWEST <= ends.highest <= HIGHEST:
        words = say(
            "Use whole numbers from %(lowest)s to %(highest)s.", lowest=LOWEST, highest=HIGHEST
        )
    elif ends.highest <= ends.lowest:
        words = say("The highest number has to be above the lowest.")
    elif ends.highest - ends.lowest > 10:
        words = say("Use at most eleven steps, such as 0 to 10: nobody can choose among more.")
    if words:
        raise Invalid.on("highest", words)


def check_days(opens_on: date, closes_on: date, *, today: date) -> None:
    """Raises Invalid for a wave that would close before it opens, or has."""
    if closes_on < opens_on:
        words = say("It would close before it opens. Choose a later last day.")
    elif closes_on < today:
        words = say("That day is over, and nobody could answer any more. Choose a later last day.")
    else:
        return
    raise Invalid.on("closes_on", words)


def field(instrument: int, place: int) -> str:
    """What an answer is called in forms and programs: by the place of the instrument in the wave
    and of the question in it."""
    return f"q{instrument}_{place}"


def checked(
    instruments: Sequence[Instrument], given: Mapping[str, str]
) -> dict[tuple[int, int], int | str]:
    """The answers by (instrument, question): a number of the question, or one of `MISSING`.

    `given` is by `field`. Raises Invalid for a number that is none of the question's, or when
    nothing at all was answered.
    """
    answers: dict[tuple[int, int], int | str] = {}
    wrong: dict[str, Said] = {}
    for number, instrument in enumerate(instruments):
        for place, question in enumerate(instrument.questions):
            name = field(number, place)
            answer = str(given.get(name, "")).strip()
            if answer in ("", LEFT_OUT):
                answers[number, place] = LEFT_OUT
            elif answer == NOT_SAID:
                answers[number, place] = NOT_SAID
            elif answer.isdecimal() and len(answer) < 4 and int(answer) in question.numbers:
                answers[number, place] = int(answer)
            else:
                wrong[name] = say("Choose one of the answers to “%(words)s”", words=question.words)
    if wrong:
        raise Invalid.of(wrong)
    if all(value == LEFT_OUT for value in answers.values()):
        words = say("Nothing is answered yet. Answer what you like to, and leave out the rest.")
        raise Invalid.on(field(0, 0), words)
    return answers


def parts(counts: Mapping[str, int], threshold: int = disclosure.USUAL) -> dict[str, int | None]:
    """How many people are in each category, as may be published. None: withheld.

    Beyond `disclosure.shown_parts`: the staff know to the person how many members there are. Where
    that and what is shown would leave only one way in which a withheld count can be, the smallest
    count still shown is withheld too.
    """
    published = disclosure.shown_parts(counts, threshold)
    while _told(counts, published, threshold):
        published[
            min((name for name, count in published.items() if count), key=lambda name: counts[name])
        ] = None
    return published


def _told(counts: Mapping[str, int], found: Mapping[str, int | None], threshold: int) -> bool:
    """Whether the whole, known exactly, and the counts shown leave the withheld ones a single
    value, while more can be withheld.

    Each of those is at least 1, and most are below the threshold: they are sure when their sum is
    as small or as large as can be.
    """
    hidden = [name for name, count in found.items() if count is None]
    open_ = [count for count in found.values() if count]
    if not hidden or not open_:
        return False
    slack, everybody = disclosure.STEP // 2, sum(counts.values())
    most = everybody - sum(max(threshold, count - slack) for count in open_)
    least = everybody - sum(count + slack for count in open_)
    return most <= len(hidden) or least >= len(hidden) * (threshold - 1) or least == most
