"""Who may see a statement, and what its lines say. Pure decisions; amounts are minutes."""

from collections.abc import Collection
from dataclasses import dataclass

from timebank.act import Actor

SOMEBODY = "a member"
"""What the chest's statement calls members to other members."""

MOST_LINES = 1000
"""As many lines as a statement between two dates may have."""


@dataclass(frozen=True)
class Name:
    """How a sentence names somebody: in its middle, and whether it is the reader themselves."""

    words: str
    reader: bool = False

    @property
    def first(self) -> str:
        """At the beginning of a sentence."""
        return self.words[:1].upper() + self.words[1:]


YOU = Name("you", reader=True)


def may_see(by: Actor, account_id: int, kind: str, acting_for: Collection[int]) -> bool:
    """Whose statement somebody may see: one of those they act for, any as a broker, and everybody
    that of the chest."""
    return by.is_broker or account_id in acting_for or kind == "chest"


def shows_names(by: Actor, account_id: int, kind: str, acting_for: Collection[int]) -> bool:
    """Whether the statement names the members on the other side; to most people, that of the chest
    does not."""
    return by.is_broker or account_id in acting_for or kind != "chest"


def happened(kind: str, minutes: int, holder: Name, other: Name) -> str:
    """What a line says: "You helped Joan", "Joan’s gift". `minutes` are positive where they were
    added to the holder's."""
    giver, receiver = (holder, other) if minutes > 0 else (other, holder)
    if kind == "exchange":
        return f"{giver.first} helped {receiver.words}"
    if kind == "gift":
        # A gift goes the way the minutes go; help goes the other way.
        if minutes > 0:
            return f"Gift from {other.words}"
        return f"Your gift to {other.words}" if holder.reader else f"Gift to {other.words}"
    if kind == "opening":
        return "Hours from before the books began"
    if kind == "settlement":
        return f"Settled with {other.words} on leaving"
    if kind == "reversal":
        return "Put right"
    return f"{kind.capitalize()}, with {other.words}"


def share(minutes: int, holder: Name, other: Name, *, for_coming: bool) -> str:
    """What a line was for that is one part of a session's hours, and who is on its other side."""
    paid = holder if minutes > 0 else other
    why = "for coming" if for_coming else f"for the time {'you' if paid.reader else 'they'} gave"
    return f"{'From' if minutes > 0 else 'To'} {other.words}, {why}"
