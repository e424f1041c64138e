"""Words as letters: which of the words that listings use is meant by a word somebody typed. Pure,
no database.

A typed word stands for a known one as far as their letters agree, from 0 to 1: the same word, the
same stem, a beginning, a misspelling. Misspellings are found by the trigrams two words share and
judged by how many letters have to be changed.
"""

import pathlib
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from functools import cache

LEAST = 0.55
"""Below this likeness a typed word does not stand for a known one."""

FEW = 2
"""Up to this many words are looked up by their letters; more are a sentence, and go by meaning."""

SAME, STEM, BEGINS = 1.0, 0.97, 0.9

_WORD = re.compile(r"[^\W_]+")

_FILLING = """
a an and any are as at be but by can could do does for from get has have help her him his how i if
in is it its like me my need of on or our please she he so some somebody someone something that
the them there they this to too up us want was we what when who will with would you your am im ive
id not no t s all again always any been being every gone keep keeps make makes made more most much
never now one only over really since still than then they thing things very well went where which
while
"""
FILLING = frozenset(_FILLING.split())
"""Words that say nothing of what is wanted."""

_ENDINGS = ("ations", "ation", "ings", "ing", "ers", "er", "ies", "ied", "ed", "es", "s", "y", "e")
"""What may be taken off a word's end, the longest first: baking, baker and bake are one stem."""


def words(text: str) -> list[str]:
    """The words of a text in order, without case, accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "").replace("'", ""))
    return _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))


def telling(text: str) -> list[str]:
    """The words of a text that say what is wanted, which no single letter does; all of them where
    none does."""
    every_word = words(text)
    return [
        word for word in every_word if word not in FILLING and not _is_letter(word)
    ] or every_word


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isascii() and word.isalpha()


def is_few(text: str) -> bool:
    """Whether a text is looked up by its letters and not by its meaning."""
    return len(words(text)) <= FEW


def is_english(word: str) -> bool:
    """Whether a word, of four letters or more, is in the list of English words that the model has
    only in pieces."""
    return word in _english()


@cache
def _english() -> frozenset[str]:
    lines = (pathlib.Path(__file__).parent / "english.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def stem(word: str) -> str:
    """The beginning of a word that its forms share. No stem is shorter than three letters."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def trigrams(word: str) -> list[str]:
    """The runs of three letters of a word and its edges: " ta", "tap", "ap "; begun with two spaces
    as pg_trgm does."""
    padded = f"  {word} "
    return [padded[start : start + 3] for start in range(len(padded) - 2)]


def steps(one: str, other: str) -> int:
    """How many letters have to be put in, left out, changed or swapped with the next to make one
    word of the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, a in enumerate(one, start=1):
        line = [row]
        for column, b in enumerate(other, start=1):
            least = min(last[column] + 1, line[-1] + 1, last[column - 1] + (a != b))
            if row > 1 and column > 1 and a == other[column - 2] and one[row - 2] == b:
                least = min(least, before[column - 2] + 1)
            line.append(least)
        before, last = last, line
    return last[-1]


def sound(word: str) -> str:
    """A word as it sounds to a careless ear: "fotograf" for "photograph", one letter where a pair
    stands, vowels alike."""
    for spelt, heard in (
        ("ph", "f"),
        ("ck", "k"),
        ("gh", "g"),
        ("kn", "n"),
        ("wr", "r"),
        ("c", "k"),
        ("q", "k"),
        ("z", "s"),
    ):
        word = word.replace(spelt, heard)
    return re.sub(r"(.)\1+", r"\1", re.sub("[aeiouy]+", "a", word))


def likeness(typed: str, known: str) -> float:
    """How far a typed word stands for a known one, 0 to 1."""
    if typed == known:
        return SAME
    if stem(typed) == stem(known):
        return STEM
    shorter = min(len(typed), len(known))
    if shorter >= 4 and known.startswith(typed):
        return BEGINS
    if shorter < 3:
        return 0.0
    if sound(typed) == sound(known) and shorter >= 4:
        return max(_alike(typed, known), 0.8)
    return max(_alike(typed, known), _alike(stem(typed), stem(known)))


def _alike(typed: str, known: str) -> float:
    """The share of letters that need no change; 0 where more than a third do. Another first letter
    is a bigger change."""
    longer, changes = max(len(typed), len(known)), steps(typed, known)
    if changes > max(1, longer // 3):
        return 0.0
    return min(1 - changes / longer, BEGINS - 0.01) - 0.05 * (typed[0] != known[0])


class Vocabulary:
    """The words in use, ready to be asked which of them a typed word stands for."""

    def __init__(self, known: Iterable[str]):
        self._words = sorted(set(known))
        self._grams: dict[str, list[int]] = {}
        self._stems: dict[str, list[int]] = {}
        for number, word in enumerate(self._words):
            for gram in set(trigrams(word)):
                self._grams.setdefault(gram, []).append(number)
            self._stems.setdefault(stem(word), []).append(number)

    def __contains__(self, word: str) -> bool:
        return stem(word) in self._stems

    def meant(
        self, typed: str, *, least: float = LEAST, look_at: int = 40
    ) -> list[tuple[str, float]]:
        """The known words that the typed one may stand for, each with its likeness (`least` to 1),
        the likest first.

        A word that is known is not taken for a misspelling of another. Else those `look_at` known
        words are looked at closely that share most trigrams with it.
        """
        near = {*self._stems.get(stem(typed), ()), *self._beginning(typed)}
        if least < BEGINS and not any(self._words[number] == typed for number in near):
            shared = Counter(
                number for gram in set(trigrams(typed)) for number in self._grams.get(gram, ())
            )
            # Of two that share as many, the shorter has less that does not fit.
            order = sorted(
                shared.items(), key=lambda pair: (-pair[1], len(self._words[pair[0]]), pair[0])
            )
            near |= {number for number, _ in order[:look_at]}
        scored = [(self._words[number], likeness(typed, self._words[number])) for number in near]
        return sorted(
            (pair for pair in scored if pair[1] >= least), key=lambda pair: (-pair[1], pair[0])
        )

    def _beginning(self, typed: str) -> range:
        """The places of the words that begin with what was typed."""
        start = bisect_left(self._words, typed)
        end = start
        while len(typed) >= 4 and end < len(self._words) and self._words[end].startswith(typed):
            end += 1
        return range(start, end)
