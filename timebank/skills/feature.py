"""What skills plugs into the application."""

from timebank.feature import Feature
from timebank.skills import api, views

feature = Feature(
    "skills",
    pages=[views.pages],
    resources=[api.skills, api.categories, api.areas, api.offers, api.requests],
)
