"""Search, shortlists, the board, and introductions for programs."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from timebank import clock
from timebank.act import Act, Entered
from timebank.api.paging import page, page_of
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.errors import NotFound
from timebank.exchanges.rules import Note
from timebank.http import access
from timebank.matching import queries, rules, service
from timebank.matching.rules import (
    Answer,
    BoardFilters,
    FollowUp,
    NewIntroduction,
    Outcome,
    Weights,
)
from timebank.matching.schemas import (
    AnswerIn,
    BoardIn,
    BoardOut,
    FinishIn,
    FollowUpIn,
    FoundOut,
    IntroductionIn,
    IntroductionOut,
    IntroductionsIn,
    MatchesOut,
    SearchIn,
    WeightsIn,
    WeightsOut,
    WithdrawIn,
)
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, entered, today, understood
from timebank.say import say
from timebank.schema import Made
from timebank.skills import queries as skills
from timebank.skills.rules import ListingKind

search = Blueprint(
    "search", __name__, url_prefix="/api/v1/search", description="Finding offers and requests"
)
matches = Blueprint(
    "matches", __name__, url_prefix="/api/v1", description="Who could help with what"
)
introductions = Blueprint(
    "introductions", __name__, url_prefix="/api/v1/introductions", description="People put in touch"
)


@search.route("", methods=["GET"])
@access("member")
@search.arguments(SearchIn, location="query")
@search.response(200, FoundOut)
def find(wanted: dict[str, Any]) -> Any:
    """The open offers and requests that answer best to a word or a sentence, each with reasons."""
    from timebank.matching import search as searching  # noqa: PLC0415  (heavy, and few starts search)

    on = today()
    kind = wanted["kind"].kind if wanted["kind"] else None
    return searching.find(
        reading(), bank(), wanted["q"], kind=kind, by=actor(), limit=wanted["limit"], on=on
    )


@matches.route("/requests/<int:listing_id>/matches", methods=["GET"])
@access("broker")
@matches.response(200, MatchesOut)
def shortlist(listing_id: int) -> dict[str, Any]:
    """Who could help with a request, the best first, with reasons in words."""
    return _matches(ListingKind.REQUEST, listing_id)


@matches.route("/offers/<int:listing_id>/matches", methods=["GET"])
@access("broker")
@matches.response(200, MatchesOut)
def wanted_by(listing_id: int) -> dict[str, Any]:
    """Whose requests an offer could answer, the best first, with reasons in words."""
    return _matches(ListingKind.OFFER, listing_id)


@matches.route("/board", methods=["GET"])
@access("broker")
@matches.arguments(BoardIn, location="query")
@matches.response(200, BoardOut)
def board(filters: BoardFilters) -> dict[str, Any]:
    """The open requests that nobody is introduced for, the oldest first, each with whom to ask, so
    that together they fit best. Each pair is introduced for itself."""
    from timebank.matching import board as boards  # noqa: PLC0415  (heavy, as searching is)

    open_requests = boards.board(
        reading(),
        bank(),
        filters,
        broker_id=actor().member_id,
        limit=rules.ON_BOARD,
        now=clock.now(),
    )
    listed = page(open_requests.proposals, rules.ON_BOARD, key="request.listing.id")
    return {**listed, "total": open_requests.total, "made_at": open_requests.made_at}


@matches.route("/match-weights", methods=["GET"])
@access("coordinator")
@matches.response(200, WeightsOut)
def weights() -> Weights:
    """How much each reason counts when people are matched."""
    return queries.weights(reading(), bank())


@matches.route("/match-weights", methods=["PUT"])
@access("coordinator", scope="write")
@matches.arguments(WeightsIn)
@matches.response(200, WeightsOut)
def set_weights(weights: Weights) -> Weights:
    """Say how much each reason counts."""
    with transaction() as session:
        service.set_weights(session, bank(), weights, act())
        return queries.weights(session, bank())


@matches.route("/requests/<int:listing_id>/introductions", methods=["POST"])
@access("broker", scope="write")
@matches.arguments(IntroductionIn)
@matches.response(201, IntroductionOut)
def introduce(new: NewIntroduction, listing_id: int) -> dict[str, Any]:
    """Ask two people whether they would like to be put in touch, the giver first."""
    with transaction() as session:
        # A request of another bank is not to be found, whoever is named for it.
        skills.listing(session, bank(), listing_id)
        made = service.introduce(session, bank(), listing_id, understood(session, new), act())
        return _out(queries.view(session, bank(), made.id, by=actor()))


@introductions.route("", methods=["GET"])
@access("member")
@introductions.arguments(IntroductionsIn, location="query")
@introductions.response(200, page_of(IntroductionOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """Introductions, the newest first."""
    accounts = None if actor().is_broker else members.may_act_for(reading(), bank(), actor())
    rows = queries.introductions(
        reading(),
        bank(),
        account_ids=accounts,
        by=actor(),
        under_way=wanted["under_way"],
        before=wanted["cursor"],
        limit=wanted["limit"] + 1,
    )
    listed = page(rows, wanted["limit"], key="introduction.id")
    items = [_out(one) for one in queries.views(reading(), bank(), listed["items"], by=actor())]
    return {**listed, "items": items}


@introductions.route("/<int:introduction_id>", methods=["GET"])
@access("member")
@introductions.response(200, IntroductionOut)
def show(introduction_id: int) -> dict[str, Any]:
    """One introduction: for its sides, those who act for them, and brokers."""
    return _out(queries.view(reading(), bank(), introduction_id, by=actor()))


@introductions.route("/<int:introduction_id>/answer", methods=["POST"])
@access("member", scope="write")
@introductions.arguments(AnswerIn)
@introductions.response(200, IntroductionOut)
def answer(given: Answer, introduction_id: int) -> dict[str, Any]:
    """Say yes or no, for one's own side, or as a broker on somebody's word."""
    with transaction() as session:
        service.answer(session, bank(), introduction_id, given, act())
        return _out(queries.view(session, bank(), introduction_id, by=actor()))


@introductions.route("/<int:introduction_id>/withdrawal", methods=["POST"])
@access("broker", scope="write")
@introductions.arguments(WithdrawIn)
@introductions.response(200, IntroductionOut)
def withdraw(note: Note, introduction_id: int) -> dict[str, Any]:
    """Call an introduction off; both are told, and the request is open again."""
    return _step(introduction_id, service.withdraw, note)


@introductions.route("/<int:introduction_id>/follow-up", methods=["POST"])
@access("broker", scope="write")
@introductions.arguments(FollowUpIn)
@introductions.response(200, IntroductionOut)
def follow_up(new: FollowUp, introduction_id: int) -> dict[str, Any]:
    """Ask how it went on another day, or not at all."""
    return _step(introduction_id, service.follow_up, new)


@introductions.route("/<int:introduction_id>/undo", methods=["POST"])
@access("broker", scope="write")
@introductions.response(200, IntroductionOut)
def undo(introduction_id: int) -> dict[str, Any]:
    """Take back what one did with an introduction last, unless others were told of it."""
    with transaction() as session:
        service.undo(session, bank(), introduction_id, act())
        return _out(queries.view(session, bank(), introduction_id, by=actor()))


@introductions.route("/<int:introduction_id>/finish", methods=["POST"])
@access("broker", scope="write")
@introductions.arguments(FinishIn)
@introductions.response(200, IntroductionOut)
def finish(sent: Entered[Outcome], introduction_id: int) -> dict[str, Any]:
    """The help was given: the request is met, and the hours are logged on somebody's word, if there
    are any."""
    with transaction() as session:
        outcome, by_word = entered(session, sent)
        service.finish(session, bank(), introduction_id, outcome, by_word)
        return _out(queries.view(session, bank(), introduction_id, by=actor()))


def _step(
    introduction_id: int,
    step: Callable[[Session, Bank, int, Made, Act], object],
    value: Made,
) -> dict[str, Any]:
    with transaction() as session:
        step(session, bank(), introduction_id, value, act())
        return _out(queries.view(session, bank(), introduction_id, by=actor()))


def _matches(kind: ListingKind, listing_id: int) -> dict[str, Any]:
    if skills.listing(reading(), bank(), listing_id).kind != kind:
        raise NotFound(say("There is no such %(kind)s here.", kind=kind))
    suggestions = queries.suggested(reading(), bank(), listing_id, now=clock.now())
    return {
        "items": suggestions.fitting,
        "nearest": suggestions.nearest,
        "route": suggestions.route,
    }


def _out(view: queries.View) -> dict[str, Any]:
    row = view.seen.introduction
    own = {"follow_up_on": row.follow_up_on} if actor().is_broker else {}
    return {
        "id": row.id,
        "status": row.status,
        "request": row.request_id,
        "title": view.seen.request.listing.title,
        "offer": row.offer_id,
        "giver": view.seen.giver,
        "receiver": view.seen.receiver,
        "introduced_at": row.introduced_at,
        "exchange": row.exchange_id,
        **{f"{side}_says": words for side, words in view.says.items()},
        **{f"{side}_contacts": contacts for side, contacts in view.contacts.items()},
        **own,
    }
