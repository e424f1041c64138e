"""Words for where an exchange stands, what was done, and how the word of it came."""

from timebank.act import Channel
from timebank.exchanges.rules import Status, StepKind
from timebank.say import Said, say

HOW_IT_STANDS = {
    Status.PROPOSED: say("Proposed", context="exchange"),
    Status.AGREED: say("Agreed", context="exchange"),
    Status.LOGGED: say("Waits to be confirmed", context="exchange"),
    Status.DISPUTED: say("Something is wrong", context="exchange"),
    Status.CONFIRMED: say("Confirmed", context="exchange"),
    Status.DECLINED: say("Declined", context="exchange"),
    Status.CANCELLED: say("Called off", context="exchange"),
    Status.REVERSED: say("Taken back", context="exchange"),
}

_WAITS_FOR_YOU = {
    Status.PROPOSED: say("Waits for you to say yes"),
    Status.LOGGED: say("Waits for you to say “that’s right”"),
    Status.DISPUTED: say("Something is wrong: waits for you to look at it again"),
}

STEPS = {
    StepKind.PROPOSED: say("Proposed", context="step"),
    StepKind.AGREED: say("Agreed", context="step"),
    StepKind.DECLINED: say("Declined", context="step"),
    StepKind.CANCELLED: say("Cancelled", context="step"),
    StepKind.LOGGED: say("Logged", context="step"),
    StepKind.CONFIRMED: say("Confirmed", context="step"),
    StepKind.DISPUTED: say("Disputed", context="step"),
    StepKind.ACCEPTED: say("Accepted", context="step"),
    StepKind.SETTLED: say("Settled", context="step"),
    StepKind.DISMISSED: say("Dismissed", context="step"),
    StepKind.REVERSED: say("Reversed", context="step"),
    StepKind.UNDONE: say("Undone", context="step"),
}

HEARD = {
    Channel.PHONE: say("By phone"),
    Channel.IN_PERSON: say("In person"),
    Channel.PAPER: say("On paper"),
    Channel.TEXT: say("By text message"),
}
"""How somebody's word reached a broker, to choose from."""

CAME = {
    Channel.PHONE: say("by phone"),
    Channel.IN_PERSON: say("in person"),
    Channel.PAPER: say("on paper"),
    Channel.TEXT: say("by text message"),
    Channel.LINK: say("by the link in a letter"),
    Channel.IMPORT: say("from a file"),
    Channel.WAITING_TIME: say("after the waiting time"),
}
"""How the word for a step came, where that is worth saying."""


def waits(status: Status, name: str | None) -> Said:
    """What an exchange waits for: for the reader (None), or for somebody else by name."""
    if name is None:
        return _WAITS_FOR_YOU[status]
    if status == Status.PROPOSED:
        return say("Waits for %(name)s to say yes", name=name)
    if status == Status.LOGGED:
        return say("Waits for %(name)s to say “that’s right”", name=name)
    return say("Something is wrong: waits for %(name)s to look at it again", name=name)
