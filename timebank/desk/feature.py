"""What desk plugs into the application."""

from timebank.desk import leaving
from timebank.desk.api import desk, notes, notices, slips
from timebank.desk.views import pages
from timebank.feature import Feature

feature = Feature(
    "desk",
    pages=[pages],
    resources=[desk, notes, notices, slips],
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
)
