"""The page `/styleguide`: every piece that pages are made of, for those who make pages. It is there
in development alone (`FLASK_DEBUG=1`)."""

import re
from datetime import date

from flask import Flask, render_template

from timebank.config import STATIC
from timebank.http import access
from timebank.room import Answer, Line, Link, Person, Row
from timebank.say import say
from timebank.web.forms import Form

_HERE = Link("home.styleguide")
_PARTIES = [Person("Joan Whitlock", 1, 1), Person("Rosa", 2, 2), Person("Lunch club", 3)]


@access("public")
def styleguide() -> str:
    """The pieces, each made by its macro."""
    form = Form({"name": ""})
    form.errors["name"] = "Write your name."
    return render_template(
        "home/_styleguide.html",
        form=form,
        parties=_PARTIES,
        drawings=re.findall(r'id="(\w+)"', (STATIC / "icons.svg").read_text()),
        lines=[_waits("Ravi gave you 2 hours on Thursday: the garden gate. Is that right?")] * 2,
        rows=[
            Row("A lift to the eye clinic", _HERE, "With Derek", _PARTIES[0], done=2, steps=4),
            Row("Repair café", _HERE, "St Anne’s hall", at=date(2026, 11, 28)),
            Row("How shall we tell you?", _HERE, "By e-mail or a call", icon="letter"),
        ],
    )


def _waits(title: str) -> Line:
    answers = [Answer(say("Yes, that’s right"), _HERE, main=True), Answer(say("Not right"), _HERE)]
    return Line(title, _HERE, answers=answers, who=_PARTIES[1])


def install(app: Flask) -> None:
    """In development, add the page."""
    if app.debug:
        app.add_url_rule("/styleguide", "home.styleguide", styleguide)
