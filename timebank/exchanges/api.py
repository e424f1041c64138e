"""Exchanges and gifts for programs. A broker says on whose word, and how it came."""

from collections.abc import Callable
from typing import Any

from flask import current_app
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from timebank.act import Act, Channel, Word
from timebank.api.paging import page_of
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.errors import Invalid
from timebank.exchanges import queries, service
from timebank.exchanges.queries import Shown
from timebank.exchanges.schemas import (
    ExchangeIn,
    ExchangeOut,
    FiguresIn,
    GiftIn,
    GiftOut,
    ListIn,
    NoteIn,
    SettlementIn,
    WordIn,
)
from timebank.http import access
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, understood
from timebank.say import say

resources = Blueprint(
    "exchanges", __name__, url_prefix="/api/v1/exchanges", description="One-to-one time"
)
gifts = Blueprint("gifts", __name__, url_prefix="/api/v1/gifts", description="Hours given away")


@resources.route("", methods=["GET"])
@access("member")
@resources.arguments(ListIn, location="query")
@resources.response(200, page_of(ExchangeOut))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """The newest first: your own and those of whom you act for; as a broker all of them."""
    wanted = understood(reading(), wanted)
    accounts = None if actor().is_broker else members.may_act_for(reading(), bank(), actor())
    if wanted["party"] is not None:
        accounts = {wanted["party"]} if accounts is None else accounts & {wanted["party"]}
    limit = wanted["limit"]
    found = queries.index(
        reading(),
        bank(),
        status=wanted["status"],
        account_ids=accounts,
        before=wanted["cursor"],
        limit=limit,
    )
    shown = found[:limit]
    return {"items": shown, "next": shown[-1].exchange.id if len(found) > limit else None}


@resources.route("", methods=["POST"])
@access("member", scope="write")
@resources.arguments(ExchangeIn)
@resources.response(201, ExchangeOut)
def new(values: dict[str, Any]) -> Shown:
    """Log help that was given, or (without `occurred_on` and `minutes`) propose some."""
    figures = {name: values.pop(name) for name in ("occurred_on", "minutes")}
    missing = {name: "Fill this in." for name, value in figures.items() if value is None}
    thanks, planned_on = values.pop("thanks"), values.pop("planned_on")
    if len(missing) == 1:
        raise Invalid(
            say("To log help, say both when it was and how long it took."), fields=missing
        )
    with transaction() as session:
        given, done = _told(session, values)
        if missing:
            return service.propose(session, bank(), **given, planned_on=planned_on, act=done)
        return service.log_new(session, bank(), **given, **figures, thanks=thanks, act=done)


@resources.route("/<int:exchange_id>", methods=["GET"])
@access("member")
@resources.response(200, ExchangeOut)
def show(exchange_id: int) -> Shown:
    """One exchange: for its sides, those who act for them, and brokers."""
    return queries.show(reading(), bank(), exchange_id, by=actor())


@resources.route("/<int:exchange_id>/agreement", methods=["POST"])
@access("member", scope="write")
@resources.arguments(WordIn)
@resources.response(200, ExchangeOut)
def agree(values: dict[str, Any], exchange_id: int) -> Shown:
    """Say yes to what was proposed."""
    return _step(service.agree, exchange_id, values)


@resources.route("/<int:exchange_id>/refusal", methods=["POST"])
@access("member", scope="write")
@resources.arguments(NoteIn)
@resources.response(200, ExchangeOut)
def decline(values: dict[str, Any], exchange_id: int) -> Shown:
    """Say no to what was proposed."""
    return _step(service.decline, exchange_id, values)


@resources.route("/<int:exchange_id>/log", methods=["POST"])
@access("member", scope="write")
@resources.arguments(FiguresIn)
@resources.response(200, ExchangeOut)
def log(values: dict[str, Any], exchange_id: int) -> Shown:
    """Log the time of what was proposed or agreed, or log again what is disputed."""
    return _step(service.log, exchange_id, values)


@resources.route("/<int:exchange_id>/confirmation", methods=["POST"])
@access("member", scope="write")
@resources.arguments(WordIn)
@resources.response(200, ExchangeOut)
def confirm(values: dict[str, Any], exchange_id: int) -> Shown:
    """Say that what was logged is right: the hours move."""
    return _step(service.confirm, exchange_id, values)


@resources.route("/<int:exchange_id>/dispute", methods=["POST"])
@access("member", scope="write")
@resources.arguments(NoteIn)
@resources.response(200, ExchangeOut)
def dispute(values: dict[str, Any], exchange_id: int) -> Shown:
    """Say that something is wrong, and what."""
    return _step(service.dispute, exchange_id, values)


@resources.route("/<int:exchange_id>/settlement", methods=["POST"])
@access("broker", scope="write")
@resources.arguments(SettlementIn)
@resources.response(200, ExchangeOut)
def settle(values: dict[str, Any], exchange_id: int) -> Shown:
    """Settle a dispute: so many minutes move, or none."""
    return _step(service.settle, exchange_id, values)


@resources.route("/<int:exchange_id>/cancellation", methods=["POST"])
@access("member", scope="write")
@resources.arguments(NoteIn)
@resources.response(200, ExchangeOut)
def cancel(values: dict[str, Any], exchange_id: int) -> Shown:
    """Call it off."""
    return _step(service.cancel, exchange_id, values)


@resources.route("/<int:exchange_id>/reversal", methods=["POST"])
@access("broker", scope="write")
@resources.arguments(NoteIn)
@resources.response(200, ExchangeOut)
def reverse(values: dict[str, Any], exchange_id: int) -> Shown:
    """Take a confirmed exchange back."""
    return _step(service.reverse, exchange_id, values)


@resources.route("/<int:exchange_id>/undo", methods=["POST"])
@access("member", scope="write")
@resources.response(200, ExchangeOut)
def undo(exchange_id: int) -> Shown:
    """Take back one's own confirmation, for some minutes after it."""
    with transaction() as session:
        given = {"undo_minutes": _undo_minutes(), "act": act()}
        service.undo(session, bank(), exchange_id, **given)
        return queries.show(session, bank(), exchange_id, by=actor())


@resources.route("/<int:exchange_id>/again", methods=["POST"])
@access("member", scope="write")
@resources.arguments(FiguresIn)
@resources.response(201, ExchangeOut)
def log_again(values: dict[str, Any], exchange_id: int) -> Shown:
    """Log anew what was taken back or called off: as another exchange, which says that it
    replaces this one."""
    return _step(service.log_again, exchange_id, values)


def _undo_minutes() -> int:
    config: Config = current_app.config["TIMEBANK"]
    return config.undo_minutes


def _step(step: Callable[..., Shown], exchange_id: int, values: dict[str, Any]) -> Shown:
    with transaction() as session:
        given, done = _told(session, values)
        return step(session, bank(), exchange_id, **given, act=done)


def _told(session: Session, values: dict[str, Any]) -> tuple[dict[str, Any], Act]:
    """What was sent, with the parties that it names; and the act, on the word that it gives."""
    given = understood(session, values)
    channel = Channel(given.pop("channel"))
    return given, act(Word(channel, given.pop("on_word_of"), given.pop("slip")))


@gifts.route("", methods=["POST"])
@access("member", scope="write")
@gifts.arguments(GiftIn)
@gifts.response(201, GiftOut)
def give(values: dict[str, Any]) -> Any:
    """Give hours away."""
    with transaction() as session:
        given, done = _told(session, values)
        return _gift(session, service.give(session, bank(), **given, act=done))


@gifts.route("/<int:gift_id>/reversal", methods=["POST"])
@access("member", scope="write")
@gifts.response(200, GiftOut)
def take_back(gift_id: int) -> Any:
    """Take a gift back: whoever gave it for some minutes after it, a broker at any time."""
    with transaction() as session:
        given = {"undo_minutes": _undo_minutes(), "act": act()}
        return _gift(session, service.take_back(session, bank(), gift_id, **given))


def _gift(session: Session, gift: Any) -> dict[str, Any]:
    parties = members.parties(session, bank(), [gift.from_id, gift.to_id])
    names = ("id", "minutes", "message", "decided_by", "given_at", "entry_id", "reversal_id")
    return {name: getattr(gift, name) for name in names} | {
        "giver": parties[gift.from_id],
        "receiver": parties[gift.to_id],
    }
