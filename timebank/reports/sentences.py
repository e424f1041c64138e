"""What a report says beside its figures: why there is none, how to read them, what its tables are
called.

A report is kept for good, and so is what it says, in English. Read again, its sentences are found
among those that there are, so that they can be said in the reader's language; what was worded
otherwise in its day stays as it was kept.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from timebank.measures import figures
from timebank.measures.catalogue import FIGURES
from timebank.measures.disclosure import WITHHELD
from timebank.measures.figures import Attribute
from timebank.measures.windows import left_out
from timebank.say import Gap, Said, say
from timebank.surveys.rules import NO_PROOF

# ---- Notes ----

NO_TABLES = say(
    "Tables of hours come with windows of twelve months only: from longer and shorter ones the"
    " hours of a single quarter could be told, where few people may have given them."
)


def rounded(few: int) -> Said:
    """How figures for sharing are rounded."""
    return say(
        "For sharing: numbers of fewer than %(few)s people are withheld ([c], for confidential),"
        " and sometimes a second so that the first cannot be told from it. Other numbers of people"
        " are rounded to fives, hours to whole fives; shares are of rounded numbers, so parts may"
        " not add up to the whole.",
        few=few,
    )


def not_over(begins: date, until: date) -> Said:
    """What belongs beside windows that had not ended."""
    return say(
        "Not over yet: what begins on %(begins)s holds only what was recorded by %(until)s, and is"
        " no whole window to compare.",
        begins=begins,
        until=until,
    )


# ---- What tables are called ----

BETWEEN: Mapping[Attribute, Said] = {
    Attribute.AGE_BAND: say(
        "Hours between people, by age: who gave (rows), who was helped (columns)"
    ),
    Attribute.AREA: say("Hours between people, by area: who gave (rows), who was helped (columns)"),
    Attribute.CAPACITY: say(
        "Hours between people, by role: who gave (rows), who was helped (columns)"
    ),
}
BY_WAY = say("Hours by how they were given")
BY_CATEGORY = say("Hours between two people, by kind of help")
CODELIVERY = say("Hours on registers, by capacity and part (rows) and by stage (columns)")


def outcomes(wave: str) -> Said:
    """What a wave of questions came to, with the caution that belongs to it."""
    return say("%(wave)s. %(caution)s", wave=wave, caution=NO_PROOF)


def members_by(question: str, counted_on: date) -> Said:
    """How many members gave which answer to an equality question, by its key."""
    return replace(_MEMBERS_BY[question], gaps={"day": counted_on})


_ANY_DAY = date.min
_MEMBERS_BY: Mapping[str, Said] = {
    "age": say("Members by age, as counted on %(day)s", day=_ANY_DAY),
    "sex": say("Members by sex, as counted on %(day)s", day=_ANY_DAY),
    "gender": say("Members by gender identity, as counted on %(day)s", day=_ANY_DAY),
    "ethnic": say("Members by ethnic group, as counted on %(day)s", day=_ANY_DAY),
    "disability": say(
        "Members by disability or long-term condition, as counted on %(day)s", day=_ANY_DAY
    ),
    "carer": say("Members by unpaid carer, as counted on %(day)s", day=_ANY_DAY),
    "orientation": say("Members by sexual orientation, as counted on %(day)s", day=_ANY_DAY),
    "religion": say("Members by religion, as counted on %(day)s", day=_ANY_DAY),
    "area": say("Members by area, as counted on %(day)s", day=_ANY_DAY),
    "deprivation": say("Members by deprivation of the area, as counted on %(day)s", day=_ANY_DAY),
}


# ---- Said again ----


def again(english: str) -> Said | str:
    """A sentence that was kept in English, to be said in any language; itself where it is none of
    those that there are."""
    wave, caution, _ = english.partition(f". {NO_PROOF}")
    if caution:
        return outcomes(wave)
    for sentence, form in _forms():
        match = form.fullmatch(english)
        if match:
            gaps = {name: _read(value) for name, value in match.groupdict().items()}
            return replace(sentence, gaps=gaps)
    return english


@cache
def _forms() -> list[tuple[Said, re.Pattern[str]]]:
    """Every sentence that a report can keep, and what its English looks like with its gaps
    filled."""
    sentences = dict.fromkeys(
        (
            WITHHELD,
            figures.NO_HELP,
            figures.ONE_GROUP,
            figures.CHANGED_NOT_CAUSED,
            figures.too_few(0, 0),
            figures.too_few_known(0, 0),
            *(figure.unless for figure in FIGURES.values()),
            left_out([]),
            NO_TABLES,
            rounded(0),
            not_over(_ANY_DAY, _ANY_DAY),
            *BETWEEN.values(),
            BY_WAY,
            BY_CATEGORY,
            CODELIVERY,
            *_MEMBERS_BY.values(),
        )
    )
    return [(sentence, re.compile(_form(sentence.one))) for sentence in sentences]


def _form(template: str) -> str:
    words = re.split(r"%\((\w+)\)s", template.replace("%%", "%"))
    # Every other part is the name of a gap.
    return "".join(
        f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(words)
    )


def _read(value: str) -> Gap:
    """What filled a gap: a day where it is written like one."""
    with suppress(ValueError):
        return datetime.strptime(f"{value} +0000", "%d %B %Y %z").date()
    return value
