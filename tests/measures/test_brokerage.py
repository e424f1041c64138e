"""Constraint, cores and cut points: published values, and what networkx says."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from tests.measures.networks import Act, acts, acts_of, crowd, help_of, unhurried
from timebank.measures import brokerage
from timebank.measures.rules import Help

HOLES = ("AB", "AF", "AG", "AE", "EG", "FG", "BG", "BD", "DG", "GC")
"""Borgatti's figure of structural holes,
http://www.analytictech.com/connections/v20(1)/holes.htm."""


def graph_of(help_: Help) -> nx.Graph:
    graph = nx.Graph()
    for giver, receiver, _ in acts_of(help_):
        graph.add_edge(giver, receiver)
    return graph


def test_borgattis_structural_holes() -> None:
    help_ = help_of((ord(one), ord(other), 1) for one, other in HOLES)
    found = dict(
        zip(map(chr, help_.who.tolist()), brokerage.constraint(help_).tolist(), strict=True)
    )
    assert {name: round(found[name], 3) for name in "GAC"} == {"G": 0.400, "A": 0.595, "C": 1.0}


def test_networkx_says_the_same_of_constraint_and_cores() -> None:
    help_ = help_of(crowd(60))
    directed = nx.DiGraph()
    for giver, receiver, minutes in acts_of(help_):
        directed.add_edge(giver, receiver, weight=minutes)
    expected = nx.constraint(directed, weight="weight")
    assert brokerage.constraint(help_) == pytest.approx(
        [expected[who] for who in help_.who.tolist()]
    )
    numbers = nx.core_number(graph_of(help_))
    assert brokerage.cores(help_).tolist() == [numbers[who] for who in help_.who.tolist()]


@unhurried
@given(acts=acts(people=14))
def test_networkx_says_the_same_of_cores_and_cut_points_of_any_network(acts: list[Act]) -> None:
    help_ = help_of(acts)
    graph = graph_of(help_)
    numbers = nx.core_number(graph)
    assert brokerage.cores(help_).tolist() == [numbers[who] for who in help_.who.tolist()]
    assert help_.who[brokerage.bridge_people(help_)].tolist() == sorted(
        nx.articulation_points(graph)
    )
    assert np.isfinite(brokerage.constraint(help_)).all()


def test_who_holds_two_groups_together() -> None:
    help_ = help_of([(1, 2, 60), (2, 3, 60), (3, 1, 60), (3, 4, 60), (4, 5, 60), (5, 3, 15)])
    assert help_.who[brokerage.bridge_people(help_)].tolist() == [3]


def test_a_long_chain_is_no_deep_recursion() -> None:
    help_ = help_of((who, who + 1, 60) for who in range(5000))
    assert brokerage.bridge_people(help_).sum() == 4999
    assert brokerage.cores(help_).max() == 1


def test_nobody_holds_nothing_together() -> None:
    nobody = help_of([])
    found = (brokerage.constraint(nobody), brokerage.cores(nobody), brokerage.bridge_people(nobody))
    assert [len(one) for one in found] == [0, 0, 0]
