"""Pages of the working list: filtered, ticked and saved; what is done to many, how far it is, and
its way back; tags and fields of the bank's own."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.db import reading
from timebank.errors import Conflict, Invalid, NotFound
from timebank.exchanges.words import HOW_IT_STANDS
from timebank.http import access, shown, status_of, voice
from timebank.lists import queries, rules, service, sources
from timebank.lists.rules import (
    Doing,
    LineState,
    ListKind,
    NewName,
    Quiet,
    Reach,
    RunState,
    Sort,
    Ticked,
    Verb,
    Wanted,
)
from timebank.lists.schemas import DoingIn, KeptIn, OwnFieldIn, SaveForm, TickForm, WantedForm
from timebank.lists.sources import SOURCES, Cell, Phone, Time
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, today
from timebank.members.words import CAPACITIES, ROLES
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding.rules import STATE_WORDS
from timebank.say import Said, count, say
from timebank.schema import load
from timebank.skills import queries as skills
from timebank.web.forms import Form, shown_again, submit
from timebank.web.tables import FORMATS, table_file
from timebank.workbook import Content

pages = Blueprint("lists", __name__, url_prefix="/b/<bank>/lists")

_AT_ONCE = 50  # lines on a page
_NAMED = 50
"""So many lines of a run are named on its page."""


# ---- The list ----


@pages.get("")
@access("broker")
def index() -> Response:
    """A list: members, offers, requests, what ends, exchanges or checks. What it cannot be asked
    for is said above the whole of it."""
    form = Form()
    wanted = Wanted()
    try:
        wanted = _wanted(request.args)
        sources.check(reading(), bank(), wanted)
    except Invalid as refusal:
        form.refused(refusal)
        wanted = Wanted(wanted.kind)
        return shown_again(_index(form, wanted), status_of(refusal))
    return make_response(_index(form, wanted))


@pages.post("/tick")
@access("broker")
def tick() -> Response:
    """Keep what was ticked, and ask about what is to be done to it."""
    wanted = _wanted(request.form)

    def do(session: Session, ticked: Ticked) -> Response:
        run = service.tick(session, bank(), wanted, ticked, act())
        if run.verb == Verb.WRITE:
            return redirect(url_for("mailings.new", run=run.id), 303)
        return redirect(url_for(".show", run_id=run.id), 303)

    return submit(TickForm(), do, lambda form: _index(form, wanted))


@pages.post("/save")
@access("broker")
def save() -> Response:
    """Keep what a list asks for under a name."""
    wanted = _wanted(request.form)

    def do(session: Session, new: NewName) -> Response:
        saved = service.save_list(session, bank(), wanted, new, act())
        flash(shown(say("Done: the list is kept as “%(name)s”.", name=saved.name)))
        return redirect(_address(wanted), 303)

    return submit(SaveForm(), do, lambda form: _index(form, wanted))


@pages.post("/saved/<int:saved_id>/drop")
@access("broker")
def drop_saved(saved_id: int) -> Response:
    """Keep a saved list no more."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.drop_saved(session, bank(), saved_id, act())
        flash(shown(say("Done: that list is kept no more. Nobody on it was touched.")))
        return redirect(url_for(".words"), 303)

    return submit(None, do, _words)


def _wanted(values: Mapping[str, str]) -> Wanted:
    asked = {name: text for name, text in values.items() if text and name != "start"}
    return load(WantedForm(), asked, unknown="exclude")


def _address(wanted: Wanted, **more: Any) -> str:
    return url_for(".index", list=wanted.kind, **wanted.asked(), **more)


def _index(form: Form, wanted: Wanted) -> str:
    session, here = reading(), bank()
    text = request.values.get("start", "")
    start = int(text) if text.isdecimal() and len(text) < 8 else 0
    page = sources.page(session, here, wanted, on=today(), start=start, limit=_AT_ONCE)
    end = start + len(page.lines)
    saved = queries.saved_lists(session, here)
    return render_template(
        "lists/index.html",
        form=form,
        asked=Form({"sort": wanted.order, **wanted.asked()}),
        kind_words=rules.KIND_WORDS,
        order=rules.SORT_WORDS[wanted.order],
        wanted=wanted,
        page=page,
        columns=SOURCES[wanted.kind].columns,
        verbs=[(verb, rules.VERB_WORDS[verb]) for verb in rules.VERBS[wanted.kind]],
        kinds=[(words, _address(Wanted(kind)), kind) for kind, words in rules.KIND_WORDS.items()],
        saved=[(one.name, _address(one.wanted), one.wanted == wanted) for one in saved],
        usual=_usual(wanted),
        filters=_filters(session, wanted.kind),
        choices=_choices(session, wanted.kind),
        before=_address(wanted, start=max(start - _AT_ONCE, 0)) if start else "",
        more=_address(wanted, start=end) if end < page.total else "",
        waiting=len(members.applications(session, here)) if _is_of_members(wanted) else 0,
    )


def _filters(session: Session, kind: ListKind) -> Sequence[str]:
    """What a list is narrowed by on its page: by the bank's own fields where it has some."""
    if queries.own_fields(session, bank()):
        return rules.FILTERS[kind]
    return [name for name in rules.FILTERS[kind] if name not in ("own_field", "own_words")]


def _is_of_members(wanted: Wanted) -> bool:
    return wanted.kind == ListKind.MEMBERS


def _usual(wanted: Wanted) -> list[tuple[str, str, bool]]:
    """The lists that every office asks for, which need no saving."""
    if not _is_of_members(wanted):
        return []
    usual = (
        (say("Everybody"), Wanted()),
        (say("No broker yet"), Wanted(broker=rules.NOBODY)),
        (say("Phone or letter"), Wanted(told=Reach.BY_HAND)),
        (say("Quiet for 30 days"), Wanted(quiet=Quiet.MONTH, sort=Sort.LAST)),
        (say("Birthdays this month"), Wanted(born_in=today().month)),
    )
    return [(shown(words), _address(one), one == wanted) for words, one in usual]


def _choices(session: Session, kind: ListKind) -> dict[str, Sequence[tuple[Any, Any]]]:
    """What may be chosen in each filter of a list."""
    here, filters = bank(), rules.FILTERS[kind]
    choices: dict[str, Sequence[tuple[Any, Any]]] = {
        "sort": [(sort, rules.SORT_WORDS[sort]) for sort in rules.SORTS[kind]],
        "told": list(rules.REACH_WORDS.items()),
        "quiet": list(rules.QUIET_WORDS.items()),
        "state": list(STATE_WORDS.items()),
        "status": list(HOW_IT_STANDS.items()) if kind == ListKind.EXCHANGES else _STATUS,
        "role": list(ROLES.items()),
        "capacity": list(CAPACITIES.items()),
        "ends_within": [(days, count("%(n)s day", "%(n)s days", days)) for days in (7, 30, 90)],
        "born_in": [(month, voice().leaf(date(2000, month, 1))[1]) for month in range(1, 13)],
    }
    if "broker" in filters:
        staff = [(one.id, one.name) for one in members.staff(session, here)]
        choices["broker"] = [(rules.NOBODY, say("Nobody yet")), *staff]
    if "area" in filters:
        choices["area"] = [(area, area) for area in skills.areas(session, here)]
    if "tag" in filters:
        choices["tag"] = [(one.id, one.name) for one in queries.tags(session, here)]
    if "own_field" in filters:
        choices["own_field"] = [(one.id, one.name) for one in queries.own_fields(session, here)]
    if "category" in filters:
        choices["category"] = [
            (branch.category.id, branch.category.name) for branch in skills.tree(session, here)
        ]
    if "check" in filters:
        choices["check"] = [(one.code, one.name) for one in safeguarding.kinds(session, here)]
    return choices


_STATUS = (
    ("active", say("Active")),
    ("paused", say("Paused")),
    ("left", say("Has left")),
)


# ---- What is done to many ----


@pages.get("/runs")
@access("broker")
def runs() -> str:
    """What was done from lists, the newest first."""
    text = request.args.get("before", "")
    before = int(text) if text.isdecimal() and len(text) < 10 else None
    begun = queries.runs(reading(), bank(), before=before, limit=_AT_ONCE)
    listed = [queries.progress(reading(), bank(), run.id) for run in begun[:_AT_ONCE]]
    more = url_for(".runs", before=listed[-1].id) if len(begun) > _AT_ONCE else ""
    return render_template(
        "lists/runs.html",
        listed=listed,
        more=more,
        verbs=rules.VERB_WORDS,
        kinds=rules.KIND_WORDS,
    )


@pages.get("/runs/<int:run_id>")
@access("broker")
def show(run_id: int) -> str:
    """What was ticked, and what is to be done to it; or what became of it."""
    return _show(run_id, Form({"broker": actor().member_id}))


@pages.post("/runs/<int:run_id>/do")
@access("broker")
def do(run_id: int) -> Response:
    """Do it to all of them."""

    def do_it(session: Session, doing: Doing) -> Response:
        service.do(session, bank(), run_id, doing, act())
        return redirect(url_for(".show", run_id=run_id), 303)

    return submit(DoingIn(), do_it, lambda form: _show(run_id, form))


@pages.post("/runs/<int:run_id>/undo")
@access("broker")
def undo(run_id: int) -> Response:
    """Undo it, as far as nothing was changed since."""

    def undo_it(session: Session, _: dict[str, Any]) -> Response:
        service.undo(session, bank(), run_id, act())
        return redirect(url_for(".show", run_id=run_id), 303)

    return submit(None, undo_it, lambda form: _show(run_id, form))


def _show(run_id: int, form: Form) -> str:
    session, here = reading(), bank()
    progress = queries.progress(session, here, run_id)
    run = progress.run
    asked = run.state == RunState.ASKED
    states = () if asked else (LineState.REFUSED, LineState.STAYS)
    named = queries.lines_of(session, here, run.id, states=states, limit=_NAMED)
    ids = [line.subject_id for line in named]
    titles = {
        line.id: line.title for line in sources.lines(session, here, run.kind, ids, on=today())
    }
    unnamed = progress.total if asked else progress.number("refused") + progress.number("stays")
    return render_template(
        "lists/show.html",
        form=form,
        progress=progress,
        run=run,
        verb=rules.VERB_WORDS[run.verb],
        kind=rules.KIND_WORDS[run.kind],
        named=[(titles.get(line.subject_id, "–"), line.why) for line in named],
        unnamed=max(unnamed - len(named), 0),
        undone=run.verb in rules.UNDONE,
        may_undo=queries.may_be_undone(run, clock.now()),
        days=rules.UNDO_WITHIN.days,
        staff=[(0, say("Nobody")), *((one.id, one.name) for one in members.staff(session, here))],
        tags=[(one.id, one.name) for one in queries.tags(session, here)],
        back=_address(Wanted(run.kind)),
    )


@pages.get("/runs/<int:run_id>/labels")
@access("broker")
def labels(run_id: int) -> str:
    """Labels for envelopes, to print."""
    _require_done(run_id, Verb.LABELS)
    with_address, without = queries.labels(reading(), bank(), run_id)
    return render_template("lists/labels.html", labels=with_address, without=without, run_id=run_id)


@pages.get(f"/runs/<int:run_id>/file.<{FORMATS}:table_format>")
@access("broker")
def file(run_id: int, table_format: str) -> Response:
    """What was ticked, as a file."""
    run = _require_done(run_id, Verb.EXPORT)
    session, here = reading(), bank()
    ids = queries.subject_ids(session, here, run_id)
    lines = sources.lines(session, here, run.kind, ids, on=today())
    own = queries.own_fields(session, here) if run.kind == ListKind.MEMBERS else []
    words = queries.words_of(session, here, [line.id for line in lines]) if own else {}
    header = [*map(shown, SOURCES[run.kind].columns), *(one.name for one in own)]
    rows = [
        [
            line.title,
            *(_content(cell) for cell in line.cells),
            *(words.get(line.id, {}).get(one.id, "") for one in own),
        ]
        for line in lines
    ]
    return table_file(f"{here.slug}-{run.kind}", header, rows, table_format)


def _require_done(run_id: int, verb: Verb) -> Any:
    run = queries.run(reading(), bank(), run_id)
    if run.verb != verb:
        raise NotFound(say("There is nothing of that kind here."))
    if run.state != RunState.DONE:
        raise Conflict(say("That is not done yet. Look again in a moment."))
    return run


def _content(cell: Cell) -> Content:
    """What stands in a cell, as a spreadsheet has it: hours as a number of hours."""
    if isinstance(cell, Time):
        return cell.minutes / 60
    if isinstance(cell, Phone):
        return cell.number
    return shown(cell) if isinstance(cell, Said) else cell


# ---- Tags and fields ----


@pages.route("/people/<int:member_id>", methods=["GET", "POST"])
@access("broker")
def member(member_id: int) -> Response:
    """The tags of somebody, what stands in the bank's own fields, and what was done from lists."""
    person = members.member(reading(), bank(), member_id)
    own = queries.own_fields(reading(), bank())

    def keep(session: Session, _: dict[str, Any]) -> Response:
        service.keep(session, bank(), member_id, load(KeptIn(), _written(own)), act())
        flash(shown(say("Done: it is kept.")))
        return redirect(url_for(".member", member_id=member_id), 303)

    def page(form: Form) -> str:
        session, here = reading(), bank()
        had = queries.tags_of(session, here, member_id)
        return render_template(
            "lists/member.html",
            form=form,
            member=person,
            had=had,
            tags=[(one.id, one.name) for one in queries.tags(session, here)],
            fields=own,
            done=queries.done_to(session, here, member_id, limit=_AT_ONCE),
            verbs=rules.VERB_WORDS,
        )

    words = queries.words_of(reading(), bank(), [member_id]).get(member_id, {})
    initial: dict[str, Any] = {
        f"words.{place}.words": words.get(one.id, "") for place, one in enumerate(own)
    }
    had = [one.id for one in queries.tags_of(reading(), bank(), member_id)]
    return submit(None, keep, page, initial={"tags": had, **initial})


def _written(own: Sequence[queries.Counted]) -> dict[str, Any]:
    new = request.form.get("new_tags.0", "").strip()
    return {
        "tags": request.form.getlist("tags"),
        "new_tags": [new] if new else [],
        "words": [
            {"field": one.id, "words": request.form.get(f"words.{place}.words", "")}
            for place, one in enumerate(own)
        ],
    }


@pages.get("/words")
@access("broker")
def words() -> str:
    """The bank's tags, its own fields, and the lists that were saved."""
    return _words(Form())


@pages.post("/tags/<int:tag_id>/drop")
@access("coordinator")
def drop_tag(tag_id: int) -> Response:
    """Take a tag off everybody."""

    def drop(session: Session, _: dict[str, Any]) -> Response:
        service.drop_tag(session, bank(), tag_id, act())
        flash(shown(say("Done: nobody has that tag any more.")))
        return redirect(url_for(".words"), 303)

    return submit(None, drop, _words)


@pages.post("/fields")
@access("coordinator")
def add_field() -> Response:
    """Keep something more of every member."""

    def add(session: Session, new: NewName) -> Response:
        field = service.add_field(session, bank(), new, act())
        flash(shown(say("Done: “%(name)s” stands on every member now.", name=field.name)))
        return redirect(url_for(".words"), 303)

    return submit(OwnFieldIn(), add, _words)


@pages.post("/fields/<int:field_id>/drop")
@access("coordinator")
def drop_field(field_id: int) -> Response:
    """Keep a field no more, and erase what stands in it."""

    def drop(session: Session, _: dict[str, Any]) -> Response:
        service.drop_field(session, bank(), field_id, act())
        flash(shown(say("Done: the field is gone, and what stood in it is erased.")))
        return redirect(url_for(".words"), 303)

    return submit(None, drop, _words)


def _words(form: Form) -> str:
    session, here = reading(), bank()
    return render_template(
        "lists/words.html",
        form=form,
        tags=queries.tags(session, here),
        fields=queries.own_fields(session, here),
        saved=[(one, _address(one.wanted)) for one in queries.saved_lists(session, here)],
        kinds=rules.KIND_WORDS,
    )
