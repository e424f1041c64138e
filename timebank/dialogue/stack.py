"""A stack of sheets in a file, as any table that a spreadsheet program saves: one line a sheet.

The headings are `way`, `wish1` to `wish3`, `glad1` to `glad3`, `q1` and on for the short questions,
`age`, `area` and `part`; any may be left out and they stand in any order. A short question is
answered by the number of its choice or by its words, and `part` by what the field calls it
(resident, neighbour, professional, commissioner …) or by the words of the form.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import IO

from timebank.dialogue.audit_queries import Asked
from timebank.dialogue.audit_rules import BULK, LONGEST, PART_CALLED, PARTS, NewSheet
from timebank.dialogue.rules import CLOSED_QUESTIONS, WISHES, Way
from timebank.errors import Invalid
from timebank.members.rules import Capacity
from timebank.say import ENGLISH, Said, Voice, say, spoken
from timebank.tables.opening import opened

_WISHES = [f"wish{n}" for n in range(1, WISHES + 1)]
_GLAD = [f"glad{n}" for n in range(1, WISHES + 1)]
HEADINGS = (
    *("way", *_WISHES, *_GLAD, "age", "area", "part"),
    *(f"q{n}" for n in range(1, CLOSED_QUESTIONS + 1)),
)
MOST_SHEETS = 5_000
"""So many sheets one file may hold."""


def headings(asked: Sequence[Asked]) -> list[str]:
    """What can stand at the head of a file for a round of asking with these short questions."""
    return [one for one in HEADINGS if not one.startswith("q")] + [f"q{one.n}" for one in asked]


def read(file: IO[bytes], asked: Sequence[Asked], voice: Voice = ENGLISH) -> list[NewSheet]:
    """The sheets of a file, whose words may be those of the form as `voice` says it.

    Raises BadFile for what is no table, and Invalid with all that has to be put right by the number
    of the sheet, the first below the headings being 1.
    """
    rows = [row.cells for row in islice(opened(file).rows(), MOST_SHEETS + 2)]
    names = [cell.strip().casefold() for cell in rows[0]]
    _check_headings(names, headings(asked))
    if len(rows) < 2:
        raise Invalid.on("file", say("There are headings in the file, and no sheet below them."))
    if len(rows) - 1 > MOST_SHEETS:
        most = say("A file may hold %(most)s sheets. Part it into two.", most=MOST_SHEETS)
        raise Invalid.on("file", most)
    sheets: list[NewSheet] = []
    wrong: dict[str, Said] = {}
    for number, cells in enumerate(rows[1:], 1):
        try:
            sheets.append(_sheet(names, cells, asked, voice))
        except Invalid as refusal:
            wrong[f"sheets.{number}"] = say(
                "Sheet %(number)s: %(words)s", number=number, words=refusal.message
            )
    if wrong:
        raise Invalid.of(wrong)
    return sheets


def _check_headings(names: Sequence[str], known: Sequence[str]) -> None:
    """Raises Invalid for one that is not known, stands there twice, or is of no question."""
    strange = [name for name in names if name not in known]
    if strange:
        raise Invalid.on(
            "file",
            say(
                "“%(heading)s” is no heading of this round of asking. These are: %(known)s.",
                heading=strange[0],
                known=", ".join(known),
            ),
        )
    twice = [name for n, name in enumerate(names) if name in names[:n]]
    if twice:
        raise Invalid.on(
            "file", say("“%(heading)s” stands there twice. Keep one.", heading=twice[0])
        )


def _sheet(
    names: Sequence[str], cells: Sequence[str], asked: Sequence[Asked], voice: Voice
) -> NewSheet:
    if any(cells[len(names) :]):
        raise Invalid.on("file", say("This line has more cells than there are headings."))
    of = {heading: cell.strip() for heading, cell in zip(names, cells, strict=False)}
    long = [name for name in (*_WISHES, *_GLAD) if len(of.get(name, "")) > LONGEST["wish"]]
    if long:
        raise Invalid.on(
            "file",
            say("“%(name)s” is longer than %(most)s letters.", name=long[0], most=LONGEST["wish"]),
        )
    return NewSheet(
        _way(of.get("way", "")),
        [of[name] for name in _WISHES if of.get(name)],
        [of[name] for name in _GLAD if of.get(name)],
        {one.n: _choice(one, of[f"q{one.n}"]) for one in asked if of.get(f"q{one.n}")},
        of.get("age", ""),
        of.get("area", ""),
        _part(of.get("part", ""), voice),
    )


def _way(cell: str) -> Way:
    way = next((one for one in BULK if one == (cell.casefold() or Way.PAPER)), None)
    if way is None:
        ways = ", ".join(BULK)
        raise Invalid.on("file", say("“way” is one of %(ways)s, or empty.", ways=ways))
    return way


def _part(cell: str, voice: Voice) -> Capacity | None:
    """By what the field calls it, or in the words of the form."""
    called = {
        name: part
        for part, names in PART_CALLED.items()
        for name in (*names, *(spoken(PARTS[part], one).casefold() for one in (ENGLISH, voice)))
    }
    if cell and cell.casefold() not in called:
        raise Invalid.on(
            "file",
            say(
                "“%(cell)s” is no “part” that is known here. These are: %(parts)s. Or leave it"
                " empty.",
                cell=cell[:40],
                parts=", ".join(called),
            ),
        )
    return called[cell.casefold()] if cell else None


def _choice(asked: Asked, cell: str) -> int:
    """The number of a choice, by its number or its words."""
    of: Mapping[str, int] = {words.casefold(): n for n, words in asked.options} | {
        str(n): n for n, _ in asked.options
    }
    if cell.casefold() not in of:
        choices = ", ".join(words for _, words in asked.options)
        raise Invalid.on(
            "file",
            say(
                "“%(cell)s” is no answer to “%(question)s”. These are: %(choices)s.",
                cell=cell[:40],
                question=asked.words,
                choices=choices,
            ),
        )
    return of[cell.casefold()]
