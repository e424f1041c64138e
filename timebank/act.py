"""Who does something, on whose word and by which channel, and when: what every use case is handed.

None of this knows a table, so that every room, and the seam by which rooms are plugged in, can
speak of it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar


class Role(StrEnum):
    """What somebody may do in the software.

    Of the members of a bank the first three; a commissioner is somebody outside who reads figures,
    and the system is the application itself.
    """

    MEMBER = "member"
    BROKER = "broker"
    COORDINATOR = "coordinator"
    COMMISSIONER = "commissioner"
    SYSTEM = "system"


STAFF = (Role.BROKER, Role.COORDINATOR)


class Channel(StrEnum):
    """How the word for a step came; `link` is one in a letter, opened by whom it was sent to."""

    WEB = "web"
    IN_PERSON = "in_person"
    PHONE = "phone"
    PAPER = "paper"
    TEXT = "text"
    LINK = "link"
    IMPORT = "import"
    WAITING_TIME = "waiting_time"
    SYSTEM = "system"


BEGUN_BY = tuple(channel for channel in Channel if channel != Channel.LINK)
"""The channels by which something new is entered: a link only answers."""


@dataclass(frozen=True)
class Actor:
    """Whoever is doing something: a member, or the system itself (a job, a command), which may do
    what a broker may.

    A commissioner is no member and does nothing but read what is shared. `language` is the tag of
    the one they have chosen, if any.
    """

    bank_id: int
    name: str
    role: Role = Role.MEMBER
    member_id: int | None = None
    account_id: int | None = None
    commissioner_id: int | None = None
    language: str | None = None

    @classmethod
    def system(cls, bank_id: int, name: str) -> "Actor":
        """The application itself, by the name of what it is doing: `worker`, `import`, `demo`."""
        return cls(bank_id=bank_id, name=name, role=Role.SYSTEM)

    @property
    def key(self) -> str:
        """How records name the actor: `member:12`, `commissioner:3`, or `system:import`."""
        if self.commissioner_id is not None:
            return f"commissioner:{self.commissioner_id}"
        return f"member:{self.member_id}" if self.member_id is not None else f"system:{self.name}"

    @property
    def is_broker(self) -> bool:
        """Brokers, coordinators and the system may do any step for anyone."""
        return self.role in {Role.BROKER, Role.COORDINATOR, Role.SYSTEM}

    @property
    def is_commissioner(self) -> bool:
        return self.role == Role.COMMISSIONER

    @property
    def is_coordinator(self) -> bool:
        return self.role in {Role.COORDINATOR, Role.SYSTEM}


@dataclass(frozen=True)
class Word:
    """How a step came to be entered: through which channel, on the word of which account's holder,
    from which paper slip; and, of the staff, why two who are kept apart meet by it all the same."""

    channel: Channel = Channel.WEB
    on_word_of: int | None = None
    slip: str | None = None
    despite: str = ""


OWN_WORD = Word()
"""Somebody's own word, given here by themselves."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Entered(Generic[Value]):
    """What was sent, and the word it is entered on."""

    value: Value
    word: Word


@dataclass(frozen=True)
class Act:
    """What is done by whom, when (UTC), and on what word: always passed on as one."""

    by: Actor
    now: datetime
    word: Word = OWN_WORD
