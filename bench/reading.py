"""How hard the sentences are that residents read.

    .venv/bin/python -m bench.reading [--worst 20]

The sentences of the catalogue (`./dev words`) that stand on the pages of residents, and those that
their rooms say, to them and to the staff alike, by the reading age of Flesch and Kincaid: their grade, 0.39 × words a sentence + 11.8 × syllables a word −
15.59 (Kincaid, Fishburne, Rogers and Chissom, 1975), and five years. What is no sentence, such as a
heading or the words on a button, is counted by a room as a part of what is read there, and is never
among the worst. Gaps are read as one short word. Syllables are groups of vowels, without a silent e.
"""

import argparse
import html
import re
from collections import defaultdict
from collections.abc import Iterable

from docs.words import source

ROOMS = [
    "access",
    "calendars",
    "directory",
    "errors",
    "exchanges",
    "home",
    "layout",
    "matching",
    "members",
    "messages",
    "neighbours",
    "notices",
    "parts",
    "phones",
    "replies",
    "statement",
    "surveys",
    "activities",
]
STAFF = {
    "templates/members": "add_to_group application applications decline edit_group"
    " edit_organisation group_limits helper index limits met new new_contact new_group"
    " new_organisation organisation organisations role show _limits _history _details _people",
    "templates/exchanges": "index give_from_chest settle reverse",
    "templates/activities": "register edit new sponsor sponsorship evaluation outcomes slips post"
    " _form _session_form session_report record",
    "templates/matching": "index answer introduction new",
    "templates/surveys": "index new results",
    "templates/home": "api api_call api_calls more front _styleguide",
    "templates/access": "tokens members",
    "templates/messages": "staff",
}
"""Pages of the staff and of programs in the rooms of residents."""

PROGRAMS = ["api", "cli", "schemas", "feature", "guide", "examples", "styleguide"]
"""Modules that speak to programs and the command line, and the checks of what is sent."""

_SENTENCE = re.compile(r"[^.?!…:]+[.?!…:]*")
_WORD = re.compile(r"[a-z][a-z’'-]*", re.IGNORECASE)
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?<=[^aeiouyl])e[sd]?$")


def plain(text: str) -> str:
    """A sentence of the catalogue without tags, and with a word in each gap."""
    return html.unescape(re.sub(r"%\(\w+\)s", "Ann", re.sub(r"<[^>]*>", "", text)))


def syllables(word: str) -> int:
    """About how many a word has."""
    return max(1, len(_VOWELS.findall(_SILENT.sub("", word.lower()))))


def reading_age(texts: Iterable[str]) -> float:
    """Of them all together; each ends a sentence."""
    sentences = [
        one for text in texts for one in _SENTENCE.findall(plain(text)) if _WORD.search(one)
    ]
    words = [word for one in sentences for word in _WORD.findall(one)]
    spoken = sum(map(syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59 + 5


def for_residents(file: str) -> bool:
    """Whether a file of the source holds what residents read."""
    top, room, page = file.split("/", 2) if file.count("/") >= 2 else ("", "", "")
    if top == "timebank":
        return room in ROOMS and page.removesuffix(".py") not in PROGRAMS
    staff = STAFF.get(f"templates/{room}", "").split()
    return room in ROOMS and page.removesuffix(".html") not in staff


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--worst", type=int, default=20)
    given = parser.parse_args()
    pages: defaultdict[str, list[str]] = defaultdict(list)
    for one in source().sentences:
        if for_residents(one.file):
            pages[one.file].append(one.one)
    every = sorted({text for texts in pages.values() for text in texts})
    # Headings and buttons are no sentences: they would make everything look easy.
    whole = [text for text in every if re.search(r"[.?!]\W*$", plain(text)) and " " in text]
    print(f"{len(whole)} sentences of residents: reading age {reading_age(whole):.1f}")
    ages = {file: reading_age(texts) for file, texts in pages.items()}
    print(f"pages over 10: {sorted(file for file, age in ages.items() if age > 10)}")
    for text in sorted(whole, key=lambda text: reading_age([text]), reverse=True)[: given.worst]:
        print(f"{reading_age([text]):5.1f}  {text}")


if __name__ == "__main__":
    main()
