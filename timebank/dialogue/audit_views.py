"""Pages of audits: asking, who goes, and what was said."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.db import reading
from timebank.dialogue import audit_papers, evaluation_queries, evaluations, results, sorting
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits as service
from timebank.dialogue import queries as dialogue
from timebank.dialogue.audit_papers import Asks
from timebank.dialogue.audit_rules import (
    AGES,
    ASSETS_QUESTION,
    OPEN_QUESTION,
    PARTS,
    WAYS,
    NewAudit,
    NewRound,
)
from timebank.dialogue.audit_schemas import (
    AuditIn,
    AuditRoundIn,
    NumberIn,
)
from timebank.dialogue.rules import WISHES, GroupKind
from timebank.dialogue.views import pages, pdf
from timebank.http import access, shown, voice
from timebank.members.current import act, actor, bank
from timebank.say import Said, say
from timebank.web.forms import Form, submit
from timebank.web.words import today

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


@pages.route("/audits/<int:audit_id>/edit", methods=["GET", "POST"])
@access("coordinator")
def change_audit(audit_id: int) -> Response:
    """Ask something else, while no sheet is in."""
    audit = service.not_closed(reading(), bank(), audit_id)

    def do(session: Session, new: NewAudit) -> Response:
        service.change_audit(session, bank(), audit_id, new, act())
        flash(shown(say("Done: that is what is asked. Print the sheets again if you had some.")))
        return redirect(url_for(".audit", audit_id=audit_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "dialogue/change_audit.html",
            form=form,
            audit=audit,
            partnerships=dialogue.partnerships(reading(), bank()),
            people=queries.people(reading(), bank(), audit_id),
            stays=service.ASKED_ALREADY,
        )

    asked = vars(queries.planned(reading(), bank(), audit))
    lines = {name: "\n".join(asked[name]) for name in ("questions", "ages", "areas")}
    return submit(AuditIn(), do, page, initial={**asked, **lines})


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
            evaluation=evaluation_queries.evaluation_of(reading(), bank(), audit_id=audit_id)
            if reader is not None and reader.is_broker
            else None,
            came=WAYS,
            parts={part.value: shown(words) for part, words in PARTS.items()},
            kinds={kind: shown(words) for kind, words in KINDS.items()},
            places=place_words,
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
        evaluation=evaluation_queries.evaluation_of(reading(), bank(), audit_id=audit_id)
        if staff
        else None,
        takes=queries.takes_sheets(audit, today()),
        came=WAYS,
        parts=PARTS,
        kinds=GroupKind,
    )


def place_words(standing: Any) -> str:
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


@pages.route("/audits/<int:audit_id>/close", methods=["GET", "POST"])
@access("coordinator")
def close_audit(audit_id: int) -> Response:
    """Close it for good, once one has seen what that ends, and tell what was said."""
    audit = queries.audit(reading(), bank(), audit_id)
    not_now = audit.closed_at is not None or service.still_to_do(reading(), bank(), audit)
    if request.method == "GET" and not_now:
        return redirect(url_for(".audit", audit_id=audit_id))

    def do(session: Session, _: Any) -> Response:
        service.close_audit(session, bank(), audit_id, act())
        flash(shown(say("Done: this is what people said. Everybody can read it now.")))
        return redirect(url_for(".audit", audit_id=audit_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/close_audit.html",
            form=form,
            audit=audit,
            asked=queries.reach(reading(), bank(), audit).asked,
            sheets=queries.people(reading(), bank(), audit_id),
            wishes=len(queries.wishes(reading(), bank(), audit_id)),
            themes=len(queries.themes(reading(), bank(), audit_id)),
        ),
    )


@pages.post("/audits/<int:audit_id>/evaluation")
@access("broker")
def evaluate_audit(audit_id: int) -> Response:
    """Ask those who were asked how being asked was."""
    queries.audit(reading(), bank(), audit_id)

    def do(session: Session, _: Any) -> Response:
        row = evaluations.evaluate_audit(session, bank(), audit_id, act())
        flash(shown(say("Done: print the form, and take it along on the round.")))
        return redirect(url_for(".evaluation", evaluation_id=row.id), 303)

    return submit(None, do, lambda form: _audit(audit_id, form))


@pages.route("/audits/<int:audit_id>/print", methods=["GET", "POST"])
@access("broker")
def print_sheets(audit_id: int) -> Response:
    """Sheets to print (PDF), each with a code that makes it count once."""
    audit = queries.audit(reading(), bank(), audit_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        codes = service.print_codes(session, bank(), audit_id, values["number"], act())
        address = url_for(".sheet_code", _external=True)
        return pdf(audit_papers.sheets(bank(), asks(audit), codes, address, voice()), "sheets")

    return submit(
        NumberIn(),
        do,
        lambda form: render_template("dialogue/print_sheets.html", form=form, audit=audit),
    )


@pages.get("/audits/<int:audit_id>/call-script.pdf")
@access("member")
def call_script(audit_id: int) -> Response:
    """What to say on the telephone."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    return pdf(audit_papers.script(bank(), asks(audit), voice()), "call-script")


@pages.get("/audits/<int:audit_id>/poster.pdf")
@access("public")
def audit_poster(audit_id: int) -> Response:
    """What people said most, on an A3."""
    audit = queries.audit(reading(), bank(), audit_id)
    return pdf(
        audit_papers.poster(bank(), results.results(reading(), bank(), audit), voice()), "poster"
    )


def asks(audit: Any) -> Asks:
    """What a sheet asks, for forms and paper alike."""
    session = reading()
    return Asks(
        audit,
        queries.questions(session, bank(), audit.id),
        *(
            [one.words for one in queries.groups(session, bank(), audit.id, kind)]
            for kind in (GroupKind.AGE, GroupKind.AREA)
        ),
    )


def asked(audit: Any) -> dict[str, Any]:
    """The same for a template."""
    sheet = asks(audit)
    return {
        "audit": audit,
        "questions": sheet.questions,
        "ages": sheet.ages,
        "areas": sheet.areas,
        "parts": PARTS,
        "wishes": WISHES,
    }
