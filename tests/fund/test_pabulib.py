"""Files of elections, read and written."""

from pathlib import Path

import pytest

from tests.fund import elections
from timebank.errors import Invalid
from timebank.fund import counting, pabulib
from timebank.fund.counting import CountMethod

VILLAGE = """\ufeffMETA\r
key; value\r
description;"Fund of a village; its first"\r
num_projects;4\r
num_votes;5\r
budget;2000,00\r
vote_type;approval\r
\r
PROJECTS\r
project_id; cost; votes; name; selected\r
BO.1/22; 800; 3; "A ""big"" shed"; 1\r
b; 450; 2; Benches; 1\r
c; 300; 2; ; 1\r
17; 400; 3; Water; 1\r
\r
VOTES\r
age; voter_id; vote; sex\r
33; v1; BO.1/22,17; F\r
65; v2; BO.1/22, c, 17; M\r
; v3; BO.1/22,b,17;\r
20; v4; c,c; F\r
20; 5; b; F\r
"""


def replaced(old: str, new: str) -> str:
    assert old in VILLAGE
    return VILLAGE.replace(old, new)


def test_a_file_is_read_with_its_ids_as_they_are() -> None:
    poll = pabulib.read(VILLAGE)
    one = poll.election
    assert (one.budget, one.costs) == (2000, {"BO.1/22": 800, "b": 450, "c": 300, "17": 400})
    assert one.ballots[1] == {"BO.1/22", "c", "17"}
    assert one.lot == ["BO.1/22", "b", "c", "17"]
    assert poll.names["BO.1/22"] == 'A "big" shed'
    assert counting.counted(one)["funded"] == ["17", "BO.1/22", "c", "b"]
    assert [str(note) for note in poll.notes] == [
        "Voter v4 ticked something twice. It was counted once."
    ]


def test_amounts_with_decimals_are_counted_in_what_makes_them_whole() -> None:
    one = pabulib.read(replaced("b; 450;", "b; 450.25;")).election
    assert (one.unit, one.budget, one.costs["b"]) == (100, 200_000, 45_025)
    # A hundredth of the budget is in whole units of money, as it is without decimals.
    assert counting.decide(one).step == 2000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the part META is missing"),
        ("hello", "has to begin with META"),
        (VILLAGE[: VILLAGE.index("VOTES\r")], "the part VOTES is missing"),
        (VILLAGE[: VILLAGE.index("20; 5; b")], "it says num_votes 5, and has 4"),
        (replaced("num_projects;4", "num_projects;6"), "it says num_projects 6, and has 4"),
        (replaced("20; 5; b; F", "20; 5"), "Line 22 is cut off: “vote” is missing"),
        (replaced("approval", "ordinal"), "of the kind “ordinal”"),
        (replaced("vote_type;approval\r\n", ""), "of the kind “?”"),
        (replaced("20; 5; b", "20; 5; q"), "Voter 5 ticked “q”, which is not among"),
        (replaced("b; 450", "b; 0"), "the cost of b: it has to be more than nought, and is 0"),
        (replaced("b; 450", "b; -3"), "more than nought"),
        (replaced("b; 450", "b; many"), "the cost of b: “many” is no amount"),
        (replaced("2000,00", "0"), "budget: it has to be more than nought"),
        (replaced("budget;2000,00\r\n", ""), "budget: “” is no amount"),
        (replaced("2000,00", "1e4000"), "is no amount"),
        (replaced("b; 450", "17; 450"), "The proposal 17 stands in this file twice"),
        (replaced("project_id;", "number;"), "has no column “project_id”"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        pabulib.read(text)
    assert words in str(refused.value.message)


def test_what_is_written_reads_the_same_and_has_no_order_of_its_own() -> None:
    one = elections.twelve()
    names = {it: f"Idea; “{it}”" for it in one.costs}
    text = pabulib.write(one, names, {"description": "Ours"})
    poll = pabulib.read(text)
    assert poll.election.digest == one.digest
    assert (poll.election.lot, poll.names) == (one.lot, names)
    again = counting.Election(one.budget, one.costs, list(reversed(one.ballots)), one.lot)
    assert pabulib.write(again, names, {"description": "Ours"}) == text


def test_an_election_that_a_city_held() -> None:
    """Warsaw, Wesoła, Plac Wojska Polskiego 2017: 27 ballots, all four were funded by most votes.
    (pabulib.org, poland_warszawa_2017_plac-wojska-polskiego.pb)"""
    text = (Path(__file__).parent / "warsaw_2017_plac_wojska_polskiego.pb").read_text()
    poll = pabulib.read(text)
    for method in CountMethod:
        outcome = counting.decide(poll.election, method)
        assert {it.proposal for it in outcome.funded} == set(poll.selected)
        assert outcome.spent == 44720
    assert poll.election.ticks == {"427": 16, "915": 14, "2567": 12, "1623": 5}
