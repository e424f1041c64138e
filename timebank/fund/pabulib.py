"""Elections as files in Pabulib's format, `.pb`: three parts of semicolon-separated lines, which
public tools read (Faliszewski and others, “Participatory Budgeting: Data, Tools and Analysis”,
2023; pabulib.org/format).

Read is every file with approval ballots, its ids as they are. Amounts may have decimals; they are
counted in the smallest unit that makes all of them whole.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from timebank.errors import Invalid
from timebank.fund.counting import CountMethod, Election
from timebank.say import Said, say

PARTS = ("META", "PROJECTS", "VOTES")
APPROVAL = "approval"
RULES = {CountMethod.SHARES: "equal shares", CountMethod.VOTES: "greedy"}
"""What the format calls the methods."""
_FINEST = 6
_LARGEST = Decimal(10) ** 15
"""So many decimals at most, and such an amount; more is a slip of the pen."""


@dataclass(frozen=True)
class Poll:
    """An election as a file has it: what is counted, the names of the proposals by id, those that
    it says were selected, what it says of itself, and what is to be known of how it was read."""

    election: Election
    names: Mapping[str, str]
    selected: Collection[str]
    about: Mapping[str, str]
    notes: Sequence[Said] = ()


Row = Mapping[str, str]


def read(text: str) -> Poll:
    """The election in a file. Raises Invalid, with the line or the id where it is wrong."""
    parts = _parts(text)
    about = {row["key"]: row["value"] for row in parts["META"]}
    kind = about.get("vote_type", "").lower()
    if kind != APPROVAL:
        raise _wrong(
            say(
                "The ballots of this file are of the kind “%(kind)s”. Only ballots that tick what"
                " people would like to see (“approval”) can be counted here.",
                kind=kind or "?",
            )
        )
    costs = _costs(parts["PROJECTS"])
    budget = _amount("budget", about.get("budget", ""))
    _whole("num_projects", about, len(costs))
    _whole("num_votes", about, len(parts["VOTES"]))
    unit = 10 ** max(_decimals(amount) for amount in (budget, *costs.values()))
    ballots, twice = _ballots(parts["VOTES"], costs)
    notes = [
        say(
            "Voter %(voter)s ticked something twice. It was counted once.",
            voter=voter,
        )
        for voter in twice
    ]
    election = Election(
        budget=int(budget * unit),
        costs={one: int(cost * unit) for one, cost in costs.items()},
        ballots=ballots,
        lot=_lot(parts["PROJECTS"]),
        unit=unit,
    )
    names = {row["project_id"]: row.get("name", "") for row in parts["PROJECTS"]}
    selected = [row["project_id"] for row in parts["PROJECTS"] if row.get("selected") == "1"]
    return Poll(election, names, selected, about, notes)


def _parts(text: str) -> dict[str, list[Row]]:
    """The rows of each part, by the headings of its columns."""
    parts: dict[str, list[Row]] = {}
    part, header = "", None
    for n, cells in _lines(text):
        if len([cell for cell in cells if cell]) == 1 and cells[0].upper() in PARTS:
            part, header = cells[0].upper(), None
            parts[part] = []
        elif not part:
            raise _wrong(say("This is no file of an election: it has to begin with META."))
        elif header is None:
            header = [cell.lower() for cell in cells]
            _columns(part, header)
        else:
            row = dict(zip(header, cells, strict=False))
            if needed := next((one for one in _NEEDED[part] if one not in row), None):
                raise _cut(n, needed)
            parts[part].append(row)
    for missing in PARTS:
        if missing not in parts:
            words = say("This file is cut off: the part %(part)s is missing.", part=missing)
            raise _wrong(words)
    return parts


_NEEDED = {
    "META": ("key", "value"),
    "PROJECTS": ("project_id", "cost"),
    "VOTES": ("voter_id", "vote"),
}


def _columns(part: str, header: Sequence[str]) -> None:
    for column in _NEEDED[part]:
        if column not in header:
            raise _wrong(
                say(
                    "The part %(part)s has no column “%(column)s”.",
                    part=part,
                    column=column,
                )
            )


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, each with its number."""
    file = io.StringIO(text.removeprefix("\ufeff"), newline="")
    lines = csv.reader(file, delimiter=";", skipinitialspace=True)
    try:
        for cells in lines:
            tidied = [cell.strip() for cell in cells]
            if any(tidied):
                yield lines.line_num, tidied
    except csv.Error as error:
        raise _wrong(say("Line %(line)s cannot be read.", line=lines.line_num + 1)) from error


def _costs(rows: Sequence[Row]) -> dict[str, Decimal]:
    costs: dict[str, Decimal] = {}
    for row in rows:
        proposal = row["project_id"]
        if proposal in costs:
            raise _wrong(say("The proposal %(id)s stands in this file twice.", id=proposal))
        costs[proposal] = _amount(say("the cost of %(id)s", id=proposal), row["cost"])
    if not costs:
        raise _wrong(say("There is no proposal in this file."))
    return costs


def _amount(of: Said | str, written: str) -> Decimal:
    try:
        amount = Decimal(written.replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount > _LARGEST or _decimals(amount) > _FINEST:
        raise _wrong(say("%(of)s: “%(written)s” is no amount.", of=of, written=written))
    if amount <= 0:
        raise _wrong(
            say(
                "%(of)s: it has to be more than nought, and is %(written)s.", of=of, written=written
            )
        )
    return amount


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else _FINEST + 1


def _whole(name: str, about: Mapping[str, str], there: int) -> None:
    """Raises Invalid where the file says that there is more of something than it has."""
    number = about.get(name, "")
    if number.isdecimal() and int(number) > there:
        raise _wrong(
            say(
                "This file is cut off: it says %(name)s %(said)s, and has %(there)s.",
                name=name,
                said=int(number),
                there=there,
            )
        )


def _cut(line: int, column: str) -> Invalid:
    return _wrong(
        say(
            "Line %(line)s is cut off: “%(column)s” is missing.",
            line=line,
            column=column,
        )
    )


def _ballots(rows: Sequence[Row], costs: Collection[str]) -> tuple[list[frozenset[str]], list[str]]:
    """The ballots, and who ticked something twice."""
    ballots: list[frozenset[str]] = []
    twice: list[str] = []
    for row in rows:
        ticked = [one.strip() for one in row["vote"].split(",") if one.strip()]
        for proposal in ticked:
            if proposal not in costs:
                raise _wrong(
                    say(
                        "Voter %(voter)s ticked “%(id)s”, which is not among the proposals.",
                        voter=row["voter_id"],
                        id=proposal,
                    )
                )
        ballots.append(frozenset(ticked))
        if len(ballots[-1]) < len(ticked):
            twice.append(row["voter_id"])
    return ballots, twice


def _lot(rows: Sequence[Row]) -> list[str]:
    """As the column `lot` has it, where all rows have one; else as the proposals stand there."""
    places = [row.get("lot", "") for row in rows]
    ids = [row["project_id"] for row in rows]
    if not all(place.isdecimal() for place in places):
        return ids
    return [one for _, one in sorted(zip(map(int, places), ids, strict=True))]


def _wrong(words: Said) -> Invalid:
    return Invalid.on("pb", words)


def write(election: Election, names: Mapping[str, str], about: Mapping[str, str]) -> str:
    """The election as a file: the proposals as they stand in the lot, with their place in it, and
    the ballots sorted, so that their order tells nothing."""
    file = io.StringIO(newline="")
    lines = csv.writer(file, delimiter=";", lineterminator="\n")
    meta = {
        **about,
        "num_projects": str(len(election.costs)),
        "num_votes": str(len(election.ballots)),
        "budget": str(election.budget),
        "vote_type": APPROVAL,
    }
    lines.writerows((["META"], ["key", "value"], *meta.items(), ["PROJECTS"]))
    lines.writerow(["project_id", "cost", "votes", "name", "lot"])
    for place, proposal in enumerate(election.lot, 1):
        lines.writerow(
            [proposal, election.costs[proposal], election.ticks[proposal], names[proposal], place]
        )
    lines.writerows((["VOTES"], ["voter_id", "vote"]))
    ballots = sorted(sorted(ballot, key=election.places.__getitem__) for ballot in election.ballots)
    for n, ticked in enumerate(ballots, 1):
        lines.writerow([n, ",".join(ticked)])
    return file.getvalue()


def plain(amount: int, unit: int) -> int | float:
    """An amount of a file as the file counts: whole where it is."""
    exact = Fraction(amount, unit)
    return exact.numerator if exact.denominator == 1 else float(exact)
