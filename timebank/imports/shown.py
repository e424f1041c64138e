"""How a file is understood, for those who brought it: its columns, what has to be asked, and its
first rows in words."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from timebank import hours
from timebank.errors import Invalid
from timebank.imports.columns import FIELDS, Holds
from timebank.imports.meant import People
from timebank.imports.questions import Option, Question
from timebank.imports.reading import Column
from timebank.imports.rules import EMPTY_READING, Imported, Reading, Record
from timebank.say import Said, as_written, say

MOST_SHOWN = 10
"""So many first rows are shown as they were understood."""


@dataclass
class Shown:
    """How a file is read: what its columns are read as, what has to be asked (and what was), its
    first rows as they were understood, under the fields they have. `told` is what somebody said of
    it, or of the last of its `shape`."""

    columns: Sequence[Column] = ()
    questions: Sequence[Question] = ()
    open: Sequence[Question] = ()
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    shape: str = ""
    told: Reading = EMPTY_READING
    names: list[str] = field(default_factory=list[str])
    fields: list[Said] = field(default_factory=list[Said])
    first: list[tuple[int, list[Said | str]]] = field(default_factory=list)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Shown":
        """What `to_json` made into this, as far as it is told: columns, and what is open."""
        columns = [
            Column(one["heading"], one["field"], one["sure"], tuple(one["examples"]))
            for one in kept["columns"]
        ]
        questions = [
            Question(
                one["key"],
                as_written(one["words"]),
                as_written(one["hint"]),
                tuple(
                    Option(
                        option["value"], as_written(option["words"]), as_written(option["small"])
                    )
                    for option in one["options"]
                ),
                one["likely"],
            )
            for one in kept["questions"]
            if one["open"]
        ]
        return cls(columns, questions, questions)

    def to_json(self, speak: Callable[[Said], str]) -> dict[str, Any]:
        """As programs read it, and as it is kept."""

        def spoken(words: Said | str | None) -> str:
            return speak(words) if isinstance(words, Said) else words or ""

        return {
            "columns": [
                {
                    "heading": one.label,
                    "field": one.field,
                    "sure": one.sure,
                    "examples": list(one.examples),
                }
                for one in self.columns
            ],
            "questions": [
                {
                    "key": one.key,
                    "words": spoken(one.words),
                    "hint": spoken(one.hint),
                    "options": [
                        {
                            "value": str(option.value),
                            "words": spoken(option.words),
                            "small": spoken(option.small),
                        }
                        for option in one.options
                    ],
                    "likely": one.likely,
                    "answer": self.answers.get(one.key),
                    "open": one in self.open,
                }
                for one in self.questions
            ],
            "headings": [spoken(one) for one in self.fields],
            "first": [
                {"line": line, "cells": [spoken(cell) for cell in cells]}
                for line, cells in self.first
            ],
        }


def show_first(
    shown: Shown,
    record: Record,
    kind: Imported,
    people: People | None = None,
    open_: Sequence[Question] = (),
) -> None:
    """Take down how a row was understood, if it is one of the first; what is still `open_` as it
    stands in the file."""
    if len(shown.first) >= MOST_SHOWN:
        return
    if not shown.first:
        shown.names = [
            name for name in FIELDS[kind] if name in record.values and name in _TOLD[kind]
        ]
        shown.fields = [FIELDS[kind][name].label for name in shown.names]
    asked = {one.key.partition(":")[2] for one in open_}
    shown.first.append(
        (
            record.line,
            [
                record.get(name) if name in asked else _in_words(record, kind, name, people)
                for name in shown.names
            ],
        )
    )


_TOLD: Mapping[str, frozenset[str]] = {
    kind: frozenset(fields) - {"entry", "reverses", "reversed_by", "channel"}
    for kind, fields in FIELDS.items()
}
"""The fields that are shown: not those that only programs write."""


def _in_words(record: Record, kind: Imported, name: str, people: People | None) -> Said | str:
    text, holds = record.get(name), FIELDS[kind][name].holds
    if not text:
        return ""
    try:
        if holds == Holds.DAY:
            return say("%(day)s", day=date.fromisoformat(text))
        if holds == Holds.TIME:
            minutes = int(text)
            words = hours.words(minutes)
            return say("minus %(hours)s", hours=words) if minutes < 0 else words
    except ValueError:
        # What could not be read is shown as it stands.
        return text
    if holds == Holds.PERSON and people is not None:
        with suppress(Invalid):
            holder = people.find(text)
            return holder.name if holder.name == holder.text else f"{holder.name} ({holder.text})"
    return text
