"""Accounts and their statements for programs."""

from typing import Any

from flask_smorest import Blueprint

from timebank import clock
from timebank.api.paging import PageIn, page, page_of
from timebank.db import reading
from timebank.http import access
from timebank.ledger import queries as ledger
from timebank.members import queries as members
from timebank.members.current import actor, bank
from timebank.statement import chest, queries
from timebank.statement.chest import Chest
from timebank.statement.schemas import AccountOut, ChestOut, GrantOut, StatementIn, StatementOut

resources = Blueprint(
    "accounts", __name__, url_prefix="/api/v1/accounts", description="Balances and statements"
)
common = Blueprint(
    "chest", __name__, url_prefix="/api/v1/chest", description="The bank's common account"
)


@resources.route("/<int:account_id>", methods=["GET"])
@access("member")
@resources.response(200, AccountOut)
def show(account_id: int) -> dict[str, Any]:
    """One account: your own, those you may act for, the chest; as a broker any."""
    reader = queries.reader(reading(), bank(), account_id, by=actor())
    amounts = {
        name: getattr(reader.account, name)
        for name in ("id", "kind", "balance", "floor", "ceiling")
    }
    return {
        **amounts,
        "name": reader.holder.name,
        "number": reader.holder.number,
        "closed": reader.holder.closed,
    }


@resources.route("/<int:account_id>/statement", methods=["GET"])
@access("member")
@resources.arguments(StatementIn, location="query")
@resources.response(200, StatementOut)
def statement(wanted: dict[str, Any], account_id: int) -> dict[str, Any]:
    """The newest lines of an account, a page at a time; between dates, all of them at once, with
    what was brought forward."""
    reader = queries.reader(reading(), bank(), account_id, by=actor())
    if wanted["start"] or wanted["end"]:
        whole = queries.between(reading(), bank(), reader, wanted["start"], wanted["end"])
        listed = {"items": whole.lines, "next": None}
    else:
        whole = queries.newest(
            reading(), bank(), reader, before=wanted["cursor"], limit=wanted["limit"]
        )
        listed = page(whole.lines, wanted["limit"], key="seq")
    sums = {
        name: getattr(whole, name)
        for name in ("brought_forward", "added", "taken_off", "carried_forward")
    }
    others = {line.other_id for line in listed["items"] if line.other_id is not None}
    parties = members.parties(reading(), bank(), others)
    lines = [{**vars(line), "other": parties.get(line.other_id)} for line in listed["items"]]
    return {**listed, **sums, "items": lines}


@common.route("", methods=["GET"])
@access("member")
@common.response(200, ChestOut)
def the_chest() -> Chest:
    """The chest as it stands, and what came in and went out in the last twelve months."""
    return chest.chest(reading(), bank(), now=clock.now())


@common.route("/grants", methods=["GET"])
@access("member")
@common.arguments(PageIn, location="query")
@common.response(200, page_of(GrantOut))
def grants(wanted: dict[str, Any]) -> dict[str, Any]:
    """Hours out of the chest, the latest first: how much, who decided and why. To whom is for the
    staff, and for themselves."""
    account_id = ledger.chest(reading(), bank()).id
    reader = queries.reader(reading(), bank(), account_id, by=actor())
    rows = chest.grants(reading(), bank(), reader, before=wanted["cursor"], limit=wanted["limit"])
    return page(rows, wanted["limit"])
