"""Browsers for tests: they send forms as a page of ours would have them sent."""

from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from timebank.access.browser import SignedIn


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

    def sign_in(self, person: SignedIn, *, second_factor: bool = True) -> None:
        """Have this person signed in here, without the pages that are for that."""
        with self.session_transaction() as cookie:
            cookie["_user_id"] = person.get_id()
            if second_factor:
                cookie["second_factor"] = True

    def sign_out(self) -> None:
        """Forget who was signed in."""
        with self.session_transaction() as cookie:
            cookie.pop("_user_id", None)
            cookie.pop("second_factor", None)
