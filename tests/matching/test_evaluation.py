"""The search is good enough: a floor under what it finds, on sentences and words it was not made
for."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, make_bank
from tests.matching import evaluation
from timebank.banks.models import Bank
from timebank.matching import search

SINGLE = {
    "plumbing": "Plumbing",
    "gardening": "Gardening",
    "ironing": "Laundry and ironing",
    "haircut": "Hairdressing",
    "puncture": "Bicycle repair",
    "guitar": "Music lessons",
    "chess": "Games and cards",
    "babysitter": "Babysitting",
    "knitting": "Knitting and crochet",
    "computer": "Computers",
}
MISSPELT = {
    "plumming": "Plumbing",
    "gardning": "Gardening",
    "ironning": "Laundry and ironing",
    "hairdreser": "Hairdressing",
    "bycicle": "Bicycle repair",
    "gitar": "Music lessons",
    "ches": "Games and cards",
    "babysiting": "Babysitting",
    "kniting": "Knitting and crochet",
    "computor": "Computers",
}


@dataclass
class Street:
    session: Session
    bank: Bank
    needs: dict[int, str]

    def answered(self, half: str, first: int) -> float:
        """The share of sentences of a half whose need is among the first so many suggestions."""
        asked = [row for row in evaluation.rows("sentences") if row["half"] == half]
        found = (self.found(row["sentence"], first) for row in asked)
        return sum(row["needs"] in needs for row, needs in zip(asked, found, strict=True)) / len(
            asked
        )

    def found(self, text: str, first: int = 3) -> list[str]:
        return evaluation.found(
            self.session, self.bank, self.needs, text, on=NOW.date(), limit=first
        )


@pytest.fixture
def database(databases: Any) -> Generator[str]:
    """What is found is ranked in this process, the same on both engines: one is enough here."""
    url = databases.new("sqlite")
    yield url
    databases.drop(url)


@pytest.fixture
def street(session: Session) -> Street:
    bank = make_bank(session)
    return Street(session, bank, evaluation.post(session, bank, now=NOW))


def test_sentences_find_their_offers_words_all_of_theirs_and_misspelt_words_nearly_all(
    street: Street,
):
    held_out = street.answered("test", 3)
    assert held_out >= 0.82
    assert street.answered("test", 1) >= 0.66
    for words in (SINGLE, MISSPELT):
        missed = []
        for word, skill in words.items():
            hits = search.find(street.session, street.bank, word, kind="offer", on=NOW.date()).hits
            if skill not in {hit.shown.skill.name for hit in hits if hit.shown.skill}:
                missed.append(word)
        assert missed == []


def test_the_set_is_as_it_is_described():
    offers, asked = evaluation.rows("offers"), evaluation.rows("sentences")
    assert len(offers) == 200
    assert {half: sum(row["half"] == half for row in asked) for half in ("dev", "test")} == {
        "dev": 100,
        "test": 100,
    }
    assert {row["needs"] for row in asked} <= {row["need"] for row in offers}
    assert len({row["sentence"] for row in asked}) == len(asked)
