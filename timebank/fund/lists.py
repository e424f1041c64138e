"""What waits in the fund for the staff, what stands on a member's first page, and what is new for
the weekly letter."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.fund import queries, records
from timebank.fund.models import Round
from timebank.room import ROWS, Answer, FirstPage, Line, Link, News, Part, Reach, Waiting
from timebank.say import Weekday, count, say


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """Awards whose report is late, votes to be closed, and counts to be announced."""
    if reach.mine:
        return ()
    today = local_date(act.now, bank.timezone)
    to_see_to = queries.to_see_to(session, bank, today, limit=reach.lines)
    late, small, due = to_see_to.reports, to_see_to.small, to_see_to.rounds
    return [
        Waiting(
            "fund_reports",
            say("Awards that have not reported"),
            count("award is late", "awards are late", late.total),
            [
                _report(one.title, Link("fund.report", {"award_id": one.id}), one.on)
                for one in late.shown
            ],
            late.total,
            place=70,
        ),
        Waiting(
            "fund_small_reports",
            say("Small awards that have not reported"),
            count("small award is late", "small awards are late", small.total),
            [
                _report(one.title, Link("fund.report_small", {"small_id": one.id}), one.on)
                for one in small.shown
            ],
            small.total,
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


def _report(title: str, page: Link, on: date) -> Line:
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
    reports = (
        lambda on: say("Please tell everybody by %(day)s what came of it.", day=on),
        say("Tell what came of it"),
    )
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
        (to_do.reports, ("fund.report", "award_id"), *reports),
        (to_do.small, ("fund.report_small", "small_id"), *reports),
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


def digest(
    session: Session, bank: Bank, member_ids: Sequence[int], since: datetime, now: datetime
) -> Sequence[Part]:
    """Rounds that ask for ideas, votes that have opened and in which somebody has yet to vote,
    results that were announced, and what came of awards."""
    first, today = local_date(since, bank.timezone), local_date(now, bank.timezone)
    all_news = [
        *_rounds_news(queries.rounds_between(session, bank, first, today), now),
        *(
            News(
                say("“%(title)s” has its result. Everybody can see why.", title=round_.title),
                f"/fund/{round_.id}/result",
                count.announced_at or now,
            )
            for round_, count in queries.announced_since(session, bank, since, now)
        ),
        *(
            News(
                say("What came of “%(title)s”: %(words)s", title=title, words=_short(words)),
                path,
                at,
            )
            for title, words, path, at in records.reported_since(session, bank, since, now)
        ),
    ]
    open_votes = queries.to_vote(session, bank, member_ids, today)
    news = {
        member_id: [
            *(
                News(
                    say(
                        "“%(title)s”: you can vote until %(day)s.",
                        title=round_.title,
                        day=round_.closes_on,
                    ),
                    f"/fund/{round_.id}/vote",
                    now,
                )
                for round_ in open_votes.get(member_id, ())
            ),
            *all_news,
        ]
        for member_id in member_ids
    }
    return [Part(say("The fund"), news, "/fund")] if any(news.values()) else []


def _rounds_news(rounds: Sequence[Round], now: datetime) -> list[News]:
    return [
        News(
            say(
                "“%(title)s” asks for ideas until %(day)s.",
                title=round_.title,
                day=round_.checking_on,
            ),
            f"/fund/{round_.id}",
            now,
        )
        for round_ in rounds
    ]


def _short(words: str) -> str:
    """The first words of a report: all of it stands on its page."""
    return words if len(words) <= _SHORT else f"{words[: _SHORT - 1].rstrip()}…"


_SHORT = 160
