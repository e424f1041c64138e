"""What the dialogue plugs into the application."""

from timebank.dialogue import leaving, views
from timebank.feature import Feature

feature = Feature(
    "dialogue",
    pages=[views.pages],
    forget=leaving.forget,
    export=leaving.export,
    wind_up=leaving.wind_up,
    traces=leaving.TRACES,
)
