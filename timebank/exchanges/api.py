"""Exchanges and gifts for programs. A broker says on whose word, and how it came."""

from typing import Any, TypeVar

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from timebank.act import Entered
from timebank.api.paging import page, page_of
from timebank.db import reading, transaction
from timebank.exchanges import queries, service, thanks, visits
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import (
    Bother,
    Correction,
    Figures,
    NewGift,
    NewLog,
    Note,
    Objection,
    Proposal,
    Settlement,
)
from timebank.exchanges.schemas import (
    AgainIn,
    BackIn,
    BotherIn,
    ConsentOut,
    ExchangeIn,
    ExchangeOut,
    FiguresIn,
    GiftIn,
    GiftOut,
    ListIn,
    NoteIn,
    ObjectionIn,
    SettlementIn,
    WordIn,
)
from timebank.exchanges.thanks import Consent
from timebank.http import access
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, config, entered, understood
from timebank.safeguarding.rules import Doorstep
from timebank.safeguarding.schemas import DoorstepOut

Value = TypeVar("Value")

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
    rows = queries.index(
        reading(),
        bank(),
        status=wanted["status"],
        account_ids=accounts,
        by=actor(),
        before=wanted["cursor"],
        limit=wanted["limit"],
    )
    return page(rows, wanted["limit"])


@resources.route("", methods=["POST"])
@access("member", scope="write")
@resources.arguments(ExchangeIn)
@resources.response(201, ExchangeOut)
def new(sent: Entered[NewLog | Proposal]) -> Shown:
    """Log help that was given, or (without `occurred_on` and `minutes`) propose some."""
    with transaction() as session:
        value, by_word = entered(session, sent)
        if isinstance(value, NewLog):
            return service.log_new(session, bank(), value, by_word)
        return service.propose(session, bank(), value, by_word)


@resources.route("/<int:exchange_id>", methods=["GET"])
@access("member")
@resources.response(200, ExchangeOut)
def show(exchange_id: int) -> Shown:
    """One exchange: for its sides, those who act for them, and brokers."""
    return queries.show(reading(), bank(), exchange_id, by=actor())


@resources.route("/<int:exchange_id>/doorstep", methods=["GET"])
@access("member")
@resources.response(200, DoorstepOut)
def doorstep(exchange_id: int) -> Doorstep:
    """What to do at the other's door, for the two of an agreed visit, where the other lets them
    know."""
    return visits.doorstep(reading(), bank(), exchange_id, by=actor())


@resources.route("/<int:exchange_id>/agreement", methods=["POST"])
@access("member", scope="write")
@resources.arguments(WordIn)
@resources.response(200, ExchangeOut)
def agree(sent: Entered[None], exchange_id: int) -> Shown:
    """Say yes to what was proposed."""
    with transaction() as session:
        _, by_word = entered(session, sent)
        return service.agree(session, bank(), exchange_id, by_word)


@resources.route("/<int:exchange_id>/refusal", methods=["POST"])
@access("member", scope="write")
@resources.arguments(NoteIn)
@resources.response(200, ExchangeOut)
def decline(sent: Entered[Note], exchange_id: int) -> Shown:
    """Say no to what was proposed."""
    with transaction() as session:
        note, by_word = entered(session, sent)
        return service.decline(session, bank(), exchange_id, by_word, note=note.note)


@resources.route("/<int:exchange_id>/report", methods=["POST"])
@access("member", scope="write")
@resources.arguments(BotherIn)
@resources.response(200, ExchangeOut)
def report(bother: Bother, exchange_id: int) -> Shown:
    """Say no to what bothers you, and tell the brokers. Whoever asked reads that it is a no, and
    nothing else."""
    with transaction() as session:
        return service.report(session, bank(), exchange_id, bother, act())


@resources.route("/<int:exchange_id>/log", methods=["POST"])
@access("member", scope="write")
@resources.arguments(FiguresIn)
@resources.response(200, ExchangeOut)
def log(sent: Entered[Figures], exchange_id: int) -> Shown:
    """Log the time of what was proposed or agreed, or log again what is disputed."""
    with transaction() as session:
        value, by_word = entered(session, sent)
        return service.log(session, bank(), exchange_id, value, by_word)


@resources.route("/<int:exchange_id>/confirmation", methods=["POST"])
@access("member", scope="write")
@resources.arguments(WordIn)
@resources.response(200, ExchangeOut)
def confirm(sent: Entered[None], exchange_id: int) -> Shown:
    """Say that what was logged is right: the hours move."""
    with transaction() as session:
        _, by_word = entered(session, sent)
        return service.confirm(session, bank(), exchange_id, by_word)


@resources.route("/<int:exchange_id>/dispute", methods=["POST"])
@access("member", scope="write")
@resources.arguments(ObjectionIn)
@resources.response(200, ExchangeOut)
def dispute(sent: Entered[Objection], exchange_id: int) -> Shown:
    """Say that something is wrong, and what, or how long it was."""
    with transaction() as session:
        objection, by_word = entered(session, sent)
        note, minutes = objection.note, objection.minutes
        return service.dispute(session, bank(), exchange_id, by_word, note=note, minutes=minutes)


@resources.route("/<int:exchange_id>/acceptance", methods=["POST"])
@access("member", scope="write")
@resources.arguments(WordIn)
@resources.response(200, ExchangeOut)
def accept(sent: Entered[None], exchange_id: int) -> Shown:
    """Say that it was as long as the other side thinks: the hours move."""
    with transaction() as session:
        _, by_word = entered(session, sent)
        return service.accept(session, bank(), exchange_id, by_word)


@resources.route("/<int:exchange_id>/settlement", methods=["POST"])
@access("broker", scope="write")
@resources.arguments(SettlementIn)
@resources.response(200, ExchangeOut)
def settle(sent: Entered[Settlement], exchange_id: int) -> Shown:
    """Settle a dispute: so many minutes move, or none."""
    with transaction() as session:
        value, by_word = entered(session, sent)
        return service.settle(session, bank(), exchange_id, value, by_word)


@resources.route("/<int:exchange_id>/cancellation", methods=["POST"])
@access("member", scope="write")
@resources.arguments(NoteIn)
@resources.response(200, ExchangeOut)
def cancel(sent: Entered[Note], exchange_id: int) -> Shown:
    """Call it off."""
    with transaction() as session:
        note, by_word = entered(session, sent)
        return service.cancel(session, bank(), exchange_id, by_word, note=note.note)


@resources.route("/<int:exchange_id>/reversal", methods=["POST"])
@access("broker", scope="write")
@resources.arguments(NoteIn)
@resources.response(200, ExchangeOut)
def reverse(sent: Entered[Note], exchange_id: int) -> Shown:
    """Take a confirmed exchange back."""
    with transaction() as session:
        note, by_word = entered(session, sent)
        return service.reverse(session, bank(), exchange_id, by_word, note=note.note)


@resources.route("/<int:exchange_id>/undo", methods=["POST"])
@access("member", scope="write")
@resources.response(200, ExchangeOut)
def undo(exchange_id: int) -> Shown:
    """Take back one's own confirmation, for some minutes after it: it waits as it did before."""
    undo_minutes = config().undo_minutes
    with transaction() as session:
        return service.undo(session, bank(), exchange_id, act(), undo_minutes=undo_minutes)


@resources.route("/<int:exchange_id>/again", methods=["POST"])
@access("member", scope="write")
@resources.arguments(AgainIn)
@resources.response(201, ExchangeOut)
def log_again(sent: Entered[Correction], exchange_id: int) -> Shown:
    """Log anew what was taken back or called off: as another exchange, which says that it
    replaces this one."""
    with transaction() as session:
        value, by_word = entered(session, sent)
        return service.log_again(session, bank(), exchange_id, value, by_word)


@resources.route("/<int:exchange_id>/thanks", methods=["PUT"])
@access("member", scope="write")
@resources.response(200, ConsentOut)
def show_thanks(exchange_id: int) -> Consent:
    """Say that all members may read the thanks with it. They are shown once both sides have said
    so."""
    with transaction() as session:
        return thanks.let_show(session, bank(), exchange_id, act())


@resources.route("/<int:exchange_id>/thanks", methods=["DELETE"])
@access("member", scope="write")
@resources.response(200, ConsentOut)
def hide_thanks(exchange_id: int) -> Consent:
    """Take that back."""
    with transaction() as session:
        return thanks.hide(session, bank(), exchange_id, act())


@gifts.route("", methods=["POST"])
@access("member", scope="write")
@gifts.arguments(GiftIn)
@gifts.response(201, GiftOut)
def give(sent: Entered[NewGift]) -> Any:
    """Give hours away."""
    with transaction() as session:
        value, by_word = entered(session, sent)
        return _gift(session, service.give(session, bank(), value, by_word))


@gifts.route("/<int:gift_id>/reversal", methods=["POST"])
@access("member", scope="write")
@gifts.arguments(BackIn)
@gifts.response(200, GiftOut)
def take_back(back: dict[str, Any], gift_id: int) -> Any:
    """Take a gift back: whoever gave it for some minutes after it, a broker at any time, who then
    says why."""
    undo_minutes = config().undo_minutes
    with transaction() as session:
        gift = service.take_back(
            session, bank(), gift_id, act(), undo_minutes=undo_minutes, why=back["why"]
        )
        return _gift(session, gift)


def _gift(session: Session, gift: Any) -> dict[str, Any]:
    parties = members.parties(session, bank(), [gift.from_id, gift.to_id])
    names = ("id", "minutes", "message", "decided_by", "given_at", "entry_id", "reversal_id")
    return {name: getattr(gift, name) for name in names} | {
        "giver": parties[gift.from_id],
        "receiver": parties[gift.to_id],
    }
