"""Evidence for those who plan and pay, beside the figures: what was asked, said, promised and done,
and what people could give. One value (`dialogue.evidence`), of which the page and every file is
made.

It is always the version for sharing. It is made from what was recorded by a moment, and kept as it
was first made: where people live, and what a register says, have no history.
"""

import csv
import io
import json
import pathlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.activities.rules import Stage
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.dialogue import evidence as dialogue_evidence
from timebank.dialogue.evidence_figures import Block, Cell, Evidence
from timebank.errors import Invalid
from timebank.fund import evidence as fund_evidence
from timebank.measures.disclosure import SIGN
from timebank.members.rules import Capacity
from timebank.reports import evidence_words, publish_xlsx, queries
from timebank.reports.models import KeptEvidence
from timebank.reports.publish_pdf import compiled
from timebank.reports.rules import REPORT_FORMATS, STILL_TO_COME, Format, as_of_instant
from timebank.say import ENGLISH, Gap, Said, Voice, one_after_another, say, spoken
from timebank.surveys import rules as surveys_rules
from timebank.text import guarded
from timebank.workbook import Book

Kept = str | float | None
"""What a cell is where it is kept, and in files for programs."""

FORMATS = REPORT_FORMATS
_LAYOUT = pathlib.Path(__file__).with_name("evidence.typ")

TITLE = say("Evidence: what was said, promised and done")
LIMITS = (
    say(
        "People who were asked are those who opened the door or came by. They are no random sample,"
        " and nothing is weighted. The intervals say how far chance alone could have moved a share."
    ),
    say(
        "What was promised and done is what owners and residents said of it. That something changed"
        " is no proof of what changed it."
    ),
    say("People can offer a skill and never be asked."),
    say("Where people live, and what a register says, is as it was when this was first made."),
)
"""What this does not show, in words."""


_WHATEVER_THE_DAYS = ("figures", "fund_figures", "assets", "delivery", "steps", "priorities")
"""Blocks that are there whatever was asked, promised and shared out in the days."""


def says_something(evidence: Evidence) -> bool:
    """Whether anything was asked, decided, promised or shared out in the days of it."""
    return any(block.rows for block in evidence.blocks if block.key not in _WHATEVER_THE_DAYS)


def kept(
    session: Session, bank: Bank, start: date, end: date, as_of: str, *, now: datetime
) -> Evidence:
    """The evidence as `evidence` has it, made and kept, or as it was kept: asked again with the
    moment that it names, it is the same for good. The caller commits. Raises Invalid."""
    instant = as_of_instant(as_of, bank.timezone) if as_of else now
    there = _kept(session, bank, start, end, instant)
    if there is not None:
        return there
    made = evidence(session, bank, start, end, as_of, now=now)
    row = insert_of(session)(KeptEvidence).values(
        bank_id=bank.id,
        starts_on=start,
        ends_on=end,
        as_of=instant,
        content=json.dumps(_content(made), ensure_ascii=False),
        made_at=now,
    )
    # Of two that are made at once, one stays.
    session.execute(row.on_conflict_do_nothing())
    there = _kept(session, bank, start, end, instant)
    if there is None:
        raise RuntimeError("Evidence that was just kept is gone.")
    return there


def _kept(session: Session, bank: Bank, start: date, end: date, as_of: datetime) -> Evidence | None:
    content = session.execute(
        select(KeptEvidence.content).where(
            KeptEvidence.bank_id == bank.id,
            KeptEvidence.starts_on == start,
            KeptEvidence.ends_on == end,
            KeptEvidence.as_of == as_of,
        )
    ).scalar_one_or_none()
    if content is None:
        return None
    words = json.loads(content)
    return Evidence(
        bank.slug,
        words["name"],
        start,
        end,
        as_of,
        words["few"],
        tuple(
            Block(
                one["key"],
                one["number"],
                Said(one["title"]),
                Said(one["source"]),
                Said(one["disclosure"]),
                tuple(one["columns"]),
                tuple(tuple(row) for row in one["rows"]),
            )
            for one in words["blocks"]
        ),
        {id_: Said(one) for id_, one in words["definitions"].items()},
        tuple(Said(one) for one in words["limits"]),
        words["made_by"],
    )


def _content(made: Evidence) -> dict[str, Any]:
    """What is kept of it. Its sentences have no gaps, so that their English is all of them."""
    return {
        "name": made.name,
        "few": made.few,
        "made_by": made.made_by,
        "blocks": [
            {
                "key": block.key,
                "number": block.number,
                "title": block.title.one,
                "source": block.source.one,
                "disclosure": block.disclosure.one,
                "columns": block.columns,
                "rows": _rows(block),
            }
            for block in made.blocks
        ],
        "definitions": {id_: words.one for id_, words in made.definitions.items()},
        "limits": [words.one for words in made.limits],
    }


def evidence(
    session: Session, bank: Bank, start: date, end: date, as_of: str, *, now: datetime
) -> Evidence:
    """The evidence about the days from `start` to `end`, both included, as recorded at `as_of` (as
    `as_of_instant` reads it; empty: now). Raises Invalid."""
    if end < start:
        raise Invalid.on("to", say("The last day is before the first. Turn the two dates round."))
    instant = as_of_instant(as_of, bank.timezone) if as_of else now
    if instant > now:
        raise Invalid.on("as_of", STILL_TO_COME)
    said_and_done = dialogue_evidence.evidence(session, bank, start, end, as_of=instant)
    more = (
        _assets(session, bank, instant),
        _delivery(session, bank, start, end, instant),
        *fund_evidence.blocks(session, bank, start, end, as_of=instant),
    )
    return replace(
        said_and_done,
        blocks=tuple(sorted((*said_and_done.blocks, *more), key=lambda block: block.number)),
        definitions={**said_and_done.definitions, **fund_evidence.DEFINITIONS},
        limits=LIMITS,
    )


def _assets(session: Session, bank: Bank, as_of: datetime) -> Block:
    """How many people offer something in each area, and how many skills; none of few people."""
    offered = queries.offered_by_area(session, bank, as_of)
    people = surveys_rules.parts({area: len(who) for area, (who, _) in offered.items()}, bank.few)
    rows: list[tuple[Cell, ...]] = [
        (area or None, people[area], len(skills) if people[area] else None)
        for area, (_, skills) in sorted(offered.items())
    ]
    return Block(
        "assets",
        6,
        say("What people could give, by area"),
        say("Offers that stood open at that moment, by where their owners live."),
        say("People are rounded to the nearest five, or withheld where they are few."),
        ("area", "people", "skills"),
        tuple(rows),
    )


def _delivery(session: Session, bank: Bank, start: date, end: date, as_of: datetime) -> Block:
    """Who planned, delivered and judged, by stage: hours on the registers of sessions whose hours
    stand posted. Of few people nothing is told."""
    delivered = activities.codelivery(session, bank, start=start, end=end, as_of=as_of)
    sums: dict[tuple[Stage, Capacity], tuple[int, int, int]] = {}
    for share in delivered.shares:
        key = share.stage, share.capacity
        sessions, people, minutes = sums.get(key, (0, 0, 0))
        # Some come to several activities: there are at least as many people as came to one.
        sums[key] = (
            sessions + share.sessions,
            max(people, share.people),
            minutes + share.minutes,
        )
    few = [key for key, (_, people, _) in sums.items() if people < bank.few]
    enough = sorted(sums.keys() - few, key=lambda key: sums[key][2])
    # One alone would be told by the rest beside the whole, which other figures give.
    hidden = {*few, *(enough[:1] if len(few) == 1 else [])}
    rows: list[tuple[Cell, ...]] = [
        (str(stage), str(capacity), *((None, None) if key in hidden else (sessions, hours)))
        for stage in Stage
        for capacity in Capacity
        if (key := (stage, capacity)) in sums
        for sessions, hours in [(sums[key][0], round(sums[key][2] / 60))]
    ]
    return Block(
        "delivery",
        10,
        say("Who did it together, by stage"),
        say(
            "Registers of sessions held in these days and posted by then. Sessions are counted once"
            " for each part that somebody took in them."
        ),
        say("Hours are whole; of fewer people than the bank’s threshold nothing is told."),
        ("stage", "part", "sessions", "hours"),
        tuple(rows),
    )


# ---- As files ----


def file_name(made: Evidence, file_format: Format) -> str:
    """What to call the file."""
    ending = "csv.meta.json" if file_format is Format.META else file_format
    days = f"{made.start.isoformat()}-{made.end.isoformat()}"
    return f"{made.bank}-evidence-{days}.{ending}"


def file(made: Evidence, file_format: Format, voice: Voice = ENGLISH) -> bytes:
    """The same evidence is the same bytes. What people read, paper and spreadsheets, is in
    the language of the voice; what programs read is English."""
    match file_format:
        case Format.CSV:
            return _as_csv(made)
        case Format.XLSX:
            return _as_xlsx(made, voice)
        case Format.PDF:
            return compiled(_LAYOUT, {"page": json.dumps(_page(made, voice))})
        case _:
            return (json.dumps(as_json(made), ensure_ascii=False, indent=2) + "\n").encode()


def as_json(made: Evidence) -> dict[str, Any]:
    """All of it, for programs: tables by their keys, with what each is and where from."""
    return {
        "bank": made.bank,
        "from": made.start.isoformat(),
        "to": made.end.isoformat(),
        "as_of": made.as_of.isoformat(),
        "few": made.few,
        "made_by": made.made_by,
        "tables": [
            {
                "key": block.key,
                "number": block.number,
                "title": str(block.title),
                "source": str(block.source),
                "disclosure": str(block.disclosure),
                "rows": [dict(zip(block.columns, row, strict=True)) for row in _rows(block)],
            }
            for block in made.blocks
        ],
        "definitions": {id_: str(words) for id_, words in made.definitions.items()},
        "limits": [str(words) for words in made.limits],
    }


def _rows(block: Block) -> list[tuple[Kept, ...]]:
    """As they are kept, and as programs read them: sentences are in English."""
    return [
        tuple(str(cell) if isinstance(cell, Said) else cell for cell in row) for row in block.rows
    ]


def _lines(made: Evidence) -> Iterator[tuple[Kept, ...]]:
    """One line for each cell: the tables have columns of their own."""
    for block in made.blocks:
        for number, row in enumerate(_rows(block), 1):
            for column, cell in zip(block.columns, row, strict=True):
                yield block.number, block.key, number, column, cell


def _as_csv(made: Evidence) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("table", "key", "row", "column", "value"))
    for *where, cell in _lines(made):
        writer.writerow((*where, _plain(cell)))
    return out.getvalue().encode()


def _plain(cell: Kept) -> str | float:
    if cell is None:
        return SIGN
    return guarded(cell) if isinstance(cell, str) else cell


def _as_xlsx(made: Evidence, voice: Voice) -> bytes:
    """As people read it. The names of its tables are for programs, and English."""
    out = io.BytesIO()
    limits = say("Limits", context="of what figures can show")
    with Book(out, title=TITLE.render(voice)) as book:
        publish_xlsx.cover(
            book.sheet(publish_xlsx.COVER.render(voice)),
            TITLE,
            [
                (say("Time bank"), made.name),
                (say("First day"), made.start),
                (say("Last day"), made.end),
                (say("As recorded by"), made.as_of.isoformat()),
                (say("Few are below"), made.few),
                (publish_xlsx.MADE_BY, made.made_by),
                *((_called(block), block.title.render(voice)) for block in made.blocks),
                *((limits, words.render(voice)) for words in made.limits),
                *(
                    (evidence_words.FIGURES[id_], words.render(voice))
                    for id_, words in made.definitions.items()
                ),
            ],
            voice,
        )
        for block in made.blocks:
            sheet = book.sheet(_called(block).render(voice))
            sheet.title(0, f"{block.number} {block.title.render(voice)}")
            withheld = say("%(sign)s: withheld or not known.", sign=SIGN)
            about = one_after_another([block.source, block.disclosure, withheld])
            sheet.cell(1, 0, about.render(voice))
            rows = [
                [
                    cell if isinstance(cell, int | float) else spoken(said, voice)
                    for cell, said in zip(row, _words(block, row), strict=True)
                ]
                for row in block.rows
            ]
            sheet.table(3, f"Table_{block.number}", _headings(block, voice), rows)
    return out.getvalue()


def _called(block: Block) -> Said:
    return say("Table %(number)s", number=block.number)


def _headings(block: Block, voice: Voice) -> list[str]:
    return [heading.render(voice) for heading in evidence_words.headings(block.columns)]


def _words(block: Block, row: Sequence[Cell]) -> list[Gap]:
    """What the cells of a row say."""
    return [
        evidence_words.cell(column, cell) for column, cell in zip(block.columns, row, strict=True)
    ]


def _page(made: Evidence, voice: Voice) -> dict[str, Any]:
    """What the layout of the printed version is filled with."""
    language, _, region = ("en-GB" if voice is ENGLISH else voice.language).partition("-")
    return {
        "language": language,
        "region": region if len(region) == 2 else None,
        "numbering": say("1 of 1").render(voice),
        "title": TITLE.render(voice),
        "bank": made.name,
        "days": say("%(first)s to %(last)s", first=made.start, last=made.end).render(voice),
        "blocks": [
            {
                "title": f"{block.number} {block.title.render(voice)}",
                "about": one_after_another([block.source, block.disclosure]).render(voice),
                "columns": _headings(block, voice),
                "rows": [
                    [spoken(cell, voice) for cell in _words(block, row)] for row in block.rows
                ],
            }
            for block in made.blocks
        ],
        "definitions": [
            [evidence_words.FIGURES[id_].render(voice), words.render(voice)]
            for id_, words in made.definitions.items()
        ],
        "limits": [words.render(voice) for words in made.limits],
    }


def _written(cell: Kept) -> str:
    if cell is None:
        return SIGN
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def in_words(made: Evidence) -> str:
    """The evidence to read in a terminal."""
    lines = [str(TITLE), f"{made.name}, {made.start} to {made.end}"]
    for block in made.blocks:
        lines += ["", f"{block.number} {block.title}", "\t".join(block.columns)]
        lines += ["\t".join(map(_written, row)) for row in _rows(block)]
    return "\n".join([*lines, "", *map(str, made.limits)])
