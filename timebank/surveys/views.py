"""Pages of surveys: being asked and answering, waves and their results, own scales, equality
data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from timebank import clock
from timebank.db import reading, transaction
from timebank.errors import Refusal
from timebank.http import access, shown, status_of
from timebank.members import queries as members
from timebank.members.current import act, actor, bank
from timebank.say import Figure, Gap, Said, count, say
from timebank.surveys import answering, equality, queries, rules, service
from timebank.surveys.answering import PaperForm
from timebank.surveys.categories import CATEGORIES, Category
from timebank.surveys.instruments import BETTER, EMBEDDED, Instrument
from timebank.surveys.queries import Progress
from timebank.surveys.rules import (
    Answers,
    Asked,
    Closing,
    EqualityAnswers,
    EqualityAsked,
    Estimate,
    NewScale,
    NewWave,
    Stage,
)
from timebank.surveys.schemas import (
    ClosingIn,
    EqualityQuestionsIn,
    InviteIn,
    PaperCodeIn,
    ScaleIn,
    WaveIn,
)
from timebank.web.forms import Form, kept_nowhere, submit
from timebank.web.words import today

pages = Blueprint("surveys", __name__, url_prefix="/b/<bank>/surveys")
pages.after_request(kept_nowhere)


@pages.get("")
@access("member")
def index() -> str:
    """What one is asked; for the staff, the waves there are."""
    mine = actor().member_id or 0
    waves = queries.waves(reading(), bank()) if actor().is_broker else []
    return render_template(
        "surveys/index.html",
        asked=queries.asked(reading(), bank(), mine),
        linked=queries.is_linked(reading(), bank(), mine),
        equality=bool(equality.questions(reading(), bank())),
        waves=waves,
        progress=queries.progress(reading(), bank(), [one.id for one in waves]),
        stage=_stage,
        stages=rules.STAGES,
    )


def _stage(wave: Any) -> Stage:
    if queries.is_over(wave, today()):
        return Stage.CLOSED
    return Stage.OPEN if queries.is_open(wave, today()) else Stage.TO_COME


# ---- Waves ----


@pages.route("/new", methods=["GET", "POST"])
@access("coordinator")
def new() -> Response:
    """Plan a wave."""

    def do(session: Session, new: NewWave) -> Response:
        wave = service.open_wave(session, bank(), new, act())
        flash(shown(say("Done: “%(title)s” is planned. Now say whom to ask.", title=wave.title)))
        return redirect(url_for(".invite", wave_id=wave.id), 303)

    def page(form: Form) -> str:
        own = [
            queries.as_instrument(reading(), bank(), one)
            for one in queries.scales(reading(), bank())
        ]
        return render_template(
            "surveys/new.html",
            form=form,
            instruments=[*EMBEDDED.values(), *own],
            waves=queries.waves(reading(), bank()),
        )

    return submit(WaveIn(), do, page, initial={"opens_on": today().isoformat()})


@pages.get("/<int:wave_id>")
@access("coordinator")
def show(wave_id: int) -> str:
    """How many have answered, and once it is closed, what was answered."""
    return _show(wave_id, Form())


def _show(wave_id: int, form: Form) -> str:
    wave = queries.wave(reading(), bank(), wave_id)
    over = queries.is_over(wave, today())
    return render_template(
        "surveys/show.html",
        form=form,
        wave=wave,
        before=queries.wave(reading(), bank(), wave.follows_id) if wave.follows_id else None,
        instruments=queries.instruments(reading(), bank(), wave_id),
        progress=queries.progress(reading(), bank(), [wave_id]).get(wave_id, Progress()),
        stage=_stage(wave),
        stages=rules.STAGES,
        outcome=service.outcome(reading(), bank(), wave_id, act()) if over else None,
        least=service.threshold(bank()),
        told=_told,
        better=BETTER,
    )


def _told(estimate: Estimate | None, *, signed: bool = False) -> Said:
    """A mean with its interval, for a table. `signed`: it is a change, and says which way."""
    if estimate is None:
        return rules.TOO_FEW
    return say(
        "%(mean)s (%(low)s to %(high)s), n %(n)s",
        mean=_figure(estimate.mean, signed=signed),
        low=_figure(estimate.low, signed=signed),
        high=_figure(estimate.high, signed=signed),
        n=estimate.n,
    )


def _figure(value: float, *, signed: bool) -> Gap:
    if value < 0:
        return say("−%(figure)s", figure=Figure(-value, 1))
    return say("+%(figure)s", figure=Figure(value, 1)) if signed else Figure(value, 1)


@pages.post("/<int:wave_id>/closing")
@access("coordinator")
def move_closing(wave_id: int) -> Response:
    """Let it close on another day."""
    queries.wave(reading(), bank(), wave_id)

    def do(session: Session, closing: Closing) -> Response:
        service.move_closing(session, bank(), wave_id, closing, act())
        flash(shown(say("Done: that is its last day.")))
        return redirect(url_for(".show", wave_id=wave_id), 303)

    return submit(ClosingIn(), do, lambda form: _show(wave_id, form))


@pages.route("/<int:wave_id>/close", methods=["GET", "POST"])
@access("coordinator")
def close(wave_id: int) -> Response:
    """Close it now, once one has seen what that ends."""
    wave = queries.wave(reading(), bank(), wave_id)
    if request.method == "GET" and queries.is_over(wave, today()):
        return redirect(url_for(".show", wave_id=wave_id))

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.close(session, bank(), wave_id, act())
        flash(shown(say("Done: it is closed. This is what was answered.")))
        return redirect(url_for(".show", wave_id=wave_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template(
            "surveys/close.html",
            form=form,
            wave=wave,
            progress=queries.progress(reading(), bank(), [wave_id]).get(wave_id, Progress()),
            least=service.threshold(bank()),
        ),
    )


@pages.route("/<int:wave_id>/invite", methods=["GET", "POST"])
@access("coordinator")
def invite(wave_id: int) -> Response:
    """Say whom to ask."""
    wave = queries.wave(reading(), bank(), wave_id)

    def do(session: Session, asked: Asked) -> Response:
        number = service.invite(session, bank(), wave_id, asked, act())
        done = count(
            "Done: %(n)s asked, and told the way they like.",
            "Done: %(n)s asked, each told the way they like.",
            number,
        )
        flash(shown(done if number else say("Done: nobody new to ask.")))
        return redirect(url_for(".show", wave_id=wave_id), 303)

    def page(form: Form) -> str:
        return render_template("surveys/invite.html", form=form, wave=wave)

    return submit(InviteIn(), do, page, initial={"who": "all"})


@pages.route("/<int:wave_id>/forms", methods=["GET", "POST"])
@access("broker")
def forms(wave_id: int) -> Response:
    """Print a form with a code for everybody who has not answered."""
    wave = queries.wave(reading(), bank(), wave_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        printed = answering.print_forms(session, bank(), wave_id, act())
        return make_response(page(Form(), printed))

    def page(form: Form, printed: Sequence[PaperForm] | None = None) -> str:
        waiting = len(queries.unanswered(reading(), bank(), wave_id))
        return render_template(
            "surveys/forms.html",
            form=form,
            printed=printed,
            wave=wave,
            instruments=queries.instruments(reading(), bank(), wave_id),
            waiting=waiting,
        )

    return submit(None, do, page)


# ---- Answering ----


@pages.route("/<int:wave_id>/answer", methods=["GET", "POST"])
@access("member")
def answer(wave_id: int) -> Response:
    """One's own answers."""
    mine = actor().member_id or 0
    invitation = queries.own_invitation(reading(), bank(), wave_id, mine)

    def do(session: Session, given: Answers) -> Response:
        answering.answer(session, bank(), wave_id, given, act())
        flash(shown(say("Done: thank you. Your answers are kept, apart from your name.")))
        return redirect(url_for(".index"), 303)

    linked = queries.is_linked(reading(), bank(), mine)
    return _answered(invitation, do, "surveys/answer.html", linked=linked)


@pages.route("/paper", methods=["GET", "POST"])
@access("public")
def paper() -> Response:
    """Type in the code of a printed form."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        queries.by_code(session, bank(), values["code"])
        return redirect(url_for(".paper_form", paper_code=values["code"]), 303)

    return submit(PaperCodeIn(), do, lambda form: render_template("surveys/paper.html", form=form))


@pages.route("/paper/<paper_code>", methods=["GET", "POST"])
@access("public")
def paper_form(paper_code: str) -> Response:
    """The answers of whoever holds a printed form; its code says whose they are to nobody but the
    database."""
    invitation = queries.by_code(reading(), bank(), paper_code)

    def do(session: Session, given: Answers) -> Response:
        answering.answer_by_code(session, bank(), paper_code, given, now=clock.now())
        flash(shown(say("Done: the answers are kept, apart from any name.")))
        return redirect(url_for(".paper") if g.get("actor") else url_for(".thanks"), 303)

    return _answered(invitation, do, "surveys/paper_form.html", linked=False)


@pages.get("/thanks")
@access("public")
def thanks() -> str:
    """That an answer has come in."""
    return render_template("surveys/thanks.html")


def _answered(
    invitation: Any, do: Callable[[Session, Answers], Response], template: str, *, linked: bool
) -> Response:
    """Serve a form of questions. It carries no key by which it is done once: that would keep a
    trace of what was answered, beside who sent it. The database takes one answer to an
    invitation."""
    wave = queries.wave(reading(), bank(), invitation.wave_id)
    asked = queries.instruments(reading(), bank(), wave.id)

    def page(form: Form, status: int = 200) -> Response:
        return make_response(
            render_template(template, form=form, wave=wave, asked=_questions(asked)), status
        )

    if request.method != "POST":
        answering.require_unanswered(invitation)
        answering.require_open(wave, bank(), now=clock.now())
        return page(Form({"link": "yes"} if linked else None))
    form = Form(request.form)
    try:
        with transaction() as session:
            answers = {name: form.value(name) for name in request.form}
            return do(session, Answers(answers, link=bool(form.value("link"))))
    except Refusal as refusal:
        form.refused(refusal)
        return page(form, status_of(refusal))


@dataclass(frozen=True)
class _Shown:
    """A question as a form shows it."""

    name: str
    words: str
    options: list[tuple[str, str]]


def _questions(instruments: Sequence[Instrument]) -> list[tuple[Instrument, list[_Shown]]]:
    return [
        (
            one,
            [
                _Shown(
                    rules.field(number, place),
                    asked.words,
                    [(str(value), words) for value, words in asked.options],
                )
                for place, asked in enumerate(one.questions)
            ],
        )
        for number, one in enumerate(instruments)
    ]


@pages.route("/withdraw", methods=["GET", "POST"])
@access("member")
def withdraw() -> Response:
    """Take back that one's answers be linked."""
    if request.method == "POST":
        with transaction() as session:
            answering.withdraw(session, bank(), actor().member_id or 0)
        flash(shown(say("Done: nothing links your answers to you any more, nor to each other.")))
        return redirect(url_for(".index"), 303)
    return make_response(render_template("surveys/withdraw.html", form=Form()))


# ---- Own scales ----


@pages.get("/scales")
@access("coordinator")
def scales() -> str:
    """The bank's own scales, and how to add one."""
    return _scales(Form())


def _scales(form: Form) -> str:
    return render_template(
        "surveys/scales.html",
        form=form,
        scales=queries.scales(reading(), bank()),
        in_use=queries.in_use(reading(), bank()),
    )


@pages.route("/scales/new", methods=["GET", "POST"])
@access("coordinator")
def new_scale() -> Response:
    """Add a scale."""
    return _new_scale(
        "surveys/new_scale.html", {"lowest": 1, "highest": 5, "scoring": "mean", "better": "higher"}
    )


@pages.route("/scales/<int:scale_id>/copy", methods=["GET", "POST"])
@access("coordinator")
def copy_scale(scale_id: int) -> Response:
    """Add a scale that begins as a copy of another."""
    scale = queries.scale(reading(), bank(), scale_id)
    copied = ("licence", "lowest", "highest", "lowest_words", "highest_words", "scoring", "better")
    initial = {name: getattr(scale, name) for name in copied}
    lines = "\n".join(queries.items(reading(), bank(), scale_id))
    title = say("%(title)s, changed", title=scale.title)
    return _new_scale("surveys/copy_scale.html", initial | {"title": shown(title), "items": lines})


def _new_scale(template: str, initial: dict[str, Any]) -> Response:
    def do(session: Session, new: NewScale) -> Response:
        scale = service.add_scale(session, bank(), new, act())
        flash(shown(say("Done: “%(title)s” can be asked with.", title=scale.title)))
        return redirect(url_for(".scales"), 303)

    return submit(ScaleIn(), do, lambda form: render_template(template, form=form), initial=initial)


@pages.post("/scales/<int:scale_id>/removal")
@access("coordinator")
def remove_scale(scale_id: int) -> Response:
    """Take out a scale that nothing asks with."""
    queries.scale(reading(), bank(), scale_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.remove_scale(session, bank(), scale_id, act())
        flash(shown(say("Done: it is gone.")))
        return redirect(url_for(".scales"), 303)

    return submit(None, do, _scales)


# ---- Equality data ----


@pages.route("/equality", methods=["GET", "POST"])
@access("member")
def own_equality() -> Response:
    """One's own equality answers, to give, change and see."""
    mine = actor().member_id or 0
    initial = equality.own(reading(), bank(), mine)

    def page(form: Form, asked: Sequence[Category]) -> str:
        return render_template(
            "surveys/own_equality.html", form=form, asked=asked, given=bool(initial)
        )

    done = say("Done: your answers are kept, apart from your name.")
    return _equality(mine, page, initial, url_for(".index"), done)


@pages.route("/equality/erasure", methods=["GET", "POST"])
@access("member")
def erase_own_equality() -> Response:
    """Erase one's own equality answers, once one has seen what goes."""
    mine = actor().member_id or 0
    if request.method == "POST":
        with transaction() as session:
            equality.erase(session, bank(), mine, act())
        flash(shown(say("Done: they are erased.")))
        return redirect(url_for(".own_equality"), 303)
    given = len(equality.own(reading(), bank(), mine))
    return make_response(
        render_template("surveys/erase_own_equality.html", form=Form(), given=given)
    )


@pages.route("/equality/members/<int:member_id>", methods=["GET", "POST"])
@access("broker")
def equality_of(member_id: int) -> Response:
    """Enter a member's equality answers on their word; what was answered before is not shown."""
    member = members.member(reading(), bank(), member_id)

    def page(form: Form, asked: Sequence[Category]) -> str:
        return render_template("surveys/equality_of.html", form=form, asked=asked, member=member)

    done = say(
        "Done: the answers of %(name)s are kept. They are not shown again.", name=member.name
    )
    return _equality(member_id, page, {}, url_for("members.show", member_id=member_id), done)


@pages.route("/equality/members/<int:member_id>/erasure", methods=["GET", "POST"])
@access("broker")
def erase_equality(member_id: int) -> Response:
    """Erase a member's equality answers on their word, once one has seen what goes."""
    member = members.member(reading(), bank(), member_id)
    if request.method == "POST":
        with transaction() as session:
            equality.erase(session, bank(), member_id, act())
        flash(shown(say("Done: whatever was answered is erased.")))
        return redirect(url_for(".equality_of", member_id=member_id), 303)
    return make_response(render_template("surveys/erase_equality.html", form=Form(), member=member))


def _equality(
    member_id: int, page: Any, initial: Mapping[str, str], then: str, done: Said
) -> Response:
    """Serve the form of equality questions, again without a trace of what was answered."""
    asked = equality.questions(reading(), bank())
    form = Form(request.form if request.method == "POST" else initial)
    if request.method != "POST":
        return make_response(page(form, asked))
    try:
        with transaction() as session:
            given = EqualityAnswers({one.key: form.value(one.key) for one in asked})
            equality.answer(session, bank(), member_id, given, act())
    except Refusal as refusal:
        form.refused(refusal)
        return make_response(page(form, asked), status_of(refusal))
    flash(shown(done))
    return redirect(then, 303)


@pages.route("/equality/questions", methods=["GET", "POST"])
@access("coordinator")
def equality_questions() -> Response:
    """Say which equality questions are asked."""

    def do(session: Session, asked: EqualityAsked) -> Response:
        equality.ask(session, bank(), asked, act())
        flash(shown(say("Done: these are asked from now on.")))
        return redirect(url_for(".equality_report"), 303)

    def page(form: Form) -> str:
        return render_template("surveys/equality_questions.html", form=form, categories=CATEGORIES)

    chosen = [("questions", one.key) for one in equality.questions(reading(), bank())]
    areas = "\n".join(equality.areas(reading(), bank()))
    return submit(EqualityQuestionsIn(), do, page, initial=MultiDict([*chosen, ("areas", areas)]))


@pages.get("/equality/report")
@access("coordinator")
def equality_report() -> str:
    """How many gave which answer, as it may be published."""
    return render_template(
        "surveys/equality_report.html",
        found=service.equality(reading(), bank()),
        asked=bool(equality.questions(reading(), bank())),
        categories={one.key: one for one in CATEGORIES},
    )


@pages.post("/equality/report/count")
@access("coordinator")
def count_equality() -> Response:
    """Count the answers, once in a quarter."""
    with transaction() as session:
        equality.count(session, bank(), act())
    flash(shown(say("Done: this is what is told until it is counted again, in the next quarter.")))
    return redirect(url_for(".equality_report"), 303)
