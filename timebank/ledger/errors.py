"""Why the ledger refuses. Amounts are minutes; `cause` names the entry refused, for those who post
many at once."""

from timebank import hours
from timebank.errors import Conflict, Invalid
from timebank.say import say


class BelowFloor(Conflict):
    """A posting would take an account below its floor. Amounts are minutes."""

    code = "below_floor"

    def __init__(self, *, account_id: int, balance: int, minutes: int, floor: int, cause: str = ""):
        super().__init__(
            say(
                "That takes %(time)s and would go past what the account allows. Give an hour, ask"
                " for a gift from the chest, or speak to your broker.",
                time=hours.words(minutes),
            )
        )
        self.account_id, self.balance, self.minutes, self.floor = (
            account_id,
            balance,
            minutes,
            floor,
        )
        self.cause = cause


class AboveCeiling(Conflict):
    """A posting would take an account above its ceiling. Amounts are minutes."""

    code = "above_ceiling"

    def __init__(
        self, *, account_id: int, balance: int, minutes: int, ceiling: int, cause: str = ""
    ):
        super().__init__(
            say(
                "That adds %(time)s and the account would hold more than %(ceiling)s, its limit."
                " Spend an hour, give one to the chest, or speak to your broker.",
                time=hours.words(minutes),
                ceiling=hours.words(ceiling),
            )
        )
        self.account_id, self.balance, self.minutes, self.ceiling = (
            account_id,
            balance,
            minutes,
            ceiling,
        )
        self.cause = cause


class OutsideLimits(Conflict):
    """New limits that the account's balance is outside of. Amounts are minutes."""

    code = "outside_limits"

    def __init__(self, *, account_id: int, balance: int):
        super().__init__(
            say(
                "The account stands at %(time)s: choose limits that leave room for that.",
                time=hours.table(balance),
            )
        )
        self.account_id, self.balance = account_id, balance


class AccountClosed(Conflict):
    """The account is closed: its member has left, its organisation is no longer a partner, or its
    group is closed."""

    code = "account_closed"

    def __init__(self, *, account_id: int, cause: str = ""):
        super().__init__(
            say("That account is closed and takes no more hours. Speak to your coordinator.")
        )
        self.account_id, self.cause = account_id, cause


class AlreadyReversed(Conflict):
    """The entry has been reversed before; it can be reversed once."""

    code = "already_reversed"

    def __init__(self) -> None:
        super().__init__(say("That was taken back already: its reversal is in the books."))


class CauseUsedForAnother(Conflict):
    """The cause has an entry, with other content."""

    code = "cause_used_for_another"

    def __init__(self, cause: str):
        super().__init__(
            say(
                # Translators: %(cause)s is what the entry was made for, such as exchange:12.
                "The books already hold something else under “%(cause)s”. Nothing was written.",
                cause=cause,
            )
        )
        self.cause = cause


class BadPosting(Invalid):
    """A posting that no books can hold: no minutes, or from an account to itself, or across
    banks."""

    code = "bad_posting"


class TooManyLines(Invalid):
    """A statement would have more lines than anybody reads at once."""

    code = "too_many_lines"

    def __init__(self, at_most: int):
        sentence = say(
            "There are more than %(at_most)s lines between these days. Choose days that are closer"
            " together.",
            at_most=at_most,
        )
        super().__init__(sentence, fields={"to": sentence})


class StillWriting(Conflict):
    """Somebody is writing to the books and is not done within a few seconds: an import, perhaps."""

    code = "still_writing"

    def __init__(self) -> None:
        super().__init__(
            say("The books are being written to, perhaps by an import. Try again in a minute.")
        )


class LedgerFault(Exception):
    """The database refused something this application should never have sent: a bug, not a
    refusal."""
