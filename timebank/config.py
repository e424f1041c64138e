"""Every setting, with its unit and default. TIMEBANK_<NAME> overrides each, in the environment or
in `timebank.env`."""

import hmac
import os
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_type_hints

from timebank.errors import Invalid
from timebank.say import say

VERSION = "0.1.0"

SETTINGS_FILE = "timebank.env"
"""Settings kept in the working directory, beside the database: lines of TIMEBANK_<NAME>=value. The
environment wins."""

_PACKAGE = pathlib.Path(__file__).parent


def _beside(name: str) -> pathlib.Path:
    """A folder of the project: inside the package when installed from a wheel, beside it in a
    checkout."""
    packed = _PACKAGE / f"_{name}"
    return packed if packed.is_dir() else _PACKAGE.parent / name


TEMPLATES = _beside("templates")
MIGRATIONS = _beside("migrations")
STATIC = _PACKAGE / "static"
TRANSLATIONS = _PACKAGE / "translations"


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one installation."""

    database_url: str = _setting(
        "sqlite:///timebank.sqlite3",
        "where the data lives: sqlite:///file or postgresql+psycopg://…",
    )
    secret_key: str = _setting(
        "", "signs sessions and forms; at least 32 characters, the same for every process"
    )
    base_url: str = _setting(
        "http://127.0.0.1:8000", "the address people reach this installation at, for links in mail"
    )
    second_factor: str = _setting(
        "staff", "who must use a second factor: staff, or off (only to try things out)"
    )
    seed_key: str = _setting(
        "",
        "seals the seeds of second factors; at least 32 characters, or empty: the secret key does",
    )
    seed_key_before: str = _setting(
        "", "the key that sealed them before, until `timebank members seal` has been run"
    )
    session_hours: int = _setting(12, "hours a member’s sign-in lasts without use")
    session_days: int = _setting(7, "days a member’s sign-in lasts at most")
    stay_days: int = _setting(
        90, "days it lasts for a member who ticks “Stay signed in on this device”"
    )
    staff_session_minutes: int = _setting(120, "minutes a sign-in of the staff lasts without use")
    staff_session_hours: int = _setting(12, "hours a sign-in of the staff lasts at most")
    fresh_minutes: int = _setting(
        10, "minutes after which whoever changes a way in says again who they are"
    )
    link_minutes: int = _setting(60, "minutes a one-time sign-in link is good for")
    undo_minutes: int = _setting(10, "minutes in which one button undoes a confirmation or a gift")
    sign_in_attempts: int = _setting(
        10,
        "failed sign-ins of one person from one device before a pause; from all devices unknown to"
        " them, ten times as many in a day",
    )
    sign_in_pause_minutes: int = _setting(15, "minutes of that pause")
    upload_megabytes: int = _setting(40, "largest file that may be sent in, in megabytes")
    mail_server: str = _setting("", "SMTP host; empty: mail waits in the outbox")
    mail_port: int = _setting(25, "SMTP port")
    mail_username: str = _setting("", "SMTP user, if the server asks for one")
    mail_password: str = _setting("", "SMTP password")
    mail_use_tls: bool = _setting(False, "STARTTLS, yes or no")
    mail_from: str = _setting("timebank@localhost", "sender of mail")
    text_driver: str = _setting(
        "", "how text messages go: file, http, or empty: a broker rings instead"
    )
    text_folder: str = _setting(
        "texts", "folder for text messages, one file of JSON each, with the file driver"
    )
    text_url: str = _setting("", "address that the http driver posts text messages to")
    text_token: str = _setting("", "bearer token for that address, if it asks for one")
    push_key: str = _setting(
        "",
        "signs notices to devices (VAPID): `timebank phones new-key` makes one; empty: there are"
        " none",
    )
    push_services: str = _setting(
        "fcm.googleapis.com push.services.mozilla.com push.apple.com notify.windows.com",
        "hosts, and what stands under them, to which notices for devices may be handed over, parted"
        " by spaces",
    )
    worker: bool = _setting(True, "run a worker inside `timebank serve`, yes or no")
    seal_minutes: int = _setting(10, "minutes between two seals of the ledger")
    metrics_token: str = _setting("", "token for /metrics; empty: the page is not there")
    secure_cookies: bool = _setting(True, "send cookies over https only, yes or no")
    proxies: int = _setting(
        0,
        "proxies in front of this one whose word is taken for who is asking (X-Forwarded-For and"
        " so on)",
    )

    @property
    def key_print(self) -> str:
        """By what machines are told to share the secret key, which nobody learns from it."""
        return hmac.digest(self.secret_key.encode(), b"which key is it", "sha256").hex()[:16]

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, **overrides: Any
    ) -> "Config":
        """Read TIMEBANK_<NAME> for every setting, from the settings file and over it the
        environment (or a given one alone).

        Raises Invalid, naming the setting, for a value of the wrong kind, and for a line of the
        file that sets nothing.
        """
        if environment is None:
            environment = {**_settings_file(pathlib.Path(SETTINGS_FILE)), **os.environ}
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        for entry in fields(cls):
            variable = f"TIMEBANK_{entry.name.upper()}"
            if variable in environment:
                values[entry.name] = _parse(variable, environment[variable], hints[entry.name])
        return cls(**{**values, **overrides})


def _settings_file(path: pathlib.Path) -> dict[str, str]:
    """What the settings file says; nothing if there is none. Empty lines and lines that begin with
    # say nothing."""
    if not path.is_file():
        return {}
    settings: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name.startswith("TIMEBANK_"):
            raise Invalid(
                say(
                    "Line %(number)s of %(path)s does not read TIMEBANK_<NAME>=value.",
                    number=number,
                    path=str(path),
                )
            )
        settings[name] = value
    return settings


def _parse(variable: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() in {"1", "yes", "true", "on"}:
            return True
        if text.lower() in {"0", "no", "false", "off", ""}:
            return False
        raise Invalid(
            say("%(variable)s is “%(text)s”; write yes or no.", variable=variable, text=text)
        )
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise Invalid(
                say(
                    "%(variable)s is “%(text)s”; write a whole number.",
                    variable=variable,
                    text=text,
                )
            ) from None
    return text
