"""Pictures of what the demonstration does together, drawn here."""

import io
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw

_WIDE, _HIGH = 960, 384
_SCALE = 2
"""Drawn so many times as large as they are kept, so that edges are smooth."""

_INK, _PAPER, _DAMSON, _MARIGOLD = "#261c24", "#fdfcf9", "#66204f", "#e5a31f"
_GREEN, _SLATE, _ROSE, _WATER, _LEAF = "#2f6f62", "#39557f", "#b9505f", "#8fb2c9", "#7d9a52"
_WOOD, _WALL, _SKY, _HILL = "#b98a5a", "#f3dcc0", "#cfe3ee", "#c3d6b4"
_CLOTHES = (_DAMSON, _MARIGOLD, _GREEN, _SLATE, _ROSE, "#8a3f73")
_SKINS = ("#6b4029", "#f0c6a8", "#d39b72", "#8f5a38", "#f3d2b8", "#b87a50")
_HAIRS = ("#1d1a22", "#d8d4cc", "#4a2f22", "#8a8681", "#b07a3c", "#2c1d18")

_Point = tuple[float, float]


class _Sheet:
    """What is drawn on, in the pixels of the picture that is kept."""

    def __init__(self, ground: str) -> None:
        self.image = Image.new("RGB", (_WIDE * _SCALE, _HIGH * _SCALE), ground)
        self.pen = ImageDraw.Draw(self.image)

    def shape(self, colour: str, *points: _Point) -> None:
        self.pen.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    def line(self, colour: str, width: float, *points: _Point) -> None:
        ends = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.pen.line(ends, fill=colour, width=round(width * _SCALE), joint="curve")

    def box(self, colour: str, x: float, y: float, wide: float, high: float, r: float = 0) -> None:
        box = [one * _SCALE for one in (x, y, x + wide, y + high)]
        self.pen.rounded_rectangle(box, radius=r * _SCALE, fill=colour)

    def disc(self, colour: str, x: float, y: float, r: float, tall: float = 0) -> None:
        tall = tall or r
        box = [one * _SCALE for one in (x - r, y - tall, x + r, y + tall)]
        self.pen.ellipse(box, fill=colour)

    def half(self, colour: str, x: float, y: float, r: float, start: float = 180) -> None:
        """Half a disc: its upper half, or the one that begins at another angle."""
        box = [one * _SCALE for one in (x - r, y - r, x + r, y + r)]
        self.pen.pieslice(box, start, start + 180, fill=colour)

    def somebody(self, number: int, x: float, feet: float, tall: float = 150) -> None:
        """A person who stands, or sits where something stands before them."""
        skin, hair = _SKINS[number % 6], _HAIRS[(number * 5 + 1) % 6]
        wide, head = tall * 0.21, tall * 0.15
        self.box(_CLOTHES[number % 6], x - wide, feet - tall * 0.68, 2 * wide, tall * 0.68, wide)
        self.box(_CLOTHES[number % 6], x - wide, feet - tall * 0.3, 2 * wide, tall * 0.3)
        neck = feet - tall * 0.68
        self.box(skin, x - head * 0.4, neck - head * 0.5, head * 0.8, head * 0.9, head * 0.3)
        face = neck - head * 0.95
        if number % 2:
            self.box(hair, x - head * 1.15, face - head, head * 2.3, head * 1.75, head * 0.8)
        self.disc(skin, x, face, head)
        self.half(hair, x, face - head * 0.12, head * 1.08)
        for side in (-1, 1):
            self.disc(_INK, x + side * head * 0.36, face + head * 0.18, head * 0.09)

    def tree(self, x: float, ground: float, r: float) -> None:
        self.box(_INK, x - 3, ground - 2.6 * r, 6, 2.6 * r)
        self.disc(_MARIGOLD, x, ground - 2.6 * r, r)
        self.half(_DAMSON, x, ground - 2.6 * r, r, 90)


def _walk() -> _Sheet:
    sheet = _Sheet(_SKY)
    sheet.disc("#f8d98f", 770, 92, 46)
    sheet.disc(_HILL, 180, 330, 330, 150)
    sheet.disc("#b3caa6", 700, 340, 420, 130)
    sheet.box(_WATER, 0, 252, _WIDE, 60)
    for x, y in ((90, 268), (330, 290), (560, 272), (820, 288)):
        sheet.line(_SKY, 4, (x, y), (x + 70, y))
    sheet.box("#e9d3a6", 0, 304, _WIDE, 80)
    # The bridge, and a boat under way.
    sheet.disc("#9c6b52", 96, 300, 150, 96)
    sheet.disc(_WATER, 96, 312, 98, 66)
    sheet.box("#e9d3a6", 0, 312, 260, 72)
    sheet.box(_DAMSON, 690, 262, 190, 26, 10)
    sheet.box(_MARIGOLD, 724, 240, 118, 24, 4)
    for x in (740, 772, 804):
        sheet.box(_PAPER, x, 245, 18, 12, 2)
    sheet.tree(910, 330, 36)
    for number, (x, tall) in enumerate(
        ((330, 150), (404, 138), (474, 156), (548, 132), (618, 148))
    ):
        sheet.somebody(number, x, 362, tall)
    sheet.line(_INK, 4, (368, 362), (360, 292))
    sheet.disc("#7a4a2b", 680, 346, 22, 13)
    sheet.disc("#7a4a2b", 700, 334, 10)
    sheet.line("#7a4a2b", 5, (662, 342), (652, 326))
    return sheet


def _cafe() -> _Sheet:
    sheet = _Sheet(_WALL)
    for x in (80, 700):
        sheet.box(_PAPER, x, 36, 180, 132, 6)
        sheet.box(_SKY, x + 10, 46, 160, 112)
        sheet.half(_HILL, x + 96, 158, 58)
        sheet.box(_PAPER, x + 86, 40, 8, 122)
    # Bunting, as in the street.
    sheet.line(_INK, 2, (290, 30), (480, 58), (670, 30))
    for number, x in enumerate(range(320, 660, 46)):
        sheet.half((_DAMSON, _MARIGOLD)[number % 2], x, 40 + 12 * (1 - abs(x - 480) / 190), 15, 0)
    for number, (x, tall) in enumerate(
        ((170, 190), (310, 200), (480, 204), (650, 196), (800, 188))
    ):
        sheet.somebody(number + 2, x, 330, tall)
    sheet.box(_WOOD, 0, 284, _WIDE, 24)
    sheet.box("#8f6a44", 0, 306, _WIDE, 78)
    # A lamp, a kettle, trousers, a radio and a pot of tea.
    sheet.box(_INK, 228, 274, 46, 10, 4)
    sheet.box(_INK, 248, 214, 6, 62)
    sheet.shape(_MARIGOLD, (226, 222), (276, 222), (264, 184), (238, 184))
    sheet.disc("#c9cdd2", 400, 260, 30, 25)
    sheet.box("#c9cdd2", 372, 262, 56, 22, 4)
    sheet.line(_INK, 5, (380, 238), (400, 226), (420, 238))
    sheet.line("#c9cdd2", 9, (426, 262), (446, 246))
    sheet.shape(_SLATE, (528, 284), (528, 262), (612, 256), (616, 284))
    sheet.line(_PAPER, 2, (540, 274), (606, 268))
    sheet.box(_DAMSON, 706, 234, 74, 50, 6)
    sheet.disc(_WALL, 726, 260, 15)
    sheet.box(_WALL, 748, 246, 24, 6, 2)
    sheet.disc(_MARIGOLD, 760, 268, 6)
    sheet.disc(_GREEN, 64, 262, 28, 22)
    sheet.line(_GREEN, 8, (88, 262), (106, 248))
    for x in (880, 914):
        sheet.box(_PAPER, x, 262, 24, 22, 5)
    return sheet


def _garden() -> _Sheet:
    sheet = _Sheet("#fbeed3")
    sheet.disc(_MARIGOLD, 150, 96, 46)
    # The hall behind.
    sheet.box("#e9c7bd", 560, 96, 330, 190)
    sheet.shape(_DAMSON, (530, 104), (590, 34), (860, 34), (920, 104))
    for x in (600, 680, 790):
        sheet.box(_PAPER, x, 136, 48, 70, 24)
        sheet.box(_PAPER, x, 170, 48, 36)
        sheet.line(_INK, 2, (x + 24, 138), (x + 24, 206))
    sheet.box("#a9c08a", 0, 250, _WIDE, 134)
    for x in range(-10, 560, 44):
        sheet.box(_PAPER, x, 206, 12, 56, 5)
    sheet.box(_PAPER, 0, 220, 556, 9)
    sheet.tree(466, 268, 44)
    for x, y, wide in ((40, 322, 330), (430, 330, 300), (770, 318, 180)):
        sheet.box("#6a4a38", x, y, wide, 44, 12)
        for step in range(24, int(wide) - 10, 34):
            sheet.line(_LEAF, 4, (x + step, y + 14), (x + step, y - 16))
            sheet.half(_LEAF, x + step - 8, y - 8, 10, 20)
            sheet.half(_LEAF, x + step + 8, y - 14, 10, 160)
            if step % 3 == 0:
                sheet.disc(_ROSE, x + step, y - 22, 8)
    for number, (x, feet, tall) in enumerate(
        ((250, 316, 150), (392, 340, 158), (560, 320, 148), (756, 322, 154))
    ):
        sheet.somebody(number + 1, x, feet, tall)
    sheet.line(_WOOD, 7, (300, 190), (312, 300))
    sheet.shape("#8b8f94", (298, 296), (326, 292), (324, 330), (306, 336))
    sheet.box(_SLATE, 612, 296, 44, 34, 5)
    sheet.line(_SLATE, 7, (654, 316), (682, 292))
    sheet.half(_SLATE, 634, 296, 18)
    return sheet


def _breathing() -> _Sheet:
    sheet = _Sheet("#d9e6e0")
    sheet.box(_PAPER, 330, 30, 300, 150, 6)
    sheet.box(_SKY, 342, 42, 276, 126)
    sheet.disc("#f8d98f", 566, 84, 22)
    sheet.half(_HILL, 434, 168, 82)
    sheet.box(_PAPER, 476, 36, 8, 136)
    sheet.box("#c8b28c", 0, 300, _WIDE, 84)
    sheet.box(_PAPER, 90, 46, 116, 92, 4)
    # On the wall, a breath: in, and out.
    sheet.line(_DAMSON, 5, (104, 100), (126, 74), (148, 112), (170, 74), (192, 100))
    sheet.box("#8a5a3c", 800, 250, 42, 52, 6)
    for x, y in ((792, 216), (822, 196), (850, 220)):
        sheet.disc(_LEAF, x, y, 30, 24)
    seats = ((150, 330), (286, 318), (420, 312), (552, 312), (682, 320), (890, 340))
    for number, (x, feet) in enumerate(seats[:5]):
        sheet.box(_WOOD, x - 48, feet - 96, 96, 120, 12)
        sheet.somebody(number + 3, x, feet, 168)
        sheet.box("#8f6a44", x - 52, feet - 12, 104, 20, 6)
        sheet.box(_INK, x - 46, feet + 8, 7, 40)
        sheet.box(_INK, x + 39, feet + 8, 7, 40)
    return sheet


_SCENES: Mapping[str, tuple[Callable[[], _Sheet], str]] = {
    "walk": (_walk, "Five people and a dog walk along the canal; a boat goes by."),
    "cafe": (_cafe, "Five people at a long table mend a lamp, a kettle, trousers and a radio."),
    "bee": (_garden, "Four people dig and water the beds behind the hall."),
    "consultation": (_breathing, "Five people sit together in a room with a large window."),
}


def draw(which: str) -> tuple[bytes, str]:
    """The picture of one of the activities, as a PNG file, and what is to be seen on it."""
    scene, alt = _SCENES[which]
    out = io.BytesIO()
    scene().image.reduce(_SCALE).save(out, "PNG", compress_level=1)
    return out.getvalue(), alt
