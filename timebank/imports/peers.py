"""Files of other programs as their coordinators can download them: what their columns are, and what
they mean by them. Where a program leaves something open it is asked as of any file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from timebank.imports.columns import folded_heading
from timebank.imports.rules import Imported, ImportFormat, Reading


@dataclass(frozen=True)
class Peer:
    """A file of another program, known by its headings: what each is read as (what is not named is
    left out), and what its program means by what would be asked."""

    name: ImportFormat
    kind: Imported
    columns: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    besides: tuple[str, ...] = ()

    def fits(self, labels: Sequence[str]) -> bool:
        """Whether a file with these headings is one of it."""
        there = {folded_heading(label) for label in labels}
        return {folded_heading(one) for one in (*self.columns, *self.besides)} <= there

    def reading(self, labels: Sequence[str]) -> Reading:
        """How such a file is read."""
        meant = {folded_heading(one): field for one, field in self.columns.items()}
        return Reading(
            {label: meant.get(folded_heading(label), "") for label in labels}, self.answers
        )


PEERS = (
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
    ),
)


def known(kind: Imported, labels: Sequence[str]) -> Peer | None:
    """The program whose file of that kind has these headings, if it is known."""
    return next((one for one in PEERS if one.kind == kind and one.fits(labels)), None)
