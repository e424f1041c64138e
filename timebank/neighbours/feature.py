"""What neighbours plugs into the application."""

from timebank.act import Role
from timebank.feature import Feature, Way
from timebank.neighbours import api, views
from timebank.say import say

feature = Feature(
    "neighbours",
    pages=[views.pages],
    resources=[api.neighbours],
    navigation=[Way(say("Neighbours"), "neighbours.index", {Role.MEMBER: 4})],
)
