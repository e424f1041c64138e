"""Search for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.clock import local_date
from timebank.db import reading
from timebank.http import access
from timebank.matching import search as searching
from timebank.matching.schemas import KINDS, FoundOut, SearchIn
from timebank.matching.search import Found
from timebank.members.current import bank

search = Blueprint("search", __name__, url_prefix="/api/v1/search", description="Finding offers and requests")


@search.route("", methods=["GET"])
@access("member")
@search.arguments(SearchIn, location="query")
@search.response(200, FoundOut)
def find(wanted: dict[str, Any]) -> Found:
    """The open offers and requests that answer best to a word or a sentence, each with reasons."""
    on = local_date(clock.now(), bank().timezone)
    kind = KINDS.get(wanted["kind"])
    return searching.find(reading(), bank(), wanted["q"], kind=kind, limit=wanted["limit"], on=on)
