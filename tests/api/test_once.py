"""An unsafe call with an Idempotency-Key is done once; the same call again is answered as the first
was."""

import io
import threading

import pytest

from tests.factories import make_member
from timebank.banks import queries as banks
from timebank.db import transaction


@pytest.fixture
def make(app, bearer, ana):
    """`make(name, key)`: one call that makes a thing."""
    client, headers = app.test_client(), bearer(ana)

    def send(name="Joan", key="k1", path="/api/v1/trial", **more):
        body = more or {"json": {"name": name}}
        keyed = headers if key is None else {**headers, "Idempotency-Key": key}
        return client.post(path, headers=keyed, **body)

    return send


def test_the_same_call_again_is_not_done_again_and_gets_the_same_answer(make, done):
    first, again = make(), make()
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert first.content_type == again.content_type
    assert again.headers["Location"] == first.headers["Location"] == "/api/v1/trial/7"
    assert done() == 1


def test_another_key_is_another_call(make, done):
    assert make(key="k1").json["count"] != make(key="k2").json["count"]
    assert done() == 2


def test_a_call_without_a_key_is_done_every_time(make, done):
    make(key=None)
    make(key=None)
    assert done() == 2


def test_an_empty_key_is_refused(make, done):
    answer = make(key="")
    assert (answer.status_code, list(answer.json["fields"])) == (422, ["Idempotency-Key"])
    assert done() == 0


def test_the_same_key_for_something_else_is_refused(make, done):
    make("Joan")
    answer = make("Tom")
    assert (answer.status_code, answer.json["code"]) == (409, "key_used_for_another")
    assert make("Joan", path="/api/v1/trial/picture").status_code == 409
    assert done() == 1


def test_a_call_that_was_refused_may_be_sent_again_with_its_key(make, done):
    assert make("Nobody").status_code == 409
    assert make("Nobody").json["code"] == "conflict"
    assert make("Joan").status_code == 201
    assert done() == 1


def test_the_key_of_one_member_is_free_for_another(app, bearer, make, done):
    with app.app_context(), transaction() as session:
        ben = make_member(session, banks.by_slug(session, "fife"), "Ben")
    make()
    headers = bearer(ben) | {"Idempotency-Key": "k1"}
    assert (
        app.test_client().post("/api/v1/trial", json={"name": "Joan"}, headers=headers).status_code
        == 201
    )
    assert done() == 2


def test_a_key_too_long_is_refused_by_name(make, done):
    answer = make(key="k" * 101)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json["fields"]
    assert done() == 0


def test_an_answer_that_is_no_text_is_repeated_byte_by_byte(make):
    first, again = (make(path="/api/v1/trial/picture", data=b"") for _ in range(2))
    assert first.data == again.data
    assert again.content_type == "image/png"


def test_a_form_with_a_file_is_the_same_whatever_parts_it_from_the_next(make):
    def send(content):
        return make(
            path="/api/v1/trial/picture",
            data={"kind": "members", "file": (io.BytesIO(content), "m.csv")},
        )

    first, again, other = send(b"number,name"), send(b"number,name"), send(b"number,names")
    assert first.data == again.data
    assert other.status_code == 409


def test_two_calls_at_once_are_done_once(app, bearer, ana, done):
    headers = bearer(ana) | {"Idempotency-Key": "k1"}
    answers = []
    together = threading.Barrier(2)

    def send():
        together.wait()
        answers.append(
            app.test_client().post("/api/v1/trial", json={"name": "Joan"}, headers=headers).data
        )

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0] == answers[1]
    assert done() == 1
