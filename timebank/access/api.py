"""The resource that says whom a token acts as."""

from typing import Any

from flask import g
from flask_smorest import Blueprint

from timebank.access.schemas import MeOut
from timebank.db import reading
from timebank.http import access
from timebank.members import queries as members
from timebank.members.current import actor, bank

resources = Blueprint("access", __name__, url_prefix="/api/v1", description="Whom a token acts as")


@resources.route("/me")
@access("member")
@resources.response(200, MeOut)
def me() -> dict[str, Any]:
    """The member this token is for, their bank, and the accounts they may act for."""
    who = actor()
    acts_for = members.parties(reading(), bank(), members.may_act_for(reading(), bank(), who))
    return {
        "party": f"member:{who.member_id}",
        "member_id": who.member_id,
        "name": who.name,
        "role": who.role,
        "account_id": who.account_id,
        "acts_for": list(acts_for.values()),
        "scope": g.scope,
        "bank": bank(),
    }
