"""What skills plugs into the application."""

from timebank.feature import Feature
from timebank.skills import api

feature = Feature("skills", resources=[api.skills, api.offers, api.requests])
