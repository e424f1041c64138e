"""What an audit asks, what a sheet of it may hold, and what is said of an answer that could tell
who wrote it. Pure decisions."""

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from timebank.dialogue.rules import CLOSED_QUESTIONS, WISHES, QuestionKind, Way
from timebank.errors import Invalid
from timebank.members.rules import Capacity
from timebank.say import Said, say
from timebank.surveys.categories import CATEGORIES

Value = TypeVar("Value")

LONGEST = {
    "title": 120,
    "question": 300,
    "assets": 300,
    "words": 300,
    "choice": 80,
    "group": 80,
    "wish": 500,
    "theme": 80,
    "round": 80,
    "name": 120,
    "address": 500,
}
"""The longest text of each kind, in characters."""

OPEN_QUESTION = say("What would make life better round here?")
ASSETS_QUESTION = say("What would you be glad to do, or to show somebody?")
AGES = next(one.options for one in CATEGORIES if one.key == "age")
"""The age bands of an audit that names none of its own."""

SCALE = (1, 5)
MOST_CHOICES, MOST_GROUPS = 12, 20
NO_THEME = say("None of these")
"""What an answer is put under that fits no theme."""

FEWEST_THEMES, MOST_THEMES = 8, 15
"""How many themes are of use: fewer say little, more cannot be kept in mind while sorting."""

MOST_CODES = 500
EVERY = 10
"""Every so many answers is sorted by two."""

CODE_LETTERS = 16
BULK = (Way.DOOR, Way.EVENT, Way.PHONE, Way.PAPER)
"""How a sheet comes that somebody types in for others."""


WAYS: dict[Way, Said] = {
    Way.DOOR: say("At the door"),
    Way.EVENT: say("At an event"),
    Way.PHONE: say("By phone"),
    Way.PAPER: say("On paper"),
    Way.LINK: say("By the public link"),
}
"""How sheets came, in words."""

PARTS: dict[Capacity, Said] = {
    Capacity.RESIDENT: say("Lives here"),
    Capacity.PRACTITIONER: say("Works with people here"),
    Capacity.PLANNER: say("Plans or pays for services here"),
}


PART_CALLED: dict[Capacity, tuple[str, ...]] = {
    Capacity.RESIDENT: ("resident", "neighbour", "neighbor", "tenant"),
    Capacity.PRACTITIONER: ("practitioner", "professional", "worker"),
    Capacity.PLANNER: ("planner", "commissioner", "funder"),
}
"""What a part is called in a file of sheets, beside the words of the form."""


@dataclass(frozen=True)
class NewQuestion:
    """A closed question: with choices, or without any, then from 1 (not at all) to 5 (very
    much)."""

    words: str
    choices: Sequence[str] = ()

    @property
    def kind(self) -> QuestionKind:
        return QuestionKind.CHOICE if self.choices else QuestionKind.SCALE


@dataclass(frozen=True)
class NewGroup:
    """A group somebody can say they are of, and how many of it live there, if that is known."""

    words: str
    people: int | None = None


@dataclass(frozen=True)
class NewAudit:
    """What is asked, of how many people, between which days, both included.

    `questions`, `ages` and `areas` are lines as `question_of` and `group_of` read them.
    """

    title: str
    opens_on: date
    closes_on: date
    question: str = ""
    assets: str = ""
    target: int | None = None
    partnership_id: int | None = None
    questions: Sequence[str] = ()
    ages: Sequence[str] = ()
    areas: Sequence[str] = ()


@dataclass(frozen=True)
class NewRound:
    """A round of asking: where, which member goes, and the session whose register has it."""

    words: str
    collector: str = ""
    session_id: int | None = None


@dataclass(frozen=True)
class NewSheet:
    """What one person answered, and how it came. `closed` is by the number of the question, from 1:
    the place of the choice or the point of the scale. What is left out is empty."""

    way: Way = Way.PAPER
    wishes: Sequence[str] = ()
    assets: Sequence[str] = ()
    closed: Mapping[int, int] = field(default_factory=dict[int, int])
    age: str = ""
    area: str = ""
    part: Capacity | None = None
    round_id: int | None = None
    code: str = ""

    @property
    def content(self) -> tuple[Hashable, ...]:
        """All that it says, to see whether two say the same."""
        return (
            *(self.way, self.round_id, self.age, self.area, self.part),
            *(tuple(self.wishes), tuple(self.assets), tuple(sorted(self.closed.items()))),
        )

    @property
    def in_words(self) -> bool:
        """Whether anything on it is in somebody's own words: two such are seldom the same."""
        return bool(self.wishes or self.assets)


@dataclass(frozen=True)
class NewDetails:
    """How somebody who was asked likes to be reached, and what for."""

    name: str
    phone: str = ""
    email: str = ""
    address: str = ""
    hear: bool = False
    help: bool = False
    join_us: bool = False


@dataclass(frozen=True)
class NewThemes:
    """Themes, one a line, as the group that read the answers calls them."""

    words: Sequence[str]


@dataclass(frozen=True)
class Joining:
    """The theme that another is joined to."""

    to_id: int


@dataclass(frozen=True)
class Sorting:
    """Under which themes an answer goes, one or two, or that it fits `none` of them; and the
    wording that others read of it, if it could tell who wrote it. The answer is named by its
    sheet's key and its place."""

    key: str
    place: int
    themes: Sequence[int] = ()
    wording: str = ""
    none: bool = False

    def fits(self, there: Collection[int]) -> bool:
        """Whether it names one theme of those there are, or two; or none, if it says so."""
        if self.none:
            return not self.themes
        return 1 <= len(set(self.themes)) <= 2 and set(self.themes) <= set(there)


def question_of(line: str) -> NewQuestion:
    """A closed question from a line: “How safe is it after dark?” is answered from 1 to 5, “Do you
    rent? Yes / No” by one of the choices after the question mark. Raises Invalid."""
    words, mark, rest = line.rpartition("?")
    choices = tuple(part.strip() for part in rest.split("/") if part.strip()) if mark else ()
    asked = f"{words.strip()}{mark}" if mark else line.strip()
    wrong = None
    if len(asked) > LONGEST["words"]:
        wrong = say("Ask it in fewer words: “%(words)s…”", words=asked[:40])
    elif mark and len(choices) == 1:
        wrong = say(
            "“%(words)s” has one choice alone. Write at least two, with / between them.",
            words=asked,
        )
    elif len(choices) > MOST_CHOICES or len(set(choices)) < len(choices):
        wrong = say(
            "Give “%(words)s” at most %(most)s choices, all of them different.",
            words=asked,
            most=MOST_CHOICES,
        )
    elif any(len(choice) > LONGEST["choice"] for choice in choices):
        wrong = say("Write shorter choices for “%(words)s”.", words=asked)
    if wrong:
        raise Invalid.on("questions", wrong)
    return NewQuestion(asked, choices)


def group_of(line: str, name: str) -> NewGroup:
    """A group from a line: “Under 25”, or “Under 25 = 140” with how many live there. Raises Invalid
    for the field `name`."""
    words, mark, number = line.partition("=")
    people = number.strip()
    if mark and not (people.isdecimal() and len(people) < 8):
        raise Invalid.on(
            name,
            say(
                "Write “%(words)s = ” and then how many people, such as 140; or leave the = out.",
                words=words.strip(),
            ),
        )
    if not words.strip() or len(words.strip()) > LONGEST["group"]:
        raise Invalid.on(name, say("Write each group in a few words, on a line of its own."))
    return NewGroup(words.strip(), int(people) if mark else None)


def groups_of(lines: Sequence[str], name: str) -> list[NewGroup]:
    """Groups from their lines, each once. Raises Invalid."""
    groups = [group_of(line, name) for line in lines if line.strip()]
    called = [group.words.casefold() for group in groups]
    if len(set(called)) < len(called):
        raise Invalid.on(name, say("One of them stands there twice. Take one out."))
    if len(groups) > MOST_GROUPS:
        raise Invalid.on(name, say("Write at most %(most)s of them.", most=MOST_GROUPS))
    return groups


def questions_of(lines: Sequence[str]) -> list[NewQuestion]:
    """Closed questions from their lines. Raises Invalid for more than `CLOSED_QUESTIONS`."""
    questions = [question_of(line) for line in lines if line.strip()]
    if len(questions) > CLOSED_QUESTIONS:
        raise Invalid.on(
            "questions",
            say(
                "Ask at most %(most)s questions beside the open one: people stand at their door.",
                most=CLOSED_QUESTIONS,
            ),
        )
    return questions


def check_closed(asked: Sequence[tuple[int, str, int]], given: Mapping[int, int]) -> None:
    """Raises Invalid for an answer that is none of its question's. `asked` has the number, words
    and highest answer of each."""
    wrong: dict[str, Said] = {}
    known = {number: (words, most) for number, words, most in asked}
    for number, value in given.items():
        if number not in known:
            wrong[f"q{number}"] = say("There is no question %(number)s.", number=number)
        elif not 1 <= value <= known[number][1]:
            wrong[f"q{number}"] = say(
                "Choose one of the answers to “%(words)s”", words=known[number][0]
            )
    if wrong:
        raise Invalid.of(wrong)


def picked(name: str, options: Sequence[tuple[Value, str]], typed: str) -> Value:
    """Which of some options is meant by what somebody typed: its number in their order, from 1; its
    words, or how they begin; or what programs call it. Raises Invalid for the field `name`."""
    text = typed.strip().casefold()
    if text.isdecimal() and len(text) < 4 and 1 <= int(text) <= len(options):
        return options[int(text) - 1][0]
    for sure in (
        [value for value, words in options if text in (str(value), words.casefold())],
        [value for value, words in options if words.casefold().startswith(text)],
    ):
        if len(sure) == 1:
            return sure[0]
    raise Invalid.on(
        name,
        say(
            "“%(typed)s” is none of these. Write the number before one of them, or how it begins:"
            " %(options)s.",
            typed=typed[:40],
            options=numbered(options),
        ),
    )


def numbered(options: Sequence[tuple[object, str]]) -> str:
    """Options with the number by which each is typed: “1 Yes · 2 No”."""
    return " · ".join(
        words if words == str(n) else f"{n} {words}" for n, (_, words) in enumerate(options, 1)
    )


def lines_of(name: str, lines: Sequence[str]) -> list[str]:
    """What somebody wrote in their own words, at most `WISHES` things. Raises Invalid."""
    wishes = [line.strip() for line in lines if line.strip()]
    if len(wishes) > WISHES:
        raise Invalid.on(name, say("Write at most %(most)s, the most important ones.", most=WISHES))
    if any(len(line) > LONGEST["wish"] for line in wishes):
        raise Invalid.on(
            name,
            say("Use at most %(longest)s letters for each of them.", longest=LONGEST["wish"]),
        )
    return wishes


# ---- What could tell who wrote an answer ----

_PHONE = re.compile(r"(?:\+|\b0)[\d][\d \-/().]{5,}\d")
_EMAIL = re.compile(r"\S+@\S+\.\S+")
_HOUSE = re.compile(r"\b(?:no\.?|number|flat|house)\s*\d+\w?\b", re.IGNORECASE)
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Sister|Father|Councillor|Cllr)\.?\s+[A-Z]\w+")
_TWO_NAMES = re.compile(r"(?<![.!?]\s)(?<!^)\b([A-Z][a-z]+)\s+([A-Z][a-z]+)\b")
_MINE = re.compile(
    r"\bmy (?:\w+ )?(?:wife|husband|son|daughter|mum|mother|dad|father|partner|neighbour)\b",
    re.IGNORECASE,
)
_PLACES = {
    *("Street", "Road", "Row", "Lane", "Park", "Close", "Avenue", "Drive", "Court", "House"),
    *("Centre", "Hall", "School", "Estate", "Green", "Square", "Hill", "Bridge", "Time", "Bank"),
    *("Terrace", "Way", "Place", "Gardens", "Library", "Surgery", "Church", "Council", "Union"),
}


def could_tell(words: str) -> list[Said]:
    """What in an answer could tell who wrote it, or names somebody: to be looked at, never
    refused."""
    names = any(match[2] not in _PLACES for match in _TWO_NAMES.finditer(words))
    signs = (
        (_PHONE.search(words), say("a phone number")),
        (_EMAIL.search(words), say("an e-mail address")),
        (_TITLE.search(words) or names, say("perhaps somebody’s name")),
        (_HOUSE.search(words), say("the number of a house")),
        (_MINE.search(words), say("somebody of their family or next door")),
    )
    return [sign for found, sign in signs if found]


def is_for_two(key: str, place: int) -> bool:
    """Whether an answer is one of those that two people sort, each for themselves: one in `EVERY`,
    drawn by its random key."""
    return (int(key[-6:], 16) + place) % EVERY == 0
