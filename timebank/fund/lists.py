"""What waits in the fund for the staff, and what stands on a member's first page."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.fund import queries
from timebank.room import ROWS, Answer, FirstPage, Line, Link, Reach, Waiting
from timebank.say import Weekday, count, say


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """Awards whose report is late, votes to be closed, and counts to be announced."""
    if reach.mine:
        return ()
    today = local_date(act.now, bank.timezone)
    to_see_to = queries.to_see_to(session, bank, today, limit=reach.lines)
    late, due = to_see_to.reports, to_see_to.rounds
    return [
        Waiting(
            "fund_reports",
            say("Awards that have not reported"),
            count("award is late", "awards are late", late.total),
            [_report(award.title, award.id, award.on) for award in late.shown],
            late.total,
            place=70,
        ),
        Waiting(
            "fund_rounds",
            say("Rounds of the fund"),
            count("round waits", "rounds wait", due.total),
            [_round(row.title, row.id, row.on) for row in due.shown],
            due.total,
            place=71,
        ),
    ]


def _report(title: str, award_id: int, on: date) -> Line:
    page = Link("fund.report", {"award_id": award_id})
    return Line(
        title,
        page,
        since=on,
        about=say("The report was due on %(day)s.", day=on),
        answers=[Answer(say("Write down the report"), page, main=True)],
        late=True,
    )


def _round(title: str, round_id: int, on: date) -> Line:
    page = Link("fund.show", {"round_id": round_id})
    return Line(
        title,
        page,
        since=on,
        about=say("The vote is over. See what comes next."),
        answers=[Answer(say("Look at it"), page)],
    )


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """The votes that are open and in which a member has not voted, the counts that they check, and
    awards of which they have not said yet what came of it."""
    if act.by.member_id is None:
        return FirstPage()
    today = local_date(act.now, bank.timezone)
    to_do = queries.to_do(session, bank, act.by, today, limit=ROWS)
    kinds = (
        (
            to_do.votes,
            ("fund.vote", "round_id"),
            lambda on: say("You can vote until %(day)s.", day=Weekday(on, today)),
            say("Vote"),
        ),
        (
            to_do.counts,
            ("fund.result", "round_id"),
            lambda _: say("You check its count. Nobody is told before you have counted again."),
            say("See the count"),
        ),
        (
            to_do.reports,
            ("fund.report", "award_id"),
            lambda on: say("Please tell everybody by %(day)s what came of it.", day=on),
            say("Tell what came of it"),
        ),
    )
    lines = [
        Line(
            row.title,
            Link(endpoint, {name: row.id}),
            about=about(row.on),
            answers=[Answer(words, Link(endpoint, {name: row.id}))],
        )
        for rows, (endpoint, name), about, words in kinds
        for row in rows.shown
    ]
    return FirstPage(waiting=lines, waits=sum(rows.total for rows, *_ in kinds))
