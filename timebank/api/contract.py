"""What OpenAPI says of every operation and field alike: who may call it, how it refuses, how it is
done once, what a name means."""

from http import HTTPStatus
from typing import Any

from apispec import BasePlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from marshmallow import fields
from werkzeug.routing import Rule

from timebank.api.glossary import words_for
from timebank.http import Access, access_of
from timebank.schema import Choice, Minutes, Text

_ONCE = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
    "description": (
        "Your own key for this call. Sent again with the same key, it is not done again; the first"
        " answer is."
    ),
}
_WHO = {
    "public": "Anybody may call this.",
    "member": "For members of the bank.",
    "broker": "For brokers and coordinators.",
    "coordinator": "For coordinators.",
}


class Contract(BasePlugin):
    """Adds to each operation what its mark of access and its path already say, so that no resource
    has to repeat it."""

    def __init__(self, app: Flask):
        self._app = app
        self.asked: dict[str, frozenset[str]] = {}
        """The parameters that the address of each endpoint may ask with."""

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        *,
        rule: Rule,
        **kwargs: Any,
    ) -> None:
        """Called by apispec for every path, with the rule it was made from."""
        mark = access_of(self._app.view_functions[rule.endpoint])
        if mark is None:  # `check_marks` refuses to start such an application.
            return
        for method, operation in (operations or {}).items():
            parameters = operation.get("parameters", ())
            self.asked[rule.endpoint] = frozenset(
                each["name"] for each in parameters if each["in"] == "query"
            )
            operation["operationId"] = rule.endpoint.removeprefix("api.")
            operation["tags"] = [rule.endpoint.split(".")[1]]
            operation["description"] = " ".join(
                [operation.get("description", ""), _WHO[mark.level]]
            ).strip()
            operation["responses"] = self._refusals(mark, rule, operation) | operation.get(
                "responses", {}
            )
            if mark.level == "public":
                operation["security"] = []
            if mark.scope == "write" and method != "get":
                operation.setdefault("parameters", []).append(_ONCE)

    def _refusals(self, mark: Access, rule: Rule, operation: dict[str, Any]) -> dict[str, str]:
        """The refusals that any operation of this kind may answer, as references to the documented
        ones."""
        # For a parameter that there is not, and while the database is away, busy or full.
        statuses = [HTTPStatus(422), HTTPStatus.SERVICE_UNAVAILABLE]
        if mark.level != "public":
            statuses += [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
        if mark.scope == "write" or rule.arguments or operation.get("parameters"):
            # What is not there may be named in the address, the query or the body.
            statuses.append(HTTPStatus.NOT_FOUND)
        if mark.scope == "write":
            statuses += [HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT]
            statuses.append(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return {str(status.value): status.name for status in statuses}


def own_fields(
    converter: OpenAPIConverter, field: fields.Field[Any], *, ret: dict[str, Any]
) -> dict[str, Any]:
    """What OpenAPI cannot guess of a field, for apispec's converter; `ret` is what it has found."""
    if ret.get("default", ...) is None:
        # A default that is null would make the field one that is always there.
        del ret["default"]
    return {**_described(field), **_typed(converter, field, ret)}


def _described(field: fields.Field[Any]) -> dict[str, Any]:
    if field.parent is None or "description" in field.metadata:
        return {}
    schema = type(field.parent).__name__
    words = words_for(schema, field.data_key or field.name or "")
    return {"description": words} if words else {}


def _typed(
    converter: OpenAPIConverter, field: fields.Field[Any], ret: dict[str, Any]
) -> dict[str, Any]:
    if isinstance(field, Choice):
        ret.pop("enum", None)
        ret.pop("type", None)
        return _reference(converter, field)
    if isinstance(field, Minutes):
        kinds = (
            ["integer"] if type(field.parent).__name__.endswith("Out") else ["integer", "string"]
        )
        kinds += ["null"] if field.allow_none else []
        return {"type": kinds if len(kinds) > 1 else kinds[0]}
    if isinstance(field, Text):
        return {"maxLength": field.longest} | ({"minLength": 1} if field.required else {})
    return {}


def _reference(converter: OpenAPIConverter, field: Choice) -> dict[str, Any]:
    """The closed set as a component of its own, so that a client made from the description has one
    type for it. Raises ValueError where two sets have one name."""
    components = converter.spec.components
    name, choices = field.name_of_set, list(field.choices)
    known = components.schemas.get(name)
    if known is None:
        components.schema(name, {"type": "string", "enum": choices})
    elif known["enum"] != choices:
        raise ValueError(f"{name} is the name of two sets: {known['enum']} and {choices}.")
    reference = {"$ref": f"#/components/schemas/{name}"}
    return {"anyOf": [reference, {"type": "null"}]} if field.allow_none else reference
