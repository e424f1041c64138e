"""Faces for the members of the demonstration, drawn here: nobody's. The same seed draws the same
face again."""

import io
from random import Random

from PIL import Image, ImageDraw

SIDE = 960
"""Drawn three times as large as they are kept, so that edges are smooth."""

_GROUNDS = ("#f6dfb0", "#cfe3dc", "#e6d6ee", "#f3cfc0", "#cddcf0", "#dfe6c4", "#f2d3dd", "#d9d2c4")
_SKINS = ("#f3d2b8", "#e8b893", "#d39b72", "#b87a50", "#8f5a38", "#6b4029", "#f0c6a8", "#a96c45")
_HAIRS = ("#2c1d18", "#4a2f22", "#7a4a2b", "#b07a3c", "#8a8681", "#d8d4cc", "#1d1a22", "#5b3a52")
_CLOTHES = ("#66204f", "#2f6f62", "#c17a1b", "#39557f", "#8a3b2c", "#4d6b34", "#6b5a86", "#b9505f")
_INK = "#261c24"

_MEN = (
    "Alan", "Arthur", "Bernard", "Cedric", "Chidi", "Colin", "Derek", "Farid", "Frank", "Geoff",
    "Hassan", "Ian", "Jack", "Jerzy", "Keith", "Kwame", "Leroy", "Malcolm", "Maurice",
    "Mohammed", "Neil", "Olu", "Owen", "Patrick", "Ravi", "Ray", "Roy", "Samir", "Stan", "Tom",
    "Winston", "Yusuf",
)  # fmt: skip
"""First names of the demonstration that are drawn with short hair, and perhaps a beard."""

_Box = tuple[float, float, float, float]


def draw(name: str, seed: int, *, grey: bool) -> bytes:
    """A face for somebody of this name, as a PNG file. `grey`: with the hair of somebody who is not
    young any more."""
    chance = Random(seed)  # noqa: S311  (the same face again, not a secret)
    skin, clothes = chance.choice(_SKINS), chance.choice(_CLOTHES)
    hair = chance.choice(_HAIRS[4:6] if grey else _HAIRS)
    picture = Image.new("RGB", (SIDE, SIDE), chance.choice(_GROUNDS))
    pen = ImageDraw.Draw(picture)
    width = chance.uniform(0.2, 0.235)
    face: _Box = (0.5 - width, 0.24, 0.5 + width, 0.72)
    short = name.split()[0] in _MEN
    style = chance.choice(
        ("short", "short", "bald", "curls") if short else ("bob", "long", "curls", "bun", "scarf")
    )
    _hair_behind(pen, style, face, hair, clothes)
    _body(pen, skin, clothes, collar=chance.random() < 0.5)
    _ears(pen, face, skin)
    pen.ellipse(_at(face), fill=skin)
    _hair_before(pen, style, face, hair, clothes, chance)
    _features(pen, face, hair, chance, beard=short and chance.random() < 0.4)
    out = io.BytesIO()
    picture.reduce(3).save(out, "PNG")
    return out.getvalue()


def _at(box: _Box) -> _Box:
    """A box in pixels, from parts of the side."""
    left, top, right, bottom = box
    return left * SIDE, top * SIDE, right * SIDE, bottom * SIDE


def _body(pen: ImageDraw.ImageDraw, skin: str, clothes: str, *, collar: bool) -> None:
    pen.ellipse(_at((0.1, 0.76, 0.9, 1.5)), fill=clothes)
    pen.rounded_rectangle(_at((0.41, 0.6, 0.59, 0.86)), radius=0.08 * SIDE, fill=skin)
    pen.pieslice(_at((0.37, 0.7, 0.63, 0.9)), 0, 180, fill=skin)
    if collar:
        pen.line([(0.37 * SIDE, 0.79 * SIDE), (0.5 * SIDE, 0.93 * SIDE)], "#fdfcf9", 18)
        pen.line([(0.63 * SIDE, 0.79 * SIDE), (0.5 * SIDE, 0.93 * SIDE)], "#fdfcf9", 18)


def _ears(pen: ImageDraw.ImageDraw, face: _Box, skin: str) -> None:
    for x in (face[0], face[2]):
        pen.ellipse(_at((x - 0.035, 0.45, x + 0.035, 0.56)), fill=skin)


def _hair_behind(pen: ImageDraw.ImageDraw, style: str, face: _Box, hair: str, clothes: str) -> None:
    left, top, right, _ = face
    if style == "long":
        box = (left - 0.07, top - 0.06, right + 0.07, 0.86)
        pen.rounded_rectangle(_at(box), radius=0.22 * SIDE, fill=hair)
    if style == "bob":
        box = (left - 0.06, top - 0.06, right + 0.06, 0.68)
        pen.rounded_rectangle(_at(box), radius=0.2 * SIDE, fill=hair)
    if style == "bun":
        pen.ellipse(_at((0.4, top - 0.14, 0.6, top + 0.06)), fill=hair)
    if style == "scarf":
        pen.ellipse(_at((left - 0.07, top - 0.07, right + 0.07, 0.84)), fill=clothes)
    if style == "curls":
        for step in range(11):
            x = left - 0.02 + step * (right - left + 0.04) / 10
            y = top + 0.1 * abs(step - 5) / 2.2
            pen.ellipse(_at((x - 0.075, y - 0.075, x + 0.075, y + 0.075)), fill=hair)


def _hair_before(
    pen: ImageDraw.ImageDraw,
    style: str,
    face: _Box,
    hair: str,
    clothes: str,
    chance: Random,
) -> None:
    left, top, right, _ = face
    over = (left - 0.02, top - 0.035, right + 0.02, top + 0.3)
    if style == "bald":
        for x in (left, right):
            pen.ellipse(_at((x - 0.03, 0.4, x + 0.03, 0.5)), fill=hair)
    elif style == "scarf":
        pen.chord(_at((left - 0.03, top - 0.05, right + 0.03, top + 0.28)), 180, 360, fill=clothes)
    elif style == "curls":
        pen.chord(_at(over), 190, 350, fill=hair)
    else:
        pen.chord(_at(over), 178, 362, fill=hair)
        # The parting, on one side or the other.
        where = chance.choice((0.4, 0.5, 0.6))
        pen.pieslice(_at((where - 0.1, top + 0.06, where + 0.1, top + 0.24)), 200, 340, fill=hair)


def _features(
    pen: ImageDraw.ImageDraw, face: _Box, hair: str, chance: Random, *, beard: bool
) -> None:
    left, _, right, bottom = face
    if beard:
        pen.chord(_at((left + 0.005, 0.42, right - 0.005, bottom + 0.015)), 25, 155, fill=hair)
    for x in (0.415, 0.585):
        pen.ellipse(_at((x - 0.017, 0.475, x + 0.017, 0.512)), fill=_INK)
        pen.arc(_at((x - 0.045, 0.42, x + 0.045, 0.49)), 205, 335, fill=hair, width=13)
    if chance.random() < 0.35:
        for x in (0.415, 0.585):
            pen.ellipse(_at((x - 0.068, 0.43, x + 0.068, 0.56)), outline=_INK, width=9)
        pen.line([(0.483 * SIDE, 0.49 * SIDE), (0.517 * SIDE, 0.49 * SIDE)], _INK, 9)
    pen.arc(_at((0.475, 0.5, 0.525, 0.59)), 20, 160, fill=_INK, width=8)
    smile = chance.uniform(0.055, 0.085)
    mouth = (0.5 - smile, 0.56, 0.5 + smile, 0.65)
    if beard:
        pen.chord(_at((mouth[0], 0.6, mouth[2], 0.66)), 0, 180, fill="#fdfcf9")
    else:
        pen.arc(_at(mouth), 15, 165, fill="#8a2f2f", width=12)
