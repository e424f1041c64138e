"""What settings plugs into the application."""

from timebank.act import Role
from timebank.feature import Feature, Way
from timebank.say import say
from timebank.settings import api, lists, views

feature = Feature(
    "settings",
    first_day=lists.first_day,
    pages=[views.pages],
    resources=[api.resources],
    install=lambda app: app.add_template_global(views.own_colours),
    navigation=[
        Way(say("Settings"), "settings.show", {Role.COORDINATOR: 10}),
    ],
)
