"""Pages of exchanges: logging hours, agreeing first, answering, taking back, giving hours away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as browser
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import hours
from timebank.act import Entered, Word
from timebank.api.paging import page
from timebank.db import reading
from timebank.errors import NotFound, Refusal, together
from timebank.exchanges import meant, queries, rules, service, thanks, visits
from timebank.exchanges.meant import (
    Gave,
    People,
    WrittenAsk,
    WrittenGift,
    WrittenLog,
    WrittenProposal,
)
from timebank.exchanges.queries import MayDo, Seen, Shown
from timebank.exchanges.rules import (
    Action,
    Bother,
    Correction,
    Figures,
    NewGift,
    NewLog,
    Note,
    Objection,
    Offer,
    Settlement,
    Side,
    Status,
)
from timebank.exchanges.schemas import (
    AgainForm,
    AskForm,
    BackIn,
    BotherIn,
    ChestForm,
    FiguresForm,
    GiveForm,
    ListIn,
    LogForm,
    NoteForm,
    ObjectionForm,
    ProposeForm,
    SettlementForm,
    WordForm,
)
from timebank.exchanges.words import HEARD, HOW_IT_STANDS
from timebank.feature import plugged_in
from timebank.http import access, shown, status_of
from timebank.ledger import queries as ledger
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, circle, config, known, several
from timebank.members.queries import Party
from timebank.room import Line
from timebank.room import first_page as first_page_of
from timebank.say import Said, say
from timebank.schema import Makes, load
from timebank.skills import queries as skills
from timebank.skills.queries import Shown as Listed
from timebank.times import parts_of
from timebank.web.forms import Form, shown_again, submit, written
from timebank.web.paths import row_id
from timebank.web.words import time, today

pages = Blueprint("exchanges", __name__, url_prefix="/b/<bank>/exchanges")

_USUAL = (30, 60, 90, 120, 180)
"""So many minutes people help for most often."""

_LOOKED_THROUGH = 10
"""Among so many of the latest exchanges one is looked for that may be logged again."""

Value = TypeVar("Value")
Values = Mapping[str, Any]


# ---- Lists ----


@pages.get("")
@access("member")
def index() -> str | Response:
    """To brokers, all exchanges of the bank, by status and person; everybody else has their own
    list."""
    if not actor().is_broker:
        return redirect(url_for(".mine"))
    wanted = _list_asked()
    text = request.args.get("who", "").strip()
    accounts = None
    if text:
        parties = members.find_parties(reading(), bank(), text, within=members.EVERYBODY)
        accounts = [party.account_id for party in parties]
    rows = queries.index(
        reading(),
        bank(),
        status=wanted["status"],
        account_ids=accounts,
        by=actor(),
        before=wanted["cursor"],
        limit=wanted["limit"],
    )
    listed = page(rows, wanted["limit"])
    more = url_for(".index", who=text or None, status=wanted["status"], cursor=listed["next"])
    return render_template(
        "exchanges/index.html",
        shown=listed["items"],
        more=more if listed["next"] else "",
        who=text,
        status=wanted["status"],
        statuses=HOW_IT_STANDS,
    )


@pages.get("/mine")
@access("member")
def mine() -> str:
    """One's own exchanges, and those of whom one acts for: what waits, what is under way, what
    was."""
    wanted = _list_asked()
    accounts = members.may_act_for(reading(), bank(), actor())
    rows = queries.mine(
        reading(), bank(), accounts, by=actor(), before=wanted["cursor"], limit=wanted["limit"]
    )
    listed = page(rows, wanted["limit"])
    first = wanted["cursor"] is None
    return render_template(
        "exchanges/mine.html",
        shown=listed["items"],
        waiting=queries.waiting_for(reading(), bank(), accounts, by=actor()) if first else [],
        more=url_for(".mine", cursor=listed["next"]) if listed["next"] else "",
    )


def _list_asked() -> dict[str, Any]:
    asked = {name: text for name, text in request.args.items() if text}
    return load(ListIn(), asked, unknown="exclude")


# ---- Beginning ----


@pages.route("/new", methods=["GET", "POST"])
@access("member")
def new() -> Response:
    """Log hours: written, looked over, then done."""

    def also(values: Values) -> None:
        together(
            lambda: _sides(values),
            lambda: service.check_figures(
                bank(),
                meant.day(bank(), values.get("day"), values.get("occurred_on"), act()),
                None,
                act(),
            ),
            lambda: service.check_figures(bank(), None, values.get("minutes"), act()),
        )

    def look(session: Session, written: WrittenLog) -> dict[str, Any]:
        log, by_word = meant.log(session, bank(), written, act(), within=circle(session))
        service.check_new(session, bank(), log, by_word)
        sides = _by_name(session, log.giver_id, log.receiver_id)
        return {"log": log, "would_have": _would_have(log), **sides}

    def do(session: Session, written: WrittenLog) -> Response:
        log, by_word = meant.log(session, bank(), written, act(), within=circle(session))
        exchange = service.log_new(session, bank(), log, by_word)
        words = say("Done: %(name)s is asked to say “that’s right”.", name=_awaited(exchange))
        return _done(words, exchange, undo=url_for(".cancel", exchange_id=exchange.exchange.id))

    return _looked_over(
        LogForm(),
        also,
        look,
        do,
        "exchanges/new.html",
        balance=_balance(),
        lengths=_lengths(),
        yesterday=today() - timedelta(days=1),
        again=_again(),
    )


@pages.route("/propose", methods=["GET", "POST"])
@access("member")
def propose() -> Response:
    """Offer or ask for help, to be agreed on first."""

    def also(values: Values) -> None:
        together(
            lambda: _sides(values),
            lambda: rules.check_plan(values.get("planned_on"), today=today()),
        )

    def do(session: Session, written: WrittenProposal) -> Response:
        proposal, by_word = meant.proposal(session, bank(), written, act(), within=circle(session))
        exchange = service.propose(session, bank(), proposal, by_word)
        words = say("Done: %(name)s is asked whether that is all right.", name=_awaited(exchange))
        return _done(words, exchange)

    return submit(
        ProposeForm(),
        do,
        lambda form: _page("exchanges/propose.html", form),
        initial=_start(),
        also=also,
    )


@pages.route("/ask/<int:account_id>", methods=["GET", "POST"])
@access("member")
def ask(account_id: int) -> Response:
    """Ask somebody for help, in one's own words."""
    return _ask(account_id, Gave.GOT)


@pages.route("/offer/<int:account_id>", methods=["GET", "POST"])
@access("member")
def offer(account_id: int) -> Response:
    """Offer somebody help, in one's own words."""
    return _ask(account_id, Gave.GAVE)


def _ask(account_id: int, side: Gave) -> Response:
    other = members.found(reading(), bank(), account_id, within=circle(reading()))
    hidden = meeting.hides(reading(), bank(), account_id, by=actor())
    if other is None or hidden or other.kind == "chest" or account_id == actor().account_id:
        raise NotFound(say("There is no such neighbour here."))
    listing = _listing_of(other, request.values.get("listing_id", ""))

    def do(session: Session, written: WrittenAsk) -> Response:
        proposal, by_word = meant.asked(
            session,
            bank(),
            replace(written, side=side),
            act(),
            account_id=account_id,
            skill=listing.skill.name if listing and listing.skill else None,
            within=circle(session),
        )
        exchange = service.propose(session, bank(), proposal, by_word)
        return _done(say("Done: %(name)s is asked.", name=other.name), exchange)

    def also(values: Values) -> None:
        rules.check_plan(
            rules.day_wanted(values.get("when", ""), values.get("planned_on")), today=today()
        )

    return submit(
        AskForm(),
        do,
        lambda form: render_template(
            f"exchanges/{'ask' if side == Gave.GOT else 'offer'}.html",
            form=form,
            other=other,
            asks=side == Gave.GOT,
            listing=listing,
            days=_free_days(listing) if listing and side == Gave.GOT else [],
            acting_for=_acting_for(),
            several={"teller": several(form.value("teller"))},
        ),
        initial={
            **_start(),
            "words": request.args.get("words", ""),
            "listing_id": listing.listing.id if listing else "",
        },
        also=also,
    )


def _listing_of(other: Party, listing_id: str) -> Listed | None:
    """The offer or request of theirs that it is about, if one is named. Raises NotFound."""
    if not listing_id:
        return None
    try:
        number = row_id(listing_id)
    except ValueError:
        raise NotFound(say("There is no such offer or request here.")) from None
    listed = skills.show(reading(), bank(), number, by=actor(), on=today())
    if listed.party.account_id != other.account_id:
        raise NotFound(say("There is no such offer or request here."))
    return listed


_NEXT_DAYS = 3  # so many days on which somebody is free are offered to choose from


def _free_days(listed: Listed) -> list[date]:
    """The next days of the week that suit an offer; none, where it does not say."""
    weekdays = {part // 3 for part in parts_of(listed.listing.times)}
    week = (today() + timedelta(days=ahead) for ahead in range(1, 15))
    return [day for day in week if day.weekday() in weekdays][:_NEXT_DAYS]


@pages.route("/give", methods=["GET", "POST"])
@access("member")
def give() -> Response:
    """Give hours away: written, looked over, then done."""
    return _give(GiveForm(), "exchanges/give.html")


@pages.route("/give-from-chest", methods=["GET", "POST"])
@access("broker")
def give_from_chest() -> Response:
    """Give hours of the chest to somebody: written, looked over, then done."""
    chest = ledger.chest(reading(), bank())
    return _give(ChestForm(), "exchanges/give_from_chest.html", chest=chest)


def _give(schema: Makes[WrittenGift], template: str, **more: Any) -> Response:
    """A page for a gift, from the chest where there is one among `more`, which is for the page."""
    from_chest = "chest" in more

    def gift_meant(session: Session, written: WrittenGift) -> NewGift:
        return meant.gift(
            session,
            bank(),
            written,
            by=actor(),
            from_chest=from_chest,
            within=circle(session),
        )

    def also(values: Values) -> None:
        to = values.get("to", "somebody")
        together(
            lambda: service.check_sides(
                reading(),
                bank(),
                *meant.gift_sides(
                    reading(),
                    bank(),
                    People.among(values),
                    to=to,
                    by=actor(),
                    from_chest=from_chest,
                    within=circle(reading()),
                ),
                by=actor(),
            ),
            lambda: (
                "minutes" in values
                and rules.check_gift(values["minutes"], rounding=bank().rounding)
            ),
        )

    def look(session: Session, written: WrittenGift) -> dict[str, Any]:
        gift = gift_meant(session, written)
        service.check_gift(session, bank(), gift, act(Word(despite=written.despite)))
        return {"gift": gift, **_by_name(session, gift.from_id, gift.to_id)}

    def do(session: Session, written: WrittenGift) -> Response:
        given = act(Word(despite=written.despite))
        gift = gift_meant(session, written)
        made = service.give(session, bank(), gift, given)
        words = say(
            "Done: %(time)s went to %(name)s. You can undo this until %(until)s.",
            time=hours.words(made.minutes),
            name=members.party(session, bank(), made.to_id).name,
            until=_until(given.now),
        )
        flash(shown(words), "undo:" + url_for(".take_back", gift_id=made.id))
        back = url_for("statement.chest") if from_chest else url_for("home.bank")
        return redirect(back, 303)

    return _looked_over(schema, also, look, do, template, **more)


@pages.route("/gifts/<int:gift_id>/take-back", methods=["GET", "POST"])
@access("member")
def take_back(gift_id: int) -> Response:
    """Undo a gift; later it is a broker's to do, and they say why."""
    minutes = config().undo_minutes
    gift, own = service.check_back(reading(), bank(), gift_id, act(), undo_minutes=minutes)
    sides = members.parties(reading(), bank(), [gift.from_id, gift.to_id])

    def do(session: Session, back: dict[str, Any]) -> Response:
        why = back["why"]
        service.take_back(session, bank(), gift_id, act(), undo_minutes=minutes, why=why)
        flash(shown(say("Done: %(time)s came back.", time=hours.words(gift.minutes))))
        return redirect(url_for("home.bank"), 303)

    def page(form: Form) -> str:
        return render_template(
            "exchanges/take_back.html", form=form, gift=gift, own=own, sides=sides
        )

    return submit(BackIn(), do, page)


# ---- One exchange ----


@pages.get("/<int:exchange_id>")
@access("member")
def show(exchange_id: int) -> str:
    """One exchange, what was done to it, and what may be done next."""
    return _show(exchange_id, None)


def _show(exchange_id: int, form: Form | None) -> str:
    seen = queries.seen(reading(), bank(), exchange_id, by=actor())
    exchange = seen.shown.exchange
    logged_at, own = exchange.logged_at, seen.relation.own
    return render_template(
        "exchanges/show.html",
        seen=seen.shown,
        consent=thanks.consent(reading(), bank(), seen.shown, seen.relation.foremost),
        again=seen.shown.party(rules.other(own))
        if own and exchange.status == Status.CONFIRMED
        else None,
        exchange=exchange,
        heard=HEARD,
        taken=queries.steps(reading(), bank(), exchange_id),
        may=_may(seen),
        replacement=seen.replacement,
        visit=visits.visit(reading(), bank(), seen.shown, by=actor(), on=today()),
        waits_until=rules.waiting_ends(logged_at, bank().waiting_days) if logged_at else None,
        form=form,
        now=_as_it_stands_now(),
        behalf=_behalf(seen),
    )


def _behalf(seen: Seen) -> Party | None:
    """The side whose page the reader is on, where they are none themselves and act for one."""
    relation = seen.relation
    if relation.own is not None or actor().is_broker:
        return None
    return next((seen.shown.party(side) for side in rules.SIDES if side in relation.sides), None)


@dataclass(frozen=True)
class _Now:
    """What somebody has to spend after what they have just done, and the next thing that waits."""

    balance: int
    waits: int
    next: Sequence[Line]


def _as_it_stands_now() -> _Now | None:
    """For a page that says what was just done, to somebody with hours of their own."""
    if "_flashes" not in browser or actor().account_id is None:
        return None
    brought = first_page_of(reading(), bank(), plugged_in(), act())
    return _Now(_balance(), brought.waits, brought.waiting[:1])


@pages.post("/<int:exchange_id>/agree")
@access("member")
def agree(exchange_id: int) -> Response:
    """Say yes."""

    def do(session: Session, entered: Entered[None]) -> Response:
        exchange = service.agree(session, bank(), exchange_id, act(entered.word))
        return _done(say("Done: it is agreed. Afterwards, one of you logs the hours."), exchange)

    return submit(WordForm(), do, lambda form: _show(exchange_id, form))


@pages.route("/<int:exchange_id>/decline", methods=["GET", "POST"])
@access("member")
def decline(exchange_id: int) -> Response:
    """Say no, with a word why if one likes."""

    def do(session: Session, entered: Entered[Note]) -> Response:
        by_word, note = act(entered.word), entered.value.note
        exchange = service.decline(session, bank(), exchange_id, by_word, note=note)
        return _done(say("Done: they are told."), exchange)

    return _step(exchange_id, Action.DECLINE, NoteForm(), do, "exchanges/decline.html")


@pages.route("/<int:exchange_id>/report", methods=["GET", "POST"])
@access("member")
def report(exchange_id: int) -> Response:
    """Say no to what bothers one, and tell the brokers."""

    def do(session: Session, bother: Bother) -> Response:
        service.report(session, bank(), exchange_id, bother, act())
        words = say("Done: you said no, and the brokers are told. One of them will be in touch.")
        flash(shown(words))
        return redirect(url_for("home.bank"), 303)

    return _step(exchange_id, Action.DECLINE, BotherIn(), do, "exchanges/report.html")


@pages.route("/<int:exchange_id>/log", methods=["GET", "POST"])
@access("member")
def log(exchange_id: int) -> Response:
    """Log the time of what was agreed, or put right what is disputed."""

    def do(session: Session, entered: Entered[Figures]) -> Response:
        by_word = act(entered.word)
        exchange = service.log(session, bank(), exchange_id, entered.value, by_word)
        words = say(
            "Done: the hours are written down. The other side is asked to say “that’s right”."
        )
        return _done(words, exchange)

    return _step(exchange_id, Action.LOG, FiguresForm(), do, "exchanges/log.html", also=_figures)


@pages.post("/<int:exchange_id>/confirm")
@access("member")
def confirm(exchange_id: int) -> Response:
    """Say that it is right: the hours move."""

    def do(session: Session, entered: Entered[None]) -> Response:
        by_word = act(entered.word)
        return _moved(service.confirm(session, bank(), exchange_id, by_word), by_word.now)

    return submit(WordForm(), do, lambda form: _show(exchange_id, form))


@pages.route("/<int:exchange_id>/dispute", methods=["GET", "POST"])
@access("member")
def dispute(exchange_id: int) -> Response:
    """Say that something is wrong, and what, or how long it was."""

    def do(session: Session, entered: Entered[Objection]) -> Response:
        by_word, note, minutes = act(entered.word), entered.value.note, entered.value.minutes
        exchange = service.dispute(
            session, bank(), exchange_id, by_word, note=note, minutes=minutes
        )
        words = say("Done: nothing has moved. They and the brokers are told what you wrote.")
        return _done(words, exchange)

    def also(values: Values) -> None:
        service.check_figures(bank(), None, values.get("minutes") or None, act())

    return _step(
        exchange_id, Action.DISPUTE, ObjectionForm(), do, "exchanges/dispute.html", also=also
    )


@pages.post("/<int:exchange_id>/accept")
@access("member")
def accept(exchange_id: int) -> Response:
    """Say that it was as long as the other side thinks: the hours move."""

    def do(session: Session, entered: Entered[None]) -> Response:
        by_word = act(entered.word)
        return _moved(service.accept(session, bank(), exchange_id, by_word), by_word.now)

    return submit(WordForm(), do, lambda form: _show(exchange_id, form))


@pages.route("/<int:exchange_id>/settle", methods=["GET", "POST"])
@access("broker")
def settle(exchange_id: int) -> Response:
    """Settle a dispute."""

    def also(values: Values) -> None:
        service.check_figures(bank(), None, values.get("minutes") or None, act())

    def do(session: Session, entered: Entered[Settlement]) -> Response:
        by_word = act(entered.word)
        exchange = service.settle(session, bank(), exchange_id, entered.value, by_word)
        return _done(say("Done: it is settled, and both are told."), exchange)

    return _step(
        exchange_id, Action.SETTLE, SettlementForm(), do, "exchanges/settle.html", also=also
    )


@pages.route("/<int:exchange_id>/cancel", methods=["GET", "POST"])
@access("member")
def cancel(exchange_id: int) -> Response:
    """Call it off."""

    def do(session: Session, entered: Entered[Note]) -> Response:
        by_word, note = act(entered.word), entered.value.note
        exchange = service.cancel(session, bank(), exchange_id, by_word, note=note)
        return _done(say("Done: it is called off. No hours move."), exchange)

    return _step(exchange_id, Action.CANCEL, NoteForm(), do, "exchanges/cancel.html")


@pages.route("/<int:exchange_id>/reverse", methods=["GET", "POST"])
@access("broker")
def reverse(exchange_id: int) -> Response:
    """Take confirmed hours back."""

    def do(session: Session, entered: Entered[Note]) -> Response:
        by_word, note = act(entered.word), entered.value.note
        exchange = service.reverse(session, bank(), exchange_id, by_word, note=note)
        words = say("Done: the hours are where they were before, and both are told why.")
        return _done(words, exchange)

    return _step(exchange_id, Action.REVERSE, NoteForm(), do, "exchanges/reverse.html")


@pages.post("/<int:exchange_id>/undo")
@access("member")
def undo(exchange_id: int) -> Response:
    """Take back one's own confirmation."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        undo_minutes = config().undo_minutes
        exchange = service.undo(session, bank(), exchange_id, act(), undo_minutes=undo_minutes)
        words = say("Done: that is undone. The hours are where they were before, and so is this.")
        return _done(words, exchange)

    return submit(None, do, lambda form: _show(exchange_id, form))


@pages.route("/<int:exchange_id>/again", methods=["GET", "POST"])
@access("member")
def again(exchange_id: int) -> Response:
    """Log anew what was taken back or called off."""

    def do(session: Session, entered: Entered[Correction]) -> Response:
        by_word = act(entered.word)
        made = service.log_again(session, bank(), exchange_id, entered.value, by_word)
        words = say("Done: it is logged again. The other side is asked to say “that’s right”.")
        return _done(words, made)

    return _step(exchange_id, None, AgainForm(), do, "exchanges/again.html", also=_figures)


@pages.post("/<int:exchange_id>/thanks")
@access("member")
def show_thanks(exchange_id: int) -> Response:
    """Let all members read the thanks with it."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        consent = thanks.let_show(session, bank(), exchange_id, act())
        words = say("Done: neighbours read these thanks once both of you have said so.")
        if consent.both:
            words = say("Done: these thanks stand on the wall of thanks.")
        flash(shown(words))
        return redirect(url_for(".show", exchange_id=exchange_id), 303)

    return submit(None, do, lambda form: _show(exchange_id, form))


@pages.post("/<int:exchange_id>/thanks/hide")
@access("member")
def hide_thanks(exchange_id: int) -> Response:
    """Take that back."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        thanks.hide(session, bank(), exchange_id, act())
        flash(shown(say("Done: these thanks are shown to nobody else.")))
        return redirect(url_for(".show", exchange_id=exchange_id), 303)

    return submit(None, do, lambda form: _show(exchange_id, form))


# ---- What the pages have in common ----


def _done(words: Said, exchange: Shown, *, undo: str = "") -> Response:
    """Back to the exchange, saying what was done; `undo` is the address of the button for it."""
    flash(shown(words), f"undo:{undo}" if undo else "message")
    return redirect(url_for(".show", exchange_id=exchange.exchange.id), 303)


def _moved(seen: Shown, now: datetime) -> Response:
    """Back to an exchange whose hours have just moved."""
    time, until = hours.words(seen.exchange.minutes or 0), _until(now)
    if seen.giver.account_id == actor().account_id:
        words = say(
            "Done: %(time)s went to you. You can undo this until %(until)s.",
            time=time,
            until=until,
        )
    else:
        words = say(
            "Done: %(time)s went to %(name)s. You can undo this until %(until)s.",
            name=seen.giver.name,
            time=time,
            until=until,
        )
    return _done(words, seen, undo=url_for(".undo", exchange_id=seen.id))


def _step(
    exchange_id: int,
    action: Action | None,
    schema: Makes[Value],
    do: Callable[[Session, Value], Response],
    template: str,
    *,
    also: Callable[[Values], None] | None = None,
) -> Response:
    """A page of its own for one action; without one, for logging again."""

    def render(form: Form) -> str:
        seen = queries.seen(reading(), bank(), exchange_id, by=actor())
        may = _may(seen)
        offer = may.actions[action] if action else may.again
        return render_template(
            template,
            seen=seen.shown,
            exchange=seen.shown.exchange,
            form=form,
            words=_words(seen.shown, offer),
            heard=HEARD if actor().is_broker else {},
        )

    return submit(schema, do, render, initial=_as_it_is(exchange_id, action), also=also)


def _may(seen: Seen) -> MayDo:
    return queries.may_do(bank(), seen, act(), undo_minutes=config().undo_minutes)


def _words(seen: Shown, offer: Offer) -> list[tuple[int | str, str | Said]]:
    """On whose word a page may be asked to enter an action, each as the account that is sent along;
    nothing where there is no choice."""
    heard = [(seen.party(side).account_id, seen.party(side).name) for side in offer.heard]
    if not heard or (offer.own and not actor().is_broker):
        return []
    return [*([("", _plainly(seen, offer.side))] if offer.plain else []), *heard]


def _plainly(seen: Shown, side: Side | None) -> str | Said:
    """Whose word it is where no more is said."""
    if side is None:
        return say("Nobody’s: as a broker")
    party = seen.party(side)
    return say("My own") if party.account_id == actor().account_id else party.name


def _figures(values: Values) -> None:
    """Raise Invalid for a day or an amount that the bank does not take."""
    service.check_figures(bank(), values.get("occurred_on"), values.get("minutes"), act())


def _as_it_is(exchange_id: int, action: Action | None) -> dict[str, Any]:
    """What the form of a step holds at first: what is there, but for what is said to be wrong."""
    if request.method == "POST" or action == Action.DISPUTE:
        return {}
    row = queries.show(reading(), bank(), exchange_id, by=actor()).exchange
    return {
        "occurred_on": row.occurred_on or row.planned_on or "",
        "minutes": shown(hours.table(row.minutes)) if row.minutes else "",
        "title": row.title,
        "thanks": row.thanks,
    }


def _looked_over(
    schema: Makes[Value],
    also: Callable[[Values], None],
    look: Callable[[Session, Value], dict[str, Any]],
    do: Callable[[Session, Value], Response],
    template: str,
    **more: Any,
) -> Response:
    """A form that is looked over before it is done: `then` says which of its buttons was pressed,
    check, change or done.

    `also` is as in `submit`; `look` finds what is shown; `more` is for the page.
    """
    then = request.form.get("then", "check")
    if request.method != "POST" or then == "done":
        return submit(
            schema, do, lambda form: _page(template, form, **more), initial=_start(), also=also
        )
    form = Form(request.form)
    if then == "change":
        return shown_again(_page(template, form, **more))
    try:
        values = load(schema, written(schema), unknown="exclude", also=also)
        return shown_again(_page(template, form, check=look(reading(), values), **more))
    except Refusal as refusal:
        form.refused(refusal)
        return shown_again(_page(template, form, **more), status_of(refusal))


def _page(template: str, form: Form, check: Values | None = None, **more: Any) -> str:
    sent = [
        (name, text)
        for name, text in request.form.items()
        if name not in ("csrf_token", "once", "then", "despite")
    ]
    return render_template(
        template,
        form=form,
        check=check,
        sent=sent,
        acting_for=_acting_for(),
        several={name: several(form.value(name)) for name in ("who", "teller")},
        known=_known(form.value("who_id")),
        **more,
    )


def _start() -> dict[str, Any]:
    """What a new form holds before anything is written: what the link that led here says, and of
    who gave, to whom and when nothing else. `again` is an exchange that is much like it."""
    if request.method == "POST":
        return {}
    names = ("side", "who", "who_id", "long", "title", "teller", "to")
    asked = {name: request.args[name] for name in names if name in request.args}
    again = request.args.get("again", type=row_id)
    return {
        "channel": "phone",
        "for_id": request.args.get("for", ""),
        **(_like(again) if again else {}),
        **asked,
    }


def _like(exchange_id: int) -> dict[str, Any]:
    """The same again as an exchange, for its own sides."""
    earlier = queries.show(reading(), bank(), exchange_id, by=actor())
    own = earlier.side(actor().account_id)
    if own is None:
        return {}
    row = earlier.exchange
    return {
        "side": Gave.GAVE if own == Side.GIVER else Gave.GOT,
        "who_id": earlier.party(rules.other(own)).account_id,
        "long": row.minutes or "",
        "title": row.title,
    }


def _acting_for() -> list[Party]:
    """Whose hours one may write down: the likeliest first, as one has done lately, and then one's
    own."""
    parties = [one.party for one in members.held(reading(), bank(), actor())]
    if len(parties) == 1:
        return parties
    accounts = [party.account_id for party in parties]
    last = queries.spoken_for(reading(), bank(), accounts, by=actor())

    def place(party: Party) -> tuple[int, bool, str]:
        own = party.account_id == actor().account_id
        return -last.get(None if own else party.key, 0), not own, party.name

    return sorted(parties, key=place)


def _known(chosen: str) -> list[tuple[Party, str | Said]]:
    """Those whom the reader knows, the latest first, each with what the two last did for each
    other, or with what tells them apart."""
    parties = [one.party for one in known(reading())]
    offered = [f"{party.account_id}" for party in parties]
    if chosen.isdecimal() and len(chosen) < 10 and chosen not in offered:
        # Whoever a link named, or who was chosen of several, is offered too.
        named = members.found(reading(), bank(), int(chosen), within=circle(reading()))
        parties = [named, *parties] if named else parties
    accounts = [party.account_id for party in parties]
    lately = queries.lately(reading(), bank(), actor().account_id, accounts)
    return [
        (party, lately.get(party.account_id) or members.told_apart(party, staff=False))
        for party in parties
    ]


def _balance() -> int:
    """What the reader has to spend."""
    return ledger.balance(reading(), bank(), cast(int, actor().account_id))


def _would_have(log: NewLog) -> int | None:
    """What the reader would have once this is confirmed; None where it is between two others."""
    change = {log.giver_id: log.minutes, log.receiver_id: -log.minutes}
    own = actor().account_id
    return _balance() + change[own] if own in change else None


def _again() -> list[Shown]:
    """The last help that the reader may want to log once more."""
    if actor().is_broker:
        return []
    own = cast(int, actor().account_id)
    rows = queries.mine(reading(), bank(), [own], by=actor(), limit=_LOOKED_THROUGH)
    people = {one.party.account_id for one in known(reading())}
    return [
        seen
        for seen in rows
        if seen.exchange.status == Status.CONFIRMED and seen.other(own).account_id in people
    ][:1]


def _lengths() -> list[tuple[int, Said]]:
    """Lengths of help that the bank takes, to choose from."""
    return [
        (minutes, hours.words(minutes))
        for minutes in _USUAL
        if minutes % bank().rounding == 0 and bank().smallest_log <= minutes <= bank().largest_log
    ]


def _sides(values: Values) -> tuple[int, int]:
    people = People.among(values)
    side = values.get("side", "gave")
    return meant.sides(reading(), bank(), people, side=side, by=actor(), within=circle(reading()))


def _by_name(session: Session, giver_id: int, receiver_id: int) -> dict[str, Party]:
    parties = members.parties(session, bank(), [giver_id, receiver_id])
    return {"giver": parties[giver_id], "receiver": parties[receiver_id]}


def _awaited(seen: Shown) -> str:
    return seen.awaited.name if seen.awaited else ""


def _until(now: datetime) -> str:
    """Until when what is done now can be undone, by the bank's clock."""
    return time(rules.undo_ends(now, config().undo_minutes))
