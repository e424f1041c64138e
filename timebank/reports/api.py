"""Exports for programs."""

from datetime import timedelta
from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint

from timebank import clock
from timebank.access import commissioners
from timebank.access.rules import NewCommissioner
from timebank.act import Channel
from timebank.api.paging import PageIn, cut, page_of
from timebank.db import reading, transaction
from timebank.http import access, shown
from timebank.measures.figures import Topic
from timebank.members.current import act, actor, bank, today
from timebank.reports import (
    addresses,
    dashboard,
    downloads,
    kept,
    queries,
    schedules,
    stories,
    words,
)
from timebank.reports import evidence as evidences
from timebank.reports.figures import as_json, comparison_as_json
from timebank.reports.rules import CONTENT_TYPES, KINDS, Format, NewStory, StoryAgreement
from timebank.reports.schedules import NewSchedule
from timebank.reports.schemas import (
    AddressConsentOut,
    AddressesOut,
    AgreedIn,
    Before,
    BeforeAndAfterOut,
    BeforeIn,
    CommissionerIn,
    CommissionerOut,
    ExportFile,
    FileIn,
    FunderFile,
    FunderFileIn,
    MeasuredOut,
    ReportAsked,
    ReportFileIn,
    ScheduleIn,
    ScheduleOut,
    StoryAgreedIn,
    StoryFileIn,
    StoryIn,
    StoryOfIn,
    StoryOut,
    Stretch,
    StretchIn,
    ToActOnOut,
)

# Their decorators come without types.
reports: Any = Blueprint(
    "reports",
    __name__,
    url_prefix="/api/v1/reports",
    description="What a bank's figures say, for its own staff",
)
exports: Any = Blueprint(
    "exports", __name__, url_prefix="/api/v1/exports", description="What the bank holds, as files"
)

_TEXT, _BYTES = {"type": "string"}, {"type": "string", "format": "binary"}
_TABLE = {"text/csv": {"schema": _TEXT}, CONTENT_TYPES[Format.XLSX]: {"schema": _BYTES}}
_EXPORTED: Any = {200: {"content": {**_TABLE, "application/json": {"schema": {}}}}}
_MADE: Any = {200: {"content": {**_TABLE, "application/pdf": {"schema": _BYTES}}}}
"""As what kinds of files they are answered, besides as JSON."""
_PRINTED: Any = {
    200: {"content": {CONTENT_TYPES[one]: {"schema": _BYTES} for one in (Format.PDF, Format.XLSX)}}
}


@exports.route(f"/<any({', '.join(KINDS)}):kind>", methods=["GET"])
@access("coordinator")
@exports.arguments(FileIn, location="query")
@exports.response(200, _TEXT, content_type="text/csv")
@exports.doc(responses=_EXPORTED)
def show(wanted: ExportFile, kind: str) -> Response:
    """Members, hours, gifts, offers, requests, postings or activities as a file.

    The books are sealed first, and the file says the same whenever it is asked for with the same
    dates and `as_of`.
    """
    return downloads.export_file(downloads.prepared(wanted.of(kind)), wanted.format)


@reports.route("/evidence", methods=["GET"])
@access("coordinator")
@reports.arguments(FileIn, location="query")
@reports.response(200, {"type": "object"})
@reports.doc(responses=_MADE)
def evidence(wanted: ExportFile) -> Response:
    """What was asked, said, promised and done, and what people could give: as anybody may know it,
    of a year unless said otherwise.

    It is kept as it was made: with the same dates and the `as_of` that it names, the answer is the
    same for good.
    """
    asked = wanted.of("evidence")
    end = asked.end or today()
    with transaction() as session:
        made = evidences.kept(
            session,
            bank(),
            asked.start or end - timedelta(days=365),
            end,
            asked.as_of,
            now=clock.now(),
        )
    return downloads.evidence_file(made, wanted.format)


@reports.route("/reciprocity", methods=["GET"])
@access("coordinator")
@reports.arguments(ReportFileIn, location="query")
@reports.response(200, MeasuredOut)
@reports.doc(responses=_MADE)
def reciprocity(wanted: ReportAsked) -> Response:
    """Whether help comes round, is shared and mixes: each figure with its definition, window,
    people, exclusions, interval.

    It is kept as it was made: with the same dates and the `as_of` that it names, the answer is the
    same for good.
    """
    return _measured(wanted, Topic.RECIPROCITY)


@reports.route("/participation", methods=["GET"])
@access("coordinator")
@reports.arguments(ReportFileIn, location="query")
@reports.response(200, MeasuredOut)
@reports.doc(responses=_MADE)
def participation(wanted: ReportAsked) -> Response:
    """Who takes part, as `reciprocity`."""
    return _measured(wanted, Topic.PARTICIPATION)


@reports.route("/activities", methods=["GET"])
@access("coordinator")
@reports.arguments(ReportFileIn, location="query")
@reports.response(200, MeasuredOut)
@reports.doc(responses=_MADE)
def activities(wanted: ReportAsked) -> Response:
    """Who led what was done together, as `reciprocity`."""
    return _measured(wanted, Topic.ACTIVITIES)


@reports.route("/funder", methods=["GET"])
@access("coordinator")
@reports.arguments(FunderFileIn, location="query")
@reports.response(200, {"type": "object"})
@reports.doc(responses=_PRINTED)
def funder(wanted: FunderFile) -> Response:
    """What a funder reads about whole quarters that have ended: members, hours, people helped,
    whether it came round, what for, who led; as it may leave the staff. As `pdf` two pages."""
    return downloads.funder_file(downloads.funder(wanted), wanted.format)


@reports.route("/stories", methods=["GET"])
@access("coordinator")
@reports.arguments(PageIn, location="query")
@reports.response(200, page_of(StoryOut))
def told(wanted: dict[str, Any]) -> Any:
    """Stories of members, agreed to or not, the latest first."""
    return cut(stories.stories(reading(), bank()), wanted)


@reports.route("/stories", methods=["POST"])
@access("coordinator", scope="write")
@reports.arguments(StoryOfIn, location="form")
@reports.arguments(StoryFileIn, location="files")
@reports.response(201, StoryOut)
def write_story(values: dict[str, Any], files: dict[str, Any]) -> Any:
    """Write down a story of a member, who is asked whether they agree to it."""
    member_id = values.pop("member_id")
    with transaction() as session:
        return stories.write(session, bank(), member_id, _new_story(values, files), act())


@reports.route("/stories/<int:story_id>", methods=["PUT"])
@access("coordinator", scope="write")
@reports.arguments(StoryIn, location="form")
@reports.arguments(StoryFileIn, location="files")
@reports.response(200, StoryOut)
def change_story(values: dict[str, Any], files: dict[str, Any], story_id: int) -> Any:
    """Put a story into other words before it is agreed to."""
    with transaction() as session:
        return stories.change(session, bank(), story_id, _new_story(values, files), act())


def _new_story(values: dict[str, Any], files: dict[str, Any]) -> NewStory:
    data = files["photo"].read() if files["photo"] else b""
    return NewStory(values["words"], values["called"], data, values["alt"])


@reports.route("/stories/<int:story_id>/agreement", methods=["PUT"])
@access("member", scope="write")
@reports.arguments(StoryAgreedIn)
@reports.response(200, StoryOut)
def agree_to_story(agreement: StoryAgreement, story_id: int) -> Any:
    """Let a story be told as it was read."""
    with transaction() as session:
        return stories.agree(session, bank(), story_id, agreement, act())


@reports.route("/stories/<int:story_id>", methods=["DELETE"])
@access("member", scope="write")
@reports.response(204)
def take_story_back(story_id: int) -> None:
    """Delete a story, with its picture: it is in nothing that is made from now on."""
    with transaction() as session:
        stories.take_back(session, bank(), story_id, act())


@reports.route("/addresses", methods=["POST"])
@access("coordinator", scope="write")
@reports.response(200, AddressesOut)
def take_addresses() -> Any:
    """The e-mail addresses of those who agreed. That they were taken is written on each of them."""
    with transaction() as session:
        return {"items": addresses.take(session, bank(), act())}


@reports.route("/addresses/<int:member_id>", methods=["PUT"])
@access("member", scope="write")
@reports.arguments(AgreedIn)
@reports.response(200, AddressConsentOut)
def agree_to_address(values: dict[str, Any], member_id: int) -> Any:
    """Let a member's address go on that list."""
    with transaction() as session:
        return addresses.agree(session, bank(), member_id, Channel(values["channel"]), act())


@reports.route("/addresses/<int:member_id>", methods=["DELETE"])
@access("member", scope="write")
@reports.response(204)
def take_address_back(member_id: int) -> None:
    """Take it off the list."""
    with transaction() as session:
        addresses.take_back(session, bank(), member_id, act())


@reports.route("/before-and-after", methods=["GET"])
@access("coordinator")
@reports.arguments(BeforeIn, location="query")
@reports.response(200, BeforeAndAfterOut)
def before_and_after(wanted: Before) -> Response:
    """Two windows of so many months, up to a day and from it on, with what changed between them and
    the caution beside it."""
    compared = dashboard.before_and_after(
        reading(), bank(), wanted.day, wanted.months, now=clock.now()
    )
    return jsonify(comparison_as_json(compared))


@reports.route("/people", methods=["GET"])
@access("coordinator")
@reports.arguments(StretchIn, location="query")
@reports.response(200, ToActOnOut)
def people(wanted: Stretch) -> Response:
    """Whom to ring: the ids of members on each of the lists to act on. For the staff's own eyes."""
    everything = dashboard.Everything(wanted.start, wanted.end)
    seen, _ = kept.shown(reading(), bank(), everything, now=clock.now())
    lists: dict[str, tuple[int, ...]] = {
        name: getattr(seen.to_act_on, name) for name in words.LISTS
    }
    accounts = {account for listed in lists.values() for account in listed}
    named = queries.named(reading(), bank(), accounts)
    ids = {
        name: [named[account].member_id for account in listed if account in named]
        for name, listed in lists.items()
    }
    why = seen.to_act_on.why
    return jsonify({**ids, "bridges_withheld": shown(why) if why else None})


@reports.route("/readers", methods=["GET"])
@access("coordinator")
@reports.arguments(PageIn, location="query")
@reports.response(200, page_of(CommissionerOut))
def readers(wanted: dict[str, Any]) -> Any:
    """Who outside the bank may read its figures for sharing."""
    return cut(commissioners.commissioners(reading(), bank()), wanted)


@reports.route("/readers", methods=["POST"])
@access("coordinator", scope="write")
@reports.arguments(CommissionerIn)
@reports.response(201, CommissionerOut)
def invite(new: NewCommissioner) -> Any:
    """Let somebody read them; they are sent a link by e-mail."""
    with transaction() as session:
        return commissioners.invite(session, bank(), new, act())


@reports.route("/readers/<int:commissioner_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@reports.response(204)
def end_reader(commissioner_id: int) -> None:
    """Let one of them read no more."""
    with transaction() as session:
        schedules.end_reader(session, bank(), commissioner_id, act())


@reports.route("/schedules", methods=["GET"])
@access("coordinator")
@reports.arguments(PageIn, location="query")
@reports.response(200, page_of(ScheduleOut))
def scheduled(wanted: dict[str, Any]) -> Any:
    """Who is sent which report, and how often."""
    return cut(schedules.schedules(reading(), bank()), wanted)


@reports.route("/schedules", methods=["POST"])
@access("coordinator", scope="write")
@reports.arguments(ScheduleIn)
@reports.response(201, ScheduleOut)
def schedule(new: NewSchedule) -> Any:
    """Send a report from the next month, quarter or year on that ends."""
    with transaction() as session:
        return schedules.add(session, bank(), new, act())


@reports.route("/schedules/<int:schedule_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@reports.response(204)
def end_schedule(schedule_id: int) -> None:
    """Send it no more."""
    with transaction() as session:
        schedules.end(session, bank(), schedule_id, by=actor())


def _measured(wanted: ReportAsked, topic: Topic) -> Response:
    report = downloads.report(wanted.of(topic))
    if wanted.format is Format.JSON:
        return jsonify(as_json(report))
    return downloads.report_file(report, wanted.format)
