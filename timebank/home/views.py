"""The first page, help, privacy, text size and colours."""

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank import clock
from timebank.api.install import described
from timebank.banks import queries as banks
from timebank.db import reading
from timebank.feature import plugged_in
from timebank.home import guide, queries
from timebank.home import privacy as privacy_rules
from timebank.home.examples import PYTHON, examples
from timebank.home.schemas import AppearanceIn
from timebank.http import access, shown
from timebank.members import current
from timebank.room import first_page as first_page_of
from timebank.say import say
from timebank.web import appearance as looks
from timebank.web import languages
from timebank.web.forms import Form, submit
from timebank.web.navigation import first_page
from timebank.web.paths import inside

pages = Blueprint("home", __name__)

_ROBOTS = """User-agent: *
Allow: /$
Allow: /static/
Allow: /b/*/$
Allow: /b/*/activities/public
Allow: /b/*/activities/*/public$
Allow: /b/*/help$
Allow: /b/*/join$
Allow: /b/*/privacy$
Disallow: /
"""

_GUIDE = "timebank.guide"
"""Under this name an application keeps its guide to the API."""


@pages.get("/")
@access("public")
def front() -> str | Response:
    """One's own bank, or the only one there is, or one to choose: among a few, or by its name or
    place."""
    if g.actor is not None:
        return redirect(first_page())
    wanted = request.args.get("q", "")
    choice = banks.choice(reading(), wanted)
    if choice.only is not None:
        return redirect(url_for("home.bank", bank=choice.only.slug))
    return render_template("home/front.html", choice=choice, wanted_bank=wanted)


@pages.get("/robots.txt")
@access("public")
def robots() -> Response:
    """What search engines may read: what is written for everybody, how to join, and no person."""
    return Response(_ROBOTS, mimetype="text/plain")


@pages.get("/favicon.ico")
@access("public")
def favicon() -> Response:
    """The icon, where a program asks for it without having read a page."""
    return redirect(url_for("static", filename="favicon.svg"))


@pages.get("/.well-known/change-password")
@access("public")
def change_password() -> Response:
    """Where a password manager changes a password (W3C, A Well-Known URL for Changing
    Passwords)."""
    if g.actor is None or g.actor.member_id is None:
        return redirect(url_for("access.sign_in"))
    return redirect(url_for("access.password", bank=banks.by_id(reading(), g.actor.bank_id).slug))


@pages.get("/b/<bank>/")
@access("public")
def bank() -> str:
    """To a visitor, what this bank is and how to join; to a member, their hours and what waits for
    them."""
    if g.actor is None:
        street = queries.street(reading(), current.bank(), now=clock.now())
        return render_template("home/bank.html", street=street)
    act = current.act()
    mine = queries.mine(reading(), current.bank(), act.by)
    brought = first_page_of(reading(), current.bank(), plugged_in(), act)
    return render_template("home/bank.html", mine=mine, brought=brought)


@pages.get("/b/<bank>/more")
@access("broker")
def more() -> str:
    """The pages that have no room at the head of each."""
    return render_template("home/more.html")


@pages.get("/help")
@pages.get("/b/<bank>/help")
@access("public")
def help() -> str:  # noqa: A001  (The page is called help, and nothing here asks Python for its own.)
    """How a time bank works, and how to do things here."""
    return render_template("home/help.html", undo_minutes=current.config().undo_minutes)


@pages.get("/help/api")
@access("public")
def api() -> str:
    """How programs do what people do here: examples, refusals, and everything there is."""
    document = described(current_app)
    return render_template(
        "home/api.html",
        marked=guide.marked,
        parts=guide.parts(document),
        python=PYTHON,
        examples=examples(clock.now().date()),
        what_to_do=guide.WHAT_TO_DO,
        tags=_guide(),
    )


@pages.get("/help/codes")
@access("public")
def api_codes() -> str:
    """Every code with which a call is refused."""
    return render_template("home/api_codes.html", marked=guide.marked, codes=guide.codes())


def _guide() -> list[guide.Tag]:
    """Everything that can be called: it is as it was when the application started."""
    if _GUIDE not in current_app.extensions:
        current_app.extensions[_GUIDE] = guide.tags(described(current_app))
    return current_app.extensions[_GUIDE]


@pages.get("/help/api/<tag>")
@access("public")
def api_calls(tag: str) -> str:
    """The calls of one part of it."""
    shown_tag = guide.tag(_guide(), tag)
    return render_template("home/api_calls.html", marked=guide.marked, tag=shown_tag)


@pages.get("/help/api/<tag>/<call>")
@access("public")
def api_call(tag: str, call: str) -> str:
    """One call: what it takes and what it answers."""
    shown_call = guide.call(_guide(), tag, call)
    return render_template("home/api_call.html", marked=guide.marked, tag=tag, call=shown_call)


@pages.get("/api")
@pages.get("/api/v1")
@access("public")
def api_root() -> Response:
    """Whoever looks for the API at its root finds the page about it."""
    return redirect(url_for(".api"))


@pages.get("/privacy")
@pages.get("/b/<bank>/privacy")
@access("public")
def privacy() -> str:
    """What is kept about people, who sees it, and for how long."""
    return render_template(
        "home/privacy.html",
        fields=privacy_rules.FIELDS,
        readers=privacy_rules.READERS,
        sees=privacy_rules.SEES,
        who_sees=privacy_rules.WHO_SEES,
    )


@pages.post("/language")
@pages.post("/b/<bank>/language")
@access("public")
def language() -> Response:
    """Read the pages in another language, in this browser."""
    answer = redirect(inside(request.form.get("then", "")) or url_for("home.front"), 303)
    languages.keep(answer, request.form.get("language", ""), current.config())
    return answer


@pages.route("/appearance", methods=["GET", "POST"])
@pages.route("/b/<bank>/appearance", methods=["GET", "POST"])
@access("public")
def appearance() -> Response:
    """Choose text size and colours for this browser."""
    now = looks.appearance()
    came_from = inside(request.referrer)

    def do(session: Session, values: dict[str, Any]) -> Response:
        answer = redirect(inside(values["then"]) or url_for("home.front"), 303)
        looks.keep(
            answer,
            looks.Appearance(values["theme"], values["text"]),
            current.config(),
        )
        flash(shown(say("Done: pages in this browser look like this from now on.")))
        return answer

    def page(form: Form) -> str:
        return render_template(
            "home/appearance.html", form=form, came_from=inside(form.value("then"))
        )

    return submit(
        AppearanceIn(),
        do,
        page,
        initial={"theme": now.theme, "text": now.text, "then": came_from or ""},
    )
