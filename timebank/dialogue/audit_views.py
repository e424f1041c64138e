"""Pages of audits: asking, sheets, details left apart, themes, sorting, and what was said."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, once
from timebank.db import reading, transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits as service
from timebank.dialogue import queries as dialogue
from timebank.dialogue import results, sorting
from timebank.dialogue.audit_rules import (
    AGES,
    ASSETS_QUESTION,
    BULK,
    FEWEST_THEMES,
    MOST_THEMES,
    OPEN_QUESTION,
    Joining,
    NewAudit,
    NewDetails,
    NewRound,
    NewSheet,
    NewThemes,
    Sorting,
    could_tell,
)
from timebank.dialogue.audit_schemas import (
    AuditIn,
    AuditRoundIn,
    CodeIn,
    DetailsIn,
    JoiningIn,
    NumberIn,
    SheetForm,
    SortingForm,
    ThemesIn,
    ToldIn,
    places,
)
from timebank.dialogue.rules import WISHES, GroupKind, Way
from timebank.dialogue.views import pages
from timebank.errors import Invalid, Refusal
from timebank.http import access, shown, spend_ration, status_of
from timebank.members import queries as members
from timebank.members.current import act, actor, bank
from timebank.members.rules import Capacity
from timebank.say import Said, count, say
from timebank.schema import load
from timebank.web.forms import Form, owner, shown_again, submit, written
from timebank.web.words import today

WAYS: dict[Way, Said] = {
    Way.DOOR: say("At the door"),
    Way.EVENT: say("At an event"),
    Way.PHONE: say("By phone"),
    Way.PAPER: say("On paper"),
    Way.LINK: say("By the public link"),
}
PARTS: dict[Capacity, Said] = {
    Capacity.RESIDENT: say("Lives here"),
    Capacity.PRACTITIONER: say("Works with people here"),
    Capacity.PLANNER: say("Plans or pays for services here"),
}
KINDS: dict[GroupKind, Said] = {
    GroupKind.AGE: say("By age"),
    GroupKind.AREA: say("By part of town"),
    GroupKind.PART: say("By what they do here"),
}


# ---- Asking ----


@pages.get("/audits")
@access("public")
def audits() -> str:
    """What neighbours were asked; to the staff and collectors, what they are being asked."""
    return render_template(
        "dialogue/audits.html",
        audits=queries.audits(reading(), bank()),
        collecting=_collecting(),
    )


def _collecting() -> set[int]:
    reader = _reader()
    if reader is None or reader.member_id is None:
        return set()
    return {one.id for one in queries.collected_by(reading(), bank(), reader.member_id)}


def _reader() -> Any:
    """Whoever is signed in; None for a visitor."""
    return g.get("actor")


@pages.route("/audits/new", methods=["GET", "POST"])
@access("coordinator")
def plan_audit() -> Response:
    """Plan to ask neighbours."""

    def do(session: Session, new: NewAudit) -> Response:
        audit = service.plan_audit(session, bank(), new, act())
        flash(shown(say("Done: “%(title)s” is planned. Now print sheets.", title=audit.title)))
        return redirect(url_for(".audit", audit_id=audit.id), 303)

    def page(form: Form) -> str:
        return render_template(
            "dialogue/plan_audit.html",
            form=form,
            partnerships=dialogue.partnerships(reading(), bank()),
        )

    initial = {
        "opens_on": today().isoformat(),
        "question": shown(OPEN_QUESTION),
        "assets": shown(ASSETS_QUESTION),
        "ages": "\n".join(AGES),
    }
    return submit(AuditIn(), do, page, initial=initial)


@pages.get("/audits/<int:audit_id>")
@access("public")
def audit(audit_id: int) -> str:
    """What was said; until it is closed, how far the asking has come."""
    return _audit(audit_id, Form())


def _audit(audit_id: int, form: Form) -> str:
    audit = queries.audit(reading(), bank(), audit_id)
    reader = _reader()
    if audit.closed_at is not None:
        return render_template(
            "dialogue/audit.html",
            form=form,
            audit=audit,
            found=results.results(reading(), bank(), audit),
            came=WAYS,
            parts={part.value: shown(words) for part, words in PARTS.items()},
            kinds={kind: shown(words) for kind, words in KINDS.items()},
            places=_places,
        )
    inside = reader is not None and (
        reader.is_broker or queries.collects(reading(), bank(), audit_id, reader)
    )
    staff = reader is not None and reader.is_broker
    return render_template(
        "dialogue/audit.html",
        form=form,
        audit=audit,
        inside=inside,
        reach=queries.reach(reading(), bank(), audit) if inside else None,
        rounds=queries.rounds(reading(), bank(), audit_id) if staff else (),
        waiting=len(sorting.waiting(reading(), bank(), audit, actor())) if inside else 0,
        agreement=sorting.agreement(reading(), bank(), audit) if inside else None,
        todo=service.still_to_do(reading(), bank(), audit) if staff else (),
        takes=queries.takes_sheets(audit, today()),
        came=WAYS,
        parts=PARTS,
        kinds=GroupKind,
    )


def _places(standing: Any) -> str:
    """The places a theme could have, in words."""
    return shown(results.rank_words(standing))


def _step(audit_id: int, do: Callable[[Session], Said], schema: Any = None) -> Response:
    """A step of the page of an audit, which says what is wrong if it cannot be done."""
    queries.audit(reading(), bank(), audit_id)

    def done(session: Session, _: Any) -> Response:
        flash(shown(do(session)))
        return redirect(url_for(".audit", audit_id=audit_id), 303)

    return submit(schema, done, lambda form: _audit(audit_id, form))


@pages.post("/audits/<int:audit_id>/rounds")
@access("broker")
def add_round(audit_id: int) -> Response:
    """Plan a round, and who goes."""
    queries.audit(reading(), bank(), audit_id)

    def do(session: Session, new: NewRound) -> Response:
        service.add_round(session, bank(), audit_id, new, act())
        flash(shown(say("Done: the round is on the list.")))
        return redirect(url_for(".audit", audit_id=audit_id), 303)

    return submit(AuditRoundIn(), do, lambda form: _audit(audit_id, form))


@pages.post("/audits/<int:audit_id>/link")
@access("broker")
def open_link(audit_id: int) -> Response:
    """Let anybody answer by a public link."""

    def do(session: Session) -> Said:
        service.open_link(session, bank(), audit_id, act())
        return say("Done: the link works. Who answers by it is counted apart.")

    return _step(audit_id, do)


@pages.post("/audits/<int:audit_id>/link/end")
@access("broker")
def end_link(audit_id: int) -> Response:
    """Let the link lead nowhere any more."""

    def do(session: Session) -> Said:
        service.end_link(session, bank(), audit_id, act())
        return say("Done: the link does not work any more.")

    return _step(audit_id, do)


@pages.post("/audits/<int:audit_id>/close")
@access("coordinator")
def close_audit(audit_id: int) -> Response:
    """Close it for good, and tell what was said."""

    def do(session: Session) -> Said:
        service.close_audit(session, bank(), audit_id, act())
        return say("Done: this is what people said. Everybody can read it now.")

    return _step(audit_id, do)


@pages.route("/audits/<int:audit_id>/print", methods=["GET", "POST"])
@access("broker")
def print_sheets(audit_id: int) -> Response:
    """Sheets to print, each with a code that makes it count once."""
    audit = queries.audit(reading(), bank(), audit_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        codes = service.print_codes(session, bank(), audit_id, values["number"], act())
        return make_response(page(Form(), codes))

    def page(form: Form, codes: list[str] | None = None) -> str:
        return render_template("dialogue/print_sheets.html", form=form, codes=codes, **_asks(audit))

    return submit(NumberIn(), do, page)


@pages.get("/audits/<int:audit_id>/call-script")
@access("member")
def call_script(audit_id: int) -> str:
    """What to say on the telephone, to print."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    return render_template("dialogue/call_script.html", **_asks(audit))


def _asks(audit: Any) -> dict[str, Any]:
    """What a sheet asks, for forms and paper alike."""
    session = reading()
    return {
        "audit": audit,
        "questions": queries.questions(session, bank(), audit.id),
        "ages": [one.words for one in queries.groups(session, bank(), audit.id, GroupKind.AGE)],
        "areas": [one.words for one in queries.groups(session, bank(), audit.id, GroupKind.AREA)],
        "parts": PARTS,
        "wishes": WISHES,
    }


# ---- Sheets ----


def _taken(
    do: Callable[[Session, NewSheet], Response], page: Callable[[Form], str], initial: Any = None
) -> Response:
    """Serve a sheet. It is done once, and of what was answered no digest is kept beside who sent
    it, as `submit` would."""
    if request.method != "POST":
        return make_response(page(Form(initial)))
    form = Form(request.form)
    try:
        schema = SheetForm()
        sheet = replace(load(schema, written(schema)), closed=places(request.form))
        spend_ration()
        with transaction() as session:
            key = f"form:{form.once[:100]}"
            earlier = once.claim(session, owner(), key, "sheet", now=clock.now())
            if earlier:
                flash(shown(say("That was sent already. It was done once.")))
                return redirect(earlier.body, 303)
            answer = do(session, sheet)
            where = answer.headers["Location"]
            once.settle(session, owner(), key, status=answer.status_code, body=where)
            return answer
    except Refusal as refusal:
        form.refused(refusal)
        return shown_again(page(form), status_of(refusal))


@pages.route("/audits/<int:audit_id>/sheets", methods=["GET", "POST"])
@access("member")
def enter_sheets(audit_id: int) -> Response:
    """A stack of sheets, one after the other, by keyboard alone."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())

    def do(session: Session, sheet: NewSheet) -> Response:
        service.take_sheet(session, bank(), audit_id, sheet, act())
        people = queries.people(session, bank(), audit_id)
        flash(
            shown(
                count(
                    "Done: %(n)s sheet is in. On to the next.",
                    "Done: %(n)s sheets are in. On to the next.",
                    people,
                )
            )
        )
        same_again = {"way": sheet.way, "round_id": sheet.round_id, "area": sheet.area}
        return redirect(url_for(".enter_sheets", audit_id=audit_id, **same_again), 303)

    def page(form: Form) -> str:
        return render_template(
            "dialogue/enter_sheets.html",
            form=form,
            came=[(way, shown(WAYS[way])) for way in BULK],
            rounds=queries.rounds(reading(), bank(), audit_id),
            takes=queries.takes_sheets(audit, today()),
            **_asks(audit),
        )

    return _taken(do, page, {"way": Way.DOOR, **request.args.to_dict()})


@pages.route("/ask/<link_key>", methods=["GET", "POST"])
@access("public", ration="audit")
def by_link(link_key: str) -> Response:
    """Answer by the public link."""
    audit = queries.by_link(reading(), bank(), link_key)

    def do(session: Session, sheet: NewSheet) -> Response:
        service.take_by_link(session, bank(), link_key, sheet, now=clock.now())
        return redirect(url_for(".link_details", link_key=link_key), 303)

    def page(form: Form) -> str:
        return render_template("dialogue/by_link.html", form=form, **_asks(audit))

    return _taken(do, page)


@pages.route("/ask/<link_key>/details", methods=["GET", "POST"])
@access("public", ration="audit")
def link_details(link_key: str) -> Response:
    """Leave details, on another form that nothing links to the sheet."""
    audit = queries.by_link(reading(), bank(), link_key)
    return _details_form(audit, "dialogue/link_details.html", url_for(".sheet_thanks"))


def _details_form(audit: Any, template: str, then: str) -> Response:
    def do(session: Session, new: NewDetails) -> Response:
        service.leave_details(session, bank(), audit.id, new, now=clock.now())
        flash(shown(say("Done: we have written it down, apart from any answers.")))
        return redirect(then, 303)

    return submit(DetailsIn(), do, lambda form: render_template(template, form=form, audit=audit))


@pages.route("/sheet", methods=["GET", "POST"])
@access("public", ration="audit")
def sheet_code() -> Response:
    """Type in the code of a printed sheet."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        queries.by_code(session, bank(), values["code"])
        return redirect(url_for(".by_code", sheet_code=values["code"]), 303)

    return submit(CodeIn(), do, lambda form: render_template("dialogue/sheet_code.html", form=form))


@pages.route("/sheet/<sheet_code>", methods=["GET", "POST"])
@access("public", ration="audit")
def by_code(sheet_code: str) -> Response:
    """The answers of a printed sheet, typed by whoever holds it."""
    audit, _ = queries.by_code(reading(), bank(), sheet_code)

    def do(session: Session, sheet: NewSheet) -> Response:
        service.take_by_code(session, bank(), sheet_code, sheet, now=clock.now())
        return redirect(url_for(".sheet_thanks"), 303)

    def page(form: Form) -> str:
        return render_template("dialogue/by_code.html", form=form, **_asks(audit))

    return _taken(do, page)


@pages.get("/thanks")
@access("public")
def sheet_thanks() -> str:
    """That it has come in."""
    return render_template("dialogue/sheet_thanks.html")


# ---- Details left apart ----


@pages.route("/audits/<int:audit_id>/details", methods=["GET", "POST"])
@access("broker")
def audit_details(audit_id: int) -> Response:
    """Who left details, how they are told what became of it, and who was."""
    audit = queries.audit(reading(), bank(), audit_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        people = service.mark_told(session, bank(), audit_id, values["keys"], act())
        flash(
            shown(
                count(
                    "Done: %(n)s person is down as told.",
                    "Done: %(n)s people are down as told.",
                    people,
                )
            )
        )
        return redirect(url_for(".audit_details", audit_id=audit_id), 303)

    def page(form: Form) -> str:
        left = queries.details(reading(), bank(), audit_id)
        return render_template("dialogue/audit_details.html", form=form, audit=audit, left=left)

    return submit(ToldIn(), do, page)


@pages.get("/audits/<int:audit_id>/letter")
@access("broker")
def audit_letter(audit_id: int) -> str:
    """A letter to each who left an address, to print: what people said."""
    audit = queries.audit(reading(), bank(), audit_id)
    left = queries.details(reading(), bank(), audit_id)
    return render_template(
        "dialogue/audit_letter.html",
        audit=audit,
        left=[one for one in left if one.hear and one.address],
        found=results.results(reading(), bank(), audit),
        places=_places,
    )


@pages.route("/audits/<int:audit_id>/details/new", methods=["GET", "POST"])
@access("member")
def add_details(audit_id: int) -> Response:
    """Details from paper, or at the door."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    again = url_for(".add_details", audit_id=audit_id)
    return _details_form(audit, "dialogue/add_details.html", again)


@pages.post("/audits/<int:audit_id>/details/<contact_key>/erasure")
@access("broker")
def erase_details(audit_id: int, contact_key: str) -> Response:
    """Erase what somebody left."""
    queries.audit(reading(), bank(), audit_id)
    with transaction() as session:
        service.erase_details(session, bank(), audit_id, contact_key, act())
    flash(shown(say("Done: it is erased.")))
    return redirect(url_for(".audit_details", audit_id=audit_id), 303)


# ---- Themes and sorting ----


@pages.route("/audits/<int:audit_id>/themes", methods=["GET", "POST"])
@access("member")
def themes(audit_id: int) -> Response:
    """The themes there are, and how to name more and join them."""
    queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())

    def do(session: Session, new: NewThemes) -> Response:
        sorting.name_themes(session, bank(), audit_id, new, act())
        flash(shown(say("Done: answers can be put under them now.")))
        return redirect(url_for(".themes", audit_id=audit_id), 303)

    return submit(ThemesIn(), do, lambda form: _themes(audit_id, form))


def _themes(audit_id: int, form: Form) -> str:
    audit = queries.audit(reading(), bank(), audit_id)
    sheets = queries.sheets(reading(), bank(), audit_id)
    themes = queries.themes(reading(), bank(), audit_id)
    return render_template(
        "dialogue/themes.html",
        form=form,
        audit=audit,
        themes=themes,
        people={one.id: sum(one.id in sheet.themes for sheet in sheets) for one in themes},
        answers=sorted(set(queries.wishes(reading(), bank(), audit_id).values()), key=str.casefold),
        fewest=FEWEST_THEMES,
        most=MOST_THEMES,
    )


@pages.post("/audits/<int:audit_id>/themes/<int:theme_id>/join")
@access("member")
def join_theme(audit_id: int, theme_id: int) -> Response:
    """Join a theme to another."""
    queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())

    def do(session: Session, joining: Joining) -> Response:
        to = sorting.join_theme(session, bank(), audit_id, theme_id, joining, act())
        flash(shown(say("Done: it counts as “%(theme)s” now.", theme=to.words)))
        return redirect(url_for(".themes", audit_id=audit_id), 303)

    return submit(JoiningIn(), do, lambda form: _themes(audit_id, form))


@pages.route("/audits/<int:audit_id>/sort", methods=["GET", "POST"])
@access("member")
def sort(audit_id: int) -> Response:
    """One answer after the other is put under a theme, by a key or a button."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    themes = queries.themes(reading(), bank(), audit_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        put = Sorting(values["key"], values["place"], _chosen(values, themes), values["wording"])
        sorting.sort(session, bank(), audit_id, put, act())
        return redirect(url_for(".sort", audit_id=audit_id), 303)

    def page(form: Form) -> str:
        if form.value("key") and form.errors:
            key, place = form.value("key"), int(form.value("place") or 0)
            words, wording = queries.wish(reading(), bank(), audit_id, key, place)
            left = len(sorting.waiting(reading(), bank(), audit, actor()))
            answer = queries.Unsorted(key, place, words, left, wording)
        else:
            answer = sorting.next_answer(reading(), bank(), audit_id, actor())
        order = sorting.suggested(bank(), answer.words, themes) if answer else themes
        return render_template(
            "dialogue/sort.html",
            form=form,
            audit=audit,
            answer=answer,
            themes=themes,
            order=order,
            signs=could_tell(answer.words) if answer else [],
        )

    return submit(SortingForm(), do, page)


def _chosen(values: dict[str, Any], found: Any) -> list[int]:
    """The ids of the themes whose numbers were typed, or of the one that was pressed. Raises
    Invalid."""
    if values["theme"] is not None:
        return [values["theme"]]
    numbers = values["numbers"].replace(",", " ").split()
    if not numbers or not all(
        one.isdecimal() and 1 <= int(one[:4]) <= len(found) for one in numbers
    ):
        raise Invalid.on(
            "numbers", say("Write the number of a theme, such as 3, or of two, such as 3 7.")
        )
    return [found[int(one[:4]) - 1].id for one in numbers]


@pages.get("/audits/<int:audit_id>/differences")
@access("member")
def differences(audit_id: int) -> str:
    """Answers that two people put under different themes."""
    audit = queries.audit(reading(), bank(), audit_id)
    differences = sorting.differences(reading(), bank(), audit_id, actor())
    names = {
        choice.sorter_id: members.member(reading(), bank(), choice.sorter_id).name
        for *_, put in differences
        for choice in put
    }
    return render_template(
        "dialogue/differences.html",
        audit=audit,
        found=differences,
        names=names,
        words={one.id: one.words for one in queries.themes(reading(), bank(), audit_id)},
        agreement=sorting.agreement(reading(), bank(), audit),
    )
