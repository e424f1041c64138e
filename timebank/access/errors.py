"""Why signing in refuses."""

from timebank.errors import Conflict, Invalid, NotAllowed, TooOften
from timebank.say import Said, say


class NotRecognised(Invalid):
    """The name and what should prove it do not go together. Never says which of the two is
    wrong."""

    code = "not_recognised"


class WrongCode(Invalid):
    """A second-factor or recovery code is wrong, too old, or was used before."""

    code = "wrong_code"

    def __init__(self) -> None:
        sentence = say(
            "That code does not fit. Codes change every half minute and work once: type the one"
            " showing now."
        )
        super().__init__(sentence, fields={"code": sentence})


class LinkGone(Conflict):
    """A one-time link was used, has run out, or never was."""

    code = "link_gone"

    def __init__(self) -> None:
        super().__init__(
            say(
                "That link has been used, or its time has run out. A link works once. Ask for"
                " another."
            )
        )


class PasswordRefused(Invalid):
    """A password anybody could guess."""

    code = "password_refused"

    def __init__(self, sentence: Said):
        super().__init__(sentence, fields={"password": sentence})


class TooManyAttempts(TooOften):
    """Too many sign-ins failed, for one name or from one address."""

    code = "too_many_attempts"


class NotForStaff(NotAllowed):
    """Only a coordinator hands the staff a way in."""

    code = "not_for_staff"
