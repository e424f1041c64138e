"""Pages for signing in and out, and for what one signs in with."""

from collections.abc import Callable
from typing import Any

import segno
from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask import session as browser
from marshmallow import EXCLUDE
from pyotp.totp import TOTP
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, hours
from timebank.access import commissioners, queries, rules, service
from timebank.access.browser import (
    begin,
    end,
    go_on,
    judged,
    must_show_second_factor,
    nonce,
    rationed,
    second_factor_shown,
    show_second_factor,
    signed_in_by_link,
)
from timebank.access.rules import NewToken
from timebank.access.schemas import CodeIn, HandLinkIn, NameIn, PasswordIn, SignInIn, TokenIn
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.errors import Refusal
from timebank.http import access, shown, status_of
from timebank.members import queries as members
from timebank.members.current import act, actor, bank, config
from timebank.say import say
from timebank.schema import Schema, load
from timebank.web.forms import Form, submit, written
from timebank.web.navigation import first_page
from timebank.web.paths import inside

pages = Blueprint("access", __name__)

_PENDING_SEED = "second_factor_seed"


# ---- Signing in and out ----


@pages.route("/sign-in", methods=["GET", "POST"])
@access("public")
def sign_in() -> Response:
    """Sign in with a name and a password, or go on to a one-time link."""
    wanted = inside(request.values.get("next"))
    if g.actor is not None and request.method == "GET":
        return redirect(wanted or first_page())
    choice = _choose_bank("access/sign_in.html")
    if choice:
        return choice

    def do(values: dict[str, Any]) -> Response:
        name, password = values["name"], values["password"]
        member = judged(
            queries.subject(reading(), bank(), name),
            lambda: service.recognise(reading(), bank(), name, password),
        )
        with transaction() as session:
            service.renew_hash(session, bank(), member.id, password)
            person, key = queries.actor_of(member), service.session_key(session, bank(), member.id)
        begin(person, key, bank(), how="password")
        return redirect(_onward(wanted), 303)

    return _answer(
        SignInIn(),
        do,
        lambda form: render_template("access/sign_in.html", form=form, wanted=wanted),
    )


@pages.route("/sign-in/link", methods=["GET", "POST"])
@access("public")
def send_link() -> Response:
    """Ask for a one-time link. The answer is the same whoever asks for whom."""
    choice = _choose_bank("access/send_link.html")
    if choice:
        return choice

    def do(values: dict[str, Any]) -> Response:
        rationed("link")
        settings, now = config(), clock.now()
        with transaction() as session:
            for send in (service.send_links, commissioners.send_links):
                send(
                    session,
                    bank(),
                    values["name"],
                    base_url=settings.base_url,
                    minutes=settings.link_minutes,
                    now=now,
                )
        on_its_way = say(
            "If %(name)s is known here, a link is on its way by e-mail. It works once, within"
            " %(time)s. Without an e-mail address, your broker will ring you.",
            name=values["name"],
            time=hours.words(settings.link_minutes),
        )
        flash(shown(on_its_way))
        return redirect(url_for("access.enter_code", to=bank().slug), 303)

    return _answer(NameIn(), do, lambda form: render_template("access/send_link.html", form=form))


@pages.route("/sign-in/code", methods=["GET", "POST"])
@access("public")
def enter_code() -> Response:
    """Type the code of a one-time link that was handed over on paper or read out."""

    def do(values: dict[str, Any]) -> Response:
        return redirect(
            url_for("access.link", code=rules.grouped(rules.folded_code(values["code"]) or "0")),
            303,
        )

    _look_around()
    return _answer(CodeIn(), do, lambda form: render_template("access/enter_code.html", form=form))


@pages.route("/sign-in/link/<code>", methods=["GET", "POST"])
@access("public")
def link(code: str) -> Response:
    """A one-time link: looking at it does not use it (mail is looked at by machines), the button on
    it does."""

    this_browser = nonce()

    def do(values: dict[str, Any]) -> Response:
        with transaction() as session:
            person, key = service.use_any_link(session, code, browser=this_browser, now=clock.now())
        begin(person, key, banks.by_id(reading(), person.bank_id), how="link")
        return redirect(_onward(), 303)

    def page(form: Form) -> str:
        now = clock.now()
        holder = queries.link_holder(reading(), code, now=now) or commissioners.link_holder(
            reading(), code, now=now
        )
        g.bank = banks.by_id(reading(), holder.bank_id) if holder else g.bank
        return render_template("access/link.html", form=form, holder=holder)

    return _answer(None, do, page)


@pages.post("/sign-out")
@access("public")
def sign_out() -> Response:
    """Sign out of this browser."""
    home = g.bank
    end()
    flash(shown(say("You are signed out.")))
    return redirect(url_for("access.sign_in", to=home.slug if home else None), 303)


@pages.post("/b/<bank>/me/sign-out-everywhere")
@access("member", second_factor=False)
def sign_out_everywhere() -> Response:
    """Sign out of every browser."""
    with transaction() as session:
        service.end_sessions(session, bank(), _own_id())
    end()
    flash(shown(say("You are signed out everywhere.")))
    return redirect(url_for("access.sign_in", to=bank().slug), 303)


# ---- The second factor ----


@pages.route("/second-factor", methods=["GET", "POST"])
@access("broker", second_factor=False)
def second_factor() -> Response:
    """Show the second factor, after the password or the link."""
    wanted = inside(request.values.get("next"))
    if second_factor_shown():
        return redirect(wanted or first_page())
    if not queries.has_second_factor(reading(), bank(), _own_id()):
        return redirect(url_for("access.set_up_second_factor", next=wanted))

    def use(code: str) -> None:
        with transaction() as session:
            service.show_second_factor(session, bank(), _own_id(), code, now=clock.now())

    def do(values: dict[str, Any]) -> Response:
        judged(f"second-factor:{_own_id()}", lambda: use(values["code"]))
        show_second_factor()
        return redirect(wanted or first_page(), 303)

    return _answer(
        CodeIn(),
        do,
        lambda form: render_template("access/second_factor.html", form=form, wanted=wanted),
    )


@pages.route("/second-factor/set-up", methods=["GET", "POST"])
@access("broker", second_factor=False)
def set_up_second_factor() -> Response:
    """Set up the second factor; or another, for who has shown the one there is."""
    wanted = inside(request.values.get("next"))
    if queries.has_second_factor(reading(), bank(), _own_id()) and not second_factor_shown():
        return redirect(url_for("access.second_factor", next=wanted))
    seed = browser.setdefault(_PENDING_SEED, service.new_second_factor())

    def do(session: Session, values: dict[str, Any]) -> Response:
        codes = service.set_up_second_factor(
            session, bank(), _own_id(), seed, values["code"], act()
        )
        browser.pop(_PENDING_SEED)
        show_second_factor()
        return make_response(
            render_template(
                "access/set_up_second_factor.html", form=Form(), codes=codes, wanted=wanted
            )
        )

    def page(form: Form) -> str:
        address = TOTP(seed).provisioning_uri(name=actor().name, issuer_name=bank().name)
        secret = {"seed": " ".join(rules.grouped(seed).split("-")), "picture": _picture(address)}
        return render_template(
            "access/set_up_second_factor.html", form=form, wanted=wanted, **secret
        )

    return submit(CodeIn(), do, page)


@pages.route("/second-factor/recovery-codes", methods=["GET", "POST"])
@access("broker")
def recovery_codes() -> Response:
    """See how many recovery codes are left, and make new ones."""

    def do(session: Session, values: dict[str, Any]) -> Response:
        codes = service.new_recovery_codes(session, bank(), _own_id(), act())
        return make_response(
            render_template("access/recovery_codes.html", form=Form(), codes=codes)
        )

    def page(form: Form) -> str:
        left = queries.recovery_codes_left(reading(), bank(), _own_id())
        return render_template("access/recovery_codes.html", form=form, left=left)

    return submit(None, do, page)


@pages.route("/b/<bank>/members/<int:member_id>/second-factor", methods=["GET", "POST"])
@access("coordinator")
def reset_second_factor(member_id: int) -> Response:
    """Take a lost second factor off one of the staff."""
    member = members.member(reading(), bank(), member_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        service.reset_second_factor(session, bank(), member_id, act())
        done = say(
            "Done: %(name)s sets up a new second factor at the next sign-in.", name=member.name
        )
        flash(shown(done))
        return redirect(url_for("members.show", member_id=member_id), 303)

    def page(form: Form) -> str:
        there_is_one = queries.has_second_factor(reading(), bank(), member_id)
        return render_template(
            "access/reset_second_factor.html", form=form, member=member, there_is_one=there_is_one
        )

    return submit(None, do, page)


# ---- What one signs in with ----


@pages.route("/b/<bank>/me/password", methods=["GET", "POST"])
@access("member")
def password() -> Response:
    """Set a password, or another. Nobody needs one."""
    has_one = queries.has_password(reading(), bank(), _own_id())
    must_show = has_one and not signed_in_by_link()

    def do(values: dict[str, Any]) -> Response:
        if must_show:
            judged(
                f"member:{_own_id()}",
                lambda: service.check_own_password(reading(), bank(), _own_id(), values["current"]),
            )
        with transaction() as session:
            service.set_password(session, bank(), _own_id(), values["password"], act())
            key = service.session_key(session, bank(), _own_id())
        go_on(actor(), bank(), key)
        flash(
            shown(
                say("Done: that is your password from now on. Everywhere else you are signed out.")
            )
        )
        return redirect(url_for("access.password"), 303)

    def page(form: Form) -> str:
        me = members.member(reading(), bank(), _own_id())
        facts = {"has_one": has_one, "must_show": must_show, "name": me.email or me.number}
        factor = queries.has_second_factor(reading(), bank(), _own_id())
        return render_template("access/password.html", form=form, factor=factor, **facts)

    return _answer(PasswordIn(), do, page)


@pages.route("/b/<bank>/me/tokens", methods=["GET", "POST"])
@access("member")
def tokens() -> Response:
    """Keys for programs that act for oneself: make one, see what there is."""

    def do(session: Session, new: NewToken) -> Response:
        secret = service.make_token(session, bank(), _own_id(), new, act())
        return make_response(page(Form(), secret=secret))

    def page(form: Form, secret: str = "") -> str:
        own = queries.tokens(reading(), bank(), _own_id())
        return render_template("access/tokens.html", form=form, tokens=own, secret=secret)

    return submit(TokenIn(), do, page)


@pages.post("/b/<bank>/me/tokens/<int:token_id>/revocation")
@access("member")
def revoke_token(token_id: int) -> Response:
    """End a token."""
    with transaction() as session:
        service.revoke_token(session, bank(), token_id, act())
    flash(shown(say("Done: that key opens nothing any more.")))
    return redirect(url_for("access.tokens"), 303)


@pages.route("/b/<bank>/members/<int:member_id>/link", methods=["GET", "POST"])
@access("broker")
def hand_link(member_id: int) -> Response:
    """Make a one-time link for a member, to hand over on paper or read out."""
    member = members.member(reading(), bank(), member_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        code = service.make_link(session, bank(), member_id, act(), minutes=values["minutes"])
        site = config().base_url.rstrip("/")
        link = {
            "code": code,
            "typed_at": site + url_for("access.enter_code"),
            "picture": _picture(site + url_for("access.link", code=code)),
            "good_for": rules.good_for(values["minutes"]),
        }
        return make_response(
            render_template("access/hand_link.html", form=Form(), member=member, **link)
        )

    def page(form: Form) -> str:
        shortest = config().link_minutes
        choices = [
            (shortest, hours.words(shortest)),
            (24 * 60, say("A day")),
            (7 * 24 * 60, say("A week")),
        ]
        return render_template("access/hand_link.html", form=form, member=member, lengths=choices)

    return submit(HandLinkIn(), do, page, initial={"minutes": config().link_minutes})


# ---- What the pages above share ----


def _answer(
    schema: Schema | None, do: Callable[[dict[str, Any]], Response], page: Callable[[Form], str]
) -> Response:
    """Serve a form as `submit` does, but outside any transaction and not once per form.

    What proves somebody's name takes long to check on purpose, and a failed attempt has to be
    written down though it is refused; and a form sent twice has to be judged twice.
    """
    if request.method != "POST":
        return make_response(page(Form()))
    form = Form(request.form)
    try:
        return do(load(schema, written(schema), unknown=EXCLUDE) if schema else {})
    except Refusal as refusal:
        form.refused(refusal)
        return make_response(page(form), status_of(refusal))


def _choose_bank(template: str) -> Response | None:
    """Settle in which bank somebody signs in: the one in the address, or the only one; else a page
    to choose it on."""
    known = _look_around()
    if g.bank is None:
        return make_response(render_template(template, form=Form(), banks=known))
    return None


def _look_around() -> list[Bank]:
    """The banks of this installation; the page is about the one asked for, or the only one."""
    slug = request.values.get("to")
    known = list(banks.all_banks(reading()))
    if slug:
        g.bank = banks.by_slug(reading(), slug)
    elif g.bank is None and len(known) == 1:
        g.bank = known[0]
    return known


def _onward(wanted: str | None = None) -> str:
    """Where somebody goes who has just signed in: what they wanted, or their first page; staff show
    their second factor."""
    if must_show_second_factor(actor()):
        return url_for("access.second_factor", next=wanted)
    return wanted or first_page()


def _own_id() -> int:
    """The id of whoever is signed in; they are always a member."""
    member_id = actor().member_id
    if member_id is None:
        raise RuntimeError("Only members sign in.")
    return member_id


def _picture(address: str) -> str:
    """A QR code of an address, for the `src` of an image."""
    return segno.make(address, error="m").svg_data_uri(border=4, dark="#000", light="#fff")
