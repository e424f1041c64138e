"""What the pages and the API of activities take and give. Amounts are whole minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask_smorest.fields import Upload
from marshmallow import fields, post_load
from werkzeug.datastructures import FileStorage

from timebank.act import Entered, Word
from timebank.activities.rules import (
    IN_THE_ROOM,
    LONGEST,
    SPOKEN,
    About,
    Details,
    Mark,
    MeetingStatus,
    Newcomer,
    NewOutcome,
    NewPhoto,
    NewQuote,
    NewSponsorship,
    Occasion,
    Part,
    PartInTheRoom,
    Plan,
    Repeat,
    Result,
    Rule,
    SignUpStatus,
    Source,
    Stage,
    check_clock,
    clock_time,
)
from timebank.api.paging import PageIn
from timebank.errors import Invalid
from timebank.http import shown
from timebank.ledger.rules import AccountKind
from timebank.members.rules import Capacity
from timebank.members.schemas import Party, PartyOut, despite
from timebank.say import say
from timebank.schema import Choice, Day, File, Length, Makes, Minutes, Schema, Text, wrong

_WHO = 120


class TimeOfDay(fields.Field[time]):
    """A time of the day, from "10:00", "10.30", "9", "2 pm" or "2:30pm"."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> time:
        try:
            return clock_time(str(value))
        except Invalid as refusal:
            raise wrong(refusal.message) from refusal


class _AboutIn(Schema):
    """What an activity says of itself."""

    title = Text(
        LONGEST["title"],
        required=True,
        error_messages={"required": [say("Write what it is called.")]},
    )
    purpose = Text(
        LONGEST["purpose"],
        required=True,
        error_messages={"required": [say("Write what it is for.")]},
    )
    stage = Choice("Stage", tuple(Stage), load_default=Stage.DELIVER)
    place = Text(LONGEST["place"], load_default="")
    access_notes = Text(LONGEST["access_notes"], load_default="")
    places = fields.Integer(load_default=None, allow_none=True)
    lessons = Text(LONGEST["lessons"], load_default="")


class _DetailsIn(_AboutIn):
    """The same with what is for the staff to say, the people in it named as programs do."""

    rule = Choice("PostingRule", tuple(Rule), required=True)
    payer_id = Party(load_default=None, allow_none=True, data_key="payer")
    percent = fields.Integer(load_default=100)
    resident_lead_id = Party("member", load_default=None, allow_none=True, data_key="resident_lead")
    professional_lead_id = Party(
        "member", load_default=None, allow_none=True, data_key="professional_lead"
    )
    public = fields.Boolean(load_default=False)
    despite = despite()


class ActivityIn(_DetailsIn, Makes[Entered[Details]]):
    """An activity. `payer` is the sponsor, or the receiver of a working bee, who pays `percent` of
    it. `despite`: why people meet in it who are kept apart."""

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> Entered[Details]:
        """What it says of itself, and why people meet all the same."""
        word = Word(despite=values.pop("despite"))
        return Entered(Details(**values), word)


class ActivityPatchIn(_DetailsIn):
    """What is to change about an activity; what is left out stays."""


@dataclass(frozen=True, kw_only=True)
class WrittenDetails(About):
    """The details of an activity as people write them: who pays and who leads by name or number.
    The rule is None where only the leads' part of it was shown."""

    rule: Rule | None
    sponsor: str
    receiver: str
    percent: int
    resident_lead: str
    professional_lead: str
    public: bool
    despite: str


class ActivityForm(_AboutIn, Makes[WrittenDetails]):
    """The same as written by people: who pays and who leads by name or number."""

    rule = Choice("PostingRule", tuple(Rule), load_default=None)
    sponsor = Text(_WHO, load_default="")
    receiver = Text(_WHO, load_default="")
    percent = fields.Integer(load_default=100)
    resident_lead = Text(_WHO, load_default="")
    professional_lead = Text(_WHO, load_default="")
    public = fields.Boolean(load_default=False)
    despite = despite()


class _SessionIn(Schema):
    """What can be said of a session; what is left out is the activity's."""

    minutes = Minutes(required=True)
    stage = Choice("Stage", tuple(Stage), load_default=None, allow_none=True)
    place = Text(LONGEST["place"], load_default=None, allow_none=True)
    places = fields.Integer(load_default=None, allow_none=True)


class SessionIn(_SessionIn, Makes[Plan]):
    """A session, or `count` of them, one every so often."""

    starts_at = fields.AwareDateTime(required=True)
    repeat = Choice("Repeat", tuple(Repeat), load_default=Repeat.ONCE)
    count = fields.Integer(load_default=1)


class SessionPatchIn(_SessionIn, Makes[Occasion]):
    """A session as it is to be."""

    starts_at = fields.AwareDateTime(required=True)


class _WhenIn(Schema):
    starts_on = Day(required=True)
    starts_time = TimeOfDay(required=True)


@dataclass(frozen=True)
class WrittenPlan:
    """A session, or several, as people write it: on a day and at a time of the bank's clock."""

    starts_on: date
    starts_time: time
    minutes: int
    stage: Stage | None
    place: str | None
    places: int | None
    repeat: Repeat
    count: int

    def occasion(self, timezone: str) -> Occasion:
        """When and where, the clock being that of the time zone."""
        return Occasion(
            check_clock(datetime.combine(self.starts_on, self.starts_time, ZoneInfo(timezone))),
            self.minutes,
            self.stage,
            self.place,
            self.places,
        )

    def plan(self, timezone: str) -> Plan:
        """The same with how often."""
        return Plan(**vars(self.occasion(timezone)), repeat=self.repeat, count=self.count)


class SessionForm(_SessionIn, _WhenIn, Makes[WrittenPlan]):
    """A session as people write it: first a day and a time on the bank's clock (what is inherited
    last, comes first)."""

    repeat = Choice("Repeat", tuple(Repeat), load_default=Repeat.ONCE)
    count = fields.Integer(load_default=1)


class WhyIn(Schema):
    """A few words why."""

    why = Text(LONGEST["why"], load_default="")


class DoneIn(Schema):
    """What was done in a session."""

    done = Text(LONGEST["done"], load_default="")


class SignUpIn(Schema):
    """Who means to come: oneself unless `member` says otherwise, and how a broker heard."""

    member = Party("member", load_default=None, allow_none=True)
    channel = Choice("SignUpChannel", (Source.WEB, *SPOKEN), load_default=Source.WEB)
    despite = despite()


@dataclass(frozen=True)
class WhoComes:
    """Who means to come: a `member` chosen, or somebody named in `who`; how a broker heard of it,
    and why two come who are kept apart."""

    member: int | None
    who: str
    channel: Source
    despite: str = ""


@dataclass(frozen=True)
class ShownWish:
    """Whether other members may see that a `member` comes; None is whoever says so."""

    shown: bool
    member: int | None = None


class ShownIn(Makes[ShownWish]):
    """Whether other members may see that one comes, or that `member` does, for whom one acts."""

    shown = fields.Boolean(required=True)
    member = Party("member", load_default=None, allow_none=True)


class ShownForm(Makes[ShownWish]):
    """The same as a button sends it."""

    shown = fields.Boolean(required=True)
    member = fields.Integer(load_default=None, allow_none=True)


class SignUpForm(Makes[WhoComes]):
    """Who means to come, by name or number for those who enter others."""

    member = fields.Integer(load_default=None, allow_none=True)
    who = Text(_WHO, load_default="")
    channel = Choice("SpokenSignUp", SPOKEN, load_default=Source.PHONE)
    despite = despite()


class ContributionIn(Makes[Mark]):
    """What one person did: a `member`, or a `guest` by name. Without `part` and `prepared`
    they were not there.

    `minutes` in the room are the whole session's where they are left out; `prepared` are minutes
    before it.
    """

    member_id = Party("member", load_default=None, allow_none=True, data_key="member")
    guest = Text(LONGEST["guest"], load_default="")
    capacity = Choice("Capacity", tuple(Capacity), load_default=None, allow_none=True)
    part = Choice("PartInTheRoom", ("", *IN_THE_ROOM), load_default="")
    minutes = fields.Integer(load_default=None, allow_none=True)
    prepared = fields.Integer(load_default=0)
    without_hours = fields.Boolean(load_default=False)


class RegisterIn(Schema):
    """Marks in a register; those whom none of them names stay as they were."""

    contributions = fields.List(
        fields.Nested(ContributionIn),
        required=True,
        validate=Length(1, 500, say("Send from 1 to 500 marks at once.")),
    )
    despite = despite()


class Then(StrEnum):
    """What somebody who keeps a register presses: to add somebody, or what to look at next."""

    MEMBER = "member"
    GUEST = "guest"
    NEWCOMER = "newcomer"
    TIMES = "times"
    POST = "post"


ADDS = (Then.MEMBER, Then.GUEST, Then.NEWCOMER)


@dataclass(frozen=True)
class KeptRegister:
    """What a page of a register says besides its lines: somebody who was not among them, with a
    telephone number where they would like to join; whether it is typed in from paper."""

    do: Then | None
    who: str
    phone: str | None
    from_paper: bool
    despite: str = ""
    who_id: int | None = None


class RegisterForm(Makes[KeptRegister]):
    """A register as it is kept at the door, but for its lines (see `sheet`)."""

    do = Choice("Then", tuple(Then), load_default=None)
    who = Text(LONGEST["guest"], load_default="")
    who_id = fields.Integer(load_default=None, allow_none=True)
    phone = Text(40, load_default=None)
    from_paper = fields.Boolean(load_default=False)
    despite = despite()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> KeptRegister:
        """The values as one. Whoever is to be added has a name."""
        register = KeptRegister(**{**values, "who": " ".join(values["who"].split())})
        if register.do in ADDS and not register.who:
            raise wrong(say("Write the name of whoever is to be added."), "who")
        return register


@dataclass(frozen=True)
class WrittenTick:
    """A line of the register as it is ticked at the door: what it said when it was shown, and in
    which part the person is there."""

    was: str
    part: PartInTheRoom


class TickForm(Makes[WrittenTick]):
    """One line of the page of a register."""

    was = fields.String(load_default="")
    part = Choice("PartInTheRoom", ("", *IN_THE_ROOM), load_default="")


@dataclass(frozen=True)
class WrittenTimes:
    """A line of the page of times: what it said when it was shown, and how long the person was
    there and prepared; `without` hours moving for it."""

    was: str
    minutes: int
    prepared: int
    without: bool


class TimesForm(Makes[WrittenTimes]):
    """One line of the page of times. Nothing written is no time."""

    was = fields.String(load_default="")
    minutes = Minutes(load_default=0)
    prepared = Minutes(load_default=0)
    without = fields.Boolean(load_default=False)


class PostingIn(Schema):
    """`digest` is of the preview that was looked over; without it, whatever the register says now
    is posted."""

    digest = Text(64, load_default=None, allow_none=True)
    despite = despite()
    another = fields.Boolean(load_default=False)


class AgreementIn(Makes[NewOutcome]):
    """What an activity is to lead to, and with whom that was agreed."""

    words = Text(
        LONGEST["words"],
        required=True,
        error_messages={"required": [say("Write what it is to lead to.")]},
    )
    partner = Text(
        LONGEST["partner"],
        required=True,
        error_messages={"required": [say("Write with whom this was agreed.")]},
    )
    target = fields.Integer(load_default=None, allow_none=True)
    agreed_on = Day(load_default=None, allow_none=True)


class ResultIn(Makes[Result]):
    """What it led to."""

    reached = fields.Integer(load_default=None, allow_none=True)
    result = Text(LONGEST["result"], load_default="")


class QuoteIn(Makes[NewQuote]):
    """What somebody said, what they want to be called, and that they agreed to its being shown."""

    words = Text(LONGEST["words"], load_default="")
    said_by = Text(LONGEST["said_by"], load_default="")
    consent = fields.Boolean(load_default=False)


class PhotoForm(Makes[NewPhoto]):
    """A picture, what it shows, and that everybody on it agreed."""

    photo = File()
    alt = Text(LONGEST["alt"], load_default="")
    consent = fields.Boolean(load_default=False)

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> NewPhoto:
        """The picture as it came. Its file is left as it was found, for others to read."""
        file: FileStorage | None = values["photo"]
        data = file.read() if file else b""
        if file:
            file.seek(0)
        return NewPhoto(data, values["alt"], values["consent"])


class PhotoIn(Schema):
    """What a picture shows, and that everybody on it agreed; the picture itself comes as the file
    `photo`."""

    alt = Text(LONGEST["alt"], load_default="")
    consent = fields.Boolean(load_default=False)


class PhotoFileIn(Schema):
    """The picture, as a file of a multipart request."""

    photo = Upload(load_default=None)


class NewcomerIn(Makes[Newcomer]):
    """Somebody who is no member and would like to be one."""

    name = Text(
        LONGEST["guest"], required=True, error_messages={"required": [say("Write the name.")]}
    )
    phone = Text(40, load_default=None, allow_none=True)


class DoorIn(Schema):
    """The key that stands in the code at the door."""

    key = Text(40, required=True)


class _SponsorshipIn(Schema):
    """What somebody has agreed to pay for."""

    activity_id = fields.Integer(load_default=None, allow_none=True)
    minutes = Minutes(required=True, large=True)
    sure = fields.Boolean(load_default=False)
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    terms = Text(
        LONGEST["terms"], required=True, error_messages={"required": [say("Write what it is for.")]}
    )


class SponsorshipIn(_SponsorshipIn, Makes[NewSponsorship]):
    """What an organisation has agreed to pay for."""

    organisation_id = Party("organisation", data_key="organisation", required=True)


class SponsorshipForm(_SponsorshipIn, Makes[NewSponsorship]):
    """The same as a page posts it: the organisation chosen from a list."""

    organisation_id = fields.Integer(
        required=True, error_messages={"required": [say("Choose the organisation.")]}
    )


class MeetingsIn(PageIn):
    """Which sessions are wanted: those that start from `since` on."""

    since = fields.AwareDateTime(load_default=None, allow_none=True)


# ---- Answers ----


class _Sentence(fields.String):
    """A sentence as whoever asks understands it; empty where there is none."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str:
        return "" if value is None else shown(value)


class OutcomeOut(Schema):
    """An outcome agreed, and what was reached of it."""

    id = fields.Integer(required=True)
    words = fields.String(required=True)
    partner = fields.String(required=True)
    target = fields.Integer(required=True, allow_none=True)
    agreed_on = fields.Date(required=True)
    reached = fields.Integer(required=True, allow_none=True)
    result = fields.String(required=True)


class _ActivityFields(Schema):
    id = fields.Integer(required=True)
    title = fields.String(required=True)
    purpose = fields.String(required=True)
    stage = Choice("Stage", tuple(Stage), required=True)
    place = fields.String(required=True)
    access_notes = fields.String(required=True)
    rule = Choice("PostingRule", tuple(Rule), required=True)


class ActivityOut(_ActivityFields):
    """An activity."""

    payer = fields.Nested(PartyOut, required=True, allow_none=True)
    percent = fields.Integer(required=True)
    resident_lead = fields.String(required=True, allow_none=True)
    professional_lead = fields.String(required=True, allow_none=True)
    places = fields.Integer(required=True, allow_none=True)
    public = fields.Boolean(required=True)
    lessons = fields.String(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class MeetingOut(Schema):
    """A session: how many mean to come, wait for a place, and were there; `left` are places still
    to be had."""

    id = fields.Integer(required=True, attribute="row.id")
    activity = fields.Integer(required=True, attribute="activity.id")
    title = fields.String(required=True, attribute="activity.title")
    starts_at = fields.AwareDateTime(required=True, attribute="row.starts_at")
    minutes = fields.Integer(required=True, attribute="row.minutes")
    stage = Choice("Stage", tuple(Stage), required=True)
    place = fields.String(required=True)
    places = fields.Integer(required=True, allow_none=True)
    left = fields.Integer(required=True, allow_none=True)
    status = Choice("SessionStatus", tuple(MeetingStatus), required=True)
    coming = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    here = fields.Integer(required=True)
    done = fields.String(required=True, attribute="row.done")


class SignUpOut(Schema):
    """What a member has said of a session."""

    session = fields.Integer(required=True, attribute="session_id")
    party = fields.Function(
        lambda row: f"member:{row.member_id}", required=True, metadata={"type": "string"}
    )
    member = fields.Integer(required=True, attribute="member_id")
    status = Choice("SignUpStatus", tuple(SignUpStatus), required=True)
    shown = fields.Boolean(required=True)


class QuoteOut(Schema):
    """What somebody said."""

    id = fields.Integer(required=True)
    words = fields.String(required=True)
    said_by = fields.String(required=True)


class PhotoOut(Schema):
    """A picture; the picture itself is at `/photos/{id}`, as JPEG."""

    id = fields.Integer(required=True)
    alt = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)


class ComerOut(Schema):
    """Somebody who means to come, or waits for a place."""

    party = fields.Function(
        lambda comer: f"member:{comer.member.id}", required=True, metadata={"type": "string"}
    )
    member = fields.Integer(required=True, attribute="member.id")
    name = fields.String(required=True, attribute="member.name")
    status = Choice("SignUpStatus", tuple(SignUpStatus), required=True, attribute="row.status")


class CheckInOut(Schema):
    """Whether the register has somebody anew; false where it had them already."""

    new = fields.Boolean(required=True)


class RegisterLineOut(Schema):
    """A line of a register."""

    party = fields.Function(
        lambda line: None if line.member_id is None else f"member:{line.member_id}",
        required=True,
        allow_none=True,
        metadata={"type": "string"},
    )
    member = fields.Integer(required=True, allow_none=True, attribute="member_id")
    number = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    capacity = Choice("Capacity", tuple(Capacity), required=True)
    part = Choice("PartInTheRoom", ("", *IN_THE_ROOM), required=True)
    minutes = fields.Integer(required=True)
    prepared = fields.Integer(required=True)
    without_hours = fields.Boolean(required=True)


class ChangeOut(Schema):
    """What posting does to an account: `minutes` more, or fewer below 0; `wrong` says why it cannot
    be."""

    party = fields.String(required=True, attribute="party.reference")
    account = fields.Integer(required=True, attribute="party.account_id")
    kind = Choice("PartyKind", tuple(AccountKind), required=True, attribute="party.kind")
    name = fields.String(required=True, attribute="party.name")
    minutes = fields.Integer(required=True)
    after = fields.Integer(required=True)
    wrong = _Sentence(required=True)


class LegOut(Schema):
    """`minutes` from `payer` (who was helped) to `payee` (who helped)."""

    payer = fields.Nested(PartyOut, required=True)
    payee = fields.Nested(PartyOut, required=True)
    minutes = fields.Integer(required=True)


class PreviewOut(Schema):
    """What posting a session would do; `digest` is sent along to post just this."""

    digest = fields.String(required=True)
    minutes = fields.Integer(required=True)
    legs = fields.List(fields.Nested(LegOut), required=True)
    changes = fields.List(fields.Nested(ChangeOut), required=True)
    uncounted = fields.List(fields.Nested(RegisterLineOut), required=True)
    wrong = fields.List(_Sentence(), required=True)


class PostingOut(Schema):
    """A posting of a session: its entry, where hours moved, and its reversal, where it was taken
    back."""

    session = fields.Integer(required=True, attribute="session_id")
    n = fields.Integer(required=True)
    rule = Choice("PostingRule", tuple(Rule), required=True)
    entry = fields.Integer(required=True, allow_none=True, attribute="entry_id")
    sponsorship = fields.Integer(required=True, allow_none=True, attribute="sponsorship_id")
    sponsored = fields.Integer(required=True)
    reversal = fields.Integer(required=True, allow_none=True, attribute="reversal_id")


class SponsorshipOut(Schema):
    """A sponsorship; `used` are the minutes it has paid."""

    id = fields.Integer(required=True)
    organisation = fields.Function(
        lambda row: f"organisation:{row.organisation_id}",
        required=True,
        metadata={"type": "string"},
    )
    activity_id = fields.Integer(required=True, allow_none=True)
    minutes = fields.Integer(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    terms = fields.String(required=True)
    used = fields.Integer(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class ShareOut(Schema):
    """Minutes in a stage, by people of a capacity, in a part."""

    activity = fields.Integer(required=True, attribute="activity_id")
    stage = Choice("Stage", tuple(Stage), required=True)
    capacity = Choice("Capacity", tuple(Capacity), required=True)
    part = Choice("Part", tuple(Part), required=True)
    sessions = fields.Integer(required=True)
    people = fields.Integer(required=True)
    minutes = fields.Integer(required=True)


class CoDeliveryOut(Schema):
    """Who did what; `led` are minutes by who led their sessions, and add up to `minutes`."""

    sessions = fields.Integer(required=True)
    people = fields.Integer(required=True)
    minutes = fields.Integer(required=True)
    led = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    shares = fields.List(fields.Nested(ShareOut), required=True)


# ---- The record, to be handed on ----


class RecordedActivityOut(_ActivityFields):
    """What an activity says of itself."""

    lessons = fields.String(required=True)


class RecordedOutcomeOut(Schema):
    """An outcome agreed, and what was reached of it."""

    words = fields.String(required=True)
    partner = fields.String(required=True)
    target = fields.Integer(required=True, allow_none=True)
    agreed_on = fields.Date(required=True)
    reached = fields.Integer(required=True, allow_none=True)
    result = fields.String(required=True)


class RecordedSessionOut(Schema):
    """A session that was held or stands: how long it lasted, how many people and minutes are on its
    register, whether its hours are in the books, and what was done. Minutes are whole."""

    held_on = fields.Date(required=True)
    lasted = fields.Integer(required=True)
    stage = Choice("Stage", tuple(Stage), required=True)
    place = fields.String(required=True)
    people = fields.Integer(required=True)
    minutes = fields.Integer(required=True)
    in_the_books = fields.Boolean(required=True)
    done = fields.String(required=True)


class RecordedQuoteOut(Schema):
    """What somebody said."""

    words = fields.String(required=True)
    said_by = fields.String(required=True)


class RecordOut(Schema):
    """Everything that is kept of an activity but people and pictures."""

    activity = fields.Nested(RecordedActivityOut, required=True)
    outcomes = fields.List(fields.Nested(RecordedOutcomeOut), required=True)
    sessions = fields.List(fields.Nested(RecordedSessionOut), required=True)
    quotes = fields.List(fields.Nested(RecordedQuoteOut), required=True)
    codelivery = fields.Nested(CoDeliveryOut, required=True)
