"""Why members refuses."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from timebank.errors import Conflict, Invalid
from timebank.say import Said, say


class Candidate(Protocol):
    """Somebody whom a name can mean."""

    @property
    def account_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str | None: ...


class WhoIsMeant(Invalid):
    """A name that means nobody here, or several: `candidates` are those it can mean, where they are
    few."""

    code = "who_is_meant"

    def __init__(self, message: Said, field: str, candidates: Sequence[Candidate] = ()):
        super().__init__(message, fields={field: message})
        self.candidates = candidates


class NumberTaken(Invalid):
    """Another member of the bank has that number."""

    code = "number_taken"

    def __init__(self, number: str):
        sentence = say(
            "Number %(number)s belongs to another member. Choose another, or leave it empty and the"
            " next one is given.",
            number=number,
        )
        super().__init__(sentence, fields={"number": sentence})


class NameTaken(Invalid):
    """Another organisation or group of the bank, or another bank's address, goes by that name."""

    code = "name_taken"


class KnownAlready(Conflict):
    """Somebody is to be written in who may be here already. It is a question, answered by
    `another`: `asks` are those it may be."""

    code = "known_already"

    def __init__(self, asks: Sequence[Mapping[str, object]]):
        words = say("Do we know them? Somebody here may be the same person.")
        super().__init__(words, fields={"another": words}, asks=asks)


class LastCoordinator(Conflict):
    """The bank would be left without a coordinator."""

    code = "last_coordinator"

    def __init__(self) -> None:
        super().__init__(
            say(
                "A time bank needs a coordinator, and this is the only one. Make somebody else"
                " coordinator first."
            )
        )


class NotInThatState(Conflict):
    """The member (or organisation, or group) is not in a state for this: already approved, already
    left, closed."""

    code = "not_in_that_state"


class NotTakingApplications(Conflict):
    """The bank takes no applications just now."""

    code = "joining_closed"


class CannotTakePart(Conflict):
    """Nothing can be done with somebody just now: they pause, have left, are closed, are no party
    to anything at all; or are kept apart from the other, which reads as if they paused."""

    code = "cannot_take_part"


class KeptApart(Invalid):
    """The staff would bring two together who are kept apart, and have not said why."""

    code = "kept_apart"

    def __init__(self, words: Said):
        super().__init__(words, fields={"despite": words})
