"""Pages of promises, and of those that a commissioner answers for."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.access import commissioners as readers
from timebank.act import Entered
from timebank.db import reading
from timebank.dialogue import (
    commitments,
    conversation_queries,
    partnerships,
    promise_queries,
    queries,
    rules,
    said,
)
from timebank.dialogue.rules import (
    NewCommitment,
    NewStep,
    StepKind,
)
from timebank.dialogue.schemas import (
    CommitmentIn,
    HandedOver,
    HandIn,
    NameShownIn,
    Shown,
    StepIn,
)
from timebank.dialogue.views import actor_or_none, entered, pages, row_of
from timebank.errors import NotAllowed
from timebank.http import access, shown
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, today
from timebank.members.rules import Capacity
from timebank.say import say
from timebank.web.forms import Form, submit
from timebank.web.paths import row_id


@pages.route("/promises/new", methods=["GET", "POST"])
@access("member")
def new_promise() -> Response:
    """Promise something, or enter what somebody promised."""
    wanted = {name: request.args.get(name, type=row_id) for name in _FOR}

    def do(session: Session, sent: Entered[NewCommitment]) -> Response:
        new, heard = entered(session, sent)
        row = commitments.promise(session, bank(), new, heard)
        flash(shown(say("Done: it is promised for %(day)s.", day=new.due_on)))
        return redirect(url_for(".promise", commitment_id=row.id), 303)

    def page(form: Form) -> str:
        partnership_id = row_of(form, "partnership_id")
        return render_template(
            "dialogue/new_promise.html",
            form=form,
            others=_runs(partnership_id),
            **_owners(partnership_id),
            **_for_what(form),
        )

    return submit(CommitmentIn(), do, page, initial=_promise_for(wanted))


def _runs(partnership_id: int) -> bool:
    """Whether whoever is signed in enters what others promise there."""
    place = queries.partnership(reading(), bank(), partnership_id) if partnership_id else None
    return partnerships.may_run(place, actor())


_FOR = ("partnership_id", "priority_id", "option_id")


def _promise_for(wanted: Mapping[str, int | None]) -> dict[str, Any]:
    """What the form of a promise begins with: the option or priority it is for."""
    initial: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    if wanted["option_id"]:
        option, talk = conversation_queries.option_with_talk(reading(), bank(), wanted["option_id"])
        initial |= {"words": option.words, "partnership_id": talk.partnership_id or ""}
        if talk.priority_id:
            initial["priority_id"] = talk.priority_id
    elif wanted["priority_id"]:
        priority = queries.priority(reading(), bank(), wanted["priority_id"])
        initial["partnership_id"] = priority.partnership_id or ""
    if actor().member_id:
        initial["member"] = f"member:{actor().member_id}"
    return initial


def _for_what(form: Form) -> dict[str, Any]:
    """The partnerships one can promise in, and the priorities of the one that is chosen."""
    partnership_id = row_of(form, "partnership_id")
    return {
        "partnerships": queries.partnerships(reading(), bank()),
        "priorities": queries.priorities(reading(), bank(), partnership_id),
    }


def _owners(partnership_id: int) -> dict[str, Any]:
    """Those who can be named as owners: oneself, those in the partnership, and the bodies."""
    lines = (
        queries.partner_lines(reading(), bank(), partnership_id, by=actor())
        if partnership_id
        else []
    )
    people = {line.party: line.name for line in lines if line.partner.member_id}
    own = actor().member_id
    if own:
        people = {f"member:{own}": actor().name} | people
    spoken_for = members.speaks_for(reading(), bank(), own) if own else []
    listed = members.organisations(reading(), bank()) if actor().is_broker else spoken_for
    organisations = {line.party: line.name for line in lines if line.partner.organisation_id}
    organisations |= {f"organisation:{one.id}": one.name for one in listed}
    commissioners = readers.commissioners(reading(), bank()) if actor().is_broker else []
    return {"people": people, "organisations": organisations, "commissioners": commissioners}


@pages.get("/promises/<int:commitment_id>")
@access("public")
def promise(commitment_id: int) -> str:
    """A promise, with everything that became of it."""
    return _promise(commitment_id, Form({"kind": request.args.get("kind", "")}))


def _promise(commitment_id: int, form: Form) -> str:
    promise = promise_queries.promise(reading(), bank(), commitment_id, by=actor_or_none())
    by = actor_or_none()
    place = promise.row.partnership_id
    residents = (
        [
            line
            for line in queries.partner_lines(reading(), bank(), place, by=by)
            if line.partner.part == Capacity.RESIDENT
            and line.partner.member_id != promise.row.member_id
        ]
        if place and by is not None and by.is_broker
        else []
    )
    return render_template(
        "dialogue/promise.html",
        form=form,
        promise=promise,
        may=commitments.may(reading(), bank(), promise.row, promise.state, by) if by else [],
        runs=by is not None and commitments.may_hand(reading(), bank(), promise.row, by),
        own=by is not None and by.member_id is not None and by.member_id == promise.row.member_id,
        residents=residents,
        heard=said.heard(promise),
        insider=by is not None,
        on=today(),
        words=rules,
    )


@pages.post("/promises/<int:commitment_id>/step")
@access("member")
def step(commitment_id: int) -> Response:
    """Say what has become of a promise."""
    promise = promise_queries.promise(reading(), bank(), commitment_id, by=actor_or_none())
    if not commitments.may(reading(), bank(), promise.row, promise.state, actor()):
        raise NotAllowed(say("This is not your promise. Whoever owns it says what became of it."))

    def do(session: Session, sent: Entered[NewStep]) -> Response:
        new, heard = entered(session, sent)
        commitments.take_step(session, bank(), commitment_id, new, heard)
        flash(shown(_STEPPED[new.kind]))
        return redirect(url_for(".promise", commitment_id=commitment_id), 303)

    return submit(StepIn(), do, lambda form: _promise(commitment_id, form))


_STEPPED = {
    StepKind.MOVED: say("Done: it has another day."),
    StepKind.DONE: say("Done: it is said to be done. Now a resident says whether that is so."),
    StepKind.CONFIRMED: say("Done: thank you for saying so."),
    StepKind.DROPPED: say("Done: the reason stands where everybody can read it."),
    StepKind.MISTAKEN: say("Done: it is marked as a mistake, and stays to be read."),
}


@pages.route("/promises/<int:commitment_id>/hand", methods=["GET", "POST"])
@access("member")
def hand(commitment_id: int) -> Response:
    """Give a promise another owner."""
    promise = promise_queries.promise(reading(), bank(), commitment_id, by=actor_or_none())
    if not commitments.may_hand(reading(), bank(), promise.row, actor()):
        raise NotAllowed(say("Only the chair and the staff can do that. Ask one of them."))

    def do(session: Session, sent: Entered[HandedOver]) -> Response:
        over, heard = entered(session, sent)
        commitments.hand_over(session, bank(), commitment_id, over.owner, over.words, heard)
        flash(shown(say("Done: it has another owner.")))
        return redirect(url_for(".promise", commitment_id=commitment_id), 303)

    return submit(
        HandIn(),
        do,
        lambda form: render_template(
            "dialogue/hand.html",
            form=form,
            promise=promise,
            **_owners(promise.row.partnership_id or 0),
        ),
    )


@pages.post("/promises/<int:commitment_id>/name")
@access("member")
def show_name(commitment_id: int) -> Response:
    """Let one's name stand beside a promise where everybody can read it, or no longer."""
    commitments.require_own_name(
        promise_queries.commitment(reading(), bank(), commitment_id), actor()
    )

    def do(session: Session, wanted: Shown) -> Response:
        commitments.show_name(session, bank(), commitment_id, wanted.shown, act())
        flash(
            shown(
                say("Done: everybody can read your name there.")
                if wanted.shown
                else say("Done: only members can read your name there.")
            )
        )
        return redirect(url_for(".promise", commitment_id=commitment_id), 303)

    return submit(NameShownIn(), do, lambda form: _promise(commitment_id, form))


@pages.get("/owned")
@access("commissioner")
def owned() -> str:
    """The promises that a commissioner answers for."""
    return _owned(Form())


def _owned(form: Form) -> str:
    mine = actor().commissioner_id
    promises = promise_queries.owned_by_commissioner(reading(), bank(), mine) if mine else []
    return render_template(
        "dialogue/owned.html", form=form, promises=promises, on=today(), words=rules
    )


@pages.post("/owned/<int:commitment_id>")
@access("commissioner")
def owned_step(commitment_id: int) -> Response:
    """A commissioner moves, finishes or drops a promise of theirs."""
    promise_queries.commitment(reading(), bank(), commitment_id)

    def do(session: Session, sent: Entered[NewStep]) -> Response:
        commitments.take_step(session, bank(), commitment_id, sent.value, act())
        flash(shown(_STEPPED[sent.value.kind]))
        return redirect(url_for(".owned"), 303)

    return submit(StepIn(), do, _owned)
