"""Pages of messages: one's conversations, writing, reporting, and the brokers' reports."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.act import Act, Entered
from timebank.api.paging import PageIn
from timebank.api.paging import page as cut_page
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.errors import NotFound
from timebank.http import access, shown
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, today
from timebank.messages import queries, service
from timebank.messages.errors import WordNeeded
from timebank.messages.queries import Pen
from timebank.messages.rules import Complaint, Outcome, Words, WrittenWords
from timebank.messages.schemas import NewWordsForm, OutcomeIn, ReportIn, WordsForm
from timebank.say import say
from timebank.schema import load
from timebank.web.forms import Form, submit

pages = Blueprint("messages", __name__, url_prefix="/b/<bank>/messages")

_LATELY = timedelta(days=14)
"""So long after a message was passed on by telephone, brokers are offered to write down an
answer."""


@pages.get("")
@access("member")
def index() -> str:
    """One's conversations, and those of whom one helps: what is new first."""
    wanted = _page()
    mine = queries.speaks_as(reading(), bank(), actor())
    talks_found = queries.mine(
        reading(), bank(), mine, by=actor(), before=wanted["cursor"], limit=wanted["limit"]
    )
    talks_shown = cut_page(talks_found, wanted["limit"], key="last.id")
    passed_on, waiting = [], 0
    if actor().is_broker:
        notices = queries.passed_on(reading(), bank(), since=clock.now() - _LATELY)
        talks = queries.conversations(
            reading(), bank(), {one.conversation_id for _, one in notices}
        )
        seen = {one.id: one for one in queries.shown(reading(), bank(), talks, (), by=actor())}
        passed_on = [
            (notice, message, seen[message.conversation_id]) for notice, message in notices
        ]
        waiting = queries.number_to_settle(reading(), bank(), unless_by=actor().member_id)
    return render_template(
        "messages/index.html",
        new=queries.unread(reading(), bank(), mine, by=actor()) if wanted["cursor"] is None else [],
        shown=[talk for talk in talks_shown["items"] if not talk.unread],
        mine=mine,
        more=_older(".index", talks_shown),
        passed_on=passed_on,
        waiting=waiting,
    )


@pages.route("/<int:conversation_id>", methods=["GET", "POST"])
@access("member")
def show(conversation_id: int) -> Response:
    """One conversation, and writing on."""
    wanted = _page()

    def do(session: Session, entered: Entered[Words]) -> Response:
        by_word = act(entered.word)
        made = service.answer(session, bank(), conversation_id, entered.value, by_word)
        return redirect(
            url_for(".show", conversation_id=conversation_id, _anchor=f"message-{made.id}"), 303
        )

    def page(form: Form) -> str:
        with transaction() as session:
            seen = queries.show(session, bank(), conversation_id, by=actor())
            mine = queries.speaks_as(session, bank(), actor()) & {seen.first.id, seen.second.id}
            messages = queries.messages(
                session, bank(), seen, before=wanted["cursor"], limit=wanted["limit"]
            )
            new = [
                one.message.id
                for one in messages
                if one.message.read_at is None and one.message.from_id not in mine
            ]
            if mine:
                service.mark_read(session, bank(), conversation_id, act())
            else:
                service.record_reading(session, bank(), conversation_id, act())
            written = cut_page(messages, wanted["limit"], key="message.id")
            older = _older(".show", written, conversation_id=seen.id)
            return render_template(
                "messages/show.html",
                form=form,
                seen=seen,
                mine=mine,
                written=written["items"][::-1],
                new=new,
                older=older,
                readings=queries.readings(session, bank(), conversation_id, to=mine),
                hindrance=queries.hindrance(session, bank(), seen, by=actor()) if mine else None,
            )

    return submit(WordsForm(), do, page)


@pages.route("/listing/<int:listing_id>", methods=["GET", "POST"])
@access("member")
def about_listing(listing_id: int) -> Response:
    """Write to whoever offers or asks for something."""
    on = today()

    def pen(on_word_of: int | None) -> Pen:
        return queries.about_listing(
            reading(), bank(), listing_id, by=actor(), on_word_of=on_word_of, on=on
        )

    return _new("messages/about_listing.html", pen, service.write_about_listing, listing_id)


@pages.route("/exchange/<int:exchange_id>", methods=["GET", "POST"])
@access("member")
def about_exchange(exchange_id: int) -> Response:
    """Write to the other side of an exchange."""

    def pen(on_word_of: int | None) -> Pen:
        return queries.about_exchange(
            reading(), bank(), exchange_id, by=actor(), on_word_of=on_word_of
        )

    return _new("messages/about_exchange.html", pen, service.write_about_exchange, exchange_id)


@pages.route("/neighbour/<int:neighbour_id>", methods=["GET", "POST"])
@access("member")
def to_neighbour(neighbour_id: int) -> Response:
    """Write to somebody whose page says that neighbours may."""

    def pen(on_word_of: int | None) -> Pen:
        return queries.to_neighbour(
            reading(), bank(), neighbour_id, by=actor(), on_word_of=on_word_of
        )

    return _new("messages/to_neighbour.html", pen, service.write_to_neighbour, neighbour_id)


@pages.route("/<int:conversation_id>/answer", methods=["GET", "POST"])
@access("broker")
def answer(conversation_id: int) -> Response:
    """Write down what one of the two says, without reading what was written before."""

    def do(session: Session, entered: Entered[Words]) -> Response:
        by_word = act(entered.word)
        made = service.answer(session, bank(), conversation_id, entered.value, by_word)
        flash(_told(session, made))
        return redirect(url_for(".index"), 303)

    def page(form: Form) -> str:
        talk = queries.conversation(reading(), bank(), conversation_id)
        return render_template(
            "messages/answer.html",
            form=form,
            seen=queries.shown(reading(), bank(), [talk], (), by=actor())[0],
        )

    start = {"channel": "phone", "on_word_of": request.args.get("teller", "")}
    return submit(WordsForm(), do, page, initial=start)


@pages.route("/<int:conversation_id>/apart", methods=["GET", "POST"])
@access("member")
def apart(conversation_id: int) -> Response:
    """Be kept apart from the other of the two."""
    seen = queries.show(reading(), bank(), conversation_id, by=actor())
    if not _mine(seen):
        raise NotFound(say("That is a conversation of two others."))
    pen = queries.answering(reading(), bank(), conversation_id, by=actor())

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.keep_apart(session, bank(), conversation_id, act())
        flash(
            shown(
                say(
                    "Done: neither of you can write to the other, and %(name)s is told nothing of"
                    " it.",
                    name=seen.name(pen.other.id),
                )
            )
        )
        return redirect(url_for(".show", conversation_id=conversation_id), 303)

    return submit(
        None, do, lambda form: render_template("messages/apart.html", form=form, seen=seen, pen=pen)
    )


# ---- Reports ----


@pages.route("/report/<int:message_id>", methods=["GET", "POST"])
@access("member")
def report(message_id: int) -> Response:
    """Tell the brokers that a message bothers one."""
    message = queries.message(reading(), bank(), message_id)
    seen = queries.reportable(reading(), bank(), message, by=actor())

    def do(session: Session, complaint: Complaint) -> Response:
        service.report(session, bank(), message_id, complaint, act())
        flash(
            shown(
                say(
                    "Done: the brokers are told, and one of them will be in touch. Whoever wrote it"
                    " is told nothing."
                )
            )
        )
        there = url_for(".show", conversation_id=seen.id) if _mine(seen) else url_for(".index")
        return redirect(there, 303)

    def page(form: Form) -> str:
        back = url_for(".show", conversation_id=seen.id) if _mine(seen) else url_for(".index")
        return render_template(
            "messages/report.html", form=form, seen=seen, message=message, back=back
        )

    return submit(ReportIn(), do, page)


@pages.get("/reports")
@access("broker")
def reports() -> str:
    """What bothers people, and what came of it."""
    return _reports()


@pages.post("/reports/<int:report_id>/settle")
@access("broker")
def settle(report_id: int) -> Response:
    """Say what came of a report."""
    queries.report(reading(), bank(), report_id)

    def do(session: Session, outcome: Outcome) -> Response:
        service.settle(session, bank(), report_id, outcome, act())
        flash(shown(say("Done: it is settled, and whoever reported it is told what you wrote.")))
        return redirect(url_for(".reports"), 303)

    return submit(OutcomeIn(), do, lambda form: _reports(form, report_id))


def _reports(form: Form | None = None, report_id: int | None = None) -> str:
    wanted, own = _page(), actor().member_id
    complaints = queries.settled_reports(reading(), bank(), unless_by=own, before=wanted["cursor"])
    settled = cut_page(complaints, 20, key="report.id")
    return render_template(
        "messages/reports.html",
        form=form,
        report_id=report_id,
        waiting=queries.reports_to_settle(reading(), bank(), unless_by=own),
        settled=settled["items"],
        more=_older(".reports", settled),
    )


# ---- What the pages have in common ----


def _page() -> dict[str, Any]:
    return load(
        PageIn(), {name: text for name, text in request.args.items() if text}, unknown="exclude"
    )


def _older(endpoint: str, shown: dict[str, Any], **values: int) -> str:
    """Where the page after this one is; empty at the end of the list."""
    given: dict[str, Any] = {"cursor": shown["next"], **values}
    return url_for(endpoint, **given) if shown["next"] is not None else ""


def _mine(seen: queries.Shown) -> bool:
    return bool(queries.speaks_as(reading(), bank(), actor()) & {seen.first.id, seen.second.id})


def _told(session: Session, made: Any) -> str:
    begun = queries.conversation(session, bank(), made.conversation_id)
    seen = queries.shown(session, bank(), [begun], (), by=actor())[0]
    return shown(say("Done: %(name)s is told.", name=seen.across(made.from_id).name))


def _new(
    template: str,
    pen: Callable[[int | None], Pen],
    write: Callable[[Session, Bank, int, Words, Act], Any],
    thing_id: int,
) -> Response:
    """A page for beginning a conversation; one that has begun is shown instead."""
    known = _known(pen)

    def do(session: Session, written: WrittenWords) -> Response:
        words, by_word = queries.as_told(session, bank(), written, act())
        made = write(session, bank(), thing_id, words, by_word)
        flash(_told(session, made))
        begun = queries.conversation(session, bank(), made.conversation_id)
        readable = queries.speaks_as(session, bank(), actor()) & {begun.first_id, begun.second_id}
        return redirect(
            url_for(".show", conversation_id=begun.id) if readable else url_for(".index"), 303
        )

    if (
        request.method == "GET"
        and known is not None
        and known.conversation is not None
        and not actor().is_broker
    ):
        return redirect(url_for(".show", conversation_id=known.conversation.id))
    mine = members.parties(
        reading(), bank(), members.may_act_for(reading(), bank(), actor())
    ).values()
    people = sorted(
        (one for one in mine if one.member_id),
        key=lambda one: (one.account_id != actor().account_id, one.name),
    )

    def page(form: Form) -> str:
        return render_template(template, form=form, pen=known, acting_for=people, thing_id=thing_id)

    return submit(
        NewWordsForm(), do, page, initial={"channel": "phone", "on_word_of": actor().account_id}
    )


def _known(pen: Callable[[int | None], Pen]) -> Pen | None:
    """Who would write to whom; None where a broker has yet to say whose words they are."""
    try:
        return pen(None)
    except WordNeeded:
        return None
