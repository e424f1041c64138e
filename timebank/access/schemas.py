"""What signing in takes and gives."""

from marshmallow import fields

from timebank.access.rules import (
    LONGEST_KEY_DAYS,
    LONGEST_PASSWORD,
    NewToken,
    Scope,
    SignedInBy,
)
from timebank.members.rules import ROLES, Addresses
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
    stay = fields.Boolean(load_default=False)


class PasskeyIn(Schema):
    """What a browser answered with a passkey, as JSON."""

    # Left empty by a browser without the script: refused in words, as any that is none.
    credential = Text(20_000, load_default="")


class NewPasskeyIn(PasskeyIn):
    """The same of one that was just made, and its name."""

    name = Text(80, required=True)


class ProofIn(Schema):
    """What shows again who somebody is: a password, or a code."""

    secret = Text(2 * LONGEST_PASSWORD, required=True)


class AddressesIn(Makes[Addresses]):
    """The addresses one can sign in by."""

    email = Text(254, load_default=None)
    phone = Text(40, load_default=None)


class CodeIn(Schema):
    """A code typed by hand: of a one-time link, of a second factor, or a recovery code."""

    code = Text(80, required=True)


class PasswordIn(Schema):
    """A new password."""

    password = fields.String(load_default="")


class HandLinkIn(Schema):
    """How long a link that is handed over stays good, in minutes."""

    minutes = fields.Integer(required=True, validate=Range(1, _MINUTES_OF_LINK, say("Choose one.")))


class TokenIn(Makes[NewToken]):
    """A token to be made."""

    name = Text(80, required=True)
    scope = Choice("Scope", tuple(Scope), required=True, words=say("Choose one."))
    days = fields.Integer(
        load_default=LONGEST_KEY_DAYS,
        validate=Range(1, LONGEST_KEY_DAYS, say("A key lasts from one day to a year.")),
    )


class KeyOut(Schema):
    """A key for programs: what it is for, and how long."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    scope = Choice("Scope", tuple(Scope), required=True)
    staff = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(required=True, allow_none=True)


class BankKeyOut(KeyOut):
    """The same, and whose it is."""

    member = fields.Nested(PartyOut, required=True)


class SignInOut(Schema):
    """A browser in which somebody is signed in."""

    id = fields.Integer(required=True)
    device = fields.String(required=True)
    how = Choice("SignedInBy", tuple(SignedInBy), required=True)
    began_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


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
