"""Browsers for tests: they send forms as a page of ours would have them sent."""

from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer


class Browser(FlaskClient):
    """A browser whose every form carries the token against forged forms. `browser.sign_out()` is
    the person gone."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.open_a_page()

    def open_a_page(self) -> None:
        """What opening any page with a form does: the browser keeps the token's seed, and its forms
        send the token.

        Signing in and out ends the token; who goes on in the same browser opens another page first.
        """
        seed = "0" * 40
        with self.session_transaction() as cookie:
            cookie["csrf_token"] = seed
        signer = URLSafeTimedSerializer(
            self.application.config["SECRET_KEY"], salt="wtf-csrf-token"
        )
        self.environ_base["HTTP_X_CSRFTOKEN"] = signer.dumps(seed)

    def sign_in(self, token: str) -> None:
        """Have whoever is in the session of that token signed in here, without the pages that are
        for that."""
        with self.session_transaction() as cookie:
            cookie["_user_id"] = token

    def sign_out(self) -> None:
        """Forget who was signed in."""
        with self.session_transaction() as cookie:
            cookie.pop("_user_id", None)
