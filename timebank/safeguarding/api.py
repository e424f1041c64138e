"""The safeguarding file for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import page, page_of
from timebank.banks.queries import one_at_a_time
from timebank.db import reading, transaction
from timebank.feature import plugged_in
from timebank.http import access
from timebank.members.current import act, actor, bank, today, understood
from timebank.safeguarding import queries, service
from timebank.safeguarding.queries import File, Worry
from timebank.safeguarding.rules import (
    Booking,
    Doorstep,
    End,
    KindDetails,
    NewCheck,
    NewConcern,
    Renewal,
    Wanted,
)
from timebank.safeguarding.schemas import (
    BookingIn,
    CheckIn,
    CheckOut,
    ConcernIn,
    ConcernLineOut,
    ConcernOut,
    ConcernsIn,
    CountOut,
    DayOut,
    DoorstepIn,
    DoorstepOut,
    EndIn,
    FileOut,
    KindIn,
    KindOut,
    KindPatchIn,
    ListedOut,
    RenewalIn,
    WantedIn,
)

checks = Blueprint(
    "checks", __name__, url_prefix="/api/v1", description="Checks that members hold, and doorsteps"
)
concerns = Blueprint(
    "concerns",
    __name__,
    url_prefix="/api/v1/concerns",
    description="Worries about somebody's safety, for coordinators",
)


@checks.route("/check-kinds", methods=["GET"])
@access("member")
@checks.response(200, page_of(KindOut))
def kinds() -> dict[str, Any]:
    """The bank's kinds of checks by name, all of them, those not in use any more too."""
    return {"items": queries.kinds(reading(), bank(), retired=True), "next": None}


@checks.route("/check-kinds", methods=["POST"])
@access("coordinator", scope="write")
@checks.arguments(KindIn)
@checks.response(201, KindOut)
def new_kind(new: KindDetails) -> Any:
    """Name a kind of check that the bank looks at from now on. Its code is made from its name."""
    with transaction() as session:
        return service.add_kind(session, bank(), new, act())


@checks.route("/check-kinds/<int:kind_id>", methods=["PATCH"])
@access("coordinator", scope="write")
@checks.arguments(KindPatchIn(partial=True))
@checks.response(200, KindOut)
def change_kind(changes: dict[str, Any], kind_id: int) -> Any:
    """Call a kind something else, look at it no more, or again."""
    retired, acting = changes.pop("retired", None), act()
    with transaction() as session:
        one_at_a_time(session, bank())
        kind = queries.kind(session, bank(), kind_id)
        if retired is not None:
            step = service.retire_kind if retired else service.bring_back_kind
            step(session, bank(), kind_id, acting)
        if "name" in changes:
            kind = service.rename_kind(session, bank(), kind_id, KindDetails(**changes), acting)
        return kind


@checks.route("/checks", methods=["GET"])
@access("broker")
@checks.arguments(WantedIn, location="query")
@checks.response(200, page_of(ListedOut))
def index(wanted: Wanted) -> dict[str, Any]:
    """The checks of everybody who takes part by name, all of them, and those that are missing for
    what they offer."""
    rows = queries.register(reading(), bank(), plugged_in(), wanted, on=today())
    return {"items": rows, "next": None}


@checks.route("/checks/report", methods=["GET"])
@access("broker")
@checks.response(200, page_of(CountOut))
def report() -> dict[str, Any]:
    """How many checks of each kind are in order, end soon, have run out or are missing."""
    return {"items": queries.counts(reading(), bank(), plugged_in(), on=today()), "next": None}


@checks.route("/members/<int:member_id>/checks", methods=["GET"])
@access("member")
@checks.response(200, FileOut)
def member(member_id: int) -> File:
    """What is kept of a member's checks: for them and the staff."""
    return queries.file_of(reading(), bank(), member_id, plugged_in(), by=actor(), on=today())


@checks.route("/members/<int:member_id>/checks", methods=["POST"])
@access("broker", scope="write")
@checks.arguments(CheckIn)
@checks.response(201, CheckOut)
def record(new: NewCheck, member_id: int) -> Any:
    """Write down a paper that was looked at, of a kind of which none of the member's stands."""
    with transaction() as session:
        return service.record(session, bank(), member_id, understood(session, new), act())


@checks.route("/checks/<int:check_id>/renewal", methods=["POST"])
@access("broker", scope="write")
@checks.arguments(RenewalIn)
@checks.response(201, CheckOut)
def renew(paper: Renewal, check_id: int) -> Any:
    """Write down the paper that takes the place of a check, which stays in the history."""
    with transaction() as session:
        return service.renew(session, bank(), check_id, understood(session, paper), act())


@checks.route("/checks/<int:check_id>/end", methods=["POST"])
@access("broker", scope="write")
@checks.arguments(EndIn)
@checks.response(200, CheckOut)
def end(ended: End, check_id: int) -> Any:
    """Write down that a check stands no longer, and why."""
    with transaction() as session:
        return service.end(session, bank(), check_id, ended, act())


@checks.route("/checks/<int:check_id>/undo", methods=["POST"])
@access("broker", scope="write")
@checks.response(200, CheckOut)
def undo(check_id: int) -> Any:
    """Take back that one wrote a check down, renewed or ended it, while nothing else was done with
    it. Answers with the check as it is now, or with the one that stands in its place."""
    with transaction() as session:
        again = service.undo(session, bank(), check_id, act())
        return again or queries.check(session, bank(), check_id)


@checks.route("/checks/<int:check_id>/day", methods=["PUT"])
@access("broker", scope="write")
@checks.arguments(BookingIn)
@checks.response(200, DayOut)
def book(booking: Booking, check_id: int) -> Any:
    """Book the day on which somebody brings the new paper of a check, or another instead."""
    with transaction() as session:
        return service.book(session, bank(), check_id, booking, act())


@checks.route("/checks/<int:check_id>/day", methods=["DELETE"])
@access("broker", scope="write")
@checks.response(204)
def unbook(check_id: int) -> None:
    """Call that day off."""
    with transaction() as session:
        service.unbook(session, bank(), check_id, act())


@checks.route("/members/<int:member_id>/doorstep", methods=["GET"])
@access("member")
@checks.response(200, DoorstepOut)
def doorstep(member_id: int) -> Doorstep:
    """Whom to ring for a member in need: for them, those who act for them, and the staff."""
    return queries.doorstep_for(reading(), bank(), member_id, by=actor())


@checks.route("/members/<int:member_id>/doorstep", methods=["PUT"])
@access("member", scope="write")
@checks.arguments(DoorstepIn)
@checks.response(200, DoorstepOut)
def set_doorstep(doorstep: Doorstep, member_id: int) -> Doorstep:
    """Write it down; what is left out is taken out."""
    with transaction() as session:
        return service.set_doorstep(session, bank(), member_id, doorstep, act())


# ---- Concerns ----


@concerns.route("", methods=["GET"])
@access("broker")
@concerns.arguments(ConcernsIn, location="query")
@concerns.response(200, page_of(ConcernLineOut))
def concern_list(wanted: dict[str, Any]) -> dict[str, Any]:
    """For coordinators every concern but those about themselves, for a broker those they wrote
    down; the newest first, without their words."""
    worries = queries.concerns(
        reading(),
        bank(),
        by=actor(),
        about=wanted["about"],
        before=wanted["cursor"],
        limit=wanted["limit"],
    )
    return page(worries, wanted["limit"], key="concern.id")


@concerns.route("", methods=["POST"])
@access("broker", scope="write")
@concerns.arguments(ConcernIn)
@concerns.response(201, ConcernLineOut)
def write_concern(new: NewConcern) -> Worry:
    """Write down a worry about a member's safety, for coordinators alone."""
    with transaction() as session:
        written = service.write_concern(session, bank(), understood(session, new), act())
        return queries.concern(session, bank(), written.id, by=actor())


@concerns.route("/<int:concern_id>", methods=["GET"])
@access("broker")
@concerns.response(200, ConcernOut)
def read_concern(concern_id: int) -> Worry:
    """A concern with its words. That a coordinator read it is written down."""
    with transaction() as session:
        return service.read_concern(session, bank(), concern_id, act())
