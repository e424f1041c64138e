"""Why exchanges refuses."""

from datetime import date

from timebank.errors import Conflict, Invalid, TooOften
from timebank.ledger.errors import AboveCeiling, BelowFloor
from timebank.say import Said, say


class WrongMoment(Conflict):
    """The exchange is not where this step starts from: somebody was faster, or the page had been
    open for a while."""

    code = "wrong_moment"


class AskedTooOften(TooOften):
    """One member has asked, or offered, more within an hour than anybody could do."""

    code = "asked_too_often"


class WordNeeded(Invalid):
    """A broker enters a step that is a member's to take, and has not said on whose word."""

    code = "word_needed"

    def __init__(self, words: Said | None = None):
        words = words or say("Say on whose word you enter this.")
        super().__init__(words, fields={"on_word_of": words})


class StillWaiting(Conflict):
    """A broker would confirm without anybody's word before the waiting time is over."""

    code = "still_waiting"


class TooLate(Conflict):
    """The time in which one button takes a step back is over."""

    code = "too_late"


class SameParty(Invalid):
    """Giver and receiver are one."""

    code = "same_party"

    def __init__(self) -> None:
        words = say("Giver and receiver are the same. Write who the other person was.")
        super().__init__(words, fields={"who": words})


class SlipUsed(Conflict):
    """Another exchange that counts has that slip number."""

    code = "slip_used"

    def __init__(self, slip: str, entered_on: date, exchange_id: int):
        words = say(
            "Slip %(slip)s was entered on %(day)s. Check the number on the paper.",
            slip=slip,
            day=entered_on,
        )
        super().__init__(words, fields={"slip": words})
        self.exchange_id = exchange_id


class EnteredAlready(Conflict):
    """The same two have help in the books already that may be the same, told twice: the exchange,
    or, without one, a session's. It is a question, answered by `another`."""

    code = "entered_already"

    def __init__(self, words: Said, exchange_id: int | None):
        asks = [{"exchange": exchange_id}] if exchange_id is not None else []
        super().__init__(words, fields={"another": words}, asks=asks)
        self.exchange_id = exchange_id


class LoggedAgain(Conflict):
    """The exchange has been logged again already, as another one."""

    code = "logged_again"


class PastFloor(BelowFloor):
    """The ledger's refusal, naming whose account it is and whom to speak to."""

    def __init__(self, refusal: BelowFloor, words: Said):
        Conflict.__init__(self, words)
        self.account_id, self.balance, self.minutes, self.floor = (
            refusal.account_id,
            refusal.balance,
            refusal.minutes,
            refusal.floor,
        )


class PastCeiling(AboveCeiling):
    """The ledger's refusal, naming whose account it is and whom to speak to."""

    def __init__(self, refusal: AboveCeiling, words: Said):
        Conflict.__init__(self, words)
        self.account_id, self.balance, self.minutes, self.ceiling = (
            refusal.account_id,
            refusal.balance,
            refusal.minutes,
            refusal.ceiling,
        )
