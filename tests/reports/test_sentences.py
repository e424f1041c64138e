"""What a report says in sentences, kept in English and said again."""

from datetime import date

import pytest

from timebank.measures import figures
from timebank.measures.catalogue import FIGURES
from timebank.measures.disclosure import WITHHELD
from timebank.measures.figures import Attribute
from timebank.reports import sentences
from timebank.say import Said, say
from timebank.surveys.categories import KEYS
from timebank.voices import PSEUDO, voice

_DAY = date(2026, 11, 12)


@pytest.mark.parametrize(
    "sentence",
    [
        WITHHELD,
        figures.NO_HELP,
        figures.ONE_GROUP,
        figures.CHANGED_NOT_CAUSED,
        figures.too_few(12, 30),
        figures.too_few_known(12, 30),
        *dict.fromkeys(figure.unless for figure in FIGURES.values()),
        sentences.NO_TABLES,
        sentences.rounded(8),
        sentences.not_over(_DAY, _DAY),
        *(sentences.BETWEEN[attribute] for attribute in Attribute),
        sentences.BY_WAY,
        sentences.BY_CATEGORY,
        sentences.CODELIVERY,
        sentences.outcomes("How are you? First time"),
        *(sentences.members_by(key, _DAY) for key in KEYS),
    ],
    ids=str,
)
def test_a_sentence_that_was_kept_is_found_again(sentence: Said) -> None:
    found = sentences.again(str(sentence))
    assert isinstance(found, Said)
    assert found.render(voice(PSEUDO)) == sentence.render(voice(PSEUDO))
    assert str(found) == str(sentence)


def test_days_left_over_are_found_again() -> None:
    left = sentences.again("Left out, being no whole window: 2026-03-01 to 2026-03-15.")
    assert isinstance(left, Said)
    assert str(left) == "Left out, being no whole window: 2026-03-01 to 2026-03-15."


def test_a_day_that_was_kept_is_written_as_a_language_writes_days() -> None:
    found = sentences.again(str(sentences.members_by("age", _DAY)))
    assert found == say("Members by age, as counted on %(day)s", day=_DAY)


def test_what_was_worded_otherwise_stays_as_it_was() -> None:
    assert sentences.again("Nothing to be seen here.") == "Nothing to be seen here."
