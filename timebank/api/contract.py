"""What OpenAPI says of every operation alike: who may call it, how it refuses, how it is done once,
our own fields."""

from http import HTTPStatus
from typing import Any

from apispec import BasePlugin
from flask import Flask
from marshmallow import fields
from werkzeug.routing import Rule

from timebank.http import Access, access_of
from timebank.schema import Minutes, Text

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
        statuses = [HTTPStatus(422)]  # For a parameter that there is not.
        if mark.level != "public":
            statuses += [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
        if mark.scope == "write" or rule.arguments or operation.get("parameters"):
            # What is not there may be named in the address, the query or the body.
            statuses.append(HTTPStatus.NOT_FOUND)
        if mark.scope == "write":
            statuses += [HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT]
        return {str(status.value): status.name for status in statuses}


def own_fields(field: fields.Field[Any]) -> dict[str, Any]:
    """What OpenAPI cannot guess of the fields in `timebank.schema`, for apispec's converter."""
    if isinstance(field, Minutes):
        kinds = (
            ["integer"] if type(field.parent).__name__.endswith("Out") else ["integer", "string"]
        )
        kinds += ["null"] if field.allow_none else []
        return {"type": kinds if len(kinds) > 1 else kinds[0]}
    if isinstance(field, Text):
        return {"maxLength": field.longest} | ({"minLength": 1} if field.required else {})
    return {}
