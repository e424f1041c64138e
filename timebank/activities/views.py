"""Pages of activities: what there is, signing up, registers, hours, evidence, sponsors."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, hours
from timebank.act import Act
from timebank.activities import calendar as calendars
from timebank.activities import evidence, posting, queries, register, rules, service, signing
from timebank.activities import record as records
from timebank.activities.queries import Line, Meeting
from timebank.activities.register import Mark
from timebank.activities.schemas import (
    ActivityForm,
    AgreementIn,
    DoneIn,
    PhotoForm,
    QuoteIn,
    ResultIn,
    SessionForm,
    SignUpForm,
    SponsorshipForm,
    WhyIn,
)
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.db import reading
from timebank.errors import Invalid, NotFound, together
from timebank.http import access
from timebank.ledger import queries as ledger
from timebank.members import queries as members
from timebank.members.current import act, actor, bank
from timebank.say import Said, say
from timebank.web.forms import Form, submit

pages = Blueprint("activities", __name__, url_prefix="/b/<bank>/activities")

_AHEAD = timedelta(days=60)
_BEHIND = timedelta(days=90)
_FEW = 40


@pages.get("")
@access("member")
def index() -> str:
    """What is coming up, and what there is."""
    now, everybody = clock.now(), _theirs()
    coming = queries.meetings(
        reading(),
        bank(),
        *queries.not_called_off(),
        since=now - timedelta(hours=3),
        until=now + _AHEAD,
        limit=_FEW,
    )
    return render_template(
        "activities/index.html",
        coming=[one for one in coming if one.ends_at > now],
        mine=queries.signed_up(reading(), bank(), everybody, [one.row.id for one in coming]),
        activities=queries.activities(reading(), bank()),
        ended=queries.activities(reading(), bank(), ended=True),
        to_post=queries.to_post(reading(), bank(), now=now) if actor().is_broker else [],
        figures=queries.codelivery(reading(), bank()) if actor().is_broker else None,
    )


# ---- One activity ----


@pages.route("/new", methods=["GET", "POST"])
@access("broker")
def new() -> Response:
    """Begin something."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        activity = service.open_activity(session, bank(), act(), **_details(session, values))
        flash(f"Done: {activity.title} is opened. Now plan when it meets.")
        return redirect(url_for(".plan", activity_id=activity.id), 303)

    initial = {"rule": "sponsored", "stage": "deliver", "percent": 100}
    return submit(
        ActivityForm(),
        do,
        lambda form: _form("activities/new.html", form),
        initial=initial,
        also=_check,
    )


@pages.get("/<int:activity_id>")
@access("member")
def show(activity_id: int) -> str:
    """What it is for, when it meets, what came of it."""
    return _show(activity_id)


def _show(activity_id: int, form: Form | None = None) -> str:
    activity, now = queries.activity(reading(), bank(), activity_id), clock.now()
    coming = queries.meetings(
        reading(), bank(), activity_id=activity_id, since=now - timedelta(hours=3), limit=12
    )
    past = queries.meetings(
        reading(),
        bank(),
        activity_id=activity_id,
        until=now - timedelta(hours=3),
        latest_first=True,
        limit=12,
    )
    return render_template(
        "activities/show.html",
        form=form,
        activity=activity,
        leads=queries.leads(reading(), bank(), activity),
        payer=members.party(reading(), bank(), activity.payer_id) if activity.payer_id else None,
        coming=coming,
        past=past,
        mine=queries.signed_up(reading(), bank(), _theirs(), [one.row.id for one in coming]),
        outcomes=queries.outcomes(reading(), bank(), activity_id),
        quotes=queries.quotes(reading(), bank(), activity_id),
        photos=queries.photos(reading(), bank(), activity_id),
        figures=queries.codelivery(reading(), bank(), activity_id=activity_id),
        runs=_runs(activity),
        words=rules,
    )


@pages.route("/<int:activity_id>/edit", methods=["GET", "POST"])
@access("member")
def edit(activity_id: int) -> Response:
    """Change what it says of itself."""
    activity = queries.activity(reading(), bank(), activity_id)
    service.require_run(activity, actor())

    def do(session: Session, values: dict[str, Any]) -> Response:
        kept = (
            _details(session, values)
            if actor().is_broker
            else {name: values[name] for name in _ABOUT}
        )
        service.change(session, bank(), activity_id, **kept, by=actor())
        flash("Done: that is kept.")
        return redirect(url_for(".show", activity_id=activity_id), 303)

    leads = queries.leads(reading(), bank(), activity)
    payer = members.party(reading(), bank(), activity.payer_id) if activity.payer_id else None
    initial = {name: getattr(activity, name) for name in (*_ABOUT, "rule", "percent", "public")}
    initial |= {f"{side}_lead": lead.number or lead.name for side, lead in leads.items()}
    if payer:
        initial |= {
            "sponsor" if activity.rule == "sponsored" else "receiver": payer.number or payer.name
        }
    also = _check if actor().is_broker else None

    def page(form: Form) -> str:
        return _form("activities/edit.html", form, activity=activity)

    return submit(ActivityForm(), do, page, initial=initial, also=also)


@pages.post("/<int:activity_id>/end")
@access("broker")
def end(activity_id: int) -> Response:
    """It is over."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        activity = service.end(session, bank(), activity_id, act())
        flash(f"Done: {activity.title} is over. What was done together stays on record.")
        return redirect(url_for(".index"), 303)

    return submit(None, do, lambda form: _show(activity_id, form))


_ABOUT = ("title", "purpose", "stage", "place", "access_notes", "places", "lessons")


def _form(template: str, form: Form, **shown: Any) -> str:
    return render_template(
        template, form=form, words=rules, partners=members.organisations(reading(), bank()), **shown
    )


def _check(values: dict[str, Any]) -> None:
    _details(reading(), values)


def _details(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    """What the form says, with people and accounts in the place of their names."""
    rule = values.get("rule") or ""
    payer, resident, professional = together(
        lambda: _payer(session, rule, values),
        lambda: _lead(session, values, "resident_lead"),
        lambda: _lead(session, values, "professional_lead"),
    )
    kept = {name: values[name] for name in (*_ABOUT, "percent", "public") if name in values}
    return {
        **kept,
        "rule": rule,
        "payer_id": payer,
        "resident_lead_id": resident,
        "professional_lead_id": professional,
    }


def _payer(session: Session, rule: str, values: dict[str, Any]) -> int | None:
    if rule == "sponsored":
        name = values.get("sponsor", "")
        if not name or name.lower() == "chest":
            return ledger.chest(session, bank()).id
        return members.one_party(
            session, bank(), name, field="sponsor", kinds=("organisation", "chest")
        ).account_id
    if rule == "working_bee":
        name = values.get("receiver", "")
        if not name:
            raise Invalid.on("receiver", say("Write who receives the work."))
        kinds = ("member", "organisation", "group")
        return members.one_party(session, bank(), name, field="receiver", kinds=kinds).account_id
    return None


def _lead(session: Session, values: dict[str, Any], field: str) -> int | None:
    name = values.get(field, "")
    return members.one_named(session, bank(), name, field=field).id if name else None


# ---- Sessions ----


@pages.route("/<int:activity_id>/sessions/new", methods=["GET", "POST"])
@access("member")
def plan(activity_id: int) -> Response:
    """Plan when it meets, once or every so often."""
    activity = queries.activity(reading(), bank(), activity_id)
    service.require_run(activity, actor())

    def do(session: Session, values: dict[str, Any]) -> Response:
        planned = service.plan(session, bank(), activity_id, act(), **_when(values))
        several = f"{len(planned)} sessions are" if len(planned) > 1 else "the session is"
        to_come = any(one.starts_at > clock.now() for one in planned)
        flash(
            f"Done: {several} planned."
            f" {'People can sign up.' if to_come else 'The register can be kept now.'}"
        )
        return redirect(url_for(".show", activity_id=activity_id), 303)

    initial = {"starts_time": "10:00", "minutes": "2:00", "repeat": "once", "count": 1}

    def page(form: Form) -> str:
        return render_template("activities/plan.html", form=form, activity=activity, words=rules)

    return submit(SessionForm(), do, page, initial=initial, also=_check_session)


@pages.get("/sessions/<int:session_id>")
@access("member")
def session(session_id: int) -> str:
    """One session: when and where, who comes, and for those who run it, what there is to do."""
    return _session(session_id)


def _session(session_id: int, form: Form | None = None) -> str:
    found = queries.meeting(reading(), bank(), session_id)
    runs = _runs(found.activity)
    theirs = _theirs()
    return render_template(
        "activities/session.html",
        form=form,
        filled=form or Form(),
        found=found,
        runs=runs,
        mine={
            row.member_id: row
            for row in queries.signed_up(reading(), bank(), theirs, [session_id]).get(
                session_id, []
            )
        },
        theirs=[members.member(reading(), bank(), one) for one in theirs],
        comers=queries.comers(reading(), bank(), session_id) if runs else [],
        postings=queries.postings(reading(), bank(), session_id) if runs else [],
        over=found.ends_at <= clock.now(),
        opens=found.row.starts_at - register.EARLY <= clock.now(),
        words=rules,
    )


@pages.route("/sessions/<int:session_id>/edit", methods=["GET", "POST"])
@access("member")
def edit_session(session_id: int) -> Response:
    """Move it, or say something else of it."""
    found = _run(session_id)

    def do(writing: Session, values: dict[str, Any]) -> Response:
        kept = {
            name: value for name, value in _when(values).items() if name not in ("repeat", "count")
        }
        service.change_session(writing, bank(), session_id, act(), **kept)
        flash("Done: that is kept. If time or place are others, those who mean to come are told.")
        return redirect(url_for(".session", session_id=session_id), 303)

    local = found.row.starts_at.astimezone(ZoneInfo(bank().timezone))
    initial = {name: getattr(found.row, name) for name in ("stage", "place", "places")}
    initial |= {
        "starts_on": local.date().isoformat(),
        "starts_time": f"{local:%H:%M}",
        "minutes": hours.table(found.row.minutes),
    }

    def page(form: Form) -> str:
        return render_template("activities/edit_session.html", form=form, found=found, words=rules)

    return submit(SessionForm(), do, page, initial=initial, also=_check_session)


@pages.route("/sessions/<int:session_id>/call-off", methods=["GET", "POST"])
@access("member")
def call_off(session_id: int) -> Response:
    """It does not happen."""
    found = _run(session_id)

    def do(writing: Session, values: dict[str, Any]) -> Response:
        service.call_off(writing, bank(), session_id, act(), why=values["why"])
        flash("Done: it is called off, and those who meant to come are told.")
        return redirect(url_for(".show", activity_id=found.activity.id), 303)

    return submit(
        WhyIn(),
        do,
        lambda form: render_template("activities/call_off.html", form=form, found=found),
    )


@pages.route("/sessions/<int:session_id>/write-up", methods=["GET", "POST"])
@access("member")
def write_up(session_id: int) -> Response:
    """Keep what was done."""
    found = _run(session_id)

    def do(writing: Session, values: dict[str, Any]) -> Response:
        service.write_up(writing, bank(), session_id, **values, by=actor())
        flash("Done: that is kept.")
        return redirect(url_for(".session", session_id=session_id), 303)

    def page(form: Form) -> str:
        return render_template("activities/write_up.html", form=form, found=found)

    return submit(DoneIn(), do, page, initial={"done": found.row.done})


def _check_session(values: dict[str, Any]) -> None:
    today = local_date(clock.now(), bank().timezone)
    together(
        lambda: "starts_on" in values and rules.check_day(values["starts_on"], today=today),
        lambda: "starts_time" in values and rules.clock_time(values["starts_time"]),
        lambda: "minutes" in values and rules.check_minutes(values["minutes"]),
        lambda: "places" in values and rules.check_places(values["places"]),
        lambda: (
            values.keys() >= {"repeat", "count"}
            and rules.check_repeat(values["repeat"], values["count"])
        ),
    )


def _when(values: dict[str, Any]) -> dict[str, Any]:
    """The form's day and time as an instant."""
    day, words = values.pop("starts_on"), values.pop("starts_time")
    return {
        **values,
        "starts_at": datetime.combine(day, rules.clock_time(words), ZoneInfo(bank().timezone)),
    }


def _run(session_id: int) -> Meeting:
    found = queries.meeting(reading(), bank(), session_id)
    service.require_run(found.activity, actor())
    return found


def _runs(activity: Any) -> bool:
    return rules.may_run(actor(), activity.lead_ids)


def _theirs() -> list[int]:
    """The members whose sign-ups are this person's to make: themselves and those they help."""
    mine = actor().member_id
    return (
        []
        if mine is None
        else [mine, *(one.member.id for one in members.helped_by(reading(), bank(), mine))]
    )


# ---- Signing up ----


@pages.post("/sessions/<int:session_id>/sign-up")
@access("member")
def sign_up(session_id: int) -> Response:
    """Say that somebody means to come."""

    def do(writing: Session, values: dict[str, Any]) -> Response:
        who, channel = _who(writing, values)
        row = signing.sign_up(writing, bank(), session_id, who, act(), channel=channel)
        name = (
            "You are"
            if who == actor().member_id
            else f"{members.member(writing, bank(), who).name} is"
        )
        words = (
            "on the list."
            if row.status == "coming"
            else "on the waiting list, and will be told when a place is free."
        )
        flash(f"Done: {name} {words}")
        return redirect(url_for(".session", session_id=session_id), 303)

    return submit(SignUpForm(), do, lambda form: _session(session_id, form))


@pages.post("/sessions/<int:session_id>/withdraw")
@access("member")
def withdraw(session_id: int) -> Response:
    """Say that somebody does not come after all."""

    def do(writing: Session, values: dict[str, Any]) -> Response:
        who, channel = _who(writing, values)
        signing.withdraw(writing, bank(), session_id, who, act(), channel=channel)
        name = (
            "You are"
            if who == actor().member_id
            else f"{members.member(writing, bank(), who).name} is"
        )
        flash(f"Done: {name} no longer on the list.")
        return redirect(url_for(".session", session_id=session_id), 303)

    return submit(SignUpForm(), do, lambda form: _session(session_id, form))


def _who(session: Session, values: dict[str, Any]) -> tuple[int, str]:
    if values["who"]:
        return members.one_named(session, bank(), values["who"], field="who").id, values["channel"]
    who = values["member"] or actor().member_id
    if who is None:
        raise Invalid(
            say("Write who means to come."), fields={"who": say("Write a name or a member number.")}
        )
    return who, "web" if who in _theirs() else values["channel"]


# ---- The register ----


@pages.route("/sessions/<int:session_id>/register", methods=["GET", "POST"])
@access("member")
def keep_register(session_id: int) -> Response:
    """Who is here, made for a phone at the door."""
    found = _run(session_id)

    def do(writing: Session, _: dict[str, Any]) -> Response:
        now, channel = clock.now(), "paper" if request.form.get("from_paper") else "web"
        lines = queries.register(writing, bank(), found)
        register.mark(
            writing, bank(), session_id, _ticked(lines), Act(actor(), now), channel=channel
        )
        name = _added(writing, session_id, channel, now)
        here = queries.meeting(writing, bank(), session_id).here
        flash(f"Done: {name + ' is added. ' if name else ''}{here or 'nobody'} here.")
        wanted = {"times": ".times", "post": ".post" if actor().is_broker else ".times"}
        return redirect(
            url_for(
                wanted.get(request.form.get("do", ""), ".keep_register"), session_id=session_id
            ),
            303,
        )

    return submit(
        None, do, lambda form: _register("activities/keep_register.html", session_id, form)
    )


def _ticked(lines: list[Line]) -> list[Mark]:
    """The people about whom the form says something else than it was shown with."""
    known = {line.key: line for line in lines}
    marks = []
    for field, was in request.form.items():
        kind, _, key = field.partition("-")
        part = request.form.get(f"part-{key}", "")
        if kind != "was" or part == was.partition(" ")[0]:
            continue
        line = known.get(key)
        member_id = (
            int(key[1:]) if key[:1] == "m" and key[1:].isdecimal() and len(key) < 12 else None
        )
        if line is None and member_id is None:
            continue
        minutes = line.minutes if line and line.part else None
        kept = {"prepared": line.prepared, "without_hours": line.without_hours} if line else {}
        marks.append(
            Mark(
                member_id,
                "" if member_id else line.name if line else "",
                part,
                minutes,
                **kept,
                was=was,
            )
        )
    return marks


def _added(session: Session, session_id: int, channel: str, now: datetime) -> str:
    """Somebody who was not on the list: a member, a guest, or a newcomer who would like to join."""
    name, wanted = " ".join(request.form.get("who", "").split()), request.form.get("do", "")
    if wanted not in ("member", "guest", "newcomer") or not (name or wanted):
        return ""
    if not name:
        raise Invalid(
            say("Write the name."), fields={"who": say("Write the name of whoever is to be added.")}
        )
    if wanted == "newcomer":
        phone = request.form.get("phone", "").strip() or None
        register.add_newcomer(
            session, bank(), session_id, Act(actor(), now), name=name, phone=phone
        )
    elif wanted == "guest":
        register.mark(
            session,
            bank(),
            session_id,
            [Mark(guest=name, part="attended")],
            Act(actor(), now),
            channel=channel,
        )
    else:
        member = members.one_named(session, bank(), name, field="who")
        on_it = {
            line.member_id
            for line in queries.register(
                session, bank(), queries.meeting(session, bank(), session_id)
            )
            if line.here
        }
        if member.id in on_it:
            raise Invalid.on("who", say("%(name)s is on the list already.", name=member.name))
        mark = Mark(member.id, part="attended")
        register.mark(session, bank(), session_id, [mark], Act(actor(), now), channel=channel)
        name = member.name
    return name


def _register(template: str, session_id: int, form: Form) -> str:
    found = queries.meeting(reading(), bank(), session_id)
    lines = queries.register(reading(), bank(), found)
    return render_template(template, form=form, found=found, lines=lines, words=rules)


@pages.route("/sessions/<int:session_id>/times", methods=["GET", "POST"])
@access("member")
def times(session_id: int) -> Response:
    """How long each was there, and what they prepared; most need no change."""
    found = _run(session_id)

    def do(writing: Session, _: dict[str, Any]) -> Response:
        lines = [line for line in queries.register(writing, bank(), found) if line.here]
        register.mark(writing, bank(), session_id, _timed(lines), act())
        flash("Done: the times are kept.")
        if request.form.get("do") == "post" and actor().is_broker:
            return redirect(url_for(".post", session_id=session_id), 303)
        return redirect(url_for(".session", session_id=session_id), 303)

    return submit(None, do, lambda form: _register("activities/times.html", session_id, form))


def _timed(lines: list[Line]) -> list[Mark]:
    wrong: dict[str, Said] = {}
    marks = []
    for line in lines:
        was = request.form.get(f"was-{line.key}")
        if was is None:
            continue
        found: dict[str, int] = {}
        for name in ("minutes", "prepared"):
            try:
                words = request.form.get(f"{name}-{line.key}", "").strip()
                found[name] = hours.parse(words) if words else 0
            except Invalid as refusal:
                wrong[f"{name}-{line.key}"] = say(
                    "%(name)s: %(message)s", name=line.name, message=refusal.message
                )
        if line.part and found.get("minutes") == 0:
            wrong[f"minutes-{line.key}"] = say(
                "%(name)s: write how long they were there, or take them off the register.",
                name=line.name,
            )
        marks.append(
            Mark(
                line.member_id,
                "" if line.member_id is not None else line.name,
                line.part,
                found.get("minutes"),
                found.get("prepared", 0),
                f"without-{line.key}" in request.form,
                was=was,
            )
        )
    if wrong:
        raise Invalid(say("Some times have to be put right."), fields=wrong)
    return marks


@pages.get("/sessions/<int:session_id>/register/print")
@access("member")
def paper_register(session_id: int) -> str:
    """The register to print, its lines in the same order as the page."""
    found = _run(session_id)
    return render_template(
        "activities/paper_register.html",
        found=found,
        lines=queries.register(reading(), bank(), found),
    )


@pages.get("/sessions/<int:session_id>/door")
@access("member")
def door(session_id: int) -> str:
    """The code to hang at the door, for members to scan."""
    found = _run(session_id)
    base = current_app.config["TIMEBANK"].base_url.rstrip("/")
    address = f"{base}{url_for('.here', session_id=session_id, key=found.row.door_key)}"
    code = segno.make(address, micro=False).svg_data_uri(scale=8, border=4)
    return render_template("activities/door.html", found=found, code=code, address=address)


@pages.route("/sessions/<int:session_id>/here", methods=["GET", "POST"])
@access("member")
def here(session_id: int) -> Response:
    """A member has scanned the code at the door."""
    found, key = queries.meeting(reading(), bank(), session_id), request.args.get("key", "")

    def do(writing: Session, _: dict[str, Any]) -> Response:
        new = register.check_in(writing, bank(), session_id, act(), key=key)
        flash(
            "Done: you are on the register. Enjoy it."
            if new
            else "You are on the register already."
        )
        return redirect(url_for(".session", session_id=session_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template("activities/here.html", form=form, found=found, key=key),
    )


# ---- Hours ----


@pages.route("/sessions/<int:session_id>/post", methods=["GET", "POST"])
@access("broker")
def post(session_id: int) -> Response:
    """Look over what would move, in full, and post it."""
    if request.method == "GET" and queries.meeting(reading(), bank(), session_id).status in (
        "cancelled",
        "posted",
    ):
        return redirect(url_for(".session", session_id=session_id))

    def do(writing: Session, _: dict[str, Any]) -> Response:
        digest = request.form.get("digest") or None
        posting.post(writing, bank(), session_id, act(), digest=digest)
        flash("Done: the hours are in the books.")
        return redirect(url_for(".session", session_id=session_id), 303)

    def page(form: Form) -> str:
        found = queries.meeting(reading(), bank(), session_id)
        if found.status not in ("planned", "registered"):
            return _session(session_id, form)
        plan = posting.preview(reading(), bank(), session_id, act())
        return render_template(
            "activities/post.html", form=form, plan=plan, found=plan.meeting, words=rules
        )

    return submit(None, do, page)


@pages.route("/sessions/<int:session_id>/take-back", methods=["GET", "POST"])
@access("broker")
def take_back(session_id: int) -> Response:
    """Take the hours back, so that the register can be put right."""
    found = queries.meeting(reading(), bank(), session_id)

    def do(writing: Session, values: dict[str, Any]) -> Response:
        posting.take_back(writing, bank(), session_id, act(), **values)
        flash(
            "Done: the hours are where they were before. Put the register right, then post it anew."
        )
        return redirect(url_for(".keep_register", session_id=session_id), 303)

    return submit(
        WhyIn(),
        do,
        lambda form: render_template("activities/take_back.html", form=form, found=found),
    )


# ---- What it led to ----


@pages.route("/<int:activity_id>/outcomes/new", methods=["GET", "POST"])
@access("member")
def agree(activity_id: int) -> Response:
    """Write down what it is to lead to."""
    return _about(activity_id, AgreementIn(), service.agree_outcome, "activities/agree.html")


@pages.route("/outcomes/<int:outcome_id>", methods=["GET", "POST"])
@access("member")
def result(outcome_id: int) -> Response:
    """Say what it led to."""
    outcome = queries.outcome(reading(), bank(), outcome_id)
    activity = queries.activity(reading(), bank(), outcome.activity_id)
    service.require_run(activity, actor())

    def do(session: Session, values: dict[str, Any]) -> Response:
        service.record_result(session, bank(), outcome_id, act(), **values)
        flash("Done: that is kept.")
        return redirect(url_for(".show", activity_id=activity.id), 303)

    initial = {"reached": outcome.reached, "result": outcome.result}

    def page(form: Form) -> str:
        return render_template(
            "activities/result.html", form=form, activity=activity, outcome=outcome
        )

    return submit(ResultIn(), do, page, initial=initial)


@pages.route("/<int:activity_id>/quotes/new", methods=["GET", "POST"])
@access("member")
def add_quote(activity_id: int) -> Response:
    """Keep what somebody said."""
    return _about(activity_id, QuoteIn(), evidence.add_quote, "activities/add_quote.html")


@pages.route("/<int:activity_id>/photos/new", methods=["GET", "POST"])
@access("member")
def add_photo(activity_id: int) -> Response:
    """Keep a picture."""

    def step(session: Session, here: Bank, activity_id: int, *, photo: Any, **values: Any) -> None:
        evidence.add_photo(
            session, here, activity_id, data=photo.read() if photo else b"", **values
        )

    return _about(activity_id, PhotoForm(), step, "activities/add_photo.html")


@pages.post("/quotes/<int:quote_id>/remove")
@access("member")
def remove_quote(quote_id: int) -> Response:
    """Take out what somebody said."""
    activity_id = queries.quote(reading(), bank(), quote_id).activity_id
    return _taken_out(
        activity_id, lambda session: evidence.remove_quote(session, bank(), quote_id, by=actor())
    )


@pages.post("/photos/<int:photo_id>/remove")
@access("member")
def remove_photo(photo_id: int) -> Response:
    """Take out a picture."""
    activity_id = queries.photo(reading(), bank(), photo_id).activity_id
    return _taken_out(
        activity_id, lambda session: evidence.remove_photo(session, bank(), photo_id, by=actor())
    )


def _taken_out(activity_id: int, step: Callable[[Session], Any]) -> Response:
    def do(session: Session, _: dict[str, Any]) -> Response:
        step(session)
        flash("Done: it is gone.")
        return redirect(url_for(".show", activity_id=activity_id), 303)

    return submit(None, do, lambda form: _show(activity_id, form))


@pages.get("/photos/<int:photo_id>")
@access("member")
def photo(photo_id: int) -> Response:
    """A picture, for the members of the bank."""
    return _picture(photo_id)


@pages.get("/public/photos/<int:photo_id>")
@access("public")
def public_photo(photo_id: int) -> Response:
    """A picture of an activity that anybody may read of."""
    found = queries.photo(reading(), bank(), photo_id)
    if not queries.activity(reading(), bank(), found.activity_id).public:
        raise NotFound(say("There is no such picture here."))
    return _picture(photo_id)


def _picture(photo_id: int) -> Response:
    return Response(queries.photo(reading(), bank(), photo_id).jpeg, mimetype="image/jpeg")


@pages.get("/<int:activity_id>/calendar")
@access("member")
def calendar(activity_id: int) -> Response:
    """Its sessions for a calendar."""
    activity = queries.activity(reading(), bank(), activity_id)
    found = queries.meetings(
        reading(), bank(), activity_id=activity.id, since=clock.now() - _BEHIND, limit=200
    )
    file = calendars.calendar(
        bank(), found, url=lambda one: url_for(".session", session_id=one.row.id, _external=True)
    )
    headers = {"Content-Disposition": "attachment; filename=activity.ics"}
    return Response(file, mimetype="text/calendar", headers=headers)


@pages.get("/<int:activity_id>/record")
@access("member")
def record(activity_id: int) -> Response:
    """Everything that is kept of it but people and pictures, as a file to hand on. For those who
    run it."""
    service.require_run(queries.activity(reading(), bank(), activity_id), actor())
    made = json.dumps(records.record(reading(), bank(), activity_id), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": f"attachment; filename=activity-{activity_id}.json"}
    return Response(f"{made}\n", mimetype="application/json", headers=headers)


def _about(activity_id: int, schema: Any, step: Callable[..., Any], template: str) -> Response:
    """A form that adds something to an activity."""
    activity = queries.activity(reading(), bank(), activity_id)
    service.require_run(activity, actor())

    def do(session: Session, values: dict[str, Any]) -> Response:
        step(session, bank(), activity_id, **values, act=act())
        flash("Done: that is kept.")
        return redirect(url_for(".show", activity_id=activity_id), 303)

    return submit(schema, do, lambda form: render_template(template, form=form, activity=activity))


# ---- Sponsors ----


@pages.get("/sponsors")
@access("broker")
def sponsors() -> str:
    """What organisations have agreed to pay for, and how much of it they have paid."""
    return _sponsors()


def _sponsors(form: Form | None = None) -> str:
    return render_template(
        "activities/sponsors.html",
        form=form,
        agreements=queries.sponsorships(reading(), bank()),
        partners={one.id: one for one in members.organisations(reading(), bank(), closed=True)},
        activities=_by_id(),
    )


@pages.route("/sponsors/new", methods=["GET", "POST"])
@access("coordinator")
def sponsor() -> Response:
    """Write down what an organisation pays for."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        service.sponsor(session, bank(), values.pop("organisation_id"), act(), **values)
        flash("Done: the agreement is written down.")
        return redirect(url_for(".sponsors"), 303)

    def page(form: Form) -> str:
        partners = members.organisations(reading(), bank())
        return render_template(
            "activities/sponsor.html", form=form, partners=partners, activities=_by_id()
        )

    return submit(SponsorshipForm(), do, page)


@pages.post("/sponsors/<int:sponsorship_id>/end")
@access("coordinator")
def end_sponsorship(sponsorship_id: int) -> Response:
    """An organisation pays for no more."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.end_sponsorship(session, bank(), sponsorship_id, act())
        flash("Done: the agreement is ended. What was posted stands.")
        return redirect(url_for(".sponsors"), 303)

    return submit(None, do, _sponsors)


def _by_id() -> dict[int, Any]:
    return {one.id: one for one in queries.activities(reading(), bank())}


# ---- For everybody ----


@pages.get("/<int:activity_id>/public")
@access("public")
def public(activity_id: int) -> str:
    """What anybody may read of an activity, where the bank wants it."""
    activity = queries.activity(reading(), bank(), activity_id)
    if not activity.public:
        raise NotFound(say("There is no such page here."))
    return render_template(
        "activities/public.html",
        activity=activity,
        coming=queries.meetings(
            reading(),
            bank(),
            *queries.not_called_off(),
            activity_id=activity_id,
            since=clock.now(),
            limit=6,
        ),
        outcomes=queries.outcomes(reading(), bank(), activity_id),
        quotes=queries.quotes(reading(), bank(), activity_id),
        photos=queries.photos(reading(), bank(), activity_id),
        figures=queries.codelivery(reading(), bank(), activity_id=activity_id),
        words=rules,
    )
