"""What waits among the members."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries, rules
from timebank.members.models import Member
from timebank.room import LINES, Answer, FirstPage, Line, Link, Phone, Place, Row, Waiting
from timebank.say import say

_ALL = Answer(say("See all"), Link("members.applications"))


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """Who would like to join. They are in nobody's caseload."""
    if place != Place.DESK:
        return []
    applicants = queries.applications(session, bank)
    shown = applicants[:LINES]
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


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """Of somebody who is new here, how they would like to be told things."""
    if act.by.member_id is None:
        return FirstPage()
    own = queries.member(session, bank, act.by.member_id)
    today = local_date(act.now, bank.timezone)
    if not rules.is_new(own.joined_on, today) or queries.is_known(session, bank, own.id):
        return FirstPage()
    page = Link("members.notices", {"member_id": act.by.member_id})
    question = say("How shall we tell you?")
    about = say("By e-mail, text, letter or a call")
    return FirstPage(questions=[Row(question, page, about, icon="letter")])
