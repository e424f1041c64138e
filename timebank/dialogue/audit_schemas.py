"""What the pages and the API of audits take and give."""

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields
from werkzeug.datastructures import FileStorage

from timebank.dialogue.audit_rules import (
    LONGEST,
    Joining,
    NewAudit,
    NewDetails,
    NewRound,
    NewSheet,
    NewThemes,
    Sorting,
)
from timebank.dialogue.rules import GroupKind, Way
from timebank.http import shown
from timebank.members.rules import Capacity
from timebank.say import say
from timebank.schema import Code, Day, File, Length, Makes, Schema, Text
from timebank.surveys.schemas import Lines

_LONG = 20_000
_KEY = 32


class AuditIn(Makes[NewAudit]):
    """What is asked, between which days. `questions` one on a line, such as “Do you rent? Yes /
    No”, or without choices, then from 1 to 5; `ages` and `areas` one on a line, such as “Under 25 =
    140” with how many live there."""

    title = Text(
        LONGEST["title"],
        required=True,
        error_messages=cast(
            Any, {"required": say("Write what it is called, such as “Green Lane, spring 2027”.")}
        ),
    )
    opens_on = Day(
        required=True, error_messages=cast(Any, {"required": say("Choose the first day.")})
    )
    closes_on = Day(
        required=True, error_messages=cast(Any, {"required": say("Choose the last day.")})
    )
    question = Text(LONGEST["question"], load_default="")
    assets = Text(LONGEST["assets"], load_default="")
    target = fields.Integer(load_default=None, allow_none=True)
    partnership_id = fields.Integer(load_default=None, allow_none=True)
    questions = Lines(_LONG, load_default=list)
    ages = Lines(_LONG, load_default=list)
    areas = Lines(_LONG, load_default=list)


class AuditOut(Schema):
    """A round of asking. `people`: so many sheets are in."""

    id = fields.Integer(attribute="audit.id")
    title = fields.String(attribute="audit.title")
    question = fields.String(attribute="audit.question")
    opens_on = fields.Date(attribute="audit.opens_on")
    closes_on = fields.Date(attribute="audit.closes_on")
    closed_at = fields.DateTime(attribute="audit.closed_at", allow_none=True)
    target = fields.Integer(attribute="audit.target", allow_none=True)
    partnership_id = fields.Integer(attribute="audit.partnership_id", allow_none=True)
    people = fields.Integer(allow_none=True)


class AuditRoundIn(Makes[NewRound]):
    """A round of asking: where, and which member goes, by name or number."""

    words = Text(LONGEST["round"], load_default="")
    collector = Text(120, load_default="")


class AuditRoundOut(Schema):
    """A round of asking."""

    id = fields.Integer()
    words = fields.String()
    collector_id = fields.Integer(allow_none=True)


class SheetForm(Makes[NewSheet]):
    """What one person answered, as a form sends it; the closed questions stand beside it."""

    way = Code(Way, load_default=Way.PAPER)
    wishes = fields.List(Text(LONGEST["wish"]), load_default=list)
    assets = fields.List(Text(LONGEST["wish"]), load_default=list)
    age = Text(LONGEST["group"], load_default="")
    area = Text(LONGEST["group"], load_default="")
    part = Code(Capacity, load_default=None, allow_none=True)
    round_id = fields.Integer(load_default=None, allow_none=True)
    code = Text(60, load_default="")


@dataclass(frozen=True)
class Stack:
    """A file of sheets; `another`: they are others than those that say the same."""

    file: FileStorage | None
    another: bool


class StackForm(Makes[Stack]):
    """A file of sheets, and whether they are others than those that say the same."""

    file = File()
    another = fields.Boolean(load_default=False)


class SheetIn(SheetForm, Makes[NewSheet]):
    """What one person answered, and how it came. `closed` is by the number of the question: the
    place of the choice, or the point from 1 to 5."""

    closed = fields.Dict(keys=fields.Integer(), values=fields.Integer(), load_default=dict)


class SheetOut(Schema):
    """A sheet that is in, under a key that the next sheet may change: `wishes` as others read them.
    `stack` is the number of the file it came with; null: one by one."""

    key = fields.String()
    way = Code(Way)
    round_id = fields.Integer(allow_none=True)
    stack = fields.Integer(allow_none=True)
    age = fields.String()
    area = fields.String()
    part = Code(Capacity, allow_none=True)
    wishes = fields.List(fields.String())
    assets = fields.List(fields.String())
    closed = fields.Dict(keys=fields.Integer(), values=fields.Integer())


class FiledOut(Schema):
    """A file of sheets that came in, by its number within the audit: how many of each way."""

    stack = fields.Integer()
    people = fields.Integer()
    ways = fields.Dict(keys=fields.String(), values=fields.Integer())


class SheetsIn(Schema):
    """A stack of sheets without codes; `another`: they are others than those that say the same."""

    another = fields.Boolean(load_default=False)
    sheets = fields.List(
        fields.Nested(SheetIn),
        required=True,
        validate=Length(1, 1000, say("Send from 1 to 1,000 sheets at a time.")),
    )


class TakenOut(Schema):
    """How many sheets were taken."""

    taken = fields.Integer()


class CodeIn(Schema):
    """The code at the head of a printed sheet."""

    code = Text(
        60,
        required=True,
        error_messages=cast(Any, {"required": say("Write the code at the head of the sheet.")}),
    )


class NumberIn(Schema):
    """How many sheets to print."""

    number = fields.Integer(
        required=True, error_messages=cast(Any, {"required": say("Write how many sheets.")})
    )


class DetailsIn(Makes[NewDetails]):
    """How somebody likes to be reached, and what for."""

    name = Text(LONGEST["name"], load_default="")
    phone = Text(40, load_default="")
    email = fields.Email(load_default="")
    address = Text(LONGEST["address"], load_default="")
    hear = fields.Boolean(load_default=False)
    help = fields.Boolean(load_default=False)
    join_us = fields.Boolean(load_default=False)


class DetailsOut(Schema):
    """What somebody left to be reached by, under a key that no sheet has."""

    key = fields.String()
    name = fields.String()
    phone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    hear = fields.Boolean()
    help = fields.Boolean()
    join_us = fields.Boolean()
    told_on = fields.Date(allow_none=True)


class ToldIn(Schema):
    """Who was told what became of it, by their keys."""

    keys = fields.List(Text(_KEY), load_default=list)


class ThemesIn(Makes[NewThemes]):
    """Themes to add, one on a line."""

    words = Lines(_LONG, load_default=list)


class ThemeOut(Schema):
    """What answers are put under."""

    id = fields.Integer()
    words = fields.String()


class JoiningIn(Makes[Joining]):
    """The theme that another is joined to."""

    to_id = fields.Integer(
        required=True, error_messages=cast(Any, {"required": say("Choose a theme.")})
    )


class SortingIn(Makes[Sorting]):
    """Under which one or two themes an answer goes, or that it fits `none` of them; and the wording
    that others read of it."""

    key = Text(_KEY, required=True)
    place = fields.Integer(required=True)
    themes = fields.List(fields.Integer(), load_default=list)
    wording = Text(LONGEST["wish"], load_default="")
    none = fields.Boolean(load_default=False)


class SortingForm(Schema):
    """The same as a form sends it: the numbers of themes as they stand there, such as “3” or
    “3 7”, 0 for none of them, or one that was pressed."""

    key = Text(_KEY, required=True)
    place = fields.Integer(required=True)
    numbers = Text(20, load_default="")
    theme = fields.Integer(load_default=None, allow_none=True)
    none = fields.Boolean(load_default=False)
    wording = Text(LONGEST["wish"], load_default="")


class _Sign(fields.String):
    """What in an answer could tell who wrote it, as it is said."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return shown(value)


class UnsortedOut(Schema):
    """An answer to be sorted; `left` are still to do, `signs` what in it could tell who wrote it.
    Null: none."""

    key = fields.String()
    place = fields.Integer()
    words = fields.String()
    left = fields.Integer()
    signs = fields.List(_Sign())


class LatestOut(Schema):
    """What one sorted last and can take back, and the themes one put it under; empty: nothing."""

    words = fields.String()
    themes = fields.List(fields.String())


class DifferenceOut(Schema):
    """An answer on which two sorters differ, and the themes that each put it under; none where it
    fits none."""

    key = fields.String()
    place = fields.Integer()
    words = fields.String()
    themes = fields.List(fields.List(fields.Integer()))


class StandingOut(Schema):
    """A theme with the people who named it; null: few did. The rank could be from first to last."""

    theme_id = fields.Integer()
    words = fields.String()
    people = fields.Integer(attribute="standing.people", allow_none=True)
    n = fields.Integer(attribute="standing.n", allow_none=True)
    share = fields.Float(attribute="standing.share", allow_none=True)
    low = fields.Float(attribute="standing.low", allow_none=True)
    high = fields.Float(attribute="standing.high", allow_none=True)
    rank = fields.Integer(attribute="standing.rank", allow_none=True)
    first = fields.Integer(attribute="standing.first", allow_none=True)
    last = fields.Integer(attribute="standing.last", allow_none=True)


class ByGroupOut(Schema):
    """Themes by group of one kind; null: withheld."""

    kind = Code(GroupKind)
    groups = fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True))
    themes = fields.Dict(
        keys=fields.Integer(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True)),
    )


class ResultsOut(Schema):
    """What an audit says, as anybody may know it. Null people: too few to say."""

    audit_id = fields.Integer()
    title = fields.String()
    question = fields.String()
    opens_on = fields.Date()
    closed_on = fields.Date()
    people = fields.Integer(allow_none=True)
    ways = fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True))
    themes = fields.List(fields.Nested(StandingOut), attribute="named")
    rare = fields.List(fields.Nested(StandingOut))
    by_link = fields.List(fields.Nested(StandingOut))
    link_people = fields.Integer(allow_none=True)
    groups = fields.List(fields.Nested(ByGroupOut))
    not_reached = fields.List(fields.String())
    kappa = fields.Float(allow_none=True)
    sorted_by_two = fields.Integer()


def places(closed: Any) -> dict[int, int]:
    """Answers to closed questions from the fields `q1` to `q8` of a form; what is no number is
    answered with 0, which no question takes."""
    return {
        int(name[1:]): int(value) if value.isdecimal() and len(value) < 4 else 0
        for name, value in closed.items()
        if name[:1] == "q" and name[1:].isdecimal() and len(name) < 4 and value.strip()
    }
