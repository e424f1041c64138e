"""What the page and the API of exports take."""

from marshmallow import fields, validate

from timebank.reports.rules import FORMATS, KINDS
from timebank.schema import Day, Schema, Text


class RangeIn(Schema):
    """The days an export is about, both included, and the moment it is as of."""

    from_ = Day(data_key="from", load_default=None, metadata={"description": "The first day."})
    to = Day(load_default=None, metadata={"description": "The last day, included."})
    as_of = Text(
        40,
        load_default=None,
        metadata={"description": "As recorded by then: a date, or a date and a time, in the bank's time zone or its own."},
    )


class ReportIn(RangeIn):
    """The days a report is about; with `by` it has a window for each whole month, quarter or year."""

    from_ = Day(data_key="from", required=True, metadata={"description": "The first day of help."})
    to = Day(required=True, metadata={"description": "The last day, included."})
    by = fields.String(
        load_default=None,
        validate=validate.OneOf(("month", "quarter", "year"), error="Choose month, quarter or year."),
    )


class ExportIn(RangeIn):
    """What is to be exported."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(KINDS), error="Choose one of those listed."),
        error_messages={"required": "Say what is to be exported."},
    )


class FileIn(RangeIn):
    """As which file an export is wanted; `meta` is the totals of the CSV file, in CSVW."""

    format = fields.String(
        load_default="csv", validate=validate.OneOf((*FORMATS, "meta"), error="Choose one of: csv, json, xlsx, meta.")
    )
