"""What waits in the fund for the staff, and what stands on a member's first page."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.fund import queries
from timebank.room import LINES, Answer, FirstPage, Line, Link, Place, Waiting
from timebank.say import Weekday, count, say


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """Awards whose report is late, votes to be closed, and counts to be announced, on the desk."""
    if place != Place.DESK:
        return ()
    today = local_date(act.now, bank.timezone)
    to_see_to = queries.to_see_to(session, bank, today, limit=LINES)
    late, due = to_see_to.reports, to_see_to.rounds
    return [
        Waiting(
            "fund_reports",
            say("Awards that have not reported"),
            count("award is late", "awards are late", late.total),
            [
                Line(
                    one.title,
                    Link("fund.report", {"award_id": one.id}),
                    since=one.on,
                    about=say("The report was due on %(day)s.", day=one.on),
                    answers=[
                        Answer(
                            say("Write down the report"),
                            Link("fund.report", {"award_id": one.id}),
                            main=True,
                        )
                    ],
                )
                for one in late.shown
            ],
            late.total,
            place=70,
        ),
        Waiting(
            "fund_rounds",
            say("Rounds of the fund"),
            count("round waits", "rounds wait", due.total),
            [
                Line(
                    one.title,
                    Link("fund.show", {"round_id": one.id}),
                    since=one.on,
                    about=say("The vote is over. See what comes next."),
                )
                for one in due.shown
            ],
            due.total,
            place=71,
        ),
    ]


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """The votes that are open and in which a member has not voted."""
    if act.by.member_id is None:
        return FirstPage()
    today = local_date(act.now, bank.timezone)
    votes = queries.to_vote(session, bank, act.by.member_id, today)
    lines = [
        Line(
            one.title,
            Link("fund.vote", {"round_id": one.id}),
            about=say("You can vote until %(day)s.", day=Weekday(one.closes_on, today)),
            answers=[Answer(say("Vote"), Link("fund.vote", {"round_id": one.id}))],
        )
        for one in votes
    ]
    return FirstPage(waiting=lines, waits=len(lines))
