"""Accounts and their statements for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank.api.paging import page
from timebank.db import reading
from timebank.http import access
from timebank.members.current import actor, bank
from timebank.statement import queries
from timebank.statement.schemas import AccountOut, StatementIn, StatementOut

resources = Blueprint("accounts", __name__, url_prefix="/api/v1/accounts", description="Balances and statements")


@resources.route("/<int:account_id>", methods=["GET"])
@access("member")
@resources.response(200, AccountOut)
def show(account_id: int) -> dict[str, Any]:
    """One account: your own, those you may act for, the chest; as a broker any."""
    reader = queries.reader(reading(), bank(), account_id, by=actor())
    amounts = {name: getattr(reader.account, name) for name in ("id", "kind", "balance", "floor", "ceiling")}
    return {**amounts, "name": reader.holder.name, "number": reader.holder.number, "closed": reader.holder.closed}


@resources.route("/<int:account_id>/statement", methods=["GET"])
@access("member")
@resources.arguments(StatementIn, location="query")
@resources.response(200, StatementOut)
def statement(wanted: dict[str, Any], account_id: int) -> dict[str, Any]:
    """The newest lines of an account, a page at a time; between dates, all of them at once, with what was brought forward."""
    reader = queries.reader(reading(), bank(), account_id, by=actor())
    if wanted["start"] or wanted["end"]:
        found = queries.between(reading(), bank(), reader, wanted["start"], wanted["end"])
        listed = {"items": found.lines, "next": None}
    else:
        found = queries.newest(reading(), bank(), reader, before=wanted["cursor"], limit=wanted["limit"])
        listed = page(found.lines, wanted["limit"], key="seq")
    sums = {name: getattr(found, name) for name in ("brought_forward", "added", "taken_off", "carried_forward")}
    return {**listed, **sums}
