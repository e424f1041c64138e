"""Sparse matrices and what SciPy finds on them, under types: SciPy itself brings none along."""

from typing import Any

import numpy as np
from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]
from scipy.sparse import csgraph  # pyright: ignore[reportMissingTypeStubs]

from timebank.measures.arrays import Real, Whole

_SPARSE: Any = sparse
_CSGRAPH: Any = csgraph

Matrix = Any
"""A sparse matrix by rows (`scipy.sparse.csr_array`), N × N, whose element in row i and column j
belongs to the arc i → j."""


def matrix(size: int, tail: Whole, head: Whole, values: Whole | Real) -> Matrix:
    """From one element an arc, each ordered pair at most once."""
    return _SPARSE.csr_array((values, (tail, head)), shape=(size, size))


def matrix_by_rows(size: int, tail: Whole, head: Whole, values: Whole | Real) -> Matrix:
    """The same from arcs in the order of their tails, without sorting."""
    ends = np.searchsorted(tail, np.arange(size + 1))
    return _SPARSE.csr_array((values, head, ends), shape=(size, size))


def ties(arcs: Matrix) -> tuple[Whole, Whole]:
    """Everybody's partners either way one after the other, and before them where each person's
    begin (N + 1)."""
    either = _SPARSE.csr_array(arcs + arcs.T)
    return either.indptr.astype(np.int64), either.indices.astype(np.int64)


def shares_of_rows(arcs: Matrix) -> Matrix:
    """The share that each element of `arcs`, both ways taken together, has of its row."""
    both = _SPARSE.csr_array(arcs + arcs.T, dtype=float)
    return _SPARSE.csr_array(_SPARSE.diags_array(1 / np.maximum(both.sum(axis=1), 1)) @ both)


def strong_components(arcs: Matrix) -> Whole:
    """The number of each person's (N) strongly connected component."""
    return _CSGRAPH.connected_components(arcs, connection="strong")[1]


def distances(costs: Matrix, sources: Whole) -> Real:
    """The least cost from the nearest source to each (N); infinite where there is no way. No cost
    is below 0."""
    return _CSGRAPH.dijkstra(costs, indices=sources, min_only=True)


def maximum_flow(
    size: int, tail: Whole, head: Whole, capacities: Whole, source: int, sink: int
) -> tuple[int, Whole]:
    """How much can flow from `source` to `sink`, and how much of it along each arc (below 0:
    against it). Capacities are below 2³¹, and so is what all of them let out of a vertex."""
    network = _SPARSE.csr_array((capacities, (tail, head)), shape=(size, size), dtype=np.int32)
    flow = _CSGRAPH.maximum_flow(network, source, sink)
    return int(flow.flow_value), _at(flow.flow, tail, head)


def _at(flow: Matrix, rows: Whole, columns: Whole) -> Whole:
    """The elements of a sparse matrix at those places, every one of which it stores."""
    flow.sort_indices()
    width = flow.shape[1]
    stored = (
        np.repeat(np.arange(width, dtype=np.int64), np.diff(flow.indptr)) * width + flow.indices
    )
    return flow.data[np.searchsorted(stored, rows * width + columns)].astype(np.int64)


def rank_of_median(count: int) -> int:
    """The rank, from 0, of the lower end of a median's 95 % interval among `count` values: from
    the binomial distribution of how many lie below it."""
    # Most of what SciPy takes to load, and what is only shown needs none of it.
    from scipy import stats  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    distributions: Any = stats
    return int(distributions.binom.ppf(0.025, count, 0.5)) - 1
