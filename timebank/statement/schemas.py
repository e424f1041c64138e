"""What statements are asked for and what they give. Amounts are whole minutes."""

from marshmallow import fields

from timebank.api.paging import PageIn
from timebank.api.schemas import Spoken
from timebank.ledger.rules import ENTRY_KINDS, AccountKind
from timebank.members.schemas import PartyOut
from timebank.schema import Choice, Day, Schema


class DatesIn(Schema):
    """From when to when, both days included; what is left out is no bound."""

    start = Day(data_key="from", load_default=None, allow_none=True)
    end = Day(data_key="to", load_default=None, allow_none=True)


class StatementIn(PageIn, DatesIn):
    """A page of the newest lines; or, with a date, all lines between the dates in the order in
    which things happened."""


class AccountOut(Schema):
    """An account as it stands; null: no floor, no ceiling, no number."""

    id = fields.Integer(required=True)
    kind = Choice("PartyKind", tuple(AccountKind), required=True)
    name = fields.String(required=True)
    number = fields.String(required=True, allow_none=True)
    balance = fields.Integer(required=True)
    floor = fields.Integer(required=True, allow_none=True)
    ceiling = fields.Integer(required=True, allow_none=True)
    closed = fields.Boolean(required=True)


class ChestOut(Schema):
    """The chest: its account, how much can be granted just now (null: no bound), and the twelve
    months from `since` on.

    `began + gifts + added - grants - taken_off` is the balance.
    """

    account = fields.Integer(required=True, attribute="account.id")
    balance = fields.Integer(required=True, attribute="account.balance")
    floor = fields.Integer(required=True, allow_none=True, attribute="account.floor")
    room = fields.Integer(required=True, allow_none=True)
    since = fields.Date(required=True)
    began = fields.Integer(required=True)
    gifts = fields.Integer(required=True)
    added = fields.Integer(required=True)
    grants = fields.Integer(required=True)
    taken_off = fields.Integer(required=True)


class GrantOut(Schema):
    """Hours out of the chest; `to` is null for those who are not told to whom, `decided_by` empty
    where it was not kept yet."""

    id = fields.Integer(required=True)
    given_on = fields.Date(required=True)
    minutes = fields.Integer(required=True)
    decided_by = fields.String(required=True)
    reason = fields.String(required=True)
    to = fields.Nested(PartyOut, required=True, allow_none=True)


class LineOut(Schema):
    """One line. `minutes` is negative where they were taken off, `balance` what there was
    afterwards.

    `other` is who is on the other side, `exchange` the exchange and `session` the session of
    an activity behind the line, null where there is none that you may know of; `reverses` is the
    entry that this one takes back.
    """

    seq = fields.Integer(required=True)
    entry = fields.Integer(required=True, attribute="entry_id")
    kind = Choice("EntryKind", ENTRY_KINDS, required=True)
    occurred_on = fields.Date(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    happened = Spoken(required=True)
    what = Spoken(required=True)
    minutes = fields.Integer(required=True)
    balance = fields.Integer(required=True)
    other = fields.Nested(PartyOut, required=True, allow_none=True)
    exchange = fields.Integer(required=True, allow_none=True, attribute="exchange_id")
    session = fields.Integer(required=True, allow_none=True, attribute="session_id")
    reverses = fields.Integer(required=True, allow_none=True)


class StatementOut(Schema):
    """Lines of a statement; the four sums are there between dates, and null on a page of the newest
    lines."""

    items = fields.List(fields.Nested(LineOut), required=True)
    next = fields.Integer(required=True, allow_none=True)
    brought_forward = fields.Integer(required=True, allow_none=True)
    added = fields.Integer(required=True, allow_none=True)
    taken_off = fields.Integer(required=True, allow_none=True)
    carried_forward = fields.Integer(required=True, allow_none=True)
