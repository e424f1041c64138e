"""Text messages: against a real HTTP server, into a real folder, and by workers that are killed."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.factories import make_bank, write_notice
from tests.ports import free_port
from tests.processes import Program
from timebank import clock
from timebank.banks.queries import all_banks
from timebank.db import db, reading, transaction
from timebank.jobs import models as jobs_models
from timebank.jobs.worker import Worker
from timebank.notices import queries, rules, service
from timebank.notices.feature import feature
from timebank.notices.models import Notice

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
TEXTS = 60
PATIENCE_SECONDS = 120


class Gateway(ThreadingHTTPServer):
    """Takes texts as a gateway does, or answers as the test says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []
        self.answer, self.words, self.location = 200, "", ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/texts"


class Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        gateway: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        gateway.asked.append((dict(self.headers), body))
        self.send_response(gateway.answer)
        if gateway.location:
            self.send_header("Location", gateway.location)
        self.end_headers()
        self.wfile.write(gateway.words.encode())

    def do_HEAD(self) -> None:
        self.send_response(405)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library’s name)
        pass


@pytest.fixture
def gateway() -> Generator[Gateway]:
    gateway = Gateway()
    serving = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield gateway
    gateway.shutdown()
    serving.join()
    gateway.server_close()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "texts"
    made.mkdir()
    return made


@pytest.fixture
def serve(app, lend, monkeypatch):
    """`serve(text_driver="file", …)`: the application with those settings, the test inside it, at
    noon."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    opened = []

    def served(**settings):
        lend(app, base_url="https://tb.example", **settings)
        context = app.app_context()
        context.push()
        opened.append(context)
        with transaction() as session:
            make_bank(session, name="Fife Time Bank", slug="fife", contact_phone="01592 555 010")
        return app

    yield served
    for context in opened:
        db.session.remove()
        context.pop()


def write(number=12, **changes):
    with transaction() as session:
        bank = all_banks(session)[0]
        likes = {"channel": "text", "quiet_from": None, "quiet_until": None, "digest": True}
        service.set_preference(session, bank, f"member:{number}", **likes)
        values = {
            "addressee": f"member:{number}",
            "email": None,
            "phone": "07700 900 123",
            "subject": "Ben said yes",
            "body": "Ben said yes: mending the gate in Mill Lane.",
            "cause": "exchange:7:agreed",
            "now": NOON,
        }
        write_notice(session, bank, **{**values, **changes})


def work(app):
    Worker(app, feature.jobs).run_due()


def wait_until_due():
    with transaction() as session:
        past = NOON - timedelta(days=1)
        session.execute(update(jobs_models.Job).values(run_at=past, leased_until=past))


def the_text():
    reading().rollback()
    return reading().execute(select(Notice).where(Notice.channel == "text")).scalar_one()


def calls():
    reading().rollback()
    return queries.to_tell(reading(), all_banks(reading())[0], 100)


def laid(folder):
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]


def test_a_text_is_posted_with_token_and_key_and_says_no_more_than_needed(serve, gateway):
    app = serve(text_driver="http", text_url=gateway.url, text_token="sesame")
    write()
    work(app)
    ((headers, body),) = gateway.asked
    said = "Fife Time Bank: Ben said yes. See https://tb.example/b/fife or ring 01592 555 010"
    assert body == {"to": "07700900123", "text": said}
    notice = the_text()
    assert headers["Authorization"] == "Bearer sesame"
    assert headers["Idempotency-Key"] == rules.text_key(notice.id, notice.created_at)
    assert notice.sent_at == NOON


@pytest.mark.parametrize("answer", [400, 410, 422])
def test_a_refusal_for_good_becomes_a_brokers_call(serve, gateway, answer):
    gateway.answer, gateway.words = answer, "No such\nnumber"
    app = serve(text_driver="http", text_url=gateway.url)
    write()
    work(app)
    assert the_text().error == f"{answer} No such number"
    (call,) = calls()
    assert call.error == f"The text to 07700 900 123 did not get through: {answer} No such number"
    assert call.body == "Ben said yes: mending the gate in Mill Lane."


@pytest.mark.parametrize("answer", [302, 401, 404, 409, 429, 500, 503])
def test_what_may_pass_is_tried_again_under_the_same_key(serve, gateway, answer):
    gateway.answer, gateway.location = answer, f"{gateway.url}/elsewhere" if answer == 302 else ""
    app = serve(text_driver="http", text_url=gateway.url)
    write()
    work(app)
    assert (the_text().sent_at, the_text().failed_at, calls()) == (None, None, [])
    gateway.answer, gateway.location = 202, ""
    wait_until_due()
    work(app)
    assert the_text().sent_at == NOON
    assert len(gateway.asked) == 2
    assert len({headers["Idempotency-Key"] for headers, _ in gateway.asked}) == 1


def test_a_gateway_that_is_away_is_tried_again(serve):
    app = serve(text_driver="http", text_url=f"http://127.0.0.1:{free_port()}/")
    write()
    work(app)
    assert (the_text().sent_at, the_text().failed_at) == (None, None)


def test_without_a_driver_a_broker_rings(serve):
    app = serve()
    write()
    work(app)
    assert [call.error for call in calls()] == [
        "The text to 07700 900 123 did not get through: text messages are not set up here"
    ]


def test_a_text_written_at_night_waits_for_the_morning(serve, folder):
    app = serve(text_driver="file", text_folder=str(folder))
    write(now=NOON.replace(hour=22))
    due = reading().execute(select(jobs_models.Job.run_at)).scalar_one()
    assert due == datetime(2026, 11, 13, 8, tzinfo=UTC)
    work(app)
    assert laid(folder) == []


def test_a_text_that_comes_up_at_night_all_the_same_is_put_off(serve, folder, monkeypatch):
    app = serve(text_driver="file", text_folder=str(folder))
    write()
    monkeypatch.setattr(clock, "now", lambda: NOON.replace(hour=23))
    work(app)
    assert laid(folder) == []
    assert the_text().sent_at is None
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 13, 8, tzinfo=UTC))
    work(app)
    assert len(laid(folder)) == 1
    assert the_text().sent_at is not None


def test_a_text_that_was_laid_down_before_is_not_laid_down_again(serve, folder):
    app = serve(text_driver="file", text_folder=str(folder))
    write()
    work(app)
    before = laid(folder)
    with transaction() as session:  # As after a worker that died between the file and the mark.
        session.execute(update(Notice).values(sent_at=None))
        session.execute(update(jobs_models.Job).values(done_at=None))
    work(app)
    assert laid(folder) == before
    assert list(folder.glob(".*")) == []
    assert the_text().sent_at == NOON


def test_workers_killed_at_any_moment_lose_no_text_and_lay_none_down_twice(
    serve, folder, database, tmp_path
):
    serve(text_driver="file", text_folder=str(folder))
    now = datetime.now(UTC)
    for number in range(TEXTS):
        write(number=100 + number, cause=f"exchange:{number}:agreed", subject=f"Number {number}")
    with transaction() as session:  # The workers go by the clock on the wall, and it may be night.
        everybody = {
            "quiet_from": (now.hour * 60 + 720) % 1440,
            "quiet_until": (now.hour * 60 + 721) % 1440,
        }
        for number in range(TEXTS):
            likes = {"channel": "text", "digest": True, **everybody}
            service.set_preference(
                session, all_banks(session)[0], f"member:{100 + number}", **likes
            )
        session.execute(update(Notice).values(created_at=now))
        session.execute(update(jobs_models.Job).values(run_at=now - timedelta(minutes=1)))
    settings = {
        "TIMEBANK_DATABASE_URL": database,
        "TIMEBANK_TEXT_DRIVER": "file",
        "TIMEBANK_TEXT_FOLDER": str(folder),
    }
    deadline = time.monotonic() + PATIENCE_SECONDS
    for wanted in [*sorted(random.sample(range(1, TEXTS - 5), 4)), TEXTS]:
        with Program("timebank", "worker", settings=settings, said=tmp_path / "said") as worker:
            while (len(laid(folder)) if wanted < TEXTS else sent()) < wanted:
                assert worker.poll() is None
                assert time.monotonic() < deadline, "The worker is not getting anywhere."
                time.sleep(0.01)
            worker.kill()
        with transaction() as session:
            past = now - timedelta(minutes=1)
            session.execute(
                update(jobs_models.Job)
                .where(jobs_models.Job.leased_by.is_not(None))
                .values(leased_until=past)
            )
    found = Counter(message["text"].split(".")[0] for message in laid(folder))
    assert found == {f"Fife Time Bank: Number {number}": 1 for number in range(TEXTS)}


def sent():
    reading().rollback()
    return len(reading().execute(select(Notice.id).where(Notice.sent_at.is_not(None))).all())
