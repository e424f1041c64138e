"""Pages of exchanges: logging hours, agreeing first, answering, taking back, giving hours away."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, cast

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, hours
from timebank.act import OWN_WORD, Act, Channel, Word
from timebank.clock import local_date
from timebank.config import Config
from timebank.db import reading
from timebank.errors import Invalid, Refusal, together
from timebank.exchanges import queries, rules, service
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import STATUSES
from timebank.exchanges.schemas import (
    ChestForm,
    FiguresForm,
    GiveForm,
    ListIn,
    LogForm,
    NoteForm,
    ProposeForm,
    SettlementForm,
    WordForm,
)
from timebank.http import access, status_of
from timebank.ledger import queries as ledger
from timebank.members import queries as members
from timebank.members.current import act, actor, bank
from timebank.members.queries import Party
from timebank.say import say
from timebank.schema import Schema, load
from timebank.web.forms import Form, submit, written
from timebank.web.words import time

pages = Blueprint("exchanges", __name__, url_prefix="/b/<bank>/exchanges")

_FEW = 5
"""At most so many people are offered to choose from: a form for writing a name is no directory."""


# ---- Lists ----


@pages.get("")
@access("member")
def index() -> str | Response:
    """To brokers, all exchanges of the bank, by status and person; everybody else has their own
    list."""
    if not actor().is_broker:
        return redirect(url_for(".mine"))
    wanted = load(
        ListIn(), {name: text for name, text in request.args.items() if text}, unknown="exclude"
    )
    text = request.args.get("who", "").strip()
    accounts = (
        [party.account_id for party in members.find_parties(reading(), bank(), text)]
        if text
        else None
    )
    found = queries.index(
        reading(),
        bank(),
        status=wanted["status"],
        account_ids=accounts,
        before=wanted["cursor"],
        limit=wanted["limit"],
    )
    shown = found[: wanted["limit"]]
    more = (
        url_for(".index", who=text or None, status=wanted["status"], cursor=shown[-1].exchange.id)
        if len(found) > len(shown)
        else ""
    )
    return render_template(
        "exchanges/index.html",
        shown=shown,
        more=more,
        who=text,
        status=wanted["status"],
        statuses=STATUSES,
    )


@pages.get("/mine")
@access("member")
def mine() -> str:
    """One's own exchanges, and those of whom one acts for: what waits, what is under way, what
    was."""
    wanted = load(
        ListIn(), {name: text for name, text in request.args.items() if text}, unknown="exclude"
    )
    accounts = members.may_act_for(reading(), bank(), actor())
    found = queries.mine(
        reading(), bank(), accounts, before=wanted["cursor"], limit=wanted["limit"]
    )
    shown = found[: wanted["limit"]]
    return render_template(
        "exchanges/mine.html",
        shown=shown,
        waiting=(
            queries.waiting_for(reading(), bank(), accounts) if wanted["cursor"] is None else []
        ),
        more=url_for(".mine", cursor=shown[-1].exchange.id) if len(found) > len(shown) else "",
    )


# ---- Beginning ----


@pages.route("/new", methods=["GET", "POST"])
@access("member")
def new() -> Response:
    """Log hours: written, looked over, then done."""

    def understood(session: Session, values: dict[str, Any]) -> dict[str, Any]:
        found = _begun(session, values)
        return {
            **found,
            "occurred_on": _day(values),
            "minutes": _minutes(values),
            "thanks": values["thanks"],
        }

    def also(values: dict[str, Any]) -> None:
        together(
            lambda: _sides(reading(), values),
            lambda: service.check_figures(bank(), _day(values), None, act()),
            lambda: service.check_figures(bank(), None, _minutes(values), act()),
        )

    def do(session: Session, values: dict[str, Any]) -> Response:
        now = clock.now()
        given = understood(session, values)
        seen = service.log_new(session, bank(), Act(actor(), now), **given)
        awaited = seen.awaited.name if seen.awaited else ""
        flash(
            f"Done: {hours.words(given['minutes'])} written down. {awaited} is asked to say “that’s"
            " right”; then they move.",
            "undo:" + url_for(".cancel", exchange_id=seen.exchange.id),
        )
        return redirect(url_for(".show", exchange_id=seen.exchange.id), 303)

    def look(session: Session, values: dict[str, Any]) -> dict[str, Any]:
        given = understood(session, values)
        service.check_new(session, bank(), act(), **given)
        return _by_name(session, given)

    return _looked_over(LogForm(), also, look, do, "exchanges/new.html")


@pages.route("/propose", methods=["GET", "POST"])
@access("member")
def propose() -> Response:
    """Offer or ask for help, to be agreed on first."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        given = {**_begun(session, values), "planned_on": values["planned_on"]}
        seen = service.propose(session, bank(), act(), **given)
        flash(
            f"Done: {seen.awaited.name if seen.awaited else ''} is asked whether that is all right."
        )
        return redirect(url_for(".show", exchange_id=seen.exchange.id), 303)

    def also(values: dict[str, Any]) -> None:
        together(
            lambda: _sides(reading(), values),
            lambda: rules.check_plan(values.get("planned_on"), today=_today()),
        )

    return submit(
        ProposeForm(),
        do,
        lambda form: _page("exchanges/propose.html", form),
        initial=_start(),
        also=also,
    )


@pages.route("/give", methods=["GET", "POST"])
@access("member")
def give() -> Response:
    """Give hours away: written, looked over, then done."""

    def sides(session: Session, values: dict[str, Any]) -> tuple[int, int]:
        from_id = _whose(values)
        if values.get("to") == "somebody":
            return (
                from_id,
                _one(session, values.get("who", ""), values.get("who_id"), "who").account_id,
            )
        return from_id, ledger.chest(session, bank()).id

    return _give(GiveForm(), sides, "exchanges/give.html")


@pages.route("/give-from-chest", methods=["GET", "POST"])
@access("broker")
def give_from_chest() -> Response:
    """Give hours of the chest to somebody: written, looked over, then done."""
    chest = ledger.chest(reading(), bank())

    def sides(session: Session, values: dict[str, Any]) -> tuple[int, int]:
        return (
            chest.id,
            _one(session, values.get("who", ""), values.get("who_id"), "who").account_id,
        )

    return _give(ChestForm(), sides, "exchanges/give_from_chest.html", chest=chest)


def _give(
    schema: Schema,
    sides: Callable[[Session, dict[str, Any]], tuple[int, int]],
    template: str,
    **shown: Any,
) -> Response:
    """A page for a gift. `sides` are the accounts it goes from and to, by what is written; `shown`
    is more for the page."""

    def also(values: dict[str, Any]) -> None:
        together(
            lambda: service.check_sides(reading(), bank(), *sides(reading(), values), by=actor()),
            lambda: (
                "minutes" in values
                and rules.check_gift(values["minutes"], rounding=bank().rounding)
            ),
        )

    def what(values: dict[str, Any]) -> dict[str, Any]:
        return {name: values.get(name) for name in ("minutes", "message", "decided_by")}

    def look(session: Session, values: dict[str, Any]) -> dict[str, Any]:
        giver, receiver = service.check_sides(session, bank(), *sides(session, values), by=actor())
        return {"giver": giver, "receiver": receiver, **what(values)}

    def do(session: Session, values: dict[str, Any]) -> Response:
        now = clock.now()
        from_id, to_id = sides(session, values)
        gift = service.give(
            session, bank(), Act(actor(), now), from_id=from_id, to_id=to_id, **what(values)
        )
        to = members.party(session, bank(), gift.to_id)
        flash(
            f"Done: {hours.words(gift.minutes)} went to {to.name}. {_until(now)}",
            "undo:" + url_for(".take_back", gift_id=gift.id),
        )
        chest = members.party(session, bank(), from_id)
        return redirect(
            (
                url_for("statement.show", account=from_id)
                if chest.kind == "chest"
                else url_for("home.bank")
            ),
            303,
        )

    return _looked_over(schema, also, look, do, template, **shown)


@pages.post("/gifts/<int:gift_id>/take-back")
@access("member")
def take_back(gift_id: int) -> Response:
    """Undo a gift."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        gift = service.take_back(session, bank(), gift_id, act(), undo_minutes=_undo_minutes())
        flash(f"Done: {hours.words(gift.minutes)} came back.")
        return redirect(url_for("home.bank"), 303)

    return submit(None, do, lambda form: _page("exchanges/give.html", form, check=None))


# ---- One exchange ----


@pages.get("/<int:exchange_id>")
@access("member")
def show(exchange_id: int) -> str:
    """One exchange, what was done to it, and what may be done next."""
    return _show(exchange_id, None)


def _show(exchange_id: int, form: Form | None) -> str:
    seen = queries.show(reading(), bank(), exchange_id, by=actor())
    now = clock.now()
    taken = queries.steps(reading(), bank(), exchange_id)
    replacement = queries.replacement(reading(), bank(), exchange_id)
    return render_template(
        "exchanges/show.html",
        seen=seen,
        exchange=seen.exchange,
        taken=taken,
        may=queries.may_do(
            reading(), bank(), seen, Act(actor(), now), undo_minutes=_undo_minutes()
        ),
        replacement=replacement,
        waits_until=(
            rules.waiting_ends(seen.exchange.logged_at, bank().waiting_days)
            if seen.exchange.logged_at
            else None
        ),
        form=form,
    )


@pages.post("/<int:exchange_id>/agree")
@access("member")
def agree(exchange_id: int) -> Response:
    """Say yes."""
    return _step(
        exchange_id,
        WordForm(),
        service.agree,
        "Done: it is agreed. Afterwards, one of you logs the hours.",
    )


@pages.route("/<int:exchange_id>/decline", methods=["GET", "POST"])
@access("member")
def decline(exchange_id: int) -> Response:
    """Say no, with a word why if one likes."""
    return _step(
        exchange_id,
        NoteForm(),
        service.decline,
        "Done: they are told.",
        template="exchanges/decline.html",
    )


@pages.route("/<int:exchange_id>/log", methods=["GET", "POST"])
@access("member")
def log(exchange_id: int) -> Response:
    """Log the time of what was agreed, or put right what is disputed."""
    words = say("Done: the hours are written down. The other side is asked to say “that’s right”.")
    return _step(
        exchange_id,
        FiguresForm(),
        service.log,
        words,
        template="exchanges/log.html",
        also=_check_figures,
    )


@pages.post("/<int:exchange_id>/confirm")
@access("member")
def confirm(exchange_id: int) -> Response:
    """Say that it is right: the hours move."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        now = clock.now()
        word = _word(session, exchange_id, values["word"])
        seen = service.confirm(session, bank(), exchange_id, Act(actor(), now, word))
        to = "you" if seen.giver.account_id == actor().account_id else seen.giver.name
        words = say(
            "Done: %(time)s went to %(to)s. %(now)s",
            time=hours.words(seen.exchange.minutes or 0),
            to=to,
            now=_until(now),
        )
        flash(words, "undo:" + url_for(".undo", exchange_id=exchange_id))
        return redirect(url_for(".show", exchange_id=exchange_id), 303)

    return submit(WordForm(), do, lambda form: _show(exchange_id, form))


@pages.route("/<int:exchange_id>/dispute", methods=["GET", "POST"])
@access("member")
def dispute(exchange_id: int) -> Response:
    """Say that something is wrong, and what."""
    words = say("Done: nothing has moved. They and the brokers are told what you wrote.")
    return _step(exchange_id, NoteForm(), service.dispute, words, template="exchanges/dispute.html")


@pages.route("/<int:exchange_id>/settle", methods=["GET", "POST"])
@access("broker")
def settle(exchange_id: int) -> Response:
    """Settle a dispute."""

    def also(values: dict[str, Any]) -> None:
        service.check_figures(bank(), None, values.get("minutes") or None, act())

    words = say("Done: it is settled, and both are told.")
    return _step(
        exchange_id,
        SettlementForm(),
        service.settle,
        words,
        template="exchanges/settle.html",
        also=also,
    )


@pages.post("/<int:exchange_id>/cancel")
@access("member")
def cancel(exchange_id: int) -> Response:
    """Call it off."""
    return _step(exchange_id, WordForm(), service.cancel, "Done: it is called off. No hours move.")


@pages.route("/<int:exchange_id>/reverse", methods=["GET", "POST"])
@access("broker")
def reverse(exchange_id: int) -> Response:
    """Take confirmed hours back."""
    words = say("Done: the hours are where they were before, and both are told why.")
    return _step(exchange_id, NoteForm(), service.reverse, words, template="exchanges/reverse.html")


@pages.post("/<int:exchange_id>/undo")
@access("member")
def undo(exchange_id: int) -> Response:
    """Take back one's own confirmation."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.undo(session, bank(), exchange_id, act(), undo_minutes=_undo_minutes())
        flash("Done: that is undone, and the hours are where they were before.")
        return redirect(url_for(".show", exchange_id=exchange_id), 303)

    return submit(None, do, lambda form: _show(exchange_id, form))


@pages.route("/<int:exchange_id>/again", methods=["GET", "POST"])
@access("member")
def again(exchange_id: int) -> Response:
    """Log anew what was taken back or called off."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        values["word"] = _word(session, exchange_id, values["word"])
        made = service.log_again(session, bank(), exchange_id, act(), **values)
        flash("Done: it is logged again. The other side is asked to say “that’s right”.")
        return redirect(url_for(".show", exchange_id=made.exchange.id), 303)

    return submit(
        FiguresForm(),
        do,
        lambda form: _step_page("exchanges/again.html", exchange_id, form),
        initial=_figures(exchange_id),
        also=_check_figures,
    )


# ---- What the pages have in common ----


def _step(
    exchange_id: int,
    schema: Schema,
    step: Callable[..., Any],
    done: str,
    *,
    template: str = "",
    also: Callable[[dict[str, Any]], object] | None = None,
) -> Response:
    """A page for one step: its form if it has one, else the exchange itself, then what was done."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        values["word"] = _word(session, exchange_id, values["word"])
        step(session, bank(), exchange_id, **values, act=act())
        flash(done)
        return redirect(url_for(".show", exchange_id=exchange_id), 303)

    def page(form: Form) -> str:
        return _step_page(template, exchange_id, form) if template else _show(exchange_id, form)

    return submit(schema, do, page, initial=_figures(exchange_id), also=also)


def _step_page(template: str, exchange_id: int, form: Form) -> str:
    seen = queries.show(reading(), bank(), exchange_id, by=actor())
    return render_template(
        template, seen=seen, exchange=seen.exchange, form=form, acting=_speaks_for(reading(), seen)
    )


def _check_figures(values: dict[str, Any]) -> None:
    """Raise Invalid for a day or an amount that the bank does not take."""
    on, minutes = values.get("occurred_on"), values.get("minutes")
    service.check_figures(bank(), on, minutes, act())


def _figures(exchange_id: int) -> dict[str, Any]:
    if request.method == "POST":
        return {}
    row = queries.show(reading(), bank(), exchange_id, by=actor()).exchange
    return {
        "occurred_on": row.occurred_on or row.planned_on or "",
        "minutes": hours.table(row.minutes) if row.minutes else "",
        "title": row.title,
        "thanks": row.thanks,
    }


def _word(session: Session, exchange_id: int, word: Word) -> Word:
    """The word a form gives; for one's own, or that of somebody one acts for, there is nothing to
    say."""
    seen = queries.show(session, bank(), exchange_id, by=actor())
    if word.on_word_of is None or _speaks_for(session, seen):
        return OWN_WORD if word.on_word_of is None else Word(Channel.WEB, word.on_word_of)
    return word


def _speaks_for(session: Session, seen: Shown) -> bool:
    """Whether the person is a side themselves, or acts for one."""
    mine = members.may_act_for(session, bank(), actor())
    return bool({seen.giver.account_id, seen.receiver.account_id} & mine)


def _looked_over(
    schema: Schema,
    also: Callable[[dict[str, Any]], object],
    look: Callable[[Session, dict[str, Any]], dict[str, Any]],
    do: Callable[[Session, dict[str, Any]], Response],
    template: str,
    **shown: Any,
) -> Response:
    """A form that is looked over before it is done: `then` says which of its buttons was pressed,
    check, change or done.

    `also` is as in `submit`; `shown` is more for the page.
    """
    then = request.form.get("then", "check")
    if request.method != "POST" or then == "done":
        return submit(
            schema, do, lambda form: _page(template, form, **shown), initial=_start(), also=also
        )
    form = Form(request.form)
    if then == "change":
        return make_response(_page(template, form, **shown))
    try:
        values = load(schema, written(schema), unknown="exclude", also=also)
        return make_response(_page(template, form, check=look(reading(), values), **shown))
    except Refusal as refusal:
        form.refused(refusal)
        return make_response(_page(template, form, **shown), status_of(refusal))


def _page(template: str, form: Form, check: Mapping[str, Any] | None = None, **shown: Any) -> str:
    sent = [
        (name, text)
        for name, text in request.form.items()
        if name not in ("csrf_token", "once", "then")
    ]
    return render_template(
        template,
        form=form,
        check=check,
        sent=sent,
        acting_for=_acting_for(),
        several={name: _several(reading(), form.value(name)) for name in ("who", "teller")},
        **shown,
    )


def _start() -> dict[str, Any]:
    """What a new form holds before anything is written."""
    return {
        "side": request.args.get("side", "gave"),
        "day": "today",
        "to": "chest",
        "channel": "phone",
        "for_id": request.args.get("for", "") or actor().account_id,
        "who": request.args.get("who", ""),
        "title": request.args.get("title", ""),
        "teller": request.args.get("teller", ""),
    }


def _acting_for() -> list[Party]:
    """Whose hours one may write down: one's own first."""
    found = members.parties(
        reading(), bank(), members.may_act_for(reading(), bank(), actor())
    ).values()
    return sorted(found, key=lambda party: (party.account_id != actor().account_id, party.name))


def _begun(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    """The two sides, the words and the word that a form for a new exchange gives."""
    own, across = _sides(session, values)
    word = OWN_WORD if own == actor().account_id else Word(Channel.WEB, own)
    if actor().is_broker and values["teller"]:
        word = Word(
            values["channel"], own, values["slip"] if values["channel"] == "paper" else None
        )
    giver_id, receiver_id = (own, across) if values["side"] == "gave" else (across, own)
    return {
        "giver_id": giver_id,
        "receiver_id": receiver_id,
        "title": values["title"],
        "word": word,
    }


def _sides(session: Session, values: dict[str, Any]) -> tuple[int, int]:
    """The accounts of whoever the form is filled in for, and of the other. Raises Invalid for
    either that means nobody."""

    def own() -> int:
        if actor().is_broker and values.get("teller"):
            return _one(session, values["teller"], values.get("teller_id"), "teller").account_id
        return _whose(values)

    return together(
        own, lambda: _one(session, values.get("who", ""), values.get("who_id"), "who").account_id
    )


def _whose(values: dict[str, Any]) -> int:
    """The account on whose behalf the form is filled in: the person's own, unless they chose
    another."""
    return cast(int, values.get("for_id") or actor().account_id)


def _by_name(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    found = members.parties(session, bank(), [given["giver_id"], given["receiver_id"]])
    return {**given, "giver": found[given["giver_id"]], "receiver": found[given["receiver_id"]]}


def _one(session: Session, text: str, chosen: int | None, field: str) -> Party:
    """The one whom a name or number written in `field` means. Raises Invalid: nobody, or several to
    choose from."""
    if not text:
        raise Invalid.on(field, say("Write the name or the member number."))
    found = _meant(session, text)
    picked = [party for party in found if party.account_id == chosen]
    if picked:
        return picked[0]
    if not found:
        raise Invalid.on(
            field,
            say(
                "We know nobody called “%(text)s”. Write the name as it is on the list, or the"
                " member number.",
                text=text,
            ),
        )
    if len(found) > _FEW:
        raise Invalid.on(
            field,
            say(
                "You wrote “%(text)s”, and we know more than a few. Write more of the name, or the"
                " member number.",
                text=text,
            ),
        )
    if len(found) > 1:
        number = ("", "", "two", "three", "four", "five")[len(found)]
        raise Invalid.on(
            f"{field}_id",
            say(
                "You wrote “%(text)s”, and we know %(number)s. Choose one.",
                text=text,
                number=number,
            ),
        )
    return found[0]


def _meant(session: Session, text: str) -> list[Party]:
    """Whom a text can mean: nobody for a single letter, since guessing letters would read out the
    membership."""
    if len(text) < 2 and not text.isdigit():
        return []
    found = members.find_parties(session, bank(), text, limit=_FEW + 1)
    named = [party for party in found if party.name.casefold() == text.casefold()]
    return named or found


def _several(session: Session, text: str) -> list[Party]:
    """Those to choose from, where there are a few."""
    found = _meant(session, text) if text else []
    return found if 1 < len(found) <= _FEW else []


def _day(values: dict[str, Any]) -> date:
    named = {"today": _today(), "yesterday": _today() - timedelta(days=1)}
    day = named.get(values["day"], values.get("occurred_on"))
    if day is None:
        raise Invalid.on("occurred_on", say("Write which day it was."))
    return day


def _today() -> date:
    return local_date(clock.now(), bank().timezone)


def _minutes(values: dict[str, Any]) -> int:
    """The time in two boxes: whole hours and minutes, or all of it in the first in any way people
    write it."""
    first, second = values.get("hours", ""), values.get("minutes", "")
    try:
        whole = (
            (int(first) * 60 if first.isdecimal() and len(first) < 6 else hours.parse(first))
            if first
            else 0
        )
        return whole + (hours.parse(second) if second else 0)
    except Invalid as refusal:
        raise Invalid.on("minutes", refusal.message) from refusal


def _undo_minutes() -> int:
    config: Config = current_app.config["TIMEBANK"]
    return config.undo_minutes


def _until(now: Any) -> str:
    return f"You can undo this until {time(rules.undo_ends(now, _undo_minutes()))}."
