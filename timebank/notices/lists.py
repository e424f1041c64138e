"""What a new bank has to have before it can tell anybody anything."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.notices import queries
from timebank.room import Answer, Bank, Link, Step
from timebank.say import Said, say


def first_day(session: Session, bank: Bank, act: Act, *, can_go: bool) -> list[Step]:
    """Whether a mail server has really taken a letter of the bank, the last of them too; `can_go`:
    one is set."""
    mail = queries.delivered(session, bank)
    works = mail.sent_at is not None and mail.error is None
    trial = Answer(say("Send yourself a letter"), Link("settings.trial_letter"), at_once=True)
    return [
        Step(
            "mail",
            say("E-mail leaves"),
            works and can_go,
            _to_do(can_go, mail.error),
            [trial] if can_go else [],
            place=20,
        )
    ]


def _to_do(can_go: bool, error: str | None) -> Said:
    if not can_go:
        return say(
            "Ask whoever looks after the installation to set TIMEBANK_MAIL_SERVER: no e-mail can go"
            " yet."
        )
    if error is not None:
        return say(
            "The last letter could not go (%(error)s): put that right, and send yourself another.",
            error=error,
        )
    return say("Send yourself a letter: this is ticked once the mail server has taken it.")
