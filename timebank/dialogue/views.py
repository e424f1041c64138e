"""Pages of partnerships: who is in them, how far they are, and what matters first. The other pages
of the room hang on the same blueprint, in files by what they are about."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.act import Act, Actor, Entered, Word
from timebank.db import reading
from timebank.dialogue import (
    audit_queries,
    conversation_queries,
    partnerships,
    promise_queries,
    queries,
    results,
    rules,
)
from timebank.dialogue.rules import (
    Lost,
    NewPartner,
    NewPartnership,
    Reached,
)
from timebank.dialogue.schemas import (
    LostIn,
    PartnerForm,
    PartnershipForm,
    PrioritiesIn,
    ReachedIn,
    StepName,
    StepNameIn,
    WrittenPartner,
    WrittenPartnership,
)
from timebank.errors import Invalid
from timebank.http import access, shown
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, everybody, today, understood
from timebank.members.rules import Capacity
from timebank.say import say
from timebank.schema import load
from timebank.web.forms import Form, submit
from timebank.web.paths import row_id

pages = Blueprint("dialogue", __name__, url_prefix="/b/<bank>/dialogue")

ROWS = 6
"""So many things that matter the form has room for."""


@pages.get("")
@access("public")
def index() -> str:
    """The partnerships there are, and how their promises stand."""
    promises = promise_queries.promises(reading(), bank(), by=actor_or_none())
    rows = queries.partnerships(reading(), bank())
    by_place: dict[int | None, list[promise_queries.Promise]] = {}
    for promise in promises:
        by_place.setdefault(promise.row.partnership_id, []).append(promise)
    return render_template(
        "dialogue/index.html",
        partnerships=rows,
        sums={
            row.id: promise_queries.sums(by_place.get(row.id, []), today=today()) for row in rows
        },
        at_large=by_place.get(None, []),
    )


@pages.route("/new", methods=["GET", "POST"])
@access("broker")
def new() -> Response:
    """Form a partnership."""

    def do(session: Session, written: WrittenPartnership) -> Response:
        row = partnerships.form_partnership(session, bank(), _formed(session, written), act())
        flash(shown(say("Done: %(name)s is formed. Now say who is in it.", name=row.name)))
        return redirect(url_for(".show", partnership_id=row.id), 303)

    def page(form: Form) -> str:
        return render_template("dialogue/new.html", form=form)

    return submit(PartnershipForm(), do, page, initial={"formed_on": today().isoformat()})


def _formed(session: Session, written: WrittenPartnership) -> NewPartnership:
    chair = None
    if written.chair:
        chair = members.member_named(
            session, bank(), written.chair, field="chair", within=everybody()
        ).id
    return NewPartnership(written.name, written.about, written.place, chair, written.formed_on)


@pages.get("/<int:partnership_id>")
@access("public")
def show(partnership_id: int) -> str:
    """A partnership: who is in it, how far it is, what matters and what is talked about."""
    return _show(partnership_id, Form())


def _show(partnership_id: int, form: Form) -> str:
    row = queries.partnership(reading(), bank(), partnership_id)
    promises = promise_queries.promises_of(reading(), bank(), row.id, by=actor_or_none())
    lines = queries.partner_lines(reading(), bank(), row.id, by=actor_or_none())
    priorities = queries.priorities(reading(), bank(), row.id)
    return render_template(
        "dialogue/show.html",
        form=form,
        partnership=row,
        partners=lines,
        counted={part: sum(1 for line in lines if line.partner.part == part) for part in Capacity},
        steps=queries.steps(reading(), bank(), row.id, by=actor_or_none()),
        priorities=priorities,
        named=audit_queries.named(reading(), bank(), {one.theme_id for one in priorities}),
        conversations=conversation_queries.dialogues(reading(), bank(), row.id),
        sums=promise_queries.sums(promises, today=today()),
        promises=promises,
        runs=runs(row),
        insider=actor_or_none() is not None,
        words=rules,
    )


def actor_or_none() -> Actor | None:
    """Whoever is signed in as a member; None for a visitor, and for a commissioner."""
    by: Actor | None = g.get("actor")
    return None if by is None or by.is_commissioner else by


def runs(row: Any) -> bool:
    by = actor_or_none()
    return by is not None and partnerships.may_run(row, by)


@pages.route("/<int:partnership_id>/edit", methods=["GET", "POST"])
@access("member")
def edit(partnership_id: int) -> Response:
    """Change what a partnership says of itself, and who chairs it."""
    row = queries.partnership(reading(), bank(), partnership_id)
    partnerships.require_run(row, actor())

    def do(session: Session, written: WrittenPartnership) -> Response:
        partnerships.change(session, bank(), partnership_id, _formed(session, written), act())
        flash(shown(say("Done: that is what it says now.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    chair = members.by_ids(reading(), bank(), {row.chair_id or 0})
    initial = {
        "name": row.name,
        "about": row.about,
        "place": row.place,
        "chair": chair[row.chair_id].number if row.chair_id in chair else "",
    }
    return submit(
        PartnershipForm(),
        do,
        lambda form: render_template("dialogue/edit.html", form=form, partnership=row),
        initial=initial,
    )


@pages.route("/<int:partnership_id>/end", methods=["GET", "POST"])
@access("member")
def end(partnership_id: int) -> Response:
    """End a partnership, once one has seen what that ends."""
    row = queries.partnership(reading(), bank(), partnership_id)
    partnerships.require_run(row, actor())
    if row.ended_on is not None:
        return redirect(url_for(".show", partnership_id=partnership_id))
    promises = promise_queries.promises_of(reading(), bank(), row.id, by=actor_or_none())

    def do(session: Session, _: Any) -> Response:
        partnerships.end(session, bank(), partnership_id, act())
        flash(shown(say("Done: it has ended. What it promised stays to be read.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/end.html",
            form=form,
            partnership=row,
            partners=len(queries.partners(reading(), bank(), row.id)),
            priorities=len(queries.priorities(reading(), bank(), row.id)),
            under_way=promise_queries.sums(promises, today=today()).under_way,
        ),
    )


@pages.route("/<int:partnership_id>/partners", methods=["GET", "POST"])
@access("member")
def add_partner(partnership_id: int) -> Response:
    """Have somebody take part."""
    row = queries.partnership(reading(), bank(), partnership_id)
    partnerships.require_run(row, actor())

    def do(session: Session, written: WrittenPartner) -> Response:
        member_id = None
        if written.who:
            member_id = members.member_named(
                session, bank(), written.who, field="member", within=everybody()
            ).id
        new = NewPartner(member_id, written.organisation_id, written.part)
        word = Word(despite=written.despite)
        partnerships.add_partner(session, bank(), partnership_id, new, act(word))
        flash(shown(say("Done: they are in the partnership.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    def page(form: Form) -> str:
        return render_template(
            "dialogue/add_partner.html",
            form=form,
            partnership=row,
            organisations=members.organisations(reading(), bank()),
        )

    return submit(PartnerForm(), do, page)


@pages.post("/partners/<int:partner_id>/end")
@access("member")
def end_partner(partner_id: int) -> Response:
    """Somebody takes part no more."""
    partnership_id = queries.partner(reading(), bank(), partner_id).partnership_id

    def do(session: Session, _: Any) -> Response:
        partnerships.end_partner(session, bank(), partner_id, act())
        flash(shown(say("Done: they are in the partnership no more.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    return submit(None, do, lambda form: _show(partnership_id, form))


# ---- Steps and what matters ----


@pages.route("/<int:partnership_id>/steps", methods=["GET", "POST"])
@access("member")
def reach_step(partnership_id: int) -> Response:
    """Say that a step is reached."""

    def do(session: Session, sent: Entered[Reached]) -> Response:
        reached, heard = entered(session, sent)
        partnerships.reach_step(session, bank(), partnership_id, reached, heard)
        flash(shown(say("Done: that step is reached.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    return _stepping(partnership_id, ReachedIn(), do, "dialogue/reach_step.html")


@pages.route("/<int:partnership_id>/steps/lost", methods=["GET", "POST"])
@access("member")
def lose_step(partnership_id: int) -> Response:
    """Say that a step is lost again."""

    def do(session: Session, lost: Lost) -> Response:
        partnerships.lose_step(session, bank(), partnership_id, lost, act())
        flash(shown(say("Done: it is written down, with the reason.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    return _stepping(partnership_id, LostIn(), do, "dialogue/lose_step.html")


def _stepping(partnership_id: int, schema: Any, do: Any, template: str) -> Response:
    row = queries.partnership(reading(), bank(), partnership_id)
    partnerships.require_run(row, actor())

    def page(form: Form) -> str:
        return render_template(
            template,
            form=form,
            partnership=row,
            partners=queries.partner_lines(reading(), bank(), row.id, by=actor()),
            steps=queries.steps(reading(), bank(), row.id, by=actor_or_none()),
        )

    return submit(schema, do, page, initial={"step": request.args.get("step", "")})


@pages.route("/step-names/<int:step>", methods=["GET", "POST"])
@access("coordinator")
def name_step(step: int) -> Response:
    """The bank's own words for a step."""
    words = queries.step_words(reading(), bank())

    def do(session: Session, name: StepName) -> Response:
        partnerships.name_step(session, bank(), step, name.words, act())
        flash(shown(say("Done: that is what the step is called here.")))
        return redirect(url_for(".index"), 303)

    def page(form: Form) -> str:
        return render_template("dialogue/name_step.html", form=form, step=step, words=words)

    initial = {"words": shown(words[step]) if step in words else ""}
    return submit(StepNameIn(), do, page, initial=initial)


@pages.route("/<int:partnership_id>/priorities", methods=["GET", "POST"])
@access("member")
def set_priorities(partnership_id: int) -> Response:
    """Write down what matters, in the order in which a meeting put it."""
    row = queries.partnership(reading(), bank(), partnership_id)
    partnerships.require_run(row, actor())

    def do(session: Session, _: Any) -> Response:
        set_ = load(PrioritiesIn(), _priorities(request.form, audit_id))
        try:
            partnerships.set_priorities(session, bank(), partnership_id, set_, act())
        except Invalid as refusal:
            raise _in_rows(refusal) from refusal
        flash(shown(say("Done: that is what matters first.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    standing = queries.priorities(reading(), bank(), row.id)[:ROWS]
    audit = _counted(row, standing)
    audit_id = audit.id if audit else None
    ranked = results.results(reading(), bank(), audit).named if audit else ()
    counted = {one.theme_id for one in ranked}
    rare = [
        one
        for one in (audit_queries.themes(reading(), bank(), audit.id) if audit else ())
        if one.id not in counted
    ]
    initial: dict[str, Any] = {}
    for priority in standing:
        for name in (*_OF_PRIORITY, "theme_id"):
            initial[f"{name}_{priority.place}"] = getattr(priority, name) or ""
    if not standing or (audit and standing[0].audit_id not in (None, audit.id)):
        # The meeting begins from the count, the latest there is, and changes what it will.
        initial = {f"theme_id_{place}": one.theme_id for place, one in enumerate(ranked[:3], 1)}
    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/set_priorities.html",
            form=form,
            partnership=row,
            rows=range(1, ROWS + 1),
            audit=audit,
            ranked=ranked,
            rare=sorted(rare, key=lambda one: one.words.casefold()),
            places=lambda standing: shown(results.rank_words(standing)),
        ),
        initial=initial,
    )


_OF_PRIORITY = ("words", "reason", "evidence", "going_on", "touches")


def _priorities(written: Mapping[str, str], audit_id: int | None) -> dict[str, Any]:
    """The rows of the form in which something is written, or a theme is chosen."""
    rows = [
        {name: written.get(f"{name}_{row}", "") for name in (*_OF_PRIORITY, "theme_id")}
        for row in _filled(written)
    ]
    return {
        "priorities": [{**row, "theme_id": row["theme_id"] or None} for row in rows],
        "audit_id": audit_id,
    }


def _filled(written: Mapping[str, str]) -> list[int]:
    """The numbers of the rows that are not empty."""
    return [
        row
        for row in range(1, ROWS + 1)
        if any(written.get(f"{name}_{row}", "").strip() for name in (*_OF_PRIORITY, "theme_id"))
    ]


def _in_rows(refusal: Invalid) -> Invalid:
    """The same, with each field as the form calls it: empty rows stand in it too."""
    names = {
        f"priorities.{place}.{name}": f"{name}_{row}"
        for place, row in enumerate(_filled(request.form))
        for name in _OF_PRIORITY
    }
    return Invalid(
        refusal.message,
        fields={names.get(name, name): words for name, words in refusal.fields.items()},
    )


def _counted(partnership: Any, standing: Sequence[Any]) -> Any:
    """The audit that what matters is chosen from: the one it was, unless a later one of the
    partnership, or without any of its own of the bank at large, has closed since. None where there
    is none."""
    audits = audit_queries.audits(reading(), bank())
    closed = {one: one.closed_at for one in audits if one.closed_at is not None}
    own = [one for one in closed if one.partnership_id == partnership.id]
    before = {priority.audit_id for priority in standing}
    chosen = [one for one in closed if one.id in before]
    candidates = chosen + (own or [one for one in closed if one.partnership_id is None])
    return max(candidates, key=closed.__getitem__, default=None)


# ---- What the other pages of the room share ----


def row_of(form: Form, name: str) -> int:
    """The number of a row that stands in a field; 0 where what is written there is none."""
    try:
        return row_id(form.value(name))
    except ValueError:
        return 0


def pdf(content: bytes, name: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


def entered(session: Session, sent: Entered[Any]) -> tuple[Any, Act]:
    """What was sent, with ids in the place of parties, and the act on the word it came by."""
    return understood(session, sent.value, within=everybody()), act(sent.word)
