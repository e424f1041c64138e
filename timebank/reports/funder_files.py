"""The two pages for a funder as tagged PDF (PDF/UA-1) and the same figures as a spreadsheet; and as
words on a terminal."""

import io
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from timebank.measures.disclosure import SIGN
from timebank.reports import publish_xlsx, words
from timebank.reports.funder import KindOfHelp, Logo, Summary, as_json, on_paper
from timebank.reports.publish_pdf import compiled
from timebank.reports.rules import Format
from timebank.say import ENGLISH, Figure, Gap, Said, Voice, count, say
from timebank.workbook import Book, Content, as_hours

_LAYOUT = pathlib.Path(__file__).with_name("funder.typ")
_NOT_TOLD = "–"

_USUAL_COLOUR = "#66204f"
"""The damson of the pages, for a bank that has chosen no colour."""

TITLE = say("What we did for each other")
_NAMES = {
    "members": say("members on the last day"),
    "minutes": say("hours of help between members"),
    "took_part": say("people gave or were helped"),
    "helped": say("people were helped"),
}
_SPLIT = (
    say("Came back from the same person"),
    say("Came back through others"),
    say("Not come back yet"),
)
_LED = (say("Residents"), say("Professionals"), say("Both together"))


def file_name(made: Summary, file_format: Format) -> str:
    """What to call the file."""
    days = f"{made.start.isoformat()}-{made.end.isoformat()}"
    return f"{made.bank}-funder-{days}.{file_format}"


def file(made: Summary, file_format: Format, voice: Voice = ENGLISH) -> bytes:
    """The summary as a file. The same summary is the same bytes; what people read is in the
    language of the voice."""
    match file_format:
        case Format.PDF:
            files = {"picture.jpg": made.picture.jpeg} if made.picture else {}
            if made.story and made.story.picture:
                files["story.jpg"] = made.story.picture.jpeg
            if made.logo:
                files["logo.png"] = made.logo.png
            return compiled(_LAYOUT, {"page": json.dumps(_page(made, voice))}, files)
        case Format.XLSX:
            return _as_xlsx(made, voice)
        case _:
            return (json.dumps(as_json(made), ensure_ascii=False, indent=2) + "\n").encode()


def sentences(made: Summary) -> Mapping[str, Said]:
    """The split, and who led, each in one sentence; or why there is none."""
    return {"round": _round(made), "together": _together(made)}


def _round(made: Summary) -> Said:
    if not made.split:
        return say(
            "So few people took part in these days that it cannot be said how much of the help came"
            " back."
        )
    same, others, open_ = words.tenths(made.split)
    return say(
        "Of every 10 hours of help, %(same)s came back from the same person and %(others)s through"
        " others; %(open)s not yet.",
        same=same,
        others=others,
        open=open_,
    )


def _together(made: Summary) -> Said:
    if not made.codelivery:
        return say(
            "In these days there were no activities with registers, or so few people came that it"
            " cannot be said who led them."
        )
    residents, professionals, both = words.tenths(made.codelivery)
    return say(
        "Of every 10 hours at activities, %(residents)s were led by residents, %(professionals)s by"
        " professionals and %(both)s by both together.",
        residents=residents,
        professionals=professionals,
        both=both,
    )


def numbers(made: Summary) -> list[tuple[Gap, Said]]:
    """The four numbers that stand first, each with what it is of; a dash for what is not told."""
    values: dict[str, int | None] = {
        "members": made.members,
        "minutes": made.minutes // 60,
        "took_part": made.took_part,
        "helped": made.helped,
    }
    return [(_NOT_TOLD if value is None else value, _NAMES[name]) for name, value in values.items()]


def notes(made: Summary) -> list[Said]:
    """How to read the figures, and where they are from."""
    digits = " ".join((made.books.hash or "")[start : start + 4] for start in (0, 4, 8)).strip()
    return [
        say(
            "Numbers of people are rounded to fives and hours to whole fives, so that nobody can be"
            " told from them. A dash (–) stands for fewer than %(few)s people, or where such a"
            " number could be told from the others.",
            few=made.few,
        ),
        say(
            "From what was recorded by %(moment)s UTC: ledger position %(entries)s, check"
            " %(check)s. The same days and moment give the same figures again.",
            moment=made.as_of,
            entries=made.books.entries,
            check=digits or _NOT_TOLD,
        ),
    ]


def _kinds(made: Summary) -> tuple[list[KindOfHelp], list[Said]]:
    """The kinds of help that stand on paper, and what is to be said of the others."""
    shown, more, minutes = on_paper(made.kinds)
    if not made.tells_kinds:
        return [], [say("What the hours went on is told of windows of twelve months alone.")]
    others = [
        count(
            "One more kind of help comes to %(hours)s.",
            "%(n)s more kinds of help come to %(hours)s together.",
            more,
            hours=_hours(minutes),
        )
    ]
    few = sum(kind.minutes is None for kind in made.kinds)
    held_back = [
        count(
            "One kind of help was given by so few people that its hours are not told.",
            "%(n)s kinds of help were given by so few people that their hours are not told.",
            few,
        )
    ]
    nothing = [say("No help between two people was recorded in these days.")]
    return shown, (others if more else []) + (held_back if few else []) or (
        [] if shown else nothing
    )


def _hours(minutes: int) -> Said:
    return say("%(hours)s h", hours=minutes // 60)


# ---- On paper ----

_LONG = 24
"""A word of more letters may be broken anywhere, so that nothing runs out of its column."""


def _breakable(text: str) -> str:
    return " ".join("\u200b".join(word) if len(word) > _LONG else word for word in text.split(" "))


def _size_of(logo: Logo) -> tuple[float, float]:
    """How wide and high a logo is in the letterhead, in millimetres."""
    scale = min(30 / logo.width, 12 / logo.height)
    return logo.width * scale, logo.height * scale


def _page(made: Summary, voice: Voice) -> dict[str, Any]:
    """What the layout is filled with."""
    language, _, region = ("en-GB" if voice is ENGLISH else voice.language).partition("-")
    shown, about = _kinds(made)
    most = max((kind.minutes or 0 for kind in shown), default=0)
    headlines = sentences(made)
    return {
        "language": language,
        "region": region if len(region) == 2 else None,
        "numbering": say("1 of 1").render(voice),
        "bank": _breakable(made.name),
        "colour": made.colour or _USUAL_COLOUR,
        "logo": _size_of(made.logo) if made.logo else None,
        "contact": [_breakable(part) for part in made.contact],
        "title": TITLE.render(voice),
        "days": say("%(first)s to %(last)s", first=made.start, last=made.end).render(voice),
        "picture": made.picture and made.picture.alt,
        "numbers": [[_number(number, voice), name.render(voice)] for number, name in numbers(made)],
        "round": {
            "title": say("Does help come round?").render(voice),
            "sentence": headlines["round"].render(voice),
            "parts": list(made.split),
            "names": [name.render(voice) for name in _SPLIT],
            "meaning": say(
                "In a time bank an hour of anybody’s help is worth an hour. It comes back when"
                " whoever gave it is helped in turn, by the same person or by somebody else."
            ).render(voice),
        },
        "kinds": {
            "title": say("What the hours went on").render(voice),
            "rows": [
                [
                    _breakable(kind.name),
                    _hours(kind.minutes or 0).render(voice),
                    (kind.minutes or 0) / most,
                ]
                for kind in shown
            ],
            "notes": [words_.render(voice) for words_ in about],
        },
        "together": {
            "title": say("Who led what was done together").render(voice),
            "sentence": headlines["together"].render(voice),
            "parts": list(made.codelivery),
            "names": [name.render(voice) for name in _LED],
        },
        "story": made.story
        and {
            "title": say("In the words of one of us").render(voice),
            "words": _paragraphs(made.story.words),
            "called": _breakable(made.story.called),
            "picture": made.story.picture and made.story.picture.alt,
        },
        "notes": [note.render(voice) for note in notes(made)],
    }


def _number(number: Gap, voice: Voice) -> str:
    return voice.number(Figure(number)) if isinstance(number, int) else str(number)


def _paragraphs(text: str) -> list[str]:
    return [_breakable(part.strip()) for part in text.splitlines() if part.strip()]


# ---- As a spreadsheet, and on a terminal ----


def _as_xlsx(made: Summary, voice: Voice) -> bytes:
    out = io.BytesIO()
    lines: list[tuple[str, Content]] = [
        (_NAMES["members"].render(voice), _told(made.members)),
        (_NAMES["minutes"].render(voice), as_hours(made.minutes)),
        (_NAMES["took_part"].render(voice), _told(made.took_part)),
        (_NAMES["helped"].render(voice), _told(made.helped)),
    ]
    of_parts = [
        *zip(_SPLIT, made.split, strict=False),
        *zip(_LED, made.codelivery, strict=False),
    ]
    lines += [(name.render(voice), part) for name, part in of_parts]
    with Book(out, title=TITLE.render(voice)) as book:
        sentence, note = say("Sentence"), say("Note")
        publish_xlsx.cover(
            book.sheet(publish_xlsx.COVER.render(voice)),
            TITLE,
            [
                (say("Time bank"), made.name),
                (say("First day"), made.start),
                (say("Last day"), made.end),
                (say("As recorded by"), made.as_of.isoformat()),
                *((sentence, headline.render(voice)) for headline in sentences(made).values()),
                *((note, text.render(voice)) for text in notes(made)),
                (publish_xlsx.MADE_BY, f"Timebank {made.version}"),
            ],
            voice,
        )
        columns = (say("What", context="a figure is of"), publish_xlsx.FIGURE)
        figures = book.sheet(publish_xlsx.FIGURES.render(voice))
        figures.table(0, "Figures_table", [column.render(voice) for column in columns], lines)
        kinds = [
            (kind.name, SIGN if kind.minutes is None else as_hours(kind.minutes))
            for kind in made.kinds
        ]
        columns = (say("Kind of help"), say("Hours"))
        sheet = book.sheet(say("Kinds of help").render(voice))
        sheet.table(0, "Kinds_table", [column.render(voice) for column in columns], kinds)
    return out.getvalue()


def _told(number: int | None) -> Content:
    return SIGN if number is None else number


def in_words(made: Summary) -> str:
    """The summary to read on a terminal."""
    lines = [f"{TITLE}: {made.name}, {ENGLISH.day(made.start)} to {ENGLISH.day(made.end)}"]
    lines += [f"  {_number(number, ENGLISH)} {name}" for number, name in numbers(made)]
    lines += [str(sentence) for sentence in sentences(made).values()]
    shown, about = _kinds(made)
    lines += [f"  {kind.name}: {_hours(kind.minutes or 0)}" for kind in shown]
    lines += map(str, about)
    if made.story:
        lines += ["", made.story.words, made.story.called]
    return "\n".join([*lines, "", *map(str, notes(made))])
