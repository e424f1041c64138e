"""What the pages and the API of skills and listings take and give."""

from collections.abc import Mapping
from typing import Any, cast

from marshmallow import fields

from timebank.api.paging import PageIn
from timebank.members.schemas import Party, PartyOut, Times
from timebank.say import say
from timebank.schema import Choice, Code, Day, Length, Makes, Minutes, Range, Schema, Text
from timebank.skills.rules import (
    LONGEST,
    Carer,
    CategoryDetails,
    Details,
    Frequency,
    ListingKind,
    ListingStatus,
    NewCategory,
    NewListing,
    Place,
    SkillDetails,
    TwoAreas,
)
from timebank.times import parts_of

_PARTS = (
    "Numbers of times of the week: 0 is Monday morning, 1 Monday afternoon, … 20 Sunday evening."
    " None: not said."
)


class Codes(fields.List[str]):
    """The codes of the bank's kinds of checks; none when it is left out."""

    def __init__(self, **kwargs: Any):
        super().__init__(fields.String(validate=Length(1, 60, say("Write its code."))), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class ListingFields(Schema):
    """What an offer or a request says; only the title is needed."""

    title = Text(
        LONGEST["title"],
        required=True,
        error_messages=cast(Any, {"required": say("Write in a few words what it is.")}),
    )
    description = Text(LONGEST["description"], load_default="")
    skill_id = fields.Integer(load_default=None, allow_none=True)
    area = Text(LONGEST["area"], load_default=None, allow_none=True)
    place = Code(Place, load_default=Place.ANY)
    frequency = Code(Frequency, load_default=Frequency.AS_NEEDED)
    times = Times(load_default=lambda: 0, metadata={"description": _PARTS})
    minutes = Minutes(load_default=None, allow_none=True)
    needs_checks = Codes(load_default=())
    starts_on = Day(load_default=None, allow_none=True)
    ends_on = Day(load_default=None, allow_none=True)


class ListingIn(ListingFields, Makes[Details]):
    """What an offer or a request says from now on."""


class NewListingIn(ListingFields, Makes[NewListing]):
    """An offer or a request, and whose it is: the caller's own unless `holder` says otherwise."""

    holder_id = Party(load_default=None, allow_none=True, data_key="holder")


class ListingPatchIn(ListingFields):
    """What is to change; what is left out stays. `status` closes it, `renew` lets it stand on."""

    status = Choice("Closing", (ListingStatus.MET, ListingStatus.WITHDRAWN))
    renew = fields.Boolean()


class OnStreetIn(Schema):
    """Whether an offer may be among the examples on the bank's front page."""

    on_street = fields.Boolean(required=True)


class FilterIn(PageIn):
    """Which listings are wanted. `mine` are those of the caller and of whom they act for, open or
    not."""

    category = fields.Integer(load_default=None, allow_none=True)
    mine = fields.Boolean(load_default=False)


class CategoryIn(Makes[NewCategory]):
    """A category by its name."""

    name = Text(LONGEST["name"], required=True)


class CategoryForm(Makes[CategoryDetails]):
    """A category there is: what it is called, and its place among the others, counted from 0."""

    name = Text(LONGEST["name"], required=True)
    position = fields.Integer(required=True)


class _SkillFields(Schema):
    name = Text(LONGEST["name"], required=True)
    category_id = fields.Integer(required=True)
    synonyms = Text(LONGEST["synonyms"], load_default="")
    needs_checks = Codes(load_default=())


class SkillIn(_SkillFields, Makes[SkillDetails]):
    """A skill: where it belongs, everyday words for it parted by commas, and what a helper has to
    hold for it."""


class CategoryPatchIn(Schema):
    """What is to change of a category; what is left out stays."""

    name = Text(LONGEST["name"])
    position = fields.Integer(
        validate=Range(0, None, say("A place among the categories is counted from 0."))
    )


class SkillPatchIn(_SkillFields):
    """What is to change of a skill; what is left out stays. `retired`: no new listing can choose
    it."""

    retired = fields.Boolean()


class AreasIn(Makes[TwoAreas]):
    """Two areas."""

    one = Text(LONGEST["area"], required=True)
    other = Text(LONGEST["area"], required=True)


class NeighboursOut(Schema):
    """An area, and those next to it."""

    name = fields.String(required=True)
    neighbours = fields.List(fields.String(), required=True)


class CarerIn(Makes[Carer]):
    """Which broker looks after a listing; null: nobody in particular."""

    broker_id = Party("member", load_default=None, allow_none=True, data_key="broker")


class SkillOut(Schema):
    """A skill and everyday words for it."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    synonyms = fields.String(required=True)
    needs_checks = fields.List(fields.String(), required=True)
    retired = fields.Function(
        lambda skill: skill.retired_at is not None, metadata={"type": "boolean"}
    )


class CategoryOut(Schema):
    """A category with its skills."""

    id = fields.Integer(required=True, attribute="category.id")
    name = fields.String(required=True, attribute="category.name")
    skills = fields.List(fields.Nested(SkillOut), required=True)


class ListingOut(Schema):
    """An offer or a request. Contact details are in none: they are shared at an introduction."""

    id = fields.Integer(required=True, attribute="listing.id")
    kind = Code(ListingKind, required=True, attribute="listing.kind")
    holder = fields.Nested(PartyOut, required=True, attribute="party")
    title = fields.String(required=True, attribute="listing.title")
    description = fields.String(required=True, attribute="listing.description")
    category = fields.String(
        required=True, allow_none=True, attribute="category.name", dump_default=None
    )
    skill = fields.String(required=True, allow_none=True, attribute="skill.name", dump_default=None)
    area = fields.String(required=True, allow_none=True, attribute="listing.area")
    place = Code(Place, required=True, attribute="listing.place")
    frequency = Code(Frequency, required=True, attribute="listing.frequency")
    times = fields.Function(
        lambda shown: parts_of(shown.listing.times),
        metadata={"type": "array", "items": {"type": "integer"}},
    )
    minutes = fields.Integer(required=True, allow_none=True, attribute="listing.minutes")
    needs_checks = fields.List(fields.String(), required=True)
    starts_on = fields.Date(required=True, allow_none=True, attribute="listing.starts_on")
    ends_on = fields.Date(required=True, attribute="listing.ends_on")
    status = Code(ListingStatus, required=True, attribute="listing.status")
    on_street = fields.Boolean(required=True, attribute="listing.on_street")
    posted_at = fields.AwareDateTime(required=True, attribute="listing.posted_at")
