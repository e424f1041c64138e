"""The page that a link to a question opens."""

from contextlib import suppress

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, voices
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.feature import question_of
from timebank.http import access, choose_voice
from timebank.replies import queries, service
from timebank.replies.errors import AnsweredAlready, NothingToAnswer
from timebank.replies.queries import Opened
from timebank.replies.rules import Given, State
from timebank.replies.schemas import GivenIn
from timebank.web.forms import Form, submit

pages = Blueprint("replies", __name__)

_STATUS = {State.GONE: 404, State.LATE: 410}


@pages.route("/a/<letter_code>", methods=["GET", "POST"])
@access("public")
def show(letter_code: str) -> Response:
    """The question that a letter asked, with its answers as buttons. Looking at it changes nothing:
    mail is looked at by machines."""
    opened = _open(letter_code)
    if opened is not None and _is_somebody_elses(opened):
        return make_response(_page(opened, Form(), somebody_elses=True), 403)

    def do(session: Session, given: Given) -> Response:
        service.answer(session, letter_code, given, question_of, now=clock.now())
        return redirect(url_for(".show", letter_code=letter_code), 303)

    answer = submit(GivenIn(), do, lambda form: _page(_open(letter_code), form))
    if answer.status_code == 200:
        answer.status_code = _STATUS.get(opened.state if opened else State.GONE, 200)
    return answer


@pages.route("/a/<letter_code>/by-program", methods=["GET", "POST"])
@access("public", by_program=True)
def by_program(letter_code: str) -> Response:
    """The address in the head of a letter, for mail programs (RFC 8058): what they send there gives
    the one answer that they may give, however often it is sent. Looking leads to the page."""
    if request.method != "POST":
        return redirect(url_for(".show", letter_code=letter_code))
    opened = _open(letter_code)
    word = opened.question.by_program if opened else None
    if word is None:
        return make_response(_page(None, Form()), 404)
    with suppress(AnsweredAlready, NothingToAnswer), transaction() as session:
        service.answer(session, letter_code, Given(word), question_of, now=clock.now())
    return make_response(_page(_open(letter_code), Form()))


def _open(letter_code: str) -> Opened | None:
    """The link as it stands; the page is its bank's, in the language of its letter. One that is
    none stands on the page of the only bank there is, so that somebody can be rung."""
    opened = queries.opened(reading(), letter_code, question_of, now=clock.now())
    bank = opened.bank if opened is not None else banks.only(reading())
    if bank is not None:
        g.bank = bank
        choose_voice()
    if opened is not None and g.actor is None:
        g.voice = voices.voice(opened.notice.language)
    return opened


def _is_somebody_elses(opened: Opened) -> bool:
    """Whether somebody else than its member is signed in here."""
    return g.actor is not None and g.actor.member_id != opened.link.member_id


def _page(opened: Opened | None, form: Form, *, somebody_elses: bool = False) -> str:
    """The page of a link: what its letter said and no more, while it may be answered; else what has
    become of it."""
    if somebody_elses:
        return render_template("replies/_somebody_elses.html", form=form)
    if opened is None or opened.asked is None:
        return render_template("replies/_gone.html", form=form)
    link, asked = opened.link, opened.asked
    replies = opened.question.replies
    return render_template(
        "replies/show.html",
        form=form,
        state=opened.state,
        question=opened.question,
        notice=opened.notice,
        replies={word: reply for word, reply in replies.items() if word not in asked.barred},
        given=replies.get(link.reply or ""),
        used_at=link.used_at,
        become=asked.become or service.RENEWED,
        page=asked.page,
    )
