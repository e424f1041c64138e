"""Pages of sheets, typed in or answered by a link or a code, and of details left apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, once
from timebank.db import reading, transaction
from timebank.dialogue import audit_papers, contacts, stack
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits as service
from timebank.dialogue.audit_rules import (
    BULK,
    PART_CALLED,
    PARTS,
    WAYS,
    NewDetails,
    NewSheet,
    numbered,
    picked,
)
from timebank.dialogue.audit_schemas import (
    CodeIn,
    DetailsIn,
    SheetForm,
    Stack,
    StackForm,
    ToldIn,
    places,
)
from timebank.dialogue.audit_views import asked, asks
from timebank.dialogue.rules import Way
from timebank.dialogue.views import pages, pdf
from timebank.errors import Invalid, Refusal, together
from timebank.http import access, shown, spend_ration, status_of, voice
from timebank.members.current import act, actor, bank
from timebank.say import Said, count, one_after_another, say
from timebank.schema import load
from timebank.web.forms import Form, owner, shown_again, submit, written
from timebank.web.words import today


def boxes(audit: Any) -> dict[str, Sequence[tuple[Any, str]]]:
    """What can be chosen on a sheet that somebody types for others, by field."""
    sheet = asks(audit)
    return {
        **{f"q{one.n}": one.options for one in sheet.questions},
        "age": [(words, words) for words in sheet.ages],
        "area": [(words, words) for words in sheet.areas],
        "part": [(part, shown(words)) for part, words in PARTS.items()],
        "way": [(way, shown(WAYS[way])) for way in BULK],
        "round_id": [(one.id, one.words) for one, _ in queries.rounds(reading(), bank(), audit.id)],
    }


def typed(audit: Any) -> NewSheet:
    """A sheet that somebody typed for others, each choice by its number or its words: a box keeps
    what is written in it, and Enter sends the form from every one of them. Raises Invalid with
    everything that has to be put right."""
    schema, choices = SheetForm(), boxes(audit)
    sent = {name: value for name, value in written(schema).items() if name not in choices}
    chosen = {name: request.form.get(name, "").strip() for name in choices}

    def choice(name: str) -> Any:
        return picked(name, choices[name], chosen[name])

    given = [name for name, text in chosen.items() if text]
    sheet, *values = together(
        lambda: load(schema, sent), *(partial(choice, name) for name in given)
    )
    meant = dict(zip(given, values, strict=True))
    closed = {int(name[1:]): meant.pop(name) for name in given if name[:1] == "q"}
    return replace(sheet, closed=closed, **meant)


def in_words(audit: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values as they stand in the boxes."""
    choices = boxes(audit)
    return {
        name: next((words for one, words in choices[name] if one == value), "")
        if name in choices
        else value
        for name, value in values.items()
    }


def at_desk(audit: Any, form: Form) -> dict[str, Any]:
    """What a page needs on which sheets are typed: the cursor goes to what is wrong."""
    form.typed = True
    hints = {name: numbered(options) for name, options in boxes(audit).items()}
    return {"form": form, "hints": hints, **asked(audit)}


def answered() -> NewSheet:
    """A sheet as whoever answered sends it."""
    schema = SheetForm()
    return replace(load(schema, written(schema)), closed=places(request.form))


TWICE = say("That was sent already. It was done once.")
KEPT = say(
    "That form was sent already, and its sheet is in. If you have written more on it since, look"
    " for it among the sheets that are in."
)


def taken(
    do: Callable[[Session, NewSheet], Response],
    page: Callable[[Form], str],
    initial: Any = None,
    *,
    read: Callable[[], NewSheet] = answered,
    twice: Said = TWICE,
) -> Response:
    """Serve a sheet, as `read` finds it. It is done once, and of what was answered no digest is
    kept beside who sent it, as `submit` would."""
    if request.method != "POST":
        return make_response(page(Form(initial)))
    form = Form(request.form)
    try:
        sheet = read()
        spend_ration()
        with transaction() as session:
            key = f"form:{form.once[:100]}"
            earlier = once.claim(session, owner(), key, "sheet", now=clock.now())
            if earlier:
                flash(shown(twice))
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
        answers = len([*sheet.wishes, *sheet.assets, *sheet.closed])
        flash(
            shown(
                one_after_another(
                    [
                        count(
                            "Done: %(n)s answer of that sheet is kept.",
                            "Done: %(n)s answers of that sheet are kept.",
                            answers,
                        ),
                        count(
                            "%(n)s sheet is in. On to the next.",
                            "%(n)s sheets are in. On to the next.",
                            people,
                        ),
                    ]
                )
            )
        )
        same_again = in_words(
            audit, {"way": sheet.way, "round_id": sheet.round_id, "area": sheet.area}
        )
        return redirect(url_for(".enter_sheets", audit_id=audit_id, **same_again), 303)

    def page(form: Form) -> str:
        return render_template(
            "dialogue/enter_sheets.html",
            takes=queries.takes_sheets(audit, today()),
            **at_desk(audit, form),
        )

    initial = {**in_words(audit, {"way": Way.DOOR}), **request.args.to_dict()}
    return taken(do, page, initial, read=partial(typed, audit), twice=KEPT)


@pages.route("/audits/<int:audit_id>/stack", methods=["GET", "POST"])
@access("coordinator")
def bring_sheets(audit_id: int) -> Response:
    """A stack of sheets in a file: all of them, or none if one has to be put right."""
    audit = queries.audit(reading(), bank(), audit_id)
    questions = queries.questions(reading(), bank(), audit_id)

    def do(session: Session, sent: Stack) -> Response:
        if sent.file is None:
            raise Invalid.on("file", say("Choose the file."))
        sheets = stack.read(sent.file.stream, questions, voice())
        taken = service.take_sheets(session, bank(), audit_id, sheets, act(), another=sent.another)
        flash(
            shown(
                count(
                    "Done: %(n)s sheet is in. It can be taken back until the asking is closed.",
                    "Done: %(n)s sheets are in. They can be taken back until the asking is closed.",
                    taken,
                )
            )
        )
        return redirect(url_for(".sheets_in", audit_id=audit_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "dialogue/bring_sheets.html",
            form=form,
            audit=audit,
            questions=questions,
            came=[(way, shown(WAYS[way])) for way in BULK],
            called=[words for names in PART_CALLED.values() for words in names],
            takes=queries.takes_sheets(audit, today()),
        )

    return submit(StackForm(), do, page)


@pages.get("/audits/<int:audit_id>/stack.csv")
@access("coordinator")
def stack_headings(audit_id: int) -> Response:
    """A table with its headings and nothing below them, to be filled in."""
    audit = queries.audit(reading(), bank(), audit_id)
    line = ",".join(stack.headings(queries.questions(reading(), bank(), audit.id)))
    answer = make_response(f"\ufeff{line}\r\n")
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = "attachment; filename=sheets.csv"
    return answer


@pages.route("/ask/<link_key>", methods=["GET", "POST"])
@access("public", ration="audit")
def by_link(link_key: str) -> Response:
    """Answer by the public link."""
    audit = queries.by_link(reading(), bank(), link_key)

    def do(session: Session, sheet: NewSheet) -> Response:
        service.take_by_link(session, bank(), link_key, sheet, now=clock.now())
        return redirect(url_for(".link_details", link_key=link_key), 303)

    def page(form: Form) -> str:
        return render_template("dialogue/by_link.html", form=form, **asked(audit))

    return taken(do, page)


@pages.route("/ask/<link_key>/details", methods=["GET", "POST"])
@access("public", ration="audit")
def link_details(link_key: str) -> Response:
    """Leave details, on another form that nothing links to the sheet."""
    audit = queries.by_link(reading(), bank(), link_key)
    return _details_form(audit, "dialogue/link_details.html", url_for(".sheet_thanks"))


def _details_form(audit: Any, template: str, then: str) -> Response:
    def do(session: Session, new: NewDetails) -> Response:
        contacts.leave_details(session, bank(), audit.id, new, now=clock.now())
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
        return render_template("dialogue/by_code.html", form=form, **asked(audit))

    return taken(do, page)


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
    queries.audit(reading(), bank(), audit_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        people = contacts.mark_told(session, bank(), audit_id, values["keys"], act())
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

    return submit(ToldIn(), do, lambda form: _audit_details(audit_id, form))


def _audit_details(audit_id: int, form: Form) -> str:
    audit = queries.audit(reading(), bank(), audit_id)
    left = queries.details(reading(), bank(), audit_id)
    closed = audit.closed_at is not None
    return render_template(
        "dialogue/audit_details.html",
        form=form,
        audit=audit,
        left=left,
        letter=contacts.letter(reading(), bank(), audit_id, _page(audit), today=today()).render(
            voice()
        )[1]
        if closed
        else "",
        by_mail=contacts.by_mail(left, today()) if closed else [],
        by_letter=contacts.by_letter(left),
        by_call=contacts.by_call(left),
    )


def _page(audit: Any) -> str:
    """The address at which whoever is told can read all of it."""
    place_id = queries.place_of(reading(), bank(), audit)
    if place_id is None:
        return url_for(".audit", audit_id=audit.id, _external=True)
    return url_for(".said_done", partnership_id=place_id, _external=True)


@pages.post("/audits/<int:audit_id>/details/mail")
@access("broker")
def mail_details(audit_id: int) -> Response:
    """Write to those who left an e-mail address."""
    page = _page(queries.audit(reading(), bank(), audit_id))

    def do(session: Session, _: Any) -> Response:
        people = contacts.tell_by_mail(session, bank(), audit_id, page, act())
        flash(
            shown(
                count(
                    "Done: the letter goes to %(n)s person.",
                    "Done: the letter goes to %(n)s people.",
                    people,
                )
            )
        )
        return redirect(url_for(".audit_details", audit_id=audit_id), 303)

    return submit(None, do, lambda form: _audit_details(audit_id, form))


@pages.get("/audits/<int:audit_id>/letters.pdf")
@access("broker")
def audit_letters(audit_id: int) -> Response:
    """A letter to each who left an address and no e-mail: what people said, and what became of
    it."""
    audit = queries.audit(reading(), bank(), audit_id)
    news = contacts.news(reading(), bank(), audit_id, today=today())
    people = contacts.by_letter(queries.details(reading(), bank(), audit_id))
    return pdf(
        audit_papers.post(bank(), people, news, _page(audit), voice(), today=today()), "letters"
    )


@pages.route("/audits/<int:audit_id>/details/new", methods=["GET", "POST"])
@access("member")
def add_details(audit_id: int) -> Response:
    """Details from paper, or at the door."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    again = url_for(".add_details", audit_id=audit_id)
    return _details_form(audit, "dialogue/add_details.html", again)


@pages.route("/audits/<int:audit_id>/details/<contact_key>/erasure", methods=["GET", "POST"])
@access("broker")
def erase_details(audit_id: int, contact_key: str) -> Response:
    """Erase what somebody left, once one has seen what goes."""
    audit = queries.audit(reading(), bank(), audit_id)
    details = queries.details(reading(), bank(), audit_id)
    left = next((one for one in details if one.key == contact_key), None)
    if left is None:  # It is erased already.
        return redirect(url_for(".audit_details", audit_id=audit_id), 303)

    def do(session: Session, _: Any) -> Response:
        contacts.erase_details(session, bank(), audit_id, contact_key, act())
        flash(shown(say("Done: it is erased.")))
        return redirect(url_for(".audit_details", audit_id=audit_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/erase_details.html", form=form, audit=audit, left=left
        ),
    )
