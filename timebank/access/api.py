"""Whom a key acts as, what keys and sign-ins there are, and ending them."""

from typing import Any

from flask import g
from flask_smorest import Blueprint

from timebank import clock
from timebank.access import queries, service, sessions
from timebank.access.schemas import BankKeyOut, KeyOut, MeOut, SignInOut
from timebank.api.paging import page_of
from timebank.base import columns_of
from timebank.db import reading, transaction
from timebank.http import access
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, config

resources = Blueprint(
    "access", __name__, url_prefix="/api/v1", description="Whom a key acts as; keys and sign-ins"
)


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


@resources.route("/me/keys")
@access("member")
@resources.response(200, page_of(KeyOut))
def own_keys() -> dict[str, Any]:
    """One's own keys for programs that are good, all of them, the newest first."""
    keys = queries.tokens(reading(), bank(), actor().member_id or 0, now=clock.now())
    return {"items": keys, "next": None}


@resources.route("/me/keys/<int:token_id>", methods=["DELETE"])
@access("member", scope="write")
@resources.response(204)
def end_own_key(token_id: int) -> None:
    """End a key of one's own; a second time changes nothing."""
    with transaction() as session:
        service.revoke_token(session, bank(), token_id, act())


@resources.route("/keys")
@access("coordinator")
@resources.response(200, page_of(BankKeyOut))
def all_keys() -> dict[str, Any]:
    """The keys for programs of everybody in the bank that are good, all of them, by name."""
    keys = queries.all_tokens(reading(), bank(), now=clock.now())
    owners = members.parties(reading(), bank(), {member.account_id or 0 for _, member in keys})
    items = [
        {**columns_of(token), "member": owners[member.account_id or 0]} for token, member in keys
    ]
    return {"items": items, "next": None}


@resources.route("/keys/<int:token_id>", methods=["DELETE"])
@access("coordinator", scope="write")
@resources.response(204)
def end_any_key(token_id: int) -> None:
    """End somebody's key; a second time changes nothing."""
    with transaction() as session:
        service.revoke_token(session, bank(), token_id, act())


@resources.route("/members/<int:member_id>/sign-ins", methods=["DELETE"])
@access("coordinator", scope="write")
@resources.response(204)
def sign_member_out(member_id: int) -> None:
    """End every sign-in and every key of somebody else's, who is told."""
    with transaction() as session:
        service.sign_member_out(session, bank(), member_id, act())


@resources.route("/me/sign-ins")
@access("member")
@resources.response(200, page_of(SignInOut))
def own_sign_ins() -> dict[str, Any]:
    """The browsers in which one is signed in, all of them, the last used first."""
    browsers = sessions.open_ones(
        reading(), bank(), actor(), sessions.lasting(config()), now=clock.now()
    )
    return {"items": browsers, "next": None}


@resources.route("/me/sign-ins/<int:sign_in_id>", methods=["DELETE"])
@access("member", scope="write")
@resources.response(204)
def end_own_sign_in(sign_in_id: int) -> None:
    """Sign out of one browser."""
    with transaction() as session:
        sessions.end(session, bank(), sign_in_id, act())
