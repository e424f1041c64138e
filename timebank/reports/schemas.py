"""What the page and the API of exports take."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from marshmallow import fields, validate

from timebank.reports.rules import AMONG, FORMATS, KINDS, REPORT_FORMATS, REPORTS, STRIDES
from timebank.reports.words import LISTS, choices
from timebank.say import Said, say
from timebank.schema import Choice, Day, Schema, Text


def _chosen(name: str, choices: Sequence[str], words: Said) -> Choice:
    return Choice(
        name,
        choices,
        required=True,
        words=words,
        error_messages=cast(dict[str, str], {"required": words, "null": words}),
    )


_YEARS = validate.Range(
    min=date(1900, 1, 1), max=date(2199, 12, 31), error="Check the year of that date."
)


class RangeIn(Schema):
    """The days an export is about, both included, and the moment it is as of."""

    from_ = Day(
        data_key="from",
        validate=_YEARS,
        load_default=None,
        metadata={"description": "The first day."},
    )
    to = Day(
        load_default=None, validate=_YEARS, metadata={"description": "The last day, included."}
    )
    as_of = Text(
        40,
        load_default=None,
        metadata={
            "description": (
                "As recorded by then: a date, or a date and a time, in the bank's time zone or its"
                " own."
            )
        },
    )


class StretchIn(Schema):
    """The days that figures are about, both included."""

    from_ = Day(data_key="from", validate=_YEARS, required=True)
    to = Day(required=True, validate=_YEARS)


class WhichIn(StretchIn):
    """One of the lists to act on."""

    which = _chosen("ActOn", tuple(LISTS), say("Choose one of the lists."))


class NetworkIn(StretchIn):
    """Whose network: of an area, of somebody and their partners (by number), or everybody's."""

    area = Text(80, load_default="")
    person = Text(40, load_default="")


class GrowthIn(StretchIn):
    """A figure over windows."""

    by = _chosen("Stride", STRIDES, say("Choose month, quarter or year."))
    figure = _chosen("Figure", [id_ for id_, _ in choices()], say("Choose one of the figures."))


class BeforeIn(Schema):
    """A day, and how many months to look at on either side of it."""

    day = Day(required=True, validate=_YEARS)
    months = fields.Integer(
        required=True, strict=False, error_messages={"invalid": "Write how many months, such as 6."}
    )


class SharedIn(StretchIn):
    """A report as it is shared."""

    report = _chosen("ReportName", REPORTS, say("Choose one of the reports."))
    by = fields.String(
        load_default=None,
        validate=validate.OneOf(("quarter", "year"), error="Choose quarter or year."),
    )
    as_of = Text(40, load_default=None)


class CommissionerIn(Schema):
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
    name = Choice("ReportName", REPORTS, required=True)
    stride = Choice("Stride", STRIDES, required=True)
    shared = fields.Boolean(required=True)
    reader = fields.String(required=True)
    sent_to = fields.Date(required=True)


class ScheduleIn(Schema):
    """A report that somebody is sent."""

    name = _chosen("ReportName", REPORTS, say("Choose one of the reports."))
    stride = _chosen("Stride", STRIDES, say("Choose month, quarter or year."))
    shared = fields.Boolean(load_default=False)
    reader = fields.String(required=True, error_messages={"required": "Choose who reads it."})


class ReportIn(RangeIn):
    """The days a report is about; with `by` it has a window for each whole month, quarter or
    year."""

    from_ = Day(
        data_key="from",
        validate=_YEARS,
        required=True,
        metadata={"description": "The first day of help."},
    )
    to = Day(required=True, validate=_YEARS, metadata={"description": "The last day, included."})
    by = Choice("Stride", STRIDES, load_default=None, words=say("Choose month, quarter or year."))
    among = Choice(
        "Among",
        AMONG,
        load_default="people",
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


class WhichReportIn(ReportIn):
    """The same, of which report."""

    report = _chosen("ReportName", REPORTS, say("Choose one of the reports."))


class ReportFileIn(ReportIn):
    """A report as which file; `meta` is the metadata of the CSV file, in CSVW."""

    format = Choice("ReportFormat", (*REPORT_FORMATS, "meta"), load_default="json")


class ExportIn(RangeIn):
    """What is to be exported."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(KINDS), error="Choose one of those listed."),
        error_messages={"required": "Say what is to be exported."},
    )


class FileIn(RangeIn):
    """As which file an export is wanted; `meta` is the totals of the CSV file, in CSVW."""

    format = Choice("ExportFormat", (*FORMATS, "meta"), load_default="csv")


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
    cells = fields.List(
        fields.Nested(CellOut), required=True, metadata={"description": "Its cells."}
    )
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
    measures = fields.List(
        fields.Nested(MeasureOut), required=True, metadata={"description": "Its figures."}
    )


class WindowOut(FiguresOut):
    """What a window says, and its tables."""

    breakdowns = fields.List(
        fields.Nested(BreakdownOut), required=True, metadata={"description": "Its tables."}
    )


class MeasuredOut(Schema):
    """A report. `as_of` and the days are all that is needed to have the same one again."""

    report = Choice("ReportName", REPORTS, required=True, metadata={"description": "Which it is."})
    bank = fields.String(required=True, metadata={"description": "The bank, by its address."})
    name = fields.String(required=True, metadata={"description": "What the bank is called."})
    from_ = fields.Date(required=True, data_key="from", metadata=_FROM)
    to = fields.Date(required=True, metadata=_TO)
    by = Choice(
        "Stride",
        STRIDES,
        required=True,
        allow_none=True,
        metadata={"description": "What its windows are; null: there is one."},
    )
    among = Choice("Among", AMONG, required=True, metadata={"description": "Whose help it is of."})
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
    windows = fields.List(
        fields.Nested(WindowOut), required=True, metadata={"description": "Its windows."}
    )
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


class ToActOnOut(Schema.from_dict(_lists())):
    """The lists to act on."""

    bridges_withheld = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why nobody is on the list of those who join others."},
    )
