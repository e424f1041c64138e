"""Pages for signing in and out."""

from flask import Blueprint

from timebank.http import access

pages = Blueprint("access", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
@access("public")
def sign_in() -> str:
    """Placeholder replaced by the access feature."""
    return ""
