"""Telling somebody that a way in to their account has changed, in the way they were reached before.
The caller commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.members import acts
from timebank.notices.rules import Letter, NewNotice
from timebank.say import Said, say

_RING = say("If it was you, there is nothing to do. If not, ring your broker at once.")


def changed(session: Session, bank: Bank, member_id: int, what: Said, act: Act) -> None:
    """Tell a member that a way in of theirs was changed: `what`, as the subject says it."""
    cause = f"way-in:{member_id}:{what.one[:40]}:{act.now.isoformat()}"
    notice = NewNotice(Letter(what, _RING), cause, at_once=True)
    acts.tell(session, bank, member_id, notice, now=act.now)


def new_device(session: Session, bank: Bank, member_id: int, device: str, *, now: datetime) -> None:
    """Tell a member that somebody signed in as them where nobody had before. It is not worth a
    call: who is reached by none else signs in wherever there is a computer."""
    subject = say("A new sign-in at %(bank)s", bank=bank.name)
    where = say("It was on this device: %(device)s", device=device) if device else _SOMEWHERE
    cause = f"way-in:{member_id}:device:{now.isoformat()}"
    notice = NewNotice(Letter(subject, [where, _RING]), cause, worth_a_call=False, at_once=True)
    acts.tell(session, bank, member_id, notice, now=now)


_SOMEWHERE = say("It was on a device that you had not signed in on before.")
