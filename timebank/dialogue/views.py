"""Pages of partnerships, conversations and promises, and of what was said and done."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import atom
from timebank.access import commissioners as readers
from timebank.act import Act, Actor, Entered, Word
from timebank.activities import queries as activities
from timebank.db import reading
from timebank.dialogue import (
    commitments,
    conversations,
    evaluations,
    papers,
    partnerships,
    queries,
    rules,
    said,
)
from timebank.dialogue.rules import (
    EvaluationAnswers,
    Frame,
    Hands,
    Lost,
    NewCommitment,
    NewOption,
    NewPartner,
    NewPartnership,
    NewPoint,
    NewSounding,
    NewStep,
    NewVerdict,
    Reached,
    StepKind,
)
from timebank.dialogue.schemas import (
    CommitmentIn,
    EvaluationIn,
    FrameIn,
    HandedOver,
    HandIn,
    HandsIn,
    LostIn,
    MeetingIn,
    MeetingOf,
    NameShownIn,
    OptionIn,
    PartnerForm,
    PartnershipForm,
    PlanIn,
    Planned,
    PointIn,
    PrioritiesIn,
    ReachedIn,
    Shown,
    SoundingIn,
    StepIn,
    StepName,
    StepNameIn,
    VerdictIn,
    WrittenPartner,
    WrittenPartnership,
)
from timebank.errors import NotAllowed
from timebank.http import access, shown, voice
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, everybody, today, understood
from timebank.members.rules import Capacity
from timebank.say import say
from timebank.schema import load
from timebank.web.forms import Form, submit

pages = Blueprint("dialogue", __name__, url_prefix="/b/<bank>/dialogue")

ROWS = 6
"""So many things that matter the form has room for."""


@pages.get("")
@access("public")
def index() -> str:
    """The partnerships there are, and how their promises stand."""
    promises = queries.promises(reading(), bank())
    rows = queries.partnerships(reading(), bank())
    by_place: dict[int | None, list[queries.Promise]] = {}
    for promise in promises:
        by_place.setdefault(promise.row.partnership_id, []).append(promise)
    return render_template(
        "dialogue/index.html",
        partnerships=rows,
        sums={row.id: queries.sums(by_place.get(row.id, []), today=today()) for row in rows},
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
    promises = queries.promises_of(reading(), bank(), row.id)
    lines = queries.partner_lines(reading(), bank(), row.id)
    return render_template(
        "dialogue/show.html",
        form=form,
        partnership=row,
        partners=lines,
        counted={part: sum(1 for line in lines if line.partner.part == part) for part in Capacity},
        steps=queries.steps(reading(), bank(), row.id),
        priorities=queries.priorities(reading(), bank(), row.id),
        conversations=queries.dialogues(reading(), bank(), row.id),
        sums=queries.sums(promises, today=today()),
        promises=promises,
        runs=_runs(row),
        insider=actor_or_none() is not None,
        words=rules,
    )


def actor_or_none() -> Actor | None:
    """Whoever is signed in as a member; None for a visitor, and for a commissioner."""
    by: Actor | None = g.get("actor")
    return None if by is None or by.is_commissioner else by


def _runs(row: Any) -> bool:
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


@pages.post("/<int:partnership_id>/end")
@access("member")
def end(partnership_id: int) -> Response:
    """End a partnership."""

    def do(session: Session, _: Any) -> Response:
        partnerships.end(session, bank(), partnership_id, act())
        flash(shown(say("Done: it has ended. What it promised stays to be read.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    return submit(None, do, lambda form: _show(partnership_id, form))


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
                session, bank(), written.who, field="who", within=everybody()
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

    def do(session: Session, reached: Reached) -> Response:
        reached = understood(session, reached, within=everybody())
        partnerships.reach_step(session, bank(), partnership_id, reached, act())
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
            partners=queries.partner_lines(reading(), bank(), row.id),
            steps=queries.steps(reading(), bank(), row.id),
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
        set_ = load(PrioritiesIn(), _priorities(request.form))
        partnerships.set_priorities(session, bank(), partnership_id, set_, act())
        flash(shown(say("Done: that is what matters first.")))
        return redirect(url_for(".show", partnership_id=partnership_id), 303)

    initial: dict[str, str] = {}
    for priority in queries.priorities(reading(), bank(), row.id)[:ROWS]:
        for name in _OF_PRIORITY:
            initial[f"{name}_{priority.place}"] = getattr(priority, name)
    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/set_priorities.html", form=form, partnership=row, rows=range(1, ROWS + 1)
        ),
        initial=initial,
    )


_OF_PRIORITY = ("words", "reason", "evidence", "going_on", "touches")


def _priorities(written: Mapping[str, str]) -> dict[str, Any]:
    """The rows of the form in which something is written."""
    rows = [
        {name: written.get(f"{name}_{place}", "") for name in _OF_PRIORITY}
        for place in range(1, ROWS + 1)
    ]
    return {"priorities": [row for row in rows if any(value.strip() for value in row.values())]}


# ---- What was said and done ----


@pages.get("/<int:partnership_id>/said-done")
@access("public")
def said_done(partnership_id: int) -> str:
    """What people said, what was decided, and what became of it."""
    row = queries.partnership(reading(), bank(), partnership_id)
    account = said.told(reading(), bank(), row, today=today())
    return render_template(
        "dialogue/said_done.html",
        partnership=row,
        told=account,
        on=today(),
        insider=actor_or_none() is not None,
        runs=_runs(row),
        words=rules,
    )


@pages.get("/<int:partnership_id>/feed")
@access("public")
def feed(partnership_id: int) -> Response:
    """What became of the promises of a partnership, the latest first, for feed readers (Atom)."""
    row = queries.partnership(reading(), bank(), partnership_id)
    steps = said.feed(
        bank(),
        row,
        queries.promises_of(reading(), bank(), row.id),
        own=url_for(".feed", partnership_id=row.id, _external=True),
        page=url_for(".said_done", partnership_id=row.id, _external=True),
        url=lambda one: url_for(".promise", commitment_id=one.row.id, _external=True),
    )
    return Response(atom.written(steps, voice()), mimetype=atom.MIMETYPE)


@pages.get("/<int:partnership_id>/said-done.pdf")
@access("public")
def poster(partnership_id: int) -> Response:
    """The same as a poster, A3."""
    row = queries.partnership(reading(), bank(), partnership_id)
    account = said.told(reading(), bank(), row, today=today())
    return _pdf(papers.poster(bank(), row, account, voice(), today=today()), "poster")


@pages.get("/<int:partnership_id>/letter.pdf")
@access("broker")
def letter(partnership_id: int) -> Response:
    """The same as a letter, for those who left their details and have no e-mail."""
    row = queries.partnership(reading(), bank(), partnership_id)
    account = said.told(reading(), bank(), row, today=today())
    return _pdf(papers.letter(bank(), row, account, voice(), today=today()), "letter")


def _pdf(content: bytes, name: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


# ---- Promises ----


@pages.route("/promises/new", methods=["GET", "POST"])
@access("member")
def new_promise() -> Response:
    """Promise something, or enter what somebody promised."""
    wanted = {name: request.args.get(name, type=int) for name in _FOR}

    def do(session: Session, sent: Entered[NewCommitment]) -> Response:
        new, heard = _entered(session, sent)
        row = commitments.promise(session, bank(), new, heard)
        flash(shown(say("Done: it is promised for %(day)s.", day=new.due_on)))
        return redirect(url_for(".promise", commitment_id=row.id), 303)

    def page(form: Form) -> str:
        partnership_id = int(form.value("partnership_id") or 0)
        return render_template(
            "dialogue/new_promise.html", form=form, **_owners(partnership_id), **_for_what(form)
        )

    return submit(CommitmentIn(), do, page, initial=_promise_for(wanted))


_FOR = ("partnership_id", "priority_id", "option_id")


def _promise_for(wanted: Mapping[str, int | None]) -> dict[str, Any]:
    """What the form of a promise begins with: the option or priority it is for."""
    initial: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    if wanted["option_id"]:
        option, talk = queries.option_with_talk(reading(), bank(), wanted["option_id"])
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
    partnership_id = int(form.value("partnership_id") or 0)
    return {
        "partnerships": queries.partnerships(reading(), bank()),
        "priorities": queries.priorities(reading(), bank(), partnership_id),
    }


def _owners(partnership_id: int) -> dict[str, Any]:
    """Those who can be named as owners: oneself, those in the partnership, and the bodies."""
    lines = queries.partner_lines(reading(), bank(), partnership_id) if partnership_id else []
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


def _entered(session: Session, sent: Entered[Any]) -> tuple[Any, Act]:
    """What was sent, with ids in the place of parties, and the act on the word it came by."""
    return understood(session, sent.value, within=everybody()), act(sent.word)


@pages.get("/promises/<int:commitment_id>")
@access("public")
def promise(commitment_id: int) -> str:
    """A promise, with everything that became of it."""
    return _promise(commitment_id, Form({"kind": request.args.get("kind", "")}))


def _promise(commitment_id: int, form: Form) -> str:
    promise = queries.promise(reading(), bank(), commitment_id)
    by = actor_or_none()
    place = promise.row.partnership_id
    residents = (
        [
            line
            for line in queries.partner_lines(reading(), bank(), place)
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
        insider=by is not None,
        on=today(),
        words=rules,
    )


@pages.post("/promises/<int:commitment_id>/step")
@access("member")
def step(commitment_id: int) -> Response:
    """Say what has become of a promise."""
    promise = queries.promise(reading(), bank(), commitment_id)
    if not commitments.may(reading(), bank(), promise.row, promise.state, actor()):
        raise NotAllowed(say("This is not your promise. Whoever owns it says what became of it."))

    def do(session: Session, sent: Entered[NewStep]) -> Response:
        new, heard = _entered(session, sent)
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
    promise = queries.promise(reading(), bank(), commitment_id)
    if not commitments.may_hand(reading(), bank(), promise.row, actor()):
        raise NotAllowed(say("Only the chair and the staff can do that. Ask one of them."))

    def do(session: Session, sent: Entered[HandedOver]) -> Response:
        over, heard = _entered(session, sent)
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
    commitments.require_own_name(queries.commitment(reading(), bank(), commitment_id), actor())

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
    promises = queries.owned_by_commissioner(reading(), bank(), mine) if mine else []
    return render_template(
        "dialogue/owned.html", form=form, promises=promises, on=today(), words=rules
    )


@pages.post("/owned/<int:commitment_id>")
@access("commissioner")
def owned_step(commitment_id: int) -> Response:
    """A commissioner moves, finishes or drops a promise of theirs."""
    queries.commitment(reading(), bank(), commitment_id)

    def do(session: Session, sent: Entered[NewStep]) -> Response:
        commitments.take_step(session, bank(), commitment_id, sent.value, act())
        flash(shown(_STEPPED[sent.value.kind]))
        return redirect(url_for(".owned"), 303)

    return submit(StepIn(), do, _owned)


# ---- Conversations ----


@pages.route("/<int:partnership_id>/conversations/new", methods=["GET", "POST"])
@access("member")
def plan_conversation(partnership_id: int) -> Response:
    """Plan a conversation on something that matters."""
    row = queries.partnership(reading(), bank(), partnership_id)
    partnerships.require_run(row, actor())

    def do(session: Session, planned: Planned) -> Response:
        planned = understood(session, planned, within=everybody())
        talk = conversations.plan(
            session, bank(), partnership_id, planned.frame, act(), priority_id=planned.priority_id
        )
        flash(shown(say("Done: it is planned. It opens once its frame says everything.")))
        return redirect(url_for(".conversation", dialogue_id=talk.id), 303)

    return submit(
        PlanIn(),
        do,
        lambda form: render_template(
            "dialogue/plan_conversation.html",
            form=form,
            partnership=row,
            priorities=queries.priorities(reading(), bank(), row.id),
            partners=queries.partner_lines(reading(), bank(), row.id),
        ),
        initial={"priority_id": request.args.get("priority_id", "")},
    )


@pages.route("/conversations/<int:dialogue_id>/frame", methods=["GET", "POST"])
@access("member")
def frame(dialogue_id: int) -> Response:
    """Write the frame of a conversation."""
    talk = _run(dialogue_id)

    def do(session: Session, written: Frame) -> Response:
        written = understood(session, written, within=everybody())
        conversations.set_frame(session, bank(), dialogue_id, written, act())
        flash(shown(say("Done: that is its frame.")))
        return redirect(url_for(".conversation", dialogue_id=dialogue_id), 303)

    initial = {name: getattr(talk, name) or "" for name in Frame.__dataclass_fields__}
    initial["answers_on"] = talk.answers_on.isoformat() if talk.answers_on else ""
    initial["decider"] = f"member:{talk.decider_id}" if talk.decider_id else ""
    return submit(
        FrameIn(),
        do,
        lambda form: render_template(
            "dialogue/frame.html",
            form=form,
            talk=talk,
            partners=queries.partner_lines(reading(), bank(), talk.partnership_id or 0),
        ),
        initial=initial,
    )


def _run(dialogue_id: int) -> Any:
    """A conversation, for whoever sees to it. Raises NotFound, NotAllowed."""
    talk = queries.dialogue(reading(), bank(), dialogue_id)
    partnerships.require_run(_place(talk), actor())
    return talk


def _place(talk: Any) -> Any:
    if talk.partnership_id is None:
        return None
    return queries.partnership(reading(), bank(), talk.partnership_id)


@pages.get("/conversations/<int:dialogue_id>")
@access("member")
def conversation(dialogue_id: int) -> str:
    """A conversation: its frame, its options, what was said, and the answers."""
    return _conversation(dialogue_id, Form())


def _conversation(dialogue_id: int, form: Form) -> str:
    talk = queries.dialogue(reading(), bank(), dialogue_id)
    place = _place(talk)
    by = actor()
    runs = partnerships.may_run(place, by)
    return render_template(
        "dialogue/conversation.html",
        form=form,
        talk=talk,
        partnership=place,
        options=queries.options(reading(), bank(), talk.id),
        points=queries.points(reading(), bank(), talk.id),
        against=queries.reasons_against(reading(), bank(), talk.id),
        mine=queries.own_soundings(reading(), bank(), talk.id, by.member_id or 0),
        meetings=[
            activities.meeting(reading(), bank(), session_id)
            for session_id in queries.meetings(reading(), bank(), talk.id)
        ],
        evaluation=queries.evaluation_of(reading(), bank(), dialogue_id=talk.id),
        runs=runs,
        decides=by.is_broker or (talk.decider_id is not None and talk.decider_id == by.member_id),
        speaks=conversations.may_speak(reading(), bank(), talk, by),
        partners=queries.partner_lines(reading(), bank(), talk.partnership_id or 0) if runs else [],
        on=today(),
        words=rules,
    )


def _back(dialogue_id: int, words: Any) -> Response:
    flash(shown(words))
    return redirect(url_for(".conversation", dialogue_id=dialogue_id), 303)


@pages.post("/conversations/<int:dialogue_id>/open")
@access("member")
def open_conversation(dialogue_id: int) -> Response:
    """Open a conversation."""

    def do(session: Session, _: Any) -> Response:
        conversations.open_conversation(session, bank(), dialogue_id, act())
        return _back(dialogue_id, say("Done: it is open."))

    return submit(None, do, lambda form: _conversation(dialogue_id, form))


@pages.post("/conversations/<int:dialogue_id>/close")
@access("member")
def close_conversation(dialogue_id: int) -> Response:
    """Close a conversation, once every option has an answer."""

    def do(session: Session, _: Any) -> Response:
        conversations.close(session, bank(), dialogue_id, act())
        return _back(
            dialogue_id, say("Done: it is closed. Now see to it that somebody promises it.")
        )

    return submit(None, do, lambda form: _conversation(dialogue_id, form))


@pages.post("/conversations/<int:dialogue_id>/meetings")
@access("member")
def add_meeting(dialogue_id: int) -> Response:
    """A session of an activity is a meeting of a conversation."""
    _run(dialogue_id)

    def do(session: Session, of: MeetingOf) -> Response:
        conversations.add_meeting(session, bank(), dialogue_id, of.session_id, act())
        return _back(dialogue_id, say("Done: its register says who was there."))

    return submit(MeetingIn(), do, lambda form: _conversation(dialogue_id, form))


@pages.route("/conversations/<int:dialogue_id>/options/new", methods=["GET", "POST"])
@access("member")
def add_option(dialogue_id: int) -> Response:
    """Add what could be done."""
    talk = queries.dialogue(reading(), bank(), dialogue_id)
    conversations.require_speak(reading(), bank(), talk, actor())

    def do(session: Session, new: NewOption) -> Response:
        conversations.add_option(session, bank(), dialogue_id, new, act())
        return _back(dialogue_id, say("Done: it is one of the options."))

    return submit(
        OptionIn(),
        do,
        lambda form: render_template("dialogue/add_option.html", form=form, talk=talk),
    )


@pages.route("/options/<int:option_id>/edit", methods=["GET", "POST"])
@access("member")
def change_option(option_id: int) -> Response:
    """Say an option better, or what it costs."""
    option, talk = queries.option_with_talk(reading(), bank(), option_id)
    partnerships.require_run(_place(talk), actor())

    def do(session: Session, new: NewOption) -> Response:
        conversations.change_option(session, bank(), option_id, new, act())
        return _back(talk.id, say("Done: that is what it says now."))

    initial = {
        name: getattr(option, name)
        for name in NewOption.__dataclass_fields__
        if name != "not_known"
    }
    initial["minutes"] = f"{option.minutes} min" if option.minutes is not None else ""
    initial["pence"] = f"{option.pence / 100:.2f}" if option.pence is not None else ""
    initial["not_known"] = "yes" if None in (option.minutes, option.pence) else ""
    return submit(
        OptionIn(),
        do,
        lambda form: render_template("dialogue/change_option.html", form=form, talk=talk),
        initial=initial,
    )


@pages.post("/conversations/<int:dialogue_id>/speak")
@access("member")
def speak(dialogue_id: int) -> Response:
    """Say something."""
    talk = queries.dialogue(reading(), bank(), dialogue_id)
    conversations.require_speak(reading(), bank(), talk, actor())

    def do(session: Session, sent: Entered[NewPoint]) -> Response:
        new, heard = _entered(session, sent)
        conversations.speak(session, bank(), dialogue_id, new, heard)
        return _back(dialogue_id, say("Done: it stands with the rest."))

    return submit(PointIn(), do, lambda form: _conversation(dialogue_id, form))


@pages.post("/options/<int:option_id>/sound")
@access("member")
def sound(option_id: int) -> Response:
    """Say how one finds an option."""
    _, talk = queries.option_with_talk(reading(), bank(), option_id)
    conversations.require_speak(reading(), bank(), talk, actor())

    def do(session: Session, sent: Entered[NewSounding]) -> Response:
        new, heard = _entered(session, sent)
        conversations.sound(session, bank(), option_id, new, heard)
        return _back(talk.id, say("Done: the last word counts, until it closes."))

    return submit(SoundingIn(), do, lambda form: _conversation(talk.id, form))


@pages.route("/options/<int:option_id>/hands", methods=["GET", "POST"])
@access("member")
def hands(option_id: int) -> Response:
    """Enter the hands that were counted at a meeting."""
    option, talk = queries.option_with_talk(reading(), bank(), option_id)
    partnerships.require_run(_place(talk), actor())

    def do(session: Session, counted: Hands) -> Response:
        conversations.count_hands(session, bank(), option_id, counted, act())
        return _back(talk.id, say("Done: the hands are counted."))

    return submit(
        HandsIn(),
        do,
        lambda form: render_template(
            "dialogue/hands.html",
            form=form,
            talk=talk,
            option=option,
            meetings=[
                activities.meeting(reading(), bank(), session_id)
                for session_id in queries.meetings(reading(), bank(), talk.id)
            ],
        ),
    )


@pages.route("/options/<int:option_id>/verdict", methods=["GET", "POST"])
@access("member")
def verdict(option_id: int) -> Response:
    """Answer an option."""
    option, talk = queries.option_with_talk(reading(), bank(), option_id)
    conversations.require_decide(talk, actor())

    def do(session: Session, new: NewVerdict) -> Response:
        conversations.give_verdict(session, bank(), option_id, new, act())
        return _back(talk.id, say("Done: the answer stands beside it."))

    return submit(
        VerdictIn(),
        do,
        lambda form: render_template(
            "dialogue/verdict.html", form=form, talk=talk, option=option, words=rules
        ),
    )


@pages.get("/conversations/<int:dialogue_id>/<any(cards, register, script):paper>.pdf")
@access("member")
def conversation_paper(dialogue_id: int, paper: str) -> Response:
    """Cost cards, eight to an A4; a register of hands; what to say on the telephone."""
    talk = _run(dialogue_id)
    options = queries.options(reading(), bank(), talk.id)
    make = {"cards": papers.cards, "register": papers.register, "script": papers.script}[paper]
    return _pdf(make(bank(), talk, options, voice()), paper)


# ---- How the asking was ----


@pages.post("/conversations/<int:dialogue_id>/evaluation")
@access("member")
def evaluate(dialogue_id: int) -> Response:
    """Ask those who were at its meetings how a conversation was."""

    def do(session: Session, _: Any) -> Response:
        row = evaluations.evaluate_conversation(session, bank(), dialogue_id, act())
        flash(shown(say("Done: those who were there are asked.")))
        return redirect(url_for(".evaluation", evaluation_id=row.id), 303)

    return submit(None, do, lambda form: _conversation(dialogue_id, form))


@pages.get("/evaluations/<int:evaluation_id>")
@access("member")
def evaluation(evaluation_id: int) -> str:
    """How many have answered, and once it has closed, what."""
    return _evaluation(evaluation_id, Form())


def _evaluation(evaluation_id: int, form: Form) -> str:
    row = queries.evaluation(reading(), bank(), evaluation_id)
    return render_template(
        "dialogue/evaluation.html",
        form=form,
        evaluation=row,
        sheets=queries.sheets(reading(), bank(), row.id),
        people=queries.people_there(reading(), bank(), row),
        there=queries.was_there(reading(), bank(), row, actor().member_id or 0),
        outcome=queries.outcome(reading(), bank(), row.id) if row.closed_on else None,
        staff=actor().is_broker,
        words=rules,
    )


@pages.route("/evaluations/<int:evaluation_id>/answer", methods=["GET", "POST"])
@access("member")
def answer(evaluation_id: int) -> Response:
    """Say how it was."""
    row = queries.evaluation(reading(), bank(), evaluation_id)
    if not queries.was_there(reading(), bank(), row, actor().member_id or 0):
        raise NotAllowed(say("Those who were there are asked. You are not on the register."))

    def do(session: Session, answers: EvaluationAnswers) -> Response:
        evaluations.answer(session, bank(), evaluation_id, answers, act())
        flash(shown(say("Thank you. Your answers are kept apart from your name.")))
        return redirect(url_for(".evaluation", evaluation_id=evaluation_id), 303)

    return submit(EvaluationIn(), do, lambda form: _questions("dialogue/answer.html", form, row))


@pages.route("/evaluations/<int:evaluation_id>/paper", methods=["GET", "POST"])
@access("broker")
def answer_on_paper(evaluation_id: int) -> Response:
    """Type in a sheet of paper."""
    row = queries.evaluation(reading(), bank(), evaluation_id)

    def do(session: Session, answers: EvaluationAnswers) -> Response:
        evaluations.answer_on_paper(session, bank(), evaluation_id, answers, act())
        flash(shown(say("Done: that sheet is in. Now the next one.")))
        return redirect(url_for(".answer_on_paper", evaluation_id=evaluation_id), 303)

    return submit(
        EvaluationIn(), do, lambda form: _questions("dialogue/answer_on_paper.html", form, row)
    )


def _questions(template: str, form: Form, row: Any) -> str:
    return render_template(
        template,
        form=form,
        evaluation=row,
        statements=rules.STATEMENTS,
        questions=rules.OPEN_QUESTIONS,
        rungs=rules.RUNGS,
    )


@pages.get("/evaluations/<int:evaluation_id>/form.pdf")
@access("broker")
def evaluation_form(evaluation_id: int) -> Response:
    """The form on paper."""
    row = queries.evaluation(reading(), bank(), evaluation_id)
    return _pdf(papers.evaluation_form(bank(), row, voice()), "evaluation")


@pages.post("/evaluations/<int:evaluation_id>/close")
@access("broker")
def close_evaluation(evaluation_id: int) -> Response:
    """Take no more answers."""

    def do(session: Session, _: Any) -> Response:
        evaluations.close(session, bank(), evaluation_id, act())
        flash(shown(say("Done: it is closed, and can be read.")))
        return redirect(url_for(".evaluation", evaluation_id=evaluation_id), 303)

    return submit(None, do, lambda form: _evaluation(evaluation_id, form))
