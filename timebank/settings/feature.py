"""What settings plugs into the application."""

from timebank.act import Role
from timebank.feature import Feature, Way
from timebank.say import say
from timebank.settings import api, views

feature = Feature(
    "settings",
    pages=[views.pages],
    resources=[api.resources],
    navigation=[
        Way(say("Settings"), "settings.show", {Role.COORDINATOR: 10}),
    ],
)
