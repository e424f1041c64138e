"""How far figures may be off."""

import numpy as np
import pytest

from tests.measures.networks import Act, crowd, help_of, value
from timebank.measures import rules, spread
from timebank.measures.figures import Attribute
from timebank.measures.rules import Help
from timebank.measures.spread import Contributions


def parts_of(help_: Help) -> Contributions:
    nothing = np.zeros(help_.people, np.int64)
    return spread.contributions(
        help_,
        positive=nothing,
        resting=0,
        groupings={Attribute.AREA: nothing + (help_.who % 2)},
        years=1,
    )


FORMULAS = {
    "direct": lambda s: s["direct"] / s["minutes"],
    "round": lambda s: s["round"] / s["minutes"],
    "ceiling": lambda s: s["ceiling"] / s["minutes"],
    "inside": lambda s: s["inside"] / s["minutes"],
    "gini": lambda s: s["gini_given"],
}


def figures(help_: Help) -> list[float | None]:
    split = rules.split(help_)
    round_ = split.direct + split.through_others
    return [
        split.direct / split.total,
        round_ / split.total,
        split.ceiling / split.total,
        value("strong_component_share", help_),
        rules.gini(help_.given),
    ]


def drawn(help_: Help, draws: int = 200) -> np.ndarray:
    return spread.drawn([parts_of(help_)], FORMULAS, draws=draws)[0]


def test_the_parts_add_up_to_the_figures() -> None:
    """Everybody drawn once is the network itself."""
    help_ = help_of(crowd(50))
    part = parts_of(help_)
    sums = {name: values.sum() for name, values in part.arcs.items()} | {
        "gini_given": rules.gini(help_.given)
    }
    assert [formula(sums) for formula in FORMULAS.values()] == pytest.approx(figures(help_))


def test_an_interval_holds_the_figure_and_is_the_same_again() -> None:
    help_ = help_of(crowd(200))
    first, second = drawn(help_), drawn(help_)
    assert np.array_equal(first, second)
    for column, figure in zip(first.T, figures(help_), strict=True):
        low, high = spread.interval(column) or (figure, figure)
        assert low <= figure <= high


def test_more_people_make_it_narrower() -> None:
    widths = []
    for people in (40, 640):
        found = spread.interval(drawn(help_of(crowd(people)))[:, 0])
        assert found is not None
        widths.append(found[1] - found[0])
    assert 2.5 < widths[0] / widths[1] < 7


def test_people_who_are_in_two_windows_are_drawn_alike() -> None:
    """So the same window twice differs by nothing, however far each may be off."""
    part = parts_of(help_of(crowd(40)))
    once, again = spread.drawn([part, part], FORMULAS, draws=50)
    assert not (once - again).any()


@pytest.mark.parametrize("acts", [[], [(1, 1, 5)], [(1, 2, 60)]])
def test_next_to_nobody_has_no_interval(acts: list[Act]) -> None:
    assert [spread.interval(column) for column in drawn(help_of(acts)).T] == [None] * len(FORMULAS)


def test_where_every_draw_is_the_same_nothing_is_said_of_how_far_off_it_may_be() -> None:
    ring = help_of((who, (who + 1) % 40, 60) for who in range(40))
    columns = drawn(ring).T
    assert columns[1] == pytest.approx(np.ones(200))
    assert spread.interval(columns[1]) is None


def test_without_draws_there_are_no_intervals() -> None:
    assert spread.interval(drawn(help_of(crowd(40)), draws=0)[:, 0]) is None


def test_a_share_of_people_has_wilsons_interval() -> None:
    assert spread.of_share(0, 0) is None
    assert spread.of_share(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert spread.of_share(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)


def test_a_median_has_the_interval_of_its_ranks() -> None:
    assert spread.of_median([1, 2, 3, 4, 5]) is None
    assert spread.of_median([1, 2, 3, 4, 5, 6]) == (1, 6)
    # Tables of the sign test: the 6th and the 15th of 20.
    assert spread.of_median(list(range(1, 21))) == (6, 15)
