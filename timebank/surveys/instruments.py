"""The instruments that may be used without asking anybody, in their published words: those are
said in the language they were published in, and never translated here. What is said about an
instrument is Timebank's own, and is.

Not among them, and for a bank to add as a scale of its own once it has the licence: (S)WEMWBS (each
organisation registers), PAM, and the values of HACT.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from timebank.say import Said, say

PUBLISHED_IN = "en-GB"
"""The language of the published words."""


class Better(StrEnum):
    """Which way a score is better."""

    HIGHER = "higher"
    LOWER = "lower"


BETTER: dict[Better, Said] = {
    Better.HIGHER: say("higher", context="which way a score is better"),
    Better.LOWER: say("lower", context="which way a score is better"),
}


class Scoring(StrEnum):
    """How a score is made of the answers."""

    MEAN = "mean"
    SUM = "sum"


@dataclass(frozen=True)
class Question:
    """What is asked, and the answers to choose from: (number, words)."""

    words: str
    options: tuple[tuple[int, str], ...]

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(number for number, _ in self.options)


@dataclass(frozen=True)
class Measure:
    """A score made of some questions, by their places: their mean or sum, from `lowest` to
    `highest`."""

    words: Said | str
    items: tuple[int, ...]
    better: Better
    lowest: int
    highest: int
    scoring: Scoring = Scoring.MEAN


@dataclass(frozen=True)
class Instrument:
    """Questions that belong together. `about` tells a coordinator what it is for, `source` whose it
    is, `intro` who answers how to. `language` is that of its intro, questions and answers; empty
    where nobody has said.
    """

    key: str
    title: Said | str
    about: Said | str
    source: Said | str
    questions: tuple[Question, ...]
    measures: tuple[Measure, ...]
    intro: str = ""
    language: str = PUBLISHED_IN


def numbered(lowest: int, highest: int, low: str, high: str) -> tuple[tuple[int, str], ...]:
    """Whole numbers from `lowest` to `highest`, with words for the two ends."""
    ends = {lowest: f"{lowest} – {low}", highest: f"{highest} – {high}"}
    return tuple((number, ends.get(number, str(number))) for number in range(lowest, highest + 1))


def in_order(words: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """Answers in words, numbered from 1."""
    return tuple(enumerate(words, 1))


_HOW_LONELY = in_order(("Hardly ever or never", "Some of the time", "Often"))

ONS4 = Instrument(
    "ons4",
    say("Personal well-being (ONS4)"),
    say(
        "Four questions asked all over the country, so that your members can be set beside"
        " everybody else. A minute to answer."
    ),
    say(
        "Office for National Statistics: the harmonised standard for personal well-being, with its"
        " introduction. Open Government Licence v3.0."
    ),
    (
        Question(
            "Overall, how satisfied are you with your life nowadays?",
            numbered(0, 10, "not at all satisfied", "completely satisfied"),
        ),
        Question(
            "Overall, to what extent do you feel that the things you do in your life are"
            " worthwhile?",
            numbered(0, 10, "not at all worthwhile", "completely worthwhile"),
        ),
        Question(
            "Overall, how happy did you feel yesterday?",
            numbered(0, 10, "not at all happy", "completely happy"),
        ),
        Question(
            "On a scale where 0 is “not at all anxious” and 10 is “completely anxious”, overall,"
            " how anxious did you feel yesterday?",
            numbered(0, 10, "not at all anxious", "completely anxious"),
        ),
    ),
    (
        Measure(say("Life satisfaction"), (0,), Better.HIGHER, 0, 10),
        Measure(say("Worthwhile"), (1,), Better.HIGHER, 0, 10),
        Measure(say("Happiness yesterday"), (2,), Better.HIGHER, 0, 10),
        Measure(say("Anxiety yesterday"), (3,), Better.LOWER, 0, 10),
    ),
    "Next I would like to ask you four questions about your feelings on aspects of your life. There"
    " are no right or wrong answers. For each of these questions I’d like you to give an answer on"
    " a scale of 0 to 10, where 0 is “not at all” and 10 is “completely”.",
)

LONELINESS = Instrument(
    "loneliness",
    say("Loneliness (UCLA three items, and the direct question)"),
    say(
        "What the government recommends for measuring loneliness: three questions that do not say"
        " the word, and one that does."
    ),
    say(
        "Hughes, Waite, Hawkley and Cacioppo 2004 (Research on Aging 26), after the UCLA Loneliness"
        " Scale; and the direct question as in the Government Statistical Service’s harmonised"
        " standard. Open Government Licence v3.0."
    ),
    (
        Question("How often do you feel that you lack companionship?", _HOW_LONELY),
        Question("How often do you feel left out?", _HOW_LONELY),
        Question("How often do you feel isolated from others?", _HOW_LONELY),
        Question(
            "How often do you feel lonely?",
            in_order(
                ("Often or always", "Some of the time", "Occasionally", "Hardly ever", "Never")
            ),
        ),
    ),
    (
        Measure(say("Loneliness, three items"), (0, 1, 2), Better.LOWER, 3, 9, Scoring.SUM),
        Measure(say("How often lonely (1 often or always, 5 never)"), (3,), Better.HIGHER, 1, 5),
    ),
)

NEIGHBOURHOOD = Instrument(
    "neighbourhood",
    say("Neighbours: trust, belonging, favours"),
    say(
        "Whether people trust those around them, feel they belong, and help each other out: what is"
        " meant by social capital."
    ),
    say(
        "Community Life Survey, and the social capital measures of the Office for National"
        " Statistics. Open Government Licence v3.0."
    ),
    (
        Question(
            "Thinking about the people who live in this neighbourhood, to what extent do you"
            " believe they can be trusted?",
            in_order(
                (
                    "None of the people can be trusted",
                    "A few can be trusted",
                    "Some can be trusted",
                    "Many of the people can be trusted",
                )
            ),
        ),
        Question(
            "How strongly do you feel you belong to your immediate neighbourhood?",
            in_order(
                ("Not at all strongly", "Not very strongly", "Fairly strongly", "Very strongly")
            ),
        ),
        Question(
            "To what extent do you agree or disagree: I borrow things and exchange favours with my"
            " neighbours.",
            in_order(
                ("Definitely disagree", "Tend to disagree", "Tend to agree", "Definitely agree")
            ),
        ),
    ),
    (
        Measure(
            say("Trust in people of the neighbourhood (1 none, 4 many)"), (0,), Better.HIGHER, 1, 4
        ),
        Measure(
            say("Belonging to the neighbourhood (1 not at all, 4 very strongly)"),
            (1,),
            Better.HIGHER,
            1,
            4,
        ),
        Measure(
            say("Favours among neighbours (1 definitely disagree, 4 definitely agree)"),
            (2,),
            Better.HIGHER,
            1,
            4,
        ),
    ),
)

LADDER = Instrument(
    "ladder",
    say("Ladder of co-production"),
    say(
        "Where members and partners see your way of working, from being told to deciding and doing"
        " together."
    ),
    say(
        "The rungs are those of the Ladder of Co-production, Think Local Act Personal (National"
        " Co-production Advisory Group). The question is Timebank’s own."
    ),
    (
        Question(
            "On which of these rungs do you see the way in which things are decided and done here?",
            in_order(
                (
                    "Coercion",
                    "Educating",
                    "Informing",
                    "Consultation",
                    "Engagement",
                    "Co-design",
                    "Co-production",
                )
            ),
        ),
    ),
    (Measure(say("Rung of the ladder (1 coercion, 7 co-production)"), (0,), Better.HIGHER, 1, 7),),
)

EMBEDDED: dict[str, Instrument] = {
    one.key: one for one in (ONS4, LONELINESS, NEIGHBOURHOOD, LADDER)
}
