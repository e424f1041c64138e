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

    def __init__(self, sentence: Said | None = None) -> None:
        sentence = sentence or say(
            "That code does not fit. Codes change every half minute and work once: type the one"
            " showing now."
        )
        super().__init__(sentence, fields={"code": sentence})


class LinkGone(Conflict):
    """A one-time link was used, has run out, or never was."""

    code = "link_gone"

    def __init__(self, *, field: str | None = None) -> None:
        sentence = say(
            "No link has that code: it was mistyped or used, or its time has run out. Compare it"
            " with what you were given, or ask for another."
        )
        super().__init__(sentence, fields={field: sentence} if field else {})


class PasswordRefused(Invalid):
    """A password anybody could guess."""

    code = "password_refused"

    def __init__(self, sentence: Said):
        super().__init__(sentence, fields={"password": sentence})


class PasskeyRefused(Invalid):
    """A passkey that is not known, is for another site, or answered another question."""

    code = "passkey_refused"

    def __init__(self) -> None:
        super().__init__(
            say("That passkey does not open anything here. Try once more, or sign in another way.")
        )


class TooManyAttempts(TooOften):
    """Too many sign-ins failed, for one name or from one address."""

    code = "too_many_attempts"


class NotForStaff(NotAllowed):
    """Only a coordinator hands the staff a way in."""

    code = "not_for_staff"
