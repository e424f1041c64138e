"""The languages Timebank speaks: catalogues of translated sentences, and how a language writes
dates, numbers and lists (CLDR, by Babel).

A catalogue is `translations/<language>/LC_MESSAGES/messages.po`, made and kept by `./dev words`.
What it lacks is said in English. The pseudo-language `en-XA` is English in accents and brackets: a
test walks every page in it, and whatever stands there without brackets has been forgotten.
"""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from timebank.config import TRANSLATIONS
from timebank.say import ENGLISH, Figure, Money, Month, Said, Voice, Weekday, say
from timebank.text import folded

PSEUDO = "en-XA"
"""English, accented and in brackets: for tests and for those who make pages."""

_GAP = re.compile(r"%\((\w+)\)s")
_TAG = re.compile(r"<[^>]*>")
_PLACEHOLDER = re.compile(r"(%\(\w+\)s|%%|<[^>]*>|&\w+;)")
_ACCENTED = str.maketrans("aceinosuyACEINOSUY", "àçéîñôšúýÀÇÉÎÑÔŠÚÝ")


def gaps_of(text: str) -> set[str]:
    """The names of the gaps of a sentence."""
    return set(_GAP.findall(text))


@cache
def fault_of(source: str, translation: str, *, counts: bool = False) -> str:
    """What makes a translation unfit to be said in place of its source; empty for nothing.

    Where a sentence counts, a form may say its number in words ("one hour") and leave the gap out.
    """
    if not translation:
        return "a form is empty"
    # What is no gap and no sign "%%" would break the sentence as it is filled.
    if "%" in _GAP.sub("", translation).replace("%%", ""):
        return "a “%” that begins no gap"
    left_out = gaps_of(source) - gaps_of(translation) - ({"n", "num"} if counts else set())
    added = gaps_of(translation) - gaps_of(source) - ({"n", "num"} if counts else set())
    if left_out or added:
        return f"other gaps than its source: {', '.join(sorted(left_out | added))}"
    if sorted(_TAG.findall(source)) != sorted(_TAG.findall(translation)):
        return "other tags than its source"
    edges = [(text[:1].isspace(), text[-1:].isspace()) for text in (source, translation)]
    return "" if edges[0] == edges[1] else "a space at its beginning or end is lost or added"


def offered() -> tuple[str, ...]:
    """The languages that can be chosen, English first."""
    languages = sorted(path.parent.parent.name for path in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))
    return ("en", *languages)


def own_name(language: str) -> str:
    """What a language calls itself: "Català"."""
    if language == PSEUDO:
        return Pseudo().template(say("English"))
    name = Locale.parse(language, sep="-").get_language_name() or language
    return name[:1].upper() + name[1:]


@cache
def voice(language: str) -> Voice:
    """The voice of a language; English for one that is not spoken here."""
    if language == PSEUDO:
        return Pseudo()
    return Spoken(language) if language in offered()[1:] else ENGLISH


@cache
def month_named(word: str, languages: tuple[str, ...]) -> int | None:
    """The month, from 1, that a word of one of these languages means, or that its first letters
    do: "nov", "Noviembre". None for no month, and for letters that several begin with."""
    begun = folded(word.rstrip("."))
    meant = {
        number
        for language in languages
        for number, name in _month_names(language)
        if name.startswith(begun)
    }
    return meant.pop() if len(meant) == 1 else None


@cache
def _month_names(language: str) -> tuple[tuple[int, str], ...]:
    locale = Locale.parse("en" if language == PSEUDO else language, sep="-")
    widths = [locale.months["stand-alone"][width] for width in ("wide", "abbreviated")]
    names = [(number, folded(name)) for months in widths for number, name in months.items()]
    return tuple((number, name.rstrip(".")) for number, name in names)


class Spoken:
    """A language with its catalogue."""

    def __init__(self, language: str):
        self.language = language
        self._locale = Locale.parse(language, sep="-")
        self.right_to_left = self._locale.text_direction == "rtl"
        self._words = _catalogue(language)

    def template(self, said: Said) -> str:
        """The sentence in this language; in English where the catalogue lacks it, or has something
        that could not be filled."""
        english = ENGLISH.template(said)
        translation = self._translation(said)
        if translation == english:
            return english
        return (
            english if fault_of(english, translation, counts=said.many is not None) else translation
        )

    def _translation(self, said: Said) -> str:
        words = self._words
        if not said.one:
            return ""  # A catalogue keeps its own headers under the empty sentence.
        if said.many is not None:
            number = said.number or 0
            if said.context is not None:
                return words.unpgettext(said.context, said.one, said.many, number)
            return words.ungettext(said.one, said.many, number)
        if said.context is not None:
            return words.upgettext(said.context, said.one)
        return words.ugettext(said.one)

    def number(self, figure: Figure) -> str:
        pattern = f"{'#,##' if figure.grouped else ''}0{'.' if figure.places else ''}"
        return format_decimal(
            figure.value,
            format=pattern + "0" * figure.places,
            locale=self._locale,
            group_separator=figure.grouped,
        )

    def money(self, money: Money) -> str:
        pounds, pence = money.whole
        amount = Decimal(pounds * 100 + pence) / 100
        pattern = self._locale.currency_formats["standard"].pattern.replace("¤", "£")
        # Whole pounds are written without pence, as people write them.
        return format_decimal(
            amount, format=pattern if pence else pattern.replace(".00", ""), locale=self._locale
        )

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)

    def weekday(self, weekday: Weekday) -> str:
        same_year = weekday.today is not None and weekday.today.year == weekday.day.year
        if not same_year:
            return format_date(weekday.day, "full", locale=self._locale)
        return format_skeleton("MMMMEEEEd", weekday.day, locale=self._locale)

    def month(self, month: Month) -> str:
        skeleton = "yMMM" if month.year else "MMM"
        return format_skeleton(skeleton, month.day, locale=self._locale)

    def leaf(self, day: date) -> tuple[str, str]:
        return (
            format_date(day, "ccc", locale=self._locale),
            format_date(day, "LLL", locale=self._locale),
        )

    def time(self, instant: time) -> str:
        return format_time(instant, "short", locale=self._locale)

    def moment(self, instant: datetime) -> str:
        return f"{self.day(instant.date())}, {self.time(instant.time())}"

    def listed(self, parts: Sequence[str]) -> str:
        return format_list(list(parts), locale=self._locale)

    def either(self, parts: Sequence[str]) -> str:
        return format_list(list(parts), style="or", locale=self._locale)


class Pseudo:
    """What English looks like to somebody who looks for forgotten sentences."""

    language = PSEUDO
    right_to_left = False

    def template(self, said: Said) -> str:
        """The English in accents and brackets, longer by about 40 %, its gaps untouched. A gap
        alone is nobody's to translate."""
        english = ENGLISH.template(said)
        if not _GAP.sub("", english):
            return english
        parts = _PLACEHOLDER.split(english)
        # Every other part is a gap, a sign or a tag.
        accented = "".join(
            part if place % 2 else part.translate(_ACCENTED) for place, part in enumerate(parts)
        )
        return f"⟦{accented}{'·' * (len(accented) * 2 // 5)}⟧"

    def number(self, figure: Figure) -> str:
        return ENGLISH.number(figure)

    def money(self, money: Money) -> str:
        return ENGLISH.money(money)

    def day(self, day: date) -> str:
        return f"⟦{ENGLISH.day(day)}⟧"

    def weekday(self, weekday: Weekday) -> str:
        return f"⟦{ENGLISH.weekday(weekday)}⟧"

    def month(self, month: Month) -> str:
        return f"⟦{ENGLISH.month(month)}⟧"

    def leaf(self, day: date) -> tuple[str, str]:
        weekday, month = ENGLISH.leaf(day)
        return f"⟦{weekday}⟧", f"⟦{month}⟧"

    def time(self, instant: time) -> str:
        return ENGLISH.time(instant)

    def moment(self, instant: datetime) -> str:
        return f"⟦{ENGLISH.moment(instant)}⟧"

    def listed(self, parts: Sequence[str]) -> str:
        return f"⟦{ENGLISH.listed(parts)}⟧" if len(parts) > 1 else ENGLISH.listed(parts)

    def either(self, parts: Sequence[str]) -> str:
        return f"⟦{ENGLISH.either(parts)}⟧" if len(parts) > 1 else ENGLISH.either(parts)


def _catalogue(language: str) -> NullTranslations:
    """The compiled catalogue that a wheel carries; in a checkout, its source compiled here."""
    folder = TRANSLATIONS / language / "LC_MESSAGES"
    compiled = folder / "messages.mo"
    if compiled.exists():
        with compiled.open("rb") as file:
            return Translations(file)
    with (folder / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    file = io.BytesIO()
    write_mo(file, catalogue)
    file.seek(0)
    return Translations(file)
