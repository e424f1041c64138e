"""Every refusal of the API is the same small object, and says nothing it should not."""

import pytest


@pytest.fixture
def call(app, bearer, ana):
    """`call(method, path, …)` as a program with a token for writing."""
    client, headers = app.test_client(), bearer(ana)

    def send(method, path, **more):
        return client.open(
            f"/api/v1{path}", method=method, headers={**headers, **more.pop("headers", {})}, **more
        )

    return send


def refused(answer, status, code):
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"code", "message", "fields"}
    assert answer.json["code"] == code
    assert answer.json["message"]
    return answer.json


@pytest.mark.parametrize(
    "path", ["/nowhere", "/trial/seven", "/trial/99999999999", "/members/0", "/%00", "/trial/%00"]
)
def test_an_unknown_address_is_refused_as_json(call, path):
    refused(call("GET", path), 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("number", [2**31 - 1, 2**31, 9_999_999_999])
def test_a_number_that_no_row_can_have_is_not_found_whatever_the_method(call, method, number):
    refused(
        call(method, f"/members/{number}", json={} if method == "PATCH" else None), 404, "not_found"
    )


def test_a_number_of_five_thousand_digits_is_no_json_that_can_be_read(call):
    body = b'{"name": "Joan", "minutes": ' + b"9" * 5000 + b"}"
    refused(call("POST", "/trial", data=body, content_type="application/json"), 400, "bad_request")


def test_json_may_have_a_megabyte(call):
    body = b'{"name": "' + b"a" * 2**20 + b'"}'
    refused(call("POST", "/trial", data=body, content_type="application/json"), 413, "too_large")
    refused(
        call("POST", "/trial", data=body[2**19 :], content_type="application/json"),
        400,
        "bad_request",
    )


def test_an_unknown_page_is_refused_as_a_page(app):
    answer = app.test_client().get("/apix/v1/nowhere")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


def test_a_method_there_is_not_names_those_there_are(call):
    answer = call("DELETE", "/trial")
    refused(answer, 405, "no_such_method")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_what_is_wrong_is_named_field_by_field(call):
    body = refused(
        call("POST", "/trial", json={"name": "x" * 11, "minutes": "soon", "extra": 1}),
        422,
        "invalid",
    )
    assert set(body["fields"]) == {"name", "minutes", "extra"}
    assert body["fields"]["name"] == "Write at most 10 characters; this has 11."
    assert body["fields"]["extra"] == "There is no such field."


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/trial"),
        ("GET", "/trial/1"),
        ("GET", "/me"),
        ("GET", "/exchanges"),
        ("POST", "/trial"),
    ],
)
def test_a_parameter_there_is_not_is_refused_by_name_whatever_is_asked(call, done, method, path):
    json = {"name": "x"} if method == "POST" else None
    body = refused(call(method, f"{path}?limti=2&_schema=1", json=json), 422, "invalid")
    assert body["fields"]["limti"] == "There is no such parameter."
    assert done() == 0


def test_a_parameter_that_is_sent_twice_is_refused(call):
    body = refused(call("GET", "/offers?limit=2&limit=3"), 422, "invalid")
    assert body["fields"] == {"limit": "Send this once."}


def test_a_parameter_there_is_not_tells_a_stranger_nothing(app):
    refused(app.test_client().get("/api/v1/trial?limti=2"), 401, "not_signed_in")


@pytest.mark.parametrize(
    "json", [None, [], "text", 7, {"name": None}, {"name": {"first": "Ana"}}, {"name": "a\ud800b"}]
)
def test_a_body_of_another_shape_is_refused(call, done, json):
    refused(call("POST", "/trial", json=json), 422, "invalid")
    assert done() == 0


def test_a_body_that_is_no_json_is_refused(call):
    for body in (b"{", b"\xff\xfe", b"{'name': 'x'}", b"[" * 5000):
        answer = call("POST", "/trial", data=body, headers={"Content-Type": "application/json"})
        refused(answer, 400, "bad_request")


def test_a_body_that_does_not_say_it_is_json_is_refused(call, done):
    assert call("POST", "/trial", data=b'{"name": "x"}').status_code in (415, 422)
    assert done() == 0


def test_a_refusal_of_the_rules_has_the_words_of_the_pages(call, done):
    body = refused(call("POST", "/trial", json={"name": "Nobody"}), 409, "conflict")
    assert body["message"] == "There is nobody of that name."
    assert body["fields"] == {"name": "Nobody is called that."}
    assert done() == 0


def test_a_fault_of_ours_tells_nothing_of_its_inside(app, call):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = call("GET", "/trial/1")
    refused(answer, 500, "our_fault")
    assert "detail" not in answer.text
    assert "ZeroDivision" not in answer.text


def test_nothing_of_the_api_is_kept_by_a_shared_computer(call):
    assert call("GET", "/trial").headers["Cache-Control"] == "no-store"


def test_the_api_sets_no_cookie(call):
    for path in ("/trial", "/nowhere", "/me"):
        assert "Set-Cookie" not in call("GET", path).headers


def test_a_browser_signed_in_cannot_be_made_to_write_through_the_api(sign_in, ana, done):
    answer = sign_in(ana).post("/api/v1/trial", json={"name": "x"})
    refused(answer, 401, "not_signed_in")
    assert done() == 0
