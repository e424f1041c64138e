"""What a coordinator settles, as one value."""

from dataclasses import dataclass

from timebank.banks.rules import ON_FILL, ON_FILL_DARK, Palette, Settings


@dataclass(frozen=True)
class NewSettings(Settings):
    """What is settled for the bank from now on, whether new limits are given to the members there
    are, and why limits (`LIMITS`) change, if any does."""

    carry_over: bool = False
    why: str = ""


@dataclass(frozen=True)
class NewBankPicture:
    """A picture for the front page: the file as it came, and what is to be seen."""

    data: bytes
    alt: str


LONGEST_ALT = 200

LIMITS = ("member_floor", "member_ceiling", "chest_floor", "smallest_log", "largest_log")
"""The settings by which hours are limited."""


def stylesheet(light: Palette, dark: Palette) -> str:
    """What takes the place of damson in the stylesheet of all pages; who asks for more contrast,
    and paper, keep to that."""
    screen = "@media screen and (prefers-contrast: no-preference)"
    by_day = _roles(light, on_fill=ON_FILL, band=light.colour)
    by_night = _roles(dark, on_fill=ON_FILL_DARK, band=light.colour)
    return (
        f'{screen} {{ :root {{ {by_day} }} :root[data-theme="dark"] {{ {by_night} }} }}\n'
        f"{screen} and (prefers-color-scheme: dark)"
        f' {{ :root:not([data-theme="light"]) {{ {by_night} }} }}\n'
    )


def _roles(palette: Palette, *, on_fill: str, band: str) -> str:
    colour, hover, wash = palette.colour, palette.hover, palette.wash
    return (
        f"--accent: {colour}; --mark: {colour}; --fill: {colour}; --fill-hover: {hover};"
        f" --on-fill: {on_fill}; --wash: {wash}; --band: {band}; --on-band: {ON_FILL};"
    )
