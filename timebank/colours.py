"""Colours that a bank chooses, and whether they can be read. Pure functions; a colour is written as
`#66204f`."""

import re

_WRITTEN = re.compile(r"#[0-9a-f]{6}", re.ASCII)

READABLE = 4.5
"""The least contrast of text (WCAG 2.2, 1.4.3)."""


def is_colour(text: str) -> bool:
    """Whether this is a colour as it is kept."""
    return _WRITTEN.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, part: float) -> str:
    """The first colour with so large a part of the other, from 0 to 1."""
    return "#" + "".join(
        f"{round(a + (b - a) * part):02x}"
        for a, b in zip(_channels(one), _channels(other), strict=True)
    )


def lightened(colour: str, on: str, least: float) -> str:
    """The colour with no more white than it takes to be read on a dark one."""
    parts = (mixed(colour, "#ffffff", step / 20) for step in range(21))
    return next((each for each in parts if contrast(each, on) >= least), "#ffffff")


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
