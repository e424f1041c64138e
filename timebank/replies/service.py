"""Making links while notices are sent, and answering by them. The caller commits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.clock import local_date
from timebank.codes import grouped, secret_hash
from timebank.errors import Invalid
from timebank.notices.models import Notice
from timebank.replies import queries, rules
from timebank.replies.errors import AnsweredAlready, LinkEnded, NoSuchLink, NothingToAnswer
from timebank.replies.models import ReplyLink
from timebank.replies.queries import Questions
from timebank.replies.rules import Given, State
from timebank.room import Ask, Link, Question, Written
from timebank.say import say

RENEWED = say("A newer letter asks the same. Answer by that one, or sign in.")


@dataclass(frozen=True)
class Sending:
    """What a letter with a link needs to know: the address of the site, the key that codes are
    signed with, where a page of a bank is, and the questions."""

    site: str
    key: str
    page: Callable[[Bank, Link], str]
    questions: Questions


def ask(session: Session, notice_id: int, sending: Sending, *, now: datetime) -> Ask | None:
    """What a notice carries that asks something: a link that answers it, where whoever opens it can
    be none but the one whose word is asked; else the address of the page where one signs in first.
    None where nothing is left that they may see."""
    notice = session.get_one(Notice, notice_id)
    kind, _, number = notice.addressee.partition(":")
    if notice.asks is None or notice.about is None or kind != "member":
        return None
    bank = banks.by_id(session, notice.bank_id)
    question = sending.questions(notice.asks)
    act = queries.act_of(session, bank, int(number), now)
    asked = queries.as_it_stands(session, bank, question, notice.about, act)
    if asked is None:
        return None
    by_program = question.by_program is not None
    own = asked.account_id is not None and asked.account_id == act.by.account_id
    reaches = queries.reaches(session, bank, notice, int(number), shared=by_program)
    if question.replies and own and asked.become is None and reaches:
        code = rules.code_of(sending.key, notice.id, notice.created_at)
        until = _keep(session, notice, int(number), question, code, now)
        address = f"{sending.site}/a/{grouped(code)}{'/by-program' if by_program else ''}"
        last = local_date(until, bank.timezone)
        return Ask(question.label, address, last, by_program=by_program)
    return None if by_program else Ask(question.label, sending.page(bank, asked.page))


def _keep(
    session: Session, notice: Notice, member_id: int, question: Question, code: str, now: datetime
) -> datetime:
    """Keep the link of a notice by its hash, and say when it ends. One that has been used stays as
    it is, though the notice be sent again."""
    until = now + timedelta(days=question.days)
    new = {
        "notice_id": notice.id,
        "bank_id": notice.bank_id,
        "member_id": member_id,
        "asks": notice.asks,
        "about": notice.about,
        "address": notice.address,
        "token_hash": secret_hash(code),
        "sent_at": now,
        "expires_at": until,
    }
    insert = insert_of(session)(ReplyLink).values(**new)
    again = {name: new[name] for name in ("token_hash", "sent_at", "expires_at")}
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[ReplyLink.notice_id], set_=again, where=ReplyLink.used_at.is_(None)
        )
    )
    return until


def answer(
    session: Session, code: str, given: Given, questions: Questions, *, now: datetime
) -> ReplyLink:
    """Answer the question of a link, once, as its member and no more: of two who do at once, one
    does.

    Raises NoSuchLink, AnsweredAlready, LinkEnded, NothingToAnswer; Invalid for a reply that is none
    of the question's; and what the use case raises, the link then being as good as before.
    """
    # Whoever comes second waits here for whoever came first, and then sees what they did.
    queries.hold(session, code)
    opened = queries.opened(session, code, questions, now=now)
    if opened is None or opened.asked is None:
        raise NoSuchLink
    if opened.state == State.ANSWERED:
        raise AnsweredAlready
    if opened.state == State.SETTLED:
        raise NothingToAnswer(opened.asked.become or RENEWED)
    if opened.state == State.LATE:
        raise LinkEnded
    reply = opened.question.replies.get(given.reply)
    if reply is None or given.reply in opened.asked.barred:
        raise Invalid.on("reply", say("Choose one of the answers."))
    link = opened.link
    link.used_at, link.reply = now, given.reply
    session.flush()
    act = queries.act_of(session, opened.bank, link.member_id, now)
    written = Written(given.note if reply.words else "", given.minutes if reply.minutes else None)
    reply.give(session, opened.bank, link.about, act, written)
    return link
