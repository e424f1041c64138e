"""What every answer of the API may look like, whatever the resource."""

from marshmallow import fields

from timebank.schema import Schema


class RefusalOut(Schema):
    """Why a request was refused: `code` for programs, `message` for people, `fields` for each input
    that is wrong."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        data_key="fields",
        attribute="fields",
    )
