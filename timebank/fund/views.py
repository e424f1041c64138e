"""Pages of the fund: rounds and their ideas, the vote, its result, and what came of it."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from flask import (
    Blueprint,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.act import Act, Channel, Word
from timebank.activities import queries as activities
from timebank.db import reading
from timebank.dialogue.rules import POINT_WORDS
from timebank.errors import Invalid, NotFound, together
from timebank.fund import awards, money, queries, rules, service, small, telling, voting
from timebank.fund import papers as papers_of
from timebank.fund.counting import CountMethod
from timebank.fund.rules import (
    Accounted,
    Checked,
    Finding,
    Found,
    FundUnit,
    NewCeiling,
    NewPoint,
    NewReport,
    NewRound,
    NewSmallAward,
    PotKind,
    RoundState,
    Scrutineers,
)
from timebank.fund.schemas import (
    AwardReportIn,
    BallotIn,
    BallotStep,
    CeilingIn,
    ChangeIn,
    ConditionsIn,
    FindingIn,
    FundReasonIn,
    HoursAwardReportIn,
    HoursWrittenIdeaIn,
    IdeaAnswerIn,
    IdeaCheckedForm,
    IdeaPointIn,
    JoinedForm,
    OrganisationPutInIn,
    PapersIn,
    PaperTypedIn,
    ReceiptCodeIn,
    RoundIn,
    RoundMeetingIn,
    RoundStepIn,
    SameIn,
    ScrutineersForm,
    SmallAwardForm,
    VoteClosingIn,
    WrittenIdeaIn,
)
from timebank.http import access, shown, voice
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, circle, everybody, several
from timebank.members.rules import HOLDERS, Capacity
from timebank.say import Said, say, spoken
from timebank.web.forms import Form, kept_nowhere, submit
from timebank.web.paths import row_id
from timebank.web.words import today

pages = Blueprint("fund", __name__, url_prefix="/b/<bank>/fund")
pages.after_request(kept_nowhere)

STATES: dict[RoundState, Said] = {
    RoundState.DRAFTED: say("Being drafted"),
    RoundState.IDEAS: say("Taking ideas"),
    RoundState.CHECKING: say("Looking ideas over"),
    RoundState.TALKING: say("Talking them over"),
    RoundState.VOTING: say("Voting"),
    RoundState.COUNTED: say("Counted"),
    RoundState.REPORTING: say("Awarded, reporting back"),
    RoundState.FINISHED: say("Finished"),
    RoundState.CALLED_OFF: say("Called off"),
}
STEPS_ON: dict[RoundState, Said] = {
    RoundState.IDEAS: say("Take ideas"),
    RoundState.CHECKING: say("Look the ideas over"),
    RoundState.TALKING: say("Talk the ideas over"),
}
"""What the button says that takes a round to its next step."""

VERDICTS: dict[Finding, Said] = {
    Finding.CAN: say("It can be done"),
    Finding.CAN_IF: say("It can be done if"),
    Finding.JOINED: say("Joined with another"),
    Finding.CANNOT: say("It cannot be done"),
}
METHODS: dict[CountMethod, Said] = {
    CountMethod.SHARES: say("By equal shares: small groups can win something too"),
    CountMethod.VOTES: say("By most votes"),
}
PARTS: dict[Capacity, Said] = {
    Capacity.RESIDENT: say("a resident"),
    Capacity.PRACTITIONER: say("a practitioner"),
    Capacity.PLANNER: say("a planner"),
}


def _flash(said: Said) -> None:
    flash(shown(said))


def _page(template: str, form: Form | None = None, **values: Any) -> str:
    return render_template(
        f"fund/{template}.html",
        form=form or Form(),
        states=STATES,
        verdicts=VERDICTS,
        kinds=POINT_WORDS,
        parts=PARTS,
        amount=telling.amount,
        **values,
    )


MEMBERS = ("member",)


def _offered(
    form: Form, *names: str, kinds: Collection[str] = MEMBERS
) -> dict[str, list[members.Party]]:
    """By name of its field, those to choose from for what is written there."""
    return {name: several(form.value(name), kinds=kinds) for name in names}


def _named(
    session: Session,
    given: dict[str, Any],
    *names: str,
    kinds: Collection[str] = MEMBERS,
) -> dict[str, members.Party]:
    """Whom these fields name, by name of the field; they and what was picked are taken out of what
    was given. Raises Invalid with all of them that name nobody, or several."""

    def one(name: str) -> members.Party:
        pick = f"{name}_id"
        return members.named(
            session,
            bank(),
            given.pop(name),
            field=name,
            within=members.EVERYBODY,
            pick=(pick, given.pop(pick)),
            kinds=kinds,
        )

    parties = together(*(partial(one, name) for name in names))
    return dict(zip(names, parties, strict=True))


@contextmanager
def _told_where_named(*names: str) -> Iterator[None]:
    """What is wrong with somebody stands beside the field in which they are named."""
    try:
        yield
    except Invalid as refusal:
        refusal.fields = {
            field.removesuffix("_id") if field.removesuffix("_id") in names else field: words
            for field, words in refusal.fields.items()
        }
        raise


@pages.get("")
@access("member")
def index() -> str:
    """The rounds, and the book of money in the open."""
    return _index(Form())


def _index(form: Form) -> str:
    pots = queries.pots(reading(), bank())
    return _page(
        "index",
        form,
        rounds=queries.rounds(reading(), bank()),
        held={kind: sum(pot.balance for pot in pots if pot.kind == kind) for kind in PotKind},
        given=[
            (members.organisation(reading(), bank(), pot.organisation_id).name, -pot.balance)
            for pot in pots
            if pot.organisation_id is not None
        ],
        organisations=members.organisations(reading(), bank()),
    )


@pages.route("/new", methods=["GET", "POST"])
@access("coordinator")
def new() -> Response:
    """Plan a round."""

    def do(session: Session, planned: NewRound) -> Response:
        round_ = service.plan_round(session, bank(), planned, act())
        _flash(say("Done: it is drafted. Nobody sees it until you take ideas."))
        return redirect(url_for(".show", round_id=round_.id), 303)

    initial = {"unit": FundUnit.PENCE, "method": CountMethod.SHARES}
    return submit(RoundIn(), do, lambda form: _page("new", form, methods=METHODS), initial=initial)


@pages.get("/<int:round_id>")
@access("member")
def show(round_id: int) -> str:
    """Where a round is, what comes next, and its ideas."""
    return _show(round_id, Form())


def _show(round_id: int, form: Form) -> str:
    round_ = _visible(round_id)
    counts = queries.counts(reading(), bank(), round_id)
    voter = queries.elector(reading(), bank(), round_id, actor().member_id or 0)
    waited_for = voting.not_said(round_, counts[0]) if counts else []
    turnout = queries.turnout(reading(), bank(), round_id)
    meetings = queries.meetings(reading(), bank(), round_id)
    return _page(
        "show",
        form,
        round=round_,
        steps=rules.STEPS,
        proposals=queries.proposals(reading(), bank(), round_),
        turnout=turnout,
        counted=bool(counts) and (actor().is_coordinator or voting.is_scrutineer(round_, act())),
        counts=counts,
        waited_for=[members.member(reading(), bank(), one) for one in waited_for],
        may_vote=voter is not None and not voter.voted and round_.state == RoundState.VOTING,
        next_step=_next(round_.state),
        steps_on=STEPS_ON,
        same=service.same_costs(reading(), bank(), round_),
        papers=telling.papers(turnout, _accounted(round_)),
        meetings=[activities.meeting(reading(), bank(), one) for one in meetings],
        sessions=activities.near(reading(), bank(), meetings, now=clock.now())
        if actor().is_broker and round_.state in rules.BEFORE_VOTING
        else [],
    )


def _visible(round_id: int) -> Any:
    """The round; a draft for coordinators alone."""
    round_ = queries.round_of(reading(), bank(), round_id)
    if round_.state == RoundState.DRAFTED and not actor().is_coordinator:
        raise NotFound(say("There is no such round here."))
    return round_


def _next(state: RoundState) -> RoundState | None:
    """The step that one button takes."""
    return {
        RoundState.DRAFTED: RoundState.IDEAS,
        RoundState.IDEAS: RoundState.CHECKING,
        RoundState.CHECKING: RoundState.TALKING,
    }.get(state)


@pages.post("/<int:round_id>/step")
@access("coordinator")
def step(round_id: int) -> Response:
    """Take a round to another step."""
    queries.round_of(reading(), bank(), round_id)

    def do(session: Session, wanted: dict[str, Any]) -> Response:
        if wanted["state"] == RoundState.IDEAS and not wanted["why"]:
            service.open_ideas(session, bank(), round_id, act())
        else:
            service.move_on(session, bank(), round_id, wanted["state"], wanted["why"], act())
        _flash(say("Done."))
        return redirect(url_for(".show", round_id=round_id), 303)

    return submit(RoundStepIn(), do, lambda form: _show(round_id, form))


# ---- Ideas ----


@pages.route("/<int:round_id>/propose", methods=["GET", "POST"])
@access("member")
def propose(round_id: int) -> Response:
    """Wish for something."""
    round_ = _visible(round_id)

    def do(session: Session, written: Any) -> Response:
        whose, lead = _people_of_an_idea(session, vars(written))
        idea, word = written.idea.value, written.idea.word
        new = replace(
            idea,
            party_id=whose or idea.party_id,
            resident_lead_id=lead or idea.resident_lead_id,
        )
        made = service.propose(session, bank(), round_id, new, _on_word(new.party_id, word))
        _flash(say("Thank you. Two people look it over, and you are told what they find."))
        return redirect(url_for(".proposal", proposal_id=made.id), 303)

    schema = WrittenIdeaIn() if round_.unit == FundUnit.PENCE else HoursWrittenIdeaIn()
    own = members.held(reading(), bank(), actor())
    return submit(
        schema,
        do,
        lambda form: _page(
            "propose",
            form,
            round=round_,
            own=own,
            matters=[] if form.value("option_id") else queries.to_answer(reading(), bank()),
        ),
        initial=_of_option(round_.unit, request.args.get("option_id", type=row_id))
        or {"priority_id": request.args.get("priority_id", "")},
        also=_check_named,
    )


def _people_of_an_idea(session: Session, names: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The account of whose idea it is, and the member who leads it. Raises Invalid."""
    whose, lead = together(
        lambda: (
            members.named(
                session,
                bank(),
                names["whose"],
                field="whose",
                within=circle(session),
                kinds=("member", "organisation", "group"),
            ).account_id
            if names["whose"]
            else None
        ),
        lambda: (
            members.member_named(
                session, bank(), names["resident_lead"], field="resident_lead", within=everybody()
            ).id
            if names["resident_lead"]
            else None
        ),
    )
    return whose, lead


def _check_named(values: Mapping[str, Any]) -> None:
    """Whoever is named is looked up even where the rest has to be put right. Raises Invalid."""
    _people_of_an_idea(
        reading(), {name: values.get(name, "") for name in ("whose", "resident_lead")}
    )


def _of_option(unit: FundUnit, option_id: int | None) -> dict[str, Any]:
    """What an idea begins with that comes from an option of a conversation: its words where they
    are short enough for a name, what was said about it, and what it was thought to cost."""
    if option_id is None:
        return {}
    option = queries.option(reading(), bank(), option_id)
    named = len(option.words) <= rules.LONGEST["title"]
    about = [option.about] if named and option.about else [option.words, option.about]
    begun: dict[str, Any] = {"option_id": option.id, "what": "\n\n".join(filter(None, about))}
    if named:
        begun["title"] = option.words
    if unit == FundUnit.PENCE and option.pence:
        begun["cost"] = spoken(telling.amount(unit, option.pence), voice())
    elif unit == FundUnit.MINUTES and option.minutes:
        begun["cost"] = f"{option.minutes // 60}:{option.minutes % 60:02}"
    return begun


@pages.get("/options/<int:option_id>")
@access("member")
def from_option(option_id: int) -> Response:
    """Put an option of a conversation to a round that takes ideas: the one there is, or a choice of
    several."""
    option = queries.option(reading(), bank(), option_id)
    taking = [one for one in queries.rounds(reading(), bank()) if one.state == RoundState.IDEAS]
    if len(taking) == 1:
        return redirect(url_for(".propose", round_id=taking[0].id, option_id=option.id))
    return make_response(_page("from_option", option=option, rounds=taking))


def _on_word(account_id: int | None, word: Word) -> Act:
    if account_id is None or account_id == actor().account_id:
        return act(word)
    return act(replace(word, channel=Channel.WEB, on_word_of=account_id))


@pages.get("/proposals/<int:proposal_id>")
@access("member")
def proposal(proposal_id: int) -> str:
    """An idea, and what is said of it."""
    return _proposal(proposal_id, Form())


def _proposal(proposal_id: int, form: Form) -> str:
    proposal = queries.proposal(reading(), bank(), proposal_id)
    round_ = _visible(proposal.round_id)
    party = None
    if proposal.party_id and not meeting.hides(reading(), bank(), proposal.party_id, by=actor()):
        party = members.party(reading(), bank(), proposal.party_id)
    return _page(
        "proposal",
        form,
        proposal=proposal,
        round=round_,
        party=party,
        answers=queries.answers(reading(), bank(), proposal),
        points=queries.points(reading(), bank(), proposal_id, hidden=actor().is_broker),
        several=_offered(form, *_CHECKERS),
        may_speak=round_.state in rules.BEFORE_VOTING,
        may_check=actor().is_broker and round_.state in rules.LOOKED_OVER,
        may_find=round_.state in rules.LOOKED_OVER
        and not (proposal.agreed or actor().is_broker)
        and proposal.party_id != actor().account_id,
        may_answer=actor().is_broker
        or proposal.party_id in members.may_act_for(reading(), bank(), actor()),
    )


@pages.post("/proposals/<int:proposal_id>/points")
@access("member")
def speak(proposal_id: int) -> Response:
    """Say something of an idea."""
    queries.proposal(reading(), bank(), proposal_id)

    def do(session: Session, said: NewPoint) -> Response:
        service.speak(session, bank(), proposal_id, said, act())
        _flash(say("Thank you: it stands with the idea."))
        return redirect(url_for(".proposal", proposal_id=proposal_id), 303)

    return submit(IdeaPointIn(), do, lambda form: _proposal(proposal_id, form))


@pages.post("/points/<int:point_id>/answer")
@access("member")
def answer(point_id: int) -> Response:
    """Answer a question."""
    proposal_id = queries.point(reading(), bank(), point_id).proposal_id
    service.require_proposer(reading(), bank(), proposal_id, actor())

    def do(session: Session, given: dict[str, Any]) -> Response:
        service.answer(session, bank(), point_id, given["words"], act())
        return redirect(url_for(".proposal", proposal_id=proposal_id), 303)

    return submit(IdeaAnswerIn(), do, lambda form: _proposal(proposal_id, form))


@pages.post("/points/<int:point_id>/hide")
@access("broker")
def hide(point_id: int) -> Response:
    """Take what was said out of sight."""
    proposal_id = queries.point(reading(), bank(), point_id).proposal_id

    def do(session: Session, given: dict[str, Any]) -> Response:
        service.hide(session, bank(), point_id, given["why"], act())
        return redirect(url_for(".proposal", proposal_id=proposal_id), 303)

    return submit(FundReasonIn(), do, lambda form: _proposal(proposal_id, form))


_CHECKERS = ("resident", "professional")


def _checked_by(session: Session, given: dict[str, Any]) -> tuple[Checked, Act]:
    """What was found and by whom, and the act of writing it down. Raises Invalid."""
    resident, professional = _named(session, given, *_CHECKERS).values()
    word = act(Word(despite=given.pop("despite")))
    return Checked(resident.member_id or 0, professional.member_id or 0, **given), word


@pages.post("/proposals/<int:proposal_id>/check")
@access("broker")
def check(proposal_id: int) -> Response:
    """Write down what two people found."""
    queries.proposal(reading(), bank(), proposal_id)

    def do(session: Session, given: dict[str, Any]) -> Response:
        checked, by_word = _checked_by(session, given)
        with _told_where_named(*_CHECKERS):
            service.check(session, bank(), proposal_id, checked, by_word)
        _flash(say("Done."))
        return redirect(url_for(".proposal", proposal_id=proposal_id), 303)

    return submit(IdeaCheckedForm(), do, lambda form: _proposal(proposal_id, form))


@pages.post("/proposals/<int:proposal_id>/find")
@access("member")
def find(proposal_id: int) -> Response:
    """Say what one found oneself."""
    queries.proposal(reading(), bank(), proposal_id)

    def do(session: Session, found: Found) -> Response:
        made = service.find(session, bank(), proposal_id, found, act())
        _flash(
            say("Thank you. You both found the same, so it stands.")
            if made.agreed
            else say("Thank you. It stands once a second person has found the same.")
        )
        return redirect(url_for(".proposal", proposal_id=proposal_id), 303)

    return submit(FindingIn(), do, lambda form: _proposal(proposal_id, form))


@pages.route("/proposals/<int:proposal_id>/join", methods=["GET", "POST"])
@access("broker")
def join(proposal_id: int) -> Response:
    """Join an idea with another."""
    proposal = queries.proposal(reading(), bank(), proposal_id)
    round_ = _visible(proposal.round_id)

    def do(session: Session, given: dict[str, Any]) -> Response:
        into_id = given.pop("into_id")
        checked, by_word = _checked_by(session, given)
        with _told_where_named(*_CHECKERS):
            service.join_proposals(session, bank(), proposal_id, into_id, checked, by_word)
        _flash(say("Done: one idea stands for both."))
        return redirect(url_for(".proposal", proposal_id=into_id), 303)

    def page(form: Form) -> str:
        return _page(
            "join",
            form,
            proposal=proposal,
            round=round_,
            others=[
                one
                for one in queries.proposals(reading(), bank(), round_)
                if one.id != proposal.id and one.verdict != Finding.JOINED
            ],
            several=_offered(form, *_CHECKERS),
        )

    return submit(JoinedForm(), do, page)


@pages.post("/<int:round_id>/meetings")
@access("broker")
def add_meeting(round_id: int) -> Response:
    """A session of an activity is a meeting of a round."""
    queries.round_of(reading(), bank(), round_id)

    def do(session: Session, given: dict[str, Any]) -> Response:
        service.add_meeting(session, bank(), round_id, given["session_id"], act())
        _flash(say("Done: its register says who was there."))
        return redirect(url_for(".show", round_id=round_id), 303)

    return submit(RoundMeetingIn(), do, lambda form: _show(round_id, form))


# ---- The vote ----


@pages.route("/<int:round_id>/open", methods=["GET", "POST"])
@access("coordinator")
def open_vote(round_id: int) -> Response:
    """Open the vote."""
    round_ = queries.round_of(reading(), bank(), round_id)

    two = ("resident", "other")

    def do(session: Session, given: dict[str, Any]) -> Response:
        resident, other = _named(session, given, *two).values()
        scrutineers = Scrutineers(resident.member_id or 0, other.member_id or 0)
        with _told_where_named(*two):
            by_word = act(Word(despite=given["despite"]))
            service.open_voting(session, bank(), round_id, scrutineers, by_word)
        _flash(say("Done: the vote is open, and the lot for ties is drawn."))
        return redirect(url_for(".show", round_id=round_id), 303)

    def page(form: Form) -> str:
        return _page("open_vote", form, round=round_, several=_offered(form, *two))

    return submit(ScrutineersForm(), do, page)


@pages.route("/<int:round_id>/vote", methods=["GET", "POST"])
@access("member")
def vote(round_id: int) -> Response:
    """Vote."""
    return _vote(round_id, act(), "")


@pages.route("/<int:round_id>/vote/<int:member_id>", methods=["GET", "POST"])
@access("broker")
def vote_for(round_id: int, member_id: int) -> Response:
    """Read the list to somebody on the phone, and cast their vote."""
    member = members.member(reading(), bank(), member_id)
    word = Word(Channel.PHONE, on_word_of=member.account_id)
    return _vote(round_id, act(word), member.name)


def _vote(round_id: int, by: Act, name: str) -> Response:
    round_ = _visible(round_id)
    voting.elector_of(reading(), bank(), round_id, by)
    proposals = queries.on_ballot(reading(), bank(), round_)

    def do(session: Session, sent: Any) -> Response:
        step, ticks = sent
        if step == BallotStep.CAST:
            receipt = voting.vote(session, bank(), round_id, ticks, by)
            return make_response(_page("_voted", round=round_, receipt=receipt, name=name))
        if step == BallotStep.CHANGE:
            return make_response(page(Form(request.form)))
        chosen = voting.checked(session, bank(), round_id, ticks, by)
        return make_response(_checked(round_, proposals, chosen, name=name))

    def page(form: Form) -> str:
        return _page(
            "vote_for" if name else "vote", form, round=round_, proposals=proposals, name=name
        )

    return submit(BallotIn(), do, page)


def _checked(
    round_: Any, proposals: Sequence[Any], chosen: Sequence[int], *, name: str = "", code: str = ""
) -> str:
    """A ballot read back before it is cast, or, with the `code` of one, put in its place."""
    return _page("_checked", round=round_, proposals=proposals, chosen=chosen, name=name, code=code)


@pages.route("/receipt", methods=["GET", "POST"])
@access("public", ration="link")
def receipt() -> Response:
    """Look at one's vote by the code that came with it."""

    def do(session: Session, given: dict[str, Any]) -> Response:
        ballot = voting.standing(session, bank(), given["code"], now=clock.now())
        return make_response(_standing(Form(), ballot, given["code"]))

    return submit(ReceiptCodeIn(), do, lambda form: _page("receipt", form))


@pages.post("/receipt/change")
@access("public", ration="link")
def change() -> Response:
    """Change one's vote by the code that came with it."""

    def do(session: Session, wanted: Any) -> Response:
        code, step, ticks = wanted
        ballot = voting.standing(session, bank(), code, now=clock.now())
        if step == BallotStep.CAST:
            receipt = voting.change_by_receipt(session, bank(), code, ticks, now=clock.now())
            return make_response(_page("_voted", round=ballot.round, receipt=receipt, name=""))
        if step == BallotStep.CHANGE:
            return make_response(_standing(Form(request.form), ballot, code))
        chosen = voting.checked_change(session, bank(), code, ticks, now=clock.now())
        listed = queries.on_ballot(session, bank(), ballot.round)
        return make_response(_checked(ballot.round, listed, chosen, code=code))

    return submit(ChangeIn(), do, lambda form: _page("receipt", form))


def _standing(form: Form, found: Any, code: str) -> str:
    proposals = queries.on_ballot(reading(), bank(), found.round)
    return _page(
        "_standing", form, standing=found, code=code, round=found.round, proposals=proposals
    )


@pages.route("/<int:round_id>/papers", methods=["GET", "POST"])
@access("broker")
def papers(round_id: int) -> Response:
    """Print ballot papers: numbered ones for a meeting, or one for each member without e-mail."""
    round_ = queries.round_of(reading(), bank(), round_id)

    def do(session: Session, wanted: dict[str, Any]) -> Response:
        if wanted["number"]:
            printed = voting.hand_out(session, bank(), round_id, wanted["number"], act())
        else:
            people = [m.id for m in members.active(session, bank()) if not m.email]
            printed = voting.print_ballots(session, bank(), round_id, people, act())
        if not printed:
            raise Invalid.on("number", say("Everybody without e-mail has voted. Write a number."))
        listed = queries.on_ballot(session, bank(), round_)
        return _pdf(papers_of.ballots(bank(), round_, listed, printed, voice()), "ballots")

    def page(form: Form) -> str:
        turnout = queries.turnout(reading(), bank(), round_id)
        return _page("papers", form, round=round_, turnout=turnout)

    return submit(PapersIn(), do, page)


@pages.route("/<int:round_id>/typing", methods=["GET", "POST"])
@access("broker")
def typing(round_id: int) -> Response:
    """Type papers in by their codes, and read them again."""
    round_ = queries.round_of(reading(), bank(), round_id)
    listed = queries.on_ballot(reading(), bank(), round_)

    def do(session: Session, wanted: dict[str, Any]) -> Response:
        ticks = rules.by_lines(wanted["lines"], [one.id for one in listed])
        if wanted["again"]:
            differ = voting.read_again(session, bank(), round_id, wanted["code"], ticks, act())
            titles = [one.title for one in listed if one.id in differ]
            _flash(
                say("The two readings differ in: %(titles)s.", titles=titles)
                if differ
                else say("Both readings are the same.")
            )
        else:
            code = wanted["code"]
            voting.vote_by_code(session, bank(), round_id, code, ticks, now=clock.now())
            _flash(say("Done: that paper is counted. The next one."))
        return redirect(url_for(".typing", round_id=round_id), 303)

    return submit(
        PaperTypedIn(), do, lambda form: _page("typing", form, round=round_, proposals=listed)
    )


@pages.route("/<int:round_id>/close", methods=["GET", "POST"])
@access("coordinator")
def close(round_id: int) -> Response:
    """Close the vote, once one has seen what that ends, and have it counted."""
    round_ = queries.round_of(reading(), bank(), round_id)
    if request.method == "GET" and round_.state != RoundState.VOTING:
        return redirect(url_for(".show", round_id=round_id))

    def do(session: Session, given: dict[str, Any]) -> Response:
        voting.close(session, bank(), round_id, given["papers"], act())
        _flash(say("Done: the vote is closed, and is counted now."))
        return redirect(url_for(".show", round_id=round_id), 303)

    turnout = queries.turnout(reading(), bank(), round_id)
    return submit(
        VoteClosingIn(),
        do,
        lambda form: _page(
            "close", form, round=round_, turnout=turnout, papers=telling.papers(turnout, None)
        ),
    )


@pages.get("/<int:round_id>/result")
@access("public")
def result(round_id: int) -> str:
    """What is funded, and why; once it is announced for everybody."""
    round_ = queries.round_of(reading(), bank(), round_id)
    made = _count_to_show(round_)
    given = {
        award.proposal_id: (award, report)
        for award, report in queries.awards(reading(), bank(), round_id)
    }
    words = _told(round_, made)
    return _page(
        "result",
        round=round_,
        count=made,
        content=json.loads(made.content),
        told=words,
        won=[one for one in words.verdicts if one.funded],
        lost=[one for one in words.verdicts if not one.funded],
        awards=given,
        paid={
            award.id
            for award, _ in given.values()
            if queries.movement(reading(), bank(), f"paid:{award.id}")
        },
        staff=_is_coordinator(),
        mine=_own(queries.on_ballot(reading(), bank(), round_)),
        checked=voting.checked_by(
            reading(), bank(), round_, made, by=actor() if _signed_in() else None
        ),
        to_check=_signed_in() and actor().member_id in voting.not_said(round_, made),
        ballots=voting.shows_ballots(reading(), bank(), round_, act() if _signed_in() else None),
    )


def _accounted(round_: Any) -> Accounted | None:
    """What became of the numbered papers, once the vote has closed."""
    return None if round_.given_out is None else Accounted(round_.given_out, round_.spoilt or 0)


def _count_to_show(round_: Any) -> Any:
    """The count that was announced; before, the latest for those who check it and coordinators."""
    made = queries.announced(reading(), bank(), round_.id)
    counts = queries.counts(reading(), bank(), round_.id)
    if made is None and counts and _may_see_count(round_):
        made = counts[0]
    if made is None:
        raise NotFound(say("There is no result yet."))
    return made


def _told(round_: Any, made: Any) -> telling.Told:
    listed = queries.on_ballot(reading(), bank(), round_)
    return telling.told(
        telling.Counted(
            round_.title,
            round_.unit,
            json.loads(made.content),
            {str(one.id): one.title for one in listed},
            queries.turnout(reading(), bank(), round_.id),
            _accounted(round_),
        )
    )


@pages.get("/<int:round_id>/poster.pdf")
@access("public")
def poster(round_id: int) -> Response:
    """The result as a poster, A3."""
    return _paper(round_id, papers_of.poster, "poster")


@pages.get("/<int:round_id>/letter.pdf")
@access("public")
def letter(round_id: int) -> Response:
    """The result as a letter, for those who have no e-mail."""
    return _paper(round_id, papers_of.letter, "letter")


@pages.get("/<int:round_id>/script.pdf")
@access("public")
def script(round_id: int) -> Response:
    """The result to be read out."""
    return _paper(round_id, papers_of.script, "script")


def _paper(round_id: int, make: Callable[..., bytes], name: str) -> Response:
    round_ = queries.round_of(reading(), bank(), round_id)
    words = _told(round_, _count_to_show(round_))
    return _pdf(make(bank(), words, voice(), today=today()), name)


def _pdf(content: bytes, name: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


@pages.get("/<int:round_id>/ballots.pb")
@access("public")
def ballots(round_id: int) -> Response:
    """The ballots as a file, to be counted again: for those who check the count, and for everybody
    where the round said so."""
    by = act() if _signed_in() else None
    answer = make_response(voting.ballots_file(reading(), bank(), round_id, by))
    answer.mimetype = "text/plain"
    answer.headers["Content-Disposition"] = f'attachment; filename="round-{round_id}.pb"'
    return answer


def _own(listed: Sequence[Any]) -> set[int]:
    """The ideas among these of which whoever is signed in may tell what came of it."""
    if not _signed_in():
        return set()
    accounts = members.may_act_for(reading(), bank(), actor())
    return {one.id for one in listed if one.party_id in accounts}


def _is_coordinator() -> bool:
    return _signed_in() and actor().is_coordinator


def _may_see_count(round_: Any) -> bool:
    return _signed_in() and (actor().is_coordinator or voting.is_scrutineer(round_, act()))


def _signed_in() -> bool:
    return g.get("actor") is not None


@pages.post("/<int:round_id>/same")
@access("member")
def say_same(round_id: int) -> Response:
    """Say that one has counted again, and it is the same."""
    queries.round_of(reading(), bank(), round_id)

    def do(session: Session, given: dict[str, Any]) -> Response:
        voting.say_same(session, bank(), round_id, _on_word(given["on_word_of"], Word()))
        _flash(say("Thank you. It stands with the count."))
        return redirect(url_for(".show", round_id=round_id), 303)

    return submit(SameIn(), do, lambda form: _show(round_id, form))


@pages.route("/<int:round_id>/announce", methods=["GET", "POST"])
@access("coordinator")
def announce(round_id: int) -> Response:
    """Tell everybody, once one has seen what is told."""
    round_ = queries.round_of(reading(), bank(), round_id)
    counts = queries.counts(reading(), bank(), round_id)
    if request.method == "GET" and (round_.state != RoundState.COUNTED or not counts):
        return redirect(url_for(".show", round_id=round_id))

    def do(session: Session, _: dict[str, Any]) -> Response:
        voting.announce(session, bank(), round_id, act())
        _flash(say("Done: everybody can read the result."))
        return redirect(url_for(".result", round_id=round_id), 303)

    return submit(
        None,
        do,
        lambda form: _page(
            "announce",
            form,
            round=round_,
            told=_told(round_, counts[0]) if counts else None,
            turnout=queries.turnout(reading(), bank(), round_id),
        ),
    )


@pages.post("/<int:round_id>/refuse")
@access("coordinator")
def refuse(round_id: int) -> Response:
    """Refuse to announce a count."""
    queries.round_of(reading(), bank(), round_id)

    def do(session: Session, given: dict[str, Any]) -> Response:
        voting.refuse(session, bank(), round_id, given["why"], act())
        _flash(say("Done: it is counted anew, and everybody can read why."))
        return redirect(url_for(".show", round_id=round_id), 303)

    return submit(FundReasonIn(), do, lambda form: _show(round_id, form))


# ---- What is given ----


@pages.post("/proposals/<int:proposal_id>/award")
@access("coordinator")
def award(proposal_id: int) -> Response:
    """Award what the count funds."""
    round_id = queries.proposal(reading(), bank(), proposal_id).round_id

    def do(session: Session, given: dict[str, Any]) -> Response:
        awards.award(session, bank(), proposal_id, given["conditions"], act())
        _flash(say("Done: they are told."))
        return redirect(url_for(".result", round_id=round_id), 303)

    return submit(ConditionsIn(), do, lambda form: _show(round_id, form))


@pages.post("/awards/<int:award_id>/pay")
@access("coordinator")
def pay(award_id: int) -> Response:
    """Write down that it was paid."""
    round_id = queries.award(reading(), bank(), award_id).round_id

    def do(session: Session, _: dict[str, Any]) -> Response:
        awards.pay(session, bank(), award_id, act())
        _flash(say("Done: it stands in the book."))
        return redirect(url_for(".result", round_id=round_id), 303)

    return submit(None, do, lambda form: _show(round_id, form))


@pages.post("/awards/<int:award_id>/back")
@access("coordinator")
def take_back(award_id: int) -> Response:
    """Write down that what was left came back."""
    round_id = queries.award(reading(), bank(), award_id).round_id

    def do(session: Session, _: dict[str, Any]) -> Response:
        awards.take_back(session, bank(), award_id, act())
        _flash(say("Done: it stands in the book."))
        return redirect(url_for(".result", round_id=round_id), 303)

    return submit(None, do, lambda form: _show(round_id, form))


@pages.route("/awards/<int:award_id>/report", methods=["GET", "POST"])
@access("member")
def report(award_id: int) -> Response:
    """Say what came of an award."""
    made = queries.award(reading(), bank(), award_id)
    proposal = awards.require_reporter(reading(), bank(), made, actor())
    round_ = queries.round_of(reading(), bank(), made.round_id)

    def do(session: Session, told: NewReport) -> Response:
        awards.report(session, bank(), award_id, told, act())
        _flash(say("Thank you. Everybody can read it."))
        return redirect(url_for(".result", round_id=round_.id), 303)

    return submit(
        _report_of(round_.unit),
        do,
        lambda form: _page(
            "report",
            form,
            unit=round_.unit,
            given=made.amount,
            title=proposal.title,
            activities=activities.run_by(reading(), bank(), actor()),
        ),
    )


@pages.route("/<int:round_id>/finish", methods=["GET", "POST"])
@access("coordinator")
def finish(round_id: int) -> Response:
    """Finish a round, once one has seen what that ends."""
    round_ = queries.round_of(reading(), bank(), round_id)
    if request.method == "GET" and round_.state != RoundState.REPORTING:
        return redirect(url_for(".show", round_id=round_id))

    def do(session: Session, _: dict[str, Any]) -> Response:
        awards.finish(session, bank(), round_id, act())
        _flash(say("Done: the round is finished."))
        return redirect(url_for(".show", round_id=round_id), 303)

    given = queries.awards(reading(), bank(), round_id)
    return submit(
        None,
        do,
        lambda form: _page(
            "finish",
            form,
            round=round_,
            awards=[award for award, _ in given],
            reported=sum(report is not None for _, report in given),
        ),
    )


# ---- Small awards ----


@pages.get("/small")
@access("member")
def small_awards() -> str:
    """What panels gave between rounds, and why."""
    return _small_awards(Form())


def _small_awards(form: Form) -> str:
    given = queries.small_awards(reading(), bank(), actor())
    year = today().year
    return _page(
        "small_awards",
        form,
        given=given,
        ceilings=[
            (one, queries.given_in_year(reading(), bank(), one.unit, year))
            for one in queries.ceilings(reading(), bank())
        ],
        year=year,
        own=members.may_act_for(reading(), bank(), actor()),
    )


@pages.post("/small/ceiling")
@access("coordinator")
def settle_ceiling() -> Response:
    """Settle how much a panel may give."""

    def do(session: Session, wanted: NewCeiling) -> Response:
        small.settle_ceiling(session, bank(), wanted, act())
        _flash(say("Done: that is how much a panel may give from now on."))
        return redirect(url_for(".small_awards"), 303)

    return submit(CeilingIn(), do, _small_awards)


@pages.route("/small/new", methods=["GET", "POST"])
@access("coordinator")
def decide_small() -> Response:
    """Write down what a panel decided."""

    def seat(session: Session, name: str) -> int:
        within = members.EVERYBODY
        return members.member_named(session, bank(), name, field="panel", within=within).id

    def do(session: Session, given: dict[str, Any]) -> Response:
        names, by_word = given.pop("panel"), act(Word(despite=given.pop("despite")))
        named, panel = together(
            lambda: _named(session, given, "party", kinds=HOLDERS),
            lambda: [seat(session, name) for name in names],
        )
        new = NewSmallAward(**given, party_id=named["party"].account_id, panel=panel)
        with _told_where_named("party"):
            small.decide_small(session, bank(), new, by_word)
        _flash(say("Done: they are told, and so are those who decided it."))
        return redirect(url_for(".small_awards"), 303)

    def page(form: Form) -> str:
        return _page(
            "decide_small",
            form,
            several=_offered(form, "party", kinds=HOLDERS),
            places=range(1, rules.MOST_ON_A_PANEL + 1),
        )

    initial = {"unit": FundUnit.PENCE, "sat_on": today().isoformat()}
    return submit(SmallAwardForm(), do, page, initial=initial)


@pages.post("/small/<int:small_id>/pay")
@access("coordinator")
def pay_small(small_id: int) -> Response:
    """Write down that a small award was paid."""
    queries.small_award(reading(), bank(), small_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        small.pay_small(session, bank(), small_id, act())
        _flash(say("Done: it stands in the book."))
        return redirect(url_for(".small_awards"), 303)

    return submit(None, do, _small_awards)


@pages.post("/small/<int:small_id>/back")
@access("coordinator")
def take_back_small(small_id: int) -> Response:
    """Write down that what was left of a small award came back."""
    queries.small_award(reading(), bank(), small_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        small.take_back_small(session, bank(), small_id, act())
        _flash(say("Done: it stands in the book."))
        return redirect(url_for(".small_awards"), 303)

    return submit(None, do, _small_awards)


@pages.route("/small/<int:small_id>/report", methods=["GET", "POST"])
@access("member")
def report_small(small_id: int) -> Response:
    """Say what came of a small award."""
    made = queries.small_award(reading(), bank(), small_id)
    small.require_reporter(reading(), bank(), made, actor())

    def do(session: Session, told: NewReport) -> Response:
        small.report_small(session, bank(), small_id, told, act())
        _flash(say("Thank you. Everybody can read it."))
        return redirect(url_for(".small_awards"), 303)

    return submit(
        _report_of(made.unit),
        do,
        lambda form: _page(
            "report_small",
            form,
            unit=made.unit,
            given=made.amount,
            title=made.title,
            activities=activities.run_by(reading(), bank(), actor()),
        ),
    )


def _report_of(unit: FundUnit) -> AwardReportIn:
    return AwardReportIn() if unit == FundUnit.PENCE else HoursAwardReportIn()


@pages.post("/money")
@access("coordinator")
def put_in() -> Response:
    """Write down that an organisation put money in."""

    def do(session: Session, given: Any) -> Response:
        organisation_id, new = given
        money.put_in(session, bank(), organisation_id, new, act())
        _flash(say("Done: it stands in the book."))
        return redirect(url_for(".index"), 303)

    return submit(OrganisationPutInIn(), do, _index, initial={"occurred_on": today().isoformat()})
