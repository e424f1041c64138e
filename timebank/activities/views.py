"""Pages of activities: what there is, signing up, registers, hours, evidence, sponsors."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import atom, clock, hours, voices
from timebank.act import Act, Word
from timebank.activities import calendar as calendars
from timebank.activities import evidence, posting, queries, register, rules, service, sheet, signing
from timebank.activities import feed as feeds
from timebank.activities import record as records
from timebank.activities.queries import Meeting
from timebank.activities.rules import (
    About,
    Details,
    Mark,
    MeetingStatus,
    Newcomer,
    NewSponsorship,
    Part,
    Result,
    Rule,
    SignUpStatus,
    Source,
    Stage,
    Wanted,
    fits,
)
from timebank.activities.schemas import (
    ADDS,
    ActivityForm,
    AgreementIn,
    DoneIn,
    KeptRegister,
    PhotoForm,
    PostingIn,
    QuoteIn,
    RecordOut,
    RegisterForm,
    ResultIn,
    SessionForm,
    ShownForm,
    ShownWish,
    SignUpForm,
    SponsorshipForm,
    Then,
    WhoComes,
    WhyIn,
    WrittenDetails,
    WrittenPlan,
)
from timebank.banks.models import Bank
from timebank.db import reading
from timebank.errors import Invalid, NotFound, together
from timebank.feature import plugged_in
from timebank.http import access, shown, voice
from timebank.ledger import queries as ledger
from timebank.ledger.rules import AccountKind
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, circle, config, everybody, several, today
from timebank.room import Appointment
from timebank.say import count, one_after_another, say
from timebank.schema import Makes
from timebank.web.calendars import calendar as calendar_file
from timebank.web.forms import Form, submit
from timebank.web.headers import framed_by
from timebank.web.paths import path_of

pages = Blueprint("activities", __name__, url_prefix="/b/<bank>/activities")

New = TypeVar("New")

_AHEAD = timedelta(days=60)
_BEHIND = timedelta(days=90)
_FEW = 40
_IN_A_FRAME = 6
_KEPT = say("Done: that is kept.")


@pages.context_processor
def closed_sets() -> dict[str, object]:
    """The words for stages, rules and parts, which nearly every page of activities shows."""
    return {
        "stage_words": rules.STAGE_WORDS,
        "rule_words": rules.RULE_WORDS,
        "part_words": rules.PART_WORDS,
    }


@pages.get("")
@access("member")
def index() -> str:
    """What is coming up, and what there is."""
    now, everybody = clock.now(), _theirs()
    meetings = queries.meetings(
        reading(),
        bank(),
        *queries.not_called_off(),
        since=now - timedelta(hours=3),
        until=now + _AHEAD,
        limit=_FEW,
    )
    mine = queries.signed_up(reading(), bank(), everybody, [one.row.id for one in meetings])
    asked = request.args.get("show", "")
    wanted = Wanted(asked) if asked in set(Wanted) else None
    coming = [
        one
        for one in meetings
        if one.ends_at > now and fits(one.activity.rule, wanted, going=one.row.id in mine)
    ]
    return render_template(
        "activities/index.html",
        coming=coming,
        wanted=wanted,
        company=queries.company(reading(), bank(), [one.row.id for one in coming], by=actor()),
        covers=queries.covers(reading(), bank(), {one.activity.id for one in coming}),
        mine=mine,
        activities=queries.activities(reading(), bank()),
        ended=queries.activities(reading(), bank(), ended=True),
        to_post=queries.to_see_to(reading(), bank(), now=now).to_post.shown
        if actor().is_broker
        else [],
        figures=queries.codelivery(reading(), bank()) if actor().is_broker else None,
    )


# ---- One activity ----


@pages.route("/new", methods=["GET", "POST"])
@access("broker")
def new() -> Response:
    """Begin something."""

    def do(session: Session, written: WrittenDetails) -> Response:
        by_word = act(Word(despite=written.despite))
        activity = service.open_activity(session, bank(), _details(session, written), by_word)
        done = say("Done: %(title)s is opened. Now plan when it meets.", title=activity.title)
        flash(shown(done))
        return redirect(url_for(".plan", activity_id=activity.id), 303)

    initial = {"rule": Rule.SPONSORED, "stage": Stage.DELIVER, "percent": 100}
    return submit(
        ActivityForm(),
        do,
        lambda form: _form("activities/new.html", form),
        initial=initial,
        also=_check_names,
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
        leads=queries.leads(reading(), bank(), activity, by=actor()),
        payer=members.party(reading(), bank(), activity.payer_id) if activity.payer_id else None,
        coming=coming,
        past=past,
        mine=queries.signed_up(reading(), bank(), _theirs(), [one.row.id for one in coming]),
        outcomes=queries.outcomes(reading(), bank(), activity_id),
        quotes=queries.quotes(reading(), bank(), activity_id),
        photos=queries.photos(reading(), bank(), activity_id),
        figures=queries.codelivery(reading(), bank(), activity_id=activity_id),
        runs=_runs(activity.lead_ids),
    )


@pages.route("/<int:activity_id>/edit", methods=["GET", "POST"])
@access("member")
def edit(activity_id: int) -> Response:
    """Change what it says of itself."""
    activity = queries.activity(reading(), bank(), activity_id)
    service.require_run(activity, actor())

    def do(session: Session, written: WrittenDetails) -> Response:
        if actor().is_broker:
            details = _details(session, written)
        else:
            about = {field.name: getattr(written, field.name) for field in fields(About)}
            details = replace(queries.details(activity), **about)
        by_word = act(Word(despite=written.despite))
        service.change(session, bank(), activity_id, details, by_word)
        flash(shown(_KEPT))
        return redirect(url_for(".show", activity_id=activity_id), 303)

    leads = queries.leads(reading(), bank(), activity, by=actor())
    payer = members.party(reading(), bank(), activity.payer_id) if activity.payer_id else None
    initial = vars(queries.details(activity))
    initial |= {f"{side}_lead": lead.number or lead.name for side, lead in leads.items()}
    if payer:
        field = "sponsor" if activity.rule == Rule.SPONSORED else "receiver"
        initial |= {field: payer.number or payer.name}
    also = _check_names if actor().is_broker else None

    def page(form: Form) -> str:
        return _form("activities/edit.html", form, activity=activity)

    return submit(ActivityForm(), do, page, initial=initial, also=also)


@pages.post("/<int:activity_id>/end")
@access("broker")
def end(activity_id: int) -> Response:
    """It is over."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        activity = service.end(session, bank(), activity_id, act())
        done = say(
            "Done: %(title)s is over. What was done together stays on record.", title=activity.title
        )
        flash(shown(done))
        return redirect(url_for(".index"), 303)

    return submit(None, do, lambda form: _show(activity_id, form))


def _form(template: str, form: Form, **more: Any) -> str:
    partners = members.organisations(reading(), bank())
    return render_template(template, form=form, partners=partners, **more)


def _check_names(values: Mapping[str, Any]) -> None:
    """What a form of the staff says of people, looked up even where the rest has to be put right.
    Raises Invalid."""
    names = {field: values.get(field, "") for field in ("sponsor", "receiver", *_LEADS)}
    _people(reading(), values.get("rule"), names)


def _details(session: Session, written: WrittenDetails) -> Details:
    """What the form says, with people and accounts in the place of their names. Raises Invalid."""
    about = {field.name: getattr(written, field.name) for field in fields(About)}
    payer, resident, professional = _people(session, written.rule, vars(written))
    if written.rule is None:
        raise Invalid.on("rule", say("Choose how the hours move."))
    return Details(
        **about,
        rule=written.rule,
        payer_id=payer,
        percent=written.percent,
        resident_lead_id=resident,
        professional_lead_id=professional,
        public=written.public,
    )


_LEADS = ("resident_lead", "professional_lead")


def _people(
    session: Session, rule: Rule | None, names: Mapping[str, str]
) -> tuple[int | None, int | None, int | None]:
    """The account that pays, and the members who lead. Raises Invalid with all that is wrong."""
    payer, resident, professional = together(
        lambda: _payer(session, rule, names),
        *(lambda field=field: _lead(session, names[field], field) for field in _LEADS),
    )
    return payer, resident, professional


def _payer(session: Session, rule: Rule | None, names: Mapping[str, str]) -> int | None:
    if rule == Rule.SPONSORED:
        name = names["sponsor"]
        if not name or name.lower() == "chest":
            return ledger.chest(session, bank()).id
        return members.named(
            session,
            bank(),
            name,
            field="sponsor",
            within=everybody(),
            kinds=("organisation", "chest"),
        ).account_id
    if rule == Rule.WORKING_BEE:
        name = names["receiver"]
        if not name:
            raise Invalid.on("receiver", say("Write who receives the work."))
        kinds = ("member", "organisation", "group")
        return members.named(
            session, bank(), name, field="receiver", within=everybody(), kinds=kinds
        ).account_id
    return None


def _lead(session: Session, name: str, field: str) -> int | None:
    if not name:
        return None
    return members.member_named(session, bank(), name, field=field, within=everybody()).id


# ---- Sessions ----


@pages.route("/<int:activity_id>/sessions/new", methods=["GET", "POST"])
@access("member")
def plan(activity_id: int) -> Response:
    """Plan when it meets, once or every so often."""
    activity = queries.activity(reading(), bank(), activity_id)
    service.require_run(activity, actor())

    def do(session: Session, written: WrittenPlan) -> Response:
        plan = written.plan(bank().timezone)
        planned = service.plan(session, bank(), activity_id, plan, act())
        done = count(
            "Done: the session is planned.", "Done: %(n)s sessions are planned.", len(planned)
        )
        to_come = any(row.starts_at > clock.now() for row in planned)
        then = say("People can sign up.") if to_come else say("The register can be kept now.")
        flash(shown(one_after_another([done, then])))
        return redirect(url_for(".show", activity_id=activity_id), 303)

    initial = {"starts_time": "10:00", "minutes": "2:00", "repeat": "once", "count": 1}

    def page(form: Form) -> str:
        return render_template("activities/plan.html", form=form, activity=activity)

    return submit(SessionForm(), do, page, initial=initial, also=_check_session)


@pages.get("/sessions/<int:session_id>")
@access("member")
def show_session(session_id: int) -> str:
    """One session: when and where, who comes, and for those who run it, what there is to do."""
    return _session(session_id)


def _session(session_id: int, form: Form | None = None) -> str:
    meeting = queries.meeting(reading(), bank(), session_id)
    runs, people = _runs(meeting.activity.lead_ids), _theirs()
    signed_up = queries.signed_up(reading(), bank(), people, [session_id]).get(session_id, [])
    return render_template(
        "activities/show_session.html",
        form=form,
        filled=form or Form(),
        meeting=meeting,
        runs=runs,
        mine={row.member_id: row for row in signed_up},
        theirs=[members.member(reading(), bank(), member_id) for member_id in people],
        comers=queries.comers(reading(), bank(), session_id, by=actor()) if runs else [],
        company=queries.company(reading(), bank(), [session_id], by=actor()).get(session_id, []),
        cover=queries.covers(reading(), bank(), [meeting.activity.id]).get(meeting.activity.id),
        postings=queries.postings(reading(), bank(), session_id) if runs else [],
        there=queries.there(reading(), bank(), meeting, people),
        over=meeting.ends_at <= clock.now(),
        opens=meeting.row.starts_at - register.EARLY <= clock.now(),
    )


@pages.route("/sessions/<int:session_id>/edit", methods=["GET", "POST"])
@access("member")
def edit_session(session_id: int) -> Response:
    """Move it, or say something else of it."""
    meeting = _run(session_id)

    def do(session: Session, written: WrittenPlan) -> Response:
        occasion = written.occasion(bank().timezone)
        service.change_session(session, bank(), session_id, occasion, act())
        done = say(
            "Done: that is kept. If time or place are others, those who mean to come are told."
        )
        flash(shown(done))
        return redirect(url_for(".show_session", session_id=session_id), 303)

    local = meeting.row.starts_at.astimezone(ZoneInfo(bank().timezone))
    initial = {name: getattr(meeting.row, name) for name in ("stage", "place", "places")}
    initial |= {
        "starts_on": local.date().isoformat(),
        "starts_time": f"{local:%H:%M}",
        "minutes": hours.table(meeting.row.minutes),
    }

    def page(form: Form) -> str:
        return render_template("activities/edit_session.html", form=form, meeting=meeting)

    return submit(SessionForm(), do, page, initial=initial, also=_check_session)


@pages.route("/sessions/<int:session_id>/call-off", methods=["GET", "POST"])
@access("member")
def call_off(session_id: int) -> Response:
    """It does not happen."""
    meeting = _run(session_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        service.call_off(session, bank(), session_id, act(), why=values["why"])
        flash(shown(say("Done: it is called off, and those who meant to come are told.")))
        return redirect(url_for(".show", activity_id=meeting.activity.id), 303)

    return submit(
        WhyIn(),
        do,
        lambda form: render_template("activities/call_off.html", form=form, meeting=meeting),
    )


@pages.route("/sessions/<int:session_id>/write-up", methods=["GET", "POST"])
@access("member")
def write_up(session_id: int) -> Response:
    """Keep what was done."""
    meeting = _run(session_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        service.write_up(session, bank(), session_id, act(), done=values["done"])
        flash(shown(_KEPT))
        return redirect(url_for(".show_session", session_id=session_id), 303)

    def page(form: Form) -> str:
        return render_template("activities/write_up.html", form=form, meeting=meeting)

    return submit(DoneIn(), do, page, initial={"done": meeting.row.done})


def _check_session(values: Mapping[str, Any]) -> None:
    """What can be said of each answer by itself, even where others have to be put right. Raises
    Invalid."""
    together(
        lambda: "starts_on" in values and rules.check_day(values["starts_on"], today=today()),
        lambda: "minutes" in values and rules.check_minutes(values["minutes"]),
        lambda: "places" in values and rules.check_places(values["places"]),
        lambda: (
            values.keys() >= {"repeat", "count"}
            and rules.check_repeat(values["repeat"], values["count"])
        ),
    )


def _run(session_id: int) -> Meeting:
    meeting = queries.meeting(reading(), bank(), session_id)
    service.require_run(meeting.activity, actor())
    return meeting


def _runs(lead_ids: Iterable[int | None]) -> bool:
    return rules.may_run(actor(), lead_ids)


def _theirs() -> list[int]:
    """The members whose sign-ups are this person's to make: themselves and those they help."""
    own = actor().member_id
    if own is None:
        return []
    return [own, *(helped.member.id for helped in members.helped_by(reading(), bank(), own))]


# ---- Signing up ----


@pages.post("/sessions/<int:session_id>/sign-up")
@access("member")
def sign_up(session_id: int) -> Response:
    """Say that somebody means to come."""

    def do(session: Session, written: WhoComes) -> Response:
        who, channel = _who(session, session_id, written)
        by_word = act(Word(despite=written.despite))
        row = signing.sign_up(session, bank(), session_id, who, by_word, channel=channel)
        name = _name_of_another(session, who)
        if row.status == SignUpStatus.COMING:
            done = (
                say("Done: %(name)s is on the list.", name=name)
                if name
                else say("Done: You are on the list.")
            )
        else:
            done = (
                say(
                    "Done: %(name)s is on the waiting list, and will be told when a place is free.",
                    name=name,
                )
                if name
                else say(
                    "Done: You are on the waiting list, and will be told when a place is free."
                )
            )
        flash(shown(done))
        return redirect(url_for(".show_session", session_id=session_id), 303)

    return submit(SignUpForm(), do, lambda form: _session(session_id, form))


@pages.post("/sessions/<int:session_id>/withdraw")
@access("member")
def withdraw(session_id: int) -> Response:
    """Say that somebody does not come after all."""

    def do(session: Session, written: WhoComes) -> Response:
        who, channel = _who(session, session_id, written)
        signing.withdraw(session, bank(), session_id, who, act(), channel=channel)
        name = _name_of_another(session, who)
        done = (
            say("Done: %(name)s is no longer on the list.", name=name)
            if name
            else say("Done: You are no longer on the list.")
        )
        flash(shown(done))
        return redirect(url_for(".show_session", session_id=session_id), 303)

    return submit(SignUpForm(), do, lambda form: _session(session_id, form))


@pages.post("/sessions/<int:session_id>/show")
@access("member")
def let_show(session_id: int) -> Response:
    """Let other members see that somebody comes, or no longer."""

    def do(session: Session, wish: ShownWish) -> Response:
        member_id = wish.member or actor().member_id or 0
        signing.let_show(session, bank(), session_id, member_id, wish.shown, act())
        done = (
            say("Done: other members see who comes, with that name among them.")
            if wish.shown
            else say("Done: other members no longer see it.")
        )
        flash(shown(done))
        return redirect(url_for(".show_session", session_id=session_id), 303)

    return submit(ShownForm(), do, lambda form: _session(session_id, form))


def _who(session: Session, session_id: int, written: WhoComes) -> tuple[int, Source]:
    """The member who means to come, and how that is known. Raises Invalid."""
    if written.who:
        activity = queries.meeting(session, bank(), session_id).activity
        within = everybody() if rules.may_run(actor(), activity.lead_ids) else circle(session)
        member = members.member_named(session, bank(), written.who, field="who", within=within)
        return member.id, written.channel
    member_id = written.member or actor().member_id
    if member_id is None:
        raise Invalid.on("who", say("Write a name or a member number."))
    return member_id, Source.WEB if member_id in _theirs() else written.channel


def _name_of_another(session: Session, member_id: int) -> str | None:
    """The name of somebody else than whoever is signed in; None for themselves."""
    if member_id == actor().member_id:
        return None
    return members.member(session, bank(), member_id).name


# ---- The register ----


@pages.app_template_filter("line_apart")
def line_apart(line: queries.Line) -> str:
    """What tells a member on a register apart from others who are called alike."""
    if line.member_id is None:
        return ""
    person = members.Party(
        line.account or 0,
        AccountKind.MEMBER,
        line.name,
        line.number,
        area=line.area,
        born=line.born,
    )
    return shown(members.told_apart(person, staff=actor().is_broker))


@pages.route("/sessions/<int:session_id>/register", methods=["GET", "POST"])
@access("member")
def keep_register(session_id: int) -> Response:
    """Who is here, made for a phone at the door."""
    meeting = _run(session_id)

    def do(session: Session, kept: KeptRegister) -> Response:
        doing = act(Word(despite=kept.despite))
        channel = Source.PAPER if kept.from_paper else Source.WEB
        marks = sheet.ticked(request.form, queries.register(session, bank(), meeting, by=actor()))
        register.mark(session, bank(), session_id, marks, doing, channel=channel)
        name = _add(session, session_id, kept, channel, doing) if kept.do in ADDS else None
        here = queries.meeting(session, bank(), session_id).here
        if name:
            added = say("Done: %(name)s is added.", name=name)
            done = one_after_another([added, count("%(n)s here.", "%(n)s here.", here)])
        elif here:
            done = count("Done: %(n)s here.", "Done: %(n)s here.", here)
        else:
            done = say("Done: nobody here.")
        flash(shown(done))
        then, adding = ".keep_register", kept.do in ADDS
        if kept.do == Then.POST and actor().is_broker:
            then = ".post"
        elif kept.do in (Then.TIMES, Then.POST):
            then = ".times"
        # Whoever adds one adds another next.
        return redirect(url_for(then, session_id=session_id, add=adding or None), 303)

    return submit(
        RegisterForm(),
        do,
        lambda form: _register("activities/keep_register.html", session_id, form),
    )


def _add(session: Session, session_id: int, kept: KeptRegister, channel: Source, doing: Act) -> str:
    """Mark somebody who was not on the list: a member, a guest, or a newcomer who would like to
    join. Returns the name. Raises Invalid."""
    if kept.do == Then.NEWCOMER:
        newcomer = Newcomer(kept.who, kept.phone)
        register.add_newcomer(session, bank(), session_id, newcomer, doing)
        return kept.who
    if kept.do == Then.GUEST:
        name, mark = kept.who, Mark(guest=kept.who, part=Part.ATTENDED)
    else:
        member = members.member_named(
            session,
            bank(),
            kept.who,
            field="who",
            within=everybody(),
            pick=("who_id", kept.who_id),
        )
        meeting = queries.meeting(session, bank(), session_id)
        lines = queries.register(session, bank(), meeting, by=actor())
        if any(line.here and line.member_id == member.id for line in lines):
            raise Invalid.on("who", say("%(name)s is on the list already.", name=member.name))
        name, mark = member.name, Mark(member.id, part=Part.ATTENDED)
    register.mark(session, bank(), session_id, [mark], doing, channel=channel)
    return name


def _register(template: str, session_id: int, form: Form) -> str:
    meeting = queries.meeting(reading(), bank(), session_id)
    lines = queries.register(reading(), bank(), meeting, by=actor())
    offered = several(form.value("who"), kinds=(AccountKind.MEMBER,), within=everybody())
    return render_template(template, form=form, meeting=meeting, lines=lines, several=offered)


@pages.route("/sessions/<int:session_id>/times", methods=["GET", "POST"])
@access("member")
def times(session_id: int) -> Response:
    """How long each was there, and what they prepared; most need no change."""
    meeting = _run(session_id)

    def do(session: Session, _: dict[str, Any]) -> Response:
        lines = [
            line for line in queries.register(session, bank(), meeting, by=actor()) if line.here
        ]
        marks = sheet.timed(request.form, lines)
        register.mark(session, bank(), session_id, marks, act())
        flash(shown(say("Done: the times are kept.")))
        if request.form.get("do") == "post" and actor().is_broker:
            return redirect(url_for(".post", session_id=session_id), 303)
        return redirect(url_for(".show_session", session_id=session_id), 303)

    return submit(None, do, lambda form: _register("activities/times.html", session_id, form))


@pages.get("/sessions/<int:session_id>/register/print")
@access("member")
def paper_register(session_id: int) -> str:
    """The register to print, its lines in the same order as the page."""
    meeting = _run(session_id)
    return render_template(
        "activities/paper_register.html",
        meeting=meeting,
        lines=queries.register(reading(), bank(), meeting, by=actor()),
    )


@pages.get("/sessions/<int:session_id>/door")
@access("member")
def door(session_id: int) -> str:
    """The code to hang at the door, for members to scan."""
    meeting = _run(session_id)
    base = config().base_url.rstrip("/")
    address = f"{base}{url_for('.here', session_id=session_id, key=meeting.row.door_key)}"
    code = segno.make(address, micro=False).svg_data_uri(scale=8, border=4)
    return render_template("activities/door.html", meeting=meeting, code=code, address=address)


@pages.route("/sessions/<int:session_id>/here", methods=["GET", "POST"])
@access("member")
def here(session_id: int) -> Response:
    """A member has scanned the code at the door."""
    meeting, key = queries.meeting(reading(), bank(), session_id), request.args.get("key", "")

    def do(session: Session, _: dict[str, Any]) -> Response:
        new = register.check_in(session, bank(), session_id, act(), key=key)
        done = (
            say("Done: you are on the register. Enjoy it.")
            if new
            else say("You are on the register already.")
        )
        flash(shown(done))
        return redirect(url_for(".show_session", session_id=session_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template("activities/here.html", form=form, meeting=meeting, key=key),
    )


# ---- Hours ----


@pages.route("/sessions/<int:session_id>/post", methods=["GET", "POST"])
@access("broker")
def post(session_id: int) -> Response:
    """Look over what would move, in full, and post it."""
    closed = (MeetingStatus.CANCELLED, MeetingStatus.POSTED)
    if request.method == "GET" and queries.meeting(reading(), bank(), session_id).status in closed:
        return redirect(url_for(".show_session", session_id=session_id))

    def do(session: Session, values: dict[str, Any]) -> Response:
        by_word = act(Word(despite=values["despite"]))
        posting.post(
            session,
            bank(),
            session_id,
            by_word,
            digest=values["digest"],
            another=values["another"],
            rooms=plugged_in(),
        )
        flash(shown(say("Done: the hours are in the books.")))
        return redirect(url_for(".show_session", session_id=session_id), 303)

    def page(form: Form) -> str:
        if queries.meeting(reading(), bank(), session_id).status in closed:
            return _session(session_id, form)
        plan = posting.preview(reading(), bank(), session_id, act())
        return render_template("activities/post.html", form=form, plan=plan, meeting=plan.meeting)

    return submit(PostingIn(), do, page)


@pages.route("/sessions/<int:session_id>/take-back", methods=["GET", "POST"])
@access("broker")
def take_back(session_id: int) -> Response:
    """Take the hours back, so that the register can be put right."""
    meeting = queries.meeting(reading(), bank(), session_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        posting.take_back(session, bank(), session_id, act(), why=values["why"])
        done = say(
            "Done: the hours are where they were before. Put the register right, then post it anew."
        )
        flash(shown(done))
        return redirect(url_for(".keep_register", session_id=session_id), 303)

    return submit(
        WhyIn(),
        do,
        lambda form: render_template("activities/take_back.html", form=form, meeting=meeting),
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

    def do(session: Session, result: Result) -> Response:
        service.record_result(session, bank(), outcome_id, result, act())
        flash(shown(_KEPT))
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
    return _about(activity_id, PhotoForm(), evidence.add_photo, "activities/add_photo.html")


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
        flash(shown(say("Done: it is gone.")))
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
    photo = queries.photo(reading(), bank(), photo_id)
    if not queries.activity(reading(), bank(), photo.activity_id).public:
        raise NotFound(say("There is no such picture here."))
    return _picture(photo_id)


def _picture(photo_id: int) -> Response:
    return Response(queries.photo(reading(), bank(), photo_id).jpeg, mimetype="image/jpeg")


@pages.get("/<int:activity_id>/calendar")
@access("member")
def calendar(activity_id: int) -> Response:
    """Its sessions for a calendar."""
    activity = queries.activity(reading(), bank(), activity_id)
    meetings = queries.meetings(
        reading(), bank(), activity_id=activity.id, since=clock.now() - _BEHIND, limit=200
    )
    return _calendar(calendars.for_members(meetings), "activity")


@pages.get("/sessions/<int:session_id>/calendar")
@access("member")
def session_calendar(session_id: int) -> Response:
    """One session for a calendar."""
    meeting = queries.meeting(reading(), bank(), session_id)
    return _calendar(calendars.for_members([meeting]), "session")


def _calendar(appointments: Iterable[Appointment], name: str) -> Response:
    base = config().base_url.rstrip("/")
    file = calendar_file(
        bank(),
        appointments,
        url=lambda one: f"{base}{path_of(one.link, bank().slug)}",
        voice=voice(),
    )
    headers = {"Content-Disposition": f"attachment; filename={name}.ics"}
    return Response(file, mimetype="text/calendar", headers=headers)


@pages.get("/<int:activity_id>/record")
@access("member")
def record(activity_id: int) -> Response:
    """Everything that is kept of it but people and pictures, as a file to hand on. For those who
    run it."""
    service.require_run(queries.activity(reading(), bank(), activity_id), actor())
    record = RecordOut().dump(records.record(reading(), bank(), activity_id))
    made = json.dumps(record, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": f"attachment; filename=activity-{activity_id}.json"}
    return Response(f"{made}\n", mimetype="application/json", headers=headers)


def _about(
    activity_id: int,
    schema: Makes[New],
    step: Callable[[Session, Bank, int, New, Act], object],
    template: str,
) -> Response:
    """A form that adds something to an activity."""
    activity = queries.activity(reading(), bank(), activity_id)
    service.require_run(activity, actor())

    def do(session: Session, new: New) -> Response:
        step(session, bank(), activity_id, new, act())
        flash(shown(_KEPT))
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
        titles=_titles(),
    )


@pages.route("/sponsors/new", methods=["GET", "POST"])
@access("coordinator")
def sponsor() -> Response:
    """Write down what an organisation pays for."""

    def do(session: Session, new: NewSponsorship) -> Response:
        service.sponsor(session, bank(), new, act())
        flash(shown(say("Done: the agreement is written down.")))
        return redirect(url_for(".sponsors"), 303)

    def page(form: Form) -> str:
        partners = members.organisations(reading(), bank())
        return render_template(
            "activities/sponsor.html", form=form, partners=partners, titles=_titles()
        )

    return submit(SponsorshipForm(), do, page)


@pages.post("/sponsors/<int:sponsorship_id>/end")
@access("coordinator")
def end_sponsorship(sponsorship_id: int) -> Response:
    """An organisation pays for no more."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.end_sponsorship(session, bank(), sponsorship_id, act())
        flash(shown(say("Done: the agreement is ended. What was posted stands.")))
        return redirect(url_for(".sponsors"), 303)

    return submit(None, do, _sponsors)


def _titles() -> dict[int, str]:
    """What goes on, by id."""
    return {activity.id: activity.title for activity in queries.activities(reading(), bank())}


# ---- For everybody ----


@pages.get("/public")
@access("public")
def public_index() -> str:
    """What anybody may read of what is coming up: of those activities that the bank shows."""
    here = bank()
    return render_template(
        "activities/public_index.html",
        coming=feeds.shown(reading(), here, now=clock.now()),
        frame=f"{config().base_url.rstrip('/')}{url_for('.embed')}" if here.embeds else "",
    )


@pages.get("/feed")
@access("public")
def feed() -> Response:
    """The same as an Atom feed, where the bank lets others take it up."""
    here = bank()
    if not here.feed:
        raise NotFound(say("There is nothing at such an address."))
    site = config().base_url.rstrip("/")
    entries = feeds.feed(
        reading(),
        here,
        own=f"{site}{url_for('.feed')}",
        page=f"{site}{url_for('.public_index')}",
        url=lambda one: f"{site}{url_for('.public', activity_id=one.activity.id)}",
        now=clock.now(),
    )
    content = atom.written(entries, voices.voice(here.language))
    answer = Response(content, mimetype=atom.MIMETYPE)
    answer.last_modified = entries.updated
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.add_etag()
    return answer.make_conditional(request)


@pages.get("/embed")
@access("public")
def embed() -> Response:
    """The same for a frame on the sites that the bank names, and nowhere else."""
    here = bank()
    if not here.embeds:
        raise NotFound(say("There is nothing at such an address."))
    html = render_template(
        "activities/_embed.html",
        coming=feeds.shown(reading(), here, now=clock.now(), limit=_IN_A_FRAME),
    )
    return framed_by(Response(html, mimetype="text/html"), here.embeds.split())


@pages.get("/public.ics")
@access("public")
def public_calendar() -> Response:
    """The same for a calendar to subscribe to."""
    return _calendar(calendars.for_everybody(_shown_to_all()), "activities")


def _shown_to_all() -> Sequence[Meeting]:
    return queries.shown_to_all(reading(), bank(), since=clock.now(), limit=_FEW)


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
    )
