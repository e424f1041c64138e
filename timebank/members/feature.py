"""What members plugs into the application."""

from timebank.feature import Feature
from timebank.members import api, views

feature = Feature(
    "members", pages=[views.pages], resources=[api.members, api.organisations, api.groups]
)
