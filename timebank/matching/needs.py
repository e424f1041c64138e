"""What people say when they need something, and how near a text comes to each kind of it.

“My toilet won't flush” shares no word with “Plumbing odds and ends”, and a small model sees little
in common. `needs.txt` holds such sentences, by the skill of the shipped tree they call for. A text
is compared with all of them: who asks is nearest to what others say who need the same, and whoever
offers it to those sentences or to the skill's own words. That works with every bank's tree, for no
skill of it is looked up by its name. `needs.npy` holds the vectors, first those of the sentences in
their order, then those of the skills; `python -m timebank.matching.needs` makes it again.
"""

import pathlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from timebank.matching import meaning
from timebank.matching.meaning import Floats
from timebank.skills.tree import TREE

_SAID = pathlib.Path(__file__).parent / "needs.txt"
_VECTORS = pathlib.Path(__file__).parent / "needs.npy"

_SHARP = 30
"""How decidedly a listing belongs to the need it is nearest to."""

_NEAR, _ABOUT = 0.4, 0.95
"""From this nearness on a text speaks of a need, and of others that come to so much of it."""

_PLAIN = 0.5
"""From this nearness on it is plain which need a text speaks of."""

_AT_ONCE = 1000
"""How many listings are held against all sentences at a time, so that ten thousand take no more
memory than one thousand."""


@cache
def said() -> list[tuple[str, str]]:
    """Every sentence with the need it is said in: ("Plumbing", "My tap won't stop dripping")."""
    sentences: list[tuple[str, str]] = []
    need = ""
    for line in _SAID.read_text(encoding="utf-8").split("\n\n", 1)[1].splitlines():
        if line.startswith("# "):
            need = line[2:]
        elif line:
            sentences.append((need, line))
    return sentences


def asked(query: Floats) -> Floats:
    """How near a text, by its vector, comes to what is said in each need: the mean of the two
    nearest sentences' cosines."""
    return _two_nearest(query[np.newaxis])[0]


def belonging(listings: Floats) -> Floats:
    """How much each listing, by its vector as a row, belongs to each need: shares that sum to 1."""
    nearest = np.maximum(_two_nearest(listings), _cosines(listings, _skills()))
    shares = np.exp(_SHARP * (nearest - nearest.max(axis=1, keepdims=True)))
    return shares / shares.sum(axis=1, keepdims=True)


def akin(near: Floats) -> NDArray[np.bool_]:
    """Which needs a text speaks of, by how near it comes to each: those of a kind in which one is
    about as near as the nearest of all; none where it comes near to none."""
    best = np.zeros(int(_kinds().max()) + 1, dtype=np.float32)
    np.maximum.at(best, _kinds(), near)
    return (best[_kinds()] >= _ABOUT * near.max()) & (near.max() >= _NEAR)


def nearest(near: Floats) -> str:
    """The need that a text comes nearest to, by how near it comes to each; empty where it is near
    to none."""
    return _needs()[int(near.argmax())] if near.max() >= _PLAIN else ""


def most_like(query: Floats, shares: Floats) -> tuple[str, float]:
    """What is said in the need a listing belongs to most that is nearest to a text, by its vector
    of length 1; its cosine."""
    rows = _rows()[int(shares.argmax())]
    nearest = _sentences()[rows] @ query
    return said()[rows[int(nearest.argmax())]][1], float(nearest.max())


def made() -> NDArray[np.float16]:
    """The vectors as the model makes them. Raises RuntimeError without the model."""
    model = meaning.model()
    if model is None:
        raise RuntimeError(
            "The vectors are made by the model of the extra `match`, which is not installed."
        )
    spoken = {
        skill.name: f"{skill.name}: {skill.synonyms}" for _, skills in TREE for skill in skills
    }
    return model.vectors(
        [*(sentence for _, sentence in said()), *(spoken[need] for need in _needs())]
    ).astype(np.float16)


def stored() -> NDArray[np.float16]:
    """The vectors as they are kept in the file."""
    return np.load(_VECTORS)


def _two_nearest(vectors: Floats) -> Floats:
    """The mean of the cosines of the two sentences said in each need, a column, that are nearest to
    each vector."""
    means = np.empty((len(vectors), len(_rows())), dtype=np.float32)
    for start in range(0, len(vectors), _AT_ONCE):
        cosines = np.pad(
            _cosines(vectors[start : start + _AT_ONCE], _sentences()).T,
            ((0, 1), (0, 0)),
            constant_values=-1,
        )
        first = second = np.full((len(_rows()), cosines.shape[1]), -1, dtype=np.float32)
        for rows in _table().T:
            second = np.maximum(second, np.minimum(first, cosines[rows]))
            first = np.maximum(first, cosines[rows])
        means[start : start + _AT_ONCE] = ((first + second) / 2).T
    return means


def _cosines(vectors: Floats, others: Floats) -> Floats:
    """Vectors, of whatever length, against others of length 1."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(length, np.float32(1e-9))) @ others.T


@cache
def _sentences() -> Floats:
    return stored()[: len(said())].astype(np.float32)


@cache
def _skills() -> Floats:
    return stored()[len(said()) :].astype(np.float32)


def _needs() -> list[str]:
    return list(dict.fromkeys(need for need, _ in said()))


@cache
def _kinds() -> NDArray[np.intp]:
    """The category of each need in the shipped tree, as a number."""
    number = {skill.name: place for place, (_, skills) in enumerate(TREE) for skill in skills}
    return np.array([number[need] for need in _needs()])


@cache
def _rows() -> list[NDArray[np.intp]]:
    """Which sentences are said in each need."""
    needs = [need for need, _ in said()]
    return [np.array([row for row, one in enumerate(needs) if one == need]) for need in _needs()]


@cache
def _table() -> NDArray[np.intp]:
    """The rows of each need's sentences, a row a need, filled up with the number after the last
    sentence."""
    table = np.full((len(_rows()), max(map(len, _rows()))), len(said()))
    for line, rows in zip(table, _rows(), strict=True):
        line[: len(rows)] = rows
    return table


if __name__ == "__main__":
    np.save(_VECTORS, made())
