"""Search, shortlists and introductions for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.clock import local_date
from timebank.db import reading, transaction
from timebank.errors import NotFound
from timebank.http import access
from timebank.matching import queries, service
from timebank.matching import search as searching
from timebank.matching.schemas import KINDS, AnswerIn, FoundOut, IntroductionIn, IntroductionOut, MatchesOut, SearchIn
from timebank.matching.search import Found
from timebank.members.current import actor, bank
from timebank.skills import queries as skills

search = Blueprint("search", __name__, url_prefix="/api/v1/search", description="Finding offers and requests")
matches = Blueprint("matches", __name__, url_prefix="/api/v1/requests", description="Who could help with a request")
introductions = Blueprint("introductions", __name__, url_prefix="/api/v1/introductions", description="People put in touch")


@search.route("", methods=["GET"])
@access("member")
@search.arguments(SearchIn, location="query")
@search.response(200, FoundOut)
def find(wanted: dict[str, Any]) -> Found:
    """The open offers and requests that answer best to a word or a sentence, each with reasons."""
    on = local_date(clock.now(), bank().timezone)
    kind = KINDS.get(wanted["kind"])
    return searching.find(reading(), bank(), wanted["q"], kind=kind, limit=wanted["limit"], on=on)


@matches.route("/<int:listing_id>/matches", methods=["GET"])
@access("broker")
@matches.response(200, MatchesOut)
def shortlist(listing_id: int) -> dict[str, Any]:
    """Who could help with a request, the best first, with reasons in words."""
    _request(listing_id)
    return {"items": queries.shortlist(reading(), bank(), listing_id, now=clock.now())}


@matches.route("/<int:listing_id>/introductions", methods=["POST"])
@access("broker", scope="write")
@matches.arguments(IntroductionIn)
@matches.response(201, IntroductionOut)
def introduce(values: dict[str, Any], listing_id: int) -> dict[str, Any]:
    """Put two people in touch: both are told, with how to reach the other."""
    with transaction() as session:
        made = service.introduce(session, bank(), listing_id, **values, by=actor(), now=clock.now())
        return _out(queries.view(session, bank(), made.id, by=actor()))


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
def answer(values: dict[str, Any], introduction_id: int) -> dict[str, Any]:
    """Say yes or no, for one's own side, or as a broker on somebody's word."""
    with transaction() as session:
        service.answer(session, bank(), introduction_id, **values, by=actor(), now=clock.now())
        return _out(queries.view(session, bank(), introduction_id, by=actor()))


def _request(listing_id: int) -> None:
    if skills.listing(reading(), bank(), listing_id).kind != "request":
        raise NotFound("There is no such request here.")


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
