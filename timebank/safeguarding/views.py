"""The safeguarding file on pages: the list, somebody's file, kinds of checks, whom to ring in need,
and concerns."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.api.paging import PageIn
from timebank.api.paging import page as cut_page
from timebank.db import reading, transaction
from timebank.errors import Invalid
from timebank.feature import plugged_in
from timebank.http import access, shown
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, everybody, today
from timebank.safeguarding import queries, rules, service
from timebank.safeguarding.queries import Count, Row
from timebank.safeguarding.rules import (
    Booking,
    End,
    KindDetails,
    NewCheck,
    NewConcern,
    Renewal,
    Wanted,
)
from timebank.safeguarding.schemas import (
    BookingIn,
    CheckForm,
    ConcernForm,
    DoorstepIn,
    EndIn,
    KindIn,
    LinesIn,
    RenewalForm,
    WantedIn,
)
from timebank.say import Weekday, say
from timebank.schema import load
from timebank.web.forms import Form, kept_nowhere, submit
from timebank.web.tables import FORMATS, table_file
from timebank.workbook import Content

pages = Blueprint("safeguarding", __name__, url_prefix="/b/<bank>/safeguarding")
pages.after_request(kept_nowhere)


# ---- The list and the report ----

ON_A_PAGE = 50
"""So many checks stand on a page; a file has all of them."""


@pages.get("")
@access("broker")
def index() -> Response:
    """Everybody's checks, and which are missing, a page at a time."""
    form, rows, after = Form(request.args), list[Row](), 0
    try:
        rows = _listed()
        after = load(LinesIn(), {"after": request.args.get("after") or 0})["after"]
    except Invalid as refusal:
        form.refused(refusal)
    following: dict[str, Any] = {**_asked(), "after": after + ON_A_PAGE}
    rest = url_for(".index", **following)
    page = render_template(
        "safeguarding/index.html",
        form=form,
        rows=rows[after : after + ON_A_PAGE],
        total=len(rows),
        more=rest if len(rows) > after + ON_A_PAGE else "",
        kinds=queries.to_choose(
            reading(), bank(), had=queries.kinds(reading(), bank(), retired=True)
        ),
        states=rules.STATE_WORDS,
    )
    return make_response(page, 422 if form.wrong else 200)


@pages.get(f"/list.<{FORMATS}:table_format>")
@access("broker")
def list_file(table_format: str) -> Response:
    """The same as a file."""
    header = ("number", "name", "kind", "state", "given_on", "good_until", "paper", "seen_by")
    rows = [_cells(row) for row in _listed()]
    return table_file(_file_name("checks"), header, rows, table_format)


def _cells(row: Row) -> Sequence[Content]:
    check = row.check
    of_paper = (check.held_since, check.expires_on, check.number) if check else (None, None, None)
    who = (row.member.number, row.member.name)
    return (*who, row.kind.code, row.state, *of_paper, row.seen_by)


@pages.get("/report")
@access("broker")
def report() -> str:
    """How many checks there are of each kind, and how they stand."""
    return render_template(
        "safeguarding/report.html", counts=_counts(), states=rules.STATE_WORDS, on=today()
    )


@pages.get(f"/report.<{FORMATS}:table_format>")
@access("broker")
def report_file(table_format: str) -> Response:
    """The same as a file."""
    header = ("kind", "name", *rules.State)
    rows = [(one.kind.code, one.kind.name, *one.by_state.values()) for one in _counts()]
    return table_file(_file_name("checks-report"), header, rows, table_format)


def _counts() -> list[Count]:
    return queries.counts(reading(), bank(), plugged_in(), on=today())


def _listed() -> list[Row]:
    """The lines that the address asks for. Raises Invalid."""
    wanted: Wanted = load(WantedIn(), _asked())
    return queries.register(reading(), bank(), plugged_in(), wanted, on=today())


def _asked() -> dict[str, str]:
    return {name: request.args[name] for name in ("kind", "state") if request.args.get(name)}


def _file_name(of: str) -> str:
    return f"{bank().slug}-{of}-{today().isoformat()}"


# ---- Kinds ----


@pages.route("/kinds", methods=["GET", "POST"])
@access("coordinator")
def kinds() -> Response:
    """The bank's kinds of checks, and a form for another."""

    def do(session: Session, new: KindDetails) -> Response:
        added = service.add_kind(session, bank(), new, act())
        flash(shown(say("Done: “%(name)s” can be written down now.", name=added.name)))
        return redirect(url_for(".kinds"), 303)

    return submit(KindIn(), do, _kinds)


def _kinds(form: Form | None = None) -> str:
    every = queries.kinds(reading(), bank(), retired=True)
    return render_template("safeguarding/kinds.html", form=form, kinds=every)


@pages.route("/kinds/<int:kind_id>", methods=["GET", "POST"])
@access("coordinator")
def kind(kind_id: int) -> Response:
    """Call a kind something else, or look at it no more."""
    there = queries.kind(reading(), bank(), kind_id)

    def do(session: Session, details: KindDetails) -> Response:
        renamed = service.rename_kind(session, bank(), kind_id, details, act())
        flash(shown(say("Done: it is called “%(name)s” now.", name=renamed.name)))
        return redirect(url_for(".kinds"), 303)

    def page(form: Form) -> str:
        return render_template("safeguarding/kind.html", form=form, kind=there)

    return submit(KindIn(), do, page, initial={"name": there.name})


@pages.post("/kinds/<int:kind_id>/retire")
@access("coordinator")
def retire_kind(kind_id: int) -> Response:
    """Look at checks of a kind no more."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        retired = service.retire_kind(session, bank(), kind_id, act())
        done = say(
            "Done: “%(name)s” can be chosen for nothing new. What needs it still does: take it off"
            " there.",
            name=retired.name,
        )
        flash(shown(done))
        return redirect(url_for(".kinds"), 303)

    return submit(None, do, _kinds)


@pages.post("/kinds/<int:kind_id>/bring-back")
@access("coordinator")
def bring_back_kind(kind_id: int) -> Response:
    """Look at checks of a kind again."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        back = service.bring_back_kind(session, bank(), kind_id, act())
        flash(shown(say("Done: “%(name)s” can be written down now.", name=back.name)))
        return redirect(url_for(".kinds"), 303)

    return submit(None, do, _kinds)


# ---- Somebody's file ----


@pages.get("/mine")
@access("member")
def mine() -> str:
    """What is kept of one's own checks, and whom to ring."""
    member_id = actor().member_id or 0
    own_file = queries.file_of(reading(), bank(), member_id, plugged_in(), by=actor(), on=today())
    return render_template(
        "safeguarding/mine.html",
        kept=own_file,
        doorstep=queries.doorstep(reading(), bank(), member_id),
        **_words(),
    )


@pages.route("/people/<int:member_id>", methods=["GET", "POST"])
@access("broker")
def member(member_id: int) -> Response:
    """Somebody's file, and a form for a paper that was looked at."""

    def do(session: Session, new: NewCheck) -> Response:
        check = service.record(session, bank(), member_id, new, act())
        undo_it = url_for(".undo", check_id=check.id)
        flash(shown(say("Done: the check is written down.")), f"undo:{undo_it}")
        return redirect(url_for(".member", member_id=member_id), 303)

    start = {"kind": request.args.get("kind", ""), "seen_by": actor().member_id}
    return submit(CheckForm(), do, lambda form: _member(member_id, form), initial=start)


def _member(member_id: int, form: Form) -> str:
    file = queries.file_of(reading(), bank(), member_id, plugged_in(), by=actor(), on=today())
    held = {row.kind.code for row in file.rows if row.check}
    kinds = queries.to_choose(reading(), bank())
    return render_template(
        "safeguarding/member.html",
        form=form,
        kept=file,
        member=file.member,
        kinds=[(code, name) for code, name in kinds if code not in held],
        staff=members.staff(reading(), bank()),
        doorstep=queries.doorstep(reading(), bank(), member_id),
        **_words(),
    )


@pages.route("/checks/<int:check_id>/renew", methods=["GET", "POST"])
@access("broker")
def renew(check_id: int) -> Response:
    """Write down the paper that takes the place of a check."""
    check = queries.check(reading(), bank(), check_id)

    def do(session: Session, paper: Renewal) -> Response:
        renewed = service.renew(session, bank(), check_id, paper, act())
        done = say("Done: the check is renewed. What it was stays in the history.")
        flash(shown(done), "undo:" + url_for(".undo", check_id=renewed.id))
        return redirect(url_for(".member", member_id=check.member_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "safeguarding/renew.html",
            form=form,
            staff=members.staff(reading(), bank()),
            **_of_check(check_id),
        )

    start = {"number": check.number, "seen_by": actor().member_id}
    return submit(RenewalForm(), do, page, initial=start)


@pages.route("/checks/<int:check_id>/end", methods=["GET", "POST"])
@access("broker")
def end(check_id: int) -> Response:
    """Write down that a check stands no longer, and why."""
    check = queries.check(reading(), bank(), check_id)

    def do(session: Session, ended: End) -> Response:
        service.end(session, bank(), check_id, ended, act())
        done = say("Done: the check stands no longer, and nobody is reminded of it.")
        flash(shown(done), "undo:" + url_for(".undo", check_id=check_id))
        return redirect(url_for(".member", member_id=check.member_id), 303)

    def page(form: Form) -> str:
        endings = [(one, rules.ENDING_WORDS[one]) for one in rules.REASONED]
        return render_template(
            "safeguarding/end.html", form=form, endings=endings, **_of_check(check_id)
        )

    return submit(EndIn(), do, page, initial={"ending": rules.Ending.NOT_NEEDED})


@pages.post("/checks/<int:check_id>/undo")
@access("broker")
def undo(check_id: int) -> Response:
    """Take back that one wrote a check down, renewed or ended it."""
    check = queries.check(reading(), bank(), check_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.undo(session, bank(), check_id, act())
        flash(shown(say("Done: that is undone. Both stand in the history.")))
        return redirect(url_for(".member", member_id=check.member_id), 303)

    return submit(None, do, lambda form: _member(check.member_id, form))


@pages.route("/checks/<int:check_id>/day", methods=["GET", "POST"])
@access("broker")
def book(check_id: int) -> Response:
    """Book the day on which somebody brings the new paper of a check."""
    check = queries.check(reading(), bank(), check_id)
    booked = queries.day_of(reading(), bank(), check_id)

    def do(session: Session, booking: Booking) -> Response:
        day = service.book(session, bank(), check_id, booking, act())
        done = say("Done: %(day)s is booked, and they are told.", day=Weekday(day.day, today()))
        flash(shown(done))
        return redirect(url_for(".member", member_id=check.member_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "safeguarding/book.html", form=form, booked=booked, **_of_check(check_id)
        )

    start = {"day": booked.day, "words": booked.words} if booked else {}
    return submit(BookingIn(), do, page, initial=start)


@pages.post("/checks/<int:check_id>/day/off")
@access("broker")
def unbook(check_id: int) -> Response:
    """Call that day off."""
    check = queries.check(reading(), bank(), check_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.unbook(session, bank(), check_id, act())
        flash(shown(say("Done: no day is booked any more, and they are told.")))
        return redirect(url_for(".member", member_id=check.member_id), 303)

    return submit(None, do, lambda form: _member(check.member_id, form))


def _of_check(check_id: int) -> dict[str, Any]:
    check = queries.check(reading(), bank(), check_id)
    return {
        "check": check,
        "kind": queries.kind(reading(), bank(), check.kind_id),
        "member": members.member(reading(), bank(), check.member_id),
    }


def _words() -> dict[str, Any]:
    return {"states": rules.STATE_WORDS, "endings": rules.ENDING_WORDS}


@pages.route("/people/<int:member_id>/doorstep", methods=["GET", "POST"])
@access("member")
def doorstep(member_id: int) -> Response:
    """Whom to ring for somebody in need, and what to do when they do not answer the door."""
    written = queries.doorstep_for(reading(), bank(), member_id, by=actor())
    own = member_id == actor().member_id
    back = url_for(".mine") if own else url_for("home.bank")
    if actor().is_broker and not own:
        back = url_for(".member", member_id=member_id)

    def do(session: Session, said: rules.Doorstep) -> Response:
        service.set_doorstep(session, bank(), member_id, said, act())
        flash(shown(say("Done: that is kept.")))
        return redirect(back, 303)

    def page(form: Form) -> str:
        whose = members.member(reading(), bank(), member_id)
        return render_template(
            "safeguarding/doorstep.html", form=form, member=whose, own=own, back=back
        )

    return submit(DoorstepIn(), do, page, initial=asdict(written))


# ---- Concerns ----


@pages.get("/concerns")
@access("broker")
def concerns() -> str:
    """For coordinators every concern; for a broker those they wrote down."""
    wanted = load(PageIn(), {"limit": 50, "cursor": request.args.get("cursor")})
    rows = queries.concerns(
        reading(), bank(), by=actor(), before=wanted["cursor"], limit=wanted["limit"]
    )
    listed = cut_page(rows, wanted["limit"], key="concern.id")
    older = url_for(".concerns", cursor=listed["next"]) if listed["next"] else ""
    return render_template("safeguarding/concerns.html", worries=listed["items"], older=older)


@pages.route("/concerns/new", methods=["GET", "POST"])
@access("broker")
def new_concern() -> Response:
    """Write down a worry about somebody's safety, for coordinators alone."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        about = members.member_named(
            session, bank(), values["who"], field="who", within=everybody()
        )
        new = NewConcern(about.id, values["words"])
        service.write_concern(session, bank(), new, act())
        flash(shown(say("Done: only coordinators can read it.")))
        return redirect(url_for(".concerns"), 303)

    def page(form: Form) -> str:
        return render_template("safeguarding/new_concern.html", form=form)

    return submit(ConcernForm(), do, page, initial={"who": request.args.get("who", "")})


@pages.get("/concerns/<int:concern_id>")
@access("broker")
def concern(concern_id: int) -> str:
    """One concern, and the record that it was read."""
    with transaction() as session:
        worry = service.read_concern(session, bank(), concern_id, act())
        return render_template("safeguarding/concern.html", worry=worry)
