"""Pages of partnerships, and of what was said and done."""

from flask import Blueprint, render_template

from timebank.db import reading
from timebank.dialogue import queries
from timebank.http import access
from timebank.members.current import bank

pages = Blueprint("dialogue", __name__, url_prefix="/b/<bank>/dialogue")


@pages.get("")
@access("public")
def index() -> str:
    """The partnerships there are."""
    return render_template(
        "dialogue/index.html", partnerships=queries.partnerships(reading(), bank())
    )


@pages.get("/<int:partnership_id>")
@access("public")
def show(partnership_id: int) -> str:
    """A partnership."""
    return render_template(
        "dialogue/show.html",
        partnership=queries.partnership(reading(), bank(), partnership_id),
    )
