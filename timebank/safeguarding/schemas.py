"""What the pages and the API of the safeguarding file take and give."""

from typing import Any, cast

from marshmallow import fields

from timebank.api.paging import PageIn
from timebank.http import shown
from timebank.members.schemas import Party, PersonOut
from timebank.safeguarding.rules import (
    LONGEST,
    REASONED,
    Booking,
    Doorstep,
    End,
    Ending,
    KindDetails,
    NewCheck,
    NewConcern,
    Renewal,
    State,
    Wanted,
)
from timebank.say import say
from timebank.schema import Choice, Code, Day, Makes, Range, Schema, Text

_WHICH = cast(Any, {"required": say("Choose one.")})


class KindIn(Makes[KindDetails]):
    """What a kind of check is called."""

    name = Text(LONGEST["name"], required=True)


class KindPatchIn(Schema):
    """What is to change of a kind; what is left out stays."""

    name = Text(LONGEST["name"])
    retired = fields.Boolean()


class KindOut(Schema):
    """A kind of check of the bank's."""

    id = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    retired = fields.Function(
        lambda kind: kind.retired_at is not None, metadata={"type": "boolean"}
    )


class _Paper(Schema):
    held_since = Day(required=True)
    expires_on = Day(load_default=None, allow_none=True)
    number = Text(LONGEST["number"], load_default="")


class RenewalIn(_Paper, Makes[Renewal]):
    """The paper that takes the place of a check; without `expires_on` it does not run out."""

    seen_by_id = Party("member", load_default=None, allow_none=True, data_key="seen_by")


class RenewalForm(_Paper, Makes[Renewal]):
    """The same as a page posts it."""

    seen_by_id = fields.Integer(load_default=None, allow_none=True, data_key="seen_by")


class CheckIn(_Paper, Makes[NewCheck]):
    """A paper that was looked at, of somebody who holds no check of this kind."""

    kind = Text(60, required=True)
    seen_by_id = Party("member", load_default=None, allow_none=True, data_key="seen_by")


class CheckForm(_Paper, Makes[NewCheck]):
    """The same as a page posts it."""

    kind = Text(60, required=True, error_messages=_WHICH)
    seen_by_id = fields.Integer(load_default=None, allow_none=True, data_key="seen_by")


class EndIn(Makes[End]):
    """That a check stands no longer, and why."""

    ending = Choice("EndingReason", REASONED, required=True, error_messages=_WHICH)
    why = Text(
        LONGEST["why"],
        required=True,
        error_messages=cast(Any, {"required": say("Say in a few words why.")}),
    )


class BookingIn(Makes[Booking]):
    """The day on which somebody brings the new paper of a check."""

    day = Day(required=True)
    words = Text(LONGEST["where"], load_default="")


class WantedIn(Makes[Wanted]):
    """Which checks of the list are wanted."""

    kind = Text(60, load_default=None, allow_none=True)
    state = Code(State, load_default=None, allow_none=True)


_MOST_LINES = 1_000_000


class LinesIn(Schema):
    """Which part of the list a page shows: the lines after so many."""

    after = fields.Integer(
        load_default=0,
        validate=Range(0, _MOST_LINES, say("Choose a line from 0 to %(most)s.", most=_MOST_LINES)),
    )


class DoorstepIn(Makes[Doorstep]):
    """Whom to ring for a member in need, and what to do when they do not answer the door."""

    contact_name = Text(LONGEST["contact_name"], load_default="")
    contact_relation = Text(LONGEST["contact_relation"], load_default="")
    contact_phone = Text(LONGEST["contact_phone"], load_default="")
    no_answer = Text(LONGEST["no_answer"], load_default="")
    on_visits = fields.Boolean(load_default=False)


class DoorstepOut(DoorstepIn):
    """The same, as it is kept."""


class _Words(Schema):
    words = Text(
        LONGEST["words"],
        required=True,
        error_messages=cast(Any, {"required": say("Write what you saw or heard, and when.")}),
    )


class ConcernIn(_Words, Makes[NewConcern]):
    """A worry about a member's safety."""

    about = Party("member", required=True)


class ConcernForm(_Words):
    """The same as a page posts it: whom it is about by name or number."""

    who = Text(120, required=True, error_messages=cast(Any, {"required": say("Say who it is.")}))


class ConcernsIn(PageIn):
    """Which concerns are wanted: all, or those about one member, by id."""

    about = fields.Integer(load_default=None, allow_none=True)


class CheckOut(Schema):
    """A check that a member holds or held. `ending` says why it stands no longer; null: it does."""

    id = fields.Integer(required=True)
    kind_id = fields.Integer(required=True)
    number = fields.String(required=True)
    held_since = fields.Date(required=True)
    expires_on = fields.Date(required=True, allow_none=True)
    ending = Code(Ending, required=True, allow_none=True)
    why = fields.String(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class DayOut(Schema):
    """The day on which the new paper of a check is brought."""

    check_id = fields.Integer(required=True)
    day = fields.Date(required=True)
    words = fields.String(required=True)


class ListedOut(Schema):
    """A line of the list of checks; `check` is null where it is missing, `day` where no day is
    booked on which the new paper is brought."""

    member = fields.Nested(PersonOut, required=True)
    kind = fields.String(required=True, attribute="kind.code")
    state = Code(State, required=True)
    check = fields.Nested(CheckOut, required=True, allow_none=True)
    seen_by = fields.String(required=True, allow_none=True)
    day = fields.Nested(DayOut, required=True, allow_none=True)


class PastOut(Schema):
    """A check that stands no longer, with who saw it and who ended it."""

    kind = fields.String(required=True, attribute="kind.code")
    check = fields.Nested(CheckOut, required=True)
    seen_by = fields.String(required=True, allow_none=True)
    ended_by = fields.Function(
        lambda past: shown(past.ended_by), required=True, metadata={"type": "string"}
    )


class FileOut(Schema):
    """What is kept of a member's checks: what stands or is missing, and what was before."""

    rows = fields.List(fields.Nested(ListedOut), required=True)
    past = fields.List(fields.Nested(PastOut), required=True)


class CountOut(Schema):
    """How many checks of a kind are in each state."""

    kind = fields.String(required=True, attribute="kind.code")
    in_order = fields.Integer(required=True)
    ends_soon = fields.Integer(required=True)
    run_out = fields.Integer(required=True)
    missing = fields.Integer(required=True)


class ReadOut(Schema):
    """Who read a concern, and when."""

    name = fields.Function(
        lambda read: shown(read.name), required=True, metadata={"type": "string"}
    )
    at = fields.AwareDateTime(required=True)


class ConcernLineOut(Schema):
    """That there is a concern, and who has read it; its words are on its own address, where reading
    them is written down."""

    id = fields.Integer(required=True, attribute="concern.id")
    about = fields.Nested(PersonOut, required=True)
    by = fields.Function(lambda worry: shown(worry.by), required=True, metadata={"type": "string"})
    at = fields.AwareDateTime(required=True, attribute="concern.at")
    readings = fields.List(fields.Nested(ReadOut), required=True)


class ConcernOut(ConcernLineOut):
    """A concern with its words."""

    words = fields.String(required=True, attribute="concern.words")
