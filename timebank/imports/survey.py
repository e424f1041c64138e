"""What the cells of a column look like, and what has to be asked because of it."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from timebank import hours
from timebank.imports import cells, columns
from timebank.imports.cells import Amount, Order, Sign
from timebank.imports.columns import Field, Holds, Unit
from timebank.imports.questions import Option, Question, Questions
from timebank.say import Said, say

_HONORIFICS = {
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "sir", "dame", "lady", "master"),
    *("sr", "sra", "srta", "don", "dona", "doctor", "doctora", "mister"),
}

REMEMBERED = 5000
"""So many different cells of a column are remembered, so as not to look at the same one twice."""


@dataclass
class Seen:
    """What the cells of a column look like: an example of each way of writing that matters."""

    holds: Holds | None
    is_name: bool = False
    examples: list[str] = field(default_factory=list)
    accented: str | None = None
    open_day: str | None = None
    orders: dict[Order, str] = field(default_factory=dict)
    bare: str | None = None
    decimal: str | None = None
    written: str | None = None
    open: str | None = None
    least: int = 10**9
    most: int = 0
    zero: bool = False
    no_zero: str | None = None
    no_zero_sure: bool = False
    turned: str | None = None
    titled: str | None = None
    known: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)

    def look(self, cell: str) -> None:
        """Take another cell in. What was seen before tells nothing new."""
        if cell in self.known or cell in self.people:
            return
        if self.holds == Holds.PERSON:
            self.people.add(cell)
        elif len(self.known) < REMEMBERED:
            self.known.add(cell)
        text = cell.strip()
        if len(self.examples) < 3 and text:
            self.examples.append(text[:60])
        if self.accented is None and not text.isascii():
            self.accented = text[:40]
        self._tell(cell, text)

    def _tell(self, cell: str, text: str) -> None:
        match self.holds:
            case Holds.DAY:
                day = cells.day_read(text)
                if day is not None and day.is_open:
                    self.open_day = self.open_day or text
                elif day is not None and not day.sure and day.order is not None:
                    self.orders.setdefault(day.order, text)
            case Holds.TIME:
                self._tell_time(cell, text)
            case Holds.PHONE:
                self.zero = self.zero or text.startswith("0")
                if is_without_zero(text):
                    # Ten digits that do not begin with a 0, where most begin with one.
                    self.no_zero = self.no_zero or text
                    self.no_zero_sure = self.no_zero_sure or len(text) == 10
            case _ if self.is_name:
                if text.count(",") == 1 and not text.endswith(","):
                    self.turned = self.turned or text
                if untitled(text) != text:
                    self.titled = self.titled or text
            case _:
                pass

    def _tell_time(self, cell: str, text: str) -> None:
        form = cells.amount_read(cell if type(cell) is not str else text)
        match form:
            case Amount.BARE:
                number = int(cells.unsigned(text)[0])
                self.bare = self.bare or text
                if number and number < self.least:
                    self.least, self.bare = number, text
                self.most = max(self.most, number)
            case Amount.DECIMAL:
                self.decimal = self.decimal or text
            case Amount.WRITTEN:
                self.written = self.written or text
            case Amount.OPEN:
                self.open = self.open or text
            case _:
                pass


def turned(name: str) -> str:
    """“O’Neill, Joan” as Joan O’Neill."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma else name


def untitled(name: str) -> str:
    """“Mrs Joan O’Neill” as Joan O’Neill, wherever the title stands."""
    words = name.split()
    untitled_words = [word for word in words if not _is_title(word)]
    return " ".join(untitled_words or words)


@lru_cache(maxsize=10_000)
def _is_title(word: str) -> bool:
    return columns.folded_heading(word) in _HONORIFICS


def is_without_zero(cell: str) -> bool:
    return cell.isdecimal() and not cell.startswith("0") and 9 <= len(cell) <= 10


def ask_about(questions: Questions, label: str, field: Field, seen: Seen, today: date) -> None:
    """Ask what could be read in two ways under a heading."""
    if field.holds == Holds.DAY:
        _ask_order(questions, label, field, seen, today)
    elif field.holds == Holds.TIME:
        _ask_unit(questions, label, field, seen)
        _ask_sign(questions, label, field, seen)
    elif field.holds == Holds.PHONE:
        _ask_zeros(questions, label, field, seen)
    elif field.name == "name":
        _ask_names(questions, label, seen)


def _ask_order(questions: Questions, label: str, field: Field, seen: Seen, today: date) -> None:
    if seen.open_day is None and len(seen.orders) < 2:
        return
    example = seen.open_day or next(iter(seen.orders.values()))
    options = []
    for order, small in (
        (Order.DAY_FIRST, say("The day comes first")),
        (Order.MONTH_FIRST, say("The month comes first")),
    ):
        meant = cells.day_meant(example, order, today, whole=False, ahead=True)
        words = meant if isinstance(meant, Said) else say("%(day)s", day=meant)
        options.append(Option(order, words, small))
    likely, hint = None, say("Asked once, for every line.")
    if len(seen.orders) == 1:
        likely, other = next(iter(seen.orders.items()))
        hint = (
            say("Other lines have %(day)s, so the day most likely comes first.", day=other)
            if likely == Order.DAY_FIRST
            else say("Other lines have %(day)s, so the month most likely comes first.", day=other)
        )
    questions.ask(
        Question(
            f"day:{field.name}",
            say("In “%(column)s”, what is %(day)s?", column=label, day=example),
            hint,
            tuple(options),
            likely,
        )
    )


def _ask_unit(questions: Questions, label: str, field: Field, seen: Seen) -> None:
    bare = seen.bare or seen.decimal
    if bare is None:
        return
    own = columns.folded_heading(label) == columns.folded_heading(field.name)
    named_unit = columns.unit_of(label) or (field.unit if own else None)
    mixed = bool(seen.bare and (seen.decimal or seen.written) and seen.least <= 12)
    fits = {
        Unit.HOURS: not mixed and (field.name == "opening_balance" or seen.most <= 24),
        Unit.MINUTES: not mixed and not seen.decimal,
        Unit.SECONDS: True,
    }
    if named_unit is not None and fits[named_unit]:
        questions.settle(f"unit:{field.name}", named_unit)
        return
    example, _ = cells.unsigned(seen.bare or seen.decimal or "")
    there = [one for one in (seen.decimal, seen.bare, seen.written) if one]
    options = [
        Option(Unit.HOURS, say("%(n)s hours", n=example), _so(seen.decimal, Unit.HOURS)),
        Option(Unit.MINUTES, say("%(n)s minutes", n=example), _so(seen.decimal, Unit.MINUTES)),
    ]
    if named_unit == Unit.SECONDS or seen.most >= 900:
        options.append(Option(Unit.SECONDS, say("%(n)s seconds", n=example)))
    questions.ask(
        Question(
            f"unit:{field.name}",
            say("In “%(column)s”, what does %(n)s mean?", column=label, n=example),
            say(
                "The column has %(cells)s in it. Asked once, for every line.",
                cells=list(dict.fromkeys(there)),
            ),
            tuple(options),
            named_unit if named_unit != Unit.MINUTES or not seen.decimal else None,
        )
    )


def _ask_sign(questions: Questions, label: str, field: Field, seen: Seen) -> None:
    if seen.open is None:
        return
    plain, _ = cells.unsigned(seen.open)
    whole = plain.replace(",", "").replace(".", "")
    decimal = plain.replace(",", ".").rstrip("0").rstrip(".")
    likely = None
    if seen.decimal:
        same = ("," in seen.decimal) == ("," in plain)
        likely = Sign.DECIMALS if same else Sign.THOUSANDS
    questions.ask(
        Question(
            f"comma:{field.name}",
            say("In “%(column)s”, what is %(n)s?", column=label, n=seen.open),
            say("Asked once, for every line."),
            (
                Option(Sign.THOUSANDS, whole, say("More than a thousand")),
                Option(Sign.DECIMALS, decimal, say("A number with decimals")),
            ),
            likely,
        )
    )


def _ask_zeros(questions: Questions, label: str, field: Field, seen: Seen) -> None:
    if seen.no_zero is None or not (seen.zero or seen.no_zero_sure):
        return
    questions.ask(
        Question(
            f"zeros:{field.name}",
            say(
                "In “%(column)s”, has %(number)s lost a 0 at the front?",
                column=label,
                number=seen.no_zero,
            ),
            say("Spreadsheets take it off where they hold a telephone number to be a number."),
            (
                Option("add", f"0{seen.no_zero}", say("Write the 0 again, in every line")),
                Option("keep", seen.no_zero, say("It is right as it stands")),
            ),
            "add" if seen.zero else None,
        )
    )


def _ask_names(questions: Questions, label: str, seen: Seen) -> None:
    if seen.turned:
        questions.ask(
            Question(
                "names:turned",
                say("In “%(column)s”, who is “%(name)s”?", column=label, name=seen.turned),
                say("The surname may stand first. Asked once, for every line."),
                (
                    Option("turn", turned(seen.turned), say("The surname stands first")),
                    Option("keep", seen.turned, say("The name is written as it stands")),
                ),
            )
        )
    if seen.titled:
        questions.ask(
            Question(
                "names:titles",
                say("In “%(column)s”, who is “%(name)s”?", column=label, name=seen.titled),
                say("Asked once, for every line."),
                (
                    Option("drop", untitled(seen.titled), say("Leave Mr, Mrs and the like out")),
                    Option("keep", seen.titled, say("The name is written as it stands")),
                ),
            )
        )


def _so(decimal: str | None, unit: Unit) -> Said | None:
    """What a cell with decimals is in that unit."""
    if decimal is None:
        return None
    meant = cells.amount_meant(decimal, unit, None)
    if isinstance(meant, Said):
        return say("So %(cell)s cannot be read", cell=decimal)
    return say("So %(cell)s is %(hours)s", cell=decimal, hours=hours.words(meant))
