"""Scores, intervals, what may be told of how many: against scipy's own statistics, and by trying
every small case."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from timebank.errors import Invalid
from timebank.measures import disclosure
from timebank.surveys import rules
from timebank.surveys.instruments import EMBEDDED, LONELINESS, ONS4, Instrument, Measure
from timebank.surveys.rules import Ends

SCORES = st.lists(st.integers(0, 10).map(float), min_size=8, max_size=60)


@given(SCORES)
def test_a_mean_has_students_interval(values):
    found = rules.estimate(values)
    assert found.n == len(values)
    assert found.mean == pytest.approx(sum(values) / len(values))
    if len(set(values)) > 1:
        low, high = stats.t.interval(0.95, len(values) - 1, loc=found.mean, scale=stats.sem(values))
        assert (found.low, found.high) == pytest.approx((low, high))
    else:
        assert found.low == pytest.approx(found.high)


@given(SCORES, st.data())
def test_a_mean_change_is_the_paired_t_interval(before, data):
    after = data.draw(
        st.lists(st.integers(0, 10).map(float), min_size=len(before), max_size=len(before))
    )
    changes = [later - earlier for earlier, later in zip(before, after, strict=True)]
    if len(set(changes)) > 1:
        found, wanted = (
            rules.estimate(changes),
            stats.ttest_rel(after, before).confidence_interval(0.95),
        )
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


@pytest.mark.parametrize("n", range(8))
def test_of_fewer_than_eight_nothing_is_said(n):
    assert rules.estimate([5.0] * n) is None


def test_of_few_the_others_are_not_told_either_since_the_mean_of_all_is():
    many, few = [float(one) for one in range(9)], [3.0] * 7
    assert rules.both(many, few) == (None, None)
    assert rules.both(few, many) == (None, None)
    assert rules.both(many, []) == (rules.estimate(many), None)
    assert None not in rules.both(many, many)


def test_a_score_needs_every_question_that_belongs_to_it():
    lonely, often = LONELINESS.measures
    assert rules.score(lonely, {0: 1, 1: 2, 2: 3, 3: None}) == 6
    assert rules.score(lonely, {0: 1, 1: 2, 2: None, 3: 4}) is None
    assert rules.score(often, {0: None, 3: 4}) == 4
    assert rules.score(Measure("", (0, 1), "higher", 1, 5), {0: 1, 1: 4}) == 2.5


@pytest.mark.parametrize("one", EMBEDDED.values(), ids=lambda one: one.key)
def test_an_instrument_is_sound(one: Instrument):
    assert one.source
    assert one.about
    for measure in one.measures:
        numbers = [sorted(one.questions[item].numbers) for item in measure.items]
        times = len(numbers) if measure.scoring == "sum" else 1
        assert (measure.lowest, measure.highest) == (numbers[0][0] * times, numbers[0][-1] * times)
    assert {item for measure in one.measures for item in measure.items} == set(
        range(len(one.questions))
    )


def test_anxiety_is_better_when_it_is_lower():
    assert [measure.better for measure in ONS4.measures] == ["higher", "higher", "higher", "lower"]


def test_answers_are_numbers_or_not_said_or_left_out():
    found = rules.checked([ONS4], {"q0_0": "10", "q0_1": "not_said", "q0_2": "", "csrf_token": "x"})
    assert found == {(0, 0): 10, (0, 1): "not_said", (0, 2): "left_out", (0, 3): "left_out"}


@pytest.mark.parametrize("said", ["11", "-1", "7.5", "seven", "1" * 40])
def test_an_answer_out_of_range_is_refused_with_its_question(said):
    with pytest.raises(Invalid) as refusal:
        rules.checked([ONS4], {"q0_0": said})
    assert "how satisfied are you" in str(refusal.value.fields["q0_0"])


def test_nothing_at_all_is_no_answer():
    with pytest.raises(Invalid, match="Nothing is answered yet"):
        rules.checked([ONS4], {})


@pytest.mark.parametrize(("lowest", "highest"), [(5, 1), (3, 3), (-1, 4), (0, 101), (0, 50)])
def test_ends_of_a_scale(lowest, highest):
    with pytest.raises(Invalid) as refusal:
        rules.check_ends(Ends(lowest, highest, "never", "always"))
    assert refusal.value.fields.keys() == {"highest"}


# ---- Equality counts ----


@pytest.mark.parametrize(("categories", "most"), [(2, 40), (3, 20), (4, 11)])
def test_no_count_of_one_to_seven_can_be_worked_out(categories, most):
    """Every small bank there can be: whatever is shown of it, together with exactly how many
    members it has, leaves each withheld count of 1 to 7 at least one other value."""
    names = "abcd"[:categories]
    seen = defaultdict(list)
    for numbers in product(range(most + 1), repeat=categories):
        counts = dict(zip(names, numbers, strict=True))
        seen[tuple(rules.parts(counts).items()), sum(numbers)].append(numbers)
    for (shown, whole), possible in seen.items():
        if whole > most or not any(count for _, count in shown):
            continue  # Cut off by the range tried here; or nothing is shown at all.
        for place in range(categories):
            values = {numbers[place] for numbers in possible}
            assert not values <= set(range(1, 8)) or len(values) > 1, (shown, whole, possible)


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 60), min_size=1, max_size=9))
def test_a_count_of_few_is_never_shown_and_others_are_rounded(counts):
    for name, shown in rules.parts(counts).items():
        assert shown is None or (
            shown == disclosure.rounded(counts[name]) and not 0 < counts[name] < 8
        )


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 60), min_size=2, max_size=9))
def test_differences_of_what_is_shown_tell_no_count_of_few(counts):
    """The total as it is shown, less everything that is shown beside it, leaves room for several
    values of a withheld count."""
    shown = rules.parts(counts)
    hidden = [name for name, count in shown.items() if count is None]
    whole = disclosure.shown(sum(counts.values()))
    if hidden and whole is not None:
        assert len(hidden) > 1
