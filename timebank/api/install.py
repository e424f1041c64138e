"""The API's root: OpenAPI, refusals as JSON, and unsafe calls answered once per Idempotency-Key."""

import hashlib
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, request
from flask_smorest import Api, Blueprint
from werkzeug.exceptions import HTTPException

from timebank import clock, once
from timebank.config import VERSION
from timebank.db import transaction
from timebank.errors import Refusal
from timebank.http import access, access_of, body_of, status_of
from timebank.schema import invalid

ROOT = "/api/v1"


def install(app: Flask, resources: Iterable[Blueprint]) -> None:
    """Serve the resources under /api/v1 with their description at /api/v1/openapi.json."""
    app.config.update(
        API_TITLE="Timebank",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=ROOT,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    api = Api(app)
    description = app.view_functions["api-docs.openapi_json"]
    app.view_functions["api-docs.openapi_json"] = access("public")(lambda: description())
    app.register_error_handler(HTTPException, _page_or_json(app))
    for resource in resources:
        resource.register_error_handler(Refusal, _refused)
        resource.register_error_handler(HTTPException, _failed)
        api.register_blueprint(resource)
    for endpoint, view in app.view_functions.items():
        mark = access_of(view)
        if mark is not None and mark.scope == "write":
            app.view_functions[endpoint] = _exactly_once(view)


def _page_or_json(app: Flask) -> Callable[[HTTPException], Any]:
    """Errors outside any view (an unknown address, say) are JSON under the API's root and pages elsewhere."""
    pages = app.error_handler_spec[None][None][HTTPException]

    def answer(error: HTTPException) -> Any:
        return _failed(error) if request.path.startswith(ROOT) else pages(error)  # pyright: ignore[reportCallIssue]

    return answer


def _refused(refusal: Refusal) -> tuple[Response, int]:
    return jsonify(body_of(refusal)), status_of(refusal)


def _failed(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages") if status == 422 else None
    if messages:
        return _refused(invalid(messages))
    codes = {401: "not_signed_in", 403: "not_allowed", 404: "not_found", 405: "not_allowed_here", 413: "too_large"}
    body = {"code": codes.get(status, "refused"), "message": error.description or error.name, "fields": {}}
    return jsonify(body), status


def _exactly_once(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, done once per caller and Idempotency-Key; the same call again gets the same answer."""

    @wraps(view)
    def called(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return view(*args, **kwargs)
        if len(key) > 100:
            raise invalid({"Idempotency-Key": ["Use a key of at most 100 characters."]})
        content = b"\0".join([request.method.encode(), request.full_path.encode(), request.get_data()])
        with transaction() as session:
            digest = hashlib.sha256(content).hexdigest()
            earlier = once.claim(session, g.actor.key, f"api:{key}", digest, now=clock.now())
            if earlier:
                return Response(earlier.body, earlier.status, mimetype="application/json")
            answer = make_response(view(*args, **kwargs))
            once.settle(session, g.actor.key, f"api:{key}", status=answer.status_code, body=answer.get_data(as_text=True))
            return answer

    return called
