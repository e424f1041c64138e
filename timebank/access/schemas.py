"""What signing in takes and gives."""

from marshmallow import fields

from timebank.schema import Schema


class BankOut(Schema):
    """The bank a token is for."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    timezone = fields.String(required=True)


class MeOut(Schema):
    """Whom a token acts as, and for which accounts it may act."""

    member_id = fields.Integer(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    account_id = fields.Integer(required=True)
    acts_for = fields.List(fields.Integer(), required=True)
    scope = fields.String(required=True)
    bank = fields.Nested(BankOut, required=True)
