"""What the schemas of every feature share: fields that read as people write, errors in their words,
and values that come out as one."""

# marshmallow's own types leave much of what this overrides unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import functools
from collections.abc import Callable, Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast, get_args, overload

import marshmallow
from marshmallow import fields, validate

from timebank import hours
from timebank.errors import Invalid
from timebank.say import Said, as_written, say
from timebank.text import fault_of

_WORDS = {
    "Missing data for required field.": say("Fill this in."),
    "Field may not be null.": say("Fill this in."),
    "Unknown field.": say("There is no such field."),
    "Not a valid integer.": say("Write a whole number."),
    "Not a valid string.": say("Write this as text."),
    "Not a valid boolean.": say("Answer yes or no."),
    "Not a valid email address.": say(
        "Write a whole e-mail address, such as joan@example.org, or leave it empty."
    ),
    "Not a valid date.": say("Write a date as year-month-day, such as 2026-11-17."),
}
"""marshmallow's own words in ours. A test holds them to those of the version installed."""

OTHER = "other"
"""What a form sends for none of those it offers: something else, which is written."""

LARGEST_NUMBER = 2**31 - 1
"""The largest whole number that is taken: no row's id or count of anything here is larger."""


def wrong(sentence: Said, field: str = "_schema") -> marshmallow.ValidationError:
    """What a field or validator raises for input that has to be put right; a whole schema says of
    which `field`."""
    return marshmallow.ValidationError(cast(list[Any], [sentence]), field)


class _Saying:
    """A validator that says what to do in a sentence of ours."""

    words: Said

    def __call__(self, value: Any) -> Any:
        try:
            return super().__call__(value)  # pyright: ignore[reportAttributeAccessIssue]
        except marshmallow.ValidationError as error:
            raise wrong(self.words) from error


class OneOf(_Saying, validate.OneOf):
    """One of these; unless said otherwise, they are listed."""

    def __init__(self, choices: Collection[str], words: Said | None = None):
        super().__init__(list(choices))
        self.words = words or say("Choose one of: %(choices)s.", choices=", ".join(choices))


class Range(_Saying, validate.Range):
    """From the least to the most, both included."""

    def __init__(self, least: int | None, most: int | None, words: Said):
        super().__init__(least, most)
        self.words = words


class Length(_Saying, validate.Length):
    """At least and at most so many."""

    def __init__(self, least: int | None, most: int | None, words: Said):
        super().__init__(least, most)
        self.words = words


_IN_RANGE = Range(-LARGEST_NUMBER, LARGEST_NUMBER, say("That number is too large."))


class Schema(marshmallow.Schema):
    """Base of every `…In` and `…Out`."""

    class Meta:
        unknown = marshmallow.RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Take no whole number that the database could not hold."""
        number = field_obj.inner if isinstance(field_obj, fields.List) else field_obj
        if isinstance(number, fields.Integer) and not type(self).__name__.endswith("Out"):
            number.validators = [*number.validators, _IN_RANGE]


@functools.cache
def names_of_fields() -> frozenset[str]:
    """What the inputs of all schemas are called. Found once: it makes each of them, which takes
    longer than the answer that it is asked for."""
    declared = (
        (name, field) for schema in _every(Schema) for name, field in schema().fields.items()
    )
    return frozenset(field.data_key or name for name, field in declared) | {"form"}


def _every(schema: type[marshmallow.Schema]) -> list[type[marshmallow.Schema]]:
    return [schema, *(below for one in schema.__subclasses__() for below in _every(one))]


Made = TypeVar("Made")


class Makes(Schema, Generic[Made]):
    """A schema whose values come out as one frozen dataclass: `class NoteIn(Makes[Note])`.

    The fields have the dataclass's names.
    """

    made: ClassVar[type[Any]]

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            if get_args(base) and not isinstance(get_args(base)[0], TypeVar):
                cls.made = get_args(base)[0]

    @marshmallow.post_load
    def make(self, values: dict[str, Any], **_: Any) -> Made:
        """The values as one."""
        return self.made(**values)


class Minutes(fields.Field[int]):
    """Whole minutes, from a number, or as people say it: "1:30", "an hour and a half" (see
    `hours.parse`); given out as a number. `large`: a bare number in a text may be many hours, and
    is asked about."""

    def __init__(self, *, large: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.large = large

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise wrong(say("Write a length of time, such as 90 min, 1:30 or 1.5."))
        if isinstance(value, int):
            if abs(value) > hours.LARGEST:
                raise wrong(say("That is more time than anybody has. Check the number."))
            return value
        try:
            return hours.parse(value, large=self.large)
        except Invalid as refusal:
            raise wrong(refusal.message) from refusal


class MinutesChosen(Minutes):
    """Whole minutes chosen from a few, in the field `chosen` of a form, or else written in this
    one. Where both are filled in and differ, that is a question; so is neither."""

    def __init__(self, chosen: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.chosen = chosen

    def deserialize(
        self,
        value: Any,
        attr: str | None = None,
        data: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> int:
        """The minutes: `value` may be missing where they are chosen."""
        chosen = str((data or {}).get(self.chosen, "")).strip()
        if chosen in ("", OTHER):
            if value is marshmallow.missing and not chosen:
                raise wrong(say("Choose how long it was, or write it."))
            if value is marshmallow.missing:
                raise wrong(say("Write how long it was."))
            return self._deserialize(value, attr, data, **kwargs)
        minutes = self._deserialize(f"{chosen} min", attr, data)
        if value is not marshmallow.missing and self._deserialize(value, attr, data) != minutes:
            raise wrong(
                say(
                    "You chose %(chosen)s and wrote “%(text)s”. Choose again, or empty the box.",
                    chosen=hours.words(minutes),
                    text=str(value),
                )
            )
        return minutes


class File(fields.Field[Any]):
    """A file of a form, or None: words in its place are no file."""

    def __init__(self) -> None:
        super().__init__(load_default=None)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return value if hasattr(value, "read") else None


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
        fault = fault_of(text, self.longest)
        if fault:
            raise wrong(fault)
        if self.required and not text:
            raise wrong(say("Fill this in."))
        return text


class Choice(fields.String):
    """One of a closed set of words. `name` is what the API's description calls the set, so that a
    program made from it knows one set by one name wherever it is met.

    `words` is what is said of anything else; unless given, the choices are named.
    """

    def __init__(
        self, name: str, choices: Collection[str], *, words: Said | None = None, **kwargs: Any
    ):
        self.name_of_set, self.choices = name, tuple(choices)
        super().__init__(validate=OneOf(self.choices, words), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        """The choice itself, which may be a member of a StrEnum; or what was written, for the
        validator to refuse."""
        text = str(super()._deserialize(value, attr, data, **kwargs))
        return next((choice for choice in self.choices if choice == text), text)


class Code(Choice):
    """A member of a closed set, by its code: of all of a StrEnum, or of those in `only`."""

    def __init__(self, codes: type[StrEnum], *, only: Collection[StrEnum] = (), **kwargs: Any):
        super().__init__(codes.__name__, tuple(only) or tuple(codes), **kwargs)
        self.codes = codes

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        # What is no code is left as it is, for the validator to say what may be chosen.
        return self.codes(text) if text in list(self.codes) else text


class Day(fields.Date):
    """A calendar date, as 2026-11-17 or 17/11/2026."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        parts = value.split("/") if isinstance(value, str) else []
        if len(parts) == 3:
            value = "-".join([parts[2], parts[1].zfill(2), parts[0].zfill(2)])
        return super()._deserialize(value, attr, data, **kwargs)


Unknown = Literal["exclude", "raise"]
Also = Callable[[Mapping[str, Any]], object]


@overload
def load(  # pyright: ignore[reportOverlappingOverload]  (what a schema makes is for it to say)
    schema: Makes[Made],
    raw: Mapping[str, Any],
    *,
    unknown: Unknown | None = None,
    also: Also | None = None,
) -> Made: ...
@overload
def load(
    schema: Schema,
    raw: Mapping[str, Any],
    *,
    unknown: Unknown | None = None,
    also: Also | None = None,
) -> dict[str, Any]: ...
def load(
    schema: Schema,
    raw: Mapping[str, Any],
    *,
    unknown: Unknown | None = None,
    also: Also | None = None,
) -> Any:
    """Check and convert. Raises Invalid with a sentence for every field that is wrong.

    `also` looks at what a schema cannot know. It is given the values that are right, by name, even
    where others are not, and what it finds wrong is said in the same breath, in the order of the
    schema.
    """
    try:
        values: Any = schema.load(raw, unknown=unknown)
    except marshmallow.ValidationError as error:
        refusal, right = invalid(error.messages), cast(dict[str, Any], error.valid_data)
        if also:
            try:
                also(right)
            except Invalid as more:
                faults = more.fields | refusal.fields
                order = [field.data_key or name for name, field in schema.fields.items()]
                refusal.fields = {
                    name: faults[name] for name in (*order, *faults) if name in faults
                }
        raise refusal from error
    if also:
        also(values if isinstance(values, dict) else vars(values))
    return values


def invalid(messages: Any) -> Invalid:
    """marshmallow's messages as our refusal."""
    return Invalid.of(_flatten(messages))


def _flatten(messages: Any, path: str = "") -> dict[str, Said]:
    if isinstance(messages, dict):
        faults: dict[str, Said] = {}
        for name, inner in messages.items():
            plain = name in ("json", "form", "query", "files", "headers", "_schema")
            faults |= _flatten(inner, path if plain else f"{path}.{name}" if path else str(name))
        return faults
    first = messages[0] if isinstance(messages, list) and messages else messages
    sentence = first if isinstance(first, Said) else _WORDS.get(str(first))
    # What a library says that we have no words for is still better than nothing.
    return {path or "form": sentence or as_written(str(first))}
