"""Activities, sessions and sponsorships for programs. Instants are UTC, amounts whole minutes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.act import Entered, Word
from timebank.activities import evidence, posting, queries, register, rules, service, signing
from timebank.activities import record as records
from timebank.activities.queries import Meeting
from timebank.activities.rules import (
    Details,
    Newcomer,
    NewOutcome,
    NewPhoto,
    NewQuote,
    NewSponsorship,
    Occasion,
    Plan,
    Result,
)
from timebank.activities.schemas import (
    ActivityIn,
    ActivityOut,
    ActivityPatchIn,
    AgreementIn,
    CheckInOut,
    CoDeliveryOut,
    ComerOut,
    DoneIn,
    DoorIn,
    MeetingOut,
    MeetingsIn,
    NewcomerIn,
    OutcomeOut,
    PhotoFileIn,
    PhotoIn,
    PhotoOut,
    PostingIn,
    PostingOut,
    PreviewOut,
    QuoteIn,
    QuoteOut,
    RecordOut,
    RegisterIn,
    RegisterLineOut,
    ResultIn,
    SessionIn,
    SessionPatchIn,
    ShownIn,
    ShownWish,
    SignUpIn,
    SignUpOut,
    SponsorshipIn,
    SponsorshipOut,
    WhyIn,
)
from timebank.api.paging import PageIn, cut, page, page_of
from timebank.api.schemas import RefusalOut
from timebank.db import reading, transaction
from timebank.feature import plugged_in
from timebank.http import access
from timebank.ledger.rules import AccountKind
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, entered, everybody, understood
from timebank.members.queries import Party
from timebank.members.schemas import PartyOut

activities = Blueprint(
    "activities", __name__, url_prefix="/api/v1/activities", description="Things done together"
)
sessions = Blueprint(
    "sessions", __name__, url_prefix="/api/v1/sessions", description="The meetings of activities"
)
outcomes = Blueprint(
    "outcomes",
    __name__,
    url_prefix="/api/v1/outcomes",
    description="What activities are to lead to",
)
quotes_of = Blueprint(
    "quotes", __name__, url_prefix="/api/v1/quotes", description="What was said of activities"
)
photos_of = Blueprint(
    "photos", __name__, url_prefix="/api/v1/photos", description="Pictures of activities"
)
sponsorships = Blueprint(
    "sponsorships",
    __name__,
    url_prefix="/api/v1/sponsorships",
    description="What organisations pay for",
)


# ---- Activities ----


@activities.route("", methods=["GET"])
@access("member")
@activities.arguments(PageIn, location="query")
@activities.response(200, page_of(ActivityOut))
def index(wanted: dict[str, Any]) -> Any:
    """What goes on, by title."""
    page = cut(queries.activities(reading(), bank()), wanted)
    return {**page, "items": _activities(reading(), page["items"])}


@activities.route("", methods=["POST"])
@access("broker", scope="write")
@activities.arguments(ActivityIn)
@activities.response(201, ActivityOut)
def new(sent: Entered[Details]) -> Any:
    """Begin something."""
    with transaction() as session:
        details, by_word = entered(session, sent)
        begun = service.open_activity(session, bank(), details, by_word)
        return _activities(session, [begun])[0]


@activities.route("/<int:activity_id>", methods=["GET"])
@access("member")
@activities.response(200, ActivityOut)
def show(activity_id: int) -> Any:
    """One activity."""
    return _activities(reading(), [queries.activity(reading(), bank(), activity_id)])[0]


@activities.route("/<int:activity_id>", methods=["PATCH"])
@access("member", scope="write")
@activities.arguments(ActivityPatchIn(partial=True))
@activities.response(200, ActivityOut)
def change(changes: dict[str, Any], activity_id: int) -> Any:
    """Change what it says of itself; what is left out stays. For its leads and the staff."""
    with transaction() as session:
        by_word = act(Word(despite=changes.pop("despite", "")))
        activity = queries.activity(session, bank(), activity_id, lock=True)
        service.require_run(activity, actor())
        details = replace(
            queries.details(activity), **understood(session, changes, within=everybody())
        )
        changed = service.change(session, bank(), activity_id, details, by_word)
        return _activities(session, [changed])[0]


@activities.route("/<int:activity_id>/end", methods=["POST"])
@access("broker", scope="write")
@activities.response(200, ActivityOut)
def end(activity_id: int) -> Any:
    """It is over."""
    with transaction() as session:
        ended = service.end(session, bank(), activity_id, act())
        return _activities(session, [ended])[0]


def _activities(session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Activities with who pays and who leads by name. A member for whom others work is named to the
    staff alone, and who leads to nobody who is shown nothing of them."""
    payers = members.parties(session, bank(), {row.payer_id for row in rows if row.payer_id})
    names = [name for name in ActivityOut().fields if name not in _NAMED]
    leading = queries.leads_shown(session, bank(), rows, by=actor())

    def led_by(member_id: int | None) -> str | None:
        return f"member:{member_id}" if member_id in leading else None

    def paid_by(account_id: int | None) -> Party | None:
        payer = payers.get(account_id or 0)
        shown = payer and (actor().is_broker or payer.kind != AccountKind.MEMBER)
        return payer if shown else None

    return [
        {name: getattr(row, name) for name in names}
        | {
            "payer": paid_by(row.payer_id),
            "resident_lead": led_by(row.resident_lead_id),
            "professional_lead": led_by(row.professional_lead_id),
        }
        for row in rows
    ]


_NAMED = ("payer", "resident_lead", "professional_lead")


@activities.route("/<int:activity_id>/sessions", methods=["GET"])
@access("member")
@activities.arguments(MeetingsIn, location="query")
@activities.response(200, page_of(MeetingOut))
def meetings(wanted: dict[str, Any], activity_id: int) -> dict[str, Any]:
    """Its sessions in their order, a page at a time; the cursor is the id of the last one seen."""
    activity = queries.activity(reading(), bank(), activity_id)
    limit, after = wanted["limit"], wanted["cursor"]
    meetings = queries.meetings(
        reading(),
        bank(),
        *queries.after(reading(), bank(), after),
        activity_id=activity.id,
        since=wanted["since"],
        limit=limit + 1,
    )
    return page(meetings, limit, key="row.id")


@activities.route("/<int:activity_id>/sessions", methods=["POST"])
@access("member", scope="write")
@activities.arguments(SessionIn)
@activities.response(201, page_of(MeetingOut))
def plan(sessions: Plan, activity_id: int) -> dict[str, Any]:
    """Plan one session or, every so often, several. For its leads and the staff."""
    with transaction() as session:
        planned = service.plan(session, bank(), activity_id, sessions, act())
        return {"items": queries.shown(session, bank(), planned), "next": None}


@activities.route("/<int:activity_id>/codelivery", methods=["GET"])
@access("broker")
@activities.response(200, CoDeliveryOut)
def codelivery(activity_id: int) -> Any:
    """Who planned, delivered and judged it, in the sessions whose hours stand posted."""
    return queries.codelivery(
        reading(), bank(), activity_id=queries.activity(reading(), bank(), activity_id).id
    )


@activities.route("/codelivery", methods=["GET"])
@access("broker")
@activities.response(200, CoDeliveryOut)
def codelivery_in_all() -> Any:
    """Who planned, delivered and judged, in all activities of the bank."""
    return queries.codelivery(reading(), bank())


@activities.route("/<int:activity_id>/record", methods=["GET"])
@access("member")
@activities.response(200, RecordOut)
def record(activity_id: int) -> Any:
    """Everything that is kept of it but people and pictures, to hand on. For its leads and the
    staff."""
    service.require_run(queries.activity(reading(), bank(), activity_id), actor())
    return records.record(reading(), bank(), activity_id)


@activities.route("/<int:activity_id>/outcomes", methods=["GET"])
@access("member")
@activities.arguments(PageIn, location="query")
@activities.response(200, page_of(OutcomeOut))
def agreed(wanted: dict[str, Any], activity_id: int) -> Any:
    """What it is to lead to."""
    activity = queries.activity(reading(), bank(), activity_id)
    return cut(queries.outcomes(reading(), bank(), activity.id), wanted)


@activities.route("/<int:activity_id>/outcomes", methods=["POST"])
@access("member", scope="write")
@activities.arguments(AgreementIn)
@activities.response(201, OutcomeOut)
def agree(outcome: NewOutcome, activity_id: int) -> Any:
    """Write down what was agreed with a partner. For its leads and the staff."""
    with transaction() as writing:
        return service.agree_outcome(writing, bank(), activity_id, outcome, act())


@activities.route("/<int:activity_id>/quotes", methods=["GET"])
@access("member")
@activities.arguments(PageIn, location="query")
@activities.response(200, page_of(QuoteOut))
def quotes(wanted: dict[str, Any], activity_id: int) -> Any:
    """What was said of it."""
    activity = queries.activity(reading(), bank(), activity_id)
    return cut(queries.quotes(reading(), bank(), activity.id), wanted)


@activities.route("/<int:activity_id>/quotes", methods=["POST"])
@access("member", scope="write")
@activities.arguments(QuoteIn)
@activities.response(201, QuoteOut)
def add_quote(quote: NewQuote, activity_id: int) -> Any:
    """Keep what somebody said, with their consent. For its leads and the staff."""
    with transaction() as writing:
        return evidence.add_quote(writing, bank(), activity_id, quote, act())


@activities.route("/<int:activity_id>/photos", methods=["GET"])
@access("member")
@activities.arguments(PageIn, location="query")
@activities.response(200, page_of(PhotoOut))
def photos(wanted: dict[str, Any], activity_id: int) -> Any:
    """Its pictures, without the pictures themselves."""
    activity = queries.activity(reading(), bank(), activity_id)
    return cut(queries.photos(reading(), bank(), activity.id), wanted)


@activities.route("/<int:activity_id>/photos", methods=["POST"])
@access("member", scope="write")
@activities.arguments(PhotoIn, location="form")
@activities.arguments(PhotoFileIn, location="files")
@activities.response(201, PhotoOut)
def add_photo(values: dict[str, Any], files: dict[str, Any], activity_id: int) -> Any:
    """Keep a picture, made smaller and freed of what the camera wrote into it. For its leads and
    the staff."""
    data = files["photo"].read() if files["photo"] else b""
    new = NewPhoto(data, values["alt"], values["consent"])
    with transaction() as writing:
        return evidence.add_photo(writing, bank(), activity_id, new, act())


@quotes_of.route("/<int:quote_id>", methods=["DELETE"])
@access("member", scope="write")
@quotes_of.response(204)
def remove_quote(quote_id: int) -> None:
    """Take out what somebody said. For those who lead the activity and the staff."""
    with transaction() as writing:
        evidence.remove_quote(writing, bank(), quote_id, by=actor())


@photos_of.route("/<int:photo_id>", methods=["GET"])
@access("member")
@photos_of.response(200, {"format": "binary", "type": "string"}, content_type="image/jpeg")
def photo(photo_id: int) -> Response:
    """A picture."""
    return Response(queries.photo(reading(), bank(), photo_id).jpeg, mimetype="image/jpeg")


@photos_of.route("/<int:photo_id>", methods=["DELETE"])
@access("member", scope="write")
@photos_of.response(204)
def remove_photo(photo_id: int) -> None:
    """Take out a picture. For those who lead the activity and the staff."""
    with transaction() as writing:
        evidence.remove_photo(writing, bank(), photo_id, by=actor())


@outcomes.route("/<int:outcome_id>/result", methods=["POST"])
@access("member", scope="write")
@outcomes.arguments(ResultIn)
@outcomes.response(200, OutcomeOut)
def record_result(result: Result, outcome_id: int) -> Any:
    """Say what it led to."""
    with transaction() as writing:
        return service.record_result(writing, bank(), outcome_id, result, act())


# ---- Sessions ----


@sessions.route("", methods=["GET"])
@access("member")
@sessions.arguments(MeetingsIn, location="query")
@sessions.response(200, page_of(MeetingOut))
def upcoming(wanted: dict[str, Any]) -> dict[str, Any]:
    """Sessions of every activity in their order, those to come unless `since` says otherwise."""
    limit, after = wanted["limit"], wanted["cursor"]
    since = wanted["since"] or clock.now()
    meetings = queries.meetings(
        reading(), bank(), *queries.after(reading(), bank(), after), since=since, limit=limit + 1
    )
    return page(meetings, limit, key="row.id")


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
def change_session(occasion: Occasion, session_id: int) -> Meeting:
    """Say anew when, where and for how many it is."""
    with transaction() as writing:
        service.change_session(writing, bank(), session_id, occasion, act())
        return queries.meeting(writing, bank(), session_id)


@sessions.route("/<int:session_id>/cancellation", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(WhyIn)
@sessions.response(200, MeetingOut)
def call_off(values: dict[str, Any], session_id: int) -> Meeting:
    """It does not happen; whoever means to come is told."""
    with transaction() as writing:
        service.call_off(writing, bank(), session_id, act(), why=values["why"])
        return queries.meeting(writing, bank(), session_id)


@sessions.route("/<int:session_id>/account", methods=["PUT"])
@access("member", scope="write")
@sessions.arguments(DoneIn)
@sessions.response(200, MeetingOut)
def write_up(values: dict[str, Any], session_id: int) -> Meeting:
    """Keep what was done in it."""
    with transaction() as writing:
        service.write_up(writing, bank(), session_id, act(), done=values["done"])
        return queries.meeting(writing, bank(), session_id)


@sessions.route("/<int:session_id>/sign-ups", methods=["GET"])
@access("member")
@sessions.arguments(PageIn, location="query")
@sessions.response(200, page_of(ComerOut))
def comers(wanted: dict[str, Any], session_id: int) -> Any:
    """Who means to come, in the order of asking: for those who lead the activity and the staff."""
    service.require_run(queries.meeting(reading(), bank(), session_id).activity, actor())
    return cut(
        queries.comers(reading(), bank(), session_id, by=actor()),
        wanted,
        key=lambda comer: comer.row.id,
    )


@sessions.route("/<int:session_id>/sign-ups", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(SignUpIn)
@sessions.response(200, SignUpOut)
def sign_up(values: dict[str, Any], session_id: int) -> Any:
    """Say that you, or `member`, mean to come; without a free place that is on the waiting list."""
    given = _comer_meant(values, session_id)
    word = Word(despite=given["despite"])
    member_id = given["member"] or actor().member_id or 0
    with transaction() as writing:
        return signing.sign_up(
            writing, bank(), session_id, member_id, act(word), channel=given["channel"]
        )


@sessions.route("/<int:session_id>/company", methods=["GET"])
@access("member")
@sessions.arguments(PageIn, location="query")
@sessions.response(200, page_of(PartyOut))
def company(wanted: dict[str, Any], session_id: int) -> Any:
    """Those who come and let other members see it."""
    meeting = queries.meeting(reading(), bank(), session_id)
    parties = queries.company(reading(), bank(), [meeting.row.id], by=actor())
    return cut(parties.get(session_id, []), wanted, key=lambda party: party.account_id)


@sessions.route("/<int:session_id>/shown", methods=["PUT"])
@access("member", scope="write")
@sessions.arguments(ShownIn)
@sessions.response(200, SignUpOut)
def let_show(wish: ShownWish, session_id: int) -> Any:
    """Let other members see that you come, or that `member` does, for whom you act; or no
    longer."""
    wish = understood(reading(), wish)
    member_id = wish.member or actor().member_id or 0
    with transaction() as writing:
        return signing.let_show(writing, bank(), session_id, member_id, wish.shown, act())


@sessions.route("/<int:session_id>/withdrawals", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(SignUpIn)
@sessions.response(200, SignUpOut)
def withdraw(values: dict[str, Any], session_id: int) -> Any:
    """Say that you, or `member`, do not come after all."""
    given = _comer_meant(values, session_id)
    member_id = given["member"] or actor().member_id or 0
    with transaction() as writing:
        return signing.withdraw(
            writing, bank(), session_id, member_id, act(), channel=given["channel"]
        )


def _comer_meant(values: dict[str, Any], session_id: int) -> dict[str, Any]:
    """Whoever runs a session finds everybody, for they keep its list."""
    activity = queries.meeting(reading(), bank(), session_id).activity
    runs = rules.may_run(actor(), activity.lead_ids)
    return understood(reading(), values, within=everybody() if runs else None)


@sessions.route("/<int:session_id>/contributions", methods=["GET"])
@access("member")
@sessions.response(200, page_of(RegisterLineOut))
def contributions(session_id: int) -> Any:
    """The register, all of it: for those who lead the activity and the staff."""
    meeting = queries.meeting(reading(), bank(), session_id)
    service.require_run(meeting.activity, actor())
    here = [line for line in queries.register(reading(), bank(), meeting, by=actor()) if line.here]
    return {"items": here, "next": None}


@sessions.route("/<int:session_id>/contributions", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(RegisterIn)
@sessions.response(200, MeetingOut)
def contribute(values: dict[str, Any], session_id: int) -> Meeting:
    """Mark who was there, all or nothing. For those who lead the activity and the staff."""
    service.require_run(queries.meeting(reading(), bank(), session_id).activity, actor())
    given = understood(reading(), values, within=everybody())
    word = Word(despite=given["despite"])
    with transaction() as writing:
        return register.mark(writing, bank(), session_id, given["contributions"], act(word))


@sessions.route("/<int:session_id>/newcomers", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(NewcomerIn)
@sessions.response(200, MeetingOut)
def add_newcomer(newcomer: Newcomer, session_id: int) -> Meeting:
    """Mark somebody who came and would like to join: a guest today, with an application for a
    broker to answer."""
    with transaction() as writing:
        return register.add_newcomer(writing, bank(), session_id, newcomer, act())


@sessions.route("/<int:session_id>/check-ins", methods=["POST"])
@access("member", scope="write")
@sessions.arguments(DoorIn)
@sessions.response(200, CheckInOut)
def check_in(values: dict[str, Any], session_id: int) -> Any:
    """Say that you are here, with the key of the code at the door."""
    with transaction() as writing:
        return {"new": register.check_in(writing, bank(), session_id, act(), key=values["key"])}


@sessions.route("/<int:session_id>/postings", methods=["GET"])
@access("broker")
@sessions.response(200, page_of(PostingOut))
def postings(session_id: int) -> Any:
    """Every time its hours were posted, also those taken back since."""
    meeting = queries.meeting(reading(), bank(), session_id)
    return {"items": queries.postings(reading(), bank(), meeting.row.id), "next": None}


@sessions.route("/<int:session_id>/posting", methods=["GET"])
@access("broker")
@sessions.response(200, PreviewOut)
@sessions.alt_response(409, schema=RefusalOut)
def preview(session_id: int) -> Any:
    """What posting its hours would do, in full."""
    plan = posting.preview(reading(), bank(), session_id, act())
    parties = {change.party.account_id: change.party for change in plan.changes}
    legs = [
        {"payer": parties[leg.payer], "payee": parties[leg.payee], "minutes": leg.minutes}
        for leg in plan.legs
    ]
    names = [name for name in PreviewOut().fields if name != "legs"]
    return {name: getattr(plan, name) for name in names} | {"legs": legs}


@sessions.route("/<int:session_id>/posting", methods=["POST"])
@access("broker", scope="write")
@sessions.arguments(PostingIn)
@sessions.response(201, PostingOut)
def post(values: dict[str, Any], session_id: int) -> Any:
    """Post its hours as one entry."""
    with transaction() as writing:
        by_word = act(Word(despite=values["despite"]))
        return posting.post(
            writing,
            bank(),
            session_id,
            by_word,
            digest=values["digest"],
            another=values["another"],
            rooms=plugged_in(),
        )


@sessions.route("/<int:session_id>/reversal", methods=["POST"])
@access("broker", scope="write")
@sessions.arguments(WhyIn)
@sessions.response(200, PostingOut)
def take_back(values: dict[str, Any], session_id: int) -> Any:
    """Take its hours back, so that its register can be put right and posted anew."""
    with transaction() as writing:
        return posting.take_back(writing, bank(), session_id, act(), why=values["why"])


# ---- Sponsors ----


@sponsorships.route("", methods=["GET"])
@access("broker")
@sponsorships.arguments(PageIn, location="query")
@sponsorships.response(200, page_of(SponsorshipOut))
def sponsors(wanted: dict[str, Any]) -> dict[str, Any]:
    """What organisations have agreed to pay for, those that end last first."""
    return cut(queries.sponsorships(reading(), bank()), wanted)


@sponsorships.route("", methods=["POST"])
@access("coordinator", scope="write")
@sponsorships.arguments(SponsorshipIn)
@sponsorships.response(201, SponsorshipOut)
def sponsor(sponsorship: NewSponsorship) -> Any:
    """Write down what an organisation pays for."""
    with transaction() as writing:
        return service.sponsor(writing, bank(), understood(writing, sponsorship), act())


@sponsorships.route("/<int:sponsorship_id>/end", methods=["POST"])
@access("coordinator", scope="write")
@sponsorships.response(200, SponsorshipOut)
def end_sponsorship(sponsorship_id: int) -> Any:
    """It pays for no more."""
    with transaction() as writing:
        return service.end_sponsorship(writing, bank(), sponsorship_id, act())
