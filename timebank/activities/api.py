"""Activities, sessions and sponsorships for programs. Instants are UTC, amounts whole minutes."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.activities import posting, queries, register, service, signing
from timebank.activities.queries import Meeting
from timebank.activities.register import Mark
from timebank.activities.schemas import (
    ActivityIn,
    ActivityOut,
    ActivityPatchIn,
    AgreementIn,
    CoDeliveryOut,
    DoneIn,
    MeetingOut,
    MeetingsIn,
    OutcomeOut,
    PostingIn,
    PostingOut,
    PreviewOut,
    RegisterIn,
    RegisterLineOut,
    ResultIn,
    SessionIn,
    SessionPatchIn,
    SignUpIn,
    SignUpOut,
    SponsorshipIn,
    SponsorshipOut,
    WhyIn,
)
from timebank.api.paging import PageIn, page_of
from timebank.db import reading, transaction
from timebank.http import access
from timebank.members.current import actor, bank

activities = Blueprint("activities", __name__, url_prefix="/api/v1/activities", description="Things done together")
sessions = Blueprint("sessions", __name__, url_prefix="/api/v1/sessions", description="The meetings of activities")
outcomes = Blueprint("outcomes", __name__, url_prefix="/api/v1/outcomes", description="What activities are to lead to")
sponsorships = Blueprint("sponsorships", __name__, url_prefix="/api/v1/sponsorships", description="What organisations pay for")


def _do(step: Callable[..., Any], *args: Any, **values: Any) -> Any:
    with transaction() as session:
        return step(session, bank(), *args, **values, by=actor(), now=clock.now())


# ---- Activities ----


@activities.route("", methods=["GET"])
@access("member")
@activities.response(200, ActivityOut(many=True))
def index() -> Any:
    """What goes on, by title."""
    return queries.activities(reading(), bank())


@activities.route("", methods=["POST"])
@access("broker", scope="write")
@activities.arguments(ActivityIn)
@activities.response(201, ActivityOut)
def new(values: dict[str, Any]) -> Any:
    """Begin something."""
    return _do(service.open_activity, **values)


@activities.route("/<int:activity_id>", methods=["GET"])
@access("member")
@activities.response(200, ActivityOut)
def show(activity_id: int) -> Any:
    """One activity."""
    return queries.activity(reading(), bank(), activity_id)


@activities.route("/<int:activity_id>", methods=["PATCH"])
@access("member", scope="write")
@activities.arguments(ActivityPatchIn(partial=True))
@activities.response(200, ActivityOut)
def change(values: dict[str, Any], activity_id: int) -> Any:
    """Change what it says of itself; what is left out stays. For its leads and the staff."""
    with transaction() as session:
        return service.change(session, bank(), activity_id, **values, by=actor())


@activities.route("/<int:activity_id>/end", methods=["POST"])
@access("broker", scope="write")
@activities.response(200, ActivityOut)
def end(activity_id: int) -> Any:
    """It is over."""
    return _do(service.end, activity_id)


@activities.route("/<int:activity_id>/sessions", methods=["GET"])
@access("member")
@activities.arguments(MeetingsIn, location="query")
@activities.response(200, page_of(MeetingOut))
def meetings(wanted: dict[str, Any], activity_id: int) -> dict[str, Any]:
    """Its sessions in their order, a page at a time; the cursor is the id of the last one seen."""
    activity = queries.activity(reading(), bank(), activity_id)
    limit, after = wanted["limit"], wanted["cursor"]
    found = queries.meetings(
        reading(),
        bank(),
        *queries.after(reading(), bank(), after),
        activity_id=activity.id,
        since=wanted["since"],
        limit=limit + 1,
    )
    return {"items": found[:limit], "next": found[limit - 1].row.id if len(found) > limit else None}


@activities.route("/<int:activity_id>/sessions", methods=["POST"])
@access("member", scope="write")
@activities.arguments(SessionIn)
@activities.response(201, MeetingOut(many=True))
def plan(values: dict[str, Any], activity_id: int) -> list[Meeting]:
    """Plan one session or, every so often, several. For its leads and the staff."""
    with transaction() as session:
        planned = service.plan(session, bank(), activity_id, **values, by=actor(), now=clock.now())
        return queries.shown(session, bank(), planned)


@activities.route("/<int:activity_id>/codelivery", methods=["GET"])
@access("broker")
@activities.response(200, CoDeliveryOut)
def codelivery(activity_id: int) -> Any:
    """Who planned, delivered and judged it, in the sessions whose hours stand posted."""
    return queries.codelivery(reading(), bank(), activity_id=queries.activity(reading(), bank(), activity_id).id)


@activities.route("/codelivery", methods=["GET"])
@access("broker")
@activities.response(200, CoDeliveryOut)
def codelivery_in_all() -> Any:
    """Who planned, delivered and judged, in all activities of the bank."""
    return queries.codelivery(reading(), bank())


@activities.route("/<int:activity_id>/outcomes", methods=["GET"])
@access("member")
@activities.response(200, OutcomeOut(many=True))
def agreed(activity_id: int) -> Any:
    """What it is to lead to."""
    return queries.outcomes(reading(), bank(), queries.activity(reading(), bank(), activity_id).id)


@activities.route("/<int:activity_id>/outcomes", methods=["POST"])
@access("member", scope="write")
@activities.arguments(AgreementIn)
@activities.response(201, OutcomeOut)
def agree(values: dict[str, Any], activity_id: int) -> Any:
    """Write down what was agreed with a partner. For its leads and the staff."""
    return _do(service.agree_outcome, activity_id, **values)


@outcomes.route("/<int:outcome_id>/result", methods=["POST"])
@access("member", scope="write")
@outcomes.arguments(ResultIn)
@outcomes.response(200, OutcomeOut)
def record(values: dict[str, Any], outcome_id: int) -> Any:
    """Say what it led to."""
    return _do(service.record_result, outcome_id, **values)


# ---- Sessions ----


@sessions.route("", methods=["GET"])
@access("member")
@sessions.arguments(MeetingsIn, location="query")
@sessions.response(200, page_of(MeetingOut))
def upcoming(wanted: dict[str, Any]) -> dict[str, Any]:
    """Sessions of every activity in their order, those to come unless `since` says otherwise."""
    limit, after = wanted["limit"], wanted["cursor"]
    since = wanted["since"] or clock.now()
    found = queries.meetings(reading(), bank(), *queries.after(reading(), bank(), after), since=since, limit=limit + 1)
    return {"items": found[:limit], "next": found[limit - 1].row.id if len(found) > limit else None}


@sessions.route("/<int:session_id>", methods=["GET"])
@access("member")
@sessions.response(200, MeetingOut)
def session(session_id: int) -> Meeting:
    """One session."""
    return queries.meeting(reading(), bank(), session_id)


@sessions.route("/<int:session_id>", methods=["PUT"])
@access("member", scope="write")
@sessions.arguments(SessionPatchIn)
@sessions.response(200, MeetingOut)
def change_session(values: dict[str, Any], session_id: int) -> Meeting:
    """Say anew when, where and for how many it is."""
    return _meeting(service.change_session, session_id, **values)


@sessions.route("/<int:session_id>/cancellation", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(WhyIn)
@sessions.response(200, MeetingOut)
def call_off(values: dict[str, Any], session_id: int) -> Meeting:
    """It does not happen; whoever means to come is told."""
    return _meeting(service.call_off, session_id, **values)


@sessions.route("/<int:session_id>/account", methods=["PUT"])
@access("member", scope="write")
@sessions.arguments(DoneIn)
@sessions.response(200, MeetingOut)
def write_up(values: dict[str, Any], session_id: int) -> Meeting:
    """Keep what was done in it."""
    with transaction() as writing:
        service.write_up(writing, bank(), session_id, **values, by=actor())
        return queries.meeting(writing, bank(), session_id)


@sessions.route("/<int:session_id>/sign-ups", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(SignUpIn)
@sessions.response(200, SignUpOut)
def sign_up(values: dict[str, Any], session_id: int) -> Any:
    """Say that you, or `member`, mean to come; without a free place that is on the waiting list."""
    return _do(signing.sign_up, session_id, values["member"] or actor().member_id, channel=values["channel"])


@sessions.route("/<int:session_id>/withdrawals", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(SignUpIn)
@sessions.response(200, SignUpOut)
def withdraw(values: dict[str, Any], session_id: int) -> Any:
    """Say that you, or `member`, do not come after all."""
    return _do(signing.withdraw, session_id, values["member"] or actor().member_id, channel=values["channel"])


@sessions.route("/<int:session_id>/contributions", methods=["GET"])
@access("member")
@sessions.response(200, RegisterLineOut(many=True))
def contributions(session_id: int) -> Any:
    """The register: for those who lead the activity and the staff."""
    found = queries.meeting(reading(), bank(), session_id)
    service.require_run(found.activity, actor())
    return [line for line in queries.register(reading(), bank(), found) if line.here]


@sessions.route("/<int:session_id>/contributions", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(RegisterIn)
@sessions.response(200, MeetingOut)
def contribute(values: dict[str, Any], session_id: int) -> Meeting:
    """Mark who was there, all or nothing. For those who lead the activity and the staff."""
    marks = [Mark(member_id=one.pop("member"), **one) for one in values["contributions"]]
    return _do(register.mark, session_id, marks)


@sessions.route("/<int:session_id>/posting", methods=["GET"])
@access("broker")
@sessions.response(200, PreviewOut)
def preview(session_id: int) -> Any:
    """What posting its hours would do, in full."""
    return posting.preview(reading(), bank(), session_id, by=actor(), now=clock.now())


@sessions.route("/<int:session_id>/posting", methods=["POST"])
@access("broker", scope="write")
@sessions.arguments(PostingIn)
@sessions.response(201, PostingOut)
def post(values: dict[str, Any], session_id: int) -> Any:
    """Post its hours as one entry."""
    return _do(posting.post, session_id, **values)


@sessions.route("/<int:session_id>/reversal", methods=["POST"])
@access("broker", scope="write")
@sessions.arguments(WhyIn)
@sessions.response(200, PostingOut)
def take_back(values: dict[str, Any], session_id: int) -> Any:
    """Take its hours back, so that its register can be put right and posted anew."""
    return _do(posting.take_back, session_id, **values)


def _meeting(step: Callable[..., Any], session_id: int, **values: Any) -> Meeting:
    with transaction() as writing:
        step(writing, bank(), session_id, **values, by=actor(), now=clock.now())
        return queries.meeting(writing, bank(), session_id)


# ---- Sponsors ----


@sponsorships.route("", methods=["GET"])
@access("broker")
@sponsorships.arguments(PageIn, location="query")
@sponsorships.response(200, page_of(SponsorshipOut))
def sponsors(wanted: dict[str, Any]) -> dict[str, Any]:
    """What organisations have agreed to pay for, those that end last first."""
    found, limit = queries.sponsorships(reading(), bank()), wanted["limit"]
    start = next((place + 1 for place, one in enumerate(found) if one.id == wanted["cursor"]), 0)
    shown = found[start : start + limit]
    return {"items": shown, "next": shown[-1].id if len(found) > start + limit else None}


@sponsorships.route("", methods=["POST"])
@access("coordinator", scope="write")
@sponsorships.arguments(SponsorshipIn)
@sponsorships.response(201, SponsorshipOut)
def sponsor(values: dict[str, Any]) -> Any:
    """Write down what an organisation pays for."""
    return _do(service.sponsor, values.pop("organisation_id"), **values)


@sponsorships.route("/<int:sponsorship_id>/end", methods=["POST"])
@access("coordinator", scope="write")
@sponsorships.response(200, SponsorshipOut)
def end_sponsorship(sponsorship_id: int) -> Any:
    """It pays for no more."""
    return _do(service.end_sponsorship, sponsorship_id)
