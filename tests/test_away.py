"""When what is under the application does not work: said as what it is, nothing half done, and on
again by itself."""

import re
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from tests.browsers import Browser
from tests.factories import make_bank, make_group, make_member
from tests.faults import Faults
from timebank import away
from timebank import db as database_module
from timebank.db import WRITERS, Bounds, db, prepare, reading, transaction
from timebank.errors import Unavailable
from timebank.ledger import check

SHORT = Bounds(lock=1, statement=20, idle=60)
HERE = {"Origin": "http://localhost"}


@dataclass
class Street:
    ana: int
    ben: int
    ana_account: int


@pytest.fixture
def street(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Street:
    monkeypatch.setattr(database_module, "REQUEST", SHORT)
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
        make_group(session, bank, "Choir", [ana, ben])
        assert ana.account_id is not None
        return Street(ana.id, ben.id, ana.account_id)


KINDS = {
    "away": away.AWAY,
    "locked": away.BUSY,
    "full": away.FULL,
    "read_only": away.READ_ONLY,
}


def gift(street: Street) -> dict[str, Any]:
    return {
        "once": "a" * 32,
        "for_id": street.ana_account,
        "to": "chest",
        "minutes": "60",
        "message": "For the beans",
        "then": "done",
    }


def hours_of(app: Flask, street: Street) -> int:
    with app.app_context():
        query = text("SELECT balance FROM account WHERE id = :id")
        return reading().execute(query, {"id": street.ana_account}).scalar_one()


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_is_told_what_is_the_matter_and_when_to_ask_again(
    app: Flask, bearer: Callable[..., dict[str, str]], street: Street, faults: Faults, kind: str
) -> None:
    headers = {**bearer(street.ana), "Idempotency-Key": "k1"}
    sent = {"from": f"member:{street.ana}", "to": f"member:{street.ben}", "minutes": 60}
    client = app.test_client()
    client.get("/api/v1/me", headers=headers)
    with getattr(faults, kind)():
        answer = client.post("/api/v1/gifts", json=sent, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.json["message"] == str(KINDS[kind])
    assert int(answer.headers["Retry-After"]) > 0
    assert hours_of(app, street) == 0
    again = client.post("/api/v1/gifts", json=sent, headers=headers)
    assert again.status_code == 201
    assert client.post("/api/v1/gifts", json=sent, headers=headers).data == again.data
    assert hours_of(app, street) == -60
    with app.app_context():
        assert not check.check(reading()).faults


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_is_kept_with_what_was_written_and_done_once_when_sent_again(
    app: Flask, sign_in: Callable[..., Browser], street: Street, faults: Faults, kind: str
) -> None:
    browser = sign_in(street.ana)
    with getattr(faults, kind)():
        answer = browser.post("/b/fife/exchanges/give", data=gift(street), headers=HERE)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert str(KINDS[kind]) in answer.text
    assert "For the beans" in answer.text
    assert "a" * 32 in answer.text
    for _ in range(2):
        assert browser.post("/b/fife/exchanges/give", data=gift(street)).status_code == 303
    assert hours_of(app, street) == -60


@pytest.mark.parametrize("kind", ["locked", "full", "read_only"])
def test_what_is_there_can_be_read_meanwhile(
    app: Flask, sign_in: Callable[..., Browser], street: Street, faults: Faults, kind: str
) -> None:
    browser = sign_in(street.ana)
    with getattr(faults, kind)():
        assert browser.get("/b/fife/").status_code == 200


def test_a_page_cannot_be_read_while_everything_is_away(
    app: Flask, sign_in: Callable[..., Browser], street: Street, faults: Faults
) -> None:
    browser = sign_in(street.ana)
    with faults.away():
        answer = browser.get("/b/fife/")
        health = app.test_client().get("/health")
    assert answer.status_code == 503
    assert answer.headers["X-Request-Id"] in answer.text
    assert health.status_code == 503
    assert health.json["database"] == "cannot be reached"
    assert browser.get("/b/fife/").status_code == 200


def test_who_reads_notices_nothing_of_connections_that_were_cut(
    app: Flask, sign_in: Callable[..., Browser], street: Street, faults: Faults
) -> None:
    if faults.is_sqlite:
        pytest.skip("A file has no connections to lose.")
    browser = sign_in(street.ana)
    for path in ("/b/fife/", "/health", "/api/v1/openapi.json"):
        assert browser.get("/b/fife/").status_code == 200
        with app.app_context():
            db.session.remove()
        faults.cut()
        answer = browser.get(path)
        assert answer.status_code == 200 or answer.json["database"] == "ok", path


def test_who_writes_is_told_to_send_it_again_when_the_connection_was_cut(
    app: Flask, sign_in: Callable[..., Browser], street: Street, faults: Faults
) -> None:
    if faults.is_sqlite:
        pytest.skip("A file has no connections to lose.")
    browser = sign_in(street.ana)
    assert browser.get("/b/fife/").status_code == 200
    with app.app_context():
        db.session.remove()
    faults.cut()
    answer = browser.post("/b/fife/exchanges/give", data=gift(street), headers=HERE)
    assert answer.status_code == 503
    assert "For the beans" in answer.text
    assert browser.post("/b/fife/exchanges/give", data=gift(street)).status_code == 303
    assert hours_of(app, street) == -60


def test_a_mistake_of_ours_is_not_called_a_database_that_is_away(
    app: Flask, street: Street
) -> None:
    with app.app_context():
        for statement in ("SELECT * FROM nowhere", "UPDATE bank SET name = 'Leith'"):
            with pytest.raises(DBAPIError) as raised:
                reading().execute(text(statement))
            reading().rollback()
            assert away.of(raised.value, writing=False) is None


def test_only_so_many_wait_to_write_and_readers_always_find_a_thread(
    app: Flask, street: Street, faults: Faults
) -> None:
    """SQLite: with every place for those who wait taken, one more is turned away at once."""
    if not faults.is_sqlite:
        pytest.skip("Here writers do not wait for one another.")
    waiting = threading.Barrier(WRITERS + 1)
    outcomes: list[str] = []

    def write() -> None:
        with app.test_request_context():
            waiting.wait()
            try:
                with transaction():
                    outcomes.append("done")
            except Unavailable:
                outcomes.append("turned away")
            db.session.remove()

    with faults.locked():
        threads = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        waiting.wait()
        while database_module._places._value:  # pyright: ignore[reportAttributeAccessIssue]
            pass
        with app.test_request_context(), pytest.raises(Unavailable), transaction():
            pass
        assert outcomes == []
        for thread in threads:
            thread.join()
    assert outcomes == ["turned away"] * WRITERS
    with app.test_request_context(), transaction():
        pass


@pytest.fixture
def stuck(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """PostgreSQL hangs in the middle of each commit of a request that is done once, as where it
    waits for a standby that is not there."""
    if faults.is_sqlite:
        pytest.skip("SQLite waits for nobody.")
    monkeypatch.setattr(database_module, "REQUEST", Bounds(lock=5, statement=1, idle=60))
    with faults.outside.begin() as other:
        other.exec_driver_sql(
            "CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(120); RETURN NULL; END $$"
        )
        other.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER hang AFTER INSERT ON request_once"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hang()"
        )
    yield
    faults.cut()
    with faults.outside.begin() as other:
        other.exec_driver_sql("DROP FUNCTION hang() CASCADE")


@pytest.fixture
def give(
    app: Flask, bearer: Callable[..., dict[str, str]], street: Street
) -> Callable[[str], TestResponse]:
    """Give an hour by a call with that key."""
    headers = bearer(street.ana)
    sent = {"from": f"member:{street.ana}", "to": f"member:{street.ben}", "minutes": 60}

    def call(key: str) -> TestResponse:
        keyed = {**headers, "Idempotency-Key": key}
        return app.test_client().post("/api/v1/gifts", json=sent, headers=keyed)

    return call


def test_a_commit_that_is_stuck_ends_in_words(
    give: Callable[[str], TestResponse], stuck: None
) -> None:
    """No bound of the database's own ends it."""
    answer = give("one")
    assert (answer.status_code, answer.json["message"]) == (503, str(away.AWAY))


def test_commits_that_are_stuck_leave_threads_to_those_who_read(
    app: Flask, give: Callable[[str], TestResponse], stuck: None
) -> None:
    threads = [threading.Thread(target=give, args=(str(number),)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    while database_module._places._value:  # pyright: ignore[reportAttributeAccessIssue]
        pass
    assert app.test_client().get("/health").json["database"] == "ok"
    assert give("one more").json["message"] == str(away.BUSY)
    for thread in threads:
        thread.join()


def test_bounds_hold_for_one_transaction_and_are_not_left_on_the_connection(
    database: str, app: Flask
) -> None:
    engine = create_engine(database, pool_size=1, max_overflow=0)
    prepare(engine)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        pytest.skip("SQLite has one bound, said at each beginning.")
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")

    def settings(connection: Connection) -> list[str]:
        return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

    with app.test_request_context(), engine.connect() as connection:
        assert settings(connection) == ["5s", "20s", "1min"]
    with engine.connect() as connection:
        assert settings(connection) == ["30s", "15min", "15min"]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert settings(connection) == ["0", "0", "0"]
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "off"
    engine.dispose()


def test_the_number_on_the_page_is_in_the_answer(app: Flask) -> None:
    answer = app.test_client().get("/no/such/page")
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
