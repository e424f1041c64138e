"""What the pages and the API of lists take and give."""

from typing import Any

from marshmallow import fields, validate

from timebank.api.paging import PageIn
from timebank.exchanges.rules import Status as ExchangeStatus
from timebank.lists.rules import (
    LONGEST,
    Doing,
    FieldWords,
    Kept,
    LineState,
    ListKind,
    NewName,
    Quiet,
    Reach,
    RunState,
    Sort,
    Ticked,
    Verb,
    Wanted,
)
from timebank.members.rules import LONGEST as LONGEST_DETAIL
from timebank.members.rules import ROLES, Capacity
from timebank.members.rules import Status as MemberStatus
from timebank.safeguarding.rules import State
from timebank.say import say
from timebank.schema import Choice, Code, Makes, Range, Schema, Text

_STATUSES = tuple(dict.fromkeys((*MemberStatus, *ExchangeStatus)))
_MONTH = Range(1, 12, say("Choose a month, 1 to 12."))
_DAYS = Range(0, 366, say("Choose 0 to 366 days."))


def _number(**more: Any) -> fields.Integer:
    return fields.Integer(load_default=None, allow_none=True, **more)


class _Asked(Schema):
    q = Text(LONGEST["q"], load_default="")
    status = Choice("LineStatus", tuple(map(str, _STATUSES)), load_default=None)
    role = Choice("Role", ROLES, load_default=None)
    capacity = Choice("Capacity", tuple(Capacity), load_default=None)
    broker = _number()
    area = Text(LONGEST_DETAIL["area"], load_default="")
    tag = _number()
    told = Code(Reach, load_default=None)
    quiet = Code(Quiet, load_default=None)
    born_in = _number(validate=_MONTH)
    own_field = _number()
    own_words = Text(LONGEST["words"], load_default="")
    category = _number()
    ends_within = _number(validate=_DAYS)
    state = Code(State, load_default=None)
    check = Text(40, load_default=None)
    sort = Code(Sort, load_default=None)


class WantedForm(_Asked, Makes[Wanted]):
    """Which list a page is asked for, and which lines of it."""

    kind = Code(ListKind, load_default=ListKind.MEMBERS, data_key="list")


class LinesIn(_Asked, PageIn):
    """Which lines of a list are wanted, and which page of them; the cursor is how many come
    before."""


class TickForm(Makes[Ticked]):
    """What is done on a page to what is ticked."""

    verb = Code(Verb, required=True, data_key="do")
    ids = fields.List(fields.Integer(), load_default=list)
    all = fields.Boolean(load_default=False)


class RunIn(_Asked):
    """What is to be done (`do`) to which lines of a list: those of these `ids`, or with `all` every
    one that is wanted by the rest."""

    do = Code(Verb, required=True)
    ids = fields.List(fields.Integer(), load_default=list, validate=validate.Length(max=5000))
    all = fields.Boolean(load_default=False)


class DoingIn(Makes[Doing]):
    """What a verb needs besides: a tag, by its id or its name; the id of a broker, 0 for nobody."""

    tag = _number()
    tag_name = Text(LONGEST["tag"], load_default="")
    broker = _number()


class SaveForm(Makes[NewName]):
    """The name of a list that is saved on a page."""

    name = Text(LONGEST["saved"], required=True)


class SavedListIn(_Asked):
    """What a saved list asks for, and what it is called."""

    kind = Code(ListKind, required=True)
    name = Text(LONGEST["saved"], required=True)


class OwnFieldIn(Makes[NewName]):
    """What a field of the bank's own is called."""

    name = Text(LONGEST["field"], required=True)


class FieldWordsIn(Makes[FieldWords]):
    """What is to stand in one of the bank's own fields."""

    field = fields.Integer(required=True)
    words = Text(LONGEST["words"], load_default="")


class KeptIn(Makes[Kept]):
    """The tags that a member is to have, and what is to stand in the bank's own fields."""

    tags = fields.List(fields.Integer(), load_default=list)
    new_tags = fields.List(Text(LONGEST["tag"]), load_default=list)
    words = fields.List(fields.Nested(FieldWordsIn), load_default=list)


class ListCellOut(Schema):
    """A column of a line, and what stands there."""

    column = fields.String(required=True)
    words = fields.String(required=True)


class ListLineOut(Schema):
    """A line of a list: what it is of by its id, what it is called, and its columns in words."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    member = fields.Integer(required=True, allow_none=True, attribute="member_id")
    cells = fields.List(fields.Nested(ListCellOut), required=True)


class RunOut(Schema):
    """Something that is done to many, and how far it is."""

    id = fields.Integer(required=True)
    kind = Code(ListKind, required=True, attribute="run.kind")
    do = Code(Verb, required=True, attribute="run.verb")
    state = Code(RunState, required=True, attribute="run.state")
    total = fields.Integer(required=True)
    gone = fields.Integer(required=True)
    done = fields.Function(lambda run: run.number("done"), required=True)
    refused = fields.Function(lambda run: run.number("refused"), required=True)
    at = fields.AwareDateTime(required=True, attribute="run.at")


class RunLineOut(Schema):
    """What became of a line, and why."""

    place = fields.Integer(required=True)
    subject = fields.Integer(required=True, attribute="subject_id")
    member = fields.Integer(required=True, allow_none=True, attribute="member_id")
    state = Code(LineState, required=True)
    why = fields.String(required=True)


class SavedListOut(Schema):
    """A list that was saved."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    kind = Code(ListKind, required=True, attribute="wanted.kind")
    wanted = fields.Function(
        lambda saved: {name: str(value) for name, value in saved.wanted.asked().items()},
        required=True,
    )


class TagOut(Schema):
    """A tag, and how many have it."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    members = fields.Integer(required=True)


class OwnFieldOut(Schema):
    """A field of the bank's own, and of how many something stands there."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    members = fields.Integer(required=True)


class KeptTagOut(Schema):
    """A tag that a member has, who put it there and when."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    by = fields.Function(lambda had: str(had.by), required=True)
    at = fields.AwareDateTime(required=True)


class FieldWordsOut(Schema):
    """What stands in a field of the bank's own."""

    field = fields.Integer(required=True)
    name = fields.String(required=True)
    words = fields.String(required=True)


class KeptOut(Schema):
    """A member's tags, and what stands in the bank's own fields."""

    tags = fields.List(fields.Nested(KeptTagOut), required=True)
    words = fields.List(fields.Nested(FieldWordsOut), required=True)
