"""What a line of a statement says, and who may read it."""

import pytest

from timebank.act import Actor
from timebank.statement import rules
from timebank.statement.rules import YOU, Name

JOAN, TOM = Name("Joan", "Joan"), Name("Tom", "Tom")


@pytest.mark.parametrize(
    ("kind", "minutes", "holder", "words"),
    [
        ("exchange", 60, YOU, "You helped Tom"),
        ("exchange", -60, YOU, "Tom helped you"),
        ("exchange", 60, JOAN, "Joan helped Tom"),
        ("exchange", -60, JOAN, "Tom helped Joan"),
        ("gift", 60, YOU, "Gift from Tom"),
        ("gift", -60, YOU, "Your gift to Tom"),
        ("gift", -60, JOAN, "Gift to Tom"),
        ("opening", 60, YOU, "Hours from before the books began"),
        ("settlement", -60, JOAN, "Settled with Tom on leaving"),
        ("reversal", -60, YOU, "Corrected"),
        ("loan", 60, YOU, "Other hours, with Tom"),
    ],
)
def test_a_line_says_who_helped_whom(kind: str, minutes: int, holder: Name, words: str) -> None:
    assert str(rules.happened(kind, minutes, holder, TOM)) == words


def test_a_sentence_begins_with_a_capital_whoever_it_begins_with() -> None:
    help_from, help_to = (
        rules.happened("exchange", minutes, YOU, rules.CHEST) for minutes in (-60, 60)
    )
    assert str(help_from) == "The community chest helped you"
    assert str(help_to) == "You helped the community chest"


@pytest.mark.parametrize(
    ("role", "kind", "acting_for", "may_see", "names"),
    [
        ("member", "member", {7}, True, True),
        ("member", "organisation", {7}, True, True),
        ("member", "member", {8}, False, True),
        ("member", "chest", {8}, True, False),
        ("broker", "member", set(), True, True),
        ("broker", "chest", set(), True, True),
    ],
)
def test_who_may_read_a_statement_and_its_names(
    role: str, kind: str, acting_for: set[int], may_see: bool, names: bool
) -> None:
    reader = Actor(bank_id=1, name="Ana", role=role, member_id=1, account_id=8)
    assert rules.may_see(reader, 7, kind, acting_for) is may_see
    assert rules.shows_names(reader, 7, kind, acting_for) is names


@pytest.mark.parametrize(
    ("minutes", "holder", "other", "for_coming", "words"),
    [
        (60, YOU, TOM, False, "From Tom, for the time you gave"),
        (60, JOAN, TOM, False, "From Tom, for the time they gave"),
        (-60, YOU, TOM, False, "To Tom, for the time they gave"),
        (-60, JOAN, YOU, False, "To you, for the time you gave"),
        (-60, YOU, rules.CHEST, True, "To the community chest, for coming"),
    ],
)
def test_a_line_of_a_session_says_what_it_was_for(
    minutes: int, holder: Name, other: Name, for_coming: bool, words: str
) -> None:
    assert str(rules.share(minutes, holder, other, for_coming=for_coming)) == words
