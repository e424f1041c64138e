"""Why a link answers nothing."""

from timebank.errors import Conflict, NotFound
from timebank.say import Said, say


class NoSuchLink(NotFound):
    """Nothing is asked by it: it was mistyped, its address is the member's no more, or what it is
    about is not theirs to see any more. It says the same of all of these."""

    def __init__(self) -> None:
        super().__init__(say("This link opens nothing. Sign in to see what waits for you."))


class AnsweredAlready(Conflict):
    """It has been used: a link answers once."""

    code = "answered_already"

    def __init__(self) -> None:
        super().__init__(say("You have answered this already."))


class LinkEnded(Conflict):
    """Its time is over."""

    code = "link_ended"

    def __init__(self) -> None:
        super().__init__(say("This link has ended. Sign in to answer."))


class NothingToAnswer(Conflict):
    """What it asks was settled another way; `become` is how."""

    code = "nothing_to_answer"

    def __init__(self, become: Said) -> None:
        super().__init__(become)
