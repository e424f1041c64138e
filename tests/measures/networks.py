"""Networks for tests of measures."""

from collections.abc import Iterable

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import Value
from timebank.measures.measuring import network_sums
from timebank.measures.rules import Help, aggregate

unhurried = settings(deadline=None, max_examples=60)
"""For properties: no time limit, since other work may be going on."""

Act = tuple[int, int, int]
"""Giver, receiver, minutes."""


def help_of(acts: Iterable[Act]) -> Help:
    """The network of acts of help."""
    rows = list(acts)
    return aggregate([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])


def value(id_: str, help_: Help) -> Value:
    """A figure of the catalogue on a network alone."""
    return FIGURES[id_].value(network_sums(help_))


def acts_of(help_: Help) -> list[Act]:
    """One act for each arc."""
    return list(
        zip(
            help_.who[help_.giver].tolist(),
            help_.who[help_.receiver].tolist(),
            help_.minutes.tolist(),
            strict=True,
        )
    )


def acts(people: int = 8, most: int = 10**12, least: int = 0) -> st.SearchStrategy[list[Act]]:
    """Up to forty acts between so many people, also with themselves, of 1 to `most` minutes."""
    person = st.integers(0, people - 1)
    return st.lists(st.tuples(person, person, st.integers(1, most)), min_size=least, max_size=40)


def crowd(people: int, seed: int = 1, arcs: int = 6) -> list[Act]:
    """A believable bank: everybody helps some neighbours, some of whom help back."""
    random = np.random.default_rng(seed)
    found: list[Act] = []
    for giver in range(people):
        for step in random.integers(1, 12, arcs).tolist():
            receiver = (giver + step) % people
            found.append((giver, receiver, int(random.integers(1, 9)) * 15))
            if random.random() < 0.4:
                found.append((receiver, giver, int(random.integers(1, 9)) * 15))
    return found
