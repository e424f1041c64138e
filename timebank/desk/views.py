"""The broker's pages: the day's list, somebody on the phone, caseloads, and entering slips."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from timebank import clock, hours, voices
from timebank.access import queries as access_queries
from timebank.act import Act, Word
from timebank.api.paging import PageIn
from timebank.api.paging import page as cut_page
from timebank.banks.rules import SlipNumbers
from timebank.db import reading, transaction
from timebank.desk import caseload, day, queries, rules, service
from timebank.desk.queue import Wanted, queue
from timebank.desk.rules import NewNote, Told
from timebank.desk.schemas import BrokerIn, CallNoteIn, QueueIn, ToldIn
from timebank.desk.sheet import Count, Sheet
from timebank.errors import Invalid, Refusal
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service as exchanges_service
from timebank.feature import plugged_in, question_of
from timebank.http import access, shown
from timebank.ledger import queries as ledger
from timebank.ledger.rules import AccountKind
from timebank.matching import queries as matching
from timebank.members import current
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.current import act, actor, bank
from timebank.members.words import ROLES
from timebank.notices import service as notices_service
from timebank.notices.rules import on_paper
from timebank.replies.rules import Given
from timebank.replies.schemas import GivenIn
from timebank.room import did, first_day
from timebank.say import Weekday, count, say
from timebank.schema import load
from timebank.skills.rules import Carer
from timebank.web.forms import Form, shown_again, submit
from timebank.web.paths import row_id
from timebank.web.words import time

pages = Blueprint("desk", __name__, url_prefix="/b/<bank>/desk")
pages.add_app_template_filter(on_paper, "aloud")


# ---- Today ----


@pages.get("")
@access("broker")
def today() -> str:
    """What waits for the brokers, or for the one who is looking: a page of the queue, of all kinds
    or of one."""
    return _today()


@pages.post("/told")
@access("broker")
def told() -> Response:
    """Take down that somebody was told what they were to be told."""

    def do(session: Session, told: Told) -> Response:
        _mark_told(session, told)
        return redirect(_back(), 303)

    return submit(ToldIn(), do, _today)


@pages.route("/notices/<int:notice_id>/answer", methods=["GET", "POST"])
@access("broker")
def answer(notice_id: int) -> Response:
    """What somebody says to what they are told, taken down on their word."""

    def do(session: Session, given: Given) -> Response:
        answered = service.answer_told(session, bank(), notice_id, given, question_of, act())
        if answered.said is None:
            flash(shown(answered.become or say("Done.")))
        else:
            flash(
                shown(
                    say(
                        "Done: %(name)s says “%(answer)s”.",
                        name=answered.name,
                        answer=answered.said,
                    )
                )
            )
        return redirect(_back(), 303)

    def page(form: Form) -> str:
        asked = queries.asked_by(reading(), bank(), notice_id, question_of, now=clock.now())
        return render_template("desk/answer.html", form=form, asked=asked, notice=asked.notice)

    start = {"reply": request.args.get("reply", "")}
    return submit(GivenIn(), do, page, initial=start)


@pages.post("/people/<int:member_id>/no-answer")
@access("broker")
def no_answer(member_id: int) -> Response:
    """Take down that somebody was rung in vain: they are at the end of the queue until tomorrow."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        call = service.no_answer(session, bank(), member_id, act())
        name = members.member(session, bank(), member_id).name
        words = say("Done: %(name)s did not answer, and is to be rung again tomorrow.", name=name)
        flash(shown(words), "undo:" + url_for(".take_back_try", try_id=call.id))
        return redirect(_back(), 303)

    return submit(None, do, _today)


@pages.post("/tries/<int:try_id>/take-back")
@access("broker")
def take_back_try(try_id: int) -> Response:
    """They did answer: the call is wiped out."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        call = service.take_back_try(session, bank(), try_id, act())
        name = members.member(session, bank(), call.member_id).name
        flash(shown(say("Done: %(name)s is where they were in the list.", name=name)))
        return redirect(_back(), 303)

    return submit(None, do, _today)


@pages.route("/calls", methods=["GET", "POST"])
@access("broker")
def calls() -> Response:
    """The calls to make as a sheet to print and take along; back again, who has been told is ticked
    here."""

    def do(session: Session, told: Told) -> Response:
        _mark_told(session, told)
        return redirect(url_for(".calls"), 303)

    def page(form: Form) -> str:
        to_make = day.calls(
            reading(), bank(), caseload.Caseload(bank(), None), limit=rules.STACK_OF_PAPER
        )
        return render_template(
            "desk/calls.html",
            form=form,
            calls=to_make.shown,
            beyond=to_make.total - len(to_make.shown),
        )

    return submit(ToldIn(), do, page)


def _mark_told(session: Session, told: Told) -> None:
    names = notices_service.mark_these_told(
        session, bank(), told.notices, by=actor(), now=clock.now()
    )
    if names:
        flash(shown(say("Done: told %(names)s.", names=names)))
    else:
        flash(shown(say("They had been told already.")))


@pages.route("/letters", methods=["GET", "POST"])
@access("broker")
def letters() -> Response:
    """The letters to post. Printing them changes nothing: that they are posted is said afterwards,
    of those that were shown."""

    def do(session: Session, told: Told) -> Response:
        number = len(
            notices_service.mark_these_told(
                session, bank(), told.notices, by=actor(), now=clock.now()
            )
        )
        words = count("Done: %(n)s letter is posted.", "Done: %(n)s letters are posted.", number)
        flash(shown(words))
        return redirect(url_for(".letters"), 303)

    def page(form: Form) -> str:
        to_post = queries.letters(reading(), bank(), limit=rules.STACK_OF_PAPER)
        return render_template(
            "desk/letters.html",
            form=form,
            letters=to_post.shown,
            beyond=to_post.total - len(to_post.shown),
            whom_to_ask=rules.whom_to_ask(
                bank().contact_name, bank().contact_phone, bank().contact_email
            ),
            wishes=rules.WISHES,
            on=Weekday(current.today()),
            # A letter is for its reader, in whichever language the broker has the page.
            voices=voices.voice,
        )

    return submit(ToldIn(), do, page)


@pages.post("/notes/<int:note_id>/done")
@access("broker")
def done(note_id: int) -> Response:
    """Take down that a call which a note asked for was made."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        note = service.done(session, bank(), note_id, act())
        name = members.member(session, bank(), note.member_id).name
        flash(shown(say("Done: the call to %(name)s is off the list.", name=name)))
        return redirect(_back(), 303)

    return submit(None, do, _today)


def _back() -> str:
    """The list again, or the page about the person from which the button was pressed."""
    member_id = request.args.get("person", type=row_id)
    if member_id:
        return url_for(".person", member_id=member_id)
    return url_for(".today", _anchor="queue")


def _today(form: Form | None = None) -> str:
    wanted = load(QueueIn(), dict(request.args), unknown="exclude")
    waiting = queue(reading(), bank(), plugged_in(), wanted, act())
    books = None
    if actor().is_coordinator:
        books = {
            "position": ledger.position(reading(), bank()),
            "block": ledger.last_block(reading(), bank()),
            "without_factor": access_queries.staff_without_second_factor(reading(), bank()),
        }
    new = actor().is_coordinator and bank().first_day_over_at is None
    return render_template(
        "desk/today.html",
        form=form,
        queue=waiting,
        address=_address,
        begins=not (waiting.total or new or members.has_residents(reading(), bank())),
        steps=first_day(reading(), bank(), plugged_in(), act()) if new else [],
        books=books,
    )


@pages.get("/done")
@access("broker")
def done_today() -> str:
    """What whoever looks got done today, the latest first, each taken back as long as it can be."""
    rows = did(reading(), bank(), plugged_in(), _midnight(), act())
    return render_template("desk/done_today.html", did=rows)


def _midnight() -> datetime:
    """When today began where the bank is."""
    zone = ZoneInfo(bank().timezone)
    return datetime.combine(current.today(), datetime.min.time(), zone)


def _address(wanted: Wanted, kind: str | None = None, page: int = 1) -> str:
    """The address of the queue as it is wanted, with another kind or page of it."""
    chosen = wanted.kind if kind is None else kind
    return url_for(
        ".today",
        whose=wanted.whose if wanted.mine else None,
        kind=chosen or None,
        page=page if page > 1 else None,
        _anchor="queue",
    )


@pages.get("/caseloads")
@access("broker")
def caseloads() -> str:
    """Who of the staff looks after how much, and whom nobody looks after."""
    loads = caseload.caseloads(reading(), bank(), on=current.today(), limit=rules.UNCLAIMED)
    return render_template("desk/caseloads.html", caseloads=loads, roles=ROLES)


# ---- Somebody on the phone ----


@pages.get("/call")
@access("broker")
def call() -> str | Response:
    """Find who is on the phone; the one who is meant is shown at once, unless it is still being
    typed."""
    text = request.args.get("who", "").strip()
    named = members.look_up(reading(), bank(), text, limit=rules.FOUND)
    parties = [party for party in named if party.kind != AccountKind.CHEST]
    typing = "typing" in request.args
    if len(parties) == 1 and parties[0].member_id is not None and not typing:
        return redirect(url_for(".person", member_id=parties[0].member_id), 303)
    near = not parties
    if near:
        parties = members.misspelt(reading(), bank(), text, within=members.EVERYBODY)
    return render_template(
        "desk/call.html",
        who=text,
        found=parties,
        near=near,
        phones=matching.phones(reading(), bank(), parties),
        spoken=queries.last_spoken(reading(), bank(), [party.member_id for party in parties]),
        more=len(parties) >= rules.FOUND,
    )


@pages.route("/people/<int:member_id>", methods=["GET", "POST"])
@access("broker")
def person(member_id: int) -> Response:
    """One member: how to reach them, what waits for them, what was noted, and a form for what came
    of a call."""

    def do(session: Session, new: NewNote) -> Response:
        note = service.note_call(session, bank(), member_id, new, act())
        words = say("Done: that is noted.")
        if note.next_on:
            words = say(
                "Done: that is noted, and the next call is on the list for %(day)s.",
                day=note.next_on,
            )
        flash(shown(words))
        return redirect(url_for(".person", member_id=member_id), 303)

    start = {name: request.args.get(name, "", type=row_id) for name in ("request", "introduction")}
    return submit(CallNoteIn(), do, lambda form: _person(member_id, form), initial=start)


@pages.post("/people/<int:member_id>/broker")
@access("broker")
def look_after(member_id: int) -> Response:
    """Say which broker looks after a member."""

    def do(session: Session, carer: Carer) -> Response:
        members.hold(session, bank(), member_id)
        suiting = members.suiting(session, bank(), member_id)
        looked_after = replace(suiting, broker_id=carer.broker_id)
        members_service.set_profile(session, bank(), member_id, looked_after, act())
        flash(shown(say("Done: that is kept.")))
        return redirect(url_for(".person", member_id=member_id), 303)

    return submit(BrokerIn(), do, lambda form: _person(member_id, form))


def _person(member_id: int, form: Form) -> str:
    """The page, and the record that what is noted about them was read."""
    wanted = load(PageIn(), {"limit": rules.NOTES, "cursor": request.args.get("cursor")})
    with transaction() as session:
        person = queries.person(session, bank(), member_id)
        notes = queries.notes(
            session, bank(), member_id, before=wanted["cursor"], limit=rules.NOTES + 1
        )
        if notes:
            service.record_reading(session, bank(), member_id, act())
        listed = cut_page(notes, rules.NOTES, key="note.id")
        return render_template(
            "desk/person.html",
            form=form,
            person=person,
            member=person.member,
            notes=listed["items"],
            more=(
                url_for(".person", member_id=member_id, cursor=listed["next"])
                if listed["next"]
                else ""
            ),
            about=queries.about(
                session, bank(), _number(form, "request"), _number(form, "introduction")
            ),
            staff=members.staff(session, bank()),
            on=current.today(),
        )


def _number(form: Form, name: str) -> int | None:
    text = form.value(name)
    return int(text) if text.isdecimal() and len(text) < 10 else None


# ---- Slips ----


@pages.route("/slips", methods=["GET", "POST"])
@access("broker")
def slips() -> Response:
    """Enter a stack of signed slips: looked at as often as wanted, then entered line by line, each
    for itself.

    What was entered from this stack goes along as the ids of the exchanges, so that the sum is
    always that of the books.
    """
    if request.method != "POST":
        return make_response(_sheet(_lines(), request.args))
    wanted = request.form.get("do", "check")
    if wanted.startswith("undo:"):
        return _undo_slip(wanted.removeprefix("undo:"))
    if wanted != "enter":
        return _checked(_lines(), request.form)
    sheet = _lines()
    answer = submit(
        None,
        lambda session, _: _enter(session, sheet),
        lambda form: _sheet(sheet, request.form, form),
    )
    if answer.status_code != 303:
        return answer
    # Whether it was entered just now or by the same form before: what was not is kept on the sheet.
    went = dict(parse_qsl(urlsplit(answer.location).query))
    left = {line.number for line in sheet.lines} - set(_numbers(went.pop("lines", "")))
    if not left:
        return redirect(f"{url_for('.slips')}?{urlencode(went)}", 303)
    return _checked(_sheet_of(sheet.rest(left)), went)


def _anew() -> Form:
    """A form under a key of its own, as each showing of the sheet has, with the reason that was
    written."""
    return Form({"despite": request.form.get("despite", "")})


def _told() -> Act:
    """The act of entering a sheet, with why slips go in of two who are kept apart."""
    return act(Word(despite=request.form.get("despite", "")))


def _lines() -> Sheet:
    return _sheet_of(request.form)


def _sheet_of(form: MultiDict[str, str]) -> Sheet:
    numbered = bank().slip_numbers != SlipNumbers.NONE
    languages = bank().languages.split()
    return Sheet(form, today=current.today(), languages=languages, numbered=numbered)


def _enter(session: Session, sheet: Sheet) -> Response:
    sheet.check_height()
    entered = _entered(request.form)
    if len(entered) + len(sheet.lines) > rules.STACK:
        raise Invalid(
            say(
                "A stack is counted up to %(stack)s slips. Begin a new one for these.",
                stack=rules.STACK,
            )
        )
    outcomes = service.enter_slips(session, bank(), sheet.slips, _told())
    done = [
        line.number
        for line, outcome in zip(sheet.readable, outcomes, strict=True)
        if outcome.exchange_id
    ]
    new = [outcome.exchange_id for outcome in outcomes if outcome.exchange_id]
    minutes = sum(line.minutes or 0 for line in sheet.lines if line.number in done)
    if new:
        words = count(
            "Done: %(n)s slip, %(time)s. It can be undone until %(until)s.",
            "Done: %(n)s slips, %(time)s. Each can be undone until %(until)s.",
            len(new),
            time=hours.words(minutes),
            until=_until(),
        )
        flash(shown(words))
    return redirect(
        url_for(
            ".slips",
            entered=_joined([*entered, *new]),
            lines=_joined(done),
            count=request.form.get("count", ""),
            by_hand=request.form.get("by_hand", ""),
        ),
        303,
    )


def _undo_slip(text: str) -> Response:
    """Take one slip back and leave the sheet as it stands."""
    try:
        exchange_id = row_id(text)
    except ValueError:
        exchange_id = 0

    def do(session: Session, _: dict[str, Any]) -> Response:
        minutes = current.config().undo_minutes
        taken_back = exchanges_service.undo(
            session, bank(), exchange_id, act(), undo_minutes=minutes
        )
        words = say("Done: that slip is undone, and the hours are where they were before.")
        if taken_back.exchange.slip:
            words = say(
                "Done: slip %(number)s is undone, and the hours are where they were before.",
                number=taken_back.exchange.slip,
            )
        flash(shown(words))
        return redirect(url_for(".slips"), 303)

    answer = submit(None, do, lambda form: _sheet(_lines(), request.form, form))
    return answer if answer.status_code != 303 else _checked(_lines(), request.form)


def _checked(sheet: Sheet, stack: Mapping[str, str]) -> Response:
    """The sheet with what the books would say to each line."""
    form = _anew()
    try:
        sheet.check_height(at_least=0)
        with transaction() as session:
            sheet.judged(service.check_slips(session, bank(), sheet.slips, _told()))
    except Refusal as refusal:
        form.refused(refusal)
    return shown_again(_sheet(sheet, stack, form), 422 if sheet.wrong or form.wrong else 200)


def _sheet(sheet: Sheet, stack: Mapping[str, str], form: Form | None = None) -> str:
    form = form or _anew()
    if sheet.apart:
        form.errors["despite"] = shown(sheet.apart.message)
    for line in sheet.wrong:
        form.errors |= {
            f"{name}-{line.number}": shown(words) for name, words in line.errors.items()
        }
    entered = exchanges.on_slips(reading(), bank(), _entered(stack))
    count = Count(sheet, entered, number=stack.get("count", ""), by_hand=stack.get("by_hand", ""))
    # A key of its own for each showing: what was looked at or undone before is another request.
    return render_template(
        "desk/slips.html", form=form, sheet=sheet, count=count, limit=rules.LONGEST
    )


def _entered(stack: Mapping[str, str]) -> list[int]:
    return _numbers(stack.get("entered", ""))[: rules.STACK]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number.isdecimal() and len(number) < 10]


def _joined(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def _until() -> str:
    return time(clock.now() + timedelta(minutes=current.config().undo_minutes))
