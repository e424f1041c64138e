"""How a room's rows go into the archive of a bank that moves, and come in again somewhere else.

Every table of every room is either kept or stays behind with its reason, and so is every column of
what is kept. What is kept needs no code: keys follow the rows they refer to. A room says what no
key says, and what it alone can write again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Select
from sqlalchemy.orm import Session

from timebank.say import Said, say

Bank: TypeAlias = Any
"""A row of `banks.models.Bank`. It is no name here: this stands below every table."""

SECRET = say("It lets somebody in. New ones are made in the new home.")
"""Why passwords, keys, codes and links stay behind."""

OF_THE_HOME = say("It is work of the installation, and none of the bank’s own.")
"""Why jobs, letters on their way and the like stay behind."""


@dataclass(frozen=True)
class Behind:
    """What does not move: a table, or a column (`table.column`), and why. A column without which
    there is no row gets what `instead` makes."""

    what: str
    why: Said
    instead: Callable[[], object] | None = None


class Coming(Protocol):
    """What of a bank is in an archive, for a room that writes its own rows again."""

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table as they were at home, in the order of their ids."""
        ...

    def new(self, table: str, was: int | None) -> int | None:
        """The id here of what had that id at home; None for none."""
        ...

    def number(self, table: str, was: Sequence[int], now: Sequence[int]) -> None:
        """What had these ids at home, in their order, has those here."""
        ...

    def named(self, words: str | None, *, cause: bool = False) -> str | None:
        """A key that names something, `exchange:12`, as it is here."""
        ...


@dataclass(frozen=True)
class Archive:
    """What a room keeps of a bank that moves, and what stays behind.

    `keys` says which table the words of keys mean (`exchange:12`), `causes` which they mean in the
    causes of the ledger where that is another. A key stands in `by`, in what ends in `_by` and in
    `on_word_of`; `named` are the other columns that hold one. `lists` are columns that hold ids
    with commas, and of which table.

    `reads` is how a table is read that goes along otherwise than it stands. `writes` are the tables
    which the room's `bring` writes again from an archive. `under_way` says what has to end first,
    and `wrong` what cannot be right about a bank that came in.
    """

    keeps: Sequence[str] = ()
    behind: Sequence[Behind] = ()
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    causes: Mapping[str, str] = field(default_factory=dict[str, str])
    named: Sequence[str] = ()
    lists: Mapping[str, str] = field(default_factory=dict[str, str])
    reads: Mapping[str, Callable[[Bank], Select[Any]]] = field(
        default_factory=dict[str, Callable[[Bank], Select[Any]]]
    )
    writes: Sequence[str] = ()
    bring: Callable[[Session, Bank, Coming], None] | None = None
    under_way: Callable[[Session, Bank, datetime], Sequence[Said]] | None = None
    wrong: Callable[[Session, Bank], Sequence[str]] | None = None
