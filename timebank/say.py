"""Sentences as values: what is said is decided here and there, and spoken in a language where it is
shown.

Rules, services and errors know no web and no language. They make a `Said` with `say` or `count`,
whose gaps hold text, numbers, dates, lists or further sentences. A *voice* renders it: a catalogue
of translations, and how its language writes dates, numbers and lists. `str()` of a sentence is its
English, for logs and tests.

Both keywords are what `./dev words` looks for, so their sentences are written out in place: whole
sentences with `%(name)s` gaps, never an f-string or a variable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from typing import Protocol, TypeAlias


@dataclass(frozen=True)
class Weekday:
    """A day as it is called within a week: "Thursday 12 November", with the year where it is
    another than that of `today`."""

    day: date
    today: date | None = None


@dataclass(frozen=True)
class Month:
    """The month of a day in few letters: "Jul 2026"; "Jul" without the year."""

    day: date
    year: bool = True


@dataclass(frozen=True)
class Either:
    """Parts of which one is meant: "web, phone or paper"."""

    parts: Sequence["Gap"]


@dataclass(frozen=True)
class Figure:
    """A number as it is, with so many places after the point: a year, or 0.05."""

    value: float
    places: int = 0
    grouped: bool = True


@dataclass(frozen=True)
class Money:
    """An amount of money in pence: "£450", "£14.52". Part of a penny is written to the nearest
    one."""

    pence: int | Fraction

    @property
    def whole(self) -> tuple[int, int]:
        """Pounds and pence, halves rounded up."""
        return divmod((2 * self.pence + 1) // 2, 100)


Written: TypeAlias = "date | time | Weekday | Month | Figure | Money"
"""What a language writes in its own way."""

Gap: TypeAlias = "str | int | float | Written | Either | Said | Sequence[Gap]"
"""What fills a gap. A datetime is shown as it is: whoever says it has put it into the bank's time
zone."""


class Voice(Protocol):
    """A language as it is spoken: its translations, and how it writes what fills a gap."""

    @property
    def language(self) -> str:
        """The language's tag: "en", "ca", "cy"."""
        ...

    @property
    def right_to_left(self) -> bool:
        """Whether it is written from right to left."""
        ...

    def template(self, said: "Said") -> str:
        """The sentence in this language, its gaps still open."""
        ...

    def number(self, figure: Figure) -> str: ...
    def money(self, money: Money) -> str: ...
    def day(self, day: date) -> str: ...
    def weekday(self, weekday: Weekday) -> str: ...
    def month(self, month: Month) -> str: ...
    def leaf(self, day: date) -> tuple[str, str]:
        """The weekday and the month, as short as a leaf of a calendar has them."""
        ...

    def time(self, instant: time) -> str: ...
    def moment(self, instant: datetime) -> str: ...
    def listed(self, parts: Sequence[str]) -> str: ...
    def either(self, parts: Sequence[str]) -> str: ...


@dataclass(frozen=True)
class Said:
    """A sentence, or a part of one that stands by itself, and what fills its gaps.

    `many` and `number` are of a sentence that counts: `one` is said where the number asks for the
    singular. `context` tells apart what is the same in English and not elsewhere.
    """

    one: str
    many: str | None = None
    number: int | None = None
    context: str | None = None
    gaps: Mapping[str, Gap] = field(default_factory=dict[str, Gap])

    def render(self, voice: Voice) -> str:
        """The sentence as this voice says it."""
        template = voice.template(self)
        # Filled even where there are no gaps: "100 %%" is one sign on paper, in every language.
        return template % {name: spoken(gap, voice) for name, gap in self.gaps.items()}

    def __str__(self) -> str:
        return self.render(ENGLISH)

    def __hash__(self) -> int:
        return hash((self.one, self.many, self.number, self.context, tuple(self.gaps)))


def say(sentence: str, /, *, context: str | None = None, **gaps: Gap) -> Said:
    """A sentence with its gaps: `say("%(other)s helped you", other=name)`."""
    return Said(sentence, context=context, gaps=gaps)


def count(one: str, many: str, number: int, /, *, context: str | None = None, **gaps: Gap) -> Said:
    """A sentence about a number, which stands in its gap `%(n)s`."""
    return Said(one, many, number, context, {"n": number, **gaps})


def as_written(words: str, /) -> Said:
    """Somebody's own words, in whatever language they are in."""
    return Said("%(words)s", gaps={"words": words})


def one_after_another(sentences: Sequence[Said], /) -> Said:
    """Whole sentences as they follow each other in a paragraph. At least one."""
    first, *rest = sentences
    if not rest:
        return first
    return Said("%(first)s %(rest)s", gaps={"first": first, "rest": one_after_another(rest)})


def spoken(gap: Gap, voice: Voice) -> str:
    """What fills a gap, as a voice says it."""
    if isinstance(gap, Said):
        return gap.render(voice)
    if isinstance(gap, str):
        return gap
    if isinstance(gap, Either):
        return voice.either([spoken(part, voice) for part in gap.parts])
    if isinstance(gap, (int, float)):
        return voice.number(Figure(gap, 0 if isinstance(gap, int) else 1))
    if isinstance(gap, (date, time, Weekday, Month, Figure, Money)):
        return _written(gap, voice)
    return voice.listed([spoken(part, voice) for part in gap])


def _written(gap: Written, voice: Voice) -> str:
    if isinstance(gap, Figure):
        return voice.number(gap)
    if isinstance(gap, Money):
        return voice.money(gap)
    if isinstance(gap, Weekday):
        return voice.weekday(gap)
    if isinstance(gap, Month):
        return voice.month(gap)
    if isinstance(gap, time):
        return voice.time(gap)
    # A datetime is a date too, so it is asked for first.
    return voice.moment(gap) if isinstance(gap, datetime) else voice.day(gap)


class English:
    """The language the sentences are written in. It needs no catalogue."""

    language = "en"
    right_to_left = False

    def template(self, said: Said) -> str:
        return said.one if said.many is None or said.number == 1 else said.many

    def number(self, figure: Figure) -> str:
        return f"{figure.value:{',' if figure.grouped else ''}.{figure.places}f}"

    def money(self, money: Money) -> str:
        pounds, pence = money.whole
        return f"£{pounds:,}" + (f".{pence:02}" if pence else "")

    def day(self, day: date) -> str:
        return f"{day.day} {day:%B %Y}"

    def weekday(self, weekday: Weekday) -> str:
        day = weekday.day
        same_year = weekday.today is not None and weekday.today.year == day.year
        return f"{day:%A} {day.day} {day:%B}" + ("" if same_year else f" {day.year}")

    def month(self, month: Month) -> str:
        return f"{month.day:%b %Y}" if month.year else f"{month.day:%b}"

    def leaf(self, day: date) -> tuple[str, str]:
        return f"{day:%a}", f"{day:%b}"

    def time(self, instant: time) -> str:
        return f"{instant:%H:%M}"

    def moment(self, instant: datetime) -> str:
        return f"{self.day(instant)}, {self.time(instant.time())}"

    def listed(self, parts: Sequence[str]) -> str:
        return _joined(parts, "and")

    def either(self, parts: Sequence[str]) -> str:
        return _joined(parts, "or")


def _joined(parts: Sequence[str], last: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


ENGLISH = English()
