"""The page for those who write programs, made from the description that programs read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from timebank.api.document import Document, operations
from timebank.errors import NotFound, Refusal
from timebank.http import STATUS_OF
from timebank.say import say

WHAT_TO_DO = {
    400: "The body could not be read as JSON. Put it right; sent again as it is, it fails again.",
    401: "Send a key, or another one: this one is wrong, or was taken away.",
    403: "The key’s member may not do this, or the key is for reading only. Nothing to try again.",
    404: "Look at the id: there is no such thing, or none that this member may know of.",
    409: "Read it again and see how it stands now; then decide anew. `message` says who was first.",
    422: "Put right what `fields` names, and send it again, with the same key if you like.",
    429: "Wait, and try again later.",
    503: "Try again in a minute, with the same `Idempotency-Key`.",
}
"""What a program, or whoever writes it, does about a refusal, by HTTP status."""


@dataclass(frozen=True)
class Part:
    """A paragraph that begins with what it is about."""

    title: str
    words: Markup


@dataclass(frozen=True)
class Code:
    """A word for programs that a refusal may carry."""

    status: int
    code: str
    words: str


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: str
    words: Markup
    required: bool


@dataclass(frozen=True)
class Call:
    """One call: what it takes and what it answers. `body` and `answer` are empty where there is
    none."""

    name: str
    method: str
    path: str
    title: str
    words: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    statuses: list[str]
    shapes: dict[str, list[Field]]
    """What stands inside what it takes and answers, by the name it has there."""


@dataclass(frozen=True)
class Tag:
    """Calls that belong together."""

    name: str
    words: str
    calls: list[Call]


def parts(document: Document) -> list[Part]:
    """What the description begins with, paragraph by paragraph."""
    paragraphs: list[Part] = []
    for paragraph in document["info"]["description"].split("\n\n"):
        words = " ".join(paragraph.split())
        bold = re.match(r"\*\*(.+?)\*\*\s*(.*)", words)
        paragraphs.append(Part(bold[1], marked(bold[2])) if bold else Part("", marked(words)))
    return paragraphs


def marked(text: str) -> Markup:
    """Text with what stands in backticks as code."""
    pieces = re.split(r"`(.+?)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


def codes() -> list[Code]:
    """Every code that a refusal of any room may carry, by status."""
    by_code = {
        kind.code: Code(status, kind.code, " ".join((kind.__doc__ or "").split()))
        for status, kind in _refusals(Refusal, 0)
        if status
    }
    return sorted(by_code.values(), key=lambda code: (code.status, code.code))


def _refusals(kind: type[Refusal], status: int) -> Iterator[tuple[int, type[Refusal]]]:
    status = STATUS_OF.get(kind, status)
    # A kind without a code of its own carries that of what it is derived from.
    if "code" in vars(kind):
        yield status, kind
    for narrower in kind.__subclasses__():
        yield from _refusals(narrower, status)


def tags(document: Document) -> list[Tag]:
    """Everything that can be called, by what it is about."""
    return [
        Tag(
            tag["name"],
            tag.get("description", ""),
            list(_calls(document, tag["name"])),
        )
        for tag in document["tags"]
    ]


def _shapes(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, list[Field]]:
    outer = _references((operation.get("requestBody"), operation["responses"]))
    shapes: dict[str, list[Field]] = {}
    waiting = _references([schemas[each].get("properties") for each in outer])
    while waiting:
        inner = waiting.pop()
        if inner not in shapes and "properties" in schemas[inner]:
            shapes[inner] = _fields_of(schemas[inner], schemas)
            waiting |= _references(schemas[inner])
    return dict(sorted(shapes.items()))


def _references(said: Any) -> set[str]:
    """The names of all schemas that are referred to anywhere in it."""
    if isinstance(said, dict):
        of_schema = str(said.get("$ref", "")).startswith("#/components/schemas/")
        own = {_named(said)} if of_schema else set[str]()
        return own.union(*(_references(inner) for inner in said.values()))
    if isinstance(said, list | tuple):
        return set[str]().union(*(_references(inner) for inner in said))
    return set()


def tag(tags: list[Tag], name: str) -> Tag:
    """One part of the API. Raises NotFound."""
    for tag_there in tags:
        if tag_there.name == name:
            return tag_there
    raise NotFound(say("The API has no such part."))


def call(tags: list[Tag], tag_name: str, name: str) -> Call:
    """One call of a part. Raises NotFound."""
    for call_there in tag(tags, tag_name).calls:
        if call_there.name == name:
            return call_there
    raise NotFound(say("The API has no such call."))


def _calls(document: Document, name: str) -> Iterator[Call]:
    schemas = document["components"]["schemas"]
    for method, path, operation in operations(document):
        if name in operation["tags"]:
            parameters = [
                _field(
                    each["name"],
                    {**each["schema"], "description": each.get("description", "")},
                    each.get("required", False),
                    schemas,
                )
                for each in operation.get("parameters", ())
            ]
            done = min(status for status in operation["responses"] if str(status).startswith("2"))
            answer = operation["responses"][done]
            yield Call(
                operation["operationId"],
                method.upper(),
                path,
                operation["summary"],
                operation["description"],
                parameters,
                _fields(operation.get("requestBody", {}), schemas),
                _fields(answer, schemas),
                sorted(str(status) for status in operation["responses"]),
                _shapes(operation, schemas),
            )


def _fields(said: dict[str, Any], schemas: dict[str, Any]) -> list[Field]:
    """The fields of the first kind of content that has any."""
    for content in said.get("content", {}).values():
        schema = content.get("schema", {})
        if "$ref" in schema:
            schema = schemas[_named(schema)]
        if "properties" in schema:
            return _fields_of(schema, schemas)
    return []


def _fields_of(schema: dict[str, Any], schemas: dict[str, Any]) -> list[Field]:
    required = schema.get("required", ())
    return [
        _field(name, field, name in required, schemas)
        for name, field in schema["properties"].items()
    ]


def _field(name: str, schema: dict[str, Any], required: bool, schemas: dict[str, Any]) -> Field:
    return Field(name, _kind(schema, schemas), marked(schema.get("description", "")), required)


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """What a value looks like, in a few words; of a closed set, every one of it."""
    if "anyOf" in schema:
        return " or ".join(_kind(choice, schemas) for choice in schema["anyOf"])
    if "$ref" in schema:
        name = _named(schema)
        choices = schemas[name].get("enum")
        return (
            f"one of: {', '.join(choice or '(empty)' for choice in choices)}" if choices else name
        )
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), schemas)}"
    kinds = schema.get("type", "anything")
    words = " or ".join(kinds) if isinstance(kinds, list) else kinds
    return f"{words}, {schema['format']}" if "format" in schema else words


def _named(schema: dict[str, Any]) -> str:
    return schema["$ref"].rpartition("/")[2]
