"""Refusals: the one vocabulary in which Timebank says no, to pages, programs and commands alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

from timebank.say import Said, say

One = TypeVar("One")
Two = TypeVar("Two")
Three = TypeVar("Three")


class Refusal(Exception):
    """A request that cannot be granted, with words a resident understands.

    `code` is for programs, `message` for people, `fields` maps an input's name to what is wrong
    with it. A refusal that is a question has `asks`: those, or that, which it is about, for
    programs to choose from.
    """

    code = "refused"

    def __init__(
        self,
        message: Said,
        *,
        fields: Mapping[str, Said] | None = None,
        asks: Sequence[Mapping[str, object]] = (),
    ):
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})
        self.asks = tuple(asks)


class NotFound(Refusal):
    """There is no such thing here, or none that the person asking may know of."""

    code = "not_found"


class NotAllowed(Refusal):
    """The person asking may see the thing but not do this to it."""

    code = "not_allowed"


class Conflict(Refusal):
    """The request was fine, but the thing is no longer (or not yet) in a state for it."""

    code = "conflict"


class Invalid(Refusal):
    """The input itself has to be put right."""

    code = "invalid"

    @classmethod
    def on(cls, field: str, message: Said) -> "Invalid":
        """One field that has to be put right."""
        return Invalid(message, fields={field: message})

    @classmethod
    def of(cls, fields: Mapping[str, Said]) -> "Invalid":
        """All fields that have to be put right, told together."""
        return Invalid(say("Some answers have to be corrected."), fields=fields)


class TooOften(Refusal):
    """The same was asked too often; after a pause it may be asked again."""

    code = "too_often"


class Unavailable(Refusal):
    """What is under us is away, busy, full or read-only; in `seconds` it may be worth while to ask
    again."""

    code = "unavailable"

    def __init__(self, message: Said, *, seconds: int):
        super().__init__(message)
        self.seconds = seconds


@overload
def together(one: Callable[[], One], two: Callable[[], Two], /) -> tuple[One, Two]: ...
@overload
def together(
    one: Callable[[], One], two: Callable[[], Two], three: Callable[[], Three], /
) -> tuple[One, Two, Three]: ...
@overload
def together(*parts: Callable[[], Any]) -> tuple[Any, ...]: ...
def together(*parts: Callable[[], Any]) -> tuple[Any, ...]:
    """What each part returns, or one Invalid with everything that is wrong with them, so that
    nobody mends it piece by piece.

    A single Invalid is raised as it is. Any other refusal is raised at once: then no part is worth
    mending.
    """
    results: list[Any] = []
    refusals: list[Invalid] = []
    for part in parts:
        try:
            results.append(part())
        except Invalid as refusal:
            refusals.append(refusal)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        fields = {name: words for refusal in refusals for name, words in refusal.fields.items()}
        raise Invalid.of(fields)
    return tuple(results)


class NoPicture(Invalid):
    """A file that is no picture Timebank can read."""

    code = "no_picture"

    def __init__(self, words: Said):
        super().__init__(words, fields={"photo": words})
