"""Pages for signing in and out, and for what one signs in with."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import segno
from flask import (
    Blueprint,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from marshmallow import EXCLUDE
from pyotp.totp import TOTP
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock, hours
from timebank.access import commissioners, links, passkeys, queries, rules, service, sessions
from timebank.access.browser import (
    begin,
    end,
    judged,
    must_show_second_factor,
    nonce,
    open_session,
    second_factor_shown,
)
from timebank.access.errors import LinkGone, WrongCode
from timebank.access.links import Sending
from timebank.access.passkeys import Site
from timebank.access.rules import NewToken, SignedInBy
from timebank.access.schemas import (
    AddressesIn,
    CodeIn,
    HandLinkIn,
    NameIn,
    NewPasskeyIn,
    PasskeyIn,
    PasswordIn,
    ProofIn,
    SignInIn,
    TokenIn,
)
from timebank.access.seals import Seals
from timebank.act import Actor
from timebank.banks import queries as banks
from timebank.banks.queries import Choice
from timebank.banks.rules import whom_to_ring
from timebank.codes import folded_code, grouped
from timebank.db import reading, transaction
from timebank.errors import Conflict, Refusal
from timebank.http import access, choose_voice, shown, spend_ration, status_of
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.current import act, actor, bank, config
from timebank.members.rules import Addresses, AddressKind
from timebank.room import MAILED
from timebank.say import Said, say
from timebank.schema import Schema, load
from timebank.web.forms import Form, kept_nowhere, submit, written
from timebank.web.navigation import first_page
from timebank.web.paths import inside
from timebank.web.words import mail_leaves

pages = Blueprint("access", __name__)
pages.after_request(kept_nowhere)


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
            queries.person(reading(), bank(), name),
            lambda: service.recognise(reading(), bank(), name, password),
        )
        with transaction() as session:
            service.renew_hash(session, bank(), member.id, password)
        begin(queries.actor_of(member), SignedInBy.PASSWORD, bank(), stays=values["stay"])
        return redirect(_onward(wanted), 303)

    return _answer(
        SignInIn(),
        do,
        lambda form: render_template(
            "access/sign_in.html", form=form, wanted=wanted, stay_days=config().stay_days
        ),
    )


@pages.route("/sign-in/link", methods=["GET", "POST"])
@access("public", ration="link")
def send_link() -> Response:
    """Ask for a one-time link. The answer is the same whoever asks for whom, and takes as long."""
    wanted = inside(request.values.get("next"))
    choice = _choose_bank("access/send_link.html")
    if choice:
        return choice

    def do(values: dict[str, Any]) -> Response:
        with transaction() as session:
            links.ask(
                session, bank(), values["name"], browser=nonce(), wanted=wanted, now=clock.now()
            )
        flash(shown(_on_its_way(values["name"])))
        return redirect(url_for("access.enter_code", to=bank().slug), 303)

    return _answer(
        NameIn(),
        do,
        lambda form: render_template("access/send_link.html", form=form, wanted=wanted),
    )


def _on_its_way(name: str) -> Said:
    """What becomes of a link that was asked for, whoever is meant."""
    if not mail_leaves():
        return say(
            "No e-mail leaves this time bank just now. Ring %(ring)s: they can read a code out to"
            " you.",
            ring=whom_to_ring(bank().contact_name),
        )
    return say(
        "If %(name)s is known here, a link and a code are on their way. They work once, within"
        " %(time)s. Without an e-mail address, your broker will ring you.",
        name=name,
        time=hours.words(config().link_minutes),
    )


@pages.route("/sign-in/code", methods=["GET", "POST"])
@access("public")
def enter_code() -> Response:
    """Type the six digits that were sent, or the code of a link that was handed over on paper or
    read out."""
    this_browser = nonce()

    def do(values: dict[str, Any]) -> Response:
        code = links.check_typed(values["code"])
        if rules.is_digits(code):
            token_hash = _guessed(code)
            with transaction() as session:
                link = links.use_hash(session, token_hash, browser=this_browser, now=clock.now())
                person, wanted = links.holder(session, link), link.wanted
            return _let_in(person, wanted)
        if not _is_good(code):
            raise LinkGone(field="code")
        return redirect(url_for("access.link", code=grouped(code)), 303)

    _look_around()
    return _answer(CodeIn(), do, lambda form: render_template("access/enter_code.html", form=form))


def _guessed(code: str, member_id: int | None = None) -> str:
    """The hash of the link that six digits belong to. Raises WrongCode."""
    with transaction() as session:
        token_hash = links.guess(
            session,
            code,
            key=config().secret_key,
            browser=nonce(),
            member_id=member_id,
            now=clock.now(),
        )
    if token_hash is None:
        raise WrongCode(rules.WRONG_DIGITS)
    return token_hash


def _is_good(code: str) -> bool:
    """Whether the code of a link would sign somebody in."""
    now = clock.now()
    return bool(
        queries.link_holder(reading(), code, now=now)
        or commissioners.link_holder(reading(), code, now=now)
    )


def _let_in(person: Actor, wanted: str | None) -> Response:
    begin(person, SignedInBy.LINK, banks.by_id(reading(), person.bank_id))
    return redirect(_onward(wanted), 303)


@pages.route("/sign-in/link/<code>", methods=["GET", "POST"])
@access("public")
def link(code: str) -> Response:
    """A one-time link: looking at it does not use it (mail is looked at by machines), the button on
    it does. Used again by whom it has signed in, it leads home."""
    this_browser = nonce()
    if g.actor is not None and not _is_good(code):
        own = queries.was_link_of(reading(), code)
        if own is not None and own == g.actor.member_id:
            return redirect(first_page())

    def do(values: dict[str, Any]) -> Response:
        with transaction() as session:
            person, wanted = links.use_any(session, code, browser=this_browser, now=clock.now())
        return _let_in(person, wanted)

    def page(form: Form) -> str:
        now = clock.now()
        holder = queries.link_holder(reading(), code, now=now) or commissioners.link_holder(
            reading(), code, now=now
        )
        if holder is not None:
            g.bank = banks.by_id(reading(), holder.bank_id)
            choose_voice()
        return render_template("access/link.html", form=form, holder=holder)

    return _answer(None, do, page)


@pages.route("/sign-in/address/<code>", methods=["GET", "POST"])
@access("public")
def address(code: str) -> Response:
    """Prove an address one has given, by the link that was sent there. The button does it."""

    def do(values: dict[str, Any]) -> Response:
        with transaction() as session:
            links.use_proof(session, code, now=clock.now())
        flash(shown(say("Done: you can sign in with this address from now on.")))
        return redirect(first_page() if g.actor else url_for("access.sign_in"), 303)

    def page(form: Form) -> str:
        good = queries.proof(reading(), code, now=clock.now()) is not None
        return render_template("access/address.html", form=form, good=good)

    return _answer(None, do, page)


@pages.post("/sign-in/passkey")
@access("public", ration="passkey")
def passkey_question() -> Response:
    """What a browser is asked for to sign in with a passkey, for the script that asks it."""
    spend_ration()
    with transaction() as session:
        question = passkeys.ask_to_sign_in(session, _site(), browser=nonce(), now=clock.now())
    return Response(question, mimetype="application/json")


@pages.post("/sign-in/with-passkey")
@access("public")
def sign_in_with_passkey() -> Response:
    """Sign in with a passkey, once the browser has asked for it."""
    wanted = inside(request.values.get("next"))
    if g.bank is None:
        _look_around()

    def do(values: dict[str, Any]) -> Response:
        with transaction() as session:
            member = passkeys.sign_in(
                session, values["credential"], _site(), browser=nonce(), now=clock.now()
            )
            person = queries.actor_of(member)
        begin(person, SignedInBy.PASSKEY, banks.by_id(reading(), person.bank_id))
        return redirect(_onward(wanted), 303)

    def page(form: Form) -> str:
        choice = _look_around()
        return render_template(
            "access/sign_in.html",
            form=form,
            wanted=wanted,
            choice=choice if g.bank is None else None,
            wanted_bank=_looked_for(),
            stay_days=config().stay_days,
        )

    return _answer(PasskeyIn(), do, page)


@pages.route("/b/<bank>/me/again", methods=["GET", "POST"])
@access("member", second_factor=False)
def say_again() -> Response:
    """Say again who one is, before a way in is changed: by the password, a code from an app, or six
    digits that are sent."""
    wanted = inside(request.values.get("next"))
    here, own_id = bank(), _own_id()
    has_password = queries.has_password(reading(), here, own_id)
    has_app = queries.has_totp(reading(), here, own_id)

    def prove(secret: str) -> bool:
        """Check what was typed; whether it was a second factor."""
        code = folded_code(secret)
        if has_app and rules.is_digits(code):
            with suppress(WrongCode), transaction() as session:
                service.show_second_factor(session, here, own_id, secret, _seals(), now=clock.now())
                return True
        if rules.is_digits(code):
            with suppress(WrongCode):
                token_hash = _guessed(code, own_id)
                with transaction() as session:
                    links.use_hash(session, token_hash, browser=nonce(), now=clock.now())
                return False
        service.check_own_password(reading(), here, own_id, secret)
        return False

    def do(values: dict[str, Any]) -> Response:
        factor = judged(f"member:{own_id}", own_id, lambda: prove(values["secret"]))
        with transaction() as session:
            sessions.prove(session, open_session().id, second_factor=factor, now=clock.now())
        return redirect(wanted or url_for("members.me"), 303)

    def page(form: Form) -> str:
        return render_template(
            "access/say_again.html",
            form=form,
            wanted=wanted,
            has_password=has_password,
            has_app=has_app,
            has_passkey=bool(queries.passkeys(reading(), here, own_id)),
        )

    return _answer(ProofIn(), do, page)


@pages.post("/b/<bank>/me/again/code")
@access("member", second_factor=False, ration="link")
def send_own_code() -> Response:
    """Have six digits sent to oneself, to say again who one is."""
    spend_ration()
    with transaction() as session:
        sent = links.send_own(
            session, bank(), _own_id(), _sending(), browser=nonce(), now=clock.now()
        )
        by_mail = session.info.pop(MAILED, False)
    if not sent:
        words = say(
            "There is no address of yours here that they could be sent to. Ring your broker for a"
            " one-time link: signing in with it says who you are."
        )
    elif by_mail and not mail_leaves():
        words = say(
            "No e-mail leaves this time bank just now. Ring your broker for a one-time link:"
            " signing in with it says who you are."
        )
    else:
        words = say("Six digits are on their way to you.")
    flash(shown(words))
    wanted = inside(request.values.get("next"))
    return redirect(url_for("access.say_again", next=wanted), 303)


@pages.post("/b/<bank>/me/again/passkey")
@access("member", second_factor=False)
def say_again_with_passkey() -> Response:
    """Say again who one is with a passkey, which is a second factor too."""
    wanted = inside(request.values.get("next"))

    def do(values: dict[str, Any]) -> Response:
        now = clock.now()
        with transaction() as session:
            member = passkeys.sign_in(
                session, values["credential"], _site(), browser=nonce(), now=now
            )
            if member.id != _own_id():
                raise Conflict(say("That passkey is another member’s."))
            sessions.prove(session, open_session().id, second_factor=True, now=now)
        return redirect(wanted or first_page(), 303)

    def page(form: Form) -> str:
        return render_template("access/say_again_with_passkey.html", form=form, wanted=wanted)

    return _answer(PasskeyIn(), do, page)


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
    """Sign out of every browser, and end every key for programs."""
    with transaction() as session:
        service.sign_out_everywhere(session, bank(), act())
    end()
    flash(shown(say("You are signed out everywhere, and your keys for programs have ended.")))
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
            service.show_second_factor(session, bank(), _own_id(), code, _seals(), now=clock.now())

    def do(values: dict[str, Any]) -> Response:
        judged(f"second-factor:{_own_id()}", _own_id(), lambda: use(values["code"]))
        with transaction() as session:
            sessions.prove(session, open_session().id, second_factor=True, now=clock.now())
        return redirect(wanted or first_page(), 303)

    return _answer(
        CodeIn(),
        do,
        lambda form: render_template(
            "access/second_factor.html",
            form=form,
            wanted=wanted,
            has_app=queries.has_totp(reading(), bank(), _own_id()),
            has_passkey=bool(queries.passkeys(reading(), bank(), _own_id())),
        ),
    )


@pages.route("/second-factor/set-up", methods=["GET", "POST"])
@access("broker", second_factor=False, fresh=True)
def set_up_second_factor() -> Response:
    """Set up the second factor; or another, for who has shown the one there is."""
    wanted = inside(request.values.get("next"))
    if queries.has_second_factor(reading(), bank(), _own_id()) and not second_factor_shown():
        return redirect(url_for("access.second_factor", next=wanted))
    seed = _pending_seed()

    def do(session: Session, values: dict[str, Any]) -> Response:
        own = open_session().id
        codes = service.set_up_second_factor(
            session, bank(), _own_id(), seed, values["code"], _seals(), act()
        )
        sessions.keep_seed(session, own, None)
        sessions.prove(session, own, second_factor=True, now=clock.now())
        return make_response(
            render_template(
                "access/set_up_second_factor.html", form=Form(), codes=codes, wanted=wanted
            )
        )

    def page(form: Form) -> str:
        address = TOTP(seed).provisioning_uri(name=actor().name, issuer_name=bank().name)
        secret = {"seed": " ".join(grouped(seed).split("-")), "picture": _picture(address)}
        return render_template(
            "access/set_up_second_factor.html", form=form, wanted=wanted, **secret
        )

    return submit(CodeIn(), do, page)


def _pending_seed() -> str:
    """The seed that is being set up in this session, made when it is first asked for. The browser
    is shown it, and keeps nothing of it."""
    sealed = sessions.pending_seed(reading(), open_session().id)
    seed = _seals().open(sealed) if sealed else None
    if seed is None:
        seed = service.new_second_factor()
        with transaction() as session:
            sessions.keep_seed(session, open_session().id, _seals().seal(seed))
    return seed


@pages.route("/second-factor/recovery-codes", methods=["GET", "POST"])
@access("broker", fresh=True)
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
@access("coordinator", fresh=True)
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


@pages.route("/b/<bank>/members/<int:member_id>/sign-out", methods=["GET", "POST"])
@access("coordinator")
def sign_member_out(member_id: int) -> Response:
    """End every sign-in and every key of somebody else's."""
    member = members.member(reading(), bank(), member_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        service.sign_member_out(session, bank(), member_id, act())
        flash(shown(say("Done: %(name)s is signed out everywhere, and is told.", name=member.name)))
        return redirect(url_for("members.show", member_id=member_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template("access/sign_member_out.html", form=form, member=member),
    )


# ---- What one signs in with ----


@pages.get("/b/<bank>/me/sign-in")
@access("member")
def ways() -> str:
    """How one signs in: password, addresses, passkeys, second factor; where one is signed in; keys
    for programs."""
    session, here, own_id = reading(), bank(), _own_id()
    me = members.member(session, here, own_id)
    lasting, now = sessions.lasting(config()), clock.now()
    return render_template(
        "access/ways.html",
        member=me,
        claimed=queries.claimed(session, here, me),
        can_text=bool(config().text_driver),
        has_password=queries.has_password(session, here, own_id),
        has_app=queries.has_totp(session, here, own_id),
        passkeys=queries.passkeys(session, here, own_id),
        sessions=sessions.open_ones(session, here, actor(), lasting, now=now),
        this_session=open_session().id,
        form=Form(),
    )


@pages.post("/b/<bank>/me/sign-ins/<int:sign_in_id>/end")
@access("member")
def end_sign_in(sign_in_id: int) -> Response:
    """Sign out of one browser."""
    with transaction() as session:
        sessions.end(session, bank(), sign_in_id, act())
    flash(shown(say("Done: nobody is signed in there any more.")))
    return redirect(url_for("access.ways"), 303)


@pages.route("/b/<bank>/me/addresses", methods=["GET", "POST"])
@access("member", fresh=True)
def addresses() -> Response:
    """Change one's e-mail address and phone. A new one counts for signing in when it is proved."""
    me = members.member(reading(), bank(), _own_id())

    def do(session: Session, new: Addresses) -> Response:
        changed = members_service.set_addresses(session, bank(), new, act())
        sent = _ask_proofs(session, changed)
        if not sent:
            done = say("Done: they are changed.")
        elif AddressKind.EMAIL in changed and not mail_leaves():
            done = _WAITS
        else:
            done = say(
                "Done. We have sent a link there: open it, and you can sign in with the new"
                " address."
            )
        flash(shown(done))
        return redirect(url_for("access.ways"), 303)

    return submit(
        AddressesIn(),
        do,
        lambda form: render_template("access/addresses.html", form=form),
        initial={"email": me.email, "phone": me.phone},
    )


@pages.post("/b/<bank>/me/addresses/proof")
@access("member", ration="link")
def send_proof() -> Response:
    """Have the links that prove one's addresses sent again."""
    spend_ration()
    me = members.member(reading(), bank(), _own_id())
    with transaction() as session:
        sent = _ask_proofs(session, queries.claimed(session, bank(), me))
    if not sent:
        done = say("There is nothing to prove that a link could be sent to.")
    else:
        done = say("A link is on its way there.") if mail_leaves() else _WAITS
    flash(shown(done))
    return redirect(url_for("access.ways"), 303)


_WAITS = say(
    "Done. No e-mail leaves this time bank just now: the link that proves your address waits, and"
    " you sign in as before."
)


def _ask_proofs(session: Session, kinds: set[AddressKind]) -> bool:
    """Send links to addresses that are to be proved, as far as anything can be sent there."""
    sent = [
        links.ask_proof(session, bank(), _own_id(), kind, _sending(), now=clock.now())
        for kind in sorted(kinds)
    ]
    return any(sent)


@pages.route("/b/<bank>/me/password", methods=["GET", "POST"])
@access("member", fresh=True)
def password() -> Response:
    """Set a password, or another. Nobody needs one."""

    def do(values: dict[str, Any]) -> Response:
        with transaction() as session:
            service.set_password(
                session, bank(), _own_id(), values["password"], act(), keep=open_session().id
            )
        flash(
            shown(
                say(
                    "Done: that is your password from now on. Everywhere else you are signed out,"
                    " and your keys for programs have ended."
                )
            )
        )
        return redirect(url_for("access.ways"), 303)

    def page(form: Form) -> str:
        me = members.member(reading(), bank(), _own_id())
        has_one = queries.has_password(reading(), bank(), _own_id())
        return render_template(
            "access/password.html", form=form, has_one=has_one, name=me.email or me.number
        )

    return _answer(PasswordIn(), do, page)


@pages.route("/b/<bank>/me/passkeys", methods=["GET", "POST"])
@access("member", second_factor=False, fresh=True)
def new_passkey() -> Response:
    """Make a passkey for oneself. One of the staff who has another second factor shows it first."""
    if must_show_second_factor(actor()) and queries.has_second_factor(reading(), bank(), _own_id()):
        return redirect(url_for("access.second_factor", next=url_for("access.new_passkey")))

    def do(session: Session, values: dict[str, Any]) -> Response:
        made = passkeys.register(
            session,
            bank(),
            values["name"],
            values["credential"],
            _site(),
            act(),
            browser=nonce(),
        )
        sessions.prove(session, open_session().id, second_factor=True, now=clock.now())
        flash(shown(say("Done: you can sign in with the passkey %(name)s.", name=made.name)))
        return redirect(url_for("access.ways"), 303)

    return submit(
        NewPasskeyIn(), do, lambda form: render_template("access/new_passkey.html", form=form)
    )


@pages.post("/b/<bank>/me/passkeys/question")
@access("member", second_factor=False, fresh=True)
def new_passkey_question() -> Response:
    """What a browser is asked for to make a passkey, for the script that asks it."""
    with transaction() as session:
        question = passkeys.ask_to_register(
            session, bank(), actor(), _site(), browser=nonce(), now=clock.now()
        )
    return Response(question, mimetype="application/json")


@pages.post("/b/<bank>/me/passkeys/<int:passkey_id>/end")
@access("member", fresh=True)
def end_passkey(passkey_id: int) -> Response:
    """End a passkey."""
    with transaction() as session:
        passkeys.end(session, bank(), passkey_id, act())
    flash(shown(say("Done: that passkey opens nothing any more.")))
    return redirect(url_for("access.ways"), 303)


@pages.route("/b/<bank>/me/tokens", methods=["GET", "POST"])
@access("member", fresh=True)
def tokens() -> Response:
    """Keys for programs that act for oneself: make one, see what there is."""

    def do(session: Session, new: NewToken) -> Response:
        staff = actor().is_broker and not must_show_second_factor(actor())
        secret = service.make_token(session, bank(), _own_id(), new, act(), staff=staff)
        return make_response(page(Form(), secret=secret))

    def page(form: Form, secret: str = "") -> str:
        own = queries.tokens(reading(), bank(), _own_id(), now=clock.now())
        return render_template("access/tokens.html", form=form, tokens=own, secret=secret)

    return submit(TokenIn(), do, page, initial={"days": rules.LONGEST_KEY_DAYS})


@pages.post("/b/<bank>/me/tokens/<int:token_id>/revocation")
@access("member")
def revoke_token(token_id: int) -> Response:
    """End a key of one's own."""
    with transaction() as session:
        service.revoke_token(session, bank(), token_id, act())
    flash(shown(say("Done: that key opens nothing any more.")))
    return redirect(url_for("access.ways"), 303)


@pages.get("/b/<bank>/keys")
@access("coordinator")
def keys() -> str:
    """The keys for programs of everybody in the bank."""
    keys_held = queries.all_tokens(reading(), bank(), now=clock.now())
    return render_template("access/keys.html", keys=keys_held, form=Form())


@pages.post("/b/<bank>/keys/<int:token_id>/revocation")
@access("coordinator")
def end_key(token_id: int) -> Response:
    """End somebody's key for programs."""
    with transaction() as session:
        service.revoke_token(session, bank(), token_id, act())
    flash(shown(say("Done: that key opens nothing any more.")))
    return redirect(url_for("access.keys"), 303)


@pages.route("/b/<bank>/members/<int:member_id>/link", methods=["GET", "POST"])
@access("broker", fresh=True)
def hand_link(member_id: int) -> Response:
    """Make a one-time link for a member, to hand over on paper or read out."""
    member = members.member(reading(), bank(), member_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        code = links.make(session, bank(), member_id, act(), minutes=values["minutes"])
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
        values: dict[str, Any] = load(schema, written(schema), unknown=EXCLUDE) if schema else {}
        spend_ration()
        return do(values)
    except Refusal as refusal:
        form.refused(refusal)
        return make_response(page(form), status_of(refusal))


def _choose_bank(template: str) -> Response | None:
    """Settle in which bank somebody signs in: the one in the address, or the only one; else a page
    to choose it on."""
    choice = _look_around()
    if g.bank is None:
        page = render_template(
            template,
            form=Form(),
            choice=choice,
            wanted=inside(request.values.get("next")),
            wanted_bank=_looked_for(),
        )
        return make_response(page)
    return None


def _look_around() -> Choice:
    """The banks of this installation that may be meant; the page is about the one asked for, or the
    only one."""
    slug = request.values.get("to")
    choice = banks.choice(reading(), _looked_for())
    if slug:
        g.bank = banks.by_slug(reading(), slug)
    elif g.bank is None and choice.only is not None:
        g.bank = choice.only
    choose_voice()
    return choice


def _looked_for() -> str:
    """What somebody has written to find their bank by."""
    return request.args.get("q", "")


def _onward(wanted: str | None = None) -> str:
    """Where somebody goes who has just signed in: what they wanted, or their first page; staff show
    their second factor."""
    if must_show_second_factor(actor()):
        return url_for("access.second_factor", next=wanted)
    return wanted or first_page()


def _site() -> Site:
    return Site.of(config().base_url)


def _seals() -> Seals:
    return Seals.of(config())


def _sending() -> Sending:
    return Sending.of(config())


def _own_id() -> int:
    """The id of whoever is signed in; they are always a member."""
    member_id = actor().member_id
    if member_id is None:
        raise RuntimeError("Only members sign in.")
    return member_id


def _picture(address: str) -> str:
    """A QR code of an address, for the `src` of an image."""
    return segno.make(address, error="m").svg_data_uri(border=4, dark="#000", light="#fff")
