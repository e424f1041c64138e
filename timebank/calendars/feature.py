"""What calendars plugs into the application."""

from timebank.calendars import leaving, views
from timebank.feature import Feature

feature = Feature(
    "calendars",
    pages=[views.pages],
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
)
