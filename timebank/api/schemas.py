"""What every answer of the API may look like, whatever the resource."""

from typing import Any

from marshmallow import fields

from timebank.http import shown
from timebank.schema import Schema


class Spoken(fields.String):
    """A sentence, as whoever asks understands it."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else shown(value)


class RefusalOut(Schema):
    """Why a request was refused: `code` for programs, `message` for people, `fields` for each input
    that is wrong."""

    code = fields.String(
        required=True, metadata={"description": "Why it was refused, in one word for programs."}
    )
    message = fields.String(
        required=True, metadata={"description": "Why it was refused, in a sentence for people."}
    )
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        data_key="fields",
        attribute="fields",
        metadata={"description": "What is wrong with each input, by its name."},
    )
    candidates = fields.List(
        fields.Dict(keys=fields.String()),
        metadata={
            "description": "Where the refusal is a question: the people, or the exchange, it is"
            " about. People are told apart by number, area and year of birth by the staff, by area"
            " by everybody else."
        },
    )
