"""What the dialogue plugs into the application."""

from timebank.dialogue import audit_api, audit_views, leaving
from timebank.feature import Feature

feature = Feature(
    "dialogue",
    pages=[audit_views.pages],
    resources=[audit_api.audits],
    forget=leaving.forget,
    export=leaving.export,
    wind_up=leaving.wind_up,
    traces=leaving.TRACES,
)
