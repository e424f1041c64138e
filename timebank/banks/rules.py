"""A bank's rules of exchange, applied. Amounts are minutes."""

from dataclasses import dataclass

from timebank import hours
from timebank.errors import Invalid


@dataclass(frozen=True)
class LogRules:
    """What may be logged at once: multiples of `rounding`, from `smallest` to `largest` minutes."""

    rounding: int
    smallest: int
    largest: int

    def check(self, minutes: int) -> None:
        """Raises Invalid, naming the nearest amounts that would do; nothing is rounded for anybody."""
        if minutes < self.smallest or minutes > self.largest:
            shortest, longest = hours.words(self.smallest), hours.words(self.largest)
            raise _wrong(f"You wrote {hours.words(minutes)}. One log is from {shortest} to {longest}.")
        if minutes % self.rounding:
            below = minutes - minutes % self.rounding
            near = [hours.words(amount) for amount in (below, below + self.rounding) if amount]
            step = hours.words(self.rounding)
            raise _wrong(
                f"You wrote {hours.words(minutes)}. We count in steps of {step}: the nearest are {' and '.join(near)}."
            )


def _wrong(words: str) -> Invalid:
    return Invalid(words, fields={"minutes": words})
