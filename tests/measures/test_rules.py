"""What is measured on a network of help: published values, invariants, and what networkx says."""

import lzma
import pathlib
from itertools import permutations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.networks import Act, acts, acts_of, crowd, help_of, unhurried, value
from timebank.measures import rules
from timebank.measures.rules import Help, Split


def figures(help_: Help) -> list[object]:
    """Everything about a network that does not depend on who is who."""
    shares = rules.balance(help_)
    return [
        rules.split(help_),
        value("arc_reciprocity", help_),
        value("reciprocity_rho", help_),
        value("strong_component_share", help_),
        shares.both.sum(),
        sorted(shares.evenness.tolist()),
        sorted([rules.gini(help_.given) or 0, rules.gini(help_.received) or 0]),
    ]


# ---- Published values ----


def test_the_three_node_toy_of_igraphs_documentation() -> None:
    toy = help_of([(0, 1, 1), (1, 0, 1), (1, 2, 1)])
    r = value("arc_reciprocity", toy)
    assert r == pytest.approx(2 / 3)
    # Of pairs instead of arcs, what igraph calls the ratio.
    assert r / (2 - r) == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("name", "people", "links", "r", "rho"),
    [
        # The nerve cells of C. elegans (White et al. 1986; Watts & Strogatz 1998), several links of
        # a pair counted once.
        ("celegansneural", 297, 2359, 0.16802, 0.14522),
        # Who vouched for whose key (Richters & Peixoto 2011, Trust transitivity in social networks,
        # PLoS ONE, CC BY); r as in the documentation of graph-tool.
        ("pgp-strong-2009", 39_796, 301_498, 0.692196963163, None),
    ],
)
def test_reciprocity_of_networks_that_others_have_measured(
    name: str, people: int, links: int, r: float, rho: float | None
) -> None:
    """The files hold pairs of little-endian 16-bit numbers, giver and receiver, as xz."""
    packed = pathlib.Path(__file__).with_name(f"{name}.xz").read_bytes()
    pairs = np.frombuffer(lzma.decompress(packed), "<u2").reshape(-1, 2)
    assert len(pairs) == links
    found = rules.aggregate(pairs[:, 0], pairs[:, 1], np.ones(links, np.int64))
    assert found.people == people
    assert value("arc_reciprocity", found) == pytest.approx(
        r, abs=5e-6 if links < 10_000 else 1e-12
    )
    if rho is not None:
        assert value("reciprocity_rho", found) == pytest.approx(rho, abs=5e-6)


def karate() -> tuple[Help, np.ndarray]:
    """Zachary's karate club and each member's faction."""
    club = nx.karate_club_graph()
    factions = np.array([int(club.nodes[who]["club"] == "Officer") for who in club])
    return help_of((giver, receiver, 1) for giver, receiver in club.edges), factions


def test_krackhardt_and_sterns_index_of_the_karate_club_by_faction() -> None:
    club, factions = karate()
    found = rules.bridging(club, ("Mr. Hi", "Officer"), factions)
    internal = int(np.trace(found.between))
    assert (found.between.sum() - internal, internal) == (11, 67)
    assert found.index == pytest.approx(-0.7179, abs=5e-5)


def test_the_matrix_between_groups_holds_the_assortativity_that_is_published() -> None:
    club, factions = karate()
    between = rules.bridging(club, ("Mr. Hi", "Officer"), factions).between
    mixing = (between + between.T) / (2 * between.sum())
    by_chance = (mixing.sum(axis=0) * mixing.sum(axis=1)).sum()
    assert (np.trace(mixing) - by_chance) / (1 - by_chance) == pytest.approx(0.71753, abs=5e-6)


def test_z_is_that_of_groups_dealt_out_again_and_again() -> None:
    club, factions = karate()
    random = np.random.default_rng(1)
    dealt = []
    for _ in range(4000):
        of = random.permutation(factions)
        dealt.append(1 - 2 * (of[club.giver] == of[club.receiver]).mean())
    found = rules.bridging(club, ("Mr. Hi", "Officer"), factions)
    assert found.z == pytest.approx((found.index - np.mean(dealt)) / np.std(dealt), rel=0.05)


def test_z_is_exact_where_every_dealing_can_be_tried() -> None:
    """Five people, three groups, minutes both ways and one: all 120 ways."""
    help_ = help_of([(0, 1, 5), (1, 0, 2), (1, 2, 7), (3, 4, 1), (4, 0, 3), (2, 4, 4)])
    groups, of = ("a", "b", "c"), np.array([0, 0, 1, 1, 2])
    dealt = np.array(
        [rules.bridging(help_, groups, np.array(one)).index for one in permutations(of.tolist())]
    )
    found = rules.bridging(help_, groups, of)
    assert found.z == pytest.approx((found.index - dealt.mean()) / dealt.std())


# ---- The split ----


def test_help_that_comes_back_directly_or_through_others_or_not() -> None:
    # Ana and Ben return 60 of it; Ana, Ben and Cy pass 30 round; Di gave Cy 10 that nobody
    # returned.
    help_ = help_of([(1, 2, 90), (2, 1, 60), (2, 3, 30), (3, 1, 30), (4, 3, 10)])
    assert rules.split(help_) == Split(
        total=220, direct=120, through_others=90, not_returned=10, ceiling=210
    )


def test_repeated_exchanges_are_one_arc() -> None:
    """A multigraph counted by its edges would make this 2/3."""
    help_ = help_of([(1, 2, 30), (1, 2, 30), (2, 1, 60)])
    assert value("arc_reciprocity", help_) == 1
    assert rules.split(help_).direct == 120


def test_minutes_beyond_32_bits_add_up() -> None:
    help_ = help_of([(1, 2, 2**31), (1, 2, 2**31), (2, 1, 2**32 + 1), (2, 3, 2**52 + 1)])
    assert rules.split(help_) == Split(
        total=2**33 + 2**52 + 2,
        direct=2**33,
        through_others=0,
        not_returned=2**52 + 2,
        ceiling=2**33,
    )


@unhurried
@given(acts=acts())
def test_the_split_adds_up_and_its_parts_are_in_order(acts: list[Act]) -> None:
    help_ = help_of(acts)
    split = rules.split(help_)
    assert split.direct + split.through_others + split.not_returned == split.total
    assert 0 <= split.direct <= split.direct + split.through_others <= split.ceiling <= split.total
    assert help_.given.sum() == help_.received.sum() == help_.total == split.total
    assert split.total == sum(minutes for giver, receiver, minutes in acts if giver != receiver)


# ---- Invariants ----


@unhurried
@given(acts=acts(), names=st.permutations(range(100, 108)))
def test_names_do_not_matter(acts: list[Act], names: list[int]) -> None:
    renamed = [(names[giver], names[receiver], minutes) for giver, receiver, minutes in acts]
    for one, other in zip(figures(help_of(acts)), figures(help_of(renamed)), strict=True):
        assert one == (pytest.approx(other) if isinstance(one, (float, list)) else other)


@unhurried
@given(acts=acts())
def test_help_the_other_way_round_is_as_reciprocal(acts: list[Act]) -> None:
    help_ = help_of(acts)
    for one, other in zip(figures(help_), figures(help_.transposed()), strict=True):
        assert one == (pytest.approx(other) if isinstance(one, (float, list)) else other)


@unhurried
@given(acts=acts(most=1000, least=1), where=st.integers(0, 100))
def test_an_exchange_in_two_parts_is_the_same_help(acts: list[Act], where: int) -> None:
    giver, receiver, minutes = acts[where % len(acts)]
    part = where % minutes
    parts = [(giver, receiver, part), (giver, receiver, minutes - part)]
    others = acts[: where % len(acts)] + acts[where % len(acts) + 1 :]
    assert acts_of(help_of(others + parts)) == acts_of(help_of(acts))


@unhurried
@given(acts=acts(least=1), shares=st.lists(st.integers(1, 4), min_size=8, max_size=8))
def test_counting_people_twice_is_having_them_twice(acts: list[Act], shares: list[int]) -> None:
    minutes = np.array([one[2] for one in acts])
    copies = np.array([shares[place % 8] for place in range(len(acts))])
    order = np.argsort(minutes)
    ascending, counts = minutes[order], copies[order].astype(float)[:, None]
    assert rules.ginis(ascending, counts)[0] == pytest.approx(
        rules.gini(np.repeat(minutes, copies))
    )
    assert rules.top_tenths(ascending, counts)[0] == pytest.approx(
        rules.top_tenth(np.repeat(minutes, copies))
    )


@unhurried
@given(acts=acts(people=6), of=st.lists(st.integers(-1, 2), min_size=6, max_size=6))
def test_minutes_between_groups_are_those_of_people_of_a_known_group(
    acts: list[Act], of: list[int]
) -> None:
    help_ = help_of(acts)
    places = np.array([of[who] for who in help_.who.tolist()], np.int64)
    found = rules.bridging(help_, ("a", "b", "c"), places)
    known = [
        minutes for giver, receiver, minutes in acts_of(help_) if min(of[giver], of[receiver]) >= 0
    ]
    assert found.between.sum() == sum(known)
    assert found.people + found.unknown == help_.people
    assert found.index is None or -1 <= found.index <= 1
    assert found.z is None or np.isfinite(found.z)


# ---- A second opinion ----


@pytest.mark.parametrize("people", [12, 60, 300])
def test_networkx_says_the_same(people: int) -> None:
    help_ = help_of(crowd(people))
    graph = nx.DiGraph()
    for giver, receiver, minutes in acts_of(help_):
        graph.add_edge(giver, receiver, weight=minutes)
    r, density = nx.overall_reciprocity(graph), nx.density(graph)
    assert value("arc_reciprocity", help_) == pytest.approx(r)
    assert value("reciprocity_rho", help_) == pytest.approx((r - density) / (1 - density))
    inside = sum(
        graph.subgraph(component).size(weight="weight")
        for component in nx.strongly_connected_components(graph)
    )
    assert value("strong_component_share", help_) == pytest.approx(
        inside / graph.size(weight="weight")
    )
    assert dict(zip(help_.who.tolist(), help_.given.tolist(), strict=True)) == dict(
        graph.out_degree(weight="weight")
    )


def test_gini_is_the_mean_difference_between_two_people() -> None:
    minutes = np.array([0, 15, 30, 30, 600])
    differences = np.abs(minutes[:, None] - minutes).mean()
    assert rules.gini(minutes) == pytest.approx(differences / (2 * minutes.mean()))
    assert rules.gini(np.array([30, 30, 30])) == 0
    assert rules.top_tenth(minutes) == pytest.approx(600 / 675)


# ---- Bad input ----


def test_nothing_to_measure_is_none_and_never_a_division_by_zero() -> None:
    for nothing in (help_of([]), help_of([(1, 1, 60)]), help_of([(1, 2, 60), (1, 2, -60)])):
        assert nothing.people == 0
        assert rules.split(nothing) == Split(0, 0, 0, 0, 0)
        found = (
            value("arc_reciprocity", nothing),
            value("reciprocity_rho", nothing),
            value("strong_component_share", nothing),
        )
        assert found == (None, None, None)
        assert rules.gini(nothing.given) is None
        assert rules.top_tenth(nothing.given) is None
        assert rules.bridging(nothing, (), np.zeros(0, np.int64)).index is None
        assert len(rules.balance(nothing).both) == 0


def test_a_pair_whose_minutes_were_all_taken_back_is_left_out_and_counted() -> None:
    help_ = help_of([(1, 2, 60), (1, 2, -60), (2, 3, 30), (3, 1, 15), (3, 1, -30)])
    assert acts_of(help_) == [(2, 3, 30)]
    assert help_.left_out == 2


def test_two_people_who_help_each_other_leave_no_room_for_chance() -> None:
    assert value("reciprocity_rho", help_of([(1, 2, 60), (2, 1, 60)])) is None


def test_one_group_says_nothing_about_bridging() -> None:
    help_ = help_of(crowd(40))
    found = rules.bridging(help_, ("area",), np.zeros(40, np.int64))
    assert (found.index, found.z) == (None, None)
    assert found.between.tolist() == [[help_.total]]
