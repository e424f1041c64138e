"""The API answers as its description says: every operation, called with whatever the description
allows."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories import (
    NOW,
    make_bank,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_organisation,
    system,
)
from timebank.act import Act
from timebank.api.document import operations
from timebank.api.glossary import WORDS
from timebank.db import transaction
from timebank.members import helping

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
QUERIES = {
    *(
        "AfterIn",
        "BoardIn",
        "ConcernsIn",
        "FileIn",
        "FilterIn",
        "ImportIn",
        "MeetingsIn",
        "ReportFileIn",
    ),
    *("SearchIn", "StatementIn", "StretchIn", "TrailIn", "WantedIn"),
}
"""Schemas of addresses and forms, which are described parameter by parameter."""

EXAMPLES = 1
"""How many calls of each operation are made up in every run."""
LONG = 100
"""How often in the long one."""
ROWS = 4
"""Row numbers tried: few, so that most calls are about something that is there."""


def paths_of_forms(described):
    """The names of what comes as a form beside files."""
    return {
        name
        for _, _, operation in operations(described)
        for body in operation.get("requestBody", {}).get("content", {}).values()
        for name in body["schema"].get("properties", {})
    }


@pytest.fixture
def people(app) -> dict[str, int]:
    """Somebody of each kind in a bank with a few people and exchanges."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ana, ben = (
            make_member(session, bank, "Ana"),
            make_member(session, bank, "Ben", email="ben@example.org"),
        )
        make_organisation(session, bank)
        for _ in range(ROWS):
            make_logged_exchange(session, bank, ana, ben)
            make_meeting(session, bank)
        made = {
            "member": ana,
            "helper": make_member(session, bank, "Hal"),
            "broker": make_member(session, bank, "Bea", role="broker"),
            "coordinator": make_member(session, bank, "Maggie", role="coordinator"),
        }
        helping.grant_helper(session, bank, ana.id, made["helper"].id, Act(system(bank), NOW))
        return {kind: member.id for kind, member in made.items()}


@pytest.fixture
def coordinator(people) -> int:
    """A coordinator of that bank."""
    return people["coordinator"]


@pytest.fixture
def served(app, monkeypatch):
    """The application, with every answer closed once it has been read, as a server does; the client
    that calls it here leaves them open."""
    inner = app.wsgi_app

    def answer(environ, start_response):
        body = inner(environ, start_response)
        try:
            return list(body)
        finally:
            getattr(body, "close", lambda: None)()

    monkeypatch.setattr(app, "wsgi_app", answer)
    return app


@pytest.mark.parametrize(
    "callers", [("nobody", "member", "helper"), ("broker", "coordinator")], ids=" and ".join
)
def test_every_operation_answers_each_caller_as_it_is_described(
    served, bearer, people, callers, pytestconfig
):
    """What to call with is the longest to find, so one call is made by each of several."""
    examples = LONG if pytestconfig.getoption("--long") else EXAMPLES
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served)

    @schema.hook("map_path_parameters")
    def of_rows_there_are(context, parameters):
        return {
            name: value % ROWS + 1 if isinstance(value, int) else value
            for name, value in (parameters or {}).items()
        }

    described = list(schema.exclude(path_regex="^/api/v1/trial").get_all_operations())
    operations = [found.ok() for found in described if isinstance(found, Ok)]
    assert operations
    assert len(operations) == len(described)
    # Who has left may call nothing else.
    operations.sort(key=lambda operation: "leav" in operation.path)
    faults = []
    # As it is: nothing unpacks on the way from a WSGI application.
    headers = {caller: {"Accept-Encoding": "identity"} for caller in callers}
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def called(case):
            asked = dict(case.headers or {})
            asked.pop("Idempotency-Key", None)
            for caller, known in headers.items():
                case.headers = {**asked, **known}
                response = case.call()
                if response.status_code == 401 and caller != "nobody":
                    # The first call, or one before has ended the key.
                    known.update(bearer(people[caller]))
                    case.headers = {**asked, **known}
                    response = case.call()
                case.validate_response(response, checks=CHECKS)

        try:
            called()
        except FailureGroup as group:
            faults += [f"{operation.label}: {failure}" for failure in group.exceptions]
        except Exception as fault:
            faults.append(f"{operation.label}: {fault!r}")
    assert faults == []


def test_the_description_is_sound(app):
    described = app.test_client().get("/api/v1/openapi.json").json
    assert described["openapi"].startswith("3.1")
    assert described["security"] == [{"bearer": []}]
    names = [
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    assert len(names) == len(set(names))
    for path, item in described["paths"].items():
        for operation in (found for found in item.values() if isinstance(found, dict)):
            assert operation["summary"], path
            assert not operation["operationId"].startswith("api.")
            assert set(operation["tags"]) <= {tag["name"] for tag in described["tags"]}


def test_the_description_is_valid_openapi(app):
    described = app.test_client().get("/api/v1/openapi.json").json
    assert [str(fault) for fault in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_every_field_and_parameter_says_what_it_means(app):
    described = app.test_client().get("/api/v1/openapi.json").json
    silent = [
        f"{schema}.{name}"
        for schema, told in described["components"]["schemas"].items()
        for name, field in told.get("properties", {}).items()
        if not field.get("description")
    ]
    silent += [
        f"{operation['operationId']}?{parameter['name']}"
        for _, _, operation in operations(described)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description") and parameter["in"] != "path"
    ]
    assert [name for name in silent if not name.startswith(("Thing", "Number"))] == []


def test_the_glossary_says_nothing_of_what_there_is_not(app):
    """Names of parameters stand under the schema that they are read by, which is not described."""
    described = app.test_client().get("/api/v1/openapi.json").json
    schemas = described["components"]["schemas"]
    names = {name for told in schemas.values() for name in told.get("properties", {})}
    names |= {f"{of}.{name}" for of in schemas for name in schemas[of].get("properties", {})}
    names |= {
        parameter["name"]
        for _, _, operation in operations(described)
        for parameter in operation.get("parameters", ())
    }
    forms = paths_of_forms(described)
    unused = [name for name in WORDS if name not in names | forms]
    assert [name for name in unused if name.partition(".")[0] not in QUERIES] == []


def test_a_closed_set_has_one_name_and_no_null(app):
    described = app.test_client().get("/api/v1/openapi.json").json
    schemas = described["components"]["schemas"]
    sets = {name: told["enum"] for name, told in schemas.items() if "enum" in told}
    assert sets["ExchangeStatus"][0] == "proposed"
    assert len({tuple(choices) for choices in sets.values()}) == len(sets)
    assert '"enum"' not in json.dumps([told.get("properties") for told in schemas.values()])
    assert not [name for name, choices in sets.items() if None in choices]


def test_nothing_has_a_default_that_a_client_would_take_for_always_there(app):
    schemas = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]
    for name, told in schemas.items():
        for field, said in told.get("properties", {}).items():
            assert "default" not in said, f"{name}.{field}"


def test_every_list_comes_in_pages(app):
    described = app.test_client().get("/api/v1/openapi.json").json
    bare = [
        operation["operationId"]
        for _, _, operation in operations(described)
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values()
        if content["schema"].get("type") == "array"
    ]
    assert bare == []


def test_a_step_with_nothing_to_say_needs_no_body(app):
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    steps = paths["/api/v1/exchanges/{exchange_id}/confirmation"]["post"]
    assert steps["requestBody"]["required"] is False
    assert paths["/api/v1/exchanges"]["post"]["requestBody"]["required"] is True


def test_a_file_comes_with_its_form_in_one_body(app):
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    body = paths["/api/v1/imports"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert {"file", "kind", "dry_run"} <= body["schema"]["properties"].keys()
    assert body["schema"]["required"] == ["file", "kind"]
    answers = paths["/api/v1/exports/{kind}"]["get"]["responses"]["200"]["content"]
    assert {"text/csv", "application/json"} < answers.keys()


def test_a_number_in_an_address_is_described_as_one(app):
    described = app.test_client().get("/api/v1/openapi.json").json
    (parameter,) = described["paths"]["/api/v1/trial/{thing_id}"]["parameters"]
    assert parameter["schema"]["type"] == "integer"


def test_lengths_of_time_are_taken_as_words_and_given_as_numbers(app):
    schemas = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]
    assert schemas["ThingIn"]["properties"]["minutes"]["type"] == ["integer", "string", "null"]
    assert schemas["ThingOut"]["properties"]["minutes"]["type"] == ["integer", "null"]
    name = schemas["ThingIn"]["properties"]["name"]
    assert (name["minLength"], name["maxLength"]) == (1, 10)


def test_what_writes_may_be_sent_with_a_key_and_what_reads_not(app):
    path = app.test_client().get("/api/v1/openapi.json").json["paths"]["/api/v1/trial"]
    assert [found["name"] for found in path["post"]["parameters"] if found["in"] == "header"] == [
        "Idempotency-Key"
    ]
    assert [found for found in path["get"]["parameters"] if found["in"] == "header"] == []
    assert {"201", "400", "401", "403", "404", "409", "413", "422", "503"} == path["post"][
        "responses"
    ].keys()
    assert {"200", "401", "403", "404", "422", "503"} == path["get"]["responses"].keys()


def test_every_operation_says_that_what_is_under_us_may_be_away(app):
    document = app.test_client().get("/api/v1/openapi.json").json
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                reference = operation["responses"]["503"]["$ref"]
                assert reference == "#/components/responses/SERVICE_UNAVAILABLE", (method, path)
    headers = document["components"]["responses"]["SERVICE_UNAVAILABLE"]["headers"]
    assert headers["Retry-After"]["schema"]["type"] == "integer"


def test_me_says_whom_a_token_acts_as(app, bearer, coordinator):
    answer = app.test_client().get("/api/v1/me", headers=bearer(coordinator, scope="read")).json
    assert (answer["name"], answer["role"], answer["scope"]) == ("Maggie", "coordinator", "read")
    assert answer["bank"] == {"slug": "fife", "name": "Fife Time Bank", "timezone": "Europe/London"}
    assert [one["party"] for one in answer["acts_for"]] == [answer["party"]]
