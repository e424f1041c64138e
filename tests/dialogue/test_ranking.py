"""Shares of people, ranks with their ranges, agreement: against published values, and by what has
to hold whatever people said."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timebank.dialogue import ranking
from timebank.dialogue.ranking import kappa, parted, rank, side_by_side

THEMES = ("debt", "benches", "dentist", "young")

sheets = st.lists(st.sets(st.sampled_from(THEMES), max_size=3), max_size=40)


@pytest.mark.parametrize(("people", "n", "low", "high"), [(0, 10, 0, 0.278), (5, 10, 0.237, 0.763)])
def test_a_share_has_the_published_interval(people, n, low, high):
    """Newcombe 1998, table of Wilson's method."""
    standing = rank([{"a"}] * people + [set()] * (n - people), ["a"])[0]
    assert (standing.people, standing.n) == (people, n)
    assert standing.low == pytest.approx(low, abs=5e-4)
    assert standing.high == pytest.approx(high, abs=5e-4)


def test_agreement_is_that_of_the_textbook():
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx(0.40)
    assert kappa([]) is None
    assert kappa([("y", "y")] * 3) is None


def test_of_nobody_nothing_is_ranked():
    assert rank([], THEMES) == rank([{"debt"}], []) == []


def test_it_is_people_who_are_counted_and_251_of_them_are_off_by_six_points():
    standings = rank([["debt", "debt"]] * 125 + [set()] * 126, THEMES)
    assert (standings[0].theme, standings[0].people) == ("debt", 125)
    assert standings[0].high - standings[0].low == pytest.approx(0.12, abs=0.01)


def test_what_stands_far_apart_is_one_above_the_other_and_what_is_close_side_by_side():
    people = [{"debt"}] * 120 + [{"dentist"}] * 52 + [{"benches"}] * 48 + [{"young"}] * 6
    standings = rank(people, THEMES)
    assert [(one.theme, one.rank, one.first, one.last) for one in standings] == [
        ("debt", 1, 1, 1),
        ("dentist", 2, 2, 3),
        ("benches", 3, 2, 3),
        ("young", 4, 4, 4),
    ]
    assert [[one.theme for one in group] for group in side_by_side(standings)] == [
        ["debt"],
        ["dentist", "benches"],
        ["young"],
    ]


@given(sheets, st.randoms(use_true_random=False), st.permutations(THEMES))
@settings(max_examples=60, deadline=None)
def test_neither_the_order_of_sheets_nor_what_themes_are_called_changes_the_ranking(
    people, chance: random.Random, names
):
    called = dict(zip(THEMES, names, strict=True))
    before = {one.theme: one for one in rank(people, THEMES)}
    mixed = [{called[theme] for theme in named} for named in people]
    chance.shuffle(mixed)
    after = {one.theme: one for one in rank(mixed, names)}
    for theme, standing in before.items():
        other = after[called[theme]]
        assert (standing.people, standing.rank, standing.first, standing.last) == (
            other.people,
            other.rank,
            other.first,
            other.last,
        )
    for one in before.values():
        assert 1 <= one.first <= one.rank <= one.last <= len(THEMES)
        assert one.low <= one.share <= one.high


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sets(st.sampled_from(THEMES), max_size=3))),
    st.sampled_from((5, 8, 10)),
)
@settings(max_examples=200, deadline=None)
def test_no_group_of_few_is_told_nor_what_few_of_a_group_said(people, few):
    found = parted(people, list("ABC"), THEMES, few)
    if found is None:
        return
    for group, size in found.groups.items():
        inside = [named for of, named in people if of == group]
        assert len(inside) >= few
        assert size is None or size % 5 == 0
        for theme in THEMES:
            named = sum(theme in one for one in inside)
            if 0 < named < few or 0 < len(inside) - named < few:
                assert found.themes[theme][group] is None
    # With the whole known to the person, as it is told unless it is of few, what is withheld of a
    # theme has more than one way to be.
    for theme, cells in found.themes.items():
        if not ranking.shown(sum(theme in named for _, named in people), len(people), few):
            continue
        hidden = [group for group, count in cells.items() if count is None]
        assert len(hidden) != 1 or len(_ways(people, theme, cells, few)) > 1


def _ways(people, theme, cells, few) -> set[int]:
    """What the one withheld cell could be, for whoever knows how many named the theme in all."""
    whole = sum(theme in named for _, named in people)
    shown = [count for count in cells.values() if count is not None]
    least = sum(max(few, count - 2) if count else 0 for count in shown)
    most = sum(count + 2 if count else 0 for count in shown)
    return set(range(max(0, whole - most), whole - least + 1))


def test_five_thousand_sheets_are_drawn_again_a_thousand_times_at_once():
    """Every sheet another one at worst: what takes long is said in `bench`, this is that it can."""
    chance = random.Random(1)  # noqa: S311  (a test is to be the same each time)
    people = [set(chance.sample(range(12), 3)) for _ in range(5000)]
    assert len(rank(people, range(12))) == 12
    assert ranking.DRAWS == 1000
