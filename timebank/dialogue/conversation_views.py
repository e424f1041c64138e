"""Pages of conversations: their frame, options, what was said, and the answers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.act import Entered, Word
from timebank.activities import queries as activities
from timebank.activities.rules import STAGE_WORDS, Stage
from timebank.activities.schemas import SessionForm, WrittenPlan
from timebank.db import reading
from timebank.dialogue import (
    conversation_queries,
    conversations,
    evaluation_queries,
    evaluations,
    papers,
    partnerships,
    queries,
    rules,
)
from timebank.dialogue.rules import (
    Frame,
    MeetingHands,
    NewOption,
    NewPoint,
    NewSounding,
    NewVerdict,
    OptionHands,
    Sound,
)
from timebank.dialogue.schemas import (
    FrameIn,
    MeetingIn,
    MeetingOf,
    OptionIn,
    PlanIn,
    Planned,
    PointIn,
    SaidBy,
    SaidByIn,
    SoundingForm,
    SoundingIn,
    VerdictIn,
    WrittenSounding,
)
from timebank.dialogue.views import entered, pages, pdf
from timebank.errors import Invalid, NotFound
from timebank.http import access, shown, voice
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, everybody, today, understood
from timebank.members.rules import Capacity
from timebank.say import Said, say
from timebank.web.forms import Form, submit
from timebank.web.paths import row_id


@pages.route("/<int:partnership_id>/conversations/new", methods=["GET", "POST"])
@access("member")
def plan_conversation(partnership_id: int) -> Response:
    """Plan a conversation on something that matters."""
    row = queries.partnership(reading(), bank(), partnership_id)
    partnerships.require_run(row, actor())

    def do(session: Session, sent: Entered[Planned]) -> Response:
        planned, heard = entered(session, sent)
        talk = conversations.plan(
            session, bank(), partnership_id, planned.frame, heard, priority_id=planned.priority_id
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
            partners=queries.partner_lines(reading(), bank(), row.id, by=actor()),
        ),
        initial={"priority_id": request.args.get("priority_id", "")},
    )


@pages.route("/conversations/<int:dialogue_id>/frame", methods=["GET", "POST"])
@access("member")
def frame(dialogue_id: int) -> Response:
    """Write the frame of a conversation."""
    talk = _run(dialogue_id)

    def do(session: Session, sent: Entered[Frame]) -> Response:
        written, heard = entered(session, sent)
        conversations.set_frame(session, bank(), dialogue_id, written, heard)
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
            partners=queries.partner_lines(reading(), bank(), talk.partnership_id or 0, by=actor()),
        ),
        initial=initial,
    )


def _run(dialogue_id: int) -> Any:
    """A conversation, for whoever sees to it. Raises NotFound, NotAllowed."""
    talk = conversation_queries.dialogue(reading(), bank(), dialogue_id)
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
    talk = conversation_queries.dialogue(reading(), bank(), dialogue_id)
    place = _place(talk)
    by = actor()
    runs = partnerships.may_run(place, by)
    meetings = conversation_queries.meetings(reading(), bank(), talk.id)
    mine = conversation_queries.own_soundings(reading(), bank(), talk.id, by.member_id or 0)
    return render_template(
        "dialogue/conversation.html",
        form=form,
        talk=talk,
        partnership=place,
        options=conversation_queries.options(reading(), bank(), talk.id),
        points=conversation_queries.points(reading(), bank(), talk.id, by=by),
        against=conversation_queries.reasons_against(reading(), bank(), talk.id),
        mine=mine,
        entered_by=members.who(reading(), bank(), {one.by for one in mine.values() if one.by}),
        meetings=[activities.meeting(reading(), bank(), one) for one in meetings],
        sessions=(activities.near(reading(), bank(), meetings, now=clock.now()) if runs else []),
        plans=runs and talk.closed_at is None and (by.is_broker or bool(meetings)),
        evaluation=evaluation_queries.evaluation_of(reading(), bank(), dialogue_id=talk.id),
        runs=runs,
        decides=by.is_broker or (talk.decider_id is not None and talk.decider_id == by.member_id),
        speaks=conversations.may_speak(reading(), bank(), talk, by),
        partners=queries.partner_lines(reading(), bank(), talk.partnership_id or 0, by=by)
        if runs
        else [],
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


@pages.route("/conversations/<int:dialogue_id>/close", methods=["GET", "POST"])
@access("member")
def close_conversation(dialogue_id: int) -> Response:
    """Close a conversation, once every option has an answer and one has seen what that ends."""
    talk = _run(dialogue_id)
    if request.method == "GET" and (talk.opened_at is None or talk.closed_at is not None):
        return redirect(url_for(".conversation", dialogue_id=dialogue_id))

    def do(session: Session, _: Any) -> Response:
        conversations.close(session, bank(), dialogue_id, act())
        return _back(
            dialogue_id, say("Done: it is closed. Now see to it that somebody promises it.")
        )

    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/close_conversation.html",
            form=form,
            talk=talk,
            options=conversation_queries.options(reading(), bank(), talk.id),
            points=len(conversation_queries.points(reading(), bank(), talk.id, by=actor())),
            meetings=len(conversation_queries.meetings(reading(), bank(), talk.id)),
        ),
    )


@pages.post("/conversations/<int:dialogue_id>/meetings")
@access("member")
def add_meeting(dialogue_id: int) -> Response:
    """A session of an activity is a meeting of a conversation."""
    _run(dialogue_id)

    def do(session: Session, of: MeetingOf) -> Response:
        conversations.add_meeting(session, bank(), dialogue_id, of.session_id, act())
        return _back(dialogue_id, say("Done: its register says who was there."))

    return submit(MeetingIn(), do, lambda form: _conversation(dialogue_id, form))


@pages.route("/conversations/<int:dialogue_id>/meetings/new", methods=["GET", "POST"])
@access("member")
def plan_meeting(dialogue_id: int) -> Response:
    """Plan a meeting of a conversation."""
    talk = _run(dialogue_id)

    def do(session: Session, written: WrittenPlan) -> Response:
        plan = written.plan(bank().timezone)
        planned = conversations.plan_meeting(session, bank(), dialogue_id, plan, act())
        if planned[-1].starts_at < clock.now():
            return _back(dialogue_id, say("Done: its register says who was at that meeting."))
        return _back(dialogue_id, say("Done: the meeting is planned, and people can sign up."))

    place = _place(talk)
    return submit(
        SessionForm(),
        do,
        lambda form: render_template(
            "dialogue/plan_meeting.html", form=form, talk=talk, stages=_STAGES
        ),
        initial={
            "starts_time": "18:00",
            "minutes": "2:00",
            "place": place.place if place else "",
            "stage": Stage.AGREE_OUTCOMES,
        },
    )


_STAGES = {
    stage: STAGE_WORDS[stage]
    for stage in (Stage.AGREE_OUTCOMES, Stage.PLAN_RESOURCES, Stage.DESIGN)
}
"""The stages that a meeting of a conversation can be of."""


@pages.route("/conversations/<int:dialogue_id>/options/new", methods=["GET", "POST"])
@access("member")
def add_option(dialogue_id: int) -> Response:
    """Add what could be done."""
    talk = conversation_queries.dialogue(reading(), bank(), dialogue_id)
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
    option, talk = conversation_queries.option_with_talk(reading(), bank(), option_id)
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
    talk = conversation_queries.dialogue(reading(), bank(), dialogue_id)
    conversations.require_speak(reading(), bank(), talk, actor())

    def do(session: Session, sent: Entered[NewPoint]) -> Response:
        new, heard = entered(session, sent)
        conversations.speak(session, bank(), dialogue_id, new, heard)
        return _back(dialogue_id, say("Done: it stands with the rest."))

    return submit(PointIn(), do, lambda form: _conversation(dialogue_id, form))


@pages.post("/options/<int:option_id>/sound")
@access("member")
def sound(option_id: int) -> Response:
    """Say how one finds an option."""
    _, talk = conversation_queries.option_with_talk(reading(), bank(), option_id)
    conversations.require_speak(reading(), bank(), talk, actor())

    def do(session: Session, sent: Entered[NewSounding]) -> Response:
        new, heard = entered(session, sent)
        conversations.sound(session, bank(), option_id, new, heard)
        return _back(talk.id, say("Done: the last word counts, until it closes."))

    return submit(SoundingIn(), do, lambda form: _conversation(talk.id, form))


@pages.post("/options/<int:option_id>/sound/back")
@access("member")
def take_back_sounding(option_id: int) -> Response:
    """Take back how one finds an option, or how somebody does, on their word."""
    _, talk = conversation_queries.option_with_talk(reading(), bank(), option_id)
    conversations.require_speak(reading(), bank(), talk, actor())

    def do(session: Session, sent: SaidBy) -> Response:
        whose = understood(session, sent, within=everybody())
        conversations.take_back_sounding(session, bank(), option_id, whose.member_id, act())
        return _back(talk.id, say("Done: it is taken back, and counts no more."))

    return submit(SaidByIn(), do, lambda form: _conversation(talk.id, form))


@pages.route("/options/<int:option_id>/word", methods=["GET", "POST"])
@access("member")
def enter_sounding(option_id: int) -> Response:
    """Enter how somebody finds an option, on their word; and what was entered so."""
    option, talk = conversation_queries.option_with_talk(reading(), bank(), option_id)
    conversations.require_run(reading(), bank(), talk, actor())

    def do(session: Session, written: WrittenSounding) -> Response:
        member = members.member_named(
            session, bank(), written.member, field="member", within=everybody()
        )
        new = NewSounding(written.answer, written.why, member.id)
        conversations.sound(session, bank(), option_id, new, act(Word(written.channel)))
        flash(shown(say("Done: that is what %(name)s says.", name=member.name)))
        return redirect(url_for(".enter_sounding", option_id=option_id), 303)

    return submit(
        SoundingForm(),
        do,
        lambda form: render_template(
            "dialogue/enter_sounding.html",
            form=form,
            talk=talk,
            option=option,
            entered=conversation_queries.entered_soundings(
                reading(), bank(), option_id, by=actor()
            ),
            words=rules,
        ),
    )


@pages.route(
    "/conversations/<int:dialogue_id>/meetings/<int:session_id>/hands", methods=["GET", "POST"]
)
@access("member")
def hands(dialogue_id: int, session_id: int) -> Response:
    """Enter all the hands that were counted at a meeting, of each option and in each part."""
    talk = _run(dialogue_id)
    meeting = _meeting(talk, session_id)
    options = conversation_queries.options(reading(), bank(), talk.id)
    rows = [(one.option, part) for one in options for part in Capacity]

    def do(session: Session, _: Any) -> Response:
        counted = MeetingHands(_counted(request.form, [(row.id, part) for row, part in rows]))
        conversations.count_all_hands(session, bank(), dialogue_id, session_id, counted, act())
        return _back(talk.id, say("Done: the hands are counted."))

    entered_before = conversation_queries.hands(reading(), bank(), talk.id, session_id)
    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/hands.html", form=form, talk=talk, meeting=meeting, rows=rows, words=rules
        ),
        initial={
            f"{answer.value}-{option_id}-{part.value}": people
            for (option_id, part, answer), people in entered_before.items()
        },
    )


def _meeting(talk: Any, session_id: int) -> activities.Meeting:
    if session_id not in conversation_queries.meetings(reading(), bank(), talk.id):
        raise NotFound(say("That is no meeting of this conversation."))
    return activities.meeting(reading(), bank(), session_id)


def _counted(written: Mapping[str, str], rows: Sequence[tuple[int, Capacity]]) -> list[OptionHands]:
    """The rows of the form on which something is written. Raises Invalid for each box that holds no
    number, and for a form with nothing on it."""
    wrong: dict[str, Said] = {}
    counted: list[OptionHands] = []
    for option_id, part in rows:
        boxes = {answer: f"{answer.value}-{option_id}-{part.value}" for answer in Sound}
        numbers = {answer: written.get(box, "").strip() for answer, box in boxes.items()}
        wrong |= {
            boxes[answer]: say("Write how many hands there were, as a number.")
            for answer, number in numbers.items()
            if number and not re.fullmatch(r"[0-9]{1,4}", number)
        }
        if any(numbers.values()) and not wrong:
            yes, live, no = (int(numbers[answer] or 0) for answer in _ANSWERS)
            counted.append(OptionHands(option_id, part, yes, live, no))
    if wrong:
        raise Invalid.of(wrong)
    if not counted:
        raise Invalid(say("Write how many hands there were, 0 where there were none."))
    return counted


_ANSWERS = (Sound.YES, Sound.CAN_LIVE, Sound.NO)


@pages.route("/options/<int:option_id>/verdict", methods=["GET", "POST"])
@access("member")
def verdict(option_id: int) -> Response:
    """Answer an option."""
    option, talk = conversation_queries.option_with_talk(reading(), bank(), option_id)
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
    options = conversation_queries.options(reading(), bank(), talk.id)
    make = {"cards": papers.cards, "script": papers.script}.get(paper)
    if make is None:
        return pdf(papers.register(bank(), talk, options, _next(talk), voice()), paper)
    return pdf(make(bank(), talk, options, voice()), paper)


def _next(talk: Any) -> activities.Meeting | None:
    """The meeting for which a register is printed: the one that is asked for, else the next that is
    not over, else the last."""
    asked = request.args.get("session_id", type=row_id)
    if asked is not None:
        return _meeting(talk, asked)
    met = [
        activities.meeting(reading(), bank(), one)
        for one in conversation_queries.meetings(reading(), bank(), talk.id)
    ]
    met.sort(key=lambda one: one.row.starts_at)
    to_come = [one for one in met if one.ends_at > clock.now()]
    return (to_come or met[-1:] or [None])[0]


@pages.post("/conversations/<int:dialogue_id>/evaluation")
@access("member")
def evaluate(dialogue_id: int) -> Response:
    """Ask those who were at its meetings how a conversation was."""

    def do(session: Session, _: Any) -> Response:
        row = evaluations.evaluate_conversation(session, bank(), dialogue_id, act())
        flash(shown(say("Done: those who were there are asked.")))
        return redirect(url_for(".evaluation", evaluation_id=row.id), 303)

    return submit(None, do, lambda form: _conversation(dialogue_id, form))
