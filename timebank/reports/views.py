"""The page of figures and what hangs on it: growth, whom to ring, the network; reports and exports
as files."""

import textwrap
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from timebank import clock
from timebank.access import commissioners
from timebank.access.rules import NewCommissioner
from timebank.act import Channel
from timebank.db import reading, transaction
from timebank.errors import Invalid, NotFound, Refusal
from timebank.http import access, shown, status_of
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import Topic
from timebank.measures.windows import Period, ended
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, today
from timebank.reports import (
    addresses,
    charts,
    downloads,
    drawing,
    evidence_words,
    formatting,
    funder_files,
    kept,
    queries,
    schedules,
    stories,
    words,
)
from timebank.reports import dashboard as dashboards
from timebank.reports import evidence as evidences
from timebank.reports.builder import with_surveys
from timebank.reports.cache import cached
from timebank.reports.dashboard import Dashboard
from timebank.reports.figures import Report
from timebank.reports.rules import (
    FUNDER_FORMATS,
    TOLD_THE_STAFF,
    Asked,
    Format,
    NewStory,
    StoryAgreement,
)
from timebank.reports.schedules import NewSchedule
from timebank.reports.schemas import (
    AgreedIn,
    Before,
    BeforeIn,
    CommissionerIn,
    ExportIn,
    FunderIn,
    Growth,
    GrowthIn,
    Network,
    NetworkIn,
    ScheduleIn,
    SharedIn,
    StoryAgreedIn,
    StoryForm,
    Stretch,
    StretchIn,
    Which,
    WhichIn,
    WhichReportIn,
)
from timebank.say import Said, count, say
from timebank.schema import Schema, load
from timebank.skills import queries as skills
from timebank.surveys import service as surveys_service
from timebank.web.forms import Form, submit
from timebank.web.tables import FORMATS as TABLE_FORMATS
from timebank.web.tables import table_file
from timebank.web.words import mail_leaves

if TYPE_CHECKING:  # Heavy, and few starts measure anything.
    from timebank.measures.arrays import Whole

pages = Blueprint("reports", __name__, url_prefix="/b/<bank>/reports")

_FILES = "any(members, hours, gifts, offers, requests, postings, activities)"
_EXPORT_FORMATS = "any(csv, json, xlsx, meta)"
_REPORTS = "any(reciprocity, participation, activities)"
_FORMATS = "any(csv, xlsx, pdf, json, meta)"


def _asked_for(schema: Schema, initial: dict[str, str]) -> tuple[Form, Any, int]:
    """What an address asks for, in a form that keeps it, with a status; None where it is
    refused."""
    values = {**initial, **request.args}
    form = Form(values)
    fields: dict[str, Any] = cast(Any, schema).fields
    known = {field.data_key or name for name, field in fields.items()}
    given = {name: value for name, value in values.items() if value and name in known}
    try:
        return form, load(schema, given), 200
    except Refusal as refusal:
        form.refused(refusal)
        return form, None, status_of(refusal)


def _stretch() -> dict[str, str]:
    """The last year of four whole quarters."""
    start, end = dashboards.last_year(today())
    return {"from": start.isoformat(), "to": end.isoformat()}


def _shown(
    form: Form, status: int, template: str, make: Callable[[], dict[str, Any]] | None, **more: Any
) -> tuple[str, int]:
    """The page; what `make` refuses is told on it."""
    content: dict[str, Any] = {}
    if make is not None:
        try:
            content = make()
        except Refusal as refusal:
            form.refused(refusal)
            status = status_of(refusal)
    page = render_template(
        template, form=form, w=words, fmt=formatting, charts=charts, **more, **content
    )
    return page, status


# ---- What the staff see ----


@pages.get("/")
@access("coordinator")
def index() -> tuple[str, int]:
    """Whether help comes round, who is left out, whether groups mix, whether it grows, and whom to
    ring."""
    stretches = _stretches()
    begun = queries.began_by(reading(), bank(), stretches[0][2])
    _, start, end = stretches[0] if begun else stretches[1]
    first = {"from": start.isoformat(), "to": end.isoformat()}
    form, asked, status = _asked_for(StretchIn(), first)

    def make() -> dict[str, Any]:
        seen, as_of = _dashboard(asked)
        lists = {name: _list(seen, name) for name in words.LISTS}
        network = _drawn(seen)
        shown = {account for accounts in lists.values() for account in accounts[:_FIRST]} | {
            dot.account_id for dot in network.dots
        }
        people = queries.named(reading(), bank(), shown)
        first_people = {name: _people(lists[name][:_FIRST], seen, people) for name in words.LISTS}
        return {
            "seen": seen,
            "as_of": as_of,
            "lists": lists,
            "some": first_people,
            "network": network,
            "people": people,
        }

    return _shown(
        form,
        status,
        "reports/index.html",
        make if asked else None,
        kinds=words.LISTS,
        most=drawing.MOST,
        stretches=stretches,
    )


def _stretches() -> list[tuple[Said, date, date]]:
    """Days that are asked for most: the last whole year, and what has not ended yet. A bank whose
    books have nothing of the first begins with the second."""
    quarter, year = (
        ended(period, today()) + timedelta(days=1) for period in (Period.QUARTER, Period.YEAR)
    )
    return [
        (say("The last four whole quarters"), *dashboards.last_year(today())),
        (say("So far this quarter"), quarter, today()),
        (say("So far this year"), year, today()),
    ]


_FIRST = 5
"""Of each list, on the first page."""


def _dashboard(asked: Stretch) -> tuple[Dashboard, datetime]:
    """What there is to see of these days, and as of when."""
    everything = dashboards.Everything(asked.start, asked.end)
    return kept.shown(reading(), bank(), everything, now=clock.now())


def _list(seen: Dashboard, name: str) -> tuple[int, ...]:
    """The accounts on one of the lists to act on."""
    return getattr(seen.to_act_on, name)


def _drawn(seen: Dashboard, among: set[int] | None = None) -> drawing.Drawing:
    """The drawing; only when somebody new has to be given a place is anything written."""
    how = (bank(), seen.help, seen.to_act_on.bridges, among)
    drawn = drawing.drawing(reading(), *how)
    if drawn is None:
        with transaction() as session:
            drawn = drawing.drawing(session, *how, place=True)
    return cast(drawing.Drawing, drawn)


@dataclass(frozen=True)
class _Person:
    """Somebody on a list, with the minutes they gave and were helped in those days."""

    who: queries.Named
    gave: int
    had: int


def _people(
    account_ids: Sequence[int], seen: Dashboard, named: dict[int, queries.Named]
) -> list[_Person]:
    """These people in this order, as far as they can be named."""
    place = {account: number for number, account in enumerate(seen.help.who.tolist())}

    def spent(account: int, side: "Whole") -> int:
        return int(side[place[account]]) if account in place else 0

    return [
        _Person(named[account], spent(account, seen.help.given), spent(account, seen.help.received))
        for account in account_ids
        if account in named
    ]


@pages.get("/people")
@access("coordinator")
def people() -> tuple[str, int]:
    """Everybody on one of the lists to act on, as a call sheet."""
    start, end = dashboards.year_to(today())
    year = {"from": start.isoformat(), "to": end.isoformat()}
    form, asked, status = _asked_for(WhichIn(), {**year, "which": "only_give"})

    def make() -> dict[str, Any]:
        wanted = cast(Which, asked)
        seen, as_of = _dashboard(wanted)
        accounts = _list(seen, wanted.which)
        rows = _people(accounts, seen, queries.named(reading(), bank(), accounts))
        rows.sort(key=lambda row: (-row.gave - row.had, row.who.name))
        why = seen.to_act_on.why if wanted.which == "bridges" else None
        return {"rows": rows, "why": why, "as_of": as_of}

    return _shown(form, status, "reports/people.html", make if asked else None, kinds=words.LISTS)


@pages.get("/network")
@access("coordinator")
def network() -> tuple[str, int]:
    """The network of help, drawn: everybody, or those of an area."""
    form, asked, status = _asked_for(NetworkIn(), _stretch())

    def make() -> dict[str, Any]:
        wanted = cast(Network, asked)
        seen, as_of = _dashboard(wanted)
        among = None
        if wanted.area or wanted.person:
            everybody = queries.named(reading(), bank(), seen.help.who.tolist())
            among = _among(wanted, everybody.values(), seen)
        drawn = _drawn(seen, among)
        areas = skills.areas(reading(), bank())
        return {
            "network": drawn,
            "as_of": as_of,
            "people": queries.named(reading(), bank(), {dot.account_id for dot in drawn.dots}),
            "areas": [("", say("All areas")), *((area, area) for area in areas)],
        }

    return _shown(form, status, "reports/network.html", make if asked else None, most=drawing.MOST)


def _among(wanted: Network, named: Collection[queries.Named], seen: Dashboard) -> set[int] | None:
    """The accounts of those who are to be drawn; None: everybody."""
    among = None
    if wanted.area:
        among = {person.account_id for person in named if person.area == wanted.area}
    if wanted.person:
        around = _around(wanted.person, named, seen)
        among = around if among is None else around & among
    return among


def _around(number: str, named: Collection[queries.Named], seen: Dashboard) -> set[int]:
    """Somebody and their partners, by accounts. Raises Invalid for a number that nobody in the
    network has."""
    accounts = [
        person.account_id for person in named if person.number.casefold() == number.casefold()
    ]
    if not accounts:
        raise Invalid.on(
            "person",
            say("Nobody with number %(number)s gave or was helped in these days.", number=number),
        )
    help_ = seen.help
    place = help_.who.searchsorted(accounts[0])
    helped = help_.receiver[help_.giver == place]
    helpers = help_.giver[help_.receiver == place]
    return {accounts[0], *help_.who[helped].tolist(), *help_.who[helpers].tolist()}


@pages.post("/network/arrangement")
@access("coordinator")
def arrange() -> Answer:
    """Let everybody in the drawing find a new place."""
    with transaction() as session:
        drawing.arrange_anew(session, bank())
    flash(shown(say("Done: everybody stands where they now belong.")))
    return redirect(url_for("reports.network"), 303)


@pages.get("/growth")
@access("coordinator")
def growth() -> tuple[str, int]:
    """Any figure over months, quarters or years, with the change since the first."""
    start, end = dashboards.quarters_back(today(), dashboards.GROWING)
    initial = {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "by": "quarter",
        "figure": "split_not_returned",
    }
    form, asked, status = _asked_for(GrowthIn(), initial)

    def make() -> dict[str, Any]:
        wanted = cast(Growth, asked)
        id_ = wanted.figure
        topic = cast(Topic, FIGURES[id_].topic)
        growing = dashboards.OverTime(topic, wanted.start, wanted.end, wanted.by)
        measured, as_of = kept.shown(reading(), bank(), growing, now=clock.now())
        plot = charts.plot(measured.windows, id_)
        return {"result": measured, "id": id_, "plot": plot, "as_of": as_of}

    return _shown(
        form, status, "reports/growth.html", make if asked else None, choices=words.choices()
    )


@pages.get("/before-and-after")
@access("coordinator")
def before_and_after() -> tuple[str, int]:
    """Two stretches of the same length, up to a day and from it on: what changed, and what that
    does not prove."""
    initial = {"months": "6"}
    form, asked, status = Form(initial), None, 200
    if "day" in request.args:
        form, asked, status = _asked_for(BeforeIn(), initial)

    def make() -> dict[str, Any]:
        wanted = cast(Before, asked)
        now = clock.now()
        compared = dashboards.before_and_after(
            reading(), bank(), wanted.day, wanted.months, now=now
        )
        return {"compared": compared}

    return _shown(form, status, "reports/before_and_after.html", make if asked else None)


@pages.get(f"/<{_REPORTS}:name>")
@access("coordinator")
def report(name: str) -> tuple[str, int]:
    """One report with all its figures, for the staff."""
    form, asked, status = _asked_for(StretchIn(), _stretch())

    def make() -> dict[str, Any]:
        topic = Topic(name)
        seen, as_of = _dashboard(asked)
        made = seen.reports[topic]
        if topic is Topic.PARTICIPATION:
            made = with_surveys(reading(), bank(), made, today=today())
        return {"result": made, "as_of": as_of}

    return _shown(form, status, "reports/report.html", make if asked else None, name=name)


# ---- Reports as files, and for those outside ----


@pages.get("/files")
@access("coordinator")
def files() -> tuple[str, int]:
    """Make a report as a file: for the staff, or for sharing."""
    form, asked, status = _asked_for(WhichReportIn(), {**_stretch(), "report": "reciprocity"})

    def make() -> dict[str, Any]:
        made = downloads.report(asked)
        own = {"among": made.among.value} | ({"share": "true"} if made.shared else {})
        return {"result": made, "links": _links(".report_as_file", made, **own)}

    return _shown(
        form, status, "reports/files.html", make if asked and "report" in request.args else None
    )


def _links(endpoint: str, made: Report, **more: Any) -> dict[str, str]:
    """Where the files of a report are. The moment is named, so that they all say the same."""
    where: dict[str, Any] = {
        "from": made.start.isoformat(),
        "to": made.end.isoformat(),
        "as_of": made.as_of.isoformat(),
    }
    if made.by:
        where["by"] = made.by.value
    return {
        file_format.value: url_for(
            endpoint, name=made.topic.value, file_format=file_format.value, **where, **more
        )
        for file_format in (Format.CSV, Format.XLSX, Format.PDF, Format.JSON, Format.META)
    }


@pages.get(f"/<{_REPORTS}:name>.<{_FORMATS}:file_format>")
@access("coordinator")
def report_as_file(name: str, file_format: str) -> Response:
    """A report as a file, as it was first made."""
    asked: Any = load(WhichReportIn(), {**_stretch(), **request.args, "report": name})
    return downloads.report_file(downloads.report(asked), Format(file_format))


@pages.get("/shared")
@access("commissioner")
def shared() -> tuple[str, int]:
    """The figures as the bank shares them: whole quarters, few people withheld."""
    form, asked, status = _asked_for(SharedIn(), {**_stretch(), "report": "reciprocity"})

    def make() -> dict[str, Any]:
        made = _as_shared(asked)
        return {"result": made, "links": _links(".shared_file", made)}

    return _shown(form, status, "reports/shared.html", make if asked else None)


def _as_shared(asked: Asked) -> Report:
    """As of now it is made anew only when something it says has changed: else every look would keep
    another report."""
    if asked.as_of:
        return downloads.report(asked)
    # What members said is no part of the books: it is part of the question.
    answers = (
        surveys_service.outcomes(reading(), bank(), asked.start, asked.end, today=today()),
        surveys_service.equality(reading(), bank()),
    )
    what = ("shared", asked, bank().few, answers)
    return cached(reading(), bank(), what, lambda: downloads.report(asked))


@pages.get(f"/shared/<{_REPORTS}:name>.<{_FORMATS}:file_format>")
@access("commissioner")
def shared_file(name: str, file_format: str) -> Response:
    """One of them as a file."""
    asked: Any = load(SharedIn(), {**_stretch(), **request.args, "report": name})
    return downloads.report_file(downloads.report(asked), Format(file_format))


@pages.get("/evidence")
@access("commissioner")
def evidence() -> tuple[str, int]:
    """What was asked, said, promised and done, and what people could give: of the days that are
    asked for, else of the first stretch of which there is something to say."""
    stretches = _stretches()
    opens = stretches[0]
    if not request.args.keys() & {"from", "to"}:
        opens = next((one for one in stretches if _is_told_of(*one[1:])), opens)
    days = {"from": opens[1].isoformat(), "to": opens[2].isoformat()}
    form, asked, status = _asked_for(StretchIn(), days)

    def make() -> dict[str, Any]:
        days = {"from": asked.start.isoformat(), "to": asked.end.isoformat()}
        made = evidences.evidence(reading(), bank(), asked.start, asked.end, "", now=clock.now())
        return {"found": made, "days": days}

    return _shown(
        form,
        status,
        "reports/evidence.html",
        make if asked else None,
        e=evidence_words,
        stretches=stretches,
        formats=[str(one) for one in evidences.FORMATS],
    )


def _is_told_of(start: date, end: date) -> bool:
    made = evidences.evidence(reading(), bank(), start, end, "", now=clock.now())
    return evidences.says_something(made)


@pages.get(f"/evidence.<{_FORMATS}:file_format>")
@access("commissioner")
def evidence_file(file_format: str) -> Response:
    """The same as a file."""
    given = {name: value for name, value in request.args.items() if name in ("from", "to")}
    asked: Any = load(StretchIn(), {**_stretch(), **given})
    as_of = request.args.get("as_of", "")
    with transaction() as session:
        made = evidences.kept(session, bank(), asked.start, asked.end, as_of, now=clock.now())
    return downloads.evidence_file(made, Format(file_format))


# ---- What a funder reads ----


@pages.get("/funder")
@access("coordinator")
def funder() -> tuple[str, int]:
    """Two pages for whoever pays: how many took part, what for, whether it came round."""
    form, asked, status = _asked_for(FunderIn(), _stretch())

    def make() -> dict[str, Any]:
        made = downloads.funder(asked)
        days: Any = {"from": made.start.isoformat(), "to": made.end.isoformat()}
        if made.story:
            days["story"] = made.story.id
        links = {
            file_format.value: url_for(
                ".funder_file",
                funder_format=file_format.value,
                as_of=made.as_of.isoformat(),
                **days,
            )
            for file_format in FUNDER_FORMATS
        }
        return {
            "made": made,
            "numbers": funder_files.numbers(made),
            "sentences": funder_files.sentences(made),
            "notes": funder_files.notes(made),
            "links": links,
        }

    asks = asked and "from" in request.args
    choices = [
        (str(story.id), f"{story.called}: {textwrap.shorten(story.words, 60, placeholder='…')}")
        for story in stories.stories(reading(), bank())
        if story.agreed_at
    ]
    return _shown(form, status, "reports/funder.html", make if asks else None, stories=choices)


@pages.get(f"/funder.<any({', '.join(FUNDER_FORMATS)}):funder_format>")
@access("coordinator")
def funder_file(funder_format: str) -> Response:
    """The same as a file."""
    asked: Any = load(FunderIn(), {**_stretch(), **request.args})
    return downloads.funder_file(downloads.funder(asked), Format(funder_format))


# ---- What members agreed to ----


@pages.get("/stories")
@access("coordinator")
def told() -> str:
    """Stories of members that may be told, and those they have still to agree to."""
    rows = stories.stories(reading(), bank())
    people = members.by_ids(reading(), bank(), [row.member_id for row in rows])
    return render_template("reports/told.html", stories=rows, people=people)


@pages.get("/agreed/<int:member_id>")
@access("member")
def agreed(member_id: int) -> str:
    """What a member agreed to: whether their address is on the list, and the stories of them."""
    return _agreed(member_id, Form())


def _agreed(member_id: int, form: Form) -> str:
    member = members.member(reading(), bank(), member_id)
    acts.require_near(reading(), bank(), member_id, actor())
    return render_template(
        "reports/agreed.html",
        form=form,
        member=member,
        own=member_id == actor().member_id or not actor().is_broker,
        consent=addresses.consent(reading(), bank(), member_id),
        stories=stories.stories(reading(), bank(), member_id=member_id),
        channels=[(str(channel), words_) for channel, words_ in TOLD_THE_STAFF.items()],
    )


@pages.post("/agreed/<int:member_id>/address")
@access("member")
def agree_to_address(member_id: int) -> Answer:
    """Let a member's address go on the list."""

    def do(session: Session, values: dict[str, Any]) -> Answer:
        addresses.agree(session, bank(), member_id, Channel(values["channel"]), act())
        flash(shown(say("Done: the address may go on the list. That can be taken back.")))
        return redirect(url_for(".agreed", member_id=member_id), 303)

    return submit(AgreedIn(), do, lambda form: _agreed(member_id, form))


@pages.post("/agreed/<int:member_id>/address/back")
@access("member")
def take_address_back(member_id: int) -> Answer:
    """Take it off the list."""

    def do(session: Session, _: dict[str, Any]) -> Answer:
        addresses.take_back(session, bank(), member_id, act())
        flash(shown(say("Done: the address is on the list no more.")))
        return redirect(url_for(".agreed", member_id=member_id), 303)

    return submit(None, do, lambda form: _agreed(member_id, form))


@pages.route("/agreed/<int:member_id>/story", methods=["GET", "POST"])
@access("coordinator")
def write_story(member_id: int) -> Answer:
    """Write down a story of a member, who is asked whether they agree to it."""
    member = members.member(reading(), bank(), member_id)

    def do(session: Session, new: NewStory) -> Answer:
        stories.write(session, bank(), member_id, new, act())
        flash(shown(say("Done: %(name)s is asked whether this may be told.", name=member.name)))
        return redirect(url_for(".agreed", member_id=member_id), 303)

    def page(form: Form) -> str:
        return render_template("reports/write_story.html", form=form, member=member, story=None)

    return submit(StoryForm(), do, page)


@pages.route("/stories/<int:story_id>/change", methods=["GET", "POST"])
@access("coordinator")
def change_story(story_id: int) -> Answer:
    """Put a story into other words before it is agreed to."""
    story = stories.story(reading(), bank(), story_id, by=actor())
    member = members.member(reading(), bank(), story.member_id)

    def do(session: Session, new: NewStory) -> Answer:
        stories.change(session, bank(), story_id, new, act())
        flash(
            shown(
                say(
                    "Done: the story has its new words, and %(name)s is asked about them.",
                    name=member.name,
                )
            )
        )
        return redirect(url_for(".agreed", member_id=member.id), 303)

    def page(form: Form) -> str:
        return render_template("reports/change_story.html", form=form, member=member, story=story)

    initial = {"words": story.words, "called": story.called, "alt": story.alt}
    return submit(StoryForm(), do, page, initial=initial)


@pages.post("/stories/<int:story_id>/agree")
@access("member")
def agree_to_story(story_id: int) -> Answer:
    """Let a story be told as it is."""
    member_id = stories.story(reading(), bank(), story_id, by=actor()).member_id

    def do(session: Session, agreement: StoryAgreement) -> Answer:
        stories.agree(session, bank(), story_id, agreement, act())
        flash(shown(say("Done: the story may be told. That can be taken back.")))
        return redirect(url_for(".agreed", member_id=member_id), 303)

    return submit(StoryAgreedIn(), do, lambda form: _agreed(member_id, form))


@pages.post("/stories/<int:story_id>/back")
@access("member")
def take_story_back(story_id: int) -> Answer:
    """Delete a story, with its picture."""
    member_id = stories.story(reading(), bank(), story_id, by=actor()).member_id

    def do(session: Session, _: dict[str, Any]) -> Answer:
        stories.take_back(session, bank(), story_id, act())
        flash(shown(say("Done: the story is gone. It is in nothing that is made from now on.")))
        return redirect(url_for(".agreed", member_id=member_id), 303)

    return submit(None, do, lambda form: _agreed(member_id, form))


@pages.get("/stories/<int:story_id>/picture")
@access("member")
def story_picture(story_id: int) -> Response:
    """The picture in a story, for whom it is of and the staff."""
    story = stories.story(reading(), bank(), story_id, by=actor())
    if story.jpeg is None:
        raise NotFound(say("There is no such picture here."))
    answer = Response(story.jpeg, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@pages.get("/addresses")
@access("coordinator")
def listed() -> str:
    """The addresses of those who agreed, to be taken out; and when they were."""
    return render_template(
        "reports/listed.html",
        people=len(queries.addressed(reading(), bank())),
        takings=addresses.takings(reading(), bank()),
    )


@pages.post(f"/addresses.<{TABLE_FORMATS}:table_format>")
@access("coordinator")
def take_addresses(table_format: str) -> Response:
    """Take the list out as a file; that it was is written on everybody who is on it."""
    with transaction() as session:
        taken = addresses.take(session, bank(), act())
    rows = [(one.name, one.email) for one in taken]
    name = f"{bank().slug}-addresses-{today().isoformat()}"
    return table_file(name, (shown(say("Name")), shown(say("E-mail"))), rows, table_format)


# ---- Those outside who read the figures ----


@pages.route("/readers", methods=["GET", "POST"])
@access("coordinator")
def readers() -> Answer:
    """Who outside the bank may read its figures for sharing; invite somebody."""

    def do(session: Session, new: NewCommissioner) -> Answer:
        reader = commissioners.invite(session, bank(), new, act())
        if mail_leaves():
            done = count(
                "Done: %(name)s is sent a link by e-mail. It is good for %(n)s day.",
                "Done: %(name)s is sent a link by e-mail. It is good for %(n)s days.",
                commissioners.INVITATION_DAYS,
                name=reader.name,
            )
        else:
            done = say(
                "Done: %(name)s is on the list. The link waits until e-mail leaves this time bank.",
                name=reader.name,
            )
        flash(shown(done))
        return redirect(url_for("reports.readers"), 303)

    def page(form: Form) -> str:
        return render_template(
            "reports/readers.html",
            form=form,
            readers=commissioners.commissioners(reading(), bank()),
        )

    return submit(CommissionerIn(), do, page)


@pages.post("/readers/<int:commissioner_id>/link")
@access("coordinator")
def send_reader_link(commissioner_id: int) -> Answer:
    """Send one of them another link."""
    with transaction() as session:
        reader = commissioners.commissioner(session, bank(), commissioner_id)
        minutes = commissioners.INVITATION_DAYS * 24 * 60
        commissioners.send_link(session, bank(), reader, minutes=minutes, now=clock.now())
        name = reader.name
    if mail_leaves():
        done = say(
            "Done: another link is on its way to %(name)s. The one before opens nothing any more.",
            name=name,
        )
    else:
        done = say(
            "Done: another link waits for e-mail to leave this time bank, to go to %(name)s. The"
            " one before opens nothing any more.",
            name=name,
        )
    flash(shown(done))
    return redirect(url_for("reports.readers"), 303)


@pages.post("/readers/<int:commissioner_id>/end")
@access("coordinator")
def end_reader(commissioner_id: int) -> Answer:
    """Let one of them read no more."""
    with transaction() as session:
        name = commissioners.commissioner(session, bank(), commissioner_id).name
        schedules.end_reader(session, bank(), commissioner_id, act())
    flash(shown(say("Done: %(name)s cannot read the figures any more.", name=name)))
    return redirect(url_for("reports.readers"), 303)


# ---- Sent by e-mail when a month, a quarter or a year has ended ----


@pages.route("/schedules", methods=["GET", "POST"])
@access("coordinator")
def schedule() -> Answer:
    """Who is sent which report, and how often; add one."""

    def do(session: Session, values: Any) -> Answer:
        new: NewSchedule = values
        schedules.add(session, bank(), new, act())
        flash(
            shown(
                say("Done. The first is sent when the next one has ended.")
                if mail_leaves()
                else say(
                    "Done. The first is sent when the next one has ended and e-mail leaves this"
                    " time bank."
                )
            )
        )
        return redirect(url_for("reports.schedule"), 303)

    def page(form: Form) -> str:
        own = say("%(name)s, by your own e-mail", name=actor().name)
        readers: list[tuple[str, Said | str]] = [(f"member:{actor().member_id}", own)]
        outside = commissioners.commissioners(reading(), bank())
        readers += [(f"commissioner:{who.id}", f"{who.name}, {who.email}") for who in outside]
        return render_template(
            "reports/schedule.html",
            form=form,
            schedules=schedules.schedules(reading(), bank()),
            w=words,
            readers=readers,
        )

    return submit(ScheduleIn(), do, page, initial={"name": "reciprocity", "stride": "quarter"})


@pages.post("/schedules/<int:schedule_id>/end")
@access("coordinator")
def end_schedule(schedule_id: int) -> Answer:
    """Send it no more."""
    with transaction() as session:
        schedules.end(session, bank(), schedule_id, by=actor())
    flash(shown(say("Done: it is sent no more.")))
    return redirect(url_for("reports.schedule"), 303)


# ---- What the bank holds, as files ----


@pages.get("/exports")
@access("coordinator")
def exports() -> tuple[str, int]:
    """Choose what is wanted; then the same choice as CSV, spreadsheet or JSON, with its totals."""
    form = Form({"kind": "hours", **request.args})
    if "kind" not in request.args:
        return render_template("reports/exports.html", form=form, ready=None), 200
    asked = {
        name: value
        for name, value in request.args.items()
        if value and name in ("kind", "from", "to", "as_of")
    }
    try:
        wanted: Any = load(ExportIn(), asked)
        ready = downloads.prepared(wanted)
    except Refusal as refusal:
        form.refused(refusal)
        return render_template("reports/exports.html", form=form, ready=None), status_of(refusal)
    links = {
        name: _link(asked, ready.wanted.as_of.isoformat(), name)
        for name in ("csv", "xlsx", "json", "meta")
    }
    page = render_template("reports/exports.html", form=form, ready=ready, links=links, w=words)
    return page, 200


def _link(asked: dict[str, str], as_of: str, file_format: str) -> str:
    """Where the file is. The moment is named, so that the file and its totals are about the
    same."""
    days: Any = {name: asked[name] for name in ("from", "to") if name in asked}
    return url_for(".file", kind=asked["kind"], file_format=file_format, as_of=as_of, **days)


@pages.get(f"/exports/<{_FILES}:kind>.<{_EXPORT_FORMATS}:file_format>")
@access("coordinator")
def file(kind: str, file_format: str) -> Response:
    """One file."""
    asked: Any = load(ExportIn(), {**request.args.to_dict(), "kind": kind})
    return downloads.export_file(downloads.prepared(asked), Format(file_format))
