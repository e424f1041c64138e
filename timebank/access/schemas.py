"""What signing in takes and gives."""

from marshmallow import fields

from timebank.access.rules import LONGEST_PASSWORD, NewToken, Scope
from timebank.members.rules import ROLES
from timebank.members.schemas import PartyOut
from timebank.say import say
from timebank.schema import Choice, Makes, Range, Schema, Text

_MINUTES_OF_LINK = 7 * 24 * 60


class NameIn(Schema):
    """Who somebody says they are: e-mail, member number or phone."""

    name = Text(254, required=True)


class SignInIn(NameIn):
    """A name and what proves it."""

    # Longer than any password that was set; what is too long is wrong, and is not told apart from
    # other wrong ones.
    password = Text(2 * LONGEST_PASSWORD, required=True)


class CodeIn(Schema):
    """A code typed by hand: of a one-time link, of a second factor, or a recovery code."""

    code = Text(80, required=True)


class PasswordIn(Schema):
    """A new password, and the one there is."""

    current = fields.String(load_default="")
    password = fields.String(load_default="")


class HandLinkIn(Schema):
    """How long a link that is handed over stays good, in minutes."""

    minutes = fields.Integer(required=True, validate=Range(1, _MINUTES_OF_LINK, say("Choose one.")))


class TokenIn(Makes[NewToken]):
    """A token to be made."""

    name = Text(80, required=True)
    scope = Choice("Scope", tuple(Scope), required=True, words=say("Choose one."))


class BankOut(Schema):
    """The bank a token is for."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    timezone = fields.String(required=True)


class MeOut(Schema):
    """Whom a token acts as, and for whom it may act."""

    party = fields.String(required=True)
    member_id = fields.Integer(required=True)
    name = fields.String(required=True)
    role = Choice("Role", ROLES, required=True)
    account_id = fields.Integer(required=True)
    acts_for = fields.List(fields.Nested(PartyOut), required=True)
    scope = Choice("Scope", tuple(Scope), required=True)
    bank = fields.Nested(BankOut, required=True)
