"""Who may see a statement, and what its lines say. Pure decisions; amounts are minutes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from timebank.act import Actor
from timebank.say import Said, say

MOST_LINES = 1000
"""As many lines as a statement between two dates may have."""


@dataclass(frozen=True)
class Name:
    """How a statement names somebody: as it begins a sentence and as it stands within one; and
    whether it is the reader themselves, for whom there are sentences of their own."""

    first: str | Said
    within: str | Said
    reader: bool = False


YOU = Name(say("You"), say("you"), reader=True)
# Translators: these two stand for a person's name.
CHEST = Name(say("The community chest"), say("the community chest"))
SOMEBODY = Name(say("A member"), say("a member"))
"""What the chest's statement calls members to other members."""


def may_see(by: Actor, account_id: int, kind: str, acting_for: Collection[int]) -> bool:
    """Whose statement somebody may see: one of those they act for, any as a broker, and everybody
    that of the chest."""
    return by.is_broker or account_id in acting_for or kind == "chest"


def shows_names(by: Actor, account_id: int, kind: str, acting_for: Collection[int]) -> bool:
    """Whether the statement names the members on the other side; to most people, that of the chest
    does not."""
    return by.is_broker or account_id in acting_for or kind != "chest"


def happened(kind: str, minutes: int, holder: Name, other: Name) -> Said:
    """What a line says: "You helped Joan", "Joan’s gift". `minutes` are positive where they were
    added to the holder's."""
    if kind == "exchange":
        return _helped(*((holder, other) if minutes > 0 else (other, holder)))
    # A gift goes the way the minutes go; help goes the other way.
    if kind in ("gift", "grant"):
        return _gift(minutes, holder, other)
    if kind == "opening":
        return say("Hours from before the books began")
    if kind == "settlement":
        return say("Settled with %(name)s on leaving", name=other.within)
    if kind == "reversal":
        return say("Corrected", context="statement line")
    return say("Other hours, with %(name)s", name=other.within)


def _helped(giver: Name, receiver: Name) -> Said:
    if giver.reader:
        return say("You helped %(name)s", name=receiver.within)
    if receiver.reader:
        return say("%(name)s helped you", name=giver.first)
    return say("%(name)s helped %(other)s", name=giver.first, other=receiver.within)


def _gift(minutes: int, holder: Name, other: Name) -> Said:
    if minutes > 0:
        if other.reader:
            return say("Gift from you")
        return say("Gift from %(name)s", name=other.within)
    if holder.reader:
        return say("Your gift to %(name)s", name=other.within)
    if other.reader:
        return say("Gift to you")
    return say("Gift to %(name)s", name=other.within)


def share(minutes: int, holder: Name, other: Name, *, for_coming: bool) -> Said:
    """What a line was for that is one part of a session's hours, and who is on its other side."""
    name = other.within
    if minutes > 0:
        if for_coming:
            return say("From %(name)s, for coming", name=name)
        if holder.reader:
            return say("From %(name)s, for the time you gave", name=name)
        return say("From %(name)s, for the time they gave", name=name)
    if for_coming:
        return say("To %(name)s, for coming", name=name)
    if other.reader:
        return say("To you, for the time you gave")
    return say("To %(name)s, for the time they gave", name=name)


def one_after_another(sentences: Sequence[str | Said]) -> str | Said:
    """The smaller words of a line: nothing, or each after the other."""
    if len(sentences) < 2:
        return sentences[0] if sentences else ""
    # Translators: two remarks on a line of the statement.
    rest = one_after_another(sentences[1:])
    return say("%(first)s. %(rest)s", first=sentences[0], rest=rest)
