"""What waits among the members."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.members import queries
from timebank.members.models import Member
from timebank.room import LINES, Answer, Line, Link, Phone, Place, Waiting
from timebank.say import say

_ALL = Answer(say("See all"), Link("members.applications"))


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """For the staff, who would like to join. They are in nobody's caseload."""
    if place != Place.DESK:
        return []
    applicants = queries.applications(session, bank)
    shown = applicants[: LINES[place]]
    return [
        Waiting(
            "joining",
            say("Would like to join"),
            say("would like to join"),
            [_line(applicant) for applicant in shown],
            len(applicants),
            columns=[say("Name"), say("Asked on"), say("Phone")],
            all=_ALL if len(applicants) > len(shown) else None,
            place=70,
        )
    ]


def _line(applicant: Member) -> Line:
    page = Link("members.application", {"applicant_id": applicant.id})
    return Line(
        applicant.name,
        page,
        about=applicant.area or "",
        cells=[applicant.created_at, Phone(applicant.phone)],
        answers=[Answer(say("Answer", context="an application"), page)],
    )
