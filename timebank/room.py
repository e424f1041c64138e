"""What the whole asks of every room, in words that know no table and no web.

Who leaves, who takes their data along, what waits for whom, what the weekly letter tells: each room
answers for what it keeps, and nothing above has to know its tables. `timebank.feature.Feature` adds
the faces.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from timebank.act import Act

Bank: TypeAlias = Any
"""A row of `banks.models.Bank`. It is no name here: this stands below every table."""

Member: TypeAlias = Any
"""A row of `members.models.Member`, of somebody who has an account."""


@dataclass(frozen=True)
class Trace:
    """A column, `table.column`, that names a member or an account, whether by id or by key.

    `told` is where the room's `export` tells of it; None where it is no matter of theirs, such as
    whose work as a broker something was. `stays`: it is left when the member has gone, for it names
    somebody of whom nothing else is known any more. Otherwise no row names them after `wind_up` and
    `forget`.
    """

    column: str
    told: str | None = None
    stays: bool = False


@dataclass(frozen=True)
class Room:
    """A room, as the whole needs to know it.

    A member who leaves is taken through three of these, each for all rooms before the next begins:
    `causes` says what notices about what they did with others go by (`exchange:12`), so that what
    was said before is forgotten; `wind_up` ends what is under way with their account and tells the
    others so; `forget` erases what is kept on them, while they still have their name. An account
    that is closed is wound up alone. `export` is what a member is given of what is held on them, by
    names that no other room uses. All of them stay in the transaction of whoever calls.

    `traces` lists every column of the room's tables that names a member or an account.
    """

    name: str
    causes: Callable[[Session, Bank, Member], Iterable[str]] | None = None
    wind_up: Callable[[Session, Bank, int, Act], None] | None = None
    forget: Callable[[Session, Bank, Member, Act], None] | None = None
    export: Callable[[Session, Bank, Member], Mapping[str, Any]] | None = None
    traces: Sequence[Trace] = ()
