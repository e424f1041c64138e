"""What messages plugs into the application."""

from timebank.feature import Feature
from timebank.messages import api, asking, leaving, views

feature = Feature(
    "messages",
    pages=[views.pages],
    resources=[api.conversations, api.messages, api.reports],
    causes=leaving.causes,
    forget=leaving.forget,
    expire=leaving.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    questions=asking.QUESTIONS,
)
"""Conversations, messages, and reports of messages."""
