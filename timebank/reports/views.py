"""The page of figures and what hangs on it: growth, whom to ring, the network; reports and exports
as files."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from timebank import clock
from timebank.access import commissioners
from timebank.access.rules import NewCommissioner
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.errors import Invalid, Refusal
from timebank.http import access, status_of
from timebank.measures.windows import ended, later
from timebank.members.current import act, actor, bank
from timebank.reports import charts, drawing, keeping, looking, made, queries, schedules, words
from timebank.reports.answers import answer, prepared, report_file
from timebank.reports.result import figure, with_surveys
from timebank.reports.rules import Asked, as_of_instant
from timebank.reports.schemas import (
    BeforeIn,
    CommissionerIn,
    ExportIn,
    GrowthIn,
    NetworkIn,
    RangeIn,
    ReportIn,
    ScheduleIn,
    SharedIn,
    StretchIn,
    WhichIn,
    WhichReportIn,
)
from timebank.reports.standing import standing
from timebank.schema import Schema, load
from timebank.surveys import service as surveys_service
from timebank.web.forms import Form, submit

pages = Blueprint("reports", __name__, url_prefix="/b/<bank>/reports")

_FILES = "any(members, hours, gifts, offers, requests, postings, activities)"
_REPORTS = "any(reciprocity, participation, activities)"
_FORMATS = "any(csv, xlsx, pdf, json, meta)"


def _site() -> str:
    config: Config = current_app.config["TIMEBANK"]
    return config.base_url


def _words() -> dict[str, Any]:
    return {"w": words, "charts": charts, "figure": figure}


def _asked_for(schema: Schema, initial: dict[str, str]) -> tuple[Form, dict[str, Any] | None, int]:
    """What an address asks for, in a form that keeps it; None, and a status, where it is
    refused."""
    values = {**initial, **request.args}
    form = Form(values)
    known = {field.data_key or name for name, field in schema.fields.items()}
    try:
        return (
            form,
            load(
                schema, {name: value for name, value in values.items() if value and name in known}
            ),
            200,
        )
    except Refusal as refusal:
        form.refused(refusal)
        return form, None, status_of(refusal)


def _stretch() -> dict[str, str]:
    """The last year of four whole quarters."""
    start, end = _quarters_back(12)
    return {"from": start.isoformat(), "to": end.isoformat()}


def _quarters_back(months: int) -> tuple[date, date]:
    """So many months up to the end of the quarter that ended last."""
    tomorrow = clock.local_date(clock.now(), bank().timezone) + timedelta(days=1)
    end = ended("quarter", tomorrow)
    return later(end + timedelta(days=1), -months), end


def _shown(
    form: Form, status: int, template: str, make: Callable[[], dict[str, Any]] | None, **more: Any
) -> tuple[str, int]:
    """The page; what `make` refuses is told on it."""
    found: dict[str, Any] = {}
    if make is not None:
        try:
            found = make()
        except Refusal as refusal:
            form.refused(refusal)
            status = status_of(refusal)
    return render_template(template, form=form, **_words(), **more, **found), status


# ---- What the staff see ----


@pages.get("/")
@access("coordinator")
def index() -> tuple[str, int]:
    """Whether help comes round, who is left out, whether groups mix, whether it grows, and whom to
    ring."""
    form, asked, status = _asked_for(StretchIn(), _stretch())

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        seen = looking.look(reading(), bank(), values["from_"], values["to"], now=clock.now())
        lists = {name: getattr(seen.to_act_on, name) for name in words.LISTS}
        network = _drawn(seen)
        shown = {one for found in lists.values() for one in found[:5]} | {
            dot.account_id for dot in network.dots
        }
        people = queries.named(reading(), bank(), shown)
        some = {name: _people(lists[name][:5], seen, people) for name in words.LISTS}
        return {"seen": seen, "lists": lists, "some": some, "network": network, "people": people}

    return _shown(
        form,
        status,
        "reports/index.html",
        make if asked else None,
        kinds=words.LISTS,
        most=drawing.MOST,
    )


def _drawn(seen: looking.Look, among: set[int] | None = None) -> drawing.Drawing:
    """The drawing; only when somebody new has to be given a place is anything written."""
    how = (bank(), seen.help, seen.to_act_on.bridges, among)
    found = drawing.drawing(reading(), *how)
    if found is None:
        with transaction() as session:
            found = drawing.drawing(session, *how, place=True)
    return cast(drawing.Drawing, found)


def _people(
    account_ids: Any, seen: looking.Look, found: dict[int, queries.Named]
) -> list[dict[str, Any]]:
    """These people in this order, with what they gave and were helped in those days, and when they
    were last rung."""
    place = {one: number for number, one in enumerate(seen.help.who.tolist())}

    def spent(one: int, side: Any) -> int:
        return int(side[place[one]]) if one in place else 0

    return [
        {
            "who": found[one],
            "gave": spent(one, seen.help.given),
            "had": spent(one, seen.help.received),
        }
        for one in account_ids
        if one in found
    ]


@pages.get("/people")
@access("coordinator")
def people() -> tuple[str, int]:
    """Everybody on one of the lists to act on, as a call sheet."""
    today = clock.local_date(clock.now(), bank().timezone)
    year = {"from": date.fromordinal(today.toordinal() - 365).isoformat(), "to": today.isoformat()}
    form, asked, status = _asked_for(WhichIn(), {**year, "which": "only_give"})

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        seen = looking.look(reading(), bank(), values["from_"], values["to"], now=clock.now())
        chosen = getattr(seen.to_act_on, values["which"])
        rows = _people(chosen, seen, queries.named(reading(), bank(), chosen))
        rows.sort(key=lambda row: (-row["gave"] - row["had"], row["who"].name))
        return {"rows": rows, "why": seen.to_act_on.why if values["which"] == "bridges" else None}

    return _shown(form, status, "reports/people.html", make if asked else None, kinds=words.LISTS)


@pages.get("/network")
@access("coordinator")
def network() -> tuple[str, int]:
    """The network of help, drawn: everybody, or those of an area."""
    form, asked, status = _asked_for(NetworkIn(), _stretch())

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        seen = looking.look(reading(), bank(), values["from_"], values["to"], now=clock.now())
        named = queries.named(reading(), bank(), seen.help.who.tolist())
        areas = sorted({one.area for one in named.values() if one.area})
        among = (
            {one.account_id for one in named.values() if one.area == values["area"]}
            if values["area"]
            else None
        )
        if values["person"]:
            around = _around(values["person"], named, seen)
            among = around if among is None else around & among
        return {
            "network": _drawn(seen, among),
            "people": named,
            "areas": [("", "All areas"), *((area, area) for area in areas)],
        }

    return _shown(form, status, "reports/network.html", make if asked else None, most=drawing.MOST)


def _around(number: str, named: dict[int, queries.Named], seen: looking.Look) -> set[int]:
    """Somebody and their partners, by accounts. Raises Invalid for a number that nobody in the
    network has."""
    found = [one.account_id for one in named.values() if one.number.casefold() == number.casefold()]
    if not found:
        said = f"Nobody with number {number} gave or was helped in these days."
        raise Invalid(said, fields={"person": said})
    who, place = seen.help.who, seen.help.who.searchsorted(found[0])
    gave, had = (
        seen.help.receiver[seen.help.giver == place],
        seen.help.giver[seen.help.receiver == place],
    )
    return {found[0], *who[gave].tolist(), *who[had].tolist()}


@pages.post("/network/arrangement")
@access("coordinator")
def arrange() -> Answer:
    """Let everybody in the drawing find a new place."""
    with transaction() as session:
        drawing.arrange_anew(session, bank())
    flash("Done: everybody stands where they now belong.")
    return redirect(url_for("reports.network"), 303)


@pages.get("/growth")
@access("coordinator")
def growth() -> tuple[str, int]:
    """Any figure over months, quarters or years, with the change since the first."""
    start, end = _quarters_back(36)
    initial = {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "by": "quarter",
        "figure": "split_not_returned",
    }
    form, asked, status = _asked_for(GrowthIn(), initial)

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        name = words.report_of(values["figure"])
        found = looking.series(
            reading(),
            bank(),
            Asked(name, values["from_"], values["to"], values["by"]),
            now=clock.now(),
        )
        id_ = values["figure"]
        there = [
            window
            for window in found["windows"]
            if any(one["id"] == id_ for one in window["measures"])
        ]
        if not there:
            return {"result": found, "id": id_, "windows": [], "plot": None}
        return {"result": found, "id": id_, "windows": there, "plot": charts.plot(there, id_)}

    return _shown(
        form, status, "reports/growth.html", make if asked else None, choices=words.choices()
    )


@pages.get("/before-and-after")
@access("coordinator")
def before_and_after() -> tuple[str, int]:
    """Two stretches of the same length, up to a day and from it on: what changed, and what that
    does not prove."""
    form, asked, status = _asked_for(BeforeIn(), {"months": "6"})
    wanted = "day" in request.args

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        return looking.before_and_after(
            reading(), bank(), values["day"], values["months"], now=clock.now()
        )

    if not wanted:
        form, status = Form({"months": "6"}), 200
    return _shown(form, status, "reports/before_and_after.html", make if asked and wanted else None)


@pages.get(f"/<{_REPORTS}:name>")
@access("coordinator")
def report(name: Any) -> tuple[str, int]:
    """One report with all its figures, for the staff."""
    form, asked, status = _asked_for(StretchIn(), _stretch())

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        found = looking.look(
            reading(), bank(), values["from_"], values["to"], now=clock.now()
        ).results[name]
        return {
            "result": with_surveys(reading(), bank(), found) if name == "participation" else found
        }

    return _shown(form, status, "reports/report.html", make if asked else None, name=name)


# ---- Reports as files, and for those outside ----


@pages.get("/files")
@access("coordinator")
def files() -> tuple[str, int]:
    """Make a report as a file: for the staff, or for sharing."""
    form, asked, status = _asked_for(WhichReportIn(), {**_stretch(), "report": "reciprocity"})

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        found = _kept(made.asked(values["report"], values), values)
        return {"result": found, "links": _links(".report_as_file", found)}

    return _shown(
        form, status, "reports/files.html", make if asked and "report" in request.args else None
    )


def _links(endpoint: str, result: dict[str, Any]) -> dict[str, str]:
    """Where the files of a report are. The moment is named, so that they all say the same."""
    where = {name: result[name] for name in ("from", "to", "as_of")} | (
        {"by": result["by"]} if result["by"] else {}
    )
    share: dict[str, Any] = {}
    if endpoint == ".report_as_file":
        share = {"among": result["among"]} | ({"share": "true"} if result["shared"] else {})
    return {
        one: url_for(endpoint, name=result["report"], file_format=one, **where, **share)
        for one in ("csv", "xlsx", "pdf", "json", "meta")
    }


@pages.get(f"/<{_REPORTS}:name>.<{_FORMATS}:file_format>")
@access("coordinator")
def report_as_file(name: Any, file_format: str) -> Response:
    """A report as a file, as it was first made."""
    wanted: dict[str, Any] = load(ReportIn(), {**_stretch(), **request.args})
    return report_file(_kept(made.asked(name, wanted), wanted), file_format)


def _kept(asked: Asked, wanted: dict[str, Any]) -> dict[str, Any]:
    as_of = as_of_instant(wanted["as_of"], bank().timezone) if wanted["as_of"] else None
    with transaction() as session:
        return keeping.report(session, bank(), asked, as_of=as_of, now=clock.now())


@pages.get("/shared")
@access("commissioner")
def shared() -> tuple[str, int]:
    """The figures as the bank shares them: whole quarters, few people withheld."""
    form, asked, status = _asked_for(SharedIn(), {**_stretch(), "report": "reciprocity"})

    def make() -> dict[str, Any]:
        values = cast(dict[str, Any], asked)
        wanted = made.asked(values["report"], {**values, "share": True})
        if values["as_of"]:
            found = _kept(wanted, values)
            return {"result": found, "links": _links(".shared_file", found)}
        # What members said is no part of the books.
        said = repr(
            (
                surveys_service.outcomes(reading(), bank(), wanted.start, wanted.end),
                surveys_service.equality(reading(), bank()),
            )
        )
        found = standing(
            reading(),
            bank(),
            ("shared", wanted, bank().few, said),
            lambda: _kept(wanted, {"as_of": None}),
        )
        return {"result": found, "links": _links(".shared_file", found)}

    return _shown(form, status, "reports/shared.html", make if asked else None)


@pages.get(f"/shared/<{_REPORTS}:name>.<{_FORMATS}:file_format>")
@access("commissioner")
def shared_file(name: Any, file_format: str) -> Response:
    """One of them as a file."""
    wanted: dict[str, Any] = load(SharedIn(), {**_stretch(), **request.args, "report": name})
    return report_file(_kept(made.asked(name, {**wanted, "share": True}), wanted), file_format)


# ---- Those outside who read the figures ----


@pages.route("/readers", methods=["GET", "POST"])
@access("coordinator")
def readers() -> Answer:
    """Who outside the bank may read its figures for sharing; invite somebody."""

    def do(session: Any, values: dict[str, Any]) -> Answer:
        one = commissioners.invite(
            session, bank(), NewCommissioner(**values), act(), base_url=_site()
        )
        flash(
            f"Done: {one.name} is sent a link by e-mail. It is good for"
            f" {commissioners.INVITATION_DAYS} days."
        )
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
        one = commissioners.commissioner(session, bank(), commissioner_id)
        minutes = commissioners.INVITATION_DAYS * 24 * 60
        commissioners.send_link(
            session, bank(), one, base_url=_site(), minutes=minutes, now=clock.now()
        )
        name = one.name
    flash(f"Done: another link is on its way to {name}. The one before opens nothing any more.")
    return redirect(url_for("reports.readers"), 303)


@pages.post("/readers/<int:commissioner_id>/end")
@access("coordinator")
def end_reader(commissioner_id: int) -> Answer:
    """Let one of them read no more."""
    with transaction() as session:
        name = commissioners.commissioner(session, bank(), commissioner_id).name
        schedules.end_reader(session, bank(), commissioner_id, act())
    flash(f"Done: {name} cannot read the figures any more.")
    return redirect(url_for("reports.readers"), 303)


# ---- Sent by e-mail when a month, a quarter or a year has ended ----


@pages.route("/schedules", methods=["GET", "POST"])
@access("coordinator")
def schedule() -> Answer:
    """Who is sent which report, and how often; add one."""

    def do(session: Any, values: dict[str, Any]) -> Answer:
        schedules.add(session, bank(), act(), **values)
        flash("Done. The first is sent when the next one has ended.")
        return redirect(url_for("reports.schedule"), 303)

    def page(form: Form) -> str:
        readers = [(f"member:{actor().member_id}", f"{actor().name}, by your own e-mail")]
        outside = commissioners.commissioners(reading(), bank())
        readers += [(f"commissioner:{one.id}", f"{one.name}, {one.email}") for one in outside]
        found = schedules.schedules(reading(), bank())
        return render_template("reports/schedule.html", form=form, schedules=found, readers=readers)

    return submit(ScheduleIn(), do, page, initial={"name": "reciprocity", "stride": "quarter"})


@pages.post("/schedules/<int:schedule_id>/end")
@access("coordinator")
def end_schedule(schedule_id: int) -> Answer:
    """Send it no more."""
    with transaction() as session:
        schedules.end(session, bank(), schedule_id, by=actor())
    flash("Done: it is sent no more.")
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
        if value and name in ExportIn().fields | {"from": None}
    }
    try:
        values = load(ExportIn(), asked)
        ready = prepared(values.pop("kind"), values)
    except Refusal as refusal:
        form.refused(refusal)
        return render_template("reports/exports.html", form=form, ready=None), status_of(refusal)
    links = {
        name: _link(asked, ready.wanted.as_of.isoformat(), name)
        for name in ("csv", "xlsx", "json", "meta")
    }
    return render_template("reports/exports.html", form=form, ready=ready, links=links), 200


def _link(asked: dict[str, str], as_of: str, file_format: str) -> str:
    """Where the file is. The moment is named, so that the file and its totals are about the
    same."""
    wanted: dict[str, Any] = {name: asked[name] for name in ("from", "to") if name in asked}
    return url_for(".file", kind=asked["kind"], file_format=file_format, as_of=as_of, **wanted)


@pages.get(f"/exports/<{_FILES}:kind>.<any(csv, xlsx, json, meta):file_format>")
@access("coordinator")
def file(kind: str, file_format: str) -> Response:
    """One file."""
    wanted: dict[str, Any] = load(RangeIn(), request.args.to_dict())
    return answer(prepared(kind, wanted), file_format)
