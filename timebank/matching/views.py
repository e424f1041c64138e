"""Pages of matching: shortlists, the board of all open requests, introductions, and how much each
reason counts."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.act import Act, Entered
from timebank.api.paging import page as cut_page
from timebank.banks.models import Bank
from timebank.db import reading
from timebank.exchanges.rules import Side, other
from timebank.exchanges.words import HEARD
from timebank.http import access, shown
from timebank.matching import queries, rules, service
from timebank.matching.rules import Answer, NewIntroduction, Outcome, Says, SkillNamed, Weights
from timebank.matching.schemas import (
    AnswerIn,
    BoardIn,
    CarerForm,
    FinishForm,
    FollowUpIn,
    IntroductionForm,
    SkillNamedIn,
    WeightsIn,
    WithdrawIn,
)
from timebank.members import queries as members
from timebank.members.current import act, actor, bank
from timebank.say import Said, say
from timebank.schema import Made, Makes, load
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import Carer, ListingKind
from timebank.web.forms import Form, submit
from timebank.web.paths import row_id
from timebank.web.words import today

_SAYS = {
    Says.YES: say("Yes", context="to being introduced"),
    Says.NO: say("No", context="to being introduced"),
}

pages = Blueprint("matching", __name__, url_prefix="/b/<bank>/matching")


# ---- Who could help ----


@pages.get("/<int:listing_id>")
@access("broker")
def show(listing_id: int) -> str:
    """Who could help with a request, or whom an offer could help, with reasons."""
    return _show(listing_id, None)


def _show(listing_id: int, form: Form | None) -> str:
    session, here, now = reading(), bank(), clock.now()
    listing = skills.listing(session, here, listing_id)
    suggestions = queries.suggested(session, here, listing_id, now=now)
    meant = queries.skill_meant(session, here, listing)
    under_way = (
        queries.introductions(session, here, request_id=listing_id)
        if listing.kind == ListingKind.REQUEST
        else []
    )
    return render_template(
        "matching/show.html",
        shown=skills.shown(session, here, [listing])[0],
        found=suggestions,
        meant=(meant, queries.skill_name(session, here, meant)) if meant else None,
        introductions=under_way,
        stands=rules.STANDS,
        held=next((one for one in under_way if one.introduction.status in rules.UNDER_WAY), None),
        needs=queries.access_needs(session, here, listing.account_id),
        phones=queries.phones(
            session,
            here,
            [one.party for one in (*suggestions.fitting, *suggestions.but, *suggestions.nearest)],
        ),
        follow_up=queries.default_follow_up(here, now),
        staff=members.staff(session, here),
        chosen=form if form and form.error("broker") else Form({"broker": listing.broker_id}),
        form=form,
    )


@pages.route("/<int:listing_id>/introduce", methods=["GET", "POST"])
@access("broker")
def introduce(listing_id: int) -> Response:
    """Look over which two would be put in touch, then ask the first of them."""
    wanted = skills.shown(reading(), bank(), [skills.listing(reading(), bank(), listing_id)])[0]
    chosen = request.values.get("giver", type=row_id)
    if chosen is None:
        # Nobody is chosen yet: that is done on the shortlist.
        return redirect(url_for(".show", listing_id=listing_id))

    def do(session: Session, new: NewIntroduction) -> Response:
        made = service.introduce(session, bank(), listing_id, new, act())
        seen = queries.seen(session, bank(), [made])[0]
        flash(shown(say("Done: %(name)s is asked first.", name=seen.giver.name)))
        return redirect(url_for(".introduction", introduction_id=made.id), 303)

    def page(form: Form) -> str:
        offered = form.value("offer") or request.args.get("offer", "")
        return render_template(
            "matching/introduce.html",
            form=form,
            wanted=wanted,
            giver=members.party(reading(), bank(), chosen),
            offer=offered,
        )

    return submit(
        IntroductionForm(),
        do,
        page,
        initial={
            "channel": "phone",
            "follow_up_on": queries.default_follow_up(bank(), clock.now()),
        },
    )


@pages.post("/<int:listing_id>/broker")
@access("broker")
def take_on(listing_id: int) -> Response:
    """Say which broker looks after a request or an offer."""

    def do(session: Session, carer: Carer) -> Response:
        skills_service.take_on(session, bank(), listing_id, carer, act())
        flash(shown(say("Done: that is kept.")))
        return redirect(url_for(".show", listing_id=listing_id), 303)

    return submit(CarerForm(), do, lambda form: _show(listing_id, form))


@pages.post("/<int:listing_id>/skill")
@access("broker")
def name_skill(listing_id: int) -> Response:
    """Say under which skill a request stands: the one that its words mean."""

    def do(session: Session, named: SkillNamed) -> Response:
        details = skills.details(skills.listing(session, bank(), listing_id))
        named_so = replace(details, skill_id=named.skill_id)
        skills_service.change(session, bank(), listing_id, named_so, act())
        flash(shown(say("Done: it stands under that skill.")))
        return redirect(url_for(".show", listing_id=listing_id), 303)

    return submit(SkillNamedIn(), do, lambda form: _show(listing_id, form))


@pages.get("/board")
@access("broker")
def board() -> str:
    """The open requests that nobody has, with the helpers who together fit best."""
    from timebank.matching import board as boards  # noqa: PLC0415  (heavy, as searching is)

    session, here = reading(), bank()
    asked = {name: text for name, text in request.args.items() if text}
    filters = load(BoardIn(), asked, unknown="exclude")
    page = boards.board(
        session,
        here,
        filters,
        broker_id=actor().member_id,
        limit=rules.ON_BOARD,
        now=clock.now(),
    )
    listed = cut_page(page.proposals, rules.ON_BOARD, key="request.listing.id")
    helpers = [one.candidate.party for one in listed["items"] if one.candidate]
    phones = queries.phones(
        session, here, [*helpers, *(one.request.party for one in page.proposals)]
    )
    following = {**asked, "cursor": str(listed["next"])}
    return render_template(
        "matching/board.html",
        board=page,
        proposals=listed["items"],
        more=f"{url_for('.board')}?{urlencode(following)}" if listed["next"] else "",
        filters=filters,
        form=Form(asked),
        categories=[
            (branch.category.id, branch.category.name) for branch in skills.tree(session, here)
        ],
        areas=[(area, area) for area in skills.areas(session, here)],
        phones=phones,
    )


# ---- Introductions ----


@pages.get("/introductions/<int:introduction_id>")
@access("member")
def introduction(introduction_id: int) -> str:
    """One introduction, for the two and the staff."""
    return _introduction(introduction_id, None)


def _introduction(introduction_id: int, form: Form | None) -> str:
    seen_whole = queries.view(reading(), bank(), introduction_id, by=actor())
    row = seen_whole.seen.introduction
    day_kept = Form({"follow_up_on": row.follow_up_on})
    return render_template(
        "matching/introduction.html",
        view=seen_whole,
        seen=seen_whole.seen,
        introduction=row,
        stands=rules.STANDS,
        says_words=_SAYS,
        under_way=row.status in rules.UNDER_WAY,
        by=queries.who(reading(), bank(), row),
        day=form if form and form.error("follow_up_on") else day_kept,
        form=form or Form(),
    )


@pages.route("/introductions/<int:introduction_id>/answer", methods=["GET", "POST"])
@access("member")
def answer(introduction_id: int) -> Response:
    """Say yes, and by what one may be reached; or no."""

    def do(session: Session, given: Answer) -> Response:
        service.answer(session, bank(), introduction_id, given, act())
        done = (
            say("Done: that is a yes.")
            if given.says == Says.YES
            else say("Done: that is a no, and nobody asks why.")
        )
        flash(shown(done))
        return redirect(url_for(".introduction", introduction_id=introduction_id), 303)

    def page(form: Form) -> str:
        view = queries.view(reading(), bank(), introduction_id, by=actor())
        asked = form.value("side") or request.args.get("side", "")
        side = Side.RECEIVER if asked == Side.RECEIVER else Side.GIVER
        return render_template(
            "matching/answer.html",
            form=form,
            seen=view.seen,
            side=side,
            own=side in view.sides,
            party=view.seen.party(side),
            across=view.seen.party(other(side)),
        )

    return submit(AnswerIn(), do, page)


@pages.post("/introductions/<int:introduction_id>/withdraw")
@access("broker")
def withdraw(introduction_id: int) -> Response:
    """Call an introduction off."""
    return _step(
        introduction_id,
        WithdrawIn(),
        service.withdraw,
        say("Done: it is called off, and whoever had heard of it is told."),
    )


@pages.post("/introductions/<int:introduction_id>/follow-up")
@access("broker")
def follow_up(introduction_id: int) -> Response:
    """Say when to ask how it went."""
    done = say("Done: the day is kept.")
    return _step(introduction_id, FollowUpIn(), service.follow_up, done)


@pages.post("/introductions/<int:introduction_id>/undo")
@access("broker")
def undo(introduction_id: int) -> Response:
    """Take back what one did with an introduction last."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.undo(session, bank(), introduction_id, act())
        flash(shown(say("Done: that is undone, and it is as it was before.")))
        return redirect(url_for(".introduction", introduction_id=introduction_id), 303)

    return submit(None, do, lambda form: _introduction(introduction_id, form))


@pages.route("/introductions/<int:introduction_id>/finish", methods=["GET", "POST"])
@access("broker")
def finish(introduction_id: int) -> Response:
    """The help was given: log the hours on somebody's word, and the request is met."""

    def do(session: Session, entered: Entered[Outcome]) -> Response:
        outcome = entered.value
        service.finish(session, bank(), introduction_id, outcome, act(entered.word))
        done = (
            say(
                "Done: the hours are written down, and the other one is asked to say “that’s"
                " right”."
            )
            if outcome.minutes
            else say("Done: the request is met, without hours.")
        )
        flash(shown(done))
        return redirect(url_for(".introduction", introduction_id=introduction_id), 303)

    def page(form: Form) -> str:
        seen_whole = queries.view(reading(), bank(), introduction_id, by=actor())
        return render_template(
            "matching/finish.html",
            form=form,
            seen=seen_whole.seen,
            introduction=seen_whole.seen.introduction,
            heard=HEARD,
        )

    receiver = queries.introduction(reading(), bank(), introduction_id).receiver_id
    return submit(
        FinishForm(),
        do,
        page,
        initial={"occurred_on": today(), "on_word_of": receiver, "channel": "phone"},
    )


def _step(
    introduction_id: int,
    schema: Makes[Made],
    step: Callable[[Session, Bank, int, Made, Act], object],
    done: Said,
) -> Response:
    def do(session: Session, value: Made) -> Response:
        step(session, bank(), introduction_id, value, act())
        flash(shown(done))
        return redirect(url_for(".introduction", introduction_id=introduction_id), 303)

    return submit(schema, do, lambda form: _introduction(introduction_id, form))


# ---- How much each reason counts ----


@pages.route("/weights", methods=["GET", "POST"])
@access("coordinator")
def weights() -> Response:
    """How much each reason counts in this bank."""

    def do(session: Session, weights: Weights) -> Response:
        service.set_weights(session, bank(), weights, act())
        flash(shown(say("Done: shortlists are made like that from now on.")))
        return redirect(url_for(".weights"), 303)

    def page(form: Form) -> str:
        words = {name: shown(said) for name, said in rules.WEIGHT_WORDS.items()}
        return render_template("matching/weights.html", form=form, words=words)

    return submit(WeightsIn(), do, page, initial=asdict(queries.weights(reading(), bank())))
