"""What the pages and the API of figures and exports take, and what they answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, cast

from flask_smorest.fields import Upload
from marshmallow import fields, post_load, validate
from werkzeug.datastructures import FileStorage

from timebank.access.rules import NewCommissioner
from timebank.act import Channel
from timebank.measures.figures import Among, Topic
from timebank.measures.windows import Period
from timebank.reports.rules import (
    EXPORT_FORMATS,
    FUNDER_FORMATS,
    KINDS,
    LONGEST_ALT,
    LONGEST_CALLED,
    LONGEST_STORY,
    REPORT_FORMATS,
    SAID_THROUGH,
    Asked,
    ExportAsked,
    Format,
    NewStory,
    StoryAgreement,
)
from timebank.reports.schedules import NewSchedule
from timebank.reports.words import LISTS, choices
from timebank.say import Said, say
from timebank.schema import Choice, Code, Day, File, Makes, OneOf, Schema, Text

_YEARS = validate.Range(
    min=date(1900, 1, 1), max=date(2199, 12, 31), error="Check the year of that date."
)
_REPORTS = say("Choose one of the reports.")
_PERIODS = say("Choose month, quarter or year.")
_AS_OF = "As recorded by then: a date, or a date and a time, in the bank's time zone or its own."


def _either(words: Said) -> dict[str, str]:
    """What is said where nothing was chosen, as where something else was."""
    return cast(dict[str, str], {"required": words, "null": words})


def _chosen(name: str, choices: Collection[str], words: Said) -> Choice:
    """One of these words has to be given."""
    return Choice(name, choices, required=True, words=words, error_messages=_either(words))


def _code(codes: type[StrEnum], words: Said, **how: Any) -> Code:
    """One of a closed set has to be given."""
    return Code(codes, required=True, words=words, error_messages=_either(words), **how)


class _Format(Choice):
    """A kind of file, or what the CSV file holds; the formats of exports and of reports are sets of
    their own."""

    def __init__(self, name: str, formats: Collection[Format], default: Format):
        super().__init__(name, (*formats, Format.META), load_default=default)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = cast(Any, super())._deserialize(value, attr, data, **kwargs)
        # What is no format is left as it is, for the validator to say what may be chosen.
        return Format(text) if text in list(Format) else text


@dataclass(frozen=True)
class Stretch:
    """The days that figures are about, both included."""

    start: date
    end: date


@dataclass(frozen=True)
class FunderAsked(Stretch):
    """What a funder reads about these days, as of when."""

    as_of: str
    story: int | None


@dataclass(frozen=True)
class FunderFile(FunderAsked):
    """The same, as which file."""

    format: Format


@dataclass(frozen=True)
class Which(Stretch):
    """One of the lists to act on."""

    which: str


@dataclass(frozen=True)
class Network(Stretch):
    """Whose network: of an area, of somebody and their partners (by number), or everybody's."""

    area: str
    person: str


@dataclass(frozen=True)
class Growth(Stretch):
    """A figure over windows."""

    by: Period
    figure: str


@dataclass(frozen=True)
class Before:
    """A day, and how many months to look at on either side of it."""

    day: date
    months: int


@dataclass(frozen=True)
class ReportAsked(Stretch):
    """A report as a file, whichever it is of."""

    by: Period | None
    among: Among
    share: bool
    as_of: str
    format: Format

    def of(self, topic: Topic) -> Asked:
        """The report of that topic."""
        return Asked(topic, self.start, self.end, self.by, self.share, self.among, self.as_of)


@dataclass(frozen=True)
class ExportFile:
    """An export as a file, whatever its kind."""

    start: date | None
    end: date | None
    as_of: str
    format: Format

    def of(self, kind: str) -> ExportAsked:
        """The export of that kind."""
        return ExportAsked(kind, self.start, self.end, self.as_of)


class _RangeIn(Schema):
    """The days an export is about, both included, and the moment it is as of."""

    start = Day(
        data_key="from",
        validate=_YEARS,
        load_default=None,
        metadata={"description": "The first day."},
    )
    end = Day(
        data_key="to",
        load_default=None,
        validate=_YEARS,
        metadata={"description": "The last day, included."},
    )
    as_of = Text(40, load_default="", metadata={"description": _AS_OF})


class ExportIn(_RangeIn, Makes[ExportAsked]):
    """What is to be exported."""

    kind = fields.String(
        required=True,
        validate=OneOf(list(KINDS), say("Choose one of those listed.")),
        error_messages={"required": "Say what is to be exported."},
    )


class FileIn(_RangeIn, Makes[ExportFile]):
    """As which file an export is wanted; `meta` is the totals of the CSV file, in CSVW."""

    format = _Format("ExportFormat", EXPORT_FORMATS, Format.CSV)


class _StretchIn(Schema):
    """The days that figures are about, both included."""

    start = Day(data_key="from", validate=_YEARS, required=True)
    end = Day(data_key="to", required=True, validate=_YEARS)


class StretchIn(_StretchIn, Makes[Stretch]):
    """The days that figures are about, both included."""


class _FunderIn(_StretchIn):
    as_of = Text(40, load_default="", metadata={"description": _AS_OF})
    story = fields.Integer(
        load_default=None,
        strict=False,
        validate=validate.Range(min=1, max=2**31 - 1, error="Choose one of the stories."),
        error_messages={"invalid": "Choose one of the stories."},
        metadata={"description": "The id of a story that was agreed to."},
    )


class FunderIn(_FunderIn, Makes[FunderAsked]):
    """What a funder reads: whole quarters that have ended, with a story or without one."""


class FunderFileIn(_FunderIn, Makes[FunderFile]):
    """The same, as which file."""

    format = Code(
        Format,
        only=FUNDER_FORMATS,
        load_default=Format.JSON,
        words=say("Choose pdf, xlsx or json."),
    )


class WhichIn(_StretchIn, Makes[Which]):
    """One of the lists to act on."""

    which = _chosen("ActOn", LISTS, say("Choose one of the lists."))


class NetworkIn(_StretchIn, Makes[Network]):
    """Whose network: of an area, of somebody and their partners (by number), or everybody's."""

    area = Text(80, load_default="")
    person = Text(40, load_default="")


class GrowthIn(_StretchIn, Makes[Growth]):
    """A figure over windows."""

    by = _code(Period, _PERIODS)
    figure = _chosen("Figure", [id_ for id_, _ in choices()], say("Choose one of the figures."))


class BeforeIn(Makes[Before]):
    """A day, and how many months to look at on either side of it."""

    day = Day(required=True, validate=_YEARS)
    months = fields.Integer(
        required=True, strict=False, error_messages={"invalid": "Write how many months, such as 6."}
    )


class SharedIn(_StretchIn, Makes[Asked]):
    """A report as it is shared."""

    topic = _code(Topic, _REPORTS, data_key="report")
    by = Code(
        Period,
        only=(Period.QUARTER, Period.YEAR),
        load_default=None,
        words=say("Choose quarter or year."),
    )
    as_of = Text(40, load_default="")
    share = fields.Constant(True)


class _ReportIn(Schema):
    """The days a report is about; with `by` it has a window for each whole month, quarter or
    year."""

    start = Day(
        data_key="from",
        validate=_YEARS,
        required=True,
        metadata={"description": "The first day of help."},
    )
    end = Day(
        data_key="to",
        validate=_YEARS,
        required=True,
        metadata={"description": "The last day, included."},
    )
    as_of = Text(40, load_default="", metadata={"description": _AS_OF})
    by = Code(Period, load_default=None, words=_PERIODS)
    among = Code(
        Among,
        load_default=Among.PEOPLE,
        words=say("Choose people, without_staff or everybody."),
        metadata={
            "description": (
                "Whose help: members, members who are no staff, or organisations, groups and the"
                " chest too."
            )
        },
    )
    share = fields.Boolean(
        load_default=False,
        metadata={
            "description": (
                "The version for sharing: whole quarters, counts of few people withheld, others"
                " rounded."
            )
        },
    )


class WhichReportIn(_ReportIn, Makes[Asked]):
    """A report for the staff, and which."""

    topic = _code(Topic, _REPORTS, data_key="report")


class ReportFileIn(_ReportIn, Makes[ReportAsked]):
    """A report as which file; `meta` is the metadata of the CSV file, in CSVW."""

    format = _Format("ReportFormat", REPORT_FORMATS, Format.JSON)


def _nested(of: type[Schema], description: str) -> fields.Field[Any]:
    """A list of them. marshmallow does not say of which type its lists are."""
    list_of: Any = fields.List
    return list_of(fields.Nested(of), required=True, metadata={"description": description})


# ---- What members agree to ----


class _StoryIn(Schema):
    words = Text(LONGEST_STORY, load_default="")
    called = Text(LONGEST_CALLED, load_default="")
    alt = Text(LONGEST_ALT, load_default="")


class StoryIn(_StoryIn):
    """A story of a member, what they are called in it, and what its picture shows; the picture
    itself comes as the file `photo`, and can be left out."""


class StoryOfIn(_StoryIn):
    """The same, and whose it is."""

    member_id = fields.Integer(required=True)


class StoryFileIn(Schema):
    """The picture, as a file of a multipart request."""

    photo = Upload(load_default=None)


class StoryForm(_StoryIn, Makes[NewStory]):
    """The same as a page posts it."""

    photo = File()

    @post_load
    def make(self, values: dict[str, Any], **_: Any) -> NewStory:
        """The story, with its picture as it came. Its file is left as it was found."""
        file: FileStorage | None = values.pop("photo")
        data = file.read() if file else b""
        if file:
            file.seek(0)
        return NewStory(data=data, **values)


class AgreedIn(Schema):
    """Through what somebody said that they agree: `web` where they say so here themselves."""

    channel = Choice(
        "SaidThrough",
        SAID_THROUGH,
        load_default=Channel.WEB,
        words=say("Say how they told you: in person, by telephone, on paper or by text."),
    )


class StoryAgreedIn(AgreedIn, Makes[StoryAgreement]):
    """Which words of a story somebody agrees to, and through what they said so."""

    written_at = fields.AwareDateTime(
        required=True,
        error_messages={
            "required": "Say which words were read: `at` of the story.",
            "invalid": "Say which words were read: `at` of the story, as it was given.",
            "invalid_awareness": "Say which words were read: `at` of the story, as it was given.",
        },
        metadata={"description": "`at` of the story as it was read; it changes with the words."},
    )


class StoryOut(Schema):
    """A story; `agreed_at` is null until whoever it is of has agreed to it."""

    id = fields.Integer(required=True)
    member_id = fields.Integer(required=True)
    words = fields.String(required=True)
    called = fields.String(required=True)
    alt = fields.String(required=True)
    at = fields.AwareDateTime(
        required=True, metadata={"description": "When these words were written."}
    )
    agreed_at = fields.AwareDateTime(required=True, allow_none=True)
    agreed_by = fields.String(required=True, allow_none=True)
    agreed_channel = Choice("SaidThrough", SAID_THROUGH, required=True, allow_none=True)


class AddressConsentOut(Schema):
    """That an address may go on the list."""

    member_id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    by = fields.String(required=True)
    channel = Choice("SaidThrough", SAID_THROUGH, required=True)


class AddressOut(Schema):
    """One on the list."""

    name = fields.String(required=True)
    email = fields.String(required=True)


class AddressesOut(Schema):
    """The list. That it was taken is written on everybody who is on it."""

    items = _nested(AddressOut, "Those on it, by name.")


class CommissionerIn(Makes[NewCommissioner]):
    """Somebody who may read the figures."""

    name = Text(120, required=True, error_messages={"required": "Write their name."})
    email = Text(
        254,
        required=True,
        error_messages={"required": "Write their e-mail address: the link goes there."},
    )
    organisation = Text(120, load_default="")


class CommissionerOut(Schema):
    """The same, as it is kept."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    organisation = fields.String(required=True)
    invited_at = fields.AwareDateTime(required=True)


class ScheduleOut(Schema):
    """What is sent to whom; `sent_to` is the last day of the latest report."""

    id = fields.Integer(required=True)
    topic = Code(Topic, data_key="name", required=True)
    period = Code(Period, data_key="stride", required=True)
    shared = fields.Boolean(required=True)
    reader = fields.String(required=True)
    sent_to = fields.Date(required=True)


class ScheduleIn(Makes[NewSchedule]):
    """A report that somebody is sent."""

    topic = _code(Topic, _REPORTS, data_key="name")
    period = _code(Period, _PERIODS, data_key="stride")
    shared = fields.Boolean(load_default=False)
    reader = fields.String(required=True, error_messages={"required": "Choose who reads it."})


# ---- Reports as they are answered ----


class MeasureOut(Schema):
    """A figure, with what it is and how sure it is. `value` is null where it is withheld."""

    id = fields.String(required=True, metadata={"description": "Which figure it is."})
    value = fields.Float(required=True, allow_none=True, metadata={"description": "The figure."})
    n = fields.Integer(
        required=True, allow_none=True, metadata={"description": "How many people it is of."}
    )
    unit = fields.String(required=True, metadata={"description": "What it is counted in."})
    interval = fields.List(
        fields.Float(),
        required=True,
        allow_none=True,
        metadata={"description": "The two ends of its 95 % interval; null: there is none."},
    )
    change = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "The change since the first window; null: none to speak of."},
    )
    change_interval = fields.List(
        fields.Float(),
        required=True,
        allow_none=True,
        metadata={"description": "The two ends of the change’s 95 % interval."},
    )
    definition = fields.String(required=True, metadata={"description": "What it means."})
    excluded = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "What was left out of it, by why."},
    )
    withheld = fields.String(
        required=True, allow_none=True, metadata={"description": "Why there is no figure."}
    )


class CellOut(Schema):
    """A cell of a table."""

    row = fields.String(required=True, metadata={"description": "The row it stands in."})
    column = fields.String(
        required=True, metadata={"description": "The column it stands in; empty in a list."}
    )
    value = fields.Float(required=True, allow_none=True, metadata={"description": "The number."})
    people = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many people it is of, the fewest on either side."},
    )


class BreakdownOut(Schema):
    """A table of a window."""

    id = fields.String(required=True, metadata={"description": "Which table it is."})
    title = fields.String(required=True, metadata={"description": "What it shows."})
    unit = fields.String(required=True, metadata={"description": "What is counted in it."})
    rows = fields.List(
        fields.String(), required=True, metadata={"description": "Its rows, in their order."}
    )
    columns = fields.List(
        fields.String(), required=True, metadata={"description": "Its columns, in their order."}
    )
    cells = _nested(CellOut, "Its cells.")
    people = fields.Integer(
        allow_none=True, metadata={"description": "How many people it is of in all."}
    )


_FROM = {"description": "The first day."}
_TO = {"description": "The last day, included."}
_TOTALS = {"description": "How much help there was, in acts, minutes and people."}


class FiguresOut(Schema):
    """What a window says."""

    from_ = fields.Date(required=True, data_key="from", metadata=_FROM)
    to = fields.Date(required=True, metadata=_TO)
    totals = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(allow_none=True),
        required=True,
        metadata=_TOTALS,
    )
    measures = _nested(MeasureOut, "Its figures.")


class WindowOut(FiguresOut):
    """What a window says, and its tables."""

    breakdowns = _nested(BreakdownOut, "Its tables.")


class MeasuredOut(Schema):
    """A report. `as_of` and the days are all that is needed to have the same one again."""

    report = Code(Topic, required=True, metadata={"description": "Which it is."})
    bank = fields.String(required=True, metadata={"description": "The bank, by its address."})
    name = fields.String(required=True, metadata={"description": "What the bank is called."})
    from_ = fields.Date(required=True, data_key="from", metadata=_FROM)
    to = fields.Date(required=True, metadata=_TO)
    by = Code(
        Period,
        required=True,
        allow_none=True,
        metadata={"description": "What its windows are; null: there is one."},
    )
    among = Code(Among, required=True, metadata={"description": "Whose help it is of."})
    as_of = fields.AwareDateTime(
        required=True, metadata={"description": "It says what was recorded by then."}
    )
    ledger = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "How far the books were sealed: `entries` and their `hash`."},
    )
    totals = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(allow_none=True),
        required=True,
        metadata=_TOTALS,
    )
    windows = _nested(WindowOut, "Its windows.")
    notes = fields.List(
        fields.String(), required=True, metadata={"description": "What belongs beside the figures."}
    )
    shared = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many people are few; null: it is the staff’s own version."},
    )
    version = fields.String(
        required=True, metadata={"description": "The version of Timebank that made it."}
    )


class BeforeAndAfterOut(Schema):
    """Two windows beside one another."""

    before = fields.Nested(
        FiguresOut, required=True, metadata={"description": "The window up to the day."}
    )
    after = fields.Nested(
        FiguresOut, required=True, metadata={"description": "The window from the day on."}
    )
    notes = fields.List(
        fields.String(), required=True, metadata={"description": "What belongs beside them."}
    )


def _lists() -> dict[str, fields.Field[Any]]:
    return {
        name: fields.List(
            fields.Integer(), required=True, metadata={"description": f"{title}: members, by id."}
        )
        for name, (title, _) in LISTS.items()
    }


_Lists: type[Schema] = cast(Any, Schema).from_dict(_lists())


class ToActOnOut(_Lists):
    """The lists to act on."""

    bridges_withheld = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why nobody is on the list of those who join others."},
    )
