"""The largest circulation: against every possible flow, against a linear program, against networkx,
beyond 32 bits."""

from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from tests.measures.networks import Act, acts, crowd, help_of, unhurried
from timebank.measures.rules import Help


def by_trying(help_: Help) -> int:
    """The most of all flows in whole minutes that conserve them at everybody."""
    best = 0
    for flow in product(*(range(most + 1) for most in help_.minutes.tolist())):
        net = np.zeros(help_.people, int)
        np.add.at(net, help_.giver, flow)
        np.subtract.at(net, help_.receiver, flow)
        best = max(best, sum(flow) if not net.any() else 0)
    return best


def by_linear_program(help_: Help) -> float:
    ends, arcs = np.concatenate([help_.giver, help_.receiver]), np.arange(len(help_.minutes))
    signs = np.repeat([1.0, -1.0], len(arcs))
    conserved = sparse.csr_array(
        (signs, (ends, np.concatenate([arcs, arcs]))), shape=(help_.people, len(arcs))
    )
    bounds = np.column_stack([np.zeros(len(arcs)), help_.minutes])
    return -linprog(
        -np.ones(len(arcs)), A_eq=conserved, b_eq=np.zeros(help_.people), bounds=bounds
    ).fun


def by_networkx(help_: Help) -> int:
    graph = nx.DiGraph()
    for giver, receiver, minutes in zip(
        help_.giver.tolist(), help_.receiver.tolist(), help_.minutes.tolist(), strict=True
    ):
        graph.add_edge(giver, receiver, capacity=minutes, weight=-1)
    return -nx.network_simplex(graph)[0]


@unhurried
@given(acts=acts(people=4, most=2).filter(lambda some: len(some) < 8))
def test_no_flow_conserves_more_minutes(acts: list[Act]) -> None:
    help_ = help_of(acts)
    assert help_.circulation.minutes == by_trying(help_)


@unhurried
@given(acts=acts(people=12, most=500, least=1), times=st.sampled_from([1, 10**9, 2**33 + 1]))
def test_another_solver_finds_the_same_whatever_the_unit(acts: list[Act], times: int) -> None:
    """2³³ times the minutes circulate just so: 64 bits all the way."""
    help_ = help_of((giver, receiver, minutes * times) for giver, receiver, minutes in acts)
    assert help_.circulation.minutes == (by_networkx(help_of(acts)) * times if help_.people else 0)


@unhurried
@given(acts=acts(people=9))
def test_the_prices_prove_it(acts: list[Act]) -> None:
    """No circulation can be larger than the sum that any prices give (linear-programming duality),
    and these give it."""
    help_ = help_of(acts)
    prices = help_.circulation.prices
    bound = help_.minutes * np.maximum(0, 1 + prices[help_.giver] - prices[help_.receiver])
    assert help_.circulation.minutes == bound.sum()


@pytest.mark.parametrize("people", [50, 400])
def test_banks_of_a_real_size_agree_with_a_linear_program(people: int) -> None:
    help_ = help_of(crowd(people))
    assert help_.circulation.minutes == pytest.approx(by_linear_program(help_), abs=1e-3)


def test_minutes_mixed_from_both_sides_of_32_bits_are_exact() -> None:
    large = 2**40 + 1
    help_ = help_of([(1, 2, large), (2, 3, large + 5), (3, 1, large + 7), (3, 4, 3), (4, 1, 1)])
    # Round by 1, 2 and 3; a single minute of it takes the longer way by 4, where it counts once
    # more.
    assert help_.circulation.minutes == 3 * large + 1 == by_networkx(help_)


def test_nobody_circulates_nothing() -> None:
    assert help_of([]).circulation.minutes == 0
