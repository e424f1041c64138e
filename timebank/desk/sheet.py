"""A sheet of slips as it was written: its lines read, counted, and held with what is to be said
about each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from timebank import hours
from timebank.desk import rules
from timebank.desk.schemas import SlipForm
from timebank.desk.service import Entered
from timebank.errors import Invalid, Refusal
from timebank.exchanges.queries import Shown
from timebank.members.errors import KeptApart
from timebank.say import Said, count, say
from timebank.schema import load


@dataclass
class Line:
    """One line: what was written in each cell, its number on the sheet from 1, and what there is to
    say about it.

    `read` is the same with what ditto marks stand for, `slip` what it comes to once it can be read.
    `errors` go by cell; `another` is the question whether it was another time.
    """

    number: int
    written: dict[str, str]
    read: dict[str, str]
    another: bool = False
    slip: rules.Slip | None = None
    minutes: int | None = None
    errors: dict[str, Said] = field(default_factory=dict[str, Said])
    ready: bool = False

    def refused(self, refusal: Refusal) -> None:
        """Take down why it cannot be entered, under the cell that it is about."""
        known = {
            name: words
            for name, words in refusal.fields.items()
            if name in (*rules.CELLS, "another")
        }
        self.errors = known or {"slip": refusal.message}


class Sheet:
    """The lines of a sheet. Empty ones are let go of, and come again beneath. `numbered`: the slips
    of the bank have numbers; months are read in these `languages` too."""

    def __init__(
        self,
        form: MultiDict[str, str],
        *,
        today: date,
        languages: Sequence[str] = (),
        numbered: bool = True,
        longest: int = rules.LONGEST,
    ):
        self.numbered = numbered
        columns = [form.getlist(name) for name in rules.CELLS]
        height = max((len(column) for column in columns), default=0)
        rows = [
            {
                name: column[row] if row < len(column) else ""
                for name, column in zip(rules.CELLS, columns, strict=True)
            }
            for row in range(height)
        ]
        ticked = set(form.getlist("another"))
        filled = [
            (number, row)
            for number, row in enumerate(rows, start=1)
            if any(cell.strip() for cell in row.values())
        ]
        full = rules.read_out([row for _, row in filled])
        self.lines = [
            Line(number, row, read, another=str(was) in ticked)
            for number, ((was, row), read) in enumerate(zip(filled, full, strict=True), start=1)
        ]
        self.too_long = len(self.lines) > longest
        self.apart: KeptApart | None = None
        self.spare = max(
            rules.LINES - len(self.lines), min(rules.SPARE, longest - len(self.lines)), 0
        )
        for line in self.lines:
            _read(line, today, languages)

    @property
    def readable(self) -> list[Line]:
        """Those that can be offered to the books."""
        return [line for line in self.lines if line.slip is not None]

    @property
    def slips(self) -> list[rules.Slip]:
        """What those say."""
        return [line.slip for line in self.lines if line.slip is not None]

    @property
    def ready(self) -> int:
        """How many lines can be entered as they stand."""
        return sum(line.ready for line in self.lines)

    @property
    def wrong(self) -> list[Line]:
        """Those with something to put right."""
        return [line for line in self.lines if line.errors]

    @property
    def minutes(self) -> int:
        """What all the lines add up to whose time can be read."""
        return sum(line.minutes or 0 for line in self.lines)

    @property
    def begin_at(self) -> str:
        """The id of the cell where writing goes on: the first to put right, else the first that is
        empty."""
        for line in self.wrong:
            return f"{next(iter(line.errors))}-{line.number}"
        first = "slip" if self.numbered else "occurred_on"
        return f"{first}-{len(self.lines) + 1}" if self.spare else f"title-{len(self.lines)}"

    def judged(self, outcomes: Sequence[Entered]) -> None:
        """Take down what the books said to each line that could be read; who is meant is then
        written out."""
        for line, outcome in zip(self.readable, outcomes, strict=True):
            if outcome.refusal:
                line.refused(outcome.refusal)
                if isinstance(outcome.refusal, KeptApart):
                    self.apart = outcome.refusal
                continue
            line.ready = True
            for side, party in (("giver", outcome.giver), ("receiver", outcome.receiver)):
                if party and not rules.is_ditto(line.written[side]):
                    line.written[side] = f"{party.name} {party.number or ''}".strip()

    def check_height(self, *, at_least: int = 1) -> None:
        """Raises Invalid for a sheet with nothing on it, or with more lines than are taken at
        once."""
        if self.too_long:
            raise Invalid(
                say(
                    "A sheet holds %(longest)s lines, and this has %(number)s. Enter it in two"
                    " parts.",
                    longest=rules.LONGEST,
                    number=len(self.lines),
                )
            )
        if len(self.lines) < at_least:
            first = "slip-1" if self.numbered else "occurred_on-1"
            raise Invalid.on(first, say("Write at least one slip."))

    def rest(self, numbers: Collection[int]) -> MultiDict[str, str]:
        """These lines alone, as a form would send them.

        What a ditto mark stands for is written out, for what stood above it may be gone.
        """
        lines = [line for line in self.lines if line.number in numbers]
        cells = [(name, line.read[name]) for line in lines for name in rules.CELLS]
        return MultiDict(
            [
                *cells,
                *(
                    ("another", str(number))
                    for number, line in enumerate(lines, start=1)
                    if line.another
                ),
            ]
        )


@dataclass(frozen=True)
class Count:
    """The stack so far beside the count made by hand. `number` and `by_hand` are what was written
    there, if anything."""

    sheet: Sheet
    entered: Sequence[Shown]
    number: str
    by_hand: str

    @property
    def standing(self) -> list[Shown]:
        """Those entered that have not been taken back."""
        return [one for one in self.entered if one.exchange.status == "confirmed"]

    @property
    def slips(self) -> int:
        return len(self.sheet.lines) + len(self.standing)

    @property
    def minutes(self) -> int:
        return self.sheet.minutes + sum(one.exchange.minutes or 0 for one in self.standing)

    @property
    def verdict(self) -> Said:
        """Whether the two counts agree, in words; empty while nothing was counted by hand."""
        number, by_hand = self.number.strip(), self.by_hand.strip()
        if number and not (number.isdecimal() and len(number) < 10):
            return say("“%(number)s” is not a number of slips.", number=number)
        slips = int(number) - self.slips if number else 0
        try:
            minutes = rules.counted_by_hand(by_hand) - self.minutes if by_hand else 0
        except Invalid as refusal:
            return refusal.message
        differences = [
            *([_slips_apart(slips)] if slips else []),
            *([_hours_apart(minutes)] if minutes else []),
        ]
        if differences:
            return say("By your count it is %(differences)s.", differences=differences)
        return say("That agrees with your count.") if number or by_hand else say("")


def _slips_apart(slips: int) -> Said:
    if slips > 0:
        return count("%(n)s slip more", "%(n)s slips more", slips)
    return count("%(n)s slip fewer", "%(n)s slips fewer", -slips)


def _hours_apart(minutes: int) -> Said:
    if minutes > 0:
        return say("%(hours)s more", hours=hours.words(minutes))
    return say("%(hours)s less", hours=hours.words(minutes))


def _read(line: Line, today: date, languages: Sequence[str]) -> None:
    raw: dict[str, Any] = {name: value for name, value in line.read.items() if value}

    def day_written(text: str) -> str:
        return rules.day_written(text, today=today, languages=languages).isoformat()

    for name, reader in (("occurred_on", day_written), ("minutes", hours.parse)):
        try:
            raw |= {name: reader(raw[name])} if name in raw else {}
        except Invalid as refusal:
            line.errors[name] = refusal.message
    line.minutes = raw["minutes"] if isinstance(raw.get("minutes"), int) else None
    try:
        slip = load(SlipForm(), {**raw, "another": line.another})
    except Invalid as refusal:
        line.errors = {**refusal.fields, **line.errors}
    else:
        line.slip = None if line.errors else slip
