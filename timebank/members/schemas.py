"""What the pages and the API of members take and give."""

# marshmallow's own types leave much of what this overrides unknown.
# pyright: reportUnknownMemberType=false

import re
from collections.abc import Mapping
from typing import Any, cast

from flask_smorest.fields import Upload
from marshmallow import fields, post_load
from werkzeug.datastructures import FileStorage

from timebank.act import Entered, Role, Word
from timebank.api.paging import PageIn
from timebank.errors import Invalid
from timebank.ledger.rules import LONGEST_WHY, AccountKind
from timebank.members.rules import (
    LONGEST,
    ROLES,
    Another,
    Capacity,
    Details,
    FullDetails,
    Known,
    LookedAfter,
    NewContact,
    NewLimits,
    NewMember,
    NewPicture,
    PartyName,
    SharedDetails,
    Showing,
    Sight,
    Status,
    StreetOff,
    Suiting,
    Wishes,
    WrittenContact,
    fault_of_email,
    party_name,
)
from timebank.notices.rules import NoticeChannel
from timebank.say import Said, say
from timebank.schema import Choice, Code, Day, File, Makes, Minutes, Range, Schema, Text, wrong
from timebank.times import times_of

_WHO = say("Write who it is.")


def _text(detail: str, **kwargs: Any) -> Text:
    return Text(LONGEST[detail], load_default=None, allow_none=True, **kwargs)


def _whole_address(email: str) -> None:
    fault = fault_of_email(email)
    if fault:
        raise wrong(fault)


def _required(detail: str, sentence: Said) -> Text:
    """A text that has to be there, with what is said where it is not."""
    return Text(LONGEST[detail], required=True, error_messages=cast(Any, {"required": sentence}))


class BelowZero(Minutes):
    """A floor, written as how far below zero an account may go."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        return -super()._deserialize(value, attr, data, **kwargs)


def despite() -> Text:
    """Why the staff let two meet who are kept apart."""
    return Text(LONGEST["despite"], load_default="")


class Party(fields.Field[PartyName]):
    """A party as a program names it, `member:4` (see `rules.PartyName`); `only` is the one kind
    that can be meant. Who it is, `current.understood` finds out."""

    def __init__(self, only: str | None = None, **kwargs: Any):
        example = {"type": "string", "example": f"{only or 'member'}:4"}
        super().__init__(metadata=example, **kwargs)
        self.only = only

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> PartyName:
        try:
            return party_name(value, only=self.only)
        except Invalid as refusal:
            raise wrong(refusal.message) from refusal


class _Details(Schema):
    name = _required("name", say("Write the name."))
    email = _text("email", validate=_whole_address)
    phone = _text("phone")
    address = _text("address")
    area = _text("area")
    date_of_birth = Day(load_default=None, allow_none=True)
    about = _text("about")


class DetailsIn(_Details, Makes[Details]):
    """What a person says about themselves; only the name is needed."""


class _FullDetails(_Details):
    number = _text("number")
    capacity = Choice("Capacity", tuple(Capacity), load_default=Capacity.RESIDENT)
    joined_on = Day(load_default=None, allow_none=True)


def _another() -> fields.Boolean:
    return fields.Boolean(
        load_default=False,
        metadata={"description": "It is somebody else than those who were named as candidates."},
    )


class AnotherIn(Makes[Another]):
    """The answer to the question whether somebody is here already: `another` is somebody else."""

    another = _another()


class MemberIn(_FullDetails, Makes[Known[FullDetails]]):
    """What a broker writes down about a member."""

    another = _another()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Known[FullDetails]:
        """The details, and the answer."""
        another = values.pop("another")
        return Known(another, value=FullDetails(**values))


class _KnownIn(_FullDetails, Makes[Known[NewMember]]):
    another = _another()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Known[NewMember]:
        """The member, and the answer."""
        another = values.pop("another")
        return Known(another, value=NewMember(**values))


class NewMemberIn(_KnownIn):
    """A member to be written in; staff by a coordinator only."""

    role = Choice("Role", ROLES, load_default=Role.MEMBER)


class NewMemberForm(_KnownIn):
    """A member to be written in by a page."""


class MemberPatchIn(_FullDetails):
    """What is to change about a member; what is left out stays. Limits are minutes, the floor zero
    or below; null: no limit."""

    role = Choice("Role", ROLES)
    status = Choice("TakingPart", (Status.ACTIVE, Status.PAUSED))
    floor = Minutes(allow_none=True, large=True)
    ceiling = Minutes(allow_none=True, large=True)
    why = Text(LONGEST_WHY)
    another = _another()


class FilterIn(Schema):
    """Which members are wanted: `q` is a number or letters of the name. Without a status, those who
    take part."""

    q = Text(120, load_default="")
    status = Choice("MemberStatus", tuple(Status), load_default=None)
    role = Choice("Role", ROLES, load_default=None)
    capacity = Choice("Capacity", tuple(Capacity), load_default=None)


class ListIn(FilterIn, PageIn):
    """Which members are wanted, and which page of them."""


class RoleIn(Schema):
    """What a member may do in the software."""

    role = Choice("Role", ROLES, required=True)


class LimitsIn(Makes[NewLimits]):
    """How far below zero an account may go (`floor`, as a length of time), how much it may hold
    (none: no limit), and why."""

    floor = BelowZero(load_default=None, allow_none=True, large=True)
    ceiling = Minutes(load_default=None, allow_none=True, large=True)
    why = Text(LONGEST_WHY, load_default="")


class NamedHelperIn(Schema):
    """A helper, as a program names them."""

    helper_id = Party("member", required=True, data_key="helper")
    relation = Text(LONGEST["relation"], load_default="")
    despite = despite()


class HelperIn(Schema):
    """A helper, by number or name."""

    helper = _required("name", _WHO)
    helper_id = fields.Integer(load_default=None, allow_none=True)
    relation = Text(LONGEST["relation"], load_default="")
    despite = despite()


class ToHelperIn(Schema):
    """Whether a helper reads what the member is told."""

    notices = fields.Boolean(required=True)


class ToHelperForm(Schema):
    """The same as a page posts it: without a word there are no copies."""

    notices = fields.Boolean(load_default=False)


class Times(fields.List[int]):
    """Times of the week by their numbers, 0 Monday morning to 20 Sunday evening; kept as bits."""

    def __init__(self, **kwargs: Any):
        listed = Range(0, 20, say("Choose from the days and times listed."))
        super().__init__(fields.Integer(validate=listed), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        numbers = cast(list[int], super()._deserialize(value, attr, data, **kwargs))
        return times_of(numbers)


class _Suiting(Schema):
    languages = Text(LONGEST["languages"], load_default="")
    access_needs = Text(LONGEST["access_needs"], load_default="")
    times = Times(load_default=lambda: 0)


class ProfileIn(_Suiting, Makes[Suiting]):
    """What helps to find the right person; `times` number the times of the week, 0 Monday morning
    to 20 Sunday evening."""


class StaffProfileIn(_Suiting):
    """The same, and which broker looks after them."""

    broker_id = Party("member", load_default=None, allow_none=True, data_key="broker")


class StaffProfileForm(_Suiting, Makes[LookedAfter]):
    """The same as a page posts it."""

    broker_id = fields.Integer(load_default=None, allow_none=True)


class NamedApartIn(Schema):
    """Somebody to keep apart from, as a program names them."""

    other_id = Party("member", required=True, data_key="other")


class ApartIn(Schema):
    """Somebody to keep apart from, by number or name."""

    other = _required("name", _WHO)
    other_id = fields.Integer(load_default=None, allow_none=True)


class _SharedDetails(Schema):
    name = _required("name", say("Write the name."))
    about = Text(LONGEST["about"], load_default="")


class OrganisationIn(_SharedDetails, Makes[SharedDetails]):
    """A partner."""


class PartnerPatchIn(_SharedDetails):
    """What is to change about a partner; what is left out stays."""


class SpeakerIn(Schema):
    """Somebody who speaks for a partner: a member, who may then act for it, or somebody by name."""

    member_id = Party("member", load_default=None, allow_none=True, data_key="member")
    name = _text("name")
    phone = _text("phone")
    email = _text("email", validate=_whole_address)
    despite = despite()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[NewContact]:
        """Who it is, and why in spite of somebody who is kept apart."""
        word = Word(despite=values.pop("despite"))
        return Entered(NewContact(**values), word)


class ContactIn(Makes[WrittenContact]):
    """Somebody who speaks for a partner; `member` is a member, by number or name, who may then act
    for it."""

    member = Text(LONGEST["name"], load_default=None, allow_none=True)
    member_pick = fields.Integer(load_default=None, allow_none=True)
    name = _text("name")
    phone = _text("phone")
    email = _text("email", validate=_whole_address)
    despite = despite()


class GroupIn(_SharedDetails, Makes[SharedDetails]):
    """A group of members."""


class GroupPatchIn(_SharedDetails):
    """What is to change about a group; what is left out stays. Limits are minutes, the floor zero
    or below; null: no limit."""

    floor = Minutes(allow_none=True, large=True)
    ceiling = Minutes(allow_none=True, large=True)
    why = Text(LONGEST_WHY)


class PersonIn(Schema):
    """Somebody who is to be in a group."""

    member_id = Party("member", required=True, data_key="member")
    despite = despite()


class PersonForm(Schema):
    """Somebody who is to be in a group, by number or name."""

    member = _required("name", _WHO)
    member_pick = fields.Integer(load_default=None, allow_none=True)
    despite = despite()


class PartyOut(Schema):
    """Somebody who gives and receives: a member, an organisation, a group, the chest."""

    party = fields.String(required=True, attribute="reference")
    account = fields.Integer(required=True, attribute="account_id")
    kind = Choice("PartyKind", tuple(AccountKind), required=True)
    name = fields.String(required=True)
    number = fields.String(required=True, allow_none=True)


class PersonOut(Schema):
    """A member, by name alone."""

    party = fields.Function(
        lambda member: f"member:{member.id}", required=True, metadata={"type": "string"}
    )
    member = fields.Integer(required=True, attribute="id")
    name = fields.String(required=True)


class MemberOut(Schema):
    """A member. Contact details are there only for the member and the staff. Amounts are
    minutes."""

    id = fields.Integer(required=True)
    party = fields.String(required=True)
    number = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    capacity = Choice("Capacity", tuple(Capacity), required=True)
    role = Choice("Role", ROLES, required=True)
    status = Choice("MemberStatus", tuple(Status), required=True)
    joined_on = fields.Date(required=True, allow_none=True)
    left_on = fields.Date(required=True, allow_none=True)
    account_id = fields.Integer(required=True, allow_none=True)
    balance = fields.Integer(required=True, allow_none=True)
    floor = fields.Integer(allow_none=True)
    ceiling = fields.Integer(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    area = fields.String(allow_none=True)
    date_of_birth = fields.Date(allow_none=True)
    about = fields.String(allow_none=True)


class ProfileOut(Schema):
    """What helps to find the right person; `times` as numbers of the times of the week."""

    languages = fields.List(fields.String(), required=True)
    access_needs = fields.String(required=True)
    times = fields.List(fields.Integer(), required=True)
    broker = fields.String(required=True, allow_none=True)


class HelpOut(Schema):
    """That `helper` may act for `member`."""

    id = fields.Integer(required=True)
    member = fields.Nested(PersonOut, required=True)
    helper = fields.Nested(PersonOut, required=True)
    relation = fields.String(required=True)
    notices = fields.Boolean(required=True, attribute="grant.notices")


class ApartOut(Schema):
    """That a member asked not to be brought together with `other`."""

    id = fields.Integer(required=True)
    other = fields.Nested(PersonOut, required=True)
    since = fields.AwareDateTime(required=True)


class MetOut(Schema):
    """That the staff let two meet who are kept apart: by what, and why."""

    id = fields.Integer(required=True)
    one = fields.Nested(PersonOut, required=True)
    another = fields.Nested(PersonOut, required=True)
    what = fields.String(required=True)
    why = fields.String(required=True)
    by = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class SpeakerOut(Schema):
    """Somebody who speaks for a partner."""

    id = fields.Integer(required=True)
    member = fields.Integer(required=True, allow_none=True, attribute="member_id")
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)


class OrganisationOut(Schema):
    """A partner and its account."""

    id = fields.Integer(required=True)
    party = fields.Function(
        lambda partner: f"organisation:{partner.id}", required=True, metadata={"type": "string"}
    )
    name = fields.String(required=True)
    about = fields.String(required=True)
    account_id = fields.Integer(required=True)


class GroupOut(OrganisationOut):
    """A group and its account. The amounts, in minutes, are there for those who are in it and the
    staff; else null."""

    party = fields.String(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    balance = fields.Integer(required=True, allow_none=True)
    floor = fields.Integer(required=True, allow_none=True)
    ceiling = fields.Integer(required=True, allow_none=True)


class InGroupOut(Schema):
    """Somebody who is in a group, and since when."""

    party = fields.Function(
        lambda person: f"member:{person.member.id}", required=True, metadata={"type": "string"}
    )
    member = fields.Integer(required=True, attribute="member.id")
    name = fields.String(required=True, attribute="member.name")
    since = fields.AwareDateTime(required=True)


class Clock(fields.Field[int]):
    """A time of the day as people write it ("21:00", "8.30", "8"), kept in minutes after
    midnight."""

    def _serialize(
        self, value: int | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else f"{value // 60}:{value % 60:02}"

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        parts = (
            re.fullmatch(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?", value.strip())
            if isinstance(value, str)
            else None
        )
        hour, minute = (int(parts[1]), int(parts[2] or 0)) if parts else (24, 0)
        if hour > 23 or minute > 59:
            raise wrong(say("Write a time of the day, such as 21:00."))
        return hour * 60 + minute


class ShowingIn(Makes[Showing]):
    """What a member shows to all members on a page of their own."""

    page = fields.Boolean(load_default=False)
    surname = fields.Boolean(load_default=False)
    write = fields.Boolean(load_default=False)
    about = fields.Boolean(load_default=False)
    languages = fields.Boolean(load_default=False)
    helped = fields.Boolean(load_default=False)
    thanks = fields.Boolean(load_default=False)
    street = Text(LONGEST["street"], load_default="")


class StreetIn(Makes[str]):
    """A sentence for the front page, as it was read."""

    words = Text(LONGEST["street"], load_default="")

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> str:
        """The words."""
        return values["words"]


class StreetOffIn(Makes[StreetOff]):
    """A sentence for the front page, as it was read, and why it is taken off."""

    words = Text(LONGEST["street"], load_default="")
    reason = Text(LONGEST["reason"], load_default="")


class StreetOut(Schema):
    """What a member says on the bank's front page, and whether a broker has read it: only then it
    stands there."""

    words = fields.String(required=True)
    read = fields.Boolean(required=True)


class ShowingOut(Schema):
    """What a member shows to all members; nothing, without a page."""

    page = fields.Boolean(required=True)
    surname = fields.Boolean(required=True)
    write = fields.Boolean(required=True)
    about = fields.Boolean(required=True)
    languages = fields.Boolean(required=True)
    helped = fields.Boolean(required=True)
    thanks = fields.Boolean(required=True)
    street = fields.String(required=True)


class PictureForm(Makes[NewPicture]):
    """A picture of a member, and who is to see it."""

    photo = File()
    shown_to = Choice(
        "Sight", Sight, required=True, error_messages={"required": [say("Choose who sees it.")]}
    )

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> NewPicture:
        """The picture as it came. Its file is left as it was found, for others to read."""
        file: FileStorage | None = values["photo"]
        data = file.read() if file else b""
        if file:
            file.seek(0)
            if not data:
                raise Invalid.on("photo", say("The file is empty."))
        return NewPicture(data, values["shown_to"])


class PictureIn(Schema):
    """Who is to see a picture: those who have had to do with them, unless all members are to. The
    picture itself comes as the file `photo`."""

    shown_to = Choice("Sight", Sight, load_default=Sight.KNOWN)


class PictureFileIn(Schema):
    """The file of a picture: JPEG, PNG, WebP or GIF. Without it the one there is stays."""

    photo = Upload(load_default=None)


class PictureOut(Schema):
    """That a member has a picture, and who sees it; the picture itself is at
    `/members/{id}/picture/file`, as JPEG."""

    shown_to = Choice("Sight", Sight, required=True)
    at = fields.AwareDateTime(required=True)


class LanguageIn(Schema):
    """The language in which a member reads pages and letters; null: the bank's."""

    language = fields.String(
        load_default=None,
        allow_none=True,
        metadata={"description": "One of the bank's languages, such as en", "example": "en"},
    )


class LanguageOut(LanguageIn):
    """The language in which a member reads, and those there are to choose from."""

    languages = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The bank's languages, such as en and ca"},
    )


class _Wishes(Schema):
    channel = Code(NoticeChannel, load_default=None, allow_none=True)
    quiet_from = Clock(
        load_default=None, allow_none=True, metadata={"type": "string", "example": "21:00"}
    )
    quiet_until = Clock(
        load_default=None, allow_none=True, metadata={"type": "string", "example": "8:00"}
    )
    digest = fields.Boolean(load_default=False)
    letters = fields.Boolean(load_default=False)


class PreferenceIn(_Wishes, Makes[Wishes]):
    """How a member likes to be told, as a page posts it. The quiet hours are both there or
    neither."""


class PreferencePatchIn(_Wishes):
    """How a member likes to be told; null for the channel: as suits. The quiet hours are both there
    or neither."""


class PreferenceOut(Schema):
    """How a member likes to be told, as times where the bank is."""

    channel = Code(NoticeChannel, required=True, allow_none=True)
    quiet_from = Clock(required=True, allow_none=True, metadata={"type": "string"})
    quiet_until = Clock(required=True, allow_none=True, metadata={"type": "string"})
    digest = fields.Boolean(required=True)
    letters = fields.Boolean(required=True)
