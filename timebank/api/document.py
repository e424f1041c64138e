"""The description of the API as it is served: what flask-smorest makes, put right where programs
that read it would stumble."""

from http import HTTPStatus
from typing import Any

Document = dict[str, Any]

_RETRY_AFTER = {
    "description": "In how many seconds it may be worth while to send the same again.",
    "schema": {"type": "integer", "minimum": 1},
}
_METHODS = ("get", "post", "put", "patch", "delete")


def finished(document: Document) -> Document:
    """The same, valid and without what is there for nobody."""
    schemas = document["components"]["schemas"]
    for _, _, operation in operations(document):
        _take_in_form(operation, schemas)
        _say_what_may_be_left_out(operation, schemas)
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _never_null(parameter["schema"])
    away = document["components"]["responses"].get(HTTPStatus.SERVICE_UNAVAILABLE.name)
    if away:
        away["headers"] = {"Retry-After": _RETRY_AFTER}
    for name, schema in schemas.items():
        for field in schema.get("properties", {}).values():
            _say_default(field)
        if name.endswith("In"):
            schema.setdefault("additionalProperties", False)
    schemas.pop("PaginationMetadata", None)
    for tag in document.get("tags", ()):
        tag["name"] = tag["name"].removeprefix("api.")
    return document


def operations(document: Document) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of every call."""
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    ]


def _take_in_form(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move what comes as a form beside files into the multipart body, where OpenAPI 3 has it:
    flask-smorest leaves it among the parameters, as Swagger had it."""
    parameters = operation.get("parameters", [])
    form = [parameter for parameter in parameters if parameter["in"] == "formData"]
    if not form:
        return
    operation["parameters"] = [each for each in parameters if each["in"] != "formData"]
    content = operation["requestBody"]["content"]["multipart/form-data"]
    files = schemas[content["schema"]["$ref"].rpartition("/")[2]]
    fields: dict[str, Any] = {}
    for parameter in form:
        fields[parameter["name"]] = _never_null(parameter["schema"])
        _say_default(fields[parameter["name"]])
        words = parameter.get("description")
        if words:
            fields[parameter["name"]].setdefault("description", words)
    content["schema"] = {
        "type": "object",
        "properties": fields | files["properties"],
        "required": sorted(
            [each["name"] for each in form if each.get("required")] + files.get("required", [])
        ),
        "additionalProperties": False,
    }


def _say_what_may_be_left_out(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A call that need say nothing needs no body."""
    body = operation.get("requestBody")
    reference = body["content"].get("application/json", {}).get("schema", {}) if body else {}
    if body and "$ref" in reference:
        body["required"] = bool(schemas[reference["$ref"].rpartition("/")[2]].get("required"))


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what stands in an address or a form, where nothing can be null."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = [kind for kind in kinds if kind != "null"]
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if "anyOf" in schema:
        left = [choice for choice in schema.pop("anyOf") if choice != {"type": "null"}]
        schema |= left[0] if len(left) == 1 else {"anyOf": left}
    return schema


def _say_default(field: dict[str, Any]) -> None:
    """Say in words what holds where the field is left out. Makers of clients take a field with a
    default for one that is always there, and would ask for it in every call."""
    if "default" not in field:
        return
    default = field.pop("default")
    if default not in ("", [], {}):
        shown = str(default).lower() if isinstance(default, bool) else default
        field["description"] = f"{field.get('description', '')} If left out: {shown}.".strip()
