"""Audits for programs: planning, sheets, themes, sorting, and what was said."""

from typing import Any

from flask import url_for
from flask_smorest import Blueprint

from timebank.api.paging import PageIn, cut, cut_by_place, page_of
from timebank.db import reading, transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits as service
from timebank.dialogue import contacts, evaluations, sorting
from timebank.dialogue import results as resulting
from timebank.dialogue import sheets as sheets_service
from timebank.dialogue.audit_rules import (
    Joining,
    NewAudit,
    NewDetails,
    NewRound,
    NewSheet,
    NewThemes,
    Sorting,
)
from timebank.dialogue.audit_schemas import (
    AuditIn,
    AuditOut,
    AuditRoundIn,
    AuditRoundOut,
    DetailsIn,
    DetailsOut,
    DifferenceOut,
    FiledOut,
    JoiningIn,
    LatestOut,
    ResultsOut,
    SheetIn,
    SheetOut,
    SheetsIn,
    SortingIn,
    TakenOut,
    ThemeOut,
    ThemesIn,
    ToldIn,
    UnsortedOut,
)
from timebank.dialogue.schemas import EvaluationOut
from timebank.http import access
from timebank.members.current import act, actor, bank

audits = Blueprint(
    "audits", __name__, url_prefix="/api/v1/audits", description="What neighbours say"
)


def _out(audit: Any) -> dict[str, Any]:
    people = queries.people(reading(), bank(), audit.id) if actor().is_broker else None
    return {"audit": audit, "people": people}


@audits.route("", methods=["GET"])
@access("member")
@audits.arguments(PageIn, location="query")
@audits.response(200, page_of(AuditOut))
def index(wanted: dict[str, Any]) -> Any:
    """The latest first; to the staff with how many sheets are in."""
    listed = cut(queries.audits(reading(), bank()), wanted)
    return {**listed, "items": [_out(audit) for audit in listed["items"]]}


@audits.route("", methods=["POST"])
@access("coordinator", scope="write")
@audits.arguments(AuditIn)
@audits.response(201, AuditOut)
def plan(new: NewAudit) -> Any:
    """Plan to ask neighbours."""
    with transaction() as session:
        audit = service.plan_audit(session, bank(), new, act())
    return _out(audit)


@audits.route("/<int:audit_id>", methods=["PUT"])
@access("coordinator", scope="write")
@audits.arguments(AuditIn)
@audits.response(200, AuditOut)
def change_audit(new: NewAudit, audit_id: int) -> Any:
    """Ask something else, or of others, or on other days, while no sheet is in."""
    with transaction() as session:
        audit = service.change_audit(session, bank(), audit_id, new, act())
    return _out(audit)


@audits.route("/<int:audit_id>/evaluation", methods=["POST"])
@access("broker", scope="write")
@audits.response(201, EvaluationOut)
def evaluate_audit(audit_id: int) -> Any:
    """Ask those who were asked how being asked was."""
    with transaction() as session:
        return evaluations.evaluate_audit(session, bank(), audit_id, act())


@audits.route("/<int:audit_id>/results", methods=["GET"])
@access("member")
@audits.response(200, ResultsOut)
def results(audit_id: int) -> Any:
    """What was said, as anybody may know it, once it is closed."""
    audit = queries.audit(reading(), bank(), audit_id)
    return resulting.results(reading(), bank(), audit)


@audits.route("/<int:audit_id>/rounds", methods=["POST"])
@access("broker", scope="write")
@audits.arguments(AuditRoundIn)
@audits.response(201, AuditRoundOut)
def add_round(new: NewRound, audit_id: int) -> Any:
    """Plan a round, and who goes."""
    with transaction() as session:
        return service.add_round(session, bank(), audit_id, new, act())


@audits.route("/<int:audit_id>/link", methods=["POST"])
@access("broker", scope="write")
@audits.response(200, AuditOut)
def open_link(audit_id: int) -> Any:
    """Let anybody answer by a public link, which the page of the audit shows."""
    with transaction() as session:
        audit = service.open_link(session, bank(), audit_id, act())
    return _out(audit)


@audits.route("/<int:audit_id>/link", methods=["DELETE"])
@access("broker", scope="write")
@audits.response(200, AuditOut)
def end_link(audit_id: int) -> Any:
    """Let the public link lead nowhere any more."""
    with transaction() as session:
        audit = service.end_link(session, bank(), audit_id, act())
    return _out(audit)


@audits.route("/<int:audit_id>/closing", methods=["POST"])
@access("coordinator", scope="write")
@audits.response(200, AuditOut)
def close(audit_id: int) -> Any:
    """Close it for good, and tell what was said."""
    with transaction() as session:
        audit = service.close_audit(session, bank(), audit_id, act())
    return _out(audit)


@audits.route("/<int:audit_id>/sheets", methods=["POST"])
@access("member", scope="write")
@audits.arguments(SheetIn)
@audits.response(201, TakenOut)
def take_sheet(new: NewSheet, audit_id: int) -> Any:
    """One sheet, from a collector of the audit or the staff."""
    with transaction() as session:
        service.take_sheet(session, bank(), audit_id, new, act())
    return {"taken": 1}


@audits.route("/<int:audit_id>/stack", methods=["POST"])
@access("coordinator", scope="write")
@audits.arguments(SheetsIn)
@audits.response(201, TakenOut)
def take_sheets(values: dict[str, Any], audit_id: int) -> Any:
    """A whole stack of sheets without codes, all of them or none."""
    with transaction() as session:
        taken = service.take_sheets(
            session, bank(), audit_id, values["sheets"], act(), another=values["another"]
        )
    return {"taken": taken}


@audits.route("/<int:audit_id>/stacks", methods=["GET"])
@access("broker")
@audits.arguments(PageIn, location="query")
@audits.response(200, page_of(FiledOut))
def stacks(wanted: dict[str, Any], audit_id: int) -> Any:
    """The files that sheets came in with, until the audit closes. The cursor is a place in the
    list."""
    service.not_closed(reading(), bank(), audit_id)
    files = [
        {"stack": stack, "people": ways.total(), "ways": ways}
        for stack, ways in queries.stacks(reading(), bank(), audit_id).items()
    ]
    return cut_by_place(files, wanted)


@audits.route("/<int:audit_id>/stacks/<int:stack>", methods=["DELETE"])
@access("coordinator", scope="write")
@audits.response(200, TakenOut)
def take_back(audit_id: int, stack: int) -> Any:
    """Take back a file of sheets as a whole; how many sheets it held."""
    with transaction() as session:
        return {"taken": sheets_service.take_back(session, bank(), audit_id, stack, act())}


@audits.route("/<int:audit_id>/sheets", methods=["GET"])
@access("broker")
@audits.arguments(PageIn, location="query")
@audits.response(200, page_of(SheetOut))
def sheets_in(wanted: dict[str, Any], audit_id: int) -> Any:
    """The sheets that are in, in no order, until the audit closes. The cursor is a place in the
    list."""
    service.not_closed(reading(), bank(), audit_id)
    return cut_by_place(queries.whole_sheets(reading(), bank(), audit_id), wanted)


@audits.route("/<int:audit_id>/sheets/<sheet_key>", methods=["PUT"])
@access("broker", scope="write")
@audits.arguments(SheetIn)
@audits.response(204)
def put_right(new: NewSheet, audit_id: int, sheet_key: str) -> None:
    """Write a sheet again as it should have been typed; it has another key from then on."""
    with transaction() as session:
        sheets_service.put_right(session, bank(), audit_id, sheet_key, new, act())


@audits.route("/<int:audit_id>/sheets/<sheet_key>", methods=["DELETE"])
@access("broker", scope="write")
@audits.response(204)
def take_out(audit_id: int, sheet_key: str) -> None:
    """Take a sheet out, with all that was answered on it."""
    with transaction() as session:
        sheets_service.take_out(session, bank(), audit_id, sheet_key, act())


@audits.route("/<int:audit_id>/details", methods=["GET"])
@access("broker")
@audits.arguments(PageIn, location="query")
@audits.response(200, page_of(DetailsOut))
def details(wanted: dict[str, Any], audit_id: int) -> Any:
    """Who left details, which nothing links to any sheet. The cursor is a place in the list."""
    queries.audit(reading(), bank(), audit_id)
    return cut_by_place(queries.details(reading(), bank(), audit_id), wanted)


@audits.route("/<int:audit_id>/details", methods=["POST"])
@access("broker", scope="write")
@audits.arguments(DetailsIn)
@audits.response(204)
def leave_details(new: NewDetails, audit_id: int) -> None:
    """Write down how somebody can be reached."""
    with transaction() as session:
        contacts.leave_details(session, bank(), audit_id, new, now=act().now)


@audits.route("/<int:audit_id>/details/told", methods=["POST"])
@access("broker", scope="write")
@audits.arguments(ToldIn)
@audits.response(200, TakenOut)
def mark_told(values: dict[str, Any], audit_id: int) -> Any:
    """That these were told what became of it."""
    queries.audit(reading(), bank(), audit_id)
    with transaction() as session:
        return {"taken": contacts.mark_told(session, bank(), audit_id, values["keys"], act())}


@audits.route("/<int:audit_id>/details/mail", methods=["POST"])
@access("broker", scope="write")
@audits.response(200, TakenOut)
def mail_details(audit_id: int) -> Any:
    """Write to those who left an e-mail address what people said and what became of it; how many.
    Once a day."""
    audit = queries.audit(reading(), bank(), audit_id)
    page = url_for("dialogue.audit", bank=bank().slug, audit_id=audit.id, _external=True)
    with transaction() as session:
        return {"taken": contacts.tell_by_mail(session, bank(), audit_id, page, act())}


@audits.route("/<int:audit_id>/details/<contact_key>", methods=["DELETE"])
@access("broker", scope="write")
@audits.response(204)
def erase_details(audit_id: int, contact_key: str) -> None:
    """Erase what somebody left."""
    queries.audit(reading(), bank(), audit_id)
    with transaction() as session:
        contacts.erase_details(session, bank(), audit_id, contact_key, act())


@audits.route("/<int:audit_id>/themes", methods=["GET"])
@access("member")
@audits.arguments(PageIn, location="query")
@audits.response(200, page_of(ThemeOut))
def themes(wanted: dict[str, Any], audit_id: int) -> Any:
    """What answers are put under, for collectors and the staff."""
    queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    return cut(queries.themes(reading(), bank(), audit_id), wanted)


@audits.route("/<int:audit_id>/themes", methods=["POST"])
@access("member", scope="write")
@audits.arguments(ThemesIn)
@audits.response(201, page_of(ThemeOut))
def name_themes(new: NewThemes, audit_id: int) -> Any:
    """Name more themes. All that were named come in one page."""
    with transaction() as session:
        return {"items": sorting.name_themes(session, bank(), audit_id, new, act()), "next": None}


@audits.route("/<int:audit_id>/themes/<int:theme_id>/joining", methods=["POST"])
@access("member", scope="write")
@audits.arguments(JoiningIn)
@audits.response(200, ThemeOut)
def join_theme(joining: Joining, audit_id: int, theme_id: int) -> Any:
    """Join a theme to another."""
    with transaction() as session:
        return sorting.join_theme(session, bank(), audit_id, theme_id, joining, act())


@audits.route("/<int:audit_id>/unsorted", methods=["GET"])
@access("member")
@audits.response(200, UnsortedOut)
def unsorted(audit_id: int) -> Any:
    """The next answer for this sorter; empty when there is none."""
    return sorting.next_answer(reading(), bank(), audit_id, actor()) or {}


@audits.route("/<int:audit_id>/sorted", methods=["POST"])
@access("member", scope="write")
@audits.arguments(SortingIn)
@audits.response(204)
def sort(put: Sorting, audit_id: int) -> None:
    """Put an answer under one or two themes, or under none of them."""
    with transaction() as session:
        sorting.sort(session, bank(), audit_id, put, act())


@audits.route("/<int:audit_id>/sorted", methods=["GET"])
@access("member")
@audits.response(200, LatestOut)
def latest(audit_id: int) -> Any:
    """What one sorted last and can take back; empty when there is nothing."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    return queries.latest(reading(), bank(), audit, actor()) or {}


@audits.route("/<int:audit_id>/sorted", methods=["DELETE"])
@access("member", scope="write")
@audits.response(204)
def unsort(audit_id: int) -> None:
    """Take back what one sorted last."""
    with transaction() as session:
        sorting.unsort(session, bank(), audit_id, act())


@audits.route("/<int:audit_id>/differences", methods=["GET"])
@access("member")
@audits.arguments(PageIn, location="query")
@audits.response(200, page_of(DifferenceOut))
def differences(wanted: dict[str, Any], audit_id: int) -> Any:
    """Answers that two people put under different themes. The cursor is a place in the list."""
    listed = {one.id for one in queries.themes(reading(), bank(), audit_id)}
    answers = [
        {
            "key": key,
            "place": place,
            "words": words,
            "themes": [[theme for theme in one.themes if theme in listed] for one in put],
        }
        for key, place, words, put in sorting.differences(reading(), bank(), audit_id, actor())
    ]
    return cut_by_place(answers, wanted)
