"""What messages plugs into the application."""

from timebank.feature import Feature
from timebank.messages import api, views

feature = Feature(
    "messages", pages=[views.pages], resources=[api.conversations, api.messages, api.reports]
)
"""Conversations, messages, and reports of messages."""
