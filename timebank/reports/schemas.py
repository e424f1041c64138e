"""What the page and the API of exports take."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import fields, post_load, validate

from timebank.measures.figures import Among, Topic
from timebank.measures.windows import Period
from timebank.reports.rules import (
    EXPORT_FORMATS,
    KINDS,
    REPORT_FORMATS,
    Asked,
    ExportAsked,
    Format,
)
from timebank.reports.schedules import NewSchedule
from timebank.reports.words import LISTS, choices
from timebank.schema import Day, Schema, Text


class _In(Schema):
    """Loads into a value."""

    makes: type[Any]

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Any:
        return self.makes(**values)


def _one_of(choices: Iterable[str], words: str) -> fields.String:
    """One of these words has to be given."""
    return fields.String(
        required=True,
        validate=validate.OneOf(tuple(choices), error=words),
        error_messages={"required": words, "null": words},
    )


def _member_of(choices: type[StrEnum], words: str, **how: Any) -> fields.Enum[Any]:
    """One of a closed set; it has to be given unless there is a `load_default`."""
    return fields.Enum(
        choices,
        by_value=fields.String,
        required="load_default" not in how,
        error_messages={"required": words, "null": words, "unknown": words, "invalid": words},
        **how,
    )


def _format(formats: tuple[Format, ...], default: Format) -> fields.Enum[Any]:
    """A kind of file, or what the CSV file holds."""
    there = (*formats, Format.META)
    words = f"Choose one of: {', '.join(there)}."
    return _member_of(
        Format, words, load_default=default, validate=validate.OneOf(there, error=words)
    )


_YEARS = validate.Range(
    min=date(1900, 1, 1), max=date(2199, 12, 31), error="Check the year of that date."
)
_REPORTS = "Choose one of the reports."
_PERIODS = "Choose month, quarter or year."
_AS_OF = "As recorded by then: a date, or a date and a time, in the bank's time zone or its own."


@dataclass(frozen=True)
class Stretch:
    """The days that figures are about, both included."""

    start: date
    end: date


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
class NewReader:
    """Somebody outside who may read the figures."""

    name: str
    email: str
    organisation: str


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


class RangeIn(_In):
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


class ExportIn(RangeIn):
    """What is to be exported."""

    makes = ExportAsked

    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(KINDS), error="Choose one of those listed."),
        error_messages={"required": "Say what is to be exported."},
    )


class FileIn(RangeIn):
    """As which file an export is wanted; `meta` is the totals of the CSV file, in CSVW."""

    makes = ExportFile

    format = _format(EXPORT_FORMATS, Format.CSV)


class StretchIn(_In):
    """The days that figures are about, both included."""

    makes = Stretch

    start = Day(data_key="from", validate=_YEARS, required=True)
    end = Day(data_key="to", required=True, validate=_YEARS)


class WhichIn(StretchIn):
    """One of the lists to act on."""

    makes = Which

    which = _one_of(LISTS, "Choose one of the lists.")


class NetworkIn(StretchIn):
    """Whose network: of an area, of somebody and their partners (by number), or everybody's."""

    makes = Network

    area = Text(80, load_default="")
    person = Text(40, load_default="")


class GrowthIn(StretchIn):
    """A figure over windows."""

    makes = Growth

    by = _member_of(Period, _PERIODS)
    figure = _one_of([id_ for id_, _ in choices()], "Choose one of the figures.")


class BeforeIn(_In):
    """A day, and how many months to look at on either side of it."""

    makes = Before

    day = Day(required=True, validate=_YEARS)
    months = fields.Integer(
        required=True, strict=False, error_messages={"invalid": "Write how many months, such as 6."}
    )


class SharedIn(StretchIn):
    """A report as it is shared."""

    makes = Asked

    topic = _member_of(Topic, _REPORTS, data_key="report")
    by = fields.Enum(
        Period,
        by_value=fields.String,
        load_default=None,
        validate=validate.OneOf((Period.QUARTER, Period.YEAR), error="Choose quarter or year."),
        error_messages={"unknown": "Choose quarter or year."},
    )
    as_of = Text(40, load_default="")
    share = fields.Constant(True)


class ReportIn(StretchIn):
    """The days a report is about; with `by` it has a window for each whole month, quarter or
    year."""

    makes = ReportAsked

    start = Day(
        data_key="from",
        validate=_YEARS,
        required=True,
        metadata={"description": "The first day of help."},
    )
    end = Day(
        data_key="to",
        required=True,
        validate=_YEARS,
        metadata={"description": "The last day, included."},
    )
    as_of = Text(40, load_default="", metadata={"description": _AS_OF})
    by = _member_of(Period, _PERIODS, load_default=None)
    among = _member_of(
        Among,
        "Choose people, without_staff or everybody.",
        load_default=Among.PEOPLE,
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


class WhichReportIn(ReportIn):
    """The same, of which report."""

    makes = Asked

    topic = _member_of(Topic, _REPORTS, data_key="report")


class ReportFileIn(ReportIn):
    """A report as which file; `meta` is the metadata of the CSV file, in CSVW."""

    format = _format(REPORT_FORMATS, Format.JSON)


class CommissionerIn(_In):
    """Somebody who may read the figures."""

    makes = NewReader

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
    topic = fields.Enum(Topic, by_value=fields.String, data_key="name", required=True)
    period = fields.Enum(Period, by_value=fields.String, data_key="stride", required=True)
    shared = fields.Boolean(required=True)
    reader = fields.String(required=True)
    sent_to = fields.Date(required=True)


class ScheduleIn(_In):
    """A report that somebody is sent."""

    makes = NewSchedule

    topic = _member_of(Topic, _REPORTS, data_key="name")
    period = _member_of(Period, _PERIODS, data_key="stride")
    shared = fields.Boolean(load_default=False)
    reader = fields.String(required=True, error_messages={"required": "Choose who reads it."})
