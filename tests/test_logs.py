"""The log tells what happened and nobody's words, whatever goes wrong."""

import contextlib
import io
import json
import logging
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.browsers import Browser
from tests.factories import make_bank, make_member
from tests.faults import Faults
from timebank import clock
from timebank.app import create_app
from timebank.config import Config
from timebank.db import db, transaction
from timebank.feature import Job
from timebank.jobs import service as jobs_service
from timebank.jobs.worker import Worker
from timebank.members.models import Member
from timebank.running import logs

MARKER = "k-0181-marker"


@dataclass
class Log:
    stream: io.StringIO

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def of(self, channel: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["logger"] == f"timebank.{channel}"]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Generator[Log]:
    """What a served installation would write to standard error."""
    stream = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("timebank")
    before = root.handlers[:], root.level, ours.level
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        logs.install()
        yield Log(stream)
    structlog.reset_defaults()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


@pytest.fixture
def ana(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        make_member(session, bank, "Ben")
        return make_member(session, bank, "Ana", email="ana@example.org").id


@pytest.fixture
def unfriendly(app: Flask) -> Generator[None]:
    """As served: an error is answered and logged, not raised into the test."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield
    app.config["PROPAGATE_EXCEPTIONS"] = None


def gift(**more: str) -> dict[str, str]:
    return {"to": "chest", "minutes": "60", "message": f"{MARKER} beans", "then": "done", **more}


def test_a_request_has_one_line_that_names_nobody(
    app: Flask, sign_in: Callable[..., Browser], ana: int, log: Log
) -> None:
    browser = sign_in(ana)
    answer = browser.get(f"/b/fife/members/{ana}?q={MARKER}")
    (line,) = log.of("request")
    assert line["id"] == answer.headers["X-Request-Id"]
    assert line["route"] == "/b/<bank>/members/<int:member_id>"
    assert (line["method"], line["status"], line["caller"]) == ("GET", answer.status_code, "member")
    assert line["ms"] >= 0
    assert line["bank"] == 1
    assert MARKER not in log.stream.getvalue()
    assert "Ana" not in log.stream.getvalue()


@pytest.mark.parametrize("kind", ["away", "locked", "full", "read_only", "cut"])
def test_whatever_is_away_nobody_s_words_are_logged(
    app: Flask,
    unfriendly: None,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
    ana: int,
    faults: Faults,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    if kind == "cut" and faults.is_sqlite:
        pytest.skip("A file has no connections to lose.")
    browser, headers = sign_in(ana), bearer(ana)
    token = headers["Authorization"].removeprefix("Bearer ")
    with contextlib.ExitStack() as entered:
        if kind == "cut":
            faults.cut()
        else:
            entered.enter_context(getattr(faults, kind)())
        answers = [
            browser.post("/b/fife/exchanges/give", data=gift()),
            app.test_client().post(
                "/api/v1/gifts",
                headers={**headers, "Idempotency-Key": MARKER},
                json={"from": f"member:{ana}", "to": "chest", "minutes": 1, "message": MARKER},
            ),
            browser.post("/sign-in", data={"email": f"{MARKER}@example.org", "password": MARKER}),
        ]
    assert len(log.of("request")) == len(answers)
    written = log.stream.getvalue()
    for words in (MARKER, token, "example.org", "beans"):
        assert words not in written


def test_a_row_that_the_database_refuses_is_not_repeated_in_the_log(
    app: Flask,
    unfriendly: None,
    sign_in: Callable[..., Browser],
    ana: int,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both engines repeat what stood in the row, in the error or in its detail."""

    def stumble(*args: object, **how: object) -> None:
        with transaction() as session:
            session.execute(
                text("INSERT INTO member (bank_id, number, name) VALUES (NULL, :number, :name)"),
                {"number": MARKER, "name": f"{MARKER} Whitlock"},
            )

    monkeypatch.setattr("timebank.exchanges.service.give", stumble)
    answer = sign_in(ana).post("/b/fife/exchanges/give", data=gift())
    assert answer.status_code == 500
    (fault,) = [line for line in log.lines if line["event"] == "fault"]
    assert fault["id"] == answer.headers["X-Request-Id"]
    assert fault["id"] in answer.text
    assert "IntegrityError" in fault["error"][-1]
    assert "tests.test_logs" in fault["error"][-1]
    assert MARKER not in log.stream.getvalue()
    assert "Whitlock" not in log.stream.getvalue()


def test_an_error_of_the_database_does_not_hold_the_values_of_its_statement(app: Flask) -> None:
    """Whoever logs it in whatever way."""
    with app.app_context(), pytest.raises(DBAPIError) as raised:
        db.session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": MARKER})
    assert "nowhere" in str(raised.value)
    assert MARKER not in str(raised.value)


def test_a_job_that_fails_tells_where_and_nobody_s_words(app: Flask, ana: int, log: Log) -> None:
    def run(session: Any, payload: dict[str, Any], now: Any) -> None:
        session.execute(
            text("INSERT INTO member (bank_id, name) VALUES (NULL, :name)"), {"name": MARKER}
        )

    with app.app_context(), transaction() as session:
        jobs_service.queue(session, "trial", {"name": MARKER}, run_at=clock.now())
    Worker(app, [Job("trial", run)]).run_due()
    assert any(line["event"] == "job failed, to be tried again" for line in log.lines)
    assert MARKER not in log.stream.getvalue()
    with app.app_context():
        kept = db.session.execute(text("SELECT error FROM job WHERE kind = 'trial'")).scalar_one()
    assert MARKER not in kept


def test_a_library_s_line_is_told_without_what_was_filled_in(log: Log) -> None:
    try:
        raise ValueError(MARKER)
    except ValueError:
        logging.getLogger("waitress").exception("Exception while serving %s", f"/link/{MARKER}")
    (line,) = log.lines
    assert line["event"] == "Exception while serving %s"
    assert line["error"] == ["ValueError: tests.test_logs:" + line["error"][0].rpartition(":")[2]]
    assert MARKER not in log.stream.getvalue()


def test_the_audit_trail_names_who_signed_in_was_refused_and_what_staff_did(
    app: Flask, sign_in: Callable[..., Browser], ana: int, log: Log
) -> None:
    with app.app_context(), transaction() as session:
        bank = session.get_one(Member, ana).bank_id
        broker = make_member(session, None, "Bo", "broker").id
    stranger = sign_in()
    stranger.post("/sign-in", data={"email": f"{MARKER}@example.org", "password": MARKER})
    sign_in(ana).get("/b/fife/desk")
    staff = sign_in(broker)
    staff.get("/b/fife/desk")
    staff.post("/b/fife/exchanges/give", data=gift())
    told = log.of("audit")
    assert [(line["by"], line["method"], line["bank"]) for line in told] == [
        (None, "POST", told[0]["bank"]),
        (f"member:{ana}", "GET", bank),
        (f"member:{broker}", "POST", bank),
    ]
    assert [line["route"] for line in told] == [
        "/sign-in",
        "/b/<bank>/desk",
        "/b/<bank>/exchanges/give",
    ]
    requests = {line["id"] for line in log.of("request")}
    assert {line["id"] for line in told} <= requests
    assert MARKER not in log.stream.getvalue()


def test_a_refusal_is_told_by_its_code_and_the_names_of_what_was_wrong_never_by_values(
    app: Flask, sign_in: Callable[..., Browser], bearer: Callable[..., Any], ana: int, log: Log
) -> None:
    sign_in().post("/sign-in", data={"email": f"{MARKER}@example.org", "password": MARKER})
    resident = sign_in(ana)
    resident.get("/b/fife/desk")
    resident.post("/b/fife/exchanges/give", data=gift() | {"minutes": MARKER})
    client = app.test_client()
    body = {"party": MARKER, "minutes": MARKER, MARKER: MARKER, "message": [{MARKER: MARKER}]}
    client.post("/api/v1/gifts", json=body, headers=bearer(ana))
    client.get("/api/v1/members", headers=bearer(ana))
    told = [line for line in log.of("request") if "refused" in line]
    assert [(line["status"], line["refused"]) for line in told] == [
        (422, "invalid"),
        (403, "not_allowed"),
        (422, "invalid"),
        (422, "invalid"),
        (403, "not_allowed"),
    ]
    assert told[2]["fields"] == ["minutes"]
    assert {"minutes", "?"} <= set(told[3]["fields"])
    refused = [line for line in log.of("audit") if line["status"] == 403]
    assert [line["refused"] for line in refused] == ["not_allowed", "not_allowed"]
    assert MARKER not in log.stream.getvalue()


def test_over_https_browsers_are_told_to_keep_to_it(database: str) -> None:
    config = Config(
        database_url=database, secret_key="for tests only " * 4, base_url="https://bank.example"
    )
    app = create_app(config)
    with app.app_context(), transaction() as session:
        make_bank(session)
    answer = app.test_client().get("/sign-in", base_url="https://bank.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if "session" in one]
    assert cookie.startswith("__Host-session=")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert word in cookie
    assert "Domain" not in cookie
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_over_http_nothing_is_promised_that_cannot_be_kept(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")
    assert "Strict-Transport-Security" not in answer.headers
    assert "__Host-" not in str(answer.headers)
