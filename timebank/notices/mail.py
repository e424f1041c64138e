"""E-mail, from the outbox to the mail server. A repeat carries the same Message-ID, by which mail
systems fold it into the first."""

import secrets
import smtplib
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import formataddr
from typing import Any

from flask import Flask, current_app
from flask_mailman import EmailMessage, EmailMultiAlternatives, Mail
from flask_mailman.backends.smtp import EmailBackend
from sqlalchemy.orm import Session

from timebank import voices
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.jobs.errors import TryLater
from timebank.notices import outbox, rules, twin
from timebank.notices.models import Notice
from timebank.notices.outbox import Refused
from timebank.notices.rules import Words
from timebank.say import say

_TIMEOUT_SECONDS = 20
"""How long to wait for each answer of the mail server; a whole conversation stays well within a
lease."""


class _Verifying(smtplib.SMTP):
    """SMTP that checks whom it talks to; the standard library's STARTTLS takes any certificate
    unless told otherwise."""

    def starttls(
        self, *args: Any, context: ssl.SSLContext | None = None, **more: Any
    ) -> tuple[int, bytes]:
        return super().starttls(*args, context=context or ssl.create_default_context(), **more)


class Backend(EmailBackend):
    """Flask-Mailman's SMTP with certificates checked."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Verifying


def install(app: Flask) -> None:
    """Tell Flask-Mailman the settings."""
    config: Config = app.config["TIMEBANK"]
    app.config.update(
        MAIL_BACKEND=Backend,
        MAIL_SERVER=config.mail_server,
        MAIL_PORT=config.mail_port,
        MAIL_USERNAME=config.mail_username,
        MAIL_PASSWORD=config.mail_password,
        MAIL_USE_TLS=config.mail_use_tls,
        MAIL_DEFAULT_SENDER=config.mail_from,
        MAIL_TIMEOUT=_TIMEOUT_SECONDS,
    )
    Mail(app)


def send(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Send the notice by e-mail and say what came of it (see `outbox.send`).

    Raises TryLater when the mail server cannot be reached or does not take anything just now.
    """
    return outbox.send(_by_mail, session, payload, now)


def _by_mail(notice: Notice, bank: Bank, words: Words) -> Callable[[], None]:
    if not rules.is_address(notice.address or ""):
        raise Refused(say("that is no e-mail address"))
    message = compose(notice, bank, words)
    try:
        message.message()
    except ValueError as error:
        raise Refused(say("its first lines cannot be written as they are")) from error
    return lambda: _hand_over(message)


def _hand_over(message: EmailMessage) -> None:
    try:
        with _connected() as connection:
            connection.send_messages([message])
    except OSError as trouble:
        refused = _refusal(trouble)
        if refused is not None:
            raise Refused(refused) from trouble
        code = getattr(trouble, "smtp_code", "")
        raise TryLater(
            f"the mail server cannot be used: {type(trouble).__name__} {code}".rstrip()
        ) from trouble


def compose(notice: Notice, bank: Bank, words: Words) -> EmailMultiAlternatives:
    """The notice as an e-mail: plain text and its twin in HTML, from the bank, answers to the
    bank's own address.

    A repeat carries the same Message-ID, but for one with a way in: each has another, and the last
    is the one that works.
    """
    again = secrets.token_hex(4) if notice.secret else ""
    config: Config = current_app.config["TIMEBANK"]
    site = config.base_url.rstrip("/")
    contact = rules.Contact(
        bank.name, bank.contact_name, bank.contact_phone, bank.contact_email, bank.colour
    )
    is_member = notice.addressee.startswith("member:")
    change = f"{site}/b/{bank.slug}/me/notices" if is_member else ""
    letter = rules.outgoing(words, contact, voices.voice(notice.language), change=change)
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=formataddr((rules.one_line(bank.name, rules.NAME), config.mail_from)),
        to=[formataddr((notice.name, notice.address or ""))],
        reply_to=[bank.contact_email] if bank.contact_email else None,
        headers={
            "Message-ID": rules.message_id(notice.id, notice.created_at, config.mail_from, again),
            "Auto-Submitted": "auto-generated",
            "Content-Language": letter.language,
            **_by_program(words),
        },
    )
    message.attach_alternative(twin.html(letter, site), "text/html")
    return message


def _by_program(words: Words) -> dict[str, str]:
    """The lines by which a mail program ends a letter that comes again and again (RFC 2369, RFC
    8058)."""
    if words.ask is None or not words.ask.by_program:
        return {}
    return {
        "List-Unsubscribe": f"<{words.ask.address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def reach() -> None:
    """Greet the mail server and sign in, without sending anything. Raises OSError when it cannot be
    done."""
    with _connected():
        pass


@contextmanager
def _connected() -> Generator[Backend]:
    connection = Backend(mailman=current_app.extensions["mailman"])
    try:
        connection.open()
        yield connection
    finally:
        # By now the letter has been taken or not; how the server takes leave changes nothing.
        with suppress(OSError):
            connection.close()


def _refusal(trouble: OSError) -> str | None:
    """The server's words when it says no for good to this letter; None when it is worth trying
    again.

    Anything else that a server refuses (our sender, our password) is about this installation, and
    can be put right.
    """
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(trouble.recipients.values()))
    elif isinstance(trouble, smtplib.SMTPDataError):
        code, words = trouble.smtp_code, trouble.smtp_error
    else:
        return None
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"{code} {rules.one_line(text, 300)}" if code >= 500 else None
