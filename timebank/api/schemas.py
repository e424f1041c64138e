"""What every answer of the API may look like, whatever the resource."""

from marshmallow import fields

from timebank.schema import Schema


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
