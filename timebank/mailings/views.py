"""Pages of letters to many and of announcements."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import voices
from timebank.db import reading
from timebank.http import access, shown
from timebank.lists import queries as lists
from timebank.mailings import queries, rules, service
from timebank.mailings.rules import NewAnnouncement, NewMailing, Recipients
from timebank.mailings.schemas import AnnouncementIn, LetterForm
from timebank.members import queries as members
from timebank.members.current import act, bank, today
from timebank.say import say
from timebank.web.forms import Form, submit
from timebank.web.words import mail_leaves

pages = Blueprint("mailings", __name__, url_prefix="/b/<bank>/mailings")

_AT_ONCE = 50


def _asked(name: str) -> int | None:
    text = request.values.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


@pages.get("")
@access("broker")
def index() -> str:
    """The letters to many, the newest first."""
    rows = queries.mailings(reading(), bank(), before=_asked("before"), limit=_AT_ONCE)
    listed = [queries.sum_of(reading(), bank(), row.id) for row in rows[:_AT_ONCE]]
    more = url_for(".index", before=listed[-1].id) if len(rows) > _AT_ONCE else ""
    return render_template(
        "mailings/index.html",
        listed=listed,
        more=more,
        saved=lists.saved_lists(reading(), bank()),
    )


@pages.route("/new", methods=["GET", "POST"])
@access("broker")
def new() -> Response:
    """Write a letter to those who were ticked, or who are on a saved list."""
    to = Recipients(_asked("run"), _asked("saved_list"))

    def do(session: Session, letter: NewMailing) -> Response:
        made = service.write(session, bank(), letter, to, act())
        return redirect(url_for(".show", mailing_id=made.id), 303)

    def page(form: Form) -> str:
        return render_template("mailings/new.html", form=form, to=to, **_to_whom(to))

    return submit(LetterForm(), do, page)


def _to_whom(to: Recipients) -> dict[str, Any]:
    """How many it is for, and what the list is called."""
    if to.run is not None:
        return {"number": len(lists.member_ids(reading(), bank(), to.run)), "called": ""}
    if to.saved_list is not None:
        return {"number": None, "called": lists.saved_list(reading(), bank(), to.saved_list).name}
    return {"number": 0, "called": ""}


@pages.get("/<int:mailing_id>")
@access("broker")
def show(mailing_id: int) -> str:
    """A letter as the first of them reads it, to whom it goes and how; or what became of it."""
    return _show(mailing_id, Form())


def _show(mailing_id: int, form: Form) -> str:
    session, here = reading(), bank()
    letter = queries.sum_of(session, here, mailing_id)
    first_id = queries.first_for(session, here, mailing_id)
    first = members.member(session, here, first_id) if first_id is not None else None
    subject, body = "", ""
    if first is not None:
        voice = voices.voice(first.language or here.language)
        subject, body = service.letter_to(here, letter.mailing, first).render(voice)
    rows = queries.got(session, here, mailing_id, after=_asked("after") or 0, limit=_AT_ONCE)
    listed = rows[:_AT_ONCE]
    more = ""
    if len(rows) > _AT_ONCE:
        more = url_for(".show", mailing_id=mailing_id, after=listed[-1].id)
    return render_template(
        "mailings/show.html",
        form=form,
        letter=letter,
        row=letter.mailing,
        first=first,
        subject=subject,
        body=body,
        got=listed,
        more=more,
        fates=rules.FATE_WORDS,
        channels=rules.CHANNEL_WORDS,
        left_out=[one for one in rules.FATE_WORDS.items() if rules.is_left_out(one[0])],
    )


@pages.route("/<int:mailing_id>/edit", methods=["GET", "POST"])
@access("broker")
def edit(mailing_id: int) -> Response:
    """Put a letter into other words before it goes."""
    letter = queries.mailing(reading(), bank(), mailing_id)

    def do(session: Session, new: NewMailing) -> Response:
        service.change(session, bank(), mailing_id, new, act())
        return redirect(url_for(".show", mailing_id=mailing_id), 303)

    def page(form: Form) -> str:
        return render_template("mailings/edit.html", form=form, row=letter)

    start = {
        "subject": letter.subject,
        "body": letter.body,
        "calls": "yes" if letter.calls else "",
    }
    return submit(LetterForm(), do, page, initial=start)


@pages.post("/<int:mailing_id>/send")
@access("broker")
def send(mailing_id: int) -> Response:
    """Send a letter."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.send(session, bank(), mailing_id, act())
        words = (
            say("Done: the letter is on its way.")
            if mail_leaves()
            else say(
                "Done: the letter is written. What goes by e-mail waits until e-mail leaves this"
                " time bank."
            )
        )
        flash(shown(words))
        return redirect(url_for(".show", mailing_id=mailing_id), 303)

    return submit(None, do, lambda form: _show(mailing_id, form))


@pages.post("/<int:mailing_id>/stop")
@access("broker")
def stop(mailing_id: int) -> Response:
    """Let a letter go to nobody more."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.stop(session, bank(), mailing_id, act())
        flash(shown(say("Done: it goes to nobody more. What is in the outbox goes.")))
        return redirect(url_for(".show", mailing_id=mailing_id), 303)

    return submit(None, do, lambda form: _show(mailing_id, form))


# ---- Announcements ----


@pages.route("/announcements", methods=["GET", "POST"])
@access("broker")
def announcements() -> Response:
    """What stands on everybody's first page, and one more."""

    def do(session: Session, new: NewAnnouncement) -> Response:
        service.announce(session, bank(), new, act())
        flash(shown(say("Done: it stands on everybody’s first page on those days.")))
        return redirect(url_for(".announcements"), 303)

    def page(form: Form) -> str:
        rows = queries.announcements(reading(), bank(), before=_asked("before"), limit=_AT_ONCE)
        listed = rows[:_AT_ONCE]
        more = url_for(".announcements", before=listed[-1].id) if len(rows) > _AT_ONCE else ""
        return render_template(
            "mailings/announcements.html", form=form, listed=listed, more=more, on=today()
        )

    return submit(AnnouncementIn(), do, page, initial={"starts_on": today().isoformat()})


@pages.get("/announcements/<int:announcement_id>")
@access("member")
def announcement(announcement_id: int) -> str:
    """One announcement, for everybody to read."""
    return render_template(
        "mailings/announcement.html",
        row=queries.announcement(reading(), bank(), announcement_id),
    )


@pages.post("/announcements/<int:announcement_id>/take-down")
@access("broker")
def take_down(announcement_id: int) -> Response:
    """Take an announcement down, for good."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.take_down(session, bank(), announcement_id, act())
        flash(shown(say("Done: it is taken down.")))
        return redirect(url_for(".announcements"), 303)

    def page(form: Form) -> str:
        return render_template(
            "mailings/announcement.html",
            row=queries.announcement(reading(), bank(), announcement_id),
        )

    return submit(None, do, page)
