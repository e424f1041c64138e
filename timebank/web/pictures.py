"""What stands in for a picture: initials for somebody, a quilt for a thing. Both are always the
same for the same one, and say nothing of what somebody is."""

import hashlib
from collections.abc import Iterator

from flask import Flask
from markupsafe import Markup

from timebank.http import shown
from timebank.say import Said

_TINTS = 8
_SIDE, _RADIUS = 24, 11
_ROWS, _COLUMNS = 3, 8

_PATCHES = ("none", "up", "down", "left", "right", "disc")
"""Pieces cut out of the disc that stands for an hour."""

_MIRRORED = {"left": "right", "right": "left"}


def initials(name: Said | str) -> str:
    """The first letters of the first and of the last word of a name, or of what stands for it; one,
    of a single word."""
    words = shown(name).split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


def tint(key: int | str | None) -> str:
    """The class of one of eight tints, by the id of an account or of a thing."""
    return f"i{_number(key) % _TINTS + 1}"


def quilt(key: int | str) -> Markup:
    """The patches of a quilt, as paths in a box of 192 × 72: the left half mirrored to the right,
    each in damson, marigold or paper."""
    return Markup("").join(
        Markup('<path class="q{}" d="{}"/>').format(colour, path) for colour, path in _patches(key)
    )


def _patches(key: int | str) -> Iterator[tuple[int, str]]:
    digest = hashlib.sha256(str(key).encode()).digest()
    half = _COLUMNS // 2
    for place in range(_ROWS * half):
        row, column = divmod(place, half)
        patch = _PATCHES[digest[place] % len(_PATCHES)]
        if patch == "none":
            continue
        colour = digest[place + _ROWS * half] % 3 + 1
        yield colour, _path(patch, row, column)
        yield colour, _path(_MIRRORED.get(patch, patch), row, _COLUMNS - 1 - column)


def _path(patch: str, row: int, column: int) -> str:
    x, y = (place * _SIDE + _SIDE // 2 for place in (column, row))
    r = _RADIUS
    return {
        "up": f"M{x - r} {y}a{r} {r} 0 0 1 {2 * r} 0z",
        "down": f"M{x - r} {y}a{r} {r} 0 0 0 {2 * r} 0z",
        "left": f"M{x} {y - r}a{r} {r} 0 0 0 0 {2 * r}z",
        "right": f"M{x} {y - r}a{r} {r} 0 0 1 0 {2 * r}z",
        "disc": f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0z",
    }[patch]


def _number(key: int | str | None) -> int:
    return key if isinstance(key, int) else sum((key or "").encode())


def install(app: Flask) -> None:
    """Give them to the templates."""
    for made in (initials, tint, quilt):
        app.add_template_filter(made)
