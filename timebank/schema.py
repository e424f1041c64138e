"""What the schemas of every feature share: fields that read as people write, and errors in their
words."""

import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Literal, cast

import marshmallow
from marshmallow import fields, validate

from timebank import hours
from timebank.errors import Invalid

_WORDS = {
    "Missing data for required field.": "Fill this in.",
    "Field may not be null.": "Fill this in.",
    "Unknown field.": "There is no such field.",
    "Not a valid integer.": "Write a whole number.",
    "Not a valid string.": "Write this as text.",
    "Not a valid boolean.": "Answer yes or no.",
    "Not a valid email address.": (
        "Write a whole e-mail address, such as joan@example.org, or leave it empty."
    ),
    "Not a valid date.": "Write a date as year-month-day, such as 2026-11-17.",
}


LARGEST_NUMBER = 2**31 - 1
"""The largest whole number that is taken: no row's id or count of anything here is larger."""

_IN_RANGE = validate.Range(-LARGEST_NUMBER, LARGEST_NUMBER, error="That number is too large.")


class Schema(marshmallow.Schema):
    """Base of every `…In` and `…Out`."""

    class Meta:
        unknown = marshmallow.RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Take no whole number that the database could not hold."""
        number = field_obj.inner if isinstance(field_obj, fields.List) else field_obj
        if isinstance(number, fields.Integer) and not type(self).__name__.endswith("Out"):
            number.validators = [*number.validators, _IN_RANGE]


class Minutes(fields.Field[int]):
    """Whole minutes, from a number or from "1:30", "1 h 30", "1.5"; given out as a number."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise marshmallow.ValidationError("Write a length of time, such as 90, 1:30 or 1.5.")
        if isinstance(value, int):
            if abs(value) > hours.LARGEST:
                raise marshmallow.ValidationError(
                    "That is more time than anybody has. Check the number."
                )
            return value
        try:
            return hours.parse(value)
        except Invalid as refusal:
            raise marshmallow.ValidationError(refusal.message) from refusal


class Text(fields.String):
    """A line or paragraph of text: no control characters, no longer than `longest`, not only spaces
    when required."""

    def __init__(self, longest: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.longest = longest

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).replace("\r\n", "\n").strip()
        if any(
            unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text
        ):
            raise marshmallow.ValidationError("Take out the characters that cannot be read.")
        if len(text) > self.longest:
            raise marshmallow.ValidationError(
                f"Write at most {self.longest} characters; this has {len(text)}."
            )
        if self.required and not text:
            raise marshmallow.ValidationError("Fill this in.")
        return text


class OneOf(fields.String):
    """One of a closed set of words. `name` is what the API's description calls the set, so that a
    program made from it knows one set by one name wherever it is met.

    `error` is what is said of anything else; unless given, it names the choices.
    """

    def __init__(self, name: str, choices: Collection[str], *, error: str = "", **kwargs: Any):
        self.name_of_set, self.choices = name, tuple(choices)
        error = error or f"Choose one of: {', '.join(self.choices)}."
        super().__init__(validate=validate.OneOf(self.choices, error=error), **kwargs)


class Day(fields.Date):
    """A calendar date, as 2026-11-17 or 17/11/2026."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        parts = value.split("/") if isinstance(value, str) else []
        if len(parts) == 3:
            value = "-".join([parts[2], parts[1].zfill(2), parts[0].zfill(2)])
        return super()._deserialize(value, attr, data, **kwargs)


def load(
    schema: Schema,
    raw: Mapping[str, Any],
    *,
    unknown: Literal["exclude", "raise"] | None = None,
    also: Callable[[dict[str, Any]], object] | None = None,
) -> dict[str, Any]:
    """Check and convert. Raises Invalid with a sentence for every field that is wrong.

    `also` looks at what a schema cannot know. It is given the values that are right, even where
    others are not, and what it finds wrong is said in the same breath, in the order of the schema.
    """
    try:
        values: Any = schema.load(raw, unknown=unknown)
    except marshmallow.ValidationError as error:
        refusal, right = invalid(error.messages), cast(dict[str, Any], error.valid_data)
        if also:
            try:
                also(right)
            except Invalid as more:
                wrong = more.fields | refusal.fields
                order = [field.data_key or name for name, field in schema.fields.items()]
                refusal.fields = {name: wrong[name] for name in (*order, *wrong) if name in wrong}
        raise refusal from error
    if also:
        also(values)
    return values


def invalid(messages: Any) -> Invalid:
    """marshmallow's messages as our refusal."""
    flat = _flatten(messages)
    return Invalid("Some answers have to be put right.", fields=flat)


def _flatten(messages: Any, path: str = "") -> dict[str, str]:
    if isinstance(messages, dict):
        found: dict[str, str] = {}
        for name, inner in messages.items():
            plain = name in ("json", "form", "query", "files", "headers", "_schema")
            found |= _flatten(inner, path if plain else f"{path}.{name}" if path else str(name))
        return found
    first = messages[0] if isinstance(messages, list) and messages else str(messages)
    return {path or "form": _WORDS.get(first, first)}
