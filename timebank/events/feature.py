"""What events plug into the application."""

from timebank.events import api, leaving, service
from timebank.feature import Feature

feature = Feature(
    "events",
    resources=[api.resources],
    expire=service.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
)
