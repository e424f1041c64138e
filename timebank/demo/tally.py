"""What everybody in a plan has, step by step, in minutes.

The ledger refuses a posting that takes an account below its floor. A plan that is carried out in
its order is never refused, since each of its steps was tried here first. No account of the
demonstration has a ceiling.
"""

from collections import defaultdict
from collections.abc import Iterable

Move = tuple[int, int, int]
"""Minutes from one party to another: (payer, payee, minutes). People are their places in the plan,
other parties negative numbers."""

CHEST, HALL, SURGERY, LIBRARY, GROUP = -1, -2, -3, -4, -5

ORGANISATIONS = (HALL, SURGERY, LIBRARY)
PAYERS = (CHEST, HALL, SURGERY)
"""Who pays for what is done together, before others pay them."""

FLOOR = -600
PAYERS_FLOOR = -200 * 60


def floor_of(party: int) -> int:
    """How far below nothing a party's account may go, in minutes."""
    return PAYERS_FLOOR if party in PAYERS else FLOOR


class Tally:
    """The balances of all parties, all 0 at first, and what each has promised besides."""

    def __init__(self) -> None:
        self._balances: dict[int, int] = defaultdict(int)
        self._promised: dict[int, int] = defaultdict(int)

    def balance(self, party: int) -> int:
        return self._balances[party]

    def spare(self, party: int) -> int:
        """How many minutes a party can still spend above its floor, when everything it has promised
        is paid."""
        return self._balances[party] - self._promised[party] - floor_of(party)

    def promise(self, party: int, minutes: int) -> None:
        """Keep minutes back for what may yet be paid: hours that still wait to be confirmed."""
        self._promised[party] += minutes

    def move(self, moves: Iterable[Move]) -> None:
        """Carry the moves out, one after the other. Raises ValueError at the first that takes its
        payer below the floor."""
        for payer, payee, minutes in moves:
            self._balances[payer] -= minutes
            self._balances[payee] += minutes
            if self._balances[payer] < floor_of(payer):
                raise ValueError(f"Party {payer} would be at {self._balances[payer]} minutes.")
