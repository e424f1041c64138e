"""The API's root: OpenAPI, refusals as JSON, and unsafe calls answered once per Idempotency-Key."""

import base64
import hashlib
import hmac
import json
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask, Response, current_app, g, jsonify, make_response, request
from flask_smorest import Api, Blueprint
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from timebank import clock, once
from timebank.api.contract import Contract, own_fields
from timebank.api.document import Document, finished
from timebank.api.glossary import ABOUT
from timebank.api.schemas import RefusalOut
from timebank.config import VERSION
from timebank.db import transaction
from timebank.errors import NotFound, Refusal
from timebank.http import access, access_of, away, body_of, headers_of, note_refusal, status_of
from timebank.say import say
from timebank.schema import invalid

ROOT = "/api/v1"
_DESCRIBED = "timebank.api"

_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "no_such_method",
    413: "too_large",
    415: "not_json",
    500: "our_fault",
    503: "unavailable",
}
_NOWHERE = say("There is nothing at this address. What there is stands in /api/v1/openapi.json.")
_NOT_JSON = "The body is not JSON that can be read."
_TOO_LARGE = "The body is too large. JSON may have 1 MB; /help/api says how large files may be."
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")


class TimebankApi(Api):
    """flask-smorest with our words for refusals."""

    ERROR_SCHEMA = RefusalOut
    # Every refusal an operation may answer is described (see `contract`), so that nothing hides
    # behind a default.
    DEFAULT_ERROR_RESPONSE_NAME = None


class _Description:
    """What there is to call, worked out when somebody first wants to know: most processes start and
    end without, and it is a good part of what a start would take."""

    def __init__(self, app: Flask, api: Api, contract: Contract, resources: Sequence[Blueprint]):
        self._app, self._api, self._contract = app, api, contract
        self._resources = resources
        self._document: Document | None = None
        self._making = threading.Lock()

    def document(self) -> Document:
        """As it is served. The same at every call."""
        with self._making:
            if self._document is None:
                spec = cast(APISpec, self._api.spec)
                for resource in self._resources:
                    name = _name_of(resource)
                    resource.register_views_in_doc(
                        self._api, self._app, spec, name=name, parameters=None
                    )
                    spec.tag({"name": name, "description": resource.description})
                self._document = finished(spec.to_dict())
            return self._document

    def asked(self, endpoint: str) -> frozenset[str]:
        """The parameters that the address of a call may ask with."""
        self.document()
        return self._contract.asked[endpoint]


def _name_of(resource: Blueprint) -> str:
    return f"api.{resource.name}"


def install(app: Flask, resources: Sequence[Blueprint], *, base_url: str) -> None:
    """Serve the resources under /api/v1 with their description at /api/v1/openapi.json.

    `base_url` is the address people reach the installation at. A resource of the blueprint
    `exchanges` has the endpoint `api.exchanges.…`, beside the pages'
    `exchanges.…`.
    """
    app.config.update(
        API_TITLE="Timebank",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=ROOT,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": ABOUT},
            "servers": [{"url": base_url, "description": "This installation."}],
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    pages = app.error_handler_spec[None][None][HTTPException]
    words, contract = MarshmallowPlugin(), Contract(app)
    api = TimebankApi(app, spec_kwargs={"marshmallow_plugin": words, "extra_plugins": [contract]})
    cast(OpenAPIConverter, words.converter).add_attribute_function(own_fields)
    app.view_functions["api-docs.openapi_json"] = access("public")(lambda: _as_it_is(app))
    app.register_error_handler(HTTPException, _page_or_json(pages))
    described_views = set[str]()
    for resource in resources:
        name = _name_of(resource)
        before = set(app.view_functions)
        app.register_blueprint(resource, name=name)
        app.extensions["flask-smorest"]["blp_name_to_api"][name] = api
        described_views |= app.view_functions.keys() - before
        # On the application, not the blueprint: one that has been registered once takes no more
        # handlers, and tests make several applications.
        handlers = {
            Refusal: _refused,
            SQLAlchemyError: _in_the_way,
            HTTPException: _failed,
            RecursionError: _too_deep,
            ValueError: _too_long,
        }
        app.error_handler_spec[name][None].update(handlers)
    for endpoint, view in app.view_functions.items():
        mark = access_of(view)
        keeps = mark is not None and mark.scope == "write"
        if keeps and not getattr(view, "kept_nowhere", False):
            app.view_functions[endpoint] = _exactly_once(view)
    description = _Description(app, api, contract, resources)
    for endpoint in described_views:
        app.view_functions[endpoint] = _as_described(
            app.view_functions[endpoint], endpoint, description
        )
    app.extensions[_DESCRIBED] = description


def _as_it_is(app: Flask) -> Response:
    """The description in its own order: a client is made for the first kind of answer that it
    names."""
    return Response(json.dumps(described(app), ensure_ascii=False), mimetype="application/json")


def described(app: Flask) -> Document:
    """The OpenAPI description of the application's API."""
    description: _Description = app.extensions[_DESCRIBED]
    return description.document()


def _page_or_json(pages: Callable[[Any], Any]) -> Callable[[HTTPException], Any]:
    """Errors outside any view (an unknown address, say) are JSON under the API's root and pages
    elsewhere."""

    def answer(error: HTTPException) -> Any:
        if not request.path.startswith(f"{ROOT}/"):
            return pages(error)
        return _refused(NotFound(_NOWHERE)) if error.code == 404 else _failed(error)

    return answer


def _refused(refusal: Refusal) -> tuple[Response, int, dict[str, str]]:
    note_refusal(refusal.code, refusal.fields)
    return jsonify(body_of(refusal)), status_of(refusal), headers_of(refusal)


def _in_the_way(error: SQLAlchemyError) -> tuple[Response, int, dict[str, str]]:
    return _refused(away(error))


def _too_deep(error: RecursionError) -> tuple[Response, int]:
    """Nothing here recurses but the reading of JSON, which ends so for thousands of brackets inside
    one another."""
    return jsonify(code=_CODES[400], message=_NOT_JSON, fields={}), 400


def _too_long(error: ValueError) -> tuple[Response, int]:
    """A number of more digits than Python reads, which is no fault in JSON for `json` either: told
    by where it was raised. Every other ValueError is a mistake of ours."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if frames[-1].f_globals.get("__name__") != "json.decoder":
        raise error
    return jsonify(code=_CODES[400], message=_NOT_JSON, fields={}), 400


def _failed(error: HTTPException) -> Any:
    status = error.code or 500
    details = getattr(error, "data", {})
    messages = details.get("messages")
    if messages and status == 422:
        return _refused(invalid(messages))
    ours = {413: _TOO_LARGE} | ({400: _NOT_JSON} if messages else {})
    message = ours.get(status) or details.get("message") or error.description or error.name
    code = _CODES.get(status, "refused")
    note_refusal(code)
    answer = jsonify(code=code, message=message, fields={})
    answer.status_code = status
    for name, value in error.get_headers(None):
        if name in ("WWW-Authenticate", "Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _as_described(
    view: Callable[..., Any], endpoint: str, description: _Description
) -> Callable[..., Any]:
    """The view, for calls whose address asks with no other parameters than are described: a
    mistyped one would change the answer."""

    @wraps(view)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not request.args:
            return view(*args, **kwargs)
        asked = description.asked(endpoint)
        unknown = [name for name in request.args if name not in asked]
        if unknown:
            raise invalid({name: ["There is no such parameter."] for name in unknown})
        several = [name for name, values in request.args.lists() if len(values) > 1]
        if several:
            raise invalid({name: ["Send this once."] for name in several})
        return view(*args, **kwargs)

    return called


def kept_nowhere(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a call of which nothing is kept, whatever key it carries: what is kept for a key names
    the caller, the time and the answer."""
    view.kept_nowhere = True  # pyright: ignore[reportFunctionMemberAccess]
    return view


def _exactly_once(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, done once per caller and Idempotency-Key; the same call again gets the same answer.

    Only what was done is kept: a call that was refused changed nothing, and may be sent again with
    its key.
    """

    @wraps(view)
    def called(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None or g.get("actor") is None:
            return view(*args, **kwargs)
        if not 1 <= len(key) <= 100:
            raise invalid({"Idempotency-Key": ["Use a key of 1 to 100 characters."]})
        with transaction() as session:
            earlier = once.claim(session, g.actor.key, f"api:{key}", _digest(), now=clock.now())
            if earlier:
                return _repeated(earlier)
            answer = make_response(view(*args, **kwargs))
            once.settle(
                session, g.actor.key, f"api:{key}", status=answer.status_code, body=_kept(answer)
            )
            return answer

    return called


def _digest() -> str:
    """What makes two requests the same. The parts of a form with files are told apart by a boundary
    that changes each time."""
    if request.mimetype == "multipart/form-data":
        files = [
            (name, file.filename, _file_digest(file))
            for name, file in sorted(request.files.items(multi=True))
        ]
        content = json.dumps([sorted(request.form.items(multi=True)), files]).encode()
    else:
        content = request.get_data()
    request_bytes = b"\0".join([request.method.encode(), request.full_path.encode(), content])
    # With our key, so that nobody who reads the database can try out what a caller may have sent:
    # some say how they are.
    return hmac.new(
        current_app.config["SECRET_KEY"].encode(), request_bytes, hashlib.sha256
    ).hexdigest()


def _file_digest(file: Any) -> str:
    digest = hashlib.file_digest(file.stream, "sha256").hexdigest()
    file.stream.seek(0)
    return digest


def _kept(answer: Response) -> str:
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    return json.dumps({"headers": headers, "body": base64.b64encode(answer.get_data()).decode()})


def _repeated(earlier: once.Answer) -> Response:
    if not earlier.body:  # It spoke of somebody who has left.
        return Response(status=earlier.status)
    answer = json.loads(earlier.body)
    return Response(base64.b64decode(answer["body"]), earlier.status, answer["headers"])
