"""The count: hand cases, what holds for every election, and a second way to count."""

import json
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fund import elections
from tests.fund.elections import election
from timebank.fund import counting
from timebank.fund.counting import CountMethod, Election, RaiseBy, Stopped, decide, shares


def ids(outcome: counting.Outcome) -> str:
    return "".join(one.proposal for one in outcome.funded)


@st.composite
def small(draw: st.DrawFn) -> Election:
    """Up to seven proposals and twelve ballots, some of which tick nothing."""
    names = "abcdefg"[: draw(st.integers(1, 7))]
    budget = draw(st.integers(1, 400))
    # Costs of few kinds, so that there are ties.
    costs = {name: draw(st.sampled_from([1, 7, 30, 50, 90, 100, 101, 150])) for name in names}
    ballots = draw(st.lists(st.frozensets(st.sampled_from(names)), max_size=12))
    return Election(budget, costs, ballots, draw(st.permutations(names)))


def test_the_twelve_who_share_1200() -> None:
    twelve = elections.twelve()
    assert "".join(one.proposal for one in shares(twelve, 1200).carried) == "cbe"
    found = decide(twelve)
    assert (ids(found), found.spent, found.raises, found.stopped) == ("cbed", 1190, 49, "cost")
    assert shares(twelve, 1200 + 50 * 12).spent > 1200
    votes = decide(twelve, CountMethod.VOTES)
    assert ids(votes) == "cba"
    assert votes.wins == [5, 0, 0, 7]


def test_where_binary_fractions_fund_something_else_whole_numbers_do_not() -> None:
    one = elections.floats_fail()
    assert "".join(found.proposal for found in shares(one, 2000).carried) == "dac"


def test_each_for_their_own_and_all_that_fits() -> None:
    own = election(300, {"a": 100, "b": 100, "c": 100}, ["a", "b", "c"], "cab")
    assert ids(decide(own)) == "cab"  # All alike: as the lot has it.
    fits = election(1000, {"a": 100, "b": 200, "z": 50}, ["a", "ab"])
    found = decide(fits)
    # Without the middle stop it would be raised for ever: nobody ticked z.
    assert (ids(found), found.stopped) == ("ab", Stopped.ALL)


def test_of_equals_the_cheaper_then_more_ticks_then_the_lot() -> None:
    # Both have 2 supporters, and so the same cost / q.
    assert ids(decide(election(100, {"a": 60, "b": 50}, ["a", "a", "b", "b"]))) == "b"
    tied = {"a": 100, "b": 100}
    assert ids(decide(election(100, tied, ["ab", "ab"], "ba"))) == "b"
    assert ids(decide(election(100, tied, ["ab", "ab"], "ab"))) == "a"


def test_nobody_voted_or_only_empty_ballots() -> None:
    for ballots in ([], ["", ""]):
        found = decide(election(100, {"a": 50}, ballots))
        assert (ids(found), found.raises, found.stopped) == ("", 0, Stopped.ALL)
        assert counting.counted(found.election)["not_funded"][0]["reason"] == "no_ticks"


def test_an_empty_ballot_has_no_share() -> None:
    with_empty = election(100, {"a": 60, "b": 50}, ["a", "b", "", ""])
    without = election(100, {"a": 60, "b": 50}, ["a", "b"])
    assert shares(with_empty, 100).carried == shares(without, 100).carried


def test_what_costs_more_than_there_is_is_never_carried() -> None:
    content = counting.counted(election(100, {"a": 101, "b": 60}, ["a", "a", "ab"]))
    assert content["funded"] == ["b"]
    assert content["voters"] == 1
    assert content["not_funded"] == [{"id": "a", "cost": 101, "ticks": 3, "reason": "too_dear"}]


def test_raising_ends_after_so_many_times_and_says_so() -> None:
    found = decide(elections.twelve(), most_raises=10)
    assert (found.raises, found.stopped) == (10, Stopped.LIMIT)


def test_a_unit_of_money_a_voter_is_another_step() -> None:
    found = decide(elections.twelve(), CountMethod.SHARES, RaiseBy.VOTER)
    assert (found.step, ids(found)) == (12, "cbed")


def test_who_lost_by_how_much() -> None:
    content = counting.counted(elections.twelve())
    (lost,) = content["not_funded"]
    assert lost["id"] == "a"
    left, missing = Fraction(lost["left"]), Fraction(lost["missing"])
    # Seven shares of (1200 + 49 · 12) / 12, less what b and c cost.
    assert left == Fraction(1788 * 7, 12) - 650
    assert left + missing == 400


@pytest.mark.parametrize(
    ("budget", "costs", "ballots"),
    [
        (0, {"a": 1}, []),
        (10, {"a": 0}, []),
        (10, {"a": 5}, ["b"]),
        (10, {"a": 5}, [["a", "a"]]),
    ],
)
def test_what_no_ballot_paper_could_bring_about_is_refused(
    budget: int, costs: dict[str, int], ballots: list[str]
) -> None:
    with pytest.raises(ValueError, match="nought|ticks"):
        Election(budget, costs, ballots, sorted(costs))
    with pytest.raises(ValueError, match="lot"):
        Election(10, {"a": 5}, [], [])


@given(small())
@settings(max_examples=300, deadline=None)
def test_a_second_slow_way_comes_to_the_same(one: Election) -> None:
    found = decide(one)
    assert ([it.proposal for it in found.funded], found.raises) == elections.counted_slowly(
        one, -(-one.budget // 100)
    )
    assert [it.proposal for it in decide(one, CountMethod.VOTES).funded] == elections.fitting(
        one, ()
    )


@given(small())
@settings(deadline=None)
def test_shares_pay_exactly_what_is_carried_and_nobody_more_than_theirs(one: Election) -> None:
    run = shares(one, one.budget)
    assert run.spent <= one.budget
    if not one.voters:
        return
    paid = elections.slowly(one, Fraction(one.budget))
    assert [it.proposal for it in run.carried] == paid.order
    for it in run.carried:
        payments = paid.payments[it.proposal]
        assert sum(payments.values()) == it.cost
        assert max(payments.values()) == it.each
        assert sum(payment < it.each for payment in payments.values()) == it.all_they_had
    assert all(0 <= left <= Fraction(one.budget, one.voters) for left in paid.left.values())
    for place, left in paid.left.items():
        assert Fraction(run.left[place], run.whole) == left


@given(small(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_neither_order_nor_names_matter(one: Election, chance: random.Random) -> None:
    content = counting.canonical(counting.counted(one))
    mixed = list(one.ballots)
    chance.shuffle(mixed)
    costs = dict(chance.sample(sorted(one.costs.items()), len(one.costs)))
    assert counting.canonical(counting.counted(Election(one.budget, costs, mixed, one.lot))) == (
        content
    )
    renamed = dict(zip(sorted(one.costs), chance.sample("tuvwxyz", len(one.costs)), strict=True))
    other = Election(
        one.budget,
        {renamed[it]: cost for it, cost in one.costs.items()},
        [frozenset(renamed[it] for it in ballot) for ballot in one.ballots],
        [renamed[it] for it in one.lot],
    )
    assert [renamed[it.proposal] for it in decide(one).funded] == [
        it.proposal for it in decide(other).funded
    ]


@given(st.integers(1, 40), st.integers(1, 300), st.integers(1, 300), st.integers(0, 6))
@settings(deadline=None)
def test_enough_people_who_all_want_one_thing_and_nothing_else_get_it(
    voters: int, budget: int, cost: int, wishes: int
) -> None:
    """⌈n·c/B⌉ of n voters who tick it alone."""
    if cost > budget:
        return
    enough = -(-voters * cost // budget)
    others = {f"o{n}": 1 + n * 7 for n in range(wishes)}
    ballots = [frozenset({"a"})] * enough + [frozenset(others)] * (voters - enough)
    one = Election(budget, {"a": cost, **others}, ballots, ["a", *others])
    # Who ticked nothing has no share, so that those who did have more.
    assert "a" in [it.proposal for it in shares(one, budget).carried]


def test_the_result_is_whole_numbers_and_says_what_went_in() -> None:
    content = counting.counted(elections.floats_fail())
    text = counting.canonical(content).decode()
    assert json.loads(text) == content
    assert "." not in text
    assert content["inputs"] == elections.floats_fail().digest
    assert content["rounds"][0] == {
        "id": "d",
        "cost": 400,
        "ticks": 3,
        "by": "shares",
        "each": "400/3",
        "all_they_had": 0,
    }
    assert content["other"]["method"] == "votes"
    # Made by another machine, years ago.
    assert content["inputs"] == "8eb249a14f661c074e45620ca66ffe1f825498890c505236670a7262a2952096"
