"""Files of other programs as their coordinators can download them: what their columns are, and what
they mean by them. Where a program leaves something open it is asked as of any file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from timebank.imports.columns import folded_heading
from timebank.imports.rules import Imported, ImportFormat, Reading


@dataclass(frozen=True)
class Peer:
    """A file of another program, known by its headings: what each is read as (what is not named is
    left out), what those are read as that it can do without (`optional`), and what its program
    means by what would be asked."""

    name: ImportFormat
    kind: Imported
    columns: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    besides: tuple[str, ...] = ()
    optional: Mapping[str, str] = field(default_factory=dict[str, str])

    def fits(self, labels: Sequence[str], first: Sequence[str]) -> bool:
        """Whether a file with these headings is one of it, whatever stands in its `first` row."""
        there = {folded_heading(label) for label in labels}
        return {folded_heading(one) for one in (*self.columns, *self.besides)} <= there

    def reading(self, labels: Sequence[str]) -> Reading:
        """How such a file is read."""
        columns = {**self.optional, **self.columns}
        meant = {folded_heading(one): field for one, field in columns.items()}
        return Reading(
            {label: meant.get(folded_heading(label), "") for label in labels}, self.answers
        )


@dataclass(frozen=True)
class Placed:
    """A file of another program whose headings are in the language of whoever downloaded it: known
    by how many columns it has and how the cells of its first row are written, and read by their
    places. With `grouped` a row of one cell names the category of those beneath it."""

    name: ImportFormat
    kind: Imported
    fields: tuple[str, ...]
    cells: Mapping[int, str]
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    grouped: bool = False

    def fits(self, labels: Sequence[str], first: Sequence[str]) -> bool:
        """Whether a file of so many columns, with such a first row, is one of it."""
        return len(labels) == len(self.fields) <= len(first) and all(
            re.fullmatch(form, first[place].strip()) for place, form in self.cells.items()
        )

    def reading(self, labels: Sequence[str]) -> Reading:
        """How such a file is read."""
        return Reading(dict(zip(labels, self.fields, strict=True)), self.answers)


_INSTANT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
"""As Ruby on Rails writes one."""

_TONGUE = "(?:[a-z]{2}(?:-[A-Z]{2})?)?"
"""The language of somebody's pages: es, pt-BR."""

PEERS: tuple[Peer | Placed, ...] = (
    # The reports that TimeOverflow's coordinators download. A balance is in seconds, hours are as
    # h:mm, and who paid stands before who was paid.
    Placed(
        ImportFormat.TIMEOVERFLOW,
        Imported.MEMBERS,
        (
            *("number", "name", "email", "phone", "other_phone", "joined_on"),
            *("", "", "opening_balance"),
        ),
        {
            0: r"\d+",
            5: _INSTANT,
            6: f"(?:{_INSTANT})?",
            7: _TONGUE,
            8: r"-?\d+",
        },
        {"unit:opening_balance": "seconds", "zeros:phone": "keep", "zeros:other_phone": "keep"},
    ),
    Placed(
        ImportFormat.TIMEOVERFLOW,
        Imported.HOURS,
        ("occurred_on", "receiver", "giver", "description", "minutes"),
        {0: _INSTANT, 4: r"\d+:\d\d"},
        {"sides": "paid"},
    ),
    *(
        Placed(
            ImportFormat.TIMEOVERFLOW,
            kind,
            ("reference", "title", "", "member", ""),
            {0: "", 1: ".+", 2: "", 3: "", 4: ""},
            grouped=True,
        )
        for kind in (Imported.OFFERS, Imported.REQUESTS)
    ),
    # A statement of Timebank.cc: whose account it is, with whom, and which way it went.
    Peer(
        ImportFormat.TIMEBANK_CC,
        Imported.HOURS,
        {
            "Nr.": "reference",
            "Date": "occurred_on",
            "Amount in minutes": "minutes",
            "Debit/Credit": "direction",
            "Acc. holder": "giver",
            "Relation name": "receiver",
            "Description": "description",
        },
        {"unit:minutes": "minutes", "sides": "helped"},
        ("Account nr.", "Counter acc. nr."),
    ),
    Peer(
        ImportFormat.TIMEBANK_CC,
        Imported.MEMBERS,
        {"Full name": "name", "Email": "email", "Created At": "joined_on"},
        besides=("Name", "Updated At", "Language"),
    ),
    # What Wadobo's timebank prints of its people; what a balance counts is asked.
    Peer(
        ImportFormat.WADOBO,
        Imported.MEMBERS,
        {
            "username": "number",
            "fullname": "name",
            "birth_date": "date_of_birth",
            "balance": "opening_balance",
        },
        {"day:date_of_birth": "day-first"},
        ("trec", "tgiv", "hrec", "hgiv"),
    ),
    # In NEXUS the provider pays: whoever it calls so received the help.
    Peer(
        ImportFormat.NEXUS,
        Imported.HOURS,
        {
            "ID": "reference",
            "Date": "occurred_on",
            "Hours": "minutes",
            "Description": "description",
            "Status": "state",
            "Provider": "receiver",
            "Receiver": "giver",
            "Category": "skill",
        },
        {"unit:minutes": "hours"},
        ("Provider Email", "Receiver Email"),
    ),
    Peer(
        ImportFormat.NEXUS,
        Imported.MEMBERS,
        {
            "ID": "number",
            "Name": "name",
            "Email": "email",
            "Phone": "phone",
            "Location": "area",
            "Joined": "joined_on",
            "Balance": "opening_balance",
        },
        {"unit:opening_balance": "hours"},
        ("XP", "Level"),
    ),
    # Whoever pays was helped. What a whole number counts is the currency's own matter, and asked.
    Peer(
        ImportFormat.KOMUNITIN,
        Imported.HOURS,
        {
            "id": "reference",
            "created": "occurred_on",
            "state": "state",
            "amount": "minutes",
            "description": "description",
            "payer.code": "receiver",
            "payee.code": "giver",
        },
        besides=("payer.id", "payee.id"),
    ),
    Peer(
        ImportFormat.CYCLOS,
        Imported.MEMBERS,
        {
            "name": "name",
            "username": "number",
            "email": "email",
            "creationdate": "joined_on",
            "balance": "opening_balance",
        },
        besides=("creditlimit", "uppercreditlimit"),
    ),
    Peer(
        ImportFormat.MUTUAL_CREDIT,
        Imported.HOURS,
        {
            "payer": "receiver",
            "payee": "giver",
            "quantity": "minutes",
            "created": "occurred_on",
        },
        optional={"description": "description"},
    ),
)


def known(kind: Imported, labels: Sequence[str], first: Sequence[str]) -> Peer | Placed | None:
    """The program whose file of that kind has these headings, and such a first row, if it is
    known."""
    return next((one for one in PEERS if one.kind == kind and one.fits(labels, first)), None)
