"""E-mail against a real SMTP server: one that runs in a thread of the tests."""

import email
import email.policy
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Generator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask
from sqlalchemy import select, update

from tests.factories import make_bank, write_notice
from tests.letters import html, plain
from tests.ports import free_port
from timebank import clock
from timebank.banks.queries import all_banks
from timebank.db import reading, transaction
from timebank.jobs import models as jobs_models
from timebank.jobs import rules as jobs_rules
from timebank.jobs.worker import Worker
from timebank.notices import queries, rules, service
from timebank.notices.feature import feature
from timebank.notices.models import Notice


class Server:
    """Takes letters, or answers a step of the conversation with words of the test's."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        return "250 Taken"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(port: int) -> Generator[Server]:
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def settings(port: int) -> dict[str, Any]:
    """Where letters go."""
    return {"mail_server": "127.0.0.1", "mail_port": port, "mail_from": "bank@fife.example"}


@pytest.fixture
def app(app: Flask, lend: Callable[..., Flask], settings: dict[str, Any]) -> Generator[Flask]:
    """The application with its mail server set, and the test inside it."""
    lend(app, **settings)
    with app.app_context():
        with transaction() as session:
            make_bank(
                session,
                name="Fìfe Time Bank",
                contact_name="Maggie Reid",
                contact_phone="01592 555 010",
                contact_email="maggie@fife.example",
            )
        yield app


def write(**changes):
    values = {"body": "Ben says he helped you on Tuesday.", "now": clock.now(), **changes}
    with transaction() as session:
        write_notice(session, all_banks(session)[0], **values)


def work(app):
    """Let a worker do what is due."""
    Worker(app, feature.jobs).run_due()


def wait_until_due():
    """Let the time pass that a failed job has to wait, and every lease run out."""
    past = clock.now() - timedelta(seconds=1)
    with transaction() as session:
        session.execute(update(jobs_models.Job).values(run_at=past, leased_until=past))


def the_email():
    reading().rollback()
    return reading().execute(select(Notice).where(Notice.channel == "email")).scalar_one()


def calls():
    reading().rollback()
    return queries.to_tell(reading(), all_banks(reading())[0], 10)


def test_a_letter_arrives_as_it_was_meant(app, server):
    write()
    work(app)
    (letter,) = server.letters
    assert server.recipients == ["joan@example.org"]
    assert letter["To"] == "Joan Keane <joan@example.org>"
    assert letter["From"] == "Fìfe Time Bank <bank@fife.example>"
    assert letter["Reply-To"] == "maggie@fife.example"
    assert letter["Subject"] == "Ben logged an hour"
    notice = the_email()
    assert letter["Message-ID"] == rules.message_id(
        notice.id, notice.created_at, "bank@fife.example"
    )
    assert letter["Auto-Submitted"] == "auto-generated"
    parts = [part.get_content_type() for part in letter.iter_parts()]
    assert (letter.get_content_type(), parts) == (
        "multipart/alternative",
        ["text/plain", "text/html"],
    )
    assert "Ben says he helped you on Tuesday." in html(letter)
    assert plain(letter).startswith("Ben says he helped you on Tuesday.\n")
    assert "Maggie Reid, ring 01592 555 010" in plain(letter)
    assert notice.sent_at is not None


def test_names_and_words_in_any_script_arrive(app, server):
    write(
        name="Zoë Müller-Łukasz, “Лена”",
        subject="Merhaba – 1½ hours 中文",
        body="Grüße\n" + "ö" * 2000,
    )
    work(app)
    (letter,) = server.letters
    assert letter["To"].addresses[0].display_name == "Zoë Müller-Łukasz, “Лена”"
    assert letter["To"].addresses[0].addr_spec == "joan@example.org"
    assert letter["Subject"] == "Merhaba – 1½ hours 中文"
    assert plain(letter).startswith("Grüße\n" + "ö" * 2000)


@pytest.mark.parametrize(
    "field",
    [
        {"name": "Joan\r\nBcc: all@example.org"},
        {"subject": "Hi\nBcc: all@example.org"},
        {"email": "joan@example.org\nBcc: all@example.org"},
    ],
    ids=["name", "subject", "address"],
)
def test_a_line_end_starts_no_header(app, server, field):
    write(**field)
    work(app)
    assert [letter["Bcc"] for letter in server.letters] in ([None], [])
    assert set(server.recipients) <= {"joan@example.org"}
    # Not even when it got into the table by another way.
    wicked = {("address" if name == "email" else name): value for name, value in field.items()}
    write(cause="another")
    with transaction() as session:
        session.execute(update(Notice).where(Notice.cause == "another").values(wicked))
    work(app)
    assert all(letter["Bcc"] is None for letter in server.letters)
    assert set(server.recipients) <= {"joan@example.org"}
    assert "another" in {call.cause for call in calls()}


@pytest.mark.parametrize(
    "address",
    ["joan", "joan@", "@example.org", "a b@example.org", "jörg@example.org", "a@x.org, b@x.org"],
)
def test_an_address_that_is_none_is_left_to_a_broker(app, server, address):
    write(email=address)
    work(app)
    assert server.letters == []
    assert [call.error for call in calls()] == [
        f"The e-mail to {address} did not get through: that is no e-mail address"
    ]


def test_a_server_that_is_down_is_tried_again(app, port):
    write()
    work(app)
    notice = the_email()
    assert (notice.sent_at, notice.failed_at) == (None, None)
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        work(app)
        assert server.letters == [], "A minute has to pass first."
        wait_until_due()
        work(app)
    finally:
        controller.stop()
    assert len(server.letters) == 1
    assert the_email().sent_at is not None


@pytest.mark.parametrize(
    ("step", "answer"),
    [("RCPT", "450 Try later"), ("DATA", "452 Disk full"), ("MAIL", "550 Who are you?")],
)
def test_a_refusal_that_may_pass_is_tried_again(app, server, step, answer):
    server.answers[step] = answer
    write()
    work(app)
    notice = the_email()
    assert (notice.sent_at, notice.failed_at) == (None, None)
    assert calls() == []
    server.answers.clear()
    wait_until_due()
    work(app)
    assert len(server.letters) == 1


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_refusal_for_good_is_kept_and_a_broker_is_asked_to_ring(app, server, step):
    server.answers[step] = "550 5.1.1 No such person"
    write()
    work(app)
    notice = the_email()
    assert notice.failed_at is not None
    assert notice.error == "550 5.1.1 No such person"
    assert [(call.addressee, call.subject) for call in calls()] == [
        ("member:12", "Ben logged an hour")
    ]
    wait_until_due()
    work(app)
    assert len(calls()) == 1


def test_after_the_last_attempt_a_broker_is_asked_to_ring(app):
    write()
    for _ in range(jobs_rules.ATTEMPTS):
        assert calls() == []
        wait_until_due()
        work(app)
    assert the_email().failed_at is not None
    assert "the mail server cannot be used: ConnectionRefusedError" in (calls()[0].error or "")


def test_old_news_is_not_sent_but_left_to_a_broker(app, server):
    write(now=clock.now() - rules.STALE - timedelta(minutes=1))
    work(app)
    assert server.letters == []
    assert "14 days" in (calls()[0].error or "")


def test_without_a_mail_server_letters_wait_in_the_outbox(app, lend):
    write()
    Worker(lend(app), feature.jobs).run_due()
    notice = the_email()
    assert (notice.sent_at, notice.failed_at) == (None, None)
    assert reading().execute(select(jobs_models.Job.attempts)).scalar_one() == 0


def test_a_letter_to_somebody_who_left_is_not_sent(app, server):
    write()
    with transaction() as session:
        service.forget(session, all_banks(session)[0], "member:12")
    work(app)
    assert server.letters == []
    assert reading().execute(select(jobs_models.Job.done_at)).scalar_one() is not None


def test_a_worker_killed_while_the_server_has_the_letter_loses_nothing(
    app, server, database, settings
):
    write()
    environment = {
        **os.environ,
        "TIMEBANK_DATABASE_URL": database,
        "TIMEBANK_MAIL_SERVER": settings["mail_server"],
        "TIMEBANK_MAIL_PORT": str(settings["mail_port"]),
        "TIMEBANK_MAIL_FROM": settings["mail_from"],
    }
    take = server.handle_DATA

    async def take_and_kill(*words):
        answer = await take(*words)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        return answer

    server.handle_DATA = take_and_kill
    with subprocess.Popen(
        [sys.executable, "-m", "timebank", "worker"], env=environment, stderr=subprocess.DEVNULL
    ) as worker:
        worker.wait(timeout=60)
    assert the_email().sent_at is None
    server.handle_DATA = take
    wait_until_due()
    work(app)
    assert the_email().sent_at is not None
    assert len(server.letters) == 2
    assert len({letter["Message-ID"] for letter in server.letters}) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_the_server_is_told_user_and_password(app, lend, settings, port):
    def check(server, session, envelope, mechanism, data):
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (b"fife", b"bridge"))

    taker = Server()
    controller = Controller(
        taker,
        hostname="127.0.0.1",
        port=port,
        authenticator=check,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    lend(app, **settings, mail_username="fife", mail_password="bridge")
    try:
        write()
        work(app)
        assert the_email().sent_at is not None
    finally:
        controller.stop()
    assert len(taker.letters) == 1


def test_encryption_checks_whom_it_talks_to(app, lend, settings, server, monkeypatch):
    def look(self, keyfile=None, certfile=None, context=None):
        contexts.append(context)
        return 220, b"go on"

    contexts = []
    monkeypatch.setattr("smtplib.SMTP.starttls", look)
    lend(app, **settings, mail_use_tls=True)
    write()
    work(app)
    (context,) = contexts
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
