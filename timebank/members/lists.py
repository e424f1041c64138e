"""What waits among the members."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries, rules
from timebank.members.models import Member
from timebank.members.rules import Status
from timebank.room import Answer, FirstPage, Line, Link, Person, Reach, Row, Urgency, Waiting
from timebank.say import say


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """Who would like to join, which is nobody's caseload; and what members would like to say on the
    front page."""
    waiting = queries.to_answer(session, bank, act.by.member_id if reach.mine else None)
    applicants = [member for member, _ in waiting if member.status == Status.APPLIED]
    sayings = [(member, words) for member, words in waiting if member.status == Status.ACTIVE]
    return [
        Waiting(
            "joining",
            say("Would like to join"),
            say("to join"),
            [_line(bank, applicant) for applicant in applicants[: reach.lines]],
            len(applicants),
            all=Answer(say("See all"), Link("members.applications")),
            place=70,
        ),
        Waiting(
            "street",
            say("For the front page"),
            say("for the front page"),
            [_saying(member, words) for member, words in sayings[: reach.lines]],
            len(sayings),
            urgency=Urgency.SOON,
            place=75,
        ),
    ]


def _saying(member: Member, words: str) -> Line:
    page = Link("members.street", {"member_id": member.id})
    return Line(
        say("%(name)s would like to say on the front page:", name=member.name),
        page,
        about=say("“%(words)s”", words=words),
        answers=[
            Answer(
                say("Let it stand"),
                Link("members.let_street_stand", {"member_id": member.id}),
                at_once=True,
                main=True,
                fields={"words": words},
            ),
            Answer(say("Take it off"), page),
        ],
        name=member.name,
        who=Person(member.name, member.account_id or 0, member.id),
    )


def _line(bank: Bank, applicant: Member) -> Line:
    page = Link("members.application", {"applicant_id": applicant.id})
    name, phone = applicant.name, applicant.phone
    wants = say("%(name)s would like to join.", name=name)
    if phone:
        wants = say("%(name)s would like to join: %(phone)s.", name=name, phone=phone)
    return Line(
        wants,
        page,
        since=local_date(applicant.created_at, bank.timezone),
        about=applicant.area or "",
        answers=[Answer(say("Answer", context="an application"), page)],
        name=name,
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
